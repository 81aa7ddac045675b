//! Does the jobs that use cases left, one kind after the other. The kinds are known here; what they do is in `shop`.

use crate::{House, edge::webhooks::SIGNATURE};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, stream};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use shop::job::{self, Job};
use std::time::Duration;
use tokio::sync::watch;

type Http = Client<HttpConnector, Full<axum::body::Bytes>>;

/// Jobs taken at once.
const BATCH: i64 = 64;
/// Looked for so often when nobody rings.
const PAUSE: Duration = Duration::from_millis(500);

/// Works until `stop` changes; what was taken is finished.
pub async fn run(house: House, mut stop: watch::Receiver<bool>) {
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    let mut swept = tokio::time::Instant::now();
    loop {
        let worked = match round(&house, &http).await {
            Ok(worked) => worked,
            Err(error) => {
                tracing::error!(%error, "jobs");
                false
            }
        };
        if *stop.borrow() {
            return;
        }
        if swept.elapsed() > Duration::from_mins(10) {
            swept = tokio::time::Instant::now();
            house.rates.sweep();
            if let Err(error) = shop::session::sweep(&house.shop).await {
                tracing::error!(%error, "sweeping sessions");
            }
        }
        if !worked {
            tokio::select! {
                () = house.bell.notified() => {}
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

/// Takes what is due and does it; `false` when nothing was.
async fn round(house: &House, http: &Http) -> Result<bool> {
    let jobs = job::lease(&house.shop, BATCH).await?;
    if jobs.is_empty() {
        return Ok(false);
    }
    let results: Vec<(Job, Result<()>)> = stream::iter(jobs)
        .map(|job| async {
            let result = tokio::time::timeout(Duration::from_secs(20), perform(house, http, &job))
                .await
                .unwrap_or_else(|_| bail!("took too long"));
            (job, result)
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (job, result) in results {
        match result {
            Ok(()) => done.push(job),
            Err(error) => {
                tracing::warn!(kind = job.kind, attempts = job.attempts, %error, "a job failed");
                failed.push((job, error.to_string()));
            }
        }
    }
    job::settle(&house.shop, done, failed).await?;
    Ok(true)
}

async fn perform(house: &House, http: &Http, job: &Job) -> Result<()> {
    let shop = &house.shop;
    match job.kind.as_str() {
        "expire_order" => {
            shop::order::expire(shop, job.payload.parse()?).await?;
        }
        "relist" => shop::order::relist_sold(shop, job.payload.parse()?).await?,
        "track" => shop::shipment::track(shop, job.payload.parse()?).await?,
        "receive" => shop::shipment::receive(shop, job.payload.parse()?).await?,
        "case_deadline" => shop::after_sale::deadline(shop, &job.payload).await?,
        "complete_order" => shop::order::complete(shop, job.payload.parse()?).await?,
        "query_payment" => {
            shop::payment::query(shop, &job.payload).await?;
            house.bell.notify_one();
        }
        "refund" => {
            shop::payment::send_refund(shop, job.payload.parse()?).await?;
            house.bell.notify_one();
        }
        "sandbox_callback" => call_back(house, http, &job.payload).await?,
        other => bail!("nobody knows how to do {other:?}"),
    }
    Ok(())
}

/// What the sandbox provider does: tells us by a signed request over HTTP.
async fn call_back(house: &House, http: &Http, body: &str) -> Result<()> {
    let signature = shop::payment::sandbox::sign(&house.shop, body.as_bytes());
    let request = http::Request::post(format!("http://{}/webhooks/sandbox", house.settings.own_addr))
        .header("content-type", "application/json")
        .header(SIGNATURE, signature)
        .body(Full::from(body.to_owned()))
        .context("building the callback")?;
    let response = http.request(request).await.context("sending the callback")?;
    ensure!(response.status().is_success(), "the callback was answered {}", response.status());
    Ok(())
}
