//! Writing a post: a draft that is saved again and again, shown to others when its author says so.

use super::{Row, find, hold, repost};
use crate::{
    Result, Shop, account, args,
    catalog::{self, NewPicture},
    db::{Read, Tx},
    follow::{self, Counts},
    inbox, job, moderation, order, poll, search,
};
use domain::{
    Code, Millis, Problem,
    catalog::PictureView,
    id::{PersonId, PictureId, ProductId},
    moderation::{Caught, Held},
    poll::NewPoll,
    post::{Draft, MAX_PICTURES, MAX_PRODUCTS, State, Visibility, mentions, topics},
    search::Kind,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Drafts that somebody may have lying about.
const MAX_DRAFTS: i64 = 50;

/// Where a picture goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// To the front: it is the cover.
    First,
    Left,
    Right,
    Away,
}

/// What is saved.
#[derive(Clone, Debug)]
pub struct Change {
    pub draft: Draft,
    /// Slugs of the products that it shows, in their order.
    pub products: Vec<String>,
    /// Checked and stored ones, which come behind those that it has.
    pub pictures: Vec<NewPicture>,
    pub moved: Option<(PictureId, Move)>,
    /// Whoever is asked to change something would rather have it looked at.
    pub insist: bool,
    /// Of a draft; a post that is shown asks what it asked.
    pub asks: Asks,
}

/// What a draft asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    AsBefore,
    Nothing,
    Poll(NewPoll),
}

/// What somebody may add to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub pictures: i64,
    /// It has no film.
    pub film: bool,
}

/// What somebody may add to a post of this code: his own, or one that is not there yet.
///
/// # Errors
/// `not_found`.
pub async fn writes(shop: &Shop, me: PersonId, code: &Code) -> Result<Room> {
    match find(&shop.db, code).await? {
        Some(row) if row.author() != me || row.state()? == State::Deleted => Err(Problem::not_found().into()),
        Some(row) => {
            let shown = super::read::pictures(shop, row.id).await?;
            let n = i64::try_from(shown.len()).unwrap_or(i64::MAX);
            Ok(Room { pictures: (MAX_PICTURES - n).max(0), film: !shown.iter().any(PictureView::moves) })
        }
        None => Ok(Room { pictures: MAX_PICTURES, film: true }),
    }
}

fn moves(placeholder: &str) -> bool {
    placeholder.ends_with(PictureView::MOVES)
}

/// Adds pictures to my post behind those that it has; one of a new code is begun. All of them or none.
///
/// # Errors
/// `not_found`, `too_many_drafts`, `too_many_pictures`.
pub async fn add_pictures(shop: &Shop, me: PersonId, code: &Code, pictures: Vec<NewPicture>) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), pictures, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, pictures, now)| {
            Box::pin(async move {
                let row = begun(tx, shop, *me, code, *now).await?;
                arrange(tx, shop, row.id, pictures, None, *now).await?;
                if row.state()? == State::Published {
                    shown_more(tx, shop, &row, code, *now).await?;
                }
                Ok(())
            })
        })
        .await
}

/// One of the pictures of my post, to be worked on: its source and its size.
///
/// # Errors
/// `not_found`, also for the still of a film.
pub async fn own_picture(shop: &Shop, me: PersonId, code: &Code, picture: PictureId) -> Result<(String, i64, i64)> {
    let row = find(&shop.db, code).await?.filter(|r| r.author() == me).ok_or_else(Problem::not_found)?;
    let shown = super::read::pictures(shop, row.id).await?;
    let there = shown.iter().any(|p| p.id == picture && !p.moves()) && row.state()? != State::Deleted;
    let source = catalog::picture_source(shop, picture).await?;
    Ok(source.filter(|_| there).ok_or_else(Problem::not_found)?)
}

