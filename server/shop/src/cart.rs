//! The cart. It holds no stock: checkout does. It belongs to a person, or to a visitor until somebody logs in.

use crate::{
    Error, Result, Shop, args, catalog,
    commission::{self, Led},
    db::{Read, Tx},
    feed,
};
use domain::{
    Code, Lang, Millis, Problem,
    cart::{CartView, LineView, MAX_LINES, Quantity},
    commission::FIRST,
    feed::Did,
    id::{PersonId, SkuId},
};
use uuid::Uuid;

crate::row! {
    struct LineRow {
        sku_id: Uuid,
        quantity: i64,
        price_seen: i64,
    }
}

async fn rows(mut read: impl Read, owner: Uuid) -> Result<Vec<LineRow>> {
    Ok(read
        .all(
            "SELECT sku_id, quantity, price_seen FROM cart_line WHERE owner_id = $1 ORDER BY added_at DESC, sku_id",
            args![owner],
        )
        .await?)
}

/// The cart with what is true about each line now. Lines whose SKU is gone are left out.
///
/// # Errors
/// What the database says.
pub async fn show(shop: &Shop, owner: Uuid, lang: Lang) -> Result<CartView> {
    let rows = rows(&shop.db, owner).await?;
    let ids: Vec<SkuId> = rows.iter().map(|r| SkuId(r.sku_id)).collect();
    let offers = catalog::offers(&shop.db, &ids, Some(lang)).await?;
    let line =
        |r: &LineRow| offers.iter().find(|o| o.sku.0 == r.sku_id).map(|o| o.line(lang, r.quantity, r.price_seen));
    Ok(CartView { lines: rows.iter().filter_map(line).collect() })
}

/// The lines of a cart as an order wants them: quantity, price last seen, offer.
pub(crate) async fn wanted(tx: &mut Tx, owner: Uuid) -> Result<Vec<(SkuId, i64)>> {
    Ok(rows(tx, owner).await?.into_iter().map(|r| (SkuId(r.sku_id), r.quantity)).collect())
}

/// Lines for a page that is about one thing only, bought at once.
///
/// # Errors
/// `sku_gone`.
pub async fn direct(shop: &Shop, sku: SkuId, quantity: Quantity, lang: Lang) -> Result<LineView> {
    let offers = catalog::offers(&shop.db, &[sku], Some(lang)).await?;
    let offer = offers.first().ok_or_else(|| Problem::new(409, "sku_gone"))?;
    Ok(offer.line(lang, quantity.get(), offer.price))
}

crate::row! {
    struct Count {
        n: i64,
    }
}

/// Units in the cart.
///
/// # Errors
/// What the database says.
pub async fn count(shop: &Shop, owner: Uuid) -> Result<i64> {
    let row: Option<Count> = shop
        .db
        .fetch_optional(
            "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) AS n FROM cart_line WHERE owner_id = $1",
            args![owner],
        )
        .await?;
    Ok(row.map_or(0, |r| r.n))
}

/// Puts units into the cart, on top of what is there; at most [`Quantity::MAX`] of one SKU. `post`: the one that it is bought from; the
/// first that earns stays for its thirty days.
///
/// # Errors
/// `sku_gone` for what is not sold, `sold_out`, `cart_full`.
#[tracing::instrument(level = "debug", skip_all, name = "cart: add")]
pub async fn add(shop: &Shop, owner: Uuid, sku: SkuId, quantity: Quantity, post: Option<&Code>) -> Result<()> {
    let input = (shop.clone(), owner, sku, quantity, post.cloned(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, owner, sku, quantity, post, now)| {
            Box::pin(async move {
                let offers = catalog::offers(&mut *tx, &[*sku], None).await?;
                let offer = offers.first().ok_or_else(|| Problem::new(409, "sku_gone"))?;
                if offer.available <= 0 {
                    return Err(Error::problem(409, "sold_out"));
                }
                let have = tx
                    .fetch_optional::<Count>("SELECT COUNT(*) AS n FROM cart_line WHERE owner_id = $1", args![*owner])
                    .await?
                    .map_or(0, |c| c.n);
                if have >= MAX_LINES {
                    return Err(Problem::new(409, "cart_full").number(MAX_LINES).into());
                }
                tx.execute(
                    "INSERT INTO cart_line (owner_id, sku_id, quantity, price_seen, added_at) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (owner_id, sku_id) DO UPDATE SET price_seen = excluded.price_seen, added_at = excluded.added_at,
                         quantity = CASE WHEN cart_line.quantity + excluded.quantity > 99 THEN 99 ELSE cart_line.quantity + excluded.quantity END",
                    args![*owner, *sku, quantity.get(), offer.price, *now],
                )
                .await?;
                if let Some(post) = post {
                    let led = commission::led(&mut *tx, shop, *owner, *sku, post).await?;
                    came_from(tx, led, (*owner, *sku), *now).await?;
                }
                let shop = shop.clone();
                let (owner, sku) = (*owner, *sku);
                tx.after_commit(move || feed::note_sku(&shop, PersonId(owner), Did::Cart, sku.0));
                Ok(())
            })
        })
        .await
}

