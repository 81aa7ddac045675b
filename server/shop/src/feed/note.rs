//! What people do, noted where it happens and written together a moment later.

use super::{Made, Thing, model};
use crate::{
    Error, Result, Shop, args, catalog,
    chance::{first_id, made_at},
    consent::{self, Purpose},
    db::{Engine, Tx},
    order, post,
};
use domain::{
    Millis,
    feed::{Did, Kind, MOST_MS, MOST_TOLD, Told, place_of},
    id::PersonId,
    time::DAY,
};
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// What waits to be written, at most; of more nothing is kept.
const WAITING: usize = 65_536;
/// Written at once, and so many times before somebody else has his turn.
const TOGETHER: usize = 4_000;
const ROUNDS: usize = 16;
/// Of one person on one day: more is nobody's doing.
const EACH_DAY: u32 = 5_000;
const PAGES_EACH_DAY: u32 = 500;
/// For so long it is kept what people did, and what they were shown.
const KEPT_EVENTS: Millis = 180 * DAY;
const KEPT_PAGES: Millis = 14 * DAY;
/// Rows that are swept at once, and how many times at most.
const SWEPT: i64 = 5_000;
const SWEEPS: usize = 200;

/// What it was done with.
#[derive(Clone, Debug)]
enum About {
    Thing(Thing),
    /// By its slug or its code.
    Named(Kind, String),
    Sku(Uuid),
    /// All that stands on an order, by whoever placed it.
    Order(Uuid),
}

#[derive(Clone, Debug)]
struct Noted {
    person: PersonId,
    did: Did,
    about: About,
    place: Option<(Uuid, i64)>,
    ms: i64,
    at: Millis,
}

#[derive(Default)]
struct Waiting {
    events: Vec<Noted>,
    pages: Vec<Made>,
    /// Today, and how much of each person it has taken.
    day: i64,
    taken: HashMap<PersonId, (u32, u32)>,
}

impl Waiting {
    /// What was taken of somebody today.
    fn of(&mut self, person: PersonId, now: Millis) -> &mut (u32, u32) {
        let day = now.div_euclid(DAY);
        if day != self.day {
            (self.day, self.taken) = (day, HashMap::new());
        }
        self.taken.entry(person).or_default()
    }
}

/// What this process has noted and not written yet.
#[derive(Default)]
pub(super) struct Notes(Mutex<Waiting>);

impl Notes {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page that is not written yet.
    pub(super) fn page(&self, person: PersonId, page: Uuid) -> Option<Made> {
        self.waiting().pages.iter().find(|p| p.id == page && p.person == person).cloned()
    }

    /// Pages of somebody that are not written yet.
    pub(super) fn pages_of(&self, person: PersonId) -> Vec<Made> {
        self.waiting().pages.iter().filter(|p| p.person == person).cloned().collect()
    }

    pub(super) fn made(&self, page: Made, now: Millis) {
        let mut waiting = self.waiting();
        let pages = &mut waiting.of(page.person, now).1;
        *pages += 1;
        if *pages <= PAGES_EACH_DAY && waiting.pages.len() < WAITING / 16 {
            waiting.pages.push(page);
        }
    }

    pub(super) fn forget(&self, person: PersonId) {
        let mut waiting = self.waiting();
        waiting.events.retain(|e| e.person != person);
        waiting.pages.retain(|p| p.person != person);
    }

    /// Takes all of it or nothing; false for nothing, as too much waits already.
    fn note(&self, events: Vec<Noted>) -> bool {
        let mut waiting = self.waiting();
        if waiting.events.len() + events.len() > WAITING {
            return false;
        }
        for event in events {
            let taken = &mut waiting.of(event.person, event.at).0;
            *taken += 1;
            if *taken <= EACH_DAY || event.person.0.is_nil() {
                waiting.events.push(event);
            }
        }
        true
    }

