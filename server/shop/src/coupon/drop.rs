//! Coupons that a host hands out in his room, to whoever is fastest.

use super::{Row, get, terms};
use crate::{
    Error, Result, Shop, args,
    db::{Read, Tx},
    error::broken_row,
    job,
    live::{self, news},
    moderation,
};
use domain::{
    Code, Lang, Millis, Problem,
    coupon::{DROP_LASTS, DROP_SHOWN, DropFact, DropOffer, MAX_DROP, MAX_DROPS, Way},
    id::PersonId,
    live::Line,
    time::MINUTE,
};
use std::collections::BTreeMap;
use uuid::Uuid;

crate::row! {
    struct DropRow {
        id: Uuid,
        room_id: Uuid,
        coupon_code: String,
        coupon_id: Uuid,
        remains: i64,
        closes_at: i64,
        closed_at: Option<i64>,
    }
}

async fn find(mut read: impl Read, code: &Code) -> Result<DropRow> {
    let rows: Vec<DropRow> = read
        .all(
            "SELECT d.id, d.room_id, c.code AS coupon_code, d.coupon_id, d.remains, d.closes_at, d.closed_at
             FROM coupon_drop d JOIN coupon c ON c.id = d.coupon_id WHERE d.code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// What hosts may hand out now.
///
/// # Errors
/// What the database says.
pub async fn droppable(shop: &Shop, lang: Lang) -> Result<Vec<DropOffer>> {
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product, mt.name, pt.title,
                    c.way, c.word, c.quota, c.remains, c.per_person, c.ends_at, c.lasts, c.stopped_at, c.created_at
             FROM coupon c LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id
             LEFT JOIN merchant_text mt ON mt.merchant_id = c.merchant_id AND mt.lang = $1
             LEFT JOIN product_text pt ON pt.product_id = c.product_id AND pt.lang = $1
             WHERE c.way = 'room' AND c.stopped_at IS NULL AND c.starts_at <= $2 AND c.ends_at > $2 AND c.remains > 0
             ORDER BY c.created_at DESC, c.id LIMIT 50",
            args![lang.tag(), shop.clock.now()],
        )
        .await?;
    rows.into_iter().map(|r| Ok(DropOffer { coupon: r.view()?, remains: r.remains })).collect()
}

/// Hands out so many of a coupon in a room that is on, for so many minutes.
///
/// # Errors
/// `not_found` for a room that is not mine or a coupon that is not for rooms, `room_not_on`, `drop_runs` while another is open, `drops_over`,
/// `drop_units` with the most, `coupon_not_here` for one of which nothing is in the bag, `coupon_over`, `bad_request`, `paused`.
pub async fn open(shop: &Shop, me: PersonId, room: &Code, coupon: &Code, units: i64, minutes: i64) -> Result<Code> {
    if !DROP_LASTS.contains(&minutes) {
        return Err(Problem::bad_request().into());
    }
    if !(1..=MAX_DROP).contains(&units) {
        return Err(Problem::new(422, "drop_units").field("units").number(MAX_DROP).into());
    }
    let input = (shop.clone(), me, (room.clone(), coupon.clone()), (units, minutes), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, (room, coupon), (units, minutes), now)| {
            Box::pin(async move {
                crate::row! {
                    struct Had {
                        n: i64,
                        open: i64,
                    }
                }
                moderation::may_write(&mut *tx, *me, *now).await?;
                let room = live::mine(tx, *me, room).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                let had: Had = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n, COUNT(*) - COUNT(closed_at) AS open FROM coupon_drop WHERE room_id = $1",
                        args![room.id],
                    )
                    .await?;
                if had.open > 0 {
                    return Err(Error::problem(409, "drop_runs"));
                }
                if had.n >= MAX_DROPS {
                    return Err(Problem::new(409, "drops_over").number(MAX_DROPS).into());
                }
                let row = get::lock(tx, coupon).await?;
                if row.way.parse::<Way>().map_err(|_| broken_row("coupon.way"))? != Way::Room {
                    return Err(Problem::not_found().into());
                }
                if !is_here(&mut *tx, room.id, row.id).await? {
                    return Err(Error::problem(409, "coupon_not_here"));
                }
                if row.remains > 0 && row.remains < *units {
                    return Err(Problem::new(422, "drop_units").field("units").number(row.remains).into());
                }
                get::take_of(tx, row.id, *units, *now).await?;
                let (id, code, closes) = (shop.rng.id(*now), shop.rng.code(), *now + *minutes * MINUTE);
                tx.execute(
                    "INSERT INTO coupon_drop (id, code, room_id, coupon_id, quota, remains, opened_at, closes_at) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
                    args![id, code.as_str(), room.id, row.id, *units, *now, closes],
                )
                .await?;
                live::add(tx, shop, &room, (Line::Drops, None, code.as_str()), *now).await?;
                job::enqueue(tx, shop, "close_drop", code.as_str(), code.as_str(), closes).await?;
                Ok(code)
            })
        })
        .await
}

