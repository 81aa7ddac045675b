//! Parts that the order pages share.

use crate::{
    site::Site,
    ui::{Picture, amount},
};
use domain::{
    Currency, Money,
    catalog::PictureView,
    commission::EarnerView,
    order::{Breakdown, OrderLineView},
};
use leptos::prelude::*;

/// One thing of an order.
#[component]
pub fn Thing(
    title: String,
    choice: String,
    picture: Option<PictureView>,
    unit_price: i64,
    quantity: i64,
    currency: Currency,
    #[prop(optional)] href: Option<String>,
    #[prop(optional)] testid: Option<&'static str>,
    /// What coupons take off it, minor units.
    #[prop(optional)]
    off: i64,
) -> impl IntoView {
    let name = match href {
        Some(href) => view! { <a href=href>{title}</a> }.into_any(),
        None => view! { <span>{title}</span> }.into_any(),
    };
    view! {
        <li class="line" data-testid=testid data-quantity=quantity>
            <span class="line-picture"><Picture picture=picture alt=String::new() sizes="96px" /></span>
            <div class="line-text">
                {name}
                {(!choice.is_empty()).then(|| view! { <small>{choice}</small> })}
                <div class="line-end">{amount(unit_price, currency)}<span>"× "{quantity}</span></div>
                {(off > 0).then(|| view! { <small class="line-off">{Site::get().texts().checkout_coupon_takes(Money::new(off, currency).exact())}</small> })}
            </div>
        </li>
    }
}

/// Lines of a placed order.
pub fn things(lines: Vec<OrderLineView>, currency: Currency, linked: bool) -> impl IntoView {
    lines
        .into_iter()
        .map(|l| {
            let href = linked.then(|| format!("/p/{}", l.slug));
            view! { <Thing title=l.title choice=l.choice picture=l.picture unit_price=l.unit_price quantity=l.quantity currency=currency href=href.unwrap_or_default() testid="order-line" /> }
        })
        .collect_view()
}

/// Who earns what by it; `done`: that is what it came to.
#[component]
pub fn Earners(
    earners: Vec<EarnerView>,
    currency: Currency,
    #[prop(optional)] done: bool,
    /// What is being written on this page stays: the post opens beside it.
    #[prop(optional)]
    beside: bool,
) -> impl IntoView {
    let t = Site::get().texts();
    (!earners.is_empty()).then(|| {
        view! {
            <ul class="earners" data-testid="earners">
                {earners.into_iter().map(|e| {
                    let sum = Money::new(e.amount, currency).exact();
                    let said = if done { t.order_earned(sum, &e.name) } else { t.order_earns(sum, &e.name) };
                    let post = format!("/posts/{}", e.post);
                    let target = beside.then_some("_blank");
                    view! {
                        <li data-amount=e.amount>{said}
                            {(!e.title.is_empty()).then(|| view! { " " <a href=post target=target rel="noopener">{e.title}</a> })}
                        </li>
                    }
                }).collect_view()}
            </ul>
        }
    })
}

/// What it costs, taken apart.
#[component]
pub fn Costs(price: Breakdown) -> impl IntoView {
    let t = Site::get().texts();
    let currency = price.currency;
    view! {
        <dl class="costs">
            <div><dt>{t.checkout_goods()}</dt><dd>{amount(price.goods, currency)}</dd></div>
            {price.parcels.iter().map(|p| view! {
                <div class="part">
                    <dt>{t.checkout_parcel(&p.name)}</dt>
                    <dd>{if p.fee == 0 { view! { <span>{t.free()}</span> }.into_any() } else { amount(p.fee, currency).into_any() }}</dd>
                </div>
            }).collect_view()}
            {(price.discount > 0).then(|| view! { <div><dt>{t.checkout_discount()}</dt><dd>{amount(-price.discount, currency)}</dd></div> })}
            <div class="sum"><dt>{t.checkout_total()}</dt><dd data-testid="order-total" data-amount=price.total data-currency=currency.code()>{amount(price.total, currency)}</dd></div>
        </dl>
    }
}
