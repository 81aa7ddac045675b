//! Server functions of after-sales.

use crate::fail::Fail;
use domain::{
    Code,
    after_sale::{CaseCardView, CaseView, WishView, WithdrawalView},
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

/// Opens a case with `quantity` units of each `position`; 0 is left out. `swap`: in an exchange, the SKU that is wanted instead of each.
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
    #[server(default)] swap: Vec<domain::id::SkuId>,
    key: String,
) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("after_sale/open")?;
    let swaps = swap.is_empty() || swap.len() == position.len();
    if position.len() != quantity.len() || position.len() > 100 || !swaps {
        return Err(domain::Problem::bad_request().into());
    }
    let wish = shop::after_sale::Wish {
        me: me.id,
        order: code,
        kind: kind.parse()?,
        reason,
        text,
        units: units(&position, &quantity, &swap),
        key,
    };
    let case = shop::after_sale::open(&request::shop(), wish).await?;
    leptos_axum::redirect(&format!("/cases/{case}"));
    Ok(())
}

#[cfg(feature = "ssr")]
fn units(positions: &[i64], quantities: &[i64], swaps: &[domain::id::SkuId]) -> Vec<shop::after_sale::Units> {
    let swap = swaps.iter().copied().map(Some).chain(std::iter::repeat(None));
    let all = positions.iter().zip(quantities).zip(swap);
    let units = all.map(|((position, quantity), swap)| shop::after_sale::Units {
        position: *position,
        quantity: *quantity,
        swap,
    });
    units.filter(|u| u.quantity != 0).collect()
}

/// What a withdrawal from the contract would end, for whoever knows the order and the end of its telephone number; none while
/// neither is said.
///
/// # Errors
/// `withdrawal_unknown`.
#[server(prefix = "/api", endpoint = "after_sale/withdrawable", output = crate::fail::Answer)]
pub async fn withdrawable(
    #[server(default)] order: String,
    #[server(default)] phone: String,
) -> Result<Option<WithdrawalView>, Fail> {
    use crate::request;
    let visit = request::allow("after_sale/withdrawable")?;
    if phone.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(shop::after_sale::withdrawable(&request::shop(), visit.lang, &order, &phone).await?))
}

/// Withdraws from the contract.
///
/// # Errors
/// Those of [`shop::after_sale::withdraw`].
#[server(prefix = "/api", endpoint = "after_sale/withdraw", output = crate::fail::Answer)]
pub async fn withdraw(order: String, phone: String, #[server(default)] email: String) -> Result<(), Fail> {
    use crate::request;
    let visit = request::allow("after_sale/withdraw")?;
    shop::after_sale::withdraw(&request::shop(), visit.lang, &order, &phone, &email).await?;
    let (order, phone) = (request::escape(order.trim()), request::escape(phone.trim()));
    leptos_axum::redirect(&format!("/withdraw?order={order}&phone={phone}"));
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
