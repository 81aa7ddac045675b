//! Rooms as they are looked at: the list, one of them, the host's own page.

use super::{Row, clip, count, fan, find, flash, hand, hold, key_of, may_host, moderate, poll, recording, remind};
use crate::{Result, Shop, account, args, catalog, coupon, db::Read, draw, error::broken_row, follow};
use domain::{
    Code, Lang, Millis, Problem,
    account::Role,
    group_buy::masked,
    id::{PersonId, ProductId},
    live::{
        ALIVE, ALONG, AlongView, BOUGHT, BoughtFact, CATCH_UP, Chapter, ChoiceView, Facts, FlashFact, ItemView, LINES,
        Line, LineView, PinnedFact, RoomCard, RoomView, RoomsView, SkuFact, State, StudioView, price, replay_at,
    },
    time::DAY,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Rooms on each shelf of the list.
const SHELF: i64 = 24;

crate::row! {
    pub(super) struct ItemRow {
        pub(super) product_id: Uuid,
        pub(super) place: i64,
        pub(super) off: i64,
    }
}

pub(super) async fn items(mut read: impl Read, room: Uuid) -> Result<Vec<ItemRow>> {
    Ok(read.all("SELECT product_id, place, off FROM room_item WHERE room_id = $1 ORDER BY place", args![room]).await?)
}

crate::row! {
    struct Count {
        n: i64,
    }
}

/// How many look at a room, on every node.
pub(super) async fn viewers(mut read: impl Read, room: Uuid, now: Millis) -> Result<i64> {
    let rows: Vec<Count> = read
        .all(
            "SELECT CAST(COALESCE(SUM(viewers), 0) AS BIGINT) AS n FROM room_node WHERE room_id = $1 AND at > $2",
            args![room, now - ALIVE],
        )
        .await?;
    Ok(rows.first().map_or(0, |r| r.n))
}

/// What is true of a room now.
pub(super) async fn facts(shop: &Shop, code: &Code) -> Result<(Uuid, i64, Facts)> {
    let room = find(&shop.db, code).await?;
    let items = items(&shop.db, room.id).await?;
    let products: Vec<ProductId> = items.iter().map(|i| ProductId(i.product_id)).collect();
    let skus = catalog::skus_of(&shop.db, &products).await?;
    let (explained, explains_at) = clip::now(&shop.db, room.id).await?;
    let explains = explained.and_then(|product| items.iter().find(|i| i.product_id == product)).map(|i| i.place);
    let mut facts = Facts {
        state: room.state()?,
        bag: room.bag,
        explains,
        explains_at,
        skus: Vec::with_capacity(skus.len()),
        hearts: room.hearts,
        viewers: viewers(&shop.db, room.id, shop.clock.now()).await?,
        slow: room.slow,
        flash: None,
        draw: None,
        drop: None,
        ticker: room.ticker,
        bought: None,
        speaks: room.speaks()?,
        pinned: pinned(shop, &room).await?,
        poll: poll::shown(shop, &room, shop.clock.now()).await?,
        hands: hand::shown(shop, &room).await?,
    };
    let now = shop.clock.now();
    if facts.state.sells() {
        let here = |product| {
            let item = items.iter().find(|i| i.product_id == product)?;
            let of = skus.iter().filter(|s| s.product.0 == product);
            Some((item.place, of.map(|s| s.available.max(0)).sum()))
        };
        facts.flash = flash::fact(shop, room.id, here).await?;
        if room.ticker {
            let place = |sku: Uuid| {
                let product = skus.iter().find(|s| s.sku.0 == sku)?.product.0;
                items.iter().find(|i| i.product_id == product).map(|i| i.place)
            };
            facts.bought = bought(shop, room.id, now, place).await?;
        }
    }
    facts.draw = draw::shown(shop, room.id, now).await?;
    facts.drop = coupon::shown(shop, room.id, now).await?;
    for item in &items {
        let off = off(item, facts.flash.as_ref());
        facts.skus.extend(skus.iter().filter(|s| s.product.0 == item.product_id).map(|s| SkuFact {
            sku: s.sku,
            price: here(s.price, off, facts.state),
            left: s.available,
        }));
    }
    Ok((room.id, room.seq, facts))
}

/// The line that stands on top.
async fn pinned(shop: &Shop, room: &Row) -> Result<Option<PinnedFact>> {
    crate::row! {
        struct Pinned {
            person_id: Option<Uuid>,
            text: String,
        }
    }
    let Some(seq) = room.pinned else { return Ok(None) };
    let line: Option<Pinned> = shop
        .db
        .fetch_optional(
            "SELECT person_id, text FROM room_line WHERE room_id = $1 AND seq = $2 AND gone_at IS NULL",
            args![room.id, seq],
        )
        .await?;
    let Some(line) = line else { return Ok(None) };
    let names = account::names(shop, line.person_id.as_slice()).await?;
    let name = line.person_id.and_then(|who| names.get(&who).cloned()).unwrap_or_default();
    Ok(Some(PinnedFact { seq, name, text: line.text }))
}

/// Who has paid last, of those who ordered last. `place`: of what can be bought, in the bag.
async fn bought(
    shop: &Shop,
    room: Uuid,
    now: Millis,
    place: impl Fn(Uuid) -> Option<i64>,
) -> Result<Option<BoughtFact>> {
    crate::row! {
        struct Bought {
            person_id: Uuid,
            sku_id: Uuid,
            paid_at: i64,
        }
    }
    let last: Option<Bought> = shop
        .db
        .fetch_optional(
            "SELECT o.person_id, l.sku_id, o.paid_at
             FROM (SELECT order_id, sku_id FROM order_line WHERE room_id = $1 ORDER BY order_id DESC LIMIT 40) l
             JOIN orders o ON o.id = l.order_id
             WHERE o.paid_at > $2 AND o.state <> 'refunded' ORDER BY o.paid_at DESC, o.id DESC LIMIT 1",
            args![room, now - BOUGHT],
        )
        .await?;
    let Some(last) = last else { return Ok(None) };
    let Some(place) = place(last.sku_id) else { return Ok(None) };
    let mut faces = account::faces(shop, &[last.person_id]).await?;
    let (_, name) = faces.remove(&last.person_id).unwrap_or_default();
    Ok(Some(BoughtFact { name: masked(&name), place, at: last.paid_at }))
}

/// What is taken from the prices of something now.
fn off(item: &ItemRow, flash: Option<&FlashFact>) -> i64 {
    flash.filter(|f| f.place == item.place && f.counts()).map_or(item.off, |f| f.off)
}

/// What a choice costs in a room.
fn here(alone: i64, off: i64, state: State) -> i64 {
    if state.is_open() { price(alone, off).unwrap_or(alone) } else { alone }
}

crate::row! {
    struct LineRow {
        seq: i64,
        kind: String,
        person_id: Option<Uuid>,
        text: String,
        gone: bool,
        at: i64,
    }
}

/// The last lines of a room behind `after`, at most `most`, in their order.
pub(super) async fn lines(shop: &Shop, room: Uuid, host: Uuid, after: i64, most: i64) -> Result<Vec<LineView>> {
    let mut rows: Vec<LineRow> = shop
        .db
        .fetch_all(
            "SELECT seq, kind, person_id, text, (gone_at IS NOT NULL) AS gone, at FROM room_line
             WHERE room_id = $1 AND seq > $2 ORDER BY seq DESC LIMIT $3",
            args![room, after, most],
        )
        .await?;
    rows.reverse();
    views(shop, host, rows).await
}

/// What was said around a moment, for whoever sees the room again; at most as many lines as an open page catches up on.
///
/// # Errors
/// `not_found`.
pub async fn along(shop: &Shop, (me, decides): (Option<PersonId>, bool), code: &Code, at: Millis) -> Result<AlongView> {
    let room = hold::for_me(&shop.db, code, me, decides).await?;
    let until = at.saturating_add(ALONG);
    let mut rows: Vec<LineRow> = shop
        .db
        .fetch_all(
            "SELECT seq, kind, person_id, text, (gone_at IS NOT NULL) AS gone, at FROM room_line
             WHERE room_id = $1 AND at <= $2 ORDER BY at DESC, seq DESC LIMIT $3",
            args![room.id, at, LINES],
        )
        .await?;
    rows.reverse();
    let after: Vec<LineRow> = shop
        .db
        .fetch_all(
            "SELECT seq, kind, person_id, text, (gone_at IS NOT NULL) AS gone, at FROM room_line
             WHERE room_id = $1 AND at > $2 AND at <= $3 ORDER BY at, seq LIMIT $4",
            args![room.id, at, until, CATCH_UP],
        )
        .await?;
    // Of the last moment there may be more.
    let full = i64::try_from(after.len()).is_ok_and(|n| n >= CATCH_UP);
    let until = after.last().filter(|_| full).map_or(until, |last| last.at - 1);
    rows.extend(after);
    Ok(AlongView { lines: views(shop, room.host_id, rows).await?, until })
}

async fn views(shop: &Shop, host: Uuid, rows: Vec<LineRow>) -> Result<Vec<LineView>> {
    let mut people: Vec<Uuid> = rows.iter().filter_map(|r| r.person_id).collect();
    people.sort_unstable();
    people.dedup();
    let faces = account::faces(shop, &people).await?;
    let levels = fan::levels(shop, host, &people).await?;
    let moderators = if people.is_empty() { Vec::new() } else { moderate::moderators(shop, host).await? };
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let (handle, name) = row.person_id.and_then(|p| faces.get(&p).cloned()).unwrap_or_default();
        let kind: Line = row.kind.parse().map_err(|_| broken_row("room_line.kind"))?;
        lines.push(LineView {
            seq: row.seq,
            kind,
            name,
            handle,
            host: row.person_id == Some(host),
            moderator: row.person_id.is_some_and(|who| moderators.contains(&who)),
            fan: row.person_id.and_then(|who| levels.get(&who)).copied().unwrap_or(0),
            text: if row.gone { String::new() } else { row.text },
            gone: row.gone,
            at: row.at,
        });
    }
    Ok(lines)
}

