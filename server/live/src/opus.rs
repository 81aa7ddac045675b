//! How long a packet of Opus sounds.

/// Opus counts 48,000 samples in a second, whatever was recorded.
pub const RATE: u32 = 48_000;
/// 120 ms: no packet is longer.
const LONGEST: u32 = 5760;

/// Samples in a packet, by its first two bytes (RFC 6716, 3.1 and 3.2); none when it is none.
pub fn samples(packet: &[u8]) -> Option<u32> {
    let (&first, rest) = packet.split_first()?;
    let config = first >> 3;
    let one = match config {
        // SILK: 10, 20, 40, 60 ms.
        0..12 => *[480, 960, 1920, 2880].get(usize::from(config % 4))?,
        // Both: 10, 20 ms.
        12..16 => *[480, 960].get(usize::from(config % 2))?,
        // CELT: 2.5, 5, 10, 20 ms.
        _ => *[120, 240, 480, 960].get(usize::from(config % 4))?,
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(rest.first()? & 63),
    };
    let all = one * frames;
    (1..=LONGEST).contains(&all).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packets_of_browsers_last_twenty_ms_and_others_what_they_say() {
        // CELT, full band, 20 ms, one frame: what browsers send.
        assert_eq!(samples(&[0b1111_1000, 1]), Some(960));
        assert_eq!(samples(&[0b0000_1001, 1]), Some(1920));
        assert_eq!(samples(&[0b1111_1011, 3]), Some(2880));
        // More than 120 ms, no frames, nothing.
        assert_eq!(samples(&[0b0001_1011, 3]), None);
        assert_eq!(samples(&[0b1111_1011, 0]), None);
        assert_eq!(samples(&[]), None);
    }

    proptest! {
        #[test]
        fn whatever_it_is_it_is_answered(packet in proptest::collection::vec(any::<u8>(), 0..8)) {
            prop_assert!(samples(&packet).is_none_or(|n| (120..=LONGEST).contains(&n)));
        }
    }
}
