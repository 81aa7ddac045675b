//! The catalogue: feed, shelves, search, product.

pub mod api;
pub mod feed;
mod filter;
pub mod product;
pub mod search;
mod sheet;
pub mod shelf;
