//! Sharing: the sheet that sends a thing, and what one's links did.

pub mod api;
#[cfg(feature = "hydrate")]
mod device;
pub mod mine;
pub mod sheet;
