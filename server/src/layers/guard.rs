//! Time limit, request id, log line, numbers, and the headers that every answer carries.

use super::refusal;
use crate::House;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Problem;
use std::time::{Duration, Instant};

const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// A body with pictures, on a slow line.
const UPLOAD_LIMIT: Duration = Duration::from_secs(30);
/// One that may have a film.
const FILM_LIMIT: Duration = Duration::from_secs(610);
const LONGEST_URI: usize = 4096;

/// What kind of route a path is, for numbers and logs: few names, whatever people ask for.
fn kind(path: &str) -> &'static str {
    match path.split('/').nth(1).unwrap_or_default() {
        "api" => "api",
        "pkg" => "asset",
        "media" | "card" | "video" => "media",
        "events" | "told" => "events",
        "upload" => "upload",
        "webhooks" => "webhook",
        "healthz" | "readyz" | "metrics" => "operation",
        _ => "page",
    }
}

/// Headers of every answer (security.md). Pages add their own policy for scripts. Only in his studio a host is asked for his camera.
fn harden(response: &mut Response, secure: bool, studio: bool) {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    };
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "strict-origin-when-cross-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    let devices = if studio {
        "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"
    } else {
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
    };
    set("permissions-policy", devices);
    set(
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
    );
    if secure {
        set("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
}

pub async fn layer(State(house): State<House>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = hex::encode(house.shop.rng.bytes::<8>());
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let kind = kind(&path);
    let too_long = request.uri().path_and_query().is_some_and(|p| p.as_str().len() > LONGEST_URI);
    let mut response = if too_long {
        StatusCode::URI_TOO_LONG.into_response()
    } else {
        let limit = match kind {
            "upload" if path.starts_with("/upload/post/") => FILM_LIMIT,
            "upload" => UPLOAD_LIMIT,
            _ => REQUEST_LIMIT,
        };
        match tokio::time::timeout(limit, next.run(request)).await {
            Ok(response) => response,
            Err(_) => refusal(&Problem::new(503, "internal")),
        }
    };
    // 127.0.0.1 and localhost speak plain http, and must not be told to stop.
    let https = house.settings.base_url.starts_with("https://");
    harden(&mut response, https, path.starts_with("/studio/"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let status = response.status().as_u16();
    let seconds = begun.elapsed().as_secs_f64();
    metrics::counter!("http_requests_total", "kind" => kind, "status" => status.to_string()).increment(1);
    metrics::histogram!("http_request_seconds", "kind" => kind).record(seconds);
    if status >= 500 {
        tracing::error!(request = id, %method, path, status, ms = begun.elapsed().as_millis(), "answered");
    } else if kind == "api" || kind == "webhook" {
        tracing::info!(request = id, %method, path, status, ms = begun.elapsed().as_millis(), "answered");
    } else {
        tracing::debug!(request = id, %method, path, status, ms = begun.elapsed().as_millis(), "answered");
    }
    response
}

/// What a handler that panicked answers.
pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let mut response = refusal(&Problem::internal());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
