//! How a host sends from a browser: `/whip/{room}` takes an offer (RFC 9725), `/send/{room}` frames over a WebSocket.
//!
//! Both ask for the key of the room and for nothing else: no cookie opens them.

use crate::{House, layers::cross_site, layers::refusal, live::sender};
use axum::{
    body::Bytes,
    extract::{
        Path, Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Code, Problem};
use live::{Hub, Opening, Reader, whip::Declined};
use std::time::Duration;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Of an offer, bytes.
pub const LONGEST: usize = live::whip::LONGEST;
/// Until a key is said, and between two messages.
const GREETING: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(15);
/// Messages that say nothing: whoever sends so many knows nothing of us.
const NONSENSE: u32 = 100;
/// What a socket says when it closes: the key opens nothing (any more), and every other reason.
const NO_KEY: u16 = 4001;
const REFUSED: u16 = 4002;

/// How it is sent.
#[derive(Debug, Default, serde::Deserialize)]
pub struct How {
    /// Only to try it out.
    #[serde(default)]
    practice: bool,
}

impl How {
    fn hub(&self, house: &House) -> Hub {
        if self.practice { house.practice.clone() } else { house.streams.clone() }
    }
}

/// The key that a request says it has.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let said = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = said.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

async fn may(house: &House, room: &Code, headers: &HeaderMap) -> Result<Opening, Response> {
    let none = || refusal(&Problem::new(401, "stream_key"));
    let key = bearer(headers).ok_or_else(none)?;
    sender(house, key).await.filter(|opening| opening.room == room.as_str()).ok_or_else(none)
}

/// Takes an offer; `Location` of the answer ends what was begun.
pub async fn offer(
    State(house): State<House>,
    Path(room): Path<Code>,
    Query(how): Query<How>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let Some(whip) = house.whip.get() else { return refusal(&Problem::not_found()) };
    let opening = match may(&house, &room, &headers).await {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let problem = match whip.answer(&body, how.hub(&house), opening) {
        Ok(answer) => {
            let at = format!("/whip/{room}/{}", answer.id);
            let headers = [(header::CONTENT_TYPE, "application/sdp".to_owned()), (header::LOCATION, at)];
            return (StatusCode::CREATED, headers, answer.sdp).into_response();
        }
        Err(Declined::Unreadable) => Problem::new(400, "bad_request"),
        Err(Declined::Codec) => Problem::new(406, "live_codec"),
        Err(Declined::Full) => Problem::new(503, "live_full"),
    };
    refusal(&problem)
}

/// Ends what an offer began.
pub async fn end(State(house): State<House>, Path((room, id)): Path<(Code, String)>, headers: HeaderMap) -> Response {
    if let Err(refused) = may(&house, &room, &headers).await {
        return refused;
    }
    match house.whip.get() {
        Some(whip) if whip.end(&id) => StatusCode::OK.into_response(),
        _ => refusal(&Problem::not_found()),
    }
}

/// Takes frames: the first message is the key, every other one as [`Reader`] reads it.
pub async fn frames(
    State(house): State<House>,
    Path(room): Path<Code>,
    Query(how): Query<How>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let host = house.settings.base_url.split_once("://").map_or("", |(_, host)| host);
    if !cross_site::passes(&headers, host) {
        return refusal(&Problem::forbidden());
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    static PLACES: std::sync::LazyLock<std::sync::Arc<Semaphore>> =
        std::sync::LazyLock::new(|| std::sync::Arc::new(Semaphore::new(MAX_SENDERS)));
    let Ok(place) = PLACES.clone().try_acquire_owned() else {
        return refusal(&Problem::new(503, "live_full"));
    };
    upgrade
        .max_message_size(Reader::LONGEST)
        .max_frame_size(Reader::LONGEST)
        .on_upgrade(move |socket| async move { take(house, room, how, (socket, place)).await })
}

/// Senders at the same time, those who have not shown a key among them.
const MAX_SENDERS: usize = 64;

async fn take(house: House, room: Code, how: How, (mut socket, _place): (WebSocket, OwnedSemaphorePermit)) {
    let key = match timeout(GREETING, socket.recv()).await {
        Ok(Some(Ok(Message::Text(key)))) => key,
        _ => return,
    };
    let opening = sender(&house, &key).await.filter(|opening| opening.room == room.as_str());
    let Some(opening) = opening else {
        close(socket, NO_KEY, "no key of this room").await;
        return;
    };
    let mut packager = how.hub(&house).publish(opening);
    let mut reader = Reader::default();
    let mut nonsense = 0;
    loop {
        let message = match timeout(SILENCE, socket.recv()).await {
            Ok(Some(Ok(message))) => message,
            // Gone, or silent.
            _ => return,
        };
        let frame = match message {
            Message::Binary(bytes) => reader.read(&Bytes::from(bytes)),
            Message::Close(_) => return,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Text(_) => None,
        };
        let Some(frame) = frame else {
            nonsense += 1;
            if nonsense > NONSENSE {
                close(socket, REFUSED, "nothing of it is understood").await;
                return;
            }
            continue;
        };
        if let Err(why) = packager.push(frame) {
            tracing::info!(%why, "a sender over a WebSocket was let go");
            let code = if why == live::Refused::Replaced { NO_KEY } else { REFUSED };
            close(socket, code, &why.to_string()).await;
            return;
        }
    }
}

async fn close(mut socket: WebSocket, code: u16, reason: &str) {
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = timeout(GREETING, socket.send(Message::Close(Some(frame)))).await;
}
