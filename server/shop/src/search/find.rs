//! Finding: the query's words to the words of the shop, those to things, the things in order.

use super::{
    index::{PART, terms},
    postings::{Postings, both, either, unpack},
    said,
    suggest::{Meant, begins},
    words::{self, Wanted},
};
use crate::{Result, Shop, account, args, catalog, consent, db::Engine, feed, follow, moderation, post};
use domain::{
    Lang,
    catalog::{Browse, CardView, Cursor, Sort, hot_score},
    id::{PersonId, ProductId},
    post::TopicCard,
    search::{
        Ask, Facet, FoundView, Kind, MAX_QUERY, Near, PersonCard, Tab, changes, one_slip, rarity, slips, step, worth,
    },
};
use std::collections::{HashMap, HashSet};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Shown on one page of a tab, and of each kind where everything is shown.
const PAGE: usize = 20;
const THINGS: usize = 10;
const POSTS: usize = 6;
const FEW: usize = 4;
/// So many that are found are looked at one by one and counted.
const CLOSE: usize = 1_500;
/// So many of them that going along the list finds them soon.
const LIST: usize = 4_000;
/// Rows of a list looked at in one go, and how often.
const STRETCH: i64 = 500;
const STRETCHES: usize = 100;
/// Letters of a word that may have two slips.
const LONG: usize = 8;
/// Queries that are looked for at the same time.
static ROOM: Semaphore = Semaphore::const_new(4);
/// Nobody reads further.
const DEEPEST: usize = 1_000;
/// Words of the shop that a word of the query may stand for.
const WAYS: usize = 8;

/// A word of the query as words of the shop: ways to have it, each some of the numbers of `search_term`.
#[derive(Clone)]
struct Read {
    typed: String,
    ways: Vec<(Vec<i64>, Near)>,
    /// What we read instead.
    shown: Option<String>,
}

/// Things and what their fit is worth; ascending numbers.
type Fits = Vec<(i64, u64)>;

/// Topics that move, with how many posts each has.
async fn moving(shop: &Shop) -> Result<Vec<TopicCard>> {
    let ids = feed::moving(shop, shop.clock.now());
    let mut cards = post::topic_cards(shop, &ids).await?;
    Ok(ids.iter().filter_map(|id| cards.remove(id)).filter(|t| t.posts > 0).collect())
}

/// What is found for some words.
///
/// # Errors
/// What the database says.
pub async fn find(shop: &Shop, me: Option<PersonId>, lang: Lang, ask: &Ask) -> Result<FoundView> {
    let query: String = ask.browse.query.as_deref().unwrap_or_default().trim().chars().take(MAX_QUERY).collect();
    let mut view = FoundView::default();
    if let Some(me) = me {
        view.remembers = Some(consent::agreed(&shop.db, me, consent::Purpose::Personal).await?);
    }
    let wanted = words::wanted(&query, shop.kept.search.synonyms());
    if wanted.is_empty() {
        view.hot = said::hot(shop).await?;
        view.topics = moving(shop).await?;
        if let Some(me) = me.filter(|_| view.remembers == Some(true)) {
            view.mine = said::mine(shop, me).await?;
        }
        return Ok(view);
    }
    // Looking through very many words at once is work: a few of these at a time.
    let _room = ROOM.acquire().await;
    let kinds: Vec<Kind> = ask.tab.kind().map_or_else(|| Kind::ALL.to_vec(), |k| vec![k]);
    let whole = words::whole(&query);
    let whole = numbers(shop, &[whole.as_str()]).await?.into_values().next();
    let (mut read, lost) = read(shop, lang, &wanted, ask.exact).await?;
    let mut sets = all_fits(shop, &kinds, &read, whole).await?;
    if !ask.exact && sets.iter().all(|(_, s)| s.all.is_empty()) {
        // Words that stand somewhere, but in nothing that was asked for: perhaps others were meant.
        let meant = read_otherwise(shop, lang, &wanted, &read).await?;
        if let Some(meant) = meant {
            let found = all_fits(shop, &kinds, &meant, None).await?;
            if found.iter().any(|(_, s)| !s.all.is_empty()) {
                (read, sets) = (meant, found);
            }
        }
    }
    if read.iter().any(|r| r.shown.is_some()) {
        let words: Vec<&str> = read.iter().map(|r| r.shown.as_deref().unwrap_or(&r.typed)).collect();
        view.read_as = Some(words.join(" "));
    }
    view.without = lost;
    // Nothing has all of it: what has most of it.
    if sets.iter().all(|(_, s)| s.all.is_empty()) && read.len() > 1 {
        let most = sets.iter().map(|(_, s)| s.most.0).max().unwrap_or(0);
        let mut has = 0;
        for (_, set) in sets.iter_mut().filter(|(_, s)| s.most.0 == most) {
            // Of kinds that have as many words the first says which; the others are shown when they have the same.
            if has == 0 {
                has = set.has;
            }
            if set.has == has {
                set.all = std::mem::take(&mut set.some);
            }
        }
        let missing = read.iter().enumerate().filter(|(i, _)| has & (1 << i) == 0).map(|(_, r)| r.typed.clone());
        view.without.extend(missing);
    }
    for (kind, set) in sets {
        show(shop, me, lang, ask, kind, set.all, &mut view).await?;
    }
    if view.is_empty() && ask.shown() == 0 {
        view.hot = said::hot(shop).await?;
        let (best, _) = catalog::walk(shop, Uuid::nil(), &Browse::default(), None, 6).await?;
        view.instead = things(shop, lang, &best).await?;
    }
    Ok(view)
}

