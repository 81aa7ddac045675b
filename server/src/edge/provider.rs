//! `/sandbox/v1/...`: the sandbox provider's own service. Signed like its callbacks; a shop reaches it over HTTP as it would reach any
//! other provider.

use crate::{House, edge::webhooks::SIGNATURE, layers::refusal};
use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{Problem, payment::RefundAsk};
use shop::payment::{
    Provider,
    sandbox::{Books, signed},
};

const MAX_BODY: usize = 16 * 1024;

fn checked(house: &House, headers: &HeaderMap, what: &[u8]) -> Result<(), Problem> {
    let signature = headers.get(SIGNATURE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    signed(&house.shop, signature, what).map_err(shop::Error::into_problem)
}

/// `GET payments/REF`, signed over the reference: what became of a payment, `null` while nothing has.
pub async fn payment(State(house): State<House>, Path(reference): Path<String>, headers: HeaderMap) -> Response {
    if let Err(problem) = checked(&house, &headers, reference.as_bytes()) {
        return refusal(&problem);
    }
    match Books(house.shop.clone()).query(&reference).await {
        Ok(decided) => Json(decided).into_response(),
        Err(error) => refusal(&error.into_problem()),
    }
}

/// `POST refunds`, signed over the body: gives money back and tells by a callback. The same key is given back once.
pub async fn refund(State(house): State<House>, headers: HeaderMap, body: Body) -> Response {
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return refusal(&Problem::new(413, "bad_request")) };
    if let Err(problem) = checked(&house, &headers, &body) {
        return refusal(&problem);
    }
    let Ok(ask) = serde_json::from_slice::<RefundAsk>(&body) else { return refusal(&Problem::bad_request()) };
    let given = Books(house.shop.clone()).refund(&ask).await;
    house.bell.notify_one();
    match given {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refusal(&error.into_problem()),
    }
}
