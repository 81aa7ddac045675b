//! Files that machines look for: robots, sitemap, manifest, service worker, icons.

use crate::{House, art, assets};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::time::rfc3339;
use std::{fmt::Write as _, sync::OnceLock};

pub async fn robots(State(house): State<House>) -> String {
    format!(
        "User-agent: *\nDisallow: /api/\nDisallow: /admin\nDisallow: /checkout\nDisallow: /cart\nDisallow: /orders\nDisallow: /sandbox/\nDisallow: /report/\nDisallow: /decisions/\nDisallow: /me\nSitemap: {}/sitemap.xml\n",
        house.settings.base_url
    )
}

pub async fn sitemap(State(house): State<House>) -> Response {
    let Ok(entries) = shop::catalog::sitemap(&house.shop, 10_000).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let base = &house.settings.base_url;
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n<url><loc>{base}/</loc></url>\n<url><loc>{base}/shop</loc></url>\n"
    );
    for (slug, changed) in entries {
        let _ = writeln!(
            xml,
            "<url><loc>{base}/p/{}</loc><lastmod>{}</lastmod></url>",
            app::request::escape(&slug),
            rfc3339(changed)
        );
    }
    xml.push_str("</urlset>\n");
    ([(header::CONTENT_TYPE, "application/xml")], xml).into_response()
}

pub async fn manifest() -> Response {
    let text = assets::find("manifest.webmanifest").map_or(&b"{}"[..], |a| a.raw);
    ([(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "public, max-age=3600")], text)
        .into_response()
}

/// The service worker, told which assets are those of now. Its policy is also that of the requests it makes.
pub async fn worker() -> Response {
    let text = assets::find("sw.js").and_then(|a| std::str::from_utf8(a.raw).ok()).unwrap_or_default();
    let text = text.replace("__ASSETS__", assets::ROOT);
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"),
    ];
    (headers, text).into_response()
}

async fn png(kept: &'static OnceLock<Vec<u8>>, width: u32) -> Response {
    let made = tokio::task::spawn_blocking(move || kept.get_or_init(|| art::icon_png(width).unwrap_or_default())).await;
    match made {
        Ok(bytes) if !bytes.is_empty() => {
            let mut response = bytes.as_slice().into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
            response
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

pub async fn icon_180() -> Response {
    static KEPT: OnceLock<Vec<u8>> = OnceLock::new();
    png(&KEPT, 180).await
}

pub async fn icon_512() -> Response {
    static KEPT: OnceLock<Vec<u8>> = OnceLock::new();
    png(&KEPT, 512).await
}
