//! What a host reads while he is on: counts that have rows behind them, what is worked out of them, and what he may do about it.

use crate::{Currency, Millis, Money, time::MINUTE};
use serde::{Deserialize, Serialize};

names! {
    /// What a host is told to look at.
    Prompt:
    /// Far fewer look than three minutes ago.
    Falls = "falls",
    /// Nothing has been explained for three minutes.
    Idle = "idle",
    /// What is being explained is sold out.
    SoldOut = "sold_out",
    /// Nobody has said anything for three minutes.
    Quiet = "quiet",
    /// Somebody has waited with a raised hand for three minutes.
    Hands = "hands",
}

/// What is looked back at, and as much as nothing may happen for.
pub const LOOKS_BACK: Millis = 3 * MINUTE;
/// Fewer who look say nothing.
const FEW: i64 = 10;
/// As many of a hundred must have gone.
const FELL: i64 = 20;

/// How many looked within a minute that began then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Millis,
    pub viewers: i64,
}

/// What a host is asked to look at, and the number that it is about (of a hundred who went, or minutes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptView {
    pub what: Prompt,
    pub n: i64,
}

/// When things happened last in a room that is on; none for what never did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lately {
    pub began_at: Millis,
    pub viewers: i64,
    pub has_bag: bool,
    /// Units left of what is being explained.
    pub explained_left: Option<i64>,
    pub explained_at: Option<Millis>,
    pub said_at: Option<Millis>,
    /// Since when the first raised hand waits.
    pub waits_since: Option<Millis>,
}

/// What a host is asked to look at, the most pressing first. `moments`: in their order.
pub fn prompts(lately: &Lately, moments: &[Moment], now: Millis) -> Vec<PromptView> {
    let minutes = |since: Millis| (now - since) / MINUTE;
    let silent = |at: Option<Millis>| at.unwrap_or(lately.began_at).max(lately.began_at);
    let mut all = Vec::new();
    if lately.explained_left == Some(0) {
        all.push(PromptView { what: Prompt::SoldOut, n: 0 });
    }
    let before = moments.iter().rev().find(|m| m.at <= now - LOOKS_BACK).filter(|m| m.at > now - 2 * LOOKS_BACK);
    if let Some(before) = before.filter(|m| m.viewers >= FEW) {
        let gone = (before.viewers - lately.viewers) * 100 / before.viewers;
        if gone >= FELL {
            all.push(PromptView { what: Prompt::Falls, n: gone });
        }
    }
    if let Some(since) = lately.waits_since.filter(|since| now - since >= LOOKS_BACK) {
        all.push(PromptView { what: Prompt::Hands, n: minutes(since) });
    }
    let idle = silent(lately.explained_at);
    if lately.has_bag && lately.explained_left.is_none() && now - idle >= LOOKS_BACK {
        all.push(PromptView { what: Prompt::Idle, n: minutes(idle) });
    }
    let quiet = silent(lately.said_at);
    if lately.viewers >= FEW && now - quiet >= LOOKS_BACK {
        all.push(PromptView { what: Prompt::Quiet, n: minutes(quiet) });
    }
    all
}

/// A thing of the bag, in the time that it was explained and altogether.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingNumbers {
    /// In the bag, from 1.
    pub place: i64,
    /// How long it was explained.
    pub explained: Millis,
    /// Viewers who wanted to see more of it.
    pub clicks: i64,
    /// Paid orders with it, and those of the time in which it was explained.
    pub orders: i64,
    pub orders_then: i64,
    /// What its lines came to, minor units.
    pub sold: i64,
    pub currency: Currency,
}

/// What a host reads while the room is on, and after it. Amounts in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumbersView {
    pub viewers: i64,
    pub peak: i64,
    /// Who looked, on the average of the minutes in which the room was on.
    pub mean: i64,
    /// How often somebody came in, and how many came.
    pub entries: i64,
    pub unique: i64,
    /// How long all of them saw it play.
    pub watched: Millis,
    /// Who follows the host since it began.
    pub follows: i64,
    pub hearts: i64,
    pub lines: i64,
    /// Viewers who wanted to see more of something, and for how many things each.
    pub clickers: i64,
    pub clicks: i64,
    /// Paid orders from the room, and what their lines came to, by currency.
    pub orders: i64,
    pub sold: Vec<(Currency, i64)>,
    pub things: Vec<ThingNumbers>,
    /// Minute by minute, at most [`MOMENTS`].
    pub moments: Vec<Moment>,
    /// When what was explained: from, until, its place in the bag.
    pub spans: Vec<(Millis, Option<Millis>, i64)>,
    pub prompts: Vec<PromptView>,
}

/// Points of the curve.
pub const MOMENTS: usize = 90;

/// `n / of`, rounded half up; none of nothing.
const fn ratio(n: i64, of: i64) -> Option<i64> {
    if of <= 0 { None } else { Some((n + of / 2).div_euclid(of)) }
}

