//! The random source that use cases are given.

use domain::{Code, Millis};
use rand::{RngCore, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A cryptographic generator (`ChaCha12`), seeded by the machine or, in demos and tests, by a number.
#[derive(Clone)]
pub struct Rng(Arc<Mutex<StdRng>>);

impl Rng {
    pub fn from_machine() -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_os_rng())))
    }

    /// Tells the same numbers each time.
    pub fn from_seed(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut out);
        out
    }

    /// A UUID version 7 of this instant (RFC 9562).
    pub fn id(&self, now: Millis) -> Uuid {
        let millis = u64::try_from(now).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    pub fn code(&self) -> Code {
        Code::from_bits(u128::from_le_bytes(self.bytes()))
    }
}
/// The lowest id that can be made at an instant: ids begin with 48 bits of milliseconds.
pub(crate) fn first_id(at: Millis) -> Uuid {
    Uuid::from_u128(u128::from(u64::try_from(at).unwrap_or(0)) << 80)
}

/// When an id was made.
pub(crate) fn made_at(id: Uuid) -> Millis {
    i64::try_from(id.as_u128() >> 80).unwrap_or(0)
}

/// A number that nothing else has. Nothing depends on which it is, so that it need not come from [`Rng`].
pub(crate) fn token() -> i64 {
    let (_, low) = Uuid::now_v7().as_u64_pair();
    i64::from_le_bytes(low.to_le_bytes())
}
