//! Group-buy: the page of a team, and the campaigns of the shop.

pub mod api;
pub mod campaigns;
pub mod editor;
pub mod invite;
#[cfg(feature = "hydrate")]
mod live;
