//! The provider's callbacks: each told one to five times, all shuffled, some forged, some after the order was cancelled, some of
//! a decline and a payment in either order, while the server is killed five times. What the shop knows in the end is what the
//! provider decided, and no forged word counted.
//!
//! The control signs the forged ones with the right secret; then orders are paid that nobody paid.

use crate::{
    Options,
    driver::{SECRET, Shopper, Web},
    stage::{PRODUCTS, Stage, key, sku},
};
use anyhow::{Context, Result, bail, ensure};
use domain::{
    Currency,
    payment::{Callback, EventKind},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use shop::{Clock, Db, Rng, Settings, Shop, args, payment::sandbox};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Payments for each round; told three times on average, and a tenth forged, they make about a hundred callbacks.
const PAYMENTS: usize = 30;
const SHOPPERS: usize = 20;
const KILLS: usize = 5;

/// What the provider decided about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Paid,
    PaidAfterCancel,
    Declined,
    /// First declined, then paid; the shop may hear it the other way round.
    DeclinedAndPaid,
    /// Only forged callbacks speak of it.
    Nothing,
}

impl Decision {
    fn of(number: usize) -> Self {
        match number % 20 {
            0 => Self::PaidAfterCancel,
            1 | 2 => Self::Declined,
            3 => Self::DeclinedAndPaid,
            4..=6 => Self::Nothing,
            _ => Self::Paid,
        }
    }

    fn paid(self) -> bool {
        matches!(self, Self::Paid | Self::PaidAfterCancel | Self::DeclinedAndPaid)
    }

    /// The states of the order and of the payment in the end.
    fn end(self) -> (&'static str, &'static str) {
        match self {
            Self::Paid | Self::DeclinedAndPaid => ("paid", "captured"),
            Self::PaidAfterCancel => ("cancelled", "refunded"),
            Self::Declined => ("awaiting_payment", "failed"),
            Self::Nothing => ("awaiting_payment", "created"),
        }
    }
}

/// Who signs a callback, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Provider,
    /// Signed by the provider, but of another amount than was asked for: kept, and nothing changes.
    WrongAmount,
    AnotherSecret,
    ChangedAfterwards,
    OfAnHourAgo,
    Unsigned,
}

const FORGERS: [Hand; 4] = [Hand::AnotherSecret, Hand::ChangedAfterwards, Hand::OfAnHourAgo, Hand::Unsigned];

shop::row! {
    struct Known {
        provider_ref: String,
        amount: i64,
        order_state: String,
        payment_state: String,
    }
}

const ALL: &str = "SELECT p.provider_ref, p.amount, o.state AS order_state, p.state AS payment_state
                   FROM payment p JOIN orders o ON o.id = p.order_id";

struct Provider {
    right: Shop,
    other: Shop,
    earlier: Shop,
    /// Answers that said that the shop was at fault.
    faults: AtomicUsize,
}

impl Provider {
    fn new(db: &Db, control: bool) -> Self {
        let of = |secret: &str, clock| Shop {
            db: db.clone(),
            clock,
            rng: Rng::from_machine(),
            settings: Arc::new(Settings { webhook_secret: secret.as_bytes().to_vec(), ..Settings::default() }),
            kept: Arc::default(),
            by: None,
        };
        let hour_ago = Clock::system(0).now() - domain::time::HOUR;
        let other = if control { SECRET } else { "what a forger takes it for" };
        Self {
            right: of(SECRET, Clock::system(0)),
            other: of(other, Clock::system(0)),
            earlier: of(SECRET, Clock::still(hour_ago)),
            faults: AtomicUsize::new(0),
        }
    }

    fn sign(&self, body: &str, hand: Hand) -> String {
        let signer = match hand {
            Hand::Unsigned => return String::new(),
            Hand::AnotherSecret => &self.other,
            Hand::OfAnHourAgo => &self.earlier,
            Hand::Provider | Hand::WrongAmount | Hand::ChangedAfterwards => &self.right,
        };
        sandbox::sign(signer, body.as_bytes())
    }

