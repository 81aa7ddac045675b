//! Coupons and orders: what is taken off, and what becomes of a coupon with its order.

use super::GrantRow;
use crate::{
    Error, Result, Shop, args,
    db::{Read, Tx},
};
use domain::{
    Lang, Millis,
    cart::LineView,
    coupon::{Applied, ChoiceView, Held, Pick, Wanted, Why, choose, why_not},
    id::{GrantId, PersonId},
};
use uuid::Uuid;

fn held(row: &GrantRow) -> Result<Held> {
    Ok(Held { grant: GrantId(row.id), terms: row.terms()?, expires_at: row.expires_at })
}

/// What somebody has and can use, by when it runs out.
pub(super) async fn usable(mut read: impl Read, lang: Lang, me: PersonId, now: Millis) -> Result<Vec<GrantRow>> {
    Ok(read
        .all(
            "SELECT g.id, c.code, c.currency, c.kind, c.off, c.most, c.least, m.slug AS merchant, p.slug AS product, mt.name, pt.title,
                    g.state, g.expires_at, NULL AS order_code, g.took
             FROM coupon_grant g JOIN coupon c ON c.id = g.coupon_id
             LEFT JOIN merchant m ON m.id = c.merchant_id LEFT JOIN product p ON p.id = c.product_id
             LEFT JOIN merchant_text mt ON mt.merchant_id = c.merchant_id AND mt.lang = $1
             LEFT JOIN product_text pt ON pt.product_id = c.product_id AND pt.lang = $1
             WHERE g.person_id = $2 AND g.state = 'free' AND g.expires_at > $3 ORDER BY g.expires_at, g.id LIMIT 100",
            args![lang.tag(), me, now],
        )
        .await?)
}

/// What is taken off, and what somebody could choose instead.
pub struct Chosen {
    pub applied: Applied,
    pub choices: Vec<ChoiceView>,
}

/// Applies what somebody wants of what he has to what he is about to order. `last`: nothing is taken off this price (of a team, of a
/// prize).
pub(crate) async fn choices(
    shop: &Shop,
    lang: Lang,
    me: PersonId,
    lines: &[LineView],
    (wanted, last): (Wanted, bool),
) -> Result<Chosen> {
    let rows = usable(&shop.db, lang, me, shop.clock.now()).await?;
    let have: Vec<Held> = rows.iter().map(held).collect::<Result<_>>()?;
    // Whoever asks for one that is gone meanwhile gets the best that he has.
    let there = |pick| match pick {
        Pick::This(grant) if !have.iter().any(|h| h.grant == grant) => Pick::Best,
        pick => pick,
    };
    let wanted = Wanted { product: there(wanted.product), shop: there(wanted.shop) };
    let applied = if last { Applied::plain(lines) } else { choose(lines, &have, wanted) };
    let choices = rows.iter().zip(&have).map(|(row, one)| {
        let takes = applied.taken.iter().find(|(g, _)| *g == one.grant).map(|(_, n)| *n);
        let why = match takes {
            Some(_) => None,
            None if last => Some(Why::Price),
            None => why_not(lines, one),
        };
        Ok(ChoiceView { grant: one.grant, coupon: row.coupon()?, expires_at: one.expires_at, takes, why })
    });
    Ok(Chosen { choices: choices.collect::<Result<_>>()?, applied })
}

/// What is taken off an order that is being placed.
///
/// # Errors
/// `coupon_gone` when one that is wanted is not there any more.
pub(crate) async fn applied(
    tx: &mut Tx,
    me: PersonId,
    lines: &[LineView],
    wanted: Wanted,
    now: Millis,
) -> Result<Applied> {
    if wanted == Wanted::NOTHING {
        return Ok(Applied::plain(lines));
    }
    let have: Vec<Held> = usable(&mut *tx, Lang::En, me, now).await?.iter().map(held).collect::<Result<_>>()?;
    for pick in [wanted.product, wanted.shop] {
        if matches!(pick, Pick::This(grant) if !have.iter().any(|h| h.grant == grant)) {
            return Err(gone());
        }
    }
    Ok(choose(lines, &have, wanted))
}

fn gone() -> Error {
    Error::problem(409, "coupon_gone")
}

/// Binds to an order what takes something off it.
///
/// # Errors
/// `coupon_gone` when another order was faster.
pub(crate) async fn lock(tx: &mut Tx, me: PersonId, order: Uuid, applied: &Applied, now: Millis) -> Result<()> {
    let mut taken = applied.taken.clone();
    taken.sort_by_key(|(grant, _)| *grant);
    for (grant, took) in taken {
        let locked = tx
            .execute(
                "UPDATE coupon_grant SET state = 'locked', order_id = $1, took = $2 WHERE id = $3 AND person_id = $4 AND state = 'free' AND expires_at > $5",
                args![order, took, grant.0, me, now],
            )
            .await?;
        if locked == 0 {
            return Err(gone());
        }
    }
    Ok(())
}

/// An order is paid: so much was taken off.
pub(crate) async fn spent(tx: &mut Tx, order: Uuid) -> Result<()> {
    tx.execute("UPDATE coupon_grant SET state = 'used' WHERE order_id = $1 AND state = 'locked'", args![order]).await?;
    Ok(())
}

/// An order was not paid for: what it was placed with can be used again, as long as it is good for.
pub(crate) async fn come_back(tx: &mut Tx, order: Uuid) -> Result<()> {
    tx.execute(
        "UPDATE coupon_grant SET state = 'free', order_id = NULL, took = NULL WHERE order_id = $1 AND state = 'locked'",
        args![order],
    )
    .await?;
    Ok(())
}
