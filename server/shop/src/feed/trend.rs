//! Which topics move: by what is posted under them and chosen of it lately, with decay.

use crate::Shop;
use domain::{
    Millis,
    feed::{Kind, halved},
};
use std::{
    collections::HashMap,
    sync::PoisonError,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Posts that are looked at: the newest.
const POSTS: usize = 5_000;
/// Topics that are shown, and how long they stay the same.
const MOST: usize = 8;
const KEPT: Duration = Duration::from_secs(60);
/// A topic moves when so many people post under it: one alone moves nothing.
const PEOPLE: usize = 2;

/// Topics that move, the one that moves most first: each post counts for what is going on about it, and for being new, halved every
/// three days. Posts of one author count less each: their square root.
pub(crate) fn moving(shop: &Shop, now: Millis) -> Vec<Uuid> {
    let mut kept = shop.kept.feed.moving.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, topics)) = kept.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
        return topics.clone();
    }
    let topics = looked_for(shop, now);
    *kept = Some((Instant::now(), topics.clone()));
    topics
}

fn looked_for(shop: &Shop, now: Millis) -> Vec<Uuid> {
    let model = shop.kept.feed.model.look();
    let mut by_author: HashMap<(u32, u32), f32> = HashMap::new();
    for item in model.newest_posts().take(POSTS).filter_map(|i| model.items.get(i)) {
        if item.gone || item.thing.kind != Kind::Post {
            continue;
        }
        let worth = item.hot(now) + halved(now - item.at, 3);
        for about in &item.about {
            *by_author.entry((*about, item.author)).or_default() += worth;
        }
    }
    let mut topics: HashMap<u32, (f32, usize)> = HashMap::new();
    for ((about, _), worth) in by_author {
        let topic = topics.entry(about).or_default();
        topic.0 += worth.max(0.0).sqrt();
        topic.1 += 1;
    }
    let mut moving: Vec<(u32, f32)> = topics
        .into_iter()
        .filter(|(_, (_, people))| *people >= PEOPLE)
        .map(|(about, (worth, _))| (about, worth))
        .collect();
    moving.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    moving.into_iter().take(MOST).map(|(about, _)| model.about_id(about)).collect()
}
