//! Choosing language and theme.

use crate::fail::Fail;
use leptos::prelude::*;

/// Remembers a language or a theme (an empty text leaves it) and goes back to `next`.
///
/// # Errors
/// `bad_request` for names that we do not know.
#[server(prefix = "/api", endpoint = "look/choose", output = crate::fail::Answer)]
pub async fn choose(
    #[server(default)] lang: String,
    #[server(default)] theme: String,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    use crate::{request, site::Theme};
    let visit = request::allow("look/choose")?;
    if !lang.is_empty() {
        let lang: domain::Lang = lang.parse().map_err(|_| domain::Problem::bad_request())?;
        request::set_choice(&visit, "lang", lang.tag());
    }
    if !theme.is_empty() {
        let theme = Theme::from_name(&theme).ok_or_else(domain::Problem::bad_request)?;
        request::set_choice(&visit, "theme", theme.name());
    }
    leptos_axum::redirect(request::local_path(&next));
    Ok(())
}