impl NumbersView {
    /// GPM: what a thousand entries come to (sold * 1000 / entries).
    pub fn gpm(&self, (currency, sold): (Currency, i64)) -> Option<Money> {
        ratio(sold.checked_mul(1000)?, self.entries).map(|n| Money::new(n, currency))
    }

    /// UV value: what each who came comes to (sold / who came).
    pub fn uv(&self, (currency, sold): (Currency, i64)) -> Option<Money> {
        ratio(sold, self.unique).map(|n| Money::new(n, currency))
    }

    /// CTR: of a thousand who came, who wanted to see more of something.
    pub const fn ctr(&self) -> Option<i64> {
        ratio(self.clickers * 1000, self.unique)
    }

    /// CTOR: orders for a thousand clicks.
    pub const fn ctor(&self) -> Option<i64> {
        ratio(self.orders * 1000, self.clicks)
    }

    /// How long each who came saw it play.
    pub const fn average_watch(&self) -> Option<Millis> {
        ratio(self.watched, self.unique)
    }
}

/// As many moments as a curve has points: of each stretch the fullest one, so that no peak is lost.
pub fn thinned(moments: Vec<Moment>, most: usize) -> Vec<Moment> {
    let stretch = moments.len().div_ceil(most.max(1)).max(1);
    if stretch == 1 {
        return moments;
    }
    moments.chunks(stretch).filter_map(|part| part.iter().copied().max_by_key(|m| m.viewers)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn what(lately: &Lately, moments: &[Moment], now: Millis) -> Vec<(Prompt, i64)> {
        prompts(lately, moments, now).into_iter().map(|p| (p.what, p.n)).collect()
    }

    #[test]
    fn a_host_is_told_that_a_fifth_have_gone_within_three_minutes_and_not_of_less() {
        let now = 60 * MINUTE;
        let at = |back: i64, viewers| Moment { at: now - back * MINUTE, viewers };
        let on = |viewers| Lately { began_at: now - MINUTE, viewers, ..Lately::default() };
        assert_eq!(what(&on(80), &[at(4, 50), at(3, 100), at(1, 90)], now), [(Prompt::Falls, 20)]);
        assert_eq!(what(&on(81), &[at(3, 100)], now), []);
        assert_eq!(what(&on(0), &[at(3, 9)], now), [], "of so few nothing follows");
        assert_eq!(what(&on(0), &[at(6, 100)], now), [], "too long ago");
        assert_eq!(what(&on(10), &[at(2, 100)], now), [], "too short a time");
    }

    #[test]
    fn a_host_is_told_what_waits_for_him() {
        let now = 60 * MINUTE;
        let on = Lately { began_at: now - 10 * MINUTE, viewers: 20, has_bag: true, ..Lately::default() };
        assert_eq!(what(&on, &[], now), [(Prompt::Idle, 10), (Prompt::Quiet, 10)]);
        let busy =
            Lately { explained_left: Some(3), said_at: Some(now - MINUTE), waits_since: Some(now - 4 * MINUTE), ..on };
        assert_eq!(what(&busy, &[], now), [(Prompt::Hands, 4)]);
        let out = Lately { explained_left: Some(0), waits_since: None, ..busy };
        assert_eq!(what(&out, &[], now), [(Prompt::SoldOut, 0)]);
        let fresh = Lately { began_at: now - 2 * MINUTE, ..on };
        assert_eq!(what(&fresh, &[], now), []);
    }

    #[test]
    fn what_is_worked_out_follows_its_formula_and_nothing_is_worked_out_of_nothing() {
        let none = NumbersView::default();
        assert_eq!(
            (none.gpm((Currency::Cny, 5)), none.uv((Currency::Cny, 5)), none.ctr(), none.ctor(), none.average_watch()),
            (None, None, None, None, None)
        );
        let some = NumbersView {
            entries: 400,
            unique: 300,
            clickers: 60,
            clicks: 80,
            orders: 20,
            watched: 300 * 95_000,
            ..none
        };
        assert_eq!(some.gpm((Currency::Cny, 100_000)), Some(Money::new(250_000, Currency::Cny)));
        assert_eq!(some.uv((Currency::Cny, 100_000)), Some(Money::new(333, Currency::Cny)));
        assert_eq!((some.ctr(), some.ctor(), some.average_watch()), (Some(200), Some(250), Some(95_000)));
    }

    proptest! {
        #[test]
        fn a_curve_keeps_its_order_its_peak_and_has_no_more_points_than_it_may(viewers in proptest::collection::vec(0i64..500, 0..700), most in 1usize..120) {
            let moments: Vec<Moment> = (0..).zip(&viewers).map(|(at, v)| Moment { at, viewers: *v }).collect();
            let peak = moments.iter().map(|m| m.viewers).max();
            let thin = thinned(moments, most);
            prop_assert!(thin.len() <= most);
            prop_assert!(thin.windows(2).all(|w| w[0].at < w[1].at));
            prop_assert_eq!(thin.iter().map(|m| m.viewers).max(), peak);
        }
    }
}
