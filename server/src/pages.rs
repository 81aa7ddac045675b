//! Rendering pages, and keeping those that are the same for every visitor without a session.
//!
//! A kept page is cut where its nonce stands; every answer gets a fresh one. It is kept for two seconds: nothing on it is
//! older than that, and prices are made again at checkout anyway.

use crate::{House, assets, layers::packed::Coding};
use app::{request::Visit, shell::shell};
use axum::{
    Extension,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use leptos::{nonce::Nonce, prelude::provide_context};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

const FRESH: Duration = Duration::from_secs(2);
const MAX_PAGES: usize = 512;
const MAX_PAGE: usize = 4 * 1024 * 1024;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    path: String,
    lang: domain::Lang,
    theme: app::site::Theme,
}

struct Kept {
    pieces: Arc<Vec<Bytes>>,
    until: Instant,
}

/// Pages that are kept for a moment.
#[derive(Default)]
pub struct Cache(Mutex<HashMap<Key, Kept>>);

impl Cache {
    fn get(&self, key: &Key) -> Option<Arc<Vec<Bytes>>> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(key).filter(|k| k.until > Instant::now()).map(|k| k.pieces.clone())
    }

    fn put(&self, key: Key, pieces: Arc<Vec<Bytes>>) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= MAX_PAGES {
            let now = Instant::now();
            map.retain(|_, k| k.until > now);
            if map.len() >= MAX_PAGES {
                map.clear();
            }
        }
        map.insert(key, Kept { pieces, until: Instant::now() + FRESH });
    }
}

/// The policy for scripts and everything else on a page (security.md). `outside`: where live pictures come from besides us, with a space in
/// front.
fn policy(nonce: &str, outside: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; media-src 'self' blob:{outside}; font-src 'self'; connect-src 'self'{outside}; manifest-src 'self'; worker-src 'self'; \
         form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )
}

/// Pages that show nothing of the visitor, as long as there is no session.
fn is_public(path: &str) -> bool {
    ["/b/", "/c/", "/challenges/", "/live/", "/p/", "/posts/", "/t/", "/u/"].iter().any(|start| path.starts_with(start))
        || path == "/"
        || path == "/shop"
        || path == "/challenges"
        || path == "/live"
}

fn key_of(request: &Request, visit: &Visit) -> Option<Key> {
    let plain = visit.viewer.is_none() && visit.flash.is_none() && request.method() == Method::GET;
    let path = request.uri().path_and_query()?.as_str();
    (plain && is_public(request.uri().path()) && path.len() < 300).then(|| Key {
        path: path.to_owned(),
        lang: visit.lang,
        theme: visit.theme,
    })
}

fn page_headers(headers: &mut HeaderMap, (nonce, outside): (&str, &str), public: bool) {
    if let Ok(value) = HeaderValue::from_str(&policy(nonce, outside)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    let cache = if public { "private, max-age=0, must-revalidate" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, accept-language, cookie"));
}

/// Answers any path that is not something else with a page.
pub async fn serve(State(house): State<House>, Extension(visit): Extension<Visit>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let key = key_of(&request, &visit);
    let public = is_public(request.uri().path()) && visit.viewer.is_none();
    let coding = Coding::of(request.headers());
    let outside = house.settings.outside.as_ref().and_then(|o| o.origin());
    let outside = outside.map(|origin| format!(" {origin}")).unwrap_or_default();
    if let Some(pieces) = key.as_ref().and_then(|k| house.pages.get(k)) {
        seen(&house, &visit, request.uri());
        return answer(&pieces, (&visit.nonce, &outside), coding);
    }
    let rendered = render(&house, &visit, request).await;
    let (mut head, body) = rendered.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_PAGE).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let bytes = valid(&bytes);
    page_headers(&mut head.headers, (&visit.nonce, &outside), public);
    let bare = head.status == StatusCode::OK && !head.headers.contains_key(header::SET_COOKIE);
    if let (Some(key), true) = (key, bare) {
        let pieces = cut(&bytes, visit.nonce.as_bytes());
        house.pages.put(key, Arc::new(pieces));
    }
    head.headers.remove(HeaderName::from_static("transfer-encoding"));
    head.headers.remove(header::CONTENT_LENGTH);
    packed(Response::from_parts(head, ()), &bytes, coding)
}

/// A page that was kept is seen all the same; the functions that make one count for themselves.
fn seen(house: &House, visit: &Visit, uri: &Uri) {
    let Some(eye) = visit.eye else { return };
    let code = |text: &str| text.parse::<domain::Code>().ok();
    let from = uri.query().unwrap_or_default().split('&').find_map(|p| p.strip_prefix("post="));
    if let Some(code) = uri.path().strip_prefix("/posts/").and_then(code) {
        shop::creator::viewed(&house.shop, &code, eye);
    } else if let Some(code) = from.filter(|_| uri.path().starts_with("/p/")).and_then(code) {
        shop::creator::clicked(&house.shop, &code, eye);
    } else if let (Some(code), Some(who)) = (uri.path().strip_prefix("/live/").and_then(code), visit.looker()) {
        house.shop.kept.rooms.entered(&code, who);
    }
}

/// What leptos writes, as the standard wants it; every parser makes the same of both.
///
/// Places are marked by `<!>`, a bogus comment, which becomes a whole one (in text and in scripts a `<` is escaped, so these three
/// bytes stand nowhere else); and the scripts that stand behind the end of the document come before the end of its body.
fn valid(page: &Bytes) -> Bytes {
    let mut ordered = Vec::with_capacity(page.len());
    let place = |tag: &[u8]| memchr::memmem::rfind(page, tag).map(|at| (at, at + tag.len()));
    if let (Some((body, behind_body)), Some((html, behind_html))) = (place(b"</body>"), place(b"</html>")) {
        for piece in [0..body, behind_html..page.len(), body..behind_body, behind_body..html, html..behind_html] {
            ordered.extend_from_slice(page.get(piece).unwrap_or_default());
        }
    } else {
        ordered.extend_from_slice(page);
    }
    let page = ordered;
    let mut out = Vec::with_capacity(page.len() + page.len() / 16);
    let mut from = 0;
    for at in memchr::memmem::find_iter(&page, b"<!>") {
        out.extend_from_slice(page.get(from..at).unwrap_or_default());
        out.extend_from_slice(b"<!---->");
        from = at + 3;
    }
    out.extend_from_slice(page.get(from..).unwrap_or_default());
    out.into()
}

/// The pieces between the places where the nonce stands.
fn cut(page: &Bytes, nonce: &[u8]) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(page, nonce) {
        pieces.push(page.slice(from..at));
        from = at + nonce.len();
    }
    pieces.push(page.slice(from..));
    pieces
}

