//! The cart: what somebody means to buy. It holds no stock; checkout does.

use crate::{
    Problem,
    catalog::PictureView,
    id::SkuId,
    money::{Currency, Money, MoneyError},
};
use serde::{Deserialize, Serialize};

/// Units of one SKU: 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(i64);

impl Quantity {
    pub const MAX: i64 = 99;
    pub const ONE: Self = Self(1);

    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Problem;
    fn try_from(n: i64) -> Result<Self, Problem> {
        (1..=Self::MAX)
            .contains(&n)
            .then_some(Self(n))
            .ok_or_else(|| Problem::new(422, "quantity_range").field("quantity").number(Self::MAX))
    }
}

impl From<Quantity> for i64 {
    fn from(q: Quantity) -> Self {
        q.0
    }
}

/// Lines in one cart, at most.
pub const MAX_LINES: i64 = 100;

/// A line of the cart, with what is true about it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    pub sku: SkuId,
    pub slug: String,
    pub title: String,
    pub choice: String,
    pub picture: Option<PictureView>,
    pub merchant: String,
    pub merchant_slug: String,
    pub price: i64,
    /// The price when it was put in; differs from `price` when the price has changed since.
    pub price_seen: i64,
    pub currency: Currency,
    pub quantity: i64,
    /// Units that can be had now; 0 is sold out.
    pub available: i64,
    pub weight_g: i64,
}

impl LineView {
    /// Whether it can be ordered as it stands.
    pub const fn fits(&self) -> bool {
        self.available >= self.quantity
    }

    /// # Errors
    /// [`MoneyError::Range`] on overflow.
    pub fn total(&self) -> Result<Money, MoneyError> {
        Money::new(self.price, self.currency).times(self.quantity)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartView {
    pub lines: Vec<LineView>,
}

impl CartView {
    /// The sum of the lines that can be ordered, minor units; `None` for an empty cart.
    pub fn total(&self) -> Option<Money> {
        let mut lines = self.lines.iter().filter(|l| l.fits());
        let first = lines.next()?.total().ok()?;
        lines.try_fold(first, |sum, line| sum.plus(line.total().ok()?).ok())
    }

    pub fn count(&self) -> i64 {
        self.lines.iter().map(|l| l.quantity).sum()
    }
}
