//! The built-in payment provider for demos and tests: its own books, its own cashier, its own signed callbacks.
//!
//! It knows nothing of orders. What it has to tell, it tells by a callback over HTTP (the server's jobs send it), signed with
//! HMAC-SHA-256 over `timestamp.body`, as the larger providers do.

use super::Provider;
use crate::{Error, Result, Shop, args, db::Tx, error::broken_row, job};
use domain::{
    Millis, Problem,
    id::PersonId,
    payment::{Callback, CashierView, EventKind, Mood, PaymentAsk, RefundAsk},
    time::{MINUTE, SECOND},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A signature is taken as long as its time is this near.
const TOLERANCE: Millis = 5 * MINUTE;
/// How much later a callback comes in a bad mood.
const LATE: Millis = 30 * SECOND;

/// Opens a payment. The same reference is the same payment.
async fn create(shop: &Shop, ask: &PaymentAsk) -> Result<()> {
    shop.db
        .write((ask.clone(), shop.clock.now()), |tx, (ask, now)| {
            Box::pin(async move {
                let fresh = tx
                    .execute(
                        "INSERT INTO sandbox_payment (provider_ref, amount, currency, state, created_at, expires_at)
                         VALUES ($1, $2, $3, 'open', $4, $5) ON CONFLICT DO NOTHING",
                        args![ask.provider_ref.as_str(), ask.amount, ask.currency.code(), *now, ask.expires_at],
                    )
                    .await?;
                if fresh == 1 {
                    return Ok(());
                }
                let known = books(tx, &ask.provider_ref).await?;
                let same = known.amount == ask.amount && known.currency == ask.currency.code();
                if same { Ok(()) } else { Err(Error::problem(409, "payment_closed")) }
            })
        })
        .await
}

/// Takes what was set aside, or lets go of it, and tells by a callback. Either is done once.
async fn end(shop: &Shop, ask: &PaymentAsk, taken: bool) -> Result<()> {
    shop.db
        .write((shop.clone(), ask.clone(), taken, shop.clock.now()), |tx, (shop, ask, taken, now)| {
            Box::pin(async move {
                let (state, kind, told) = if *taken {
                    ("paid", EventKind::Captured, "paid")
                } else {
                    ("failed", EventKind::Released, "released")
                };
                let ended = tx
                    .execute(
                        "UPDATE sandbox_payment SET state = $1
                         WHERE provider_ref = $2 AND amount = $3 AND currency = $4 AND state = 'open' AND aside_at IS NOT NULL",
                        args![state, ask.provider_ref.as_str(), ask.amount, ask.currency.code()],
                    )
                    .await?;
                if ended == 0 {
                    let known = books(tx, &ask.provider_ref).await?;
                    let before = match known.state.as_str() {
                        "paid" | "refunded" => *taken,
                        "failed" => !*taken && known.aside,
                        _ => false,
                    };
                    return if before { Ok(()) } else { Err(Error::problem(409, "payment_closed")) };
                }
                let callback = Callback {
                    event_id: format!("{}-{told}", ask.provider_ref),
                    kind,
                    provider_ref: ask.provider_ref.clone(),
                    amount: ask.amount,
                    currency: ask.currency,
                    refund: None,
                };
                tell(tx, shop, &callback, *now).await
            })
        })
        .await
}

crate::row! {
    struct CashierRow {
        amount: i64,
        currency: String,
        state: String,
        aside: bool,
        expires_at: Option<i64>,
    }
}

/// The cashier page of one of my payments, which is made known to the provider when somebody first comes to pay it.
///
/// # Errors
/// `not_found` for one that is not mine; `order_closed` when nobody went to pay it before; `provider_down`.
pub async fn cashier(shop: &Shop, me: PersonId, provider_ref: &str) -> Result<CashierView> {
    let order_code = super::order_of(shop, me, provider_ref).await?.ok_or_else(Problem::not_found)?;
    let row = match entry(shop, provider_ref).await? {
        Some(row) => row,
        None => {
            super::announce(shop, provider_ref).await?;
            entry(shop, provider_ref).await?.ok_or_else(Problem::not_found)?
        }
    };
    Ok(CashierView {
        provider_ref: provider_ref.to_owned(),
        order_code,
        amount: row.amount,
        currency: row.currency.parse().map_err(|_| broken_row("sandbox_payment.currency"))?,
        state: match row.state.as_str() {
            "open" if row.aside => "aside".to_owned(),
            "open" if row.expires_at.is_some_and(|at| at <= shop.clock.now()) => "expired".to_owned(),
            "failed" if row.aside => "released".to_owned(),
            _ => row.state,
        },
    })
}

async fn entry(shop: &Shop, provider_ref: &str) -> Result<Option<CashierRow>> {
    Ok(shop
        .db
        .fetch_optional(
            "SELECT amount, currency, state, aside_at IS NOT NULL AS aside, expires_at FROM sandbox_payment WHERE provider_ref = $1",
            args![provider_ref],
        )
        .await?)
}

async fn set_aside(shop: &Shop, provider_ref: &str) -> Result<bool> {
    Ok(entry(shop, provider_ref).await?.is_some_and(|row| row.aside))
}

/// What somebody does at the cashier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Pay,
    /// The same, and told in a bad mood.
    PayIn(Mood),
    Fail,
}

