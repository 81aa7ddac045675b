//! What others do with a post: like it, collect it, say something.

use super::{Row, find, hold, seen};
use crate::{
    Error, Result, Shop, account, args,
    db::Tx,
    error::broken_row,
    feed::{self, Thing},
    follow, inbox, moderation,
};
use domain::{
    Code, Millis, Problem,
    feed::Did,
    id::PersonId,
    post::{self, State, Tally, Visibility},
    time::MINUTE,
};
use uuid::Uuid;

/// I like a post, or do not any more; how many do then. Its author is told.
///
/// # Errors
/// `not_found`.
pub async fn like(shop: &Shop, me: PersonId, code: &Code, on: bool) -> Result<Tally> {
    let input = (shop.clone(), me, code.clone(), on, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, on, now)| {
            Box::pin(async move {
                let post = touched(tx, *me, code, *on).await?;
                let changed = if *on {
                    tx.execute(
                        "INSERT INTO post_like (post_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        args![post.id, *me, *now],
                    )
                    .await?
                } else {
                    tx.execute("DELETE FROM post_like WHERE post_id = $1 AND person_id = $2", args![post.id, *me])
                        .await?
                };
                if changed == 1 {
                    let by = if *on { 1_i64 } else { -1 };
                    let stands = tx
                        .execute(
                            "UPDATE post SET likes = likes + $1 WHERE id = $2 AND state = 'published'",
                            args![by, post.id],
                        )
                        .await?;
                    still_there(stands)?;
                    // As it stands now that its row is taken: the page counts what is for everybody.
                    if find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?.is_public()? {
                        follow::count(tx, post.author(), follow::Counts { likes: by, ..Default::default() }).await?;
                    }
                    if *on {
                        feed::done(tx, shop, *me, Did::Like, Thing::post(post.id));
                    }
                    if !*on {
                        inbox::untell(tx, post.author(), "post_liked", Some(code), *me).await?;
                    } else if post.author() != *me {
                        inbox::tell_of_people(tx, shop, post.author(), "post_liked", Some(code), *me, *now).await?;
                    }
                }
                let n = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?.likes;
                Ok(Tally { n, mine: *on })
            })
        })
        .await
}

/// A post that I may see; what I gave to one I take back from any.
async fn touched(tx: &mut Tx, me: PersonId, code: &Code, on: bool) -> Result<Row> {
    if on {
        return seen(&mut *tx, Some(me), code).await;
    }
    let row = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
    if row.state()? == State::Published { Ok(row) } else { Err(Problem::not_found().into()) }
}

/// A post that was deleted in the meantime takes nothing any more.
fn still_there(changed: u64) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(Problem::not_found().into()) }
}

/// I put a post aside for later, or do not any more; how many have. Nobody is told.
///
/// # Errors
/// `not_found`.
pub async fn collect(shop: &Shop, me: PersonId, code: &Code, on: bool) -> Result<Tally> {
    let input = (shop.clone(), me, code.clone(), on, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, on, now)| {
            Box::pin(async move {
                collect_in(tx, shop, *me, code, *on, *now).await?;
                let n = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?.collects;
                Ok(Tally { n, mine: *on })
            })
        })
        .await
}

/// The same inside of a transaction; the id of the post. What is collected no more stands on no board.
pub(super) async fn collect_in(
    tx: &mut Tx,
    shop: &Shop,
    me: PersonId,
    code: &Code,
    on: bool,
    now: Millis,
) -> Result<Uuid> {
    let post = touched(tx, me, code, on).await?;
    // Who puts it on a board and who takes it back wait for each other.
    hold::lock(tx, post.id).await?;
    let changed = if on {
        tx.execute(
            "INSERT INTO post_collect (post_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![post.id, me, now],
        )
        .await?
    } else {
        tx.execute("DELETE FROM post_collect WHERE post_id = $1 AND person_id = $2", args![post.id, me]).await?
    };
    if changed == 1 {
        let by = if on { 1_i64 } else { -1 };
        let stands = tx
            .execute(
                "UPDATE post SET collects = collects + $1 WHERE id = $2 AND state = 'published'",
                args![by, post.id],
            )
            .await?;
        still_there(stands)?;
        if on {
            feed::done(tx, shop, me, Did::Collect, Thing::post(post.id));
        }
    }
    Ok(post.id)
}

