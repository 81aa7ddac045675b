//! Server functions of sharing.

use crate::fail::Fail;
use domain::share::{SharesView, SheetView};
use leptos::prelude::*;

/// The sheet that sends a thing. `kind`: product or team; `object`: its slug or code.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "share/sheet", output = crate::fail::Answer)]
pub async fn sheet(kind: String, object: String) -> Result<(SheetView, String), Fail> {
    use crate::request;
    use domain::share::Channel;
    let (visit, me) = request::allow_person("share/sheet").inspect_err(|f| {
        request::login_first(f, &format!("/share/{}/{}", request::escape(&kind), request::escape(&object)))
    })?;
    let kind = kind.parse().map_err(|_| domain::Problem::not_found())?;
    let view = shop::share::sheet(&request::shop(), me.id, visit.lang, kind, &object).await?;
    let qr = view.links.iter().find(|l| l.channel == Channel::Qr);
    let qr = qr.map(|l| request::qr(&format!("{}/s/{}", visit.base_url, l.share))).unwrap_or_default();
    Ok((view, qr))
}

/// Makes my links for a thing, and goes to the sheet.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "share/open", output = crate::fail::Answer)]
pub async fn open(kind: String, object: String) -> Result<(), Fail> {
    use crate::request;
    let sheet = format!("/share/{}/{}", request::escape(&kind), request::escape(&object));
    let (_, me) = request::allow_person("share/open").inspect_err(|f| request::login_first(f, &sheet))?;
    let kind = kind.parse().map_err(|_| domain::Problem::not_found())?;
    shop::share::open(&request::shop(), me.id, kind, &object, &request::touches(), Some(request::browser().0)).await?;
    leptos_axum::redirect(&sheet);
    Ok(())
}

/// What my links did.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "share/mine", output = crate::fail::Answer)]
pub async fn mine() -> Result<SharesView, Fail> {
    use crate::request;
    let (visit, me) = request::allow_person("share/mine").inspect_err(|f| request::login_first(f, "/me/shares"))?;
    Ok(shop::share::mine(&request::shop(), me.id, visit.lang).await?)
}
