//! What a sequence parameter set says of the size of pictures (ITU-T H.264, 7.3.2.1.1).

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

#[cfg(test)]
mod tests {
    use super::size;
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

    proptest! {
        #[test]
        fn whatever_it_is_it_is_answered(unit in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = size(&unit);
        }
    }
}
