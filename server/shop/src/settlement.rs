//! Settlement: when an order is completed, what its merchants have earned becomes what they are owed, less the platform's fee.
//!
//! Invariants: an order is settled once, when nothing about it can come back any more; its shares sum to what was paid.
//! Deliberately absent: paying merchants out.

use crate::{Result, Shop, after_sale, args, commission, db::Tx, error::broken_row, ledger, order};
use domain::{
    Currency, Lang, Millis, Problem,
    id::MerchantId,
    ledger::{Account, Balanced},
    settlement::{BooksView, SettledView, Share, StandingView, StatementView, share},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Settles an order that has just been completed; what its goods that were kept are worth, minor units.
pub(crate) async fn settle(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<i64> {
    let currency = order::currency(tx, order).await?;
    let fee_bp = shop.settings.platform_fee_bp;
    let (mut entries, mut kept) = (Vec::new(), 0);
    for (merchant, goods, delivery) in order::fees(tx, order).await? {
        let refunded = after_sale::given_back(tx, order, merchant).await?;
        // What the platform's coupons took off units that stay is the platform's cost.
        let subsidy = order::subsidy(tx, order, merchant).await?;
        let share = share(goods, delivery, refunded, fee_bp)?;
        tx.execute(
            "INSERT INTO settlement (order_id, merchant_id, currency, earned, refunded, fee_bp, fee, net, subsidy, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                order,
                merchant,
                currency.code(),
                share.earned,
                share.refunded,
                fee_bp,
                share.fee,
                share.net,
                subsidy,
                now
            ],
        )
        .await?;
        // A delivery that was paid for and brought nothing that stayed is nothing kept.
        kept = add(kept, (goods - refunded).max(0))?;
        let merchant = MerchantId(merchant);
        entries.push((Account::Merchant(merchant), share.fee + share.net));
        entries.push((Account::Owed(merchant), -add(share.net, subsidy)?));
        entries.push((Account::Coupons, subsidy));
        entries.push((Account::Fees, -share.fee));
    }
    ledger::post(tx, shop, "settle", order, &Balanced::new(currency, entries)?, now).await?;
    Ok(kept)
}

/// Settles orders that were completed before there was a settlement; once, after that migration.
///
/// # Errors
/// What the database says.
pub async fn catch_up(shop: &Shop) -> Result<()> {
    crate::row! {
        struct Done {
            id: Uuid,
            completed_at: i64,
        }
    }
    loop {
        let orders: Vec<Done> = shop
            .db
            .scan(
                "SELECT o.id, o.completed_at FROM orders o
                 WHERE o.completed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM settlement s WHERE s.order_id = o.id) LIMIT 500",
                args![],
            )
            .await?;
        if orders.is_empty() {
            return Ok(());
        }
        let input = (shop.clone(), orders);
        shop.db
            .write(input, |tx, (shop, orders)| {
                Box::pin(async move {
                    for order in orders {
                        settle(tx, shop, order.id, order.completed_at).await?;
                    }
                    Ok::<_, crate::Error>(())
                })
            })
            .await?;
    }
}

crate::row! {
    struct BalanceRow {
        account: String,
        currency: String,
        amount: i64,
    }
}

crate::row! {
    struct MerchantRow {
        id: Uuid,
        slug: String,
        name: String,
    }
}

crate::row! {
    struct SettledRow {
        order_id: Uuid,
        code: String,
        currency: String,
        earned: i64,
        refunded: i64,
        fee_bp: i64,
        fee: i64,
        net: i64,
        subsidy: i64,
        at: i64,
    }
}

const PAGE: i64 = 50;

