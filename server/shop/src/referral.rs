//! Referral: who brought a new shopper, and the points that both get for it.
//!
//! Invariants: a person is brought once, by somebody else, who was not brought after that (so nobody is above himself); points
//! are booked once, when it is approved; at most thirty are approved for one inviter in a month; whoever shares a home or a
//! browser with his inviter, or with somebody else who was brought, waits for a decision of the shop. Locks: the two people,
//! after everything else. Deliberately absent: what points buy.

use crate::{
    Error, Result, Shop, account, address, args, audit,
    db::{Read, Tx},
    error::broken_row,
    inbox, job, ledger, mark, order, share,
};
use domain::{
    Code, Millis, Problem,
    address::Address,
    catalog::Cursor,
    group_buy::masked,
    id::PersonId,
    ledger::{Account, Balanced, Unit},
    referral::{
        A_MONTH, Decision, Evidence, FlaggedView, InvitationView, InvitedView, InviterView, ReferralsView, Shown,
        State, Terms, Verdict, judge, month, next_month,
    },
    share::Touches,
    time::DAY,
};
use std::str::FromStr;
use uuid::Uuid;

/// How long it is remembered what people have in common.
const KEPT: Millis = 183 * DAY;

/// Referrals on one page.
const PAGE: i64 = 50;

crate::row! {
    struct Count {
        n: i64,
    }
}

fn terms(shop: &Shop) -> Terms {
    Terms { inviter: shop.settings.inviter_points, invited: shop.settings.invited_points }
}

/// What the next person who is brought and his inviter get.
pub fn offered(shop: &Shop) -> Terms {
    terms(shop)
}

/// Somebody by whose link a new shopper came.
struct Inviter {
    share: Uuid,
    code: Code,
    by: PersonId,
    /// Of the click.
    at: Millis,
}

/// Who would be bound as the inviter of `me`. None for whoever has bought
/// before, was brought or asked before, or has brought somebody himself.
async fn inviter(
    shop: &Shop,
    mut read: impl Read,
    me: PersonId,
    touches: &Touches,
    now: Millis,
) -> Result<Option<Inviter>> {
    let Some((code, at)) = touches.clone().valid(now).first.filter(|_| terms(shop).any()) else { return Ok(None) };
    let Some((share, by)) = share::owner_of(&mut read, &code).await?.filter(|(_, by)| *by != me) else {
        return Ok(None);
    };
    let known: Vec<Count> = read
        .all(
            "SELECT COUNT(*) AS n FROM referral WHERE invited_id = $1 OR (inviter_id = $1 AND bound_at IS NOT NULL)",
            args![me],
        )
        .await?;
    if known.iter().any(|k| k.n > 0) || order::has_paid(&mut read, me).await? {
        return Ok(None);
    }
    Ok(Some(Inviter { share, code, by, at }))
}

/// What a new shopper is asked at his first checkout; none when there is nobody who brought him.
///
/// # Errors
/// What the database says.
pub async fn invitation(shop: &Shop, me: PersonId, touches: &Touches) -> Result<Option<InvitationView>> {
    if touches.first.is_none() {
        return Ok(None);
    }
    let Some(found) = inviter(shop, &shop.db, me, touches, shop.clock.now()).await? else { return Ok(None) };
    let by = account::names(shop, &[found.by.0]).await?.remove(&found.by.0).unwrap_or_default();
    Ok(Some(InvitationView { by, shown: Shown { share: found.code, terms: terms(shop) } }))
}

/// The answer to an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub accept: bool,
    /// What the question said; another one was not asked.
    pub shown: Shown,
    /// The mark of the browser that the link was opened in.
    pub browser: Option<Uuid>,
}

