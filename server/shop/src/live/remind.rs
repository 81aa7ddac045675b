//! Who is told when a room begins: those who asked for it, and those who follow its host.

use super::{find, lock};
use crate::{Result, Shop, args, db::Read, inbox};
use domain::{Code, id::PersonId, live::State};
use uuid::Uuid;

/// People that are told in one transaction.
const BATCH: i64 = 200;

/// I am to be told when a room begins, or not any more. The same again changes nothing.
///
/// # Errors
/// `not_found`.
pub async fn remind(shop: &Shop, me: PersonId, code: &Code, on: bool) -> Result<()> {
    let input = (me, code.clone(), on, shop.clock.now());
    shop.db
        .write(input, |tx, (me, code, on, now)| {
            Box::pin(async move {
                let room = lock(tx, code).await?;
                if !*on {
                    tx.execute("DELETE FROM room_reminder WHERE room_id = $1 AND person_id = $2", args![room.id, *me])
                        .await?;
                    return Ok(());
                }
                // What is on already needs no reminder.
                if room.state()? != State::Scheduled {
                    return Ok(());
                }
                tx.execute(
                    "INSERT INTO room_reminder (room_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    args![room.id, *me, *now],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

crate::row! {
    struct Who {
        person_id: Uuid,
    }
}

/// Whether somebody is to be told.
pub(super) async fn reminds(mut read: impl Read, me: Option<PersonId>, room: Uuid) -> Result<bool> {
    let Some(me) = me else { return Ok(false) };
    let rows: Vec<Who> =
        read.all("SELECT person_id FROM room_reminder WHERE room_id = $1 AND person_id = $2", args![room, me]).await?;
    Ok(!rows.is_empty())
}

/// Tells of a room that has begun; a job calls it. Whoever was told is not told again.
///
/// # Errors
/// What the database says.
pub async fn tell_begun(shop: &Shop, code: &Code) -> Result<()> {
    let room = find(&shop.db, code).await?;
    if !room.state()?.sells() {
        return Ok(());
    }
    let (host, mut last) = (PersonId(room.host_id), Uuid::nil());
    loop {
        let people: Vec<Who> = shop
            .db
            .fetch_all(
                "SELECT person_id FROM (SELECT person_id FROM room_reminder WHERE room_id = $1 AND person_id > $2
                   UNION SELECT follower_id AS person_id FROM follow WHERE followed_id = $3 AND follower_id > $2) w
                 WHERE person_id <> $3 ORDER BY person_id LIMIT $4",
                args![room.id, last, host, BATCH],
            )
            .await?;
        let Some(end) = people.last().map(|w| w.person_id) else { return Ok(()) };
        last = end;
        let people: Vec<Uuid> = people.into_iter().map(|w| w.person_id).collect();
        let input = (shop.clone(), host, code.clone(), people, shop.clock.now());
        shop.db
            .write(input, |tx, (shop, host, code, people, now)| {
                Box::pin(async move {
                    for person in people {
                        inbox::tell_of_room(tx, shop, PersonId(*person), code, *host, *now).await?;
                    }
                    Ok::<_, crate::Error>(())
                })
            })
            .await?;
    }
}
