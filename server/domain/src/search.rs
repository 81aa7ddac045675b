//! Search: what is asked, how words count, and what is shown.
//!
//! A word of a query finds a thing by its title, by its labels (topics, category, shop, author) or by its text, and by the word itself
//! or by something near it (the same in other words, in pinyin, mistyped). Rules here are numbers and words only; where the words of the
//! shop stand is `shop`'s business.

use crate::{
    catalog::{Browse, CardView, Sort},
    post::{PostCard, TopicCard},
};
use serde::{Deserialize, Serialize};

/// Letters of a query that count.
pub const MAX_QUERY: usize = 60;

names! {
    /// What can be found.
    Kind:
        Product = "product",
        Post = "post",
        Person = "person",
        Topic = "topic",
}

names! {
    /// What the page shows: some of everything, or one kind.
    Tab:
        All = "all",
        Product = "product",
        Post = "post",
        Person = "person",
        Topic = "topic",
}

impl Tab {
    /// Unknown text is the first tab: an old link still finds something.
    pub fn from_name(s: &str) -> Self {
        s.parse().unwrap_or(Self::All)
    }

    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Product => Self::Product,
            Kind::Post => Self::Post,
            Kind::Person => Self::Person,
            Kind::Topic => Self::Topic,
        }
    }

    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::All => None,
            Self::Product => Some(Kind::Product),
            Self::Post => Some(Kind::Post),
            Self::Person => Some(Kind::Person),
            Self::Topic => Some(Kind::Topic),
        }
    }
}

/// What is asked: words, filters and order (of things), and which tab. `browse.after`: how many were shown already.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ask {
    pub browse: Browse,
    pub tab: Tab,
    /// Words as they were typed, whatever we would rather read.
    pub exact: bool,
}

impl Default for Ask {
    fn default() -> Self {
        Self { browse: Browse::default(), tab: Tab::All, exact: false }
    }
}

impl Ask {
    /// How many were shown already.
    pub fn shown(&self) -> usize {
        self.browse.after.as_deref().and_then(|a| a.parse().ok()).unwrap_or(0)
    }

    /// Whether the order is ours: by how well it fits.
    pub fn by_fit(&self) -> bool {
        self.browse.sort == Sort::Hot
    }
}

/// Where a word stands in a thing; bits, so that several fit into one number below sixteen.
pub mod field {
    /// The word stands whole in title or labels.
    pub const WORD: u8 = 1;
    pub const TEXT: u8 = 2;
    pub const LABEL: u8 = 4;
    pub const TITLE: u8 = 8;
}

/// What a place is worth, of 10; a whole word more than a part of one.
pub const fn worth(fields: u8) -> u32 {
    let whole = fields & field::WORD != 0;
    match (fields & field::TITLE != 0, fields & field::LABEL != 0) {
        (true, _) if whole => 10,
        (true, _) => 8,
        (false, true) if whole => 6,
        (false, true) => 5,
        (false, false) => 3,
    }
}

/// How a word of the query came to a word of the shop; what that is worth, of 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Near {
    /// It is the word.
    Same,
    /// It is a part of the title, whatever words that is cut into.
    Part,
    /// Another word for it.
    Synonym,
    Pinyin,
    /// A letter is wrong, or in a long word two.
    Slip,
    Initials,
    /// It begins so.
    Prefix,
}

impl Near {
    pub const fn worth(self) -> u32 {
        match self {
            Self::Same => 10,
            Self::Part => 9,
            Self::Synonym => 8,
            Self::Pinyin | Self::Slip => 7,
            Self::Initials => 6,
            Self::Prefix => 5,
        }
    }
}

/// How much a word says: one that stands nearly everywhere little, a rare one much. Source: inverse document frequency as in BM25
/// (Robertson and Spärck Jones), ln(1 + (N - n + 0.5) / (n + 0.5)), in hundredths and at least one.
pub fn rarity(all: u32, having: u32) -> u32 {
    let (all, having) = (f64::from(all.max(having)), f64::from(having));
    let says = (1.0 + (all - having + 0.5) / (having + 0.5)).ln() * 100.0;
    // Below 2,500 for any number of things.
    format!("{says:.0}").parse().unwrap_or(1).max(1)
}

