//! Links: one for a person, a thing and a way; whose visit counts; which order came by which link; how it spread.

use crate::{
    group_buy::{buyer, by_heads, campaign, opened, pays, team},
    post::published,
    support::{NOON, TestShop, both, hex},
};
use domain::{
    Code, Lang,
    id::PersonId,
    order::Source,
    post::Visibility,
    share::{Channel, Kind, Touches},
    time::DAY,
};
use shop::{
    order::{self, Placed},
    post, share,
};
use uuid::Uuid;

/// The link that somebody copies for a thing, made by whoever came by `came`.
pub async fn link(shop: &TestShop, me: PersonId, kind: Kind, object: &str, came: &Touches) -> Code {
    share::open(shop, me, kind, object, came, None).await.unwrap();
    let sheet = share::sheet(shop, me, Lang::En, kind, object).await.unwrap();
    sheet.links.iter().find(|l| l.channel == Channel::Copy).unwrap().share.clone()
}

fn touched(codes: &[&Code]) -> Touches {
    codes.iter().fold(Touches::default(), |t, c| t.and((*c).clone(), NOON))
}

async fn bought(
    shop: &TestShop,
    who: (PersonId, domain::id::AddressId),
    sku: domain::id::SkuId,
    came_by: Touches,
) -> Placed {
    let mut ask = shop.ask(who.0, who.1, Source::Direct { sku, quantity: 1 }, &hex(&shop.rng.bytes::<16>())).await;
    ask.came_by = came_by;
    let placed = order::place(shop, ask).await.unwrap();
    pays(shop, &placed).await;
    placed
}

