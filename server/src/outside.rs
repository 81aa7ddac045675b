//! An outside media server that takes the pictures of live rooms and shows them, for a shop that has outgrown the one binary: `MediaMTX` or
//! SRS. It asks us who may send (`edge::outside`), and we ask its API who does: a hook that is lost or comes late changes nothing for long.
//!
//! A host sends to `{ingest}` with the stream key `{room}?key={key}`, so that the path says the room and not the key. Deliberately absent:
//! recordings (the media server keeps its own), and sending from the browser.

use crate::{House, provider::Http};
use anyhow::{Context, Result, ensure};
use axum::body::Bytes;
use clap::ValueEnum;
use domain::{Code, Millis, time::SECOND};
use hmac::{Hmac, Mac};
use http_body_util::{BodyExt, Full, Limited};
use serde::Deserialize;
use sha2::Sha256;
use std::{collections::HashMap, time::Duration};
use subtle::ConstantTimeEq;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `MediaMTX` 1.9 and newer.
    Mediamtx,
    /// SRS 5 and newer.
    Srs,
}

/// The application that streams of ours belong to, in the media server.
const APP: &str = "live";
/// Its API is asked so often who sends, and answers within so long.
const LOOK: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(4);
/// Of an answer of its API.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// A signed address of a playlist holds for so long.
const HOLDS: Millis = 12 * 3600 * SECOND;

/// How the media server is reached, and how it reaches us.
pub struct Outside {
    pub kind: Kind,
    /// Where hosts send to: `rtmp://media.example/live`.
    pub ingest: String,
    /// Where a room plays: `{room}`, and where it is to be signed `{expires}` (Unix seconds) and `{sig}`.
    playback: String,
    /// Its API, within our own network.
    api: String,
    secret: String,
    http: Http,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("kind", &self.kind).field("api", &self.api).finish_non_exhaustive()
    }
}

/// Who sends to a room, as the API says it: what he is let go with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sender {
    /// Method and path.
    stop: (http::Method, String),
}

#[derive(Deserialize)]
struct Source {
    r#type: String,
    id: String,
}

#[derive(Deserialize)]
struct Path {
    name: String,
    #[serde(default)]
    ready: bool,
    /// As newer versions call it.
    #[serde(default)]
    available: bool,
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Paths {
    items: Vec<Path>,
}

#[derive(Deserialize)]
struct Publish {
    active: bool,
    #[serde(default)]
    cid: String,
}

#[derive(Deserialize)]
struct Stream {
    name: String,
    app: String,
    publish: Publish,
}

#[derive(Deserialize)]
struct Streams {
    streams: Vec<Stream>,
}

/// How `MediaMTX` calls those who send, and what they are let go with.
fn kicks(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "rtmpConn" => "rtmpconns",
        "rtmpsConn" => "rtmpsconns",
        "srtConn" => "srtconns",
        "webRTCSession" => "webrtcsessions",
        "rtspSession" => "rtspsessions",
        "rtspsSession" => "rtspssessions",
        _ => return None,
    })
}

impl Outside {
    /// # Errors
    /// What is no address, and a secret that is too short.
    pub fn new(kind: Kind, ingest: &str, playback: &str, api: &str, secret: &str) -> Result<Self> {
        ensure!(secret.len() >= 16, "--media-secret must have 16 signs at least");
        ensure!(ingest.contains("://"), "--media-ingest {ingest} is no address");
        ensure!(playback.contains("{room}"), "--media-playback must say where the room stands: {{room}}");
        ensure!(
            playback.contains("{sig}") == playback.contains("{expires}"),
            "--media-playback is signed with both {{expires}} and {{sig}}"
        );
        ensure!(api.starts_with("http://"), "--media-api must be http://, within the own network");
        let outside = Self {
            kind,
            ingest: ingest.trim_end_matches('/').to_owned(),
            playback: playback.to_owned(),
            api: api.trim_end_matches('/').to_owned(),
            secret: secret.to_owned(),
            http: Http::new(),
        };
        outside.origin().context("--media-playback is no address")?;
        Ok(outside)
    }

    /// Scheme and host of what it shows, as a policy for pages says it.
    pub fn origin(&self) -> Option<String> {
        let uri: http::Uri = self.playback.replace(['{', '}'], "").parse().ok()?;
        Some(format!("{}://{}", uri.scheme_str().filter(|s| matches!(*s, "http" | "https"))?, uri.authority()?))
    }

    /// Whether a hook knows the secret.
    pub fn knows(&self, secret: &str) -> bool {
        secret.as_bytes().ct_eq(self.secret.as_bytes()).into()
    }

