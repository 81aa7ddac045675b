//! What is true in the shop: rules, words, money and ids.
//!
//! Everything here is pure. There is no clock, no random source, no async and no IO: time and chance come in as
//! arguments, so that the browser, the server and a property test compute the same answer.
//!
//! Each capability has one module of its own name, the same name that it has in `shop` and in `app`:
//! rules first, then the `...View` types that a page shows, then the errors, whose codes are message keys.

#[macro_use]
mod names;

pub mod access;
pub mod account;
pub mod address;
pub mod after_sale;
pub mod audit;
pub mod cart;
pub mod catalog;
pub mod challenge;
pub mod commission;
pub mod coupon;
pub mod creator;
pub mod draw;
pub mod feed;
pub mod group_buy;
pub mod id;
pub mod inbox;
pub mod job;
pub mod known;
pub mod lang;
pub mod ledger;
pub mod live;
pub mod moderation;
pub mod money;
pub mod order;
pub mod payment;
pub mod poll;
pub mod post;
pub mod problem;
pub mod question;
pub mod referral;
pub mod review;
pub mod search;
pub mod settlement;
pub mod share;
pub mod shipment;
pub mod shipping;
pub mod time;

pub use id::Code;
pub use lang::Lang;
pub use money::{Currency, Money};
pub use problem::Problem;
pub use time::Millis;
