//! Server functions of posts.

use crate::fail::Fail;
use domain::{
    Code,
    known::KnownView,
    poll::PollView,
    post::{
        AuthorPageView, ComposerView, HistoryView, PostView, Tally, TopicView,
        board::{BoardView, BoardsView},
    },
};
use leptos::prelude::*;

/// The desk where a post is written: `post`, or the draft that was saved last (`fresh`: anything for a new one). `q`: which products
/// are looked for.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/composer", output = crate::fail::Answer)]
pub async fn composer(
    #[server(default)] post: String,
    #[server(default)] fresh: String,
    #[server(default)] q: String,
) -> Result<ComposerView, Fail> {
    use crate::request;
    let here = if post.is_empty() { "/new".to_owned() } else { format!("/new?post={}", request::escape(&post)) };
    let (visit, me) = request::allow_person("post/composer").inspect_err(|f| request::login_first(f, &here))?;
    let code =
        (!post.is_empty()).then(|| post.parse::<Code>().map_err(|_| domain::Problem::not_found())).transpose()?;
    let q: String = q.chars().take(60).collect();
    Ok(shop::post::composer(&request::shop(), me.id, visit.lang, code.as_ref(), !fresh.is_empty(), &q).await?)
}

/// A post. `order`: the name of a `domain::post::Order`; `after`: where the page of comments before ended; `thread`: only this comment.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "post/page", output = crate::fail::Answer)]
pub async fn page(
    code: String,
    #[server(default)] order: String,
    #[server(default)] after: String,
    #[server(default)] thread: String,
) -> Result<PostView, Fail> {
    use crate::request;
    let visit = request::allow("post/page")?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    let order = order.parse().unwrap_or_default();
    let thread = thread.parse::<Code>().ok();
    let shop = request::shop();
    let post = shop::post::page(&shop, visit.me(), visit.lang, &code, order, &after, thread.as_ref()).await?;
    if let Some(eye) = visit.eye.filter(|_| !post.author.mine) {
        shop::creator::viewed(&shop, &code, eye);
    }
    Ok(post)
}

/// What a post said before.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "post/history", output = crate::fail::Answer)]
pub async fn history(code: String) -> Result<HistoryView, Fail> {
    use crate::request;
    let visit = request::allow("post/history")?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::post::history(&request::shop(), visit.me(), &code).await?)
}

/// A topic; `after`: where the page before ended.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "post/topic", output = crate::fail::Answer)]
pub async fn topic(name: String, #[server(default)] after: String) -> Result<TopicView, Fail> {
    use crate::request;
    let visit = request::allow("post/topic")?;
    Ok(shop::post::topic(&request::shop(), visit.me(), &name, &after).await?)
}

/// Somebody's page: his posts, or (`tab`: `collected`, on my own) what I collected.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "post/author", output = crate::fail::Answer)]
pub async fn author(
    handle: String,
    #[server(default)] tab: String,
    #[server(default)] after: String,
) -> Result<AuthorPageView, Fail> {
    use crate::request;
    let visit = request::allow("post/author")?;
    Ok(shop::post::author_page(&request::shop(), visit.me(), &handle, tab == "collected", &after).await?)
}

/// I like a post (`on`: `1`), or not any more.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/like", output = crate::fail::Answer)]
pub async fn like(code: Code, #[server(default)] on: String) -> Result<Tally, Fail> {
    use crate::request;
    let here = format!("/posts/{code}");
    let (_, me) = request::allow_person("post/like").inspect_err(|f| request::login_first(f, &here))?;
    let tally = shop::post::like(&request::shop(), me.id, &code, on == "1").await?;
    request::back_to(&here);
    Ok(tally)
}

/// My post stands first on my page (`on`: `1`), or not any more.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/pin", output = crate::fail::Answer)]
pub async fn pin(code: Code, #[server(default)] on: String) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/posts/{code}");
    let (_, me) = request::allow_person("post/pin").inspect_err(|f| request::login_first(f, &here))?;
    shop::post::pin(&request::shop(), me.id, &code, on == "1").await?;
    leptos_axum::redirect(&here);
    Ok(())
}

/// I begin a post that shows another one, and go on to write what I say of it.
///
/// # Errors
/// `login_needed`, `not_found`, `too_many_drafts`.
#[server(prefix = "/api", endpoint = "post/repost", output = crate::fail::Answer)]
pub async fn repost(code: Code) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/posts/{code}");
    let (_, me) = request::allow_person("post/repost").inspect_err(|f| request::login_first(f, &here))?;
    let draft = shop::post::repost(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&format!("/new?post={draft}"));
    Ok(())
}

/// I put a post aside for later (`on`: `1`), or not any more.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/collect", output = crate::fail::Answer)]
pub async fn collect(code: Code, #[server(default)] on: String) -> Result<Tally, Fail> {
    use crate::request;
    let here = format!("/posts/{code}");
    let (_, me) = request::allow_person("post/collect").inspect_err(|f| request::login_first(f, &here))?;
    let tally = shop::post::collect(&request::shop(), me.id, &code, on == "1").await?;
    request::back_to(&here);
    Ok(tally)
}

