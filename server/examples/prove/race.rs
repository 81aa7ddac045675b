//! A crowd of requests (two hundred) at the same moment on one thing: the last unit, one key, one refund, a cancellation against a payment.
//! As many win as there are units; every other one gets an answer, never a fault.
//!
//! The control plants a trigger in the database that forgets what is held; then the last unit is sold again and again.

use crate::{
    Options,
    driver::Shopper,
    stage::{Stage, key, sku},
};
use anyhow::{Context, Result, bail, ensure};
use futures_util::future::join_all;
use shop::{Rng, args};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Barrier;
use uuid::Uuid;

/// # Errors
/// When more or fewer win than there are units, or the books are wrong.
pub async fn rounds(options: &Options) -> Result<String> {
    let stage = Stage::open(options, Vec::new()).await?;
    if options.control {
        ensure!(options.postgres.is_none(), "the control plants its fault in SQLite");
        stage
            .meddle(
                "CREATE TRIGGER forgets AFTER UPDATE OF held ON sku WHEN NEW.held > OLD.held
                 BEGIN UPDATE sku SET held = OLD.held WHERE id = NEW.id; END",
                args![],
            )
            .await?;
    }
    let rng = Rng::from_seed(options.seed);
    let people = stage.people(&format!("race{}x", hex::encode(rng.bytes::<3>())), options.crowd).await?;
    let staff = Shopper::sign_in(stage.web(0), "ops").await?;
    let one = sku(0);
    let mut forms = Vec::new();
    for shopper in &people {
        forms.push(shopper.form(one).await?);
    }
    let mut slowest = 0;
    let mut waits = Vec::new();
    for round in 0..options.rounds {
        let begun = Instant::now();
        let here = || format!("round {round}");
        waits.extend(last_unit(&stage, &people, &forms, &rng, one).await.with_context(here)?);
        let who = usize::try_from(round)? % people.len();
        let (shopper, form) = (&people[who], &forms[who]);
        one_key(&stage, options.crowd, shopper, form, &key(&rng)).await.with_context(here)?;
        cancel_against_pay(&stage, options.crowd, shopper, form, &key(&rng)).await.with_context(here)?;
        one_refund(&stage, options.crowd, shopper, form, &rng, &staff).await.with_context(here)?;
        slowest = slowest.max(begun.elapsed().as_millis());
    }
    stage.settled().await?;
    stage.verified()?;
    waits.sort_unstable();
    Ok(format!(
        "race on {}: {} times {} requests on the last unit, one key, a cancellation against a payment, one refund: as many winners as units, no fault, 0 violations, half of the losers answered within {} ms, the longest round {slowest} ms",
        stage.name(),
        options.rounds,
        options.crowd,
        waits.get(waits.len() / 2).map_or(0, Duration::as_millis)
    ))
}

/// Starts all of them at the same moment; answers what they say in their order.
async fn together<T, F>(tasks: Vec<F>) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(tasks.len()));
    let tasks = tasks.into_iter().map(|task| {
        let gate = gate.clone();
        tokio::spawn(async move {
            gate.wait().await;
            task.await
        })
    });
    join_all(tasks).await.into_iter().map(|joined| joined?).collect()
}

/// Everybody wants the last unit; answers how long each of those waited who did not get it.
async fn last_unit(stage: &Stage, people: &[Shopper], forms: &[String], rng: &Rng, one: Uuid) -> Result<Vec<Duration>> {
    stage.meddle("UPDATE sku SET received = sold + held + 1, on_hand = held + 1 WHERE id = $1", args![one]).await?;
    let tasks = people.iter().zip(forms).map(|(shopper, form)| {
        let (shopper, form, key) = (shopper.clone(), form.clone(), key(rng));
        async move {
            let begun = Instant::now();
            let won = shopper.order(&form, &key).await?;
            Ok((shopper, won, begun.elapsed()))
        }
    });
    let (mut won, mut waits) = (Vec::new(), Vec::new());
    for (shopper, reference, wait) in together(tasks.collect()).await? {
        match reference {
            Some(reference) => won.push((shopper, reference)),
            None => waits.push(wait),
        }
    }
    ensure!(won.len() == 1, "{} of {} bought the last unit", won.len(), people.len());
    for (shopper, reference) in won {
        let code = shopper.code_of(&reference).await?;
        shopper.post("order/cancel", format!("code={code}")).await?;
    }
    stage.meddle("UPDATE sku SET received = sold + held + 500, on_hand = held + 500 WHERE id = $1", args![one]).await?;
    Ok(waits)
}

