//! Withdrawing from a contract (EU directive 2023/2673): two steps, no account, no reason, and an acknowledgement with its time.

use crate::{
    after_sale::api::{Withdraw, withdrawable},
    fail::Fail,
    site::Site,
    ui::{Field, FormError, Head, Hidden, Page, Submit, amount, loaded, posts_to, problem_alert},
};
use domain::after_sale::WithdrawalView;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const PATH: &str = "after_sale/withdraw";

type Found = Result<Option<WithdrawalView>, Fail>;

pub struct WithdrawPage {
    found: Resource<Result<Found, Fail>>,
}

/// What the first step asked for: the number of the order and the last digits of its telephone number.
fn asked() -> (String, String) {
    use_query_map().with(|q| (q.get("order").unwrap_or_default(), q.get("phone").unwrap_or_default()))
}

impl WithdrawPage {
    /// What the page asks for.
    pub fn data() -> Self {
        // A refusal belongs into the form and is no other page.
        Self { found: Resource::new(asked, async |(order, phone)| Ok(withdrawable(order, phone).await)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        view! {
            <Head title=t.withdraw_title().to_owned() private=true />
            <Page title=t.withdraw_title().to_owned() back="/orders" class="narrow">
                <p>{t.withdraw_intro()}</p>
                {loaded(this.found, |found| {
                    let refused = found.as_ref().err().map(|f| f.0.clone());
                    match found.ok().flatten() {
                        Some(view) => second(view).into_any(),
                        None => view! {
                            {refused.as_ref().map(problem_alert)}
                            {first()}
                        }.into_any(),
                    }
                })}
            </Page>
        }
        .into_any()
    }
}

/// Which order.
fn first() -> impl IntoView {
    let t = Site::get().texts();
    let (order, phone) = untrack(asked);
    view! {
        <form class="form panel" action="/withdraw" method="get">
            <Field path=PATH name="order" label=t.withdraw_order() value=order maxlength=16 testid="withdraw-order" required=true />
            <Field path=PATH name="phone" label=t.withdraw_phone() value=phone inputmode="numeric" maxlength=4 testid="withdraw-phone" required=true />
            <Submit label=t.withdraw_next().to_owned() testid="withdraw-next" />
        </form>
    }
}

/// What would be withdrawn, the button that does it, and what was.
fn second(found: WithdrawalView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let (order, phone) = untrack(asked);
    let some = !found.lines.is_empty();
    view! {
        {found.received.map(|at| view! {
            <section class="panel banner refunded" role="status" data-testid="withdraw-received">
                <h2>{t.withdraw_received()}</h2>
                <p>{t.order_number()} ": " <code>{found.order.to_string()}</code> " · " <time>{site.time(at)}</time></p>
                <p class="hint">{t.withdraw_received_hint()}</p>
                <ul class="rows">
                    {found.cases.iter().map(|c| view! {
                        <li class="session" data-testid="withdraw-case" data-state=c.state.name()>
                            <span>{t.kind_named(c.kind.name())} <small>{t.case_state_named(c.state.name())}</small></span>
                            {amount(c.amount, c.currency)}
                        </li>
                    }).collect_view()}
                </ul>
            </section>
        })}
        {some.then(|| view! {
            <form class="form panel" method="post" action={posts_to::<Withdraw>()}>
                <h2>{t.withdraw_what()}</h2>
                <FormError path=PATH />
                <ul class="contents">{found.lines.iter().map(|(name, n)| view! { <li>{name.clone()} " × " {*n}</li> }).collect_view()}</ul>
                <p class="hint">{t.withdraw_hint()}</p>
                <Hidden name="order" value=order />
                <Hidden name="phone" value=phone />
                <Field path=PATH name="email" kind="email" label=t.withdraw_email() autocomplete="email" maxlength=254 testid="withdraw-email" />
                <Submit label=t.withdraw_confirm().to_owned() testid="withdraw-confirm" />
            </form>
        })}
        {(!some && found.received.is_none()).then(|| view! { <p class="panel">{t.withdraw_nothing()}</p> })}
    }
}
