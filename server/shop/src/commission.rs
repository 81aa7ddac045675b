//! Commission: what authors earn by what is bought from their posts.
//!
//! A post earns when it says to everybody that it is an ad, shows the thing, and is by somebody else. The first such post that led to putting
//! the thing into the cart earns for thirty days at the rate of then, or else the one that it is bought from at once; the last post of all
//! within seven days counts as what brought the order. It is booked once, with the
//! completion of the order. What was paid out never exceeds what was earned. Deliberately absent: moving the money, which
//! happens at a bank; a second level.

use crate::{
    Result, Shop, args, audit,
    db::{Engine, Read, Tx, listed},
    error::broken_row,
    idempotency, ledger,
};
use domain::{
    Code, Currency, Millis, Money, Problem,
    commission::{Back, EarnedView, EarnerView, FIRST, LAST, OwedView, earned, kept},
    id::{PersonId, SkuId},
    ledger::{Account, Balanced},
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What led to a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Led {
    /// The post that earns on it, and its rate in basis points.
    pub(crate) earns: Option<(Uuid, i64)>,
    /// The post that brought it.
    pub(crate) from: Option<Uuid>,
}

/// What a post is to somebody who buys from there; nothing when it does not show the thing or is his own.
pub(crate) async fn led(mut read: impl Read, shop: &Shop, buyer: Uuid, sku: SkuId, code: &Code) -> Result<Led> {
    crate::row! {
        struct Of {
            id: Uuid,
            sponsored: bool,
        }
    }
    let rows: Vec<Of> = read
        .all(
            "SELECT p.id, p.sponsored FROM post p JOIN post_product x ON x.post_id = p.id JOIN sku s ON s.product_id = x.product_id
             WHERE p.code = $1 AND s.id = $2 AND p.author_id <> $3 AND p.state = 'published' AND p.visibility = 'public' AND p.held IS NULL",
            args![code.as_str(), sku, buyer],
        )
        .await?;
    let bp = shop.settings.commission_bp;
    Ok(rows
        .first()
        .map_or_else(Led::default, |p| Led { earns: (p.sponsored && bp > 0).then_some((p.id, bp)), from: Some(p.id) }))
}

/// What led to the things in the cart of somebody and still counts.
pub(crate) async fn of_cart(mut read: impl Read, me: PersonId, now: Millis) -> Result<HashMap<Uuid, Led>> {
    crate::row! {
        struct Of {
            sku_id: Uuid,
            earns: Option<Uuid>,
            earns_bp: Option<i64>,
            from_post: Option<Uuid>,
        }
    }
    let rows: Vec<Of> = read
        .all(
            "SELECT c.sku_id, e.id AS earns, c.earns_bp, f.id AS from_post FROM cart_line c
             LEFT JOIN post e ON e.id = c.earns_post_id AND c.earns_at > $2 AND e.author_id <> $1 AND e.state = 'published' AND e.visibility = 'public' AND e.held IS NULL
             LEFT JOIN post f ON f.id = c.from_post_id AND c.from_at > $3 AND f.author_id <> $1 AND f.state = 'published' AND f.visibility = 'public' AND f.held IS NULL
             WHERE c.owner_id = $1 AND c.from_post_id IS NOT NULL",
            args![me, now - FIRST, now - LAST],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.sku_id, Led { earns: r.earns.zip(r.earns_bp), from: r.from_post })).collect())
}

/// What led to the things of an order: those of the cart, or (`at_once`) one thing, bought from a post or not.
pub(crate) async fn of_all(
    mut read: impl Read,
    shop: &Shop,
    me: PersonId,
    at_once: Option<SkuId>,
    post: Option<&Code>,
    now: Millis,
) -> Result<HashMap<Uuid, Led>> {
    let mut all = of_cart(&mut read, me, now).await?;
    if let Some(sku) = at_once {
        let here = match post {
            Some(post) => led(&mut read, shop, me.0, sku, post).await?,
            None => Led::default(),
        };
        // Whoever led to the cart first was first.
        let before = all.remove(&sku.0).unwrap_or_default();
        all = HashMap::from([(sku.0, Led { earns: before.earns.or(here.earns), from: here.from.or(before.from) })]);
    }
    Ok(all)
}

