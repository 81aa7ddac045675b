//! Polls: asked by a post, answered once by each person.
//!
//! Invariants: a poll has as many voters as ballots, and its counts are those of its ballots (`verify`); nobody votes after it has closed;
//! a quiz is answered once. Deliberately absent: who may see the post (`post`).

use crate::{
    Error, Result, Shop, args,
    catalog::json,
    db::{Read, Tx},
    error::broken_row,
    post,
};
use domain::{
    Code, Millis, Problem,
    id::PersonId,
    poll::{Ballot, Kind, NewPoll, OptionView, PollDraft, PollView, run_off, sees, shares, tally},
};
use std::collections::BTreeMap;
use uuid::Uuid;

crate::row! {
    struct Row {
        kind: String,
        options: String,
        shows: String,
        days: i64,
        answer: Option<i64>,
        closes_at: Option<i64>,
        voters: i64,
    }
}

impl Row {
    fn kind(&self) -> Result<Kind> {
        self.kind.parse().map_err(|_| broken_row("poll.kind"))
    }

    fn options(&self) -> Result<Vec<String>> {
        json("poll.options", &self.options)
    }
}

async fn find(mut read: impl Read, post: Uuid) -> Result<Option<Row>> {
    let rows: Vec<Row> = read
        .all("SELECT kind, options, shows, days, answer, closes_at, voters FROM poll WHERE post_id = $1", args![post])
        .await?;
    Ok(rows.into_iter().next())
}

/// Keeps the poll of a draft, or that it has none.
pub(crate) async fn keep(tx: &mut Tx, post: Uuid, poll: Option<&NewPoll>) -> Result<()> {
    tx.execute("DELETE FROM poll WHERE post_id = $1 AND closes_at IS NULL", args![post]).await?;
    let Some(poll) = poll else { return Ok(()) };
    let answer = poll.right().map(|r| i64::try_from(r).unwrap_or(0));
    tx.execute(
        "INSERT INTO poll (post_id, kind, options, shows, days, answer) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        args![
            post,
            poll.kind.name(),
            serde_json::to_string(poll.options()).unwrap_or_default(),
            poll.shows.name(),
            poll.days,
            answer
        ],
    )
    .await?;
    Ok(())
}

/// The poll of a post that is shown from now on is open.
pub(crate) async fn open(tx: &mut Tx, post: Uuid, now: Millis) -> Result<()> {
    tx.execute(
        "UPDATE poll SET closes_at = $1 + days * 86400000 WHERE post_id = $2 AND closes_at IS NULL",
        args![now, post],
    )
    .await?;
    Ok(())
}

/// The poll of a post that was deleted is gone, with all that was said.
pub(crate) async fn drop(tx: &mut Tx, post: Uuid) -> Result<()> {
    tx.execute("DELETE FROM poll_ballot WHERE post_id = $1", args![post]).await?;
    tx.execute("DELETE FROM poll_count WHERE post_id = $1", args![post]).await?;
    tx.execute("DELETE FROM poll WHERE post_id = $1", args![post]).await?;
    Ok(())
}

/// What a poll says, to be looked at with the text of its post; empty when there is none.
pub(crate) async fn text(read: impl Read, post: Uuid) -> Result<String> {
    find(read, post).await?.map_or_else(|| Ok(String::new()), |row| Ok(row.options()?.join("\n")))
}

/// The poll of a post as it stands at the desk.
pub(crate) async fn draft(read: impl Read, post: Uuid) -> Result<Option<PollDraft>> {
    let Some(row) = find(read, post).await? else { return Ok(None) };
    Ok(Some(PollDraft {
        kind: row.kind()?,
        shows: row.shows.parse().map_err(|_| broken_row("poll.shows"))?,
        days: row.days,
        options: row.options()?,
        right: row.answer,
    }))
}

crate::row! {
    struct Counted {
        picks: String,
        n: i64,
    }
}

crate::row! {
    struct Mine {
        picks: String,
    }
}

fn ballot(text: &str) -> Result<Ballot> {
    Ballot::read(text).ok_or_else(|| broken_row("poll_ballot.picks"))
}

