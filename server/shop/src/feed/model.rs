//! What the shop as a whole has learned of its things: which are chosen by the same people, which are hot, which hardly anybody knows.
//!
//! Held in memory and bounded: so many things, people, choices of each. It is read from the database when the process starts, and learns
//! of what comes after that from the events as they are written ([`learn_of`]) and, on other nodes, as they are read ([`catch_up`]).
//! What lies beside a thing is counted anew for the things that somebody has chosen since, not for all.
//!
//! Deliberately absent: who somebody is. It knows people by their ids, and nobody who has not agreed to that.

#![expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "dense numbers: things and people are numbers below the sizes of the tables of this module"
)]

use super::Thing;
use crate::{Result, Shop, catalog, chance::first_id, consent, db::Engine, post};
use domain::{
    Millis,
    feed::{Did, Kind, halved},
    id::PersonId,
    time::{HOUR, MINUTE, SECOND},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use uuid::Uuid;

/// Products, as many posts, people, and choices of each that are known, at most.
const THINGS: i64 = 100_000;
const PEOPLE: usize = 100_000;
const CHOICES: usize = 200;
/// People that a thing is known by, and how many of the last choices of each count as made together.
const CHOSEN_BY: usize = 1_000;
const MADE_TOGETHER: usize = 100;
/// Of what somebody chose before, so much is counted anew when he chooses something.
const BEFORE: usize = 5;
/// Things kept beside each, and how many people must have chosen both, so that nobody is told by it.
const BESIDE: usize = 40;
pub(super) const TOGETHER: u16 = 3;
/// Where few have chosen both, likeness is shrunk by so much.
const SHRINK: f32 = 4.0;
/// Things whose neighbours are counted anew before somebody else has his turn.
const AT_ONCE: usize = 2_000;
/// Events that are read when the process starts.
const EVENTS: i64 = 1_000_000;
/// Read again each time: a row of another node that came a moment late.
const LATE: Millis = 20 * SECOND;
/// What is hot is looked for so often.
const HOT: Millis = MINUTE;
/// Somebody who sees or opens a thing again within so long is counted once.
const LATELY: Millis = HOUR;
/// Things or events that are put into their places at once.
const PIECE: usize = 4_000;
/// All things are read again so often, for their likes.
const WHOLE: Millis = 10 * MINUTE;

/// Something that was done, as it is learned from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) person: Uuid,
    pub(super) did: Did,
    pub(super) thing: Uuid,
    pub(super) ms: i64,
    pub(super) at: Millis,
}

/// A thing.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) thing: Thing,
    pub(super) author: u32,
    /// Topics, or the category.
    pub(super) about: Vec<u32>,
    pub(super) at: Millis,
    /// What was liked and bought of it, as it was read.
    liked: f32,
    /// How many times it stood in view, and was opened.
    pub(super) shown: f32,
    pub(super) opened: f32,
    /// Choices lately: as of `heated`, halved every three days.
    heat: f32,
    heated: Millis,
    /// It is not shown to everybody any more.
    pub(super) gone: bool,
}

impl Item {
    /// How much is going on about it now.
    pub(super) fn hot(&self, now: Millis) -> f32 {
        self.heat * halved(now - self.heated, 3) + (1.0 + self.liked).ln() * halved(now - self.at, 14)
    }
}

/// Something that somebody chose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) item: usize,
    /// How much it says, 0 to 1.
    pub(super) says: f32,
    pub(super) at: Millis,
}

/// A thing beside another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    pub(super) item: usize,
    pub(super) alike: f32,
    /// How many people chose both.
    pub(super) people: u16,
}

/// Numbers for ids.
#[derive(Default)]
struct Numbers {
    of: HashMap<Uuid, u32>,
    ids: Vec<Uuid>,
}

