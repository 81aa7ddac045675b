//! What a room sells: the bag, what is explained, and the prices that are promised.

use super::{Row, add, find, flash, lock, may_host, news};
use crate::{
    Error, Result, Shop, account, args, catalog,
    db::{Read, Tx},
    order,
};
use domain::{
    Code, Lang, Millis, Problem,
    id::{PersonId, ProductId, SkuId},
    live::{Line, MAX_BAG, MAX_UNITS, PROMISE, price},
    order::Source,
};
use uuid::Uuid;

async fn bag_changed(tx: &mut Tx, shop: &Shop, room: &Row) -> Result<()> {
    tx.execute("UPDATE room SET bag = bag + 1 WHERE id = $1", args![room.id]).await?;
    news::changed(tx, shop, &room.code()?);
    Ok(())
}

/// The host's room that is not over, as long as he may host.
pub(crate) async fn mine(tx: &mut Tx, me: PersonId, code: &Code) -> Result<Row> {
    let room = lock(tx, code).await?.of(me)?;
    if !may_host(account::role(&mut *tx, me).await?) {
        return Err(Problem::forbidden().into());
    }
    if room.state()?.is_open() { Ok(room) } else { Err(Problem::new(409, "room_over").into()) }
}

/// Puts a product into the bag, or says anew what is taken from its price, as people write money.
///
/// # Errors
/// `not_found` for a room that is not mine, `product_gone`, `room_off` when that is more than half of one of its prices, `bag_full`, `room_over`.
pub async fn put(shop: &Shop, me: PersonId, code: &Code, slug: &str, off: &str) -> Result<()> {
    let gone = || Error::problem(404, "product_gone");
    let (product, _) = catalog::title_of(shop, Lang::En, slug).await?.ok_or_else(gone)?;
    let skus = catalog::skus_of(&shop.db, &[product]).await?;
    let first = skus.first().ok_or_else(gone)?;
    let wrong = || Error::from(Problem::new(422, "room_off").field("off"));
    let offers = catalog::offers(&shop.db, &[first.sku], Some(Lang::En)).await?;
    let currency = offers.first().ok_or_else(gone)?.currency;
    let off = domain::live::off(off, currency).ok_or_else(wrong)?;
    if skus.iter().any(|s| price(s.price, off).is_none() || off * 2 > s.price) {
        return Err(wrong());
    }
    let input = (shop.clone(), me, code.clone(), product, off, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, product, off, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Bag {
                        n: i64,
                    }
                }
                let room = mine(tx, *me, code).await?;
                let there = tx
                    .execute(
                        "UPDATE room_item SET off = $1 WHERE room_id = $2 AND product_id = $3",
                        args![*off, room.id, *product],
                    )
                    .await?;
                if there == 0 {
                    let bag: Bag =
                        tx.fetch_one("SELECT COUNT(*) AS n FROM room_item WHERE room_id = $1", args![room.id]).await?;
                    if bag.n >= MAX_BAG {
                        return Err(Problem::new(409, "bag_full").number(MAX_BAG).into());
                    }
                    tx.execute(
                        "INSERT INTO room_item (room_id, product_id, place, off, added_at) VALUES ($1, $2, $3, $4, $5)",
                        args![room.id, *product, room.places + 1, *off, *now],
                    )
                    .await?;
                    tx.execute("UPDATE room SET places = places + 1 WHERE id = $1", args![room.id]).await?;
                }
                bag_changed(tx, shop, &room).await
            })
        })
        .await
}

crate::row! {
    pub(super) struct Item {
        pub(super) product_id: Uuid,
        pub(super) off: i64,
    }
}

pub(super) async fn item(tx: &mut Tx, room: &Row, place: i64) -> Result<Item> {
    let found: Option<Item> = tx
        .fetch_optional(
            "SELECT product_id, off FROM room_item WHERE room_id = $1 AND place = $2",
            args![room.id, place],
        )
        .await?;
    Ok(found.ok_or_else(|| Problem::new(404, "product_gone"))?)
}

/// Whether a room sells a product.
pub(crate) async fn in_bag(mut read: impl Read, room: Uuid, product: ProductId) -> Result<bool> {
    let items: Vec<Item> = read
        .all("SELECT product_id, off FROM room_item WHERE room_id = $1 AND product_id = $2", args![room, product])
        .await?;
    Ok(!items.is_empty())
}