/// The poll of a post that is shown, as somebody sees it.
pub(crate) async fn view(
    mut read: impl Read,
    me: Option<PersonId>,
    post: Uuid,
    now: Millis,
) -> Result<Option<PollView>> {
    let Some(row) = find(&mut read, post).await? else { return Ok(None) };
    let (kind, options) = (row.kind()?, row.options()?);
    let shows = row.shows.parse().map_err(|_| broken_row("poll.shows"))?;
    let mine: Vec<Mine> = match me {
        Some(me) => {
            read.all("SELECT picks FROM poll_ballot WHERE post_id = $1 AND person_id = $2", args![post, me]).await?
        }
        None => Vec::new(),
    };
    let mine = mine.first().map(|m| ballot(&m.picks)).transpose()?;
    let closes_at = row.closes_at.unwrap_or(now);
    let (closed, voted) = (closes_at <= now, mine.is_some());
    let may_see = sees(shows, voted, closed);
    let mut counts = BTreeMap::new();
    if may_see {
        let rows: Vec<Counted> =
            read.all("SELECT picks, n FROM poll_count WHERE post_id = $1 AND n > 0", args![post]).await?;
        for row in rows {
            counts.insert(ballot(&row.picks)?, row.n);
        }
    }
    let votes = tally(kind, options.len(), &counts);
    // Of several choices each share is of the people, and they need not add up.
    let parts = match kind {
        Kind::Several => votes.iter().map(|v| v * 100 / row.voters.max(1)).collect(),
        Kind::Single | Kind::Ranked | Kind::Quiz => shares(&votes),
    };
    let rounds = if kind == Kind::Ranked && may_see { run_off(options.len(), &counts) } else { Vec::new() };
    let last = rounds.last().cloned().unwrap_or_default();
    let most = last.iter().flatten().max().copied().filter(|m| *m > 0);
    let alone = last.iter().flatten().filter(|v| Some(**v) == most).count() == 1;
    let told = kind == Kind::Quiz && (voted || closed);
    let options: Vec<OptionView> = options
        .into_iter()
        .enumerate()
        .map(|(i, text)| {
            let at = mine.as_ref().and_then(|m| m.picks().iter().position(|p| *p == i));
            OptionView {
                text,
                votes: votes.get(i).copied().filter(|_| may_see),
                share: if may_see { parts.get(i).copied().unwrap_or(0) } else { 0 },
                mine: at.map(|at| i64::try_from(at + 1).unwrap_or(1)),
                right: told.then(|| row.answer == i64::try_from(i).ok()),
                won: alone && most.is_some() && last.get(i).copied().flatten() == most,
            }
        })
        .collect();
    Ok(Some(PollView {
        kind,
        shows,
        closes_at,
        closed,
        voters: row.voters,
        voted,
        may_vote: !closed && !(voted && kind == Kind::Quiz),
        options,
        rounds: i64::try_from(rounds.len()).unwrap_or(0),
    }))
}

/// I vote, or vote otherwise; the same again changes nothing. What stands there then.
///
/// # Errors
/// `not_found` for a post that I may not see, or that asks nothing; `poll_closed`; `quiz_answered` when a quiz is to be answered
/// otherwise; `poll_pick`, `bad_request`.
pub async fn vote(shop: &Shop, me: PersonId, code: &Code, picks: &[usize]) -> Result<PollView> {
    let input = (me, code.clone(), picks.to_vec(), shop.clock.now());
    shop.db
        .write(input, |tx, (me, code, picks, now)| {
            Box::pin(async move {
                let post = post::seen_id(&mut *tx, *me, code).await?;
                // Whoever votes for the same poll waits.
                tx.execute("UPDATE poll SET voters = voters WHERE post_id = $1", args![post]).await?;
                let row = find(&mut *tx, post).await?.ok_or_else(Problem::not_found)?;
                let kind = row.kind()?;
                let new = Ballot::new(kind, row.options()?.len(), picks)?;
                let old: Option<Mine> = tx
                    .fetch_optional(
                        "SELECT picks FROM poll_ballot WHERE post_id = $1 AND person_id = $2",
                        args![post, *me],
                    )
                    .await?;
                let new = new.written();
                if old.as_ref().is_some_and(|o| o.picks == new) {
                    return view(&mut *tx, Some(*me), post, *now).await?.ok_or_else(|| Problem::not_found().into());
                }
                if row.closes_at.is_none_or(|at| at <= *now) {
                    return Err(Error::problem(409, "poll_closed"));
                }
                if old.is_some() && kind == Kind::Quiz {
                    return Err(Error::problem(409, "quiz_answered"));
                }
                match &old {
                    Some(old) => {
                        tx.execute(
                            "UPDATE poll_count SET n = n - 1 WHERE post_id = $1 AND picks = $2",
                            args![post, old.picks.as_str()],
                        )
                        .await?;
                    }
                    None => {
                        tx.execute("UPDATE poll SET voters = voters + 1 WHERE post_id = $1", args![post]).await?;
                    }
                }
                tx.execute(
                    "INSERT INTO poll_ballot (post_id, person_id, picks, at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (post_id, person_id) DO UPDATE SET picks = excluded.picks, at = excluded.at",
                    args![post, *me, new.as_str(), *now],
                )
                .await?;
                tx.execute(
                    "INSERT INTO poll_count (post_id, picks, n) VALUES ($1, $2, 1)
                     ON CONFLICT (post_id, picks) DO UPDATE SET n = poll_count.n + 1",
                    args![post, new.as_str()],
                )
                .await?;
                view(&mut *tx, Some(*me), post, *now).await?.ok_or_else(|| Problem::not_found().into())
            })
        })
        .await
}
