//! Reading the catalogue: shelves, products, categories.

use super::{json, picture, to_json};
use crate::{Result, Shop, args, error::broken_row};
use domain::{
    Lang, Millis,
    catalog::{
        Browse, CardView, CategoryView, Cursor, Detail, MerchantView, PageView, PictureView, ProductView, ShelfView,
        SkuView, Sort, Status, discount_base,
    },
    id::{MerchantId, PictureId, ProductId, SkuId},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Cards on one page of a list.
pub const PAGE: i64 = 20;

crate::row! {
    struct CardRow {
        id: Uuid,
        slug: String,
        title: String,
        currency: String,
        merchant: String,
        price_min: i64,
        price_max: i64,
        compare_at: Option<i64>,
        sold: i64,
        sort_value: i64,
        available: bool,
        picture_id: Option<Uuid>,
        width: Option<i64>,
        height: Option<i64>,
        placeholder: Option<String>,
    }
}

impl CardRow {
    fn view(self) -> Result<CardView> {
        Ok(CardView {
            id: ProductId(self.id),
            slug: self.slug,
            title: self.title,
            picture: picture(self.picture_id, self.width, self.height, self.placeholder),
            price_min: self.price_min,
            price_max: self.price_max,
            compare_at: self.compare_at,
            currency: self.currency.parse().map_err(|_| broken_row("product.currency"))?,
            merchant: self.merchant,
            sold: self.sold,
            available: self.available,
        })
    }
}

/// The list of one scope by one key: a keyset page straight from the index (scope, key, `product_id`).
/// $1 scope, $2 language, $3 $4 where the page before ended, $5 $6 price range, $7 only in stock, $8 now, $9 rows.
macro_rules! list_sql {
    ($key:literal, $beyond:literal, $direction:literal) => {
        concat!(
            "SELECT p.id, p.slug, t.title, p.currency, m.name AS merchant, l.price_min, l.price_max,
                    CASE WHEN l.compare_until > $8 THEN l.compare_at END AS compare_at, l.sold, l.", $key, " AS sort_value,
                    EXISTS (SELECT 1 FROM sku s WHERE s.product_id = p.id AND s.active = TRUE AND s.on_hand > s.held) AS available,
                    i.id AS picture_id, i.width, i.height, i.placeholder
             FROM listing l
             JOIN product p ON p.id = l.product_id
             JOIN product_text t ON t.product_id = p.id AND t.lang = $2
             JOIN merchant_text m ON m.merchant_id = p.merchant_id AND m.lang = $2
             LEFT JOIN picture i ON i.product_id = p.id AND i.position = 0
             WHERE l.scope = $1 AND (l.", $key, ", l.product_id) ", $beyond, " ($3, $4)
               AND l.price_min >= $5 AND l.price_min <= $6
               AND ($7 = FALSE OR EXISTS (SELECT 1 FROM sku s WHERE s.product_id = p.id AND s.active = TRUE AND s.on_hand > s.held))
             ORDER BY l.", $key, " ", $direction, ", l.product_id ", $direction, " LIMIT $9"
        )
    };
}

const fn list_statement(sort: Sort) -> &'static str {
    match sort {
        Sort::Hot => list_sql!("hot", "<", "DESC"),
        Sort::New => list_sql!("published_at", "<", "DESC"),
        Sort::Sold => list_sql!("sold", "<", "DESC"),
        Sort::PriceUp => list_sql!("price_min", ">", "ASC"),
        Sort::PriceDown => list_sql!("price_min", "<", "DESC"),
    }
}

/// The statements that are put together by a macro, for the test that prepares every statement.
pub fn list_statements() -> [&'static str; 5] {
    Sort::ALL.map(list_statement)
}

/// Before the first row of a list.
pub(super) const fn start(sort: Sort) -> Cursor {
    if matches!(sort, Sort::PriceUp) {
        Cursor { value: i64::MIN, id: Uuid::nil() }
    } else {
        Cursor { value: i64::MAX, id: Uuid::max() }
    }
}

