//! The one writer of `SQLite`. Whatever writes are waiting share one BEGIN IMMEDIATE and one COMMIT, each in a savepoint of
//! its own: the disk is synced once for all of them, and a write that fails takes none of its neighbours with it.

use super::{Conn, DbError, Tx};
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::sqlite::SqliteConnection;
use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// At most so many writes wait in front of the writer, and share a commit.
const WAITING: usize = 1024;
const GROUP: usize = 256;
/// So many writes in a group say that more are coming; then the next group gathers for so long.
const CROWD: usize = 4;
const GATHER: Duration = Duration::from_millis(15);

/// Answers the caller once it is known whether the group was committed.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

trait Job: Send {
    /// Runs inside the job's savepoint; `true` keeps what it wrote.
    fn run(self: Box<Self>, tx: &mut Tx) -> BoxFuture<'_, (bool, Answer)>;
    fn refuse(self: Box<Self>, why: &str);
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    groups: Arc<AtomicU64>,
    writes: Arc<AtomicU64>,
}

struct Write<I, T, E, F> {
    input: I,
    work: F,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<I, T, E, F> Job for Write<I, T, E, F>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
    F: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
{
    fn run(self: Box<Self>, tx: &mut Tx) -> BoxFuture<'_, (bool, Answer)> {
        Box::pin(async move {
            let Self { input, work, reply } = *self;
            let result = match AssertUnwindSafe(work(tx, &input)).catch_unwind().await {
                Ok(result) => result,
                Err(_) => Err(DbError::NotCommitted("the write panicked".to_owned()).into()),
            };
            let keep = result.is_ok();
            let answer: Answer = Box::new(move |committed| {
                let result = match (result, committed) {
                    (Ok(_), Err(why)) => Err(DbError::NotCommitted(why).into()),
                    (result, _) => result,
                };
                // A caller that has gone away needs no answer.
                let _ = reply.send(result);
            });
            (keep, answer)
        })
    }

    fn refuse(self: Box<Self>, why: &str) {
        let _ = self.reply.send(Err(DbError::NotCommitted(why.to_owned()).into()));
    }
}

impl Writer {
    pub(super) fn start(conn: SqliteConnection) -> Self {
        let (queue, inbox) = mpsc::channel(WAITING);
        let writer = Self { queue, groups: Arc::default(), writes: Arc::default() };
        let (groups, writes) = (writer.groups.clone(), writer.writes.clone());
        tokio::spawn(serve(Tx { conn: Conn::Sqlite(conn), lost: false }, inbox, groups, writes));
        writer
    }

    pub(super) async fn write<I, T, E, F>(&self, input: I, work: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Write { input, work, reply });
        self.queue.send(Message::Job(job)).await.map_err(|_| DbError::WriterGone)?;
        answer.await.map_err(|_| DbError::WriterGone)?
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (self.groups.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

async fn serve(mut tx: Tx, mut inbox: mpsc::Receiver<Message>, groups: Arc<AtomicU64>, writes: Arc<AtomicU64>) {
    let mut crowded = false;
    while let Some(first) = inbox.recv().await {
        let mut jobs = Vec::new();
        let mut closing = None;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Job(job) => jobs.push(job),
                Message::Close(done) => {
                    closing = Some(done);
                    break;
                }
            }
            next = if jobs.len() < GROUP { inbox.try_recv().ok() } else { None };
        }
        // Under load a moment's wait lets one sync of the disk serve many; who writes alone does not wait.
        if jobs.len() >= CROWD || crowded {
            gather(&mut inbox, &mut jobs, &mut closing).await;
        }
        crowded = jobs.len() >= CROWD;
        if !jobs.is_empty() {
            groups.fetch_add(1, Ordering::Relaxed);
            writes.fetch_add(u64::try_from(jobs.len()).unwrap_or(0), Ordering::Relaxed);
            commit(&mut tx, jobs).await;
        }
        if let Some(done) = closing {
            if let Conn::Sqlite(conn) = tx.conn {
                let _ = sqlx::Connection::close(conn).await;
            }
            let _ = done.send(());
            return;
        }
    }
}

/// Takes what arrives until the group is full or [`GATHER`] is over.
async fn gather(
    inbox: &mut mpsc::Receiver<Message>,
    jobs: &mut Vec<Box<dyn Job>>,
    closing: &mut Option<oneshot::Sender<()>>,
) {
    let until = tokio::time::Instant::now() + GATHER;
    while closing.is_none() && jobs.len() < GROUP {
        match tokio::time::timeout_at(until, inbox.recv()).await {
            Ok(Some(Message::Job(job))) => jobs.push(job),
            Ok(Some(Message::Close(done))) => *closing = Some(done),
            Ok(None) | Err(_) => return,
        }
    }
}

async fn commit(tx: &mut Tx, jobs: Vec<Box<dyn Job>>) {
    let mut answers = Vec::with_capacity(jobs.len());
    let mut broken: Option<String> = None;
    // What ends one job and begins the next goes to the engine in one piece: each trip to its thread costs as much as a statement.
    let mut ahead = "BEGIN IMMEDIATE; SAVEPOINT job";
    for job in jobs {
        if let Some(why) = &broken {
            job.refuse(why);
            continue;
        }
        if let Err(error) = tx.command(ahead).await {
            let why = error.to_string();
            job.refuse(&why);
            broken = Some(why);
            continue;
        }
        let (keep, answer) = job.run(tx).await;
        answers.push(answer);
        ahead = if keep { "RELEASE job; SAVEPOINT job" } else { "ROLLBACK TO job; RELEASE job; SAVEPOINT job" };
    }
    let committed = match broken {
        // The last savepoint is either kept or rolled back to; COMMIT releases it.
        None => {
            let end = if ahead.starts_with("ROLLBACK") { "ROLLBACK TO job; COMMIT" } else { "COMMIT" };
            tx.command(end).await.map_err(|e| e.to_string())
        }
        Some(why) => Err(why),
    };
    if committed.is_err() {
        // The transaction may be gone already (SQLite rolls back by itself on a full disk); then this says so, harmlessly.
        let _ = tx.command("ROLLBACK").await;
    }
    for answer in answers {
        answer(committed.clone());
    }
}
