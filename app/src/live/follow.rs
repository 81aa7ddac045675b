//! An open page hears of its room: server-sent events, which the browser resumes by itself, from the last line that it has.

use super::room::Now;
use crate::live::api::show;
use domain::{Code, live::Frame};
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

/// A page that has missed something asks again after so long, ms: not all at once.
const AGAIN: u32 = 1_000;
/// Hearts are told so often, ms; no more than so many.
const TELL: u32 = 1_000;
const MOST: u32 = 10;

struct Heard {
    source: EventSource,
    _listener: EventListener,
}

/// Keeps `now` true for as long as the page is open. `again`: draws the page anew, when there is another picture to show.
pub(super) fn follow(code: &Code, now: Now, again: impl Fn() + Copy + 'static) {
    let kept = StoredValue::new_local(None::<Heard>);
    let code = StoredValue::new(code.to_string());
    listen(code, now, kept, again);
    on_cleanup(move || {
        if let Some(heard) = kept.try_update_value(Option::take).flatten() {
            heard.source.close();
        }
    });
}

fn listen(
    code: StoredValue<String>,
    now: Now,
    kept: StoredValue<Option<Heard>, LocalStorage>,
    again: impl Fn() + Copy + 'static,
) {
    let (Some(room), Some(after)) = (code.try_get_value(), now.lines.try_with_untracked(|l| l.seq)) else { return };
    let Ok(source) = EventSource::new(&format!("/events/room-{room}?after={after}")) else { return };
    let heard = {
        let source = source.clone();
        move |event: &web_sys::Event| {
            let text = event.dyn_ref::<MessageEvent>().and_then(|m| m.data().as_string());
            let Some(frame) = text.and_then(|t| serde_json::from_str::<Frame>(&t).ok()) else { return };
            let missing = !frame.lines.is_empty()
                || !frame.gone.is_empty()
                || frame.anew
                || now.lines.try_with_untracked(|l| l.seq) != Some(frame.seq);
            let missing = missing && now.lines.try_update(|lines| lines.hear(&frame)).unwrap_or(false);
            take(frame, code, now, again);
            if missing {
                source.close();
                let spread = js_sys::Math::random() * f64::from(AGAIN);
                #[expect(
                    clippy::as_conversions,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "milliseconds below two seconds"
                )]
                Timeout::new(AGAIN + spread as u32, move || listen(code, now, kept, again)).forget();
            }
        }
    };
    let listener = EventListener::new(&source, "message", heard);
    let before = kept.try_update_value(|k| k.replace(Heard { source: source.clone(), _listener: listener }));
    // The page may be gone by now.
    if before.is_none() {
        source.close();
    }
}

/// What is true now.
fn take(frame: Frame, code: StoredValue<String>, now: Now, again: impl Fn() + Copy + 'static) {
    let Some(facts) = frame.facts else { return };
    let Some(before) = now.facts.try_get_untracked() else { return };
    if before == facts {
        return;
    }
    if before.skus != facts.skus {
        now.bag.try_update(|bag| bag.iter_mut().for_each(|i| i.hear(&facts.skus)));
    }
    let (other_bag, begun_or_over) = (before.bag != facts.bag, before.state.sells() != facts.state.sells());
    now.facts.try_set(facts);
    if begun_or_over {
        again();
    } else if other_bag {
        leptos::task::spawn_local(async move {
            let Some(room) = code.try_get_value() else { return };
            if let Ok(room) = show(room).await {
                now.bag.try_set(room.bag);
            }
        });
    }
}

/// Counts hearts as they are tapped, shows them at once, and tells them once a second. What a tap calls.
pub(super) fn hearts(code: String, risen: RwSignal<u32>) -> impl Fn() + Clone {
    let waiting = StoredValue::new(0_u32);
    let telling = StoredValue::new_local(None::<Interval>);
    on_cleanup(move || telling.set_value(None));
    move || {
        risen.update(|n| *n += 1);
        waiting.update_value(|n| *n = (*n + 1).min(MOST));
        if telling.with_value(Option::is_some) {
            return;
        }
        let code = code.clone();
        let tick = Interval::new(TELL, move || {
            let many = waiting.try_update_value(std::mem::take).unwrap_or(0);
            if many > 0 {
                let code = code.clone();
                leptos::task::spawn_local(async move {
                    let _ = crate::live::api::heart(code, i64::from(many)).await;
                });
            } else {
                telling.try_set_value(None);
            }
        });
        telling.set_value(Some(tick));
    }
}
