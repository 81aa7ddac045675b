//! What is counted of a room while it is looked at, and what its host reads of it.
//!
//! Who came in, how long he saw it play and what he wanted to see more of is gathered in memory and written in small batches off the
//! request path. Nobody can read who it was: a viewer is the SHA-256 of the shop's secret, the room and his session. Only whoever has joined
//! the fans of a host is counted by name as well ([`super::fan`]).

use super::{
    Row,
    clip::{Span, spans},
    fan, hand, read,
};
use crate::{Result, Shop, args, catalog, db::Tx, error::broken_row, follow, order};
use domain::{
    Code, Currency, Millis,
    id::{PersonId, ProductId},
    live::{
        ALIVE, Facts, MAX_BAG, State,
        fan::Did,
        numbers::{Lately, MOMENTS, Moment, NumbersView, ThingNumbers, prompts, thinned},
    },
    time::MINUTE,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Viewers that wait at most to be written.
const MOST: usize = 20_000;
/// Viewers of one write: nobody else waits for longer than these take.
const AT_ONCE: usize = 100;

/// What has been counted of somebody and is not written yet.
#[derive(Clone, Default)]
struct Viewer {
    entries: i64,
    /// How long he saw it play, ms.
    ms: Millis,
    /// Places in the bag that he wanted to see more of.
    clicks: BTreeSet<i64>,
}

/// What has been counted and is not written yet.
#[derive(Default)]
pub(super) struct Counted {
    viewers: HashMap<u128, Viewer>,
    /// What those did who are known, by name: it is written of those who are fans of the host, and forgotten of all others.
    people: HashMap<PersonId, Did>,
}

impl Counted {
    pub(super) fn is_empty(&self) -> bool {
        self.viewers.is_empty() && self.people.is_empty()
    }

    fn of(&mut self, who: u128, change: impl FnOnce(&mut Viewer)) {
        if self.viewers.len() < MOST || self.viewers.contains_key(&who) {
            change(self.viewers.entry(who).or_default());
        }
    }

    pub(super) fn does(&mut self, who: PersonId, did: Did) {
        if self.people.len() < MOST || self.people.contains_key(&who) {
            let before = self.people.entry(who).or_default();
            *before = before.and(did);
        }
    }

    pub(super) fn entered(&mut self, who: u128) {
        // The page that comes in, and what it listens with, are one.
        self.of(who, |v| v.entries = 1);
    }

    pub(super) fn watched(&mut self, who: u128, ms: Millis) {
        self.of(who, |v| v.ms += ms);
    }

    pub(super) fn clicked(&mut self, who: u128, place: i64) {
        self.of(who, |v| {
            // A bag has no more.
            if i64::try_from(v.clicks.len()).is_ok_and(|n| n < MAX_BAG) {
                v.clicks.insert(place);
            }
        });
    }

    /// What was not written waits once more.
    pub(super) fn back(&mut self, other: Self) {
        for (who, did) in other.people {
            self.does(who, did);
        }
        for (who, had) in other.viewers {
            self.of(who, |v| {
                v.entries = v.entries.max(had.entries);
                v.ms += had.ms;
                v.clicks.extend(had.clicks);
            });
        }
    }
}

/// A viewer of a room, as nobody can read it.
fn sealed(shop: &Shop, room: &Code, who: u128) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(&shop.settings.live_secret);
    digest.update(room.as_str());
    digest.update(who.to_be_bytes());
    Uuid::from_slice(digest.finalize().get(..16).unwrap_or_default()).unwrap_or_default()
}

/// Writes what was counted. Whoever was here less than [`ALIVE`] ago has not come in anew, on whichever node.
///
/// # Errors
/// What the database says, with what is not written.
pub(super) async fn write(
    shop: &Shop,
    code: &Code,
    counted: Counted,
) -> std::result::Result<(), (Counted, crate::Error)> {
    let Counted { viewers, people } = counted;
    // One does not wait for the other.
    let (left, failed) = match fan::write(shop, code, people).await {
        Ok(()) => (HashMap::new(), None),
        Err((left, error)) => (left, Some(error)),
    };
    let mut viewers: Vec<(Uuid, u128, Viewer)> =
        viewers.into_iter().map(|(who, v)| (sealed(shop, code, who), who, v)).collect();
    // In one order on every node.
    viewers.sort_unstable_by_key(|(sealed, ..)| *sealed);
    let mut rest = viewers.as_slice();
    while !rest.is_empty() {
        let (some, later) = rest.split_at(rest.len().min(AT_ONCE));
        let rows: Vec<(Uuid, Viewer)> = some.iter().map(|(sealed, _, v)| (*sealed, v.clone())).collect();
        let wrote = shop.db.write((code.clone(), rows, shop.clock.now()), |tx, (code, rows, now)| {
            Box::pin(async move {
                for (viewer, of) in rows {
                    one(tx, code, *viewer, of, *now).await?;
                }
                Ok::<_, crate::Error>(())
            })
        });
        if let Err(error) = wrote.await {
            let viewers = rest.iter().map(|(_, who, v)| (*who, v.clone())).collect();
            return Err((Counted { viewers, people: left }, error));
        }
        rest = later;
    }
    match failed {
        Some(error) => Err((Counted { people: left, ..Counted::default() }, error)),
        None => Ok(()),
    }
}

