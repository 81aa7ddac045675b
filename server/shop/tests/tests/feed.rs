//! The feed: nothing without consent, what is remembered with it, why each thing is there, and that saying "less" works.

use crate::{
    post::{change, picture, published},
    support::{NOON, TestShop, both},
};
use domain::{
    Code, Lang,
    catalog::PageView,
    feed::{Did, Factor, Kind, LessKind, Marks, Told, Weights, place_of},
    id::{PersonId, ProductId},
    post::{Draft, Visibility},
    time::{DAY, HOUR, MINUTE},
};
use shop::{
    Clock, Shop, args,
    consent::{self, Purpose},
    feed, follow, moderation, order,
    post::{self, Change},
};
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

fn later(shop: &Shop, by: i64) -> Shop {
    Shop { clock: Clock::still(NOON + by), ..shop.clone() }
}

async fn settle(shop: &Shop) {
    feed::flush(shop).await.unwrap();
    feed::catch_up(shop).await.unwrap();
}

async fn agree(shop: &Shop, who: PersonId) {
    consent::agree(shop, who, Purpose::Personal, true).await.unwrap();
}

async fn mine(shop: &Shop, me: PersonId) -> PageView {
    feed::mine(shop, me, Lang::En, "").await.unwrap().expect("a feed of one's own")
}

/// What stands on a page, in its order: slugs and titles, each with why.
fn standing(page: &PageView) -> Vec<(String, Factor, Option<String>)> {
    let (mut cards, mut posts) = (page.cards.iter(), page.posts.iter());
    let marks = page.marks.as_ref().unwrap();
    marks
        .places
        .iter()
        .map(|m| {
            let name = if m.post { posts.next().unwrap().title.clone() } else { cards.next().unwrap().slug.clone() };
            (name, m.factor, m.because.clone())
        })
        .collect()
}

fn place(marks: &Marks, at: usize) -> String {
    format!("{}.{}", marks.page, marks.places[at].place)
}

fn told(did: Did, kind: Kind, name: &str, place: Option<String>, ms: i64) -> Told {
    Told { did, kind, name: name.to_owned(), place, ms }
}

async fn count(shop: &Shop, sql: &'static str) -> i64 {
    shop::row! {
        struct N {
            n: i64,
        }
    }
    shop.db.fetch_one::<N>(sql, args![]).await.unwrap().n
}

async fn events(shop: &Shop) -> i64 {
    count(shop, "SELECT COUNT(*) AS n FROM event").await
}

async fn pages(shop: &Shop) -> i64 {
    count(shop, "SELECT COUNT(*) AS n FROM feed_page").await
}

/// Some people who agree, each of whom likes all of these posts.
async fn likers(shop: &TestShop, many: usize, posts: &[&Code]) -> Vec<PersonId> {
    let mut people = Vec::new();
    for i in 0..many {
        let who = shop.quick_person(&format!("liker{i}_{}", posts[0].as_str().to_lowercase())).await;
        agree(shop, who).await;
        for code in posts {
            post::like(shop, who, code, true).await.unwrap();
        }
        people.push(who);
    }
    people
}

async fn product_id(shop: &Shop, slug: &str) -> ProductId {
    ProductId(shop::catalog::product(shop, Lang::En, slug).await.unwrap().unwrap().id.0)
}

both! {
    async fn topics_move_by_what_several_people_post_under_them_lately(shop) {
        let people = [shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await];
        let under = async |shop: &Shop, who: PersonId, body: &str| {
            published(shop, who, &format!("About {body}"), body, Visibility::Public).await;
        };
        for who in people {
            under(&shop, who, "#old").await;
        }
        for i in 0..4 {
            under(&shop, people[0], &format!("#alone {i}")).await;
        }
        let now = later(&shop, 20 * DAY);
        for who in &people[..2] {
            under(&now, *who, "#new").await;
        }
        settle(&now).await;
        let found = shop::search::find(&now, None, Lang::En, &domain::search::Ask::default()).await.unwrap();
        let moving: Vec<_> = found.topics.iter().map(|t| (t.name.as_str(), t.posts)).collect();
        assert_eq!(moving, [("new", 2), ("old", 3)]);
    }
}

