//! Payment: the sandbox cashier.

pub mod api;
pub mod cashier;
