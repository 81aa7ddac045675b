//! `/healthz`, `/readyz`, `/metrics`: for whoever runs the shop.

use crate::House;
use axum::{
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::PrometheusHandle;
use std::{net::SocketAddr, sync::OnceLock};

/// The process is there.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers and is of this version.
pub async fn readyz(State(house): State<House>) -> Response {
    match house.shop.db.migrations().await {
        Ok(state) if state.pending.is_empty() && !state.newer => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response(),
    }
}

/// The recorder of this process.
pub fn recorder() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = metrics_exporter_prometheus::PrometheusBuilder::new();
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // A second recorder in one process (tests) keeps the first.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// Numbers for Prometheus; only this machine may read them, and nothing that came through a proxy.
pub async fn metrics(
    State(house): State<House>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !peer.ip().is_loopback() || headers.contains_key("x-forwarded-for") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some((groups, writes)) = house.shop.db.group_commits() {
        metrics::counter!("db_commits_total").absolute(groups);
        metrics::counter!("db_writes_total").absolute(writes);
    }
    if let Ok((waiting, dead)) = shop::job::counts(&house.shop).await {
        metrics::gauge!("jobs_waiting").set(f64::from(i32::try_from(waiting).unwrap_or(i32::MAX)));
        metrics::gauge!("jobs_dead").set(f64::from(i32::try_from(dead).unwrap_or(i32::MAX)));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], recorder().render()).into_response()
}
