//! The page of a post.

use crate::{
    fail::Fail,
    post::{
        api::{Collect, Delete, Follow, Like, Pin, Repost, page},
        poll::Poll,
        talk::Talk,
    },
    site::Site,
    ui::{
        Competes, Empty, FormError, Head, Hidden, Icon, Page, Picture, PostGrid, Price, Sent, Shown, Toggle, loaded,
        posts_to, said_html,
    },
};
use domain::{
    moderation::{Held, HeldView},
    post::{AuthorView, PostView, QuotedView, ShownProduct, State, Tally, Visibility},
};
use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

pub struct PostPage {
    post: Resource<Result<PostView, Fail>>,
    query: Memo<ParamsMap>,
}

impl PostPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = move || {
            let of = |name: &str| query.with(|q| q.get(name).unwrap_or_default());
            (params.with(|p| p.get("code").unwrap_or_default()), of("order"), of("after"), of("thread"))
        };
        Self { post: Resource::new(asked, |(code, order, after, thread)| page(code, order, after, thread)), query }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.post, move |view| {
            if view.state == State::Deleted {
                return view! { <Gone view /> }.into_any();
            }
            let thread = this.query.with(|q| q.get("thread").is_some_and(|t| !t.is_empty()));
            view! { <Post view thread /> }.into_any()
        })
    }
}

/// What is left of one that was deleted.
#[component]
fn Gone(view: PostView) -> impl IntoView {
    let t = Site::get().texts();
    #[cfg(feature = "ssr")]
    crate::request::set_status(410);
    let author = format!("/u/{}", view.author.handle);
    let (title, text) = match &view.held {
        Some(_) => (t.post_taken_down(), t.post_taken_down_text()),
        None => (t.post_deleted_title(), t.post_deleted_text()),
    };
    let reason = view.held.and_then(|h| h.reason).map(|r| t.offense_named(r.name()));
    view! {
        <Head title=title.to_owned() private=true />
        <Page title=title.to_owned() back=author.clone() tab="" class="narrow">
            <Empty text=text next=t.post_more_of_author() href=author />
            {reason.map(|reason| view! { <p class="hint centred" data-testid="post-reason">{t.decision_reason()}" · "{reason}</p> })}
        </Page>
    }
}

/// What its author is told of a post that is held back.
#[component]
fn HeldBack(held: HeldView) -> impl IntoView {
    let t = Site::get().texts();
    let (title, text) = match held.held {
        Held::Review => (t.post_held_title(), t.post_held_text()),
        Held::Removed => (t.post_taken_down(), t.post_taken_down_own()),
    };
    let why = held.caught.into_iter().map(|c| t.caught_named(c.name()));
    let why: Vec<_> = held.reason.map(|r| t.offense_named(r.name())).into_iter().chain(why).collect();
    view! {
        <section class="panel held" role="status" data-testid="post-held" data-state=held.held.name()>
            <b>{title}</b>
            <p>{text}</p>
            {(!why.is_empty()).then(|| view! { <p>{why.into_iter().map(|w| view! { <em class="chip quiet">{w}</em> }).collect_view()}</p> })}
            {held.case.map(|code| view! { <p><a href=format!("/decisions/{code}") data-testid="held-case">{if held.held == Held::Review { t.decision_progress() } else { t.decision_link() }}</a></p> })}
        </section>
    }
}

