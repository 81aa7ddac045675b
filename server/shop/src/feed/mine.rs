//! The feed of somebody who wants one of his own.

use super::{
    Thing,
    made::{List, Made},
    rank::{Asked, PLACES, Placed, rank},
};
use crate::{
    Result, Shop, account, args, catalog,
    chance::{first_id, made_at},
    consent::{self, Purpose},
    follow, moderation, order, post,
};
use domain::{
    Lang, Millis,
    catalog::PageView,
    feed::{Factor, Factors, IN_A_ROW, Kind, LessKind, Mark, Marks, Weights},
    id::{PersonId, ProductId},
    time::{DAY, HOUR},
};
use rand::{SeedableRng as _, rngs::StdRng};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// Places of a page.
const PAGE: usize = 24;
/// What a cursor of this feed begins with.
const MINE: &str = "me";
/// What was shown so lately does not come again in a list that goes on.
const AGAIN: Millis = 6 * HOUR;
/// Pages that are looked back at, and for how long.
const BACK: i64 = 40;
const SHOWN: Millis = 3 * DAY;
/// What friends bought counts for so long.
const BOUGHT: Millis = 60 * DAY;

/// A page of the feed of somebody who has agreed to that; none for anybody else, and for a cursor of the feed of everybody.
///
/// # Errors
/// What the database says.
pub async fn mine(shop: &Shop, me: PersonId, lang: Lang, after: &str) -> Result<Option<PageView>> {
    let from = after.strip_prefix(MINE);
    if from.is_none() && !after.is_empty() {
        return Ok(None);
    }
    let Some(given) = consent::given(&shop.db, me, Purpose::Personal).await? else { return Ok(None) };
    // A process that has just begun knows nothing yet, and shows what everybody sees.
    if from.is_none() && !shop.kept.feed.model.is_ready() {
        return Ok(None);
    }
    let asked = from.and_then(|c| c.trim_start_matches('.').split_once('.'));
    let asked = asked.and_then(|(list, place)| Some((list.parse::<Uuid>().ok()?, place.parse::<usize>().ok()?)));
    let known = asked.and_then(|(id, place)| {
        // What was made before he agreed, once more perhaps, is not shown.
        let list = shop.kept.feed.lists.get(&me).filter(|l| l.id == id && made_at(l.id) >= given)?;
        Some((list, place))
    });
    let (list, place) = match known {
        Some(known) => known,
        // A list that is gone, or at its end, goes on with another, without what was just shown.
        None => {
            let list = Arc::new(made(shop, me, from.is_some()).await?);
            shop.kept.feed.lists.insert(me, list.clone());
            (list, 0)
        }
    };
    let places = list.places.get(place..).unwrap_or_default();
    let places = places.get(..PAGE).unwrap_or(places);
    let mut page = shown(shop, me, lang, &list, places).await?;
    let end = place + places.len();
    page.next = if end < list.places.len() {
        Some(format!("{MINE}.{}.{end}", list.id.simple()))
    } else {
        (places.len() == PAGE || list.places.len() == PLACES).then(|| MINE.to_owned())
    };
    // Where there is nothing for him there is what everybody sees.
    Ok((from.is_some() || !list.places.is_empty()).then_some(page))
}

crate::row! {
    struct PageRow {
        id: Uuid,
        person_id: Uuid,
        items: String,
    }
}

/// A new list. `on`: it goes on after another.
async fn made(shop: &Shop, me: PersonId, on: bool) -> Result<List> {
    let now = shop.clock.now();
    let rows: Vec<PageRow> = shop
        .db
        .fetch_all(
            "SELECT id, person_id, items FROM feed_page WHERE person_id = $1 AND id > $2 ORDER BY id DESC LIMIT $3",
            args![me, first_id(now - SHOWN), BACK],
        )
        .await?;
    let mut pages: Vec<Made> =
        rows.into_iter().map(|r| Made::read(r.id, r.person_id, &r.items)).collect::<Result<_>>()?;
    let waiting = shop.kept.feed.notes.pages_of(me);
    pages.extend(waiting.into_iter().filter(|w| pages.iter().all(|p| p.id != w.id)).collect::<Vec<_>>());
    let mut shown: HashMap<Uuid, u16> = HashMap::new();
    let mut without: HashSet<Uuid> = order::bought(shop, me, 50).await?.into_iter().map(|p| p.0).collect();
    for page in &pages {
        for thing in page.things() {
            let n = shown.entry(thing.id).or_default();
            *n = n.saturating_add(1);
            if on && now - made_at(page.id) < AGAIN {
                without.insert(thing.id);
            }
        }
    }
    let asked = Asked {
        person: me.0,
        followed: follow::followed_by(shop, me).await?,
        friends: friends(shop, me, now).await?,
        unseen: moderation::unseen(&shop.db, Some(me)).await?,
        less: lesses(shop, me).await?,
        shown,
        without,
    };
    let weights = super::weights(shop);
    let mut draw = StdRng::from_seed(shop.rng.bytes());
    let places = rank(&shop.kept.feed.model.look(), &asked, &weights, now, &mut draw);
    Ok(List { id: shop.rng.id(now), person: me, places, weights })
}

