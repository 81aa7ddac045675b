//! Moving pictures: what a host sends becomes parts and playlists in memory, which every browser plays.
//!
//! Every ingest is a small adapter that makes [`Frame`]s; one [`Packager`] makes them into fragments of MP4 and keeps the last
//! seconds in a [`Stream`]; a [`Hub`] holds the streams of this process by the code of their room. Nothing is decoded or encoded.
//! Deliberately absent: who may send and watch, what is kept for later, and what a room sells; they are in `shop` and `server`.

mod boxes;
mod browser;
pub mod flv;
mod h264;
mod hub;
mod opus;
mod package;
mod places;
mod playlist;
pub mod rtmp;
mod tls;
pub mod whip;
mod window;

pub use browser::Reader;
pub use hub::{Event, Events, Hub, Opening};
pub use package::{Packager, Refused};
pub use places::{Guest, Places};
pub use playlist::{Kept, replay};
pub use tls::Tls;
pub use window::{Stream, Wanted};

use bytes::Bytes;

/// Ticks of the clock of pictures in a second.
pub const TICKS: i64 = 90_000;

/// How sound is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// With its AudioSpecificConfig (ISO 14496-3, 1.6.2.1). Plays everywhere.
    Aac(Bytes),
    /// What browsers send over WebRTC. Older iPhones do not play it in a list.
    Opus,
}

/// How the sound that follows is made; `rate` in Hz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioConfig {
    pub codec: Codec,
    pub rate: u32,
    pub channels: u16,
}

/// What every ingest makes of what it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// How the pictures that follow are made: AVCDecoderConfigurationRecord (ISO 14496-15, 5.3.3.1).
    VideoConfig(Bytes),
    AudioConfig(AudioConfig),
    /// `at` and `shift` (of what is shown against what is decoded) in [`TICKS`]; `data`: NAL units, each behind its length.
    Video {
        at: i64,
        shift: i32,
        key: bool,
        data: Bytes,
    },
    /// `at` in [`TICKS`], `samples` of sound in it.
    Audio {
        at: i64,
        samples: u32,
        data: Bytes,
    },
}
