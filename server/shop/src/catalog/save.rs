//! Writing the catalogue: merchants, categories, products. Saving again under the same slug changes; it never doubles.

use super::{stock::relist, to_json};
use crate::{Error, Result, Shop, args, audit, db::Tx, search};
use domain::{
    Currency, Lang, Millis, Problem,
    catalog::{Detail, Status},
    id::{MerchantId, PictureId, ProductId},
};
use std::collections::BTreeMap;
use uuid::Uuid;

crate::row! {
    struct Id {
        id: Uuid,
    }
}

/// A merchant's name and intro per language.
#[derive(Clone, Debug)]
pub struct NewMerchant {
    pub slug: String,
    pub texts: BTreeMap<&'static str, (String, String)>,
}

/// Adds a merchant, or writes its texts anew.
///
/// # Errors
/// What the database says.
pub async fn save_merchant(shop: &Shop, new: NewMerchant) -> Result<MerchantId> {
    let now = shop.clock.now();
    shop.db
        .write((shop.rng.id(now), now, new), |tx, (fresh, now, new)| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO merchant (id, slug, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    args![*fresh, new.slug.as_str(), *now],
                )
                .await?;
                let id: Option<Id> =
                    tx.fetch_optional("SELECT id FROM merchant WHERE slug = $1", args![new.slug.as_str()]).await?;
                let id = id.ok_or_else(Problem::internal)?.id;
                let mut renamed = 0;
                for (lang, (name, intro)) in &new.texts {
                    renamed += tx
                        .execute(
                            "UPDATE merchant_text SET name = $1 WHERE merchant_id = $2 AND lang = $3 AND name <> $1",
                            args![name.as_str(), id, *lang],
                        )
                        .await?;
                    tx.execute(
                        "INSERT INTO merchant_text (merchant_id, lang, name, intro) VALUES ($1, $2, $3, $4)
                         ON CONFLICT (merchant_id, lang) DO UPDATE SET name = excluded.name, intro = excluded.intro",
                        args![id, *lang, name.as_str(), intro.as_str()],
                    )
                    .await?;
                }
                if renamed > 0 {
                    search::changed_of(tx, search::Of::Merchant, id).await?;
                }
                Ok::<_, Error>(MerchantId(id))
            })
        })
        .await
}

/// The id of a category.
///
/// # Errors
/// What the database says.
pub async fn category_id(shop: &Shop, slug: &str) -> Result<Option<Uuid>> {
    let id: Option<Id> = shop.db.fetch_optional("SELECT id FROM category WHERE slug = $1", args![slug]).await?;
    Ok(id.map(|i| i.id))
}

/// Adds a category below `parent`, or writes it anew. `hue`: degrees.
///
/// # Errors
/// What the database says.
pub async fn save_category(
    shop: &Shop,
    slug: &str,
    parent: Option<Uuid>,
    position: i64,
    hue: i64,
    names: BTreeMap<&'static str, String>,
    picture: Option<NewPicture>,
) -> Result<Uuid> {
    let now = shop.clock.now();
    let input = (shop.rng.id(now), slug.to_owned(), parent, position, hue, names, picture, PictureId(shop.rng.id(now)));
    let id = shop
        .db
        .write(input, |tx, (fresh, slug, parent, position, hue, names, picture, picture_id)| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO category (id, slug, parent_id, position, hue) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (slug) DO UPDATE SET parent_id = excluded.parent_id, position = excluded.position, hue = excluded.hue",
                    args![*fresh, slug.as_str(), *parent, *position, *hue],
                )
                .await?;
                let id: Option<Id> =
                    tx.fetch_optional("SELECT id FROM category WHERE slug = $1", args![slug.as_str()]).await?;
                let id = id.ok_or_else(Problem::internal)?.id;
                let mut renamed = 0;
                for (lang, name) in names {
                    renamed += tx
                        .execute(
                            "UPDATE category_text SET name = $1 WHERE category_id = $2 AND lang = $3 AND name <> $1",
                            args![name.as_str(), id, *lang],
                        )
                        .await?;
                    tx.execute(
                        "INSERT INTO category_text (category_id, lang, name) VALUES ($1, $2, $3)
                         ON CONFLICT (category_id, lang) DO UPDATE SET name = excluded.name",
                        args![id, *lang, name.as_str()],
                    )
                    .await?;
                }
                if renamed > 0 {
                    search::changed_of(tx, search::Of::Category, id).await?;
                }
                if let Some(p) = picture {
                    tx.execute(
                        "INSERT INTO picture (id, category_id, position, source, width, height, placeholder)
                         VALUES ($1, $2, 0, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                        args![*picture_id, id, p.source.as_str(), p.width, p.height, p.placeholder.as_str()],
                    )
                    .await?;
                }
                Ok::<_, Error>(id)
            })
        })
        .await?;
    shop.kept.categories.forget();
    Ok(id)
}