crate::row! {
    struct Comment {
        id: Uuid,
        post_id: Uuid,
        parent_id: Option<Uuid>,
        author_id: Uuid,
        deleted_at: Option<i64>,
        likes: i64,
    }
}

async fn comment_of(tx: &mut Tx, code: &Code) -> Result<Comment> {
    let row: Option<Comment> = tx
        .fetch_optional(
            "SELECT id, post_id, parent_id, author_id, deleted_at, likes FROM comment WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(row.filter(|r| r.deleted_at.is_none()).ok_or_else(Problem::not_found)?)
}

/// The same words again within so long are one comment: a form that was sent twice.
const ECHO: Millis = MINUTE;

/// What was said: its code, and that of the comment whose thread it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub code: Code,
    pub thread: Option<Code>,
}

/// Says something below a post, or (`parent`) to a comment. Whoever it is for is told.
///
/// # Errors
/// `not_found`, `text_needed`, `text_long`, `paused`, `paused_for_good`, `too_many_comments`, `screen_words`, `screen_contact`,
/// `screen_link`; `averse` to an answer to somebody whom one has blocked, or by whom.
pub async fn comment(shop: &Shop, me: PersonId, code: &Code, parent: Option<&Code>, text: &str) -> Result<Said> {
    let text = post::comment(text)?;
    let named = account::ids(&shop.db, &post::mentions(&text)).await?;
    moderation::clean(&*moderation::lists(shop).await?, &text)?;
    let input = (shop.clone(), me, code.clone(), parent.cloned(), text, named, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, parent, text, named, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let post = seen(&mut *tx, Some(*me), code).await?;
                let answered = match parent {
                    None => None,
                    Some(parent) => Some(comment_of(tx, parent).await?),
                };
                if answered.as_ref().is_some_and(|a| a.post_id != post.id) {
                    return Err(Problem::not_found().into());
                }
                if let Some(whom) = answered.as_ref().map(|a| PersonId(a.author_id)).filter(|a| a != me)
                    && moderation::apart(&mut *tx, *me, whom).await?
                {
                    return Err(Error::problem(403, "averse"));
                }
                // An answer to an answer stands in the same thread.
                let thread = answered.as_ref().map(|a| a.parent_id.unwrap_or(a.id));
                let thread_code = match thread {
                    None => None,
                    Some(id) => Some(code_of(tx, id).await?),
                };
                // One after the other: a form that was sent twice at once finds what it said.
                let taken = tx
                    .execute(
                        "UPDATE post SET saved_at = saved_at WHERE id = $1 AND state = 'published'",
                        args![post.id],
                    )
                    .await?;
                still_there(taken)?;
                // As it stands now that it is held: it may be for fewer people than a moment ago.
                let post = seen(&mut *tx, Some(*me), code).await?;
                if let Some(said) = echo(tx, *me, post.id, thread, text, *now).await? {
                    return Ok(Said { code: said, thread: thread_code });
                }
                moderation::within(tx, *me, moderation::Quota::Comments, *now).await?;
                let fresh = shop.rng.code();
                tx.execute(
                    "INSERT INTO comment (id, code, post_id, parent_id, author_id, text, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    args![shop.rng.id(*now), fresh.as_str(), post.id, thread, *me, text.as_str(), *now],
                )
                .await?;
                tx.execute("UPDATE post SET comments = comments + 1 WHERE id = $1", args![post.id]).await?;
                let mut told = vec![me.0];
                if let Some(whom) = answered.as_ref().map(|a| a.author_id).filter(|a| !told.contains(a)) {
                    told.push(whom);
                    inbox::tell_of_people(tx, shop, PersonId(whom), "comment_replied", Some(code), *me, *now).await?;
                }
                if !told.contains(&post.author_id) {
                    told.push(post.author_id);
                    inbox::tell_of_people(tx, shop, post.author(), "post_commented", Some(code), *me, *now).await?;
                }
                for whom in named.iter().filter(|n| !told.contains(&n.0)) {
                    // Who may not see the post hears nothing of it.
                    if post.visibility()? == Visibility::Public {
                        inbox::tell_of_people(tx, shop, *whom, "post_mentioned", Some(code), *me, *now).await?;
                    }
                }
                Ok(Said { code: fresh, thread: thread_code })
            })
        })
        .await
}

