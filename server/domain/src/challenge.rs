//! Topic challenges: what is posted under a topic in a given time competes for prizes that are said beforehand, by the votes of people or
//! by a list of the shop.
//!
//! Who wins by votes can be worked out by anybody from what the page shows: the entry with more votes stands before, of equals the one
//! that was posted first; each author wins once at most; what nobody voted for wins nothing ([`winners`]).

use crate::{
    Code, Problem,
    post::{self, PostCard, Tally},
    time::{self, DAY, MINUTE, Millis},
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, hash::Hash, str::FromStr};

/// Characters of a title, of the rules, of what is won, of what the jury says.
pub const MAX_TITLE: usize = 30;
pub const MAX_RULES: usize = 1_000;
pub const MAX_PRIZE: usize = 200;
pub const MAX_STATEMENT: usize = 500;
/// Winners of one challenge, and days that it may run and be announced before.
pub const MAX_WINNERS: i64 = 10;
pub const MAX_DAYS: i64 = 60;
pub const MAX_AHEAD: Millis = 90 * DAY;
/// Entries that one person may vote for in a challenge.
pub const VOTES_EACH: i64 = 3;
/// How old the account of a voter must be.
pub const VOTER_AGE: Millis = DAY;

/// How it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Votes,
    Jury,
}

impl How {
    pub const ALL: [Self; 2] = [Self::Votes, Self::Jury];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Votes => "votes",
            Self::Jury => "jury",
        }
    }
}

impl FromStr for How {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// How far a challenge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It begins later.
    Planned,
    Open,
    /// It has ended and is being decided.
    Judging,
    Decided,
    Cancelled,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Planned, Self::Open, Self::Judging, Self::Decided, Self::Cancelled];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Judging => "judging",
            Self::Decided => "decided",
            Self::Cancelled => "cancelled",
        }
    }

    /// Where one stands at an instant that begins and ends at these.
    pub const fn at(now: Millis, starts: Millis, ends: Millis, decided: bool, cancelled: bool) -> Self {
        if cancelled {
            Self::Cancelled
        } else if decided {
            Self::Decided
        } else if now < starts {
            Self::Planned
        } else if now < ends {
            Self::Open
        } else {
            Self::Judging
        }
    }
}

/// What the shop says beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The name of the topic, as it is shown.
    pub topic: String,
    pub title: String,
    pub rules: String,
    pub prize: String,
    pub how: How,
    pub winners: i64,
    pub starts_at: Millis,
    pub ends_at: Millis,
}

/// The fields of the form, as they are typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub topic: String,
    pub title: String,
    pub rules: String,
    pub prize: String,
    pub how: String,
    pub winners: String,
    /// `2026-11-22`, or nothing for at once.
    pub starts: String,
    pub days: String,
}

fn number(text: &str, most: i64, field: &str) -> Result<i64, Problem> {
    let wrong = || Problem::new(422, "challenge_number").field(field).number(most);
    text.trim().parse::<i64>().ok().filter(|n| (1..=most).contains(n)).ok_or_else(wrong)
}

fn said(text: &str, most: usize, needed: bool, field: &str) -> Result<String, Problem> {
    let text = post::shown_text(text);
    if needed && text.is_empty() {
        return Err(Problem::new(422, "text_needed").field(field));
    }
    if text.chars().count() > most {
        return Err(Problem::new(422, "text_long").field(field).number(i64::try_from(most).unwrap_or(i64::MAX)));
    }
    Ok(text)
}

/// What the jury says of its list, as it is kept.
///
/// # Errors
/// `text_long`.
pub fn statement(text: &str) -> Result<String, Problem> {
    said(text, MAX_STATEMENT, false, "statement")
}

impl Terms {
    /// Reads what was typed; a date is midnight of the shop's time.
    ///
    /// # Errors
    /// `challenge_topic`, `text_needed`, `text_long`, `challenge_number`, `challenge_date`, each with its field.
    pub fn read(form: &Form, now: Millis, utc_offset_minutes: i64) -> Result<Self, Problem> {
        let topic = form.topic.trim().trim_start_matches(['#', '＃']).to_owned();
        post::topic_key(&topic).map_err(|_| Problem::new(422, "challenge_topic").field("topic"))?;
        let title = said(&post::one_line(&form.title), MAX_TITLE, true, "title")?;
        let rules = said(&form.rules, MAX_RULES, true, "rules")?;
        let prize = said(&form.prize, MAX_PRIZE, true, "prize")?;
        let how = form.how.parse()?;
        let winners = number(&form.winners, MAX_WINNERS, "winners")?;
        let days = number(&form.days, MAX_DAYS, "days")?;
        let starts_at = if form.starts.trim().is_empty() {
            now
        } else {
            let wrong = || Problem::new(422, "challenge_date").field("starts");
            let day = time::day(form.starts.trim()).ok_or_else(wrong)?;
            // Today's midnight has gone by: what was posted since then competes.
            let at = day * DAY - utc_offset_minutes * MINUTE;
            if at + DAY <= now || at > now + MAX_AHEAD {
                return Err(wrong());
            }
            at
        };
        Ok(Self { topic, title, rules, prize, how, winners, starts_at, ends_at: starts_at + days * DAY })
    }
}

/// What an entry has come to: who posted it when, and how many voted for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand<I> {
    pub entry: I,
    pub author: I,
    pub votes: i64,
    pub at: Millis,
}

