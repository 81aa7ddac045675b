//! Coupons: made by the shop, got by people, handed out in rooms, spent with an order.
//!
//! Invariants: what remains of a coupon, what hosts hand out of it and what people have had are its quota; nobody has had more than he
//! may, and the second claim of the same one changes nothing; one that is in an order is in no other, and comes back when the order is
//! not paid for; one that was paid with is used, whatever goes back. Lock order: room, drop, coupon; and behind the SKUs of an order, the
//! grants. Deliberately absent: the rule itself (`domain::coupon`).

mod desk;
mod drop;
mod get;
mod spend;

pub use desk::{create, list, stop};
pub use drop::{close, droppable, open, take as take_drop};
pub(crate) use drop::{over, shown, taken};
pub use get::{of_product, page, take, take_word};
pub use spend::Chosen;
pub(crate) use spend::{applied, choices, come_back, lock, spent};

use crate::{Result, error::broken_row};
use domain::{
    Code, Problem,
    coupon::{CouponView, Off, Terms},
};
use uuid::Uuid;

crate::row! {
    /// A coupon, with the slugs of what it is for and what that is called.
    struct Row {
        id: Uuid,
        code: String,
        currency: String,
        kind: String,
        off: i64,
        most: i64,
        least: i64,
        merchant: Option<String>,
        product: Option<String>,
        name: Option<String>,
        title: Option<String>,
        way: String,
        word: Option<String>,
        quota: i64,
        remains: i64,
        per_person: i64,
        ends_at: i64,
        lasts: i64,
        stopped_at: Option<i64>,
        created_at: i64,
    }
}

/// What a coupon takes off, as its columns say it.
fn terms(
    currency: &str,
    (kind, off, most, least): (&str, i64, i64, i64),
    (merchant, product): (Option<String>, Option<String>),
) -> Result<Terms> {
    let off = match kind {
        "amount" => Off::Amount(off),
        "percent" => Off::Percent { bp: off, most },
        _ => return Err(broken_row("coupon.kind")),
    };
    let currency = currency.parse().map_err(|_| broken_row("coupon.currency"))?;
    Ok(Terms { currency, off, least, merchant, product })
}

/// What it is called after.
fn view(code: &str, terms: Terms, name: Option<String>, title: Option<String>) -> Result<CouponView> {
    let code: Code = code.parse().map_err(|_| broken_row("coupon.code"))?;
    Ok(CouponView { code, of: title.or(name).unwrap_or_default(), terms })
}

impl Row {
    fn terms(&self) -> Result<Terms> {
        let off = (self.kind.as_str(), self.off, self.most, self.least);
        terms(&self.currency, off, (self.merchant.clone(), self.product.clone()))
    }

    fn view(&self) -> Result<CouponView> {
        view(&self.code, self.terms()?, self.name.clone(), self.title.clone())
    }
}

crate::row! {
    /// One that somebody has had, with what its coupon says.
    struct GrantRow {
        id: Uuid,
        code: String,
        currency: String,
        kind: String,
        off: i64,
        most: i64,
        least: i64,
        merchant: Option<String>,
        product: Option<String>,
        name: Option<String>,
        title: Option<String>,
        state: String,
        expires_at: i64,
        order_code: Option<String>,
        took: Option<i64>,
    }
}

impl GrantRow {
    fn terms(&self) -> Result<Terms> {
        let off = (self.kind.as_str(), self.off, self.most, self.least);
        terms(&self.currency, off, (self.merchant.clone(), self.product.clone()))
    }

    fn coupon(&self) -> Result<CouponView> {
        view(&self.code, self.terms()?, self.name.clone(), self.title.clone())
    }
}

/// Nothing of it can be had any more.
fn over_now() -> crate::Error {
    Problem::new(409, "coupon_over").into()
}
