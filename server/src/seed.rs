//! Generated products and people, for measuring how things grow.

use crate::art::Scene;
use anyhow::Result;
use domain::Lang;
use shop::{
    Shop,
    catalog::{self, NewMerchant},
};
use std::collections::BTreeMap;

/// Adds `products` products in ten categories and `users` accounts (password `tuanju-demo`).
///
/// # Errors
/// What the database says.
pub async fn run(shop: &Shop, products: u64, users: u64) -> Result<()> {
    shop.db.migrate().await?;
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
    let sample = serde_json::to_string(&Scene::Tile { hue: 359 }).unwrap_or_default();
    let (before, behind) = sample.split_once("359").ok_or_else(|| anyhow::anyhow!("a tile has no hue"))?;
    let many = catalog::Many { merchant, categories, picture: (before.to_owned(), behind.to_owned()) };
    let products = i64::try_from(products)?;
    let mut at = 0;
    while at < products {
        let end = products.min(at + 100_000);
        catalog::generate(shop, &many, at, end).await?;
        at = end;
        println!("{at} of {products} products");
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
