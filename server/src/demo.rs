//! The demo shop: ten categories, eight merchants, 130 products written for it, five people, and some orders that really
//! went through the use cases, so that every number on a page has rows behind it. The same each time, from one seed.

mod coupons;
mod posts;
pub mod rooms;
mod teams;

use crate::art::{Scene, placeholder};
use anyhow::{Context, Result, anyhow};
use domain::{
    Currency, Lang,
    account::Role,
    address::Address,
    catalog::{Detail, OptionText, Status},
    id::{MerchantId, PersonId, SkuId},
    order::Source,
    payment::{Callback, EventKind},
    share::Touches,
    shipping::Method,
    time::{DAY, HOUR},
};
use serde::Deserialize;
use shop::{
    Shop,
    account::{self, NewAccount},
    address,
    catalog::{self, NewMerchant, NewPicture, NewProduct, NewSku, Text},
    inbox, job, order, payment, referral, share, shipment,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Of the demo's accounts, and of nothing else.
pub const PASSWORD: &str = "tuanju-demo";

/// What others ask about those things, and what their buyers answer, if they do.
const ASKED: [(&str, &str); 6] = [
    ("送长辈合适吗？", "合适，我妈一直在用，说明书字也够大。"),
    ("Does it look like the pictures?", "Yes, the colour is a little warmer in daylight."),
    ("保存多久沒問題？", "我放了三週，狀態還是很好。"),
    ("包装会不会压坏？", "外箱有一点压痕，里面完好。"),
    ("Would you buy it again?", "I did, last month."),
    ("跟上一款比有什麼不同？", ""),
];

/// What the demo's people say of the first things that arrive: stars, tags, text.
const SAID: [(i64, &[&str], &str); 15] = [
    (5, &["good_quality", "fast"], "第二天就到了，跟描述的一样，会再买。"),
    (4, &["as_described"], "品質不錯，包裝再紮實一點就更好了。"),
    (5, &["good_value", "well_packed"], "Exactly what I hoped for, and carefully packed."),
    (3, &["slow"], "东西还可以，就是路上走了五天。"),
    (5, &["good_quality"], "送給媽媽的，她很喜歡。"),
    (4, &["fast", "good_value"], "Good value. One corner of the box was dented, what was inside was fine."),
    (5, &["as_described", "good_quality"], "拼单买的，比自己单买划算，质量没有差别。"),
    (2, &["differs"], "顏色和照片有落差，客服處理得很快。"),
    (5, &["fast"], ""),
    (4, &["good_quality"], "用了两周，没什么可挑的。"),
    (5, &["well_packed", "good_value"], "已經是第二次買了。"),
    (1, &["poor_quality"], "Broke after a week. The refund came without a question, hence the one star and not zero."),
    (5, &["good_quality", "as_described"], "朋友推荐的，果然没有失望。"),
    (4, &["slow", "good_quality"], "到貨慢了一點，東西很好。"),
    (5, &[], "Lovely."),
];

type Said<T = String> = BTreeMap<String, T>;

#[derive(Deserialize)]
struct Product {
    slug: String,
    merchant: String,
    category: String,
    icon: String,
    more_icons: Vec<String>,
    title: Said,
    subtitle: Said,
    body: Said<Vec<String>>,
    options: Vec<Choice>,
    price: i64,
    compare_at: Option<i64>,
    group_price: Option<i64>,
    attributes: Vec<Attribute>,
    tags: Vec<Said>,
    weight_g: i64,
    stock: i64,
}

#[derive(Deserialize)]
struct Choice {
    name: Said,
    values: Vec<Value>,
}

#[derive(Deserialize)]
struct Value {
    text: Said,
    add: i64,
}

#[derive(Deserialize)]
struct Attribute {
    name: Said,
    value: Said,
}

struct Category {
    slug: &'static str,
    names: [&'static str; 3],
    hue: i64,
    icon: &'static str,
    children: &'static [(&'static str, [&'static str; 3])],
    products: &'static str,
}

macro_rules! category {
    ($slug:literal, $names:expr, $hue:literal, $icon:literal, $children:expr) => {
        Category {
            slug: $slug,
            names: $names,
            hue: $hue,
            icon: $icon,
            children: &$children,
            products: include_str!(concat!("../demo/catalog/", $slug, ".json")),
        }
    };
}

static CATEGORIES: &[Category] = &[
    category!(
        "fruit",
        ["水果", "水果", "Fruit"],
        348,
        "cherries",
        [("berries", ["浆果", "莓果", "Berries"]), ("orchard", ["果园", "果園", "Orchard"])]
    ),
    category!(
        "snacks",
        ["零食", "零食", "Snacks"],
        34,
        "cookie",
        [("sweets", ["甜点", "甜點", "Sweets"]), ("savoury", ["咸味", "鹹食", "Savoury"])]
    ),
    category!(
        "tea",
        ["茶饮", "茶飲", "Tea & drinks"],
        96,
        "teapot",
        [("leaf-tea", ["茶叶", "茶葉", "Leaf tea"]), ("drinks", ["饮品", "飲品", "Drinks"])]
    ),
    category!(
        "kitchen",
        ["厨房", "廚房", "Kitchen"],
        18,
        "cooking",
        [("cookware", ["锅具", "鍋具", "Cookware"]), ("tableware", ["餐具", "餐具", "Tableware"])]
    ),
    category!(
        "home",
        ["家居", "居家", "Home"],
        204,
        "couch-and-lamp",
        [("living", ["客厅", "客廳", "Living"]), ("bedroom-bath", ["卧浴", "寢浴", "Bed & bath"])]
    ),
    category!(
        "fashion",
        ["服饰", "服飾", "Fashion"],
        272,
        "dress",
        [("clothing", ["衣服", "衣著", "Clothing"]), ("accessories", ["配饰", "配件", "Accessories"])]
    ),
    category!(
        "shoes-bags",
        ["鞋包", "鞋包", "Shoes & bags"],
        226,
        "running-shoe",
        [("shoes", ["鞋", "鞋", "Shoes"]), ("bags", ["包", "包", "Bags"])]
    ),
    category!(
        "beauty",
        ["美护", "美妝保養", "Beauty"],
        322,
        "lipstick",
        [
            ("skin-body", ["护肤身体", "肌膚身體", "Skin & body"]),
            ("makeup-hair", ["彩妆美发", "彩妝美髮", "Make-up & hair"])
        ]
    ),
    category!(
        "toys",
        ["亲子宠物", "親子寵物", "Kids & pets"],
        48,
        "teddy-bear",
        [("kids", ["儿童", "兒童", "Kids"]), ("pets", ["宠物", "寵物", "Pets"])]
    ),
    category!(
        "outdoor",
        ["户外", "戶外", "Outdoor"],
        160,
        "tent",
        [("sport", ["运动", "運動", "Sport"]), ("camping", ["露营", "露營", "Camping"])]
    ),
];

type Merchant = (&'static str, [&'static str; 3], [&'static str; 3]);

static MERCHANTS: &[Merchant] = &[
    (
        "yunling-orchard",
        ["云岭果园", "雲嶺果園", "Yunling Orchard"],
        ["高原果园，清晨采摘", "高原果園，清晨採收", "Highland orchards, picked in the morning"],
    ),
    (
        "chachuan-tea",
        ["茶川", "茶川", "Chachuan Tea"],
        ["一家三代做茶", "一家三代做茶", "Tea makers for three generations"],
    ),
    (
        "xiaozao-kitchen",
        ["小灶厨房", "小灶廚房", "Little Stove Kitchen"],
        ["小厨房里的好工具", "小廚房裡的好工具", "Good tools for small kitchens"],
    ),
    (
        "muyu-home",
        ["木语家居", "木語家居", "Muyu Home"],
        ["木头和棉麻的家", "木頭與棉麻的家", "A home of wood and linen"],
    ),
    (
        "banxia-wardrobe",
        ["半夏衣橱", "半夏衣櫥", "Banxia Wardrobe"],
        ["耐穿的日常衣服", "耐穿的日常衣著", "Everyday clothes that last"],
    ),
    (
        "qinghe-care",
        ["清禾美肤", "清禾美膚", "Qinghe Care"],
        ["成分写得清清楚楚", "成分寫得清清楚楚", "Every ingredient on the label"],
    ),
    (
        "pangpang-toys",
        ["胖胖玩具铺", "胖胖玩具鋪", "Pangpang Toys"],
        ["给小朋友和毛孩子", "給小朋友和毛孩", "For children and furry friends"],
    ),
    (
        "yeshan-outdoor",
        ["野山户外", "野山戶外", "Yeshan Outdoor"],
        ["周末就出发", "週末就出發", "Out of town by the weekend"],
    ),
];

fn said(names: [&str; 3]) -> BTreeMap<&'static str, String> {
    Lang::ALL.iter().zip(names).map(|(l, n)| (l.tag(), n.to_owned())).collect()
}

/// Names of the demo's accounts, what others see, and what they may do.
pub const PEOPLE: &[(&str, &str, Role)] = &[
    ("mei", "小美", Role::Shopper),
    ("lei", "李雷", Role::Shopper),
    ("ana", "Ana", Role::Shopper),
    ("kol", "阿柯", Role::Creator),
    ("host", "团团", Role::Host),
    ("ops", "Ops", Role::Admin),
    ("mod", "阿正", Role::Moderator),
];

/// Fills an empty database. A second call changes nothing.
///
/// # Errors
/// What the shop says.
pub async fn fill(shop: &Shop, data: &std::path::Path) -> Result<()> {
    if account::find(shop, "mei").await?.is_some() {
        return Ok(());
    }
    let start = shop.clock.now();
    let slugs = catalogue(shop, start).await?;
    let people = people(shop).await?;
    orders(shop, &people, start).await?;
    teams::fill(shop, &slugs, start).await?;
    posts::fill(shop, &people, start).await?;
    what_came_of_it(shop, &people).await?;
    looked_for(shop).await?;
    coupons::fill(shop).await?;
    rooms::fill(shop, data, start).await
}

/// What people of the demo look for; the words are read before anybody else looks.
async fn looked_for(shop: &Shop) -> Result<()> {
    shop::search::catch_up_whole(shop).await?;
    let looked: [(&str, &[&str]); 6] = [
        ("mei", &["蓝莓", "茶", "帐篷", "running shoes"]),
        ("lei", &["帐篷", "茶", "蓝莓"]),
        ("ana", &["running shoes", "茶", "蓝莓"]),
        ("kol", &["茶", "帐篷", "连衣裙"]),
        ("host", &["蓝莓", "running shoes", "连衣裙"]),
        ("demo-xiaolin", &["连衣裙", "茶"]),
    ];
    for (handle, queries) in looked {
        if let Some(person) = account::find(shop, handle).await? {
            queries.iter().for_each(|words| shop::search::heard(shop, person.id, words));
        }
    }
    Ok(shop::search::flush(shop).await?)
}

/// Answers the products, by their slugs.
async fn catalogue(shop: &Shop, start: i64) -> Result<Vec<String>> {
    let mut merchants: HashMap<&str, MerchantId> = HashMap::new();
    for (slug, names, intros) in MERCHANTS {
        let texts = Lang::ALL
            .iter()
            .zip(names.iter().zip(intros))
            .map(|(l, (n, i))| (l.tag(), ((*n).to_owned(), (*i).to_owned())))
            .collect();
        merchants.insert(slug, catalog::save_merchant(shop, NewMerchant { slug: (*slug).to_owned(), texts }).await?);
    }
    let mut all: Vec<(Product, uuid::Uuid, i64)> = Vec::new();
    for (position, c) in (0_i64..).zip(CATEGORIES) {
        let scene = Scene::Hero { icon: c.icon.to_owned(), hue: c.hue };
        let top = catalog::save_category(
            shop,
            c.slug,
            None,
            position,
            c.hue,
            said(c.names),
            Some(picture(&scene, 1080, c.hue)?),
        )
        .await?;
        let mut below: HashMap<&str, uuid::Uuid> = HashMap::new();
        for (at, (slug, names)) in (0_i64..).zip(c.children) {
            below.insert(slug, catalog::save_category(shop, slug, Some(top), at, c.hue, said(*names), None).await?);
        }
        let products: Vec<Product> =
            serde_json::from_str(c.products).with_context(|| format!("the products of {}", c.slug))?;
        for p in products {
            let category = *below.get(p.category.as_str()).ok_or_else(|| anyhow!("{} has no category", p.slug))?;
            all.push((p, category, c.hue));
        }
    }
    // Interleaved, so that the newest of the shop are not all of one kind.
    let n = all.len();
    let slugs = all.iter().map(|(p, ..)| p.slug.clone()).collect();
    for (i, (p, category, hue)) in all.into_iter().enumerate() {
        let turn = i64::try_from((i % 13) * 10 + i / 13)?;
        let published = start - 20 * DAY - turn * 3 * HOUR;
        let merchant = *merchants.get(p.merchant.as_str()).ok_or_else(|| anyhow!("{} has no merchant", p.slug))?;
        let hue = (hue + i64::try_from(i * 11 % 40)? + 340) % 360;
        catalog::save_product(shop, new_product(p, merchant, category, hue, i, (published, start))?).await?;
    }
    tracing::info!(products = n, "the demo shop is stocked");
    Ok(slugs)
}

fn picture(scene: &Scene, height: i64, hue: i64) -> Result<NewPicture> {
    Ok(NewPicture {
        source: serde_json::to_string(scene)?,
        width: 1080,
        height,
        placeholder: placeholder(hue),
        print: None,
    })
}

fn new_product(
    p: Product,
    merchant: MerchantId,
    category: uuid::Uuid,
    hue: i64,
    i: usize,
    (published, start): (i64, i64),
) -> Result<NewProduct> {
    let tall = [1080, 1350, 1080, 1440].get(i % 4).copied().unwrap_or(1080);
    let icon = || p.icon.clone();
    let pictures = vec![
        picture(&Scene::Hero { icon: icon(), hue }, tall, hue)?,
        picture(&Scene::Still { icon: icon(), more: p.more_icons.clone(), hue }, 1080, hue)?,
        picture(&Scene::Detail { icon: icon(), hue }, 1080, hue)?,
        picture(&Scene::Pattern { icon: icon(), hue }, 1080, hue)?,
    ];
    let mut texts = BTreeMap::new();
    for lang in Lang::ALL {
        let tag = lang.tag();
        let get = |s: &Said| s.get(tag).cloned().unwrap_or_default();
        let body = p
            .body
            .get(tag)
            .map(|b| b.iter().map(|x| format!("<p>{}</p>", escape(x))).collect::<String>())
            .unwrap_or_default();
        let options = p
            .options
            .iter()
            .map(|o| OptionText { name: get(&o.name), values: o.values.iter().map(|v| get(&v.text)).collect() })
            .collect();
        let attributes = p.attributes.iter().map(|a| (get(&a.name), get(&a.value))).collect();
        let detail = Detail { body, options, attributes, tags: p.tags.iter().map(get).collect() };
        texts.insert(tag, Text { title: get(&p.title), subtitle: get(&p.subtitle), detail });
    }
    let mut choices: Vec<(Vec<u32>, i64)> = vec![(Vec::new(), 0)];
    for option in &p.options {
        choices = choices
            .into_iter()
            .flat_map(|(choice, add)| {
                option.values.iter().zip(0_u32..).map(move |(v, n)| ([choice.clone(), vec![n]].concat(), add + v.add))
            })
            .collect();
    }
    // A price that was reduced two days ago was asked before, since the beginning.
    let reduced = p.compare_at.map(|was| was - p.price);
    let skus = (1_i64..)
        .zip(choices)
        .map(|(n, (choice, add))| {
            let price = p.price + add;
            let earlier = reduced.map_or_else(Vec::new, |r| vec![(published, price + r), (start - 2 * DAY, price)]);
            NewSku {
                code: format!("{}-{n}", p.slug),
                choice,
                price,
                compare_at: p.compare_at.map(|was| was + add),
                group_price: p.group_price.map(|g| g + add),
                weight_g: p.weight_g,
                // Here and there one has just run out: the page for it is worth seeing, too.
                on_hand: if (i + usize::try_from(n).unwrap_or(0)).is_multiple_of(29) { 0 } else { p.stock },
                earlier,
            }
        })
        .collect();
    Ok(NewProduct {
        merchant,
        category,
        slug: p.slug,
        status: Status::On,
        currency: Currency::Cny,
        texts,
        skus,
        pictures,
        published_at: published,
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// When its people came: before anything that they do.
fn before(shop: &Shop) -> Shop {
    Shop { clock: shop::Clock::still(shop.clock.now() - 20 * DAY), ..shop.clone() }
}

async fn people(shop: &Shop) -> Result<Vec<(PersonId, domain::id::AddressId)>> {
    let addresses = [
        ("王小美", "13800138000", "云南省", "昆明市", "五华区", "翠湖南路 12 号"),
        ("李雷", "13900139000", "浙江省", "杭州市", "西湖区", "龙井路 8 号 2 栋 301"),
        ("Ana Chen", "13700137000", "上海市", "上海市", "静安区", "南京西路 1266 号"),
    ];
    let mut out = Vec::new();
    for (i, (handle, name, role)) in PEOPLE.iter().enumerate() {
        let new = NewAccount {
            handle: (*handle).to_owned(),
            display_name: (*name).to_owned(),
            password: PASSWORD.to_owned(),
            role: *role,
        };
        let person = account::register(&before(shop), new).await?;
        if role.is_staff() {
            account::set_second_factor(shop, person.id).await?;
        }
        if let Some((recipient, phone, province, city, district, line)) = addresses.get(i) {
            let a = Address {
                recipient: (*recipient).to_owned(),
                phone: (*phone).to_owned(),
                province: (*province).to_owned(),
                city: (*city).to_owned(),
                district: (*district).to_owned(),
                line: (*line).to_owned(),
                ..Address::default()
            };
            out.push((person.id, address::save(shop, person.id, None, &a, true).await?));
        }
    }
    Ok(out)
}

/// Orders of a month ago, received since and completed by the first jobs, and of the last days, all through the use cases.
async fn orders(shop: &Shop, people: &[(PersonId, domain::id::AddressId)], start: i64) -> Result<()> {
    let mut skus: Vec<SkuId> = Vec::new();
    // Of the demo's own things, whatever else the shop has.
    for c in CATEGORIES {
        let mut browse = domain::catalog::Browse { category: Some(c.slug.to_owned()), ..Default::default() };
        loop {
            let page = catalog::shelf(shop, Lang::En, &browse).await?.page;
            for card in &page.cards {
                if let Some(product) = catalog::product(shop, Lang::En, &card.slug).await?
                    && let Some(sku) = product.skus.iter().find(|s| s.available > 8)
                {
                    skus.push(sku.id);
                }
            }
            browse.after = page.next;
            if browse.after.is_none() {
                break;
            }
        }
    }
    // Placed in the past: this clock is the demo's own.
    let long_ago = Shop { clock: shop::Clock::still(start - 30 * DAY), ..shop.clone() };
    let lately = Shop { clock: shop::Clock::still(start - 3 * DAY), ..shop.clone() };
    // The second and the third of them came by a link of the first one; the second in the same browser.
    let browser = shop.rng.id(long_ago.clock.now());
    let came_by = match people.first() {
        Some((first, _)) => link_of(&long_ago, *first, browser).await?,
        None => Touches::default(),
    };
    for i in 0..90_usize {
        let received = i < 24;
        let past = if received { &long_ago } else { &lately };
        past.clock.advance(2_700_000);
        let luck = u64::from_le_bytes(shop.rng.bytes());
        let pick = usize::try_from(luck % 1009 * (luck / 1009 % 1009) % 1_000_003)? * skus.len() / 1_000_003;
        let (Some(sku), Some((me, address))) = (skus.get(pick).copied(), people.get(i % people.len().max(1)).copied())
        else {
            break;
        };
        let quantity = i64::try_from(luck >> 40 & 1)? + 1;
        let brought = matches!(i, 1 | 2);
        let came = if brought { came_by.clone() } else { Touches::default() };
        let source = Source::Direct { sku, quantity };
        let view = order::checkout(past, me, Lang::En, &source, order::Choice::to(address), &came).await?;
        let Ok(price) = view.price else { continue };
        let ask = order::Place {
            coupons: domain::coupon::Wanted::NOTHING,
            seat: shop::group_buy::Wish::default(),
            came_by: came,
            invited: view.invitation.map(|asked| referral::Answer {
                accept: true,
                shown: asked.shown,
                browser: (i == 1).then_some(browser),
            }),
            me,
            source,
            address,
            method: Method::Standard,
            note: String::new(),
            key: view.key,
            shown_total: price.total,
        };
        let placed = order::place(past, ask).await?;
        let callback = Callback {
            refund: None,
            event_id: format!("{}-paid", placed.provider_ref),
            kind: EventKind::Captured,
            provider_ref: placed.provider_ref.clone(),
            amount: price.total,
            currency: price.currency,
        };
        payment::sandbox::settle_for_demo(past, &placed.provider_ref).await?;
        payment::receive(past, "sandbox", callback).await?;
        order::relist_sold(past, sku.0).await?;
        if received {
            shipment::ship(past, &placed.code, vec![(0, quantity)]).await?;
            shipment::confirm(past, me, &placed.code).await?;
            if let Some((stars, tags, said)) = SAID.get(i) {
                let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
                let draft = domain::review::Draft::new(*stars, &tags, said, i % 4 == 3)?;
                shop::review::write(past, me, Role::Shopper, &placed.code, 0, draft).await?;
                if i % 3 == 0 {
                    show(past, me, &placed.code, i).await?;
                }
                let other = people.get((i + 1) % people.len().max(1)).map(|(p, _)| *p);
                if let (Some((asked, answered)), Some(other)) = (ASKED.get(i), other) {
                    asked_of(past, (other, me), &placed.code, asked, answered).await?;
                }
            }
        }
    }
    Ok(())
}

/// Shows what arrived, beside what was said of it: drawn from the pictures of the thing.
async fn show(shop: &Shop, me: PersonId, order: &domain::Code, i: usize) -> Result<()> {
    let order = shop::review::to_write(shop, me, Role::Shopper, Lang::En, order).await?;
    let Some(line) = order.lines.into_iter().next() else { return Ok(()) };
    let (Some(mine), Some(shown)) = (line.mine, line.picture) else { return Ok(()) };
    let Some((source, ..)) = catalog::picture_source(shop, shown.id).await? else { return Ok(()) };
    let (Scene::Hero { icon, hue } | Scene::Still { icon, hue, .. } | Scene::Detail { icon, hue }) =
        serde_json::from_str(&source)?
    else {
        return Ok(());
    };
    let hue = (hue + 40) % 360;
    let mut taken = vec![picture(&Scene::Detail { icon: icon.clone(), hue }, 1080, hue)?];
    if i % 2 == 0 {
        taken.push(picture(&Scene::Pattern { icon, hue }, 1080, hue)?);
    }
    shop::review::add_pictures(shop, me, Role::Shopper, &mine.code, taken).await?;
    Ok(())
}

/// Somebody asks about what `owner` has received, and hears from him.
async fn asked_of(
    shop: &Shop,
    (asker, owner): (PersonId, PersonId),
    order: &domain::Code,
    text: &str,
    answer: &str,
) -> Result<()> {
    let order = shop::review::to_write(shop, owner, Role::Shopper, Lang::En, order).await?;
    let Some(line) = order.lines.into_iter().next() else { return Ok(()) };
    let question = shop::question::ask(shop, asker, &line.slug, text).await?;
    if !answer.is_empty() {
        shop::question::answer(shop, owner, false, &question, answer).await?;
    }
    Ok(())
}

/// The link that somebody copied for a thing of the demo, as whoever came by it keeps it.
async fn link_of(shop: &Shop, person: PersonId, browser: Uuid) -> Result<Touches> {
    let (kind, slug) = (domain::share::Kind::Product, "plateau-blueberries");
    share::open(shop, person, kind, slug, &Touches::default(), Some(browser)).await?;
    let links = share::sheet(shop, person, Lang::ZhHans, kind, slug).await?.links;
    let copied = links.into_iter().find(|l| l.channel == domain::share::Channel::Copy).context("a link to copy")?;
    let now = shop.clock.now();
    share::visited(shop, &copied.share, shop.rng.id(now), None).await?;
    Ok(Touches::default().and(copied.share, now))
}

/// Does the jobs that those orders left, and what they told was read meanwhile: nobody comes into a demo with old news.
async fn what_came_of_it(shop: &Shop, people: &[(PersonId, domain::id::AddressId)]) -> Result<()> {
    loop {
        let jobs = job::lease(shop, 200).await?;
        if jobs.is_empty() {
            break;
        }
        for job in &jobs {
            match job.kind.as_str() {
                "expire_order" => drop(order::expire(shop, job.payload.parse()?).await?),
                "relist" => order::relist_sold(shop, job.payload.parse()?).await?,
                "track" => shipment::track(shop, job.payload.parse()?).await?,
                "receive" => shipment::receive(shop, job.payload.parse()?).await?,
                "complete_order" => order::complete(shop, job.payload.parse()?).await?,
                "question" => shop::question::tell(shop, job.payload.parse()?).await?,
                "challenge" => shop::challenge::end(shop, &job.payload.parse()?).await?,
                "referral" => referral::settle(shop, job.payload.parse()?).await?,
                "query_payment" => {
                    payment::query(shop, &payment::sandbox::Books(shop.clone()), &job.payload).await?;
                }
                other => anyhow::bail!("the demo left a job {other:?}"),
            }
        }
        job::settle(shop, jobs, Vec::new()).await?;
    }
    for (person, _) in people {
        inbox::mark_read(shop, *person).await?;
    }
    Ok(())
}
