//! A call that must happen once, however often it is sent: the first answer under a key is every later answer.

use crate::{Result, Shop, args, db::Tx};
use domain::{Millis, Problem};
use uuid::Uuid;

/// Whether a key may be used: 16 to 64 letters and digits.
pub(crate) fn is_key(key: &str) -> bool {
    (16..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Takes the key for this answer; `Some` is the answer of the first call when it was taken before. A transaction that fails
/// gives the key back.
#[tracing::instrument(level = "debug", skip_all, name = "idempotency")]
pub(crate) async fn claim(
    tx: &mut Tx,
    owner: Uuid,
    scope: &'static str,
    key: &str,
    answer: &str,
    now: Millis,
) -> Result<Option<String>> {
    crate::row! {
        struct Answer {
            answer: String,
        }
    }
    let fresh = tx
        .execute(
            "INSERT INTO idempotency (owner_id, scope, key, answer, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            args![owner, scope, key, answer, now],
        )
        .await?;
    if fresh == 1 {
        return Ok(None);
    }
    let row: Option<Answer> = tx
        .fetch_optional(
            "SELECT answer FROM idempotency WHERE owner_id = $1 AND scope = $2 AND key = $3",
            args![owner, scope, key],
        )
        .await?;
    Ok(Some(row.ok_or_else(Problem::internal)?.answer))
}

/// Whether a key was taken.
pub(crate) async fn known(shop: &Shop, owner: Uuid, scope: &'static str, key: &str) -> Result<bool> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let row: Count = shop
        .db
        .fetch_one(
            "SELECT COUNT(*) AS n FROM idempotency WHERE owner_id = $1 AND scope = $2 AND key = $3",
            args![owner, scope, key],
        )
        .await?;
    Ok(row.n > 0)
}
