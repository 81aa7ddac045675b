//! Why something stood in somebody's feed, what is known of him, and what he wants less of; and what goes with a thing, for everybody.

use super::{
    Thing,
    made::Made,
    mine::{about_names, lesses, names, titles},
    model::TOGETHER,
    note, rank,
};
use crate::{
    Error, Result, Shop, account, args, catalog,
    chance::made_at,
    consent::{self, Purpose},
    post,
};
use domain::{
    Lang, Problem,
    catalog::CardView,
    feed::{Did, Factor, Kind, LessKind, LessView, TasteTag, TasteView, WhyFactor, WhyView},
    id::{PersonId, ProductId},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Tags that are shown of what somebody chooses.
const TAGS: usize = 12;
/// Things beside a thing.
const BESIDE: usize = 6;

async fn page_of(shop: &Shop, me: PersonId, id: Uuid) -> Result<Option<Made>> {
    crate::row! {
        struct Row {
            items: String,
        }
    }
    if let Some(page) = shop.kept.feed.notes.page(me, id) {
        return Ok(Some(page));
    }
    let row: Option<Row> =
        shop.db.fetch_optional("SELECT items FROM feed_page WHERE id = $1 AND person_id = $2", args![id, me]).await?;
    row.map(|r| Made::read(id, me.0, &r.items)).transpose()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a factor is between a thousandth and a thousand"
)]
fn hundredths(x: f32) -> i64 {
    (x * 100.0).round() as i64
}

/// Why something stood at a place of one of my pages.
///
/// # Errors
/// `not_found` for a page that is not mine or is gone.
pub async fn why(shop: &Shop, me: PersonId, lang: Lang, page: Uuid, place: i64) -> Result<WhyView> {
    let made = page_of(shop, me, page).await?.ok_or_else(Problem::not_found)?;
    let placed = made.at(place).ok_or_else(Problem::not_found)?;
    let because = |factor: Factor| placed.because.iter().find(|(f, _)| *f == factor).map(|(_, id)| *id);
    let times = made.weights().times(&placed.x);
    let reasons: Vec<(Factor, Option<Uuid>)> =
        times.iter().filter(|(_, t)| (t - 1.0).abs() > 0.004).map(|(f, _)| (f, because(f))).collect();
    let names = names(shop, me, lang, &reasons).await?;
    let mut factors: Vec<WhyFactor> = reasons
        .into_iter()
        // What friends bought is told only while they let it be.
        .filter(|(factor, because)| *factor != Factor::Friends || because.is_some_and(|id| names.contains_key(&id)))
        .map(|(factor, because)| WhyFactor {
            factor,
            times: hundredths(times.get(factor)).max(1),
            because: because.and_then(|id| names.get(&id).cloned()),
        })
        .collect();
    factors.sort_by_key(|f| std::cmp::Reverse(f.times));
    let (title, href, picture) = match placed.thing.kind {
        Kind::Product => {
            let id = ProductId(placed.thing.id);
            let card = catalog::cards(shop, lang, &[id]).await?.remove(&id).ok_or_else(Problem::not_found)?;
            (card.title, format!("/p/{}", card.slug), card.picture)
        }
        Kind::Post => {
            let id = placed.thing.id;
            post::liked(shop, &[id]).await?.pop().ok_or_else(Problem::not_found)?;
            let card = post::cards_by_id(shop, Some(me), &[id]).await?.remove(&id).ok_or_else(Problem::not_found)?;
            (card.title, format!("/posts/{}", card.code.as_str()), card.picture)
        }
    };
    let less = can_be_less(shop, me, lang, placed.thing, &title).await?;
    Ok(WhyView { title, href, picture, at: made_at(page), factors, less })
}