/// Whether a coupon is for anything that a room sells.
async fn is_here(mut read: impl Read, room: Uuid, coupon: Uuid) -> Result<bool> {
    crate::row! {
        struct Of {
            n: i64,
        }
    }
    let rows: Vec<Of> = read
        .all(
            "SELECT COUNT(*) AS n FROM coupon c JOIN room_item i ON i.room_id = $1 JOIN product p ON p.id = i.product_id
             WHERE c.id = $2 AND c.currency = p.currency AND (c.merchant_id IS NULL OR c.merchant_id = p.merchant_id)
               AND (c.product_id IS NULL OR c.product_id = p.id)",
            args![room, coupon],
        )
        .await?;
    Ok(rows.iter().any(|r| r.n > 0))
}

/// Whether somebody has one of a drop.
pub(crate) async fn taken(mut read: impl Read, me: PersonId, drop: &Code) -> Result<bool> {
    crate::row! {
        struct Had {
            n: i64,
        }
    }
    let rows: Vec<Had> = read
        .all(
            "SELECT COUNT(*) AS n FROM coupon_grant g JOIN coupon_drop d ON d.id = g.drop_id WHERE d.code = $1 AND g.person_id = $2",
            args![drop.as_str(), me],
        )
        .await?;
    Ok(rows.iter().any(|r| r.n > 0))
}

/// Takes one of what a host hands out; whoever has one takes no second.
///
/// # Errors
/// `not_found`, `drop_over` when it is over, `drop_gone` when the last one went, `coupon_own` for the host, `coupon_each`, `shut_out`.
pub async fn take(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    if taken(&shop.db, me, code).await? {
        return Ok(());
    }
    // Whoever comes too late learns it without waiting for those who write.
    let row = find(&shop.db, code).await?;
    if row.closed_at.is_none() && row.remains == 0 {
        return Err(Error::problem(409, "drop_gone"));
    }
    let _turn = shop.kept.joins.0.acquire().await.map_err(|_| Problem::internal())?;
    let input = (shop.clone(), me, code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, now)| {
            Box::pin(async move {
                // One after the other.
                tx.execute("UPDATE coupon_drop SET remains = remains WHERE code = $1", args![code.as_str()]).await?;
                let row = find(&mut *tx, code).await?;
                if taken(&mut *tx, *me, code).await? {
                    return Ok(());
                }
                let room = live::by_id(&mut *tx, row.room_id).await?;
                if row.closed_at.is_some() || row.closes_at <= *now || !room.state()?.sells() {
                    return Err(Error::problem(409, "drop_over"));
                }
                if room.host_id == me.0 {
                    return Err(Error::problem(403, "coupon_own"));
                }
                live::takes_part(&mut *tx, room.host_id, *me).await?;
                let left = tx
                    .execute(
                        "UPDATE coupon_drop SET remains = remains - 1 WHERE id = $1 AND remains > 0",
                        args![row.id],
                    )
                    .await?;
                if left == 0 {
                    return Err(Error::problem(409, "drop_gone"));
                }
                // Also by another way: one after the other.
                let of = row.coupon_code.parse().map_err(|_| broken_row("coupon.code"))?;
                let coupon = get::lock(tx, &of).await?;
                let next = get::had(&mut *tx, row.coupon_id, *me).await? + 1;
                get::grant(tx, shop, &coupon, (*me, next), Some(row.id), *now).await?;
                news::changed(tx, shop, &room.code()?);
                Ok(())
            })
        })
        .await
}

