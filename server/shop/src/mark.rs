//! What two people may have in common, as it is compared: under a key of the shop, as nobody has to read it.

use crate::Shop;
use domain::address::Address;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

fn of(shop: &Shop, kind: &str, text: &str) -> Vec<u8> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&shop.settings.webhook_secret) else { return Vec::new() };
    mac.update(format!("{kind}:{text}").as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// As it is compared: half-width, without spaces, in lower case.
fn plain(text: &str) -> String {
    let half = |c: char| match u32::from(c) {
        n @ 0xff01..=0xff5e => char::from_u32(n - 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.chars().map(half).filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

/// A place, without the recipient.
pub(crate) fn address(shop: &Shop, a: &Address) -> Vec<u8> {
    let parts = [&a.province, &a.city, &a.district, &a.line].map(|part| plain(part));
    of(shop, "address", &parts.join(":"))
}

/// A telephone number, by its last eight digits: with and without the country it is the same.
pub(crate) fn phone(shop: &Shop, number: &str) -> Vec<u8> {
    let digits: Vec<char> = plain(number).chars().filter(char::is_ascii_digit).collect();
    let last = digits.len().saturating_sub(8);
    of(shop, "phone", &digits.iter().skip(last).collect::<String>())
}

/// A browser.
pub(crate) fn device(shop: &Shop, id: Uuid) -> Vec<u8> {
    of(shop, "device", &id.to_string())
}

/// Somebody who has bought two things together.
pub(crate) fn bought(shop: &Shop, person: Uuid, one: Uuid, other: Uuid) -> Vec<u8> {
    of(shop, "bought", &format!("{person}:{one}:{other}")).into_iter().take(16).collect()
}

/// Somebody who looked for something on a day.
pub(crate) fn looked_for(shop: &Shop, day: i64, person: Uuid, words: &str) -> Vec<u8> {
    of(shop, "looked for", &format!("{day}:{person}:{words}")).into_iter().take(12).collect()
}
