//! The desk: the queue, one case with what is around it, the decision, the appeal, the judgement.

use super::{Row, Standing, Thing, caught, find, gate, named, thing};
use crate::{
    Error, Result, Shop, account, args, audit,
    db::{Read, Tx},
    error::broken_row,
    inbox, post,
};
use domain::{
    Code, Millis, Problem,
    catalog::Cursor,
    id::PersonId,
    moderation::{
        AppealView, CaseCard, CaseView, Decision, DeskCaseView, Held, JudgedView, QueueView, Reason, SaidView,
        Sanction, SanctionView, Shelf, State, SuspectView, Trust, ladder, may_appeal, text,
    },
};
use std::collections::HashSet;
use uuid::Uuid;

/// Cases on one page of the queue, and of somebody's past ones.
const PAGE: i64 = 20;

crate::row! {
    struct Card {
        id: Uuid,
        code: String,
        kind: String,
        state: String,
        said: String,
        author_id: Uuid,
        reports: i64,
        weight: i64,
        reason: Option<String>,
        caught: String,
        decision: Option<String>,
        overturned: bool,
        at: i64,
    }
}

async fn cards(shop: &Shop, rows: Vec<Card>) -> Result<Vec<CaseCard>> {
    let people: Vec<Uuid> = rows.iter().map(|r| r.author_id).collect::<HashSet<_>>().into_iter().collect();
    let names = account::names(shop, &people).await?;
    rows.into_iter()
        .map(|r| {
            Ok(CaseCard {
                code: r.code.parse().map_err(|_| broken_row("moderation_case.code"))?,
                kind: r.kind.parse().map_err(|_| broken_row("moderation_case.kind"))?,
                state: r.state.parse().map_err(|_| broken_row("moderation_case.state"))?,
                said: r.said.chars().take(120).collect(),
                author: names.get(&r.author_id).cloned().unwrap_or_default(),
                reports: r.reports,
                reason: named(r.reason.as_deref(), "report.reason")?,
                caught: caught(&r.caught),
                decision: named(r.decision.as_deref(), "moderation_case.decision")?,
                overturned: r.overturned,
                at: r.at,
            })
        })
        .collect()
}

async fn waiting(mut read: impl Read, me: PersonId) -> Result<(i64, i64)> {
    crate::row! {
        struct Counts {
            open: i64,
            appealed: i64,
        }
    }
    let rows: Vec<Counts> = read
        .all(
            "SELECT (SELECT COUNT(*) FROM moderation_case WHERE state = 'open' AND author_id <> $1) AS open,
                    (SELECT COUNT(*) FROM moderation_case WHERE state = 'appealed' AND author_id <> $1) AS appealed",
            args![me],
        )
        .await?;
    Ok(rows.first().map_or((0, 0), |c| (c.open, c.appealed)))
}

/// A part of the queue, without what is mine: what is urgent and what most people have reported first, then what waits longest;
/// appeals in their order; what is done, the newest first. `after`: where the page before ended.
///
/// # Errors
/// What the database says.
pub async fn queue(shop: &Shop, me: PersonId, shelf: Shelf, after: &str) -> Result<QueueView> {
    let from: Option<Cursor> = after.parse().ok();
    let mut rows: Vec<Card> = match shelf {
        Shelf::Open => {
            let from = from.unwrap_or(Cursor { value: i64::MAX, id: Uuid::nil() });
            shop.db
                .fetch_all(
                    "SELECT c.id, c.code, c.kind, c.state, c.said, c.author_id, c.reports, c.weight, c.caught, c.decision, FALSE AS overturned, c.opened_at AS at,
                            (SELECT r.reason FROM report r WHERE r.case_id = c.id GROUP BY r.reason ORDER BY COUNT(*) DESC, r.reason LIMIT 1) AS reason
                     FROM moderation_case c WHERE c.state = 'open' AND c.author_id <> $4 AND (c.weight < $1 OR (c.weight = $1 AND c.id > $2))
                     ORDER BY c.weight DESC, c.id LIMIT $3",
                    args![from.value, from.id, PAGE + 1, me],
                )
                .await?
        }
        Shelf::Appealed => {
            let from = from.unwrap_or(Cursor { value: 0, id: Uuid::nil() });
            shop.db
                .fetch_all(
                    "SELECT c.id, c.code, c.kind, c.state, c.said, c.author_id, c.reports, c.weight, c.caught, c.decision, FALSE AS overturned, c.appealed_at AS at, c.reason
                     FROM moderation_case c WHERE c.state = 'appealed' AND c.author_id <> $4 AND (c.appealed_at, c.id) > ($1, $2)
                     ORDER BY c.appealed_at, c.id LIMIT $3",
                    args![from.value, from.id, PAGE + 1, me],
                )
                .await?
        }
        Shelf::Done => {
            let from = from.unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
            shop.db
                .fetch_all(
                    "SELECT c.id, c.code, c.kind, c.state, c.said, c.author_id, c.reports, c.weight, c.caught, c.decision, (c.upheld IS NOT NULL AND c.upheld = FALSE) AS overturned, c.decided_at AS at, c.reason
                     FROM moderation_case c WHERE c.decided_at IS NOT NULL AND c.state <> 'appealed' AND c.author_id <> $4 AND (c.decided_at, c.id) < ($1, $2)
                     ORDER BY c.decided_at DESC, c.id DESC LIMIT $3",
                    args![from.value, from.id, PAGE + 1, me],
                )
                .await?
        }
    };
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    rows.truncate(usize::try_from(PAGE).unwrap_or(20));
    let value = |r: &Card| if shelf == Shelf::Open { r.weight } else { r.at };
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: value(r), id: r.id }.written());
    let (open, appealed) = waiting(&shop.db, me).await?;
    Ok(QueueView { shelf, open, appealed, cases: cards(shop, rows).await?, next })
}

