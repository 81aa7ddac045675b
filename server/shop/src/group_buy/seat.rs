//! Seats: held at the checkout, paid by a capture, left while the team forms.

use super::{
    CampaignRow, MemberRow, campaign_of, end, give_back, lock, lock_campaign, member_of, succeed_leader, team_of,
};
use crate::{Error, Result, Shop, after_sale, args, catalog, db::Tx, error::broken_row, job, mark, order};
use domain::{
    Code, Millis, Problem,
    address::Address,
    group_buy::{DROP_SPAN, DROPS, OPENS_A_DAY, Otherwise, SEAT_WINDOW, Seat, State, deadline},
    id::{PersonId, SkuId},
    time::DAY,
};
use uuid::Uuid;

/// What a buyer adds to an order that is for a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub otherwise: Otherwise,
    /// The browser that asks.
    pub device: Option<Uuid>,
}

impl Default for Wish {
    fn default() -> Self {
        Self { otherwise: Otherwise::Refund, device: None }
    }
}

/// Which team.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Into<'a> {
    /// One of one's own, of this campaign.
    New(&'a Code),
    Team(&'a Code),
}

/// Who wants a seat, with what.
pub(crate) struct Ask<'a> {
    pub(crate) me: PersonId,
    pub(crate) sku: SkuId,
    pub(crate) units: i64,
    pub(crate) into: Into<'a>,
    pub(crate) wish: Wish,
    pub(crate) address: &'a Address,
}

/// A seat that is held, and not yet anybody's until [`sit`].
pub(crate) struct Held {
    team: Uuid,
    campaign: Uuid,
    seat_no: i64,
    marks: Vec<Vec<u8>>,
    /// What a unit costs here.
    pub(crate) price: i64,
}

crate::row! {
    struct Id {
        id: Uuid,
    }
}

crate::row! {
    struct Count {
        n: i64,
    }
}

crate::row! {
    struct Given {
        seats_given: i64,
    }
}

fn over() -> Error {
    Error::problem(409, "team_over")
}

fn full() -> Error {
    Error::problem(409, "team_full")
}

/// Whether a team takes nobody any more: for whoever comes too late, without waiting for those who write.
pub(crate) async fn is_closed(shop: &Shop, team: &Code, now: Millis) -> Result<Option<Error>> {
    crate::row! {
        struct Look {
            state: String,
            size: i64,
            seats_taken: i64,
            deadline: i64,
        }
    }
    let look: Option<Look> = shop
        .db
        .fetch_optional("SELECT state, size, seats_taken, deadline FROM team WHERE code = $1", args![team.as_str()])
        .await?;
    let look = look.ok_or_else(Problem::not_found)?;
    Ok(if look.state != "forming" || look.deadline <= now + SEAT_WINDOW {
        Some(over())
    } else if look.seats_taken >= look.size {
        Some(full())
    } else {
        None
    })
}

/// Holds a seat and units of the campaign: in the team that is wanted, or where the buyer wants to go instead.
///
/// # Errors
/// `campaign_over`, `team_full`, `team_over`, `team_mine`, `team_hold`, `team_units`, `team_opens`, `team_drops`, `new_shoppers_only`,
/// `one_household`, `team_sold_out`, `not_found`.
pub(crate) async fn hold(tx: &mut Tx, shop: &Shop, ask: &Ask<'_>, now: Millis) -> Result<Held> {
    let (campaign, team) = aim(tx, ask.into).await?;
    // Whoever stops the campaign waits for this, or this sees it stopped.
    lock_campaign(tx, campaign).await?;
    let campaign = campaign_of(&mut *tx, campaign).await?;
    if !campaign.runs(now) {
        return Err(Error::problem(409, "campaign_over"));
    }
    let price = price_of(tx, campaign.id, ask.sku).await?;
    may_hold(tx, &campaign, ask, now).await?;
    let taken = tx
        .execute(
            "UPDATE campaign_sku SET free = free - $1, held = held + $1 WHERE campaign_id = $2 AND sku_id = $3 AND free >= $1",
            args![ask.units, campaign.id, ask.sku],
        )
        .await?;
    if taken == 0 {
        return Err(Error::problem(409, "team_sold_out"));
    }
    count_units(tx, &campaign, ask).await?;
    let (team, seat_no) = match team {
        None => open(tx, shop, &campaign, ask.me, now).await?,
        Some(team) => join(tx, shop, &campaign, team, ask, now).await?,
    };
    let marks = if campaign.new_shoppers { marks(shop, ask) } else { Vec::new() };
    Ok(Held { team, campaign: campaign.id, seat_no, marks, price })
}

