//! Payment: callbacks, races with cancel, the ledger.

use crate::support::both;
use domain::{
    Lang,
    order::State,
    payment::{EventKind, Mood, PaymentAsk},
    time::MINUTE,
};
use shop::{
    ledger, order,
    payment::{self, Outcome, Provider, sandbox},
};

both! {
    async fn a_capture_pays_the_order_sells_the_stock_and_books_what_is_owed(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(me, sku).await;
        assert_eq!(shop.capture(me, &placed).await, Outcome::Applied);
        let view = order::show(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!(view.state, State::Paid);
        assert_eq!(view.events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["placed", "paid"]);
        assert_eq!(ledger::balances(&shop, "clearing:sandbox").await.unwrap(), [("CNY".to_owned(), 1600)]);
        assert_eq!(order::cancel(&shop, me, &placed.code).await.unwrap_err().code(), "order_closed");
        assert_eq!(payment::start(&shop, me, &placed.code).await.unwrap_err().code(), "already_paid");
    }

    async fn a_callback_that_comes_five_times_counts_once(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(me, sku).await;
        let callback = shop.callback(&placed, EventKind::Captured, 1600);
        let tasks: Vec<_> = (0..5).map(|_| {
            let (shop, callback) = (shop.clone(), callback.clone());
            tokio::spawn(async move { payment::receive(&shop, "sandbox", callback).await.unwrap() })
        }).collect();
        let mut applied = 0;
        for task in tasks {
            applied += u32::from(task.await.unwrap() == Outcome::Applied);
        }
        assert_eq!(applied, 1);
        assert_eq!(ledger::balances(&shop, "clearing:sandbox").await.unwrap(), [("CNY".to_owned(), 1600)]);
    }

    async fn a_callback_of_another_amount_changes_nothing(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(me, sku).await;
        let wrong = shop.callback(&placed, EventKind::Captured, 1);
        assert_eq!(payment::receive(&shop, "sandbox", wrong).await.unwrap(), Outcome::Refused);
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, State::AwaitingPayment);
    }

    async fn money_that_arrives_for_a_cancelled_order_goes_back(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(me, sku).await;
        sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::Pay).await.unwrap();
        order::cancel(&shop, me, &placed.code).await.unwrap();
        assert_eq!(shop.capture(me, &placed).await, Outcome::Applied);
        assert_eq!(ledger::balances(&shop, &format!("person:{me}")).await.unwrap(), [("CNY".to_owned(), -1600)]);
        let jobs = shop::job::lease(&shop, 10).await.unwrap();
        let refund = jobs.iter().find(|j| j.kind == "refund").unwrap();
        payment::send_refund(&shop, &sandbox::Books(shop.shop.clone()), refund.payload.parse().unwrap()).await.unwrap();
        payment::send_refund(&shop, &sandbox::Books(shop.shop.clone()), refund.payload.parse().unwrap()).await.unwrap();
        let back = shop.callback(&placed, EventKind::Refunded, 1600);
        assert_eq!(payment::receive(&shop, "sandbox", back).await.unwrap(), Outcome::Applied);
        assert_eq!(ledger::balances(&shop, &format!("person:{me}")).await.unwrap(), [("CNY".to_owned(), 0)]);
        assert_eq!(ledger::balances(&shop, "clearing:sandbox").await.unwrap(), [("CNY".to_owned(), 0)]);
        let view = order::show(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!(view.events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["placed", "cancelled", "refund_due", "refunded"]);
    }

    async fn cancel_against_pay_has_exactly_one_winner(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 40).await[0];
        let (mut paid, mut cancelled) = (0, 0);
        for _ in 0..20 {
            let placed = shop.placed(me, sku).await;
            let pay = { let (shop, placed) = (shop.clone(), placed.clone()); tokio::spawn(async move { shop.capture(me, &placed).await }) };
            let cancel = { let (shop, code) = (shop.clone(), placed.code.clone()); tokio::spawn(async move { order::cancel(&shop, me, &code).await.is_ok() }) };
            pay.await.unwrap();
            let was_cancelled = cancel.await.unwrap();
            let state = order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state;
            assert_eq!(state, if was_cancelled { State::Cancelled } else { State::Paid });
            if was_cancelled { cancelled += 1 } else { paid += 1 }
        }
        assert_eq!(paid + cancelled, 20);
    }

    async fn after_a_decline_the_order_can_be_paid_again(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 1).await[0];
        let placed = shop.placed(me, sku).await;
        assert_eq!(payment::start(&shop, me, &placed.code).await.unwrap(), placed.provider_ref);
        sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::Fail).await.unwrap();
        let failed = shop.callback(&placed, EventKind::Failed, 1600);
        payment::receive(&shop, "sandbox", failed).await.unwrap();
        let again = payment::start(&shop, me, &placed.code).await.unwrap();
        assert_ne!(again, placed.provider_ref);
        assert_eq!(sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::Pay).await.unwrap_err().code(), "payment_closed");
        let second = order::Placed { code: placed.code.clone(), provider_ref: again };
        shop.capture(me, &second).await;
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, State::Paid);
    }

    async fn forged_old_and_unreadable_callbacks_are_refused_before_they_are_parsed(shop) {
        let body = br#"{"event_id":"e","kind":"captured","provider_ref":"r","amount":1,"currency":"CNY"}"#;
        let good = sandbox::sign(&shop, body);
        assert!(sandbox::verified(&shop, &good, body).is_ok());
        assert_eq!(sandbox::verified(&shop, &good, b"{}").unwrap_err().code(), "forbidden");
        assert_eq!(sandbox::verified(&shop, "t=1,v1=00", body).unwrap_err().code(), "forbidden");
        assert_eq!(sandbox::verified(&shop, "", body).unwrap_err().code(), "forbidden");
        let rubbish = sandbox::sign(&shop, b"rubbish");
        assert_eq!(sandbox::verified(&shop, &rubbish, b"rubbish").unwrap_err().code(), "bad_request");
        shop.clock.advance(6 * MINUTE);
        assert_eq!(sandbox::verified(&shop, &good, body).unwrap_err().code(), "forbidden");
    }

    async fn a_provider_that_never_called_back_is_asked_and_its_answer_counts_once(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 3).await[0];
        let (told, silent, open) = (shop.placed(me, sku).await, shop.placed(me, sku).await, shop.placed(me, sku).await);
        for placed in [&told, &silent] {
            sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::Pay).await.unwrap();
        }
        shop.clock.advance(2 * MINUTE);
        let asked = |placed: &order::Placed| format!("{} 0", placed.provider_ref);
        for placed in [&silent, &silent, &open] {
            payment::query(&shop, &sandbox::Books(shop.shop.clone()), &asked(placed)).await.unwrap();
        }
        let state = async |placed: &order::Placed| order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state;
        assert_eq!((state(&silent).await, state(&open).await), (State::Paid, State::AwaitingPayment));
        // The callback comes after all: it is the same event.
        let late = Provider::query(&sandbox::Books(shop.shop.clone()), &silent.provider_ref).await.unwrap().unwrap();
        assert_eq!(payment::receive(&shop, "sandbox", late).await.unwrap(), Outcome::Duplicate);
        // A hold that ended before anybody asked: the money goes back.
        order::cancel(&shop, me, &told.code).await.unwrap();
        payment::query(&shop, &sandbox::Books(shop.shop.clone()), &asked(&told)).await.unwrap();
        assert_eq!(ledger::balances(&shop, &format!("person:{me}")).await.unwrap(), [("CNY".to_owned(), -1600)]);
        let next: Vec<_> = shop::job::lease(&later(&shop), 50).await.unwrap().into_iter().filter(|j| j.kind == "query_payment").map(|j| j.payload).collect();
        assert!(next.contains(&format!("{} 1", open.provider_ref)), "{next:?}");
    }

    async fn a_provider_in_a_bad_mood_is_paid_once_and_right(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 9).await[0];
        for mood in domain::payment::Mood::ALL {
            let placed = shop.placed(me, sku).await;
            sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::PayIn(mood)).await.unwrap();
            let then = shop::Shop { clock: shop::Clock::still(shop.clock.now() + 2 * MINUTE), ..shop.shop.clone() };
            let (mut told, mut outcomes) = (0, Vec::new());
            for _ in 0..3 {
                let jobs = shop::job::lease(&then, 50).await.unwrap();
                for job in &jobs {
                    match job.kind.as_str() {
                        "sandbox_callback" => {
                            told += 1;
                            let callback = serde_json::from_str(&job.payload).unwrap();
                            outcomes.push(payment::receive(&then, "sandbox", callback).await.unwrap());
                        }
                        "capture" => payment::capture(&then, &sandbox::Books(then.clone()), &job.payload).await.unwrap(),
                        "query_payment" => payment::query(&then, &sandbox::Books(then.clone()), &job.payload).await.unwrap(),
                        _ => {}
                    }
                }
                shop::job::settle(&then, jobs, Vec::new()).await.unwrap();
            }
            let view = order::show(&then, me, Lang::En, &placed.code).await.unwrap();
            assert_eq!(view.state, State::Paid, "{mood:?}: {outcomes:?}");
            assert_eq!(view.events.iter().filter(|e| e.kind == "paid").count(), 1, "{mood:?}");
            let many = match mood {
                domain::payment::Mood::Often => 5,
                domain::payment::Mood::Disordered | domain::payment::Mood::Aside => 2,
                _ => 1,
            };
            assert_eq!(told, many, "{mood:?}");
            assert_eq!(outcomes.contains(&Outcome::Refused), mood == domain::payment::Mood::Wrong, "{outcomes:?}");
        }
        let held = ledger::balances(&shop, "clearing:sandbox").await.unwrap();
        assert_eq!(held, [("CNY".to_owned(), 6 * 1_600)]);
    }

    async fn nobody_begins_to_pay_for_an_order_that_is_over(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 9).await[0];
        let (never, seen) = (shop.placed(me, sku).await, shop.placed(me, sku).await);
        sandbox::cashier(&shop, me, &seen.provider_ref).await.unwrap();
        order::cancel(&shop, me, &never.code).await.unwrap();
        assert_eq!(sandbox::cashier(&shop, me, &never.provider_ref).await.unwrap_err().code(), "order_closed");
        let mut then = shop.shop.clone();
        then.clock = shop::Clock::still(then.clock.now() + 3 * domain::time::HOUR);
        assert_eq!(sandbox::cashier(&then, me, &seen.provider_ref).await.unwrap().state, "expired");
        let late = sandbox::act(&then, me, &seen.provider_ref, sandbox::Action::Pay).await;
        assert_eq!(late.unwrap_err().code(), "payment_closed");
        // What was set aside is on its way to us, as what was paid is.
        let aside = shop.placed(me, sku).await;
        assert!(!order::show(&shop, me, Lang::En, &aside.code).await.unwrap().confirming);
        sandbox::act(&shop, me, &aside.provider_ref, sandbox::Action::PayIn(Mood::Aside)).await.unwrap();
        assert!(order::show(&shop, me, Lang::En, &aside.code).await.unwrap().confirming);
    }

    async fn a_payment_is_made_known_once_and_what_is_set_aside_is_taken_once_and_only_for_an_order_that_waits(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "m", 1000, 9).await[0];
        let books = sandbox::Books(shop.shop.clone());
        let ask = |placed: &order::Placed, amount: i64| PaymentAsk { provider_ref: placed.provider_ref.clone(), amount, currency: domain::Currency::Cny, expires_at: i64::MAX };
        let (kept, dropped) = (shop.placed(me, sku).await, shop.placed(me, sku).await);
        assert_eq!(books.query(&kept.provider_ref).await.unwrap(), None, "not known before somebody goes to pay");
        for placed in [&kept, &dropped] {
            assert_eq!(sandbox::cashier(&shop, me, &placed.provider_ref).await.unwrap().state, "open");
            books.create(&ask(placed, 1_600)).await.unwrap();
            assert_eq!(books.create(&ask(placed, 1)).await.unwrap_err().code(), "payment_closed");
            assert_eq!(books.capture(&ask(placed, 1_600)).await.unwrap_err().code(), "payment_closed", "nothing is set aside");
            for _ in 0..2 {
                sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::PayIn(Mood::Aside)).await.unwrap();
            }
            assert_eq!(sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::Pay).await.unwrap_err().code(), "payment_closed");
            assert_eq!(books.capture(&ask(placed, 1)).await.unwrap_err().code(), "payment_closed");
        }
        order::cancel(&shop, me, &dropped.code).await.unwrap();
        for placed in [&kept, &dropped] {
            let told = books.query(&placed.provider_ref).await.unwrap().unwrap();
            assert_eq!(told.kind, EventKind::Authorized);
            payment::receive(&shop, "sandbox", told).await.unwrap();
            for _ in 0..2 {
                payment::capture(&shop, &books, &placed.provider_ref).await.unwrap();
            }
        }
        let taken = books.query(&kept.provider_ref).await.unwrap().unwrap();
        assert_eq!((taken.kind, payment::receive(&shop, "sandbox", taken.clone()).await.unwrap()), (EventKind::Captured, Outcome::Applied));
        let freed = books.query(&dropped.provider_ref).await.unwrap().unwrap();
        assert_eq!((freed.kind, payment::receive(&shop, "sandbox", freed).await.unwrap()), (EventKind::Released, Outcome::Applied));
        let events = order::show(&shop, me, Lang::En, &dropped.code).await.unwrap().events;
        assert_eq!(events.last().map(|e| (e.kind.as_str(), e.amount)), Some(("payment_released", Some(1_600))));
        for placed in [&kept, &dropped] {
            sandbox::act(&shop, me, &placed.provider_ref, sandbox::Action::PayIn(Mood::Aside)).await.expect("a second tap changes nothing");
        }
        assert_eq!(order::show(&shop, me, Lang::En, &kept.code).await.unwrap().state, State::Paid);
        assert_eq!(ledger::balances(&shop, "clearing:sandbox").await.unwrap(), [("CNY".to_owned(), 1_600)]);
    }
}

fn later(shop: &crate::support::TestShop) -> shop::Shop {
    shop::Shop { clock: shop::Clock::still(crate::support::NOON + 60 * MINUTE), ..shop.shop.clone() }
}
