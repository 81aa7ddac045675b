//! One order: where it stands, what to do next, what happened, what it costs.

use crate::{
    fail::Fail,
    order::{
        api::{Cancel, Confirm, Leave, StartPayment, show},
        parcels::Parcels,
        part::{Costs, Earners, things},
    },
    site::Site,
    ui::{Countdown, FormError, Head, Hidden, Page, PostForm, Sent, Submit, amount, loaded},
};
use domain::{
    after_sale::Kind,
    group_buy::{OrderTeamView, Seat},
    order::{OrderView, State},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct OrderPage {
    order: Resource<Result<OrderView, Fail>>,
    acts: Acts,
}

/// What can be done with an order.
#[derive(Clone, Copy)]
struct Acts {
    cancel: Sent<Cancel>,
    pay: Sent<StartPayment>,
    confirm: Sent<Confirm>,
    leave: Sent<Leave>,
}

impl OrderPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/orders/{}", use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let acts =
            Acts { cancel: Sent::nothing(), pay: Sent::nothing(), confirm: Sent::nothing(), leave: Sent::nothing() };
        let done = move || {
            let n = [acts.cancel.state, acts.pay.state, acts.confirm.state, acts.leave.state];
            n.map(|s| s.answers.get()).iter().sum::<u32>()
        };
        let asked = move || (params.with(|p| p.get("code").unwrap_or_default()), done());
        Self { order: Resource::new(asked, |(code, _)| show(code)), acts }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let OrderPage { order, acts } = this;
        let t = Site::get().texts();
        // A payment on its way is looked for again soon, without anybody asking.
        #[cfg(feature = "hydrate")]
        {
            let again = StoredValue::new_local(None::<gloo_timers::callback::Timeout>);
            Effect::new(move |_| {
                if let Some(Ok(view)) = order.get()
                    && view.confirming
                {
                    again.set_value(Some(gloo_timers::callback::Timeout::new(1_500, move || order.refetch())));
                }
            });
            on_cleanup(move || again.set_value(None));
        }
        view! {
            <FormError path="order/cancel" sending=acts.cancel.state />
            <FormError path="payment/start" sending=acts.pay.state />
            <FormError path="order/confirm" sending=acts.confirm.state />
            <FormError path="group_buy/leave" sending=acts.leave.state />
            {loaded(order, move |view| {
                let title = t.order_title(&view.code);
                view! {
                    <Head title=title.clone() private=true />
                    <Page title=title back="/orders" tab="orders" class="narrow">
                        <Order view acts />
                    </Page>
                }.into_any()
            })}
        }
        .into_any()
    }
}

