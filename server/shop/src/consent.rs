//! What somebody has agreed to.
//!
//! Invariants: nobody has agreed to anything by himself; every agreement stands with the version of the text and its time, also after it
//! was taken back; what was remembered because of it goes with it; who agreed to an older text has not agreed to this one.

use crate::{
    Result, Shop, args,
    db::{Read, Tx},
    search,
};
use domain::id::PersonId;

/// The version of the text that somebody agrees to (`personal_text` in the locale files).
const VERSION: i64 = 1;

/// Whether what somebody looks for may be remembered for him.
///
/// # Errors
/// What the database says.
pub async fn agreed(mut read: impl Read, person: PersonId) -> Result<bool> {
    crate::row! {
        struct Given {
            version: i64,
        }
    }
    let rows: Vec<Given> = read
        .all(
            "SELECT version FROM consent WHERE person_id = $1 AND purpose = 'personal' AND withdrawn_at IS NULL",
            args![person],
        )
        .await?;
    Ok(rows.first().is_some_and(|r| r.version == VERSION))
}

/// The same, and nobody takes it back until the transaction ends.
pub(crate) async fn holds(tx: &mut Tx, person: PersonId) -> Result<bool> {
    let rows = tx
        .execute(
            "UPDATE consent SET version = version WHERE person_id = $1 AND purpose = 'personal' AND withdrawn_at IS NULL AND version = $2",
            args![person, VERSION],
        )
        .await?;
    Ok(rows == 1)
}

/// Agrees to that, or takes it back: then what was remembered is gone. The same again changes nothing.
///
/// # Errors
/// What the database says.
pub async fn agree(shop: &Shop, me: PersonId, yes: bool) -> Result<()> {
    let now = shop.clock.now();
    shop.db
        .write((shop.clone(), shop.rng.id(now), me, yes, now), |tx, (shop, id, me, yes, now)| {
            Box::pin(async move {
                // An agreement to an older text ends with the new one.
                tx.execute(
                    "UPDATE consent SET withdrawn_at = $1 WHERE person_id = $2 AND purpose = 'personal' AND withdrawn_at IS NULL
                       AND (version <> $3 OR $4 = FALSE)",
                    args![*now, *me, VERSION, *yes],
                )
                .await?;
                if !*yes {
                    return search::forget_all(tx, shop, *me).await;
                }
                tx.execute(
                    "INSERT INTO consent (id, person_id, purpose, version, given_at) VALUES ($1, $2, 'personal', $3, $4)
                     ON CONFLICT (person_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING",
                    args![*id, *me, VERSION, *now],
                )
                .await?;
                Ok(())
            })
        })
        .await
}
