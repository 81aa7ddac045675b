//! Who wants to speak with the host: hands are raised, wait in their order, are called one at a time.

use super::{Row, add, find, lock, mine as own, moderate, news};
use crate::{
    Error, Result, Shop, account, args,
    db::{Read, Tx},
    moderation,
};
use domain::{
    Code, Millis, Problem,
    id::PersonId,
    live::{FaceView, HandView, HandsFact, Line, MAX_HANDS, MyHand},
};
use uuid::Uuid;

/// Whether hands may be raised in a room. Those that are raised go down when they may not any more.
///
/// # Errors
/// `not_found` for a room that is not mine, `room_over`.
pub async fn take(shop: &Shop, me: PersonId, code: &Code, on: bool) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), on);
    shop.db
        .write(input, |tx, (shop, me, code, on)| {
            Box::pin(async move {
                let room = own(tx, *me, code).await?;
                tx.execute("UPDATE room SET hands = $1 WHERE id = $2", args![*on, room.id]).await?;
                if !*on {
                    tx.execute("DELETE FROM room_hand WHERE room_id = $1", args![room.id]).await?;
                }
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

crate::row! {
    struct Count {
        n: i64,
    }
}

/// Raises my hand, or says anew what it is about; my place stays.
///
/// # Errors
/// `said_long`, `screen_words` and its kind, `screen_room`, `room_not_on`, `hands_closed`, `hands_full`, `hand_own` for the host, `shut_out`,
/// `muted_for` or `muted`, `paused`.
pub async fn raise(shop: &Shop, me: PersonId, code: &Code, words: &str) -> Result<()> {
    let words = domain::live::hand(words)?;
    moderation::clean(&*moderation::lists(shop).await?, &words).map_err(|p| p.field("words"))?;
    if let Some((_, problem)) = moderate::unwanted(shop, code, &words).await? {
        return Err(problem.field("words").into());
    }
    let input = (shop.clone(), me, code.clone(), words, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, words, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let room = lock(tx, code).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                if !room.hands {
                    return Err(Error::problem(409, "hands_closed"));
                }
                if room.host_id == me.0 {
                    return Err(Error::problem(403, "hand_own"));
                }
                moderate::takes_part(&mut *tx, room.host_id, *me).await?;
                super::talk::heard(tx, room.id, *me, *now).await?;
                let waiting: Count = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM room_hand WHERE room_id = $1 AND person_id <> $2",
                        args![room.id, *me],
                    )
                    .await?;
                if waiting.n >= MAX_HANDS {
                    return Err(Problem::new(409, "hands_full").number(MAX_HANDS).into());
                }
                tx.execute(
                    "INSERT INTO room_hand (room_id, person_id, words, at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (room_id, person_id) DO UPDATE SET words = excluded.words",
                    args![room.id, *me, words.as_str(), *now],
                )
                .await?;
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

/// My hand goes down.
///
/// # Errors
/// `not_found`.
pub async fn lower(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    let input = (shop.clone(), me, code.clone());
    shop.db
        .write(input, |tx, (shop, me, code)| {
            Box::pin(async move {
                let room = lock(tx, code).await?;
                tx.execute("DELETE FROM room_hand WHERE room_id = $1 AND person_id = $2", args![room.id, *me]).await?;
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

/// Calls somebody who has raised his hand; whoever was called before has had his turn. Without a handle nobody is called any more.
///
/// # Errors
/// `not_found` for a room that is not mine, `hand_down` when he does not wait any more, `room_over`.
pub async fn call(shop: &Shop, me: PersonId, code: &Code, handle: Option<&str>) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), handle.map(str::to_owned), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, handle, now)| {
            Box::pin(async move {
                let room = own(tx, *me, code).await?;
                let Some(handle) = handle else {
                    tx.execute("DELETE FROM room_hand WHERE room_id = $1 AND called_at IS NOT NULL", args![room.id])
                        .await?;
                    news::changed(tx, shop, code);
                    return Ok(());
                };
                call_one(tx, shop, &room, handle, *now).await
            })
        })
        .await
}

async fn call_one(tx: &mut Tx, shop: &Shop, room: &Row, handle: &str, now: Millis) -> Result<()> {
    let down = || Error::problem(409, "hand_down");
    let who = account::ids(&mut *tx, &[handle.to_owned()]).await?.into_iter().next().ok_or_else(down)?;
    let waits: Count = tx
        .fetch_one(
            "SELECT COUNT(*) AS n FROM room_hand WHERE room_id = $1 AND person_id = $2 AND called_at IS NULL",
            args![room.id, who],
        )
        .await?;
    if waits.n == 0 {
        let called: Count = tx
            .fetch_one("SELECT COUNT(*) AS n FROM room_hand WHERE room_id = $1 AND person_id = $2", args![room.id, who])
            .await?;
        // The same again changes nothing.
        return if called.n > 0 { Ok(()) } else { Err(down()) };
    }
    tx.execute("DELETE FROM room_hand WHERE room_id = $1 AND called_at IS NOT NULL", args![room.id]).await?;
    tx.execute("UPDATE room_hand SET called_at = $1 WHERE room_id = $2 AND person_id = $3", args![now, room.id, who])
        .await?;
    add(tx, shop, room, (Line::Called, Some(who), ""), now).await?;
    Ok(())
}

/// My raised hand.
///
/// # Errors
/// `not_found`.
pub async fn mine_of(shop: &Shop, me: PersonId, code: &Code) -> Result<Option<MyHand>> {
    let room = find(&shop.db, code).await?;
    mine(&shop.db, me, &room).await
}

pub(super) async fn mine(mut read: impl Read, me: PersonId, room: &Row) -> Result<Option<MyHand>> {
    crate::row! {
        struct Mine {
            called: bool,
            ahead: i64,
        }
    }
    if !room.hands || !room.state()?.sells() {
        return Ok(None);
    }
    let rows: Vec<Mine> = read
        .all(
            "SELECT (h.called_at IS NOT NULL) AS called,
                    (SELECT COUNT(*) FROM room_hand o WHERE o.room_id = h.room_id AND o.called_at IS NULL AND (o.at < h.at OR (o.at = h.at AND o.person_id < h.person_id))) AS ahead
             FROM room_hand h WHERE h.room_id = $1 AND h.person_id = $2",
            args![room.id, me],
        )
        .await?;
    Ok(rows.first().map(|m| MyHand { ahead: m.ahead, called: m.called }))
}

/// Who waits, for everybody who looks.
pub(super) async fn shown(shop: &Shop, room: &Row) -> Result<HandsFact> {
    crate::row! {
        struct Shown {
            person_id: Uuid,
            called: bool,
        }
    }
    if !room.hands || !room.state()?.sells() {
        return Ok(HandsFact::default());
    }
    let hands: Vec<Shown> = shop
        .db
        .fetch_all(
            "SELECT person_id, (called_at IS NOT NULL) AS called FROM room_hand WHERE room_id = $1",
            args![room.id],
        )
        .await?;
    let called: Vec<Uuid> = hands.iter().filter(|h| h.called).map(|h| h.person_id).collect();
    let names = account::names(shop, &called).await?;
    Ok(HandsFact {
        open: true,
        waiting: hands.iter().map(|h| i64::from(!h.called)).sum(),
        called: called.first().and_then(|who| names.get(who).cloned()),
    })
}

/// Raised hands in their order, for the host.
pub(super) async fn queue(shop: &Shop, room: &Row) -> Result<Vec<HandView>> {
    crate::row! {
        struct Raised {
            person_id: Uuid,
            words: String,
            at: i64,
            called: bool,
        }
    }
    if !room.hands {
        return Ok(Vec::new());
    }
    let hands: Vec<Raised> = shop
        .db
        .fetch_all(
            "SELECT person_id, words, at, (called_at IS NOT NULL) AS called FROM room_hand WHERE room_id = $1
             ORDER BY CASE WHEN called_at IS NULL THEN 1 ELSE 0 END, at, person_id LIMIT 200",
            args![room.id],
        )
        .await?;
    let people: Vec<Uuid> = hands.iter().map(|h| h.person_id).collect();
    let faces = account::faces(shop, &people).await?;
    let view = |h: Raised| {
        let (handle, name) = faces.get(&h.person_id).cloned()?;
        Some(HandView { of: FaceView { handle, name }, words: h.words, at: h.at, called: h.called })
    };
    Ok(hands.into_iter().filter_map(view).collect())
}

/// What waits when a room is over goes down.
pub(super) async fn over(tx: &mut Tx, room: Uuid) -> Result<()> {
    tx.execute("DELETE FROM room_hand WHERE room_id = $1", args![room]).await?;
    tx.execute("UPDATE room SET hands = FALSE WHERE id = $1", args![room]).await?;
    Ok(())
}

/// Since when the first one waits.
pub(super) async fn waits_since(shop: &Shop, room: Uuid) -> Result<Option<Millis>> {
    crate::row! {
        struct Since {
            at: Option<i64>,
        }
    }
    let since: Since = shop
        .db
        .fetch_one("SELECT MIN(at) AS at FROM room_hand WHERE room_id = $1 AND called_at IS NULL", args![room])
        .await?;
    Ok(since.at)
}