/// One form sent again and again: one order, and everybody is sent to its cashier.
async fn one_key(stage: &Stage, crowd: usize, shopper: &Shopper, form: &str, key: &str) -> Result<()> {
    let all = "SELECT COUNT(*) AS n FROM orders";
    let before = stage.count(all, args![]).await?;
    let send = || {
        let (shopper, form, key) = (shopper.clone(), form.to_owned(), key.to_owned());
        async move { shopper.order(&form, &key).await }
    };
    let mut said = together((0..crowd).map(|_| send()).collect()).await?;
    said.dedup();
    let [Some(reference)] = said.as_slice() else { bail!("one key was answered with {} things", said.len()) };
    let made = stage.count(all, args![]).await? - before;
    ensure!(made == 1, "one key made {made} orders");
    let code = shopper.code_of(reference).await?;
    shopper.post("order/cancel", format!("code={code}")).await?;
    Ok(())
}

/// Half of them cancel an order, half of them pay it: it is paid, or it is cancelled and no money stays.
async fn cancel_against_pay(stage: &Stage, crowd: usize, shopper: &Shopper, form: &str, key: &str) -> Result<()> {
    let reference = shopper.order(form, key).await?.context("not sold")?;
    let code = shopper.code_of(&reference).await?;
    let tasks = (0..crowd).map(|i| {
        let (shopper, reference, code) = (shopper.clone(), reference.clone(), code.clone());
        async move {
            let answer = if i % 2 == 0 {
                shopper.post("order/cancel", format!("code={code}")).await?
            } else {
                shopper.post("payment/sandbox", format!("reference={reference}&action=pay")).await?
            };
            ensure!(answer.status < 500, "answered {}", answer.status);
            Ok(())
        }
    });
    together(tasks.collect()).await?;
    stage.settled().await?;
    let fits = "SELECT COUNT(*) AS n FROM orders o JOIN payment p ON p.order_id = o.id
                WHERE p.provider_ref = $1 AND ((o.state = 'paid' AND p.state = 'captured' AND p.refunded = 0)
                  OR (o.state = 'cancelled' AND p.state IN ('created', 'failed'))
                  OR (o.state = 'cancelled' AND p.state = 'refunded' AND p.refunded = p.amount))";
    ensure!(stage.count(fits, args![reference.as_str()]).await? == 1, "the order and its money contradict each other");
    Ok(())
}

/// The shop says yes to one case again and again: the money goes back once.
async fn one_refund(
    stage: &Stage,
    crowd: usize,
    shopper: &Shopper,
    form: &str,
    rng: &Rng,
    staff: &Shopper,
) -> Result<()> {
    let reference = shopper.order(form, &key(rng)).await?.context("not sold")?;
    let paid = shopper.post("payment/sandbox", format!("reference={reference}&action=pay")).await?;
    let code = paid.location.strip_prefix("/orders/").context("not paid")?;
    let wish =
        format!("code={code}&kind=cancel&reason=changed_mind&position%5B0%5D=0&quantity%5B0%5D=1&key={}", key(rng));
    let opened = shopper.post("after_sale/open", wish).await?;
    let case =
        opened.location.strip_prefix("/cases/").with_context(|| format!("no case: {}", opened.location))?.to_owned();
    let desk = staff.get(&format!("/admin/cases/{case}")).await?;
    ensure!(desk.status == 200, "the desk does not show the case: {}", desk.status);
    let tasks = (0..crowd).map(|_| {
        let (staff, case) = (staff.clone(), case.clone());
        async move {
            let answer = staff.post("after_sale/decide", format!("code={case}&act=approve")).await?;
            ensure!(answer.status < 500, "answered {}", answer.status);
            Ok(())
        }
    });
    together(tasks.collect()).await?;
    stage.settled().await?;
    let back = "SELECT COUNT(*) AS n FROM refund r JOIN payment p ON p.id = r.payment_id
                WHERE p.provider_ref = $1 AND r.state = 'done' AND r.amount = p.refunded AND r.amount = p.amount";
    let given = stage.count(back, args![reference.as_str()]).await?;
    ensure!(given == 1, "{given} refunds went back");
    Ok(())
}
