//! The port to a provider of payments: what jobs ask of one over the network, whoever it is.
//!
//! Our row of a payment is written with its order; the provider learns of it when the shopper goes to pay, who pays on the
//! provider's page; news come as callbacks that are verified before they are parsed (`edge::webhooks`). Some take the money at
//! once, some set it aside until they are told to take it. How the large ones fit without a change here:
//!
//! | | create | query | capture | release | refund | callback |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | Stripe | POST payment_intents, our reference in its metadata and as `Idempotency-Key` | GET payment_intents/ID | POST payment_intents/ID/capture | POST payment_intents/ID/cancel | POST refunds, `Idempotency-Key` | HMAC-SHA-256 over `time.body` |
//! | `WeChat` Pay v3 | POST transactions/h5, `out_trade_no` | GET transactions/out-trade-no/NO | at once | POST transactions/out-trade-no/NO/close | POST refunds, `out_refund_no` | RSA-SHA256 over `time\\nnonce\\nbody\\n`, body AES-256-GCM |
//! | Alipay | alipay.trade.wap.pay, `out_trade_no` | alipay.trade.query | at once | alipay.trade.close | alipay.trade.refund, `out_request_no` | RSA2 over the sorted fields |

use crate::{Result, Shop};
use domain::payment::{Callback, PaymentAsk, RefundAsk};
use futures_util::future::BoxFuture;

/// A provider, as jobs reach it. Every call may be made again: the reference and the key say that it is the same.
pub trait Provider: Send + Sync {
    /// Makes a payment known, so that somebody can pay it.
    fn create(&self, ask: &PaymentAsk) -> impl Future<Output = Result<()>> + Send;

    /// Takes what was set aside; that it was taken is told by a callback.
    fn capture(&self, ask: &PaymentAsk) -> impl Future<Output = Result<()>> + Send;

    /// Lets go of what was set aside; that it was is told by a callback.
    fn release(&self, ask: &PaymentAsk) -> impl Future<Output = Result<()>> + Send;

    /// What became of a payment: the callback that the provider sent or will send, if it has decided.
    fn query(&self, provider_ref: &str) -> impl Future<Output = Result<Option<Callback>>> + Send;

    /// Asks for money to be given back; that it was is told by a callback.
    fn refund(&self, ask: &RefundAsk) -> impl Future<Output = Result<()>> + Send;
}

/// How requests of shoppers reach the provider: the server puts it into [`crate::Kept`]; without one (in tests, in the shop of a
/// command) the sandbox's books are written directly.
pub type Create = Box<dyn Fn(&Shop, PaymentAsk) -> BoxFuture<'static, Result<()>> + Send + Sync>;
