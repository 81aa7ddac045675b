//! Keeps the words of everything that can be found, off everybody's way: use cases leave a mark ([`changed`]), and [`catch_up`] reads
//! what is marked again.

use super::{
    postings::{Postings, packed, unpack},
    words::{Words, keys, read},
};
use crate::{
    Result, Shop, account, args, catalog,
    chance::token,
    db::{self, Tx},
    post,
};
use domain::{
    Lang,
    search::{Kind, field},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// Things read in one transaction while few wait, when very many do, and when nobody else waits for the database.
const FEW: i64 = 16;
const MANY: i64 = 64;
const ALONE: i64 = 1_000;
/// The version of the rules by which texts are cut into words (`words`, its synonyms, its dictionary): with a new one all is read again.
const VERSION: i64 = 1;
/// Things in one block.
pub(super) const PART: i64 = 4096;

/// A text of a thing: where it stands (`field`), whether it is in traditional characters, what it says.
pub(crate) struct Text {
    pub(crate) place: u8,
    pub(crate) traditional: bool,
    pub(crate) text: String,
}

impl Text {
    pub(crate) fn new(place: u8, text: String) -> Self {
        Self { place, traditional: false, text }
    }

    pub(crate) fn in_lang(place: u8, lang: &str, text: String) -> Self {
        Self { place, traditional: lang == Lang::ZhHant.tag(), text }
    }
}

/// Marks that what can be found of a thing may have changed.
pub(crate) async fn changed(tx: &mut Tx, kind: Kind, thing: Uuid) -> Result<()> {
    tx.execute(
        "INSERT INTO search_change (kind, thing, n) VALUES ($1, $2, $3) ON CONFLICT (kind, thing) DO UPDATE SET n = excluded.n",
        args![kind.name(), thing, token()],
    )
    .await?;
    Ok(())
}

/// Things that are found by the name of what they are of.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Merchant,
    /// Also those of the categories below it.
    Category,
}

/// Marks all things of a merchant or a category: its name has changed.
pub(crate) async fn changed_of(tx: &mut Tx, of: Of, id: Uuid) -> Result<()> {
    let products = match of {
        Of::Merchant => catalog::of_merchant(tx, id).await?,
        Of::Category => catalog::of_category(tx, id).await?,
    };
    for product in products {
        changed(tx, Kind::Product, product).await?;
    }
    Ok(())
}

