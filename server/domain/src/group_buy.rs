//! Group-buy: campaigns, teams that fill, seats, and what everybody is told at any moment (rules.md 2).
//!
//! A team is complete when its last seat is paid; the deadline never moves; whoever paid into a team that was not completed
//! has the money back without asking. Nothing here knows a person or a clock: both come in as arguments.

pub mod typed;

use crate::{
    Problem,
    catalog::PictureView,
    id::{Code, SkuId},
    money::Currency,
    time::{DAY, HOUR, MINUTE, Millis},
};
use serde::{Deserialize, Serialize};

/// How long a seat is held for somebody at the cashier.
pub const SEAT_WINDOW: Millis = 10 * MINUTE;
/// Teams that one person may open in a day.
pub const OPENS_A_DAY: i64 = 10;
/// Seats that were held and dropped within [`DROP_SPAN`]; whoever has more waits.
pub const DROPS: i64 = 3;
pub const DROP_SPAN: Millis = HOUR;

names! {
    /// When a team is complete.
    Kind:
        /// When every seat is paid.
        Heads = "heads",
        /// At the deadline, with what so many heads are worth; or when every seat is paid.
        Ladder = "ladder",
        /// When the goods are worth the goal.
        Amount = "amount",
}

names! {
    State:
        Forming = "forming",
        Succeeded = "succeeded",
        Failed = "failed",
        Cancelled = "cancelled",
}

names! {
    /// The state of a seat that somebody has or had.
    Seat:
        Held = "held",
        Paid = "paid",
        Confirmed = "confirmed",
        Left = "left",
        RefundDue = "refund_due",
        Refunded = "refunded",
}

impl Seat {
    /// Whether it takes a place in the team.
    pub const fn takes(self) -> bool {
        matches!(self, Self::Held | Self::Paid | Self::Confirmed)
    }
}

names! {
    /// What becomes of a buyer, or of a payment that comes too late, when the team is full or over: chosen at the checkout.
    Otherwise:
        Refund = "refund",
        /// The team of the campaign that ends first and has a free seat.
        Sibling = "sibling",
        New = "new",
}

/// From so many heads on, so much off the price for everybody: basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub heads: i64,
    pub off_bp: i64,
}

/// When a team is complete, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub kind: Kind,
    /// Seats: 2 to 100.
    pub size: i64,
    /// Of [`Kind::Amount`]: what the goods have to be worth, minor units.
    pub goal: Option<i64>,
    /// At the deadline the shop fills the open seats of a team of [`Kind::Heads`] with so many paid ones.
    pub sponsor_from: Option<i64>,
    /// Of [`Kind::Ladder`], upwards; the first one is what the team needs at all.
    pub steps: Vec<Step>,
    /// What the leader gets back of the price: basis points.
    pub leader_off_bp: i64,
}

/// How a team ends at its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Complete; the shop filled so many seats.
    Succeeded {
        sponsored: i64,
    },
    Failed,
}

impl Terms {
    /// Whether the payment that makes it `paid` heads and `amount` of goods completes the team (rules.md 2.3).
    pub const fn complete(&self, paid: i64, amount: i64) -> bool {
        match self.goal {
            Some(goal) => amount >= goal,
            None => paid >= self.size,
        }
    }

    /// What becomes of a team that is still forming at its deadline.
    pub fn at_deadline(&self, paid: i64) -> Outcome {
        let reached = match self.kind {
            Kind::Heads => self.sponsor_from.is_some_and(|from| paid >= from),
            Kind::Ladder => self.steps.first().is_some_and(|s| paid >= s.heads),
            Kind::Amount => false,
        };
        match (reached && paid > 0, self.kind) {
            (true, Kind::Heads) => Outcome::Succeeded { sponsored: (self.size - paid).max(0) },
            (true, _) => Outcome::Succeeded { sponsored: 0 },
            (false, _) => Outcome::Failed,
        }
    }

    /// What is off the price with so many heads: basis points.
    pub fn off_bp(&self, heads: i64) -> i64 {
        self.steps.iter().filter(|s| s.heads <= heads).map(|s| s.off_bp).max().unwrap_or(0)
    }

