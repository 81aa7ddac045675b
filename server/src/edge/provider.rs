//! `/sandbox/v1/...`: the sandbox provider's own service. Signed like its callbacks, over method, path and body; a shop reaches it over HTTP as it would reach any
//! other provider.

use crate::{House, edge::webhooks::SIGNATURE, layers::refusal, provider::said};
use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use domain::Problem;
use serde::de::DeserializeOwned;
use shop::payment::{
    Provider,
    sandbox::{Books, signed},
};

const MAX_BODY: usize = 16 * 1024;

fn checked(house: &House, headers: &HeaderMap, method: &Method, path: &str, body: &[u8]) -> Result<(), Problem> {
    let signature = headers.get(SIGNATURE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    signed(&house.shop, signature, &said(method, path, body)).map_err(shop::Error::into_problem)
}

/// `GET payments/REF`: what became of a payment, `null` while nothing has.
pub async fn payment(
    State(house): State<House>,
    Path(reference): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Err(problem) = checked(&house, &headers, &Method::GET, uri.path(), &[]) {
        return refusal(&problem);
    }
    match Books(house.shop.clone()).query(&reference).await {
        Ok(decided) => Json(decided).into_response(),
        Err(error) => refusal(&error.into_problem()),
    }
}

/// `POST payments|captures|releases|refunds`: opens a payment, takes or lets go what was set aside, gives money back. What happened to
/// money is told by a callback. The same reference, and of a refund the same key, is the same.
pub async fn ask(State(house): State<House>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return refusal(&Problem::new(413, "bad_request")) };
    if let Err(problem) = checked(&house, &headers, &Method::POST, uri.path(), &body) {
        return refusal(&problem);
    }
    let answer = asked(&Books(house.shop.clone()), uri.path().rsplit('/').next().unwrap_or_default(), &body).await;
    house.bell.notify_one();
    match answer {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refusal(&error.into_problem()),
    }
}

async fn asked(books: &Books, what: &str, body: &[u8]) -> shop::Result<()> {
    match what {
        "payments" => books.create(&read(body)?).await,
        "captures" => books.capture(&read(body)?).await,
        "releases" => books.release(&read(body)?).await,
        "refunds" => books.refund(&read(body)?).await,
        _ => Err(Problem::not_found().into()),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::bad_request())
}
