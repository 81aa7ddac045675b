//! Accounts: log in, register, second factor, me, settings.

pub mod api;
pub mod factor;
pub mod login;
pub mod me;
pub mod register;
pub mod settings;
