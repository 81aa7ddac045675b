//! What stands around every route (security.md): each layer is one rule.

pub mod cross_site;
pub mod guard;
pub mod packed;
pub mod plain_form;
pub mod rates;
pub mod visit;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::Problem;

/// A refusal outside of pages, as RFC 9457 has it.
pub fn refusal(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({
        "type": "about:blank", "title": status.canonical_reason(), "status": problem.status,
        "code": problem.code, "field": problem.field, "number": problem.number,
    });
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let (429, Some(seconds)) = (problem.status, problem.number) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}
