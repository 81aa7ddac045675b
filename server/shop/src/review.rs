//! Reviews: what buyers say of what arrived, what the shop answers, and who finds it helpful.
//!
//! Invariants: a review is of a line of its writer's own order that was received; one a line, kept in versions; one follow-up; a vote
//! is one person's, and never the writer's; points are given for saying and showing something, never for what it is, once, and go
//! back with the thing.

mod hold;
mod picture;
mod reward;

pub use hold::sees_picture;
pub(crate) use hold::{lock, pictures_of, put_back, seen, standing, take_down};
pub use picture::{add_pictures, drop_picture, pictures_left};
pub(crate) use reward::given_back;

use crate::{
    Error, Result, Shop, account, args, audit, catalog,
    catalog::{json, to_json},
    db::Tx,
    error::broken_row,
    inbox, moderation, order,
};
use domain::{
    Code, Lang, Millis, Problem,
    account::Role,
    catalog::Cursor,
    group_buy::masked,
    id::{PersonId, ProductId},
    review::{
        DeskReviewView, Draft, Filter, LaterView, MineView, ReviewView, ReviewsView, Summary, TAGS, ToReviewLine,
        ToReviewView, read_tags, said_text, until,
    },
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Reviews on one page, and on the page of their product.
const PAGE: i64 = 20;
const FIRST: i64 = 2;

/// My order, with what I wrote of its lines.
///
/// # Errors
/// `not_found`.
pub async fn to_write(shop: &Shop, me: PersonId, role: Role, lang: Lang, code: &Code) -> Result<ToReviewView> {
    crate::row! {
        struct Row {
            id: Uuid,
            position: i64,
            code: String,
            stars: i64,
            tags: String,
            text: String,
            anonymous: bool,
            follow_up: Option<String>,
            follow_up_at: Option<i64>,
            answer: Option<String>,
            answer_at: Option<i64>,
            case_code: Option<String>,
        }
    }
    let lines = order::reviewable(&shop.db, me, code).await?;
    let first = lines.first().ok_or_else(Problem::not_found)?;
    let received_at = lines.iter().find_map(|l| l.received_at);
    let until = by_a_shopper(role).and_then(|()| until(received_at, shop.clock.now()));
    let written: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT id, position, code, stars, tags, text, anonymous, follow_up, follow_up_at, answer, answer_at,
                    (SELECT c.code FROM moderation_case c WHERE c.review_id = review.id AND review.removed = TRUE AND c.decision = 'remove'
                     ORDER BY c.id DESC LIMIT 1) AS case_code
             FROM review WHERE order_id = $1",
            args![first.order],
        )
        .await?;
    let mut pictures = picture::of(&shop.db, &written.iter().map(|r| r.id).collect::<Vec<_>>()).await?;
    let earned = reward::earned(&shop.db, first.order).await?;
    let mut written: BTreeMap<i64, MineView> = written
        .into_iter()
        .map(|r| {
            let mine = MineView {
                code: r.code.parse().map_err(|_| broken_row("review.code"))?,
                stars: r.stars,
                tags: read_tags(&r.tags),
                text: r.text,
                anonymous: r.anonymous,
                pictures: pictures.remove(&r.id).unwrap_or_default(),
                earned: earned.get(&r.position).copied().unwrap_or(0),
                removed: r.case_code.map(|c| c.parse().map_err(|_| broken_row("moderation_case.code"))).transpose()?,
                follow_up: later(r.follow_up, r.follow_up_at),
                answer: later(r.answer, r.answer_at),
            };
            Ok((r.position, mine))
        })
        .collect::<Result<_>>()?;
    let lines = lines
        .into_iter()
        .filter(|l| l.received_at.is_some())
        .map(|mut l| {
            let (title, choice) = l.snapshot.titles.remove(lang.tag()).unwrap_or_default();
            let mine = written.remove(&l.position);
            let (slug, picture) = (l.snapshot.slug, l.snapshot.picture);
            ToReviewLine { position: l.position, slug, title, choice, picture, mine }
        })
        .collect();
    Ok(ToReviewView { code: code.clone(), lines, rewards: reward::offered(shop), until })
}

/// The shop's own people write none.
fn by_a_shopper(role: Role) -> Result<(), Problem> {
    if role.is_staff() { Err(Problem::new(403, "staff_no_review")) } else { Ok(()) }
}