/// Marks everything that is known again when the rules have changed since it was read.
async fn by_these_rules(shop: &Shop) -> Result<()> {
    crate::row! {
        struct Version {
            version: i64,
        }
    }
    let known: Option<Version> =
        shop.db.fetch_optional("SELECT version FROM search_head WHERE one = 1", args![]).await?;
    if known.is_some_and(|k| k.version == VERSION) {
        return Ok(());
    }
    shop.db
        .write(token(), |tx, n| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO search_head (one, doc, term, version) VALUES (1, 1, 1, $1) ON CONFLICT (one) DO UPDATE SET version = excluded.version",
                    args![VERSION],
                )
                .await?;
                tx.execute(
                    "INSERT INTO search_change (kind, thing, n) SELECT kind, thing, CAST($1 AS BIGINT) FROM search_doc WHERE TRUE
                     ON CONFLICT (kind, thing) DO UPDATE SET n = excluded.n",
                    args![*n],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

crate::row! {
    struct Change {
        kind: String,
        thing: Uuid,
        n: i64,
    }
}

/// Reads some of what is marked again; how many there were. To be asked again until there are none.
///
/// # Errors
/// What the database says; what is marked stays so.
pub async fn catch_up(shop: &Shop) -> Result<usize> {
    some(shop, MANY).await
}

/// Reads everything that is marked, as fast as that goes: for a shop that nobody looks at yet.
///
/// # Errors
/// What the database says.
pub async fn catch_up_whole(shop: &Shop) -> Result<()> {
    while some(shop, ALONE).await? > 0 {}
    Ok(())
}

async fn some(shop: &Shop, most: i64) -> Result<usize> {
    by_these_rules(shop).await?;
    let mut waiting: Vec<Change> = shop
        .db
        .fetch_all("SELECT kind, thing, n FROM search_change ORDER BY kind, thing LIMIT $1", args![most])
        .await?;
    // Beside people who buy: little at a time. When everything is new: as much as goes together.
    if most == MANY && i64::try_from(waiting.len()).unwrap_or(0) < MANY {
        waiting.truncate(usize::try_from(FEW).unwrap_or(16));
    }
    if waiting.is_empty() {
        return Ok(0);
    }
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let of_kind: Vec<&Change> = waiting.iter().filter(|c| c.kind == kind.name()).collect();
        if of_kind.is_empty() {
            continue;
        }
        let ids: Vec<Uuid> = of_kind.iter().map(|c| c.thing).collect();
        let mut texts = match kind {
            Kind::Product => catalog::search_texts(shop, &ids).await?,
            Kind::Post => post::search_texts(shop, &ids).await?,
            Kind::Person => account::search_texts(shop, &ids).await?,
            Kind::Topic => post::search_topics(shop, &ids).await?,
        };
        for change in of_kind {
            let mut words = Words::new();
            for text in texts.remove(&change.thing).unwrap_or_default() {
                read(&mut words, text.place, text.traditional, &text.text);
            }
            found.push(Read { kind: *kind, thing: change.thing, n: change.n, words });
        }
    }
    let many = found.len();
    let found = Arc::new(found);
    let whole = found.clone();
    let Err(error) = shop.db.write(whole, |tx, found| Box::pin(write(tx, found))).await else { return Ok(many) };
    // One that cannot be read must not stand in the way of the others.
    tracing::warn!(%error, "reading for search, one by one");
    let mut read = 0;
    for at in 0..many {
        let written = shop
            .db
            .write((found.clone(), at), |tx, (found, at)| {
                Box::pin(async move { write(tx, found.get(*at..=*at).unwrap_or_default()).await })
            })
            .await;
        match written {
            Ok(()) => read += 1,
            Err(error) => tracing::error!(%error, thing = ?found.get(at).map(|f| f.thing), "reading for search"),
        }
    }
    if read == 0 { Err(error) } else { Ok(read) }
}

/// A thing as it was read.
struct Read {
    kind: Kind,
    thing: Uuid,
    n: i64,
    words: Words,
}

crate::row! {
    struct Doc {
        id: i64,
        terms: Vec<u8>,
    }
}

crate::row! {
    struct Head {
        doc: i64,
        term: i64,
    }
}

crate::row! {
    pub(super) struct Term {
        pub(super) id: i64,
        pub(super) term: String,
        shown: String,
        shown_hant: String,
    }
}

/// What changes in a block: by number within it, the new mark or none.
type Edits = BTreeMap<i64, Option<u8>>;

async fn write(tx: &mut Tx, found: &[Read]) -> Result<()> {
    // Whoever comes second waits here, and then finds the marks gone, or others.
    tx.execute("UPDATE search_head SET doc = doc WHERE one = 1", args![]).await?;
    let mut head: Head = tx.fetch_one("SELECT doc, term FROM search_head WHERE one = 1", args![]).await?;
    let mut ours = Vec::new();
    for one in found {
        let mine = tx
            .execute(
                "DELETE FROM search_change WHERE kind = $1 AND thing = $2 AND n = $3",
                args![one.kind.name(), one.thing, one.n],
            )
            .await?;
        if mine == 1 {
            ours.push(one);
        }
    }
    let numbers = numbers(tx, &ours, &mut head).await?;
    let mut blocks: BTreeMap<(Kind, i64, i64), Edits> = BTreeMap::new();
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    for one in &ours {
        let old: Option<Doc> = tx
            .fetch_optional(
                "SELECT id, terms FROM search_doc WHERE kind = $1 AND thing = $2",
                args![one.kind.name(), one.thing],
            )
            .await?;
        let mut before = Postings::new();
        if let Some(doc) = &old {
            unpack(&doc.terms, 0, &mut before)?;
        }
        let mut after: Postings =
            one.words.iter().filter_map(|(term, f)| Some((*numbers.get(term.as_str())?, f.fields))).collect();
        after.sort_unstable();
        if before == after {
            continue;
        }
        let doc = if let Some(doc) = old { doc.id } else { head.doc };
        if doc == head.doc {
            head.doc += 1;
        }
        save_doc(tx, one, doc, &after).await?;
        let was: BTreeMap<i64, u8> = before.into_iter().collect();
        let is: BTreeMap<i64, u8> = after.into_iter().collect();
        for term in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (was.get(term).copied(), is.get(term).copied());
            if old == new {
                continue;
            }
            blocks.entry((one.kind, *term, doc / PART)).or_default().insert(doc % PART, new);
            let whole = |mark: Option<u8>| i64::from(mark.unwrap_or(0) & field::WORD);
            *counts.entry(*term).or_default() += whole(new) - whole(old);
        }
    }
    let emptied = edit(tx, blocks).await?;
    for (term, by) in counts.into_iter().filter(|(_, by)| *by != 0) {
        tx.execute("UPDATE search_term SET docs = docs + $1 WHERE id = $2", args![by, term]).await?;
    }
    for term in emptied {
        forget(tx, term).await?;
    }
    tx.execute("UPDATE search_head SET doc = $1, term = $2 WHERE one = 1", args![head.doc, head.term]).await?;
    Ok(())
}

