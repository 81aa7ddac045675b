//! Orders: their states, every legal step, and how a total is made.

use crate::{
    Problem,
    address::Address,
    cart::LineView,
    catalog::PictureView,
    id::Code,
    money::Currency,
    shipping::{self, Method, Zone},
    time::{MINUTE, Millis},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, str::FromStr};

/// How long checkout holds stock for an order that is not paid yet (rules.md 1).
pub const PAY_WINDOW: Millis = 15 * MINUTE;

/// The state of an order (rules.md 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    AwaitingPayment,
    Paid,
    Fulfilling,
    Shipped,
    Delivered,
    Completed,
    Cancelled,
    Refunded,
}

impl State {
    pub const ALL: [Self; 8] = [
        Self::AwaitingPayment,
        Self::Paid,
        Self::Fulfilling,
        Self::Shipped,
        Self::Delivered,
        Self::Completed,
        Self::Cancelled,
        Self::Refunded,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Paid => "paid",
            Self::Fulfilling => "fulfilling",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }

    /// Whether an order may go from here to `to`.
    pub fn may_become(self, to: Self) -> bool {
        STEPS.iter().any(|s| s.from == self && s.to == to)
    }

    /// An order that is paid and has not come to an end that gives the money back.
    pub const fn is_paid(self) -> bool {
        !matches!(self, Self::AwaitingPayment | Self::Cancelled | Self::Refunded)
    }
}

/// A legal step of an order, and what causes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub from: State,
    pub to: State,
    pub by: &'static str,
}

const fn step(from: State, to: State, by: &'static str) -> Step {
    Step { from, to, by }
}

/// Every legal step; nothing else happens to an order. The diagram in the README is made of it.
pub const STEPS: &[Step] = &[
    step(State::AwaitingPayment, State::Paid, "captured"),
    step(State::AwaitingPayment, State::Cancelled, "cancelled, or not paid in time"),
    step(State::Paid, State::Fulfilling, "a part was sent"),
    step(State::Paid, State::Shipped, "all was sent"),
    step(State::Fulfilling, State::Shipped, "the rest was sent"),
    step(State::Shipped, State::Delivered, "received"),
    step(State::Delivered, State::Completed, "return window over"),
    step(State::Paid, State::Refunded, "all money back"),
    step(State::Fulfilling, State::Refunded, "all money back"),
    step(State::Shipped, State::Refunded, "all money back"),
    step(State::Delivered, State::Refunded, "all money back"),
    step(State::Completed, State::Refunded, "all money back"),
];

/// [`STEPS`] as a Mermaid state diagram.
pub fn diagram() -> String {
    let mut out = String::from("stateDiagram-v2\n    [*] --> awaiting_payment: placed\n");
    for s in STEPS {
        out.push_str(&format!("    {} --> {}: {}\n", s.from.name(), s.to.name(), s.by));
    }
    out
}

impl FromStr for State {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// What an order costs, taken apart. Minor units of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    pub goods: i64,
    pub shipping: i64,
    /// What coupons take off.
    pub discount: i64,
    pub total: i64,
    pub currency: Currency,
    /// One parcel per merchant: slug, name, goods and fee.
    pub parcels: Vec<Parcel>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    pub merchant: String,
    pub name: String,
    pub goods: i64,
    pub fee: i64,
}

