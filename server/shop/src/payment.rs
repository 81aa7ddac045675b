//! Payment: what we asked a provider for, and what it told us.
//!
//! Invariants: a callback is verified before it is parsed, taken once per event id, and compared with what we asked for; a
//! captured payment belongs to a paid order, or its money is on the way back (`refund_due`), never neither.

mod port;
pub mod sandbox;

pub use port::{Create, Provider};

use crate::{Error, Result, Shop, after_sale, args, db::Tx, error::broken_row, group_buy, job, ledger, order, till};
use domain::{
    Code, Currency, Millis, Problem,
    id::{MerchantId, PersonId},
    ledger::{Account, Balanced},
    order::State,
    payment::{Callback, EventKind, PaymentAsk, RefundAsk},
    time::{HOUR, MINUTE},
};
use uuid::Uuid;

/// A reference that the provider knows a payment by: 24 random hex digits.
pub(crate) fn new_ref(shop: &Shop) -> String {
    hex::encode(shop.rng.bytes::<12>())
}

/// Writes down what is to be paid, in the transaction that makes the order.
#[tracing::instrument(level = "debug", skip_all, name = "payment: create")]
pub(crate) async fn create(
    tx: &mut Tx,
    shop: &Shop,
    order: Uuid,
    provider_ref: &str,
    amount: i64,
    currency: Currency,
    now: Millis,
) -> Result<()> {
    tx.execute(
        "INSERT INTO payment (id, order_id, provider, provider_ref, state, amount, currency, created_at)
         VALUES ($1, $2, 'sandbox', $3, 'created', $4, $5, $6)",
        args![shop.rng.id(now), order, provider_ref, amount, currency.code(), now],
    )
    .await?;
    job::enqueue(tx, shop, "query_payment", &format!("{provider_ref}:0"), &format!("{provider_ref} 0"), now + PATIENCE)
        .await
}

/// A payment and what its order says of it.
struct Known {
    ask: PaymentAsk,
    order: Uuid,
    /// Whether nobody has taken its money yet.
    open: bool,
    /// Whether the order still waits for it.
    waits: bool,
}

/// Whoever stands at the provider's page when the hold ends may still finish there: so much later nobody begins to pay. Before
/// the last of the [`QUESTIONS`], so that money which was taken is always asked for.
const GRACE: Millis = 2 * HOUR;

