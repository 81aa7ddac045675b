//! Prices and countdowns: values that a machine can read off the element as well.

use domain::{Currency, Millis, Money, time};
use leptos::prelude::*;

/// A price tag: small sign, big units, small decimals.
#[component]
pub fn Price(amount: i64, currency: Currency, #[prop(optional)] class: &'static str) -> impl IntoView {
    let money = Money::new(amount, currency);
    let (whole, rest) = money.parts();
    let class = format!("price {class}");
    view! {
        <span class=class data-amount=amount data-currency=currency.code()>
            <small>{currency.symbol()}</small><b>{whole}</b><small>{rest}</small>
        </span>
    }
}

/// Hundredths of a percent, as people write percents: 2.5.
pub fn percent(bp: i64) -> String {
    let text = format!("{}.{:02}", bp / 100, bp % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `12:05`: minutes and seconds.
pub fn clock(ms: Millis) -> String {
    format!("{}:{:02}", ms / time::MINUTE, ms % time::MINUTE / time::SECOND)
}

/// An amount in a sum, with all its decimals.
pub fn amount(amount: i64, currency: Currency) -> impl IntoView {
    view! { <span class="amount" data-amount=amount data-currency=currency.code()>{Money::new(amount, currency).exact()}</span> }
}

/// What is left until `deadline`, ticking. `now`: the server's clock when the page was made, so that a phone with a wrong
/// clock counts right. Both UTC ms.
#[component]
pub fn Countdown(deadline: Millis, now: Millis, #[prop(optional)] testid: &'static str) -> impl IntoView {
    let left = RwSignal::new(deadline - now);
    #[cfg(feature = "hydrate")]
    {
        let begun = StoredValue::new(js_sys::Date::now());
        let handle = StoredValue::new_local(None::<gloo_timers::callback::Interval>);
        Effect::new(move |_| {
            let tick = gloo_timers::callback::Interval::new(250, move || {
                #[expect(
                    clippy::as_conversions,
                    clippy::cast_possible_truncation,
                    reason = "milliseconds since the page was opened"
                )]
                let passed = (js_sys::Date::now() - begun.get_value()) as i64;
                left.set((deadline - now - passed).max(0));
            });
            handle.set_value(Some(tick));
        });
        on_cleanup(move || handle.set_value(None));
    }
    view! {
        <time class="countdown" role="timer" data-testid=testid data-deadline=deadline.to_string() datetime=move || format!("PT{}S", left.get().max(0) / time::SECOND)>
            {move || time::countdown(left.get())}
        </time>
    }
}
