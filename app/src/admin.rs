//! The back office: what needs a hand today, and what is on sale.

pub mod api;
pub mod log;
pub mod orders;
pub mod page;
