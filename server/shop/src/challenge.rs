//! Topic challenges: made by the shop, entered by posting under the topic, decided by votes or by the shop.
//!
//! Invariants: what competes are the posts for everybody that name the topic and were published while the challenge ran, no list of its
//! own; nobody votes for himself, for more than a few entries, or after the end; an entry has as many votes as there are rows (`verify`);
//! a decision is made once and never changed. Deliberately absent: handing over what was won, which the shop does.

use crate::{
    Error, Result, Shop, account, args, audit,
    db::{Read, Tx},
    error::broken_row,
    follow, idempotency, inbox, job, moderation, post,
};
use domain::{
    Code, Millis, Problem,
    catalog::Cursor,
    challenge::{
        ChallengeCard, ChallengeView, ChallengesView, CompetesView, EntryView, Sort, Stand, State, Terms, VOTER_AGE,
        VOTES_EACH, winners,
    },
    id::PersonId,
    post::{Tally, topic_key},
};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Challenges on one page, entries on one page, and entries among the most voted for that are shown.
const PAGE: i64 = 20;
const TOP: i64 = 50;
/// Challenges that one post is shown to compete in.
const BESIDE: i64 = 3;

crate::row! {
    struct Row {
        id: Uuid,
        code: String,
        topic_id: Uuid,
        topic: String,
        title: String,
        rules: String,
        prize: String,
        how: String,
        winners: i64,
        starts_at: i64,
        ends_at: i64,
        votes: i64,
        statement: String,
        decided_at: Option<i64>,
        cancelled_at: Option<i64>,
        entries: i64,
    }
}

crate::row! {
    struct Count {
        n: i64,
    }
}

crate::row! {
    struct Id {
        id: Uuid,
    }
}

impl Row {
    fn state(&self, now: Millis) -> State {
        State::at(now, self.starts_at, self.ends_at, self.decided_at.is_some(), self.cancelled_at.is_some())
    }

    fn card(&self, now: Millis) -> Result<ChallengeCard> {
        Ok(ChallengeCard {
            code: self.code.parse().map_err(|_| broken_row("challenge.code"))?,
            title: self.title.clone(),
            topic: self.topic.clone(),
            prize: self.prize.clone(),
            how: self.how.parse().map_err(|_| broken_row("challenge.how"))?,
            state: self.state(now),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            entries: self.entries,
            votes: self.votes,
            winners: self.winners,
        })
    }
}

