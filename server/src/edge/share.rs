//! `/s/{share}`: goes to the thing that was shared. A browser that really comes here is remembered in a cookie of its own and
//! counted; whoever only fetches a preview leaves nothing behind.

use crate::{
    House,
    layers::{
        rates::client_address,
        visit::{cookie, looks_himself},
    },
};
use axum::{
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Code, Lang,
    share::{Touches, browser_cookie},
};
use serde::Deserialize;
use shop::session::{self, Token};
use uuid::Uuid;

#[derive(Deserialize)]
pub struct Asked {
    lang: Option<String>,
}

/// Whether a person has opened this address: nobody else, and no picture or script of another page.
fn is_visit(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    looks_himself(headers)
        && matches!(said("sec-fetch-mode"), "" | "navigate")
        && matches!(said("sec-fetch-dest"), "" | "document")
}

pub async fn serve(
    State(house): State<House>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Response {
    let address = client_address(&house.settings.trusted_proxy, &request);
    let (method, headers) = (request.method().clone(), request.headers().clone());
    drop(request);
    let found = match code.parse::<Code>() {
        Ok(code) => {
            shop::share::leads_to(&house.shop, &code).await.ok().map(|(kind, object)| (code, kind.path(&object)))
        }
        Err(_) => None,
    };
    // A link that leads nowhere (any more) leads into the shop.
    let Some((code, path)) = found else { return (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response() };
    let lang = asked.lang.and_then(|l| l.parse::<Lang>().ok());
    let to = lang.map_or_else(|| path.clone(), |l| format!("{path}?lang={}", l.tag()));
    let mut response = StatusCode::FOUND.into_response();
    let answer = response.headers_mut();
    if let Ok(to) = HeaderValue::from_str(&to) {
        answer.insert(header::LOCATION, to);
    }
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Whoever comes again and again is sent on, and counted no more for a while.
    let counts = || house.settings.limits_off || house.rates.may_visit(address);
    if method == Method::GET && is_visit(&headers) && counts() {
        remember(&house, &headers, answer, code).await;
    }
    response
}

async fn remember(house: &House, headers: &HeaderMap, answer: &mut HeaderMap, code: Code) {
    let now = house.shop.clock.now();
    let (known, touches) = read(headers);
    let visitor = known.unwrap_or_else(|| house.shop.rng.id(now));
    let touches = touches.and(code.clone(), now);
    let secure = if house.settings.secure { "; Secure" } else { "" };
    let value = format!("{}{secure}", browser_cookie(&visitor.simple().to_string(), &touches));
    if let Ok(value) = HeaderValue::from_str(&value) {
        answer.append(header::SET_COOKIE, value);
    }
    let name = if house.settings.secure { "__Host-sid" } else { "sid" };
    let me = match cookie(headers, name).and_then(Token::from_cookie) {
        Some(token) => session::find(&house.shop, &token).await.ok().flatten().and_then(|v| v.person).map(|p| p.id),
        None => None,
    };
    // Nobody who comes waits for the count.
    let shop = house.shop.clone();
    tokio::spawn(async move {
        if let Err(error) = shop::share::visited(&shop, &code, visitor, me).await {
            tracing::warn!(%error, "counting a visit");
        }
    });
}

/// The browser's own mark, and the links that it came by.
fn read(headers: &HeaderMap) -> (Option<Uuid>, Touches) {
    let text = cookie(headers, "touch").unwrap_or_default();
    match text.split_once('.') {
        Some((visitor, touches)) => (visitor.parse().ok(), Touches::read(touches)),
        None => (None, Touches::default()),
    }
}
