//! A challenge as more than one page shows it, and the button that votes in it.

use crate::{
    fail::Fail,
    site::Site,
    ui::{Hidden, Icon, Sent, Toggle},
};
use domain::{
    Code,
    challenge::{ChallengeCard, CompetesView, How, State},
    post::Tally,
};
use leptos::prelude::*;

/// I vote for a post that competes (`on`: `1`), or not any more.
///
/// # Errors
/// `login_needed` and those of [`shop::challenge::vote`].
#[server(prefix = "/api", endpoint = "challenge/vote", output = crate::fail::Answer)]
pub async fn vote(challenge: Code, post: Code, #[server(default)] on: String) -> Result<Tally, Fail> {
    use crate::request;
    let here = format!("/posts/{post}#competes-{challenge}");
    let (_, me) = request::allow_person("challenge/vote").inspect_err(|f| request::login_first(f, &here))?;
    let tally = shop::challenge::vote(&request::shop(), me.id, &challenge, &post, on == "1").await?;
    request::back_to(&here);
    Ok(tally)
}

/// What a challenge is about, and how far it is. `whole`: on its own page.
#[component]
pub fn ChallengePanel(card: ChallengeCard, #[prop(optional)] whole: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let path = format!("/challenges/{}", card.code);
    let state = card.state.name();
    let when = match card.state {
        State::Planned => t.challenge_begins(site.time(card.starts_at)),
        State::Open => t.challenge_ends(site.time(card.ends_at)),
        State::Judging | State::Decided => t.challenge_ended(site.time(card.ends_at)),
        State::Cancelled => String::new(),
    };
    let title = card.title.clone();
    view! {
        <section class="panel challenge-panel" data-testid="challenge" data-state=state data-code=card.code.to_string()>
            <p class="challenge-line"><em class="chip quiet">{t.challenge_state_named(state)}</em><a href=format!("/t/{}", card.topic)>"#"{card.topic.clone()}</a></p>
            {if whole {
                view! { <h2>{title}</h2> }.into_any()
            } else {
                view! { <h2><a href=path data-testid="challenge-open">{title}</a></h2> }.into_any()
            }}
            <p class="challenge-prize"><Icon name="trophy" />{card.prize}</p>
            {(!when.is_empty()).then(|| view! { <p class="hint">{when}</p> })}
            <p class="hint">{t.challenge_entries(card.entries)}{(card.how == How::Votes).then(|| view! { " · "{t.challenge_votes(card.votes)} })}</p>
        </section>
    }
}

/// What a post competes in, and the button that votes for it.
#[component]
pub fn Competes(competes: CompetesView, post: Code) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let CompetesView { code, title, how, state, ends_at, votes, left, own, place } = competes;
    let (open, voting) = (state == State::Open, how == How::Votes);
    let may = open && voting && !own;
    let id = format!("competes-{code}");
    let sent = Sent::<Vote>::nothing();
    let given = move || sent.answer.get().unwrap_or(votes);
    view! {
        <section class="panel competes" id=id data-testid="competes" data-state=state.name() data-place=place>
            <p><a href=format!("/challenges/{code}")><Icon name="trophy" />{title}</a></p>
            {place.map(|p| view! { <p><b>{t.challenge_place(p)}</b></p> })}
            {voting.then(|| view! { <p class="hint" data-testid="competes-votes">{move || t.challenge_votes(given().n)}</p> })}
            {may.then(|| view! {
                <Toggle sent tally=votes label=t.challenge_vote() done=t.challenge_voted() testid="challenge-vote" class="button small">
                    <Hidden name="challenge" value=code.to_string() />
                    <Hidden name="post" value=post.to_string() />
                </Toggle>
                <p class="hint">{move || match left + i64::from(votes.mine) - i64::from(given().mine) {
                    n if n > 0 => t.challenge_left(n),
                    _ => t.challenge_left_none(domain::challenge::VOTES_EACH),
                }}</p>
            })}
            {open.then(|| view! { <p class="hint">{t.challenge_ends(site.time(ends_at))}</p> })}
        </section>
    }
}
