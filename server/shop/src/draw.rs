//! Lucky bags and red packets of rooms: opened, joined, drawn, claimed.
//!
//! Invariants: a room has one that is open; a person takes part once; numbers are given from 1 without a gap; what a winner gets follows
//! from the seed, whose SHA-256 everybody had before anybody joined; points are booked with the packet, or with the draw; a thing that can
//! be won is held from the beginning until it is ordered or no longer kept. Deliberately absent: the rule itself (`domain::draw`); what would
//! keep whoever runs the database, and reads the seed there, from joining with a ticket of his choice.

use crate::{
    Error, Result, Shop, args, catalog,
    db::{Read, Tx},
    error::broken_row,
    follow, inbox, job, ledger,
    live::{self, news},
    moderation,
};
use domain::{
    Code, Currency, Lang, Millis, Problem,
    account::Role,
    draw::{
        Ask, CLAIM, DrawFact, DrawView, EntryView, Kind, MAX_DRAWS, MAX_POINTS_A_DAY, MAX_THINGS_A_DAY, MAX_WINS_A_DAY,
        MyDraw, Prize, PrizeFact, SHOWN, Seed, ThingView, commitment, packet, winners,
    },
    id::{PersonId, SkuId},
    ledger::{Account, Balanced, Unit},
    live::Line,
    order::Source,
    time::{DAY, MINUTE},
};
use uuid::Uuid;

/// How many take one row side by side in this process.
pub(crate) struct Joins(pub(crate) tokio::sync::Semaphore);

impl Default for Joins {
    fn default() -> Self {
        Self(tokio::sync::Semaphore::new(6))
    }
}

crate::row! {
    struct Row {
        id: Uuid,
        code: String,
        room_id: Uuid,
        kind: String,
        prizes: i64,
        points: i64,
        sku_id: Option<Uuid>,
        price: Option<i64>,
        phrase: String,
        follow: bool,
        seed: Vec<u8>,
        commitment: String,
        joined: i64,
        given: i64,
        opened_at: i64,
        closes_at: i64,
        drawn_at: Option<i64>,
    }
}

impl Row {
    fn kind(&self) -> Result<Kind> {
        self.kind.parse().map_err(|_| broken_row("room_draw.kind"))
    }

    fn code(&self) -> Result<Code> {
        self.code.parse().map_err(|_| broken_row("room_draw.code"))
    }

    fn seed(&self) -> Result<Seed> {
        self.seed.as_slice().try_into().map_err(|_| broken_row("room_draw.seed"))
    }

    fn thing(&self) -> Option<(SkuId, i64)> {
        Some((SkuId(self.sku_id?), self.price?))
    }

    fn is_open(&self, now: Millis) -> bool {
        self.drawn_at.is_none() && now < self.closes_at
    }
}

