//! Server functions of coupons; those that get one are in `ui::coupon`.

use crate::fail::Fail;
use domain::{
    Code,
    coupon::{CouponsView, DeskPage},
};
use leptos::prelude::*;

/// What can be had, and what I have.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "coupon/page", output = crate::fail::Answer)]
pub async fn page() -> Result<CouponsView, Fail> {
    use crate::request;
    let visit = request::allow("coupon/page")?;
    Ok(shop::coupon::page(&request::shop(), visit.lang, visit.me()).await?)
}

/// The coupons of the shop. `after`: where the page before ended.
///
/// # Errors
/// `forbidden`.
#[server(prefix = "/api", endpoint = "coupon/desk", output = crate::fail::Answer)]
pub async fn desk(#[server(default)] after: String) -> Result<DeskPage, Fail> {
    use crate::request;
    let visit = request::allow("coupon/desk").inspect_err(|f| request::login_first(f, "/admin/coupons"))?;
    Ok(shop::coupon::list(&request::shop(), visit.lang, &after).await?)
}

/// Makes a coupon of what is typed ([`domain::coupon::typed::Form`]).
///
/// # Errors
/// Those of [`domain::coupon::Draft::checked`] and [`shop::coupon::create`].
#[server(prefix = "/api", endpoint = "coupon/create", output = crate::fail::Answer)]
#[expect(clippy::too_many_arguments, reason = "the fields of a form")]
pub async fn create(
    kind: String,
    #[server(default)] off: String,
    #[server(default)] most: String,
    #[server(default)] least: String,
    currency: String,
    #[server(default)] of: String,
    #[server(default)] product: String,
    way: String,
    #[server(default)] word: String,
    #[server(default)] quota: String,
    #[server(default)] each: String,
    #[server(default)] days: String,
    #[server(default)] lasts: String,
    key: String,
) -> Result<(), Fail> {
    use crate::request;
    use domain::coupon::typed::Form;
    let (_, me) = request::allow_person("coupon/create")?;
    let form = Form { kind, off, most, least, currency, of, product, way, word, quota, each, days, lasts };
    shop::coupon::create(&request::shop(), me.id, form.draft()?, &key).await?;
    leptos_axum::redirect("/admin/coupons");
    Ok(())
}

/// Nobody gets it any more; those that people have stay good.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "coupon/stop", output = crate::fail::Answer)]
pub async fn stop(code: Code) -> Result<(), Fail> {
    use crate::request;
    request::allow("coupon/stop")?;
    shop::coupon::stop(&request::shop(), &code).await?;
    leptos_axum::redirect("/admin/coupons");
    Ok(())
}