#[component]
fn Order(view: OrderView, acts: Acts) -> impl IntoView {
    let Acts { cancel, pay, confirm, leave } = acts;
    let site = Site::get();
    let t = site.texts();
    let code = view.code.to_string();
    let (to_pay, to_cancel, to_confirm) = (code.clone(), code.clone(), code.clone());
    let on_the_way = view.state == State::Shipped;
    let received = view.was_received();
    let name = view.state.name();
    let awaiting = view.state == State::AwaitingPayment;
    let currency = view.price.currency;
    let now = view.now;
    let here = format!("/orders/{code}");
    let refreshed = here.clone();
    let paid = view.paid_at().is_some();
    let done = view.state == State::Completed;
    let forming = view.team.as_ref().is_some_and(OrderTeamView::forms);
    let code_of_team_order = code.clone();
    view! {
        <section class=format!("panel banner {name}")>
            <h2 data-testid="order-status" data-state=name>{t.state_named(name)}</h2>
            <p>{if forming && !awaiting { t.order_team_hint() } else { t.state_hint_named(name) }}</p>
            {view.hold_until.map(|deadline| view! {
                <p>{t.order_held_for()} " " <Countdown deadline now testid="hold-countdown" /></p>
            })}
            {view.confirming.then(|| view! { <p role="status">{t.order_confirming()} " " <a href=refreshed rel="external">{t.order_refresh()}</a></p> })}
            {(awaiting && !view.confirming).then(move || view! {
                <div class="actions">
                    <PostForm sent=pay>
                        <Hidden name="code" value=to_pay />
                        <Submit label=t.order_pay_now().to_owned() testid="pay-now" sending=pay.state />
                    </PostForm>
                    <PostForm sent=cancel>
                        <Hidden name="code" value=to_cancel />
                        <Submit label=t.order_cancel().to_owned() testid="order-cancel" class="button" sending=cancel.state />
                    </PostForm>
                </div>
            })}
            {on_the_way.then(move || view! {
                <PostForm sent=confirm class="form">
                    <Hidden name="code" value=to_confirm />
                    <p class="hint">{t.order_confirm_hint()}</p>
                    <Submit label=t.order_confirm().to_owned() testid="confirm-receipt" sending=confirm.state />
                </PostForm>
            })}
        </section>
        {view.team.map(|team| {
            let to_leave = code_of_team_order.clone();
            let may_leave = team.forms() && team.seat == Seat::Paid;
            view! {
                <section class="panel team-note">
                    <h2 data-testid="team-state" data-state=team.state.name()>{t.order_team()} {team.size.map(|n| format!(" · {}", t.group_heads(n)))}</h2>
                    {team.forms().then(|| view! {
                        <p>{team.missing.map(|n| format!("{} · ", t.order_team_waits(n)))} {t.invite_ends()} " " <Countdown deadline=team.deadline now testid="team-countdown" /></p>
                    })}
                    <a class="button primary wide" href=format!("/g/{}", team.code) data-testid="team-link">{if may_leave { t.invite_friends() } else { t.order_team_look() }}</a>
                    {may_leave.then(move || view! {
                        <PostForm sent=leave class="form">
                            <Hidden name="code" value=to_leave />
                            <p class="hint">{t.invite_leave_hint()}</p>
                            <Submit label=t.invite_leave().to_owned() testid="team-leave" class="button wide" sending=leave.state />
                        </PostForm>
                    })}
                </section>
            }
        })}
        <Parcels shipments=view.shipments />
        {(!view.cases.is_empty()).then(|| view! {
            <section class="panel">
                <h2>{t.order_cases()}</h2>
                <ul class="rows cases">
                    {view.cases.iter().map(|c| view! {
                        <li><a href=format!("/cases/{}", c.code) data-testid="case" data-state=c.state.name()>
                            <span>{t.kind_named(c.kind.name())}</span>
                            <small>{t.case_state_named(c.state.name())}</small>
                            {amount(c.amount, c.currency)}
                        </a></li>
                    }).collect_view()}
                </ul>
            </section>
        })}
        {received.then(|| view! {
            <p><a class="button primary wide" href=format!("/orders/{}/review", view.code) data-testid="review-start">{t.review_write_title()}</a></p>
        })}
        {(!Kind::allowed(view.state).is_empty() && !forming).then(|| view! {
            <p><a class="button wide" href=format!("/orders/{}/return", view.code) data-testid="after-sale">{t.order_after_sale()}</a></p>
            <p><a class="button wide" href=format!("/withdraw?order={}&phone={}", view.code, view.address.phone_end()) data-testid="withdraw">{t.withdraw_title()}</a></p>
        })}
        <section class="panel"><ul class="lines">{things(view.lines, currency, true)}</ul></section>
        <section class="panel">
            <h2>{t.order_price()}</h2>
            <Costs price=view.price />
            <Earners earners=view.earners currency done />
            {paid.then(|| view! { <p><a class="button small" href=format!("{here}/receipt") data-testid="receipt-link">{t.receipt_title()}</a></p> })}
        </section>
        <section class="panel">
            <h2>{t.order_timeline()}</h2>
            <ol class="timeline" data-testid="money-trail">
                {view.events.into_iter().rev().map(|e| view! {
                    <li data-kind=e.kind.clone()>
                        <b>{t.event_named(&e.kind)}</b>
                        {e.amount.map(|n| view! { " " {amount(n, currency)} })}
                        <time>{site.time(e.at)}</time>
                    </li>
                }).collect_view()}
            </ol>
        </section>
        <section class="panel">
            <h2>{t.order_address()}</h2>
            <p><b>{view.address.recipient.clone()}</b> " " {view.address.masked_phone()} <br /> {view.address.one_line()}</p>
            {(!view.note.is_empty()).then(|| view! { <p class="hint">{view.note.clone()}</p> })}
            <p class="hint">{t.order_number()} ": " <code>{code}</code></p>
        </section>
    }
}
