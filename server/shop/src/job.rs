//! Jobs: what must happen after a change, written in the same transaction as the change.
//!
//! Invariants: a job is there exactly if its change was committed; it is delivered at least once, so what it does has an
//! idempotency of its own; a worker that dies loses its lease, not the job; a job that keeps failing is kept as dead for an
//! operator to see. Jobs run inside the process (the server's `jobs` room knows the kinds): one that is due at once is written
//! as taken already and handed to the worker when its change is committed; the rest are looked for and leased.

use crate::{
    Error, Result, Shop, args, audit,
    db::{Engine, Tx},
};
use domain::{Millis, job::DeadJobView, time::SECOND};
use std::sync::{PoisonError, RwLock};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Tries before a job is left to an operator.
pub const MAX_ATTEMPTS: i64 = 12;
/// Longer than a job may take; what a node held that is gone waits so long for another one.
const LEASE: Millis = 30 * SECOND;

crate::row! {
    /// A job in the hands of a worker.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Job {
        pub id: Uuid,
        pub kind: String,
        pub payload: String,
        pub attempts: i64,
    }
}

/// Jobs handed over and not begun; beyond it they are looked for like all others.
const HANDED: usize = 256;

/// The way from a committed change to the worker of this process. Without a worker nothing is handed.
#[derive(Default)]
pub struct Hands {
    to: RwLock<Option<mpsc::Sender<Job>>>,
}

impl Hands {
    /// Jobs that are due at once arrive here from now on.
    pub fn open(&self) -> mpsc::Receiver<Job> {
        let (to, from) = mpsc::channel(HANDED);
        *self.to.write().unwrap_or_else(PoisonError::into_inner) = Some(to);
        from
    }

    /// A place for one job, if somebody takes it.
    fn place(&self) -> Option<mpsc::OwnedPermit<Job>> {
        self.to.read().unwrap_or_else(PoisonError::into_inner).clone()?.try_reserve_owned().ok()
    }
}

/// Asks for something to be done at `run_at`. The same `key` is kept once while it waits.
///
/// # Errors
/// What the database says.
#[tracing::instrument(level = "debug", skip_all, name = "job: leave")]
pub(crate) async fn enqueue(
    tx: &mut Tx,
    shop: &Shop,
    kind: &str,
    key: &str,
    payload: &str,
    run_at: Millis,
) -> Result<()> {
    let now = shop.clock.now();
    let place = if run_at <= now { shop.kept.hands.place() } else { None };
    let (state, lease_until, attempts) =
        if place.is_some() { ("leased", Some(now + LEASE), 1) } else { ("ready", None, 0) };
    let job = Job { id: shop.rng.id(run_at), kind: kind.to_owned(), payload: payload.to_owned(), attempts };
    let fresh = tx
        .execute(
            "INSERT INTO job (id, kind, dedup_key, payload, state, run_at, attempts, lease_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            args![job.id, kind, format!("{kind}:{key}"), payload, state, run_at, attempts, lease_until],
        )
        .await?;
    if let Some(place) = place.filter(|_| fresh == 1) {
        tx.after_commit(move || drop(place.send(job)));
    }
    Ok(())
}

/// Takes up to `most` jobs that are due, for half a minute.
///
/// # Errors
/// What the database says.
pub async fn lease(shop: &Shop, most: i64) -> Result<Vec<Job>> {
    let now = shop.clock.now();
    let due: Vec<Job> = shop
        .db
        .fetch_all(
            "SELECT id, kind, payload, attempts FROM job
             WHERE run_at <= $1 AND state <> 'dead' AND (state = 'ready' OR lease_until <= $1) ORDER BY run_at LIMIT $2",
            args![now, most],
        )
        .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    shop.db
        .write((due, now), |tx, (due, now)| {
            Box::pin(async move {
                let mut mine = Vec::new();
                for job in due {
                    // The attempts that were read guard the lease: two workers cannot both have it.
                    let got = tx
                        .execute(
                            "UPDATE job SET state = 'leased', lease_until = $1, attempts = attempts + 1
                             WHERE id = $2 AND attempts = $3 AND (state = 'ready' OR lease_until <= $4)",
                            args![*now + LEASE, job.id, job.attempts, *now],
                        )
                        .await?;
                    if got == 1 {
                        mine.push(Job { attempts: job.attempts + 1, ..job.clone() });
                    }
                }
                Ok::<_, Error>(mine)
            })
        })
        .await
}

