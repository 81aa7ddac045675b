//! The double-entry ledger. Only [`post`] writes it, and only what balances.

use crate::{Result, Shop, args, db::Tx};
use domain::{Millis, ledger::Balanced};
use uuid::Uuid;

/// Writes one transaction. `source`: what it stands for; the same `kind` and source is written once.
///
/// # Errors
/// What the database says.
pub(crate) async fn post(
    tx: &mut Tx,
    shop: &Shop,
    kind: &str,
    source: Uuid,
    balanced: &Balanced,
    at: Millis,
) -> Result<()> {
    let id = shop.rng.id(at);
    let fresh = tx
        .execute(
            "INSERT INTO ledger_transaction (id, kind, source_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            args![id, kind, source, at],
        )
        .await?;
    if fresh == 0 {
        return Ok(());
    }
    for (position, (account, amount)) in (0_i64..).zip(&balanced.entries) {
        tx.execute(
            "INSERT INTO ledger_entry (transaction_id, position, account, currency, amount) VALUES ($1, $2, $3, $4, $5)",
            args![id, position, account.name(), balanced.currency.code(), *amount],
        )
        .await?;
    }
    Ok(())
}

/// What an account stands at, per currency. Minor units; positive is what we have, negative what we owe.
///
/// # Errors
/// What the database says.
pub async fn balances(shop: &Shop, account: &str) -> Result<Vec<(String, i64)>> {
    crate::row! {
        struct Balance {
            currency: String,
            amount: i64,
        }
    }
    let rows: Vec<Balance> = shop
        .db
        .fetch_all(
            "SELECT currency, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger_entry WHERE account = $1 GROUP BY currency ORDER BY currency",
            args![account],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.currency, r.amount)).collect())
}