/// Lines that a page of this process may have missed.
pub(super) async fn ring(shop: &Shop, code: &Code) -> Result<Vec<LineView>> {
    let room = find(&shop.db, code).await?;
    lines(shop, room.id, room.host_id, 0, CATCH_UP).await
}

/// The lines behind one, for those who look.
pub(super) async fn newer(shop: &Shop, code: &Code, after: i64) -> Result<Vec<LineView>> {
    let room = find(&shop.db, code).await?;
    if room.seq <= after {
        return Ok(Vec::new());
    }
    lines(shop, room.id, room.host_id, after, CATCH_UP).await
}

/// What a room sells, and what of that was explained when.
pub(super) struct Bag {
    pub(super) items: Vec<ItemView>,
    pub(super) chapters: Vec<Chapter>,
    /// There are pictures of what was.
    pub(super) kept: bool,
}

/// The bag of a room; `only`: one of its things, by its place.
pub(super) async fn bag(
    shop: &Shop,
    lang: Lang,
    room: &Row,
    flash: Option<&FlashFact>,
    only: Option<i64>,
) -> Result<Bag> {
    let state = room.state()?;
    let mut items = items(&shop.db, room.id).await?;
    items.retain(|i| only.is_none_or(|place| i.place == place));
    let products: Vec<ProductId> = items.iter().map(|i| ProductId(i.product_id)).collect();
    let skus = catalog::skus_of(&shop.db, &products).await?;
    let ids: Vec<_> = skus.iter().map(|s| s.sku).collect();
    let offers: HashMap<_, _> =
        catalog::offers(&shop.db, &ids, Some(lang)).await?.into_iter().map(|o| (o.sku, o)).collect();
    let spans = clip::spans(&shop.db, room.id).await?;
    let explained = |product| spans.iter().find(|s| s.product_id == product);
    let shown = clip::shown(shop, room.id, &spans).await?;
    let kept: Vec<_> = if state == State::Ended {
        recording(shop, &room.code()?).await?.iter().map(|s| (s.at, s.lasts)).collect()
    } else {
        Vec::new()
    };
    let place = |product| items.iter().find(|i| i.product_id == product).map(|i| i.place);
    let chapters = if kept.is_empty() { Vec::new() } else { clip::chapters(&spans, place) };
    let mut views = Vec::new();
    for item in &items {
        let of: Vec<_> = skus.iter().filter(|s| s.product.0 == item.product_id).collect();
        let Some(first) = of.first().and_then(|s| offers.get(&s.sku)) else { continue };
        let (title, ..) = first.texts.get(lang.tag()).cloned().unwrap_or_default();
        let off = off(item, flash);
        let choice = |s: &&&catalog::SkuNow| {
            let words = offers.get(&s.sku).and_then(|o| o.texts.get(lang.tag())).map(|(_, choice, _)| choice.clone());
            ChoiceView {
                sku: s.sku,
                choice: words.unwrap_or_default(),
                alone: s.price,
                price: here(s.price, off, state),
                left: s.available,
            }
        };
        views.push(ItemView {
            place: item.place,
            slug: first.slug.clone(),
            title,
            picture: first.picture.clone(),
            currency: first.currency,
            off: item.off,
            choices: of.iter().map(|s| choice(&s)).collect(),
            replay_at: explained(item.product_id).filter(|_| !kept.is_empty()).map(|s| replay_at(&kept, s.from_at)),
            clip: shown.contains(&item.product_id),
        });
    }
    Ok(Bag { items: views, chapters, kept: !kept.is_empty() })
}

