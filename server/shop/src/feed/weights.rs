//! How much each factor counts: learned from what came of pages that were shown.

use super::made::Made;
use crate::{
    Error, Result, Shop, args,
    chance::{first_id, made_at},
    db::Tx,
};
use domain::{
    Millis,
    feed::{Did, Factor, LONG_MS, Weights},
    time::MINUTE,
};
use std::{collections::HashMap, sync::PoisonError};
use uuid::Uuid;

/// What comes of a page has come after so long.
const RIPE: Millis = 20 * MINUTE;
/// What is done within so long after a page came of it, if it was done with what stood there.
const COMES_OF: Millis = 20 * MINUTE;
/// Pages that are learned from at once.
const PAGES: i64 = 100;
const BIAS: &str = "bias";

fn micro(x: f32) -> i64 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a weight is below ten")]
    let micro = (f64::from(x) * 1_000_000.0).round() as i64;
    micro
}

fn from_micro(micro: i64) -> f32 {
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a weight is below ten"
    )]
    let x = (micro as f64 / 1_000_000.0) as f32;
    x
}

/// The weights that lists are made with.
pub fn weights(shop: &Shop) -> Weights {
    *shop.kept.feed.weights.lock().unwrap_or_else(PoisonError::into_inner)
}

crate::row! {
    struct Row {
        factor: String,
        micro: i64,
    }
}

fn known(rows: Vec<Row>) -> Weights {
    let mut weights = Weights::default();
    for row in rows {
        if row.factor == BIAS {
            weights.bias = from_micro(row.micro);
        } else if let Ok(factor) = row.factor.parse::<Factor>() {
            let (least, most) = factor.range();
            weights.of.set(factor, from_micro(row.micro).clamp(least, most));
        }
    }
    weights
}

async fn keep(tx: &mut Tx, factor: &str, weight: f32) -> Result<()> {
    tx.execute(
        "INSERT INTO feed_weight (factor, micro) VALUES ($1, $2) ON CONFLICT (factor) DO UPDATE SET micro = excluded.micro",
        args![factor, micro(weight)],
    )
    .await?;
    Ok(())
}

/// Learns from pages that are ripe: what stood in view was opened, or passed. Answers how many pages those were.
///
/// # Errors
/// What the database says; then nothing is learned.
pub async fn learn(shop: &Shop) -> Result<usize> {
    crate::row! {
        struct Any {
            ripe: bool,
        }
    }
    let until = first_id(shop.clock.now() - RIPE);
    let any: Any = shop
        .db
        .fetch_one("SELECT EXISTS (SELECT 1 FROM feed_page WHERE learned = FALSE AND id < $1) AS ripe", args![until])
        .await?;
    if !any.ripe {
        let weights = known(shop.db.fetch_all("SELECT factor, micro FROM feed_weight", args![]).await?);
        *shop.kept.feed.weights.lock().unwrap_or_else(PoisonError::into_inner) = weights;
        return Ok(0);
    }
    let (weights, pages) = shop
        .db
        .write(until, |tx, until| {
            Box::pin(async move {
                // Nodes learn one after the other.
                tx.execute(
                    "INSERT INTO feed_weight (factor, micro) VALUES ($1, $2) ON CONFLICT (factor) DO UPDATE SET micro = feed_weight.micro",
                    args![BIAS, micro(Weights::default().bias)],
                )
                .await?;
                let mut weights = known(tx.fetch_all("SELECT factor, micro FROM feed_weight", args![]).await?);
                let pages = ripe(tx, *until).await?;
                for page in &pages {
                    for (place, opened, counts) in outcomes(tx, page).await? {
                        if let Some(placed) = page.at(place) {
                            weights.learn(&placed.x, opened, counts);
                        }
                    }
                    tx.execute("UPDATE feed_page SET learned = TRUE WHERE id = $1", args![page.id]).await?;
                }
                if !pages.is_empty() {
                    keep(tx, BIAS, weights.bias).await?;
                    for (factor, weight) in weights.of.iter() {
                        keep(tx, factor.name(), weight).await?;
                    }
                }
                Ok::<_, Error>((weights, pages.len()))
            })
        })
        .await?;
    *shop.kept.feed.weights.lock().unwrap_or_else(PoisonError::into_inner) = weights;
    Ok(pages)
}

async fn ripe(tx: &mut Tx, until: Uuid) -> Result<Vec<Made>> {
    crate::row! {
        struct Page {
            id: Uuid,
            person_id: Uuid,
            items: String,
        }
    }
    let rows: Vec<Page> = tx
        .fetch_all(
            "SELECT id, person_id, items FROM feed_page WHERE learned = FALSE AND id < $1 ORDER BY id LIMIT $2",
            args![until, PAGES],
        )
        .await?;
    rows.into_iter().map(|r| Made::read(r.id, r.person_id, &r.items)).collect()
}

/// What came of the places of a page that were seen: whether it was opened, and how much that counts. What was done with a thing
/// elsewhere, on its own page say, came of where it had stood.
async fn outcomes(tx: &mut Tx, page: &Made) -> Result<Vec<(i64, bool, f32)>> {
    crate::row! {
        struct Done {
            page_id: Option<Uuid>,
            place: Option<i64>,
            thing: Uuid,
            did: String,
            ms: i64,
        }
    }
    let made = made_at(page.id);
    let rows: Vec<Done> = tx
        .fetch_all(
            "SELECT page_id, place, thing, did, ms FROM event WHERE person_id = $1 AND id >= $2 AND id < $3 ORDER BY id LIMIT 5000",
            args![page.person, first_id(made), first_id(made + COMES_OF)],
        )
        .await?;
    let things: HashMap<Uuid, i64> = page.things().map(|t| t.id).zip(0..).collect();
    let mut of: HashMap<i64, Outcome> = HashMap::new();
    for row in rows {
        let elsewhere = if row.page_id.is_none() { things.get(&row.thing).copied() } else { None };
        let Some(place) = elsewhere.or(row.place.filter(|_| row.page_id == Some(page.id))) else { continue };
        let outcome = of.entry(place).or_default();
        match row.did.parse::<Did>() {
            Ok(Did::Hide) => outcome.hidden = true,
            Ok(Did::Impression) => outcome.seen = true,
            Ok(Did::Open) => outcome.opened = outcome.opened.max(1.0),
            Ok(Did::Dwell) if row.ms >= LONG_MS => outcome.opened = outcome.opened.max(1.5),
            Ok(Did::Like | Did::Collect | Did::Share | Did::Cart | Did::Order) => outcome.opened = 2.0,
            _ => {}
        }
    }
    // Whoever does without a script tells nothing of what he saw; of him nothing is learned but what he did.
    let told = |o: &Outcome| o.hidden || o.seen || o.opened > 0.0;
    let mut list: Vec<(i64, bool, f32)> = of
        .into_iter()
        .filter(|(_, o)| told(o))
        .map(|(place, o)| match (o.hidden, o.opened > 0.0) {
            (true, _) => (place, false, 3.0),
            (false, true) => (place, true, o.opened),
            (false, false) => (place, false, 1.0),
        })
        .collect();
    list.sort_unstable_by_key(|(place, ..)| *place);
    Ok(list)
}

/// What came of a place.
#[derive(Default)]
struct Outcome {
    seen: bool,
    hidden: bool,
    /// How much it says that it was opened; nothing when it was not.
    opened: f32,
}
