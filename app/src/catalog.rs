//! The catalogue: feed, shelves, product.

pub mod api;
pub mod feed;
pub mod product;
mod sheet;
pub mod shelf;
