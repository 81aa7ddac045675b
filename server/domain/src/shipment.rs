//! Parcels on their way: what is in one, where it was seen, and when an order counts as received.

use crate::{
    id::Code,
    shipping::Zone,
    time::{DAY, HOUR, MINUTE, Millis},
};
use serde::{Deserialize, Serialize};

/// An order whose parcels have all left counts as received so long after the last one left, if nobody says so earlier.
pub const AUTO_CONFIRM: Millis = 10 * DAY;
/// And so long after the last parcel was delivered.
pub const AUTO_CONFIRM_DELIVERED: Millis = 3 * DAY;
/// What was received can be sent back for so long; then the order is completed.
pub const RETURN_WINDOW: Millis = 7 * DAY;
/// Abroad: the withdrawal period of EU directive 2011/83, article 9.
pub const RETURN_WINDOW_ABROAD: Millis = 14 * DAY;

/// How long an order can be given back after it was received.
pub const fn return_window(zone: Zone) -> Millis {
    match zone {
        Zone::Abroad => RETURN_WINDOW_ABROAD,
        _ => RETURN_WINDOW,
    }
}

/// Where a parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Shipped,
    Delivered,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
        }
    }
}

impl std::str::FromStr for State {
    type Err = crate::Problem;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        [Self::Shipped, Self::Delivered].into_iter().find(|x| x.name() == s).ok_or_else(crate::Problem::bad_request)
    }
}

/// Where a parcel was seen. `kind`: a key of the locale files (`track_<kind>`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackView {
    pub kind: String,
    pub at: Millis,
}

/// A parcel as the order page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentView {
    pub code: Code,
    pub merchant: String,
    /// A key of the locale files (`carrier_<name>`).
    pub carrier: String,
    pub tracking: String,
    pub state: State,
    /// Title with choice, and units.
    pub lines: Vec<(String, i64)>,
    /// Latest last.
    pub events: Vec<TrackView>,
}

/// The way of a parcel with the built-in carrier: kinds and times, from its number alone, so that every look gives the same
/// answer. The first is the handing over itself.
pub fn simulated(tracking: &str, shipped_at: Millis) -> Vec<(&'static str, Millis)> {
    let spread = tracking.bytes().fold(7_i64, |h, b| (h * 31 + i64::from(b)) % 240) * MINUTE;
    vec![
        ("handed_over", shipped_at),
        ("picked_up", shipped_at + 2 * HOUR + spread / 4),
        ("in_transit", shipped_at + 9 * HOUR + spread / 2),
        ("arrived", shipped_at + 30 * HOUR + spread),
        ("out_for_delivery", shipped_at + 42 * HOUR + spread),
        ("delivered", shipped_at + 46 * HOUR + spread),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_parcel_goes_forward_and_arrives_before_it_counts_as_received(tracking in "[A-Z0-9]{1,20}", at in 0_i64..4_000_000_000_000) {
            let way = simulated(&tracking, at);
            prop_assert!(way.windows(2).all(|w| w[0].1 < w[1].1));
            prop_assert_eq!(way.first().map(|w| w.1), Some(at));
            prop_assert_eq!(way.last().map(|w| w.0), Some("delivered"));
            prop_assert!(way.last().is_some_and(|w| w.1 < at + AUTO_CONFIRM));
        }
    }
}
