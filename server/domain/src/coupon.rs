//! Coupons (rules.md 6): what one takes off, of which goods, and why it takes nothing.
//!
//! A coupon without a merchant is the platform's, for everything; one of a merchant is for what he sells, or for one product of
//! his. On an order at most one of a product and one of a shop (the platform's or a merchant's) take something off: the product's
//! first. Every unit still costs at least one minor unit, so that it can be paid for and given back.

pub mod typed;

use crate::{
    Problem,
    cart::LineView,
    id::{Code, GrantId},
    money::Currency,
    time::{DAY, Millis},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What is whole, in basis points.
const WHOLE: i64 = 10_000;
/// Grants of one coupon, at most.
pub const MAX_QUOTA: i64 = 1_000_000;
/// Of one person, at most.
pub const MAX_EACH: i64 = 10;
/// Days that it can be got, and that it can be used since.
pub const MAX_DAYS: i64 = 180;
/// Letters of a word that is typed in.
pub const WORD: std::ops::RangeInclusive<usize> = 4..=20;
/// Minutes that a host hands out coupons.
pub const DROP_LASTS: [i64; 4] = [1, 2, 5, 10];
/// How long a room shows a drop that is over.
pub const DROP_SHOWN: Millis = 30 * crate::time::SECOND;
/// Coupons of one drop, at most.
pub const MAX_DROP: i64 = 10_000;
/// Drops of one room, at most.
pub const MAX_DROPS: i64 = 50;

names! {
    /// How a coupon is got: by whoever sees it, by a word, or where a host drops it.
    Way: Open = "open", Word = "word", Room = "room"
}

names! {
    /// What a coupon is against others: one of each on an order.
    Class: Product = "product", Shop = "shop"
}

names! {
    /// Where one of somebody's coupons stands. `Free` ones that are too old are `Expired`.
    State: Free = "free", Locked = "locked", Used = "used", Expired = "expired"
}

/// What is taken off. Minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    Amount(i64),
    /// Basis points of what the goods come to, and never more than `most`.
    Percent {
        bp: i64,
        most: i64,
    },
}

impl Off {
    /// What it takes off at most.
    pub const fn most(self) -> i64 {
        match self {
            Self::Amount(n) => n,
            Self::Percent { most, .. } => most,
        }
    }

    /// What it would take of goods that come to `base`.
    fn of(self, base: i64) -> i64 {
        match self {
            Self::Amount(n) => n,
            Self::Percent { bp, most } => part(base, bp, WHOLE).min(most),
        }
    }
}

/// `of * part / whole`, rounded down.
fn part(of: i64, part: i64, whole: i64) -> i64 {
    i64::try_from(i128::from(of) * i128::from(part) / i128::from(whole.max(1))).unwrap_or(i64::MAX)
}

/// What a coupon is for, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub currency: Currency,
    pub off: Off,
    /// What its goods must come to, minor units, before anything is taken off.
    pub least: i64,
    /// Slugs: of the merchant whose goods it is for and who pays for it; without, the platform's, for everything.
    pub merchant: Option<String>,
    pub product: Option<String>,
}

impl Terms {
    pub const fn class(&self) -> Class {
        if self.product.is_some() { Class::Product } else { Class::Shop }
    }

    /// Whether the platform pays for it, and no merchant.
    pub const fn is_platforms(&self) -> bool {
        self.merchant.is_none()
    }

    /// Whether it is for a thing.
    pub fn covers(&self, line: &LineView) -> bool {
        line.currency == self.currency
            && self.merchant.as_ref().is_none_or(|m| *m == line.merchant_slug)
            && self.product.as_ref().is_none_or(|p| *p == line.slug)
    }
}

/// A coupon as somebody asks for it to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub terms: Terms,
    pub way: Way,
    /// What is typed in to get it, of [`Way::Word`].
    pub word: String,
    pub quota: i64,
    pub each: i64,
    /// It can be got for so many days, and each is good for so many.
    pub days: i64,
    pub lasts: i64,
}

