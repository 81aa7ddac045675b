//! What the shop looks like to somebody who just came in.

use crate::{
    fail::Fail,
    feed::api::home,
    site::Site,
    ui::{CategoryGrid, Columns, Empty, Head, Icon, PostGrid, SearchPill, TabBar, loaded, problem_alert},
};
use domain::{
    Problem,
    catalog::{HomeView, PageView},
    post::{MANY_FRESH, PostsView},
};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_query_map;

pub struct FeedPage {
    home: Resource<Result<HomeView, Fail>>,
}

impl FeedPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self {
            home: Resource::new(
                move || query.with(|q| ["after", "tab"].map(|n| q.get(n).unwrap_or_default())),
                |[after, tab]| home(after, tab),
            ),
        }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        view! {
            <Head title=t.brand().to_owned() path="/" image="/icon-512.png" />
            <a class="skip" href="#content">{t.skip_to_content()}</a>
            <header class="feed-top">
                <h1 class="brand"><img src=site.asset("icon.svg") alt="" width="32" height="32" /><span>{t.brand()}</span></h1>
                <SearchPill />
                <a class="feed-new" href="/new" aria-label=t.me_write()><Icon name="square-pen" /></a>
            </header>
            <main id="content" class="page">
                {site.view().demo.then(|| view! { <p class="ribbon">{t.demo_ribbon()}</p> })}
                {loaded(this.home, move |home| view! {
                    <CategoryGrid list=home.categories />
                    <div class="feed-head">
                        <nav class="chips" aria-label=t.feed_title()><ul>
                            <li><a class="chip" href="/" aria-current=home.followed.is_none().then_some("page")>{t.feed_tab_all()}</a></li>
                            <li><a class="chip" href="/?tab=follow" data-testid="feed-follow" aria-current=home.followed.is_some().then_some("page")>{t.feed_tab_follow()}</a></li>
                            <li><a class="chip" href="/live">{t.live_title()}</a></li>
                        </ul></nav>
                        {home.followed.is_none().then(|| {
                            let mine = home.page.marks.is_some();
                            view! {
                                <details data-testid={if mine { "why-mine" } else { "why-this" }}>
                                    <summary>{t.why_this()}</summary>
                                    <p>{if mine { t.why_mine_text() } else { t.why_this_text() }}</p>
                                    <p><a class="button small" href="/taste" rel="nofollow">{if mine { t.taste_title() } else { t.taste_make() }}</a></p>
                                </details>
                            }
                        })}
                    </div>
                    {match home.followed {
                        Some(followed) => view! { <Followed list=followed /> }.into_any(),
                        None => view! { <Endless page=home.page newest=home.newest /> }.into_any(),
                    }}
                }.into_any())}
            </main>
            <TabBar active="home" />
        }
        .into_any()
    }
}

/// Says that others have posted since the page came; what one looks at stays where it is.
#[component]
fn Fresh(newest: StoredValue<domain::Millis>) -> impl IntoView {
    let t = Site::get().texts();
    let many = RwSignal::new(0_i64);
    #[cfg(feature = "hydrate")]
    more::ask_now_and_then(newest, many);
    #[cfg(not(feature = "hydrate"))]
    let _ = newest;
    view! {
        <div class="fresh" role="status">
            {move || Some(many.get()).filter(|n| *n > 0).map(|n| view! { <a class="button primary small" href="/" rel="external" data-testid="feed-fresh">{if n < MANY_FRESH { t.feed_fresh(n) } else { t.feed_fresh_many(n) }}</a> })}
        </div>
    }
}