/// Books what is earned by an order that has just been completed.
pub(crate) async fn settle(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<()> {
    crate::row! {
        struct Line {
            position: i64,
            paid: i64,
            bp: i64,
            post_id: Uuid,
            author_id: Uuid,
            currency: String,
        }
    }
    crate::row! {
        struct Went {
            id: Uuid,
            amount: i64,
            position: i64,
            part: i64,
        }
    }
    let lines: Vec<Line> = tx
        .fetch_all(
            "SELECT l.position, l.unit_price * l.quantity AS paid, l.earns_bp AS bp, l.earns_post_id AS post_id, p.author_id, o.currency
             FROM order_line l JOIN post p ON p.id = l.earns_post_id JOIN orders o ON o.id = l.order_id
             WHERE l.order_id = $1 ORDER BY l.position",
            args![order],
        )
        .await?;
    let Some(first) = lines.first() else { return Ok(()) };
    let currency: Currency = first.currency.parse().map_err(|_| broken_row("orders.currency"))?;
    let went: Vec<Went> = tx
        .fetch_all(
            "SELECT c.id, c.amount, u.position, COALESCE(u.worth, u.quantity * l.unit_price) AS part
             FROM after_sale c JOIN after_sale_line u ON u.case_id = c.id JOIN order_line l ON l.order_id = c.order_id AND l.position = u.position
             WHERE c.order_id = $1 AND c.state IN ('refunding', 'refunded')",
            args![order],
        )
        .await?;
    let mut wholes: HashMap<Uuid, i64> = HashMap::new();
    for w in &went {
        let whole = wholes.entry(w.id).or_default();
        *whole = whole.checked_add(w.part).ok_or_else(Problem::internal)?;
    }
    let mut entries = Vec::new();
    for line in lines {
        let backs: Vec<Back> = went
            .iter()
            .filter(|w| w.position == line.position)
            .map(|w| Back { amount: w.amount, part: w.part, whole: wholes.get(&w.id).copied().unwrap_or(w.part) })
            .collect();
        let base = kept(line.paid, &backs)?;
        // Never more than the fee that it comes out of, whatever that is by now.
        let bp = line.bp.min(shop.settings.platform_fee_bp);
        let amount = earned(base, bp);
        tx.execute(
            "INSERT INTO commission (order_id, position, post_id, person_id, currency, base, bp, amount, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![order, line.position, line.post_id, line.author_id, line.currency, base, bp, amount, now],
        )
        .await?;
        entries.push((Account::Creator(PersonId(line.author_id)), -amount));
        entries.push((Account::Commission, amount));
    }
    let balanced = Balanced::new(currency, entries)?;
    // What was given back earns nothing, and nothing is no transaction.
    if balanced.entries.is_empty() {
        return Ok(());
    }
    ledger::post(tx, shop, "commission", order, &balanced, now).await
}

crate::row! {
    struct EarnerRow {
        name: String,
        code: String,
        title: String,
        amount: i64,
    }
}

/// One entry for a post.
fn earners(rows: Vec<EarnerRow>) -> Result<Vec<EarnerView>> {
    let mut all: Vec<EarnerView> = Vec::new();
    for row in rows {
        let post: Code = row.code.parse().map_err(|_| broken_row("post.code"))?;
        match all.iter_mut().find(|e| e.post == post) {
            Some(e) => e.amount = e.amount.saturating_add(row.amount),
            None => all.push(EarnerView { name: row.name, post, title: row.title, amount: row.amount }),
        }
    }
    all.retain(|e| e.amount > 0);
    Ok(all)
}

/// Who earns what by an order: at most, until it is completed.
pub(crate) async fn of_order(shop: &Shop, order: Uuid) -> Result<Vec<EarnerView>> {
    let rows: Vec<EarnerRow> = shop
        .db
        .fetch_all(
            "SELECT a.display_name AS name, p.code,
                    CASE WHEN p.state = 'published' AND p.visibility = 'public' AND p.held IS NULL THEN p.title ELSE '' END AS title, COALESCE(c.amount, l.unit_price * l.quantity * l.earns_bp / 10000) AS amount
             FROM order_line l JOIN orders o ON o.id = l.order_id JOIN post p ON p.id = l.earns_post_id JOIN person a ON a.id = p.author_id
             LEFT JOIN commission c ON c.order_id = l.order_id AND c.position = l.position
             WHERE l.order_id = $1 AND o.closed_at IS NULL ORDER BY l.position",
            args![order],
        )
        .await?;
    earners(rows)
}

/// Who would earn what, at most, if these things were bought. `lines`: what each costs, minor units.
///
/// # Errors
/// What the database says.
pub async fn would(
    shop: &Shop,
    me: PersonId,
    lines: &[(SkuId, i64)],
    from_cart: bool,
    post: Option<&Code>,
) -> Result<Vec<EarnerView>> {
    crate::row! {
        struct By {
            id: Uuid,
            name: String,
            code: String,
            title: String,
        }
    }
    let at_once = lines.first().map(|(sku, _)| *sku).filter(|_| !from_cart);
    let all = of_all(&shop.db, shop, me, at_once, post, shop.clock.now()).await?;
    let earns: Vec<(Uuid, i64)> = lines
        .iter()
        .filter_map(|(sku, costs)| all.get(&sku.0).and_then(|l| l.earns).map(|(post, bp)| (post, earned(*costs, bp))))
        .collect();
    if earns.is_empty() {
        return Ok(Vec::new());
    }
    let posts: Vec<Uuid> = earns.iter().map(|(p, _)| *p).collect();
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT p.id, a.display_name AS name, p.code, p.title
             FROM json_each($1) j CROSS JOIN post p ON p.id = unhex(j.value) JOIN person a ON a.id = p.author_id"
        }
        Engine::Postgres => {
            "SELECT p.id, a.display_name AS name, p.code, p.title
             FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN post p ON p.id = CAST(j.value AS uuid) JOIN person a ON a.id = p.author_id"
        }
    };
    let by: Vec<By> = shop.db.fetch_all(sql, args![listed(&posts)]).await?;
    let rows = earns.into_iter().filter_map(|(post, amount)| {
        let p = by.iter().find(|p| p.id == post)?;
        Some(EarnerRow { name: p.name.clone(), code: p.code.clone(), title: p.title.clone(), amount })
    });
    earners(rows.collect())
}

