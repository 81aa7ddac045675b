//! Server functions of the feed.

use crate::fail::Fail;
use domain::{
    catalog::{HomeView, PageView},
    feed::{TasteView, WhyView},
};
use leptos::prelude::*;

/// The front of the shop; `after` starts the feed where a page of it ended. `tab`: `follow` for what those whom I follow have posted.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "feed/home", output = crate::fail::Answer)]
pub async fn home(#[server(default)] after: String, #[server(default)] tab: String) -> Result<HomeView, Fail> {
    use crate::request;
    let visit = request::allow("feed/home")?;
    let shop = request::shop();
    let categories = shop::catalog::categories(&shop, visit.lang).await?;
    if tab == "follow" {
        let followed = match visit.me() {
            Some(me) => shop::post::followed(&shop, me, &after).await?,
            None => domain::post::PostsView::default(),
        };
        return Ok(HomeView { categories, page: PageView::default(), followed: Some(followed), newest: 0 });
    }
    let newest = shop::post::newest_at(&shop).await?;
    Ok(HomeView { categories, page: page_for(&shop, &visit, &after).await?, followed: None, newest })
}

/// How many posts there are for me since one that was posted at `since`; no more than [`domain::post::MANY_FRESH`] are counted.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "feed/fresh", output = crate::fail::Answer)]
pub async fn fresh(since: i64) -> Result<i64, Fail> {
    use crate::request;
    let visit = request::allow("feed/fresh")?;
    Ok(shop::post::since(&request::shop(), visit.me(), since).await?)
}

/// A page of the feed: of my own when I have agreed to one; otherwise as everybody sees it, things by `domain::catalog::hot_score` with the
/// newest posts among them.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "feed/page", output = crate::fail::Answer)]
pub async fn feed(#[server(default)] after: String) -> Result<PageView, Fail> {
    use crate::request;
    let visit = request::allow("feed/page")?;
    Ok(page_for(&request::shop(), &visit, &after).await?)
}

#[cfg(feature = "ssr")]
async fn page_for(shop: &shop::Shop, visit: &crate::request::Visit, after: &str) -> shop::Result<PageView> {
    if let Some(me) = visit.me()
        && let Some(page) = shop::feed::mine(shop, me, visit.lang, after).await?
    {
        return Ok(page);
    }
    shop::feed::page(shop, visit.me(), visit.lang, after).await
}

/// Why something stood in my feed; `place`: the page and the place there, as links say it.
///
/// # Errors
/// `not_found` for what is not mine or is gone.
#[server(prefix = "/api", endpoint = "feed/why", output = crate::fail::Answer)]
pub async fn why(place: String) -> Result<WhyView, Fail> {
    use crate::request;
    let (visit, me) = request::allow_person("feed/why")?;
    let (page, place) = domain::feed::place_of(&place)?;
    Ok(shop::feed::why(&request::shop(), me.id, visit.lang, page, place).await?)
}

/// I want less of something (`on` is `1`), or no longer; then goes to `next`. `at`: where it stood.
///
/// # Errors
/// `not_found`, `personal_off`.
#[server(prefix = "/api", endpoint = "feed/less", output = crate::fail::Answer)]
pub async fn less(
    kind: String,
    thing: String,
    #[server(default)] at: String,
    #[server(default)] on: String,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("feed/less")?;
    let thing = thing.parse().map_err(|_| domain::Problem::not_found())?;
    let at = domain::feed::place_of(&at).ok();
    shop::feed::less(&request::shop(), me.id, kind.parse()?, thing, at, on == "1").await?;
    leptos_axum::redirect(if next.is_empty() { "/taste" } else { request::local_path(&next) });
    Ok(())
}

/// What the feed knows of me.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "feed/taste", output = crate::fail::Answer)]
pub async fn taste() -> Result<TasteView, Fail> {
    use crate::request;
    let (visit, me) = request::allow_person("feed/taste")?;
    Ok(shop::feed::taste(&request::shop(), me.id, visit.lang).await?)
}

/// Everything that is remembered of me goes; my feed begins anew.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "feed/forget", output = crate::fail::Answer)]
pub async fn forget() -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("feed/forget")?;
    shop::feed::forget(&request::shop(), me.id).await?;
    leptos_axum::redirect("/taste");
    Ok(())
}

/// Friends may see what I bought (`on` is `1`), or no longer.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "feed/show_bought", output = crate::fail::Answer)]
pub async fn show_bought(#[server(default)] on: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("feed/show_bought")?;
    shop::consent::agree(&request::shop(), me.id, shop::consent::Purpose::Bought, on == "1").await?;
    leptos_axum::redirect("/taste");
    Ok(())
}
