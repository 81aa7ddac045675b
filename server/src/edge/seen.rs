//! `/seen`: what the browser of somebody who has agreed to that tells of (`domain::feed::Told`). It is written a moment later, and nobody
//! waits for it.

use crate::{House, layers::refusal};
use app::request::Visit;
use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Problem,
    feed::{MOST_TOLD, Told},
};

/// Bytes of one beacon.
pub const MAX: usize = 32 * 1024;

pub async fn serve(State(house): State<House>, Extension(visit): Extension<Visit>, body: Bytes) -> Response {
    let Some(me) = visit.me().filter(|_| visit.viewer.as_ref().is_some_and(|v| v.personal)) else {
        // Nothing is taken of anybody else.
        return StatusCode::NO_CONTENT.into_response();
    };
    let told: Vec<Told> = match serde_json::from_slice(&body) {
        Ok(told) => told,
        Err(_) => return refusal(&Problem::bad_request()),
    };
    if told.len() > MOST_TOLD {
        return refusal(&Problem::bad_request());
    }
    if shop::feed::told(&house.shop, me, told) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        refusal(&Problem::new(503, "busy"))
    }
}
