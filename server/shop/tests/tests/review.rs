//! Reviews: of received lines only, one a line, in versions; follow-ups, answers, votes.

use crate::support::{NOON, TestShop, both};
use domain::{
    Lang,
    account::Role,
    id::{PersonId, SkuId},
    review::{Draft, Filter, WINDOW},
};
use shop::{Clock, order::Placed, review, shipment};

/// An order of one thing, received.
pub async fn received(shop: &TestShop, me: PersonId, sku: SkuId) -> Placed {
    let placed = shop.placed(me, sku).await;
    shop.capture(me, &placed).await;
    shipment::ship(shop, &placed.code, vec![(0, 1)]).await.unwrap();
    shipment::confirm(shop, me, &placed.code).await.unwrap();
    placed
}

fn said(stars: i64, tags: &[&str], text: &str) -> Draft {
    let tags: Vec<String> = tags.iter().map(|t| (*t).to_owned()).collect();
    Draft::new(stars, &tags, text, false).unwrap()
}

async fn write(shop: &shop::Shop, me: PersonId, placed: &Placed, draft: Draft) -> Result<(), String> {
    review::write(shop, me, Role::Shopper, &placed.code, 0, draft).await.map_err(|e| e.code().to_owned())
}

/// A received order with a review of it; its code.
pub async fn written(shop: &TestShop, me: PersonId, sku: SkuId, stars: i64) -> domain::Code {
    let placed = received(shop, me, sku).await;
    write(shop, me, &placed, said(stars, &["fast"], "fine")).await.unwrap();
    review::to_write(shop, me, Role::Shopper, Lang::En, &placed.code).await.unwrap().lines[0].mine.clone().unwrap().code
}

fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

