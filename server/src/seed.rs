//! Generated products and people, for measuring how things grow.

use crate::art::Scene;
use anyhow::{Context, Result};
use domain::Lang;
use futures_util::{StreamExt, TryStreamExt, stream};
use shop::{
    Shop,
    catalog::{self, NewMerchant},
    feed, many, post,
};
use std::collections::BTreeMap;

/// Adds `products` products in ten categories, `users` accounts (password `tuanju-demo`), `posts` posts, `orders` orders of
/// these and `events` events of what these people do.
///
/// # Errors
/// What the database says.
pub async fn run(shop: &Shop, products: u64, posts: u64, users: u64, orders: u64, events: u64) -> Result<()> {
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
    let (mut first, mut people) = (None, Vec::new());
    for i in 0..users {
        let new = shop::account::NewAccount {
            handle: format!("seed{i}"),
            display_name: String::new(),
            password: crate::demo::PASSWORD.to_owned(),
            role: domain::account::Role::Shopper,
        };
        let person = shop::account::register(shop, new).await.map_err(|e| anyhow::anyhow!("seed{i}: {}", e.code()))?;
        first.get_or_insert(person.id);
        people.push(person.id);
    }
    println!("{products} products, {users} people");
    if posts > 0 {
        anyhow::ensure!(users > 1, "posts need at least two people: --users");
        let many = post::Many { people: i64::try_from(users)?, products };
        post::generate(shop, many, 0, i64::try_from(posts)?).await?;
        println!("{posts} posts");
    }
    if events > 0 {
        anyhow::ensure!(users > 0, "events need people: --users");
        let many = feed::Many::of(shop, people).await?;
        let events = i64::try_from(events)?;
        for from in (0..events).step_by(usize::try_from(feed::BATCH)?) {
            feed::generate(shop, &many, from, events.min(from + feed::BATCH)).await?;
        }
        println!("{events} events");
    }
    shop::search::catch_up_whole(shop).await?;
    if orders > 0 {
        bought(shop, merchant, products, i64::try_from(users)?, first, i64::try_from(orders)?).await?;
    }
    Ok(())
}

async fn bought(
    shop: &Shop,
    merchant: domain::id::MerchantId,
    products: i64,
    users: i64,
    first: Option<domain::id::PersonId>,
    orders: i64,
) -> Result<()> {
    let gives_back = first.context("orders need users: --users")?;
    let many = many::Orders { merchant, merchant_slug: "seed".into(), products, users, gives_back };
    let mut at = 0;
    while at < orders {
        let end = orders.min(at + 100_000);
        many::generate(shop, &many, at, end)
            .await
            .map_err(|e| anyhow::anyhow!("{}: at most 500 orders of a product", e.code()))?;
        at = end;
        println!("{at} of {orders} orders");
    }
    // The lists learn of what was sold.
    let skus = catalog::generated_skus(orders.min(products));
    stream::iter(skus).map(|sku| shop::order::relist_sold(shop, sku)).buffer_unordered(32).try_collect::<()>().await?;
    Ok(())
}
