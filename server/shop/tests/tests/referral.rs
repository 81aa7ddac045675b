//! Who brought whom: asked before it counts, bound once, never in a circle, looked at when it is odd, booked once.

use crate::{
    group_buy::pays,
    share::link,
    support::{NOON, TestShop, both, hex},
};
use domain::{
    Code, Lang,
    address::Address,
    id::{AddressId, PersonId, SkuId},
    order::Source,
    referral::{A_MONTH, Decision, Evidence, ReferralsView, Shown, State, Terms, next_month},
    share::{Kind, Touches},
    time::DAY,
};
use shop::{
    Shop, args, inbox,
    order::{self, Placed},
    referral::{self, Answer},
    share, shipment,
};
use std::sync::Arc;
use tokio::sync::Barrier;
use uuid::Uuid;

type Buyer = (PersonId, AddressId);

const TERMS: Terms = Terms { inviter: 500, invited: 300 };

/// Somebody who shares neither an address nor a telephone number with anybody.
async fn buyer(shop: &TestShop, name: &str) -> Buyer {
    let me = shop.quick_person(name).await;
    let digits: u32 = name.bytes().fold(7, |h: u32, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    (me, lives(shop, me, &format!("{name} 12 号"), &format!("138{:08}", digits % 100_000_000)).await)
}

async fn lives(shop: &TestShop, me: PersonId, line: &str, phone: &str) -> AddressId {
    let address = Address {
        recipient: "收件人".into(),
        phone: phone.into(),
        province: "云南省".into(),
        city: "昆明市".into(),
        district: "五华区".into(),
        line: line.into(),
        ..Address::default()
    };
    shop::address::save(shop, me, None, &address, true).await.unwrap()
}

async fn tea(shop: &TestShop) -> SkuId {
    shop.product("tea", "orchard", 2_000, 99).await[0]
}

async fn came_by(shop: &TestShop, inviter: PersonId) -> Touches {
    let code = link(shop, inviter, Kind::Product, "tea", &Touches::default()).await;
    Touches::default().and(code, NOON)
}

/// What somebody says to the question, in which browser.
#[derive(Clone, Copy)]
enum Says {
    Yes(u128),
    No,
    Nothing,
}

/// Places an order and pays it. Whoever is not asked answers a question that was not asked.
async fn orders(shop: &TestShop, who: Buyer, sku: SkuId, came: &Touches, says: Says) -> Placed {
    let key = hex(&shop.rng.bytes::<16>());
    let asked = referral::invitation(shop, who.0, came).await.unwrap().map(|i| i.shown);
    let shown = asked.unwrap_or_else(|| Shown { share: came.first.clone().unwrap().0, terms: TERMS });
    let mut ask = shop.ask(who.0, who.1, Source::Direct { sku, quantity: 1 }, &key).await;
    ask.came_by = came.clone();
    ask.invited = match says {
        Says::Yes(browser) => Some(Answer { accept: true, shown, browser: Some(Uuid::from_u128(browser)) }),
        Says::No => Some(Answer { accept: false, shown, browser: None }),
        Says::Nothing => None,
    };
    let placed = order::place(shop, ask).await.unwrap();
    pays(shop, &placed).await;
    placed
}

async fn keeps(shop: &TestShop, who: Buyer, placed: &Placed) {
    shipment::ship(shop, &placed.code, vec![(0, 1)]).await.unwrap();
    shipment::confirm(shop, who.0, &placed.code).await.unwrap();
    shop.complete(placed).await;
}

/// A whole first order of somebody who was brought, up to the decision.
async fn brought(shop: &TestShop, inviter: PersonId, who: Buyer, sku: SkuId, browser: u128) {
    let came = came_by(shop, inviter).await;
    let placed = orders(shop, who, sku, &came, Says::Yes(browser)).await;
    keeps(shop, who, &placed).await;
    referral::settle(shop, who.0.0).await.unwrap();
}

async fn mine(shop: &Shop, who: PersonId) -> ReferralsView {
    referral::mine(shop, who, "").await.unwrap()
}

async fn told(shop: &TestShop, who: PersonId) -> Vec<(String, Option<i64>)> {
    let all = inbox::list(shop, who, Lang::En, "").await.unwrap().notices;
    all.into_iter().filter(|n| n.kind.starts_with("referral")).map(|n| (n.kind, n.amount)).collect()
}

/// Somebody who was brought and has his points, and brought somebody himself.
pub async fn chain(shop: &TestShop) {
    let sku = tea(shop).await;
    let [first, second, third] = [buyer(shop, "first").await, buyer(shop, "second").await, buyer(shop, "third").await];
    brought(shop, first.0, second, sku, 1).await;
    let came = came_by(shop, second.0).await;
    orders(shop, third, sku, &came, Says::Yes(2)).await;
    assert_eq!((mine(shop, first.0).await.points, mine(shop, second.0).await.invited.len()), (500, 1));
}

both! {
    async fn a_new_shopper_is_asked_bound_and_both_have_their_points_once_the_order_is_kept(shop) {
        let sku = tea(&shop).await;
        let (mei, ana) = (buyer(&shop, "mei").await, buyer(&shop, "ana").await);
        let came = came_by(&shop, mei.0).await;
        let asked = referral::invitation(&shop, ana.0, &came).await.unwrap().unwrap();
        assert_eq!((asked.by.as_str(), asked.shown.terms), ("mei", TERMS));
        let placed = orders(&shop, ana, sku, &came, Says::Yes(1)).await;
        assert_eq!(mine(&shop, mei.0).await.invited[0].state, State::Bound);
        assert_eq!(mine(&shop, ana.0).await.by.map(|b| (b.name, b.may_decline)), Some(("mei".to_owned(), true)));
        referral::settle(&shop, ana.0.0).await.unwrap();
        assert_eq!(mine(&shop, mei.0).await.points, 0, "nothing before the order is kept");
        keeps(&shop, ana, &placed).await;
        assert_eq!(mine(&shop, mei.0).await.invited[0].state, State::Qualified);
        let tries = (0..8).map(|_| { let shop = shop.clone(); tokio::spawn(async move { referral::settle(&shop, ana.0.0).await }) });
        for one in tries.collect::<Vec<_>>() {
            one.await.unwrap().unwrap();
        }
        let view = mine(&shop, mei.0).await;
        assert_eq!((view.points, view.invited[0].state, view.invited[0].name.as_str()), (500, State::Approved, "a**"));
        assert_eq!(mine(&shop, ana.0).await.points, 300);
        assert_eq!(told(&shop, mei.0).await, [("referral_approved".to_owned(), Some(500))]);
        assert_eq!(told(&shop, ana.0).await, [("referral_welcome".to_owned(), Some(300))]);
        assert_eq!(referral::decline(&shop, ana.0).await.unwrap_err().code(), "referral_over");
        assert_eq!(referral::decline(&shop, mei.0).await.unwrap_err().code(), "not_found");
        assert_eq!(referral::invitation(&shop, ana.0, &came).await.unwrap(), None, "not new any more");
    }

    async fn whoever_declines_is_not_asked_again_and_nobody_gets_anything(shop) {
        let sku = tea(&shop).await;
        let (mei, ana, lei) = (buyer(&shop, "mei").await, buyer(&shop, "ana").await, buyer(&shop, "lei").await);
        let came = came_by(&shop, mei.0).await;
        let at_once = orders(&shop, ana, sku, &came, Says::No).await;
        let later = orders(&shop, lei, sku, &came, Says::Yes(2)).await;
        referral::decline(&shop, lei.0).await.unwrap();
        referral::decline(&shop, lei.0).await.unwrap();
        for (who, placed) in [(ana, &at_once), (lei, &later)] {
            keeps(&shop, who, placed).await;
            referral::settle(&shop, who.0.0).await.unwrap();
            assert_eq!(mine(&shop, who.0).await.points, 0);
        }
        let view = mine(&shop, mei.0).await;
        assert_eq!((view.points, view.invited.len(), view.invited[0].state), (0, 1, State::Void), "who declined at once was never bound");
        assert_eq!(mine(&shop, ana.0).await.by, None);
    }

    async fn the_first_link_within_thirty_days_counts_and_ones_own_does_not(shop) {
        let sku = tea(&shop).await;
        let (mei, lei, ana) = (buyer(&shop, "mei").await, buyer(&shop, "lei").await, buyer(&shop, "ana").await);
        let last = link(&shop, lei.0, Kind::Product, "tea", &Touches::default()).await;
        let both = came_by(&shop, mei.0).await.and(last, NOON);
        assert_eq!(referral::invitation(&shop, ana.0, &both).await.unwrap().unwrap().by, "mei");
        assert_eq!(referral::invitation(&shop, mei.0, &both).await.unwrap(), None, "his own");
        let month = crate::after_sale::later(&shop, 30 * DAY);
        assert_eq!(referral::invitation(&month, ana.0, &both).await.unwrap(), None, "too old");
        let nobody = Touches::default().and("111111111111".parse::<Code>().unwrap(), NOON);
        assert_eq!(referral::invitation(&shop, ana.0, &nobody).await.unwrap(), None);
        // An order without an answer binds nobody; neither does an answer to a question that was not asked.
        orders(&shop, ana, sku, &both, Says::Nothing).await;
        orders(&shop, ana, sku, &both, Says::Yes(1)).await;
        orders(&shop, mei, sku, &both, Says::Yes(1)).await;
        assert_eq!((mine(&shop, mei.0).await.invited, mine(&shop, ana.0).await.by), (Vec::new(), None));
        // What is answered is what was shown: another link, other terms, and an order from before the click bind nobody.
        let ben = buyer(&shop, "ben").await;
        for shown in [Shown { share: both.last.clone().unwrap().0, terms: TERMS }, Shown { share: both.first.clone().unwrap().0, terms: Terms { inviter: 1, invited: 1 } }] {
            let mut ask = shop.ask(ben.0, ben.1, Source::Direct { sku, quantity: 1 }, &hex(&shop.rng.bytes::<16>())).await;
            (ask.came_by, ask.invited) = (both.clone(), Some(Answer { accept: true, shown, browser: None }));
            order::place(&shop, ask).await.unwrap();
            assert_eq!(mine(&shop, ben.0).await.by, None);
        }
        // Nothing to get, nothing to ask.
        let settings = shop::Settings { inviter_points: 0, invited_points: 0, ..(*shop.settings).clone() };
        let without = Shop { settings: Arc::new(settings), ..shop.shop.clone() };
        let new = buyer(&shop, "new").await;
        assert_eq!(referral::invitation(&without, new.0, &both).await.unwrap(), None);
    }

    async fn two_who_invite_each_other_at_once_do_not_make_a_circle(shop) {
        let sku = tea(&shop).await;
        for round in 0..6 {
            let (a, b) = (buyer(&shop, &format!("a{round}")).await, buyer(&shop, &format!("b{round}")).await);
            let (by_a, by_b) = (came_by(&shop, a.0).await, came_by(&shop, b.0).await);
            let start = Arc::new(Barrier::new(2));
            let race = [(a, by_b), (b, by_a)].map(|(who, came)| {
                let (shop, start) = (shop.clone(), start.clone());
                tokio::spawn(async move {
                    start.wait().await;
                    orders(&shop, who, sku, &came, Says::Yes(who.0.0.as_u128())).await;
                })
            });
            for one in race {
                one.await.unwrap();
            }
            let bound = mine(&shop, a.0).await.invited.len() + mine(&shop, b.0).await.invited.len();
            assert_eq!(bound, 1, "one of them was second");
        }
    }

    async fn a_home_or_a_browser_in_common_is_looked_at_by_the_shop(shop) {
        let sku = tea(&shop).await;
        let mei = buyer(&shop, "mei").await;
        // Her browser is known since she shared.
        share::open(&shop, mei.0, Kind::Product, "tea", &Touches::default(), Some(Uuid::from_u128(77))).await.unwrap();
        let (same_home, same_browser, cousin) = (shop.quick_person("one").await, buyer(&shop, "two").await, buyer(&shop, "three").await);
        let same_home = (same_home, lives(&shop, same_home, "MEI １２号", "13911112222").await);
        brought(&shop, mei.0, same_home, sku, 1).await;
        brought(&shop, mei.0, same_browser, sku, 77).await;
        // Shares a browser with somebody else who was brought, by somebody else.
        let other = buyer(&shop, "other").await;
        let cousin = (cousin.0, lives(&shop, cousin.0, "elsewhere 3", "+8613911112222").await);
        brought(&shop, other.0, cousin, sku, 1).await;
        let found = referral::flagged(&shop).await.unwrap();
        let evidence: Vec<_> = found.iter().map(|f| (f.inviter.as_str(), f.invited.as_str(), f.evidence)).collect();
        for expected in [
            ("mei", "one", Evidence { household: true, device: false }),
            ("mei", "two", Evidence { household: false, device: true }),
            ("other", "three", Evidence { household: true, device: true }),
        ] {
            assert!(evidence.contains(&expected), "{expected:?}: {evidence:?}");
        }
        assert_eq!((found.len(), mine(&shop, mei.0).await.points), (3, 0));
        let [one, two] = [same_home.0, same_browser.0];
        let ops = shop.quick_person("ops").await;
        assert_eq!(referral::decide(&shop, mei.0, one, Decision::Approve).await.unwrap_err().code(), "forbidden", "nobody decides about his own");
        assert_eq!(referral::decide(&shop, one, one, Decision::Approve).await.unwrap_err().code(), "forbidden");
        referral::decide(&shop, ops, one, Decision::Approve).await.unwrap();
        referral::decide(&shop, ops, one, Decision::Approve).await.unwrap();
        referral::decide(&shop, ops, two, Decision::Refuse).await.unwrap();
        assert_eq!(referral::decide(&shop, ops, one, Decision::Refuse).await.unwrap_err().code(), "referral_over");
        assert_eq!(referral::decide(&shop, ops, two, Decision::Approve).await.unwrap_err().code(), "referral_over");
        assert_eq!(referral::decide(&shop, ops, mei.0, Decision::Approve).await.unwrap_err().code(), "not_found");
        assert_eq!((mine(&shop, mei.0).await.points, mine(&shop, one).await.points, mine(&shop, two).await.points), (500, 300, 0));
        let told = told(&shop, mei.0).await;
        assert!(told.contains(&("referral_refused".to_owned(), None)), "{told:?}");
        assert_eq!(referral::flagged(&shop).await.unwrap().len(), 1);
    }

    async fn the_thirty_first_of_a_month_waits_for_the_next_one(shop) {
        let sku = tea(&shop).await;
        let mei = buyer(&shop, "mei").await;
        for i in 0..A_MONTH {
            let who = buyer(&shop, &format!("friend{i}")).await;
            brought(&shop, mei.0, who, sku, u128::try_from(i).unwrap() + 100).await;
        }
        assert_eq!(mine(&shop, mei.0).await.points, A_MONTH * 500);
        let late = buyer(&shop, "late").await;
        brought(&shop, mei.0, late, sku, 999).await;
        assert_eq!(mine(&shop, mei.0).await.invited.iter().filter(|i| i.state == State::Qualified).count(), 1);
        let at = next_month(NOON, shop.settings.utc_offset_minutes);
        shop::row! {
            struct Due {
                n: i64,
            }
        }
        let due: Due = shop.db.fetch_one("SELECT COUNT(*) AS n FROM job WHERE kind = 'referral' AND run_at = $1", args![at]).await.unwrap();
        assert_eq!(due.n, 1, "asked again when the month begins");
        let then = crate::after_sale::later(&shop, at - NOON);
        referral::settle(&then, late.0.0).await.unwrap();
        assert_eq!(mine(&shop, mei.0).await.points, (A_MONTH + 1) * 500);
    }

    async fn an_order_that_went_back_does_not_count_and_the_next_one_that_is_kept_does(shop) {
        let sku = tea(&shop).await;
        let (mei, ana) = (buyer(&shop, "mei").await, buyer(&shop, "ana").await);
        let came = came_by(&shop, mei.0).await;
        let first = orders(&shop, ana, sku, &came, Says::Yes(1)).await;
        let wish = shop::after_sale::Wish {
            me: ana.0,
            order: first.code.clone(),
            kind: domain::after_sale::Kind::Cancel,
            reason: "changed_mind".into(),
            text: String::new(),
            units: vec![shop::after_sale::Units::of(0, 1)],
            key: "cancel0cancel0cancel0".into(),
        };
        shop::after_sale::open(&shop, wish.clone()).await.unwrap();
        shop.complete(&first).await;
        assert_eq!(mine(&shop, mei.0).await.invited[0].state, State::Bound);
        // Everything came back but what the delivery cost.
        let far = orders(&shop, ana, sku, &came, Says::Nothing).await;
        shipment::ship(&shop, &far.code, vec![(0, 1)]).await.unwrap();
        shipment::confirm(&shop, ana.0, &far.code).await.unwrap();
        let all = shop::after_sale::Wish { order: far.code.clone(), kind: domain::after_sale::Kind::Refund, reason: "damaged".into(), key: "refund0refund0refund0".into(), ..wish };
        let case = shop::after_sale::open(&shop, all).await.unwrap();
        shop::after_sale::act(&shop, shop::after_sale::Who::Shop, &case, domain::after_sale::Act::Approve, "").await.unwrap();
        shop.complete(&far).await;
        assert_eq!(mine(&shop, mei.0).await.invited[0].state, State::Bound);
        let second = orders(&shop, ana, sku, &came, Says::Nothing).await;
        keeps(&shop, ana, &second).await;
        referral::settle(&shop, ana.0.0).await.unwrap();
        assert_eq!((mine(&shop, mei.0).await.points, mine(&shop, ana.0).await.points), (500, 300));
    }
}
