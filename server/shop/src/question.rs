//! Questions about a thing, and what those answer who have it.
//!
//! Invariants: only people who received the thing and kept a unit of it answer, or the shop, which says so; one answer a person and
//! question; nobody answers himself. Whoever has the thing is told by a job, a few people for a question, a few times a day. One
//! table holds both: an answer names its question.

mod hold;

pub(crate) use hold::{lock, put_back, seen, standing, take_down};

use crate::{
    Error, Result, Shop, account, args, catalog,
    db::{Read, Tx},
    error::broken_row,
    follow, inbox, job, moderation, order,
};
use domain::{
    Code, Lang, Problem,
    catalog::Cursor,
    id::{PersonId, ProductId},
    question::{
        ANSWERS_A_DAY, AskedOne, AskedView, ECHO, Gone, May, QUESTIONS_A_DAY, QuestionView, QuestionsView, SaidView,
        TOLD, TOLD_A_DAY,
    },
    time::DAY,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Questions on one page, and answers to each there.
const PAGE: i64 = 20;
const ANSWERS: i64 = 3;
/// Answers on the page of a question.
const ALL: i64 = 100;
/// Answers that are read beside those, as some may be of people whom one does not see.
const BESIDE: i64 = 10;
/// People who have the thing among whom those who are told of a question are looked for.
const ASKED: i64 = 50;

crate::row! {
    struct Row {
        id: Uuid,
        product_id: Uuid,
        question_id: Option<Uuid>,
        person_id: Uuid,
        gone: bool,
    }
}

async fn find(mut read: impl Read, code: &Code) -> Result<Row> {
    let rows: Vec<Row> = read
        .all(
            "SELECT id, product_id, question_id, person_id, (deleted_at IS NOT NULL OR removed = TRUE) AS gone FROM ask WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    Ok(rows.into_iter().next().filter(|r| !r.gone).ok_or_else(Problem::not_found)?)
}

crate::row! {
    struct Count {
        n: i64,
    }
}

/// Asks about a product; the code of the question. The same words again within a minute are one.
///
/// # Errors
/// `not_found`, `text_needed`, `text_long`, `paused`, `paused_for_good`, `too_many_questions`, `screen_words`, `screen_contact`,
/// `screen_link`.
pub async fn ask(shop: &Shop, me: PersonId, slug: &str, text: &str) -> Result<Code> {
    let text = domain::question::question(text)?;
    moderation::clean(&*moderation::lists(shop).await?, &text)?;
    let (product, _) = catalog::title_of(shop, Lang::En, slug).await?.ok_or_else(Problem::not_found)?;
    let input = (shop.clone(), me, product, text, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, product, text, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Known {
                        code: String,
                    }
                }
                moderation::may_write(&mut *tx, *me, *now).await?;
                // One after the other: what is asked side by side is counted.
                follow::lock(tx, [*me]).await?;
                let echo: Option<Known> = tx
                    .fetch_optional(
                        "SELECT code FROM ask WHERE person_id = $1 AND at > $2 AND product_id = $3 AND question_id IS NULL AND text = $4
                           AND deleted_at IS NULL LIMIT 1",
                        args![*me, *now - ECHO, *product, text.as_str()],
                    )
                    .await?;
                if let Some(echo) = echo {
                    return Ok(echo.code.parse().map_err(|_| broken_row("ask.code"))?);
                }
                let today: Count = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM ask WHERE person_id = $1 AND at > $2 AND question_id IS NULL",
                        args![*me, *now - DAY],
                    )
                    .await?;
                if today.n >= QUESTIONS_A_DAY {
                    return Err(Problem::new(429, "too_many_questions").number(QUESTIONS_A_DAY).into());
                }
                let (id, code) = (shop.rng.id(*now), shop.rng.code());
                tx.execute(
                    "INSERT INTO ask (id, code, product_id, person_id, text, by_shop, at) VALUES ($1, $2, $3, $4, $5, FALSE, $6)",
                    args![id, code.as_str(), *product, *me, text.as_str(), *now],
                )
                .await?;
                job::enqueue(tx, shop, "question", &id.simple().to_string(), &id.to_string(), *now).await?;
                Ok(code)
            })
        })
        .await
}

