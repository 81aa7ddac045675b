//! The catalogue: lists, products, import.

use crate::support::both;
use domain::{
    Currency, Lang,
    catalog::{Browse, PriceBand, Sort, Status},
    time::DAY,
};
use shop::catalog::{self, Import};

const APPAREL: &[u8] = include_bytes!("../data/shopify-apparel.csv");
const HOME: &[u8] = include_bytes!("../data/shopify-home-and-garden.csv");

fn import() -> Import {
    Import { merchant: "Partners Demo".into(), lang: Lang::En, currency: Currency::Usd }
}

both! {
    async fn pages_of_a_list_follow_each_other_without_gap_or_double(shop) {
        for i in 0..47 {
            shop.product(&format!("p{i}"), "m", 1000 + i % 7 * 100, 3).await;
            shop.clock.advance(i % 3);
        }
        for sort in Sort::ALL {
            let mut browse = Browse { sort, ..Browse::default() };
            let mut seen = Vec::new();
            loop {
                let page = catalog::shelf(&shop, Lang::En, &browse).await.unwrap().page;
                seen.extend(page.cards.iter().map(|c| c.slug.clone()));
                match page.next {
                    Some(next) => browse.after = Some(next),
                    None => break,
                }
            }
            assert_eq!(seen.len(), 47, "{sort:?}");
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 47, "{sort:?} shows one twice");
        }
    }

    async fn filters_categories_and_words_narrow_the_list(shop) {
        shop.product("cheap", "m", 1_000, 3).await;
        shop.product("dear_100%", "m", 90_000, 0).await;
        let slugs = async |browse: Browse| {
            let page = catalog::shelf(&shop, Lang::ZhHans, &browse).await.unwrap().page;
            page.cards.into_iter().map(|c| c.slug).collect::<Vec<_>>()
        };
        assert_eq!(slugs(Browse { price: PriceBand::Under50, ..Browse::default() }).await, ["cheap"]);
        assert_eq!(slugs(Browse { in_stock: true, ..Browse::default() }).await, ["cheap"]);
        assert_eq!(slugs(Browse { category: Some("fruit".into()), sort: Sort::PriceDown, ..Browse::default() }).await, ["dear_100%", "cheap"]);
        assert_eq!(slugs(Browse { category: Some("nowhere".into()), ..Browse::default() }).await, [""; 0]);
        let shelf = catalog::shelf(&shop, Lang::En, &Browse { category: Some("berries".into()), ..Browse::default() }).await.unwrap();
        assert_eq!(shelf.parent, Some(("fruit".into(), "Fruit".into())));
    }

    async fn what_is_taken_down_is_in_no_list_but_its_link_still_answers(shop) {
        shop.product("p", "m", 1000, 3).await;
        catalog::set_status(&shop, "p", Status::Off).await.unwrap();
        assert!(catalog::shelf(&shop, Lang::En, &Browse::default()).await.unwrap().page.cards.is_empty());
        assert_eq!(catalog::product(&shop, Lang::En, "p").await.unwrap().unwrap().status, Status::Off);
        catalog::set_status(&shop, "p", Status::Draft).await.unwrap();
        assert!(catalog::product(&shop, Lang::En, "p").await.unwrap().is_none());
        assert_eq!(catalog::set_status(&shop, "no", Status::On).await.unwrap_err().code(), "not_found");
    }

    async fn a_reduction_is_shown_for_seven_days_from_a_price_that_was_asked(shop) {
        let mut new = shop.new_product("p", "m", 5900, 3).await;
        shop.save(new.clone()).await;
        shop.clock.advance(10 * DAY);
        new.skus[0].price = 3990;
        assert!(!shop.save(new).await);
        let card = async || catalog::shelf(&shop, Lang::En, &Browse::default()).await.unwrap().page.cards[0].compare_at;
        let product = async || catalog::product(&shop, Lang::En, "p").await.unwrap().unwrap().skus[0].compare_at;
        assert_eq!((card().await, product().await), (Some(5900), Some(5900)));
        shop.clock.advance(8 * DAY);
        assert_eq!((card().await, product().await), (None, None));
    }

    async fn both_sample_files_import_and_a_second_import_changes_instead_of_doubling(shop) {
        for file in [APPAREL, HOME] {
            let products = catalog::read_csv(file, Currency::Usd).unwrap();
            let n = products.len() as u64;
            assert_eq!(catalog::import_csv(&shop, &import(), products.clone(), |_| Vec::new()).await.unwrap(), (n, 0));
            assert_eq!(catalog::import_csv(&shop, &import(), products, |_| Vec::new()).await.unwrap(), (0, n));
        }
        let top = catalog::product(&shop, Lang::ZhHans, "classic-varsity-top").await.unwrap().unwrap();
        assert_eq!(top.title, "Classic Varsity Top");
        assert_eq!(top.currency, Currency::Usd);
        assert_eq!(top.detail.options[0].values, ["Small", "Medium", "Large"]);
        let shirt = catalog::product(&shop, Lang::En, "ocean-blue-shirt").await.unwrap().unwrap();
        assert_eq!((shirt.detail.options.len(), shirt.skus[0].price, shirt.skus[0].available), (0, 5000, 1));
    }

    async fn html_of_a_product_is_harmless_whoever_saved_it(shop) {
        let mut new = shop.new_product("p", "m", 1000, 3).await;
        for text in new.texts.values_mut() {
            text.detail.body = "<b onclick=x>Good</b><script>bad()</script><a href='javascript:x'>a</a>".into();
        }
        shop.save(new).await;
        let body = catalog::product(&shop, Lang::ZhHans, "p").await.unwrap().unwrap().detail.body;
        assert!(body.starts_with("<b>Good</b>") && !body.contains("script"), "{body}");
    }

    async fn a_file_with_a_bad_row_imports_nothing(shop) {
        let mut file = APPAREL.to_vec();
        file.extend_from_slice(b",,,\n");
        let bad = catalog::read_csv(&file, Currency::Usd).unwrap_err();
        assert_eq!(bad.len(), 1);
        assert!(catalog::shelf(&shop, Lang::En, &Browse::default()).await.unwrap().page.cards.is_empty());
    }
}

