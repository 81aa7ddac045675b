//! Server functions of the back office.

use crate::fail::Fail;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Numbers of the shop, each counted from rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewView {
    pub orders_paid: i64,
    pub orders_waiting: i64,
    pub jobs_waiting: i64,
    pub jobs_dead: i64,
    pub dead: Vec<domain::job::DeadJobView>,
    /// Slug, title and state of the latest products.
    pub products: Vec<(String, String, domain::catalog::Status)>,
}

/// What stands and what waits.
///
/// # Errors
/// `login_needed`, `second_factor_needed`, `forbidden`.
#[server(prefix = "/api", endpoint = "admin/overview", output = crate::fail::Answer)]
pub async fn overview() -> Result<OverviewView, Fail> {
    use crate::request;
    let visit = request::allow("admin/overview").inspect_err(|f| request::login_first(f, "/admin"))?;
    let shop = request::shop();
    let (orders_paid, orders_waiting) = shop::order::counts(&shop).await?;
    let (jobs_waiting, jobs_dead) = shop::job::counts(&shop).await?;
    let products = shop::catalog::latest(&shop, visit.lang).await?;
    let dead = if jobs_dead > 0 { shop::job::dead(&shop).await? } else { Vec::new() };
    Ok(OverviewView { orders_paid, orders_waiting, jobs_waiting, jobs_dead, dead, products })
}

/// Puts a product on sale or takes it down.
///
/// # Errors
/// `not_found`, and those of [`overview`].
#[server(prefix = "/api", endpoint = "admin/set_status", output = crate::fail::Answer)]
pub async fn set_status(slug: String, status: domain::catalog::Status) -> Result<(), Fail> {
    use crate::request;
    request::allow("admin/set_status")?;
    shop::catalog::set_status(&request::shop(), &slug, status).await?;
    leptos_axum::redirect("/admin");
    Ok(())
}

/// Orders of which something has still to be sent. `code`: only this one; `after`: where the page before ended.
///
/// # Errors
/// Those of [`overview`].
#[server(prefix = "/api", endpoint = "admin/orders", output = crate::fail::Answer)]
pub async fn orders(
    #[server(default)] code: String,
    #[server(default)] after: String,
) -> Result<domain::order::ToShipPage, Fail> {
    use crate::request;
    let visit = request::allow("admin/orders").inspect_err(|f| request::login_first(f, "/admin/orders"))?;
    Ok(shop::order::waiting_to_ship(&request::shop(), visit.lang, &code, &after).await?)
}

/// Sends units of an order off in one parcel: for each `position` of a line its `quantity`; 0 stays behind.
///
/// # Errors
/// Those of [`overview`], `not_to_ship`, `shipped_already`, `one_merchant`, `quantity_range`.
#[server(prefix = "/api", endpoint = "admin/ship", output = crate::fail::Answer)]
pub async fn ship(
    code: domain::Code,
    #[server(default)] position: Vec<i64>,
    #[server(default)] quantity: Vec<i64>,
) -> Result<(), Fail> {
    use crate::request;
    request::allow("admin/ship")?;
    if position.len() != quantity.len() || position.len() > 100 {
        return Err(domain::Problem::bad_request().into());
    }
    let units = position.into_iter().zip(quantity).filter(|(_, n)| *n != 0).collect();
    shop::shipment::ship(&request::shop(), &code, units).await?;
    leptos_axum::redirect("/admin/orders");
    Ok(())
}

/// Gives a job that was given up its tries again.
///
/// # Errors
/// Those of [`overview`], `not_found`.
#[server(prefix = "/api", endpoint = "admin/retry", output = crate::fail::Answer)]
pub async fn retry(id: String) -> Result<(), Fail> {
    use crate::request;
    request::allow("admin/retry")?;
    shop::job::retry(&request::shop(), &id).await?;
    leptos_axum::redirect("/admin");
    Ok(())
}

/// What people of the shop did, the latest first. `before`: the number of the last one of the page before.
///
/// # Errors
/// Those of [`overview`].
#[server(prefix = "/api", endpoint = "admin/log", output = crate::fail::Answer)]
pub async fn log(#[server(default)] before: String) -> Result<domain::audit::LogView, Fail> {
    use crate::request;
    request::allow("admin/log").inspect_err(|f| request::login_first(f, "/admin/log"))?;
    Ok(shop::audit::list(&request::shop(), before.parse().ok()).await?)
}