/// People whom I may know.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "post/known", output = crate::fail::Answer)]
pub async fn known() -> Result<KnownView, Fail> {
    use crate::request;
    let (_, me) = request::allow_person("post/known").inspect_err(|f| request::login_first(f, "/me/known"))?;
    Ok(shop::follow::known(&request::shop(), me.id).await?)
}

/// People with whom I shopped may find me (`on` is `1`), or no longer.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "post/set_known", output = crate::fail::Answer)]
pub async fn set_known(#[server(default)] on: String) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("post/set_known")?;
    shop::consent::agree(&request::shop(), me.id, shop::consent::Purpose::Known, on == "1").await?;
    leptos_axum::redirect("/me/known");
    Ok(())
}

/// I follow somebody (`on`: `1`), or not any more; then back to `next`.
///
/// # Errors
/// `login_needed`, `not_found`, `follow_self`.
#[server(prefix = "/api", endpoint = "post/follow", output = crate::fail::Answer)]
pub async fn follow(
    handle: String,
    #[server(default)] on: String,
    #[server(default)] next: String,
) -> Result<Tally, Fail> {
    use crate::request;
    let here = request::local_path(&next).to_owned();
    let (_, me) = request::allow_person("post/follow").inspect_err(|f| request::login_first(f, &here))?;
    let tally = shop::follow::follow(&request::shop(), me.id, &handle, on == "1").await?;
    request::back_to(&here);
    Ok(tally)
}

/// Says something below a post, or (`parent`) to a comment. Answers whose thread it stands in, when that has to be shown by itself.
///
/// # Errors
/// `login_needed`, `not_found`, `text_needed`, `text_long`.
#[server(prefix = "/api", endpoint = "post/comment", output = crate::fail::Answer)]
pub async fn comment(
    post: Code,
    #[server(default)] parent: String,
    #[server(default)] text: String,
) -> Result<Option<Code>, Fail> {
    use crate::request;
    let here = format!("/posts/{post}");
    let (_, me) = request::allow_person("post/comment").inspect_err(|f| request::login_first(f, &here))?;
    let parent =
        (!parent.is_empty()).then(|| parent.parse::<Code>().map_err(|_| domain::Problem::not_found())).transpose()?;
    let said = shop::post::comment(&request::shop(), me.id, &post, parent.as_ref(), &text).await?;
    // An answer may stand behind others: its thread is shown by itself.
    let list = said.thread.as_ref().map_or_else(|| "order=new".to_owned(), |thread| format!("thread={thread}"));
    request::back_to(&format!("{here}?{list}#c-{}", said.code));
    Ok(said.thread)
}

/// I like a comment (`on`: `1`), or not any more.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/like_comment", output = crate::fail::Answer)]
pub async fn like_comment(post: Code, comment: Code, #[server(default)] on: String) -> Result<Tally, Fail> {
    use crate::request;
    let here = format!("/posts/{post}#c-{comment}");
    let (_, me) = request::allow_person("post/like_comment").inspect_err(|f| request::login_first(f, &here))?;
    let tally = shop::post::like_comment(&request::shop(), me.id, &post, &comment, on == "1").await?;
    request::back_to(&here);
    Ok(tally)
}

/// Takes a comment back.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/delete_comment", output = crate::fail::Answer)]
pub async fn delete_comment(post: Code, comment: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("post/delete_comment")?;
    shop::post::delete_comment(&request::shop(), me.id, &comment).await?;
    leptos_axum::redirect(&format!("/posts/{post}#comments"));
    Ok(())
}

/// Deletes my post, or a draft.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/delete", output = crate::fail::Answer)]
pub async fn delete(code: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("post/delete")?;
    let shown = shop::post::delete(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&if shown { format!("/u/{}", me.handle) } else { "/new".to_owned() });
    Ok(())
}

/// Saves the text of a draft as it is written; pictures and products stay as they are.
///
/// # Errors
/// `login_needed`, `not_found`, `title_long`, `text_long`, `place_long`.
#[server(prefix = "/api", endpoint = "post/keep", output = crate::fail::Answer)]
pub async fn keep(
    code: Code,
    #[server(default)] title: String,
    #[server(default)] body: String,
    #[server(default)] place: String,
) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("post/keep")?;
    shop::post::keep(&request::shop(), me.id, &code, &title, &body, &place).await?;
    Ok(())
}

