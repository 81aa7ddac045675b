//! Reading orders: the checkout page, my orders, one order.

use crate::{
    Error, Result, Shop, address, after_sale, args, cart, catalog,
    catalog::json,
    commission, coupon,
    db::{Engine, Read, listed},
    draw,
    error::broken_row,
    group_buy, live, payment, referral, shipment, till,
};
use domain::{
    Code, Currency, Lang, Millis, Problem,
    after_sale::{PRICE_PROTECTION, WishLine, price_drop},
    catalog::{Cursor, PictureView},
    coupon::Wanted,
    id::{AddressId, PersonId, ProductId, SkuId},
    order::{
        Breakdown, CheckoutView, OrderCardView, OrderLineView, OrderView, OrdersView, Parcel, Snapshot, Source, State,
        ToShipLine, ToShipPage, ToShipView, price,
    },
    share::Touches,
    shipping::{self, Method, Zone},
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Orders on one page of the list.
const PAGE: i64 = 10;
/// Characters of what is looked for.
const MAX_WORDS: usize = 100;

/// What is chosen on the checkout page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    pub address: Option<AddressId>,
    pub method: Method,
    pub coupons: Wanted,
}

impl Choice {
    /// The usual delivery to an address, and the best that coupons do.
    pub fn to(address: AddressId) -> Self {
        Self { address: Some(address), ..Self::default() }
    }
}

/// The checkout page for the cart or for one thing. Without a chosen address the default one counts.
///
/// # Errors
/// `cart_empty`, `sku_gone`.
#[tracing::instrument(level = "debug", skip_all, name = "page: checkout")]
pub async fn checkout(
    shop: &Shop,
    me: PersonId,
    lang: Lang,
    source: &Source,
    chosen: Choice,
    came_by: &Touches,
) -> Result<CheckoutView> {
    let Choice { address: chosen, method, coupons } = chosen;
    let mut lines: Vec<_> = match source {
        Source::Cart => {
            cart::show(shop, me.0, lang).await?.lines.into_iter().filter(domain::cart::LineView::fits).collect()
        }
        Source::Direct { sku, quantity }
        | Source::Open { sku, quantity, .. }
        | Source::Room { sku, quantity, .. }
        | Source::Prize { sku, quantity, .. }
        | Source::Team { sku, quantity, .. } => {
            vec![cart::direct(shop, *sku, (*quantity).try_into()?, lang).await?]
        }
    };
    let seat = match source {
        Source::Open { campaign, sku, .. } => Some(group_buy::seat_ask(shop, None, Some(campaign), *sku).await?),
        Source::Team { team, sku, .. } => Some(group_buy::seat_ask(shop, Some(team), None, *sku).await?),
        _ => None,
    };
    if let Some((_, team)) = &seat {
        for line in &mut lines {
            line.price = team.price;
            line.price_seen = team.price;
            line.available = line.available.min(team.free);
        }
    }
    if let Source::Prize { draw, sku, .. } = source {
        let kept = draw::kept(&shop.db, me, draw, *sku, shop.clock.now()).await?;
        for line in &mut lines {
            line.price = line.price.min(kept.price);
            line.price_seen = line.price;
            // One is kept for me.
            line.available += 1;
        }
    }
    if let Source::Room { room, sku, quantity } = source {
        let promised = live::promised(&shop.db, me, room, *sku, shop.clock.now()).await?;
        if *quantity > promised.units {
            return Err(Problem::new(422, "room_limit").number(promised.units).into());
        }
        for line in &mut lines {
            line.price = line.price.min(promised.price);
            line.price_seen = line.price;
        }
    }
    if lines.is_empty() {
        return Err(Error::problem(409, "cart_empty"));
    }
    let open = till::is_open(&shop.db).await?;
    let addresses = address::list(shop, me).await?;
    let address = addresses.iter().find(|a| Some(a.id) == chosen).or_else(|| addresses.first());
    let zone = address.map_or(Zone::Mainland, |a| Zone::of(&a.address));
    let chosen = coupon::choices(shop, lang, me, &lines, (coupons, !source.takes_coupons())).await?;
    let off: Vec<i64> = (0..lines.len()).map(|at| chosen.applied.off_of(at)).collect();
    let costs: Vec<_> =
        lines.iter().zip(&off).map(|(l, off)| (l.sku, l.price.saturating_mul(l.quantity) - off)).collect();
    let earners = commission::would(shop, me, &costs, *source == Source::Cart, came_by.post.as_ref()).await?;
    let methods = Method::ALL
        .into_iter()
        .filter_map(|m| {
            let rate = shipping::rate(zone, m)?;
            Some((m, price(&lines, zone, m).ok()?.shipping, rate.days))
        })
        .collect();
    Ok(CheckoutView {
        price: if open {
            price(&lines, zone, method).and_then(|p| p.less(chosen.applied.discount()))
        } else {
            Err(Problem::new(503, "read_only"))
        },
        address: address.map(|a| a.id),
        lines,
        addresses,
        method,
        methods,
        key: hex::encode(shop.rng.bytes::<16>()),
        seat: seat.map(|(seat, _)| seat),
        invitation: referral::invitation(shop, me, came_by).await?,
        earners,
        coupons: chosen.choices,
        off,
    })
}

