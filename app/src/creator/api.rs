//! Server functions of the creator's desk.

use crate::fail::Fail;
use domain::creator::CreatorView;
use leptos::prelude::*;

/// What came of what I post.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "creator/desk", output = crate::fail::Answer)]
pub async fn desk() -> Result<CreatorView, Fail> {
    use crate::request;
    let (_, me) = request::allow_person("creator/desk")?;
    Ok(shop::creator::desk(&request::shop(), me.id).await?)
}
