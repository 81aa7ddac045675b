//! The cart.

pub mod api;
pub mod page;