/// Steps of fit: what fits about as well as another is then ordered by what people liked. 0 (as well as can be) to 15.
pub fn step(score: u64, best: u64) -> u8 {
    let best = best.max(1);
    let short = best.saturating_sub(score) * 16 / best;
    u8::try_from(short.min(15)).unwrap_or(15)
}

/// The singular of an English word in lower case, near enough that both numbers of a word are one. Source of the form: the S-stemmer
/// (D. Harman, How effective is suffixing?, 1991), with the endings that take "es".
pub fn singular(word: &str) -> String {
    let letters = word.chars().count();
    let cut = |ending: &str| word.strip_suffix(ending);
    // Words that end so and are one.
    const ONE: [&str; 6] = ["lens", "news", "series", "species", "gas", "chess"];
    let one = |word: &str| ["ss", "us", "is"].iter().any(|e| word.ends_with(e)) || ONE.contains(&word);
    if letters < 4 || !word.is_ascii() || one(word) {
        return word.to_owned();
    }
    if let Some(stem) = cut("es").filter(|s| one(s)) {
        // Lenses and buses; but not houses.
        return if stem.ends_with("ous") { format!("{stem}e") } else { stem.to_owned() };
    }
    if let Some(stem) = cut("ies").filter(|s| s.len() > 1) {
        return format!("{stem}y");
    }
    if let Some(stem) = cut("es") {
        if ["ss", "sh", "ch", "x", "zz"].iter().any(|e| stem.ends_with(e)) {
            return stem.to_owned();
        }
        if stem.ends_with("oo") || ["potato", "tomato", "mango", "hero"].contains(&stem) {
            return stem.to_owned();
        }
    }
    cut("s").unwrap_or(word).to_owned()
}

/// Whether one letter more, one less, another one, or two neighbours swapped make the one word of the other
/// (Damerau-Levenshtein distance at most 1).
pub fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let tail = |n: usize, m: usize| short.iter().skip(same + n).eq(long.iter().skip(same + m));
    if long.len() > short.len() {
        return tail(0, 1);
    }
    let swapped = short.get(same) == long.get(same + 1) && short.get(same + 1) == long.get(same);
    tail(1, 1) || (swapped && tail(2, 2))
}

/// How many such changes make the one word of the other, none of them within another (optimal string alignment).
pub fn changes(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // The rows of the table: the one before the last, the last, and the one that is made.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in (1..).zip(&a) {
        let mut row = vec![i];
        for (j, y) in (1..).zip(&b) {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let other = at(&last, j - 1) + usize::from(x != y);
            let swapped = j > 1 && i > 1 && a.get(i - 2) == Some(y) && b.get(j - 2) == Some(x);
            let swap = if swapped { at(&before, j - 2) + 1 } else { usize::MAX };
            row.push(other.min(at(&last, j) + 1).min(at(&row, j - 1) + 1).min(swap));
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// The word without each of its letters in turn, and itself: two words with a slip between them share one of these
/// (the symmetric delete method of W. Garbe's `SymSpell`). Words of four to twenty letters only.
pub fn slips(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if !(4..=20).contains(&letters.len()) {
        return Vec::new();
    }
    let mut all: Vec<String> = (0..letters.len())
        .map(|gone| letters.iter().enumerate().filter(|(i, _)| *i != gone).map(|(_, c)| *c).collect())
        .collect();
    all.push(word.to_owned());
    all.sort_unstable();
    all.dedup();
    all
}

/// Somebody who was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonCard {
    pub handle: String,
    pub name: String,
    pub followers: i64,
    pub posts: i64,
}

/// How many of the found are of a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    pub slug: String,
    pub name: String,
    pub n: i64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundView {
    /// What we read instead of what was typed, when nothing of that is there.
    pub read_as: Option<String>,
    /// Words of the query that nothing has beside the others; what is shown has the rest.
    pub without: Vec<String>,
    pub products: Vec<CardView>,
    pub posts: Vec<PostCard>,
    pub people: Vec<PersonCard>,
    /// Topics; before anything was asked, those that move.
    pub topics: Vec<TopicCard>,
    /// How many there are of each kind that was looked for; none where they were too many to count.
    pub counts: Vec<(Kind, Option<i64>)>,
    /// Of the things, when all were counted.
    pub facets: Vec<Facet>,
    /// How many will have been shown when there are more.
    pub next: Option<String>,
    /// What is hot, when nothing was found or nothing was asked.
    pub hot: Vec<HotWord>,
    /// What I looked for lately.
    pub mine: Vec<String>,
    /// Whether what I look for is remembered; none for somebody who is not logged in.
    pub remembers: Option<bool>,
    /// What many buy, when nothing was found.
    pub instead: Vec<CardView>,
}

impl FoundView {
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.posts.is_empty() && self.people.is_empty() && self.topics.is_empty()
    }
}