crate::row! {
    struct PaymentRow {
        amount: i64,
        currency: String,
        state: String,
        aside: bool,
    }
}

/// Pays or declines. Doing it again changes nothing.
///
/// # Errors
/// `not_found` for a payment that is not mine, `payment_closed` when it was decided the other way.
#[tracing::instrument(level = "debug", skip_all, name = "sandbox: decide")]
pub async fn act(shop: &Shop, me: PersonId, provider_ref: &str, action: Action) -> Result<()> {
    let view = cashier(shop, me, provider_ref).await?;
    let (state, kind, mood) = match action {
        Action::PayIn(Mood::Aside) => ("aside", EventKind::Authorized, Mood::Aside),
        Action::Pay => ("paid", EventKind::Captured, Mood::Good),
        Action::PayIn(mood) => ("paid", EventKind::Captured, mood),
        Action::Fail => ("failed", EventKind::Failed, Mood::Good),
    };
    let before = match view.state.as_str() {
        // Taken since, or let go: it was set aside all the same.
        "paid" | "released" | "refunded" if action == Action::PayIn(Mood::Aside) => {
            set_aside(shop, provider_ref).await?
        }
        "expired" => return Err(Error::problem(409, "payment_closed")),
        now => now == state,
    };
    if before {
        return Ok(());
    }
    decide(shop, provider_ref, Decision { from: "open", to: state, kind, mood }).await
}

/// The provider itself, as whoever stands in its house reaches it. Others come over HTTP.
pub struct Books(pub Shop);

impl Provider for Books {
    async fn create(&self, ask: &PaymentAsk) -> Result<()> {
        create(&self.0, ask).await
    }

    async fn capture(&self, ask: &PaymentAsk) -> Result<()> {
        end(&self.0, ask, true).await
    }

    async fn release(&self, ask: &PaymentAsk) -> Result<()> {
        end(&self.0, ask, false).await
    }

    async fn query(&self, provider_ref: &str) -> Result<Option<Callback>> {
        query(&self.0, provider_ref).await
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<()> {
        refund(&self.0, ask).await
    }
}

/// Gives a part of a payment back, or all of it. The same key is given back once.
async fn refund(shop: &Shop, ask: &RefundAsk) -> Result<()> {
    let input = (shop.clone(), ask.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, ask, now)| {
            Box::pin(async move {
                let RefundAsk { provider_ref, key, amount } = ask;
                let fresh = tx
                    .execute(
                        "INSERT INTO sandbox_refund (refund_key, provider_ref, amount, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                        args![key.as_str(), provider_ref.as_str(), *amount, *now],
                    )
                    .await?;
                if fresh == 0 {
                    // Given back already: the callback is on its way.
                    return Ok(());
                }
                let given = tx
                    .execute(
                        "UPDATE sandbox_payment SET refunded = refunded + $1, state = CASE WHEN refunded + $1 = amount THEN 'refunded' ELSE state END
                         WHERE provider_ref = $2 AND state = 'paid' AND refunded + $1 <= amount",
                        args![*amount, provider_ref.as_str()],
                    )
                    .await?;
                if given == 0 {
                    return Err(Error::problem(409, "payment_closed"));
                }
                let currency = books(tx, provider_ref).await?.currency;
                let callback = Callback {
                    event_id: format!("{provider_ref}-refund-{key}"),
                    kind: EventKind::Refunded,
                    provider_ref: provider_ref.clone(),
                    amount: *amount,
                    currency: currency.parse().map_err(|_| broken_row("sandbox_payment.currency"))?,
                    refund: Some(key.clone()),
                };
                tell(tx, shop, &callback, *now).await
            })
        })
        .await
}

