//! Referral: whom I brought, who brought me, and what seems odd about it.

pub mod api;
pub mod desk;
pub mod mine;
