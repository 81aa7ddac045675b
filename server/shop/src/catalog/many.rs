//! Very many generated products at once, for measuring how pages grow. Rows are made inside the database: a product that goes
//! through its use case costs a hundred times as much.

use crate::{Result, Shop, args, catalog::to_json, db::Engine};
use domain::{Millis, catalog::Detail, id::MerchantId};
use uuid::Uuid;

/// Where generated products stand.
#[derive(Clone)]
pub struct Many {
    pub merchant: MerchantId,
    /// Ten; product `i` is in the one at `i % 10`.
    pub categories: Vec<Uuid>,
    /// What a picture of hue `i % 360` is drawn from: the text before and behind the number.
    pub picture: (String, String),
}

/// Products in one transaction: on `PostgreSQL` no statement may take longer than two seconds.
const BATCH: i64 = 20_000;

/// Adds products `seed-{from}` up to `seed-{to}` (not included): one SKU, one picture, one price, three languages each.
///
/// # Errors
/// What the database says; those before the failing batch stay.
pub async fn generate(shop: &Shop, many: &Many, from: i64, to: i64) -> Result<()> {
    let mut at = from;
    while at < to {
        let end = to.min(at + BATCH);
        let input = (many.clone(), shop.db.engine(), at, end, shop.clock.now());
        shop.db
            .write(input, |tx, (many, engine, at, end, now)| Box::pin(batch(tx, many, *engine, *at, *end, *now)))
            .await?;
        at = end;
    }
    Ok(())
}

/// The ids of the SKUs of products `seed-{0}` up to `seed-{to}`.
pub fn generated_skus(to: i64) -> impl Iterator<Item = Uuid> {
    (0..to).filter_map(|i| u128::try_from(i).ok()).map(|i| Uuid::from_u128((0x5eed_0002 << 96) | i))
}

async fn batch(tx: &mut crate::db::Tx, many: &Many, engine: Engine, from: i64, to: i64, now: Millis) -> Result<()> {
    // Ids in the order of the rows, as time-ordered ids would come: a prefix for the table, then the number.
    let products = match engine {
        Engine::Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO product (id, merchant_id, category_id, slug, status, currency, sold, published_at, created_at, updated_at)
             SELECT unhex('5eed0001' || printf('%024x', i)), $3,
                    CASE i % 10 WHEN 0 THEN $4 WHEN 1 THEN $5 WHEN 2 THEN $6 WHEN 3 THEN $7 WHEN 4 THEN $8 WHEN 5 THEN $9
                                WHEN 6 THEN $10 WHEN 7 THEN $11 WHEN 8 THEN $12 ELSE $13 END,
                    'seed-' || i, 'on', 'CNY', 0, $14 - i * 60000, $14, $14 FROM n"
        }
        Engine::Postgres => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO product (id, merchant_id, category_id, slug, status, currency, sold, published_at, created_at, updated_at)
             SELECT CAST('5eed0001' || lpad(to_hex(i), 24, '0') AS uuid), $3,
                    CASE i % 10 WHEN 0 THEN $4 WHEN 1 THEN $5 WHEN 2 THEN $6 WHEN 3 THEN $7 WHEN 4 THEN $8 WHEN 5 THEN $9
                                WHEN 6 THEN $10 WHEN 7 THEN $11 WHEN 8 THEN $12 ELSE $13 END,
                    'seed-' || i, 'on', 'CNY', 0, $14 - i * 60000, $14, $14 FROM n"
        }
    };
    let mut arguments = args![from, to, many.merchant];
    arguments.extend(many.categories.iter().map(|c| (*c).into()));
    arguments.push(now.into());
    tx.execute(products, arguments).await?;
    // The new rows are found by their slugs; a slug says the number.
    let skus = match engine {
        Engine::Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO sku (id, product_id, code, choice, position, active, price, weight_g, received, on_hand, held, sold)
             SELECT unhex('5eed0002' || printf('%024x', i)), p.id, p.slug, '[]', 0, TRUE, 100 + i * 7919 % 50000, 500, 1000, 1000, 0, 0
             FROM n JOIN product p ON p.slug = 'seed-' || i"
        }
        Engine::Postgres => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO sku (id, product_id, code, choice, position, active, price, weight_g, received, on_hand, held, sold)
             SELECT CAST('5eed0002' || lpad(to_hex(i), 24, '0') AS uuid), p.id, p.slug, '[]', 0, TRUE, 100 + i * 7919 % 50000, 500, 1000, 1000, 0, 0
             FROM n JOIN product p ON p.slug = 'seed-' || i"
        }
    };
    tx.execute(skus, args![from, to]).await?;
    let pictures = match engine {
        Engine::Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO picture (id, product_id, position, source, width, height, placeholder)
             SELECT unhex('5eed0003' || printf('%024x', i)), p.id, 0, $3 || (i % 360) || $4, 1080, 1080, 'ph-' || (i % 360 / 30)
             FROM n JOIN product p ON p.slug = 'seed-' || i"
        }
        Engine::Postgres => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO picture (id, product_id, position, source, width, height, placeholder)
             SELECT CAST('5eed0003' || lpad(to_hex(i), 24, '0') AS uuid), p.id, 0, $3 || (i % 360) || $4, 1080, 1080, 'ph-' || (i % 360 / 30)
             FROM n JOIN product p ON p.slug = 'seed-' || i"
        }
    };
    tx.execute(pictures, args![from, to, many.picture.0.as_str(), many.picture.1.as_str()]).await?;
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO product_text (product_id, lang, title, subtitle, detail, translated)
         SELECT p.id, l.lang, 'Seed product ' || n.i || ' kind' || (n.i % 1000) || ' shade' || (n.i * 7919 % 5000), '', $3, TRUE FROM n JOIN product p ON p.slug = 'seed-' || n.i
         CROSS JOIN (SELECT 'zh-Hans' AS lang UNION ALL SELECT 'zh-Hant' UNION ALL SELECT 'en') l",
        args![from, to, to_json(&Detail::default())],
    )
    .await?;
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO price_history (sku_id, at, price)
         SELECT s.id, p.published_at, s.price FROM n JOIN product p ON p.slug = 'seed-' || n.i JOIN sku s ON s.product_id = p.id",
        args![from, to],
    )
    .await?;
    // To be read by search.
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO search_change (kind, thing, n) SELECT 'product', p.id, 1 FROM n JOIN product p ON p.slug = 'seed-' || n.i",
        args![from, to],
    )
    .await?;
    // Unsold, the score of a product is the instant when it came (`domain::catalog::hot_score`).
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO listing (scope, product_id, hot, published_at, sold, price_min, price_max, compare_until)
         SELECT CASE l.whole WHEN 1 THEN $3 ELSE p.category_id END, p.id, p.published_at, p.published_at, 0, s.price, s.price, 0
         FROM n JOIN product p ON p.slug = 'seed-' || n.i JOIN sku s ON s.product_id = p.id
         CROSS JOIN (SELECT 1 AS whole UNION ALL SELECT 0) l",
        args![from, to, Uuid::nil()],
    )
    .await?;
    Ok(())
}
