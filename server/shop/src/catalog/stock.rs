//! Stock: what can be offered, held, given back and sold. Each change is one guarded statement; 0 rows is a lost race.

use super::{json, picture};
use crate::{
    Error, Result, args,
    db::{Read, Tx},
    error::broken_row,
    search,
};
use domain::{
    Currency, Lang, Millis, Problem,
    cart::LineView,
    catalog::{Detail, PictureView, discount_base, hot_score},
    id::{MerchantId, ProductId, SkuId},
    search::Kind,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a SKU is offered at now, with its texts in the languages that were asked for.
#[derive(Clone, Debug)]
pub struct Offer {
    pub sku: SkuId,
    pub product: ProductId,
    pub merchant: MerchantId,
    pub slug: String,
    pub merchant_slug: String,
    pub price: i64,
    pub currency: Currency,
    pub weight_g: i64,
    /// Units that can be held now; 0 when it is not sold.
    pub available: i64,
    pub picture: Option<PictureView>,
    /// Title, choice and merchant name per language.
    pub texts: BTreeMap<&'static str, (String, String, String)>,
}

impl Offer {
    /// The line of somebody who wants `quantity` and last saw `price_seen`.
    pub fn line(&self, lang: Lang, quantity: i64, price_seen: i64) -> LineView {
        let (title, choice, merchant) = self.texts.get(lang.tag()).cloned().unwrap_or_default();
        LineView {
            sku: self.sku,
            slug: self.slug.clone(),
            title,
            choice,
            picture: self.picture.clone(),
            merchant,
            merchant_slug: self.merchant_slug.clone(),
            price: self.price,
            price_seen,
            currency: self.currency,
            quantity,
            available: self.available,
            weight_g: self.weight_g,
        }
    }
}

crate::row! {
    struct OfferRow {
        sku_id: Uuid,
        product_id: Uuid,
        merchant_id: Uuid,
        slug: String,
        merchant_slug: String,
        price: i64,
        currency: String,
        weight_g: i64,
        available: i64,
        choice: String,
        lang: String,
        title: String,
        detail: String,
        merchant: String,
        picture_id: Option<Uuid>,
        width: Option<i64>,
        height: Option<i64>,
        placeholder: Option<String>,
    }
}

/// SKUs in one read of [`offers`].
const BATCH: usize = 10;

/// The offers of some SKUs, in one language or in all. SKUs that are gone are left out.
///
/// # Errors
/// What the database says.
#[tracing::instrument(level = "debug", skip_all, name = "offers")]
pub async fn offers(mut read: impl Read, skus: &[SkuId], lang: Option<Lang>) -> Result<Vec<Offer>> {
    let mut found: BTreeMap<SkuId, Offer> = BTreeMap::new();
    for batch in skus.chunks(BATCH) {
        let mut ids = batch.iter().map(|s| s.0).chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<OfferRow> = read
            .all(
                "SELECT s.id AS sku_id, p.id AS product_id, p.merchant_id, p.slug, m.slug AS merchant_slug, s.price, p.currency, s.weight_g,
                        CASE WHEN p.status = 'on' AND s.active = TRUE THEN s.on_hand - s.held ELSE 0 END AS available,
                        s.choice, t.lang, t.title, t.detail, mt.name AS merchant, i.id AS picture_id, i.width, i.height, i.placeholder
                 FROM sku s
                 JOIN product p ON p.id = s.product_id
                 JOIN merchant m ON m.id = p.merchant_id
                 JOIN product_text t ON t.product_id = p.id AND ($11 = '' OR t.lang = $11)
                 JOIN merchant_text mt ON mt.merchant_id = m.id AND mt.lang = t.lang
                 LEFT JOIN picture i ON i.product_id = p.id AND i.position = 0
                 WHERE s.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), lang.map_or("", Lang::tag)],
            )
            .await?;
        for row in rows {
            let lang: Lang = row.lang.parse().map_err(|_| broken_row("product_text.lang"))?;
            let choice: Vec<u32> = json("sku.choice", &row.choice)?;
            let detail: Detail = json("product_text.detail", &row.detail)?;
            let currency = row.currency.parse().map_err(|_| broken_row("product.currency"))?;
            let offer = found.entry(SkuId(row.sku_id)).or_insert_with(|| Offer {
                sku: SkuId(row.sku_id),
                product: ProductId(row.product_id),
                merchant: MerchantId(row.merchant_id),
                slug: row.slug,
                merchant_slug: row.merchant_slug,
                price: row.price,
                currency,
                weight_g: row.weight_g,
                available: row.available,
                picture: picture(row.picture_id, row.width, row.height, row.placeholder),
                texts: BTreeMap::new(),
            });
            offer.texts.insert(lang.tag(), (row.title, detail.choice_text(&choice), row.merchant));
        }
    }
    Ok(found.into_values().collect())
}

