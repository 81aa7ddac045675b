//! Referrals that somebody of the shop has to look at.

use crate::{
    fail::Fail,
    referral::api::{Decide, flagged},
    site::Site,
    ui::{Empty, FormError, Head, Hidden, Page, loaded, posts_to},
};
use domain::referral::FlaggedView;
use leptos::prelude::*;

pub struct FlaggedPage {
    flagged: Resource<Result<Vec<FlaggedView>, Fail>>,
}

impl FlaggedPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/referrals".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        Self { flagged: Resource::new(|| (), |()| flagged()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        loaded(this.flagged, move |flagged| {
            let none = flagged.is_empty();
            view! {
                <Head title=t.referral_desk().to_owned() private=true />
                <Page title=t.referral_desk().to_owned() back="/admin" tab="me" class="narrow">
                    <FormError path="referral/decide" />
                    {none.then(|| view! { <Empty text=t.referral_desk_none() next=t.admin_title() href="/admin" /> })}
                    {flagged.into_iter().map(|f| {
                        let why = [
                            f.evidence.household.then(|| t.referral_household()),
                            f.evidence.device.then(|| t.referral_device()),
                        ];
                        view! {
                            <section class="panel form" data-testid="flagged">
                                <h2>{t.referral_pair(&f.invited, &f.inviter)}</h2>
                                <p class="hint">{site.time(f.at)} " · " {t.referral_order(f.order)}</p>
                                <ul class="why">{why.into_iter().flatten().map(|w| view! { <li>{w}</li> }).collect_view()}</ul>
                                <p>{t.referral_both(f.terms.invited, f.terms.inviter)}</p>
                                <form method="post" action={posts_to::<Decide>()} class="actions">
                                    <Hidden name="id" value=f.id.to_string() />
                                    <button type="submit" name="decision" value="approve" class="button primary" data-testid="referral-approve">{t.referral_approve()}</button>
                                    <button type="submit" name="decision" value="refuse" class="button" data-testid="referral-refuse">{t.referral_refuse()}</button>
                                </form>
                            </section>
                        }
                    }).collect_view()}
                </Page>
            }
            .into_any()
        })
    }
}
