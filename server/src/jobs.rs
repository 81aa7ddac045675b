//! Does the jobs that use cases left, one kind after the other. The kinds are known here; what they do is in `shop`.

use crate::{House, edge::media, files, provider::Http};
use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, stream};
use shop::job::{self, Job};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

/// Jobs taken at once.
const BATCH: i64 = 64;
/// Of them done at the same time. Most of a job is waiting: for the disk, or for somebody's answer.
const SIDE_BY_SIDE: usize = 64;
/// Looked for so often when nobody rings.
const PAUSE: Duration = Duration::from_millis(500);

/// The feed reads so often what came on other nodes, and learns so often from what it showed.
const CATCH_UP: Duration = Duration::from_secs(3);
const LEARN: Duration = Duration::from_secs(60);
const SWEEP: Duration = Duration::from_mins(10);

/// Works until `stop` changes; what was taken is finished.
pub async fn run(house: House, mut stop: watch::Receiver<bool>) {
    let worker = Worker { house, http: Http::new() };
    let handed = worker.house.shop.kept.hands.open();
    // What learns has a task of its own: money does not wait for it.
    let (learner, learning) = (worker.clone(), stop.clone());
    let feed = tokio::spawn(async move { learner.keep_feed(learning).await });
    let words = worker.keep_words(stop.clone());
    let (.., fed) = tokio::join!(worker.do_handed(handed, stop.clone()), words, worker.do_due(&mut stop), feed);
    if let Err(fault) = fed {
        tracing::error!(%fault, "the feed has stopped learning");
    }
}

#[derive(Clone)]
struct Worker {
    house: House,
    http: Http,
}

impl Worker {
    /// Does what committed changes hand over; one batch does not wait for the one before.
    async fn do_handed(&self, mut handed: mpsc::Receiver<Job>, mut stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        loop {
            let mut jobs = Vec::new();
            tokio::select! {
                _ = handed.recv_many(&mut jobs, SIDE_BY_SIDE) => {}
                Some(_) = running.join_next() => {}
                _ = stop.changed() => break,
            }
            if !jobs.is_empty() {
                let worker = self.clone();
                running.spawn(async move { worker.work(jobs).await });
            }
        }
        // A job that panicked has said so; the others end in their time.
        while running.join_next().await.is_some() {}
    }

