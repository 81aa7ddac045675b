//! Moderation in numbers, for everybody.

use crate::{
    fail::Fail,
    moderation::api::numbers,
    site::Site,
    ui::{Head, Page, loaded},
};
use domain::moderation::TransparencyView;
use leptos::prelude::*;

pub struct NumbersPage {
    numbers: Resource<Result<TransparencyView, Fail>>,
}

impl NumbersPage {
    /// What the page asks for.
    pub fn data() -> Self {
        Self { numbers: Resource::new(|| (), |()| numbers()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        loaded(this.numbers, move |n| {
            let one = move |label: &'static str, n: i64, testid: &'static str| {
                view! { <div class="kpi" data-testid=testid data-count=n><b>{t.count(n)}</b><span>{label}</span></div> }
            };
            let title = t.numbers_title().to_owned();
            let took = n.median.map(|m| if m < 120 { t.numbers_minutes(m) } else { t.numbers_hours((m + 59) / 60) });
            let (reasons, sanctions) = (n.reasons, n.sanctions);
            let none = reasons.is_empty();
            view! {
                <Head title=title.clone() path="/transparency".to_owned() description=t.numbers_hint(n.days) />
                <Page title=title back="/settings" tab="me" class="narrow numbers-page">
                    <p class="panel">{t.numbers_rules()}</p>
                    <div class="kpis">
                        {one(t.numbers_reports(), n.reports, "numbers-reports")}
                        {one(t.numbers_reported(), n.reported, "numbers-reported")}
                        {one(t.numbers_caught(), n.caught, "numbers-caught")}
                        {one(t.numbers_waiting(), n.waiting, "numbers-waiting")}
                        {one(t.numbers_kept(), n.kept, "numbers-kept")}
                        {one(t.numbers_removed(), n.removed, "numbers-removed")}
                        {one(t.numbers_moot(), n.moot, "numbers-moot")}
                        {took.map(|took| view! { <div class="kpi"><b>{took}</b><span>{t.numbers_median()}</span></div> })}
                    </div>
                    <h2>{t.numbers_reasons()}</h2>
                    {none.then(|| view! { <p class="hint">{t.numbers_none()}</p> })}
                    <ul class="rows counts">{reasons.into_iter().map(|r| view! { <li><span>{t.offense_named(r.of.name())}</span><b>{t.count(r.n)}</b></li> }).collect_view()}</ul>
                    <h2>{t.numbers_appeals()}</h2>
                    <div class="kpis">
                        {one(t.numbers_appeals(), n.appeals, "numbers-appeals")}
                        {one(t.numbers_overturned(), n.overturned, "numbers-overturned")}
                        {one(t.numbers_upheld(), n.upheld, "numbers-upheld")}
                    </div>
                    {(!sanctions.is_empty()).then(|| view! {
                        <h2>{t.numbers_sanctions()}</h2>
                        <ul class="rows counts">{sanctions.into_iter().map(|s| view! { <li><span>{t.sanction_named(s.of.name())}</span><b>{t.count(s.n)}</b></li> }).collect_view()}</ul>
                    })}
                    <p class="hint">{t.numbers_hint(n.days)}</p>
                </Page>
            }
            .into_any()
        })
    }
}
