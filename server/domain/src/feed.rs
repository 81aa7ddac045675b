//! The feed of one person: what each thing in it is shown for, how that is weighed, and how a page is mixed.
//!
//! The score of a thing is a product of named factors (rules.md, 8): each is `exp(weight * x)`, with x between nothing (0) and fully (1).
//! The logarithm of that product is what a logistic model adds up, so that the weights can be learned from what people opened and still
//! be read: what doubles a place says so. Deliberately absent: anything that somebody paid for.

use crate::{Millis, Problem};
use serde::{Deserialize, Serialize};

names! {
    /// What stands in the feed.
    Kind: Product = "product", Post = "post",
}

names! {
    /// What somebody did with a thing.
    Did:
    /// It stood in view.
    Impression = "impression",
    Open = "open",
    /// He stayed on its page.
    Dwell = "dwell",
    Like = "like", Collect = "collect", Share = "share", Cart = "cart", Order = "order",
    /// He wants to see less of it.
    Hide = "hide",
}

impl Did {
    /// What a browser may say by itself; everything else is noted where it happens.
    pub const fn is_told(self) -> bool {
        matches!(self, Self::Impression | Self::Open | Self::Dwell)
    }

    /// How much it says that somebody likes a thing: an order is a whole choice. `ms`: how long he stayed.
    pub const fn says(self, ms: i64) -> f32 {
        match self {
            Self::Order | Self::Cart => 1.0,
            Self::Collect | Self::Share => 0.9,
            Self::Like => 0.8,
            Self::Dwell if ms >= LONG_MS => 0.5,
            Self::Open => 0.25,
            Self::Impression | Self::Dwell | Self::Hide => 0.0,
        }
    }
}

/// Whoever stays so long on a page was interested.
pub const LONG_MS: i64 = 15_000;
/// Nobody looks at one thing for longer at a time; what says more is cut.
pub const MOST_MS: i64 = 3_600_000;
/// Things that a browser may tell of at once.
pub const MOST_TOLD: usize = 50;

names! {
    /// Why something is shown.
    Factor:
    /// By somebody whom he follows.
    Followed = "followed",
    /// Friends bought it, and let it be seen.
    Friends = "friends",
    /// Those who chose what he chose chose it too.
    Beside = "beside",
    /// People near in taste chose it lately.
    Near = "near",
    /// Of a topic or a category that he often chooses.
    Interest = "interest",
    Hot = "hot",
    Fresh = "fresh",
    /// To find out whether people like it: a drawn guess, high where little is known.
    Explore = "explore",
    /// He has seen it lately and went past.
    Seen = "seen",
    /// It is like what he wants less of.
    Less = "less",
}

/// How many factors there are.
pub const FACTORS: usize = 10;

impl Factor {
    /// What its weight starts with.
    pub const fn start(self) -> f32 {
        match self {
            Self::Beside => 2.0,
            Self::Friends => 1.6,
            Self::Followed => 1.4,
            Self::Near | Self::Interest => 1.0,
            Self::Hot | Self::Explore => 0.8,
            Self::Fresh => 0.7,
            Self::Seen => -1.6,
            Self::Less => -4.0,
        }
    }

    /// Where its weight stays whatever is learned: what speaks for a thing never comes to speak against it, and who wants less of something
    /// gets less of it.
    pub const fn range(self) -> (f32, f32) {
        match self {
            Self::Seen => (-4.0, -0.5),
            Self::Less => (-6.0, -3.0),
            _ => (0.05, 4.0),
        }
    }
}

/// One number for each factor, in the order of [`Factor::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Factors(pub [f32; FACTORS]);

impl Factors {
    pub fn get(&self, factor: Factor) -> f32 {
        self.iter().find(|(f, _)| *f == factor).map_or(0.0, |(_, x)| x)
    }

    pub fn set(&mut self, factor: Factor, x: f32) {
        for (f, slot) in Factor::ALL.iter().zip(&mut self.0) {
            if *f == factor {
                *slot = x;
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Factor, f32)> + '_ {
        Factor::ALL.iter().copied().zip(self.0)
    }
}

/// What is learned: how much each factor counts, and how often people open anything at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    pub of: Factors,
    pub bias: f32,
}

impl Default for Weights {
    fn default() -> Self {
        let mut of = Factors::default();
        for factor in Factor::ALL {
            of.set(*factor, factor.start());
        }
        Self { of, bias: -2.5 }
    }
}

/// How far one impression moves the weights, and how strongly they are drawn back to where they started.
const RATE: f32 = 0.02;
const PULL: f32 = 0.000_5;

impl Weights {
    /// By what each factor multiplies the score.
    pub fn times(&self, x: &Factors) -> Factors {
        let mut out = Factors::default();
        for (((_, w), (_, x)), slot) in self.of.iter().zip(x.iter()).zip(&mut out.0) {
            *slot = (w * x).exp();
        }
        out
    }