async fn find(mut read: impl Read, code: &Code) -> Result<Row> {
    let rows: Vec<Row> = read
        .all(
            "SELECT id, code, room_id, kind, prizes, points, sku_id, price, phrase, follow, seed, commitment, joined, given, opened_at, closes_at, drawn_at
             FROM room_draw WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// As [`find`], for whoever changes it: one after the other.
async fn lock(tx: &mut Tx, code: &Code) -> Result<Row> {
    tx.execute("UPDATE room_draw SET joined = joined WHERE code = $1", args![code.as_str()]).await?;
    find(tx, code).await
}

/// Opens a draw in a room that is on; what can be won is held from now on.
///
/// # Errors
/// `not_found` for a room that is not mine, `room_not_on`, `draw_runs` while another is open, `draws_over` for more than a room may have,
/// `draw_budget` for more than a host gives within a day, those of [`Ask::checked`], `draw_price` for a price that is none below the shop's,
/// `product_gone`, `sold_out`, `screen_words` and its kind, `paused`.
pub async fn open(shop: &Shop, me: PersonId, room: &Code, ask: Ask) -> Result<Code> {
    let ask = ask.checked()?;
    if !ask.phrase.is_empty() {
        moderation::clean(&*moderation::lists(shop).await?, &ask.phrase).map_err(|p| p.field("phrase"))?;
    }
    let input = (shop.clone(), me, room.clone(), ask, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, room, ask, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let room = live::mine(tx, *me, room).await?;
                // One of a host after the other, in whichever of his rooms.
                follow::lock(tx, [*me]).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                affords(tx, *me, room.id, ask, *now).await?;
                let (points, thing) = match ask.prize {
                    Prize::Points(points) => (points, None),
                    Prize::Thing { sku, price } => {
                        let gone = || Error::problem(404, "product_gone");
                        let offers = catalog::offers(&mut *tx, &[sku], None).await?;
                        let offer = offers.first().ok_or_else(gone)?;
                        let sold = catalog::skus_of(&mut *tx, &[offer.product]).await?;
                        if !sold.iter().any(|s| s.sku == sku) || !live::in_bag(&mut *tx, room.id, offer.product).await? {
                            return Err(gone());
                        }
                        if price >= offer.price {
                            return Err(Problem::new(422, "draw_price").field("price").into());
                        }
                        catalog::hold(tx, sku, ask.prizes).await?;
                        (0, Some((sku.0, price)))
                    }
                };
                let (id, code, seed) = (shop.rng.id(*now), shop.rng.code(), shop.rng.bytes::<32>());
                let closes = *now + ask.minutes * MINUTE;
                tx.execute(
                    "INSERT INTO room_draw (id, code, room_id, kind, prizes, points, sku_id, price, phrase, follow, seed, commitment, opened_at, closes_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, CAST($8 AS BIGINT), $9, $10, $11, $12, $13, $14)",
                    args![
                        id, code.as_str(), room.id, ask.kind.name(), ask.prizes, points, thing.map(|t| t.0), thing.map(|t| t.1),
                        ask.phrase.as_str(), ask.follow, seed.as_slice(), commitment(&seed), *now, closes
                    ],
                )
                .await?;
                live::add(tx, shop, &room, (Line::Opens, None, code.as_str()), *now).await?;
                job::enqueue(tx, shop, "draw", code.as_str(), code.as_str(), closes).await?;
                Ok(code)
            })
        })
        .await
}

/// Whether a host may give that much more, in a room that has no other draw. The host is locked.
async fn affords(tx: &mut Tx, host: PersonId, room: Uuid, ask: &Ask, now: Millis) -> Result<()> {
    crate::row! {
        struct Given {
            room_id: Uuid,
            open: bool,
            points: i64,
            things: i64,
            fresh: bool,
        }
    }
    let given: Vec<Given> = tx
        .fetch_all(
            "SELECT d.room_id, (d.drawn_at IS NULL) AS open, CASE WHEN d.kind = 'bag' THEN d.points * d.prizes ELSE d.points END AS points,
                    CASE WHEN d.sku_id IS NULL THEN 0 ELSE d.prizes END AS things, (d.opened_at > $1) AS fresh
             FROM room_draw d JOIN room r ON r.id = d.room_id WHERE r.host_id = $2 AND (d.opened_at > $1 OR d.room_id = $3)",
            args![now - DAY, host, room],
        )
        .await?;
    let here: Vec<&Given> = given.iter().filter(|g| g.room_id == room).collect();
    if here.iter().any(|g| g.open) {
        return Err(Error::problem(409, "draw_runs"));
    }
    if i64::try_from(here.len()).unwrap_or(i64::MAX) >= MAX_DRAWS {
        return Err(Problem::new(409, "draws_over").number(MAX_DRAWS).into());
    }
    let today = || given.iter().filter(|g| g.fresh);
    let (more, had, most) = match ask.prize {
        Prize::Points(n) if ask.kind == Kind::Bag => {
            (n * ask.prizes, today().map(|g| g.points).sum(), MAX_POINTS_A_DAY)
        }
        Prize::Points(n) => (n, today().map(|g| g.points).sum(), MAX_POINTS_A_DAY),
        Prize::Thing { .. } => (ask.prizes, today().map(|g| g.things).sum::<i64>(), MAX_THINGS_A_DAY),
    };
    if had + more > most {
        return Err(Problem::new(409, "draw_budget").number((most - had).max(0)).into());
    }
    Ok(())
}

