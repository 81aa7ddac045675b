//! Letters: what the inbox tells, told by e-mail as well, to people who said where.
//!
//! Invariants: a letter is written in the transaction of what it tells of and sent by a job, so it leaves exactly if that happened,
//! at least once. Deliberately absent: how it is sent (the server's), texts (the locale files).

use crate::{Result, Shop, args, db::Tx, error::broken_row, job, order};
use domain::{Code, Currency, Lang, Millis, id::PersonId};
use uuid::Uuid;

/// What a letter tells.
pub(crate) struct Letter<'a> {
    /// One of [`domain::inbox::KINDS`].
    pub(crate) kind: &'a str,
    pub(crate) order: Uuid,
    pub(crate) case: Option<&'a Code>,
    /// Minor units, when money moved.
    pub(crate) amount: Option<i64>,
}

/// Leaves a letter for the jobs to send; nothing where the operator sends no mail.
pub(crate) async fn write(
    tx: &mut Tx,
    shop: &Shop,
    address: &str,
    lang: Lang,
    letter: &Letter<'_>,
    at: Millis,
) -> Result<()> {
    if !shop.settings.mail {
        return Ok(());
    }
    let id = shop.rng.id(at);
    tx.execute(
        "INSERT INTO letter (id, address, lang, kind, order_id, case_code, amount, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            id,
            address,
            lang.tag(),
            letter.kind,
            letter.order,
            letter.case.map(|c| c.as_str().to_owned()),
            letter.amount,
            at
        ],
    )
    .await?;
    job::enqueue(tx, shop, "mail", &id.simple().to_string(), &id.to_string(), at).await
}

/// The same to a person, if he said where letters go.
pub(crate) async fn write_to(
    tx: &mut Tx,
    shop: &Shop,
    person: PersonId,
    letter: &Letter<'_>,
    at: Millis,
) -> Result<()> {
    crate::row! {
        struct Where {
            email: String,
            email_lang: String,
        }
    }
    if !shop.settings.mail {
        return Ok(());
    }
    let to: Option<Where> = tx
        .fetch_optional("SELECT email, email_lang FROM person WHERE id = $1 AND email IS NOT NULL", args![person])
        .await?;
    match to {
        Some(to) => {
            let lang = to.email_lang.parse().map_err(|_| broken_row("person.email_lang"))?;
            write(tx, shop, &to.email, lang, letter, at).await
        }
        None => Ok(()),
    }
}

/// A letter that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub id: Uuid,
    pub address: String,
    pub lang: Lang,
    pub kind: String,
    pub order: Code,
    pub case: Option<Code>,
    pub amount: Option<(i64, Currency)>,
    pub at: Millis,
}

/// A letter by its id; none when it was sent.
///
/// # Errors
/// What the database says.
pub async fn due(shop: &Shop, id: Uuid) -> Result<Option<Due>> {
    crate::row! {
        struct Row {
            address: String,
            lang: String,
            kind: String,
            order_id: Uuid,
            case_code: Option<String>,
            amount: Option<i64>,
            at: i64,
        }
    }
    let row: Option<Row> = shop
        .db
        .fetch_optional(
            "SELECT address, lang, kind, order_id, case_code, amount, at FROM letter WHERE id = $1 AND sent_at IS NULL",
            args![id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (order, currency) = order::head(shop, row.order_id).await?;
    let case = row.case_code.map(|c| c.parse()).transpose().map_err(|_| broken_row("letter.case_code"))?;
    Ok(Some(Due {
        id,
        address: row.address,
        lang: row.lang.parse().map_err(|_| broken_row("letter.lang"))?,
        kind: row.kind,
        order,
        case,
        amount: row.amount.map(|n| (n, currency)),
        at: row.at,
    }))
}

/// A letter has left.
///
/// # Errors
/// What the database says.
pub async fn sent(shop: &Shop, id: Uuid) -> Result<()> {
    shop.db
        .write((id, shop.clock.now()), |tx, (id, now)| {
            Box::pin(async move {
                tx.execute("UPDATE letter SET sent_at = $1 WHERE id = $2 AND sent_at IS NULL", args![*now, *id])
                    .await?;
                Ok(())
            })
        })
        .await
}
