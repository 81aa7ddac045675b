//! Taking a review down and putting it back: what moderation does with it. A tombstone stays where it stood; its stars count no more, its
//! pictures are its writer's.

use super::picture;
use crate::{
    Result, Shop, args,
    db::{Read, Tx},
    error::broken_row,
    job,
    moderation::{Found, Object, Standing, Thing},
    order,
};
use domain::{
    Code, Millis, Problem,
    catalog::PictureView,
    id::{PersonId, PictureId},
    moderation::Held,
};
use uuid::Uuid;

crate::row! {
    struct Said {
        id: Uuid,
        code: String,
        slug: String,
        person_id: Uuid,
        stars: i64,
        text: String,
        anonymous: bool,
        follow_up: Option<String>,
        removed: bool,
        changed_at: i64,
    }
}

impl Said {
    /// The stars as one sees them, and everything that is said.
    fn parts(&self) -> (String, String) {
        let full = usize::try_from(self.stars.clamp(0, 5)).unwrap_or(0);
        let text = [self.text.as_str(), self.follow_up.as_deref().unwrap_or("")].join("\n").trim().to_owned();
        ("★".repeat(full) + &"☆".repeat(5 - full), text)
    }

    fn link(&self) -> String {
        format!("/p/{}/reviews?at={}#r-{}", self.slug, self.code, self.code)
    }
}

/// A review that I could report.
///
/// # Errors
/// `not_found`.
pub(crate) async fn seen(mut read: impl Read, code: &Code) -> Result<Found> {
    let rows: Vec<Said> = read
        .all(
            "SELECT r.id, r.code, p.slug, r.person_id, r.stars, r.text, r.anonymous, r.follow_up, r.removed, r.changed_at
             FROM review r JOIN product p ON p.id = r.product_id WHERE r.code = $1",
            args![code.as_str()],
        )
        .await?;
    let row = rows.into_iter().next().filter(|r| !r.removed).ok_or_else(Problem::not_found)?;
    let (stars, text) = row.parts();
    let said = format!("{stars}\n{text}").trim().to_owned();
    let object = Object { thing: Thing::Review(row.id), author: row.person_id, said };
    Ok(Found { object, link: row.link(), changed: row.changed_at, anonymous: row.anonymous })
}

/// A review, as it stands now.
pub(crate) async fn standing(mut read: impl Read, review: Uuid) -> Result<Standing> {
    let rows: Vec<Said> = read
        .all(
            "SELECT r.id, r.code, p.slug, r.person_id, r.stars, r.text, r.anonymous, r.follow_up, r.removed, r.changed_at
             FROM review r JOIN product p ON p.id = r.product_id WHERE r.id = $1",
            args![review],
        )
        .await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let (title, text) = row.parts();
    Ok(Standing {
        code: Some(row.code.parse().map_err(|_| broken_row("review.code"))?),
        link: Some(row.link()),
        title,
        text,
        held: row.removed.then_some(Held::Removed),
        changed: row.changed_at,
    })
}

/// Holds everybody else off a review until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, review: Uuid) -> Result<()> {
    crate::row! {
        struct Of {
            order_id: Uuid,
            position: i64,
        }
    }
    let of: Option<Of> =
        tx.fetch_optional("SELECT order_id, position FROM review WHERE id = $1", args![review]).await?;
    let of = of.ok_or_else(Problem::not_found)?;
    order::lock_line(tx, of.order_id, of.position).await
}

/// Takes a review down; points for it stay: they were never for what it says.
pub(crate) async fn take_down(tx: &mut Tx, shop: &Shop, review: Uuid, now: Millis) -> Result<()> {
    tx.execute("UPDATE review SET removed = TRUE WHERE id = $1", args![review]).await?;
    // The sizes that were made for everybody go; those who may see them get their own.
    for picture in picture::ids(tx, review).await? {
        let id = picture.simple();
        job::enqueue(tx, shop, "forget_picture", &format!("{id}-{now}"), &format!("{id} "), now).await?;
    }
    Ok(())
}

/// Puts a review back that was taken down.
pub(crate) async fn put_back(tx: &mut Tx, review: Uuid) -> Result<()> {
    tx.execute("UPDATE review SET removed = FALSE WHERE id = $1", args![review]).await?;
    Ok(())
}

/// What a review shows.
pub(crate) async fn pictures_of(shop: &Shop, review: Uuid) -> Result<Vec<PictureView>> {
    Ok(picture::of(&shop.db, &[review]).await?.remove(&review).unwrap_or_default())
}

/// Whether somebody may see a picture of a review that was taken down; none when it is of no such review. `decides`: whoever decides
/// about what is reported or appealed.
///
/// # Errors
/// What the database says.
pub async fn sees_picture(
    shop: &Shop,
    me: Option<PersonId>,
    decides: bool,
    picture: PictureId,
) -> Result<Option<bool>> {
    crate::row! {
        struct Of {
            person_id: Uuid,
            appealed: bool,
        }
    }
    let row: Option<Of> = shop
        .db
        .fetch_optional(
            "SELECT r.person_id, EXISTS (SELECT 1 FROM moderation_case c WHERE c.review_id = r.id AND c.state = 'appealed') AS appealed
             FROM review_picture o JOIN review r ON r.id = o.review_id WHERE o.picture_id = $1 AND r.removed = TRUE",
            args![picture],
        )
        .await?;
    Ok(row.map(|r| me.is_some_and(|me| me.0 == r.person_id) || (decides && r.appealed)))
}