/// The campaign and the team that are aimed at.
async fn aim(tx: &mut Tx, into: Into<'_>) -> Result<(Uuid, Option<Uuid>)> {
    crate::row! {
        struct Of {
            id: Uuid,
            campaign_id: Uuid,
        }
    }
    match into {
        Into::New(campaign) => {
            let row: Option<Id> =
                tx.fetch_optional("SELECT id FROM campaign WHERE code = $1", args![campaign.as_str()]).await?;
            Ok((row.ok_or_else(Problem::not_found)?.id, None))
        }
        Into::Team(team) => {
            let row: Option<Of> =
                tx.fetch_optional("SELECT id, campaign_id FROM team WHERE code = $1", args![team.as_str()]).await?;
            let of = row.ok_or_else(Problem::not_found)?;
            Ok((of.campaign_id, Some(of.id)))
        }
    }
}

async fn price_of(tx: &mut Tx, campaign: Uuid, sku: SkuId) -> Result<i64> {
    crate::row! {
        struct Price {
            price: i64,
        }
    }
    let row: Option<Price> = tx
        .fetch_optional("SELECT price FROM campaign_sku WHERE campaign_id = $1 AND sku_id = $2", args![campaign, sku])
        .await?;
    Ok(row.ok_or_else(|| Problem::new(409, "team_sold_out"))?.price)
}

/// The limits of a person (rules.md 2.7 and 2.11).
async fn may_hold(tx: &mut Tx, campaign: &CampaignRow, ask: &Ask<'_>, now: Millis) -> Result<()> {
    crate::row! {
        struct Mine {
            held: i64,
            dropped: i64,
        }
    }
    let mine: Option<Mine> = tx
        .fetch_optional(
            "SELECT COUNT(CASE WHEN campaign_id = $1 AND state = 'held' THEN 1 END) AS held,
                    COUNT(CASE WHEN state = 'left' AND paid_at IS NULL AND joined_at > $2 THEN 1 END) AS dropped
             FROM team_member WHERE person_id = $3 AND joined_at > $4",
            args![campaign.id, now - DROP_SPAN, ask.me, now - DAY],
        )
        .await?;
    let mine = mine.ok_or_else(Problem::internal)?;
    if mine.held > 0 {
        return Err(Error::problem(409, "team_hold"));
    }
    if mine.dropped > DROPS {
        return Err(Problem::new(429, "team_drops").number(DROP_SPAN / domain::time::MINUTE).into());
    }
    if campaign.new_shoppers && order::has_paid(tx, ask.me).await? {
        return Err(Error::problem(409, "new_shoppers_only"));
    }
    Ok(())
}

async fn count_units(tx: &mut Tx, campaign: &CampaignRow, ask: &Ask<'_>) -> Result<()> {
    let too_many = || Problem::new(409, "team_units").number(campaign.units_each);
    if ask.units > campaign.units_each {
        return Err(too_many().into());
    }
    let counted = tx
        .execute(
            "INSERT INTO campaign_person (campaign_id, person_id, units) VALUES ($1, $2, $3)
             ON CONFLICT (campaign_id, person_id) DO UPDATE SET units = campaign_person.units + excluded.units
             WHERE campaign_person.units + excluded.units <= $4",
            args![campaign.id, ask.me, ask.units, campaign.units_each],
        )
        .await?;
    if counted == 0 { Err(too_many().into()) } else { Ok(()) }
}

/// What counts once in a team of a campaign for new shoppers.
fn marks(shop: &Shop, ask: &Ask<'_>) -> Vec<Vec<u8>> {
    let device = ask.wish.device.map(|d| mark::device(shop, d));
    std::iter::once(mark::address(shop, ask.address)).chain(device).collect()
}

/// A team of one's own.
async fn open(tx: &mut Tx, shop: &Shop, campaign: &CampaignRow, me: PersonId, now: Millis) -> Result<(Uuid, i64)> {
    if campaign.ends_at <= now + SEAT_WINDOW {
        return Err(Error::problem(409, "campaign_over"));
    }
    let today: Option<Count> = tx
        .fetch_optional("SELECT COUNT(*) AS n FROM team WHERE opened_by = $1 AND opened_at > $2", args![me, now - DAY])
        .await?;
    if today.is_some_and(|t| t.n >= OPENS_A_DAY) {
        return Err(Problem::new(429, "team_opens").number(OPENS_A_DAY).into());
    }
    let (id, code) = (shop.rng.id(now), shop.rng.code());
    let ends = deadline(now, campaign.open_for, campaign.ends_at);
    tx.execute(
        "INSERT INTO team (id, code, campaign_id, state, size, goal, seats_taken, paid, amount, sponsored, seats_given, leader_id, opened_by, opened_at, deadline)
         VALUES ($1, $2, $3, 'forming', $4, $5, 1, 0, 0, 0, 1, $6, $6, $7, $8)",
        args![id, code.as_str(), campaign.id, campaign.size, campaign.goal, me, now, ends],
    )
    .await?;
    job::enqueue(tx, shop, "team_end", &id.simple().to_string(), &id.to_string(), ends).await?;
    Ok((id, 1))
}

