//! Coupons that can be had, and mine.

use crate::{
    coupon::api::page,
    fail::Fail,
    site::Site,
    ui::{CouponGot, CouponOffer, CouponWord, Head, Loading, Page, Sent, TakeCoupon, TakeWord, Ticket, problem_alert},
};
use domain::{
    Money,
    coupon::{CouponsView, GrantView, State, Terms},
};
use leptos::prelude::*;

pub struct CouponsPage {
    view: Resource<Result<CouponsView, Fail>>,
    take: Sent<TakeCoupon>,
    word: Sent<TakeWord>,
}

impl CouponsPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (take, word) = (Sent::<TakeCoupon>::nothing(), Sent::<TakeWord>::nothing());
        let taken = take.state.turned(&["coupon_each", "coupon_over", "not_found"]);
        let typed = word.state.turned(&[]);
        Self { view: Resource::new(move || (taken.get(), typed.get()), |_| page()), take, word }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let Self { view, take, word } = this;
        view! {
            <Head title=t.coupon_title().to_owned() private=true />
            <Page title=t.coupon_title().to_owned() back="/me" tab="me" class="narrow">
                // Outside of what is loaded anew: what is typed stays.
                <section class="panel form"><CouponWord sent=word next="/coupons".to_owned() /></section>
                <CouponGot take word=Some(word) />
                <Transition fallback=|| view! { <Loading /> }>
                    {move || Suspend::new(async move {
                        match view.await {
                            Ok(view) => view! { <Coupons view take /> }.into_any(),
                            Err(fail) => problem_alert(&fail.0).into_any(),
                        }
                    })}
                </Transition>
            </Page>
        }
        .into_any()
    }
}

#[component]
fn Coupons(view: CouponsView, take: Sent<TakeCoupon>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let known = site.me().is_some();
    let CouponsView { offers, mine, past } = view;
    let none = mine.is_empty();
    view! {
        {known.then(|| view! {
            <h2>{t.coupon_mine()}</h2>
            {none.then(|| view! { <p class="hint">{t.coupon_none()}</p> })}
            <ul class="tickets">{mine.into_iter().map(|g| view! { <Mine g /> }).collect_view()}</ul>
        })}
        <h2>{t.coupon_offers()}</h2>
        {offers.is_empty().then(|| view! { <p class="hint">{t.coupon_offers_none()}" "<a href="/live">{t.live_title()}</a></p> })}
        <ul class="tickets">{offers.into_iter().map(|o| view! { <CouponOffer o take next="/coupons".to_owned() /> }).collect_view()}</ul>
        {(!past.is_empty()).then(|| view! {
            <details class="past-tickets">
                <summary class="button small" data-testid="coupon-past">{t.coupon_past()}</summary>
                <ul class="tickets">{past.into_iter().map(|g| view! { <Mine g /> }).collect_view()}</ul>
            </details>
        })}
    }
}

/// Where a coupon can be used.
fn place(terms: &Terms) -> String {
    terms.product.as_ref().map_or_else(|| "/shop".to_owned(), |slug| format!("/p/{slug}"))
}

#[component]
fn Mine(g: GrantView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let currency = g.coupon.terms.currency;
    let state = g.state;
    let (said, order, place) = (site.time(g.expires_at), g.order, place(&g.coupon.terms));
    let took = Money::new(g.took.unwrap_or(0), currency).exact();
    let words = match state {
        State::Free => t.coupon_until(said),
        State::Locked => t.coupon_locked().to_owned(),
        State::Used => t.coupon_used(took),
        State::Expired => t.coupon_expired().to_owned(),
    };
    view! {
        <Ticket coupon=g.coupon testid="coupon-mine" state=state.name()>
            <p class="ticket-end">
                <small>{words}</small>
                {(state == State::Free).then(|| view! { <a class="button small" href=place data-testid="coupon-use">{t.coupon_use()}</a> })}
                {order.map(|code| view! { <a class="button small" href=format!("/orders/{code}")>{t.coupon_order()}</a> })}
            </p>
        </Ticket>
    }
}
