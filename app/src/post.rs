//! Posts: writing them, reading them, talking about them; topics, and people's pages.

pub mod api;
pub mod author;
pub mod board;
pub mod compose;
pub mod cut;
pub mod history;
pub mod known;
pub mod page;
mod poll;
mod talk;
pub mod topic;