both! {
    async fn nothing_is_remembered_of_whoever_has_not_agreed_and_he_sees_the_bytes_that_a_visitor_sees(shop) {
        let (me, author) = (shop.quick_person("mei").await, shop.quick_person("author").await);
        let skus = shop.product("tea-a", "m", 1000, 9).await;
        let code = published(&shop, author, "A post", "#tea", Visibility::Public).await;
        follow::follow(&shop, me, "author", true).await.unwrap();
        settle(&shop).await;
        post::like(&shop, me, &code, true).await.unwrap();
        shop::cart::add(&shop, me.0, skus[0], domain::cart::Quantity::ONE, None).await.unwrap();
        assert!(feed::told(&shop, me, vec![told(Did::Open, Kind::Product, "tea-a", None, 0)]));
        settle(&shop).await;
        assert_eq!((events(&shop).await, pages(&shop).await), (0, 0));
        assert!(feed::mine(&shop, me, Lang::En, "").await.unwrap().is_none());
        let bytes = async |who| serde_json::to_vec(&feed::page(&shop, who, Lang::En, "").await.unwrap()).unwrap();
        let visitor = bytes(None).await;
        assert_eq!(bytes(Some(me)).await, visitor);
        // Neither is it once he has had a feed of his own and given it up.
        agree(&shop, me).await;
        post::collect(&shop, me, &code, true).await.unwrap();
        mine(&shop, me).await;
        settle(&shop).await;
        assert!(events(&shop).await == 1 && pages(&shop).await == 1);
        consent::agree(&shop, me, Purpose::Personal, false).await.unwrap();
        assert!(feed::mine(&shop, me, Lang::En, "").await.unwrap().is_none());
        assert_eq!(bytes(Some(me)).await, visitor);
    }

    async fn what_somebody_does_is_written_and_gone_when_he_takes_it_back_with_what_waits(shop) {
        let me = shop.quick_person("mei").await;
        let skus = shop.product("tea-a", "m", 1000, 9).await;
        let code = published(&shop, me, "A post", "#tea", Visibility::Public).await;
        agree(&shop, me).await;
        settle(&shop).await;
        feed::told(&shop, me, vec![
            told(Did::Impression, Kind::Product, "tea-a", None, 2_000),
            told(Did::Open, Kind::Post, code.as_str(), None, 0),
            told(Did::Dwell, Kind::Post, code.as_str(), None, i64::MAX),
            // What a browser may not say, and what there is not.
            told(Did::Order, Kind::Product, "tea-a", None, 0),
            told(Did::Open, Kind::Product, "nothing", None, 0),
        ]);
        shop::cart::add(&shop, me.0, skus[0], domain::cart::Quantity::ONE, None).await.unwrap();
        shop::share::open(&shop, me, domain::share::Kind::Product, "tea-a", &domain::share::Touches::default(), None).await.unwrap();
        let placed = shop.placed(me, skus[0]).await;
        shop.capture(me, &placed).await;
        settle(&shop).await;
        let taste = feed::taste(&shop, me, Lang::En).await.unwrap();
        assert_eq!((taste.on, taste.events), (true, 6), "impression, open, dwell, cart, share, order");
        assert_eq!(count(&shop, "SELECT CAST(MAX(ms) AS BIGINT) AS n FROM event").await, 3_600_000, "cut");
        assert_eq!(taste.tags.first().map(|t| t.much), Some(100));
        feed::told(&shop, me, vec![told(Did::Open, Kind::Product, "tea-a", None, 0)]);
        consent::agree(&shop, me, Purpose::Personal, false).await.unwrap();
        settle(&shop).await;
        assert_eq!((events(&shop).await, pages(&shop).await), (0, 0));
        let taste = feed::taste(&shop, me, Lang::En).await.unwrap();
        assert_eq!((taste.on, taste.events, taste.tags.len()), (false, 0, 0));
        agree(&shop, me).await;
        assert_eq!(feed::taste(&shop, me, Lang::En).await.unwrap().tags, [], "it begins anew");
    }

    async fn what_goes_with_what_he_chose_comes_with_its_reason_and_why_says_what_was_stored(shop) {
        let author = shop.quick_person("author").await;
        let mut codes = Vec::new();
        for i in 0..12 {
            // Each by somebody else: nobody's two posts stand for each other.
            let by = shop.quick_person(&format!("author{i}")).await;
            codes.push(published(&shop, by, &format!("Post {i}"), &format!("#topic{i}"), Visibility::Public).await);
        }
        follow::follow(&shop, author, "author1", true).await.unwrap();
        settle(&shop).await;
        likers(&shop, 6, &[&codes[0], &codes[7]]).await;
        let me = shop.quick_person("mei").await;
        agree(&shop, me).await;
        post::like(&shop, me, &codes[0], true).await.unwrap();
        settle(&shop).await;
        let page = mine(&shop, me).await;
        let list = standing(&page);
        let at = list.iter().position(|(title, ..)| title == "Post 7").unwrap();
        assert_eq!((at, list[at].1, list[at].2.as_deref()), (0, Factor::Beside, Some("Post 0")), "{list:?}");
        // Before it is written and after it.
        for _ in 0..2 {
            let (id, n) = place_of(&place(page.marks.as_ref().unwrap(), at)).unwrap();
            let why = feed::why(&shop, me, Lang::En, id, n).await.unwrap();
            assert_eq!((why.title.as_str(), why.factors[0].factor), ("Post 7", Factor::Beside));
            assert!(why.factors.windows(2).all(|w| w[0].times >= w[1].times));
            let product: f64 = why.factors.iter().map(|f| f.times as f64 / 100.0).product();
            let stored = stored_score(&shop, me, id, n).await;
            if let Some(stored) = stored {
                assert!((product / stored - 1.0).abs() < 0.05, "{product} {stored}: the shown factors are the stored ones");
            }
            assert_eq!(feed::why(&shop, author, Lang::En, id, n).await.unwrap_err().code(), "not_found", "nobody else's");
            settle(&shop).await;
        }
    }

    async fn whoever_wants_less_of_something_gets_less_of_it_until_he_takes_that_back(shop) {
        let (me, loud) = (shop.quick_person("mei").await, shop.quick_person("loud").await);
        for i in 0..5 {
            published(&shop, loud, &format!("Loud {i}"), "#noise", Visibility::Public).await;
        }
        for i in 0..30 {
            let by = shop.quick_person(&format!("quiet{i}")).await;
            published(&shop, by, &format!("Quiet {i}"), "#calm", Visibility::Public).await;
        }
        agree(&shop, me).await;
        settle(&shop).await;
        let loud_ones = |page: &PageView| standing(page).iter().filter(|(t, ..)| t.starts_with("Loud")).count();
        let page = mine(&shop, me).await;
        assert!(loud_ones(&page) > 0);
        let at = standing(&page).iter().position(|(t, ..)| t.starts_with("Loud")).unwrap();
        let (id, n) = place_of(&place(page.marks.as_ref().unwrap(), at)).unwrap();
        let why = feed::why(&shop, me, Lang::En, id, n).await.unwrap();
        let author = why.less.iter().find(|l| l.kind == LessKind::Author).unwrap();
        assert_eq!((author.name.as_str(), author.on), ("loud", false));
        let thing: Uuid = author.thing.parse().unwrap();
        for _ in 0..2 {
            feed::less(&shop, me, LessKind::Author, thing, Some((id, n)), true).await.unwrap();
        }
        assert_eq!(loud_ones(&mine(&shop, me).await), 0, "thirty others come first");
        let taste = feed::taste(&shop, me, Lang::En).await.unwrap();
        assert_eq!(taste.less.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["loud"]);
        feed::less(&shop, me, LessKind::Author, thing, None, false).await.unwrap();
        assert!(feed::taste(&shop, me, Lang::En).await.unwrap().less.is_empty());
        // A thing itself does not come again.
        let why = feed::why(&shop, me, Lang::En, id, n).await.unwrap();
        let post = why.less.iter().find(|l| l.kind == LessKind::Post).unwrap();
        feed::less(&shop, me, LessKind::Post, post.thing.parse().unwrap(), Some((id, n)), true).await.unwrap();
        assert!(!all_of(&shop, me).await.contains(&post.name));
        assert_eq!(feed::less(&shop, me, LessKind::Post, Uuid::nil(), None, true).await.unwrap_err().code(), "not_found");
        consent::agree(&shop, me, Purpose::Personal, false).await.unwrap();
        assert_eq!(feed::less(&shop, me, LessKind::Author, thing, None, true).await.unwrap_err().code(), "personal_off");
    }

    async fn a_list_goes_on_to_its_end_without_showing_anything_twice(shop) {
        let me = shop.quick_person("mei").await;
        for i in 0..70 {
            let by = shop.quick_person(&format!("by{i}")).await;
            published(&shop, by, &format!("Post {i}"), "x", Visibility::Public).await;
        }
        agree(&shop, me).await;
        settle(&shop).await;
        let all = all_of(&shop, me).await;
        assert_eq!(all.len(), 70);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 70);
        // A list that this process does not know goes on with another, of what was not shown; there is nothing of that here.
        settle(&shop).await;
        let node = Shop { kept: Arc::default(), ..shop.shop.clone() };
        feed::catch_up(&node).await.unwrap();
        let gone = format!("me.{}.24", Uuid::from_u128(7).simple());
        let page = feed::mine(&node, me, Lang::En, &gone).await.unwrap().unwrap();
        assert_eq!((page.posts.len(), page.next), (0, None));
        let strange = format!("me.{}.999999", Uuid::nil().simple());
        for cursor in ["me", "me.x", "me..", strange.as_str()] {
            assert!(feed::mine(&node, me, Lang::En, cursor).await.unwrap().is_some(), "{cursor}");
        }
        assert!(feed::mine(&node, me, Lang::En, "-~").await.unwrap().is_none(), "a cursor of everybody's feed");
    }

    async fn nobody_finds_his_own_posts_in_his_feed_or_those_of_whom_he_does_not_see_or_what_is_for_few(shop) {
        let (me, blocked, shy) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("shy").await);
        published(&shop, me, "Mine", "x", Visibility::Public).await;
        published(&shop, blocked, "Blocked", "x", Visibility::Public).await;
        let hidden = published(&shop, shy, "Hidden", "x", Visibility::Public).await;
        published(&shop, shy, "For few", "x", Visibility::Followers).await;
        published(&shop, shy, "For all", "x", Visibility::Public).await;
        agree(&shop, me).await;
        settle(&shop).await;
        moderation::turn(&shop, me, "lei", moderation::Turn::To(domain::moderation::Aversion::Block)).await.unwrap();
        // What was for everybody when it was read, and is not any more.
        let draft = Draft::new("Hidden", "x", "", Visibility::Private, false).unwrap();
        post::save(&later(&shop, 1_000), shy, &hidden, change(draft)).await.unwrap();
        assert_eq!(all_of(&shop, me).await, ["For all"]);
    }

    async fn what_friends_bought_is_told_only_of_those_who_let_it_be_seen(shop) {
        let (me, friend, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await);
        for slug in ["tea-a", "tea-b", "tea-c"] {
            shop.product(slug, "m", 1000, 9).await;
        }
        for (who, slug) in [(friend, "tea-a"), (other, "tea-b")] {
            let placed = shop.placed(who, shop.skus(slug).await[0]).await;
            shop.capture(who, &placed).await;
            consent::agree(&shop, who, Purpose::Bought, true).await.unwrap();
        }
        // One follows back, the other does not.
        for (from, to) in [(me, "lei"), (friend, "mei"), (me, "ana")] {
            follow::follow(&shop, from, to, true).await.unwrap();
        }
        agree(&shop, me).await;
        settle(&shop).await;
        let because = async || -> Vec<_> {
            standing(&mine(&shop, me).await).into_iter().filter(|(_, f, _)| *f == Factor::Friends).map(|(slug, _, who)| (slug, who)).collect()
        };
        assert_eq!(because().await, [("tea-a".to_owned(), Some("lei".to_owned()))]);
        consent::agree(&shop, friend, Purpose::Bought, false).await.unwrap();
        assert_eq!(because().await, []);
    }

    async fn a_new_creators_post_is_seen_by_somebody_within_an_hour(shop) {
        // A busy place: forty posts that everybody knows and likes.
        let mut codes = Vec::new();
        for i in 0..40 {
            let by = shop.quick_person(&format!("known{i}")).await;
            codes.push(published(&shop, by, &format!("Known {i}"), "#known", Visibility::Public).await);
        }
        settle(&shop).await;
        let people = likers(&shop, 12, &codes.iter().collect::<Vec<_>>()).await;
        let views = |code: &Code| (0..60).map(|_| told(Did::Impression, Kind::Post, code.as_str(), None, 2_000)).collect::<Vec<_>>();
        for code in &codes {
            for person in &people {
                feed::told(&shop, *person, views(code));
            }
        }
        settle(&shop).await;
        let newcomer = shop.quick_person("newcomer").await;
        let with = Change { pictures: vec![picture("n.jpg")], ..change(Draft::new("My first post", "hello #first", "", Visibility::Public, false).unwrap()) };
        let code = shop.rng.code();
        post::save(&shop, newcomer, &code, with).await.unwrap();
        post::publish(&shop, newcomer, &code, false).await.unwrap();
        let mut seen_by = 0;
        for (n, person) in (0..).zip(people) {
            let now = later(&shop, n * 5 * MINUTE);
            settle(&now).await;
            let first = standing(&mine(&now, person).await);
            seen_by += usize::from(first.iter().take(12).any(|(title, ..)| title == "My first post"));
        }
        assert!(seen_by >= 10, "{seen_by} of 12 people who came in that hour saw it");
    }

    async fn weights_are_learned_from_what_came_of_a_page_and_from_each_page_once(shop) {
        let me = shop.quick_person("mei").await;
        for i in 0..24 {
            let by = shop.quick_person(&format!("by{i}")).await;
            published(&shop, by, &format!("Post {i}"), "x", Visibility::Public).await;
            if i < 12 {
                follow::follow(&shop, me, &format!("by{i}"), true).await.unwrap();
            }
        }
        agree(&shop, me).await;
        settle(&shop).await;
        let page = mine(&shop, me).await;
        let marks = page.marks.clone().unwrap();
        // He opens what those whom he follows made, and passes everything else.
        for (at, post) in page.posts.iter().enumerate() {
            let followed = post.author.trim_start_matches("by").parse::<u32>().unwrap() < 12;
            let place = Some(place(&marks, at));
            let mut list = vec![told(Did::Impression, Kind::Post, post.code.as_str(), place.clone(), 1_500)];
            if followed {
                list.push(told(Did::Open, Kind::Post, post.code.as_str(), place, 0));
            }
            feed::told(&shop, me, list);
        }
        settle(&shop).await;
        assert_eq!(feed::learn(&later(&shop, MINUTE)).await.unwrap(), 0, "what comes of it may still come");
        assert_eq!(feed::weights(&shop), Weights::default());
        let ripe = later(&shop, HOUR);
        assert_eq!(feed::learn(&ripe).await.unwrap(), 1);
        let (before, after) = (Weights::default(), feed::weights(&shop));
        assert!(after.of.get(Factor::Followed) > before.of.get(Factor::Followed));
        assert_eq!(feed::learn(&ripe).await.unwrap(), 0);
        let read = Shop { kept: Arc::default(), ..ripe.clone() };
        assert_eq!(feed::learn(&read).await.unwrap(), 0);
        assert!((feed::weights(&read).of.get(Factor::Followed) - after.of.get(Factor::Followed)).abs() < 0.000_01, "another node reads them");
    }

    async fn two_nodes_learn_of_each_others_events_once_and_forget_together(shop) {
        let (me, author) = (shop.quick_person("mei").await, shop.quick_person("author").await);
        let (a, b) = (published(&shop, author, "A", "#tea", Visibility::Public).await, published(&shop, author, "B", "#tea", Visibility::Public).await);
        let node = Shop { kept: Arc::default(), ..shop.shop.clone() };
        settle(&shop).await;
        settle(&node).await;
        agree(&shop, me).await;
        post::like(&shop, me, &a, true).await.unwrap();
        feed::flush(&shop).await.unwrap();
        post::like(&node, me, &b, true).await.unwrap();
        for _ in 0..3 {
            settle(&node).await;
            settle(&shop).await;
        }
        for each in [&shop.shop, &node] {
            let taste = feed::taste(each, me, Lang::En).await.unwrap();
            assert_eq!((taste.events, taste.tags.iter().map(|t| t.name.as_str()).collect::<Vec<_>>()), (2, vec!["#tea"]));
        }
        feed::forget(&later(&shop, 10), me).await.unwrap();
        settle(&later(&node, 20)).await;
        for each in [&shop.shop, &node] {
            assert_eq!(feed::taste(each, me, Lang::En).await.unwrap().tags, [], "the feed stays his, and knows nothing");
        }
    }

    async fn what_is_bought_together_takes_three_orders_that_were_kept_and_what_is_alike_three_people(shop) {
        for slug in ["tea-a", "tea-b", "tea-c"] {
            shop.product(slug, "m", 1000, 99).await;
        }
        let (a, b) = (product_id(&shop, "tea-a").await, product_id(&shop, "tea-b").await);
        let skus = [shop.skus("tea-a").await[0], shop.skus("tea-b").await[0]];
        settle(&shop).await;
        for n in 0..3 {
            assert_eq!(feed::bought_with(&shop, Lang::En, a).await.unwrap(), [], "{n}");
            assert_eq!(feed::beside(&shop, Lang::En, a).await.unwrap(), [], "{n}");
            let me = shop.quick_person(&format!("buyer{n}")).await;
            agree(&shop, me).await;
            let address = shop.address(me).await;
            for sku in skus {
                shop::cart::add(&shop, me.0, sku, domain::cart::Quantity::ONE, None).await.unwrap();
            }
            let ask = shop.ask(me, address, domain::order::Source::Cart, &format!("{n:032}")).await;
            let placed = order::place(&shop, ask).await.unwrap();
            shop.capture(me, &placed).await;
            for line in order::waiting_to_ship(&shop, Lang::En, "", "").await.unwrap().orders.remove(0).lines {
                shop::shipment::ship(&shop, &placed.code, vec![(line.position, line.left)]).await.unwrap();
            }
            shop::shipment::confirm(&shop, me, &placed.code).await.unwrap();
            for _ in 0..2 {
                shop.complete(&placed).await;
            }
            settle(&shop).await;
        }
        let slugs = |cards: Vec<domain::catalog::CardView>| cards.into_iter().map(|c| c.slug).collect::<Vec<_>>();
        assert_eq!(slugs(feed::bought_with(&shop, Lang::En, a).await.unwrap()), ["tea-b"]);
        assert_eq!(slugs(feed::bought_with(&shop, Lang::En, b).await.unwrap()), ["tea-a"]);
        assert_eq!(slugs(feed::beside(&shop, Lang::En, a).await.unwrap()), ["tea-b"]);
        assert_eq!(count(&shop, "SELECT people AS n FROM bought_pair").await, 3, "completed again, it is counted once");
    }

    async fn what_is_old_is_swept(shop) {
        let me = shop.quick_person("mei").await;
        shop.product("tea-a", "m", 1000, 9).await;
        agree(&shop, me).await;
        settle(&shop).await;
        feed::told(&shop, me, vec![told(Did::Open, Kind::Product, "tea-a", None, 0)]);
        mine(&shop, me).await;
        settle(&shop).await;
        feed::sweep(&later(&shop, 13 * DAY)).await.unwrap();
        assert_eq!((events(&shop).await, pages(&shop).await), (1, 1));
        feed::sweep(&later(&shop, 15 * DAY)).await.unwrap();
        assert_eq!((events(&shop).await, pages(&shop).await), (1, 0));
        feed::sweep(&later(&shop, 181 * DAY)).await.unwrap();
        assert_eq!(events(&shop).await, 0);
    }
}

