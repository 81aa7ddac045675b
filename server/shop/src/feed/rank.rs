//! What somebody is shown, and in which order: what comes into question, why each thing would be shown, and a mix of the best.

#![expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "small numbers of things become weights")]

use super::{
    Thing,
    model::{Beside, Model, TOGETHER},
};
use domain::{
    Millis,
    feed::{Candidate, Factor, Factors, Kind, LITTLE_KNOWN, LessKind, Weights, fresh, halved, mix, squash},
    time::DAY,
};
use rand::{Rng as _, rngs::StdRng};
use rand_distr::{Beta, Distribution as _};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Of what somebody chose so many of the last count.
const LATELY: usize = 60;
/// What he has opened or chosen himself is known to him for so long.
const OPENED: Millis = 30 * DAY;
/// Things that come into question from each side.
const SIDE: usize = 150;
/// Newest things of each author whom he follows, and of each topic that he often chooses.
const NEWEST: usize = 12;
/// Topics and categories that he often chooses.
const OFTEN: usize = 6;
/// Of so many of the newest posts those are looked for of whom little is known, so many at most.
const NEW_POSTS: usize = 2_000;
const NEW_FACES: usize = 24;
/// Places that are filled at once.
pub(super) const PLACES: usize = 168;
/// How many of the best come into the mix.
const MIXED: usize = 420;
/// What an impression is opened as often as, before anything is known: one of ten.
const OPENS: (f32, f32) = (1.0, 9.0);

/// What is known of somebody, apart from what he chose.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) person: Uuid,
    pub(super) followed: HashSet<Uuid>,
    /// What friends bought, and who.
    pub(super) friends: HashMap<Uuid, Vec<Uuid>>,
    /// Whose things he does not see.
    pub(super) unseen: HashSet<Uuid>,
    pub(super) less: Vec<(LessKind, Uuid)>,
    /// How many times each thing was on one of his pages lately.
    pub(super) shown: HashMap<Uuid, u16>,
    /// What he has, and what must not come again in this list.
    pub(super) without: HashSet<Uuid>,
}

/// A thing in its place, and what it stands there for.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) thing: Thing,
    /// Who made it.
    pub(super) author: Uuid,
    pub(super) x: Factors,
    /// What a factor is about: the thing that he chose, the friend, the topic.
    pub(super) because: Vec<(Factor, Uuid)>,
}

/// What speaks for a thing: how much, the strongest voice and how strong that is, and how many voices there are.
#[derive(Clone, Copy)]
struct Voice {
    all: f32,
    strongest: f32,
    of: usize,
    many: u16,
}

#[derive(Default)]
struct Voices(HashMap<usize, Voice>);

impl Voices {
    fn add(&mut self, item: usize, by: f32, voice: usize) {
        let entry = self.0.entry(item).or_insert(Voice { all: 0.0, strongest: 0.0, of: voice, many: 0 });
        entry.all += by;
        entry.many = entry.many.saturating_add(1);
        if by > entry.strongest {
            (entry.strongest, entry.of) = (by, voice);
        }
    }

    /// The loudest that may stand.
    fn best(&self, n: usize, may_stand: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut list: Vec<(usize, f32)> =
            self.0.iter().filter(|(i, _)| may_stand(**i)).map(|(i, v)| (*i, v.all)).collect();
        list.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        list.into_iter().take(n).map(|(i, _)| i).collect()
    }

    fn of(&self, item: usize) -> f32 {
        self.0.get(&item).map_or(0.0, |v| v.all)
    }
}

/// How much somebody cares about topics and categories: parts of all that he chose.
pub(super) fn interests(model: &Model, person: Uuid, now: Millis) -> HashMap<u32, f32> {
    let mut much: HashMap<u32, f32> = HashMap::new();
    let mut all = 0.0;
    for choice in model.choices(person).rev().take(LATELY) {
        let Some(item) = model.items.get(choice.item) else { continue };
        let weight = choice.says * halved(now - choice.at, 21);
        all += weight;
        for about in &item.about {
            *much.entry(*about).or_default() += weight;
        }
    }
    much.values_mut().for_each(|x| *x /= f32::max(all, 0.5));
    much
}

/// Everything that comes into question for somebody, and why.
struct Question<'a> {
    model: &'a Model,
    asked: &'a Asked,
    now: Millis,
    beside: Voices,
    near: Voices,
    interests: HashMap<u32, f32>,
    followed: HashSet<u32>,
    less_authors: HashSet<u32>,
    less_about: HashSet<u32>,
    /// Things that he wants less of, and what lies beside them.
    less_like: HashMap<usize, f32>,
    /// What he has looked at lately.
    opened: HashSet<usize>,
}

