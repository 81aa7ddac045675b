//! One case at the desk: what stands there, who says what about it, whose it is, and the decision.

use crate::{
    fail::Fail,
    moderation::{
        api::{Decide, Judge, desk},
        decision::{Appealed, kind, outcome, sanction},
        queue::{Keys, Row},
    },
    site::Site,
    ui::{Area, FormError, Head, Hidden, Page, PostForm, Sent, Shown, Submit, loaded},
};
use domain::moderation::{Decision, DeskCaseView, MAX_TEXT, Reason, Sanction, State};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const DECIDE: &str = "moderation/decide";
const JUDGE: &str = "moderation/judge";

pub struct DeskPage {
    case: Resource<Result<DeskCaseView, Fail>>,
    decide: Sent<Decide>,
    judge: Sent<Judge>,
}

impl DeskPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/admin/reports/{}", use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let (decide, judge) = (Sent::<Decide>::nothing(), Sent::<Judge>::nothing());
        let [decided, judged] = [decide.state, judge.state].map(|s| s.turned(&["case_moved"]));
        let asked = move || (params.with(|p| p.get("code").unwrap_or_default()), decided.get() + judged.get());
        Self { case: Resource::new(asked, |(code, _)| desk(code)), decide, judge }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        #[cfg(feature = "hydrate")]
        super::queue::keys::of_case();
        loaded(this.case, move |view| {
            let (state, next) = (view.case.state, view.next.clone());
            let title = kind(site, view.case.kind).to_owned();
            let waits = matches!(state, State::Open | State::Appealed);
            let mine_to_do = view.mine_to_do;
            let keys = match (mine_to_do, state) {
                (true, State::Open) => Some(t.desk_keys()),
                (true, _) => Some(t.judge_keys()),
                _ => None,
            };
            let (mine, history, log) = (view.mine_to_do, view.history.clone(), view.log.clone());
            view! {
                <Head title=title.clone() private=true />
                <Page title=title back="/admin/reports" tab="me" class="narrow decision">
                    // Here, as a refusal can take its form away.
                    <FormError path=DECIDE sending=this.decide.state />
                    <FormError path=JUDGE sending=this.judge.state />
                    <Thing view=view.clone() />
                    <Suspect view=view.clone() />
                    <Appealed case=view.case.clone() desk=true />
                    {match (waits, mine, state) {
                        (true, true, State::Open) => view! { <Deciding view=view.clone() sent=this.decide /> }.into_any(),
                        (true, true, _) => view! { <Judging view=view.clone() sent=this.judge /> }.into_any(),
                        (true, false, _) => view! { <p class="panel" data-testid="desk-not-yours">{t.desk_not_yours()}</p> }.into_any(),
                        _ => ().into_any(),
                    }}
                    {next.map(|code| view! { <p><a class="button wide" href=format!("/admin/reports/{code}") rel="external" data-testid="desk-next">{t.desk_next()}</a></p> })}
                    {(!history.is_empty()).then(|| view! {
                        <h2>{t.desk_history()}</h2>
                        <ul class="rows">{history.into_iter().map(|c| view! { <Row card=c /> }).collect_view()}</ul>
                    })}
                    {(!log.is_empty()).then(|| view! {
                        <section class="panel">
                            <h2>{t.desk_log()}</h2>
                            <ol class="log">{log.into_iter().map(|e| view! {
                                <li><b>{e.name}</b>" "{t.deed_named(&e.act)}" "<code>{e.detail}</code>" "<small>"#"{e.seq}" · "<time>{site.time(e.at)}</time></small></li>
                            }).collect_view()}</ol>
                        </section>
                    })}
                    {keys.map(|text| view! { <Keys text /> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// What it is about, as it stands, and what was said of it.
#[component]
fn Thing(view: DeskCaseView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let DeskCaseView { case, title, text, pictures, held, reports, .. } = view;
    let waits = matches!(case.state, State::Open | State::Appealed);
    let none = text.is_empty() && title.is_empty();
    let gone = waits && none;
    let said = if none { case.said.clone() } else { text };
    let decided = outcome(site, case.decision, case.overturned);
    let n = pictures.len();
    view! {
        <section class="panel" data-testid="desk-case" data-state=case.state.name() data-decision=case.decision.map(Decision::name)>
            {held.then(|| view! { <p class="flag">{t.desk_held()}</p> })}
            {decided.map(|d| view! { <p role="status"><b>{d}</b>{case.reason.map(|r| format!(" · {}", t.offense_named(r.name())))}</p> })}
            {case.sanction.map(|s| view! { <p>{sanction(site, s)}</p> })}
            {gone.then(|| view! { <p class="hint">{t.desk_gone()}</p> })}
            {(n > 0).then(|| view! {
                <div class="desk-pictures">
                    {pictures.into_iter().enumerate().map(|(i, p)| view! { <Shown alt=if p.moves() { t.post_video(&title) } else { t.picture_of(i + 1, &title) } picture=p sizes="160px" /> }).collect_view()}
                </div>
            })}
            {(!title.is_empty()).then(|| view! { <h2>{title.clone()}</h2> })}
            <blockquote class="said-by" data-testid="desk-said">{said}</blockquote>
            {case.link.map(|href| view! { <p><a href=href>{t.decision_thing()}</a></p> })}
            {(!case.caught.is_empty()).then(|| view! {
                <h2>{t.desk_caught()}</h2>
                <p>{case.caught.into_iter().map(|c| view! { <em class="chip quiet">{t.caught_named(c.name())}</em> }).collect_view()}</p>
            })}
            {(!reports.is_empty()).then(|| view! {
                <h2>{t.desk_reports()}</h2>
                <ul class="log">{reports.into_iter().map(|r| view! {
                    <li><b>{t.offense_named(r.reason.name())}</b>" "{r.text}" "<small>{r.name}" · "<time>{site.time(r.at)}</time></small>
                        {r.then.map(|then| view! { <p class="hint">{t.desk_then()}</p><blockquote class="said-by">{then}</blockquote> })}
                    </li>
                }).collect_view()}</ul>
            })}
        </section>
    }
}

/// Whose it is, and what is known of him.
#[component]
fn Suspect(view: DeskCaseView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let s = view.suspect;
    view! {
        <section class="panel">
            <h2>{t.desk_author()}</h2>
            <p><a href=format!("/u/{}", s.handle)>{s.name}</a>" @"{s.handle.clone()}" "<em class="chip quiet">{t.trust_named(s.trust.name())}</em></p>
            <p class="hint">{t.desk_acts(s.acts.days, s.acts.helped, s.acts.liked_by, s.acts.orders)}</p>
            {(s.acts.removals > 0).then(|| view! { <p class="hint">{t.desk_removals(s.acts.removals)}</p> })}
            {s.paused.map(|p| view! { <p><em class="chip quiet urgent">{sanction(site, p)}</em></p> })}
        </section>
    }
}

#[component]
fn Deciding(view: DeskCaseView, sent: Sent<Decide>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let typed = move |name: &str| site.typed(DECIDE, name).unwrap_or_default();
    // What was said most often is proposed; what was chosen in a refused form stays, where it is a form about what is seen now.
    let refused = typed("saw") == view.saw.to_string();
    let chosen = move |name: &str, otherwise: &str| if refused { typed(name) } else { otherwise.to_owned() };
    let reason = chosen("reason", view.reason.map_or("", Reason::name));
    let (proposed, earlier) = (view.proposed, view.earlier);
    let follows = chosen("sanction", proposed.name());
    view! {
        <section class="panel">
            <h2>{t.desk_decide()}</h2>
            <PostForm sent class="form">
                <Hidden name="code" value=view.case.code.to_string() />
                <Hidden name="saw" value=view.saw.to_string() />
                <fieldset class="radio-list">
                    <legend class="visually-hidden">{t.desk_decide()}</legend>
                    {[(Decision::Keep, t.desk_keep()), (Decision::Remove, t.desk_remove())].map(|(d, label)| view! {
                        <label class="radio">
                            <input type="radio" name="decision" value=d.name() checked=chosen("decision", "") == d.name() required data-testid=format!("desk-{}", d.name()) />
                            <span>{label}</span>
                        </label>
                    })}
                </fieldset>
                <label class="field"><span>{t.desk_reason()}</span>
                    <select name="reason" data-testid="desk-reason">
                        <option value="">"–"</option>
                        {Reason::ALL.iter().map(|r| view! { <option value=r.name() selected=reason == r.name()>{t.offense_named(r.name())}</option> }).collect_view()}
                    </select>
                </label>
                <label class="field"><span>{t.desk_sanction()}</span>
                    <select name="sanction" data-testid="desk-sanction">
                        {Sanction::ALL.iter().map(|s| {
                            let label = t.sanction_named(s.name());
                            let label = if *s == proposed { format!("{label} ({})", t.desk_proposed()) } else { label.to_owned() };
                            view! { <option value=s.name() selected=follows == s.name()>{label}</option> }
                        }).collect_view()}
                    </select>
                </label>
                {earlier.then(|| view! {
                    <label class="check"><input type="checkbox" name="earlier" value="hide" data-testid="desk-earlier" /><span>{t.desk_hide_earlier()}</span></label>
                })}
                <Area name="text" label=t.desk_note() value=chosen("text", "") maxlength=MAX_TEXT testid="desk-note" />
                <Submit label=t.desk_decide().to_owned() testid="desk-send" sending=sent.state />
            </PostForm>
        </section>
    }
}

#[component]
fn Judging(view: DeskCaseView, sent: Sent<Judge>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    view! {
        <section class="panel">
            <h2>{t.appeal_title()}</h2>
            <PostForm sent class="form">
                <Hidden name="code" value=view.case.code.to_string() />
                <fieldset class="radio-list">
                    <legend class="visually-hidden">{t.appeal_title()}</legend>
                    {[("upheld", t.desk_uphold()), ("overturned", t.desk_overturn())].map(|(verdict, label)| view! {
                        <label class="radio">
                            <input type="radio" name="verdict" value=verdict checked=site.typed(JUDGE, "verdict").as_deref() == Some(verdict) required data-testid=format!("judge-{verdict}") />
                            <span>{label}</span>
                        </label>
                    })}
                </fieldset>
                <Area name="text" label=t.desk_note() value=site.typed(JUDGE, "text").unwrap_or_default() maxlength=MAX_TEXT testid="judge-note" />
                <Submit label=t.desk_decide().to_owned() testid="judge-send" sending=sent.state />
            </PostForm>
        </section>
    }
}
