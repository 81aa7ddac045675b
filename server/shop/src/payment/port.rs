//! The port to a provider of payments: what jobs ask of one over the network, whoever it is.
//!
//! A payment is created with its order (`payment::create`), the shopper pays on the provider's page, and news come as callbacks that
//! are verified before they are parsed (`edge::webhooks`). How the large ones fit without a change here:
//!
//! | | reference | query | refund | callback |
//! | --- | --- | --- | --- | --- |
//! | Stripe | PaymentIntent, our reference in its metadata | GET payment_intents/ID | POST refunds, `Idempotency-Key` | HMAC-SHA-256 over `time.body` |
//! | `WeChat` Pay v3 | `out_trade_no` | GET transactions/out-trade-no/NO | POST refunds, `out_refund_no` | RSA-SHA256 over `time\\nnonce\\nbody\\n`, body AES-256-GCM |
//! | Alipay | `out_trade_no` | alipay.trade.query | alipay.trade.refund, `out_request_no` | RSA2 over the sorted fields |

use crate::Result;
use domain::payment::{Callback, RefundAsk};

/// A provider, as jobs reach it. Every call may be made again: the reference and the key say that it is the same.
pub trait Provider: Send + Sync {
    /// What became of a payment: the callback that the provider sent or will send, if it has decided.
    fn query(&self, provider_ref: &str) -> impl Future<Output = Result<Option<Callback>>> + Send;

    /// Asks for money to be given back; that it was is told by a callback.
    fn refund(&self, ask: &RefundAsk) -> impl Future<Output = Result<()>> + Send;
}