    /// The logarithm of the product of all factors.
    pub fn score(&self, x: &Factors) -> f32 {
        self.of.iter().zip(x.iter()).map(|((_, w), (_, x))| w * x).sum()
    }

    /// How likely something shown for these reasons is opened.
    pub fn chance(&self, x: &Factors) -> f32 {
        1.0 / (1.0 + (-(self.bias + self.score(x))).exp())
    }

    /// One impression is learned from: `opened` says what came of it, `counts` how many it counts for. A step of stochastic gradient
    /// descent on the logistic loss with a pull to the start (McMahan et al., Ad click prediction, 2013, with L2 instead of L1).
    pub fn learn(&mut self, x: &Factors, opened: bool, counts: f32) {
        let off = counts * (if opened { 1.0 } else { 0.0 } - self.chance(x));
        self.bias = (self.bias + RATE * off).clamp(-8.0, 2.0);
        for ((factor, x), w) in x.iter().zip(&mut self.of.0) {
            let (least, most) = factor.range();
            *w = (*w + RATE * off * x + PULL * x.abs() * (factor.start() - *w)).clamp(least, most);
        }
    }
}

/// A thing that may come into a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub score: f32,
    pub kind: Kind,
    /// Who made it, by a number; the shop for what is on sale.
    pub author: u32,
    /// What it is about, by numbers.
    pub about: Vec<u32>,
    /// By somebody whom he follows.
    pub followed: bool,
    /// By somebody whom hardly anybody has seen.
    pub new_face: bool,
}

/// Posts in a row from one author, at most.
pub const IN_A_ROW: usize = 2;
/// Of so many places in a row at least one is for those whom he follows, while there are any that may stand there (a new face may come
/// between);
pub const FOLLOWED_EVERY: usize = 4;
/// and of so many one for somebody whom hardly anybody has seen.
pub const NEW_FACE_EVERY: usize = 12;
/// What has just been placed counts against what is like it, so far back.
const BACK: usize = 6;

/// How alike two things are, 0 to 1.
fn alike(a: &Candidate, b: &Candidate) -> f32 {
    let author = if a.author == b.author { 0.5 } else { 0.0 };
    let about = if a.about.iter().any(|x| b.about.contains(x)) { 0.35 } else { 0.0 };
    let kind = if a.kind == b.kind { 0.15 } else { 0.0 };
    author + about + kind
}

/// Mixes a page: at most `many` places of `candidates`, the best first, each less the more it is like what was placed just before
/// (maximal marginal relevance; Carbonell and Goldstein, 1998); at most two posts in a row from one author, a share for the followed, a
/// place for new faces. Where only posts of the author are left who has just had two, fewer are placed than asked for.
pub fn mix(candidates: &[Candidate], many: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..candidates.len()).collect();
    left.sort_by(|a, b| match (candidates.get(*a), candidates.get(*b)) {
        (Some(x), Some(y)) => y.score.total_cmp(&x.score).then(a.cmp(b)),
        _ => a.cmp(b),
    });
    let mut placed: Vec<usize> = Vec::with_capacity(many);
    let (mut since_followed, mut since_new) = (0, NEW_FACE_EVERY / 2);
    while placed.len() < many {
        let last: Vec<&Candidate> = placed.iter().rev().take(BACK).filter_map(|i| candidates.get(*i)).collect();
        // A shop that sells alone is no author who talks alone: of its things only the mix keeps them apart.
        let allowed = |c: &Candidate| {
            let row = last.iter().take(IN_A_ROW);
            c.kind == Kind::Product
                || row.clone().count() < IN_A_ROW
                || row.clone().any(|before| before.author != c.author || before.kind == Kind::Product)
        };
        let worth = |c: &Candidate| c.score - 1.5 * last.iter().map(|before| alike(c, before)).fold(0.0, f32::max);
        let best = |wanted: &dyn Fn(&Candidate) -> bool| {
            left.iter()
                .enumerate()
                .filter_map(|(at, i)| Some((at, candidates.get(*i)?)))
                .filter(|(_, c)| allowed(c) && wanted(c))
                .map(|(at, c)| (at, worth(c)))
                .fold(None, |best: Option<(usize, f32)>, (at, w)| match best {
                    Some((_, known)) if known >= w => best,
                    _ => Some((at, w)),
                })
        };
        let next = None
            .or_else(|| (since_new + 1 >= NEW_FACE_EVERY).then(|| best(&|c| c.new_face)).flatten())
            .or_else(|| (since_followed + 1 >= FOLLOWED_EVERY).then(|| best(&|c| c.followed)).flatten())
            .or_else(|| best(&|_| true));
        let Some((at, _)) = next else { break };
        let i = left.remove(at);
        if let Some(c) = candidates.get(i) {
            since_followed = if c.followed { 0 } else { since_followed + 1 };
            since_new = if c.new_face { 0 } else { since_new + 1 };
        }
        placed.push(i);
    }
    placed
}

