//! Posts as they are read: their pages, and lists of them.

use super::{Row, board, find, repost, seen};
use crate::{
    Result, Shop, account, args, catalog, challenge, error::broken_row, follow, moderation, order, poll, search,
};
use domain::{
    Code, Lang, Millis, Problem,
    catalog::{Browse, Cursor, PictureView},
    id::{PersonId, PictureId, ProductId},
    moderation::Held,
    post::{
        Absent, AuthorPageView, AuthorView, CommentView, ComposerView, DraftCard, HistoryView, MANY_FRESH,
        MAX_PRODUCTS, Order, PickView, PostCard, PostView, PostsView, SaidView, ShownProduct, State, Tally, TopicCard,
        TopicView, VersionView, Visibility, topic_key,
    },
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Posts on one page of a list, comments on one page, answers shown below each, and posts beside a post or a product.
pub(super) const PAGE: i64 = 20;
const REPLIES: i64 = 3;
/// Answers of a thread that is looked at by itself.
const THREAD: i64 = 200;
const BESIDE: i64 = 6;

pub(super) const NEWEST: Cursor = Cursor { value: i64::MAX, id: Uuid::max() };

crate::row! {
    /// A post in a list, and where it stands there.
    pub(super) struct Listed {
        id: Uuid,
        at: i64,
    }
}

/// The cards of some posts, in their order; without those of people whom I do not see.
pub(crate) async fn cards(shop: &Shop, me: Option<PersonId>, ids: &[Uuid]) -> Result<Vec<PostCard>> {
    let mut found = cards_by_id(shop, me, ids).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The same, by their ids.
pub(crate) async fn cards_by_id(shop: &Shop, me: Option<PersonId>, ids: &[Uuid]) -> Result<HashMap<Uuid, PostCard>> {
    crate::row! {
        struct Card {
            id: Uuid,
            code: String,
            author_id: Uuid,
            title: String,
            sponsored: bool,
            likes: i64,
            picture_id: Option<Uuid>,
            width: Option<i64>,
            height: Option<i64>,
            placeholder: Option<String>,
        }
    }
    let mut found: HashMap<Uuid, Card> = HashMap::new();
    for batch in ids.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Card> = shop
            .db
            .fetch_all(
                "SELECT p.id, p.code, p.author_id, p.title, p.sponsored, p.likes, i.id AS picture_id, i.width, i.height, i.placeholder
                 FROM post p LEFT JOIN post_picture o ON o.post_id = p.id AND o.position = 0 LEFT JOIN picture i ON i.id = o.picture_id
                 WHERE p.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND p.state = 'published'",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.id, r)));
    }
    let unseen = moderation::unseen(&shop.db, me).await?;
    found.retain(|_, c| !unseen.contains(&c.author_id));
    let people: Vec<Uuid> = found.values().map(|c| c.author_id).collect();
    let names = account::names(shop, &people).await?;
    found
        .into_iter()
        .map(|(id, c)| {
            let card = PostCard {
                code: c.code.parse().map_err(|_| broken_row("post.code"))?,
                title: c.title,
                picture: catalog::picture(c.picture_id, c.width, c.height, c.placeholder),
                author: names.get(&c.author_id).cloned().unwrap_or_default(),
                likes: c.likes,
                sponsored: c.sponsored,
            };
            Ok((id, card))
        })
        .collect()
}

/// A post that everybody may see, by its code.
///
/// # Errors
/// `not_found`.
pub(crate) async fn for_everybody(shop: &Shop, code: &str) -> Result<PostCard> {
    let row = match code.parse() {
        Ok(code) => find(&shop.db, &code).await?,
        Err(_) => None,
    };
    let row = row.ok_or_else(Problem::not_found)?;
    if !row.is_public()? {
        return Err(Problem::not_found().into());
    }
    Ok(cards(shop, None, &[row.id]).await?.pop().ok_or_else(Problem::not_found)?)
}

/// What posts that everybody may see are called, by their codes.
pub(crate) async fn titles(shop: &Shop, codes: &[String]) -> Result<HashMap<String, String>> {
    crate::row! {
        struct Titled {
            code: String,
            title: String,
        }
    }
    let mut found = HashMap::new();
    for batch in codes.chunks(10) {
        let mut codes = batch.iter().map(String::as_str).chain(std::iter::repeat(""));
        let mut code = || codes.next().unwrap_or_default();
        let rows: Vec<Titled> = shop
            .db
            .fetch_all(
                "SELECT code, title FROM post WHERE code IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND state = 'published' AND visibility = 'public'",
                args![code(), code(), code(), code(), code(), code(), code(), code(), code(), code()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.code, r.title)));
    }
    Ok(found)
}

/// A page of a list, which was asked for one row more than the `many` that it shows.
pub(super) async fn listed(shop: &Shop, me: Option<PersonId>, mut rows: Vec<Listed>, many: i64) -> Result<PostsView> {
    let many = usize::try_from(many).unwrap_or(20);
    let more = rows.len() > many;
    rows.truncate(many);
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.at, id: r.id }.written());
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    Ok(PostsView { posts: cards(shop, me, &ids).await?, next })
}

