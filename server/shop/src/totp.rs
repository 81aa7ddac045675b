//! Time-based one-time passwords (RFC 6238: HMAC-SHA-1, 30 s steps, 6 digits).

use hmac::{Hmac, Mac};
use sha1::Sha1;

const STEP_SECONDS: i64 = 30;

/// The step that an instant falls in. `now`: UTC ms.
pub const fn step(now: i64) -> i64 {
    now / 1000 / STEP_SECONDS
}

/// The code of one step (RFC 4226, 5.3).
pub fn code(secret: &[u8], step: i64) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last().copied().unwrap_or(0) & 0x0f);
    let four = digest.get(offset..offset + 4).and_then(|b| <[u8; 4]>::try_from(b).ok()).unwrap_or_default();
    let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000;
    format!("{number:06}")
}

/// The step whose code `given` is, one step of clock error allowed to either side; never one that was used before.
pub fn check(secret: &[u8], given: &str, now: i64, last_step: i64) -> Option<i64> {
    let given: String = given.chars().filter(char::is_ascii_digit).collect();
    let here = step(now);
    [here - 1, here, here + 1].into_iter().find(|s| {
        *s > last_step && bool::from(subtle::ConstantTimeEq::ct_eq(code(secret, *s).as_bytes(), given.as_bytes()))
    })
}

/// RFC 4648 base32 without padding, as authenticator apps want a secret typed.
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let digit = usize::try_from((buffer >> bits) & 31).unwrap_or(0);
            out.push(ALPHABET.get(digit).copied().map_or('A', char::from));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        let digit = usize::try_from((buffer << (5 - bits)) & 31).unwrap_or(0);
        out.push(ALPHABET.get(digit).copied().map_or('A', char::from));
    }
    out
}

/// What an authenticator app reads from a QR code.
pub fn uri(handle: &str, secret: &[u8]) -> String {
    format!("otpauth://totp/Tuanju:{handle}?secret={}&issuer=Tuanju", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(code(secret, step(seconds * 1000)), expected);
        }
    }

    #[test]
    fn a_code_is_taken_once() {
        let secret = b"12345678901234567890";
        let used = check(secret, "287 082", 59_000, 0).unwrap();
        assert_eq!(check(secret, "287082", 59_000, used), None);
        assert_eq!(check(secret, "000000", 59_000, 0), None);
    }

    #[test]
    fn base32_follows_rfc_4648() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(b"fo"), "MZXQ");
    }
}