/// The things that some words find, the first page of them.
pub(crate) async fn things_called(shop: &Shop, lang: Lang, words: &str) -> Result<Vec<CardView>> {
    let browse = Browse { query: Some(words.to_owned()), ..Browse::default() };
    Ok(find(shop, None, lang, &Ask { browse, tab: Tab::Product, exact: false }).await?.products)
}

async fn all_fits(shop: &Shop, kinds: &[Kind], read: &[Read], whole: Option<i64>) -> Result<Vec<(Kind, Set)>> {
    let mut sets = Vec::new();
    for kind in kinds {
        sets.push((*kind, fits(shop, *kind, read, whole).await?));
    }
    Ok(sets)
}

/// The query's words with each that was taken as it stands read as something near; none when there is nothing else to read.
async fn read_otherwise(shop: &Shop, lang: Lang, wanted: &[Wanted], read: &[Read]) -> Result<Option<Vec<Read>>> {
    let mut all = Vec::new();
    let mut other = false;
    for one in read {
        let latin = wanted.iter().any(|w| w.latin && w.typed == one.typed);
        let near = if latin && one.shown.is_none() { near(shop, lang, &one.typed).await? } else { None };
        let near = near.filter(|n| n.shown.is_some());
        other |= near.is_some();
        all.push(near.unwrap_or_else(|| one.clone()));
    }
    Ok(other.then_some(all))
}

/// The query's words as words of the shop; and those that stand nowhere.
async fn read(shop: &Shop, lang: Lang, wanted: &[Wanted], exact: bool) -> Result<(Vec<Read>, Vec<String>)> {
    let terms: HashSet<&str> =
        wanted.iter().flat_map(|w| &w.ways).flat_map(|w| w.terms.iter().map(String::as_str)).collect();
    let terms: Vec<&str> = terms.into_iter().collect();
    let known = numbers(shop, &terms).await?;
    let mut all: Vec<Read> = wanted
        .iter()
        .map(|one| {
            let ways = one.ways.iter().filter_map(|way| {
                let numbers: Option<Vec<i64>> = way.terms.iter().map(|t| known.get(t.as_str()).copied()).collect();
                Some((numbers?, way.near))
            });
            Read { typed: one.typed.clone(), ways: ways.collect(), shown: None }
        })
        .collect();
    let latin = wanted.iter().all(|w| w.latin);
    if !exact && latin && all.len() > 1 && all.iter().any(|r| r.ways.is_empty()) {
        // "hong cha" is one word.
        let joined: String = wanted.iter().map(|w| w.typed.as_str()).collect();
        let near = near(shop, lang, &joined).await?;
        if let Some(one) = near.filter(|r| r.ways.iter().all(|(_, n)| *n == Near::Pinyin)) {
            return Ok((vec![one], Vec::new()));
        }
    }
    for (one, asked) in all.iter_mut().zip(wanted) {
        if one.ways.is_empty()
            && !exact
            && asked.latin
            && let Some(found) = near(shop, lang, &asked.typed).await?
        {
            *one = found;
        }
    }
    let lost = all.iter().filter(|r| r.ways.is_empty()).map(|r| r.typed.clone()).collect();
    all.retain(|r| !r.ways.is_empty());
    Ok((all, lost))
}

