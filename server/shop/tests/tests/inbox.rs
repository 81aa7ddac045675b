//! The inbox tells what happened without one's own hand, once, to the right person.

use crate::support::{NOON, TestShop, both, hex};
use domain::{
    Lang,
    after_sale::{Act, Kind},
    id::PersonId,
    order::{PAY_WINDOW, Source},
    payment::EventKind,
};
use shop::{
    Clock,
    after_sale::{self, Who, Wish},
    inbox, order, payment, shipment,
};

async fn kinds(shop: &shop::Shop, me: PersonId) -> Vec<(String, bool)> {
    let view = inbox::list(shop, me, Lang::En, "").await.unwrap();
    view.notices.into_iter().map(|n| (n.kind, n.unread)).collect()
}

fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

both! {
    async fn what_happened_without_me_is_told_once_and_is_unread_until_i_say_so(shop) {
        let (mei, lei) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let sku = shop.product("a", "orchard", 1_000, 9).await[0];
        let placed = shop.placed(mei, sku).await;
        shop.capture(mei, &placed).await;
        assert_eq!(kinds(&shop, mei).await, [], "who pays himself is not told");
        shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
        let view = inbox::list(&shop, mei, Lang::En, "").await.unwrap();
        assert_eq!((view.unread, view.notices[0].kind.as_str()), (1, "shipped"));
        assert_eq!((view.notices[0].title.as_str(), view.notices[0].link.as_str()), ("Title a", format!("/orders/{}", placed.code).as_str()));
        assert_eq!(inbox::unread(&shop, lei).await.unwrap(), 0);
        inbox::mark_read(&shop, lei).await.unwrap();
        assert_eq!(inbox::unread(&shop, mei).await.unwrap(), 1, "somebody else's reading is not mine");
        inbox::mark_read(&shop, mei).await.unwrap();
        assert_eq!(kinds(&shop, mei).await, [("shipped".to_owned(), false)]);
    }

    async fn an_order_that_ran_out_and_money_that_came_too_late_are_told_with_their_sums(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "orchard", 1_000, 9).await[0];
        let placed = shop.placed(me, sku).await;
        let total = order::show(&shop, me, Lang::En, &placed.code).await.unwrap().price.total;
        let late = later(&shop, PAY_WINDOW + 1);
        for job in shop::job::lease(&late, 50).await.unwrap() {
            if job.kind == "expire_order" {
                assert!(order::expire(&late, job.payload.parse().unwrap()).await.unwrap());
                assert!(!order::expire(&late, job.payload.parse().unwrap()).await.unwrap());
            }
        }
        assert_eq!(kinds(&shop, me).await, [("expired".to_owned(), true)]);
        let captured = shop.callback(&placed, EventKind::Captured, total);
        payment::receive(&later(&shop, PAY_WINDOW + 2), "sandbox", captured).await.unwrap();
        let refunded = shop.callback(&placed, EventKind::Refunded, total);
        payment::receive(&later(&shop, PAY_WINDOW + 3), "sandbox", refunded.clone()).await.unwrap();
        payment::receive(&later(&shop, PAY_WINDOW + 4), "sandbox", refunded).await.unwrap();
        let view = inbox::list(&shop, me, Lang::ZhHans, "").await.unwrap();
        let told: Vec<_> = view.notices.iter().map(|n| (n.kind.as_str(), n.amount)).collect();
        assert_eq!(told, [("refunded", Some(total)), ("refund_due", Some(total)), ("expired", None)]);
    }

    async fn the_shops_answers_are_told_and_ones_own_words_are_not(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "orchard", 1_000, 9).await[0];
        let placed = shop.placed(me, sku).await;
        shop.capture(me, &placed).await;
        let wish = Wish {
            me,
            order: placed.code.clone(),
            kind: Kind::Cancel,
            reason: "changed_mind".into(),
            text: String::new(),
            units: vec![shop::after_sale::Units::of(0, 1)],
            key: "inboxinboxinbox0".into(),
        };
        let case = after_sale::open(&shop, wish).await.unwrap();
        after_sale::say(&shop, Who::Buyer(me), &case, "please").await.unwrap();
        assert_eq!(kinds(&shop, me).await, []);
        after_sale::say(&later(&shop, 1), Who::Shop, &case, "at once").await.unwrap();
        after_sale::act(&later(&shop, 2), Who::Shop, &case, Act::Approve, "").await.unwrap();
        let view = inbox::list(&shop, me, Lang::En, "").await.unwrap();
        let told: Vec<_> = view.notices.iter().map(|n| n.kind.as_str()).collect();
        assert_eq!(told, ["case_refunding", "case_said"]);
        assert!(view.notices.iter().all(|n| n.link == format!("/cases/{case}")));
    }

    async fn a_long_inbox_is_read_page_by_page_without_gap_or_double(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "orchard", 1_000, 99).await[0];
        let address = shop.address(me).await;
        for i in 0..23 {
            let ask = shop.ask(me, address, Source::Direct { sku, quantity: 1 }, &hex(&shop.rng.bytes::<16>())).await;
            let placed = order::place(&shop, ask).await.unwrap();
            shop.capture(me, &placed).await;
            shipment::ship(&later(&shop, i / 2), &placed.code, vec![(0, 1)]).await.unwrap();
        }
        let first = inbox::list(&shop, me, Lang::En, "").await.unwrap();
        let second = inbox::list(&shop, me, Lang::En, first.next.as_deref().unwrap()).await.unwrap();
        let links: std::collections::BTreeSet<_> = first.notices.iter().chain(&second.notices).map(|n| n.link.clone()).collect();
        assert_eq!((first.notices.len(), second.notices.len(), links.len(), second.next), (20, 3, 23, None));
    }
}

#[test]
fn every_kind_of_notice_speaks_all_three_languages() {
    for tag in ["zh-Hans", "zh-Hant", "en"] {
        let path = format!("{}/../../app/locales/{tag}.json", env!("CARGO_MANIFEST_DIR"));
        let texts = std::fs::read_to_string(path).unwrap();
        for kind in domain::inbox::KINDS {
            assert!(texts.contains(&format!("\"notice_{kind}\"")), "{tag} lacks {kind}");
        }
    }
}
