//! What people look for: what is hot, told by how many and not by whom; and what I looked for, if I want that to be remembered.

use super::words::spoken;
use crate::{Error, Result, Shop, args, consent, db::Tx, fold::fold, mark, moderation};
use domain::{
    Millis,
    id::PersonId,
    search::HotWord,
    time::{DAY, MINUTE},
};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

/// Hot words shown; people who must have looked for them on one day; days that count; days that are kept.
const HOT: i64 = 10;
const PEOPLE: i64 = 3;
const DAYS: i64 = 7;
const KEPT_DAYS: i64 = 30;
/// My own words that are kept.
const MINE: i64 = 20;
/// What waits to be written, at most, and of one person; of more nothing is kept.
const WAITING: usize = 1_000;
const WAITING_EACH: usize = 20;
/// What is hot is read again after so long.
const FRESH: Duration = Duration::from_secs(60);

/// What somebody looked for, and when.
struct Word {
    person: PersonId,
    words: String,
    at: Millis,
}

/// What this process heard and has not written yet, and what was hot a moment ago.
#[derive(Default)]
pub(super) struct Heard {
    waiting: Mutex<Vec<Word>>,
    hot: Mutex<Option<(Instant, i64, Vec<HotWord>)>>,
    swept: AtomicI64,
}

impl Heard {
    fn waiting(&self) -> MutexGuard<'_, Vec<Word>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes that somebody looked for words and found something. Nothing is written here: nobody waits for it.
pub fn heard(shop: &Shop, me: PersonId, words: &str) {
    let words = spoken(words);
    if !(1..=24).contains(&words.chars().count()) {
        return;
    }
    let mut waiting = shop.kept.search.heard.waiting();
    let mine = waiting.iter().filter(|w| w.person == me).count();
    if waiting.len() < WAITING && mine < WAITING_EACH {
        waiting.push(Word { person: me, words, at: shop.clock.now() });
    }
}

fn day(shop: &Shop, now: Millis) -> i64 {
    (now + shop.settings.utc_offset_minutes * MINUTE).div_euclid(DAY)
}

/// Something that was heard: of whom, what, when, by what it is counted (folded), and as whose it is counted once.
struct Said {
    person: PersonId,
    words: String,
    at: Millis,
    folded: String,
    who: Vec<u8>,
    counts: bool,
}

/// Writes what was heard: counts each person once a day for the same words, unless they are words that must not stand anywhere; keeps
/// it for people who wanted that when they looked for it.
///
/// # Errors
/// What the database says; then it is not counted.
pub async fn flush(shop: &Shop) -> Result<()> {
    let now = shop.clock.now();
    let today = day(shop, now);
    let mut waiting = std::mem::take(&mut *shop.kept.search.heard.waiting());
    let new_day = shop.kept.search.heard.swept.swap(today, Ordering::Relaxed) != today;
    if waiting.is_empty() && !new_day {
        return Ok(());
    }
    let lists = moderation::lists(shop).await?;
    // In one order everywhere: nodes that write the same words wait for each other, never in a ring.
    waiting.sort_unstable_by(|a, b| (fold(&a.words), a.person.0, a.at).cmp(&(fold(&b.words), b.person.0, b.at)));
    let said: Vec<Said> = waiting
        .into_iter()
        .map(|Word { person, words, at }| {
            let folded = fold(&words);
            let says_something = folded.chars().count() > 1 || !folded.is_ascii();
            let counts = says_something && lists.look(&folded, false).is_empty();
            Said { person, who: mark::looked_for(shop, today, person.0, &folded), counts, words, at, folded }
        })
        .collect();
    let counted = shop
        .db
        .write((said, today), |tx, (said, today)| {
            Box::pin(async move {
                let mut counted = 0;
                for one in said.iter().filter(|s| s.counts) {
                    let first = tx
                        .execute(
                            "INSERT INTO search_who (day, who) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                            args![*today, one.who.as_slice()],
                        )
                        .await?;
                    if first == 1 {
                        tx.execute(
                            "INSERT INTO search_said (day, words, shown, people) VALUES ($1, $2, $3, 1)
                             ON CONFLICT (day, words) DO UPDATE SET people = search_said.people + 1, shown = excluded.shown",
                            args![*today, one.folded.as_str(), one.words.as_str()],
                        )
                        .await?;
                        counted += 1;
                    }
                }
                let people: Vec<uuid::Uuid> = said.iter().map(|s| s.person.0).collect();
                let agreed = consent::hold(tx, &people, consent::Purpose::Personal).await?;
                for one in said {
                    if agreed.get(&one.person.0).is_some_and(|given| *given <= one.at) {
                        keep(tx, one.person, &one.words, one.at).await?;
                    }
                }
                tx.execute("DELETE FROM search_who WHERE day < $1", args![*today]).await?;
                tx.execute("DELETE FROM search_said WHERE day < $1", args![*today - KEPT_DAYS]).await?;
                Ok::<_, Error>(counted)
            })
        })
        .await?;
    if counted > 0 {
        *shop.kept.search.heard.hot.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
    Ok(())
}

async fn keep(tx: &mut Tx, person: PersonId, words: &str, now: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO search_mine (person_id, words, at) VALUES ($1, $2, $3)
         ON CONFLICT (person_id, words) DO UPDATE SET at = CASE WHEN excluded.at > search_mine.at THEN excluded.at ELSE search_mine.at END",
        args![person, words, now],
    )
    .await?;
    tx.execute(
        "DELETE FROM search_mine WHERE person_id = $1 AND words NOT IN
             (SELECT words FROM search_mine WHERE person_id = $1 ORDER BY at DESC, words LIMIT $2)",
        args![person, MINE],
    )
    .await?;
    Ok(())
}

/// What many people look for this week, the later the more it counts; never what fewer than three did on any day of it.
pub(super) async fn hot(shop: &Shop) -> Result<Vec<HotWord>> {
    crate::row! {
        struct Row {
            shown: String,
            since: i64,
        }
    }
    let today = day(shop, shop.clock.now());
    let kept = shop.kept.search.heard.hot.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, _, words)) = kept.filter(|(at, day, _)| *day == today && at.elapsed() < FRESH) {
        return Ok(words);
    }
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT MAX(shown) AS shown, MIN(day) AS since FROM search_said WHERE day > $1 GROUP BY words HAVING MAX(people) >= $2
             ORDER BY SUM(people * (day - $1)) DESC, MIN(day) DESC, words LIMIT $3",
            args![today - DAYS, PEOPLE, HOT],
        )
        .await?;
    let words: Vec<HotWord> = rows.into_iter().map(|r| HotWord { words: r.shown, new: r.since == today }).collect();
    let kept = Some((Instant::now(), today, words.clone()));
    *shop.kept.search.heard.hot.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    Ok(words)
}

