//! Texts as words: what stands in a thing, and what a query asks for.
//!
//! Written folded (`crate::fold`), accents off, English in the singular. Chinese is cut by a dictionary (jieba, without guessing at words
//! that it does not have, so that a text and a query are cut alike); of titles and labels also each character and each pair of
//! neighbours is a word, so that any two characters of a title find it, however it was cut.

use crate::fold::visible;
use domain::search::{Near, field, singular, slips};
use jieba_rs::Jieba;
use pinyin::{ToPinyin, ToPinyinMulti};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};
use unicode_normalization::UnicodeNormalization;

/// The dictionary, and the words of [`SYNONYMS`], which a shop has and a dictionary need not.
static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for word in SYNONYMS.lines().filter(|l| !l.starts_with('#')).flat_map(|l| l.split(", ")) {
        if word.chars().count() > 1 && word.chars().all(|c| sort(c) == Sort::Han) {
            jieba.add_word(word, None, None);
        }
    }
    jieba
});

/// Words of the same meaning that come with the shop.
const SYNONYMS: &str = include_str!("synonyms.txt");
/// The longest word that is kept whole, in characters.
const LONGEST: usize = 24;
/// Words of a query that are looked for, and ways to have each.
const MOST: usize = 12;
const WAYS: usize = 8;

/// A word of a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// `domain::search::field`.
    pub(super) fields: u8,
    /// As it was written in simplified characters or none of them, and in traditional ones; empty where it was not.
    pub(super) shown: String,
    pub(super) shown_hant: String,
}

pub(super) type Words = BTreeMap<String, Found>;

/// A stretch of a text that is cut in one way.
#[derive(Debug, PartialEq, Eq)]
enum Run {
    /// Chinese characters: as written, and simplified.
    Han(String, String),
    /// Signs that are read in pairs: kana, hangul.
    Pairs(String),
    /// Letters and digits in pieces: `usb-c` is `usb` and `c`.
    Pieces(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Han,
    Pairs,
    Letter,
    Digit,
    Joint,
    Gap,
}

fn sort(c: char) -> Sort {
    match c {
        '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}'
        | '々' => Sort::Han,
        '\u{3041}'..='\u{30ff}' | '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}' => Sort::Pairs,
        '-' | '.' | '\'' | '’' | '_' | '&' | '+' => Sort::Joint,
        c if c.is_numeric() => Sort::Digit,
        c if c.is_alphabetic() => Sort::Letter,
        _ => Sort::Gap,
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let kind = sort(c);
        let mut run = String::from(c);
        match kind {
            Sort::Gap | Sort::Joint => {}
            Sort::Han | Sort::Pairs => {
                while let Some(next) = chars.next_if(|c| sort(*c) == kind) {
                    run.push(next);
                }
                if kind == Sort::Pairs {
                    found.push(Run::Pairs(run));
                    continue;
                }
                let simplified = fast2s::convert(&run);
                // A sign stands for a sign; should that ever not be so, it is read as it will be looked for.
                let as_written =
                    if simplified.chars().count() == run.chars().count() { run } else { simplified.clone() };
                found.push(Run::Han(as_written, simplified));
            }
            Sort::Letter | Sort::Digit => {
                let mut pieces = Vec::new();
                let mut of = kind;
                while let Some(next) = chars.next_if(|c| matches!(sort(*c), Sort::Letter | Sort::Digit | Sort::Joint)) {
                    match sort(next) {
                        // "Women's" is one piece.
                        Sort::Joint if matches!(next, '\'' | '’') => {}
                        Sort::Joint => pieces.push(std::mem::take(&mut run)),
                        now => {
                            // Where letters become digits, and where a word begins within one ("DeskSetup", but not "iPhone").
                            let hump = run.len() > 1
                                && next.is_uppercase()
                                && run.chars().last().is_some_and(char::is_lowercase);
                            if (now != of || hump) && !run.is_empty() {
                                pieces.push(std::mem::take(&mut run));
                            }
                            of = now;
                            run.push(next);
                        }
                    }
                }
                pieces.push(run);
                pieces.retain(|p| !p.is_empty());
                found.push(Run::Pieces(pieces));
            }
        }
    }
    found
}

/// A word of letters in lower case, without accents.
fn plain(piece: &str) -> String {
    piece.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).flat_map(char::to_lowercase).take(LONGEST).collect()
}

/// A word of letters as it is looked for: plain, one of many.
fn letters(piece: &str) -> String {
    singular(&plain(piece))
}

/// What somebody types, as words are typed for ([`keys`]).
pub(super) fn begun(typed: &str) -> String {
    runs(&visible(typed))
        .into_iter()
        .map(|run| match run {
            Run::Han(_, run) | Run::Pairs(run) => run,
            Run::Pieces(pieces) => plain(&pieces.concat()),
        })
        .collect()
}