#[component]
fn Post(view: PostView, thread: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let path = format!("/posts/{}", view.code);
    let code = view.code.to_string();
    let n = view.pictures.len();
    let (pictures, title, place) = (view.pictures.clone(), view.title.clone(), view.place.clone());
    let image = view.pictures.first().map(|p| p.url(1080, "jpg")).unwrap_or_else(|| "/icon-512.png".to_owned());
    let count = RwSignal::new(view.comments);
    let said = view.body.split('\n').next().unwrap_or_default().chars().take(120).collect::<String>();
    let (mine, others, products) = (view.author.mine, view.others.clone(), view.products.clone());
    let only = match view.visibility {
        Visibility::Public => None,
        Visibility::Followers => Some(t.visibility_followers()),
        Visibility::Private => Some(t.visibility_private()),
    };
    // Only what everybody may see is sent to others.
    let open = view.visibility == Visibility::Public && view.held.is_none();
    let shared = open.then(|| ("post", code.clone()));
    let [liked, collected] = [code.clone(), code.clone()];
    // What was taken down is not changed any more.
    let changes = view.held.as_ref().is_none_or(|h| h.held == Held::Review);
    view! {
        <Head title=view.title.clone() description=said path=path.clone() image=image kind="article" private=view.visibility != Visibility::Public || view.held.is_some() />
        <Page title=String::new() back="/" class="post narrow" share=shared>
            <Author author=view.author.clone() next=path.clone() />
            <FormError path="post/like" />
            <FormError path="post/collect" />
            <FormError path="post/follow" />
            <FormError path="post/delete" />
            <FormError path="post/pin" />
            <FormError path="post/repost" />
            <FormError path="post/vote" />
            <FormError path="challenge/vote" />
            {view.held.clone().map(|held| view! { <HeldBack held /> })}
            {(n > 0).then(|| view! {
                <div class="gallery post-gallery" role="group" aria-label=t.post_gallery() tabindex="0">
                    {pictures.into_iter().enumerate().map(|(i, picture)| view! {
                        <figure>
                            <Shown alt=if picture.moves() { t.post_video(&title) } else { t.picture_of(i + 1, &title) } picture sizes="(min-width: 720px) 640px, 100vw" eager=i == 0 />
                            {(n > 1).then(|| view! { <figcaption>{i + 1}"/"{n}</figcaption> })}
                        </figure>
                    }).collect_view()}
                </div>
            })}
            <Products products from=code.clone() />
            <article class="post-text">
                {(view.sponsored).then(|| view! { <p class="flag" data-testid="post-sponsored">{t.post_sponsored()}</p> })}
                <h1>{view.title.clone()}</h1>
                {(!view.body.is_empty()).then(|| view! { <p class="said" inner_html=said_html(&view.body)></p> })}
                <p class="post-meta">
                    <time>{site.time(view.at)}</time>
                    {(!place.is_empty()).then(|| view! { <span><Icon name="map-pin" />{place}</span> })}
                    {(view.versions > 1).then(|| view! { <a href=format!("{path}/history")>{t.post_edited()}</a> })}
                    {only.map(|only| view! { <span class="only"><Icon name="lock" />{only}</span> })}
                </p>
                <div class="post-acts">
                    {open.then(|| view! {
                        <form method="post" action={posts_to::<Repost>()}>
                            <Hidden name="code" value=code.clone() />
                            <button type="submit" class="report" data-testid="post-repost" data-count=view.reposts><Icon name="repeat-2" />{t.post_repost()}{(view.reposts > 0).then(|| view! { " "{t.count(view.reposts)} })}</button>
                        </form>
                    })}
                    {site.me().map(|_| view! { <a class="report" href=format!("/boards?post={code}") rel="nofollow" data-testid="post-board"><Icon name="folder-plus" />{t.board_put()}</a> })}
                    {(!mine).then(|| view! { <a class="report" href=format!("/report/post/{code}") rel="nofollow" data-testid="post-report"><Icon name="flag" />{t.report_post()}</a> })}
                </div>
                {mine.then(|| view! {
                    <div class="post-own">
                        {changes.then(|| view! { <a class="button small" href=format!("/new?post={code}") data-testid="post-edit">{t.post_edit()}</a> })}
                        {changes.then(|| view! {
                            <form method="post" action={posts_to::<Pin>()}>
                                <Hidden name="code" value=code.clone() />
                                <button type="submit" class="button small" name="on" value=if view.pinned { "0" } else { "1" } data-testid="post-pin">
                                    {if view.pinned { t.post_unpin() } else { t.post_pin() }}
                                </button>
                            </form>
                        })}
                        <details>
                            <summary class="button small" data-testid="post-delete-ask">{t.post_delete()}</summary>
                            <form method="post" action={posts_to::<Delete>()}>
                                <p class="hint">{t.post_delete_hint()}</p>
                                <Hidden name="code" value=code.clone() />
                                <button type="submit" class="button danger" data-testid="post-delete">{t.post_delete()}</button>
                            </form>
                        </details>
                    </div>
                })}
            </article>
            {view.quotes.clone().map(|quotes| view! { <Quoted quotes /> })}
            {view.competes.clone().into_iter().map(|competes| view! { <Competes competes post=view.code.clone() /> }).collect_view()}
            {view.poll.clone().map(|poll| view! { <Poll poll code=code.clone() /> })}
            <div class="post-bar">
                {if site.me().is_some() {
                    view! { <label class="say-pill" for="say">{t.comment_hint()}</label> }.into_any()
                } else {
                    view! { <a class="say-pill" href="#comments">{t.comment_hint()}</a> }.into_any()
                }}
                <Toggle sent={Sent::<Like>::nothing()} tally=view.likes label=t.post_like() icon="heart" testid="post-like"><Hidden name="code" value=liked /></Toggle>
                <Toggle sent={Sent::<Collect>::nothing()} tally=view.collects label=t.post_collect() icon="bookmark" testid="post-collect"><Hidden name="code" value=collected /></Toggle>
                <a class="toggle" href="#comments" aria-label=move || t.comments_title(count.get())><Icon name="message-circle" /><span>{move || t.count(count.get())}</span></a>
            </div>
            <Talk view=view thread count />
            {(!others.is_empty()).then(|| view! { <section class="related"><h2>{t.post_more_of_author()}</h2><PostGrid posts=others /></section> })}
        </Page>
    }
}

