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

/// Who sends to a room, as the API says it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sender {
    /// What the media server calls him.
    id: String,
    /// The path that he is let go by.
    stop: String,
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

#[derive(Deserialize)]
struct Done {
    code: i64,
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
        let signed = said("sig").is_some_and(|sig| bool::from(sig.as_bytes().ct_eq(right.as_bytes())));
        signed && expires > now / 1000
    }

    async fn ask(&self, method: http::Method, path: &str) -> Result<Bytes> {
        let request =
            http::Request::builder().method(method).uri(format!("{}{path}", self.api)).body(Full::default())?;
        let answered = async {
            let answer = self.http.send(request).await?;
            ensure!(answer.status().is_success(), "{path} says {}", answer.status());
            Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|e| anyhow::anyhow!(e))
        };
        let body = tokio::time::timeout(PATIENCE, answered).await.context("no answer in time")??;
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
                    Some((room, Sender { id: source.id, stop }))
                };
                Ok(paths.items.into_iter().filter_map(sender).collect())
            }
            Kind::Srs => {
                let streams: Streams =
                    serde_json::from_slice(&self.ask(http::Method::GET, "/api/v1/streams/?count=10000").await?)?;
                let sender = |s: Stream| {
                    let sends = s.app == APP && s.publish.active && !s.publish.cid.is_empty();
                    let stop = format!("/api/v1/clients/{}", s.publish.cid);
                    sends.then_some((s.name, Sender { id: s.publish.cid, stop }))
                };
                Ok(streams.streams.into_iter().filter_map(sender).collect())
            }
        }
    }

    /// Lets a sender go.
    async fn stop(&self, sender: &Sender) -> Result<()> {
        match self.kind {
            Kind::Mediamtx => drop(self.ask(http::Method::POST, &sender.stop).await?),
            Kind::Srs => {
                // What went wrong stands in the answer.
                let done: Done = serde_json::from_slice(&self.ask(http::Method::DELETE, &sender.stop).await?)?;
                ensure!(done.code == 0, "{} says {}", sender.stop, done.code);
            }
        }
        Ok(())
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
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = look(&house).await {
            tracing::warn!(%error, "asking the media server who sends");
        }
    }
}

/// Rooms that are sent to are on; whoever sends to one that is over, or with a key that was since replaced, is let go. Rooms that nobody sends
/// to are paused by themselves (`live::pause_silent`). What goes wrong with one room is no other's.
///
/// # Errors
/// What the API says.
pub async fn look(house: &House) -> Result<()> {
    let Some(outside) = &house.settings.outside else { return Ok(()) };
    let at = house.shop.clock.now();
    let mut unwanted = Vec::new();
    for (room, sender) in outside.senders().await? {
        let Ok(code) = room.parse::<Code>() else { continue };
        match shop::live::sent_to(&house.shop, &code, &sender.id, at).await {
            Ok(true) => {}
            Ok(false) => unwanted.push((room, sender)),
            Err(error) => tracing::warn!(room, %error, "a room of the media server"),
        }
    }
    for (room, sender) in unwanted {
        if let Err(error) = outside.stop(&sender).await {
            tracing::warn!(room, %error, "letting a sender go");
        }
    }
    Ok(())
}
