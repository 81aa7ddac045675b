//! Coupons: who gets one, what it takes off to the cent, and that it is spent once and by nobody else.

use crate::{
    live::{On, code, later, on},
    support::{TestShop, both, hex},
};
use domain::{
    Code, Currency, Lang,
    after_sale::Kind,
    coupon::{DROP_SHOWN, Draft, Off, Pick, State, Terms, Wanted, Way, Why},
    id::{GrantId, PersonId, SkuId},
    order::Source,
    time::{DAY, MINUTE},
};
use shop::{
    after_sale, cart, coupon, live,
    order::{self, Place, Placed},
    settlement, shipment,
};

/// Ten of a coupon of 10.00 for everything, one each.
fn draft(way: Way) -> Draft {
    let terms = Terms { currency: Currency::Cny, off: Off::Amount(1_000), least: 0, merchant: None, product: None };
    Draft { terms, way, word: "tea2026".to_owned(), quota: 10, each: 1, days: 7, lasts: 3 }
}

fn of_merchant(merchant: &str, off: i64) -> Draft {
    let mut draft = draft(Way::Open);
    draft.terms.merchant = Some(merchant.to_owned());
    draft.terms.off = Off::Amount(off);
    draft
}

async fn made(shop: &TestShop, draft: Draft) -> Code {
    let by = PersonId(uuid::Uuid::from_u128(1));
    coupon::create(shop, by, draft, &hex(&shop.rng.bytes::<16>())).await.unwrap()
}

async fn mine(shop: &shop::Shop, me: PersonId) -> Vec<(State, GrantId)> {
    let page = coupon::page(shop, Lang::En, Some(me)).await.unwrap();
    page.mine.iter().chain(&page.past).map(|g| (g.state, g.grant)).collect()
}

/// What somebody who saw the page with the best of his coupons sends.
async fn ask(shop: &TestShop, me: PersonId, source: Source) -> Place {
    let address = shop.address(me).await;
    let seen =
        order::checkout(shop, me, Lang::En, &source, order::Choice::to(address), &domain::share::Touches::default())
            .await
            .unwrap();
    let shown = seen.price.unwrap();
    let of = |class| {
        let taken = seen.coupons.iter().find(|c| c.takes.is_some() && c.coupon.terms.class() == class);
        taken.map_or(Pick::None, |c| Pick::This(c.grant))
    };
    assert_eq!(seen.off.iter().sum::<i64>(), shown.discount, "what each line is cheaper by");
    Place {
        coupons: Wanted { product: of(domain::coupon::Class::Product), shop: of(domain::coupon::Class::Shop) },
        shown_total: shown.total,
        ..shop.ask(me, address, source, &hex(&shop.rng.bytes::<16>())).await
    }
}

async fn bought(shop: &TestShop, me: PersonId, sku: SkuId, quantity: i64) -> Placed {
    let ask = ask(shop, me, Source::Direct { sku, quantity }).await;
    let placed = order::place(shop, ask).await.unwrap();
    shop.capture(me, &placed).await;
    placed
}

async fn cancelled(shop: &TestShop, me: PersonId, placed: &Placed, position: i64, quantity: i64) -> i64 {
    let wish = after_sale::Wish {
        me,
        order: placed.code.clone(),
        kind: Kind::Cancel,
        reason: "changed_mind".into(),
        text: String::new(),
        units: vec![after_sale::Units::of(position, quantity)],
        key: hex(&shop.rng.bytes::<16>()),
    };
    let case = after_sale::open(shop, wish).await.unwrap();
    after_sale::show(shop, after_sale::Who::Buyer(me), Lang::En, &case).await.unwrap().amount
}

/// The hold of an order has run out.
async fn expired(late: &shop::Shop, placed: &Placed) {
    shop::row! {
        struct Row {
            id: uuid::Uuid,
        }
    }
    let row: Row =
        late.db.fetch_one("SELECT id FROM orders WHERE code = $1", shop::args![placed.code.as_str()]).await.unwrap();
    assert!(order::expire(late, row.id).await.unwrap());
}

