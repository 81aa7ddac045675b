//! What a stream says of itself: the size of its pictures (ITU-T H.264, 7.3.2.1.1), and its parameters when they come between pictures.

use bytes::{Bytes, BytesMut};
use mp4_atom::{Atom, Avcc};

/// Reads bits, highest first; behind the end there are only zeros.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> u32 {
        let byte = self.bytes.get(self.at / 8).copied().unwrap_or(0);
        let bit = u32::from(byte >> (7 - self.at % 8) & 1);
        self.at += 1;
        bit
    }

    fn bits(&mut self, n: u32) -> u32 {
        (0..n).fold(0, |all, _| all << 1 | self.bit())
    }

    fn over(&self) -> bool {
        self.at > self.bytes.len() * 8
    }

    /// Exp-Golomb, without a sign; none when it is longer than 32 bits.
    fn count(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit() == 0 {
            zeros += 1;
            if zeros > 30 || self.over() {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros))
    }

    /// Exp-Golomb, with a sign.
    fn signed(&mut self) -> Option<i64> {
        let k = i64::from(self.count()?);
        Some(if k % 2 == 1 { k.midpoint(1) } else { -(k / 2) })
    }

    fn scaling_list(&mut self, size: u32) -> Option<()> {
        let (mut last, mut next) = (8, 8);
        for _ in 0..size {
            if next != 0 {
                next = (last + self.signed()? + 256).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
        Some(())
    }
}

/// Width and height of the pictures, without what is cut off. `unit`: the whole NAL unit.
pub fn size(unit: &[u8]) -> Option<(u16, u16)> {
    let mut plain = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit.get(1..)? {
        // Emulation prevention.
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    let mut b = Bits { bytes: &plain, at: 0 };
    let profile = b.bits(8);
    b.bits(16);
    b.count()?;
    let mut chroma = 1;
    if [100, 110, 122, 244, 44, 83, 86, 118, 128].contains(&profile) {
        chroma = b.count()?;
        if chroma == 3 {
            b.bit();
        }
        b.count()?;
        b.count()?;
        b.bit();
        if b.bit() == 1 {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if b.bit() == 1 {
                    b.scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    b.count()?;
    match b.count()? {
        0 => {
            b.count()?;
        }
        1 => {
            b.bit();
            b.signed()?;
            b.signed()?;
            for _ in 0..b.count()?.min(255) {
                b.signed()?;
            }
        }
        _ => {}
    }
    b.count()?;
    b.bit();
    let wide = b.count()?.checked_add(1)?.checked_mul(16)?;
    let rows = b.count()?.checked_add(1)?;
    let whole_frames = b.bit();
    let high = rows.checked_mul(16)?.checked_mul(2 - whole_frames)?;
    if whole_frames == 0 {
        b.bit();
    }
    b.bit();
    let (mut across, mut down) = (0, 0);
    if b.bit() == 1 {
        let (left, right, top, bottom) = (b.count()?, b.count()?, b.count()?, b.count()?);
        let x = if chroma == 3 || chroma == 0 { 1 } else { 2 };
        let y = if chroma == 1 { 2 } else { 1 } * (2 - whole_frames);
        across = left.checked_add(right)?.checked_mul(x)?;
        down = top.checked_add(bottom)?.checked_mul(y)?;
    }
    if b.over() {
        return None;
    }
    let fits = |n: u32| u16::try_from(n).ok().filter(|n| *n > 0);
    Some((fits(wide.checked_sub(across)?)?, fits(high.checked_sub(down)?)?))
}

/// The units of a stream of bytes, without the marks between them (ITU-T H.264, annex B).
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = behind_mark(stream).map(|(_, behind)| behind);
    std::iter::from_fn(move || {
        let begun = rest?;
        let (unit, behind) = match behind_mark(begun) {
            Some((before, behind)) => (before, Some(behind)),
            None => (begun, None),
        };
        rest = behind;
        // Zeros in front of a mark belong to it.
        let end = unit.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        Some(unit.get(..end).unwrap_or_default())
    })
    .filter(|unit| !unit.is_empty())
}

/// What stands before the next mark, and behind it.
fn behind_mark(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(3).position(|w| w == [0, 0, 1])?;
    Some((bytes.get(..at)?, bytes.get(at + 3..)?))
}

const DELIMITER: u8 = 9;
const SEQUENCE: u8 = 7;
const PICTURE: u8 = 8;
const KEY: u8 = 5;

/// What a stream says of itself between its pictures.
#[derive(Debug, Default)]
pub struct Parameters {
    sequence: Vec<u8>,
    picture: Vec<u8>,
    changed: bool,
}

impl Parameters {
    /// A picture of a stream of bytes with lengths instead of marks, and whether it is a key picture. What is said of the stream is kept.
    pub fn picture(&mut self, stream: &[u8]) -> (Bytes, bool) {
        let mut out = Vec::with_capacity(stream.len() + 16);
        let mut key = false;
        for unit in units(stream) {
            let keep = |kept: &mut Vec<u8>| {
                let other = kept != unit;
                if other {
                    unit.clone_into(kept);
                }
                other
            };
            match unit.first().map_or(0, |b| b & 31) {
                SEQUENCE => self.changed |= keep(&mut self.sequence),
                PICTURE => self.changed |= keep(&mut self.picture),
                DELIMITER => {}
                kind => {
                    key |= kind == KEY;
                    out.extend_from_slice(&u32::try_from(unit.len()).unwrap_or(0).to_be_bytes());
                    out.extend_from_slice(unit);
                }
            }
        }
        (out.into(), key)
    }

    /// What the stream says now, if it has changed: AVCDecoderConfigurationRecord.
    pub fn fresh(&mut self) -> Option<Bytes> {
        if !self.changed || self.sequence.is_empty() || self.picture.is_empty() {
            return None;
        }
        self.changed = false;
        let mut out = BytesMut::new();
        Avcc::new(&self.sequence, &self.picture).ok()?.encode_body(&mut out).ok()?;
        Some(out.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::{Parameters, size, units};
    use proptest::prelude::*;

    #[test]
    fn sizes_are_what_the_encoder_was_told() {
        // Written by x264, profiles baseline and high; 360 and 540 are cut off from whole blocks.
        for (unit, is) in [
            ("6742c01ed900a02ff97011000003000100000300320f162e48", (640, 360)),
            ("6764001eacd940a02ff97011000003000100000300320f162d96", (640, 360)),
            ("6742c01ed9017051e5f011000003000100000300320f162e48", (360, 640)),
            ("6764001eacd9417051e5f011000003000100000300320f162d96", (360, 640)),
            ("6742c01fd9005005bb011000000300100000030320f1832480", (1280, 720)),
            ("6764001facd9405005bb011000000300100000030320f1831960", (1280, 720)),
            ("6742c01fd900881e7bf011000003000100000300320f183248", (540, 960)),
            ("6764001facd940881e7bf011000003000100000300320f183196", (540, 960)),
        ] {
            let bytes: Vec<u8> =
                (0..unit.len() / 2).filter_map(|i| u8::from_str_radix(unit.get(i * 2..i * 2 + 2)?, 16).ok()).collect();
            assert_eq!(size(&bytes), Some(is), "{unit}");
        }
    }

    #[test]
    fn parameters_are_kept_and_pictures_are_behind_their_lengths() {
        let mut parameters = Parameters::default();
        let sent: [&[u8]; 4] = [&[9, 16], &[0x67, 0x42, 0xe0, 0x1f], &[0x68, 1], &[0x65, 7, 8, 0, 0]];
        let stream: Vec<u8> = sent.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect();
        let (data, key) = parameters.picture(&stream);
        assert_eq!((&data[..], key), (&[0, 0, 0, 3, 0x65, 7, 8][..], true));
        let config = parameters.fresh().unwrap();
        assert_eq!(&config[..], [1, 0x42, 0xe0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 1, 0, 2, 0x68, 1]);
        assert_eq!(parameters.picture(&stream).0, data);
        assert_eq!(parameters.fresh(), None, "nothing has changed");
        let (data, key) = parameters.picture(&[0, 0, 1, 0x41, 1]);
        assert_eq!((&data[..], key), (&[0, 0, 0, 2, 0x41, 1][..], false));
    }

    proptest! {
        #[test]
        fn units_are_what_was_put_between_marks(
            parts in proptest::collection::vec(proptest::collection::vec(1_u8.., 1..20), 0..6),
            long in any::<bool>(),
        ) {
            let mark: &[u8] = if long { &[0, 0, 0, 1] } else { &[0, 0, 1] };
            let stream: Vec<u8> = parts.iter().flat_map(|p| [mark, p].concat()).collect();
            prop_assert_eq!(units(&stream).map(<[u8]>::to_vec).collect::<Vec<_>>(), parts);
        }

        #[test]
        fn whatever_stream_it_is_it_is_answered(
            stream in proptest::collection::vec(prop_oneof![4 => 0_u8..2, 2 => any::<u8>(), 1 => Just(0x67), 1 => Just(0x68), 1 => Just(0x65)], 0..200),
        ) {
            let mut parameters = Parameters::default();
            let _ = parameters.picture(&stream);
            let _ = parameters.fresh();
        }

        #[test]
        fn whatever_it_is_it_is_answered(unit in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = size(&unit);
        }
    }
}
