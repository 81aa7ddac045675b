//! Who chose what, and when.

use domain::Problem;
use std::collections::{HashMap, HashSet};

/// One choice. People and things are numbers from zero on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub user: usize,
    pub item: usize,
    pub at: i64,
}

/// Choices, each person's in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub users: usize,
    pub items: usize,
    /// By person, then by time; what came at the same time as it stood in the file.
    pub events: Vec<Event>,
}

impl Log {
    /// Reads lines of user, item and time (a number), apart by tabs, commas or spaces; a first line without a time is a heading, empty
    /// lines and further columns are nothing.
    ///
    /// # Errors
    /// `bad_request` with the number of the line that cannot be read.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let (mut users, mut items): (HashMap<&str, usize>, HashMap<&str, usize>) = (HashMap::new(), HashMap::new());
        let mut events = Vec::new();
        // Where each stands; a heading may say it otherwise.
        let mut places = [0, 1, 2];
        for (line, row) in (1_i64..).zip(text.lines()) {
            let row = row.trim_end_matches('\r').trim_start_matches('\u{feff}');
            let mut columns: Vec<&str> = row.split('\t').map(str::trim).collect();
            if columns.len() < 3 {
                columns = row.split([',', ' ']).map(str::trim).filter(|c| !c.is_empty()).collect();
            }
            let [user, item, at] = places.map(|p| columns.get(p).copied().unwrap_or_default());
            let read = time(at).filter(|_| !user.is_empty() && !item.is_empty()).map(|at| (user, item, at));
            let Some((user, item, at)) = read else {
                if line == 1 {
                    places = heading(&columns).unwrap_or(places);
                    continue;
                }
                if row.trim().is_empty() {
                    continue;
                }
                return Err(Problem::new(422, "bad_request").number(line));
            };
            let next = users.len();
            let user = *users.entry(user).or_insert(next);
            let next = items.len();
            let item = *items.entry(item).or_insert(next);
            events.push(Event { user, item, at });
        }
        Ok(Self::new(users.len(), items.len(), events))
    }

    pub fn new(users: usize, items: usize, mut events: Vec<Event>) -> Self {
        events.sort_by_key(|e| (e.user, e.at));
        Self { users, items, events }
    }

    /// Each person's choices.
    pub fn people(&self) -> Vec<&[Event]> {
        let mut all: Vec<&[Event]> = vec![&[]; self.users];
        for own in self.events.chunk_by(|a, b| a.user == b.user) {
            if let Some(first) = own.first()
                && let Some(place) = all.get_mut(first.user)
            {
                *place = own;
            }
        }
        all
    }

    /// Holds each person's last fifth (rounded down) back: what is left, and what he went on to choose that he had not chosen before.
    pub fn split(&self) -> (Self, Vec<Vec<usize>>) {
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for own in self.people() {
            let kept = own.len() - own.len() / 5;
            let (before, after) = own.split_at_checked(kept).unwrap_or((own, &[]));
            train.extend_from_slice(before);
            let mut known: HashSet<usize> = before.iter().map(|e| e.item).collect();
            test.push(after.iter().map(|e| e.item).filter(|item| known.insert(*item)).collect());
        }
        (Self { users: self.users, items: self.items, events: train }, test)
    }
}

/// The places of user, item and time in a heading that names them.
fn heading(columns: &[&str]) -> Option<[usize; 3]> {
    let place = |names: &[&str]| {
        columns.iter().position(|c| names.iter().any(|n| c.trim_matches('"').to_ascii_lowercase().starts_with(n)))
    };
    Some([place(&["user", "person"])?, place(&["item", "movie", "product"])?, place(&["time", "at", "date"])?])
}

fn time(text: &str) -> Option<i64> {
    // A float that is no whole number, or written with an exponent, is cut to one.
    let whole = |f: f64| format!("{:.0}", f.trunc()).parse().ok();
    text.parse().ok().or_else(|| text.parse::<f64>().ok().filter(|t| t.is_finite()).and_then(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_or_without_a_heading() {
        let log = Log::read("user\titem\ttime\na\tx\t2\na\ty\t1.5\nb\tx\t3\textra\n\n").unwrap();
        assert_eq!((log.users, log.items, log.events.len()), (2, 2, 3));
        assert_eq!(log.events[0], Event { user: 0, item: 1, at: 1 }, "by time");
        let named = Log::read("userId,movieId,rating,timestamp\n7,9,4.5,1.5e3\n").unwrap();
        assert_eq!(named.events, [Event { user: 0, item: 0, at: 1500 }], "as the heading says");
        assert_eq!(Log::read("a,x,1\r\nb,y,2\r\n").unwrap().events.len(), 2);
        assert_eq!(Log::read("a\tx\t1\na\tx\tsoon\n").unwrap_err().number, Some(2));
    }

    #[test]
    fn the_last_fifth_is_held_back_without_what_was_chosen_before() {
        let event = |item, at| Event { user: 0, item, at };
        let log = Log::new(1, 9, (0..10).map(|i| event(usize::try_from(i % 9).unwrap(), i)).collect());
        let (train, test) = log.split();
        assert_eq!(train.events.len(), 8);
        assert_eq!(test, [vec![8]], "the tenth is the first again");
    }
}
