//! One rule against cross-site requests, for everything that is not GET or HEAD.

use super::refusal;
use crate::House;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use domain::Problem;

/// `Sec-Fetch-Site` in {same-origin, none} passes, other values do not; without it `Origin` must be our host; with neither,
/// a request that carries a session does not pass.
pub fn passes(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    if let Some(origin) = text("origin") {
        return origin.split_once("://").is_some_and(|(_, h)| h == host);
    }
    !text("cookie").is_some_and(|c| c.contains("sid="))
}

/// The layer. Callbacks of payment providers live outside the cookie world and are signed.
pub async fn layer(State(house): State<House>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let callback = request.uri().path().starts_with("/webhooks/");
    if reads || callback {
        return next.run(request).await;
    }
    let host = house.settings.base_url.split_once("://").map_or("", |(_, h)| h);
    if !passes(request.headers(), host) {
        return refusal(&Problem::forbidden());
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let upload = request.uri().path().starts_with("/upload/");
    let whip = request.uri().path().starts_with("/whip/");
    let right = match kind.as_str() {
        "application/sdp" => whip,
        _ if whip => matches!(*request.method(), Method::DELETE | Method::OPTIONS | Method::PATCH),
        "application/x-www-form-urlencoded" | "application/json" => !upload,
        "multipart/form-data" => upload,
        _ => false,
    };
    if !right {
        return refusal(&Problem::new(415, "bad_request"));
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_may_send() {
        let ours = "shop.test";
        assert!(passes(&headers(&[("sec-fetch-site", "same-origin")]), ours));
        assert!(passes(&headers(&[("sec-fetch-site", "none")]), ours));
        for site in ["cross-site", "same-site", "nonsense"] {
            assert!(!passes(&headers(&[("sec-fetch-site", site), ("origin", "https://shop.test")]), ours));
        }
        assert!(passes(&headers(&[("origin", "https://shop.test")]), ours));
        assert!(!passes(&headers(&[("origin", "https://evil.test")]), ours));
        assert!(!passes(&headers(&[("origin", "null")]), ours));
        assert!(!passes(&headers(&[("cookie", "__Host-sid=1")]), ours));
        assert!(passes(&headers(&[]), ours));
    }
}
