//! Routes that are not pages: pictures, callbacks, files for machines, operations.

pub mod card;
pub mod events;
pub mod hls;
pub mod media;
pub mod operations;
pub mod outside;
pub mod provider;
pub mod seen;
pub mod send;
pub mod share;
pub mod upload;
pub mod webhooks;
pub mod wellknown;