impl Numbers {
    fn number(&mut self, id: Uuid) -> u32 {
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        *self.of.entry(id).or_insert_with(|| {
            self.ids.push(id);
            next
        })
    }
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) items: Vec<Item>,
    index: HashMap<Uuid, usize>,
    authors: Numbers,
    about: Numbers,
    by_author: Vec<Vec<usize>>,
    by_about: Vec<Vec<usize>>,
    people: HashMap<Uuid, usize>,
    /// What each person chose, the last at the end.
    chose: Vec<VecDeque<Choice>>,
    /// Who chose each thing.
    chosen_by: Vec<VecDeque<usize>>,
    beside: Vec<Vec<Beside>>,
    /// Things that somebody has chosen since their neighbours were counted.
    stale: HashSet<usize>,
    /// By age, the newest at the end: everything, and posts alone; and the hottest first, as of the last look.
    by_age: Vec<usize>,
    posts: Vec<usize>,
    hottest: Vec<usize>,
    /// Who has seen or opened what lately, and since when that is counted.
    lately: HashSet<(Uuid, usize, bool)>,
    lately_from: Millis,
    /// How many times things of an author stood in view.
    author_shown: Vec<f32>,
    /// What was done with things that are not known yet.
    early: Vec<Event>,
}

impl Model {
    pub(super) fn item_of(&self, id: Uuid) -> Option<usize> {
        self.index.get(&id).copied()
    }

    pub(super) fn author_of(&self, id: Uuid) -> Option<u32> {
        self.authors.of.get(&id).copied()
    }

    pub(super) fn about_of(&self, id: Uuid) -> Option<u32> {
        self.about.of.get(&id).copied()
    }

    pub(super) fn author_id(&self, author: u32) -> Uuid {
        self.authors.ids[author as usize]
    }

    pub(super) fn about_id(&self, about: u32) -> Uuid {
        self.about.ids[about as usize]
    }

    /// What an author made, and what is about something, the newest last.
    pub(super) fn by_author(&self, author: u32) -> &[usize] {
        &self.by_author[author as usize]
    }

    pub(super) fn by_about(&self, about: u32) -> &[usize] {
        &self.by_about[about as usize]
    }

    pub(super) fn author_shown(&self, author: u32) -> f32 {
        self.author_shown[author as usize]
    }

