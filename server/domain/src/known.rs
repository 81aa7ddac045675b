//! People whom somebody may know, from teams that both were in and links that brought one of them here.

use serde::{Deserialize, Serialize};

/// People that are shown.
pub const SHOWN: usize = 30;

/// How two people are near each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<I> {
    pub person: I,
    /// Teams that both were in and that came together.
    pub teams: i64,
    /// One of them brought the other here.
    pub linked: bool,
}

/// The nearest first: whoever brought the other here, then the more teams; of equals the one who has been here longer.
pub fn nearest<I: Ord + Copy>(mut known: Vec<Known<I>>) -> Vec<Known<I>> {
    known.sort_by_key(|k| (!k.linked, -k.teams, k.person));
    known.truncate(SHOWN);
    known
}

/// Somebody whom I may know, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    pub handle: String,
    pub name: String,
    pub teams: i64,
    pub linked: bool,
}

/// People whom I may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownView {
    /// I have agreed to be found, and so find others.
    pub on: bool,
    pub people: Vec<PersonView>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nobody_who_is_shown_is_farther_than_one_who_is_not(all in prop::collection::vec((0_i64..5, any::<bool>()), 0..60)) {
            let known: Vec<Known<usize>> =
                all.iter().enumerate().map(|(person, (teams, linked))| Known { person, teams: *teams, linked: *linked }).collect();
            let shown = nearest(known.clone());
            prop_assert_eq!(shown.len(), known.len().min(SHOWN));
            let key = |k: &Known<usize>| (!k.linked, -k.teams, k.person);
            let last = shown.last().map(key);
            for k in &known {
                prop_assert!(shown.contains(k) || Some(key(k)) > last);
            }
        }
    }
}