crate::row! {
    struct CardRow {
        id: Uuid,
        code: String,
        state: String,
        total: i64,
        currency: String,
        created_at: i64,
        hold_until: i64,
        team_state: Option<String>,
    }
}

crate::row! {
    struct LineRow {
        order_id: Uuid,
        sku_id: Uuid,
        quantity: i64,
        /// Before coupons took anything off.
        unit_price: i64,
        snapshot: String,
    }
}

impl LineRow {
    fn view(&self, lang: Lang) -> Result<OrderLineView> {
        let mut s: Snapshot = json("order_line.snapshot", &self.snapshot)?;
        let (title, choice) = s.titles.remove(lang.tag()).unwrap_or_default();
        Ok(OrderLineView {
            slug: s.slug,
            title,
            choice,
            merchant: s.merchant.remove(lang.tag()).unwrap_or_default(),
            picture: s.picture,
            unit_price: self.unit_price,
            quantity: self.quantity,
            total: self.unit_price.saturating_mul(self.quantity),
        })
    }
}

/// Units of one thing that a coupon has made a cent dearer and cheaper are one line again.
fn joined(lines: Vec<LineRow>) -> Vec<LineRow> {
    let mut joined: Vec<LineRow> = Vec::with_capacity(lines.len());
    for line in lines {
        match joined.last_mut() {
            Some(last)
                if (last.order_id, last.sku_id, last.unit_price) == (line.order_id, line.sku_id, line.unit_price) =>
            {
                last.quantity += line.quantity;
            }
            _ => joined.push(line),
        }
    }
    joined
}

/// A text for LIKE with `!` as its escape: found anywhere, its own wildcards mean themselves.
fn anywhere(words: &str) -> String {
    let escaped = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

/// Which of my orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    All,
    Of(State),
    /// Paid ones that wait for friends to fill their team.
    ToShare,
}

impl std::str::FromStr for Tab {
    type Err = Problem;
    /// The name of a state, `to_share`, or nothing for all.
    fn from_str(s: &str) -> Result<Self, Problem> {
        match s {
            "" => Ok(Self::All),
            "to_share" => Ok(Self::ToShare),
            state => state.parse().map(Self::Of),
        }
    }
}