/// What is for everybody, newest first; `after`: where the page before ended; `many`: at most a page.
///
/// # Errors
/// What the database says.
pub async fn newest(shop: &Shop, me: Option<PersonId>, after: &str, many: i64) -> Result<PostsView> {
    let from: Cursor = after.parse().unwrap_or(NEWEST);
    let many = many.min(PAGE);
    let rows = shop
        .db
        .fetch_all(
            "SELECT id, published_at AS at FROM post WHERE state = 'published' AND visibility = 'public' AND (published_at, id) < ($1, $2)
             ORDER BY published_at DESC, id DESC LIMIT $3",
            args![from.value, from.id, many + 1],
        )
        .await?;
    listed(shop, me, rows, many).await
}

/// When the newest post for everybody was posted; 0 when there is none.
///
/// # Errors
/// What the database says.
pub async fn newest_at(shop: &Shop) -> Result<Millis> {
    let rows: Vec<Listed> = shop
        .db
        .fetch_all(
            "SELECT id, published_at AS at FROM post WHERE state = 'published' AND visibility = 'public'
             ORDER BY published_at DESC, id DESC LIMIT 1",
            args![],
        )
        .await?;
    Ok(rows.first().map_or(0, |r| r.at))
}

/// How many posts of others that I see were posted behind an instant, [`MANY_FRESH`] at most.
///
/// # Errors
/// What the database says.
pub async fn since(shop: &Shop, me: Option<PersonId>, at: Millis) -> Result<i64> {
    crate::row! {
        struct By {
            author_id: Uuid,
        }
    }
    let rows: Vec<By> = shop
        .db
        .fetch_all(
            "SELECT author_id FROM post WHERE state = 'published' AND visibility = 'public' AND published_at > $1
             ORDER BY published_at, id LIMIT $2",
            args![at, 5 * MANY_FRESH],
        )
        .await?;
    let unseen = if rows.is_empty() { HashSet::new() } else { moderation::unseen(&shop.db, me).await? };
    let seen =
        rows.iter().filter(|r| !unseen.contains(&r.author_id) && me.is_none_or(|me| me.0 != r.author_id)).count();
    Ok(i64::try_from(seen).unwrap_or(i64::MAX).min(MANY_FRESH))
}

/// What those whom I follow have posted, newest first.
///
/// # Errors
/// What the database says.
pub async fn followed(shop: &Shop, me: PersonId, after: &str) -> Result<PostsView> {
    let from: Cursor = after.parse().unwrap_or(NEWEST);
    let rows = shop
        .db
        .fetch_all(
            "SELECT id, published_at AS at FROM post
             WHERE author_id IN (SELECT followed_id FROM follow WHERE follower_id = $1) AND state = 'published' AND visibility <> 'private'
               AND (published_at, id) < ($2, $3)
             ORDER BY published_at DESC, id DESC LIMIT $4",
            args![me, from.value, from.id, PAGE + 1],
        )
        .await?;
    listed(shop, Some(me), rows, PAGE).await
}

/// The newest posts that show a product.
///
/// # Errors
/// What the database says.
pub async fn of_product(shop: &Shop, me: Option<PersonId>, product: ProductId) -> Result<Vec<PostCard>> {
    let rows: Vec<Listed> = shop
        .db
        .fetch_all(
            "SELECT p.id, p.published_at AS at FROM post_product o JOIN post p ON p.id = o.post_id
             WHERE o.product_id = $1 AND p.state = 'published' AND p.visibility = 'public'
             ORDER BY p.published_at DESC, p.id DESC LIMIT $2",
            args![product, BESIDE],
        )
        .await?;
    cards(shop, me, &rows.iter().map(|r| r.id).collect::<Vec<_>>()).await
}

