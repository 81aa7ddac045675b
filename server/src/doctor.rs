//! `tuanju doctor`: looks whether all is well, and says what is not.

use crate::config::Common;
use anyhow::{Result, bail};
use shop::{Shop, bus::Nats, verify};

/// Runs every look; fails when one of them found something.
///
/// # Errors
/// When something is not well.
pub async fn run(shop: &Shop, common: &Common) -> Result<()> {
    let mut ill = 0;
    let mut say = |fine: bool, what: String| {
        println!("{} {what}", if fine { "ok  " } else { "FAIL" });
        ill += u32::from(!fine);
    };
    let probe = common.data.join(".doctor");
    say(std::fs::write(&probe, b"x").is_ok(), format!("the data folder {} can be written", common.data.display()));
    let _ = std::fs::remove_file(&probe);
    match shop.db.migrations().await {
        Ok(state) => {
            say(!state.newer, "the database is not newer than this program".into());
            say(state.pending.is_empty(), format!("{} migrations pending", state.pending.len()));
            if state.pending.is_empty() {
                let broken = verify::run(&shop.db).await?;
                say(broken.is_empty(), format!("{} of {} invariants broken", broken.len(), verify::CHECKS.len()));
                let (waiting, dead) = shop::job::counts(shop).await?;
                say(dead == 0, format!("{waiting} jobs waiting, {dead} dead"));
            }
        }
        Err(error) => say(false, format!("the database answers: {error}")),
    }
    if let Some(url) = &common.nats {
        say(common.database_url().starts_with("postgres"), "NATS is for nodes on one PostgreSQL".into());
        match Nats::connect(url).await {
            Ok(nats) => say(nats.answers().await, "the NATS server answers".into()),
            Err(error) => say(false, format!("the NATS server answers: {error}")),
        }
    }
    say(
        !crate::assets::FILES.is_empty(),
        format!("{} files of the front end are embedded", crate::assets::FILES.len()),
    );
    if ill > 0 {
        bail!("{ill} things are not well")
    }
    Ok(())
}
