//! The clock that use cases are given.

use domain::Millis;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

/// Tells UTC epoch milliseconds. A demo may shift it; a test moves it by hand.
#[derive(Clone, Debug)]
pub struct Clock {
    shift: Arc<AtomicI64>,
    /// A clock that stands still until it is moved.
    still: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock, shifted by `offset` (ms).
    pub fn system(offset: Millis) -> Self {
        Self { shift: Arc::new(AtomicI64::new(offset)), still: None }
    }

    /// Stands at `at` until it is moved.
    pub fn still(at: Millis) -> Self {
        Self { shift: Arc::new(AtomicI64::new(0)), still: Some(Arc::new(AtomicI64::new(at))) }
    }

    /// Moves this clock and all its clones.
    pub fn advance(&self, by: Millis) {
        self.shift.fetch_add(by, Ordering::SeqCst);
    }

    pub fn now(&self) -> Millis {
        let base = self.still.as_ref().map_or_else(machine_now, |at| at.load(Ordering::SeqCst));
        base.saturating_add(self.shift.load(Ordering::SeqCst))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
fn machine_now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
