//! Coupons in words, and how one is got: more than one capability asks for it. The functions belong to coupons by their paths.

use crate::{
    fail::Fail,
    site::Site,
    ui::{Field, FormError, Hidden, PostForm, Sent, Submit, percent},
};
use domain::{
    Currency, Lang, Money,
    coupon::{CouponView, Off, OfferView, Terms},
    time::DAY,
};
use leptos::prelude::*;

const WORD: &str = "coupon/word";
/// What a plain form that takes one is refused for stands above the list.
const TAKE: &str = "coupon/take";

/// Gets the coupon of a word. `next`: the page where it was typed.
///
/// # Errors
/// `login_needed`, `coupon_unknown`, `coupon_each`, `coupon_over`.
#[server(prefix = "/api", endpoint = "coupon/word", output = crate::fail::Answer)]
pub async fn take_word(word: String, #[server(default)] next: String) -> Result<(), Fail> {
    use crate::request;
    let next = if next.is_empty() { "/coupons" } else { request::local_path(&next) };
    let (_, me) = request::allow_person("coupon/word").inspect_err(|f| request::login_first(f, next))?;
    shop::coupon::take_word(&request::shop(), me.id, &word).await?;
    request::back_to(next);
    Ok(())
}

/// Takes a coupon that everybody may take. `had`: how many of it I had when I saw it; `next`: the page where that was.
///
/// # Errors
/// `login_needed`, `not_found`, `coupon_each`, `coupon_over`.
#[server(prefix = "/api", endpoint = "coupon/take", output = crate::fail::Answer)]
pub async fn take_coupon(
    code: domain::Code,
    #[server(default)] had: i64,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    use crate::request;
    let next = if next.is_empty() { "/coupons" } else { request::local_path(&next) };
    let (_, me) = request::allow_person("coupon/take").inspect_err(|f| request::login_first(f, next))?;
    shop::coupon::take(&request::shop(), me.id, &code, had).await?;
    request::back_to(next);
    Ok(())
}

/// One that can be had, with the button that takes it.
#[component]
pub fn CouponOffer(o: OfferView, take: Sent<TakeCoupon>, next: String) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let all = o.had >= o.each;
    let code = o.coupon.code.to_string();
    let label = match (site.me().is_some(), o.had) {
        (false, _) => t.coupon_login(),
        (true, 0) => t.coupon_take(),
        (true, _) => t.coupon_take_more(),
    };
    view! {
        <Ticket coupon=o.coupon testid="coupon-offer" state=if all { "had" } else { "open" }>
            <p><small>{t.coupon_good_days(o.lasts / DAY)} " · " {t.coupon_get_until(site.time(o.ends_at))}</small></p>
            <div class="ticket-end">
                <small data-testid="coupon-remains" data-count=o.remains.to_string()>{t.coupon_remains(o.remains)}</small>
                {if all {
                    view! { <em class="chip quiet">{t.coupon_all_had(o.each)}</em> }.into_any()
                } else {
                    view! {
                        <PostForm sent=take login=true>
                            <Hidden name="code" value=code />
                            <Hidden name="had" value=o.had.to_string() />
                            <Hidden name="next" value=next />
                            <Submit label=label.to_owned() testid="coupon-take" class="button small primary" sending=take.state />
                        </PostForm>
                    }.into_any()
                }}
            </div>
        </Ticket>
    }
}

/// What came of taking one: why not, or that it is mine, where whoever uses keys or hears the page reads on.
#[component]
pub fn CouponGot(take: Sent<TakeCoupon>, #[prop(optional_no_strip)] word: Option<Sent<TakeWord>>) -> impl IntoView {
    let t = Site::get().texts();
    let answers = move || (take.state.answers.get(), word.map_or(0, |w| w.state.answers.get()));
    // Of the last answer of either.
    let got = Memo::new(move |before: Option<&((u32, u32), bool)>| {
        let now = answers();
        let word_now = before.is_some_and(|((_, words), _)| *words != now.1);
        let refused = if word_now { word.map(|w| w.state.refused) } else { Some(take.state.refused) };
        (now, now != (0, 0) && refused.is_none_or(|r| r.with_untracked(Option::is_none)))
    });
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<()>| {
        let (_, got) = got.get();
        if before.is_some() && got {
            gloo_timers::callback::Timeout::new(0, || {
                if let Some(said) = document().get_element_by_id("coupon-got") {
                    let _ = wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlElement>(&said).focus();
                }
            })
            .forget();
        }
    });
    view! {
        <FormError path=TAKE sending=take.state />
        <div id="coupon-got" role="status" tabindex="-1">{move || got.get().1.then(|| view! { <p class="notice">{t.coupon_got()}</p> })}</div>
    }
}

