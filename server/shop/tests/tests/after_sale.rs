//! Giving back: a unit is in one case, silence decides, the money is exact, and it comes once.

use crate::support::{NOON, TestShop, both};
use domain::{
    Lang,
    after_sale::{Act, Kind, State},
    id::PersonId,
    order::{self as rule, Source},
    payment::{Callback, EventKind},
    time::{DAY, HOUR},
};
use shop::{
    Clock,
    after_sale::{self, Who, Wish},
    cart, job, ledger,
    order::{self, Placed},
    payment, shipment,
};

pub fn wish(me: PersonId, placed: &Placed, kind: Kind, units: &[(i64, i64)], key: &str) -> Wish {
    Wish {
        me,
        order: placed.code.clone(),
        kind,
        reason: "damaged".into(),
        text: " It came broken. ".into(),
        units: units.iter().map(|(p, n)| after_sale::Units::of(*p, *n)).collect(),
        key: format!("{key:0<16}"),
    }
}

/// A paid order of `n` units at 10.00, delivery 6.00.
pub async fn paid(shop: &TestShop, n: i64) -> (PersonId, Placed) {
    let me = shop.quick_person("mei").await;
    let sku = shop.product("a", "orchard", 1_000, 50).await[0];
    cart::add(shop, me.0, sku, n.try_into().unwrap(), None).await.unwrap();
    let address = shop.address(me).await;
    let placed = order::place(shop, shop.ask(me, address, Source::Cart, "aftersale0aftersale").await).await.unwrap();
    shop.capture(me, &placed).await;
    (me, placed)
}

/// The provider does what it owes: gives back what is due, and tells us, as the jobs would.
pub async fn provider(shop: &shop::Shop) {
    for _ in 0..4 {
        let jobs = job::lease(shop, 50).await.unwrap();
        for job in &jobs {
            match job.kind.as_str() {
                "refund" => {
                    payment::send_refund(shop, &payment::sandbox::Books(shop.clone()), job.payload.parse().unwrap())
                        .await
                        .unwrap()
                }
                "sandbox_callback" => {
                    let callback: Callback = serde_json::from_str(&job.payload).unwrap();
                    payment::receive(shop, "sandbox", callback).await.unwrap();
                }
                "case_deadline" => after_sale::deadline(shop, &job.payload).await.unwrap(),
                _ => {}
            }
        }
        job::settle(shop, jobs, Vec::new()).await.unwrap();
    }
}

/// What the cashier of the sandbox knows: the buyer has paid.
pub async fn paid_at_provider(shop: &TestShop, placed: &Placed) {
    payment::sandbox::settle_for_demo(shop, &placed.provider_ref).await.unwrap();
}

pub fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

pub async fn case(shop: &shop::Shop, me: PersonId, code: &domain::Code) -> domain::after_sale::CaseView {
    after_sale::show(shop, Who::Buyer(me), Lang::En, code).await.unwrap()
}

pub async fn owed(shop: &TestShop, account: &str) -> i64 {
    ledger::balances(shop, account).await.unwrap().first().map_or(0, |b| b.1)
}

