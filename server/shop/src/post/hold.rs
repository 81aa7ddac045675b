//! Holding a post back and letting it go, and taking a comment down: what moderation does with them.
//!
//! A post that is held back is private: no list, topic or count knows it, and its pictures are its author's. Who sees it when it is let
//! go is kept in `wished`.

use super::{
    Row, find, for_me, repost,
    write::{hide_pictures, recount, sync_topics, tell_named},
};
use crate::{
    Result, Shop, args,
    db::{Read, Tx},
    error::broken_row,
    moderation::{Found, Object, Standing, Thing},
};
use domain::{
    Code, Millis, Problem,
    id::PersonId,
    moderation::Held,
    post::{State, Visibility},
};
use uuid::Uuid;

crate::row! {
    struct Comment {
        id: Uuid,
        author_id: Uuid,
        text: String,
        created_at: i64,
        post: String,
        deleted: bool,
    }
}

async fn comment_of(mut read: impl Read, code: &Code) -> Result<Option<Comment>> {
    let rows: Vec<Comment> = read
        .all(
            "SELECT c.id, c.author_id, c.text, c.created_at, p.code AS post, (c.deleted_at IS NOT NULL) AS deleted
             FROM comment c JOIN post p ON p.id = c.post_id WHERE c.code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next().filter(|c| !c.deleted))
}

/// A post that is for me, and that I could report.
///
/// # Errors
/// `not_found`.
pub(crate) async fn seen_post(read: impl Read, me: PersonId, code: &Code) -> Result<Found> {
    let row = for_me(read, Some(me), code).await?;
    Ok(of_post(&row, code))
}

/// A comment that is for me, and that I could report.
///
/// # Errors
/// `not_found`.
pub(crate) async fn seen_comment(mut read: impl Read, me: PersonId, code: &Code) -> Result<Found> {
    let comment = comment_of(&mut read, code).await?.ok_or_else(Problem::not_found)?;
    let post: Code = comment.post.parse().map_err(|_| broken_row("post.code"))?;
    let row = for_me(&mut read, Some(me), &post).await?;
    let thing = Thing::Comment { post: row.id, comment: comment.id };
    let object = Object { thing, author: comment.author_id, said: comment.text };
    let link = format!("/posts/{post}?thread={code}#c-{code}");
    Ok(Found { object, link, changed: comment.created_at, anonymous: false })
}

fn of_post(row: &Row, code: &Code) -> Found {
    Found { object: object(row), link: format!("/posts/{code}"), changed: row.saved_at, anonymous: false }
}

/// A post, as a case is about it.
pub(super) fn object(row: &Row) -> Object {
    let said = [&row.title, &row.body, &row.place].map(|part| part.as_str()).join("\n").trim().to_owned();
    Object { thing: Thing::Post(row.id), author: row.author_id, said }
}

/// A post, or what is said below it, as it stands now.
pub(crate) async fn standing(mut read: impl Read, post: Uuid, comment: Option<Uuid>) -> Result<Standing> {
    crate::row! {
        struct Of {
            code: String,
            state: String,
            visibility: String,
            title: String,
            body: String,
            place: String,
            held: Option<String>,
            saved_at: i64,
            comment: Option<String>,
            text: Option<String>,
            created_at: Option<i64>,
        }
    }
    let rows: Vec<Of> = read
        .all(
            "SELECT p.code, p.state, p.visibility, p.title, p.body, p.place, p.held, p.saved_at, c.code AS comment, c.text, c.created_at
             FROM post p LEFT JOIN comment c ON c.post_id = p.id AND c.id = $2 AND c.deleted_at IS NULL WHERE p.id = $1",
            args![post, comment.unwrap_or_default()],
        )
        .await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    if row.state != State::Published.name() {
        return Ok(Standing::default());
    }
    let code: Code = row.code.parse().map_err(|_| broken_row("post.code"))?;
    let link = format!("/posts/{code}");
    if comment.is_none() {
        let held = row.held.as_deref().map(str::parse).transpose().map_err(|_| broken_row("post.held"))?;
        let bare = Standing { code: Some(code), link: Some(link), changed: row.saved_at, ..Standing::default() };
        // What its author keeps for himself is nobody's to read, whatever it was before.
        if held.is_none() && row.visibility == Visibility::Private.name() {
            return Ok(bare);
        }
        let text = format!("{}\n{}", row.body, row.place).trim().to_owned();
        return Ok(Standing { title: row.title, text, held, ..bare });
    }
    Ok(Standing {
        code: Some(code),
        link: row.comment.map(|comment| format!("{link}?thread={comment}#c-{comment}")),
        title: String::new(),
        text: row.text.unwrap_or_default(),
        held: None,
        changed: row.created_at.unwrap_or(0),
    })
}

