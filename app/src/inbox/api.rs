//! Server functions of the inbox.

use crate::fail::Fail;
use domain::inbox::InboxView;
use leptos::prelude::*;

/// My notices, newest first; `after`: where the page before ended.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "inbox/list", output = crate::fail::Answer)]
pub async fn list(#[server(default)] after: String) -> Result<InboxView, Fail> {
    use crate::request;
    let (visit, me) = request::allow_person("inbox/list").inspect_err(|f| request::login_first(f, "/inbox"))?;
    Ok(shop::inbox::list(&request::shop(), me.id, visit.lang, &after).await?)
}

/// Counts everything in my inbox as read.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "inbox/read", output = crate::fail::Answer)]
pub async fn read() -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("inbox/read")?;
    shop::inbox::mark_read(&request::shop(), me.id).await?;
    leptos_axum::redirect("/inbox");
    Ok(())
}
