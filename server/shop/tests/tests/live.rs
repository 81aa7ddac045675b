//! Live rooms: their life, their lines, what they sell at which price, and what open pages hear.

use crate::support::{NOON, TestShop, both, hex};
use domain::{
    Code, Lang,
    account::Role,
    id::{PersonId, SkuId},
    live::{Frame, GRACE, Lines, PROMISE, SILENT, State},
    moderation::{Decision, Kind, Reason, Sanction},
    order::Source,
    time::{DAY, MINUTE, SECOND},
};
use shop::{
    Clock, live,
    moderation::{self, Verdict},
    order,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

pub fn later(shop: &TestShop, by: i64) -> shop::Shop {
    shop::Shop { clock: Clock::still(NOON + by), ..shop.shop.clone() }
}

pub async fn code<T>(result: impl Future<Output = shop::Result<T>>) -> String {
    result.await.err().map_or("ok".to_owned(), |e| e.code().to_owned())
}

pub async fn hosts(shop: &TestShop, who: PersonId) {
    shop.execute("UPDATE person SET role = 'host' WHERE id = $1", shop::args![who]).await;
}

/// Somebody who may host.
async fn host(shop: &TestShop) -> PersonId {
    let host = shop.quick_person("host").await;
    hosts(shop, host).await;
    host
}

pub struct On {
    pub host: PersonId,
    pub room: Code,
    pub sku: SkuId,
}

/// A room that is on and sells one thing of 1000 for 800, of which there are `stock`.
pub async fn on(shop: &TestShop, stock: i64) -> On {
    let host = host(shop).await;
    on_of(shop, host, "tea", stock).await
}

/// A room of somebody's, that sells a product of that name.
pub async fn on_of(shop: &TestShop, host: PersonId, slug: &str, stock: i64) -> On {
    let sku = shop.product(slug, "m", 1000, stock).await[0];
    let room = live::open(shop, host, "  Tea   tonight ", None).await.unwrap();
    live::put(shop, host, &room, slug, "2").await.unwrap();
    assert!(live::began(shop, &room).await.unwrap());
    On { host, room, sku }
}

/// A room with lines and something explained, for the corruptions.
pub async fn explained(shop: &TestShop) {
    let host = shop.quick_person("livehost").await;
    hosts(shop, host).await;
    shop.product("livetea", "m", 1000, 5).await;
    let room = live::open(shop, host, "Tea", None).await.unwrap();
    live::put(shop, host, &room, "livetea", "2").await.unwrap();
    live::began(shop, &room).await.unwrap();
    live::explain(shop, host, &room, Some(1)).await.unwrap();
    live::say(shop, host, &room, "Welcome").await.unwrap();
    crate::desk::busy(shop, host, &room).await;
}

both! {
    async fn a_room_begins_with_pictures_pauses_without_them_and_ends_once(shop) {
        let (host, other) = (host(&shop).await, shop.quick_person("other").await);
        assert_eq!(code(live::open(&shop, host, "  ", None)).await, "room_title");
        assert_eq!(code(live::open(&shop, host, "x", Some(NOON - 1))).await, "room_time");
        assert_eq!(code(live::open(&shop, host, "x", Some(NOON + 61 * DAY))).await, "room_time");
        let room = live::open(&shop, host, "Tea", Some(NOON + DAY)).await.unwrap();
        assert!(!live::stopped(&shop, &room).await.unwrap());
        assert!(live::began(&shop, &room).await.unwrap());
        assert!(!live::began(&shop, &room).await.unwrap(), "it is on already");
        assert!(live::stopped(&later(&shop, MINUTE), &room).await.unwrap());
        // He comes back in time; the job of the first pause ends nothing.
        assert!(live::began(&later(&shop, 2 * MINUTE), &room).await.unwrap());
        assert!(!live::end_left(&later(&shop, MINUTE + GRACE), &room).await.unwrap());
        assert!(live::stopped(&later(&shop, 5 * MINUTE), &room).await.unwrap());
        assert!(!live::end_left(&later(&shop, 5 * MINUTE + GRACE - 1), &room).await.unwrap());
        assert_eq!(code(live::end(&shop, other, false, &room)).await, "not_found");
        assert!(live::end_left(&later(&shop, 5 * MINUTE + GRACE), &room).await.unwrap());
        assert!(!live::end(&shop, host, false, &room).await.unwrap());
        assert!(!live::began(&shop, &room).await.unwrap(), "what is over does not begin again");
        let view = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap();
        assert_eq!(view.lines.iter().map(|l| l.kind.name()).collect::<Vec<_>>(), ["begun", "paused", "begun", "paused", "ended"]);
        assert_eq!((view.facts.state, view.shows, view.began_at), (State::Ended, false, Some(NOON)));
        for _ in 0..domain::live::MAX_OPEN {
            live::open(&shop, other, "x", None).await.unwrap();
        }
        assert_eq!(code(live::open(&shop, other, "x", None)).await, "too_many_rooms");
    }

    async fn who_asked_for_it_and_who_follows_is_told_once_that_a_room_begins(shop) {
        let host = host(&shop).await;
        let (asked, fan, both, blocked, other) = (
            shop.quick_person("asked").await, shop.quick_person("fan").await, shop.quick_person("both").await,
            shop.quick_person("blocked").await, shop.quick_person("other").await,
        );
        let room = live::open(&shop, host, "Tea", Some(NOON + DAY)).await.unwrap();
        for who in [asked, both, blocked, other] {
            live::remind(&shop, who, &room, true).await.unwrap();
            live::remind(&shop, who, &room, true).await.unwrap();
        }
        for who in [fan, both] {
            shop::follow::follow(&shop, who, "host", true).await.unwrap();
        }
        live::remind(&shop, other, &room, false).await.unwrap();
        shop::moderation::turn(&shop, blocked, "host", shop::moderation::Turn::To(domain::moderation::Aversion::Block)).await.unwrap();
        assert!(live::show(&shop, Lang::En, shop::live::Looker { me: Some(asked), staff: false, decides: false }, &room).await.unwrap().reminds);
        live::tell_begun(&shop, &room).await.unwrap();
        let told = async |who| shop::inbox::list(&shop, who, Lang::En, "").await.unwrap().notices.iter().filter(|n| n.kind == "room_begun").map(|n| n.link.clone()).collect::<Vec<_>>();
        assert!(told(asked).await.is_empty(), "not before it begins");
        live::began(&shop, &room).await.unwrap();
        for _ in 0..2 {
            live::tell_begun(&shop, &room).await.unwrap();
            shop::inbox::mark_read(&shop, asked).await.unwrap();
        }
        for who in [asked, fan, both] {
            assert_eq!(told(who).await, [format!("/live/{room}")]);
        }
        assert!(told(blocked).await.is_empty() && told(other).await.is_empty() && told(host).await.is_empty());
        live::remind(&shop, other, &room, true).await.unwrap();
        assert!(!live::show(&shop, Lang::En, shop::live::Looker { me: Some(other), staff: false, decides: false }, &room).await.unwrap().reminds, "it is on already");
    }

    async fn only_the_newest_key_of_an_open_room_opens_it(shop) {
        let host = host(&shop).await;
        let room = live::open(&shop, host, "Tea", None).await.unwrap();
        let first = live::studio(&shop, Lang::En, host, &room).await.unwrap().key;
        assert_eq!(live::opened_by(&shop, &first).await.unwrap(), Some(room.clone()));
        for wrong in ["", "x", "a_b_c", &first[..first.len() - 1], &format!("{first}0"), &first.replacen("_1_", "_2_", 1)] {
            assert_eq!(live::opened_by(&shop, wrong).await.unwrap(), None, "{wrong}");
        }
        live::new_key(&shop, host, &room).await.unwrap();
        let second = live::studio(&shop, Lang::En, host, &room).await.unwrap().key;
        assert_eq!(live::opened_by(&shop, &first).await.unwrap(), None);
        assert_eq!(live::opened_by(&shop, &second).await.unwrap(), Some(room.clone()));
        assert_eq!(code(live::studio(&shop, Lang::En, shop.quick_person("x").await, &room)).await, "not_found");
        live::end(&shop, host, false, &room).await.unwrap();
        assert_eq!(live::opened_by(&shop, &second).await.unwrap(), None);
        assert_eq!(code(live::new_key(&shop, host, &room)).await, "room_over");
    }

    async fn forty_people_who_speak_at_once_are_numbered_without_a_gap(shop) {
        let On { room, .. } = on(&shop, 5).await;
        let mut people = Vec::new();
        for i in 0..40 {
            people.push(shop.quick_person(&format!("p{i}")).await);
        }
        let said = people.iter().enumerate().map(|(i, who)| {
            let (shop, room, who) = (shop.clone(), room.clone(), *who);
            tokio::spawn(async move { live::say(&shop, who, &room, &format!("hello {i}")).await.unwrap() })
        });
        let mut seqs = HashSet::new();
        for one in said.collect::<Vec<_>>() {
            seqs.insert(one.await.unwrap());
        }
        // One is the line that says that it has begun.
        assert_eq!(seqs, (2..=41).collect());
        let view = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap();
        assert!(view.lines.iter().map(|l| l.seq).eq(1..=41));
    }

    async fn whoever_says_too_much_is_silent_and_told_for_how_long(shop) {
        let On { room, host, .. } = on(&shop, 5).await;
        let me = shop.quick_person("me").await;
        assert_eq!(code(live::say(&shop, me, &room, "  ")).await, "said_needed");
        assert_eq!(code(live::say(&shop, me, &room, &"x".repeat(141))).await, "said_long");
        for _ in 0..3 {
            live::say(&shop, me, &room, "hi").await.unwrap();
        }
        let refused = live::say(&shop, me, &room, "hi").await.unwrap_err().into_problem();
        assert_eq!((refused.code.as_str(), refused.number), ("said_wait", Some(SILENT / SECOND)));
        // Also when the two seconds are over.
        assert_eq!(code(live::say(&later(&shop, 5 * SECOND), me, &room, "hi")).await, "said_wait");
        live::say(&later(&shop, SILENT), me, &room, "hi").await.unwrap();
        // Slow mode is for everybody but the host.
        live::slow_down(&shop, host, &room, 15).await.unwrap();
        assert_eq!(code(live::say(&later(&shop, SILENT + 14 * SECOND), me, &room, "hi")).await, "said_wait");
        live::say(&later(&shop, SILENT + 15 * SECOND), me, &room, "hi").await.unwrap();
        live::say(&shop, host, &room, "a").await.unwrap();
        live::say(&shop, host, &room, "b").await.unwrap();
        assert_eq!(code(live::slow_down(&shop, host, &room, 7)).await, "bad_request");
        assert_eq!(code(live::slow_down(&shop, me, &room, 5)).await, "not_found");
        // Words that are not said here.
        assert_eq!(code(live::say(&later(&shop, DAY), me, &room, "call me 13800138000")).await, "screen_contact");
        live::end(&shop, host, false, &room).await.unwrap();
        assert_eq!(code(live::say(&later(&shop, DAY), me, &room, "hi")).await, "room_over");
    }

    async fn a_host_takes_lines_away_and_silences_and_nobody_else_does(shop) {
        let On { room, host, .. } = on(&shop, 5).await;
        let (me, other) = (shop.quick_person("me").await, shop.quick_person("other").await);
        let seq = live::say(&shop, me, &room, "rude").await.unwrap();
        assert_eq!(code(live::take_away(&shop, other, false, &room, seq)).await, "not_found");
        assert_eq!(code(live::take_away(&shop, host, false, &room, 1)).await, "not_found", "a line that nobody said");
        live::take_away(&shop, host, false, &room, seq).await.unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap();
        assert!(view.lines.iter().any(|l| l.seq == seq && l.gone && l.text.is_empty()));
        let seq = live::say(&shop, me, &room, "rude again").await.unwrap();
        live::mute(&shop, host, false, &room, seq, 5).await.unwrap();
        let refused = live::say(&later(&shop, MINUTE), me, &room, "x").await.unwrap_err().into_problem();
        assert_eq!((refused.code.as_str(), refused.number), ("muted_for", Some(4)));
        live::say(&later(&shop, 5 * MINUTE), me, &room, "sorry").await.unwrap();
        live::mute(&shop, host, false, &room, seq, 0).await.unwrap();
        assert_eq!(code(live::say(&later(&shop, DAY), me, &room, "x")).await, "muted");
        let own = live::say(&shop, host, &room, "mine").await.unwrap();
        assert_eq!(code(live::mute(&shop, host, false, &room, own, 1)).await, "mute_self");
        assert_eq!(code(live::mute(&shop, host, false, &room, seq, 3)).await, "bad_request");
        // Somebody of the shop may in any room.
        live::mute(&shop, other, true, &room, own, 1).await.unwrap();
        assert_eq!(code(live::say(&shop, host, &room, "x")).await, "muted_for");
    }

    async fn one_thing_is_explained_whoever_says_so_at_once(shop) {
        let On { room, host, .. } = on(&shop, 5).await;
        for i in 0..5 {
            shop.product(&format!("thing{i}"), "m", 500, 5).await;
            live::put(&shop, host, &room, &format!("thing{i}"), "0").await.unwrap();
        }
        let many = (1..=6).map(|place| {
            let (shop, room) = (shop.clone(), room.clone());
            tokio::spawn(async move { live::explain(&shop, host, &room, Some(place)).await.unwrap() })
        });
        for one in many.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        let view = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap();
        assert!(view.facts.explains.is_some());
        assert_eq!(view.lines.iter().filter(|l| l.kind == domain::live::Line::Explains).count(), 6);
        let lines = view.lines.len();
        live::explain(&shop, host, &room, view.facts.explains).await.unwrap();
        assert_eq!(live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap().lines.len(), lines, "the same again says nothing");
        // What is taken out is not explained.
        live::take_out(&shop, host, &room, view.facts.explains.unwrap()).await.unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap();
        assert_eq!((view.facts.explains, view.bag.len()), (None, 5));
        assert_eq!(code(live::explain(&shop, host, &room, Some(99))).await, "product_gone");
        live::explain(&shop, host, &room, Some(view.bag[0].place)).await.unwrap();
        live::end(&shop, host, false, &room).await.unwrap();
        assert_eq!(code(live::explain(&shop, host, &room, Some(1))).await, "room_over");
        let next = live::open(&shop, host, "x", None).await.unwrap();
        assert_eq!(code(live::explain(&shop, host, &next, None)).await, "room_not_on");
    }

    async fn what_is_taken_off_is_below_every_price(shop) {
        let On { room, host, .. } = on(&shop, 5).await;
        assert_eq!(code(live::put(&shop, host, &room, "tea", "5.01")).await, "room_off");
        assert_eq!(code(live::put(&shop, host, &room, "tea", "-0.01")).await, "room_off");
        assert_eq!(code(live::put(&shop, host, &room, "nothing", "0")).await, "product_gone");
        assert_eq!(code(live::put(&shop, shop.quick_person("x").await, &room, "tea", "0.01")).await, "not_found");
        live::put(&shop, host, &room, "tea", "3").await.unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap();
        assert_eq!((view.bag.len(), view.bag[0].lowest(), view.facts.skus[0].price), (1, (700, 1000), 700));
        live::end(&shop, host, false, &room).await.unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap();
        assert_eq!(view.bag[0].lowest(), (1000, 1000), "what is over sells as the shop does");
    }

    async fn a_rooms_price_that_was_taken_goes_into_the_order_though_the_room_changes_it(shop) {
        let On { room, host, sku } = on(&shop, 5).await;
        let me = shop.quick_person("me").await;
        let address = shop.address(me).await;
        assert_eq!(code(live::promise(&shop, me, &room, (sku, 11), None)).await, "room_limit");
        assert_eq!(code(live::promise(&shop, me, &room, (sku, 6), None)).await, "few_left");
        let source = live::promise(&shop, me, &room, (sku, 2), None).await.unwrap();
        assert_eq!(source, Source::Room { room: room.clone(), sku, quantity: 2 });
        live::put(&shop, host, &room, "tea", "0").await.unwrap();
        live::end(&shop, host, false, &room).await.unwrap();
        let ask = shop.ask(me, address, source.clone(), "room0room0room0room").await;
        let placed = order::place(&shop, ask.clone()).await.unwrap();
        assert_eq!(order::place(&shop, ask).await.unwrap(), placed, "sent twice it is one order");
        let view = order::show(&shop, me, Lang::En, &placed.code).await.unwrap();
        assert_eq!((view.lines[0].unit_price, view.lines[0].quantity), (800, 2));
        let key = hex(&shop.rng.bytes::<16>());
        let checked = order::checkout(&shop, me, Lang::En, &source, order::Choice::to(address), &domain::share::Touches::default()).await;
        assert_eq!(checked.err().map(|e| e.code().to_owned()), Some("room_price_over".to_owned()), "a promise is for one order {key}");
        assert!(live::studio(&shop, Lang::En, host, &room).await.unwrap().numbers.sold.is_empty());
        shop.capture(me, &placed).await;
        let numbers = live::studio(&shop, Lang::En, host, &room).await.unwrap().numbers;
        assert_eq!((numbers.orders, numbers.sold), (1, vec![(domain::Currency::Cny, 1600)]));
    }

    async fn who_looks_sees_who_has_paid_last_masked_for_a_minute_and_not_when_the_host_will_not(shop) {
        let On { room, host, sku } = on(&shop, 5).await;
        let bought = async |shop: &shop::Shop| live::show(shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap().facts.bought;
        let mut last = None;
        for name in ["anna", "ben"] {
            let me = shop.quick_person(name).await;
            let address = shop.address(me).await;
            let source = live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
            let placed = order::place(&shop, shop.ask(me, address, source, &format!("{name}room0room0room0room")).await).await.unwrap();
            let seen = bought(&shop).await.map(|b| b.name);
            assert_eq!(seen, last, "what is not paid is not bought");
            shop.capture(me, &placed).await;
            last = Some(domain::group_buy::masked(name));
            let fact = bought(&shop).await.unwrap();
            assert_eq!((Some(fact.name), fact.place, fact.at), (last.clone(), 1, NOON));
        }
        assert_eq!(bought(&later(&shop, domain::live::BOUGHT)).await, None);
        assert_eq!(code(live::show_orders(&shop, shop.quick_person("other").await, &room, false)).await, "not_found");
        live::show_orders(&shop, host, &room, false).await.unwrap();
        assert_eq!(bought(&shop).await, None);
        live::show_orders(&shop, host, &room, true).await.unwrap();
        assert!(bought(&shop).await.is_some());
    }

    async fn a_promise_is_over_in_time_and_taking_it_again_does_not_make_it_longer(shop) {
        let On { room, host, sku } = on(&shop, 5).await;
        let me = shop.quick_person("me").await;
        let address = shop.address(me).await;
        let source = live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
        live::promise(&later(&shop, PROMISE - 1), me, &room, (sku, 1), None).await.unwrap();
        let mut ask = shop.ask(me, address, source, "late0late0late0late").await;
        let over = later(&shop, PROMISE);
        assert_eq!(order::place(&over, ask.clone()).await.map(|_| ()).unwrap_err().code(), "room_price_over");
        // A price that has fallen is taken at once; whoever asks for another total is told.
        live::put(&shop, host, &room, "tea", "4").await.unwrap();
        live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
        let wrong = order::place(&shop, ask.clone()).await.map(|_| ()).unwrap_err().into_problem();
        assert_eq!(wrong.code, "total_changed");
        ask.shown_total = wrong.number.unwrap();
        order::place(&shop, ask).await.unwrap();
        // Somebody else's promise is not mine.
        let other = shop.quick_person("other").await;
        let source = Source::Room { room: room.clone(), sku, quantity: 1 };
        let seen = order::checkout(&shop, other, Lang::En, &source, order::Choice::default(), &domain::share::Touches::default()).await;
        assert_eq!(seen.err().map(|e| e.code().to_owned()), Some("room_price_over".to_owned()));
        live::end(&shop, host, false, &room).await.unwrap();
        assert_eq!(code(live::promise(&shop, other, &room, (sku, 1), None)).await, "room_not_on");
    }

    async fn one_promise_is_one_order_also_when_two_are_sent_at_once(shop) {
        let On { room, sku, .. } = on(&shop, 50).await;
        for turn in 0..5 {
            let me = shop.quick_person(&format!("twice{turn}")).await;
            let address = shop.address(me).await;
            let source = live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
            let ask = shop.ask(me, address, source, "first0first0first0first0").await;
            let all = ["first0first0first0first0", "other0other0other0other0"].map(|key| {
                let (shop, ask) = (shop.clone(), order::Place { key: key.to_owned(), ..ask.clone() });
                tokio::spawn(async move { order::place(&shop, ask).await.map(|_| ()).map_err(|e| e.code().to_owned()) })
            });
            let mut answers = Vec::new();
            for one in all {
                answers.push(one.await.unwrap());
            }
            answers.sort();
            assert_eq!(answers, [Ok(()), Err("room_price_over".to_owned())]);
        }
        // Ten units for one person, in however many orders.
        let me = shop.quick_person("much").await;
        let address = shop.address(me).await;
        for (i, units) in [6, 4].into_iter().enumerate() {
            let source = live::promise(&shop, me, &room, (sku, units), None).await.unwrap();
            let ask = shop.ask(me, address, source, &format!("much0much0much0much0{i}")).await;
            order::place(&shop, ask).await.unwrap();
        }
        assert_eq!(code(live::promise(&shop, me, &room, (sku, 1), None)).await, "room_limit");
    }

    async fn a_promise_of_one_room_is_not_lost_to_another_room(shop) {
        let On { host, room, sku } = on(&shop, 50).await;
        let other = live::open(&shop, host, "Dearer", None).await.unwrap();
        live::put(&shop, host, &other, "tea", "1").await.unwrap();
        live::began(&shop, &other).await.unwrap();
        let me = shop.quick_person("me").await;
        let address = shop.address(me).await;
        let cheap = live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
        let dear = live::promise(&shop, me, &other, (sku, 1), None).await.unwrap();
        let ask = shop.ask(me, address, cheap, "cheap0cheap0cheap0cheap0").await;
        let placed = order::place(&shop, ask).await.unwrap();
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().lines[0].unit_price, 800);
        let ask = shop.ask(me, address, dear, "dear0dear0dear0dear0").await;
        let placed = order::place(&shop, ask).await.unwrap();
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().lines[0].unit_price, 900);
    }

    async fn who_may_host_no_more_neither_sends_nor_sells(shop) {
        let On { host, room, .. } = on(&shop, 5).await;
        let key = live::studio(&shop, Lang::En, host, &room).await.unwrap().key;
        shop.execute("UPDATE person SET role = 'shopper' WHERE id = $1", shop::args![host]).await;
        assert_eq!(live::opened_by(&shop, &key).await.unwrap(), None);
        assert_eq!(code(live::put(&shop, host, &room, "tea", "1")).await, "forbidden");
        assert_eq!(code(live::explain(&shop, host, &room, Some(1))).await, "forbidden");
    }

    async fn a_room_without_pictures_is_paused_and_one_that_is_fed_is_not(shop) {
        let On { room, .. } = on(&shop, 5).await;
        assert!(live::pause_silent(&later(&shop, 30 * SECOND)).await.unwrap().is_empty());
        live::fed(&later(&shop, 35 * SECOND), &room).await.unwrap();
        assert!(live::pause_silent(&later(&shop, 60 * SECOND)).await.unwrap().is_empty());
        assert_eq!(live::pause_silent(&later(&shop, 80 * SECOND)).await.unwrap(), [room.clone()]);
        assert!(live::pause_silent(&later(&shop, 90 * SECOND)).await.unwrap().is_empty());
        // Whoever comes back after a while is not paused by what was before.
        live::began(&later(&shop, 5 * MINUTE), &room).await.unwrap();
        assert!(live::pause_silent(&later(&shop, 5 * MINUTE + SECOND)).await.unwrap().is_empty());
    }

    async fn fifty_buyers_of_three_at_a_rooms_price_are_three_orders(shop) {
        let On { room, sku, .. } = on(&shop, 3).await;
        let mut asks = Vec::new();
        for i in 0..50 {
            let me = shop.quick_person(&format!("b{i}")).await;
            let address = shop.address(me).await;
            let source = live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
            asks.push(shop.ask(me, address, source, &format!("race0race0race0race{i}")).await);
        }
        let all = asks.into_iter().map(|ask| {
            let shop = shop.clone();
            tokio::spawn(async move { order::place(&shop, ask).await.map(|_| ()).map_err(|e| e.code().to_owned()) })
        });
        let mut sold = 0;
        for one in all.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(()) => sold += 1,
                Err(code) => assert_eq!(code, "sold_out"),
            }
        }
        assert_eq!(sold, 3);
    }

    async fn whoever_sees_it_again_hears_every_line_at_its_moment_once(shop) {
        let On { room, host, .. } = on(&shop, 3).await;
        // Ten in a second, for a minute; all of one second at the same moment.
        for second in 1..=60 {
            for n in 0..10 {
                let shop = later(&shop, second * SECOND);
                shop.db.write((room.clone(), n, NOON + second * SECOND), |tx, (room, n, at)| Box::pin(async move {
                    tx.execute("UPDATE room SET seq = seq + 1 WHERE code = $1", shop::args![room.as_str()]).await?;
                    tx.execute("INSERT INTO room_line (room_id, seq, kind, person_id, text, at)
                        SELECT id, seq, 'said', host_id, $1, $2 FROM room WHERE code = $3", shop::args![n.to_string(), *at, room.as_str()]).await
                })).await.unwrap();
            }
        }
        live::end(&later(&shop, 61 * SECOND), host, false, &room).await.unwrap();
        let (mut at, mut heard) = (NOON, Vec::new());
        for asked in 0.. {
            assert!(asked < 10, "each answer goes on");
            let part = live::along(&shop, (None, false), &room, at).await.unwrap();
            heard.extend(part.lines.iter().filter(|l| l.at <= part.until).map(|l| l.seq));
            assert!(part.until > at && part.lines.len() <= 250);
            at = part.until;
            if at > NOON + 61 * SECOND { break; }
        }
        heard.sort_unstable();
        heard.dedup();
        assert_eq!(heard, (1..=602).collect::<Vec<_>>(), "begun, six hundred, ended");
        let middle = live::along(&shop, (None, false), &room, NOON + 30 * SECOND).await.unwrap();
        assert_eq!(middle.lines.iter().filter(|l| l.at <= NOON + 30 * SECOND).map(|l| l.seq).collect::<Vec<_>>(), (252..=301).collect::<Vec<_>>());
        assert_eq!(code(live::along(&shop, (None, false), &"111111111111".parse().unwrap(), NOON)).await, "not_found");
    }

    async fn what_was_said_of_a_thing_is_cut_out_of_what_is_kept_and_of_nothing_else(shop) {
        let On { room, host, .. } = on(&shop, 3).await;
        shop.product("cake", "m", 900, 5).await;
        live::put(&shop, host, &room, "tea", "0").await.unwrap();
        live::put(&shop, host, &room, "cake", "1").await.unwrap();
        let cake = shop::catalog::product(&shop, Lang::En, "cake").await.unwrap().unwrap().id;
        let show = || async { live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap() };
        let place = show().await.bag.iter().find(|i| i.slug == "cake").unwrap().place;
        // A segment every two seconds for a minute; the cake is explained twice, the tea in between.
        let start = shop.clock.now();
        for number in 0..30 {
            let at = start + number * 2 * SECOND;
            live::kept(&shop, &room, live::Segment { number, init: 1, lasts: 180_000, at, breaks: number == 0, bytes: 9 }).await.unwrap();
        }
        let explain = |after: i64, what: Option<i64>| {
            let (shop, room) = (later(&shop, after * SECOND), room.clone());
            async move { live::explain(&shop, host, &room, what).await.unwrap() }
        };
        explain(3, Some(place)).await;
        let facts = show().await.facts;
        assert_eq!((facts.explains, facts.explains_at), (Some(place), start + 3 * SECOND));
        assert_eq!(code(live::clip_of(&shop, &room, place)).await, "not_found", "as long as it is explained there is no clip");
        explain(8, Some(1)).await;
        explain(41, Some(place)).await;
        explain(43, None).await;
        let facts = show().await.facts;
        assert_eq!((facts.explains, facts.explains_at), (None, start + 43 * SECOND));
        let cut = live::clip_of(&shop, &room, place).await.unwrap();
        let numbers: Vec<_> = cut.iter().map(|s| (s.number, s.breaks)).collect();
        assert_eq!(numbers, [(1, false), (2, false), (3, false), (20, true), (21, false)], "what is missing between two pieces is said");
        let clip = live::clip(&shop, Lang::En, &room, place).await.unwrap();
        assert_eq!((clip.at, clip.lasts, clip.on, clip.item.slug.as_str(), clip.item.clip), (start + 3 * SECOND, 10 * SECOND, true, "cake", true));
        assert_eq!(clip.item.replay_at, None, "the whole of it cannot be seen yet");
        assert!(show().await.bag.iter().all(|i| i.clip) && show().await.chapters.is_empty());
        for wrong in [0, 99] {
            assert_eq!(code(live::clip_of(&shop, &room, wrong)).await, "not_found");
        }
        // The page of the product names it, with how long it is.
        let cards = live::clips(&shop, cake).await.unwrap();
        let [card] = cards.as_slice() else { panic!("{cards:?}") };
        assert_eq!((&card.code, card.place, card.at, card.lasts), (&room, place, start + 3 * SECOND, 10 * SECOND));
        live::end(&later(&shop, MINUTE), host, false, &room).await.unwrap();
        let over = show().await;
        let said: Vec<_> = over.chapters.iter().map(|c| (c.place, (c.from - start) / SECOND, (c.until - start) / SECOND)).collect();
        assert_eq!(said, [(place, 3, 8), (1, 8, 41), (place, 41, 43)]);
        let clip = live::clip(&shop, Lang::En, &room, place).await.unwrap();
        assert_eq!((clip.on, clip.item.replay_at), (false, Some(3 * SECOND)));
        // What is no longer kept is no clip.
        live::forget(&shop, &room).await.unwrap();
        assert_eq!(code(live::clip(&shop, Lang::En, &room, place)).await, "not_found");
        assert!(live::clips(&shop, cake).await.unwrap().is_empty());
    }

    async fn a_room_that_is_reported_is_looked_at_taken_down_and_put_back(shop) {
        let On { room, host, .. } = on(&shop, 3).await;
        let (reader, judge, second) = (shop.quick_person("ana").await, shop.quick_person("judge").await, shop.quick_person("second").await);
        live::explain(&shop, host, &room, Some(1)).await.unwrap();
        live::kept(&shop, &room, live::Segment { number: 0, init: 1, lasts: 900_000, at: NOON, breaks: false, bytes: 9 }).await.unwrap();
        assert_eq!(code(moderation::report(&shop, host, Kind::Room, &room, Reason::Fraud, "")).await, "report_own");
        let report = |by: i64| {
            let (shop, room) = (later(&shop, by), room.clone());
            async move { moderation::report(&shop, reader, Kind::Room, &room, Reason::Fraud, "").await }
        };
        let verdict = |decision, saw| Verdict {
            decision,
            reason: (decision == Decision::Remove).then_some(Reason::Fraud),
            sanction: Sanction::None,
            note: String::new(),
            saw,
            hide_earlier: false,
        };
        let case = report(0).await.unwrap();
        let desk = moderation::desk(&shop, judge, &case).await.unwrap();
        assert_eq!((desk.case.kind, desk.title.as_str(), desk.case.link.as_deref()), (Kind::Room, "Tea tonight", Some(format!("/live/{room}").as_str())));
        moderation::decide(&shop, judge, &case, verdict(Decision::Keep, desk.saw)).await.unwrap();
        assert_eq!(code(report(0)).await, "report_answered");
        // What it shows since then is something else.
        live::kept(&later(&shop, MINUTE), &room, live::Segment { number: 1, init: 1, lasts: 900_000, at: NOON + MINUTE, breaks: false, bytes: 9 }).await.unwrap();
        let case = report(MINUTE).await.unwrap();
        let saw = moderation::desk(&later(&shop, MINUTE), judge, &case).await.unwrap().saw;
        moderation::decide(&later(&shop, 2 * MINUTE), judge, &case, verdict(Decision::Remove, saw)).await.unwrap();
        // It is over, and nobody sees it but its host and those who decide.
        let tea = shop::catalog::product(&shop, Lang::En, "tea").await.unwrap().unwrap().id;
        assert_eq!(code(live::show(&shop, Lang::En, shop::live::Looker { me: Some(reader), staff: false, decides: false }, &room)).await, "not_found");
        assert_eq!(code(live::clip_of(&shop, &room, 1)).await, "not_found");
        assert_eq!(code(live::along(&shop, (Some(reader), false), &room, NOON)).await, "not_found");
        assert!(!live::along(&shop, (Some(host), false), &room, NOON).await.unwrap().lines.is_empty());
        assert_eq!(code(shop::share::open(&shop, reader, domain::share::Kind::Room, room.as_str(), &domain::share::Touches::default(), None)).await, "not_found");
        assert_eq!(code(moderation::report(&shop, second, Kind::Room, &room, Reason::Spam, "")).await, "not_found");
        assert!(live::clips(&shop, tea).await.unwrap().is_empty());
        assert!(live::list(&shop, Lang::En, None).await.unwrap().again.is_empty());
        assert!(!live::sees(&shop, &room, Some(reader), false).await.unwrap() && live::sees(&shop, &room, Some(host), false).await.unwrap());
        let mine = live::show(&shop, Lang::En, shop::live::Looker { me: Some(host), staff: false, decides: false }, &room).await.unwrap();
        assert_eq!((mine.facts.state, mine.removed, mine.shows), (State::Ended, true, true));
        assert!(live::show(&shop, Lang::En, shop::live::Looker { me: Some(judge), staff: true, decides: true }, &room).await.unwrap().removed);
        let told = shop::inbox::list(&shop, host, Lang::En, "").await.unwrap();
        assert!(told.notices.iter().any(|n| n.kind == "room_removed"));
        moderation::appeal(&later(&shop, 3 * MINUTE), host, &case, "It was tea.").await.unwrap();
        assert_eq!(moderation::desk(&shop, second, &case).await.unwrap().case.link, Some(format!("/live/{room}")), "whoever judges looks at it");
        moderation::judge(&later(&shop, 4 * MINUTE), second, &case, false, "").await.unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker { me: Some(reader), staff: false, decides: false }, &room).await.unwrap();
        assert_eq!((view.facts.state, view.removed, view.shows), (State::Ended, false, true), "what is over stays over");
        assert_eq!((live::clips(&shop, tea).await.unwrap().len(), live::list(&shop, Lang::En, None).await.unwrap().again.len()), (1, 1));
    }

    async fn what_is_kept_of_a_room_goes_on_where_it_ended(shop) {
        let On { room, host, .. } = on(&shop, 3).await;
        assert_eq!(live::next(&shop, &room).await.unwrap(), (0, 0));
        let segment = |number| live::Segment { number, init: 1, lasts: 180_000, at: NOON, breaks: false, bytes: 9 };
        live::kept(&shop, &room, segment(0)).await.unwrap();
        live::kept(&shop, &room, segment(1)).await.unwrap();
        live::kept(&shop, &room, segment(1)).await.unwrap();
        assert_eq!(live::next(&shop, &room).await.unwrap(), (2, 1));
        assert_eq!(*live::recording(&shop, &room).await.unwrap(), [segment(0), segment(1)]);
        let list = live::list(&shop, Lang::En, None).await.unwrap();
        assert_eq!((list.now.len(), list.again.len(), list.now[0].things), (1, 0, 1));
        live::end(&shop, host, false, &room).await.unwrap();
        let list = live::list(&shop, Lang::En, Some((host, Role::Host))).await.unwrap();
        assert_eq!((list.now.len(), list.again.len(), list.again[0].replay, list.hosts), (0, 1, true, true));
        assert!(live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap().shows);
        assert_eq!(live::expired(&shop).await.unwrap(), [], "kept for three years");
        shop.clock.advance(domain::live::RECORDED + 1);
        assert_eq!(live::expired(&shop).await.unwrap(), [room.clone()]);
        assert_eq!(live::recording(&shop, &room).await.unwrap().len(), 2);
        live::forget(&shop, &room).await.unwrap();
        assert_eq!(live::expired(&shop).await.unwrap(), []);
        assert!(live::recording(&shop, &room).await.unwrap().is_empty());
        assert!(!live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap().shows);
    }

    async fn open_pages_hear_every_line_once_and_in_order_however_they_come_and_go(shop) {
        let On { room, host, sku } = on(&shop, 5).await;
        let hub = shop.shop.clone();
        let telling = tokio::spawn(async move { live::news::run(&hub).await });
        let seat = shop.kept.rooms.enter(&shop, &room).await.unwrap();
        let (first, second) = (Arc::new(tokio::sync::Mutex::new(Lines::default())), Arc::new(tokio::sync::Mutex::new(Lines::default())));
        let follow = |lines: Arc<tokio::sync::Mutex<Lines>>, away: bool| {
            let seat = seat.clone();
            tokio::spawn(async move {
                let mut news = seat.listen();
                let after = lines.lock().await.seq;
                let frame: Frame = serde_json::from_str(&seat.since(after).text).unwrap();
                lines.lock().await.hear(&frame);
                let mut heard = 0;
                while let Ok(told) = news.recv().await {
                    let frame: Frame = serde_json::from_str(&told.text).unwrap();
                    assert!(!lines.lock().await.hear(&frame), "a gap");
                    heard += 1;
                    // This one loses its connection after every frame.
                    if away && heard == 1 {
                        return;
                    }
                }
            })
        };
        let steady = follow(first.clone(), false);
        let mut flaky = follow(second.clone(), true);
        for i in 0..60 {
            let who = shop.quick_person(&format!("w{i}")).await;
            live::say(&shop, who, &room, &format!("{i}")).await.unwrap();
            if flaky.is_finished() {
                flaky = follow(second.clone(), true);
            }
        }
        live::take_away(&shop, host, false, &room, 5).await.unwrap();
        seat.heart(None, 7);
        seat.heart(None, 1000);
        seat.seen(1, NOON);
        live::explain(&shop, host, &room, Some(1)).await.unwrap();
        let me = shop.quick_person("me").await;
        live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
        let mut facts = None;
        for _ in 0..80 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if flaky.is_finished() {
                flaky = follow(second.clone(), true);
            }
            let frame: Frame = serde_json::from_str(&seat.since(0).text).unwrap();
            facts = frame.facts;
            if facts.as_ref().is_some_and(|f| f.hearts == 17 && f.viewers == 1 && f.explains == Some(1)) && second.lock().await.seq == 62 {
                break;
            }
        }
        let facts = facts.unwrap();
        assert_eq!((facts.hearts, facts.viewers, facts.explains), (17, 1, Some(1)));
        for lines in [first, second] {
            let lines = lines.lock().await;
            assert_eq!(lines.seq, 62, "begun, sixty, explained");
            assert!(lines.lines.iter().map(|l| l.seq).eq(13..=62));
        }
        let frame: Frame = serde_json::from_str(&seat.since(3).text).unwrap();
        assert!(frame.gone.contains(&5) && frame.lines[0].seq == 4);
        telling.abort();
        steady.abort();
        flaky.abort();
    }
}

