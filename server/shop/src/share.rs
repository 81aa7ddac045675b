//! Sharing: the links that people send, real visits by them, and the orders that they brought.
//!
//! Invariants: a person has one link for a thing and a way; a link knows the one that brought its owner; nobody's own visit or
//! order counts for him; nothing is written for those who fetch previews (the edge does not call). Deliberately absent: rewards
//! (`referral`).

use crate::{
    Result, Shop, account, args, catalog,
    db::{Read, Tx},
    error::broken_row,
    feed, group_buy, live, post, referral,
};
use domain::{
    Code, Lang, Millis, Money, Problem,
    feed::{self as shown, Did},
    group_buy::masked,
    id::{PersonId, ProductId},
    share::{BranchView, Channel, Kind, LinkView, ShareView, SharesView, SheetView, Touches, in_reading_order},
    time::DAY,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Links of others that are drawn on that page.
const DRAWN: i64 = 1_000;

/// Links on one page of what mine did.
const PAGE: i64 = 50;

crate::row! {
    struct ShareRow {
        id: Uuid,
        person_id: Uuid,
        kind: String,
        object: String,
        depth: i64,
    }
}

async fn by_code(mut read: impl Read, code: &Code) -> Result<Option<ShareRow>> {
    let rows: Vec<ShareRow> =
        read.all("SELECT id, person_id, kind, object, depth FROM share WHERE code = $1", args![code.as_str()]).await?;
    Ok(rows.into_iter().next())
}

/// A link and whose it is.
pub(crate) async fn owner_of(read: impl Read, code: &Code) -> Result<Option<(Uuid, PersonId)>> {
    Ok(by_code(read, code).await?.map(|s| (s.id, PersonId(s.person_id))))
}

/// What a link leads to.
///
/// # Errors
/// `not_found`.
pub async fn leads_to(shop: &Shop, code: &Code) -> Result<(Kind, String)> {
    let row = by_code(&shop.db, code).await?.ok_or_else(Problem::not_found)?;
    Ok((row.kind.parse().map_err(|_| broken_row("share.kind"))?, row.object))
}

/// Whether there is such a thing to share.
async fn exists(shop: &Shop, kind: Kind, object: &str) -> Result<()> {
    match kind {
        Kind::Product => {
            catalog::product(shop, Lang::En, object).await?.ok_or_else(Problem::not_found)?;
            Ok(())
        }
        Kind::Team => group_buy::exists(shop, &object.parse().map_err(|_| Problem::not_found())?).await,
        Kind::Post => post::for_everybody(shop, object).await.map(|_| ()),
        Kind::Room => live::known(shop, &object.parse().map_err(|_| Problem::not_found())?).await,
    }
}

/// Makes my links for a thing, one for each way. A second call changes nothing. `browser`: the mark of the one that asks.
///
/// # Errors
/// `not_found` for a thing that is not there.
pub async fn open(
    shop: &Shop,
    me: PersonId,
    kind: Kind,
    object: &str,
    came_by: &Touches,
    browser: Option<Uuid>,
) -> Result<()> {
    exists(shop, kind, object).await?;
    let parent = came_by.clone().valid(shop.clock.now()).last.map(|(code, _)| code);
    let input = (shop.clone(), me, kind, object.to_owned(), parent, browser, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, kind, object, parent, browser, now)| {
            Box::pin(async move {
                let above = match parent {
                    Some(code) => by_code(&mut *tx, code).await?.filter(|s| s.person_id != me.0),
                    None => None,
                };
                let (parent, depth) = above.map_or((None, 0), |s| (Some(s.id), s.depth + 1));
                for channel in Channel::ALL {
                    tx.execute(
                        "INSERT INTO share (id, code, person_id, kind, object, channel, parent_id, depth, created_at)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
                        args![
                            shop.rng.id(*now),
                            shop.rng.code().as_str(),
                            *me,
                            kind.name(),
                            object.as_str(),
                            channel.name(),
                            parent,
                            depth,
                            *now
                        ],
                    )
                    .await?;
                }
                let of = match kind {
                    Kind::Product => Some(shown::Kind::Product),
                    Kind::Post => Some(shown::Kind::Post),
                    Kind::Team | Kind::Room => None,
                };
                if let Some(of) = of {
                    let (shop, me, object) = (shop.clone(), *me, object.clone());
                    tx.after_commit(move || feed::note_named(&shop, me, Did::Share, of, &object));
                }
                match browser {
                    Some(browser) => referral::seen(tx, shop, *me, *browser, *now).await,
                    None => Ok(()),
                }
            })
        })
        .await
}

