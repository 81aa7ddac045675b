//! Lucky bags and red packets of rooms: opened, joined, drawn, claimed.
//!
//! Invariants: a room has one that is open; a person takes part once; numbers are given from 1 without a gap; what a winner gets follows
//! from the seed, whose SHA-256 everybody had before anybody joined; points are booked with the packet, or with the draw; a thing that can
//! be won is held from the beginning until it is ordered or no longer kept. Deliberately absent: the rule itself (`domain::draw`).

use crate::{
    Error, Result, Shop, account, args, catalog,
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
        Ask, CLAIM, DrawFact, DrawView, EntryView, Kind, MAX_DRAWS, MyDraw, Prize, PrizeFact, SHOWN, Seed, ThingView,
        commitment, packets, winners,
    },
    id::{PersonId, SkuId},
    ledger::{Account, Balanced, Unit},
    live::Line,
    order::Source,
    time::MINUTE,
};
use uuid::Uuid;

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
            "SELECT id, code, room_id, kind, prizes, points, sku_id, price, phrase, follow, seed, commitment, joined, opened_at, closes_at, drawn_at
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
/// those of [`Ask::checked`], `draw_price` for a price that is none below the shop's, `product_gone`, `sold_out`, `screen_words` and its kind.
pub async fn open(shop: &Shop, me: PersonId, room: &Code, ask: Ask) -> Result<Code> {
    let ask = ask.checked()?;
    if !ask.phrase.is_empty() {
        moderation::clean(&*moderation::lists(shop).await?, &ask.phrase).map_err(|p| p.field("phrase"))?;
    }
    let input = (shop.clone(), me, room.clone(), ask, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, room, ask, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Count {
                        open: i64,
                        n: i64,
                    }
                }
                let room = live::mine(tx, *me, room).await?;
                if !room.state()?.sells() {
                    return Err(Error::problem(409, "room_not_on"));
                }
                let count: Count = tx
                    .fetch_one(
                        "SELECT CAST(COALESCE(SUM(CASE WHEN drawn_at IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS open, COUNT(*) AS n
                         FROM room_draw WHERE room_id = $1",
                        args![room.id],
                    )
                    .await?;
                if count.open > 0 {
                    return Err(Error::problem(409, "draw_runs"));
                }
                if count.n >= MAX_DRAWS {
                    return Err(Problem::new(409, "draws_over").number(MAX_DRAWS).into());
                }
                let (points, thing) = match ask.prize {
                    Prize::Points(points) => (points, None),
                    Prize::Thing { sku, price } => {
                        let offers = catalog::offers(&mut *tx, &[sku], None).await?;
                        let offer = offers.first().ok_or_else(|| Error::problem(404, "product_gone"))?;
                        if !live::in_bag(&mut *tx, room.id, offer.product).await? {
                            return Err(Error::problem(404, "product_gone"));
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
        won: Option<i64>,
    }
}

async fn entry(mut read: impl Read, draw: Uuid, me: PersonId) -> Result<Option<Mine>> {
    let rows: Vec<Mine> =
        read.all("SELECT number, won FROM room_entry WHERE draw_id = $1 AND person_id = $2", args![draw, me]).await?;
    Ok(rows.into_iter().next())
}

/// Takes part in a draw, which says what is to be said and follows whom is to be followed; of packets, the next one is opened. Who takes
/// part already does so no second time.
///
/// # Errors
/// `not_found`, `draw_over`, `packets_gone`, `draw_own` for the host and for people of the shop; those of [`live::say`] and [`follow::follow`].
pub async fn join(shop: &Shop, me: PersonId, role: Role, code: &Code) -> Result<MyDraw> {
    let row = find(&shop.db, code).await?;
    if let Some(mine) = entry(&shop.db, row.id, me).await? {
        return Ok(MyDraw { draw: code.clone(), number: mine.number, won: mine.won, claim: None });
    }
    let room = live::by_id(&shop.db, row.room_id).await?;
    if room.host_id == me.0 || matches!(role, Role::Moderator | Role::Staff | Role::Admin) {
        return Err(Error::problem(403, "draw_own"));
    }
    if !row.is_open(shop.clock.now()) {
        return Err(Error::problem(409, "draw_over"));
    }
    if row.kind()? == Kind::Packets && row.joined >= row.prizes {
        return Err(Error::problem(409, "packets_gone"));
    }
    moderation::may_write(&shop.db, me, shop.clock.now()).await?;
    let room_code = room.code()?;
    if !row.phrase.is_empty() {
        live::say(shop, me, &room_code, &row.phrase).await?;
    }
    if row.follow {
        let host = account::faces(shop, &[room.host_id]).await?.remove(&room.host_id);
        let (handle, _) = host.ok_or_else(Problem::not_found)?;
        follow::follow(shop, me, &handle, true).await?;
    }
    let input = (shop.clone(), me, code.clone(), room_code, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, room, now)| {
            Box::pin(async move {
                let row = lock(tx, code).await?;
                if let Some(mine) = entry(&mut *tx, row.id, *me).await? {
                    return Ok(MyDraw { draw: code.clone(), number: mine.number, won: mine.won, claim: None });
                }
                let kind = row.kind()?;
                if kind == Kind::Packets && row.joined >= row.prizes {
                    return Err(Error::problem(409, "packets_gone"));
                }
                if !row.is_open(*now) {
                    return Err(Error::problem(409, "draw_over"));
                }
                let number = row.joined + 1;
                let won = match kind {
                    Kind::Bag => None,
                    Kind::Packets => {
                        let parts = packets(&row.seed()?, row.points, row.prizes);
                        let part = usize::try_from(row.joined).ok().and_then(|at| parts.get(at).copied());
                        Some(part.ok_or_else(Problem::internal)?)
                    }
                };
                let id = shop.rng.id(*now);
                tx.execute("UPDATE room_draw SET joined = $1 WHERE id = $2", args![number, row.id]).await?;
                tx.execute(
                    "INSERT INTO room_entry (id, draw_id, number, person_id, ticket, won, at) VALUES ($1, $2, $3, $4, $5, CAST($6 AS BIGINT), $7)",
                    args![id, row.id, number, *me, shop.rng.code().as_str(), won, *now],
                )
                .await?;
                if let Some(points) = won {
                    give(tx, shop, id, *me, points, *now).await?;
                    if number == row.prizes {
                        over(tx, shop, &row, *now).await?;
                    }
                }
                news::changed(tx, shop, room);
                Ok(MyDraw { draw: code.clone(), number, won, claim: None })
            })
        })
        .await
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
    for (place, of) in (1_i64..).zip(won.iter().filter_map(|at| entered.get(*at))) {
        tx.execute("UPDATE room_entry SET won = $1 WHERE id = $2", args![place, of.id]).await?;
        let person = PersonId(of.person_id);
        match row.thing() {
            None => give(tx, shop, of.id, person, row.points, now).await?,
            Some((sku, price)) => keep(tx, row, person, sku, price, now + CLAIM).await?,
        }
        inbox::tell_of_draw(tx, shop, person, "bag_won", &row.code, row.points, now).await?;
    }
    if let Some((sku, _)) = row.thing() {
        let free = row.prizes - i64::try_from(won.len()).unwrap_or(0);
        if free > 0 {
            catalog::release(tx, sku, free).await?;
        }
        job::enqueue(tx, shop, "lapse_prizes", &row.code, &row.code, now + CLAIM).await?;
    }
    Ok(())
}

/// One of something, which is held, is kept for somebody at a price.
async fn keep(tx: &mut Tx, row: &Row, person: PersonId, sku: SkuId, price: i64, until: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO room_promise (person_id, sku_id, room_id, price, units, until_at, draw_id) VALUES ($1, $2, $3, $4, 1, $5, $6)
         ON CONFLICT (person_id, room_id, sku_id) DO UPDATE
         SET price = excluded.price, units = 1, until_at = excluded.until_at, flash_id = NULL, draw_id = excluded.draw_id",
        args![person, sku, row.room_id, price, until, row.id],
    )
    .await?;
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
                let row = lock(tx, code).await?;
                let free = tx
                    .execute("DELETE FROM room_promise WHERE draw_id = $1 AND until_at <= $2", args![row.id, *now])
                    .await?;
                if let (Some((sku, _)), true) = (row.thing(), free > 0) {
                    catalog::release(tx, sku, i64::try_from(free).unwrap_or(i64::MAX)).await?;
                }
                Ok(())
            })
        })
        .await
}

