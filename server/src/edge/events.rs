//! Server-sent events: an open page hears of every change. Of a team it is sent the whole state, of a live room what is new; a page that
//! comes back says what it has (`Last-Event-ID`) and gets what it has missed, or nothing when that is nothing.

use crate::{
    House,
    layers::{
        refusal,
        visit::{cookie, eye},
    },
};
use app::request::Visit;
use axum::{
    Extension,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{Code, Problem, group_buy::TeamView};
use futures_util::{Stream, stream};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use shop::session::{self, Token};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::broadcast::error::RecvError;

/// A line now and then, so that nobody between takes the silence for the end.
const ALIVE: Duration = Duration::from_secs(15);
/// Pages that may listen at the same time: others keep their places among the connections.
const MAX_LISTENERS: usize = 3_000;
/// Whoever listens to a room is seen so often.
const SEEN: Duration = Duration::from_secs(10);
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// Names a state; the same state has the same name on every node.
fn name(text: &str) -> String {
    let digest = Sha256::digest(text);
    hex::encode(digest.get(..8).unwrap_or_default())
}

pub async fn serve(
    State(house): State<House>,
    Path(topic): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let (uri, eye) = (request.uri().clone(), eye(&house, &request));
    drop(request);
    // Nobody else's page listens with our visitors' cookies.
    let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok()).unwrap_or("none");
    if !matches!(site, "same-origin" | "none") {
        return refusal(&Problem::forbidden());
    }
    if let Some(room) = topic.strip_prefix("room-").and_then(|c| c.parse::<Code>().ok()) {
        // A host at his desk does not come in to his own room.
        let at_desk = uri.query().is_some_and(|q| q.split('&').any(|pair| pair == "desk"));
        let who = if at_desk { None } else { looker(&house, &headers, eye).await };
        return room_events(house, room, &uri, &headers, who).await;
    }
    let Some(team) = topic.strip_prefix("team-").and_then(|c| c.parse::<Code>().ok()) else {
        return refusal(&Problem::not_found());
    };
    if let Err(error) = shop::group_buy::exists(&house.shop, &team).await {
        return refusal(&error.into_problem());
    }
    if !house.settings.limits_off && house.shop.kept.teams.listeners() >= MAX_LISTENERS {
        // The page asks again by itself, now and then.
        return refusal(&Problem::new(503, "too_many"));
    }
    let had = headers.get("last-event-id").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let news = house.shop.kept.teams.listen(team.as_str());
    let events = stream::unfold((news, had, false), |(mut news, had, over)| async move {
        if over {
            return None;
        }
        loop {
            let text: Arc<str> = news.borrow_and_update().clone();
            let id = name(&text);
            if !text.is_empty() && id != had {
                let over = serde_json::from_str::<TeamView>(&text).is_ok_and(|t| t.ended_at.is_some());
                let event = Event::default().id(&id).retry(RETRY).data(&*text);
                return Some((Ok::<_, Infallible>(event), (news, id, over)));
            }
            if news.changed().await.is_err() {
                return None;
            }
        }
    });
    said(events)
}

/// Whose browser listens: one session is one, however many pages it has open. A session that there is not is none; then it is his network,
/// and what his browser says of itself, as nobody can read it. None for machines.
async fn looker(house: &House, headers: &HeaderMap, eye: Option<u64>) -> Option<u128> {
    let name = if house.settings.secure { "__Host-sid" } else { "sid" };
    if let Some(token) = cookie(headers, name).and_then(Token::from_cookie)
        && let Ok(Some(viewer)) = session::find(&house.shop, &token).await
    {
        return Some(viewer.session.0.as_u128());
    }
    eye.map(u128::from)
}

#[derive(Debug, Deserialize)]
pub struct Told {
    /// How long somebody has seen it play since he said so last, ms.
    watched: Option<i64>,
    /// What he wants to see more of: its place in the bag.
    clicked: Option<i64>,
}

/// `/told/{room}`: what a page of a room tells. Only counted, and nobody waits for it.
pub async fn tell(
    State(house): State<House>,
    Extension(visit): Extension<Visit>,
    Path(room): Path<String>,
    Query(told): Query<Told>,
) -> Response {
    let (Ok(code), Some(who)) = (room.parse::<Code>(), visit.looker()) else {
        return refusal(&Problem::not_found());
    };
    let room = match house.shop.kept.rooms.enter(&house.shop, &code).await {
        Ok(room) => room,
        Err(error) => return refusal(&error.into_problem()),
    };
    if let Some(ms) = told.watched {
        room.watched(who, visit.me(), ms, house.shop.clock.now());
    }
    if let Some(place) = told.clicked {
        room.clicked(who, place);
    }
    StatusCode::NO_CONTENT.into_response()
}

/// A page of a live room: first what it has missed since the line that it knows (`after`, or `Last-Event-ID`), then what happens.
async fn room_events(house: House, code: Code, uri: &Uri, headers: &HeaderMap, who: Option<u128>) -> Response {
    if !house.settings.limits_off && house.shop.kept.rooms.listeners() >= MAX_LISTENERS {
        return refusal(&Problem::new(503, "too_many"));
    }
    if super::hls::kept_for(&house, headers, &code).await == super::hls::For::Nobody {
        return refusal(&Problem::not_found());
    }
    let room = match house.shop.kept.rooms.enter(&house.shop, &code).await {
        Ok(room) => room,
        Err(error) => return refusal(&error.into_problem()),
    };
    let asked = uri.query().and_then(|q| q.split('&').find_map(|pair| pair.strip_prefix("after=")));
    let had = headers.get("last-event-id").and_then(|v| v.to_str().ok()).or(asked);
    let after = had.and_then(|v| v.parse::<i64>().ok()).unwrap_or(0);
    let clock = house.shop.clock.clone();
    if let Some(who) = who {
        room.seen(who, clock.now());
    }
    // First to listen, then to read what was: nothing falls between.
    let news = room.listen();
    let events = stream::unfold((news, after, true), move |(mut news, last, first)| {
        let (room, clock) = (room.clone(), clock.clone());
        async move {
            let told = if first {
                room.since(last)
            } else {
                match tokio::time::timeout(SEEN, news.recv()).await {
                    // Nothing new: that the line is not cut is said all the same.
                    Err(_) => room.nothing(last),
                    Ok(Ok(told)) => told,
                    // Too slow for everything: what was missed, and what is true now.
                    Ok(Err(RecvError::Lagged(_))) => room.since(last),
                    Ok(Err(RecvError::Closed)) => return None,
                }
            };
            if let Some(who) = who {
                room.seen(who, clock.now());
            }
            let event = Event::default().id(told.seq.to_string()).retry(RETRY).data(&*told.text);
            Some((Ok::<_, Infallible>(event), (news, told.seq, false)))
        }
    });
    said(events)
}

/// Events as an answer.
fn said(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    // A proxy in front must not gather what is to arrive at once.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
