//! Server functions of referral.

use crate::fail::Fail;
use domain::referral::{FlaggedView, ReferralsView};
use leptos::prelude::*;

/// My points, whom I brought (`after`: where the page before ended), and who brought me.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "referral/mine", output = crate::fail::Answer)]
pub async fn mine(#[server(default)] after: String) -> Result<ReferralsView, Fail> {
    use crate::request;
    let (_, me) = request::allow_person("referral/mine").inspect_err(|f| request::login_first(f, "/me/invited"))?;
    Ok(shop::referral::mine(&request::shop(), me.id, &after).await?)
}

/// Nobody is to get anything for having brought me.
///
/// # Errors
/// `login_needed`, `not_found`, `referral_over`.
#[server(prefix = "/api", endpoint = "referral/decline", output = crate::fail::Answer)]
pub async fn decline() -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("referral/decline").inspect_err(|f| request::login_first(f, "/me/invited"))?;
    shop::referral::decline(&request::shop(), me.id).await?;
    leptos_axum::redirect("/me/invited");
    Ok(())
}

/// Referrals that wait for a decision of the shop.
///
/// # Errors
/// `forbidden`.
#[server(prefix = "/api", endpoint = "referral/flagged", output = crate::fail::Answer)]
pub async fn flagged() -> Result<Vec<FlaggedView>, Fail> {
    use crate::request;
    request::allow("referral/flagged").inspect_err(|f| request::login_first(f, "/admin/referrals"))?;
    Ok(shop::referral::flagged(&request::shop()).await?)
}

/// The shop decides. `decision`: `approve` or `refuse`.
///
/// # Errors
/// `not_found`, `referral_over`, `referral_month`.
#[server(prefix = "/api", endpoint = "referral/decide", output = crate::fail::Answer)]
pub async fn decide(id: String, decision: String) -> Result<(), Fail> {
    use crate::request;
    use domain::id::PersonId;
    let (_, me) =
        request::allow_person("referral/decide").inspect_err(|f| request::login_first(f, "/admin/referrals"))?;
    let id = id.parse::<PersonId>().map_err(|_| domain::Problem::not_found())?;
    shop::referral::decide(&request::shop(), me.id, id, decision.parse()?).await?;
    leptos_axum::redirect("/admin/referrals");
    Ok(())
}
