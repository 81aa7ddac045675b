//! Payment: the states of one attempt to pay, and what a provider tells us.

use crate::{Millis, Problem, money::Currency};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// created: asked for; captured: the money is ours; failed: declined; `refund_due`: captured for an order that no longer
/// wants it; refunded: given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Created,
    Captured,
    Failed,
    RefundDue,
    Refunded,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Created, Self::Captured, Self::Failed, Self::RefundDue, Self::Refunded];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Captured => "captured",
            Self::Failed => "failed",
            Self::RefundDue => "refund_due",
            Self::Refunded => "refunded",
        }
    }
}

impl FromStr for State {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// What happened at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The money is set aside for us, and ours when we ask for it.
    Authorized,
    Captured,
    Failed,
    /// What was set aside is the shopper's again; it was never taken.
    Released,
    Refunded,
}

/// How the sandbox provider tells of a payment that was made: as a good provider does, or as real ones do on bad days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Good,
    /// Half a minute late.
    Late,
    /// Five times.
    Often,
    /// The news of a declined try comes after that of the payment.
    Disordered,
    /// First with a wrong amount, and with the right one only to whoever asks.
    Wrong,
    /// Sets the money aside, and waits until the shop takes it.
    Aside,
}

impl Mood {
    pub const ALL: [Self; 6] = [Self::Good, Self::Late, Self::Often, Self::Disordered, Self::Wrong, Self::Aside];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Late => "late",
            Self::Often => "often",
            Self::Disordered => "disordered",
            Self::Wrong => "wrong",
            Self::Aside => "aside",
        }
    }
}

impl FromStr for Mood {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// A provider's callback, after its signature was checked. `amount`: minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    pub event_id: String,
    pub kind: EventKind,
    pub provider_ref: String,
    pub amount: i64,
    pub currency: Currency,
    /// The key under which a refund was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<String>,
}

/// What a provider is asked for: to let somebody pay, and to take or to let go what he set aside. `amount`: minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentAsk {
    /// Ours; the same reference is the same payment.
    pub provider_ref: String,
    pub amount: i64,
    pub currency: Currency,
    /// Nobody begins to pay it after that.
    pub expires_at: Millis,
}

/// What a provider is asked for when money is to go back. `amount`: minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundAsk {
    pub provider_ref: String,
    /// The same key is given back once.
    pub key: String,
    pub amount: i64,
}

/// The cashier page of the sandbox provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashierView {
    pub provider_ref: String,
    pub order_code: String,
    pub amount: i64,
    pub currency: Currency,
    /// open, paid, failed, aside, released, refunded or expired.
    pub state: String,
}
