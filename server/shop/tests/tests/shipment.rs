//! Parcels: what leaves, leaves once; what has left is received, by the buyer's word or by time.

use crate::support::{TestShop, both};
use domain::{
    Lang,
    id::{PersonId, SkuId},
    order::{OrderView, Source, State},
    shipment::{self as rule, RETURN_WINDOW},
    time::{DAY, HOUR},
};
use shop::{Clock, cart, job, order, order::Placed, shipment};

/// The same shop so much later.
fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(crate::support::NOON + by), ..shop.shop.clone() }
}

/// Does every job that is due, until none is.
async fn work(shop: &shop::Shop) {
    loop {
        let jobs = job::lease(shop, 50).await.unwrap();
        if jobs.is_empty() {
            return;
        }
        for job in &jobs {
            let id = job.payload.parse();
            match job.kind.as_str() {
                "track" => shipment::track(shop, id.unwrap()).await.unwrap(),
                "receive" => shipment::receive(shop, id.unwrap()).await.unwrap(),
                "complete_order" => order::complete(shop, id.unwrap()).await.unwrap(),
                "expire_order" => drop(order::expire(shop, id.unwrap()).await.unwrap()),
                _ => {}
            }
        }
        job::settle(shop, jobs, Vec::new()).await.unwrap();
    }
}

/// A paid order of two units of one shop and one of another.
async fn paid(shop: &TestShop) -> (PersonId, Placed) {
    let me = shop.quick_person("mei").await;
    let (a, b): (Vec<SkuId>, Vec<SkuId>) =
        (shop.product("a", "orchard", 1_000, 9).await, shop.product("b", "pottery", 5_000, 9).await);
    cart::add(shop, me.0, a[0], 2.try_into().unwrap(), None).await.unwrap();
    cart::add(shop, me.0, b[0], 1.try_into().unwrap(), None).await.unwrap();
    let address = shop.address(me).await;
    let placed = order::place(shop, shop.ask(me, address, Source::Cart, "shipment0shipment0").await).await.unwrap();
    shop.capture(me, &placed).await;
    (me, placed)
}

async fn seen(shop: &shop::Shop, me: PersonId, placed: &Placed) -> OrderView {
    order::show(shop, me, Lang::En, &placed.code).await.unwrap()
}

/// Positions of the lines of each shop.
async fn positions(shop: &TestShop) -> (Vec<i64>, Vec<i64>) {
    let waiting = order::waiting_to_ship(shop, Lang::En, "", "").await.unwrap().orders;
    let of = |merchant: &str| waiting[0].lines.iter().filter(|l| l.merchant == merchant).map(|l| l.position).collect();
    (of("orchard"), of("pottery"))
}

