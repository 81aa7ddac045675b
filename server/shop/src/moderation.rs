//! Moderation: what is reported or caught, decided, appealed.
//!
//! Invariants: what is held back is seen by its author, who is told why; a decision has a reason and is about what was seen; whoever
//! decided does not judge the appeal; nobody decides about himself or about his own report; every act of the desk is in the log
//! (`audit`). Deliberately absent: hiding anything from its author, deleting anything by a machine.

mod aversion;
mod desk;
mod gate;
mod numbers;
mod report;
mod thing;
mod twin;
mod words;

pub use aversion::{Turn, averse, turn};
pub(crate) use aversion::{apart, hears_of, toward, unseen};
pub use desk::{Verdict, appeal, case, decide, desk, judge, queue};
pub(crate) use gate::{
    Kept, Lists, Quota, ask, clean, held_view, lists, may_write, moot, moot_ask, nothing_left, open, within,
};
pub use numbers::numbers;
pub use report::{form, report, shows_picture};
pub(crate) use thing::{Found, Standing};
pub(crate) use twin::is_twin;
pub use words::{set_words, words};

use crate::{Result, args, db::Read, error::broken_row};
use domain::{
    Code,
    moderation::{Caught, Decision, Kind, Reason, State},
};
use uuid::Uuid;

/// What a case is about, by its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Post(Uuid),
    Comment { post: Uuid, comment: Uuid },
    Review(Uuid),
    Question(Uuid),
    Answer(Uuid),
    Room(Uuid),
}

impl Thing {
    const fn kind(self) -> Kind {
        match self {
            Self::Post(_) => Kind::Post,
            Self::Comment { .. } => Kind::Comment,
            Self::Review(_) => Kind::Review,
            Self::Question(_) => Kind::Question,
            Self::Answer(_) => Kind::Answer,
            Self::Room(_) => Kind::Room,
        }
    }

    const fn id(self) -> Uuid {
        match self {
            Self::Post(id)
            | Self::Comment { comment: id, .. }
            | Self::Review(id)
            | Self::Question(id)
            | Self::Answer(id)
            | Self::Room(id) => id,
        }
    }

    /// The post, the comment, the review, the question or answer, the room of its case.
    const fn columns(self) -> [Option<Uuid>; 5] {
        match self {
            Self::Post(post) => [Some(post), None, None, None, None],
            Self::Comment { post, comment } => [Some(post), Some(comment), None, None, None],
            Self::Review(review) => [None, None, Some(review), None, None],
            Self::Question(ask) | Self::Answer(ask) => [None, None, None, Some(ask), None],
            Self::Room(room) => [None, None, None, None, Some(room)],
        }
    }
}

/// What a case is about, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) thing: Thing,
    pub(crate) author: Uuid,
    /// What it says.
    pub(crate) said: String,
}

crate::row! {
    struct Row {
        id: Uuid,
        code: String,
        post_id: Option<Uuid>,
        comment_id: Option<Uuid>,
        review_id: Option<Uuid>,
        ask_id: Option<Uuid>,
        room_id: Option<Uuid>,
        kind: String,
        author_id: Uuid,
        state: String,
        said: String,
        opened_at: i64,
        caught: String,
        decision: Option<String>,
        reason: Option<String>,
        note: String,
        decided_by: Option<Uuid>,
        decided_at: Option<i64>,
        appeal: Option<String>,
        appealed_at: Option<i64>,
        upheld: Option<bool>,
        judged_note: String,
        judged_at: Option<i64>,
    }
}

impl Row {
    fn thing(&self) -> Result<Thing> {
        let kind = self.kind.parse().map_err(|_| broken_row("moderation_case.kind"))?;
        match (kind, self.post_id, self.comment_id, self.review_id.or(self.ask_id).or(self.room_id)) {
            (Kind::Post, Some(post), None, None) => Ok(Thing::Post(post)),
            (Kind::Comment, Some(post), Some(comment), None) => Ok(Thing::Comment { post, comment }),
            (Kind::Review, None, None, Some(review)) => Ok(Thing::Review(review)),
            (Kind::Question, None, None, Some(ask)) => Ok(Thing::Question(ask)),
            (Kind::Answer, None, None, Some(ask)) => Ok(Thing::Answer(ask)),
            (Kind::Room, None, None, Some(room)) => Ok(Thing::Room(room)),
            _ => Err(broken_row("moderation_case.kind")),
        }
    }

    fn state(&self) -> Result<State> {
        self.state.parse().map_err(|_| broken_row("moderation_case.state"))
    }

    fn decision(&self) -> Result<Option<Decision>> {
        named(self.decision.as_deref(), "moderation_case.decision")
    }

    fn reason(&self) -> Result<Option<Reason>> {
        named(self.reason.as_deref(), "moderation_case.reason")
    }

    fn code(&self) -> Result<Code> {
        self.code.parse().map_err(|_| broken_row("moderation_case.code"))
    }
}

fn named<T: std::str::FromStr>(name: Option<&str>, column: &str) -> Result<Option<T>> {
    name.map(|n| n.parse().map_err(|_| broken_row(column))).transpose()
}

/// Names with spaces between them.
fn caught(names: &str) -> Vec<Caught> {
    names.split_whitespace().filter_map(|n| n.parse().ok()).collect()
}

/// A case by its code.
async fn find(mut read: impl Read, code: &Code) -> Result<Option<Row>> {
    let rows: Vec<Row> = read
        .all(
            "SELECT id, code, kind, post_id, comment_id, review_id, ask_id, room_id, author_id, state, said, opened_at, caught, decision, reason, note,
                    decided_by, decided_at, appeal, appealed_at, upheld, judged_note, judged_at
             FROM moderation_case WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next())
}
