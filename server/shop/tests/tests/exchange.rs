//! Exchanges, prices that fell, and the pictures of a case.

use crate::{
    after_sale::{case, later, paid, paid_at_provider, provider, wish},
    support::{NOON, TestShop, both},
};
use domain::{
    Lang,
    after_sale::{Act, Kind, MAX_PICTURES, PRICE_PROTECTION, State},
    id::{PersonId, SkuId},
    order::Source,
    time::DAY,
};
use shop::{
    Shop,
    after_sale::{self, Units, Who, Wish},
    args, catalog,
    order::{self, Placed},
    shipment,
};

/// Two sizes at the same price, two units of the first bought and received.
async fn received(shop: &TestShop) -> (PersonId, Placed, Vec<SkuId>) {
    let me = shop.quick_person("mei").await;
    let mut new = shop.new_product("a", "orchard", 1_000, 5).await;
    new.skus[1].price = 1_000;
    shop.save(new).await;
    let skus = shop.skus("a").await;
    let address = shop.address(me).await;
    let ask = shop.ask(me, address, Source::Direct { sku: skus[0], quantity: 2 }, "exchange0exchange").await;
    let placed = order::place(shop, ask).await.unwrap();
    shop.capture(me, &placed).await;
    paid_at_provider(shop, &placed).await;
    shipment::ship(shop, &placed.code, vec![(0, 2)]).await.unwrap();
    shipment::confirm(shop, me, &placed.code).await.unwrap();
    (me, placed, skus)
}

fn swap(me: PersonId, placed: &Placed, to: SkuId, key: &str) -> Wish {
    Wish {
        units: vec![Units { position: 0, quantity: 1, swap: Some(to) }],
        ..wish(me, placed, Kind::Exchange, &[], key)
    }
}

shop::row! {
    struct Stock {
        on_hand: i64,
        held: i64,
        sold: i64,
    }
}

async fn stock(shop: &Shop, sku: SkuId) -> (i64, i64, i64) {
    let s: Stock = shop.db.fetch_one("SELECT on_hand, held, sold FROM sku WHERE id = $1", args![sku]).await.unwrap();
    (s.on_hand, s.held, s.sold)
}

/// Agreed, sent back, and come.
async fn came_back(shop: &Shop, me: PersonId, code: &domain::Code) {
    after_sale::act(shop, Who::Shop, code, Act::Approve, "").await.unwrap();
    after_sale::act(shop, Who::Buyer(me), code, Act::Send, "SF123").await.unwrap();
    after_sale::act(shop, Who::Shop, code, Act::Approve, "").await.unwrap();
}

async fn ask_price(shop: &TestShop, price: i64) {
    let mut new = shop.new_product("a", "orchard", 1_000, 50).await;
    new.skus[0].price = price;
    new.published_at = shop.clock.now();
    shop.save(new).await;
}

