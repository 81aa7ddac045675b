//! The catalogue: what is sold, by whom, at what price, and how many are left.
//!
//! Invariants: `on_hand = received - sold`, `0 <= held <= on_hand` (also CHECKs); a price that was asked stands in the price
//! history; a product stands in `listing` exactly while its status is `on`. Deliberately absent: carts and orders; they call
//! [`offers`], [`hold`], [`release`] and [`sell`].

mod browse;
mod feed_of;
mod import;
mod many;
mod save;
mod search_of;
mod stock;

pub(crate) use browse::{Tree, cards, title_of};
pub use browse::{categories, latest, list_statements, product, shelf, sitemap, sku_of};
pub(crate) use feed_of::{for_feed, ids_of, merchant_names, products_of};
pub use import::{BadRow, Import, Imported, hue_of, import_csv, read_csv};
pub use many::{Many, generate, generated_skus};
pub use save::{
    NewMerchant, NewPicture, NewProduct, NewSku, Text, category_id, save_category, save_merchant, save_product,
    set_status,
};
pub use search_of::walk_statements;
pub(crate) use search_of::{Fact, branch_of, category_names, facts, of_category, of_merchant, search_texts, walk};
pub use stock::{Offer, Swap, hold, offers, release, relist, sell, swaps, take_back};
pub(crate) use stock::{SkuNow, left, lowest_since, price_now, product_of, skus_of, slug_of};

use crate::{Result, args, error::broken_row};
use domain::{
    Lang,
    catalog::PictureView,
    id::{PictureId, ProductId},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Keeps a picture that is not of a product; `picture`: a checked and stored one.
pub(crate) async fn add_picture(
    tx: &mut crate::db::Tx,
    shop: &crate::Shop,
    picture: &NewPicture,
    now: domain::Millis,
) -> Result<PictureId> {
    let id = PictureId(shop.rng.id(now));
    tx.execute(
        "INSERT INTO picture (id, position, source, width, height, placeholder, print) VALUES ($1, 0, $2, $3, $4, $5, $6)",
        args![id, picture.source.as_str(), picture.width, picture.height, picture.placeholder.as_str(), picture.print],
    )
    .await?;
    // What the shop draws itself is short already.
    if picture.source.contains("\"scene\":\"file\"") {
        let text = id.0.simple().to_string();
        crate::job::enqueue(tx, shop, "shorten_picture", &text, &text, now).await?;
    }
    Ok(id)
}

/// A picture that nothing shows any more: its row goes, and a job takes its files.
pub(crate) async fn forget_picture(
    tx: &mut crate::db::Tx,
    shop: &crate::Shop,
    id: PictureId,
    now: domain::Millis,
) -> Result<()> {
    crate::row! {
        struct Source {
            source: String,
        }
    }
    let row: Option<Source> = tx.fetch_optional("SELECT source FROM picture WHERE id = $1", args![id]).await?;
    let gone = tx
        .execute("DELETE FROM picture WHERE id = $1 AND product_id IS NULL AND category_id IS NULL", args![id])
        .await?;
    let Some(Source { source }) = row.filter(|_| gone == 1) else { return Ok(()) };
    let picture = id.0.simple().to_string();
    crate::job::enqueue(tx, shop, "forget_picture", &picture, &format!("{picture} {source}"), now).await
}

/// The products of some slugs, in their order; those that are not there are left out.
pub(crate) async fn ids(shop: &crate::Shop, slugs: &[String]) -> Result<Vec<ProductId>> {
    crate::row! {
        struct Id {
            id: Uuid,
            slug: String,
        }
    }
    let mut found = HashMap::new();
    for batch in slugs.chunks(10) {
        let mut slugs = batch.iter().map(String::as_str).chain(std::iter::repeat(""));
        let mut slug = || slugs.next().unwrap_or_default();
        let rows: Vec<Id> = shop
            .db
            .fetch_all(
                "SELECT id, slug FROM product WHERE slug IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AND status <> 'draft'",
                args![slug(), slug(), slug(), slug(), slug(), slug(), slug(), slug(), slug(), slug()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.slug, ProductId(r.id))));
    }
    Ok(slugs.iter().filter_map(|s| found.get(s).copied()).collect())
}

/// What some products are called, by slug; those that are not there are left out.
pub(crate) async fn titles(shop: &crate::Shop, lang: Lang, slugs: &[String]) -> Result<HashMap<String, String>> {
    crate::row! {
        struct Title {
            slug: String,
            title: String,
        }
    }
    let mut found = HashMap::new();
    for batch in slugs.chunks(10) {
        let mut slugs = batch.iter().map(String::as_str).chain(std::iter::repeat(""));
        let mut slug = || slugs.next().unwrap_or_default();
        let rows: Vec<Title> = shop
            .db
            .fetch_all(
                "SELECT p.slug, t.title FROM product p JOIN product_text t ON t.product_id = p.id AND t.lang = $11
                 WHERE p.slug IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![slug(), slug(), slug(), slug(), slug(), slug(), slug(), slug(), slug(), slug(), lang.tag()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.slug, r.title)));
    }
    Ok(found)
}

/// As [`titles`], by id.
pub(crate) async fn titles_of(
    shop: &crate::Shop,
    lang: Lang,
    products: &[ProductId],
) -> Result<HashMap<ProductId, String>> {
    crate::row! {
        struct Title {
            product_id: Uuid,
            title: String,
        }
    }
    let mut found = HashMap::new();
    for batch in products.chunks(10) {
        let mut ids = batch.iter().map(|p| p.0).chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Title> = shop
            .db
            .fetch_all(
                "SELECT product_id, title FROM product_text
                 WHERE lang = $11 AND product_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), lang.tag()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (ProductId(r.product_id), r.title)));
    }
    Ok(found)
}

/// A JSON column, read.
pub(crate) fn json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| broken_row(what))
}

/// A JSON column, to write.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(crate) fn picture(
    id: Option<Uuid>,
    width: Option<i64>,
    height: Option<i64>,
    placeholder: Option<String>,
) -> Option<PictureView> {
    Some(PictureView { id: PictureId(id?), width: width?, height: height?, placeholder: placeholder? })
}

/// What the media edge needs to draw or find a picture.
///
/// # Errors
/// What the database says.
pub async fn picture_source(shop: &crate::Shop, id: PictureId) -> Result<Option<(String, i64, i64)>> {
    crate::row! {
        struct Source {
            source: String,
            width: i64,
            height: i64,
        }
    }
    let row: Option<Source> =
        shop.db.fetch_optional("SELECT source, width, height FROM picture WHERE id = $1", crate::args![id]).await?;
    Ok(row.map(|r| (r.source, r.width, r.height)))
}