async fn sanction_of(mut read: impl Read, case: Uuid) -> Result<Option<SanctionView>> {
    crate::row! {
        struct Of {
            kind: String,
            ends_at: Option<i64>,
            lifted_at: Option<i64>,
        }
    }
    let rows: Vec<Of> =
        read.all("SELECT kind, ends_at, lifted_at FROM sanction WHERE case_id = $1", args![case]).await?;
    let view = |r: Of| {
        let kind: Sanction = r.kind.parse().map_err(|_| broken_row("sanction.kind"))?;
        Ok(SanctionView { kind, ends: r.ends_at, lifted: r.lifted_at.is_some() })
    };
    rows.into_iter().next().map(view).transpose()
}

/// What something said when somebody reported it, if he did.
async fn reported_as(mut read: impl Read, case: Uuid, who: PersonId) -> Result<Option<String>> {
    crate::row! {
        struct Of {
            said: String,
        }
    }
    let rows: Vec<Of> =
        read.all("SELECT said FROM report WHERE case_id = $1 AND person_id = $2", args![case, who]).await?;
    Ok(rows.into_iter().next().map(|r| r.said))
}

/// A case as its author (`mine`) sees it, or somebody who reported it; `said`: what it said for him.
async fn view(shop: &Shop, row: &Row, standing: &Standing, mine: bool, said: String) -> Result<CaseView> {
    let (state, decision) = (row.state()?, row.decision()?);
    let judged = match (row.upheld, row.judged_at) {
        (Some(upheld), Some(at)) => Some(JudgedView { upheld, note: row.judged_note.clone(), at }),
        _ => None,
    };
    let appeal = row.appeal.clone().zip(row.appealed_at).map(|(text, at)| AppealView { text, at, judged });
    let decided = row.decided_at;
    Ok(CaseView {
        code: row.code()?,
        kind: row.thing()?.kind(),
        state,
        said,
        // What is held back is nobody's but its author's.
        link: standing.link.clone().filter(|_| mine || standing.held.is_none()),
        opened: row.opened_at,
        decision,
        overturned: row.upheld == Some(false),
        decided,
        reason: row.reason()?,
        caught: if mine { caught(&row.caught) } else { Vec::new() },
        note: if mine { row.note.clone() } else { String::new() },
        sanction: if mine { sanction_of(&shop.db, row.id).await? } else { None },
        appeal: appeal.filter(|_| mine),
        may_appeal: mine && may_appeal(state, decision, decided.unwrap_or(0), shop.clock.now()),
    })
}

/// A case, for its author once there is something to tell him, and for those who reported it.
///
/// # Errors
/// `not_found`.
pub async fn case(shop: &Shop, me: PersonId, code: &Code) -> Result<CaseView> {
    let row = find(&shop.db, code).await?.ok_or_else(Problem::not_found)?;
    // That others have reported something is not told before it is decided; that it was caught is.
    let mine = row.author_id == me.0 && (row.state()? != State::Open || !row.caught.is_empty());
    let standing = thing::standing(&shop.db, row.thing()?).await?;
    let said = if mine {
        row.said.clone()
    } else {
        // What he saw when he reported it, as long as its author lets it stand.
        let then = reported_as(&shop.db, row.id, me).await?.ok_or_else(Problem::not_found)?;
        if standing.code.is_some() { then } else { String::new() }
    };
    view(shop, &row, &standing, mine, said).await
}