/// The guard of rules.md 2.1: a seat of this team, or `None` when there is none (any more).
async fn take(tx: &mut Tx, team: Uuid, now: Millis) -> Result<Option<i64>> {
    let given: Option<Given> = tx
        .fetch_optional(
            "UPDATE team SET seats_taken = seats_taken + 1, seats_given = seats_given + 1
             WHERE id = $1 AND state = 'forming' AND seats_taken < size AND deadline > $2 RETURNING seats_given",
            args![team, now + SEAT_WINDOW],
        )
        .await?;
    Ok(given.map(|g| g.seats_given))
}

/// A seat in somebody's team, or where the buyer wants to go instead.
async fn join(
    tx: &mut Tx,
    shop: &Shop,
    campaign: &CampaignRow,
    team: Uuid,
    ask: &Ask<'_>,
    now: Millis,
) -> Result<(Uuid, i64)> {
    let mine: Option<Count> = tx
        .fetch_optional(
            "SELECT COUNT(*) AS n FROM team_member WHERE team_id = $1 AND person_id = $2 AND state IN ('held', 'paid', 'confirmed')",
            args![team, ask.me],
        )
        .await?;
    if mine.is_some_and(|m| m.n > 0) {
        return Err(Error::problem(409, "team_mine"));
    }
    if let Some(seat) = take(tx, team, now).await? {
        return Ok((team, seat));
    }
    match ask.wish.otherwise {
        Otherwise::New => open(tx, shop, campaign, ask.me, now).await,
        Otherwise::Sibling => {
            for sibling in siblings(tx, campaign.id, ask.me, now).await? {
                if let Some(seat) = take(tx, sibling.id, now).await? {
                    return Ok((sibling.id, seat));
                }
            }
            Err(full())
        }
        Otherwise::Refund => {
            let row = team_of(&mut *tx, team).await?;
            Err(if row.state()? == State::Forming && row.deadline > now + SEAT_WINDOW { full() } else { over() })
        }
    }
}

/// Other teams with a free seat, the one that ends first.
async fn siblings(tx: &mut Tx, campaign: Uuid, me: PersonId, now: Millis) -> Result<Vec<Id>> {
    Ok(tx
        .fetch_all(
            "SELECT t.id FROM team t WHERE t.campaign_id = $1 AND t.state = 'forming' AND t.paid > 0 AND t.seats_taken < t.size AND t.deadline > $2
               AND NOT EXISTS (SELECT 1 FROM team_member m WHERE m.team_id = t.id AND m.person_id = $3 AND m.state IN ('held', 'paid', 'confirmed'))
             ORDER BY t.deadline LIMIT 5",
            args![campaign, now + SEAT_WINDOW, me],
        )
        .await?)
}

/// The order that has the seat is written: it is somebody's now.
///
/// # Errors
/// `team_hold`, `team_mine` or `one_household` when somebody was faster with the same.
pub(crate) async fn sit(tx: &mut Tx, shop: &Shop, order: Uuid, held: &Held, ask: &Ask<'_>, now: Millis) -> Result<()> {
    let seated = tx
        .execute(
            "INSERT INTO team_member (order_id, team_id, campaign_id, person_id, sku_id, units, amount, seat_no, state, otherwise, held_until, joined_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'held', $9, $10, $11) ON CONFLICT DO NOTHING",
            args![
                order,
                held.team,
                held.campaign,
                ask.me,
                ask.sku,
                ask.units,
                held.price.checked_mul(ask.units).ok_or_else(Problem::internal)?,
                held.seat_no,
                ask.wish.otherwise.name(),
                now + SEAT_WINDOW,
                now
            ],
        )
        .await?;
    if seated == 0 {
        return Err(Error::problem(409, "team_hold"));
    }
    for mark in &held.marks {
        let fresh = tx
            .execute(
                "INSERT INTO team_mark (team_id, mark, order_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                args![held.team, mark.as_slice(), order],
            )
            .await?;
        if fresh == 0 {
            return Err(Error::problem(409, "one_household"));
        }
    }
    super::news::changed(tx, shop, held.team).await
}

