//! The inbox: what happened while one was not looking.

pub mod api;
pub mod page;
