//! Order in a room, at its host's desk: who may write, which words are not said, who keeps order with him, who is shut out.

use crate::{
    live::{
        api::{Ban, Moderator, Pin, Speaks as SaySpeaks, Words},
        room::Now,
    },
    site::Site,
    ui::{Field, FormError, Hidden, Icon, PostForm, Sent},
};
use domain::live::{FaceView, Speaks};
use leptos::prelude::*;

/// What holds in all rooms of the host, as it was read last.
#[derive(Clone, Copy)]
pub struct Kept {
    pub moderators: RwSignal<Vec<FaceView>>,
    pub banned: RwSignal<Vec<FaceView>>,
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
                    <label class="field"><span>{t.keep_words()}</span><textarea name="words" rows="5" data-testid="words">{words}</textarea></label>
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
                    <For each=move || kept.moderators.get() key=|f| f.handle.clone() children={move |face| { let handle = face.handle.clone(); view! {
                        <Person face testid="moderator">
                            <PostForm sent=keeper>
                                <Hidden name="code" value=code.get_value() />
                                <Hidden name="handle" value=handle />
                                <button type="submit" class="button small" name="on" value="0" data-testid="moderator-remove">{t.keep_remove()}</button>
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
                <FormError path="live/ban" sending=banned.state />
                {move || kept.banned.with(Vec::is_empty).then(|| view! { <p class="hint">{t.keep_nobody()}</p> })}
                <ul>
                    <For each=move || kept.banned.get() key=|f| f.handle.clone() children={move |face| { let handle = face.handle.clone(); view! {
                        <Person face testid="banned">
                            <PostForm sent=banned>
                                <Hidden name="code" value=code.get_value() />
                                <Hidden name="handle" value=handle />
                                <Hidden name="next" value="studio" />
                                <button type="submit" class="button small" name="on" value="0" data-testid="banned-back">{t.keep_back()}</button>
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