/// One of something as a prize, at a price as people write it.
///
/// # Errors
/// `product_gone`, `draw_price`.
pub async fn thing(shop: &Shop, sku: SkuId, price: &str) -> Result<Prize> {
    let offers = catalog::offers(&shop.db, &[sku], None).await?;
    let offer = offers.first().ok_or_else(|| Error::problem(404, "product_gone"))?;
    let wrong = || Problem::new(422, "draw_price").field("price");
    Ok(Prize::Thing { sku, price: domain::live::off(price, offer.currency).ok_or_else(wrong)? })
}

crate::row! {
    struct Mine {
        number: i64,
        ticket: String,
        won: Option<i64>,
    }
}

async fn entry(mut read: impl Read, draw: Uuid, me: PersonId) -> Result<Option<Mine>> {
    let rows: Vec<Mine> = read
        .all("SELECT number, ticket, won FROM room_entry WHERE draw_id = $1 AND person_id = $2", args![draw, me])
        .await?;
    Ok(rows.into_iter().next())
}

/// Whether somebody has won as often as he may, in the draws of a host.
async fn won_enough(mut read: impl Read, me: PersonId, host: Uuid, now: Millis) -> Result<bool> {
    crate::row! {
        struct Won {
            n: i64,
        }
    }
    let rows: Vec<Won> = read
        .all(
            "SELECT COUNT(*) AS n FROM room_entry e JOIN room_draw d ON d.id = e.draw_id JOIN room r ON r.id = d.room_id
             WHERE e.person_id = $1 AND e.at > $2 AND e.won IS NOT NULL AND d.kind = 'bag' AND r.host_id = $3",
            args![me, now - DAY, host],
        )
        .await?;
    Ok(rows.first().is_some_and(|r| r.n >= MAX_WINS_A_DAY))
}

/// Takes part in a draw, which says what is to be said and follows whom is to be followed; of packets, the next one is opened. Who takes
/// part already does so no second time. `ticket`: what is drawn from, as somebody's own browser chose it; one of the shop's without.
///
/// # Errors
/// `not_found`, `draw_over`, `packets_gone`, `draw_own` for the host and for people of the shop, `draw_wins` for who has won as often as he may
/// within a day, `paused`, `shut_out`, `muted_for` or `muted` where something is to be said, `averse` where somebody is to be followed.
pub async fn join(shop: &Shop, me: PersonId, role: Role, code: &Code, ticket: Option<Code>) -> Result<MyDraw> {
    let row = find(&shop.db, code).await?;
    if let Some(mine) = of_mine(shop, me, &row).await? {
        return Ok(mine);
    }
    // Many come at once, and each takes the row of the draw: they wait here, and not for a connection.
    let _turn = shop.kept.joins.0.acquire().await.map_err(|_| Problem::internal())?;
    let input = (shop.clone(), (me, role), code.clone(), ticket, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, (me, role), code, ticket, now)| {
            Box::pin(async move {
                let row = lock(tx, code).await?;
                if entry(&mut *tx, row.id, *me).await?.is_some() {
                    return Ok(());
                }
                enter(tx, shop, &row, (*me, *role), ticket.as_ref(), *now).await
            })
        })
        .await?;
    mine(shop, me, code).await?.ok_or_else(|| Problem::internal().into())
}

