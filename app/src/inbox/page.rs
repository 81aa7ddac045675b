//! The inbox page.

use crate::{
    fail::Fail,
    inbox::api::{Read, list},
    site::Site,
    ui::{Empty, Head, Icon, Page, Picture, amount, loaded, posts_to},
};
use domain::inbox::{InboxView, NoticeView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct InboxPage {
    inbox: Resource<Result<InboxView, Fail>>,
}

impl InboxPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/inbox".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let asked = move || query.with(|q| q.get("after").unwrap_or_default());
        Self { inbox: Resource::new(asked, list) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        view! {
            <Head title=t.inbox_title().to_owned() private=true />
            <Page title=t.inbox_title().to_owned() back="/me" tab="me" class="narrow">
                {loaded(this.inbox, move |inbox| {
                    if inbox.notices.is_empty() {
                        return view! { <Empty text=t.inbox_empty() next=t.me_orders() href="/orders" /> }.into_any();
                    }
                    view! {
                        {(inbox.unread > 0).then(|| view! {
                            <form method="post" action={posts_to::<Read>()} class="inbox-read">
                                <button type="submit" class="button small" data-testid="inbox-read">{t.inbox_read()}</button>
                            </form>
                        })}
                        <ul class="rows notices">{inbox.notices.into_iter().map(|n| view! { <Notice n /> }).collect_view()}</ul>
                        {inbox.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/inbox?after={after}")>{t.feed_more()}</a></p> })}
                    }
                    .into_any()
                })}
            </Page>
        }
        .into_any()
    }
}

#[component]
fn Notice(n: NoticeView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let decided = n.link.starts_with("/decisions/");
    view! {
        <li data-testid="notice" data-kind=n.kind.clone() data-state=if n.unread { "unread" } else { "read" }>
            <a href=n.link>
                {match &n.by {
                    Some(by) => {
                        let tint = domain::group_buy::tint(&by.name);
                        let initial: String = by.name.chars().take(1).collect();
                        view! { <span class=format!("face tint-{tint}") aria-hidden="true">{initial}</span> }.into_any()
                    }
                    None if n.picture.is_none() => view! { <span class="face" aria-hidden="true">{if decided { view! { <Icon name="flag" /> } } else { view! { <Icon name="users" /> } }}</span> }.into_any(),
                    None => view! { <span class="line-picture"><Picture picture=n.picture alt=String::new() sizes="96px" /></span> }.into_any(),
                }}
                <span class="notice-text">
                    <b>{n.by.map(|by| if by.others > 0 { t.notice_by_others(by.others, by.name) } else { by.name } + if site.lang() == domain::Lang::En { " " } else { "" })}{t.notice_named(&n.kind)}{n.amount.map(|sum| match n.currency {
                        Some(currency) => view! { " " {amount(sum, currency)} }.into_any(),
                        None if n.kind == "challenge_won" => view! { " · " {t.challenge_place(sum)} }.into_any(),
                        None => view! { " " <span class="points-sum">{t.points_sum(sum)}</span> }.into_any(),
                    })}</b>
                    <small>{n.title}</small>
                    <time>{site.time(n.at)}</time>
                </span>
                {n.unread.then(|| view! { <i class="dot" role="img" aria-label=t.inbox_unread()></i> })}
            </a>
        </li>
    }
}
