//! The desk of a room: who keeps order in it, who may speak, what is asked, who raises his hand, and what its host reads.

use crate::{
    live::{On, code, later, on, on_of},
    support::{NOON, TestShop, both},
};
use domain::{
    Lang, Millis,
    account::Role,
    id::PersonId,
    live::{
        Line, MAX_HANDS, MAX_MODERATORS, RoomView, Speaks, StudioView,
        numbers::Prompt,
        poll::{Ask, MyVote, SHOWN},
    },
    time::{MINUTE, SECOND},
};
use shop::{draw, live, order};
use std::time::Duration;

async fn seen(shop: &shop::Shop, room: &domain::Code, who: Option<PersonId>) -> RoomView {
    live::show(shop, Lang::En, live::Looker { me: who, ..live::Looker::default() }, room).await.unwrap()
}

async fn desk(shop: &shop::Shop, on: &On) -> StudioView {
    live::studio(shop, Lang::En, on.host, &on.room).await.unwrap()
}

pub fn ask(question: &str, options: &[&str], right: Option<usize>) -> Ask {
    let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
    Ask::new(question, &options, right, 60).unwrap()
}

const fn says(place: i64) -> MyVote {
    MyVote { number: 1, place }
}

/// A room whose desk is in use, for the corruptions.
pub async fn busy(shop: &TestShop, host: PersonId, room: &domain::Code) {
    let (fan, bad) = (shop.quick_person("deskfan").await, shop.quick_person("deskbad").await);
    live::moderator(shop, host, room, "deskfan", true).await.unwrap();
    live::ban(shop, host, false, room, "deskbad", true).await.unwrap();
    let seq = live::say(shop, host, room, "Ask me").await.unwrap();
    live::pin(shop, host, false, room, Some(seq)).await.unwrap();
    live::ask(shop, host, room, ask("Which?", &["a", "b"], None)).await.unwrap();
    live::vote(shop, fan, room, says(1)).await.unwrap();
    live::take_hands(shop, host, room, true).await.unwrap();
    live::raise(shop, fan, room, "").await.unwrap();
    assert_eq!(code(live::raise(shop, bad, room, "")).await, "shut_out");
}

