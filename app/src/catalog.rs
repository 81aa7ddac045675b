//! The catalogue: shelves, product.

pub mod api;
pub mod product;
mod sheet;
pub mod shelf;