async fn known(shop: &Shop, provider_ref: &str) -> Result<Option<Known>> {
    crate::row! {
        struct Asked {
            order_id: Uuid,
            state: String,
            amount: i64,
            currency: String,
        }
    }
    let row: Option<Asked> = shop
        .db
        .fetch_optional(
            "SELECT order_id, state, amount, currency FROM payment WHERE provider_ref = $1",
            args![provider_ref],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let hold = order::hold(shop, row.order_id).await?;
    let ask = PaymentAsk {
        provider_ref: provider_ref.to_owned(),
        amount: row.amount,
        currency: row.currency.parse().map_err(|_| broken_row("payment.currency"))?,
        expires_at: hold.hold_until + GRACE,
    };
    let open = matches!(row.state.as_str(), "created" | "failed");
    Ok(Some(Known { ask, order: row.order_id, open, waits: hold.waits }))
}

/// Makes a payment that was written down known to its provider. A second call changes nothing.
///
/// # Errors
/// `not_found`, `order_closed` when the order does not wait for it any more, `read_only`, what the provider refuses, `provider_down`.
pub(crate) async fn announce(shop: &Shop, provider_ref: &str) -> Result<()> {
    let known = known(shop, provider_ref).await?.ok_or_else(Problem::not_found)?;
    if !known.open || !known.waits {
        return Err(Error::problem(409, "order_closed"));
    }
    if !till::is_open(&shop.db).await? {
        return Err(Error::problem(503, "read_only"));
    }
    match shop.kept.create.get() {
        Some(create) => create(shop, known.ask).await,
        None => sandbox::Books(shop.clone()).create(&known.ask).await,
    }
}

/// Takes the money that was set aside for an order which still waits for it, or whose buyer wants a seat elsewhere; lets go of it
/// otherwise. A job calls it. What happened is told by a callback.
///
/// # Errors
/// What the provider refuses, `provider_down`.
pub async fn capture(shop: &Shop, provider: &impl Provider, provider_ref: &str) -> Result<()> {
    let Some(known) = known(shop, provider_ref).await?.filter(|k| k.open) else { return Ok(()) };
    if known.waits || group_buy::wants_elsewhere(shop, known.order).await? {
        provider.capture(&known.ask).await
    } else {
        provider.release(&known.ask).await
    }
}

/// A provider that has not called back is asked after so long, and again after twice as long, eight times in all: the last
/// question comes well after the hold has ended, so that money which was taken and never told of comes back.
const PATIENCE: Millis = MINUTE;
const QUESTIONS: u32 = 8;

/// Asks the provider about a payment that it has not called back for; a job calls it with the reference and the count of
/// questions. Its answer counts as the callback would, and only once with it.
///
/// # Errors
/// What the database says.
pub async fn query(shop: &Shop, provider: &impl Provider, payload: &str) -> Result<()> {
    crate::row! {
        struct State {
            state: String,
        }
    }
    let (provider_ref, asked) = payload.split_once(' ').ok_or_else(Problem::bad_request)?;
    let asked: u32 = asked.parse().map_err(|_| Problem::bad_request())?;
    let row: Option<State> =
        shop.db.fetch_optional("SELECT state FROM payment WHERE provider_ref = $1", args![provider_ref]).await?;
    // One that was declined may have been paid at the second try.
    if row.is_none_or(|p| !matches!(p.state.as_str(), "created" | "failed")) {
        return Ok(());
    }
    if let Some(callback) = provider.query(provider_ref).await? {
        let kind = callback.kind;
        receive(shop, "sandbox", callback).await?;
        match kind {
            EventKind::Failed => {}
            EventKind::Captured | EventKind::Released | EventKind::Refunded => return Ok(()),
            // Not decided yet: by us, if nobody has come to it.
            EventKind::Authorized => {
                if let Err(error) = capture(shop, provider, provider_ref).await {
                    tracing::warn!(%error, "money that is set aside");
                }
            }
        }
    }
    if asked + 1 >= QUESTIONS {
        return Ok(());
    }
    let input = (shop.clone(), provider_ref.to_owned(), asked + 1, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, provider_ref, asked, now)| {
            Box::pin(async move {
                let again = format!("{provider_ref} {asked}");
                let at = *now + PATIENCE * 2_i64.saturating_pow(*asked);
                job::enqueue(tx, shop, "query_payment", &again.replace(' ', ":"), &again, at).await
            })
        })
        .await
}

crate::row! {
    struct RefRow {
        provider_ref: String,
    }
}

/// The code of the order that a payment is for, if it is mine.
pub(crate) async fn order_of(shop: &Shop, me: PersonId, provider_ref: &str) -> Result<Option<String>> {
    crate::row! {
        struct Of {
            order_id: Uuid,
        }
    }
    let row: Option<Of> =
        shop.db.fetch_optional("SELECT order_id FROM payment WHERE provider_ref = $1", args![provider_ref]).await?;
    match row {
        Some(of) => order::code_of(shop, me, of.order_id).await,
        None => Ok(None),
    }
}

/// The reference to pay my order with: the open one, or a new one after a decline.
///
/// # Errors
/// `not_found`, `already_paid`, `hold_expired`, `order_closed`, `read_only`.
pub async fn start(shop: &Shop, me: PersonId, code: &Code) -> Result<String> {
    let input = (shop.clone(), me, code.clone(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, now)| {
            Box::pin(async move {
                // Two taps find one payment.
                order::lock(tx, code).await?;
                let order = order::mine(tx, *me, code).await?.ok_or_else(Problem::not_found)?;
                match order.state {
                    State::AwaitingPayment if order.hold_until <= *now => {
                        return Err(Error::problem(409, "hold_expired"));
                    }
                    State::AwaitingPayment => {}
                    State::Cancelled => return Err(Error::problem(409, "order_closed")),
                    _ => return Err(Error::problem(409, "already_paid")),
                }
                let open: Option<RefRow> = tx
                    .fetch_optional(
                        "SELECT provider_ref FROM payment WHERE order_id = $1 AND state = 'created' ORDER BY created_at DESC LIMIT 1",
                        args![order.order],
                    )
                    .await?;
                if let Some(open) = open {
                    return Ok(open.provider_ref);
                }
                till::ensure_open(tx).await?;
                let fresh = new_ref(shop);
                create(tx, shop, order.order, &fresh, order.total, order.currency, *now).await?;
                Ok(fresh)
            })
        })
        .await
}