async fn books(tx: &mut Tx, provider_ref: &str) -> Result<PaymentRow> {
    let row: Option<PaymentRow> = tx
        .fetch_optional(
            "SELECT amount, currency, state, aside_at IS NOT NULL AS aside FROM sandbox_payment WHERE provider_ref = $1",
            args![provider_ref],
        )
        .await?;
    Ok(row.ok_or_else(Problem::internal)?)
}

/// Leaves a callback for the jobs to send.
async fn tell(tx: &mut Tx, shop: &Shop, callback: &Callback, now: Millis) -> Result<()> {
    tell_at(tx, shop, callback, &callback.event_id, now).await
}

/// The same later, or once more: `key` tells the tries apart.
async fn tell_at(tx: &mut Tx, shop: &Shop, callback: &Callback, key: &str, at: Millis) -> Result<()> {
    let body = serde_json::to_string(callback).map_err(|_| Problem::internal())?;
    job::enqueue(tx, shop, "sandbox_callback", key, &body, at).await
}

/// One step in the provider's books.
struct Decision {
    from: &'static str,
    to: &'static str,
    kind: EventKind,
    mood: Mood,
}

/// Writes the books, and leaves the callbacks that are owed.
async fn decide(shop: &Shop, provider_ref: &str, decision: Decision) -> Result<()> {
    let input = (shop.clone(), provider_ref.to_owned(), decision, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, provider_ref, decision, now)| {
            Box::pin(async move {
                let moved = match decision.kind {
                    EventKind::Authorized => {
                        tx.execute(
                            "UPDATE sandbox_payment SET aside_at = $1 WHERE provider_ref = $2 AND state = $3 AND aside_at IS NULL",
                            args![*now, provider_ref.as_str(), decision.from],
                        )
                        .await?
                    }
                    _ => {
                        tx.execute(
                            "UPDATE sandbox_payment SET state = $1 WHERE provider_ref = $2 AND state = $3 AND aside_at IS NULL",
                            args![decision.to, provider_ref.as_str(), decision.from],
                        )
                        .await?
                    }
                };
                if moved == 0 {
                    return Err(Error::problem(409, "payment_closed"));
                }
                let row = books(tx, provider_ref).await?;
                let callback = Callback {
                    event_id: format!("{provider_ref}-{}", decision.to),
                    kind: decision.kind,
                    provider_ref: provider_ref.clone(),
                    amount: row.amount,
                    currency: row.currency.parse().map_err(|_| broken_row("sandbox_payment.currency"))?,
                    refund: None,
                };
                tell_in(tx, shop, &callback, decision.mood, *now).await
            })
        })
        .await
}

async fn tell_in(tx: &mut Tx, shop: &Shop, callback: &Callback, mood: Mood, now: Millis) -> Result<()> {
    match mood {
        Mood::Good | Mood::Aside => tell(tx, shop, callback, now).await,
        Mood::Late => tell(tx, shop, callback, now + LATE).await,
        Mood::Often => {
            for i in 0..5 {
                let key = format!("{}-{i}", callback.event_id);
                tell_at(tx, shop, callback, &key, now + i * SECOND).await?;
            }
            Ok(())
        }
        Mood::Disordered => {
            let declined = Callback {
                event_id: format!("{}-declined", callback.provider_ref),
                kind: EventKind::Failed,
                ..callback.clone()
            };
            tell(tx, shop, callback, now).await?;
            tell(tx, shop, &declined, now + SECOND).await
        }
        // The truth is in the books: the question that follows an unanswered payment finds it.
        Mood::Wrong => {
            let wrong = Callback {
                event_id: format!("{}-wrong", callback.provider_ref),
                amount: callback.amount - 1,
                ..callback.clone()
            };
            tell(tx, shop, &wrong, now).await
        }
    }
}

