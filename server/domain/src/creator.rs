//! What came of what somebody posts: counts that have rows behind them, and nothing about anybody in particular.

use crate::{Millis, Money, commission::EarnedView, id::Code, time::DAY};
use serde::{Deserialize, Serialize};

/// Days that are looked back at.
pub const DAYS: i64 = 28;
/// A part of the audience is told of when it is so many people, and the rest is too.
pub const GROUP: i64 = 20;

names! {
    /// How people who liked or saved something lately are told apart.
    Group:
    /// They follow its author.
    Followers = "followers",
    /// They have bought something here.
    Buyers = "buyers",
    /// They have come within the last thirty days.
    New = "new",
}

/// A post, with what came of it in the days that are looked back at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostCame {
    pub code: Code,
    pub title: String,
    pub at: Millis,
    /// People who opened it, each once a day.
    pub views: i64,
    /// Of those who went on to a thing that it shows.
    pub clicks: i64,
    pub likes: i64,
    pub collects: i64,
    pub comments: i64,
    /// Paid orders that came from it.
    pub orders: i64,
    /// What was earned by it, in each currency.
    pub earned: Vec<Money>,
}

/// Some of the audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub group: Group,
    /// Of a hundred; none when one side is fewer than [`GROUP`] people.
    pub share: Option<i64>,
}

/// The desk of somebody who posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatorView {
    pub posts: Vec<PostCame>,
    pub views: i64,
    pub clicks: i64,
    pub likes: i64,
    pub collects: i64,
    /// Now, and how many of them came on each of the days, the oldest first.
    pub followers: i64,
    pub followed: Vec<i64>,
    /// Likes, saves and comments by the hour of the shop's day.
    pub hours: Vec<i64>,
    pub audience: i64,
    pub parts: Vec<Part>,
    /// What an ad earns on what is bought from it, in basis points.
    pub commission_bp: i64,
    /// What is earned with posts, in each currency.
    pub earned: Vec<EarnedView>,
}

/// The day of an instant by the shop's wall clock, counted from 1970.
pub const fn day_of(at: Millis, utc_offset: Millis) -> i64 {
    (at + utc_offset).div_euclid(DAY)
}

/// A part of a group as a share, when neither it nor the rest is so few that somebody could be meant.
pub const fn coarse(part: i64, all: i64) -> Option<i64> {
    if part >= GROUP && all - part >= GROUP { Some((part * 100 + all / 2) / all) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nobody_is_told_of_in_a_group_of_fewer_than_twenty(part in 0_i64..200, rest in 0_i64..200) {
            let share = coarse(part, part + rest);
            prop_assert_eq!(share.is_some(), part >= GROUP && rest >= GROUP);
            prop_assert!(share.is_none_or(|s| (0..=100).contains(&s)));
        }
    }
}