async fn view(shop: &Shop, lang: Lang, me: Option<PersonId>, room: &Row, staff: bool) -> Result<RoomView> {
    let code = room.code()?;
    let (_, _, facts) = facts(shop, &code).await?;
    let host = PersonId(room.host_id);
    let (handle, name) = account::faces(shop, &[room.host_id]).await?.remove(&room.host_id).unwrap_or_default();
    let lines = lines(shop, room.id, room.host_id, 0, LINES).await?;
    let bag = bag(shop, lang, room, facts.flash.as_ref(), None).await?;
    let draw = match (me, &facts.draw) {
        (Some(me), Some(shown)) => draw::mine(shop, me, &shown.code).await?,
        _ => None,
    };
    let dropped = match (me, &facts.drop) {
        (Some(me), Some(shown)) => coupon::taken(&shop.db, me, &shown.code).await?,
        _ => false,
    };
    let vote = match (me, &facts.poll) {
        (Some(me), Some(shown)) => poll::mine(shop, me, room.id, shown.number).await?,
        _ => None,
    };
    let (hand, moderates) = match me {
        Some(me) => {
            (hand::mine(&shop.db, me, room).await?, moderate::standing(&shop.db, room.host_id, me).await?.moderates)
        }
        None => (None, false),
    };
    let fan = match me {
        Some(me) => fan::mine(shop, room.host_id, me).await?,
        None => None,
    };
    Ok(RoomView {
        seq: lines.last().map_or(0, |l| l.seq),
        title: room.title.clone(),
        host: name,
        handle,
        shows: match facts.state {
            State::Scheduled => false,
            State::Live | State::Paused => true,
            State::Ended => bag.kept,
        },
        facts,
        starts_at: room.starts_at,
        began_at: room.began_at,
        ended_at: room.ended_at,
        bag: bag.items,
        chapters: bag.chapters,
        lines,
        draw,
        dropped,
        vote,
        hand,
        follows: follow::follows(&shop.db, me, host).await?,
        fan,
        reminds: remind::reminds(&shop.db, me, room.id).await?,
        removed: room.removed,
        mine: me == Some(host) || staff,
        hosts: me == Some(host),
        moderates: moderates || me == Some(host) || staff,
        known: me.is_some(),
        at: shop.clock.now(),
        code,
    })
}

