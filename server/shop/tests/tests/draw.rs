//! Lucky bags, red packets and prices for a short while: who may, who wins, what is kept, and that nobody gets more than there is.

use crate::{
    live::{On, code, hosts, later, on, on_of},
    support::{NOON, TestShop, both, hex},
};
use domain::{
    Code, Lang,
    account::Role,
    draw::{Ask, CLAIM, Kind, MyDraw, Prize, SHOWN, commitment, seed},
    id::PersonId,
    live::{FLASH_PROMISE, LATE, Line},
    order::Source,
    time::{DAY, MINUTE, SECOND},
};
use shop::{draw, ledger, live, order};

pub fn bag(prizes: i64, prize: Prize) -> Ask {
    Ask { kind: Kind::Bag, prizes, prize, minutes: 1, phrase: String::new(), follow: false }
}

pub fn rain(packets: i64, points: i64) -> Ask {
    Ask {
        kind: Kind::Packets,
        prizes: packets,
        prize: Prize::Points(points),
        minutes: 1,
        phrase: String::new(),
        follow: false,
    }
}

fn flash(off: &str, units: i64, each: i64) -> live::Flash {
    live::Flash { place: 1, off: off.to_owned(), units, each, starts_in: 10, minutes: 1 }
}

async fn points(shop: &TestShop, who: PersonId) -> i64 {
    -ledger::balances(shop, &format!("points:{who}")).await.unwrap().first().map_or(0, |(_, n)| *n)
}

async fn joins(shop: &shop::Shop, who: PersonId, code: &Code) -> shop::Result<MyDraw> {
    draw::join(shop, who, Role::Shopper, code, None).await
}

