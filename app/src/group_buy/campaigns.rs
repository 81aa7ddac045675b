//! The campaigns of the shop, and the way to a new one.

use crate::{
    fail::Fail,
    group_buy::api::{Stop, campaigns},
    site::Site,
    ui::{FormError, Head, Hidden, Page, amount, loaded, posts_to, team_size},
};
use domain::group_buy::CampaignView;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct CampaignsPage {
    campaigns: Resource<Result<(Vec<CampaignView>, Option<String>), Fail>>,
}

impl CampaignsPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/campaigns".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { campaigns: Resource::new(move || query.with(|q| q.get("after").unwrap_or_default()), campaigns) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.campaigns, move |(campaigns, next)| {
            let none = campaigns.is_empty();
            view! {
                <Head title=t.admin_campaigns().to_owned() private=true />
                <Page title=t.admin_campaigns().to_owned() back="/admin" tab="me" class="narrow">
                    <form class="panel form" method="get" action="/admin/campaigns/new">
                        <h2>{t.campaign_new()}</h2>
                        <label class="field">
                            <span>{t.campaign_for()}</span>
                            <input type="text" name="slug" required autocomplete="off" data-testid="campaign-slug" />
                        </label>
                        <button type="submit" class="button primary" data-testid="campaign-choose">{t.campaign_choose()}</button>
                    </form>
                    <FormError path="group_buy/stop" />
                    {none.then(|| view! { <p class="hint">{t.admin_campaigns_none()}</p> })}
                    {campaigns.into_iter().map(|c| view! { <Campaign c /> }).collect_view()}
                    {next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/campaigns?after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

#[component]
fn Campaign(c: CampaignView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let over = c.ends_at <= c.now;
    let state = match (c.stopped, over) {
        (true, _) => t.campaign_stopped().to_owned(),
        (_, true) => t.campaign_ended().to_owned(),
        _ => t.campaign_runs(site.time(c.ends_at)),
    };
    let stop = move |cancel: &'static str, label: &'static str| {
        view! {
            <form method="post" action={posts_to::<Stop>()}>
                <Hidden name="code" value=c.code.to_string() />
                <Hidden name="cancel" value=cancel />
                <button type="submit" class="button small">{label}</button>
            </form>
        }
    };
    view! {
        <article class="panel" data-testid="campaign" data-state=if c.stopped { "stopped" } else if over { "ended" } else { "running" }>
            <h2><a href=format!("/p/{}", c.slug)>{c.title}</a></h2>
            <p>{team_size(&c.terms, c.currency)} " · " {amount(c.price, c.currency)}</p>
            <p class="hint">{state}</p>
            <p class="hint">{t.campaign_numbers(c.succeeded, c.forming, c.quota, c.sold, c.teams)}</p>
            {(!c.stopped && !over).then(|| view! { <div class="actions">{stop.clone()("", t.campaign_stop())} {stop("yes", t.campaign_stop_cancel())}</div> })}
        </article>
    }
}
