//! Makes frames into parts and segments.
//!
//! A picture is held back until the next one says how long it lasts. A part is closed before the picture that would make it too
//! long; a segment at the first key picture after a second. Sound has a clock of its own that counts samples, and is set anew when
//! it is off by more than a tenth of a second.

use crate::{
    AudioConfig, Frame, TICKS,
    boxes::{self, Sample},
    hub::{Event, Session},
    window::{Health, PART, Part, SLACK, Shared},
};
use bytes::Bytes;
use domain::{Millis, time::SECOND};

/// A segment is cut at the first key picture after so long, ticks.
const SEGMENT: i64 = TICKS;
/// Without a key picture for so long nobody can begin to watch, ticks.
const KEYLESS: i64 = 12 * TICKS;
/// The longer side of a picture.
const LARGEST: u16 = 1920;
/// Bytes that may arrive in [`MEASURED`]: 10 Mbit/s. By our clock: stamps are the sender's.
const MOST: usize = 10_000_000 / 8 * 10;
const MEASURED: Millis = 10 * SECOND;
/// What counts as sent for another beginning, and for another description of sound.
const BEGINNING: usize = 512 * 1024;
const OVERHEAD: usize = 1024;
/// A stamp that is so far from the last one begins anew, ticks: no picture stands for so long.
const JUMP: i64 = 2 * TICKS;
/// Pictures in a part, and in a segment; pieces of sound without a picture.
const PICTURES: usize = 120;
const FRAMES: i64 = 12 * 240;
const SOUNDS: usize = 1_000;
/// How long a last picture lasts, ticks.
const LAST: u32 = 3000;

/// Why a sender is not listened to any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("somebody else sends with the same key now, or the host has ended it")]
    Replaced,
    #[error("pictures larger than 1920")]
    TooLarge,
    #[error("more than 10 Mbit a second")]
    TooMuch,
    #[error("no key picture for 12 seconds")]
    Keyless,
    #[error("pictures that cannot be shown")]
    Unknown,
}

/// Makes what one sender sends into what everybody can fetch.
pub struct Packager {
    stream: Shared,
    session: Session,
    video: Option<Bytes>,
    audio: Option<AudioConfig>,
    /// The beginning fits what is configured.
    ready: bool,
    held: Option<Sample>,
    pictures: Vec<Sample>,
    sounds: Vec<Sample>,
    /// Of the part, and of the segment, ticks.
    part: i64,
    segment: i64,
    /// Of the segment.
    frames: i64,
    bytes: usize,
    fragments: u32,
    next_sound: Option<i64>,
    /// The stamp that counts as zero.
    zero: Option<i64>,
    measured: (Millis, usize),
    size: (u16, u16),
}

impl Packager {
    pub(crate) fn new(stream: Shared, session: Session) -> Self {
        Self {
            stream,
            session,
            video: None,
            audio: None,
            ready: false,
            held: None,
            pictures: Vec::new(),
            sounds: Vec::new(),
            part: 0,
            segment: 0,
            frames: 0,
            bytes: 0,
            fragments: 0,
            next_sound: None,
            zero: None,
            measured: (0, 0),
            size: (0, 0),
        }
    }

    /// Nobody else sends instead, and nobody has cut it off.
    pub fn holds(&self) -> bool {
        self.session.holds()
    }

    /// Takes what was sent.
    ///
    /// # Errors
    /// [`Refused`]: the sender is to be let go.
    pub fn push(&mut self, frame: Frame) -> Result<(), Refused> {
        if !self.session.holds() {
            return Err(Refused::Replaced);
        }
        match frame {
            Frame::VideoConfig(config) => {
                self.measure(config.len())?;
                if self.video.as_ref() != Some(&config) {
                    self.video = Some(config);
                    self.ready = false;
                }
            }
            Frame::AudioConfig(config) => {
                self.measure(OVERHEAD)?;
                if self.audio.as_ref() != Some(&config) {
                    self.audio = Some(config);
                    self.ready = false;
                }
            }
            Frame::Audio { at, samples, data } => {
                self.measure(data.len())?;
                self.sound(at, samples, data);
                // Sound without pictures is nothing to watch, and is kept nowhere.
                if self.sounds.len() > SOUNDS {
                    return Err(Refused::Keyless);
                }
            }
            Frame::Video { at, shift, key, data } => {
                self.measure(data.len())?;
                self.picture(at, shift, key, data)?;
            }
        }
        Ok(())
    }

    fn measure(&mut self, bytes: usize) -> Result<(), Refused> {
        let now = self.session.now();
        let (since, sum) = &mut self.measured;
        if now - *since > MEASURED {
            (*since, *sum) = (now, 0);
        }
        *sum += bytes;
        if *sum > MOST { Err(Refused::TooMuch) } else { Ok(()) }
    }