/// Friends who let it be seen what they bought, and whose things he sees.
async fn showing(shop: &Shop, me: PersonId) -> Result<HashSet<Uuid>> {
    let friends = follow::friends(shop, me).await?;
    if friends.is_empty() {
        return Ok(HashSet::new());
    }
    let mut show = consent::agreed_among(shop, &friends, Purpose::Bought).await?;
    if !show.is_empty() {
        let unseen = moderation::unseen(&shop.db, Some(me)).await?;
        show.retain(|friend| !unseen.contains(friend));
    }
    Ok(show)
}

/// What friends bought who let that be seen, and who.
async fn friends(shop: &Shop, me: PersonId, now: Millis) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let show: Vec<Uuid> = showing(shop, me).await?.into_iter().collect();
    let mut found: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    if !show.is_empty() {
        for (product, friend) in order::bought_by(shop, &show, now - BOUGHT).await? {
            found.entry(product).or_default().push(friend);
        }
    }
    Ok(found)
}

/// What somebody wants less of.
pub(super) async fn lesses(shop: &Shop, me: PersonId) -> Result<Vec<(LessKind, Uuid)>> {
    crate::row! {
        struct Less {
            kind: String,
            thing: Uuid,
        }
    }
    let rows: Vec<Less> = shop
        .db
        .fetch_all(
            "SELECT kind, thing FROM feed_less WHERE person_id = $1 ORDER BY at DESC, thing LIMIT 500",
            args![me],
        )
        .await?;
    rows.into_iter()
        .map(|r| Ok((r.kind.parse().map_err(|_| crate::error::broken_row("feed_less.kind"))?, r.thing)))
        .collect()
}

/// The strongest of what speaks for something.
fn strongest(weights: &Weights, x: &Factors) -> Factor {
    weights
        .times(x)
        .iter()
        .filter(|(f, _)| !matches!(f, Factor::Seen | Factor::Less))
        .fold((Factor::Fresh, 0.0), |best, (f, times)| if times > best.1 { (f, times) } else { best })
        .0
}

/// The cards of places, as they are now, and the page as it is kept. What has gone since is left out.
async fn shown(shop: &Shop, me: PersonId, lang: Lang, list: &List, places: &[Placed]) -> Result<PageView> {
    let of = |kind: Kind| -> Vec<Uuid> { places.iter().filter(|p| p.thing.kind == kind).map(|p| p.thing.id).collect() };
    let products: Vec<ProductId> = of(Kind::Product).into_iter().map(ProductId).collect();
    let mut cards = catalog::cards(shop, lang, &products).await?;
    cards.retain(|_, card| card.available);
    // What only some may see any more is not for this list.
    let public: HashSet<Uuid> = post::liked(shop, &of(Kind::Post)).await?.into_iter().map(|l| l.id).collect();
    let posts: Vec<Uuid> = of(Kind::Post).into_iter().filter(|id| public.contains(id)).collect();
    let mut posts = post::cards_by_id(shop, Some(me), &posts).await?;
    let mut there: Vec<Placed> = Vec::with_capacity(places.len());
    for place in places {
        let stands = match place.thing.kind {
            Kind::Product => cards.contains_key(&ProductId(place.thing.id)),
            Kind::Post => posts.contains_key(&place.thing.id),
        };
        // What has gone may have stood between posts of one author.
        let before = there.iter().rev().take(IN_A_ROW);
        let third = before.filter(|b| b.thing.kind == Kind::Post && b.author == place.author).count() == IN_A_ROW;
        if stands && !(third && place.thing.kind == Kind::Post) {
            there.push(place.clone());
        }
    }
    let why: Vec<(Factor, Option<Uuid>)> = there
        .iter()
        .map(|p| {
            let factor = strongest(&list.weights, &p.x);
            (factor, p.because.iter().find(|(f, _)| *f == factor).map(|(_, id)| *id))
        })
        .collect();
    let names = names(shop, me, lang, &why).await?;
    let made = Made::new(shop.rng.id(shop.clock.now()), list, &there);
    let mut page = PageView::default();
    let mut marks = Vec::new();
    for ((place, placed), (factor, because)) in (0..).zip(&there).zip(why) {
        let post = placed.thing.kind == Kind::Post;
        match placed.thing.kind {
            Kind::Product => page.cards.extend(cards.remove(&ProductId(placed.thing.id))),
            Kind::Post => page.posts.extend(posts.remove(&placed.thing.id)),
        }
        let because = because.and_then(|id| names.get(&id).cloned());
        marks.push(Mark { place, post, factor, because });
    }
    page.marks = Some(Marks { page: made.id.simple().to_string(), places: marks });
    if !there.is_empty() {
        shop.kept.feed.notes.made(made, shop.clock.now());
    }
    Ok(page)
}

