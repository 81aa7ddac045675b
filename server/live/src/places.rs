//! Places of those who send, whichever way they come: everybody together, and each network for itself.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Senders at the same time, those who have not said yet what they send, and both of one network.
const MAX_SENDERS: usize = 64;
const MAX_GREETING: usize = 256;
const MAX_PER_NETWORK: usize = 4;

type Table = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A place of a network, as long as it lives.
struct Seat {
    table: Table,
    of: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

/// The places of this process.
pub struct Places {
    hall: Arc<Semaphore>,
    room: Arc<Semaphore>,
    table: Table,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            hall: Arc::new(Semaphore::new(MAX_GREETING)),
            room: Arc::new(Semaphore::new(MAX_SENDERS)),
            table: Table::default(),
        }
    }
}

/// Somebody who has come, and may send later.
pub struct Guest {
    place: OwnedSemaphorePermit,
    room: Arc<Semaphore>,
    _seat: Seat,
}

impl Places {
    /// Somebody comes from a network; none when there is no place.
    pub fn come(&self, of: IpAddr) -> Option<Guest> {
        let place = self.hall.clone().try_acquire_owned().ok()?;
        let mut taken = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(of).or_insert(0);
        if *count >= MAX_PER_NETWORK {
            return None;
        }
        *count += 1;
        drop(taken);
        let seat = Seat { table: self.table.clone(), of };
        Some(Guest { place, room: self.room.clone(), _seat: seat })
    }
}

impl Guest {
    /// From the hall into the room: he sends now. False when the room is full.
    pub fn sit(&mut self) -> bool {
        let Ok(place) = self.room.clone().try_acquire_owned() else { return false };
        self.place = place;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_four_places_and_the_room_as_many_as_it_has() {
        let places = Places::default();
        let network = |n: u16| IpAddr::from([10, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]]);
        let mut four: Vec<_> = (0..4).map(|_| places.come(network(0)).unwrap()).collect();
        assert!(places.come(network(0)).is_none());
        four.pop();
        four.push(places.come(network(0)).unwrap());
        // Whoever only stands there keeps nobody from sending.
        let hall: Vec<_> =
            (1..64).flat_map(|n| (0..4).map(move |_| n)).filter_map(|n| places.come(network(n))).collect();
        assert_eq!(hall.len(), 252);
        assert!(places.come(network(999)).is_none(), "the hall is full");
        let seated = four
            .iter_mut()
            .chain(hall.into_iter().collect::<Vec<_>>().iter_mut())
            .filter_map(|g| g.sit().then_some(()))
            .count();
        assert_eq!(seated, MAX_SENDERS);
    }
}