/// Puts another picture in the place of one of my post.
///
/// # Errors
/// `not_found`, `post_removed`.
pub async fn replace_picture(shop: &Shop, me: PersonId, code: &Code, old: PictureId, new: NewPicture) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), old, new, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, old, new, now)| {
            Box::pin(async move {
                let row = lock(tx, *me, code).await?;
                let new = catalog::add_picture(tx, shop, new, *now).await?;
                let put = tx
                    .execute(
                        "UPDATE post_picture SET picture_id = $1 WHERE post_id = $2 AND picture_id = $3",
                        args![new, row.id, *old],
                    )
                    .await?;
                if put == 0 {
                    return Err(Problem::not_found().into());
                }
                tx.execute("UPDATE post SET saved_at = $1 WHERE id = $2", args![*now, row.id]).await?;
                catalog::forget_picture(tx, shop, *old, *now).await?;
                if row.state()? == State::Published {
                    shown_more(tx, shop, &row, code, *now).await?;
                }
                Ok(())
            })
        })
        .await
}

/// A published post shows more than before: that others have shown it holds it back.
async fn shown_more(tx: &mut Tx, shop: &Shop, before: &Row, code: &Code, now: Millis) -> Result<()> {
    if before.held()? == Some(Held::Removed) {
        return Err(Problem::new(409, "post_removed").into());
    }
    if before.wished()? == Visibility::Private {
        return Ok(());
    }
    moderation::may_write(&mut *tx, before.author(), now).await?;
    if !moderation::is_twin(tx, before.id, before.author(), &before.body, now).await? {
        return Ok(());
    }
    hold::hold(tx, before.id, Held::Review).await?;
    let after = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
    moderation::open(tx, shop, &hold::object(&after), &[Caught::Twin], now).await?;
    sync_topics(tx, shop, &after, now).await?;
    recount(tx, before, &after).await?;
    if before.is_public()? {
        hide_pictures(tx, shop, after.id, now).await?;
    }
    Ok(())
}

async fn pictures(mut read: impl Read, post: Uuid) -> Result<i64> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let rows: Vec<Count> = read.all("SELECT COUNT(*) AS n FROM post_picture WHERE post_id = $1", args![post]).await?;
    Ok(rows.first().map_or(0, |c| c.n))
}

