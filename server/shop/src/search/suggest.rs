//! What may be meant, as somebody types.

use super::{find::written, words};
use crate::{Result, Shop, args};
use domain::{
    Lang,
    search::{MAX_QUERY, Suggestion},
};
use std::collections::HashSet;

/// Suggestions shown.
const MOST: usize = 8;

/// Words that begin so, of which those that most things have are looked for: what one letter begins is too much to look through.
const LOOKED_AT: i64 = 4_000;

crate::row! {
    /// A word of the shop that may be meant.
    pub(super) struct Meant {
        pub(super) id: i64,
        pub(super) term: String,
        pub(super) shown: String,
        pub(super) shown_hant: String,
        pub(super) docs: i64,
    }
}

/// The words that most things have, of those for which something is typed (`how`) that begins so.
pub(super) async fn begins(shop: &Shop, how: &str, typed: &str) -> Result<Vec<Meant>> {
    let end = format!("{typed}\u{10ffff}");
    Ok(shop
        .db
        .fetch_all(
            "SELECT t.id, t.term, t.shown, t.shown_hant, t.docs
             FROM (SELECT term FROM search_key WHERE how = $1 AND key >= $2 AND key < $3 ORDER BY key, term LIMIT $4) k
             JOIN search_term t ON t.id = k.term WHERE t.docs > 0 ORDER BY t.docs DESC, t.id LIMIT 16",
            args![how, typed, end, LOOKED_AT],
        )
        .await?)
}

/// How a query may go on: the last word of it as a word of the shop that begins so, or whose pinyin or first letters do; those that most
/// things have first. Words that are there already are kept as they were typed.
///
/// # Errors
/// What the database says.
pub async fn suggest(shop: &Shop, lang: Lang, typed: &str) -> Result<Vec<Suggestion>> {
    let typed: String = typed.chars().take(MAX_QUERY).collect();
    let (before, last) = match typed.trim_start().rsplit_once(char::is_whitespace) {
        Some((before, last)) => (before.trim_end(), last),
        None => ("", typed.trim_start()),
    };
    let last = words::begun(last);
    if last.is_empty() || last.chars().count() > 24 {
        return Ok(Vec::new());
    }
    let mut rows = begins(shop, "word", &last).await?;
    rows.extend(begins(shop, "initials", &last).await?);
    // One letter begins too many a sound; the first letters say it, too.
    if last.chars().count() > 1 {
        rows.extend(begins(shop, "pinyin", &last).await?);
    }
    rows.sort_by_key(|r| (-r.docs, r.id));
    let has: HashSet<String> =
        words::wanted(before, shop.kept.search.synonyms()).into_iter().map(|w| w.typed).collect();
    if lang == Lang::En {
        // Whoever reads English is first told words that he reads.
        rows.sort_by_key(|r| !r.term.is_ascii());
    }
    let mut seen = HashSet::new();
    let suggestions = rows.into_iter().filter(|r| !has.contains(&r.term)).map(|r| {
        let word = written(lang, &r.term, &r.shown, &r.shown_hant);
        Suggestion { words: if before.is_empty() { word } else { format!("{before} {word}") } }
    });
    Ok(suggestions.filter(|s| seen.insert(s.words.to_lowercase())).take(MOST).collect())
}
