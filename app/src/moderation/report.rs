//! Saying that something should not be there.

use crate::{
    fail::Fail,
    moderation::api::{Report, form},
    site::Site,
    ui::{Area, Empty, FormError, Head, Hidden, Page, PostForm, Sent, Submit, loaded},
};
use domain::moderation::{Kind, MAX_TEXT, Reason, ReportView};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const PATH: &str = "moderation/report";

pub struct ReportPage {
    about: Resource<Result<ReportView, Fail>>,
}

impl ReportPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        let of = |name: &str| use_params_map().with_untracked(|p| p.get(name)).unwrap_or_default();
        format!("/report/{}/{}", of("kind"), of("code"))
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let asked = move || params.with(|p| ["kind", "code"].map(|name| p.get(name).unwrap_or_default()));
        Self { about: Resource::new(asked, |[kind, code]| form(kind, code)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.about, move |about| {
            let back = about.link.clone();
            let title = t.report_title().to_owned();
            view! {
                <Head title=title.clone() private=true />
                <Page title=title back=back class="narrow">
                    {match about.reported.clone() {
                        _ if about.own => view! { <Empty text=t.report_own() next=t.decision_thing() href=about.link /> }.into_any(),
                        Some(case) => view! { <Empty text=t.report_done() next=t.report_see() href=format!("/decisions/{case}") /> }.into_any(),
                        None => view! { <Form about /> }.into_any(),
                    }}
                </Page>
            }
            .into_any()
        })
    }
}

#[component]
fn Form(about: ReportView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let sent = Sent::<Report>::nothing();
    let chosen = site.typed(PATH, "reason").unwrap_or_default();
    view! {
        <blockquote class="panel said-by"><p><b>{if about.kind == Kind::Room { t.report_room(about.author) } else { t.report_about(about.author) }}</b></p><p>{about.said}</p></blockquote>
        <PostForm sent class="form">
            <FormError path=PATH sending=sent.state />
            <Hidden name="kind" value=about.kind.name() />
            <Hidden name="code" value=about.code.to_string() />
            <fieldset class="radio-list offenses">
                <legend>{t.report_why()}</legend>
                {Reason::ALL.iter().map(|reason| view! {
                    <label class="radio">
                        <input type="radio" name="reason" value=reason.name() checked=chosen == reason.name() required data-testid=format!("reason-{}", reason.name()) />
                        <span>{t.offense_named(reason.name())}</span>
                    </label>
                }).collect_view()}
            </fieldset>
            <Area name="text" label=t.report_text() value=site.typed(PATH, "text").unwrap_or_default() maxlength=MAX_TEXT testid="report-text" />
            <p class="hint">{t.report_hint()}</p>
            <Submit label=t.report_send().to_owned() testid="report-send" class="button primary wide" sending=sent.state />
        </PostForm>
    }
}