    /// What somebody chose, the last at the end.
    pub(super) fn choices(&self, person: Uuid) -> impl DoubleEndedIterator<Item = &Choice> + '_ {
        self.people.get(&person).map(|p| &self.chose[*p]).into_iter().flatten()
    }

    pub(super) fn beside(&self, item: usize) -> &[Beside] {
        &self.beside[item]
    }

    pub(super) fn hottest(&self) -> &[usize] {
        &self.hottest
    }

    /// The newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = usize> + '_ {
        self.by_age.iter().rev().copied()
    }

    /// Of posts.
    pub(super) fn newest_posts(&self) -> impl Iterator<Item = usize> + '_ {
        self.posts.iter().rev().copied()
    }

    /// Those near in taste to somebody who chose these: how near, and what they chose. Who shares fewer than two choices is not near.
    pub(super) fn near(&self, person: Uuid, lately: &[usize]) -> Vec<(f32, &VecDeque<Choice>)> {
        let me = self.people.get(&person).copied();
        let mut shared: HashMap<usize, (u32, f32)> = HashMap::new();
        for item in lately {
            let by = &self.chosen_by[*item];
            // What everybody has chosen says little of who is near.
            let rare = 1.0 / (2.0 + by.len() as f32).ln();
            for other in by.iter().rev().take(200).filter(|o| Some(**o) != me) {
                let entry = shared.entry(*other).or_default();
                entry.0 += 1;
                entry.1 += rare;
            }
        }
        let mut near: Vec<(usize, f32)> =
            shared.into_iter().filter(|(_, (n, _))| *n >= 2).map(|(p, (_, x))| (p, x)).collect();
        near.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        near.truncate(40);
        near.into_iter().map(|(p, x)| (x, &self.chose[p])).collect()
    }

    /// A thing as it was read; a known one is known anew.
    fn put(&mut self, found: &Found) {
        let Found { thing, at, .. } = *found;
        let liked = found.liked as f32;
        let author = self.authors.number(found.author);
        let about: Vec<u32> = found.about.iter().map(|id| self.about.number(*id)).collect();
        self.by_author.resize_with(self.authors.ids.len(), Vec::new);
        self.author_shown.resize(self.authors.ids.len(), 0.0);
        self.by_about.resize_with(self.about.ids.len(), Vec::new);
        if let Some(known) = self.item_of(thing.id) {
            let item = &mut self.items[known];
            item.liked = liked;
            item.gone = false;
            for new in about.iter().filter(|a| !item.about.contains(a)) {
                self.by_about[*new as usize].push(known);
            }
            item.about = about;
            return;
        }
        let number = self.items.len();
        self.by_author[author as usize].push(number);
        for a in &about {
            self.by_about[*a as usize].push(number);
        }
        self.index.insert(thing.id, number);
        self.items.push(Item {
            thing,
            author,
            about,
            at,
            liked,
            shown: 0.0,
            opened: 0.0,
            heat: 0.0,
            heated: at,
            gone: false,
        });
        self.chosen_by.push(VecDeque::new());
        self.beside.push(Vec::new());
        self.by_age.push(number);
        if thing.kind == Kind::Post {
            self.posts.push(number);
        }
    }

    /// Things are in the order of time again; most of them were.
    fn order(&mut self) {
        let Self { items, by_age, posts, .. } = self;
        by_age.sort_by_key(|i| (items[*i].at, *i));
        posts.sort_by_key(|i| (items[*i].at, *i));
    }

    /// Whether this is the first time lately that somebody sees (or opens) a thing.
    fn first_lately(&mut self, event: &Event, item: usize) -> bool {
        if event.at - self.lately_from > LATELY || self.lately.len() > 1_000_000 {
            self.lately.clear();
            self.lately_from = event.at;
        }
        self.lately.insert((event.person, item, event.did == Did::Open))
    }

    /// Learns of an event. False for a thing that is not known yet.
    fn learn(&mut self, event: &Event) -> bool {
        let Some(at) = self.item_of(event.thing) else { return false };
        if matches!(event.did, Did::Impression | Did::Open) && self.first_lately(event, at) {
            let item = &mut self.items[at];
            if event.did == Did::Open {
                item.opened += 1.0;
            } else {
                item.shown += 1.0;
                self.author_shown[item.author as usize] += 1.0;
            }
        }
        let says = event.did.says(event.ms);
        if says > 0.0 {
            // However often somebody does it: it is hot by what he says, once.
            let more = self.choose(event.person, Choice { item: at, says, at: event.at });
            let item = &mut self.items[at];
            item.heat = item.heat * halved(event.at - item.heated, 3) + more;
            item.heated = item.heated.max(event.at);
        }
        true
    }

    /// Somebody chose something; how much more that says than what he had done with it before.
    fn choose(&mut self, person: Uuid, choice: Choice) -> f32 {
        let number = match self.people.get(&person) {
            Some(number) => *number,
            None => {
                if self.people.len() >= PEOPLE {
                    self.forget_the_idle();
                }
                let number = self.chose.len();
                self.people.insert(person, number);
                self.chose.push(VecDeque::new());
                number
            }
        };
        let own = &mut self.chose[number];
        let known = own.iter().position(|c| c.item == choice.item).and_then(|at| own.remove(at));
        let says = known.map_or(choice.says, |k| k.says.max(choice.says));
        // What lies beside what he chose before has changed as well.
        let before: Vec<usize> = own.iter().rev().take(BEFORE).map(|c| c.item).collect();
        own.push_back(Choice { says, ..choice });
        let gone = if own.len() > CHOICES { own.pop_front() } else { None };
        let by = &mut self.chosen_by[choice.item];
        if known.is_none() {
            by.push_back(number);
            if by.len() > CHOSEN_BY {
                by.pop_front();
            }
        }
        self.stale.insert(choice.item);
        self.stale.extend(before);
        if let Some(gone) = gone {
            self.chosen_by[gone.item].retain(|p| *p != number);
            self.stale.insert(gone.item);
        }
        says - known.map_or(0.0, |k| k.says)
    }

    /// Those who have chosen nothing for longest make room: a tenth of all.
    fn forget_the_idle(&mut self) {
        let last = |number: &usize| self.chose[*number].back().map_or(0, |c| c.at);
        let mut people: Vec<(Millis, Uuid)> = self.people.iter().map(|(id, number)| (last(number), *id)).collect();
        people.sort_unstable();
        for (_, person) in people.into_iter().take(PEOPLE / 10) {
            self.unlearn(person, Millis::MAX);
        }
        self.renumber();
    }

    /// People get new numbers, without those who are not known any more.
    fn renumber(&mut self) {
        let mut chose = Vec::with_capacity(self.people.len());
        let mut new: HashMap<usize, usize> = HashMap::with_capacity(self.people.len());
        for number in self.people.values_mut() {
            new.insert(*number, chose.len());
            chose.push(std::mem::take(&mut self.chose[*number]));
            *number = chose.len() - 1;
        }
        self.chose = chose;
        for by in &mut self.chosen_by {
            *by = by.iter().filter_map(|p| new.get(p).copied()).collect();
        }
    }

    /// What somebody did up to an instant is not known any more.
    fn forget(&mut self, person: Uuid, until: Millis) {
        self.early.retain(|e| e.person != person || e.at > until);
        self.lately.retain(|(who, ..)| *who != person);
        self.unlearn(person, until);
    }

    /// What somebody chose up to an instant says nothing any more.
    fn unlearn(&mut self, person: Uuid, until: Millis) {
        let Some(number) = self.people.get(&person).copied() else { return };
        let (gone, kept): (VecDeque<Choice>, VecDeque<Choice>) =
            std::mem::take(&mut self.chose[number]).into_iter().partition(|c| c.at <= until);
        for choice in gone {
            self.chosen_by[choice.item].retain(|p| *p != number);
            self.stale.insert(choice.item);
        }
        if kept.is_empty() {
            self.people.remove(&person);
        }
        self.chose[number] = kept;
    }

    /// What lies beside a thing: those that were chosen by the same people, by the cosine of how much each of them says, shrunk where few
    /// chose both (Sarwar et al., Item-based collaborative filtering, 2001; shrinkage as in Bell and Koren, 2007).
    fn count_beside(&self, item: usize) -> Vec<Beside> {
        let mut both: HashMap<usize, (f32, u16)> = HashMap::new();
        let mut own = 0.0;
        for person in &self.chosen_by[item] {
            let choices = &self.chose[*person];
            let Some(mine) = choices.iter().find(|c| c.item == item) else { continue };
            own += mine.says * mine.says;
            for other in choices.iter().rev().take(MADE_TOGETHER).filter(|c| c.item != item) {
                let entry = both.entry(other.item).or_default();
                entry.0 += mine.says * other.says;
                entry.1 = entry.1.saturating_add(1);
            }
        }
        let mut list: Vec<Beside> = both
            .into_iter()
            .map(|(other, (dot, people))| {
                // Most choices of a thing say about as much: its length is told by their number.
                let length = (own * self.chosen_by[other].len() as f32).sqrt().max(0.01);
                let shrunk = f32::from(people) / (f32::from(people) + SHRINK);
                Beside { item: other, alike: dot / length * shrunk, people }
            })
            .collect();
        list.sort_unstable_by(|a, b| b.alike.total_cmp(&a.alike).then(a.item.cmp(&b.item)));
        list.truncate(BESIDE);
        list
    }

    fn find_hottest(&self, now: Millis) -> Vec<usize> {
        let there = self.items.iter().enumerate().filter(|(_, item)| !item.gone);
        let mut all: Vec<(usize, f32)> = there.map(|(i, item)| (i, item.hot(now))).collect();
        let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if all.len() > 400 {
            all.select_nth_unstable_by(400, order);
            all.truncate(400);
        }
        all.sort_unstable_by(order);
        all.into_iter().map(|(i, _)| i).collect()
    }
}

