//! The desk of somebody who posts: what came of it.

pub mod api;
pub mod page;
