//! Topic challenges: the list of them, one with what competes, and the desk where the shop makes and decides them.

pub mod api;
pub mod desk;
pub mod page;
