//! The log of what people of the shop did: to what others wrote, to orders and cases, to what is on sale.
//!
//! Invariants: each entry carries the hash of the one before (SHA-256 over it and the entry's own content), and the last one is
//! known besides: an entry that is changed, taken out or cut off is found by [`check`].

use crate::{Db, Result, Shop, account, args, db::Tx};
use domain::{
    audit::{ActView, LogView},
    id::PersonId,
    moderation::EntryView,
    time::Millis,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

crate::row! {
    struct Entry {
        seq: i64,
        at: i64,
        person_id: Uuid,
        act: String,
        object: String,
        detail: String,
        hash: String,
    }
}

crate::row! {
    struct Head {
        seq: i64,
        hash: String,
    }
}

/// The hash of an entry behind the one with the hash `before`.
fn sealed(before: &str, seq: i64, at: Millis, person: Uuid, said: [&str; 3]) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(seq.to_be_bytes());
    hash.update(at.to_be_bytes());
    hash.update(person.as_bytes());
    for part in said {
        // With its length: no two entries are one text.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// Writes down that somebody did something, in the transaction in which he did it. One after the other.
pub(crate) async fn note(
    tx: &mut Tx,
    person: PersonId,
    act: &str,
    object: &str,
    detail: &str,
    at: Millis,
) -> Result<()> {
    tx.execute("INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, '') ON CONFLICT DO NOTHING", args![]).await?;
    tx.execute("UPDATE audit_head SET seq = seq + 1 WHERE one = 1", args![]).await?;
    let head: Head = tx.fetch_one("SELECT seq, hash FROM audit_head WHERE one = 1", args![]).await?;
    let hash = sealed(&head.hash, head.seq, at, person.0, [act, object, detail]);
    tx.execute(
        "INSERT INTO audit (seq, at, person_id, act, object, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![head.seq, at, person, act, object, detail, hash.as_str()],
    )
    .await?;
    tx.execute("UPDATE audit_head SET hash = $1 WHERE one = 1", args![hash]).await?;
    Ok(())
}

/// As [`note`], of whoever holds the shop; what a machine or a command does by itself is nobody's act.
pub(crate) async fn act(tx: &mut Tx, shop: &Shop, act: &str, object: &str, detail: &str, at: Millis) -> Result<()> {
    match shop.by {
        Some(by) => note(tx, by, act, object, detail, at).await,
        None => Ok(()),
    }
}

/// Entries on a page.
const PAGE: i64 = 50;

/// The log, the latest entry first. `before`: the number of the last entry of the page before.
///
/// # Errors
/// What the database says.
pub async fn list(shop: &Shop, before: Option<i64>) -> Result<LogView> {
    let rows: Vec<Entry> = shop
        .db
        .fetch_all(
            "SELECT seq, at, person_id, act, object, detail, hash FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2",
            args![before.unwrap_or(i64::MAX), PAGE + 1],
        )
        .await?;
    let people: Vec<Uuid> = rows.iter().map(|r| r.person_id).collect();
    let names = account::names(shop, &people).await?;
    let mut acts: Vec<ActView> = rows
        .into_iter()
        .map(|r| ActView {
            seq: r.seq,
            name: names.get(&r.person_id).cloned().unwrap_or_default(),
            act: r.act,
            object: r.object,
            detail: r.detail,
            at: r.at,
        })
        .collect();
    let more = i64::try_from(acts.len()).is_ok_and(|n| n > PAGE);
    acts.truncate(usize::try_from(PAGE).unwrap_or(50));
    let next = acts.last().filter(|_| more).map(|a| a.seq);
    Ok(LogView { acts, next })
}

/// What was done to something, the oldest first; `seq` and person instead of names.
pub(crate) async fn of(db: &Db, object: &str) -> Result<Vec<(Uuid, EntryView)>> {
    let rows: Vec<Entry> = db
        .fetch_all(
            "SELECT seq, at, person_id, act, object, detail, hash FROM audit WHERE object = $1 ORDER BY seq LIMIT 100",
            args![object],
        )
        .await?;
    let view =
        |r: Entry| (r.person_id, EntryView { seq: r.seq, name: String::new(), act: r.act, detail: r.detail, at: r.at });
    Ok(rows.into_iter().map(view).collect())
}

/// The entries that do not follow from those before them (the first 20); where the log ends too early, that.
///
/// # Errors
/// What the database says.
pub async fn check(db: &Db) -> Result<Vec<String>> {
    let head: Option<Head> = db.fetch_optional("SELECT seq, hash FROM audit_head WHERE one = 1", args![]).await?;
    // What is written while this reads comes behind the end that it knows.
    let ends = head.unwrap_or(Head { seq: 0, hash: String::new() });
    let mut last = Head { seq: 0, hash: String::new() };
    let mut wrong = Vec::new();
    loop {
        let rows: Vec<Entry> = db
            .fetch_all(
                "SELECT seq, at, person_id, act, object, detail, hash FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT 1000",
                args![last.seq, ends.seq],
            )
            .await?;
        if rows.is_empty() {
            break;
        }
        for r in rows {
            let hash = sealed(&last.hash, r.seq, r.at, r.person_id, [&r.act, &r.object, &r.detail]);
            if (hash != r.hash || r.seq != last.seq + 1) && wrong.len() < 20 {
                wrong.push(format!("entry {}", r.seq));
            }
            last = Head { seq: r.seq, hash: r.hash };
        }
    }
    if (ends.seq, &ends.hash) != (last.seq, &last.hash) {
        wrong.push(format!("the end: entry {} of {}", last.seq, ends.seq));
    }
    Ok(wrong)
}