/// The sheet that sends a thing, with my links if I have opened it before.
///
/// # Errors
/// `not_found`.
pub async fn sheet(shop: &Shop, me: PersonId, lang: Lang, kind: Kind, object: &str) -> Result<SheetView> {
    crate::row! {
        struct Link {
            code: String,
            channel: String,
        }
    }
    let rows: Vec<Link> = shop
        .db
        .fetch_all(
            "SELECT code, channel FROM share WHERE person_id = $1 AND kind = $2 AND object = $3",
            args![me, kind.name(), object],
        )
        .await?;
    let mut links = rows
        .into_iter()
        .map(|r| {
            Ok(LinkView {
                channel: r.channel.parse().map_err(|_| broken_row("share.channel"))?,
                share: r.code.parse().map_err(|_| broken_row("share.code"))?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    links.sort_by_key(|l| l.channel);
    let by = account::names(shop, &[me.0]).await?.remove(&me.0).unwrap_or_default();
    let object = object.to_owned();
    let earns = referral::offered(shop).inviter;
    match kind {
        Kind::Product => {
            let p = catalog::product(shop, lang, &object).await?.ok_or_else(Problem::not_found)?;
            let price = p.price_range().0;
            let picture = p.pictures.first().cloned();
            let price = Some(Money::new(price, p.currency));
            Ok(SheetView { kind, object, title: p.title, picture, price, team: None, by, links, earns })
        }
        Kind::Team => {
            let code: Code = object.parse().map_err(|_| Problem::not_found())?;
            let i = group_buy::invite(shop, Some(me), lang, &code).await?;
            let team = i.terms.goal.is_none().then(|| (i.standing, i.team.missing()));
            Ok(SheetView {
                kind,
                object,
                title: i.title,
                picture: i.picture,
                price: Some(Money::new(i.price, i.currency)),
                team,
                by,
                links,
                earns,
            })
        }
        Kind::Post => {
            let card = post::for_everybody(shop, &object).await?;
            let (title, picture) = (card.title, card.picture);
            Ok(SheetView { kind, object, title, picture, price: None, team: None, by, links, earns })
        }
        Kind::Room => {
            let code: Code = object.parse().map_err(|_| Problem::not_found())?;
            let room = live::show(shop, lang, live::Looker::default(), &code).await?;
            let picture = room.bag.first().and_then(|i| i.picture.clone());
            Ok(SheetView { kind, object, title: room.title, picture, price: None, team: None, by, links, earns })
        }
    }
}

/// Somebody came by a link. His own links do not count; neither does a second visit on the same day.
///
/// # Errors
/// What the database says.
pub async fn visited(shop: &Shop, code: &Code, visitor: Uuid, me: Option<PersonId>) -> Result<()> {
    let input = (shop.clone(), code.clone(), visitor, me, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, visitor, me, now)| {
            Box::pin(async move {
                let Some(share) = by_code(&mut *tx, code).await? else { return Ok(()) };
                if let Some(me) = me.filter(|me| me.0 == share.person_id) {
                    return referral::seen(tx, shop, me, *visitor, *now).await;
                }
                let counts = tx
                    .execute(
                        "INSERT INTO share_visit (share_id, visitor, day, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                        args![share.id, *visitor, now.div_euclid(DAY), *now],
                    )
                    .await?;
                if counts > 0 && share.kind == Kind::Room.name() {
                    live::brought(tx, shop, &share.object, PersonId(share.person_id), *now).await?;
                }
                Ok(())
            })
        })
        .await
}

/// An order is placed by somebody who came by these links; in its transaction. One's own links count for nothing.
pub(crate) async fn brought(tx: &mut Tx, order: Uuid, me: PersonId, touches: &Touches, now: Millis) -> Result<()> {
    let touches = touches.clone().valid(now);
    let mut found = [None, None];
    for (place, touch) in found.iter_mut().zip([&touches.first, &touches.last]) {
        if let Some((code, _)) = touch {
            *place = by_code(&mut *tx, code).await?.filter(|s| s.person_id != me.0).map(|s| s.id);
        }
    }
    let [first, last] = found;
    if first.is_some() || last.is_some() {
        tx.execute(
            "INSERT INTO share_order (order_id, first_id, last_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![order, first, last],
        )
        .await?;
    }
    Ok(())
}

/// An order that somebody was brought to is paid; in the transaction of the capture.
pub(crate) async fn paid(tx: &mut Tx, order: Uuid, now: Millis) -> Result<()> {
    tx.execute("UPDATE share_order SET paid_at = $1 WHERE order_id = $2 AND paid_at IS NULL", args![now, order])
        .await?;
    Ok(())
}

crate::row! {
    struct MineRow {
        id: Uuid,
        kind: String,
        object: String,
        channel: String,
        created_at: i64,
        visits: i64,
        orders: i64,
        paid: i64,
        children: i64,
    }
}

/// What my links did, the newest first; those that nobody came by are left out.
///
/// # Errors
/// What the database says.
pub async fn mine(shop: &Shop, me: PersonId, lang: Lang) -> Result<SharesView> {
    let rows: Vec<MineRow> = shop
        .db
        .fetch_all(
            "SELECT id, kind, object, channel, created_at, visits, orders, paid, children FROM (
                 SELECT s.id, s.kind, s.object, s.channel, s.created_at,
                        (SELECT COUNT(*) FROM share_visit v WHERE v.share_id = s.id) AS visits,
                        (SELECT COUNT(*) FROM share_order o WHERE o.first_id = s.id OR o.last_id = s.id) AS orders,
                        (SELECT COUNT(*) FROM share_order o WHERE (o.first_id = s.id OR o.last_id = s.id) AND o.paid_at IS NOT NULL) AS paid,
                        (SELECT COUNT(*) FROM share c WHERE c.parent_id = s.id AND c.channel = 'copy') AS children
                 FROM share s WHERE s.person_id = $1) m
             WHERE visits + orders + children > 0 ORDER BY created_at DESC, id DESC LIMIT $2",
            args![me, PAGE],
        )
        .await?;
    let below = below(shop, me).await?;
    let mut trees = trees(shop, me).await?;
    let titles = titles(shop, lang, &rows).await?;
    let total = total(shop, me).await?;
    let mut view = SharesView { shares: Vec::new(), visits: total.visits, orders: total.orders, paid: total.paid };
    for row in rows {
        view.shares.push(ShareView {
            kind: row.kind.parse().map_err(|_| broken_row("share.kind"))?,
            title: titles.get(&row.object).cloned().unwrap_or_default(),
            object: row.object,
            channel: row.channel.parse().map_err(|_| broken_row("share.channel"))?,
            visits: row.visits,
            orders: row.orders,
            paid: row.paid,
            children: row.children,
            below: below.get(&row.id).copied().unwrap_or(0),
            branches: trees.remove(&row.id).unwrap_or_default(),
            created_at: row.created_at,
        });
    }
    Ok(view)
}

crate::row! {
    struct Total {
        visits: i64,
        orders: i64,
        paid: i64,
    }
}

/// What all my links did together. An order counts once, also when it came first by one of them and last by another.
async fn total(shop: &Shop, me: PersonId) -> Result<Total> {
    Ok(shop
        .db
        .fetch_one(
            "SELECT (SELECT COUNT(*) FROM share_visit v JOIN share s ON s.id = v.share_id WHERE s.person_id = $1) AS visits,
                    COUNT(*) AS orders, COUNT(o.paid_at) AS paid
             FROM (SELECT o.order_id, o.paid_at FROM share s JOIN share_order o ON o.first_id = s.id WHERE s.person_id = $1
                   UNION SELECT o.order_id, o.paid_at FROM share s JOIN share_order o ON o.last_id = s.id WHERE s.person_id = $1) o",
            args![me],
        )
        .await?)
}

/// Visits by all links below each of mine.
async fn below(shop: &Shop, me: PersonId) -> Result<HashMap<Uuid, i64>> {
    crate::row! {
        struct Count {
            root: Uuid,
            n: i64,
        }
    }
    let rows: Vec<Count> = shop
        .db
        .fetch_all(
            "WITH RECURSIVE tree (root, id) AS (
                 SELECT m.id, c.id FROM share m JOIN share c ON c.parent_id = m.id WHERE m.person_id = $1
                 UNION SELECT t.root, s.id FROM tree t JOIN share s ON s.parent_id = t.id)
             SELECT t.root, COUNT(*) AS n FROM tree t JOIN share_visit v ON v.share_id = t.id GROUP BY t.root",
            args![me],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.root, r.n)).collect())
}