async fn page(shop: &Shop, scope: Uuid, lang: Lang, browse: &Browse) -> Result<PageView> {
    // A cursor that cannot be read starts over: an old link still shows a list.
    let cursor = browse.after.as_deref().and_then(|c| c.parse().ok()).unwrap_or_else(|| start(browse.sort));
    let (from, to) = browse.price.range();
    let mut rows: Vec<CardRow> = shop
        .db
        .fetch_all(
            list_statement(browse.sort),
            args![scope, lang.tag(), cursor.value, cursor.id, from, to, browse.in_stock, shop.clock.now(), PAGE + 1],
        )
        .await?;
    let size = usize::try_from(PAGE).unwrap_or(20);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.sort_value, id: r.id }.written());
    let cards = rows.into_iter().map(CardRow::view).collect::<Result<_>>()?;
    Ok(PageView { cards, posts: Vec::new(), next, marks: None })
}

/// A page of products, of the whole shop or of a category, with the category's head.
/// An unknown category has no head and no cards.
///
/// # Errors
/// What the database says.
pub async fn shelf(shop: &Shop, lang: Lang, browse: &Browse) -> Result<ShelfView> {
    let Some(slug) = &browse.category else {
        return Ok(ShelfView { category: None, parent: None, page: page(shop, Uuid::nil(), lang, browse).await? });
    };
    let tree = category_rows(shop, lang).await?;
    let Some(row) = tree.iter().find(|r| r.slug == *slug) else {
        return Ok(ShelfView { category: None, parent: None, page: PageView::default() });
    };
    let page = page(shop, row.id, lang, browse).await?;
    let parent = tree.iter().find(|r| Some(r.id) == row.parent_id).map(|r| (r.slug.clone(), r.name.clone()));
    Ok(ShelfView { category: Some(branch(row, &tree)), parent, page })
}

/// The categories by language, as they were read a moment ago.
#[derive(Default)]
pub(crate) struct Tree(Mutex<HashMap<Lang, (Instant, Arc<Vec<CategoryRow>>)>>);

const FRESH: Duration = Duration::from_secs(2);

impl Tree {
    fn get(&self, lang: Lang) -> Option<Arc<Vec<CategoryRow>>> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(&lang).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, rows)| rows.clone())
    }

    fn put(&self, lang: Lang, rows: Arc<Vec<CategoryRow>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(lang, (Instant::now(), rows));
    }

    /// After a change.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

crate::row! {
    pub(super) struct CategoryRow {
        pub(super) id: Uuid,
        pub(super) slug: String,
        pub(super) parent_id: Option<Uuid>,
        hue: i64,
        pub(super) name: String,
        picture_id: Option<Uuid>,
        width: Option<i64>,
        height: Option<i64>,
        placeholder: Option<String>,
    }
}

pub(super) async fn category_rows(shop: &Shop, lang: Lang) -> Result<Arc<Vec<CategoryRow>>> {
    if let Some(rows) = shop.kept.categories.get(lang) {
        return Ok(rows);
    }
    let rows: Vec<CategoryRow> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.slug, c.parent_id, c.hue, t.name, i.id AS picture_id, i.width, i.height, i.placeholder
             FROM category c
             JOIN category_text t ON t.category_id = c.id AND t.lang = $1
             LEFT JOIN picture i ON i.category_id = c.id AND i.position = 0
             ORDER BY c.position, c.id",
            args![lang.tag()],
        )
        .await?;
    let rows = Arc::new(rows);
    shop.kept.categories.put(lang, rows.clone());
    Ok(rows)
}

fn branch(row: &CategoryRow, tree: &[CategoryRow]) -> CategoryView {
    CategoryView {
        slug: row.slug.clone(),
        name: row.name.clone(),
        hue: row.hue,
        picture: picture(row.picture_id, row.width, row.height, row.placeholder.clone()),
        children: tree.iter().filter(|c| c.parent_id == Some(row.id)).map(|c| branch(c, tree)).collect(),
    }
}

/// The tree of categories.
///
/// # Errors
/// What the database says.
pub async fn categories(shop: &Shop, lang: Lang) -> Result<Vec<CategoryView>> {
    let tree = category_rows(shop, lang).await?;
    Ok(tree.iter().filter(|r| r.parent_id.is_none()).map(|r| branch(r, &tree)).collect())
}

crate::row! {
    struct ProductRow {
        id: Uuid,
        slug: String,
        status: String,
        currency: String,
        sold: i64,
        updated_at: i64,
        title: String,
        subtitle: String,
        detail: String,
        merchant_slug: String,
        merchant_name: String,
        merchant_intro: String,
        category_slug: String,
        category_name: String,
    }
}

crate::row! {
    struct SkuRow {
        id: Uuid,
        choice: String,
        price: i64,
        group_price: Option<i64>,
        available: i64,
        /// One row for each price that was asked.
        asked_at: i64,
        asked: i64,
    }
}

