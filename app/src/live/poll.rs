//! A poll or quiz of a room: what is asked, how long one may still answer, and what came of it; and the form that a host asks with.

use crate::{
    live::{
        api::{Ask, Vote},
        room::{Now, reads_on},
    },
    site::Site,
    ui::{Countdown, Field, FormError, Hidden, Icon, PostForm, Sent, problem_alert},
};
use domain::live::poll::{LASTS, MAX_QUESTION, MyVote, OPTIONS, PollFact};
use leptos::prelude::*;

const ASK: &str = "live/ask";
const NAMES: [&str; OPTIONS] = ["one", "two", "three", "four"];

/// The poll that the room shows, if there is one. `own`: of the host himself, who only looks.
#[component]
pub fn PollCard(code: String, own: bool, now: Now) -> impl IntoView {
    let code = StoredValue::new(code);
    let poll = Memo::new(move |_| now.facts.with(|f| f.poll.clone()));
    let which = Memo::new(move |_| poll.with(|p| p.as_ref().map(|p| (p.number, p.over))));
    // It is answered though the poll has closed meanwhile.
    let sent = Sent::<Vote>::nothing();
    Effect::new(move |_| {
        if let Some(vote) = sent.answer.get() {
            now.vote.set(Some(vote));
            reads_on(".room-poll summary");
        }
    });
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        // He has said something elsewhere.
        if sent.state.refused.with(|p| p.as_ref().is_some_and(|p| p.code == "voted")) {
            leptos::task::spawn_local(async move {
                if let Some(code) = code.try_get_value()
                    && let Ok(room) = crate::live::api::show(code).await
                {
                    now.vote.try_set(room.vote);
                }
            });
        }
    });
    // Another one is another card; of the same one only numbers change.
    move || {
        which.get()?;
        let fact = poll.get_untracked()?;
        Some(view! { <One fact poll code=code.get_value() own now sent /> })
    }
}

#[component]
fn One(
    fact: PollFact,
    poll: Memo<Option<PollFact>>,
    code: String,
    own: bool,
    now: Now,
    sent: Sent<Vote>,
) -> impl IntoView {
    let t = Site::get().texts();
    let (number, over, quiz, answer) = (fact.number, fact.over, fact.quiz, fact.answer);
    let mine = Memo::new(move |_| now.vote.get().filter(|v| v.number == number));
    let kept = StoredValue::new(fact.clone());
    let of = move || poll.get().filter(|p| p.number == number).unwrap_or_else(|| kept.get_value());
    let voters = Memo::new(move |_| of().voters);
    let votes = Memo::new(move |_| of().votes);
    let asks = move || !over && !own && mine.get().is_none();
    let at = now.time();
    let code = StoredValue::new(code);
    let options = StoredValue::new(fact.options);
    view! {
        <details open class="room-poll" data-testid="room-poll" data-number=number.to_string() data-state=move || if over { "over" } else if asks() { "open" } else { "voted" }>
            <summary>
                <em>{if quiz { t.ask_quiz() } else { t.ask_poll() }}</em>
                {if over { view! { <small>{t.ask_over()}</small> }.into_any() } else { view! { <Countdown deadline={fact.closes_at} now=at testid="poll-clock" /> }.into_any() }}
                <small data-testid="poll-voters" data-count=move || voters.get().to_string()>{move || t.ask_votes(voters.get())}</small>
                <b>{fact.question}</b>
            </summary>
            {move || sent.state.refused.get().map(|p| problem_alert(&p))}
            {move || if asks() && !now.known {
                view! { <a class="button small" href=format!("/login?next=/live/{}", code.get_value()) rel="external" data-testid="poll-login">{t.ask_login()}</a> }.into_any()
            } else if asks() {
                view! {
                    <PostForm sent login=true>
                        <Hidden name="code" value=code.get_value() />
                        <Hidden name="number" value=number.to_string() />
                        {(1_i64..).zip(options.get_value()).map(|(place, text)| view! {
                            <button type="submit" name="place" value=place.to_string() data-testid="poll-option">{text}</button>
                        }).collect_view()}
                    </PostForm>
                }.into_any()
            } else {
                view! { <Result options=options.get_value() votes mine answer hidden={quiz && !over} own={own && !over} /> }.into_any()
            }}
        </details>
    }
}

