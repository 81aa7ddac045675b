//! Finds out who is looking, in which language and theme, and what a refused form left behind.

use crate::{House, assets, layers::rates::client_address};
use app::{
    request::{NewVisit, Visit},
    site::{Flash, Theme},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Lang, share::is_crawler};
use shop::session::{self, Token};
use std::hash::{Hash as _, Hasher as _};

/// The cookie of a refused form; it lives until the next page.
pub const FLASH: &str = "flash";

/// A cookie of the request.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}

fn query<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
}

fn read_flash(text: &str) -> Option<Flash> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

pub fn write_flash(flash: &Flash) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(flash).unwrap_or_default())
}

/// Whether a person asks, for what he sees at once: no fetcher of previews, nothing that is fetched ahead or in pieces.
pub fn looks_himself(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    !is_crawler(said("user-agent"))
        && !said("sec-purpose").contains("prefetch")
        && !said("purpose").contains("prefetch")
        && !headers.contains_key(header::RANGE)
}

/// Browsers of one network that are told apart at most: whoever calls his own by ever other names is no crowd.
const EYES: u64 = 16;

/// Whose browser asks for what somebody sees at once.
pub fn eye(house: &House, request: &Request) -> Option<u64> {
    let agent = request.headers().get(header::USER_AGENT).filter(|a| !a.is_empty())?;
    (request.method() != Method::HEAD && looks_himself(request.headers())).then(|| {
        let hash = |what: &dyn Fn(&mut std::hash::DefaultHasher)| {
            let mut hasher = std::hash::DefaultHasher::new();
            what(&mut hasher);
            hasher.finish()
        };
        let browser = hash(&|h| agent.hash(h)) % EYES;
        hash(&|h| (client_address(&house.settings.trusted_proxy, request), browser).hash(h))
    })
}

pub async fn layer(State(house): State<House>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let secure = house.settings.secure;
    let name = if secure { "__Host-sid" } else { "sid" };
    let token = cookie(headers, name).and_then(Token::from_cookie);
    let viewer = match token {
        None => None,
        Some(token) => match session::find(&house.shop, &token).await {
            Ok(viewer) => viewer,
            Err(error) => return super::refusal(&error.into_problem()).into_response(),
        },
    };
    if let Some(v) = &viewer
        && session::wants_touch(&house.shop, v)
    {
        let (shop, id) = (house.shop.clone(), v.session);
        tokio::spawn(async move { session::touch(&shop, id).await });
    }
    let asked: Option<Lang> = request.uri().query().and_then(|q| query(q, "lang")).and_then(|l| l.parse().ok());
    let remembered = cookie(headers, "lang").and_then(|l| l.parse().ok());
    let spoken = || headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).and_then(Lang::negotiate);
    let lang = asked.or(remembered).or_else(spoken).unwrap_or_default();
    let theme = cookie(headers, "theme").and_then(Theme::from_name).unwrap_or_default();
    let is_page = !request.uri().path().starts_with("/api/");
    let flash = if is_page { cookie(headers, FLASH).and_then(read_flash) } else { None };
    let had_flash = flash.is_some();
    let agent =
        headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().chars().take(300).collect();
    let visit: Visit = NewVisit {
        viewer,
        lang,
        theme,
        flash,
        agent,
        secure,
        demo: house.settings.demo,
        second_factor_off: house.settings.second_factor_off,
        assets: assets::ROOT.into(),
        base_url: house.settings.base_url.clone(),
        nonce: URL_SAFE_NO_PAD.encode(house.shop.rng.bytes::<18>()).into(),
        eye: eye(&house, &request),
    }
    .into();
    request.extensions_mut().insert(visit);
    let mut response = next.run(request).await;
    let flags = if secure { "; Secure" } else { "" };
    let mut set = |cookie: String| {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    };
    if asked.is_some() && asked != remembered {
        set(format!("lang={}; Path=/; SameSite=Lax; Max-Age=31536000{flags}", lang.tag()));
    }
    if had_flash {
        set(format!("{FLASH}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{flags}"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let headers: HeaderMap = [(header::COOKIE, "xsid=1; sid=2;  lang=en".parse().unwrap())].into_iter().collect();
        assert_eq!(cookie(&headers, "sid"), Some("2"));
        assert_eq!(cookie(&headers, "lang"), Some("en"));
        assert_eq!(cookie(&headers, "ang"), None);
    }
}
