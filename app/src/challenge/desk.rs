//! The desk of the shop: challenges, and the form that makes one.

use crate::{
    challenge::api::{Cancel, Create, desk},
    fail::Fail,
    site::Site,
    ui::{Area, ChallengePanel, Field, FormError, Head, Hidden, Page, PostForm, Sent, Submit, loaded, posts_to},
};
use domain::challenge::{ChallengesView, How, MAX_PRIZE, MAX_RULES, State};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const CREATE: &str = "challenge/create";
const CANCEL: &str = "challenge/cancel";

pub struct ChallengeDeskPage {
    view: Resource<Result<(ChallengesView, String), Fail>>,
}

impl ChallengeDeskPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/challenges".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { view: Resource::new(move || query.with(|q| q.get("after").unwrap_or_default()), desk) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |(view, key)| {
            view! {
                <Head title=t.challenge_title().to_owned() private=true />
                <Page title=t.challenge_title().to_owned() back="/admin" tab="me" class="narrow">
                    <New key />
                    <FormError path=CANCEL />
                    {view.challenges.into_iter().map(|card| {
                        let (code, open) = (card.code.to_string(), !matches!(card.state, State::Decided | State::Cancelled));
                        view! {
                            <ChallengePanel card />
                            {open.then(|| view! {
                                <details class="challenge-cancel">
                                    <summary class="button small">{t.challenge_cancel()}</summary>
                                    <form method="post" action={posts_to::<Cancel>()}>
                                        <Hidden name="code" value=code />
                                        <p class="hint">{t.challenge_cancel_hint()}</p>
                                        <button type="submit" class="button danger small" data-testid="challenge-cancel">{t.challenge_cancel()}</button>
                                    </form>
                                </details>
                            })}
                        }
                    }).collect_view()}
                    {view.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/challenges?after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// The form that makes one; what was typed into a refused one stands in it again.
#[component]
fn New(
    /// Makes it once, however often it is sent.
    key: String,
) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let sent = Sent::<Create>::nothing();
    let typed = move |name: &str| site.typed(CREATE, name).unwrap_or_default();
    let chosen = site.typed(CREATE, "how").unwrap_or_else(|| How::Votes.name().to_owned());
    let hows = [(How::Votes, t.challenge_by_votes()), (How::Jury, t.challenge_by_jury())];
    view! {
        <details class="panel" open=site.flash(CREATE).is_some()>
            <summary class="button primary" data-testid="challenge-make">{t.challenge_make()}</summary>
            <FormError path=CREATE sending=sent.state />
            <PostForm sent class="form">
                <Hidden name="key" value=site.typed(CREATE, "key").unwrap_or(key) />
                <Field path=CREATE name="topic" label=t.challenge_topic() testid="challenge-topic" required=true />
                <Field path=CREATE name="title" label=t.challenge_name() maxlength=30 testid="challenge-name" required=true />
                <Area name="rules" label=t.challenge_rules() value=typed("rules") maxlength=MAX_RULES testid="challenge-rules" />
                <Area name="prize" label=t.challenge_prize() value=typed("prize") maxlength=MAX_PRIZE testid="challenge-prize" />
                <fieldset class="radio-list">
                    <legend>{t.challenge_how()}</legend>
                    {hows.map(|(how, label)| view! {
                        <label class="radio"><input type="radio" name="how" value=how.name() checked={chosen == how.name()} /><span>{label}</span></label>
                    }).collect_view()}
                </fieldset>
                <div class="pairs">
                    <Field path=CREATE name="winners" label=t.challenge_places() value="3".to_owned() inputmode="numeric" testid="challenge-places" />
                    <Field path=CREATE name="days" label=t.challenge_days() value="7".to_owned() inputmode="numeric" testid="challenge-days" />
                </div>
                <Field path=CREATE name="starts" kind="date" label=t.challenge_starts() testid="challenge-starts" />
                <p class="hint">{t.challenge_make_hint()}</p>
                <Submit label=t.challenge_create().to_owned() testid="challenge-create" sending=sent.state />
            </PostForm>
        </details>
    }
}
