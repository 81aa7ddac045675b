//! What is explained, as it is seen: with the picture, in a recording, and cut out of one.

use super::{ItemView, LATE};
use crate::{Code, Millis};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Ticks of 1/90000 s in a millisecond.
const TICKS: Millis = 90;
/// What was explained for less is no clip.
pub const SHORTEST: Millis = 3_000;
/// Clips that stand on the page of a product.
pub const CLIPS: usize = 3;

/// How long it is still kept from somebody that something is explained since `at`, ms: until he sees it (the moment that the picture has come
/// to, as the shop stamped it), but no longer than [`LATE`]. `seen`: none where no picture plays.
pub fn wait(at: Millis, seen: Option<Millis>, now: Millis) -> Millis {
    let most = at.saturating_add(LATE).saturating_sub(now).clamp(0, LATE);
    seen.map_or(0, |seen| at.saturating_sub(seen).clamp(0, most))
}

/// Which segments show something of the times in which a thing was explained, in their order. `kept`: when each began, and how long it lasts
/// in ticks of 1/90000 s; each begins with a whole picture, so a clip is never cut inside of one.
pub fn cut(kept: &[(Millis, i64)], times: &[Range<Millis>]) -> Vec<usize> {
    let shows =
        |at: Millis, lasts: i64| times.iter().any(|t| !t.is_empty() && at < t.end && t.start < at + lasts / TICKS);
    kept.iter().enumerate().filter(|(_, (at, lasts))| shows(*at, *lasts)).map(|(i, _)| i).collect()
}

/// A time in which something was explained, by the clock of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Its place in the bag.
    pub place: i64,
    pub from: Millis,
    pub until: Millis,
}

/// What is explained at a moment of a recording.
pub fn explained(chapters: &[Chapter], moment: Millis) -> Option<i64> {
    chapters.iter().find(|c| (c.from..c.until).contains(&moment)).map(|c| c.place)
}

/// What was said of a thing in a room, to be seen on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipView {
    pub code: Code,
    pub title: String,
    pub host: String,
    pub handle: String,
    /// The room is still on.
    pub on: bool,
    /// The thing, as it is there now.
    pub item: ItemView,
    /// When it was explained first.
    pub at: Millis,
    /// How long the pictures last, ms.
    pub lasts: Millis,
}

/// One of the clips of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipCard {
    pub code: Code,
    pub place: i64,
    pub title: String,
    pub host: String,
    /// When it was explained, and how long the pictures last, ms.
    pub at: Millis,
    pub lasts: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nobody_waits_longer_than_the_picture_may_be_behind(at in 0i64..100_000, seen in proptest::option::of(0i64..100_000), now in 0i64..120_000) {
            let left = wait(at, seen, now);
            prop_assert!((0..=LATE).contains(&left) && now + left <= now.max(at + LATE));
            match seen {
                None => prop_assert_eq!(left, 0),
                // Not before it is seen, unless that would be too long.
                Some(seen) => prop_assert!(seen + left >= at || left == LATE || now + left >= at + LATE),
            }
            prop_assert!(seen.is_none_or(|seen| seen < at) || left == 0);
        }

        #[test]
        fn a_clip_has_whatever_shows_something_of_it_and_nothing_else(
            lasts in proptest::collection::vec((0i64..3_000, 1i64..4_000), 0..40),
            times in proptest::collection::vec((0i64..120_000, 0i64..20_000), 0..4),
        ) {
            let mut at = 0;
            let kept: Vec<(i64, i64)> = lasts.iter().map(|(gap, lasts)| {
                let from = at + gap;
                at = from + lasts;
                (from, lasts * TICKS)
            }).collect();
            let times: Vec<_> = times.iter().map(|(from, lasts)| *from..from + lasts).collect();
            let cut = cut(&kept, &times);
            prop_assert!(cut.windows(2).all(|w| w[0] < w[1]));
            for (i, (at, lasts)) in kept.iter().enumerate() {
                let shows = (*at..at + lasts / TICKS).any(|ms| times.iter().any(|t| t.contains(&ms)));
                prop_assert_eq!(shows, cut.contains(&i), "{} of {:?}", i, times);
            }
        }

        #[test]
        fn at_a_moment_of_a_recording_that_is_shown_which_was_explained_then(times in proptest::collection::vec((0i64..5_000, 1i64..5_000), 1..10), at in 0i64..60_000) {
            let mut from = 0;
            let chapters: Vec<Chapter> = times.iter().zip(1..).map(|((gap, lasts), place)| {
                let chapter = Chapter { place, from: from + gap, until: from + gap + lasts };
                from = chapter.until;
                chapter
            }).collect();
            let then: Vec<i64> = chapters.iter().filter(|c| c.from <= at && at < c.until).map(|c| c.place).collect();
            prop_assert_eq!(explained(&chapters, at), then.first().copied());
            prop_assert!(then.len() <= 1);
        }
    }
}
