//! The three languages of the shop.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A language that every page is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lang {
    #[default]
    #[serde(rename = "zh-Hans")]
    ZhHans,
    #[serde(rename = "zh-Hant")]
    ZhHant,
    #[serde(rename = "en")]
    En,
}

impl Lang {
    pub const ALL: [Self; 3] = [Self::ZhHans, Self::ZhHant, Self::En];

    /// The BCP 47 tag, as it stands in `<html lang>`, in cookies and in the database.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
            Self::En => "en",
        }
    }

    /// The Open Graph locale (`og:locale`).
    pub const fn og(self) -> &'static str {
        match self {
            Self::ZhHans => "zh_CN",
            Self::ZhHant => "zh_TW",
            Self::En => "en_US",
        }
    }

    /// The language's own name for itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ZhHans => "简体中文",
            Self::ZhHant => "繁體中文",
            Self::En => "English",
        }
    }

    /// The best of our languages for an `Accept-Language` header (RFC 9110, 12.5.4).
    ///
    /// `zh` means Simplified unless the tag says Hant, TW, HK or MO. `None` when the header names none of ours.
    pub fn negotiate(header: &str) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for part in header.split(',').take(16) {
            let mut pieces = part.split(';');
            let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = pieces.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, thousandths);
            let lang = match tag.split('-').next() {
                Some("en") => Self::En,
                Some("zh") if ["hant", "tw", "hk", "mo"].iter().any(|r| tag.split('-').any(|p| p == *r)) => {
                    Self::ZhHant
                }
                Some("zh") => Self::ZhHans,
                _ => continue,
            };
            if weight > 0 && best.is_none_or(|(w, _)| weight > w) {
                best = Some((weight, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }
}

/// `0.8` -> 800; anything unreadable is 0.
fn thousandths(q: &str) -> u32 {
    let (whole, rest) = q.split_once('.').unwrap_or((q, ""));
    let mut digits = rest.to_owned();
    digits.push_str("000");
    let whole: u32 = whole.trim().parse().unwrap_or(0);
    let part: u32 = digits.get(..3).and_then(|d| d.parse().ok()).unwrap_or(0);
    whole.min(1) * 1000 + part
}

/// The text is not the tag of one of our languages.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown language")]
pub struct UnknownLang;

impl FromStr for Lang {
    type Err = UnknownLang;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|l| l.tag() == s).ok_or(UnknownLang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_gets_the_language_of_the_highest_weight() {
        assert_eq!(Lang::negotiate("fr-FR, en;q=0.7, zh-TW;q=0.9"), Some(Lang::ZhHant));
        assert_eq!(Lang::negotiate("zh-CN,zh;q=0.9,en;q=0.8"), Some(Lang::ZhHans));
        assert_eq!(Lang::negotiate("zh-Hant-HK"), Some(Lang::ZhHant));
        assert_eq!(Lang::negotiate("en;q=0, de"), None);
        assert_eq!(Lang::negotiate(""), None);
    }
}
