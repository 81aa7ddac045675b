//! Moderation: reports, decisions, appeals, the desk, the lists of words, the numbers; and whom one has blocked.

pub mod api;
pub mod averse;
pub mod decision;
pub mod desk;
pub mod numbers;
pub mod queue;
pub mod report;
pub mod words;
