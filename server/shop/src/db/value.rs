//! Arguments of statements, typed also when they are NULL: `PostgreSQL` refuses an int8 NULL for a text column.

use domain::id::{AddressId, MerchantId, OrderId, PersonId, PictureId, ProductId, SessionId, SkuId, VisitorId};
use uuid::Uuid;

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Bool(bool),
}

pub type Args = Vec<Value>;

impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Self::Int(Some(v))
    }
}

impl From<Option<i64>> for Value {
    fn from(v: Option<i64>) -> Self {
        Self::Int(v)
    }
}

impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Self::Text(Some(v.to_owned()))
    }
}

impl From<String> for Value {
    fn from(v: String) -> Self {
        Self::Text(Some(v))
    }
}

impl From<Option<String>> for Value {
    fn from(v: Option<String>) -> Self {
        Self::Text(v)
    }
}

impl From<&[u8]> for Value {
    fn from(v: &[u8]) -> Self {
        Self::Blob(Some(v.to_vec()))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(v: Option<Vec<u8>>) -> Self {
        Self::Blob(v)
    }
}

impl From<Uuid> for Value {
    fn from(v: Uuid) -> Self {
        Self::Uuid(Some(v))
    }
}

impl From<Option<Uuid>> for Value {
    fn from(v: Option<Uuid>) -> Self {
        Self::Uuid(v)
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}

macro_rules! from_ids {
    ($($id:ident),*) => { $(
        impl From<$id> for Value {
            fn from(v: $id) -> Self {
                Self::Uuid(Some(v.0))
            }
        }
    )* };
}

from_ids!(AddressId, MerchantId, OrderId, PersonId, PictureId, ProductId, SessionId, SkuId, VisitorId);