async fn code_of(tx: &mut Tx, comment: Uuid) -> Result<Code> {
    crate::row! {
        struct Of {
            code: String,
        }
    }
    let row: Option<Of> = tx.fetch_optional("SELECT code FROM comment WHERE id = $1", args![comment]).await?;
    let code = row.ok_or_else(Problem::not_found)?.code;
    Ok(code.parse().map_err(|_| broken_row("comment.code"))?)
}

async fn echo(
    tx: &mut Tx,
    me: PersonId,
    post: Uuid,
    thread: Option<Uuid>,
    text: &str,
    now: Millis,
) -> Result<Option<Code>> {
    crate::row! {
        struct Said {
            code: String,
        }
    }
    let row: Option<Said> = tx
        .fetch_optional(
            "SELECT code FROM comment WHERE post_id = $1 AND author_id = $2 AND text = $3 AND created_at > $4
               AND COALESCE(parent_id, post_id) = $5 ORDER BY id DESC LIMIT 1",
            args![post, me, text, now - ECHO, thread.unwrap_or(post)],
        )
        .await?;
    row.map(|r| r.code.parse().map_err(|_| broken_row("comment.code"))).transpose()
}

/// Takes a comment back: its writer, or the author of the post. The same again changes nothing.
///
/// # Errors
/// `not_found`.
pub async fn delete_comment(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    crate::row! {
        struct Owners {
            id: Uuid,
            author_id: Uuid,
            post_author: Uuid,
            post_id: Uuid,
        }
    }
    shop.db
        .write((me, code.clone(), shop.clock.now()), |tx, (me, code, now)| {
            Box::pin(async move {
                let row: Option<Owners> = tx
                    .fetch_optional(
                        "SELECT c.id, c.author_id, p.author_id AS post_author, c.post_id FROM comment c JOIN post p ON p.id = c.post_id
                         WHERE c.code = $1",
                        args![code.as_str()],
                    )
                    .await?;
                let row = row.filter(|r| r.author_id == me.0 || r.post_author == me.0).ok_or_else(Problem::not_found)?;
                crate::post::lock(tx, row.post_id).await?;
                // What was taken down does not come back to where it was deleted.
                tx.execute("UPDATE comment SET removed = FALSE WHERE id = $1 AND removed = TRUE", args![row.id]).await?;
                let gone = tx
                    .execute(
                        "UPDATE comment SET deleted_at = $1, text = '' WHERE id = $2 AND deleted_at IS NULL",
                        args![*now, row.id],
                    )
                    .await?;
                if gone == 1 {
                    moderation::moot(tx, row.post_id, Some(row.id), *now).await?;
                    tx.execute("UPDATE post SET comments = comments - 1 WHERE id = $1", args![row.post_id]).await?;
                }
                Ok(())
            })
        })
        .await
}

/// I like a comment, or do not any more; how many do then.
///
/// # Errors
/// `not_found`.
pub async fn like_comment(shop: &Shop, me: PersonId, post: &Code, code: &Code, on: bool) -> Result<Tally> {
    let input = (me, post.clone(), code.clone(), on, shop.clock.now());
    shop.db
        .write(input, |tx, (me, post, code, on, now)| {
            Box::pin(async move {
                let post = seen(&mut *tx, Some(*me), post).await?;
                let comment = comment_of(tx, code).await?;
                if comment.post_id != post.id {
                    return Err(Problem::not_found().into());
                }
                if *on && moderation::apart(&mut *tx, *me, PersonId(comment.author_id)).await? {
                    return Err(Error::problem(403, "averse"));
                }
                let changed = if *on {
                    tx.execute(
                        "INSERT INTO comment_like (comment_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        args![comment.id, *me, *now],
                    )
                    .await?
                } else {
                    tx.execute(
                        "DELETE FROM comment_like WHERE comment_id = $1 AND person_id = $2",
                        args![comment.id, *me],
                    )
                    .await?
                };
                if changed == 1 {
                    let by = if *on { 1_i64 } else { -1 };
                    tx.execute("UPDATE comment SET likes = likes + $1 WHERE id = $2", args![by, comment.id]).await?;
                }
                Ok(Tally { n: comment_of(tx, code).await?.likes, mine: *on })
            })
        })
        .await
}