    /// What goes back of a unit that was paid with `price` when a team of `heads` is complete: minor units.
    pub fn back(&self, price: i64, heads: i64, leader: bool) -> i64 {
        let leader_bp = if leader { self.leader_off_bp } else { 0 };
        let off = (self.off_bp(heads) + leader_bp).clamp(0, 10_000);
        // Never the whole price: a unit that costs nothing cannot be given back.
        price.saturating_mul(off).div_euclid(10_000).clamp(0, price.saturating_sub(1).max(0))
    }
}

/// When a team that is opened now is over (rules.md 2.2); it never moves.
pub const fn deadline(opened: Millis, open_for: Millis, campaign_ends: Millis) -> Millis {
    let own = opened.saturating_add(open_for);
    if own < campaign_ends { own } else { campaign_ends }
}

/// What the shop asks for when it makes a campaign. Amounts in minor units, times in ms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub terms: Terms,
    pub open_for: Millis,
    pub starts_at: Millis,
    pub ends_at: Millis,
    pub units_each: i64,
    pub new_shoppers: bool,
    pub skus: Vec<DraftSku>,
}

/// A SKU of a campaign; `single` is what it costs alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftSku {
    pub sku: SkuId,
    pub single: i64,
    pub price: i64,
    pub quota: i64,
}

impl Draft {
    /// Whether a campaign may be made like this.
    ///
    /// # Errors
    /// `campaign_size`, `campaign_time`, `campaign_window`, `campaign_units`, `campaign_goal`, `campaign_sponsor`,
    /// `campaign_steps`, `campaign_perk`, `campaign_price`, `campaign_quota`, each with its field.
    pub fn check(&self) -> Result<(), Problem> {
        let no = |code: &str, field: &str| Err(Problem::new(422, code).field(field));
        let t = &self.terms;
        if !(2..=100).contains(&t.size) {
            return no("campaign_size", "size");
        }
        if self.ends_at <= self.starts_at || self.ends_at - self.starts_at > 366 * DAY {
            return no("campaign_time", "days");
        }
        if !(30 * MINUTE..=7 * DAY).contains(&self.open_for) {
            return no("campaign_window", "hours");
        }
        if !(1..=99).contains(&self.units_each) {
            return no("campaign_units", "units_each");
        }
        if (t.kind == Kind::Amount) != t.goal.is_some() || t.goal.is_some_and(|g| g <= 0) {
            return no("campaign_goal", "goal");
        }
        if t.sponsor_from.is_some_and(|from| t.kind != Kind::Heads || !(1..t.size).contains(&from)) {
            return no("campaign_sponsor", "sponsor_from");
        }
        let rises = t.steps.is_sorted_by(|a, b| a.heads < b.heads && a.off_bp < b.off_bp);
        let fits = t.steps.iter().all(|s| (2..=t.size).contains(&s.heads) && (0..=9_000).contains(&s.off_bp));
        if (t.kind == Kind::Ladder) != !t.steps.is_empty() || !rises || !fits || t.steps.len() > 5 {
            return no("campaign_steps", "steps");
        }
        if !(0..=5_000).contains(&t.leader_off_bp) {
            return no("campaign_perk", "leader_off");
        }
        if self.skus.is_empty() || self.skus.iter().any(|s| s.price <= 0 || s.price >= s.single) {
            return no("campaign_price", "price");
        }
        if self.skus.iter().any(|s| !(0..=1_000_000).contains(&s.quota)) || self.skus.iter().all(|s| s.quota == 0) {
            return no("campaign_quota", "quota");
        }
        Ok(())
    }

