//! How close those who follow a host are to him. Of nobody else is it counted what he does.

use super::find;
use crate::{
    Result, Shop, args,
    db::{Engine, Read, Tx, listed},
    follow,
};
use domain::{
    Code, Millis,
    id::PersonId,
    live::fan::{Did, Fan, FanView},
    time::{DAY, MINUTE},
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The day of an instant by the clock of the shop.
fn day(shop: &Shop, at: Millis) -> i64 {
    (at + shop.settings.utc_offset_minutes * MINUTE).div_euclid(DAY)
}

crate::row! {
    struct Row {
        person_id: Uuid,
        day: i64,
        points: i64,
        ms: i64,
        said: i64,
        hearts: i64,
        brought: i64,
        bought: i64,
    }
}

impl Row {
    fn fan(&self) -> Fan {
        let Self { ms, said, hearts, brought, bought, .. } = *self;
        Fan { day: self.day, points: self.points, did: Did { ms, said, hearts, brought, bought } }
    }
}

async fn of(mut read: impl Read, host: Uuid, who: Uuid) -> Result<Option<Fan>> {
    let rows: Vec<Row> = read
        .all(
            "SELECT person_id, day, points, ms, said, hearts, brought, bought FROM fan WHERE host_id = $1 AND person_id = $2",
            args![host, who],
        )
        .await?;
    Ok(rows.first().map(Row::fan))
}

/// Somebody has done something in a room of a host; of whoever does not follow him nothing is counted. The last lock of a transaction.
pub(super) async fn does(tx: &mut Tx, shop: &Shop, host: Uuid, who: PersonId, did: Did, now: Millis) -> Result<()> {
    if did.is_nothing() || host == who.0 || !follow::follows(&mut *tx, Some(who), PersonId(host)).await? {
        return Ok(());
    }
    let today = day(shop, now);
    // Whoever comes between reads it once more.
    loop {
        let Some(before) = of(&mut *tx, host, who.0).await? else {
            let made = tx
                .execute(
                    "INSERT INTO fan (host_id, person_id, day, points, ms, said, hearts, brought, bought)
                     VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                    args![host, who, today, did.ms, did.said, did.hearts, did.brought, did.bought],
                )
                .await?;
            if made > 0 {
                return Ok(());
            }
            continue;
        };
        let after = before.on(today);
        let written = if after.day == before.day {
            tx.execute(
                "UPDATE fan SET ms = ms + $1, said = said + $2, hearts = hearts + $3, brought = brought + $4, bought = bought + $5
                 WHERE host_id = $6 AND person_id = $7 AND day = $8",
                args![did.ms, did.said, did.hearts, did.brought, did.bought, host, who, before.day],
            )
            .await?
        } else {
            tx.execute(
                "UPDATE fan SET day = $1, points = $2, ms = $3, said = $4, hearts = $5, brought = $6, bought = $7
                 WHERE host_id = $8 AND person_id = $9 AND day = $10 AND points = $11 AND ms = $12 AND said = $13 AND hearts = $14 AND brought = $15 AND bought = $16",
                args![
                    after.day, after.points, did.ms, did.said, did.hearts, did.brought, did.bought, host, who, before.day,
                    before.points, before.did.ms, before.did.said, before.did.hearts, before.did.brought, before.did.bought
                ],
            )
            .await?
        };
        if written > 0 {
            return Ok(());
        }
    }
}

/// What was gathered of those who look at a room: how long each has seen it play, and his hearts.
pub(super) async fn write(shop: &Shop, code: &Code, gathered: &HashMap<PersonId, Did>) -> Result<()> {
    let host = find(&shop.db, code).await?.host_id;
    // In one order on every node.
    let mut gathered: Vec<(PersonId, Did)> = gathered.iter().map(|(who, did)| (*who, *did)).collect();
    gathered.sort_unstable_by_key(|(who, _)| who.0);
    for some in gathered.chunks(super::count::AT_ONCE) {
        let input = (shop.clone(), host, some.to_vec(), shop.clock.now());
        shop.db
            .write(input, |tx, (shop, host, some, now)| {
                Box::pin(async move {
                    for (who, did) in some {
                        does(tx, shop, *host, *who, *did, *now).await?;
                    }
                    Ok::<_, crate::Error>(())
                })
            })
            .await?;
    }
    Ok(())
}

/// Somebody was brought to a room by a link of another's.
pub(crate) async fn brought(tx: &mut Tx, shop: &Shop, room: &str, by: PersonId, now: Millis) -> Result<()> {
    let Ok(code) = room.parse::<Code>() else { return Ok(()) };
    let host = find(&mut *tx, &code).await?.host_id;
    does(tx, shop, host, by, Did { brought: 1, ..Did::default() }, now).await
}

/// Somebody has kept what he bought in rooms: for each of their hosts one order.
pub(crate) async fn kept_order(tx: &mut Tx, shop: &Shop, who: PersonId, rooms: &[Uuid], now: Millis) -> Result<()> {
    let mut hosts = BTreeSet::new();
    for room in rooms {
        crate::row! {
            struct Host {
                host_id: Uuid,
            }
        }
        let host: Host = tx.fetch_one("SELECT host_id FROM room WHERE id = $1", args![*room]).await?;
        hosts.insert(host.host_id);
    }
    for host in hosts {
        does(tx, shop, host, who, Did { bought: 1, ..Did::default() }, now).await?;
    }
    Ok(())
}

/// How close somebody is who follows a host.
pub(super) async fn mine(shop: &Shop, host: Uuid, me: PersonId) -> Result<FanView> {
    let fan = of(&shop.db, host, me.0).await?.unwrap_or_default();
    Ok(fan.on(day(shop, shop.clock.now())).into())
}

/// The levels of some people with a host, of those who follow him and have one.
pub(super) async fn levels(shop: &Shop, host: Uuid, people: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let today = day(shop, shop.clock.now());
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT f.person_id, f.day, f.points, f.ms, f.said, f.hearts, f.brought, f.bought
             FROM json_each($1) j CROSS JOIN fan f ON f.person_id = unhex(j.value) AND f.host_id = $2
             JOIN follow w ON w.follower_id = f.person_id AND w.followed_id = f.host_id"
        }
        Engine::Postgres => {
            "SELECT f.person_id, f.day, f.points, f.ms, f.said, f.hearts, f.brought, f.bought
             FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN fan f ON f.person_id = CAST(j.value AS uuid) AND f.host_id = $2
             JOIN follow w ON w.follower_id = f.person_id AND w.followed_id = f.host_id"
        }
    };
    let rows: Vec<Row> =
        if people.is_empty() { Vec::new() } else { shop.db.fetch_all(sql, args![listed(people), host]).await? };
    let level = |r: &Row| Some((r.person_id, r.fan().on(today).level())).filter(|(_, level)| *level > 0);
    Ok(rows.iter().filter_map(level).collect())
}