/// The signature header of a callback body: `t=MILLIS,v1=HEX`.
pub fn sign(shop: &Shop, body: &[u8]) -> String {
    let at = shop.clock.now();
    format!("t={at},v1={}", hex::encode(mac(shop, at, body)))
}

fn mac(shop: &Shop, at: Millis, body: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&shop.settings.webhook_secret) else { return Vec::new() };
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

/// Reads a callback whose signature is right and recent. The body is not parsed before that.
///
/// # Errors
/// Those of [`signed`], `bad_request` for a signed body that cannot be read.
pub fn verified(shop: &Shop, signature: &str, body: &[u8]) -> Result<Callback> {
    signed(shop, signature, body)?;
    serde_json::from_slice(body).map_err(|_| Problem::bad_request().into())
}

/// Whether a signature is right and recent.
///
/// # Errors
/// `forbidden` for a wrong or old one.
pub fn signed(shop: &Shop, signature: &str, body: &[u8]) -> Result<()> {
    let mut parts = signature.split(',');
    let mut part = |name: &str| parts.next().and_then(|p| p.strip_prefix(name));
    let at: Option<Millis> = part("t=").and_then(|t| t.parse().ok());
    let given = part("v1=").and_then(|v| hex::decode(v).ok());
    let (Some(at), Some(given)) = (at, given) else { return Err(Problem::forbidden().into()) };
    let expected = mac(shop, at, body);
    let right =
        !expected.is_empty() && bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_slice(), given.as_slice()));
    if !right || shop.clock.now().abs_diff(at) > TOLERANCE.unsigned_abs() {
        return Err(Problem::forbidden().into());
    }
    Ok(())
}

/// What the provider says about a payment when it is asked: the callback that it sent or will send, if it has decided.
///
/// # Errors
/// What the database says.
async fn query(shop: &Shop, provider_ref: &str) -> Result<Option<Callback>> {
    crate::row! {
        struct Books {
            amount: i64,
            currency: String,
            state: String,
            aside: bool,
        }
    }
    let row: Option<Books> = shop
        .db
        .fetch_optional(
            "SELECT amount, currency, state, aside_at IS NOT NULL AS aside FROM sandbox_payment WHERE provider_ref = $1",
            args![provider_ref],
        )
        .await?;
    let Some(books) = row else { return Ok(None) };
    let (kind, decided) = match books.state.as_str() {
        "paid" | "refunded" => (EventKind::Captured, "paid"),
        "failed" if books.aside => (EventKind::Released, "released"),
        "failed" => (EventKind::Failed, "failed"),
        _ if books.aside => (EventKind::Authorized, "aside"),
        _ => return Ok(None),
    };
    Ok(Some(Callback {
        event_id: format!("{provider_ref}-{decided}"),
        kind,
        provider_ref: provider_ref.to_owned(),
        amount: books.amount,
        currency: books.currency.parse().map_err(|_| broken_row("sandbox_payment.currency"))?,
        refund: None,
    }))
}

/// Books a payment as paid at the provider without a callback: the demo delivers it itself.
///
/// # Errors
/// What the database says.
pub async fn settle_for_demo(shop: &Shop, provider_ref: &str) -> Result<()> {
    shop.db
        .write(provider_ref.to_owned(), |tx, provider_ref| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO sandbox_payment (provider_ref, amount, currency, state, created_at)
                     SELECT provider_ref, amount, currency, 'paid', created_at FROM payment WHERE provider_ref = $1
                     ON CONFLICT (provider_ref) DO UPDATE SET state = 'paid'",
                    args![provider_ref.as_str()],
                )
                .await?;
                Ok(())
            })
        })
        .await
}
