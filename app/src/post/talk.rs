//! What is said below a post.

use crate::{
    post::api::{Comment, DeleteComment, LikeComment, page},
    site::Site,
    ui::{FormError, Hidden, Icon, PostForm, Sent, Toggle, posts_to, problem_alert, said_html},
};
use domain::{
    Code,
    post::{Absent, CommentView, MAX_COMMENT, Order, PostView},
};
use leptos::prelude::*;

const PATH: &str = "post/comment";

/// The comments of a post, the field to say something, and the way to more of them. `count`: of all of them, which grows.
#[component]
pub fn Talk(view: PostView, thread: bool, count: RwSignal<i64>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let here = format!("/posts/{}", view.code);
    let (post, many) = (view.code.clone(), view.comments > 1);
    let order = RwSignal::new(view.order);
    let said = RwSignal::new(view.thread);
    let next = RwSignal::new(view.next);
    let alone = RwSignal::new(thread);
    // What was said stands in the list at once, and nothing else on the page is drawn anew.
    let again = Callback::new({
        let (post, here) = (post.clone(), here.clone());
        move |thread: Option<Code>| {
            let (post, here) = (post.to_string(), here.clone());
            leptos::task::spawn_local(async move {
                let of = thread.as_ref().map(ToString::to_string).unwrap_or_default();
                let Ok(view) = page(post, Order::New.name().to_owned(), String::new(), of).await else {
                    // It was said: the page is asked for it once more.
                    let _ = window().location().set_href(&format!("{here}?order=new#comments"));
                    return;
                };
                count.try_set(view.comments);
                match thread {
                    None => {
                        alone.try_set(false);
                        order.try_set(view.order);
                        next.try_set(view.next);
                        said.try_set(view.thread);
                    }
                    // An answer stands in its thread, where that stands.
                    Some(thread) => {
                        let whole = view.thread.into_iter().find(|c| c.code == thread);
                        said.try_update(|all| {
                            if let (Some(place), Some(whole)) = (all.iter_mut().find(|c| c.code == thread), whole) {
                                *place = whole;
                            }
                        });
                    }
                }
            });
        }
    });
    let list = post.clone();
    let tabs = Order::ALL.map(|o| {
        let label = match o {
            Order::Hot => t.comment_hot(),
            Order::New => t.comment_new(),
        };
        let href = format!("{here}?order={}#comments", o.name());
        view! { <li><a class="chip" href=href aria-current=move || (o == order.get()).then_some("page") rel="external">{label}</a></li> }
    });
    let on = here.clone();
    let more = move || {
        let href =
            next.get().map(|after| format!("{on}?order={}&after={after}#comments", order.get_untracked().name()));
        href.map(
            |href| view! { <p class="feed-end"><a class="button" href=href rel="external">{t.feed_more()}</a></p> },
        )
    };
    // One that is as it was is left alone, with what is being written below it.
    let same = |c: &CommentView| (c.code.clone(), c.said.is_some(), c.more, c.replies.len());
    view! {
        <section class="panel talk" id="comments">
            <h2 aria-live="polite">{move || t.comments_title(count.get())}</h2>
            <FormError path=PATH />
            <FormError path="post/like_comment" />
            <FormError path="post/delete_comment" />
            <Say post=post.clone() parent=None again />
            {(many && !thread).then(|| view! { <nav class="chips" aria-label=t.comments_title(view.comments)><ul>{tabs}</ul></nav> })}
            {move || said.with(Vec::is_empty).then(|| view! { <p class="hint">{t.comment_none()}</p> })}
            <ol class="comments">
                <For each=move || said.get() key=same children=move |c| view! { <One comment=c post=list.clone() top=true again /> } />
            </ol>
            {more}
            {move || alone.get().then(|| view! { <p class="feed-end"><a class="button" href=format!("{here}#comments") rel="external">{t.comment_all()}</a></p> })}
        </section>
    }
}

/// The field; what was typed into a refused one stands in it again.
#[component]
fn Say(post: Code, parent: Option<Code>, again: Callback<Option<Code>>) -> AnyView {
    let site = Site::get();
    let t = site.texts();
    let parent = parent.map(|p| p.to_string()).unwrap_or_default();
    let typed = site.typed(PATH, "text").filter(|_| site.typed(PATH, "parent").unwrap_or_default() == parent);
    if site.me().is_none() {
        let login = format!("/login?next=/posts/{post}%23comments");
        return view! { <p><a class="button wide" href=login data-testid="comment-login">{t.comment_login()}</a></p> }
            .into_any();
    }
    let id = parent.is_empty().then_some("say");
    let sent = Sent::<Comment>::nothing();
    Effect::new(move |_| {
        if let Some(thread) = sent.answer.get() {
            again.run(thread);
        }
    });
    view! {
        {move || sent.state.refused.get().map(|p| problem_alert(&p))}
        <PostForm sent class="say" clear=true>
            <Hidden name="post" value=post.to_string() />
            <Hidden name="parent" value=parent />
            <input type="text" name="text" id=id value=typed.unwrap_or_default() maxlength=MAX_COMMENT required autocomplete="off" enterkeyhint="send"
                placeholder=t.comment_hint() aria-label=t.comment_hint() data-testid="comment-input" />
            <button type="submit" class="button primary small" data-testid="comment-send">{t.comment_send()}</button>
        </PostForm>
    }
    .into_any()
}

#[component]
fn One(comment: CommentView, post: Code, top: bool, again: Callback<Option<Code>>) -> AnyView {
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
                <Below comments=comment.replies more=comment.more post=post parent=code again />
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
                        <Say post=replied.0 parent=Some(replied.1) again />
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
                {top.then(|| view! { <Below comments=comment.replies more=comment.more post=below.0 parent=below.1 again /> })}
            </div>
        </li>
    }
    .into_any()
}

/// The answers to a comment.
#[component]
fn Below(
    comments: Vec<CommentView>,
    more: i64,
    post: Code,
    parent: Code,
    again: Callback<Option<Code>>,
) -> impl IntoView {
    let t = Site::get().texts();
    (!comments.is_empty()).then(|| view! {
        <ol class="replies">
            {comments.into_iter().map(|c| view! { <One comment=c post=post.clone() top=false again /> }).collect_view()}
        </ol>
        {(more > 0).then(|| view! { <a class="more" href=format!("/posts/{post}?thread={parent}#comments") rel="external">{t.comment_more(more)}</a> })}
    })
}