both! {
    async fn a_bag_is_drawn_by_the_seed_that_was_promised_and_everybody_can_check_it(shop) {
        let On { host, room, .. } = on(&shop, 5).await;
        let drawn = draw::open(&shop, host, &room, bag(3, Prize::Points(50))).await.unwrap();
        let promised = draw::show(&shop, Lang::En, None, &drawn).await.unwrap();
        assert_eq!((promised.seed.as_str(), promised.entries.len(), promised.check()), ("", 0, None), "nothing is told before");
        let mut people = Vec::new();
        for i in 0..7 {
            let who = shop.quick_person(&format!("joins{i}")).await;
            let mine = joins(&shop, who, &drawn).await.unwrap();
            assert_eq!((mine.number, mine.won), (i + 1, None));
            assert_eq!(joins(&shop, who, &drawn).await.unwrap(), mine, "once more is the same");
            people.push(who);
        }
        assert!(!draw::draw(&shop, &drawn).await.unwrap(), "not before its time");
        let over = later(&shop, MINUTE);
        let late = shop.quick_person("late").await;
        assert_eq!(code(joins(&over, late, &drawn)).await, "draw_over");
        assert!(draw::draw(&over, &drawn).await.unwrap());
        assert!(!draw::draw(&over, &drawn).await.unwrap(), "once");
        let told = draw::show(&over, Lang::En, Some(people[0]), &drawn).await.unwrap();
        assert!(told.check().unwrap().holds());
        assert_eq!((&told.commitment, commitment(&seed(&told.seed).unwrap())), (&promised.commitment, promised.commitment.clone()));
        assert_eq!(told.entries.iter().filter_map(|e| e.won).collect::<std::collections::BTreeSet<_>>(), [1, 2, 3].into());
        assert!(told.entries.iter().all(|e| e.name.is_empty() == e.won.is_none()), "only winners are named");
        for (who, entry) in people.iter().zip(&told.entries) {
            assert_eq!(points(&shop, *who).await, if entry.won.is_some() { 50 } else { 0 });
        }
        // Shown for a while, and the winners are told.
        let facts = live::show(&later(&shop, MINUTE + SHOWN - 1), Lang::En, live::Looker::default(), &room).await.unwrap().facts;
        assert!(facts.draw.is_some_and(|d| d.drawn && d.joined == 7));
        assert!(live::show(&later(&shop, MINUTE + SHOWN), Lang::En, live::Looker::default(), &room).await.unwrap().facts.draw.is_none());
        let won = told.entries.iter().position(|e| e.won.is_some()).unwrap();
        let inbox = shop::inbox::list(&shop, people[won], Lang::En, "").await.unwrap();
        assert_eq!((inbox.notices[0].kind.as_str(), inbox.notices[0].link.clone(), inbox.notices[0].amount), ("bag_won", format!("/fair/{drawn}"), Some(50)));
    }

    async fn only_the_host_of_a_room_that_is_on_draws_one_at_a_time_and_not_for_himself(shop) {
        let On { host, room, sku } = on(&shop, 5).await;
        let other = shop.quick_person("other").await;
        let ask = || bag(1, Prize::Points(5));
        assert_eq!(code(draw::open(&shop, other, &room, ask())).await, "not_found");
        let waits = live::open(&shop, host, "Later", None).await.unwrap();
        assert_eq!(code(draw::open(&shop, host, &waits, ask())).await, "room_not_on");
        assert_eq!(code(draw::open(&shop, host, &room, bag(6, Prize::Thing { sku, price: 1 }))).await, "sold_out");
        assert_eq!(code(draw::open(&shop, host, &room, bag(1, Prize::Thing { sku, price: 1000 }))).await, "draw_price");
        let away = shop.product("away", "m", 900, 5).await[0];
        assert_eq!(code(draw::open(&shop, host, &room, bag(1, Prize::Thing { sku: away, price: 1 }))).await, "product_gone");
        let one = draw::open(&shop, host, &room, ask()).await.unwrap();
        assert_eq!(code(draw::open(&shop, host, &room, ask())).await, "draw_runs");
        assert_eq!(code(joins(&shop, host, &one)).await, "draw_own");
        assert_eq!(code(draw::join(&shop, other, Role::Staff, &one, None)).await, "draw_own");
        assert_eq!(code(joins(&shop, other, &shop.rng.code())).await, "not_found");
        // It is drawn though the room has ended, and nobody came.
        live::end(&shop, host, false, &room).await.unwrap();
        assert!(draw::draw(&later(&shop, MINUTE), &one).await.unwrap());
        assert!(draw::show(&shop, Lang::En, None, &one).await.unwrap().check().unwrap().holds());
    }

    async fn whoever_joins_says_what_is_to_be_said_and_follows_whom_is_to_be_followed(shop) {
        let On { host, room, .. } = on(&shop, 5).await;
        let ask = Ask { phrase: " I love   tea ".to_owned(), follow: true, ..bag(1, Prize::Points(5)) };
        let drawn = draw::open(&shop, host, &room, ask).await.unwrap();
        let me = shop.quick_person("me").await;
        joins(&shop, me, &drawn).await.unwrap();
        joins(&shop, me, &drawn).await.unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker { me: Some(me), staff: false, decides: false }, &room).await.unwrap();
        let said: Vec<_> = view.lines.iter().filter(|l| l.kind == Line::Said).map(|l| l.text.as_str()).collect();
        assert_eq!((said, view.follows), (vec!["I love tea"], true));
        assert_eq!(view.draw.map(|d| d.number), Some(1));
        // Who may not speak does not take part.
        let loud = shop.quick_person("loud").await;
        let seq = live::say(&shop, loud, &room, "hello").await.unwrap();
        live::mute(&shop, host, false, &room, seq, 60).await.unwrap();
        assert_eq!(code(joins(&shop, loud, &drawn)).await, "muted_for");
        assert_eq!(draw::mine(&shop, loud, &drawn).await.unwrap(), None);
    }

    async fn two_hundred_who_come_at_once_open_forty_packets_of_exactly_their_sum(shop) {
        let On { host, room, .. } = on(&shop, 5).await;
        let drawn = draw::open(&shop, host, &room, rain(40, 1234)).await.unwrap();
        let mut all = Vec::new();
        for i in 0..100 {
            let who = shop.quick_person(&format!("rain{i}")).await;
            // Each taps twice.
            for _ in 0..2 {
                let (shop, drawn) = (shop.shop.clone(), drawn.clone());
                all.push(tokio::spawn(async move { (who, joins(&shop, who, &drawn).await.map_err(|e| e.code().to_owned())) }));
            }
        }
        let mut got = std::collections::BTreeMap::new();
        for one in all {
            match one.await.unwrap() {
                (who, Ok(mine)) => {
                    // By the second tap it may be over.
                    let mine = MyDraw { drawn: false, ..mine };
                    assert_eq!(*got.entry(who).or_insert(mine.clone()), mine, "the same packet for both taps");
                }
                (_, Err(code)) => assert!(code == "packets_gone" || code == "draw_over", "{code}"),
            }
        }
        assert_eq!((got.len(), got.values().filter_map(|m| m.won).sum::<i64>()), (40, 1234));
        for (who, mine) in &got {
            assert_eq!(points(&shop, *who).await, mine.won.unwrap());
        }
        // All are gone: it is over, and can be checked.
        let told = draw::show(&shop, Lang::En, None, &drawn).await.unwrap();
        assert!(told.check().unwrap().holds());
        assert_eq!(told.drawn_at, Some(NOON));
        draw::open(&shop, host, &room, rain(2, 10)).await.unwrap();
    }

    async fn packets_that_nobody_opened_are_given_to_nobody(shop) {
        let On { host, room, .. } = on(&shop, 5).await;
        let drawn = draw::open(&shop, host, &room, rain(10, 100)).await.unwrap();
        let me = shop.quick_person("me").await;
        let mine = joins(&shop, me, &drawn).await.unwrap();
        assert!(draw::draw(&later(&shop, MINUTE), &drawn).await.unwrap());
        let given = ledger::balances(&shop, "points_given").await.unwrap();
        assert_eq!(given, [("PTS".to_owned(), mine.won.unwrap())]);
        assert!(draw::show(&shop, Lang::En, None, &drawn).await.unwrap().check().unwrap().holds());
    }

    async fn a_thing_that_was_won_is_kept_for_two_days_is_one_order_and_comes_back_when_that_is_not_paid(shop) {
        let On { host, room, sku } = on(&shop, 3).await;
        let drawn = draw::open(&shop, host, &room, bag(3, Prize::Thing { sku, price: 1 })).await.unwrap();
        let free = async || live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap().bag[0].choices[0].left;
        assert_eq!(free().await, 0, "all of it is held for those who win");
        let (me, lazy) = (shop.quick_person("me").await, shop.quick_person("lazy").await);
        joins(&shop, me, &drawn).await.unwrap();
        joins(&shop, lazy, &drawn).await.unwrap();
        let over = later(&shop, MINUTE);
        assert!(draw::draw(&over, &drawn).await.unwrap());
        assert_eq!(free().await, 1, "the third that nobody won is sold");
        shop.verify_is_empty().await;
        let (claim, until) = draw::mine(&over, me, &drawn).await.unwrap().unwrap().claim.unwrap();
        let source = Source::Prize { draw: drawn.clone(), sku, quantity: 1 };
        assert_eq!((claim.clone(), until), (source.written(), NOON + MINUTE + CLAIM));
        assert!(claim.replace(":1", ":2").parse::<Source>().is_err(), "two of it are not what was won");
        let address = shop.address(me).await;
        let ask = shop.ask(me, address, source.clone(), "won0won0won0won0won0").await;
        // Somebody else, and another choice, have nothing of it; nor has the room's own price to do with it.
        let stranger = shop.quick_person("stranger").await;
        let home = shop.address(stranger).await;
        let stolen = order::Place { me: stranger, address: home, key: "stolen0stolen0stolen0".to_owned(), ..ask.clone() };
        assert_eq!(code(order::place(&over, stolen)).await, "prize_over");
        let other = Source::Prize { draw: drawn.clone(), sku: shop.skus("tea").await[1], quantity: 1 };
        assert_eq!(code(order::place(&over, order::Place { source: other, key: "other0other0other0other0".to_owned(), ..ask.clone() })).await, "not_found");
        let room_price = live::promise(&over, me, &room, (sku, 1), None).await.unwrap();
        let seen = order::checkout(&shop, me, Lang::En, &room_price, order::Choice::to(address), &domain::share::Touches::default()).await.unwrap();
        assert_eq!(seen.lines[0].price, 800);
        // Two orders at once: one.
        let both = ["won0won0won0won0won0", "won1won1won1won1won1"].map(|key| {
            let (shop, ask) = (over.clone(), order::Place { key: key.to_owned(), ..ask.clone() });
            tokio::spawn(async move { order::place(&shop, ask).await.map_err(|e| e.code().to_owned()) })
        });
        let mut placed = Vec::new();
        for one in both {
            match one.await.unwrap() {
                Ok(order) => placed.push(order),
                Err(code) => assert_eq!(code, "prize_over"),
            }
        }
        let [placed] = placed.as_slice() else { panic!("one order: {placed:?}") };
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().lines[0].unit_price, 1);
        assert_eq!(draw::mine(&over, me, &drawn).await.unwrap().unwrap().claim, None);
        shop.verify_is_empty().await;
        order::cancel(&over, me, &placed.code).await.unwrap();
        assert!(draw::mine(&over, me, &drawn).await.unwrap().unwrap().claim.is_some(), "it is kept for him again");
        shop.verify_is_empty().await;
        let ask = shop.ask(me, address, source, "again0again0again0again0").await;
        let placed = order::place(&later(&shop, DAY), ask).await.unwrap();
        // The other one has not come in time.
        let late = later(&shop, MINUTE + CLAIM);
        draw::lapse(&late, &drawn).await.unwrap();
        assert_eq!(free().await, 2);
        assert_eq!(draw::mine(&late, lazy, &drawn).await.unwrap().unwrap().claim, None);
        // What is not paid for after the time is nobody's any more.
        order::cancel(&late, me, &placed.code).await.unwrap();
        assert_eq!((free().await, draw::mine(&late, me, &drawn).await.unwrap().unwrap().claim), (3, None));
    }

    async fn whoever_wins_the_same_twice_has_two_and_ten_bought_do_not_take_them_away(shop) {
        let On { host, room, sku } = on(&shop, 20).await;
        let me = shop.quick_person("me").await;
        let address = shop.address(me).await;
        let mut sources = Vec::new();
        for turn in 0..2 {
            let at = later(&shop, turn * 10 * MINUTE);
            let drawn = draw::open(&at, host, &room, bag(1, Prize::Thing { sku, price: 1 })).await.unwrap();
            joins(&at, me, &drawn).await.unwrap();
            assert!(draw::draw(&later(&shop, turn * 10 * MINUTE + MINUTE), &drawn).await.unwrap());
            sources.push(Source::Prize { draw: drawn, sku, quantity: 1 });
        }
        shop.verify_is_empty().await;
        let ten = live::promise(&shop, me, &room, (sku, 10), None).await.unwrap();
        order::place(&shop, shop.ask(me, address, ten, "ten0ten0ten0ten0ten0").await).await.unwrap();
        for (i, source) in sources.into_iter().enumerate() {
            let ask = shop.ask(me, address, source, &format!("prize0prize0prize0prize{i}")).await;
            order::place(&later(&shop, DAY), ask).await.unwrap();
        }
        shop.verify_is_empty().await;
    }

    async fn an_order_of_what_was_won_closes_though_that_is_sold_no_more(shop) {
        let On { host, room, sku } = on(&shop, 3).await;
        let drawn = draw::open(&shop, host, &room, bag(1, Prize::Thing { sku, price: 1 })).await.unwrap();
        let me = shop.quick_person("me").await;
        joins(&shop, me, &drawn).await.unwrap();
        let over = later(&shop, MINUTE);
        draw::draw(&over, &drawn).await.unwrap();
        let address = shop.address(me).await;
        let ask = shop.ask(me, address, Source::Prize { draw: drawn.clone(), sku, quantity: 1 }, "gone0gone0gone0gone0gone").await;
        let placed = order::place(&over, ask).await.unwrap();
        shop.execute("UPDATE sku SET active = FALSE", shop::args![]).await;
        order::cancel(&over, me, &placed.code).await.unwrap();
        assert_eq!(draw::mine(&over, me, &drawn).await.unwrap().unwrap().claim, None);
        shop.execute("UPDATE sku SET active = TRUE", shop::args![]).await;
    }

    async fn what_comes_back_after_the_last_look_is_looked_at_once_more(shop) {
        let On { host, room, sku } = on(&shop, 3).await;
        let drawn = draw::open(&shop, host, &room, bag(1, Prize::Thing { sku, price: 1 })).await.unwrap();
        let me = shop.quick_person("me").await;
        joins(&shop, me, &drawn).await.unwrap();
        draw::draw(&later(&shop, MINUTE), &drawn).await.unwrap();
        let address = shop.address(me).await;
        let ask = shop.ask(me, address, Source::Prize { draw: drawn.clone(), sku, quantity: 1 }, "late0late0late0late0late").await;
        let placed = order::place(&later(&shop, DAY), ask).await.unwrap();
        let end = MINUTE + CLAIM;
        draw::lapse(&later(&shop, end), &drawn).await.unwrap();
        // By the clock of another node it was in time.
        order::cancel(&later(&shop, end - 1), me, &placed.code).await.unwrap();
        let due = shop::job::lease(&later(&shop, end), 100).await.unwrap();
        let looks = due.iter().filter(|j| j.kind == "lapse_prizes").count();
        assert_eq!(looks, 2, "the look that was due, and another");
        draw::lapse(&later(&shop, end), &drawn).await.unwrap();
        let free = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap().bag[0].choices[0].left;
        assert_eq!(free, 3);
    }

    async fn a_host_gives_no_more_within_a_day_and_nobody_wins_all_of_it(shop) {
        let On { host, room, sku } = on(&shop, 500).await;
        let me = shop.quick_person("me").await;
        for turn in 0..3 {
            let at = later(&shop, turn * 5 * MINUTE);
            let drawn = draw::open(&at, host, &room, bag(20, Prize::Points(200))).await.unwrap();
            joins(&at, me, &drawn).await.unwrap();
            draw::draw(&later(&shop, turn * 5 * MINUTE + MINUTE), &drawn).await.unwrap();
        }
        let then = later(&shop, 30 * MINUTE);
        let drawn = draw::open(&then, host, &room, bag(20, Prize::Points(200))).await.unwrap();
        assert_eq!(code(joins(&then, me, &drawn)).await, "draw_wins");
        draw::draw(&later(&shop, 31 * MINUTE), &drawn).await.unwrap();
        // Sixteen thousand points are given; four are left, in whichever room of his.
        let second = live::open(&shop, host, "Second", None).await.unwrap();
        live::put(&shop, host, &second, "tea", "0").await.unwrap();
        live::began(&shop, &second).await.unwrap();
        let much = draw::open(&then, host, &second, rain(20, 4001)).await.unwrap_err().into_problem();
        assert_eq!((much.code.as_str(), much.number), ("draw_budget", Some(4000)));
        let last = draw::open(&then, host, &second, rain(20, 4000)).await.unwrap();
        assert!(draw::draw(&later(&shop, 31 * MINUTE), &last).await.unwrap());
        for i in 0..2 {
            let at = later(&shop, (40 + i * 5) * MINUTE);
            let one = draw::open(&at, host, &room, bag(20, Prize::Thing { sku, price: 1 })).await.unwrap();
            draw::draw(&later(&shop, (41 + i * 5) * MINUTE), &one).await.unwrap();
        }
        let more = draw::open(&later(&shop, DAY / 2), host, &room, bag(11, Prize::Thing { sku, price: 1 })).await;
        assert_eq!(more.map(|_| ()).unwrap_err().code(), "draw_budget");
        draw::open(&later(&shop, 2 * DAY), host, &room, bag(11, Prize::Thing { sku, price: 1 })).await.unwrap();
    }

    async fn a_ticket_is_the_one_that_the_browser_chose_unless_somebody_has_it(shop) {
        let On { host, room, .. } = on(&shop, 5).await;
        let drawn = draw::open(&shop, host, &room, bag(1, Prize::Points(5))).await.unwrap();
        let (me, other) = (shop.quick_person("me").await, shop.quick_person("other").await);
        let own: Code = "abcdefghijkm".parse().unwrap();
        let mine = draw::join(&shop, me, Role::Shopper, &drawn, Some(own.clone())).await.unwrap();
        let theirs = draw::join(&shop, other, Role::Shopper, &drawn, Some(own.clone())).await.unwrap();
        assert_eq!(mine.ticket, own.as_str());
        assert_ne!(theirs.ticket, own.as_str());
        draw::draw(&later(&shop, MINUTE), &drawn).await.unwrap();
        let told = draw::show(&shop, Lang::En, Some(me), &drawn).await.unwrap();
        assert_eq!(told.entries.iter().map(|e| e.ticket.clone()).collect::<Vec<_>>(), [mine.ticket, theirs.ticket]);
        assert!(told.mine.unwrap().drawn);
    }

    async fn a_price_for_a_short_while_is_announced_on_and_over_by_the_clock(shop) {
        let On { host, room, sku } = on(&shop, 20).await;
        let ask = |off| live::flash(&shop, host, &room, flash(off, 3, 2));
        assert_eq!(code(ask("2")).await, "flash_off", "it is no lower than the room's");
        assert_eq!(code(ask("9.50")).await, "flash_off", "more than nine tenths");
        assert_eq!(code(live::flash(&shop, host, &room, flash("5", 0, 1))).await, "flash_units");
        assert_eq!(code(live::flash(&shop, host, &room, flash("5", 3, 4))).await, "flash_each");
        assert_eq!(code(live::flash(&shop, host, &room, live::Flash { place: 9, ..flash("5", 3, 1) })).await, "product_gone");
        ask("5").await.unwrap();
        assert_eq!(code(ask("6")).await, "flash_runs");
        let price = async |at| {
            let view = live::show(&later(&shop, at), Lang::En, live::Looker::default(), &room).await.unwrap();
            assert_eq!(view.bag[0].choices[0].price, view.facts.skus[0].price);
            view.facts.skus[0].price
        };
        let (begins, ends) = (10 * SECOND, 10 * SECOND + MINUTE);
        assert_eq!((price(0).await, price(begins - 1).await, price(begins).await, price(ends - 1).await, price(ends).await), (800, 800, 500, 500, 800));
        let me = shop.quick_person("me").await;
        let takes = async |at, who, n, shown| live::promise(&later(&shop, at), who, &room, (sku, n), shown).await;
        assert_eq!(code(takes(begins, me, 3, Some(500))).await, "flash_limit");
        let source = takes(begins, me, 2, Some(500)).await.unwrap();
        assert_eq!(code(takes(begins, shop.quick_person("third").await, 2, Some(500))).await, "few_left");
        // Who saw it a moment before the end has a moment more; nobody pays more than was shown.
        let slow = shop.quick_person("slow").await;
        takes(ends + LATE - 1, slow, 1, Some(500)).await.unwrap();
        let later_still = shop.quick_person("later").await;
        assert_eq!(code(takes(ends + LATE, later_still, 1, Some(500))).await, "flash_gone");
        takes(ends, later_still, 1, Some(800)).await.unwrap();
        let address = shop.address(me).await;
        let over = later(&shop, begins + FLASH_PROMISE);
        let asked = shop.ask(me, address, source.clone(), "flash0flash0flash0flash0").await;
        assert_eq!(order::place(&over, asked.clone()).await.map(|_| ()).unwrap_err().code(), "room_price_over");
        let placed = order::place(&later(&shop, begins + FLASH_PROMISE - 1), asked).await.unwrap();
        assert_eq!(order::show(&shop, me, Lang::En, &placed.code).await.unwrap().lines[0].unit_price, 500);
    }

    async fn no_price_for_a_short_while_is_dearer_than_what_the_shop_asked_within_thirty_days(shop) {
        let On { host, room, .. } = on(&shop, 20).await;
        shop.execute("INSERT INTO price_history (sku_id, at, price) SELECT id, $1, 550 FROM sku WHERE price = 1000", shop::args![NOON - 40 * DAY]).await;
        shop.execute("INSERT INTO price_history (sku_id, at, price) SELECT id, $1, 1000 FROM sku WHERE price = 1000", shop::args![NOON - 20 * DAY]).await;
        assert_eq!(code(live::flash(&shop, host, &room, flash("4.50", 3, 1))).await, "flash_lowest", "550 still held thirty days ago");
        live::flash(&shop, host, &room, flash("4.51", 3, 1)).await.unwrap();
    }

    async fn five_hundred_who_come_at_once_do_not_get_more_than_there_is_at_a_price_for_a_short_while(shop) {
        let On { host, room, sku } = on(&shop, 600).await;
        live::flash(&shop, host, &room, flash("5", 7, 1)).await.unwrap();
        let on = later(&shop, 10 * SECOND);
        let people = if shop.url.starts_with("sqlite") { 500 } else { 120 };
        let mut all = Vec::new();
        for i in 0..people {
            let who = shop.quick_person(&format!("rush{i}")).await;
            let address = if i % 10 == 0 { Some(shop.address(who).await) } else { None };
            let (shop, room) = (on.clone(), room.clone());
            all.push(tokio::spawn(async move {
                let source = live::promise(&shop, who, &room, (sku, 1), Some(500)).await.map_err(|e| e.code().to_owned())?;
                Ok::<_, String>((who, address, source))
            }));
        }
        let mut got = 0;
        for one in all {
            match one.await.unwrap() {
                Ok((who, address, source)) => {
                    got += 1;
                    if let Some(address) = address {
                        let key = hex(&shop.rng.bytes::<16>());
                        let ask = shop.ask(who, address, source, &key).await;
                        order::place(&on, ask).await.unwrap();
                    }
                }
                Err(code) => assert_eq!(code, "flash_gone"),
            }
        }
        assert_eq!(got, 7);
        let left = live::show(&on, Lang::En, shop::live::Looker::default(), &room).await.unwrap().facts.flash.unwrap().left;
        assert_eq!(left, 0);
    }

    async fn whoever_orders_and_takes_again_at_once_has_no_more_than_one_person_may(shop) {
        let On { host, room, sku } = on(&shop, 600).await;
        live::flash(&shop, host, &room, live::Flash { units: 30, each: 1, ..flash("5", 30, 1) }).await.unwrap();
        let on = later(&shop, 10 * SECOND);
        for turn in 0..8 {
            let me = shop.quick_person(&format!("twice{turn}")).await;
            let address = shop.address(me).await;
            let source = live::promise(&on, me, &room, (sku, 1), Some(500)).await.unwrap();
            let ask = shop.ask(me, address, source.clone(), &format!("flash{turn}0flash0flash0flash")).await;
            let placing = {
                let (shop, ask) = (on.clone(), ask.clone());
                tokio::spawn(async move { order::place(&shop, ask).await.map(|_| ()) })
            };
            let mut taking = Vec::new();
            for _ in 0..4 {
                let (shop, room) = (on.clone(), room.clone());
                taking.push(tokio::spawn(async move { live::promise(&shop, me, &room, (sku, 1), Some(500)).await.map(|_| ()) }));
            }
            let first = placing.await.unwrap();
            for one in taking {
                let _ = one.await.unwrap();
            }
            let key = format!("second{turn}0flash0flash0flash");
            let second = order::place(&on, order::Place { key, ..ask }).await.map(|_| ());
            assert!(!(first.is_ok() && second.is_ok()), "one of each");
        }
    }
}

