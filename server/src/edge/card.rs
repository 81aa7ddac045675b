//! `/card/{kind}/{object}/{lang}-{mark}-{shape}.jpg`: the preview picture of a shared thing. Its mark is made of what it shows, so
//! a new state is a new address, and what is kept never has to be looked at again.

use crate::{
    House,
    art::Scene,
    card::{self, Shape},
    layers::rates::client_address,
};
use anyhow::{Context, Result};
use app::ui::preview;
use axum::{
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Code, Lang,
    post::{Order, State as PostState},
    share::{Card, Kind},
};
use sha2::{Digest, Sha256};
use std::{
    net::IpAddr,
    path::{Path as FsPath, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Cards drawn at the same time: nobody's page waits for them.
static SLOTS: OnceLock<Arc<Semaphore>> = OnceLock::new();

/// The right to draw; it goes with the drawing, also when whoever asked has gone.
async fn slot() -> Result<OwnedSemaphorePermit> {
    Ok(SLOTS.get_or_init(|| Arc::new(Semaphore::new(1))).clone().acquire_owned().await?)
}

/// Where drawn cards are kept.
fn folder(data: &FsPath) -> PathBuf {
    data.join("cards")
}

/// Whoever has had too many drawn waits; what is kept is not counted.
fn too_many(house: &House, address: IpAddr) -> Option<Response> {
    if house.settings.limits_off {
        return None;
    }
    let seconds = house.rates.may_draw(address)?;
    Some((StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())]).into_response())
}

/// How long a card is kept: those of states that are over are not asked for again, and others are drawn again.
const KEPT: Duration = Duration::from_hours(14 * 24);

/// Removes old cards; answers how many.
pub fn sweep(data: &FsPath) -> usize {
    // Cards were kept beside the pictures once.
    let folders = [folder(data), data.join("media")];
    let all = folders.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten();
    let old = |f: &std::fs::DirEntry| {
        if !f.file_name().to_string_lossy().starts_with("card-") {
            return false;
        }
        let written = f.metadata().and_then(|m| m.modified()).ok();
        written.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > KEPT)
    };
    all.flatten().filter(old).filter(|f| std::fs::remove_file(f.path()).is_ok()).count()
}

fn asked(file: &str) -> Option<(Lang, String, Shape)> {
    let (rest, shape) = file.strip_suffix(".jpg")?.rsplit_once('-')?;
    let (lang, mark) = rest.rsplit_once('-')?;
    let right = mark.len() == 16 && mark.bytes().all(|b| b.is_ascii_hexdigit());
    Some((lang.parse().ok()?, mark.to_owned(), Shape::from_name(shape)?)).filter(|_| right)
}