/// Writes the review of a line, or a new version of it. The same again changes nothing.
///
/// # Errors
/// `staff_no_review`, `not_found`, `review_early`, `review_closed`, `review_removed`, `paused`, `paused_for_good`, `screen_words`,
/// `screen_contact`, `screen_link`.
pub async fn write(shop: &Shop, me: PersonId, role: Role, code: &Code, position: i64, draft: Draft) -> Result<()> {
    by_a_shopper(role)?;
    moderation::clean(&*moderation::lists(shop).await?, draft.text())?;
    let input = (shop.clone(), me, code.clone(), position, draft, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, position, draft, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let lines = order::reviewable(&mut *tx, *me, code).await?;
                let line = lines.into_iter().find(|l| l.position == *position).ok_or_else(Problem::not_found)?;
                until(line.received_at, *now)?;
                // Clocks of two nodes differ: nothing is said before it has arrived.
                let now = line.received_at.map_or(*now, |at| at.max(*now));
                order::lock_line(tx, line.order, line.position).await?;
                if !begin(tx, shop, *me, &line, draft, now).await? && !change(tx, &line, draft, now).await? {
                    return Ok(());
                }
                keep_version(tx, &line, now).await?;
                reward::earn(tx, shop, line.order, line.position, now).await
            })
        })
        .await
}

/// `false` when the line has a review.
async fn begin(
    tx: &mut Tx,
    shop: &Shop,
    me: PersonId,
    line: &order::Reviewable,
    draft: &Draft,
    now: Millis,
) -> Result<bool> {
    let choice: BTreeMap<&String, &String> = line.snapshot.titles.iter().map(|(lang, (_, c))| (lang, c)).collect();
    let fresh = tx
        .execute(
            "INSERT INTO review (id, code, order_id, position, product_id, person_id, stars, tags, text, anonymous, choice, version, created_at, changed_at, helpful)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12, 0) ON CONFLICT DO NOTHING",
            args![
                shop.rng.id(now), shop.rng.code().as_str(), line.order, line.position, line.product, me, draft.stars(),
                draft.written_tags(), draft.text(), draft.anonymous, to_json(&choice), now
            ],
        )
        .await?;
    Ok(fresh == 1)
}

/// `false` when it says the same already.
async fn change(tx: &mut Tx, line: &order::Reviewable, draft: &Draft, now: Millis) -> Result<bool> {
    crate::row! {
        struct Id {
            id: Uuid,
        }
    }
    let tags = draft.written_tags();
    let of: Option<Id> = tx
        .fetch_optional("SELECT id FROM review WHERE order_id = $1 AND position = $2", args![line.order, line.position])
        .await?;
    stands(tx, of.ok_or_else(Problem::not_found)?.id).await?;
    // Who is named is no version of what was said.
    tx.execute(
        "UPDATE review SET anonymous = $1 WHERE order_id = $2 AND position = $3",
        args![draft.anonymous, line.order, line.position],
    )
    .await?;
    let changed = tx
        .execute(
            "UPDATE review SET stars = $1, tags = $2, text = $3, version = version + 1,
                    changed_at = CASE WHEN changed_at < $6 THEN $6 ELSE changed_at + 1 END
             WHERE order_id = $4 AND position = $5 AND (stars <> $1 OR tags <> $2 OR text <> $3)",
            args![draft.stars(), tags, draft.text(), line.order, line.position, now],
        )
        .await?;
    Ok(changed == 1)
}

async fn keep_version(tx: &mut Tx, line: &order::Reviewable, now: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO review_version (review_id, version, stars, tags, text, at)
         SELECT id, version, stars, tags, text, $1 FROM review WHERE order_id = $2 AND position = $3",
        args![now, line.order, line.position],
    )
    .await?;
    Ok(())
}

crate::row! {
    struct Found {
        id: Uuid,
        order_id: Uuid,
        position: i64,
        person_id: Uuid,
        follow_up: Option<String>,
    }
}

