//! What people see: pages, parts, and the server functions that they call.
//!
//! A capability has a folder of its own: `api` holds the server functions (check, call one use case of `shop`, map), the other
//! files show. Nothing here decides anything about money, stock or rights; `domain` does. A capability does not import a
//! sibling: what two share is in [`ui`] or in `domain`.
//!
//! Everything a shopper must do is a plain HTML form or a link; wasm makes it smoother. The same view renders on the server
//! and hydrates in the browser, so nothing here reads a clock, a random source or a cookie while rendering: what differs by
//! visit comes in [`site::Site`].

pub mod account;
pub mod address;
pub mod admin;
pub mod after_sale;
pub mod cart;
pub mod catalog;
pub mod challenge;
pub mod coupon;
pub mod creator;
pub mod draw;
pub mod fail;
pub mod feed;
pub mod group_buy;
pub mod i18n;
pub mod inbox;
pub mod live;
pub mod look;
pub mod moderation;
pub mod order;
pub mod payment;
pub mod post;
pub mod question;
pub mod referral;
#[cfg(feature = "ssr")]
pub mod request;
pub mod review;
pub mod routes;
pub mod search;
pub mod settlement;
pub mod share;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod site;
pub mod ui;

pub use routes::App;
