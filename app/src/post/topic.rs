//! A topic, with its posts.

use crate::{
    fail::Fail,
    post::api::topic,
    site::Site,
    ui::{ChallengePanel, Empty, Head, Page, PostGrid, encode, loaded},
};
use domain::post::TopicView;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

pub struct TopicPage {
    topic: Resource<Result<TopicView, Fail>>,
}

impl TopicPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = move || {
            let name = params.with(|p| p.get("topic").unwrap_or_default());
            (name, query.with(|q| q.get("after").unwrap_or_default()))
        };
        Self { topic: Resource::new(asked, |(name, after)| topic(name, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.topic, move |view| {
            let title = format!("#{}", view.name);
            let path = format!("/t/{}", view.name);
            let write = format!("/new?fresh=1&topic={}", encode(&view.name));
            let (none, count) = (view.list.posts.is_empty(), view.count);
            view! {
                <Head title=title.clone() path=path.clone() private=none />
                <Page title=title back="/" class="topic">
                    <p class="hint" data-testid="topic-count" data-count=count>{t.posts_count(count)}</p>
                    {view.challenge.map(|card| view! { <ChallengePanel card /> })}
                    {none.then(|| view! { <Empty text=t.topic_none() next=t.topic_first() href=write.clone() /> })}
                    <PostGrid eager=true posts=view.list.posts />
                    {view.list.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("{path}?after={after}")>{t.feed_more()}</a></p> })}
                    {(!none).then(|| view! { <p class="feed-end"><a class="button primary" href=write>{t.topic_join()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}