/// How somebody looks at a room.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looker {
    pub me: Option<PersonId>,
    /// He may keep order in any room.
    pub staff: bool,
    /// He decides about what is reported, and sees what was taken down.
    pub decides: bool,
}

/// A room, for whoever looks.
///
/// # Errors
/// `not_found`.
pub async fn show(shop: &Shop, lang: Lang, looker: Looker, code: &Code) -> Result<RoomView> {
    let room = hold::for_me(&shop.db, code, looker.me, looker.decides).await?;
    view(shop, lang, looker.me, &room, looker.staff).await
}

/// A host's own page, with the key that an encoder sends with.
///
/// # Errors
/// `not_found` for a room that is not mine.
pub async fn studio(shop: &Shop, lang: Lang, me: PersonId, code: &Code) -> Result<StudioView> {
    let room = find(&shop.db, code).await?.of(me)?;
    let encoder = shop.kept.encoder.get();
    let house = moderate::house(shop, me).await?;
    let outside = encoder.is_some_and(|e| e.outside);
    let view = view(shop, lang, Some(me), &room, false).await?;
    Ok(StudioView {
        key: if outside { format!("{code}?key={}", key_of(shop, &room)) } else { key_of(shop, &room) },
        camera: !outside,
        server: encoder.and_then(|e| e.server.clone()),
        whip: encoder.is_some_and(|e| e.whip),
        numbers: count::numbers(shop, &room, &view.facts).await?,
        received: encoder.and_then(|e| (e.received)(room.code.as_str())),
        moderators: house.moderators,
        banned: house.banned,
        words: house.words,
        hands: hand::queue(shop, &room).await?,
        coupons: if room.state()?.is_open() { coupon::droppable(shop, lang).await? } else { Vec::new() },
        room: view,
    })
}

