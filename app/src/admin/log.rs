//! What people of the shop did, the latest first.

use crate::{
    admin::api::log,
    fail::Fail,
    site::Site,
    ui::{Empty, Head, Page, loaded},
};
use domain::audit::{ActView, LogView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct LogPage {
    log: Resource<Result<LogView, Fail>>,
}

impl LogPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/log".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { log: Resource::new(move || query.with(|q| q.get("before").unwrap_or_default()), log) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.log, move |view| {
            let none = view.acts.is_empty();
            view! {
                <Head title=t.log_title().to_owned() private=true />
                <Page title=t.log_title().to_owned() back="/admin" tab="me" class="narrow">
                    <p class="hint">{t.log_hint()}</p>
                    {none.then(|| view! { <Empty text=t.log_none() next=t.admin_title() href="/admin" /> })}
                    <ol class="rows acts">{view.acts.into_iter().map(act).collect_view()}</ol>
                    {view.next.map(|before| view! { <p class="feed-end"><a class="button" href=format!("/admin/log?before={before}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

fn act(a: ActView) -> impl IntoView {
    let site = Site::get();
    let said = site.texts().did_named(&a.act);
    let said = if said.is_empty() { a.act.clone() } else { said.to_owned() };
    let object = a.object.clone();
    view! {
        <li data-testid="act" data-act=a.act data-object=object>
            <p><b>{a.name}</b> " " {said} " " <code>{a.object}</code></p>
            {(!a.detail.is_empty()).then(|| view! { <p class="hint">{a.detail}</p> })}
            <p class="hint">"#" {a.seq} " · " <time>{site.time(a.at)}</time></p>
        </li>
    }
}
