//! Settlement: what the shop holds, and whom it owes it to.

pub mod api;
pub mod page;
