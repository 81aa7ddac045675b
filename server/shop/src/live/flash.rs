//! A price for a short while, of so many units: announced, on, over. Whether it is on follows from the time alone.

use super::{
    Row, add,
    bag::{item, mine},
};
use crate::{
    Error, Result, Shop, args, catalog,
    db::{Read, Tx},
    moderation, order,
};
use domain::{
    Code, Currency, Millis, Problem,
    id::{PersonId, ProductId, SkuId},
    live::{
        FLASH_IN, FLASH_LASTS, FLASH_PROMISE, FlashFact, LATE, LOWEST_OF, Line, MAX_FLASH, MAX_UNITS, MOST_OFF, price,
    },
    time::{MINUTE, SECOND},
};
use uuid::Uuid;

/// What a host asks for.
#[derive(Clone, Debug)]
pub struct Flash {
    /// Its place in the bag.
    pub place: i64,
    /// What is taken from the price of each choice, as people write money.
    pub off: String,
    /// Units, and those of one person.
    pub units: i64,
    pub each: i64,
    /// Seconds before it begins, and minutes that it lasts.
    pub starts_in: i64,
    pub minutes: i64,
}

/// Announces a price for a short while.
///
/// # Errors
/// `not_found` for a room that is not mine, `room_not_on`, `product_gone`, `flash_runs` while another has not ended, `flash_units` and
/// `flash_each` with the most, `flash_off` when it is not below the room's price, `flash_lowest` when it is not below what the shop asked for within
/// [`LOWEST_OF`], `bad_request`, `paused`.
pub async fn flash(shop: &Shop, me: PersonId, code: &Code, ask: Flash) -> Result<()> {
    if !FLASH_IN.contains(&ask.starts_in) || !FLASH_LASTS.contains(&ask.minutes) {
        return Err(Problem::bad_request().into());
    }
    if !(1..=MAX_FLASH).contains(&ask.units) {
        return Err(Problem::new(422, "flash_units").field("units").number(MAX_FLASH).into());
    }
    let each = MAX_UNITS.min(ask.units);
    if !(1..=each).contains(&ask.each) {
        return Err(Problem::new(422, "flash_each").field("each").number(each).into());
    }
    let input = (shop.clone(), me, code.clone(), ask, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, ask, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let room = mine(tx, *me, code).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                if on(&mut *tx, room.id, *now).await?.is_some() {
                    return Err(Error::problem(409, "flash_runs"));
                }
                let item = item(tx, &room, ask.place).await?;
                let product = ProductId(item.product_id);
                let lowest = catalog::lowest_since(&mut *tx, product, *now - LOWEST_OF).await?;
                let wrong = || Error::from(Problem::new(422, "flash_off").field("off"));
                let currency: Currency = lowest.first().ok_or_else(|| Error::problem(404, "product_gone"))?.currency;
                let off = domain::live::off(&ask.off, currency).filter(|off| *off > item.off).ok_or_else(wrong)?;
                for sku in &lowest {
                    if price(sku.price, off).is_none() || off.saturating_mul(100) > sku.price.saturating_mul(MOST_OFF) {
                        return Err(wrong());
                    }
                    if sku.price - off >= sku.lowest {
                        return Err(Problem::new(422, "flash_lowest").field("off").into());
                    }
                }
                let starts = *now + ask.starts_in * SECOND;
                tx.execute(
                    "INSERT INTO room_flash (id, room_id, product_id, off, units, each, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    args![
                        shop.rng.id(*now), room.id, product, off, ask.units, ask.each, starts, starts + ask.minutes * MINUTE
                    ],
                )
                .await?;
                let slug = catalog::slug_of(&mut *tx, product).await?;
                add(tx, shop, &room, (Line::Flash, None, &slug), *now).await?;
                Ok(())
            })
        })
        .await
}

crate::row! {
    struct On {
        id: Uuid,
        product_id: Uuid,
        off: i64,
        units: i64,
        each: i64,
        starts_at: i64,
        ends_at: i64,
    }
}

