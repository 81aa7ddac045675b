//! Somebody's page.

use crate::{
    fail::Fail,
    post::{
        api::{Follow, author},
        board::BoardGrid,
    },
    site::Site,
    ui::{Empty, FormError, Head, Hidden, Icon, Page, PostGrid, Sent, Toggle, TurnForm, loaded},
};
use domain::{
    moderation::Aversion,
    post::{AuthorPageView, AuthorView, Tally},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

pub struct AuthorPage {
    author: Resource<Result<AuthorPageView, Fail>>,
}

impl AuthorPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = move || {
            let of = |name: &str| query.with(|q| q.get(name).unwrap_or_default());
            (params.with(|p| p.get("handle").unwrap_or_default()), of("tab"), of("after"))
        };
        Self { author: Resource::new(asked, |(handle, tab, after)| author(handle, tab, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let query = use_query_map();
        loaded(this.author, move |view| {
            let first = query.with_untracked(|q| q.get("after").is_none_or(|a| a.is_empty()));
            let AuthorPageView { author, posts, followers, following, likes, pinned, list, collected, apart, boards } =
                view;
            let path = format!("/u/{}", author.handle);
            let tint = domain::group_buy::tint(&author.name);
            let initial: String = author.name.chars().take(1).collect();
            let number = move |n: i64, label: &'static str, testid: &'static str| {
                view! { <li data-testid=testid data-count=n><b>{t.count(n)}</b><span>{label}</span></li> }
            };
            let (handle, next) = (author.handle.clone(), path.clone());
            let tab = |href: String, label: &'static str, here: bool| {
                view! { <li><a class="chip" href=href aria-current=here.then_some("page")>{label}</a></li> }
            };
            let sent = Sent::<Follow>::nothing();
            let many = move || sent.answer.get().map_or(followers, |tally| tally.n);
            let (none, mine) = (list.posts.is_empty() && pinned.is_none(), author.mine);
            let rest = pinned.is_some() && !list.posts.is_empty();
            let more = if collected { "tab=collected&" } else { "" };
            view! {
                <Head title=author.name.clone() path=path.clone() kind="profile" />
                <Page title=String::new() back=if mine { "/me" } else { "/" } class="author">
                    <header class="author-head">
                        <span class=format!("face large tint-{tint}") aria-hidden="true">{initial}</span>
                        <h1>{author.name.clone()}</h1>
                        <p class="hint">"@"{author.handle.clone()}</p>
                        <ul class="numbers">
                            {number(posts, t.author_posts(), "author-posts")}
                            <li data-testid="author-followers" data-count=many><b>{move || t.count(many())}</b><span>{t.author_followers()}</span></li>
                            {number(following, t.author_following(), "author-following")}
                            {number(likes, t.author_likes(), "author-likes")}
                        </ul>
                        <FormError path="post/follow" />
                        <FormError path="moderation/turn" />
                        {if mine {
                            view! { <a class="button primary" href="/new?fresh=1">{t.author_write()}</a> }.into_any()
                        } else if apart {
                            ().into_any()
                        } else {
                            view! {
                                <Toggle sent tally={Tally { n: 0, mine: author.followed }} label=t.follow() done=t.following() testid="post-follow" class="button primary">
                                    <Hidden name="handle" value=handle />
                                    <Hidden name="next" value=next />
                                </Toggle>
                            }.into_any()
                        }}
                        {(!mine).then(|| view! { <Turns author=author.clone() /> })}
                    </header>
                    {apart.then(|| view! { <p class="hint centred" data-testid="author-apart">{t.author_apart()}</p> })}
                    {mine.then(|| view! {
                        <nav class="chips" aria-label=t.author_posts()><ul>
                            {tab(path.clone(), t.author_posts(), !collected)}
                            {tab(format!("{path}?tab=collected"), t.author_collected(), collected)}
                        </ul></nav>
                    })}
                    {((collected && first) || !boards.is_empty()).then(|| view! {
                        <section class="board-strip">
                            <h2>{t.board_title()}{collected.then(|| view! { <a href="/boards" data-testid="boards-own">{t.board_new()}</a> })}</h2>
                            <BoardGrid boards=boards />
                        </section>
                    })}
                    {(none && !apart).then(|| match (mine, collected) {
                        (true, true) => view! { <Empty text=t.collected_none() next=t.collected_none_next() href="/" /> },
                        (true, false) => view! { <Empty text=t.author_none_mine() next=t.author_write() href="/new" /> },
                        _ => view! { <Empty text=t.author_none() next=t.collected_none_next() href="/" /> },
                    })}
                    {pinned.map(|post| view! {
                        <section class="related" data-testid="author-pinned"><h2><Icon name="pin" /> {t.post_pinned()}</h2><PostGrid eager=true posts=vec![post] /></section>
                    })}
                    {rest.then(|| view! { <h2 class="centred">{t.author_posts()}</h2> })}
                    <PostGrid eager=true posts=list.posts />
                    {list.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("{path}?{more}after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// Turning away from somebody, and back.
#[component]
fn Turns(author: AuthorView) -> impl IntoView {
    let t = Site::get().texts();
    let next = format!("/u/{}", author.handle);
    let form = move |to: &'static str, label: &'static str, testid: &'static str| {
        view! { <TurnForm handle=author.handle.clone() to next=next.clone() label testid /> }
    };
    match author.averse {
        Some(Aversion::Block) => view! { <div class="turns">{form("none", t.unblock(), "turn-none")}</div> }.into_any(),
        Some(Aversion::Mute) => view! {
            <div class="turns">{form("none", t.unmute(), "turn-none")}{form("block", t.block(), "turn-block")}</div>
        }
        .into_any(),
        None => view! {
            <details class="turns">
                <summary aria-label=t.more() data-testid="turns"><Icon name="ellipsis" /></summary>
                {form("mute", t.mute(), "turn-mute")}
                {form("block", t.block(), "turn-block")}
            </details>
        }
        .into_any(),
    }
}
