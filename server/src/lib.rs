//! What answers: the router with its layers, the edges (media, webhooks, operations), the jobs, the command line.
//!
//! A request walks: limits -> cross-site rule -> visit (session, language, theme) -> rates -> page, server function or edge.
//! Deliberately absent: business rules and SQL; they are in `domain` and `shop`.

pub mod art;
pub mod assets;
pub mod card;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod edge;
pub mod files;
mod film;
pub mod jobs;
pub mod layers;
pub mod live;
pub mod mail;
pub mod outside;
pub mod pages;
pub mod provider;
pub mod router;
pub mod seed;
pub mod serve;
pub mod watch;

use shop::Shop;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::Notify;

/// What every handler is given. One count up and down to clone, which every layer does.
#[derive(Clone)]
pub struct House(Arc<Rooms>);

pub struct Rooms {
    pub shop: Shop,
    pub settings: HouseSettings,
    pub pages: pages::Cache,
    pub rates: layers::rates::Rates,
    /// What live rooms show, as far as it is sent to this process.
    pub streams: ::live::Hub,
    /// Places of those who send.
    pub senders: Arc<::live::Places>,
    /// True when the process ends: connections that are no requests are closed.
    pub leaving: Arc<tokio::sync::watch::Sender<bool>>,
    /// What hosts send to try it out: nobody sees it, nothing of it is kept.
    pub practice: ::live::Hub,
    /// Takes those who send over WebRTC, where this process does.
    pub whip: std::sync::OnceLock<::live::whip::Whip>,
    /// Rung when something was written: jobs may be waiting.
    pub bell: Notify,
}

impl House {
    pub fn new(shop: Shop, settings: HouseSettings) -> Self {
        Self::with_streams(shop, settings).0
    }

    /// As [`House::new`], with what happens to live pictures.
    pub fn with_streams(shop: Shop, settings: HouseSettings) -> (Self, ::live::Events) {
        let clock = shop.clock.clone();
        let again = clock.clone();
        let (streams, events) = ::live::Hub::new(move || clock.now());
        let (practice, _) = ::live::Hub::new(move || again.now());
        let house = Self(Arc::new(Rooms {
            shop,
            streams,
            practice,
            senders: Arc::default(),
            leaving: Arc::new(tokio::sync::watch::channel(false).0),
            whip: std::sync::OnceLock::new(),
            settings,
            pages: pages::Cache::default(),
            rates: layers::rates::Rates::default(),
            bell: Notify::new(),
        }));
        (house, events)
    }

    /// The sandbox provider, as jobs reach it.
    pub fn sandbox<'a>(&'a self, http: &'a provider::Http) -> provider::Sandbox<'a> {
        provider::Sandbox { shop: &self.shop, at: &self.settings.sandbox, http }
    }
}

impl std::ops::Deref for House {
    type Target = Rooms;

    fn deref(&self) -> &Rooms {
        &self.0
    }
}

/// What the operator decides about serving.
#[derive(Clone, Debug)]
pub struct HouseSettings {
    pub data: PathBuf,
    pub base_url: Arc<str>,
    /// Cookies are `Secure` and carry the `__Host-` name.
    pub secure: bool,
    pub demo: bool,
    pub second_factor_off: bool,
    pub limits_off: bool,
    pub trusted_proxy: Vec<std::net::IpAddr>,
    /// Where this process listens for itself ([`router::own`]); jobs call its callbacks there.
    pub own_addr: std::net::SocketAddr,
    /// Where the sandbox provider's service is: scheme and host.
    pub sandbox: Arc<str>,
    /// The demo's room, whose pictures are not kept: they are the same for ever.
    pub unkept: std::sync::OnceLock<domain::Code>,
    /// Takes live pictures in our place.
    pub outside: Option<Arc<outside::Outside>>,
    /// How letters leave; none when they do not.
    pub mail: Option<mail::Mailer>,
}
