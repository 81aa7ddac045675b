//! Reviews: of received lines only, one a line, in versions; follow-ups, answers, votes.

use crate::support::{NOON, TestShop, both};
use domain::{
    Lang,
    account::Role,
    after_sale::{Act, Kind},
    id::{PersonId, SkuId},
    review::{Draft, Filter, MineView, REWARDS_A_DAY, WINDOW},
    time::DAY,
};
use shop::{
    Clock,
    after_sale::{self, Who},
    catalog::NewPicture,
    inbox, ledger,
    order::Placed,
    review, shipment,
};

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
    write(shop, me, &placed, said(stars, &["fast"], "fine, and well worth the wait")).await.unwrap();
    review::to_write(shop, me, Role::Shopper, Lang::En, &placed.code).await.unwrap().lines[0].mine.clone().unwrap().code
}

fn pictures(n: usize) -> Vec<NewPicture> {
    let one = NewPicture { source: "{}".into(), width: 4, height: 3, placeholder: "ph-1".into(), print: None };
    vec![one; n]
}

/// What I wrote of the first line of an order.
async fn mine(shop: &shop::Shop, me: PersonId, placed: &Placed) -> MineView {
    review::to_write(shop, me, Role::Shopper, Lang::En, &placed.code).await.unwrap().lines[0].mine.clone().unwrap()
}