/// Somebody takes part in a draw whose row is locked.
async fn enter(
    tx: &mut Tx,
    shop: &Shop,
    row: &Row,
    (me, role): (PersonId, Role),
    ticket: Option<&Code>,
    now: Millis,
) -> Result<()> {
    let kind = row.kind()?;
    if kind == Kind::Packets && row.joined >= row.prizes {
        return Err(Error::problem(409, "packets_gone"));
    }
    let room = live::by_id(&mut *tx, row.room_id).await?;
    if !row.is_open(now) || !room.state()?.sells() {
        return Err(Error::problem(409, "draw_over"));
    }
    if room.host_id == me.0 || matches!(role, Role::Moderator | Role::Staff | Role::Admin) {
        return Err(Error::problem(403, "draw_own"));
    }
    if kind == Kind::Bag && won_enough(&mut *tx, me, room.host_id, now).await? {
        return Err(Problem::new(403, "draw_wins").number(MAX_WINS_A_DAY).into());
    }
    moderation::may_write(&mut *tx, me, now).await?;
    live::takes_part(&mut *tx, room.host_id, me).await?;
    let number = row.joined + 1;
    let won = match kind {
        Kind::Bag => None,
        Kind::Packets => Some(packet(&row.seed()?, row.points - row.given, number, row.prizes)),
    };
    tx.execute(
        "UPDATE room_draw SET joined = $1, given = given + $2 WHERE id = $3",
        args![number, won.unwrap_or(0), row.id],
    )
    .await?;
    let id = shop.rng.id(now);
    let ticket = match ticket {
        Some(own) if is_new(&mut *tx, own).await? => own.clone(),
        _ => shop.rng.code(),
    };
    tx.execute(
        "INSERT INTO room_entry (id, draw_id, number, person_id, ticket, won, at) VALUES ($1, $2, $3, $4, $5, CAST($6 AS BIGINT), $7)",
        args![id, row.id, number, me, ticket.as_str(), won, now],
    )
    .await?;
    if let Some(points) = won {
        give(tx, shop, id, me, points, now).await?;
        if number == row.prizes {
            over(tx, shop, row, now).await?;
        }
    }
    if !row.phrase.is_empty() {
        live::say_to_join(tx, shop, me, row.room_id, &row.phrase, now).await?;
    }
    if row.follow {
        follow::begin(tx, shop, me, PersonId(room.host_id), now).await?;
    }
    news::changed(tx, shop, &room.code()?);
    Ok(())
}

async fn is_new(mut read: impl Read, ticket: &Code) -> Result<bool> {
    crate::row! {
        struct Known {
            number: i64,
        }
    }
    let known: Vec<Known> = read.all("SELECT number FROM room_entry WHERE ticket = $1", args![ticket.as_str()]).await?;
    Ok(!known.iter().any(|k| k.number > 0))
}

/// Books the points of somebody who took part; once.
async fn give(tx: &mut Tx, shop: &Shop, entry: Uuid, to: PersonId, points: i64, now: Millis) -> Result<()> {
    let entries = [(Account::Points(to), -points), (Account::PointsGiven, points)];
    ledger::post(tx, shop, "prize", entry, &Balanced::of(Unit::Points, entries)?, now).await
}

/// A draw is over: everybody may know its seed.
async fn over(tx: &mut Tx, shop: &Shop, row: &Row, now: Millis) -> Result<()> {
    tx.execute("UPDATE room_draw SET drawn_at = $1 WHERE id = $2", args![now, row.id]).await?;
    let room = live::lock_by_id(tx, row.room_id).await?;
    live::add(tx, shop, &room, (Line::Drawn, None, &row.code), now).await?;
    Ok(())
}

/// Draws what is due; a job calls it. Whether it did.
///
/// # Errors
/// What the database says.
pub async fn draw(shop: &Shop, code: &Code) -> Result<bool> {
    let input = (shop.clone(), code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, now)| {
            Box::pin(async move {
                let row = lock(tx, code).await?;
                if row.drawn_at.is_some() || *now < row.closes_at {
                    return Ok(false);
                }
                if row.kind()? == Kind::Bag {
                    hand_out(tx, shop, &row, *now).await?;
                }
                over(tx, shop, &row, *now).await?;
                Ok(true)
            })
        })
        .await
}