both! {
    async fn generated_products_stand_in_every_list_as_real_ones_do(shop) {
        let texts: std::collections::BTreeMap<_, _> = domain::Lang::ALL.iter().map(|l| (l.tag(), ("Seed".to_owned(), String::new()))).collect();
        let names: std::collections::BTreeMap<_, _> = domain::Lang::ALL.iter().map(|l| (l.tag(), "Seed".to_owned())).collect();
        let merchant = catalog::save_merchant(&shop, catalog::NewMerchant { slug: "seed".into(), texts }).await.unwrap();
        let mut categories = Vec::new();
        for c in 0..10 {
            categories.push(catalog::save_category(&shop, &format!("seed-{c}"), None, c, 0, names.clone(), None).await.unwrap());
        }
        let many = catalog::Many { merchant, categories, picture: ("{\"tile\":{\"hue\":".into(), "}}".into()) };
        catalog::generate(&shop, &many, 0, 130).await.unwrap();
        catalog::generate(&shop, &many, 130, 200).await.unwrap();
        let browse = domain::catalog::Browse { category: Some("seed-3".into()), ..Default::default() };
        let shelf = catalog::shelf(&shop, domain::Lang::En, &browse).await.unwrap();
        assert_eq!(shelf.page.cards.len(), 20);
        assert!(shelf.page.next.is_none(), "200 products, ten categories");
        let seen = catalog::product(&shop, domain::Lang::ZhHant, "seed-142").await.unwrap().unwrap();
        assert_eq!((seen.skus.len(), seen.skus[0].price, seen.pictures.len()), (1, 100 + 142 * 7919 % 50_000, 1));
        // And posts of generated people about them.
        for i in 0..3 {
            shop.quick_person(&format!("seed{i}")).await;
        }
        let posts = shop::post::Many { people: 3, products: 200 };
        shop::post::generate(&shop, posts, 0, 130).await.unwrap();
        shop::post::generate(&shop, posts, 130, 250).await.unwrap();
        let page = shop::post::author_page(&shop, None, "seed1", false, "").await.unwrap();
        assert_eq!((page.posts, page.likes, page.list.posts.len()), (83, 83, 20));
        assert_eq!(shop::post::topic(&shop, None, "seed_7", "").await.unwrap().count, 3);
        let code = "Seedzzzzz12z".parse().unwrap();
        let one = shop::post::page(&shop, None, domain::Lang::En, &code, domain::post::Order::Hot, "", None).await.unwrap();
        assert_eq!((one.title.as_str(), one.thread.len(), one.products.len(), one.pictures.len(), one.likes.n), ("Seed post 120", 1, 1, 1, 1));
    }
}
