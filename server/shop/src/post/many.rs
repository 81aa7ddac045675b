//! Very many generated posts at once, for measuring how pages grow. Rows are made inside the database, as those of generated products.

use crate::{Result, Shop, args, db::Engine, db::Tx};
use domain::Millis;

/// What generated posts are about, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// People `seed0` up to this many; at least two.
    pub people: i64,
    /// Generated products: post `i` shows product `i % products`, with its picture.
    pub products: i64,
}

/// Posts in one transaction.
const BATCH: i64 = 20_000;
const TOPICS: i64 = 100;

/// Adds posts `from` up to `to` (not included): one text, one thing with its picture and one like each, a topic of a hundred, and below
/// every tenth a comment. The smaller the number the newer.
///
/// # Errors
/// What the database says; those before the failing batch stay.
pub async fn generate(shop: &Shop, many: Many, from: i64, to: i64) -> Result<()> {
    let mut at = from;
    while at < to {
        let end = to.min(at + BATCH);
        let input = (many, shop.db.engine(), at, end, shop.clock.now());
        shop.db
            .write(input, |tx, (many, engine, at, end, now)| Box::pin(batch(tx, *many, *engine, *at, *end, *now)))
            .await?;
        at = end;
    }
    Ok(())
}

async fn batch(tx: &mut Tx, many: Many, engine: Engine, from: i64, to: i64, now: Millis) -> Result<()> {
    // A code has no zero: it could be taken for a letter.
    let posts = match engine {
        Engine::Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO post (id, code, author_id, state, title, body, place, visibility, sponsored, version, created_at, saved_at, published_at, likes, comments)
             SELECT unhex('5eed0010' || printf('%024x', i)), 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z'), p.id, 'published', 'Seed post ' || i,
                    'About #seed_' || (i % $4), '', 'public', FALSE, 1, $5 - i * 60000, $5 - i * 60000, $5 - i * 60000, 1, CASE i % 10 WHEN 0 THEN 1 ELSE 0 END
             FROM n JOIN person p ON p.handle = 'seed' || (i % $3)"
        }
        Engine::Postgres => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO post (id, code, author_id, state, title, body, place, visibility, sponsored, version, created_at, saved_at, published_at, likes, comments)
             SELECT CAST('5eed0010' || lpad(to_hex(i), 24, '0') AS uuid), 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z'), p.id, 'published',
                    'Seed post ' || i, 'About #seed_' || (i % $4), '', 'public', FALSE, 1, $5 - i * 60000, $5 - i * 60000, $5 - i * 60000, 1,
                    CASE i % 10 WHEN 0 THEN 1 ELSE 0 END
             FROM n JOIN person p ON p.handle = 'seed' || (i % $3)"
        }
    };
    tx.execute(posts, args![from, to, many.people, TOPICS, now]).await?;
    // The new ones are found by their codes.
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO post_version (post_id, version, title, body, visibility, at)
         SELECT o.id, 1, o.title, o.body, 'public', o.published_at FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')",
        args![from, to],
    )
    .await?;
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO post_picture (post_id, position, picture_id)
         SELECT o.id, 0, x.id FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')
         JOIN product p ON p.slug = 'seed-' || (n.i % $3) JOIN picture x ON x.product_id = p.id AND x.position = 0",
        args![from, to, many.products.max(1)],
    )
    .await?;
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO post_product (post_id, position, product_id, bought)
         SELECT o.id, 0, p.id, FALSE FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')
         JOIN product p ON p.slug = 'seed-' || (n.i % $3)",
        args![from, to, many.products.max(1)],
    )
    .await?;
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO post_like (post_id, person_id, at)
         SELECT o.id, p.id, o.published_at FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')
         JOIN person p ON p.handle = 'seed' || ((n.i + 1) % $3)",
        args![from, to, many.people],
    )
    .await?;
    // To be read by search.
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO search_change (kind, thing, n)
         SELECT 'post', o.id, 1 FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')",
        args![from, to],
    )
    .await?;
    let comments = match engine {
        Engine::Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO comment (id, code, post_id, author_id, text, created_at)
             SELECT unhex('5eed0011' || printf('%024x', i)), o.code, o.id, p.id, 'Seed comment', o.published_at
             FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')
             JOIN person p ON p.handle = 'seed' || ((n.i + 1) % $3) WHERE n.i % 10 = 0"
        }
        Engine::Postgres => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO comment (id, code, post_id, author_id, text, created_at)
             SELECT CAST('5eed0011' || lpad(to_hex(i), 24, '0') AS uuid), o.code, o.id, p.id, 'Seed comment', o.published_at
             FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')
             JOIN person p ON p.handle = 'seed' || ((n.i + 1) % $3) WHERE n.i % 10 = 0"
        }
    };
    tx.execute(comments, args![from, to, many.people]).await?;
    let topics = match engine {
        Engine::Sqlite => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO topic (id, key, name, created_at, posts)
             SELECT unhex('5eed0012' || printf('%024x', k)), 'seed_' || k, 'seed_' || k, $4, many
             FROM (SELECT i % $3 AS k, COUNT(*) AS many FROM n GROUP BY i % $3) t WHERE TRUE
             ON CONFLICT (key) DO UPDATE SET posts = topic.posts + excluded.posts"
        }
        Engine::Postgres => {
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO topic (id, key, name, created_at, posts)
             SELECT CAST('5eed0012' || lpad(to_hex(k), 24, '0') AS uuid), 'seed_' || k, 'seed_' || k, $4, many
             FROM (SELECT i % $3 AS k, COUNT(*) AS many FROM n GROUP BY i % $3) t WHERE TRUE
             ON CONFLICT (key) DO UPDATE SET posts = topic.posts + excluded.posts"
        }
    };
    tx.execute(topics, args![from, to, TOPICS, now]).await?;
    tx.execute(
        "INSERT INTO search_change (kind, thing, n) SELECT 'topic', id, 1 FROM topic WHERE key LIKE 'seed\\_%' ESCAPE '\\'
         ON CONFLICT (kind, thing) DO UPDATE SET n = excluded.n",
        args![],
    )
    .await?;
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO post_topic (topic_id, post_id, at)
         SELECT t.id, o.id, o.published_at FROM n JOIN post o ON o.code = 'Seed' || replace(substr('0000000' || n.i, length(CAST(n.i AS text))), '0', 'z')
         JOIN topic t ON t.key = 'seed_' || (n.i % $3)",
        args![from, to, TOPICS],
    )
    .await?;
    tx.execute(
        "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
         INSERT INTO author (person_id, posts, likes)
         SELECT p.id, m.many, m.many FROM (SELECT i % $3 AS k, COUNT(*) AS many FROM n GROUP BY i % $3) m JOIN person p ON p.handle = 'seed' || m.k
         WHERE TRUE ON CONFLICT (person_id) DO UPDATE SET posts = author.posts + excluded.posts, likes = author.likes + excluded.likes",
        args![from, to, many.people],
    )
    .await?;
    Ok(())
}