    /// What the shop gives up at most against selling everything alone: every unit of the quota at the lowest price, and a
    /// leader's part in as many teams as there can be. Minor units; a sponsored seat costs nothing, as nothing is sent for it.
    pub fn worst_case(&self) -> i64 {
        let heads = if self.terms.kind == Kind::Ladder { self.terms.size } else { 0 };
        self.skus.iter().fold(0_i64, |sum, s| {
            let lowest = s.price - self.terms.back(s.price, heads, false);
            let all = s.quota.saturating_mul(s.single.saturating_sub(lowest).max(0));
            // The fewest heads of a complete team: its leader has at most `units_each` units of it.
            let fewest = match self.terms.kind {
                Kind::Heads => self.terms.sponsor_from.unwrap_or(self.terms.size),
                Kind::Ladder => self.terms.steps.first().map_or(self.terms.size, |s| s.heads),
                Kind::Amount => 1,
            };
            let led = (s.quota.saturating_mul(self.units_each) / (self.units_each + fewest - 1).max(1)).min(s.quota);
            let perk = self.terms.back(s.price, heads, true) - self.terms.back(s.price, heads, false);
            sum.saturating_add(all).saturating_add(led.saturating_mul(perk))
        })
    }
}

names! {
    /// What the page of a team is about for whoever looks at it (rules.md 2.12).
    Standing:
        /// A seat is free.
        Open = "open",
        /// My seat is held: pay.
        Holding = "holding",
        /// I paid, seats are free: bring friends.
        Waiting = "waiting",
        /// As `waiting`, and it is my team.
        Own = "own",
        Full = "full",
        /// It forms and takes nobody any more: its last minutes, or the shop has stopped the offer.
        Closing = "closing",
        Succeeded = "succeeded",
        /// Not complete in time.
        Expired = "expired",
        SoldOut = "sold_out",
        Cancelled = "cancelled",
        NotEligible = "not_eligible",
}

/// What a team looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub state: State,
    pub size: i64,
    pub seats_taken: i64,
    pub deadline: Millis,
    /// Units of the campaign that can still be had.
    pub units_left: i64,
    /// The campaign runs.
    pub running: bool,
}

/// Where whoever looks stands: `mine` is his seat, `eligible` whether the campaign is for him.
pub const fn standing(team: Look, mine: Option<Seat>, leads: bool, eligible: bool, now: Millis) -> Standing {
    match team.state {
        State::Succeeded => return Standing::Succeeded,
        State::Failed => return Standing::Expired,
        State::Cancelled => return Standing::Cancelled,
        State::Forming => {}
    }
    if team.deadline <= now {
        return Standing::Expired;
    }
    match mine {
        Some(Seat::Held) => return Standing::Holding,
        Some(Seat::Paid | Seat::Confirmed) if leads => return Standing::Own,
        Some(Seat::Paid | Seat::Confirmed) => return Standing::Waiting,
        _ => {}
    }
    if team.seats_taken >= team.size {
        return Standing::Full;
    }
    if !team.running || team.deadline <= now + SEAT_WINDOW {
        return Standing::Closing;
    }
    if team.units_left <= 0 {
        return Standing::SoldOut;
    }
    if !eligible {
        return Standing::NotEligible;
    }
    Standing::Open
}

/// A name as strangers see it: its first character.
pub fn masked(name: &str) -> String {
    let first: String = name.chars().take(1).collect();
    format!("{first}**")
}

/// The colour of somebody's face where there is no picture: one of twelve (`tint-0` to `tint-11` of the style).
pub fn tint(name: &str) -> i64 {
    name.bytes().fold(7_i64, |h, b| (h * 31 + i64::from(b)).rem_euclid(3_607)).rem_euclid(12)
}

/// Somebody in a team, as strangers see him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceView {
    pub seat_no: i64,
    pub name: String,
    pub tint: i64,
    pub leader: bool,
    /// Or held.
    pub paid: bool,
}

/// What everybody sees of a team; open pages hear it anew when it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamView {
    pub state: State,
    pub size: i64,
    pub seats_taken: i64,
    pub paid: i64,
    /// What the goods are worth so far, minor units.
    pub amount: i64,
    pub sponsored: i64,
    pub faces: Vec<FaceView>,
    pub deadline: Millis,
    pub ended_at: Option<Millis>,
}

impl TeamView {
    /// Seats that nobody has.
    pub const fn open_seats(&self) -> i64 {
        let open = self.size - self.seats_taken - self.sponsored;
        if open > 0 { open } else { 0 }
    }

