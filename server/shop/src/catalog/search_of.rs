//! What search asks of the catalogue: texts to read, and what found things are ordered and counted by.

use super::browse;
use crate::{
    Result, Shop, args,
    db::{Engine, Tx, listed},
    search::Text,
};
use domain::{
    Lang,
    catalog::{Browse, Cursor, Sort},
    search::field,
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// By what things on sale are found: titles in each language that they were written in, and names of shop and categories.
pub(crate) async fn search_texts(shop: &Shop, products: &[Uuid]) -> Result<HashMap<Uuid, Vec<Text>>> {
    crate::row! {
        struct Row {
            product_id: Uuid,
            lang: String,
            translated: bool,
            title: String,
            subtitle: String,
            merchant: String,
            category: String,
            above: Option<String>,
        }
    }
    let mut found: HashMap<Uuid, Vec<Text>> = HashMap::new();
    for batch in products.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Row> = shop
            .db
            .fetch_all(
                "SELECT t.product_id, t.lang, t.translated, t.title, t.subtitle, m.name AS merchant, c.name AS category, a.name AS above
                 FROM product_text t
                 JOIN product p ON p.id = t.product_id
                 JOIN merchant_text m ON m.merchant_id = p.merchant_id AND m.lang = t.lang
                 JOIN category k ON k.id = p.category_id
                 JOIN category_text c ON c.category_id = k.id AND c.lang = t.lang
                 LEFT JOIN category_text a ON a.category_id = k.parent_id AND a.lang = t.lang
                 WHERE t.product_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND p.status = 'on'
                 ORDER BY t.product_id, t.lang DESC",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        for row in rows {
            let texts = found.entry(row.product_id).or_default();
            let mut add = |place: u8, text: String| texts.push(Text::in_lang(place, &row.lang, text));
            // A borrowed text says nothing that the language it was borrowed from does not.
            if row.translated {
                add(field::TITLE, row.title);
                add(field::LABEL, row.subtitle);
            }
            add(field::LABEL, row.merchant);
            add(field::LABEL, row.category);
            add(field::LABEL, row.above.unwrap_or_default());
        }
    }
    Ok(found)
}

crate::row! {
    /// What a thing on sale is ordered, filtered and counted by.
    #[derive(Clone, Debug)]
    pub(crate) struct Fact {
        pub(crate) id: Uuid,
        pub(crate) hot: i64,
        pub(crate) sold: i64,
        pub(crate) published_at: i64,
        pub(crate) price_min: i64,
        pub(crate) category_id: Uuid,
        pub(crate) available: bool,
    }
}

/// Of those of some things that are on sale.
pub(crate) async fn facts(shop: &Shop, products: &[Uuid]) -> Result<Vec<Fact>> {
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT p.id, l.hot, l.sold, l.published_at, l.price_min, p.category_id,
                    EXISTS (SELECT 1 FROM sku s WHERE s.product_id = p.id AND s.active = TRUE AND s.on_hand > s.held) AS available
             FROM json_each($1) j CROSS JOIN listing l ON l.scope = $2 AND l.product_id = unhex(j.value) JOIN product p ON p.id = l.product_id"
        }
        Engine::Postgres => {
            "SELECT p.id, l.hot, l.sold, l.published_at, l.price_min, p.category_id,
                    EXISTS (SELECT 1 FROM sku s WHERE s.product_id = p.id AND s.active = TRUE AND s.on_hand > s.held) AS available
             FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN listing l ON l.scope = $2 AND l.product_id = CAST(j.value AS uuid)
             JOIN product p ON p.id = l.product_id"
        }
    };
    Ok(shop.db.fetch_all(sql, args![listed(products), Uuid::nil()]).await?)
}

crate::row! {
    struct Step {
        id: Uuid,
        value: i64,
    }
}

