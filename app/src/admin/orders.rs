//! Orders that wait for parcels: what is to be packed, for whom, and the button that sends it off.

use crate::{
    admin::api::{Ship, orders},
    fail::Fail,
    site::Site,
    ui::{Empty, FormError, Head, Hidden, Icon, Page, loaded, posts_to},
};
use domain::order::{ToShipLine, ToShipPage, ToShipView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct AdminOrdersPage {
    orders: Resource<Result<ToShipPage, Fail>>,
}

impl AdminOrdersPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/orders".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let asked = move || query.with(|q| (q.get("code").unwrap_or_default(), q.get("after").unwrap_or_default()));
        Self { orders: Resource::new(asked, |(code, after)| orders(code, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let query = use_query_map();
        loaded(this.orders, move |page| {
            let none = page.orders.is_empty();
            let code = query.with_untracked(|q| q.get("code")).unwrap_or_default();
            view! {
                <Head title=t.admin_orders().to_owned() private=true />
                <Page title=t.admin_orders().to_owned() back="/admin" tab="me" class="narrow">
                    <FormError path="admin/ship" />
                    <form class="search-pill" action="/admin/orders" method="get" role="search">
                        <Icon name="search" />
                        <input type="search" name="code" value=code placeholder=t.order_number() aria-label=t.order_number() maxlength="16" />
                    </form>
                    {none.then(|| view! { <Empty text=t.admin_orders_none() next=t.admin_title() href="/admin" /> })}
                    {page.orders.into_iter().map(order).collect_view()}
                    {page.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/orders?after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

fn order(order: ToShipView) -> AnyView {
    let site = Site::get();
    let t = site.texts();
    // A parcel holds the things of one merchant; lines come in the order of the order, merchants in that of their first line.
    let mut parcels: Vec<(String, Vec<ToShipLine>)> = Vec::new();
    for line in order.lines {
        match parcels.iter_mut().find(|(merchant, _)| *merchant == line.merchant) {
            Some((_, lines)) => lines.push(line),
            None => parcels.push((line.merchant.clone(), vec![line])),
        }
    }
    let code = order.code.to_string();
    view! {
        <article class="panel" data-testid="to-ship" data-order=code.clone() data-state=order.state.name()>
            <h2><code>{code.clone()}</code> " " <strong class=format!("state {}", order.state.name())>{t.state_named(order.state.name())}</strong></h2>
            <p class="hint">{site.time(order.paid_at)}</p>
            <p><b>{order.address.recipient.clone()}</b> " " {order.address.phone.clone()} <br /> {order.address.one_line()}</p>
            {(!order.note.is_empty()).then(|| view! { <p class="note">{order.note.clone()}</p> })}
            {parcels.into_iter().map(|(merchant, lines)| view! {
                <form class="form parcel" method="post" action={posts_to::<Ship>()}>
                    <Hidden name="code" value=code.clone() />
                    <h3>{merchant}</h3>
                    {lines.into_iter().enumerate().map(|(i, line)| {
                        let label = if line.choice.is_empty() { line.title } else { format!("{} · {}", line.title, line.choice) };
                        view! {
                            <label class="units">
                                <span>{label}</span>
                                <input type="hidden" name=format!("position[{i}]") value=line.position />
                                <input type="number" name=format!("quantity[{i}]") value=line.left min="0" max=line.left inputmode="numeric" />
                            </label>
                        }
                    }).collect_view()}
                    <button type="submit" class="button primary" data-testid="ship">{t.admin_ship()}</button>
                </form>
            }).collect_view()}
        </article>
    }
    .into_any()
}
