//! Use cases against both engines. One binary, one link step; every test that says `both!` runs on `SQLite` and on `PostgreSQL`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test may fail where it stands"
)]

#[path = "tests/account.rs"]
mod account;
#[path = "tests/after_sale.rs"]
mod after_sale;
#[path = "tests/audit.rs"]
mod audit;
#[path = "tests/backup.rs"]
mod backup;
#[path = "tests/bus.rs"]
mod bus;
#[path = "tests/catalog.rs"]
mod catalog;
#[path = "tests/challenge.rs"]
mod challenge;
#[path = "tests/commission.rs"]
mod commission;
#[path = "tests/coupon.rs"]
mod coupon;
#[path = "tests/creator.rs"]
mod creator;
#[path = "tests/db.rs"]
mod db;
#[path = "tests/desk.rs"]
mod desk;
#[path = "tests/draw.rs"]
mod draw;
#[path = "tests/exchange.rs"]
mod exchange;
#[path = "tests/fan.rs"]
mod fan;
#[path = "tests/feed.rs"]
mod feed;
#[path = "tests/group_buy.rs"]
mod group_buy;
#[path = "tests/inbox.rs"]
mod inbox;
#[path = "tests/job.rs"]
mod job;
#[path = "tests/live.rs"]
mod live;
#[path = "tests/model.rs"]
mod model;
#[path = "tests/moderation.rs"]
mod moderation;
#[path = "tests/order.rs"]
mod order;
#[path = "tests/payment.rs"]
mod payment;
#[path = "tests/poll.rs"]
mod poll;
#[path = "tests/post.rs"]
mod post;
#[path = "tests/question.rs"]
mod question;
#[path = "tests/referral.rs"]
mod referral;
#[path = "tests/review.rs"]
mod review;
#[path = "tests/search.rs"]
mod search;
#[path = "tests/settlement.rs"]
mod settlement;
#[path = "tests/share.rs"]
mod share;
#[path = "tests/shipment.rs"]
mod shipment;
#[path = "tests/statements.rs"]
mod statements;
#[path = "tests/support.rs"]
mod support;
#[path = "tests/till.rs"]
mod till;
#[path = "tests/verify.rs"]
mod verify;
#[path = "tests/withdrawal.rs"]
mod withdrawal;
