//! One SQL text, two engines. The only place that knows there are two.
//!
//! - Reads: [`Db::fetch_all`], [`Db::fetch_optional`] and [`Db::fetch_one`] take a SQL literal with `$1` arguments and
//!   [`args!`](crate::args).
//! - [`Db::scan`] is the read that may take long: it stands in nobody's way.
//! - Writes: [`Db::write`] runs a function in a transaction. `SQLite` has one writer that commits in groups (`db/writer.rs`);
//!   `PostgreSQL` runs at READ COMMITTED and repeats what lost against a neighbour (40001, 40P01).
//!
//! Invariants: an `Ok` from [`Db::write`] is durable; an `Err` left nothing behind; the function may run more than once, so
//! it has no effect besides the database. Deliberately absent: a query builder, an ORM, SQL made at run time.

mod copy;
mod migrate;
mod row;
mod sqlite;
mod value;
mod writer;

pub use copy::{SQLITE_FILE, TABLES, engine_of};
pub use migrate::{Migrations, schema_of};
pub use row::{Column, Columns, Row};
pub use value::{Args, Value};

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{
    ConnectOptions, Postgres,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions},
    query::Query,
};
use std::{panic::AssertUnwindSafe, path::Path, str::FromStr, time::Duration};

/// Ids as one argument: a JSON list of their hexadecimal digits. What a statement joins to it has no upper number of rows.
pub(crate) fn listed(ids: &[uuid::Uuid]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", ids.join(","))
}

/// The arguments of a statement: `args![id, name, Some(3_i64)]`.
#[macro_export]
macro_rules! args {
    ($($e:expr),* $(,)?) => { vec![$($crate::db::Value::from($e)),*] };
}

/// A fault of the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("SQLite {0} can lose committed writes; 3.51.3 or newer is needed")]
    TooOld(String),
    #[error("a row that the rules do not know: {0}")]
    Row(String),
    #[error("not committed: {0}")]
    NotCommitted(String),
    #[error("the writer is gone")]
    WriterGone,
    #[error("not a database URL: {0}")]
    Url(String),
    #[error("disk: {0}")]
    Disk(#[from] std::io::Error),
}

/// Which engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone)]
enum Pool {
    Sqlite { readers: sqlite::Readers, writer: writer::Writer },
    Postgres(PgPool),
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
}

/// A transaction that is being written.
pub struct Tx {
    conn: Conn,
    /// A statement lost against a neighbour and the whole function may be tried again.
    lost: bool,
    after: Vec<After>,
}

/// What is done once it is committed.
type After = Box<dyn FnOnce() + Send>;

enum Conn {
    Sqlite(rusqlite::Connection),
    Postgres(PoolConnection<Postgres>),
}