/// Whether the provider has decided and its callback is still on the way.
pub(crate) async fn confirming(shop: &Shop, order: Uuid) -> Result<bool> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let row: Count = shop
        .db
        .fetch_one(
            "SELECT COUNT(*) AS n FROM payment p JOIN sandbox_payment s ON s.provider_ref = p.provider_ref
             WHERE p.order_id = $1 AND p.state = 'created' AND (s.state IN ('paid', 'failed') OR s.aside_at IS NOT NULL)",
            args![order],
        )
        .await?;
    Ok(row.n > 0)
}

/// Whether nothing is known yet of what became of a payment.
///
/// # Errors
/// What the database says.
pub async fn is_open(shop: &Shop, provider_ref: &str) -> Result<bool> {
    crate::row! {
        struct State {
            state: String,
        }
    }
    let row: Option<State> =
        shop.db.fetch_optional("SELECT state FROM payment WHERE provider_ref = $1", args![provider_ref]).await?;
    Ok(row.is_some_and(|p| p.state == "created"))
}

/// What is on its way back to shoppers, by currency. Minor units.
pub(crate) async fn on_the_way_back(shop: &Shop) -> Result<Vec<(String, i64)>> {
    crate::row! {
        struct Due {
            currency: String,
            amount: i64,
        }
    }
    let rows: Vec<Due> = shop
        .db
        .fetch_all(
            "SELECT p.currency, CAST(SUM(r.amount) AS BIGINT) AS amount FROM refund r JOIN payment p ON p.id = r.payment_id
             WHERE r.state = 'due' GROUP BY p.currency ORDER BY p.currency",
            args![],
        )
        .await?;
    Ok(rows.into_iter().map(|r| (r.currency, r.amount)).collect())
}

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// Seen before: nothing changed.
    Duplicate,
    /// Not what we asked for, or of a payment we do not know: nothing changed, an operator is told by the log.
    Refused,
}

crate::row! {
    struct PaymentRow {
        id: Uuid,
        order_id: Uuid,
        state: String,
        amount: i64,
        currency: String,
        provider_ref: String,
    }
}

crate::row! {
    struct RefundRow {
        id: Uuid,
        amount: i64,
        case_id: Option<Uuid>,
    }
}

async fn refund_of(tx: &mut Tx, payment: Uuid, key: &str) -> Result<Option<RefundRow>> {
    Ok(tx
        .fetch_optional(
            "SELECT id, amount, case_id FROM refund WHERE payment_id = $1 AND idempotency_key = $2",
            args![payment, key],
        )
        .await?)
}

/// The key of the refund of money that came too late.
pub fn late_key(provider_ref: &str) -> String {
    format!("late:{provider_ref}")
}

/// The key of the refund of a case.
fn case_key(case: Uuid) -> String {
    format!("case:{}", case.simple())
}

/// Takes a callback whose signature was verified.
///
/// # Errors
/// What the database says; the provider then sends it again.
pub async fn receive(shop: &Shop, provider: &'static str, callback: Callback) -> Result<Outcome> {
    // A payment that comes too late for its seat in a team goes where its buyer wanted; if there is no place for him either,
    // nothing of the search stands, and his money goes back.
    match receive_or(shop, provider, callback.clone(), true).await {
        Err(Error::Problem(_)) => receive_or(shop, provider, callback, false).await,
        other => other,
    }
}

async fn receive_or(shop: &Shop, provider: &'static str, callback: Callback, elsewhere: bool) -> Result<Outcome> {
    let input = (shop.clone(), provider, callback, elsewhere, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, provider, callback, elsewhere, now)| {
            Box::pin(receive_in(tx, shop, provider, callback, *elsewhere, *now))
        })
        .await
}