/// Tells some of those who have the thing that somebody asks; a job calls it with the question.
///
/// # Errors
/// What the database says.
pub async fn tell(shop: &Shop, question: Uuid) -> Result<()> {
    crate::row! {
        struct Of {
            code: String,
            product_id: Uuid,
            person_id: Uuid,
            gone: bool,
        }
    }
    let of: Option<Of> = shop
        .db
        .fetch_optional(
            "SELECT code, product_id, person_id, (deleted_at IS NOT NULL OR removed = TRUE) AS gone FROM ask WHERE id = $1",
            args![question],
        )
        .await?;
    let Some(of) = of.filter(|o| !o.gone) else { return Ok(()) };
    let owners = order::owners(shop, ProductId(of.product_id), PersonId(of.person_id), ASKED).await?;
    let code: Code = of.code.parse().map_err(|_| broken_row("ask.code"))?;
    let input = (shop.clone(), code, PersonId(of.person_id), owners, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, asker, owners, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Heard {
                        today: i64,
                        this: i64,
                    }
                }
                let mut told = 0;
                for owner in owners.iter() {
                    let heard: Heard = tx
                        .fetch_one(
                            "SELECT COUNT(CASE WHEN at > $2 THEN 1 END) AS today, COUNT(CASE WHEN post_code = $3 THEN 1 END) AS this
                             FROM notice WHERE person_id = $1 AND kind = 'question_asked'",
                            args![*owner, *now - DAY, code.as_str()],
                        )
                        .await?;
                    // Told by a job that was done twice, he counts all the same.
                    told += i64::from(heard.this > 0);
                    if heard.this == 0 && heard.today < TOLD_A_DAY && moderation::hears_of(&mut *tx, *owner, *asker).await? {
                        inbox::tell_of_people(tx, shop, *owner, "question_asked", Some(code), *asker, *now).await?;
                        told += 1;
                    }
                    if told >= TOLD {
                        break;
                    }
                }
                Ok(())
            })
        })
        .await
}

/// Answers a question, or says it better; whoever asked is told of the first. Whoever has the thing speaks for himself; `for_shop`:
/// somebody who may speak for the shop does.
///
/// # Errors
/// `not_found`, `question_own`, `not_an_owner`, `answer_removed`, `averse`, `text_needed`, `text_long`, `paused`, `paused_for_good`,
/// `too_many_answers`, `screen_words`, `screen_contact`, `screen_link`.
pub async fn answer(shop: &Shop, me: PersonId, for_shop: bool, code: &Code, text: &str) -> Result<()> {
    let text = domain::question::answer(text)?;
    moderation::clean(&*moderation::lists(shop).await?, &text)?;
    let input = (shop.clone(), me, for_shop, code.clone(), text, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, for_shop, code, text, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let question = find(&mut *tx, code).await?;
                if question.question_id.is_some() {
                    return Err(Problem::not_found().into());
                }
                if question.person_id == me.0 {
                    return Err(Error::problem(409, "question_own"));
                }
                lock(tx, question.id).await?;
                find(&mut *tx, code).await?;
                let (by_shop, mut now) = (*for_shop, *now);
                if !by_shop {
                    if moderation::apart(&mut *tx, *me, PersonId(question.person_id)).await? {
                        return Err(Error::problem(403, "averse"));
                    }
                    let since = order::owns(&mut *tx, *me, ProductId(question.product_id)).await?;
                    // Clocks of two nodes differ: nothing is said before it has arrived.
                    now = since.ok_or_else(|| Problem::new(403, "not_an_owner"))?.max(now);
                }
                follow::lock(tx, [*me]).await?;
                let said_before = tx
                    .execute(
                        "UPDATE ask SET text = $1, by_shop = $2, changed_at = CASE WHEN COALESCE(changed_at, at) < $3 THEN $3 ELSE COALESCE(changed_at, at) + 1 END
                         WHERE question_id = $4 AND person_id = $5 AND deleted_at IS NULL AND removed = FALSE AND text <> $1",
                        args![text.as_str(), by_shop, now, question.id, *me],
                    )
                    .await?;
                if said_before == 1 {
                    return Ok(());
                }
                let today: Count = tx
                    .fetch_one(
                        "SELECT COUNT(*) AS n FROM ask WHERE person_id = $1 AND at > $2 AND question_id IS NOT NULL",
                        args![*me, now - DAY],
                    )
                    .await?;
                if today.n >= ANSWERS_A_DAY {
                    return Err(Problem::new(429, "too_many_answers").number(ANSWERS_A_DAY).into());
                }
                let fresh = tx
                    .execute(
                        "INSERT INTO ask (id, code, product_id, question_id, person_id, text, by_shop, at)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                        args![
                            shop.rng.id(now), shop.rng.code().as_str(), question.product_id, question.id, *me, text.as_str(), by_shop, now
                        ],
                    )
                    .await?;
                if fresh == 0 {
                    // The same again, or what was taken down: then he appeals.
                    let gone: Count = tx
                        .fetch_one(
                            "SELECT COUNT(*) AS n FROM ask WHERE question_id = $1 AND person_id = $2 AND deleted_at IS NULL AND removed = TRUE",
                            args![question.id, *me],
                        )
                        .await?;
                    return if gone.n == 0 { Ok(()) } else { Err(Error::problem(409, "answer_removed")) };
                }
                count(tx, question.id).await?;
                let asker = PersonId(question.person_id);
                inbox::tell_of_people(tx, shop, asker, "question_answered", Some(code), *me, now).await
            })
        })
        .await
}

