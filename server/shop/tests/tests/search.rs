//! Search: what is found, by what words, in what order; that both engines find the same; and what is kept of who looked for what.

use crate::{
    post::published,
    support::{NOON, TestShop, both},
};
use domain::{
    Currency, Lang,
    catalog::{Browse, PriceBand, Sort, Status},
    id::PersonId,
    post::Visibility,
    search::{Ask, FoundView, Tab},
    time::{DAY, HOUR},
};
use serde::Deserialize;
use shop::{
    Clock, Shop,
    account::{self, NewAccount},
    catalog::{self, NewMerchant, NewProduct, NewSku, Text},
    consent::{self, Purpose},
    post, search,
};
use std::collections::{BTreeMap, HashMap};

fn ask(tab: Tab, query: &str) -> Ask {
    Ask { browse: Browse { query: Some(query.to_owned()), ..Browse::default() }, tab, exact: false }
}

async fn found(shop: &Shop, tab: Tab, query: &str) -> FoundView {
    search::find(shop, None, Lang::ZhHans, &ask(tab, query)).await.unwrap()
}

fn slugs(view: &FoundView) -> Vec<String> {
    view.products.iter().map(|p| p.slug.clone()).collect()
}

fn titles(view: &FoundView) -> Vec<String> {
    view.posts.iter().map(|p| p.title.clone()).collect()
}

