//! The sandbox provider as the shop's jobs reach it: over HTTP, signed, limited in time by the job.

use crate::{House, edge::webhooks::SIGNATURE};
use axum::body::Bytes;
use domain::{
    Problem,
    payment::{Callback, RefundAsk},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use shop::{Result, payment::Provider, payment::sandbox};

pub type Http = Client<HttpConnector, Full<Bytes>>;

/// Of an answer.
const MAX_ANSWER: usize = 64 * 1024;

/// The service at `house.settings.sandbox`.
pub struct Sandbox<'a> {
    pub house: &'a House,
    pub http: &'a Http,
}

impl Sandbox<'_> {
    /// Sends a signed request; answers the body of a success.
    ///
    /// # Errors
    /// What the provider refuses, as it says it; `provider_down` when it cannot be reached.
    pub async fn send(&self, request: http::request::Builder, signed: &[u8], body: Bytes) -> Result<Bytes> {
        let down = || Problem::new(503, "provider_down");
        let request = request
            .header("content-type", "application/json")
            .header(SIGNATURE, sandbox::sign(&self.house.shop, signed))
            .body(Full::new(body))
            .map_err(|_| Problem::internal())?;
        let answer = self.http.request(request).await.map_err(|_| down())?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|_| down())?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        let said = serde_json::from_slice::<serde_json::Value>(&body).ok();
        let code = said.as_ref().and_then(|v| v.get("code")).and_then(|c| c.as_str()).unwrap_or("provider_down");
        Err(Problem::new(status.as_u16(), code).into())
    }

    fn at(&self, path: &str) -> String {
        format!("{}/sandbox/v1/{path}", self.house.settings.sandbox)
    }
}

impl Provider for Sandbox<'_> {
    async fn query(&self, provider_ref: &str) -> Result<Option<Callback>> {
        let request = http::Request::get(self.at(&format!("payments/{provider_ref}")));
        let body = self.send(request, provider_ref.as_bytes(), Bytes::new()).await?;
        Ok(serde_json::from_slice(&body).map_err(|_| Problem::internal())?)
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<()> {
        let body = Bytes::from(serde_json::to_vec(ask).map_err(|_| Problem::internal())?);
        self.send(http::Request::post(self.at("refunds")), &body, body.clone()).await?;
        Ok(())
    }
}
