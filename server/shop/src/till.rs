//! The till: open as long as the books are in order. Whoever watches the invariants of the money (`tuanju verify --watch`)
//! closes it when one is broken, and opens it when all hold again.
//!
//! Invariants: with a closed till no order is placed and no payment is begun; what a provider tells, refunds and parcels go on,
//! so that money on its way is never lost. Deliberately absent: the checks themselves (`verify`).

use crate::{
    Error, Result, Shop, args,
    db::{Read, Tx},
    verify,
    verify::Violation,
};

crate::row! {
    struct TillRow {
        closed_at: Option<i64>,
    }
}

/// Whether the till is open.
///
/// # Errors
/// What the database says.
pub async fn is_open(mut read: impl Read) -> Result<bool> {
    let rows: Vec<TillRow> = read.all("SELECT closed_at FROM till WHERE id = 1", args![]).await?;
    Ok(rows.iter().all(|r| r.closed_at.is_none()))
}

/// For what would bring new money in, in its transaction.
///
/// # Errors
/// `read_only`.
pub(crate) async fn ensure_open(tx: &mut Tx) -> Result<()> {
    if is_open(tx).await? { Ok(()) } else { Err(Error::problem(503, "read_only")) }
}

/// What a look at the books led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// As it was at the last look.
    Same { open: bool },
    /// In order again: the till is open.
    Opened,
    /// The till is closed now, for these reasons.
    Closed(Vec<Violation>),
}

/// Looks at every invariant of the money, and opens or closes the till by what is found.
///
/// # Errors
/// What the database says.
pub async fn look(shop: &Shop) -> Result<Look> {
    let found = verify::run_money(&shop.db).await?;
    let was_open = is_open(&shop.db).await?;
    if found.is_empty() == was_open {
        return Ok(Look::Same { open: was_open });
    }
    let why = found.iter().map(|v| v.name).collect::<Vec<_>>().join("; ");
    let closed_at = (!found.is_empty()).then(|| shop.clock.now());
    shop.db
        .write((closed_at, why), |tx, (closed_at, why)| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO till (id, closed_at, why) VALUES (1, $1, $2)
                     ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, why = excluded.why",
                    args![*closed_at, why.as_str()],
                )
                .await?;
                Ok::<_, Error>(())
            })
        })
        .await?;
    Ok(if found.is_empty() { Look::Opened } else { Look::Closed(found) })
}