/// A case at the desk, with what is around it.
///
/// # Errors
/// `not_found`.
pub async fn desk(shop: &Shop, me: PersonId, code: &Code) -> Result<DeskCaseView> {
    crate::row! {
        struct Said {
            person_id: Uuid,
            reason: String,
            text: String,
            said: String,
            at: i64,
        }
    }
    crate::row! {
        struct Next {
            code: String,
        }
    }
    crate::row! {
        struct Around {
            weight: i64,
            reason: Option<String>,
            earlier: bool,
        }
    }
    // Who reported it is not for whoever wrote it, whatever he may do here.
    let row = find(&shop.db, code).await?.filter(|r| r.author_id != me.0).ok_or_else(Problem::not_found)?;
    let now = shop.clock.now();
    let state = row.state()?;
    let waits = matches!(state, State::Open | State::Appealed);
    let mut standing = thing::standing(&shop.db, row.thing()?).await?;
    if !waits {
        // It is decided: what became of it is its author's business.
        standing = Standing { title: String::new(), text: String::new(), ..standing };
    }
    let around: Around = shop
        .db
        .fetch_one(
            "SELECT c.weight,
                    (SELECT r.reason FROM report r WHERE r.case_id = c.id GROUP BY r.reason ORDER BY COUNT(*) DESC, r.reason LIMIT 1) AS reason,
                    EXISTS (SELECT 1 FROM post_version v WHERE v.post_id = c.post_id AND c.kind = 'post' AND v.visibility <> 'private'
                              AND v.version < (SELECT MAX(w.version) FROM post_version w WHERE w.post_id = c.post_id)) AS earlier
             FROM moderation_case c WHERE c.id = $1",
            args![row.id],
        )
        .await?;
    let said: Vec<Said> = shop
        .db
        .fetch_all(
            "SELECT person_id, reason, text, said, at FROM report WHERE case_id = $1 ORDER BY at, person_id LIMIT 50",
            args![row.id],
        )
        .await?;
    let past: Vec<Card> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.kind, c.state, c.said, c.author_id, c.reports, c.weight, c.caught, c.decision, (c.upheld IS NOT NULL AND c.upheld = FALSE) AS overturned, c.decided_at AS at, c.reason
             FROM moderation_case c WHERE c.author_id = $1 AND c.decided_at IS NOT NULL AND c.id <> $2 ORDER BY c.decided_at DESC LIMIT $3",
            args![row.author_id, row.id, PAGE],
        )
        .await?;
    let log = audit::of(&shop.db, code.as_str()).await?;
    let people: HashSet<Uuid> = said.iter().map(|s| s.person_id).chain(log.iter().map(|(who, _)| *who)).collect();
    let names = account::names(shop, &people.into_iter().collect::<Vec<_>>()).await?;
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let author = PersonId(row.author_id);
    let (handle, called) = account::faces(shop, &[author.0]).await?.remove(&author.0).unwrap_or_default();
    let (acts, role) = gate::acts(&shop.db, author, now).await?;
    let trust = if role.is_staff() { Trust::Trusted } else { Trust::of(acts) };
    let own = reported_as(&shop.db, row.id, me).await?.is_some();
    let mine_to_do = !own && (state == State::Open || (state == State::Appealed && row.decided_by != Some(me.0)));
    let next: Option<Next> = shop
        .db
        .fetch_optional(
            "SELECT c.code FROM moderation_case c WHERE c.state = $1 AND c.id <> $2 AND c.author_id <> $3
               AND (c.decided_by IS NULL OR c.decided_by <> $3)
               AND NOT EXISTS (SELECT 1 FROM report r WHERE r.case_id = c.id AND r.person_id = $3)
             ORDER BY CASE WHEN c.weight < $4 OR (c.weight = $4 AND c.id > $2) THEN 0 ELSE 1 END, c.weight DESC, c.id LIMIT 1",
            args![if row.appealed_at.is_some() { "appealed" } else { "open" }, row.id, me, around.weight],
        )
        .await?;
    let mut case = view(shop, &row, &standing, true, row.said.clone()).await?;
    case.may_appeal = false;
    if standing.held.is_some() && !matches!(row.thing()?, Thing::Room(_)) {
        // Its page is its author's alone; what it says stands here. What a room showed can only be looked at.
        case.link = None;
    }
    let pictures =
        if waits && !standing.title.is_empty() { thing::pictures(shop, row.thing()?).await? } else { Vec::new() };
    let now_said = [standing.title.as_str(), standing.text.as_str()].join("\n").trim().to_owned();
    Ok(DeskCaseView {
        case,
        title: standing.title,
        text: standing.text,
        pictures,
        held: standing.held == Some(Held::Review),
        saw: standing.changed,
        suspect: SuspectView { handle, name: called, acts, trust, paused: gate::paused(&shop.db, author, now).await? },
        reports: said
            .into_iter()
            .map(|s| {
                let reason = s.reason.parse().map_err(|_| broken_row("report.reason"))?;
                let then = Some(s.said).filter(|said| waits && *said != now_said);
                Ok(SaidView { name: name(s.person_id), reason, text: s.text, then, at: s.at })
            })
            .collect::<Result<_>>()?,
        history: cards(shop, past).await?,
        log: log
            .into_iter()
            .map(|(who, mut entry)| {
                entry.name = name(who);
                entry
            })
            .collect(),
        proposed: ladder(acts.removals + 1),
        reason: named(around.reason.as_deref(), "report.reason")?,
        earlier: around.earlier,
        mine_to_do,
        next: next.map(|n| n.code.parse().map_err(|_| broken_row("moderation_case.code"))).transpose()?,
    })
}