/// Two processes on one `PostgreSQL`: what is said on one is heard on the other, and both number the same lines.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_of_another_node_hears_what_is_said_on_this_one() {
    let shop = TestShop::postgres().await;
    let other = shop::Shop {
        db: shop::Db::open(&shop.url).await.unwrap(),
        kept: Arc::default(),
        rng: shop::Rng::from_seed(77),
        ..shop.shop.clone()
    };
    let On { room, .. } = on(&shop, 5).await;
    let (here, there) = (shop.shop.clone(), other.clone());
    let telling = [
        tokio::spawn(async move { live::news::run(&here).await }),
        tokio::spawn(async move { live::news::run(&there).await }),
    ];
    let seat = other.kept.rooms.enter(&other, &room).await.unwrap();
    let mine = shop.kept.rooms.enter(&shop, &room).await.unwrap();
    let mut news = seat.listen();
    let mut lines = Lines::default();
    lines.hear(&serde_json::from_str(&seat.since(0).text).unwrap());
    // Until the other node listens.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (a, b) = (shop.quick_person("a").await, shop.quick_person("b").await);
    let begun = std::time::Instant::now();
    live::say(&shop, a, &room, "from here").await.unwrap();
    while lines.seq < 2 {
        let told = tokio::time::timeout(Duration::from_secs(3), news.recv()).await.unwrap().unwrap();
        assert!(!lines.hear(&serde_json::from_str(&told.text).unwrap()));
    }
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}: told, and not only looked for", begun.elapsed());
    live::say(&other, b, &room, "from there").await.unwrap();
    for _ in 0..30 {
        let frame: Frame = serde_json::from_str(&mine.since(0).text).unwrap();
        if frame.seq == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let frame: Frame = serde_json::from_str(&mine.since(0).text).unwrap();
    assert!(frame.lines.iter().map(|l| l.text.as_str()).eq(["", "from here", "from there"]));
    // Who looks on either is counted on both.
    seat.seen(1, NOON);
    mine.seen(2, NOON);
    let mut viewers = 0;
    for _ in 0..50 {
        let frame: Frame = serde_json::from_str(&mine.since(0).text).unwrap();
        viewers = frame.facts.map_or(0, |f| f.viewers);
        if viewers == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(viewers, 2);
    telling.into_iter().for_each(|t| t.abort());
    shop.verify_is_empty().await;
}
