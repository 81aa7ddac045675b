//! How close those are to a host who have joined his fans: what counts, how much of it a day, and of whom nothing does.

use crate::{
    commission::keeps,
    live::{On, code, later, on},
    share::link,
    support::{NOON, TestShop, both, hex},
};
use domain::{
    Lang,
    id::PersonId,
    live::{FanView, fan::Did},
    share::{Kind, Touches},
    time::{DAY, MINUTE, SECOND},
};
use shop::{Shop, live, order, share};
use uuid::Uuid;

async fn fan(shop: &Shop, me: PersonId, room: &domain::Code) -> Option<FanView> {
    live::show(shop, Lang::En, shop::live::Looker { me: Some(me), staff: false, decides: false }, room)
        .await
        .unwrap()
        .fan
}

/// Somebody who has joined the fans of a room's host.
async fn joins(shop: &TestShop, name: &str, room: &domain::Code) -> PersonId {
    let me = shop.quick_person(name).await;
    live::join_fans(shop, me, room, true).await.unwrap();
    me
}

both! {
    async fn of_those_who_have_joined_what_they_do_counts_and_of_nobody_else(shop) {
        let On { room, host, .. } = on(&shop, 5).await;
        let (me, other) = (joins(&shop, "me", &room).await, shop.quick_person("other").await);
        let hub = shop.kept.rooms.enter(&shop, &room).await.unwrap();
        for (who, person) in [(1_u128, Some(me)), (2, Some(other)), (3, Some(host)), (4, None)] {
            hub.seen(who, NOON);
            hub.watched(who, person, 3 * MINUTE, NOON + 3 * MINUTE);
            hub.watched(who, person, 40 * SECOND, NOON + 4 * MINUTE);
            hub.watched(who, person, 40 * SECOND, NOON + 5 * MINUTE);
            for _ in 0..3 {
                hub.heart(person, 9);
            }
        }
        for who in [me, other, host] {
            live::say(&shop, who, &room, "hello").await.unwrap();
        }
        shop.kept.rooms.write(&shop).await;
        let mine = fan(&shop, me, &room).await.unwrap();
        assert_eq!(mine.did, Did { ms: 115 * SECOND, said: 1, hearts: 27, ..Did::default() });
        assert_eq!((mine.points, mine.level, mine.next), (1 + 2 + 2, 1, Some(30)));
        assert_eq!((fan(&shop, other, &room).await, fan(&shop, host, &room).await), (None, None));
        // What he says next has it beside his name; what the others say has not.
        live::say(&later(&shop, 5 * SECOND), me, &room, "again").await.unwrap();
        live::say(&later(&shop, 5 * SECOND), other, &room, "me, too").await.unwrap();
        let lines = live::show(&shop, Lang::En, shop::live::Looker::default(), &room).await.unwrap().lines;
        let of = |handle: &str| lines.iter().filter(|l| l.handle == handle).map(|l| l.fan).collect::<Vec<_>>();
        assert_eq!((of("me"), of("other"), of("host")), (vec![1, 1], vec![0, 0], vec![0]));
        // Whoever joins later begins with what he does then; joining twice changes nothing, and whoever leaves is forgotten.
        for _ in 0..2 {
            live::join_fans(&shop, me, &room, true).await.unwrap();
            live::join_fans(&shop, other, &room, true).await.unwrap();
        }
        assert_eq!((fan(&shop, me, &room).await.unwrap().points, fan(&shop, other, &room).await.unwrap().points), (7, 0));
        assert_eq!(code(live::join_fans(&shop, host, &room, true)).await, "fan_self");
        live::join_fans(&shop, me, &room, false).await.unwrap();
        let view = live::show(&shop, Lang::En, shop::live::Looker { me: Some(me), staff: false, decides: false }, &room).await.unwrap();
        assert!(view.fan.is_none() && view.lines.iter().all(|l| l.fan == 0));
        live::join_fans(&shop, me, &room, true).await.unwrap();
        assert_eq!(fan(&shop, me, &room).await.unwrap().points, 0);
    }

    async fn a_day_has_its_most_and_takes_a_fiftieth_with_it(shop) {
        let On { room, .. } = on(&shop, 5).await;
        let me = joins(&shop, "me", &room).await;
        for n in 0..15 {
            live::say(&later(&shop, n * 5 * SECOND), me, &room, "hello").await.unwrap();
        }
        assert_eq!(fan(&shop, me, &room).await.unwrap().points, 20, "fifteen lines count as ten");
        let tomorrow = later(&shop, DAY);
        let view = fan(&tomorrow, me, &room).await.unwrap();
        assert_eq!((view.points, view.did), (19, Did::default()));
        live::say(&tomorrow, me, &room, "good morning").await.unwrap();
        assert_eq!(fan(&tomorrow, me, &room).await.unwrap().points, 21);
        // A machine whose clock is behind takes nothing away.
        let copied = link(&shop, me, Kind::Room, room.as_str(), &Touches::default()).await;
        share::visited(&later(&shop, 2 * MINUTE), &copied, Uuid::from_u128(1), None).await.unwrap();
        assert_eq!(fan(&later(&shop, 2 * MINUTE), me, &room).await.unwrap().points, 26);
        assert_eq!(fan(&later(&shop, 400 * DAY), me, &room).await.unwrap().level, 0);
    }

    async fn visits_at_once_on_a_new_day_are_all_counted(shop) {
        let On { room, .. } = on(&shop, 5).await;
        let me = joins(&shop, "me", &room).await;
        live::say(&shop, me, &room, "hello").await.unwrap();
        let copied = link(&shop, me, Kind::Room, room.as_str(), &Touches::default()).await;
        let many = (0..20_u128).map(|n| {
            let (shop, copied) = (later(&shop, DAY), copied.clone());
            tokio::spawn(async move { share::visited(&shop, &copied, Uuid::from_u128(n + 1), None).await.unwrap() })
        });
        for one in many.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        let tomorrow = later(&shop, DAY);
        share::visited(&tomorrow, &copied, Uuid::from_u128(1), None).await.unwrap();
        share::visited(&tomorrow, &copied, Uuid::from_u128(99), Some(me)).await.unwrap();
        let view = fan(&tomorrow, me, &room).await.unwrap();
        assert_eq!((view.did.brought, view.points), (20, 1 + 20), "each once, none of his own, and four of them are the most of a day");
    }

    async fn an_order_counts_when_it_is_kept_and_not_when_it_is_paid(shop) {
        let On { room, sku, .. } = on(&shop, 5).await;
        let me = joins(&shop, "me", &room).await;
        let address = shop.address(me).await;
        let source = live::promise(&shop, me, &room, (sku, 1), None).await.unwrap();
        let key = hex(&shop.rng.bytes::<16>());
        let placed = order::place(&shop, shop.ask(me, address, source, &key).await).await.unwrap();
        shop.capture(me, &placed).await;
        assert_eq!(fan(&shop, me, &room).await.unwrap().points, 0);
        keeps(&shop, me, &placed).await;
        let view = fan(&shop, me, &room).await.unwrap();
        assert_eq!((view.did.bought, view.points, view.level), (1, 30, 2));
        shop.complete(&placed).await;
        assert_eq!(fan(&shop, me, &room).await.unwrap().did.bought, 1, "asked twice it is one");
        // What was bought elsewhere is nothing to the host.
        let other = shop.placed(me, sku).await;
        shop.capture(me, &other).await;
        keeps(&shop, me, &other).await;
        assert_eq!(fan(&shop, me, &room).await.unwrap().did.bought, 1);
    }
}