/// What may be had instead of a SKU: one of the same product, or another unit of itself.
#[derive(Clone, Debug)]
pub struct Swap {
    pub from: SkuId,
    pub to: SkuId,
    /// Its choice in the language that was asked for.
    pub choice: String,
    pub price: i64,
    pub available: i64,
}

/// What may be had instead of some SKUs.
///
/// # Errors
/// What the database says.
pub async fn swaps(mut read: impl Read, skus: &[SkuId], lang: Lang) -> Result<Vec<Swap>> {
    crate::row! {
        struct Pair {
            mine: Uuid,
            other: Uuid,
        }
    }
    let mut pairs: Vec<(SkuId, SkuId)> = Vec::new();
    for batch in skus.chunks(BATCH) {
        let mut ids = batch.iter().map(|s| s.0).chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Pair> = read
            .all(
                "SELECT m.id AS mine, s.id AS other FROM sku m JOIN sku s ON s.product_id = m.product_id JOIN product p ON p.id = s.product_id AND p.status = 'on'
                 WHERE m.id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND s.active = TRUE ORDER BY m.id, s.position",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        pairs.extend(rows.into_iter().map(|r| (SkuId(r.mine), SkuId(r.other))));
    }
    let mut ids: Vec<SkuId> = pairs.iter().map(|(_, other)| *other).collect();
    ids.sort_unstable();
    ids.dedup();
    let offers = offers(read, &ids, Some(lang)).await?;
    let swap = |(from, to): (SkuId, SkuId)| {
        let offer = offers.iter().find(|o| o.sku == to)?;
        let choice = offer.texts.get(lang.tag()).map(|(_, choice, _)| choice.clone()).unwrap_or_default();
        Some(Swap { from, to, choice, price: offer.price, available: offer.available })
    };
    Ok(pairs.into_iter().filter_map(swap).collect())
}

/// What a SKU is sold at now; `None` when it is not sold.
pub(crate) async fn price_now(tx: &mut Tx, sku: SkuId) -> Result<Option<i64>> {
    crate::row! {
        struct Price {
            price: i64,
        }
    }
    let row: Option<Price> = tx
        .fetch_optional(
            "SELECT s.price FROM sku s JOIN product p ON p.id = s.product_id WHERE s.id = $1 AND s.active = TRUE AND p.status = 'on'",
            args![sku],
        )
        .await?;
    Ok(row.map(|r| r.price))
}

/// Units of a SKU that can be held now; 0 when it is not sold.
pub(crate) async fn left(shop: &crate::Shop, sku: SkuId) -> Result<i64> {
    crate::row! {
        struct Left {
            n: i64,
        }
    }
    let row: Option<Left> = shop
        .db
        .fetch_optional(
            "SELECT s.on_hand - s.held AS n FROM sku s JOIN product p ON p.id = s.product_id
             WHERE s.id = $1 AND s.active = TRUE AND p.status = 'on'",
            args![sku],
        )
        .await?;
    Ok(row.map_or(0, |r| r.n))
}

/// Reserves units for a checkout.
///
/// # Errors
/// `sold_out` when there are not as many left: the race is lost.
#[tracing::instrument(level = "debug", skip_all, name = "hold")]
pub async fn hold(tx: &mut Tx, sku: SkuId, quantity: i64) -> Result<()> {
    let held = tx
        .execute(
            "UPDATE sku SET held = held + $1 WHERE id = $2 AND active = TRUE AND on_hand - held >= $1",
            args![quantity, sku],
        )
        .await?;
    if held == 0 { Err(Error::from(Problem::new(409, "sold_out"))) } else { Ok(()) }
}

/// Gives reserved units back.
///
/// # Errors
/// `internal` when they were not reserved: a defect.
pub async fn release(tx: &mut Tx, sku: SkuId, quantity: i64) -> Result<()> {
    let released =
        tx.execute("UPDATE sku SET held = held - $1 WHERE id = $2 AND held >= $1", args![quantity, sku]).await?;
    if released == 0 { Err(Problem::internal().into()) } else { Ok(()) }
}

/// Turns reserved units into sold ones.
///
/// # Errors
/// `internal` when they were not reserved: a defect.
#[tracing::instrument(level = "debug", skip_all, name = "sell")]
pub async fn sell(tx: &mut Tx, sku: SkuId, quantity: i64) -> Result<()> {
    let sold = tx
        .execute(
            "UPDATE sku SET held = held - $1, on_hand = on_hand - $1, sold = sold + $1 WHERE id = $2 AND held >= $1",
            args![quantity, sku],
        )
        .await?;
    if sold == 0 { Err(Problem::internal().into()) } else { Ok(()) }
}

/// Sold units that were never sent go back on the shelf.
///
/// # Errors
/// `internal` when they were not sold: a defect.
pub async fn take_back(tx: &mut Tx, sku: SkuId, quantity: i64) -> Result<()> {
    let back = tx
        .execute(
            "UPDATE sku SET on_hand = on_hand + $1, sold = sold - $1 WHERE id = $2 AND sold >= $1",
            args![quantity, sku],
        )
        .await?;
    if back == 0 { Err(Problem::internal().into()) } else { Ok(()) }
}

/// What a choice of a product costs, and how much of it there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SkuNow {
    pub(crate) product: ProductId,
    pub(crate) sku: SkuId,
    pub(crate) price: i64,
    pub(crate) available: i64,
}