async fn find(mut read: impl Read, code: &Code) -> Result<Row> {
    let rows: Vec<Row> = read
        .all(
            "SELECT c.id, c.code, c.topic_id, t.name AS topic, c.title, c.rules, c.prize, c.how, c.winners, c.starts_at, c.ends_at, c.votes,
                    c.statement, c.decided_at, c.cancelled_at,
                    (SELECT COUNT(*) FROM post_topic o WHERE o.topic_id = c.topic_id AND o.at >= c.starts_at AND o.at < c.ends_at) AS entries
             FROM challenge c JOIN topic t ON t.id = c.topic_id WHERE c.code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// The same without counting what competes: for whoever changes something.
async fn find_bare(mut read: impl Read, code: &Code) -> Result<Row> {
    let rows: Vec<Row> = read
        .all(
            "SELECT c.id, c.code, c.topic_id, t.name AS topic, c.title, c.rules, c.prize, c.how, c.winners, c.starts_at, c.ends_at, c.votes,
                    c.statement, c.decided_at, c.cancelled_at, CAST(0 AS BIGINT) AS entries
             FROM challenge c JOIN topic t ON t.id = c.topic_id WHERE c.code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next().ok_or_else(Problem::not_found)?)
}

/// Makes a challenge. It cannot be changed afterwards: what people compete for stays what it was. The second call with a key (16 to 64
/// letters and digits) returns the first call's answer.
///
/// # Errors
/// `key_form`, `challenge_overlaps`.
pub async fn create(shop: &Shop, by: PersonId, terms: Terms, key: &str) -> Result<Code> {
    if !idempotency::is_key(key) {
        return Err(Problem::new(422, "key_form").into());
    }
    let input = (shop.clone(), by, terms, key.to_owned(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, by, terms, key, now)| {
            Box::pin(async move {
                let (id, code, now) = (shop.rng.id(*now), shop.rng.code(), *now);
                if let Some(first) = idempotency::claim(tx, by.0, "challenge/create", key, code.as_str(), now).await? {
                    return first.parse().map_err(|_| Problem::internal().into());
                }
                let name = topic_key(&terms.topic)?;
                tx.execute(
                    "INSERT INTO topic (id, key, name, created_at, posts) VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING",
                    args![shop.rng.id(now), name.as_str(), terms.topic.as_str(), now],
                )
                .await?;
                // One after the other: of those made side by side for a topic the second sees the first.
                tx.execute("UPDATE topic SET posts = posts WHERE key = $1", args![name.as_str()]).await?;
                let topic: Id = tx.fetch_one("SELECT id FROM topic WHERE key = $1", args![name.as_str()]).await?;
                let beside: Count = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM challenge WHERE topic_id = $1 AND cancelled_at IS NULL AND starts_at < $2 AND ends_at > $3",
                        args![topic.id, terms.ends_at, terms.starts_at],
                    )
                    .await?;
                if beside.n > 0 {
                    return Err(Error::from(Problem::new(409, "challenge_overlaps").field("topic")));
                }
                tx.execute(
                    "INSERT INTO challenge (id, code, topic_id, title, rules, prize, how, winners, starts_at, ends_at, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    args![
                        id,
                        code.as_str(),
                        topic.id,
                        terms.title.as_str(),
                        terms.rules.as_str(),
                        terms.prize.as_str(),
                        terms.how.name(),
                        terms.winners,
                        terms.starts_at,
                        terms.ends_at,
                        now
                    ],
                )
                .await?;
                audit::note(tx, *by, "challenge", code.as_str(), &format!("for #{}", terms.topic), now).await?;
                job::enqueue(tx, shop, "challenge", &id.simple().to_string(), code.as_str(), terms.ends_at).await?;
                Ok(code)
            })
        })
        .await
}

/// Calls a challenge off that is not decided; nobody wins.
///
/// # Errors
/// `not_found`, `challenge_over`.
pub async fn cancel(shop: &Shop, by: PersonId, code: &Code) -> Result<()> {
    let input = (by, code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (by, code, now)| {
            Box::pin(async move {
                let row = find_bare(&mut *tx, code).await?;
                let done = tx
                    .execute(
                        "UPDATE challenge SET cancelled_at = $1 WHERE id = $2 AND decided_at IS NULL AND cancelled_at IS NULL",
                        args![*now, row.id],
                    )
                    .await?;
                if done == 0 {
                    return Err(Error::problem(409, "challenge_over"));
                }
                audit::note(tx, *by, "cancel_challenge", code.as_str(), "", *now).await
            })
        })
        .await
}

crate::row! {
    struct Entry {
        post_id: Uuid,
        author_id: Uuid,
        votes: i64,
        at: i64,
    }
}

/// Entries that somebody voted for, the most voted for first.
async fn top(mut read: impl Read, row: &Row, many: i64) -> Result<Vec<Entry>> {
    let rows = read.all(
        "SELECT y.post_id, p.author_id, y.votes, o.at FROM challenge_tally y
         JOIN post_topic o ON o.post_id = y.post_id AND o.topic_id = $2 AND o.at >= $3 AND o.at < $4 JOIN post p ON p.id = y.post_id
         WHERE y.challenge_id = $1 AND y.votes > 0 ORDER BY y.votes DESC, o.at, y.post_id LIMIT $5",
        args![row.id, row.topic_id, row.starts_at, row.ends_at, many],
    )
    .await?;
    Ok(rows)
}