/// My orders, newest first; `tab` filters, and so do `words`: an order's code, or a part of what its things are called.
///
/// # Errors
/// What the database says.
pub async fn list(
    shop: &Shop,
    me: PersonId,
    lang: Lang,
    tab: Tab,
    words: &str,
    after: Option<&str>,
) -> Result<OrdersView> {
    let words: String = words.trim().chars().take(MAX_WORDS).collect();
    let state = match tab {
        Tab::All => None,
        Tab::Of(state) => Some(state),
        Tab::ToShare => Some(State::Paid),
    };
    let cursor = after.and_then(|c| c.parse().ok()).unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
    let mut rows: Vec<CardRow> = shop
        .db
        .fetch_all(
            "SELECT id, code, state, total, currency, created_at, hold_until, team_state FROM orders
             WHERE person_id = $1 AND (created_at, id) < ($2, $3) AND ($4 = '' OR (state = $4 AND ($8 = TRUE OR state <> 'paid' OR COALESCE(team_state, '') <> 'forming')))
               AND ($8 = FALSE OR team_state = 'forming')
               AND ($5 = '' OR code = $5 OR EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = orders.id AND l.names LIKE $6 ESCAPE '!'))
             ORDER BY created_at DESC, id DESC LIMIT $7",
            args![
                me,
                cursor.value,
                cursor.id,
                state.map_or("", State::name),
                words.as_str(),
                anywhere(&words.to_lowercase()),
                PAGE + 1,
                tab == Tab::ToShare
            ],
        )
        .await?;
    let more = i64::try_from(rows.len()).unwrap_or(0) > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or(10));
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.created_at, id: r.id }.written());
    let mut ids = rows.iter().map(|r| r.id).chain(std::iter::repeat(Uuid::nil()));
    let mut id = || ids.next().unwrap_or_default();
    let lines: Vec<LineRow> = shop
        .db
        .fetch_all(
            "SELECT order_id, sku_id, quantity, unit_price + coupon_off AS unit_price, snapshot FROM order_line
             WHERE order_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ORDER BY order_id, position",
            args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
        )
        .await?;
    let in_teams: Vec<Uuid> = rows.iter().filter(|r| r.team_state.is_some()).map(|r| r.id).collect();
    let mut teams = if in_teams.is_empty() { HashMap::new() } else { group_buy::order_teams(shop, &in_teams).await? };
    let mut by_order: HashMap<Uuid, Vec<OrderLineView>> = HashMap::new();
    for line in joined(lines) {
        by_order.entry(line.order_id).or_default().push(line.view(lang)?);
    }
    let orders = rows
        .into_iter()
        .map(|r| {
            let state: State = r.state.parse().map_err(|_| broken_row("orders.state"))?;
            Ok(OrderCardView {
                code: r.code.parse().map_err(|_| broken_row("orders.code"))?,
                state,
                total: r.total,
                currency: r.currency.parse().map_err(|_| broken_row("orders.currency"))?,
                lines: by_order.remove(&r.id).unwrap_or_default(),
                created_at: r.created_at,
                hold_until: (state == State::AwaitingPayment).then_some(r.hold_until),
                team: teams.remove(&r.id),
            })
        })
        .collect::<Result<_>>()?;
    Ok(OrdersView { orders, next, now: shop.clock.now() })
}

crate::row! {
    struct OrderRow {
        id: Uuid,
        code: String,
        state: String,
        currency: String,
        goods: i64,
        shipping: i64,
        discount: i64,
        total: i64,
        parcels: String,
        address: String,
        method: String,
        note: String,
        hold_until: i64,
        created_at: i64,
        team_state: Option<String>,
    }
}

/// The parcels of a price with their merchants' names in a language: the snapshots of the lines know them.
fn parcels_in(lang: Lang, parcels: &str, lines: &[LineRow]) -> Result<Vec<Parcel>> {
    let mut parcels: Vec<Parcel> = json("orders.parcels", parcels)?;
    for line in lines {
        let names = json::<Snapshot>("order_line.snapshot", &line.snapshot)?.merchant;
        for parcel in &mut parcels {
            if names.get(Lang::En.tag()) == Some(&parcel.name)
                && let Some(name) = names.get(lang.tag())
            {
                parcel.name.clone_from(name);
            }
        }
    }
    Ok(parcels)
}