/// A topic with its posts, newest first. One that nobody has written about is there, and empty.
///
/// # Errors
/// `not_found` for what is no name of a topic.
pub async fn topic(shop: &Shop, me: Option<PersonId>, name: &str, after: &str) -> Result<TopicView> {
    crate::row! {
        struct Topic {
            id: Uuid,
            name: String,
            posts: i64,
        }
    }
    let key = topic_key(name)?;
    let row: Option<Topic> =
        shop.db.fetch_optional("SELECT id, name, posts FROM topic WHERE key = $1", args![key.as_str()]).await?;
    let Some(topic) = row else {
        return Ok(TopicView { name: name.to_owned(), count: 0, list: PostsView::default(), challenge: None });
    };
    let from: Cursor = after.parse().unwrap_or(NEWEST);
    let rows = shop
        .db
        .fetch_all(
            "SELECT post_id AS id, at FROM post_topic WHERE topic_id = $1 AND (at, post_id) < ($2, $3) ORDER BY at DESC, post_id DESC LIMIT $4",
            args![topic.id, from.value, from.id, PAGE + 1],
        )
        .await?;
    let challenge = challenge::of_topic(shop, topic.id).await?;
    Ok(TopicView { name: topic.name, count: topic.posts, list: listed(shop, me, rows, PAGE).await?, challenge })
}

/// Somebody's page: what he posted, or (`saved`, only my own) what I collected.
///
/// # Errors
/// `not_found`.
pub async fn author_page(
    shop: &Shop,
    me: Option<PersonId>,
    handle: &str,
    saved: bool,
    after: &str,
) -> Result<AuthorPageView> {
    let person = account::find(shop, handle).await?.ok_or_else(Problem::not_found)?;
    let mine = me == Some(person.id);
    let averse = moderation::toward(&shop.db, me, person.id).await?;
    let apart = match me {
        Some(me) => moderation::apart(&shop.db, me, person.id).await?,
        None => false,
    };
    let followed = follow::follows(&shop.db, me, person.id).await?;
    let counts = follow::counts(&shop.db, person.id).await?;
    let from: Cursor = after.parse().unwrap_or(NEWEST);
    let collected = saved && mine;
    let rows = if apart {
        Vec::new()
    } else if collected {
        shop.db
            .fetch_all(
                "SELECT c.post_id AS id, c.at FROM post_collect c JOIN post p ON p.id = c.post_id
                 WHERE c.person_id = $1 AND (c.at, c.post_id) < ($2, $3) AND p.state = 'published'
                   AND (p.visibility = 'public' OR p.author_id = $1 OR (p.visibility = 'followers' AND EXISTS
                        (SELECT 1 FROM follow f WHERE f.follower_id = $1 AND f.followed_id = p.author_id)))
                 ORDER BY c.at DESC, c.post_id DESC LIMIT $4",
                args![person.id, from.value, from.id, PAGE + 1],
            )
            .await?
    } else {
        shop.db
            .fetch_all(
                "SELECT id, published_at AS at FROM post WHERE author_id = $1 AND state = 'published' AND (published_at, id) < ($2, $3)
                   AND NOT EXISTS (SELECT 1 FROM author a WHERE a.person_id = $1 AND a.pinned_id = post.id)
                   AND (visibility = 'public' OR $4 = TRUE OR (visibility = 'followers' AND $5 = TRUE))
                 ORDER BY published_at DESC, id DESC LIMIT $6",
                args![person.id, from.value, from.id, mine, followed, PAGE + 1],
            )
            .await?
    };
    let first = after.is_empty() && !collected && !apart;
    let pinned: Option<Listed> = if first {
        shop.db
            .fetch_optional(
                "SELECT p.id, p.published_at AS at FROM author a JOIN post p ON p.id = a.pinned_id
                 WHERE a.person_id = $1 AND p.author_id = $1 AND p.state = 'published'
                   AND (p.visibility = 'public' OR $2 = TRUE OR (p.visibility = 'followers' AND $3 = TRUE))",
                args![person.id, mine, followed],
            )
            .await?
    } else {
        None
    };
    let pinned = match pinned {
        Some(row) => listed(shop, None, vec![row], 1).await?.posts.into_iter().next(),
        None => None,
    };
    let boards = if after.is_empty() && !apart && (collected || !mine) {
        board::cards(shop, me, person.id).await?
    } else {
        Vec::new()
    };
    Ok(AuthorPageView {
        author: AuthorView { handle: person.handle, name: person.display_name, followed, mine, averse },
        apart,
        posts: counts.posts,
        followers: counts.followers,
        following: counts.following,
        likes: counts.likes,
        pinned,
        list: listed(shop, if collected { me } else { None }, rows, PAGE).await?,
        collected,
        boards,
    })
}