/// The words of a query as people would say them to each other: without the signs between, which say nothing.
pub(super) fn spoken(query: &str) -> String {
    let sounds = |c: char| c.is_alphanumeric() || "-+&.'’".contains(c);
    let words: String = visible(query).chars().map(|c| if sounds(c) { c } else { ' ' }).collect();
    words.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).collect::<Vec<_>>().join(" ")
}

fn pairs(run: &str) -> Vec<String> {
    let chars: Vec<char> = run.chars().collect();
    chars.windows(2).map(|two| two.iter().collect()).collect()
}

fn slice(text: &str, from: usize, to: usize) -> String {
    text.chars().skip(from).take(to.saturating_sub(from)).collect()
}

/// Adds the words of a text. `place`: one of `field::{TITLE, LABEL, TEXT}`; `traditional`: whether it is written so.
pub(super) fn read(words: &mut Words, place: u8, traditional: bool, text: &str) {
    let main = place != field::TEXT;
    let mut add = |term: String, whole: bool, written: &str| {
        // A dictionary may take a run of signs that it does not know for one word.
        if term.chars().count() > LONGEST && !term.starts_with('=') {
            return;
        }
        let entry = words.entry(term).or_default();
        entry.fields |= if whole && main { place | field::WORD } else { place };
        let shown = if traditional { &mut entry.shown_hant } else { &mut entry.shown };
        // One character alone says too little to be suggested.
        if whole && main && shown.is_empty() && written.chars().count() > 1 {
            written.clone_into(shown);
        }
    };
    let text = visible(text);
    for run in runs(&text) {
        match run {
            Run::Han(written, simplified) => {
                // Words that no dictionary has, and short names as a whole, can be suggested and typed by their sound; what a query
                // is cut into are the words below.
                for token in JIEBA.cut(&simplified, true) {
                    let written = slice(&written, token.start, token.end);
                    add(token.word.to_owned(), true, &written);
                }
                if place == field::TITLE && (2..=4).contains(&simplified.chars().count()) {
                    add(simplified.clone(), true, &written);
                }
                for token in JIEBA.cut_for_search(&simplified, false) {
                    add(token.word.to_owned(), false, "");
                }
                if main {
                    simplified.chars().for_each(|c| add(c.to_string(), false, ""));
                    pairs(&simplified).into_iter().for_each(|p| add(p, false, ""));
                }
            }
            Run::Pairs(run) => {
                run.chars().for_each(|c| add(c.to_string(), false, ""));
                pairs(&run).into_iter().for_each(|p| add(p, false, ""));
            }
            Run::Pieces(pieces) => {
                if pieces.len() > 1 {
                    let joined = pieces.concat();
                    add(letters(&joined), true, &joined);
                }
                for piece in &pieces {
                    let term = letters(piece);
                    let whole = term.chars().count() > 1 && term.chars().any(char::is_alphabetic);
                    add(term, whole, piece);
                }
            }
        }
    }
    if place == field::TITLE {
        let whole = whole(&text);
        if !whole.is_empty() {
            add(whole, false, "");
        }
    }
}

/// A whole title as one word, for whoever asks for exactly that: it stands apart from all others by its first sign.
pub(super) fn whole(text: &str) -> String {
    let mut all = String::from("=");
    for run in runs(&visible(text)) {
        match run {
            Run::Han(_, run) | Run::Pairs(run) => all.push_str(&run),
            Run::Pieces(pieces) => pieces.iter().for_each(|p| all.push_str(&letters(p))),
        }
    }
    if all.chars().count() > 1 { all.chars().take(60).collect() } else { String::new() }
}

/// What may be typed for a word: (how, key), without doubles.
pub(super) fn keys(term: &str) -> BTreeSet<(&'static str, String)> {
    let chars: Vec<char> = term.chars().collect();
    if chars.len() < 2 {
        return BTreeSet::new();
    }
    let mut all = BTreeSet::from([("word", term.to_owned())]);
    if chars.iter().all(char::is_ascii_alphabetic) {
        // Whoever types the plural gets there, too.
        let stem = term.strip_suffix('y').unwrap_or(term);
        for many in [format!("{term}s"), format!("{term}es"), format!("{stem}ies")] {
            if singular(&many) == term {
                all.insert(("word", many));
            }
        }
        all.extend(slips(term).into_iter().map(|s| ("slip", s)));
        return all;
    }
    if chars.len() > 8 {
        return all;
    }
    // Signs that are read in more than one way: each of these for short words, the usual one for long words.
    let mut readings: Vec<Vec<String>> = vec![Vec::new()];
    for c in &chars {
        let Some(usual) = c.to_pinyin() else { return all };
        let mut ways = vec![usual.plain().to_owned()];
        if chars.len() <= 4
            && let Some(multi) = c.to_pinyin_multi()
        {
            ways.extend(multi.into_iter().map(|p| p.plain().to_owned()));
            let mut seen = BTreeSet::new();
            ways.retain(|w| seen.insert(w.clone()));
            ways.truncate(3);
        }
        readings = readings
            .into_iter()
            .flat_map(|so_far| {
                ways.iter()
                    .map(move |w| so_far.iter().cloned().chain([w.clone()]).collect::<Vec<_>>())
                    .collect::<Vec<_>>()
            })
            .take(12)
            .collect();
    }
    // The usual reading is the first.
    if let Some(usual) = readings.first() {
        all.insert(("initials", usual.iter().filter_map(|r| r.chars().next()).collect()));
    }
    for full in readings.iter().map(|r| r.concat()) {
        for u in ["v", "u"] {
            all.insert(("pinyin", full.replace('ü', u)));
        }
    }
    all
}

