//! What the operator says: the command line, the environment (`TUANJU_...`), and a file, in this order of weight.

use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

/// Options that every subcommand takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Where data is kept: `data` when nothing is said; a demo then uses a folder that is removed at the end.
    #[arg(long = "data", env = "TUANJU_DATA", global = true, value_name = "DIR")]
    pub said: Option<PathBuf>,
    /// `said`, or what stands for it.
    #[arg(skip = PathBuf::from("data"))]
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://...`; `SQLite` inside the data folder when nothing is said.
    #[arg(long, env = "TUANJU_DATABASE", global = true)]
    pub database: Option<String>,
    /// How the nodes of a shop tell each other of changes: `nats://user:password@host:4222`; by the database when nothing is said.
    #[arg(long, env = "TUANJU_NATS", global = true, requires = "database", hide_env_values = true)]
    pub nats: Option<String>,
}

impl Common {
    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("tuanju.db").display()))
    }
}

/// Options of a server.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// Where to listen.
    #[arg(long, env = "TUANJU_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// How people reach the shop: scheme and host. Links and cookies follow it.
    #[arg(long, env = "TUANJU_BASE_URL")]
    pub base_url: Option<String>,
    /// Proxies in front, whose `X-Forwarded-For` is believed.
    #[arg(long, env = "TUANJU_TRUSTED_PROXY", value_delimiter = ',')]
    pub trusted_proxy: Vec<IpAddr>,
    /// Signs payment callbacks; made and kept in the data folder when nothing is said.
    #[arg(long, env = "TUANJU_WEBHOOK_SECRET", hide_env_values = true)]
    pub webhook_secret: Option<String>,
    /// Makes the keys of live rooms; made and kept in the data folder when nothing is said. The same on every node.
    #[arg(long, env = "TUANJU_LIVE_SECRET", hide_env_values = true)]
    pub live_secret: Option<String>,
    /// The shop's wall clock, minutes east of UTC.
    #[arg(long, env = "TUANJU_UTC_OFFSET_MINUTES", default_value_t = 480, allow_hyphen_values = true)]
    pub utc_offset_minutes: i64,
    /// What the platform keeps of the goods of a completed order, in basis points (500 = 5 %).
    #[arg(long, env = "TUANJU_PLATFORM_FEE_BP", default_value_t = 500, value_parser = clap::value_parser!(i64).range(0..=10_000))]
    pub platform_fee_bp: i64,
    /// What an author earns on what is bought from a post of his that says it is an ad, of the goods of a completed order, in basis points.
    /// It is paid out of the fee of the platform.
    #[arg(long, env = "TUANJU_COMMISSION_BP", default_value_t = 300, value_parser = clap::value_parser!(i64).range(0..=10_000))]
    pub commission_bp: i64,
    /// Points that somebody gets for a new shopper who came by his link.
    #[arg(long, env = "TUANJU_INVITER_POINTS", default_value_t = 500, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub inviter_points: i64,
    /// Points that the new shopper gets.
    #[arg(long, env = "TUANJU_INVITED_POINTS", default_value_t = 300, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub invited_points: i64,
    /// Points for a review of what arrived that says something, whatever it says.
    #[arg(long, env = "TUANJU_REVIEW_POINTS", default_value_t = 20, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub review_points: i64,
    /// Points for a picture in a review.
    #[arg(long, env = "TUANJU_REVIEW_PICTURE_POINTS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub review_picture_points: i64,
    /// Where the sandbox provider's service answers; this process itself when nothing is said.
    #[arg(long, env = "TUANJU_SANDBOX_URL")]
    pub sandbox_url: Option<String>,
    /// How letters leave: `smtps://user:password@host`, `smtp://host:port`, or `file:FOLDER`; none when nothing is said.
    #[arg(long, env = "TUANJU_MAIL", hide_env_values = true)]
    pub mail: Option<String>,
    /// Whom letters are from.
    #[arg(long, env = "TUANJU_MAIL_FROM", default_value = "Tuanju <shop@localhost.localdomain>")]
    pub mail_from: String,
    /// Where encoders of live rooms send to (RTMP); none when nothing is said, 127.0.0.1:1935 in the demo.
    #[arg(long, env = "TUANJU_RTMP")]
    pub rtmp: Option<SocketAddr>,
    /// Where they send to within TLS (RTMPS), with the certificate of `--tls-cert` and `--tls-key`.
    #[arg(long, env = "TUANJU_RTMPS", requires_all = ["tls_cert", "tls_key"])]
    pub rtmps: Option<SocketAddr>,
    /// The chain of that certificate, PEM; read anew when it has changed.
    #[arg(long, env = "TUANJU_TLS_CERT", requires = "rtmps")]
    pub tls_cert: Option<PathBuf>,
    #[arg(long, env = "TUANJU_TLS_KEY", requires = "rtmps")]
    pub tls_key: Option<PathBuf>,
    /// Where browsers and OBS send to over WebRTC (UDP); none when nothing is said, 127.0.0.1:8189 in the demo.
    #[arg(long, env = "TUANJU_WEBRTC")]
    pub webrtc: Option<SocketAddr>,
    /// Where that is reached from outside; the address of the shop's host when nothing is said.
    #[arg(long, env = "TUANJU_WEBRTC_PUBLIC")]
    pub webrtc_public: Option<SocketAddr>,
    /// A media server that takes live pictures in our place; then `--rtmp` and `--webrtc` are not for us.
    #[arg(long, env = "TUANJU_MEDIA_SERVER", requires_all = ["media_ingest", "media_playback", "media_api", "media_secret"], conflicts_with_all = ["rtmp", "rtmps", "webrtc"])]
    pub media_server: Option<crate::outside::Kind>,
    /// Where hosts send to there: `rtmp://media.example/live`.
    #[arg(long, env = "TUANJU_MEDIA_INGEST", requires = "media_server")]
    pub media_ingest: Option<String>,
    /// Where a room plays there: `https://media.example/live/{room}/index.m3u8`; signed with `{expires}` and `{sig}`.
    #[arg(long, env = "TUANJU_MEDIA_PLAYBACK", requires = "media_server")]
    pub media_playback: Option<String>,
    /// Its API, within our own network: `http://media:9997`.
    #[arg(long, env = "TUANJU_MEDIA_API", requires = "media_server")]
    pub media_api: Option<String>,
    /// What its hooks say so that we believe them, and what addresses are signed with; 16 signs at least.
    #[arg(long, env = "TUANJU_MEDIA_SECRET", requires = "media_server", hide_env_values = true)]
    pub media_secret: Option<String>,
    /// Watches the books: closes the till within a second when an invariant of the money is broken.
    #[arg(long, env = "TUANJU_WATCH")]
    pub watch: bool,
    /// Demo only: operators need no second factor.
    #[arg(long, env = "TUANJU_SECOND_FACTOR_OFF")]
    pub second_factor_off: bool,
    /// Demo only: no limits by address and account, for load drivers on one machine.
    #[arg(long, env = "TUANJU_LIMITS_OFF")]
    pub limits_off: bool,
    /// Demo only: shifts the shop's clock.
    #[arg(long, env = "TUANJU_CLOCK_OFFSET", default_value_t = 0, allow_hyphen_values = true)]
    pub clock_offset: i64,
}

