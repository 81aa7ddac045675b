//! Pictures and sound that a browser makes itself (WebCodecs) and sends over a WebSocket, where UDP does not get through.
//!
//! A message is a kind, and what follows: 1: AVCDecoderConfigurationRecord; 2: AudioSpecificConfig of AAC; 3: channels of Opus;
//! 4: key picture, 5: picture, 6: sound, each behind its stamp in us (8 bytes, signed, little end first).

use crate::{AudioConfig, Codec, Frame, TICKS, flv, opus};
use bytes::Bytes;

/// Reads what one browser sends.
#[derive(Debug, Default)]
pub struct Reader {
    opus: bool,
}

impl Reader {
    /// No message is longer, bytes.
    pub const LONGEST: usize = 2 * 1024 * 1024;

    /// What a message says; none when it says nothing that we know.
    pub fn read(&mut self, message: &Bytes) -> Option<Frame> {
        let (&kind, _) = message.split_first()?;
        let rest = message.slice(1..);
        match kind {
            1 => Some(Frame::VideoConfig(rest)),
            2 => {
                self.opus = false;
                flv::aac(rest).map(Frame::AudioConfig)
            }
            3 => {
                self.opus = true;
                let channels = u16::from(*rest.first()?);
                (1..=2)
                    .contains(&channels)
                    .then(|| Frame::AudioConfig(AudioConfig { codec: Codec::Opus, rate: opus::RATE, channels }))
            }
            4..=6 => {
                let (stamp, data) = rest.split_first_chunk::<8>()?;
                // 9 ticks are 100 us.
                let at = i64::from_le_bytes(*stamp).checked_mul(TICKS / 10_000)? / 100;
                let data = rest.slice_ref(data);
                if data.is_empty() {
                    return None;
                }
                if kind < 6 {
                    return Some(Frame::Video { at, shift: 0, key: kind == 4, data });
                }
                let samples = if self.opus { opus::samples(&data)? } else { flv::AAC_FRAME };
                Some(Frame::Audio { at, samples, data })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(kind: u8, at: i64, data: &[u8]) -> Bytes {
        [&[kind][..], &at.to_le_bytes(), data].concat().into()
    }

    #[test]
    fn pictures_and_both_kinds_of_sound_are_read() {
        let mut reader = Reader::default();
        let picture = reader.read(&message(4, 1_000_000, b"key"));
        assert_eq!(picture, Some(Frame::Video { at: TICKS, shift: 0, key: true, data: Bytes::from_static(b"key") }));
        let Some(Frame::AudioConfig(config)) = reader.read(&Bytes::from_static(&[2, 0x11, 0x90])) else { panic!() };
        assert_eq!((config.rate, config.channels), (48_000, 2));
        assert!(matches!(reader.read(&message(6, 0, &[0xf8, 1])), Some(Frame::Audio { samples: 1024, .. })));
        let Some(Frame::AudioConfig(config)) = reader.read(&Bytes::from_static(&[3, 1])) else { panic!() };
        assert_eq!(config, AudioConfig { codec: Codec::Opus, rate: 48_000, channels: 1 });
        assert!(matches!(reader.read(&message(6, 0, &[0xf8, 1])), Some(Frame::Audio { samples: 960, .. })));
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_answered(kind in 0_u8..9, bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut reader = Reader::default();
            let _ = reader.read(&[&[kind][..], &bytes].concat().into());
            let _ = reader.read(&bytes.into());
        }
    }
}
