//! Whom somebody does not want to see (mute), or to see and be seen by (block).
//!
//! Mute is about what I see: his posts do not come to me in lists, his comments are folded, and I am not told of what he does. Block is
//! about both: neither follows the other, writes below what the other wrote, or likes it.

use crate::{
    Error, Result, Shop, account, args,
    db::{Read, Tx},
    error::broken_row,
    follow, live,
};
use domain::{
    Problem,
    id::PersonId,
    moderation::{AverseView, Aversion},
};
use std::{collections::HashSet, str::FromStr};
use uuid::Uuid;

/// What I turn to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    To(Aversion),
    /// Neither.
    Back,
}

impl FromStr for Turn {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        if s == "none" { Ok(Self::Back) } else { Ok(Self::To(s.parse()?)) }
    }
}

/// People whose words I do not see: those that I have muted or blocked, and those who blocked me.
pub(crate) async fn unseen(mut read: impl Read, me: Option<PersonId>) -> Result<HashSet<Uuid>> {
    crate::row! {
        struct Of {
            id: Uuid,
        }
    }
    let Some(me) = me else { return Ok(HashSet::new()) };
    let rows: Vec<Of> = read
        .all(
            "SELECT other_id AS id FROM aversion WHERE person_id = $1
             UNION SELECT person_id AS id FROM aversion WHERE other_id = $1 AND kind = 'block'",
            args![me],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// What I do not want of somebody.
pub(crate) async fn toward(mut read: impl Read, me: Option<PersonId>, somebody: PersonId) -> Result<Option<Aversion>> {
    crate::row! {
        struct Of {
            kind: String,
        }
    }
    let Some(me) = me else { return Ok(None) };
    let rows: Vec<Of> =
        read.all("SELECT kind FROM aversion WHERE person_id = $1 AND other_id = $2", args![me, somebody]).await?;
    let kind = |r: Of| r.kind.parse().map_err(|_| broken_row("aversion.kind"));
    rows.into_iter().next().map(kind).transpose()
}

/// Whether somebody is told of what somebody else does: not of whom he does not want to see, or who does not want him to.
pub(crate) async fn hears_of(mut read: impl Read, somebody: PersonId, other: PersonId) -> Result<bool> {
    Ok(toward(&mut read, Some(somebody), other).await?.is_none() && !apart(read, somebody, other).await?)
}

/// Whether one of two people has blocked the other.
pub(crate) async fn apart(mut read: impl Read, one: PersonId, other: PersonId) -> Result<bool> {
    crate::row! {
        struct Of {
            person_id: Uuid,
        }
    }
    let rows: Vec<Of> = read
        .all(
            "SELECT person_id FROM aversion WHERE kind = 'block' AND ((person_id = $1 AND other_id = $2) OR (person_id = $2 AND other_id = $1)) LIMIT 1",
            args![one, other],
        )
        .await?;
    Ok(rows.first().is_some_and(|r| r.person_id == one.0 || r.person_id == other.0))
}

/// I mute somebody, block him, or neither any more. Blocking ends following in both directions.
///
/// # Errors
/// `not_found`, `not_yourself`.
pub async fn turn(shop: &Shop, me: PersonId, handle: &str, to: Turn) -> Result<()> {
    let other = account::find(shop, handle).await?.ok_or_else(Problem::not_found)?.id;
    if other == me {
        return Err(Error::problem(409, "not_yourself"));
    }
    shop.db
        .write((me, other, to, shop.clock.now()), |tx, (me, other, to, now)| {
            Box::pin(async move {
                follow::lock(tx, [*me, *other]).await?;
                match to {
                    Turn::Back => {
                        tx.execute("DELETE FROM aversion WHERE person_id = $1 AND other_id = $2", args![*me, *other])
                            .await?;
                    }
                    Turn::To(kind) => {
                        tx.execute(
                            "INSERT INTO aversion (person_id, other_id, kind, at) VALUES ($1, $2, $3, $4)
                             ON CONFLICT (person_id, other_id) DO UPDATE SET kind = excluded.kind, at = excluded.at",
                            args![*me, *other, kind.name(), *now],
                        )
                        .await?;
                        if *kind == Aversion::Block {
                            part(tx, *me, *other).await?;
                        }
                    }
                }
                Ok(())
            })
        })
        .await
}

async fn part(tx: &mut Tx, me: PersonId, other: PersonId) -> Result<()> {
    follow::end(tx, me, other).await?;
    follow::end(tx, other, me).await?;
    live::leave_fans(tx, me.0, other).await?;
    live::leave_fans(tx, other.0, me).await
}

/// Those whom I have muted or blocked, the last first.
///
/// # Errors
/// What the database says.
pub async fn averse(shop: &Shop, me: PersonId) -> Result<Vec<AverseView>> {
    crate::row! {
        struct Of {
            other_id: Uuid,
            kind: String,
        }
    }
    let rows: Vec<Of> = shop
        .db
        .fetch_all(
            "SELECT other_id, kind FROM aversion WHERE person_id = $1 ORDER BY at DESC, other_id LIMIT 500",
            args![me],
        )
        .await?;
    let people: Vec<Uuid> = rows.iter().map(|r| r.other_id).collect();
    let mut faces = account::faces(shop, &people).await?;
    rows.into_iter()
        .map(|r| {
            let (handle, name) = faces.remove(&r.other_id).unwrap_or_default();
            Ok(AverseView { handle, name, kind: r.kind.parse().map_err(|_| broken_row("aversion.kind"))? })
        })
        .collect()
}
