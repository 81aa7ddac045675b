//! What is kept of a room's pictures: segments, whose bytes are files of the edge.

use super::find;
use crate::{Result, Shop, args, error::broken_row};
use domain::{Code, Millis, live::RECORDED, time::MINUTE};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

crate::row! {
    /// A segment of a recording. `lasts`: ticks of 1/90000 s.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Segment {
        pub number: i64,
        pub init: i64,
        pub lasts: i64,
        pub at: i64,
        pub breaks: bool,
        pub bytes: i64,
    }
}

/// Keeps a segment; the same again changes nothing.
///
/// # Errors
/// `not_found`.
pub async fn kept(shop: &Shop, code: &Code, segment: Segment) -> Result<()> {
    let input = (code.clone(), segment, shop.clock.now());
    shop.db
        .write(input, |tx, (code, s, now)| {
            Box::pin(async move {
                let room = find(&mut *tx, code).await?;
                tx.execute(
                    "INSERT INTO room_segment (room_id, number, init, lasts, at, breaks, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                    args![room.id, s.number, s.init, s.lasts, s.at, s.breaks, s.bytes],
                )
                .await?;
                tx.execute("UPDATE room SET fed_at = $1 WHERE id = $2", args![*now, room.id]).await?;
                Ok(())
            })
        })
        .await
}

/// Rooms of which it is held what is kept.
const HELD: usize = 64;
/// What a sender had sent when the room ended is written soon after.
const SETTLED: Millis = MINUTE;

/// What is kept of rooms that are over: it does not change any more, and is long.
#[derive(Default)]
pub(crate) struct Recordings(Mutex<HashMap<Uuid, Arc<Vec<Segment>>>>);

/// The segments of a room in their order, all of its time.
///
/// # Errors
/// `not_found`.
pub async fn recording(shop: &Shop, code: &Code) -> Result<Arc<Vec<Segment>>> {
    let room = find(&shop.db, code).await?;
    let held = || shop.kept.recordings.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = held().get(&room.id).cloned() {
        return Ok(known);
    }
    let all = shop
        .db
        .fetch_all(
            "SELECT number, init, lasts, at, breaks, bytes FROM room_segment WHERE room_id = $1 ORDER BY number",
            args![room.id],
        )
        .await?;
    let all = Arc::new(all);
    if room.ended_at.is_some_and(|at| shop.clock.now() - at > SETTLED) {
        let mut held = held();
        if held.len() >= HELD {
            held.clear();
        }
        held.insert(room.id, all.clone());
    }
    Ok(all)
}

/// Rooms whose recordings have been kept for as long as they must be, and are to be forgotten; a few at a time.
///
/// # Errors
/// What the database says.
pub async fn expired(shop: &Shop) -> Result<Vec<Code>> {
    crate::row! {
        struct Old {
            code: String,
        }
    }
    let old: Vec<Old> = shop
        .db
        .fetch_all(
            "SELECT code FROM room WHERE state = 'ended' AND ended_at < $1
             AND (EXISTS (SELECT 1 FROM room_segment s WHERE s.room_id = room.id) OR EXISTS (SELECT 1 FROM room_visit v WHERE v.room_id = room.id))
             ORDER BY ended_at LIMIT 20",
            args![shop.clock.now() - RECORDED],
        )
        .await?;
    old.into_iter().map(|o| o.code.parse().map_err(|_| broken_row("room.code"))).collect()
}

/// Forgets the recording of a room, and who looked at it. Its files are removed before: what is left out then is removed the next time.
///
/// # Errors
/// `not_found`.
pub async fn forget(shop: &Shop, code: &Code) -> Result<()> {
    let room = find(&shop.db, code).await?.id;
    shop.db
        .write(room, |tx, room| {
            Box::pin(async move {
                tx.execute("DELETE FROM room_visit WHERE room_id = $1", args![*room]).await?;
                tx.execute("DELETE FROM room_click WHERE room_id = $1", args![*room]).await?;
                tx.execute("DELETE FROM room_moment WHERE room_id = $1", args![*room]).await?;
                tx.execute("DELETE FROM room_segment WHERE room_id = $1", args![*room]).await
            })
        })
        .await?;
    shop.kept.recordings.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&room);
    Ok(())
}

/// Where a room's stream goes on: the number of its next segment, and of its last beginning.
///
/// # Errors
/// `not_found`.
pub async fn next(shop: &Shop, code: &Code) -> Result<(i64, i64)> {
    crate::row! {
        struct Next {
            number: i64,
            init: i64,
        }
    }
    let room: Uuid = find(&shop.db, code).await?.id;
    let next: Next = shop
        .db
        .fetch_one(
            "SELECT COALESCE(MAX(number) + 1, 0) AS number, COALESCE(MAX(init), 0) AS init FROM room_segment WHERE room_id = $1",
            args![room],
        )
        .await?;
    Ok((next.number, next.init))
}