/// One of my orders.
///
/// # Errors
/// `not_found` for one that is not mine.
#[tracing::instrument(level = "debug", skip_all, name = "page: order")]
pub async fn show(shop: &Shop, me: PersonId, lang: Lang, code: &Code) -> Result<OrderView> {
    let row: Option<OrderRow> = shop
        .db
        .fetch_optional(
            "SELECT id, code, state, currency, goods, shipping, discount, total, parcels, address, method, note, hold_until, created_at, team_state
             FROM orders WHERE code = $1 AND person_id = $2",
            args![code.as_str(), me],
        )
        .await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let lines: Vec<LineRow> = shop
        .db
        .fetch_all(
            "SELECT order_id, sku_id, quantity, unit_price + coupon_off AS unit_price, snapshot FROM order_line WHERE order_id = $1 ORDER BY position",
            args![row.id],
        )
        .await?;
    let lines = joined(lines);
    let state: State = row.state.parse().map_err(|_| broken_row("orders.state"))?;
    let awaiting = state == State::AwaitingPayment;
    Ok(OrderView {
        code: row.code.parse().map_err(|_| broken_row("orders.code"))?,
        state,
        lines: lines.iter().map(|l| l.view(lang)).collect::<Result<_>>()?,
        price: Breakdown {
            goods: row.goods,
            shipping: row.shipping,
            discount: row.discount,
            total: row.total,
            currency: row.currency.parse().map_err(|_| broken_row("orders.currency"))?,
            parcels: parcels_in(lang, &row.parcels, &lines)?,
        },
        address: json("orders.address", &row.address)?,
        method: row.method.parse().map_err(|_| broken_row("orders.method"))?,
        note: row.note,
        events: super::events(shop, row.id).await?,
        team: if row.team_state.is_some() { group_buy::order_team(shop, row.id).await? } else { None },
        created_at: row.created_at,
        hold_until: awaiting.then_some(row.hold_until),
        cases: after_sale::of_order(shop, row.id).await?,
        shipments: shipment::of_order(shop, row.id, lang).await?,
        confirming: awaiting && payment::confirming(shop, row.id).await?,
        earners: commission::of_order(shop, row.id).await?,
        now: shop.clock.now(),
    })
}

/// What an order is known by at a glance: its code, and the first thing in it.
pub(crate) struct Cover {
    pub(crate) code: Code,
    pub(crate) currency: Currency,
    pub(crate) title: String,
    pub(crate) picture: Option<PictureView>,
}

/// The covers of some orders; those that are not there are left out.
pub(crate) async fn covers(shop: &Shop, orders: &[Uuid], lang: Lang) -> Result<HashMap<Uuid, Cover>> {
    crate::row! {
        struct Row {
            id: Uuid,
            code: String,
            currency: String,
            snapshot: String,
        }
    }
    let mut found = HashMap::new();
    for batch in orders.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Row> = shop
            .db
            .fetch_all(
                "SELECT o.id, o.code, o.currency, l.snapshot FROM orders o JOIN order_line l ON l.order_id = o.id AND l.position = 0
                 WHERE o.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        for row in rows {
            let mut s: Snapshot = json("order_line.snapshot", &row.snapshot)?;
            let cover = Cover {
                code: row.code.parse().map_err(|_| broken_row("orders.code"))?,
                currency: row.currency.parse().map_err(|_| broken_row("orders.currency"))?,
                title: s.titles.remove(lang.tag()).unwrap_or_default().0,
                picture: s.picture,
            };
            found.insert(row.id, cover);
        }
    }
    Ok(found)
}

