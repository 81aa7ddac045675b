//! Delivery: zones, methods and fees.

use crate::{
    Problem,
    address::{Address, Format},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A delivery choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    #[default]
    Standard,
    Express,
}

impl Method {
    pub const ALL: [Self; 2] = [Self::Standard, Self::Express];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
        }
    }
}

impl FromStr for Method {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|m| m.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// Where a parcel goes, as far as the fee is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    Mainland,
    /// Xinjiang, Tibet, Qinghai, Inner Mongolia, Ningxia, Gansu, Hainan: farther by road.
    MainlandFar,
    HongKong,
    Taiwan,
    Abroad,
}

const FAR: [&str; 14] = [
    "新疆",
    "西藏",
    "青海",
    "内蒙古",
    "宁夏",
    "甘肃",
    "海南",
    "xinjiang",
    "tibet",
    "qinghai",
    "inner mongolia",
    "ningxia",
    "gansu",
    "hainan",
];

impl Zone {
    pub fn of(address: &Address) -> Self {
        match address.format {
            Format::Cn => {
                let province = address.province.to_lowercase();
                if FAR.iter().any(|far| province.starts_with(far)) { Self::MainlandFar } else { Self::Mainland }
            }
            Format::Hk => Self::HongKong,
            Format::Tw => Self::Taiwan,
            Format::Generic => Self::Abroad,
        }
    }
}

/// A line of the tariff. Fees in minor units of the shop's main currency, weights in grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub first_g: i64,
    pub first_fee: i64,
    pub step_g: i64,
    pub step_fee: i64,
    /// Goods of one merchant from this sum on go free; `None` never.
    pub free_from: Option<i64>,
    /// Days until it arrives, from and to.
    pub days: (i64, i64),
}

/// The tariff of the shop: one parcel per merchant.
pub const fn rate(zone: Zone, method: Method) -> Option<Rate> {
    match (zone, method) {
        (Zone::Mainland, Method::Standard) => rate_of(600, 200, Some(5_900), (2, 4)),
        (Zone::Mainland, Method::Express) => rate_of(1_500, 500, None, (1, 2)),
        (Zone::MainlandFar, Method::Standard) => rate_of(1_200, 600, Some(9_900), (4, 7)),
        (Zone::MainlandFar, Method::Express) => rate_of(2_500, 1_000, None, (2, 3)),
        (Zone::HongKong, Method::Standard) => rate_of(2_000, 800, Some(29_900), (3, 6)),
        (Zone::HongKong, Method::Express) => rate_of(3_800, 1_200, None, (2, 3)),
        (Zone::Taiwan, Method::Standard) => rate_of(2_500, 1_000, Some(29_900), (4, 8)),
        (Zone::Taiwan, Method::Express) => rate_of(4_800, 1_600, None, (2, 4)),
        (Zone::Abroad, Method::Standard) => rate_of(6_800, 3_000, None, (8, 15)),
        (Zone::Abroad, Method::Express) => rate_of(12_800, 6_000, None, (4, 7)),
    }
}

const fn rate_of(first_fee: i64, step_fee: i64, free_from: Option<i64>, days: (i64, i64)) -> Option<Rate> {
    Some(Rate { first_g: 1000, first_fee, step_g: 500, step_fee, free_from, days })
}

/// The fee of one parcel. `weight_g`: grams; `goods`: what the goods in it cost, minor units.
///
/// # Errors
/// `no_delivery` when the tariff has no line for the place.
pub fn fee(zone: Zone, method: Method, weight_g: i64, goods: i64) -> Result<i64, Problem> {
    let rate = rate(zone, method).ok_or_else(|| Problem::new(409, "no_delivery"))?;
    if rate.free_from.is_some_and(|bar| goods >= bar) {
        return Ok(0);
    }
    let over = weight_g.saturating_sub(rate.first_g).max(0);
    let steps = over / rate.step_g + i64::from(over % rate.step_g > 0);
    steps.checked_mul(rate.step_fee).and_then(|s| s.checked_add(rate.first_fee)).ok_or_else(Problem::bad_request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_started_half_kilo_counts() {
        let fee = |g| fee(Zone::Mainland, Method::Standard, g, 1_000).unwrap();
        assert_eq!([fee(0), fee(1000), fee(1001), fee(1500), fee(1501)], [600, 600, 800, 800, 1000]);
    }

    #[test]
    fn far_provinces_are_known_in_both_scripts() {
        for province in ["新疆维吾尔自治区", "Xinjiang", "西藏自治区"] {
            let a = Address { province: province.into(), ..Address::default() };
            assert_eq!(Zone::of(&a), Zone::MainlandFar);
        }
    }

    proptest! {
        #[test]
        fn heavier_never_costs_less_and_express_never_less_than_standard(g in 0_i64..50_000, more in 0_i64..50_000, goods in 0_i64..1_000_000) {
            for zone in [Zone::Mainland, Zone::MainlandFar, Zone::HongKong, Zone::Taiwan, Zone::Abroad] {
                let f = |m, w| fee(zone, m, w, goods).unwrap();
                prop_assert!(f(Method::Standard, g) <= f(Method::Standard, g + more));
                prop_assert!(f(Method::Standard, g) <= f(Method::Express, g));
            }
        }
    }
}