/// The pictures of a post, in their order.
pub(crate) async fn pictures(shop: &Shop, post: Uuid) -> Result<Vec<PictureView>> {
    crate::row! {
        struct Picture {
            id: Uuid,
            width: i64,
            height: i64,
            placeholder: String,
        }
    }
    let rows: Vec<Picture> = shop
        .db
        .fetch_all(
            "SELECT i.id, i.width, i.height, i.placeholder FROM post_picture o JOIN picture i ON i.id = o.picture_id
             WHERE o.post_id = $1 ORDER BY o.position",
            args![post],
        )
        .await?;
    let view =
        |r: Picture| PictureView { id: PictureId(r.id), width: r.width, height: r.height, placeholder: r.placeholder };
    Ok(rows.into_iter().map(view).collect())
}

/// The products of a post, and whether its author had bought them.
async fn products(shop: &Shop, post: Uuid) -> Result<Vec<(ProductId, bool)>> {
    crate::row! {
        struct Of {
            product_id: Uuid,
            bought: bool,
        }
    }
    let rows: Vec<Of> = shop
        .db
        .fetch_all("SELECT product_id, bought FROM post_product WHERE post_id = $1 ORDER BY position", args![post])
        .await?;
    Ok(rows.into_iter().map(|r| (ProductId(r.product_id), r.bought)).collect())
}

/// A post, as its page shows it. `after`: where the page of comments before ended; `thread`: only this comment, with all answers.
/// One that its author deleted is shown as gone.
///
/// # Errors
/// `not_found`.
pub async fn page(
    shop: &Shop,
    me: Option<PersonId>,
    lang: Lang,
    code: &Code,
    order: Order,
    after: &str,
    thread: Option<&Code>,
) -> Result<PostView> {
    crate::row! {
        struct Mine {
            liked: bool,
            collected: bool,
            pinned: bool,
            reposts: i64,
        }
    }
    let row = find(&shop.db, code).await?.ok_or_else(Problem::not_found)?;
    let author = author(shop, me, row.author()).await?;
    let known = row.visibility()? == Visibility::Public || me == Some(row.author());
    if row.state()? == State::Deleted && row.version > 0 && known {
        return Ok(gone(code, &row, author));
    }
    let mine = me == Some(row.author());
    let held = match row.held()? {
        Some(held) if mine || (held == Held::Removed && was_seen(shop, row.id).await?) => {
            Some(moderation::held_view(shop, row.id, held, mine).await?)
        }
        _ => None,
    };
    if held.is_some() && !mine {
        return Ok(PostView { held, ..gone(code, &row, author) });
    }
    let row = seen(&shop.db, me, code).await?;
    let of_mine: Mine = shop
        .db
        .fetch_one(
            "SELECT EXISTS (SELECT 1 FROM post_like WHERE post_id = $1 AND person_id = $2) AS liked,
                    EXISTS (SELECT 1 FROM post_collect WHERE post_id = $1 AND person_id = $2) AS collected,
                    EXISTS (SELECT 1 FROM author WHERE pinned_id = $1) AS pinned,
                    (SELECT COUNT(*) FROM post q WHERE q.quotes_id = $1 AND q.state = 'published' AND q.visibility = 'public') AS reposts",
            args![row.id, me.map_or(Uuid::nil(), |me| me.0)],
        )
        .await?;
    let shown = products(shop, row.id).await?;
    let ids: Vec<ProductId> = shown.iter().map(|(p, _)| *p).collect();
    let mut found = catalog::cards(shop, lang, &ids).await?;
    let (thread, next) = talk(shop, me, &row, &ids, order, after, thread).await?;
    let others = others(shop, me, &row).await?;
    Ok(PostView {
        code: code.clone(),
        state: State::Published,
        held,
        at: row.published_at.unwrap_or(0),
        pinned: of_mine.pinned,
        versions: row.version,
        visibility: row.wished()?,
        author,
        pictures: pictures(shop, row.id).await?,
        products: shown
            .into_iter()
            .filter_map(|(id, bought)| Some(ShownProduct { card: found.remove(&id)?, bought }))
            .collect(),
        likes: Tally { n: row.likes, mine: of_mine.liked },
        collects: Tally { n: row.collects, mine: of_mine.collected },
        comments: row.comments,
        thread,
        order,
        next,
        others,
        poll: poll::view(&shop.db, me, row.id, shop.clock.now()).await?,
        quotes: repost::shown(shop, me, row.id).await?,
        reposts: of_mine.reposts,
        competes: challenge::competes(shop, me, row.id, row.author()).await?,
        title: row.title,
        body: row.body,
        place: row.place,
        sponsored: row.sponsored,
    })
}