/// What a product says in one language.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pub title: String,
    pub subtitle: String,
    pub detail: Detail,
}

#[derive(Clone, Debug)]
pub struct NewSku {
    pub code: String,
    pub choice: Vec<u32>,
    pub price: i64,
    /// The merchant's list price; what may be shown as a reduction is worked out from the price history.
    pub compare_at: Option<i64>,
    pub group_price: Option<i64>,
    pub weight_g: i64,
    pub on_hand: i64,
    /// What it cost before, and since when: for a shop that moves in with its history.
    pub earlier: Vec<(Millis, i64)>,
}

#[derive(Clone, Debug)]
pub struct NewPicture {
    /// JSON that the media edge understands.
    pub source: String,
    pub width: i64,
    pub height: i64,
    pub placeholder: String,
    /// What it looks like (`domain::moderation::screen::print_of_picture`), of one that somebody uploaded.
    pub print: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct NewProduct {
    pub merchant: MerchantId,
    pub category: Uuid,
    pub slug: String,
    pub status: Status,
    pub currency: Currency,
    /// At least one language; the others borrow from the first of zh-Hans, zh-Hant, en that is there.
    pub texts: BTreeMap<&'static str, Text>,
    pub skus: Vec<NewSku>,
    pub pictures: Vec<NewPicture>,
    pub published_at: Millis,
}

/// Adds a product, or changes the one with this slug: SKUs are matched by their choice, SKUs that are no longer named are
/// switched off, stock is set to `on_hand` (never below what is held), changed prices go into the history.
/// Answers whether it is new.
///
/// # Errors
/// `forbidden` when the slug belongs to another merchant; `bad_request` without text or SKU.
pub async fn save_product(shop: &Shop, new: NewProduct) -> Result<bool> {
    let now = shop.clock.now();
    shop.db.write((shop.clone(), new, now), |tx, (shop, new, now)| Box::pin(save_in(tx, shop, new, *now))).await
}

pub(super) async fn save_in(tx: &mut Tx, shop: &Shop, new: &NewProduct, now: Millis) -> Result<bool> {
    let borrowed = Lang::ALL.iter().find_map(|l| new.texts.get(l.tag())).ok_or_else(Problem::bad_request)?;
    if new.skus.is_empty() {
        return Err(Problem::bad_request().into());
    }
    crate::row! {
        struct Known {
            id: Uuid,
            merchant_id: Uuid,
        }
    }
    let known: Option<Known> =
        tx.fetch_optional("SELECT id, merchant_id FROM product WHERE slug = $1", args![new.slug.as_str()]).await?;
    let is_new = known.is_none();
    let id = match known {
        Some(k) if k.merchant_id != new.merchant.0 => return Err(Problem::forbidden().into()),
        Some(k) => {
            tx.execute(
                "UPDATE product SET category_id = $1, status = $2, currency = $3, updated_at = $4 WHERE id = $5",
                args![new.category, new.status.name(), new.currency.code(), now, k.id],
            )
            .await?;
            ProductId(k.id)
        }
        None => {
            let id = ProductId(shop.rng.id(new.published_at));
            tx.execute(
                "INSERT INTO product (id, merchant_id, category_id, slug, status, currency, published_at, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
                args![id, new.merchant, new.category, new.slug.as_str(), new.status.name(), new.currency.code(), new.published_at, now],
            )
            .await?;
            id
        }
    };
    for lang in Lang::ALL {
        let own = new.texts.get(lang.tag());
        let text = own.unwrap_or(borrowed);
        // The product page trusts this HTML: whoever writes, here it is made harmless.
        let detail = Detail { body: ammonia::clean(&text.detail.body), ..text.detail.clone() };
        // A borrowed text never overwrites a translation.
        tx.execute(
            "INSERT INTO product_text (product_id, lang, title, subtitle, detail, translated) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (product_id, lang) DO UPDATE SET title = excluded.title, subtitle = excluded.subtitle,
                 detail = excluded.detail, translated = excluded.translated
             WHERE excluded.translated = TRUE OR product_text.translated = FALSE",
            args![id, lang.tag(), text.title.as_str(), text.subtitle.as_str(), to_json(&detail), own.is_some()],
        )
        .await?;
    }
    save_skus(tx, shop, id, new, now).await?;
    save_pictures(tx, shop, id, new, now).await?;
    relist(tx, id, now).await?;
    Ok(is_new)
}

crate::row! {
    struct SkuRow {
        id: Uuid,
        choice: String,
        price: i64,
    }
}

async fn save_skus(tx: &mut Tx, shop: &Shop, product: ProductId, new: &NewProduct, now: Millis) -> Result<()> {
    let known: Vec<SkuRow> =
        tx.fetch_all("SELECT id, choice, price FROM sku WHERE product_id = $1 ORDER BY id", args![product]).await?;
    tx.execute("UPDATE sku SET active = FALSE WHERE product_id = $1", args![product]).await?;
    for (position, sku) in (0_i64..).zip(&new.skus) {
        let choice = to_json(&sku.choice);
        let (id, asked) = if let Some(k) = known.iter().find(|k| k.choice == choice) {
            tx.execute(
                "UPDATE sku SET code = $1, position = $2, active = TRUE, price = $3, compare_at = $4, group_price = $5, weight_g = $6,
                     on_hand = CASE WHEN $7 > held THEN $7 ELSE held END,
                     received = sold + CASE WHEN $7 > held THEN $7 ELSE held END
                 WHERE id = $8",
                args![sku.code.as_str(), position, sku.price, sku.compare_at, sku.group_price, sku.weight_g, sku.on_hand, k.id],
            )
            .await?;
            (k.id, Some(k.price))
        } else {
            let id = shop.rng.id(now);
            tx.execute(
                "INSERT INTO sku (id, product_id, code, choice, position, active, price, compare_at, group_price, weight_g, received, on_hand, held, sold)
                 VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7, $8, $9, $10, $10, 0, 0)",
                args![
                    id, product, sku.code.as_str(), choice, position, sku.price, sku.compare_at, sku.group_price, sku.weight_g, sku.on_hand
                ],
            )
            .await?;
            (id, None)
        };
        for (at, price) in &sku.earlier {
            tx.execute(
                "INSERT INTO price_history (sku_id, at, price) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                args![id, *at, *price],
            )
            .await?;
        }
        if asked != Some(sku.price) {
            let since = if asked.is_none() && sku.earlier.is_empty() { new.published_at } else { now };
            tx.execute(
                "INSERT INTO price_history (sku_id, at, price) VALUES ($1, $2, $3)
                 ON CONFLICT (sku_id, at) DO UPDATE SET price = excluded.price",
                args![id, since, sku.price],
            )
            .await?;
        }
    }
    Ok(())
}

