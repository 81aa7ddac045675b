//! Posts: drafts, versions, topics, likes, comments, follows; who sees what, and that everything counted is there.

use crate::support::{NOON, TestShop, both};
use domain::{
    Code, Lang,
    id::PersonId,
    post::{Draft, Order, State, Visibility},
};
use shop::{
    Clock, args,
    catalog::NewPicture,
    follow, inbox, moderation,
    post::{self, Change, Move},
};

pub fn a_draft(title: &str, body: &str, visibility: Visibility) -> Draft {
    Draft::new(title, body, "", visibility, false).unwrap()
}

pub fn change(draft: Draft) -> Change {
    Change { draft, products: Vec::new(), pictures: Vec::new(), moved: None, insist: false, asks: post::Asks::AsBefore }
}

pub fn picture(name: &str) -> NewPicture {
    NewPicture {
        source: format!("{{\"scene\":\"file\",\"name\":\"{name}\"}}"),
        width: 3,
        height: 4,
        placeholder: "ph-1".into(),
        print: None,
    }
}

/// A post that is there for others.
pub async fn published(shop: &shop::Shop, me: PersonId, title: &str, body: &str, visibility: Visibility) -> Code {
    let code = shop.rng.code();
    post::save(shop, me, &code, change(a_draft(title, body, visibility))).await.unwrap();
    post::publish(shop, me, &code, false).await.unwrap();
    code
}

/// A post with everything that belongs to one.
pub async fn talked_about(shop: &TestShop, me: PersonId, slug: &str) {
    let other = shop.quick_person("talker").await;
    let code = shop.rng.code();
    let with = Change {
        products: vec![slug.to_owned()],
        pictures: vec![picture("a.jpg"), picture("b.jpg")],
        ..change(a_draft("A post", "About #tea, for @talker", Visibility::Public))
    };
    post::save(shop, me, &code, with).await.unwrap();
    post::publish(shop, me, &code, false).await.unwrap();
    follow::follow(shop, other, "mei", true).await.unwrap();
    post::like(shop, other, &code, true).await.unwrap();
    post::collect(shop, other, &code, true).await.unwrap();
    let first = post::comment(shop, other, &code, None, "lovely").await.unwrap().code;
    post::comment(shop, me, &code, Some(&first), "thank you").await.unwrap();
    post::like_comment(shop, me, &code, &first, true).await.unwrap();
}

pub async fn view(shop: &shop::Shop, me: Option<PersonId>, code: &Code) -> Result<domain::post::PostView, String> {
    post::page(shop, me, Lang::En, code, Order::Hot, "", None).await.map_err(|e| e.code().to_owned())
}

fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

both! {
    async fn one_post_stands_first_on_its_authors_page_and_only_for_those_who_may_see_it(shop) {
        let (me, reader) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let open = published(&shop, me, "Open", "for all", Visibility::Public).await;
        let own = published(&shop, me, "Own", "for me", Visibility::Private).await;
        let draft = shop.rng.code();
        post::save(&shop, me, &draft, change(a_draft("Draft", "not yet", Visibility::Public))).await.unwrap();
        for code in [&draft, &shop.rng.code()] {
            assert_eq!(post::pin(&shop, me, code, true).await.unwrap_err().code(), "not_found");
        }
        assert_eq!(post::pin(&shop, reader, &open, true).await.unwrap_err().code(), "not_found");
        let first = async |who| post::author_page(&shop, who, "mei", false, "").await.unwrap().pinned.map(|p| p.code);
        assert_eq!(first(None).await, None);
        let pins: Vec<_> = [&open, &own].into_iter().cycle().take(8).map(|code| {
            let (shop, code) = (shop.clone(), code.clone());
            tokio::spawn(async move { post::pin(&shop, me, &code, true).await.unwrap() })
        }).collect();
        for pin in pins {
            pin.await.unwrap();
        }
        for _ in 0..2 {
            post::pin(&shop, me, &own, true).await.unwrap();
        }
        assert_eq!((first(Some(me)).await, first(None).await, first(Some(reader)).await), (Some(own.clone()), None, None));
        post::pin(&shop, me, &open, true).await.unwrap();
        assert_eq!((first(Some(me)).await, first(None).await), (Some(open.clone()), Some(open.clone())));
        assert!(view(&shop, Some(me), &open).await.unwrap().pinned && !view(&shop, Some(me), &own).await.unwrap().pinned);
        post::pin(&shop, me, &open, false).await.unwrap();
        assert_eq!(first(Some(me)).await, None);
        post::pin(&shop, me, &open, true).await.unwrap();
        post::delete(&shop, me, &open).await.unwrap();
        assert_eq!(first(Some(me)).await, None);
        post::pin(&shop, me, &own, true).await.unwrap();
        assert_eq!(first(Some(me)).await, Some(own));
    }
}

