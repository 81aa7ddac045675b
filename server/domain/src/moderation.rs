//! Moderation: what is reported or caught, who decides about it, and what follows (rules.md 8).
//!
//! A case is opened by a report or because something was caught before it was shown. Somebody of the shop decides with a reason, the
//! author is told and may appeal once, and somebody else judges that. Nothing is hidden from its author, and nothing is deleted by a
//! machine.

pub mod screen;

use crate::{
    Code, Problem,
    catalog::PictureView,
    time::{DAY, Millis},
};
use serde::{Deserialize, Serialize};

/// Characters of what goes with a report, a decision, an appeal.
pub const MAX_TEXT: usize = 300;
/// How long after a decision its author may appeal.
pub const APPEAL: Millis = 30 * DAY;
/// Removals that count for the ladder are not older than this.
pub const MEMORY: Millis = 90 * DAY;
/// Reports of one person in a day.
pub const REPORTS_A_DAY: i64 = 20;

names! {
    /// What a case is about.
    Kind: Post = "post", Comment = "comment", Review = "review", Question = "question", Answer = "answer", Room = "room",
}

names! {
    /// Why something should not be there: what a report says, and what a decision gives as its reason.
    Reason:
    Spam = "spam",
    /// Wants money or data, or leads away from the shop to pay.
    Fraud = "fraud",
    /// Says of goods or health what is not so.
    Untrue = "untrue",
    /// Forbidden or counterfeit goods.
    Goods = "goods",
    Sexual = "sexual",
    Hate = "hate",
    Violence = "violence",
    /// Shows who somebody is, where he lives, how to reach him.
    Privacy = "privacy",
    /// Somebody else's words or pictures.
    Stolen = "stolen",
    /// Harms children.
    Minors = "minors",
    /// An ad that does not say so.
    HiddenAd = "hidden_ad",
    Other = "other",
}

impl Reason {
    /// What is looked at before anything else.
    pub const fn is_urgent(self) -> bool {
        matches!(self, Self::Minors | Self::Violence | Self::Fraud)
    }
}

names! {
    /// Why something was caught before anybody reported it.
    Caught:
    /// A word that the shop does not show unseen.
    Words = "words",
    /// A superlative that the advertising law forbids in ads.
    Superlative = "superlative",
    /// How to reach somebody outside of the shop.
    Contact = "contact",
    /// A way out of the shop.
    Link = "link",
    /// What somebody else has shown, or what one has shown lately oneself.
    Twin = "twin",
}

names! {
    /// How far a case is.
    State:
    Open = "open",
    Decided = "decided",
    Appealed = "appealed",
    Closed = "closed",
}

names! {
    /// What was decided.
    Decision:
    Keep = "keep",
    Remove = "remove",
    /// There was nothing left to decide: its author had changed or deleted it.
    Moot = "moot",
}

names! {
    /// Why a post is seen by its author alone.
    Held:
    /// Until somebody has looked at it.
    Review = "review",
    /// For good, unless an appeal says otherwise.
    Removed = "removed",
}

names! {
    /// What follows for the author, beside what was removed: how long he does not write.
    Sanction: None = "none", Day = "day", Week = "week", Forever = "forever",
}

impl Sanction {
    /// When it ends that begins now; none for one without an end.
    pub const fn ends(self, now: Millis) -> Option<Millis> {
        match self {
            Self::None => Some(now),
            Self::Day => Some(now + DAY),
            Self::Week => Some(now + 7 * DAY),
            Self::Forever => None,
        }
    }
}

/// The step of the ladder that is proposed: by how many removals of the last [`MEMORY`] there are, this one included.
pub const fn ladder(removals: i64) -> Sanction {
    match removals {
        ..=1 => Sanction::None,
        2 => Sanction::Day,
        3 => Sanction::Week,
        _ => Sanction::Forever,
    }
}

/// Whether the author of what was removed may still appeal.
pub const fn may_appeal(state: State, decision: Option<Decision>, decided_at: Millis, now: Millis) -> bool {
    matches!(state, State::Decided) && matches!(decision, Some(Decision::Remove)) && now - decided_at <= APPEAL
}

/// A text that goes with a report, a decision, an appeal.
///
/// # Errors
/// `text_long`.
pub fn text(said: &str) -> Result<String, Problem> {
    let said: String = said.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let said = said.trim();
    if said.chars().count() > MAX_TEXT {
        let most = i64::try_from(MAX_TEXT).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "text_long").field("text").number(most));
    }
    Ok(said.to_owned())
}