/// The numbers of words that are known.
async fn numbers(shop: &Shop, words: &[&str]) -> Result<HashMap<String, i64>> {
    Ok(terms(&shop.db, words).await?.into_iter().map(|t| (t.term, t.id)).collect())
}

crate::row! {
    struct Key {
        key: String,
        how: String,
        id: i64,
        term: String,
        shown: String,
        shown_hant: String,
        docs: i64,
    }
}

/// Words of the shop that letters may stand for that are none of its words: as pinyin, mistyped, as initials, as a beginning; the first
/// of these that there is.
async fn near(shop: &Shop, lang: Lang, typed: &str) -> Result<Option<Read>> {
    let mut keys = slips(typed);
    keys.push(typed.to_owned());
    let mut found = keyed(shop, &keys, |key| match key.how.as_str() {
        "pinyin" if key.key == typed => Some(Near::Pinyin),
        "initials" if key.key == typed => Some(Near::Initials),
        "slip" if one_slip(&key.term, typed) => Some(Near::Slip),
        _ => None,
    })
    .await?;
    if found.is_empty() && (LONG..=20).contains(&typed.chars().count()) {
        // A long word may have two slips, one of them a letter too many: words are kept without one letter each, not without two.
        let mut keys: Vec<String> = slips(typed).iter().flat_map(|s| slips(s)).collect();
        keys.sort_unstable();
        keys.dedup();
        found = keyed(shop, &keys, |key| (key.how == "slip" && changes(&key.term, typed) <= 2).then_some(Near::Slip))
            .await?;
    }
    for how in ["word", "pinyin"] {
        if found.is_empty() {
            found = begins(shop, how, typed).await?.into_iter().map(|r| (Near::Prefix, r)).collect();
        }
    }
    found.sort_by(|(a, x), (b, y)| (a, -x.docs, x.id).cmp(&(b, -y.docs, y.id)));
    let Some(best) = found.first().map(|(near, _)| *near) else { return Ok(None) };
    found.retain(|(near, _)| *near == best);
    let mut seen = HashSet::new();
    found.retain(|(_, r)| seen.insert(r.id));
    found.truncate(if best == Near::Slip { 1 } else { WAYS });
    let shown =
        found.first().filter(|_| best != Near::Prefix).map(|(_, r)| written(lang, &r.term, &r.shown, &r.shown_hant));
    Ok(Some(Read {
        typed: typed.to_owned(),
        ways: found.into_iter().map(|(near, r)| (vec![r.id], near)).collect(),
        shown,
    }))
}

/// Words for which one of some keys is typed, each as `near` says that it is near.
async fn keyed(shop: &Shop, keys: &[String], near: impl Fn(&Key) -> Option<Near>) -> Result<Vec<(Near, Meant)>> {
    let mut found = Vec::new();
    for batch in keys.chunks(22) {
        let mut keys = batch.iter().map(String::as_str).chain(std::iter::repeat(""));
        let mut k = || keys.next().unwrap_or_default();
        let rows: Vec<Key> = shop
            .db
            .fetch_all(
                "SELECT k.key, k.how, t.id, t.term, t.shown, t.shown_hant, t.docs FROM search_key k JOIN search_term t ON t.id = k.term
                 WHERE k.how IN ('pinyin', 'initials', 'slip') AND t.docs > 0
                   AND k.key IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
                args![
                    k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k(), k()
                ],
            )
            .await?;
        found.extend(rows.into_iter().filter_map(|r| {
            let near = near(&r)?;
            Some((near, Meant { id: r.id, term: r.term, shown: r.shown, shown_hant: r.shown_hant, docs: r.docs }))
        }));
    }
    Ok(found)
}

