//! Commission: an ad earns on what is bought from it and kept, at the rate of its click, once; nobody earns on what he buys himself.

use crate::{
    post::{a_draft, change},
    support::{NOON, TestShop, both},
};
use domain::{
    Code, Lang, Money,
    after_sale::{Act, Kind},
    commission::{EarnedView, EarnerView},
    id::{PersonId, SkuId},
    order::Source,
    post::Visibility,
    share::Touches,
    time::DAY,
};
use shop::{
    Clock, Shop,
    after_sale::{self, Who, Wish},
    cart, commission, creator,
    order::{self, Placed},
    post::{self, Change},
    settlement, shipment,
};

/// A post that shows a thing; `ad`: it says that it is one.
pub async fn shows(shop: &Shop, me: PersonId, slug: &str, ad: bool) -> Code {
    let code = shop.rng.code();
    let mut draft = a_draft("Tea time", &format!("About {slug} by {code}"), Visibility::Public);
    draft.sponsored = ad;
    post::save(shop, me, &code, Change { products: vec![slug.to_owned()], ..change(draft) }).await.unwrap();
    post::publish(shop, me, &code, false).await.unwrap();
    code
}

/// Buys one at once, from a post.
async fn buys(shop: &TestShop, me: PersonId, sku: SkuId, post: Option<&Code>) -> Placed {
    let (address, key) = (shop.address(me).await, shop.rng.code());
    let mut ask = shop.ask(me, address, Source::Direct { sku, quantity: 1 }, &format!("commission{key}")).await;
    ask.came_by = Touches { post: post.cloned(), ..Touches::default() };
    let placed = order::place(shop, ask).await.unwrap();
    shop.capture(me, &placed).await;
    placed
}

pub async fn keeps(shop: &TestShop, me: PersonId, placed: &Placed) {
    shipment::ship(shop, &placed.code, vec![(0, 1)]).await.unwrap();
    shipment::confirm(shop, me, &placed.code).await.unwrap();
    shop.complete(placed).await;
}

/// The shop later, with another rate.
fn dearer(shop: &TestShop, commission_bp: i64, now: domain::Millis) -> Shop {
    let settings = shop::Settings { commission_bp, ..(*shop.settings).clone() };
    Shop { clock: Clock::still(now), settings: settings.into(), ..shop.shop.clone() }
}

/// An order that earned something, and is completed.
pub async fn earned(shop: &TestShop) {
    let [author, buyer] = [shop.quick_person("creator").await, shop.quick_person("customer").await];
    let sku = shop.product("cup", "kiln", 9_990, 9).await[0];
    let ad = shows(shop, author, "cup", true).await;
    let placed = buys(shop, buyer, sku, Some(&ad)).await;
    keeps(shop, buyer, &placed).await;
    commission::pay_out(shop, buyer, "creator", domain::Currency::Cny, 299, "commission0commission").await.unwrap();
}

async fn earners(shop: &TestShop, me: PersonId, placed: &Placed) -> Vec<EarnerView> {
    order::show(shop, me, Lang::En, &placed.code).await.unwrap().earners
}

async fn sums(shop: &Shop, me: PersonId) -> (i64, i64) {
    creator::desk(shop, me)
        .await
        .unwrap()
        .earned
        .first()
        .map_or((0, 0), |EarnedView { pending, available, .. }| (*pending, *available))
}