    /// Seats that are not paid.
    pub const fn missing(&self) -> i64 {
        let missing = self.size - self.paid - self.sponsored;
        if missing > 0 { missing } else { 0 }
    }
}

/// A team that can be joined, in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamCardView {
    pub code: Code,
    /// The leader, masked.
    pub leader: String,
    pub tint: i64,
    pub seats_left: i64,
    /// What is missing to the goal, minor units, of a team by amount.
    pub amount_left: Option<i64>,
    pub deadline: Millis,
}

/// What a SKU costs in a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamPrice {
    pub sku: SkuId,
    pub price: i64,
    /// Units of the quota that can be had now; the stock may have fewer.
    pub free: i64,
}

/// The campaign of a product, on its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    pub code: Code,
    pub terms: Terms,
    pub open_for: Millis,
    pub ends_at: Millis,
    pub units_each: i64,
    pub new_shoppers: bool,
    pub prices: Vec<TeamPrice>,
    /// People in forming teams now.
    pub people: i64,
    pub teams: Vec<TeamCardView>,
    pub now: Millis,
}

impl OfferView {
    /// The lowest price.
    pub fn from(&self) -> i64 {
        self.prices.iter().map(|p| p.price).min().unwrap_or(0)
    }

    pub fn price_of(&self, sku: SkuId) -> Option<TeamPrice> {
        self.prices.iter().copied().find(|p| p.sku == sku)
    }
}

/// The page of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteView {
    pub code: Code,
    pub standing: Standing,
    pub team: TeamView,
    pub terms: Terms,
    pub campaign: Code,
    pub slug: String,
    pub title: String,
    pub subtitle: String,
    pub picture: Option<PictureView>,
    pub merchant: String,
    pub currency: Currency,
    /// What one unit costs alone, and in the team: of the SKU that is cheapest in the team.
    pub single: i64,
    pub price: i64,
    /// The SKU of a product that has only one.
    pub sku: Option<SkuId>,
    pub leader: String,
    pub open_for: Millis,
    pub opened_at: Millis,
    /// My order in it, and my place.
    pub order: Option<Code>,
    pub my_seat: Option<Seat>,
    pub my_seat_no: Option<i64>,
    pub hold_until: Option<Millis>,
    /// What happened to my money: kinds of the order's timeline.
    pub trail: Vec<crate::order::EventView>,
    /// Other teams with a free seat.
    pub others: Vec<TeamCardView>,
    pub units_left: i64,
    pub new_shoppers: bool,
    pub eligible: bool,
    /// The campaign runs: a new team could be opened.
    pub running: bool,
    pub now: Millis,
}

impl InviteView {
    /// Where I stand at `now`, with the team as it is then.
    pub fn stands(&self, team: &TeamView, now: Millis) -> Standing {
        let look = Look {
            state: team.state,
            size: team.size,
            seats_taken: team.seats_taken,
            deadline: team.deadline,
            units_left: self.units_left,
            running: self.running,
        };
        let leads = team.faces.iter().any(|f| f.leader && Some(f.seat_no) == self.my_seat_no);
        standing(look, self.my_seat, leads, self.eligible, now)
    }
}

/// What the checkout says of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatAskView {
    /// The team to join; none for one of one's own.
    pub team: Option<Code>,
    pub terms: Terms,
    /// Seats that are not paid, with mine.
    pub missing: i64,
    pub deadline: Millis,
    pub now: Millis,
}

/// The team of an order, on its page and its card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTeamView {
    pub code: Code,
    pub state: State,
    pub seat: Seat,
    /// Of a team by heads; a team by amount is not counted in seats.
    pub size: Option<i64>,
    pub missing: Option<i64>,
    pub deadline: Millis,
}

impl OrderTeamView {
    /// Whether the order waits for it.
    pub const fn forms(&self) -> bool {
        matches!((self.state, self.seat), (State::Forming, Seat::Held | Seat::Paid))
    }
}

