//! Server functions of accounts. Forms that change who is looking reload the page, so they are plain forms.

use crate::fail::Fail;
use domain::account::SessionView;
use leptos::prelude::*;

/// Opens an account and logs in.
///
/// # Errors
/// The form errors of `shop::account::register`.
#[server(prefix = "/api", endpoint = "account/register", output = crate::fail::Answer)]
pub async fn register(
    name: String,
    #[server(default)] display_name: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    use crate::request;
    use shop::{account, session};
    let visit = request::allow("account/register")?;
    let shop = request::shop();
    let new = account::NewAccount { handle: name, display_name, password, role: domain::account::Role::Shopper };
    let person = account::register(&shop, new).await?;
    let token = session::log_in(&shop, &person, visit.viewer.as_ref(), &visit.agent, false).await?;
    request::set_session(&visit, Some(&token));
    leptos_axum::redirect(request::local_path(&next));
    Ok(())
}

/// Logs in; staff go on to their second factor.
///
/// # Errors
/// `login_wrong`.
#[server(prefix = "/api", endpoint = "account/login", output = crate::fail::Answer)]
pub async fn login(name: String, password: String, #[server(default)] next: String) -> Result<(), Fail> {
    use crate::request;
    use shop::{account, session};
    let visit = request::allow("account/login")?;
    let shop = request::shop();
    let person = account::authenticate(&shop, &name, &password).await?;
    let token = session::log_in(&shop, &person, visit.viewer.as_ref(), &visit.agent, false).await?;
    request::set_session(&visit, Some(&token));
    let next = request::local_path(&next);
    if person.role.is_staff() && !visit.second_factor_off {
        leptos_axum::redirect(&format!("/login/factor?next={}", request::escape(next)));
    } else {
        leptos_axum::redirect(next);
    }
    Ok(())
}

/// Shows the second factor.
///
/// # Errors
/// `second_factor_wrong`.
#[server(prefix = "/api", endpoint = "account/second_factor", output = crate::fail::Answer)]
pub async fn second_factor(code: String, #[server(default)] next: String) -> Result<(), Fail> {
    use crate::request;
    let (visit, person) = request::allow_person("account/second_factor")?;
    let session = visit.viewer.as_ref().map(|v| v.session.0).unwrap_or_default();
    shop::account::second_factor(&request::shop(), person.id, session, &code).await?;
    leptos_axum::redirect(request::local_path(&next));
    Ok(())
}

/// What the second-factor page needs: in the demo, the code itself.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "account/whoami", output = crate::fail::Answer)]
pub async fn demo_code() -> Result<Option<String>, Fail> {
    use crate::request;
    let visit = request::allow("account/whoami")?;
    match visit.viewer.and_then(|v| v.person) {
        Some(person) if visit.demo => Ok(shop::account::demo_second_factor(&request::shop(), person.id).await?),
        _ => Ok(None),
    }
}

/// Ends this session.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "account/logout", output = crate::fail::Answer)]
pub async fn logout() -> Result<(), Fail> {
    use crate::request;
    let visit = request::allow("account/logout")?;
    if let Some(viewer) = &visit.viewer {
        shop::session::log_out(&request::shop(), viewer).await?;
    }
    request::set_session(&visit, None);
    leptos_axum::redirect("/me");
    Ok(())
}

/// My sessions.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "account/sessions", output = crate::fail::Answer)]
pub async fn sessions() -> Result<Vec<SessionView>, Fail> {
    use crate::request;
    let (visit, person) =
        request::allow_person("account/sessions").inspect_err(|f| request::login_first(f, "/settings"))?;
    let viewer = visit.viewer.ok_or_else(domain::Problem::login_needed)?;
    Ok(shop::session::list(&request::shop(), person.id, viewer.session).await?)
}

/// Ends another session of mine.
///
/// # Errors
/// `not_found` for one that is not mine.
#[server(prefix = "/api", endpoint = "account/revoke_session", output = crate::fail::Answer)]
pub async fn revoke_session(session: domain::id::SessionId) -> Result<(), Fail> {
    use crate::request;
    let (_, person) = request::allow_person("account/revoke_session")?;
    shop::session::close(&request::shop(), person.id, session).await?;
    leptos_axum::redirect("/settings");
    Ok(())
}

/// Changes the password; every other session ends.
///
/// # Errors
/// `login_wrong` for the old password, the form errors of the new one.
#[server(prefix = "/api", endpoint = "account/change_password", output = crate::fail::Answer)]
pub async fn change_password(old: String, new: String) -> Result<(), Fail> {
    use crate::request;
    let (visit, person) = request::allow_person("account/change_password")?;
    let keep = visit.viewer.as_ref().map(|v| v.session.0).unwrap_or_default();
    shop::account::change_password(&request::shop(), &person, keep, &old, &new).await?;
    leptos_axum::redirect("/settings?saved=1");
    Ok(())
}

/// Changes the name that others see.
///
/// # Errors
/// `name_form`.
#[server(prefix = "/api", endpoint = "account/rename", output = crate::fail::Answer)]
pub async fn rename(display_name: String) -> Result<(), Fail> {
    use crate::request;
    let (_, person) = request::allow_person("account/rename")?;
    shop::account::rename(&request::shop(), person.id, &display_name).await?;
    leptos_axum::redirect("/settings?saved=1");
    Ok(())
}

/// Whether I agreed to being remembered, to be shown what suits me.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "account/personal", output = crate::fail::Answer)]
pub async fn personal() -> Result<bool, Fail> {
    use crate::request;
    let (_, person) = request::allow_person("account/personal")?;
    Ok(shop::consent::agreed(&request::shop().db, person.id, shop::consent::Purpose::Personal).await?)
}

/// I agree to that (`on` is `1`), or take it back; then goes to `next`.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "account/set_personal", output = crate::fail::Answer)]
pub async fn set_personal(#[server(default)] on: String, #[server(default)] next: String) -> Result<(), Fail> {
    use crate::request;
    let (_, person) = request::allow_person("account/set_personal")?;
    shop::consent::agree(&request::shop(), person.id, shop::consent::Purpose::Personal, on == "1").await?;
    let next = if next.is_empty() { "/settings?saved=1" } else { request::local_path(&next) };
    leptos_axum::redirect(next);
    Ok(())
}

/// Where my letters go; nothing when I did not say.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "account/email", output = crate::fail::Answer)]
pub async fn email() -> Result<String, Fail> {
    use crate::request;
    let (_, person) = request::allow_person("account/email")?;
    Ok(shop::account::email(&request::shop(), person.id).await?.unwrap_or_default())
}

/// Says where letters go, in the language of this visit; nothing ends them.
///
/// # Errors
/// `email_form`.
#[server(prefix = "/api", endpoint = "account/set_email", output = crate::fail::Answer)]
pub async fn set_email(#[server(default)] email: String) -> Result<(), Fail> {
    use crate::request;
    let (visit, person) = request::allow_person("account/set_email")?;
    shop::account::set_email(&request::shop(), person.id, visit.lang, &email).await?;
    leptos_axum::redirect("/settings?saved=1");
    Ok(())
}
