//! Live rooms: the list, a room, the host's own page.

pub mod api;
mod camera;
pub mod clip;
mod drop;
mod fan;
#[cfg(feature = "hydrate")]
mod follow;
mod hand;
#[cfg(feature = "hydrate")]
mod js;
mod keep;
pub mod list;
mod numbers;
#[cfg(feature = "hydrate")]
mod play;
mod poll;
pub mod room;
#[cfg(feature = "hydrate")]
mod send;
pub mod studio;
