//! `/webhooks/{provider}`: callbacks of payment providers. Verified before they are read; answered 200 once they are kept.

use crate::{House, layers::refusal};
use axum::{
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::Problem;
use shop::payment::{self, Outcome, sandbox};

const MAX_BODY: usize = 64 * 1024;
/// Where the signature stands.
pub const SIGNATURE: &str = "tuanju-signature";

pub async fn serve(
    State(house): State<House>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if provider != "sandbox" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return refusal(&Problem::new(413, "bad_request")) };
    let signature = headers.get(SIGNATURE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let callback = match sandbox::verified(&house.shop, signature, &body) {
        Ok(callback) => callback,
        Err(error) => return refusal(&error.into_problem()),
    };
    match payment::receive(&house.shop, "sandbox", callback).await {
        Ok(outcome) => {
            let name = match outcome {
                Outcome::Applied => "applied",
                Outcome::Duplicate => "duplicate",
                Outcome::Refused => "refused",
            };
            metrics::counter!("payment_callbacks_total", "outcome" => name).increment(1);
            house.bell.notify_one();
            StatusCode::OK.into_response()
        }
        Err(error) => refusal(&error.into_problem()),
    }
}