/// What I looked for, the last first.
pub(super) async fn mine(shop: &Shop, me: PersonId) -> Result<Vec<String>> {
    crate::row! {
        struct Row {
            words: String,
        }
    }
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT words FROM search_mine WHERE person_id = $1 ORDER BY at DESC, words LIMIT $2",
            args![me, MINE],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.words).collect())
}

/// Forgets what I looked for: one query, or (`None`) all; also what is not written yet.
///
/// # Errors
/// What the database says.
pub async fn forget(shop: &Shop, me: PersonId, words: Option<String>) -> Result<()> {
    unhear(shop, me, words.as_deref());
    shop.db
        .write((me, words), |tx, (me, words)| {
            Box::pin(async move {
                tx.execute(
                    "DELETE FROM search_mine WHERE person_id = $1 AND ($2 = '' OR words = $2)",
                    args![*me, words.clone().unwrap_or_default()],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

fn unhear(shop: &Shop, me: PersonId, words: Option<&str>) {
    shop.kept.search.heard.waiting().retain(|w| w.person != me || words.is_some_and(|words| words != w.words));
}

/// Everything that is remembered of what I looked for goes, also what is not written yet.
pub(crate) async fn forget_all(tx: &mut Tx, shop: &Shop, me: PersonId) -> Result<()> {
    tx.execute("DELETE FROM search_mine WHERE person_id = $1", args![me]).await?;
    let shop = shop.clone();
    tx.after_commit(move || unhear(&shop, me, None));
    Ok(())
}