#[tracing::instrument(level = "debug", skip_all, name = "callback: transaction")]
async fn receive_in(
    tx: &mut Tx,
    shop: &Shop,
    provider: &'static str,
    callback: &Callback,
    elsewhere: bool,
    now: Millis,
) -> Result<Outcome> {
    let fresh = tx
        .execute(
            "INSERT INTO webhook_inbox (provider, event_id, outcome, received_at) VALUES ($1, $2, 'applied', $3) ON CONFLICT DO NOTHING",
            args![provider, callback.event_id.as_str(), now],
        )
        .await?;
    if fresh == 0 {
        return Ok(Outcome::Duplicate);
    }
    let row: Option<PaymentRow> = tx
        .fetch_optional(
            "SELECT id, order_id, state, amount, currency, provider_ref FROM payment WHERE provider = $1 AND provider_ref = $2",
            args![provider, callback.provider_ref.as_str()],
        )
        .await?;
    let asked = match (&row, &callback.refund) {
        (Some(payment), Some(key)) => refund_of(tx, payment.id, key).await?.map(|r| r.amount),
        (Some(payment), None) if callback.kind != EventKind::Refunded => Some(payment.amount),
        _ => None,
    };
    let known = row.filter(|p| asked == Some(callback.amount) && p.currency == callback.currency.code());
    let Some(mut payment) = known else {
        tracing::error!(provider, event = callback.event_id, "a callback that is not what was asked for");
        tx.execute(
            "UPDATE webhook_inbox SET outcome = 'refused' WHERE provider = $1 AND event_id = $2",
            args![provider, callback.event_id.as_str()],
        )
        .await?;
        return Ok(Outcome::Refused);
    };
    match callback.kind {
        EventKind::Authorized => {
            let reference = payment.provider_ref.as_str();
            job::enqueue(tx, shop, "capture", reference, reference, now).await?;
        }
        EventKind::Captured => {
            captured(tx, shop, provider, &mut payment, callback.currency, elsewhere, now).await?;
        }
        EventKind::Failed | EventKind::Released => {
            let failed = tx
                .execute("UPDATE payment SET state = 'failed' WHERE id = $1 AND state = 'created'", args![payment.id])
                .await?;
            if failed == 1 && callback.kind == EventKind::Failed {
                order::note(tx, payment.order_id, "payment_failed", None, now).await?;
            }
            if callback.kind == EventKind::Released && matches!(payment.state.as_str(), "created" | "failed") {
                let amount = Some(payment.amount);
                order::note_and_tell(tx, shop, payment.order_id, "payment_released", amount, now).await?;
            }
        }
        EventKind::Refunded => refunded(tx, shop, provider, &payment, callback, now).await?,
    }
    Ok(Outcome::Applied)
}

async fn captured(
    tx: &mut Tx,
    shop: &Shop,
    provider: &'static str,
    payment: &mut PaymentRow,
    currency: Currency,
    elsewhere: bool,
    now: Millis,
) -> Result<()> {
    if !matches!(payment.state.as_str(), "created" | "failed") {
        return Ok(());
    }
    let mut wanted = order::mark_paid(tx, shop, payment.order_id, payment.amount, now).await?;
    if !wanted
        && elsewhere
        && let Some(order) = group_buy::elsewhere(tx, shop, payment.order_id, now).await?
    {
        payment.order_id = order;
        tx.execute("UPDATE payment SET order_id = $1 WHERE id = $2", args![order, payment.id]).await?;
        wanted = order::mark_paid(tx, shop, order, payment.amount, now).await?;
        if !wanted {
            return Err(Problem::internal().into());
        }
    }
    let state = if wanted { "captured" } else { "refund_due" };
    let taken = tx
        .execute(
            "UPDATE payment SET state = $1, captured_at = $2 WHERE id = $3 AND state IN ('created', 'failed')",
            args![state, now, payment.id],
        )
        .await?;
    if taken == 0 {
        return Err(Problem::internal().into());
    }
    let mut entries = vec![(Account::Clearing(provider), payment.amount)];
    if wanted {
        let earned = order::earned(tx, payment.order_id).await?;
        entries.extend(earned.into_iter().map(|(merchant, amount)| (Account::Merchant(merchant), -amount)));
    } else {
        entries.push((Account::Person(order::buyer(tx, payment.order_id).await?), -payment.amount));
        order::note_and_tell(tx, shop, payment.order_id, "refund_due", Some(payment.amount), now).await?;
        let refund = shop.rng.id(now);
        tx.execute(
            "INSERT INTO refund (id, payment_id, idempotency_key, amount, state, created_at) VALUES ($1, $2, $3, $4, 'due', $5)",
            args![refund, payment.id, late_key(&payment.provider_ref), payment.amount, now],
        )
        .await?;
        tx.execute("UPDATE payment SET refunded = amount WHERE id = $1", args![payment.id]).await?;
        job::enqueue(tx, shop, "refund", &refund.simple().to_string(), &refund.to_string(), now).await?;
    }
    ledger::post(tx, shop, "capture", payment.id, &Balanced::new(currency, entries)?, now).await
}

