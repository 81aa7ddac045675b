//! Every route, with its layers.

use crate::{
    House, assets,
    edge::{card, events, hls, media, operations, outside, provider, seen, send, share, upload, webhooks, wellknown},
    layers::{cross_site, guard, plain_form, rates, visit},
    pages,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{any, delete, get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

/// What providers call, and the sandbox provider's own service.
fn money() -> Router<House> {
    Router::new()
        .route("/webhooks/{provider}", post(webhooks::serve))
        .route("/sandbox/v1/payments/{reference}", get(provider::payment))
        .route("/sandbox/v1/{what}", post(provider::ask))
}

/// What this process asks of itself: its sandbox provider and its callbacks, apart from the connections of everybody else.
pub fn own(house: House) -> Router {
    money()
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(house.clone(), guard::layer))
        .with_state(house)
}

/// The whole shop as one service.
pub fn router(house: House) -> Router {
    // Once a process; a second router (in tests) finds it there.
    let _ = any_spawner::Executor::init_tokio();
    let calls = Router::new()
        .route("/api/{*path}", post(pages::call))
        .layer(from_fn_with_state(house.clone(), plain_form::layer));
    let uploads = Router::new()
        .route("/upload/post/{code}", post(upload::post).layer(DefaultBodyLimit::max(upload::MAX_POST)))
        .route("/upload/review/{code}", post(upload::review).layer(DefaultBodyLimit::max(upload::MAX_REVIEW)))
        .route("/upload/{side}/{code}", post(upload::serve).layer(DefaultBodyLimit::max(upload::MAX_FORM)));
    let shown = Router::new().fallback(any(pages::serve));
    let told = Router::new()
        .route("/told/{room}", post(events::tell))
        .route("/seen", post(seen::serve).layer(DefaultBodyLimit::max(seen::MAX)));
    let visited = calls
        .merge(uploads)
        .merge(told)
        .merge(shown)
        .layer(from_fn_with_state(house.clone(), rates::layer))
        .layer(from_fn_with_state(house.clone(), visit::layer));
    let machines = Router::new()
        .route("/pkg/{hash}/{name}", get(assets::serve))
        .route("/media/{picture}/{file}", get(media::serve))
        .route("/video/{picture}", get(media::video))
        .route("/hls/{room}/{file}", get(hls::serve))
        .route("/whip/{room}", post(send::offer).options(send::ways).layer(DefaultBodyLimit::max(send::LONGEST)))
        .route("/whip/{room}/{id}", delete(send::end).patch(send::unchanged))
        .route("/send/{room}", get(send::frames))
        .route("/card/poster/{share}/{file}", get(card::poster))
        .route("/card/{kind}/{object}/{file}", get(card::serve))
        .route("/s/{share}", get(share::serve))
        .route("/webhooks/media/{what}", post(outside::serve))
        .route("/events/{topic}", get(events::serve))
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(operations::readyz))
        .route("/metrics", get(operations::metrics))
        .route("/robots.txt", get(wellknown::robots))
        .route("/sitemap.xml", get(wellknown::sitemap))
        .route("/manifest.webmanifest", get(wellknown::manifest))
        .route("/sw.js", get(wellknown::worker))
        .route("/icon-180.png", get(wellknown::icon_180))
        .route("/icon-512.png", get(wellknown::icon_512));
    machines
        .merge(money())
        .merge(visited)
        .layer(from_fn_with_state(house.clone(), cross_site::layer))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(house.clone(), guard::layer))
        .with_state(house)
}