both! {
    async fn an_ad_earns_on_what_is_kept_and_the_buyer_sees_who_earns_what(shop) {
        let [author, buyer] = [shop.quick_person("mei").await, shop.quick_person("lei").await];
        let sku = shop.product("tea", "orchard", 9_990, 9).await[0];
        let ad = shows(&shop, author, "tea", true).await;
        let came = Touches { post: Some(ad.clone()), ..Touches::default() };
        let asked = order::checkout(&shop, buyer, Lang::En, &Source::Direct { sku, quantity: 2 }, order::Choice::default(), &came).await.unwrap();
        assert_eq!(asked.earners.iter().map(|e| (e.post.clone(), e.amount)).collect::<Vec<_>>(), [(ad.clone(), 599)]);
        let placed = buys(&shop, buyer, sku, Some(&ad)).await;
        let before = earners(&shop, buyer, &placed).await;
        assert_eq!((before.len(), before[0].amount, before[0].title.as_str()), (1, 299, "Tea time"));
        assert_eq!(sums(&shop, author).await, (299, 0));
        keeps(&shop, buyer, &placed).await;
        shop.complete(&placed).await;
        assert_eq!(sums(&shop, author).await, (0, 299), "3 % of 99.90, nothing of the delivery, the odd cent is the shop's");
        assert_eq!(earners(&shop, buyer, &placed).await[0].amount, 299);
        let desk = creator::desk(&shop, author).await.unwrap();
        assert_eq!((desk.posts[0].orders, desk.posts[0].earned.clone()), (1, vec![Money::new(299, domain::Currency::Cny)]));
        let books = settlement::statement(&shop, Lang::En, "", "").await.unwrap().books.remove(0);
        assert_eq!((books.creators, books.fees), (299, 499 - 299), "out of the fee");
        assert_eq!(books.held, books.pending + books.owed + books.shoppers + books.creators + books.fees);
    }

    async fn what_goes_back_earns_nothing_and_what_stays_of_the_order_does(shop) {
        let [author, buyer] = [shop.quick_person("mei").await, shop.quick_person("lei").await];
        let [tea, cup] = [shop.product("tea", "orchard", 1_000, 9).await[0], shop.product("cup", "orchard", 5_000, 9).await[0]];
        let [of_tea, of_cup] = [shows(&shop, author, "tea", true).await, shows(&shop, author, "cup", true).await];
        cart::add(&shop, buyer.0, tea, 3.try_into().unwrap(), Some(&of_tea)).await.unwrap();
        cart::add(&shop, buyer.0, cup, 1.try_into().unwrap(), Some(&of_cup)).await.unwrap();
        let address = shop.address(buyer).await;
        let placed = order::place(&shop, shop.ask(buyer, address, Source::Cart, "commission0commission").await).await.unwrap();
        shop.capture(buyer, &placed).await;
        assert_eq!(sums(&shop, author).await, (90 + 150, 0));
        let lines = order::waiting_to_ship(&shop, Lang::En, "", "").await.unwrap().orders.remove(0).lines;
        for line in &lines {
            shipment::ship(&shop, &placed.code, vec![(line.position, line.left)]).await.unwrap();
        }
        shipment::confirm(&shop, buyer, &placed.code).await.unwrap();
        let teas = lines.iter().find(|l| l.left == 3).unwrap().position;
        let wish = Wish {
            me: buyer, order: placed.code.clone(), kind: Kind::Refund, reason: "damaged".into(), text: String::new(),
            units: vec![after_sale::Units::of(teas, 2)], key: "commission0commission1".into(),
        };
        let case = after_sale::open(&shop, wish).await.unwrap();
        after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
        shop::payment::sandbox::settle_for_demo(&shop, &placed.provider_ref).await.unwrap();
        crate::after_sale::provider(&shop).await;
        shop.complete(&placed).await;
        assert_eq!(sums(&shop, author).await, (0, 30 + 150), "one tea and the cup");
        let each: Vec<i64> = earners(&shop, buyer, &placed).await.iter().map(|e| e.amount).collect();
        assert_eq!(each.iter().sum::<i64>(), 180);
    }

    async fn an_order_of_which_nothing_that_earns_is_kept_books_nothing(shop) {
        let [author, buyer] = [shop.quick_person("mei").await, shop.quick_person("lei").await];
        let [tea, cup] = [shop.product("tea", "orchard", 1_000, 9).await[0], shop.product("cup", "orchard", 5_000, 9).await[0]];
        let ad = shows(&shop, author, "tea", true).await;
        cart::add(&shop, buyer.0, tea, 1.try_into().unwrap(), Some(&ad)).await.unwrap();
        cart::add(&shop, buyer.0, cup, 1.try_into().unwrap(), None).await.unwrap();
        let pot = shop.product("pot", "orchard", 7_000, 9).await[0];
        cart::add(&shop, buyer.0, pot, 1.try_into().unwrap(), None).await.unwrap();
        let address = shop.address(buyer).await;
        let placed = order::place(&shop, shop.ask(buyer, address, Source::Cart, "commission0commission").await).await.unwrap();
        shop.capture(buyer, &placed).await;
        // Most of what the tea cost goes back as its price fell, then it and the cup are given back together.
        let lines = order::waiting_to_ship(&shop, Lang::En, "", "").await.unwrap().orders.remove(0).lines;
        let at = |name: &str| lines.iter().find(|l| l.title.contains(name)).map(|l| l.position).unwrap();
        shop.execute("UPDATE sku SET price = 100 WHERE id = $1", shop::args![tea]).await;
        shop.execute("UPDATE price_history SET price = 100 WHERE sku_id = $1", shop::args![tea]).await;
        let wish = |kind, units: Vec<after_sale::Units>, key: &str| Wish {
            me: buyer, order: placed.code.clone(), kind, reason: "price_fell".into(), text: String::new(), units, key: key.into(),
        };
        let fell = Wish { reason: String::new(), ..wish(Kind::PriceDrop, vec![after_sale::Units::of(at("tea"), 1)], "commission0commission2") };
        after_sale::open(&shop, fell).await.unwrap();
        for line in &lines {
            shipment::ship(&shop, &placed.code, vec![(line.position, line.left)]).await.unwrap();
        }
        shipment::confirm(&shop, buyer, &placed.code).await.unwrap();
        let both = vec![after_sale::Units::of(at("tea"), 1), after_sale::Units::of(at("cup"), 1)];
        let case = after_sale::open(&shop, Wish { reason: "damaged".into(), ..wish(Kind::Refund, both, "commission0commission3") }).await.unwrap();
        after_sale::act(&shop, Who::Shop, &case, Act::Approve, "").await.unwrap();
        shop::payment::sandbox::settle_for_demo(&shop, &placed.provider_ref).await.unwrap();
        crate::after_sale::provider(&shop).await;
        shop.complete(&placed).await;
        assert_eq!(order::show(&shop, buyer, Lang::En, &placed.code).await.unwrap().state.name(), "completed");
        assert_eq!(sums(&shop, author).await, (0, 0));
        assert_eq!(settlement::statement(&shop, Lang::En, "", "").await.unwrap().books[0].creators, 0);
    }

    async fn what_is_owed_is_paid_out_once_whoever_pays_and_however_often(shop) {
        let [author, buyer] = [shop.quick_person("mei").await, shop.quick_person("lei").await];
        let sku = shop.product("tea", "orchard", 9_990, 9).await[0];
        let ad = shows(&shop, author, "tea", true).await;
        let placed = buys(&shop, buyer, sku, Some(&ad)).await;
        keeps(&shop, buyer, &placed).await;
        let owed = settlement::statement(&shop, Lang::En, "", "").await.unwrap().creators;
        assert_eq!((owed.len(), owed[0].handle.as_str(), owed[0].amount), (1, "mei", 299));
        let cny = domain::Currency::Cny;
        let refused = async |by, handle: &str, amount| {
            let key = format!("refused{}", shop.rng.code());
            commission::pay_out(&shop, by, handle, cny, amount, &key).await.unwrap_err().code().to_owned()
        };
        assert_eq!(refused(author, "mei", 299).await, "forbidden");
        assert_eq!(refused(buyer, "mei", 300).await, "payout_changed");
        assert_eq!(refused(buyer, "nobody", 299).await, "not_found");
        let mut staff = Vec::new();
        for i in 0..8 {
            staff.push(shop.quick_person(&format!("staff{i}")).await);
        }
        let paid = futures_util::future::join_all(staff.iter().map(|s| {
            let shop = shop.clone();
            async move { commission::pay_out(&shop, *s, "mei", cny, 299, "commission0commission").await.is_ok() }
        })).await;
        assert_eq!(paid.iter().filter(|p| **p).count(), 1);
        let who = staff[paid.iter().position(|p| *p).unwrap()];
        commission::pay_out(&shop, who, "mei", cny, 299, "commission0commission").await.unwrap();
        let view = settlement::statement(&shop, Lang::En, "", "").await.unwrap();
        let books = &view.books[0];
        assert_eq!((view.creators.len(), books.creators), (0, 0));
        assert_eq!(books.held, books.pending + books.owed + books.shoppers + books.fees);
        let earned = creator::desk(&shop, author).await.unwrap().earned;
        assert_eq!((earned[0].available, earned[0].paid), (0, 299));
    }

    async fn what_is_no_ad_or_does_not_show_it_or_is_ones_own_earns_nothing(shop) {
        let [author, buyer] = [shop.quick_person("mei").await, shop.quick_person("lei").await];
        let [tea, cup] = [shop.product("tea", "orchard", 1_000, 9).await[0], shop.product("cup", "orchard", 5_000, 9).await[0]];
        let plain = shows(&shop, author, "tea", false).await;
        let ad = shows(&shop, author, "tea", true).await;
        for (who, sku, post) in [(buyer, tea, &plain), (buyer, cup, &ad), (author, tea, &ad), (buyer, tea, &shop.rng.code())] {
            let placed = buys(&shop, who, sku, Some(post)).await;
            keeps(&shop, who, &placed).await;
            assert_eq!(earners(&shop, who, &placed).await, []);
        }
        let desk = creator::desk(&shop, author).await.unwrap();
        assert_eq!(desk.earned, []);
        let orders: Vec<_> = desk.posts.iter().map(|p| (p.code.clone(), p.orders)).collect();
        assert!(orders.contains(&(plain, 1)) && orders.contains(&(ad.clone(), 0)), "an honest word brings orders too");
        // One that is taken down while the thing lies in the cart earns nothing more.
        cart::add(&shop, buyer.0, tea, 1.try_into().unwrap(), Some(&ad)).await.unwrap();
        post::delete(&shop, author, &ad).await.unwrap();
        let address = shop.address(buyer).await;
        let placed = order::place(&shop, shop.ask(buyer, address, Source::Cart, "commission0commission").await).await.unwrap();
        shop.capture(buyer, &placed).await;
        keeps(&shop, buyer, &placed).await;
        assert_eq!(sums(&shop, author).await, (0, 0));
    }

    async fn the_first_ad_earns_for_thirty_days_and_the_last_post_brings_the_order(shop) {
        let [first, second, buyer] = [shop.quick_person("mei").await, shop.quick_person("ana").await, shop.quick_person("lei").await];
        let sku = shop.product("tea", "orchard", 1_000, 9).await[0];
        let [one, two] = [shows(&shop, first, "tea", true).await, shows(&shop, second, "tea", true).await];
        // As a visitor first, whose cart comes along.
        let guest = shop::session::open_guest(&shop, "Chrome/1 Android").await.unwrap().1;
        cart::add(&shop, guest.owner(), sku, 1.try_into().unwrap(), Some(&one)).await.unwrap();
        shop.execute("UPDATE cart_line SET owner_id = $1", shop::args![buyer]).await;
        cart::add(&shop, buyer.0, sku, 1.try_into().unwrap(), Some(&two)).await.unwrap();
        let address = shop.address(buyer).await;
        let placed = order::place(&shop, shop.ask(buyer, address, Source::Cart, "commission0commission").await).await.unwrap();
        shop.capture(buyer, &placed).await;
        assert_eq!((sums(&shop, first).await, sums(&shop, second).await), ((60, 0), (0, 0)));
        let orders = |of: Vec<domain::creator::PostCame>| of.iter().map(|p| p.orders).sum::<i64>();
        assert_eq!(orders(creator::desk(&shop, first).await.unwrap().posts), 0);
        assert_eq!(orders(creator::desk(&shop, second).await.unwrap().posts), 1);
        // After thirty days nothing of it counts any more, and the next one is the first.
        cart::add(&shop, buyer.0, sku, 1.try_into().unwrap(), Some(&one)).await.unwrap();
        let later = dearer(&shop, 500, NOON + 30 * DAY);
        cart::add(&later, buyer.0, sku, 1.try_into().unwrap(), Some(&two)).await.unwrap();
        let placed = order::place(&later, shop.ask(buyer, address, Source::Cart, "commission0commission1").await).await.unwrap();
        shop.capture(buyer, &placed).await;
        assert_eq!((sums(&later, first).await, sums(&later, second).await), ((60, 0), (100, 0)));
        // The rate is the one of the click.
        cart::add(&later, buyer.0, sku, 1.try_into().unwrap(), Some(&one)).await.unwrap();
        let dear = dearer(&shop, 900, NOON + 31 * DAY);
        let placed = order::place(&dear, shop.ask(buyer, address, Source::Cart, "commission0commission2").await).await.unwrap();
        shop.capture(buyer, &placed).await;
        assert_eq!(sums(&later, first).await, (60 + 50, 0));
    }
}
