//! Very many events at once, for benches.

use super::Thing;
use crate::{
    Result, Shop, args, catalog,
    consent::{self, Purpose},
    db::Engine,
    post,
};
use domain::{feed::Did, id::PersonId, time::MINUTE};
use uuid::Uuid;

/// Events at once.
pub const BATCH: i64 = 20_000;
/// Kinds of taste.
const KINDS: usize = 20;

/// Who does something, and with what.
pub struct Many {
    people: Vec<PersonId>,
    products: Vec<Uuid>,
    posts: Vec<Uuid>,
}

impl Many {
    /// These people, with everything that there is. They agree to being remembered.
    ///
    /// # Errors
    /// What the database says.
    pub async fn of(shop: &Shop, people: Vec<PersonId>) -> Result<Self> {
        for person in &people {
            consent::agree(shop, *person, Purpose::Personal, true).await?;
        }
        let products = catalog::for_feed(shop, 0, i64::MAX).await?.into_iter().map(|row| row.id).collect();
        let posts = post::for_feed(shop, 0, i64::MAX).await?.into_iter().map(|(row, _)| row.id).collect();
        Ok(Self { people, products, posts })
    }
}

/// Writes events from number `from` up to `to`: people of a few tastes choose things, and see many more of them.
///
/// # Errors
/// What the database says.
pub async fn generate(shop: &Shop, many: &Many, from: i64, to: i64) -> Result<()> {
    let now = shop.clock.now();
    let rows: Vec<String> = (from..to)
        .filter_map(|n| {
            let draw = |salt: u64| {
                let n = u64::try_from(n).unwrap_or(0);
                let mut x =
                    n.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                x ^= x >> 31;
                usize::try_from(x.wrapping_mul(0x94d0_49bb_1331_11eb) >> 33).unwrap_or(0)
            };
            let people = many.people.len().max(1);
            let at = draw(1) % people;
            let person = many.people.get(at)?;
            // Everybody likes two kinds of twenty.
            let kind = (at * 7 + draw(2) % 2 * 5) % KINDS;
            let from = |list: &[Uuid]| {
                let each = (list.len() / KINDS).max(1);
                list.get((kind * each + draw(3) % each) % list.len().max(1)).copied()
            };
            let thing = if draw(4) % 3 == 0 {
                from(&many.posts).map(Thing::post)
            } else {
                from(&many.products).map(Thing::product)
            }?;
            let did = [Did::Impression, Did::Impression, Did::Impression, Did::Open, Did::Dwell, Did::Like, Did::Cart];
            let did = did.get(draw(5) % did.len())?;
            let minutes = i64::try_from(draw(6) % 40_000).unwrap_or(0);
            Some(format!(
                r#"{{"id":"{}","person":"{}","did":"{}","kind":"{}","thing":"{}","page":null,"place":null,"ms":{}}}"#,
                shop.rng.id(now - minutes * MINUTE),
                person.0,
                did.name(),
                thing.kind.name(),
                thing.id,
                draw(7) % 40_000
            ))
        })
        .collect();
    shop.db
        .write(format!("[{}]", rows.join(",")), |tx, rows| {
            Box::pin(async move {
                let sql = match tx.engine() {
                    Engine::Sqlite => super::note::INSERT_SQLITE,
                    Engine::Postgres => super::note::INSERT_POSTGRES,
                };
                tx.execute(sql, args![rows.as_str()]).await?;
                Ok(())
            })
        })
        .await
}
