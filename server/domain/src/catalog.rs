//! The catalogue: merchants, categories, products, SKUs, and how they are browsed.
//!
//! A product has up to three options; each SKU is one choice of a value for every option. Prices belong to SKUs; the
//! product keeps the smallest and the largest of them so that a list needs no join. What a list can be sorted and
//! filtered by is an enum here, never text from a request.

use crate::{
    Problem,
    id::{PictureId, ProductId, SkuId},
    money::Currency,
    time::{DAY, Millis},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// draft: being written; on: sold; off: taken down, kept for orders and links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Draft,
    On,
    Off,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

impl FromStr for Status {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        [Self::Draft, Self::On, Self::Off].into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// The order of a product list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By [`hot_score`].
    #[default]
    Hot,
    New,
    PriceUp,
    PriceDown,
    Sold,
}

impl Sort {
    pub const ALL: [Self; 5] = [Self::Hot, Self::New, Self::Sold, Self::PriceUp, Self::PriceDown];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::New => "new",
            Self::PriceUp => "price_up",
            Self::PriceDown => "price_down",
            Self::Sold => "sold",
        }
    }

    /// Unknown text is the default order: an old link still shows a list.
    pub fn from_name(s: &str) -> Self {
        Self::ALL.into_iter().find(|x| x.name() == s).unwrap_or_default()
    }
}

/// A band of prices to filter by, in whole units of the shop's main currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceBand {
    #[default]
    Any,
    Under50,
    To100,
    To300,
    Over300,
}

impl PriceBand {
    pub const ALL: [Self; 5] = [Self::Any, Self::Under50, Self::To100, Self::To300, Self::Over300];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Under50 => "under50",
            Self::To100 => "to100",
            Self::To300 => "to300",
            Self::Over300 => "over300",
        }
    }

    /// Unknown text filters nothing.
    pub fn from_name(s: &str) -> Self {
        Self::ALL.into_iter().find(|x| x.name() == s).unwrap_or_default()
    }

    /// Smallest and largest price, minor units, both included.
    pub const fn range(self) -> (i64, i64) {
        match self {
            Self::Any => (0, i64::MAX),
            Self::Under50 => (0, 4_999),
            Self::To100 => (5_000, 10_000),
            Self::To300 => (10_001, 30_000),
            Self::Over300 => (30_001, i64::MAX),
        }
    }
}

/// What a list of products is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(default)]
pub struct Browse {
    /// Slug of a category; its children are included.
    pub category: Option<String>,
    /// Words, where something is looked for (`search`); lists know none.
    pub query: Option<String>,
    pub sort: Sort,
    pub price: PriceBand,
    /// Only what can be bought now.
    pub in_stock: bool,
    /// Where the page before ended ([`Cursor`], as written).
    pub after: Option<String>,
}

/// Where a keyset page ended: the sort value and the id of its last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub value: i64,
    pub id: uuid::Uuid,
}

impl Cursor {
    pub fn written(self) -> String {
        format!("{}_{}", self.value, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        let (value, id) = s.split_once('_').ok_or_else(Problem::bad_request)?;
        Ok(Self {
            value: value.parse().map_err(|_| Problem::bad_request())?,
            id: uuid::Uuid::try_parse(id).map_err(|_| Problem::bad_request())?,
        })
    }
}

/// How hot a product is: units sold, each new order of magnitude worth 30 hours of freshness.
///
/// Source of the form: the ranking of Reddit's front page (log of votes plus age), with our own constants. It only grows
/// with sales and never decays, so it is written when something is sold and read by an index. `published_at`: UTC ms.
pub fn hot_score(sold: i64, published_at: i64) -> i64 {
    // Thirds of a decade, in integers: 1, 2, 5, 10, 20, 50, ...
    let mut steps: i64 = 0;
    let mut bar: i64 = 1;
    while sold >= bar && steps < 60 {
        steps += 1;
        bar = match steps % 3 {
            1 => bar.saturating_mul(2),
            2 => bar.saturating_mul(5) / 2,
            _ => bar.saturating_mul(2),
        };
    }
    published_at.saturating_add(steps * 10 * crate::time::HOUR)
}

/// The window in which a lower price spoils a discount claim (rules.md 8).
pub const DISCOUNT_WINDOW: Millis = 7 * DAY;

/// What a price may be said to be reduced from: the lowest price in force during the seven days before the price changed
/// to what it is now, as long as that change is not older than seven days. Answers the base and until when the claim holds.
///
/// `history`: (since, price), oldest first; the last one is the price in force.
pub fn discount_base(history: &[(Millis, i64)], now: Millis) -> Option<(i64, Millis)> {
    let ((changed, price), before) = history.split_last().map(|(last, before)| (*last, before))?;
    let until = changed.saturating_add(DISCOUNT_WINDOW);
    if until <= now {
        return None;
    }
    let from = changed.saturating_sub(DISCOUNT_WINDOW);
    // In force inside the window: whatever ended after it began.
    let ends = before.iter().skip(1).map(|(since, _)| *since).chain([changed]);
    let base = before.iter().zip(ends).filter(|(_, end)| *end > from).map(|((_, p), _)| *p).min()?;
    (base > price).then_some((base, until))
}

/// A picture as a page needs it: nothing moves when it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureView {
    pub id: PictureId,
    pub width: i64,
    pub height: i64,
    /// Classes of the place where the picture will be: its colour, and [`Self::MOVES`] for the still of a film.
    pub placeholder: String,
}

