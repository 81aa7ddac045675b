//! Server functions of reviews.

use crate::fail::Fail;
use domain::{
    Code,
    review::{DeskReviewView, ReviewsView, ToReviewView},
};
use leptos::prelude::*;

/// My order, with what I wrote of its lines.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "review/to_write", output = crate::fail::Answer)]
pub async fn to_write(code: String) -> Result<ToReviewView, Fail> {
    use crate::request;
    let (visit, me) = request::allow_person("review/to_write")
        .inspect_err(|f| request::login_first(f, &format!("/orders/{code}/review")))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::review::to_write(&request::shop(), me.id, me.role, visit.lang, &code).await?)
}

/// Writes the review of a line, or says it better. `tag`: any of `domain::review::TAGS`; `anonymous`: anything when wished.
///
/// # Errors
/// Those of [`shop::review::write`] and of a draft.
#[server(prefix = "/api", endpoint = "review/write", output = crate::fail::Answer)]
pub async fn write(
    code: Code,
    position: i64,
    #[server(default)] stars: i64,
    #[server(default)] tag: Vec<String>,
    #[server(default)] text: String,
    #[server(default)] anonymous: String,
) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("review/write")?;
    let draft = domain::review::Draft::new(stars, &tag, &text, !anonymous.is_empty())?;
    shop::review::write(&request::shop(), me.id, me.role, &code, position, draft).await?;
    leptos_axum::redirect(&format!("/orders/{code}/review"));
    Ok(())
}

/// My review does not show a picture any more.
///
/// # Errors
/// Those of [`shop::review::drop_picture`].
#[server(prefix = "/api", endpoint = "review/drop_picture", output = crate::fail::Answer)]
pub async fn drop_picture(review: Code, order: Code, picture: domain::id::PictureId) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("review/drop_picture")?;
    shop::review::drop_picture(&request::shop(), me.id, me.role, &review, picture).await?;
    leptos_axum::redirect(&format!("/orders/{order}/review"));
    Ok(())
}

/// Says what became of it since.
///
/// # Errors
/// Those of [`shop::review::follow_up`].
#[server(prefix = "/api", endpoint = "review/follow_up", output = crate::fail::Answer)]
pub async fn follow_up(review: Code, order: Code, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("review/follow_up")?;
    shop::review::follow_up(&request::shop(), me.id, me.role, &review, &text).await?;
    leptos_axum::redirect(&format!("/orders/{order}/review"));
    Ok(())
}

/// The reviews of a product. `filter`: the name of a `domain::review::Filter`; `after`: where the page before ended; `at`: the code of the
/// one that the page begins with.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "review/list", output = crate::fail::Answer)]
pub async fn list(
    slug: String,
    #[server(default)] filter: String,
    #[server(default)] after: String,
    #[server(default)] at: String,
) -> Result<ReviewsView, Fail> {
    use crate::request;
    let visit = request::allow("review/list")?;
    let me = visit.viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| p.id);
    let filter = filter.parse().unwrap_or_default();
    let at = at.parse().ok();
    Ok(shop::review::list(&request::shop(), me, visit.lang, &slug, filter, &after, at.as_ref()).await?)
}

/// I find a review helpful (`1`), or not any more; then back to it (`filter` of the list).
///
/// # Errors
/// `login_needed`, `not_found`, `review_own`, `review_gone`.
#[server(prefix = "/api", endpoint = "review/vote", output = crate::fail::Answer)]
pub async fn vote(
    review: Code,
    slug: String,
    #[server(default)] helpful: String,
    #[server(default)] filter: String,
) -> Result<(), Fail> {
    use crate::request;
    let filter: domain::review::Filter = filter.parse().unwrap_or_default();
    let page = format!("/p/{}/reviews?filter={}&at={review}", request::escape(&slug), filter.name());
    let (_, me) = request::allow_person("review/vote").inspect_err(|f| request::login_first(f, &page))?;
    shop::review::vote(&request::shop(), me.id, &review, helpful == "1").await?;
    leptos_axum::redirect(&format!("{page}#r-{review}"));
    Ok(())
}

/// Reviews that the shop has not answered, or (`answered`: anything) those that it has.
///
/// # Errors
/// `forbidden`.
#[server(prefix = "/api", endpoint = "review/desk", output = crate::fail::Answer)]
pub async fn desk(
    #[server(default)] answered: String,
    #[server(default)] after: String,
) -> Result<(Vec<DeskReviewView>, Option<String>), Fail> {
    use crate::request;
    let visit = request::allow("review/desk").inspect_err(|f| request::login_first(f, "/admin/reviews"))?;
    Ok(shop::review::at_the_desk(&request::shop(), visit.lang, !answered.is_empty(), &after).await?)
}

/// The shop answers a review.
///
/// # Errors
/// `not_found`, `text_needed`, `text_long`.
#[server(prefix = "/api", endpoint = "review/answer", output = crate::fail::Answer)]
pub async fn answer(review: Code, #[server(default)] text: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("review/answer").inspect_err(|f| request::login_first(f, "/admin/reviews"))?;
    shop::review::answer(&request::shop(), me.id, &review, &text).await?;
    leptos_axum::redirect("/admin/reviews");
    Ok(())
}