/// Counts the answers of a question that stand.
async fn count(tx: &mut Tx, question: Uuid) -> Result<()> {
    tx.execute(
        "UPDATE ask SET answers = (SELECT COUNT(*) FROM ask a WHERE a.question_id = $1 AND a.deleted_at IS NULL AND a.removed = FALSE)
         WHERE id = $1",
        args![question],
    )
    .await?;
    Ok(())
}

/// Takes back what I asked or answered, also when it was taken down. Twice is once.
///
/// # Errors
/// `not_found`.
pub async fn delete(shop: &Shop, me: PersonId, code: &Code) -> Result<()> {
    crate::row! {
        struct Mine {
            id: Uuid,
            question_id: Option<Uuid>,
        }
    }
    crate::row! {
        struct Asker {
            person_id: Uuid,
            code: String,
        }
    }
    shop.db
        .write((me, code.clone(), shop.clock.now()), |tx, (me, code, now)| {
            Box::pin(async move {
                let row: Option<Mine> = tx
                    .fetch_optional(
                        "SELECT id, question_id FROM ask WHERE code = $1 AND person_id = $2",
                        args![code.as_str(), *me],
                    )
                    .await?;
                let row = row.ok_or_else(Problem::not_found)?;
                lock(tx, row.id).await?;
                let gone = tx
                    .execute(
                        "UPDATE ask SET deleted_at = $1, text = '', removed = FALSE WHERE id = $2 AND deleted_at IS NULL",
                        args![*now, row.id],
                    )
                    .await?;
                if gone == 0 {
                    return Ok(());
                }
                if let Some(question) = row.question_id {
                    count(tx, question).await?;
                    let asker: Option<Asker> =
                        tx.fetch_optional("SELECT person_id, code FROM ask WHERE id = $1", args![question]).await?;
                    let asker = asker.ok_or_else(Problem::not_found)?;
                    let asked: Code = asker.code.parse().map_err(|_| broken_row("ask.code"))?;
                    inbox::untell(tx, PersonId(asker.person_id), "question_answered", Some(&asked), *me).await?;
                }
                moderation::moot_ask(tx, row.id, *now).await
            })
        })
        .await
}

crate::row! {
    struct SaidRow {
        id: Uuid,
        code: String,
        question_id: Option<Uuid>,
        person_id: Uuid,
        text: String,
        by_shop: bool,
        answers: i64,
        at: i64,
        deleted: bool,
        removed: bool,
    }
}

