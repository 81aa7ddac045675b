//! Reviews: what a buyer says of what arrived.
//!
//! A review comes from a delivered line of an order: one a line, with one follow-up, within 180 days, kept in versions; the shop's
//! own people write none (rules.md 8).

use crate::{
    Code, Problem,
    catalog::PictureView,
    time::{DAY, Millis},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// So long after its order was received a line can be reviewed, and a review be changed or followed up.
pub const WINDOW: Millis = 180 * DAY;
/// Characters of a text: as many as a refused form brings back, in any script.
pub const MAX_TEXT: usize = 500;
/// Pictures of a review.
pub const MAX_PICTURES: i64 = 6;
/// Letters, signs of words and digits of a text that is worth points.
pub const WORTH: usize = 15;
/// Times a day that somebody gets points for what he says.
pub const REWARDS_A_DAY: i64 = 10;
/// What can be said with a tap, the good things first. The texts of `review_tag_<name>`.
pub const TAGS: [&str; 10] = [
    "good_quality",
    "as_described",
    "good_value",
    "fast",
    "well_packed",
    "poor_quality",
    "differs",
    "too_small",
    "too_large",
    "slow",
];

/// A review as it was written, and found to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    stars: i64,
    tags: Vec<&'static str>,
    text: String,
    pub anonymous: bool,
}

impl Draft {
    /// # Errors
    /// `review_stars`, `review_tag`, `text_long` with the number of characters that may be, each with its field.
    pub fn new(stars: i64, tags: &[String], text: &str, anonymous: bool) -> Result<Self, Problem> {
        if !(1..=5).contains(&stars) {
            return Err(Problem::new(422, "review_stars").field("stars"));
        }
        let known = |tag: &String| TAGS.iter().copied().find(|t| t == tag);
        let mut said = tags
            .iter()
            .map(known)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Problem::new(422, "review_tag").field("tag"))?;
        said.sort_unstable();
        said.dedup();
        Ok(Self { stars, tags: said, text: said_text(text)?, anonymous })
    }

    /// From 1 to 5.
    pub const fn stars(&self) -> i64 {
        self.stars
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The tags as they are kept: each between bars, so that one is never a part of another.
    pub fn written_tags(&self) -> String {
        self.tags.iter().fold(String::from("|"), |kept, tag| kept + tag + "|")
    }
}

/// The tags that were kept by [`Draft::written_tags`].
pub fn read_tags(kept: &str) -> Vec<String> {
    kept.split('|').filter(|t| TAGS.contains(t)).map(str::to_owned).collect()
}

/// A text without what does not show, and not too long.
///
/// # Errors
/// `text_long` with the number of characters that may be.
pub fn said_text(text: &str) -> Result<String, Problem> {
    let shown: String = text.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let shown = shown.trim();
    if shown.chars().count() > MAX_TEXT {
        let most = i64::try_from(MAX_TEXT).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "text_long").field("text").number(most));
    }
    Ok(shown.to_owned())
}

names! {
    /// What of a review is worth points. How many stars it gives, and what it says, is not.
    Reward:
    Text = "text",
    Picture = "picture",
}

impl Reward {
    /// Whether a review has earned it: a text of [`WORTH`] letters, signs of words or digits; any picture.
    pub fn earned(self, text: &str, pictures: i64) -> bool {
        match self {
            Self::Text => text.chars().filter(|c| c.is_alphanumeric()).count() >= WORTH,
            Self::Picture => pictures > 0,
        }
    }
}

/// Points for each [`Reward`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewards {
    pub text: i64,
    pub picture: i64,
}

impl Rewards {
    pub const fn of(self, reward: Reward) -> i64 {
        match reward {
            Reward::Text => self.text,
            Reward::Picture => self.picture,
        }
    }
}

/// Until when a line of an order that was received then can be reviewed.
///
/// # Errors
/// `review_early` for one that was not received, `review_closed` afterwards.
pub fn until(received_at: Option<Millis>, now: Millis) -> Result<Millis, Problem> {
    let until = received_at.ok_or_else(|| Problem::new(409, "review_early"))?.saturating_add(WINDOW);
    if now > until { Err(Problem::new(409, "review_closed")) } else { Ok(until) }
}

