//! Reviews: writing one, reading them, answering them.

pub mod api;
pub mod desk;
pub mod list;
pub mod write;
