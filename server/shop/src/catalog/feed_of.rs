//! What the feed asks of the catalogue.

use crate::{
    Result, Shop, args,
    db::{Engine, listed},
};
use domain::{Lang, Millis};
use std::collections::HashMap;
use uuid::Uuid;

crate::row! {
    /// A thing on sale, as the feed knows it.
    pub(crate) struct OnSale {
        pub(crate) id: Uuid,
        pub(crate) merchant_id: Uuid,
        pub(crate) category_id: Uuid,
        pub(crate) published_at: i64,
        pub(crate) sold: i64,
    }
}

/// Things on sale that were changed since an instant, at most so many: the last.
pub(crate) async fn for_feed(shop: &Shop, since: Millis, most: i64) -> Result<Vec<OnSale>> {
    Ok(shop
        .db
        .scan(
            "SELECT p.id, p.merchant_id, p.category_id, l.published_at, l.sold
             FROM product p JOIN listing l ON l.scope = $1 AND l.product_id = p.id
             WHERE p.updated_at >= $2 ORDER BY p.updated_at DESC, p.id DESC LIMIT $3",
            args![Uuid::nil(), since, most],
        )
        .await?)
}

crate::row! {
    struct Named {
        name: String,
        id: Uuid,
    }
}

/// What is called by some slugs.
pub(crate) async fn ids_of(shop: &Shop, slugs: &[String]) -> Result<Vec<(String, Uuid)>> {
    if slugs.is_empty() {
        return Ok(Vec::new());
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => "SELECT p.slug AS name, p.id FROM json_each($1) j CROSS JOIN product p ON p.slug = j.value",
        Engine::Postgres => {
            "SELECT p.slug AS name, p.id FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN product p ON p.slug = j.value"
        }
    };
    let rows: Vec<Named> = shop.db.fetch_all(sql, args![serde_json::to_string(slugs).unwrap_or_default()]).await?;
    Ok(rows.into_iter().map(|r| (r.name, r.id)).collect())
}

/// Of which things some SKUs are.
pub(crate) async fn products_of(shop: &Shop, skus: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
    crate::row! {
        struct Of {
            id: Uuid,
            product_id: Uuid,
        }
    }
    if skus.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => "SELECT s.id, s.product_id FROM json_each($1) j CROSS JOIN sku s ON s.id = unhex(j.value)",
        Engine::Postgres => {
            "SELECT s.id, s.product_id FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN sku s ON s.id = CAST(j.value AS uuid)"
        }
    };
    let rows: Vec<Of> = shop.db.fetch_all(sql, args![listed(skus)]).await?;
    Ok(rows.into_iter().map(|r| (r.id, r.product_id)).collect())
}

/// What shops call themselves.
pub(crate) async fn merchant_names(shop: &Shop, lang: Lang, merchants: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT m.name, m.merchant_id AS id FROM json_each($1) j CROSS JOIN merchant_text m ON m.merchant_id = unhex(j.value) AND m.lang = $2"
        }
        Engine::Postgres => {
            "SELECT m.name, m.merchant_id AS id FROM json_array_elements_text(CAST($1 AS json)) j (value)
             JOIN merchant_text m ON m.merchant_id = CAST(j.value AS uuid) AND m.lang = $2"
        }
    };
    let rows: Vec<Named> = shop.db.fetch_all(sql, args![listed(merchants), lang.tag()]).await?;
    Ok(rows.into_iter().map(|r| (r.id, r.name)).collect())
}
