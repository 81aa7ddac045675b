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

/// New enough to be looked at again and again; what was done to older rows is found by a look at everything.
const NEW: Millis = DAY;

/// Looks at the invariants of the money in what is new, which is quick however large the shop is, and closes the till when one is
/// broken.
///
/// # Errors
/// What the database says.
pub async fn glance(shop: &Shop) -> Result<Look> {
    let found = verify::run_recent(&shop.db, shop.clock.now() - NEW).await?;
    let open = is_open(&shop.db).await?;
    if found.is_empty() || !open {
        return Ok(Look::Same { open });
    }
    turn(shop, Some(shop.clock.now()), &found).await?;
    Ok(Look::Closed(found))
}

/// Looks at every invariant of the money, and opens or closes the till by what is found. A till that was closed in the meantime
/// stays closed.
///
/// # Errors
/// What the database says.
pub async fn look(shop: &Shop) -> Result<Look> {
    let was_open = is_open(&shop.db).await?;
    let found = verify::run_money(&shop.db).await?;
    if found.is_empty() == was_open {
        return Ok(Look::Same { open: was_open });
    }
    turn(shop, (!found.is_empty()).then(|| shop.clock.now()), &found).await?;
    Ok(if found.is_empty() { Look::Opened } else { Look::Closed(found) })
}

async fn turn(shop: &Shop, closed_at: Option<Millis>, found: &[Violation]) -> Result<()> {
    let why = found.iter().map(|v| v.name).collect::<Vec<_>>().join("; ");
    shop.db
        .write((closed_at, why), |tx, (closed_at, why)| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO till (id, closed_at, why) VALUES (1, $1, $2)
                     ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, why = excluded.why",
                    args![*closed_at, why.as_str()],
                )
                .await?;
                Ok(())
            })
        })
        .await
}