/// Keeps the text of a draft as it is written; a published post is left as it is. The same again changes nothing.
///
/// # Errors
/// `not_found`, `too_many_drafts`, `title_long`, `text_long`, `place_long`.
pub async fn keep(shop: &Shop, me: PersonId, code: &Code, title: &str, body: &str, place: &str) -> Result<()> {
    let draft = Draft::new(title, body, place, Visibility::Public, false)?;
    let input = (shop.clone(), me, code.clone(), draft, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, draft, now)| {
            Box::pin(async move {
                let row = begun(tx, shop, *me, code, *now).await?;
                tx.execute(
                    "UPDATE post SET title = $1, body = $2, place = $3, saved_at = $4 WHERE id = $5 AND state = 'draft'",
                    args![draft.title(), draft.body(), draft.place(), *now, row.id],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Saves a post; one of a new code is begun. A published one shows it at once, and keeps what it said before.
///
/// # Errors
/// `not_found`, `too_many_drafts`, `too_many_pictures`, `too_many_products`; `title_needed` and `post_empty` for a published one.
pub async fn save(shop: &Shop, me: PersonId, code: &Code, change: Change) -> Result<()> {
    if change.products.len() > MAX_PRODUCTS {
        let most = i64::try_from(MAX_PRODUCTS).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "too_many_products").field("product").number(most).into());
    }
    let mut products = Vec::new();
    for id in catalog::ids(shop, &change.products).await? {
        if !products.contains(&id) {
            products.push(id);
        }
    }
    let bought = order::bought_among(shop, me, &products).await?;
    let products: Vec<(ProductId, bool)> = products.into_iter().map(|p| (p, bought.contains(&p))).collect();
    let named = account::ids(&shop.db, &mentions(change.draft.body())).await?;
    let lists = moderation::lists(shop).await?;
    let input = (shop.clone(), me, code.clone(), change, products, named, lists, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, change, products, named, lists, now)| {
            Box::pin(async move {
                let before = begun(tx, shop, *me, code, *now).await?;
                let added = !change.pictures.is_empty();
                let pictures = arrange(tx, shop, before.id, &change.pictures, change.moved, *now).await?;
                show_products(tx, before.id, products).await?;
                if before.state()? == State::Draft {
                    match &change.asks {
                        Asks::AsBefore => {}
                        Asks::Nothing => poll::keep(tx, before.id, None).await?,
                        Asks::Poll(new) => poll::keep(tx, before.id, Some(new)).await?,
                    }
                    return write(tx, &before, &change.draft, *now).await;
                }
                let shows = pictures
                    + i64::from(!poll::text(&mut *tx, before.id).await?.is_empty())
                    + i64::from(repost::shows_another(tx, before.id, *me).await?);
                change.draft.ready(shows)?;
                if before.held()? == Some(Held::Removed) {
                    return Err(Problem::new(409, "post_removed").into());
                }
                // Something new, or to more people.
                let same = before.title == change.draft.title() && before.body == change.draft.body();
                let wider = change.draft.visibility.is_wider_than(before.wished()?);
                // What was an ad stays one.
                let ad = before.sponsored || change.draft.sponsored;
                let known = same && before.place == change.draft.place() && before.sponsored == ad;
                let caught = if known && !wider && !added && before.held.is_none() {
                    Vec::new()
                } else {
                    moderation::may_write(&mut *tx, *me, *now).await?;
                    let mut draft = change.draft.clone();
                    draft.sponsored = ad;
                    looked_at(tx, lists, &before, &draft, change.insist, *now).await?
                };
                let told = account::ids(&mut *tx, &mentions(&before.body)).await?;
                write(tx, &before, &change.draft, *now).await?;
                if !caught.is_empty() {
                    hold::hold(tx, before.id, Held::Review).await?;
                }
                if !same || wider {
                    tx.execute("UPDATE post SET version = version + 1 WHERE id = $1", args![before.id]).await?;
                    keep_version(tx, before.id, *now).await?;
                }
                let after = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
                let released = settle(tx, shop, &before, &after, code, &caught, *now).await?;
                let after = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
                sync_topics(tx, shop, &after, *now).await?;
                // What was let go has been counted with that.
                if !released {
                    recount(tx, &before, &after).await?;
                }
                if before.is_public()? && !after.is_public()? {
                    hide_pictures(tx, shop, after.id, *now).await?;
                }
                tx.execute("DELETE FROM post_edit WHERE post_id = $1", args![before.id]).await?;
                // Whoever was named before has been told, and what is let go tells by itself.
                if before.held.is_some() {
                    return Ok(());
                }
                let old = if before.is_public()? { told } else { Vec::new() };
                let new: Vec<PersonId> = named.iter().filter(|n| !old.contains(n)).copied().collect();
                tell(tx, shop, &after, code, &new, *now).await
            })
        })
        .await
}

/// Keeps a change of my published post that was refused: it is found where it was written, and shown to nobody else.
///
/// # Errors
/// `not_found`.
pub async fn keep_change(shop: &Shop, me: PersonId, code: &Code, change: Change) -> Result<()> {
    shop.db
        .write((me, code.clone(), change, shop.clock.now()), |tx, (me, code, change, now)| {
            Box::pin(async move {
                let row = lock(tx, *me, code).await?;
                if row.state()? != State::Published {
                    return Ok(());
                }
                let draft = &change.draft;
                tx.execute(
                    "INSERT INTO post_edit (post_id, title, body, place, visibility, sponsored, products, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                     ON CONFLICT (post_id) DO UPDATE SET title = excluded.title, body = excluded.body, place = excluded.place,
                       visibility = excluded.visibility, sponsored = excluded.sponsored, products = excluded.products, at = excluded.at",
                    args![
                        row.id,
                        draft.title(),
                        draft.body(),
                        draft.place(),
                        draft.visibility.name(),
                        draft.sponsored || row.sponsored,
                        change.products.join(" "),
                        *now
                    ],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// The post of a code, which is begun if there is none.
pub(super) async fn begun(tx: &mut Tx, shop: &Shop, me: PersonId, code: &Code, now: Millis) -> Result<Row> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    if find(&mut *tx, code).await?.is_none() {
        let drafts: Option<Count> = tx
            .fetch_optional("SELECT COUNT(*) AS n FROM post WHERE author_id = $1 AND state = 'draft'", args![me])
            .await?;
        if drafts.is_some_and(|d| d.n >= MAX_DRAFTS) {
            return Err(Problem::new(409, "too_many_drafts").number(MAX_DRAFTS).into());
        }
        tx.execute(
            "INSERT INTO post (id, code, author_id, state, title, body, place, visibility, sponsored, version, created_at, saved_at)
             VALUES ($1, $2, $3, 'draft', '', '', '', 'public', $4, 0, $5, $5) ON CONFLICT DO NOTHING",
            args![shop.rng.id(now), code.as_str(), me, false, now],
        )
        .await?;
    }
    lock(tx, me, code).await
}

/// My post, which nobody else changes until the transaction ends.
async fn lock(tx: &mut Tx, me: PersonId, code: &Code) -> Result<Row> {
    let mine = tx
        .execute(
            "UPDATE post SET saved_at = saved_at WHERE code = $1 AND author_id = $2 AND state <> 'deleted'",
            args![code.as_str(), me],
        )
        .await?;
    if mine == 0 {
        return Err(Problem::not_found().into());
    }
    Ok(find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?)
}

/// Why a post is not shown unseen; what is for its author alone is nobody else's business.
async fn looked_at(
    tx: &mut Tx,
    lists: &moderation::Lists,
    row: &Row,
    draft: &Draft,
    insist: bool,
    now: Millis,
) -> Result<Vec<Caught>> {
    if draft.visibility == Visibility::Private {
        return Ok(Vec::new());
    }
    let asks = poll::text(&mut *tx, row.id).await?;
    let text = format!("{}\n{}\n{}\n{asks}", draft.title(), draft.body(), draft.place());
    let mut caught = moderation::ask(lists.look(&text, draft.sponsored), insist)?;
    if moderation::is_twin(tx, row.id, row.author(), draft.body(), now).await? {
        caught.push(Caught::Twin);
    }
    Ok(caught)
}

/// What a change makes of the case of a post: what was caught is in one; one that waits only because of what is not there any more
/// waits no longer. Whether it was let go.
async fn settle(
    tx: &mut Tx,
    shop: &Shop,
    before: &Row,
    after: &Row,
    code: &Code,
    caught: &[Caught],
    now: Millis,
) -> Result<bool> {
    if !caught.is_empty() {
        moderation::open(tx, shop, &hold::object(after), caught, now).await?;
        return Ok(false);
    }
    if before.held()? != Some(Held::Review) || !moderation::nothing_left(tx, after.id, now).await? {
        return Ok(false);
    }
    hold::let_go(tx, shop, code, now).await?;
    Ok(true)
}

/// What the author's page counts is for everybody: a post that comes to be so, or is so no more, is counted.
pub(super) async fn recount(tx: &mut Tx, before: &Row, after: &Row) -> Result<()> {
    let by = match (before.is_public()?, after.is_public()?) {
        (false, true) => 1,
        (true, false) => -1,
        _ => return Ok(()),
    };
    follow::count(tx, after.author(), Counts { posts: by, likes: by * after.likes, ..Counts::default() }).await
}

/// Takes away the sizes of pictures that were made for everybody; those who may see the post get their own.
pub(super) async fn hide_pictures(tx: &mut Tx, shop: &Shop, post: Uuid, now: Millis) -> Result<()> {
    crate::row! {
        struct Of {
            picture_id: Uuid,
        }
    }
    let rows: Vec<Of> = tx.fetch_all("SELECT picture_id FROM post_picture WHERE post_id = $1", args![post]).await?;
    for row in rows {
        let id = row.picture_id.simple();
        job::enqueue(tx, shop, "forget_picture", &format!("{id}-{now}"), &format!("{id} "), now).await?;
    }
    Ok(())
}

/// Puts the pictures in their order; how many there are.
async fn arrange(
    tx: &mut Tx,
    shop: &Shop,
    post: Uuid,
    pictures: &[NewPicture],
    moved: Option<(PictureId, Move)>,
    now: Millis,
) -> Result<i64> {
    crate::row! {
        struct Of {
            picture_id: Uuid,
            placeholder: String,
        }
    }
    let rows: Vec<Of> = tx
        .fetch_all(
            "SELECT o.picture_id, i.placeholder FROM post_picture o JOIN picture i ON i.id = o.picture_id WHERE o.post_id = $1 ORDER BY o.position",
            args![post],
        )
        .await?;
    let before: Vec<Uuid> = rows.iter().map(|r| r.picture_id).collect();
    let mut after = before.clone();
    if let Some((picture, to)) = moved
        && let Some(at) = after.iter().position(|p| *p == picture.0)
    {
        let picture = after.remove(at);
        match to {
            Move::First => after.insert(0, picture),
            Move::Left => after.insert(at.saturating_sub(1), picture),
            Move::Right => after.insert(after.len().min(at + 1), picture),
            Move::Away => {}
        }
    }
    for picture in pictures {
        after.push(catalog::add_picture(tx, shop, picture, now).await?.0);
    }
    let n = i64::try_from(after.len()).unwrap_or(i64::MAX);
    if n > MAX_PICTURES {
        return Err(Problem::new(422, "too_many_pictures").field("picture").number(MAX_PICTURES).into());
    }
    if pictures.iter().any(|p| moves(&p.placeholder)) {
        let other = rows.iter().any(|r| moves(&r.placeholder) && after.contains(&r.picture_id));
        if other || pictures.iter().filter(|p| moves(&p.placeholder)).count() > 1 {
            return Err(Problem::new(422, "video_one").field("video").into());
        }
    }
    if after != before {
        tx.execute("UPDATE post SET saved_at = $1 WHERE id = $2", args![now, post]).await?;
        tx.execute("DELETE FROM post_picture WHERE post_id = $1", args![post]).await?;
        for (position, picture) in (0_i64..).zip(&after) {
            tx.execute(
                "INSERT INTO post_picture (post_id, position, picture_id) VALUES ($1, $2, $3)",
                args![post, position, *picture],
            )
            .await?;
        }
    }
    for picture in before.into_iter().filter(|p| !after.contains(p)) {
        catalog::forget_picture(tx, shop, PictureId(picture), now).await?;
    }
    Ok(n)
}

async fn show_products(tx: &mut Tx, post: Uuid, products: &[(ProductId, bool)]) -> Result<()> {
    tx.execute("DELETE FROM post_product WHERE post_id = $1", args![post]).await?;
    for (position, (product, bought)) in (0_i64..).zip(products) {
        tx.execute(
            "INSERT INTO post_product (post_id, position, product_id, bought) VALUES ($1, $2, $3, $4)",
            args![post, position, *product, *bought],
        )
        .await?;
    }
    Ok(())
}

/// Its texts. That it was paid for is never unset once others have seen it.
async fn write(tx: &mut Tx, row: &Row, draft: &Draft, now: Millis) -> Result<()> {
    tx.execute(
        "UPDATE post SET title = $1, body = $2, place = $3,
                saved_at = CASE WHEN state = 'published' AND title = $1 AND body = $2 AND place = $3 THEN saved_at ELSE $5 END,
                visibility = CASE WHEN held IS NULL THEN $4 ELSE visibility END,
                wished = CASE WHEN held IS NULL THEN NULL ELSE $4 END,
                sponsored = CASE WHEN state = 'published' THEN sponsored OR $6 ELSE $6 END
         WHERE id = $7",
        args![draft.title(), draft.body(), draft.place(), draft.visibility.name(), now, draft.sponsored, row.id],
    )
    .await?;
    Ok(())
}

/// Keeps what a published post says now, and who can read it, as its version.
async fn keep_version(tx: &mut Tx, post: Uuid, now: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO post_version (post_id, version, title, body, visibility, at)
         SELECT id, version, title, body, visibility, $1 FROM post WHERE id = $2",
        args![now, post],
    )
    .await?;
    Ok(())
}

/// Shows a draft to others; one in which something was caught waits until somebody has looked at it. The same again changes nothing.
/// `insist`: whoever is asked to change something would rather have it looked at.
///
/// # Errors
/// `not_found`, `title_needed`, `post_empty`, `paused`, `paused_for_good`, `too_many_posts`, `screen_contact`, `screen_link`,
/// `screen_superlative`.
pub async fn publish(shop: &Shop, me: PersonId, code: &Code, insist: bool) -> Result<()> {
    let lists = moderation::lists(shop).await?;
    let input = (shop.clone(), me, code.clone(), insist, lists, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, insist, lists, now)| {
            Box::pin(async move {
                let row = lock(tx, *me, code).await?;
                if row.state()? == State::Published {
                    return Ok(());
                }
                let pictures = pictures(&mut *tx, row.id).await?;
                let draft = Draft::new(&row.title, &row.body, &row.place, row.visibility()?, row.sponsored)?;
                // A question is as good as a picture, and so is a post that is shown.
                let shows = pictures
                    + i64::from(!poll::text(&mut *tx, row.id).await?.is_empty())
                    + i64::from(repost::shows_another(tx, row.id, *me).await?);
                draft.ready(shows)?;
                moderation::may_write(&mut *tx, *me, *now).await?;
                moderation::within(tx, *me, moderation::Quota::Posts, *now).await?;
                let caught = looked_at(tx, lists, &row, &draft, *insist, *now).await?;
                tx.execute(
                    "UPDATE post SET state = 'published', published_at = $1, version = 1 WHERE id = $2",
                    args![*now, row.id],
                )
                .await?;
                poll::open(tx, row.id, *now).await?;
                if !caught.is_empty() {
                    hold::hold(tx, row.id, Held::Review).await?;
                }
                keep_version(tx, row.id, *now).await?;
                let after = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
                if !caught.is_empty() {
                    moderation::open(tx, shop, &hold::object(&after), &caught, *now).await?;
                }
                sync_topics(tx, shop, &after, *now).await?;
                recount(tx, &row, &after).await?;
                repost::tell_quoted(tx, shop, &after, code, *now).await?;
                tell_named(tx, shop, &after, code, "", *now).await
            })
        })
        .await
}

/// Tells those whom a public post names; not those whom it named `before`.
pub(super) async fn tell_named(
    tx: &mut Tx,
    shop: &Shop,
    post: &Row,
    code: &Code,
    before: &str,
    now: Millis,
) -> Result<()> {
    let old = mentions(before);
    let fresh: Vec<String> = mentions(&post.body).into_iter().filter(|m| !old.contains(m)).collect();
    let named = account::ids(&mut *tx, &fresh).await?;
    tell(tx, shop, post, code, &named, now).await
}

/// Tells those whom a public post names.
async fn tell(tx: &mut Tx, shop: &Shop, post: &Row, code: &Code, named: &[PersonId], now: Millis) -> Result<()> {
    if post.visibility()? != Visibility::Public {
        return Ok(());
    }
    for person in named.iter().filter(|p| **p != post.author()) {
        inbox::tell_of_people(tx, shop, *person, "post_mentioned", Some(code), post.author(), now).await?;
    }
    Ok(())
}

/// Puts a post under the topics that it names, and takes it away from others. Topics in the order of their keys: posts that are
/// published side by side wait for each other, never in a ring.
pub(super) async fn sync_topics(tx: &mut Tx, shop: &Shop, post: &Row, now: Millis) -> Result<()> {
    if post.published_at.is_some() {
        search::changed(tx, Kind::Post, post.id).await?;
    }
    crate::row! {
        struct Of {
            id: Uuid,
            key: String,
        }
    }
    let text = format!("{}\n{}", post.title, post.body);
    let wanted: BTreeMap<String, String> =
        if post.is_public()? { topics(&text).into_iter().collect() } else { BTreeMap::new() };
    let rows: Vec<Of> = tx
        .fetch_all(
            "SELECT t.id, t.key FROM post_topic o JOIN topic t ON t.id = o.topic_id WHERE o.post_id = $1",
            args![post.id],
        )
        .await?;
    let known: BTreeMap<String, Uuid> = rows.into_iter().map(|r| (r.key, r.id)).collect();
    let mut keys: Vec<&String> = wanted.keys().chain(known.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        match (wanted.get(key), known.get(key)) {
            (Some(name), None) => {
                tx.execute(
                    "INSERT INTO topic (id, key, name, created_at, posts) VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING",
                    args![shop.rng.id(now), key.as_str(), name.as_str(), now],
                )
                .await?;
                tx.execute("UPDATE topic SET posts = posts + 1 WHERE key = $1", args![key.as_str()]).await?;
                found_or_not(tx, key).await?;
                tx.execute(
                    "INSERT INTO post_topic (topic_id, post_id, at) SELECT id, $1, $2 FROM topic WHERE key = $3",
                    args![post.id, post.published_at, key.as_str()],
                )
                .await?;
            }
            (None, Some(topic)) => {
                tx.execute("UPDATE topic SET posts = posts - 1 WHERE id = $1", args![*topic]).await?;
                found_or_not(tx, key).await?;
                tx.execute("DELETE FROM post_topic WHERE post_id = $1 AND topic_id = $2", args![post.id, *topic])
                    .await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A topic is found as long as there are posts: the first and the last change that.
async fn found_or_not(tx: &mut Tx, key: &str) -> Result<()> {
    crate::row! {
        struct Topic {
            id: Uuid,
        }
    }
    let row: Option<Topic> =
        tx.fetch_optional("SELECT id FROM topic WHERE key = $1 AND posts <= 1", args![key]).await?;
    match row {
        Some(topic) => search::changed(tx, Kind::Topic, topic.id).await,
        None => Ok(()),
    }
}

/// A post of mine stands first on my page (`on`), instead of another one, or where it belongs again.
///
/// # Errors
/// `not_found`.
pub async fn pin(shop: &Shop, me: PersonId, code: &Code, on: bool) -> Result<()> {
    shop.db
        .write((me, code.clone(), on), |tx, (me, code, on)| {
            Box::pin(async move {
                let row = find(&mut *tx, code).await?.filter(|r| r.author() == *me).ok_or_else(Problem::not_found)?;
                if row.state()? != State::Published {
                    return Err(Problem::not_found().into());
                }
                // His row is there then; posts are not waited for behind it.
                follow::lock(tx, [*me]).await?;
                if *on {
                    tx.execute("UPDATE author SET pinned_id = $1 WHERE person_id = $2", args![row.id, *me]).await?;
                } else {
                    tx.execute(
                        "UPDATE author SET pinned_id = NULL WHERE person_id = $1 AND pinned_id = $2",
                        args![*me, row.id],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Deletes my post: what it said, its pictures and its versions are gone; that there was one stays. Answers whether others could
/// see it. The same again changes nothing.
///
/// # Errors
/// `not_found`.
pub async fn delete(shop: &Shop, me: PersonId, code: &Code) -> Result<bool> {
    crate::row! {
        struct Of {
            picture_id: Uuid,
        }
    }
    shop.db
        .write((shop.clone(), me, code.clone(), shop.clock.now()), |tx, (shop, me, code, now)| {
            Box::pin(async move {
                let gone = find(&mut *tx, code).await?.filter(|r| r.author() == *me).ok_or_else(Problem::not_found)?;
                if gone.state()? == State::Deleted {
                    return Ok(gone.version > 0);
                }
                let row = lock(tx, *me, code).await?;
                tx.execute(
                    "UPDATE post SET state = 'deleted', title = '', body = '', place = '', saved_at = $1, held = NULL,
                            wished = NULL WHERE id = $2",
                    args![*now, row.id],
                )
                .await?;
                moderation::moot(tx, row.id, None, *now).await?;
                tx.execute("DELETE FROM post_version WHERE post_id = $1", args![row.id]).await?;
                tx.execute("DELETE FROM post_product WHERE post_id = $1", args![row.id]).await?;
                tx.execute("DELETE FROM post_print WHERE post_id = $1", args![row.id]).await?;
                tx.execute("DELETE FROM post_edit WHERE post_id = $1", args![row.id]).await?;
                poll::drop(tx, row.id).await?;
                let pictures: Vec<Of> =
                    tx.fetch_all("SELECT picture_id FROM post_picture WHERE post_id = $1", args![row.id]).await?;
                tx.execute("DELETE FROM post_picture WHERE post_id = $1", args![row.id]).await?;
                for picture in pictures {
                    catalog::forget_picture(tx, shop, PictureId(picture.picture_id), *now).await?;
                }
                let after = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
                sync_topics(tx, shop, &after, *now).await?;
                recount(tx, &row, &after).await?;
                Ok(row.version > 0)
            })
        })
        .await
}