/// The seat of an order is paid; the one that pays the last seat completes the team. `false` when the seat is gone: the team
/// is over, or was completed without it.
pub(crate) async fn pay(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<bool> {
    let member = member_of(tx, order).await?.ok_or_else(Problem::internal)?;
    // A team by amount may be complete before everybody who holds a seat has paid: they belong to it.
    let counted = tx
        .execute(
            "UPDATE team SET paid = paid + 1, amount = amount + $1,
                    ended_at = CASE WHEN state = 'forming' AND ((goal IS NULL AND paid + 1 >= size) OR (goal IS NOT NULL AND amount + $1 >= goal)) THEN $2 ELSE ended_at END,
                    state = CASE WHEN state = 'forming' AND ((goal IS NULL AND paid + 1 >= size) OR (goal IS NOT NULL AND amount + $1 >= goal)) THEN 'succeeded' ELSE state END
             WHERE id = $3 AND paid < seats_taken AND ((state = 'forming' AND deadline > $2) OR (state = 'succeeded' AND goal IS NOT NULL))
               AND EXISTS (SELECT 1 FROM team_member m WHERE m.order_id = $4 AND m.state = 'held')",
            args![member.amount, now, member.team_id, order],
        )
        .await?;
    if counted == 0 {
        return Ok(false);
    }
    let paid = tx
        .execute(
            "UPDATE team_member SET state = 'paid', paid_at = $1 WHERE order_id = $2 AND state = 'held'",
            args![now, order],
        )
        .await?;
    let sold = tx
        .execute(
            "UPDATE campaign_sku SET held = held - $1, sold = sold + $1 WHERE campaign_id = $2 AND sku_id = $3 AND held >= $1",
            args![member.units, member.campaign_id, member.sku_id],
        )
        .await?;
    if (paid, sold) != (1, 1) {
        return Err(Problem::internal().into());
    }
    if team_of(&mut *tx, member.team_id).await?.state()? == State::Succeeded {
        end::confirm(tx, shop, member.team_id, now).await?;
    }
    super::news::changed(tx, shop, member.team_id).await?;
    Ok(true)
}

/// Locks the team of an order, before the order itself is touched; `false` when it has none.
pub(crate) async fn lock_seat(tx: &mut Tx, order: Uuid) -> Result<bool> {
    let Some(member) = member_of(tx, order).await? else { return Ok(false) };
    lock(tx, member.campaign_id, member.team_id).await?;
    Ok(true)
}

/// The order of a held seat closes: the seat is free again. The team is locked.
pub(crate) async fn let_go(tx: &mut Tx, shop: &Shop, order: Uuid, now: Millis) -> Result<()> {
    let member = member_of(tx, order).await?.ok_or_else(Problem::internal)?;
    let left = tx
        .execute("UPDATE team_member SET state = 'left' WHERE order_id = $1 AND state = 'held'", args![order])
        .await?;
    if left == 0 {
        return Ok(());
    }
    give_back(tx, &member, Seat::Held).await?;
    tx.execute(
        "UPDATE team SET seats_taken = seats_taken - 1 WHERE id = $1 AND seats_taken > paid",
        args![member.team_id],
    )
    .await?;
    succeed_leader(tx, shop, member.team_id, member.person_id, now).await?;
    super::news::changed(tx, shop, member.team_id).await
}

/// I leave a team that is still forming: at once, and all of my money comes back.
///
/// # Errors
/// `not_found` for an order that is not mine or has no paid seat, `team_over` when the team is decided.
pub async fn leave(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    let input = (shop.clone(), me, code.clone(), shop.clock.now());
    shop.db.write(input, |tx, (shop, me, code, now)| Box::pin(leave_in(tx, shop, *me, code, *now))).await
}

/// As [`leave`], within a transaction.
pub(crate) async fn leave_in(tx: &mut Tx, shop: &Shop, me: PersonId, code: &Code, now: Millis) -> Result<()> {
    let order = order::mine(tx, me, code).await?.ok_or_else(Problem::not_found)?.order;
    let member = member_of(tx, order).await?.ok_or_else(Problem::not_found)?;
    lock(tx, member.campaign_id, member.team_id).await?;
    let left = tx
        .execute(
            "UPDATE team SET paid = paid - 1, seats_taken = seats_taken - 1, amount = amount - $1
                         WHERE id = $2 AND state = 'forming' AND deadline > $3
                           AND EXISTS (SELECT 1 FROM team_member m WHERE m.order_id = $4 AND m.state = 'paid')",
            args![member.amount, member.team_id, now, order],
        )
        .await?;
    if left == 0 {
        // A double click left already.
        let again = member_of(tx, order).await?.is_some_and(|m| m.state == Seat::Left.name());
        return if again { Ok(()) } else { Err(over()) };
    }
    tx.execute("UPDATE team_member SET state = 'left' WHERE order_id = $1 AND state = 'paid'", args![order]).await?;
    give_back(tx, &member, Seat::Paid).await?;
    order::follow(tx, order, State::Cancelled).await?;
    order::note(tx, order, "team_left", None, now).await?;
    after_sale::give_all_back(tx, shop, order, "team_left", now).await?;
    succeed_leader(tx, shop, member.team_id, member.person_id, now).await?;
    super::news::changed(tx, shop, member.team_id).await
}

/// All the money of an order went back: so it is with its seat.
pub(crate) async fn refunded(tx: &mut Tx, order: Uuid) -> Result<()> {
    tx.execute("UPDATE team_member SET state = 'refunded' WHERE order_id = $1 AND state = 'refund_due'", args![order])
        .await?;
    Ok(())
}

/// A payment came for a seat that is gone: where the buyer wanted to go instead, with an order of its own that is ready to be
/// paid; `None` when he wanted his money.
///
/// # Errors
/// Those of [`hold`] when there is no place for him: then nothing of this may stand.
pub(crate) async fn elsewhere(tx: &mut Tx, shop: &Shop, late: Uuid, now: Millis) -> Result<Option<Uuid>> {
    let Some(member) = member_of(tx, late).await? else { return Ok(None) };
    let otherwise: Otherwise = member.otherwise.parse().map_err(|_| broken_row("team_member.otherwise"))?;
    if otherwise == Otherwise::Refund || !give_up_wish(tx, late).await? {
        return Ok(None);
    }
    lock(tx, member.campaign_id, member.team_id).await?;
    let code: Code = team_of(&mut *tx, member.team_id).await?.code.parse().map_err(|_| broken_row("team.code"))?;
    let address = order::address(tx, late).await?;
    let ask = Ask {
        me: PersonId(member.person_id),
        sku: SkuId(member.sku_id),
        units: member.units,
        into: Into::Team(&code),
        wish: Wish { otherwise, device: None },
        address: &address,
    };
    let held = hold(tx, shop, &ask, now).await?;
    if held.price.checked_mul(member.units) != Some(member.amount) {
        return Err(over());
    }
    catalog::hold(tx, ask.sku, ask.units).await?;
    let order = order::again(tx, shop, late, now).await?;
    sit(tx, shop, order, &held, &ask, now).await?;
    Ok(Some(order))
}

/// What somebody wanted instead counts once, and not for whoever cancelled: `false` when it does not count any more.
pub(crate) async fn give_up_wish(tx: &mut Tx, order: Uuid) -> Result<bool> {
    let mine = tx
        .execute(
            "UPDATE team_member SET otherwise = 'refund' WHERE order_id = $1 AND state = 'left' AND paid_at IS NULL AND otherwise <> 'refund'",
            args![order],
        )
        .await?;
    Ok(mine == 1)
}

/// Whether a payment that comes too late for its seat is still wanted, for a seat elsewhere. A seat that is still held when its time
/// is over counts: it is left the next moment.
pub(crate) async fn wants_elsewhere(shop: &Shop, order: Uuid) -> Result<bool> {
    let wish: Count = shop
        .db
        .fetch_one(
            "SELECT COUNT(*) AS n FROM team_member WHERE order_id = $1 AND state IN ('held', 'left') AND paid_at IS NULL AND otherwise <> 'refund'",
            args![order],
        )
        .await?;
    Ok(wish.n > 0)
}

/// Whether everything has been done that the end of a team brings its member.
pub(crate) async fn is_settled(tx: &mut Tx, order: Uuid) -> Result<bool> {
    let open: Option<Count> = tx
        .fetch_optional(
            "SELECT COUNT(*) AS n FROM team_member WHERE order_id = $1 AND settled_at IS NULL AND state IN ('confirmed', 'refund_due')",
            args![order],
        )
        .await?;
    Ok(open.is_none_or(|o| o.n == 0))
}

/// The seats of a team that are paid.
pub(super) async fn paid_seats(tx: &mut Tx, team: Uuid) -> Result<Vec<MemberRow>> {
    Ok(tx
        .fetch_all(
            "SELECT order_id, team_id, campaign_id, person_id, sku_id, units, amount, state, otherwise
             FROM team_member WHERE team_id = $1 AND state = 'paid' ORDER BY seat_no",
            args![team],
        )
        .await?)
}
