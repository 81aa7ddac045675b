//! Server functions of moderation.

use crate::fail::Fail;
use domain::{
    Code, Millis,
    moderation::{AverseView, CaseView, DeskCaseView, QueueView, ReportView, TransparencyView, WordsView},
};
use leptos::prelude::*;

/// What I am about to report: a post, a comment, a review, a question or an answer (`kind`).
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "moderation/form", output = crate::fail::Answer)]
pub async fn form(kind: String, code: String) -> Result<ReportView, Fail> {
    use crate::request;
    let here = format!("/report/{}/{}", request::escape(&kind), request::escape(&code));
    let (_, me) = request::allow_person("moderation/form").inspect_err(|f| request::login_first(f, &here))?;
    let (kind, code) = what(&kind, &code)?;
    Ok(shop::moderation::form(&request::shop(), me.id, kind, &code).await?)
}

#[cfg(feature = "ssr")]
fn what(kind: &str, code: &str) -> Result<(domain::moderation::Kind, Code), domain::Problem> {
    let not_found = |_| domain::Problem::not_found();
    Ok((kind.parse().map_err(not_found)?, code.parse().map_err(|_| domain::Problem::not_found())?))
}

/// I report it.
///
/// # Errors
/// `login_needed`, `not_found`, `reason_needed`, `report_own`, `report_answered`, `too_many_reports`, `text_long`.
#[server(prefix = "/api", endpoint = "moderation/report", output = crate::fail::Answer)]
pub async fn report(
    kind: String,
    code: String,
    #[server(default)] reason: String,
    #[server(default)] text: String,
) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/report/{}/{}", request::escape(&kind), request::escape(&code));
    let (_, me) = request::allow_person("moderation/report").inspect_err(|f| request::login_first(f, &here))?;
    let (kind, code) = what(&kind, &code)?;
    let reason = reason.parse().map_err(|_| domain::Problem::new(422, "reason_needed").field("reason"))?;
    let case = shop::moderation::report(&request::shop(), me.id, kind, &code, reason, &text).await?;
    leptos_axum::redirect(&format!("/decisions/{case}"));
    Ok(())
}

/// A case of what I wrote or reported.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "moderation/case", output = crate::fail::Answer)]
pub async fn case(code: String) -> Result<CaseView, Fail> {
    use crate::request;
    let here = format!("/decisions/{}", request::escape(&code));
    let (_, me) = request::allow_person("moderation/case").inspect_err(|f| request::login_first(f, &here))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::moderation::case(&request::shop(), me.id, &code).await?)
}

/// I appeal against a decision about what I wrote.
///
/// # Errors
/// `login_needed`, `not_found`, `appeal_late`, `text_needed`, `text_long`.
#[server(prefix = "/api", endpoint = "moderation/appeal", output = crate::fail::Answer)]
pub async fn appeal(code: Code, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/decisions/{code}");
    let (_, me) = request::allow_person("moderation/appeal").inspect_err(|f| request::login_first(f, &here))?;
    shop::moderation::appeal(&request::shop(), me.id, &code, &text).await?;
    leptos_axum::redirect(&here);
    Ok(())
}

/// A part of the queue (`shelf`: the name of a `domain::moderation::Shelf`); `after`: where the page before ended.
///
/// # Errors
/// `login_needed`, `second_factor_needed`, `forbidden`.
#[server(prefix = "/api", endpoint = "moderation/queue", output = crate::fail::Answer)]
pub async fn queue(#[server(default)] shelf: String, #[server(default)] after: String) -> Result<QueueView, Fail> {
    use crate::request;
    let here = format!("/admin/reports?shelf={}", request::escape(&shelf));
    let (_, me) = request::allow_person("moderation/queue").inspect_err(|f| request::login_first(f, &here))?;
    Ok(shop::moderation::queue(&request::shop(), me.id, shelf.parse().unwrap_or_default(), &after).await?)
}

/// A case at the desk.
///
/// # Errors
/// `login_needed`, `second_factor_needed`, `forbidden`, `not_found`.
#[server(prefix = "/api", endpoint = "moderation/desk", output = crate::fail::Answer)]
pub async fn desk(code: String) -> Result<DeskCaseView, Fail> {
    use crate::request;
    let here = format!("/admin/reports/{}", request::escape(&code));
    let (_, me) = request::allow_person("moderation/desk").inspect_err(|f| request::login_first(f, &here))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::moderation::desk(&request::shop(), me.id, &code).await?)
}