/// Of what one can want less because of a thing: itself, who made it, what it is about.
async fn can_be_less(shop: &Shop, me: PersonId, lang: Lang, thing: Thing, title: &str) -> Result<Vec<LessView>> {
    let (author, about) = {
        let model = shop.kept.feed.model.look();
        match model.item_of(thing.id).and_then(|i| model.items.get(i)) {
            None => (None, Vec::new()),
            Some(item) => {
                let about: Vec<Uuid> = item.about.iter().map(|a| model.about_id(*a)).take(3).collect();
                (Some(model.author_id(item.author)), about)
            }
        }
    };
    let kind = match thing.kind {
        Kind::Product => LessKind::Product,
        Kind::Post => LessKind::Post,
    };
    let mut list = vec![(kind, thing.id, title.to_owned())];
    if let Some(author) = author {
        let name = maker(shop, lang, &[author]).await?.remove(&author);
        list.extend(name.map(|name| (LessKind::Author, author, name)));
    }
    let names = about_names(shop, lang, &about).await?;
    list.extend(about.into_iter().filter_map(|id| Some((LessKind::About, id, names.get(&id)?.clone()))));
    let said = lesses(shop, me).await?;
    Ok(list
        .into_iter()
        .map(|(kind, id, name)| LessView { kind, thing: id.simple().to_string(), name, on: said.contains(&(kind, id)) })
        .collect())
}

/// What people and shops call themselves.
async fn maker(shop: &Shop, lang: Lang, ids: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    let mut names = account::names(shop, ids).await?;
    let shops: Vec<Uuid> = ids.iter().filter(|id| !names.contains_key(id)).copied().collect();
    if !shops.is_empty() {
        names.extend(catalog::merchant_names(shop, lang, &shops).await?);
    }
    Ok(names)
}

