//! Live rooms: the list, a room, the host's own page.

pub mod api;
mod camera;
#[cfg(feature = "hydrate")]
mod follow;
#[cfg(feature = "hydrate")]
mod js;
pub mod list;
#[cfg(feature = "hydrate")]
mod play;
pub mod room;
#[cfg(feature = "hydrate")]
mod send;
pub mod studio;