/// Binds whoever places his first order to his inviter, or keeps that he declined; in the transaction of the order.
pub(crate) async fn bind(
    tx: &mut Tx,
    shop: &Shop,
    me: PersonId,
    touches: &Touches,
    answer: &Answer,
    address: &Address,
    now: Millis,
) -> Result<()> {
    let Some(found) = inviter(shop, &mut *tx, me, touches, now).await? else { return Ok(()) };
    if answer.shown != (Shown { share: found.code, terms: terms(shop) }) {
        return Ok(());
    }
    // Two who invite each other at once: one of them is second.
    lock(tx, &[me, found.by]).await?;
    let Some(Inviter { share, by, at, .. }) = inviter(shop, &mut *tx, me, touches, now).await? else { return Ok(()) };
    // Clocks and waiting do not count: whoever brings somebody was bound before him.
    let above = find(&mut *tx, by).await?.and_then(|r| r.bound_at).unwrap_or(now);
    let (state, bound_at) = if answer.accept { (State::Bound, Some(now.max(above))) } else { (State::Void, None) };
    let Terms { inviter, invited } = answer.shown.terms;
    tx.execute(
        "INSERT INTO referral (invited_id, inviter_id, share_id, state, inviter_points, invited_points, clicked_at, bound_at, household, device)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, FALSE)",
        args![me, by, share, state.name(), inviter, invited, at, bound_at],
    )
    .await?;
    if !answer.accept {
        return Ok(());
    }
    for mark in [mark::address(shop, address), mark::phone(shop, &address.phone)] {
        remember(tx, me, &mark, "household", now).await?;
    }
    match answer.browser {
        Some(browser) => seen(tx, shop, me, browser, now).await,
        None => Ok(()),
    }
}

/// Somebody uses this browser. Nothing is kept where there are no referrals.
pub(crate) async fn seen(tx: &mut Tx, shop: &Shop, me: PersonId, browser: Uuid, now: Millis) -> Result<()> {
    if !terms(shop).any() {
        return Ok(());
    }
    remember(tx, me, &mark::device(shop, browser), "device", now).await
}

async fn remember(tx: &mut Tx, person: PersonId, mark: &[u8], kind: &str, now: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO person_mark (person_id, mark, kind, seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id, mark) DO UPDATE SET seen_at = excluded.seen_at",
        args![person, mark, kind, now],
    )
    .await?;
    Ok(())
}

/// Forgets what people have in common and was not seen for half a year.
///
/// # Errors
/// What the database says.
pub async fn sweep(shop: &Shop) -> Result<()> {
    shop.db
        .write(shop.clock.now() - KEPT, |tx, before| {
            Box::pin(async move {
                tx.execute("DELETE FROM person_mark WHERE seen_at < $1", args![*before]).await?;
                Ok(())
            })
        })
        .await
}

/// Locks people, the lowest id first.
async fn lock(tx: &mut Tx, people: &[PersonId]) -> Result<()> {
    let mut people = people.to_vec();
    people.sort_unstable_by_key(|p| p.0);
    for person in people {
        tx.execute("UPDATE person SET display_name = display_name WHERE id = $1", args![person]).await?;
    }
    Ok(())
}

/// I do not want anybody to get anything for having brought me.
///
/// # Errors
/// `not_found` when nobody brought me, `referral_over` when it is decided.
pub async fn decline(shop: &Shop, me: PersonId) -> Result<()> {
    let input = (me, shop.clock.now());
    shop.db
        .write(input, |tx, (me, now)| {
            Box::pin(async move {
                let declined = tx
                    .execute(
                        "UPDATE referral SET state = 'void', decided_at = $1 WHERE invited_id = $2 AND state = 'bound'",
                        args![*now, *me],
                    )
                    .await?;
                let state = match declined {
                    0 => find(&mut *tx, *me).await?.map(|r| r.state()).transpose()?,
                    _ => Some(State::Void),
                };
                match state {
                    Some(State::Void) => Ok(()),
                    Some(_) => Err(Error::problem(409, "referral_over")),
                    None => Err(Problem::not_found().into()),
                }
            })
        })
        .await
}

