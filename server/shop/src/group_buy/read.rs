//! What pages show of teams.

use super::{CampaignRow, TeamRow, campaign_of, team_by_code};
use crate::{Result, Shop, account, args, catalog, error::broken_row, order};
use domain::{
    Code, Lang, Problem,
    group_buy::{
        FaceView, InviteView, OfferView, OrderTeamView, SEAT_WINDOW, Seat, SeatAskView, Standing, TeamCardView,
        TeamPrice, TeamView, masked, tint,
    },
    id::{PersonId, ProductId, SkuId},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Teams in a list.
const LISTED: i64 = 5;

crate::row! {
    struct OfferRow {
        id: Uuid,
        code: String,
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

impl OfferRow {
    fn campaign(self) -> (String, CampaignRow) {
        let row = CampaignRow {
            id: self.id,
            kind: self.kind,
            size: self.size,
            goal: self.goal,
            open_for: self.open_for,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            units_each: self.units_each,
            new_shoppers: self.new_shoppers,
            sponsor_from: self.sponsor_from,
            leader_off_bp: self.leader_off_bp,
            steps: self.steps,
            stopped_at: self.stopped_at,
        };
        (self.code, row)
    }
}

crate::row! {
    struct PriceRow {
        sku_id: Uuid,
        price: i64,
        free: i64,
    }
}

async fn prices(shop: &Shop, campaign: Uuid) -> Result<Vec<TeamPrice>> {
    let rows: Vec<PriceRow> = shop
        .db
        .fetch_all(
            "SELECT sku_id, price, free FROM campaign_sku WHERE campaign_id = $1 ORDER BY price, sku_id",
            args![campaign],
        )
        .await?;
    Ok(rows.into_iter().map(|r| TeamPrice { sku: SkuId(r.sku_id), price: r.price, free: r.free }).collect())
}

crate::row! {
    struct CardRow {
        code: String,
        leader_id: Uuid,
        size: i64,
        seats_taken: i64,
        goal: Option<i64>,
        amount: i64,
        deadline: i64,
    }
}

/// Teams of a campaign that somebody can join, the one that ends first.
async fn joinable(shop: &Shop, campaign: Uuid, but: Option<Uuid>) -> Result<Vec<TeamCardView>> {
    let now = shop.clock.now();
    let rows: Vec<CardRow> = shop
        .db
        .fetch_all(
            "SELECT code, leader_id, size, seats_taken, goal, amount, deadline FROM team
             WHERE campaign_id = $1 AND state = 'forming' AND paid > 0 AND seats_taken < size AND deadline > $2 AND id <> $3
             ORDER BY deadline LIMIT $4",
            args![campaign, now + SEAT_WINDOW, but.unwrap_or_default(), LISTED],
        )
        .await?;
    let names = account::names(shop, &rows.iter().map(|r| r.leader_id).collect::<Vec<_>>()).await?;
    rows.into_iter()
        .map(|r| {
            let name = names.get(&r.leader_id).cloned().unwrap_or_default();
            Ok(TeamCardView {
                code: r.code.parse().map_err(|_| broken_row("team.code"))?,
                leader: masked(&name),
                tint: tint(&name),
                seats_left: r.size - r.seats_taken,
                amount_left: r.goal.map(|g| (g - r.amount).max(0)),
                deadline: r.deadline,
            })
        })
        .collect()
}

/// The campaigns that run for a product, the cheapest first, with teams to join.
///
/// # Errors
/// What the database says.
pub async fn offers(shop: &Shop, product: ProductId) -> Result<Vec<OfferView>> {
    crate::row! {
        struct People {
            n: i64,
        }
    }
    let now = shop.clock.now();
    let rows: Vec<OfferRow> = shop
        .db
        .fetch_all(
            "SELECT id, code, kind, size, goal, open_for, starts_at, ends_at, units_each, new_shoppers, sponsor_from, leader_off_bp, steps, stopped_at
             FROM campaign WHERE product_id = $1 AND ends_at > $2 AND starts_at <= $3 AND stopped_at IS NULL ORDER BY ends_at, id LIMIT 5",
            args![product, now + SEAT_WINDOW, now],
        )
        .await?;
    let mut views = Vec::new();
    for row in rows {
        let (code, campaign) = row.campaign();
        let people: People = shop
            .db
            .fetch_one(
                "SELECT CAST(COALESCE(SUM(paid), 0) AS BIGINT) AS n FROM team
                 WHERE campaign_id = $1 AND state = 'forming' AND paid > 0 AND deadline > $2",
                args![campaign.id, now],
            )
            .await?;
        views.push(OfferView {
            code: code.parse().map_err(|_| broken_row("campaign.code"))?,
            terms: campaign.terms()?,
            open_for: campaign.open_for,
            ends_at: campaign.ends_at,
            units_each: campaign.units_each,
            new_shoppers: campaign.new_shoppers,
            prices: prices(shop, campaign.id).await?,
            people: people.n,
            teams: joinable(shop, campaign.id, None).await?,
            now,
        });
    }
    views.sort_by_key(OfferView::from);
    Ok(views)
}

crate::row! {
    struct SeatRow {
        order_id: Uuid,
        person_id: Uuid,
        seat_no: i64,
        state: String,
        held_until: i64,
    }
}

/// What everybody sees of a team, and its seats.
async fn team_view(shop: &Shop, team: &TeamRow) -> Result<(TeamView, Vec<SeatRow>, HashMap<Uuid, String>)> {
    let seats: Vec<SeatRow> = shop
        .db
        .fetch_all(
            "SELECT order_id, person_id, seat_no, state, held_until FROM team_member
             WHERE team_id = $1 AND state <> 'left' ORDER BY seat_no",
            args![team.id],
        )
        .await?;
    let mut people: Vec<Uuid> = seats.iter().map(|s| s.person_id).collect();
    people.push(team.leader_id);
    let names = account::names(shop, &people).await?;
    let faces = seats
        .iter()
        .map(|s| {
            let name = names.get(&s.person_id).map_or("", String::as_str);
            FaceView {
                seat_no: s.seat_no,
                name: masked(name),
                tint: tint(name),
                leader: s.person_id == team.leader_id,
                paid: s.state != Seat::Held.name(),
            }
        })
        .collect();
    let view = TeamView {
        state: team.state()?,
        size: team.size,
        seats_taken: team.seats_taken,
        paid: team.paid,
        amount: team.amount,
        sponsored: team.sponsored,
        faces,
        deadline: team.deadline,
        ended_at: team.ended_at,
    };
    Ok((view, seats, names))
}

/// What everybody sees of a team.
///
/// # Errors
/// `not_found`.
pub(super) async fn public(shop: &Shop, code: &str) -> Result<TeamView> {
    let team = team_by_code(&shop.db, code).await?;
    Ok(team_view(shop, &team).await?.0)
}

/// Whether there is such a team.
///
/// # Errors
/// `not_found`.
pub async fn exists(shop: &Shop, code: &Code) -> Result<()> {
    team_by_code(&shop.db, code.as_str()).await.map(drop)
}

/// The order with which somebody has a seat in a team.
async fn order_in(shop: &Shop, team: Uuid, me: PersonId) -> Result<Option<Uuid>> {
    crate::row! {
        struct Seat {
            order_id: Uuid,
        }
    }
    let seat: Option<Seat> = shop
        .db
        .fetch_optional(
            "SELECT order_id FROM team_member WHERE team_id = $1 AND person_id = $2 AND state <> 'left' ORDER BY joined_at DESC LIMIT 1",
            args![team, me],
        )
        .await?;
    Ok(seat.map(|s| s.order_id))
}

/// The page of a team, for whoever looks at it.
///
/// # Errors
/// `not_found`.
pub async fn invite(shop: &Shop, me: Option<PersonId>, lang: Lang, code: &Code) -> Result<InviteView> {
    let now = shop.clock.now();
    let mut team = team_by_code(&shop.db, code.as_str()).await?;
    let campaign = campaign_of(&shop.db, team.campaign_id).await?;
    // What happened to an order is read before its team: no page tells of money that came back from a team which it says is forming.
    let mine = match me {
        Some(me) => order_in(shop, team.id, me).await?,
        None => None,
    };
    let (mut head, mut trail) = (None, Vec::new());
    if let Some(order) = mine {
        head = Some(order::head(shop, order).await?.0);
        trail = order::events(shop, order).await?;
        team = team_by_code(&shop.db, code.as_str()).await?;
    }
    let (view, seats, names) = team_view(shop, &team).await?;
    let prices = prices(shop, campaign.id).await?;
    let skus: Vec<SkuId> = prices.iter().map(|p| p.sku).collect();
    let offers = catalog::offers(&shop.db, &skus, Some(lang)).await?;
    let on = |p: &&TeamPrice| offers.iter().any(|o| o.sku == p.sku && o.available > 0) && p.free > 0;
    let shown = prices.iter().find(on).or_else(|| prices.first()).ok_or_else(Problem::not_found)?;
    let offer = offers.iter().find(|o| o.sku == shown.sku).ok_or_else(Problem::not_found)?;
    let units = prices.iter().map(|p| offers.iter().find(|o| o.sku == p.sku).map_or(0, |o| o.available.min(p.free)));
    let (title, _, merchant) = offer.texts.get(lang.tag()).cloned().unwrap_or_default();
    let mine = mine.and_then(|order| seats.iter().find(|s| s.order_id == order));
    let eligible = match me {
        Some(me) if campaign.new_shoppers => !order::has_paid(&shop.db, me).await?,
        _ => true,
    };
    let my_seat = mine.map(|s| s.state.parse::<Seat>().map_err(|_| broken_row("team_member.state"))).transpose()?;
    let mut invite = InviteView {
        code: code.clone(),
        standing: Standing::Open,
        terms: campaign.terms()?,
        campaign: code_of(shop, campaign.id).await?,
        slug: offer.slug.clone(),
        title,
        subtitle: String::new(),
        picture: offer.picture.clone(),
        merchant,
        currency: offer.currency,
        single: offer.price,
        price: shown.price,
        sku: if prices.len() == 1 { Some(shown.sku) } else { None },
        leader: names.get(&team.leader_id).cloned().unwrap_or_default(),
        open_for: campaign.open_for,
        opened_at: team.opened_at,
        order: head,
        my_seat,
        my_seat_no: mine.map(|s| s.seat_no),
        hold_until: mine.filter(|s| s.state == Seat::Held.name()).map(|s| s.held_until),
        trail,
        others: joinable(shop, campaign.id, Some(team.id)).await?,
        units_left: units.sum(),
        new_shoppers: campaign.new_shoppers,
        eligible,
        running: campaign.runs(now),
        now,
        team: view,
    };
    invite.standing = invite.stands(&invite.team, now);
    Ok(invite)
}

crate::row! {
    struct CodeRow {
        code: String,
    }
}

async fn code_of(shop: &Shop, campaign: Uuid) -> Result<Code> {
    let row: CodeRow = shop.db.fetch_one("SELECT code FROM campaign WHERE id = $1", args![campaign]).await?;
    row.code.parse().map_err(|_| broken_row("campaign.code"))
}

/// What the checkout says of a seat, and what a unit costs with it: by a team, or by a campaign for a team of one's own.
pub(crate) async fn seat_ask(
    shop: &Shop,
    team: Option<&Code>,
    campaign: Option<&Code>,
    sku: SkuId,
) -> Result<(SeatAskView, TeamPrice)> {
    crate::row! {
        struct Of {
            id: Uuid,
        }
    }
    let now = shop.clock.now();
    let found = match team {
        Some(team) => Some(team_by_code(&shop.db, team.as_str()).await?),
        None => None,
    };
    let campaign = match (&found, campaign) {
        (Some(team), _) => team.campaign_id,
        (None, Some(code)) => {
            let of: Option<Of> =
                shop.db.fetch_optional("SELECT id FROM campaign WHERE code = $1", args![code.as_str()]).await?;
            of.ok_or_else(Problem::not_found)?.id
        }
        (None, None) => return Err(Problem::not_found().into()),
    };
    let campaign = campaign_of(&shop.db, campaign).await?;
    if !campaign.runs(now) {
        return Err(Problem::new(409, "campaign_over").into());
    }
    let price = prices(shop, campaign.id).await?.into_iter().find(|p| p.sku == sku);
    let price = price.ok_or_else(|| Problem::new(409, "sku_gone"))?;
    let deadline = found
        .as_ref()
        .map_or_else(|| domain::group_buy::deadline(now, campaign.open_for, campaign.ends_at), |t| t.deadline);
    let view = SeatAskView {
        team: team.cloned(),
        terms: campaign.terms()?,
        missing: found.as_ref().map_or(campaign.size, |t| (t.size - t.paid).max(0)),
        deadline,
        now,
    };
    Ok((view, price))
}

crate::row! {
    struct OrderTeamRow {
        order_id: Uuid,
        code: String,
        state: String,
        seat: String,
        size: i64,
        goal: Option<i64>,
        paid: i64,
        sponsored: i64,
        deadline: i64,
    }
}

impl OrderTeamRow {
    fn view(&self) -> Result<OrderTeamView> {
        Ok(OrderTeamView {
            code: self.code.parse().map_err(|_| broken_row("team.code"))?,
            state: self.state.parse().map_err(|_| broken_row("team.state"))?,
            seat: self.seat.parse().map_err(|_| broken_row("team_member.state"))?,
            size: self.goal.is_none().then_some(self.size),
            missing: self.goal.is_none().then(|| (self.size - self.paid - self.sponsored).max(0)),
            deadline: self.deadline,
        })
    }
}

/// The teams of some orders, at most ten.
pub(crate) async fn order_teams(shop: &Shop, orders: &[Uuid]) -> Result<HashMap<Uuid, OrderTeamView>> {
    let mut ids = orders.iter().copied().chain(std::iter::repeat(Uuid::nil()));
    let mut id = || ids.next().unwrap_or_default();
    let rows: Vec<OrderTeamRow> = shop
        .db
        .fetch_all(
            "SELECT m.order_id, t.code, t.state, m.state AS seat, t.size, t.goal, t.paid, t.sponsored, t.deadline
             FROM team_member m JOIN team t ON t.id = m.team_id
             WHERE m.order_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
        )
        .await?;
    rows.iter().map(|r| Ok((r.order_id, r.view()?))).collect()
}

/// The team of an order, if it is for one.
pub(crate) async fn order_team(shop: &Shop, order: Uuid) -> Result<Option<OrderTeamView>> {
    Ok(order_teams(shop, &[order]).await?.remove(&order))
}

/// The products that some teams are for; teams that are not there are left out.
pub(crate) async fn products_of(shop: &Shop, teams: &[String]) -> Result<HashMap<String, ProductId>> {
    crate::row! {
        struct Row {
            code: String,
            product_id: Uuid,
        }
    }
    let mut found = HashMap::new();
    for batch in teams.chunks(10) {
        let mut codes = batch.iter().map(String::as_str).chain(std::iter::repeat(""));
        let mut code = || codes.next().unwrap_or_default();
        let rows: Vec<Row> = shop
            .db
            .fetch_all(
                "SELECT t.code, c.product_id FROM team t JOIN campaign c ON c.id = t.campaign_id
                 WHERE t.code IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![code(), code(), code(), code(), code(), code(), code(), code(), code(), code()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.code, ProductId(r.product_id))));
    }
    Ok(found)
}