/// A word as it is written in a language.
pub(super) fn written(lang: Lang, term: &str, shown: &str, hant: &str) -> String {
    let first = if lang == Lang::ZhHant { hant } else { "" };
    [first, shown, term].into_iter().find(|w| !w.is_empty()).unwrap_or(term).to_owned()
}

/// What of a kind fits.
#[derive(Default)]
struct Set {
    /// What has all words.
    all: Fits,
    /// When nothing has: what has most of them; how many and what they say; which.
    some: Fits,
    most: (u32, u64),
    has: u32,
}

async fn fits(shop: &Shop, kind: Kind, read: &[Read], whole: Option<i64>) -> Result<Set> {
    let mut wanted: Vec<i64> = read.iter().flat_map(|r| &r.ways).flat_map(|(t, _)| t.clone()).chain(whole).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let sizes = sizes(shop, kind, &wanted).await?;
    wanted.retain(|t| sizes.of.contains_key(t));
    // How much each word says: by how many things have it in the way that most have it; a list has about two bytes a thing.
    let having = |terms: &[i64]| terms.iter().map(|t| sizes.of.get(t).copied().unwrap_or(0)).min().unwrap_or(0);
    let says: Vec<u64> = read
        .iter()
        .map(|r| r.ways.iter().map(|(terms, _)| having(terms)).max().unwrap_or(0))
        .map(|bytes| u64::from(rarity(sizes.things, u32::try_from(bytes / 2 + 1).unwrap_or(u32::MAX))))
        .collect();
    let most: u64 = says.iter().sum();
    let mut set = Set::default();
    let mut part = 0;
    while part <= sizes.last {
        // However many things there are, only these few are held at once.
        let lists = lists(shop, kind, &wanted, part, part + AT_ONCE - 1).await?;
        stretch(&mut set, read, &says, &lists, whole, most);
        part += AT_ONCE;
    }
    Ok(set)
}

/// Parts (`PART` things each) that are looked at together.
const AT_ONCE: i64 = 16;

/// Adds what fits of some parts.
fn stretch(
    set: &mut Set,
    read: &[Read],
    says: &[u64],
    lists: &HashMap<i64, Postings>,
    whole: Option<i64>,
    most_said: u64,
) {
    let none = Postings::new();
    let list = |term: &i64| lists.get(term).unwrap_or(&none);
    let mut groups: Vec<Fits> = Vec::new();
    for (one, says) in read.iter().zip(says) {
        let mut group = Fits::new();
        for (terms, near) in &one.ways {
            let mut terms = terms.iter().map(list).collect::<Vec<_>>();
            terms.sort_by_key(|t| t.len());
            let mut terms = terms.into_iter();
            let mut having = terms.next().cloned().unwrap_or_default();
            for other in terms {
                having = both(&having, other, |a, b| if worth(a) <= worth(b) { a } else { b });
            }
            let fit = |mark| u64::from(worth(mark) * near.worth()) * says;
            group = either(group, having.into_iter().map(|(doc, mark)| (doc, fit(mark))).collect(), u64::max);
        }
        groups.push(group);
    }
    let mut order: Vec<&Fits> = groups.iter().collect();
    order.sort_by_key(|g| g.len());
    let mut order = order.into_iter();
    let mut all = order.next().cloned().unwrap_or_default();
    for other in order {
        all = both(&all, other, |a, b| a + b);
    }
    // What is called just so stands before what is called that and more.
    for (doc, _) in whole.map_or(&none, |t| list(&t)) {
        if let Ok(at) = all.binary_search_by_key(doc, |(d, _)| *d)
            && let Some(one) = all.get_mut(at)
        {
            one.1 += most_said * 25;
        }
    }
    set.all.append(&mut all);
    if set.all.is_empty() && groups.len() > 1 {
        most(set, groups);
    }
}