/// What came of the posts of somebody in orders: how many paid ones each brought, and what each earned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Came {
    pub(crate) orders: HashMap<Uuid, i64>,
    pub(crate) earned: HashMap<Uuid, Vec<Money>>,
}

pub(crate) async fn by_post(shop: &Shop, me: PersonId) -> Result<Came> {
    crate::row! {
        struct Many {
            id: Uuid,
            n: i64,
        }
    }
    crate::row! {
        struct Earned {
            post_id: Uuid,
            currency: String,
            amount: i64,
        }
    }
    let orders: Vec<Many> = shop
        .db
        .fetch_all(
            "SELECT p.id, COUNT(DISTINCT l.order_id) AS n FROM post p JOIN order_line l ON l.from_post_id = p.id JOIN orders o ON o.id = l.order_id
             WHERE p.author_id = $1 AND o.paid_at IS NOT NULL GROUP BY p.id",
            args![me],
        )
        .await?;
    let sums: Vec<Earned> = shop
        .db
        .fetch_all(
            "SELECT post_id, currency, CAST(SUM(amount) AS BIGINT) AS amount FROM commission
             WHERE person_id = $1 GROUP BY post_id, currency ORDER BY currency",
            args![me],
        )
        .await?;
    let mut came = Came { orders: orders.into_iter().map(|m| (m.id, m.n)).collect(), ..Came::default() };
    for row in sums.into_iter().filter(|r| r.amount > 0) {
        let currency = row.currency.parse().map_err(|_| broken_row("commission.currency"))?;
        came.earned.entry(row.post_id).or_default().push(Money::new(row.amount, currency));
    }
    Ok(came)
}

/// What a sum is about.
#[derive(Clone, Copy)]
enum Part {
    Earned,
    Pending,
    Paid,
}

/// Authors on the list of whom something is owed to.
const OWED: i64 = 100;

/// Authors to whom commission is owed, the most first.
pub(crate) async fn owed(shop: &Shop) -> Result<Vec<OwedView>> {
    crate::row! {
        struct Owed {
            handle: String,
            name: String,
            currency: String,
            amount: i64,
        }
    }
    let rows: Vec<Owed> = shop
        .db
        .fetch_all(
            "SELECT a.handle, a.display_name AS name, c.currency, c.n - COALESCE(p.n, 0) AS amount
             FROM (SELECT person_id, currency, CAST(SUM(amount) AS BIGINT) AS n FROM commission GROUP BY person_id, currency) c
             JOIN person a ON a.id = c.person_id
             LEFT JOIN (SELECT person_id, currency, CAST(SUM(amount) AS BIGINT) AS n FROM payout GROUP BY person_id, currency) p
               ON p.person_id = c.person_id AND p.currency = c.currency
             WHERE c.n > COALESCE(p.n, 0) ORDER BY amount DESC, a.handle LIMIT $1",
            args![OWED],
        )
        .await?;
    let view = |r: Owed| {
        Ok(OwedView {
            currency: r.currency.parse().map_err(|_| broken_row("commission.currency"))?,
            handle: r.handle,
            name: r.name,
            amount: r.amount,
            key: hex::encode(shop.rng.bytes::<16>()),
        })
    };
    rows.into_iter().map(view).collect()
}