/// Decides about a case as it was seen (`saw`: when what it is about was changed last); `earlier`: `hide` for nobody else to read the
/// earlier texts of a post that stays.
///
/// # Errors
/// `forbidden`, `not_found`, `case_not_yours`, `case_moved`, `reason_needed`, `text_long`.
#[server(prefix = "/api", endpoint = "moderation/decide", output = crate::fail::Answer)]
pub async fn decide(
    code: Code,
    #[server(default)] decision: String,
    #[server(default)] reason: String,
    #[server(default)] sanction: String,
    #[server(default)] text: String,
    #[server(default)] earlier: String,
    saw: Millis,
) -> Result<(), Fail> {
    use crate::request;
    use domain::moderation::{Decision, Sanction};
    let here = format!("/admin/reports/{code}");
    let (_, me) = request::allow_person("moderation/decide").inspect_err(|f| request::login_first(f, &here))?;
    let verdict = shop::moderation::Verdict {
        // A machine alone finds that there is nothing to decide.
        decision: decision
            .parse()
            .ok()
            .filter(|d| *d != Decision::Moot)
            .ok_or_else(|| domain::Problem::new(422, "reason_needed").field("decision"))?,
        reason: reason.parse().ok(),
        sanction: sanction.parse().unwrap_or(Sanction::None),
        note: text,
        saw,
        hide_earlier: earlier == "hide",
    };
    shop::moderation::decide(&request::shop(), me.id, &code, verdict).await?;
    leptos_axum::redirect(&here);
    Ok(())
}

/// Judges an appeal (`verdict`: `upheld` or `overturned`).
///
/// # Errors
/// `forbidden`, `not_found`, `case_not_yours`, `case_moved`, `text_long`.
#[server(prefix = "/api", endpoint = "moderation/judge", output = crate::fail::Answer)]
pub async fn judge(code: Code, verdict: String, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/admin/reports/{code}");
    let (_, me) = request::allow_person("moderation/judge").inspect_err(|f| request::login_first(f, &here))?;
    let upheld = match verdict.as_str() {
        "upheld" => true,
        "overturned" => false,
        _ => return Err(domain::Problem::bad_request().into()),
    };
    shop::moderation::judge(&request::shop(), me.id, &code, upheld, &text).await?;
    leptos_axum::redirect(&here);
    Ok(())
}

/// The lists of words in force.
///
/// # Errors
/// `login_needed`, `second_factor_needed`, `forbidden`.
#[server(prefix = "/api", endpoint = "moderation/words", output = crate::fail::Answer)]
pub async fn words() -> Result<Vec<WordsView>, Fail> {
    use crate::request;
    request::allow("moderation/words").inspect_err(|f| request::login_first(f, "/admin/words"))?;
    Ok(shop::moderation::words(&request::shop()).await?)
}

/// Puts a list of words in force.
///
/// # Errors
/// `forbidden`, `list_long`, `list_moved`.
#[server(prefix = "/api", endpoint = "moderation/set_words", output = crate::fail::Answer)]
pub async fn set_words(kind: String, version: i64, #[server(default)] words: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) =
        request::allow_person("moderation/set_words").inspect_err(|f| request::login_first(f, "/admin/words"))?;
    shop::moderation::set_words(&request::shop(), me.id, &kind, version, &words).await?;
    leptos_axum::redirect("/admin/words");
    Ok(())
}

/// What was reported and decided lately.
///
/// # Errors
/// What the database says.
#[server(prefix = "/api", endpoint = "moderation/numbers", output = crate::fail::Answer)]
pub async fn numbers() -> Result<TransparencyView, Fail> {
    use crate::request;
    request::allow("moderation/numbers")?;
    Ok(shop::moderation::numbers(&request::shop()).await?)
}

/// I mute somebody, block him (`to`), or neither any more (`none`); then back to `next`.
///
/// # Errors
/// `login_needed`, `not_found`, `not_yourself`.
#[server(prefix = "/api", endpoint = "moderation/turn", output = crate::fail::Answer)]
pub async fn turn(handle: String, to: String, #[server(default)] next: String) -> Result<(), Fail> {
    use crate::request;
    let next = request::local_path(&next).to_owned();
    let (_, me) = request::allow_person("moderation/turn").inspect_err(|f| request::login_first(f, &next))?;
    shop::moderation::turn(&request::shop(), me.id, &handle, to.parse()?).await?;
    leptos_axum::redirect(&next);
    Ok(())
}

/// Whom I have muted or blocked.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "moderation/averse", output = crate::fail::Answer)]
pub async fn averse() -> Result<Vec<AverseView>, Fail> {
    use crate::request;
    let (_, me) = request::allow_person("moderation/averse").inspect_err(|f| request::login_first(f, "/me/averse"))?;
    Ok(shop::moderation::averse(&request::shop(), me.id).await?)
}
