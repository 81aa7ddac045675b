//! What was explained when, and what is cut out of a recording for it.

use super::{Row, Segment, hold, read, recording};
use crate::{Error, Result, Shop, account, args, db::Read, error::broken_row};
use domain::{
    Code, Lang, Millis, Problem,
    id::ProductId,
    live::{Chapter, ClipCard, ClipView, clip},
    time::MINUTE,
};
use std::{collections::HashSet, ops::Range, sync::Arc};
use uuid::Uuid;

crate::row! {
    /// A time in which something was explained; without an end it is explained now.
    pub(super) struct Span {
        pub(super) product_id: Uuid,
        pub(super) from_at: i64,
        pub(super) until_at: Option<i64>,
    }
}

/// What was explained in a room, in its order.
pub(super) async fn spans(mut read: impl Read, room: Uuid) -> Result<Vec<Span>> {
    Ok(read
        .all("SELECT product_id, from_at, until_at FROM room_span WHERE room_id = $1 ORDER BY from_at", args![room])
        .await?)
}

/// What is explained in a room now, and since when that, or nothing any more.
pub(super) async fn now(mut read: impl Read, room: Uuid) -> Result<(Option<Uuid>, Millis)> {
    let last: Vec<Span> = read
        .all(
            "SELECT product_id, from_at, until_at FROM room_span WHERE room_id = $1 ORDER BY from_at DESC LIMIT 1",
            args![room],
        )
        .await?;
    Ok(last.first().map_or((None, 0), |s| match s.until_at {
        None => (Some(s.product_id), s.from_at),
        Some(until) => (None, until),
    }))
}

/// The chapters of a recording. `place`: of a product, in the bag.
pub(super) fn chapters(spans: &[Span], place: impl Fn(Uuid) -> Option<i64>) -> Vec<Chapter> {
    let chapter = |s: &Span| Some(Chapter { place: place(s.product_id)?, from: s.from_at, until: s.until_at? });
    spans.iter().filter_map(chapter).collect()
}

/// The times in which a product was explained, that are over.
fn times(spans: &[Span], product: Uuid) -> Vec<Range<Millis>> {
    spans.iter().filter(|s| s.product_id == product).filter_map(|s| Some(s.from_at..s.until_at?)).collect()
}

/// The longest that a segment lasts.
const LONGEST: Millis = MINUTE;

/// What of the things that were explained, and are no longer, has pictures that are kept.
pub(super) async fn shown(shop: &Shop, room: Uuid, spans: &[Span]) -> Result<HashSet<Uuid>> {
    crate::row! {
        struct Shown {
            product_id: Uuid,
        }
    }
    if spans.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<Shown> = shop
        .db
        .fetch_all(
            "SELECT DISTINCT t.product_id FROM room_span t WHERE t.room_id = $1 AND t.until_at > t.from_at
             AND EXISTS (SELECT 1 FROM room_segment s WHERE s.room_id = t.room_id AND s.at < t.until_at AND s.at > t.from_at - $2 AND s.at + s.lasts / 90 > t.from_at)",
            args![room, LONGEST],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.product_id).collect())
}

/// The segments that may show something of some times. What is over is held already; of what is on only these are read.
async fn around(shop: &Shop, room: &Row, times: &[Range<Millis>]) -> Result<Arc<Vec<Segment>>> {
    let (Some(from), Some(until)) = (times.iter().map(|t| t.start).min(), times.iter().map(|t| t.end).max()) else {
        return Ok(Arc::default());
    };
    if !room.state()?.is_open() {
        return recording(shop, &room.code()?).await;
    }
    let some = shop
        .db
        .fetch_all(
            "SELECT number, init, lasts, at, breaks, bytes FROM room_segment WHERE room_id = $1 AND at > $2 AND at < $3 ORDER BY number",
            args![room.id, from - LONGEST, until],
        )
        .await?;
    Ok(Arc::new(some))
}

/// The segments that show what was said of a thing, and when that was first.
async fn cut(shop: &Shop, room: &Row, place: i64) -> Result<(Vec<Segment>, Millis)> {
    let items = read::items(&shop.db, room.id).await?;
    let item = items.iter().find(|i| i.place == place).ok_or_else(Problem::not_found)?;
    let times = times(&spans(&shop.db, room.id).await?, item.product_id);
    let all = around(shop, room, &times).await?;
    let kept: Vec<(Millis, i64)> = all.iter().map(|s| (s.at, s.lasts)).collect();
    let mut cut: Vec<Segment> = Vec::new();
    for segment in clip::cut(&kept, &times).into_iter().filter_map(|i| all.get(i)) {
        let breaks = segment.breaks || cut.last().is_some_and(|last| last.number + 1 != segment.number);
        cut.push(Segment { breaks, ..segment.clone() });
    }
    let first = times.iter().map(|t| t.start).min().unwrap_or_default();
    if cut.is_empty() { Err(Problem::not_found().into()) } else { Ok((cut, first)) }
}

