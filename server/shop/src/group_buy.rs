//! Group-buy: campaigns, teams, seats; how a team ends and what everybody gets then.
//!
//! Invariants (rules.md 2): a seat is taken and paid by one guarded update, so a team never has more than its size; the update
//! that pays the last seat completes the team; the deadline never moves; units of the campaign are held and given back by
//! [`give_back`] and nothing else; each member of a team that failed has a refund of his own, and a job of his own. Locks are
//! taken in the order campaign, team, order, SKU. Deliberately absent: how orders are made (`order`), how money goes back
//! (`after_sale`), how pages hear of a change (`news`).

mod campaign;
mod end;
pub mod news;
mod read;
mod seat;

pub use campaign::{NewCampaign, campaigns, create, editor, end_campaign, stop};
pub use end::{end, settle_seat};
pub use read::{exists, invite, offers};
pub(crate) use read::{order_team, order_teams, products_of, seat_ask};
pub(crate) use seat::{
    Ask, Into, elsewhere, give_up_wish, hold, is_closed, is_settled, leave_in, let_go, lock_seat, pay, refunded, sit,
    wants_elsewhere,
};
pub use seat::{Wish, leave};

use crate::{
    Result, Shop, args,
    catalog::json,
    db::{Read, Tx},
    error::broken_row,
    inbox,
};
use domain::{
    Problem,
    group_buy::{Seat, State, Terms},
    id::PersonId,
};
use uuid::Uuid;

crate::row! {
    /// A campaign as it was made.
    struct CampaignRow {
        id: Uuid,
        kind: String,
        size: i64,
        goal: Option<i64>,
        open_for: i64,
        starts_at: i64,
        ends_at: i64,
        units_each: i64,
        new_shoppers: bool,
        sponsor_from: Option<i64>,
        leader_off_bp: i64,
        steps: String,
        stopped_at: Option<i64>,
    }
}

impl CampaignRow {
    fn terms(&self) -> Result<Terms> {
        Ok(Terms {
            kind: self.kind.parse().map_err(|_| broken_row("campaign.kind"))?,
            size: self.size,
            goal: self.goal,
            sponsor_from: self.sponsor_from,
            steps: json("campaign.steps", &self.steps)?,
            leader_off_bp: self.leader_off_bp,
        })
    }

    const fn runs(&self, now: i64) -> bool {
        self.stopped_at.is_none() && self.starts_at <= now && now < self.ends_at
    }
}