/// Whether a post competes, and whose it is.
async fn entry(mut read: impl Read, row: &Row, post: &Code) -> Result<Option<Entry>> {
    let rows: Vec<Entry> = read
        .all(
            "SELECT p.id AS post_id, p.author_id, COALESCE(y.votes, 0) AS votes, o.at FROM post p
             JOIN post_topic o ON o.post_id = p.id AND o.topic_id = $2 AND o.at >= $3 AND o.at < $4
             LEFT JOIN challenge_tally y ON y.challenge_id = $1 AND y.post_id = p.id WHERE p.code = $5",
            args![row.id, row.topic_id, row.starts_at, row.ends_at, post.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// I vote for an entry, or (`on`: false) not any more; what stands there then.
///
/// # Errors
/// `not_found`, `challenge_over`, `challenge_own`, `challenge_votes_used`, `challenge_too_new`, `averse`, `paused`, `paused_for_good`.
pub async fn vote(shop: &Shop, me: PersonId, challenge: &Code, entry_of: &Code, on: bool) -> Result<Tally> {
    let input = (me, challenge.clone(), entry_of.clone(), on, shop.clock.now());
    shop.db
        .write(input, |tx, (me, challenge, post, on, now)| {
            Box::pin(async move {
                // One after the other: votes given side by side are counted.
                follow::lock(tx, [*me]).await?;
                let row = find_bare(&mut *tx, challenge).await?;
                if row.how != "votes" {
                    return Err(Problem::not_found().into());
                }
                // A vote is taken back from whatever has it; one that was taken back already, from nothing.
                let has = if *on { None } else { voted(&mut *tx, &row, *me, post).await? };
                let entry = match has {
                    Some(entry) => entry,
                    None => entry(&mut *tx, &row, post).await?.ok_or_else(Problem::not_found)?,
                };
                if *on {
                    may_vote(tx, *me, &entry, *now).await?;
                }
                let changed = if *on {
                    let left = VOTES_EACH - given(&mut *tx, &row, *me, entry.post_id).await?;
                    if left <= 0 {
                        return Err(Problem::new(409, "challenge_votes_used").number(VOTES_EACH).into());
                    }
                    tx.execute(
                        "INSERT INTO challenge_vote (challenge_id, voter_id, post_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                        args![row.id, *me, entry.post_id, *now],
                    )
                    .await?
                } else {
                    tx.execute(
                        "DELETE FROM challenge_vote WHERE challenge_id = $1 AND voter_id = $2 AND post_id = $3",
                        args![row.id, *me, entry.post_id],
                    )
                    .await?
                };
                if changed == 1 {
                    let by = if *on { 1_i64 } else { -1 };
                    // The row says whether it is still open: a decision counts every vote that was taken, and none comes behind it.
                    let open = tx
                        .execute(
                            "UPDATE challenge SET votes = votes + $1
                             WHERE id = $2 AND starts_at <= $3 AND ends_at > $3 AND decided_at IS NULL AND cancelled_at IS NULL",
                            args![by, row.id, *now],
                        )
                        .await?;
                    if open == 0 {
                        return Err(Error::problem(409, "challenge_over"));
                    }
                    tx.execute(
                        "INSERT INTO challenge_tally (challenge_id, post_id, votes) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
                        args![row.id, entry.post_id],
                    )
                    .await?;
                    tx.execute(
                        "UPDATE challenge_tally SET votes = votes + $1 WHERE challenge_id = $2 AND post_id = $3",
                        args![by, row.id, entry.post_id],
                    )
                    .await?;
                }
                let n: Count = tx
                    .fetch_one(
                        "SELECT COALESCE((SELECT votes FROM challenge_tally WHERE challenge_id = $1 AND post_id = $2), 0) AS n",
                        args![row.id, entry.post_id],
                    )
                    .await?;
                Ok(Tally { n: n.n, mine: *on })
            })
        })
        .await
}

/// Who may vote for an entry.
async fn may_vote(tx: &mut Tx, me: PersonId, entry: &Entry, now: Millis) -> Result<()> {
    moderation::may_write(&mut *tx, me, now).await?;
    if entry.author_id == me.0 {
        return Err(Error::problem(409, "challenge_own"));
    }
    if account::made_at(&mut *tx, me).await? + VOTER_AGE > now {
        return Err(Problem::new(403, "challenge_too_new").number(VOTER_AGE / domain::time::HOUR).into());
    }
    if moderation::apart(&mut *tx, me, PersonId(entry.author_id)).await? {
        return Err(Error::problem(403, "averse"));
    }
    Ok(())
}

/// What somebody has voted for, whether it competes or not.
async fn voted(mut read: impl Read, row: &Row, me: PersonId, post: &Code) -> Result<Option<Entry>> {
    let rows: Vec<Entry> = read
        .all(
            "SELECT p.id AS post_id, p.author_id, CAST(0 AS BIGINT) AS votes, v.at FROM post p
             JOIN challenge_vote v ON v.post_id = p.id AND v.challenge_id = $1 AND v.voter_id = $2 WHERE p.code = $3",
            args![row.id, me, post.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Votes that somebody has given in a challenge, but to one entry. One for a post that was deleted can be given again; one for what does
/// not compete at the moment counts, as it may compete again.
async fn given(mut read: impl Read, row: &Row, who: PersonId, but: Uuid) -> Result<i64> {
    let rows: Vec<Count> = read
        .all(
            "SELECT COUNT(*) AS n FROM challenge_vote v JOIN post p ON p.id = v.post_id AND p.state <> 'deleted'
             WHERE v.challenge_id = $1 AND v.voter_id = $2 AND v.post_id <> $3",
            args![row.id, who, but],
        )
        .await?;
    Ok(rows.first().map_or(0, |r| r.n))
}

/// Ends a challenge: one by votes is decided, one for the jury waits for it. A job calls it with the code.
///
/// # Errors
/// What the database says.
pub async fn end(shop: &Shop, code: &Code) -> Result<()> {
    let input = (shop.clone(), code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, now)| {
            Box::pin(async move {
                let row = find_bare(&mut *tx, code).await?;
                if *now < row.ends_at {
                    return Ok(());
                }
                // What competes is known from now on: what names the topic later comes too late.
                tx.execute(
                    "INSERT INTO challenge_tally (challenge_id, post_id, votes)
                     SELECT $1, o.post_id, CAST(0 AS BIGINT) FROM post_topic o WHERE o.topic_id = $2 AND o.at >= $3 AND o.at < $4 ON CONFLICT DO NOTHING",
                    args![row.id, row.topic_id, row.starts_at, row.ends_at],
                )
                .await?;
                if row.how != "votes" || !closed(tx, &row, "", *now).await? {
                    return Ok(());
                }
                let stands: Vec<Stand<Uuid>> = top(&mut *tx, &row, i64::MAX)
                    .await?
                    .into_iter()
                    .map(|e| Stand { entry: e.post_id, author: e.author_id, votes: e.votes, at: e.at })
                    .collect();
                crown(tx, shop, &row, &winners(&stands, row.winners), *now).await
            })
        })
        .await
}

/// Whether a post competed when the challenge ended.
async fn counted(mut read: impl Read, row: &Row, post: &Code) -> Result<bool> {
    let rows: Vec<Id> = read
        .all(
            "SELECT p.id FROM post p JOIN challenge_tally y ON y.challenge_id = $1 AND y.post_id = p.id WHERE p.code = $2",
            args![row.id, post.as_str()],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// Decides a challenge that has ended; false when it was decided or called off, or has not ended.
async fn closed(tx: &mut Tx, row: &Row, statement: &str, now: Millis) -> Result<bool> {
    let done = tx
        .execute(
            "UPDATE challenge SET decided_at = $1, statement = $2
             WHERE id = $3 AND ends_at <= $1 AND decided_at IS NULL AND cancelled_at IS NULL",
            args![now, statement, row.id],
        )
        .await?;
    Ok(done == 1)
}

async fn crown(tx: &mut Tx, shop: &Shop, row: &Row, won: &[Stand<Uuid>], now: Millis) -> Result<()> {
    let code: Code = row.code.parse().map_err(|_| broken_row("challenge.code"))?;
    for (place, w) in (1_i64..).zip(won) {
        tx.execute(
            "INSERT INTO challenge_winner (challenge_id, place, post_id, author_id, votes) VALUES ($1, $2, $3, $4, $5)",
            args![row.id, place, w.entry, w.author, w.votes],
        )
        .await?;
        inbox::tell_of_place(tx, shop, PersonId(w.author), "challenge_won", &code, place, now).await?;
    }
    Ok(())
}

/// The list of the jury: entries, the first place first, and what it says of them.
///
/// # Errors
/// `not_found`, `challenge_not_entry` for what did not compete when it ended, `challenge_own` for what whoever judges wrote, `challenge_open` before the end, `challenge_over`, `challenge_list` for a list that is empty,
/// too long, or names an author twice, `text_long`.
pub async fn judge(shop: &Shop, by: PersonId, code: &Code, list: &[Code], statement: &str) -> Result<()> {
    let statement = domain::challenge::statement(statement)?;
    let input = (shop.clone(), by, code.clone(), list.to_vec(), statement, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, by, code, list, statement, now)| {
            Box::pin(async move {
                let row = find_bare(&mut *tx, code).await?;
                if row.how != "jury" {
                    return Err(Problem::not_found().into());
                }
                if *now < row.ends_at {
                    return Err(Error::problem(409, "challenge_open"));
                }
                let many = i64::try_from(list.len()).unwrap_or(i64::MAX);
                if !(1..=row.winners).contains(&many) {
                    return Err(Problem::new(422, "challenge_list").number(row.winners).into());
                }
                let (mut won, mut authors) = (Vec::new(), HashSet::new());
                for post in list.iter() {
                    if !counted(&mut *tx, &row, post).await? {
                        return Err(Problem::new(422, "challenge_not_entry").field("list").said(post.as_str()).into());
                    }
                    let other = || Problem::new(422, "challenge_not_entry").field("list").said(post.as_str());
                    let e = entry(&mut *tx, &row, post).await?.ok_or_else(other)?;
                    if e.author_id == by.0 {
                        return Err(Error::problem(409, "challenge_own"));
                    }
                    if !authors.insert(e.author_id) {
                        return Err(Problem::new(422, "challenge_list").number(row.winners).into());
                    }
                    won.push(Stand { entry: e.post_id, author: e.author_id, votes: e.votes, at: e.at });
                }
                if !closed(tx, &row, statement, *now).await? {
                    return Err(Error::problem(409, "challenge_over"));
                }
                crown(tx, shop, &row, &won, *now).await?;
                audit::note(tx, *by, "judge_challenge", code.as_str(), &format!("{many} places"), *now).await
            })
        })
        .await
}

crate::row! {
    struct Listed {
        id: Uuid,
        at: i64,
    }
}

/// All challenges, the one that ends last first; `after`: where the page before ended.
///
/// # Errors
/// What the database says.
pub async fn list(shop: &Shop, after: &str) -> Result<ChallengesView> {
    let from: Cursor = after.parse().unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
    let mut rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.topic_id, t.name AS topic, c.title, c.rules, c.prize, c.how, c.winners, c.starts_at, c.ends_at, c.votes,
                    c.statement, c.decided_at, c.cancelled_at,
                    (SELECT COUNT(*) FROM post_topic o WHERE o.topic_id = c.topic_id AND o.at >= c.starts_at AND o.at < c.ends_at) AS entries
             FROM challenge c JOIN topic t ON t.id = c.topic_id WHERE (c.ends_at, c.id) < ($1, $2) ORDER BY c.ends_at DESC, c.id DESC LIMIT $3",
            args![from.value, from.id, PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).unwrap_or(0) > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or(20));
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.ends_at, id: r.id }.written());
    let now = shop.clock.now();
    Ok(ChallengesView { challenges: rows.iter().map(|r| r.card(now)).collect::<Result<_>>()?, next })
}

/// The challenge of a topic that its page shows: the one that runs, or comes next, or was last.
pub(crate) async fn of_topic(shop: &Shop, topic: Uuid) -> Result<Option<ChallengeCard>> {
    let now = shop.clock.now();
    let rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.topic_id, t.name AS topic, c.title, c.rules, c.prize, c.how, c.winners, c.starts_at, c.ends_at, c.votes,
                    c.statement, c.decided_at, c.cancelled_at,
                    (SELECT COUNT(*) FROM post_topic o WHERE o.topic_id = c.topic_id AND o.at >= c.starts_at AND o.at < c.ends_at) AS entries
             FROM challenge c JOIN topic t ON t.id = c.topic_id WHERE c.topic_id = $1 AND c.cancelled_at IS NULL
             ORDER BY CASE WHEN c.ends_at > $2 THEN 0 ELSE 1 END, ABS(c.ends_at - $2) LIMIT 1",
            args![topic, now],
        )
        .await?;
    rows.first().map(|r| r.card(now)).transpose()
}

/// A challenge with what competes in it; `after`: where the page before ended; `judges`: somebody of the shop looks, who may decide.
///
/// # Errors
/// `not_found`.
pub async fn show(
    shop: &Shop,
    me: Option<PersonId>,
    code: &Code,
    sort: Sort,
    after: &str,
    judges: bool,
) -> Result<ChallengeView> {
    crate::row! {
        struct Won {
            place: i64,
            post_id: Uuid,
            votes: i64,
            shows: bool,
        }
    }
    let row = find(&shop.db, code).await?;
    let card = row.card(shop.clock.now())?;
    let won: Vec<Won> = shop
        .db
        .fetch_all(
            "SELECT w.place, w.post_id, w.votes, EXISTS (SELECT 1 FROM post p WHERE p.id = w.post_id AND p.state = 'published'
                 AND p.visibility = 'public') AS shows FROM challenge_winner w WHERE w.challenge_id = $1 ORDER BY w.place",
            args![row.id],
        )
        .await?;
    let places: HashMap<Uuid, i64> = won.iter().map(|w| (w.post_id, w.place)).collect();
    let (mut list, mut next) = (Vec::new(), None);
    let mut sort = if row.how == "votes" { sort } else { Sort::New };
    if sort == Sort::Top {
        list = top(&shop.db, &row, TOP).await?.into_iter().map(|e| (e.post_id, e.votes)).collect();
    }
    if list.is_empty() {
        sort = Sort::New;
        let from: Cursor = after.parse().unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
        let mut rows: Vec<Listed> = shop
            .db
            .fetch_all(
                "SELECT post_id AS id, at FROM post_topic WHERE topic_id = $1 AND at >= $2 AND at < $3 AND (at, post_id) < ($4, $5)
                 ORDER BY at DESC, post_id DESC LIMIT $6",
                args![row.topic_id, row.starts_at, row.ends_at, from.value, from.id, PAGE + 1],
            )
            .await?;
        let more = i64::try_from(rows.len()).unwrap_or(0) > PAGE;
        rows.truncate(usize::try_from(PAGE).unwrap_or(20));
        next = rows.last().filter(|_| more).map(|r| Cursor { value: r.at, id: r.id }.written());
        let votes = votes_of(shop, &row, &rows).await?;
        list = rows.into_iter().map(|r| (r.id, votes.get(&r.id).copied().unwrap_or(0))).collect();
    }
    let ids: Vec<Uuid> =
        list.iter().map(|(id, _)| *id).chain(won.iter().filter(|w| w.shows).map(|w| w.post_id)).collect();
    let cards = post::cards_by_id(shop, me, &ids).await?;
    let left = match me {
        Some(me) if card.state == State::Open && row.how == "votes" => {
            Some((VOTES_EACH - given(&shop.db, &row, me, Uuid::nil()).await?).max(0))
        }
        _ => None,
    };
    let placed = won
        .iter()
        .map(|w| EntryView { post: cards.get(&w.post_id).cloned(), votes: w.votes, place: Some(w.place) })
        .collect();
    let entries = list
        .into_iter()
        .filter_map(|(id, votes)| {
            Some(EntryView { post: Some(cards.get(&id)?.clone()), votes, place: places.get(&id).copied() })
        })
        .collect();
    let judges = judges && row.how == "jury" && card.state == State::Judging;
    Ok(ChallengeView { card, rules: row.rules, statement: row.statement, placed, sort, entries, next, left, judges })
}

/// How many voted for some entries.
async fn votes_of(shop: &Shop, row: &Row, entries: &[Listed]) -> Result<BTreeMap<Uuid, i64>> {
    crate::row! {
        struct Of {
            post_id: Uuid,
            votes: i64,
        }
    }
    let mut found = BTreeMap::new();
    for batch in entries.chunks(10) {
        let mut ids = batch.iter().map(|e| e.id).chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Of> = shop
            .db
            .fetch_all(
                "SELECT post_id, votes FROM challenge_tally
                 WHERE challenge_id = $1 AND post_id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                args![row.id, id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.post_id, r.votes)));
    }
    Ok(found)
}

