//! Referral: who brought a new shopper, what both get for it, and who looks at what seems odd.
//!
//! clicked -> bound -> qualified -> approved | flagged | void (rules.md 4). The first link within 30 days counts; the invited
//! person sees what the inviter gets before it is bound, and may decline then and later.

use crate::{
    Code, Problem,
    time::{DAY, MINUTE, Millis, civil},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// At most so many are approved for one inviter in a month of the shop's clock; more wait for the next one.
pub const A_MONTH: i64 = 30;

/// Where a referral stands. That somebody clicked is no row here: it is the touch of his browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The invited person has ordered, and did not decline.
    Bound,
    /// A first order was completed: its return window is over, and something of it was kept.
    Qualified,
    /// Both have their points.
    Approved,
    /// Somebody of the shop has to look at it.
    Flagged,
    /// Nobody gets anything.
    Void,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Bound, Self::Qualified, Self::Approved, Self::Flagged, Self::Void];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Qualified => "qualified",
            Self::Approved => "approved",
            Self::Flagged => "flagged",
            Self::Void => "void",
        }
    }

    /// Whether it may become `next`. Nothing leaves approved or void.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Bound, Self::Qualified | Self::Void)
                | (Self::Qualified, Self::Approved | Self::Flagged | Self::Void)
                | (Self::Flagged, Self::Approved | Self::Void)
        )
    }
}

impl FromStr for State {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// What both get, fixed when it is bound. Points; a later page spends them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub inviter: i64,
    pub invited: i64,
}

impl Terms {
    /// Whether there is anything to get.
    pub const fn any(self) -> bool {
        self.inviter > 0 || self.invited > 0
    }
}

/// What the invited person shares with his inviter, or with somebody else who was invited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// An address or a telephone number.
    pub household: bool,
    /// A browser.
    pub device: bool,
}

/// What becomes of a qualified referral, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Flag,
    /// The month is full: asked again when the next one begins.
    Wait,
}

/// Whoever shares a home or a device is looked at by somebody, whatever else; the others are approved while the month lasts.
pub const fn judge(evidence: Evidence, approved_this_month: i64) -> Verdict {
    if evidence.household || evidence.device {
        Verdict::Flag
    } else if approved_this_month >= A_MONTH {
        Verdict::Wait
    } else {
        Verdict::Approve
    }
}

/// The month that an instant is in by the shop's clock, counted from January of the year 0.
pub const fn month(at: Millis, offset_minutes: i64) -> i64 {
    let (year, month, _) = civil(at.saturating_add(offset_minutes.saturating_mul(MINUTE)).div_euclid(DAY));
    year * 12 + month - 1
}

/// When the month after the one of `at` begins by the shop's clock.
pub const fn next_month(at: Millis, offset_minutes: i64) -> Millis {
    let offset = offset_minutes.saturating_mul(MINUTE);
    let mut day = at.saturating_add(offset).div_euclid(DAY);
    let (_, now, _) = civil(day);
    loop {
        day += 1;
        if civil(day).1 != now {
            return day * DAY - offset;
        }
    }
}

/// The question that a new shopper is asked before his first order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    /// Who invited.
    pub by: String,
    pub shown: Shown,
}

/// What an answer is about: the link and the terms that were shown. Written `CODE:500:300`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub share: Code,
    pub terms: Terms,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.share, self.terms.inviter, self.terms.invited)
    }
}

impl FromStr for Shown {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        let bad = Problem::bad_request;
        let [share, inviter, invited] = s.split(':').collect::<Vec<_>>().try_into().map_err(|_| bad())?;
        let number = |n: &str| n.parse::<i64>().map_err(|_| bad());
        let terms = Terms { inviter: number(inviter)?, invited: number(invited)? };
        Ok(Self { share: share.parse().map_err(|_| bad())?, terms })
    }
}

/// Somebody whom I invited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedView {
    /// Masked.
    pub name: String,
    pub state: State,
    pub points: i64,
    pub at: Millis,
}

/// Who invited me.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviterView {
    pub name: String,
    pub state: State,
    pub terms: Terms,
    /// It can still be declined.
    pub may_decline: bool,
}

/// My points, whom I brought, and who brought me.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferralsView {
    /// What I have; below zero after something was taken back.
    pub points: i64,
    /// What there is to get at present.
    pub terms: Terms,
    pub invited: Vec<InvitedView>,
    /// Where the next page begins.
    pub next: Option<String>,
    pub by: Option<InviterView>,
}

/// A referral that somebody of the shop has to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlaggedView {
    /// Names it in the answer.
    pub id: crate::id::PersonId,
    pub inviter: String,
    pub invited: String,
    pub evidence: Evidence,
    pub terms: Terms,
    pub order: Code,
    pub at: Millis,
}

/// What the shop decides about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Refuse,
}

impl FromStr for Decision {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        match s {
            "approve" => Ok(Self::Approve),
            "refuse" => Ok(Self::Refuse),
            _ => Err(Problem::bad_request()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_referral_goes_forward_only_and_ends_approved_or_void() {
        for from in State::ALL {
            let next: Vec<State> = State::ALL.into_iter().filter(|to| from.may_become(*to)).collect();
            let ends = matches!(from, State::Approved | State::Void);
            assert_eq!(next.is_empty(), ends, "{from:?}");
            assert!(!next.contains(&State::Bound) && !next.contains(&from), "{from:?}");
            assert_eq!(from.name().parse(), Ok(from));
        }
    }

    proptest! {
        #[test]
        fn nothing_odd_is_approved_unseen_and_no_month_has_more_than_its_number(household: bool, device: bool, so_far in 0_i64..60) {
            let verdict = judge(Evidence { household, device }, so_far);
            prop_assert_eq!(verdict == Verdict::Flag, household || device);
            prop_assert_eq!(verdict == Verdict::Approve, !household && !device && so_far < A_MONTH);
        }

        #[test]
        fn what_was_shown_reads_back(bits: u128, inviter: i64, invited: i64) {
            let shown = Shown { share: Code::from_bits(bits), terms: Terms { inviter, invited } };
            prop_assert_eq!(shown.to_string().parse(), Ok(shown));
        }

        #[test]
        fn the_next_month_begins_where_this_one_ends(at in -10_000_000_000_000_i64..10_000_000_000_000, offset in -720_i64..840) {
            let next = next_month(at, offset);
            prop_assert!(next > at && next - at <= 31 * DAY);
            prop_assert_eq!(month(next, offset), month(at, offset) + 1);
            prop_assert_eq!(month(next - 1, offset), month(at, offset));
        }
    }
}
