//! Coupons in the hands of the shop: made, stopped, counted.

use super::Row;
use crate::{Error, Result, Shop, args, audit, error::broken_row, idempotency};
use domain::{
    Code, Lang, Problem,
    catalog::Cursor,
    coupon::{DeskPage, DeskView, Draft, Off, Way},
    id::PersonId,
    time::DAY,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Coupons on one page.
const PAGE: i64 = 20;

crate::row! {
    struct Of {
        merchant_id: Uuid,
        product_id: Option<Uuid>,
        currency: Option<String>,
    }
}

/// Makes a coupon. It cannot be changed afterwards: what people have stays what it was. The second call with a key returns the first
/// call's answer.
///
/// # Errors
/// `key_form`; those of [`Draft::checked`]; `coupon_of` for what it would be for; `coupon_word_taken`.
pub async fn create(shop: &Shop, by: PersonId, draft: Draft, key: &str) -> Result<Code> {
    if !idempotency::is_key(key) {
        return Err(Problem::new(422, "key_form").into());
    }
    let draft = draft.checked()?;
    let input = (shop.clone(), by, draft, key.to_owned(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, by, draft, key, now)| {
            Box::pin(async move {
                let (id, code) = (shop.rng.id(*now), shop.rng.code());
                if let Some(first) = idempotency::claim(tx, by.0, "coupon/create", key, code.as_str(), *now).await? {
                    return first.parse().map_err(|_| Problem::internal().into());
                }
                let t = &draft.terms;
                let no_such = |field| Error::from(Problem::new(422, "coupon_of").field(field));
                let of: Option<Of> = match (&t.merchant, &t.product) {
                    (Some(merchant), Some(product)) => {
                        let of: Option<Of> = tx
                            .fetch_optional(
                                "SELECT p.merchant_id, p.id AS product_id, p.currency FROM product p JOIN merchant m ON m.id = p.merchant_id
                                 WHERE p.slug = $1 AND m.slug = $2",
                                args![product.as_str(), merchant.as_str()],
                            )
                            .await?;
                        Some(of.ok_or_else(|| no_such("product"))?)
                    }
                    (Some(merchant), None) => {
                        let of: Option<Of> = tx
                            .fetch_optional(
                                "SELECT id AS merchant_id, NULL AS product_id, NULL AS currency FROM merchant WHERE slug = $1",
                                args![merchant.as_str()],
                            )
                            .await?;
                        Some(of.ok_or_else(|| no_such("of"))?)
                    }
                    // Who pays for it must be said.
                    (None, Some(_)) => return Err(no_such("of")),
                    (None, None) => None,
                };
                if of.as_ref().and_then(|o| o.currency.as_deref()).is_some_and(|c| c != t.currency.code()) {
                    return Err(Problem::new(422, "coupon_currency").field("currency").into());
                }
                let (kind, off) = match t.off {
                    Off::Amount(n) => ("amount", n),
                    Off::Percent { bp, .. } => ("percent", bp),
                };
                let word = (draft.way == Way::Word).then(|| draft.word.clone());
                let made = tx
                    .execute(
                        "INSERT INTO coupon (id, code, merchant_id, product_id, currency, kind, off, most, least, way, word, quota, remains, per_person, starts_at, ends_at, lasts, created_at)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15, $16, $14) ON CONFLICT (word) DO NOTHING",
                        args![
                            id, code.as_str(), of.as_ref().map(|o| o.merchant_id), of.as_ref().and_then(|o| o.product_id), t.currency.code(), kind, off,
                            t.off.most(), t.least, draft.way.name(), word, draft.quota, draft.each, *now, *now + draft.days * DAY, draft.good_for()
                        ],
                    )
                    .await?;
                if made == 0 {
                    return Err(Problem::new(409, "coupon_word_taken").field("word").into());
                }
                audit::act(tx, shop, "coupon", code.as_str(), draft.way.name(), *now).await?;
                Ok(code)
            })
        })
        .await
}

/// Stops a coupon: nobody gets it any more, also not in rooms. Those that people have stay good.
///
/// # Errors
/// `not_found`.
pub async fn stop(shop: &Shop, code: &Code) -> Result<()> {
    let input = (shop.clone(), code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, now)| {
            Box::pin(async move {
                let stopped = tx
                    .execute(
                        "UPDATE coupon SET stopped_at = COALESCE(stopped_at, $1) WHERE code = $2",
                        args![*now, code.as_str()],
                    )
                    .await?;
                if stopped == 0 {
                    return Err(Problem::not_found().into());
                }
                audit::act(tx, shop, "stop_coupon", code.as_str(), "", *now).await
            })
        })
        .await
}