impl PictureView {
    /// The widths, in pixels, that the media edge renders.
    pub const WIDTHS: [i64; 3] = [360, 720, 1080];
    /// The class of the still of a film.
    pub const MOVES: &str = "moves";

    /// Whether it is the still of a film.
    pub fn moves(&self) -> bool {
        self.placeholder.ends_with(Self::MOVES)
    }

    /// Where the film is.
    pub fn video(&self) -> String {
        format!("/video/{}", self.id.0.simple())
    }

    pub fn url(&self, width: i64, extension: &str) -> String {
        format!("/media/{}/{width}.{extension}", self.id.0.simple())
    }
}

/// A product in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    pub picture: Option<PictureView>,
    pub price_min: i64,
    pub price_max: i64,
    pub compare_at: Option<i64>,
    pub currency: Currency,
    pub merchant: String,
    /// Units sold, counted from paid orders.
    pub sold: i64,
    pub available: bool,
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageView {
    pub cards: Vec<CardView>,
    /// Posts among them, in the feed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<crate::post::PostCard>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// In which order things and posts stand and why, when the page was made for somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<crate::feed::Marks>,
}

/// What somebody who comes in sees: the ways into the shop, and the first page of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeView {
    pub categories: Vec<CategoryView>,
    pub page: PageView,
    /// Instead of the page: what those whom I follow have posted.
    pub followed: Option<crate::post::PostsView>,
    /// When the newest post for everybody was posted.
    pub newest: crate::Millis,
}

/// A category, with the ones below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryView {
    pub slug: String,
    pub name: String,
    /// The colour of its tiles, degrees.
    pub hue: i64,
    pub picture: Option<PictureView>,
    pub children: Vec<CategoryView>,
}

/// The head of a category page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfView {
    /// The category itself with its children; `None` for the whole shop or an unknown slug.
    pub category: Option<CategoryView>,
    pub parent: Option<(String, String)>,
    pub page: PageView,
}

/// What a product says in one language. Kept as one JSON text per language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// Sanitised HTML.
    pub body: String,
    pub options: Vec<OptionText>,
    pub attributes: Vec<(String, String)>,
    pub tags: Vec<String>,
}

/// An option and its values, in order: SKUs name values by position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionText {
    pub name: String,
    pub values: Vec<String>,
}

/// A SKU as a shopper may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkuView {
    pub id: SkuId,
    /// For each option the position of the value.
    pub choice: Vec<u32>,
    pub price: i64,
    /// What the price may be said to be reduced from ([`discount_base`]).
    pub compare_at: Option<i64>,
    /// The price in a team, when the merchant plans one.
    pub group_price: Option<i64>,
    /// Units that can be held now.
    pub available: i64,
}