/// Things of which no more is known than this many impressions are shown to find out.
pub const LITTLE_KNOWN: f32 = 60.0;

/// How new something is, 1 when it has just come, halved every two days.
pub fn fresh(age: Millis) -> f32 {
    halved(age, 2)
}

/// `1` halved every `days`.
pub fn halved(age: Millis, days: u16) -> f32 {
    let days_old = millis_to_days(age);
    0.5_f32.powf(days_old / f32::from(days.max(1)))
}

fn millis_to_days(age: Millis) -> f32 {
    // Minutes are exact enough, and fit.
    let minutes = u32::try_from((age / 60_000).clamp(0, 5_000_000)).unwrap_or(0);
    let (high, low) = (u16::try_from(minutes / 1_440).unwrap_or(u16::MAX), u16::try_from(minutes % 1_440).unwrap_or(0));
    f32::from(high) + f32::from(low) / 1_440.0
}

/// `x` of any size between 0 and 1: half at `half`.
pub fn squash(x: f32, half: f32) -> f32 {
    if x <= 0.0 { 0.0 } else { x / (x + half) }
}

names! {
    /// What somebody can want less of.
    LessKind: Product = "product", Post = "post",
    /// Things of a person or a shop.
    Author = "author",
    /// Things of a topic or a category.
    About = "about",
}

/// What a browser tells of: what was done with the thing of a page, and where that stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    pub did: Did,
    pub kind: Kind,
    /// The slug of a thing, the code of a post.
    pub name: String,
    /// The page of the feed and the place on it, as links say it: `{page}.{place}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(default)]
    pub ms: i64,
}

/// Why a card stands where it does, as it says below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its place on the page as it was made.
    pub place: i64,
    /// Whether the next post comes here, or the next thing.
    pub post: bool,
    pub factor: Factor,
    /// Whom or what it is about, where the factor has a name.
    pub because: Option<String>,
}

/// A page of the feed that was made for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Its name in links.
    pub page: String,
    pub places: Vec<Mark>,
}

/// A factor as it is explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyFactor {
    pub factor: Factor,
    /// By what it multiplied, in hundredths.
    pub times: i64,
    pub because: Option<String>,
}

/// Something that he can see less of, or does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessView {
    pub kind: LessKind,
    pub thing: String,
    pub name: String,
    /// Whether he has said so.
    pub on: bool,
}

/// Why something stood in the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyView {
    pub title: String,
    /// Where it leads.
    pub href: String,
    pub picture: Option<crate::catalog::PictureView>,
    pub at: Millis,
    /// Those that said anything, the strongest first.
    pub factors: Vec<WhyFactor>,
    pub less: Vec<LessView>,
}

/// Something that somebody chooses often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasteTag {
    pub kind: LessKind,
    pub thing: String,
    pub name: String,
    /// How much, the strongest is 100.
    pub much: i64,
}

/// What the feed knows of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasteView {
    /// Whether he has agreed that anything is remembered.
    pub on: bool,
    /// Whether his friends may see what he bought.
    pub shows_bought: bool,
    /// What is remembered: how many times he did something.
    pub events: i64,
    pub tags: Vec<TasteTag>,
    pub less: Vec<LessView>,
}