/// My order with what can be asked back of each line.
pub(crate) async fn wishable(
    shop: &Shop,
    me: PersonId,
    lang: Lang,
    code: &Code,
) -> Result<(State, Currency, Vec<WishLine>)> {
    crate::row! {
        struct Line {
            state: String,
            currency: String,
            position: i64,
            sku_id: Uuid,
            paid: i64,
            coupon_off: i64,
            paid_at: Option<i64>,
            unsent: i64,
            sent: i64,
            snapshot: String,
        }
    }
    let rows: Vec<Line> = shop
        .db
        .fetch_all(
            "SELECT o.state, o.currency, l.position, l.sku_id, l.unit_price - l.price_back AS paid, l.coupon_off, o.paid_at, l.quantity - l.shipped - l.withdrawn AS unsent, l.shipped - l.claimed AS sent, l.snapshot
             FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.code = $1 AND o.person_id = $2 ORDER BY l.position",
            args![code.as_str(), me],
        )
        .await?;
    let first = rows.first().ok_or_else(Problem::not_found)?;
    let state = first.state.parse().map_err(|_| broken_row("orders.state"))?;
    let currency = first.currency.parse().map_err(|_| broken_row("orders.currency"))?;
    let skus: Vec<SkuId> = rows.iter().map(|r| SkuId(r.sku_id)).collect();
    let swaps = catalog::swaps(&shop.db, &skus, lang).await?;
    let protected = first.paid_at.is_some_and(|at| at + PRICE_PROTECTION >= shop.clock.now());
    let lines = rows
        .iter()
        .map(|r| {
            let of = |s: &&catalog::Swap| s.from.0 == r.sku_id;
            let price =
                swaps.iter().filter(of).find(|s| s.to == s.from).filter(|_| protected).map_or(r.paid, |s| s.price);
            let fits = |s: &&catalog::Swap| s.price == r.paid + r.coupon_off && s.available > 0;
            let mut s: Snapshot = json("order_line.snapshot", &r.snapshot)?;
            let (title, choice) = s.titles.remove(lang.tag()).unwrap_or_default();
            let merchant = s.merchant.remove(lang.tag()).unwrap_or_default();
            Ok(WishLine {
                position: r.position,
                title,
                choice,
                merchant,
                unit_price: r.paid,
                unsent: r.unsent,
                sent: r.sent,
                swaps: swaps.iter().filter(of).filter(fits).map(|s| (s.to, s.choice.clone())).collect(),
                price_drop: price_drop(r.paid, price, r.unsent + r.sent).unwrap_or(0),
            })
        })
        .collect::<Result<_>>()?;
    Ok((state, currency, lines))
}

/// A line of somebody's own order.
pub(crate) struct Reviewable {
    pub(crate) order: Uuid,
    pub(crate) position: i64,
    pub(crate) product: ProductId,
    /// When the order was received; none for a line of which nothing was sent.
    pub(crate) received_at: Option<Millis>,
    pub(crate) snapshot: Snapshot,
}

/// The lines of my order, and whether I can say something about them.
pub(crate) async fn reviewable(mut read: impl Read, me: PersonId, code: &Code) -> Result<Vec<Reviewable>> {
    crate::row! {
        struct Line {
            id: Uuid,
            received_at: Option<i64>,
            position: i64,
            product_id: Uuid,
            snapshot: String,
        }
    }
    let rows: Vec<Line> = read
        .all(
            "SELECT o.id, CASE WHEN l.shipped > 0 THEN o.received_at END AS received_at, l.position, s.product_id, l.snapshot
             FROM orders o JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
             WHERE o.code = $1 AND o.person_id = $2
               -- What a coupon has cut in two is one thing.
               AND NOT EXISTS (SELECT 1 FROM order_line e WHERE e.order_id = l.order_id AND e.sku_id = l.sku_id AND e.position < l.position)
             ORDER BY l.position",
            args![code.as_str(), me],
        )
        .await?;
    rows.into_iter()
        .map(|r| {
            Ok(Reviewable {
                order: r.id,
                position: r.position,
                product: ProductId(r.product_id),
                received_at: r.received_at,
                snapshot: json("order_line.snapshot", &r.snapshot)?,
            })
        })
        .collect()
}