/// What a post competes in.
pub(crate) async fn competes(
    shop: &Shop,
    me: Option<PersonId>,
    post: Uuid,
    author: PersonId,
) -> Result<Vec<CompetesView>> {
    crate::row! {
        struct Of {
            code: String,
            title: String,
            how: String,
            starts_at: i64,
            ends_at: i64,
            decided_at: Option<i64>,
            cancelled_at: Option<i64>,
            votes: i64,
            mine: bool,
            given: i64,
            place: Option<i64>,
        }
    }
    let rows: Vec<Of> = shop
        .db
        .fetch_all(
            "SELECT c.code, c.title, c.how, c.starts_at, c.ends_at, c.decided_at, c.cancelled_at, COALESCE(y.votes, 0) AS votes, w.place,
                    EXISTS (SELECT 1 FROM challenge_vote v WHERE v.challenge_id = c.id AND v.voter_id = $2 AND v.post_id = $1) AS mine,
                    (SELECT COUNT(*) FROM challenge_vote v JOIN post x ON x.id = v.post_id AND x.state <> 'deleted'
                     WHERE v.challenge_id = c.id AND v.voter_id = $2) AS given
             FROM post_topic o JOIN challenge c ON c.topic_id = o.topic_id AND o.at >= c.starts_at AND o.at < c.ends_at
             LEFT JOIN challenge_tally y ON y.challenge_id = c.id AND y.post_id = o.post_id
             LEFT JOIN challenge_winner w ON w.challenge_id = c.id AND w.post_id = o.post_id
             WHERE o.post_id = $1 AND c.cancelled_at IS NULL ORDER BY c.ends_at DESC LIMIT $3",
            args![post, me.map_or(Uuid::nil(), |me| me.0), BESIDE],
        )
        .await?;
    let now = shop.clock.now();
    rows.into_iter()
        .map(|r| {
            Ok(CompetesView {
                code: r.code.parse().map_err(|_| broken_row("challenge.code"))?,
                title: r.title,
                how: r.how.parse().map_err(|_| broken_row("challenge.how"))?,
                state: State::at(now, r.starts_at, r.ends_at, r.decided_at.is_some(), r.cancelled_at.is_some()),
                ends_at: r.ends_at,
                votes: Tally { n: r.votes, mine: r.mine },
                left: (VOTES_EACH - r.given).max(0),
                own: me == Some(author),
                place: r.place,
            })
        })
        .collect()
}