/// Prices lines for a place and a delivery choice. The one place where an order total is made.
///
/// # Errors
/// `cart_empty`, `mixed_currency`, `sold_out`/`few_left` for a line that does not fit, `no_delivery`.
pub fn price(lines: &[LineView], zone: Zone, method: Method) -> Result<Breakdown, Problem> {
    let first = lines.first().ok_or_else(|| Problem::new(409, "cart_empty"))?;
    let currency = first.currency;
    let mut by_merchant: BTreeMap<&str, (Parcel, i64)> = BTreeMap::new();
    let out_of_range = |_| Problem::bad_request();
    let sum = |a: i64, b: i64| a.checked_add(b).ok_or_else(Problem::bad_request);
    for line in lines {
        if line.currency != currency {
            return Err(Problem::new(409, "mixed_currency"));
        }
        if line.available <= 0 {
            return Err(Problem::new(409, "sold_out"));
        }
        if !line.fits() {
            return Err(Problem::new(409, "few_left").number(line.available));
        }
        let goods = line.total().map_err(out_of_range)?.amount;
        let grams = line.weight_g.checked_mul(line.quantity).ok_or_else(Problem::bad_request)?;
        let entry = by_merchant.entry(&line.merchant_slug).or_insert_with(|| {
            (Parcel { merchant: line.merchant_slug.clone(), name: line.merchant.clone(), goods: 0, fee: 0 }, 0)
        });
        entry.0.goods = sum(entry.0.goods, goods)?;
        entry.1 = sum(entry.1, grams)?;
    }
    let mut whole = Breakdown { goods: 0, shipping: 0, discount: 0, total: 0, currency, parcels: Vec::new() };
    for (mut parcel, grams) in by_merchant.into_values() {
        parcel.fee = shipping::fee(zone, method, grams, parcel.goods)?;
        whole.goods = sum(whole.goods, parcel.goods)?;
        whole.shipping = sum(whole.shipping, parcel.fee)?;
        whole.parcels.push(parcel);
    }
    whole.total = sum(whole.goods, whole.shipping)?;
    Ok(whole)
}

impl Breakdown {
    /// Less what coupons take off the goods. A delivery costs what it would cost without them.
    ///
    /// # Errors
    /// `internal` for more than the goods come to.
    pub fn less(mut self, discount: i64) -> Result<Self, Problem> {
        if discount < 0 || discount > self.goods {
            return Err(Problem::internal());
        }
        self.discount = discount;
        self.total = (self.goods + self.shipping).checked_sub(discount).ok_or_else(Problem::internal)?;
        Ok(self)
    }
}

/// What checkout is about: the whole cart, or one thing bought at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Cart,
    Direct {
        sku: crate::id::SkuId,
        quantity: i64,
    },
    /// In a team of one's own, of a campaign.
    Open {
        campaign: Code,
        sku: crate::id::SkuId,
        quantity: i64,
    },
    /// At the price of a live room.
    Room {
        room: Code,
        sku: crate::id::SkuId,
        quantity: i64,
    },
    /// One of what somebody won.
    Prize {
        draw: Code,
        sku: crate::id::SkuId,
        quantity: i64,
    },
    /// In somebody's team.
    Team {
        team: Code,
        sku: crate::id::SkuId,
        quantity: i64,
    },
}

impl Source {
    /// Whether coupons take anything off: not off the price of a team, nor off a prize.
    pub const fn takes_coupons(&self) -> bool {
        matches!(self, Self::Cart | Self::Direct { .. } | Self::Room { .. })
    }

    /// `cart`, `SKU:QUANTITY`, `open:CAMPAIGN:SKU:QUANTITY`, `room:ROOM:SKU:QUANTITY`, `prize:DRAW:SKU:1` or `team:TEAM:SKU:QUANTITY`: how a link and a form say it.
    pub fn written(&self) -> String {
        match self {
            Self::Cart => "cart".to_owned(),
            Self::Direct { sku, quantity } => format!("{}:{quantity}", sku.0.simple()),
            Self::Open { campaign, sku, quantity } => format!("open:{campaign}:{}:{quantity}", sku.0.simple()),
            Self::Room { room, sku, quantity } => format!("room:{room}:{}:{quantity}", sku.0.simple()),
            Self::Prize { draw, sku, quantity } => format!("prize:{draw}:{}:{quantity}", sku.0.simple()),
            Self::Team { team, sku, quantity } => format!("team:{team}:{}:{quantity}", sku.0.simple()),
        }
    }
}

/// What is bought, and the post that it is bought from: `SOURCE~POST`, or the source alone.
pub fn with_post(source: &str, post: Option<&Code>) -> String {
    post.map_or_else(|| source.to_owned(), |post| format!("{source}~{post}"))
}

/// The post that what is written so is bought from.
pub fn post_of(written: &str) -> Option<Code> {
    written.split_once('~')?.1.parse().ok()
}

