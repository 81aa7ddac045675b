//! Placing an order: one transaction that prices, holds stock, and writes the order with its payment.

use super::note;
use crate::{
    Result, Shop, address, args, cart,
    catalog::{self, Offer, to_json},
    commission::{self, Led},
    coupon,
    db::Tx,
    draw, group_buy, idempotency, job, live, payment, referral, share, till,
};
use domain::{
    Code, Lang, Millis, Problem,
    address::Address,
    coupon::{Group, Wanted},
    group_buy::{Otherwise, SEAT_WINDOW},
    id::{AddressId, PersonId, SkuId},
    live::FLASH_PROMISE,
    order::{Breakdown, PAY_WINDOW, Snapshot, Source, price},
    share::Touches,
    shipping::{Method, Zone},
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Place {
    pub me: PersonId,
    pub source: Source,
    pub address: AddressId,
    pub method: Method,
    pub note: String,
    /// Makes the order placed once, however often it is sent: 16 to 64 letters and digits.
    pub key: String,
    /// The total that the client showed, minor units.
    pub shown_total: i64,
    /// Of an order for a team.
    pub seat: group_buy::Wish,
    /// The links that brought the buyer here.
    pub came_by: Touches,
    /// What he said to whoever invited him, if he was asked.
    pub invited: Option<referral::Answer>,
    /// The coupons that the page showed.
    pub coupons: Wanted,
}

/// The order, and what the cashier asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub code: Code,
    pub provider_ref: String,
}

struct Input {
    shop: Shop,
    ask: Place,
    address: Address,
    now: Millis,
}

const MAX_NOTE: usize = 200;

/// Places an order. The second call with a key returns the first call's answer.
///
/// # Errors
/// `total_changed` (with the right total as its number), `sold_out`, `few_left`, `cart_empty`, `address_needed`,
/// `no_delivery`, `note_long`, `key_form`, `read_only`, `coupon_gone`; for a team those of `group_buy::hold`. Nothing is held or charged then, and the key may be used again.
#[tracing::instrument(level = "debug", skip_all, name = "place")]
pub async fn place(shop: &Shop, ask: Place) -> Result<Placed> {
    if !idempotency::is_key(&ask.key) {
        return Err(Problem::new(422, "key_form").into());
    }
    if ask.note.chars().count() > MAX_NOTE {
        return Err(Problem::new(422, "note_long").field("note").number(200).into());
    }
    // Whoever comes too late for a thing that everybody wants learns it without waiting for those who write.
    if let Source::Direct { sku, quantity } = &ask.source {
        let left = catalog::left(shop, *sku).await?;
        if left < *quantity && !idempotency::known(shop, ask.me.0, "order/place", &ask.key).await? {
            return Err(if left <= 0 {
                Problem::new(409, "sold_out")
            } else {
                Problem::new(409, "few_left").number(left)
            }
            .into());
        }
    }
    if let Source::Team { team, .. } = &ask.source
        && ask.seat.otherwise == Otherwise::Refund
        && let Some(closed) = group_buy::is_closed(shop, team, shop.clock.now()).await?
        && !idempotency::known(shop, ask.me.0, "order/place", &ask.key).await?
    {
        return Err(closed);
    }
    let address = address::get(shop, ask.me, ask.address).await?;
    let input = Input { shop: shop.clone(), ask, address, now: shop.clock.now() };
    shop.db.write(input, |tx, input| Box::pin(place_in(tx, input))).await
}