both! {
    async fn an_order_goes_in_parts_and_is_received_when_all_of_it_has_left(shop) {
        let (me, placed) = paid(&shop).await;
        let (orchard, pottery) = positions(&shop).await;
        shipment::ship(&shop, &placed.code, vec![(orchard[0], 1)]).await.unwrap();
        let view = seen(&shop, me, &placed).await;
        assert_eq!((view.state, view.shipments.len()), (State::Fulfilling, 1));
        assert_eq!(view.shipments[0].events.last().unwrap().kind, "handed_over");
        let early = shipment::confirm(&shop, me, &placed.code).await.unwrap_err();
        assert_eq!(early.code(), "not_shipped");
        let mixed = shipment::ship(&shop, &placed.code, vec![(orchard[0], 1), (pottery[0], 1)]).await.unwrap_err();
        assert_eq!(mixed.code(), "one_merchant");
        shipment::ship(&shop, &placed.code, vec![(pottery[0], 1)]).await.unwrap();
        shipment::ship(&shop, &placed.code, vec![(orchard[0], 1)]).await.unwrap();
        assert_eq!(seen(&shop, me, &placed).await.state, State::Shipped);
        assert!(order::waiting_to_ship(&shop, Lang::En, "", "").await.unwrap().orders.is_empty());
        let again = shipment::ship(&shop, &placed.code, vec![(orchard[0], 1)]).await.unwrap_err();
        assert_eq!(again.code(), "not_to_ship");
        let stranger = shop.quick_person("lei").await;
        assert_eq!(shipment::confirm(&shop, stranger, &placed.code).await.unwrap_err().code(), "not_found");
        shipment::confirm(&shop, me, &placed.code).await.unwrap();
        shipment::confirm(&shop, me, &placed.code).await.unwrap();
        let view = seen(&shop, me, &placed).await;
        assert_eq!(view.state, State::Delivered);
        assert_eq!(view.events.iter().filter(|e| e.kind == "received").count(), 1);
        work(&later(&shop, RETURN_WINDOW + DAY)).await;
        assert_eq!(seen(&shop, me, &placed).await.state, State::Completed);
    }

    async fn a_parcel_is_followed_and_time_says_that_it_was_received(shop) {
        let (me, placed) = paid(&shop).await;
        let (orchard, pottery) = positions(&shop).await;
        for line in [(orchard[0], 2), (pottery[0], 1)] {
            shipment::ship(&shop, &placed.code, vec![line]).await.unwrap();
        }
        let way = rule::simulated(&seen(&shop, me, &placed).await.shipments[0].tracking, crate::support::NOON);
        let then = later(&shop, 12 * HOUR + 4 * HOUR);
        work(&then).await;
        let view = seen(&then, me, &placed).await;
        let known: Vec<_> = view.shipments[0].events.iter().map(|e| (e.kind.as_str(), e.at)).collect();
        let expected: Vec<_> = way.iter().copied().filter(|w| w.1 <= then.clock.now()).collect();
        assert_eq!(known, expected);
        let then = later(&shop, 3 * DAY);
        work(&then).await;
        let view = seen(&then, me, &placed).await;
        assert!(view.shipments.iter().all(|s| s.state == rule::State::Delivered));
        assert_eq!(view.state, State::Shipped, "nobody has said so yet");
        let then = later(&shop, 6 * DAY);
        work(&then).await;
        let view = seen(&then, me, &placed).await;
        assert_eq!(view.state, State::Delivered);
        assert!(view.events.iter().any(|e| e.kind == "received_auto"));
        work(&later(&shop, 30 * DAY)).await;
        assert_eq!(seen(&shop, me, &placed).await.state, State::Completed);
    }

    async fn forty_hands_that_send_the_same_unit_send_it_once(shop) {
        let (me, placed) = paid(&shop).await;
        let (orchard, _) = positions(&shop).await;
        let hands: Vec<_> = (0..40).map(|_| {
            let (shop, code, line) = (shop.clone(), placed.code.clone(), (orchard[0], 2));
            tokio::spawn(async move { shipment::ship(&shop, &code, vec![line]).await })
        }).collect();
        let mut sent = 0;
        for hand in hands {
            match hand.await.unwrap() {
                Ok(_) => sent += 1,
                Err(error) => assert_eq!(error.code(), "shipped_already"),
            }
        }
        assert_eq!((sent, seen(&shop, me, &placed).await.shipments.len()), (1, 1));
    }

    async fn the_list_of_what_waits_goes_on_and_finds_one_by_its_code(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "orchard", 1_000, 50).await[0];
        let mut codes = Vec::new();
        for _ in 0..13 {
            let placed = shop.placed(me, sku).await;
            shop.capture(me, &placed).await;
            codes.push(placed.code.to_string());
        }
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = order::waiting_to_ship(&shop, Lang::En, "", &after).await.unwrap();
            seen.extend(page.orders.iter().map(|o| o.code.to_string()));
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        seen.sort();
        let found = order::waiting_to_ship(&shop, Lang::En, &codes[7], "").await.unwrap().orders;
        assert_eq!((found.len(), found[0].code.to_string()), (1, codes[7].clone()));
        codes.sort();
        assert_eq!(seen, codes);
    }

    async fn what_is_not_paid_is_not_sent(shop) {
        let me = shop.quick_person("mei").await;
        let skus = shop.product("a", "orchard", 1_000, 9).await;
        let placed = shop.placed(me, skus[0]).await;
        let refused = shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap_err();
        assert_eq!(refused.code(), "not_to_ship");
        let nothing = shipment::ship(&shop, &placed.code, vec![]).await.unwrap_err();
        assert_eq!(nothing.code(), "quantity_range");
    }
}