/// Gives the winners of a bag what they won; what nobody won is free again.
async fn hand_out(tx: &mut Tx, shop: &Shop, row: &Row, now: Millis) -> Result<()> {
    crate::row! {
        struct Entered {
            id: Uuid,
            person_id: Uuid,
            ticket: String,
        }
    }
    let entered: Vec<Entered> = tx
        .fetch_all("SELECT id, person_id, ticket FROM room_entry WHERE draw_id = $1 ORDER BY number", args![row.id])
        .await?;
    let tickets: Vec<&str> = entered.iter().map(|e| e.ticket.as_str()).collect();
    let won = winners(&row.seed()?, &tickets, row.prizes);
    let mut places: Vec<(i64, &Entered)> = (1..).zip(won.iter().filter_map(|at| entered.get(*at))).collect();
    // In the order of people, which is the order of locking.
    places.sort_by_key(|(_, of)| of.person_id);
    for (place, of) in &places {
        tx.execute("UPDATE room_entry SET won = $1 WHERE id = $2", args![*place, of.id]).await?;
        let person = PersonId(of.person_id);
        if row.sku_id.is_some() {
            tx.execute(
                "INSERT INTO room_prize (draw_id, person_id, until_at) VALUES ($1, $2, $3)",
                args![row.id, person, now + CLAIM],
            )
            .await?;
        } else {
            give(tx, shop, of.id, person, row.points, now).await?;
        }
        inbox::tell_of_draw(tx, shop, person, "bag_won", &row.code, row.points, now).await?;
    }
    if let Some((sku, _)) = row.thing() {
        let free = row.prizes - i64::try_from(places.len()).unwrap_or(0);
        if free > 0 {
            catalog::release(tx, sku, free).await?;
        }
        job::enqueue(tx, shop, "lapse_prizes", &row.code, &row.code, now + CLAIM).await?;
    }
    Ok(())
}

/// What winners have not ordered in time is kept no longer; a job calls it.
///
/// # Errors
/// What the database says.
pub async fn lapse(shop: &Shop, code: &Code) -> Result<()> {
    let input = (code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (code, now)| {
            Box::pin(async move {
                let row = find(&mut *tx, code).await?;
                let free = tx
                    .execute(
                        "DELETE FROM room_prize WHERE draw_id = $1 AND order_id IS NULL AND until_at <= $2",
                        args![row.id, *now],
                    )
                    .await?;
                if let (Some((sku, _)), true) = (row.thing(), free > 0) {
                    catalog::release(tx, sku, i64::try_from(free).unwrap_or(i64::MAX)).await?;
                }
                Ok(())
            })
        })
        .await
}

/// What is kept for somebody who won: which draw, and the price of one.
pub(crate) struct Kept {
    draw: Uuid,
    pub(crate) price: i64,
}

/// What is kept of a draw for somebody.
///
/// # Errors
/// `not_found` when it is no draw of that, `prize_over` when nothing is kept any more.
pub(crate) async fn kept(mut read: impl Read, me: PersonId, draw: &Code, sku: SkuId, now: Millis) -> Result<Kept> {
    crate::row! {
        struct Prized {
            until_at: i64,
        }
    }
    let row = find(&mut read, draw).await?;
    let (_, price) = row.thing().filter(|(of, _)| *of == sku).ok_or_else(Problem::not_found)?;
    let kept: Vec<Prized> = read
        .all(
            "SELECT until_at FROM room_prize WHERE draw_id = $1 AND person_id = $2 AND order_id IS NULL",
            args![row.id, me],
        )
        .await?;
    if !kept.iter().any(|k| k.until_at > now) {
        return Err(Error::problem(409, "prize_over"));
    }
    Ok(Kept { draw: row.id, price })
}

/// Takes what is kept for somebody, for an order to hold; once, also when two are sent.
///
/// # Errors
/// As [`kept`].
pub(crate) async fn claim(tx: &mut Tx, me: PersonId, draw: &Code, sku: SkuId, now: Millis) -> Result<Kept> {
    tx.execute(
        "UPDATE room_prize SET until_at = until_at WHERE person_id = $1 AND draw_id = (SELECT id FROM room_draw WHERE code = $2)",
        args![me, draw.as_str()],
    )
    .await?;
    let kept = kept(&mut *tx, me, draw, sku, now).await?;
    catalog::release(tx, sku, 1).await?;
    Ok(kept)
}