crate::row! {
    struct PictureRow {
        id: Uuid,
        width: i64,
        height: i64,
        placeholder: String,
    }
}

/// A product by its slug; drafts are nobody's business.
///
/// # Errors
/// What the database says.
pub async fn product(shop: &Shop, lang: Lang, slug: &str) -> Result<Option<ProductView>> {
    let row: Option<ProductRow> = shop
        .db
        .fetch_optional(
            "SELECT p.id, p.slug, p.status, p.currency, p.sold, p.updated_at, t.title, t.subtitle, t.detail,
                    m.slug AS merchant_slug, mt.name AS merchant_name, mt.intro AS merchant_intro,
                    c.slug AS category_slug, ct.name AS category_name
             FROM product p
             JOIN product_text t ON t.product_id = p.id AND t.lang = $2
             JOIN merchant m ON m.id = p.merchant_id
             JOIN merchant_text mt ON mt.merchant_id = m.id AND mt.lang = $2
             JOIN category c ON c.id = p.category_id
             JOIN category_text ct ON ct.category_id = c.id AND ct.lang = $2
             WHERE p.slug = $1 AND p.status <> 'draft'",
            args![slug, lang.tag()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let skus = skus_of(shop, row.id).await?;
    let pictures: Vec<PictureRow> = shop
        .db
        .fetch_all(
            "SELECT id, width, height, placeholder FROM picture WHERE product_id = $1 ORDER BY position",
            args![row.id],
        )
        .await?;
    let status: Status = row.status.parse().map_err(|_| broken_row("product.status"))?;
    Ok(Some(ProductView {
        id: ProductId(row.id),
        slug: row.slug,
        title: row.title,
        subtitle: row.subtitle,
        detail: json::<Detail>("product_text.detail", &row.detail)?,
        status,
        currency: row.currency.parse().map_err(|_| broken_row("product.currency"))?,
        merchant: MerchantView { slug: row.merchant_slug, name: row.merchant_name, intro: row.merchant_intro },
        category: Some((row.category_slug, row.category_name)),
        pictures: pictures
            .into_iter()
            .map(|p| PictureView { id: PictureId(p.id), width: p.width, height: p.height, placeholder: p.placeholder })
            .collect(),
        skus,
        offers: Vec::new(),
        sold: row.sold,
        updated_at: row.updated_at,
    }))
}

/// The cards of some products; those that have no page are left out.
pub(crate) async fn cards(shop: &Shop, lang: Lang, ids: &[ProductId]) -> Result<HashMap<ProductId, CardView>> {
    let now = shop.clock.now();
    let mut found = HashMap::new();
    for batch in ids.chunks(10) {
        let mut ids = batch.iter().map(|p| p.0).chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        // What is off sale stands in no list any more: it has its first price, and is not to be had.
        let rows: Vec<CardRow> = shop
            .db
            .fetch_all(
                "SELECT p.id, p.slug, t.title, p.currency, m.name AS merchant,
                        (SELECT COALESCE(MIN(s.price), 0) FROM sku s WHERE s.product_id = p.id AND s.active = TRUE) AS price_min,
                        (SELECT COALESCE(MAX(s.price), 0) FROM sku s WHERE s.product_id = p.id AND s.active = TRUE) AS price_max,
                        (SELECT CASE WHEN l.compare_until > $12 THEN l.compare_at END FROM listing l
                         WHERE l.product_id = p.id ORDER BY l.scope LIMIT 1) AS compare_at, p.sold, p.sold AS sort_value,
                        p.status = 'on' AND EXISTS (SELECT 1 FROM sku s WHERE s.product_id = p.id AND s.active = TRUE AND s.on_hand > s.held)
                          AS available,
                        i.id AS picture_id, i.width, i.height, i.placeholder
                 FROM product p
                 JOIN product_text t ON t.product_id = p.id AND t.lang = $11
                 JOIN merchant_text m ON m.merchant_id = p.merchant_id AND m.lang = $11
                 LEFT JOIN picture i ON i.product_id = p.id AND i.position = 0
                 WHERE p.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND p.status <> 'draft'",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), lang.tag(), now],
            )
            .await?;
        for row in rows {
            found.insert(ProductId(row.id), row.view()?);
        }
    }
    Ok(found)
}

/// A product that has a page, and its title.
pub(crate) async fn title_of(shop: &Shop, lang: Lang, slug: &str) -> Result<Option<(ProductId, String)>> {
    crate::row! {
        struct Title {
            id: Uuid,
            title: String,
        }
    }
    let row: Option<Title> = shop
        .db
        .fetch_optional(
            "SELECT p.id, t.title FROM product p JOIN product_text t ON t.product_id = p.id AND t.lang = $2
             WHERE p.slug = $1 AND p.status <> 'draft'",
            args![slug, lang.tag()],
        )
        .await?;
    Ok(row.map(|r| (ProductId(r.id), r.title)))
}

async fn skus_of(shop: &Shop, product: Uuid) -> Result<Vec<SkuView>> {
    let rows: Vec<SkuRow> = shop
        .db
        .fetch_all(
            "SELECT s.id, s.choice, s.price, s.group_price, s.on_hand - s.held AS available, h.at AS asked_at, h.price AS asked
             FROM sku s JOIN price_history h ON h.sku_id = s.id
             WHERE s.product_id = $1 AND s.active = TRUE ORDER BY s.position, s.id, h.at",
            args![product],
        )
        .await?;
    let now = shop.clock.now();
    rows.chunk_by(|a, b| a.id == b.id)
        .filter_map(|rows| Some((rows.first()?, rows)))
        .map(|(sku, rows)| {
            let history: Vec<(Millis, i64)> = rows.iter().map(|r| (r.asked_at, r.asked)).collect();
            Ok(SkuView {
                id: SkuId(sku.id),
                choice: json("sku.choice", &sku.choice)?,
                price: sku.price,
                compare_at: discount_base(&history, now).map(|(base, _)| base),
                group_price: sku.group_price,
                available: sku.available,
            })
        })
        .collect()
}

/// Which SKU of a product on sale somebody means by the values of its options, and how many units are left.
/// A product without options has one SKU.
///
/// # Errors
/// What the database says.
pub async fn sku_of(shop: &Shop, slug: &str, choice: &[u32]) -> Result<Option<(SkuId, i64)>> {
    crate::row! {
        struct Found {
            id: Uuid,
            available: i64,
        }
    }
    let row: Option<Found> = shop
        .db
        .fetch_optional(
            "SELECT s.id, s.on_hand - s.held AS available FROM sku s JOIN product p ON p.id = s.product_id
             WHERE p.slug = $1 AND p.status = 'on' AND s.choice = $2 AND s.active = TRUE",
            args![slug, to_json(&choice)],
        )
        .await?;
    Ok(row.map(|r| (SkuId(r.id), r.available)))
}

/// The id of a merchant.
///
/// # Errors
/// What the database says.
pub(super) async fn merchant_id(shop: &Shop, slug: &str) -> Result<Option<MerchantId>> {
    crate::row! {
        struct Id {
            id: Uuid,
        }
    }
    let row: Option<Id> = shop.db.fetch_optional("SELECT id FROM merchant WHERE slug = $1", args![slug]).await?;
    Ok(row.map(|r| MerchantId(r.id)))
}

/// Slug, title and status of the products that changed last, whatever their status.
///
/// # Errors
/// What the database says.
pub async fn latest(shop: &Shop, lang: Lang) -> Result<Vec<(String, String, Status)>> {
    crate::row! {
        struct Latest {
            slug: String,
            title: String,
            status: String,
        }
    }
    let rows: Vec<Latest> = shop
        .db
        .fetch_all(
            "SELECT p.slug, t.title, p.status FROM product p JOIN product_text t ON t.product_id = p.id AND t.lang = $1
             ORDER BY p.updated_at DESC, p.id LIMIT 50",
            args![lang.tag()],
        )
        .await?;
    rows.into_iter()
        .map(|r| Ok((r.slug, r.title, r.status.parse().map_err(|_| broken_row("product.status"))?)))
        .collect()
}

/// Slugs and times of change for the sitemap, newest first, at most `limit`.
///
/// # Errors
/// What the database says.
pub async fn sitemap(shop: &Shop, limit: i64) -> Result<Vec<(String, Millis)>> {
    crate::row! {
        struct Entry {
            slug: String,
            updated_at: i64,
        }
    }
    let rows: Vec<Entry> = shop
        .db
        .fetch_all(
            "SELECT p.slug, p.updated_at FROM listing l JOIN product p ON p.id = l.product_id
             WHERE l.scope = $1 ORDER BY l.published_at DESC, l.product_id DESC LIMIT $2",
            args![Uuid::nil(), limit],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.slug, r.updated_at)).collect())
}
