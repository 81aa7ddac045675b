//! Live rooms: who hosts one, who sends to it, what it sells at which price, what is said in it, and what is kept of it.
//!
//! Invariants: lines are numbered from 1 without a gap, whoever writes them on whichever node; one thing is explained at a time, and
//! when is kept; a room's price that somebody took is his for [`domain::live::PROMISE`], and goes into the hold of his order; the key
//! that a room is sent to with is nowhere: it is computed. Deliberately absent: pictures themselves (the package `live`).

mod bag;
mod clip;
mod count;
mod fan;
mod flash;
mod hand;
mod hold;
mod moderate;
pub mod news;
mod poll;
mod read;
mod recording;
mod remind;
mod talk;

pub(crate) use bag::{Promised, in_bag, mine, promised, spend};
pub use bag::{explain, place, promise, put, take_out};
pub use clip::{clip, clip_of, clips};
pub use fan::join as join_fans;
pub(crate) use fan::{brought, kept_order, leave as leave_fans};
pub use flash::{Flash, flash};
pub use hand::{call, lower, mine_of as hand, raise, take as take_hands};
pub use hold::sees;
pub(crate) use hold::{hold, put_back, seen, standing, take_down};
pub(crate) use moderate::{Unwanted, takes_part};
pub use moderate::{ban, moderator, pin, speaks, words};
pub use poll::{ask, close as close_poll, vote};
pub use read::{Looker, along, list, show, studio};
pub(crate) use read::{known, titles};
pub(crate) use recording::Recordings;
pub use recording::{Segment, expired, forget, kept, next, recording};
pub use remind::{remind, tell_begun};
pub(crate) use talk::say_to_join;
pub use talk::{mute, say, take_away};

use crate::{
    Result, Shop, account, args, audit, coupon,
    db::{Read, Tx},
    error::broken_row,
    job, moderation,
};
use domain::{
    Code, Millis, Problem,
    account::Role,
    id::PersonId,
    live::{AHEAD, Act, GRACE, Line, MAX_OPEN, ReceivedView, SLOW, Speaks, State},
    time::SECOND,
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Where a host sends his pictures to, and how they arrive.
pub struct Encoder {
    /// By RTMP; none where this process takes none.
    pub server: Option<String>,
    /// By WebRTC.
    pub whip: bool,
    /// An outside media server takes them: its paths say the room, and not the key.
    pub outside: bool,
    pub received: Box<dyn Fn(&str) -> Option<ReceivedView> + Send + Sync>,
}

/// Longer than the longest segment and the silence after which a sender is let go.
const SILENT_AFTER: Millis = 40 * SECOND;

crate::row! {
    pub(crate) struct Row {
        pub(crate) id: Uuid,
        code: String,
        pub(crate) host_id: Uuid,
        pub(crate) title: String,
        state: String,
        starts_at: Option<i64>,
        began_at: Option<i64>,
        paused_at: Option<i64>,
        ended_at: Option<i64>,
        key_id: i64,
        seq: i64,
        bag: i64,
        hearts: i64,
        peak: i64,
        slow: i64,
        ticker: bool,
        fed_at: i64,
        pub(crate) removed: bool,
        places: i64,
        created_at: i64,
        speaks: String,
        pinned: Option<i64>,
        hands: bool,
        polls: i64,
        sender: Option<String>,
        sender_key: Option<i64>,
    }
}

impl Row {
    pub(crate) fn state(&self) -> Result<State> {
        self.state.parse().map_err(|_| broken_row("room.state"))
    }

    fn speaks(&self) -> Result<Speaks> {
        self.speaks.parse().map_err(|_| broken_row("room.speaks"))
    }

    pub(crate) fn code(&self) -> Result<Code> {
        self.code.parse().map_err(|_| broken_row("room.code"))
    }

    /// Whoever hosts it.
    ///
    /// # Errors
    /// `not_found` for everybody else.
    fn of(self, me: PersonId) -> Result<Self> {
        if self.host_id == me.0 { Ok(self) } else { Err(Problem::not_found().into()) }
    }
}

async fn find(mut read: impl Read, code: &Code) -> Result<Row> {
    let rows: Vec<Row> = read.all("SELECT * FROM room WHERE code = $1", args![code.as_str()]).await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// As [`find`], by its id.
pub(crate) async fn by_id(mut read: impl Read, id: Uuid) -> Result<Row> {
    let rows: Vec<Row> = read.all("SELECT * FROM room WHERE id = $1", args![id]).await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// As [`by_id`], for whoever changes it.
pub(crate) async fn lock_by_id(tx: &mut Tx, id: Uuid) -> Result<Row> {
    tx.execute("UPDATE room SET seq = seq WHERE id = $1", args![id]).await?;
    by_id(tx, id).await
}

/// As [`find`], for whoever changes it: one after the other.
async fn lock(tx: &mut Tx, code: &Code) -> Result<Row> {
    tx.execute("UPDATE room SET seq = seq WHERE code = $1", args![code.as_str()]).await?;
    find(tx, code).await
}

/// Whether somebody may open rooms.
pub const fn may_host(role: Role) -> bool {
    matches!(role, Role::Host | Role::Staff | Role::Admin)
}

/// Opens a room, announced for a time or for whenever its host begins.
///
/// # Errors
/// `room_title`, `room_time` for what is past or too far, `too_many_rooms`, `screen_words` and its kind, `paused`.
pub async fn open(shop: &Shop, me: PersonId, title: &str, starts_at: Option<Millis>) -> Result<Code> {
    let title = domain::live::title(title)?;
    moderation::clean(&*moderation::lists(shop).await?, &title).map_err(|p| p.field("title"))?;
    let now = shop.clock.now();
    if starts_at.is_some_and(|at| !(now..now + AHEAD).contains(&at)) {
        return Err(Problem::new(422, "room_time").field("starts").into());
    }
    let input = (shop.clone(), me, title, starts_at, now);
    shop.db
        .write(input, |tx, (shop, me, title, starts_at, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Count {
                        n: i64,
                    }
                }
                moderation::may_write(&mut *tx, *me, *now).await?;
                crate::follow::lock(tx, [*me]).await?;
                let open: Count = tx
                    .fetch_one("SELECT COUNT(*) AS n FROM room WHERE host_id = $1 AND state <> 'ended'", args![*me])
                    .await?;
                if open.n >= MAX_OPEN {
                    return Err(Problem::new(409, "too_many_rooms").number(MAX_OPEN).into());
                }
                let (id, code) = (shop.rng.id(*now), shop.rng.code());
                tx.execute(
                    "INSERT INTO room (id, code, host_id, title, state, starts_at, created_at) VALUES ($1, $2, $3, $4, 'scheduled', CAST($5 AS BIGINT), $6)",
                    args![id, code.as_str(), *me, title.as_str(), *starts_at, *now],
                )
                .await?;
                Ok(code)
            })
        })
        .await
}

