//! The feed: things and posts together.
//!
//! Whoever has not agreed to one of his own sees what everybody sees, by one open rule ([`page`]); nothing of him is remembered, and the
//! bytes are the same as a visitor's, without the posts of people whom he has muted or of whom one has blocked the other. Whoever has
//! agreed gets a list made for him ([`mine`]): what comes into question is scored by named factors (`domain::feed`), mixed, and cut into
//! pages. Each page is kept with the factors that each thing stood there for, so that "why this" says what was, and the weights are learned
//! from what came of it ([`learn`]).
//!
//! Invariants: no event and no page without an agreement that holds; with it they go. Deliberately absent: places that are paid for.

mod made;
mod many;
mod mine;
mod model;
mod note;
mod rank;
mod trend;
mod weights;
mod why;

pub use many::{BATCH, Many, generate};
pub use mine::mine;
pub use model::catch_up;
pub(crate) use note::{done, forget_all, note_named, note_sku, ordered};
pub use note::{flush, sweep, told};
pub(crate) use trend::moving;
pub use weights::{learn, weights};
pub use why::{beside, bought_with, forget, less, taste, why};

use crate::{Result, Shop, args, catalog, chance::made_at, db::Tx, error::broken_row, mark, post};
use domain::{
    Lang,
    catalog::{Browse, PageView},
    feed::{Did, Kind, Weights},
    id::PersonId,
    post::PostsView,
};
use made::{List, Made};
use quick_cache::sync::Cache;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Posts beside a page of things.
const POSTS: i64 = 6;
/// Posts of a page when there are no more things.
const ALONE: i64 = 20;
/// What stands in a cursor for a list that has ended.
const ENDED: &str = "-";
/// Lists of people that are kept; one is made anew when it is gone.
const LISTS: usize = 2_000;

/// A thing of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    pub(crate) id: Uuid,
}

impl Thing {
    pub(crate) const fn product(id: Uuid) -> Self {
        Self { kind: Kind::Product, id }
    }

    pub(crate) const fn post(id: Uuid) -> Self {
        Self { kind: Kind::Post, id }
    }
}

/// What this process keeps of the feed.
pub struct Kept {
    notes: note::Notes,
    /// Topics that move, and when that was looked for.
    moving: Mutex<Option<(std::time::Instant, Vec<Uuid>)>>,
    model: model::Kept,
    /// The last list of each of the people who came last.
    lists: Cache<PersonId, Arc<List>>,
    weights: Mutex<Weights>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            notes: note::Notes::default(),
            moving: Mutex::default(),
            model: model::Kept::default(),
            lists: Cache::new(LISTS),
            weights: Mutex::default(),
        }
    }
}

/// A page of the feed as everybody sees it; `after`: where the page before ended, the cursor of things and that of posts.
///
/// # Errors
/// What the database says.
pub async fn page(shop: &Shop, me: Option<PersonId>, lang: Lang, after: &str) -> Result<PageView> {
    let (things_after, posts_after) = after.split_once('~').unwrap_or((after, ""));
    let mut page = if things_after == ENDED {
        PageView::default()
    } else {
        let after = Some(things_after.to_owned()).filter(|a| !a.is_empty());
        catalog::shelf(shop, lang, &Browse { after, ..Browse::default() }).await?.page
    };
    let posts = match (posts_after == ENDED, page.cards.is_empty()) {
        (true, _) => PostsView::default(),
        (false, alone) => post::newest(shop, me, posts_after, if alone { ALONE } else { POSTS }).await?,
    };
    page.posts = posts.posts;
    page.next = match (page.next.take(), posts.next) {
        (None, None) => None,
        (things, posts) => {
            let [things, posts] = [things, posts].map(|c| c.unwrap_or_else(|| ENDED.to_owned()));
            Some(format!("{things}~{posts}"))
        }
    };
    Ok(page)
}

/// What was done since an id, in the order of time; the last `most` of it.
async fn read_events(shop: &Shop, since: Uuid, most: i64) -> Result<Vec<(Uuid, model::Event)>> {
    crate::row! {
        struct Row {
            id: Uuid,
            person_id: Uuid,
            did: String,
            thing: Uuid,
            ms: i64,
        }
    }
    let rows: Vec<Row> = shop
        .db
        .scan(
            "SELECT id, person_id, did, thing, ms FROM event WHERE id >= $1 ORDER BY id DESC LIMIT $2",
            args![since, most],
        )
        .await?;
    rows.into_iter()
        .rev()
        .map(|r| {
            let did: Did = r.did.parse().map_err(|_| broken_row("event.did"))?;
            Ok((r.id, model::Event { person: r.person_id, did, thing: r.thing, ms: r.ms, at: made_at(r.id) }))
        })
        .collect()
}

/// Counts that somebody has bought things together and kept them: each person once for each pair.
pub(crate) async fn bought_together(tx: &mut Tx, shop: &Shop, person: PersonId, mut products: Vec<Uuid>) -> Result<()> {
    products.sort_unstable();
    products.dedup();
    // In one order everywhere; an order of very many things says little of any two.
    products.truncate(20);
    for (at, product) in products.iter().enumerate() {
        for other in products.iter().skip(at + 1) {
            let who = mark::bought(shop, person.0, *product, *other);
            let first = tx
                .execute("INSERT INTO bought_who (who) VALUES ($1) ON CONFLICT DO NOTHING", args![who.as_slice()])
                .await?;
            if first == 1 {
                tx.execute(
                    "INSERT INTO bought_pair (product_id, other_id, people) VALUES ($1, $2, 1)
                     ON CONFLICT (product_id, other_id) DO UPDATE SET people = bought_pair.people + 1",
                    args![*product, *other],
                )
                .await?;
            }
        }
    }
    Ok(())
}
