//! The states of a page besides the good one: loading, empty, not here, refused.

use crate::{
    fail::Fail,
    site::{Site, texts},
    ui::{Head, Page, problem_alert},
};
use leptos::prelude::*;

/// Grey shapes of the same size as what comes; they show only when it takes a while.
#[component]
pub fn Loading() -> impl IntoView {
    let t = texts();
    view! {
        <div class="skeleton" role="status" aria-label=t.loading()>
            <i></i><i></i><i></i><i></i>
        </div>
    }
}

/// The ring of six seats, one open: yours.
#[component]
fn Seats() -> impl IntoView {
    let site = Site::get();
    view! { <img class="seats" src=site.asset("icon.svg") alt="" width="96" height="96" /> }
}

/// Nothing here yet: one sentence, one way on.
#[component]
pub fn Empty(text: &'static str, next: &'static str, #[prop(into)] href: String) -> impl IntoView {
    view! {
        <div class="empty">
            <Seats />
            <p>{text}</p>
            <a class="button primary" href=href>{next}</a>
        </div>
    }
}

/// The page for what is not here; answers 404.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::request::set_status(404);
    let t = texts();
    view! {
        <Head title=t.not_found_title().to_owned() private=true />
        <Page title=t.not_found_title().to_owned() back="/" tab="">
            <Empty text=t.not_found_text() next=t.not_found_next() href="/shop" />
        </Page>
    }
}

/// A page that could not be made: what happened, and a way on.
#[component]
pub fn ProblemView(fail: Fail) -> impl IntoView {
    let t = texts();
    if fail.0.code.as_str() == "not_found" {
        view! { <NotFound /> }.into_any()
    } else {
        let login = fail.0.status == 401;
        // Whoever must log in first is being sent there.
        #[cfg(feature = "ssr")]
        if !login {
            crate::request::set_status(fail.0.status);
        }
        view! {
            <Head title=t.error_title().to_owned() private=true />
            <Page title=t.brand().to_owned() back="/" tab="">
                <div class="empty">
                    <Seats />
                    {problem_alert(&fail.0)}
                    {if login {
                        view! { <a class="button primary" href="/login">{t.login_submit()}</a> }.into_any()
                    } else {
                        view! { <a class="button primary" href="" rel="external">{t.retry()}</a> }.into_any()
                    }}
                </div>
            </Page>
        }
        .into_any()
    }
}

/// Shows what a resource brings, its skeleton before, its refusal instead.
pub fn loaded<T>(
    resource: Resource<Result<T, Fail>>,
    show: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <Transition fallback=|| view! { <Loading /> }>
            {move || {
                let show = show.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => show(value),
                        Err(fail) => view! { <ProblemView fail /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

/// For pages of one's own: sends whoever is not logged in to the login, from where he comes back to `next`.
pub fn needs_login(next: &str) -> bool {
    if Site::get().me().is_some() {
        return false;
    }
    let login = format!("/login?next={}", encode(next));
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(&login);
    #[cfg(not(feature = "ssr"))]
    {
        let navigate = leptos_router::hooks::use_navigate();
        Effect::new(move |_| navigate(&login, leptos_router::NavigateOptions { replace: true, ..Default::default() }));
    }
    true
}

/// Percent-encodes a path for use inside a query.
pub fn encode(path: &str) -> String {
    path.replace('%', "%25")
        .replace('?', "%3F")
        .replace('&', "%26")
        .replace('=', "%3D")
        .replace('#', "%23")
        .replace('+', "%2B")
}
