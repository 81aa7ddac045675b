//! The storage fails while people buy: a disk that is full, broken or read-only; a PostgreSQL that ends its connections or starts
//! again. Nothing is acknowledged that is not saved, and buying goes on when the storage does.
//!
//! The control has a disk that says yes and writes nothing.

use crate::{
    Options,
    driver::Shopper,
    stage::{Stage, key, shim, sku},
};
use anyhow::{Context, Result, ensure};
use shop::{Rng, args};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const SHOPPERS: usize = 8;
const RECOVERED: Duration = Duration::from_secs(2);

/// # Errors
/// When something acknowledged is missing, a page does not come, or buying does not go on.
pub async fn rounds(options: &Options) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let broken = dir.path().join("broken");
    let on_disk = options.postgres.is_none();
    let mut env = Vec::new();
    if on_disk {
        env = shim(options)?;
        env.push(("DISK_BROKEN", broken.display().to_string()));
    }
    let mut stage = Stage::open(options, env).await?;
    let rng = Arc::new(Rng::from_seed(options.seed));
    let people = stage.people(&format!("full{}x", hex::encode(rng.bytes::<3>())), SHOPPERS).await?;
    let kinds: &[&str] = match (on_disk, options.control) {
        (true, false) => &["full", "io", "read-only"],
        (true, true) => &["lies"],
        (false, _) => &["connections ended", "started again"],
    };
    let (mut kept, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    for round in 0..options.rounds {
        let kind = kinds[usize::try_from(round)? % kinds.len()];
        let stop = Arc::new(AtomicBool::new(false));
        let mut traffic = Vec::new();
        for (who, shopper) in people.iter().enumerate() {
            let form = shopper.form(sku(u128::try_from(who)?)).await?;
            traffic.push(tokio::spawn(buy_until(shopper.clone(), form, rng.clone(), stop.clone())));
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        match kind {
            "connections ended" => {
                for _ in 0..5 {
                    let end = "SELECT COUNT(pg_terminate_backend(pid)) AS n FROM pg_stat_activity WHERE application_name = 'tuanju' AND pid <> pg_backend_pid()";
                    stage.count(end, args![]).await?;
                    tokio::time::sleep(Duration::from_millis(40)).await;
                }
            }
            "started again" => stage.restart_postgres()?,
            disk => {
                std::fs::write(&broken, disk)?;
                tokio::time::sleep(Duration::from_millis(300)).await;
                let page = stage.web(0).ask("/", "", None).await?.status;
                ensure!(page == 200, "with a disk that is {kind} the first page was answered {page}");
            }
        }
        if options.control {
            // What was only said to be written is not there when the server comes back.
            stop.store(true, Ordering::Relaxed);
            stage.kill().await?;
        }
        if on_disk {
            std::fs::remove_file(&broken)?;
        }
        let mended = Instant::now();
        if !options.control {
            slowest = slowest.max(buys_again(&people[0], &rng, mended).await?);
            stop.store(true, Ordering::Relaxed);
        }
        let mut acknowledged = Vec::new();
        for task in traffic {
            let (yes, no) = task.await?;
            acknowledged.extend(yes);
            refused += no;
        }
        stage.kill().await?;
        for reference in &acknowledged {
            let there = "SELECT COUNT(*) AS n FROM payment WHERE provider_ref = $1";
            let there = stage.count(there, args![reference.as_str()]).await?;
            ensure!(there == 1, "round {round}, {kind}: an order that was acknowledged is lost");
        }
        kept += acknowledged.len();
        stage.verified().with_context(|| format!("round {round}, {kind}"))?;
    }
    ensure!(kept > 0 && refused > 0, "{kept} orders were acknowledged and {refused} refused: nothing is proven");
    Ok(format!(
        "outage on {}: {} times ({}): {kept} orders acknowledged and all there, {refused} refused, the next order at most {} ms after it was over, 0 violations",
        stage.name(),
        options.rounds,
        kinds.join(", "),
        slowest.as_millis()
    ))
}

/// Orders until it is told to stop; answers what was acknowledged, and how often the shop said no.
async fn buy_until(shopper: Shopper, form: String, rng: Arc<Rng>, stop: Arc<AtomicBool>) -> (Vec<String>, usize) {
    let (mut yes, mut no) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        match shopper.order(&form, &key(&rng)).await {
            Ok(Some(reference)) => yes.push(reference),
            Ok(None) | Err(_) => {
                no += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    (yes, no)
}

async fn buys_again(shopper: &Shopper, rng: &Rng, mended: Instant) -> Result<Duration> {
    while mended.elapsed() < RECOVERED {
        let form = shopper.form(sku(0)).await?;
        if matches!(shopper.order(&form, &key(rng)).await, Ok(Some(_))) {
            return Ok(mended.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("nothing can be bought {RECOVERED:?} after it was over")
}