/// Since when somebody has a product: he received it and kept a unit of it.
pub(crate) async fn owns(mut read: impl Read, me: PersonId, product: ProductId) -> Result<Option<Millis>> {
    crate::row! {
        struct Has {
            since: Option<i64>,
        }
    }
    let rows: Vec<Has> = read
        .all(
            "SELECT MIN(o.received_at) AS since FROM orders o JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
             WHERE o.person_id = $1 AND s.product_id = $2 AND o.received_at IS NOT NULL AND l.shipped > l.claimed",
            args![me, product],
        )
        .await?;
    Ok(rows.into_iter().next().and_then(|r| r.since))
}

/// People who have received a product and kept a unit of it, the latest first, without one of them.
pub(crate) async fn owners(shop: &Shop, product: ProductId, without: PersonId, many: i64) -> Result<Vec<PersonId>> {
    crate::row! {
        struct Owner {
            person_id: Uuid,
        }
    }
    let rows: Vec<Owner> = shop
        .db
        .scan(
            "SELECT o.person_id FROM sku s JOIN order_line l ON l.sku_id = s.id JOIN orders o ON o.id = l.order_id
             WHERE s.product_id = $1 AND o.received_at IS NOT NULL AND l.shipped > l.claimed AND o.person_id <> $2
             GROUP BY o.person_id ORDER BY MAX(o.received_at) DESC, o.person_id LIMIT $3",
            args![product, without, many],
        )
        .await?;
    Ok(rows.into_iter().map(|r| PersonId(r.person_id)).collect())
}

/// What somebody has bought and not given back, the newest first, each once.
pub(crate) async fn bought(shop: &Shop, person: PersonId, many: i64) -> Result<Vec<ProductId>> {
    crate::row! {
        struct Bought {
            product_id: Uuid,
        }
    }
    let rows: Vec<Bought> = shop
        .db
        .fetch_all(
            "SELECT s.product_id FROM orders o JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
             WHERE o.person_id = $1 AND o.paid_at IS NOT NULL AND o.state NOT IN ('cancelled', 'refunded')
               AND COALESCE(o.team_state, 'succeeded') = 'succeeded' AND l.withdrawn + l.claimed < l.quantity
             GROUP BY s.product_id ORDER BY MAX(o.paid_at) DESC, s.product_id LIMIT $2",
            args![person, many],
        )
        .await?;
    Ok(rows.into_iter().map(|r| ProductId(r.product_id)).collect())
}

/// How many of some people have bought something here and kept it.
pub(crate) async fn buyers_among(shop: &Shop, people: &[Uuid]) -> Result<i64> {
    crate::row! {
        struct Many {
            n: i64,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT COUNT(*) AS n FROM json_each($1) j WHERE EXISTS
                 (SELECT 1 FROM orders o WHERE o.person_id = unhex(j.value) AND o.paid_at IS NOT NULL AND o.state NOT IN ('cancelled', 'refunded'))"
        }
        Engine::Postgres => {
            "SELECT COUNT(*) AS n FROM json_array_elements_text(CAST($1 AS json)) j (value) WHERE EXISTS
                 (SELECT 1 FROM orders o WHERE o.person_id = CAST(j.value AS uuid) AND o.paid_at IS NOT NULL AND o.state NOT IN ('cancelled', 'refunded'))"
        }
    };
    Ok(shop.db.fetch_one::<Many>(sql, args![listed(people)]).await?.n)
}

crate::row! {
    /// A thing on an order, and who placed that.
    pub(crate) struct OnOrder {
        pub(crate) order_id: Uuid,
        pub(crate) person_id: Uuid,
        pub(crate) product_id: Uuid,
    }
}

