//! Server functions of teams and campaigns.

use crate::fail::Fail;
use domain::{
    Code,
    group_buy::{CampaignView, EditorView, InviteView},
};
use leptos::prelude::*;

/// The page of a team, for whoever looks at it.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "group_buy/invite", output = crate::fail::Answer)]
pub async fn invite(code: String) -> Result<InviteView, Fail> {
    use crate::request;
    let visit = request::allow("group_buy/invite")?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    let me = visit.viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| p.id);
    Ok(shop::group_buy::invite(&request::shop(), me, visit.lang, &code).await?)
}

/// The campaigns of the shop, and where the next page begins.
///
/// # Errors
/// `forbidden`.
#[server(prefix = "/api", endpoint = "group_buy/campaigns", output = crate::fail::Answer)]
pub async fn campaigns(#[server(default)] after: String) -> Result<(Vec<CampaignView>, Option<String>), Fail> {
    use crate::request;
    let visit = request::allow("group_buy/campaigns").inspect_err(|f| request::login_first(f, "/admin/campaigns"))?;
    Ok(shop::group_buy::campaigns(&request::shop(), visit.lang, &after).await?)
}

/// What the editor of a campaign needs of a product.
///
/// # Errors
/// `forbidden`, `not_found`.
#[server(prefix = "/api", endpoint = "group_buy/editor", output = crate::fail::Answer)]
pub async fn editor(slug: String) -> Result<EditorView, Fail> {
    use crate::request;
    let visit = request::allow("group_buy/editor")
        .inspect_err(|f| request::login_first(f, &format!("/admin/campaigns/new?slug={slug}")))?;
    Ok(shop::group_buy::editor(&request::shop(), visit.lang, slug.trim()).await?.1)
}

/// Makes a campaign. Amounts as they are typed (39.90), percentages as whole or decimal numbers, `steps` as `3:0, 5:10`.
///
/// # Errors
/// Those of [`domain::group_buy::Draft::check`].
#[server(prefix = "/api", endpoint = "group_buy/create", output = crate::fail::Answer)]
#[expect(clippy::too_many_arguments, reason = "one argument a form field")]
pub async fn create(
    slug: String,
    kind: String,
    #[server(default)] size: String,
    #[server(default)] goal: String,
    #[server(default)] hours: String,
    #[server(default)] days: String,
    #[server(default)] units_each: String,
    #[server(default)] new_shoppers: String,
    #[server(default)] sponsor_from: String,
    #[server(default)] leader_off: String,
    #[server(default)] steps: String,
    #[server(default)] sku: Vec<String>,
    #[server(default)] price: Vec<String>,
    #[server(default)] quota: Vec<String>,
    key: String,
) -> Result<(), Fail> {
    use crate::request;
    use domain::{Problem, group_buy::typed};
    let (visit, me) = request::allow_person("group_buy/create")?;
    let shop = request::shop();
    let (product, view) = shop::group_buy::editor(&shop, visit.lang, slug.trim()).await?;
    let form = typed::Form {
        kind,
        size,
        goal,
        hours,
        days,
        units_each,
        new_shoppers: !new_shoppers.is_empty(),
        sponsor_from,
        leader_off,
        steps,
        skus: sku.into_iter().zip(price.into_iter().zip(quota)).map(|(s, (p, q))| (s, p, q)).collect(),
    };
    let draft = form.draft(&view, shop.clock.now())?;
    if draft.skus.is_empty() {
        return Err(Problem::new(422, "campaign_price").field("price").into());
    }
    shop::group_buy::create(&shop, shop::group_buy::NewCampaign { product, draft, by: me.id, key }).await?;
    leptos_axum::redirect("/admin/campaigns");
    Ok(())
}

/// Stops a campaign; `cancel`: with all teams that are forming.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "group_buy/stop", output = crate::fail::Answer)]
pub async fn stop(code: Code, #[server(default)] cancel: String) -> Result<(), Fail> {
    use crate::request;
    request::allow("group_buy/stop")?;
    shop::group_buy::stop(&request::shop(), &code, !cancel.is_empty()).await?;
    leptos_axum::redirect("/admin/campaigns");
    Ok(())
}
