//! Commission: what an author earns when a thing that his post shows is bought from there and kept.
//!
//! Only a post that says to its readers that it is an ad earns; nobody earns on what he buys himself. The rate is the one of the click and
//! holds for thirty days; it is taken of what was paid for the goods and not given back, without delivery (rules.md 4).

use crate::{Currency, Problem, id::Code, time::DAY};
use serde::{Deserialize, Serialize};

/// The first post that led to a thing earns on it for so long.
pub const FIRST: i64 = 30 * DAY;
/// The last post that led to it counts as what brought the order for so long.
pub const LAST: i64 = 7 * DAY;
/// Whole, in basis points.
const ALL: i128 = 10_000;

/// What was given back in one case, and how much of the goods of the case is this line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// What the case gave back, minor units.
    pub amount: i64,
    /// What the units of the line that the case is about had cost.
    pub part: i64,
    /// What all units that the case is about had cost.
    pub whole: i64,
}

/// What of a line was paid and not given back, minor units. A case that is about several lines takes from each its part, rounded up, and
/// never more than the part: what goes beyond is delivery.
///
/// # Errors
/// `internal` for numbers that cannot be.
pub fn kept(line: i64, backs: &[Back]) -> Result<i64, Problem> {
    let mut left = line;
    for back in backs {
        if back.amount < 0 || back.part < 0 || back.whole < back.part {
            return Err(Problem::internal());
        }
        if back.whole > 0 {
            let (amount, part, whole) = (i128::from(back.amount), i128::from(back.part), i128::from(back.whole));
            let share = ((amount * part + whole - 1) / whole).min(part);
            left -= i64::try_from(share).map_err(|_| Problem::internal())?;
        }
    }
    Ok(left.clamp(0, line.max(0)))
}

/// What is earned on `base` at `bp` basis points, rounded down.
pub fn earned(base: i64, bp: i64) -> i64 {
    i64::try_from(i128::from(base.max(0)) * i128::from(bp.max(0)) / ALL).unwrap_or(i64::MAX)
}

/// Who earns what by an order: the buyer is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarnerView {
    pub name: String,
    pub post: Code,
    pub title: String,
    /// At most, until the order is completed. Minor units of the order.
    pub amount: i64,
}

/// What somebody earns with posts, in one currency. Minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarnedView {
    pub currency: Currency,
    /// Of orders that can still come back: at most.
    pub pending: i64,
    /// Of completed ones, and not paid out.
    pub available: i64,
    pub paid: i64,
}

/// What an author is owed, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedView {
    pub handle: String,
    pub name: String,
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
    /// Makes the payout one, however often its form is sent.
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_earned_on_what_was_given_back(line in 0_i64..1_000_000, part in 0_i64..1_000_000, other in 0_i64..1_000_000, bp in 0_i64..=10_000) {
            let (part, whole) = (part.min(line), part.min(line) + other);
            let all = kept(line, &[Back { amount: whole, part, whole }]).unwrap();
            prop_assert_eq!(all, line - part);
            // Delivery that went back too takes nothing of the other goods.
            prop_assert_eq!(kept(line, &[Back { amount: whole + 900, part, whole }]).unwrap(), all);
            prop_assert!(earned(all, bp) <= earned(line, bp));
            prop_assert!(earned(line, bp) <= line);
        }

        #[test]
        fn the_parts_that_lines_lose_are_at_least_what_the_case_gave_back(
            parts in prop::collection::vec(1_i64..100_000, 1..6), share in 0_i64..=1000
        ) {
            let whole: i64 = parts.iter().sum();
            let amount = whole * share / 1000;
            let mut lost = 0;
            for part in &parts {
                let left = kept(*part, &[Back { amount, part: *part, whole }]).unwrap();
                prop_assert!((0..=*part).contains(&left));
                lost += part - left;
            }
            prop_assert!(lost >= amount && lost <= whole);
        }

        #[test]
        fn several_lines_earn_no_more_than_their_sum(bases in prop::collection::vec(0_i64..1_000_000, 1..6), bp in 0_i64..=10_000) {
            let each: i64 = bases.iter().map(|b| earned(*b, bp)).sum();
            prop_assert!(each <= earned(bases.iter().sum(), bp));
        }
    }
}
