//! What a host asks everybody while he is on, and what they say.

use super::{Row, add, find, mine as own, moderate, news};
use crate::{
    Error, Result, Shop, args,
    db::{Read, Tx},
    job, moderation,
};
use domain::{
    Code, Millis, Problem,
    id::PersonId,
    live::{
        Line,
        poll::{Ask, MAX_POLLS, MyVote, PollFact, SHOWN},
    },
};
use uuid::Uuid;

/// Asks something; the number that it has in the room.
///
/// # Errors
/// `not_found` for a room that is not mine, `room_not_on`, `poll_runs` while another is open, `polls_over` for more than a room may have,
/// `screen_words` and its kind, `paused`.
pub async fn ask(shop: &Shop, me: PersonId, code: &Code, ask: Ask) -> Result<i64> {
    let lists = moderation::lists(shop).await?;
    moderation::clean(&lists, &ask.question).map_err(|p| p.field("question"))?;
    for option in &ask.options {
        moderation::clean(&lists, option).map_err(|p| p.field("option"))?;
    }
    let input = (shop.clone(), me, code.clone(), ask, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, ask, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Open {
                        n: i64,
                    }
                }
                moderation::may_write(&mut *tx, *me, *now).await?;
                let room = own(tx, *me, code).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                // One whose time is over waits for nobody.
                close_open(tx, shop, &room, *now, *now).await?;
                let room = find(&mut *tx, code).await?;
                let open: Open = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM room_poll WHERE room_id = $1 AND closed_at IS NULL",
                        args![room.id],
                    )
                    .await?;
                if open.n > 0 {
                    return Err(Error::problem(409, "poll_runs"));
                }
                if room.polls >= MAX_POLLS {
                    return Err(Problem::new(409, "polls_over").number(MAX_POLLS).into());
                }
                let number = room.polls + 1;
                tx.execute("UPDATE room SET polls = $1 WHERE id = $2", args![number, room.id]).await?;
                tx.execute(
                    "INSERT INTO room_poll (room_id, number, question, answer, opened_at, closes_at) VALUES ($1, $2, $3, CAST($4 AS BIGINT), $5, $6)",
                    args![room.id, number, ask.question.as_str(), ask.answer, *now, *now + ask.lasts],
                )
                .await?;
                for (place, text) in (1_i64..).zip(&ask.options) {
                    tx.execute(
                        "INSERT INTO room_poll_option (room_id, number, place, text) VALUES ($1, $2, $3, $4)",
                        args![room.id, number, place, text.as_str()],
                    )
                    .await?;
                }
                add(tx, shop, &room, (Line::Asks, None, &ask.question), *now).await?;
                let of = format!("{code} {number}");
                job::enqueue(tx, shop, "close_room_poll", &of, &of, *now + ask.lasts).await?;
                Ok(number)
            })
        })
        .await
}

/// Says something in a poll of a room, once for good; the same again changes nothing.
///
/// # Errors
/// `not_found`, `poll_closed`, `voted` for whoever has said something else, `poll_own` for the host, `shut_out`, `paused`.
pub async fn vote(shop: &Shop, me: PersonId, code: &Code, vote: MyVote) -> Result<MyVote> {
    // Many come at once, and each takes the row of the poll: they wait here, and not for a connection.
    let _turn = shop.kept.votes.0.acquire().await.map_err(|_| Problem::internal())?;
    let input = (shop.clone(), me, code.clone(), vote, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, vote, now)| {
            Box::pin(async move {
                let room = find(&mut *tx, code).await?;
                if let Some(had) = of_mine(&mut *tx, *me, room.id, vote.number).await? {
                    return again(had, *vote);
                }
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "poll_closed"));
                }
                if room.host_id == me.0 {
                    return Err(Error::problem(403, "poll_own"));
                }
                moderation::may_write(&mut *tx, *me, *now).await?;
                moderate::takes_part(&mut *tx, room.host_id, *me).await?;
                // Whoever closes it waits until this counts, and whoever votes for what is closed.
                let open = tx
                    .execute(
                        "UPDATE room_poll SET closed_at = NULL WHERE room_id = $1 AND number = $2 AND closed_at IS NULL AND closes_at > $3",
                        args![room.id, vote.number, *now],
                    )
                    .await?;
                if open == 0 {
                    return Err(Error::problem(409, "poll_closed"));
                }
                let counted = tx
                    .execute(
                        "UPDATE room_poll_option SET votes = votes + 1 WHERE room_id = $1 AND number = $2 AND place = $3",
                        args![room.id, vote.number, vote.place],
                    )
                    .await?;
                if counted == 0 {
                    return Err(Problem::not_found().into());
                }
                let first = tx
                    .execute(
                        "INSERT INTO room_vote (room_id, number, person_id, place, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                        args![room.id, vote.number, *me, vote.place, *now],
                    )
                    .await?;
                if first == 0 {
                    // He has said it twice at once: this one takes back what it counted.
                    tx.execute(
                        "UPDATE room_poll_option SET votes = votes - 1 WHERE room_id = $1 AND number = $2 AND place = $3",
                        args![room.id, vote.number, vote.place],
                    )
                    .await?;
                    let had = of_mine(&mut *tx, *me, room.id, vote.number).await?;
                    return again(had.ok_or_else(Problem::internal)?, *vote);
                }
                news::changed(tx, shop, code);
                Ok(*vote)
            })
        })
        .await
}

