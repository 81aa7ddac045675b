//! The `tuanju` program.

use clap::Parser;
use server::{cli, config};
use std::{path::Path, process::ExitCode};

/// Rendering pages and hashing passwords take and give back much memory on many threads; this allocator keeps it small and quick.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Gives free memory back at once instead of after a second: passwords and pictures take much of it for a short time.
#[expect(unsafe_code, reason = "the allocator has no other switch that holds for a program that is simply started")]
fn give_memory_back() {
    // `mi_option_purge_delay` of mimalloc.h, in milliseconds.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: sets a number in a table, before there is a second thread.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 0) };
}

/// Arguments, with those of the configuration file between the subcommand's name and what was typed after it.
fn arguments() -> anyhow::Result<Vec<String>> {
    let mut typed: Vec<String> = std::env::args().collect();
    let file = std::env::var("TUANJU_CONFIG").unwrap_or_else(|_| "tuanju.toml".to_owned());
    let from_file = config::from_file(Path::new(&file))?;
    if let Some(at) = typed.iter().position(|a| a == "serve" || a == "demo") {
        typed.splice((at + 1)..=at, from_file);
    }
    Ok(typed)
}

fn main() -> ExitCode {
    give_memory_back();
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("TUANJU_LOG").unwrap_or_else(|_| "warn,server=info".into());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        // Steps of a purchase are spans of level debug: with TUANJU_LOG=shop=debug each says how long it took.
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let cli = match arguments() {
        Ok(arguments) => cli::Cli::parse_from(arguments),
        Err(error) => {
            eprintln!("tuanju: {error:#}");
            return ExitCode::from(2);
        }
    };
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // For passwords, pictures and files; each of these threads keeps memory of its own.
        .max_blocking_threads(8)
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(cli::run(cli)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tuanju: {error:#}");
            ExitCode::FAILURE
        }
    }
}
