//! The poll of a post: to answer it, and what came of it.

use crate::{
    post::api::Vote,
    site::Site,
    ui::{Hidden, PostForm, Sent, Submit, problem_alert},
};
use domain::poll::{Kind, OptionView, PollView, Shows};
use leptos::prelude::*;

/// The poll, which shows what was answered as soon as that has come.
#[component]
pub fn Poll(poll: PollView, code: String) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let sent = Sent::<Vote>::nothing();
    let first = poll.clone();
    let now = Memo::new(move |_| sent.answer.get().unwrap_or_else(|| first.clone()));
    let kind = poll.kind;
    let state = move || {
        if now.with(|p| p.closed) {
            "closed"
        } else if now.with(|p| p.voted) {
            "voted"
        } else {
            "open"
        }
    };
    view! {
        <section class="panel poll" id="poll" data-testid="poll" data-state=state data-kind=kind.name()>
            <h2>{t.poll_kind_named(kind.name())}</h2>
            <p class="hint">
                <span data-testid="poll-voters">{move || t.poll_voters(t.count(now.with(|p| p.voters)))}</span>
                " · "
                {if poll.closed { t.poll_closed_at(site.time(poll.closes_at)) } else { t.poll_closes_at(site.time(poll.closes_at)) }}
            </p>
            {move || sent.state.refused.get().map(|p| problem_alert(&p))}
            {move || {
                let poll = now.get();
                let sees = poll.options.iter().any(|o| o.votes.is_some());
                view! {
                    {(sees || poll.voted).then(|| view! { <Came poll=poll.clone() /> })}
                    {(!sees && !poll.may_vote).then(|| view! { <p class="hint">{t.poll_hidden_closed()}</p> })}
                    {(!sees && poll.may_vote).then(|| view! { <p class="hint">{match poll.shows {
                        Shows::Closed => t.poll_hidden_closed(),
                        Shows::Voted | Shows::Always => t.poll_hidden_voted(),
                    }}</p> })}
                    {poll.may_vote.then(|| view! { <Ask poll=poll.clone() code=code.clone() sent /> })}
                }
            }}
        </section>
    }
}

/// What came of it so far.
#[component]
fn Came(poll: PollView) -> impl IntoView {
    let t = Site::get().texts();
    let kind = poll.kind;
    let row = move |o: OptionView| {
        let mark = match (o.right, o.won, o.mine) {
            (Some(true), ..) => Some(t.poll_right()),
            (_, true, _) => Some(t.poll_leads()),
            _ => None,
        };
        let mine = o.mine.map(|n| if kind == Kind::Ranked { t.poll_mine_ranked(n) } else { t.poll_mine().to_owned() });
        let shown = o.votes.map(|v| view! { <b>{o.share}"%"</b><small>{t.count(v)}</small> });
        let width = format!("bar w{}", (o.share / 5).clamp(1, 20));
        view! {
            <li data-testid="poll-result" data-mine=o.mine.map(|n| n.to_string()) data-votes=o.votes data-right=o.right.map(|r| r.to_string()) class:won=o.won class:right={o.right == Some(true)}>
                <span>{o.text}{mark.map(|m| view! { <em class="flag">{m}</em> })}{mine.map(|m| view! { <em class="chip quiet">{m}</em> })}</span>
                <span class="poll-n">{shown}</span>
                {(o.votes.is_some_and(|v| v > 0)).then(|| view! { <i class=width aria-hidden="true"></i> })}
            </li>
        }
    };
    view! {
        <ol class="poll-came">{poll.options.into_iter().map(row).collect_view()}</ol>
        {(kind == Kind::Ranked && poll.rounds > 0).then(|| view! { <p class="hint">{t.poll_rounds(poll.rounds)}</p> })}
        {(kind == Kind::Several).then(|| view! { <p class="hint">{t.poll_of_people()}</p> })}
    }
}

/// The form that answers.
#[component]
fn Ask(poll: PollView, code: String, sent: Sent<Vote>) -> impl IntoView {
    let t = Site::get().texts();
    let me = Site::get().me().is_some();
    let (kind, many, voted) = (poll.kind, poll.options.len(), poll.voted);
    let input = move |(i, o): (usize, OptionView)| {
        match kind {
        Kind::Single | Kind::Quiz => view! {
            <label class="check"><input type="radio" name="pick" value=i checked=o.mine.is_some() required data-testid="poll-pick" /><span>{o.text}</span></label>
        }
        .into_any(),
        Kind::Several => view! {
            <label class="check"><input type="checkbox" name=format!("pick{i}") value="1" checked=o.mine.is_some() data-testid="poll-pick" /><span>{o.text}</span></label>
        }
        .into_any(),
        Kind::Ranked => view! {
            <label class="rank">
                <select name=format!("pick{i}") data-testid="poll-rank">
                    <option value="" selected=o.mine.is_none()>"–"</option>
                    {(1..=many).map(|n| view! { <option value=n selected={o.mine == i64::try_from(n).ok()}>{n}</option> }).collect_view()}
                </select>
                <span>{o.text}</span>
            </label>
        }
        .into_any(),
    }
    };
    let form = view! {
        <PostForm sent class="poll-ask" login=true>
            <Hidden name="code" value=code.clone() />
            <fieldset>
                <legend class="visually-hidden">{t.poll_kind_named(kind.name())}</legend>
                {(kind == Kind::Ranked).then(|| view! { <p class="hint">{t.poll_rank_hint()}</p> })}
                {poll.options.into_iter().enumerate().map(input).collect_view()}
            </fieldset>
            {if me {
                view! { <Submit label={if voted { t.poll_change() } else { t.poll_vote() }.to_owned()} testid="poll-vote" sending=sent.state /> }.into_any()
            } else {
                view! { <a class="button primary" href=format!("/login?next=/posts/{code}%23poll")>{t.poll_login()}</a> }.into_any()
            }}
        </PostForm>
    };
    if voted {
        view! { <details class="poll-again"><summary>{t.poll_change()}</summary>{form}</details> }.into_any()
    } else {
        form.into_any()
    }
}