both! {
    async fn a_withdrawn_unit_goes_back_on_the_shelf_and_its_money_to_the_buyer(shop) {
        let (me, placed) = paid(&shop, 3).await;
        paid_at_provider(&shop, &placed).await;
        let code = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 1)], "one")).await.unwrap();
        let again = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 1)], "one")).await.unwrap();
        assert_eq!(code, again, "the same key is the same case");
        let view = case(&shop, me, &code).await;
        assert_eq!((view.state, view.amount, view.lines[0].1), (State::Open, 1_000, 1));
        assert_eq!(view.messages[0].body, "It came broken.");
        assert_eq!(view.acts, [Act::Withdraw]);
        // What is in a case is not sent.
        assert_eq!(shipment::ship(&shop, &placed.code, vec![(0, 3)]).await.unwrap_err().code(), "shipped_already");
        shipment::ship(&shop, &placed.code, vec![(0, 2)]).await.unwrap();
        after_sale::act(&shop, Who::Shop, &code, Act::Approve, "").await.unwrap();
        assert_eq!(after_sale::act(&shop, Who::Shop, &code, Act::Approve, "").await.unwrap_err().code(), "case_moved");
        provider(&shop).await;
        let view = case(&shop, me, &code).await;
        assert_eq!(view.state, State::Refunded);
        let order = order::show(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!(order.state, rule::State::Shipped, "the rest has left");
        assert_eq!(order.events.iter().find(|e| e.kind == "refunded").and_then(|e| e.amount), Some(1_000));
        assert_eq!(owed(&shop, &format!("person:{me}")).await, 0);
        assert_eq!(owed(&shop, "clearing:sandbox").await, order.price.total - 1_000);
    }

    async fn all_of_an_order_withdrawn_gives_back_the_delivery_too(shop) {
        let (me, placed) = paid(&shop, 2).await;
        paid_at_provider(&shop, &placed).await;
        let total = order::show(&shop, me, Lang::En, &placed.code).await.unwrap().price.total;
        let code = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 2)], "all")).await.unwrap();
        assert_eq!(case(&shop, me, &code).await.amount, total);
        // 48 hours of silence agree.
        provider(&later(&shop, 49 * HOUR)).await;
        let view = case(&shop, me, &code).await;
        assert_eq!(view.state, State::Refunded);
        assert!(view.messages.iter().any(|m| m.author == "system" && m.kind == "silence_open"));
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, rule::State::Refunded);
        assert_eq!(owed(&shop, "clearing:sandbox").await, 0);
        assert_eq!(shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap_err().code(), "not_to_ship");
    }

    async fn the_delivery_is_given_back_once_however_often_its_last_unit_is_withdrawn(shop) {
        let (me, placed) = paid(&shop, 2).await;
        paid_at_provider(&shop, &placed).await;
        let total = order::show(&shop, me, Lang::En, &placed.code).await.unwrap().price.total;
        let first = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 1)], "first")).await.unwrap();
        let last = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 1)], "last")).await.unwrap();
        after_sale::act(&shop, Who::Buyer(me), &first, Act::Withdraw, "").await.unwrap();
        let again = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 1)], "again")).await.unwrap();
        let worth = (case(&shop, me, &last).await.amount, case(&shop, me, &again).await.amount);
        assert_eq!(worth, (total - 1_000, 1_000));
        after_sale::act(&shop, Who::Shop, &last, Act::Approve, "").await.unwrap();
        after_sale::act(&shop, Who::Shop, &again, Act::Approve, "").await.unwrap();
        provider(&shop).await;
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, rule::State::Refunded);
        assert_eq!(owed(&shop, "clearing:sandbox").await, 0);
    }

    async fn things_come_back_before_the_money_does(shop) {
        let (me, placed) = paid(&shop, 2).await;
        paid_at_provider(&shop, &placed).await;
        let early = after_sale::open(&shop, wish(me, &placed, Kind::Return, &[(0, 1)], "early")).await.unwrap_err();
        assert_eq!(early.code(), "not_returnable");
        shipment::ship(&shop, &placed.code, vec![(0, 2)]).await.unwrap();
        shipment::confirm(&shop, me, &placed.code).await.unwrap();
        let code = after_sale::open(&shop, wish(me, &placed, Kind::Return, &[(0, 2)], "return")).await.unwrap();
        let more = after_sale::open(&shop, wish(me, &placed, Kind::Refund, &[(0, 1)], "more")).await.unwrap_err();
        assert_eq!(more.code(), "nothing_left");
        after_sale::act(&shop, Who::Shop, &code, Act::Approve, "Please send it").await.unwrap();
        assert_eq!(case(&shop, me, &code).await.acts, [Act::Send, Act::Withdraw]);
        after_sale::act(&shop, Who::Buyer(me), &code, Act::Send, "SF123").await.unwrap();
        assert_eq!(owed(&shop, &format!("person:{me}")).await, 0, "no money before the shop has it");
        // The order is not over while the case is not.
        order::complete(&later(&shop, 8 * DAY), order_id(&shop, &placed).await).await.unwrap();
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, rule::State::Delivered);
        after_sale::act(&shop, Who::Shop, &code, Act::Approve, "").await.unwrap();
        provider(&shop).await;
        let view = case(&shop, me, &code).await;
        assert_eq!((view.state, view.amount), (State::Refunded, 2_000));
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, rule::State::Delivered, "delivery was not given back");
    }

    async fn what_the_shop_refuses_the_platform_may_grant(shop) {
        let (me, placed) = paid(&shop, 1).await;
        paid_at_provider(&shop, &placed).await;
        shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
        let code = after_sale::open(&shop, wish(me, &placed, Kind::Refund, &[(0, 1)], "refused")).await.unwrap();
        after_sale::act(&shop, Who::Shop, &code, Act::Reject, "It was fine").await.unwrap();
        assert_eq!(after_sale::act(&shop, Who::Buyer(me), &code, Act::Approve, "").await.unwrap_err().code(), "forbidden");
        after_sale::act(&shop, Who::Buyer(me), &code, Act::Escalate, "").await.unwrap();
        after_sale::say(&shop, Who::Buyer(me), &code, "See the picture").await.unwrap();
        let stranger = shop.quick_person("lei").await;
        assert_eq!(after_sale::say(&shop, Who::Buyer(stranger), &code, "Hi").await.unwrap_err().code(), "not_found");
        assert_eq!(after_sale::show(&shop, Who::Buyer(stranger), Lang::En, &code).await.unwrap_err().code(), "not_found");
        assert_eq!(after_sale::waiting(&shop).await.unwrap().len(), 1);
        after_sale::act(&shop, Who::Shop, &code, Act::Grant, "").await.unwrap();
        provider(&shop).await;
        assert_eq!(case(&shop, me, &code).await.state, State::Refunded);
    }

    async fn a_case_that_is_closed_frees_its_units(shop) {
        let (me, placed) = paid(&shop, 1).await;
        let first = after_sale::open(&shop, wish(me, &placed, Kind::Cancel, &[(0, 1)], "first")).await.unwrap();
        after_sale::act(&shop, Who::Buyer(me), &first, Act::Withdraw, "").await.unwrap();
        assert_eq!(case(&shop, me, &first).await.state, State::Closed);
        shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
        let second = after_sale::open(&shop, wish(me, &placed, Kind::Return, &[(0, 1)], "second")).await.unwrap();
        after_sale::act(&shop, Who::Shop, &second, Act::Approve, "").await.unwrap();
        // Nothing was sent back within seven days.
        provider(&later(&shop, 8 * DAY)).await;
        assert_eq!(case(&shop, me, &second).await.state, State::Closed);
    }

    async fn sixty_wishes_for_three_units_open_three_cases_and_each_is_paid_once(shop) {
        let (me, placed) = paid(&shop, 3).await;
        paid_at_provider(&shop, &placed).await;
        let asks: Vec<_> = (0..60).map(|i| {
            let (shop, wish) = (shop.clone(), wish(me, &placed, Kind::Cancel, &[(0, 1)], &format!("race{i}x")));
            tokio::spawn(async move { after_sale::open(&shop, wish).await })
        }).collect();
        let mut codes = Vec::new();
        for ask in asks {
            match ask.await.unwrap() {
                Ok(code) => codes.push(code),
                Err(error) => assert_eq!(error.code(), "nothing_left"),
            }
        }
        assert_eq!(codes.len(), 3);
        let acts: Vec<_> = codes.iter().flat_map(|c| std::iter::repeat_n(c.clone(), 8)).map(|code| {
            let shop = shop.clone();
            tokio::spawn(async move { after_sale::act(&shop, Who::Shop, &code, Act::Approve, "").await.is_ok() })
        }).collect();
        let mut agreed = 0;
        for act in acts {
            agreed += u32::from(act.await.unwrap());
        }
        assert_eq!(agreed, 3);
        provider(&shop).await;
        provider(&shop).await;
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, rule::State::Refunded);
        assert_eq!(owed(&shop, "clearing:sandbox").await, 0);
    }

    async fn a_refund_callback_that_nobody_asked_for_changes_nothing(shop) {
        let (me, placed) = paid(&shop, 1).await;
        for refund in [None, Some("case:0".to_owned()), Some(payment::late_key(&placed.provider_ref))] {
            let forged = Callback {
                event_id: format!("forged-{refund:?}"),
                kind: EventKind::Refunded,
                provider_ref: placed.provider_ref.clone(),
                amount: 1_600,
                currency: domain::Currency::Cny,
                refund,
            };
            assert_eq!(payment::receive(&shop, "sandbox", forged).await.unwrap(), payment::Outcome::Refused);
        }
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().state, rule::State::Paid);
    }
}

async fn order_id(shop: &TestShop, placed: &Placed) -> uuid::Uuid {
    shop::row! {
        struct Id {
            id: uuid::Uuid,
        }
    }
    let args = shop::args![placed.code.as_str()];
    shop.shop.db.fetch_one::<Id>("SELECT id FROM orders WHERE code = $1", args).await.unwrap().id
}
