//! Posts: written at the composer, read on their pages and in lists, liked, collected and talked about.
//!
//! Invariants: only its author changes a post; every text that others could read is kept as a version; the flag that it was paid for
//! is never unset; what a post, a topic or an author counts are the rows that there are. Deliberately absent: which posts somebody is
//! shown (`feed`), following (`follow`), files (the edge stores them before they come here).

mod board;
mod creator_of;
mod feed_of;
mod hold;
mod many;
mod read;
mod repost;
mod search_of;
mod talk;
mod write;

pub use board::{boards, change_board, delete_board, make_board, put, show_board};
pub(crate) use creator_of::{acts_on, came_of, collects_of, ids_by};
pub(crate) use feed_of::{for_feed, ids_of};
pub(crate) use hold::{
    hide_earlier, let_go, lock, put_comment_back, seen_comment, seen_post, standing, take_comment_down, take_down,
};
pub use many::{Many, generate};
pub use read::{
    author_page, composer, followed, history, newest, newest_at, of_product, page, sees_picture, since, topic,
};
pub(crate) use read::{cards, cards_by_id, pictures as pictures_of};
pub(crate) use read::{for_everybody, titles};
pub use repost::repost;
pub(crate) use search_of::{Liked, liked, search_texts, search_topics, topic_cards};
pub use talk::{Said, collect, comment, delete_comment, like, like_comment};
pub use write::{
    Asks, Change, Move, Room, add_pictures, delete, keep, keep_change, own_picture, pin, publish, replace_picture,
    save, writes,
};

use crate::{Result, args, db::Read, error::broken_row, moderation};
use domain::{
    Code, Problem,
    id::PersonId,
    moderation::Held,
    post::{State, Visibility},
};
use uuid::Uuid;

crate::row! {
    struct Row {
        id: Uuid,
        author_id: Uuid,
        state: String,
        title: String,
        body: String,
        place: String,
        visibility: String,
        sponsored: bool,
        version: i64,
        saved_at: i64,
        published_at: Option<i64>,
        likes: i64,
        collects: i64,
        comments: i64,
        held: Option<String>,
        wished: Option<String>,
    }
}

impl Row {
    fn state(&self) -> Result<State> {
        self.state.parse().map_err(|_| broken_row("post.state"))
    }

    fn visibility(&self) -> Result<Visibility> {
        self.visibility.parse().map_err(|_| broken_row("post.visibility"))
    }

    fn held(&self) -> Result<Option<Held>> {
        self.held.as_deref().map(str::parse).transpose().map_err(|_| broken_row("post.held"))
    }

    /// Who is to see it: when it is held back, once it is let go.
    fn wished(&self) -> Result<Visibility> {
        self.wished.as_ref().unwrap_or(&self.visibility).parse().map_err(|_| broken_row("post.wished"))
    }

    const fn author(&self) -> PersonId {
        PersonId(self.author_id)
    }

    /// Whether everybody finds it in lists.
    fn is_public(&self) -> Result<bool> {
        Ok(self.state()? == State::Published && self.visibility()? == Visibility::Public)
    }
}

/// A post by its code.
async fn find(mut read: impl Read, code: &Code) -> Result<Option<Row>> {
    let rows: Vec<Row> = read
        .all(
            "SELECT id, author_id, state, title, body, place, visibility, sponsored, version, saved_at, published_at, likes, collects, comments, held, wished
             FROM post WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// A post that somebody may see: a published one that is for him. Two of whom one has blocked the other see nothing of each other.
async fn seen(mut read: impl Read, me: Option<PersonId>, code: &Code) -> Result<Row> {
    let row = for_me(&mut read, me, code).await?;
    if let Some(me) = me.filter(|me| *me != row.author())
        && moderation::apart(read, me, row.author()).await?
    {
        return Err(Problem::not_found().into());
    }
    Ok(row)
}

/// The id of a post that somebody may see.
pub(crate) async fn seen_id(read: impl Read, me: PersonId, code: &Code) -> Result<Uuid> {
    Ok(seen(read, Some(me), code).await?.id)
}

/// A post that is for somebody, whoever has blocked whom: whoever is blocked can still be reported.
async fn for_me(mut read: impl Read, me: Option<PersonId>, code: &Code) -> Result<Row> {
    let row = find(&mut read, code).await?.ok_or_else(Problem::not_found)?;
    let mine = me == Some(row.author());
    if row.state()? != State::Published {
        return Err(Problem::not_found().into());
    }
    let visibility = row.visibility()?;
    if !mine
        && !visibility
            .admits(visibility == Visibility::Followers && crate::follow::follows(read, me, row.author()).await?)
    {
        return Err(Problem::not_found().into());
    }
    Ok(row)
}