#[tracing::instrument(level = "debug", skip_all, name = "place: transaction")]
async fn place_in(tx: &mut Tx, input: &Input) -> Result<Placed> {
    let Input { shop, ask, address, now } = input;
    let placed = Placed { code: shop.rng.code(), provider_ref: payment::new_ref(shop) };
    let answer = format!("{} {}", placed.code, placed.provider_ref);
    if let Some(first) = idempotency::claim(tx, ask.me.0, "order/place", &ask.key, &answer, *now).await? {
        let (code, provider_ref) = first.split_once(' ').ok_or_else(Problem::internal)?;
        let code = code.parse().map_err(|_| Problem::internal())?;
        return Ok(Placed { code, provider_ref: provider_ref.to_owned() });
    }
    till::ensure_open(tx).await?;
    let wanted = match &ask.source {
        Source::Cart => cart::wanted(tx, ask.me.0).await?,
        Source::Direct { sku, quantity }
        | Source::Open { sku, quantity, .. }
        | Source::Room { sku, quantity, .. }
        | Source::Prize { sku, quantity, .. }
        | Source::Team { sku, quantity, .. } => {
            vec![(*sku, *quantity)]
        }
    };
    let room = match &ask.source {
        Source::Room { room, sku, quantity } => Some(live::spend(tx, ask.me, room, (*sku, *quantity), *now).await?),
        _ => None,
    };
    let prize = match &ask.source {
        Source::Prize { draw, sku, .. } => Some(draw::claim(tx, ask.me, draw, *sku, *now).await?),
        _ => None,
    };
    // Campaign, team, SKU is the order of locking.
    let seat_ask = seat_ask(ask, address);
    let seat = match &seat_ask {
        Some(seat_ask) => Some(group_buy::hold(tx, shop, seat_ask, *now).await?),
        None => None,
    };
    let at_once = wanted.first().map(|(sku, _)| *sku).filter(|_| ask.source != Source::Cart);
    let led = commission::of_all(&mut *tx, shop, ask.me, at_once, ask.came_by.post.as_ref(), *now).await?;
    let ids: Vec<SkuId> = wanted.iter().map(|(sku, _)| *sku).collect();
    let mut offers = catalog::offers(&mut *tx, &ids, None).await?;
    if let Some(seat) = &seat {
        offers.iter_mut().for_each(|o| o.price = seat.price);
    }
    if let Some(room) = &room {
        // What has become cheaper in the shop is not dearer in the room.
        offers.iter_mut().for_each(|o| o.price = o.price.min(room.price));
    }
    if let Some(prize) = &prize {
        offers.iter_mut().for_each(|o| o.price = o.price.min(prize.price));
    }
    // In the order of SKU ids, which is the order of locking.
    let mut lines: Vec<(&Offer, i64)> =
        offers.iter().filter_map(|o| wanted.iter().find(|(s, _)| *s == o.sku).map(|(_, q)| (o, *q))).collect();
    if ask.source == Source::Cart {
        // What is sold out stays in the cart and is shown there; the rest can be ordered.
        lines.retain(|(offer, quantity)| offer.available >= *quantity);
    }
    let views: Vec<_> = lines.iter().map(|(o, q)| o.line(Lang::En, *q, o.price)).collect();
    let wanted = if ask.source.takes_coupons() { ask.coupons } else { Wanted::NOTHING };
    let applied = coupon::applied(tx, ask.me, &views, wanted, *now).await?;
    let breakdown = price(&views, Zone::of(address), ask.method)?.less(applied.discount())?;
    if breakdown.total != ask.shown_total {
        return Err(Problem::new(409, "total_changed").number(breakdown.total).into());
    }
    for (offer, quantity) in &lines {
        catalog::hold(tx, offer.sku, *quantity).await?;
    }
    let order = shop.rng.id(*now);
    let until = now + window(ask, room.as_ref());
    let from = From { led, room, until };
    let offers: Vec<&Offer> = lines.iter().map(|(o, _)| *o).collect();
    insert(tx, input, (order, &placed.code), &breakdown, (&offers, &applied.groups), &from).await?;
    coupon::lock(tx, ask.me, order, &applied, *now).await?;
    payment::create(tx, shop, order, &placed.provider_ref, breakdown.total, breakdown.currency, *now).await?;
    note(tx, order, "placed", Some(breakdown.total), *now).await?;
    job::enqueue(tx, shop, "expire_order", &order.simple().to_string(), &order.to_string(), until).await?;
    if let Some(prize) = &prize {
        draw::ordered(tx, ask.me, prize, order).await?;
    }
    if let (Some(held), Some(seat_ask)) = (&seat, &seat_ask) {
        group_buy::sit(tx, shop, order, held, seat_ask, *now).await?;
    }
    if ask.came_by.first.is_some() || ask.came_by.last.is_some() {
        share::brought(tx, order, ask.me, &ask.came_by, *now).await?;
    }
    if let Some(answer) = &ask.invited {
        referral::bind(tx, shop, ask.me, &ask.came_by, answer, address, *now).await?;
    }
    if ask.source == Source::Cart {
        let ordered: Vec<SkuId> = lines.iter().map(|(o, _)| o.sku).collect();
        cart::ordered(tx, ask.me.0, &ordered).await?;
    }
    Ok(placed)
}

