//! What was reported and decided lately, for everybody to read.

use super::named;
use crate::{Result, Shop, args, error::broken_row};
use domain::{
    moderation::{CountView, TransparencyView},
    time::{DAY, MINUTE},
};

/// The days that are counted.
const DAYS: i64 = 90;

/// What was reported, caught and decided in the last [`DAYS`] days, and what waits now.
///
/// # Errors
/// What the database says.
pub async fn numbers(shop: &Shop) -> Result<TransparencyView> {
    crate::row! {
        struct Counts {
            reports: i64,
            reported: i64,
            caught: i64,
            kept: i64,
            removed: i64,
            moot: i64,
            waiting: i64,
            appeals: i64,
            overturned: i64,
            upheld: i64,
        }
    }
    crate::row! {
        struct Of {
            name: Option<String>,
            n: i64,
        }
    }
    crate::row! {
        struct Took {
            took: i64,
        }
    }
    let since = shop.clock.now() - DAYS * DAY;
    let c: Counts = shop
        .db
        .fetch_one(
            "SELECT (SELECT COUNT(*) FROM report WHERE at > $1) AS reports,
                    (SELECT COUNT(*) FROM moderation_case WHERE opened_at > $1 AND reports > 0) AS reported,
                    (SELECT COUNT(*) FROM moderation_case WHERE opened_at > $1 AND caught <> '') AS caught,
                    (SELECT COUNT(*) FROM moderation_case WHERE decided_at > $1 AND decision = 'keep') AS kept,
                    (SELECT COUNT(*) FROM moderation_case WHERE decided_at > $1 AND decision = 'remove') AS removed,
                    (SELECT COUNT(*) FROM moderation_case WHERE decided_at > $1 AND decision = 'moot') AS moot,
                    (SELECT COUNT(*) FROM moderation_case WHERE state IN ('open', 'appealed')) AS waiting,
                    (SELECT COUNT(*) FROM moderation_case WHERE appealed_at > $1) AS appeals,
                    (SELECT COUNT(*) FROM moderation_case WHERE judged_at > $1 AND upheld = FALSE) AS overturned,
                    (SELECT COUNT(*) FROM moderation_case WHERE judged_at > $1 AND upheld = TRUE) AS upheld",
            args![since],
        )
        .await?;
    let reasons: Vec<Of> = shop
        .db
        .fetch_all(
            "SELECT reason AS name, COUNT(*) AS n FROM moderation_case WHERE decided_at > $1 AND decision = 'remove'
             GROUP BY reason ORDER BY n DESC, reason",
            args![since],
        )
        .await?;
    let sanctions: Vec<Of> = shop
        .db
        .fetch_all(
            "SELECT kind AS name, COUNT(*) AS n FROM sanction WHERE begins_at > $1 GROUP BY kind ORDER BY n DESC, kind",
            args![since],
        )
        .await?;
    // The one in the middle of those that somebody decided.
    let middle = (c.kept + c.removed - 1) / 2;
    let took: Option<Took> = shop
        .db
        .fetch_optional(
            "SELECT decided_at - opened_at AS took FROM moderation_case WHERE decided_at > $1 AND decided_by IS NOT NULL
             ORDER BY decided_at - opened_at LIMIT 1 OFFSET $2",
            args![since, middle.max(0)],
        )
        .await?;
    let reasons = reasons.into_iter().map(|r| {
        let of =
            named(r.name.as_deref(), "moderation_case.reason")?.ok_or_else(|| broken_row("moderation_case.reason"))?;
        Ok(CountView { of, n: r.n })
    });
    let sanctions = sanctions.into_iter().map(|r| {
        let of = named(r.name.as_deref(), "sanction.kind")?.ok_or_else(|| broken_row("sanction.kind"))?;
        Ok(CountView { of, n: r.n })
    });
    Ok(TransparencyView {
        days: DAYS,
        reports: c.reports,
        reported: c.reported,
        caught: c.caught,
        kept: c.kept,
        removed: c.removed,
        moot: c.moot,
        waiting: c.waiting,
        // Rounded up: it was not faster.
        median: took.map(|t| (t.took + MINUTE - 1) / MINUTE),
        reasons: reasons.collect::<Result<_>>()?,
        sanctions: sanctions.collect::<Result<_>>()?,
        appeals: c.appeals,
        overturned: c.overturned,
        upheld: c.upheld,
    })
}