fn again(had: MyVote, wish: MyVote) -> Result<MyVote> {
    if had == wish { Ok(had) } else { Err(Error::problem(409, "voted")) }
}

crate::row! {
    struct Voted {
        place: i64,
    }
}

async fn of_mine(mut read: impl Read, me: PersonId, room: Uuid, number: i64) -> Result<Option<MyVote>> {
    let rows: Vec<Voted> = read
        .all(
            "SELECT place FROM room_vote WHERE room_id = $1 AND number = $2 AND person_id = $3",
            args![room, number, me],
        )
        .await?;
    Ok(rows.first().map(|v| MyVote { number, place: v.place }))
}

/// What I said in a poll of a room.
pub(super) async fn mine(shop: &Shop, me: PersonId, room: Uuid, number: i64) -> Result<Option<MyVote>> {
    of_mine(&shop.db, me, room, number).await
}

/// A poll whose time is over is closed; a job calls it. Whether this did.
///
/// # Errors
/// `not_found`.
pub async fn close(shop: &Shop, code: &Code, number: i64) -> Result<bool> {
    let input = (shop.clone(), code.clone(), number, shop.clock.now());
    shop.db.write(input, |tx, (shop, code, number, now)| Box::pin(close_one(tx, shop, code, *number, *now))).await
}

async fn close_one(tx: &mut Tx, shop: &Shop, code: &Code, number: i64, now: Millis) -> Result<bool> {
    let room = super::lock(tx, code).await?;
    if room.polls != number { Ok(false) } else { close_open(tx, shop, &room, now, now).await }
}

/// Closes the poll of a room whose row is locked, when its time is over by `by`; whether one was.
async fn close_open(tx: &mut Tx, shop: &Shop, room: &Row, by: Millis, now: Millis) -> Result<bool> {
    crate::row! {
        struct Asked {
            question: String,
        }
    }
    let closed = tx
        .execute(
            "UPDATE room_poll SET closed_at = $1 WHERE room_id = $2 AND number = $3 AND closed_at IS NULL AND closes_at <= $4",
            args![now, room.id, room.polls, by],
        )
        .await?;
    if closed == 0 {
        return Ok(false);
    }
    let asked: Asked = tx
        .fetch_one("SELECT question FROM room_poll WHERE room_id = $1 AND number = $2", args![room.id, room.polls])
        .await?;
    add(tx, shop, room, (Line::Asked, None, &asked.question), now).await?;
    Ok(true)
}

/// A room that is over asks nothing any more.
pub(super) async fn over(tx: &mut Tx, shop: &Shop, room: &Row, now: Millis) -> Result<()> {
    close_open(tx, shop, room, i64::MAX, now).await.map(drop)
}

/// The poll that a room shows: the one that is open, or what came of the last one.
pub(super) async fn shown(shop: &Shop, room: &Row, now: Millis) -> Result<Option<PollFact>> {
    crate::row! {
        struct Shown {
            question: String,
            answer: Option<i64>,
            closes_at: i64,
            closed_at: Option<i64>,
        }
    }
    crate::row! {
        struct Choice {
            text: String,
            votes: i64,
        }
    }
    if room.polls == 0 || !room.state()?.sells() {
        return Ok(None);
    }
    let last: Option<Shown> = shop
        .db
        .fetch_optional(
            "SELECT question, answer, closes_at, closed_at FROM room_poll WHERE room_id = $1 AND number = $2",
            args![room.id, room.polls],
        )
        .await?;
    let Some(last) = last.filter(|p| p.closed_at.unwrap_or(p.closes_at) > now - SHOWN) else { return Ok(None) };
    let options: Vec<Choice> = shop
        .db
        .fetch_all(
            "SELECT text, votes FROM room_poll_option WHERE room_id = $1 AND number = $2 ORDER BY place",
            args![room.id, room.polls],
        )
        .await?;
    // Its time is over, though nobody has said so yet.
    let (over, quiz) = (last.closed_at.is_some() || last.closes_at <= now, last.answer.is_some());
    let voters = options.iter().map(|o| o.votes).sum();
    let votes = if over || !quiz { options.iter().map(|o| o.votes).collect() } else { Vec::new() };
    Ok(Some(PollFact {
        number: room.polls,
        question: last.question,
        options: options.into_iter().map(|o| o.text).collect(),
        quiz,
        answer: last.answer.filter(|_| over),
        votes,
        voters,
        closes_at: last.closes_at,
        over,
    }))
}