/// A campaign in the back office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignView {
    pub code: Code,
    pub slug: String,
    pub title: String,
    pub currency: Currency,
    pub terms: Terms,
    pub price: i64,
    pub starts_at: Millis,
    pub ends_at: Millis,
    pub stopped: bool,
    pub quota: i64,
    pub sold: i64,
    pub teams: i64,
    pub succeeded: i64,
    pub forming: i64,
    pub now: Millis,
}

/// What the editor of campaigns needs of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorView {
    pub slug: String,
    pub title: String,
    pub picture: Option<PictureView>,
    pub currency: Currency,
    /// SKU, its choice, what it costs alone, the planned price in a team, units on hand.
    pub skus: Vec<(SkuId, String, i64, i64, i64)>,
    /// Makes the campaign once, however often it is sent.
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(kind: Kind, size: i64) -> Terms {
        Terms {
            kind,
            size,
            goal: (kind == Kind::Amount).then_some(10_000),
            sponsor_from: None,
            steps: if kind == Kind::Ladder { vec![Step { heads: 2, off_bp: 0 }] } else { Vec::new() },
            leader_off_bp: 0,
        }
    }

    fn draft() -> Draft {
        Draft {
            terms: terms(Kind::Heads, 3),
            open_for: DAY,
            starts_at: 0,
            ends_at: 7 * DAY,
            units_each: 2,
            new_shoppers: false,
            skus: vec![DraftSku { sku: SkuId(uuid::Uuid::nil()), single: 5_000, price: 3_000, quota: 30 }],
        }
    }

    proptest! {
        #[test]
        fn a_deadline_never_passes_the_end_of_the_campaign(opened in 0_i64..1 << 50, open_for in 1_i64..1 << 40, left in 1_i64..1 << 40) {
            let ends = opened + left;
            let d = deadline(opened, open_for, ends);
            prop_assert!(d > opened && d <= ends && d - opened <= open_for);
        }

        #[test]
        fn a_team_by_heads_is_complete_exactly_with_its_last_seat(size in 2_i64..=100, paid in 0_i64..=100, amount in 0_i64..1 << 40) {
            prop_assert_eq!(terms(Kind::Heads, size).complete(paid, amount), paid >= size);
        }

        #[test]
        fn a_team_by_amount_is_complete_exactly_with_its_goal(paid in 0_i64..=100, amount in 0_i64..20_000) {
            prop_assert_eq!(terms(Kind::Amount, 100).complete(paid, amount), amount >= 10_000);
        }

        #[test]
        fn at_the_deadline_paid_and_sponsored_seats_are_the_size_or_all_get_their_money(
            size in 2_i64..=100, paid in 0_i64..100, from in prop::option::of(1_i64..100)
        ) {
            let paid = paid.min(size - 1);
            let mut t = terms(Kind::Heads, size);
            t.sponsor_from = from.filter(|f| *f < size);
            match t.at_deadline(paid) {
                Outcome::Succeeded { sponsored } => {
                    prop_assert_eq!(paid + sponsored, size);
                    prop_assert!(t.sponsor_from.is_some_and(|f| paid >= f) && paid > 0);
                }
                Outcome::Failed => prop_assert!(paid == 0 || t.sponsor_from.is_none_or(|f| paid < f)),
            }
        }

        #[test]
        fn a_ladder_never_gives_less_for_more_heads_nor_the_whole_price(
            price in 1_i64..1_000_000, a in 2_i64..20, b in 2_i64..20, off in 0_i64..9_000, more in 1_i64..1_000, perk in 0_i64..=5_000, leader: bool
        ) {
            let mut t = terms(Kind::Ladder, 20);
            t.steps = vec![Step { heads: 3, off_bp: off }, Step { heads: 8, off_bp: off + more }];
            t.leader_off_bp = perk;
            let (few, many) = (a.min(b), a.max(b));
            let (x, y) = (t.back(price, few, leader), t.back(price, many, leader));
            prop_assert!(x <= y && y < price && x >= 0);
            prop_assert!(t.back(price, few, true) >= t.back(price, few, false));
        }

        #[test]
        fn no_team_costs_more_than_the_worst_case(
            quota in 1_i64..200, units in 1_i64..5, size in 2_i64..10, perk in 0_i64..=5_000, off in 0_i64..9_000
        ) {
            let mut d = draft();
            d.units_each = units;
            d.terms = terms(Kind::Ladder, size);
            d.terms.leader_off_bp = perk;
            d.terms.steps = vec![Step { heads: 2, off_bp: off }];
            d.skus[0].quota = quota;
            // Teams of two, whose leader takes as much as he may and the other one unit: nothing gives more to leaders.
            let (mut left, mut cost) = (quota, 0);
            while left > 0 {
                let led = units.min(left);
                left -= led;
                let other = 1.min(left);
                left -= other;
                if other == 0 {
                    break;
                }
                let s = d.skus[0];
                cost += led * (s.single - s.price + d.terms.back(s.price, 2, true)) + other * (s.single - s.price + d.terms.back(s.price, 2, false));
            }
            prop_assert!(cost <= d.worst_case(), "{} > {}", cost, d.worst_case());
        }

        #[test]
        fn there_is_one_standing_for_every_state_and_it_never_offers_what_the_guard_refuses(
            state in 0_usize..4, size in 2_i64..=5, taken in 0_i64..=5, left in -1_i64..=2, deadline in 0_i64..(2 * SEAT_WINDOW),
            mine in prop::option::of(0_usize..6), leads: bool, eligible: bool, running: bool
        ) {
            let team = Look { state: State::ALL[state], size, seats_taken: taken.min(size), deadline, units_left: left, running };
            let mine = mine.map(|m| Seat::ALL[m]);
            let now = SEAT_WINDOW / 2;
            let s = standing(team, mine, leads, eligible, now);
            // The guard of rules.md 2.1.
            let guard = team.state == State::Forming && team.seats_taken < size && deadline > now + SEAT_WINDOW && left > 0 && running && eligible;
            if s == Standing::Open {
                prop_assert!(guard && !mine.is_some_and(Seat::takes));
            }
            if guard && !mine.is_some_and(Seat::takes) {
                prop_assert_eq!(s, Standing::Open);
            }
            if matches!(s, Standing::Waiting | Standing::Own | Standing::Holding) {
                prop_assert!(mine.is_some_and(Seat::takes) && deadline > now);
            }
        }
    }

    #[test]
    fn a_campaign_says_what_is_wrong_with_it() {
        draft().check().unwrap();
        let wrong = |change: fn(&mut Draft)| {
            let mut d = draft();
            change(&mut d);
            d.check().unwrap_err().code
        };
        assert_eq!(wrong(|d| d.terms.size = 1), "campaign_size");
        assert_eq!(wrong(|d| d.terms.size = 101), "campaign_size");
        assert_eq!(wrong(|d| d.ends_at = d.starts_at), "campaign_time");
        assert_eq!(wrong(|d| d.open_for = MINUTE), "campaign_window");
        assert_eq!(wrong(|d| d.units_each = 0), "campaign_units");
        assert_eq!(wrong(|d| d.terms.goal = Some(5)), "campaign_goal");
        assert_eq!(wrong(|d| d.terms.kind = Kind::Amount), "campaign_goal");
        assert_eq!(wrong(|d| d.terms.sponsor_from = Some(3)), "campaign_sponsor");
        assert_eq!(wrong(|d| d.terms.steps = vec![Step { heads: 2, off_bp: 1 }]), "campaign_steps");
        assert_eq!(wrong(|d| d.terms.kind = Kind::Ladder), "campaign_steps");
        assert_eq!(wrong(|d| d.terms.leader_off_bp = 5_001), "campaign_perk");
        assert_eq!(wrong(|d| d.skus[0].price = 5_000), "campaign_price");
        assert_eq!(wrong(|d| d.skus[0].quota = 0), "campaign_quota");
    }

    #[test]
    fn strangers_see_one_character_of_a_name() {
        assert_eq!(masked("小美"), "小**");
        assert_eq!(masked("Ana"), "A**");
    }
}
