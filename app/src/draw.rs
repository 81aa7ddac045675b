//! Lucky bags and red packets: in a room, in the studio, and the page where anybody checks one.

pub mod api;
pub mod card;
pub mod desk;
pub mod fair;
