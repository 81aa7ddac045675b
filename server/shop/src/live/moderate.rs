//! Who keeps order in the rooms of a host with him, who takes no part in them, and what is not said there. All of it holds for every
//! room of the host; who may speak, and what stands on top, is of one room.

use super::{Row, fan, lock, news};
use crate::{
    Error, Result, Shop, account, args, audit,
    db::{Read, Tx},
    fold::fold,
    moderation,
};
use domain::{
    Code, Millis, Problem,
    id::PersonId,
    live::{FaceView, MAX_MODERATORS, Speaks},
    moderation::screen::Words,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

crate::row! {
    /// What somebody is in the rooms of a host.
    pub(super) struct Standing {
        pub(super) banned: bool,
        pub(super) moderates: bool,
    }
}

impl Standing {
    /// # Errors
    /// `shut_out` for whoever takes no part.
    pub(super) fn takes_part(&self) -> Result<()> {
        if self.banned { Err(Error::problem(403, "shut_out")) } else { Ok(()) }
    }
}

/// The words that hosts do not want, as they were read last, ready to be looked for.
#[derive(Default)]
pub(crate) struct Unwanted(Mutex<HashMap<Uuid, (String, Arc<Words>)>>);

/// Hosts whose words are held.
const HELD: usize = 1_000;

/// What the host of a room does not want said, if a text says it: the host, and what whoever says it is told. Looked for before anybody waits
/// for the room.
pub(super) async fn unwanted(shop: &Shop, code: &Code, text: &str) -> Result<Option<(Uuid, Problem)>> {
    crate::row! {
        struct Listed {
            host_id: Uuid,
            words: String,
        }
    }
    let listed: Option<Listed> = shop
        .db
        .fetch_optional(
            "SELECT w.host_id, w.words FROM room_words w JOIN room r ON r.host_id = w.host_id WHERE r.code = $1 AND w.words <> ''",
            args![code.as_str()],
        )
        .await?;
    let Some(listed) = listed else { return Ok(None) };
    let list = {
        let mut held = shop.kept.unwanted.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get(&listed.host_id).filter(|(words, _)| *words == listed.words) {
            Some((_, list)) => list.clone(),
            None => {
                if held.len() >= HELD {
                    held.clear();
                }
                let list = Arc::new(Words::new(&listed.words, fold));
                held.insert(listed.host_id, (listed.words, list.clone()));
                list
            }
        }
    };
    let found = list.find(&fold(text));
    Ok(found.map(|word| (listed.host_id, Problem::new(422, "screen_room").field("text").said(&word))))
}

pub(super) async fn standing(mut read: impl Read, host: Uuid, who: PersonId) -> Result<Standing> {
    let rows: Vec<Standing> = read
        .all(
            "SELECT EXISTS (SELECT 1 FROM room_ban WHERE host_id = $1 AND person_id = $2) AS banned,
                    EXISTS (SELECT 1 FROM room_moderator WHERE host_id = $1 AND person_id = $2) AS moderates",
            args![host, who],
        )
        .await?;
    rows.into_iter().next().ok_or_else(|| Problem::internal().into())
}

/// Whoever takes part in something of a host's room.
///
/// # Errors
/// `shut_out`.
pub(crate) async fn takes_part(read: impl Read, host: Uuid, who: PersonId) -> Result<()> {
    standing(read, host, who).await?.takes_part()
}

/// Whether somebody may say something in a room, by what its host has chosen.
///
/// # Errors
/// `shut_out`, `followers_only`, `buyers_only`.
pub(super) async fn may_say(tx: &mut Tx, room: &Row, who: PersonId) -> Result<Standing> {
    let standing = standing(&mut *tx, room.host_id, who).await?;
    standing.takes_part()?;
    let may = match room.speaks()? {
        _ if standing.moderates => true,
        Speaks::All => true,
        Speaks::Followers => crate::follow::follows(&mut *tx, Some(who), PersonId(room.host_id)).await?,
        Speaks::Buyers => has_bought(&mut *tx, room.host_id, who).await?,
    };
    match room.speaks()? {
        _ if may => Ok(standing),
        Speaks::Buyers => Err(Problem::new(403, "buyers_only").field("text").into()),
        _ => Err(Problem::new(403, "followers_only").field("text").into()),
    }
}

async fn has_bought(mut read: impl Read, host: Uuid, who: PersonId) -> Result<bool> {
    crate::row! {
        struct Bought {
            n: i64,
        }
    }
    let rows: Vec<Bought> = read
        .all(
            "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM orders o JOIN order_line l ON l.order_id = o.id JOIN room r ON r.id = l.room_id
             WHERE o.person_id = $1 AND o.paid_at IS NOT NULL AND o.state <> 'refunded' AND r.host_id = $2 LIMIT 1) b",
            args![who, host],
        )
        .await?;
    Ok(rows.iter().any(|r| r.n > 0))
}