/// The secret part of a room's key: 160 bits (RFC 2104) of the shop's secret, the room and the number of the key.
fn secret(shop: &Shop, code: &str, key: i64) -> String {
    // Keys of any length are keys of HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&shop.settings.live_secret) else { return String::new() };
    mac.update(format!("publish|{code}|{key}").as_bytes());
    let digest = mac.finalize().into_bytes();
    hex::encode(digest.get(..20).unwrap_or_default())
}

/// What an encoder is given: `ROOM_NUMBER_SECRET`.
fn key_of(shop: &Shop, room: &Row) -> String {
    format!("{}_{}_{}", room.code, room.key_id, secret(shop, &room.code, room.key_id))
}

/// The room and the number that a key was made for, open or not; none for one that is not ours.
pub fn made_for(shop: &Shop, key: &str) -> Option<(Code, i64)> {
    let mut parts = key.splitn(3, '_');
    let (code, number, said) = (parts.next()?.parse::<Code>().ok()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
    let right = secret(shop, code.as_str(), number);
    bool::from(right.as_bytes().ct_eq(said.as_bytes())).then_some((code, number))
}

/// The room that a key opens; none for a wrong or an old one, and for a room that is over.
///
/// # Errors
/// What the database says.
pub async fn opened_by(shop: &Shop, key: &str) -> Result<Option<Code>> {
    let Some((code, number)) = made_for(shop, key) else { return Ok(None) };
    let room = match find(&shop.db, &code).await {
        Ok(room) => room,
        Err(error) if error.code() == "not_found" => return Ok(None),
        Err(error) => return Err(error),
    };
    // Whoever may host no more, or may not write now, does not send either.
    let host = PersonId(room.host_id);
    let may = room.key_id == number
        && room.state()?.is_open()
        && may_host(account::role(&shop.db, host).await?)
        && moderation::may_write(&shop.db, host, shop.clock.now()).await.is_ok();
    Ok(may.then_some(code))
}

/// Another key: the one before opens nothing any more.
///
/// # Errors
/// `not_found` for a room that is not mine, `room_over`.
pub async fn new_key(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    let input = (me, code.clone());
    shop.db
        .write(input, |tx, (me, code)| {
            Box::pin(async move {
                let room = lock(tx, code).await?.of(*me)?;
                if !room.state()?.is_open() {
                    return Err(Problem::new(409, "room_over").into());
                }
                tx.execute("UPDATE room SET key_id = key_id + 1 WHERE id = $1", args![room.id]).await?;
                Ok(())
            })
        })
        .await
}

/// Seconds between two lines of one person.
///
/// # Errors
/// `not_found` for a room that is not mine, `bad_request`.
pub async fn slow_down(shop: &Shop, me: PersonId, code: &Code, seconds: i64) -> Result<()> {
    if !SLOW.contains(&seconds) {
        return Err(Problem::bad_request().into());
    }
    let input = (shop.clone(), me, code.clone(), seconds);
    shop.db
        .write(input, |tx, (shop, me, code, seconds)| {
            Box::pin(async move {
                let room = lock(tx, code).await?.of(*me)?;
                tx.execute("UPDATE room SET slow = $1 WHERE id = $2", args![*seconds, room.id]).await?;
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

/// Whether everybody sees that somebody has bought.
///
/// # Errors
/// `not_found` for a room that is not mine.
pub async fn show_orders(shop: &Shop, me: PersonId, code: &Code, on: bool) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), on);
    shop.db
        .write(input, |tx, (shop, me, code, on)| {
            Box::pin(async move {
                let room = lock(tx, code).await?.of(*me)?;
                tx.execute("UPDATE room SET ticker = $1 WHERE id = $2", args![*on, room.id]).await?;
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

/// Adds a line to a room whose row is locked.
pub(crate) async fn add(
    tx: &mut Tx,
    shop: &Shop,
    room: &Row,
    line: (Line, Option<PersonId>, &str),
    now: Millis,
) -> Result<i64> {
    let (kind, who, text) = line;
    tx.execute("UPDATE room SET seq = seq + 1 WHERE id = $1", args![room.id]).await?;
    tx.execute(
        "INSERT INTO room_line (room_id, seq, kind, person_id, text, at)
         SELECT id, seq, $1, $2, $3, $4 FROM room WHERE id = $5",
        args![kind.name(), who.map(|w| w.0), text, now, room.id],
    )
    .await?;
    news::changed(tx, shop, &room.code()?);
    Ok(room.seq + 1)
}

/// Something happened to a room; whether it changed anything.
async fn happened(tx: &mut Tx, shop: &Shop, room: &Row, act: Act, now: Millis) -> Result<bool> {
    let Some(state) = room.state()?.after(act) else { return Ok(false) };
    let (paused, ended) = (state == State::Paused, state == State::Ended);
    tx.execute(
        "UPDATE room SET state = $1, began_at = CASE WHEN $1 = 'live' THEN COALESCE(began_at, $2) ELSE began_at END,
             fed_at = CASE WHEN $1 = 'live' THEN $2 ELSE fed_at END,
             paused_at = CAST($3 AS BIGINT), ended_at = CAST($4 AS BIGINT) WHERE id = $5",
        args![state.name(), now, paused.then_some(now), ended.then_some(now), room.id],
    )
    .await?;
    if state == State::Live && room.began_at.is_none() {
        job::enqueue(tx, shop, "room_begun", room.code.as_str(), room.code.as_str(), now).await?;
    }
    if paused {
        let key = format!("{}:{now}", room.id.simple());
        job::enqueue(tx, shop, "end_room", &key, room.code.as_str(), now + GRACE).await?;
    }
    if ended {
        tx.execute("UPDATE room_span SET until_at = CASE WHEN from_at > $1 THEN from_at ELSE $1 END WHERE room_id = $2 AND until_at IS NULL", args![now, room.id])
            .await?;
        hand::over(tx, room.id).await?;
        poll::over(tx, shop, room, now).await?;
        coupon::over(tx, shop, room, now).await?;
    }
    let line = match state {
        State::Live => Line::Begun,
        State::Paused => Line::Paused,
        State::Scheduled | State::Ended => Line::Ended,
    };
    add(tx, shop, room, (line, None, ""), now).await?;
    Ok(true)
}

/// When something that happened by itself still counts.
#[derive(Clone, Copy)]
enum If {
    Always,
    /// It has been paused since then, without coming back.
    PausedSince(Millis),
    /// No pictures have come since then.
    SilentSince(Millis),
    /// It has not been paused since then.
    NotPausedSince(Millis),
}

impl If {
    fn holds(self, room: &Row) -> bool {
        match self {
            Self::Always => true,
            Self::PausedSince(since) => room.paused_at.is_some_and(|at| at <= since),
            Self::SilentSince(since) => room.fed_at < since,
            Self::NotPausedSince(since) => room.paused_at.is_none_or(|at| at <= since),
        }
    }
}

async fn act(shop: &Shop, code: &Code, act: Act, when: If) -> Result<bool> {
    let input = (shop.clone(), code.clone(), act, when, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, act, when, now)| {
            Box::pin(async move {
                let room = lock(tx, code).await?;
                if !when.holds(&room) {
                    return Ok(false);
                }
                happened(tx, shop, &room, *act, *now).await
            })
        })
        .await
}

/// Pictures arrive.
///
/// # Errors
/// `not_found`.
pub async fn began(shop: &Shop, code: &Code) -> Result<bool> {
    act(shop, code, Act::Send, If::Always).await
}

/// Somebody was let in to send by an outside media server: what it calls him.
///
/// # Errors
/// What the database says.
pub async fn let_in(shop: &Shop, key: &str, sender: &str) -> Result<()> {
    let Some((code, number)) = made_for(shop, key) else { return Ok(()) };
    let input = (code, number, sender.to_owned());
    shop.db
        .write(input, |tx, (code, number, sender)| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE room SET sender = $1, sender_key = $2 WHERE code = $3",
                    args![sender.as_str(), *number, code.as_str()],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Somebody sends to a room by an outside media server, as it said at a moment; whether he may: not when the room is over, nor when the key
/// that he was let in with was replaced.
///
/// # Errors
/// What the database says.
pub async fn sent_to(shop: &Shop, code: &Code, sender: &str, at: Millis) -> Result<bool> {
    let room = match find(&shop.db, code).await {
        Ok(room) => room,
        Err(error) if error.code() == "not_found" => return Ok(false),
        Err(error) => return Err(error),
    };
    let replaced = room.sender.as_deref() == Some(sender) && room.sender_key != Some(room.key_id);
    if !room.state()?.is_open() || replaced {
        return Ok(false);
    }
    // What was told since then is newer.
    act(shop, code, Act::Send, If::NotPausedSince(at)).await?;
    fed(shop, code).await?;
    Ok(true)
}

/// Nobody sends any more.
///
/// # Errors
/// `not_found`.
pub async fn stopped(shop: &Shop, code: &Code) -> Result<bool> {
    act(shop, code, Act::Stop, If::Always).await
}

/// Its host, or somebody of the shop (`staff`), ends a room; whether it was open.
///
/// # Errors
/// `not_found` for a room that is not mine.
pub async fn end(shop: &Shop, me: PersonId, staff: bool, code: &Code) -> Result<bool> {
    let input = (shop.clone(), code.clone(), me, staff, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, me, staff, now)| {
            Box::pin(async move {
                let mut room = lock(tx, code).await?;
                if !*staff {
                    room = room.of(*me)?;
                }
                let ended = happened(tx, shop, &room, Act::End, *now).await?;
                if ended && *staff && room.host_id != me.0 {
                    audit::act(tx, shop, "room_ended", code.as_str(), "", *now).await?;
                }
                Ok(ended)
            })
        })
        .await
}

/// The number of the key that opens a room; none when it is over.
///
/// # Errors
/// `not_found`.
pub async fn key_now(shop: &Shop, code: &Code) -> Result<Option<i64>> {
    let room = find(&shop.db, code).await?;
    Ok(room.state()?.is_open().then_some(room.key_id))
}

/// Pictures came, which are not kept.
///
/// # Errors
/// What the database says.
pub async fn fed(shop: &Shop, code: &Code) -> Result<()> {
    let input = (code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (code, now)| {
            Box::pin(async move {
                tx.execute("UPDATE room SET fed_at = $1 WHERE code = $2", args![*now, code.as_str()]).await?;
                Ok(())
            })
        })
        .await
}

/// Pauses the rooms that are on and have had no pictures for a while: their sender is lost, or the process that took them. Which.
///
/// # Errors
/// What the database says.
pub async fn pause_silent(shop: &Shop) -> Result<Vec<Code>> {
    crate::row! {
        struct Silent {
            code: String,
        }
    }
    let since = shop.clock.now() - SILENT_AFTER;
    let rows: Vec<Silent> =
        shop.db.fetch_all("SELECT code FROM room WHERE state = 'live' AND fed_at < $1", args![since]).await?;
    let mut paused = Vec::new();
    for row in rows {
        let code: Code = row.code.parse().map_err(|_| broken_row("room.code"))?;
        if act(shop, &code, Act::Stop, If::SilentSince(since)).await? {
            paused.push(code);
        }
    }
    Ok(paused)
}

/// A room whose host has been away for too long ends; a job calls it. Whether it did.
///
/// # Errors
/// What the database says.
pub async fn end_left(shop: &Shop, code: &Code) -> Result<bool> {
    act(shop, code, Act::End, If::PausedSince(shop.clock.now() - GRACE)).await
}
