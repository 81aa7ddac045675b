//! After-sales: asking for money back, following a case, and the desk where the shop answers.

pub mod api;
pub mod case;
pub mod desk;
pub mod wish;
pub mod withdraw;
