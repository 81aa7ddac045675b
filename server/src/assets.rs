//! The built front end, embedded: hashed path, precompressed, immutable.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{collections::HashMap, sync::OnceLock};

/// A file of the front end.
pub struct Asset {
    pub name: &'static str,
    pub mime: &'static str,
    pub raw: &'static [u8],
    pub br: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

pub fn find(name: &str) -> Option<&'static Asset> {
    FILES.iter().find(|f| f.name == name)
}

/// Whether the client takes brotli.
pub fn takes_brotli(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|e| e.trim().starts_with("br")))
}

/// `GET /pkg/{hash}/{name}`. An old hash still finds the file of now, uncached, for a tab that was open across a deploy.
pub async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = find(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let current = ROOT.ends_with(&hash);
    let mut response = match asset.br {
        Some(br) if takes_brotli(&headers) => ([(header::CONTENT_ENCODING, "br")], br).into_response(),
        _ => asset.raw.into_response(),
    };
    let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// The files of the browser bundle that the pages of a part need besides the main one, so that the page can ask for all at once.
pub fn chunks_of(part: &str) -> &'static [String] {
    static PARTS: OnceLock<HashMap<String, Vec<String>>> = OnceLock::new();
    let parts = PARTS.get_or_init(|| {
        let read = |f: &Asset| serde_json::from_slice::<HashMap<String, Vec<String>>>(f.raw).unwrap_or_default();
        // The splitter adds a number to the name of the function that begins a part.
        let named = |(name, chunks): (String, Vec<String>)| {
            (name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_owned(), chunks)
        };
        find("__wasm_split_manifest.json").map(read).unwrap_or_default().into_iter().map(named).collect()
    });
    parts.get(part).map_or(&[], Vec::as_slice)
}
