//! Search: everything that can be found, by its words.
//!
//! The words of things stand in tables of our own (`postings`), so that both engines find the same in the same order. Use cases mark what
//! they change; the marks are worked off beside them ([`catch_up`]), a moment later. What is shown is read from the capabilities that own
//! it, which know what is for whom: a thing that has just gone is not found, whatever the words still say.
//!
//! Invariants: a thing's words are those of its texts once nothing is marked; of who looked for what nothing is kept but a keyed hash until
//! the day is over, so that nobody is counted twice, and what people want to be remembered (`consent`). Deliberately absent: what somebody
//! likes; a query finds the same for everybody.

mod find;
mod index;
mod postings;
mod said;
mod suggest;
mod words;

pub use find::find;
pub(crate) use find::things_called;
pub(crate) use index::{Of, Text, changed, changed_of};
pub use index::{catch_up, catch_up_whole};
pub(crate) use said::forget_all;
pub use said::{flush, forget, heard};
pub use suggest::suggest;
pub use words::{Synonyms, warm_up};

use std::sync::OnceLock;

/// What this process keeps of search.
#[derive(Default)]
pub struct Kept {
    heard: said::Heard,
    synonyms: OnceLock<Synonyms>,
}

impl Kept {
    /// The operator's words of one meaning, beside those of the shop; said once, before anybody searches.
    pub fn say(&self, own: &str) {
        let _ = self.synonyms.set(Synonyms::new(own));
    }

    fn synonyms(&self) -> &Synonyms {
        self.synonyms.get_or_init(|| Synonyms::new(""))
    }
}