/// What somebody decides.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Keep or remove.
    pub decision: Decision,
    /// With a removal.
    pub reason: Option<Reason>,
    pub sanction: Sanction,
    /// To the author.
    pub note: String,
    /// When what he saw was changed last.
    pub saw: Millis,
    /// Nobody else reads the earlier texts of a post that stays.
    pub hide_earlier: bool,
}

/// Whether somebody may decide about a case at all.
async fn allowed(tx: &mut Tx, me: PersonId, row: &Row) -> Result<()> {
    if row.author_id == me.0 || reported_as(&mut *tx, row.id, me).await?.is_some() {
        return Err(Error::problem(403, "case_not_yours"));
    }
    Ok(())
}

async fn tell_reporters(tx: &mut Tx, shop: &Shop, case: Uuid, code: &Code, kind: &str, now: Millis) -> Result<()> {
    crate::row! {
        struct Of {
            person_id: Uuid,
        }
    }
    let people: Vec<Of> =
        tx.fetch_all("SELECT person_id FROM report WHERE case_id = $1 ORDER BY person_id", args![case]).await?;
    for person in people {
        inbox::tell_of_case(tx, shop, PersonId(person.person_id), kind, code, now).await?;
    }
    Ok(())
}

/// Decides about a case. The same again by the same person changes nothing.
///
/// # Errors
/// `not_found`, `case_not_yours` for one's own or what one reported, `case_moved` when somebody else was faster or it has changed since
/// it was seen, `reason_needed`, `text_long`.
pub async fn decide(shop: &Shop, me: PersonId, code: &Code, verdict: Verdict) -> Result<()> {
    let note = text(&verdict.note)?;
    if verdict.decision == Decision::Remove && verdict.reason.is_none() {
        return Err(Problem::new(422, "reason_needed").field("reason").into());
    }
    let input = (shop.clone(), me, code.clone(), Verdict { note, ..verdict }, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, verdict, now)| {
            Box::pin(async move {
                let row = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
                allowed(tx, *me, &row).await?;
                thing::lock(tx, row.thing()?).await?;
                let standing = thing::standing(&mut *tx, row.thing()?).await?;
                let row = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
                if row.decided_by == Some(me.0) && row.decision()? == Some(verdict.decision) {
                    return Ok(());
                }
                if row.state()? != State::Open || standing.link.is_none() || standing.changed > verdict.saw {
                    return Err(Error::problem(409, "case_moved"));
                }
                let removed = verdict.decision == Decision::Remove;
                let said = format!("{}\n{}", standing.title, standing.text).trim().to_owned();
                let said = if said.is_empty() { row.said.clone() } else { said };
                let decided = tx
                    .execute(
                        "UPDATE moderation_case SET state = 'decided', decision = $1, reason = $2, note = $3, said = $4, decided_by = $5, decided_at = $6
                         WHERE id = $7 AND state = 'open'",
                        args![
                            verdict.decision.name(),
                            verdict.reason.filter(|_| removed).map(|r| r.name().to_owned()),
                            verdict.note.as_str(),
                            said.as_str(),
                            *me,
                            *now,
                            row.id
                        ],
                    )
                    .await?;
                if decided == 0 {
                    return Err(Error::problem(409, "case_moved"));
                }
                let author = PersonId(row.author_id);
                let about = row.thing()?;
                match (removed, about) {
                    (true, _) => {
                        thing::take_down(tx, shop, about, &standing, *now).await?;
                        let kind = match about {
                            Thing::Post(_) => "post_removed",
                            Thing::Comment { .. } => "comment_removed",
                            Thing::Review(_) => "review_removed",
                            Thing::Question(_) | Thing::Answer(_) => "question_removed",
                            Thing::Room(_) => "room_removed",
                        };
                        inbox::tell_of_case(tx, shop, author, kind, code, *now).await?;
                    }
                    (false, Thing::Post(post)) => {
                        if standing.held.is_some() {
                            thing::put_back(tx, shop, about, &standing, "", *now).await?;
                            inbox::tell_of_case(tx, shop, author, "post_released", code, *now).await?;
                        }
                        if verdict.hide_earlier {
                            post::hide_earlier(tx, post).await?;
                        }
                    }
                    (false, _) => {}
                }
                if removed && verdict.sanction != Sanction::None {
                    tx.execute(
                        "INSERT INTO sanction (case_id, person_id, kind, begins_at, ends_at) VALUES ($1, $2, $3, $4, $5)",
                        args![row.id, author, verdict.sanction.name(), *now, verdict.sanction.ends(*now)],
                    )
                    .await?;
                }
                let kind = if removed { "report_removed" } else { "report_kept" };
                tell_reporters(tx, shop, row.id, code, kind, *now).await?;
                let reason = verdict.reason.filter(|_| removed).map_or("", Reason::name);
                let sanction = if removed { verdict.sanction.name() } else { "" };
                let earlier = if !removed && verdict.hide_earlier { "hide_earlier" } else { "" };
                let detail = format!("{} {reason} {sanction}{earlier}", verdict.decision.name()).trim().to_owned();
                audit::note(tx, *me, "decide", code.as_str(), &detail, *now).await
            })
        })
        .await
}