both! {
    async fn whoever_keeps_order_does_in_all_rooms_of_the_host_and_against_nobody_above_him(shop) {
        let here = on(&shop, 5).await;
        let (helper, second, guest) =
            (shop.quick_person("helper").await, shop.quick_person("second").await, shop.quick_person("guest").await);
        assert_eq!(code(live::moderator(&shop, here.host, &here.room, "nobody1", true)).await, "nobody");
        assert_eq!(code(live::moderator(&shop, here.host, &here.room, "host", true)).await, "moderator_self");
        assert_eq!(code(live::moderator(&shop, guest, &here.room, "helper", true)).await, "not_found");
        for name in ["helper", " @Second "] {
            live::moderator(&shop, here.host, &here.room, name, true).await.unwrap();
            live::moderator(&shop, here.host, &here.room, name, true).await.unwrap();
        }
        assert_eq!(desk(&shop, &here).await.moderators.len(), 2);
        let of_guest = live::say(&shop, guest, &here.room, "Buy elsewhere").await.unwrap();
        let of_host = live::say(&shop, here.host, &here.room, "Welcome").await.unwrap();
        let of_second = live::say(&shop, second, &here.room, "Be kind").await.unwrap();
        let lines = seen(&shop, &here.room, Some(helper)).await;
        assert!(lines.moderates && !lines.mine && !seen(&shop, &here.room, Some(guest)).await.moderates);
        assert_eq!(lines.lines.iter().map(|l| (l.host, l.moderator)).collect::<Vec<_>>(), [(false, false), (false, false), (true, false), (false, true)]);
        for seq in [of_host, of_second] {
            assert_eq!(code(live::take_away(&shop, helper, false, &here.room, seq)).await, "forbidden");
            assert_eq!(code(live::mute(&shop, helper, false, &here.room, seq, 5)).await, "forbidden");
        }
        assert_eq!(code(live::ban(&shop, helper, false, &here.room, "second", true)).await, "forbidden");
        assert_eq!(code(live::ban(&shop, helper, false, &here.room, "host", true)).await, "forbidden");
        assert_eq!(code(live::ban(&shop, here.host, false, &here.room, "host", true)).await, "mute_self");
        assert_eq!(code(live::take_away(&shop, guest, false, &here.room, of_guest)).await, "not_found");
        live::mute(&shop, helper, false, &here.room, of_guest, 5).await.unwrap();
        assert_eq!(code(live::say(&shop, guest, &here.room, "x")).await, "muted_for");
        // He makes nothing shorter that the host has said, and lets nobody back whom he shut out.
        live::mute(&shop, here.host, false, &here.room, of_guest, 0).await.unwrap();
        live::mute(&shop, helper, false, &here.room, of_guest, 1).await.unwrap();
        assert_eq!(code(live::say(&later(&shop, 10 * MINUTE), guest, &here.room, "x")).await, "muted");
        live::ban(&shop, here.host, false, &here.room, "guest", true).await.unwrap();
        assert_eq!(code(live::ban(&shop, helper, false, &here.room, "guest", false)).await, "forbidden");
        live::ban(&shop, here.host, false, &here.room, "guest", false).await.unwrap();
        // In another room of the host too, and not in one of somebody else.
        let next = on_of(&shop, here.host, "cup", 5).await;
        let other = shop.quick_person("otherhost").await;
        crate::live::hosts(&shop, other).await;
        let elsewhere = on_of(&shop, other, "pot", 5).await;
        let line = live::say(&shop, guest, &next.room, "Hello").await.unwrap();
        live::take_away(&shop, helper, false, &next.room, line).await.unwrap();
        let line = live::say(&shop, guest, &elsewhere.room, "Hello").await.unwrap();
        assert_eq!(code(live::take_away(&shop, helper, false, &elsewhere.room, line)).await, "not_found");
        live::moderator(&shop, here.host, &here.room, "helper", false).await.unwrap();
        assert!(!seen(&shop, &here.room, Some(helper)).await.moderates);
        for n in 1..MAX_MODERATORS {
            shop.quick_person(&format!("mod{n}")).await;
            live::moderator(&shop, here.host, &here.room, &format!("mod{n}"), true).await.unwrap();
        }
        assert_eq!(code(live::moderator(&shop, here.host, &here.room, "helper", true)).await, "room_moderators");
    }

    async fn whoever_is_shut_out_takes_no_part_in_any_room_of_the_host_until_he_is_let_back(shop) {
        let here = on(&shop, 5).await;
        let (bad, good) = (shop.quick_person("bad").await, shop.quick_person("good").await);
        let first = live::say(&shop, bad, &here.room, "spam").await.unwrap();
        live::say(&shop, bad, &here.room, "more spam").await.unwrap();
        live::say(&shop, good, &here.room, "hello").await.unwrap();
        live::pin(&shop, here.host, false, &here.room, Some(first)).await.unwrap();
        live::take_hands(&shop, here.host, &here.room, true).await.unwrap();
        live::raise(&shop, bad, &here.room, "me").await.unwrap();
        live::ask(&shop, here.host, &here.room, ask("Which?", &["a", "b"], None)).await.unwrap();
        let drawn = draw::open(&shop, here.host, &here.room, crate::draw::bag(1, domain::draw::Prize::Points(5))).await.unwrap();
        live::ban(&shop, here.host, false, &here.room, "bad", true).await.unwrap();
        live::ban(&shop, here.host, false, &here.room, "bad", true).await.unwrap();
        let view = seen(&shop, &here.room, Some(bad)).await;
        assert_eq!(view.lines.iter().filter(|l| l.kind == Line::Said).map(|l| l.text.as_str()).collect::<Vec<_>>(), ["", "", "hello"]);
        assert_eq!((view.facts.pinned, view.facts.hands.waiting, view.hand), (None, 0, None));
        let next = on_of(&shop, here.host, "cup", 5).await;
        for room in [&here.room, &next.room] {
            assert_eq!(code(live::say(&shop, bad, room, "again")).await, "shut_out");
        }
        assert_eq!(code(live::raise(&shop, bad, &here.room, "")).await, "shut_out");
        assert_eq!(code(live::vote(&shop, bad, &here.room, says(1))).await, "shut_out");
        assert_eq!(code(draw::join(&shop, bad, Role::Shopper, &drawn, None)).await, "shut_out");
        // What he bought he buys all the same: that is between him and the shop.
        live::promise(&shop, bad, &here.room, (here.sku, 1), None).await.unwrap();
        assert_eq!(desk(&shop, &here).await.banned.iter().map(|f| f.handle.as_str()).collect::<Vec<_>>(), ["bad"]);
        live::ban(&shop, here.host, false, &here.room, "bad", false).await.unwrap();
        live::say(&later(&shop, MINUTE), bad, &here.room, "sorry").await.unwrap();
        live::vote(&shop, bad, &here.room, says(1)).await.unwrap();
        // Whoever is made to keep order is not shut out, and the other way round.
        live::ban(&shop, here.host, false, &here.room, "bad", true).await.unwrap();
        live::moderator(&shop, here.host, &here.room, "bad", true).await.unwrap();
        assert_eq!((desk(&shop, &here).await.banned.len(), desk(&shop, &here).await.moderators.len()), (0, 1));
        live::ban(&shop, here.host, false, &here.room, "bad", true).await.unwrap();
        assert_eq!((desk(&shop, &here).await.banned.len(), desk(&shop, &here).await.moderators.len()), (1, 0));
    }

    async fn words_that_the_host_does_not_want_are_named_to_whoever_says_them_in_any_writing(shop) {
        let here = on(&shop, 5).await;
        let who = shop.quick_person("who").await;
        assert_eq!(code(live::words(&shop, who, &here.room, "x y")).await, "not_found");
        for wrong in ["a", "Ａ", "？", "。。"] {
            assert_eq!(code(live::words(&shop, here.host, &here.room, wrong)).await, "room_words", "{wrong}");
        }
        live::words(&shop, here.host, &here.room, "Rival, 隔壁").await.unwrap();
        assert_eq!(desk(&shop, &here).await.words, "Rival\n隔壁");
        for text in ["the RIVAL shop", "ｒｉｖａｌ", "去隔-壁看看"] {
            let error = live::say(&shop, who, &here.room, text).await.unwrap_err().into_problem();
            assert_eq!((error.code.as_str(), error.said.is_some()), ("screen_room", true), "{text}");
        }
        live::say(&shop, who, &here.room, "rivalry is fine").await.unwrap();
        live::say(&shop, here.host, &here.room, "my rival").await.unwrap();
        live::take_hands(&shop, here.host, &here.room, true).await.unwrap();
        assert_eq!(code(live::raise(&shop, who, &here.room, "my rival")).await, "screen_room");
        live::words(&shop, here.host, &here.room, "").await.unwrap();
        live::say(&shop, who, &here.room, "rival").await.unwrap();
    }

    async fn only_followers_or_buyers_write_where_the_host_has_said_so(shop) {
        let here = on(&shop, 5).await;
        let (fan, buyer, helper) =
            (shop.quick_person("fan").await, shop.quick_person("buyer").await, shop.quick_person("helper").await);
        live::moderator(&shop, here.host, &here.room, "helper", true).await.unwrap();
        shop::follow::follow(&shop, fan, "host", true).await.unwrap();
        let address = shop.address(buyer).await;
        let source = live::promise(&shop, buyer, &here.room, (here.sku, 1), None).await.unwrap();
        let placed = order::place(&shop, shop.ask(buyer, address, source, "desk0room0room0room0room").await).await.unwrap();
        assert_eq!(code(live::speaks(&shop, fan, &here.room, Speaks::Buyers)).await, "not_found");
        live::speaks(&shop, here.host, &here.room, Speaks::Buyers).await.unwrap();
        assert_eq!(seen(&shop, &here.room, None).await.facts.speaks, Speaks::Buyers);
        assert_eq!(code(live::say(&shop, buyer, &here.room, "x")).await, "buyers_only", "it is not paid");
        shop.capture(buyer, &placed).await;
        for who in [buyer, helper, here.host] {
            live::say(&shop, who, &here.room, "x").await.unwrap();
        }
        assert_eq!(code(live::say(&shop, fan, &here.room, "x")).await, "buyers_only");
        live::speaks(&shop, here.host, &here.room, Speaks::Followers).await.unwrap();
        live::say(&shop, fan, &here.room, "x").await.unwrap();
        assert_eq!(code(live::say(&shop, buyer, &here.room, "x")).await, "followers_only");
        live::speaks(&shop, here.host, &here.room, Speaks::All).await.unwrap();
        live::say(&shop, buyer, &here.room, "y").await.unwrap();
    }

    async fn a_line_stands_on_top_until_it_is_taken_down_or_away(shop) {
        let here = on(&shop, 5).await;
        let who = shop.quick_person("who").await;
        let line = live::say(&shop, who, &here.room, "Does it fit?").await.unwrap();
        let second = live::say(&shop, here.host, &here.room, "Size M today").await.unwrap();
        assert_eq!(code(live::pin(&shop, who, false, &here.room, Some(line))).await, "not_found");
        for wrong in [1, 99, -1] {
            assert_eq!(code(live::pin(&shop, here.host, false, &here.room, Some(wrong))).await, "not_found", "{wrong}");
        }
        let pinned = async || seen(&shop, &here.room, None).await.facts.pinned.map(|p| (p.seq, p.text));
        live::pin(&shop, here.host, false, &here.room, Some(line)).await.unwrap();
        assert_eq!(pinned().await, Some((line, "Does it fit?".to_owned())));
        live::pin(&shop, here.host, false, &here.room, Some(second)).await.unwrap();
        assert_eq!(pinned().await.map(|p| p.0), Some(second));
        live::pin(&shop, here.host, false, &here.room, None).await.unwrap();
        assert_eq!(pinned().await, None);
        live::pin(&shop, here.host, false, &here.room, Some(line)).await.unwrap();
        live::mute(&shop, here.host, false, &here.room, line, 1).await.unwrap();
        assert_eq!(pinned().await, None);
        assert_eq!(code(live::pin(&shop, here.host, false, &here.room, Some(line))).await, "not_found");
    }

    async fn a_poll_counts_each_person_once_and_a_quiz_tells_nothing_before_it_is_over(shop) {
        let here = on(&shop, 5).await;
        let (one, two) = (shop.quick_person("one").await, shop.quick_person("two").await);
        assert_eq!(code(live::ask(&shop, one, &here.room, ask("Which?", &["a", "b"], None))).await, "not_found");
        assert_eq!(code(live::ask(&shop, here.host, &here.room, ask("VX: abc123456", &["a", "b"], None))).await, "screen_contact");
        assert_eq!(code(live::vote(&shop, one, &here.room, says(1))).await, "poll_closed", "there is none");
        assert_eq!(live::ask(&shop, here.host, &here.room, ask("Which?", &["a", "b", "c"], Some(1))).await.unwrap(), 1);
        assert_eq!(code(live::ask(&shop, here.host, &here.room, ask("Which?", &["a", "b"], None))).await, "poll_runs");
        assert_eq!(code(live::vote(&shop, here.host, &here.room, says(1))).await, "poll_own");
        assert_eq!(code(live::vote(&shop, one, &here.room, says(4))).await, "not_found");
        assert_eq!(live::vote(&shop, one, &here.room, says(2)).await.unwrap(), says(2));
        assert_eq!(live::vote(&shop, one, &here.room, says(2)).await.unwrap(), says(2), "the same again is no second one");
        assert_eq!(code(live::vote(&shop, one, &here.room, says(1))).await, "voted");
        live::vote(&shop, two, &here.room, says(3)).await.unwrap();
        let fact = seen(&shop, &here.room, Some(one)).await;
        assert_eq!(fact.vote, Some(says(2)));
        let fact = fact.facts.poll.unwrap();
        assert_eq!((fact.votes, fact.voters, fact.answer, fact.quiz, fact.over), (vec![], 2, None, true, false));
        assert!(!live::close_poll(&shop, &here.room, 1).await.unwrap(), "not before its time");
        let over = later(&shop, MINUTE);
        assert_eq!(code(live::vote(&over, here.host, &here.room, says(1))).await, "poll_own");
        let late = shop.quick_person("late").await;
        assert_eq!(code(live::vote(&over, late, &here.room, says(1))).await, "poll_closed");
        assert!(live::close_poll(&over, &here.room, 1).await.unwrap());
        assert!(!live::close_poll(&over, &here.room, 1).await.unwrap(), "once");
        let view = seen(&over, &here.room, None).await;
        let kinds: Vec<_> = view.lines.iter().map(|l| (l.kind, l.text.clone())).collect();
        assert_eq!(kinds, [(Line::Begun, String::new()), (Line::Asks, "Which?".to_owned()), (Line::Asked, "Which?".to_owned())]);
        let fact = view.facts.poll.unwrap();
        assert_eq!((fact.votes, fact.answer, fact.over), (vec![0, 1, 1], Some(2), true));
        assert_eq!(seen(&later(&shop, MINUTE + SHOWN), &here.room, None).await.facts.poll, None, "what came of it is shown for a while");
        // One whose time is over hinders nobody, though nothing has closed it yet.
        assert_eq!(live::ask(&over, here.host, &here.room, ask("And now?", &["x", "y"], None)).await.unwrap(), 2);
        live::vote(&over, two, &here.room, MyVote { number: 2, place: 1 }).await.unwrap();
        let fact = seen(&over, &here.room, Some(one)).await;
        assert_eq!((fact.vote, fact.facts.poll.unwrap().votes), (None, vec![1, 0]), "a poll tells what it has so far");
        live::end(&over, here.host, false, &here.room).await.unwrap();
        assert!(!live::close_poll(&later(&shop, 3 * MINUTE), &here.room, 2).await.unwrap(), "with the room");
        assert_eq!(code(live::vote(&over, late, &here.room, MyVote { number: 2, place: 1 })).await, "poll_closed");
        let view = seen(&over, &here.room, None).await;
        assert_eq!((view.facts.poll, view.lines.last().map(|l| l.kind)), (None, Some(Line::Ended)));
    }

    async fn sixty_who_vote_at_once_some_twice_are_sixty_votes(shop) {
        let here = on(&shop, 5).await;
        live::ask(&shop, here.host, &here.room, ask("Which?", &["a", "b"], None)).await.unwrap();
        let mut all = Vec::new();
        for n in 0..60 {
            let who = shop.quick_person(&format!("v{n}")).await;
            for place in if n % 3 == 0 { vec![1, 1] } else if n % 3 == 1 { vec![1, 2] } else { vec![2] } {
                let (shop, room) = (shop.shop.clone(), here.room.clone());
                all.push(tokio::spawn(async move { live::vote(&shop, who, &room, says(place)).await.map_err(|e| e.code().to_owned()) }));
            }
        }
        let (mut good, mut refused) = (0, 0);
        for one in all {
            match one.await.unwrap() {
                Ok(_) => good += 1,
                Err(code) => {
                    assert_eq!(code, "voted");
                    refused += 1;
                }
            }
        }
        assert_eq!((good, refused), (80, 20));
        let fact = seen(&shop, &here.room, None).await.facts.poll.unwrap();
        assert_eq!((fact.voters, fact.votes.iter().sum::<i64>()), (60, 60));
    }

    async fn hands_wait_in_their_order_and_one_at_a_time_is_called(shop) {
        let here = on(&shop, 5).await;
        let (one, two, three) = (shop.quick_person("one").await, shop.quick_person("two").await, shop.quick_person("three").await);
        assert_eq!(code(live::raise(&shop, one, &here.room, "")).await, "hands_closed");
        assert_eq!(code(live::take_hands(&shop, one, &here.room, true)).await, "not_found");
        live::take_hands(&shop, here.host, &here.room, true).await.unwrap();
        assert_eq!(code(live::raise(&shop, here.host, &here.room, "")).await, "hand_own");
        assert_eq!(code(live::raise(&shop, one, &here.room, &"x".repeat(41))).await, "said_long");
        for (n, who) in [(0, one), (1, two), (2, three)] {
            live::raise(&later(&shop, n * SECOND), who, &here.room, "size?").await.unwrap();
        }
        live::raise(&later(&shop, 9 * SECOND), one, &here.room, "  colour?  ").await.unwrap();
        let ahead = async |who| live::hand(&shop, who, &here.room).await.unwrap().map(|h| (h.ahead, h.called));
        assert_eq!((ahead(one).await, ahead(two).await, ahead(three).await), (Some((0, false)), Some((1, false)), Some((2, false))));
        let queue = async || desk(&shop, &here).await.hands.into_iter().map(|h| (h.of.handle, h.words, h.called)).collect::<Vec<_>>();
        assert_eq!(queue().await.iter().map(|h| h.0.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
        assert_eq!(queue().await[0].1, "colour?");
        assert_eq!(code(live::call(&shop, one, &here.room, Some("one"))).await, "not_found");
        assert_eq!(code(live::call(&shop, here.host, &here.room, Some("host"))).await, "hand_down");
        live::call(&shop, here.host, &here.room, Some("two")).await.unwrap();
        live::call(&shop, here.host, &here.room, Some("two")).await.unwrap();
        let view = seen(&shop, &here.room, Some(two)).await;
        assert_eq!((view.facts.hands.waiting, view.facts.hands.called.as_deref(), view.hand.unwrap().called), (2, Some("two"), true));
        assert_eq!(view.lines.iter().filter(|l| l.kind == Line::Called).map(|l| l.handle.as_str()).collect::<Vec<_>>(), ["two"]);
        assert_eq!(queue().await[0].0, "two", "whose turn it is stands first");
        live::call(&shop, here.host, &here.room, Some("one")).await.unwrap();
        assert_eq!((ahead(two).await, ahead(one).await, ahead(three).await), (None, Some((0, true)), Some((0, false))));
        live::call(&shop, here.host, &here.room, None).await.unwrap();
        assert_eq!((ahead(one).await, queue().await.len()), (None, 1));
        live::lower(&shop, three, &here.room).await.unwrap();
        assert_eq!(code(live::call(&shop, here.host, &here.room, Some("three"))).await, "hand_down");
        live::raise(&shop, three, &here.room, "").await.unwrap();
        live::take_hands(&shop, here.host, &here.room, false).await.unwrap();
        assert_eq!((ahead(three).await, queue().await.len()), (None, 0), "those that are raised go down");
        live::take_hands(&shop, here.host, &here.room, true).await.unwrap();
        live::raise(&shop, three, &here.room, "").await.unwrap();
        live::end(&shop, here.host, false, &here.room).await.unwrap();
        assert_eq!(code(live::raise(&shop, one, &here.room, "")).await, "room_not_on");
        assert!(!seen(&shop, &here.room, None).await.facts.hands.open, "nobody raises his hand in a replay");
    }

    async fn no_more_hands_wait_than_are_taken(shop) {
        let here = on(&shop, 5).await;
        live::take_hands(&shop, here.host, &here.room, true).await.unwrap();
        let mut last = None;
        for n in 0..MAX_HANDS {
            let who = shop.quick_person(&format!("h{n}")).await;
            live::raise(&shop, who, &here.room, "").await.unwrap();
            last = Some(who);
        }
        let more = shop.quick_person("more").await;
        assert_eq!(code(live::raise(&shop, more, &here.room, "")).await, "hands_full");
        live::raise(&shop, last.unwrap(), &here.room, "still here").await.unwrap();
        live::lower(&shop, last.unwrap(), &here.room).await.unwrap();
        live::raise(&shop, more, &here.room, "").await.unwrap();
    }

    async fn a_host_reads_who_came_how_long_they_looked_what_they_wanted_and_what_it_came_to(shop) {
        let here = on(&shop, 9).await;
        let telling = tokio::spawn({
            let shop = shop.shop.clone();
            async move { live::news::run(&shop).await }
        });
        let hub = shop.kept.rooms.enter(&shop, &here.room).await.unwrap();
        live::explain(&shop, here.host, &here.room, Some(1)).await.unwrap();
        for who in 1..=4_u128 {
            hub.seen(who, NOON);
        }
        // Nobody is believed that he looked for longer than he was there.
        hub.watched(1, None, 30_000, NOON + 20_000);
        hub.watched(1, None, 30_000, NOON + 60_000);
        hub.watched(2, None, 10_000, NOON + 60_000);
        hub.watched(99, None, 50_000, NOON + 60_000);
        // The last one listens on another node.
        for (who, place) in [(1, 1), (1, 1), (2, 1), (3, 7), (99, 1)] {
            hub.clicked(who, place);
        }
        let (fan, buyer) = (shop.quick_person("fan").await, shop.quick_person("buyer").await);
        shop::follow::follow(&shop, fan, "host", true).await.unwrap();
        let address = shop.address(buyer).await;
        let source = live::promise(&shop, buyer, &here.room, (here.sku, 2), None).await.unwrap();
        let placed = order::place(&shop, shop.ask(buyer, address, source, "desk0room0room0room0room").await).await.unwrap();
        shop.capture(buyer, &placed).await;
        live::explain(&later(&shop, 2 * MINUTE), here.host, &here.room, None).await.unwrap();
        let mut numbers = None;
        for _ in 0..80 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let read = desk(&shop, &here).await.numbers;
            let told = read.viewers == 4 && read.moments.iter().any(|m| m.viewers == 4);
            let done = read.unique == 5 && read.clicks == 3 && told;
            numbers = Some(read);
            if done {
                break;
            }
        }
        telling.abort();
        let n = numbers.unwrap();
        assert_eq!((n.unique, n.entries, n.watched, n.clickers, n.clicks, n.follows), (5, 4, 95_000, 3, 3, 1));
        assert_eq!((n.orders, n.sold.clone(), n.mean, n.viewers), (1, vec![(domain::Currency::Cny, 1600)], 4, 4));
        assert_eq!((n.ctr(), n.ctor(), n.average_watch()), (Some(600), Some(333), Some(19_000)));
        assert_eq!((n.gpm(n.sold[0]).unwrap().amount, n.uv(n.sold[0]).unwrap().amount), (400_000, 320));
        let thing = &n.things[0];
        assert_eq!((thing.place, thing.clicks, thing.orders, thing.orders_then, thing.sold, thing.explained), (1, 3, 1, 1, 1600, 2 * MINUTE));
        assert_eq!(n.spans, [(NOON, Some(NOON + 2 * MINUTE), 1)]);
        let prompts = async |by: Millis| {
            let read = live::studio(&later(&shop, by), Lang::En, here.host, &here.room).await.unwrap().numbers;
            read.prompts.into_iter().map(|p| p.what).collect::<Vec<_>>()
        };
        assert_eq!(prompts(4 * MINUTE).await, []);
        assert_eq!(prompts(5 * MINUTE).await, [Prompt::Idle]);
        let tired = later(&shop, 5 * MINUTE);
        live::take_hands(&tired, here.host, &here.room, true).await.unwrap();
        live::raise(&tired, fan, &here.room, "").await.unwrap();
        assert_eq!(prompts(9 * MINUTE).await, [Prompt::Hands, Prompt::Idle]);
        // Who sees it again is no viewer of the show; who comes back within half a minute has not come in anew.
        let node = |by: Millis| shop::Shop { kept: std::sync::Arc::default(), ..later(&shop, by) };
        let other = node(10 * SECOND);
        let hub = other.kept.rooms.enter(&other, &here.room).await.unwrap();
        hub.entered(1);
        hub.seen(5, NOON);
        other.kept.rooms.write(&other).await;
        live::end(&shop, here.host, false, &here.room).await.unwrap();
        let again = node(MINUTE);
        let hub = again.kept.rooms.enter(&again, &here.room).await.unwrap();
        hub.seen(6, NOON);
        hub.entered(7);
        hub.watched(8, None, 1_000, NOON + MINUTE);
        hub.clicked(9, 1);
        again.kept.rooms.write(&again).await;
        let n = desk(&shop, &here).await.numbers;
        assert_eq!((n.unique, n.entries, n.clicks), (6, 5, 3));
    }
}
