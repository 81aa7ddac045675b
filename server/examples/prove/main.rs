//! Proofs that anybody can run (`make prove`). Each drives the real binary over HTTP and compares what the shop says after a
//! disaster with what it had acknowledged before; each has a control, in which something is really wrong, that must go red.
//!
//! `prove callback|crash|outage|power|race|team|vanish TUANJU [--rounds N] [--seed N] [--postgres SCRIPT] [--nodes N] [--crowd N] [--control]`

#![expect(clippy::indexing_slicing, reason = "a proof may fail where it stands")]

mod callback;
mod crash;
mod driver;
mod outage;
mod power;
mod race;
mod stage;
mod team;
mod vanish;

use anyhow::{Context, Result, bail};
use std::{path::PathBuf, process::ExitCode};

/// What was asked for.
struct Options {
    tuanju: PathBuf,
    rounds: u32,
    seed: u64,
    /// The script that starts a throw-away PostgreSQL and prints its URL.
    postgres: Option<PathBuf>,
    /// Servers on one database.
    nodes: usize,
    /// Requests of a race that are released together.
    crowd: usize,
    control: bool,
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options> {
    let tuanju = args.next().context("where is tuanju?")?.into();
    let mut options = Options { tuanju, rounds: 5, seed: 1, postgres: None, nodes: 1, crowd: 200, control: false };
    while let Some(name) = args.next() {
        let mut value = || args.next().with_context(|| format!("{name} needs a value"));
        match name.as_str() {
            "--rounds" => options.rounds = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--postgres" => options.postgres = Some(value()?.into()),
            "--nodes" => options.nodes = value()?.parse()?,
            "--crowd" => options.crowd = value()?.parse()?,
            "--control" => options.control = true,
            other => bail!("{other} is not known"),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("red  {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let proof = args.next().unwrap_or_default();
    let options = options(args)?;
    let outcome = match proof.as_str() {
        "callback" => callback::rounds(&options).await,
        "crash" => crash::rounds(&options).await,
        "outage" => outage::rounds(&options).await,
        "power" => power::rounds(&options).await,
        "race" => race::rounds(&options).await,
        "team" => team::rounds(&options).await,
        "vanish" => vanish::rounds(&options).await,
        _ => bail!(
            "prove callback|crash|outage|power|race|team|vanish TUANJU [--rounds N] [--seed N] [--postgres SCRIPT] [--nodes N] [--crowd N] [--control]"
        ),
    };
    match (outcome, options.control) {
        (Ok(said), false) => println!("ok   {said}"),
        (Err(error), true) => println!("ok   {proof}, control: red as it must be ({error:#})"),
        (Ok(_), true) => bail!("the control stayed green: this proof sees nothing"),
        (Err(error), false) => return Err(error),
    }
    Ok(())
}