async fn campaign_of(mut read: impl Read, id: Uuid) -> Result<CampaignRow> {
    let rows: Vec<CampaignRow> = read
        .all(
            "SELECT id, kind, size, goal, open_for, starts_at, ends_at, units_each, new_shoppers, sponsor_from, leader_off_bp, steps, stopped_at
             FROM campaign WHERE id = $1",
            args![id],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

crate::row! {
    struct TeamRow {
        id: Uuid,
        code: String,
        campaign_id: Uuid,
        state: String,
        size: i64,
        seats_taken: i64,
        paid: i64,
        amount: i64,
        sponsored: i64,
        leader_id: Uuid,
        opened_at: i64,
        deadline: i64,
        ended_at: Option<i64>,
    }
}

impl TeamRow {
    fn state(&self) -> Result<State> {
        self.state.parse().map_err(|_| broken_row("team.state"))
    }
}

async fn team_of(mut read: impl Read, id: Uuid) -> Result<TeamRow> {
    let rows: Vec<TeamRow> = read
        .all(
            "SELECT id, code, campaign_id, state, size, seats_taken, paid, amount, sponsored, leader_id, opened_at, deadline, ended_at
             FROM team WHERE id = $1",
            args![id],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

async fn team_by_code(mut read: impl Read, code: &str) -> Result<TeamRow> {
    let rows: Vec<TeamRow> = read
        .all(
            "SELECT id, code, campaign_id, state, size, seats_taken, paid, amount, sponsored, leader_id, opened_at, deadline, ended_at
             FROM team WHERE code = $1",
            args![code],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

crate::row! {
    struct MemberRow {
        order_id: Uuid,
        team_id: Uuid,
        campaign_id: Uuid,
        person_id: Uuid,
        sku_id: Uuid,
        units: i64,
        amount: i64,
        state: String,
        otherwise: String,
    }
}

impl MemberRow {
    fn seat(&self) -> Result<Seat> {
        self.state.parse().map_err(|_| broken_row("team_member.state"))
    }
}

/// The seat of an order, if it has one.
async fn member_of(tx: &mut Tx, order: Uuid) -> Result<Option<MemberRow>> {
    Ok(tx
        .fetch_optional(
            "SELECT order_id, team_id, campaign_id, person_id, sku_id, units, amount, state, otherwise
             FROM team_member WHERE order_id = $1",
            args![order],
        )
        .await?)
}

/// Whoever changes a team waits for others who do the same, until the transaction ends. The campaign first, then the team: so
/// does [`hold`].
async fn lock(tx: &mut Tx, campaign: Uuid, team: Uuid) -> Result<()> {
    lock_campaign(tx, campaign).await?;
    tx.execute("UPDATE team SET size = size WHERE id = $1", args![team]).await?;
    Ok(())
}

async fn lock_campaign(tx: &mut Tx, campaign: Uuid) -> Result<()> {
    tx.execute("UPDATE campaign SET created_at = created_at WHERE id = $1", args![campaign]).await?;
    Ok(())
}

/// Units of a campaign go back, and the person may have them again: out of `held` or out of `sold`. The only way back.
async fn give_back(tx: &mut Tx, member: &MemberRow, from: Seat) -> Result<()> {
    let units = member.units;
    let back = if from == Seat::Held {
        tx.execute(
            "UPDATE campaign_sku SET held = held - $1, free = free + $1 WHERE campaign_id = $2 AND sku_id = $3 AND held >= $1",
            args![units, member.campaign_id, member.sku_id],
        )
        .await?
    } else {
        tx.execute(
            "UPDATE campaign_sku SET sold = sold - $1, free = free + $1 WHERE campaign_id = $2 AND sku_id = $3 AND sold >= $1",
            args![units, member.campaign_id, member.sku_id],
        )
        .await?
    };
    let mine = tx
        .execute(
            "UPDATE campaign_person SET units = units - $1 WHERE campaign_id = $2 AND person_id = $3 AND units >= $1",
            args![units, member.campaign_id, member.person_id],
        )
        .await?;
    tx.execute("DELETE FROM team_mark WHERE order_id = $1", args![member.order_id]).await?;
    if (back, mine) == (1, 1) { Ok(()) } else { Err(Problem::internal().into()) }
}

/// Somebody left: who leads now, if it was the leader; nobody left is the end of the team.
async fn succeed_leader(tx: &mut Tx, shop: &Shop, team: Uuid, gone: Uuid, now: i64) -> Result<()> {
    crate::row! {
        struct Heir {
            person_id: Uuid,
            order_id: Uuid,
        }
    }
    let row = team_of(&mut *tx, team).await?;
    if row.state()? != State::Forming || row.leader_id != gone {
        return Ok(());
    }
    let heir: Option<Heir> = tx
        .fetch_optional(
            "SELECT person_id, order_id FROM team_member WHERE team_id = $1 AND state IN ('paid', 'held')
             ORDER BY CASE WHEN state = 'paid' THEN 0 ELSE 1 END, seat_no LIMIT 1",
            args![team],
        )
        .await?;
    match heir {
        Some(heir) => {
            let person = PersonId(heir.person_id);
            tx.execute("UPDATE team SET leader_id = $1 WHERE id = $2", args![person, team]).await?;
            let told = inbox::Told { person, kind: "team_leader", order: heir.order_id, case: None, amount: None };
            inbox::tell(tx, shop, &told, now).await?;
        }
        None => {
            tx.execute(
                "UPDATE team SET state = 'cancelled', ended_at = $1 WHERE id = $2 AND state = 'forming'",
                args![now, team],
            )
            .await?;
        }
    }
    Ok(())
}