impl Draft {
    /// # Errors
    /// `coupon_off`, `coupon_most`, `coupon_least`, `coupon_word`, `coupon_quota`, `coupon_each`, `coupon_days`, each with its field.
    pub fn checked(mut self) -> Result<Self, Problem> {
        let wrong = |code: &'static str, field: &str| Err(Problem::new(422, code).field(field));
        // What it may cost in all stays a number that can be counted with.
        let fits = |n: i64| (1..=i64::MAX / MAX_QUOTA / 4).contains(&n);
        match self.terms.off {
            Off::Amount(n) if !fits(n) => return wrong("coupon_off", "off"),
            Off::Percent { bp, .. } if !(1..=9_900).contains(&bp) => return wrong("coupon_off", "off"),
            Off::Percent { most, .. } if !fits(most) => return wrong("coupon_most", "most"),
            _ => {}
        }
        if self.terms.least < 0 {
            return wrong("coupon_least", "least");
        }
        if self.way == Way::Word {
            self.word = word(&self.word).ok_or_else(|| Problem::new(422, "coupon_word").field("word"))?;
        } else {
            self.word.clear();
        }
        if !(1..=MAX_QUOTA).contains(&self.quota) {
            return Err(Problem::new(422, "coupon_quota").field("quota").number(MAX_QUOTA));
        }
        if !(1..=MAX_EACH).contains(&self.each) {
            return Err(Problem::new(422, "coupon_each").field("each").number(MAX_EACH));
        }
        for (days, field) in [(self.days, "days"), (self.lasts, "lasts")] {
            if !(1..=MAX_DAYS).contains(&days) {
                return Err(Problem::new(422, "coupon_days").field(field).number(MAX_DAYS));
            }
        }
        Ok(self)
    }

    /// What it costs at most, minor units.
    pub const fn worst_case(&self) -> i64 {
        self.terms.off.most().saturating_mul(self.quota)
    }

    /// How long each is good for.
    pub const fn good_for(&self) -> Millis {
        self.lasts.saturating_mul(DAY)
    }
}

/// A word that gets a coupon, however it is written (also wide, as Chinese keyboards may): capital letters and digits.
pub fn word(typed: &str) -> Option<String> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    let word: String = typed.trim().chars().map(narrow).collect::<String>().to_uppercase();
    (WORD.contains(&word.chars().count()) && word.chars().all(char::is_alphanumeric)).then_some(word)
}

/// One that somebody has and has not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub grant: GrantId,
    pub terms: Terms,
    pub expires_at: Millis,
}

/// Why a coupon takes nothing off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is for none of these things.
    Other,
    /// They are paid for in another currency.
    Currency,
    /// So much is missing until it does, minor units.
    Least(i64),
    /// Every unit costs as little as it can already.
    Nothing,
    /// The price of a team, or of what was won, is the last one.
    Price,
}

/// Units of a line of which as much is taken off each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Which line.
    pub line: usize,
    pub quantity: i64,
    /// What one unit is paid with, minor units.
    pub price: i64,
    /// What is taken off each unit, and what of that the platform pays.
    pub off: i64,
    pub platforms: i64,
}

/// What is ordered, as it is paid: groups in the order of the lines, and what each coupon takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub groups: Vec<Group>,
    pub taken: Vec<(GrantId, i64)>,
}

impl Applied {
    /// Without any coupon.
    pub fn plain(lines: &[LineView]) -> Self {
        let group =
            |(line, l): (usize, &LineView)| Group { line, quantity: l.quantity, price: l.price, off: 0, platforms: 0 };
        Self { groups: lines.iter().enumerate().map(group).collect(), taken: Vec::new() }
    }