/// What all reviews of a product say together. Every number has its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many gave one star, two, ... five.
    pub stars: [i64; 5],
    /// What was tapped, the most frequent first; none that nobody did.
    pub tags: Vec<(String, i64)>,
    pub follow_ups: i64,
    /// Reviews with pictures.
    pub pictured: i64,
}

impl Summary {
    pub fn count(&self) -> i64 {
        self.stars.iter().sum()
    }

    /// The mean in tenths of a star, rounded half up; none without reviews.
    pub fn tenths(&self) -> Option<i64> {
        let n = self.count();
        let sum: i64 = self.stars.iter().zip(1..).map(|(n, stars): (&i64, i64)| n * stars).sum();
        (n > 0).then(|| (sum * 20 + n) / (2 * n))
    }

    /// The share of one row of the distribution, in percent, rounded down.
    pub fn percent(&self, stars: usize) -> i64 {
        let n = self.stars.get(stars.wrapping_sub(1)).copied().unwrap_or(0);
        (n * 100).checked_div(self.count()).unwrap_or(0)
    }
}

/// Which reviews are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    #[default]
    All,
    /// Four and five stars.
    Good,
    Middling,
    /// One and two.
    Bad,
    Pictured,
    FollowUp,
}

impl Filter {
    pub const ALL: [Self; 6] = [Self::All, Self::Pictured, Self::Good, Self::Middling, Self::Bad, Self::FollowUp];

    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Good => "good",
            Self::Middling => "middling",
            Self::Bad => "bad",
            Self::Pictured => "pictured",
            Self::FollowUp => "follow_up",
        }
    }

    /// The fewest and the most stars of it.
    pub const fn stars(self) -> (i64, i64) {
        match self {
            Self::All | Self::Pictured | Self::FollowUp => (1, 5),
            Self::Good => (4, 5),
            Self::Middling => (3, 3),
            Self::Bad => (1, 2),
        }
    }

    /// How many there are.
    pub fn count(self, of: &Summary) -> i64 {
        match self {
            Self::FollowUp => of.follow_ups,
            Self::Pictured => of.pictured,
            _ => {
                let (low, high) = self.stars();
                of.stars.iter().zip(1..).filter(|(_, s)| (low..=high).contains(s)).map(|(n, _)| n).sum()
            }
        }
    }
}

impl FromStr for Filter {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// Something that was said later: a follow-up, or the shop's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterView {
    pub text: String,
    pub at: Millis,
}

/// A review, as everybody sees it. One that was taken down says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewView {
    pub code: Code,
    /// Of whoever wrote it; masked when he wished it.
    pub author: String,
    pub stars: i64,
    pub tags: Vec<String>,
    pub text: String,
    pub pictures: Vec<PictureView>,
    /// Its writer got points for it.
    pub rewarded: bool,
    /// What was chosen of the product.
    pub choice: String,
    pub removed: bool,
    pub at: Millis,
    pub edited: bool,
    pub follow_up: Option<LaterView>,
    pub answer: Option<LaterView>,
    /// People who found it helpful.
    pub helpful: i64,
    /// I am one of them.
    pub voted: bool,
    pub mine: bool,
}

impl ReviewView {
    /// What stands there of one that was taken down.
    pub fn tombstone(code: Code, at: Millis, mine: bool) -> Self {
        Self {
            code,
            author: String::new(),
            stars: 0,
            tags: Vec::new(),
            text: String::new(),
            pictures: Vec::new(),
            rewarded: false,
            choice: String::new(),
            removed: true,
            at,
            edited: false,
            follow_up: None,
            answer: None,
            helpful: 0,
            voted: false,
            mine,
        }
    }
}

/// A review, as the shop's desk sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskReviewView {
    /// Of the product.
    pub slug: String,
    pub title: String,
    pub review: ReviewView,
}

/// Reviews of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewsView {
    pub slug: String,
    pub title: String,
    pub summary: Summary,
    pub filter: Filter,
    pub reviews: Vec<ReviewView>,
    pub next: Option<String>,
}