fn said(row: &SaidRow, me: Option<PersonId>, faces: &HashMap<Uuid, (String, String)>) -> Result<SaidView> {
    let gone = match (row.removed, row.deleted) {
        (true, _) => Some(Gone::Removed),
        (_, true) => Some(Gone::Deleted),
        _ => None,
    };
    let (handle, name) = faces.get(&row.person_id).cloned().unwrap_or_default();
    let there = gone.is_none();
    // The shop speaks, not whoever of its people wrote it.
    let named = there && !row.by_shop;
    Ok(SaidView {
        code: row.code.parse().map_err(|_| broken_row("ask.code"))?,
        handle: if named { handle } else { String::new() },
        name: if named { name } else { String::new() },
        text: if there { row.text.clone() } else { String::new() },
        by_shop: row.by_shop,
        mine: me.is_some_and(|me| me.0 == row.person_id),
        at: row.at,
        gone,
    })
}

/// Questions with the first answers of each: at most `most`.
async fn with_answers(shop: &Shop, me: Option<PersonId>, rows: Vec<SaidRow>, most: i64) -> Result<Vec<QuestionView>> {
    let mut answers: HashMap<Uuid, Vec<SaidRow>> = HashMap::new();
    let asked: Vec<Uuid> = rows.iter().filter(|r| r.answers > 0).map(|r| r.id).collect();
    for batch in asked.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let found: Vec<SaidRow> = shop
            .db
            .fetch_all(
                "SELECT a.id, a.code, a.question_id, a.person_id, a.text, a.by_shop, a.answers, a.at, FALSE AS deleted, FALSE AS removed
                 FROM (SELECT x.id, x.code, x.question_id, x.person_id, x.text, x.by_shop, x.answers, x.at,
                              ROW_NUMBER() OVER (PARTITION BY x.question_id ORDER BY x.at, x.id) AS nth
                       FROM ask x WHERE x.question_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                         AND x.deleted_at IS NULL AND x.removed = FALSE) a
                 WHERE a.nth <= $11 ORDER BY a.question_id, a.at, a.id",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id(), most + BESIDE],
            )
            .await?;
        for answer in found {
            answers.entry(answer.question_id.unwrap_or_default()).or_default().push(answer);
        }
    }
    let mut people: Vec<Uuid> = rows.iter().chain(answers.values().flatten()).map(|r| r.person_id).collect();
    people.sort_unstable();
    people.dedup();
    let faces = account::faces(shop, &people).await?;
    let unseen = moderation::unseen(&shop.db, me).await?;
    rows.iter()
        .filter(|r| !unseen.contains(&r.person_id))
        .map(|r| {
            let answers = answers.remove(&r.id).unwrap_or_default();
            Ok(QuestionView {
                said: said(r, me, &faces)?,
                answers: answers
                    .iter()
                    .filter(|a| !unseen.contains(&a.person_id))
                    .take(usize::try_from(most).unwrap_or(0))
                    .map(|a| said(a, me, &faces))
                    .collect::<Result<_>>()?,
                count: r.answers,
            })
        })
        .collect()
}

/// `me`: who looks, and whether he may speak for the shop.
async fn may(shop: &Shop, me: Option<(PersonId, bool)>, product: ProductId) -> Result<May> {
    Ok(match me {
        None => May::LogIn,
        Some((_, true)) => May::AnswerForShop,
        Some((me, _)) if order::owns(&shop.db, me, product).await?.is_some() => May::Answer,
        Some(_) => May::Ask,
    })
}

/// The questions about a product, the newest first; `after`: where the page before ended; `me`: who looks, and whether he may speak for
/// the shop.
///
/// # Errors
/// `not_found`.
pub async fn list(
    shop: &Shop,
    me: Option<(PersonId, bool)>,
    lang: Lang,
    slug: &str,
    after: &str,
) -> Result<QuestionsView> {
    let (product, title) = catalog::title_of(shop, lang, slug).await?.ok_or_else(Problem::not_found)?;
    let from: Cursor = after.parse().unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
    let mut rows: Vec<SaidRow> = shop
        .db
        .fetch_all(
            "SELECT id, code, question_id, person_id, text, by_shop, answers, at, (deleted_at IS NOT NULL) AS deleted, removed FROM ask
             WHERE product_id = $1 AND question_id IS NULL AND (at, id) < ($2, $3) AND (deleted_at IS NULL OR answers > 0)
             ORDER BY at DESC, id DESC LIMIT $4",
            args![product, from.value, from.id, PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    rows.truncate(usize::try_from(PAGE).unwrap_or(20));
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.at, id: r.id }.written());
    let none = rows.is_empty() && after.is_empty();
    let questions = with_answers(shop, me.map(|m| m.0), rows, ANSWERS).await?;
    Ok(QuestionsView { slug: slug.to_owned(), title, may: may(shop, me, product).await?, none, questions, next })
}