/// Keeps what has most of the words, and of as many those that say most.
fn most(set: &mut Set, groups: Vec<Fits>) {
    let mut has: HashMap<i64, (u32, u64)> = HashMap::new();
    for (bit, group) in groups.into_iter().enumerate().take(32) {
        for (doc, fit) in group {
            let one = has.entry(doc).or_default();
            one.0 |= 1 << bit;
            one.1 += fit;
        }
    }
    let mut masks: HashMap<u32, u64> = HashMap::new();
    for (mask, fit) in has.values() {
        let best = masks.entry(*mask).or_default();
        *best = (*best).max(*fit);
    }
    let Some((mask, fit)) = masks.into_iter().max_by_key(|(mask, fit)| (mask.count_ones(), *fit, *mask)) else {
        return;
    };
    let words = mask.count_ones();
    if set.has != mask {
        if (words, fit) <= set.most {
            return;
        }
        set.some.clear();
        set.has = mask;
    }
    set.most = set.most.max((words, fit));
    let mut some: Fits = has.into_iter().filter(|(_, (m, _))| *m == mask).map(|(doc, (_, fit))| (doc, fit)).collect();
    some.sort_unstable();
    set.some.append(&mut some);
}

/// How long the lists of some words are, bytes; which part is the last; and how many things there are (about: numbers given out).
struct Sizes {
    of: HashMap<i64, i64>,
    last: i64,
    things: u32,
}

async fn sizes(shop: &Shop, kind: Kind, terms: &[i64]) -> Result<Sizes> {
    crate::row! {
        struct Size {
            term: i64,
            bytes: i64,
            last: i64,
        }
    }
    crate::row! {
        struct Head {
            doc: i64,
        }
    }
    let mut sizes = Sizes { of: HashMap::new(), last: -1, things: 0 };
    for batch in terms.chunks(20) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(0));
        let mut t = || ids.next().unwrap_or_default();
        let rows: Vec<Size> = shop
            .db
            .fetch_all(
                "SELECT term, CAST(SUM(LENGTH(docs)) AS BIGINT) AS bytes, MAX(part) AS last FROM search_block
                 WHERE kind = $1 AND term IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
                 GROUP BY term",
                args![
                    kind.name(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t()
                ],
            )
            .await?;
        for row in rows {
            sizes.of.insert(row.term, row.bytes);
            sizes.last = sizes.last.max(row.last);
        }
    }
    let head: Option<Head> = shop.db.fetch_optional("SELECT doc FROM search_head WHERE one = 1", args![]).await?;
    sizes.things = head.map_or(0, |h| u32::try_from(h.doc).unwrap_or(u32::MAX));
    Ok(sizes)
}

/// The things of some words, of some parts.
async fn lists(shop: &Shop, kind: Kind, terms: &[i64], from: i64, to: i64) -> Result<HashMap<i64, Postings>> {
    crate::row! {
        struct Block {
            term: i64,
            part: i64,
            docs: Vec<u8>,
        }
    }
    let mut lists: HashMap<i64, Postings> = HashMap::new();
    for batch in terms.chunks(20) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(0));
        let mut t = || ids.next().unwrap_or_default();
        let rows: Vec<Block> = shop
            .db
            .fetch_all(
                "SELECT term, part, docs FROM search_block
                 WHERE kind = $1 AND part >= $2 AND part <= $3
                   AND term IN ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
                 ORDER BY term, part",
                args![
                    kind.name(), from, to, t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t()
                ],
            )
            .await?;
        for row in rows {
            unpack(&row.docs, row.part * PART, lists.entry(row.term).or_default())?;
        }
    }
    Ok(lists)
}

