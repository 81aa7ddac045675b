//! What is said below a post.

use crate::{
    post::api::{Comment, DeleteComment, LikeComment},
    site::Site,
    ui::{FormError, Hidden, Icon, Sent, Toggle, posts_to, said_html},
};
use domain::{
    Code,
    post::{Absent, CommentView, MAX_COMMENT, Order, PostView},
};
use leptos::prelude::*;

const PATH: &str = "post/comment";

/// The comments of a post, the field to say something, and the way to more of them.
#[component]
pub fn Talk(view: PostView, thread: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let here = format!("/posts/{}", view.code);
    let (post, order, none) = (view.code.clone(), view.order, view.thread.is_empty());
    let tabs = Order::ALL.map(|o| {
        let label = match o {
            Order::Hot => t.comment_hot(),
            Order::New => t.comment_new(),
        };
        let href = format!("{here}?order={}#comments", o.name());
        view! { <li><a class="chip" href=href aria-current=(o == order).then_some("page") rel="external">{label}</a></li> }
    });
    let more = view.next.map(|after| format!("{here}?order={}&after={after}#comments", order.name()));
    view! {
        <section class="panel talk" id="comments">
            <h2>{t.comments_title(view.comments)}</h2>
            <FormError path=PATH />
            <FormError path="post/like_comment" />
            <FormError path="post/delete_comment" />
            <Say post=post.clone() parent=None />
            {(view.comments > 1 && !thread).then(|| view! { <nav class="chips" aria-label=t.comments_title(view.comments)><ul>{tabs}</ul></nav> })}
            {none.then(|| view! { <p class="hint">{t.comment_none()}</p> })}
            <ol class="comments">
                {view.thread.into_iter().map(|c| view! { <One comment=c post=post.clone() top=true /> }).collect_view()}
            </ol>
            {more.map(|href| view! { <p class="feed-end"><a class="button" href=href rel="external">{t.feed_more()}</a></p> })}
            {thread.then(|| view! { <p class="feed-end"><a class="button" href=format!("{here}#comments") rel="external">{t.comment_all()}</a></p> })}
        </section>
    }
}

/// The field; what was typed into a refused one stands in it again.
#[component]
fn Say(post: Code, parent: Option<Code>) -> AnyView {
    let site = Site::get();
    let t = site.texts();
    let parent = parent.map(|p| p.to_string()).unwrap_or_default();
    let typed = site.typed(PATH, "text").filter(|_| site.typed(PATH, "parent").unwrap_or_default() == parent);
    if site.me().is_none() {
        let login = format!("/login?next=/posts/{post}%23comments");
        return view! { <p><a class="button wide" href=login data-testid="comment-login">{t.comment_login()}</a></p> }
            .into_any();
    }
    // By itself, on both paths: what was said is shown where it stands.
    let id = parent.is_empty().then_some("say");
    view! {
        <form class="say" method="post" action={posts_to::<Comment>()}>
            <Hidden name="post" value=post.to_string() />
            <Hidden name="parent" value=parent />
            <input type="text" name="text" id=id value=typed.unwrap_or_default() maxlength=MAX_COMMENT required autocomplete="off" enterkeyhint="send"
                placeholder=t.comment_hint() aria-label=t.comment_hint() data-testid="comment-input" />
            <button type="submit" class="button primary small" data-testid="comment-send">{t.comment_send()}</button>
        </form>
    }
    .into_any()
}

#[component]
fn One(comment: CommentView, post: Code, top: bool) -> AnyView {
    let site = Site::get();
    let t = site.texts();
    let code = comment.code.clone();
    let id = format!("c-{code}");
    let Some(said) = comment.said else {
        let (state, text) = match comment.absent {
            Some(Absent::Removed) => ("removed", t.comment_removed()),
            Some(Absent::Averse) => ("averse", t.comment_averse()),
            _ => ("deleted", t.comment_deleted()),
        };
        return view! {
            <li class="comment" id=id data-state=state>
                <p class="hint">{text}</p>
                // Whoever is blocked can still be reported.
                {(state == "averse").then(|| view! { <a class="report" href=format!("/report/comment/{code}") rel="nofollow" aria-label=t.report_comment() data-testid="comment-report"><Icon name="flag" /></a> })}
                <Below comments=comment.replies more=comment.more post=post parent=code />
            </li>
        }
        .into_any();
    };
    let tint = domain::group_buy::tint(&said.name);
    let initial: String = said.name.chars().take(1).collect();
    let [post_liked, post_cut] = [post.to_string(), post.to_string()];
    let [liked, cut, reported] = [code.to_string(), code.to_string(), code.to_string()];
    let (replied, below) = ((post.clone(), code.clone()), (post, code));
    let label = |on: bool, text: &'static str| on.then(|| view! { <em>{text}</em> });
    view! {
        <li class="comment" id=id data-testid="comment" data-state="said">
            <a class=format!("face tint-{tint}") href=format!("/u/{}", said.handle) aria-hidden="true" tabindex="-1">{initial}</a>
            <div class="comment-text">
                <p class="comment-head">
                    <a href=format!("/u/{}", said.handle)>{said.name.clone()}</a>
                    {label(said.by_author, t.comment_author())}
                    {label(said.by_buyer, t.comment_buyer())}
                    {label(said.first, t.comment_first())}
                </p>
                <p class="said" inner_html=said_html(&said.text)></p>
                <div class="comment-foot">
                    <time>{site.time(comment.at)}</time>
                    <Toggle sent={Sent::<LikeComment>::nothing()} tally=comment.likes label=t.post_like() icon="heart" testid="comment-like">
                        <Hidden name="post" value=post_liked />
                        <Hidden name="comment" value=liked />
                    </Toggle>
                    <details>
                        <summary data-testid="comment-reply">{t.comment_reply()}</summary>
                        <Say post=replied.0 parent=Some(replied.1) />
                    </details>
                    {(!said.own).then(|| view! { <a class="report" href=format!("/report/comment/{reported}") rel="nofollow" aria-label=t.report_comment() data-testid="comment-report"><Icon name="flag" /></a> })}
                    {said.mine.then(|| view! {
                        <form method="post" action={posts_to::<DeleteComment>()}>
                            <Hidden name="post" value=post_cut />
                            <Hidden name="comment" value=cut />
                            <button type="submit" aria-label=t.comment_delete() data-testid="comment-delete"><Icon name="trash-2" /></button>
                        </form>
                    })}
                </div>
                {top.then(|| view! { <Below comments=comment.replies more=comment.more post=below.0 parent=below.1 /> })}
            </div>
        </li>
    }
    .into_any()
}

/// The answers to a comment.
#[component]
fn Below(comments: Vec<CommentView>, more: i64, post: Code, parent: Code) -> impl IntoView {
    let t = Site::get().texts();
    (!comments.is_empty()).then(|| view! {
        <ol class="replies">
            {comments.into_iter().map(|c| view! { <One comment=c post=post.clone() top=false /> }).collect_view()}
        </ol>
        {(more > 0).then(|| view! { <a class="more" href=format!("/posts/{post}?thread={parent}#comments") rel="external">{t.comment_more(more)}</a> })}
    })
}