fn bound(sql: &'static str, args: Args) -> Query<'static, Postgres, PgArguments> {
    let mut query = sqlx::query::<Postgres>(sql);
    for value in args {
        query = match value {
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Blob(v) => query.bind(v),
            Value::Uuid(v) => query.bind(v),
            Value::Bool(v) => query.bind(v),
        };
    }
    query
}

async fn all_of<T: Row>(conn: &mut PgConnection, sql: &'static str, args: Args) -> Result<Vec<T>, DbError> {
    bound(sql, args).fetch_all(conn).await?.iter().map(T::read).collect()
}

async fn first_of<T: Row>(conn: &mut PgConnection, sql: &'static str, args: Args) -> Result<Option<T>, DbError> {
    bound(sql, args).fetch_optional(conn).await?.as_ref().map(T::read).transpose()
}

/// Something that can be read: the database, or a transaction that sees its own writes.
pub trait Read: Send {
    /// All rows of a read.
    fn all<T: Row>(&mut self, sql: &'static str, args: Args) -> impl Future<Output = Result<Vec<T>, DbError>> + Send;
}

impl Read for &Db {
    async fn all<T: Row>(&mut self, sql: &'static str, args: Args) -> Result<Vec<T>, DbError> {
        self.fetch_all(sql, args).await
    }
}

impl<R: Read> Read for &mut R {
    async fn all<T: Row>(&mut self, sql: &'static str, args: Args) -> Result<Vec<T>, DbError> {
        (**self).all(sql, args).await
    }
}

impl Read for &mut Tx {
    async fn all<T: Row>(&mut self, sql: &'static str, args: Args) -> Result<Vec<T>, DbError> {
        self.fetch_all(sql, args).await
    }
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://...`. Does not migrate.
    ///
    /// # Errors
    /// [`DbError::TooOld`] for a `SQLite` that can lose commits, [`DbError::Url`], or what the engine says.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(Path::new(path))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await
        } else {
            Err(DbError::Url(url.split(':').next().unwrap_or_default().to_owned()))
        }
    }

    fn open_sqlite(path: &Path) -> Result<Self, DbError> {
        let version = rusqlite::version();
        if !recent_enough(version) {
            return Err(DbError::TooOld(version.to_owned()));
        }
        let writer = writer::Writer::start(sqlite::open(path)?)?;
        Ok(Self { pool: Pool::Sqlite { readers: sqlite::Readers::of(path), writer } })
    }

    async fn open_postgres(url: &str) -> Result<Self, DbError> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("tuanju")
            .statement_cache_capacity(256)
            .options([
                ("statement_timeout", "2000"),
                ("lock_timeout", "2000"),
                ("idle_in_transaction_session_timeout", "10000"),
            ])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        Ok(Self { pool: Pool::Postgres(pool) })
    }

    pub const fn engine(&self) -> Engine {
        match self.pool {
            Pool::Sqlite { .. } => Engine::Sqlite,
            Pool::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a read.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn fetch_all<T: Row>(&self, sql: &'static str, args: Args) -> Result<Vec<T>, DbError> {
        match &self.pool {
            Pool::Sqlite { readers, .. } => readers.read(|conn| sqlite::all(conn, sql, &args)),
            Pool::Postgres(pool) => all_of(&mut *pool.acquire().await?, sql, args).await,
        }
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn fetch_optional<T: Row>(&self, sql: &'static str, args: Args) -> Result<Option<T>, DbError> {
        match &self.pool {
            Pool::Sqlite { readers, .. } => readers.read(|conn| sqlite::optional(conn, sql, &args)),
            Pool::Postgres(pool) => first_of(&mut *pool.acquire().await?, sql, args).await,
        }
    }

    /// The row that must be there.
    ///
    /// # Errors
    /// [`DbError::Row`] when it is not; what the engine says.
    pub async fn fetch_one<T: Row>(&self, sql: &'static str, args: Args) -> Result<T, DbError> {
        self.fetch_optional(sql, args).await?.ok_or_else(|| DbError::Row("no row where one must be".to_owned()))
    }

    /// All rows of a read that may go over whole tables: it holds up no thread that answers people, and no limit of time ends it.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn scan<T: Row>(&self, sql: &'static str, args: Args) -> Result<Vec<T>, DbError> {
        match &self.pool {
            Pool::Sqlite { readers, .. } => {
                let readers = readers.clone();
                tokio::task::spawn_blocking(move || readers.read(|conn| sqlite::all(conn, sql, &args)))
                    .await
                    .map_err(|error| DbError::Row(error.to_string()))?
            }
            Pool::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(&mut *tx).await?;
                let all = all_of(&mut tx, sql, args).await;
                tx.rollback().await?;
                all
            }
        }
    }

    /// Runs `work` in a transaction; `Ok` is durable, `Err` left nothing behind.
    ///
    /// `work` may run again after losing against a neighbour, so it only reads `input` and writes through the transaction, and
    /// waits for nothing else.
    ///
    /// # Errors
    /// What `work` says; [`DbError`] when it could not be committed.
    pub async fn write<I, T, E, F>(&self, input: I, work: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        match &self.pool {
            Pool::Sqlite { writer, .. } => writer.write(input, work).await,
            Pool::Postgres(pool) => {
                // In a task of its own: a client that goes away must not cancel it half-way (security.md, fact 5).
                let pool = pool.clone();
                match tokio::spawn(async move { write_postgres(&pool, &input, &work).await }).await {
                    Ok(result) => result,
                    Err(error) => Err(DbError::NotCommitted(error.to_string()).into()),
                }
            }
        }
    }

    /// Hears what is said on a channel, on `PostgreSQL`, for as long as it is waited for: each text, and `None` when something may
    /// have been missed. On `SQLite` there is nobody else who says anything.
    pub async fn hear(&self, channel: &'static str, heard: &(dyn Fn(Option<&str>) + Send + Sync)) {
        let Pool::Postgres(pool) = &self.pool else { return std::future::pending().await };
        loop {
            let listening = async {
                let mut listener = PgListener::connect_with(pool).await?;
                listener.listen(channel).await?;
                heard(None);
                loop {
                    match listener.try_recv().await? {
                        Some(said) => heard(Some(said.payload())),
                        None => heard(None),
                    }
                }
            };
            let ended: Result<(), sqlx::Error> = listening.await;
            if let Err(error) = ended {
                tracing::warn!(%error, "listening to the other nodes");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Groups committed and writes in them so far, on `SQLite`: how well the group commit works.
    pub fn group_commits(&self) -> Option<(u64, u64)> {
        match &self.pool {
            Pool::Sqlite { writer, .. } => Some(writer.counts()),
            Pool::Postgres(_) => None,
        }
    }

    /// Waits for what is being written and closes all connections.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { readers, writer } => {
                readers.close();
                writer.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

const TRIES: u32 = 8;

async fn write_postgres<I, T, E, F>(pool: &PgPool, input: &I, work: &F) -> Result<T, E>
where
    E: From<DbError>,
    F: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Sync,
    I: Sync,
{
    let mut tries = 0;
    loop {
        let conn = pool.acquire().await.map_err(DbError::from)?;
        let mut tx = Tx { conn: Conn::Postgres(conn), lost: false, after: Vec::new() };
        tx.command("BEGIN").await?;
        // After a panic nothing of it may stay on a connection that others use.
        let result = match AssertUnwindSafe(work(&mut tx, input)).catch_unwind().await {
            Ok(result) => result,
            Err(_) => Err(DbError::NotCommitted("the write panicked".to_owned()).into()),
        };
        match result {
            Ok(value) => match tx.command("COMMIT").await {
                Ok(()) => {
                    tx.after.into_iter().for_each(|after| after());
                    return Ok(value);
                }
                Err(error) if !tx.lost => return Err(error.into()),
                Err(_) => {}
            },
            Err(error) => {
                tx.command("ROLLBACK").await?;
                if !tx.lost {
                    return Err(error);
                }
            }
        }
        drop(tx);
        tries += 1;
        if tries == TRIES {
            return Err(DbError::NotCommitted("lost against its neighbours too often".to_owned()).into());
        }
        tokio::time::sleep(Duration::from_millis(u64::from(2_u32.pow(tries)))).await;
    }
}

impl Tx {
    fn noted<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(DbError::Sql(sqlx::Error::Database(error))) = &result {
            self.lost |= matches!(error.code().as_deref(), Some("40001" | "40P01"));
        }
        result
    }

    /// All rows of a read inside the transaction.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn fetch_all<T: Row>(&mut self, sql: &'static str, args: Args) -> Result<Vec<T>, DbError> {
        let result = match &mut self.conn {
            Conn::Sqlite(c) => sqlite::all(c, sql, &args),
            Conn::Postgres(c) => all_of(c, sql, args).await,
        };
        self.noted(result)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn fetch_optional<T: Row>(&mut self, sql: &'static str, args: Args) -> Result<Option<T>, DbError> {
        let result = match &mut self.conn {
            Conn::Sqlite(c) => sqlite::optional(c, sql, &args),
            Conn::Postgres(c) => first_of(c, sql, args).await,
        };
        self.noted(result)
    }

    /// The row that must be there.
    ///
    /// # Errors
    /// [`DbError::Row`] when it is not; what the engine says.
    pub async fn fetch_one<T: Row>(&mut self, sql: &'static str, args: Args) -> Result<T, DbError> {
        self.fetch_optional(sql, args).await?.ok_or_else(|| DbError::Row("no row where one must be".to_owned()))
    }

    /// Writes; answers how many rows it touched. 0 rows of a guarded update is a lost race.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn execute(&mut self, sql: &'static str, args: Args) -> Result<u64, DbError> {
        let result = match &mut self.conn {
            Conn::Sqlite(c) => sqlite::execute(c, sql, &args),
            Conn::Postgres(c) => match bound(sql, args).execute(&mut **c).await {
                Ok(done) => Ok(done.rows_affected()),
                Err(error) => Err(error.into()),
            },
        };
        self.noted(result)
    }

    /// Which engine writes.
    pub(crate) const fn engine(&self) -> Engine {
        match self.conn {
            Conn::Sqlite(_) => Engine::Sqlite,
            Conn::Postgres(_) => Engine::Postgres,
        }
    }

    /// Does something in this process once the transaction is committed, and nothing if it is not.
    pub(crate) fn after_commit(&mut self, after: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(after));
    }

    /// BEGIN, COMMIT and their kind.
    async fn command(&mut self, sql: &'static str) -> Result<(), DbError> {
        let result = match &mut self.conn {
            Conn::Sqlite(c) => sqlite::execute(c, sql, &Vec::new()).map(drop),
            Conn::Postgres(c) => sqlx::raw_sql(sql).execute(&mut **c).await.map(drop).map_err(DbError::Sql),
        };
        self.noted(result)
    }
}

/// `3.51.3` and newer have no WAL-reset bug (security.md, fact 1).
fn recent_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next()) >= (3, 51, 3)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_sqlite_that_loses_commits_is_refused() {
        for (version, fine) in
            [("3.51.3", true), ("3.52.0", true), ("4.0.0", true), ("3.51.2", false), ("3.46.1", false)]
        {
            assert_eq!(super::recent_enough(version), fine, "{version}");
        }
    }
}