/// What the numbers of things stand for.
async fn things_of(shop: &Shop, kind: Kind, docs: &[i64]) -> Result<HashMap<i64, Uuid>> {
    crate::row! {
        struct Doc {
            id: i64,
            thing: Uuid,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT d.id, d.thing FROM json_each($1) j CROSS JOIN search_doc d ON d.kind = $2 AND d.id = j.value"
        }
        Engine::Postgres => {
            "SELECT d.id, d.thing FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN search_doc d ON d.kind = $2 AND d.id = CAST(j.value AS bigint)"
        }
    };
    let list: Vec<String> = docs.iter().map(i64::to_string).collect();
    let rows: Vec<Doc> = shop.db.fetch_all(sql, args![format!("[{}]", list.join(",")), kind.name()]).await?;
    Ok(rows.into_iter().map(|d| (d.id, d.thing)).collect())
}

/// The numbers of some things.
async fn numbers_of(shop: &Shop, kind: Kind, things: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    crate::row! {
        struct Doc {
            id: i64,
            thing: Uuid,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT d.id, d.thing FROM json_each($1) j CROSS JOIN search_doc d ON d.kind = $2 AND d.thing = unhex(j.value)"
        }
        Engine::Postgres => {
            "SELECT d.id, d.thing FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN search_doc d ON d.kind = $2 AND d.thing = CAST(j.value AS uuid)"
        }
    };
    let rows: Vec<Doc> = shop.db.fetch_all(sql, args![crate::db::listed(things), kind.name()]).await?;
    Ok(rows.into_iter().map(|d| (d.thing, d.id)).collect())
}

/// Puts what was found of a kind into what is shown.
async fn show(
    shop: &Shop,
    me: Option<PersonId>,
    lang: Lang,
    ask: &Ask,
    kind: Kind,
    fits: Fits,
    view: &mut FoundView,
) -> Result<()> {
    let few = ask.tab == Tab::All;
    let size = match (few, kind) {
        (false, _) => PAGE,
        (true, Kind::Product) => THINGS,
        (true, Kind::Post) => POSTS,
        (true, _) => FEW,
    };
    let from = if few { 0 } else { ask.shown().min(DEEPEST) };
    let until = (from + size).min(DEEPEST);
    // One more says whether there are more.
    let (mut ids, count) = match kind {
        Kind::Product => ordered_things(shop, lang, ask, fits, until + 1, view).await?,
        Kind::Post => ordered_posts(shop, me, fits).await?,
        Kind::Person => ordered_people(shop, me, fits).await?,
        Kind::Topic => ordered_topics(shop, fits).await?,
    };
    let more = ids.len() > until && until < DEEPEST;
    ids.truncate(until);
    let ids = ids.get(from..).unwrap_or_default();
    match kind {
        Kind::Product => view.products = things(shop, lang, ids).await?,
        Kind::Post => view.posts = post::cards(shop, me, ids).await?,
        Kind::Person => view.people = people(shop, ids).await?,
        Kind::Topic => {
            let mut cards = post::topic_cards(shop, ids).await?;
            view.topics = ids.iter().filter_map(|id| cards.remove(id)).collect();
        }
    }
    view.counts.push((kind, count));
    if more && !few {
        view.next = Some(until.to_string());
    }
    Ok(())
}

async fn things(shop: &Shop, lang: Lang, ids: &[Uuid]) -> Result<Vec<CardView>> {
    let products: Vec<ProductId> = ids.iter().map(|id| ProductId(*id)).collect();
    let mut cards = catalog::cards(shop, lang, &products).await?;
    Ok(products.iter().filter_map(|id| cards.remove(id)).collect())
}

/// In steps of fit, the best first; in any other order all together.
fn steps(fits: Fits, by_fit: bool) -> Vec<Vec<i64>> {
    let best = fits.iter().map(|(_, fit)| *fit).max().unwrap_or(0);
    let mut steps: Vec<Vec<i64>> = vec![Vec::new(); 16];
    for (doc, fit) in fits {
        let at = if by_fit { step(fit, best) } else { 0 };
        if let Some(step) = steps.get_mut(usize::from(at)) {
            step.push(doc);
        }
    }
    steps.retain(|s| !s.is_empty());
    steps
}

