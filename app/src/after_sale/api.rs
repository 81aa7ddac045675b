//! Server functions of after-sales.

use crate::fail::Fail;
use domain::{
    Code,
    after_sale::{CaseCardView, CaseView, WishView},
};
use leptos::prelude::*;

/// What may be asked for with an order of mine.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "after_sale/wish", output = crate::fail::Answer)]
pub async fn wish(code: String) -> Result<WishView, Fail> {
    use crate::request;
    let (visit, me) = request::allow_person("after_sale/wish")
        .inspect_err(|f| request::login_first(f, &format!("/orders/{code}/return")))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::after_sale::wishes(&request::shop(), me.id, visit.lang, &code).await?)
}

/// Opens a case with `quantity` units of each `position`; 0 is left out.
///
/// # Errors
/// Those of [`shop::after_sale::open`].
#[server(prefix = "/api", endpoint = "after_sale/open", output = crate::fail::Answer)]
#[expect(clippy::too_many_arguments, reason = "one argument a form field")]
pub async fn open(
    code: Code,
    kind: String,
    #[server(default)] reason: String,
    #[server(default)] text: String,
    #[server(default)] position: Vec<i64>,
    #[server(default)] quantity: Vec<i64>,
    key: String,
) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("after_sale/open")?;
    if position.len() != quantity.len() || position.len() > 100 {
        return Err(domain::Problem::bad_request().into());
    }
    let wish = shop::after_sale::Wish {
        me: me.id,
        order: code,
        kind: kind.parse()?,
        reason,
        text,
        units: position.into_iter().zip(quantity).filter(|(_, n)| *n != 0).collect(),
        key,
    };
    let case = shop::after_sale::open(&request::shop(), wish).await?;
    leptos_axum::redirect(&format!("/cases/{case}"));
    Ok(())
}

/// A case of mine.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "after_sale/show", output = crate::fail::Answer)]
pub async fn show(code: String) -> Result<CaseView, Fail> {
    use crate::request;
    let (visit, me) =
        request::allow_person("after_sale/show").inspect_err(|f| request::login_first(f, &format!("/cases/{code}")))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::after_sale::show(&request::shop(), shop::after_sale::Who::Buyer(me.id), visit.lang, &code).await?)
}

/// Takes a step in a case of mine; `say` only says something.
///
/// # Errors
/// Those of [`shop::after_sale::act`].
#[server(prefix = "/api", endpoint = "after_sale/act", output = crate::fail::Answer)]
pub async fn act(code: Code, act: String, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("after_sale/act")?;
    go_on(shop::after_sale::Who::Buyer(me.id), &code, &act, &text).await?;
    leptos_axum::redirect(&format!("/cases/{code}"));
    Ok(())
}

#[cfg(feature = "ssr")]
async fn go_on(who: shop::after_sale::Who, code: &Code, act: &str, text: &str) -> Result<(), Fail> {
    let shop = crate::request::shop();
    if act == "say" {
        shop::after_sale::say(&shop, who, code, text).await?;
    } else {
        shop::after_sale::act(&shop, who, code, act.parse()?, text).await?;
    }
    Ok(())
}

/// The cases that wait for the shop.
///
/// # Errors
/// `login_needed`, `second_factor_needed`, `forbidden`.
#[server(prefix = "/api", endpoint = "after_sale/desk", output = crate::fail::Answer)]
pub async fn desk() -> Result<Vec<CaseCardView>, Fail> {
    use crate::request;
    request::allow("after_sale/desk").inspect_err(|f| request::login_first(f, "/admin/cases"))?;
    Ok(shop::after_sale::waiting(&request::shop()).await?)
}

/// A case as the shop sees it.
///
/// # Errors
/// Those of [`desk`], `not_found`.
#[server(prefix = "/api", endpoint = "after_sale/desk_show", output = crate::fail::Answer)]
pub async fn desk_show(code: String) -> Result<CaseView, Fail> {
    use crate::request;
    let visit = request::allow("after_sale/desk_show")
        .inspect_err(|f| request::login_first(f, &format!("/admin/cases/{code}")))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::after_sale::show(&request::shop(), shop::after_sale::Who::Shop, visit.lang, &code).await?)
}

/// Takes a step in a case for the shop or the platform; `say` only says something.
///
/// # Errors
/// Those of [`desk`] and of [`shop::after_sale::act`].
#[server(prefix = "/api", endpoint = "after_sale/decide", output = crate::fail::Answer)]
pub async fn decide(code: Code, act: String, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    request::allow("after_sale/decide")?;
    go_on(shop::after_sale::Who::Shop, &code, &act, &text).await?;
    leptos_axum::redirect(&format!("/admin/cases/{code}"));
    Ok(())
}