impl FromStr for Source {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        let s = s.split_once('~').map_or(s, |(source, _)| source);
        if s.is_empty() || s == "cart" {
            return Ok(Self::Cart);
        }
        let parts: Vec<&str> = s.split(':').collect();
        let bad = Problem::bad_request;
        let (how, sku, quantity) = match parts.as_slice() {
            [sku, quantity] => (None, sku, quantity),
            [how, code, sku, quantity] => (Some((*how, code.parse::<Code>().map_err(|_| bad())?)), sku, quantity),
            _ => return Err(bad()),
        };
        let quantity: i64 = quantity.parse().map_err(|_| bad())?;
        crate::cart::Quantity::try_from(quantity)?;
        let sku = sku.parse().map_err(|_| bad())?;
        match how {
            None => Ok(Self::Direct { sku, quantity }),
            Some(("open", campaign)) => Ok(Self::Open { campaign, sku, quantity }),
            Some(("room", room)) => Ok(Self::Room { room, sku, quantity }),
            Some(("prize", draw)) if quantity == 1 => Ok(Self::Prize { draw, sku, quantity }),
            Some(("team", team)) => Ok(Self::Team { team, sku, quantity }),
            Some(_) => Err(bad()),
        }
    }
}

/// The checkout page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutView {
    pub lines: Vec<LineView>,
    pub addresses: Vec<crate::address::AddressView>,
    pub address: Option<crate::id::AddressId>,
    pub method: Method,
    /// The fee of each delivery choice to the chosen place.
    pub methods: Vec<(Method, i64, (i64, i64))>,
    /// What it would cost, or why it cannot be ordered.
    pub price: Result<Breakdown, Problem>,
    /// Makes the order placed once, however often it is sent.
    pub key: String,
    /// The seat that comes with it.
    pub seat: Option<crate::group_buy::SeatAskView>,
    /// Who brought a new shopper here: he is asked whether it may count.
    pub invitation: Option<crate::referral::InvitationView>,
    /// Who earns what by it, at most.
    pub earners: Vec<crate::commission::EarnerView>,
    /// My coupons, and what is taken off each line, minor units.
    pub coupons: Vec<crate::coupon::ChoiceView>,
    pub off: Vec<i64>,
}

/// A step in the life of an order, as the timeline shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// A key of the locale files (`order_event.<kind>`).
    pub kind: String,
    pub at: Millis,
    /// Minor units, when the step moved money.
    pub amount: Option<i64>,
}

/// What a line was when it was ordered; the order keeps it whatever becomes of the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub slug: String,
    /// Title and choice per language tag.
    pub titles: BTreeMap<String, (String, String)>,
    pub merchant: BTreeMap<String, String>,
    pub picture: Option<PictureView>,
    pub weight_g: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLineView {
    pub slug: String,
    pub title: String,
    pub choice: String,
    pub merchant: String,
    pub picture: Option<PictureView>,
    pub unit_price: i64,
    pub quantity: i64,
    pub total: i64,
}

/// An order in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCardView {
    pub code: Code,
    pub state: State,
    pub total: i64,
    pub currency: Currency,
    pub lines: Vec<OrderLineView>,
    pub created_at: Millis,
    /// Until when it can be paid, when it awaits payment.
    pub hold_until: Option<Millis>,
    pub team: Option<crate::group_buy::OrderTeamView>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersView {
    pub orders: Vec<OrderCardView>,
    pub next: Option<String>,
    pub now: Millis,
}

/// The order page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    pub code: Code,
    pub state: State,
    pub lines: Vec<OrderLineView>,
    pub price: Breakdown,
    pub address: Address,
    pub method: Method,
    pub note: String,
    pub events: Vec<EventView>,
    pub created_at: Millis,
    pub hold_until: Option<Millis>,
    pub shipments: Vec<crate::shipment::ShipmentView>,
    pub cases: Vec<crate::after_sale::CaseCardView>,
    pub team: Option<crate::group_buy::OrderTeamView>,
    /// A payment is being confirmed by the provider.
    pub confirming: bool,
    /// Who earns what by it; at most, until it is completed.
    pub earners: Vec<crate::commission::EarnerView>,
    pub now: Millis,
}

impl OrderView {
    /// When it was paid.
    pub fn paid_at(&self) -> Option<Millis> {
        self.events.iter().find(|e| e.kind == "paid").map(|e| e.at)
    }

    /// Whether it arrived, whatever became of it since.
    pub fn was_received(&self) -> bool {
        self.events.iter().any(|e| matches!(e.kind.as_str(), "received" | "received_auto"))
    }

