//! `/webhooks/media/{what}`: an outside media server asks who may send, and tells who does. Whatever it says twice or late changes nothing.

use crate::{House, outside};
use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::Code;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    secret: String,
    /// Of `MediaMTX`: `live/{room}`.
    #[serde(default)]
    path: String,
}

/// What `MediaMTX` asks (`authMethod: http`).
#[derive(Deserialize)]
struct Authorize {
    action: String,
    path: String,
    #[serde(default)]
    query: String,
    /// What a sender over WHIP says in its place.
    #[serde(default)]
    token: String,
    /// What it calls him.
    #[serde(default)]
    id: String,
}

/// What SRS tells (`http_hooks`).
#[derive(Deserialize)]
struct Told {
    action: String,
    app: String,
    stream: String,
    #[serde(default)]
    param: String,
    #[serde(default)]
    client_id: String,
}

pub async fn serve(
    State(house): State<House>,
    Path(what): Path<String>,
    Query(asked): Query<Asked>,
    body: Bytes,
) -> Response {
    let Some(outside) = &house.settings.outside else { return StatusCode::NOT_FOUND.into_response() };
    if !outside.knows(&asked.secret) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let done = match (outside.kind, what.as_str()) {
        (outside::Kind::Mediamtx, "authorize") => authorize(&house, outside, &body).await,
        (outside::Kind::Mediamtx, "ready") => began(&house, outside::room_of(&asked.path)).await,
        (outside::Kind::Mediamtx, "notready") => stopped(&house, outside, outside::room_of(&asked.path)).await,
        (outside::Kind::Srs, "srs") => told(&house, outside, &body).await,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match done {
        // SRS reads a code; the other one reads only the status.
        Ok(true) => (StatusCode::OK, "0").into_response(),
        Ok(false) => (StatusCode::UNAUTHORIZED, "1").into_response(),
        Err(error) => {
            tracing::warn!(%error, what, "a hook of the media server");
            (StatusCode::INTERNAL_SERVER_ERROR, "1").into_response()
        }
    }
}

/// Whether a key opens just this room; then whoever has it is let in.
async fn opens(house: &House, room: Option<&Code>, key: &str, sender: &str) -> anyhow::Result<bool> {
    let opened = shop::live::opened_by(&house.shop, key).await?;
    if room.is_none() || opened.as_ref() != room {
        return Ok(false);
    }
    shop::live::let_in(&house.shop, key, sender).await?;
    Ok(true)
}

async fn authorize(house: &House, outside: &outside::Outside, body: &[u8]) -> anyhow::Result<bool> {
    let Ok(ask) = serde_json::from_slice::<Authorize>(body) else { return Ok(false) };
    let room = outside::room_of(&ask.path);
    match ask.action.as_str() {
        "publish" => {
            let key = outside::argument(&ask.query, "key").unwrap_or(&ask.token);
            opens(house, room.as_ref(), key, &ask.id).await
        }
        "read" | "playback" => Ok(room.is_some_and(|room| outside.may_play(&room, &ask.query, house.shop.clock.now()))),
        _ => Ok(false),
    }
}

async fn told(house: &House, outside: &outside::Outside, body: &[u8]) -> anyhow::Result<bool> {
    let Ok(told) = serde_json::from_slice::<Told>(body) else { return Ok(false) };
    let room = outside::room_of(&format!("{}/{}", told.app, told.stream));
    match told.action.as_str() {
        "on_publish" => {
            let key = outside::argument(&told.param, "key").unwrap_or_default();
            if !opens(house, room.as_ref(), key, &told.client_id).await? {
                return Ok(false);
            }
            began(house, room).await
        }
        "on_unpublish" => stopped(house, outside, room).await,
        "on_play" => Ok(room.is_some_and(|room| outside.may_play(&room, &told.param, house.shop.clock.now()))),
        _ => Ok(true),
    }
}

async fn began(house: &House, room: Option<Code>) -> anyhow::Result<bool> {
    let Some(room) = room else { return Ok(false) };
    shop::live::began(&house.shop, &room).await?;
    shop::live::fed(&house.shop, &room).await?;
    Ok(true)
}

/// Nobody sends any more, unless somebody does again: what is told late is not believed. Where that is not known, the silence will tell.
async fn stopped(house: &House, outside: &outside::Outside, room: Option<Code>) -> anyhow::Result<bool> {
    let Some(room) = room else { return Ok(false) };
    if !outside.is_sent_to(&room).await.unwrap_or(true) {
        shop::live::stopped(&house.shop, &room).await?;
    }
    Ok(true)
}
