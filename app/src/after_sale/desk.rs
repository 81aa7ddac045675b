//! The desk: the cases that wait for the shop or the platform.

use crate::{
    after_sale::{
        api::{Decide, desk, desk_show},
        case::page,
    },
    fail::Fail,
    site::Site,
    ui::{Empty, Head, Page, Sent, amount, loaded},
};
use domain::after_sale::{CaseCardView, CaseView};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct DeskPage {
    cases: Resource<Result<Vec<CaseCardView>, Fail>>,
}

impl DeskPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/cases".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        Self { cases: Resource::new(|| (), |()| desk()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.cases, move |cases| {
            let none = cases.is_empty();
            view! {
                <Head title=t.admin_cases().to_owned() private=true />
                <Page title=t.admin_cases().to_owned() back="/admin" tab="me" class="narrow">
                    {none.then(|| view! { <Empty text=t.admin_cases_none() next=t.admin_title() href="/admin" /> })}
                    <ul class="rows cases">
                        {cases.into_iter().map(|c| view! {
                            <li><a href=format!("/admin/cases/{}", c.code) data-testid="case" data-order=c.order.to_string() data-state=c.state.name()>
                                <span>{t.kind_named(c.kind.name())}</span>
                                <small>{t.case_state_named(c.state.name())}</small>
                                {amount(c.amount, c.currency)}
                            </a></li>
                        }).collect_view()}
                    </ul>
                </Page>
            }
            .into_any()
        })
    }
}

pub struct DeskCasePage {
    case: Resource<Result<CaseView, Fail>>,
    sent: Sent<Decide>,
}

impl DeskCasePage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/admin/cases/{}", use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let sent = Sent::<Decide>::nothing();
        let asked = move || (params.with(|p| p.get("code").unwrap_or_default()), sent.state.answers.get());
        Self { case: Resource::new(asked, |(code, _)| desk_show(code)), sent }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        page(this.case, this.sent, ("after_sale/decide", "desk"), |_| "/admin/cases".to_owned())
    }
}
