//! What can be got, what somebody has, and how he gets it.

use super::{GrantRow, Row, over_now, spend};
use crate::{
    Error, Result, Shop, args,
    db::{Read, Tx},
    error::broken_row,
};
use domain::{
    Code, Lang, Millis, Problem,
    coupon::{CouponsView, GrantView, OfferView, State, Way, word},
    id::{GrantId, PersonId, ProductId},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Coupons that a product's page shows, at most.
const BESIDE: i64 = 4;

fn grant_view(row: &GrantRow, now: Millis) -> Result<GrantView> {
    let state: State = row.state.parse().map_err(|_| broken_row("coupon_grant.state"))?;
    let order = row.order_code.as_ref().map(|c| c.parse()).transpose();
    Ok(GrantView {
        grant: GrantId(row.id),
        coupon: row.coupon()?,
        state: if state == State::Free && row.expires_at <= now { State::Expired } else { state },
        expires_at: row.expires_at,
        order: order.map_err(|_| broken_row("orders.code"))?,
        took: row.took,
    })
}

/// What can be got now by whoever sees it, what runs out first before the others; and what I have.
///
/// # Errors
/// What the database says.
pub async fn page(shop: &Shop, lang: Lang, me: Option<PersonId>) -> Result<CouponsView> {
    let now = shop.clock.now();
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product, mt.name, pt.title,
                    c.way, c.word, c.quota, c.remains, c.per_person, c.ends_at, c.lasts, c.stopped_at, c.created_at
             FROM coupon c LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id
             LEFT JOIN merchant_text mt ON mt.merchant_id = c.merchant_id AND mt.lang = $1
             LEFT JOIN product_text pt ON pt.product_id = c.product_id AND pt.lang = $1
             WHERE c.way = 'open' AND c.stopped_at IS NULL AND c.starts_at <= $2 AND c.ends_at > $2 AND c.remains > 0
             ORDER BY c.ends_at, c.id LIMIT 60",
            args![lang.tag(), now],
        )
        .await?;
    let had = had_of(shop, me).await?;
    let mut found = CouponsView::default();
    if let Some(me) = me {
        let past: Vec<GrantRow> = shop
            .db
            .fetch_all(
                "SELECT g.id, c.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product, mt.name, pt.title,
                        g.state, g.expires_at, o.code AS order_code, g.took
                 FROM coupon_grant g JOIN coupon c ON c.id = g.coupon_id
                 LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id
                 LEFT JOIN merchant_text mt ON mt.merchant_id = c.merchant_id AND mt.lang = $1
                 LEFT JOIN product_text pt ON pt.product_id = c.product_id AND pt.lang = $1
                 LEFT JOIN orders o ON o.id = g.order_id
                 WHERE g.person_id = $2 AND (g.state <> 'free' OR g.expires_at <= $3)
                 ORDER BY CASE WHEN g.state = 'locked' THEN 0 ELSE 1 END, g.granted_at DESC, g.id DESC LIMIT 30",
                args![lang.tag(), me, now],
            )
            .await?;
        let mine = spend::usable(&shop.db, lang, me, now).await?;
        found.mine = mine.iter().map(|g| grant_view(g, now)).collect::<Result<_>>()?;
        // One in an order that is not paid for is not gone.
        for grant in &past {
            let view = grant_view(grant, now)?;
            if view.state == State::Locked { found.mine.push(view) } else { found.past.push(view) }
        }
    }
    found.offers = offers(&rows, &had)?;
    // What I can have no more of stands last.
    found.offers.sort_by_key(|o| o.had >= o.each);
    Ok(found)
}

/// How many of each coupon somebody has had.
async fn had_of(shop: &Shop, me: Option<PersonId>) -> Result<HashMap<Uuid, i64>> {
    crate::row! {
        struct Had {
            coupon_id: Uuid,
            n: i64,
        }
    }
    let Some(me) = me else { return Ok(HashMap::new()) };
    let rows: Vec<Had> = shop
        .db
        .fetch_all(
            "SELECT coupon_id, COUNT(*) AS n FROM coupon_grant WHERE person_id = $1 GROUP BY coupon_id",
            args![me],
        )
        .await?;
    Ok(rows.into_iter().map(|h| (h.coupon_id, h.n)).collect())
}

fn offers(rows: &[Row], had: &HashMap<Uuid, i64>) -> Result<Vec<OfferView>> {
    let offer = |r: &Row| {
        Ok(OfferView {
            coupon: r.view()?,
            remains: r.remains,
            ends_at: r.ends_at,
            lasts: r.lasts,
            had: had.get(&r.id).copied().unwrap_or(0),
            each: r.per_person,
        })
    };
    rows.iter().map(offer).collect()
}

/// What can be got for a product, what is for it alone first.
///
/// # Errors
/// What the database says.
pub async fn of_product(shop: &Shop, lang: Lang, me: Option<PersonId>, product: ProductId) -> Result<Vec<OfferView>> {
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product, mt.name, pt.title,
                    c.way, c.word, c.quota, c.remains, c.per_person, c.ends_at, c.lasts, c.stopped_at, c.created_at
             FROM coupon c JOIN product of ON of.id = $1 AND of.currency = c.currency
             LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id
             LEFT JOIN merchant_text mt ON mt.merchant_id = c.merchant_id AND mt.lang = $2
             LEFT JOIN product_text pt ON pt.product_id = c.product_id AND pt.lang = $2
             WHERE c.way = 'open' AND c.stopped_at IS NULL AND c.starts_at <= $3 AND c.ends_at > $3 AND c.remains > 0
               AND (c.product_id = of.id OR c.product_id IS NULL AND (c.merchant_id IS NULL OR c.merchant_id = of.merchant_id))
             ORDER BY CASE WHEN c.product_id IS NULL THEN 1 ELSE 0 END, c.ends_at, c.id LIMIT $4",
            args![product, lang.tag(), shop.clock.now(), BESIDE],
        )
        .await?;
    let had = if rows.is_empty() { HashMap::new() } else { had_of(shop, me).await? };
    offers(&rows, &had)
}

