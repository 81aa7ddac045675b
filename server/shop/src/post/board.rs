//! Boards: what somebody collected, in an order of his own.

use super::{
    read::{NEWEST, PAGE, listed},
    seen,
    talk::collect_in,
};
use crate::{Error, Result, Shop, account, args, catalog, error::broken_row, follow, moderation};
use domain::{
    Code, Problem,
    catalog::Cursor,
    id::PersonId,
    post::board::{BoardCard, BoardView, BoardsView, MAX_BOARDS, MAX_POSTS, Place},
};
use std::collections::HashSet;
use uuid::Uuid;

crate::row! {
    struct Board {
        id: Uuid,
        owner_id: Uuid,
        title: String,
        is_public: bool,
    }
}

crate::row! {
    struct Count {
        n: i64,
    }
}

crate::row! {
    struct Same {
        code: String,
        is_public: bool,
    }
}

crate::row! {
    struct Known {
        code: String,
    }
}

async fn find(mut read: impl crate::db::Read, code: &Code) -> Result<Board> {
    let rows: Vec<Board> =
        read.all("SELECT id, owner_id, title, is_public FROM board WHERE code = $1", args![code.as_str()]).await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// A board of mine; those of others are none to me here.
async fn mine(read: impl crate::db::Read, me: PersonId, code: &Code) -> Result<Board> {
    let board = find(read, code).await?;
    if board.owner_id == me.0 { Ok(board) } else { Err(Problem::not_found().into()) }
}

/// Makes a board; its code. Of the same title there is one: it is that, when it is for the same people.
///
/// # Errors
/// `board_title_needed`, `title_long`, `board_title_used`, `too_many_boards`, `paused`, `paused_for_good`, `screen_words`, `screen_contact`, `screen_link`.
pub async fn make_board(shop: &Shop, me: PersonId, title: &str, public: bool) -> Result<Code> {
    let title = domain::post::board::title(title)?;
    moderation::clean(&*moderation::lists(shop).await?, &title)?;
    let input = (shop.clone(), me, title, public, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, title, public, now)| {
            Box::pin(async move {
                if *public {
                    moderation::may_write(&mut *tx, *me, *now).await?;
                }
                // One after the other: what is made side by side is counted.
                follow::lock(tx, [*me]).await?;
                let known: Option<Same> = tx
                    .fetch_optional(
                        "SELECT code, is_public FROM board WHERE owner_id = $1 AND title = $2",
                        args![*me, title.as_str()],
                    )
                    .await?;
                if let Some(known) = known {
                    if known.is_public != *public {
                        return Err(Problem::new(409, "board_title_used").field("title").into());
                    }
                    return Ok(known.code.parse().map_err(|_| broken_row("board.code"))?);
                }
                let has: Count = tx.fetch_one("SELECT COUNT(*) AS n FROM board WHERE owner_id = $1", args![*me]).await?;
                if has.n >= MAX_BOARDS {
                    return Err(Problem::new(409, "too_many_boards").number(MAX_BOARDS).into());
                }
                let code = shop.rng.code();
                tx.execute(
                    "INSERT INTO board (id, code, owner_id, title, is_public, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $6)",
                    args![shop.rng.id(*now), code.as_str(), *me, title.as_str(), *public, *now],
                )
                .await?;
                Ok(code)
            })
        })
        .await
}

