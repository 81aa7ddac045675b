//! My orders.

use crate::{
    fail::Fail,
    order::{api::list, part::things},
    site::Site,
    ui::{Countdown, Empty, Head, Icon, Page, amount, encode, loaded},
};
use domain::{
    group_buy::OrderTeamView,
    order::{OrderCardView, OrdersView, State},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct OrdersPage {
    orders: Resource<Result<OrdersView, Fail>>,
}

impl OrdersPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/orders".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let asked = move || {
            query.with(|q| {
                let get = |name| q.get(name).unwrap_or_default();
                (get("state"), get("q"), get("after"))
            })
        };
        Self { orders: Resource::new(asked, |(state, q, after)| list(state, q, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let query = use_query_map();
        let active = move || query.with(|q| q.get("state").unwrap_or_default());
        let words = move || query.with(|q| q.get("q").unwrap_or_default());
        let of = |s: State| (s.name(), t.state_named(s.name()));
        let tabs = [
            ("", t.orders_all()),
            of(State::AwaitingPayment),
            ("to_share", t.orders_to_share()),
            of(State::Paid),
            of(State::Shipped),
            of(State::Delivered),
            of(State::Refunded),
        ];
        view! {
            <Head title=t.orders_title().to_owned() private=true />
            <Page title=t.orders_title().to_owned() tab="orders">
                <form class="search-pill" action="/orders" method="get" role="search">
                    <Icon name="search" />
                    <input type="search" name="q" value=words placeholder=t.orders_search() aria-label=t.orders_search() maxlength="100" enterkeyhint="search" data-testid="order-search" />
                </form>
                <nav class="chips" aria-label=t.orders_title()>
                    <ul>
                        {tabs.map(|(name, label)| {
                            let href = if name.is_empty() { "/orders".to_owned() } else { format!("/orders?state={name}") };
                            view! { <li><a class="chip" href=href aria-current=move || (active() == name).then_some("page")>{label}</a></li> }
                        }).collect_view()}
                    </ul>
                </nav>
                {loaded(this.orders, move |page| {
                    if page.orders.is_empty() && !words().is_empty() {
                        return view! { <Empty text=t.orders_none_found() next=t.orders_show_all() href="/orders" /> }.into_any();
                    }
                    if page.orders.is_empty() {
                        return view! { <Empty text=t.orders_empty() next=t.orders_empty_next() href="/" /> }.into_any();
                    }
                    let now = page.now;
                    view! {
                        {page.orders.into_iter().map(|order| view! { <OrderCard order now /> }).collect_view()}
                        {page.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/orders?state={}&q={}&after={after}", active(), encode(&words()))>{t.feed_more()}</a></p> })}
                    }.into_any()
                })}
            </Page>
        }
        .into_any()
    }
}

#[component]
fn OrderCard(order: OrderCardView, now: domain::Millis) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let href = format!("/orders/{}", order.code);
    let to_share = order.state == State::Paid && order.team.as_ref().is_some_and(OrderTeamView::forms);
    let n: i64 = order.lines.iter().map(|l| l.quantity).sum();
    view! {
        <article class="panel order" data-testid="order-card" data-state=order.state.name()>
            <header>
                <a href=href><time>{site.time(order.created_at)}</time></a>
                <strong class=format!("state {}", order.state.name())>{if to_share { t.orders_to_share() } else { t.state_named(order.state.name()) }}</strong>
            </header>
            <ul class="lines">{things(order.lines, order.currency, false)}</ul>
            <footer>
                <span>{t.order_items(n)} " · " {amount(order.total, order.currency)}</span>
                {order.hold_until.map(|deadline| view! { <span>{t.order_held_for()} " " <Countdown deadline now /></span> })}
                {order.team.filter(|_| to_share).map(|team| view! {
                    <span>{team.missing.map(|n| t.order_team_waits(n))} " " <Countdown deadline=team.deadline now testid="team-countdown" /></span>
                    <a class="button small primary" href=format!("/g/{}", team.code)>{t.invite_friends()}</a>
                })}
                <a class="button small" href=format!("/orders/{}", order.code)>{if order.hold_until.is_some() { t.order_pay_now() } else { t.orders_open() }}</a>
            </footer>
        </article>
    }
}