crate::row! {
    struct CardRow {
        code: String,
        host_id: Uuid,
        title: String,
        state: String,
        starts_at: Option<i64>,
        ended_at: Option<i64>,
        hearts: i64,
        viewers: i64,
        things: i64,
        first_id: Option<Uuid>,
        replay: bool,
    }
}

/// The rooms that are on, those that are announced, and those that can be seen again; and my own that nobody knows of yet.
///
/// # Errors
/// What the database says.
pub async fn list(shop: &Shop, lang: Lang, me: Option<(PersonId, Role)>) -> Result<RoomsView> {
    let now = shop.clock.now();
    let mine = me.map_or(Uuid::nil(), |(me, _)| me.0);
    let rows: Vec<CardRow> = shop
        .db
        .fetch_all(
            "SELECT r.code, r.host_id, r.title, r.state, r.starts_at, r.ended_at, r.hearts,
                    (SELECT CAST(COALESCE(SUM(n.viewers), 0) AS BIGINT) FROM room_node n WHERE n.room_id = r.id AND n.at > $1) AS viewers,
                    (SELECT COUNT(*) FROM room_item i WHERE i.room_id = r.id) AS things,
                    (SELECT i.product_id FROM room_item i WHERE i.room_id = r.id ORDER BY i.place LIMIT 1) AS first_id,
                    EXISTS (SELECT 1 FROM room_segment s WHERE s.room_id = r.id) AS replay
             FROM (SELECT * FROM (SELECT id FROM room WHERE state IN ('live', 'paused') ORDER BY began_at DESC LIMIT $2) a
                   UNION SELECT * FROM (SELECT id FROM room WHERE state = 'scheduled' AND (starts_at > $3 OR host_id = $4) ORDER BY starts_at LIMIT $2) b
                   UNION SELECT * FROM (SELECT id FROM room WHERE state = 'ended' AND removed = FALSE AND EXISTS (SELECT 1 FROM room_segment s WHERE s.room_id = room.id)
                                        ORDER BY ended_at DESC LIMIT $2) c) l
             JOIN room r ON r.id = l.id ORDER BY COALESCE(r.starts_at, r.created_at)",
            args![now - ALIVE, SHELF, now - DAY, mine],
        )
        .await?;
    let firsts: Vec<ProductId> = rows.iter().filter_map(|r| r.first_id.map(ProductId)).collect();
    let cards = catalog::cards(shop, lang, &firsts).await?;
    let hosts: Vec<Uuid> = rows.iter().map(|r| r.host_id).collect();
    let faces = account::faces(shop, &hosts).await?;
    let mut list = RoomsView { hosts: me.is_some_and(|(_, role)| may_host(role)), at: now, ..RoomsView::default() };
    for row in rows {
        let (handle, host) = faces.get(&row.host_id).cloned().unwrap_or_default();
        let state: State = row.state.parse().map_err(|_| broken_row("room.state"))?;
        let card = RoomCard {
            code: row.code.parse().map_err(|_| broken_row("room.code"))?,
            title: row.title,
            host,
            handle,
            state,
            starts_at: row.starts_at,
            ended_at: row.ended_at,
            viewers: row.viewers,
            hearts: row.hearts,
            picture: row.first_id.and_then(|id| cards.get(&ProductId(id))).and_then(|c| c.picture.clone()),
            things: row.things,
            replay: row.replay,
        };
        match state {
            State::Live | State::Paused => list.now.push(card),
            State::Scheduled => list.soon.push(card),
            State::Ended => list.again.push(card),
        }
    }
    // The fullest first; what ended last.
    list.now.sort_by_key(|c| std::cmp::Reverse((c.state == State::Live, c.viewers, c.hearts)));
    list.again.sort_by_key(|c| std::cmp::Reverse(c.ended_at));
    Ok(list)
}