    /// Tells it until the shop answers, as providers do; answers the status.
    async fn tell(&self, web: &Web, callback: &Callback, hand: Hand) -> Result<u16> {
        let mut callback = callback.clone();
        callback.amount += i64::from(hand == Hand::WrongAmount);
        let mut body = serde_json::to_string(&callback)?;
        for _ in 0..3000 {
            let signature = self.sign(&body, hand);
            if hand == Hand::ChangedAfterwards {
                callback.event_id.push('x');
                body = serde_json::to_string(&callback)?;
            }
            match web.call_back(&body, &signature).await {
                // A shop at fault is told again, as one that does not answer; how often is said at the end.
                Ok(answer) if answer.status >= 500 => drop(self.faults.fetch_add(1, Ordering::Relaxed)),
                Ok(answer) => return Ok(answer.status),
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("no answer to a callback for a minute")
    }
}

/// # Errors
/// When the shop believes something else than the provider decided, or a forged word.
pub async fn rounds(options: &Options) -> Result<String> {
    let mut stage = Stage::open(options, Vec::new()).await?;
    stage.stock_up().await?;
    let rng = Rng::from_seed(options.seed);
    let below = |n: usize| usize::try_from(u32::from_le_bytes(rng.bytes())).unwrap_or(0) % n;
    let many = PAYMENTS * usize::try_from(options.rounds)?;
    let decided = place(&stage, &rng, many).await?;
    let amounts: std::collections::BTreeMap<String, i64> =
        stage.db.scan::<Known>(ALL, args![]).await?.into_iter().map(|k| (k.provider_ref, k.amount)).collect();

    let mut told = Vec::new();
    for (reference, decision) in &decided {
        let event = |name: &str, kind| Callback {
            event_id: format!("{reference}-{name}"),
            kind,
            provider_ref: reference.clone(),
            amount: amounts.get(reference).copied().unwrap_or(0),
            currency: Currency::Cny,
            refund: None,
        };
        let mut say = |callback: Callback, hand| told.extend((0..=below(5)).map(|_| (callback.clone(), hand)));
        if decision.paid() {
            say(event("paid", EventKind::Captured), Hand::Provider);
        }
        if matches!(decision, Decision::Declined | Decision::DeclinedAndPaid) {
            say(event("failed", EventKind::Failed), Hand::Provider);
        }
        if *decision == Decision::Nothing {
            say(event("forged", EventKind::Captured), FORGERS[below(4)]);
            say(event("wrong", EventKind::Captured), Hand::WrongAmount);
        }
    }
    for at in (1..told.len()).rev() {
        told.swap(at, below(at + 1));
    }

    let provider = Arc::new(Provider::new(&stage.db, options.control));
    let webs: Vec<Web> = (0..options.nodes).map(|n| stage.web(n).clone()).collect();
    let sent = Arc::new(AtomicUsize::new(0));
    let total = told.len();
    let forged = told.iter().filter(|(_, hand)| FORGERS.contains(hand)).count();
    let telling = {
        let (provider, sent) = (provider.clone(), sent.clone());
        tokio::spawn(
            stream::iter(told.into_iter().enumerate())
                .map(move |(i, (callback, hand))| {
                    let (provider, sent, web) = (provider.clone(), sent.clone(), webs[i % webs.len()].clone());
                    async move {
                        let status = provider.tell(&web, &callback, hand).await?;
                        sent.fetch_add(1, Ordering::Relaxed);
                        let right = if FORGERS.contains(&hand) { status == 403 } else { status == 200 };
                        ensure!(right, "a callback from {hand:?} was answered {status}");
                        Ok(())
                    }
                })
                .buffer_unordered(32)
                .try_collect::<Vec<()>>(),
        )
    };
    for kill in 1..=KILLS {
        let when = total * kill / (KILLS + 1);
        while sent.load(Ordering::Relaxed) < when && !telling.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stage.kill().await?;
    }
    telling.await??;
    stage.settled().await?;

    let known: std::collections::BTreeMap<String, (String, String)> = stage
        .db
        .scan::<Known>(ALL, args![])
        .await?
        .into_iter()
        .map(|k| (k.provider_ref, (k.order_state, k.payment_state)))
        .collect();
    for (reference, decision) in &decided {
        let (order, payment) = known.get(reference).with_context(|| format!("{reference} is gone"))?;
        ensure!(
            (order.as_str(), payment.as_str()) == decision.end(),
            "{decision:?}, and the order is {order}, its payment {payment}"
        );
    }
    let believed = "SELECT COUNT(*) AS n FROM webhook_inbox WHERE event_id LIKE '%-forged%'
                    OR (event_id LIKE '%-wrong' AND outcome <> 'refused')";
    ensure!(stage.count(believed, args![]).await? == 0, "a forged callback was kept");
    stage.verified()?;
    Ok(format!(
        "callback on {}: {total} callbacks of {many} payments, {forged} of them forged, {KILLS} kills, {} answered with a fault and told again: every end as the provider decided, no forged one accepted, 0 violations",
        stage.name(),
        provider.faults.load(Ordering::Relaxed)
    ))
}

/// Places the orders, and writes what becomes of each into the provider's books, which stay silent: this proof does the telling.
async fn place(stage: &Stage, rng: &Rng, many: usize) -> Result<Vec<(String, Decision)>> {
    let people = stage.people(&format!("told{}x", hex::encode(rng.bytes::<3>())), SHOPPERS).await?;
    let mut forms = Vec::new();
    for i in 0..SHOPPERS {
        forms.push(people[i].form(sku(u128::try_from(i)? % PRODUCTS)).await?);
    }
    let keys: Vec<String> = (0..many).map(|_| key(rng)).collect();
    let orders = stream::iter(keys.into_iter().enumerate()).map(|(i, key)| {
        let (shopper, form): (&Shopper, &String) = (&people[i % SHOPPERS], &forms[i % SHOPPERS]);
        async move {
            let reference = shopper.order(form, &key).await?.context("not sold")?;
            let decision = Decision::of(i / SHOPPERS + i);
            if decision == Decision::PaidAfterCancel {
                let code = shopper.code_of(&reference).await?;
                shopper.post("order/cancel", format!("code={code}")).await?;
            }
            let state = match decision {
                Decision::Nothing => "open",
                Decision::Declined => "failed",
                _ => "paid",
            };
            stage
                .meddle(
                    "INSERT INTO sandbox_payment (provider_ref, amount, currency, state, created_at)
                     SELECT provider_ref, amount, currency, $1, created_at FROM payment WHERE provider_ref = $2
                     ON CONFLICT (provider_ref) DO UPDATE SET state = excluded.state",
                    args![state, reference.as_str()],
                )
                .await?;
            anyhow::Ok((reference, decision))
        }
    });
    orders.buffer_unordered(16).try_collect().await
}
