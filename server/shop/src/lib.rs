//! What happens in the shop: one use case a function, its SQL beside it.
//!
//! A use case takes the [`Shop`], checks with the rules of `domain`, and reads or writes through [`db::Db`]. A change is one
//! call of [`db::Db::write`]: either all of it is durable when the call returns, or nothing of it happened.
//!
//! To add a use case: put a function into the module of its capability; write the SQL as a literal in it (portable text with
//! `$1` arguments; the tests prepare every literal on both engines); read them into a private `row!`; return a
//! `...View` of `domain`. A capability calls the functions of its siblings, never their tables.
//!
//! Deliberately absent: leptos, axum, cookies, HTTP. Time and chance come from [`Shop::clock`] and [`Shop::rng`].

pub mod account;
pub mod address;
pub mod after_sale;
pub mod audit;
pub mod backup;
pub mod bus;
pub mod cart;
pub mod catalog;
pub mod challenge;
pub mod chance;
pub mod clock;
pub mod commission;
pub mod consent;
pub mod coupon;
pub mod creator;
pub mod db;
pub mod draw;
pub mod error;
pub mod feed;
mod fold;
pub mod follow;
pub mod group_buy;
mod idempotency;
pub mod inbox;
pub mod job;
pub mod ledger;
pub mod live;
pub mod mail;
pub mod many;
mod mark;
pub mod moderation;
pub mod order;
pub mod payment;
pub mod poll;
pub mod post;
pub mod question;
pub mod referral;
pub mod review;
pub mod search;
pub mod session;
pub mod settlement;
pub mod share;
pub mod shipment;
pub mod taste;
pub mod till;
pub mod totp;
pub mod verify;

pub use chance::Rng;
pub use clock::Clock;
pub use db::Db;
pub use error::{Error, Result};

use std::sync::Arc;

/// What a use case works with. Cheap to clone.
#[derive(Clone)]
pub struct Shop {
    pub db: Db,
    pub clock: Clock,
    pub rng: Rng,
    pub settings: Arc<Settings>,
    pub kept: Arc<Kept>,
    /// Who does something with it: what people of the shop do stands in the log ([`audit`]) under this name.
    pub by: Option<domain::id::PersonId>,
}

impl Shop {
    /// The shop, in the hands of somebody.
    #[must_use]
    pub fn by(&self, person: Option<domain::id::PersonId>) -> Self {
        Self { by: person, ..self.clone() }
    }

    /// How the other nodes are told of changes.
    pub(crate) fn bus(&self) -> &dyn bus::Bus {
        match self.kept.bus.get() {
            Some(nats) => nats,
            None => &self.db,
        }
    }
}

/// What this process keeps besides the database.
#[derive(Default)]
pub struct Kept {
    /// Read with every page and changed once a week: kept for two seconds.
    pub(crate) categories: catalog::Tree,
    /// The teams that open pages look at.
    pub teams: group_buy::news::Hub,
    /// The live rooms that open pages look at.
    pub rooms: live::news::Hub,
    pub(crate) joins: draw::Joins,
    pub(crate) votes: draw::Joins,
    /// The words that hosts do not want, ready to be looked for.
    pub(crate) unwanted: live::Unwanted,
    /// What is kept of rooms that are over.
    pub(crate) recordings: live::Recordings,
    /// Where jobs are handed that are due at once.
    pub hands: job::Hands,
    /// The lists of words that are in force.
    pub(crate) words: moderation::Kept,
    /// What people have looked for lately, and the words of one meaning.
    pub search: search::Kept,
    /// What the feed has learned, and what waits to be written.
    pub(crate) feed: feed::Kept,
    /// Who has opened which post today, as nobody can read it.
    pub(crate) creator: creator::Kept,
    /// Where a host sends his pictures to, and how they arrive; nothing where none are taken.
    pub encoder: std::sync::OnceLock<live::Encoder>,
    /// How the nodes tell each other of changes, where that is not left to the database.
    pub bus: std::sync::OnceLock<bus::Nats>,
    /// How a payment is made known to its provider.
    pub create: std::sync::OnceLock<payment::Create>,
}

/// What the operator decides about the shop.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Signs the callbacks of the sandbox provider.
    pub webhook_secret: Vec<u8>,
    /// Makes the keys that live rooms are sent to with.
    pub live_secret: Vec<u8>,
    /// The shop's wall clock, minutes east of UTC.
    pub utc_offset_minutes: i64,
    /// At the same time: argon2 runs need 19 MiB each.
    pub password_slots: usize,
    /// What the platform keeps of the goods of a completed order, in basis points.
    pub platform_fee_bp: i64,
    /// What authors earn on what is bought from their ads, of the fee: basis points of the goods.
    pub commission_bp: i64,
    /// Points that an inviter gets for a new shopper, and the new shopper for having come; none of both: no referrals.
    pub inviter_points: i64,
    pub invited_points: i64,
    /// Points for a review that says something, and for one that shows something.
    pub review_points: i64,
    pub review_picture_points: i64,
    /// Whether letters are written.
    pub mail: bool,
    /// The name that the shop is reached by; links to it lead nowhere else.
    pub host: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            webhook_secret: Vec::new(),
            live_secret: Vec::new(),
            utc_offset_minutes: 480,
            password_slots: 2,
            platform_fee_bp: 500,
            commission_bp: 300,
            inviter_points: 500,
            invited_points: 300,
            review_points: 20,
            review_picture_points: 30,
            mail: false,
            host: String::new(),
        }
    }
}
