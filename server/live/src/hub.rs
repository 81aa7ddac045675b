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
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::mpsc;

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
}

struct Room {
    stream: Shared,
    /// Grows with everybody who begins to send, and when he is cut off.
    turn: Arc<AtomicU64>,
}

struct Inside {
    rooms: Mutex<HashMap<String, Room>>,
    clock: Box<dyn Fn() -> Millis + Send + Sync>,
    events: mpsc::Sender<(String, Event)>,
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
        self.tell(Event::Stopped);
    }
}

impl Hub {
    /// An empty hub, and what happens in it. `ahead`: events that may wait to be taken.
    pub fn new(
        clock: impl Fn() -> Millis + Send + Sync + 'static,
        ahead: usize,
    ) -> (Self, mpsc::Receiver<(String, Event)>) {
        let (events, taken) = mpsc::channel(ahead);
        (Self(Arc::new(Inside { rooms: Mutex::default(), clock: Box::new(clock), events })), taken)
    }

    fn rooms<T>(&self, of: impl FnOnce(&mut HashMap<String, Room>) -> T) -> T {
        of(&mut self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tell(&self, room: &str, event: Event) {
        if self.0.events.try_send((room.to_owned(), event)).is_err() {
            tracing::error!(room, "a piece of a recording is lost: nobody takes it");
        }
    }

    /// Somebody sends to a room; whoever sent before is let go.
    pub fn publish(&self, opening: Opening) -> Packager {
        let Opening { room, next, init } = opening;
        let (stream, turn) = self.rooms(|rooms| {
            let found = rooms
                .entry(room.clone())
                .or_insert_with(|| Room { stream: Arc::new(Stream::new(next, init)), turn: Arc::default() });
            (found.stream.clone(), found.turn.clone())
        });
        let mine = turn.fetch_add(1, Ordering::AcqRel) + 1;
        let session = Session { hub: self.clone(), room, turn, mine };
        let done = stream.write(|w| {
            // What the one before had not finished ends here.
            let done = w.close();
            w.breaks |= !w.segments.is_empty();
            w.over = false;
            done
        });
        if let Some(done) = done {
            session.tell(done);
        }
        session.tell(Event::Started);
        Packager::new(stream, session)
    }

    /// The rooms that somebody sends to, or did until now.
    pub fn rooms_here(&self) -> Vec<String> {
        self.rooms(|rooms| rooms.keys().cloned().collect())
    }

    /// What a room shows.
    pub fn stream(&self, room: &str) -> Option<Arc<Stream>> {
        self.rooms(|rooms| rooms.get(room).map(|r| r.stream.clone()))
    }

    /// Lets go whoever sends to a room.
    pub fn cut(&self, room: &str) {
        self.rooms(|rooms| {
            if let Some(room) = rooms.get(room) {
                room.turn.fetch_add(1, Ordering::AcqRel);
            }
        });
    }

    /// Nothing comes any more: whoever sends is let go, and those who watch are told.
    pub fn end(&self, room: &str) {
        self.cut(room);
        if let Some(stream) = self.stream(room) {
            let done = stream.write(|w| {
                w.over = true;
                w.close()
            });
            if let Some(done) = done {
                self.tell(room, done);
            }
        }
    }

    /// Forgets a stream that has ended.
    pub fn forget(&self, room: &str) {
        self.end(room);
        self.rooms(|rooms| rooms.remove(room));
    }
}
