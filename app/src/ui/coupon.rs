//! Coupons in words, and the word that gets one: more than one capability asks for it. The function belongs to coupons by its path.

use crate::{
    fail::Fail,
    site::Site,
    ui::{Field, FormError, Hidden, PostForm, Sent, Submit, percent},
};
use domain::{
    Currency, Lang, Money,
    coupon::{CouponView, Off, Terms},
};
use leptos::prelude::*;

const WORD: &str = "coupon/word";

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
        (Off::Percent { bp, .. }, 0) => t.coupon_percent(rate(bp)),
        (Off::Percent { bp, .. }, least) => t.coupon_percent_from(money(least), rate(bp)),
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