/// What is known of an account when it writes: each a kind of act that others have verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acts {
    /// Days since it was opened.
    pub days: i64,
    /// Orders received.
    pub orders: i64,
    /// People who like what it wrote.
    pub liked_by: i64,
    /// Votes that its reviews helped.
    pub helped: i64,
    /// What was removed of it within [`MEMORY`].
    pub removals: i64,
}

names! {
    /// How much an account is trusted.
    Trust: New = "new", Known = "known", Trusted = "trusted",
}

impl Trust {
    /// By how many kinds of verified acts there are; what was removed takes it down again.
    pub fn of(acts: Acts) -> Self {
        let kinds = [acts.days >= 7, acts.orders >= 1, acts.liked_by >= 5, acts.helped >= 3];
        let kinds = kinds.into_iter().filter(|k| *k).count();
        match (kinds, acts.removals) {
            (_, 2..) | (..=1, _) => Self::New,
            (3.., 0) if acts.days >= 30 => Self::Trusted,
            _ => Self::Known,
        }
    }

    /// Posts that it may show in a day.
    pub const fn posts_a_day(self) -> i64 {
        match self {
            Self::New => 5,
            Self::Known => 20,
            Self::Trusted => 50,
        }
    }

    /// Comments in a day.
    pub const fn comments_a_day(self) -> i64 {
        match self {
            Self::New => 50,
            Self::Known => 200,
            Self::Trusted => 500,
        }
    }
}

names! {
    /// What somebody does not want of somebody else: to see him, or to see and be seen by him.
    Aversion: Mute = "mute", Block = "block",
}

/// Somebody whom I have muted or blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AverseView {
    pub handle: String,
    pub name: String,
    pub kind: Aversion,
}

/// What is about to be reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportView {
    pub kind: Kind,
    pub code: Code,
    /// Its author's name, and the beginning of what it says.
    pub author: String,
    pub said: String,
    /// Where it stands.
    pub link: String,
    /// It is mine.
    pub own: bool,
    /// The case in which I have reported it already, as long as there is nothing new to say.
    pub reported: Option<Code>,
}

/// How a post stands with moderation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldView {
    pub held: Held,
    /// Why it was caught, or removed.
    pub caught: Vec<Caught>,
    pub reason: Option<Reason>,
    /// The case; for its author.
    pub case: Option<Code>,
}

/// An appeal, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealView {
    pub text: String,
    pub at: Millis,
    pub judged: Option<JudgedView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedView {
    /// Whether the decision stands.
    pub upheld: bool,
    pub note: String,
    pub at: Millis,
}

/// How long somebody does not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SanctionView {
    pub kind: Sanction,
    pub ends: Option<Millis>,
    pub lifted: bool,
}

/// A case, as its author or somebody who reported it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseView {
    pub code: Code,
    pub kind: Kind,
    pub state: State,
    pub said: String,
    /// Where it stands, as long as it does.
    pub link: Option<String>,
    pub opened: Millis,
    pub decision: Option<Decision>,
    /// An appeal has undone it.
    pub overturned: bool,
    pub decided: Option<Millis>,
    pub reason: Option<Reason>,
    /// Only its author sees these: why it was caught, what he was told, what follows, his appeal.
    pub caught: Vec<Caught>,
    pub note: String,
    pub sanction: Option<SanctionView>,
    pub appeal: Option<AppealView>,
    pub may_appeal: bool,
}

/// A case in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCard {
    pub code: Code,
    pub kind: Kind,
    pub state: State,
    pub said: String,
    pub author: String,
    pub reports: i64,
    /// What was said most often.
    pub reason: Option<Reason>,
    pub caught: Vec<Caught>,
    pub decision: Option<Decision>,
    /// An appeal has undone it.
    pub overturned: bool,
    /// When it was opened, decided or appealed.
    pub at: Millis,
}

names! {
    /// Which part of the queue.
    #[derive(Default)]
    Shelf:
    #[default]
    Open = "open",
    Appealed = "appealed",
    Done = "done",
}

/// The queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    pub shelf: Shelf,
    /// How many wait: for a decision, for a judgement.
    pub open: i64,
    pub appealed: i64,
    pub cases: Vec<CaseCard>,
    pub next: Option<String>,
}

/// A report, as whoever decides sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidView {
    pub name: String,
    pub reason: Reason,
    pub text: String,
    /// What it said then, when it says something else now.
    pub then: Option<String>,
    pub at: Millis,
}

/// What was done to a case, from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    pub seq: i64,
    pub name: String,
    pub act: String,
    pub detail: String,
    pub at: Millis,
}

/// Whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspectView {
    pub handle: String,
    pub name: String,
    pub acts: Acts,
    pub trust: Trust,
    /// How long he does not write already.
    pub paused: Option<SanctionView>,
}

