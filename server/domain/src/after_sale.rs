//! After-sales: giving things and money back. The states of a case, who may take which step, and what silence decides.

use crate::{
    Problem,
    catalog::PictureView,
    id::{Code, SkuId},
    money::Currency,
    order,
    time::{DAY, HOUR, Millis},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Units that have not been sent: they stay, the money goes back.
    Cancel,
    /// Units that were sent: they are kept (or never came), the money goes back.
    Refund,
    /// Units that were sent: they come back, then the money goes back.
    Return,
    /// Units that were sent: they come back, then others of the same product and price are sent.
    Exchange,
    /// The price has fallen since: the difference goes back, without anybody having to agree.
    PriceDrop,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Cancel, Self::Refund, Self::Return, Self::Exchange, Self::PriceDrop];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Refund => "refund",
            Self::Return => "return",
            Self::Exchange => "exchange",
            Self::PriceDrop => "price_drop",
        }
    }

    /// What may be asked for while an order is in a state: nothing before it is paid, nothing after the return window.
    pub const fn allowed(state: order::State) -> &'static [Self] {
        match state {
            order::State::Paid => &[Self::Cancel, Self::PriceDrop],
            order::State::Fulfilling => &[Self::Cancel, Self::Refund, Self::Return, Self::Exchange, Self::PriceDrop],
            order::State::Shipped | order::State::Delivered => {
                &[Self::Refund, Self::Return, Self::Exchange, Self::PriceDrop]
            }
            _ => &[],
        }
    }

    /// Whether the things come back before anything else happens.
    pub const fn sends_back(self) -> bool {
        matches!(self, Self::Return | Self::Exchange)
    }
}

impl FromStr for Kind {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// Reasons that people choose from, as keys of the locale files (`reason_<name>`).
pub const REASONS: &[&str] = &["changed_mind", "wrong_choice", "late", "damaged", "not_as_described", "missing"];
/// The reason of a withdrawal from the contract: nobody has to give one, and the shop cannot refuse.
pub const WITHDRAWAL: &str = "withdrawal";
/// The reason of a price that fell.
pub const PRICE_FELL: &str = "price_fell";
/// The reason of what a complete team gives back: the step of its ladder, or the leader's part.
pub const TEAM_PRICE: &str = "team_price";

/// A price that falls within so long after the payment is paid back to whoever asks.
pub const PRICE_PROTECTION: Millis = 15 * DAY;

/// What goes back of a line because its price fell: minor units, 0 for nothing. `paid` and `price`: a unit, less what went back
/// before, and as it is asked now.
pub const fn price_drop(paid: i64, price: i64, units: i64) -> Option<i64> {
    if price < 0 || paid <= price || units <= 0 {
        return Some(0);
    }
    (paid - price).checked_mul(units)
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The shop has to answer.
    Open,
    /// Agreed; the buyer has to send the things.
    Returning,
    /// The things are on their way back; the shop has to say that they came.
    Sent,
    /// The shop said no; the buyer may call the platform.
    Rejected,
    /// The platform decides.
    Escalated,
    /// The shop has to send others.
    Replacing,
    Replaced,
    /// The money is on its way.
    Refunding,
    Refunded,
    Closed,
}

impl State {
    pub const ALL: [Self; 10] = [
        Self::Open,
        Self::Returning,
        Self::Sent,
        Self::Rejected,
        Self::Escalated,
        Self::Replacing,
        Self::Replaced,
        Self::Refunding,
        Self::Refunded,
        Self::Closed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Returning => "returning",
            Self::Sent => "sent",
            Self::Rejected => "rejected",
            Self::Escalated => "escalated",
            Self::Replacing => "replacing",
            Self::Replaced => "replaced",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
            Self::Closed => "closed",
        }
    }

    /// How long it may stay here before silence decides.
    pub const fn patience(self) -> Option<Millis> {
        match self {
            Self::Open => Some(48 * HOUR),
            Self::Returning | Self::Rejected | Self::Replacing => Some(7 * DAY),
            Self::Sent => Some(10 * DAY),
            Self::Escalated | Self::Replaced | Self::Refunding | Self::Refunded | Self::Closed => None,
        }
    }

