//! The sandbox provider as the shop's jobs reach it: over HTTP, signed, limited in time by the job.

use crate::edge::webhooks::SIGNATURE;
use axum::body::Bytes;
use domain::{
    Problem,
    payment::{Callback, PaymentAsk, RefundAsk},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error as Broken, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Serialize;
use shop::{
    Result, Shop,
    payment::{Create, Provider, sandbox},
};
use std::{
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// How the provider is reached: over connections that are kept a while, and over a new one when a kept one breaks.
#[derive(Clone)]
pub struct Http {
    kept: Client<HttpConnector, Full<Bytes>>,
    fresh: Client<HttpConnector, Full<Bytes>>,
}

/// A connection is not used again after so long; the other side keeps it for five seconds.
const KEPT: Duration = Duration::from_secs(2);

impl Http {
    pub fn new() -> Self {
        let client = || Client::builder(TokioExecutor::new());
        Self {
            kept: client().pool_idle_timeout(KEPT).build_http(),
            fresh: client().pool_max_idle_per_host(0).build_http(),
        }
    }

    /// Sends a request, which can be made twice: a kept connection may be closed on the other side just as it is used again.
    ///
    /// # Errors
    /// What goes wrong on the way.
    pub async fn send(&self, request: http::Request<Full<Bytes>>) -> Result<http::Response<Incoming>, Broken> {
        match self.kept.request(request.clone()).await {
            Err(error) if !error.is_connect() => self.fresh.request(request).await,
            first => first,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

/// Payments that are made known at the same time, and how long one may take.
const SIDE_BY_SIDE: usize = 32;
const PATIENCE: Duration = Duration::from_secs(5);
/// A provider that cannot be reached is left alone so long.
const REST: Duration = Duration::from_secs(1);
/// Of an answer.
const MAX_ANSWER: usize = 64 * 1024;

/// The service at `at` (scheme and host).
pub struct Sandbox<'a> {
    pub shop: &'a Shop,
    pub at: &'a str,
    pub http: &'a Http,
}

impl Sandbox<'_> {
    /// Sends a signed request, once more if its connection breaks; answers the body of a success.
    ///
    /// # Errors
    /// What the provider refuses, as it says it; `provider_down` when it cannot be reached.
    pub async fn send(&self, request: http::request::Builder, signed: &[u8], body: Bytes) -> Result<Bytes> {
        let down = || Problem::new(503, "provider_down");
        let request = request
            .header("content-type", "application/json")
            .header(SIGNATURE, sandbox::sign(self.shop, signed))
            .body(Full::new(body))
            .map_err(|_| Problem::internal())?;
        let answer = self.http.send(request).await;
        let answer = answer.map_err(|error| {
            tracing::warn!(%error, cause = error.source(), "the provider was not reached");
            down()
        })?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|_| down())?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        let said = serde_json::from_slice::<serde_json::Value>(&body).ok();
        let code = said.as_ref().and_then(|v| v.get("code")).and_then(|c| c.as_str()).unwrap_or("provider_down");
        Err(Problem::new(status.as_u16(), code).into())
    }

    async fn post<T: Serialize + Sync>(&self, path: &str, ask: &T) -> Result<()> {
        let body = Bytes::from(serde_json::to_vec(ask).map_err(|_| Problem::internal())?);
        self.call(http::Method::POST, path, body).await?;
        Ok(())
    }

    async fn call(&self, method: http::Method, path: &str, body: Bytes) -> Result<Bytes> {
        let path = format!("/sandbox/v1/{path}");
        let signed = said(&method, &path, &body);
        let request = http::Request::builder().method(method).uri(format!("{}{path}", self.at));
        self.send(request, &signed, body).await
    }
}

/// What the signature of a call to the provider stands for: method and path, a line of their own, and the body.
pub fn said(method: &http::Method, path: &str, body: &[u8]) -> Vec<u8> {
    [format!("{method} {path}\n").as_bytes(), body].concat()
}

/// How shoppers' requests make payments known to the service at `at`: a few at a time, each for so long, and none for a moment
/// after one that did not get through.
pub fn create(at: Arc<str>) -> Create {
    let http = Http::new();
    let turns = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let failed = Arc::new(Mutex::new(None::<Instant>));
    Box::new(move |shop, ask| {
        let (shop, at, http) = (shop.clone(), at.clone(), http.clone());
        let (turns, failed) = (turns.clone(), failed.clone());
        Box::pin(async move {
            let down = || Problem::new(503, "provider_down");
            let last = *failed.lock().unwrap_or_else(PoisonError::into_inner);
            if last.is_some_and(|at| at.elapsed() < REST) {
                return Err(down().into());
            }
            let asked = async {
                let _turn = turns.acquire().await.map_err(|_| Problem::internal())?;
                Sandbox { shop: &shop, at: &at, http: &http }.create(&ask).await
            };
            let answer = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(down().into()));
            // What it refuses is between the two of us; whoever wants to pay hears that it does not work now.
            answer.map_err(|error| {
                tracing::error!(%error, "a payment that the provider does not take");
                if error.code() == "provider_down" {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                }
                down().into()
            })
        })
    })
}

impl Provider for Sandbox<'_> {
    async fn create(&self, ask: &PaymentAsk) -> Result<()> {
        self.post("payments", ask).await
    }

    async fn capture(&self, ask: &PaymentAsk) -> Result<()> {
        self.post("captures", ask).await
    }

    async fn release(&self, ask: &PaymentAsk) -> Result<()> {
        self.post("releases", ask).await
    }

    async fn query(&self, provider_ref: &str) -> Result<Option<Callback>> {
        let body = self.call(http::Method::GET, &format!("payments/{provider_ref}"), Bytes::new()).await?;
        Ok(serde_json::from_slice(&body).map_err(|_| Problem::internal())?)
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<()> {
        self.post("refunds", ask).await
    }
}
