//! What somebody has agreed to.
//!
//! Invariants: nobody has agreed to anything by himself; every agreement stands with the version of the text and its time, also after it
//! was taken back; what was remembered because of it goes with it; who agreed to an older text has not agreed to this one.

use crate::{
    Result, Shop, args,
    db::{Engine, Read, Tx, listed},
    feed, search,
};
use domain::{Millis, id::PersonId};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What somebody agrees to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// That it is remembered what he looks for and does, to show him what suits him.
    Personal,
    /// That his friends see what he bought.
    Bought,
    /// That people with whom he shopped may find him.
    Known,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Bought => "bought",
            Self::Known => "known",
        }
    }

    /// The version of the text that somebody agrees to (`personal_text`, `bought_text`, `known_text` in the locale files).
    pub(crate) const fn version(self) -> i64 {
        match self {
            Self::Personal => 2,
            Self::Bought | Self::Known => 1,
        }
    }
}

/// Whether somebody has agreed to this text.
///
/// # Errors
/// What the database says.
pub async fn agreed(read: impl Read, person: PersonId, purpose: Purpose) -> Result<bool> {
    Ok(given(read, person, purpose).await?.is_some())
}

/// When somebody agreed to this text; none when he has not, or has taken it back.
pub(crate) async fn given(mut read: impl Read, person: PersonId, purpose: Purpose) -> Result<Option<Millis>> {
    crate::row! {
        struct Given {
            given_at: i64,
        }
    }
    let rows: Vec<Given> = read
        .all(
            "SELECT given_at FROM consent WHERE person_id = $1 AND purpose = $2 AND withdrawn_at IS NULL AND version = $3",
            args![person, purpose.name(), purpose.version()],
        )
        .await?;
    Ok(rows.first().map(|r| r.given_at))
}

crate::row! {
    struct Who {
        person_id: Uuid,
    }
}

/// Which of some people have agreed to this text.
pub(crate) async fn agreed_among(shop: &Shop, people: &[Uuid], purpose: Purpose) -> Result<HashSet<Uuid>> {
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT c.person_id FROM json_each($1) j CROSS JOIN consent c ON c.person_id = unhex(j.value)
             WHERE c.purpose = $2 AND c.withdrawn_at IS NULL AND c.version = $3"
        }
        Engine::Postgres => {
            "SELECT c.person_id FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN consent c ON c.person_id = CAST(j.value AS uuid)
             WHERE c.purpose = $2 AND c.withdrawn_at IS NULL AND c.version = $3"
        }
    };
    let rows: Vec<Who> = shop.db.fetch_all(sql, args![listed(people), purpose.name(), purpose.version()]).await?;
    Ok(rows.into_iter().map(|r| r.person_id).collect())
}

/// When each of some people agreed; none of them takes it back until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, people: &[Uuid], purpose: Purpose) -> Result<HashMap<Uuid, Millis>> {
    crate::row! {
        struct Given {
            person_id: Uuid,
            given_at: i64,
        }
    }
    let sql = match tx.engine() {
        // Who writes is alone.
        Engine::Sqlite => {
            "SELECT c.person_id, c.given_at FROM json_each($1) j CROSS JOIN consent c ON c.person_id = unhex(j.value)
             WHERE c.purpose = $2 AND c.withdrawn_at IS NULL AND c.version = $3"
        }
        Engine::Postgres => {
            "SELECT c.person_id, c.given_at FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN consent c ON c.person_id = CAST(j.value AS uuid)
             WHERE c.purpose = $2 AND c.withdrawn_at IS NULL AND c.version = $3 FOR SHARE OF c"
        }
    };
    let rows: Vec<Given> = tx.fetch_all(sql, args![listed(people), purpose.name(), purpose.version()]).await?;
    Ok(rows.into_iter().map(|r| (r.person_id, r.given_at)).collect())
}

/// Who has taken something back since an instant, and when.
pub(crate) async fn withdrawn_since(shop: &Shop, purpose: Purpose, at: Millis) -> Result<Vec<(Uuid, Millis)>> {
    crate::row! {
        struct Withdrawn {
            person_id: Uuid,
            at: i64,
        }
    }
    let rows: Vec<Withdrawn> = shop
        .db
        .fetch_all(
            "SELECT person_id, withdrawn_at AS at FROM consent WHERE withdrawn_at >= $1 AND purpose = $2",
            args![at, purpose.name()],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.person_id, r.at)).collect())
}

/// Agrees to that, or takes it back: then what was remembered is gone. The same again changes nothing.
///
/// # Errors
/// What the database says.
pub async fn agree(shop: &Shop, me: PersonId, purpose: Purpose, yes: bool) -> Result<()> {
    let now = shop.clock.now();
    shop.db
        .write((shop.clone(), shop.rng.id(now), me, purpose, yes, now), |tx, (shop, id, me, purpose, yes, now)| {
            Box::pin(async move {
                if *yes {
                    give(tx, *id, *me, *purpose, *now).await
                } else {
                    take_back(tx, shop, *me, *purpose, *now).await
                }
            })
        })
        .await
}

/// Takes an agreement back, with all that was remembered because of it, and gives it anew; whoever has not agreed does not agree by this.
pub(crate) async fn renew(shop: &Shop, me: PersonId, purpose: Purpose) -> Result<()> {
    let now = shop.clock.now();
    shop.db
        .write((shop.clone(), shop.rng.id(now), me, purpose, now), |tx, (shop, id, me, purpose, now)| {
            Box::pin(async move {
                if given(&mut *tx, *me, *purpose).await?.is_some() {
                    take_back(tx, shop, *me, *purpose, *now).await?;
                    give(tx, *id, *me, *purpose, *now).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn give(tx: &mut Tx, id: Uuid, me: PersonId, purpose: Purpose, now: Millis) -> Result<()> {
    // An agreement to an older text ends with the new one.
    tx.execute(
        "UPDATE consent SET withdrawn_at = $1 WHERE person_id = $2 AND purpose = $3 AND withdrawn_at IS NULL AND version <> $4",
        args![now, me, purpose.name(), purpose.version()],
    )
    .await?;
    tx.execute(
        "INSERT INTO consent (id, person_id, purpose, version, given_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING",
        args![id, me, purpose.name(), purpose.version(), now],
    )
    .await?;
    Ok(())
}

async fn take_back(tx: &mut Tx, shop: &Shop, me: PersonId, purpose: Purpose, now: Millis) -> Result<()> {
    tx.execute(
        "UPDATE consent SET withdrawn_at = $1 WHERE person_id = $2 AND purpose = $3 AND withdrawn_at IS NULL",
        args![now, me, purpose.name()],
    )
    .await?;
    if purpose == Purpose::Personal {
        search::forget_all(tx, shop, me).await?;
        feed::forget_all(tx, shop, me, now).await?;
    }
    Ok(())
}
