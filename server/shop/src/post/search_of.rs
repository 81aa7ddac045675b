//! What search asks of posts and topics: texts to read, and what the found are ordered by.

use crate::{
    Result, Shop, args,
    db::{Engine, listed},
    search::Text,
};
use domain::{
    post::{TopicCard, topics},
    search::field,
};
use std::collections::HashMap;
use uuid::Uuid;

/// By what posts are found that are for everybody: title, topics, place and text.
pub(crate) async fn search_texts(shop: &Shop, posts: &[Uuid]) -> Result<HashMap<Uuid, Vec<Text>>> {
    crate::row! {
        struct Row {
            id: Uuid,
            title: String,
            body: String,
            place: String,
        }
    }
    let mut found = HashMap::new();
    for batch in posts.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Row> = shop
            .db
            .fetch_all(
                "SELECT id, title, body, place FROM post
                 WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND state = 'published' AND visibility = 'public'",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        for row in rows {
            let mut texts: Vec<Text> = topics(&format!("{}\n{}", row.title, row.body))
                .into_iter()
                .map(|(_, name)| Text::new(field::LABEL, name))
                .collect();
            texts.push(Text::new(field::TITLE, row.title));
            texts.push(Text::new(field::LABEL, row.place));
            texts.push(Text::new(field::TEXT, row.body));
            found.insert(row.id, texts);
        }
    }
    Ok(found)
}

/// By what topics are found.
pub(crate) async fn search_topics(shop: &Shop, wanted: &[Uuid]) -> Result<HashMap<Uuid, Vec<Text>>> {
    let found = topic_cards(shop, wanted).await?;
    let found = found.into_iter().filter(|(_, topic)| topic.posts > 0);
    Ok(found.map(|(id, topic)| (id, vec![Text::new(field::TITLE, topic.name)])).collect())
}

/// Some topics, by id.
pub(crate) async fn topic_cards(shop: &Shop, wanted: &[Uuid]) -> Result<HashMap<Uuid, TopicCard>> {
    crate::row! {
        struct Row {
            id: Uuid,
            name: String,
            posts: i64,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT t.id, t.name, t.posts FROM json_each($1) j CROSS JOIN topic t ON t.id = unhex(j.value)"
        }
        Engine::Postgres => {
            "SELECT t.id, t.name, t.posts FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN topic t ON t.id = CAST(j.value AS uuid)"
        }
    };
    let rows: Vec<Row> = shop.db.fetch_all(sql, args![listed(wanted)]).await?;
    Ok(rows.into_iter().map(|r| (r.id, TopicCard { name: r.name, posts: r.posts })).collect())
}

crate::row! {
    /// A post that is for everybody, and how it is liked.
    pub(crate) struct Liked {
        pub(crate) id: Uuid,
        pub(crate) author_id: Uuid,
        pub(crate) published_at: i64,
        pub(crate) likes: i64,
        pub(crate) collects: i64,
        pub(crate) comments: i64,
    }
}

/// Of those of some posts that are for everybody.
pub(crate) async fn liked(shop: &Shop, posts: &[Uuid]) -> Result<Vec<Liked>> {
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT p.id, p.author_id, p.published_at, p.likes, p.collects, p.comments
             FROM json_each($1) j CROSS JOIN post p ON p.id = unhex(j.value) WHERE p.state = 'published' AND p.visibility = 'public'"
        }
        Engine::Postgres => {
            "SELECT p.id, p.author_id, p.published_at, p.likes, p.collects, p.comments
             FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN post p ON p.id = CAST(j.value AS uuid)
             WHERE p.state = 'published' AND p.visibility = 'public'"
        }
    };
    Ok(shop.db.fetch_all(sql, args![listed(posts)]).await?)
}