/// Puts jobs away that are done, and those that failed back with a growing pause. `failed`: what went wrong.
///
/// # Errors
/// What the database says.
#[tracing::instrument(level = "debug", skip_all, name = "job: put away")]
pub async fn settle(shop: &Shop, done: Vec<Job>, failed: Vec<(Job, String)>) -> Result<()> {
    if done.is_empty() && failed.is_empty() {
        return Ok(());
    }
    let jitter = i64::from(u16::from_le_bytes(shop.rng.bytes())) % 1000;
    let input = (done, failed, shop.clock.now(), jitter);
    shop.db
        .write(input, |tx, (done, failed, now, jitter)| {
            Box::pin(async move {
                for job in done {
                    tx.execute("DELETE FROM job WHERE id = $1 AND attempts = $2", args![job.id, job.attempts]).await?;
                }
                for (job, why) in failed {
                    // Somebody's money waits, for as long as his goods do: asked for often, and for twenty minutes.
                    let money = job.kind == "capture";
                    let state = if job.attempts >= if money { 45 } else { MAX_ATTEMPTS } { "dead" } else { "ready" };
                    let steps = u32::try_from(job.attempts.clamp(0, 10)).unwrap_or(10);
                    let most = if money { 30 * SECOND } else { Millis::MAX };
                    let pause = SECOND.saturating_mul(2_i64.saturating_pow(steps)).min(most) + *jitter;
                    tx.execute(
                        "UPDATE job SET state = $1, run_at = $2, lease_until = NULL, last_error = $3 WHERE id = $4 AND attempts = $5",
                        args![state, *now + pause, why.as_str(), job.id, job.attempts],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Gives back what a process held that is gone; for a database that only one process works on (`SQLite`), as it starts. A job
/// that is done twice because the other was not gone after all does its work once, as ever.
///
/// # Errors
/// What the database says.
pub async fn take_over(shop: &Shop) -> Result<()> {
    if shop.db.engine() != Engine::Sqlite {
        return Ok(());
    }
    shop.db
        .write((), |tx, ()| {
            Box::pin(async move {
                tx.execute("UPDATE job SET state = 'ready', lease_until = NULL WHERE state = 'leased'", args![])
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Jobs waiting (also leased ones) and jobs that are dead.
///
/// # Errors
/// What the database says.
pub async fn counts(shop: &Shop) -> Result<(i64, i64)> {
    crate::row! {
        struct Counts {
            waiting: i64,
            dead: i64,
        }
    }
    let row: Counts = shop
        .db
        .fetch_one(
            "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'dead' THEN 0 ELSE 1 END), 0) AS BIGINT) AS waiting,
                    CAST(COALESCE(SUM(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) AS BIGINT) AS dead FROM job",
            args![],
        )
        .await?;
    Ok((row.waiting, row.dead))
}

/// The jobs that were given up, the oldest first; at most 50.
///
/// # Errors
/// What the database says.
pub async fn dead(shop: &Shop) -> Result<Vec<DeadJobView>> {
    crate::row! {
        struct Dead {
            id: Uuid,
            kind: String,
            attempts: i64,
            last_error: Option<String>,
        }
    }
    let rows: Vec<Dead> = shop
        .db
        .fetch_all(
            "SELECT id, kind, attempts, last_error FROM job WHERE state = 'dead' ORDER BY run_at, id LIMIT 50",
            args![],
        )
        .await?;
    let view = |d: Dead| DeadJobView {
        id: d.id.simple().to_string(),
        kind: d.kind,
        attempts: d.attempts,
        error: d.last_error.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Gives a job that was given up all its tries again.
///
/// # Errors
/// `not_found` for one that is not dead.
pub async fn retry(shop: &Shop, id: &str) -> Result<()> {
    let id: Uuid = id.parse().map_err(|_| domain::Problem::not_found())?;
    shop.db
        .write((shop.clone(), id, shop.clock.now()), |tx, (shop, id, now)| {
            Box::pin(async move {
                let again = tx
                    .execute(
                        "UPDATE job SET state = 'ready', attempts = 0, run_at = $1, lease_until = NULL WHERE id = $2 AND state = 'dead'",
                        args![*now, *id],
                    )
                    .await?;
                if again == 0 {
                    return Err(domain::Problem::not_found().into());
                }
                audit::act(tx, shop, "retry_job", &id.simple().to_string(), "", *now).await
            })
        })
        .await
}
