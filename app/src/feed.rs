//! The feed: where most people come in; why something stands in it, and what it knows of somebody.

pub mod api;
pub mod page;
#[cfg(feature = "hydrate")]
pub mod seen;
pub mod taste;
pub mod why;