/// An order of what somebody won was not paid for: it is kept for him again, for as long as it was to be. Its stock is free by now.
pub(crate) async fn come_back(tx: &mut Tx, order: Uuid, now: Millis) -> Result<()> {
    crate::row! {
        struct Won {
            code: String,
            person_id: Uuid,
        }
    }
    let won: Option<Won> = tx
        .fetch_optional(
            "SELECT d.code, o.person_id FROM order_line l JOIN orders o ON o.id = l.order_id JOIN room_draw d ON d.id = l.draw_id WHERE l.order_id = $1",
            args![order],
        )
        .await?;
    let Some(won) = won else { return Ok(()) };
    let row = find(&mut *tx, &won.code.parse().map_err(|_| broken_row("room_draw.code"))?).await?;
    let until = row.drawn_at.unwrap_or(0) + CLAIM;
    if let Some((sku, price)) = row.thing().filter(|_| now < until) {
        catalog::hold(tx, sku, 1).await?;
        keep(tx, &row, PersonId(won.person_id), sku, price, until).await?;
    }
    Ok(())
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
        struct Kept {
            until_at: i64,
        }
    }
    let Some(mine) = entry(&shop.db, row.id, me).await? else { return Ok(None) };
    let mut claim = None;
    if let (Some((sku, _)), Some(_)) = (row.thing(), mine.won) {
        let kept: Option<Kept> = shop
            .db
            .fetch_optional(
                "SELECT until_at FROM room_promise WHERE draw_id = $1 AND person_id = $2 AND until_at > $3",
                args![row.id, me, shop.clock.now()],
            )
            .await?;
        if let Some(kept) = kept {
            let room = live::by_id(&shop.db, row.room_id).await?.code()?;
            claim = Some((Source::Room { room, sku, quantity: 1 }.written(), kept.until_at));
        }
    }
    Ok(Some(MyDraw { draw: row.code()?, number: mine.number, won: mine.won, claim }))
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
            person_id: Uuid,
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
                    "SELECT number, ticket, won, person_id FROM room_entry WHERE draw_id = $1 ORDER BY number",
                    args![row.id],
                )
                .await?
        }
    };
    let won: Vec<Uuid> = entered.iter().filter(|e| e.won.is_some()).map(|e| e.person_id).collect();
    let faces = account::faces(shop, &won).await?;
    let entries = entered.into_iter().map(|e| EntryView {
        number: e.number,
        ticket: e.ticket,
        won: e.won,
        name: faces.get(&e.person_id).filter(|_| e.won.is_some()).map_or(String::new(), |(_, name)| initial(name)),
    });
    let mine = match me {
        Some(me) => of_mine(shop, me, &row).await?,
        None => None,
    };
    Ok(DrawView {
        code: row.code()?,
        room: room.code()?,
        room_title: room.title.clone(),
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
