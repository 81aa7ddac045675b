//! kill -9 in the middle of mixed traffic, again and again: what was acknowledged is there, the books are in order, and the
//! first page comes within two seconds.
//!
//! The control takes the log away that the killed server left, as a database does that answers before it has written; then
//! orders are missing, and the proof must see it.

use crate::{
    Options,
    driver::{How, Postgres, Server, Shopper, Web},
};
use anyhow::{Context, Result, ensure};
use shop::Rng;
use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const SHOPPERS: usize = 12;
const FIRST_PAGE: Duration = Duration::from_secs(2);

/// What the shop had said yes to.
enum Acknowledged {
    /// The reference of a payment: its order was placed.
    Placed(String),
    /// The path of an order that was paid at the cashier.
    Paid(String),
    /// The path of an order that was cancelled.
    Cancelled(String),
}

/// # Errors
/// When something that was acknowledged is missing, or the books are wrong.
pub async fn rounds(options: &Options) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let data = dir.path();
    let postgres = options.postgres.as_deref().map(Postgres::start).transpose()?;
    let database = postgres.as_ref().map(|p| p.url.as_str());
    ensure!(!(options.control && database.is_some()), "the control takes SQLite's log away");
    let web = Web::free()?;
    let how = How {
        tuanju: options.tuanju.clone(),
        data: data.to_owned(),
        database: database.map(str::to_owned),
        env: Vec::new(),
    };
    let rng = Rng::from_seed(options.seed);
    let (mut server, _) = Server::start(&how, &web).await?;
    let mut shoppers = Vec::new();
    for i in 0..SHOPPERS {
        shoppers.push(Shopper::register(&web, &format!("crash{}x{i}", hex::encode(rng.bytes::<4>()))).await?);
    }
    let (mut acknowledged, mut slowest) = (0, Duration::ZERO);
    for round in 0..options.rounds {
        let pause = 150 + u64::from(u16::from_le_bytes(rng.bytes())) % 600;
        let stop = Arc::new(AtomicBool::new(false));
        let slugs = Arc::new(web.slugs().await?);
        let traffic: Vec<_> = shoppers
            .iter()
            .enumerate()
            .map(|(i, shopper)| tokio::spawn(shop_until(shopper.clone(), slugs.clone(), i, stop.clone())))
            .collect();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        server.kill().await?;
        stop.store(true, Ordering::Relaxed);
        let mut said = Vec::new();
        for (task, shopper) in traffic.into_iter().zip(&shoppers) {
            said.extend(task.await?.into_iter().map(|a| (shopper, a)));
        }
        acknowledged += said.len();
        if options.control {
            // What a database leaves that answers before it has written.
            std::fs::remove_file(data.join("tuanju.db-wal")).context("the log of the killed server")?;
        }
        let (again, first) = Server::start(&how, &web).await?;
        server = again;
        slowest = slowest.max(first);
        for (shopper, what) in &said {
            still_there(shopper, what).await.with_context(|| format!("round {round}, killed after {pause} ms"))?;
        }
        verified(&options.tuanju, data, database).with_context(|| format!("round {round}"))?;
        if !options.control {
            ensure!(first <= FIRST_PAGE, "round {round}: the first page took {first:?}");
        }
    }
    ensure!(acknowledged > 0, "nothing was acknowledged, so nothing is proven");
    Ok(format!(
        "crash on {}: {} rounds of kill -9, {acknowledged} acknowledged answers, none lost, 0 violations, first page within {} ms",
        if database.is_some() { "PostgreSQL" } else { "SQLite" },
        options.rounds,
        slowest.as_millis()
    ))
}

/// Buys, pays, cancels or walks away, until the server is gone.
async fn shop_until(shopper: Shopper, slugs: Arc<Vec<String>>, who: usize, stop: Arc<AtomicBool>) -> Vec<Acknowledged> {
    let mut said = Vec::new();
    for turn in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let Some(slug) = slugs.get((who * 7 + turn * 5) % slugs.len()) else { break };
        match shopper.place(slug).await {
            Ok(Some(reference)) => {
                said.push(Acknowledged::Placed(reference.clone()));
                if let Some(more) = decide(&shopper, &reference, who + turn).await {
                    said.push(more);
                }
            }
            Ok(None) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(_) => break,
        }
    }
    said
}

async fn decide(shopper: &Shopper, reference: &str, turn: usize) -> Option<Acknowledged> {
    match turn % 3 {
        0 => {
            let form = format!("reference={reference}&action=pay");
            let paid = shopper.post("payment/sandbox", form).await.ok()?;
            paid.location.starts_with("/orders/").then_some(Acknowledged::Paid(paid.location))
        }
        1 => {
            let code = shopper.code_of(reference).await.ok()?;
            let gone = shopper.post("order/cancel", format!("code={code}")).await.ok()?;
            let path = format!("/orders/{code}");
            (gone.location == path).then_some(Acknowledged::Cancelled(path))
        }
        _ => None,
    }
}

async fn still_there(shopper: &Shopper, what: &Acknowledged) -> Result<()> {
    match what {
        Acknowledged::Placed(reference) => {
            let status = shopper.get(&format!("/sandbox/pay/{reference}")).await?.status;
            ensure!(status == 200, "an order that was placed is lost: its cashier answers {status}");
        }
        // The callback is told again until it is taken.
        Acknowledged::Paid(order) => becomes(shopper, order, "paid").await?,
        Acknowledged::Cancelled(order) => becomes(shopper, order, "cancelled").await?,
    }
    Ok(())
}

async fn becomes(shopper: &Shopper, order: &str, state: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let page = shopper.get(order).await?.text;
        if page.contains(&format!("data-testid=\"order-status\" data-state=\"{state}\"")) {
            return Ok(());
        }
        // A lease that the killed server held ends after half a minute.
        ensure!(begun.elapsed() < Duration::from_secs(75), "{order} was acknowledged as {state} and is not");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn verified(tuanju: &Path, data: &Path, database: Option<&str>) -> Result<()> {
    let mut command = Command::new(tuanju);
    command.arg("verify").arg("--data").arg(data);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "verify: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
