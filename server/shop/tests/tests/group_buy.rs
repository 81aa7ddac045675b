//! Teams: seats never exceed the size, the last paid seat completes a team, a deadline gives everybody his money back.

use crate::{
    after_sale::{later, owed, provider},
    support::{NOON, TestShop, both, hex},
};
use domain::{
    Code, Lang,
    group_buy::{Draft, DraftSku, Kind, OPENS_A_DAY, Otherwise, SEAT_WINDOW, Seat, Standing, State, Step, Terms},
    id::{AddressId, PersonId, SkuId},
    order::{self as rule, Source},
    payment::{Callback, EventKind},
    shipping::Method,
    time::{DAY, HOUR},
};
use shop::{
    Clock, Shop, catalog,
    group_buy::{self, NewCampaign, Wish},
    job,
    order::{self, Place, Placed, Tab},
    payment, shipment,
};
use std::sync::Arc;
use tokio::sync::Barrier;

pub fn by_heads(size: i64) -> Terms {
    Terms { kind: Kind::Heads, size, goal: None, sponsor_from: None, steps: Vec::new(), leader_off_bp: 0 }
}

/// A campaign for the first SKU of a new product that costs 50.00 alone and 30.00 in a team.
pub async fn campaign(shop: &TestShop, terms: Terms, change: impl FnOnce(&mut Draft)) -> (Code, SkuId) {
    let sku = shop.product("blueberries", "orchard", 5_000, 500).await[0];
    let product = catalog::product(shop, Lang::En, "blueberries").await.unwrap().unwrap().id;
    let mut draft = Draft {
        terms,
        open_for: DAY,
        starts_at: NOON - HOUR,
        ends_at: NOON + 10 * DAY,
        units_each: 3,
        new_shoppers: false,
        skus: vec![DraftSku { sku, single: 5_000, price: 3_000, quota: 200 }],
    };
    change(&mut draft);
    let new = NewCampaign { product, draft, by: PersonId(uuid::Uuid::nil()), key: hex(&shop.rng.bytes::<16>()) };
    let first = group_buy::create(shop, new.clone()).await.unwrap();
    assert_eq!(group_buy::create(shop, new).await.unwrap(), first, "sent twice, made once");
    (first, sku)
}

/// Somebody with an address that nobody else has.
pub async fn buyer(shop: &TestShop, name: &str) -> (PersonId, AddressId) {
    let me = shop.quick_person(name).await;
    let address = domain::address::Address {
        recipient: name.into(),
        phone: "13800138000".into(),
        province: "云南省".into(),
        city: "昆明市".into(),
        district: "五华区".into(),
        line: format!("{name} 12 号"),
        ..domain::address::Address::default()
    };
    (me, shop::address::save(shop, me, None, &address, true).await.unwrap())
}

type Buyer = (PersonId, AddressId);

async fn try_place(shop: &Shop, who: Buyer, source: Source, wish: Wish) -> shop::Result<Placed> {
    let view =
        order::checkout(shop, who.0, Lang::En, &source, order::Choice::to(who.1), &domain::share::Touches::default())
            .await?;
    let ask = Place {
        me: who.0,
        source,
        address: who.1,
        method: Method::Standard,
        note: String::new(),
        key: hex(&shop.rng.bytes::<16>()),
        shown_total: view.price?.total,
        seat: wish,
        came_by: domain::share::Touches::default(),
        invited: None,
        coupons: domain::coupon::Wanted::NOTHING,
    };
    order::place(shop, ask).await
}

fn wish(otherwise: Otherwise) -> Wish {
    Wish { otherwise, device: None }
}

pub async fn opened(shop: &Shop, who: Buyer, campaign: &Code, sku: SkuId) -> Placed {
    let source = Source::Open { campaign: campaign.clone(), sku, quantity: 1 };
    try_place(shop, who, source, Wish::default()).await.unwrap()
}

pub async fn join(shop: &Shop, who: Buyer, team: &Code, sku: SkuId, otherwise: Otherwise) -> shop::Result<Placed> {
    try_place(shop, who, Source::Team { team: team.clone(), sku, quantity: 1 }, wish(otherwise)).await
}

/// The buyer pays at the provider, and the provider tells.
pub async fn pays(shop: &Shop, placed: &Placed) {
    payment::sandbox::settle_for_demo(shop, &placed.provider_ref).await.unwrap();
    told(shop, placed).await;
}

async fn told(shop: &Shop, placed: &Placed) {
    shop::row! {
        struct Amount {
            amount: i64,
        }
    }
    let row: Amount = shop
        .db
        .fetch_one("SELECT amount FROM payment WHERE provider_ref = $1", shop::args![placed.provider_ref.as_str()])
        .await
        .unwrap();
    let callback = Callback {
        event_id: format!("{}-paid", placed.provider_ref),
        kind: EventKind::Captured,
        provider_ref: placed.provider_ref.clone(),
        amount: row.amount,
        currency: domain::Currency::Cny,
        refund: None,
    };
    payment::receive(shop, "sandbox", callback).await.unwrap();
}