/// Something is remembered of somebody.
pub async fn remembered(shop: &TestShop, me: PersonId) {
    agree(shop, me).await;
    settle(shop).await;
    mine(shop, me).await;
    settle(shop).await;
}

/// Titles of everything in somebody's feed, page after page.
async fn all_of(shop: &Shop, me: PersonId) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = Some(String::new());
    while let Some(after) = next {
        let page = feed::mine(shop, me, Lang::En, &after).await.unwrap().unwrap();
        all.extend(standing(&page).into_iter().map(|(name, ..)| name));
        next = page.next;
        assert!(all.len() < 1_000, "it ends");
    }
    all
}

/// The product of the factors of a place as it stands in the database, once it is written.
async fn stored_score(shop: &Shop, me: PersonId, page: Uuid, place: i64) -> Option<f64> {
    shop::row! {
        struct Items {
            items: String,
        }
    }
    let row: Option<Items> = shop
        .db
        .fetch_optional("SELECT items FROM feed_page WHERE id = $1 AND person_id = $2", args![page, me])
        .await
        .unwrap();
    let items: serde_json::Value = serde_json::from_str(&row?.items).unwrap();
    let weights = items["w"].as_array().unwrap();
    let factors = items["p"][usize::try_from(place).unwrap()]["f"].as_array().unwrap();
    let sum: f64 = factors
        .iter()
        .map(|f| {
            let (factor, x) = (f[0].as_u64().unwrap(), f[1].as_f64().unwrap() / 100.0);
            weights[usize::try_from(factor).unwrap()].as_f64().unwrap() / 100.0 * x
        })
        .sum();
    Some(sum.exp())
}
