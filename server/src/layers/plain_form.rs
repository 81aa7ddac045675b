//! Makes server functions fit for plain forms and for the open web: they answer with right statuses, and a form that was
//! refused goes back to its page with what was typed, never with text in the address.

use super::{
    refusal,
    visit::{FLASH, write_flash},
};
use crate::House;
use app::site::Flash;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use domain::{Problem, access};

/// Bytes that a call may bring.
const MAX_BODY: usize = 64 * 1024;
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// Bytes of typed text that a refused form keeps; a cookie holds 4 KB.
const MAX_KEPT: usize = 2_400;

/// Whether a field may be given back: secrets and what the page makes itself may not.
fn keeps(name: &str) -> bool {
    !["password", "old", "new", "code", "key", "total", "next", "id"].contains(&name)
}

fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(b) = bytes.get(at) {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        if let (b'%', Some(value)) = (b, hex) {
            out.push(value);
            at += 3;
        } else {
            out.push(*b);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn fields(body: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    text.split('&').filter_map(|p| p.split_once('=')).map(|(n, v)| (decode(n), decode(v))).collect()
}

fn kept(body: &[u8]) -> Vec<(String, String)> {
    let mut room = MAX_KEPT;
    fields(body)
        .into_iter()
        .filter(|(name, value)| {
            let size = (name.len() + value.len() + 8) * 4 / 3;
            let fits = keeps(name) && size <= room;
            if fits {
                room -= size;
            }
            fits
        })
        .collect()
}

fn wants_html(parts: &Parts) -> bool {
    parts.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"))
}

/// The page that sent the form, as a path of our own.
pub fn came_from(headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|v| v.to_str().ok()).unwrap_or("/");
    let path = referer
        .split_once("://")
        .map_or(referer, |(_, rest)| rest.find('/').and_then(|i| rest.get(i..)).unwrap_or("/"));
    app::request::local_path(path).to_owned()
}

/// The refusal that leptos wrote into a redirect address.
fn refused_in(location: &str) -> Option<Problem> {
    let query = location.split_once('?')?.1;
    let error = query.split('&').find_map(|p| p.strip_prefix("__err="))?;
    serde_json::from_slice(&URL_SAFE.decode(decode(error)).ok()?).ok()
}

/// Whether the form brings a field that its function does not know.
fn has_unknown(path: &str, body: &[u8]) -> bool {
    access::function_of(path).is_some_and(|f| fields(body).iter().any(|(name, _)| !f.takes(name)))
}

/// Refuses a call before it is looked at: a plain form goes back to its page with what was typed.
pub async fn refuse(house: &House, request: Request, problem: &Problem) -> Response {
    let (parts, body) = request.into_parts();
    if !wants_html(&parts) {
        return refusal(problem);
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return refusal(problem) };
    let path = parts.uri.path().trim_start_matches("/api/").to_owned();
    send_back(&path, problem, &body, &came_from(&parts.headers), house.settings.secure)
}

pub async fn layer(State(house): State<House>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return refusal(&Problem::new(413, "bad_request"));
    };
    let html = wants_html(&parts);
    let back = came_from(&parts.headers);
    let path = parts.uri.path().trim_start_matches("/api/").to_owned();
    let secure = house.settings.secure;
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if is_form && has_unknown(&path, &body) {
        let problem = Problem::bad_request();
        return if html { send_back(&path, &problem, &body, &back, secure) } else { refusal(&problem) };
    }
    if path == "account/login" && !house.settings.limits_off {
        let name = fields(&body).into_iter().find(|(n, _)| n == "name").map(|(_, v)| v).unwrap_or_default();
        if let Some(wait) = house.rates.login_tries(&name) {
            let problem = Problem::new(429, "too_many").number(wait);
            return if html { send_back(&path, &problem, &body, &back, secure) } else { refusal(&problem) };
        }
    }
    if path.starts_with("after_sale/withdraw") && !house.settings.limits_off {
        let order = fields(&body).into_iter().find(|(n, _)| n == "order").map(|(_, v)| v).unwrap_or_default();
        if let Some(wait) = house.rates.withdraw_tries(&order) {
            let problem = Problem::new(429, "too_many").number(wait);
            return if html { send_back(&path, &problem, &body, &back, secure) } else { refusal(&problem) };
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    house.bell.notify_one();
    let (mut head, answer) = response.into_parts();
    let location = head.headers.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if html {
        if let Some(problem) = refused_in(&location) {
            // A page of its own for whoever must log in first; the form comes back for everything else.
            let mut answer = match problem.code.as_str() {
                "login_needed" => see_other(&format!("/login?next={}", app::request::escape(&back))),
                _ => send_back(&path, &problem, &body, &back, secure),
            };
            for cookie in head.headers.get_all(header::SET_COOKIE) {
                answer.headers_mut().append(header::SET_COOKIE, cookie.clone());
            }
            return answer;
        }
        if !location.is_empty() {
            // The function's own redirect, or leptos' to the referring page: a path of ours either way.
            let to = if location.starts_with('/') { app::request::local_path(&location).to_owned() } else { back };
            head.status = StatusCode::SEE_OTHER;
            if let Ok(value) = HeaderValue::from_str(&to) {
                head.headers.insert(header::LOCATION, value);
            }
        }
        return Response::from_parts(head, Body::empty());
    }
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if head.status.is_success() {
        return Response::from_parts(head, answer);
    }
    // leptos answers every refusal with 500: the refusal itself says the status.
    let Ok(bytes) = to_bytes(answer, MAX_ANSWER).await else { return refusal(&Problem::internal()) };
    if let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) {
        head.status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let (429, Some(wait)) = (problem.status, problem.number) {
            head.headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        return Response::from_parts(head, Body::from(bytes));
    }
    refusal(&Problem::new(head.status.as_u16(), if head.status.is_client_error() { "bad_request" } else { "internal" }))
}

/// To another page, whatever the method was.
pub fn see_other(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response()
}

/// Back to the page of a form that was refused, with what was typed.
pub fn send_back(path: &str, problem: &Problem, body: &[u8], back: &str, secure: bool) -> Response {
    // The words come with the page that shows it, in its language.
    let problem = Problem { text: None, ..problem.clone() };
    let flash = Flash { path: path.to_owned(), problem, fields: kept(body) };
    let flags = if secure { "; Secure" } else { "" };
    let cookie = format!("{FLASH}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60{flags}", write_flash(&flash));
    let mut response = see_other(back);
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_given_back() {
        let body = b"name=mei&password=secret+word&old=a&new=b&code=123456&note=%E4%BD%A0%E5%A5%BD+%26";
        assert_eq!(kept(body), [("name".to_owned(), "mei".to_owned()), ("note".to_owned(), "你好 &".to_owned())]);
    }

    #[test]
    fn a_form_goes_back_only_to_a_page_of_ours() {
        let from = |r: &'static str| came_from(&[(header::REFERER, r.parse().unwrap())].into_iter().collect());
        assert_eq!(from("https://evil.test//evil.test/x"), "/");
        assert_eq!(from("http://shop.test/p/a?buy=single"), "/p/a?buy=single");
        assert_eq!(from("nonsense"), "/");
    }
}