/// Coupons that wait, are in an order, were paid with and are handed out, for the corruptions.
pub async fn spent(shop: &TestShop) {
    let sku = shop.product("couponed", "couponer", 2_000, 9).await[0];
    let open = made(shop, Draft { each: 3, ..draft(Way::Open) }).await;
    let me = shop.quick_person("couponist").await;
    for had in 0..3 {
        coupon::take(shop, me, &open, had).await.unwrap();
    }
    let placed = bought(shop, me, sku, 1).await;
    let waits = ask(shop, me, Source::Direct { sku, quantity: 1 }).await;
    order::place(shop, waits).await.unwrap();
    shipment::ship(shop, &placed.code, vec![(0, 1)]).await.unwrap();
    shipment::confirm(shop, me, &placed.code).await.unwrap();
    shop.complete(&placed).await;
    let host = shop.quick_person("drophost").await;
    crate::live::hosts(shop, host).await;
    let On { room, .. } = crate::live::on_of(shop, host, "dropped", 5).await;
    let rooms = made(shop, draft(Way::Room)).await;
    coupon::open(shop, host, &room, &rooms, 4, 1).await.unwrap();
}

both! {
    async fn three_units_with_ten_off_are_ten_cheaper_and_each_gives_back_what_it_was_paid_with(shop) {
        let me = shop.quick_person("me").await;
        let sku = shop.product("pot", "kiln", 10_000, 9).await[0];
        let coupon = made(&shop, draft(Way::Open)).await;
        coupon::take(&shop, me, &coupon, 0).await.unwrap();
        let placed = bought(&shop, me, sku, 3).await;
        let view = order::show(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!((view.price.goods, view.price.discount), (30_000, 1_000));
        assert_eq!(view.price.total, 30_000 + view.price.shipping - 1_000);
        let lines: Vec<_> = view.lines.iter().map(|l| (l.quantity, l.unit_price, l.total)).collect();
        assert_eq!(lines, [(3, 10_000, 30_000)], "one line, as it was asked for");
        assert_eq!(mine(&shop, me).await[0].0, State::Used);
        assert_eq!(order::list(&shop, me, Lang::En, order::Tab::All, "", None).await.unwrap().orders[0].lines.len(), 1);
        shop.verify_is_empty().await;
        let units: Vec<_> = after_sale::wishes(&shop, me, Lang::En, &placed.code).await.unwrap().lines.iter().map(|l| (l.unit_price, l.unsent)).collect();
        assert_eq!(units, [(9_667, 2), (9_666, 1)]);
        assert_eq!(cancelled(&shop, me, &placed, 0, 1).await, 9_667);
        assert_eq!(cancelled(&shop, me, &placed, 1, 1).await, 9_666);
        let rest = cancelled(&shop, me, &placed, 0, 1).await;
        assert_eq!(9_667 + 9_666 + rest, view.price.total, "the last one brings the delivery back");
    }

    async fn what_the_platform_gives_it_pays_and_what_a_merchant_gives_is_his(shop) {
        let me = shop.quick_person("me").await;
        let pot = shop.product("pot", "kiln", 10_000, 9).await[0];
        let tea = shop.product("tea", "orchard", 10_000, 9).await[0];
        for coupon in [made(&shop, draft(Way::Open)).await, made(&shop, Draft { terms: Terms { product: Some("tea".into()), ..of_merchant("orchard", 2_000).terms }, ..draft(Way::Open) }).await] {
            coupon::take(&shop, me, &coupon, 0).await.unwrap();
        }
        cart::add(&shop, me.0, pot, 2.try_into().unwrap(), None).await.unwrap();
        cart::add(&shop, me.0, tea, 1.try_into().unwrap(), None).await.unwrap();
        let asked = ask(&shop, me, Source::Cart).await;
        let placed = order::place(&shop, asked).await.unwrap();
        shop.capture(me, &placed).await;
        let view = order::show(&shop, me, Lang::En, &placed.code).await.unwrap();
        // 20.00 of the tea by the orchard; then 10.00 of 280.00 by the platform, by price.
        assert_eq!(view.price.discount, 3_000);
        let ship = order::waiting_to_ship(&shop, Lang::En, "", "").await.unwrap().orders.remove(0);
        for line in &ship.lines {
            shipment::ship(&shop, &placed.code, vec![(line.position, line.left)]).await.unwrap();
        }
        shipment::confirm(&shop, me, &placed.code).await.unwrap();
        // One pot goes back: the platform pays nothing for it.
        let pots: Vec<_> = ship.lines.iter().filter(|l| l.merchant == "kiln" || l.title.contains("pot")).collect();
        let wish = after_sale::Wish {
            me, order: placed.code.clone(), kind: Kind::Refund, reason: "damaged".into(), text: String::new(),
            units: vec![after_sale::Units::of(pots[0].position, 1)], key: hex(&shop.rng.bytes::<16>()),
        };
        let case = after_sale::open(&shop, wish).await.unwrap();
        after_sale::act(&shop, after_sale::Who::Shop, &case, domain::after_sale::Act::Approve, "").await.unwrap();
        shop::payment::sandbox::settle_for_demo(&shop, &placed.provider_ref).await.unwrap();
        crate::after_sale::provider(&shop).await;
        shop.complete(&placed).await;
        let of = async |merchant: &str| {
            let view = settlement::statement(&shop, Lang::En, merchant, "").await.unwrap();
            (view.settled[0].share, view.settled[0].subsidy, view.standings.iter().find(|s| s.merchant == merchant).map_or(0, |s| s.owed), view.books[0].clone())
        };
        let (kiln, paid, owed, _) = of("kiln").await;
        let pot_off = 10_000 - kiln.refunded;
        assert!((350..=360).contains(&pot_off), "about 3.57 of the platform's ten is a pot's: {pot_off}");
        assert_eq!((kiln.fee, owed), ((10_000 - paid) * 5 / 100, kiln.net + paid));
        assert!((paid - pot_off).abs() <= 1, "for the one that stayed");
        let (orchard, paid, owed, books) = of("orchard").await;
        assert_eq!(owed, orchard.net + paid);
        assert!((280..=290).contains(&paid), "2.86 of the platform's; the orchard's own twenty are its own: {paid}");
        assert_eq!(books.held, books.pending + books.owed + books.shoppers + books.creators + books.fees);
    }

    async fn a_coupon_is_locked_by_an_order_comes_back_with_it_and_is_used_once_that_is_paid(shop) {
        let me = shop.quick_person("me").await;
        let sku = shop.product("pot", "kiln", 10_000, 9).await[0];
        let coupon = made(&shop, draft(Way::Open)).await;
        coupon::take(&shop, me, &coupon, 0).await.unwrap();
        let source = Source::Direct { sku, quantity: 1 };
        let (first, second) = (ask(&shop, me, source.clone()).await, ask(&shop, me, source.clone()).await);
        let placed = order::place(&shop, first.clone()).await.unwrap();
        assert_eq!(order::place(&shop, first).await.unwrap(), placed, "sent twice is one order");
        assert_eq!(mine(&shop, me).await[0].0, State::Locked);
        assert_eq!(code(order::place(&shop, second.clone())).await, "coupon_gone");
        let seen = ask(&shop, me, source.clone()).await;
        assert_eq!(seen.coupons, Wanted::NOTHING, "nothing is offered that is in an order");
        order::cancel(&shop, me, &placed.code).await.unwrap();
        assert_eq!(mine(&shop, me).await[0].0, State::Free);
        shop.verify_is_empty().await;
        let again = order::place(&shop, second).await.unwrap();
        let late = later(&shop, 16 * MINUTE);
        expired(&late, &again).await;
        assert_eq!(mine(&shop, me).await[0].0, State::Free);
        let third = ask(&shop, me, source.clone()).await;
        let paid = order::place(&shop, third).await.unwrap();
        shop.capture(me, &paid).await;
        assert_eq!(mine(&shop, me).await[0].0, State::Used);
        assert_eq!(order::show(&shop, me, Lang::En, &paid.code).await.unwrap().price.discount, 1_000);
        // Another's is nobody's.
        let other = shop.quick_person("other").await;
        let theirs = Place { coupons: Wanted { product: Pick::None, shop: Pick::This(mine(&shop, me).await[0].1) }, ..ask(&shop, other, source).await };
        assert_eq!(code(order::place(&shop, theirs)).await, "coupon_gone");
    }

    async fn one_coupon_in_two_orders_at_once_is_in_one(shop) {
        let me = shop.quick_person("me").await;
        let sku = shop.product("pot", "kiln", 10_000, 40).await[0];
        let coupon = made(&shop, draft(Way::Open)).await;
        coupon::take(&shop, me, &coupon, 0).await.unwrap();
        let mut asks = Vec::new();
        for _ in 0..8 {
            asks.push(ask(&shop, me, Source::Direct { sku, quantity: 1 }).await);
        }
        let all: Vec<_> = asks.into_iter().map(|ask| { let shop = shop.shop.clone(); tokio::spawn(async move { order::place(&shop, ask).await.map_err(|e| e.code().to_owned()) }) }).collect();
        let (mut placed, mut gone) = (0, 0);
        for one in all {
            match one.await.unwrap() {
                Ok(_) => placed += 1,
                Err(code) => { assert_eq!(code, "coupon_gone"); gone += 1; }
            }
        }
        assert_eq!((placed, gone), (1, 7));
    }

    async fn a_hundred_who_tap_twice_at_once_get_the_ten_that_there_are_one_each(shop) {
        let coupon = made(&shop, draft(Way::Open)).await;
        let mut all = Vec::new();
        let mut people = Vec::new();
        for i in 0..100 {
            let who = shop.quick_person(&format!("taps{i}")).await;
            people.push(who);
            for _ in 0..2 {
                let (shop, coupon) = (shop.shop.clone(), coupon.clone());
                all.push(tokio::spawn(async move { coupon::take(&shop, who, &coupon, 0).await.map_err(|e| e.code().to_owned()) }));
            }
        }
        for one in all {
            if let Err(code) = one.await.unwrap() {
                assert_eq!(code, "coupon_over");
            }
        }
        let mut got = 0;
        for who in &people {
            let n = mine(&shop, *who).await.len();
            assert!(n <= 1);
            got += n;
        }
        assert_eq!(got, 10);
        assert!(coupon::page(&shop, Lang::En, None).await.unwrap().offers.is_empty(), "what is gone is not offered");
    }

    async fn as_many_as_one_may_have_and_asking_twice_takes_one(shop) {
        let me = shop.quick_person("me").await;
        let coupon = made(&shop, Draft { each: 2, ..draft(Way::Open) }).await;
        for had in [0, 0, 1, 1] {
            coupon::take(&shop, me, &coupon, had).await.unwrap();
        }
        assert_eq!(mine(&shop, me).await.len(), 2);
        assert_eq!(code(coupon::take(&shop, me, &coupon, 2)).await, "coupon_each");
        let offers = coupon::page(&shop, Lang::En, Some(me)).await.unwrap().offers;
        assert_eq!((offers[0].had, offers[0].each, offers[0].remains), (2, 2, 8));
        let late = later(&shop, 3 * DAY);
        assert!(mine(&late, me).await.iter().all(|(state, _)| *state == State::Expired), "good for three days");
        coupon::stop(&shop, &coupon).await.unwrap();
        let other = shop.quick_person("other").await;
        assert_eq!(code(coupon::take(&shop, other, &coupon, 0)).await, "coupon_over");
        let kept = mine(&shop, me).await;
        assert!(kept.iter().all(|(state, _)| *state == State::Free), "what one has stays good");
        assert_eq!(code(coupon::stop(&shop, &shop.rng.code())).await, "not_found");
    }

    async fn a_word_gets_one_however_it_is_written_and_no_second_while_one_is_free(shop) {
        let me = shop.quick_person("me").await;
        let coupon = made(&shop, Draft { each: 2, ..draft(Way::Word) }).await;
        assert_eq!(code(coupon::take_word(&shop, me, "tea")).await, "coupon_unknown");
        assert_eq!(code(coupon::take_word(&shop, me, "tea2025")).await, "coupon_unknown");
        coupon::take_word(&shop, me, " Tea2026 ").await.unwrap();
        coupon::take_word(&shop, me, "TEA2026").await.unwrap();
        assert_eq!(mine(&shop, me).await.len(), 1);
        assert_eq!(code(coupon::take(&shop, me, &coupon, 0)).await, "not_found", "it is got by its word");
        let by = shop.quick_person("by").await;
        let key = hex(&shop.rng.bytes::<16>());
        assert_eq!(code(coupon::create(&shop, by, draft(Way::Word), &key)).await, "coupon_word_taken");
        let sku = shop.product("pot", "kiln", 10_000, 9).await[0];
        bought(&shop, me, sku, 1).await;
        coupon::take_word(&shop, me, "tea2026").await.unwrap();
        assert_eq!(mine(&shop, me).await.len(), 2, "one that was used makes room");
        bought(&shop, me, sku, 1).await;
        assert_eq!(code(coupon::take_word(&shop, me, "tea2026")).await, "coupon_each");
    }

    async fn the_page_says_why_one_takes_nothing_off_and_what_could_be_chosen(shop) {
        let me = shop.quick_person("me").await;
        let sku = shop.product("pot", "kiln", 10_000, 9).await[0];
        shop.product("tea", "orchard", 10_000, 9).await;
        let less = Draft { terms: Terms { off: Off::Percent { bp: 500, most: 9_000 }, ..draft(Way::Open).terms }, ..draft(Way::Open) };
        let far = Draft { terms: Terms { least: 25_000, ..draft(Way::Open).terms }, ..draft(Way::Open) };
        for (lasts, draft) in (3..).zip([draft(Way::Open), less, far, of_merchant("orchard", 500)]) {
            let coupon = made(&shop, Draft { lasts, ..draft }).await;
            coupon::take(&shop, me, &coupon, 0).await.unwrap();
        }
        let address = shop.address(me).await;
        let seen = async |source: &Source, coupons: Wanted| {
            let choice = order::Choice { coupons, ..order::Choice::to(address) };
            order::checkout(&shop, me, Lang::En, source, choice, &domain::share::Touches::default()).await.unwrap()
        };
        let source = Source::Direct { sku, quantity: 2 };
        let best = seen(&source, Wanted::default()).await;
        let said: Vec<_> = best.coupons.iter().map(|c| (c.takes, c.why)).collect();
        assert_eq!(said, [(Some(1_000), None), (None, None), (None, Some(Why::Least(5_000))), (None, Some(Why::Other))]);
        let other = seen(&source, Wanted { product: Pick::Best, shop: Pick::This(best.coupons[1].grant) }).await;
        assert_eq!((other.price.as_ref().unwrap().discount, other.coupons[1].takes), (1_000, Some(1_000)));
        assert_eq!(seen(&source, Wanted::NOTHING).await.price.unwrap().discount, 0);
        let (campaign, team) = crate::group_buy::campaign(&shop, crate::group_buy::by_heads(2), |_| {}).await;
        let team = seen(&Source::Open { campaign, sku: team, quantity: 1 }, Wanted::default()).await;
        assert_eq!(team.price.unwrap().discount, 0);
        assert!(team.coupons.iter().all(|c| c.why == Some(Why::Price)));
    }

    async fn only_the_shop_says_what_a_coupon_is_for(shop) {
        let by = shop.quick_person("by").await;
        shop.product("pot", "kiln", 10_000, 9).await;
        let key = || hex(&shop.rng.bytes::<16>());
        assert_eq!(code(coupon::create(&shop, by, of_merchant("nobody", 5), &key())).await, "coupon_of");
        let mut foreign = draft(Way::Open);
        foreign.terms.product = Some("pot".into());
        // Who pays for it is said, and is whose it is.
        shop.product("other", "rival", 10_000, 9).await;
        for merchant in [None, Some("rival".to_owned())] {
            foreign.terms.merchant = merchant;
            assert_eq!(code(coupon::create(&shop, by, foreign.clone(), &key())).await, "coupon_of");
        }
        foreign.terms.merchant = Some("kiln".into());
        foreign.terms.currency = Currency::Eur;
        assert_eq!(code(coupon::create(&shop, by, foreign.clone(), &key())).await, "coupon_currency");
        foreign.terms.currency = Currency::Cny;
        let once = key();
        let made = coupon::create(&shop, by, foreign.clone(), &once).await.unwrap();
        assert_eq!(coupon::create(&shop, by, foreign, &once).await.unwrap(), made, "sent twice is one");
        let page = coupon::list(&shop, Lang::En, "").await.unwrap();
        assert_eq!((page.coupons.len(), page.coupons[0].coupon.terms.merchant.as_deref()), (1, Some("kiln")));
        assert!(page.merchants.iter().any(|(slug, _)| slug == "kiln"));
        let me = shop.quick_person("me").await;
        coupon::take(&shop, me, &made, 0).await.unwrap();
        let sku = shop.skus("pot").await[0];
        bought(&shop, me, sku, 1).await;
        let counted = &coupon::list(&shop, Lang::En, "").await.unwrap().coupons[0];
        assert_eq!((counted.remains, counted.free, counted.locked, counted.used, counted.took), (9, 0, 0, 1, 1_000));
        let product = shop::catalog::product(&shop, Lang::En, "pot").await.unwrap().unwrap().id;
        let offers = coupon::of_product(&shop, Lang::En, Some(me), product).await.unwrap();
        assert_eq!((&offers[0].coupon.code, offers[0].had), (&made, 1));
        assert_eq!(coupon::of_product(&shop, Lang::En, None, product).await.unwrap()[0].had, 0);
    }

    async fn a_hundred_in_a_room_get_what_the_host_hands_out_and_the_rest_goes_back(shop) {
        let On { host, room, sku } = on(&shop, 50).await;
        let coupon = made(&shop, Draft { quota: 60, ..draft(Way::Room) }).await;
        let other = shop.quick_person("other").await;
        assert_eq!(code(coupon::open(&shop, other, &room, &coupon, 10, 1)).await, "not_found");
        assert_eq!(code(coupon::open(&shop, host, &room, &coupon, 61, 1)).await, "drop_units");
        assert_eq!(code(coupon::open(&shop, host, &room, &coupon, 10, 3)).await, "bad_request");
        let open = made(&shop, draft(Way::Open)).await;
        assert_eq!(code(coupon::open(&shop, host, &room, &open, 10, 1)).await, "not_found", "it is not for rooms");
        shop.product("pot", "kiln", 10_000, 9).await;
        let away = made(&shop, Draft { way: Way::Room, ..of_merchant("kiln", 500) }).await;
        assert_eq!(code(coupon::open(&shop, host, &room, &away, 10, 1)).await, "coupon_not_here");
        let drop = coupon::open(&shop, host, &room, &coupon, 40, 1).await.unwrap();
        assert_eq!(code(coupon::open(&shop, host, &room, &coupon, 5, 1)).await, "drop_runs");
        assert_eq!(code(coupon::take_drop(&shop, host, &drop)).await, "coupon_own");
        let mut all = Vec::new();
        for i in 0..100 {
            let who = shop.quick_person(&format!("catch{i}")).await;
            for _ in 0..2 {
                let (shop, drop) = (shop.shop.clone(), drop.clone());
                all.push(tokio::spawn(async move { (who, coupon::take_drop(&shop, who, &drop).await.map_err(|e| e.code().to_owned())) }));
            }
        }
        let mut got = std::collections::BTreeSet::new();
        for one in all {
            match one.await.unwrap() {
                (who, Ok(())) => { got.insert(who); }
                (_, Err(code)) => assert_eq!(code, "drop_gone"),
            }
        }
        assert_eq!(got.len(), 40, "forty, and nobody twice");
        shop.verify_is_empty().await;
        let me = *got.first().unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker { me: Some(me), staff: false, decides: false }, &room).await.unwrap();
        let fact = view.facts.drop.unwrap();
        assert_eq!((fact.quota, fact.remains, fact.over, view.dropped), (40, 0, false, true));
        // It takes something off the price of the room.
        let source = live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
        let asked = ask(&shop, me, source).await;
        let placed = order::place(&shop, asked).await.unwrap();
        let price = order::show(&shop, me, Lang::En, &placed.code).await.unwrap().price;
        assert_eq!((price.goods, price.discount), (800, 799), "a unit still costs a cent");
        assert!(!coupon::close(&shop, &drop).await.unwrap(), "not before its time");
        let over = later(&shop, MINUTE);
        assert!(coupon::close(&over, &drop).await.unwrap());
        assert!(!coupon::close(&over, &drop).await.unwrap(), "once");
        assert!(live::show(&over, Lang::En, shop::live::Looker::default(), &room).await.unwrap().facts.drop.unwrap().over);
        let gone = later(&shop, MINUTE + DROP_SHOWN);
        assert!(live::show(&gone, Lang::En, shop::live::Looker::default(), &room).await.unwrap().facts.drop.is_none());
        // What nobody takes goes back, also when the room ends.
        let second = coupon::open(&over, host, &room, &coupon, 20, 1).await.unwrap();
        assert_eq!(coupon::list(&shop, Lang::En, "").await.unwrap().coupons.iter().find(|c| c.way == Way::Room && c.quota == 60).unwrap().remains, 0);
        live::end(&over, host, false, &room).await.unwrap();
        assert_eq!(coupon::list(&shop, Lang::En, "").await.unwrap().coupons.iter().find(|c| c.way == Way::Room && c.quota == 60).unwrap().remains, 20);
        assert_eq!(code(coupon::take_drop(&over, other, &second)).await, "drop_over");
    }
}
