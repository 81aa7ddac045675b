//! Server functions of the sandbox cashier.

use crate::fail::Fail;
use domain::payment::CashierView;
use leptos::prelude::*;

/// A payment at the cashier.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "payment/cashier", output = crate::fail::Answer)]
pub async fn cashier(reference: String) -> Result<CashierView, Fail> {
    use crate::request;
    let (_, me) = request::allow_person("payment/cashier")
        .inspect_err(|f| request::login_first(f, &format!("/sandbox/pay/{reference}")))?;
    Ok(shop::payment::sandbox::cashier(&request::shop(), me.id, &reference).await?)
}

/// Pays (`pay`, or `pay_` and a mood of the provider), declines or leaves it for later; then to the order.
///
/// # Errors
/// `not_found`, `payment_closed`, `bad_request` for another action.
#[server(prefix = "/api", endpoint = "payment/sandbox", output = crate::fail::Answer)]
pub async fn decide(reference: String, action: String) -> Result<(), Fail> {
    use crate::request;
    use shop::payment::sandbox::{self, Action};
    let (_, me) = request::allow_person("payment/sandbox")?;
    let shop = request::shop();
    let view = sandbox::cashier(&shop, me.id, &reference).await?;
    if let Some(mood) = action.strip_prefix("pay_") {
        sandbox::act(&shop, me.id, &reference, Action::PayIn(mood.parse()?)).await?;
        leptos_axum::redirect(&format!("/orders/{}", view.order_code));
        return Ok(());
    }
    match action.as_str() {
        "pay" => sandbox::act(&shop, me.id, &reference, Action::Pay).await?,
        "fail" => sandbox::act(&shop, me.id, &reference, Action::Fail).await?,
        "later" => {}
        _ => return Err(domain::Problem::bad_request().into()),
    }
    // The callback is under way; most often it has arrived when the shopper has.
    if action != "later" {
        for _ in 0..100 {
            if !shop::payment::is_open(&shop, &reference).await? {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    leptos_axum::redirect(&format!("/orders/{}", view.order_code));
    Ok(())
}