async fn author(shop: &Shop, me: Option<PersonId>, id: PersonId) -> Result<AuthorView> {
    let (handle, name) = account::faces(shop, &[id.0]).await?.remove(&id.0).unwrap_or_default();
    let followed = follow::follows(&shop.db, me, id).await?;
    Ok(AuthorView { handle, name, followed, mine: me == Some(id), averse: moderation::toward(&shop.db, me, id).await? })
}

/// Whether everybody has seen a post.
async fn was_seen(shop: &Shop, post: Uuid) -> Result<bool> {
    crate::row! {
        struct Seen {
            seen: bool,
        }
    }
    let row: Seen = shop
        .db
        .fetch_one(
            "SELECT EXISTS (SELECT 1 FROM post_version WHERE post_id = $1 AND visibility = 'public') AS seen",
            args![post],
        )
        .await?;
    Ok(row.seen)
}

/// What is left of a post that was deleted.
fn gone(code: &Code, row: &Row, author: AuthorView) -> PostView {
    PostView {
        code: code.clone(),
        state: State::Deleted,
        held: None,
        title: String::new(),
        body: String::new(),
        place: String::new(),
        visibility: Visibility::Public,
        sponsored: row.sponsored,
        at: row.published_at.unwrap_or(0),
        pinned: false,
        versions: 0,
        author,
        pictures: Vec::new(),
        products: Vec::new(),
        likes: Tally::default(),
        collects: Tally::default(),
        comments: 0,
        thread: Vec::new(),
        order: Order::Hot,
        next: None,
        others: Vec::new(),
        poll: None,
        quotes: None,
        reposts: 0,
        competes: Vec::new(),
    }
}

async fn others(shop: &Shop, me: Option<PersonId>, post: &Row) -> Result<Vec<PostCard>> {
    let rows: Vec<Listed> = shop
        .db
        .fetch_all(
            "SELECT id, published_at AS at FROM post WHERE author_id = $1 AND state = 'published' AND visibility = 'public' AND id <> $2
             ORDER BY published_at DESC, id DESC LIMIT $3",
            args![post.author_id, post.id, BESIDE],
        )
        .await?;
    cards(shop, me, &rows.iter().map(|r| r.id).collect::<Vec<_>>()).await
}

crate::row! {
    struct Said {
        id: Uuid,
        code: String,
        parent_id: Option<Uuid>,
        author_id: Uuid,
        text: String,
        created_at: i64,
        deleted_at: Option<i64>,
        removed: bool,
        likes: i64,
        liked: bool,
        /// Answers to it, all of them.
        answers: i64,
    }
}