/// Takes something out of the bag; it is not explained any more either. What was promised stays promised.
///
/// # Errors
/// `not_found` for a room that is not mine, `product_gone`, `room_over`.
pub async fn take_out(shop: &Shop, me: PersonId, code: &Code, place: i64) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), place, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, place, now)| {
            Box::pin(async move {
                let room = mine(tx, *me, code).await?;
                let item = item(tx, &room, *place).await?;
                tx.execute(
                    "UPDATE room_span SET until_at = CASE WHEN from_at > $1 THEN from_at ELSE $1 END WHERE room_id = $2 AND product_id = $3 AND until_at IS NULL",
                    args![*now, room.id, item.product_id],
                )
                .await?;
                tx.execute("DELETE FROM room_item WHERE room_id = $1 AND place = $2", args![room.id, *place]).await?;
                bag_changed(tx, shop, &room).await
            })
        })
        .await
}

/// Explains something, or nothing any more. The same again changes nothing.
///
/// # Errors
/// `not_found` for a room that is not mine, `product_gone`, `room_not_on`.
pub async fn explain(shop: &Shop, me: PersonId, code: &Code, place: Option<i64>) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), place, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, place, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Now {
                        product_id: Uuid,
                    }
                }
                let room = mine(tx, *me, code).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                let next = match place {
                    Some(place) => Some(item(tx, &room, *place).await?.product_id),
                    None => None,
                };
                let before: Option<Now> = tx
                    .fetch_optional(
                        "SELECT product_id FROM room_span WHERE room_id = $1 AND until_at IS NULL",
                        args![room.id],
                    )
                    .await?;
                if before.map(|b| b.product_id) == next {
                    return Ok(());
                }
                tx.execute(
                    "UPDATE room_span SET until_at = CASE WHEN from_at > $1 THEN from_at ELSE $1 END WHERE room_id = $2 AND until_at IS NULL",
                    args![*now, room.id],
                )
                .await?;
                if let Some(product) = next {
                    // Two within one millisecond follow each other all the same.
                    tx.execute(
                        "INSERT INTO room_span (room_id, product_id, from_at)
                         SELECT $1, $2, CASE WHEN MAX(until_at) >= $3 THEN MAX(until_at) + 1 ELSE $3 END FROM room_span WHERE room_id = $1",
                        args![room.id, product, *now],
                    )
                    .await?;
                    let slug = catalog::slug_of(&mut *tx, ProductId(product)).await?;
                    add(tx, shop, &room, (Line::Explains, None, &slug), *now).await?;
                } else {
                    news::changed(tx, shop, code);
                }
                Ok(())
            })
        })
        .await
}

/// Takes the room's price of a SKU for a while; what to check out with. Taken twice, it lasts no longer. `shown`: what the page said that a
/// unit costs, minor units; more is not promised.
///
/// # Errors
/// `room_not_on`, `product_gone`, `sold_out`, `few_left`, `room_limit`, `flash_limit`, `flash_gone` with the price of now.
pub async fn promise(
    shop: &Shop,
    me: PersonId,
    code: &Code,
    (sku, quantity): (SkuId, i64),
    shown: Option<i64>,
) -> Result<Source> {
    if !(1..=MAX_UNITS).contains(&quantity) {
        return Err(Problem::new(422, "room_limit").number(MAX_UNITS).into());
    }
    let input = (code.clone(), me, (sku, quantity, shown), shop.clock.now());
    shop.db
        .write(input, |tx, (code, me, (sku, quantity, shown), now)| {
            Box::pin(async move {
                let room = find(&mut *tx, code).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                let gone = || Error::problem(404, "product_gone");
                let offers = catalog::offers(&mut *tx, &[*sku], None).await?;
                let offer = offers.first().ok_or_else(gone)?;
                let item: Option<Item> = tx
                    .fetch_optional(
                        "SELECT product_id, off FROM room_item WHERE room_id = $1 AND product_id = $2",
                        args![room.id, offer.product],
                    )
                    .await?;
                let item = item.ok_or_else(gone)?;
                limited(&mut *tx, *me, room.id, *sku, *quantity).await?;
                // A price that fell below what is taken off is the room's price, too.
                let price = price(offer.price, item.off).unwrap_or(offer.price);
                if offer.available <= 0 {
                    return Err(Error::problem(409, "sold_out"));
                }
                if offer.available < *quantity {
                    return Err(Problem::new(409, "few_left").number(offer.available).into());
                }
                let wish = flash::Wish { me: *me, sku: *sku, quantity: *quantity, alone: offer.price, shown: *shown };
                if !flash::take(tx, &room, item.product_id, &wish, *now).await? {
                    tx.execute(
                        "INSERT INTO room_promise (person_id, sku_id, room_id, price, units, until_at) VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT (person_id, room_id, sku_id) DO UPDATE
                         SET price = excluded.price, units = excluded.units, until_at = excluded.until_at, flash_id = NULL
                         WHERE room_promise.until_at <= $7 OR room_promise.price > excluded.price",
                        args![*me, *sku, room.id, price, MAX_UNITS, *now + PROMISE, *now],
                    )
                    .await?;
                }
                let promised = promised(&mut *tx, *me, code, *sku, *now).await?;
                if shown.is_some_and(|shown| promised.price > shown) {
                    return Err(Problem::new(409, "flash_gone").number(promised.price).into());
                }
                Ok(Source::Room { room: code.clone(), sku: *sku, quantity: *quantity })
            })
        })
        .await
}

