//! The double-entry ledger. Only [`post`] writes it, and only what balances; what each account stands at is kept beside it.

use crate::{Result, Shop, args, db::Tx};
use domain::{
    Millis,
    ledger::{Account, Balanced},
};
use uuid::Uuid;

/// Writes one transaction. `source`: what it stands for; the same `kind` and source is written once.
///
/// # Errors
/// What the database says.
#[tracing::instrument(level = "debug", skip_all, name = "ledger")]
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
    // Everybody's money goes through a few accounts: their balances are kept in several rows, so that transactions side by side
    // do not wait for one.
    let slot = i64::from(id.as_bytes()[15]) % SLOTS;
    for (position, (account, amount)) in (0_i64..).zip(&balanced.entries) {
        tx.execute(
            "INSERT INTO ledger_entry (transaction_id, position, account, currency, amount) VALUES ($1, $2, $3, $4, $5)",
            args![id, position, account.name(), balanced.unit.code(), *amount],
        )
        .await?;
        let slot = if matches!(account, Account::Person(_) | Account::Points(_)) { 0 } else { slot };
        tx.execute(
            "INSERT INTO ledger_balance (account, currency, slot, amount) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account, currency, slot) DO UPDATE SET amount = ledger_balance.amount + excluded.amount",
            args![account.name(), balanced.unit.code(), slot, *amount],
        )
        .await?;
    }
    Ok(())
}

const SLOTS: i64 = 16;

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
            "SELECT currency, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger_balance WHERE account = $1 GROUP BY currency ORDER BY currency",
            args![account],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.currency, r.amount)).collect())
}
