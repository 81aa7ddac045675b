//! Orders: totals, stock, races, idempotency.

use crate::support::{NOON, both, hex};
use domain::{
    Lang,
    cart::Quantity,
    order::{PAY_WINDOW, Source, State},
};
use shop::{args, cart, catalog, job, order};
use std::sync::Arc;

both! {
    async fn a_cart_of_two_merchants_is_priced_held_and_emptied(shop) {
        let me = shop.quick_person("mei").await;
        let address = shop.address(me).await;
        let a = shop.product("a", "m1", 1000, 5).await[0];
        let b = shop.product("b", "m2", 7000, 5).await[0];
        for (sku, n) in [(a, 3), (b, 1)] {
            cart::add(&shop, me.0, sku, Quantity::try_from(n).unwrap(), None).await.unwrap();
        }
        let view = order::checkout(&shop, me, Lang::En, &Source::Cart, order::Choice::default(), &domain::share::Touches::default()).await.unwrap();
        let price = view.price.unwrap();
        // 3 x 500 g of m1 below the free bar: 6.00 + 2.00; m2 is above it.
        assert_eq!((price.goods, price.shipping, price.total), (10_000, 800, 10_800));
        let ask = shop.ask(me, address, Source::Cart, "keykeykeykeykey1").await;
        let placed = order::place(&shop, ask).await.unwrap();
        let view = order::show(&shop, me, Lang::ZhHant, &placed.code).await.unwrap();
        assert_eq!((view.state, view.price.total, view.hold_until), (State::AwaitingPayment, 10_800, Some(NOON + PAY_WINDOW)));
        assert_eq!(cart::count(&shop, me.0).await.unwrap(), 0);
        let left = catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().skus[0].available;
        assert_eq!(left, 2);
        assert_eq!(order::list(&shop, me, Lang::En, order::Tab::All, "", None).await.unwrap().orders[0].lines.len(), 2);
    }

    async fn orders_are_found_by_number_and_by_what_is_in_them_and_only_ones_own(shop) {
        let (mei, lei) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let tea = shop.product("100%_tea", "Leaf House", 1000, 9).await[0];
        let pot = shop.product("pot", "Clay House", 1000, 9).await[0];
        let (mine, other) = (shop.placed(mei, tea).await, shop.placed(mei, pot).await);
        shop.placed(lei, tea).await;
        let found = async |words: &str| -> Vec<String> {
            let view = order::list(&shop, mei, Lang::En, order::Tab::All, words, None).await.unwrap();
            view.orders.iter().map(|o| o.code.to_string()).collect()
        };
        let (mine, other) = (mine.code.to_string(), other.code.to_string());
        assert_eq!(found(&format!(" {mine} ")).await, [mine.clone()]);
        assert_eq!(found("TITLE POT").await, [other.clone()]);
        assert_eq!(found("leaf").await, [mine.clone()]);
        assert_eq!(found("0%_t").await, [mine], "a wildcard means itself");
        assert_eq!(found("0_").await, [""; 0]);
        assert_eq!(found("placeholder").await, [""; 0], "what is not shown is not found");
        assert_eq!(found("house").await.len(), 2);
    }

    async fn a_total_that_changed_is_a_conflict_and_nothing_is_held(shop) {
        let me = shop.quick_person("mei").await;
        let address = shop.address(me).await;
        let sku = shop.product("a", "m", 1000, 5).await[0];
        let mut ask = shop.ask(me, address, Source::Direct { sku, quantity: 1 }, "keykeykeykeykey1").await;
        ask.shown_total -= 1;
        let shop::Error::Problem(problem) = order::place(&shop, ask.clone()).await.unwrap_err() else { panic!("a problem") };
        assert_eq!((problem.status, problem.code.as_str(), problem.number), (409, "total_changed", Some(ask.shown_total + 1)));
        assert_eq!(catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().skus[0].available, 5);
        // The key was not used up: with the right total the same key places the order.
        ask.shown_total += 1;
        assert!(order::place(&shop, ask).await.is_ok());
    }

    async fn two_hundred_shoppers_buy_the_last_five_units(shop) {
        let sku = shop.product("hot", "m", 1000, 5).await[0];
        let mut asks = Vec::new();
        for i in 0..200 {
            let me = shop.quick_person(&format!("p{i}")).await;
            let address = shop.address(me).await;
            asks.push(shop.ask(me, address, Source::Direct { sku, quantity: 1 }, &hex(&shop.rng.bytes::<16>())).await);
        }
        let gate = Arc::new(tokio::sync::Barrier::new(200));
        let tasks: Vec<_> = asks.into_iter().map(|ask| {
            let (shop, gate) = (shop.clone(), gate.clone());
            tokio::spawn(async move {
                gate.wait().await;
                order::place(&shop, ask).await.map(|_| ()).map_err(|e| e.code().to_owned())
            })
        }).collect();
        let (mut won, mut lost) = (0, 0);
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => won += 1,
                Err(code) => { assert_eq!(code, "sold_out"); lost += 1; }
            }
        }
        assert_eq!((won, lost), (5, 195));
    }

    async fn the_same_key_fifty_times_is_one_order_and_fifty_equal_answers(shop) {
        let me = shop.quick_person("mei").await;
        let address = shop.address(me).await;
        let sku = shop.product("a", "m", 1000, 50).await[0];
        let ask = shop.ask(me, address, Source::Direct { sku, quantity: 1 }, "keykeykeykeykey1").await;
        let tasks: Vec<_> = (0..50).map(|_| {
            let (shop, ask) = (shop.clone(), ask.clone());
            tokio::spawn(async move { order::place(&shop, ask).await.unwrap() })
        }).collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert!(answers.iter().all(|a| *a == answers[0]));
        assert_eq!(order::list(&shop, me, Lang::En, order::Tab::All, "", None).await.unwrap().orders.len(), 1);
        assert_eq!(catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().skus[0].available, 49);
    }

    async fn cancelling_gives_the_stock_back_once(shop) {
        let me = shop.quick_person("mei").await;
        let other = shop.quick_person("lei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(me, sku).await;
        assert_eq!(order::cancel(&shop, other, &placed.code).await.unwrap_err().code(), "not_found");
        order::cancel(&shop, me, &placed.code).await.unwrap();
        order::cancel(&shop, me, &placed.code).await.unwrap();
        assert_eq!(catalog::product(&shop, Lang::En, "a").await.unwrap().unwrap().skus[0].available, 1);
    }

    async fn a_hold_that_runs_out_cancels_the_order_and_a_paid_one_stays(shop) {
        let me = shop.quick_person("mei").await;
        let skus = shop.product("a", "m", 1000, 1).await;
        let (lost, kept) = (shop.placed(me, skus[0]).await, shop.placed(me, skus[1]).await);
        shop.capture(me, &kept).await;
        assert_eq!(job::lease(&shop, 10).await.unwrap().iter().filter(|j| j.kind == "expire_order").count(), 0);
        shop.clock.advance(PAY_WINDOW);
        let due: Vec<_> = job::lease(&shop, 10).await.unwrap().into_iter().filter(|j| j.kind == "expire_order").collect();
        assert_eq!(due.len(), 2);
        for job in &due {
            order::expire(&shop, job.payload.parse().unwrap()).await.unwrap();
        }
        let state = async |code| order::show(&shop, me, Lang::En, code).await.unwrap().state;
        assert_eq!((state(&lost.code).await, state(&kept.code).await), (State::Cancelled, State::Paid));
    }

    async fn somebody_elses_order_is_not_found(shop) {
        let (mei, lei) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(mei, sku).await;
        assert_eq!(order::show(&shop, lei, Lang::En, &placed.code).await.unwrap_err().code(), "not_found");
        assert_eq!(shop::payment::start(&shop, lei, &placed.code).await.unwrap_err().code(), "not_found");
        assert_eq!(shop::payment::sandbox::cashier(&shop, lei, &placed.provider_ref).await.unwrap_err().code(), "not_found");
    }

    async fn a_job_is_leased_to_one_worker_and_comes_back_when_the_worker_dies(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        shop.placed(me, sku).await;
        shop.clock.advance(PAY_WINDOW);
        let (one, two) = tokio::join!(job::lease(&shop, 10), job::lease(&shop, 10));
        let kinds: Vec<String> = one.unwrap().into_iter().chain(two.unwrap()).map(|j| j.kind).collect();
        assert_eq!(kinds.iter().filter(|k| *k == "expire_order").count(), 1);
        assert!(job::lease(&shop, 10).await.unwrap().is_empty());
        shop.clock.advance(61_000);
        let again = job::lease(&shop, 10).await.unwrap();
        assert_eq!(again[0].attempts, 2);
        job::settle(&shop, Vec::new(), vec![(again[0].clone(), "no".into())]).await.unwrap();
        assert!(job::lease(&shop, 10).await.unwrap().is_empty(), "a failed job waits");
        shop.clock.advance(60_000);
        let third = job::lease(&shop, 10).await.unwrap();
        job::settle(&shop, third, Vec::new()).await.unwrap();
        assert_eq!(job::counts(&shop).await.unwrap(), (0, 0));
        shop.execute("UPDATE orders SET note = $1", args!["x"]).await;
    }
}

both! {
    async fn the_order_names_its_parcels_in_the_language_of_who_looks(shop) {
        let me = shop.quick_person("mei").await;
        let new = shop.new_product("a", "orchard", 1_000, 5).await;
        let texts = [("zh-Hans", "果园"), ("zh-Hant", "果園"), ("en", "Orchard")].map(|(l, n)| (l, (n.to_owned(), String::new()))).into();
        shop::catalog::save_merchant(&shop, shop::catalog::NewMerchant { slug: "orchard".into(), texts }).await.unwrap();
        shop.save(new).await;
        let sku = shop.skus("a").await[0];
        let placed = shop.placed(me, sku).await;
        for (lang, name) in [(Lang::ZhHans, "果园"), (Lang::ZhHant, "果園"), (Lang::En, "Orchard")] {
            assert_eq!(order::show(&shop, me, lang, &placed.code).await.unwrap().price.parcels[0].name, name);
        }
    }
}