/// Points that somebody has.
async fn points(shop: &shop::Shop, me: PersonId) -> i64 {
    -ledger::balances(shop, &format!("points:{me}")).await.unwrap().first().map_or(0, |b| b.1)
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
        let view = review::list(&shop, None, Lang::En, "a", Filter::All, "", None).await.unwrap();
        assert_eq!((view.summary.stars, view.summary.tenths()), ([0, 1, 0, 0, 0], Some(20)));
        assert_eq!(view.summary.tags, [("poor_quality".to_owned(), 1)]);
        let one = &view.reviews[0];
        assert_eq!((one.stars, one.text.as_str(), one.edited, one.mine), (2, "went soft", true, false));
        let kept: Versions = shop.db.fetch_one("SELECT COUNT(*) AS n FROM review_version", shop::args![]).await.unwrap();
        assert_eq!(kept.n, 2);
        assert_eq!(review::list(&shop, None, Lang::En, "nothing", Filter::All, "", None).await.unwrap_err().code(), "not_found");
    }

    async fn points_come_once_for_saying_and_for_showing_something_and_go_back_with_the_thing(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1_000, 9).await[0];
        let placed = received(&shop, me, sku).await;
        write(&shop, me, &placed, said(1, &["differs"], "soft")).await.unwrap();
        assert_eq!(points(&shop, me).await, 0, "too little is said");
        let long = "went soft on the way, and the box was wet";
        let tries: Vec<_> = (0..8).map(|_| {
            let (shop, placed) = (shop.clone(), placed.clone());
            tokio::spawn(async move { write(&shop, me, &placed, said(1, &["differs"], long)).await.unwrap() })
        }).collect();
        for done in tries {
            done.await.unwrap();
        }
        assert_eq!((points(&shop, me).await, mine(&shop, me, &placed).await.earned), (20, 20), "whatever it says, once");
        let code = mine(&shop, me, &placed).await.code;
        let add = async |who, n| review::add_pictures(&shop, who, Role::Shopper, &code, pictures(n)).await.map_err(|e| e.code().to_owned());
        add(me, 2).await.unwrap();
        assert_eq!(points(&shop, me).await, 50);
        let other = shop.quick_person("lei").await;
        assert_eq!(add(other, 1).await.unwrap_err(), "not_found");
        assert_eq!(add(me, 5).await.unwrap_err(), "too_many_pictures");
        assert_eq!(mine(&shop, me, &placed).await.pictures.len(), 2, "all of them or none");
        let late = review::add_pictures(&later(&shop, WINDOW + 1), me, Role::Shopper, &code, pictures(1)).await;
        assert_eq!(late.unwrap_err().code(), "review_closed");
        let seen = review::list(&shop, None, Lang::En, "a", Filter::Pictured, "", None).await.unwrap();
        assert_eq!((seen.reviews[0].pictures.len(), seen.reviews[0].rewarded, seen.summary.pictured), (2, true, 1));
        // One goes, then the other; what was taken back does not come again.
        for left in [1, 0] {
            let shown = mine(&shop, me, &placed).await.pictures;
            assert!(review::drop_picture(&shop, other, Role::Shopper, &code, shown[0].id).await.is_err());
            for _ in 0..2 {
                review::drop_picture(&shop, me, Role::Shopper, &code, shown[0].id).await.unwrap();
            }
            assert_eq!(mine(&shop, me, &placed).await.pictures.len(), left);
        }
        assert_eq!(points(&shop, me).await, 20);
        add(me, 1).await.unwrap();
        assert_eq!(points(&shop, me).await, 20);
        assert_eq!(review::list(&shop, None, Lang::En, "a", Filter::Pictured, "", None).await.unwrap().reviews.len(), 1);
        // The thing goes back.
        let wish = crate::after_sale::wish(me, &placed, Kind::Return, &[(0, 1)], "back");
        let case = after_sale::open(&shop, wish).await.unwrap();
        assert_eq!(points(&shop, me).await, 20, "nothing is agreed yet");
        after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
        after_sale::act(&shop, Who::Buyer(me), &case, Act::Send, "").await.unwrap();
        after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
        assert_eq!((points(&shop, me).await, mine(&shop, me, &placed).await.earned), (0, 0));
        write(&shop, me, &placed, said(1, &[], "I say more now that it is gone")).await.unwrap();
        assert_eq!(points(&shop, me).await, 0);
        let told = inbox::list(&shop, me, Lang::En, "").await.unwrap().notices;
        let mut told: Vec<_> = told.iter().filter(|n| n.kind.starts_with("review_points")).map(|n| n.amount).collect();
        told.sort_unstable();
        assert_eq!(told, [None, None, Some(20), Some(30)]);
    }

    async fn points_for_reviews_end_for_today_after_some(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1_000, 99).await[0];
        let some = usize::try_from(REWARDS_A_DAY).unwrap();
        for _ in 0..=some {
            let placed = received(&shop, me, sku).await;
            write(&shop, me, &placed, said(5, &[], "the same as the last one")).await.unwrap();
        }
        assert_eq!(points(&shop, me).await, 20 * REWARDS_A_DAY);
        let placed = received(&shop, me, sku).await;
        write(&later(&shop, DAY), me, &placed, said(5, &[], "another day, another one")).await.unwrap();
        assert_eq!(points(&shop, me).await, 20 * (REWARDS_A_DAY + 1));
    }

    async fn a_thing_that_goes_back_while_it_is_reviewed_leaves_no_points(shop) {
        let sku = shop.product("a", "m", 1_000, 99).await[0];
        for i in 0..6 {
            let me = shop.quick_person(&format!("buyer{i}")).await;
            let placed = received(&shop, me, sku).await;
            let case = after_sale::open(&shop, crate::after_sale::wish(me, &placed, Kind::Refund, &[(0, 1)], "back")).await.unwrap();
            let saying = {
                let (shop, placed) = (shop.clone(), placed.clone());
                tokio::spawn(async move { write(&shop, me, &placed, said(2, &[], "not what the picture shows")).await.unwrap() })
            };
            after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
            saying.await.unwrap();
            assert_eq!(points(&shop, me).await, 0);
        }
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
        let view = review::list(&shop, Some(me), Lang::En, "a", Filter::FollowUp, "", None).await.unwrap();
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
            let view = review::list(&shop, Some(who), Lang::En, "a", Filter::All, "", None).await.unwrap();
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
        let first = review::list(&shop, None, Lang::En, "a", Filter::All, "", None).await.unwrap();
        let second = review::list(&shop, None, Lang::En, "a", Filter::All, first.next.as_deref().unwrap(), None).await.unwrap();
        assert_eq!((first.reviews.len(), second.reviews.len(), second.next), (20, 3, None));
        let mut codes: Vec<String> = first.reviews.iter().chain(&second.reviews).map(|r| r.code.to_string()).collect();
        codes.sort();
        codes.dedup();
        assert_eq!((codes.len(), first.summary.count(), first.summary.tags[0].1), (23, 23, 23));
        for filter in [Filter::Good, Filter::Middling, Filter::Bad] {
            let view = review::list(&shop, None, Lang::En, "a", filter, "", None).await.unwrap();
            assert_eq!(i64::try_from(view.reviews.len()).unwrap(), filter.count(&first.summary));
        }
        let (summary, newest) = review::of_product(&shop, Lang::En, shop::catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().id).await.unwrap();
        assert_eq!((summary, newest.len()), (first.summary, 2));
        assert_eq!(newest[0].code, first.reviews[0].code);
    }
}
