//! How close somebody is to a host whose fans he has joined: what he does in his rooms counts, so much a day at most, and slowly less when
//! he stays away.

use crate::{Millis, time::MINUTE};
use serde::{Deserialize, Serialize};

/// For each minute that he has seen it play; at most so much a day, as with everything that follows.
pub const WATCHED: i64 = 1;
pub const MOST_WATCHED: i64 = 60;
/// For each line that he says.
pub const SAID: i64 = 2;
pub const MOST_SAID: i64 = 20;
/// For so many hearts together.
pub const HEARTS: i64 = 10;
pub const MOST_HEARTS: i64 = 10;
/// For each visit that his links bring.
pub const BROUGHT: i64 = 5;
pub const MOST_BROUGHT: i64 = 20;
/// For each order of a room that he has kept.
pub const BOUGHT: i64 = 30;
pub const MOST_BOUGHT: i64 = 150;
/// Each day takes one of so many, rounded up.
pub const FADES: i64 = 50;
/// What is left after so many days is nothing, whatever it was.
const GONE: i64 = 2_000;
/// Points from which somebody has each level, from 1.
pub const LEVELS: [i64; 10] = [1, 30, 80, 160, 300, 500, 800, 1_200, 1_800, 2_600];

/// What somebody did within a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Did {
    /// How long he has seen it play, ms.
    pub ms: Millis,
    pub said: i64,
    pub hearts: i64,
    /// Visits that his links brought.
    pub brought: i64,
    /// Orders that he has kept.
    pub bought: i64,
}

impl Did {
    /// What each kind comes to, in the order in which they stand.
    pub fn points(&self) -> [i64; 5] {
        let of = |n: i64, each: i64, most: i64| n.clamp(0, most).saturating_mul(each).min(most);
        [
            of(self.ms / MINUTE, WATCHED, MOST_WATCHED),
            of(self.said, SAID, MOST_SAID),
            of(self.hearts / HEARTS, 1, MOST_HEARTS),
            of(self.brought, BROUGHT, MOST_BROUGHT),
            of(self.bought, BOUGHT, MOST_BOUGHT),
        ]
    }

    /// Together with what was done besides.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            ms: self.ms.saturating_add(more.ms),
            said: self.said.saturating_add(more.said),
            hearts: self.hearts.saturating_add(more.hearts),
            brought: self.brought.saturating_add(more.brought),
            bought: self.bought.saturating_add(more.bought),
        }
    }

    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// How close somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fan {
    /// The day that it is true of, days since 1970 by the clock of the shop.
    pub day: i64,
    /// What he had when it began.
    pub points: i64,
    /// What he has done since.
    pub did: Did,
}

impl Fan {
    /// All that he has.
    pub fn has(&self) -> i64 {
        self.points.saturating_add(self.did.points().iter().sum())
    }

    /// What is true at the beginning of a later day. An earlier one changes nothing: the clock of another machine may be behind.
    #[must_use]
    pub fn on(self, day: i64) -> Self {
        if day <= self.day {
            return self;
        }
        let mut points = self.has();
        for _ in 0..(day - self.day).min(GONE) {
            points -= (points + FADES - 1) / FADES;
        }
        Self { day, points, did: Did::default() }
    }

    /// From 1; 0 for whoever has nothing.
    pub fn level(&self) -> i64 {
        level(self.has())
    }
}

/// The level of whoever has so many points.
pub fn level(points: i64) -> i64 {
    i64::try_from(LEVELS.iter().filter(|from| points >= **from).count()).unwrap_or(0)
}

/// What somebody reads of himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanView {
    pub level: i64,
    pub points: i64,
    /// From which on this level is his.
    pub from: i64,
    /// From which on the next level is his; none with the last.
    pub next: Option<i64>,
    /// What he has done today.
    pub did: Did,
}

impl From<Fan> for FanView {
    fn from(fan: Fan) -> Self {
        let level = fan.level();
        let starts = |level: i64| usize::try_from(level - 1).ok().and_then(|at| LEVELS.get(at)).copied();
        Self { level, points: fan.has(), from: starts(level).unwrap_or(0), next: starts(level + 1), did: fan.did }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn did() -> impl Strategy<Value = Did> {
        (0i64..20_000_000, 0i64..50, 0i64..500, 0i64..20, 0i64..20)
            .prop_map(|(ms, said, hearts, brought, bought)| Did { ms, said, hearts, brought, bought })
    }

    #[test]
    fn levels_rise_and_the_most_of_a_day_is_what_is_said() {
        assert!(LEVELS.windows(2).all(|w| w[0] < w[1]));
        assert_eq!((level(0), level(1), level(29), level(30), level(2_600), level(i64::MAX)), (0, 1, 1, 2, 10, 10));
        let all = Did { ms: i64::MAX, said: i64::MAX, hearts: i64::MAX, brought: i64::MAX, bought: i64::MAX };
        assert_eq!(all.points(), [MOST_WATCHED, MOST_SAID, MOST_HEARTS, MOST_BROUGHT, MOST_BOUGHT]);
        // Whoever does all of it each day gets to the last level, and is gone from it within half a year.
        let mut fan = Fan::default();
        for day in 0..20 {
            fan = Fan { did: all, ..fan.on(day) };
        }
        assert_eq!(fan.level(), 10);
        assert!((1..10).contains(&fan.on(fan.day + 180).level()));
        assert_eq!(fan.on(fan.day + GONE).has(), 0);
    }

    proptest! {
        #[test]
        fn more_is_never_less_and_never_more_than_the_most_of_a_day(a in did(), b in did(), points in 0i64..10_000) {
            let (one, both) = (Fan { day: 1, points, did: a }, Fan { day: 1, points, did: a.and(b) });
            prop_assert!(both.has() >= one.has() && one.has() >= points);
            prop_assert!(both.has() - points <= MOST_WATCHED + MOST_SAID + MOST_HEARTS + MOST_BROUGHT + MOST_BOUGHT);
            prop_assert_eq!(a.and(b), b.and(a));
        }

        #[test]
        fn time_takes_the_same_at_once_and_day_by_day_and_never_all_of_it_in_one(did in did(), points in 0i64..10_000, first in 0i64..60, then in 0i64..60) {
            let fan = Fan { day: 100, points, did };
            let at_once = fan.on(100 + first + then);
            prop_assert_eq!(fan.on(100 + first).on(100 + first + then), at_once);
            prop_assert!(at_once.has() <= fan.has() && at_once.level() <= fan.level());
            let next = fan.on(101).has();
            prop_assert!(fan.has() - next <= fan.has() / FADES + 1 && next >= 0);
            prop_assert_eq!(fan.on(3), fan, "a clock that is behind changes nothing");
        }

        #[test]
        fn what_is_left_to_the_next_level_is_what_is_missing(points in 0i64..4_000) {
            let view = FanView::from(Fan { day: 1, points, did: Did::default() });
            prop_assert!(view.from <= points && level(view.from) == view.level);
            match view.next {
                Some(next) => prop_assert!(next > points && level(next) == view.level + 1),
                None => prop_assert_eq!(view.level, 10),
            }
        }
    }
}
