//! `/media/{picture}/{width}.{webp|jpg}`: drawn or resized when it is first asked for, then kept in the data folder; `/video/{picture}`.

use crate::{
    House,
    art::{self, Format, Scene},
    files,
    film::Container,
    layers::{packed::takes, visit::cookie},
};
use anyhow::{Context, Result};
use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    access,
    catalog::PictureView,
    id::{PersonId, PictureId},
};
use shop::session::{self, Token, Viewer};
use std::{
    path::{Path as FsPath, PathBuf},
    sync::OnceLock,
};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

/// Pictures drawn at the same time.
static SLOTS: OnceLock<Semaphore> = OnceLock::new();

pub async fn serve(
    State(house): State<House>,
    Path((id, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((width, format)) = asked(&file) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(id) = id.parse::<PictureId>() else { return StatusCode::NOT_FOUND.into_response() };
    let kept = house.settings.data.join("media").join(format!("{}-{file}", id.0.simple()));
    if let Ok(bytes) = tokio::fs::read(&kept).await {
        return shortest(&house, &headers, id, width, bytes, format).await;
    }
    match sight(&house, &headers, id).await {
        Sight::Everybody => {}
        Sight::Some => return private(&house, &headers, id, width, format, &file).await,
        Sight::Nobody => return StatusCode::NOT_FOUND.into_response(),
        Sight::Fault => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
    match make(&house, id, width, format, kept.clone()).await {
        // What was taken down while it was made is not for everybody any more.
        Ok(Some(_)) if !matches!(is_public(&house, id).await, Ok(true)) => {
            let _ = tokio::fs::remove_file(&kept).await;
            StatusCode::NOT_FOUND.into_response()
        }
        Ok(Some(bytes)) => shortest(&house, &headers, id, width, bytes, format).await,
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%id, %error, "a picture could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Who may see a picture, of those that matter for whoever asks.
enum Sight {
    Everybody,
    /// He does, others do not.
    Some,
    Nobody,
    Fault,
}

async fn sight(house: &House, headers: &HeaderMap, id: PictureId) -> Sight {
    sight_of(house, headers, id).await.unwrap_or_else(|error| {
        tracing::error!(%id, %error, "who may see a picture");
        Sight::Fault
    })
}

async fn sight_of(house: &House, headers: &HeaderMap, id: PictureId) -> shop::Result<Sight> {
    let to = |sees: bool| if sees { Sight::Some } else { Sight::Nobody };
    // Pictures of a case are kept under a name that nobody is served from without being asked who he is.
    if let Some(owner) = shop::after_sale::owner_of_picture(&house.shop, id).await? {
        return Ok(to(sees(house, headers, owner).await));
    }
    // So are those of posts that are not for everybody.
    if shop::post::sees_picture(&house.shop, None, id).await?.is_some() {
        let viewer = viewer(house, headers).await;
        let me = viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| p.id);
        if shop::post::sees_picture(&house.shop, me, id).await? == Some(true) {
            return Ok(Sight::Some);
        }
        // Whoever decides about a post sees what it shows.
        let decides = viewer.is_some_and(|v| may(house, &v, "moderation/desk"));
        return Ok(to(decides && shop::moderation::shows_picture(&house.shop, id).await?));
    }
    // And those of reviews that were taken down.
    if shop::review::sees_picture(&house.shop, None, false, id).await?.is_some() {
        let viewer = viewer(house, headers).await;
        let me = viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| p.id);
        let decides = viewer.is_some_and(|v| may(house, &v, "moderation/desk"));
        return Ok(to(shop::review::sees_picture(&house.shop, me, decides, id).await? == Some(true)));
    }
    Ok(Sight::Everybody)
}

/// `/video/{picture}`: the film of a still, in the ranges that a player asks for.
pub async fn video(State(house): State<House>, Path(id): Path<String>, request: Request) -> Response {
    let Ok(id) = id.parse::<PictureId>() else { return StatusCode::NOT_FOUND.into_response() };
    let open = match sight(&house, request.headers(), id).await {
        Sight::Everybody => true,
        Sight::Some => false,
        Sight::Nobody => return StatusCode::NOT_FOUND.into_response(),
        Sight::Fault => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let source = match shop::catalog::picture_source(&house.shop, id).await {
        Ok(source) => source,
        Err(error) => {
            tracing::error!(%id, %error, "where is a film");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let scene = source.and_then(|(source, ..)| serde_json::from_str(&source).ok());
    let Some(Scene::File { video: Some(video), .. }) = scene else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = if video.ends_with(".webm") { Container::Webm } else { Container::Mp4 };
    if !files::is_plain(&video) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let served = ServeFile::new(house.settings.data.join("files").join(&video)).oneshot(request).await;
    let Ok(mut response) = served.map(IntoResponse::into_response);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.mime()));
    // For a while only: it may be taken down.
    let cache = match (response.status().as_u16(), open) {
        (200 | 206 | 304, true) => "public, max-age=300",
        (200 | 206 | 304, false) => "private, max-age=300",
        _ => "no-store",
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Whether a picture is nobody's in particular: of no case, of no post that is not for everybody, of no review that was taken down.
async fn is_public(house: &House, id: PictureId) -> shop::Result<bool> {
    Ok(shop::after_sale::owner_of_picture(&house.shop, id).await?.is_none()
        && shop::post::sees_picture(&house.shop, None, id).await?.is_none()
        && shop::review::sees_picture(&house.shop, None, false, id).await?.is_none())
}

/// Whether whoever asks is the owner, or staff that may look at cases.
async fn sees(house: &House, headers: &HeaderMap, owner: PersonId) -> bool {
    let Some(viewer) = viewer(house, headers).await else { return false };
    viewer.person.as_ref().is_some_and(|p| p.id == owner) || may(house, &viewer, "after_sale/desk_show")
}

/// Whether somebody may call a function.
pub(super) fn may(house: &House, viewer: &Viewer, path: &str) -> bool {
    let shown = house.settings.second_factor_off || viewer.second_factor;
    access::function_of(path).is_some_and(|f| f.who.admits(viewer.role(), shown))
}

pub(super) async fn viewer(house: &House, headers: &HeaderMap) -> Option<Viewer> {
    let name = if house.settings.secure { "__Host-sid" } else { "sid" };
    let token = cookie(headers, name).and_then(Token::from_cookie)?;
    session::find(&house.shop, &token).await.ok().flatten()
}

async fn private(
    house: &House,
    headers: &HeaderMap,
    id: PictureId,
    width: u32,
    format: Format,
    file: &str,
) -> Response {
    let kept = house.settings.data.join("media").join(format!("case-{}-{file}", id.0.simple()));
    let made = match tokio::fs::read(&kept).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => make(house, id, width, format, kept).await,
    };
    let Ok(Some(bytes)) = made else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = shortest(house, headers, id, width, bytes, format).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

fn asked(file: &str) -> Option<(u32, Format)> {
    let (width, extension) = file.split_once('.')?;
    let width: i64 = width.parse().ok()?;
    let known = PictureView::WIDTHS.contains(&width);
    Some((u32::try_from(width).ok().filter(|_| known)?, Format::from_extension(extension)?))
}

/// Where the shorter form of a picture is kept, once there is one. Nobody is served from there without that he may see the picture.
pub fn shorter(data: &FsPath, id: &str, width: i64) -> PathBuf {
    data.join("media").join(format!("short-{id}-{width}.avif"))
}

/// A picture, in its shorter form where there is one and it is taken.
async fn shortest(
    house: &House,
    headers: &HeaderMap,
    id: PictureId,
    width: u32,
    bytes: Vec<u8>,
    format: Format,
) -> Response {
    let takes = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| takes(v, "image/avif"));
    let short = match format {
        Format::Webp if takes => {
            tokio::fs::read(shorter(&house.settings.data, &id.0.simple().to_string(), width.into())).await.ok()
        }
        _ => None,
    };
    let mut response = match short {
        Some(short) => answer(short, Format::Avif),
        None => answer(bytes, format),
    };
    if format == Format::Webp {
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    }
    response
}

/// Asks for the shorter form of a picture in each of its sizes. One picture at a time, and nobody waits for it: without it there is the
/// longer one.
pub fn shorten(house: &House, picture: &str) {
    static ONE: Semaphore = Semaphore::const_new(1);
    let (house, picture) = (house.clone(), picture.to_owned());
    tokio::spawn(async move {
        let Ok(_slot) = ONE.acquire().await else { return };
        let Ok(id) = picture.parse::<PictureId>() else { return };
        if let Err(error) = make_shorter(&house, id).await {
            tracing::info!(picture, %error, "a picture was not made shorter");
        }
        // Taken away meanwhile.
        if let Ok(None) = shop::catalog::picture_source(&house.shop, id).await {
            for width in PictureView::WIDTHS {
                let _ = tokio::fs::remove_file(shorter(&house.settings.data, &id.0.simple().to_string(), width)).await;
            }
        }
    });
}

async fn make_shorter(house: &House, id: PictureId) -> Result<()> {
    let Some((source, ..)) = shop::catalog::picture_source(&house.shop, id).await? else { return Ok(()) };
    let Scene::File { name, .. } = serde_json::from_str(&source)? else { return Ok(()) };
    let (data, id) = (house.settings.data.clone(), id.0.simple().to_string());
    tokio::task::spawn_blocking(move || -> Result<()> {
        for width in PictureView::WIDTHS {
            let bytes = resized(&data, &name, u32::try_from(width)?, Format::Avif)?;
            keep(&shorter(&data, &id, width), &bytes)?;
        }
        Ok(())
    })
    .await?
}

fn answer(bytes: Vec<u8>, format: Format) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.mime()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    // A preview in a chat app is drawn on somebody else's page.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

async fn make(house: &House, id: PictureId, width: u32, format: Format, kept: PathBuf) -> Result<Option<Vec<u8>>> {
    let Some((source, w, h)) = shop::catalog::picture_source(&house.shop, id).await? else { return Ok(None) };
    let scene: Scene = serde_json::from_str(&source).context("the source of a picture")?;
    let _slot = SLOTS.get_or_init(|| Semaphore::new(2)).acquire().await?;
    let data = house.settings.data.clone();
    let bytes = tokio::task::spawn_blocking(move || -> Result<Vec<u8>> {
        let bytes = match &scene {
            Scene::File { name, .. } => resized(&data, name, width, format)?,
            drawn => art::render(drawn, width, (w, h), format)?,
        };
        keep(&kept, &bytes)?;
        Ok(bytes)
    })
    .await??;
    Ok(Some(bytes))
}

fn resized(data: &FsPath, name: &str, width: u32, format: Format) -> Result<Vec<u8>> {
    anyhow::ensure!(files::is_plain(name), "a stored file has a plain name");
    let picture = image::open(data.join("files").join(name))?;
    let picture = if picture.width() > width { picture.thumbnail(width, u32::MAX) } else { picture };
    let rgb = picture.to_rgb8();
    art::encode(rgb.as_raw(), rgb.width(), rgb.height(), format)
}

/// Written beside and then renamed: nobody reads half a picture.
pub(super) fn keep(path: &FsPath, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = path.with_extension(format!("part-{:?}", std::thread::current().id()));
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path)?;
    Ok(())
}

/// Draws the pictures of the first page ahead, so that the first visitor does not wait for them.
pub async fn warm(house: House) {
    let browse = domain::catalog::Browse::default();
    let Ok(shelf) = shop::catalog::shelf(&house.shop, domain::Lang::ZhHans, &browse).await else { return };
    for id in shelf.page.cards.iter().filter_map(|c| c.picture.as_ref()).map(|p| p.id) {
        for file in ["360.webp", "720.webp"] {
            let path = (id.0.simple().to_string(), file.to_owned());
            let _ = serve(State(house.clone()), Path(path), HeaderMap::new()).await;
        }
    }
}