pub async fn serve(
    State(house): State<House>,
    Path((kind, object, file)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let address = client_address(&house.settings.trusted_proxy, &request);
    drop(request);
    let plain = object.chars().count() <= 120 && object.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let (Some((lang, mark, shape)), Ok(kind), true) = (asked(&file), kind.parse::<Kind>(), plain) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Of a post and a room nothing is kept: they may not be for everybody any more.
    if keeps(kind)
        && let Ok(bytes) = tokio::fs::read(folder(&house.settings.data).join(kept_as(kind, &object, &file))).await
    {
        return answer(bytes, true);
    }
    if let Some(refused) = too_many(&house, address) {
        return refused;
    }
    match make(&house, kind, &object, lang, shape).await {
        // What is said there may be taken back: nobody keeps it for long.
        Ok(Some((fresh, bytes))) => answer(bytes, fresh == mark && keeps(kind)),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(object, %error, "a card could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether cards of a kind are kept: those of what may be taken down are not.
const fn keeps(kind: Kind) -> bool {
    !matches!(kind, Kind::Post | Kind::Room)
}

/// The name of a kept card; an object may be named in any script, and at any length.
fn kept_as(kind: Kind, object: &str, file: &str) -> String {
    let digest = Sha256::digest(object);
    format!("card-{}-{}-{file}", kind.name(), hex::encode(digest.get(..12).unwrap_or_default()))
}

async fn card_of(house: &House, kind: Kind, object: &str, lang: Lang) -> Result<Option<Card>> {
    let shop = &house.shop;
    let found = match kind {
        Kind::Team => match object.parse() {
            Ok(code) => {
                shop::group_buy::invite(shop, None, lang, &code).await.map(|i| Some(preview::of_team(&i, lang)))
            }
            Err(_) => Ok(None),
        },
        Kind::Post => match object.parse() {
            Ok(code) => shop::post::page(shop, None, lang, &code, Order::Hot, "", None).await.map(|post| {
                (post.state == PostState::Published && post.held.is_none()).then(|| preview::of_post(&post, lang))
            }),
            Err(_) => Ok(None),
        },
        Kind::Room => match object.parse() {
            Ok(code) => shop::live::show(shop, lang, shop::live::Looker::default(), &code)
                .await
                .map(|room| Some(preview::of_room(&room, lang))),
            Err(_) => Ok(None),
        },
        Kind::Product => match shop::catalog::product(shop, lang, object).await {
            Ok(Some(product)) => shop::group_buy::offers(shop, product.id)
                .await
                .map(|offers| Some(preview::of_product(&product.with_offers(offers), lang))),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        },
    };
    match found {
        Err(error) if error.code() == "not_found" => Ok(None),
        other => Ok(other?),
    }
}

/// Draws the card of now; answers its mark, under which it is kept.
async fn make(house: &House, kind: Kind, object: &str, lang: Lang, shape: Shape) -> Result<Option<(String, Vec<u8>)>> {
    let Some(card) = card_of(house, kind, object, lang).await? else { return Ok(None) };
    let scene = scene_of(house, &card).await?;
    let slot = slot().await?;
    let mark = card.mark();
    let name = if shape == Shape::Wide { "wide" } else { "square" };
    let data = house.settings.data.clone();
    let kept = folder(&data).join(kept_as(kind, object, &format!("{}-{mark}-{name}.jpg", lang.tag())));
    let bytes = tokio::task::spawn_blocking(move || -> Result<Vec<u8>> {
        let _slot = slot;
        if let Ok(bytes) = std::fs::read(&kept) {
            return Ok(bytes);
        }
        let bytes = card::draw(&card, shape, scene.as_ref(), &data)?;
        if keeps(kind) {
            std::fs::create_dir_all(folder(&data))?;
            super::media::keep(&kept, &bytes)?;
        }
        Ok(bytes)
    })
    .await??;
    Ok(Some((mark, bytes)))
}

/// `/card/poster/{share}/{lang}.jpg`: a poster with the code of a link. It shows what is true when it is fetched.
pub async fn poster(
    State(house): State<House>,
    Path((share, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let address = client_address(&house.settings.trusted_proxy, &request);
    drop(request);
    if let Some(refused) = too_many(&house, address) {
        return refused;
    }
    let asked = file.strip_suffix(".jpg").and_then(|l| l.parse::<Lang>().ok()).zip(share.parse::<Code>().ok());
    let Some((lang, share)) = asked else { return StatusCode::NOT_FOUND.into_response() };
    match draw_poster(&house, &share, lang).await {
        Ok(Some(bytes)) => answer(bytes, false),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a poster could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn draw_poster(house: &House, share: &Code, lang: Lang) -> Result<Option<Vec<u8>>> {
    let Ok((kind, object)) = shop::share::leads_to(&house.shop, share).await else { return Ok(None) };
    let Some(card) = card_of(house, kind, &object, lang).await? else { return Ok(None) };
    let scene = scene_of(house, &card).await?;
    let slot = slot().await?;
    let qr = app::request::qr(&format!("{}/s/{share}", house.settings.base_url));
    let say = app::i18n::Texts(lang).share_qr();
    let data = house.settings.data.clone();
    // Not kept: it is asked for by whoever saves it, and by nobody else.
    let bytes = tokio::task::spawn_blocking(move || -> Result<Vec<u8>> {
        let _slot = slot;
        card::poster(&card, &qr, say, scene.as_ref(), &data)
    })
    .await??;
    Ok(Some(bytes))
}

/// What the picture of a card is drawn from.
async fn scene_of(house: &House, card: &Card) -> Result<Option<Scene>> {
    let source = match &card.picture {
        Some(picture) => shop::catalog::picture_source(&house.shop, picture.id).await?,
        None => None,
    };
    source.map(|(source, ..)| serde_json::from_str(&source)).transpose().context("the source of a picture")
}

fn answer(bytes: Vec<u8>, of_now: bool) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    let cache = if of_now { "public, max-age=31536000, immutable" } else { "public, max-age=60" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