/// One way to have a word: all of these words stand in the thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) terms: Vec<String>,
    pub(super) near: Near,
}

/// A word of the query, and the ways to have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// As it was typed, folded.
    pub(super) typed: String,
    pub(super) ways: Vec<Way>,
    /// Letters only, for which pinyin and slips are tried.
    pub(super) latin: bool,
}

impl Wanted {
    fn new(typed: String, terms: Vec<String>, latin: bool) -> Self {
        Self { typed, ways: vec![Way { terms, near: Near::Same }], latin }
    }
}

/// What a query asks for.
pub(super) fn wanted(query: &str, synonyms: &Synonyms) -> Vec<Wanted> {
    let query: String = visible(query).chars().take(domain::search::MAX_QUERY).collect();
    let mut plain: Vec<Wanted> = Vec::new();
    for run in runs(&query) {
        match run {
            Run::Han(_, run) => {
                for token in JIEBA.cut(&run, false) {
                    let word = token.word.to_owned();
                    let parts = pairs(&word);
                    let mut one = Wanted::new(word.clone(), vec![word], false);
                    if parts.len() > 1 {
                        one.ways.push(Way { terms: parts, near: Near::Part });
                    }
                    plain.push(one);
                }
            }
            Run::Pairs(run) => {
                let parts = pairs(&run);
                let terms = if parts.is_empty() { vec![run.clone()] } else { parts };
                plain.push(Wanted::new(run, terms, false));
            }
            Run::Pieces(pieces) => {
                let joined = letters(&pieces.concat());
                let terms: Vec<String> = pieces.iter().map(|p| letters(p)).collect();
                let latin = terms.len() == 1 && joined.chars().all(|c| c.is_ascii_alphabetic());
                let mut one = Wanted::new(joined.clone(), vec![joined], latin);
                if terms.len() > 1 {
                    one.ways.push(Way { terms, near: Near::Part });
                }
                plain.push(one);
            }
        }
    }
    plain.truncate(MOST);
    with_synonyms(plain, synonyms)
}

/// Words that together have another name are one word with more ways.
fn with_synonyms(plain: Vec<Wanted>, synonyms: &Synonyms) -> Vec<Wanted> {
    let mut all = Vec::new();
    let mut rest = plain.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let found = (1..=rest.len().min(4)).rev().find_map(|n| {
            let key: String = rest.iter().take(n).map(|w| w.typed.as_str()).collect();
            synonyms.0.get(&key).map(|others| (n, key, others))
        });
        let Some((n, key, others)) = found else {
            all.push(first.clone());
            rest = after;
            continue;
        };
        let mut one = if n == 1 {
            first.clone()
        } else {
            let terms = rest.iter().take(n).flat_map(|w| w.ways.first()).flat_map(|w| w.terms.clone()).collect();
            let mut one = Wanted::new(key, terms, false);
            // The parts in any other way that they have, one at a time, would be too many; together as pairs is enough.
            let parts: Vec<String> =
                rest.iter().take(n).flat_map(|w| w.ways.last()).flat_map(|w| w.terms.clone()).collect();
            one.ways.push(Way { terms: parts, near: Near::Part });
            one
        };
        for other in others {
            one.ways.push(Way { terms: other.clone(), near: Near::Synonym });
        }
        one.ways.dedup();
        one.ways.truncate(WAYS);
        all.push(one);
        rest = rest.get(n..).unwrap_or_default();
    }
    all
}

/// Groups of words that mean the same.
pub struct Synonyms(HashMap<String, Vec<Vec<String>>>);

