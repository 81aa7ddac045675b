//! How a team ends: complete with its last paid seat, or by what it has at its deadline; and what each member gets then, in a
//! job of his own.

use super::{campaign_of, give_back, lock, member_of, seat::paid_seats, team_of};
use crate::{Result, Shop, after_sale, args, db::Tx, job, order};
use domain::{
    Millis, Problem,
    group_buy::{Outcome, Seat, State},
};
use uuid::Uuid;

/// The team is complete: every paid seat is confirmed, its order may be sent, and a job tells its member.
pub(super) async fn confirm(tx: &mut Tx, shop: &Shop, team: Uuid, now: Millis) -> Result<()> {
    for member in paid_seats(tx, team).await? {
        tx.execute(
            "UPDATE team_member SET state = 'confirmed' WHERE order_id = $1 AND state = 'paid'",
            args![member.order_id],
        )
        .await?;
        order::follow(tx, member.order_id, State::Succeeded).await?;
        later(tx, shop, member.order_id, now).await?;
    }
    Ok(())
}

/// The team is not complete: every paid seat has its money back, in a job of its own.
async fn give_up(tx: &mut Tx, shop: &Shop, team: Uuid, state: State, now: Millis) -> Result<()> {
    for member in paid_seats(tx, team).await? {
        tx.execute(
            "UPDATE team_member SET state = 'refund_due' WHERE order_id = $1 AND state = 'paid'",
            args![member.order_id],
        )
        .await?;
        give_back(tx, &member, Seat::Paid).await?;
        order::follow(tx, member.order_id, state).await?;
        later(tx, shop, member.order_id, now).await?;
    }
    Ok(())
}

async fn later(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<()> {
    job::enqueue(tx, shop, "team_seat", &order.simple().to_string(), &order.to_string(), now).await
}

/// Ends a team whose deadline has passed; a job calls it. One that is decided stays as it is.
///
/// # Errors
/// What the database says.
pub async fn end(shop: &Shop, team: Uuid) -> Result<()> {
    shop.db
        .write((shop.clone(), team, shop.clock.now()), |tx, (shop, team, now)| {
            Box::pin(async move {
                let of = team_of(&mut *tx, *team).await?.campaign_id;
                let campaign = campaign_of(&mut *tx, of).await?;
                lock(tx, campaign.id, *team).await?;
                let row = team_of(&mut *tx, *team).await?;
                if row.state()? != State::Forming || row.deadline > *now {
                    return Ok(());
                }
                let (state, sponsored) = match campaign.terms()?.at_deadline(row.paid) {
                    Outcome::Succeeded { sponsored } => (State::Succeeded, sponsored),
                    Outcome::Failed => (State::Failed, 0),
                };
                decide(tx, shop, *team, state, sponsored, *now).await
            })
        })
        .await
}

/// Ends a team that is forming, one way or the other.
pub(super) async fn decide(
    tx: &mut Tx,
    shop: &Shop,
    team: Uuid,
    state: State,
    sponsored: i64,
    now: Millis,
) -> Result<()> {
    let decided = tx
        .execute(
            "UPDATE team SET state = $1, sponsored = $2, ended_at = $3 WHERE id = $4 AND state = 'forming'",
            args![state.name(), sponsored, now, team],
        )
        .await?;
    if decided == 0 {
        return Ok(());
    }
    match state {
        State::Succeeded => confirm(tx, shop, team, now).await?,
        _ => give_up(tx, shop, team, state, now).await?,
    }
    super::news::changed(tx, shop, team).await
}

/// What a member gets when the team is over; a job calls it with the order. Complete: he is told, and what the ladder or the
/// leader's part gives goes back. Not complete: all of his money goes back.
///
/// # Errors
/// What the database says.
pub async fn settle_seat(shop: &Shop, order: Uuid) -> Result<()> {
    shop.db
        .write((shop.clone(), order, shop.clock.now()), |tx, (shop, order, now)| {
            Box::pin(async move {
                let member = member_of(tx, *order).await?.ok_or_else(Problem::not_found)?;
                let mine = tx
                    .execute(
                        "UPDATE team_member SET settled_at = $1 WHERE order_id = $2 AND settled_at IS NULL AND state IN ('confirmed', 'refund_due')",
                        args![*now, *order],
                    )
                    .await?;
                if mine == 0 {
                    return Ok(());
                }
                let team = team_of(&mut *tx, member.team_id).await?;
                if member.seat()? == Seat::RefundDue {
                    let kind = if team.state()? == State::Cancelled { "team_cancelled" } else { "team_failed" };
                    order::note_and_tell(tx, shop, *order, kind, None, *now).await?;
                    return after_sale::give_all_back(tx, shop, *order, kind, *now).await;
                }
                order::note_and_tell(tx, shop, *order, "team_succeeded", None, *now).await?;
                let terms = campaign_of(&mut *tx, member.campaign_id).await?.terms()?;
                let price = member.amount / member.units;
                let back = terms.back(price, team.paid + team.sponsored, team.leader_id == member.person_id);
                if back == 0 { Ok(()) } else { after_sale::lower_price(tx, shop, *order, price - back, *now).await }
            })
        })
        .await
}