/// The page and the place that a link names.
///
/// # Errors
/// `not_found`.
pub fn place_of(text: &str) -> Result<(uuid::Uuid, i64), Problem> {
    let (page, place) = text.split_once('.').ok_or_else(Problem::not_found)?;
    let place = place.parse().ok().filter(|p| (0..1_000).contains(p)).ok_or_else(Problem::not_found)?;
    Ok((page.parse().map_err(|_| Problem::not_found())?, place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn factors() -> impl Strategy<Value = Factors> {
        proptest::array::uniform10(0.0_f32..=1.0).prop_map(Factors)
    }

    fn candidate() -> impl Strategy<Value = Candidate> {
        (-5.0_f32..5.0, any::<bool>(), 0_u32..8, proptest::collection::vec(0_u32..6, 0..3), any::<bool>(), 0_u8..10)
            .prop_map(|(score, post, author, about, followed, new)| Candidate {
                score,
                kind: if post { Kind::Post } else { Kind::Product },
                author,
                about,
                followed,
                new_face: new == 0,
            })
    }

    #[test]
    fn there_are_as_many_factors_as_names() {
        assert_eq!(Factor::ALL.len(), FACTORS);
        for factor in Factor::ALL {
            let (least, most) = factor.range();
            assert!((least..=most).contains(&factor.start()), "{factor:?}");
        }
    }

    proptest! {
        #[test]
        fn the_score_is_the_product_of_its_factors(x in factors()) {
            let weights = Weights::default();
            let product: f32 = weights.times(&x).0.iter().product();
            prop_assert!((product.ln() - weights.score(&x)).abs() < 0.001);
        }

        #[test]
        fn what_was_opened_is_likelier_afterwards_and_what_was_passed_is_not(x in factors(), opened: bool) {
            let mut weights = Weights::default();
            let before = weights.chance(&x);
            weights.learn(&x, opened, 1.0);
            let after = weights.chance(&x);
            let (less, more) = if opened { (before, after) } else { (after, before) };
            prop_assert!(less <= more);
        }

        #[test]
        fn no_weight_leaves_its_range_whatever_people_do(acts in proptest::collection::vec((factors(), any::<bool>()), 1..300)) {
            let mut weights = Weights::default();
            for (x, opened) in &acts {
                weights.learn(x, *opened, 3.0);
            }
            for (factor, w) in weights.of.iter() {
                let (least, most) = factor.range();
                prop_assert!((least..=most).contains(&w), "{factor:?} {w}");
            }
        }

        #[test]
        fn a_page_holds_each_once_and_never_three_posts_of_an_author_in_a_row(list in proptest::collection::vec(candidate(), 0..60), many in 0_usize..40) {
            let page = mix(&list, many);
            prop_assert!(page.len() <= many);
            let mut once = page.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), page.len());
            for three in page.windows(3) {
                let one = &list[three[0]];
                prop_assert!(three.iter().any(|i| list[*i].author != one.author || list[*i].kind == Kind::Product));
            }
            // It ends early only when all that is left are posts of the author who has just had two places.
            if page.len() < many.min(list.len()) {
                let last = page.last().map(|i| list[*i].author);
                let left = |i: &usize| !page.contains(i);
                prop_assert!((0..list.len()).filter(left).all(|i| Some(list[i].author) == last && list[i].kind == Kind::Post));
            }
        }

        #[test]
        fn those_whom_one_follows_have_their_share_while_there_are_any(list in proptest::collection::vec(candidate(), 1..60)) {
            let page = mix(&list, list.len());
            let mut since = 0;
            for (at, i) in page.iter().enumerate() {
                since = if list[*i].followed { 0 } else { since + 1 };
                // One that may stand here: any thing, or a post by somebody else than the author of the two before.
                let before: Vec<u32> = page[..at].iter().rev().take(IN_A_ROW).map(|b| list[*b].author).collect();
                let may = |c: &Candidate| c.kind == Kind::Product || before.len() < IN_A_ROW || before.iter().any(|a| *a != c.author);
                let left = page[at..].iter().map(|l| &list[*l]).any(|c| c.followed && may(c));
                let new_faces = page[at.saturating_sub(since)..=at].iter().filter(|b| list[**b].new_face).count();
                prop_assert!(since < FOLLOWED_EVERY + new_faces || !left, "at {at}");
            }
        }

        #[test]
        fn a_shop_that_sells_alone_has_a_whole_feed(scores in proptest::collection::vec(-5.0_f32..5.0, 3..60)) {
            let one = |score| Candidate { score, kind: Kind::Product, author: 1, about: Vec::new(), followed: false, new_face: false };
            let list: Vec<Candidate> = scores.into_iter().map(one).collect();
            prop_assert_eq!(mix(&list, list.len()).len(), list.len());
        }

        #[test]
        fn somebody_new_is_shown_on_the_first_page(list in proptest::collection::vec(candidate(), 24..60), author in 100_u32..200) {
            let mut list = list;
            list.push(Candidate { score: -9.0, kind: Kind::Post, author, about: Vec::new(), followed: false, new_face: true });
            let page = mix(&list, 24);
            prop_assert!(page.iter().take(NEW_FACE_EVERY).any(|i| list[*i].new_face));
        }
    }

    #[test]
    fn what_is_new_halves_every_two_days() {
        assert!((fresh(0) - 1.0).abs() < 0.000_1 && fresh(-5) <= 1.0);
        assert!((fresh(2 * 86_400_000) - 0.5).abs() < 0.000_1);
        assert!(fresh(i64::MAX) < 0.000_1);
    }

    #[test]
    fn a_link_names_a_page_and_a_place() {
        let page = uuid::Uuid::from_u128(7);
        assert_eq!(place_of(&format!("{}.3", page.simple())), Ok((page, 3)));
        for wrong in ["", "x.1", "7", "00000000000000000000000000000007.-1", "00000000000000000000000000000007.9999"] {
            assert!(place_of(wrong).is_err(), "{wrong}");
        }
    }
}
