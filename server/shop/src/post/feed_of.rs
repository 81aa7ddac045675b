//! What the feed asks of posts.

use crate::{Result, Shop, args, db::Engine};
use domain::Millis;
use std::collections::HashMap;
use uuid::Uuid;

/// Posts that are for everybody and came since an instant, with their topics; at most so many: the newest.
pub(crate) async fn for_feed(shop: &Shop, since: Millis, most: i64) -> Result<Vec<(super::Liked, Vec<Uuid>)>> {
    crate::row! {
        struct Of {
            post_id: Uuid,
            topic_id: Uuid,
        }
    }
    let posts: Vec<super::Liked> = shop
        .db
        .scan(
            "SELECT id, author_id, published_at, likes, collects, comments FROM post
             WHERE state = 'published' AND visibility = 'public' AND published_at >= $1 ORDER BY published_at DESC, id DESC LIMIT $2",
            args![since, most],
        )
        .await?;
    let from = posts.iter().map(|p| p.published_at).min().unwrap_or(since);
    let rows: Vec<Of> = shop
        .db
        .scan(
            "SELECT t.post_id, t.topic_id FROM post p JOIN post_topic t ON t.post_id = p.id
             WHERE p.state = 'published' AND p.visibility = 'public' AND p.published_at >= $1",
            args![from],
        )
        .await?;
    let mut topics: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in rows {
        topics.entry(row.post_id).or_default().push(row.topic_id);
    }
    Ok(posts.into_iter().map(|p| (topics.remove(&p.id).unwrap_or_default(), p)).map(|(t, p)| (p, t)).collect())
}

/// What some codes are the codes of.
pub(crate) async fn ids_of(shop: &Shop, codes: &[String]) -> Result<Vec<(String, Uuid)>> {
    crate::row! {
        struct Named {
            code: String,
            id: Uuid,
        }
    }
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => "SELECT p.code, p.id FROM json_each($1) j CROSS JOIN post p ON p.code = j.value WHERE p.state = 'published'",
        Engine::Postgres => {
            "SELECT p.code, p.id FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN post p ON p.code = j.value
             WHERE p.state = 'published'"
        }
    };
    let rows: Vec<Named> = shop.db.fetch_all(sql, args![serde_json::to_string(codes).unwrap_or_default()]).await?;
    Ok(rows.into_iter().map(|r| (r.code, r.id)).collect())
}
