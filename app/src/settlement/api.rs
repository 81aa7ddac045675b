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