impl<'a> Question<'a> {
    fn new(model: &'a Model, asked: &'a Asked, now: Millis) -> Self {
        let (mut beside, mut near) = (Voices::default(), Voices::default());
        let lately: Vec<_> = model.choices(asked.person).rev().take(LATELY).copied().collect();
        let own: HashSet<usize> = model.choices(asked.person).map(|c| c.item).collect();
        for choice in &lately {
            let weight = choice.says * halved(now - choice.at, 14);
            // Only what several others chose: nobody is told by it. What he chose himself he knows.
            let told = |o: &&Beside| o.people >= TOGETHER && !own.contains(&o.item);
            for other in model.beside(choice.item).iter().filter(told) {
                beside.add(other.item, weight * other.alike, choice.item);
            }
        }
        let items: Vec<usize> = lately.iter().take(30).map(|c| c.item).collect();
        for (how_near, chose) in model.near(asked.person, &items) {
            for choice in chose.iter().rev().take(20).filter(|c| !own.contains(&c.item)) {
                near.add(choice.item, how_near * choice.says * halved(now - choice.at, 7), choice.item);
            }
        }
        near.0.retain(|_, voice| voice.many >= TOGETHER);
        let mut less_like = HashMap::new();
        let less = |kinds: &[LessKind]| -> Vec<Uuid> {
            asked.less.iter().filter(|(k, _)| kinds.contains(k)).map(|(_, id)| *id).collect()
        };
        for item in less(&[LessKind::Product, LessKind::Post]).into_iter().filter_map(|id| model.item_of(id)) {
            less_like.insert(item, 1.0);
            for other in model.beside(item) {
                let x: &mut f32 = less_like.entry(other.item).or_default();
                *x = x.max((other.alike * 2.0).min(0.6));
            }
        }
        Self {
            model,
            asked,
            now,
            beside,
            near,
            interests: interests(model, asked.person, now),
            followed: asked.followed.iter().filter_map(|id| model.author_of(*id)).collect(),
            less_authors: less(&[LessKind::Author]).into_iter().filter_map(|id| model.author_of(id)).collect(),
            less_about: less(&[LessKind::About]).into_iter().filter_map(|id| model.about_of(id)).collect(),
            less_like,
            opened: model.choices(asked.person).filter(|c| now - c.at < OPENED).map(|c| c.item).collect(),
        }
    }

    /// Things that come into question, each once.
    fn things(&self, draw: &mut StdRng) -> Vec<usize> {
        let model = self.model;
        let may = |i: usize| self.may_stand(i);
        let mut list: Vec<usize> = self.beside.best(SIDE, may);
        list.extend(self.near.best(SIDE, may));
        for author in &self.followed {
            list.extend(model.by_author(*author).iter().rev().take(NEWEST).copied().filter(|i| may(*i)));
        }
        list.extend(self.asked.friends.keys().filter_map(|id| model.item_of(*id)).filter(|i| may(*i)));
        let mut often: Vec<(u32, f32)> = self.interests.iter().map(|(a, x)| (*a, *x)).collect();
        often.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for (about, _) in often.into_iter().take(OFTEN) {
            list.extend(model.by_about(about).iter().rev().copied().filter(|i| may(*i)).take(2 * NEWEST));
        }
        list.extend(model.hottest().iter().copied().filter(|i| may(*i)).take(SIDE));
        list.extend(model.newest().filter(|i| may(*i)).take(SIDE));
        list.extend(self.new_faces());
        // Anything, by chance.
        let all = model.items.len();
        let drawn = (0..if all == 0 { 0 } else { 2 * NEWEST }).map(|_| draw.random_range(0..all));
        list.extend(drawn.filter(|i| may(*i)).collect::<Vec<_>>());
        list.sort_unstable();
        list.dedup();
        list
    }

    /// The newest post of each of some whom hardly anybody has seen.
    fn new_faces(&self) -> Vec<usize> {
        let mut authors = HashSet::new();
        let new = self.model.newest_posts().take(NEW_POSTS).filter(|i| self.is_new_face(*i) && self.may_stand(*i));
        new.filter(|i| self.model.items.get(*i).is_some_and(|item| authors.insert(item.author)))
            .take(NEW_FACES)
            .collect()
    }

    fn may_stand(&self, item: usize) -> bool {
        let Some(item) = self.model.items.get(item) else { return false };
        let (id, author) = (item.thing.id, self.model.author_id(item.author));
        !item.gone
            && author != self.asked.person
            && !self.asked.unseen.contains(&author)
            && !self.asked.without.contains(&id)
            && !self
                .asked
                .less
                .iter()
                .any(|(kind, what)| matches!(kind, LessKind::Product | LessKind::Post) && *what == id)
    }

