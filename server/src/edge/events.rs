//! Server-sent events: an open page of a team hears of every change. What is sent is the whole state, so a page that comes back
//! says what it has (`Last-Event-ID`) and gets what is true now, or nothing when that is the same.

use crate::{House, layers::refusal};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{Code, Problem, group_buy::TeamView};
use futures_util::stream;
use sha2::{Digest, Sha256};
use std::{convert::Infallible, sync::Arc, time::Duration};

/// A line now and then, so that nobody between takes the silence for the end.
const ALIVE: Duration = Duration::from_secs(15);
/// Pages that may listen at the same time: others keep their places among the connections.
const MAX_LISTENERS: usize = 3_000;
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// Names a state; the same state has the same name on every node.
fn name(text: &str) -> String {
    let digest = Sha256::digest(text);
    hex::encode(digest.get(..8).unwrap_or_default())
}

pub async fn serve(State(house): State<House>, Path(topic): Path<String>, headers: HeaderMap) -> Response {
    // Nobody else's page listens with our visitors' cookies.
    let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok()).unwrap_or("none");
    if !matches!(site, "same-origin" | "none") {
        return refusal(&Problem::forbidden());
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
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response();
    // A proxy in front must not gather what is to arrive at once.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