    fn take(&self) -> (Vec<Noted>, Vec<Made>) {
        let mut waiting = self.waiting();
        let first = waiting.events.len().min(TOGETHER);
        let rest = waiting.events.split_off(first);
        (std::mem::replace(&mut waiting.events, rest), std::mem::take(&mut waiting.pages))
    }
}

fn noted(shop: &Shop, person: PersonId, did: Did, about: About, place: Option<(Uuid, i64)>) {
    let event = Noted { person, did, about, place, ms: 0, at: shop.clock.now() };
    let _ = shop.kept.feed.notes.note(vec![event]);
}

/// Somebody did something with a thing, at a place of his feed perhaps. It is written a moment later, if he has agreed to that; nobody
/// waits for it.
pub(super) fn note(shop: &Shop, person: PersonId, did: Did, thing: Thing, place: Option<(Uuid, i64)>) {
    noted(shop, person, did, About::Thing(thing), place);
}

/// As [`note`], once the change is written.
pub(crate) fn done(tx: &mut Tx, shop: &Shop, person: PersonId, did: Did, thing: Thing) {
    let shop = shop.clone();
    tx.after_commit(move || note(&shop, person, did, thing, None));
}

/// An order was paid: what stands on it was chosen by whoever placed it.
pub(crate) fn ordered(tx: &mut Tx, shop: &Shop, order: Uuid) {
    let shop = shop.clone();
    tx.after_commit(move || noted(&shop, PersonId(Uuid::nil()), Did::Order, About::Order(order), None));
}

/// As [`note`], with what a thing is bought as.
pub(crate) fn note_sku(shop: &Shop, person: PersonId, did: Did, sku: Uuid) {
    noted(shop, person, did, About::Sku(sku), None);
}

/// As [`note`], with the name of a thing in links.
pub(crate) fn note_named(shop: &Shop, person: PersonId, did: Did, kind: Kind, name: &str) {
    noted(shop, person, did, About::Named(kind, name.to_owned()), None);
}

/// What somebody's browser tells of. False when so much waits already that nothing of it is taken.
pub fn told(shop: &Shop, me: PersonId, list: Vec<Told>) -> bool {
    let at = shop.clock.now();
    let named = |t: &Told| t.name.len() <= 400 && !t.name.chars().any(char::is_control);
    let events = list
        .into_iter()
        .filter(|t| t.did.is_told() && named(t))
        .take(MOST_TOLD)
        .map(|t| Noted {
            person: me,
            did: t.did,
            about: About::Named(t.kind, t.name),
            place: t.place.and_then(|p| place_of(&p).ok()),
            ms: t.ms.clamp(0, MOST_MS),
            at,
        })
        .collect();
    shop.kept.feed.notes.note(events)
}

/// An event as it is written.
#[derive(Clone, Debug, Serialize)]
struct Row {
    id: Uuid,
    person: Uuid,
    did: &'static str,
    kind: &'static str,
    thing: Uuid,
    page: Option<Uuid>,
    place: Option<i64>,
    ms: i64,
    #[serde(skip)]
    event: model::Event,
}

/// Writes what was noted of people who have agreed to that, and lets the model learn of it.
///
/// # Errors
/// What the database says; then what was to be written is gone.
pub async fn flush(shop: &Shop) -> Result<()> {
    for _ in 0..ROUNDS {
        let (events, pages) = shop.kept.feed.notes.take();
        if events.is_empty() && pages.is_empty() {
            return Ok(());
        }
        write(shop, events, pages).await?;
    }
    Ok(())
}

/// What the named things are.
async fn resolved(shop: &Shop, events: &[Noted]) -> Result<HashMap<(Kind, String), Uuid>> {
    let names = |wanted: Kind| -> Vec<String> {
        let of = |e: &Noted| match &e.about {
            About::Named(kind, name) if *kind == wanted => Some(name.clone()),
            _ => None,
        };
        let each: HashSet<String> = events.iter().filter_map(of).collect();
        each.into_iter().collect()
    };
    let products = catalog::ids_of(shop, &names(Kind::Product)).await?;
    let posts = post::ids_of(shop, &names(Kind::Post)).await?;
    let products = products.into_iter().map(|(name, id)| ((Kind::Product, name), id));
    Ok(products.chain(posts.into_iter().map(|(name, id)| ((Kind::Post, name), id))).collect())
}