/// What the shop holds and for whom, and the settled orders of a merchant (by slug; empty for none), the latest first.
/// `after`: where the page before ended.
///
/// # Errors
/// `not_found` for a merchant that is not there.
pub async fn statement(shop: &Shop, lang: Lang, merchant: &str, after: &str) -> Result<StatementView> {
    let balances: Vec<BalanceRow> = shop
        .db
        .fetch_all(
            "SELECT account, currency, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger_balance
             WHERE account < 'person:' GROUP BY account, currency ORDER BY account, currency",
            args![],
        )
        .await?;
    let merchants: Vec<MerchantRow> = shop
        .db
        .fetch_all(
            "SELECT m.id, m.slug, t.name FROM merchant m JOIN merchant_text t ON t.merchant_id = m.id AND t.lang = $1 ORDER BY m.slug",
            args![lang.tag()],
        )
        .await?;
    let mut books: BTreeMap<String, BooksView> = BTreeMap::new();
    let mut standings: BTreeMap<(String, String), StandingView> = BTreeMap::new();
    for row in balances {
        let currency: Currency = row.currency.parse().map_err(|_| broken_row("ledger_balance.currency"))?;
        let empty = BooksView { currency, held: 0, pending: 0, owed: 0, shoppers: 0, creators: 0, fees: 0 };
        let whole = books.entry(row.currency.clone()).or_insert(empty);
        let (kind, of) = row.account.split_once(':').unwrap_or((&row.account, ""));
        let sum = match kind {
            // What was paid out is held no more.
            "clearing" | "paid_out" => {
                whole.held = add(whole.held, row.amount)?;
                continue;
            }
            "creator" => {
                whole.creators = add(whole.creators, -row.amount)?;
                continue;
            }
            "fees" | "commission" | "coupons" => {
                whole.fees = add(whole.fees, -row.amount)?;
                continue;
            }
            "merchant" => &mut whole.pending,
            "owed" => &mut whole.owed,
            _ => return Err(broken_row("ledger_balance.account")),
        };
        *sum = add(*sum, -row.amount)?;
        let merchant = merchants.iter().find(|m| m.id.to_string() == of).ok_or_else(Problem::internal)?;
        let standing = standings.entry((merchant.slug.clone(), row.currency)).or_insert_with(|| StandingView {
            merchant: merchant.slug.clone(),
            name: merchant.name.clone(),
            currency,
            pending: 0,
            owed: 0,
        });
        let side = if kind == "owed" { &mut standing.owed } else { &mut standing.pending };
        *side = add(*side, -row.amount)?;
    }
    for (currency, amount) in crate::payment::on_the_way_back(shop).await? {
        if let Some(whole) = books.get_mut(&currency) {
            whole.shoppers = amount;
        }
    }
    let chosen = merchants.iter().find(|m| m.slug == merchant);
    if chosen.is_none() && !merchant.is_empty() {
        return Err(Problem::not_found().into());
    }
    let (settled, next) = match chosen {
        Some(merchant) => settled(shop, merchant.id, after).await?,
        None => (Vec::new(), None),
    };
    Ok(StatementView {
        creators: commission::owed(shop).await?,
        books: books.into_values().collect(),
        standings: standings.into_values().collect(),
        merchant: merchant.to_owned(),
        settled,
        next,
    })
}

fn add(a: i64, b: i64) -> Result<i64> {
    Ok(a.checked_add(b).ok_or_else(Problem::internal)?)
}

async fn settled(shop: &Shop, merchant: Uuid, after: &str) -> Result<(Vec<SettledView>, Option<String>)> {
    let bad = |_| Problem::bad_request();
    let (at, order) = match after.split_once('~') {
        Some((at, order)) => (at.parse().map_err(bad)?, order.parse().map_err(|_| Problem::bad_request())?),
        None => (i64::MAX, Uuid::max()),
    };
    let mut rows: Vec<SettledRow> = shop
        .db
        .fetch_all(
            "SELECT s.order_id, o.code, s.currency, s.earned, s.refunded, s.fee_bp, s.fee, s.net, s.subsidy, s.at
             FROM settlement s JOIN orders o ON o.id = s.order_id
             WHERE s.merchant_id = $1 AND (s.at, s.order_id) < ($2, $3) ORDER BY s.at DESC, s.order_id DESC LIMIT $4",
            args![merchant, at, order, PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|r| format!("{}~{}", r.at, r.order_id.simple()));
    let views = rows.into_iter().map(|r| {
        Ok(SettledView {
            order: r.code.parse().map_err(|_| broken_row("orders.code"))?,
            at: r.at,
            currency: r.currency.parse().map_err(|_| broken_row("settlement.currency"))?,
            share: Share { earned: r.earned, refunded: r.refunded, fee: r.fee, net: r.net },
            fee_bp: r.fee_bp,
            subsidy: r.subsidy,
        })
    });
    Ok((views.collect::<Result<_>>()?, next))
}