/// The product page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    pub id: ProductId,
    pub slug: String,
    pub title: String,
    pub subtitle: String,
    pub detail: Detail,
    pub status: Status,
    pub currency: Currency,
    pub merchant: MerchantView,
    pub category: Option<(String, String)>,
    pub pictures: Vec<PictureView>,
    pub skus: Vec<SkuView>,
    /// The group-buys that run for it, the cheapest first.
    pub offers: Vec<crate::group_buy::OfferView>,
    pub sold: i64,
    pub updated_at: i64,
}

/// The page of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductPageView {
    pub product: ProductView,
    /// What those chose who chose this, and some of the same shelf.
    pub related: Vec<CardView>,
    /// What is bought in one order with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<CardView>,
    pub summary: crate::review::Summary,
    /// The newest.
    pub reviews: Vec<crate::review::ReviewView>,
    /// What is asked about it.
    pub asked: crate::question::AskedView,
    /// The newest that show it.
    pub posts: Vec<crate::post::PostCard>,
    /// What can be had for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<crate::coupon::OfferView>,
    /// What was said of it in live rooms, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clips: Vec<crate::live::ClipCard>,
}

impl ProductView {
    /// Smallest and largest price over the SKUs.
    pub fn price_range(&self) -> (i64, i64) {
        let prices = || self.skus.iter().map(|s| s.price);
        (prices().min().unwrap_or(0), prices().max().unwrap_or(0))
    }

    /// With the group-buys that run for it; one whose prices are no longer below what the thing costs alone is none.
    #[must_use]
    pub fn with_offers(mut self, mut offers: Vec<crate::group_buy::OfferView>) -> Self {
        let saves = |p: &crate::group_buy::TeamPrice| self.skus.iter().any(|s| s.id == p.sku && p.price < s.price);
        offers.retain(|o| o.prices.iter().any(saves));
        self.offers = offers;
        self
    }

    /// The SKU of a choice of values.
    pub fn sku_of(&self, choice: &[u32]) -> Option<&SkuView> {
        self.skus.iter().find(|s| s.choice == choice)
    }

    /// "500 g · Gift box": a choice in words.
    pub fn choice_text(&self, choice: &[u32]) -> String {
        self.detail.choice_text(choice)
    }
}

impl Detail {
    /// The values of a choice, joined; empty for a product without options.
    pub fn choice_text(&self, choice: &[u32]) -> String {
        let value = |(o, c): (&OptionText, &u32)| usize::try_from(*c).ok().and_then(|i| o.values.get(i).cloned());
        self.options.iter().zip(choice).filter_map(value).collect::<Vec<_>>().join(" · ")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantView {
    pub slug: String,
    pub name: String,
    pub intro: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_discount_is_claimed_only_from_a_price_that_was_asked() {
        let now = 100 * DAY;
        assert_eq!(discount_base(&[(0, 5900), (now - DAY, 3990)], now), Some((5900, now + 6 * DAY)));
        assert_eq!(discount_base(&[(now - DAY, 3990)], now), None, "no earlier price");
        assert_eq!(discount_base(&[(0, 5900), (now - 8 * DAY, 3990)], now), None, "the change is old");
        assert_eq!(
            discount_base(&[(0, 3990), (now - 2 * DAY, 9900), (now - DAY, 3990)], now),
            None,
            "raised for a day only"
        );
        assert_eq!(discount_base(&[(0, 3990), (now - DAY, 5900)], now), None, "a rise");
    }

    proptest! {
        #[test]
        fn selling_more_never_makes_a_product_colder(a in 0_i64..1_000_000, b in 0_i64..1_000_000, at in 0_i64..4_000_000_000_000) {
            let (less, more) = (a.min(b), a.max(b));
            prop_assert!(hot_score(less, at) <= hot_score(more, at));
        }

        #[test]
        fn cursors_read_back(value in any::<i64>(), id in any::<u128>()) {
            let cursor = Cursor { value, id: uuid::Uuid::from_u128(id) };
            prop_assert_eq!(cursor.written().parse::<Cursor>(), Ok(cursor));
        }
    }

    #[test]
    fn the_price_bands_meet_without_gap_or_overlap() {
        let mut next = 0;
        for band in [PriceBand::Under50, PriceBand::To100, PriceBand::To300, PriceBand::Over300] {
            let (from, to) = band.range();
            assert_eq!(from, next);
            next = to.saturating_add(1);
        }
    }
}