/// The team of an order.
pub async fn team(shop: &Shop, me: PersonId, placed: &Placed) -> Code {
    order::show(shop, me, Lang::En, &placed.code).await.unwrap().team.unwrap().code
}

async fn seen(shop: &Shop, me: PersonId, team: &Code) -> domain::group_buy::InviteView {
    group_buy::invite(shop, Some(me), Lang::En, team).await.unwrap()
}

/// What the jobs of teams do.
pub async fn work(shop: &Shop) {
    for _ in 0..6 {
        let jobs = job::lease(shop, 100).await.unwrap();
        for job in &jobs {
            match job.kind.as_str() {
                "team_end" => group_buy::end(shop, job.payload.parse().unwrap()).await.unwrap(),
                "campaign_end" => group_buy::end_campaign(shop, job.payload.parse().unwrap()).await.unwrap(),
                "team_seat" => group_buy::settle_seat(shop, job.payload.parse().unwrap()).await.unwrap(),
                "expire_order" => {
                    order::expire(shop, job.payload.parse().unwrap()).await.unwrap();
                }
                "refund" => {
                    payment::send_refund(shop, &payment::sandbox::Books(shop.clone()), job.payload.parse().unwrap())
                        .await
                        .unwrap()
                }
                "sandbox_callback" => {
                    let callback: Callback = serde_json::from_str(&job.payload).unwrap();
                    payment::receive(shop, "sandbox", callback).await.unwrap();
                }
                _ => {}
            }
        }
        job::settle(shop, jobs, Vec::new()).await.unwrap();
    }
}

async fn state(shop: &Shop, who: Buyer, placed: &Placed) -> (rule::State, Option<Seat>) {
    let view = order::show(shop, who.0, Lang::En, &placed.code).await.unwrap();
    (view.state, view.team.map(|t| t.seat))
}

async fn team_id(shop: &TestShop, code: &Code) -> uuid::Uuid {
    shop::row! {
        struct Id {
            id: uuid::Uuid,
        }
    }
    let row: Id = shop.db.fetch_one("SELECT id FROM team WHERE code = $1", shop::args![code.as_str()]).await.unwrap();
    row.id
}

/// What the clock does to holds, and nothing else.
async fn work_only_expiry(shop: &Shop) {
    let jobs = job::lease(shop, 100).await.unwrap();
    for job in &jobs {
        if job.kind == "expire_order" {
            order::expire(shop, job.payload.parse().unwrap()).await.unwrap();
        }
    }
    job::settle(shop, jobs, Vec::new()).await.unwrap();
}