/// Gives a board another title, and says who sees it.
///
/// # Errors
/// `not_found`, `board_title_needed`, `title_long`, `board_title_used`, `paused`, `paused_for_good`, `screen_words`, `screen_contact`,
/// `screen_link`.
pub async fn change_board(shop: &Shop, me: PersonId, code: &Code, title: &str, public: bool) -> Result<()> {
    let title = domain::post::board::title(title)?;
    moderation::clean(&*moderation::lists(shop).await?, &title)?;
    let input = (me, code.clone(), title, public, shop.clock.now());
    shop.db
        .write(input, |tx, (me, code, title, public, now)| {
            Box::pin(async move {
                follow::lock(tx, [*me]).await?;
                let board = mine(&mut *tx, *me, code).await?;
                // Whoever may not write shows nothing new to others, and may always show less.
                if *public && (!board.is_public || board.title != *title) {
                    moderation::may_write(&mut *tx, *me, *now).await?;
                }
                let used: Option<Known> = tx
                    .fetch_optional(
                        "SELECT code FROM board WHERE owner_id = $1 AND title = $2 AND id <> $3",
                        args![*me, title.as_str(), board.id],
                    )
                    .await?;
                if used.is_some() {
                    return Err(Error::from(Problem::new(409, "board_title_used").field("title")));
                }
                tx.execute(
                    "UPDATE board SET title = $1, is_public = $2 WHERE id = $3",
                    args![title.as_str(), *public, board.id],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Takes a board apart; what stood on it stays collected.
///
/// # Errors
/// `not_found`.
pub async fn delete_board(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    shop.db
        .write((me, code.clone()), |tx, (me, code)| {
            Box::pin(async move {
                follow::lock(tx, [*me]).await?;
                let board = mine(&mut *tx, *me, code).await?;
                tx.execute("DELETE FROM board WHERE id = $1", args![board.id]).await?;
                Ok(())
            })
        })
        .await
}

/// Puts a post on a board of mine, or (`on`: false) takes it from there. What stands on one is collected.
///
/// # Errors
/// `not_found`, `board_full`.
pub async fn put(shop: &Shop, me: PersonId, board: &Code, post: &Code, on: bool) -> Result<()> {
    let input = (shop.clone(), me, board.clone(), post.clone(), on, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, board, post, on, now)| {
            Box::pin(async move {
                // Posts are locked before people.
                let collected = if *on { Some(collect_in(tx, shop, *me, post, true, *now).await?) } else { None };
                follow::lock(tx, [*me]).await?;
                let board = mine(&mut *tx, *me, board).await?;
                let Some(collected) = collected else {
                    tx.execute(
                        "DELETE FROM board_post WHERE board_id = $1 AND post_id = (SELECT id FROM post WHERE code = $2)",
                        args![board.id, post.as_str()],
                    )
                    .await?;
                    return Ok(());
                };
                let has: Count = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM board_post WHERE board_id = $1 AND post_id <> $2",
                        args![board.id, collected],
                    )
                    .await?;
                if has.n >= MAX_POSTS {
                    return Err(Problem::new(409, "board_full").number(MAX_POSTS).into());
                }
                let fresh = tx
                    .execute(
                        "INSERT INTO board_post (board_id, post_id, owner_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                        args![board.id, collected, *me, *now],
                    )
                    .await?;
                if fresh == 1 {
                    tx.execute("UPDATE board SET changed_at = $1 WHERE id = $2 AND changed_at < $1", args![*now, board.id])
                        .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Somebody's boards, the one that was changed last first: my own all, those of others that are for everybody and hold something
/// that I may see.
pub(super) async fn cards(shop: &Shop, me: Option<PersonId>, owner: PersonId) -> Result<Vec<BoardCard>> {
    crate::row! {
        struct Card {
            code: String,
            title: String,
            is_public: bool,
            posts: i64,
            picture_id: Option<Uuid>,
            width: Option<i64>,
            height: Option<i64>,
            placeholder: Option<String>,
        }
    }
    let rows: Vec<Card> = shop
        .db
        .fetch_all(
            "SELECT b.code, b.title, b.is_public, COALESCE(s.posts, 0) AS posts, i.id AS picture_id, i.width, i.height, i.placeholder
             FROM board b LEFT JOIN (
                 SELECT c.board_id, c.post_id, COUNT(*) OVER (PARTITION BY c.board_id) AS posts,
                        ROW_NUMBER() OVER (PARTITION BY c.board_id ORDER BY c.at DESC, c.post_id DESC) AS nth
                 FROM board_post c JOIN post p ON p.id = c.post_id
                 WHERE c.owner_id = $1 AND p.state = 'published'
                   AND (p.visibility = 'public' OR p.author_id = $2 OR (p.visibility = 'followers' AND EXISTS
                        (SELECT 1 FROM follow f WHERE f.follower_id = $2 AND f.followed_id = p.author_id)))
                   AND NOT EXISTS (SELECT 1 FROM aversion x WHERE (x.person_id = $2 AND x.other_id = p.author_id)
                        OR (x.person_id = p.author_id AND x.other_id = $2 AND x.kind = 'block'))
             ) s ON s.board_id = b.id AND s.nth = 1
             LEFT JOIN post_picture o ON o.post_id = s.post_id AND o.position = 0 LEFT JOIN picture i ON i.id = o.picture_id
             WHERE b.owner_id = $1 AND (b.owner_id = $2 OR (b.is_public = TRUE AND s.posts > 0)) ORDER BY b.changed_at DESC, b.id DESC",
            args![owner, me.map_or(Uuid::nil(), |me| me.0)],
        )
        .await?;
    rows.into_iter()
        .map(|r| {
            Ok(BoardCard {
                code: r.code.parse().map_err(|_| broken_row("board.code"))?,
                title: r.title,
                public: r.is_public,
                posts: r.posts,
                cover: catalog::picture(r.picture_id, r.width, r.height, r.placeholder),
            })
        })
        .collect()
}

/// My boards; `post`: what is to stand on some of them.
///
/// # Errors
/// `not_found` for a post that I may not see.
pub async fn boards(shop: &Shop, me: PersonId, post: Option<&Code>) -> Result<BoardsView> {
    let (handle, _) = account::faces(shop, &[me.0]).await?.remove(&me.0).unwrap_or_default();
    let boards = cards(shop, Some(me), me).await?;
    let (mut has, mut shown) = (HashSet::new(), None);
    if let Some(code) = post {
        let row = seen(&shop.db, Some(me), code).await?;
        let on: Vec<Known> = shop
            .db
            .fetch_all(
                "SELECT b.code FROM board_post c JOIN board b ON b.id = c.board_id WHERE c.owner_id = $1 AND c.post_id = $2",
                args![me, row.id],
            )
            .await?;
        has = on.into_iter().map(|o| o.code).collect();
        shown = super::cards(shop, None, &[row.id]).await?.pop();
    }
    let boards = boards.into_iter().map(|board| Place { has: has.contains(board.code.as_str()), board }).collect();
    Ok(BoardsView { handle, post: shown, boards })
}

/// A board with its posts, those that were put there last first; `after`: where the page before ended.
///
/// # Errors
/// `not_found`, also for one that is not for me.
pub async fn show_board(shop: &Shop, me: Option<PersonId>, code: &Code, after: &str) -> Result<BoardView> {
    let board = find(&shop.db, code).await?;
    let (owner, own) = (PersonId(board.owner_id), me == Some(PersonId(board.owner_id)));
    let apart = match me {
        Some(me) if !own => moderation::apart(&shop.db, me, owner).await?,
        _ => false,
    };
    if apart || !(own || board.is_public) {
        return Err(Problem::not_found().into());
    }
    let from: Cursor = after.parse().unwrap_or(NEWEST);
    let viewer = me.map_or(Uuid::nil(), |me| me.0);
    let rows = shop
        .db
        .fetch_all(
            "SELECT c.post_id AS id, c.at FROM board_post c JOIN post p ON p.id = c.post_id
             WHERE c.board_id = $1 AND (c.at, c.post_id) < ($3, $4) AND p.state = 'published'
               AND (p.visibility = 'public' OR p.author_id = $2 OR (p.visibility = 'followers' AND EXISTS
                    (SELECT 1 FROM follow f WHERE f.follower_id = $2 AND f.followed_id = p.author_id)))
                   AND NOT EXISTS (SELECT 1 FROM aversion x WHERE (x.person_id = $2 AND x.other_id = p.author_id)
                        OR (x.person_id = p.author_id AND x.other_id = $2 AND x.kind = 'block'))
             ORDER BY c.at DESC, c.post_id DESC LIMIT $5",
            args![board.id, viewer, from.value, from.id, PAGE + 1],
        )
        .await?;
    let many: Count = shop
        .db
        .fetch_one(
            "SELECT COUNT(*) AS n FROM board_post c JOIN post p ON p.id = c.post_id
             WHERE c.board_id = $1 AND p.state = 'published'
               AND (p.visibility = 'public' OR p.author_id = $2 OR (p.visibility = 'followers' AND EXISTS
                    (SELECT 1 FROM follow f WHERE f.follower_id = $2 AND f.followed_id = p.author_id)))
                   AND NOT EXISTS (SELECT 1 FROM aversion x WHERE (x.person_id = $2 AND x.other_id = p.author_id)
                        OR (x.person_id = p.author_id AND x.other_id = $2 AND x.kind = 'block'))",
            args![board.id, viewer],
        )
        .await?;
    let (handle, name) = account::faces(shop, &[owner.0]).await?.remove(&owner.0).unwrap_or_default();
    let list = listed(shop, me, rows, PAGE).await?;
    let cover = list.posts.first().and_then(|p| p.picture.clone());
    let card = BoardCard { code: code.clone(), title: board.title, public: board.is_public, posts: many.n, cover };
    Ok(BoardView { board: card, handle, name, mine: own, list })
}