    /// What went back of what was paid, minor units.
    pub fn given_back(&self) -> i64 {
        if self.paid_at().is_none() {
            return 0;
        }
        self.events.iter().filter(|e| e.kind == "refunded").filter_map(|e| e.amount).fold(0, i64::saturating_add)
    }
}

/// An order that waits for parcels, as the back office sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToShipView {
    pub code: Code,
    pub state: State,
    pub paid_at: Millis,
    pub address: Address,
    pub note: String,
    pub lines: Vec<ToShipLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToShipPage {
    pub orders: Vec<ToShipView>,
    pub next: Option<String>,
}

/// Units of a line that have not left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToShipLine {
    pub position: i64,
    pub title: String,
    pub choice: String,
    pub merchant: String,
    pub left: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SkuId;
    use proptest::prelude::*;

    fn line(merchant: &str, price: i64, quantity: i64, weight_g: i64) -> LineView {
        LineView {
            sku: SkuId(uuid::Uuid::nil()),
            slug: String::new(),
            title: String::new(),
            choice: String::new(),
            picture: None,
            merchant: merchant.to_owned(),
            merchant_slug: merchant.to_owned(),
            price,
            price_seen: price,
            currency: Currency::Cny,
            quantity,
            available: 99,
            weight_g,
        }
    }

    proptest! {
        #[test]
        fn a_total_is_its_parts_and_never_below_zero(
            lines in prop::collection::vec((0_usize..4, 0_i64..1_000_000, 1_i64..100, 0_i64..20_000), 1..12)
        ) {
            let lines: Vec<_> = lines.iter().map(|(m, p, q, w)| line(["a", "b", "c", "d"][*m], *p, *q, *w)).collect();
            let b = price(&lines, Zone::Mainland, Method::Standard).unwrap();
            prop_assert_eq!(b.goods, lines.iter().map(|l| l.price * l.quantity).sum::<i64>());
            prop_assert_eq!(b.shipping, b.parcels.iter().map(|p| p.fee).sum::<i64>());
            prop_assert_eq!(b.total, b.goods + b.shipping - b.discount);
            prop_assert!(b.total >= 0);
        }

        #[test]
        fn no_path_of_legal_steps_leaves_an_end_state(steps in prop::collection::vec(0_usize..8, 0..20)) {
            let mut state = State::AwaitingPayment;
            for step in steps {
                if let Some(next) = State::ALL.into_iter().filter(|to| state.may_become(*to)).nth(step) {
                    prop_assert!(!matches!(state, State::Cancelled | State::Refunded));
                    state = next;
                }
            }
            prop_assert_eq!(state.name().parse::<State>(), Ok(state));
        }
    }

    #[test]
    fn the_readme_shows_the_steps_as_they_are() {
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&diagram()), "put this into the README:\n{}", diagram());
    }

    #[test]
    fn money_that_came_in_always_has_a_way_back() {
        for state in State::ALL {
            assert_eq!(state.may_become(State::Refunded), state.is_paid(), "{state:?}");
        }
    }

    #[test]
    fn one_line_that_does_not_fit_stops_the_order() {
        let mut few = line("a", 100, 3, 0);
        few.available = 2;
        let problem = price(&[line("a", 1, 1, 0), few], Zone::Mainland, Method::Standard).unwrap_err();
        assert_eq!((problem.code.as_str(), problem.number), ("few_left", Some(2)));
    }

    proptest! {
        #[test]
        fn what_checkout_is_about_reads_back(bits in any::<u128>(), id in any::<u128>(), quantity in 1_i64..=99) {
            let (code, sku) = (Code::from_bits(bits), SkuId(uuid::Uuid::from_u128(id)));
            for source in [
                Source::Cart,
                Source::Direct { sku, quantity },
                Source::Open { campaign: code.clone(), sku, quantity },
                Source::Team { team: code, sku, quantity },
            ] {
                prop_assert_eq!(source.written().parse::<Source>(), Ok(source));
            }
        }
    }

    #[test]
    fn huge_amounts_are_refused_and_never_wrap() {
        let lines = [line("a", i64::MAX / 2, 3, 0)];
        assert!(price(&lines, Zone::Mainland, Method::Standard).is_err());
    }
}