/// What those whom I follow have posted, newest first.
#[component]
fn Followed(list: PostsView) -> impl IntoView {
    let t = Site::get().texts();
    let none = list.posts.is_empty();
    view! {
        {none.then(|| view! { <Empty text=t.followed_none() next=t.followed_none_next() href="/" /> })}
        <PostGrid eager=true posts=list.posts />
        {list.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/?tab=follow&after={after}")>{t.feed_more()}</a></p> })}
    }
}

/// The waterfall, with more by scroll and by link.
#[component]
fn Endless(
    page: PageView,
    /// When the newest post for everybody was posted.
    newest: domain::Millis,
) -> impl IntoView {
    let t = Site::get().texts();
    let newest = StoredValue::new(newest);
    let mut columns = Columns::default();
    let [left, right] = columns.place(t, &page);
    let next = RwSignal::new(page.next);
    let goes_on = Memo::new(move |_| next.with(Option::is_some));
    let failed = RwSignal::new(None::<Problem>);
    let list = NodeRef::<html::Div>::new();
    let link = NodeRef::<html::A>::new();
    #[cfg(feature = "hydrate")]
    let load = more::on_the_way(list, link, columns, next, failed, newest);
    #[cfg(not(feature = "hydrate"))]
    let load = || ();
    view! {
        <Fresh newest />
        <div class="waterfall" data-testid="feed" node_ref=list>
            <ul class="column" inner_html=left></ul>
            <ul class="column" inner_html=right></ul>
        </div>
        {move || failed.get().map(|problem| problem_alert(&problem))}
        <p class="feed-end">
            {move || {
                if goes_on.get() {
                    view! {
                        <a node_ref=link class="button" data-testid="feed-more" href=move || format!("/?after={}", next.get().unwrap_or_default())
                            on:click=move |e| { e.prevent_default(); load(); }>{t.feed_more()}</a>
                    }.into_any()
                } else {
                    view! { <span>{t.feed_end()}</span> }.into_any()
                }
            }}
        </p>
    }
}

#[cfg(feature = "hydrate")]
pub mod more {
    //! More cards as one scrolls. Loaded pages stay with the visit, so that coming back finds them.

    use super::{Columns, NodeRef, Problem, RwSignal, Site, html};
    use crate::feed::api::{feed, fresh};
    use leptos::{prelude::*, task::spawn_local};
    use wasm_bindgen::{JsCast, closure::Closure};

    /// A feed that was left, as it was.
    #[derive(Clone)]
    struct Left {
        columns: [String; 2],
        state: Columns,
        next: Option<String>,
        /// The newest post when it came.
        newest: domain::Millis,
        /// When, by the clock of the device, ms.
        at: f64,
    }

    /// The feed that was left last; older than ten minutes it is made anew.
    #[derive(Clone, Copy)]
    pub struct Kept(StoredValue<Option<Left>>);

    const KEPT_MS: f64 = 600_000.0;

    impl Kept {
        pub fn provide() {
            provide_context(Self(StoredValue::new(None)));
        }
    }

    /// What loads the next page; it is called by itself when the end is less than one and a half screens away.
    pub(super) fn on_the_way(
        list: NodeRef<html::Div>,
        link: NodeRef<html::A>,
        columns: Columns,
        next: RwSignal<Option<String>>,
        failed: RwSignal<Option<Problem>>,
        newest: StoredValue<domain::Millis>,
    ) -> impl Fn() + Copy + 'static {
        let site = Site::get();
        let columns = StoredValue::new(columns);
        let busy = StoredValue::new(false);
        let kept: Kept = expect_context();
        let column = move |i| list.get_untracked().and_then(|l| l.children().item(i));
        let load = move || {
            let Some(after) = next.get_untracked().filter(|_| !busy.get_value()) else { return };
            busy.set_value(true);
            spawn_local(async move {
                match feed(after).await {
                    Ok(page) => {
                        let Some(placed) = columns.try_update_value(|c| c.place(site.texts(), &page)) else {
                            return;
                        };
                        for (i, items) in (0..).zip(&placed) {
                            if let Some(column) = column(i) {
                                let _ = column.insert_adjacent_html("beforeend", items);
                            }
                        }
                        failed.set(None);
                        next.set(page.next);
                    }
                    Err(fail) => failed.set(Some(fail.0)),
                }
                busy.set_value(false);
            });
        };
        Effect::new(move |_| {
            let left = kept.0.try_update_value(Option::take).flatten().filter(|l| js_sys::Date::now() - l.at < KEPT_MS);
            if let (Some(feed), Some(left), Some(right)) = (left, column(0), column(1)) {
                // They are looked at anew.
                let [a, b] = feed.columns.map(|c| c.replace(" data-seen=\"\"", ""));
                left.set_inner_html(&a);
                right.set_inner_html(&b);
                columns.set_value(feed.state);
                next.set(feed.next);
                newest.set_value(feed.newest);
            }
        });
        watch_for(link, next, load);
        // The nodes are gone when a page is cleaned up; what they held is read as they leave.
        let held = StoredValue::new_local(None::<[web_sys::Element; 2]>);
        Effect::new(move |_| {
            if let (Some(left), Some(right)) = (column(0), column(1)) {
                held.set_value(Some([left, right]));
            }
        });
        on_cleanup(move || {
            if let (Some(Some(held)), Some(state), Some(next), Some(newest)) = (
                held.try_update_value(Option::take),
                columns.try_get_value(),
                next.try_get_untracked(),
                newest.try_get_value(),
            ) {
                let columns = held.map(|c| c.inner_html());
                kept.0.set_value(Some(Left { columns, state, next, newest, at: js_sys::Date::now() }));
            }
        });
        load
    }

    /// Whether there is something new, once a minute while the page is looked at.
    pub(super) fn ask_now_and_then(newest: StoredValue<domain::Millis>, many: RwSignal<i64>) {
        let ask = move || {
            if let Some(since) = newest.try_get_value().filter(|_| !document().hidden()) {
                spawn_local(async move {
                    if let Ok(n) = fresh(since).await {
                        let _ = many.try_set(n);
                    }
                });
            }
        };
        Effect::new(move |_| {
            if let Ok(every) = set_interval_with_handle(ask, std::time::Duration::from_secs(60)) {
                on_cleanup(move || every.clear());
            }
        });
    }

    fn watch_for(link: NodeRef<html::A>, next: RwSignal<Option<String>>, load: impl Fn() + Copy + 'static) {
        let kept = StoredValue::new_local(None::<(web_sys::IntersectionObserver, Closure<dyn Fn(js_sys::Array)>)>);
        Effect::new(move |_| {
            let Some(element) = link.get() else { return };
            let seen = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
                let near =
                    entries.iter().any(|e| e.unchecked_into::<web_sys::IntersectionObserverEntry>().is_intersecting());
                if near {
                    load();
                }
            });
            let options = web_sys::IntersectionObserverInit::new();
            options.set_root_margin("150% 0px");
            if let Ok(observer) =
                web_sys::IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options)
            {
                observer.observe(&element);
                kept.set_value(Some((observer, seen)));
            }
        });
        // It tells only of changes: whoever still sees the end after a page came is asked again.
        Effect::new(move |_| {
            next.track();
            kept.with_value(|k| {
                if let (Some((observer, _)), Some(element)) = (k, link.get_untracked()) {
                    observer.unobserve(&element);
                    observer.observe(&element);
                }
            });
        });
        on_cleanup(move || {
            if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
                observer.disconnect();
            }
        });
    }
}