    /// What all of them take, minor units.
    pub fn discount(&self) -> i64 {
        self.taken.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// What is taken off a line.
    pub fn off_of(&self, line: usize) -> i64 {
        self.groups
            .iter()
            .filter(|g| g.line == line)
            .fold(0, |sum, g| sum.saturating_add(g.off.saturating_mul(g.quantity)))
    }
}

/// Applies one coupon to what the others left.
///
/// # Errors
/// Why it takes nothing.
pub fn apply(lines: &[LineView], before: &Applied, held: &Held) -> Result<Applied, Why> {
    let terms = &held.terms;
    let covered = |g: &Group| lines.get(g.line).is_some_and(|l| terms.covers(l));
    if !before.groups.iter().any(covered) {
        let currency = lines.iter().all(|l| l.currency != terms.currency);
        return Err(if currency { Why::Currency } else { Why::Other });
    }
    let sum = |of: &dyn Fn(&Group) -> i64| {
        before
            .groups
            .iter()
            .filter(|g| covered(g))
            .fold(0_i64, |sum, g| sum.saturating_add(of(g).saturating_mul(g.quantity)))
    };
    let whole = sum(&|g| g.price + g.off);
    if whole < terms.least {
        return Err(Why::Least(terms.least - whole));
    }
    let room = sum(&spare);
    let amount = terms.off.of(sum(&|g| g.price)).min(room);
    if amount <= 0 {
        return Err(Why::Nothing);
    }
    let mut after = before.clone();
    spread(&mut after.groups, &covered, amount, room, terms.is_platforms());
    after.taken.push((held.grant, amount));
    Ok(after)
}

/// What can be taken off a unit.
fn spare(group: &Group) -> i64 {
    (group.price - 1).max(0)
}

/// Takes exactly `amount` off, of each unit by its price, in whole minor units. At most one group is cut in two.
fn spread(groups: &mut Vec<Group>, covered: &dyn Fn(&Group) -> bool, amount: i64, room: i64, platforms: bool) {
    let mut rest = amount;
    let less = |g: &mut Group, n: i64| {
        g.price -= n;
        g.off += n;
        g.platforms += if platforms { n } else { 0 };
    };
    // What is left over of rounding down is less than one for each unit that can still become cheaper.
    let mut open: Vec<usize> = Vec::new();
    for (at, group) in groups.iter_mut().enumerate().filter(|(_, g)| covered(g)) {
        let each = part(amount, spare(group), room);
        less(group, each);
        rest -= each * group.quantity;
        if group.price > 1 {
            open.push(at);
        }
    }
    // The largest first: whatever is left then is less than the units of any that was passed over.
    open.sort_by_key(|at| groups.get(*at).map_or(0, |g| -g.quantity));
    let mut cut = None;
    for at in open {
        let Some(group) = groups.get_mut(at) else { continue };
        if rest >= group.quantity {
            less(group, 1);
            rest -= group.quantity;
        } else {
            cut = Some(at);
        }
    }
    if let Some((at, group)) = cut.and_then(|at| groups.get(at).map(|g| (at, *g))).filter(|_| rest > 0) {
        let (mut dearer, mut cheaper) = (group, group);
        dearer.quantity -= rest;
        cheaper.quantity = rest;
        less(&mut cheaper, 1);
        groups.splice(at..=at, [dearer, cheaper]);
    }
}

/// Which one of a class is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pick {
    /// The one that takes the most.
    #[default]
    Best,
    None,
    This(GrantId),
}

impl Pick {
    pub fn written(self) -> String {
        match self {
            Self::Best => String::new(),
            Self::None => "none".to_owned(),
            Self::This(grant) => grant.0.simple().to_string(),
        }
    }
}

impl FromStr for Pick {
    type Err = Problem;
    /// Nothing for the best, `none`, or the id of a grant.
    fn from_str(s: &str) -> Result<Self, Problem> {
        match s {
            "" => Ok(Self::Best),
            "none" => Ok(Self::None),
            id => id.parse().map(Self::This).map_err(|_| Problem::bad_request()),
        }
    }
}

/// What somebody wants to be taken off: of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub product: Pick,
    pub shop: Pick,
}

impl Wanted {
    pub const NOTHING: Self = Self { product: Pick::None, shop: Pick::None };

    pub const fn of(self, class: Class) -> Pick {
        match class {
            Class::Product => self.product,
            Class::Shop => self.shop,
        }
    }
}

/// Applies what is wanted of what somebody has: of all pairs the one that takes the most, the first of equals (so that, with `held` by
/// when they run out, what runs out first is used first).
pub fn choose(lines: &[LineView], held: &[Held], wanted: Wanted) -> Applied {
    let of = |class: Class| {
        let pick = wanted.of(class);
        let fits = move |h: &&Held| match pick {
            Pick::Best => true,
            Pick::None => false,
            Pick::This(grant) => h.grant == grant,
        };
        held.iter().filter(move |h| h.terms.class() == class).filter(fits)
    };
    let plain = Applied::plain(lines);
    let mut best = plain.clone();
    let mut better = |found: Applied| {
        if found.discount() > best.discount() {
            best = found;
        }
    };
    let after_product = of(Class::Product).filter_map(|h| apply(lines, &plain, h).ok());
    for before in after_product.chain([plain.clone()]) {
        for shop in of(Class::Shop) {
            if let Ok(found) = apply(lines, &before, shop) {
                better(found);
            }
        }
        better(before);
    }
    best
}

