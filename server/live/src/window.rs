//! The last seconds of a stream, in memory: what a playlist names can be fetched.

use crate::{TICKS, hub::Event, playlist};
use bytes::{Bytes, BytesMut};
use domain::Millis;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::watch;

/// Whole segments that the playlist names.
const KEEP: usize = 8;
/// Whole segments that it named before and that are held yet: whoever read it may ask for so long (RFC 8216bis, 6.2.2).
const LEFT: usize = 8;
/// Beginnings that are held.
const INITS: u32 = 6;
/// How long a part shall be at most, ticks.
pub(crate) const PART: i64 = TICKS / 3;
/// What a part may be longer than that: stamps are rounded.
pub(crate) const SLACK: i64 = 450;
/// How long somebody is kept waiting for what is announced.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Part {
    pub lasts: i64,
    pub key: bool,
    pub bytes: Bytes,
}

pub(crate) struct Segment {
    pub number: u64,
    pub init: u32,
    pub breaks: bool,
    pub at: Millis,
    pub parts: Vec<Part>,
    pub lasts: i64,
    /// Everything of it, once it is complete.
    pub whole: Option<Bytes>,
}

#[derive(Default)]
pub(crate) struct Window {
    pub inits: BTreeMap<u32, Bytes>,
    pub init: u32,
    pub next: u64,
    pub breaks_before: u64,
    /// The next segment does not go on where the last ended.
    pub breaks: bool,
    pub segments: VecDeque<Segment>,
    /// Those that have just left the playlist, by their number.
    left: VecDeque<(u64, Bytes)>,
    pub over: bool,
    pub longest: i64,
    pub codecs: String,
    pub size: (u16, u16),
    text: Bytes,
}

/// How far a stream is: the number of its last segment, parts in it, and whether nothing comes any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Far {
    number: u64,
    parts: usize,
    over: bool,
}

impl Far {
    fn has(&self, number: u64, part: usize) -> bool {
        self.over || self.number > number || (self.number == number && self.parts > part)
    }
}

/// What a playlist is asked to hold already (`_HLS_msn`, `_HLS_part`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub number: u64,
    pub part: Option<usize>,
}

/// How a stream is received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    pub width: u16,
    pub height: u16,
    /// Of picture and sound in the last segment, bits a second.
    pub bits: i64,
    /// Pictures in 100 seconds, in the last segment.
    pub rate: i64,
    /// From one key picture to the next, ms.
    pub keys: i64,
    /// When the last part was complete.
    pub at: Millis,
}

/// What a room shows now.
pub struct Stream {
    window: RwLock<Window>,
    far: watch::Sender<Far>,
    health: RwLock<Health>,
}

impl Stream {
    pub(crate) fn new(next: u64, init: u32) -> Self {
        Self {
            // What was kept before goes on with another clock.
            window: RwLock::new(Window { next, init, breaks: next > 0, ..Window::default() }),
            far: watch::channel(Far::default()).0,
            health: RwLock::default(),
        }
    }