/// What the reasons of places are about.
pub(super) async fn names(
    shop: &Shop,
    me: PersonId,
    lang: Lang,
    why: &[(Factor, Option<Uuid>)],
) -> Result<HashMap<Uuid, String>> {
    let of = |wanted: &[Factor]| -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = why.iter().filter(|(f, _)| wanted.contains(f)).filter_map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let mut names = account::names(shop, &of(&[Factor::Followed])).await?;
    let friends = of(&[Factor::Friends]);
    if !friends.is_empty() {
        // As it is now: whoever has taken that back, or is no friend any more, is not named.
        let show = showing(shop, me).await?;
        let friends: Vec<Uuid> = friends.into_iter().filter(|f| show.contains(f)).collect();
        names.extend(account::names(shop, &friends).await?);
    }
    let about = of(&[Factor::Interest]);
    if !about.is_empty() {
        names.extend(about_names(shop, lang, &about).await?);
    }
    let chosen = of(&[Factor::Beside]);
    if !chosen.is_empty() {
        let things: Vec<Thing> = {
            let model = shop.kept.feed.model.look();
            let thing = |id: &Uuid| model.items.get(model.item_of(*id)?).map(|i| i.thing);
            chosen.iter().filter_map(thing).collect()
        };
        names.extend(titles(shop, me, lang, &things).await?);
    }
    Ok(names)
}

/// What topics and categories are called.
pub(super) async fn about_names(shop: &Shop, lang: Lang, about: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    let categories = catalog::category_names(shop, lang).await?;
    let mut names: HashMap<Uuid, String> =
        about.iter().filter_map(|id| Some((*id, categories.get(id)?.1.clone()))).collect();
    let topics: Vec<Uuid> = about.iter().filter(|id| !names.contains_key(id)).copied().collect();
    if !topics.is_empty() {
        let topics = post::topic_cards(shop, &topics).await?;
        names.extend(topics.into_iter().map(|(id, topic)| (id, format!("#{}", topic.name))));
    }
    Ok(names)
}

/// What things are called.
pub(super) async fn titles(shop: &Shop, me: PersonId, lang: Lang, things: &[Thing]) -> Result<HashMap<Uuid, String>> {
    let of = |kind: Kind| things.iter().filter(move |t| t.kind == kind).map(|t| t.id);
    let products: Vec<ProductId> = of(Kind::Product).map(ProductId).collect();
    let mut titles = HashMap::new();
    if !products.is_empty() {
        let cards = catalog::cards(shop, lang, &products).await?;
        titles.extend(cards.into_iter().map(|(id, card)| (id.0, card.title)));
    }
    let posts: Vec<Uuid> = of(Kind::Post).collect();
    if !posts.is_empty() {
        // What only some may see any more says nothing, its title neither.
        let posts: Vec<Uuid> = post::liked(shop, &posts).await?.into_iter().map(|l| l.id).collect();
        let cards = post::cards_by_id(shop, Some(me), &posts).await?;
        titles.extend(cards.into_iter().map(|(id, card)| (id, card.title)));
    }
    Ok(titles)
}
