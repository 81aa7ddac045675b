//! On wrong books nothing new is bought, and what is on its way goes on.

use crate::support::both;
use domain::{Lang, order::Source};
use shop::{
    args, order, payment,
    till::{self, Look},
};

both! {
    async fn a_broken_invariant_closes_the_till_and_mending_it_opens_it_again(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "orchard", 1_000, 9).await[0];
        let waiting = shop.placed(me, sku).await;
        let address = shop.address(me).await;
        let source = Source::Direct { sku, quantity: 1 };
        let ask = shop.ask(me, address, source.clone(), "tilltilltilltill").await;
        let first = order::place(&shop, ask.clone()).await.unwrap();
        assert_eq!(till::look(&shop).await.unwrap(), Look::Same { open: true });

        shop.execute("UPDATE sku SET held = held + 1 WHERE id = $1", args![sku]).await;
        let Look::Closed(violations) = till::look(&shop).await.unwrap() else { panic!("not closed") };
        assert!(violations[0].name.contains("held"), "{violations:?}");
        assert_eq!(till::look(&shop).await.unwrap(), Look::Same { open: false });
        let mut other = ask.clone();
        other.key = "tilltilltilltil2".into();
        assert_eq!(order::place(&shop, other.clone()).await.unwrap_err().code(), "read_only");
        assert_eq!(order::place(&shop, ask).await.unwrap(), first, "a key that was used answers as it did");
        let page = order::checkout(&shop, me, Lang::En, &source, order::Choice::default(), &domain::share::Touches::default()).await.unwrap();
        assert_eq!(page.price.unwrap_err().code, "read_only");
        // Money that comes in for what was placed before is booked all the same.
        assert_eq!(shop.capture(me, &waiting).await, payment::Outcome::Applied);

        shop.execute("UPDATE sku SET held = held - 1 WHERE id = $1", args![sku]).await;
        assert_eq!(till::look(&shop).await.unwrap(), Look::Opened);
        order::place(&shop, other).await.unwrap();
    }

    async fn a_glance_closes_the_till_for_what_is_new_and_only_a_whole_look_opens_it(shop) {
        let me = shop.quick_person("mei").await;
        let sku = shop.product("a", "orchard", 1_000, 9).await[0];
        shop.placed(me, sku).await;
        assert_eq!(till::glance(&shop).await.unwrap(), Look::Same { open: true });
        let mut next_week = shop.shop.clone();
        next_week.clock = shop::Clock::still(next_week.clock.now() + 7 * domain::time::DAY);
        shop.execute("UPDATE order_line SET unit_price = unit_price + 1", args![]).await;
        assert_eq!(till::glance(&next_week).await.unwrap(), Look::Same { open: true }, "it is an old order by then");
        let Look::Closed(violations) = till::glance(&shop).await.unwrap() else { panic!("not closed") };
        assert!(violations[0].name.contains("goods"), "{violations:?}");
        shop.execute("UPDATE order_line SET unit_price = unit_price - 1", args![]).await;
        assert_eq!(till::glance(&shop).await.unwrap(), Look::Same { open: false });
        assert_eq!(till::look(&shop).await.unwrap(), Look::Opened);

        // Money that goes back today for what was bought a week ago is new.
        let placed = shop.placed(me, sku).await;
        shop.capture(me, &placed).await;
        let odd = shop.rng.id(next_week.clock.now());
        shop.execute(
            "INSERT INTO refund (id, payment_id, idempotency_key, amount, state, created_at)
             SELECT $1, id, 'odd', amount + 1, 'done', created_at FROM payment WHERE state = 'captured'",
            args![odd],
        )
        .await;
        let Look::Closed(violations) = till::glance(&next_week).await.unwrap() else { panic!("not closed") };
        assert!(violations.iter().any(|v| v.name.contains("never exceed")), "{violations:?}");
        shop.execute("DELETE FROM refund WHERE id = $1", args![odd]).await;
        assert_eq!(till::look(&shop).await.unwrap(), Look::Opened);
    }

    async fn a_list_that_is_out_of_date_does_not_close_the_till(shop) {
        shop.product("a", "orchard", 1_000, 9).await;
        shop.execute("UPDATE product SET status = 'off'", args![]).await;
        assert_eq!(till::look(&shop).await.unwrap(), Look::Same { open: true });
        shop.execute("UPDATE product SET status = 'on'", args![]).await;
    }
}
