//! Proofs that anybody can run (`make prove`). Each drives the real binary over HTTP and compares what the shop says after a
//! disaster with what it had acknowledged before; each has a control, in which something is really lost, that must go red.
//!
//! `prove crash TUANJU [--rounds N] [--seed N] [--postgres SCRIPT] [--control]`

mod crash;
mod driver;

use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// What was asked for.
struct Options {
    tuanju: PathBuf,
    rounds: u32,
    seed: u64,
    /// The script that starts a throw-away PostgreSQL and prints its URL.
    postgres: Option<PathBuf>,
    control: bool,
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options> {
    let tuanju = args.next().context("where is tuanju?")?.into();
    let mut options = Options { tuanju, rounds: 5, seed: 1, postgres: None, control: false };
    while let Some(name) = args.next() {
        let mut value = || args.next().with_context(|| format!("{name} needs a value"));
        match name.as_str() {
            "--rounds" => options.rounds = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--postgres" => options.postgres = Some(value()?.into()),
            "--control" => options.control = true,
            other => bail!("{other} is not known"),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("crash") => crash::prove(&options(args)?).await,
        _ => bail!("prove crash TUANJU [--rounds N] [--seed N] [--postgres SCRIPT] [--control]"),
    }
}
