//! Reports: somebody says that something should not be there.

use super::{Object, open, thing};
use crate::{Error, Result, Shop, account, args, db::Read, error::broken_row, follow};
use domain::{
    Code, Problem,
    group_buy::masked,
    id::{PersonId, PictureId},
    moderation::{Kind, REPORTS_A_DAY, Reason, ReportView, text},
    time::DAY,
};
use uuid::Uuid;

crate::row! {
    /// A case of the same thing in which somebody has reported it: the open one, or the last in which it stayed.
    struct Earlier {
        code: String,
        open: bool,
        kept: bool,
        decided_at: Option<i64>,
    }
}

async fn earlier(mut read: impl Read, me: PersonId, object: &Object) -> Result<Option<Earlier>> {
    let rows: Vec<Earlier> = read
        .all(
            "SELECT c.code, (c.state = 'open') AS open, (c.decision IS NOT NULL AND c.decision = 'keep') AS kept, c.decided_at
             FROM moderation_case c JOIN report r ON r.case_id = c.id
             WHERE COALESCE(c.room_id, c.ask_id, c.review_id, c.comment_id, c.post_id) = $1 AND r.person_id = $2
             ORDER BY CASE WHEN c.state = 'open' THEN 0 WHEN c.decision = 'keep' THEN 1 ELSE 2 END, c.decided_at DESC LIMIT 1",
            args![object.thing.id(), me],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// How many others a report of what is urgent weighs.
const URGENT: i64 = 1_000;

/// What I am about to report.
///
/// # Errors
/// `not_found`.
pub async fn form(shop: &Shop, me: PersonId, kind: Kind, code: &Code) -> Result<ReportView> {
    let found = thing::seen(&shop.db, me, kind, code).await?;
    // One that was looked at, and has not changed since, is answered.
    let reported = earlier(&shop.db, me, &found.object)
        .await?
        .filter(|e| e.open || (e.kept && e.decided_at.is_some_and(|at| found.changed <= at)));
    let reported = reported.map(|e| e.code.parse().map_err(|_| broken_row("moderation_case.code"))).transpose()?;
    let author = found.object.author;
    let name = account::names(shop, &[author]).await?.remove(&author).unwrap_or_default();
    Ok(ReportView {
        kind,
        code: code.clone(),
        author: if found.anonymous { masked(&name) } else { name },
        said: found.object.said.chars().take(140).collect(),
        link: found.link,
        own: author == me.0,
        reported,
    })
}

/// I report something; the case that it is in. The same again changes nothing.
///
/// # Errors
/// `not_found`, `report_own`, `report_answered` when I did, it was looked at and stayed, and it has not changed since;
/// `too_many_reports`, `text_long`.
pub async fn report(shop: &Shop, me: PersonId, kind: Kind, code: &Code, reason: Reason, said: &str) -> Result<Code> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let said = text(said)?;
    let input = (shop.clone(), me, kind, code.clone(), reason, said, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, kind, code, reason, said, now)| {
            Box::pin(async move {
                let found = thing::seen(&mut *tx, *me, *kind, code).await?;
                // As it stands now that nobody changes it.
                thing::lock(tx, found.object.thing).await?;
                let found = thing::seen(&mut *tx, *me, *kind, code).await?;
                follow::lock(tx, [*me]).await?;
                if found.object.author == me.0 {
                    return Err(Error::problem(409, "report_own"));
                }
                if let Some(known) = earlier(&mut *tx, *me, &found.object).await? {
                    if known.open {
                        return Ok(known.code.parse().map_err(|_| broken_row("moderation_case.code"))?);
                    }
                    if known.kept && known.decided_at.is_some_and(|at| found.changed <= at) {
                        return Err(Error::problem(409, "report_answered"));
                    }
                }
                let today: Count = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM report WHERE person_id = $1 AND at > $2",
                        args![*me, *now - DAY],
                    )
                    .await?;
                if today.n >= REPORTS_A_DAY {
                    return Err(Problem::new(429, "too_many_reports").number(REPORTS_A_DAY).into());
                }
                let (case, code) = open(tx, shop, &found.object, &[], *now).await?;
                let fresh = tx
                    .execute(
                        "INSERT INTO report (case_id, person_id, reason, text, said, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                        args![case, *me, reason.name(), said.as_str(), found.object.said.as_str(), *now],
                    )
                    .await?;
                if fresh == 1 {
                    let counted = tx
                        .execute(
                            "UPDATE moderation_case SET reports = reports + 1, weight = weight + $1 WHERE id = $2 AND state = 'open'",
                            args![if reason.is_urgent() { URGENT } else { 1 }, case],
                        )
                        .await?;
                    if counted == 0 {
                        return Err(Error::problem(409, "case_moved"));
                    }
                }
                Ok(code)
            })
        })
        .await
}

/// Whether a picture is of a post about which something waits: then those who decide look at it.
///
/// # Errors
/// What the database says.
pub async fn shows_picture(shop: &Shop, picture: PictureId) -> Result<bool> {
    crate::row! {
        struct Of {
            post_id: Uuid,
        }
    }
    let row: Option<Of> = shop
        .db
        .fetch_optional(
            "SELECT o.post_id FROM post_picture o JOIN moderation_case c ON c.post_id = o.post_id JOIN post p ON p.id = o.post_id
             WHERE (p.visibility <> 'private' OR p.held IS NOT NULL) AND o.picture_id = $1 AND c.kind = 'post' AND c.state IN ('open', 'appealed') LIMIT 1",
            args![picture],
        )
        .await?;
    Ok(row.is_some_and(|r| !r.post_id.is_nil()))
}
