//! Accounts: who may be whom.

use crate::{
    Problem,
    id::{PersonId, SessionId},
    time::Millis,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What an account may do, from least to most. A guest is somebody without an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Guest,
    Shopper,
    Creator,
    Host,
    Moderator,
    Staff,
    Admin,
}

impl Role {
    pub const ALL: [Self; 7] =
        [Self::Guest, Self::Shopper, Self::Creator, Self::Host, Self::Moderator, Self::Staff, Self::Admin];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Shopper => "shopper",
            Self::Creator => "creator",
            Self::Host => "host",
            Self::Moderator => "moderator",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }

    /// Staff work on other people's things and need a second factor (security.md, sessions).
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Moderator | Self::Staff | Self::Admin)
    }
}

impl FromStr for Role {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|r| r.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// A login name: 3 to 24 of a-z, 0-9, `_`, `-`, starting with a letter. Case is folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle(String);

impl Handle {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Handle {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        let s = s.trim().to_ascii_lowercase();
        let right = (3..=24).contains(&s.len())
            && s.starts_with(|c: char| c.is_ascii_lowercase())
            && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        right.then_some(Self(s)).ok_or_else(|| Problem::new(422, "handle_form").field("name"))
    }
}

/// A password before it is hashed: 10 to 128 characters of any kind (NIST SP 800-63B: length, no composition rules).
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

impl FromStr for Password {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        match s.chars().count() {
            0..10 => Err(Problem::new(422, "password_short").field("password")),
            10..=128 => Ok(Self(s.to_owned())),
            _ => Err(Problem::new(422, "password_long").field("password")),
        }
    }
}

/// A name that others see: 1 to 24 characters, no control characters, not only spaces.
///
/// # Errors
/// `name_form` on the field `display_name`.
pub fn display_name(s: &str) -> Result<String, Problem> {
    let name = s.trim();
    let right = (1..=24).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    right.then(|| name.to_owned()).ok_or_else(|| Problem::new(422, "name_form").field("display_name"))
}

/// Who is looking, as pages need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeView {
    pub id: PersonId,
    pub handle: String,
    pub display_name: String,
    pub role: Role,
}

/// One of my sessions, in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub id: SessionId,
    /// What the browser calls itself, shortened: "Chrome, Android".
    pub agent: String,
    pub created_at: Millis,
    pub seen_at: Millis,
    pub current: bool,
}

/// An e-mail address as people type it: `None` for nothing. What cannot be one is refused; whether it is one only a letter tells.
///
/// # Errors
/// `email_form`.
pub fn email_address(typed: &str) -> Result<Option<String>, Problem> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let dotted = |p: &str| !p.is_empty() && p.split('.').all(|part| !part.is_empty());
    let of_who = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let of_host =
        |p: &str| !p.starts_with('-') && !p.ends_with('-') && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let right = typed.len() <= 254
        && typed.split_once('@').is_some_and(|(who, host)| {
            who.len() <= 64
                && dotted(who)
                && who.bytes().all(of_who)
                && host.contains('.')
                && dotted(host)
                && host.split('.').all(of_host)
        });
    if right { Ok(Some(typed.to_owned())) } else { Err(Problem::new(422, "email_form").field("email")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_folded_and_checked() {
        assert_eq!("  Mei_88 ".parse::<Handle>().map(|h| h.as_str().to_owned()), Ok("mei_88".into()));
        for bad in ["", "me", "8mei", "mei mei", "小美小美", "a-very-long-handle-that-does-not-end"] {
            assert_eq!(bad.parse::<Handle>().map_err(|p| p.code), Err("handle_form".into()), "{bad}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let debug = format!("{:?}", "correct horse battery".parse::<Password>());
        assert!(!debug.contains("horse"), "{debug}");
    }

    #[test]
    fn an_address_has_one_at_and_no_room_for_a_second_header() {
        assert_eq!(email_address("  "), Ok(None));
        assert_eq!(email_address(" ana@example.org "), Ok(Some("ana@example.org".into())));
        for wrong in [
            "ana",
            "ana@",
            "@example.org",
            "a@b@c.de",
            "ana@example",
            "ana@example.org\nBcc: x@y.zz",
            "ana@.org",
            "a,b@c.de",
            "<a@b.cd>",
            "a..b@c.de",
            ".a@b.cd",
            "a@b_c.de",
            "a@b..cd",
            "é@b.cd",
            "a..b@c.de",
            ".a@b.cd",
            "a@b_c.de",
            "a@b..cd",
            "é@b.cd",
        ] {
            assert!(email_address(wrong).is_err(), "{wrong:?}");
        }
    }
}