    fn read<T>(&self, of: impl FnOnce(&Window) -> T) -> T {
        of(&self.window.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn write<T>(&self, of: impl FnOnce(&mut Window) -> T) -> T {
        let mut window = self.window.write().unwrap_or_else(PoisonError::into_inner);
        let out = of(&mut window);
        let longest = window.segments.iter().flat_map(|s| &s.parts).map(|p| p.lasts).max().unwrap_or(0);
        let part = PART.max(longest) + SLACK;
        window.text = playlist::now(&window, part);
        let far = match window.segments.back() {
            Some(s) if s.whole.is_none() => Far { number: s.number, parts: s.parts.len(), over: window.over },
            // A complete segment has every part that it will ever have.
            Some(s) => Far { number: s.number, parts: usize::MAX, over: window.over },
            None => Far { over: window.over, ..Far::default() },
        };
        drop(window);
        self.far.send_if_modified(|known| std::mem::replace(known, far) != far);
        out
    }

    pub(crate) fn say(&self, health: Health) {
        *self.health.write().unwrap_or_else(PoisonError::into_inner) = health;
    }

    pub fn health(&self) -> Health {
        *self.health.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing comes any more.
    pub fn is_over(&self) -> bool {
        self.read(|w| w.over)
    }

    /// The playlist that names the one with the pictures; none before there is a picture.
    pub fn main(&self) -> Option<String> {
        self.read(|w| {
            let (wide, high) = w.size;
            (!w.segments.is_empty()).then(|| {
                format!(
                    "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION={wide}x{high},CODECS=\"{}\"\nmedia.m3u8\n",
                    w.codecs
                )
            })
        })
    }

    async fn until(&self, number: u64, part: usize) {
        let mut far = self.far.subscribe();
        let _ = tokio::time::timeout(PATIENCE, far.wait_for(|f| f.has(number, part))).await;
    }

    /// The playlist, once it holds what is wanted, or after five seconds. None for what is far in the future.
    pub async fn playlist(&self, wanted: Option<Wanted>) -> Option<Bytes> {
        if let Some(wanted) = wanted {
            if self.read(|w| wanted.number > w.next + 1 && !w.over) {
                return None;
            }
            // Without a part the whole segment is wanted.
            match wanted.part {
                Some(part) => self.until(wanted.number, part.min(usize::MAX - 1)).await,
                None => self.until(wanted.number, usize::MAX - 1).await,
            }
        }
        Some(self.read(|w| w.text.clone()))
    }

    /// A part; of the one that is announced it waits for. None when it is gone, or nobody announced it.
    pub async fn part(&self, number: u64, part: usize) -> Option<Bytes> {
        let announced = self.read(|w| match w.segments.back() {
            Some(s) if s.whole.is_none() => (s.number, s.parts.len()),
            _ => (w.next, 0),
        });
        if (number, part) == announced {
            self.until(number, part).await;
        }
        self.read(|w| {
            let segment = w.segments.iter().find(|s| s.number == number)?;
            segment.parts.get(part).map(|p| p.bytes.clone())
        })
    }

    /// A whole segment.
    pub fn segment(&self, number: u64) -> Option<Bytes> {
        self.read(|w| match w.segments.iter().find(|s| s.number == number) {
            Some(segment) => segment.whole.clone(),
            None => w.left.iter().find(|(n, _)| *n == number).map(|(_, whole)| whole.clone()),
        })
    }

    /// How the stream begins.
    pub fn init(&self, number: u32) -> Option<Bytes> {
        self.read(|w| w.inits.get(&number).cloned())
    }
}

impl Segment {
    /// It is complete.
    fn done(&self) -> Event {
        Event::Segment {
            number: self.number,
            init: self.init,
            lasts: self.lasts,
            at: self.at,
            breaks: self.breaks,
            bytes: self.whole.clone().unwrap_or_default(),
        }
    }
}

impl Window {
    /// Another beginning, if it is one; its number.
    pub(crate) fn begin(&mut self, init: Bytes) -> Option<u32> {
        if self.inits.get(&self.init) == Some(&init) {
            return None;
        }
        self.init += 1;
        self.breaks |= !self.segments.is_empty();
        self.inits.insert(self.init, init);
        let oldest = self.init.saturating_sub(INITS);
        self.inits.retain(|n, _| *n > oldest);
        Some(self.init)
    }

    /// It goes on with other numbers: what it held is not what comes before them.
    pub(crate) fn go_on(&mut self, next: u64, init: u32) {
        self.segments.clear();
        self.left.clear();
        self.inits.clear();
        self.next = self.next.max(next);
        self.init = self.init.max(init);
        self.breaks = true;
    }

    /// Another part, whose end is `now`.
    pub(crate) fn add(&mut self, part: Part, now: Millis) {
        let lasts = part.lasts;
        match self.segments.back_mut() {
            Some(last) if last.whole.is_none() => {
                last.lasts += lasts;
                last.parts.push(part);
            }
            last => {
                let began = now - lasts * 1000 / TICKS;
                // Stamps follow each other; they are set anew only when they are off.
                let at = last
                    .map(|l| l.at + l.lasts * 1000 / TICKS)
                    .filter(|at| !self.breaks && (began - at).abs() < 500)
                    .unwrap_or(began);
                let segment = Segment {
                    number: self.next,
                    init: self.init,
                    breaks: std::mem::take(&mut self.breaks),
                    at,
                    parts: vec![part],
                    lasts,
                    whole: None,
                };
                self.next += 1;
                self.segments.push_back(segment);
            }
        }
    }

    /// The last segment is complete; what it is.
    pub(crate) fn close(&mut self) -> Option<Event> {
        let last = self.segments.back_mut().filter(|s| s.whole.is_none())?;
        let mut whole = BytesMut::with_capacity(last.parts.iter().map(|p| p.bytes.len()).sum());
        for part in &last.parts {
            whole.extend_from_slice(&part.bytes);
        }
        last.whole = Some(whole.freeze());
        self.longest = self.longest.max(last.lasts);
        while self.segments.len() > KEEP + 1 {
            let Some(gone) = self.segments.pop_front() else { break };
            self.breaks_before += u64::from(gone.breaks);
            self.left.extend(gone.whole.map(|whole| (gone.number, whole)));
        }
        while self.left.len() > LEFT {
            self.left.pop_front();
        }
        self.segments.back().map(Segment::done)
    }
}

/// A stream as many hold it.
pub(crate) type Shared = Arc<Stream>;