async fn write(shop: &Shop, events: Vec<Noted>, pages: Vec<Made>) -> Result<()> {
    let named = resolved(shop, &events).await?;
    let skus: HashSet<Uuid> = events
        .iter()
        .filter_map(|e| match e.about {
            About::Sku(sku) => Some(sku),
            _ => None,
        })
        .collect();
    let of_sku = catalog::products_of(shop, &skus.into_iter().collect::<Vec<_>>()).await?;
    let orders: Vec<Uuid> = events
        .iter()
        .filter_map(|e| match e.about {
            About::Order(order) => Some(order),
            _ => None,
        })
        .collect();
    let of_order = order::products_of(shop, &orders).await?;
    // By when it is written: other nodes read on from there.
    let now = shop.clock.now();
    let row = |person: Uuid, thing: Thing, e: &Noted| Row {
        id: shop.rng.id(now),
        person,
        did: e.did.name(),
        kind: thing.kind.name(),
        thing: thing.id,
        page: e.place.map(|(page, _)| page),
        place: e.place.map(|(_, place)| place),
        ms: e.ms,
        event: model::Event { person, did: e.did, thing: thing.id, ms: e.ms, at: e.at },
    };
    let mut rows: Vec<Row> = Vec::with_capacity(events.len());
    for e in &events {
        match &e.about {
            About::Thing(thing) => rows.push(row(e.person.0, *thing, e)),
            About::Named(kind, name) => {
                let id = named.get(&(*kind, name.clone()));
                rows.extend(id.map(|id| row(e.person.0, Thing { kind: *kind, id: *id }, e)));
            }
            About::Sku(sku) => rows.extend(of_sku.get(sku).map(|id| row(e.person.0, Thing::product(*id), e))),
            About::Order(order) => {
                let of = of_order.iter().filter(|o| o.order_id == *order);
                rows.extend(of.map(|o| row(o.person_id, Thing::product(o.product_id), e)));
            }
        }
    }
    let mut people: Vec<Uuid> = rows.iter().map(|r| r.person).chain(pages.iter().map(|p| p.person.0)).collect();
    people.sort_unstable();
    people.dedup();
    let rows = shop
        .db
        .write((rows, pages, people), |tx, (rows, pages, people)| {
            Box::pin(async move {
                let agreed = consent::hold(tx, people, Purpose::Personal).await?;
                // What was before he agreed, once more perhaps, is not remembered.
                let since = |person: Uuid, at: Millis| agreed.get(&person).is_some_and(|given| *given <= at);
                let pages: Vec<&Made> = pages.iter().filter(|p| since(p.person.0, made_at(p.id))).collect();
                if !pages.is_empty() {
                    insert_pages(tx, &pages).await?;
                }
                let rows: Vec<Row> = rows.iter().filter(|r| since(r.person, r.event.at)).cloned().collect();
                if !rows.is_empty() {
                    insert(tx, &rows).await?;
                }
                Ok::<_, Error>(rows)
            })
        })
        .await?;
    model::learn_of(shop, rows.into_iter().map(|r| (r.id, r.event)));
    Ok(())
}

