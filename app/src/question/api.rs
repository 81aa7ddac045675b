//! Server functions of questions.

use crate::fail::Fail;
use domain::{Code, question::QuestionsView};
use leptos::prelude::*;

/// The questions about a product; `after`: where the page before ended.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "question/list", output = crate::fail::Answer)]
pub async fn list(slug: String, #[server(default)] after: String) -> Result<QuestionsView, Fail> {
    use crate::request;
    let visit = request::allow("question/list")?;
    let me = visit.me().map(|me| (me, visit.is_of_shop()));
    Ok(shop::question::list(&request::shop(), me, visit.lang, &slug, &after).await?)
}

/// A question with its answers.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "question/show", output = crate::fail::Answer)]
pub async fn show(code: String) -> Result<QuestionsView, Fail> {
    use crate::request;
    let visit = request::allow("question/show")?;
    let me = visit.me().map(|me| (me, visit.is_of_shop()));
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::question::show(&request::shop(), me, visit.lang, &code).await?)
}

/// I ask about a product.
///
/// # Errors
/// `login_needed` and those of [`shop::question::ask`].
#[server(prefix = "/api", endpoint = "question/ask", output = crate::fail::Answer)]
pub async fn ask(slug: String, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/p/{}/questions", request::escape(&slug));
    let (_, me) = request::allow_person("question/ask").inspect_err(|f| request::login_first(f, &here))?;
    let code = shop::question::ask(&request::shop(), me.id, &slug, &text).await?;
    leptos_axum::redirect(&format!("/questions/{code}"));
    Ok(())
}

/// I answer a question, or say it better.
///
/// # Errors
/// `login_needed` and those of [`shop::question::answer`].
#[server(prefix = "/api", endpoint = "question/answer", output = crate::fail::Answer)]
pub async fn answer(question: Code, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/questions/{question}");
    let (visit, me) = request::allow_person("question/answer").inspect_err(|f| request::login_first(f, &here))?;
    shop::question::answer(&request::shop(), me.id, visit.is_of_shop(), &question, &text).await?;
    leptos_axum::redirect(&here);
    Ok(())
}

/// I take back what I asked or answered; then back to `next`.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "question/delete", output = crate::fail::Answer)]
pub async fn delete(code: Code, #[server(default)] next: String) -> Result<(), Fail> {
    use crate::request;
    let next = request::local_path(&next).to_owned();
    let (_, me) = request::allow_person("question/delete").inspect_err(|f| request::login_first(f, &next))?;
    shop::question::delete(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&next);
    Ok(())
}
