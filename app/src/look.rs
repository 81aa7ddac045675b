//! How things look: language, theme, and the page for when the network is gone.

pub mod api;
pub mod page;
