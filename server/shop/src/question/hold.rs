//! Taking a question or an answer down and putting it back: what moderation does with them. What it said is kept.

use super::count;
use crate::{
    Result, args,
    db::{Read, Tx},
    error::broken_row,
    moderation::{Found, Object, Standing, Thing},
};
use domain::{Code, Problem, moderation::Held};
use uuid::Uuid;

crate::row! {
    struct Said {
        id: Uuid,
        code: String,
        question: Option<String>,
        person_id: Uuid,
        text: String,
        deleted: bool,
        removed: bool,
        changed: i64,
    }
}

impl Said {
    fn link(&self) -> String {
        match &self.question {
            None => format!("/questions/{}", self.code),
            Some(question) => format!("/questions/{question}#a-{}", self.code),
        }
    }
}

/// A question or an answer that I could report.
///
/// # Errors
/// `not_found`.
pub(crate) async fn seen(mut read: impl Read, code: &Code, answer: bool) -> Result<Found> {
    let rows: Vec<Said> = read
        .all(
            "SELECT s.id, s.code, q.code AS question, s.person_id, s.text, (s.deleted_at IS NOT NULL) AS deleted, s.removed,
                    COALESCE(s.changed_at, s.at) AS changed
             FROM ask s LEFT JOIN ask q ON q.id = s.question_id WHERE s.code = $1",
            args![code.as_str()],
        )
        .await?;
    let there = |r: &Said| !r.deleted && !r.removed && r.question.is_some() == answer;
    let row = rows.into_iter().next().filter(there).ok_or_else(Problem::not_found)?;
    let thing = if answer { Thing::Answer(row.id) } else { Thing::Question(row.id) };
    let link = row.link();
    Ok(Found {
        object: Object { thing, author: row.person_id, said: row.text },
        link,
        changed: row.changed,
        anonymous: false,
    })
}

/// A question or an answer, as it stands now.
pub(crate) async fn standing(mut read: impl Read, ask: Uuid) -> Result<Standing> {
    let rows: Vec<Said> = read
        .all(
            "SELECT s.id, s.code, q.code AS question, s.person_id, s.text, (s.deleted_at IS NOT NULL) AS deleted, s.removed,
                    COALESCE(s.changed_at, s.at) AS changed
             FROM ask s LEFT JOIN ask q ON q.id = s.question_id WHERE s.id = $1",
            args![ask],
        )
        .await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    if row.deleted {
        return Ok(Standing::default());
    }
    Ok(Standing {
        code: Some(row.code.parse().map_err(|_| broken_row("ask.code"))?),
        link: Some(row.link()),
        title: String::new(),
        held: row.removed.then_some(Held::Removed),
        changed: row.changed,
        text: row.text,
    })
}

/// Whoever says something below a question, or takes something of it away, waits for the others until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, ask: Uuid) -> Result<()> {
    tx.execute(
        "UPDATE ask SET answers = answers WHERE id = COALESCE((SELECT s.question_id FROM ask s WHERE s.id = $1), $1)",
        args![ask],
    )
    .await?;
    Ok(())
}

async fn turn(tx: &mut Tx, ask: Uuid, removed: bool) -> Result<()> {
    crate::row! {
        struct Of {
            question_id: Option<Uuid>,
        }
    }
    tx.execute("UPDATE ask SET removed = $1 WHERE id = $2", args![removed, ask]).await?;
    let of: Option<Of> = tx.fetch_optional("SELECT question_id FROM ask WHERE id = $1", args![ask]).await?;
    match of.and_then(|o| o.question_id) {
        Some(question) => count(tx, question).await,
        None => Ok(()),
    }
}

/// Takes it down.
pub(crate) async fn take_down(tx: &mut Tx, ask: Uuid) -> Result<()> {
    turn(tx, ask, true).await
}

/// Puts it back.
pub(crate) async fn put_back(tx: &mut Tx, ask: Uuid) -> Result<()> {
    turn(tx, ask, false).await
}