/// A room that somebody keeps order in: its host, who does it with him, the shop's people (`staff`). Its row is locked.
///
/// # Errors
/// `not_found` for everybody else, `paused`.
pub(super) async fn kept_by(tx: &mut Tx, me: PersonId, staff: bool, code: &Code, now: Millis) -> Result<Row> {
    let room = lock(tx, code).await?;
    if room.host_id == me.0 || staff {
        return Ok(room);
    }
    if !standing(&mut *tx, room.host_id, me).await?.moderates {
        return Err(Problem::not_found().into());
    }
    moderation::may_write(&mut *tx, me, now).await?;
    Ok(room)
}

/// Nobody acts against the host, nor one who keeps order against another.
///
/// # Errors
/// `mute_self`, `forbidden`.
pub(super) async fn may_act(tx: &mut Tx, room: &Row, me: PersonId, staff: bool, who: PersonId) -> Result<()> {
    if who == me {
        return Err(Error::problem(409, "mute_self"));
    }
    let by_helper = room.host_id != me.0 && !staff;
    if by_helper && (who.0 == room.host_id || standing(&mut *tx, room.host_id, who).await?.moderates) {
        return Err(Problem::forbidden().into());
    }
    Ok(())
}

/// A handle as it stands in the books.
fn plain(handle: &str) -> String {
    handle.trim().trim_start_matches('@').to_lowercase()
}

async fn named(tx: &mut Tx, handle: &str) -> Result<PersonId> {
    let found = account::ids(tx, &[plain(handle)]).await?;
    found.into_iter().next().ok_or_else(|| Problem::new(404, "nobody").field("handle").into())
}

/// Somebody keeps order in all rooms of a host from now on (`on`), or no more.
///
/// # Errors
/// `not_found` for a room that is not mine, `nobody`, `moderator_self`, `room_moderators` for more than there may be.
pub async fn moderator(shop: &Shop, me: PersonId, code: &Code, handle: &str, on: bool) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), handle.to_owned(), (on, shop.clock.now()));
    shop.db
        .write(input, |tx, (shop, me, code, handle, (on, now))| {
            Box::pin(async move {
                crate::row! {
                    struct Many {
                        n: i64,
                    }
                }
                let room = lock(tx, code).await?.of(*me)?;
                // One after the other, in whichever room of his.
                crate::follow::lock(tx, [*me]).await?;
                let who = named(tx, handle).await?;
                if who == *me {
                    return Err(Problem::new(409, "moderator_self").field("handle").into());
                }
                tx.execute("DELETE FROM room_moderator WHERE host_id = $1 AND person_id = $2", args![*me, who]).await?;
                if *on {
                    let many: Many =
                        tx.fetch_one("SELECT COUNT(*) AS n FROM room_moderator WHERE host_id = $1", args![*me]).await?;
                    if many.n >= MAX_MODERATORS {
                        return Err(Problem::new(409, "room_moderators").field("handle").number(MAX_MODERATORS).into());
                    }
                    tx.execute("DELETE FROM room_ban WHERE host_id = $1 AND person_id = $2", args![*me, who]).await?;
                    tx.execute(
                        "INSERT INTO room_moderator (host_id, person_id, at) VALUES ($1, $2, $3)",
                        args![*me, who, *now],
                    )
                    .await?;
                }
                news::changed(tx, shop, &room.code()?);
                Ok(())
            })
        })
        .await
}