/// The choices of some products that are on sale, in their order.
pub(crate) async fn skus_of(mut read: impl Read, products: &[ProductId]) -> Result<Vec<SkuNow>> {
    crate::row! {
        struct Row {
            id: Uuid,
            product_id: Uuid,
            price: i64,
            available: i64,
        }
    }
    let mut found = Vec::new();
    for batch in products.chunks(BATCH) {
        let mut ids = batch.iter().map(|p| p.0).chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Row> = read
            .all(
                "SELECT s.id, s.product_id, s.price, s.on_hand - s.held AS available FROM sku s JOIN product p ON p.id = s.product_id AND p.status = 'on'
                 WHERE s.product_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND s.active = TRUE ORDER BY s.product_id, s.position",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        let now = |r: Row| SkuNow {
            product: ProductId(r.product_id),
            sku: SkuId(r.id),
            price: r.price,
            available: r.available,
        };
        found.extend(rows.into_iter().map(now));
    }
    Ok(found)
}

/// What a choice costs, and the least that was asked for it within a while.
pub(crate) struct Lowest {
    pub(crate) price: i64,
    pub(crate) lowest: i64,
    pub(crate) currency: Currency,
}

/// Of each choice of a product, the lowest price that held at `since` or later. Minor units.
pub(crate) async fn lowest_since(mut read: impl Read, product: ProductId, since: Millis) -> Result<Vec<Lowest>> {
    crate::row! {
        struct Row {
            price: i64,
            lowest: i64,
            currency: String,
        }
    }
    let rows: Vec<Row> = read
        .all(
            "SELECT s.price, MIN(h.price) AS lowest, p.currency FROM sku s JOIN product p ON p.id = s.product_id AND p.status = 'on'
             JOIN price_history h ON h.sku_id = s.id
              AND h.at >= COALESCE((SELECT MAX(b.at) FROM price_history b WHERE b.sku_id = s.id AND b.at <= $1), 0)
             WHERE s.product_id = $2 AND s.active = TRUE GROUP BY s.id, s.price, p.currency ORDER BY s.id",
            args![since, product],
        )
        .await?;
    rows.into_iter()
        .map(|r| {
            let currency = r.currency.parse().map_err(|_| broken_row("product.currency"))?;
            Ok(Lowest { price: r.price, lowest: r.lowest, currency })
        })
        .collect()
}