both! {
    async fn a_draft_is_its_authors_alone_until_it_is_published(shop) {
        let (me, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let code = shop.rng.code();
        post::save(&shop, me, &code, change(a_draft("Half a thought", "", Visibility::Public))).await.unwrap();
        assert_eq!(view(&shop, Some(me), &code).await.unwrap_err(), "not_found", "a draft has no page");
        let stolen = post::save(&shop, other, &code, change(a_draft("Mine", "", Visibility::Public))).await;
        assert_eq!(stolen.unwrap_err().code(), "not_found");
        assert_eq!(post::publish(&shop, other, &code, false).await.unwrap_err().code(), "not_found");
        assert_eq!(post::composer(&shop, other, Lang::En, Some(&code), false, "").await.unwrap_err().code(), "not_found");
        // Coming back finds it.
        let desk = post::composer(&shop, me, Lang::En, None, false, "").await.unwrap();
        assert_eq!((desk.code.clone(), desk.title.as_str(), desk.published), (code.clone(), "Half a thought", false));
        assert_eq!(post::publish(&shop, me, &code, false).await.unwrap_err().code(), "post_empty");
        post::save(&shop, me, &code, change(a_draft("A whole one", "with words", Visibility::Public))).await.unwrap();
        for _ in 0..2 {
            post::publish(&shop, me, &code, false).await.unwrap();
        }
        assert_eq!(view(&shop, None, &code).await.unwrap().title, "A whole one");
        assert_eq!(post::author_page(&shop, None, "mei", false, "").await.unwrap().posts, 1);
        let fresh = post::composer(&shop, me, Lang::En, None, false, "").await.unwrap();
        assert!(fresh.code != code && fresh.title.is_empty(), "what is published is no draft any more");
    }

    async fn a_post_is_seen_by_those_whom_it_is_for(shop) {
        let (me, fan, stranger) = (shop.quick_person("mei").await, shop.quick_person("fan").await, shop.quick_person("lei").await);
        assert_eq!(follow::follow(&shop, fan, "mei", true).await.unwrap().n, 1);
        assert_eq!(follow::follow(&shop, me, "mei", true).await.unwrap_err().code(), "follow_self");
        for (visibility, by_fan, by_stranger) in [(Visibility::Public, true, true), (Visibility::Followers, true, false), (Visibility::Private, false, false)] {
            let code = published(&shop, me, visibility.name(), "x #seen", visibility).await;
            assert!(view(&shop, Some(me), &code).await.is_ok());
            assert_eq!(view(&shop, Some(fan), &code).await.is_ok(), by_fan, "{visibility:?}");
            assert_eq!(view(&shop, Some(stranger), &code).await.is_ok(), by_stranger, "{visibility:?}");
            assert_eq!(view(&shop, None, &code).await.is_ok(), by_stranger, "{visibility:?}");
            assert_eq!(post::like(&shop, stranger, &code, true).await.is_ok(), by_stranger);
            assert_eq!(post::comment(&shop, stranger, &code, None, "hi").await.is_ok(), by_stranger);
        }
        let on_page = async |who| post::author_page(&shop, who, "mei", false, "").await.unwrap().list.posts.len();
        assert_eq!((on_page(Some(me)).await, on_page(Some(fan)).await, on_page(Some(stranger)).await, on_page(None).await), (3, 2, 1, 1));
        assert_eq!(post::followed(&shop, fan, "").await.unwrap().posts.len(), 2);
        assert_eq!(post::newest(&shop, None, "", 20).await.unwrap().posts.len(), 1);
        let topic = post::topic(&shop, None, "SEEN", "").await.unwrap();
        assert_eq!((topic.count, topic.list.posts.len()), (1, 1), "only what is for everybody");
    }

    async fn every_text_that_others_could_read_is_kept_and_the_flag_stays(shop) {
        let me = shop.quick_person("mei").await;
        let code = published(&shop, me, "First", "about #tea", Visibility::Public).await;
        let paid = Draft::new("Second", "about #coffee", "", Visibility::Public, true).unwrap();
        for _ in 0..2 {
            post::save(&later(&shop, 1000), me, &code, change(paid.clone())).await.unwrap();
        }
        post::save(&later(&shop, 2000), me, &code, change(a_draft("Second", "about #coffee", Visibility::Public))).await.unwrap();
        assert!(view(&shop, None, &code).await.unwrap().sponsored, "it cannot be unset");
        let history = post::history(&shop, None, &code).await.unwrap();
        assert_eq!(history.versions.iter().map(|v| v.title.as_str()).collect::<Vec<_>>(), ["Second", "First"]);
        assert_eq!(post::topic(&shop, None, "tea", "").await.unwrap().count, 0);
        assert_eq!(post::topic(&shop, None, "coffee", "").await.unwrap().count, 1);
        let emptied = post::save(&shop, me, &code, change(a_draft("", "x", Visibility::Public))).await;
        assert_eq!(emptied.unwrap_err().code(), "title_needed");
    }

    async fn pictures_stand_in_the_order_that_was_chosen_and_never_too_many(shop) {
        let me = shop.quick_person("mei").await;
        let code = shop.rng.code();
        let draft = a_draft("Pictures", "", Visibility::Public);
        let with = Change { pictures: (0..4).map(|i| picture(&format!("{i}.jpg"))).collect(), ..change(draft.clone()) };
        post::save(&shop, me, &code, with).await.unwrap();
        let ids = async || post::composer(&shop, me, Lang::En, Some(&code), false, "").await.unwrap().pictures.iter().map(|p| p.id).collect::<Vec<_>>();
        let [a, b, c, d] = <[_; 4]>::try_from(ids().await).unwrap();
        for (moved, expected) in [
            ((c, Move::First), vec![c, a, b, d]),
            ((c, Move::Left), vec![c, a, b, d]),
            ((a, Move::Right), vec![c, b, a, d]),
            ((d, Move::Right), vec![c, b, a, d]),
            ((b, Move::Away), vec![c, a, d]),
        ] {
            post::save(&shop, me, &code, Change { moved: Some(moved), ..change(draft.clone()) }).await.unwrap();
            assert_eq!(ids().await, expected, "{moved:?}");
        }
        let many = Change { pictures: (0..7).map(|i| picture(&format!("m{i}.jpg"))).collect(), ..change(draft) };
        assert_eq!(post::save(&shop, me, &code, many).await.unwrap_err().code(), "too_many_pictures");
        assert_eq!(ids().await.len(), 3, "all of them or none");
    }

    async fn what_was_deleted_says_nothing_any_more(shop) {
        let me = shop.quick_person("mei").await;
        shop.product("reviewed", "m", 1000, 3).await;
        talked_about(&shop, me, "reviewed").await;
        let code = post::newest(&shop, None, "", 1).await.unwrap().posts[0].code.clone();
        let other = shop::account::find(&shop, "talker").await.unwrap().unwrap().id;
        assert_eq!(post::delete(&shop, other, &code).await.unwrap_err().code(), "not_found");
        for _ in 0..2 {
            post::delete(&shop, me, &code).await.unwrap();
        }
        let left = view(&shop, None, &code).await.unwrap();
        assert_eq!((left.state, left.title.as_str(), left.pictures.len(), left.thread.len()), (State::Deleted, "", 0, 0));
        assert_eq!(post::like(&shop, other, &code, false).await.unwrap_err().code(), "not_found");
        assert!(post::newest(&shop, None, "", 20).await.unwrap().posts.is_empty());
        let page = post::author_page(&shop, None, "mei", false, "").await.unwrap();
        assert_eq!((page.posts, page.likes, page.followers), (0, 0, 1));
        shop::row! {
            struct Row {
                n: i64,
            }
        }
        let jobs: Row = shop.db.fetch_one("SELECT COUNT(*) AS n FROM job WHERE kind = 'forget_picture'", args![]).await.unwrap();
        assert_eq!(jobs.n, 2, "its files go as well");
    }

    async fn two_hundred_likes_at_once_count_people_and_not_taps(shop) {
        let me = shop.quick_person("mei").await;
        let code = published(&shop, me, "Liked", "by many", Visibility::Public).await;
        let mut people = Vec::new();
        for i in 0..20 {
            people.push(shop.quick_person(&format!("fan{i}")).await);
        }
        let taps: Vec<_> = (0..200).map(|i| {
            let (shop, code, who) = (shop.shop.clone(), code.clone(), people[i % 20]);
            tokio::spawn(async move { post::like(&shop, who, &code, true).await.map(drop) })
        }).collect();
        for tap in taps {
            tap.await.unwrap().unwrap();
        }
        assert_eq!(view(&shop, Some(people[0]), &code).await.unwrap().likes, domain::post::Tally { n: 20, mine: true });
        assert_eq!(post::like(&shop, people[0], &code, false).await.unwrap().n, 19);
        let told = inbox::list(&shop, me, Lang::En, "").await.unwrap();
        let others: i64 = told.notices.iter().filter(|n| n.kind == "post_liked").map(|n| n.by.as_ref().unwrap().others + 1).sum();
        assert_eq!(others, 19, "each of them is told once, and whoever took it back is not: {:?}", told.notices);
    }

    async fn comments_stand_in_threads_and_are_told_to_whom_they_are_for(shop) {
        let (me, lei, ana) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await);
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        let placed = shop.placed(lei, sku).await;
        shop.capture(lei, &placed).await;
        let code = shop.rng.code();
        let with = Change { products: vec!["a".into(), "nowhere".into()], ..change(a_draft("A thing", "with @ana", Visibility::Public)) };
        post::save(&shop, me, &code, with).await.unwrap();
        post::publish(&shop, me, &code, false).await.unwrap();
        let first = post::comment(&shop, lei, &code, None, "I have it as well").await.unwrap().code;
        assert_eq!(post::comment(&shop, lei, &code, None, "I have it as well").await.unwrap().code, first, "sent twice, said once");
        let reply = post::comment(&later(&shop, 1), me, &code, Some(&first), "how is it?").await.unwrap().code;
        post::comment(&later(&shop, 2), lei, &code, Some(&reply), "good").await.unwrap();
        post::comment(&later(&shop, 3), ana, &code, None, "@lei where from?").await.unwrap();
        assert_eq!(post::comment(&shop, ana, &code, None, " \n").await.unwrap_err().code(), "text_needed");
        post::like_comment(&shop, ana, &code, &first, true).await.unwrap();
        let page = view(&shop, Some(me), &code).await.unwrap();
        assert_eq!((page.comments, page.thread.len()), (4, 2));
        let top = &page.thread[0];
        let said = top.said.as_ref().unwrap();
        assert_eq!((said.by_buyer, said.first, said.by_author, top.replies.len(), top.likes.n), (true, true, false, 2, 1));
        assert!(top.replies[0].said.as_ref().unwrap().by_author);
        assert!(!page.products[0].bought && page.products.len() == 1);
        let newest = post::page(&shop, None, Lang::En, &code, Order::New, "", None).await.unwrap();
        assert_eq!(newest.thread[0].said.as_ref().unwrap().name, page.thread[1].said.as_ref().unwrap().name);
        let kinds = async |who| inbox::list(&shop, who, Lang::En, "").await.unwrap().notices.into_iter().map(|n| n.kind).collect::<Vec<_>>();
        assert_eq!(kinds(ana).await, ["post_mentioned"]);
        assert_eq!(kinds(lei).await, ["post_mentioned", "comment_replied"]);
        assert_eq!(kinds(me).await.len(), 2, "answered, and commented by two");
        // A comment that is gone leaves the answers to it.
        assert_eq!(post::delete_comment(&shop, ana, &first).await.unwrap_err().code(), "not_found");
        for _ in 0..2 {
            post::delete_comment(&shop, lei, &first).await.unwrap();
        }
        let page = view(&shop, None, &code).await.unwrap();
        assert_eq!((page.comments, page.thread.len()), (3, 2));
        let gone = page.thread.iter().find(|c| c.said.is_none()).unwrap();
        assert_eq!(gone.replies.len(), 2);
        assert_eq!(post::comment(&shop, ana, &code, Some(&first), "still there?").await.unwrap_err().code(), "not_found");
    }

    async fn a_long_talk_comes_page_by_page_and_thread_by_thread(shop) {
        let me = shop.quick_person("mei").await;
        let code = published(&shop, me, "Long", "talk", Visibility::Public).await;
        let mut tops = Vec::new();
        for i in 0..45_i64 {
            tops.push(post::comment(&later(&shop, i), me, &code, None, &format!("no {i}")).await.unwrap().code);
        }
        let other = shop.quick_person("lei").await;
        for i in 0..8_i64 {
            post::comment(&later(&shop, 100 + i), other, &code, Some(&tops[44]), &format!("answer {i}")).await.unwrap();
        }
        post::like_comment(&shop, me, &code, &tops[3], true).await.unwrap();
        for order in Order::ALL {
            let (mut after, mut seen) = (String::new(), Vec::new());
            loop {
                let page = post::page(&shop, None, Lang::En, &code, order, &after, None).await.unwrap();
                seen.extend(page.thread.into_iter().map(|c| c.code));
                let Some(next) = page.next else { break };
                after = next;
            }
            let mut expected: Vec<_> = tops.iter().rev().cloned().collect();
            if order == Order::Hot {
                expected.retain(|c| *c != tops[3]);
                expected.insert(0, tops[3].clone());
            }
            assert_eq!(seen, expected, "{order:?}");
        }
        let page = post::page(&shop, None, Lang::En, &code, Order::New, "", None).await.unwrap();
        assert_eq!((page.thread[0].replies.len(), page.thread[0].more), (3, 5));
        let thread = post::page(&shop, None, Lang::En, &code, Order::New, "", Some(&tops[44])).await.unwrap();
        assert_eq!((thread.thread.len(), thread.thread[0].replies.len(), thread.thread[0].more), (1, 8, 0));
    }

    async fn what_i_bought_comes_first_at_the_composer_and_is_marked_on_the_post(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("mine", "m", 1_000, 9).await[0];
        shop.product("other", "m", 2_000, 9).await;
        let placed = shop.placed(me, sku).await;
        shop.capture(me, &placed).await;
        let desk = post::composer(&shop, me, Lang::En, None, false, "").await.unwrap();
        assert_eq!((desk.products[0].card.slug.as_str(), desk.products[0].bought), ("mine", true));
        assert!(desk.products.iter().any(|p| p.card.slug == "other" && !p.bought));
        let with = Change { products: vec!["other".into(), "mine".into()], ..change(a_draft("Two", "things", Visibility::Public)) };
        post::save(&shop, me, &desk.code, with).await.unwrap();
        post::publish(&shop, me, &desk.code, false).await.unwrap();
        let page = view(&shop, None, &desk.code).await.unwrap();
        assert_eq!(page.products.iter().map(|p| (p.card.slug.as_str(), p.bought)).collect::<Vec<_>>(), [("other", false), ("mine", true)]);
        let product = shop::catalog::product(&shop, Lang::En, "mine").await.unwrap().unwrap();
        assert_eq!(post::of_product(&shop, None, product.id).await.unwrap().len(), 1);
    }

    async fn what_was_collected_is_found_again_by_whoever_collected_it(shop) {
        let (me, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let codes = [published(&shop, me, "One", "x", Visibility::Public).await, published(&shop, me, "Two", "x", Visibility::Followers).await];
        assert_eq!(post::collect(&shop, other, &codes[0], true).await.unwrap().n, 1);
        assert_eq!(post::collect(&shop, other, &codes[1], true).await.unwrap_err().code(), "not_found");
        let titles = async |who: Option<PersonId>| post::author_page(&shop, who, "lei", true, "").await.unwrap().list.posts.into_iter().map(|p| p.title).collect::<Vec<_>>();
        assert_eq!(titles(Some(other)).await, ["One"]);
        assert!(titles(Some(me)).await.is_empty(), "what somebody collects is his own matter");
        post::delete(&shop, me, &codes[0]).await.unwrap();
        assert!(titles(Some(other)).await.is_empty());
    }

    async fn texts_that_were_for_fewer_people_stay_with_them(shop) {
        let (me, fan) = (shop.quick_person("mei").await, shop.quick_person("fan").await);
        follow::follow(&shop, fan, "mei", true).await.unwrap();
        let code = published(&shop, me, "Diary", "where I live", Visibility::Private).await;
        post::save(&later(&shop, 1), me, &code, change(a_draft("Diary", "for friends", Visibility::Followers))).await.unwrap();
        post::save(&later(&shop, 2), me, &code, change(a_draft("Diary", "for friends", Visibility::Public))).await.unwrap();
        post::save(&later(&shop, 3), me, &code, change(a_draft("Diary", "for all", Visibility::Public))).await.unwrap();
        let said = async |who| post::history(&shop, who, &code).await.unwrap().versions.into_iter().map(|v| v.body).collect::<Vec<_>>();
        assert_eq!(said(Some(me)).await, ["for all", "for friends", "for friends", "where I live"]);
        assert_eq!(said(Some(fan)).await, ["for all", "for friends", "for friends"]);
        assert_eq!(said(None).await, ["for all", "for friends"]);
    }

    async fn pictures_are_seen_by_those_who_see_their_post(shop) {
        let (me, fan, other) = (shop.quick_person("mei").await, shop.quick_person("fan").await, shop.quick_person("lei").await);
        follow::follow(&shop, fan, "mei", true).await.unwrap();
        let code = shop.rng.code();
        let with = |visibility| Change { pictures: Vec::new(), ..change(a_draft("Seen", "x", visibility)) };
        post::save(&shop, me, &code, Change { pictures: vec![picture("a.jpg")], ..with(Visibility::Public) }).await.unwrap();
        let id = post::composer(&shop, me, Lang::En, Some(&code), false, "").await.unwrap().pictures[0].id;
        let seen = async || {
            let mut all = Vec::new();
            for who in [Some(me), Some(fan), Some(other), None] {
                all.push(post::sees_picture(&shop, who, id).await.unwrap());
            }
            all
        };
        assert_eq!(seen().await, [Some(true), Some(false), Some(false), Some(false)], "a draft");
        post::publish(&shop, me, &code, false).await.unwrap();
        assert_eq!(seen().await, [None; 4], "for everybody");
        post::save(&shop, me, &code, with(Visibility::Followers)).await.unwrap();
        assert_eq!(seen().await, [Some(true), Some(true), Some(false), Some(false)]);
        post::save(&shop, me, &code, with(Visibility::Private)).await.unwrap();
        assert_eq!(seen().await, [Some(true), Some(false), Some(false), Some(false)]);
        let page = post::author_page(&shop, Some(other), "mei", false, "").await.unwrap();
        assert_eq!((page.posts, page.list.posts.len()), (0, 0), "what is not for everybody is not counted for everybody");
    }

    async fn what_is_saved_published_liked_and_deleted_at_once_still_counts_right(shop) {
        let me = shop.quick_person("mei").await;
        let mut people = Vec::new();
        for i in 0..6 {
            people.push(shop.quick_person(&format!("fan{i}")).await);
        }
        for round in 0..4 {
            let code = shop.rng.code();
            let first = Change { pictures: vec![picture("a.jpg"), picture("b.jpg")], ..change(a_draft("All at once", "#busy", Visibility::Public)) };
            post::save(&shop, me, &code, first).await.unwrap();
            let tasks: Vec<_> = (0..30).map(|i| {
                let (shop, code, who) = (shop.shop.clone(), code.clone(), people[i % 6]);
                tokio::spawn(async move {
                    let draft = |v| a_draft("All at once", if i % 2 == 0 { "#busy" } else { "#busier now" }, v);
                    let done = match i % 6 {
                        0 => post::publish(&shop, me, &code, false).await,
                        1 => post::save(&shop, me, &code, Change { pictures: vec![picture("c.jpg")], ..change(draft(Visibility::Public)) }).await,
                        2 => post::save(&shop, me, &code, change(draft(if round % 2 == 0 { Visibility::Private } else { Visibility::Public }))).await,
                        3 => post::like(&shop, who, &code, i % 4 != 3).await.map(drop),
                        4 => post::comment(&shop, who, &code, None, "hello").await.map(drop),
                        _ if i == 29 => post::delete(&shop, me, &code).await.map(drop),
                        _ => post::like(&shop, who, &code, true).await.map(drop),
                    };
                    // Too many pictures, gone, or not there yet are answers; anything else is none.
                    if let Err(error) = done {
                        assert!(["not_found", "too_many_pictures"].contains(&error.code()), "{error:?}");
                    }
                })
            }).collect();
            for task in tasks {
                task.await.unwrap();
            }
            shop.verify_is_empty().await;
        }
    }

    async fn what_was_undone_before_it_was_read_is_not_told(shop) {
        let (me, a, b) = (shop.quick_person("mei").await, shop.quick_person("aaa").await, shop.quick_person("bbb").await);
        let code = published(&shop, me, "Liked", "x", Visibility::Public).await;
        post::like(&shop, a, &code, true).await.unwrap();
        post::like(&shop, b, &code, true).await.unwrap();
        post::like(&shop, b, &code, false).await.unwrap();
        let told = inbox::list(&shop, me, Lang::En, "").await.unwrap().notices;
        assert_eq!((told.len(), told[0].by.as_ref().unwrap().others), (1, 0));
        assert_eq!(told[0].by.as_ref().unwrap().name, "aaa");
        post::like(&shop, a, &code, false).await.unwrap();
        follow::follow(&shop, a, "mei", true).await.unwrap();
        follow::follow(&shop, a, "mei", false).await.unwrap();
        assert!(inbox::list(&shop, me, Lang::En, "").await.unwrap().notices.is_empty());
    }

    async fn a_board_holds_what_was_collected_and_is_seen_by_whom_it_is_for(shop) {
        let (me, writer) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let open = published(&shop, writer, "Open", "for all", Visibility::Public).await;
        let fans = published(&shop, writer, "Fans", "for those who follow", Visibility::Followers).await;
        let code = |e: Result<(), shop::Error>| e.unwrap_err().code().to_owned();
        let board = post::make_board(&shop, me, " Tea  house ", false).await.unwrap();
        assert_eq!(post::make_board(&shop, me, "Tea house", false).await.unwrap(), board, "one of the same name is that one");
        assert_eq!(post::make_board(&shop, me, "Tea house", true).await.unwrap_err().code(), "board_title_used", "not for other people");
        assert_eq!(post::make_board(&shop, me, " ", true).await.unwrap_err().code(), "board_title_needed");
        assert_eq!(post::make_board(&shop, me, "vx tea_123456", true).await.unwrap_err().code(), "screen_contact");
        assert_eq!(code(post::put(&shop, me, &board, &fans, true).await), "not_found", "nobody keeps what he may not see");
        follow::follow(&shop, me, "lei", true).await.unwrap();
        for post in [&open, &fans, &open] {
            post::put(&shop, me, &board, post, true).await.unwrap();
        }
        let shown = view(&shop, Some(me), &open).await.unwrap();
        assert_eq!((shown.collects.n, shown.collects.mine), (1, true), "what stands on a board is collected, once");
        assert_eq!(code(post::put(&shop, writer, &board, &open, true).await), "not_found", "on a board of somebody else");
        let seen = async |who: Option<PersonId>| {
            let cards = post::author_page(&shop, who, "mei", who == Some(me), "").await.unwrap().boards;
            let page = post::show_board(&shop, who, &board, "").await.map_err(|e| e.code().to_owned());
            let page = page.map(|p| (p.board.posts, p.list.posts.into_iter().map(|p| p.title).collect::<Vec<_>>()));
            (cards.iter().map(|c| c.posts).collect::<Vec<_>>(), page)
        };
        let two = Ok((2, vec!["Fans".to_owned(), "Open".to_owned()]));
        let mut two_any = seen(Some(me)).await;
        two_any.1.as_mut().unwrap().1.sort();
        assert_eq!(two_any, (vec![2], two));
        assert_eq!(seen(None).await, (vec![], Err("not_found".into())), "it is mine alone");
        post::change_board(&shop, me, &board, "Tea house", true).await.unwrap();
        assert_eq!(seen(None).await, (vec![1], Ok((1, vec!["Open".into()]))), "what is for fewer stays with them");
        moderation::turn(&shop, me, "lei", moderation::Turn::To(domain::moderation::Aversion::Block)).await.unwrap();
        assert_eq!(post::show_board(&shop, Some(writer), &board, "").await.unwrap_err().code(), "not_found", "we see nothing of each other");
        moderation::turn(&shop, me, "lei", moderation::Turn::Back).await.unwrap();
        let mine = post::boards(&shop, me, Some(&open)).await.unwrap();
        assert_eq!(mine.boards.iter().map(|p| p.has).collect::<Vec<_>>(), [true]);
        let other = post::make_board(&shop, me, "Other", true).await.unwrap();
        assert_eq!(code(post::change_board(&shop, me, &other, "Tea house", true).await), "board_title_used");
        post::put(&shop, me, &other, &open, true).await.unwrap();
        post::put(&shop, me, &board, &open, false).await.unwrap();
        assert!(view(&shop, Some(me), &open).await.unwrap().collects.mine, "taken from one board it stays collected");
        post::collect(&shop, me, &open, false).await.unwrap();
        assert_eq!(post::show_board(&shop, Some(me), &other, "").await.unwrap().board.posts, 0, "what is collected no more stands on no board");
        assert_eq!(code(post::delete_board(&shop, writer, &other).await), "not_found");
        post::delete_board(&shop, me, &other).await.unwrap();
        assert_eq!(post::show_board(&shop, Some(me), &other, "").await.unwrap_err().code(), "not_found");
    }

    async fn boards_made_and_filled_at_once_are_as_many_as_were_meant(shop) {
        let me = shop.quick_person("mei").await;
        let posts = [published(&shop, me, "One", "a", Visibility::Public).await, published(&shop, me, "Two", "b", Visibility::Public).await];
        let hands: Vec<_> = (0..16).map(|i| {
            let (shop, post) = (shop.clone(), posts[i % 2].clone());
            tokio::spawn(async move {
                let board = post::make_board(&shop, me, "Same", false).await.unwrap();
                post::put(&shop, me, &board, &post, true).await.unwrap();
                board
            })
        }).collect();
        let mut made = std::collections::HashSet::new();
        for hand in hands {
            made.insert(hand.await.unwrap());
        }
        assert_eq!(made.len(), 1);
        let view = post::boards(&shop, me, None).await.unwrap();
        assert_eq!(view.boards.iter().map(|b| b.board.posts).collect::<Vec<_>>(), [2]);
    }

    async fn a_repost_shows_the_other_post_as_long_as_it_is_for_everybody_and_tells_its_author(shop) {
        let (me, writer, reader) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ana").await);
        let open = published(&shop, writer, "Kite", "It flies.", Visibility::Public).await;
        let fans = published(&shop, writer, "Own", "For fewer.", Visibility::Followers).await;
        assert_eq!(post::repost(&shop, me, &fans).await.unwrap_err().code(), "not_found");
        follow::follow(&shop, me, "lei", true).await.unwrap();
        assert_eq!(post::repost(&shop, me, &fans).await.unwrap_err().code(), "not_found", "what is for fewer is not shown to more");
        let draft = post::repost(&shop, me, &open).await.unwrap();
        assert_eq!(post::repost(&shop, me, &open).await.unwrap(), draft, "what was begun goes on");
        let desk = post::composer(&shop, me, Lang::En, Some(&draft), false, "").await.unwrap();
        assert_eq!(desk.quotes.unwrap().post.unwrap().title, "Kite");
        assert_eq!(view(&shop, None, &open).await.unwrap().reposts, 0, "a draft is nobody's business");
        // A title is enough: the other post is what there is to see.
        post::save(&shop, me, &draft, change(a_draft("Look", "", Visibility::Public))).await.unwrap();
        post::publish(&shop, me, &draft, false).await.unwrap();
        assert_eq!(view(&shop, None, &open).await.unwrap().reposts, 1);
        let shown = async |who| view(&shop, who, &draft).await.unwrap().quotes.unwrap().post.map(|p| p.title);
        assert_eq!(shown(None).await.as_deref(), Some("Kite"));
        let told: Vec<_> = inbox::list(&shop, writer, Lang::En, "").await.unwrap().notices.into_iter().filter(|n| n.kind == "post_reposted").map(|n| n.link).collect();
        assert_eq!(told, [format!("/posts/{draft}")]);
        moderation::turn(&shop, reader, "lei", moderation::Turn::To(domain::moderation::Aversion::Block)).await.unwrap();
        assert_eq!(shown(Some(reader)).await, None, "nothing of people whom one does not see");
        post::delete(&shop, writer, &open).await.unwrap();
        assert_eq!(shown(None).await, None);
        post::delete(&shop, me, &draft).await.unwrap();
    }

    async fn people_who_shopped_together_find_each_other_when_both_want_it(shop) {
        use shop::consent::{self, Purpose};
        let (campaign, sku) = crate::group_buy::campaign(&shop, crate::group_buy::by_heads(2), |_| {}).await;
        let (me, other) = (crate::group_buy::buyer(&shop, "mei").await, crate::group_buy::buyer(&shop, "lei").await);
        let placed = crate::group_buy::opened(&shop, me, &campaign, sku).await;
        crate::group_buy::pays(&shop, &placed).await;
        let team = crate::group_buy::team(&shop, me.0, &placed).await;
        let names = async |who| {
            let view = follow::known(&shop, who).await.unwrap();
            (view.on, view.people.into_iter().map(|p| (p.handle, p.teams)).collect::<Vec<_>>())
        };
        let joined = crate::group_buy::join(&shop, other, &team, sku, domain::group_buy::Otherwise::Refund).await.unwrap();
        crate::group_buy::pays(&shop, &joined).await;
        crate::group_buy::work(&shop).await;
        assert_eq!(names(me.0).await, (false, vec![]), "nobody is found who has not said so");
        consent::agree(&shop, me.0, Purpose::Known, true).await.unwrap();
        assert_eq!(names(me.0).await, (true, vec![]), "the other has not");
        consent::agree(&shop, other.0, Purpose::Known, true).await.unwrap();
        assert_eq!(names(me.0).await, (true, vec![("lei".to_owned(), 1)]));
        assert_eq!(names(other.0).await, (true, vec![("mei".to_owned(), 1)]));
        moderation::turn(&shop, other.0, "mei", moderation::Turn::To(domain::moderation::Aversion::Block)).await.unwrap();
        assert_eq!((names(me.0).await.1, names(other.0).await.1), (vec![], vec![]));
        moderation::turn(&shop, other.0, "mei", moderation::Turn::Back).await.unwrap();
        follow::follow(&shop, me.0, "lei", true).await.unwrap();
        assert_eq!(names(me.0).await.1, [], "whom I follow I know");
        consent::agree(&shop, me.0, Purpose::Known, false).await.unwrap();
        assert_eq!((names(me.0).await, names(other.0).await.1), ((false, vec![]), vec![]), "taken back, it ends on both sides");
    }

    async fn what_is_new_since_one_looked_is_that_of_others_whom_one_sees(shop) {
        let (me, writer) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        assert_eq!(post::newest_at(&shop).await.unwrap(), 0);
        published(&shop, writer, "Before", "a", Visibility::Public).await;
        let newest = post::newest_at(&shop).await.unwrap();
        assert_eq!((newest, post::since(&shop, None, newest).await.unwrap()), (NOON, 0));
        let then = later(&shop, 5);
        published(&then, writer, "One", "b", Visibility::Public).await;
        published(&then, writer, "For fewer", "c", Visibility::Followers).await;
        published(&then, me, "Mine", "d", Visibility::Public).await;
        assert_eq!((post::since(&shop, None, newest).await.unwrap(), post::since(&shop, Some(me), newest).await.unwrap()), (2, 1));
        moderation::turn(&shop, me, "lei", moderation::Turn::To(domain::moderation::Aversion::Mute)).await.unwrap();
        assert_eq!(post::since(&shop, Some(me), newest).await.unwrap(), 0);
    }
}