/// The comments of a post, with the first answers to each, and where the next page begins.
async fn talk(
    shop: &Shop,
    me: Option<PersonId>,
    post: &Row,
    products: &[ProductId],
    order: Order,
    after: &str,
    thread: Option<&Code>,
) -> Result<(Vec<CommentView>, Option<String>)> {
    crate::row! {
        struct First {
            id: Uuid,
        }
    }
    if post.comments == 0 && thread.is_none() {
        return Ok((Vec::new(), None));
    }
    let viewer = me.map_or(Uuid::nil(), |me| me.0);
    let from: Cursor = after.parse().unwrap_or(NEWEST);
    let mut rows: Vec<Said> = match (thread, order) {
        (Some(code), _) => shop
            .db
            .fetch_all(
                "SELECT c.id, c.code, c.parent_id, c.author_id, c.text, c.created_at, c.deleted_at, c.removed, c.likes,
                        EXISTS (SELECT 1 FROM comment_like l WHERE l.comment_id = c.id AND l.person_id = $3) AS liked,
                        (SELECT COUNT(*) FROM comment r WHERE r.parent_id = c.id AND r.deleted_at IS NULL) AS answers
                 FROM comment c WHERE c.id = (SELECT COALESCE(t.parent_id, t.id) FROM comment t WHERE t.code = $1) AND c.post_id = $2",
                args![code.as_str(), post.id, viewer],
            )
            .await?,
        (None, Order::Hot) => shop
            .db
            .fetch_all(
                "SELECT c.id, c.code, c.parent_id, c.author_id, c.text, c.created_at, c.deleted_at, c.removed, c.likes,
                        EXISTS (SELECT 1 FROM comment_like l WHERE l.comment_id = c.id AND l.person_id = $4) AS liked,
                        (SELECT COUNT(*) FROM comment r WHERE r.parent_id = c.id AND r.deleted_at IS NULL) AS answers
                 FROM comment c WHERE c.post_id = $1 AND c.parent_id IS NULL AND (c.likes, c.id) < ($2, $3)
                   AND (c.deleted_at IS NULL OR EXISTS (SELECT 1 FROM comment r WHERE r.parent_id = c.id AND r.deleted_at IS NULL))
                 ORDER BY c.likes DESC, c.id DESC LIMIT $5",
                args![post.id, from.value, from.id, viewer, PAGE + 1],
            )
            .await?,
        (None, Order::New) => shop
            .db
            .fetch_all(
                "SELECT c.id, c.code, c.parent_id, c.author_id, c.text, c.created_at, c.deleted_at, c.removed, c.likes,
                        EXISTS (SELECT 1 FROM comment_like l WHERE l.comment_id = c.id AND l.person_id = $3) AS liked,
                        (SELECT COUNT(*) FROM comment r WHERE r.parent_id = c.id AND r.deleted_at IS NULL) AS answers
                 FROM comment c WHERE c.post_id = $1 AND c.parent_id IS NULL AND c.id < $2
                   AND (c.deleted_at IS NULL OR EXISTS (SELECT 1 FROM comment r WHERE r.parent_id = c.id AND r.deleted_at IS NULL))
                 ORDER BY c.id DESC LIMIT $4",
                args![post.id, from.id, viewer, PAGE + 1],
            )
            .await?,
    };
    let page = usize::try_from(PAGE).unwrap_or(20);
    let more = rows.len() > page;
    rows.truncate(page);
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.likes, id: r.id }.written());
    let answered: Vec<Uuid> = rows.iter().filter(|r| r.answers > 0).map(|r| r.id).collect();
    let replies = replies(shop, viewer, &answered, if thread.is_some() { THREAD } else { REPLIES }).await?;
    let first: Vec<First> = shop
        .db
        .fetch_all(
            "SELECT id FROM comment WHERE post_id = $1 AND parent_id IS NULL ORDER BY id LIMIT 1",
            args![post.id],
        )
        .await?;
    let people: Vec<Uuid> =
        rows.iter().chain(&replies).map(|r| r.author_id).collect::<HashSet<_>>().into_iter().collect();
    let shower = Shower {
        faces: account::faces(shop, &people).await?,
        buyers: order::buyers(shop, &people, products).await?,
        author: post.author_id,
        first: first.first().map(|f| f.id),
        unseen: moderation::unseen(&shop.db, me).await?,
        me,
    };
    let mut below: HashMap<Uuid, Vec<CommentView>> = HashMap::new();
    for reply in replies {
        let parent = reply.parent_id.unwrap_or_default();
        below.entry(parent).or_default().push(shower.show(reply, Vec::new())?);
    }
    let thread = rows
        .into_iter()
        .map(|r| {
            let replies = below.remove(&r.id).unwrap_or_default();
            shower.show(r, replies)
        })
        .collect::<Result<_>>()?;
    Ok((thread, next))
}