    fn sound(&mut self, at: i64, samples: u32, data: Bytes) {
        let (Some(config), Some(zero), true) = (&self.audio, self.zero, self.ready) else { return };
        let rate = i64::from(config.rate);
        let heard = (at - zero).saturating_mul(rate) / TICKS;
        if heard < 0 || heard > i64::from(u32::MAX) * 1000 {
            return;
        }
        let at = self.next_sound.filter(|next| (next - heard).abs() < rate / 10).unwrap_or(heard);
        self.next_sound = Some(at + i64::from(samples));
        self.sounds.push(Sample { at, lasts: samples, shift: 0, key: true, data });
    }

    /// The stream goes on with another clock, or in another way.
    fn anew(&mut self) {
        self.finish();
        self.stream.write(|w| w.breaks |= !w.segments.is_empty());
        (self.zero, self.next_sound, self.ready) = (None, None, false);
    }

    fn begin(&mut self) -> Result<bool, Refused> {
        let Some(video) = &self.video else { return Ok(false) };
        let init = boxes::init(video, self.audio.as_ref()).ok_or(Refused::Unknown)?;
        if init.width.max(init.height) > LARGEST {
            return Err(Refused::TooLarge);
        }
        // Each is a file, too.
        self.measure(BEGINNING)?;
        self.size = (init.width, init.height);
        let fresh = self.stream.write(|w| {
            w.codecs = init.codecs;
            w.size = (init.width, init.height);
            w.begin(init.bytes.clone())
        });
        if let Some(number) = fresh {
            self.session.tell(Event::Init { number, bytes: init.bytes });
        }
        self.ready = true;
        Ok(true)
    }

    fn picture(&mut self, at: i64, shift: i32, key: bool, data: Bytes) -> Result<(), Refused> {
        if let (Some(zero), Some(held)) = (self.zero, &self.held) {
            let passed = at - zero - held.at;
            if !(-TICKS..JUMP).contains(&passed) {
                self.anew();
            }
        }
        if !self.ready {
            // What is made in another way begins with a key picture, and a segment with it.
            if !key {
                return Ok(());
            }
            if self.zero.is_some() {
                self.finish();
            }
            if !self.begin()? {
                return Ok(());
            }
        }
        let zero = *self.zero.get_or_insert(at);
        let at = at - zero;
        let next = Sample { at, lasts: 0, shift, key, data };
        if let Some(mut held) = self.held.replace(next) {
            let lasts = (at - held.at).max(1);
            held.lasts = u32::try_from(lasts).unwrap_or(LAST);
            // What came too early is put behind the one before: times only grow.
            if let Some(now) = self.held.as_mut() {
                now.at = held.at + lasts;
            }
            self.keep(held);
            if key && self.segment >= SEGMENT {
                self.close(true);
            } else if self.segment > KEYLESS || self.frames > FRAMES {
                return Err(Refused::Keyless);
            }
        }
        Ok(())
    }

    fn keep(&mut self, picture: Sample) {
        let lasts = i64::from(picture.lasts);
        if !self.pictures.is_empty() && (self.part + lasts > PART + SLACK || self.pictures.len() >= PICTURES) {
            self.close(false);
        }
        self.part += lasts;
        self.segment += lasts;
        self.frames += 1;
        self.pictures.push(picture);
    }

    /// What was sent last is shown, and the segment is complete.
    fn finish(&mut self) {
        if let Some(mut held) = self.held.take() {
            held.lasts = LAST;
            self.keep(held);
        }
        self.close(true);
    }

    fn close(&mut self, segment: bool) {
        let (pictures, sounds) = (std::mem::take(&mut self.pictures), std::mem::take(&mut self.sounds));
        let lasts = std::mem::take(&mut self.part);
        let now = self.session.now();
        let mut part = None;
        if let Some(first) = pictures.first() {
            self.fragments = self.fragments.wrapping_add(1);
            if let Some(bytes) = boxes::fragment(self.fragments, &pictures, &sounds) {
                self.bytes += bytes.len();
                part = Some(Part { lasts, key: first.key, bytes });
            }
        }
        let done = self.stream.write(|w| {
            // Somebody else may have begun meanwhile.
            if !self.session.holds() {
                return None;
            }
            if let Some(part) = part {
                w.add(part, now);
            }
            if !segment {
                return None;
            }
            w.close()
        });
        if segment {
            self.say(now);
            self.segment = 0;
            (self.frames, self.bytes) = (0, 0);
        }
        if let Some(done) = done {
            self.session.tell(done);
        }
    }

    fn say(&self, now: Millis) {
        let lasts = self.segment.max(1);
        let bytes = i64::try_from(self.bytes).unwrap_or(i64::MAX / TICKS / 8);
        self.stream.say(Health {
            width: self.size.0,
            height: self.size.1,
            bits: bytes * 8 * TICKS / lasts,
            rate: self.frames * 100 * TICKS / lasts,
            keys: lasts * 1000 / TICKS,
            at: now,
        });
    }
}

impl Drop for Packager {
    fn drop(&mut self) {
        // A sender that was replaced has nothing to say any more.
        if self.session.holds() {
            self.finish();
            self.session.stopped();
        }
    }
}
