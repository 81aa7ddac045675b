//! Live rooms: the list, a room, the host's own page.

pub mod api;
#[cfg(feature = "hydrate")]
mod follow;
pub mod list;
#[cfg(feature = "hydrate")]
mod play;
pub mod room;
pub mod studio;
