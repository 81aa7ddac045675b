//! Teams over HTTP: fifty people want the last two seats of a team at the same moment and pay at once; the server is killed
//! while the money of teams that failed goes back. Two get in, everybody else is answered by what he chose, and every cent of
//! every team that was not completed comes back once.
//!
//! The control plants a trigger in the database that forgets taken seats; then more people pay than there are seats.

use crate::{
    Options,
    driver::{Shopper, field},
    stage::{Stage, key},
};
use anyhow::{Context, Result, ensure};
use futures_util::future::join_all;
use shop::{Rng, args};
use std::{sync::Arc, time::Duration};
use tokio::sync::Barrier;

const CROWD: usize = 50;
const SIZE: i64 = 3;
/// Teams of one leader: a campaign gives nobody more than 99 units.
const LED: u32 = 50;
const WAYS: [&str; 3] = ["refund", "sibling", "new"];

shop::row! {
    struct Offer {
        campaign: String,
        sku_id: uuid::Uuid,
    }
}

/// The form that asks for a seat, without its key; `None` when the shop says that there is none.
async fn seat_form(shopper: &Shopper, source: &str, otherwise: &str) -> Result<Option<String>> {
    let checkout = shopper.get(&format!("/checkout?buy={source}")).await?.text;
    let Some((_, form)) = checkout.split_once("/api/order/place") else { return Ok(None) };
    let value = |name: &str| format!("{name}={}", field(form, name).unwrap_or_default().replace(':', "%3A"));
    let fields = ["buy", "address", "method", "total"].map(value).join("&");
    Ok(Some(format!("{fields}&otherwise={otherwise}")))
}

async fn pay(shopper: &Shopper, reference: &str) -> Result<()> {
    let paid = shopper.post("payment/sandbox", format!("reference={reference}&action=pay")).await?;
    ensure!(paid.status < 500, "paying was answered {}", paid.status);
    Ok(())
}