/// What many people look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotWord {
    pub words: String,
    /// Looked for today, and on no day of the week before.
    pub new: bool,
}

/// What may be meant by what has been typed so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub words: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_numbers_of_a_word_are_one() {
        for (many, one) in [
            ("dresses", "dress"),
            ("shirts", "shirt"),
            ("boxes", "box"),
            ("berries", "berry"),
            ("watches", "watch"),
            ("brushes", "brush"),
            ("shoes", "shoe"),
            ("tomatoes", "tomato"),
            ("candles", "candle"),
            ("glasses", "glass"),
            ("lenses", "lens"),
            ("buses", "bus"),
            ("houses", "house"),
        ] {
            assert_eq!(singular(many), one);
            assert_eq!(singular(one), one, "{one}");
        }
        for same in ["dress", "bus", "tennis", "gas", "茶", "usb"] {
            assert_eq!(singular(same), same);
        }
    }

    #[test]
    fn a_rare_word_says_more() {
        assert!(rarity(1000, 1) > rarity(1000, 10));
        assert!(rarity(1000, 1000) >= 1);
        assert!(rarity(0, 5) >= 1);
        assert!(rarity(u32::MAX, 1) < 2_500);
    }

    proptest! {
        #[test]
        fn a_slip_is_seen_from_both_sides_and_shares_a_cut(word in "[a-z]{4,12}", at in 0_usize..12, letter in "[a-z]", how in 0_u8..4) {
            let mut letters: Vec<char> = word.chars().collect();
            let at = at % letters.len();
            let c = letter.chars().next().unwrap();
            match how {
                0 => letters.insert(at, c),
                1 => { letters.remove(at); }
                2 => letters[at] = c,
                _ => if at + 1 < letters.len() { letters.swap(at, at + 1) },
            }
            let other: String = letters.iter().collect();
            prop_assert!(one_slip(&word, &other) && one_slip(&other, &word));
            if other.len() >= 4 {
                let cuts = slips(&other);
                prop_assert!(slips(&word).iter().any(|s| cuts.contains(s)), "{word} {other}");
            }
        }

        #[test]
        fn words_that_are_further_apart_are_no_slip(a in "[a-c]{1,7}", b in "[a-c]{1,7}") {
            // Optimal string alignment distance, as it is taught.
            let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let mut d = vec![vec![0_usize; y.len() + 1]; x.len() + 1];
            for i in 0..=x.len() { for j in 0..=y.len() {
                d[i][j] = if i == 0 { j } else if j == 0 { i } else {
                    let swap = if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] { d[i-2][j-2] + 1 } else { usize::MAX };
                    (d[i-1][j] + 1).min(d[i][j-1] + 1).min(d[i-1][j-1] + usize::from(x[i-1] != y[j-1])).min(swap)
                };
            } }
            prop_assert_eq!(one_slip(&a, &b), d[x.len()][y.len()] <= 1);
            prop_assert_eq!(changes(&a, &b), d[x.len()][y.len()]);
        }

        #[test]
        fn a_better_fit_is_never_a_later_step(best in 1_u64..1_000_000, a in 0_u64..1_000_000, b in 0_u64..1_000_000) {
            let (a, b) = (a.min(best), b.min(best));
            prop_assert!(a < b || step(a, best) <= step(b, best));
            prop_assert!(step(a, best) < 16);
            prop_assert_eq!(step(best, best), 0);
        }

        #[test]
        fn a_plural_is_its_singular(word in "[a-z]{2,8}[bdfgklmnprtw]") {
            // News and a lens are one.
            prop_assume!(!["new", "len"].contains(&word.as_str()));
            prop_assert_eq!(singular(&format!("{word}s")), word.clone());
            prop_assert_eq!(singular(&word), word);
        }
    }
}
