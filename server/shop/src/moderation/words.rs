//! The lists of words: every version is kept, the newest is in force.

use super::gate::{BANNED, SUPERLATIVE};
use crate::{Result, Shop, account, args, audit, db::Read};
use domain::{
    Problem,
    id::PersonId,
    moderation::{
        WordsView,
        screen::{MAX_ENTRIES, MAX_LIST},
    },
};
use uuid::Uuid;

crate::row! {
    pub(super) struct Version {
        pub(super) version: i64,
        pub(super) words: String,
        at: i64,
        person_id: Option<Uuid>,
    }
}

/// The list of a kind that is in force.
pub(super) async fn in_force(mut read: impl Read, kind: &str) -> Result<Version> {
    let rows: Vec<Version> = read
        .all(
            "SELECT version, words, at, person_id FROM word_list WHERE kind = $1 ORDER BY version DESC LIMIT 1",
            args![kind],
        )
        .await?;
    let built_in = if kind == "banned" { BANNED } else { SUPERLATIVE };
    let first = || Version { version: 0, words: built_in.to_owned(), at: 0, person_id: None };
    Ok(rows.into_iter().next().unwrap_or_else(first))
}

/// The lists in force.
///
/// # Errors
/// What the database says.
pub async fn words(shop: &Shop) -> Result<Vec<WordsView>> {
    let mut views = Vec::new();
    for kind in ["banned", "superlative"] {
        let row = in_force(&shop.db, kind).await?;
        let by = match row.person_id {
            Some(id) => {
                let name = account::names(shop, &[id]).await?.remove(&id).unwrap_or_default();
                Some((name, row.at))
            }
            None => None,
        };
        views.push(WordsView { kind: kind.to_owned(), version: row.version, words: row.words, by });
    }
    Ok(views)
}

/// Puts a list in force; `version`: the one that it was written from. It is looked for from now on; what is shown already stays.
///
/// # Errors
/// `bad_request` for a kind that there is not, `list_long`, `list_moved` when somebody else was faster.
pub async fn set_words(shop: &Shop, me: PersonId, kind: &str, version: i64, words: &str) -> Result<()> {
    if !["banned", "superlative"].contains(&kind) {
        return Err(Problem::bad_request().into());
    }
    let words: String = words.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || *c == '\n').collect();
    if words.len() > MAX_LIST || words.lines().count() > MAX_ENTRIES {
        let most = i64::try_from(MAX_LIST / 1000).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "list_long").field("words").number(most).into());
    }
    let input = (me, kind.to_owned(), version, words, shop.clock.now());
    shop.db
        .write(input, |tx, (me, kind, version, words, now)| {
            Box::pin(async move {
                let known = in_force(&mut *tx, kind).await?;
                if known.words == *words {
                    return Ok(());
                }
                let fresh = tx
                    .execute(
                        "INSERT INTO word_list (kind, version, words, at, person_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                        args![kind.as_str(), *version + 1, words.as_str(), *now, *me],
                    )
                    .await?;
                if fresh == 0 || known.version != *version {
                    return Err(Problem::new(409, "list_moved").field("words").into());
                }
                let object = format!("words {kind}");
                audit::note(tx, *me, "set_words", &object, &format!("version {}", version + 1), *now).await
            })
        })
        .await
}
