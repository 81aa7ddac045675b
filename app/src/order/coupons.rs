//! The coupons of an order that is being placed: what each takes off, which to use instead, and why one does not fit.

use crate::{
    site::Site,
    ui::{CouponWord, Icon, Sent, TakeWord, amount, is_for, takes_off},
};
use domain::{
    Currency, Money,
    coupon::{ChoiceView, Class, Pick, Why},
};
use leptos::prelude::*;

/// The form of the page that asks anew, without scripts.
pub const CHOOSE: &str = "choose";

/// The query that a class is chosen by.
const fn name(class: Class) -> &'static str {
    match class {
        Class::Product => "product_coupon",
        Class::Shop => "coupon",
    }
}

fn why_not(why: Why, currency: Currency) -> String {
    let t = Site::get().texts();
    match why {
        Why::Other => t.coupon_why_other().to_owned(),
        Why::Currency => t.coupon_why_currency().to_owned(),
        Why::Least(n) => t.coupon_why_least(Money::new(n, currency).exact()),
        Why::Nothing => t.coupon_why_nothing().to_owned(),
        Why::Price => t.coupon_why_price().to_owned(),
    }
}

/// `choose`: asks the page anew with this in its query. `picked`: whether one of a product and one of a shop was chosen, and is not the
/// best one by itself. `opened`: whether the choices are shown.
#[component]
pub fn Coupons(
    choices: Vec<ChoiceView>,
    currency: Currency,
    choose: impl Fn(&'static str, String) + Clone + Send + Sync + 'static,
    picked: [bool; 2],
    word: Sent<TakeWord>,
    next: String,
    opened: RwSignal<bool>,
) -> impl IntoView {
    let t = Site::get().texts();
    let takes = choices.iter().filter_map(|c| c.takes).fold(0_i64, i64::saturating_add);
    let (fit, others): (Vec<_>, Vec<_>) = choices.into_iter().partition(|c| c.why.is_none());
    let summary = match (takes, fit.is_empty()) {
        (1.., _) => t.checkout_coupon_takes(Money::new(takes, currency).exact()),
        (_, false) => t.checkout_coupon_unused().to_owned(),
        (_, true) => t.checkout_coupon_unfit().to_owned(),
    };
    let [product, shop] = picked;
    let classes =
        [(Class::Product, t.checkout_coupon_product(), product), (Class::Shop, t.checkout_coupon_shop(), shop)];
    let lists = classes.map(|(class, legend, picked)| {
        let of: Vec<_> = fit.iter().filter(|c| c.coupon.terms.class() == class).cloned().collect();
        let unused = of.iter().all(|c| c.takes.is_none());
        let choose = choose.clone();
        (!of.is_empty()).then(|| {
            let one = move |value: String, checked: bool, words: AnyView| {
                let (choose, to) = (choose.clone(), value.clone());
                view! {
                    <label class="radio" data-testid="coupon" data-state=if checked { "chosen" } else { "open" }>
                        <input type="radio" name=name(class) value=value checked=checked form=CHOOSE on:change=move |_| choose(name(class), to.clone()) />
                        {words}
                    </label>
                }
            };
            let without = one(Pick::None.written(), unused, view! { <span>{t.checkout_coupon_without()}</span> }.into_any());
            view! {
                <fieldset class="radio-list">
                    <legend>{legend}</legend>
                    {of.into_iter().map(|c| {
                        let terms = c.coupon.terms;
                        let words = view! {
                            <span><b>{takes_off(&terms)}</b> <br /> <small>{is_for(&terms, c.coupon.of)}" · "{t.coupon_until(Site::get().time(c.expires_at))}</small></span>
                            {c.takes.map(|n| view! { <span class="radio-end">{amount(-n, currency)}</span> })}
                        };
                        // What was chosen by nobody stays so.
                        let pick = if c.takes.is_some() && !picked { Pick::Best } else { Pick::This(c.grant) };
                        one(pick.written(), c.takes.is_some(), words.into_any())
                    }).collect_view()}
                    {without}
                </fieldset>
            }
        })
    });
    view! {
        <details class="panel coupons" open=opened.get_untracked() data-testid="coupons" data-amount=takes data-currency=currency.code() on:toggle=move |event| {
            #[cfg(feature = "hydrate")]
            opened.set(event_target::<web_sys::HtmlDetailsElement>(&event).open());
            #[cfg(not(feature = "hydrate"))]
            let _ = (event, opened);
        }>
            <summary data-testid="coupons-open"><Icon name="ticket-percent" /><span>{summary}</span><Icon name="chevron-down" /></summary>
            <div class="form" id="coupons">
                {lists.into_iter().collect_view()}
                {(!fit.is_empty()).then(|| view! { <noscript><button type="submit" class="button" form=CHOOSE>{t.checkout_coupon_change()}</button></noscript> })}
                {(!others.is_empty()).then(|| view! {
                    <div>
                        <b>{t.checkout_coupon_others()}</b>
                        <ul class="unfit">
                            {others.into_iter().map(|c| {
                                let terms = c.coupon.terms;
                                let why = c.why.map(|why| why_not(why, terms.currency));
                                view! { <li data-testid="coupon-unfit"><b>{takes_off(&terms)}</b> " " <small>{is_for(&terms, c.coupon.of)}</small> <br /> <small>{why}</small></li> }
                            }).collect_view()}
                        </ul>
                    </div>
                })}
                <CouponWord sent=word next />
                <p class="hint">{t.checkout_coupon_once()}</p>
            </div>
        </details>
    }
}
