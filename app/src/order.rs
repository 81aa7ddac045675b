//! Orders: checkout, my orders, one order.

pub mod api;
pub mod checkout;
mod coupons;
pub mod list;
mod parcels;
mod part;
pub mod receipt;
pub mod show;
