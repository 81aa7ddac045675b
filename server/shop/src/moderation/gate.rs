//! What is looked at before something is shown to others: who writes, how much he has written today, and what it says.

use super::Object;
use crate::{
    Result, Shop, args,
    db::{Read, Tx},
    error::broken_row,
    fold::fold,
    follow,
};
use domain::{
    Code, Millis, Problem,
    account::Role,
    id::PersonId,
    moderation::{
        Acts, Caught, Held, HeldView, Kind, MEMORY, Sanction, SanctionView, Trust,
        screen::{self, Words},
    },
    time::{DAY, HOUR},
};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The lists that the shop comes with.
pub(super) const BANNED: &str = include_str!("words/banned.txt");
pub(super) const SUPERLATIVE: &str = include_str!("words/superlative.txt");

/// The lists in force, as they were read last.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<Arc<Lists>>>);

/// The lists in force, ready to be looked for.
pub(crate) struct Lists {
    /// Of `banned` and `superlative`; 0 for the one that the shop came with.
    versions: [i64; 2],
    banned: Words,
    superlative: Words,
    /// Links to it lead nowhere else.
    host: String,
}

/// What stands in the lists now: one small question, and the lists only when there are newer ones.
pub(crate) async fn lists(shop: &Shop) -> Result<Arc<Lists>> {
    crate::row! {
        struct Version {
            banned: i64,
            superlative: i64,
        }
    }
    let now: Version = shop
        .db
        .fetch_one(
            "SELECT (SELECT COALESCE(MAX(version), 0) FROM word_list WHERE kind = 'banned') AS banned,
                    (SELECT COALESCE(MAX(version), 0) FROM word_list WHERE kind = 'superlative') AS superlative",
            args![],
        )
        .await?;
    let versions = [now.banned, now.superlative];
    let kept = shop.kept.words.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(kept) = kept.filter(|k| k.versions == versions) {
        return Ok(kept);
    }
    let banned = super::words::in_force(&shop.db, "banned").await?.words;
    let superlative = super::words::in_force(&shop.db, "superlative").await?.words;
    let fresh = Arc::new(Lists {
        versions,
        banned: Words::new(&banned, fold),
        superlative: Words::new(&superlative, fold),
        host: shop.settings.host.clone(),
    });
    *shop.kept.words.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fresh));
    Ok(fresh)
}

impl Lists {
    /// Why a text is not shown unseen, with the words that it is about; `ad`: what the advertising law says counts for it.
    pub(crate) fn look(&self, text: &str, ad: bool) -> Vec<(Caught, String)> {
        let folded = fold(text);
        let found = [
            (Caught::Words, self.banned.find(&folded)),
            (Caught::Contact, screen::contact(&folded)),
            (Caught::Link, screen::link(&folded, &self.host)),
            (Caught::Superlative, ad.then(|| self.superlative.find(&folded)).flatten()),
        ];
        found.into_iter().filter_map(|(caught, word)| Some((caught, word?))).collect()
    }
}

/// Asks the author to change what he can change himself; `insist`: he would rather have it looked at. What stays to be looked at.
///
/// # Errors
/// `screen_contact`, `screen_link`, `screen_superlative`, each with the words.
pub(crate) fn ask(found: Vec<(Caught, String)>, insist: bool) -> Result<Vec<Caught>, Problem> {
    match found.iter().find(|(caught, _)| !insist && *caught != Caught::Words) {
        Some(hit) => Err(problem(hit, "body")),
        None => Ok(found.into_iter().map(|(caught, _)| caught).collect()),
    }
}

fn problem((caught, word): &(Caught, String), field: &str) -> Problem {
    Problem::new(422, &format!("screen_{}", caught.name())).field(field).said(word)
}

/// A short text in which nothing is caught: those are changed by whoever writes them, not looked at by others.
///
/// # Errors
/// `screen_words`, `screen_contact`, `screen_link`.
pub(crate) fn clean(lists: &Lists, text: &str) -> Result<(), Problem> {
    lists.look(text, false).first().map_or(Ok(()), |hit| Err(problem(hit, "text")))
}

crate::row! {
    struct PauseRow {
        kind: String,
        ends_at: Option<i64>,
    }
}