/// Things in their order, at least the first `enough`; how many there are, if they were all looked at.
async fn ordered_things(
    shop: &Shop,
    lang: Lang,
    ask: &Ask,
    fits: Fits,
    enough: usize,
    view: &mut FoundView,
) -> Result<(Vec<Uuid>, Option<i64>)> {
    let branch = match ask.browse.category.as_deref() {
        Some(slug) => match catalog::branch_of(shop, lang, slug).await? {
            Some(branch) => Some(branch),
            None => return Ok((Vec::new(), Some(0))),
        },
        None => None,
    };
    let countable = fits.len() <= CLOSE;
    let mut facets: HashMap<Uuid, i64> = HashMap::new();
    let mut ids = Vec::new();
    for step in steps(fits, ask.by_fit()) {
        if step.len() > LIST {
            let scope = branch.as_ref().map_or(Uuid::nil(), |b| b.0);
            ids.extend(walk(shop, scope, &ask.browse, &step, enough.saturating_sub(ids.len())).await?);
        } else {
            let mut facts = Vec::new();
            for some in step.chunks(CLOSE) {
                let found = things_of(shop, Kind::Product, some).await?;
                facts.extend(catalog::facts(shop, &found.into_values().collect::<Vec<_>>()).await?);
            }
            let (low, high) = ask.browse.price.range();
            facts.retain(|f| (low..=high).contains(&f.price_min) && (f.available || !ask.browse.in_stock));
            for fact in &facts {
                *facets.entry(fact.category_id).or_default() += 1;
            }
            facts.retain(|f| branch.as_ref().is_none_or(|(_, all)| all.contains(&f.category_id)));
            sort(&mut facts, ask.browse.sort);
            ids.extend(facts.into_iter().map(|f| f.id));
        }
        if ids.len() >= enough && !countable {
            break;
        }
    }
    if countable {
        let names = catalog::category_names(shop, lang).await?;
        view.facets = facets
            .into_iter()
            .filter_map(|(id, n)| {
                let (slug, name) = names.get(&id)?.clone();
                Some(Facet { slug, name, n })
            })
            .collect();
        view.facets.sort_by(|a, b| (-a.n, &a.slug).cmp(&(-b.n, &b.slug)));
    }
    let count = countable.then(|| i64::try_from(ids.len()).unwrap_or(i64::MAX));
    Ok((ids, count))
}

fn sort(facts: &mut [catalog::Fact], by: Sort) {
    match by {
        Sort::Hot => facts.sort_by_key(|f| std::cmp::Reverse((f.hot, f.id))),
        Sort::New => facts.sort_by_key(|f| std::cmp::Reverse((f.published_at, f.id))),
        Sort::Sold => facts.sort_by_key(|f| std::cmp::Reverse((f.sold, f.id))),
        Sort::PriceUp => facts.sort_by_key(|f| (f.price_min, f.id)),
        Sort::PriceDown => facts.sort_by_key(|f| std::cmp::Reverse((f.price_min, f.id))),
    }
}

/// Of very many that are found: goes along the list in its order and keeps those that are.
async fn walk(shop: &Shop, scope: Uuid, browse: &Browse, found: &[i64], enough: usize) -> Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    let mut after: Option<Cursor> = None;
    for _ in 0..STRETCHES {
        if ids.len() >= enough {
            break;
        }
        let (stretch, end) = catalog::walk(shop, scope, browse, after, STRETCH).await?;
        let numbers = numbers_of(shop, Kind::Product, &stretch).await?;
        ids.extend(stretch.into_iter().filter(|id| numbers.get(id).is_some_and(|n| found.binary_search(n).is_ok())));
        after = end;
        if after.is_none() {
            break;
        }
    }
    Ok(ids)
}

