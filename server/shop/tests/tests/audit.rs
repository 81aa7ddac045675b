//! The log: what people of the shop do stands in it in the transaction that does it, and what did not happen does not.

use crate::support::both;
use domain::{
    after_sale::{Act, Kind},
    catalog::Status,
};
use shop::{
    after_sale::{self, Units, Who, Wish},
    audit, catalog, shipment,
};

both! {
    async fn what_somebody_of_the_shop_did_stands_in_the_log_and_what_was_refused_does_not(shop) {
        let [buyer, staff] = [shop.quick_person("lei").await, shop.quick_person("ops").await];
        let sku = shop.product("tea", "orchard", 1_000, 9).await[0];
        let placed = shop.placed(buyer, sku).await;
        shop.capture(buyer, &placed).await;
        let hands = shop.by(Some(staff));
        shipment::ship(&hands, &placed.code, vec![(0, 1)]).await.unwrap();
        assert!(shipment::ship(&hands, &placed.code, vec![(0, 1)]).await.is_err());
        // What its buyer does is no act of the shop.
        shipment::confirm(&shop.by(Some(buyer)), buyer, &placed.code).await.unwrap();
        let wish = Wish {
            me: buyer, order: placed.code.clone(), kind: Kind::Refund, reason: "damaged".into(), text: String::new(),
            units: vec![Units::of(0, 1)], key: "audit0audit0audit".into(),
        };
        let case = after_sale::open(&shop.by(Some(buyer)), wish).await.unwrap();
        after_sale::say(&shop.by(Some(buyer)), Who::Buyer(buyer), &case, "look").await.unwrap();
        after_sale::act(&hands, Who::Shop, &case, Act::Approve, "").await.unwrap();
        assert!(after_sale::act(&hands, Who::Shop, &case, Act::Reject, "").await.is_err());
        catalog::set_status(&hands, "tea", Status::Off).await.unwrap();
        let log = audit::list(&shop, None).await.unwrap();
        let said: Vec<_> = log.acts.iter().map(|a| (a.name.as_str(), a.act.as_str(), a.object.as_str(), a.detail.as_str())).collect();
        let (order, case) = (placed.code.to_string(), case.to_string());
        assert_eq!(said.len(), 3);
        assert_eq!((said[0], said[1]), (("ops", "set_status", "tea", "off"), ("ops", "case", case.as_str(), "approve")));
        assert_eq!((said[2].1, said[2].2), ("ship", order.as_str()));
        assert_eq!((log.acts[0].seq, log.next), (3, None));
        assert_eq!(audit::list(&shop, Some(3)).await.unwrap().acts.len(), 2);
        assert!(audit::check(&shop.db).await.unwrap().is_empty());
    }
}
