//! How a host sends from a browser: `/whip/{room}` takes an offer (RFC 9725), `/send/{room}` frames over a WebSocket.
//!
//! Both ask for the key of the room and for nothing else: no cookie opens them.

use crate::{
    House,
    layers::{cross_site, rates::client_address, refusal},
    live::sender,
    serve::Kept,
};
use axum::{
    Extension,
    extract::{
        FromRequestParts, Path, Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{Code, Problem};
use live::{
    Frame, Guest, Hub, Opening, Reader,
    whip::{Declined, Ended},
};
use std::{convert::Infallible, net::IpAddr, time::Duration};
use tokio::time::{Instant, timeout, timeout_at};

/// Of an offer, bytes.
pub const LONGEST: usize = live::whip::LONGEST;
/// What a browser asks for, beside its key.
const PROTOCOL: &str = "tuanju";
/// From one picture to the next.
const SILENCE: Duration = Duration::from_secs(15);
/// Messages that say nothing: whoever sends so many knows nothing of us.
const NONSENSE: u32 = 100;
/// What a socket says when it closes: the key opens nothing (any more), and every other reason.
const NO_KEY: u16 = 4001;
const REFUSED: u16 = 4002;
/// RFC 6455, 7.4.1: try again later.
const AGAIN: u16 = 1013;
/// The service starts anew, and the other side has gone.
const LEAVING: u16 = 1012;
const GONE: u16 = 1000;
/// Whoever is told why it is over has so long to hear it.
const FAREWELL: Duration = Duration::from_secs(2);

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

fn no_key() -> Response {
    let mut refused = refusal(&Problem::new(401, "stream_key"));
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    refused
}

async fn may(house: &House, room: &Code, headers: &HeaderMap) -> Result<Opening, Response> {
    let key = bearer(headers).ok_or_else(no_key)?;
    let opening = sender(house, key).await.map_err(|error| {
        tracing::error!(%error, "looking for what a key opens");
        refusal(&Problem::new(503, "internal"))
    })?;
    opening.filter(|opening| opening.room == room.as_str()).ok_or_else(no_key)
}

/// Whom a request is counted as where senders are.
pub struct Network(IpAddr);

impl FromRequestParts<House> for Network {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Infallible> {
        let request = axum::http::Request::from_parts(parts.clone(), ());
        Ok(Self(client_address(&house.settings.trusted_proxy, &request)))
    }
}

/// Takes an offer; `Location` of the answer ends what was begun.
pub async fn offer(
    State(house): State<House>,
    Path(room): Path<Code>,
    Query(how): Query<How>,
    Network(network): Network,
    headers: HeaderMap,
    body: String,
) -> Response {
    let Some(whip) = house.whip.get() else { return refusal(&Problem::not_found()) };
    let opening = match may(&house, &room, &headers).await {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let Some(guest) = house.senders.come(network) else { return refusal(&Problem::new(503, "live_full")) };
    let problem = match whip.answer(&body, (how.hub(&house), opening), guest) {
        Ok(answer) => {
            let at = format!("/whip/{room}/{}", answer.id);
            let headers = [(header::CONTENT_TYPE, "application/sdp".to_owned()), (header::LOCATION, at)];
            return (StatusCode::CREATED, headers, answer.sdp).into_response();
        }
        Err(Declined::Unreadable) => Problem::new(400, "bad_request"),
        Err(Declined::Codec) => Problem::new(406, "live_codec"),
    };
    refusal(&problem)
}

/// What may be posted.
pub async fn ways() -> Response {
    (StatusCode::NO_CONTENT, [("accept-post", "application/sdp")]).into_response()
}

/// Addresses are not told one by one, and nothing is begun anew within a session (RFC 9725, 4.3).
pub async fn unchanged() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

/// Ends what an offer began; 409 when somebody else has taken its place.
pub async fn end(State(house): State<House>, Path((room, id)): Path<(Code, String)>, headers: HeaderMap) -> Response {
    // Also with a key that opens nothing any more.
    if bearer(&headers).and_then(|key| shop::live::made_for(&house.shop, key)).is_none_or(|(of, _)| of != room) {
        return no_key();
    }
    match house.whip.get().map(|whip| whip.end(room.as_str(), &id)) {
        // What is over already is over.
        Some(Ended::Now | Ended::Unknown) => StatusCode::OK.into_response(),
        Some(Ended::Replaced) => StatusCode::CONFLICT.into_response(),
        None => refusal(&Problem::not_found()),
    }
}

/// The key, which a browser says as the second of the protocols that it asks for: an address would be written down.
fn key_of(headers: &HeaderMap) -> Option<&str> {
    let (protocol, key) = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?.split_once(',')?;
    (protocol.trim() == PROTOCOL).then(|| key.trim())
}

/// Takes frames, each as [`Reader`] reads it.
pub async fn frames(
    State(house): State<House>,
    Path(room): Path<Code>,
    Query(how): Query<How>,
    Network(network): Network,
    kept: Option<Extension<Kept>>,
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
    let Some(guest) = house.senders.come(network) else { return refusal(&Problem::new(503, "live_full")) };
    // Before anything is read of what he sends. Why it is refused is only heard of from an open socket.
    let opening = match key_of(&headers) {
        Some(key) => sender(&house, key).await.map(|o| o.filter(|opening| opening.room == room.as_str())),
        None => Ok(None),
    };
    upgrade.protocols([PROTOCOL]).max_message_size(Reader::LONGEST).max_frame_size(Reader::LONGEST).on_upgrade(
        move |mut socket| async move {
            let (code, why) = match opening {
                Ok(Some(opening)) => take(&house, how.hub(&house), &mut socket, opening, guest).await,
                Ok(None) => (NO_KEY, "no key of this room".to_owned()),
                Err(error) => {
                    tracing::error!(%error, "looking for what a key opens");
                    (AGAIN, "not now".to_owned())
                }
            };
            close(socket, code, why).await;
            drop(kept);
        },
    )
}

/// Takes frames until somebody else sends, or nothing comes; why it is over.
async fn take(house: &House, hub: Hub, socket: &mut WebSocket, opening: Opening, mut guest: Guest) -> (u16, String) {
    if !guest.sit() {
        return (AGAIN, "as many send as may".to_owned());
    }
    let mut leaving = house.leaving.subscribe();
    let mut packager = hub.publish(opening);
    let mut reader = Reader::default();
    let (mut nonsense, mut last) = (0, Instant::now());
    loop {
        let message = tokio::select! {
            _ = leaving.wait_for(|leaving| *leaving) => return (LEAVING, "we are about to start anew".to_owned()),
            message = timeout_at(last + SILENCE, socket.recv()) => message,
        };
        if !packager.holds() {
            return (NO_KEY, live::Refused::Replaced.to_string());
        }
        let message = match message {
            Ok(Some(Ok(message))) => message,
            Ok(None | Some(Err(_))) => return (GONE, String::new()),
            // He may have been called; he comes back.
            Err(_) => return (AGAIN, "no picture for a while".to_owned()),
        };
        let frame = match message {
            Message::Binary(bytes) => reader.read(&bytes),
            Message::Close(_) => return (GONE, String::new()),
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Text(_) => None,
        };
        let Some(frame) = frame else {
            nonsense += 1;
            if nonsense > NONSENSE {
                return (REFUSED, "nothing of it is understood".to_owned());
            }
            continue;
        };
        let picture = matches!(frame, Frame::Video { .. });
        if let Err(why) = packager.push(frame) {
            tracing::info!(%why, "a sender over a WebSocket was let go");
            return (if why == live::Refused::Replaced { NO_KEY } else { REFUSED }, why.to_string());
        }
        if picture {
            last = Instant::now();
        }
    }
}

/// Says why, and waits until the other side has heard it.
async fn close(mut socket: WebSocket, code: u16, reason: String) {
    let frame = CloseFrame { code, reason: reason.into() };
    let said = async {
        socket.send(Message::Close(Some(frame))).await?;
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<_, axum::Error>(())
    };
    let _ = timeout(FAREWELL, said).await;
}