/// A case at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskCaseView {
    pub case: CaseView,
    /// What stands there now; empty when it is gone.
    pub title: String,
    pub text: String,
    pub pictures: Vec<PictureView>,
    /// The post is held back until this is decided.
    pub held: bool,
    /// When it was changed last: a decision is about what was seen.
    pub saw: Millis,
    pub suspect: SuspectView,
    pub reports: Vec<SaidView>,
    /// Other cases of the same person, newest first.
    pub history: Vec<CaseCard>,
    pub log: Vec<EntryView>,
    pub proposed: Sanction,
    /// What was reported most often.
    pub reason: Option<Reason>,
    /// It has had other texts, which can still be read.
    pub earlier: bool,
    /// I may decide, or judge: it is not mine, I did not report it, and I have not decided it.
    pub mine_to_do: bool,
    pub next: Option<Code>,
}

/// How many of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountView<T> {
    pub of: T,
    pub n: i64,
}

/// What was decided in a stretch of time: everything is counted from the cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransparencyView {
    pub days: i64,
    pub reports: i64,
    pub reported: i64,
    pub caught: i64,
    pub kept: i64,
    pub removed: i64,
    pub moot: i64,
    pub waiting: i64,
    /// From opening to decision, in minutes: half of them were faster.
    pub median: Option<i64>,
    pub reasons: Vec<CountView<Reason>>,
    pub sanctions: Vec<CountView<Sanction>>,
    pub appeals: i64,
    pub overturned: i64,
    pub upheld: i64,
}

/// A list of words, as it is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordsView {
    /// `banned` or `superlative`.
    pub kind: String,
    pub version: i64,
    pub words: String,
    /// Who wrote this version, and when; none for the one that the shop came with.
    pub by: Option<(String, Millis)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn trust_never_falls_by_good_acts_and_never_rises_by_removals(
            days in 0..100_i64, orders in 0..3_i64, liked_by in 0..9_i64, helped in 0..5_i64, removals in 0..4_i64,
        ) {
            let acts = Acts { days, orders, liked_by, helped, removals };
            let now = Trust::of(acts);
            for better in [
                Acts { days: days + 30, ..acts },
                Acts { orders: orders + 1, ..acts },
                Acts { liked_by: liked_by + 5, ..acts },
                Acts { helped: helped + 3, ..acts },
            ] {
                let then = Trust::of(better);
                prop_assert!(then >= now);
            }
            let worse = Trust::of(Acts { removals: removals + 1, ..acts });
            prop_assert!(worse <= now);
            prop_assert!(removals < 2 || now == Trust::New);
        }

        #[test]
        fn a_text_is_kept_or_refused_with_its_length(said in "\\PC{0,320}") {
            match text(&said) {
                Ok(kept) => prop_assert!(kept.chars().count() <= MAX_TEXT && kept == kept.trim()),
                Err(problem) => prop_assert_eq!(problem.number, Some(300)),
            }
        }
    }

    #[test]
    fn one_kind_of_act_alone_makes_nobody_known() {
        assert_eq!(Trust::of(Acts { days: 4000, ..Acts::default() }), Trust::New);
        assert_eq!(Trust::of(Acts { liked_by: 900, ..Acts::default() }), Trust::New);
        assert_eq!(Trust::of(Acts { days: 8, orders: 1, ..Acts::default() }), Trust::Known);
        let old = Acts { days: 60, orders: 2, liked_by: 9, helped: 3, removals: 0 };
        assert_eq!(Trust::of(old), Trust::Trusted);
        assert_eq!(Trust::of(Acts { removals: 1, ..old }), Trust::Known);
    }

    #[test]
    fn the_ladder_is_climbed_step_by_step() {
        let steps: Vec<_> = (1..6).map(ladder).collect();
        use Sanction::{Day, Forever, None, Week};
        assert_eq!(steps, [None, Day, Week, Forever, Forever]);
        assert_eq!((Day.ends(5), Forever.ends(5)), (Some(5 + DAY), Option::None));
    }

    #[test]
    fn only_what_was_removed_is_appealed_once_and_in_time() {
        let may = |state, decision, after| may_appeal(state, Some(decision), 0, after);
        assert!(may(State::Decided, Decision::Remove, APPEAL));
        assert!(!may(State::Decided, Decision::Remove, APPEAL + 1));
        assert!(!may(State::Decided, Decision::Keep, 0));
        assert!(!may(State::Appealed, Decision::Remove, 0) && !may(State::Closed, Decision::Remove, 0));
    }
}