async fn find(tx: &mut Tx, code: &Code) -> Result<Found> {
    let row: Option<Found> = tx
        .fetch_optional(
            "SELECT id, order_id, position, person_id, follow_up FROM review WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(row.ok_or_else(Problem::not_found)?)
}

/// One that was taken down is not changed: its writer appeals.
async fn stands(tx: &mut Tx, review: Uuid) -> Result<()> {
    crate::row! {
        struct Of {
            removed: bool,
        }
    }
    let of: Option<Of> = tx.fetch_optional("SELECT removed FROM review WHERE id = $1", args![review]).await?;
    if of.is_some_and(|r| r.removed) { Err(Error::problem(409, "review_removed")) } else { Ok(()) }
}

fn needed(text: &str) -> Result<String> {
    let text = said_text(text)?;
    if text.is_empty() { Err(Problem::new(422, "text_needed").field("text").into()) } else { Ok(text) }
}

/// Says what became of it since. Once; the same again changes nothing.
///
/// # Errors
/// `staff_no_review`, `not_found` for one that is not mine, `text_needed`, `text_long`, `review_closed`, `review_followed`,
/// `review_removed`, `paused`, `paused_for_good`, `screen_words`, `screen_contact`, `screen_link`.
pub async fn follow_up(shop: &Shop, me: PersonId, role: Role, code: &Code, text: &str) -> Result<()> {
    by_a_shopper(role)?;
    moderation::clean(&*moderation::lists(shop).await?, text)?;
    let input = (me, code.clone(), needed(text)?, shop.clock.now());
    shop.db
        .write(input, |tx, (me, code, text, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let review = find(tx, code).await?;
                if review.person_id != me.0 {
                    return Err(Problem::not_found().into());
                }
                until(order::received_at(tx, review.order_id).await?, *now)?;
                order::lock_line(tx, review.order_id, review.position).await?;
                stands(tx, review.id).await?;
                let said = tx
                    .execute(
                        "UPDATE review SET follow_up = $1, follow_up_at = $2,
                                changed_at = CASE WHEN changed_at < $2 THEN $2 ELSE changed_at + 1 END WHERE id = $3 AND follow_up IS NULL",
                        args![text.as_str(), *now, review.id],
                    )
                    .await?;
                let stands = if said == 1 { None } else { find(tx, code).await?.follow_up };
                if stands.is_none_or(|s| s == *text) { Ok(()) } else { Err(Error::problem(409, "review_followed")) }
            })
        })
        .await
}

/// The shop answers, or says it better. Its writer is told of the first answer.
///
/// # Errors
/// `not_found`, `text_needed`, `text_long`, `review_removed`.
pub async fn answer(shop: &Shop, by: PersonId, code: &Code, text: &str) -> Result<()> {
    let input = (shop.clone(), by, code.clone(), needed(text)?, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, by, code, text, now)| {
            Box::pin(async move {
                let review = find(tx, code).await?;
                lock(tx, review.id).await?;
                stands(tx, review.id).await?;
                let first = tx
                    .execute(
                        "UPDATE review SET answer = $1, answer_at = $2, answer_by = $3 WHERE id = $4 AND answer IS NULL",
                        args![text.as_str(), *now, *by, review.id],
                    )
                    .await?;
                if first == 0 {
                    tx.execute(
                        "UPDATE review SET answer = $1, answer_at = $2, answer_by = $3 WHERE id = $4 AND answer <> $1",
                        args![text.as_str(), *now, *by, review.id],
                    )
                    .await?;
                    return audit::note(tx, *by, "answer_review", code.as_str(), "again", *now).await;
                }
                let person = PersonId(review.person_id);
                let told = inbox::Told { person, kind: "review_answered", order: review.order_id, case: None, amount: None };
                inbox::tell(tx, shop, &told, *now).await?;
                audit::note(tx, *by, "answer_review", code.as_str(), "", *now).await
            })
        })
        .await
}

/// I find it helpful, or do not any more.
///
/// # Errors
/// `not_found`, `review_own`, `review_gone` for one that was taken down.
pub async fn vote(shop: &Shop, me: PersonId, code: &Code, helpful: bool) -> Result<()> {
    let input = (me, code.clone(), helpful, shop.clock.now());
    shop.db
        .write(input, |tx, (me, code, helpful, now)| {
            Box::pin(async move {
                let review = find(tx, code).await?;
                if review.person_id == me.0 {
                    return Err(Error::problem(409, "review_own"));
                }
                if stands(tx, review.id).await.is_err() {
                    return Err(Error::problem(409, "review_gone"));
                }
                let (changed, by) = if *helpful {
                    let cast = tx
                        .execute(
                            "INSERT INTO review_vote (review_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                            args![review.id, *me, *now],
                        )
                        .await?;
                    (cast, 1_i64)
                } else {
                    let taken = tx
                        .execute("DELETE FROM review_vote WHERE review_id = $1 AND person_id = $2", args![review.id, *me])
                        .await?;
                    (taken, -1)
                };
                if changed == 1 {
                    tx.execute("UPDATE review SET helpful = helpful + $1 WHERE id = $2", args![by, review.id]).await?;
                }
                Ok(())
            })
        })
        .await
}

