//! `SQLite` on the thread that asks: a statement takes microseconds, and a way to another thread and back costs more.
//!
//! Readers wait in a stack; who asks takes one and puts it back, so there are never more of them than threads that ask.

use super::{Args, DbError, Row, Value};
use rusqlite::{
    Connection, OpenFlags, Statement, ToSql,
    config::DbConfig,
    types::{ToSqlOutput, ValueRef},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Pages in the log (of 4 KiB) before they go into the database, which costs two syncs.
const CHECKPOINT: i64 = 8000;
/// Statements a connection keeps prepared.
const KEPT: usize = 256;

#[derive(Clone)]
pub(super) struct Readers {
    pub path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Arc::default() }
    }

    /// Runs one read; a connection that failed is not used again.
    pub fn read<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, DbError>) -> Result<T, DbError> {
        let idle = self.idle().pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => {
                let conn = open(&self.path)?;
                conn.pragma_update(None, "query_only", "ON")?;
                conn
            }
        };
        let answer = work(&mut conn)?;
        self.idle().push(conn);
        Ok(answer)
    }

    pub fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the file, made if it is not there: WAL, every commit synced, foreign keys held.
pub(super) fn open(path: &Path) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    conn.pragma_update(None, "foreign_keys", "ON")?;
    conn.pragma_update(None, "cache_size", -8000)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // A plan does not look at the arguments: else every new argument plans again.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(KEPT);
    Ok(conn)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(Some(v)) => ValueRef::Integer(*v),
            Self::Text(Some(v)) => ValueRef::Text(v.as_bytes()),
            Self::Blob(Some(v)) => ValueRef::Blob(v),
            Self::Uuid(Some(v)) => ValueRef::Blob(v.as_bytes()),
            Self::Bool(v) => ValueRef::Integer(i64::from(*v)),
            Self::Int(None) | Self::Text(None) | Self::Blob(None) | Self::Uuid(None) => ValueRef::Null,
        }))
    }
}

/// `$2` means the second argument, wherever it stands; to `SQLite` it is only a name.
fn bind(statement: &mut Statement<'_>, args: &Args) -> Result<(), DbError> {
    for at in 1..=statement.parameter_count() {
        let number = statement.parameter_name(at).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = number.and_then(|n| args.get(n.checked_sub(1)?));
        statement.raw_bind_parameter(at, value.ok_or_else(|| DbError::Row("an argument is missing".to_owned()))?)?;
    }
    Ok(())
}

pub(super) fn all<T: Row>(conn: &mut Connection, sql: &str, args: &Args) -> Result<Vec<T>, DbError> {
    let mut statement = conn.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(T::read(row)?);
    }
    Ok(all)
}

pub(super) fn optional<T: Row>(conn: &mut Connection, sql: &str, args: &Args) -> Result<Option<T>, DbError> {
    let mut statement = conn.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    let mut rows = statement.raw_query();
    rows.next()?.map(|row| T::read(row)).transpose()
}

pub(super) fn execute(conn: &mut Connection, sql: &str, args: &Args) -> Result<u64, DbError> {
    let mut statement = conn.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    Ok(u64::try_from(statement.raw_execute()?).unwrap_or(u64::MAX))
}
