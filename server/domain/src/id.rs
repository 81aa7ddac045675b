//! Ids and public codes.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    )* };
}

ids! {
    /// An account, of a shopper or of staff.
    PersonId,
    /// A browser that has not logged in yet, or has: it survives login.
    VisitorId,
    SessionId,
    AddressId,
    MerchantId,
    ProductId,
    SkuId,
    PictureId,
    OrderId,
    /// One coupon of one person.
    GrantId,
}

/// Who owns a cart: a person, or a visitor before login.
pub type Owner = Uuid;

/// A public code in a link: 12 base58 characters (no 0, O, I, l), about 70 bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

/// The text is not a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code")]
pub struct NotACode;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

impl Code {
    pub const LEN: usize = 12;

    /// A code from random bits. Twelve base58 digits need 70.3 bits; the modulo bias of 128 bits over them is below 2^-57.
    pub fn from_bits(mut bits: u128) -> Self {
        let mut text = String::with_capacity(Self::LEN);
        for _ in 0..Self::LEN {
            let digit = usize::try_from(bits % 58).unwrap_or(0);
            text.push(ALPHABET.get(digit).copied().map_or('1', char::from));
            bits /= 58;
        }
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = NotACode;
    fn from_str(s: &str) -> Result<Self, NotACode> {
        let right = (10..=Self::LEN).contains(&s.len()) && s.bytes().all(|b| ALPHABET.contains(&b));
        right.then(|| Self(s.to_owned())).ok_or(NotACode)
    }
}

impl TryFrom<String> for Code {
    type Error = NotACode;
    fn try_from(s: String) -> Result<Self, NotACode> {
        s.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_code_reads_back(bits in any::<u128>()) {
            let code = Code::from_bits(bits);
            prop_assert_eq!(code.as_str().parse::<Code>(), Ok(code.clone()));
        }
    }

    #[test]
    fn look_alikes_and_lengths_are_refused() {
        for bad in ["", "short", "0OIl0OIl0OIl", "abcdefghijkmn"] {
            assert_eq!(bad.parse::<Code>(), Err(NotACode), "{bad}");
        }
    }
}
