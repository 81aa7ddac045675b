//! What came of what I post.

use crate::{
    creator::api::desk,
    fail::Fail,
    site::Site,
    ui::{Empty, Head, Page, amount, loaded, percent},
};
use domain::creator::{CreatorView, DAYS, PostCame};
use leptos::prelude::*;

pub struct CreatorPage {
    desk: Resource<Result<CreatorView, Fail>>,
}

impl CreatorPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/me/creator".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        Self { desk: Resource::new(|| (), |()| desk()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.desk, move |view| {
            let none = view.posts.is_empty();
            view! {
                <Head title=t.creator_title().to_owned() private=true />
                <Page title=t.creator_title().to_owned() back="/me" tab="me" class="narrow creator">
                    {if none {
                        view! { <Empty text=t.creator_none() next=t.me_write() href="/new" /> }.into_any()
                    } else {
                        view! { <Desk view /> }.into_any()
                    }}
                </Page>
            }
            .into_any()
        })
    }
}

#[component]
fn Desk(view: CreatorView) -> impl IntoView {
    let t = Site::get().texts();
    let totals = [
        (t.creator_views(), view.views),
        (t.creator_clicks(), view.clicks),
        (t.creator_saves(), view.collects),
        (t.creator_likes(), view.likes),
        (t.creator_followers(), view.followers),
    ];
    let new: i64 = view.followed.iter().sum();
    let best = best_hours(&view.hours);
    let parts = view.parts.clone();
    let none = view.earned.is_empty();
    view! {
        <dl class="totals" data-testid="creator-totals">
            {totals.into_iter().map(|(name, n)| view! { <div><dt>{name}</dt><dd>{t.count(n)}</dd></div> }).collect_view()}
        </dl>
        <p class="hint">{t.creator_counted(DAYS)}</p>
        <section class="panel" data-testid="creator-earned">
            <h2>{t.creator_earnings()}</h2>
            {none.then(|| view! { <p class="hint">{t.creator_earn_none()}</p> })}
            {view.earned.into_iter().map(|e| view! {
                <dl class="costs" data-currency=e.currency.code()>
                    <div class="sum"><dt>{t.creator_available()}</dt><dd>{amount(e.available, e.currency)}</dd></div>
                    <div><dt>{t.creator_pending()}</dt><dd>{amount(e.pending, e.currency)}</dd></div>
                    {(e.paid > 0).then(|| view! { <div><dt>{t.creator_paid()}</dt><dd>{amount(e.paid, e.currency)}</dd></div> })}
                </dl>
            }).collect_view()}
            {(view.commission_bp > 0).then(|| view! { <p class="hint">{t.creator_earn_hint(percent(view.commission_bp))}</p> })}
        </section>
        <section class="panel">
            <h2>{t.creator_posts()}</h2>
            <ul class="rows came">{view.posts.into_iter().map(|post| view! { <Came post /> }).collect_view()}</ul>
        </section>
        <section class="panel">
            <h2>{t.creator_new_followers(new)}</h2>
            <Bars values=view.followed label=t.creator_new_followers(new) />
        </section>
        <section class="panel">
            <h2>{t.creator_hours()}</h2>
            <p class="hint">{if best.is_empty() { t.creator_hours_none().to_owned() } else { t.creator_hours_best(best) }}</p>
            <Bars values=view.hours label=t.creator_hours().to_owned() />
        </section>
        <section class="panel">
            <h2>{t.creator_audience(view.audience)}</h2>
            <ul class="rows">
                {parts.into_iter().map(|p| view! {
                    <li class="session"><span>{t.audience_named(p.group.name())}</span>
                        <b>{p.share.map_or_else(|| t.creator_few().to_owned(), |s| format!("{s}%"))}</b></li>
                }).collect_view()}
            </ul>
            <p class="hint">{t.creator_audience_hint()}</p>
        </section>
        <p><a class="button wide" href="/me/shares">{t.creator_links()}</a></p>
    }
}

/// A post, and what came of it.
#[component]
fn Came(post: PostCame) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let numbers = [
        (t.creator_views(), post.views),
        (t.creator_clicks(), post.clicks),
        (t.creator_saves(), post.collects),
        (t.creator_likes(), post.likes),
        (t.creator_comments(), post.comments),
        (t.creator_orders(), post.orders),
    ];
    let earned: Vec<String> = post.earned.iter().map(|m| m.exact()).collect();
    view! {
        <li data-testid="creator-post" data-views=post.views data-clicks=post.clicks data-orders=post.orders>
            <a href=format!("/posts/{}", post.code)><span>{post.title}</span><time>{site.time(post.at)}</time></a>
            <dl>{numbers.into_iter().map(|(name, n)| view! { <div><dt>{name}</dt><dd>{t.count(n)}</dd></div> }).collect_view()}
                {(!earned.is_empty()).then(|| view! { <div><dt>{t.creator_earned()}</dt><dd data-testid="creator-post-earned">{earned.join(" · ")}</dd></div> })}
            </dl>
        </li>
    }
}

/// Numbers as bars; those who do not see them hear what they are about.
#[component]
fn Bars(values: Vec<i64>, label: String) -> impl IntoView {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    view! {
        <div class="bars" role="img" aria-label=label>
            {values.into_iter().map(|v| view! { <i class=format!("h{}", (v * 20 + most - 1) / most)></i> }).collect_view()}
        </div>
    }
}

/// The three hours in which most happens, as people say them.
fn best_hours(hours: &[i64]) -> String {
    let mut list: Vec<(usize, i64)> = hours.iter().copied().enumerate().filter(|(_, n)| *n > 0).collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    list.truncate(3);
    list.sort_unstable();
    list.into_iter().map(|(h, _)| format!("{h}:00")).collect::<Vec<_>>().join(" · ")
}
