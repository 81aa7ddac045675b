//! Group-buys of the demo: a campaign for everything that has a team price, and neighbours whose teams are forming, with
//! countdowns from the start of the demo. All of it goes through the use cases.

use anyhow::{Context, Result};
use domain::{
    Code, Lang,
    address::Address,
    group_buy::{Draft, DraftSku, Kind, Otherwise, Step, Terms},
    id::{AddressId, PersonId, SkuId},
    order::Source,
    payment::{Callback, EventKind},
    share::Touches,
    shipping::Method,
    time::{DAY, HOUR, MINUTE},
};
use shop::{
    Clock, Shop,
    account::{self, NewAccount},
    address, catalog,
    group_buy::{self, NewCampaign, Wish},
    order, payment,
};
use uuid::Uuid;

/// Who teams up in the demo besides its named accounts; nobody logs in as one of them.
const NEIGHBOURS: [(&str, &str); 8] = [
    ("xiaolin", "小林"),
    ("azhen", "阿珍"),
    ("tom", "Tom"),
    ("jiajia", "佳佳"),
    ("zhou", "老周"),
    ("lily", "Lily"),
    ("wenwen", "雯雯"),
    ("dawei", "大伟"),
];

/// What the campaigns of the demo are like, in turn.
fn terms(turn: usize) -> Terms {
    let heads =
        |size| Terms { kind: Kind::Heads, size, goal: None, sponsor_from: None, steps: Vec::new(), leader_off_bp: 0 };
    match turn % 12 {
        4 => {
            let steps =
                vec![Step { heads: 2, off_bp: 0 }, Step { heads: 4, off_bp: 500 }, Step { heads: 6, off_bp: 1_000 }];
            Terms { kind: Kind::Ladder, steps, ..heads(6) }
        }
        7 => Terms { kind: Kind::Amount, goal: Some(30_000), ..heads(20) },
        9 => Terms { sponsor_from: Some(3), ..heads(5) },
        10 => Terms { leader_off_bp: 500, ..heads(3) },
        n if n % 3 == 0 => heads(2),
        n if n % 3 == 1 => heads(3),
        _ => heads(5),
    }
}

/// # Errors
/// What the shop says.
pub async fn fill(shop: &Shop, slugs: &[String], start: i64) -> Result<()> {
    let neighbours = neighbours(shop).await?;
    for (turn, slug) in slugs.iter().enumerate() {
        let Some(product) = catalog::product(shop, Lang::En, slug).await? else { continue };
        let skus: Vec<DraftSku> = product
            .skus
            .iter()
            .filter_map(|s| {
                let price = s.group_price.filter(|g| *g < s.price)?;
                Some(DraftSku { sku: s.id, single: s.price, price, quota: s.available / 2 })
            })
            .collect();
        if skus.iter().all(|s| s.quota == 0) {
            continue;
        }
        let draft = Draft {
            terms: terms(turn),
            open_for: DAY,
            starts_at: start - 2 * DAY,
            ends_at: start + 14 * DAY,
            units_each: 3,
            new_shoppers: turn % 12 == 11,
            skus: skus.clone(),
        };
        let before = Shop { clock: Clock::still(start - 2 * DAY), ..shop.clone() };
        let new = NewCampaign { product: product.id, draft, by: PersonId(Uuid::nil()), key: format!("{turn:032}") };
        let campaign = group_buy::create(&before, new).await?;
        if let Some(sku) = skus.iter().find(|s| s.quota > 8)
            && turn % 2 == 0
        {
            teams(shop, &neighbours, turn, &campaign, sku.sku, start).await?;
        }
    }
    Ok(())
}

/// Two teams of a campaign, opened some hours ago by neighbours in turn; one of them has a second member where there is room.
async fn teams(
    shop: &Shop,
    neighbours: &[(PersonId, AddressId)],
    turn: usize,
    campaign: &Code,
    sku: SkuId,
    start: i64,
) -> Result<()> {
    let size = terms(turn).size;
    let who = |n: usize| neighbours.get((turn + n) % neighbours.len()).copied().context("a neighbour");
    for n in 0..2_usize {
        let ago = i64::try_from((turn * 7 + n * 5) % 20)? * HOUR + i64::try_from(turn * 13 % 50)? * MINUTE;
        let then = Shop { clock: Clock::still(start - ago - MINUTE), ..shop.clone() };
        let opened = Source::Open { campaign: campaign.clone(), sku, quantity: 1 };
        let Some(order) = buy(&then, who(n * 2)?, opened, Touches::default()).await? else { return Ok(()) };
        if n == 0 && size > 2 {
            let team = order::show(&then, who(0)?.0, Lang::En, &order).await?.team.context("its team")?.code;
            let joined = Source::Team { team, sku, quantity: 1 };
            buy(&then, who(1)?, joined, Touches::default()).await?;
        }
    }
    Ok(())
}

/// Places and pays; nothing when the shop says no (a limit of the day, no stock).
pub(super) async fn buy(
    shop: &Shop,
    (me, address): (PersonId, AddressId),
    source: Source,
    came_by: Touches,
) -> Result<Option<Code>> {
    let view = order::checkout(shop, me, Lang::En, &source, order::Choice::to(address), &came_by).await?;
    let Ok(price) = view.price else { return Ok(None) };
    let ask = order::Place {
        me,
        source,
        address,
        method: Method::Standard,
        note: String::new(),
        key: view.key,
        shown_total: price.total,
        seat: Wish { otherwise: Otherwise::Refund, device: None },
        came_by,
        invited: None,
        coupons: domain::coupon::Wanted::NOTHING,
    };
    let Ok(placed) = order::place(shop, ask).await else { return Ok(None) };
    payment::sandbox::settle_for_demo(shop, &placed.provider_ref).await?;
    let callback = Callback {
        refund: None,
        event_id: format!("{}-paid", placed.provider_ref),
        kind: EventKind::Captured,
        provider_ref: placed.provider_ref,
        amount: price.total,
        currency: price.currency,
    };
    payment::receive(shop, "sandbox", callback).await?;
    Ok(Some(placed.code))
}

async fn neighbours(shop: &Shop) -> Result<Vec<(PersonId, AddressId)>> {
    let mut all = Vec::new();
    for (n, (handle, name)) in NEIGHBOURS.into_iter().enumerate() {
        let new = NewAccount {
            handle: format!("demo-{handle}"),
            display_name: name.to_owned(),
            password: hex::encode(shop.rng.bytes::<16>()),
            role: domain::account::Role::Shopper,
        };
        let person = account::register(&super::before(shop), new).await?;
        let at = Address {
            recipient: name.to_owned(),
            phone: format!("1360000{:04}", 1000 + n),
            province: "上海市".to_owned(),
            city: "上海市".to_owned(),
            district: "徐汇区".to_owned(),
            line: format!("衡山路 {} 号", 20 + n),
            ..Address::default()
        };
        all.push((person.id, address::save(shop, person.id, None, &at, true).await?));
    }
    Ok(all)
}