/// Holds everybody else off a post until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, post: Uuid) -> Result<()> {
    tx.execute("UPDATE post SET saved_at = saved_at WHERE id = $1", args![post]).await?;
    Ok(())
}

/// Only its author sees a post from now on.
pub(super) async fn hold(tx: &mut Tx, post: Uuid, held: Held) -> Result<()> {
    tx.execute(
        "UPDATE post SET wished = COALESCE(wished, visibility), visibility = 'private', held = $1 WHERE id = $2",
        args![held.name(), post],
    )
    .await?;
    Ok(())
}

/// Takes a post down: it stays with its author, who may appeal. One that its author has deleted stays as it is.
pub(crate) async fn take_down(tx: &mut Tx, shop: &Shop, code: &Code, now: Millis) -> Result<()> {
    let before = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
    if before.state()? != State::Published {
        return Ok(());
    }
    hold(tx, before.id, Held::Removed).await?;
    let after = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
    sync_topics(tx, shop, &after, now).await?;
    recount(tx, &before, &after).await?;
    if before.is_public()? {
        hide_pictures(tx, shop, after.id, now).await?;
    }
    Ok(())
}

/// Lets a post go that is held back: those see it for whom it is. One that nobody has seen yet is new now.
pub(crate) async fn let_go(tx: &mut Tx, shop: &Shop, code: &Code, now: Millis) -> Result<()> {
    crate::row! {
        /// What others saw of it last.
        struct Seen {
            body: String,
        }
    }
    let before = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
    if before.state()? != State::Published || before.held.is_none() {
        return Ok(());
    }
    let seen: Option<Seen> = tx
        .fetch_optional(
            "SELECT body FROM post_version WHERE post_id = $1 AND visibility <> 'private' ORDER BY version DESC LIMIT 1",
            args![before.id],
        )
        .await?;
    let published = if seen.is_none() { Some(now) } else { before.published_at };
    tx.execute(
        "UPDATE post SET visibility = COALESCE(wished, visibility), wished = NULL, held = NULL, published_at = $1 WHERE id = $2",
        args![published, before.id],
    )
    .await?;
    tx.execute(
        "UPDATE post_version SET visibility = (SELECT p.visibility FROM post p WHERE p.id = $1) WHERE post_id = $1 AND version = $2",
        args![before.id, before.version],
    )
    .await?;
    let after = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
    sync_topics(tx, shop, &after, now).await?;
    recount(tx, &before, &after).await?;
    // Whoever was named before has been told, and so has whoever wrote what it shows.
    if seen.is_none() {
        repost::tell_quoted(tx, shop, &after, code, now).await?;
    }
    tell_named(tx, shop, &after, code, seen.as_ref().map_or("", |s| &s.body), now).await
}

/// Only its author reads what a post said before.
pub(crate) async fn hide_earlier(tx: &mut Tx, post: Uuid) -> Result<()> {
    tx.execute(
        "UPDATE post_version SET visibility = 'private' WHERE post_id = $1 AND version < (SELECT p.version FROM post p WHERE p.id = $1)",
        args![post],
    )
    .await?;
    Ok(())
}

/// Takes a comment down; its text is kept with the case.
pub(crate) async fn take_comment_down(tx: &mut Tx, post: Uuid, comment: Uuid, now: Millis) -> Result<()> {
    let gone = tx
        .execute(
            "UPDATE comment SET deleted_at = $1, text = '', removed = TRUE WHERE id = $2 AND deleted_at IS NULL",
            args![now, comment],
        )
        .await?;
    if gone == 1 {
        tx.execute("UPDATE post SET comments = comments - 1 WHERE id = $1", args![post]).await?;
    }
    Ok(())
}

/// Puts a comment back that was taken down.
pub(crate) async fn put_comment_back(tx: &mut Tx, post: Uuid, comment: Uuid, text: &str) -> Result<()> {
    let back = tx
        .execute(
            "UPDATE comment SET deleted_at = NULL, text = $1, removed = FALSE WHERE id = $2 AND removed = TRUE",
            args![text, comment],
        )
        .await?;
    if back == 1 {
        tx.execute("UPDATE post SET comments = comments + 1 WHERE id = $1", args![post]).await?;
    }
    Ok(())
}