/// An order is completed, and something of it was kept: whoever was brought has qualified; in the transaction of the completion.
pub(crate) async fn qualify(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<()> {
    let me = order::buyer(tx, order).await?;
    let qualified = tx
        .execute(
            "UPDATE referral SET state = 'qualified', order_id = $1 WHERE invited_id = $2 AND state = 'bound'
               AND clicked_at <= (SELECT created_at FROM orders WHERE id = $1)",
            args![order, me],
        )
        .await?;
    if qualified == 0 {
        return Ok(());
    }
    job::enqueue(tx, shop, "referral", &me.0.simple().to_string(), &me.0.to_string(), now).await
}

crate::row! {
    struct ReferralRow {
        invited_id: Uuid,
        inviter_id: Uuid,
        state: String,
        inviter_points: i64,
        invited_points: i64,
        bound_at: Option<i64>,
    }
}

impl ReferralRow {
    fn state(&self) -> Result<State> {
        State::from_str(&self.state).map_err(|_| broken_row("referral.state"))
    }
}

async fn find(mut read: impl Read, invited: PersonId) -> Result<Option<ReferralRow>> {
    let rows: Vec<ReferralRow> = read
        .all(
            "SELECT invited_id, inviter_id, state, inviter_points, invited_points, bound_at FROM referral WHERE invited_id = $1",
            args![invited],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Decides about a referral that has qualified; a job calls it. A second call changes nothing.
///
/// # Errors
/// What the database says.
pub async fn settle(shop: &Shop, invited: Uuid) -> Result<()> {
    let invited = PersonId(invited);
    let Some(row) = find(&shop.db, invited).await?.filter(|r| r.state == State::Qualified.name()) else {
        return Ok(());
    };
    let mut homes = Vec::new();
    for person in [invited, PersonId(row.inviter_id)] {
        let book = address::list(shop, person).await?.into_iter().map(|a| a.address);
        let sent = order::sent_to(shop, person).await?;
        homes.extend(book.chain(sent).map(|a| (person, a)));
    }
    let marks: Vec<(PersonId, Vec<u8>)> =
        homes.iter().flat_map(|(p, a)| [(*p, mark::address(shop, a)), (*p, mark::phone(shop, &a.phone))]).collect();
    let input = (shop.clone(), row, marks, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, row, marks, now)| {
            Box::pin(async move {
                lock(tx, &[PersonId(row.inviter_id)]).await?;
                for (person, mark) in marks {
                    remember(tx, *person, mark, "household", *now).await?;
                }
                let evidence = evidence(tx, row).await?;
                match judge(evidence, approved(tx, shop, row.inviter_id, *now).await?) {
                    Verdict::Approve => approve(tx, shop, row, None, *now).await,
                    Verdict::Flag => {
                        tx.execute(
                            "UPDATE referral SET state = 'flagged', decided_at = $1, household = $2, device = $3 WHERE invited_id = $4 AND state = 'qualified'",
                            args![*now, evidence.household, evidence.device, row.invited_id],
                        )
                        .await?;
                        Ok(())
                    }
                    Verdict::Wait => {
                        let at = next_month(*now, shop.settings.utc_offset_minutes);
                        let key = format!("{}:{at}", row.invited_id.simple());
                        job::enqueue(tx, shop, "referral", &key, &row.invited_id.to_string(), at).await
                    }
                }
            })
        })
        .await
}

/// What the invited person has in common with his inviter, or with anybody else who was brought.
async fn evidence(tx: &mut Tx, row: &ReferralRow) -> Result<Evidence> {
    crate::row! {
        struct Kind {
            kind: String,
        }
    }
    let kinds: Vec<Kind> = tx
        .fetch_all(
            "SELECT DISTINCT m.kind FROM person_mark m JOIN person_mark o ON o.mark = m.mark AND o.person_id <> m.person_id
             WHERE m.person_id = $1 AND (o.person_id = $2
               OR EXISTS (SELECT 1 FROM referral r WHERE r.invited_id = o.person_id AND r.bound_at IS NOT NULL))",
            args![row.invited_id, row.inviter_id],
        )
        .await?;
    let has = |kind: &str| kinds.iter().any(|k| k.kind == kind);
    Ok(Evidence { household: has("household"), device: has("device") })
}

/// How many were approved for an inviter in the month of `now`. He is locked.
async fn approved(tx: &mut Tx, shop: &Shop, inviter: Uuid, now: Millis) -> Result<i64> {
    let month = month(now, shop.settings.utc_offset_minutes);
    let count: Option<Count> = tx
        .fetch_optional(
            "SELECT COUNT(*) AS n FROM referral WHERE inviter_id = $1 AND month = $2",
            args![inviter, month],
        )
        .await?;
    Ok(count.map_or(0, |c| c.n))
}

/// Both get their points, if it still stands as `row` says. The inviter is locked. `by`: whoever of the shop decided.
async fn approve(tx: &mut Tx, shop: &Shop, row: &ReferralRow, by: Option<PersonId>, now: Millis) -> Result<()> {
    let ordinal = approved(tx, shop, row.inviter_id, now).await? + 1;
    let done = tx
        .execute(
            "UPDATE referral SET state = 'approved', decided_at = $1, month = $2, ordinal = $3, decided_by = $4
             WHERE invited_id = $5 AND state = $6 AND state IN ('qualified', 'flagged')",
            args![
                now,
                month(now, shop.settings.utc_offset_minutes),
                ordinal,
                by.map(|p| p.0),
                row.invited_id,
                row.state.as_str()
            ],
        )
        .await?;
    if done == 0 {
        return Ok(());
    }
    let (inviter, invited) = (PersonId(row.inviter_id), PersonId(row.invited_id));
    let given = row.inviter_points.checked_add(row.invited_points).ok_or_else(Problem::internal)?;
    let entries = [
        (Account::Points(inviter), -row.inviter_points),
        (Account::Points(invited), -row.invited_points),
        (Account::PointsGiven, given),
    ];
    ledger::post(tx, shop, "referral", row.invited_id, &Balanced::of(Unit::Points, entries)?, now).await?;
    for (person, kind, points) in
        [(inviter, "referral_approved", row.inviter_points), (invited, "referral_welcome", row.invited_points)]
    {
        if points > 0 {
            inbox::tell_of_points(tx, shop, person, kind, points, now).await?;
        }
    }
    Ok(())
}

/// The shop decides about a flagged referral. A second, equal decision changes nothing.
///
/// # Errors
/// `not_found`, `forbidden` for one's own, `referral_over` when it was decided otherwise, `referral_month` when the inviter's month
/// is full.
pub async fn decide(shop: &Shop, by: PersonId, invited: PersonId, decision: Decision) -> Result<()> {
    let input = (shop.clone(), by, invited, decision, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, by, invited, decision, now)| {
            Box::pin(async move {
                let row = find(&mut *tx, *invited).await?.ok_or_else(Problem::not_found)?;
                if [row.inviter_id, row.invited_id].contains(&by.0) {
                    return Err(Problem::forbidden().into());
                }
                lock(tx, &[PersonId(row.inviter_id)]).await?;
                let row = find(&mut *tx, *invited).await?.ok_or_else(Problem::not_found)?;
                let wanted = match decision {
                    Decision::Approve => State::Approved,
                    Decision::Refuse => State::Void,
                };
                match row.state()? {
                    State::Flagged => {}
                    state if state == wanted => return Ok(()),
                    State::Bound | State::Qualified => return Err(Problem::not_found().into()),
                    State::Approved | State::Void => return Err(Error::problem(409, "referral_over")),
                }
                if wanted == State::Approved {
                    if approved(tx, shop, row.inviter_id, *now).await? >= A_MONTH {
                        return Err(Problem::new(409, "referral_month").number(A_MONTH).into());
                    }
                    approve(tx, shop, &row, Some(*by), *now).await?;
                    return audit::note(tx, *by, "approve_referral", &invited.0.simple().to_string(), "", *now).await;
                }
                tx.execute(
                    "UPDATE referral SET state = 'void', decided_at = $1, decided_by = $2 WHERE invited_id = $3 AND state = 'flagged'",
                    args![*now, *by, row.invited_id],
                )
                .await?;
                inbox::tell_of_points(tx, shop, PersonId(row.inviter_id), "referral_refused", 0, *now).await?;
                audit::note(tx, *by, "refuse_referral", &invited.0.simple().to_string(), "", *now).await
            })
        })
        .await
}

/// My points, whom I brought (the latest first; `after`: where the page before ended), and who brought me.
///
/// # Errors
/// What the database says.
pub async fn mine(shop: &Shop, me: PersonId, after: &str) -> Result<ReferralsView> {
    crate::row! {
        struct Row {
            invited_id: Uuid,
            state: String,
            inviter_points: i64,
            bound_at: i64,
        }
    }
    let cursor = after.parse().unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
    let mut rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT invited_id, state, inviter_points, bound_at FROM referral
             WHERE inviter_id = $1 AND (bound_at, invited_id) < ($2, $3) ORDER BY bound_at DESC, invited_id DESC LIMIT $4",
            args![me, cursor.value, cursor.id, PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    if more {
        rows.pop();
    }
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.bound_at, id: r.invited_id }.written());
    let brought_me = find(&shop.db, me).await?.filter(|r| r.bound_at.is_some());
    let people: Vec<Uuid> = rows.iter().map(|r| r.invited_id).chain(brought_me.iter().map(|r| r.inviter_id)).collect();
    let names = account::names(shop, &people).await?;
    let name = |id: &Uuid| names.get(id).cloned().unwrap_or_default();
    let balance = ledger::balances(shop, &Account::Points(me).name()).await?;
    let by = match brought_me {
        Some(row) => {
            let (state, terms) = (row.state()?, Terms { inviter: row.inviter_points, invited: row.invited_points });
            Some(InviterView { name: name(&row.inviter_id), state, terms, may_decline: state == State::Bound })
        }
        None => None,
    };
    let invited = rows.into_iter().map(|row| {
        let state = row.state.parse().map_err(|_| broken_row("referral.state"))?;
        let name = masked(&name(&row.invited_id));
        Ok(InvitedView { name, state, points: row.inviter_points, at: row.bound_at })
    });
    Ok(ReferralsView {
        points: balance.first().map_or(0, |(_, amount)| -amount),
        terms: terms(shop),
        invited: invited.collect::<Result<_>>()?,
        next,
        by,
    })
}

