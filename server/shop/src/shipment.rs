//! Shipments: a merchant's things leave in parcels, in one or in several; the carrier says where they are; the buyer says that
//! they came, or time says it.
//!
//! Invariants: no unit leaves twice (`shipped <= quantity`, a guard and a CHECK); an order is `shipped` when its last unit has
//! left, `delivered` once it is received, `completed` when the return window is over. Deliberately absent: money.

use crate::{Error, Result, Shop, args, audit, db::Tx, error::broken_row, job, order};
use domain::{
    Code, Lang, Millis, Problem,
    id::PersonId,
    order::{Snapshot, State},
    shipment::{AUTO_CONFIRM, AUTO_CONFIRM_DELIVERED, ShipmentView, TrackView, simulated},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Sends units of an order off in one parcel. `units`: position of the line, and how many. All of one merchant.
///
/// # Errors
/// `not_found`, `not_to_ship` for an order that is not paid or all sent, `shipped_already` for units that have left,
/// `one_merchant` for things of several.
pub async fn ship(shop: &Shop, code: &Code, units: Vec<(i64, i64)>) -> Result<Code> {
    if units.is_empty() || units.iter().any(|(_, n)| *n <= 0) {
        return Err(Problem::new(422, "quantity_range").into());
    }
    let input = (shop.clone(), code.clone(), units, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, units, now)| {
            Box::pin(async move {
                let parcel = ship_in(tx, shop, code, units, *now).await?;
                audit::act(tx, shop, "ship", code.as_str(), parcel.as_str(), *now).await?;
                Ok(parcel)
            })
        })
        .await
}

async fn ship_in(tx: &mut Tx, shop: &Shop, code: &Code, units: &[(i64, i64)], now: Millis) -> Result<Code> {
    let order = order::to_ship(tx, code).await?;
    let mut merchant = None;
    for (position, n) in units {
        let of = order::send_off(tx, order, *position, *n).await?;
        if *merchant.get_or_insert(of) != of {
            return Err(Error::problem(422, "one_merchant"));
        }
    }
    let merchant = merchant.ok_or_else(Problem::bad_request)?;
    let id = shop.rng.id(now);
    let parcel = shop.rng.code();
    let tracking = format!("TJ{:013}", u64::from_le_bytes(shop.rng.bytes()) % 10_000_000_000_000);
    tx.execute(
        "INSERT INTO shipment (id, code, order_id, merchant_id, carrier, tracking, state, shipped_at) VALUES ($1, $2, $3, $4, 'simulated', $5, 'shipped', $6)",
        args![id, parcel.as_str(), order, merchant, tracking.as_str(), now],
    )
    .await?;
    for (position, n) in units {
        tx.execute(
            "INSERT INTO shipment_line (shipment_id, position, quantity) VALUES ($1, $2, $3)",
            args![id, *position, *n],
        )
        .await?;
    }
    track_in(tx, shop, id, now).await?;
    if order::sent_off(tx, shop, order, now).await? {
        await_receipt(tx, shop, order, "sent", now + AUTO_CONFIRM).await?;
    }
    Ok(parcel)
}

async fn look_again(tx: &mut Tx, shop: &Shop, shipment: Uuid, at: Millis) -> Result<()> {
    job::enqueue(tx, shop, "track", &format!("{}:{at}", shipment.simple()), &shipment.to_string(), at).await
}

async fn await_receipt(tx: &mut Tx, shop: &Shop, order: Uuid, why: &str, at: Millis) -> Result<()> {
    job::enqueue(tx, shop, "receive", &format!("{}:{why}", order.simple()), &order.to_string(), at).await
}

/// Writes down where a parcel was seen since the last look; a job calls it, and it asks for the next look itself.
///
/// # Errors
/// What the database says.
pub async fn track(shop: &Shop, shipment: Uuid) -> Result<()> {
    let input = (shop.clone(), shipment, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, shipment, now)| Box::pin(async move { track_in(tx, shop, *shipment, *now).await }))
        .await
}

async fn track_in(tx: &mut Tx, shop: &Shop, shipment: Uuid, now: Millis) -> Result<()> {
    crate::row! {
        struct Row {
            order_id: Uuid,
            tracking: String,
            shipped_at: i64,
            known: i64,
        }
    }
    let row: Option<Row> = tx
        .fetch_optional(
            "SELECT order_id, tracking, shipped_at, (SELECT COUNT(*) FROM shipment_event e WHERE e.shipment_id = s.id) AS known
             FROM shipment s WHERE id = $1 AND state = 'shipped'",
            args![shipment],
        )
        .await?;
    let Some(row) = row else { return Ok(()) };
    for (ordinal, (kind, at)) in (1_i64..).zip(simulated(&row.tracking, row.shipped_at)) {
        if ordinal <= row.known {
            continue;
        }
        if at > now {
            return look_again(tx, shop, shipment, at).await;
        }
        tx.execute(
            "INSERT INTO shipment_event (shipment_id, ordinal, kind, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            args![shipment, ordinal, kind, at],
        )
        .await?;
        if kind == "delivered" {
            delivered(tx, shop, shipment, row.order_id, at).await?;
        }
    }
    Ok(())
}