/// The place in a room's bag of what a SKU is a choice of.
///
/// # Errors
/// What the database says.
pub async fn place(shop: &Shop, code: &Code, sku: SkuId) -> Result<Option<i64>> {
    crate::row! {
        struct Place {
            place: i64,
        }
    }
    let place: Option<Place> = shop
        .db
        .fetch_optional(
            "SELECT i.place FROM room_item i JOIN room r ON r.id = i.room_id JOIN sku s ON s.product_id = i.product_id WHERE r.code = $1 AND s.id = $2",
            args![code.as_str(), sku],
        )
        .await?;
    Ok(place.map(|p| p.place))
}

crate::row! {
    /// A price that is promised.
    pub(crate) struct Promised {
        pub(crate) room_id: Uuid,
        pub(crate) price: i64,
        pub(crate) units: i64,
        pub(crate) flash_id: Option<Uuid>,
    }
}

/// Whether somebody may have so many units more at a room's price.
async fn limited(read: impl Read, me: PersonId, room: Uuid, sku: SkuId, quantity: i64) -> Result<()> {
    let had = order::had_in(read, me, room, sku).await?;
    if had + quantity > MAX_UNITS {
        return Err(Problem::new(422, "room_limit").number(MAX_UNITS).into());
    }
    Ok(())
}

/// What was promised to somebody.
///
/// # Errors
/// `room_price_over` when nothing is any more; `room_limit` for more units than it is for.
pub(crate) async fn promised(
    mut read: impl Read,
    me: PersonId,
    room: &Code,
    sku: SkuId,
    now: Millis,
) -> Result<Promised> {
    let rows: Vec<Promised> = read
        .all(
            "SELECT p.room_id, p.price, p.units, p.flash_id FROM room_promise p JOIN room r ON r.id = p.room_id
             WHERE p.person_id = $1 AND p.sku_id = $2 AND r.code = $3 AND p.until_at > $4",
            args![me, sku, room.as_str(), now],
        )
        .await?;
    rows.into_iter().next().ok_or_else(|| Error::problem(409, "room_price_over"))
}

/// Takes a promise for an order: it is for one, also when two are sent at once.
///
/// # Errors
/// As [`promised`]; `room_limit` for more units than it is for, or than one person may have; `flash_gone` and `flash_limit` when as many are
/// not to be had at a price for a short while any more.
pub(crate) async fn spend(
    tx: &mut Tx,
    me: PersonId,
    room: &Code,
    (sku, quantity): (SkuId, i64),
    now: Millis,
) -> Result<Promised> {
    let promised = promised(&mut *tx, me, room, sku, now).await?;
    if let Some(flash) = promised.flash_id {
        // Whoever takes one of it waits until this is an order.
        flash::lock(tx, flash).await?;
    }
    let spent = tx
        .execute(
            "DELETE FROM room_promise WHERE person_id = $1 AND room_id = $2 AND sku_id = $3 AND price = $4 AND units = $5 AND until_at > $6",
            args![me, promised.room_id, sku, promised.price, promised.units, now],
        )
        .await?;
    if spent == 0 {
        return Err(Error::problem(409, "room_price_over"));
    }
    if quantity > promised.units {
        return Err(Problem::new(422, "room_limit").number(promised.units).into());
    }
    if let Some(flash) = promised.flash_id {
        flash::still(tx, flash, (me, sku), quantity, now).await?;
    }
    limited(&mut *tx, me, promised.room_id, sku, quantity).await?;
    Ok(promised)
}
