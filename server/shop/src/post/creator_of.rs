//! What the desk of somebody who posts asks of posts.

use crate::{Result, Shop, args};
use domain::{Millis, id::PersonId};
use uuid::Uuid;

crate::row! {
    /// A post, with what it counts.
    pub(crate) struct Came {
        pub(crate) id: Uuid,
        pub(crate) code: String,
        pub(crate) title: String,
        pub(crate) published_at: i64,
        pub(crate) likes: i64,
        pub(crate) collects: i64,
        pub(crate) comments: i64,
    }
}

/// The newest posts of somebody that others can see.
pub(crate) async fn came_of(shop: &Shop, me: PersonId, many: i64) -> Result<Vec<Came>> {
    Ok(shop
        .db
        .fetch_all(
            "SELECT id, code, title, published_at, likes, collects, comments FROM post
             WHERE author_id = $1 AND state = 'published' AND published_at IS NOT NULL ORDER BY published_at DESC, id DESC LIMIT $2",
            args![me, many],
        )
        .await?)
}

/// All posts of somebody.
pub(crate) async fn ids_by(shop: &Shop, me: PersonId) -> Result<Vec<Uuid>> {
    crate::row! {
        struct Id {
            id: Uuid,
        }
    }
    let rows: Vec<Id> =
        shop.db.fetch_all("SELECT id FROM post WHERE author_id = $1 AND state = 'published'", args![me]).await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// How often posts of somebody are saved.
pub(crate) async fn collects_of(shop: &Shop, me: PersonId) -> Result<i64> {
    crate::row! {
        struct Many {
            n: i64,
        }
    }
    let many: Many = shop
        .db
        .fetch_one(
            "SELECT CAST(COALESCE(SUM(collects), 0) AS BIGINT) AS n FROM post WHERE author_id = $1 AND state = 'published'",
            args![me],
        )
        .await?;
    Ok(many.n)
}

crate::row! {
    /// How much somebody did with posts of somebody else in an hour of the day.
    pub(crate) struct Acts {
        pub(crate) person_id: Uuid,
        pub(crate) hour: i64,
        pub(crate) n: i64,
    }
}

/// Likes, saves and comments of others on somebody's posts since an instant; `offset`: of the wall clock that hours are told by, ms.
pub(crate) async fn acts_on(shop: &Shop, me: PersonId, since: Millis, offset: Millis) -> Result<Vec<Acts>> {
    Ok(shop
        .db
        .scan(
            "SELECT person_id, (at + $3) % 86400000 / 3600000 AS hour, COUNT(*) AS n FROM (
                 SELECT l.person_id, l.at FROM post p JOIN post_like l ON l.post_id = p.id WHERE p.author_id = $1 AND p.state = 'published' AND l.at >= $2
                 UNION ALL
                 SELECT c.person_id, c.at FROM post p JOIN post_collect c ON c.post_id = p.id WHERE p.author_id = $1 AND p.state = 'published' AND c.at >= $2
                 UNION ALL
                 SELECT s.author_id AS person_id, s.created_at AS at FROM post p JOIN comment s ON s.post_id = p.id
                 WHERE p.author_id = $1 AND p.state = 'published' AND s.created_at >= $2 AND s.deleted_at IS NULL) AS acts
             WHERE person_id <> $1 GROUP BY person_id, (at + $3) % 86400000 / 3600000",
            args![me, since, offset],
        )
        .await?)
}