/// What I wrote of a line, as the form shows it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MineView {
    pub code: Code,
    pub stars: i64,
    pub tags: Vec<String>,
    pub text: String,
    pub anonymous: bool,
    pub pictures: Vec<PictureView>,
    /// Points that I have for it.
    pub earned: i64,
    /// The case in which it was taken down, as long as it is.
    pub removed: Option<Code>,
    pub follow_up: Option<LaterView>,
    pub answer: Option<LaterView>,
}

/// A line of my order that can be reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToReviewLine {
    pub position: i64,
    pub slug: String,
    pub title: String,
    pub choice: String,
    pub picture: Option<PictureView>,
    pub mine: Option<MineView>,
}

/// My order, as its review page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToReviewView {
    pub code: Code,
    pub lines: Vec<ToReviewLine>,
    pub rewards: Rewards,
    /// Until when something can be written; a refusal instead when it cannot.
    pub until: Result<Millis, Problem>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mean_lies_between_the_fewest_and_the_most_stars_that_were_given(stars in prop::array::uniform5(0_i64..10_000)) {
            let summary = Summary { stars, ..Summary::default() };
            let given: Vec<i64> = (1..=5).zip(stars).filter(|(_, n)| *n > 0).map(|(s, _)| s).collect();
            match (given.first(), given.last(), summary.tenths()) {
                (Some(low), Some(high), Some(tenths)) => prop_assert!((low * 10..=high * 10).contains(&tenths)),
                (_, _, tenths) => prop_assert_eq!(tenths, None),
            }
            let parts: i64 = (1..=5).map(|s| summary.percent(s)).sum();
            prop_assert!(parts <= 100);
            let by_stars = [Filter::Good, Filter::Middling, Filter::Bad].map(|f| f.count(&summary)).iter().sum::<i64>();
            prop_assert_eq!((by_stars, Filter::All.count(&summary)), (summary.count(), summary.count()));
        }

        #[test]
        fn a_draft_keeps_what_was_said_and_nothing_that_does_not_show(
            stars in -2_i64..9, picks in prop::collection::vec(0_usize..10, 0..12), text in "\\PC{0,40}[\u{0}-\u{1f}]{0,3}\\PC{0,1200}",
        ) {
            let tags: Vec<String> = picks.iter().map(|i| TAGS[*i].to_owned()).collect();
            let fits = text.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().chars().count() <= MAX_TEXT;
            match Draft::new(stars, &tags, &text, false) {
                Ok(draft) => {
                    prop_assert!((1..=5).contains(&stars) && fits);
                    let kept = read_tags(&draft.written_tags());
                    prop_assert!(kept.iter().all(|t| tags.contains(t)) && tags.iter().all(|t| kept.contains(t)));
                    prop_assert!(kept.windows(2).all(|w| w[0] < w[1]));
                    prop_assert_eq!(said_text(draft.text()).unwrap(), draft.text());
                    prop_assert!(!draft.text().chars().any(|c| c.is_control() && c != '\n'));
                }
                Err(problem) => prop_assert_eq!(problem.code.as_str(), if (1..=5).contains(&stars) { "text_long" } else { "review_stars" }),
            }
        }

        #[test]
        fn points_are_earned_by_saying_and_showing_something_and_never_by_stars(text in "[ a-z\n茶]{0,40}", pictures in 0_i64..=MAX_PICTURES) {
            let signs = text.chars().filter(|c| c.is_alphanumeric()).count();
            prop_assert_eq!(Reward::Text.earned(&text, pictures), signs >= WORTH);
            prop_assert_eq!(Reward::Picture.earned(&text, pictures), pictures > 0);
        }

        #[test]
        fn a_line_can_be_reviewed_from_its_receipt_for_180_days(received in 0_i64..4_000_000_000_000, later in 0_i64..400 * DAY) {
            prop_assert_eq!(until(Some(received), received + later).is_ok(), later <= 180 * DAY);
            prop_assert!(until(None, later).is_err());
        }
    }

    #[test]
    fn a_tag_that_nobody_offers_is_refused() {
        assert_eq!(Draft::new(5, &["fast|slow".to_owned()], "", false).unwrap_err().code, "review_tag");
    }
}