    /// Reads for search what has changed, and writes down what was looked for.
    async fn keep_words(&self, mut stop: watch::Receiver<bool>) {
        let shop = &self.house.shop;
        // The dictionary takes a moment, of nobody who waits for an answer.
        if let Err(error) = tokio::task::spawn_blocking(shop::search::warm_up).await {
            tracing::error!(%error, "reading the dictionary");
        }
        while !*stop.borrow() {
            let more = match shop::search::catch_up(shop).await {
                Ok(many) => many > 0,
                Err(error) => {
                    tracing::error!(%error, "reading for search");
                    false
                }
            };
            if let Err(error) = shop::search::flush(shop).await {
                tracing::error!(%error, "what was looked for");
            }
            if !more {
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    _ = stop.changed() => {}
                }
            }
        }
    }

    /// Writes down what people did who want that to be remembered, and learns from it.
    async fn keep_feed(&self, mut stop: watch::Receiver<bool>) {
        let shop = &self.house.shop;
        let mut learned = None::<tokio::time::Instant>;
        let mut caught_up = None::<tokio::time::Instant>;
        let mut swept = None::<tokio::time::Instant>;
        let due = |last: Option<tokio::time::Instant>, every| last.is_none_or(|at| at.elapsed() > every);
        loop {
            let stopped = *stop.borrow();
            if let Err(error) = shop::feed::flush(shop).await {
                tracing::error!(%error, "what people did");
            }
            if let Err(error) = shop::creator::flush(shop).await {
                tracing::error!(%error, "what came of posts");
            }
            if stopped {
                return;
            }
            if due(caught_up, CATCH_UP) {
                if let Err(error) = shop::feed::catch_up(shop).await {
                    tracing::error!(%error, "reading for the feed");
                }
                caught_up = Some(tokio::time::Instant::now());
            }
            if due(learned, LEARN) {
                match shop::feed::learn(shop).await {
                    Ok(0) => learned = Some(tokio::time::Instant::now()),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::error!(%error, "learning how much factors count");
                        learned = Some(tokio::time::Instant::now());
                    }
                }
            }
            if due(swept, SWEEP) {
                swept = Some(tokio::time::Instant::now());
                if let Err(error) = shop::feed::sweep(shop).await {
                    tracing::error!(%error, "sweeping what people did");
                }
                let data = self.house.settings.data.clone();
                let _ = tokio::task::spawn_blocking(move || files::sweep(&data)).await;
                if let Err(error) = crate::live::sweep(&self.house).await {
                    tracing::error!(%error, "removing old recordings");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Looks for what has become due.
    async fn do_due(&self, stop: &mut watch::Receiver<bool>) {
        let mut swept = tokio::time::Instant::now();
        while !*stop.borrow() {
            let worked = match job::lease(&self.house.shop, BATCH).await {
                Ok(jobs) if jobs.is_empty() => false,
                Ok(jobs) => self.work(jobs).await,
                Err(error) => {
                    tracing::error!(%error, "looking for jobs");
                    false
                }
            };
            if swept.elapsed() > Duration::from_mins(10) {
                swept = tokio::time::Instant::now();
                self.house.rates.sweep();
                if let Err(error) = shop::session::sweep(&self.house.shop).await {
                    tracing::error!(%error, "sweeping sessions");
                }
                if let Err(error) = shop::referral::sweep(&self.house.shop).await {
                    tracing::error!(%error, "sweeping marks");
                }
                let data = self.house.settings.data.clone();
                tokio::task::spawn_blocking(move || crate::edge::card::sweep(&data));
            }
            if !worked {
                tokio::select! {
                    () = self.house.bell.notified() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                    _ = stop.changed() => {}
                }
            }
        }
    }

    /// Does jobs side by side and puts them away; `false` when they could not be put away.
    async fn work(&self, jobs: Vec<Job>) -> bool {
        let (house, http) = (&self.house, &self.http);
        let results: Vec<(Job, Result<()>)> = stream::iter(jobs)
            .map(|job| async {
                let result = tokio::time::timeout(Duration::from_secs(20), perform(house, http, &job))
                    .await
                    .unwrap_or_else(|_| bail!("took too long"));
                (job, result)
            })
            .buffer_unordered(SIDE_BY_SIDE)
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
        let settled = job::settle(&self.house.shop, done, failed).await;
        if let Err(error) = &settled {
            tracing::error!(%error, "putting jobs away");
        }
        settled.is_ok()
    }
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
            shop::payment::query(shop, &house.sandbox(http), &job.payload).await?;
            house.bell.notify_one();
        }
        "capture" => {
            shop::payment::capture(shop, &house.sandbox(http), &job.payload).await?;
            house.bell.notify_one();
        }
        "refund" => {
            shop::payment::send_refund(shop, &house.sandbox(http), job.payload.parse()?).await?;
            house.bell.notify_one();
        }
        "campaign_end" => {
            shop::group_buy::end_campaign(shop, job.payload.parse()?).await?;
            house.bell.notify_one();
        }
        "team_end" => shop::group_buy::end(shop, job.payload.parse()?).await?,
        "team_seat" => {
            shop::group_buy::settle_seat(shop, job.payload.parse()?).await?;
            house.bell.notify_one();
        }
        "referral" => shop::referral::settle(shop, job.payload.parse()?).await?,
        "question" => shop::question::tell(shop, job.payload.parse()?).await?,
        "challenge" => shop::challenge::end(shop, &job.payload.parse()?).await?,
        "close_drop" => drop(shop::coupon::close(shop, &job.payload.parse()?).await?),
        "draw" => drop(shop::draw::draw(shop, &job.payload.parse()?).await?),
        "lapse_prizes" => shop::draw::lapse(shop, &job.payload.parse()?).await?,
        "room_begun" => shop::live::tell_begun(shop, &job.payload.parse()?).await?,
        "close_room_poll" => {
            let (room, number) = job.payload.split_once(' ').ok_or_else(domain::Problem::internal)?;
            let number = number.parse().map_err(|_| domain::Problem::internal())?;
            shop::live::close_poll(shop, &room.parse()?, number).await?;
        }
        "end_room" => drop(shop::live::end_left(shop, &job.payload.parse()?).await?),
        "shorten_picture" => media::shorten(house, &job.payload),
        "forget_picture" => files::forget_all(&house.settings.data, &job.payload)?,
        "mail" => crate::mail::send(house, job.payload.parse()?).await?,
        "sandbox_callback" => call_back(house, http, &job.payload).await?,
        other => bail!("nobody knows how to do {other:?}"),
    }
    Ok(())
}

/// What the sandbox provider does: tells us by a signed request over HTTP.
async fn call_back(house: &House, http: &Http, body: &str) -> Result<()> {
    let request = http::Request::post(format!("http://{}/webhooks/sandbox", house.settings.own_addr));
    let body = axum::body::Bytes::copy_from_slice(body.as_bytes());
    house.sandbox(http).send(request, &body, body.clone()).await.context("the callback")?;
    Ok(())
}