/// A thing as it was read.
struct Found {
    thing: Thing,
    author: Uuid,
    about: Vec<Uuid>,
    at: Millis,
    liked: i64,
}

/// The model of this process, and how far it has read.
#[derive(Default)]
pub(super) struct Kept {
    model: RwLock<Model>,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    /// Everything up to here is known; 0: nothing yet.
    things: Millis,
    events: Millis,
    whole: Millis,
    hot: Millis,
    /// Events of the last moments that are known, with when they came.
    known: HashMap<Uuid, Millis>,
}

impl Kept {
    pub(super) fn look(&self) -> RwLockReadGuard<'_, Model> {
        self.model.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Model> {
        self.model.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Always before the model, where both are held.
    fn read(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether everything has been read once.
    pub(super) fn is_ready(&self) -> bool {
        self.read().whole > 0
    }

    /// Learns of events that are not known yet.
    fn learn(&self, events: impl Iterator<Item = (Uuid, Event)>, now: Millis) {
        let (mut read, mut model) = (self.read(), self.change());
        for (id, event) in events {
            // What is so old that it is not read again need not be known again.
            let new = now - event.at > 3 * LATE || read.known.insert(id, now).is_none();
            if new && !model.learn(&event) && model.early.len() < 10_000 {
                model.early.push(event);
            }
        }
    }
}

/// Learns of what this process has just written.
pub(super) fn learn_of(shop: &Shop, events: impl Iterator<Item = (Uuid, Event)>) {
    shop.kept.feed.model.learn(events, shop.clock.now());
}

/// What somebody did up to an instant is not known any more, and no list that was made of it is shown.
pub(super) fn forget(shop: &Shop, person: PersonId, until: Millis) {
    shop.kept.feed.lists.remove(&person);
    shop.kept.feed.model.change().forget(person.0, until);
}

/// Reads what has come since: things, what was done on other nodes, who wants to be forgotten; then counts anew what lies beside what was
/// chosen. Whatever is missing after a fault is read the next time.
///
/// # Errors
/// What the database says.
pub async fn catch_up(shop: &Shop) -> Result<()> {
    let now = shop.clock.now();
    let (things, events, whole) = {
        let read = shop.kept.feed.model.read();
        (read.things, read.events, read.whole)
    };
    let start = events == 0;
    let all = start || now - whole >= WHOLE;
    let from = if all { 0 } else { things - MINUTE };
    let mut found: Vec<Found> = Vec::new();
    for row in catalog::for_feed(shop, from, THINGS).await? {
        let thing = Thing { kind: Kind::Product, id: row.id };
        let about = vec![row.category_id];
        found.push(Found { thing, author: row.merchant_id, about, at: row.published_at, liked: row.sold });
    }
    for (row, about) in post::for_feed(shop, from, THINGS).await? {
        let thing = Thing { kind: Kind::Post, id: row.id };
        let liked = row.likes + 2 * row.collects + 2 * row.comments;
        found.push(Found { thing, author: row.author_id, about, at: row.published_at, liked });
    }
    found.sort_by_key(|f| f.at);
    // Beside SQLite there is no other node.
    let rows = match (start, shop.db.engine()) {
        (true, _) => super::read_events(shop, first_id(0), EVENTS).await?,
        (false, Engine::Postgres) => super::read_events(shop, first_id(events - LATE), EVENTS).await?,
        (false, Engine::Sqlite) => Vec::new(),
    };
    // After the events: whoever has taken his agreement back by now is forgotten with all of them.
    let since = if start { now } else { events - MINUTE };
    let gone = consent::withdrawn_since(shop, consent::Purpose::Personal, since).await?;
    let shop = shop.clone();
    let work = move || {
        put(&shop, &found, all, now);
        for piece in rows.chunks(PIECE) {
            shop.kept.feed.model.learn(piece.iter().copied(), now);
        }
        for (person, at) in gone {
            forget(&shop, PersonId(person), at);
        }
        let kept = &shop.kept.feed.model;
        {
            let (mut read, mut model) = (kept.read(), kept.change());
            for event in std::mem::take(&mut model.early) {
                // One that is not known after an hour is none that is shown to everybody.
                if !model.learn(&event) && now - event.at < HOUR {
                    model.early.push(event);
                }
            }
            read.known.retain(|_, at| now - *at < 3 * LATE);
            (read.things, read.events) = (now, now);
            if all {
                read.whole = now;
            }
        }
        count_anew(&shop);
    };
    if let Err(fault) = tokio::task::spawn_blocking(work).await {
        tracing::error!(%fault, "learning what people choose");
    }
    Ok(())
}

/// Things as they were read. In pieces: whoever wants to look waits for one of them at most. `all`: what is not among them is gone.
fn put(shop: &Shop, found: &[Found], all: bool, now: Millis) {
    let kept = &shop.kept.feed.model;
    let before = kept.look().items.len();
    for piece in found.chunks(PIECE) {
        let mut model = kept.change();
        piece.iter().for_each(|f| model.put(f));
    }
    if all {
        let there: HashSet<Uuid> = found.iter().map(|f| f.thing.id).collect();
        for item in kept.change().items.iter_mut().filter(|i| !there.contains(&i.thing.id)) {
            item.gone = true;
        }
    }
    if kept.look().items.len() > before {
        kept.change().order();
    }
    if all || now - kept.read().hot >= HOT {
        let hottest = kept.look().find_hottest(now);
        kept.change().hottest = hottest;
        kept.read().hot = now;
    }
}

/// Counts anew what lies beside what was chosen since, one thing after the other: nobody waits longer than for one.
fn count_anew(shop: &Shop) {
    let kept = &shop.kept.feed.model;
    for _ in 0..AT_ONCE {
        let Some(item) = ({
            let mut model = kept.change();
            let next = model.stale.iter().next().copied();
            // Whoever chooses it or is forgotten while it is counted makes it stale again.
            next.inspect(|item| {
                model.stale.remove(item);
            })
        }) else {
            return;
        };
        let list = kept.look().count_beside(item);
        kept.change().beside[item] = list;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::DAY;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn found(n: u128, author: u128, at: Millis) -> Found {
        let thing = Thing { kind: Kind::Post, id: id(n) };
        Found { thing, author: id(author), about: vec![id(500 + n % 3)], at, liked: 0 }
    }

    fn a_model() -> Model {
        let mut model = Model::default();
        for n in 0..6 {
            model.put(&found(n, 100 + n % 2, n as Millis * DAY));
        }
        model
    }

    fn did(person: u128, did: Did, thing: u128) -> Event {
        Event { person: id(1_000 + person), did, thing: id(thing), ms: 0, at: 10 * DAY }
    }

    #[test]
    fn what_the_same_people_chose_lies_beside_and_nothing_else() {
        let mut model = a_model();
        for person in 0..8 {
            let [a, b] = if person % 2 == 0 { [0, 1] } else { [2, 3] };
            assert!(model.learn(&did(person, Did::Like, a)) && model.learn(&did(person, Did::Like, b)));
        }
        let beside: Vec<(usize, u16)> = model.count_beside(0).iter().map(|b| (b.item, b.people)).collect();
        assert_eq!(beside, [(1, 4)]);
        assert_eq!(model.count_beside(4).len(), 0);
        let alike = (model.count_beside(0)[0].alike, model.count_beside(1)[0].alike);
        assert!((alike.0 - alike.1).abs() < 0.000_1, "both ways alike: {alike:?}");
    }

    #[test]
    fn a_choice_that_is_made_again_counts_once_and_an_open_does_not_weaken_a_like() {
        let mut model = a_model();
        for _ in 0..3 {
            model.learn(&did(1, Did::Like, 0));
            model.learn(&did(1, Did::Open, 0));
        }
        assert_eq!(model.choices(id(1_001)).count(), 1);
        assert!((model.choices(id(1_001)).next().unwrap().says - Did::Like.says(0)).abs() < f32::EPSILON);
        assert_eq!(model.chosen_by[0].len(), 1);
    }

    #[test]
    fn who_is_forgotten_stands_nowhere_and_leaves_no_neighbours() {
        let mut model = a_model();
        for person in 0..4 {
            model.learn(&did(person, Did::Order, 0));
            model.learn(&did(person, Did::Order, 1));
        }
        for person in 0..4 {
            model.forget(id(1_000 + person), Millis::MAX);
        }
        assert!(model.chosen_by.iter().all(VecDeque::is_empty) && model.people.is_empty());
        assert!(model.count_beside(0).is_empty());
    }

    #[test]
    fn whoever_only_looked_is_forgotten_as_well() {
        let mut model = a_model();
        model.learn(&did(1, Did::Impression, 0));
        model.early.push(did(1, Did::Like, 99));
        model.forget(id(1_001), Millis::MAX);
        assert!(model.lately.is_empty() && model.early.is_empty());
    }

    #[test]
    fn nobody_is_known_by_more_choices_than_are_kept() {
        let mut model = Model::default();
        for n in 0..300 {
            model.put(&found(n, 900, 0));
        }
        for n in 0..300 {
            model.learn(&did(7, Did::Like, n));
        }
        assert_eq!(model.choices(id(1_007)).count(), CHOICES);
        assert!(model.chosen_by[0].is_empty() && model.chosen_by[299].len() == 1);
    }

    #[test]
    fn what_one_person_does_again_and_again_counts_once() {
        let mut model = a_model();
        for _ in 0..50 {
            for did_what in [Did::Impression, Did::Open, Did::Cart] {
                model.learn(&did(1, did_what, 0));
            }
        }
        let item = &model.items[0];
        assert_eq!((item.shown, item.opened, item.heat), (1.0, 1.0, 1.0));
    }

    #[test]
    fn whoever_starts_anew_is_known_by_what_he_does_from_then_on() {
        let mut model = a_model();
        model.learn(&did(1, Did::Like, 0));
        model.learn(&Event { at: 11 * DAY, ..did(1, Did::Like, 1) });
        model.forget(id(1_001), 10 * DAY);
        assert_eq!(model.choices(id(1_001)).map(|c| c.item).collect::<Vec<_>>(), [1]);
        assert!(model.chosen_by[0].is_empty());
    }

    #[test]
    fn those_who_are_idle_for_longest_make_room_and_the_others_keep_what_they_chose() {
        let mut model = a_model();
        for person in 0..4 {
            model.learn(&Event { at: (20 - person as Millis) * DAY, ..did(person, Did::Like, person) });
        }
        model.forget(id(1_003), Millis::MAX);
        model.renumber();
        for person in 0..3 {
            assert_eq!(model.choices(id(1_000 + person)).map(|c| c.item).collect::<Vec<_>>(), [person as usize]);
        }
        assert!(model.chosen_by[3].is_empty() && model.chosen_by[2].len() == 1 && model.chose.len() == 3);
    }

    #[test]
    fn near_are_those_who_share_two_choices() {
        let mut model = a_model();
        for (person, thing) in [(1, 0), (1, 1), (2, 0), (2, 1), (2, 4), (3, 0), (3, 5)] {
            model.learn(&did(person, Did::Like, thing));
        }
        let near = model.near(id(1_001), &[0, 1]);
        assert_eq!(near.len(), 1);
        assert!(near[0].1.iter().any(|c| c.item == 4));
    }

    #[test]
    fn the_newest_come_first_whenever_they_were_read() {
        let mut model = a_model();
        model.put(&found(50, 1, 3 * DAY + 1));
        model.order();
        let ages: Vec<Millis> = model.newest().map(|i| model.items[i].at).collect();
        assert!(ages.windows(2).all(|w| w[0] >= w[1]), "{ages:?}");
    }
}
