//! The cashier of the sandbox provider: plain forms, as a provider's own page would have.

use crate::{
    fail::Fail,
    payment::api::{Decide, cashier},
    site::Site,
    ui::{FormError, Head, Hidden, Page, Price, loaded, posts_to},
};
use domain::payment::{CashierView, Mood};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct CashierPage {
    payment: Resource<Result<CashierView, Fail>>,
}

impl CashierPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/sandbox/pay/{}", use_params_map().with_untracked(|p| p.get("reference")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { payment: Resource::new(move || params.with(|p| p.get("reference").unwrap_or_default()), cashier) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.payment, |view| {
            let t = Site::get().texts();
            let order = format!("/orders/{}", view.order_code);
            let button = |action: &'static str, label: &'static str, testid: &'static str, class: &'static str| {
                view! {
                    <button type="submit" name="action" value=action class=class data-testid=testid>{label}</button>
                }
            };
            view! {
                <Head title=t.cashier_title().to_owned() private=true />
                <Page title=t.cashier_title().to_owned() back=order.clone() class="narrow cashier">
                    <p class="hint">{t.cashier_intro()}</p>
                    <FormError path="payment/sandbox" />
                    <section class="panel">
                        <p>{t.cashier_amount()}</p>
                        <Price amount=view.amount currency=view.currency class="huge" />
                        {match view.state.as_str() {
                            "open" => view! {
                                <form class="form" method="post" action={posts_to::<Decide>()}>
                                    <Hidden name="reference" value=view.provider_ref />
                                    {button("pay", t.cashier_pay(), "sandbox-pay", "button primary wide")}
                                    {button("fail", t.cashier_fail(), "sandbox-fail", "button wide")}
                                    {button("later", t.cashier_later(), "sandbox-later", "button wide")}
                                    <details class="moods">
                                        <summary>{t.cashier_moods()}</summary>
                                        <p class="hint">{t.cashier_moods_hint()}</p>
                                        {Mood::ALL.into_iter().filter(|m| *m != Mood::Good).map(|mood| {
                                            let action = format!("pay_{}", mood.name());
                                            let testid = format!("sandbox-{}", mood.name());
                                            view! { <button type="submit" name="action" value=action class="button wide" data-testid=testid>{t.mood_named(mood.name())}</button> }
                                        }).collect_view()}
                                    </details>
                                </form>
                            }.into_any(),
                            state => {
                                let said = match state { "paid" => t.cashier_paid(), "failed" => t.cashier_failed(), "aside" => t.cashier_aside(), "released" => t.cashier_released(), "expired" => t.cashier_expired(), _ => t.cashier_refunded() };
                                view! { <p class="notice">{said}</p> <a class="button primary wide" href=order>{t.cashier_to_order()}</a> }.into_any()
                            }
                        }}
                    </section>
                </Page>
            }
            .into_any()
        })
    }
}
