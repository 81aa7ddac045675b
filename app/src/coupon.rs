//! Coupons: those that can be had and those that one has; the desk where the shop makes them. What a room hands out is in `live`, the
//! choice of an order in `order`; the words of a coupon are in `ui`.

pub mod api;
pub mod desk;
pub mod page;
