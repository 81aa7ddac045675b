//! Addresses: where a parcel goes, in the formats people write them.

use crate::{Problem, id::AddressId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How an address is written, and where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    #[default]
    #[serde(rename = "CN")]
    Cn,
    #[serde(rename = "TW")]
    Tw,
    #[serde(rename = "HK")]
    Hk,
    #[serde(rename = "generic")]
    Generic,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Cn, Self::Tw, Self::Hk, Self::Generic];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cn => "CN",
            Self::Tw => "TW",
            Self::Hk => "HK",
            Self::Generic => "generic",
        }
    }
}

impl FromStr for Format {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|f| f.name() == s).ok_or_else(|| Problem::new(422, "region_form").field("format"))
    }
}

/// An address as it was typed, and as an order keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    pub format: Format,
    pub recipient: String,
    pub phone: String,
    /// Province (CN), city or county (TW), region (HK), country (generic).
    pub province: String,
    /// City (CN, generic), empty in TW and HK.
    pub city: String,
    /// District.
    pub district: String,
    pub line: String,
    pub postcode: String,
}

impl Address {
    /// The same address, trimmed and checked.
    ///
    /// # Errors
    /// A [`Problem`] that names the field.
    pub fn checked(&self) -> Result<Self, Problem> {
        let clean = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        let a = Self {
            format: self.format,
            recipient: clean(&self.recipient),
            phone: self.phone.chars().filter(|c| !c.is_whitespace() && *c != '-').collect(),
            province: clean(&self.province),
            city: clean(&self.city),
            district: clean(&self.district),
            line: clean(&self.line),
            postcode: clean(&self.postcode).to_ascii_uppercase(),
        };
        let len = |s: &str, range: std::ops::RangeInclusive<usize>| range.contains(&s.chars().count());
        let no = |code: &str, field: &str| Err(Problem::new(422, code).field(field));
        if !len(&a.recipient, 1..=40) {
            return no("recipient_form", "recipient");
        }
        if !phone_fits(a.format, &a.phone) {
            return no("phone_form", "phone");
        }
        if !len(&a.province, 1..=40) {
            return no("region_form", "province");
        }
        let needs_city = matches!(a.format, Format::Cn | Format::Generic);
        if !len(&a.city, usize::from(needs_city)..=40) {
            return no("city_form", "city");
        }
        let needs_district = matches!(a.format, Format::Cn | Format::Tw | Format::Hk);
        if !len(&a.district, usize::from(needs_district)..=40) {
            return no("city_form", "district");
        }
        if !len(&a.line, 2..=120) {
            return no("line_form", "line");
        }
        let postcode_right = match a.format {
            Format::Cn => a.postcode.is_empty() || digits(&a.postcode, 6..=6),
            Format::Tw => a.postcode.is_empty() || digits(&a.postcode, 3..=6),
            Format::Hk => a.postcode.is_empty(),
            Format::Generic => len(&a.postcode, 0..=12),
        };
        if !postcode_right {
            return no("postcode_form", "postcode");
        }
        Ok(a)
    }

    /// One line, in the order of the place: large to small in Chinese formats, small to large otherwise.
    pub fn one_line(&self) -> String {
        let parts: Vec<&str> = match self.format {
            Format::Generic => vec![&self.line, &self.district, &self.city, &self.province, &self.postcode],
            Format::Tw => vec![&self.postcode, &self.province, &self.district, &self.line],
            _ => vec![&self.province, &self.city, &self.district, &self.line],
        };
        let separator = if self.format == Format::Generic { ", " } else { " " };
        parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(separator)
    }

    /// The last four digits of the telephone number.
    pub fn phone_end(&self) -> String {
        let digits: String = self.phone.chars().filter(char::is_ascii_digit).collect();
        digits.get(digits.len().saturating_sub(4)..).unwrap_or_default().to_owned()
    }

    /// `138****5678`: what a page shows where the whole number is not needed.
    pub fn masked_phone(&self) -> String {
        let all: Vec<char> = self.phone.chars().collect();
        let keep = if all.len() >= 9 { 3 } else { 1 };
        all.iter().enumerate().map(|(i, c)| if i >= keep && i + keep + 1 < all.len() { '*' } else { *c }).collect()
    }
}

fn digits(s: &str, len: std::ops::RangeInclusive<usize>) -> bool {
    len.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
}

fn phone_fits(format: Format, phone: &str) -> bool {
    let local = |prefix: &str| phone.strip_prefix(prefix).unwrap_or(phone).to_owned();
    match format {
        Format::Cn => {
            let p = local("+86");
            digits(&p, 11..=11) && p.starts_with('1')
        }
        Format::Tw => digits(&local("+886"), 9..=10),
        Format::Hk => digits(&local("+852"), 8..=8),
        Format::Generic => digits(phone.strip_prefix('+').unwrap_or(phone), 6..=15),
    }
}

/// An address in the address book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressView {
    pub id: AddressId,
    pub address: Address,
    pub is_default: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cn() -> Address {
        Address {
            format: Format::Cn,
            recipient: " 王小美 ".into(),
            phone: "138 0013-8000".into(),
            province: "云南省".into(),
            city: "昆明市".into(),
            district: "五华区".into(),
            line: "翠湖南路 12 号".into(),
            postcode: String::new(),
        }
    }

    #[test]
    fn a_chinese_address_is_cleaned_and_written_large_to_small() {
        let a = cn().checked().unwrap();
        assert_eq!((a.recipient.as_str(), a.phone.as_str()), ("王小美", "13800138000"));
        assert_eq!(a.one_line(), "云南省 昆明市 五华区 翠湖南路 12 号");
        assert_eq!(a.masked_phone(), "138****8000");
    }

    #[test]
    fn each_wrong_field_is_named() {
        type Spoil = fn(&mut Address);
        let cases: [(Spoil, &str); 6] = [
            (|a| a.recipient.clear(), "recipient"),
            (|a| a.phone = "12345".into(), "phone"),
            (|a| a.province = " ".into(), "province"),
            (|a| a.city.clear(), "city"),
            (|a| a.line = "x".into(), "line"),
            (|a| a.postcode = "12".into(), "postcode"),
        ];
        for (spoil, field) in cases {
            let mut a = cn();
            spoil(&mut a);
            assert_eq!(a.checked().unwrap_err().field.as_deref(), Some(field));
        }
    }
}