/// What was claimed is in an order.
pub(crate) async fn ordered(tx: &mut Tx, me: PersonId, kept: &Kept, order: Uuid) -> Result<()> {
    tx.execute(
        "UPDATE room_prize SET order_id = $1 WHERE draw_id = $2 AND person_id = $3",
        args![order, kept.draw, me],
    )
    .await?;
    Ok(())
}

/// An order of what somebody won was not paid for: it is kept for him again, for as long as it was to be. Its stock is free by now.
pub(crate) async fn come_back(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<()> {
    crate::row! {
        struct Won {
            code: String,
            until_at: i64,
        }
    }
    let won: Option<Won> = tx
        .fetch_optional(
            "SELECT d.code, p.until_at FROM room_prize p JOIN room_draw d ON d.id = p.draw_id WHERE p.order_id = $1",
            args![order],
        )
        .await?;
    let Some(won) = won.filter(|w| now < w.until_at) else { return Ok(()) };
    let row = find(&mut *tx, &won.code.parse().map_err(|_| broken_row("room_draw.code"))?).await?;
    let Some((sku, _)) = row.thing() else { return Ok(()) };
    match catalog::hold(tx, sku, 1).await {
        Ok(()) => {}
        // It is sold no more: the order is closed all the same.
        Err(error) if error.code() == "sold_out" => return Ok(()),
        Err(error) => return Err(error),
    }
    tx.execute("UPDATE room_prize SET order_id = NULL WHERE order_id = $1", args![order]).await?;
    // The look that was due may have been already.
    let key = format!("{}:{}", row.code, order.simple());
    job::enqueue(tx, shop, "lapse_prizes", &key, &row.code, won.until_at).await
}

/// The draw that a room shows now, if there is one.
pub(crate) async fn shown(shop: &Shop, room: Uuid, now: Millis) -> Result<Option<DrawFact>> {
    crate::row! {
        struct Shown {
            code: String,
            kind: String,
            prizes: i64,
            points: i64,
            sku_id: Option<Uuid>,
            price: Option<i64>,
            slug: Option<String>,
            currency: Option<String>,
            phrase: String,
            follow: bool,
            joined: i64,
            closes_at: i64,
            drawn_at: Option<i64>,
        }
    }
    let row: Option<Shown> = shop
        .db
        .fetch_optional(
            "SELECT d.code, d.kind, d.prizes, d.points, d.sku_id, d.price, p.slug, p.currency, d.phrase, d.follow, d.joined, d.closes_at, d.drawn_at
             FROM room_draw d LEFT JOIN sku s ON s.id = d.sku_id LEFT JOIN product p ON p.id = s.product_id
             WHERE d.room_id = $1 AND (d.drawn_at IS NULL OR d.drawn_at > $2) ORDER BY d.opened_at DESC LIMIT 1",
            args![room, now - SHOWN],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let thing = match (row.sku_id, row.price, row.slug, row.currency) {
        (Some(sku), Some(price), Some(slug), Some(currency)) => Some(PrizeFact {
            sku: SkuId(sku),
            slug,
            price,
            currency: currency.parse::<Currency>().map_err(|_| broken_row("product.currency"))?,
        }),
        _ => None,
    };
    Ok(Some(DrawFact {
        code: row.code.parse().map_err(|_| broken_row("room_draw.code"))?,
        kind: row.kind.parse().map_err(|_| broken_row("room_draw.kind"))?,
        prizes: row.prizes,
        points: row.points,
        thing,
        phrase: row.phrase,
        follow: row.follow,
        joined: row.joined,
        closes_at: row.closes_at,
        drawn: row.drawn_at.is_some(),
    }))
}

/// What I have in a draw; none when I take no part.
///
/// # Errors
/// `not_found`.
pub async fn mine(shop: &Shop, me: PersonId, code: &Code) -> Result<Option<MyDraw>> {
    let row = find(&shop.db, code).await?;
    of_mine(shop, me, &row).await
}

async fn of_mine(shop: &Shop, me: PersonId, row: &Row) -> Result<Option<MyDraw>> {
    crate::row! {
        struct Prized {
            until_at: i64,
        }
    }
    let Some(mine) = entry(&shop.db, row.id, me).await? else { return Ok(None) };
    let code = row.code()?;
    let mut claim = None;
    if let (Some((sku, _)), Some(_)) = (row.thing(), mine.won) {
        let kept: Option<Prized> = shop
            .db
            .fetch_optional(
                "SELECT until_at FROM room_prize WHERE draw_id = $1 AND person_id = $2 AND order_id IS NULL AND until_at > $3",
                args![row.id, me, shop.clock.now()],
            )
            .await?;
        claim = kept.map(|k| (Source::Prize { draw: code.clone(), sku, quantity: 1 }.written(), k.until_at));
    }
    Ok(Some(MyDraw {
        draw: code,
        number: mine.number,
        ticket: mine.ticket,
        drawn: row.drawn_at.is_some(),
        won: mine.won,
        thing: row.sku_id.is_some(),
        claim,
    }))
}

/// A draw, with all that it takes to check it once it is over.
///
/// # Errors
/// `not_found`.
pub async fn show(shop: &Shop, lang: Lang, me: Option<PersonId>, code: &Code) -> Result<DrawView> {
    crate::row! {
        struct Entered {
            number: i64,
            ticket: String,
            won: Option<i64>,
            name: Option<String>,
        }
    }
    let row = find(&shop.db, code).await?;
    let room = live::by_id(&shop.db, row.room_id).await?;
    let mut thing = None;
    if let Some((sku, price)) = row.thing() {
        let offers = catalog::offers(&shop.db, &[sku], Some(lang)).await?;
        thing = offers.into_iter().next().map(|offer| {
            let (title, choice, _) = offer.texts.get(lang.tag()).cloned().unwrap_or_default();
            ThingView {
                slug: offer.slug,
                title: if choice.is_empty() { title } else { format!("{title} · {choice}") },
                picture: offer.picture,
                alone: offer.price,
                price,
                currency: offer.currency,
            }
        });
    }
    let entered: Vec<Entered> = match row.drawn_at {
        None => Vec::new(),
        Some(_) => {
            shop.db
                .fetch_all(
                    "SELECT e.number, e.ticket, e.won, p.display_name AS name FROM room_entry e
                     LEFT JOIN person p ON p.id = e.person_id AND e.won IS NOT NULL WHERE e.draw_id = $1 ORDER BY e.number",
                    args![row.id],
                )
                .await?
        }
    };
    let entries = entered.into_iter().map(|e| EntryView {
        number: e.number,
        ticket: e.ticket,
        won: e.won,
        name: e.name.map_or(String::new(), |name| initial(&name)),
    });
    let mine = match me {
        Some(me) => of_mine(shop, me, &row).await?,
        None => None,
    };
    Ok(DrawView {
        code: row.code()?,
        room: room.code()?,
        room_title: if room.removed { String::new() } else { room.title.clone() },
        kind: row.kind()?,
        prizes: row.prizes,
        points: row.points,
        thing,
        phrase: row.phrase.clone(),
        follow: row.follow,
        commitment: row.commitment.clone(),
        opened_at: row.opened_at,
        closes_at: row.closes_at,
        drawn_at: row.drawn_at,
        seed: row.drawn_at.map_or(String::new(), |_| hex::encode(&row.seed)),
        joined: row.joined,
        entries: entries.collect(),
        mine,
        at: shop.clock.now(),
    })
}

/// How a winner is named to everybody.
fn initial(name: &str) -> String {
    name.chars().take(1).chain("**".chars()).collect()
}