crate::row! {
    struct ReviewRow {
        id: Uuid,
        code: String,
        slug: String,
        person_id: Uuid,
        stars: i64,
        tags: String,
        text: String,
        pictures: i64,
        rewarded: bool,
        removed: bool,
        anonymous: bool,
        choice: String,
        version: i64,
        created_at: i64,
        follow_up: Option<String>,
        follow_up_at: Option<i64>,
        answer: Option<String>,
        answer_at: Option<i64>,
        helpful: i64,
        voted: bool,
    }
}

fn later(text: Option<String>, at: Option<Millis>) -> Option<LaterView> {
    Some(LaterView { text: text?, at: at? })
}

/// Rows as everybody sees them.
async fn shown(shop: &Shop, rows: Vec<ReviewRow>, me: Option<PersonId>, lang: Lang) -> Result<Vec<ReviewView>> {
    let people: Vec<Uuid> = rows.iter().map(|r| r.person_id).collect();
    let names = account::names(shop, &people).await?;
    let pictured: Vec<Uuid> = rows.iter().filter(|r| r.pictures > 0).map(|r| r.id).collect();
    let mut pictures = picture::of(&shop.db, &pictured).await?;
    rows.into_iter()
        .map(|r| {
            let name = names.get(&r.person_id).map_or("", String::as_str);
            let mut choice: BTreeMap<String, String> = json("review.choice", &r.choice)?;
            let mine = me.is_some_and(|me| me.0 == r.person_id);
            if r.removed {
                let code = r.code.parse().map_err(|_| broken_row("review.code"))?;
                return Ok(ReviewView::tombstone(code, r.created_at, mine));
            }
            Ok(ReviewView {
                code: r.code.parse().map_err(|_| broken_row("review.code"))?,
                author: if r.anonymous { masked(name) } else { name.to_owned() },
                stars: r.stars,
                tags: read_tags(&r.tags),
                text: r.text,
                pictures: pictures.remove(&r.id).unwrap_or_default(),
                rewarded: r.rewarded,
                removed: false,
                choice: choice.remove(lang.tag()).unwrap_or_default(),
                at: r.created_at,
                edited: r.version > 1,
                follow_up: later(r.follow_up, r.follow_up_at),
                answer: later(r.answer, r.answer_at),
                helpful: r.helpful,
                voted: r.voted,
                mine,
            })
        })
        .collect()
}

/// Which reviews of a product, and where they begin.
struct Look {
    product: ProductId,
    filter: Filter,
    from: Cursor,
    many: i64,
    /// Also those that were taken down.
    tombstones: bool,
}