async fn insert_pages(tx: &mut Tx, pages: &[&Made]) -> Result<()> {
    #[derive(Serialize)]
    struct Page {
        id: Uuid,
        person: Uuid,
        items: String,
    }
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "INSERT INTO feed_page (id, person_id, items, learned)
             SELECT unhex(replace(j.value ->> 'id', '-', '')), unhex(replace(j.value ->> 'person', '-', '')), j.value ->> 'items', FALSE
             FROM json_each($1) j WHERE TRUE ON CONFLICT DO NOTHING"
        }
        Engine::Postgres => {
            "INSERT INTO feed_page (id, person_id, items, learned)
             SELECT j.id, j.person, j.items, FALSE FROM json_to_recordset(CAST($1 AS json)) j (id uuid, person uuid, items text) ON CONFLICT DO NOTHING"
        }
    };
    let page = |p: &&Made| Page { id: p.id, person: p.person.0, items: p.written() };
    let pages: Vec<Page> = pages.iter().map(page).collect();
    tx.execute(sql, args![serde_json::to_string(&pages).unwrap_or_default()]).await?;
    Ok(())
}

/// Writes events: $1 is a JSON list of rows with the names of the columns.
pub(super) const INSERT_SQLITE: &str =
    "INSERT INTO event (id, person_id, did, kind, thing, page_id, place, ms)
     SELECT unhex(replace(j.value ->> 'id', '-', '')), unhex(replace(j.value ->> 'person', '-', '')), j.value ->> 'did', j.value ->> 'kind',
            unhex(replace(j.value ->> 'thing', '-', '')), unhex(replace(j.value ->> 'page', '-', '')), j.value ->> 'place', j.value ->> 'ms'
     FROM json_each($1) j";
pub(super) const INSERT_POSTGRES: &str =
    "INSERT INTO event (id, person_id, did, kind, thing, page_id, place, ms)
     SELECT j.id, j.person, j.did, j.kind, j.thing, j.page, j.place, j.ms
     FROM json_to_recordset(CAST($1 AS json)) j (id uuid, person uuid, did text, kind text, thing uuid, page uuid, place bigint, ms bigint)";

async fn insert(tx: &mut Tx, rows: &[Row]) -> Result<()> {
    let sql = match tx.engine() {
        Engine::Sqlite => INSERT_SQLITE,
        Engine::Postgres => INSERT_POSTGRES,
    };
    tx.execute(sql, args![serde_json::to_string(rows).unwrap_or_default()]).await?;
    Ok(())
}

/// Removes what is older than it is kept.
///
/// # Errors
/// What the database says.
pub async fn sweep(shop: &Shop) -> Result<()> {
    let now = shop.clock.now();
    for _ in 0..SWEEPS {
        let gone = shop
            .db
            .write((first_id(now - KEPT_EVENTS), first_id(now - KEPT_PAGES)), |tx, (events, pages)| {
                Box::pin(async move {
                    let events = tx
                        .execute(
                            "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE id < $1 ORDER BY id LIMIT $2)",
                            args![*events, SWEPT],
                        )
                        .await?;
                    let pages = tx
                        .execute(
                            "DELETE FROM feed_page WHERE id IN (SELECT id FROM feed_page WHERE id < $1 ORDER BY id LIMIT $2)",
                            args![*pages, SWEPT],
                        )
                        .await?;
                    Ok::<_, Error>(events.max(pages))
                })
            })
            .await?;
        if i64::try_from(gone).unwrap_or(0) < SWEPT {
            break;
        }
    }
    Ok(())
}

/// Everything that is remembered of somebody goes, in pieces of which each is soon done.
pub(crate) async fn forget_all(tx: &mut Tx, shop: &Shop, me: PersonId, now: Millis) -> Result<()> {
    while tx
        .execute(
            "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE person_id = $1 ORDER BY id LIMIT $2)",
            args![me, SWEPT],
        )
        .await?
        > 0
    {}
    tx.execute("DELETE FROM feed_page WHERE person_id = $1", args![me]).await?;
    tx.execute("DELETE FROM feed_less WHERE person_id = $1", args![me]).await?;
    let shop = shop.clone();
    tx.after_commit(move || {
        shop.kept.feed.notes.forget(me);
        model::forget(&shop, me, now);
    });
    Ok(())
}
