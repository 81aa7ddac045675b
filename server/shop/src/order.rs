//! Orders: checkout, place, cancel, expire, read.
//!
//! Invariants: the server prices, and places nothing when the client showed another total; an order that awaits payment
//! holds its stock until `hold_until`; pay, cancel and expire go through one guard (`state = 'awaiting_payment'`), so exactly
//! one of them wins; the same key places one order. Deliberately absent: how money moves (`payment`).

mod place;
mod read;

pub use place::{Place, Placed, place};
pub use read::{Choice, Tab, checkout, counts, list, show, waiting_to_ship};
pub(crate) use read::{
    Reviewable, bought, bought_among, bought_by, buyers, buyers_among, covers, owners, owns, products_of, reviewable,
    wishable,
};

use crate::{
    Error, Result, Shop,
    after_sale::{self, Units},
    args, catalog, commission, coupon,
    db::{Read, Tx},
    draw,
    error::broken_row,
    feed, group_buy, inbox, job, live, referral, settlement, share,
};
use domain::{
    Code, Currency, Millis, Problem,
    after_sale::{Kind, PRICE_PROTECTION},
    id::{MerchantId, PersonId, ProductId, SkuId},
    order::{EventView, Parcel, Snapshot, State},
    shipping::Zone,
    time::{DAY, SECOND},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Adds a step to the timeline of an order.
pub(crate) async fn note(tx: &mut Tx, order: Uuid, kind: &str, amount: Option<i64>, at: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO order_event (order_id, ordinal, kind, amount, at)
         SELECT $1, COALESCE(MAX(ordinal), 0) + 1, $2, CAST($3 AS BIGINT), $4 FROM order_event WHERE order_id = $1",
        args![order, kind, amount, at],
    )
    .await?;
    Ok(())
}

/// Adds a step that happened without the buyer to the timeline, and tells him of it.
pub(crate) async fn note_and_tell(
    tx: &mut Tx,
    shop: &Shop,
    order: Uuid,
    kind: &str,
    amount: Option<i64>,
    at: Millis,
) -> Result<()> {
    note(tx, order, kind, amount, at).await?;
    let person = buyer(tx, order).await?;
    inbox::tell(tx, shop, &inbox::Told { person, kind, order, case: None, amount }, at).await
}

/// When an order was received, if it was.
pub(crate) async fn received_at(tx: &mut Tx, order: Uuid) -> Result<Option<Millis>> {
    crate::row! {
        struct At {
            received_at: Option<i64>,
        }
    }
    let at: Option<At> = tx.fetch_optional("SELECT received_at FROM orders WHERE id = $1", args![order]).await?;
    Ok(at.and_then(|a| a.received_at))
}

/// Whose order it is.
pub(crate) async fn buyer(tx: &mut Tx, order: Uuid) -> Result<PersonId> {
    crate::row! {
        struct Of {
            person_id: Uuid,
        }
    }
    let of: Option<Of> = tx.fetch_optional("SELECT person_id FROM orders WHERE id = $1", args![order]).await?;
    Ok(PersonId(of.ok_or_else(Problem::internal)?.person_id))
}

crate::row! {
    /// Until when an order's goods are held, and whether it still waits to be paid.
    pub(crate) struct Hold {
        pub hold_until: i64,
        pub waits: bool,
    }
}

/// The hold of an order.
pub(crate) async fn hold(shop: &Shop, order: Uuid) -> Result<Hold> {
    let row: Option<Hold> = shop
        .db
        .fetch_optional(
            "SELECT hold_until, state = 'awaiting_payment' AND hold_until > $1 AS waits FROM orders WHERE id = $2",
            args![shop.clock.now(), order],
        )
        .await?;
    row.ok_or_else(|| Problem::internal().into())
}

/// What an order is paid in.
pub(crate) async fn currency(tx: &mut Tx, order: Uuid) -> Result<Currency> {
    crate::row! {
        struct In {
            currency: String,
        }
    }
    let row: Option<In> = tx.fetch_optional("SELECT currency FROM orders WHERE id = $1", args![order]).await?;
    row.ok_or_else(Problem::internal)?.currency.parse().map_err(|_| broken_row("orders.currency"))
}

crate::row! {
    struct HeldRow {
        sku_id: Uuid,
        quantity: i64,
    }
}

/// The units that an order holds, by SKU in the order of locking.
async fn held(tx: &mut Tx, order: Uuid) -> Result<Vec<HeldRow>> {
    Ok(tx
        .fetch_all(
            "SELECT sku_id, CAST(SUM(quantity) AS BIGINT) AS quantity FROM order_line
             WHERE order_id = $1 AND stock = 'held' GROUP BY sku_id ORDER BY sku_id",
            args![order],
        )
        .await?)
}

/// The code of an order and what it is paid in.
pub(crate) async fn head(shop: &Shop, order: Uuid) -> Result<(Code, Currency)> {
    crate::row! {
        struct Head {
            code: String,
            currency: String,
        }
    }
    let head: Head = shop.db.fetch_one("SELECT code, currency FROM orders WHERE id = $1", args![order]).await?;
    let code = head.code.parse().map_err(|_| broken_row("orders.code"))?;
    Ok((code, head.currency.parse().map_err(|_| broken_row("orders.currency"))?))
}