    /// By somebody whom hardly anybody has seen, and new.
    fn is_new_face(&self, item: usize) -> bool {
        self.model.items.get(item).is_some_and(|i| {
            i.thing.kind == Kind::Post
                && i.shown < LITTLE_KNOWN
                && self.now - i.at < 7 * DAY
                && self.model.author_shown(i.author) < 3.0 * LITTLE_KNOWN
        })
    }

    fn why(&self, number: usize, draw: &mut StdRng) -> Option<Placed> {
        let (model, item) = (self.model, self.model.items.get(number)?);
        let mut x = Factors::default();
        let mut because = Vec::new();
        if self.followed.contains(&item.author) {
            x.set(Factor::Followed, 1.0);
            because.push((Factor::Followed, model.author_id(item.author)));
        }
        if let Some(friends) = self.asked.friends.get(&item.thing.id) {
            x.set(Factor::Friends, squash(friends.len() as f32, 0.5));
            because.extend(friends.first().map(|f| (Factor::Friends, *f)));
        }
        let beside = squash(self.beside.of(number), 0.25);
        x.set(Factor::Beside, beside);
        let voice = self.beside.0.get(&number).and_then(|voice| model.items.get(voice.of));
        because.extend(voice.map(|v| (Factor::Beside, v.thing.id)));
        x.set(Factor::Near, squash(self.near.of(number), 1.0));
        let about = item.about.iter().map(|a| (*a, self.interests.get(a).copied().unwrap_or(0.0)));
        if let Some((about, much)) = about.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, much)| *much > 0.0) {
            x.set(Factor::Interest, (2.0 * much).min(1.0));
            because.push((Factor::Interest, model.about_id(about)));
        }
        x.set(Factor::Hot, squash(item.hot(self.now), 6.0));
        x.set(Factor::Fresh, fresh(self.now - item.at));
        x.set(Factor::Explore, explored(item.shown, item.opened, draw));
        let shown = f32::from(self.asked.shown.get(&item.thing.id).copied().unwrap_or(0));
        x.set(Factor::Seen, if self.opened.contains(&number) { 1.0 } else { squash(shown, 1.0) });
        let less_author = if self.less_authors.contains(&item.author) { 1.0 } else { 0.0 };
        let less_about = if item.about.iter().any(|a| self.less_about.contains(a)) { 0.8 } else { 0.0 };
        let less_like = self.less_like.get(&number).copied().unwrap_or(0.0);
        x.set(Factor::Less, f32::max(less_author, f32::max(less_about, less_like)));
        // As it is stored and explained: in hundredths.
        x.0.iter_mut().for_each(|x| *x = (*x * 100.0).round() / 100.0);
        Some(Placed { thing: item.thing, author: model.author_id(item.author), x, because })
    }
}

/// A guess of how often it is opened, drawn from what is known of that (Thompson sampling; Chapelle and Li, An empirical evaluation, 2011):
/// half where it is what anything is.
fn explored(shown: f32, opened: f32, draw: &mut StdRng) -> f32 {
    let (a, b) = (OPENS.0 + opened.max(0.0), OPENS.1 + (shown - opened).max(0.0));
    let drawn = Beta::new(a, b).map_or(a / (a + b), |beta| beta.sample(draw));
    squash(drawn, OPENS.0 / (OPENS.0 + OPENS.1))
}

/// The list of somebody, the first first.
pub(super) fn rank(model: &Model, asked: &Asked, weights: &Weights, now: Millis, draw: &mut StdRng) -> Vec<Placed> {
    let question = Question::new(model, asked, now);
    let mut list: Vec<(usize, Placed, f32)> = question
        .things(draw)
        .into_iter()
        .filter_map(|i| {
            let placed = question.why(i, draw)?;
            let score = weights.score(&placed.x);
            Some((i, placed, score))
        })
        .collect();
    list.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    // New faces come into the mix however little speaks for them yet.
    let new_faces: HashSet<usize> = question.new_faces().into_iter().collect();
    let mut at = 0;
    list.retain(|(i, ..)| {
        at += 1;
        at <= MIXED || new_faces.contains(i)
    });
    let candidates: Vec<Candidate> = list
        .iter()
        .filter_map(|(i, placed, score)| {
            let item = model.items.get(*i)?;
            Some(Candidate {
                score: *score,
                kind: placed.thing.kind,
                author: item.author,
                about: item.about.clone(),
                followed: question.followed.contains(&item.author) && placed.x.get(Factor::Less) == 0.0,
                new_face: question.is_new_face(*i)
                    && placed.x.get(Factor::Less) == 0.0
                    && placed.x.get(Factor::Seen) == 0.0,
            })
        })
        .collect();
    mix(&candidates, PLACES).into_iter().filter_map(|i| list.get(i)).map(|(_, placed, _)| placed.clone()).collect()
}