/// A thing with titles in some languages.
async fn thing(shop: &TestShop, slug: &str, price: i64, titles: &[(&'static str, &str)]) {
    let mut new = shop.new_product(slug, "orchard", price, 5).await;
    new.texts = titles.iter().map(|(l, t)| (*l, Text { title: (*t).to_owned(), ..Text::default() })).collect();
    shop.save(new).await;
}

#[derive(Deserialize)]
struct Corpus {
    categories: Vec<Named>,
    merchants: Vec<Named>,
    products: Vec<Thing>,
    people: Vec<Somebody>,
    posts: Vec<Written>,
}

#[derive(Deserialize)]
struct Named {
    slug: String,
    names: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Thing {
    slug: String,
    category: String,
    merchant: String,
    #[serde(rename = "zh-Hans")]
    hans: Option<(String, String)>,
    #[serde(rename = "zh-Hant")]
    hant: Option<(String, String)>,
    en: Option<(String, String)>,
    price: i64,
    age_days: i64,
}

#[derive(Deserialize)]
struct Somebody {
    handle: String,
    name: String,
}

#[derive(Deserialize)]
struct Written {
    author: String,
    title: String,
    body: String,
    age_hours: i64,
}

/// A shop with everything that stands in `corpus.json`.
async fn stocked(shop: &TestShop) {
    let corpus: Corpus = serde_json::from_str(include_str!("../search/corpus.json")).unwrap();
    let in_each = |names: &HashMap<String, String>| -> BTreeMap<&'static str, String> {
        Lang::ALL.iter().map(|l| (l.tag(), names[l.tag()].clone())).collect()
    };
    let mut categories = HashMap::new();
    for (i, c) in corpus.categories.iter().enumerate() {
        let names = in_each(&c.names);
        let id = catalog::save_category(shop, &c.slug, None, i as i64, 20, names, None).await.unwrap();
        categories.insert(c.slug.clone(), id);
    }
    let mut merchants = HashMap::new();
    for m in &corpus.merchants {
        let texts = in_each(&m.names).into_iter().map(|(l, n)| (l, (n, String::new()))).collect();
        let id = catalog::save_merchant(shop, NewMerchant { slug: m.slug.clone(), texts }).await.unwrap();
        merchants.insert(m.slug.clone(), id);
    }
    for p in corpus.products {
        let text = |(title, subtitle): (String, String)| Text { title, subtitle, ..Text::default() };
        let texts = [("zh-Hans", p.hans), ("zh-Hant", p.hant), ("en", p.en)];
        let sku = NewSku {
            code: p.slug.clone(),
            choice: Vec::new(),
            price: p.price,
            compare_at: None,
            group_price: None,
            weight_g: 100,
            on_hand: 10,
            earlier: Vec::new(),
        };
        shop.save(NewProduct {
            merchant: merchants[&p.merchant],
            category: categories[&p.category],
            status: Status::On,
            currency: Currency::Cny,
            texts: texts.into_iter().filter_map(|(l, t)| Some((l, text(t?)))).collect(),
            skus: vec![sku],
            pictures: Vec::new(),
            published_at: NOON - p.age_days * DAY,
            slug: p.slug,
        })
        .await;
    }
    let mut people: HashMap<String, PersonId> = HashMap::new();
    for p in corpus.people {
        let new = NewAccount {
            handle: p.handle.clone(),
            display_name: p.name,
            password: "correct horse battery".to_owned(),
            role: domain::account::Role::Shopper,
        };
        people.insert(p.handle, account::register(shop, new).await.unwrap().id);
    }
    for p in corpus.posts {
        let then = Shop { clock: Clock::still(NOON - p.age_hours * HOUR), ..shop.shop.clone() };
        published(&then, people[&p.author], &p.title, &p.body, Visibility::Public).await;
    }
    search::catch_up_whole(shop).await.unwrap();
}

/// The first of what is found, by what the queries name it.
fn top(tab: Tab, view: &FoundView) -> Vec<String> {
    match tab {
        Tab::Product => slugs(view),
        Tab::Post => titles(view),
        Tab::Person => view.people.iter().map(|p| p.handle.clone()).collect(),
        Tab::Topic => view.topics.iter().map(|t| t.name.clone()).collect(),
        Tab::All => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_queries_find_what_is_meant_and_the_same_on_both_engines() {
    let (a, b) = (TestShop::sqlite().await, TestShop::postgres().await);
    tokio::join!(stocked(&a), stocked(&b));
    let (mut asked, mut wrong) = (0, Vec::new());
    for line in include_str!("../search/queries.tsv").lines().filter(|l| !l.is_empty()) {
        let [tab, query, expected] = line.split('\t').collect::<Vec<_>>().try_into().expect("three columns");
        let tab = Tab::from_name(tab);
        for lang in Lang::ALL {
            let ask = ask(tab, query);
            let one = search::find(&a, None, lang, &ask).await.unwrap();
            let other = search::find(&b, None, lang, &ask).await.unwrap();
            assert_eq!(top(tab, &one), top(tab, &other), "{query}");
            assert_eq!(
                (&one.read_as, &one.without, &one.counts, &one.facets),
                (&other.read_as, &other.without, &other.counts, &other.facets),
                "{query}"
            );
            if lang == Lang::ZhHans {
                asked += 1;
                let first = top(tab, &one);
                if first.first().map(String::as_str) != Some(expected) {
                    wrong.push(format!("{line}\t{:?}", &first[..first.len().min(3)]));
                }
            }
        }
    }
    assert!(asked >= 200, "{asked} queries");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    a.verify_is_empty().await;
    b.verify_is_empty().await;
}

both! {
    async fn what_is_there_is_found_a_moment_later_and_what_is_gone_is_not(shop) {
        let me = shop.person("xiaomei").await.id;
        thing(&shop, "black-tea", 1000, &[("zh-Hans", "云南红茶"), ("zh-Hant", "雲南紅茶"), ("en", "Yunnan Black Tea")]).await;
        let code = published(&shop, me, "喝红茶的下午", "一壶 #茶点", Visibility::Public).await;
        let hidden = published(&shop, me, "红茶日记", "只给自己", Visibility::Private).await;
        search::catch_up_whole(&shop).await.unwrap();
        for query in ["红茶", "紅茶", "BLACK tea", "ｂｌａｃｋ", "yunnan teas", "云南", "红", "hongcha", "blakc", "berries"] {
            assert_eq!(slugs(&found(&shop, Tab::Product, query).await), ["black-tea"], "{query}");
        }
        assert_eq!(titles(&found(&shop, Tab::Post, "红茶").await), ["喝红茶的下午"]);
        assert_eq!(found(&shop, Tab::Topic, "茶点").await.topics.len(), 1);
        assert_eq!(found(&shop, Tab::Person, "XiaoMei").await.people[0].handle, "xiaomei");
        let all = found(&shop, Tab::All, "红茶").await;
        assert_eq!((all.products.len(), all.posts.len()), (1, 1));
        // It goes: at once from what is shown, and from the words when they are read again.
        catalog::set_status(&shop, "black-tea", Status::Off).await.unwrap();
        post::delete(&shop, me, &code).await.unwrap();
        assert!(found(&shop, Tab::All, "红茶").await.is_empty());
        account::rename(&shop, me, "绿茶先生").await.unwrap();
        search::catch_up_whole(&shop).await.unwrap();
        assert!(found(&shop, Tab::All, "红茶").await.is_empty());
        assert_eq!(found(&shop, Tab::Topic, "茶点").await.topics.len(), 0, "a topic without a post");
        assert_eq!(search::suggest(&shop, Lang::ZhHans, "茶点").await.unwrap(), [], "nor is it suggested");
        assert_eq!(found(&shop, Tab::Person, "lvcha").await.people[0].name, "绿茶先生");
        let change = post::Change { draft: crate::post::a_draft("红茶日记", "给大家", Visibility::Public), ..crate::post::change(crate::post::a_draft("", "", Visibility::Public)) };
        post::save(&shop, me, &hidden, change).await.unwrap();
        search::catch_up_whole(&shop).await.unwrap();
        assert_eq!(titles(&found(&shop, Tab::Post, "红茶").await), ["红茶日记"]);
    }

    async fn words_that_stand_nowhere_any_more_are_forgotten(shop) {
        let me = shop.person("nobody").await.id;
        account::rename(&shop, me, "Rumpelstilzchen").await.unwrap();
        search::catch_up_whole(&shop).await.unwrap();
        assert_eq!(found(&shop, Tab::Person, "rumpelstilzchen").await.people.len(), 1);
        account::rename(&shop, me, "Other").await.unwrap();
        search::catch_up_whole(&shop).await.unwrap();
        shop::row! { struct Rows { n: i64 } }
        let left: Rows = shop.db.fetch_one(
            "SELECT (SELECT COUNT(*) FROM search_term WHERE term LIKE '%rumpel%') + (SELECT COUNT(*) FROM search_key WHERE key LIKE '%umpel%') AS n",
            shop::args![],
        ).await.unwrap();
        assert_eq!(left.n, 0);
    }

    async fn a_new_name_of_a_shop_or_a_category_is_that_of_its_things(shop) {
        thing(&shop, "a", 2_000, &[("en", "Linen Shirt")]).await;
        search::catch_up_whole(&shop).await.unwrap();
        assert_eq!(slugs(&found(&shop, Tab::Product, "orchard").await), ["a"]);
        let texts = Lang::ALL.iter().map(|l| (l.tag(), ("Meadow".to_owned(), String::new()))).collect();
        catalog::save_merchant(&shop, NewMerchant { slug: "orchard".into(), texts }).await.unwrap();
        let names = Lang::ALL.iter().map(|l| (l.tag(), "Garments".to_owned())).collect();
        catalog::save_category(&shop, "fruit", None, 0, 20, names, None).await.unwrap();
        search::catch_up_whole(&shop).await.unwrap();
        assert_eq!(slugs(&found(&shop, Tab::Product, "meadow").await), ["a"]);
        assert_eq!(slugs(&found(&shop, Tab::Product, "garment").await), ["a"]);
        assert_eq!(found(&shop, Tab::Product, "orchard").await.counts, [(domain::search::Kind::Product, Some(0))]);
    }

    async fn a_text_of_rare_signs_stands_in_nobodys_way(shop) {
        let me = shop.person("rare").await.id;
        let rare: String = ('\u{20000}'..).take(1_000).collect();
        published(&shop, me, "Rare signs", &rare, Visibility::Public).await;
        published(&shop, me, "Common words", "tea", Visibility::Public).await;
        search::catch_up_whole(&shop).await.unwrap();
        assert_eq!(titles(&found(&shop, Tab::Post, "common tea").await), ["Common words"]);
        assert_eq!(titles(&found(&shop, Tab::Post, "rare").await), ["Rare signs"]);
    }

    async fn the_shops_own_people_are_not_found(shop) {
        for (handle, role) in [("opsperson", domain::account::Role::Staff), ("modperson", domain::account::Role::Moderator)] {
            let new = NewAccount { handle: handle.into(), display_name: "Quentin".into(), password: "correct horse battery".into(), role };
            account::register(&shop, new).await.unwrap();
        }
        search::catch_up_whole(&shop).await.unwrap();
        for query in ["quentin", "opsperson", "mod"] {
            assert_eq!(found(&shop, Tab::Person, query).await.people, [], "{query}");
        }
    }

    async fn a_word_that_stands_elsewhere_is_still_read_as_what_was_meant(shop) {
        let me = shop.person("blakc").await.id;
        thing(&shop, "black-tea", 1000, &[("en", "Black Tea")]).await;
        published(&shop, me, "A post", "tae and coffe", Visibility::Public).await;
        search::catch_up_whole(&shop).await.unwrap();
        let view = found(&shop, Tab::Product, "blakc").await;
        assert_eq!((slugs(&view), view.read_as.as_deref()), (vec!["black-tea".to_owned()], Some("Black")));
    }

    async fn a_change_that_comes_while_another_is_read_is_not_lost(shop) {
        for i in 0..30 {
            thing(&shop, &format!("tea-{i}"), 1000 + i, &[("en", "Green Tea")]).await;
        }
        // Readers side by side, as on two nodes, and changes between them.
        let reader = |shop: Shop| tokio::spawn(async move {
            for _ in 0..20 {
                search::catch_up(&shop).await.unwrap();
            }
        });
        let readers = [reader(shop.shop.clone()), reader(shop.shop.clone())];
        for i in 0..30 {
            thing(&shop, &format!("tea-{i}"), 1000 + i, &[("en", "Red Wine")]).await;
        }
        for reader in readers {
            reader.await.unwrap();
        }
        search::catch_up_whole(&shop).await.unwrap();
        assert_eq!(found(&shop, Tab::Product, "green").await.counts, [(domain::search::Kind::Product, Some(0))]);
        assert_eq!(found(&shop, Tab::Product, "wine").await.counts, [(domain::search::Kind::Product, Some(30))]);
    }

    async fn of_very_many_the_order_is_that_of_all_of_them(shop) {
        let (me, categories) = (shop.new_product("one", "orchard", 100, 1).await, 10);
        let many = catalog::Many { merchant: me.merchant, categories: vec![me.category; categories], picture: ("{\"hue\":".into(), "}".into()) };
        thing(&shop, "dear", 9_900_000, &[("en", "Seed of gold")]).await;
        // So many that they are put in order one by one, and so many that the list is gone along.
        for (from, to) in [(0, 2_000), (2_000, 4_200)] {
            catalog::generate(&shop, &many, from, to).await.unwrap();
            search::catch_up_whole(&shop).await.unwrap();
            let sorted = |sort| Ask { browse: Browse { query: Some("seed".into()), sort, ..Browse::default() }, tab: Tab::Product, exact: false };
            let prices = async |ask: &Ask| -> (Vec<i64>, Option<String>) {
                let view = search::find(&shop, None, Lang::En, ask).await.unwrap();
                assert_eq!(view.counts[0].1, None, "not counted, and not invented");
                (view.products.iter().map(|p| p.price_min).collect(), view.next)
            };
            let mut all: Vec<i64> = (0..to).map(|i| 100 + i * 7919 % 50_000).collect();
            all.sort_unstable();
            let (cheap, next) = prices(&sorted(Sort::PriceUp)).await;
            assert_eq!(cheap, all[..20], "the cheapest of all");
            let second = Ask { browse: Browse { after: next, ..sorted(Sort::PriceUp).browse }, ..sorted(Sort::PriceUp) };
            assert_eq!(prices(&second).await.0, all[20..40]);
            let dear = search::find(&shop, None, Lang::En, &sorted(Sort::PriceDown)).await.unwrap();
            assert_eq!(dear.products[0].slug, "dear");
            // What has both words is few, and counted.
            let few = found(&shop, Tab::Product, "seed gold").await;
            assert_eq!((slugs(&few), few.counts[0].1), (vec!["dear".to_owned()], Some(1)));
            let band = Browse { price: PriceBand::Under50, in_stock: true, category: Some("berries".into()), ..sorted(Sort::New).browse };
            let (band, _) = prices(&Ask { browse: band, ..sorted(Sort::New) }).await;
            assert!(band.len() == 20 && band.iter().all(|p| *p < 5_000), "{band:?}");
        }
    }

    async fn filters_and_facets_count_what_is_there(shop) {
        thing(&shop, "a", 2_000, &[("en", "Linen Shirt")]).await;
        thing(&shop, "b", 20_000, &[("en", "Linen Dress")]).await;
        search::catch_up_whole(&shop).await.unwrap();
        let both = found(&shop, Tab::Product, "linen").await;
        assert_eq!(both.facets.iter().map(|f| (f.slug.as_str(), f.n)).collect::<Vec<_>>(), [("berries", 2)]);
        let with = |browse: Browse| Ask { browse: Browse { query: Some("linen".into()), ..browse }, tab: Tab::Product, exact: false };
        let cheap = search::find(&shop, None, Lang::En, &with(Browse { price: PriceBand::Under50, ..Browse::default() })).await.unwrap();
        assert_eq!(slugs(&cheap), ["a"]);
        let below = search::find(&shop, None, Lang::En, &with(Browse { category: Some("fruit".into()), ..Browse::default() })).await.unwrap();
        assert_eq!(below.products.len(), 2, "what is below a category is of it");
        let nowhere = search::find(&shop, None, Lang::En, &with(Browse { category: Some("no-such".into()), ..Browse::default() })).await.unwrap();
        assert!(nowhere.is_empty());
    }

    async fn nothing_found_is_a_beginning(shop) {
        thing(&shop, "a", 2_000, &[("en", "Linen Shirt")]).await;
        search::catch_up_whole(&shop).await.unwrap();
        let most = found(&shop, Tab::Product, "linen zeppelin").await;
        assert_eq!((slugs(&most), most.without), (vec!["a".to_owned()], vec!["zeppelin".to_owned()]));
        let slip = found(&shop, Tab::All, "lnien").await;
        assert_eq!((slugs(&slip), slip.read_as.as_deref()), (vec!["a".to_owned()], Some("Linen")));
        let exactly = Ask { exact: true, ..ask(Tab::All, "lnien") };
        let exactly = search::find(&shop, None, Lang::En, &exactly).await.unwrap();
        assert!(exactly.is_empty() && exactly.instead.len() == 1);
    }

    async fn as_one_types_the_shop_goes_on(shop) {
        thing(&shop, "a", 2_000, &[("zh-Hans", "夏季连衣裙"), ("zh-Hant", "夏季連身裙"), ("en", "Summer Dress")]).await;
        thing(&shop, "b", 2_000, &[("zh-Hans", "碎花连衣裙")]).await;
        search::catch_up_whole(&shop).await.unwrap();
        let words = async |lang, typed: &str| -> Vec<String> {
            search::suggest(&shop, lang, typed).await.unwrap().into_iter().map(|s| s.words).collect()
        };
        assert_eq!(words(Lang::ZhHans, "连").await, ["连衣裙", "连身裙"]);
        assert_eq!(words(Lang::ZhHans, "lianyi").await, ["连衣裙"]);
        assert_eq!(words(Lang::ZhHans, "lyq").await, ["连衣裙"]);
        assert_eq!(words(Lang::En, "SUM").await, ["Summer"]);
        assert_eq!(words(Lang::En, "Summer dr").await, ["Summer Dress"]);
        assert!(words(Lang::ZhHant, "夏").await.contains(&"夏季".to_owned()));
        assert_eq!(words(Lang::En, "%").await, Vec::<String>::new());
        assert_eq!(words(Lang::En, "").await, Vec::<String>::new());
    }

    async fn what_many_look_for_is_hot_and_nothing_says_who(shop) {
        thing(&shop, "a", 2_000, &[("en", "Linen Shirt")]).await;
        let people = [shop.quick_person("p1").await, shop.quick_person("p2").await, shop.quick_person("p3").await];
        for person in people.iter().take(2) {
            for _ in 0..5 {
                search::heard(&shop, *person, " Linen  Shirt ");
            }
            search::heard(&shop, *person, "加微信 abc12345");
        }
        search::flush(&shop).await.unwrap();
        assert_eq!(found(&shop, Tab::All, "").await.hot, [], "of two it would be told that they did");
        search::heard(&shop, people[2], "linen shirt");
        search::heard(&shop, people[2], "加微信 abc12345");
        search::flush(&shop).await.unwrap();
        let hot = found(&shop, Tab::All, "").await.hot;
        assert_eq!(hot.iter().map(|h| (h.words.as_str(), h.new)).collect::<Vec<_>>(), [("linen shirt", true)]);
        // The same three on another node, and one of them on three days, are no more than they were.
        let other_node = Shop { kept: std::sync::Arc::default(), ..shop.shop.clone() };
        for person in people {
            search::heard(&other_node, person, "linen shirt");
        }
        search::flush(&other_node).await.unwrap();
        for day in 0..3 {
            let then = Shop { clock: Clock::still(NOON + day * DAY), kept: std::sync::Arc::default(), ..shop.shop.clone() };
            search::heard(&then, people[0], "my very own words");
            search::flush(&then).await.unwrap();
        }
        let on_third = Shop { clock: Clock::still(NOON + 2 * DAY), kept: std::sync::Arc::default(), ..shop.shop.clone() };
        let hot = found(&on_third, Tab::All, "").await.hot;
        assert_eq!(hot.iter().map(|h| h.words.as_str()).collect::<Vec<_>>(), ["linen shirt"]);
        shop::row! { struct Rows { said: i64, who: i64 } }
        let left: Rows = shop.db.fetch_one(
            "SELECT (SELECT MAX(people) FROM search_said) AS said, (SELECT COUNT(*) FROM search_who) AS who", shop::args![],
        ).await.unwrap();
        assert_eq!((left.said, left.who), (3, 1), "whom a day counted is gone with it");
        let next_week = Shop { clock: Clock::still(NOON + 8 * DAY), ..shop.shop.clone() };
        assert_eq!(found(&next_week, Tab::All, "").await.hot, []);
        search::flush(&next_week).await.unwrap();
        for person in people {
            let view = search::find(&shop, Some(person), Lang::En, &ask(Tab::All, "")).await.unwrap();
            assert_eq!((view.mine, view.remembers), (vec![], Some(false)), "nobody has agreed");
        }
    }

    async fn what_i_looked_for_is_remembered_only_while_i_agree(shop) {
        let me = shop.quick_person("mei").await;
        let mine = async || search::find(&shop, Some(me), Lang::En, &ask(Tab::All, "")).await.unwrap().mine;
        let before = Shop { clock: Clock::still(NOON - 1), ..shop.shop.clone() };
        search::heard(&before, me, "before I was asked");
        consent::agree(&shop, me, Purpose::Personal, true).await.unwrap();
        consent::agree(&shop, me, Purpose::Personal, true).await.unwrap();
        search::flush(&shop).await.unwrap();
        assert_eq!(mine().await, Vec::<String>::new(), "what I looked for before I agreed is not mine to be kept");
        for i in 0..25 {
            let later = Shop { clock: Clock::still(NOON + i), ..shop.shop.clone() };
            search::heard(&later, me, &format!("tea {i}"));
            search::flush(&later).await.unwrap();
        }
        let words = mine().await;
        assert_eq!((words.len(), words[0].as_str()), (20, "tea 24"));
        search::forget(&shop, me, Some("tea 24".into())).await.unwrap();
        assert_eq!(mine().await[0], "tea 23");
        search::forget(&shop, me, None).await.unwrap();
        assert_eq!(mine().await, Vec::<String>::new());
        search::heard(&shop, me, "coffee");
        search::flush(&shop).await.unwrap();
        search::heard(&shop, me, "cocoa");
        consent::agree(&shop, me, Purpose::Personal, false).await.unwrap();
        search::flush(&shop).await.unwrap();
        assert_eq!(mine().await, Vec::<String>::new(), "taken back, it is gone, and what waited with it");
    }
}