/// Keeps what led to a line.
async fn came_from(tx: &mut Tx, led: Led, (owner, sku): (Uuid, SkuId), now: Millis) -> Result<()> {
    if let Some(post) = led.from {
        tx.execute(
            "UPDATE cart_line SET from_post_id = $1, from_at = $2 WHERE owner_id = $3 AND sku_id = $4",
            args![post, now, owner, sku],
        )
        .await?;
    }
    if let Some((post, bp)) = led.earns {
        tx.execute(
            "UPDATE cart_line SET earns_post_id = $1, earns_bp = $2, earns_at = $3
             WHERE owner_id = $4 AND sku_id = $5 AND (earns_post_id IS NULL OR earns_at <= $6
               OR NOT EXISTS (SELECT 1 FROM post p WHERE p.id = cart_line.earns_post_id AND p.state = 'published' AND p.visibility = 'public'
                                AND p.held IS NULL AND p.author_id <> $4))",
            args![post, bp, now, owner, sku, now - FIRST],
        )
        .await?;
    }
    Ok(())
}

/// Sets how many units of a line are wanted; `None` takes the line out. The price that is shown then counts as seen.
///
/// # Errors
/// `sku_gone` for a line that is not there.
pub async fn change(shop: &Shop, owner: Uuid, sku: SkuId, quantity: Option<Quantity>) -> Result<()> {
    shop.db
        .write((owner, sku, quantity), |tx, (owner, sku, quantity)| {
            Box::pin(async move {
                let touched = match quantity {
                    None => {
                        tx.execute("DELETE FROM cart_line WHERE owner_id = $1 AND sku_id = $2", args![*owner, *sku])
                            .await?
                    }
                    Some(q) => {
                        let offers = catalog::offers(&mut *tx, &[*sku], None).await?;
                        let price = offers.first().ok_or_else(|| Problem::new(409, "sku_gone"))?.price;
                        tx.execute(
                            "UPDATE cart_line SET quantity = $1, price_seen = $2 WHERE owner_id = $3 AND sku_id = $4",
                            args![q.get(), price, *owner, *sku],
                        )
                        .await?
                    }
                };
                // Taking out what is gone already is what was wanted.
                if touched == 0 && quantity.is_some() { Err(Error::problem(409, "sku_gone")) } else { Ok(()) }
            })
        })
        .await
}

/// Takes the ordered SKUs out of the cart.
pub(crate) async fn ordered(tx: &mut Tx, owner: Uuid, skus: &[SkuId]) -> Result<()> {
    for sku in skus {
        tx.execute("DELETE FROM cart_line WHERE owner_id = $1 AND sku_id = $2", args![owner, *sku]).await?;
    }
    Ok(())
}

/// At login: what the guest had comes into the person's cart; of the same SKU the larger quantity counts, the first post that earns on it,
/// and the last that brought it.
pub(crate) async fn take_over(tx: &mut Tx, guest: Uuid, person: Uuid, now: Millis) -> Result<()> {
    tx.execute(
        "UPDATE cart_line SET earns_post_id = NULL, earns_bp = NULL, earns_at = NULL WHERE owner_id IN ($1, $2) AND earns_at <= $3",
        args![guest, person, now - FIRST],
    )
    .await?;
    tx.execute(
        "INSERT INTO cart_line (owner_id, sku_id, quantity, price_seen, added_at, earns_post_id, earns_bp, earns_at, from_post_id, from_at)
         SELECT $2, sku_id, quantity, price_seen, added_at, earns_post_id, earns_bp, earns_at, from_post_id, from_at FROM cart_line WHERE owner_id = $1
         ON CONFLICT (owner_id, sku_id) DO UPDATE SET price_seen = excluded.price_seen, added_at = excluded.added_at,
             earns_post_id = CASE WHEN excluded.earns_at < COALESCE(cart_line.earns_at, excluded.earns_at + 1) THEN excluded.earns_post_id ELSE cart_line.earns_post_id END,
             earns_bp = CASE WHEN excluded.earns_at < COALESCE(cart_line.earns_at, excluded.earns_at + 1) THEN excluded.earns_bp ELSE cart_line.earns_bp END,
             earns_at = CASE WHEN excluded.earns_at < COALESCE(cart_line.earns_at, excluded.earns_at + 1) THEN excluded.earns_at ELSE cart_line.earns_at END,
             from_post_id = CASE WHEN excluded.from_at > COALESCE(cart_line.from_at, 0) THEN excluded.from_post_id ELSE cart_line.from_post_id END,
             from_at = CASE WHEN excluded.from_at > COALESCE(cart_line.from_at, 0) THEN excluded.from_at ELSE cart_line.from_at END,
             quantity = CASE WHEN cart_line.quantity > excluded.quantity THEN cart_line.quantity ELSE excluded.quantity END",
        args![guest, person],
    )
    .await?;
    tx.execute("DELETE FROM cart_line WHERE owner_id = $1", args![guest]).await?;
    Ok(())
}
