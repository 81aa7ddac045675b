//! The address book.

pub mod api;
pub mod page;