/// I answer the poll of a post: `pick` for one option by its place; `pick0` and on, each option by itself: anything for those that I choose,
/// or where it stands from 1. What stands there then.
///
/// # Errors
/// `login_needed`, `not_found`, `poll_closed`, `quiz_answered`, `poll_pick`, `bad_request`.
#[server(prefix = "/api", endpoint = "post/vote", output = crate::fail::Answer)]
#[expect(clippy::too_many_arguments, reason = "the fields of a form that works without a script")]
pub async fn vote(
    code: String,
    #[server(default)] pick: String,
    #[server(default)] pick0: String,
    #[server(default)] pick1: String,
    #[server(default)] pick2: String,
    #[server(default)] pick3: String,
    #[server(default)] pick4: String,
    #[server(default)] pick5: String,
) -> Result<PollView, Fail> {
    use crate::request;
    let next = format!("/posts/{code}#poll");
    let (_, me) = request::allow_person("post/vote").inspect_err(|f| request::login_first(f, &next))?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    let picks = domain::poll::picked(&pick, &[pick0, pick1, pick2, pick3, pick4, pick5])?;
    let poll = shop::poll::vote(&request::shop(), me.id, &code, &picks).await?;
    leptos_axum::redirect(&next);
    Ok(poll)
}

/// A board with its posts; `after`: where the page before ended.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "post/board", output = crate::fail::Answer)]
pub async fn board(code: String, #[server(default)] after: String) -> Result<BoardView, Fail> {
    use crate::request;
    let visit = request::allow("post/board")?;
    let code: Code = code.parse().map_err(|_| domain::Problem::not_found())?;
    Ok(shop::post::show_board(&request::shop(), visit.me(), &code, &after).await?)
}

/// My boards; `post`: what is to stand on some of them.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/boards", output = crate::fail::Answer)]
pub async fn boards(#[server(default)] post: String) -> Result<BoardsView, Fail> {
    use crate::request;
    let here = boards_of(&post);
    let (_, me) = request::allow_person("post/boards").inspect_err(|f| request::login_first(f, &here))?;
    let code =
        (!post.is_empty()).then(|| post.parse::<Code>().map_err(|_| domain::Problem::not_found())).transpose()?;
    Ok(shop::post::boards(&request::shop(), me.id, code.as_ref()).await?)
}

#[cfg(feature = "ssr")]
fn boards_of(post: &str) -> String {
    if post.is_empty() { "/boards".to_owned() } else { format!("/boards?post={}", crate::request::escape(post)) }
}

/// I put a post on a board of mine (`on`: `1`), or take it from there.
///
/// # Errors
/// `login_needed`, `not_found`, `board_full`.
#[server(prefix = "/api", endpoint = "post/put", output = crate::fail::Answer)]
pub async fn put(board: Code, post: Code, #[server(default)] on: String) -> Result<(), Fail> {
    use crate::request;
    let here = boards_of(post.as_str());
    let (_, me) = request::allow_person("post/put").inspect_err(|f| request::login_first(f, &here))?;
    shop::post::put(&request::shop(), me.id, &board, &post, on == "1").await?;
    leptos_axum::redirect(&here);
    Ok(())
}

/// I make a board (`public`: anything for one that everybody sees); `post`: what stands on it at once.
///
/// # Errors
/// `login_needed` and those of [`shop::post::make_board`] and [`shop::post::put`].
#[server(prefix = "/api", endpoint = "post/make_board", output = crate::fail::Answer)]
pub async fn make_board(
    #[server(default)] title: String,
    #[server(default)] public: String,
    #[server(default)] post: String,
) -> Result<(), Fail> {
    use crate::request;
    let here = boards_of(&post);
    let (_, me) = request::allow_person("post/make_board").inspect_err(|f| request::login_first(f, &here))?;
    let shop = request::shop();
    let post =
        (!post.is_empty()).then(|| post.parse::<Code>().map_err(|_| domain::Problem::not_found())).transpose()?;
    let board = shop::post::make_board(&shop, me.id, &title, !public.is_empty()).await?;
    match post {
        Some(post) => {
            shop::post::put(&shop, me.id, &board, &post, true).await?;
            leptos_axum::redirect(&here);
        }
        None => leptos_axum::redirect(&format!("/b/{board}")),
    }
    Ok(())
}

/// I give a board another title, or say who sees it.
///
/// # Errors
/// `login_needed` and those of [`shop::post::change_board`].
#[server(prefix = "/api", endpoint = "post/change_board", output = crate::fail::Answer)]
pub async fn change_board(
    code: Code,
    #[server(default)] title: String,
    #[server(default)] public: String,
) -> Result<(), Fail> {
    use crate::request;
    let here = format!("/b/{code}");
    let (_, me) = request::allow_person("post/change_board").inspect_err(|f| request::login_first(f, &here))?;
    shop::post::change_board(&request::shop(), me.id, &code, &title, !public.is_empty()).await?;
    leptos_axum::redirect(&here);
    Ok(())
}

/// I take a board apart.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "post/delete_board", output = crate::fail::Answer)]
pub async fn delete_board(code: Code) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("post/delete_board")?;
    shop::post::delete_board(&request::shop(), me.id, &code).await?;
    leptos_axum::redirect(&format!("/u/{}?tab=collected", me.handle));
    Ok(())
}