/// One question with its answers; `me`: who looks, and whether he may speak for the shop.
///
/// # Errors
/// `not_found`.
pub async fn show(shop: &Shop, me: Option<(PersonId, bool)>, lang: Lang, code: &Code) -> Result<QuestionsView> {
    crate::row! {
        struct Of {
            slug: String,
        }
    }
    let rows: Vec<SaidRow> = shop
        .db
        .fetch_all(
            "SELECT id, code, question_id, person_id, text, by_shop, answers, at, (deleted_at IS NOT NULL) AS deleted, removed FROM ask
             WHERE code = $1 AND question_id IS NULL AND (deleted_at IS NULL OR answers > 0)",
            args![code.as_str()],
        )
        .await?;
    let of: Option<Of> = shop
        .db
        .fetch_optional(
            "SELECT p.slug FROM ask q JOIN product p ON p.id = q.product_id WHERE q.code = $1",
            args![code.as_str()],
        )
        .await?;
    let slug = of.filter(|_| !rows.is_empty()).ok_or_else(Problem::not_found)?.slug;
    let (product, title) = catalog::title_of(shop, lang, &slug).await?.ok_or_else(Problem::not_found)?;
    let questions = with_answers(shop, me.map(|m| m.0), rows, ALL).await?;
    if questions.is_empty() {
        return Err(Problem::not_found().into());
    }
    Ok(QuestionsView { slug, title, may: may(shop, me, product).await?, none: false, questions, next: None })
}

/// What the page of a product shows: how many questions there are, and the two with most answers of those that I see.
///
/// # Errors
/// What the database says.
pub async fn of_product(shop: &Shop, me: Option<PersonId>, product: ProductId) -> Result<AskedView> {
    crate::row! {
        struct One {
            code: String,
            person_id: Uuid,
            text: String,
            answer: Option<String>,
            answer_by: Option<Uuid>,
            answers: i64,
        }
    }
    let count: Count = shop
        .db
        .fetch_one(
            "SELECT COUNT(*) AS n FROM ask WHERE product_id = $1 AND question_id IS NULL AND deleted_at IS NULL AND removed = FALSE",
            args![product],
        )
        .await?;
    if count.n == 0 {
        return Ok(AskedView::default());
    }
    let rows: Vec<One> = shop
        .db
        .fetch_all(
            "SELECT q.code, q.person_id, q.text, q.answers, f.text AS answer, f.person_id AS answer_by
             FROM (SELECT b.id, b.code, b.person_id, b.text, b.answers, b.at,
                          (SELECT a.id FROM ask a WHERE a.question_id = b.id AND a.deleted_at IS NULL AND a.removed = FALSE ORDER BY a.at, a.id LIMIT 1) AS first
                   FROM (SELECT id, code, person_id, text, answers, at FROM ask
                         WHERE product_id = $1 AND question_id IS NULL AND deleted_at IS NULL AND removed = FALSE
                         ORDER BY answers DESC, at DESC, id DESC LIMIT 6) b) q
             LEFT JOIN ask f ON f.id = q.first ORDER BY q.answers DESC, q.at DESC, q.id DESC",
            args![product],
        )
        .await?;
    let unseen = moderation::unseen(&shop.db, me).await?;
    let some = rows.into_iter().filter(|r| !unseen.contains(&r.person_id)).take(2).map(|r| {
        let code = r.code.parse().map_err(|_| broken_row("ask.code"))?;
        let answer = r.answer.filter(|_| r.answer_by.is_none_or(|by| !unseen.contains(&by)));
        Ok(AskedOne { code, text: r.text, answer, answers: r.answers })
    });
    Ok(AskedView { count: count.n, some: some.collect::<Result<_>>()? })
}