/// Who wrote it, and the button to follow.
#[component]
fn Author(author: AuthorView, next: String) -> impl IntoView {
    let t = Site::get().texts();
    let tint = domain::group_buy::tint(&author.name);
    let initial: String = author.name.chars().take(1).collect();
    let href = format!("/u/{}", author.handle);
    let tally = Tally { n: 0, mine: author.followed };
    view! {
        <div class="author-line">
            <a class=format!("face tint-{tint}") href=href.clone() aria-hidden="true" tabindex="-1">{initial}</a>
            <a href=href><b>{author.name}</b><small>"@"{author.handle.clone()}</small></a>
            {(!author.mine).then(|| view! {
                <Toggle sent={Sent::<Follow>::nothing()} tally=tally label=t.follow() done=t.following() testid="post-follow" class="button small">
                    <Hidden name="handle" value=author.handle />
                    <Hidden name="next" value=next />
                </Toggle>
            })}
        </div>
    }
}

/// Another post that it shows.
#[component]
pub fn Quoted(quotes: QuotedView) -> impl IntoView {
    let t = Site::get().texts();
    match quotes.post {
        Some(post) => view! {
            <a class="panel put-post quoted" href=format!("/posts/{}", post.code) data-testid="post-quoted">
                {post.picture.map(|p| view! { <Picture picture=Some(p) alt=String::new() sizes="48px" /> })}
                <span><b>{post.title}</b><small>{post.sponsored.then(|| view! { <em class="flag">{t.post_sponsored_short()}</em>" " })}{post.author}</small></span>
            </a>
        }
        .into_any(),
        None => view! { <p class="panel hint" data-testid="post-quoted">{t.post_quoted_gone()}</p> }.into_any(),
    }
}

/// The things that it shows.
#[component]
fn Products(
    products: Vec<ShownProduct>,
    /// The code of the post.
    from: String,
) -> impl IntoView {
    let t = Site::get().texts();
    (!products.is_empty()).then(|| {
        view! {
            <ul class="shown" aria-label=t.post_products()>
                {products.into_iter().map(|p| view! {
                    <li>
                        <a href=format!("/p/{}?post={from}", p.card.slug) data-testid="post-product">
                            <Picture picture=p.card.picture alt=String::new() sizes="48px" />
                            <span class="shown-text">
                                <span>{p.card.title}</span>
                                <span><Price amount=p.card.price_min currency=p.card.currency />
                                    {p.bought.then(|| view! { <em class="bought">{t.post_bought()}</em> })}
                                    {(!p.card.available).then(|| view! { <small>{t.sold_out()}</small> })}
                                </span>
                            </span>
                        </a>
                    </li>
                }).collect_view()}
            </ul>
        }
    })
}
