//! Boards: one with its posts, and my own, where a post is put.

use crate::{
    fail::Fail,
    post::api::{ChangeBoard, DeleteBoard, MakeBoard, Put, board, boards},
    site::Site,
    ui::{Empty, Field, FormError, Head, Hidden, Icon, Page, Picture, PostGrid, Submit, loaded, posts_to},
};
use domain::post::board::{BoardCard, BoardView, BoardsView, MAX_TITLE, Place};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

const MAKE: &str = "post/make_board";
const CHANGE: &str = "post/change_board";
const PUT: &str = "post/put";

/// A board with its posts.
pub struct BoardPage {
    board: Resource<Result<BoardView, Fail>>,
}

impl BoardPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = move || {
            let code = params.with(|p| p.get("code").unwrap_or_default());
            (code, query.with(|q| q.get("after").unwrap_or_default()))
        };
        Self { board: Resource::new(asked, |(code, after)| board(code, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.board, move |view| {
            let BoardView { board, handle, name, mine, list } = view;
            let path = format!("/b/{}", board.code);
            let owner = format!("/u/{handle}");
            let back = if mine { format!("{owner}?tab=collected") } else { owner.clone() };
            let none = list.posts.is_empty();
            let code = board.code.to_string();
            view! {
                <Head title=format!("{} · {name}", board.title) path=path.clone() private=none || !board.public />
                <Page title=board.title.clone() back class="board">
                    <p class="hint board-of" data-testid="board-count" data-count=board.posts>
                        <a href=owner>{name}</a>" · "{t.posts_count(board.posts)}
                        {(!board.public).then(|| view! { <span class="only"><Icon name="lock" />{t.visibility_private()}</span> })}
                    </p>
                    {mine.then(|| view! {
                        <details class="board-own" open=Site::get().flash(CHANGE).is_some()>
                            <summary class="button small" data-testid="board-change">{t.board_change()}</summary>
                            <form class="form" method="post" action={posts_to::<ChangeBoard>()}>
                                <FormError path=CHANGE />
                                <Hidden name="code" value=code.clone() />
                                <BoardFields path=CHANGE title=board.title.clone() public=board.public />
                                <Submit label=t.save().to_owned() testid="board-save" />
                            </form>
                            <form method="post" action={posts_to::<DeleteBoard>()}>
                                <Hidden name="code" value=code />
                                <p class="hint">{t.board_delete_hint()}</p>
                                <button type="submit" class="button danger small" data-testid="board-delete">{t.board_delete()}</button>
                            </form>
                        </details>
                    })}
                    {none.then(|| view! { <Empty text=t.board_none() next=t.collected_none_next() href="/" /> })}
                    <PostGrid eager=true posts=list.posts />
                    {list.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("{path}?after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// My boards; with a post, where it is put.
pub struct BoardsPage {
    view: Resource<Result<BoardsView, Fail>>,
    post: String,
}

impl BoardsPage {
    pub fn here() -> String {
        match use_query_map().with_untracked(|q| q.get("post")) {
            Some(post) => format!("/boards?post={}", crate::ui::encode(&post)),
            None => "/boards".to_owned(),
        }
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let post = move || query.with(|q| q.get("post").unwrap_or_default());
        Self { view: Resource::new(post, boards), post: query.with_untracked(|q| q.get("post").unwrap_or_default()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let code = this.post;
        loaded(this.view, move |view| {
            let BoardsView { handle, post, boards } = view;
            let back = match &post {
                Some(post) => format!("/posts/{}", post.code),
                None => format!("/u/{handle}?tab=collected"),
            };
            let (code, none) = (code.clone(), boards.is_empty());
            let title = if post.is_some() { t.board_put() } else { t.board_title() };
            view! {
                <Head title=title.to_owned() private=true />
                <Page title=title.to_owned() back class="narrow boards-page">
                    <FormError path=PUT />
                    {post.map(|post| view! {
                        <p class="put-post">
                            {post.picture.map(|p| view! { <Picture picture=Some(p) alt=String::new() sizes="48px" /> })}
                            <span><b>{post.title}</b><small>{post.author}</small></span>
                        </p>
                        <ul class="places">
                            {boards.iter().cloned().map(|place| view! { <PlaceRow place post=code.clone() /> }).collect_view()}
                        </ul>
                    })}
                    {code.is_empty().then(|| view! { <BoardGrid boards={boards.into_iter().map(|p| p.board).collect::<Vec<_>>()} /> })}
                    {none.then(|| view! { <p class="hint">{t.board_none_yet()}</p> })}
                    <section class="panel">
                        <h2>{t.board_new()}</h2>
                        <form class="form" method="post" action={posts_to::<MakeBoard>()}>
                            <FormError path=MAKE />
                            <Hidden name="post" value=code />
                            <BoardFields path=MAKE title=String::new() public=false />
                            <Submit label=t.board_make().to_owned() testid="board-make" />
                        </form>
                    </section>
                </Page>
            }
            .into_any()
        })
    }
}

/// Boards side by side.
#[component]
pub fn BoardGrid(boards: Vec<BoardCard>) -> impl IntoView {
    let t = Site::get().texts();
    (!boards.is_empty()).then(|| view! {
        <ul class="boards" data-testid="boards">
            {boards.into_iter().map(|board| view! {
                <li>
                    <a class="card board-card" href=format!("/b/{}", board.code) data-testid="board-card">
                        {match board.cover {
                            Some(cover) => view! { <Picture picture=Some(cover) alt=String::new() sizes="160px" /> }.into_any(),
                            None => view! { <span class="quote" aria-hidden="true"><Icon name="bookmark" /></span> }.into_any(),
                        }}
                        <span class="card-title">{board.title}</span>
                        <small>{(!board.public).then(|| view! { <Icon name="lock" /><span class="visually-hidden">{t.visibility_private()}" "</span> })}{t.posts_count(board.posts)}</small>
                    </a>
                </li>
            }).collect_view()}
        </ul>
    })
}

/// A board of mine, and the button that puts the post on it or takes it from there.
#[component]
fn PlaceRow(place: Place, post: String) -> impl IntoView {
    let t = Site::get().texts();
    let Place { board, has } = place;
    let (label, class, icon) = if has {
        (t.board_is_on(), "button small", "check")
    } else {
        (t.board_put_on(), "button small primary", "plus")
    };
    view! {
        <li data-testid="board-place" data-state=if has { "on" } else { "off" }>
            <a href=format!("/b/{}", board.code)>
                {board.cover.map(|p| view! { <Picture picture=Some(p) alt=String::new() sizes="48px" /> })}
                <span><b>{board.title.clone()}</b><small>{t.posts_count(board.posts)}</small></span>
            </a>
            <form method="post" action={posts_to::<Put>()}>
                <Hidden name="board" value=board.code.to_string() />
                <Hidden name="post" value=post />
                <button type="submit" class=class name="on" value={if has { "0" } else { "1" }} aria-pressed=if has { "true" } else { "false" }
                    aria-label=format!("{}: {}", t.board_put_on(), board.title) data-testid="board-put"><Icon name=icon />{label}</button>
            </form>
        </li>
    }
}

#[component]
fn BoardFields(path: &'static str, title: String, public: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let public = if site.flash(path).is_some() { site.typed(path, "public").is_some() } else { public };
    view! {
        <Field path=path name="title" label=t.board_name() value=title maxlength={u16::try_from(MAX_TITLE).unwrap_or(20)} testid="board-title" required=true />
        <label class="check"><input type="checkbox" name="public" value="1" checked=public data-testid="board-public" /><span>{t.board_public()}</span></label>
    }
}
