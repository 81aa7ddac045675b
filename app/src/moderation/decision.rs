//! A case as whoever wrote or reported it sees it: what was decided, why, what follows, and the appeal.

use crate::{
    fail::Fail,
    moderation::api::{Appeal, case},
    site::Site,
    ui::{Area, FormError, Head, Hidden, Page, PostForm, Sent, Submit, loaded},
};
use domain::moderation::{CaseView, Decision, Kind, MAX_TEXT, SanctionView, State};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const PATH: &str = "moderation/appeal";

pub struct DecisionPage {
    case: Resource<Result<CaseView, Fail>>,
    sent: Sent<Appeal>,
}

impl DecisionPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/decisions/{}", use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let sent = Sent::<Appeal>::nothing();
        let turned = sent.state.turned(&["appeal_late"]);
        let asked = move || (params.with(|p| p.get("code").unwrap_or_default()), turned.get());
        Self { case: Resource::new(asked, |(code, _)| case(code)), sent }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        let sent = this.sent;
        loaded(this.case, move |case| {
            let title = t.decision_title().to_owned();
            let said = outcome(site, case.decision, case.overturned).unwrap_or_else(|| t.decision_open());
            let code = case.code.to_string();
            let may = case.may_appeal;
            view! {
                <Head title=title.clone() private=true />
                <Page title=title back="/inbox" tab="me" class="narrow decision">
                    // Here, as a refusal can take its form away.
                    <FormError path=PATH sending=sent.state />
                    <section class="panel" role="status" data-testid="decision" data-state=case.state.name() data-decision=case.decision.map(Decision::name)>
                        <h2>{said}</h2>
                        <p class="hint"><time>{site.time(case.decided.unwrap_or(case.opened))}</time></p>
                        <Facts case=case.clone() />
                        {(!case.said.is_empty()).then(|| view! {
                            <h3>{t.decision_what()}</h3>
                            <blockquote class="said-by">{case.said.clone()}</blockquote>
                        })}
                        {case.link.clone().map(|href| view! { <p><a href=href>{t.decision_thing()}</a></p> })}
                    </section>
                    <Appealed case=case.clone() />
                    {may.then(|| view! {
                        <section class="panel">
                            <h2>{t.appeal_title()}</h2>
                            <p class="hint">{t.appeal_hint()}</p>
                            <PostForm sent class="form">
                                <Hidden name="code" value=code />
                                <Area name="text" label=t.appeal_text() value=site.typed(PATH, "text").unwrap_or_default() maxlength=MAX_TEXT testid="appeal-text" />
                                <Submit label=t.appeal_send().to_owned() testid="appeal-send" sending=sent.state />
                            </PostForm>
                        </section>
                    })}
                    <p class="hint"><a href="/transparency">{t.numbers_title()}</a></p>
                </Page>
            }
            .into_any()
        })
    }
}

/// Why, and what follows.
#[component]
fn Facts(case: CaseView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let caught = case.caught.clone();
    view! {
        <dl class="facts">
            {case.reason.map(|reason| view! { <dt>{t.decision_reason()}</dt><dd>{t.offense_named(reason.name())}</dd> })}
            {(!caught.is_empty()).then(|| view! {
                <dt>{t.desk_caught()}</dt>
                <dd>{caught.into_iter().map(|c| view! { <span class="chip quiet">{t.caught_named(c.name())}</span> }).collect_view()}</dd>
            })}
            {(!case.note.is_empty()).then(|| view! { <dt>{t.decision_note()}</dt><dd class="note">{case.note}</dd> })}
            {case.sanction.map(|s| view! { <dt>{t.decision_sanction()}</dt><dd data-testid="sanction">{sanction(site, s)}</dd> })}
        </dl>
    }
}

/// A sanction in words: what, until when, whether it was lifted.
pub(super) fn sanction(site: Site, s: SanctionView) -> String {
    let t = site.texts();
    let what = t.sanction_named(s.kind.name());
    match (s.lifted, s.ends) {
        (true, _) => format!("{what} · {}", t.decision_lifted()),
        (false, Some(ends)) => format!("{what} · {}", t.decision_until(site.time(ends))),
        (false, None) => what.to_owned(),
    }
}

/// What was decided, in words; none as long as nothing is.
pub(super) fn outcome(site: Site, decision: Option<Decision>, overturned: bool) -> Option<&'static str> {
    let t = site.texts();
    Some(match decision? {
        Decision::Keep => t.decision_keep(),
        Decision::Remove if overturned => t.decision_overturned(),
        Decision::Remove => t.decision_remove(),
        Decision::Moot => t.decision_moot(),
    })
}

/// The appeal, and what came of it; `desk`: for those who judge it.
#[component]
pub(super) fn Appealed(case: CaseView, #[prop(optional)] desk: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let title = if desk { t.appeal_title() } else { t.appeal_mine() };
    case.appeal.map(|appeal| {
        let outcome = match (&appeal.judged, desk) {
            (None, true) => t.decision_open(),
            (None, false) => t.appeal_sent(),
            (Some(j), _) if j.upheld => t.appeal_refused(),
            (Some(_), true) => t.decision_overturned(),
            (Some(_), false) => t.appeal_granted(),
        };
        let state = if case.state == State::Appealed { "waiting" } else { "judged" };
        view! {
            <section class="panel" data-testid="appeal" data-state=state>
                <h2>{title}</h2>
                <blockquote class="said-by">{appeal.text}</blockquote>
                <p class="hint"><time>{site.time(appeal.at)}</time></p>
                <p><b>{outcome}</b></p>
                {appeal.judged.map(|j| view! {
                    {(!j.note.is_empty()).then(|| view! { <p class="note">{j.note}</p> })}
                    <p class="hint"><time>{site.time(j.at)}</time></p>
                })}
            </section>
        }
    })
}

/// What it is, in words.
pub(super) fn kind(site: Site, kind: Kind) -> &'static str {
    match kind {
        Kind::Post => site.texts().desk_post(),
        Kind::Comment => site.texts().desk_comment(),
        Kind::Review => site.texts().review_one(),
        Kind::Question => site.texts().question_one(),
        Kind::Answer => site.texts().question_answer_one(),
        Kind::Room => site.texts().live_one(),
    }
}