async fn save_doc(tx: &mut Tx, one: &Read, doc: i64, terms: &Postings) -> Result<()> {
    if terms.is_empty() {
        tx.execute("DELETE FROM search_doc WHERE kind = $1 AND id = $2", args![one.kind.name(), doc]).await?;
        return Ok(());
    }
    tx.execute(
        "INSERT INTO search_doc (kind, id, thing, terms) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, id) DO UPDATE SET terms = excluded.terms",
        args![one.kind.name(), doc, one.thing, packed(terms).as_slice()],
    )
    .await?;
    Ok(())
}

/// The numbers of all words of some things; new words get theirs, and what is typed for them.
async fn numbers<'a>(tx: &mut Tx, found: &[&'a Read], head: &mut Head) -> Result<HashMap<&'a str, i64>> {
    let mut wanted: BTreeMap<&str, (bool, &str, &str)> = BTreeMap::new();
    for (term, word) in found.iter().flat_map(|one| &one.words) {
        let entry = wanted.entry(term).or_insert((false, "", ""));
        entry.0 |= word.fields & field::WORD != 0;
        if entry.1.is_empty() {
            entry.1 = &word.shown;
        }
        if entry.2.is_empty() {
            entry.2 = &word.shown_hant;
        }
    }
    let mut numbers = HashMap::new();
    let all: Vec<&str> = wanted.keys().copied().collect();
    for row in terms(&mut *tx, &all).await? {
        let Some((term, (whole, shown, hant))) = wanted.get_key_value(row.term.as_str()) else { continue };
        numbers.insert(*term, row.id);
        // It was a pair of neighbours only, or not yet written so.
        let lacks = row.shown.is_empty() && !shown.is_empty();
        let lacks_hant = row.shown_hant.is_empty() && !hant.is_empty();
        if *whole && (lacks || lacks_hant) {
            tx.execute(
                "UPDATE search_term SET shown = CASE WHEN shown = '' THEN $1 ELSE shown END,
                        shown_hant = CASE WHEN shown_hant = '' THEN $2 ELSE shown_hant END WHERE id = $3",
                args![*shown, *hant, row.id],
            )
            .await?;
            if row.shown.is_empty() && row.shown_hant.is_empty() {
                save_keys(tx, term, row.id).await?;
            }
        }
    }
    for (term, (whole, shown, hant)) in wanted {
        if numbers.contains_key(term) {
            continue;
        }
        let id = head.term;
        head.term += 1;
        tx.execute(
            "INSERT INTO search_term (id, term, shown, shown_hant, docs) VALUES ($1, $2, $3, $4, 0)",
            args![id, term, shown, hant],
        )
        .await?;
        if whole {
            save_keys(tx, term, id).await?;
        }
        numbers.insert(term, id);
    }
    Ok(numbers)
}

async fn save_keys(tx: &mut Tx, term: &str, id: i64) -> Result<()> {
    for (how, key) in keys(term) {
        tx.execute(
            "INSERT INTO search_key (key, how, term) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![key, how, id],
        )
        .await?;
    }
    Ok(())
}

/// Those of some words that are known.
pub(super) async fn terms(mut read: impl db::Read, words: &[&str]) -> Result<Vec<Term>> {
    let mut known = Vec::new();
    for batch in words.chunks(20) {
        let mut words = batch.iter().copied().chain(std::iter::repeat(""));
        let mut w = || words.next().unwrap_or_default();
        let rows: Vec<Term> = read
            .all(
                "SELECT id, term, shown, shown_hant FROM search_term
                 WHERE term IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
                args![w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w(), w()],
            )
            .await?;
        known.extend(rows);
    }
    Ok(known)
}

