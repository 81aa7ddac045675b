//! Money: integer minor units with a currency. No float ever touches it.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A currency that a shop may price in (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    Cny,
    Twd,
    Hkd,
    Usd,
    Eur,
    Jpy,
}

impl Currency {
    pub const ALL: [Self; 6] = [Self::Cny, Self::Twd, Self::Hkd, Self::Usd, Self::Eur, Self::Jpy];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Cny => "CNY",
            Self::Twd => "TWD",
            Self::Hkd => "HKD",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Jpy => "JPY",
        }
    }

    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Cny | Self::Jpy => "¥",
            Self::Twd => "NT$",
            Self::Hkd => "HK$",
            Self::Usd => "$",
            Self::Eur => "€",
        }
    }

    /// How many decimals a price is written with (ISO 4217 exponent).
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Jpy => 0,
            _ => 2,
        }
    }

    const fn scale(self) -> i64 {
        match self {
            Self::Jpy => 1,
            _ => 100,
        }
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(s: &str) -> Result<Self, MoneyError> {
        Self::ALL.into_iter().find(|c| c.code() == s).ok_or(MoneyError::Currency)
    }
}

/// Why an amount could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("amount out of range")]
    Range,
    #[error("two currencies in one sum")]
    Mixed,
    #[error("unknown currency")]
    Currency,
    #[error("not an amount")]
    Format,
}

/// An amount of one currency. `amount`: minor units (fen, cents).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub amount: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// # Errors
    /// [`MoneyError::Mixed`] for two currencies, [`MoneyError::Range`] on overflow.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed);
        }
        self.amount.checked_add(other.amount).map(|amount| Self { amount, ..self }).ok_or(MoneyError::Range)
    }

    /// # Errors
    /// As [`Money::plus`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(Self { amount: other.amount.checked_neg().ok_or(MoneyError::Range)?, ..other })
    }

    /// # Errors
    /// [`MoneyError::Range`] on overflow.
    pub fn times(self, n: i64) -> Result<Self, MoneyError> {
        self.amount.checked_mul(n).map(|amount| Self { amount, ..self }).ok_or(MoneyError::Range)
    }

    /// The written parts: sign and whole units with thousands separators, then the decimals (empty when they are zero
    /// and `trim` is set). ¥39.90 is (`39`, `.9`), as price tags in this trade are written; use [`Money::exact`] in sums.
    pub fn parts(self) -> (String, String) {
        let (whole, rest) = self.exact_parts();
        (whole, rest.trim_end_matches('0').trim_end_matches('.').to_owned())
    }

    fn exact_parts(self) -> (String, String) {
        let scale = self.currency.scale().unsigned_abs();
        let abs = self.amount.unsigned_abs();
        let sign = if self.amount < 0 { "-" } else { "" };
        let whole = format!("{sign}{}", group(abs / scale));
        let rest = if self.currency.decimals() == 0 { String::new() } else { format!(".{:02}", abs % scale) };
        (whole, rest)
    }

    /// With symbol and all decimals, as sums and receipts are written: `¥1,039.90`.
    pub fn exact(self) -> String {
        let (whole, rest) = self.exact_parts();
        match whole.strip_prefix('-') {
            Some(digits) => format!("-{}{digits}{rest}", self.currency.symbol()),
            None => format!("{}{whole}{rest}", self.currency.symbol()),
        }
    }

    /// Without symbol and separators, as structured data wants it: `1039.90`.
    pub fn plain(self) -> String {
        let (whole, rest) = self.exact_parts();
        format!("{}{rest}", whole.replace(',', ""))
    }

    /// Reads `1,039.90`, `39.9` or `39` as people and spreadsheets write it.
    ///
    /// # Errors
    /// [`MoneyError::Format`] for anything else, also for more decimals than the currency has;
    /// [`MoneyError::Range`] beyond `i64`.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let text = text.trim().replace(',', "");
        let (negative, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |d| (true, d));
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 || !all_digits(whole) || !all_digits(rest) {
            return Err(MoneyError::Format);
        }
        let decimals = usize::try_from(currency.decimals()).map_err(|_| MoneyError::Range)?;
        let kept = rest.trim_end_matches('0');
        if kept.len() > decimals {
            return Err(MoneyError::Format);
        }
        let padded = format!("{kept:0<decimals$}");
        let whole: i64 = whole.parse().map_err(|_| MoneyError::Format)?;
        let part: i64 = if padded.is_empty() { 0 } else { padded.parse().map_err(|_| MoneyError::Format)? };
        let amount = whole.checked_mul(currency.scale()).and_then(|w| w.checked_add(part)).ok_or(MoneyError::Range)?;
        Ok(Self::new(if negative { -amount } else { amount }, currency))
    }
}

/// A percentage as people write it, as basis points: 12.5 or `12.5 %`; nothing is none.
pub fn basis_points(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches('%').trim();
    if text.is_empty() {
        return Some(0);
    }
    // Two decimals, as yuan have them.
    Money::parse(text, Currency::Cny).ok().map(|m| m.amount)
}

fn group(mut n: u64) -> String {
    let mut parts = Vec::new();
    while n >= 1000 {
        parts.push(format!("{:03}", n % 1000));
        n /= 1000;
    }
    parts.push(n.to_string());
    parts.reverse();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_are_written_as_the_trade_writes_them() {
        let cny = |n| Money::new(n, Currency::Cny);
        assert_eq!(cny(3990).parts(), ("39".into(), ".9".into()));
        assert_eq!(cny(3900).parts(), ("39".into(), String::new()));
        assert_eq!(cny(123_456_789).exact(), "¥1,234,567.89");
        assert_eq!(cny(-5).exact(), "-¥0.05");
        assert_eq!(Money::new(1500, Currency::Jpy).exact(), "¥1,500");
        assert_eq!(cny(100_390).plain(), "1003.90");
    }

    #[test]
    fn unreadable_amounts_are_refused() {
        for bad in ["", "abc", "1.234", "1e5", "--1", ".5", "NaN", "1 000", "99999999999999999"] {
            assert!(Money::parse(bad, Currency::Cny).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_plainly_reads_back_the_same(n in -1_000_000_000_000_i64..1_000_000_000_000, c in 0_usize..6) {
            let m = Money::new(n, Currency::ALL[c]);
            prop_assert_eq!(Money::parse(&m.plain(), m.currency), Ok(m));
        }

        #[test]
        fn sums_never_wrap(a in any::<i64>(), b in any::<i64>()) {
            let (x, y) = (Money::new(a, Currency::Cny), Money::new(b, Currency::Cny));
            prop_assert_eq!(x.plus(y).ok().map(|m| m.amount), a.checked_add(b));
            prop_assert_eq!(x.times(b).ok().map(|m| m.amount), a.checked_mul(b));
        }
    }
}
