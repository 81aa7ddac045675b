//! Rows that both engines can fill: [`row!`](crate::row) writes the one function that reads a struct by the names of its fields.

use super::DbError;
use sqlx::{Decode, Postgres, Row as _, Type, postgres::PgRow};

/// A row of either engine.
pub trait Row: Sized + Send + 'static {
    /// # Errors
    /// A column that is not there or of another type.
    fn read(columns: &impl Columns) -> Result<Self, DbError>;
}

/// A type that both engines can answer with.
pub trait Column: rusqlite::types::FromSql + Type<Postgres> + for<'r> Decode<'r, Postgres> {}
impl<T> Column for T where T: rusqlite::types::FromSql + Type<Postgres> + for<'r> Decode<'r, Postgres> {}

/// What a statement answered with, by name.
pub trait Columns {
    /// # Errors
    /// A column that is not there or of another type.
    fn column<T: Column>(&self, name: &'static str) -> Result<T, DbError>;
}

impl Columns for rusqlite::Row<'_> {
    fn column<T: Column>(&self, name: &'static str) -> Result<T, DbError> {
        Ok(self.get(name)?)
    }
}

impl Columns for PgRow {
    fn column<T: Column>(&self, name: &'static str) -> Result<T, DbError> {
        Ok(self.try_get(name)?)
    }
}

/// A struct that is a [`Row`](crate::db::Row): each field is a column of its name.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $see:vis struct $name:ident { $($(#[$about:meta])* $shown:vis $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $see struct $name { $($(#[$about])* $shown $field: $type),* }

        impl $crate::db::Row for $name {
            fn read(columns: &impl $crate::db::Columns) -> Result<Self, $crate::db::DbError> {
                Ok(Self { $($field: columns.column(stringify!($field))?),* })
            }
        }
    };
}