/// Writes blocks anew; answers the words of which one has become empty.
async fn edit(tx: &mut Tx, blocks: BTreeMap<(Kind, i64, i64), Edits>) -> Result<BTreeSet<i64>> {
    crate::row! {
        struct Block {
            term: i64,
            docs: Vec<u8>,
        }
    }
    let mut by_part: BTreeMap<(Kind, i64), Vec<(i64, Edits)>> = BTreeMap::new();
    for ((kind, term, part), edits) in blocks {
        by_part.entry((kind, part)).or_default().push((term, edits));
    }
    let mut emptied = BTreeSet::new();
    for ((kind, part), terms) in by_part {
        for batch in terms.chunks(20) {
            let mut ids = batch.iter().map(|(t, _)| *t).chain(std::iter::repeat(0));
            let mut t = || ids.next().unwrap_or_default();
            let rows: Vec<Block> = tx
                .fetch_all(
                    "SELECT term, docs FROM search_block WHERE kind = $1 AND part = $2
                       AND term IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
                    args![
                        kind.name(), part, t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t(), t()
                    ],
                )
                .await?;
            let mut known: HashMap<i64, Vec<u8>> = rows.into_iter().map(|r| (r.term, r.docs)).collect();
            let mut full = Vec::new();
            for (term, edits) in batch {
                let mut list = Postings::new();
                let old = known.remove(term);
                if let Some(bytes) = &old {
                    unpack(bytes, 0, &mut list)?;
                }
                let mut list: BTreeMap<i64, u8> = list.into_iter().collect();
                for (doc, mark) in edits {
                    match mark {
                        Some(mark) => list.insert(*doc, *mark),
                        None => list.remove(doc),
                    };
                }
                let list: Postings = list.into_iter().collect();
                if list.is_empty() {
                    tx.execute(
                        "DELETE FROM search_block WHERE kind = $1 AND term = $2 AND part = $3",
                        args![kind.name(), *term, part],
                    )
                    .await?;
                    emptied.insert(*term);
                } else {
                    full.push((*term, packed(&list)));
                }
            }
            put(tx, kind, part, full).await?;
        }
    }
    Ok(emptied)
}

/// Puts blocks of one part down, ten with one statement as far as that goes.
async fn put(tx: &mut Tx, kind: Kind, part: i64, blocks: Vec<(i64, Vec<u8>)>) -> Result<()> {
    for batch in blocks.chunks(10) {
        if let [a, b, c, d, e, f, g, h, i, j] = batch {
            tx.execute(
                "INSERT INTO search_block (kind, part, term, docs) VALUES ($1, $2, $3, $4), ($1, $2, $5, $6), ($1, $2, $7, $8),
                     ($1, $2, $9, $10), ($1, $2, $11, $12), ($1, $2, $13, $14), ($1, $2, $15, $16), ($1, $2, $17, $18),
                     ($1, $2, $19, $20), ($1, $2, $21, $22)
                 ON CONFLICT (kind, term, part) DO UPDATE SET docs = excluded.docs",
                args![
                    kind.name(), part, a.0, a.1.as_slice(), b.0, b.1.as_slice(), c.0, c.1.as_slice(), d.0, d.1.as_slice(), e.0,
                    e.1.as_slice(), f.0, f.1.as_slice(), g.0, g.1.as_slice(), h.0, h.1.as_slice(), i.0, i.1.as_slice(), j.0, j.1.as_slice()
                ],
            )
            .await?;
            continue;
        }
        for (term, docs) in batch {
            tx.execute(
                "INSERT INTO search_block (kind, part, term, docs) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (kind, term, part) DO UPDATE SET docs = excluded.docs",
                args![kind.name(), part, *term, docs.as_slice()],
            )
            .await?;
        }
    }
    Ok(())
}

/// A word that stands nowhere any more is forgotten: it may have been a name.
async fn forget(tx: &mut Tx, term: i64) -> Result<()> {
    crate::row! {
        struct Used {
            used: bool,
        }
    }
    let row: Used =
        tx.fetch_one("SELECT EXISTS (SELECT 1 FROM search_block WHERE term = $1) AS used", args![term]).await?;
    if !row.used {
        tx.execute("DELETE FROM search_key WHERE term = $1", args![term]).await?;
        tx.execute("DELETE FROM search_term WHERE id = $1", args![term]).await?;
    }
    Ok(())
}