/// The author of what was removed says why it should not have been.
///
/// # Errors
/// `not_found`, `appeal_late`, `text_needed`, `text_long`.
pub async fn appeal(shop: &Shop, me: PersonId, code: &Code, said: &str) -> Result<()> {
    let said = text(said)?;
    if said.is_empty() {
        return Err(Problem::new(422, "text_needed").field("text").into());
    }
    shop.db
        .write((me, code.clone(), said, shop.clock.now()), |tx, (me, code, said, now)| {
            Box::pin(async move {
                let row = find(&mut *tx, code).await?.filter(|r| r.author_id == me.0).ok_or_else(Problem::not_found)?;
                if row.state()? == State::Appealed {
                    return Ok(());
                }
                if !may_appeal(row.state()?, row.decision()?, row.decided_at.unwrap_or(0), *now) {
                    return Err(Error::problem(409, "appeal_late"));
                }
                tx.execute(
                    "UPDATE moderation_case SET state = 'appealed', appeal = $1, appealed_at = $2 WHERE id = $3 AND state = 'decided'",
                    args![said.as_str(), *now, row.id],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Somebody else judges an appeal: the decision stands, or all of it is undone.
///
/// # Errors
/// `not_found`; `case_not_yours` for whoever decided, wrote or reported it; `case_moved`, `text_long`.
pub async fn judge(shop: &Shop, me: PersonId, code: &Code, upheld: bool, said: &str) -> Result<()> {
    let said = text(said)?;
    let input = (shop.clone(), me, code.clone(), upheld, said, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, upheld, said, now)| {
            Box::pin(async move {
                let row = find(&mut *tx, code).await?.ok_or_else(Problem::not_found)?;
                allowed(tx, *me, &row).await?;
                if row.decided_by == Some(me.0) {
                    return Err(Error::problem(403, "case_not_yours"));
                }
                thing::lock(tx, row.thing()?).await?;
                let judged = tx
                    .execute(
                        "UPDATE moderation_case SET state = 'closed', upheld = $1, judged_note = $2, judged_by = $3, judged_at = $4
                         WHERE id = $5 AND state = 'appealed'",
                        args![*upheld, said.as_str(), *me, *now, row.id],
                    )
                    .await?;
                if judged == 0 {
                    return Err(Error::problem(409, "case_moved"));
                }
                if !*upheld {
                    let standing = thing::standing(&mut *tx, row.thing()?).await?;
                    thing::put_back(tx, shop, row.thing()?, &standing, &row.said, *now).await?;
                    tx.execute(
                        "UPDATE sanction SET lifted_at = $1 WHERE case_id = $2 AND lifted_at IS NULL",
                        args![*now, row.id],
                    )
                    .await?;
                }
                let kind = if *upheld { "appeal_refused" } else { "appeal_granted" };
                inbox::tell_of_case(tx, shop, PersonId(row.author_id), kind, code, *now).await?;
                let detail = if *upheld { "upheld" } else { "overturned" };
                audit::note(tx, *me, "judge", code.as_str(), detail, *now).await
            })
        })
        .await
}
