//! The log of what people of the shop did.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActView {
    pub seq: i64,
    pub name: String,
    /// A key of the locale files.
    pub act: String,
    /// The code or name of what it was done to.
    pub object: String,
    pub detail: String,
    pub at: Millis,
}

/// A page of them, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogView {
    pub acts: Vec<ActView>,
    pub next: Option<i64>,
}
