//! What came of what somebody posts.
//!
//! Who opens a post is counted once a day, and nobody can say who it was: this process keeps a hash of browser and post in memory until the
//! day is over, and writes numbers only. Deliberately absent: machines and previews (the edge does not call for them).

use crate::{
    Error, Result, Shop, args,
    chance::made_at,
    commission,
    db::{Engine, listed},
    follow, order, post,
};
use domain::{
    Code,
    creator::{CreatorView, DAYS, Group, Part, PostCame, coarse, day_of},
    id::PersonId,
    time::{DAY, MINUTE},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// Who has looked at what today is remembered of so many; of more nobody is counted twice, or at all.
const EYES: usize = 2_000_000;
/// Posts on the page.
const POSTS: i64 = 30;
/// People are new for so long.
const NEW: i64 = 30 * DAY;

/// What this process has counted and not written yet.
#[derive(Default)]
pub struct Kept(Mutex<Today>, RandomState);

#[derive(Default)]
struct Today {
    day: i64,
    eyes: HashSet<u64>,
    /// Views and clicks by code.
    counted: BTreeMap<(i64, String), (i64, i64)>,
}

fn offset(shop: &Shop) -> i64 {
    shop.settings.utc_offset_minutes * MINUTE
}

fn count(shop: &Shop, code: &Code, eye: u64, click: bool) {
    let kept = &shop.kept.creator;
    let day = day_of(shop.clock.now(), offset(shop));
    let mut today = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    if today.day != day {
        today.day = day;
        today.eyes.clear();
    }
    let key = kept.1.hash_one((eye, code.as_str(), click));
    if today.eyes.len() >= EYES || !today.eyes.insert(key) {
        return;
    }
    let counted = today.counted.entry((day, code.as_str().to_owned())).or_default();
    if click {
        counted.1 += 1;
    } else {
        counted.0 += 1;
    }
}

/// Somebody has opened a post; `eye`: whose browser, as nobody can read it.
pub fn viewed(shop: &Shop, code: &Code, eye: u64) {
    count(shop, code, eye, false);
}

/// Somebody has gone on from a post to a thing that it shows.
pub fn clicked(shop: &Shop, code: &Code, eye: u64) {
    count(shop, code, eye, true);
}

/// Writes what was counted.
///
/// # Errors
/// What the database says; then it is not counted.
pub async fn flush(shop: &Shop) -> Result<()> {
    let counted = {
        let mut today = shop.kept.creator.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut today.counted)
    };
    if counted.is_empty() {
        return Ok(());
    }
    shop.db
        .write(counted, |tx, counted| {
            Box::pin(async move {
                for ((day, code), (views, clicks)) in counted {
                    tx.execute(
                        "INSERT INTO post_day (post_id, day, views, clicks) SELECT id, $1, $2, $3 FROM post WHERE code = $4 AND state = 'published'
                         ON CONFLICT (post_id, day) DO UPDATE SET views = post_day.views + excluded.views, clicks = post_day.clicks + excluded.clicks",
                        args![*day, *views, *clicks, code.as_str()],
                    )
                    .await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
}

/// What came of what I post.
///
/// # Errors
/// What the database says.
pub async fn desk(shop: &Shop, me: PersonId) -> Result<CreatorView> {
    let now = shop.clock.now();
    let (offset, since) = (offset(shop), now - DAYS * DAY);
    let first = day_of(since, offset) + 1;
    let days = days_of(shop, me, first).await?;
    let mut sold = commission::by_post(shop, me).await?;
    let posts: Vec<PostCame> = post::came_of(shop, me, POSTS)
        .await?
        .into_iter()
        .map(|p| {
            let (views, clicks) = days.get(&p.id).copied().unwrap_or_default();
            Ok(PostCame {
                code: p.code.parse().map_err(|_| crate::error::broken_row("post.code"))?,
                title: p.title,
                at: p.published_at,
                views,
                clicks,
                likes: p.likes,
                collects: p.collects,
                comments: p.comments,
                orders: sold.orders.get(&p.id).copied().unwrap_or_default(),
                earned: sold.earned.remove(&p.id).unwrap_or_default(),
            })
        })
        .collect::<Result<_>>()?;
    let slots = |rows: Vec<(i64, i64)>, first: i64, many: i64| -> Vec<i64> {
        let mut slots = vec![0; usize::try_from(many).unwrap_or(0)];
        for (at, n) in rows {
            if let Some(slot) = usize::try_from(at - first).ok().and_then(|i| slots.get_mut(i)) {
                *slot += n;
            }
        }
        slots
    };
    let followed = slots(follow::followed_on(shop, me, since, offset).await?, first, DAYS);
    let acts = post::acts_on(shop, me, since, offset).await?;
    let hours = slots(acts.iter().map(|a| (a.hour, a.n)).collect(), 0, 24);
    let people: Vec<Uuid> = acts.iter().map(|a| a.person_id).collect::<HashSet<_>>().into_iter().collect();
    let counts = follow::counts(&shop.db, me).await?;
    Ok(CreatorView {
        views: days.values().map(|d| d.0).sum(),
        clicks: days.values().map(|d| d.1).sum(),
        likes: counts.likes,
        collects: post::collects_of(shop, me).await?,
        followers: counts.followers,
        followed,
        hours,
        audience: i64::try_from(people.len()).unwrap_or(i64::MAX),
        parts: parts(shop, me, &people, now - NEW).await?,
        commission_bp: shop.settings.commission_bp,
        earned: commission::of(shop, me).await?,
        posts,
    })
}

/// Views and clicks of my posts since a day.
async fn days_of(shop: &Shop, me: PersonId, first: i64) -> Result<HashMap<Uuid, (i64, i64)>> {
    crate::row! {
        struct Day {
            post_id: Uuid,
            views: i64,
            clicks: i64,
        }
    }
    let mine = post::ids_by(shop, me).await?;
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT d.post_id, CAST(SUM(d.views) AS BIGINT) AS views, CAST(SUM(d.clicks) AS BIGINT) AS clicks
             FROM json_each($1) j CROSS JOIN post_day d ON d.post_id = unhex(j.value) WHERE d.day >= $2 GROUP BY d.post_id"
        }
        Engine::Postgres => {
            "SELECT d.post_id, CAST(SUM(d.views) AS BIGINT) AS views, CAST(SUM(d.clicks) AS BIGINT) AS clicks
             FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN post_day d ON d.post_id = CAST(j.value AS uuid)
             WHERE d.day >= $2 GROUP BY d.post_id"
        }
    };
    let rows: Vec<Day> = shop.db.fetch_all(sql, args![listed(&mine), first]).await?;
    Ok(rows.into_iter().map(|r| (r.post_id, (r.views, r.clicks))).collect())
}

/// Coarse parts of some people.
async fn parts(shop: &Shop, me: PersonId, people: &[Uuid], new: i64) -> Result<Vec<Part>> {
    let all = i64::try_from(people.len()).unwrap_or(i64::MAX);
    let followers = follow::following(shop, me, people).await?;
    let buyers = order::buyers_among(shop, people).await?;
    let fresh = people.iter().filter(|p| made_at(**p) >= new).count();
    let fresh = i64::try_from(fresh).unwrap_or(0);
    let of = [(Group::Followers, followers), (Group::Buyers, buyers), (Group::New, fresh)];
    Ok(of.into_iter().map(|(group, n)| Part { group, share: coarse(n, all) }).collect())
}
