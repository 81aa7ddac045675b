//! `/upload/{side}/{case}`: pictures for a case of after-sales, as a plain form with files. `side`: `case` for the buyer, `desk` for
//! the shop.
//!
//! Server functions never see files: the limits here are those of a route of its own (security.md).

use crate::{
    House, files,
    layers::{plain_form, refusal},
};
use app::request::Visit;
use axum::{
    Extension,
    extract::{Multipart, Path, State, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Code, Problem, access, account::Role, after_sale::MAX_PICTURES};
use shop::{after_sale::Who, catalog::NewPicture};
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Bytes of one form: some pictures as a telephone takes them.
pub const MAX_FORM: usize = 3 * files::MAX_BYTES + 64 * 1024;
/// The function in the one table of rights whose form this is, for either side.
const BUYER: &str = "after_sale/act";
const DESK: &str = "after_sale/decide";

/// Pictures that are decoded at the same time; each may need 100 MB.
static SLOTS: OnceLock<Semaphore> = OnceLock::new();

pub async fn serve(
    State(house): State<House>,
    Extension(visit): Extension<Visit>,
    Path((side, code)): Path<(String, String)>,
    headers: HeaderMap,
    form: Option<Multipart>,
) -> Response {
    let (function, page) = match side.as_str() {
        "case" => (BUYER, format!("/cases/{code}")),
        "desk" => (DESK, format!("/admin/cases/{code}")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Ok(code) = code.parse::<Code>() else { return refusal(&Problem::not_found()) };
    let (who, form) = match (allowed(&visit, function), form) {
        (Ok(who), Some(form)) => (who, form),
        (Err(problem), _) if problem.code == "login_needed" => {
            return plain_form::see_other(&format!("/login?next={page}"));
        }
        (Err(problem), _) => return refusal(&problem),
        (_, None) => return refusal(&Problem::bad_request()),
    };
    let mut pictures = Vec::new();
    let done = add(&house, who, &code, form, &mut pictures).await;
    if done.is_err() {
        pictures.iter().for_each(|picture| files::forget(&house.settings.data, picture));
    }
    house.bell.notify_one();
    let html = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    match done {
        Ok(()) => plain_form::see_other(&page),
        Err(problem) if html && problem.status != 404 => {
            plain_form::send_back(function, &problem, b"", &page, house.settings.secure)
        }
        Err(problem) => refusal(&problem),
    }
}

fn allowed(visit: &Visit, function: &str) -> Result<Who, Problem> {
    let person = visit.viewer.as_ref().and_then(|v| v.person.as_ref()).ok_or_else(Problem::login_needed)?;
    let shown = visit.second_factor_off || visit.viewer.as_ref().is_some_and(|v| v.second_factor);
    let who = access::function_of(function).ok_or_else(Problem::internal)?.who;
    let role = visit.viewer.as_ref().map_or(Role::Guest, shop::session::Viewer::role);
    if !who.admits(role, shown) {
        return Err(if who.admits(role, true) {
            Problem::new(403, "second_factor_needed")
        } else {
            Problem::forbidden()
        });
    }
    Ok(if function == DESK { Who::Shop } else { Who::Buyer(person.id) })
}

/// Looks whether the case takes pictures before any is decoded, and adds them all or none.
async fn add(
    house: &House,
    who: Who,
    code: &Code,
    form: Multipart,
    pictures: &mut Vec<NewPicture>,
) -> Result<(), Problem> {
    let problem = shop::Error::into_problem;
    let left = shop::after_sale::pictures_left(&house.shop, who, code).await.map_err(problem)?;
    let text = take(house, form, left, pictures).await?;
    shop::after_sale::add_pictures(&house.shop, who, code, &text, pictures.clone()).await.map_err(problem)
}

/// The text of the form, and its pictures as our own.
async fn take(
    house: &House,
    mut form: Multipart,
    left: i64,
    pictures: &mut Vec<NewPicture>,
) -> Result<String, Problem> {
    let mut text = String::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("text") => text = field.text().await.map_err(broken)?,
            Some("picture") => {
                let bytes = field.bytes().await.map_err(broken)?;
                // A form without a chosen file sends an empty one.
                if bytes.is_empty() {
                    continue;
                }
                if bytes.len() > files::MAX_BYTES {
                    return Err(Problem::new(413, "picture_large").number(8));
                }
                if i64::try_from(pictures.len()).is_ok_and(|n| n >= left) {
                    return Err(Problem::new(422, "too_many_pictures").number(MAX_PICTURES));
                }
                pictures.push(store(house, bytes).await?);
            }
            _ => return Err(Problem::bad_request()),
        }
    }
    if pictures.is_empty() { Err(Problem::new(422, "picture_needed").field("picture")) } else { Ok(text) }
}

fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(413, "picture_large").number(8),
        _ => Problem::bad_request(),
    }
}

async fn store(house: &House, bytes: axum::body::Bytes) -> Result<NewPicture, Problem> {
    let internal = |_| Problem::internal();
    let _slot = SLOTS.get_or_init(|| Semaphore::new(1)).acquire().await.map_err(|_| Problem::internal())?;
    let (data, name) = (house.settings.data.clone(), hex::encode(house.shop.rng.bytes::<16>()));
    let taken = tokio::task::spawn_blocking(move || files::upload(&bytes, &data, &name)).await.map_err(internal)?;
    taken.map_err(|error| {
        tracing::info!(%error, "a picture was refused");
        Problem::new(422, "picture_form").field("picture")
    })
}
