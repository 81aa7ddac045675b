//! Reposts: a post that shows another one, with what its author says of it.

use super::{Row, find, seen, write::begun};
use crate::{
    Result, Shop, args,
    db::{Read, Tx},
    error::broken_row,
    follow, inbox, moderation,
};
use domain::{Code, Millis, Problem, id::PersonId, post::Visibility};
use uuid::Uuid;

crate::row! {
    struct Quoted {
        id: Uuid,
        code: String,
        author_id: Uuid,
    }
}

/// Begins a post that shows another one; its code. One that I have begun and not finished is that one.
///
/// # Errors
/// `not_found` for what is not for everybody, `too_many_drafts`.
pub async fn repost(shop: &Shop, me: PersonId, of: &Code) -> Result<Code> {
    let input = (shop.clone(), me, of.clone(), shop.rng.code(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, of, fresh, now)| {
            Box::pin(async move {
                // One after the other: two taps begin one.
                follow::lock(tx, [*me]).await?;
                let quoted = seen(&mut *tx, Some(*me), of).await?;
                if !quoted.is_public()? {
                    return Err(Problem::not_found().into());
                }
                let known: Option<Quoted> = tx
                    .fetch_optional(
                        "SELECT id, code, author_id FROM post WHERE quotes_id = $1 AND author_id = $2 AND state = 'draft' ORDER BY id LIMIT 1",
                        args![quoted.id, *me],
                    )
                    .await?;
                if let Some(known) = known {
                    return Ok(known.code.parse().map_err(|_| broken_row("post.code"))?);
                }
                let draft = begun(tx, shop, *me, fresh, *now).await?;
                tx.execute("UPDATE post SET quotes_id = $1 WHERE id = $2", args![quoted.id, draft.id]).await?;
                Ok(fresh.clone())
            })
        })
        .await
}

/// What a post shows of another.
async fn quoted(mut read: impl Read, post: Uuid) -> Result<Option<Quoted>> {
    let rows: Vec<Quoted> = read
        .all(
            "SELECT q.id, q.code, q.author_id FROM post p JOIN post q ON q.id = p.quotes_id WHERE p.id = $1",
            args![post],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Whether a post shows another one: that is something to see, as long as it is for everybody.
///
/// # Errors
/// `averse` when one of the two authors has blocked the other since it was begun.
pub(super) async fn shows_another(tx: &mut Tx, post: Uuid, me: PersonId) -> Result<bool> {
    let Some(quoted) = quoted(&mut *tx, post).await? else { return Ok(false) };
    if quoted.author_id != me.0 && moderation::apart(&mut *tx, me, PersonId(quoted.author_id)).await? {
        return Err(crate::Error::problem(403, "averse"));
    }
    let code: Code = quoted.code.parse().map_err(|_| broken_row("post.code"))?;
    match find(&mut *tx, &code).await? {
        Some(row) => row.is_public(),
        None => Ok(false),
    }
}

/// Whoever wrote what a post for everybody shows is told of it.
pub(super) async fn tell_quoted(tx: &mut Tx, shop: &Shop, post: &Row, code: &Code, now: Millis) -> Result<()> {
    if post.visibility()? != Visibility::Public {
        return Ok(());
    }
    let Some(quoted) = quoted(&mut *tx, post.id).await? else { return Ok(()) };
    if quoted.author_id == post.author_id {
        return Ok(());
    }
    inbox::tell_of_people(tx, shop, PersonId(quoted.author_id), "post_reposted", Some(code), post.author(), now).await
}

/// What a post shows of another, for somebody: none when it shows none, nothing in it when that is not for him (any more).
pub(super) async fn shown(shop: &Shop, me: Option<PersonId>, post: Uuid) -> Result<Option<domain::post::QuotedView>> {
    let Some(quoted) = quoted(&shop.db, post).await? else { return Ok(None) };
    let code: Code = quoted.code.parse().map_err(|_| broken_row("post.code"))?;
    let open = match find(&shop.db, &code).await? {
        Some(row) => row.is_public()?,
        None => false,
    };
    let post = if open { super::cards(shop, me, &[quoted.id]).await?.pop() } else { None };
    Ok(Some(domain::post::QuotedView { post }))
}