/// The best steps, together no more than are looked at closely, of the last those that came last; and whether these are all.
fn closest(fits: Fits) -> (Vec<(usize, Vec<i64>)>, bool) {
    let all = fits.len() <= CLOSE;
    let mut room = CLOSE;
    let mut kept = Vec::new();
    for (at, mut step) in steps(fits, true).into_iter().enumerate() {
        if step.len() > room {
            step = step.split_off(step.len() - room);
        }
        room -= step.len();
        if !step.is_empty() {
            kept.push((at, step));
        }
    }
    (kept, all)
}

async fn stepped(shop: &Shop, kind: Kind, fits: Fits) -> Result<(HashMap<Uuid, usize>, bool)> {
    let (kept, all) = closest(fits);
    let docs: Vec<i64> = kept.iter().flat_map(|(_, docs)| docs.clone()).collect();
    let things = things_of(shop, kind, &docs).await?;
    let at = kept.iter().flat_map(|(at, docs)| docs.iter().filter_map(|d| Some((*things.get(d)?, *at))));
    Ok((at.collect(), all))
}

fn counted(ids: Vec<Uuid>, all: bool) -> (Vec<Uuid>, Option<i64>) {
    let count = all.then(|| i64::try_from(ids.len()).unwrap_or(i64::MAX));
    (ids, count)
}

async fn ordered_posts(shop: &Shop, me: Option<PersonId>, fits: Fits) -> Result<(Vec<Uuid>, Option<i64>)> {
    let (at, all) = stepped(shop, Kind::Post, fits).await?;
    let ids: Vec<Uuid> = at.keys().copied().collect();
    let mut posts = post::liked(shop, &ids).await?;
    let unseen = moderation::unseen(&shop.db, me).await?;
    posts.retain(|p| !unseen.contains(&p.author_id));
    // Ten times the liking counts as thirty hours of freshness, as with things.
    let heat = |p: &post::Liked| hot_score(p.likes + 2 * p.collects + p.comments, p.published_at);
    posts.sort_by_key(|p| (at.get(&p.id).copied(), std::cmp::Reverse((heat(p), p.id))));
    Ok(counted(posts.into_iter().map(|p| p.id).collect(), all))
}

async fn ordered_people(shop: &Shop, me: Option<PersonId>, fits: Fits) -> Result<(Vec<Uuid>, Option<i64>)> {
    let (at, all) = stepped(shop, Kind::Person, fits).await?;
    let unseen = moderation::unseen(&shop.db, me).await?;
    let ids: Vec<Uuid> = at.keys().copied().filter(|id| !unseen.contains(id)).collect();
    let counts = follow::counts_of(shop, &ids).await?;
    let mut ids = ids;
    let followers = |id: &Uuid| counts.get(id).map_or(0, |c| c.followers);
    // The elder account first, where nobody is followed more.
    ids.sort_by_key(|id| (at.get(id).copied(), std::cmp::Reverse(followers(id)), *id));
    Ok(counted(ids, all))
}

async fn people(shop: &Shop, ids: &[Uuid]) -> Result<Vec<PersonCard>> {
    let mut faces = account::faces(shop, ids).await?;
    let counts = follow::counts_of(shop, ids).await?;
    let card = |id: &Uuid| {
        let (handle, name) = faces.remove(id)?;
        let (followers, posts) = counts.get(id).map_or((0, 0), |c| (c.followers, c.posts));
        Some(PersonCard { handle, name, followers, posts })
    };
    Ok(ids.iter().filter_map(card).collect())
}

async fn ordered_topics(shop: &Shop, fits: Fits) -> Result<(Vec<Uuid>, Option<i64>)> {
    let (at, all) = stepped(shop, Kind::Topic, fits).await?;
    let ids: Vec<Uuid> = at.keys().copied().collect();
    let cards = post::topic_cards(shop, &ids).await?;
    let mut topics: Vec<(Uuid, i64)> = cards.into_iter().map(|(id, t)| (id, t.posts)).filter(|(_, n)| *n > 0).collect();
    topics.sort_by_key(|(id, posts)| (at.get(id).copied(), std::cmp::Reverse(*posts), *id));
    Ok(counted(topics.into_iter().map(|(id, _)| id).collect(), all))
}