async fn one(tx: &mut Tx, code: &Code, viewer: Uuid, of: &Viewer, now: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO room_visit (room_id, viewer, entries, ms, seen_at) SELECT id, $1, $2, $3, $4 FROM room WHERE code = $5
         ON CONFLICT (room_id, viewer) DO UPDATE SET ms = room_visit.ms + excluded.ms, seen_at = excluded.seen_at,
             entries = room_visit.entries + CASE WHEN room_visit.seen_at > $6 THEN 0 ELSE excluded.entries END",
        args![viewer, of.entries, of.ms, now, code.as_str(), now - ALIVE],
    )
    .await?;
    for place in &of.clicks {
        tx.execute(
            "INSERT INTO room_click (room_id, product_id, viewer, at)
             SELECT i.room_id, i.product_id, $1, $2 FROM room_item i JOIN room r ON r.id = i.room_id WHERE r.code = $3 AND i.place = $4
             ON CONFLICT DO NOTHING",
            args![viewer, now, code.as_str(), *place],
        )
        .await?;
    }
    Ok(())
}

/// How many look, once a minute.
///
/// # Errors
/// What the database says.
pub(super) async fn moment(shop: &Shop, code: &Code, now: Millis) -> Result<()> {
    let room = super::find(&shop.db, code).await?;
    if room.state()? != State::Live {
        return Ok(());
    }
    let viewers = read::viewers(&shop.db, room.id, now).await?;
    shop.db
        .write((room.id, now - now.rem_euclid(MINUTE), viewers), |tx, (room, at, viewers)| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO room_moment (room_id, at, viewers) VALUES ($1, $2, $3)
                     ON CONFLICT (room_id, at) DO UPDATE SET viewers = excluded.viewers",
                    args![*room, *at, *viewers],
                )
                .await?;
                Ok::<_, crate::Error>(())
            })
        })
        .await
}

/// What a host reads of his room. `facts`: what is true of it now.
///
/// # Errors
/// What the database says.
pub(super) async fn numbers(shop: &Shop, room: &Row, facts: &Facts) -> Result<NumbersView> {
    crate::row! {
        struct Sums {
            entries: i64,
            unique_viewers: i64,
            ms: i64,
            clicks: i64,
            clickers: i64,
            lines: i64,
            said_at: Option<i64>,
        }
    }
    let now = shop.clock.now();
    let sums: Sums = shop
        .db
        .fetch_one(
            "SELECT v.entries, v.unique_viewers, v.ms, c.clicks, c.clickers, l.lines, l.said_at
             FROM (SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) AS entries, COUNT(*) AS unique_viewers, CAST(COALESCE(SUM(ms), 0) AS BIGINT) AS ms
                   FROM room_visit WHERE room_id = $1) v,
                  (SELECT COUNT(*) AS clicks, COUNT(DISTINCT viewer) AS clickers FROM room_click WHERE room_id = $1) c,
                  (SELECT COUNT(*) AS lines, MAX(at) AS said_at FROM room_line WHERE room_id = $1 AND kind = 'said') l",
            args![room.id],
        )
        .await?;
    let (moments, spans) = (moments(shop, room.id).await?, spans(&shop.db, room.id).await?);
    let until = room.ended_at.unwrap_or(now);
    let counted = i64::try_from(moments.len()).unwrap_or(i64::MAX);
    // Minutes in which nobody looked, the host neither, stand nowhere.
    let minutes = counted.max(room.began_at.map_or(0, |began| (until - began) / MINUTE)).max(1);
    let items = read::items(&shop.db, room.id).await?;
    let mut numbers = NumbersView {
        viewers: facts.viewers,
        peak: room.peak,
        mean: (moments.iter().map(|m| m.viewers).sum::<i64>() + minutes / 2) / minutes,
        entries: sums.entries,
        unique: sums.unique_viewers,
        watched: sums.ms,
        follows: match room.began_at {
            Some(began) => follow::won(&shop.db, PersonId(room.host_id), began, until).await?,
            None => 0,
        },
        hearts: room.hearts,
        lines: sums.lines,
        clickers: sums.clickers,
        clicks: sums.clicks,
        things: things(shop, room.id, &spans, until).await?,
        ..NumbersView::default()
    };
    for of in order::sold_in(shop, room.id).await? {
        numbers.orders += of.orders;
        numbers.sold.push((of.currency.parse().map_err(|_| broken_row("orders.currency"))?, of.amount));
    }
    if let (State::Live, Some(began_at)) = (facts.state, room.began_at) {
        let explained = items.iter().find(|i| Some(i.place) == facts.explains);
        let explained_left = match explained {
            Some(item) => {
                let skus = catalog::skus_of(&shop.db, &[ProductId(item.product_id)]).await?;
                Some(skus.iter().map(|s| s.available.max(0)).sum())
            }
            None => None,
        };
        let lately = Lately {
            began_at,
            viewers: facts.viewers,
            has_bag: !items.is_empty(),
            explained_left,
            explained_at: spans.iter().map(|s| s.until_at.unwrap_or(now)).max(),
            said_at: sums.said_at,
            waits_since: if room.hands { hand::waits_since(shop, room.id).await? } else { None },
        };
        numbers.prompts = prompts(&lately, &moments, now);
    }
    let place = |product: Uuid| items.iter().find(|i| i.product_id == product).map(|i| i.place);
    numbers.spans = spans.iter().filter_map(|s| Some((s.from_at, s.until_at, place(s.product_id)?))).collect();
    numbers.moments = thinned(moments, MOMENTS);
    Ok(numbers)
}