/// The segments that show what was said of the thing at a place of a room's bag, in their order.
///
/// # Errors
/// `not_found`, also when nothing of it is kept.
pub async fn clip_of(shop: &Shop, code: &Code, place: i64) -> Result<Vec<Segment>> {
    let room = hold::for_me(&shop.db, code, None, false).await?;
    Ok(cut(shop, &room, place).await?.0)
}

/// What was said of a thing in a room, to be seen on its own.
///
/// # Errors
/// As [`clip_of`].
pub async fn clip(shop: &Shop, lang: Lang, code: &Code, place: i64) -> Result<ClipView> {
    let room = hold::for_me(&shop.db, code, None, false).await?;
    let (cut, at) = cut(shop, &room, place).await?;
    let mut bag = read::bag(shop, lang, &room, None, Some(place)).await?;
    let item = bag.items.iter().position(|i| i.place == place).ok_or_else(Problem::not_found)?;
    let (handle, host) = account::faces(shop, &[room.host_id]).await?.remove(&room.host_id).unwrap_or_default();
    Ok(ClipView {
        code: code.clone(),
        title: room.title.clone(),
        host,
        handle,
        on: room.state()?.is_open(),
        item: bag.items.swap_remove(item),
        at,
        lasts: cut.iter().map(|s| s.lasts).sum::<i64>() / 90,
    })
}

/// The newest clips of a product, for its page; at most [`clip::CLIPS`]. Of its times the last twenty are looked at.
///
/// # Errors
/// What the database says.
pub async fn clips(shop: &Shop, product: ProductId) -> Result<Vec<ClipCard>> {
    crate::row! {
        struct Clip {
            code: String,
            host_id: Uuid,
            title: String,
            place: i64,
            at: i64,
            lasts: i64,
        }
    }
    let rows: Vec<Clip> = shop
        .db
        .fetch_all(
            "SELECT r.code, r.host_id, r.title, i.place, c.at,
                    (SELECT CAST(SUM(g.lasts) AS BIGINT) FROM
                        (SELECT DISTINCT s.number, s.lasts FROM room_span t
                         JOIN room_segment s ON s.room_id = t.room_id AND s.at < t.until_at AND s.at > t.from_at - $4 AND s.at + s.lasts / 90 > t.from_at
                         WHERE t.room_id = c.room_id AND t.product_id = $1) g) AS lasts
             FROM (SELECT e.room_id, MIN(e.from_at) AS at
                   FROM (SELECT p.room_id, p.from_at, p.until_at FROM room_span p JOIN room_item b ON b.room_id = p.room_id AND b.product_id = p.product_id
                         JOIN room o ON o.id = p.room_id AND o.removed = FALSE
                         WHERE p.product_id = $1 AND p.until_at >= p.from_at + $2 ORDER BY p.from_at DESC LIMIT 20) e
                   WHERE EXISTS (SELECT 1 FROM room_segment s WHERE s.room_id = e.room_id AND s.at >= e.from_at AND s.at < e.until_at)
                   GROUP BY e.room_id ORDER BY MIN(e.from_at) DESC LIMIT $3) c
             JOIN room r ON r.id = c.room_id JOIN room_item i ON i.room_id = c.room_id AND i.product_id = $1 ORDER BY c.at DESC",
            args![product, clip::SHORTEST, i64::try_from(clip::CLIPS).unwrap_or(i64::MAX), LONGEST],
        )
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let hosts: Vec<Uuid> = rows.iter().map(|r| r.host_id).collect();
    let names = account::names(shop, &hosts).await?;
    let card = |r: Clip| {
        Ok::<_, Error>(ClipCard {
            code: r.code.parse().map_err(|_| broken_row("room.code"))?,
            place: r.place,
            title: r.title,
            host: names.get(&r.host_id).cloned().unwrap_or_default(),
            at: r.at,
            lasts: r.lasts / 90,
        })
    };
    rows.into_iter().map(card).collect()
}
