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
use domain::{Millis, time::DAY};

crate::row! {
    struct TillRow {
        closed_at: Option<i64>,
    }
}

/// Since when the till is closed, if it is.
async fn closed_at(mut read: impl Read) -> Result<Option<Millis>> {
    let rows: Vec<TillRow> = read.all("SELECT closed_at FROM till WHERE id = 1", args![]).await?;
    Ok(rows.iter().find_map(|r| r.closed_at))
}

/// Whether the till is open.
///
/// # Errors
/// What the database says.
pub async fn is_open(read: impl Read) -> Result<bool> {
    Ok(closed_at(read).await?.is_none())
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

/// New enough to be looked at again and again; what was done to older rows is found by a look at everything.
const NEW: Millis = DAY;

/// Looks at the invariants of the money in what is new, which is quick however large the shop is, and closes the till when one is
/// broken. Sums over everything, and what was done to older rows, are for a look at everything.
///
/// # Errors
/// What the database says.
pub async fn glance(shop: &Shop) -> Result<Look> {
    let open = is_open(&shop.db).await?;
    let found = verify::run_recent(&shop.db, shop.clock.now() - NEW).await?;
    if found.is_empty() {
        return Ok(Look::Same { open });
    }
    close(shop, &found, open).await?;
    Ok(if open { Look::Closed(found) } else { Look::Same { open } })
}

/// Looks at every invariant of the money, and opens or closes the till by what is found. A till for which a new reason was found in
/// the meantime stays closed.
///
/// # Errors
/// What the database says.
pub async fn look(shop: &Shop) -> Result<Look> {
    let closed = closed_at(&shop.db).await?;
    let found = verify::run_money(&shop.db).await?;
    match closed {
        None if !found.is_empty() => {
            close(shop, &found, true).await?;
            Ok(Look::Closed(found))
        }
        Some(at) if found.is_empty() && open(shop, at).await? => Ok(Look::Opened),
        _ => Ok(Look::Same { open: closed.is_none() }),
    }
}

/// Closes the till; one that was closed before (`open` is false) only hears of the new reason, and stays open if it was opened since.
async fn close(shop: &Shop, found: &[Violation], open: bool) -> Result<()> {
    let why = found.iter().map(|v| v.name).collect::<Vec<_>>().join("; ");
    shop.db
        .write((shop.clock.now(), why, open), |tx, (now, why, open)| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO till (id, closed_at, why) VALUES (1, $1, $2)
                     ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, why = excluded.why
                     WHERE $3 = TRUE OR till.closed_at IS NOT NULL",
                    args![*now, why.as_str(), *open],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Opens a till that is closed since `at`; `false` when it was closed anew.
async fn open(shop: &Shop, at: Millis) -> Result<bool> {
    shop.db
        .write(at, |tx, at| {
            Box::pin(async move {
                let opened = tx
                    .execute("UPDATE till SET closed_at = NULL, why = '' WHERE id = 1 AND closed_at = $1", args![*at])
                    .await?;
                Ok(opened == 1)
            })
        })
        .await
}
