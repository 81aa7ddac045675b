//! Who follows whom, and what somebody's page counts.
//!
//! Invariants: nobody follows himself; `author` counts exactly the rows that there are (`verify`).

mod known;

pub use known::known;

use crate::{
    Error, Result, Shop, account, args,
    db::{Engine, Read, Tx, listed},
    inbox, moderation,
};
use domain::{Millis, Problem, id::PersonId, post::Tally};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What somebody's page counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) posts: i64,
    pub(crate) followers: i64,
    pub(crate) following: i64,
    pub(crate) likes: i64,
}

/// Whether `me` follows somebody.
///
/// # Errors
/// What the database says.
pub(crate) async fn follows(mut read: impl Read, me: Option<PersonId>, somebody: PersonId) -> Result<bool> {
    crate::row! {
        struct Row {
            follower_id: Uuid,
        }
    }
    let Some(me) = me else { return Ok(false) };
    let rows: Vec<Row> = read
        .all("SELECT follower_id FROM follow WHERE follower_id = $1 AND followed_id = $2", args![me, somebody])
        .await?;
    Ok(rows.first().is_some_and(|r| r.follower_id == me.0))
}

/// Who has begun to follow somebody within a time, and still does.
///
/// # Errors
/// What the database says.
pub(crate) async fn won(mut read: impl Read, somebody: PersonId, from: Millis, until: Millis) -> Result<i64> {
    crate::row! {
        struct Won {
            n: i64,
        }
    }
    let rows: Vec<Won> = read
        .all(
            "SELECT COUNT(*) AS n FROM follow WHERE followed_id = $1 AND at >= $2 AND at <= $3",
            args![somebody, from, until],
        )
        .await?;
    Ok(rows.first().map_or(0, |r| r.n))
}

/// What somebody's page counts.
///
/// # Errors
/// What the database says.
pub(crate) async fn counts(mut read: impl Read, person: PersonId) -> Result<Counts> {
    crate::row! {
        struct Row {
            posts: i64,
            followers: i64,
            following: i64,
            likes: i64,
        }
    }
    let rows: Vec<Row> =
        read.all("SELECT posts, followers, following, likes FROM author WHERE person_id = $1", args![person]).await?;
    Ok(rows.into_iter().next().map_or_else(Counts::default, |r| Counts {
        posts: r.posts,
        followers: r.followers,
        following: r.following,
        likes: r.likes,
    }))
}

crate::row! {
    struct Who {
        id: Uuid,
    }
}

