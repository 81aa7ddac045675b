//! Search: one box for everything, with tabs.

pub mod api;
pub mod page;
