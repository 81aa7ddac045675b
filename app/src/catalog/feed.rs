//! The feed: what the shop looks like to somebody who just came in.

use crate::{
    catalog::api::{categories, feed},
    fail::Fail,
    site::Site,
    ui::{Head, Icon, Picture, ProblemView, TabBar, Waterfall, loaded},
};
use domain::catalog::{CardView, CategoryView, PageView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct FeedPage {
    categories: Resource<Result<Vec<CategoryView>, Fail>>,
    page: Resource<Result<PageView, Fail>>,
}

impl FeedPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self {
            categories: Resource::new(|| (), |()| categories()),
            page: Resource::new(move || query.with(|q| q.get("after").unwrap_or_default()), feed),
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
                <form class="search-pill" action="/search" method="get" role="search">
                    <Icon name="search" />
                    <input type="search" name="q" placeholder=t.search_hint() aria-label=t.search() maxlength="60" enterkeyhint="search" />
                </form>
            </header>
            <main id="content" class="page">
                {site.view().demo.then(|| view! { <p class="ribbon">{t.demo_ribbon()}</p> })}
                {loaded(this.categories, |list| view! { <Categories list /> }.into_any())}
                <div class="feed-head">
                    <h2>{t.feed_title()}</h2>
                    <details data-testid="why-this"><summary>{t.why_this()}</summary><p>{t.why_this_text()}</p></details>
                </div>
                {loaded(this.page, |page| view! { <Endless page /> }.into_any())}
            </main>
            <TabBar active="home" />
        }
        .into_any()
    }
}

/// Two rows of five ways into the shop.
#[component]
fn Categories(list: Vec<CategoryView>) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <nav class="icon-grid" aria-label=t.shop_title()>
            <ul>
                {list.into_iter().filter(|c| c.picture.is_some()).take(10).map(|c| view! {
                    <li><a href=format!("/c/{}", c.slug)><Picture picture=c.picture alt=String::new() sizes="64px" eager=true /><span>{c.name}</span></a></li>
                }).collect_view()}
            </ul>
        </nav>
    }
}

/// The waterfall, with more by scroll and by link.
#[component]
fn Endless(page: PageView) -> impl IntoView {
    let t = Site::get().texts();
    let cards: RwSignal<Vec<CardView>> = RwSignal::new(page.cards);
    let next = RwSignal::new(page.next);
    let more = Action::new(move |after: &String| {
        let after = after.clone();
        async move {
            let page = feed(after).await?;
            cards.update(|all| all.extend(page.cards));
            next.set(page.next);
            Ok::<_, Fail>(())
        }
    });
    let load = move || {
        if let Some(after) = next.get_untracked()
            && !more.pending().get_untracked()
        {
            more.dispatch(after);
        }
    };
    let link = NodeRef::<leptos::html::A>::new();
    #[cfg(feature = "hydrate")]
    near_the_end(link, load);
    view! {
        <Waterfall cards=cards.into() />
        {move || more.value().with(|v| v.as_ref().and_then(|r| r.as_ref().err().cloned())).map(|fail| view! { <ProblemView fail /> })}
        <p class="feed-end">
            {move || match next.get() {
                Some(after) => view! {
                    <a node_ref=link class="button" href=format!("/?after={after}") data-testid="feed-more"
                        on:click=move |e| { e.prevent_default(); load(); }>{t.feed_more()}</a>
                }.into_any(),
                None => view! { <span>{t.feed_end()}</span> }.into_any(),
            }}
        </p>
    }
}

/// Calls `load` whenever the link is less than one and a half screens away.
#[cfg(feature = "hydrate")]
fn near_the_end(link: NodeRef<leptos::html::A>, load: impl Fn() + Copy + 'static) {
    use wasm_bindgen::{JsCast, closure::Closure};
    let kept = StoredValue::new_local(None::<(web_sys::IntersectionObserver, Closure<dyn Fn(js_sys::Array)>)>);
    Effect::new(move |_| {
        let Some(element) = link.get() else { return };
        if kept.with_value(Option::is_some) {
            kept.with_value(|k| {
                if let Some((observer, _)) = k {
                    observer.disconnect();
                    observer.observe(&element);
                }
            });
            return;
        }
        let seen = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let near =
                entries.iter().any(|e| e.unchecked_into::<web_sys::IntersectionObserverEntry>().is_intersecting());
            if near {
                load();
            }
        });
        let options = web_sys::IntersectionObserverInit::new();
        options.set_root_margin("150% 0px");
        if let Ok(observer) = web_sys::IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options) {
            observer.observe(&element);
            kept.set_value(Some((observer, seen)));
        }
    });
    on_cleanup(move || {
        if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
            observer.disconnect();
        }
    });
}