impl Serve {
    /// Scheme and host, without a slash at the end.
    pub fn base(&self) -> String {
        self.base_url.clone().map_or_else(|| format!("http://{}", self.addr), |b| b.trim_end_matches('/').to_owned())
    }

    /// Refuses what must not be combined.
    ///
    /// # Errors
    /// Says which options, and why.
    pub fn checked(&self, demo: bool) -> Result<()> {
        if !demo && (self.second_factor_off || self.limits_off || self.clock_offset != 0) {
            bail!("--second-factor-off, --limits-off and --clock-offset are for `tuanju demo` only");
        }
        let base = self.base();
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            bail!("the base URL {base:?} has no http:// or https:// in front");
        }
        if demo && !self.addr.ip().is_loopback() && self.second_factor_off {
            bail!("a demo without second factor must listen on this machine only");
        }
        Ok(())
    }
}

/// The lines of `KEY = value` in a file, as `--key value` arguments for what the environment does not say.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn from_file(path: &std::path::Path) -> Result<Vec<String>> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(Vec::new()) };
    let table: toml::Table = text.parse().with_context(|| format!("reading {}", path.display()))?;
    let mut out = Vec::new();
    for (key, value) in table {
        let variable = format!("TUANJU_{}", key.to_uppercase().replace('-', "_"));
        if std::env::var_os(variable).is_some() {
            continue;
        }
        let name = format!("--{}", key.replace('_', "-"));
        match value {
            toml::Value::Boolean(true) => out.push(name),
            toml::Value::Boolean(false) => {}
            toml::Value::String(s) => out.extend([name, s]),
            other => out.extend([name, other.to_string()]),
        }
    }
    Ok(out)
}