/// What a product's page is called by.
///
/// # Errors
/// `not_found`.
pub(crate) async fn slug_of(mut read: impl Read, product: ProductId) -> Result<String> {
    crate::row! {
        struct Slug {
            slug: String,
        }
    }
    let rows: Vec<Slug> = read.all("SELECT slug FROM product WHERE id = $1", args![product]).await?;
    Ok(rows.into_iter().next().ok_or_else(domain::Problem::not_found)?.slug)
}

/// The product that a SKU belongs to.
pub(crate) async fn product_of(tx: &mut Tx, sku: SkuId) -> Result<Option<ProductId>> {
    crate::row! {
        struct Id {
            product_id: Uuid,
        }
    }
    let row: Option<Id> = tx.fetch_optional("SELECT product_id FROM sku WHERE id = $1", args![sku]).await?;
    Ok(row.map(|r| ProductId(r.product_id)))
}

crate::row! {
    struct ListedRow {
        category_id: Uuid,
        status: String,
        published_at: i64,
        sold: i64,
    }
}

crate::row! {
    struct SkuPriceRow {
        id: Uuid,
        price: i64,
    }
}

crate::row! {
    struct PriceRow {
        at: i64,
        price: i64,
    }
}

crate::row! {
    struct ParentRow {
        parent_id: Option<Uuid>,
    }
}

/// Writes a product's rows in the lists anew: after a change, and (by a job) after sales.
///
/// # Errors
/// What the database says.
pub async fn relist(tx: &mut Tx, product: ProductId, now: Millis) -> Result<()> {
    let row: Option<ListedRow> = tx
        .fetch_optional(
            "SELECT p.category_id, p.status, p.published_at,
                    CAST((SELECT COALESCE(SUM(s.sold), 0) FROM sku s WHERE s.product_id = p.id) AS BIGINT) AS sold
             FROM product p WHERE p.id = $1",
            args![product],
        )
        .await?;
    tx.execute("DELETE FROM listing WHERE product_id = $1", args![product]).await?;
    search::changed(tx, Kind::Product, product.0).await?;
    let Some(row) = row else { return Ok(()) };
    tx.execute("UPDATE product SET sold = $1 WHERE id = $2", args![row.sold, product]).await?;
    let prices: Vec<SkuPriceRow> = tx
        .fetch_all(
            "SELECT id, price FROM sku WHERE product_id = $1 AND active = TRUE ORDER BY price, position",
            args![product],
        )
        .await?;
    let (Some(cheapest), Some(dearest)) = (prices.first(), prices.last()) else { return Ok(()) };
    if row.status != "on" {
        return Ok(());
    }
    let history: Vec<PriceRow> =
        tx.fetch_all("SELECT at, price FROM price_history WHERE sku_id = $1 ORDER BY at", args![cheapest.id]).await?;
    let history: Vec<(Millis, i64)> = history.into_iter().map(|h| (h.at, h.price)).collect();
    let base = discount_base(&history, now);
    let hot = hot_score(row.sold, row.published_at);
    let mut scope = Some(Uuid::nil());
    let mut above = Some(row.category_id);
    // The whole shop, the category, and what is above it; a tree deeper than eight is cut there.
    for _ in 0..9 {
        let Some(list) = scope else { break };
        tx.execute(
            "INSERT INTO listing (scope, product_id, hot, published_at, sold, price_min, price_max, compare_at, compare_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            args![
                list, product, hot, row.published_at, row.sold, cheapest.price, dearest.price, base.map(|b| b.0), base.map_or(0, |b| b.1)
            ],
        )
        .await?;
        scope = above;
        above = match scope {
            Some(category) => {
                let parent: Option<ParentRow> =
                    tx.fetch_optional("SELECT parent_id FROM category WHERE id = $1", args![category]).await?;
                parent.and_then(|p| p.parent_id)
            }
            None => None,
        };
    }
    Ok(())
}