async fn delivered(tx: &mut Tx, shop: &Shop, shipment: Uuid, order: Uuid, at: Millis) -> Result<()> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    tx.execute(
        "UPDATE shipment SET state = 'delivered', delivered_at = $1 WHERE id = $2 AND state = 'shipped'",
        args![at, shipment],
    )
    .await?;
    order::note_and_tell(tx, shop, order, "parcel_delivered", None, at).await?;
    let on_the_way: Option<Count> = tx
        .fetch_optional("SELECT COUNT(*) AS n FROM shipment WHERE order_id = $1 AND state = 'shipped'", args![order])
        .await?;
    if on_the_way.is_some_and(|c| c.n == 0) && order::is(tx, order, State::Shipped).await? {
        await_receipt(tx, shop, order, "delivered", at + AUTO_CONFIRM_DELIVERED).await?;
    }
    Ok(())
}

/// After units were withdrawn: what is left of the order may all be on its way.
pub(crate) async fn after_withdrawal(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<()> {
    if order::all_left(tx, shop, order, now).await? {
        await_receipt(tx, shop, order, "sent", now + AUTO_CONFIRM).await?;
    }
    Ok(())
}

/// I have what I ordered. Saying it twice changes nothing.
///
/// # Errors
/// `not_found` for an order that is not mine, `not_shipped` while something has not left.
pub async fn confirm(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, now)| {
            Box::pin(async move {
                let order = order::mine(tx, *me, code).await?.ok_or_else(Problem::not_found)?;
                match order.state {
                    State::Delivered | State::Completed => Ok(()),
                    _ if order::receive(tx, order.order, *now).await? => {
                        order::note(tx, order.order, "received", None, *now).await?;
                        ask_completion(tx, shop, order.order, *now).await
                    }
                    _ => Err(Error::problem(409, "not_shipped")),
                }
            })
        })
        .await
}

/// Counts an order as received; a job calls it when the time has come.
///
/// # Errors
/// What the database says.
pub async fn receive(shop: &Shop, order: Uuid) -> Result<()> {
    let input = (shop.clone(), order, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, order, now)| {
            Box::pin(async move {
                if order::receive(tx, *order, *now).await? {
                    order::note_and_tell(tx, shop, *order, "received_auto", None, *now).await?;
                    ask_completion(tx, shop, *order, *now).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn ask_completion(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<()> {
    let key = order.simple().to_string();
    let over = now + order::return_window(tx, order).await?;
    job::enqueue(tx, shop, "complete_order", &key, &order.to_string(), over).await
}

crate::row! {
    struct ShipmentRow {
        id: Uuid,
        code: String,
        carrier: String,
        tracking: String,
        state: String,
    }
}

crate::row! {
    struct LineRow {
        shipment_id: Uuid,
        quantity: i64,
        snapshot: String,
    }
}

crate::row! {
    struct EventRow {
        shipment_id: Uuid,
        kind: String,
        at: i64,
    }
}

/// The parcels of an order, first sent first.
pub(crate) async fn of_order(shop: &Shop, order: Uuid, lang: Lang) -> Result<Vec<ShipmentView>> {
    let rows: Vec<ShipmentRow> = shop
        .db
        .fetch_all(
            "SELECT id, code, carrier, tracking, state FROM shipment WHERE order_id = $1 ORDER BY shipped_at, id",
            args![order],
        )
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let lines: Vec<LineRow> = shop
        .db
        .fetch_all(
            "SELECT l.shipment_id, l.quantity, o.snapshot FROM shipment s JOIN shipment_line l ON l.shipment_id = s.id
             JOIN order_line o ON o.order_id = s.order_id AND o.position = l.position
             WHERE s.order_id = $1 ORDER BY l.shipment_id, l.position",
            args![order],
        )
        .await?;
    let events: Vec<EventRow> = shop
        .db
        .fetch_all(
            "SELECT e.shipment_id, e.kind, e.at FROM shipment s JOIN shipment_event e ON e.shipment_id = s.id
             WHERE s.order_id = $1 ORDER BY e.shipment_id, e.ordinal",
            args![order],
        )
        .await?;
    let mut merchants: HashMap<Uuid, String> = HashMap::new();
    let mut things: HashMap<Uuid, Vec<(String, i64)>> = HashMap::new();
    for line in lines {
        let mut snapshot: Snapshot = crate::catalog::json("order_line.snapshot", &line.snapshot)?;
        let (title, choice) = snapshot.titles.remove(lang.tag()).unwrap_or_default();
        let name = if choice.is_empty() { title } else { format!("{title} · {choice}") };
        things.entry(line.shipment_id).or_default().push((name, line.quantity));
        merchants.entry(line.shipment_id).or_insert_with(|| snapshot.merchant.remove(lang.tag()).unwrap_or_default());
    }
    let mut seen: HashMap<Uuid, Vec<TrackView>> = HashMap::new();
    for event in events {
        seen.entry(event.shipment_id).or_default().push(TrackView { kind: event.kind, at: event.at });
    }
    rows.into_iter()
        .map(|r| {
            Ok(ShipmentView {
                code: r.code.parse().map_err(|_| broken_row("shipment.code"))?,
                merchant: merchants.remove(&r.id).unwrap_or_default(),
                carrier: r.carrier,
                tracking: r.tracking,
                state: r.state.parse().map_err(|_| broken_row("shipment.state"))?,
                lines: things.remove(&r.id).unwrap_or_default(),
                events: seen.remove(&r.id).unwrap_or_default(),
            })
        })
        .collect()
}
