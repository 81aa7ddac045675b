//! What a post said before.

use crate::{
    fail::Fail,
    post::api::history,
    site::Site,
    ui::{Head, Page, loaded, said_html},
};
use domain::post::HistoryView;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct HistoryPage {
    history: Resource<Result<HistoryView, Fail>>,
}

impl HistoryPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { history: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), history) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        loaded(this.history, move |view| {
            view! {
                <Head title=t.post_history().to_owned() private=true />
                <Page title=t.post_history().to_owned() back=format!("/posts/{}", view.code) class="narrow">
                    {view.versions.into_iter().map(|v| view! {
                        <article class="panel post-text" data-testid="post-version">
                            <p class="post-meta"><time>{site.time(v.at)}</time></p>
                            <h2>{v.title}</h2>
                            <p class="said" inner_html=said_html(&v.body)></p>
                        </article>
                    }).collect_view()}
                </Page>
            }
            .into_any()
        })
    }
}
