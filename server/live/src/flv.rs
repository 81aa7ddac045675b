//! Bodies of FLV tags, as RTMP and FLV files carry them: H.264 with AAC. Everything else is passed over.

use crate::{AudioConfig, Codec, Frame, TICKS};
use bytes::Bytes;

const AVC: u8 = 7;
const AAC: u8 = 10;
/// Samples in a frame of AAC.
pub(crate) const AAC_FRAME: u32 = 1024;
const HEADER: usize = 11;
/// Ticks in a millisecond, of which FLV counts.
const MS: i64 = TICKS / 1000;

/// A video tag's body, stamped in ms (Video File Format Specification 10.1, E.4.3).
fn video(ms: u32, body: &Bytes) -> Option<Frame> {
    let (&[first, packet, a, b, c], data) = body.split_first_chunk::<5>()?;
    // The highest bit says that the extended form follows.
    if first & 0x80 != 0 || first & 0x0f != AVC {
        return None;
    }
    let data = body.slice_ref(data);
    match packet {
        0 => Some(Frame::VideoConfig(data)),
        1 if !data.is_empty() => {
            let shift = i32::from_be_bytes([a, b, c, 0]) >> 8;
            let shift = shift.checked_mul(90)?;
            Some(Frame::Video { at: i64::from(ms) * MS, shift, key: first >> 4 == 1, data })
        }
        _ => None,
    }
}

/// An audio tag's body, stamped in ms (E.4.2).
fn audio(ms: u32, body: &Bytes) -> Option<Frame> {
    let (&[first, packet], data) = body.split_first_chunk::<2>()?;
    if first >> 4 != AAC || data.is_empty() {
        return None;
    }
    let data = body.slice_ref(data);
    match packet {
        0 => aac(data).map(Frame::AudioConfig),
        1 => Some(Frame::Audio { at: i64::from(ms) * MS, samples: AAC_FRAME, data }),
        _ => None,
    }
}

/// Reads an AudioSpecificConfig.
pub(crate) fn aac(config: Bytes) -> Option<AudioConfig> {
    const RATES: [u32; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    let (&[a, b], _) = config.split_first_chunk::<2>()?;
    let rate = *RATES.get(usize::from((a & 7) << 1 | b >> 7))?;
    let channels = u16::from(b >> 3 & 15);
    (1..=8).contains(&channels).then(|| AudioConfig { codec: Codec::Aac(config), rate, channels })
}

/// The next tag of an FLV stream without its header: kind, stamp in ms, body, and what is behind it.
pub fn tag(bytes: &Bytes) -> Option<(u8, u32, Bytes, Bytes)> {
    let (head, _) = bytes.split_first_chunk::<HEADER>()?;
    let &[kind, s1, s2, s3, t1, t2, t3, t0, ..] = head;
    let end = HEADER + usize::try_from(u32::from_be_bytes([0, s1, s2, s3])).ok()?;
    let next = end + 4;
    (bytes.len() >= next)
        .then(|| (kind, u32::from_be_bytes([t0, t1, t2, t3]), bytes.slice(HEADER..end), bytes.slice(next..)))
}

/// What a tag says, if it is picture or sound that we know.
pub fn frame(kind: u8, ms: u32, body: &Bytes) -> Option<Frame> {
    match kind {
        9 => video(ms, body),
        8 => audio(ms, body),
        _ => None,
    }
}

/// Past the header of an FLV file, if there is one.
pub fn after_header(bytes: Bytes) -> Bytes {
    if bytes.starts_with(b"FLV") && bytes.len() >= 13 { bytes.slice(13..) } else { bytes }
}