/// I want less of something, or no longer; the lists that are made from now on know it. `at`: where it stood when I said so.
///
/// # Errors
/// `not_found` for what is not there; `personal_off` for whoever has no feed of his own.
pub async fn less(
    shop: &Shop,
    me: PersonId,
    kind: LessKind,
    thing: Uuid,
    at: Option<(Uuid, i64)>,
    on: bool,
) -> Result<()> {
    let known = {
        let model = shop.kept.feed.model.look();
        match kind {
            LessKind::Product | LessKind::Post => model.item_of(thing).is_some(),
            LessKind::Author => model.author_of(thing).is_some(),
            LessKind::About => model.about_of(thing).is_some(),
        }
    };
    if on && !known {
        return Err(Problem::not_found().into());
    }
    shop.db
        .write((me, kind, thing, on, shop.clock.now()), |tx, (me, kind, thing, on, now)| {
            Box::pin(async move {
                if !consent::hold(tx, &[me.0], Purpose::Personal).await?.contains_key(&me.0) {
                    return Err(Error::problem(409, "personal_off"));
                }
                if *on {
                    tx.execute(
                        "INSERT INTO feed_less (person_id, kind, thing, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                        args![*me, kind.name(), *thing, *now],
                    )
                    .await?;
                } else {
                    tx.execute(
                        "DELETE FROM feed_less WHERE person_id = $1 AND kind = $2 AND thing = $3",
                        args![*me, kind.name(), *thing],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await?;
    let thing = match kind {
        LessKind::Product => Some(Thing::product(thing)),
        LessKind::Post => Some(Thing::post(thing)),
        LessKind::Author | LessKind::About => None,
    };
    if let Some(thing) = thing.filter(|_| on) {
        note::note(shop, me, Did::Hide, thing, at);
    }
    Ok(())
}

/// What the feed knows of me.
///
/// # Errors
/// What the database says.
pub async fn taste(shop: &Shop, me: PersonId, lang: Lang) -> Result<TasteView> {
    crate::row! {
        struct Many {
            n: i64,
        }
    }
    let shows_bought = consent::agreed(&shop.db, me, Purpose::Bought).await?;
    if !consent::agreed(&shop.db, me, Purpose::Personal).await? {
        return Ok(TasteView { shows_bought, ..TasteView::default() });
    }
    let many: Many = shop.db.fetch_one("SELECT COUNT(*) AS n FROM event WHERE person_id = $1", args![me]).await?;
    let mut much: Vec<(Uuid, f32)> = {
        let model = shop.kept.feed.model.look();
        let interests = rank::interests(&model, me.0, shop.clock.now());
        interests.into_iter().map(|(about, x)| (model.about_id(about), x)).collect()
    };
    much.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let said = lesses(shop, me).await?;
    much.retain(|(id, _)| !said.contains(&(LessKind::About, *id)));
    much.truncate(TAGS);
    let most = much.first().map_or(1.0, |(_, x)| x.max(0.001));
    let names = about_names(shop, lang, &much.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    let tags = much
        .into_iter()
        .filter_map(|(id, x)| {
            let name = names.get(&id)?.clone();
            Some(TasteTag {
                kind: LessKind::About,
                thing: id.simple().to_string(),
                name,
                much: hundredths(x / most).max(1),
            })
        })
        .collect();
    Ok(TasteView { on: true, shows_bought, events: many.n, tags, less: said_less(shop, me, lang, &said).await? })
}

async fn said_less(shop: &Shop, me: PersonId, lang: Lang, said: &[(LessKind, Uuid)]) -> Result<Vec<LessView>> {
    let of = |wanted: LessKind| -> Vec<Uuid> { said.iter().filter(|(k, _)| *k == wanted).map(|(_, id)| *id).collect() };
    let mut names = maker(shop, lang, &of(LessKind::Author)).await?;
    names.extend(about_names(shop, lang, &of(LessKind::About)).await?);
    let products = of(LessKind::Product).into_iter().map(Thing::product);
    let things: Vec<Thing> = products.chain(of(LessKind::Post).into_iter().map(Thing::post)).collect();
    names.extend(titles(shop, me, lang, &things).await?);
    Ok(said
        .iter()
        .filter_map(|(kind, id)| {
            Some(LessView { kind: *kind, thing: id.simple().to_string(), name: names.get(id)?.clone(), on: true })
        })
        .collect())
}

/// Everything that is remembered of me goes; the feed stays mine, and begins anew.
///
/// # Errors
/// What the database says.
pub async fn forget(shop: &Shop, me: PersonId) -> Result<()> {
    consent::renew(shop, me, Purpose::Personal).await
}

async fn cards_of(shop: &Shop, lang: Lang, ids: Vec<Uuid>) -> Result<Vec<CardView>> {
    let ids: Vec<ProductId> = ids.into_iter().map(ProductId).collect();
    let mut cards = catalog::cards(shop, lang, &ids).await?;
    let there = ids.iter().filter_map(|id| cards.remove(id)).filter(|card| card.available);
    Ok(there.take(BESIDE).collect())
}

/// Things that many chose who chose this one: the same for everybody.
///
/// # Errors
/// What the database says.
pub async fn beside(shop: &Shop, lang: Lang, product: ProductId) -> Result<Vec<CardView>> {
    let ids: Vec<Uuid> = {
        let model = shop.kept.feed.model.look();
        let list = model.item_of(product.0).map_or(&[][..], |item| model.beside(item));
        list.iter()
            .filter(|b| b.people >= TOGETHER)
            .filter_map(|b| model.items.get(b.item))
            .filter(|item| item.thing.kind == Kind::Product)
            .map(|item| item.thing.id)
            .take(2 * BESIDE)
            .collect()
    };
    cards_of(shop, lang, ids).await
}

/// What was bought in one order with a thing, and kept, by at least three people.
///
/// # Errors
/// What the database says.
pub async fn bought_with(shop: &Shop, lang: Lang, product: ProductId) -> Result<Vec<CardView>> {
    crate::row! {
        struct Row {
            id: Uuid,
        }
    }
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT id FROM (SELECT other_id AS id, people FROM bought_pair WHERE product_id = $1 AND people >= $2
                             UNION ALL SELECT product_id AS id, people FROM bought_pair WHERE other_id = $1 AND people >= $2) AS both_ways
             ORDER BY people DESC, id LIMIT 12",
            args![product, i64::from(TOGETHER)],
        )
        .await?;
    cards_of(shop, lang, rows.into_iter().map(|r| r.id).collect()).await
}
