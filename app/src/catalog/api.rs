//! Server functions of the catalogue.

use crate::fail::Fail;
use domain::catalog::{Browse, CategoryView, ProductPageView, ShelfView};
use leptos::prelude::*;

/// Things beside a product.
#[cfg(feature = "ssr")]
const RELATED: usize = 6;

/// The tree of categories.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "catalog/categories", output = crate::fail::Answer)]
pub async fn categories() -> Result<Vec<CategoryView>, Fail> {
    use crate::request;
    let visit = request::allow("catalog/categories")?;
    Ok(shop::catalog::categories(&request::shop(), visit.lang).await?)
}

/// A page of a shelf.
///
/// # Errors
/// `not_found` for an unknown category, `bad_request` for words: those are searched for.
#[server(prefix = "/api", endpoint = "catalog/shelf", output = crate::fail::Answer, input = crate::fail::Answer)]
pub async fn shelf(browse: Browse) -> Result<ShelfView, Fail> {
    use crate::request;
    let visit = request::allow("catalog/shelf")?;
    if browse.query.is_some() {
        return Err(domain::Problem::bad_request().into());
    }
    let shelf = shop::catalog::shelf(&request::shop(), visit.lang, &browse).await?;
    if browse.category.is_some() && shelf.category.is_none() {
        return Err(domain::Problem::not_found().into());
    }
    Ok(shelf)
}

/// A product, what goes with it, and what buyers say of it. `post`: the code of the post that led here.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "catalog/product", output = crate::fail::Answer)]
pub async fn product(slug: String, #[server(default)] post: String) -> Result<ProductPageView, Fail> {
    use crate::request;
    let visit = request::allow("catalog/product")?;
    let shop = request::shop();
    let product = shop::catalog::product(&shop, visit.lang, &slug).await?.ok_or_else(domain::Problem::not_found)?;
    if let (Some(eye), Ok(code)) = (visit.eye, post.parse()) {
        shop::creator::clicked(&shop, &code, eye);
    }
    let offers = shop::group_buy::offers(&shop, product.id).await?;
    let product = product.with_offers(offers);
    let browse = Browse { category: product.category.as_ref().map(|c| c.0.clone()), ..Browse::default() };
    let together = shop::feed::bought_with(&shop, visit.lang, product.id).await?;
    let mut related = shop::feed::beside(&shop, visit.lang, product.id).await?;
    related.retain(|c| together.iter().all(|t| t.id != c.id));
    if related.len() < RELATED {
        let shelf = shop::catalog::shelf(&shop, visit.lang, &browse).await?.page.cards;
        let more: Vec<_> = shelf
            .into_iter()
            .filter(|c| c.id != product.id && together.iter().chain(&related).all(|r| r.id != c.id))
            .collect();
        related.extend(more);
        related.truncate(RELATED);
    }
    let (summary, reviews) = shop::review::of_product(&shop, visit.lang, product.id).await?;
    let asked = shop::question::of_product(&shop, visit.me(), product.id).await?;
    let posts = shop::post::of_product(&shop, visit.me(), product.id).await?;
    let coupons = shop::coupon::of_product(&shop, visit.lang, visit.me(), product.id).await?;
    let clips = shop::live::clips(&shop, product.id).await?;
    Ok(ProductPageView { product, related, together, summary, reviews, asked, posts, coupons, clips })
}
