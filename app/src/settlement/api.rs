//! Server functions of settlement.

use crate::fail::Fail;
use domain::settlement::StatementView;
use leptos::prelude::*;

/// The books, and the settled orders of `merchant` (a slug; none when it is empty). `after`: where the page before ended.
///
/// # Errors
/// `login_needed`, `second_factor_needed`, `forbidden`, `not_found`.
#[server(prefix = "/api", endpoint = "settlement/statement", output = crate::fail::Answer)]
pub async fn statement(
    #[server(default)] merchant: String,
    #[server(default)] after: String,
) -> Result<StatementView, Fail> {
    use crate::request;
    let visit = request::allow("settlement/statement").inspect_err(|f| request::login_first(f, "/admin/statement"))?;
    Ok(shop::settlement::statement(&request::shop(), visit.lang, &merchant, &after).await?)
}

/// Writes down that an author was paid what he was owed. `amount`: what the page showed, minor units.
///
/// # Errors
/// Those of [`shop::commission::pay_out`].
#[server(prefix = "/api", endpoint = "settlement/pay_out", output = crate::fail::Answer)]
pub async fn pay_out(handle: String, currency: String, amount: i64, key: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("settlement/pay_out")?;
    let currency = currency.parse().map_err(|_| domain::Problem::bad_request())?;
    shop::commission::pay_out(&request::shop(), me.id, &handle, currency, amount, &key).await?;
    request::back_to("/admin/statement");
    Ok(())
}