/// Whom somebody follows, at most so many: the last.
pub(crate) async fn followed_by(shop: &Shop, me: PersonId) -> Result<HashSet<Uuid>> {
    let rows: Vec<Who> = shop
        .db
        .fetch_all(
            "SELECT followed_id AS id FROM follow WHERE follower_id = $1 ORDER BY at DESC, followed_id LIMIT 500",
            args![me],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// The friends of somebody: those whom he follows and who follow him.
pub(crate) async fn friends(shop: &Shop, me: PersonId) -> Result<Vec<Uuid>> {
    let rows: Vec<Who> = shop
        .db
        .fetch_all(
            "SELECT a.followed_id AS id FROM follow a JOIN follow b ON b.follower_id = a.followed_id AND b.followed_id = a.follower_id
             WHERE a.follower_id = $1 ORDER BY a.at DESC, a.followed_id LIMIT 200",
            args![me],
        )
        .await?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// How many followers of somebody came on each day since an instant; `offset`: of the wall clock that days are counted by, ms.
pub(crate) async fn followed_on(shop: &Shop, me: PersonId, since: Millis, offset: Millis) -> Result<Vec<(i64, i64)>> {
    crate::row! {
        struct Day {
            day: i64,
            n: i64,
        }
    }
    let rows: Vec<Day> = shop
        .db
        .fetch_all(
            "SELECT (at + $1) / 86400000 AS day, COUNT(*) AS n FROM follow WHERE followed_id = $2 AND at >= $3 GROUP BY (at + $1) / 86400000",
            args![offset, me, since],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.day, r.n)).collect())
}

/// How many of some people follow somebody.
pub(crate) async fn following(shop: &Shop, somebody: PersonId, people: &[Uuid]) -> Result<i64> {
    crate::row! {
        struct Many {
            n: i64,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT COUNT(*) AS n FROM json_each($1) j CROSS JOIN follow f ON f.follower_id = unhex(j.value) AND f.followed_id = $2"
        }
        Engine::Postgres => {
            "SELECT COUNT(*) AS n FROM json_array_elements_text(CAST($1 AS json)) j (value)
             JOIN follow f ON f.follower_id = CAST(j.value AS uuid) AND f.followed_id = $2"
        }
    };
    Ok(shop.db.fetch_one::<Many>(sql, args![listed(people), somebody]).await?.n)
}

/// Which of some people somebody follows.
async fn followed_among(shop: &Shop, me: PersonId, people: &[Uuid]) -> Result<HashSet<Uuid>> {
    crate::row! {
        struct Of {
            followed_id: Uuid,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT f.followed_id FROM json_each($1) j CROSS JOIN follow f ON f.follower_id = $2 AND f.followed_id = unhex(j.value)"
        }
        Engine::Postgres => {
            "SELECT f.followed_id FROM json_array_elements_text(CAST($1 AS json)) j (value)
             JOIN follow f ON f.follower_id = $2 AND f.followed_id = CAST(j.value AS uuid)"
        }
    };
    let rows: Vec<Of> = shop.db.fetch_all(sql, args![listed(people), me]).await?;
    Ok(rows.into_iter().map(|r| r.followed_id).collect())
}

/// What the pages of some people count; nobody has counted anything of those who are not in it.
pub(crate) async fn counts_of(shop: &Shop, people: &[Uuid]) -> Result<HashMap<Uuid, Counts>> {
    crate::row! {
        struct Row {
            person_id: Uuid,
            posts: i64,
            followers: i64,
            following: i64,
            likes: i64,
        }
    }
    let sql = match shop.db.engine() {
        Engine::Sqlite => {
            "SELECT a.person_id, a.posts, a.followers, a.following, a.likes FROM json_each($1) j CROSS JOIN author a ON a.person_id = unhex(j.value)"
        }
        Engine::Postgres => {
            "SELECT a.person_id, a.posts, a.followers, a.following, a.likes
             FROM json_array_elements_text(CAST($1 AS json)) j (value) JOIN author a ON a.person_id = CAST(j.value AS uuid)"
        }
    };
    let rows: Vec<Row> = shop.db.fetch_all(sql, args![listed(people)]).await?;
    let counts = |r: Row| {
        (r.person_id, Counts { posts: r.posts, followers: r.followers, following: r.following, likes: r.likes })
    };
    Ok(rows.into_iter().map(counts).collect())
}

/// Counts on somebody's page: `by` more of each (less, when it is below zero).
pub(crate) async fn count(tx: &mut Tx, person: PersonId, by: Counts) -> Result<()> {
    tx.execute("INSERT INTO author (person_id) VALUES ($1) ON CONFLICT DO NOTHING", args![person]).await?;
    tx.execute(
        "UPDATE author SET posts = posts + $1, followers = followers + $2, following = following + $3, likes = likes + $4
         WHERE person_id = $5",
        args![by.posts, by.followers, by.following, by.likes, person],
    )
    .await?;
    Ok(())
}

/// I follow somebody, or do not any more; how many do then. Whoever is followed is told.
///
/// # Errors
/// `not_found`, `follow_self`; `averse` when one of them has blocked the other.
pub async fn follow(shop: &Shop, me: PersonId, handle: &str, on: bool) -> Result<Tally> {
    let somebody = account::find(shop, handle).await?.ok_or_else(Problem::not_found)?.id;
    if somebody == me {
        return Err(Error::problem(409, "follow_self"));
    }
    let input = (shop.clone(), me, somebody, on, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, somebody, on, now)| {
            Box::pin(async move {
                if *on {
                    begin(tx, shop, *me, *somebody, *now).await?;
                } else {
                    lock(tx, [*me, *somebody]).await?;
                    let gone = tx
                        .execute(
                            "DELETE FROM follow WHERE follower_id = $1 AND followed_id = $2",
                            args![*me, *somebody],
                        )
                        .await?;
                    if gone == 1 {
                        counted(tx, *me, *somebody, -1).await?;
                        inbox::untell(tx, *somebody, "followed", None, *me).await?;
                    }
                }
                Ok(Tally { n: counts(tx, *somebody).await?.followers, mine: *on })
            })
        })
        .await
}

/// Somebody follows somebody, if he did not yet.
///
/// # Errors
/// `averse` when one of the two has blocked the other.
pub(crate) async fn begin(tx: &mut Tx, shop: &Shop, me: PersonId, somebody: PersonId, now: Millis) -> Result<()> {
    lock(tx, [me, somebody]).await?;
    if moderation::apart(&mut *tx, me, somebody).await? {
        return Err(Error::problem(403, "averse"));
    }
    let fresh = tx
        .execute(
            "INSERT INTO follow (follower_id, followed_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            args![me, somebody, now],
        )
        .await?;
    if fresh == 1 {
        counted(tx, me, somebody, 1).await?;
        inbox::tell_of_people(tx, shop, somebody, "followed", None, me, now).await?;
    }
    Ok(())
}

/// One more follows, or one less; both are locked.
async fn counted(tx: &mut Tx, me: PersonId, somebody: PersonId, by: i64) -> Result<()> {
    count(tx, me, Counts { following: by, ..Counts::default() }).await?;
    count(tx, somebody, Counts { followers: by, ..Counts::default() }).await
}

/// Somebody does not follow somebody any more, if he did; both are locked.
pub(crate) async fn end(tx: &mut Tx, follower: PersonId, followed: PersonId) -> Result<()> {
    let gone =
        tx.execute("DELETE FROM follow WHERE follower_id = $1 AND followed_id = $2", args![follower, followed]).await?;
    if gone == 1 {
        counted(tx, follower, followed, -1).await?;
        inbox::untell(tx, followed, "followed", None, follower).await?;
    }
    Ok(())
}

/// Holds off whoever else counts or changes something between some people, until the transaction ends. The lower id first: nobody waits
/// for ever. Posts are locked before people.
pub(crate) async fn lock<const N: usize>(tx: &mut Tx, mut people: [PersonId; N]) -> Result<()> {
    people.sort_by_key(|person| person.0);
    for person in people {
        count(tx, person, Counts::default()).await?;
    }
    Ok(())
}