both! {
    async fn the_last_paid_seat_completes_a_team_and_only_then_its_orders_are_sent(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let [mei, lei, ana] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "ana").await];
        let first = opened(&shop, mei, &campaign, sku).await;
        let code = team(&shop, mei.0, &first).await;
        let view = order::show(&shop, mei.0, Lang::En, &first.code).await.unwrap();
        assert_eq!((view.price.goods, view.hold_until), (3_000, Some(NOON + SEAT_WINDOW)));
        assert_eq!(seen(&shop, mei.0, &code).await.standing, Standing::Holding);
        pays(&shop, &first).await;
        assert_eq!(seen(&shop, mei.0, &code).await.standing, Standing::Own);
        let stranger = group_buy::invite(&shop, None, Lang::En, &code).await.unwrap();
        assert_eq!((stranger.standing, stranger.team.missing(), stranger.single, stranger.price), (Standing::Open, 2, 5_000, 3_000));
        assert_eq!((stranger.leader.as_str(), stranger.team.faces[0].name.as_str()), ("mei", "m**"));
        // It waits: nothing is sent, and it is not to be given back but left.
        assert_eq!(shipment::ship(&shop, &first.code, vec![(0, 1)]).await.unwrap_err().code(), "not_to_ship");
        assert!(order::waiting_to_ship(&shop, Lang::En, "", "").await.unwrap().orders.is_empty());
        let wants = crate::after_sale::wish(mei.0, &first, domain::after_sale::Kind::Cancel, &[(0, 1)], "forming");
        assert_eq!(shop::after_sale::open(&shop, wants).await.unwrap_err().code(), "team_forming");
        let to_share = order::list(&shop, mei.0, Lang::En, Tab::ToShare, "", None).await.unwrap().orders;
        assert_eq!(to_share[0].team.as_ref().map(|t| (t.missing, t.size)), Some((Some(2), Some(3))));
        assert!(order::list(&shop, mei.0, Lang::En, Tab::Of(rule::State::Paid), "", None).await.unwrap().orders.is_empty());

        let second = join(&shop, lei, &code, sku, Otherwise::Refund).await.unwrap();
        pays(&shop, &second).await;
        assert_eq!(seen(&shop, lei.0, &code).await.standing, Standing::Waiting);
        let third = join(&shop, ana, &code, sku, Otherwise::Refund).await.unwrap();
        let late = buyer(&shop, "late").await;
        assert_eq!(seen(&shop, late.0, &code).await.standing, Standing::Full, "the last seat is held");
        assert_eq!(join(&shop, late, &code, sku, Otherwise::Refund).await.unwrap_err().code(), "team_full");
        pays(&shop, &third).await;
        pays(&shop, &third).await;
        let view = seen(&shop, mei.0, &code).await;
        assert_eq!((view.team.state, view.standing, view.team.paid, view.team.ended_at), (State::Succeeded, Standing::Succeeded, 3, Some(NOON)));
        assert_eq!(join(&shop, late, &code, sku, Otherwise::Refund).await.unwrap_err().code(), "team_over");
        work(&shop).await;
        for (who, placed) in [(mei, &first), (lei, &second), (ana, &third)] {
            assert_eq!(state(&shop, who, placed).await, (rule::State::Paid, Some(Seat::Confirmed)));
            let told = shop::inbox::list(&shop, who.0, Lang::En, "").await.unwrap().notices;
            assert_eq!(told.iter().filter(|n| n.kind == "team_succeeded").count(), 1);
        }
        assert_eq!(order::waiting_to_ship(&shop, Lang::En, "", "").await.unwrap().orders.len(), 3);
        shipment::ship(&shop, &first.code, vec![(0, 1)]).await.unwrap();
        assert_eq!(group_buy::leave(&shop, lei.0, &second.code).await.unwrap_err().code(), "team_over");
    }

    async fn a_team_that_is_not_complete_in_time_gives_each_member_his_money_once(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(4), |_| {}).await;
        let [mei, lei, ana] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "ana").await];
        let first = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        let second = join(&shop, lei, &code, sku, Otherwise::New).await.unwrap();
        pays(&shop, &second).await;
        let third = join(&shop, ana, &code, sku, Otherwise::Refund).await.unwrap();
        let end = later(&shop, DAY);
        // Nothing moves the deadline, and nothing happens before it.
        work(&later(&shop, DAY - 1)).await;
        assert_eq!(seen(&shop, mei.0, &code).await.team.state, State::Forming);
        work(&end).await;
        work(&end).await;
        for (who, placed) in [(mei, &first), (lei, &second)] {
            assert_eq!(state(&end, who, placed).await, (rule::State::Refunded, Some(Seat::Refunded)));
            let view = seen(&end, who.0, &code).await;
            assert_eq!(view.standing, Standing::Expired);
            assert_eq!(view.trail.iter().filter(|e| e.kind == "refunded").map(|e| e.amount.unwrap()).sum::<i64>(), 3_600);
            let told = shop::inbox::list(&shop, who.0, Lang::En, "").await.unwrap().notices;
            assert_eq!(told.iter().filter(|n| n.kind == "team_failed").count(), 1);
        }
        assert_eq!(state(&end, ana, &third).await.0, rule::State::Cancelled, "its hold ended long ago");
        assert_eq!(owed(&shop, "clearing:sandbox").await, 0);
        // The quota, the stock and the person's own limit are as before.
        let offer = group_buy::offers(&end, catalog::product(&shop, Lang::En, "blueberries").await.unwrap().unwrap().id).await.unwrap().remove(0);
        assert_eq!((offer.prices[0].free, offer.people, offer.teams.len()), (200, 0, 0));
        assert_eq!(catalog::product(&shop, Lang::En, "blueberries").await.unwrap().unwrap().skus[0].available, 500);
        opened(&end, mei, &campaign, sku).await;
    }

    async fn no_page_tells_of_money_that_came_back_from_a_team_that_it_says_is_forming(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(4), |_| {}).await;
        let mei = buyer(&shop, "mei").await;
        for round in 1..=5 {
            let first = opened(&later(&shop, round * DAY), mei, &campaign, sku).await;
            pays(&later(&shop, round * DAY), &first).await;
            let code = team(&shop, mei.0, &first).await;
            let end = later(&shop, (round + 1) * DAY);
            let readers: Vec<_> = (0..6)
                .map(|_| {
                    let (end, code) = (end.clone(), code.clone());
                    tokio::spawn(async move {
                        loop {
                            let view = seen(&end, mei.0, &code).await;
                            if view.trail.iter().any(|e| e.kind == "refunded") {
                                return view.team.state;
                            }
                        }
                    })
                })
                .collect();
            work(&end).await;
            for reader in readers {
                assert_eq!(reader.await.unwrap(), State::Failed);
            }
        }
    }

    async fn leaving_is_free_and_the_lowest_paid_seat_leads(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(4), |_| {}).await;
        let [mei, lei, ana] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "ana").await];
        let first = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        let held = join(&shop, lei, &code, sku, Otherwise::Refund).await.unwrap();
        let paid = join(&shop, ana, &code, sku, Otherwise::Refund).await.unwrap();
        pays(&shop, &paid).await;
        let deadline = seen(&shop, mei.0, &code).await.team.deadline;
        group_buy::leave(&shop, mei.0, &first.code).await.unwrap();
        group_buy::leave(&shop, mei.0, &first.code).await.unwrap();
        let view = seen(&shop, ana.0, &code).await;
        assert_eq!((view.standing, view.leader.as_str(), view.team.paid, view.team.deadline), (Standing::Own, "ana", 1, deadline));
        assert_eq!(seen(&shop, mei.0, &code).await.standing, Standing::Open, "whoever left may come again");
        provider(&shop).await;
        assert_eq!(state(&shop, mei, &first).await, (rule::State::Refunded, Some(Seat::Left)));
        // Somebody at the cashier leads when nobody else is left; when he goes too, the team is over.
        group_buy::leave(&shop, ana.0, &paid.code).await.unwrap();
        assert_eq!(seen(&shop, lei.0, &code).await.leader, "lei");
        order::cancel(&shop, lei.0, &held.code).await.unwrap();
        assert_eq!(seen(&shop, lei.0, &code).await.team.state, State::Cancelled);
        let alone = shop.placed(lei.0, sku).await;
        assert_eq!(group_buy::leave(&shop, lei.0, &alone.code).await.unwrap_err().code(), "not_found");
        assert_eq!(group_buy::leave(&shop, mei.0, &held.code).await.unwrap_err().code(), "not_found");
    }

    async fn whoever_is_too_late_goes_where_he_chose(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(2), |_| {}).await;
        let leaders = [buyer(&shop, "one").await, buyer(&shop, "two").await, buyer(&shop, "three").await];
        let mut teams = Vec::new();
        for (i, who) in leaders.into_iter().enumerate() {
            // The second team ends first.
            let at = later(&shop, [2, 0, 1][i] * HOUR);
            let placed = opened(&at, who, &campaign, sku).await;
            pays(&at, &placed).await;
            teams.push(team(&shop, who.0, &placed).await);
        }
        let now = later(&shop, 3 * HOUR);
        let fills = buyer(&shop, "fills").await;
        pays(&now, &join(&now, fills, &teams[0], sku, Otherwise::Refund).await.unwrap()).await;
        let [a, b, c] = [buyer(&shop, "a").await, buyer(&shop, "b").await, buyer(&shop, "c").await];
        assert_eq!(join(&now, a, &teams[0], sku, Otherwise::Refund).await.unwrap_err().code(), "team_over");
        let placed = join(&now, b, &teams[0], sku, Otherwise::Sibling).await.unwrap();
        assert_eq!(team(&now, b.0, &placed).await, teams[1], "the one that ends first");
        let placed = join(&now, c, &teams[0], sku, Otherwise::New).await.unwrap();
        assert!(!teams.contains(&team(&now, c.0, &placed).await));
    }

    async fn a_payment_that_comes_too_late_for_its_seat_goes_where_its_buyer_chose(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(2), |_| {}).await;
        let lead = buyer(&shop, "lead").await;
        let first = opened(&shop, lead, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, lead.0, &first).await;
        let mut late = Vec::new();
        for (name, otherwise) in [("refund", Otherwise::Refund), ("new", Otherwise::New), ("sibling", Otherwise::Sibling)] {
            let who = buyer(&shop, name).await;
            let placed = join(&shop, who, &code, sku, otherwise).await.unwrap();
            // One of them has it set aside: it is taken all the same, since he wants a seat elsewhere.
            if otherwise == Otherwise::Sibling {
                let aside = payment::sandbox::Action::PayIn(domain::payment::Mood::Aside);
                payment::sandbox::act(&shop, who.0, &placed.provider_ref, aside).await.unwrap();
            } else {
                payment::sandbox::settle_for_demo(&shop, &placed.provider_ref).await.unwrap();
            }
            // The hold ends before the provider tells of the payment.
            work_only_expiry(&later(&shop, SEAT_WINDOW)).await;
            late.push((who, placed));
        }
        let now = later(&shop, SEAT_WINDOW);
        let last = buyer(&shop, "last").await;
        pays(&now, &join(&now, last, &code, sku, Otherwise::Refund).await.unwrap()).await;
        payment::capture(&now, &payment::sandbox::Books(now.clone()), &late[2].1.provider_ref).await.unwrap();
        for (_, placed) in &late {
            told(&now, placed).await;
            told(&now, placed).await;
        }
        work(&now).await;
        // Two of them: one opened a team, the other one found it.
        let (who, placed) = &late[0];
        assert_eq!(state(&now, *who, placed).await, (rule::State::Cancelled, Some(Seat::Left)));
        assert!(order::list(&shop, who.0, Lang::En, Tab::All, "", None).await.unwrap().orders.len() == 1);
        let mut moved = Vec::new();
        for (who, placed) in &late[1..] {
            let orders = order::list(&shop, who.0, Lang::En, Tab::All, "", None).await.unwrap().orders;
            assert_eq!(orders.len(), 2);
            assert_eq!(state(&now, *who, placed).await.0, rule::State::Cancelled);
            let fresh = orders.iter().find(|o| o.code != placed.code).unwrap();
            assert_eq!(fresh.state, rule::State::Paid);
            moved.push(fresh.team.clone().unwrap());
            let told = shop::inbox::list(&shop, who.0, Lang::En, "").await.unwrap().notices;
            assert_eq!(told.iter().filter(|n| n.kind == "team_elsewhere").count(), 1);
        }
        assert_eq!(moved[0].code, moved[1].code);
        assert_eq!(moved[1].state, State::Succeeded);
    }

    async fn whoever_cancels_and_is_charged_all_the_same_has_his_money_back_whatever_he_chose(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let [lead, who] = [buyer(&shop, "lead").await, buyer(&shop, "who").await];
        let first = opened(&shop, lead, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, lead.0, &first).await;
        let placed = join(&shop, who, &code, sku, Otherwise::New).await.unwrap();
        let held = order::list(&shop, who.0, Lang::En, Tab::Of(rule::State::AwaitingPayment), "", None).await.unwrap().orders;
        assert_eq!(held.len(), 1, "a held seat is to be paid");
        payment::sandbox::settle_for_demo(&shop, &placed.provider_ref).await.unwrap();
        order::cancel(&shop, who.0, &placed.code).await.unwrap();
        told(&shop, &placed).await;
        work(&shop).await;
        assert_eq!(order::list(&shop, who.0, Lang::En, Tab::All, "", None).await.unwrap().orders.len(), 1);
        assert_eq!(state(&shop, who, &placed).await, (rule::State::Cancelled, Some(Seat::Left)));
        assert_eq!(owed(&shop, &format!("person:{}", who.0)).await, 0);
    }

    async fn two_payments_that_come_too_late_for_one_seat_buy_one_thing(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let [lead, who] = [buyer(&shop, "lead").await, buyer(&shop, "who").await];
        let first = opened(&shop, lead, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, lead.0, &first).await;
        let placed = join(&shop, who, &code, sku, Otherwise::New).await.unwrap();
        let declined = Callback { event_id: "declined".into(), kind: EventKind::Failed, provider_ref: placed.provider_ref.clone(), amount: 3_600, currency: domain::Currency::Cny, refund: None };
        payment::receive(&shop, "sandbox", declined).await.unwrap();
        let again = payment::start(&shop, who.0, &placed.code).await.unwrap();
        let now = later(&shop, SEAT_WINDOW);
        work_only_expiry(&now).await;
        let second = Placed { code: placed.code.clone(), provider_ref: again };
        for p in [&placed, &second] {
            payment::sandbox::settle_for_demo(&now, &p.provider_ref).await.unwrap();
            told(&now, p).await;
        }
        work(&now).await;
        let orders = order::list(&now, who.0, Lang::En, Tab::All, "", None).await.unwrap().orders;
        assert_eq!(orders.iter().filter(|o| o.state == rule::State::Paid).count(), 1, "{orders:?}");
        assert_eq!(owed(&shop, "clearing:sandbox").await, 7_200, "the leader's and one of his");
    }

    async fn nobody_opens_a_case_before_the_end_of_his_team_has_given_him_his_due(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let mei = buyer(&shop, "mei").await;
        let first = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        let end = later(&shop, DAY);
        group_buy::end(&end, team_id(&shop, &code).await).await.unwrap();
        let wants = || crate::after_sale::wish(mei.0, &first, domain::after_sale::Kind::Cancel, &[(0, 1)], "early");
        assert_eq!(shop::after_sale::open(&end, wants()).await.unwrap_err().code(), "team_forming");
        assert_eq!(shop::after_sale::withdraw(&end, Lang::En, first.code.as_str(), "8000", "").await.unwrap_err().code(), "team_forming");
        work(&end).await;
        assert_eq!(state(&end, mei, &first).await, (rule::State::Refunded, Some(Seat::Refunded)));
        assert!(shop::after_sale::open(&end, wants()).await.is_err());
    }

    async fn the_shop_fills_open_seats_of_a_team_that_has_enough_and_says_so(shop) {
        let terms = Terms { sponsor_from: Some(2), ..by_heads(4) };
        let (campaign, sku) = campaign(&shop, terms, |_| {}).await;
        let [mei, lei, alone] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "alone").await];
        let first = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &first).await;
        let second = join(&shop, lei, &team(&shop, mei.0, &first).await, sku, Otherwise::Refund).await.unwrap();
        pays(&shop, &second).await;
        let third = opened(&shop, alone, &campaign, sku).await;
        pays(&shop, &third).await;
        let members = [(mei, first), (lei, second), (alone, third)];
        let end = later(&shop, DAY);
        work(&end).await;
        let code = team(&shop, members[0].0.0, &members[0].1).await;
        let view = seen(&end, members[0].0.0, &code).await;
        assert_eq!((view.team.state, view.team.sponsored, view.team.paid), (State::Succeeded, 2, 2));
        assert_eq!(state(&end, members[1].0, &members[1].1).await.1, Some(Seat::Confirmed));
        assert_eq!(state(&end, members[2].0, &members[2].1).await, (rule::State::Refunded, Some(Seat::Refunded)));
    }

    async fn a_ladder_gives_back_the_difference_to_everybody_and_the_leader_his_part(shop) {
        let steps = vec![Step { heads: 2, off_bp: 0 }, Step { heads: 3, off_bp: 1_000 }, Step { heads: 5, off_bp: 2_000 }];
        let terms = Terms { kind: Kind::Ladder, steps, leader_off_bp: 500, ..by_heads(5) };
        let (campaign, sku) = campaign(&shop, terms, |_| {}).await;
        let [mei, lei, ana] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "ana").await];
        let first = try_place(&shop, mei, Source::Open { campaign: campaign.clone(), sku, quantity: 2 }, Wish::default()).await.unwrap();
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        let mut placed = vec![(mei, first)];
        for who in [lei, ana] {
            let p = join(&shop, who, &code, sku, Otherwise::Refund).await.unwrap();
            pays(&shop, &p).await;
            placed.push((who, p));
        }
        let end = later(&shop, DAY);
        work(&end).await;
        assert_eq!(seen(&end, mei.0, &code).await.team.state, State::Succeeded);
        let back = async |who: Buyer, p: &Placed| order::show(&end, who.0, Lang::En, &p.code).await.unwrap().given_back();
        // Three heads: 10 % of 30.00, and 5 % more for the leader, of two units.
        assert_eq!(back(mei, &placed[0].1).await, 900);
        assert_eq!(back(lei, &placed[1].1).await, 300);
        assert_eq!(back(ana, &placed[2].1).await, 300);
        assert_eq!(state(&end, mei, &placed[0].1).await.0, rule::State::Paid);
    }

    async fn a_team_by_amount_is_complete_with_its_goal_and_keeps_whoever_is_at_the_cashier(shop) {
        let terms = Terms { kind: Kind::Amount, goal: Some(9_000), ..by_heads(10) };
        let (campaign, sku) = campaign(&shop, terms, |_| {}).await;
        let [mei, lei, ana] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "ana").await];
        let first = try_place(&shop, mei, Source::Open { campaign: campaign.clone(), sku, quantity: 2 }, Wish::default()).await.unwrap();
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        let at_cashier = join(&shop, ana, &code, sku, Otherwise::Refund).await.unwrap();
        let second = join(&shop, lei, &code, sku, Otherwise::Refund).await.unwrap();
        pays(&shop, &second).await;
        let view = seen(&shop, mei.0, &code).await;
        assert_eq!((view.team.state, view.team.amount, view.team.paid), (State::Succeeded, 9_000, 2));
        pays(&shop, &at_cashier).await;
        assert_eq!(state(&shop, ana, &at_cashier).await, (rule::State::Paid, Some(Seat::Confirmed)));
    }

    async fn nobody_takes_more_than_he_may(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |d| d.skus[0].quota = 9).await;
        let mei = buyer(&shop, "mei").await;
        let open = |quantity| Source::Open { campaign: campaign.clone(), sku, quantity };
        assert_eq!(try_place(&shop, mei, open(4), Wish::default()).await.unwrap_err().code(), "team_units");
        let first = opened(&shop, mei, &campaign, sku).await;
        assert_eq!(try_place(&shop, mei, open(1), Wish::default()).await.unwrap_err().code(), "team_hold");
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        assert_eq!(join(&shop, mei, &code, sku, Otherwise::Refund).await.unwrap_err().code(), "team_mine");
        let second = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &second).await;
        assert_eq!(try_place(&shop, mei, open(2), Wish::default()).await.unwrap_err().code(), "team_units");
        // Six units are left, and nobody may have more than three.
        let [lei, ana, bo] = [buyer(&shop, "lei").await, buyer(&shop, "ana").await, buyer(&shop, "bo").await];
        try_place(&shop, lei, open(3), Wish::default()).await.unwrap();
        try_place(&shop, ana, open(3), Wish::default()).await.unwrap();
        assert_eq!(try_place(&shop, bo, open(2), Wish::default()).await.unwrap_err().code(), "few_left");
        try_place(&shop, bo, open(1), Wish::default()).await.unwrap();
        assert_eq!(seen(&shop, buyer(&shop, "new").await.0, &code).await.standing, Standing::SoldOut);
    }

    async fn whoever_drops_seats_again_and_again_waits_and_nobody_opens_teams_without_end(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |d| d.units_each = 20).await;
        let mei = buyer(&shop, "mei").await;
        for _ in 0..4 {
            let placed = opened(&shop, mei, &campaign, sku).await;
            order::cancel(&shop, mei.0, &placed.code).await.unwrap();
        }
        let open = || Source::Open { campaign: campaign.clone(), sku, quantity: 1 };
        assert_eq!(try_place(&shop, mei, open(), Wish::default()).await.unwrap_err().code(), "team_drops");
        opened(&later(&shop, HOUR + 1), mei, &campaign, sku).await;
        let lei = buyer(&shop, "lei").await;
        for _ in 0..OPENS_A_DAY {
            let placed = opened(&shop, lei, &campaign, sku).await;
            pays(&shop, &placed).await;
        }
        assert_eq!(try_place(&shop, lei, open(), Wish::default()).await.unwrap_err().code(), "team_opens");
        opened(&later(&shop, DAY + 1), lei, &campaign, sku).await;
    }

    async fn a_campaign_for_new_shoppers_takes_a_household_once(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(5), |d| d.new_shoppers = true).await;
        let [mei, lei, ana, old] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "ana").await, buyer(&shop, "old").await];
        let bought = shop.placed(old.0, sku).await;
        shop.capture(old.0, &bought).await;
        let phone = Some(uuid::Uuid::from_u128(7));
        let first = try_place(&shop, mei, Source::Open { campaign, sku, quantity: 1 }, Wish { otherwise: Otherwise::Refund, device: phone }).await.unwrap();
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        assert_eq!(seen(&shop, old.0, &code).await.standing, Standing::NotEligible);
        assert_eq!(join(&shop, old, &code, sku, Otherwise::Refund).await.unwrap_err().code(), "new_shoppers_only");
        let to = |who: Buyer, device| try_place(&shop, who, Source::Team { team: code.clone(), sku, quantity: 1 }, Wish { otherwise: Otherwise::Refund, device });
        assert_eq!(to(lei, phone).await.unwrap_err().code(), "one_household");
        let same_house = shop::address::save(&shop, lei.0, None, &domain::address::Address {
            recipient: "lei".into(), phone: "13900139000".into(), province: "云南省".into(), city: "昆明市".into(), district: "五华区".into(),
            line: "mei  12号".into(), ..domain::address::Address::default()
        }, false).await.unwrap();
        assert_eq!(to((lei.0, same_house), None).await.unwrap_err().code(), "one_household");
        to(lei, Some(uuid::Uuid::from_u128(8))).await.unwrap();
        to(ana, Some(uuid::Uuid::from_u128(9))).await.unwrap();
    }

    async fn a_campaign_that_is_stopped_takes_nobody_and_gives_the_money_back_if_it_says_so(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let [mei, lei] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await];
        let first = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        group_buy::stop(&shop, &campaign, false).await.unwrap();
        assert_eq!(join(&shop, lei, &code, sku, Otherwise::Refund).await.unwrap_err().code(), "campaign_over");
        assert_eq!(seen(&shop, mei.0, &code).await.team.state, State::Forming);
        group_buy::stop(&shop, &campaign, true).await.unwrap();
        work(&shop).await;
        assert_eq!(seen(&shop, mei.0, &code).await.standing, Standing::Cancelled);
        assert_eq!(state(&shop, mei, &first).await, (rule::State::Refunded, Some(Seat::Refunded)));
        let views = group_buy::campaigns(&shop, Lang::En, "").await.unwrap().0;
        assert_eq!((views[0].stopped, views[0].teams, views[0].forming, views[0].sold), (true, 1, 0, 0));
    }

    async fn withdrawing_from_the_contract_of_a_forming_team_is_leaving_it(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let mei = buyer(&shop, "mei").await;
        let first = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &first).await;
        shop::after_sale::withdraw(&shop, Lang::En, first.code.as_str(), "8000", "").await.unwrap();
        work(&shop).await;
        assert_eq!(state(&shop, mei, &first).await, (rule::State::Refunded, Some(Seat::Left)));
    }

    async fn fifty_who_want_the_last_two_seats_are_two_members_and_forty_eight_with_their_money(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let mut people = Vec::new();
        for i in 0..50 {
            people.push(buyer(&shop, &format!("p{i}")).await);
        }
        let rounds: i64 = std::env::var("TEAM_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
        for round in 0..rounds {
            // Another day, another limit.
            let now = later(&shop, round % 8 * DAY + round * 60_000);
            let lead = buyer(&shop, &format!("lead{round}")).await;
            let first = opened(&now, lead, &campaign, sku).await;
            pays(&now, &first).await;
            let code = team(&now, lead.0, &first).await;
            let gate = Arc::new(Barrier::new(50));
            let tasks: Vec<_> = people.iter().copied().enumerate().map(|(i, who)| {
                let (now, code, gate) = (now.clone(), code.clone(), gate.clone());
                let otherwise = Otherwise::ALL[i % 3];
                tokio::spawn(async move {
                    gate.wait().await;
                    let placed = join(&now, who, &code, sku, otherwise).await;
                    if let Ok(placed) = &placed {
                        pays(&now, placed).await;
                    }
                    (who, otherwise, placed)
                })
            }).collect();
            let mut inside = 0;
            for task in tasks {
                let (who, otherwise, placed) = task.await.unwrap();
                match placed {
                    Ok(placed) if team(&now, who.0, &placed).await == code => inside += 1,
                    Ok(_) => assert_ne!(otherwise, Otherwise::Refund),
                    Err(error) => assert!(["team_full", "team_over", "sold_out", "team_sold_out", "few_left"].contains(&error.code()), "{error}"),
                }
            }
            assert_eq!(inside, 2);
            let view = seen(&now, lead.0, &code).await;
            assert_eq!((view.team.state, view.team.paid, view.team.seats_taken), (State::Succeeded, 3, 3));
            shop.verify_is_empty().await;
            // What is left of this round ends, so that the next one has its quota.
            let end = Shop { clock: Clock::still(now.clock.now() + DAY), ..now.clone() };
            for _ in 0..6 {
                work(&end).await;
            }
            shop.execute("UPDATE campaign_person SET units = 0 WHERE units > 0 AND NOT EXISTS (SELECT 1 FROM team_member m WHERE m.campaign_id = campaign_person.campaign_id AND m.person_id = campaign_person.person_id AND m.state IN ('held', 'paid', 'confirmed'))", shop::args![]).await;
            shop.execute("UPDATE campaign SET units_each = 99", shop::args![]).await;
        }
    }

    async fn a_deadline_in_the_middle_of_twenty_captures_pays_or_gives_back_each(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(30), |_| {}).await;
        let lead = buyer(&shop, "lead").await;
        let first = opened(&shop, lead, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, lead.0, &first).await;
        let nearly = later(&shop, DAY - SEAT_WINDOW - 1);
        let mut waiting = Vec::new();
        for i in 0..20 {
            let who = buyer(&shop, &format!("p{i}")).await;
            let placed = join(&nearly, who, &code, sku, Otherwise::Refund).await.unwrap();
            payment::sandbox::settle_for_demo(&shop, &placed.provider_ref).await.unwrap();
            waiting.push((who, placed));
        }
        let gate = Arc::new(Barrier::new(21));
        let end = later(&shop, DAY);
        let before = later(&shop, DAY - 1);
        let team_id = team_id(&shop, &code).await;
        let mut tasks = Vec::new();
        for (i, (_, placed)) in waiting.iter().enumerate() {
            // Half of the captures are of the last moment, half come after it.
            let (at, placed, gate) = (if i % 2 == 0 { before.clone() } else { end.clone() }, placed.clone(), gate.clone());
            tasks.push(tokio::spawn(async move {
                gate.wait().await;
                told(&at, &placed).await;
            }));
        }
        {
            let (end, gate) = (end.clone(), gate.clone());
            tasks.push(tokio::spawn(async move {
                gate.wait().await;
                group_buy::end(&end, team_id).await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        shop.verify_is_empty().await;
        for _ in 0..4 {
            work(&end).await;
        }
        for (who, placed) in waiting.iter().chain([&(lead, first)]) {
            let (order, seat) = state(&end, *who, placed).await;
            match seat {
                Some(Seat::Refunded) => assert_eq!(order, rule::State::Refunded),
                Some(Seat::Left) => assert_eq!(order, rule::State::Cancelled),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(owed(&shop, "clearing:sandbox").await, 0, "every cent went back");
    }

    async fn a_leader_who_leaves_while_others_join_leaves_a_team_with_a_leader_or_none(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(8), |d| d.units_each = 50).await;
        let mut people = Vec::new();
        for i in 0..6 {
            people.push(buyer(&shop, &format!("p{i}")).await);
        }
        for round in 0..4 {
            let lead = buyer(&shop, &format!("lead{round}")).await;
            let first = opened(&shop, lead, &campaign, sku).await;
            pays(&shop, &first).await;
            let code = team(&shop, lead.0, &first).await;
            let gate = Arc::new(Barrier::new(7));
            let mut tasks = Vec::new();
            for who in &people {
                let (shop, code, gate, who) = (shop.shop.clone(), code.clone(), gate.clone(), *who);
                tasks.push(tokio::spawn(async move {
                    gate.wait().await;
                    match join(&shop, who, &code, sku, Otherwise::Refund).await {
                        Ok(placed) => pays(&shop, &placed).await,
                        Err(error) => assert!(["team_over", "team_full"].contains(&error.code()), "{error}"),
                    }
                }));
            }
            let leaves = { let (shop, gate, first) = (shop.shop.clone(), gate.clone(), first.clone()); tokio::spawn(async move {
                gate.wait().await;
                group_buy::leave(&shop, lead.0, &first.code).await.unwrap();
            }) };
            for task in tasks {
                task.await.unwrap();
            }
            leaves.await.unwrap();
            let view = seen(&shop, lead.0, &code).await;
            match view.team.state {
                State::Forming => assert!(view.team.faces.iter().filter(|f| f.leader).count() == 1, "{:?}", view.team.faces),
                State::Cancelled => assert_eq!(view.team.faces, []),
                other => panic!("{other:?}"),
            }
            shop.verify_is_empty().await;
        }
    }

    async fn pages_hear_of_a_change_and_of_nothing_else(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(3), |_| {}).await;
        let [mei, lei] = [buyer(&shop, "mei").await, buyer(&shop, "lei").await];
        let first = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &first).await;
        let code = team(&shop, mei.0, &first).await;
        let teller = { let shop = shop.shop.clone(); tokio::spawn(async move { group_buy::news::run(&shop).await }) };
        let mut news = shop.kept.teams.listen(code.as_str());
        let next = async |news: &mut tokio::sync::watch::Receiver<Arc<str>>| -> domain::group_buy::TeamView {
            tokio::time::timeout(std::time::Duration::from_secs(5), news.changed()).await.unwrap().unwrap();
            serde_json::from_str(&news.borrow_and_update()).unwrap()
        };
        assert_eq!(next(&mut news).await.seats_taken, 1);
        join(&shop, lei, &code, sku, Otherwise::Refund).await.unwrap();
        assert_eq!(next(&mut news).await.seats_taken, 2);
        teller.abort();
    }
}
