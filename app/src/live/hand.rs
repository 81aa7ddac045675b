//! Raised hands: who wants to speak with the host, and whom he calls.

use crate::{
    live::{
        api::{Call, Lower, Raise, TakeHands},
        room::{Now, reads_on},
    },
    site::Site,
    ui::{FormError, Hidden, Icon, PostForm, Sent, problem_alert},
};
use domain::live::{HandView, MAX_HAND};
use leptos::prelude::*;

/// What a viewer raises his hand with, and how far he is. `own`: the host's, who only sees whose turn it is.
#[component]
pub fn Hand(code: String, own: bool, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let code = StoredValue::new(code);
    let open = Memo::new(move |_| now.facts.with(|f| f.hands.open));
    // Whoever is called himself is told so where his hand is.
    let called = Memo::new(move |_| {
        let mine = now.hand.with(|h| h.is_some_and(|h| h.called));
        now.facts.with(|f| f.hands.called.clone()).filter(|_| !mine)
    });
    view! {
        {move || called.get().map(|name| view! { <p class="room-called" data-testid="hand-now"><Icon name="mic" />{t.hand_now(name)}</p> })}
        {move || (open.get() && !own).then(|| view! { <Mine code=code.get_value() now /> })}
    }
}

#[component]
fn Mine(code: String, now: Now) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let (raised, lowered) = (Sent::<Raise>::nothing(), Sent::<Lower>::nothing());
    Effect::new(move |_| {
        if let Some(hand) = raised.answer.get() {
            now.hand.set(hand);
            reads_on("#hand");
        }
    });
    Effect::new(move |_| {
        if lowered.answer.get().is_some() {
            now.hand.set(None);
            reads_on("#hand");
        }
    });
    let waiting = Memo::new(move |_| now.facts.with(|f| f.hands.waiting));
    let up = Memo::new(move |_| now.hand.get());
    // While others come and go only the words change.
    let is_up = Memo::new(move |_| up.with(Option::is_some));
    let far = move || match up.get() {
        Some(hand) if hand.called => t.hand_called().to_owned(),
        Some(hand) if hand.ahead == 0 => t.hand_next().to_owned(),
        Some(hand) => t.hand_ahead(hand.ahead),
        None => String::new(),
    };
    let known = now.known;
    let code = StoredValue::new(code);
    let words = site.typed("live/raise", "words").unwrap_or_default();
    let words = StoredValue::new(words);
    let refused = site.flash("live/raise").is_some();
    view! {
        <div class="room-hand" id="hand" tabindex="-1" data-testid="hand" data-state=move || up.get().map_or("down", |h| if h.called { "called" } else { "up" })>
            {move || [raised.state, lowered.state].map(|s| s.refused.get().map(|p| problem_alert(&p)))}
            <p class="room-far" role="status" hidden=move || !is_up.get() data-testid="hand-place" data-ahead=move || up.get().map(|h| h.ahead.to_string())><Icon name="hand" />{far}</p>
            {move || if is_up.get() {
                view! {
                    <PostForm sent=lowered>
                        <Hidden name="code" value=code.get_value() />
                        <button type="submit" data-testid="hand-lower">{t.hand_lower()}</button>
                    </PostForm>
                }.into_any()
            } else if !known {
                view! {
                    <a href=format!("/login?next=/live/{}", code.get_value()) rel="external" data-testid="hand-login"><Icon name="hand" />{t.hand_login()}</a>
                }.into_any()
            } else {
                view! {
                    <details open=refused>
                        <summary data-testid="hand-open"><Icon name="hand" />{t.hand_raise()}<small>{move || t.hand_waiting(waiting.get())}</small></summary>
                        <PostForm sent=raised login=true>
                            <Hidden name="code" value=code.get_value() />
                            <input type="text" name="words" value=words.get_value() maxlength=MAX_HAND autocomplete="off" placeholder=t.hand_words() aria-label=t.hand_words() data-testid="hand-words" />
                            <button type="submit" data-testid="hand-raise">{t.hand_send()}</button>
                        </PostForm>
                    </details>
                }.into_any()
            }}
        </div>
    }
}

/// Who waits, at the host's desk.
#[component]
pub fn Queue(code: String, hands: RwSignal<Vec<HandView>>, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let (take, call) = (Sent::<TakeHands>::nothing(), Sent::<Call>::nothing());
    let open = Memo::new(move |_| now.facts.with(|f| f.hands.open));
    let code = StoredValue::new(code);
    view! {
        <section class="panel studio-hands" id="hands">
            <h2>{t.hand_studio()}</h2>
            <p class="hint">{t.hand_hint()}</p>
            <FormError path="live/take_hands" sending=take.state />
            <FormError path="live/call" sending=call.state />
            <PostForm sent=take class="chips">
                <Hidden name="code" value=code.get_value() />
                <button type="submit" class="chip" name="on" value=move || if open.get() { "0" } else { "1" } aria-pressed=move || if open.get() { "true" } else { "false" } data-testid="hands-take">{t.hand_take()}</button>
            </PostForm>
            {move || (open.get() && hands.with(Vec::is_empty)).then(|| view! { <p class="hint">{t.hand_none()}</p> })}
            <ol>
                <For each=move || if open.get() { hands.get() } else { Vec::new() } key=|h| (h.of.handle.clone(), h.called, h.words.clone()) children={move |hand| {
                    let HandView { of, words, called, .. } = hand;
                    let (handle, name) = (of.handle.clone(), of.name.clone());
                    view! {
                        <li data-testid="hand-waits" data-handle=handle data-state=if called { "called" } else { "waits" }>
                            <span><b>{of.name}</b>{(!words.is_empty()).then(|| view! { <small>{words}</small> })}</span>
                            <PostForm sent=call>
                                <Hidden name="code" value=code.get_value() />
                                {if called {
                                    view! { <button type="submit" class="button small" name="handle" value="" data-testid="hand-done">{t.hand_done()}<span class="visually-hidden">" "{name}</span></button> }.into_any()
                                } else {
                                    view! { <button type="submit" class="button primary small" name="handle" value=of.handle data-testid="hand-call">{t.hand_call()}<span class="visually-hidden">" "{name}</span></button> }.into_any()
                                }}
                            </PostForm>
                        </li>
                    }
                }} />
            </ol>
        </section>
    }
}