/// What came of it so far.
#[component]
fn Result(
    options: Vec<String>,
    votes: Memo<Vec<i64>>,
    mine: Memo<Option<MyVote>>,
    /// The place of the right one.
    answer: Option<i64>,
    /// Nobody is to know yet.
    hidden: bool,
    own: bool,
) -> impl IntoView {
    let t = Site::get().texts();
    let shares = Memo::new(move |_| domain::poll::shares(&votes.get()));
    let rows = (1_i64..).zip(options).map(|(place, text)| {
        let share = move || {
            let at = usize::try_from(place - 1).unwrap_or_default();
            shares.with(|s| s.get(at).copied().unwrap_or(0))
        };
        let chosen = move || mine.get().is_some_and(|m| m.place == place);
        view! {
            <li class:right={answer == Some(place)} class:mine=chosen data-testid="poll-result" data-share=move || (!hidden).then(|| share().to_string())>
                {(!hidden).then(|| view! { <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width=move || share().to_string() height="1" /></svg> })}
                <span>{text}{(answer == Some(place)).then(|| view! { " "<Icon name="check" /><em>{t.ask_answer()}</em> })}{move || chosen().then(|| view! { " "<em>{t.ask_yours()}</em> })}</span>
                {(!hidden).then(|| view! { <b>{move || format!("{} %", share())}</b> })}
            </li>
        }
    });
    view! {
        <ol>{rows.collect_view()}</ol>
        {hidden.then(|| view! { <small>{if own { t.ask_own() } else { t.ask_waits() }}</small> })}
    }
}

/// What a host asks everybody.
#[component]
pub fn Asking(code: String, now: Now, sells: impl Fn() -> bool + Copy + Send + Sync + 'static) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let sent = Sent::<Ask>::nothing();
    let open = Memo::new(move |_| now.facts.with(|f| f.poll.as_ref().is_some_and(|p| !p.over)));
    let sells = Memo::new(move |_| sells());
    let of = StoredValue::new(code.clone());
    let refused = site.flash(ASK).is_some();
    view! {
        <section class="panel studio-ask" id="ask">
            <h2>{t.ask_title()}</h2>
            <PollCard code own=true now />
            <FormError path=ASK sending=sent.state />
            {move || (sells.get() && !open.get()).then(|| view! {
                <details open=refused>
                    <summary class="button small" data-testid="ask-make"><Icon name="chart-no-axes-column" />{t.ask_make()}</summary>
                    <PostForm sent class="form" clear=true>
                        <Hidden name="code" value=of.get_value() />
                        <Field path=ASK name="question" label=t.ask_question() testid="ask-question" required=true maxlength={u16::try_from(MAX_QUESTION).unwrap_or(u16::MAX)} />
                        {(1_i64..).zip(NAMES).map(|(n, name)| {
                            let value = site.typed(ASK, name).unwrap_or_default();
                            view! {
                                <label class="field"><span>{t.ask_option(n)}</span>
                                    <input type="text" name=name value=value maxlength={domain::poll::MAX_OPTION} required={n <= 2} autocomplete="off" data-testid=format!("ask-{name}") />
                                </label>
                            }
                        }).collect_view()}
                        <label class="field"><span>{t.ask_right()}</span>
                            <select name="right" data-testid="ask-right">
                                <option value="">{t.ask_no_right()}</option>
                                {(1..=OPTIONS).map(|n| view! { <option value=n.to_string() selected={site.typed(ASK, "right").as_deref() == Some(n.to_string().as_str())}>{t.ask_option(i64::try_from(n).unwrap_or(0))}</option> }).collect_view()}
                            </select>
                        </label>
                        <label class="field"><span>{t.ask_lasts()}</span>
                            <select name="seconds" data-testid="ask-seconds">
                                {LASTS.map(|n| {
                                    let chosen = site.typed(ASK, "seconds").map_or(n == 60, |s| s == n.to_string());
                                    view! { <option value=n.to_string() selected=chosen>{if n < 60 { t.flash_seconds(n) } else { t.draw_minutes(n / 60) }}</option> }
                                })}
                            </select>
                        </label>
                        <p class="hint">{t.ask_hint()}</p>
                        <button type="submit" class="button primary" data-testid="ask-begin">{t.ask_begin()}</button>
                    </PostForm>
                </details>
            })}
            {move || (!sells.get()).then(|| view! { <p class="hint">{t.studio_draws_hint()}</p> })}
        </section>
    }
}