/// The coupons of the shop, the latest first, with what became of each. `after`: where the page before ended.
///
/// # Errors
/// What the database says.
pub async fn list(shop: &Shop, lang: Lang, after: &str) -> Result<DeskPage> {
    crate::row! {
        struct Counted {
            coupon_id: Uuid,
            free: i64,
            locked: i64,
            used: i64,
            expired: i64,
            took: i64,
        }
    }
    crate::row! {
        struct Merchant {
            slug: String,
            name: String,
        }
    }
    let now = shop.clock.now();
    let cursor = after.parse().unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
    let mut rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product, mt.name, pt.title,
                    c.way, c.word, c.quota, c.remains, c.per_person, c.ends_at, c.lasts, c.stopped_at, c.created_at
             FROM coupon c LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id
             LEFT JOIN merchant_text mt ON mt.merchant_id = c.merchant_id AND mt.lang = $1
             LEFT JOIN product_text pt ON pt.product_id = c.product_id AND pt.lang = $1
             WHERE (c.created_at, c.id) < ($2, $3) ORDER BY c.created_at DESC, c.id DESC LIMIT $4",
            args![lang.tag(), cursor.value, cursor.id, PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.created_at, id: r.id }.written());
    let (newest, oldest) = (rows.first().map_or(0, |r| r.created_at), rows.last().map_or(0, |r| r.created_at));
    let counted: Vec<Counted> = shop
        .db
        .fetch_all(
            "SELECT g.coupon_id, CAST(SUM(CASE WHEN g.state = 'free' AND g.expires_at > $1 THEN 1 ELSE 0 END) AS BIGINT) AS free,
                    CAST(SUM(CASE WHEN g.state = 'free' AND g.expires_at <= $1 THEN 1 ELSE 0 END) AS BIGINT) AS expired,
                    CAST(SUM(CASE WHEN g.state = 'locked' THEN 1 ELSE 0 END) AS BIGINT) AS locked,
                    CAST(SUM(CASE WHEN g.state = 'used' THEN 1 ELSE 0 END) AS BIGINT) AS used,
                    CAST(COALESCE(SUM(CASE WHEN g.state = 'used' THEN g.took END), 0) AS BIGINT) AS took
             FROM coupon_grant g JOIN coupon c ON c.id = g.coupon_id WHERE c.created_at BETWEEN $2 AND $3 GROUP BY g.coupon_id",
            args![now, oldest, newest],
        )
        .await?;
    let counted: HashMap<Uuid, Counted> = counted.into_iter().map(|c| (c.coupon_id, c)).collect();
    let coupons = rows.into_iter().map(|r| {
        let n = counted.get(&r.id);
        let of = |get: fn(&Counted) -> i64| n.map_or(0, get);
        Ok(DeskView {
            coupon: r.view()?,
            way: r.way.parse().map_err(|_| broken_row("coupon.way"))?,
            quota: r.quota,
            each: r.per_person,
            remains: r.remains,
            free: of(|c| c.free),
            locked: of(|c| c.locked),
            used: of(|c| c.used),
            expired: of(|c| c.expired),
            dropping: r.quota - r.remains - of(|c| c.free + c.locked + c.used + c.expired),
            took: of(|c| c.took),
            ends_at: r.ends_at,
            lasts: r.lasts,
            stopped: r.stopped_at.is_some(),
            now,
            word: r.word,
        })
    });
    let coupons = coupons.collect::<Result<_>>()?;
    let merchants: Vec<Merchant> = shop
        .db
        .fetch_all(
            "SELECT m.slug, t.name FROM merchant m JOIN merchant_text t ON t.merchant_id = m.id AND t.lang = $1 ORDER BY m.slug",
            args![lang.tag()],
        )
        .await?;
    Ok(DeskPage {
        coupons,
        next,
        merchants: merchants.into_iter().map(|m| (m.slug, m.name)).collect(),
        key: hex::encode(shop.rng.bytes::<16>()),
    })
}