/// How long somebody does not write, if he does not.
pub(super) async fn paused(mut read: impl Read, who: PersonId, now: Millis) -> Result<Option<SanctionView>> {
    let rows: Vec<PauseRow> = read
        .all(
            "SELECT kind, ends_at FROM sanction WHERE person_id = $1 AND lifted_at IS NULL AND (ends_at IS NULL OR ends_at > $2)
             ORDER BY COALESCE(ends_at, 9223372036854775807) DESC LIMIT 1",
            args![who, now],
        )
        .await?;
    let view = |r: PauseRow| {
        let kind: Sanction = r.kind.parse().map_err(|_| broken_row("sanction.kind"))?;
        Ok(SanctionView { kind, ends: r.ends_at, lifted: false })
    };
    rows.into_iter().next().map(view).transpose()
}

/// Whether somebody may write now.
///
/// # Errors
/// `paused` with the hours that are left, `paused_for_good`.
pub(crate) async fn may_write(read: impl Read, who: PersonId, now: Millis) -> Result<()> {
    match paused(read, who, now).await? {
        None => Ok(()),
        Some(SanctionView { ends: Some(ends), .. }) => {
            let hours = (ends - now + HOUR - 1) / HOUR;
            Err(Problem::new(403, "paused").number(hours).into())
        }
        Some(_) => Err(Problem::new(403, "paused_for_good").into()),
    }
}

/// What is known of an account, and whether it is of the shop's people.
pub(super) async fn acts(mut read: impl Read, who: PersonId, now: Millis) -> Result<(Acts, Role)> {
    crate::row! {
        struct Of {
            role: String,
            created_at: i64,
            orders: i64,
            liked_by: i64,
            helped: i64,
            removals: i64,
        }
    }
    let rows: Vec<Of> = read
        .all(
            "SELECT p.role, p.created_at,
                    (SELECT COUNT(*) FROM (SELECT 1 AS x FROM orders o WHERE o.person_id = p.id AND o.received_at IS NOT NULL LIMIT 100) a) AS orders,
                    (SELECT COUNT(*) FROM (SELECT DISTINCT l.person_id FROM post_like l JOIN post w ON w.id = l.post_id
                                           WHERE w.author_id = p.id AND l.person_id <> p.id LIMIT 100) b) AS liked_by,
                    (SELECT CAST(COALESCE(SUM(r.helpful), 0) AS BIGINT) FROM review r WHERE r.person_id = p.id AND r.removed = FALSE) AS helped,
                    (SELECT COUNT(*) FROM moderation_case c WHERE c.author_id = p.id AND c.decision = 'remove' AND c.decided_at > $2
                       AND (c.upheld IS NULL OR c.upheld = TRUE)) AS removals
             FROM person p WHERE p.id = $1",
            args![who, now - MEMORY],
        )
        .await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let acts = Acts {
        days: (now - row.created_at) / DAY,
        orders: row.orders,
        liked_by: row.liked_by,
        helped: row.helped,
        removals: row.removals,
    };
    Ok((acts, row.role.parse().map_err(|_| broken_row("person.role"))?))
}

/// What is counted in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quota {
    Posts,
    Comments,
}

/// Whether somebody has not written too much in a day for how much he is trusted. Asked for his acts only when he may have.
///
/// # Errors
/// `too_many_posts`, `too_many_comments`, each with how many he may.
pub(crate) async fn within(tx: &mut Tx, who: PersonId, quota: Quota, now: Millis) -> Result<()> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    // One after the other: what is written side by side is counted.
    follow::lock(tx, [who]).await?;
    let written: Count = match quota {
        Quota::Posts => {
            tx.fetch_one(
                "SELECT COUNT(*) AS n FROM post WHERE author_id = $1 AND published_at > $2",
                args![who, now - DAY],
            )
            .await?
        }
        Quota::Comments => {
            tx.fetch_one(
                "SELECT COUNT(*) AS n FROM comment WHERE author_id = $1 AND created_at > $2",
                args![who, now - DAY],
            )
            .await?
        }
    };
    let most = |trust: Trust| match quota {
        Quota::Posts => trust.posts_a_day(),
        Quota::Comments => trust.comments_a_day(),
    };
    if written.n < most(Trust::New) {
        return Ok(());
    }
    let (acts, role) = acts(&mut *tx, who, now).await?;
    let most = most(if role.is_staff() { Trust::Trusted } else { Trust::of(acts) });
    if written.n < most {
        return Ok(());
    }
    let code = match quota {
        Quota::Posts => "too_many_posts",
        Quota::Comments => "too_many_comments",
    };
    Err(Problem::new(429, code).number(most).into())
}

