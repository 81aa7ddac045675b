//! Server functions of search.

use crate::fail::Fail;
use domain::search::{Ask, FoundView, Suggestion};
use leptos::prelude::*;

/// What is found, the first or (`browse.after`) a further page.
///
/// # Errors
/// `too_many`.
#[server(prefix = "/api", endpoint = "search/find", output = crate::fail::Answer, input = crate::fail::Answer)]
pub async fn find(ask: Ask) -> Result<FoundView, Fail> {
    use crate::request;
    let visit = request::allow("search/find")?;
    if let Some(seconds) = visit.wait {
        return Err(domain::Problem::new(429, "too_many").number(seconds).into());
    }
    let shop = request::shop();
    let found = shop::search::find(&shop, visit.me(), visit.lang, &ask).await?;
    if let (Some(me), Some(words)) = (visit.me(), &ask.browse.query)
        && ask.shown() == 0
        && !found.is_empty()
        && found.without.is_empty()
    {
        shop::search::heard(&shop, me, found.read_as.as_deref().unwrap_or(words));
    }
    Ok(found)
}

/// How what has been typed may go on.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "search/suggest", output = crate::fail::Answer)]
pub async fn suggest(typed: String) -> Result<Vec<Suggestion>, Fail> {
    use crate::request;
    let visit = request::allow("search/suggest")?;
    Ok(shop::search::suggest(&request::shop(), visit.lang, &typed).await?)
}

/// Forgets what I looked for; an empty text: all of it.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "search/forget", output = crate::fail::Answer)]
pub async fn forget(#[server(default)] words: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("search/forget")?;
    shop::search::forget(&request::shop(), me.id, Some(words).filter(|w| !w.is_empty())).await?;
    leptos_axum::redirect("/search");
    Ok(())
}