/// How many of a coupon somebody has had.
pub(super) async fn had(mut read: impl Read, coupon: Uuid, me: PersonId) -> Result<i64> {
    crate::row! {
        struct Had {
            n: i64,
        }
    }
    let rows: Vec<Had> = read
        .all("SELECT COUNT(*) AS n FROM coupon_grant WHERE coupon_id = $1 AND person_id = $2", args![coupon, me])
        .await?;
    Ok(rows.first().map_or(0, |r| r.n))
}

/// Gives somebody his next one of a coupon that is locked, or of a drop of it.
///
/// # Errors
/// `coupon_each` when he has had as many as he may.
pub(super) async fn grant(
    tx: &mut Tx,
    shop: &Shop,
    coupon: &Row,
    (me, ordinal): (PersonId, i64),
    drop: Option<Uuid>,
    now: Millis,
) -> Result<()> {
    if ordinal > coupon.per_person {
        return Err(Problem::new(409, "coupon_each").number(coupon.per_person).into());
    }
    tx.execute(
        "INSERT INTO coupon_grant (id, coupon_id, person_id, ordinal, state, drop_id, granted_at, expires_at) VALUES ($1, $2, $3, $4, 'free', $5, $6, $7)",
        args![shop.rng.id(now), coupon.id, me, ordinal, drop, now, now + coupon.lasts],
    )
    .await?;
    Ok(())
}

async fn find(mut read: impl Read, code: &Code) -> Result<Row> {
    let rows: Vec<Row> = read
        .all(
            "SELECT c.id, c.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product,
                    NULL AS name, NULL AS title, c.way, c.word, c.quota, c.remains, c.per_person, c.ends_at, c.lasts, c.stopped_at, c.created_at
             FROM coupon c LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id WHERE c.code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// As [`find`], for whoever takes of it: one after the other.
pub(super) async fn lock(tx: &mut Tx, code: &Code) -> Result<Row> {
    tx.execute("UPDATE coupon SET remains = remains WHERE code = $1", args![code.as_str()]).await?;
    find(tx, code).await
}

/// Takes so many of those that remain of a coupon.
///
/// # Errors
/// `coupon_over`, also when it has ended or was stopped.
pub(super) async fn take_of(tx: &mut Tx, coupon: Uuid, n: i64, now: Millis) -> Result<()> {
    let taken = tx
        .execute(
            "UPDATE coupon SET remains = remains - $1
             WHERE id = $2 AND remains >= $1 AND stopped_at IS NULL AND starts_at <= $3 AND ends_at > $3",
            args![n, coupon, now],
        )
        .await?;
    if taken == 1 { Ok(()) } else { Err(over_now()) }
}

/// Takes a coupon that everybody may take. `had`: how many of it I had had when I asked, so that asking twice takes one.
///
/// # Errors
/// `not_found`, `coupon_each`, `coupon_over`.
pub async fn take(shop: &Shop, me: PersonId, code: &Code, had_then: i64) -> Result<()> {
    // Many come at once, and each takes the row of the coupon: they wait here, and not for a connection.
    let _turn = shop.kept.joins.0.acquire().await.map_err(|_| Problem::internal())?;
    let input = (shop.clone(), me, code.clone(), had_then.max(0), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, had_then, now)| {
            Box::pin(async move {
                let coupon = lock(tx, code).await?;
                if coupon.way.parse::<Way>().map_err(|_| broken_row("coupon.way"))? != Way::Open {
                    return Err(Problem::not_found().into());
                }
                let had = had(&mut *tx, coupon.id, *me).await?;
                if had > *had_then {
                    return Ok(());
                }
                grant(tx, shop, &coupon, (*me, had + 1), None, *now).await?;
                take_of(tx, coupon.id, 1, *now).await
            })
        })
        .await
}

/// Takes the coupon of a word; whoever has one of it that he can use takes no other.
///
/// # Errors
/// `coupon_unknown`, `coupon_each`, `coupon_over`.
pub async fn take_word(shop: &Shop, me: PersonId, typed: &str) -> Result<()> {
    crate::row! {
        struct Of {
            code: String,
        }
    }
    crate::row! {
        struct Free {
            n: i64,
        }
    }
    let unknown = || Error::from(Problem::new(404, "coupon_unknown").field("word"));
    let word = word(typed).ok_or_else(unknown)?;
    let of: Option<Of> =
        shop.db.fetch_optional("SELECT code FROM coupon WHERE word = $1", args![word.as_str()]).await?;
    let code: Code = of.ok_or_else(unknown)?.code.parse().map_err(|_| broken_row("coupon.code"))?;
    let _turn = shop.kept.joins.0.acquire().await.map_err(|_| Problem::internal())?;
    let input = (shop.clone(), me, code, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, now)| {
            Box::pin(async move {
                let coupon = lock(tx, code).await?;
                let free: Free = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM coupon_grant WHERE coupon_id = $1 AND person_id = $2 AND state = 'free' AND expires_at > $3",
                        args![coupon.id, *me, *now],
                    )
                    .await?;
                if free.n > 0 {
                    return Ok(());
                }
                let next = had(&mut *tx, coupon.id, *me).await? + 1;
                grant(tx, shop, &coupon, (*me, next), None, *now).await?;
                take_of(tx, coupon.id, 1, *now).await
            })
        })
        .await
        .map_err(|error: Error| match error {
            Error::Problem(problem) => problem.field("word").into(),
            other => other,
        })
}