crate::row! {
    struct BranchRow {
        root: Uuid,
        id: Uuid,
        parent_id: Uuid,
        person_id: Uuid,
        kind: String,
        object: String,
        visits: i64,
        orders: i64,
    }
}

/// Somebody's links for one thing, below a link of mine.
struct Branch {
    of: (Uuid, String, String),
    above: Option<usize>,
    visits: i64,
    orders: i64,
}

/// What is drawn below each of my links: six levels, and no more than [`DRAWN`] links altogether.
async fn trees(shop: &Shop, me: PersonId) -> Result<HashMap<Uuid, Vec<BranchView>>> {
    let rows: Vec<BranchRow> = shop
        .db
        .fetch_all(
            "WITH RECURSIVE tree (root, id, level) AS (
                 SELECT m.id, c.id, 1 FROM share m JOIN share c ON c.parent_id = m.id WHERE m.person_id = $1
                 UNION SELECT t.root, s.id, t.level + 1 FROM tree t JOIN share s ON s.parent_id = t.id WHERE t.level < 6)
             SELECT t.root, s.id, s.parent_id, s.person_id, s.kind, s.object,
                    (SELECT COUNT(*) FROM share_visit v WHERE v.share_id = s.id) AS visits,
                    (SELECT COUNT(*) FROM share_order o WHERE COALESCE(o.last_id, o.first_id) = s.id AND (o.last_id = s.id OR o.first_id = s.id)) AS orders
             FROM tree t JOIN share s ON s.id = t.id ORDER BY t.level, s.created_at, s.id LIMIT $2",
            args![me, DRAWN],
        )
        .await?;
    let names = account::names(shop, &rows.iter().map(|r| r.person_id).collect::<Vec<_>>()).await?;
    let mut trees: HashMap<Uuid, (Vec<Branch>, HashMap<Uuid, usize>)> = HashMap::new();
    for row in rows {
        let (branches, place) = trees.entry(row.root).or_default();
        let above = place.get(&row.parent_id).copied();
        let of = (row.person_id, row.kind, row.object);
        // Somebody has a link for each way.
        let at = match branches.iter().position(|b| b.of == of) {
            Some(at) => at,
            None => {
                branches.push(Branch { of, above, visits: 0, orders: 0 });
                branches.len() - 1
            }
        };
        place.insert(row.id, at);
        if let Some(branch) = branches.get_mut(at) {
            branch.visits += row.visits;
            branch.orders += row.orders;
        }
    }
    let read = |(branches, _): (Vec<Branch>, _)| {
        let above: Vec<Option<usize>> = branches.iter().map(|b| b.above).collect();
        let view = |(i, level): (usize, usize)| {
            let b = branches.get(i)?;
            let name = masked(names.get(&b.of.0).map_or("", String::as_str));
            Some(BranchView { level, name, visits: b.visits, orders: b.orders })
        };
        in_reading_order(&above).into_iter().filter_map(view).collect()
    };
    Ok(trees.into_iter().map(|(root, tree)| (root, read(tree))).collect())
}

/// What the shared things are called, by slug and by the code of a team, a post or a room.
async fn titles(shop: &Shop, lang: Lang, rows: &[MineRow]) -> Result<HashMap<String, String>> {
    let of = |kind: Kind| rows.iter().filter(move |r| r.kind == kind.name()).map(|r| r.object.clone());
    let teams: Vec<String> = of(Kind::Team).collect();
    let products = group_buy::products_of(shop, &teams).await?;
    let slugs: Vec<String> = of(Kind::Product).collect();
    let by_slug = catalog::titles(shop, lang, &slugs).await?;
    let by_id = catalog::titles_of(shop, lang, &products.values().copied().collect::<Vec<_>>()).await?;
    let named = |(team, product): (String, ProductId)| Some((team, by_id.get(&product)?.clone()));
    let posts = post::titles(shop, &of(Kind::Post).collect::<Vec<_>>()).await?;
    let rooms = live::titles(shop, &of(Kind::Room).collect::<Vec<_>>()).await?;
    Ok(products.into_iter().filter_map(named).chain(by_slug).chain(posts).chain(rooms).collect())
}
