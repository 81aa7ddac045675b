//! What reviews show.

use super::{by_a_shopper, find, reward, stands};
use crate::{
    Error, Result, Shop, args,
    catalog::{self, NewPicture},
    db::{Read, Tx},
    moderation, order,
};
use domain::{
    Code, Problem,
    account::Role,
    catalog::PictureView,
    id::{PersonId, PictureId},
    review::{MAX_PICTURES, until},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Reviews whose pictures are asked for at once.
const BATCH: usize = 10;

/// The pictures of some reviews, each in its order.
pub(super) async fn of(mut read: impl Read, reviews: &[Uuid]) -> Result<HashMap<Uuid, Vec<PictureView>>> {
    crate::row! {
        struct Row {
            review_id: Uuid,
            id: Uuid,
            width: i64,
            height: i64,
            placeholder: String,
        }
    }
    let mut found: HashMap<Uuid, Vec<PictureView>> = HashMap::new();
    for batch in reviews.chunks(BATCH) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Row> = read
            .all(
                "SELECT o.review_id, i.id, i.width, i.height, i.placeholder FROM review_picture o JOIN picture i ON i.id = o.picture_id
                 WHERE o.review_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ORDER BY o.review_id, o.position",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        for r in rows {
            let picture =
                PictureView { id: PictureId(r.id), width: r.width, height: r.height, placeholder: r.placeholder };
            found.entry(r.review_id).or_default().push(picture);
        }
    }
    Ok(found)
}

/// The pictures of a review.
pub(super) async fn ids(tx: &mut Tx, review: Uuid) -> Result<Vec<Uuid>> {
    crate::row! {
        struct Of {
            picture_id: Uuid,
        }
    }
    let rows: Vec<Of> = tx
        .fetch_all("SELECT picture_id FROM review_picture WHERE review_id = $1 ORDER BY position", args![review])
        .await?;
    Ok(rows.into_iter().map(|r| r.picture_id).collect())
}

/// A review of mine that I may still change.
async fn mine(tx: &mut Tx, me: PersonId, code: &Code, now: domain::Millis) -> Result<Uuid> {
    let review = find(tx, code).await?;
    if review.person_id != me.0 {
        return Err(Problem::not_found().into());
    }
    until(order::received_at(tx, review.order_id).await?, now)?;
    // As it stands now that nobody else changes it.
    order::lock_line(tx, review.order_id, review.position).await?;
    stands(tx, review.id).await?;
    Ok(review.id)
}

/// The order that a review of mine is about, and how many pictures it may still show.
///
/// # Errors
/// `staff_no_review`, `not_found` for one that is not mine.
pub async fn pictures_left(shop: &Shop, me: PersonId, role: Role, code: &Code) -> Result<(Code, i64)> {
    crate::row! {
        struct Row {
            code: String,
            pictures: i64,
        }
    }
    by_a_shopper(role)?;
    let row: Option<Row> = shop
        .db
        .fetch_optional(
            "SELECT o.code, r.pictures FROM review r JOIN orders o ON o.id = r.order_id WHERE r.code = $1 AND r.person_id = $2",
            args![code.as_str(), me],
        )
        .await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let order = row.code.parse().map_err(|_| crate::error::broken_row("orders.code"))?;
    Ok((order, (MAX_PICTURES - row.pictures).max(0)))
}

/// Shows more pictures with my review, all of them or none. `taken`: checked and stored ones.
///
/// # Errors
/// `staff_no_review`, `not_found`, `review_closed`, `review_removed`, `paused`, `paused_for_good`, `picture_needed`,
/// `too_many_pictures`.
pub async fn add_pictures(shop: &Shop, me: PersonId, role: Role, code: &Code, taken: Vec<NewPicture>) -> Result<()> {
    crate::row! {
        struct Last {
            n: i64,
            next: i64,
        }
    }
    by_a_shopper(role)?;
    if taken.is_empty() {
        return Err(Problem::new(422, "picture_needed").field("picture").into());
    }
    let input = (shop.clone(), me, code.clone(), taken, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, taken, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let review = mine(tx, *me, code, *now).await?;
                let last: Last = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n, COALESCE(MAX(position), -1) + 1 AS next FROM review_picture WHERE review_id = $1",
                        args![review],
                    )
                    .await?;
                let added = i64::try_from(taken.len()).unwrap_or(i64::MAX);
                if last.n.saturating_add(added) > MAX_PICTURES {
                    return Err(Problem::new(422, "too_many_pictures").field("picture").number(MAX_PICTURES).into());
                }
                for (position, picture) in (last.next..).zip(taken) {
                    let picture = catalog::add_picture(tx, shop, picture, *now).await?;
                    tx.execute(
                        "INSERT INTO review_picture (review_id, position, picture_id) VALUES ($1, $2, $3)",
                        args![review, position, picture],
                    )
                    .await?;
                }
                tx.execute("UPDATE review SET pictures = pictures + $1, changed_at = CASE WHEN changed_at < $2 THEN $2 ELSE changed_at + 1 END WHERE id = $3", args![added, *now, review]).await?;
                reward::settle(tx, shop, review, true, *now).await
            })
        })
        .await
}

/// My review does not show a picture any more. One that it does not show changes nothing.
///
/// # Errors
/// `staff_no_review`, `not_found`, `review_closed`, `review_removed`.
pub async fn drop_picture(shop: &Shop, me: PersonId, role: Role, code: &Code, picture: PictureId) -> Result<()> {
    by_a_shopper(role)?;
    let input = (shop.clone(), me, code.clone(), picture, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, picture, now)| {
            Box::pin(async move {
                let review = mine(tx, *me, code, *now).await?;
                let gone = tx
                    .execute(
                        "DELETE FROM review_picture WHERE review_id = $1 AND picture_id = $2",
                        args![review, *picture],
                    )
                    .await?;
                if gone == 0 {
                    return Ok::<(), Error>(());
                }
                tx.execute(
                    "UPDATE review SET pictures = pictures - 1, changed_at = CASE WHEN changed_at < $1 THEN $1 ELSE changed_at + 1 END WHERE id = $2",
                    args![*now, review],
                )
                .await?;
                catalog::forget_picture(tx, shop, *picture, *now).await?;
                reward::settle(tx, shop, review, false, *now).await
            })
        })
        .await
}