/// Somebody takes no part in any room of a host from now on (`on`): what he said in this one is taken away. Or he does again.
///
/// # Errors
/// `not_found` for a room that is not mine to keep order in, `nobody`, `mute_self`, `forbidden`; also for whom another has shut out, unless it
/// is the host who lets him back.
pub async fn ban(shop: &Shop, me: PersonId, staff: bool, code: &Code, handle: &str, on: bool) -> Result<()> {
    let input = (shop.clone(), (me, staff), code.clone(), handle.to_owned(), (on, shop.clock.now()));
    shop.db
        .write(input, |tx, (shop, (me, staff), code, handle, (on, now))| {
            Box::pin(async move {
                let room = kept_by(tx, *me, *staff, code, *now).await?;
                crate::follow::lock(tx, [PersonId(room.host_id)]).await?;
                let who = named(tx, handle).await?;
                may_act(tx, &room, *me, *staff, who).await?;
                if who.0 == room.host_id {
                    return Err(Problem::forbidden().into());
                }
                if *on {
                    shut_out(tx, &room, (*me, *staff || room.host_id == me.0), who, *now).await?;
                } else {
                    let all = *staff || room.host_id == me.0;
                    tx.execute(
                        "DELETE FROM room_ban WHERE host_id = $1 AND person_id = $2 AND ($3 OR by_id = $4)",
                        args![room.host_id, who, all, *me],
                    )
                    .await?;
                    if standing(&mut *tx, room.host_id, who).await?.banned {
                        return Err(Problem::forbidden().into());
                    }
                }
                if *staff && room.host_id != me.0 {
                    let what = if *on { "room_ban" } else { "room_unban" };
                    audit::act(tx, shop, what, &format!("{code} {}", plain(handle)), "", *now).await?;
                }
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

async fn shut_out(tx: &mut Tx, room: &Row, (me, all): (PersonId, bool), who: PersonId, now: Millis) -> Result<()> {
    // What the host says stands above what somebody has who keeps order with him.
    tx.execute(
        "INSERT INTO room_ban (host_id, person_id, by_id, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (host_id, person_id) DO UPDATE SET by_id = excluded.by_id WHERE $5",
        args![room.host_id, who, me, now, all],
    )
    .await?;
    tx.execute("DELETE FROM room_moderator WHERE host_id = $1 AND person_id = $2", args![room.host_id, who]).await?;
    fan::leave(tx, room.host_id, who).await?;
    tx.execute(
        "DELETE FROM room_hand WHERE person_id = $1 AND room_id IN (SELECT id FROM room WHERE host_id = $2)",
        args![who, room.host_id],
    )
    .await?;
    tx.execute(
        "UPDATE room_line SET gone_at = $1, gone_by = $2 WHERE room_id = $3 AND person_id = $4 AND kind = 'said' AND gone_at IS NULL",
        args![now, me, room.id, who],
    )
    .await?;
    unpin_gone(tx, room.id).await
}

/// What is taken away does not stand on top.
pub(super) async fn unpin_gone(tx: &mut Tx, room: Uuid) -> Result<()> {
    tx.execute(
        "UPDATE room SET pinned = NULL WHERE id = $1
         AND EXISTS (SELECT 1 FROM room_line l WHERE l.room_id = room.id AND l.seq = room.pinned AND l.gone_at IS NOT NULL)",
        args![room],
    )
    .await?;
    Ok(())
}

/// A line stands on top for everybody; none any more without one.
///
/// # Errors
/// `not_found` for a room that is not mine to keep order in, and for a line that was not said or is taken away.
pub async fn pin(shop: &Shop, me: PersonId, staff: bool, code: &Code, seq: Option<i64>) -> Result<()> {
    let input = (shop.clone(), (me, staff), code.clone(), seq, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, (me, staff), code, seq, now)| {
            Box::pin(async move {
                let room = kept_by(tx, *me, *staff, code, *now).await?;
                let pinned = tx
                    .execute(
                        "UPDATE room SET pinned = CAST($1 AS BIGINT) WHERE id = $2
                         AND (CAST($1 AS BIGINT) IS NULL OR EXISTS (SELECT 1 FROM room_line l WHERE l.room_id = room.id AND l.seq = $1 AND l.kind = 'said' AND l.gone_at IS NULL))",
                        args![*seq, room.id],
                    )
                    .await?;
                if pinned == 0 {
                    return Err(Problem::not_found().into());
                }
                if *staff && room.host_id != me.0 {
                    let line = seq.map(|n| n.to_string()).unwrap_or_default();
                    audit::act(tx, shop, "line_pinned", &format!("{code} {line}"), "", *now).await?;
                }
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

/// Who may speak in a room.
///
/// # Errors
/// `not_found` for a room that is not mine.
pub async fn speaks(shop: &Shop, me: PersonId, code: &Code, who: Speaks) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), who);
    shop.db
        .write(input, |tx, (shop, me, code, who)| {
            Box::pin(async move {
                let room = lock(tx, code).await?.of(*me)?;
                tx.execute("UPDATE room SET speaks = $1 WHERE id = $2", args![who.name(), room.id]).await?;
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

/// What is not said in the rooms of a host. `typed`: by lines or commas.
///
/// # Errors
/// `not_found` for a room that is not mine, those of [`domain::live::words`].
pub async fn words(shop: &Shop, me: PersonId, code: &Code, typed: &str) -> Result<()> {
    let words = domain::live::words(typed)?;
    // A word is looked for as it reads: one that is a letter then, or a sign, would silence everybody.
    let fine = |word: &&str| {
        let word = fold(word);
        word.chars().any(char::is_alphanumeric) && (word.chars().count() > 1 || !word.is_ascii())
    };
    if let Some(wrong) = words.lines().find(|word| !fine(word)) {
        return Err(Problem::new(422, "room_words").field("words").said(wrong).into());
    }
    let input = (me, code.clone(), words);
    shop.db
        .write(input, |tx, (me, code, words)| {
            Box::pin(async move {
                lock(tx, code).await?.of(*me)?;
                tx.execute(
                    "INSERT INTO room_words (host_id, words) VALUES ($1, $2) ON CONFLICT (host_id) DO UPDATE SET words = excluded.words",
                    args![*me, words.as_str()],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Who keeps order, who takes no part, and what is not said, in the rooms of a host.
pub(super) struct House {
    pub(super) moderators: Vec<FaceView>,
    pub(super) banned: Vec<FaceView>,
    pub(super) words: String,
}

crate::row! {
    struct Somebody {
        person_id: Uuid,
    }
}

pub(super) async fn house(shop: &Shop, host: PersonId) -> Result<House> {
    let moderators: Vec<Somebody> = shop
        .db
        .fetch_all("SELECT person_id FROM room_moderator WHERE host_id = $1 ORDER BY at DESC", args![host])
        .await?;
    let banned: Vec<Somebody> = shop
        .db
        .fetch_all("SELECT person_id FROM room_ban WHERE host_id = $1 ORDER BY at DESC LIMIT 100", args![host])
        .await?;
    let people: Vec<Uuid> = moderators.iter().chain(&banned).map(|s| s.person_id).collect();
    let faces = account::faces(shop, &people).await?;
    let of = |list: Vec<Somebody>| {
        let face = |s: Somebody| faces.get(&s.person_id).cloned();
        list.into_iter().filter_map(face).map(|(handle, name)| FaceView { handle, name }).collect()
    };
    crate::row! {
        struct Listed {
            words: String,
        }
    }
    let listed: Option<Listed> =
        shop.db.fetch_optional("SELECT words FROM room_words WHERE host_id = $1", args![host]).await?;
    let words = listed.map(|l| l.words).unwrap_or_default();
    Ok(House { moderators: of(moderators), banned: of(banned), words })
}

/// Who keeps order in the rooms of a host.
pub(super) async fn moderators(shop: &Shop, host: Uuid) -> Result<Vec<Uuid>> {
    let rows: Vec<Somebody> =
        shop.db.fetch_all("SELECT person_id FROM room_moderator WHERE host_id = $1", args![host]).await?;
    Ok(rows.into_iter().map(|r| r.person_id).collect())
}