/// The field for a word.
#[component]
pub fn CouponWord(sent: Sent<TakeWord>, next: String) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <FormError path=WORD sending=sent.state />
        <PostForm sent class="coupon-word" login=true clear=true>
            <Hidden name="next" value=next />
            <Field path=WORD name="word" label=t.coupon_word_label() testid="coupon-word" autocomplete="off" maxlength=20 required=true />
            <Submit label=t.coupon_word_send().to_owned() testid="coupon-word-send" class="button" sending=sent.state />
        </PostForm>
    }
}

/// What is left of a price, as people of the language say it: 15 % off, 8.5 of ten.
fn rate(bp: i64) -> String {
    match Site::get().lang() {
        Lang::En => percent(bp),
        Lang::ZhHans | Lang::ZhHant => {
            let left = 10_000 - bp;
            let text = format!("{}.{:03}", left / 1000, left % 1000);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

/// An amount without decimals that say nothing.
fn round(amount: i64, currency: Currency) -> String {
    let (whole, rest) = Money::new(amount, currency).parts();
    format!("{}{whole}{rest}", currency.symbol())
}

/// What a coupon takes off, on one line.
pub fn takes_off(terms: &Terms) -> String {
    let t = Site::get().texts();
    let money = |n| round(n, terms.currency);
    match (terms.off, terms.least) {
        (Off::Amount(n), 0) => t.coupon_amount(money(n)),
        (Off::Amount(n), least) => t.coupon_amount_from(money(least), money(n)),
        (Off::Percent { bp, most }, least) => {
            let off =
                if least == 0 { t.coupon_percent(rate(bp)) } else { t.coupon_percent_from(money(least), rate(bp)) };
            format!("{off} · {}", t.coupon_most(money(most)))
        }
    }
}

/// What it takes, large.
fn worth(terms: &Terms) -> String {
    let t = Site::get().texts();
    match terms.off {
        Off::Amount(n) => t.coupon_amount(round(n, terms.currency)),
        Off::Percent { bp, .. } => t.coupon_percent(rate(bp)),
    }
}

/// From what on it takes something, and how much at most.
fn asks(terms: &Terms) -> String {
    let t = Site::get().texts();
    let money = |n| round(n, terms.currency);
    let least = if terms.least > 0 { t.coupon_least(money(terms.least)) } else { t.coupon_least_none().to_owned() };
    match terms.off {
        Off::Amount(_) => least,
        Off::Percent { most, .. } => format!("{least} · {}", t.coupon_most(money(most))),
    }
}

/// What it is for.
pub fn is_for(terms: &Terms, of: String) -> String {
    let t = Site::get().texts();
    match (&terms.product, &terms.merchant) {
        (Some(_), _) => t.coupon_product(of),
        (None, Some(_)) => t.coupon_merchant(of),
        (None, None) => t.coupon_everything().to_owned(),
    }
}

/// A coupon as a ticket: what it takes on the left, what it asks for, and what can be done with it.
#[component]
pub fn Ticket(coupon: CouponView, testid: &'static str, state: &'static str, children: Children) -> impl IntoView {
    let CouponView { code, terms, of } = coupon;
    view! {
        <li class="ticket" data-testid=testid data-state=state data-code=code.to_string()>
            <b class="ticket-worth">{worth(&terms)}</b>
            <div>
                <p>{asks(&terms)}</p>
                <p class="hint">{is_for(&terms, of)}</p>
                {children()}
            </div>
        </li>
    }
}