both! {
    async fn a_post_is_sent_as_long_as_it_is_for_everybody(shop) {
        let me = shop.quick_person("mei").await;
        let open = published(&shop, me, "Kite", "It flies.", Visibility::Public).await;
        let fans = published(&shop, me, "Own", "For fewer.", Visibility::Followers).await;
        let code = link(&shop, me, Kind::Post, open.as_str(), &Touches::default()).await;
        assert_eq!(share::leads_to(&shop, &code).await.unwrap(), (Kind::Post, open.to_string()));
        let sheet = share::sheet(&shop, me, Lang::En, Kind::Post, open.as_str()).await.unwrap();
        assert_eq!((sheet.title.as_str(), sheet.price), ("Kite", None));
        share::visited(&shop, &code, Uuid::from_u128(7), None).await.unwrap();
        let mine = share::mine(&shop, me, Lang::En).await.unwrap().shares;
        assert_eq!(mine.iter().map(|s| (s.title.as_str(), s.visits)).collect::<Vec<_>>(), [("Kite", 1)]);
        for object in [fans.as_str(), "111111111111", "no code"] {
            assert_eq!(share::open(&shop, me, Kind::Post, object, &Touches::default(), None).await.unwrap_err().code(), "not_found");
        }
        post::delete(&shop, me, &open).await.unwrap();
        assert_eq!(share::sheet(&shop, me, Lang::En, Kind::Post, open.as_str()).await.unwrap_err().code(), "not_found");
    }

    async fn a_room_is_sent_by_links_and_is_named_among_mine(shop) {
        let on = crate::live::on(&shop, 3).await;
        let me = shop.quick_person("mei").await;
        let code = link(&shop, me, Kind::Room, on.room.as_str(), &Touches::default()).await;
        assert_eq!(share::leads_to(&shop, &code).await.unwrap(), (Kind::Room, on.room.to_string()));
        let sheet = share::sheet(&shop, me, Lang::En, Kind::Room, on.room.as_str()).await.unwrap();
        assert_eq!((sheet.title.as_str(), sheet.price), ("Tea tonight", None));
        share::visited(&shop, &code, Uuid::from_u128(7), None).await.unwrap();
        let mine = share::mine(&shop, me, Lang::En).await.unwrap().shares;
        assert_eq!(mine.iter().map(|s| (s.title.as_str(), s.visits)).collect::<Vec<_>>(), [("Tea tonight", 1)]);
        for object in ["111111111111", "no code"] {
            assert_eq!(share::open(&shop, me, Kind::Room, object, &Touches::default(), None).await.unwrap_err().code(), "not_found");
        }
    }

    async fn a_person_has_one_link_for_a_thing_and_a_way_and_it_leads_there(shop) {
        let sku = shop.product("tea", "orchard", 2_000, 9).await[0];
        let me = shop.quick_person("mei").await;
        assert!(share::sheet(&shop, me, Lang::En, Kind::Product, "tea").await.unwrap().links.is_empty(), "a look makes nothing");
        let first = link(&shop, me, Kind::Product, "tea", &Touches::default()).await;
        assert_eq!(link(&shop, me, Kind::Product, "tea", &Touches::default()).await, first);
        let sheet = share::sheet(&shop, me, Lang::En, Kind::Product, "tea").await.unwrap();
        assert_eq!((sheet.links.len(), sheet.price.map(|p| p.amount), sheet.by.as_str()), (Channel::ALL.len(), Some(2_000), "mei"));
        let codes: std::collections::HashSet<_> = sheet.links.iter().map(|l| l.share.clone()).collect();
        assert_eq!(codes.len(), Channel::ALL.len());
        assert_eq!(share::leads_to(&shop, &first).await.unwrap(), (Kind::Product, "tea".to_owned()));
        assert_eq!(share::open(&shop, me, Kind::Product, "nothing", &Touches::default(), None).await.unwrap_err().code(), "not_found");
        assert_eq!(share::open(&shop, me, Kind::Team, "111111111111", &Touches::default(), None).await.unwrap_err().code(), "not_found");
        let _ = sku;
    }

    async fn a_browser_counts_once_a_day_and_nobody_counts_for_himself(shop) {
        shop.product("tea", "orchard", 2_000, 9).await;
        let me = shop.quick_person("mei").await;
        let code = link(&shop, me, Kind::Product, "tea", &Touches::default()).await;
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for (visitor, person) in [(a, None), (a, None), (b, None), (Uuid::from_u128(3), Some(me))] {
            share::visited(&shop, &code, visitor, person).await.unwrap();
        }
        let mine = share::mine(&shop, me, Lang::En).await.unwrap();
        assert_eq!((mine.visits, mine.shares.len(), mine.shares[0].title.as_str()), (2, 1, "Title tea"));
        let tomorrow = crate::after_sale::later(&shop, DAY);
        share::visited(&tomorrow, &code, a, None).await.unwrap();
        assert_eq!(share::mine(&shop, me, Lang::En).await.unwrap().visits, 3);
        share::visited(&shop, &"111111111111".parse().unwrap(), a, None).await.unwrap();
    }

    async fn an_order_knows_the_first_and_the_last_link_and_counts_when_it_is_paid(shop) {
        let sku = shop.product("tea", "orchard", 2_000, 9).await[0];
        let (mei, lei) = (shop.quick_person("mei").await, shop.quick_person("lei").await);
        let (first, last) = (link(&shop, mei, Kind::Product, "tea", &Touches::default()).await, link(&shop, lei, Kind::Product, "tea", &Touches::default()).await);
        let ana = buyer(&shop, "ana").await;
        bought(&shop, ana, sku, touched(&[&first, &last])).await;
        // A link of one's own, a link of nobody, and one that is too old bring nothing.
        let own = link(&shop, ana.0, Kind::Product, "tea", &Touches::default()).await;
        bought(&shop, ana, sku, touched(&[&own])).await;
        bought(&shop, ana, sku, touched(&[&"111111111111".parse().unwrap()])).await;
        let old = Touches { first: Some((first.clone(), NOON - 31 * DAY)), last: Some((last.clone(), NOON - 8 * DAY)), post: None };
        bought(&shop, ana, sku, old).await;
        let mut ask = shop.ask(ana.0, ana.1, Source::Direct { sku, quantity: 1 }, "unpaid0unpaid0unpaid").await;
        ask.came_by = touched(&[&last]);
        order::place(&shop, ask).await.unwrap();
        let of = async |who| { let v = share::mine(&shop, who, Lang::En).await.unwrap(); (v.orders, v.paid) };
        assert_eq!(of(mei).await, (1, 1));
        assert_eq!(of(lei).await, (2, 1));
        assert_eq!(of(ana.0).await, (0, 0));
    }

    async fn what_spreads_is_a_tree(shop) {
        let (campaign, sku) = campaign(&shop, by_heads(5), |_| {}).await;
        let mei = buyer(&shop, "mei").await;
        let placed = opened(&shop, mei, &campaign, sku).await;
        pays(&shop, &placed).await;
        let team = team(&shop, mei.0, &placed).await;
        let mut came = Touches::default();
        let mut chain = Vec::new();
        for name in ["one", "two", "three"] {
            let who = shop.quick_person(name).await;
            let code = link(&shop, who, Kind::Team, team.as_str(), &came).await;
            share::visited(&shop, &code, Uuid::from_u128(u128::try_from(chain.len()).unwrap()), None).await.unwrap();
            came = touched(&[&code]);
            chain.push(who);
        }
        let top = share::mine(&shop, chain[0], Lang::En).await.unwrap();
        let copy = top.shares.iter().find(|s| s.channel == Channel::Copy).unwrap();
        assert_eq!((copy.visits, copy.children, copy.below, copy.title.as_str()), (1, 1, 2, "Title blueberries"));
        let end = share::mine(&shop, chain[2], Lang::En).await.unwrap();
        assert_eq!((end.shares[0].children, end.shares[0].below), (0, 0));
        // Whoever comes by his own link is not his own child.
        let own = link(&shop, chain[0], Kind::Product, "blueberries", &touched(&[&link(&shop, chain[0], Kind::Team, team.as_str(), &Touches::default()).await])).await;
        assert_eq!(share::leads_to(&shop, &own).await.unwrap().0, Kind::Product);
        let again = share::mine(&shop, chain[0], Lang::En).await.unwrap();
        assert_eq!(again.shares.iter().find(|s| s.channel == Channel::Copy && s.kind == Kind::Team).unwrap().children, 1);
    }
}