both! {
    async fn only_what_was_received_is_reviewed_by_whoever_bought_it_and_not_by_the_shop(shop) {
        let (me, other) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        let placed = shop.placed(me, sku).await;
        assert_eq!(write(&shop, me, &placed, said(5, &[], "")).await.unwrap_err(), "review_early", "nothing was sent");
        assert!(review::to_write(&shop, me, Role::Shopper, Lang::En, &placed.code).await.unwrap().lines.is_empty());
        shop.capture(me, &placed).await;
        shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
        assert_eq!(write(&shop, me, &placed, said(5, &[], "")).await.unwrap_err(), "review_early");
        assert_eq!(review::to_write(&shop, me, Role::Shopper, Lang::En, &placed.code).await.unwrap().until.unwrap_err().code, "review_early");
        shipment::confirm(&shop, me, &placed.code).await.unwrap();
        assert_eq!(write(&shop, other, &placed, said(5, &[], "")).await.unwrap_err(), "not_found");
        let staff = review::write(&shop, me, Role::Staff, &placed.code, 0, said(5, &[], "")).await;
        assert_eq!(staff.unwrap_err().code(), "staff_no_review");
        assert_eq!(write(&later(&shop, WINDOW + 1), me, &placed, said(5, &[], "")).await.unwrap_err(), "review_closed");
        write(&later(&shop, WINDOW), me, &placed, said(5, &[], "on the last day")).await.unwrap();
    }

    async fn a_line_has_one_review_whose_versions_are_kept(shop) {
        shop::row! {
            struct Versions {
                n: i64,
            }
        }
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        let placed = received(&shop, me, sku).await;
        let tries: Vec<_> = (0..12).map(|_| {
            let (shop, placed) = (shop.clone(), placed.clone());
            tokio::spawn(async move { write(&shop, me, &placed, said(4, &["fast", "good_quality"], "crisp")).await })
        }).collect();
        for done in tries {
            done.await.unwrap().unwrap();
        }
        write(&shop, me, &placed, said(2, &["poor_quality"], "went soft")).await.unwrap();
        let view = review::list(&shop, None, Lang::En, "a", Filter::All, "").await.unwrap();
        assert_eq!((view.summary.stars, view.summary.tenths()), ([0, 1, 0, 0, 0], Some(20)));
        assert_eq!(view.summary.tags, [("poor_quality".to_owned(), 1)]);
        let one = &view.reviews[0];
        assert_eq!((one.stars, one.text.as_str(), one.edited, one.mine), (2, "went soft", true, false));
        let kept: Versions = shop.db.fetch_one("SELECT COUNT(*) AS n FROM review_version", shop::args![]).await.unwrap();
        assert_eq!(kept.n, 2);
        assert_eq!(review::list(&shop, None, Lang::En, "nothing", Filter::All, "").await.unwrap_err().code(), "not_found");
    }

    async fn a_follow_up_is_said_once_and_an_answer_is_told_once(shop) {
        let (me, other, staff) = (shop.quick_person("mei").await, shop.quick_person("lei").await, shop.quick_person("ops").await);
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        let code = written(&shop, me, sku, 5).await;
        let add = async |who, text: &str| review::follow_up(&shop, who, Role::Shopper, &code, text).await.map_err(|e| e.code().to_owned());
        assert_eq!(add(other, "mine").await.unwrap_err(), "not_found");
        assert_eq!(add(me, " \n ").await.unwrap_err(), "text_needed");
        for _ in 0..2 {
            add(me, "still fine after a month").await.unwrap();
        }
        assert_eq!(add(me, "and another one").await.unwrap_err(), "review_followed");
        assert_eq!(review::follow_up(&shop, me, Role::Staff, &code, "x").await.unwrap_err().code(), "staff_no_review");
        let desk = async |answered| review::at_the_desk(&shop, Lang::En, answered, "").await.unwrap().0;
        assert_eq!((desk(false).await.len(), desk(true).await.len()), (1, 0));
        let first: Vec<_> = (0..6).map(|_| {
            let (shop, code) = (shop.clone(), code.clone());
            tokio::spawn(async move { review::answer(&shop, staff, &code, "Thank you").await.unwrap() })
        }).collect();
        for answered in first {
            answered.await.unwrap();
        }
        review::answer(&shop, staff, &code, "Thank you!").await.unwrap();
        assert_eq!((desk(false).await.len(), desk(true).await[0].title.as_str()), (0, "Title a"));
        let view = review::list(&shop, Some(me), Lang::En, "a", Filter::FollowUp, "").await.unwrap();
        let (one, texts) = (&view.reviews[0], view.reviews.len());
        assert_eq!((one.answer.as_ref().unwrap().text.as_str(), one.mine, texts), ("Thank you!", true, 1));
        let told = shop::inbox::list(&shop, me, Lang::En, "").await.unwrap().notices;
        assert_eq!(told.iter().filter(|n| n.kind == "review_answered").count(), 1);
    }

    async fn each_person_is_counted_once_who_finds_a_review_helpful_and_its_writer_never(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        let code = written(&shop, me, sku, 3).await;
        assert_eq!(review::vote(&shop, me, &code, true).await.unwrap_err().code(), "review_own");
        let mut people = Vec::new();
        for i in 0..5 {
            people.push(shop.quick_person(&format!("reader{i}")).await);
        }
        let votes: Vec<_> = people.iter().cycle().take(40).map(|who| {
            let (shop, code, who) = (shop.clone(), code.clone(), *who);
            tokio::spawn(async move { review::vote(&shop, who, &code, true).await.unwrap() })
        }).collect();
        for vote in votes {
            vote.await.unwrap();
        }
        review::vote(&shop, people[0], &code, false).await.unwrap();
        review::vote(&shop, people[0], &code, false).await.unwrap();
        let seen = async |who| {
            let view = review::list(&shop, Some(who), Lang::En, "a", Filter::All, "").await.unwrap();
            (view.reviews[0].helpful, view.reviews[0].voted)
        };
        assert_eq!((seen(people[0]).await, seen(people[1]).await), ((4, false), (4, true)));
    }

    async fn pages_of_reviews_follow_each_other_and_filters_count_what_they_show(shop) {
        let sku = shop.product("a", "m", 1_000, 99).await[0];
        for i in 0..23_i64 {
            let who = shop.quick_person(&format!("buyer{i}")).await;
            written(&shop, who, sku, 1 + i % 5).await;
        }
        let first = review::list(&shop, None, Lang::En, "a", Filter::All, "").await.unwrap();
        let second = review::list(&shop, None, Lang::En, "a", Filter::All, first.next.as_deref().unwrap()).await.unwrap();
        assert_eq!((first.reviews.len(), second.reviews.len(), second.next), (20, 3, None));
        let mut codes: Vec<String> = first.reviews.iter().chain(&second.reviews).map(|r| r.code.to_string()).collect();
        codes.sort();
        codes.dedup();
        assert_eq!((codes.len(), first.summary.count(), first.summary.tags[0].1), (23, 23, 23));
        for filter in [Filter::Good, Filter::Middling, Filter::Bad] {
            let view = review::list(&shop, None, Lang::En, "a", filter, "").await.unwrap();
            assert_eq!(i64::try_from(view.reviews.len()).unwrap(), filter.count(&first.summary));
        }
        let (summary, newest) = review::of_product(&shop, Lang::En, shop::catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().id).await.unwrap();
        assert_eq!((summary, newest.len()), (first.summary, 2));
        assert_eq!(newest[0].code, first.reviews[0].code);
    }
}
