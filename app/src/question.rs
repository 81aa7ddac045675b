//! Questions about things, and answers of those who have them.

pub mod api;
pub mod page;