/// $1 scope, $2 $3 where the stretch before ended, $4 $5 price range, $6 only in stock, $7 rows.
macro_rules! walk_sql {
    ($key:literal, $beyond:literal, $direction:literal) => {
        concat!(
            "SELECT l.product_id AS id, l.", $key, " AS value FROM listing l
             WHERE l.scope = $1 AND (l.", $key, ", l.product_id) ", $beyond, " ($2, $3) AND l.price_min >= $4 AND l.price_min <= $5
               AND ($6 = FALSE OR EXISTS (SELECT 1 FROM sku s WHERE s.product_id = l.product_id AND s.active = TRUE AND s.on_hand > s.held))
             ORDER BY l.", $key, " ", $direction, ", l.product_id ", $direction, " LIMIT $7"
        )
    };
}

const fn walk_statement(sort: Sort) -> &'static str {
    match sort {
        Sort::Hot => walk_sql!("hot", "<", "DESC"),
        Sort::New => walk_sql!("published_at", "<", "DESC"),
        Sort::Sold => walk_sql!("sold", "<", "DESC"),
        Sort::PriceUp => walk_sql!("price_min", ">", "ASC"),
        Sort::PriceDown => walk_sql!("price_min", "<", "DESC"),
    }
}

/// The statements that are put together by a macro, for the test that prepares every statement.
pub fn walk_statements() -> [&'static str; 5] {
    Sort::ALL.map(walk_statement)
}

/// The next stretch of a list, in its order: ids and where it ended; no end when the list has.
pub(crate) async fn walk(
    shop: &Shop,
    scope: Uuid,
    browse: &Browse,
    after: Option<Cursor>,
    rows: i64,
) -> Result<(Vec<Uuid>, Option<Cursor>)> {
    let (from, to) = browse.price.range();
    let after = after.unwrap_or_else(|| browse::start(browse.sort));
    let found: Vec<Step> = shop
        .db
        .fetch_all(walk_statement(browse.sort), args![scope, after.value, after.id, from, to, browse.in_stock, rows])
        .await?;
    let full = i64::try_from(found.len()).unwrap_or(0) == rows;
    let end = found.last().filter(|_| full).map(|s| Cursor { value: s.value, id: s.id });
    Ok((found.into_iter().map(|s| s.id).collect(), end))
}

/// A category with all that is below it: its list, and the ids. None for one that there is not.
pub(crate) async fn branch_of(shop: &Shop, lang: Lang, slug: &str) -> Result<Option<(Uuid, HashSet<Uuid>)>> {
    let tree = browse::category_rows(shop, lang).await?;
    let Some(top) = tree.iter().find(|c| c.slug == slug) else { return Ok(None) };
    let mut all = HashSet::from([top.id]);
    // A tree deeper than eight is cut there, as in `relist`.
    for _ in 0..8 {
        let below: Vec<Uuid> =
            tree.iter().filter(|c| c.parent_id.is_some_and(|p| all.contains(&p))).map(|c| c.id).collect();
        all.extend(below);
    }
    Ok(Some((top.id, all)))
}

/// Slugs and names of categories.
pub(crate) async fn category_names(shop: &Shop, lang: Lang) -> Result<HashMap<Uuid, (String, String)>> {
    let tree = browse::category_rows(shop, lang).await?;
    Ok(tree.iter().map(|c| (c.id, (c.slug.clone(), c.name.clone()))).collect())
}

crate::row! {
    struct Id {
        id: Uuid,
    }
}

/// The things of a merchant.
pub(crate) async fn of_merchant(tx: &mut Tx, merchant: Uuid) -> Result<Vec<Uuid>> {
    let rows: Vec<Id> = tx.fetch_all("SELECT id FROM product WHERE merchant_id = $1", args![merchant]).await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// The things of a category and of those right below it: by these names they are found.
pub(crate) async fn of_category(tx: &mut Tx, category: Uuid) -> Result<Vec<Uuid>> {
    let rows: Vec<Id> = tx
        .fetch_all(
            "SELECT p.id FROM product p JOIN category c ON c.id = p.category_id WHERE c.id = $1 OR c.parent_id = $1",
            args![category],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}