/// Closes a drop whose time is over; a job calls it. Whether it did.
///
/// # Errors
/// What the database says.
pub async fn close(shop: &Shop, code: &Code) -> Result<bool> {
    let input = (shop.clone(), code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, now)| {
            Box::pin(async move {
                let row = find(&mut *tx, code).await?;
                let room = live::lock_by_id(tx, row.room_id).await?;
                if row.closes_at > *now {
                    return Ok(false);
                }
                close_in(tx, shop, &room, *now).await
            })
        })
        .await
}

/// A room that is locked is over, and what is handed out in it.
pub(crate) async fn over(tx: &mut Tx, shop: &Shop, room: &live::Row, now: Millis) -> Result<()> {
    close_in(tx, shop, room, now).await.map(drop)
}

/// Closes what is open in a room that is locked: what nobody took goes back to the coupon.
async fn close_in(tx: &mut Tx, shop: &Shop, room: &live::Row, now: Millis) -> Result<bool> {
    crate::row! {
        struct Open {
            id: Uuid,
            coupon_id: Uuid,
            remains: i64,
        }
    }
    // Whoever takes one waits until this is done, or this until he has it.
    let closed = tx
        .execute("UPDATE coupon_drop SET remains = remains WHERE room_id = $1 AND closed_at IS NULL", args![room.id])
        .await?;
    let open: Option<Open> = tx
        .fetch_optional(
            "SELECT id, coupon_id, remains FROM coupon_drop WHERE room_id = $1 AND closed_at IS NULL",
            args![room.id],
        )
        .await?;
    let Some(open) = open.filter(|_| closed > 0) else { return Ok(false) };
    tx.execute("UPDATE coupon_drop SET closed_at = $1 WHERE id = $2", args![now, open.id]).await?;
    tx.execute("UPDATE coupon SET remains = remains + $1 WHERE id = $2", args![open.remains, open.coupon_id]).await?;
    let room = live::lock_by_id(tx, room.id).await?;
    live::add(tx, shop, &room, (Line::Dropped, None, ""), now).await?;
    Ok(true)
}

/// What a room hands out now, or has just.
pub(crate) async fn shown(shop: &Shop, room: Uuid, now: Millis) -> Result<Option<DropFact>> {
    crate::row! {
        struct Shown {
            code: String,
            currency: String,
            kind: String,
            off: i64,
            most: i64,
            least: i64,
            merchant: Option<String>,
            product: Option<String>,
            merchant_id: Option<Uuid>,
            product_id: Option<Uuid>,
            quota: i64,
            remains: i64,
            closes_at: i64,
            closed_at: Option<i64>,
            lasts: i64,
        }
    }
    crate::row! {
        struct Named {
            lang: String,
            name: String,
        }
    }
    let row: Option<Shown> = shop
        .db
        .fetch_optional(
            "SELECT d.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product, c.merchant_id, c.product_id,
                    d.quota, d.remains, d.closes_at, d.closed_at, c.lasts
             FROM coupon_drop d JOIN coupon c ON c.id = d.coupon_id
             LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id
             WHERE d.room_id = $1 AND (d.closed_at IS NULL OR d.closed_at > $2) ORDER BY d.opened_at DESC, d.id DESC LIMIT 1",
            args![room, now - DROP_SHOWN],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let names: Vec<Named> = match (row.product_id, row.merchant_id) {
        (Some(product), _) => {
            shop.db
                .fetch_all("SELECT lang, title AS name FROM product_text WHERE product_id = $1", args![product])
                .await?
        }
        (None, Some(merchant)) => {
            shop.db.fetch_all("SELECT lang, name FROM merchant_text WHERE merchant_id = $1", args![merchant]).await?
        }
        (None, None) => Vec::new(),
    };
    Ok(Some(DropFact {
        code: row.code.parse().map_err(|_| broken_row("coupon_drop.code"))?,
        terms: terms(&row.currency, (row.kind.as_str(), row.off, row.most, row.least), (row.merchant, row.product))?,
        of: names.into_iter().map(|n| (n.lang, n.name)).collect::<BTreeMap<_, _>>(),
        quota: row.quota,
        remains: row.remains,
        closes_at: row.closes_at,
        over: row.closed_at.is_some() || row.closes_at <= now,
        lasts: row.lasts,
    }))
}