/// Why one takes nothing off by itself; nothing when it could be chosen.
pub fn why_not(lines: &[LineView], one: &Held) -> Option<Why> {
    apply(lines, &Applied::plain(lines), one).err()
}

/// A coupon, and what it is called after: its merchant, or its product; nothing for everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponView {
    pub code: Code,
    pub terms: Terms,
    pub of: String,
}

/// One that can be got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    pub coupon: CouponView,
    pub remains: i64,
    /// Until when it can be got, and how long each is good for then.
    pub ends_at: Millis,
    pub lasts: Millis,
    /// How many I have had, and may have.
    pub had: i64,
    pub each: i64,
}

/// One of mine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    pub grant: GrantId,
    pub coupon: CouponView,
    pub state: State,
    pub expires_at: Millis,
    /// The order that it is in, and what it took.
    pub order: Option<Code>,
    pub took: Option<i64>,
}

/// The page of coupons: what can be got, and what I have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponsView {
    pub offers: Vec<OfferView>,
    /// Those that can be used, by when they run out; then what became of the latest others.
    pub mine: Vec<GrantView>,
    pub past: Vec<GrantView>,
}

/// One of mine, where I order something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceView {
    pub grant: GrantId,
    pub coupon: CouponView,
    pub expires_at: Millis,
    /// What it takes off, if it does; why not, if it cannot.
    pub takes: Option<i64>,
    pub why: Option<Why>,
}

/// A coupon as the shop sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskView {
    pub coupon: CouponView,
    pub way: Way,
    pub word: Option<String>,
    pub quota: i64,
    pub each: i64,
    pub remains: i64,
    /// Those that people have and can use, those in orders that are not paid, and those that were paid with (`took`).
    pub free: i64,
    pub locked: i64,
    pub used: i64,
    /// Those that nobody used in time, and those that are handed out in rooms just now.
    pub expired: i64,
    pub dropping: i64,
    /// What was taken off with those that are used, minor units.
    pub took: i64,
    pub ends_at: Millis,
    pub lasts: Millis,
    pub stopped: bool,
    pub now: Millis,
}

impl DeskView {
    /// Whether it can still be got.
    pub const fn runs(&self) -> bool {
        !self.stopped && self.ends_at > self.now
    }

    /// What it costs at most, with what it has cost, minor units.
    pub const fn worst_case(&self) -> i64 {
        let open = self.free + self.locked + self.dropping + if self.runs() { self.remains } else { 0 };
        self.took.saturating_add(self.coupon.terms.off.most().saturating_mul(open))
    }
}

/// The shop's page of coupons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskPage {
    pub coupons: Vec<DeskView>,
    pub next: Option<String>,
    /// Slugs and names of those whose goods they may be for.
    pub merchants: Vec<(String, String)>,
    pub key: String,
}

/// A coupon that a host may hand out, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropOffer {
    pub coupon: CouponView,
    pub remains: i64,
}

