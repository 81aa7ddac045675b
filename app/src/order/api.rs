//! Server functions of orders.

use crate::fail::Fail;
use domain::{
    Code,
    order::{CheckoutView, OrderView, OrdersView},
};
use leptos::prelude::*;

/// The checkout page. `buy`: [`domain::order::Source`] as written; `address` and `method`: what is chosen, or empty; `product_coupon` and
/// `coupon` (of a shop): [`domain::coupon::Pick`] as written.
///
/// # Errors
/// `login_needed`, `cart_empty`, `sku_gone`.
#[server(prefix = "/api", endpoint = "order/checkout", output = crate::fail::Answer)]
pub async fn checkout(
    #[server(default)] buy: String,
    #[server(default)] address: String,
    #[server(default)] method: String,
    #[server(default)] product_coupon: String,
    #[server(default)] coupon: String,
) -> Result<CheckoutView, Fail> {
    use crate::request;
    use domain::coupon::Wanted;
    let (visit, me) = request::allow_person("order/checkout").inspect_err(|f| {
        let chosen =
            [("address", &address), ("method", &method), ("product_coupon", &product_coupon), ("coupon", &coupon)];
        let said = chosen.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("&{name}={value}"));
        request::login_first(f, &format!("/checkout?buy={buy}{}", said.collect::<String>()));
    })?;
    let method = if method.is_empty() { domain::shipping::Method::default() } else { method.parse()? };
    let chosen = address.parse().ok();
    let touches = came_by(&buy);
    let coupons =
        Wanted { product: product_coupon.parse().unwrap_or_default(), shop: coupon.parse().unwrap_or_default() };
    let (source, choice) = (buy.parse()?, shop::order::Choice { address: chosen, method, coupons });
    Ok(shop::order::checkout(&request::shop(), me.id, visit.lang, &source, choice, &touches).await?)
}

/// What brought whoever buys this: links, and the post that it is bought from.
#[cfg(feature = "ssr")]
fn came_by(buy: &str) -> domain::share::Touches {
    domain::share::Touches { post: domain::order::post_of(buy), ..crate::request::touches() }
}

/// Places the order and goes to the cashier. `total`: what the page showed, minor units. `inviter`: `accept` or `decline`, and
/// `invitation`: what was shown, where the page asks. `product_coupon` and `coupon`: the ids of what takes something off, or empty.
///
/// # Errors
/// Those of [`shop::order::place`].
#[server(prefix = "/api", endpoint = "order/place", output = crate::fail::Answer)]
#[expect(clippy::too_many_arguments, reason = "one argument a form field")]
pub async fn place(
    buy: String,
    #[server(default)] address: String,
    method: String,
    #[server(default)] note: String,
    key: String,
    total: i64,
    #[server(default)] otherwise: String,
    #[server(default)] inviter: String,
    #[server(default)] invitation: String,
    #[server(default)] product_coupon: String,
    #[server(default)] coupon: String,
) -> Result<(), Fail> {
    use crate::request;
    use domain::{
        Problem,
        coupon::{Pick, Wanted},
        group_buy::Otherwise,
    };
    let (visit, me) = request::allow_person("order/place")
        .inspect_err(|f| request::login_first(f, &format!("/checkout?buy={buy}")))?;
    let address = address.parse().map_err(|_| Problem::new(422, "address_needed").field("address"))?;
    let shown = |id: &str| if id.is_empty() { Ok(Pick::None) } else { id.parse::<Pick>() };
    let invited = match inviter.as_str() {
        "" => None,
        answer @ ("accept" | "decline") => Some(shop::referral::Answer {
            accept: answer == "accept",
            shown: invitation.parse()?,
            browser: request::marked().map(|b| b.0),
        }),
        _ => return Err(Problem::bad_request().into()),
    };
    let ask = shop::order::Place {
        me: me.id,
        came_by: came_by(&buy),
        source: buy.parse()?,
        address,
        method: method.parse()?,
        note,
        key,
        shown_total: total,
        seat: shop::group_buy::Wish {
            otherwise: if otherwise.is_empty() { Otherwise::Refund } else { otherwise.parse()? },
            device: visit.viewer.as_ref().map(|v| v.visitor.0),
        },
        invited,
        // What was shown, and nothing that was not.
        coupons: Wanted { product: shown(&product_coupon)?, shop: shown(&coupon)? },
    };
    let placed = shop::order::place(&request::shop(), ask).await?;
    leptos_axum::redirect(&format!("/sandbox/pay/{}", placed.provider_ref));
    Ok(())
}

/// My orders. `state`: the name of one, `to_share`, or empty; `q`: an order number, or a part of what was bought.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "order/list", output = crate::fail::Answer)]
pub async fn list(
    #[server(default)] state: String,
    #[server(default)] q: String,
    #[server(default)] after: String,
) -> Result<OrdersView, Fail> {
    use crate::request;
    let (visit, me) = request::allow_person("order/list").inspect_err(|f| request::login_first(f, "/orders"))?;
    let after = (!after.is_empty()).then_some(after);
    Ok(shop::order::list(&request::shop(), me.id, visit.lang, state.parse().unwrap_or_default(), &q, after.as_deref())
        .await?)
}

/// One of my orders.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "order/show", output = crate::fail::Answer)]
pub async fn show(code: String) -> Result<OrderView, Fail> {
    use crate::request;
    let (visit, me) =
        request::allow_person("order/show").inspect_err(|f| request::login_first(f, &format!("/orders/{code}")))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::order::show(&request::shop(), me.id, visit.lang, &code).await?)
}

/// Cancels my order before it is paid.
///
/// # Errors
/// `not_found`, `order_closed`.
#[server(prefix = "/api", endpoint = "order/cancel", output = crate::fail::Answer)]
pub async fn cancel(code: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("order/cancel")?;
    shop::order::cancel(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&format!("/orders/{code}"));
    Ok(())
}

/// I have what I ordered.
///
/// # Errors
/// `not_found`, `not_shipped`.
#[server(prefix = "/api", endpoint = "order/confirm", output = crate::fail::Answer)]
pub async fn confirm(code: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("order/confirm")?;
    shop::shipment::confirm(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&format!("/orders/{code}"));
    Ok(())
}

/// Goes to the cashier with an order that is not paid yet.
///
/// # Errors
/// `already_paid`, `hold_expired`, `order_closed`, `not_found`.
#[server(prefix = "/api", endpoint = "payment/start", output = crate::fail::Answer)]
pub async fn start_payment(code: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("payment/start")?;
    let reference = shop::payment::start(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&format!("/sandbox/pay/{reference}"));
    Ok(())
}

/// I leave the team that my order waits for; all of its money comes back.
///
/// # Errors
/// `not_found`, `team_over`.
#[server(prefix = "/api", endpoint = "group_buy/leave", output = crate::fail::Answer)]
pub async fn leave(code: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("group_buy/leave")?;
    shop::group_buy::leave(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&format!("/orders/{code}"));
    Ok(())
}