/// # Errors
/// When a team has more members than seats, somebody's money is nowhere, or the books are wrong.
pub async fn rounds(options: &Options) -> Result<String> {
    let mut stage = Stage::open(options, Vec::new()).await?;
    let rng = Rng::from_seed(options.seed);
    if options.control {
        ensure!(options.postgres.is_none(), "the control plants its fault in SQLite");
        stage
            .meddle(
                "CREATE TRIGGER forgets AFTER UPDATE OF seats_taken ON team WHEN NEW.seats_taken > OLD.seats_taken AND NEW.seats_taken > 2
                 BEGIN UPDATE team SET seats_taken = OLD.seats_taken WHERE id = NEW.id; END",
                args![],
            )
            .await?;
    }
    let offer: Offer = stage
        .db
        .fetch_one(
            "SELECT c.code AS campaign, s.sku_id FROM campaign c JOIN campaign_sku s ON s.campaign_id = c.id
             WHERE c.kind = 'heads' AND c.size = $1 AND c.new_shoppers = FALSE AND c.sponsor_from IS NULL AND s.free > 5 ORDER BY c.code LIMIT 1",
            args![SIZE],
        )
        .await?;
    plenty(&stage, &offer).await?;
    let leaders = usize::try_from(options.rounds / LED)? + 1;
    let people = stage.people(&format!("team{}x", hex::encode(rng.bytes::<3>())), CROWD + leaders).await?;
    let (leaders, crowd) = people.split_at(leaders);
    let (mut outside, mut elsewhere) = (0, 0);
    for round in 0..options.rounds {
        let here = || format!("round {round}");
        let leader = leaders.get(usize::try_from(round / LED)?).context("a leader")?;
        let open = format!("open:{}:{}:1", offer.campaign, offer.sku_id.simple());
        let form = seat_form(leader, &open, "refund").await?.context("no team can be opened").with_context(here)?;
        let reference = leader.order(&form, &key(&rng)).await?.context("no seat of one's own").with_context(here)?;
        pay(leader, &reference).await?;
        stage.settled().await?;
        let team = team_of(&stage, &reference).await?;
        let source = format!("team:{team}:{}:1", offer.sku_id.simple());
        let mut forms = Vec::new();
        for (i, shopper) in crowd.iter().enumerate() {
            forms.push(seat_form(shopper, &source, WAYS[i % 3]).await?.context("the checkout of the team")?);
        }
        let gate = Arc::new(Barrier::new(CROWD));
        let tasks = crowd.iter().zip(forms).map(|(shopper, form)| {
            let (shopper, gate, key) = (shopper.clone(), gate.clone(), key(&rng));
            tokio::spawn(async move {
                gate.wait().await;
                let reference = shopper.order(&form, &key).await?;
                if let Some(reference) = &reference {
                    pay(&shopper, reference).await?;
                }
                anyhow::Ok(reference)
            })
        });
        let mut placed = Vec::new();
        for joined in join_all(tasks).await {
            placed.extend(joined??);
        }
        stage.settled().await?;
        let inside = "SELECT COUNT(*) AS n FROM team_member m JOIN team t ON t.id = m.team_id WHERE t.code = $1 AND m.state = 'confirmed'";
        let n = stage.count(inside, args![team.as_str()]).await?;
        ensure!(n == SIZE, "round {round}: {n} members in a team of {SIZE}");
        elsewhere += placed.len() - 2;
        outside += CROWD - placed.len();
        // The teams that the others opened end at once, and the server dies while their money goes back.
        stage.meddle("UPDATE team SET deadline = opened_at + 1 WHERE state = 'forming'", args![]).await?;
        stage.meddle("UPDATE job SET run_at = 0 WHERE kind = 'team_end'", args![]).await?;
        if round % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(u64::from(rng.bytes::<1>()[0]) * 2)).await;
            stage.kill().await?;
        }
        stage.settled().await?;
        let owed =
            "SELECT COUNT(*) AS n FROM team_member m JOIN orders o ON o.id = m.order_id JOIN team t ON t.id = m.team_id
                    WHERE t.state IN ('failed', 'cancelled') AND m.state IN ('paid', 'confirmed', 'refund_due')";
        let owed = stage.count(owed, args![]).await?;
        ensure!(owed == 0, "round {round}: {owed} members of failed teams have not got their money");
        plenty(&stage, &offer).await?;
    }
    let twice = "SELECT COUNT(*) AS n FROM (SELECT payment_id FROM refund GROUP BY payment_id HAVING COUNT(*) > 1) r";
    ensure!(stage.count(twice, args![]).await? == 0, "somebody was refunded twice");
    stage.verified()?;
    Ok(format!(
        "team on {}: {} times {CROWD} people on the last two seats: {SIZE} members each time, {elsewhere} went where they had chosen, {outside} were told before they paid; teams that failed gave everybody his money once, also with the server killed in the middle, 0 violations",
        stage.name(),
        options.rounds
    ))
}

/// Everybody may open and join again: this proof is about seats, not about limits.
async fn plenty(stage: &Stage, offer: &Offer) -> Result<()> {
    stage.meddle("UPDATE campaign SET units_each = 99 WHERE code = $1", args![offer.campaign.as_str()]).await?;
    stage
        .meddle(
            "UPDATE campaign_sku SET quota = quota + 1000, free = free + 1000 WHERE sku_id = $1",
            args![offer.sku_id],
        )
        .await?;
    stage
        .meddle(
            "UPDATE sku SET received = received + 1000, on_hand = on_hand + 1000 WHERE id = $1",
            args![offer.sku_id],
        )
        .await?;
    // Long ago.
    stage.meddle("UPDATE team SET opened_at = 0 WHERE state <> 'forming'", args![]).await?;
    stage
        .meddle("UPDATE team_member SET joined_at = 0 WHERE state IN ('left', 'refunded', 'confirmed')", args![])
        .await?;
    Ok(())
}

async fn team_of(stage: &Stage, reference: &str) -> Result<String> {
    shop::row! {
        struct Of {
            code: String,
        }
    }
    let of: Of = stage
        .db
        .fetch_one(
            "SELECT t.code FROM payment p JOIN team_member m ON m.order_id = p.order_id JOIN team t ON t.id = m.team_id WHERE p.provider_ref = $1",
            args![reference],
        )
        .await?;
    Ok(of.code)
}