async fn save_pictures(tx: &mut Tx, shop: &Shop, product: ProductId, new: &NewProduct, now: Millis) -> Result<()> {
    crate::row! {
        struct Known {
            source: String,
        }
    }
    let known: Vec<Known> =
        tx.fetch_all("SELECT source FROM picture WHERE product_id = $1 ORDER BY position", args![product]).await?;
    if known.iter().map(|k| &k.source).eq(new.pictures.iter().map(|p| &p.source)) {
        return Ok(());
    }
    tx.execute("DELETE FROM picture WHERE product_id = $1", args![product]).await?;
    for (position, p) in (0_i64..).zip(&new.pictures) {
        tx.execute(
            "INSERT INTO picture (id, product_id, position, source, width, height, placeholder) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            args![PictureId(shop.rng.id(now)), product, position, p.source.as_str(), p.width, p.height, p.placeholder.as_str()],
        )
        .await?;
    }
    Ok(())
}

/// Puts a product on sale or takes it down.
///
/// # Errors
/// `not_found` for an unknown slug.
pub async fn set_status(shop: &Shop, slug: &str, status: Status) -> Result<()> {
    let input = (shop.clone(), slug.to_owned(), status, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, slug, status, now)| {
            Box::pin(async move {
                let id: Option<Id> =
                    tx.fetch_optional("SELECT id FROM product WHERE slug = $1", args![slug.as_str()]).await?;
                let id = ProductId(id.ok_or_else(Problem::not_found)?.id);
                tx.execute(
                    "UPDATE product SET status = $1, updated_at = $2 WHERE id = $3",
                    args![status.name(), *now, id],
                )
                .await?;
                relist(tx, id, *now).await?;
                audit::act(tx, shop, "set_status", slug, status.name(), *now).await
            })
        })
        .await
}