/// Referrals that wait for a decision, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn flagged(shop: &Shop) -> Result<Vec<FlaggedView>> {
    crate::row! {
        struct Row {
            invited_id: Uuid,
            inviter_id: Uuid,
            inviter_points: i64,
            invited_points: i64,
            household: bool,
            device: bool,
            code: String,
            decided_at: i64,
        }
    }
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT r.invited_id, r.inviter_id, r.inviter_points, r.invited_points, r.household, r.device, o.code, r.decided_at
             FROM referral r JOIN orders o ON o.id = r.order_id
             WHERE r.state = 'flagged' ORDER BY r.decided_at, r.invited_id LIMIT $1",
            args![PAGE],
        )
        .await?;
    let people: Vec<Uuid> = rows.iter().flat_map(|r| [r.invited_id, r.inviter_id]).collect();
    let names = account::names(shop, &people).await?;
    let name = |id: &Uuid| names.get(id).cloned().unwrap_or_default();
    rows.into_iter()
        .map(|r| {
            Ok(FlaggedView {
                id: PersonId(r.invited_id),
                inviter: name(&r.inviter_id),
                invited: name(&r.invited_id),
                evidence: Evidence { household: r.household, device: r.device },
                terms: Terms { inviter: r.inviter_points, invited: r.invited_points },
                order: r.code.parse().map_err(|_| broken_row("orders.code"))?,
                at: r.decided_at,
            })
        })
        .collect()
}
