//! My invitations: points, whom I brought, and who brought me.

use crate::{
    fail::Fail,
    referral::api::{Decline, mine},
    site::Site,
    ui::{Empty, FormError, Head, Page, loaded, posts_to},
};
use domain::referral::{InviterView, ReferralsView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct InvitedPage {
    referrals: Resource<Result<ReferralsView, Fail>>,
}

impl InvitedPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/me/invited".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { referrals: Resource::new(move || query.with(|q| q.get("after").unwrap_or_default()), mine) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        loaded(this.referrals, move |view| {
            let none = view.invited.is_empty();
            view! {
                <Head title=t.referral_title().to_owned() private=true />
                <Page title=t.referral_title().to_owned() back="/me" tab="me" class="narrow">
                    <FormError path="referral/decline" />
                    <section class="panel points" data-testid="points" data-amount=view.points>
                        <b>{view.points}</b>
                        <span>{t.referral_points()}</span>
                    </section>
                    {view.terms.any().then(|| view! { <p class="hint">{t.referral_rule(view.terms.invited, view.terms.inviter)}</p> })}
                    {view.by.map(|by| view! { <Inviter by /> })}
                    {none.then(|| view! { <Empty text=t.referral_none() next=t.shares_none_next() href="/shop" /> })}
                    {(!none).then(|| view! { <h2>{t.referral_invited()}</h2> })}
                    <ul class="rows">
                        {view.invited.into_iter().map(|i| view! {
                            <li class="session" data-testid="invited" data-state=i.state.name()>
                                <span><b>{i.name}</b><small>{site.time(i.at)} " · " {t.referral_state_named(i.state.name())}</small></span>
                                <b>{(i.state.name() == "approved").then(|| format!("+{}", i.points))}</b>
                            </li>
                        }).collect_view()}
                    </ul>
                    {view.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/me/invited?after={after}")>{t.feed_more()}</a></p> })}
                    <p><a class="button wide" href="/me/shares">{t.shares_title()}</a></p>
                </Page>
            }
            .into_any()
        })
    }
}

/// Who brought me, what we both get, and how not to.
#[component]
fn Inviter(by: InviterView) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <section class="panel form" data-testid="inviter" data-state=by.state.name()>
            <h2>{t.referral_by(&by.name)}</h2>
            <p class="hint">{t.referral_state_named(by.state.name())} " · " {t.referral_both(by.terms.invited, by.terms.inviter)}</p>
            {by.may_decline.then(|| view! {
                <form method="post" action={posts_to::<Decline>()}>
                    <button type="submit" class="button small" data-testid="referral-decline">{t.referral_decline()}</button>
                </form>
            })}
        </section>
    }
}
