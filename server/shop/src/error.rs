//! What a use case may answer instead of a result.

use crate::db::DbError;
use domain::Problem;

/// A refusal that a person is told, or a fault of the database that only the log is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Db(#[from] DbError),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal by its code; see [`Problem`].
    pub fn problem(status: u16, code: &str) -> Self {
        Self::Problem(Problem::new(status, code))
    }

    /// What may leave the house. The inside goes to the log.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => {
                if problem.status >= 500 {
                    tracing::error!(code = problem.code, "use case failed");
                }
                problem
            }
            Self::Db(error) => {
                tracing::error!(%error, "database");
                Problem::internal()
            }
        }
    }

    /// The code of the refusal, for tests and metrics.
    pub fn code(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.code,
            Self::Db(_) => "internal",
        }
    }
}

impl From<domain::money::MoneyError> for Error {
    fn from(_: domain::money::MoneyError) -> Self {
        Self::Problem(Problem::bad_request())
    }
}

/// A row says something that the rules do not know: a defect, never a person's fault.
pub(crate) fn broken_row(what: &str) -> Error {
    Error::Db(DbError::Row(what.to_owned()))
}