/// What stands on some orders.
pub(crate) async fn products_of(shop: &Shop, orders: &[Uuid]) -> Result<Vec<OnOrder>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT DISTINCT l.order_id, o.person_id, s.product_id FROM json_each($1) j CROSS JOIN orders o ON o.id = unhex(j.value)
             JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id"
        }
        Engine::Postgres => {
            "SELECT DISTINCT l.order_id, o.person_id, s.product_id FROM json_array_elements_text(CAST($1 AS json)) j (value)
             JOIN orders o ON o.id = CAST(j.value AS uuid) JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id"
        }
    };
    Ok(shop.db.fetch_all(sql, args![listed(orders)]).await?)
}

/// What some people have bought since an instant and not given back, and who.
pub(crate) async fn bought_by(shop: &Shop, people: &[Uuid], since: Millis) -> Result<Vec<(Uuid, Uuid)>> {
    crate::row! {
        struct Bought {
            product_id: Uuid,
            person_id: Uuid,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT s.product_id, o.person_id FROM json_each($1) j CROSS JOIN orders o ON o.person_id = unhex(j.value)
             JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
             WHERE o.created_at > $2 AND o.paid_at IS NOT NULL AND o.state NOT IN ('cancelled', 'refunded')
               AND COALESCE(o.team_state, 'succeeded') = 'succeeded' AND l.withdrawn + l.claimed < l.quantity
             GROUP BY s.product_id, o.person_id ORDER BY MAX(o.paid_at) DESC, s.product_id, o.person_id LIMIT 300"
        }
        Engine::Postgres => {
            "SELECT s.product_id, o.person_id FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN orders o ON o.person_id = CAST(j.value AS uuid)
             JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
             WHERE o.created_at > $2 AND o.paid_at IS NOT NULL AND o.state NOT IN ('cancelled', 'refunded')
               AND COALESCE(o.team_state, 'succeeded') = 'succeeded' AND l.withdrawn + l.claimed < l.quantity
             GROUP BY s.product_id, o.person_id ORDER BY MAX(o.paid_at) DESC, s.product_id, o.person_id LIMIT 300"
        }
    };
    let rows: Vec<Bought> = shop.db.fetch_all(sql, args![listed(people), since]).await?;
    Ok(rows.into_iter().map(|r| (r.product_id, r.person_id)).collect())
}

/// Which of some products (at most five) somebody has bought and not given back.
pub(crate) async fn bought_among(shop: &Shop, person: PersonId, products: &[ProductId]) -> Result<HashSet<ProductId>> {
    crate::row! {
        struct Bought {
            product_id: Uuid,
        }
    }
    let product = |n: usize| products.get(n).map_or(Uuid::nil(), |p| p.0);
    let rows: Vec<Bought> = shop
        .db
        .fetch_all(
            "SELECT DISTINCT s.product_id FROM orders o JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
             WHERE o.person_id = $1 AND s.product_id IN ($2, $3, $4, $5, $6)
               AND o.paid_at IS NOT NULL AND o.state NOT IN ('cancelled', 'refunded')
               AND COALESCE(o.team_state, 'succeeded') = 'succeeded' AND l.withdrawn + l.claimed < l.quantity",
            args![person, product(0), product(1), product(2), product(3), product(4)],
        )
        .await?;
    Ok(rows.into_iter().map(|r| ProductId(r.product_id)).collect())
}

/// Who of some people has bought one of some products (at most five) and not given it back.
pub(crate) async fn buyers(shop: &Shop, people: &[Uuid], products: &[ProductId]) -> Result<HashSet<Uuid>> {
    crate::row! {
        struct Buyer {
            person_id: Uuid,
        }
    }
    let mut found = HashSet::new();
    if products.is_empty() {
        return Ok(found);
    }
    let product = |n: usize| products.get(n).map_or(Uuid::nil(), |p| p.0);
    for batch in people.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Buyer> = shop
            .db
            .fetch_all(
                "SELECT DISTINCT o.person_id FROM orders o JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
                 WHERE o.person_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND s.product_id IN ($11, $12, $13, $14, $15)
                   AND o.paid_at IS NOT NULL AND o.state NOT IN ('cancelled', 'refunded')
                   AND COALESCE(o.team_state, 'succeeded') = 'succeeded' AND l.withdrawn + l.claimed < l.quantity",
                args![
                    id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), product(0), product(1), product(2), product(3),
                    product(4)
                ],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| r.person_id));
    }
    Ok(found)
}

