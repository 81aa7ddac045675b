//! Settlement: what a merchant is owed is exact, comes when nothing can come back any more, and comes once.

use crate::support::{TestShop, both};
use domain::{
    Lang,
    after_sale::{Act, Kind},
    id::PersonId,
    order::Source,
    settlement::Share,
};
use shop::{
    after_sale::{self, Who, Wish},
    cart,
    order::{self, Placed},
    settlement, shipment,
};

/// A received order of three units at 10.00 of one merchant and one at 50.00 of another, delivery 6.00 each.
async fn received(shop: &TestShop) -> (PersonId, Placed, i64) {
    let me = shop.quick_person("mei").await;
    let apple = shop.product("apple", "orchard", 1_000, 50).await[0];
    let pot = shop.product("pot", "kiln", 5_000, 50).await[0];
    cart::add(shop, me.0, apple, 3.try_into().unwrap(), None).await.unwrap();
    cart::add(shop, me.0, pot, 1.try_into().unwrap(), None).await.unwrap();
    let address = shop.address(me).await;
    let placed = order::place(shop, shop.ask(me, address, Source::Cart, "settlement0settlement").await).await.unwrap();
    shop.capture(me, &placed).await;
    let waiting = order::waiting_to_ship(shop, Lang::En, "", "").await.unwrap().orders.remove(0);
    for line in &waiting.lines {
        shipment::ship(shop, &placed.code, vec![(line.position, line.left)]).await.unwrap();
    }
    shipment::confirm(shop, me, &placed.code).await.unwrap();
    let apples = waiting.lines.iter().find(|l| l.left == 3).unwrap().position;
    (me, placed, apples)
}

async fn standing(shop: &TestShop, merchant: &str) -> (i64, i64) {
    let view = settlement::statement(shop, Lang::En, "", "").await.unwrap();
    view.standings.iter().find(|s| s.merchant == merchant).map_or((0, 0), |s| (s.pending, s.owed))
}

both! {
    async fn what_was_earned_is_owed_less_the_fee_once_the_return_window_is_over(shop) {
        let (me, placed, _) = received(&shop).await;
        let total = order::show(&shop, me, Lang::En, &placed.code).await.unwrap().price.total;
        assert_eq!(standing(&shop, "orchard").await, (3_800, 0));
        shop.complete(&placed).await;
        shop.complete(&placed).await;
        assert_eq!(standing(&shop, "orchard").await, (0, 3_650), "5 % of 30.00, nothing of the delivery");
        let view = settlement::statement(&shop, Lang::En, "kiln", "").await.unwrap();
        assert_eq!(view.settled.len(), 1);
        assert_eq!((view.settled[0].fee_bp, view.settled[0].order.clone()), (500, placed.code.clone()));
        assert_eq!(view.settled[0].share.fee, 250);
        let books = &view.books[0];
        assert_eq!((books.held, books.pending, books.shoppers, books.fees), (total, 0, 0, 400));
        assert_eq!(books.held, books.pending + books.owed + books.shoppers + books.fees);
    }

    async fn what_went_back_is_not_owed_and_a_case_that_is_open_holds_the_order_up(shop) {
        let (me, placed, apples) = received(&shop).await;
        let wish = Wish {
            me, order: placed.code.clone(), kind: Kind::Refund, reason: "damaged".into(), text: String::new(), units: vec![after_sale::Units::of(apples, 1)],
            key: "settlement0settlement1".into(),
        };
        let case = after_sale::open(&shop, wish).await.unwrap();
        shop.complete(&placed).await;
        assert_eq!(standing(&shop, "orchard").await, (3_800, 0), "not while somebody may get money back");
        after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
        assert_eq!(standing(&shop, "orchard").await, (2_800, 0));
        let books = settlement::statement(&shop, Lang::En, "", "").await.unwrap().books;
        assert_eq!(books[0].shoppers, 1_000);
        shop::payment::sandbox::settle_for_demo(&shop, &placed.provider_ref).await.unwrap();
        crate::after_sale::provider(&shop).await;
        shop.complete(&placed).await;
        let view = settlement::statement(&shop, Lang::En, "orchard", "").await.unwrap();
        assert_eq!(view.settled[0].share, Share { earned: 3_800, refunded: 1_000, fee: 100, net: 2_700 });
        assert_eq!(view.books[0].shoppers, 0);
    }

    async fn settled_orders_come_in_pages_and_each_once(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("apple", "orchard", 1_000, 99).await[0];
        let address = shop.address(me).await;
        for i in 0..52 {
            let ask = shop.ask(me, address, Source::Direct { sku, quantity: 1 }, &format!("settlement{i:06}")).await;
            let placed = order::place(&shop, ask).await.unwrap();
            shop.capture(me, &placed).await;
            shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
            shipment::confirm(&shop, me, &placed.code).await.unwrap();
            shop.complete(&placed).await;
        }
        let first = settlement::statement(&shop, Lang::En, "orchard", "").await.unwrap();
        let second = settlement::statement(&shop, Lang::En, "orchard", &first.next.clone().unwrap()).await.unwrap();
        let mut codes: Vec<_> = first.settled.iter().chain(&second.settled).map(|s| s.order.to_string()).collect();
        codes.sort();
        codes.dedup();
        assert_eq!((first.settled.len(), second.settled.len(), codes.len(), second.next), (50, 2, 52, None));
        assert_eq!(settlement::statement(&shop, Lang::En, "nobody", "").await.unwrap_err().code(), "not_found");
        assert_eq!(settlement::statement(&shop, Lang::En, "orchard", "1~x").await.unwrap_err().code(), "bad_request");
    }

    async fn orders_that_were_completed_before_there_was_a_settlement_are_settled_afterwards(shop) {
        let (_, placed, _) = received(&shop).await;
        shop.execute("UPDATE orders SET state = 'completed', completed_at = 7 WHERE code = $1", shop::args![placed.code.as_str()]).await;
        assert!(!shop::verify::run(&shop.db).await.unwrap().is_empty());
        settlement::catch_up(&shop).await.unwrap();
        settlement::catch_up(&shop).await.unwrap();
        assert_eq!(standing(&shop, "orchard").await, (0, 3_650));
        assert_eq!(settlement::statement(&shop, Lang::En, "orchard", "").await.unwrap().settled[0].at, 7);
    }

    async fn a_case_and_the_end_of_the_return_window_do_not_both_get_the_money(shop) {
        for i in 0..6 {
            let me = shop.quick_person(&format!("mei{i}")).await;
            let sku = shop.product("apple", "orchard", 1_000, 50).await[0];
            let placed = shop.placed(me, sku).await;
            shop.capture(me, &placed).await;
            shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
            shipment::confirm(&shop, me, &placed.code).await.unwrap();
            let wish = Wish {
                me, order: placed.code.clone(), kind: Kind::Refund, reason: "damaged".into(), text: String::new(),
                units: vec![after_sale::Units::of(0, 1)], key: format!("settlement0settlement{i}"),
            };
            let open = { let shop = shop.clone(); tokio::spawn(async move { after_sale::open(&shop, wish).await }) };
            let end = { let (shop, placed) = (shop.clone(), placed.clone()); tokio::spawn(async move { shop.complete(&placed).await }) };
            end.await.unwrap();
            if let Ok(case) = open.await.unwrap() {
                after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
            }
            shop.verify_is_empty().await;
        }
    }
}
