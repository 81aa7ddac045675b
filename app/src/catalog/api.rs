//! Server functions of the catalogue.

use crate::fail::Fail;
use domain::catalog::{Browse, CategoryView, HomeView, PageView, ProductPageView, ShelfView};
use leptos::prelude::*;

/// The front of the shop; `after` starts the feed where a page of it ended. `tab`: `follow` for what those whom I follow have posted.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "catalog/home", output = crate::fail::Answer)]
pub async fn home(#[server(default)] after: String, #[server(default)] tab: String) -> Result<HomeView, Fail> {
    use crate::request;
    let visit = request::allow("catalog/home")?;
    let shop = request::shop();
    let categories = shop::catalog::categories(&shop, visit.lang).await?;
    if tab == "follow" {
        let followed = match visit.me() {
            Some(me) => shop::post::followed(&shop, me, &after).await?,
            None => domain::post::PostsView::default(),
        };
        return Ok(HomeView { categories, page: PageView::default(), followed: Some(followed) });
    }
    Ok(HomeView { categories, page: shop::feed::page(&shop, visit.me(), visit.lang, &after).await?, followed: None })
}

/// A page of the feed: things by `domain::catalog::hot_score`, with the newest posts among them.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "catalog/feed", output = crate::fail::Answer)]
pub async fn feed(#[server(default)] after: String) -> Result<PageView, Fail> {
    use crate::request;
    let visit = request::allow("catalog/feed")?;
    Ok(shop::feed::page(&request::shop(), visit.me(), visit.lang, &after).await?)
}

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

/// A product, some of the same shelf, and what buyers say of it.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "catalog/product", output = crate::fail::Answer)]
pub async fn product(slug: String) -> Result<ProductPageView, Fail> {
    use crate::request;
    let visit = request::allow("catalog/product")?;
    let shop = request::shop();
    let product = shop::catalog::product(&shop, visit.lang, &slug).await?.ok_or_else(domain::Problem::not_found)?;
    let offers = shop::group_buy::offers(&shop, product.id).await?;
    let product = product.with_offers(offers);
    let browse = Browse { category: product.category.as_ref().map(|c| c.0.clone()), ..Browse::default() };
    let mut related = shop::catalog::shelf(&shop, visit.lang, &browse).await?.page;
    related.cards.retain(|c| c.id != product.id);
    related.cards.truncate(6);
    let (summary, reviews) = shop::review::of_product(&shop, visit.lang, product.id).await?;
    let posts = shop::post::of_product(&shop, visit.me(), product.id).await?;
    Ok(ProductPageView { product, related, summary, reviews, posts })
}