/// The entries that win by votes, the first place first: see the top of this file.
pub fn winners<I: Copy + Ord + Hash>(stands: &[Stand<I>], places: i64) -> Vec<Stand<I>> {
    let mut order: Vec<Stand<I>> = stands.iter().copied().filter(|s| s.votes > 0).collect();
    order.sort_by(|a, b| b.votes.cmp(&a.votes).then(a.at.cmp(&b.at)).then(a.entry.cmp(&b.entry)));
    let mut authors = HashSet::new();
    order.retain(|s| authors.insert(s.author));
    order.truncate(usize::try_from(places).unwrap_or(0));
    order
}

/// A challenge in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeCard {
    pub code: Code,
    pub title: String,
    pub topic: String,
    pub prize: String,
    pub how: How,
    pub state: State,
    pub starts_at: Millis,
    pub ends_at: Millis,
    /// Posts that compete.
    pub entries: i64,
    pub votes: i64,
    pub winners: i64,
}

/// Challenges of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengesView {
    pub challenges: Vec<ChallengeCard>,
    pub next: Option<String>,
}

/// A post that competes, or has won.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    /// None for one that won and does not show any more.
    pub post: Option<PostCard>,
    pub votes: i64,
    /// The place that it won.
    pub place: Option<i64>,
}

/// In which order entries stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The most voted for first.
    #[default]
    Top,
    New,
}

/// A challenge, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeView {
    pub card: ChallengeCard,
    pub rules: String,
    /// What the jury said of its list.
    pub statement: String,
    pub placed: Vec<EntryView>,
    pub sort: Sort,
    pub entries: Vec<EntryView>,
    pub next: Option<String>,
    /// Votes that I have left.
    pub left: Option<i64>,
    /// Somebody of the shop decides now.
    pub judges: bool,
}

/// A challenge that a post competes in, beside the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompetesView {
    pub code: Code,
    pub title: String,
    pub how: How,
    pub state: State,
    pub ends_at: Millis,
    pub votes: Tally,
    pub left: i64,
    /// I wrote it: nobody votes for himself.
    pub own: bool,
    /// The place that it won.
    pub place: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn who_wins_has_as_many_votes_as_anybody_who_does_not(
            stands in prop::collection::vec((0_u8..6, 0_i64..5, 0_i64..4), 0..30), places in 0_i64..6, turn in 0_usize..30
        ) {
            let mut stands: Vec<Stand<u32>> = stands.into_iter().zip(0_u32..)
                .map(|((author, votes, at), entry)| Stand { entry, author: u32::from(author), votes, at }).collect();
            let won = winners(&stands, places);
            prop_assert!(won.len() <= usize::try_from(places).unwrap() && won.iter().all(|w| w.votes > 0));
            let authors: HashSet<u32> = won.iter().map(|w| w.author).collect();
            prop_assert_eq!(authors.len(), won.len(), "each author once");
            for pair in won.windows(2) {
                prop_assert!((-pair[0].votes, pair[0].at, pair[0].entry) < (-pair[1].votes, pair[1].at, pair[1].entry));
            }
            for s in &stands {
                let beaten = won.iter().any(|w| w.author == s.author && (-w.votes, w.at, w.entry) <= (-s.votes, s.at, s.entry));
                let outside = won.len() == usize::try_from(places).unwrap()
                    && won.iter().all(|w| (-w.votes, w.at, w.entry) < (-s.votes, s.at, s.entry));
                prop_assert!(s.votes == 0 || beaten || outside, "{:?} of {:?}", s, won);
            }
            // In whatever order they were read.
            let turn = turn.min(stands.len());
            stands.rotate_left(turn);
            prop_assert_eq!(winners(&stands, places), won);
        }

        #[test]
        fn a_challenge_goes_one_way(a in 0_i64..50, b in 1_i64..50, now in 0_i64..120) {
            let order = [State::Planned, State::Open, State::Judging];
            let at = |now| order.iter().position(|s| *s == State::at(now, a, a + b, false, false)).unwrap();
            prop_assert!(at(now) <= at(now + 1));
            prop_assert_eq!(State::at(now, a, a + b, true, false), State::Decided);
            prop_assert_eq!(State::at(now, a, a + b, true, true), State::Cancelled);
        }
    }

    fn form() -> Form {
        Form {
            topic: "#喝茶".into(),
            title: "冬天的第一杯茶".into(),
            rules: "Show your cup.".into(),
            prize: "A teapot".into(),
            how: "votes".into(),
            winners: "3".into(),
            starts: String::new(),
            days: "7".into(),
        }
    }

    #[test]
    fn what_is_typed_is_read_or_refused_with_its_field() {
        let now = 1_795_327_500_000; // 2026-11-22 14:05 at +8
        let terms = Terms::read(&form(), now, 480).unwrap();
        assert_eq!((terms.topic.as_str(), terms.starts_at, terms.ends_at), ("喝茶", now, now + 7 * DAY));
        let on = |starts: &str| Terms::read(&Form { starts: starts.into(), ..form() }, now, 480);
        assert_eq!(time::written(on("2026-11-30").unwrap().starts_at, 480), "2026-11-30 00:00");
        assert!(on("2026-11-22").is_ok(), "today");
        for wrong in ["2026-11-21", "2027-11-30", "2026-02-30", "tomorrow", "2026-13-01"] {
            assert_eq!(on(wrong).unwrap_err().field.as_deref(), Some("starts"), "{wrong}");
        }
        let wrong = |f: Form| Terms::read(&f, now, 480).unwrap_err().field.unwrap_or_default();
        assert_eq!(wrong(Form { topic: "two words".into(), ..form() }), "topic");
        assert_eq!(wrong(Form { title: " ".into(), ..form() }), "title");
        assert_eq!(wrong(Form { rules: "x".repeat(1_001), ..form() }), "rules");
        assert_eq!(wrong(Form { winners: "11".into(), ..form() }), "winners");
        assert_eq!(wrong(Form { days: "0".into(), ..form() }), "days");
    }
}
