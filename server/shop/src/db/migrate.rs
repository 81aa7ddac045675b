//! Migrations: append-only, numbered alike for both engines, embedded in the binary.

use super::{Db, DbError, Engine, Pool};
use sqlx::migrate::Migrator;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// What stands in the database and what the binary brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrations {
    /// Versions that are already there.
    pub done: Vec<i64>,
    /// Version and name of what is still to do.
    pub pending: Vec<(i64, String)>,
    /// The database was written by a newer binary: this one must not touch it.
    pub newer: bool,
}

impl Db {
    fn migrator(&self) -> &'static Migrator {
        match self.engine() {
            Engine::Sqlite => &SQLITE,
            Engine::Postgres => &POSTGRES,
        }
    }

    /// Compares the database with the binary; changes nothing.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn migrations(&self) -> Result<Migrations, DbError> {
        crate::row! {
            struct Version {
                version: i64,
            }
        }
        let known: Option<Version> = match self.engine() {
            Engine::Sqlite => {
                self.fetch_optional(
                    "SELECT COUNT(*) AS version FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'",
                    Vec::new(),
                )
                .await?
            }
            Engine::Postgres => {
                self.fetch_optional(
                    "SELECT COUNT(*) AS version FROM pg_tables WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'",
                    Vec::new(),
                )
                .await?
            }
        };
        let done: Vec<i64> = if known.is_some_and(|k| k.version > 0) {
            let rows: Vec<Version> =
                self.fetch_all("SELECT version FROM _sqlx_migrations ORDER BY version", Vec::new()).await?;
            rows.into_iter().map(|r| r.version).collect()
        } else {
            Vec::new()
        };
        let all: Vec<(i64, String)> = self.migrator().iter().map(|m| (m.version, m.description.to_string())).collect();
        let newer = done.iter().any(|v| !all.iter().any(|(a, _)| a == v));
        let pending = all.into_iter().filter(|(v, _)| !done.contains(v)).collect();
        Ok(Migrations { done, pending, newer })
    }

    /// Brings the database to the version of this binary.
    ///
    /// # Errors
    /// What the engine says; a database of a newer binary is refused.
    pub async fn migrate(&self) -> Result<(), DbError> {
        self.migrate_to(i64::MAX).await
    }

    /// Brings the database to a version that is not beyond `version`.
    pub(super) async fn migrate_to(&self, version: i64) -> Result<(), DbError> {
        let version = self.migrator().iter().map(|m| m.version).filter(|v| *v <= version).max().unwrap_or(0);
        match &self.pool {
            // On a connection of its own: readers may not write, and the writer knows only single statements. A table that is made
            // anew is gone for a moment, so references are looked at afterwards.
            Pool::Sqlite { readers, .. } => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&readers.path).foreign_keys(false);
                let mut conn = sqlx::ConnectOptions::connect(&options).await?;
                self.migrator().run_to(version, &mut conn).await?;
                let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut conn).await?.len();
                if dangling > 0 {
                    return Err(DbError::Row(format!(
                        "{dangling} rows refer to what is not there after the migrations"
                    )));
                }
                sqlx::Connection::close(conn).await?;
            }
            Pool::Postgres(pool) => self.migrator().run_to(version, pool).await?,
        }
        Ok(())
    }
}

/// The tables and columns of the database, one `table.column` a line, sorted: equal on both engines.
///
/// # Errors
/// What the engine says.
pub async fn schema_of(db: &Db) -> Result<Vec<String>, DbError> {
    crate::row! {
        struct Name {
            name: String,
        }
    }
    let rows: Vec<Name> = match db.engine() {
        Engine::Sqlite => {
            db.fetch_all(
                "SELECT m.name || '.' || c.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY 1",
                Vec::new(),
            )
            .await?
        }
        Engine::Postgres => {
            db.fetch_all(
                "SELECT table_name || '.' || column_name AS name FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations' ORDER BY 1",
                Vec::new(),
            )
            .await?
        }
    };
    let mut names: Vec<String> = rows.into_iter().map(|r| r.name).collect();
    names.sort();
    Ok(names)
}
