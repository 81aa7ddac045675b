//! Points for reviews: given once for what a review says and shows, whatever that is, and taken back with the thing.

use crate::{
    Result, Shop, after_sale, args,
    db::{Read, Tx},
    error::broken_row,
    follow, inbox, ledger,
};
use domain::{
    Millis, Problem,
    id::PersonId,
    ledger::{Account, Balanced, Unit},
    review::{REWARDS_A_DAY, Reward, Rewards},
    time::DAY,
};
use std::collections::HashMap;
use uuid::Uuid;

/// What reviews are worth now.
pub(super) fn offered(shop: &Shop) -> Rewards {
    Rewards { text: shop.settings.review_points, picture: shop.settings.review_picture_points }
}

/// Points that stand for each review of an order.
pub(super) async fn earned(mut read: impl Read, order: Uuid) -> Result<HashMap<i64, i64>> {
    crate::row! {
        struct Row {
            position: i64,
            points: i64,
        }
    }
    let rows: Vec<Row> = read
        .all(
            "SELECT r.position, CAST(SUM(w.points) AS BIGINT) AS points FROM review r JOIN review_reward w ON w.review_id = r.id
             WHERE r.order_id = $1 AND w.taken_at IS NULL GROUP BY r.position",
            args![order],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.position, r.points)).collect())
}

/// Makes the points of a review what it is worth now: takes back what it has not earned any more and, if it `gives`, gives what it has.
/// What was taken back does not come again. The line that it is of is locked: what is said of it and what is given back wait for each other.
pub(super) async fn settle(tx: &mut Tx, shop: &Shop, review: Uuid, gives: bool, now: Millis) -> Result<()> {
    crate::row! {
        struct Row {
            person_id: Uuid,
            order_id: Uuid,
            position: i64,
            text: String,
            pictures: i64,
        }
    }
    crate::row! {
        struct Given {
            kind: String,
            points: i64,
            taken: bool,
        }
    }
    let row: Option<Row> = tx
        .fetch_optional("SELECT person_id, order_id, position, text, pictures FROM review WHERE id = $1", args![review])
        .await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let me = PersonId(row.person_id);
    let kept = after_sale::units_kept(tx, row.order_id, row.position).await? > 0;
    let known: Vec<Given> = tx
        .fetch_all(
            "SELECT kind, points, (taken_at IS NOT NULL) AS taken FROM review_reward WHERE review_id = $1",
            args![review],
        )
        .await?;
    let mut given = HashMap::new();
    for g in known {
        let kind: Reward = g.kind.parse().map_err(|_| broken_row("review_reward.kind"))?;
        given.insert(kind, (g.points, g.taken));
    }
    let (mut more, mut less) = (0, 0);
    for kind in Reward::ALL.iter().copied() {
        let earned = kept && kind.earned(&row.text, row.pictures);
        match given.get(&kind) {
            None if earned && gives => more += give(tx, shop, review, me, kind, now).await?,
            Some((points, false)) if !earned => less += take(tx, shop, review, me, kind, *points, now).await?,
            _ => {}
        }
    }
    if more > 0 {
        inbox::tell_of_points(tx, shop, me, "review_points", more, now).await?;
    }
    if less > 0 {
        inbox::tell_of_points(tx, shop, me, "review_points_back", 0, now).await?;
    }
    Ok(())
}

/// Points that were given: none when a review is worth none, or was worth enough today.
async fn give(tx: &mut Tx, shop: &Shop, review: Uuid, me: PersonId, kind: Reward, now: Millis) -> Result<i64> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let points = offered(shop).of(kind);
    if points == 0 {
        return Ok(0);
    }
    follow::lock(tx, [me]).await?;
    let today: Count = tx
        .fetch_one("SELECT COUNT(*) AS n FROM review_reward WHERE person_id = $1 AND at > $2", args![me, now - DAY])
        .await?;
    if today.n >= REWARDS_A_DAY {
        return Ok(0);
    }
    let fresh = tx
        .execute(
            "INSERT INTO review_reward (review_id, kind, person_id, points, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            args![review, kind.name(), me, points, now],
        )
        .await?;
    if fresh == 0 {
        return Ok(0);
    }
    let entries = [(Account::Points(me), -points), (Account::PointsGiven, points)];
    let booked = format!("review_{}", kind.name());
    ledger::post(tx, shop, &booked, review, &Balanced::of(Unit::Points, entries)?, now).await?;
    Ok(points)
}

/// Points that were taken back.
async fn take(
    tx: &mut Tx,
    shop: &Shop,
    review: Uuid,
    me: PersonId,
    kind: Reward,
    points: i64,
    now: Millis,
) -> Result<i64> {
    let taken = tx
        .execute(
            "UPDATE review_reward SET taken_at = $1 WHERE review_id = $2 AND kind = $3 AND taken_at IS NULL",
            args![now, review, kind.name()],
        )
        .await?;
    if taken == 0 {
        return Ok(0);
    }
    let entries = [(Account::Points(me), points), (Account::PointsGiven, -points)];
    let booked = format!("review_{}_back", kind.name());
    ledger::post(tx, shop, &booked, review, &Balanced::of(Unit::Points, entries)?, now).await?;
    Ok(points)
}

async fn of_line(tx: &mut Tx, order: Uuid, position: i64) -> Result<Option<Uuid>> {
    crate::row! {
        struct Id {
            id: Uuid,
        }
    }
    let of: Option<Id> = tx
        .fetch_optional("SELECT id FROM review WHERE order_id = $1 AND position = $2", args![order, position])
        .await?;
    Ok(of.map(|r| r.id))
}

/// What is said of a line, which is locked, gets its points.
pub(super) async fn earn(tx: &mut Tx, shop: &Shop, order: Uuid, position: i64, now: Millis) -> Result<()> {
    match of_line(tx, order, position).await? {
        Some(review) => settle(tx, shop, review, true, now).await,
        None => Ok(()),
    }
}

/// Money of a line goes back: with the last unit, so do the points for what was said of it. The line is locked.
pub(crate) async fn given_back(tx: &mut Tx, shop: &Shop, order: Uuid, position: i64, now: Millis) -> Result<()> {
    match of_line(tx, order, position).await? {
        Some(review) => settle(tx, shop, review, false, now).await,
        None => Ok(()),
    }
}