/// The open case of something; there is one then. `why`: what was caught in it now.
pub(crate) async fn open(
    tx: &mut Tx,
    shop: &Shop,
    object: &Object,
    why: &[Caught],
    now: Millis,
) -> Result<(Uuid, Code)> {
    crate::row! {
        struct Open {
            id: Uuid,
            code: String,
        }
    }
    let names: Vec<&str> = why.iter().map(|c| c.name()).collect();
    let [post, comment, review, ask, room] = object.thing.columns();
    tx.execute(
        "INSERT INTO moderation_case (id, code, kind, post_id, comment_id, review_id, ask_id, room_id, author_id, state, said, opened_at, caught)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11, $12) ON CONFLICT DO NOTHING",
        args![
            shop.rng.id(now),
            shop.rng.code().as_str(),
            object.thing.kind().name(),
            post,
            comment,
            review,
            ask,
            room,
            object.author,
            object.said.as_str(),
            now,
            names.join(" ")
        ],
    )
    .await?;
    if !names.is_empty() {
        tx.execute(
            "UPDATE moderation_case SET said = $1, caught = $2 WHERE COALESCE(room_id, ask_id, review_id, comment_id, post_id) = $3 AND state = 'open'",
            args![object.said.as_str(), names.join(" "), object.thing.id()],
        )
        .await?;
    }
    let row: Option<Open> = tx
        .fetch_optional(
            "SELECT id, code FROM moderation_case WHERE COALESCE(room_id, ask_id, review_id, comment_id, post_id) = $1 AND state = 'open'",
            args![object.thing.id()],
        )
        .await?;
    // Somebody decided it in this moment.
    let row = row.ok_or_else(|| Problem::new(409, "case_moved"))?;
    Ok((row.id, row.code.parse().map_err(|_| broken_row("moderation_case.code"))?))
}

/// There is nothing left to decide about something that its author has deleted: a post and all that is said below it, or one comment.
pub(crate) async fn moot(tx: &mut Tx, post: Uuid, comment: Option<Uuid>, now: Millis) -> Result<()> {
    match comment {
        Some(comment) => {
            tx.execute(
                "UPDATE moderation_case SET state = 'decided', decision = 'moot', decided_at = $1 WHERE COALESCE(room_id, ask_id, review_id, comment_id, post_id) = $2 AND state = 'open'",
                args![now, comment],
            )
            .await?
        }
        None => {
            tx.execute(
                "UPDATE moderation_case SET state = 'decided', decision = 'moot', decided_at = $1 WHERE post_id = $2 AND state = 'open'",
                args![now, post],
            )
            .await?
        }
    };
    Ok(())
}

/// The same for a question or an answer that its author has taken back.
pub(crate) async fn moot_ask(tx: &mut Tx, ask: Uuid, now: Millis) -> Result<()> {
    tx.execute(
        "UPDATE moderation_case SET state = 'decided', decision = 'moot', decided_at = $1 WHERE ask_id = $2 AND state = 'open'",
        args![now, ask],
    )
    .await?;
    Ok(())
}

/// What was caught in a post is not there any more: whether nobody needs to look at it now. What somebody has reported is looked at.
pub(crate) async fn nothing_left(tx: &mut Tx, post: Uuid, now: Millis) -> Result<bool> {
    crate::row! {
        struct Open {
            n: i64,
        }
    }
    tx.execute(
        "UPDATE moderation_case SET state = 'decided', decision = 'moot', decided_at = $1
         WHERE COALESCE(room_id, ask_id, review_id, comment_id, post_id) = $2 AND reports = 0 AND state = 'open'",
        args![now, post],
    )
    .await?;
    let open: Open = tx
        .fetch_one(
            "SELECT COUNT(*) AS n FROM moderation_case WHERE COALESCE(room_id, ask_id, review_id, comment_id, post_id) = $1 AND state = 'open'",
            args![post],
        )
        .await?;
    Ok(open.n == 0)
}

/// How a post that is held back stands with moderation; `mine`: its author sees its case.
pub(crate) async fn held_view(shop: &Shop, post: Uuid, held: Held, mine: bool) -> Result<HeldView> {
    crate::row! {
        struct Of {
            code: String,
            caught: String,
            reason: Option<String>,
        }
    }
    let row: Option<Of> = shop
        .db
        .fetch_optional(
            "SELECT code, caught, reason FROM moderation_case WHERE post_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1",
            args![post, Kind::Post.name()],
        )
        .await?;
    let Some(row) = row else { return Err(broken_row("post.held")) };
    Ok(HeldView {
        held,
        caught: if mine { super::caught(&row.caught) } else { Vec::new() },
        reason: super::named(row.reason.as_deref(), "moderation_case.reason")?,
        case: row.code.parse().ok().filter(|_| mine),
    })
}
