//! The double-entry ledger: every transaction sums to zero (rules.md 1 and 10.8).

use crate::{
    Problem,
    id::{MerchantId, PersonId},
    money::Currency,
};
use std::collections::BTreeMap;

/// An account of the ledger, by its name in the database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What a payment provider holds for us.
    Clearing(&'static str),
    /// What a merchant has earned by orders that can still come back.
    Merchant(MerchantId),
    /// What we owe a merchant of completed orders, less the fee of the platform.
    Owed(MerchantId),
    /// What we owe a person: refunds on their way.
    Person(PersonId),
    /// What the platform has earned.
    Fees,
    /// What it gives of that to authors.
    Commission,
    /// What it pays merchants for its coupons.
    Coupons,
    /// What we owe an author.
    Creator(PersonId),
    /// What left us for authors.
    PaidOut,
    /// Points that a person has (a credit: we owe what they buy).
    Points(PersonId),
    /// Points that were given out.
    PointsGiven,
}

/// What a transaction is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Money(Currency),
    Points,
}

impl Unit {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Money(currency) => currency.code(),
            Self::Points => "PTS",
        }
    }
}

impl Account {
    pub fn name(&self) -> String {
        match self {
            Self::Clearing(provider) => format!("clearing:{provider}"),
            Self::Merchant(id) => format!("merchant:{id}"),
            Self::Owed(id) => format!("owed:{id}"),
            Self::Person(id) => format!("person:{id}"),
            Self::Fees => "fees".to_owned(),
            Self::Commission => "commission".to_owned(),
            Self::Coupons => "coupons".to_owned(),
            Self::Creator(id) => format!("creator:{id}"),
            Self::PaidOut => "paid_out".to_owned(),
            Self::Points(id) => format!("points:{id}"),
            Self::PointsGiven => "points_given".to_owned(),
        }
    }
}

/// Entries that sum to zero. Positive amounts are debits (what we have), negative ones credits (what we owe).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balanced {
    pub unit: Unit,
    pub entries: Vec<(Account, i64)>,
}

impl Balanced {
    /// Joins entries of one account, drops zeros, and refuses what does not balance.
    ///
    /// # Errors
    /// `internal` when the sum is not zero or overflows: the caller has a defect, and nothing may be written.
    pub fn new(currency: Currency, entries: impl IntoIterator<Item = (Account, i64)>) -> Result<Self, Problem> {
        Self::of(Unit::Money(currency), entries)
    }

    /// As [`Balanced::new`], of anything that is counted.
    ///
    /// # Errors
    /// As [`Balanced::new`].
    pub fn of(unit: Unit, entries: impl IntoIterator<Item = (Account, i64)>) -> Result<Self, Problem> {
        let mut joined: BTreeMap<Account, i64> = BTreeMap::new();
        for (account, amount) in entries {
            let slot = joined.entry(account).or_insert(0);
            *slot = slot.checked_add(amount).ok_or_else(Problem::internal)?;
        }
        let sum = joined.values().try_fold(0_i64, |a, b| a.checked_add(*b));
        if sum != Some(0) {
            return Err(Problem::internal());
        }
        Ok(Self { unit, entries: joined.into_iter().filter(|(_, n)| *n != 0).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn only_what_sums_to_zero_is_a_transaction(amounts in prop::collection::vec(-1_000_000_i64..1_000_000, 1..8)) {
            let sum: i64 = amounts.iter().sum();
            let entries = |last: i64| {
                let mut e: Vec<_> = amounts.iter().enumerate()
                    .map(|(i, n)| (Account::Merchant(MerchantId(uuid::Uuid::from_u128(u128::try_from(i).unwrap_or(0)))), *n)).collect();
                e.push((Account::Fees, last));
                e
            };
            prop_assert!(Balanced::new(Currency::Cny, entries(-sum)).is_ok());
            prop_assert!(Balanced::new(Currency::Cny, entries(-sum + 1)).is_err());
        }
    }
}