/// What an order for a team asks for.
fn seat_ask<'a>(ask: &'a Place, address: &'a Address) -> Option<group_buy::Ask<'a>> {
    let (into, sku, units) = match &ask.source {
        Source::Open { campaign, sku, quantity } => (group_buy::Into::New(campaign), *sku, *quantity),
        Source::Team { team, sku, quantity } => (group_buy::Into::Team(team), *sku, *quantity),
        Source::Cart | Source::Direct { .. } | Source::Room { .. } | Source::Prize { .. } => return None,
    };
    Some(group_buy::Ask { me: ask.me, sku, units, into, wish: ask.seat, address })
}

/// How long it is held.
fn window(ask: &Place, room: Option<&live::Promised>) -> Millis {
    match ask.source {
        Source::Open { .. } | Source::Team { .. } => SEAT_WINDOW,
        // Of what there are few for a short while, others wait.
        Source::Room { .. } if room.is_some_and(|r| r.flash_id.is_some()) => FLASH_PROMISE,
        Source::Cart | Source::Direct { .. } | Source::Room { .. } | Source::Prize { .. } => PAY_WINDOW,
    }
}

/// What led to the things of an order.
struct From {
    led: HashMap<Uuid, Led>,
    room: Option<live::Promised>,
    /// Until when it is held.
    until: Millis,
}

#[tracing::instrument(level = "debug", skip_all, name = "place: order rows")]
async fn insert(
    tx: &mut Tx,
    input: &Input,
    (order, code): (Uuid, &Code),
    price: &Breakdown,
    (offers, groups): (&[&Offer], &[Group]),
    from: &From,
) -> Result<()> {
    let Input { ask, address, now, .. } = input;
    tx.execute(
        "INSERT INTO orders (id, code, person_id, state, currency, goods, shipping, discount, total, parcels, address, method, note, hold_until, created_at, team_state)
         VALUES ($1, $2, $3, 'awaiting_payment', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        args![
            order, code.as_str(), ask.me, price.currency.code(), price.goods, price.shipping, price.discount, price.total,
            to_json(&price.parcels), to_json(address), ask.method.name(), ask.note.trim(), from.until, *now,
            matches!(ask.source, Source::Open { .. } | Source::Team { .. }).then(|| "forming".to_owned())
        ],
    )
    .await?;
    for (position, group) in (0_i64..).zip(groups) {
        let offer = offers.get(group.line).ok_or_else(Problem::internal)?;
        let room = from.room.as_ref();
        let led = from.led.get(&offer.sku.0).copied().unwrap_or_default();
        tx.execute(
            "INSERT INTO order_line (order_id, position, merchant_id, sku_id, quantity, unit_price, snapshot, names, stock, earns_post_id, earns_bp, from_post_id, room_id, flash_id, coupon_off, coupon_ours)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'held', $9, $10, $11, $12, $13, $14, $15)",
            args![
                order,
                position,
                offer.merchant,
                offer.sku,
                group.quantity,
                group.price,
                to_json(&snapshot(offer)),
                names(offer),
                led.earns.map(|e| e.0),
                led.earns.map(|e| e.1),
                led.from,
                room.map(|r| r.room_id),
                room.and_then(|r| r.flash_id),
                group.off,
                group.platforms
            ],
        )
        .await?;
    }
    Ok(())
}

/// What a line can be found by in the list of orders.
fn names(offer: &Offer) -> String {
    let texts = offer.texts.values().map(|(title, choice, merchant)| format!("{title} {choice} {merchant}"));
    texts.collect::<Vec<_>>().join(" ").to_lowercase()
}

fn snapshot(offer: &Offer) -> Snapshot {
    let mut titles = BTreeMap::new();
    let mut merchant = BTreeMap::new();
    for (lang, (title, choice, name)) in &offer.texts {
        titles.insert((*lang).to_owned(), (title.clone(), choice.clone()));
        merchant.insert((*lang).to_owned(), name.clone());
    }
    Snapshot { slug: offer.slug.clone(), titles, merchant, picture: offer.picture.clone(), weight_g: offer.weight_g }
}
