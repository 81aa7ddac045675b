//! A room as a case is about it: reported, taken down, put back. One that was taken down is over, and seen by its host alone.

use super::{Row, find, happened, lock_by_id};
use crate::{
    Error, Result, Shop, args,
    db::{Read, Tx},
    moderation::{Found, Object, Standing, Thing},
};
use domain::{Code, Millis, Problem, id::PersonId, live::Act, moderation::Held};
use uuid::Uuid;

/// A room that others see, or that is mine; `decides`: he decides about what is reported.
///
/// # Errors
/// `not_found`.
pub(super) async fn for_me(read: impl Read, code: &Code, me: Option<PersonId>, decides: bool) -> Result<Row> {
    let room = find(read, code).await?;
    if !room.removed || decides || me.is_some_and(|me| me.0 == room.host_id) {
        Ok(room)
    } else {
        Err(Problem::not_found().into())
    }
}

/// Whether somebody sees what is kept of a room; without a name, whether everybody does.
///
/// # Errors
/// What the database says.
pub async fn sees(shop: &Shop, code: &Code, me: Option<PersonId>, decides: bool) -> Result<bool> {
    match for_me(&shop.db, code, me, decides).await {
        Ok(_) => Ok(true),
        Err(Error::Problem(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A room that can be reported.
///
/// # Errors
/// `not_found`.
pub(crate) async fn seen(read: impl Read, code: &Code) -> Result<Found> {
    let room = for_me(read, code, None, false).await?;
    let object = Object { thing: Thing::Room(room.id), author: room.host_id, said: room.title.clone() };
    // What stayed once may have shown something else since.
    let changed = changed(&room).max(room.fed_at);
    Ok(Found { object, link: format!("/live/{code}"), changed, anonymous: false })
}

/// When it has become what a decision is about: pictures go on meanwhile.
fn changed(room: &Row) -> Millis {
    room.began_at.unwrap_or(room.created_at)
}

/// A room, as it stands now.
pub(crate) async fn standing(mut read: impl Read, room: Uuid) -> Result<Standing> {
    let rows: Vec<Row> = read.all("SELECT * FROM room WHERE id = $1", args![room]).await?;
    let room = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let code = room.code()?;
    Ok(Standing {
        link: Some(format!("/live/{code}")),
        code: Some(code),
        title: room.title.clone(),
        text: String::new(),
        held: room.removed.then_some(Held::Removed),
        changed: changed(&room),
    })
}

/// Holds everybody else off a room until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, room: Uuid) -> Result<()> {
    lock_by_id(tx, room).await.map(drop)
}

/// Ends a room if it is open, and shows nobody else what is kept of it.
pub(crate) async fn take_down(tx: &mut Tx, shop: &Shop, room: Uuid, now: Millis) -> Result<()> {
    let room = lock_by_id(tx, room).await?;
    happened(tx, shop, &room, Act::End, now).await?;
    tx.execute("UPDATE room SET removed = TRUE WHERE id = $1", args![room.id]).await?;
    Ok(())
}

/// Shows what is kept of a room again.
pub(crate) async fn put_back(tx: &mut Tx, room: Uuid) -> Result<()> {
    tx.execute("UPDATE room SET removed = FALSE WHERE id = $1", args![room]).await?;
    Ok(())
}
