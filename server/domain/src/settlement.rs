//! Settlement: what a merchant is owed of an order once nothing can come back any more, less the fee of the platform.

use crate::{Millis, Problem, id::Code, money::Currency};
use serde::{Deserialize, Serialize};

/// What one merchant gets of one completed order. Minor units; `earned - refunded = fee + net`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Goods and delivery, as they were paid.
    pub earned: i64,
    pub refunded: i64,
    /// What the platform keeps.
    pub fee: i64,
    /// What the merchant is owed.
    pub net: i64,
}

/// Whole, in basis points (hundredths of a percent).
pub const ALL: i64 = 10_000;

/// The share of a merchant. The fee is taken of the goods that stay sold and not of their delivery, and is rounded down, so
/// that the odd cent is the merchant's.
///
/// # Errors
/// `internal` when more went back than was earned, for a rate that is none, and when a number does not fit.
pub fn share(goods: i64, delivery: i64, refunded: i64, fee_bp: i64) -> Result<Share, Problem> {
    let earned = goods.checked_add(delivery).ok_or_else(Problem::internal)?;
    if !(0..=ALL).contains(&fee_bp) || goods < 0 || delivery < 0 || refunded < 0 || refunded > earned {
        return Err(Problem::internal());
    }
    // A delivery fee goes back last: only when none of the goods was sent.
    let stays = (goods - refunded).max(0);
    let fee =
        i64::try_from(i128::from(stays) * i128::from(fee_bp) / i128::from(ALL)).map_err(|_| Problem::internal())?;
    Ok(Share { earned, refunded, fee, net: earned - refunded - fee })
}

/// What stands in the books for one merchant and currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingView {
    pub merchant: String,
    pub name: String,
    pub currency: Currency,
    /// Of orders that can still come back, minor units.
    pub pending: i64,
    /// Of completed orders, less the fee.
    pub owed: i64,
}

/// The books of the platform in one currency: what is held, and for whom. `held = pending + owed + shoppers + creators + fees`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BooksView {
    pub currency: Currency,
    /// With the providers of payments.
    pub held: i64,
    pub pending: i64,
    pub owed: i64,
    /// Refunds on their way to shoppers.
    pub shoppers: i64,
    /// Commission that authors have earned.
    pub creators: i64,
    /// Less that commission, and what the platform's coupons cost it.
    pub fees: i64,
}

/// One settled order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledView {
    pub order: Code,
    pub at: Millis,
    pub currency: Currency,
    pub share: Share,
    /// The rate that the fee was taken at.
    pub fee_bp: i64,
    /// What the platform pays besides, for its coupons. Minor units.
    pub subsidy: i64,
}

/// The statement page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementView {
    /// Authors to whom commission is owed, the most first.
    pub creators: Vec<crate::commission::OwedView>,
    pub books: Vec<BooksView>,
    pub standings: Vec<StandingView>,
    /// The merchant whose settled orders are shown, by slug; empty for none.
    pub merchant: String,
    pub settled: Vec<SettledView>,
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_lost_between_merchant_platform_and_shopper(
            goods in 0_i64..1_000_000_000_000, delivery in 0_i64..100_000, part in 0_i64..=1_000, fee_bp in 0_i64..=ALL
        ) {
            let refunded = (goods + delivery) / 1_000 * part;
            let s = share(goods, delivery, refunded, fee_bp).unwrap();
            prop_assert_eq!(s.refunded + s.fee + s.net, goods + delivery);
            prop_assert!(s.fee >= 0 && s.net >= 0);
            // No more than the rate says of what stays sold, and less by no more than a cent.
            let stays = i128::from((goods - refunded).max(0));
            prop_assert!(i128::from(s.fee) * 10_000 <= stays * i128::from(fee_bp));
            prop_assert!(i128::from(s.fee + 1) * 10_000 > stays * i128::from(fee_bp));
        }
    }

    #[test]
    fn delivery_carries_no_fee_and_what_cannot_be_is_refused() {
        assert_eq!(share(10_000, 600, 0, 500).unwrap(), Share { earned: 10_600, refunded: 0, fee: 500, net: 10_100 });
        assert_eq!(share(10_000, 600, 10_600, 500).unwrap().net, 0);
        assert!(share(10_000, 600, 10_601, 500).is_err());
        assert!(share(10_000, 600, 0, 10_001).is_err());
        assert!(share(i64::MAX, 1, 0, 0).is_err());
    }
}