async fn read(shop: &Shop, me: Option<PersonId>, look: &Look) -> Result<Vec<ReviewRow>> {
    if look.filter == Filter::Pictured {
        return Ok(shop
            .db
            .fetch_all(
                "SELECT r.id, r.code, p.slug, r.person_id, r.stars, r.tags, r.text, r.anonymous, r.choice, r.version, r.created_at,
                        r.follow_up, r.follow_up_at, r.answer, r.answer_at, r.helpful, r.pictures, r.removed,
                        EXISTS (SELECT 1 FROM review_reward w WHERE w.review_id = r.id AND w.taken_at IS NULL) AS rewarded,
                        EXISTS (SELECT 1 FROM review_vote v WHERE v.review_id = r.id AND v.person_id = $2) AS voted
                 FROM review r JOIN product p ON p.id = r.product_id
                 WHERE r.product_id = $1 AND r.pictures > 0 AND r.removed = FALSE AND (r.created_at, r.id) < ($3, $4)
                 ORDER BY r.created_at DESC, r.id DESC LIMIT $5",
                args![look.product, me.map_or(Uuid::nil(), |me| me.0), look.from.value, look.from.id, look.many],
            )
            .await?);
    }
    let (low, high) = look.filter.stars();
    Ok(shop
        .db
        .fetch_all(
            "SELECT r.id, r.code, p.slug, r.person_id, r.stars, r.tags, r.text, r.anonymous, r.choice, r.version, r.created_at,
                    r.follow_up, r.follow_up_at, r.answer, r.answer_at, r.helpful, r.pictures, r.removed,
                    EXISTS (SELECT 1 FROM review_reward w WHERE w.review_id = r.id AND w.taken_at IS NULL) AS rewarded,
                    EXISTS (SELECT 1 FROM review_vote v WHERE v.review_id = r.id AND v.person_id = $2) AS voted
             FROM review r JOIN product p ON p.id = r.product_id WHERE r.product_id = $1 AND (r.created_at, r.id) < ($3, $4) AND r.stars BETWEEN $5 AND $6
               AND ($7 = FALSE OR r.follow_up IS NOT NULL)
               AND ($9 = FALSE OR r.removed = FALSE)
             ORDER BY r.created_at DESC, r.id DESC LIMIT $8",
            args![
                look.product, me.map_or(Uuid::nil(), |me| me.0), look.from.value, look.from.id, low, high,
                look.filter == Filter::FollowUp, look.many, !look.tombstones
            ],
        )
        .await?)
}

const NEWEST: Cursor = Cursor { value: i64::MAX, id: Uuid::max() };

/// What all reviews of a product say together, in one pass over them.
async fn summary(shop: &Shop, product: ProductId) -> Result<Summary> {
    crate::row! {
        struct Sums {
            s1: i64,
            s2: i64,
            s3: i64,
            s4: i64,
            s5: i64,
            follow_ups: i64,
            pictured: i64,
            t0: i64,
            t1: i64,
            t2: i64,
            t3: i64,
            t4: i64,
            t5: i64,
            t6: i64,
            t7: i64,
            t8: i64,
            t9: i64,
        }
    }
    let [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9] = TAGS.map(|tag| format!("%|{}|%", tag.replace('_', "!_")));
    let s: Sums = shop
        .db
        .fetch_one(
            "SELECT COUNT(CASE WHEN stars = 1 THEN 1 END) AS s1, COUNT(CASE WHEN stars = 2 THEN 1 END) AS s2,
                    COUNT(CASE WHEN stars = 3 THEN 1 END) AS s3, COUNT(CASE WHEN stars = 4 THEN 1 END) AS s4,
                    COUNT(CASE WHEN stars = 5 THEN 1 END) AS s5, COUNT(follow_up) AS follow_ups,
                    COUNT(CASE WHEN pictures > 0 THEN 1 END) AS pictured,
                    COUNT(CASE WHEN tags LIKE $2 ESCAPE '!' THEN 1 END) AS t0, COUNT(CASE WHEN tags LIKE $3 ESCAPE '!' THEN 1 END) AS t1,
                    COUNT(CASE WHEN tags LIKE $4 ESCAPE '!' THEN 1 END) AS t2, COUNT(CASE WHEN tags LIKE $5 ESCAPE '!' THEN 1 END) AS t3,
                    COUNT(CASE WHEN tags LIKE $6 ESCAPE '!' THEN 1 END) AS t4, COUNT(CASE WHEN tags LIKE $7 ESCAPE '!' THEN 1 END) AS t5,
                    COUNT(CASE WHEN tags LIKE $8 ESCAPE '!' THEN 1 END) AS t6, COUNT(CASE WHEN tags LIKE $9 ESCAPE '!' THEN 1 END) AS t7,
                    COUNT(CASE WHEN tags LIKE $10 ESCAPE '!' THEN 1 END) AS t8, COUNT(CASE WHEN tags LIKE $11 ESCAPE '!' THEN 1 END) AS t9
             FROM review WHERE product_id = $1 AND removed = FALSE",
            args![product, t0, t1, t2, t3, t4, t5, t6, t7, t8, t9],
        )
        .await?;
    let said = [s.t0, s.t1, s.t2, s.t3, s.t4, s.t5, s.t6, s.t7, s.t8, s.t9];
    let mut tags: Vec<(String, i64)> =
        TAGS.iter().zip(said).filter(|(_, n)| *n > 0).map(|(tag, n)| ((*tag).to_owned(), n)).collect();
    tags.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    Ok(Summary { stars: [s.s1, s.s2, s.s3, s.s4, s.s5], tags, follow_ups: s.follow_ups, pictured: s.pictured })
}

