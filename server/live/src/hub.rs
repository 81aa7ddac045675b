//! The streams of this process, by the code of their room.

use crate::{
    package::Packager,
    window::{Shared, Stream},
};
use bytes::Bytes;
use domain::Millis;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::mpsc;

/// Bytes of segments that may wait to be taken.
const WAITING: usize = 128 * 1024 * 1024;

/// What happens to a stream; whoever keeps it listens.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody sends.
    Started,
    /// Another beginning.
    Init { number: u32, bytes: Bytes },
    /// A segment is complete. `lasts` in ticks.
    Segment { number: u64, init: u32, lasts: i64, at: Millis, breaks: bool, bytes: Bytes },
    /// Nobody sends any more.
    Stopped,
}

/// Where a stream goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    pub room: String,
    /// The number of its next segment.
    pub next: u64,
    /// The number of its last beginning.
    pub init: u32,
    /// Which key opened it.
    pub key: i64,
}

struct Room {
    stream: Shared,
    /// Grows with everybody who begins to send, and when he is cut off.
    turn: Arc<AtomicU64>,
    /// Of whoever sends.
    key: i64,
    /// Somebody does.
    sends: Arc<AtomicBool>,
}

struct Inside {
    rooms: Mutex<HashMap<String, Room>>,
    clock: Box<dyn Fn() -> Millis + Send + Sync>,
    events: mpsc::UnboundedSender<(String, Event)>,
    waiting: Arc<AtomicUsize>,
}

/// What happens in a hub, in its order.
pub struct Events {
    taken: mpsc::UnboundedReceiver<(String, Event)>,
    waiting: Arc<AtomicUsize>,
}

impl Events {
    fn took(&self, event: Option<(String, Event)>) -> Option<(String, Event)> {
        if let Some((_, Event::Segment { bytes, .. })) = &event {
            self.waiting.fetch_sub(bytes.len(), Ordering::AcqRel);
        }
        event
    }

    /// The next; none when there is no hub any more.
    pub async fn recv(&mut self) -> Option<(String, Event)> {
        let event = self.taken.recv().await;
        self.took(event)
    }

    /// The next, if it has happened.
    pub fn try_recv(&mut self) -> Option<(String, Event)> {
        let event = self.taken.try_recv().ok();
        self.took(event)
    }
}

/// The streams of this process. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inside>);

/// One sender's time with a stream.
pub(crate) struct Session {
    hub: Hub,
    room: String,
    turn: Arc<AtomicU64>,
    mine: u64,
}

impl Session {
    /// Nobody else sends instead, and nobody has cut it off.
    pub(crate) fn holds(&self) -> bool {
        self.turn.load(Ordering::Acquire) == self.mine
    }

    pub(crate) fn now(&self) -> Millis {
        (self.hub.0.clock)()
    }

    pub(crate) fn tell(&self, event: Event) {
        self.hub.tell(&self.room, event);
    }

    pub(crate) fn stopped(&self) {
        self.hub.sends_no_more(&self.room);
        self.tell(Event::Stopped);
    }
}

impl Hub {
    /// An empty hub, and what happens in it.
    pub fn new(clock: impl Fn() -> Millis + Send + Sync + 'static) -> (Self, Events) {
        let (events, taken) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let inside = Inside { rooms: Mutex::default(), clock: Box::new(clock), events, waiting: waiting.clone() };
        (Self(Arc::new(inside)), Events { taken, waiting })
    }

    fn rooms<T>(&self, of: impl FnOnce(&mut HashMap<String, Room>) -> T) -> T {
        of(&mut self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever keeps what is sent may be slow: then segments are left out, and never what says how they are to be read.
    fn tell(&self, room: &str, event: Event) {
        if let Event::Segment { number, bytes, .. } = &event {
            let size = bytes.len();
            if self.0.waiting.fetch_add(size, Ordering::AcqRel) + size > WAITING {
                self.0.waiting.fetch_sub(size, Ordering::AcqRel);
                tracing::error!(room, number, "a piece of a recording is lost: nobody takes it in time");
                return;
            }
        }
        // Nobody listens any more when the process ends, or ever did.
        if let Err(unsent) = self.0.events.send((room.to_owned(), event))
            && let (_, Event::Segment { bytes, .. }) = unsent.0
        {
            self.0.waiting.fetch_sub(bytes.len(), Ordering::AcqRel);
        }
    }

    /// Somebody sends to a room; whoever sent before is let go.
    pub fn publish(&self, opening: Opening) -> Packager {
        let Opening { room, next, init, key } = opening;
        let (stream, turn) = self.rooms(|rooms| {
            let found = rooms.entry(room.clone()).or_insert_with(|| Room {
                stream: Arc::new(Stream::new(next, init)),
                turn: Arc::default(),
                key,
                sends: Arc::default(),
            });
            found.key = key;
            found.sends.store(true, Ordering::Release);
            (found.stream.clone(), found.turn.clone())
        });
        // Under the lock of the window: what the one before was about to add is added before, or not at all.
        let (mine, done) = stream.write(|w| {
            let mine = turn.fetch_add(1, Ordering::AcqRel) + 1;
            // What the one before had not finished ends here.
            let done = w.close();
            if next > w.next || init > w.init {
                // It went on elsewhere meanwhile.
                w.go_on(next, init);
            }
            w.breaks |= !w.segments.is_empty();
            w.over = false;
            (mine, done)
        });
        let session = Session { hub: self.clone(), room, turn, mine };
        if let Some(done) = done {
            session.tell(done);
        }
        session.tell(Event::Started);
        Packager::new(stream, session)
    }

    /// The rooms that somebody sends to, or did until now, each with the key that opened it.
    pub fn rooms_here(&self) -> Vec<(String, i64)> {
        self.rooms(|rooms| rooms.iter().map(|(name, room)| (name.clone(), room.key)).collect())
    }

    /// Whether somebody sends to a room now.
    pub fn is_sent_to(&self, room: &str) -> bool {
        self.rooms(|rooms| rooms.get(room).is_some_and(|r| r.sends.load(Ordering::Acquire)))
    }

    fn sends_no_more(&self, room: &str) {
        self.rooms(|rooms| {
            if let Some(room) = rooms.get(room) {
                room.sends.store(false, Ordering::Release);
            }
        });
    }

    /// What a room shows.
    pub fn stream(&self, room: &str) -> Option<Arc<Stream>> {
        self.rooms(|rooms| rooms.get(room).map(|r| r.stream.clone()))
    }

    /// Lets go whoever sends to a room; what he has sent is complete.
    pub fn cut(&self, room: &str) {
        let found = self.rooms(|rooms| rooms.get(room).map(|r| (r.stream.clone(), r.turn.clone())));
        let Some((stream, turn)) = found else { return };
        let done = stream.write(|w| {
            turn.fetch_add(1, Ordering::AcqRel);
            w.close()
        });
        self.sends_no_more(room);
        if let Some(done) = done {
            self.tell(room, done);
        }
        self.tell(room, Event::Stopped);
    }

    /// Nothing comes any more: whoever sends is let go, and those who watch are told.
    pub fn end(&self, room: &str) {
        self.cut(room);
        if let Some(stream) = self.stream(room) {
            stream.write(|w| w.over = true);
        }
    }

    /// Forgets a stream that has ended.
    pub fn forget(&self, room: &str) {
        self.end(room);
        self.rooms(|rooms| rooms.remove(room));
    }
}