/// The first answers to some comments.
async fn replies(shop: &Shop, viewer: Uuid, parents: &[Uuid], many: i64) -> Result<Vec<Said>> {
    let mut found = Vec::new();
    for batch in parents.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Said> = shop
            .db
            .fetch_all(
                "SELECT c.id, c.code, c.parent_id, c.author_id, c.text, c.created_at, c.deleted_at, c.removed, c.likes,
                        EXISTS (SELECT 1 FROM comment_like l WHERE l.comment_id = c.id AND l.person_id = $11) AS liked, c.answers
                 FROM (SELECT id, code, parent_id, author_id, text, created_at, deleted_at, removed, likes, CAST(0 AS BIGINT) AS answers,
                              ROW_NUMBER() OVER (PARTITION BY parent_id ORDER BY id) AS nth
                       FROM comment WHERE parent_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND deleted_at IS NULL) c
                 WHERE c.nth <= $12 ORDER BY c.id",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), viewer, many],
            )
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// What is needed to show a comment.
struct Shower {
    faces: HashMap<Uuid, (String, String)>,
    buyers: HashSet<Uuid>,
    author: Uuid,
    first: Option<Uuid>,
    unseen: HashSet<Uuid>,
    me: Option<PersonId>,
}

impl Shower {
    fn show(&self, said: Said, replies: Vec<CommentView>) -> Result<CommentView> {
        let (handle, name) = self.faces.get(&said.author_id).cloned().unwrap_or_default();
        let shown = i64::try_from(replies.len()).unwrap_or(i64::MAX);
        let absent = match (said.deleted_at, said.removed) {
            (Some(_), true) => Some(Absent::Removed),
            (Some(_), false) => Some(Absent::Deleted),
            (None, _) => self.unseen.contains(&said.author_id).then_some(Absent::Averse),
        };
        Ok(CommentView {
            code: said.code.parse().map_err(|_| broken_row("comment.code"))?,
            at: said.created_at,
            likes: Tally { n: said.likes, mine: said.liked },
            more: (said.answers - shown).max(0),
            replies,
            absent,
            said: absent.is_none().then(|| SaidView {
                handle,
                name,
                by_author: said.author_id == self.author,
                by_buyer: self.buyers.contains(&said.author_id),
                first: self.first == Some(said.id),
                own: self.me.is_some_and(|me| me.0 == said.author_id),
                mine: self.me.is_some_and(|me| me.0 == said.author_id || me.0 == self.author),
                text: said.text,
            }),
        })
    }
}

/// What a post said, the newest first.
///
/// # Errors
/// `not_found`.
pub async fn history(shop: &Shop, me: Option<PersonId>, code: &Code) -> Result<HistoryView> {
    crate::row! {
        struct Version {
            title: String,
            body: String,
            visibility: String,
            at: i64,
        }
    }
    let row = seen(&shop.db, me, code).await?;
    let rows: Vec<Version> = shop
        .db
        .fetch_all(
            "SELECT title, body, visibility, at FROM post_version WHERE post_id = $1 ORDER BY version DESC LIMIT 50",
            args![row.id],
        )
        .await?;
    // What was for fewer people stays with them.
    let mine = me == Some(row.author());
    let follows = follow::follows(&shop.db, me, row.author()).await?;
    let admitted = |v: &Version| mine || v.visibility.parse().is_ok_and(|v: Visibility| v.admits(follows));
    let versions =
        rows.into_iter().filter(admitted).map(|r| VersionView { title: r.title, body: r.body, at: r.at }).collect();
    Ok(HistoryView { code: code.clone(), versions })
}

/// The desk where a post is written: the one of this code, or the draft that was saved last (`fresh`: a new one instead). `q`: which
/// products are looked for beside those that I bought.
///
/// # Errors
/// `not_found` for one that is not mine.
pub async fn composer(
    shop: &Shop,
    me: PersonId,
    lang: Lang,
    code: Option<&Code>,
    fresh: bool,
    q: &str,
) -> Result<ComposerView> {
    crate::row! {
        struct Draft {
            code: String,
            title: String,
            saved_at: i64,
            // A repost of which nothing is written yet is gone on with only when it is meant.
            begun: bool,
        }
    }
    let rows: Vec<Draft> = shop
        .db
        .fetch_all(
            "SELECT code, title, saved_at, (quotes_id IS NULL OR title <> '' OR body <> '') AS begun FROM post
             WHERE author_id = $1 AND state = 'draft' ORDER BY saved_at DESC, id DESC LIMIT 50",
            args![me],
        )
        .await?;
    let last = rows.iter().find(|r| r.begun).map(|r| r.code.clone());
    let mut drafts = rows
        .into_iter()
        .map(|r| {
            Ok(DraftCard { code: r.code.parse().map_err(|_| broken_row("post.code"))?, title: r.title, at: r.saved_at })
        })
        .collect::<Result<Vec<_>>>()?;
    let last = last.filter(|_| !fresh).and_then(|code| code.parse().ok());
    let code = code.cloned().or(last);
    let code = code.unwrap_or_else(|| shop.rng.code());
    let mut row = find(&shop.db, &code).await?;
    if row.as_ref().is_some_and(|r| r.author() != me || r.state().is_ok_and(|s| s == State::Deleted)) {
        return Err(Problem::not_found().into());
    }
    drafts.retain(|d| d.code != code);
    let (shown, kept) = match &row {
        Some(r) => (products(shop, r.id).await?, pictures(shop, r.id).await?),
        None => (Vec::new(), Vec::new()),
    };
    // A change that was refused stands where it was written.
    let pending = match row.as_mut() {
        Some(r) if r.state()? == State::Published => pending(shop, r).await?,
        _ => None,
    };
    let shown = match &pending {
        Some(slugs) => {
            let wanted = catalog::ids(shop, slugs).await?;
            wanted.into_iter().map(|id| (id, shown.contains(&(id, true)))).collect()
        }
        None => shown,
    };
    let topics = topics(shop).await?;
    let poll = match &row {
        Some(r) => poll::draft(&shop.db, r.id).await?,
        None => None,
    };
    let quotes = match &row {
        Some(r) => repost::shown(shop, Some(me), r.id).await?,
        None => None,
    };
    let picks = picks(shop, me, lang, &shown, q).await?;
    let (published, visibility) = match &row {
        Some(r) => (r.state()? == State::Published, r.wished()?),
        None => (false, Visibility::Public),
    };
    let text = |of: fn(&Row) -> &String| row.as_ref().map(|r| of(r).clone()).unwrap_or_default();
    Ok(ComposerView {
        commission_bp: shop.settings.commission_bp,
        published,
        pending: pending.is_some(),
        title: text(|r| &r.title),
        body: text(|r| &r.body),
        place: text(|r| &r.place),
        visibility,
        sponsored: row.as_ref().is_some_and(|r| r.sponsored),
        pictures: kept,
        products: picks,
        q: q.to_owned(),
        drafts,
        topics,
        code,
        poll,
        quotes,
    })
}

/// Puts a change that was refused into a row; the slugs of the products that it shows, if there is one.
async fn pending(shop: &Shop, row: &mut Row) -> Result<Option<Vec<String>>> {
    crate::row! {
        struct Edit {
            title: String,
            body: String,
            place: String,
            visibility: String,
            sponsored: bool,
            products: String,
        }
    }
    let edit: Option<Edit> = shop
        .db
        .fetch_optional(
            "SELECT title, body, place, visibility, sponsored, products FROM post_edit WHERE post_id = $1",
            args![row.id],
        )
        .await?;
    Ok(edit.map(|e| {
        (row.title, row.body, row.place, row.sponsored) = (e.title, e.body, e.place, e.sponsored || row.sponsored);
        row.wished = Some(e.visibility);
        e.products.split_whitespace().map(str::to_owned).collect()
    }))
}

/// Products that a post can show: those that it shows, those that I bought, and those that were looked for.
async fn picks(shop: &Shop, me: PersonId, lang: Lang, shown: &[(ProductId, bool)], q: &str) -> Result<Vec<PickView>> {
    const BOUGHT: i64 = 12;
    const FOUND: usize = 8;
    let own = order::bought(shop, me, BOUGHT).await?;
    let mut ids: Vec<ProductId> = shown.iter().map(|(p, _)| *p).collect();
    ids.extend(own.iter().copied().filter(|p| shown.iter().all(|(s, _)| s != p)));
    let mut found = catalog::cards(shop, lang, &ids).await?;
    let mut picks: Vec<PickView> = ids
        .iter()
        .filter_map(|id| {
            let chosen = shown.iter().any(|(s, _)| s == id);
            let bought = own.contains(id) || shown.contains(&(*id, true));
            Some(PickView { card: found.remove(id)?, bought, chosen })
        })
        .collect();
    if !q.trim().is_empty() || picks.len() < MAX_PRODUCTS {
        let cards = if q.trim().is_empty() {
            catalog::shelf(shop, lang, &Browse::default()).await?.page.cards
        } else {
            search::things_called(shop, lang, q).await?
        };
        let more = cards.into_iter().filter(|c| !ids.contains(&c.id)).take(FOUND);
        picks.extend(more.map(|card| PickView { card, bought: false, chosen: false }));
    }
    Ok(picks)
}

/// Topics that most posts name.
async fn topics(shop: &Shop) -> Result<Vec<TopicCard>> {
    crate::row! {
        struct Topic {
            name: String,
            posts: i64,
        }
    }
    let rows: Vec<Topic> = shop
        .db
        .fetch_all("SELECT name, posts FROM topic WHERE posts > 0 ORDER BY posts DESC, id DESC LIMIT 8", args![])
        .await?;
    Ok(rows.into_iter().map(|r| TopicCard { name: r.name, posts: r.posts }).collect())
}

/// Whether somebody may see a picture of a post that is not for everybody; none when it is of no such post.
///
/// # Errors
/// What the database says.
pub async fn sees_picture(shop: &Shop, me: Option<PersonId>, picture: PictureId) -> Result<Option<bool>> {
    crate::row! {
        struct Of {
            author_id: Uuid,
            state: String,
            visibility: String,
        }
    }
    let row: Option<Of> = shop
        .db
        .fetch_optional(
            "SELECT p.author_id, p.state, p.visibility FROM post_picture o JOIN post p ON p.id = o.post_id WHERE o.picture_id = $1",
            args![picture],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let visibility: Visibility = row.visibility.parse().map_err(|_| broken_row("post.visibility"))?;
    let published = row.state == State::Published.name();
    if published && visibility == Visibility::Public {
        return Ok(None);
    }
    let author = PersonId(row.author_id);
    let follows = published && follow::follows(&shop.db, me, author).await?;
    Ok(Some(me == Some(author) || (published && visibility.admits(follows))))
}