/// The page as this client takes it.
fn packed(head: axum::http::Response<()>, page: &[u8], coding: Coding) -> Response {
    let Ok(body) = coding.pack(page) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = head.map(|()| Body::from(body));
    if let Some(name) = coding.name() {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

fn answer(pieces: &[Bytes], (nonce, outside): (&str, &str), coding: Coding) -> Response {
    let size = pieces.iter().map(Bytes::len).sum::<usize>() + pieces.len() * nonce.len();
    let mut page = Vec::with_capacity(size);
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 {
            page.extend_from_slice(nonce.as_bytes());
        }
        page.extend_from_slice(piece);
    }
    let mut head = axum::http::Response::new(());
    page_headers(head.headers_mut(), (nonce, outside), true);
    packed(head, &page, coding)
}

async fn render(house: &House, visit: &Visit, request: Request) -> Response {
    let cart = match &visit.viewer {
        Some(viewer) => shop::cart::count(&house.shop, viewer.owner()).await.unwrap_or(0),
        None => 0,
    };
    let unread = match visit.viewer.as_ref().and_then(|v| v.person.as_ref()) {
        Some(person) => shop::inbox::unread(&house.shop, person.id).await.unwrap_or(0),
        None => 0,
    };
    let (shop, seen) = (house.shop.clone(), visit.clone());
    let context = move || {
        provide_context(shop.clone());
        provide_context(seen.clone());
        provide_context(Nonce::from_value(seen.nonce.clone()));
    };
    let visit = visit.clone();
    let chunks = assets::chunks_of(app::routes::part_of(request.uri().path()));
    let handler = leptos_axum::render_app_async_with_context(context, move || shell(&visit, cart, unread, chunks));
    handler(request).await
}

/// Answers a server function.
pub async fn call(State(house): State<House>, Extension(visit): Extension<Visit>, request: Request) -> Response {
    let context = move || {
        provide_context(house.shop.clone());
        provide_context(visit.clone());
    };
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_behind_the_document_come_into_it_and_marks_become_comments() {
        let page = Bytes::from_static(b"<html><body><p>a<!></p></body><!></html><!><script>1</script>");
        assert_eq!(valid(&page), "<html><body><p>a<!----></p><!----><script>1</script></body><!----></html>");
    }

    #[test]
    fn a_kept_page_comes_out_with_a_fresh_nonce_in_every_place() {
        let page = Bytes::from_static(b"<a nonce=OLD><b nonce=OLD>end");
        let pieces = cut(&page, b"OLD");
        assert_eq!(pieces.len(), 3);
        let whole = pieces.join(b"NEWER".as_slice());
        assert_eq!(whole, b"<a nonce=NEWER><b nonce=NEWER>end");
    }
}