/// A bag that is drawn, packets of which some were opened, an order at a price for a short while: for the corruptions.
pub async fn drawn(shop: &TestShop) {
    let host = shop.quick_person("drawhost").await;
    hosts(shop, host).await;
    let On { room, sku, .. } = on_of(shop, host, "drawtea", 20).await;
    let one = draw::open(shop, host, &room, bag(1, Prize::Points(5))).await.unwrap();
    let (me, other) = (shop.quick_person("drawer").await, shop.quick_person("drawn").await);
    joins(shop, me, &one).await.unwrap();
    joins(shop, other, &one).await.unwrap();
    draw::draw(&later(shop, MINUTE), &one).await.unwrap();
    let won = draw::open(&later(shop, 2 * MINUTE), host, &room, bag(1, Prize::Thing { sku, price: 1 })).await.unwrap();
    joins(&later(shop, 2 * MINUTE), me, &won).await.unwrap();
    draw::draw(&later(shop, 4 * MINUTE), &won).await.unwrap();
    let rained = draw::open(shop, host, &room, rain(3, 1500)).await.unwrap();
    joins(shop, me, &rained).await.unwrap();
    live::flash(shop, host, &room, flash("5", 3, 2)).await.unwrap();
    let begun = later(shop, 10 * SECOND);
    let source = live::promise(&begun, me, &room, (sku, 2), None).await.unwrap();
    let address = shop.address(me).await;
    let ask = shop.ask(me, address, source, "drawn0drawn0drawn0drawn0").await;
    order::place(&begun, ask).await.unwrap();
}
