//! Server functions of the cart.

use crate::fail::Fail;
use domain::{cart::CartView, id::SkuId};
use leptos::prelude::*;

/// Sets the quantity of a line; 0 takes it out. Answers the cart.
///
/// # Errors
/// `quantity_range`, `sku_gone`.
#[server(prefix = "/api", endpoint = "cart/change", output = crate::fail::Answer)]
pub async fn change(sku: SkuId, quantity: i64) -> Result<CartView, Fail> {
    use crate::request;
    use domain::cart::Quantity;
    let visit = request::allow("cart/change")?;
    let shop = request::shop();
    let owner = request::owner().await?;
    let quantity = if quantity == 0 { None } else { Some(Quantity::try_from(quantity)?) };
    shop::cart::change(&shop, owner, sku, quantity).await?;
    Ok(shop::cart::show(&shop, owner, visit.lang).await?)
}

/// My cart.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "cart/show", output = crate::fail::Answer)]
pub async fn show() -> Result<CartView, Fail> {
    use crate::request;
    let visit = request::allow("cart/show")?;
    match &visit.viewer {
        Some(viewer) => Ok(shop::cart::show(&request::shop(), viewer.owner(), visit.lang).await?),
        None => Ok(CartView::default()),
    }
}
