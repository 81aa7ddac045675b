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
mod twin;
mod words;

pub use aversion::{Turn, averse, turn};
pub(crate) use aversion::{apart, hears_of, toward, unseen};
pub use desk::{Verdict, appeal, case, decide, desk, judge, queue};
pub(crate) use gate::{Kept, Lists, Quota, ask, clean, held_view, lists, may_write, moot, nothing_left, open, within};
pub use numbers::numbers;
pub use report::{form, report, shows_picture};
pub(crate) use twin::is_twin;
pub use words::{set_words, words};

use crate::{Result, args, db::Read, error::broken_row};
use domain::{
    Code,
    moderation::{Caught, Decision, Kind, Reason, State},
};
use uuid::Uuid;

/// What a case is about.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    pub(crate) post: Uuid,
    pub(crate) comment: Option<Uuid>,
    pub(crate) author: Uuid,
    /// What it says.
    pub(crate) said: String,
}

impl Object {
    fn id(&self) -> Uuid {
        self.comment.unwrap_or(self.post)
    }
}

crate::row! {
    struct Row {
        id: Uuid,
        code: String,
        kind: String,
        post_id: Uuid,
        comment_id: Option<Uuid>,
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
    fn kind(&self) -> Result<Kind> {
        self.kind.parse().map_err(|_| broken_row("moderation_case.kind"))
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
            "SELECT id, code, kind, post_id, comment_id, author_id, state, said, opened_at, caught, decision, reason, note,
                    decided_by, decided_at, appeal, appealed_at, upheld, judged_note, judged_at
             FROM moderation_case WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next())
}
