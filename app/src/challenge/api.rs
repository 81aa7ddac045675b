//! Server functions of challenges.

use crate::fail::Fail;
use domain::{
    Code,
    challenge::{ChallengeView, ChallengesView},
};
use leptos::prelude::*;

/// All challenges; `after`: where the page before ended.
///
/// # Errors
/// None of its own.
#[server(prefix = "/api", endpoint = "challenge/list", output = crate::fail::Answer)]
pub async fn list(#[server(default)] after: String) -> Result<ChallengesView, Fail> {
    use crate::request;
    request::allow("challenge/list")?;
    Ok(shop::challenge::list(&request::shop(), &after).await?)
}

/// A challenge with what competes; `sort`: `new`, or the most voted for first; `after`: where the page before ended.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "challenge/show", output = crate::fail::Answer)]
pub async fn show(
    code: String,
    #[server(default)] sort: String,
    #[server(default)] after: String,
) -> Result<ChallengeView, Fail> {
    use crate::request;
    use domain::challenge::Sort;
    let visit = request::allow("challenge/show")?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    let sort = if sort == "new" { Sort::New } else { Sort::Top };
    Ok(shop::challenge::show(&request::shop(), visit.me(), &code, sort, &after, visit.is_of_shop()).await?)
}

/// The challenges, and a key for one that is about to be made.
///
/// # Errors
/// None of its own.
#[server(prefix = "/api", endpoint = "challenge/desk", output = crate::fail::Answer)]
pub async fn desk(#[server(default)] after: String) -> Result<(ChallengesView, String), Fail> {
    use crate::request;
    request::allow_person("challenge/desk").inspect_err(|f| request::login_first(f, "/admin/challenges"))?;
    let shop = request::shop();
    let key = shop.rng.code().to_string() + shop.rng.code().as_str();
    Ok((shop::challenge::list(&shop, &after).await?, key))
}

/// The shop makes a challenge.
///
/// # Errors
/// Those of [`domain::challenge::Terms::read`] and [`shop::challenge::create`].
#[server(prefix = "/api", endpoint = "challenge/create", output = crate::fail::Answer)]
#[expect(clippy::too_many_arguments, reason = "the fields of a form that works without a script")]
pub async fn create(
    key: String,
    #[server(default)] topic: String,
    #[server(default)] title: String,
    #[server(default)] rules: String,
    #[server(default)] prize: String,
    #[server(default)] how: String,
    #[server(default)] winners: String,
    #[server(default)] starts: String,
    #[server(default)] days: String,
) -> Result<(), Fail> {
    use crate::request;
    use domain::challenge::{Form, Terms};
    let (_, me) = request::allow_person("challenge/create")?;
    let shop = request::shop();
    let form = Form { topic, title, rules, prize, how, winners, starts, days };
    let terms = Terms::read(&form, shop.clock.now(), shop.settings.utc_offset_minutes)?;
    let code = shop::challenge::create(&shop, me.id, terms, &key).await?;
    leptos_axum::redirect(&format!("/challenges/{code}"));
    Ok(())
}

/// The shop calls a challenge off.
///
/// # Errors
/// Those of [`shop::challenge::cancel`].
#[server(prefix = "/api", endpoint = "challenge/cancel", output = crate::fail::Answer)]
pub async fn cancel(code: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("challenge/cancel")?;
    shop::challenge::cancel(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect("/admin/challenges");
    Ok(())
}

/// The shop's list of winners: `list` names the posts, the first place first, by their codes or addresses, a line each.
///
/// # Errors
/// `challenge_list` and those of [`shop::challenge::judge`].
#[server(prefix = "/api", endpoint = "challenge/judge", output = crate::fail::Answer)]
pub async fn judge(
    code: Code,
    #[server(default)] list: String,
    #[server(default)] statement: String,
) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("challenge/judge")?;
    let posts = list
        .split_whitespace()
        .map(|line| {
            let path = line.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
            path.rsplit('/').next().unwrap_or_default().parse::<Code>()
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| domain::Problem::new(422, "challenge_list_form").field("list"))?;
    shop::challenge::judge(&request::shop(), me.id, &code, &posts, &statement).await?;
    leptos_axum::redirect(&format!("/challenges/{code}"));
    Ok(())
}