/// Coupons that a host hands out in a room now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropFact {
    pub code: Code,
    pub terms: Terms,
    /// What it is called after, by language tag; empty for everything.
    pub of: std::collections::BTreeMap<String, String>,
    pub quota: i64,
    pub remains: i64,
    pub closes_at: Millis,
    pub over: bool,
    /// How long each is good for.
    pub lasts: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SkuId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn line(merchant: &str, slug: &str, price: i64, quantity: i64) -> LineView {
        LineView {
            sku: SkuId(Uuid::nil()),
            slug: slug.to_owned(),
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
            weight_g: 0,
        }
    }

    fn held(id: u128, off: Off, least: i64, of: (Option<&str>, Option<&str>)) -> Held {
        Held {
            grant: GrantId(Uuid::from_u128(id)),
            terms: Terms {
                currency: Currency::Cny,
                off,
                least,
                merchant: of.0.map(str::to_owned),
                product: of.1.map(str::to_owned),
            },
            expires_at: 0,
        }
    }

    fn off() -> impl Strategy<Value = Off> {
        prop_oneof![
            (1_i64..200_000).prop_map(Off::Amount),
            (1_i64..=9_900, 1_i64..100_000).prop_map(|(bp, most)| Off::Percent { bp, most }),
        ]
    }

    fn lines() -> impl Strategy<Value = Vec<LineView>> {
        let one = (0_usize..3, 0_usize..3, 1_i64..30_000, 1_i64..=99);
        prop::collection::vec(one, 1..8).prop_map(|all| {
            let of = |(m, p, price, n)| line(["a", "b", "c"][m], ["x", "y", "z"][p], price, n);
            all.into_iter().map(of).collect()
        })
    }

    fn coupons() -> impl Strategy<Value = Vec<Held>> {
        let of = prop_oneof![
            Just((None, None)),
            Just((Some("a"), None)),
            Just((Some("b"), None)),
            Just((Some("a"), Some("x"))),
            Just((Some("c"), Some("z"))),
        ];
        prop::collection::vec((off(), 0_i64..500_000, of), 0..7)
            .prop_map(|all| (1..).zip(all).map(|(id, (off, least, of))| held(id, off, least, of)).collect())
    }

    /// What must hold of anything that was applied.
    fn exact(lines: &[LineView], held: &[Held], applied: &Applied) {
        for (at, line) in lines.iter().enumerate() {
            let of: Vec<&Group> = applied.groups.iter().filter(|g| g.line == at).collect();
            assert_eq!(of.iter().map(|g| g.quantity).sum::<i64>(), line.quantity, "every unit is in one group");
            for g in of {
                assert!(g.quantity > 0 && g.price >= 1.min(line.price), "a unit costs something: {g:?}");
                assert_eq!(g.price + g.off, line.price);
                assert!((0..=g.off).contains(&g.platforms));
            }
        }
        assert!(applied.groups.windows(2).all(|w| w[0].line <= w[1].line), "in the order of the lines");
        assert!(applied.groups.len() <= lines.len() + applied.taken.len(), "at most one is cut for a coupon");
        let taken: i64 = applied.groups.iter().map(|g| g.off * g.quantity).sum();
        assert_eq!(taken, applied.discount(), "what is taken off is what the units are cheaper by");
        let platforms: i64 = applied.groups.iter().map(|g| g.platforms * g.quantity).sum();
        let of_platform = |(grant, n): &(GrantId, i64)| {
            held.iter().find(|h| h.grant == *grant).filter(|h| h.terms.is_platforms()).map_or(0, |_| *n)
        };
        assert_eq!(platforms, applied.taken.iter().map(of_platform).sum::<i64>(), "the platform pays for its own");
        for class in Class::ALL {
            let n =
                applied.taken.iter().filter(|(g, _)| held.iter().any(|h| h.grant == *g && h.terms.class() == *class));
            assert!(n.count() <= 1, "one of a class");
        }
        for (grant, n) in &applied.taken {
            let of = held.iter().find(|h| h.grant == *grant).unwrap();
            assert!(*n >= 1 && *n <= of.terms.off.most());
            let goods: i64 = lines.iter().filter(|l| of.terms.covers(l)).map(|l| l.price * l.quantity).sum();
            assert!(goods >= of.terms.least && *n < goods, "what it is for comes to enough, and to more");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_off_is_exact_to_the_cent_and_to_the_unit(lines in lines(), held in coupons()) {
            exact(&lines, &held, &choose(&lines, &held, Wanted::default()));
        }

        #[test]
        fn nobody_could_choose_better_himself(lines in lines(), held in coupons()) {
            let best = choose(&lines, &held, Wanted::default()).discount();
            let picks = |class: Class| {
                let of = held.iter().filter(|h| h.terms.class() == class).map(|h| Pick::This(h.grant)).collect::<Vec<_>>();
                of.into_iter().chain([Pick::None])
            };
            for product in picks(Class::Product) {
                for shop in picks(Class::Shop) {
                    let own = choose(&lines, &held, Wanted { product, shop });
                    exact(&lines, &held, &own);
                    prop_assert!(own.discount() <= best);
                }
            }
            prop_assert_eq!(choose(&lines, &held, Wanted::NOTHING), Applied::plain(&lines));
        }

        #[test]
        fn what_takes_nothing_says_why_and_what_could_be_chosen_does_not(lines in lines(), held in coupons()) {
            let chosen = choose(&lines, &held, Wanted::default());
            for one in &held {
                if chosen.taken.iter().any(|(g, _)| *g == one.grant) {
                    continue;
                }
                match why_not(&lines, one) {
                    Some(Why::Least(missing)) => {
                        let goods: i64 = lines.iter().filter(|l| one.terms.covers(l)).map(|l| l.price * l.quantity).sum();
                        prop_assert_eq!(goods + missing, one.terms.least);
                    }
                    Some(Why::Other) => prop_assert!(!lines.iter().any(|l| one.terms.covers(l))),
                    Some(Why::Nothing) => {
                        let of = || lines.iter().filter(|l| one.terms.covers(l));
                        let goods: i64 = of().map(|l| l.price * l.quantity).sum();
                        prop_assert!(of().all(|l| l.price == 1) || one.terms.off.of(goods) == 0);
                    }
                    // The best of both classes together may leave one out; alone it takes something.
                    None | Some(Why::Currency | Why::Price) => prop_assert!(apply(&lines, &Applied::plain(&lines), one).is_ok()),
                }
            }
        }

        #[test]
        fn a_word_is_the_same_however_it_is_typed(plain in "[A-Z0-9]{4,20}") {
            let wide: String = plain.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect();
            for typed in [plain.to_lowercase(), format!(" {plain} "), wide.clone(), wide.to_lowercase()] {
                prop_assert_eq!(word(&typed), Some(plain.clone()));
            }
        }

        #[test]
        fn a_choice_reads_back(id in any::<u128>()) {
            for pick in [Pick::Best, Pick::None, Pick::This(GrantId(Uuid::from_u128(id)))] {
                prop_assert_eq!(pick.written().parse::<Pick>(), Ok(pick));
            }
        }
    }

    #[test]
    fn ten_off_three_of_one_thing_is_ten_and_one_unit_is_a_cent_cheaper() {
        let lines = [line("a", "x", 10_000, 3)];
        let applied = choose(&lines, &[held(1, Off::Amount(1_000), 0, (None, None))], Wanted::default());
        let groups: Vec<_> = applied.groups.iter().map(|g| (g.quantity, g.price)).collect();
        assert_eq!(groups, [(2, 9_667), (1, 9_666)]);
        assert_eq!(applied.discount(), 1_000);
    }

    #[test]
    fn a_product_comes_first_and_the_shop_takes_of_what_is_left() {
        let lines = [line("a", "x", 1_000, 1), line("b", "y", 1_000, 1)];
        let product = held(1, Off::Amount(500), 0, (Some("a"), Some("x")));
        let shop = held(2, Off::Percent { bp: 1_000, most: 10_000 }, 2_000, (None, None));
        let applied = choose(&lines, &[shop.clone(), product], Wanted::default());
        assert_eq!(applied.taken, [(GrantId(Uuid::from_u128(1)), 500), (shop.grant, 150)]);
        assert_eq!((applied.off_of(0), applied.off_of(1)), (550, 100));
    }

    #[test]
    fn a_thing_for_less_than_the_coupon_costs_a_cent() {
        let lines = [line("a", "x", 300, 2)];
        let one = held(1, Off::Amount(5_000), 0, (None, None));
        let applied = choose(&lines, std::slice::from_ref(&one), Wanted::default());
        assert_eq!(applied.discount(), 598);
        let cents = [line("a", "x", 1, 5)];
        assert_eq!(apply(&cents, &Applied::plain(&cents), &one), Err(Why::Nothing));
    }

    #[test]
    fn a_draft_says_which_field_is_wrong() {
        let draft = |off, way, word: &str| Draft {
            terms: held(1, off, 0, (None, None)).terms,
            way,
            word: word.to_owned(),
            quota: 10,
            each: 1,
            days: 7,
            lasts: 7,
        };
        let field = |d: Draft| d.checked().unwrap_err().field;
        assert_eq!(draft(Off::Amount(1_000), Way::Word, " tea2026 ").checked().unwrap().word, "TEA2026");
        assert_eq!(field(draft(Off::Amount(0), Way::Open, "")), Some("off".to_owned()));
        assert_eq!(field(draft(Off::Percent { bp: 10_000, most: 1 }, Way::Open, "")), Some("off".to_owned()));
        assert_eq!(field(draft(Off::Percent { bp: 500, most: 0 }, Way::Open, "")), Some("most".to_owned()));
        assert_eq!(field(draft(Off::Amount(1), Way::Word, "a b c d")), Some("word".to_owned()));
        assert_eq!(field(Draft { each: 11, ..draft(Off::Amount(1), Way::Open, "") }), Some("each".to_owned()));
        assert_eq!(field(Draft { lasts: 0, ..draft(Off::Amount(1), Way::Open, "") }), Some("lasts".to_owned()));
    }
}
