//! A page of somebody's feed as it was made: each place with its thing, and what it stood there for.

use super::{Thing, rank::Placed};
use crate::error::broken_row;
use domain::{
    feed::{Factor, Factors, Kind, Weights},
    id::PersonId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The list that pages are cut from.
pub(super) struct List {
    /// Its name in cursors.
    pub(super) id: Uuid,
    pub(super) person: PersonId,
    pub(super) places: Vec<Placed>,
    /// The weights that it was made with.
    pub(super) weights: Weights,
}

/// A page that was shown.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) id: Uuid,
    pub(super) person: PersonId,
    pub(super) items: Items,
}

/// What is written of it. Numbers are hundredths; factors stand in the order of their names, and only those that say anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Items {
    w: Vec<i32>,
    p: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Place {
    k: Kind,
    i: Uuid,
    f: Vec<(u8, i32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    b: Vec<(u8, Uuid)>,
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "small numbers with two places behind the point"
)]
fn hundredths(x: f32) -> i32 {
    (x * 100.0).round() as i32
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "small numbers with two places behind the point"
)]
fn whole(x: i32) -> f32 {
    x as f32 / 100.0
}

fn number(factor: Factor) -> u8 {
    Factor::ALL.iter().position(|f| *f == factor).and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX)
}

fn factor(number: u8) -> Option<Factor> {
    Factor::ALL.get(usize::from(number)).copied()
}

impl Made {
    pub(super) fn new(id: Uuid, list: &List, places: &[Placed]) -> Self {
        let place = |p: &Placed| Place {
            k: p.thing.kind,
            i: p.thing.id,
            f: p.x.iter().filter(|(_, x)| *x != 0.0).map(|(f, x)| (number(f), hundredths(x))).collect(),
            b: p.because.iter().map(|(f, id)| (number(*f), *id)).collect(),
        };
        let items = Items {
            w: list.weights.of.iter().map(|(_, w)| hundredths(w)).collect(),
            p: places.iter().map(place).collect(),
        };
        Self { id, person: list.person, items }
    }

    /// As it is written.
    pub(super) fn written(&self) -> String {
        serde_json::to_string(&self.items).unwrap_or_default()
    }

    pub(super) fn read(id: Uuid, person: Uuid, items: &str) -> crate::Result<Self> {
        let items = serde_json::from_str(items).map_err(|_| broken_row("feed_page.items"))?;
        Ok(Self { id, person: PersonId(person), items })
    }

    /// The things on it.
    pub(super) fn things(&self) -> impl Iterator<Item = Thing> + '_ {
        self.items.p.iter().map(|p| Thing { kind: p.k, id: p.i })
    }

    /// What stood at a place.
    pub(super) fn at(&self, place: i64) -> Option<Placed> {
        let place = self.items.p.get(usize::try_from(place).ok()?)?;
        let mut x = Factors::default();
        for (f, value) in &place.f {
            x.set(factor(*f)?, whole(*value));
        }
        let because = place.b.iter().filter_map(|(f, id)| Some((factor(*f)?, *id))).collect();
        Some(Placed { thing: Thing { kind: place.k, id: place.i }, author: Uuid::nil(), x, because })
    }

    /// How much each factor counted.
    pub(super) fn weights(&self) -> Weights {
        let mut weights = Weights::default();
        for (f, w) in Factor::ALL.iter().zip(&self.items.w) {
            weights.of.set(*f, whole(*w));
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let mut x = Factors::default();
        x.set(Factor::Beside, 0.37);
        x.set(Factor::Less, 1.0);
        let thing = Thing { kind: Kind::Post, id: Uuid::from_u128(9) };
        let placed = Placed { thing, author: Uuid::nil(), x, because: vec![(Factor::Beside, Uuid::from_u128(3))] };
        let mut weights = Weights::default();
        weights.of.set(Factor::Hot, 1.23);
        let list = List { id: Uuid::nil(), person: PersonId(Uuid::from_u128(1)), places: Vec::new(), weights };
        let made = Made::new(Uuid::from_u128(2), &list, std::slice::from_ref(&placed));
        let read = Made::read(made.id, made.person.0, &made.written()).unwrap();
        let at = read.at(0).unwrap();
        assert_eq!((at.thing, at.x, at.because), (placed.thing, placed.x, placed.because));
        assert!((read.weights().of.get(Factor::Hot) - 1.23).abs() < 0.001 && read.at(1).is_none());
    }
}
