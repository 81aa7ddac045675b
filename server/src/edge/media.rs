//! `/media/{picture}/{width}.{webp|jpg}`: drawn or resized when it is first asked for, then kept in the data folder.

use crate::{
    House,
    art::{self, Format, Scene},
    layers::visit::cookie,
};
use anyhow::{Context, Result};
use axum::{
    extract::{Path, State},
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
        return answer(bytes, format);
    }
    // Pictures of a case are kept under a name that nobody is served from without being asked who he is.
    match shop::after_sale::owner_of_picture(&house.shop, id).await {
        Ok(None) => {}
        Ok(Some(owner)) if sees(&house, &headers, owner).await => {
            return private(&house, id, width, format, &file).await;
        }
        Ok(Some(_)) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%id, %error, "whose is a picture");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    // So are those of posts that are not for everybody.
    match shop::post::sees_picture(&house.shop, None, id).await {
        Ok(None) => {}
        Ok(Some(_)) => {
            let viewer = viewer(&house, &headers).await;
            let me = viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| p.id);
            let sees = matches!(shop::post::sees_picture(&house.shop, me, id).await, Ok(Some(true)));
            // Whoever decides about a post sees what it shows.
            let decides = viewer.is_some_and(|v| may(&house, &v, "moderation/desk"));
            if sees || (decides && matches!(shop::moderation::shows_picture(&house.shop, id).await, Ok(true))) {
                return private(&house, id, width, format, &file).await;
            }
            return StatusCode::NOT_FOUND.into_response();
        }
        Err(error) => {
            tracing::error!(%id, %error, "who may see a picture");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    // And those of reviews that were taken down.
    match shop::review::sees_picture(&house.shop, None, false, id).await {
        Ok(None) => {}
        Ok(Some(_)) => {
            let viewer = viewer(&house, &headers).await;
            let me = viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| p.id);
            let decides = viewer.is_some_and(|v| may(&house, &v, "moderation/desk"));
            if matches!(shop::review::sees_picture(&house.shop, me, decides, id).await, Ok(Some(true))) {
                return private(&house, id, width, format, &file).await;
            }
            return StatusCode::NOT_FOUND.into_response();
        }
        Err(error) => {
            tracing::error!(%id, %error, "who may see a picture");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    match make(&house, id, width, format, kept.clone()).await {
        // What was taken down while it was made is not for everybody any more.
        Ok(Some(_)) if !matches!(is_public(&house, id).await, Ok(true)) => {
            let _ = tokio::fs::remove_file(&kept).await;
            StatusCode::NOT_FOUND.into_response()
        }
        Ok(Some(bytes)) => answer(bytes, format),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%id, %error, "a picture could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
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
fn may(house: &House, viewer: &Viewer, path: &str) -> bool {
    let shown = house.settings.second_factor_off || viewer.second_factor;
    access::function_of(path).is_some_and(|f| f.who.admits(viewer.role(), shown))
}

async fn viewer(house: &House, headers: &HeaderMap) -> Option<Viewer> {
    let name = if house.settings.secure { "__Host-sid" } else { "sid" };
    let token = cookie(headers, name).and_then(Token::from_cookie)?;
    session::find(&house.shop, &token).await.ok().flatten()
}

async fn private(house: &House, id: PictureId, width: u32, format: Format, file: &str) -> Response {
    let kept = house.settings.data.join("media").join(format!("case-{}-{file}", id.0.simple()));
    let made = match tokio::fs::read(&kept).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => make(house, id, width, format, kept).await,
    };
    let Ok(Some(bytes)) = made else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = answer(bytes, format);
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
            Scene::File { name } => resized(&data, name, width, format)?,
            drawn => art::render(drawn, width, (w, h), format)?,
        };
        keep(&kept, &bytes)?;
        Ok(bytes)
    })
    .await??;
    Ok(Some(bytes))
}

fn resized(data: &FsPath, name: &str, width: u32, format: Format) -> Result<Vec<u8>> {
    let right = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    anyhow::ensure!(right, "a stored file has a plain name");
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