    /// HMAC-SHA256 of what may be done with a path until then, in hex.
    fn sig(&self, room: &Code, expires: i64) -> String {
        // Keys of any length are keys of HMAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else { return String::new() };
        mac.update(format!("play|{APP}/{room}|{expires}").as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// Where a room plays.
    pub fn playback(&self, room: &Code, now: Millis) -> String {
        let expires = (now + HOLDS) / 1000;
        self.playback
            .replace("{room}", room.as_str())
            .replace("{expires}", &expires.to_string())
            .replace("{sig}", &self.sig(room, expires))
    }

    /// Whether somebody may see a room, by what his address says.
    pub fn may_play(&self, room: &Code, query: &str, now: Millis) -> bool {
        if !self.playback.contains("{sig}") {
            return true;
        }
        let said = |name: &str| argument(query, name);
        let Some(expires) = said("expires").and_then(|e| e.parse::<i64>().ok()) else { return false };
        let right = self.sig(room, expires);
        expires * 1000 > now && said("sig").is_some_and(|sig| bool::from(sig.as_bytes().ct_eq(right.as_bytes())))
    }

    async fn ask(&self, method: http::Method, path: &str) -> Result<Bytes> {
        let request =
            http::Request::builder().method(method).uri(format!("{}{path}", self.api)).body(Full::default())?;
        let answer = tokio::time::timeout(PATIENCE, self.http.send(request)).await.context("no answer in time")??;
        ensure!(answer.status().is_success(), "{path} says {}", answer.status());
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|e| anyhow::anyhow!(e))?;
        Ok(body.to_bytes())
    }

    /// Who sends, by room.
    async fn senders(&self) -> Result<HashMap<String, Sender>> {
        let prefix = format!("{APP}/");
        match self.kind {
            Kind::Mediamtx => {
                let paths: Paths =
                    serde_json::from_slice(&self.ask(http::Method::GET, "/v3/paths/list?itemsPerPage=10000").await?)?;
                let sender = |path: Path| {
                    let room = path.name.strip_prefix(&prefix)?.to_owned();
                    let source = path.source.filter(|_| path.ready || path.available)?;
                    let stop = format!("/v3/{}/kick/{}", kicks(&source.r#type)?, source.id);
                    Some((room, Sender { stop: (http::Method::POST, stop) }))
                };
                Ok(paths.items.into_iter().filter_map(sender).collect())
            }
            Kind::Srs => {
                let streams: Streams =
                    serde_json::from_slice(&self.ask(http::Method::GET, "/api/v1/streams/?count=10000").await?)?;
                let sender = |s: Stream| {
                    let stop = format!("/api/v1/clients/{}", s.publish.cid);
                    (s.app == APP && s.publish.active)
                        .then_some((s.name, Sender { stop: (http::Method::DELETE, stop) }))
                };
                Ok(streams.streams.into_iter().filter_map(sender).collect())
            }
        }
    }

    /// Whether somebody sends to a room.
    ///
    /// # Errors
    /// What its API says.
    pub async fn is_sent_to(&self, room: &Code) -> Result<bool> {
        Ok(self.senders().await?.contains_key(room.as_str()))
    }
}

/// The room of a path of ours: `live/{room}`.
pub fn room_of(path: &str) -> Option<Code> {
    path.trim_start_matches('/').strip_prefix(APP)?.strip_prefix('/')?.parse().ok()
}

/// An argument of a query.
pub fn argument<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Looks who sends, for as long as the process runs.
pub async fn run(house: House) {
    let mut keys = HashMap::new();
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = look(&house, &mut keys).await {
            tracing::warn!(%error, "asking the media server who sends");
        }
    }
}

/// Rooms that are sent to are on; whoever sends to one that is over, or with a key that was since replaced, is let go. Rooms that nobody sends
/// to are paused by themselves (`live::pause_silent`). `keys`: which key each room had when somebody began to send to it.
///
/// # Errors
/// What the API or the database says.
pub async fn look(house: &House, keys: &mut HashMap<String, i64>) -> Result<()> {
    let Some(outside) = &house.settings.outside else { return Ok(()) };
    let senders = outside.senders().await?;
    keys.retain(|room, _| senders.contains_key(room));
    for (room, sender) in senders {
        let Ok(code) = room.parse::<Code>() else { continue };
        let key = match shop::live::key_now(&house.shop, &code).await {
            Ok(key) => key,
            Err(error) if error.code() == "not_found" => None,
            Err(error) => return Err(error.into()),
        };
        let first = key.map(|key| *keys.entry(room.clone()).or_insert(key));
        if key.is_none() || key != first {
            let (method, path) = sender.stop;
            outside.ask(method, &path).await?;
            keys.remove(&room);
            continue;
        }
        shop::live::began(&house.shop, &code).await?;
        shop::live::fed(&house.shop, &code).await?;
    }
    Ok(())
}
