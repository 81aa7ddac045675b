//! `/hls/{room}/{file}`: what a room shows now, from memory; what it showed, from files that were kept.

use super::media::{may, viewer};
use crate::{House, live::folder};
use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::Code;
use live::{Kept, Wanted};
use serde::Deserialize;
use shop::live::Segment;

const LIST: &str = "application/vnd.apple.mpegurl";
/// What is kept of a room may be taken down: nobody keeps it for long.
const A_WHILE: &str = "public, max-age=300";

/// What a player wants a playlist to hold (RFC 8216bis, 6.2.5.2).
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    #[serde(rename = "_HLS_msn")]
    number: Option<u64>,
    #[serde(rename = "_HLS_part")]
    part: Option<usize>,
}

/// A file of a stream, by its name.
enum File {
    Main,
    Media,
    Replay,
    /// What was said of the thing at a place of the bag.
    Clip(i64),
    Init(u32),
    Segment(u64),
    Part(u64, usize),
}

fn asked(name: &str) -> Option<File> {
    match name {
        "index.m3u8" => return Some(File::Main),
        "media.m3u8" => return Some(File::Media),
        "replay.m3u8" => return Some(File::Replay),
        _ => {}
    }
    if let Some(clip) = name.strip_suffix(".m3u8") {
        return clip.strip_prefix("clip")?.parse().ok().map(File::Clip);
    }
    if let Some(init) = name.strip_suffix(".mp4") {
        return init.strip_prefix("init")?.parse().ok().map(File::Init);
    }
    let name = name.strip_suffix(".m4s")?;
    if let Some(segment) = name.strip_prefix('s') {
        return segment.parse().ok().map(File::Segment);
    }
    let (segment, part) = name.strip_prefix('p')?.split_once('.')?;
    Some(File::Part(segment.parse().ok()?, part.parse().ok()?))
}

fn list(text: impl Into<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, LIST), (header::CACHE_CONTROL, "no-cache")], text.into()).into_response()
}

/// A part is asked for while it is new.
fn part(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "video/mp4"), (header::CACHE_CONTROL, "public, max-age=60")], bytes).into_response()
}

fn piece(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "video/mp4"), (header::CACHE_CONTROL, A_WHILE)], bytes).into_response()
}

async fn from_files(house: &House, room: &Code, name: &str) -> Option<Bytes> {
    tokio::fs::read(folder(&house.settings.data, room).join(name)).await.ok().map(Bytes::from)
}

fn played(kept: &[Segment]) -> Option<String> {
    let kept: Vec<Kept> = kept
        .iter()
        .map(|s| Kept { number: s.number, init: s.init, lasts: s.lasts, at: s.at, breaks: s.breaks })
        .collect();
    (!kept.is_empty()).then(|| live::replay(&kept))
}

async fn replay(house: &House, room: &Code) -> Option<String> {
    played(&shop::live::recording(&house.shop, room).await.ok()?)
}

/// Who sees what is kept of a room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Everybody,
    /// It was taken down: its host, and whoever decides.
    Some,
    Nobody,
}

/// Whether somebody sees what is kept of a room.
pub(super) async fn kept_for(house: &House, headers: &HeaderMap, room: &Code) -> For {
    let sees = async |me, decides| shop::live::sees(&house.shop, room, me, decides).await.unwrap_or(false);
    if sees(None, false).await {
        return For::Everybody;
    }
    let Some(viewer) = viewer(house, headers).await else { return For::Nobody };
    match sees(viewer.person.as_ref().map(|p| p.id), may(house, &viewer, "moderation/desk")).await {
        true => For::Some,
        false => For::Nobody,
    }
}

pub async fn serve(
    State(house): State<House>,
    Path((room, name)): Path<(String, String)>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    let (Ok(room), Some(file)) = (room.parse::<Code>(), asked(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let (File::Main, Some(outside)) = (&file, &house.settings.outside)
        && let Ok(Some(_)) = shop::live::key_now(&house.shop, &room).await
    {
        let to = outside.playback(&room, house.shop.clock.now());
        return (StatusCode::FOUND, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-cache".to_owned())])
            .into_response();
    }
    let stream = house.streams.stream(room.as_str());
    let kept = match &stream {
        // What is on now needs no other look.
        Some(stream) if !stream.is_over() => For::Everybody,
        _ => kept_for(&house, &headers, &room).await,
    };
    if kept == For::Nobody {
        return StatusCode::NOT_FOUND.into_response();
    }
    let found = match (file, stream) {
        (File::Main, Some(stream)) if !stream.is_over() => stream.main().map(list),
        // A player that is given no quality to choose from plays the list itself: when the room is over, and not as long as its host may be
        // back.
        (File::Main, _) => match shop::live::key_now(&house.shop, &room).await {
            Ok(None) => replay(&house, &room).await.map(list),
            _ => None,
        },
        (File::Replay, _) => replay(&house, &room).await.map(list),
        (File::Clip(place), _) => {
            let cut = shop::live::clip_of(&house.shop, &room, place).await;
            cut.ok().and_then(|cut| played(&cut)).map(list)
        }
        (File::Media, Some(stream)) => {
            let wanted = ask.number.map(|number| Wanted { number, part: ask.part });
            stream.playlist(wanted).await.map(list)
        }
        (File::Part(number, of), Some(stream)) => stream.part(number, of).await.map(part),
        (File::Init(number), stream) => match stream.and_then(|s| s.init(number)) {
            Some(bytes) => Some(piece(bytes)),
            None => from_files(&house, &room, &name).await.map(piece),
        },
        (File::Segment(number), stream) => match stream.and_then(|s| s.segment(number)) {
            Some(bytes) => Some(piece(bytes)),
            None => from_files(&house, &room, &name).await.map(piece),
        },
        (File::Media | File::Part(..), None) => None,
    };
    let mut found = found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response());
    if kept == For::Some {
        found.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    found
}
