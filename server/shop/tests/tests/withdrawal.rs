//! Withdrawing from a contract, with or without an account, and the letters that tell of it.

use crate::{
    after_sale::{paid, paid_at_provider, provider},
    support::{TestShop, both},
};
use domain::{
    Lang,
    address::Address,
    after_sale::{Act, Kind, State},
    order::Source,
    shipment::{RETURN_WINDOW, RETURN_WINDOW_ABROAD, return_window},
    shipping::Zone,
    time::DAY,
};
use shop::{
    Shop,
    after_sale::{self, Who},
    args, job, mail, order, shipment,
};
use std::sync::Arc;

fn with_mail(shop: &TestShop) -> Shop {
    let settings = shop::Settings { mail: true, ..(*shop.settings).clone() };
    Shop { settings: Arc::new(settings), ..shop.shop.clone() }
}

async fn letters(shop: &Shop) -> Vec<mail::Due> {
    let mut due = Vec::new();
    for job in job::lease(shop, 50).await.unwrap().iter().filter(|j| j.kind == "mail") {
        due.extend(mail::due(shop, job.payload.parse().unwrap()).await.unwrap());
    }
    due
}

both! {
    async fn whoever_knows_the_order_and_the_number_withdraws_without_an_account(shop) {
        let (me, placed) = paid(&shop, 3).await;
        paid_at_provider(&shop, &placed).await;
        shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
        let code = placed.code.as_str();
        for (code, phone) in [(code, "0001"), (code, ""), (code, "8000"), (code, "13800138000"), ("1111111111", "8000"), ("<>", "8000")] {
            let found = after_sale::withdrawable(&shop, Lang::En, code, phone).await;
            assert_eq!(found.is_ok(), code == placed.code.as_str() && phone == "8000", "{phone}");
        }
        let view = after_sale::withdrawable(&shop, Lang::En, code, "8000").await.unwrap();
        assert_eq!((view.lines[0].1, view.received), (3, None));
        after_sale::withdraw(&shop, Lang::En, code, "8000", "").await.unwrap();
        let view = after_sale::withdrawable(&shop, Lang::En, code, "8000").await.unwrap();
        assert_eq!((view.lines.len(), view.received), (0, Some(shop.clock.now())));
        let mut cases: Vec<_> = view.cases.iter().map(|c| (c.kind, c.state, c.amount)).collect();
        cases.sort_by_key(|c| c.2);
        assert_eq!(cases, [(Kind::Return, State::Returning, 1_000), (Kind::Cancel, State::Refunding, 2_000)]);
        // The shop cannot refuse; it looks at what comes back.
        let back = view.cases.iter().find(|c| c.kind == Kind::Return).unwrap().code.clone();
        assert!(after_sale::act(&shop, Who::Shop, &back, Act::Reject, "").await.is_err());
        assert_eq!(after_sale::withdraw(&shop, Lang::En, code, "8000", "").await.unwrap_err().code(), "nothing_left");
        provider(&shop).await;
        let kinds: Vec<_> = shop::inbox::list(&shop, me, Lang::En, "").await.unwrap().notices.into_iter().map(|n| n.kind).collect();
        assert!(kinds.contains(&"withdrawn".to_owned()) && kinds.contains(&"refunded".to_owned()), "{kinds:?}");
    }

    async fn abroad_an_order_stays_open_for_two_weeks(shop) {
        let me = shop.quick_person("ana").await;
        let sku = shop.product("a", "orchard", 1_000, 5).await[0];
        let address = Address {
            format: domain::address::Format::Generic, recipient: "Ana".into(), phone: "+34600111222".into(), province: "Madrid".into(),
            city: "Madrid".into(), line: "Calle 1".into(), postcode: "28001".into(), ..Address::default()
        };
        let address = shop::address::save(&shop, me, None, &address, true).await.unwrap();
        let placed = order::place(&shop, shop.ask(me, address, Source::Direct { sku, quantity: 1 }, "withdrawal0withdrawal").await).await.unwrap();
        shop.capture(me, &placed).await;
        shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
        shipment::confirm(&shop, me, &placed.code).await.unwrap();
        let due = |by: i64| crate::after_sale::later(&shop, by);
        let completes = async |by: i64| job::lease(&due(by), 50).await.unwrap().iter().any(|j| j.kind == "complete_order");
        assert!(!completes(RETURN_WINDOW + DAY).await);
        assert!(completes(RETURN_WINDOW_ABROAD).await);
        assert_eq!((return_window(Zone::Abroad), return_window(Zone::Mainland)), (14 * DAY, 7 * DAY));
    }

    async fn letters_go_where_somebody_said_and_nowhere_else(shop) {
        let (me, placed) = paid(&shop, 2).await;
        let shop_with = with_mail(&shop);
        shipment::ship(&shop_with, &placed.code, vec![(0, 1)]).await.unwrap();
        assert_eq!(letters(&shop_with).await, [], "nobody said where");
        let wrong = shop::account::set_email(&shop, me, Lang::ZhHant, "mei@example.org\nBcc: all@example.org").await.unwrap_err();
        assert_eq!(wrong.code(), "email_form");
        shop::account::set_email(&shop, me, Lang::ZhHant, " mei@example.org ").await.unwrap();
        shipment::ship(&shop_with, &placed.code, vec![(0, 1)]).await.unwrap();
        let found = letters(&shop_with).await;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].address.as_str(), found[0].lang, found[0].kind.as_str()), ("mei@example.org", Lang::ZhHant, "shipped"));
        mail::sent(&shop, found[0].id).await.unwrap();
        assert_eq!(mail::due(&shop, found[0].id).await.unwrap(), None, "sent once");
        shop::account::set_email(&shop, me, Lang::En, "").await.unwrap();
        assert_eq!(shop::account::email(&shop, me).await.unwrap(), None);
        after_sale::withdraw(&shop_with, Lang::En, placed.code.as_str(), "8000", "guest@example.org").await.unwrap();
        let found = letters(&shop_with).await;
        assert_eq!(found.iter().map(|l| (l.address.as_str(), l.kind.as_str())).collect::<Vec<_>>(), [("guest@example.org", "withdrawn")]);
    }

    async fn a_shop_without_mail_writes_no_letters(shop) {
        let (me, placed) = paid(&shop, 1).await;
        shop::account::set_email(&shop, me, Lang::En, "mei@example.org").await.unwrap();
        shipment::ship(&shop, &placed.code, vec![(0, 1)]).await.unwrap();
        shop::row! {
            struct Count {
                n: i64,
            }
        }
        let count: Count = shop.db.fetch_one("SELECT COUNT(*) AS n FROM letter", args![]).await.unwrap();
        assert_eq!(count.n, 0);
    }
}
