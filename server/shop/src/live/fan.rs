//! How close those are to a host who have joined his fans. Of nobody else is it counted by name what he does.

use super::{find, hold, moderate};
use crate::{
    Error, Result, Shop, args,
    db::{Engine, Read, Tx, listed},
    moderation,
};
use domain::{
    Code, Millis, Problem,
    id::PersonId,
    live::fan::{Did, Fan, FanView},
    time::{DAY, MINUTE},
};
use std::collections::{BTreeSet, HashMap, HashSet};
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

/// I join a host's fans, or leave them: then nothing of it is kept. The same again changes nothing.
///
/// # Errors
/// `not_found`, `fan_self`, `shut_out`, `room_over`.
pub async fn join(shop: &Shop, me: PersonId, room: &Code, on: bool) -> Result<()> {
    let input = (shop.clone(), me, room.clone(), on, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, room, on, now)| {
            Box::pin(async move {
                if !*on {
                    // By whichever room of his, also one that is over.
                    let host = find(&mut *tx, room).await?.host_id;
                    return leave(tx, host, *me).await;
                }
                let room = hold::for_me(&mut *tx, room, Some(*me), false).await?;
                let host = room.host_id;
                if host == me.0 {
                    return Err(Error::problem(409, "fan_self"));
                }
                if !room.state()?.is_open() {
                    return Err(Error::problem(409, "room_over"));
                }
                moderate::takes_part(&mut *tx, host, *me).await?;
                if moderation::apart(&mut *tx, PersonId(host), *me).await? {
                    return Err(Problem::not_found().into());
                }
                tx.execute(
                    "INSERT INTO fan (host_id, person_id, day, points, ms, said, hearts, brought, bought)
                     VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
                    args![host, *me, day(shop, *now)],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Somebody is no fan of a host any more, by his own will or because one of them wants nothing of the other.
pub(crate) async fn leave(tx: &mut Tx, host: Uuid, who: PersonId) -> Result<()> {
    tx.execute("DELETE FROM fan WHERE host_id = $1 AND person_id = $2", args![host, who]).await?;
    Ok(())
}

/// A fan has done something in a room of his host; of anybody else nothing is counted. The last lock of a transaction.
pub(super) async fn does(tx: &mut Tx, shop: &Shop, host: Uuid, who: PersonId, did: Did, now: Millis) -> Result<()> {
    if did.is_nothing() {
        return Ok(());
    }
    let today = day(shop, now);
    // Whoever comes between reads it once more.
    loop {
        let added = tx
            .execute(
                "UPDATE fan SET ms = ms + $1, said = said + $2, hearts = hearts + $3, brought = brought + $4, bought = bought + $5
                 WHERE host_id = $6 AND person_id = $7 AND day >= $8",
                args![did.ms, did.said, did.hearts, did.brought, did.bought, host, who, today],
            )
            .await?;
        if added > 0 {
            return Ok(());
        }
        let Some(before) = of(&mut *tx, host, who.0).await? else { return Ok(()) };
        let after = before.on(today);
        // Only once for each day, though several begin it at once.
        let begun = tx
            .execute(
                "UPDATE fan SET day = $1, points = $2, ms = $3, said = $4, hearts = $5, brought = $6, bought = $7
                 WHERE host_id = $8 AND person_id = $9 AND day = $10 AND points = $11 AND ms = $12 AND said = $13 AND hearts = $14 AND brought = $15 AND bought = $16",
                args![
                    after.day,
                    after.points,
                    did.ms,
                    did.said,
                    did.hearts,
                    did.brought,
                    did.bought,
                    host,
                    who,
                    before.day,
                    before.points,
                    before.did.ms,
                    before.did.said,
                    before.did.hearts,
                    before.did.brought,
                    before.did.bought
                ],
            )
            .await?;
        if begun > 0 {
            return Ok(());
        }
    }
}

/// Fans of one write: whoever speaks in a room waits for no more than these take.
const AT_ONCE: usize = 20;

/// Writes what was gathered of those who look at a room: how long each has seen it play, and his hearts. What is left when it fails.
pub(super) async fn write(
    shop: &Shop,
    code: &Code,
    gathered: HashMap<PersonId, Did>,
) -> std::result::Result<(), (HashMap<PersonId, Did>, Error)> {
    if gathered.is_empty() {
        return Ok(());
    }
    let (host, fans) = match fans(shop, code, &gathered).await {
        Ok(found) => found,
        Err(error) => return Err((gathered, error)),
    };
    // In one order on every node.
    let mut gathered: Vec<(PersonId, Did)> = gathered.into_iter().filter(|(who, _)| fans.contains(&who.0)).collect();
    gathered.sort_unstable_by_key(|(who, _)| who.0);
    while !gathered.is_empty() {
        let rest = gathered.split_off(gathered.len().min(AT_ONCE));
        let input = (shop.clone(), host, gathered.clone(), shop.clock.now());
        let wrote = shop.db.write(input, |tx, (shop, host, some, now)| {
            Box::pin(async move {
                for (who, did) in some {
                    does(tx, shop, *host, *who, *did, *now).await?;
                }
                Ok::<_, Error>(())
            })
        });
        if let Err(error) = wrote.await {
            return Err((gathered.into_iter().chain(rest).collect(), error));
        }
        gathered = rest;
    }
    Ok(())
}

/// The host of a room, and who of some people is his fan.
async fn fans(shop: &Shop, code: &Code, of: &HashMap<PersonId, Did>) -> Result<(Uuid, HashSet<Uuid>)> {
    let host = find(&shop.db, code).await?.host_id;
    let people: Vec<Uuid> = of.keys().map(|who| who.0).collect();
    Ok((host, rows(shop, host, &people).await?.into_iter().map(|r| r.person_id).collect()))
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

/// How close I am to a host; none for whoever is no fan of his.
pub(super) async fn mine(shop: &Shop, host: Uuid, me: PersonId) -> Result<Option<FanView>> {
    let fan = of(&shop.db, host, me.0).await?;
    Ok(fan.map(|fan| fan.on(day(shop, shop.clock.now())).into()))
}

/// Those of some people who are fans of a host.
async fn rows(shop: &Shop, host: Uuid, people: &[Uuid]) -> Result<Vec<Row>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT f.person_id, f.day, f.points, f.ms, f.said, f.hearts, f.brought, f.bought
             FROM json_each($1) j CROSS JOIN fan f ON f.person_id = unhex(j.value) AND f.host_id = $2"
        }
        Engine::Postgres => {
            "SELECT f.person_id, f.day, f.points, f.ms, f.said, f.hearts, f.brought, f.bought
             FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN fan f ON f.person_id = CAST(j.value AS uuid) AND f.host_id = $2"
        }
    };
    Ok(shop.db.fetch_all(sql, args![listed(people), host]).await?)
}

/// The levels of some people with a host, of those who have one.
pub(super) async fn levels(shop: &Shop, host: Uuid, people: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let today = day(shop, shop.clock.now());
    let level = |r: &Row| Some((r.person_id, r.fan().on(today).level())).filter(|(_, level)| *level > 0);
    Ok(rows(shop, host, people).await?.iter().filter_map(level).collect())
}
