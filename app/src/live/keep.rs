//! Order in a room, at its host's desk: who may write, which words are not said, who keeps order with him, who is shut out.

use crate::{
    live::{
        api::{Ban, Moderator, Pin, Speaks as SaySpeaks, Words},
        room::Now,
    },
    site::Site,
    ui::{Area, Field, FormError, Hidden, Icon, PostForm, Sending, Sent, problem_alert},
};
use domain::live::{FaceView, MAX_WORD, MAX_WORDS, Speaks};
use leptos::prelude::*;

/// What holds in all rooms of the host, as it was read last.
#[derive(Clone, Copy)]
pub struct Kept {
    pub moderators: RwSignal<Vec<FaceView>>,
    pub banned: RwSignal<Vec<FaceView>>,
    /// Grows when they are to be asked for again.
    pub asks: RwSignal<u32>,
}

impl Kept {
    /// They are asked for when something that changes them is answered.
    pub fn heard(self, sending: Sending) {
        Effect::new(move |before: Option<u32>| {
            let answers = sending.answers.get();
            if before.is_some_and(|b| b != answers) {
                self.asks.try_update(|n| *n += 1);
            }
            answers
        });
    }
}

/// The line that stands on top; `next`: where it is looked at, by whoever may take it down (`keeps`).
#[component]
pub fn Pinned(code: String, keeps: bool, next: &'static str, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let code = StoredValue::new(code);
    let pinned = Memo::new(move |_| now.facts.with(|f| f.pinned.clone()));
    let sent = Sent::<Pin>::nothing();
    move || {
        pinned.get().map(|line| view! {
            {move || sent.state.refused.get().map(|p| problem_alert(&p))}
            <div class="room-note" data-testid="pinned-line" data-seq=line.seq.to_string()>
                <Icon name="pin" />
                <p><span class="visually-hidden">{t.keep_pinned()}" "</span><b>{line.name}</b>" "{line.text}</p>
                {keeps.then(|| view! {
                    <PostForm sent>
                        <Hidden name="code" value=code.get_value() />
                        <Hidden name="next" value=next />
                        <button type="submit" aria-label=t.keep_unpin() data-testid="line-unpin"><Icon name="x" /></button>
                    </PostForm>
                })}
            </div>
        })
    }
}

#[component]
pub fn Order(code: String, words: String, kept: Kept, now: Now) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let (speaks, listed, keeper, banned) =
        (Sent::<SaySpeaks>::nothing(), Sent::<Words>::nothing(), Sent::<Moderator>::nothing(), Sent::<Ban>::nothing());
    let who = Memo::new(move |_| now.facts.with(|f| f.speaks));
    kept.heard(keeper.state);
    kept.heard(banned.state);
    let words = site.typed("live/words", "words").unwrap_or(words);
    let code = StoredValue::new(code);
    let saved = move || listed.answer.get().is_some() && listed.state.refused.get().is_none();
    let named = move |who: Speaks| match who {
        Speaks::All => t.keep_all(),
        Speaks::Followers => t.keep_followers(),
        Speaks::Buyers => t.keep_buyers(),
    };
    view! {
        <section class="panel studio-order" id="order">
            <h2>{t.keep_title()}</h2>
            <FormError path="live/ban" sending=banned.state />
            <h3>{t.keep_speaks()}</h3>
            <FormError path="live/speaks" sending=speaks.state />
            <PostForm sent=speaks class="chips">
                <Hidden name="code" value=code.get_value() />
                {Speaks::ALL.iter().map(|one| view! {
                    <button type="submit" class="chip" name="who" value=one.name() aria-pressed=move || if who.get() == *one { "true" } else { "false" } data-testid="studio-speaks">{named(*one)}</button>
                }).collect_view()}
            </PostForm>
            <details open={site.flash("live/words").is_some()}>
                <summary class="button small" data-testid="words-open">{t.keep_words()}</summary>
                <FormError path="live/words" sending=listed.state />
                <PostForm sent=listed class="form">
                    <Hidden name="code" value=code.get_value() />
                    <Area name="words" label=t.keep_words() value=words maxlength={MAX_WORDS * (MAX_WORD + 1)} testid="words" />
                    <p class="hint">{t.keep_words_hint()}</p>
                    <button type="submit" class="button" data-testid="words-save">{t.keep_save()}</button>
                    <span role="status">{move || saved().then(|| t.keep_saved())}</span>
                </PostForm>
            </details>
            <details open={site.flash("live/moderator").is_some()}>
                <summary class="button small" data-testid="moderators-open">{t.keep_moderators()}" "<b>{move || kept.moderators.with(Vec::len)}</b></summary>
                <p class="hint">{t.keep_moderators_hint()}</p>
                <FormError path="live/moderator" sending=keeper.state />
                <ul>
                    <For each=move || kept.moderators.get() key=|f| f.handle.clone() children={move |face| { let (handle, name) = (face.handle.clone(), face.name.clone()); view! {
                        <Person face testid="moderator">
                            <PostForm sent=keeper>
                                <Hidden name="code" value=code.get_value() />
                                <Hidden name="handle" value=handle />
                                <button type="submit" class="button small" name="on" value="0" data-testid="moderator-remove">{t.keep_remove()}<span class="visually-hidden">" "{name}</span></button>
                            </PostForm>
                        </Person>
                    }}} />
                </ul>
                <PostForm sent=keeper class="form" clear=true>
                    <Hidden name="code" value=code.get_value() />
                    <Field path="live/moderator" name="handle" label=t.keep_handle() testid="moderator-handle" required=true />
                    <button type="submit" class="button" name="on" value="1" data-testid="moderator-add">{t.keep_add()}</button>
                </PostForm>
            </details>
            <details>
                <summary class="button small" data-testid="banned-open">{t.keep_banned()}" "<b>{move || kept.banned.with(Vec::len)}</b></summary>
                <p class="hint">{t.keep_banned_hint()}</p>
                {move || kept.banned.with(Vec::is_empty).then(|| view! { <p class="hint">{t.keep_nobody()}</p> })}
                <ul>
                    <For each=move || kept.banned.get() key=|f| f.handle.clone() children={move |face| { let (handle, name) = (face.handle.clone(), face.name.clone()); view! {
                        <Person face testid="banned">
                            <PostForm sent=banned>
                                <Hidden name="code" value=code.get_value() />
                                <Hidden name="handle" value=handle />
                                <Hidden name="next" value="studio" />
                                <button type="submit" class="button small" name="on" value="0" data-testid="banned-back">{t.keep_back()}<span class="visually-hidden">" "{name}</span></button>
                            </PostForm>
                        </Person>
                    }}} />
                </ul>
            </details>
        </section>
    }
}

/// Somebody, with what can be done about him.
#[component]
fn Person(face: FaceView, testid: &'static str, children: Children) -> impl IntoView {
    let FaceView { name, handle } = face;
    view! { <li data-testid=testid data-handle=handle.clone()><span><b>{name}</b><small>{format!("@{handle}")}</small></span>{children()}</li> }
}