/// Writes down that somebody of the shop has paid an author what he was owed. The second call with a key changes nothing.
///
/// # Errors
/// `key_form`, `not_found`, `forbidden` for one's own; `payout_changed` when another amount is owed by now (its number).
pub async fn pay_out(
    shop: &Shop,
    by: PersonId,
    handle: &str,
    currency: Currency,
    amount: i64,
    key: &str,
) -> Result<()> {
    crate::row! {
        struct Of {
            id: Uuid,
        }
    }
    crate::row! {
        struct Owed {
            amount: i64,
        }
    }
    if !idempotency::is_key(key) {
        return Err(Problem::new(422, "key_form").into());
    }
    let input = (shop.clone(), by, handle.to_owned(), currency, amount, key.to_owned(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, by, handle, currency, amount, key, now)| {
            Box::pin(async move {
                let id = shop.rng.id(*now);
                if idempotency::claim(tx, by.0, "commission/pay_out", key, &id.to_string(), *now).await?.is_some() {
                    return Ok(());
                }
                // Two who pay the same author at once: one of them is second.
                tx.execute("UPDATE person SET display_name = display_name WHERE handle = $1", args![handle.as_str()])
                    .await?;
                let of: Option<Of> =
                    tx.fetch_optional("SELECT id FROM person WHERE handle = $1", args![handle.as_str()]).await?;
                let author = PersonId(of.ok_or_else(Problem::not_found)?.id);
                if author == *by {
                    return Err(Problem::forbidden().into());
                }
                let owed: Owed = tx
                    .fetch_one(
                        "SELECT (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM commission WHERE person_id = $1 AND currency = $2)
                              - (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payout WHERE person_id = $1 AND currency = $2) AS amount",
                        args![author, currency.code()],
                    )
                    .await?;
                if *amount <= 0 || owed.amount != *amount {
                    return Err(Problem::new(409, "payout_changed").number(owed.amount).into());
                }
                tx.execute(
                    "INSERT INTO payout (id, person_id, currency, amount, paid_by, at) VALUES ($1, $2, $3, $4, $5, $6)",
                    args![id, author, currency.code(), *amount, *by, *now],
                )
                .await?;
                let entries = [(Account::Creator(author), *amount), (Account::PaidOut, -*amount)];
                ledger::post(tx, shop, "payout", id, &Balanced::new(*currency, entries)?, *now).await?;
                let detail = Money::new(*amount, *currency).exact();
                audit::note(tx, *by, "pay_out", handle, &detail, *now).await
            })
        })
        .await
}

/// What somebody has earned in all, what is on its way, and what was paid out.
pub(crate) async fn of(shop: &Shop, me: PersonId) -> Result<Vec<EarnedView>> {
    crate::row! {
        struct Sum {
            currency: String,
            amount: i64,
        }
    }
    let available: Vec<Sum> = shop
        .db
        .fetch_all(
            "SELECT currency, CAST(SUM(amount) AS BIGINT) AS amount FROM commission WHERE person_id = $1 GROUP BY currency",
            args![me],
        )
        .await?;
    let pending: Vec<Sum> = shop
        .db
        .fetch_all(
            "SELECT o.currency, CAST(SUM(l.unit_price * l.quantity * l.earns_bp / 10000) AS BIGINT) AS amount
             FROM post p JOIN order_line l ON l.earns_post_id = p.id JOIN orders o ON o.id = l.order_id
             WHERE p.author_id = $1 AND o.paid_at IS NOT NULL AND o.completed_at IS NULL AND o.closed_at IS NULL GROUP BY o.currency",
            args![me],
        )
        .await?;
    let mut all: BTreeMap<String, EarnedView> = BTreeMap::new();
    let paid: Vec<Sum> = shop
        .db
        .fetch_all(
            "SELECT currency, CAST(SUM(amount) AS BIGINT) AS amount FROM payout WHERE person_id = $1 GROUP BY currency",
            args![me],
        )
        .await?;
    for (rows, of) in [(available, Part::Earned), (pending, Part::Pending), (paid, Part::Paid)] {
        for row in rows.into_iter().filter(|r| r.amount > 0) {
            let currency: Currency = row.currency.parse().map_err(|_| broken_row("commission.currency"))?;
            let view = all.entry(row.currency).or_insert(EarnedView { currency, pending: 0, available: 0, paid: 0 });
            match of {
                Part::Earned => view.available += row.amount,
                Part::Pending => view.pending += row.amount,
                Part::Paid => {
                    view.available -= row.amount;
                    view.paid += row.amount;
                }
            }
        }
    }
    Ok(all.into_values().collect())
}