    /// A case that nothing more happens to.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Replaced | Self::Refunded | Self::Closed)
    }
}

impl FromStr for State {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// What somebody does with a case, or time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The shop agrees, or takes back what came.
    Approve,
    /// The shop says no.
    Reject,
    /// The shop has sent others.
    Replace,
    /// The buyer has sent the things.
    Send,
    /// The buyer takes the wish back.
    Withdraw,
    /// The buyer calls the platform.
    Escalate,
    /// The platform decides for the buyer.
    Grant,
    /// The platform decides for the shop.
    Dismiss,
    /// The deadline has passed.
    Silence,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    Buyer,
    Shop,
    Clock,
}

impl Act {
    pub const ALL: [Self; 9] = [
        Self::Approve,
        Self::Reject,
        Self::Replace,
        Self::Send,
        Self::Withdraw,
        Self::Escalate,
        Self::Grant,
        Self::Dismiss,
        Self::Silence,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Replace => "replace",
            Self::Send => "send",
            Self::Withdraw => "withdraw",
            Self::Escalate => "escalate",
            Self::Grant => "grant",
            Self::Dismiss => "dismiss",
            Self::Silence => "silence",
        }
    }

    pub const fn party(self) -> Party {
        match self {
            Self::Send | Self::Withdraw | Self::Escalate => Party::Buyer,
            Self::Approve | Self::Reject | Self::Replace | Self::Grant | Self::Dismiss => Party::Shop,
            Self::Silence => Party::Clock,
        }
    }
}

impl FromStr for Act {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// Where an act leads; `None` when it is not one of this state. Silence approves what the shop does not answer (48 h) and takes
/// back what it does not check (10 d); it gives the money back when the shop does not send others (7 d); it closes what the buyer
/// does not send (7 d) or does not pursue (7 d).
pub const fn next(kind: Kind, state: State, act: Act) -> Option<State> {
    let agreed = if kind.sends_back() { State::Returning } else { State::Refunding };
    let back = if matches!(kind, Kind::Exchange) { State::Replacing } else { State::Refunding };
    Some(match (state, act) {
        (State::Open, Act::Approve | Act::Silence) => agreed,
        (State::Open | State::Sent, Act::Reject) => State::Rejected,
        (State::Returning, Act::Send) => State::Sent,
        (State::Sent, Act::Approve | Act::Silence) => back,
        (State::Replacing, Act::Replace) => State::Replaced,
        (State::Escalated, Act::Grant) | (State::Replacing, Act::Silence) => State::Refunding,
        (State::Rejected, Act::Escalate) => State::Escalated,
        (State::Open | State::Returning | State::Rejected, Act::Withdraw)
        | (State::Returning | State::Rejected, Act::Silence)
        | (State::Escalated, Act::Dismiss) => State::Closed,
        _ => return None,
    })
}

/// The acts of a party in a state.
pub fn acts(kind: Kind, state: State, party: Party) -> Vec<Act> {
    Act::ALL.into_iter().filter(|a| a.party() == party && next(kind, state, *a).is_some()).collect()
}

/// A line of a message thread. `kind`: `said`, or a key of the locale files (`case_<kind>`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// buyer, shop or system.
    pub author: String,
    pub kind: String,
    pub body: String,
    /// Shown with it.
    pub pictures: Vec<PictureView>,
    pub at: Millis,
}

/// A case as both sides see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseView {
    pub code: Code,
    pub order: Code,
    pub kind: Kind,
    pub state: State,
    pub reason: String,
    /// Minor units that go back.
    pub amount: i64,
    pub currency: Currency,
    pub merchant: String,
    /// Title with choice, and units.
    pub lines: Vec<(String, i64)>,
    pub messages: Vec<MessageView>,
    /// What whoever looks may do.
    pub acts: Vec<Act>,
    /// Pictures that may still be added.
    pub pictures_left: i64,
    pub deadline: Option<Millis>,
    pub now: Millis,
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCardView {
    pub code: Code,
    pub order: Code,
    pub kind: Kind,
    pub state: State,
    pub amount: i64,
    pub currency: Currency,
}