crate::row! {
    /// An order without a seat, whose coupons follow it.
    struct Discounted {
        discount: i64,
    }
}

/// The guard that cancel and expire share: only an order that still awaits payment closes, and its stock goes back.
async fn close(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<bool> {
    let closed: Option<Discounted> = tx
        .fetch_optional(
            "UPDATE orders SET state = 'cancelled', closed_at = $1 WHERE id = $2 AND state = 'awaiting_payment' AND team_state IS NULL RETURNING discount",
            args![now, order],
        )
        .await?;
    if closed.is_none() && !close_with_seat(tx, shop, order, now).await? {
        return Ok(false);
    }
    for line in held(tx, order).await? {
        catalog::release(tx, SkuId(line.sku_id), line.quantity).await?;
    }
    tx.execute("UPDATE order_line SET stock = 'released' WHERE order_id = $1 AND stock = 'held'", args![order]).await?;
    draw::come_back(tx, shop, order, now).await?;
    if closed.is_some_and(|c| c.discount > 0) {
        coupon::come_back(tx, order).await?;
    }
    Ok(true)
}

/// As [`close`], for an order that has a seat in a team: the seat is free again.
async fn close_with_seat(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<bool> {
    if !group_buy::lock_seat(tx, order).await? {
        return Ok(false);
    }
    let closed = tx
        .execute(
            "UPDATE orders SET state = 'cancelled', closed_at = $1, team_state = 'cancelled' WHERE id = $2 AND state = 'awaiting_payment'",
            args![now, order],
        )
        .await?;
    if closed == 1 {
        group_buy::let_go(tx, shop, order, now).await?;
    }
    Ok(closed == 1)
}

/// The lists learn of what was sold or came back within some seconds, off the path of the payment.
async fn relist_soon(tx: &mut Tx, shop: &Shop, sku: Uuid, now: Millis) -> Result<()> {
    let at = now + 5 * SECOND - now.rem_euclid(5 * SECOND);
    let key = format!("{}:{at}", sku.simple());
    job::enqueue(tx, shop, "relist", &key, &sku.to_string(), at).await
}

/// The guard that a capture goes through: an order that still awaits payment is paid, and its stock is sold.
/// `false` when the order no longer wants the money.
#[tracing::instrument(level = "debug", skip_all, name = "paid")]
pub(crate) async fn mark_paid(tx: &mut Tx, shop: &Shop, order: Uuid, amount: i64, now: Millis) -> Result<bool> {
    let paid: Option<Discounted> = tx
        .fetch_optional(
            "UPDATE orders SET state = 'paid', paid_at = $1 WHERE id = $2 AND state = 'awaiting_payment' AND team_state IS NULL RETURNING discount",
            args![now, order],
        )
        .await?;
    if paid.is_none() && !paid_with_seat(tx, shop, order, now).await? {
        return Ok(false);
    }
    if paid.is_some_and(|p| p.discount > 0) {
        coupon::spent(tx, order).await?;
    }
    for line in held(tx, order).await? {
        catalog::sell(tx, SkuId(line.sku_id), line.quantity).await?;
        relist_soon(tx, shop, line.sku_id, now).await?;
    }
    tx.execute("UPDATE order_line SET stock = 'sold' WHERE order_id = $1 AND stock = 'held'", args![order]).await?;
    note(tx, order, "paid", Some(amount), now).await?;
    share::paid(tx, order, now).await?;
    feed::ordered(tx, shop, order);
    Ok(true)
}

/// As [`mark_paid`], for an order that has a seat in a team. A seat that is gone closes the order: nobody pays for nothing.
async fn paid_with_seat(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<bool> {
    if !group_buy::lock_seat(tx, order).await? || !is(tx, order, State::AwaitingPayment).await? {
        return Ok(false);
    }
    if !group_buy::pay(tx, shop, order, now).await? {
        close(tx, shop, order, now).await?;
        return Ok(false);
    }
    let paid = tx
        .execute(
            "UPDATE orders SET state = 'paid', paid_at = $1 WHERE id = $2 AND state = 'awaiting_payment'",
            args![now, order],
        )
        .await?;
    Ok(paid == 1)
}

/// The order follows its team.
pub(crate) async fn follow(tx: &mut Tx, order: Uuid, state: domain::group_buy::State) -> Result<()> {
    tx.execute(
        "UPDATE orders SET team_state = $1 WHERE id = $2 AND team_state IS NOT NULL",
        args![state.name(), order],
    )
    .await?;
    Ok(())
}

/// Whether somebody has bought something here, and not had all of its money back.
pub(crate) async fn has_paid(mut read: impl Read, person: PersonId) -> Result<bool> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let rows: Vec<Count> = read
        .all(
            "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM orders WHERE person_id = $1 AND paid_at IS NOT NULL AND state <> 'refunded' AND COALESCE(team_state, 'succeeded') IN ('forming', 'succeeded') LIMIT 1) o",
            args![person],
        )
        .await?;
    Ok(rows.iter().any(|r| r.n > 0))
}

crate::row! {
    /// What was bought in a room and kept: orders, and what their lines came to, minor units.
    pub(crate) struct SoldIn {
        pub(crate) currency: String,
        pub(crate) orders: i64,
        pub(crate) amount: i64,
    }
}

/// Units of a SKU that somebody has ordered in a room, and not cancelled.
pub(crate) async fn had_in(mut read: impl Read, me: PersonId, room: Uuid, sku: SkuId) -> Result<i64> {
    crate::row! {
        struct Had {
            n: i64,
        }
    }
    let rows: Vec<Had> = read
        .all(
            "SELECT CAST(COALESCE(SUM(l.quantity), 0) AS BIGINT) AS n FROM order_line l JOIN orders o ON o.id = l.order_id
             WHERE l.room_id = $1 AND l.sku_id = $2 AND o.person_id = $3 AND o.state <> 'cancelled'",
            args![room, sku, me],
        )
        .await?;
    Ok(rows.first().map_or(0, |r| r.n))
}

/// Units that somebody ordered at a price for a short while.
pub(crate) async fn had_at(mut read: impl Read, me: PersonId, flash: Uuid) -> Result<i64> {
    crate::row! {
        struct Had {
            n: i64,
        }
    }
    let rows: Vec<Had> = read
        .all(
            "SELECT CAST(COALESCE(SUM(l.quantity), 0) AS BIGINT) AS n FROM order_line l JOIN orders o ON o.id = l.order_id
             WHERE l.flash_id = $1 AND o.person_id = $2 AND o.state <> 'cancelled'",
            args![flash, me],
        )
        .await?;
    Ok(rows.first().map_or(0, |r| r.n))
}

/// What was paid for in a room, and not given back whole.
pub(crate) async fn sold_in(shop: &Shop, room: Uuid) -> Result<Vec<SoldIn>> {
    Ok(shop
        .db
        .fetch_all(
            "SELECT o.currency, COUNT(DISTINCT o.id) AS orders, CAST(SUM(l.unit_price * l.quantity) AS BIGINT) AS amount
             FROM order_line l JOIN orders o ON o.id = l.order_id
             WHERE l.room_id = $1 AND o.paid_at IS NOT NULL AND o.state <> 'refunded' GROUP BY o.currency ORDER BY o.currency",
            args![room],
        )
        .await?)
}

/// Where an order goes.
pub(crate) async fn address(tx: &mut Tx, order: Uuid) -> Result<domain::address::Address> {
    crate::row! {
        struct Sent {
            address: String,
        }
    }
    let sent: Option<Sent> = tx.fetch_optional("SELECT address FROM orders WHERE id = $1", args![order]).await?;
    catalog::json("orders.address", &sent.ok_or_else(Problem::internal)?.address)
}

/// Where the latest orders of somebody went.
pub(crate) async fn sent_to(shop: &Shop, person: PersonId) -> Result<Vec<domain::address::Address>> {
    crate::row! {
        struct Sent {
            address: String,
        }
    }
    let rows: Vec<Sent> = shop
        .db
        .fetch_all(
            "SELECT address FROM orders WHERE person_id = $1 ORDER BY created_at DESC, id DESC LIMIT 20",
            args![person],
        )
        .await?;
    rows.iter().map(|r| catalog::json("orders.address", &r.address)).collect()
}

/// The same order once more, ready to be paid: for a payment that came when the first one was closed. Its stock is held by the
/// caller.
pub(crate) async fn again(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<Uuid> {
    let (id, code) = (shop.rng.id(now), shop.rng.code());
    tx.execute(
        "INSERT INTO orders (id, code, person_id, state, currency, goods, shipping, discount, total, parcels, address, method, note, hold_until, created_at, team_state)
         SELECT $1, $2, person_id, 'awaiting_payment', currency, goods, shipping, discount, total, parcels, address, method, note, $3, $3, 'forming'
         FROM orders WHERE id = $4",
        args![id, code.as_str(), now, order],
    )
    .await?;
    tx.execute(
        "INSERT INTO order_line (order_id, position, merchant_id, sku_id, quantity, unit_price, snapshot, names, stock, earns_post_id, earns_bp, from_post_id, room_id)
         SELECT $1, position, merchant_id, sku_id, quantity, unit_price, snapshot, names, 'held', earns_post_id, earns_bp, from_post_id, room_id FROM order_line WHERE order_id = $2",
        args![id, order],
    )
    .await?;
    note(tx, id, "placed", None, now).await?;
    note_and_tell(tx, shop, order, "team_elsewhere", None, now).await?;
    Ok(id)
}

/// What happened to an order, oldest first.
pub(crate) async fn events(shop: &Shop, order: Uuid) -> Result<Vec<EventView>> {
    crate::row! {
        struct Row {
            kind: String,
            amount: Option<i64>,
            at: i64,
        }
    }
    let rows: Vec<Row> = shop
        .db
        .fetch_all("SELECT kind, amount, at FROM order_event WHERE order_id = $1 ORDER BY ordinal", args![order])
        .await?;
    Ok(rows.into_iter().map(|e| EventView { kind: e.kind, at: e.at, amount: e.amount }).collect())
}

/// My order, as siblings see it.
pub(crate) struct Mine {
    pub(crate) order: Uuid,
    pub(crate) state: State,
    pub(crate) total: i64,
    pub(crate) currency: Currency,
    pub(crate) hold_until: Millis,
    /// It waits for a team that is not complete: nothing but leaving it is possible.
    pub(crate) forming: bool,
}

/// My order by its code.
pub(crate) async fn mine(tx: &mut Tx, me: PersonId, code: &Code) -> Result<Option<Mine>> {
    crate::row! {
        struct Row {
            id: Uuid,
            state: String,
            total: i64,
            currency: String,
            hold_until: i64,
            team_state: Option<String>,
        }
    }
    let row: Option<Row> = tx
        .fetch_optional(
            "SELECT id, state, total, currency, hold_until, team_state FROM orders WHERE code = $1 AND person_id = $2",
            args![code.as_str(), me],
        )
        .await?;
    row.map(|r| {
        Ok(Mine {
            forming: r.team_state.as_deref() == Some("forming"),
            order: r.id,
            state: r.state.parse().map_err(|_| broken_row("orders.state"))?,
            total: r.total,
            currency: r.currency.parse().map_err(|_| broken_row("orders.currency"))?,
            hold_until: r.hold_until,
        })
    })
    .transpose()
}

/// A paid order by its id, as siblings see it, locked until the transaction ends.
pub(crate) async fn paid(tx: &mut Tx, order: Uuid) -> Result<Mine> {
    crate::row! {
        struct Of {
            code: String,
            person_id: Uuid,
        }
    }
    let of: Option<Of> = tx.fetch_optional("SELECT code, person_id FROM orders WHERE id = $1", args![order]).await?;
    let of = of.ok_or_else(Problem::internal)?;
    let code = of.code.parse().map_err(|_| broken_row("orders.code"))?;
    lock(tx, &code).await?;
    mine(tx, PersonId(of.person_id), &code).await?.ok_or_else(|| Problem::internal().into())
}

/// The guard of every step of a paid order: `false` when it is no longer where the step begins.
async fn go(tx: &mut Tx, order: Uuid, from: State, to: State) -> Result<bool> {
    if !from.may_become(to) {
        return Err(Problem::internal().into());
    }
    let gone = tx
        .execute("UPDATE orders SET state = $1 WHERE id = $2 AND state = $3", args![to.name(), order, from.name()])
        .await?;
    Ok(gone == 1)
}

/// Whether an order is where the caller thinks.
pub(crate) async fn is(tx: &mut Tx, order: Uuid, state: State) -> Result<bool> {
    let row: Option<StateRow> = tx.fetch_optional("SELECT id, state FROM orders WHERE id = $1", args![order]).await?;
    Ok(row.is_some_and(|r| r.state == state.name()))
}

/// Whoever looks at several rows of an order before he changes some waits for others who do the same, until the transaction ends.
/// A write that changes nothing takes the lock that both engines know.
pub(crate) async fn lock(tx: &mut Tx, code: &Code) -> Result<()> {
    tx.execute("UPDATE orders SET note = note WHERE code = $1", args![code.as_str()]).await?;
    Ok(())
}

/// An order of which something has still to be sent, locked until the transaction ends.
///
/// # Errors
/// `not_found`, `not_to_ship`.
pub(crate) async fn to_ship(tx: &mut Tx, code: &Code) -> Result<Uuid> {
    lock(tx, code).await?;
    let row: Option<StateRow> = tx
        .fetch_optional(
            "SELECT id, CASE WHEN COALESCE(team_state, 'succeeded') = 'succeeded' THEN state ELSE 'awaiting_payment' END AS state
             FROM orders WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    let row = row.ok_or_else(Problem::not_found)?;
    match row.state.as_str() {
        "paid" | "fulfilling" => Ok(row.id),
        _ => Err(Error::problem(409, "not_to_ship")),
    }
}

/// Marks units of a line as sent; answers whose they are.
///
/// # Errors
/// `shipped_already` when not as many are left.
pub(crate) async fn send_off(tx: &mut Tx, order: Uuid, position: i64, n: i64) -> Result<Uuid> {
    crate::row! {
        struct Of {
            merchant_id: Uuid,
        }
    }
    let sent = tx
        .execute(
            "UPDATE order_line SET shipped = shipped + $1 WHERE order_id = $2 AND position = $3 AND shipped + withdrawn + $1 <= quantity",
            args![n, order, position],
        )
        .await?;
    if sent == 0 {
        return Err(Error::problem(409, "shipped_already"));
    }
    let of: Option<Of> = tx
        .fetch_optional(
            "SELECT merchant_id FROM order_line WHERE order_id = $1 AND position = $2",
            args![order, position],
        )
        .await?;
    Ok(of.ok_or_else(Problem::internal)?.merchant_id)
}

/// After a parcel was sent: `true` when it was the last one.
pub(crate) async fn sent_off(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<bool> {
    crate::row! {
        struct Left {
            n: i64,
        }
    }
    let left: Option<Left> = tx
        .fetch_optional(
            "SELECT COUNT(*) AS n FROM order_line WHERE order_id = $1 AND shipped + restocked < quantity",
            args![order],
        )
        .await?;
    let all = left.is_some_and(|l| l.n == 0);
    if all {
        if !go(tx, order, State::Fulfilling, State::Shipped).await?
            && !go(tx, order, State::Paid, State::Shipped).await?
        {
            return Err(Problem::internal().into());
        }
        note_and_tell(tx, shop, order, "shipped", None, now).await?;
    } else {
        go(tx, order, State::Paid, State::Fulfilling).await?;
        note_and_tell(tx, shop, order, "shipped_part", None, now).await?;
    }
    Ok(all)
}

/// Units of a line in a case.
pub(crate) struct Claimed {
    pub(crate) merchant: Uuid,
    pub(crate) sku: SkuId,
    /// What one unit was asked for, before coupons, less what went back of it before. Minor units.
    pub(crate) asked: i64,
    /// What all of them cost.
    pub(crate) worth: i64,
}

/// Puts units of a line into a case.
///
/// # Errors
/// `nothing_left` when not as many are there.
pub(crate) async fn claim(tx: &mut Tx, order: Uuid, position: i64, n: i64, kind: Kind) -> Result<Claimed> {
    crate::row! {
        struct Of {
            merchant_id: Uuid,
            sku_id: Uuid,
            paid: i64,
            coupon_off: i64,
        }
    }
    let claimed = match kind {
        Kind::Cancel => {
            tx.execute(
                "UPDATE order_line SET withdrawn = withdrawn + $1 WHERE order_id = $2 AND position = $3 AND shipped + withdrawn + $1 <= quantity",
                args![n, order, position],
            )
            .await?
        }
        Kind::Refund | Kind::Return | Kind::Exchange => {
            tx.execute(
                "UPDATE order_line SET claimed = claimed + $1 WHERE order_id = $2 AND position = $3 AND claimed + $1 <= shipped",
                args![n, order, position],
            )
            .await?
        }
        Kind::PriceDrop => return Err(Problem::internal().into()),
    };
    if claimed == 0 {
        return Err(Error::problem(409, "nothing_left"));
    }
    let of: Option<Of> = tx
        .fetch_optional(
            "SELECT merchant_id, sku_id, unit_price - price_back AS paid, coupon_off FROM order_line WHERE order_id = $1 AND position = $2",
            args![order, position],
        )
        .await?;
    let of = of.ok_or_else(Problem::internal)?;
    let worth = of.paid.checked_mul(n).ok_or_else(Problem::internal)?;
    Ok(Claimed { merchant: of.merchant_id, sku: SkuId(of.sku_id), asked: of.paid + of.coupon_off, worth })
}

/// A line whose price is protected.
pub(crate) struct Protected {
    pub(crate) merchant: Uuid,
    pub(crate) sku: SkuId,
    /// What one unit cost, less what went back of it before. Minor units.
    pub(crate) paid: i64,
    /// Units that nobody gave back.
    pub(crate) units: i64,
}

/// A line of a paid order, while its price is protected.
///
/// # Errors
/// `price_late` when it is not any more, `not_found`.
pub(crate) async fn protected(tx: &mut Tx, order: Uuid, position: i64, now: Millis) -> Result<Protected> {
    crate::row! {
        struct Line {
            merchant_id: Uuid,
            sku_id: Uuid,
            paid: i64,
            units: i64,
            paid_at: Option<i64>,
        }
    }
    let line: Option<Line> = tx
        .fetch_optional(
            "SELECT l.merchant_id, l.sku_id, l.unit_price - l.price_back AS paid, l.quantity - l.withdrawn - l.claimed AS units, o.paid_at
             FROM order_line l JOIN orders o ON o.id = l.order_id WHERE l.order_id = $1 AND l.position = $2",
            args![order, position],
        )
        .await?;
    let line = line.ok_or_else(Problem::not_found)?;
    if line.paid_at.is_none_or(|at| at + PRICE_PROTECTION < now) {
        return Err(Error::problem(409, "price_late"));
    }
    Ok(Protected { merchant: line.merchant_id, sku: SkuId(line.sku_id), paid: line.paid, units: line.units })
}

/// What went back of each unit of a line because its price fell; `line` as it was read.
pub(crate) async fn lower(tx: &mut Tx, order: Uuid, position: i64, line: &Protected, price: i64) -> Result<()> {
    let lowered = tx
        .execute(
            "UPDATE order_line SET price_back = unit_price - $1
             WHERE order_id = $2 AND position = $3 AND unit_price - price_back = $4 AND quantity - withdrawn - claimed = $5 AND $1 <= unit_price",
            args![price, order, position, line.paid, line.units],
        )
        .await?;
    if lowered == 0 { Err(Problem::internal().into()) } else { Ok(()) }
}

/// Everything of an order that is in no case, as the cases that a withdrawal makes: by merchant, what was not sent and what was.
pub(crate) async fn withdrawable(tx: &mut Tx, order: Uuid) -> Result<Vec<(Kind, Vec<Units>)>> {
    crate::row! {
        struct Line {
            merchant_id: Uuid,
            position: i64,
            unsent: i64,
            sent: i64,
        }
    }
    let lines: Vec<Line> = tx
        .fetch_all(
            "SELECT merchant_id, position, quantity - shipped - withdrawn AS unsent, shipped - claimed AS sent FROM order_line
             WHERE order_id = $1 AND unit_price > price_back ORDER BY merchant_id, position",
            args![order],
        )
        .await?;
    let mut cases: BTreeMap<(Uuid, bool), Vec<Units>> = BTreeMap::new();
    for line in lines {
        for (sent, quantity) in [(false, line.unsent), (true, line.sent)] {
            if quantity > 0 {
                let units = Units { position: line.position, quantity, swap: None };
                cases.entry((line.merchant_id, sent)).or_default().push(units);
            }
        }
    }
    let kind = |sent| if sent { Kind::Return } else { Kind::Cancel };
    Ok(cases.into_iter().map(|((_, sent), units)| (kind(sent), units)).collect())
}

/// The buyer and the id of an order, for whoever knows its code and the last four digits of the telephone number that it was sent to.
pub(crate) async fn by_phone(shop: &Shop, code: &Code, phone: &str) -> Result<Option<(PersonId, Uuid)>> {
    crate::row! {
        struct Of {
            id: Uuid,
            person_id: Uuid,
            address: String,
        }
    }
    let of: Option<Of> = shop
        .db
        .fetch_optional("SELECT id, person_id, address FROM orders WHERE code = $1", args![code.as_str()])
        .await?;
    let Some(of) = of else { return Ok(None) };
    let address: domain::address::Address = catalog::json("orders.address", &of.address)?;
    let right = phone.len() == 4 && address.phone_end() == phone;
    Ok(right.then_some((PersonId(of.person_id), of.id)))
}

/// How long an order can be given back after it was received: two weeks abroad (EU directive 2011/83, article 9), a week at home.
pub(crate) async fn return_window(tx: &mut Tx, order: Uuid) -> Result<Millis> {
    crate::row! {
        struct Sent {
            address: String,
        }
    }
    let sent: Option<Sent> = tx.fetch_optional("SELECT address FROM orders WHERE id = $1", args![order]).await?;
    let sent = sent.ok_or_else(Problem::internal)?;
    let address: domain::address::Address = catalog::json("orders.address", &sent.address)?;
    Ok(domain::shipment::return_window(Zone::of(&address)))
}

/// Takes units out of a case that was closed.
pub(crate) async fn unclaim(tx: &mut Tx, order: Uuid, position: i64, n: i64, kind: Kind) -> Result<()> {
    let freed = match kind {
        Kind::Cancel => {
            tx.execute(
                "UPDATE order_line SET withdrawn = withdrawn - $1 WHERE order_id = $2 AND position = $3 AND withdrawn - $1 >= restocked",
                args![n, order, position],
            )
            .await?
        }
        // Nothing was claimed: a price does not rise again for whoever paid it.
        Kind::PriceDrop => 1,
        Kind::Refund | Kind::Return | Kind::Exchange => {
            tx.execute(
                "UPDATE order_line SET claimed = claimed - $1 WHERE order_id = $2 AND position = $3 AND claimed >= $1",
                args![n, order, position],
            )
            .await?
        }
    };
    if freed == 0 { Err(Problem::internal().into()) } else { Ok(()) }
}

/// Whoever says something of a line of an order, and whoever gives it back, waits for the other, until the transaction ends.
pub(crate) async fn lock_line(tx: &mut Tx, order: Uuid, position: i64) -> Result<()> {
    tx.execute(
        "UPDATE order_line SET quantity = quantity WHERE order_id = $1 AND position = $2",
        args![order, position],
    )
    .await?;
    Ok(())
}

/// Withdrawn units go back on the shelf.
pub(crate) async fn restock(tx: &mut Tx, shop: &Shop, order: Uuid, position: i64, n: i64, now: Millis) -> Result<()> {
    crate::row! {
        struct Of {
            sku_id: Uuid,
        }
    }
    let back = tx
        .execute(
            "UPDATE order_line SET restocked = restocked + $1 WHERE order_id = $2 AND position = $3 AND restocked + $1 <= withdrawn",
            args![n, order, position],
        )
        .await?;
    let of: Option<Of> = tx
        .fetch_optional("SELECT sku_id FROM order_line WHERE order_id = $1 AND position = $2", args![order, position])
        .await?;
    let sku = of.filter(|_| back == 1).ok_or_else(Problem::internal)?.sku_id;
    catalog::take_back(tx, SkuId(sku), n).await?;
    relist_soon(tx, shop, sku, now).await
}

/// The delivery fee of a merchant's things when none of them is sent any more; 0 otherwise. Minor units.
pub(crate) async fn fee_unspent(tx: &mut Tx, order: Uuid, merchant: Uuid) -> Result<i64> {
    crate::row! {
        struct Left {
            n: i64,
        }
    }
    let left: Option<Left> = tx
        .fetch_optional(
            "SELECT CAST(COALESCE(SUM(quantity - withdrawn), 0) AS BIGINT) AS n FROM order_line WHERE order_id = $1 AND merchant_id = $2",
            args![order, merchant],
        )
        .await?;
    if left.is_none_or(|l| l.n > 0) {
        return Ok(0);
    }
    let fees = fees(tx, order).await?;
    Ok(fees.into_iter().find(|(m, ..)| *m == merchant).map_or(0, |(_, _, fee)| fee))
}

/// Every unit of an order that was to be sent has left, some after others were withdrawn.
pub(crate) async fn all_left(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<bool> {
    if !is(tx, order, State::Fulfilling).await? {
        return Ok(false);
    }
    sent_off(tx, shop, order, now).await
}

/// All money of a paid order went back.
pub(crate) async fn refunded(tx: &mut Tx, order: Uuid, now: Millis) -> Result<()> {
    for state in State::ALL.into_iter().filter(|s| s.is_paid()) {
        if go(tx, order, state, State::Refunded).await? {
            tx.execute("UPDATE orders SET closed_at = $1 WHERE id = $2", args![now, order]).await?;
            return group_buy::refunded(tx, order).await;
        }
    }
    Ok(())
}

/// A line of an order by its name.
pub(crate) struct Named {
    pub(crate) position: i64,
    pub(crate) name: String,
    pub(crate) merchant: String,
}

/// The code of an order, and what its lines are called.
pub(crate) async fn names(shop: &Shop, order: Uuid, lang: domain::Lang) -> Result<(Code, Vec<Named>)> {
    crate::row! {
        struct Row {
            code: String,
            position: i64,
            snapshot: String,
        }
    }
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT o.code, l.position, l.snapshot FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.id = $1 ORDER BY l.position",
            args![order],
        )
        .await?;
    let code = rows.first().ok_or_else(Problem::not_found)?.code.parse().map_err(|_| broken_row("orders.code"))?;
    let named = rows
        .iter()
        .map(|r| {
            let mut s: Snapshot = catalog::json("order_line.snapshot", &r.snapshot)?;
            let (title, choice) = s.titles.remove(lang.tag()).unwrap_or_default();
            Ok(Named {
                position: r.position,
                name: if choice.is_empty() { title } else { format!("{title} · {choice}") },
                merchant: s.merchant.remove(lang.tag()).unwrap_or_default(),
            })
        })
        .collect::<Result<_>>()?;
    Ok((code, named))
}

/// A sent order is received; `false` when it is not on its way (any more).
pub(crate) async fn receive(tx: &mut Tx, order: Uuid, now: Millis) -> Result<bool> {
    if !go(tx, order, State::Shipped, State::Delivered).await? {
        return Ok(false);
    }
    tx.execute("UPDATE orders SET received_at = $1 WHERE id = $2", args![now, order]).await?;
    Ok(true)
}

/// Closes an order whose return window is over; a job calls it.
///
/// # Errors
/// What the database says.
pub async fn complete(shop: &Shop, order: Uuid) -> Result<()> {
    shop.db
        .write((shop.clone(), order, shop.clock.now()), |tx, (shop, order, now)| {
            Box::pin(async move {
                // Nobody opens a case while this is decided.
                tx.execute("UPDATE orders SET note = note WHERE id = $1", args![*order]).await?;
                // Asked again tomorrow: an order is not over while something about it is.
                let open = after_sale::any_open(tx, *order).await?.then_some(*now + DAY);
                // What came in exchange can be given back for as long as what came first.
                let instead = match after_sale::replaced_at(tx, *order).await? {
                    Some(at) => Some(at + return_window(tx, *order).await?).filter(|over| over > now),
                    None => None,
                };
                if let Some(at) = open.or(instead) {
                    let key = format!("{}:{now}", order.simple());
                    return job::enqueue(tx, shop, "complete_order", &key, &order.to_string(), at).await;
                }
                if go(tx, *order, State::Delivered, State::Completed).await? {
                    tx.execute("UPDATE orders SET completed_at = $1 WHERE id = $2", args![*now, *order]).await?;
                    note(tx, *order, "completed", None, *now).await?;
                    let (person, together) = (buyer(tx, *order).await?, kept(tx, *order).await?);
                    feed::bought_together(tx, shop, person, together).await?;
                    let worth = settlement::settle(tx, shop, *order, *now).await?;
                    commission::settle(tx, shop, *order, *now).await?;
                    if worth > 0 {
                        referral::qualify(tx, shop, *order, *now).await?;
                    }
                    let rooms = rooms_of_kept(tx, *order).await?;
                    live::kept_order(tx, shop, person, &rooms, *now).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The things of an order that were not given back.
async fn kept(tx: &mut Tx, order: Uuid) -> Result<Vec<Uuid>> {
    crate::row! {
        struct Of {
            product_id: Uuid,
        }
    }
    let rows: Vec<Of> = tx
        .fetch_all(
            "SELECT DISTINCT s.product_id FROM order_line l JOIN sku s ON s.id = l.sku_id
             WHERE l.order_id = $1 AND l.withdrawn + l.claimed < l.quantity",
            args![order],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.product_id).collect())
}

/// The rooms in which those of its things were bought that were not given back.
async fn rooms_of_kept(tx: &mut Tx, order: Uuid) -> Result<Vec<Uuid>> {
    crate::row! {
        struct In {
            room_id: Uuid,
        }
    }
    let rows: Vec<In> = tx
        .fetch_all(
            "SELECT DISTINCT room_id FROM order_line WHERE order_id = $1 AND room_id IS NOT NULL AND withdrawn + claimed < quantity",
            args![order],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.room_id).collect())
}

/// The code of an order, if it is mine.
pub(crate) async fn code_of(shop: &Shop, me: PersonId, order: Uuid) -> Result<Option<String>> {
    crate::row! {
        struct Row {
            code: String,
        }
    }
    let row: Option<Row> =
        shop.db.fetch_optional("SELECT code FROM orders WHERE id = $1 AND person_id = $2", args![order, me]).await?;
    Ok(row.map(|r| r.code))
}

/// Each merchant of an order with the goods and the delivery fee, minor units.
pub(crate) async fn fees(tx: &mut Tx, order: Uuid) -> Result<Vec<(Uuid, i64, i64)>> {
    crate::row! {
        struct Goods {
            merchant_id: Uuid,
            slug: String,
            goods: i64,
            parcels: String,
        }
    }
    let rows: Vec<Goods> = tx
        .fetch_all(
            "SELECT l.merchant_id, m.slug, CAST(SUM(l.unit_price * l.quantity) AS BIGINT) AS goods, o.parcels
             FROM order_line l JOIN orders o ON o.id = l.order_id JOIN merchant m ON m.id = l.merchant_id
             WHERE l.order_id = $1 GROUP BY l.merchant_id, m.slug, o.parcels ORDER BY l.merchant_id",
            args![order],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let parcels: Vec<Parcel> = catalog::json("orders.parcels", &row.parcels)?;
            let fee = parcels.iter().find(|p| p.merchant == row.slug).map_or(0, |p| p.fee);
            Ok((row.merchant_id, row.goods, fee))
        })
        .collect()
}

/// What the platform's coupons took off what a merchant sold in an order, of units that nobody gave back. Minor units.
pub(crate) async fn subsidy(tx: &mut Tx, order: Uuid, merchant: Uuid) -> Result<i64> {
    crate::row! {
        struct Line {
            position: i64,
            ours: i64,
        }
    }
    let lines: Vec<Line> = tx
        .fetch_all(
            "SELECT position, coupon_ours AS ours FROM order_line WHERE order_id = $1 AND merchant_id = $2 AND coupon_ours > 0 ORDER BY position",
            args![order, merchant],
        )
        .await?;
    let mut sum = 0_i64;
    for line in lines {
        let of = line.ours.checked_mul(after_sale::units_kept(tx, order, line.position).await?);
        sum = of.and_then(|of| sum.checked_add(of)).ok_or_else(Problem::internal)?;
    }
    Ok(sum)
}

/// What each merchant earns by an order: goods and delivery, minor units.
pub(crate) async fn earned(tx: &mut Tx, order: Uuid) -> Result<Vec<(MerchantId, i64)>> {
    fees(tx, order)
        .await?
        .into_iter()
        .map(|(m, goods, fee)| Ok((MerchantId(m), goods.checked_add(fee).ok_or_else(Problem::internal)?)))
        .collect()
}

crate::row! {
    struct StateRow {
        id: Uuid,
        state: String,
    }
}

/// Cancels my order before it is paid.
///
/// # Errors
/// `not_found` for one that is not mine, `order_closed` when it can no longer be cancelled (paid in between, or closed).
pub async fn cancel(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, now)| {
            Box::pin(async move {
                let row: Option<StateRow> = tx
                    .fetch_optional(
                        "SELECT id, state FROM orders WHERE code = $1 AND person_id = $2",
                        args![code.as_str(), *me],
                    )
                    .await?;
                let row = row.ok_or_else(Problem::not_found)?;
                let state: State = row.state.parse().map_err(|_| broken_row("orders.state"))?;
                if state == State::Cancelled {
                    group_buy::give_up_wish(tx, row.id).await?;
                    return Ok(());
                }
                if close(tx, shop, row.id, *now).await? {
                    // Money that comes after this goes back, whatever was wanted before.
                    group_buy::give_up_wish(tx, row.id).await?;
                    note(tx, row.id, "cancelled", None, *now).await
                } else {
                    Err(Error::problem(409, "order_closed"))
                }
            })
        })
        .await
}

/// Closes an order whose hold has run out; a job calls it. An order that was paid or cancelled stays as it is.
///
/// # Errors
/// What the database says.
pub async fn expire(shop: &Shop, order: Uuid) -> Result<bool> {
    shop.db
        .write((shop.clone(), order, shop.clock.now()), |tx, (shop, order, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Until {
                        hold_until: i64,
                    }
                }
                let row: Option<Until> =
                    tx.fetch_optional("SELECT hold_until FROM orders WHERE id = $1", args![*order]).await?;
                let over = row.is_some_and(|r| r.hold_until <= *now) && close(tx, shop, *order, *now).await?;
                if over {
                    note_and_tell(tx, shop, *order, "expired", None, *now).await?;
                }
                Ok(over)
            })
        })
        .await
}

/// Writes the lists anew for the product of a SKU that was sold; a job calls it.
///
/// # Errors
/// What the database says.
pub async fn relist_sold(shop: &Shop, sku: Uuid) -> Result<()> {
    shop.db
        .write((sku, shop.clock.now()), |tx, (sku, now)| {
            Box::pin(async move {
                match catalog::product_of(tx, SkuId(*sku)).await? {
                    Some(ProductId(id)) => catalog::relist(tx, ProductId(id), *now).await,
                    None => Ok(()),
                }
            })
        })
        .await
}
