//! The one writer of `SQLite`. Whatever writes are waiting share one BEGIN IMMEDIATE and one COMMIT, each in a savepoint of
//! its own: the disk is synced once for all of them, and a write that fails takes none of its neighbours with it. It has a
//! thread of its own, so nobody who answers people waits for the disk.

use super::{Conn, DbError, Tx, sqlite};
use futures_util::{FutureExt, future::BoxFuture};
use rusqlite::Connection;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// At most so many writes wait in front of the writer, and share a commit.
const WAITING: usize = 1024;
const GROUP: usize = 256;
/// So many writes in a group say that more are coming; then the next one gathers until it has enough, or for so long.
const CROWD: usize = 4;
const ENOUGH: usize = 40;
const LOOK: Duration = Duration::from_millis(4);
const LOOKS: usize = 9;

/// Answers the caller once it is known whether the group was committed.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

trait Job: Send {
    /// Runs inside the job's savepoint; `true` keeps what it wrote.
    fn run(self: Box<Self>, tx: &mut Tx) -> (bool, Answer);
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
    fn run(self: Box<Self>, tx: &mut Tx) -> (bool, Answer) {
        let Self { input, work, reply } = *self;
        // Here every statement answers at once, so a write that waits for nothing else is ready when it is asked.
        let result = match catch_unwind(AssertUnwindSafe(|| work(tx, &input).now_or_never())) {
            Ok(Some(result)) => result,
            Ok(None) => Err(DbError::NotCommitted("the write waits for something else".to_owned()).into()),
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
    }

    fn refuse(self: Box<Self>, why: &str) {
        let _ = self.reply.send(Err(DbError::NotCommitted(why.to_owned()).into()));
    }
}

impl Writer {
    pub(super) fn start(conn: Connection) -> Result<Self, DbError> {
        let (queue, inbox) = mpsc::channel(WAITING);
        let writer = Self { queue, groups: Arc::default(), writes: Arc::default() };
        let (groups, writes) = (writer.groups.clone(), writer.writes.clone());
        thread::Builder::new().name("writer".to_owned()).spawn(move || {
            serve(Tx { conn: Conn::Sqlite(conn), lost: false, after: Vec::new() }, inbox, &groups, &writes)
        })?;
        Ok(writer)
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

fn serve(mut tx: Tx, mut inbox: mpsc::Receiver<Message>, groups: &AtomicU64, writes: &AtomicU64) {
    let mut crowded = false;
    while let Some(first) = inbox.blocking_recv() {
        let mut jobs = Vec::new();
        let mut closing = None;
        take(&mut inbox, Some(first), &mut jobs, &mut closing);
        // Under load a moment's wait lets one sync of the disk serve many; who writes alone does not wait.
        if jobs.len() >= CROWD || crowded {
            for _ in 0..LOOKS {
                if closing.is_some() || jobs.len() >= ENOUGH {
                    break;
                }
                thread::sleep(LOOK);
                take(&mut inbox, None, &mut jobs, &mut closing);
            }
        }
        crowded = jobs.len() >= CROWD;
        if !jobs.is_empty() {
            groups.fetch_add(1, Ordering::Relaxed);
            writes.fetch_add(u64::try_from(jobs.len()).unwrap_or(0), Ordering::Relaxed);
            commit(&mut tx, jobs);
        }
        if let Some(done) = closing {
            drop(tx);
            let _ = done.send(());
            return;
        }
    }
}

/// Takes what waits, until the group is full.
fn take(
    inbox: &mut mpsc::Receiver<Message>,
    first: Option<Message>,
    jobs: &mut Vec<Box<dyn Job>>,
    closing: &mut Option<oneshot::Sender<()>>,
) {
    let mut next = first.or_else(|| inbox.try_recv().ok());
    while let Some(message) = next {
        match message {
            Message::Job(job) => jobs.push(job),
            Message::Close(done) => {
                *closing = Some(done);
                return;
            }
        }
        next = if jobs.len() < GROUP { inbox.try_recv().ok() } else { None };
    }
}

fn commit(tx: &mut Tx, jobs: Vec<Box<dyn Job>>) {
    let mut answers = Vec::with_capacity(jobs.len());
    let mut after = Vec::new();
    let mut broken = command(tx, "BEGIN IMMEDIATE").err();
    for job in jobs {
        if broken.is_none() {
            broken = command(tx, "SAVEPOINT job").err();
        }
        if let Some(why) = &broken {
            job.refuse(why);
            continue;
        }
        let (keep, answer) = job.run(tx);
        answers.push(answer);
        let its = std::mem::take(&mut tx.after);
        if keep {
            after.extend(its);
        }
        let ends: &[_] = if keep { &["RELEASE job"] } else { &["ROLLBACK TO job", "RELEASE job"] };
        broken = ends.iter().find_map(|end| command(tx, end).err());
    }
    let committed = match broken {
        None => tracing::debug_span!("commit").in_scope(|| command(tx, "COMMIT")),
        Some(why) => Err(why),
    };
    if committed.is_err() {
        // The transaction may be gone already (SQLite rolls back by itself on a full disk); then this says so, harmlessly.
        let _ = command(tx, "ROLLBACK");
    }
    if committed.is_ok() {
        after.into_iter().for_each(|after| after());
    }
    for answer in answers {
        answer(committed.clone());
    }
}

fn command(tx: &mut Tx, sql: &str) -> Result<(), String> {
    match &mut tx.conn {
        Conn::Sqlite(conn) => sqlite::execute(conn, sql, &Vec::new()).map(drop).map_err(|e| e.to_string()),
        Conn::Postgres(_) => Err("not the writer's connection".to_owned()),
    }
}