crate::row! {
    struct MomentRow {
        at: i64,
        viewers: i64,
    }
}

async fn moments(shop: &Shop, room: Uuid) -> Result<Vec<Moment>> {
    let rows: Vec<MomentRow> =
        shop.db.fetch_all("SELECT at, viewers FROM room_moment WHERE room_id = $1 ORDER BY at", args![room]).await?;
    Ok(rows.into_iter().map(|m| Moment { at: m.at, viewers: m.viewers }).collect())
}

/// Each thing of the bag. An order of the time in which it was explained: it was made then.
async fn things(shop: &Shop, room: Uuid, spans: &[Span], until: Millis) -> Result<Vec<ThingNumbers>> {
    crate::row! {
        struct Thing {
            product_id: Uuid,
            place: i64,
            currency: String,
            clicks: i64,
            orders: i64,
            orders_then: i64,
            sold: i64,
        }
    }
    let rows: Vec<Thing> = shop
        .db
        .fetch_all(
            "SELECT i.product_id, i.place, p.currency, (SELECT COUNT(*) FROM room_click c WHERE c.room_id = i.room_id AND c.product_id = i.product_id) AS clicks,
                    COALESCE(b.orders, 0) AS orders, COALESCE(b.orders_then, 0) AS orders_then, COALESCE(b.sold, 0) AS sold
             FROM room_item i JOIN product p ON p.id = i.product_id
             LEFT JOIN (SELECT s.product_id, COUNT(DISTINCT o.id) AS orders, CAST(SUM(l.unit_price * l.quantity) AS BIGINT) AS sold,
                               COUNT(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM room_span e WHERE e.room_id = l.room_id AND e.product_id = s.product_id
                                   AND o.created_at >= e.from_at AND (e.until_at IS NULL OR o.created_at <= e.until_at)) THEN o.id END) AS orders_then
                        FROM order_line l JOIN orders o ON o.id = l.order_id JOIN sku s ON s.id = l.sku_id
                        WHERE l.room_id = $1 AND o.paid_at IS NOT NULL AND o.state <> 'refunded' GROUP BY s.product_id) b ON b.product_id = i.product_id
             WHERE i.room_id = $1 ORDER BY i.place",
            args![room],
        )
        .await?;
    let lasted = |s: &Span| (s.until_at.unwrap_or(until) - s.from_at).max(0);
    let explained = |of: Uuid| spans.iter().filter(|s| s.product_id == of).map(lasted).sum();
    let view = |t: Thing| {
        Ok(ThingNumbers {
            place: t.place,
            explained: explained(t.product_id),
            clicks: t.clicks,
            orders: t.orders,
            orders_then: t.orders_then,
            sold: t.sold,
            currency: t.currency.parse::<Currency>().map_err(|_| broken_row("product.currency"))?,
        })
    };
    rows.into_iter().map(view).collect()
}
