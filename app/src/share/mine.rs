//! What my links did: visits, orders, and what spread from them.

use crate::{
    fail::Fail,
    share::api::mine,
    site::Site,
    ui::{Empty, Head, Page, loaded},
};
use domain::share::{BranchView, SharesView};
use leptos::prelude::*;

pub struct SharesPage {
    shares: Resource<Result<SharesView, Fail>>,
}

impl SharesPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/me/shares".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        Self { shares: Resource::new(|| (), |()| mine()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        loaded(this.shares, move |view| {
            let none = view.shares.is_empty();
            let number = |label: &'static str, n: i64| view! { <div class="kpi"><b>{n}</b><span>{label}</span></div> };
            view! {
                <Head title=t.shares_title().to_owned() private=true />
                <Page title=t.shares_title().to_owned() back="/me" tab="me" class="narrow">
                    <div class="kpis spread-sums">
                        {number(t.shares_visits(), view.visits)}
                        {number(t.shares_orders(), view.orders)}
                        {number(t.shares_paid(), view.paid)}
                    </div>
                    {none.then(|| view! { <Empty text=t.shares_none() next=t.shares_none_next() href="/shop" /> })}
                    <ul class="rows spread">
                        {view.shares.into_iter().map(|s| view! {
                            <li data-testid="share" data-channel=s.channel.name() data-visits=s.visits data-orders=s.orders>
                                {if s.title.is_empty() {
                                    view! { <b>{t.challenge_gone()}</b> }.into_any()
                                } else {
                                    view! { <a href=s.kind.path(&s.object)><b>{s.title}</b></a> }.into_any()
                                }}
                                <small>{t.channel_named(s.channel.name())} " · " {site.time(s.created_at)}</small>
                                <span>{t.shares_line(s.orders, s.paid, s.visits)}</span>
                                {(s.children > 0).then(|| view! { <span class="branch">{t.shares_branch(s.below, s.children)}</span> })}
                                {branches(&s.branches, 1)}
                            </li>
                        }).collect_view()}
                    </ul>
                </Page>
            }
            .into_any()
        })
    }
}

/// What hangs below a link, drawn as lists in lists.
fn branches(all: &[BranchView], level: usize) -> Option<AnyView> {
    let t = Site::get().texts();
    let begins: Vec<usize> = all.iter().enumerate().filter(|(_, b)| b.level == level).map(|(i, _)| i).collect();
    let ends = begins.iter().skip(1).copied().chain([all.len()]);
    let items: Vec<AnyView> = begins
        .iter()
        .zip(ends)
        .filter_map(|(begin, end)| {
            let (first, below) = all.get(*begin..end)?.split_first()?;
            let line = t.shares_branch_line(first.orders, first.visits);
            let item = view! { <li data-testid="branch"><span><b>{first.name.clone()}</b> " " {line}</span> {branches(below, level + 1)}</li> };
            Some(item.into_any())
        })
        .collect();
    (!items.is_empty()).then(|| view! { <ul class="tree">{items}</ul> }.into_any())
}