/// Pictures that a case can have.
pub const MAX_PICTURES: i64 = 9;

/// What may be asked for, for the page that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishView {
    pub order: Code,
    pub currency: Currency,
    /// By merchant: what can be withdrawn (not sent) or claimed (sent).
    pub lines: Vec<WishLine>,
    pub kinds: Vec<Kind>,
    /// Makes a wish one case, however often it is sent.
    pub key: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishLine {
    pub position: i64,
    pub title: String,
    pub choice: String,
    pub merchant: String,
    pub unit_price: i64,
    /// Units that have not been sent and are in no case.
    pub unsent: i64,
    /// Units that were sent and are in no case.
    pub sent: i64,
    /// What may be had instead: of the same product, at the price that was paid, and there.
    pub swaps: Vec<(SkuId, String)>,
    /// What goes back for all units because the price fell, minor units.
    pub price_drop: i64,
}

/// What a withdrawal from the contract would end, or has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawalView {
    pub order: Code,
    /// Title with choice, and units that can be withdrawn.
    pub lines: Vec<(String, i64)>,
    /// When it was received, and the cases that it opened.
    pub received: Option<Millis>,
    pub cases: Vec<CaseCardView>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_case_ends_if_everybody_keeps_silent(kind in 0_usize..5, acts in prop::collection::vec(0_usize..9, 0..12)) {
            let kind = Kind::ALL[kind];
            let mut state = State::Open;
            for act in acts {
                state = next(kind, state, Act::ALL[act]).unwrap_or(state);
            }
            // From wherever people left it, time alone leads to the money, to the end, or to the platform.
            for _ in 0..4 {
                state = next(kind, state, Act::Silence).unwrap_or(state);
            }
            prop_assert!(matches!(state, State::Refunding | State::Closed | State::Escalated | State::Replaced), "{state:?}");
        }

        #[test]
        fn nobody_acts_for_the_other_side_and_nothing_follows_the_end(kind in 0_usize..5, state in 0_usize..10, act in 0_usize..9) {
            let (kind, state, act) = (Kind::ALL[kind], State::ALL[state], Act::ALL[act]);
            if let Some(to) = next(kind, state, act) {
                prop_assert!(!state.is_over() && state != State::Refunding && to != state);
                prop_assert!(acts(kind, state, act.party()).contains(&act));
                prop_assert!(act != Act::Silence || state.patience().is_some());
            }
        }
    }

    #[test]
    fn an_exchange_ends_with_others_or_with_the_money() {
        let path = |acts: &[Act]| acts.iter().try_fold(State::Open, |state, act| next(Kind::Exchange, state, *act));
        assert_eq!(path(&[Act::Approve, Act::Send, Act::Approve, Act::Replace]), Some(State::Replaced));
        assert_eq!(path(&[Act::Silence, Act::Send, Act::Silence, Act::Silence]), Some(State::Refunding));
        assert_eq!(path(&[Act::Replace]), None);
    }

    #[test]
    fn only_a_price_that_fell_gives_money_back() {
        assert_eq!(price_drop(1_000, 800, 3), Some(600));
        assert_eq!(
            (price_drop(800, 800, 3), price_drop(800, 1_000, 3), price_drop(800, 1, 0)),
            (Some(0), Some(0), Some(0))
        );
        assert_eq!(price_drop(i64::MAX, 0, 2), None);
    }

    #[test]
    fn things_that_were_agreed_to_come_back_come_before_the_money() {
        assert_eq!(next(Kind::Return, State::Open, Act::Approve), Some(State::Returning));
        assert_eq!(next(Kind::Refund, State::Open, Act::Silence), Some(State::Refunding));
        assert_eq!(next(Kind::Return, State::Returning, Act::Approve), None);
        for state in State::ALL {
            assert_eq!(state.patience().is_some(), next(Kind::Return, state, Act::Silence).is_some(), "{state:?}");
        }
    }
}