impl Synonyms {
    /// Those that come with the shop, and the operator's `own`: one group a line, words apart by commas, `#` begins a remark.
    pub fn new(own: &str) -> Self {
        let mut map: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        for line in SYNONYMS.lines().chain(own.lines()) {
            let line = line.split('#').next().unwrap_or_default();
            let group: Vec<(String, Vec<Vec<String>>)> = line.split([',', '，', '、']).filter_map(Self::word).collect();
            for (at, (key, _)) in group.iter().enumerate() {
                let others = group.iter().enumerate().filter(|(i, _)| *i != at).flat_map(|(_, (_, ways))| ways.clone());
                let ways = map.entry(key.clone()).or_default();
                for other in others {
                    if !ways.contains(&other) {
                        ways.push(other);
                    }
                }
            }
        }
        Self(map)
    }

    /// A word of a group: what it is looked up by, and what stands in a thing that has it.
    fn word(text: &str) -> Option<(String, Vec<Vec<String>>)> {
        let units = wanted(text.trim(), &Self(HashMap::new()));
        let key: String = units.iter().map(|u| u.typed.as_str()).collect();
        let first: Vec<String> = units.iter().flat_map(|u| u.ways.first()).flat_map(|w| w.terms.clone()).collect();
        // In a title also where the dictionary cuts it otherwise.
        let last: Vec<String> = units.iter().flat_map(|u| u.ways.last()).flat_map(|w| w.terms.clone()).collect();
        let ways = if first == last { vec![first] } else { vec![first, last] };
        (!key.is_empty()).then_some((key, ways))
    }
}

/// Reads the dictionary, which takes a moment, before anybody waits for it.
pub fn warm_up() {
    LazyLock::force(&JIEBA);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(text: &str) -> Words {
        let mut words = Words::new();
        read(&mut words, field::TITLE, false, text);
        words
    }

    fn asked(query: &str) -> Vec<String> {
        wanted(query, &Synonyms::new("")).into_iter().map(|w| w.typed).collect()
    }

    #[test]
    fn any_two_neighbours_of_a_title_are_a_word() {
        let words = terms("夏季碎花连衣裙");
        for word in ["夏季", "碎花", "连衣裙", "连衣", "衣裙", "季碎", "裙", "=夏季碎花连衣裙"] {
            assert!(words.contains_key(word), "{word}: {words:?}");
        }
        assert!(words["连衣裙"].fields & field::WORD != 0 && words["季碎"].fields & field::WORD == 0);
    }

    #[test]
    fn traditional_is_found_as_simplified_and_shown_as_written() {
        let mut words = Words::new();
        read(&mut words, field::TITLE, true, "雲南紅茶");
        assert_eq!(words["红茶"].shown_hant, "紅茶");
        assert_eq!(words["红茶"].shown, "");
    }

    #[test]
    fn latin_words_are_folded_and_joined() {
        let words = terms("Café ＵＳＢ-C 65W Women's Dresses iPhone15");
        for word in ["cafe", "usb", "c", "usbc", "65w", "65", "women", "dress", "iphone", "15", "iphone15"] {
            assert!(words.contains_key(word), "{word}: {words:?}");
        }
        assert_eq!(words["dress"].shown, "Dresses");
        assert_eq!(asked("usb-c"), ["usbc"]);
        assert_eq!(asked("DRESSES 连衣裙"), ["dress", "连衣裙"]);
    }

    #[test]
    fn a_word_is_typed_by_its_sound() {
        let keys = keys("连衣裙");
        assert!(
            keys.contains(&("pinyin", "lianyiqun".into())) && keys.contains(&("initials", "lyq".into())),
            "{keys:?}"
        );
        assert!(super::keys("绿茶").contains(&("pinyin", "lvcha".into())), "{:?}", super::keys("绿茶"));
        assert!(super::keys("重庆").contains(&("pinyin", "chongqing".into())), "{:?}", super::keys("重庆"));
    }

    #[test]
    fn words_of_one_meaning_are_ways_to_have_the_same() {
        let synonyms = Synonyms::new("充电宝宝, power brick\n");
        let wanted = wanted("充电宝宝 红", &synonyms);
        assert!(wanted[0].ways.iter().any(|w| w.terms == ["power", "brick"] && w.near == Near::Synonym), "{wanted:?}");
        let back = super::wanted("red power bricks", &synonyms);
        assert_eq!(back.len(), 2, "{back:?}");
        assert_eq!(back[1].typed, "powerbrick");
    }

    proptest! {
        #[test]
        fn a_title_has_every_word_of_itself(title in "[a-zA-Z0-9 连衣裙红茶夏季碎花雲南紅\\-'é]{0,24}") {
            let words = terms(&title);
            for one in wanted(&title, &Synonyms(HashMap::new())) {
                let has = one.ways.iter().any(|w| w.terms.iter().all(|t| words.contains_key(t)));
                prop_assert!(has, "{title:?} {one:?} {words:?}");
            }
        }

        #[test]
        fn whatever_is_typed_is_cut_without_a_fault(text in "\\PC{0,80}") {
            let _ = (terms(&text), asked(&text), whole(&text));
        }
    }
}