/// Whether there is such a room, for everybody.
///
/// # Errors
/// `not_found`.
pub(crate) async fn known(shop: &Shop, code: &Code) -> Result<()> {
    let known: Option<Count> = shop
        .db
        .fetch_optional("SELECT COUNT(*) AS n FROM room WHERE code = $1 AND removed = FALSE", args![code.as_str()])
        .await?;
    if known.is_some_and(|k| k.n > 0) { Ok(()) } else { Err(Problem::not_found().into()) }
}

/// Whether there is such a room, whoever may see it.
///
/// # Errors
/// `not_found`.
pub(super) async fn is_there(shop: &Shop, code: &Code) -> Result<()> {
    find(&shop.db, code).await.map(drop)
}

/// What rooms are called, by their codes.
pub(crate) async fn titles(shop: &Shop, codes: &[String]) -> Result<HashMap<String, String>> {
    crate::row! {
        struct Titled {
            code: String,
            title: String,
        }
    }
    let mut found = HashMap::new();
    for batch in codes.chunks(10) {
        let mut codes = batch.iter().map(String::as_str).chain(std::iter::repeat(""));
        let mut code = || codes.next().unwrap_or_default();
        let rows: Vec<Titled> = shop
            .db
            .fetch_all(
                "SELECT code, title FROM room WHERE code IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND removed = FALSE",
                args![code(), code(), code(), code(), code(), code(), code(), code(), code(), code()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.code, r.title)));
    }
    Ok(found)
}

/// Lines from one on that were taken away.
pub(super) async fn gone(shop: &Shop, code: &Code, from: i64) -> Result<Vec<i64>> {
    crate::row! {
        struct Gone {
            seq: i64,
        }
    }
    let rows: Vec<Gone> = shop
        .db
        .fetch_all(
            "SELECT l.seq FROM room_line l JOIN room r ON r.id = l.room_id WHERE r.code = $1 AND l.gone_at IS NOT NULL AND l.seq >= $2",
            args![code.as_str(), from],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.seq).collect())
}