/// What stands on the page of a product: what all say together, and the newest.
///
/// # Errors
/// What the database says.
pub async fn of_product(shop: &Shop, lang: Lang, product: ProductId) -> Result<(Summary, Vec<ReviewView>)> {
    let look = Look { product, filter: Filter::All, from: NEWEST, many: FIRST, tombstones: false };
    let rows = read(shop, None, &look).await?;
    if rows.is_empty() {
        return Ok((Summary::default(), Vec::new()));
    }
    Ok((summary(shop, product).await?, shown(shop, rows, None, lang).await?))
}

/// The reviews of a product, newest first; `after`: where the page before ended; `at`: begins with this one.
///
/// # Errors
/// `not_found`.
pub async fn list(
    shop: &Shop,
    me: Option<PersonId>,
    lang: Lang,
    slug: &str,
    filter: Filter,
    after: &str,
    at: Option<&Code>,
) -> Result<ReviewsView> {
    crate::row! {
        struct At {
            created_at: i64,
        }
    }
    let (product, title) = catalog::title_of(shop, lang, slug).await?.ok_or_else(Problem::not_found)?;
    let at: Option<At> = match at {
        Some(code) => {
            shop.db
                .fetch_optional(
                    "SELECT created_at FROM review WHERE code = $1 AND product_id = $2",
                    args![code.as_str(), product],
                )
                .await?
        }
        None => None,
    };
    let from = at.map_or_else(|| after.parse().unwrap_or(NEWEST), |at| Cursor { value: at.created_at, ..NEWEST });
    let mut rows =
        read(shop, me, &Look { product, filter, from, many: PAGE + 1, tombstones: filter == Filter::All }).await?;
    let next = cut(&mut rows);
    Ok(ReviewsView {
        slug: slug.to_owned(),
        title,
        summary: summary(shop, product).await?,
        filter,
        reviews: shown(shop, rows, me, lang).await?,
        next,
    })
}

fn cut(rows: &mut Vec<ReviewRow>) -> Option<String> {
    let page = usize::try_from(PAGE).unwrap_or(20);
    let more = rows.len() > page;
    rows.truncate(page);
    rows.last().filter(|_| more).map(|r| Cursor { value: r.created_at, id: r.id }.written())
}

/// Reviews that the shop has not answered, or those that it has, newest first.
///
/// # Errors
/// What the database says.
pub async fn at_the_desk(
    shop: &Shop,
    lang: Lang,
    answered: bool,
    after: &str,
) -> Result<(Vec<DeskReviewView>, Option<String>)> {
    let from: Cursor = after.parse().unwrap_or(NEWEST);
    let mut rows: Vec<ReviewRow> = shop
        .db
        .fetch_all(
            "SELECT r.id, r.code, p.slug, r.person_id, r.stars, r.tags, r.text, r.anonymous, r.choice, r.version, r.created_at,
                    r.follow_up, r.follow_up_at, r.answer, r.answer_at, r.helpful, r.pictures, r.removed, FALSE AS voted,
                    EXISTS (SELECT 1 FROM review_reward w WHERE w.review_id = r.id AND w.taken_at IS NULL) AS rewarded
             FROM review r JOIN product p ON p.id = r.product_id
             WHERE r.removed = FALSE AND (r.answer IS NULL) = $4 AND (r.created_at, r.id) < ($1, $2)
             ORDER BY r.created_at DESC, r.id DESC LIMIT $3",
            args![from.value, from.id, PAGE + 1, !answered],
        )
        .await?;
    let next = cut(&mut rows);
    let slugs: Vec<String> = rows.iter().map(|r| r.slug.clone()).collect();
    let titles = catalog::titles(shop, lang, &slugs).await?;
    let reviews = shown(shop, rows, None, lang).await?;
    let shown = slugs.into_iter().zip(reviews).map(|(slug, review)| {
        let title = titles.get(&slug).cloned().unwrap_or_default();
        DeskReviewView { slug, title, review }
    });
    Ok((shown.collect(), next))
}