/// Orders of which something has still to be sent, the one that waits longest first. `code`: only this one; `after`: where the
/// page before ended.
///
/// # Errors
/// What the database says.
pub async fn waiting_to_ship(shop: &Shop, lang: Lang, code: &str, after: &str) -> Result<ToShipPage> {
    crate::row! {
        struct Waiting {
            id: Uuid,
            code: String,
            state: String,
            paid_at: i64,
            address: String,
            note: String,
        }
    }
    crate::row! {
        struct Left {
            order_id: Uuid,
            position: i64,
            n: i64,
            snapshot: String,
        }
    }
    let cursor = after.parse().unwrap_or(Cursor { value: i64::MIN, id: Uuid::nil() });
    let mut rows: Vec<Waiting> = shop
        .db
        .fetch_all(
            "SELECT id, code, state, paid_at, address, note FROM orders
             WHERE state IN ('paid', 'fulfilling') AND COALESCE(team_state, 'succeeded') = 'succeeded' AND (paid_at, id) > ($1, $2) AND ($3 = '' OR code = $3) ORDER BY paid_at, id LIMIT $4",
            args![cursor.value, cursor.id, code.trim(), PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).unwrap_or(0) > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or(10));
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.paid_at, id: r.id }.written());
    let mut ids = rows.iter().map(|r| r.id).chain(std::iter::repeat(Uuid::nil()));
    let mut id = || ids.next().unwrap_or_default();
    let lines: Vec<Left> = shop
        .db
        .fetch_all(
            "SELECT order_id, position, quantity - shipped - withdrawn AS n, snapshot FROM order_line
             WHERE order_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND quantity > shipped + withdrawn ORDER BY order_id, position",
            args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
        )
        .await?;
    let mut by_order: HashMap<Uuid, Vec<ToShipLine>> = HashMap::new();
    for line in lines {
        let mut s: Snapshot = json("order_line.snapshot", &line.snapshot)?;
        let (title, choice) = s.titles.remove(lang.tag()).unwrap_or_default();
        let merchant = s.merchant.remove(lang.tag()).unwrap_or_default();
        let line_view = ToShipLine { position: line.position, title, choice, merchant, left: line.n };
        by_order.entry(line.order_id).or_default().push(line_view);
    }
    let orders = rows
        .into_iter()
        .map(|r| {
            Ok(ToShipView {
                code: r.code.parse().map_err(|_| broken_row("orders.code"))?,
                state: r.state.parse().map_err(|_| broken_row("orders.state"))?,
                paid_at: r.paid_at,
                address: json("orders.address", &r.address)?,
                note: r.note,
                lines: by_order.remove(&r.id).unwrap_or_default(),
            })
        })
        .collect::<Result<_>>()?;
    Ok(ToShipPage { orders, next })
}

/// Orders paid so far, and orders that await payment.
///
/// # Errors
/// What the database says.
pub async fn counts(shop: &Shop) -> Result<(i64, i64)> {
    crate::row! {
        struct Counts {
            paid: i64,
            waiting: i64,
        }
    }
    let row: Counts = shop
        .db
        .fetch_one(
            "SELECT (SELECT COUNT(*) FROM orders WHERE paid_at IS NOT NULL) AS paid,
                    (SELECT COUNT(*) FROM orders WHERE state = 'awaiting_payment') AS waiting",
            args![],
        )
        .await?;
    Ok((row.paid, row.waiting))
}
