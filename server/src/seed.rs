//! Generated products and people, for measuring how things grow. Written through the same use cases as real ones.

use crate::art::{Scene, placeholder};
use anyhow::Result;
use domain::{
    Currency, Lang,
    catalog::{Detail, Status},
    time::MINUTE,
};
use shop::{
    Shop,
    catalog::{self, NewMerchant, NewPicture, NewProduct, NewSku, Text},
};
use std::collections::BTreeMap;

/// Adds `products` products in ten categories and `users` accounts (password `tuanju-demo`).
///
/// # Errors
/// What the database says.
pub async fn run(shop: &Shop, products: u64, users: u64) -> Result<()> {
    shop.db.migrate().await?;
    let start = shop.clock.now();
    let names = |n: &str| Lang::ALL.iter().map(|l| (l.tag(), n.to_owned())).collect::<BTreeMap<_, _>>();
    let texts = Lang::ALL.iter().map(|l| (l.tag(), ("Seed".to_owned(), String::new()))).collect();
    let merchant = catalog::save_merchant(shop, NewMerchant { slug: "seed".into(), texts }).await?;
    let mut categories = Vec::new();
    for c in 0..10_i64 {
        categories.push(
            catalog::save_category(
                shop,
                &format!("seed-{c}"),
                None,
                100 + c,
                c * 36,
                names(&format!("Seed {c}")),
                None,
            )
            .await?,
        );
    }
    let mut at = 0;
    while at < products {
        let batch: Vec<_> = (at..products.min(at + 200))
            .map(|i| {
                let n = i64::try_from(i).unwrap_or(0);
                let hue = n % 360;
                let text =
                    Text { title: format!("Seed product {i}"), subtitle: String::new(), detail: Detail::default() };
                let new = NewProduct {
                    merchant,
                    category: categories.get(usize::try_from(i % 10).unwrap_or(0)).copied().unwrap_or_default(),
                    slug: format!("seed-{i}"),
                    status: Status::On,
                    currency: Currency::Cny,
                    texts: Lang::ALL.iter().map(|l| (l.tag(), text.clone())).collect(),
                    skus: vec![NewSku {
                        code: format!("seed-{i}"),
                        choice: Vec::new(),
                        price: 100 + n * 7919 % 50_000,
                        compare_at: None,
                        group_price: None,
                        weight_g: 500,
                        on_hand: 1_000,
                        earlier: Vec::new(),
                    }],
                    pictures: vec![NewPicture {
                        source: serde_json::to_string(&Scene::Tile { hue }).unwrap_or_default(),
                        width: 1080,
                        height: 1080,
                        placeholder: placeholder(hue),
                    }],
                    published_at: start - n * MINUTE,
                };
                let shop = shop.clone();
                // Together, so that they share their commits.
                tokio::spawn(async move { catalog::save_product(&shop, new).await })
            })
            .collect();
        for task in batch {
            task.await??;
        }
        at = products.min(at + 200);
        if at % 10_000 == 0 {
            println!("{at} of {products} products");
        }
    }
    for i in 0..users {
        let new = shop::account::NewAccount {
            handle: format!("seed{i}"),
            display_name: String::new(),
            password: crate::demo::PASSWORD.to_owned(),
            role: domain::account::Role::Shopper,
        };
        shop::account::register(shop, new).await.map_err(|e| anyhow::anyhow!("seed{i}: {}", e.code()))?;
    }
    println!("{products} products, {users} people");
    Ok(())
}