async fn refunded(
    tx: &mut Tx,
    shop: &Shop,
    provider: &'static str,
    payment: &PaymentRow,
    callback: &Callback,
    now: Millis,
) -> Result<()> {
    crate::row! {
        struct Back {
            n: i64,
        }
    }
    let key = callback.refund.as_deref().unwrap_or_default();
    let refund = refund_of(tx, payment.id, key).await?.ok_or_else(Problem::internal)?;
    let done = tx
        .execute(
            "UPDATE refund SET state = 'done', done_at = $1 WHERE id = $2 AND state = 'due'",
            args![now, refund.id],
        )
        .await?;
    if done == 0 {
        return Ok(());
    }
    order::note_and_tell(tx, shop, payment.order_id, "refunded", Some(refund.amount), now).await?;
    let person = order::buyer(tx, payment.order_id).await?;
    let entries = [(Account::Person(person), refund.amount), (Account::Clearing(provider), -refund.amount)];
    ledger::post(tx, shop, "refund", refund.id, &Balanced::new(callback.currency, entries)?, now).await?;
    if let Some(case) = refund.case_id {
        after_sale::refunded(tx, case, now).await?;
    }
    let back: Option<Back> = tx
        .fetch_optional(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS n FROM refund WHERE payment_id = $1 AND state = 'done'",
            args![payment.id],
        )
        .await?;
    if back.is_some_and(|b| b.n == payment.amount) {
        let captured = payment.state == "captured";
        tx.execute(
            "UPDATE payment SET state = 'refunded' WHERE id = $1 AND state IN ('captured', 'refund_due')",
            args![payment.id],
        )
        .await?;
        if captured {
            order::refunded(tx, payment.order_id, now).await?;
        }
    }
    Ok(())
}

/// Promises a part of a paid order's money back, at the merchant's cost, and asks the provider for it by a job.
pub(crate) async fn give_back(
    tx: &mut Tx,
    shop: &Shop,
    order: Uuid,
    case: Uuid,
    merchant: MerchantId,
    amount: i64,
    now: Millis,
) -> Result<()> {
    let row: Option<PaymentRow> = tx
        .fetch_optional(
            "SELECT id, order_id, state, amount, currency, provider_ref FROM payment WHERE order_id = $1 AND state = 'captured'",
            args![order],
        )
        .await?;
    let payment = row.ok_or_else(Problem::internal)?;
    let promised = tx
        .execute(
            "UPDATE payment SET refunded = refunded + $1 WHERE id = $2 AND refunded + $1 <= amount",
            args![amount, payment.id],
        )
        .await?;
    if promised == 0 {
        return Err(Problem::internal().into());
    }
    let refund = shop.rng.id(now);
    tx.execute(
        "INSERT INTO refund (id, payment_id, idempotency_key, amount, state, created_at, case_id) VALUES ($1, $2, $3, $4, 'due', $5, $6)",
        args![refund, payment.id, case_key(case), amount, now, case],
    )
    .await?;
    let currency: Currency = payment.currency.parse().map_err(|_| broken_row("payment.currency"))?;
    let person = order::buyer(tx, order).await?;
    let entries = [(Account::Merchant(merchant), amount), (Account::Person(person), -amount)];
    ledger::post(tx, shop, "refund_agreed", refund, &Balanced::new(currency, entries)?, now).await?;
    job::enqueue(tx, shop, "refund", &refund.simple().to_string(), &refund.to_string(), now).await
}

/// Asks the provider to give back what is due; a job calls it with the refund (older jobs: the payment). The provider answers by a callback.
///
/// # Errors
/// What the database says.
pub async fn send_refund(shop: &Shop, provider: &impl Provider, refund: Uuid) -> Result<()> {
    crate::row! {
        struct Due {
            provider_ref: String,
            idempotency_key: String,
            amount: i64,
        }
    }
    let row: Option<Due> = shop
        .db
        .fetch_optional(
            "SELECT p.provider_ref, r.idempotency_key, r.amount FROM refund r JOIN payment p ON p.id = r.payment_id
             WHERE (r.id = $1 OR r.payment_id = $1) AND r.state = 'due'",
            args![refund],
        )
        .await?;
    match row {
        Some(due) => {
            let ask = RefundAsk { provider_ref: due.provider_ref, key: due.idempotency_key, amount: due.amount };
            provider.refund(&ask).await
        }
        None => Ok(()),
    }
}
