//! Buying a SKU: the one server function that more than one capability calls. It belongs to the cart by its path.

use crate::fail::Fail;
use leptos::prelude::*;

/// Puts a chosen SKU into the cart, or goes straight to the checkout with it: `then` is `checkout`, `open:CAMPAIGN` for a team of
/// one's own, `team:TEAM` for somebody's. `choice`: for each
/// option of the product the position of the value. `post`: the code of the one that it is bought from. Answers the units in the cart.
///
/// # Errors
/// `sku_gone`, `sold_out`, `quantity_range`, `cart_full`.
#[server(prefix = "/api", endpoint = "cart/add", output = crate::fail::Answer)]
pub async fn add_to_cart(
    slug: String,
    #[server(default)] choice: Vec<u32>,
    quantity: i64,
    #[server(default)] then: String,
    #[server(default)] post: String,
) -> Result<i64, Fail> {
    use crate::request;
    use domain::{Problem, cart::Quantity, order::Source};
    request::allow("cart/add")?;
    let shop = request::shop();
    let quantity = Quantity::try_from(quantity)?;
    let gone = || Problem::new(409, "sku_gone");
    let (sku, available) = shop::catalog::sku_of(&shop, &slug, &choice).await?.ok_or_else(gone)?;
    if available < quantity.get() {
        let left = if available <= 0 {
            Problem::new(409, "sold_out")
        } else {
            Problem::new(409, "few_left").number(available)
        };
        return Err(left.into());
    }
    let quantity_n = quantity.get();
    let code = |code: &str| code.parse().map_err(|_| Problem::bad_request());
    let source = match then.split_once(':') {
        Some(("open", campaign)) => Some(Source::Open { campaign: code(campaign)?, sku, quantity: quantity_n }),
        Some(("team", team)) => Some(Source::Team { team: code(team)?, sku, quantity: quantity_n }),
        _ if then == "checkout" => Some(Source::Direct { sku, quantity: quantity_n }),
        _ => None,
    };
    if let Some(source) = source {
        let buy = domain::order::with_post(&source.written(), post.parse().ok().as_ref());
        leptos_axum::redirect(&format!("/checkout?buy={buy}"));
        return Ok(0);
    }
    let owner = request::owner().await?;
    shop::cart::add(&shop, owner, sku, quantity, post.parse().ok().as_ref()).await?;
    request::back_to("/cart");
    Ok(shop::cart::count(&shop, owner).await?)
}
