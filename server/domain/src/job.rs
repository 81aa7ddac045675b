//! Jobs, as the back office sees them.

use serde::{Deserialize, Serialize};

/// A job that was given up after its last try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadJobView {
    pub id: String,
    pub kind: String,
    pub attempts: i64,
    /// What went wrong last, for the operator.
    pub error: String,
}