/// The one that has not ended at a moment.
async fn on(mut read: impl Read, room: Uuid, at: Millis) -> Result<Option<On>> {
    let rows: Vec<On> = read
        .all(
            "SELECT id, product_id, off, units, each, starts_at, ends_at FROM room_flash
             WHERE room_id = $1 AND ends_at > $2 ORDER BY ends_at DESC LIMIT 1",
            args![room, at],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Units that are ordered at it or promised to others than `me`.
async fn taken(mut read: impl Read, flash: Uuid, (me, sku): (PersonId, SkuId), now: Millis) -> Result<i64> {
    crate::row! {
        struct Taken {
            n: i64,
        }
    }
    let rows: Vec<Taken> = read
        .all(
            "SELECT CAST(COALESCE(SUM(units), 0) AS BIGINT) AS n FROM (
               SELECT l.quantity AS units FROM order_line l JOIN orders o ON o.id = l.order_id WHERE l.flash_id = $1 AND o.state <> 'cancelled'
               UNION ALL SELECT units FROM room_promise WHERE flash_id = $1 AND until_at > $2 AND NOT (person_id = $3 AND sku_id = $4)) t",
            args![flash, now, me, sku],
        )
        .await?;
    Ok(rows.first().map_or(0, |r| r.n))
}

/// What a room says of it; `here`: the place of a product, and how many of it there are.
pub(super) async fn fact(
    shop: &Shop,
    room: Uuid,
    here: impl Fn(Uuid) -> Option<(i64, i64)>,
) -> Result<Option<FlashFact>> {
    let now = shop.clock.now();
    let Some(on) = on(&shop.db, room, now).await? else { return Ok(None) };
    let Some((place, stock)) = here(on.product_id) else { return Ok(None) };
    let nobody = (PersonId(Uuid::nil()), SkuId(Uuid::nil()));
    let left = (on.units - taken(&shop.db, on.id, nobody, now).await?).min(stock).max(0);
    Ok(Some(FlashFact {
        place,
        off: on.off,
        left,
        each: on.each,
        starts_at: on.starts_at,
        ends_at: on.ends_at,
        on: on.starts_at <= now,
    }))
}

/// What somebody wants of something.
pub(super) struct Wish {
    pub(super) me: PersonId,
    pub(super) sku: SkuId,
    pub(super) quantity: i64,
    /// What a unit costs in the shop, and what the page said.
    pub(super) alone: i64,
    pub(super) shown: Option<i64>,
}

/// Promises the price for a short while, if there is one that can be had; whether it did.
///
/// # Errors
/// `flash_limit` with the most of one person, `few_left` with what is left of it.
pub(super) async fn take(tx: &mut Tx, room: &Row, product: Uuid, wish: &Wish, now: Millis) -> Result<bool> {
    let Some(on) = begun(&mut *tx, room.id, product, now).await? else { return Ok(false) };
    let Some(price) = price(wish.alone, on.off) else { return Ok(false) };
    // After its end it is for those who saw it.
    if now >= on.ends_at && wish.shown != Some(price) {
        return Ok(false);
    }
    lock(tx, on.id).await?;
    let left = on.units - taken(&mut *tx, on.id, (wish.me, wish.sku), now).await?;
    if left <= 0 {
        return Ok(false);
    }
    if has(&mut *tx, on.id, (wish.me, wish.sku), now).await? + wish.quantity > on.each {
        return Err(Problem::new(422, "flash_limit").number(on.each).into());
    }
    if wish.quantity > left {
        return Err(Problem::new(409, "few_left").number(left).into());
    }
    tx.execute(
        "INSERT INTO room_promise (person_id, sku_id, room_id, price, units, until_at, flash_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (person_id, room_id, sku_id) DO UPDATE
         SET price = excluded.price, units = excluded.units, flash_id = excluded.flash_id,
             until_at = CASE WHEN room_promise.flash_id = excluded.flash_id AND room_promise.until_at > $8 THEN room_promise.until_at ELSE excluded.until_at END",
        args![wish.me, wish.sku, room.id, price, wish.quantity, now + FLASH_PROMISE, on.id, now],
    )
    .await?;
    Ok(true)
}

/// Whoever takes one of it does so after the other.
pub(super) async fn lock(tx: &mut Tx, flash: Uuid) -> Result<()> {
    tx.execute("UPDATE room_flash SET units = units WHERE id = $1", args![flash]).await?;
    Ok(())
}

/// The one of a product that has begun, and not ended longer ago than a picture is late.
async fn begun(mut read: impl Read, room: Uuid, product: Uuid, now: Millis) -> Result<Option<On>> {
    let rows: Vec<On> = read
        .all(
            "SELECT id, product_id, off, units, each, starts_at, ends_at FROM room_flash
             WHERE room_id = $1 AND ends_at > $2 AND product_id = $3 AND starts_at <= $4 ORDER BY ends_at DESC LIMIT 1",
            args![room, now - LATE, product, now],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Units that somebody has ordered at it, and of other choices those that are promised to him.
async fn has(mut read: impl Read, flash: Uuid, (me, sku): (PersonId, SkuId), now: Millis) -> Result<i64> {
    crate::row! {
        struct Units {
            n: i64,
        }
    }
    let ordered = order::had_at(&mut read, me, flash).await?;
    let rows: Vec<Units> = read
        .all(
            "SELECT CAST(COALESCE(SUM(units), 0) AS BIGINT) AS n FROM room_promise
             WHERE flash_id = $1 AND person_id = $2 AND sku_id <> $3 AND until_at > $4",
            args![flash, me, sku, now],
        )
        .await?;
    Ok(ordered + rows.first().map_or(0, |r| r.n))
}

/// Whether somebody's promise, which was taken for an order just now, is still within what there is; the row of the flash is locked.
///
/// # Errors
/// `flash_gone`, `flash_limit`.
pub(super) async fn still(
    tx: &mut Tx,
    flash: Uuid,
    (me, sku): (PersonId, SkuId),
    quantity: i64,
    now: Millis,
) -> Result<()> {
    crate::row! {
        struct Terms {
            units: i64,
            each: i64,
        }
    }
    let terms: Terms = tx.fetch_one("SELECT units, each FROM room_flash WHERE id = $1", args![flash]).await?;
    if taken(&mut *tx, flash, (me, sku), now).await? + quantity > terms.units {
        return Err(Error::problem(409, "flash_gone"));
    }
    if has(&mut *tx, flash, (me, sku), now).await? + quantity > terms.each {
        return Err(Problem::new(422, "flash_limit").number(terms.each).into());
    }
    Ok(())
}