both! {
    async fn another_size_is_held_when_the_first_comes_back_and_sold_when_it_is_sent(shop) {
        let (me, placed, skus) = received(&shop).await;
        let offered = after_sale::wishes(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!(offered.lines[0].swaps.iter().map(|s| s.0).collect::<Vec<_>>(), skus);
        let code = after_sale::open(&shop, swap(me, &placed, skus[1], "a")).await.unwrap();
        came_back(&shop, me, &code).await;
        assert_eq!(case(&shop, me, &code).await.state, State::Replacing);
        assert_eq!(stock(&shop, skus[1]).await, (5, 1, 0));
        shop.verify_is_empty().await;
        after_sale::act(&shop, Who::Shop, &code, Act::Replace, "SF456").await.unwrap();
        let view = case(&shop, me, &code).await;
        assert_eq!((view.state, view.messages.last().unwrap().body.as_str()), (State::Replaced, "SF456"));
        assert_eq!(stock(&shop, skus[1]).await, (4, 0, 1));
        // What was got instead can be given back like anything else.
        let again = after_sale::open(&shop, wish(me, &placed, Kind::Return, &[(0, 2)], "b")).await;
        assert!(again.is_ok(), "{again:?}");
    }

    async fn an_exchange_that_nobody_sends_gives_the_money_back(shop) {
        let (me, placed, skus) = received(&shop).await;
        let code = after_sale::open(&shop, swap(me, &placed, skus[1], "a")).await.unwrap();
        came_back(&shop, me, &code).await;
        provider(&later(&shop, 7 * DAY + 1)).await;
        let view = case(&shop, me, &code).await;
        assert_eq!((view.state, view.amount), (State::Refunded, 1_000));
        assert_eq!(stock(&shop, skus[1]).await, (5, 0, 0), "the other size is free again");
    }

    async fn an_exchange_for_what_is_gone_by_then_gives_the_money_back(shop) {
        let (me, placed, skus) = received(&shop).await;
        let code = after_sale::open(&shop, swap(me, &placed, skus[1], "a")).await.unwrap();
        let other = shop.quick_person("lei").await;
        let address = shop.address(other).await;
        let all = shop.ask(other, address, Source::Direct { sku: skus[1], quantity: 5 }, "exchange0exchange1").await;
        order::place(&shop, all).await.unwrap();
        came_back(&shop, me, &code).await;
        let view = case(&shop, me, &code).await;
        assert_eq!((view.state, view.messages.last().unwrap().kind.as_str()), (State::Refunding, "sold_out"));
        let late = after_sale::open(&shop, swap(me, &placed, skus[1], "b")).await.unwrap_err();
        assert_eq!(late.code(), "sold_out");
    }

    async fn another_price_or_another_product_is_no_exchange(shop) {
        let (me, placed, skus) = received(&shop).await;
        let dear = shop.product("b", "orchard", 1_000, 5).await[0];
        assert_eq!(after_sale::open(&shop, swap(me, &placed, dear, "a")).await.unwrap_err().code(), "sold_out");
        let none = wish(me, &placed, Kind::Exchange, &[(0, 1)], "b");
        assert_eq!(after_sale::open(&shop, none).await.unwrap_err().code(), "swap_needed");
        shop.execute("UPDATE sku SET price = 900 WHERE id = $1", args![skus[1]]).await;
        shop.execute("UPDATE price_history SET price = 900 WHERE sku_id = $1", args![skus[1]]).await;
        assert_eq!(after_sale::open(&shop, swap(me, &placed, skus[1], "c")).await.unwrap_err().code(), "sold_out");
    }

    async fn what_a_price_fell_by_comes_back_at_once_and_once(shop) {
        let (me, placed) = paid(&shop, 3).await;
        paid_at_provider(&shop, &placed).await;
        let ask = |key: &str| Wish { reason: String::new(), ..wish(me, &placed, Kind::PriceDrop, &[(0, 1)], key) };
        assert_eq!(after_sale::open(&shop, ask("a")).await.unwrap_err().code(), "price_same");
        ask_price(&shop, 850).await;
        let offered = after_sale::wishes(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!(offered.lines[0].price_drop, 450);
        let code = after_sale::open(&shop, ask("b")).await.unwrap();
        let view = case(&shop, me, &code).await;
        assert_eq!((view.state, view.amount, view.lines[0].1), (State::Refunding, 450, 3));
        assert_eq!(after_sale::open(&shop, ask("c")).await.unwrap_err().code(), "case_open");
        provider(&shop).await;
        assert_eq!(after_sale::open(&shop, ask("d")).await.unwrap_err().code(), "price_same");
        // What is given back later is worth what was paid in the end.
        let rest = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 3)], "e")).await.unwrap();
        let total = order::show(&shop, me, Lang::En, &placed.code).await.unwrap().price.total;
        assert_eq!(case(&shop, me, &rest).await.amount, total - 450);
        after_sale::act(&shop, Who::Shop, &rest, Act::Approve, "").await.unwrap();
        provider(&shop).await;
        let view = order::show(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!((view.state, view.given_back()), (domain::order::State::Refunded, total));
    }

    async fn a_price_is_protected_for_its_time_and_no_longer(shop) {
        let (me, placed) = paid(&shop, 1).await;
        ask_price(&shop, 850).await;
        let ask = |key: &str| Wish { reason: String::new(), ..wish(me, &placed, Kind::PriceDrop, &[(0, 1)], key) };
        let late = later(&shop, PRICE_PROTECTION + 1);
        assert_eq!(after_sale::open(&late, ask("a")).await.unwrap_err().code(), "price_late");
        assert!(after_sale::open(&later(&shop, PRICE_PROTECTION), ask("b")).await.is_ok());
        assert_eq!(NOON, shop.clock.now());
    }

    async fn pictures_stand_beside_what_was_said_and_nine_are_enough(shop) {
        let (me, placed, _) = received(&shop).await;
        let code = after_sale::open(&shop, wish(me, &placed, Kind::Return, &[(0, 1)], "a")).await.unwrap();
        let picture = |n: usize| {
            let one = catalog::NewPicture { source: "{}".into(), width: 4, height: 3, placeholder: "ph-1".into(), print: None };
            vec![one; n]
        };
        after_sale::add_pictures(&shop, Who::Buyer(me), &code, "Look.", picture(2)).await.unwrap();
        let view = case(&shop, me, &code).await;
        let last = view.messages.last().unwrap();
        assert_eq!((last.body.as_str(), last.pictures.len(), view.pictures_left), ("Look.", 2, MAX_PICTURES - 2));
        let many = after_sale::add_pictures(&shop, Who::Buyer(me), &code, "", picture(8)).await.unwrap_err();
        assert_eq!(many.code(), "too_many_pictures");
        assert_eq!(case(&shop, me, &code).await.pictures_left, 7, "all of them, or none");
        let lei = shop.quick_person("lei").await;
        let foreign = after_sale::add_pictures(&shop, Who::Buyer(lei), &code, "", picture(1)).await.unwrap_err();
        assert_eq!(foreign.code(), "not_found");
        after_sale::act(&shop, Who::Buyer(me), &code, Act::Withdraw, "").await.unwrap();
        let over = after_sale::add_pictures(&shop, Who::Buyer(me), &code, "", picture(1)).await.unwrap_err();
        assert_eq!(over.code(), "case_moved");
    }

    async fn a_price_that_fell_is_paid_back_once_however_many_ask_at_once(shop) {
        let (me, placed) = paid(&shop, 2).await;
        ask_price(&shop, 800).await;
        let tasks: Vec<_> = (0..12).map(|i| {
            let (shop, wish) = (shop.clone(), Wish { reason: String::new(), ..wish(me, &placed, Kind::PriceDrop, &[(0, 1)], &format!("race{i}x")) });
            tokio::spawn(async move { after_sale::open(&shop, wish).await.is_ok() })
        }).collect();
        let mut won = 0;
        for task in tasks {
            won += u32::from(task.await.unwrap());
        }
        assert_eq!(won, 1);
    }

    async fn what_came_in_exchange_can_be_given_back_for_a_whole_window(shop) {
        let (me, placed, skus) = received(&shop).await;
        let code = after_sale::open(&shop, swap(me, &placed, skus[1], "a")).await.unwrap();
        came_back(&shop, me, &code).await;
        let at = |by: i64| {
            let mut then = shop.clone();
            then.shop = later(&shop, by);
            then
        };
        let sent = at(6 * DAY);
        after_sale::act(&sent, Who::Shop, &code, Act::Replace, "").await.unwrap();
        at(8 * DAY).complete(&placed).await;
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, domain::order::State::Delivered);
        at(13 * DAY + 1).complete(&placed).await;
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, domain::order::State::Completed);
    }

    async fn everything_that_is_said_at_once_is_said(shop) {
        let (me, placed, _) = received(&shop).await;
        let code = after_sale::open(&shop, wish(me, &placed, Kind::Return, &[(0, 1)], "a")).await.unwrap();
        let tasks: Vec<_> = (0..12).map(|i| {
            let (shop, code) = (shop.clone(), code.clone());
            tokio::spawn(async move { after_sale::say(&shop, Who::Buyer(me), &code, &format!("word {i}")).await })
        }).collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(case(&shop, me, &code).await.messages.len(), 13);
    }
}
