//! An open page hears of its room: server-sent events, which the browser resumes by itself, from the last line that it has.

use super::{js, room::Now};
use crate::live::api::show;
use domain::{
    Code,
    live::{Frame, State},
};
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

/// A page that has missed something, or must ask for something else, does so after so long, ms, and not all pages at once.
const AGAIN: f64 = 1_000.0;
/// One that is not let in comes back after so long, ms.
const REFUSED: f64 = 3_000.0;
/// A line that is silent for so long is cut, though nobody says so: the other side says something every ten seconds, ms.
const SILENT: f64 = 25_000.0;
const LOOK: u32 = 5_000;
/// How far a raised hand is, is asked after so long, ms, and a little: as many pages ask at once as hands are up.
const HAND: f64 = 700.0;
/// How often something is asked for again that was not answered.
const TRIES: u32 = 5;
/// Hearts are told so often, ms; no more than so many.
const TELL: u32 = 1_000;
const MOST: u32 = 10;

struct Heard {
    source: EventSource,
    at: f64,
    _listeners: [EventListener; 2],
}

type Kept = StoredValue<Option<Heard>, LocalStorage>;

/// Later, each page at another moment. ms.
fn later(from: f64, then: impl FnOnce() + 'static) {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few seconds"
    )]
    let wait = js_sys::Math::random().mul_add(AGAIN, from) as u32;
    Timeout::new(wait, then).forget();
}

/// Draws the page anew, when what it shows by a state of the room is another.
#[derive(Clone, Copy)]
pub(super) struct Anew<F> {
    pub shows: fn(State) -> (bool, bool),
    pub draw: F,
    /// It is about to be asked how far my raised hand is.
    pub asks: StoredValue<bool>,
}

/// How often a page says how long somebody has seen it play, ms.
const WATCHES: f64 = 30_000.0;

/// Tells the room something that is only counted; nobody waits for it, and it goes out though the page is left.
pub(super) fn tell(code: &str, what: &str, n: i64) {
    let to = format!("/told/{code}?{what}={n}");
    // A form, though it holds nothing: the shop takes no other kinds.
    if let Ok(form) = web_sys::UrlSearchParams::new() {
        js::call(&window().navigator(), "sendBeacon", &[to.into(), form.into()]);
    }
}

/// Counts how long the picture plays and is seen, for as long as the page is open.
pub(super) fn watches(code: String) {
    let (watched, code) = (StoredValue::new_local(0.0_f64), StoredValue::new(code));
    let say = move || {
        let ms = watched.try_update_value(std::mem::take).unwrap_or(0.0);
        if ms > 0.0 {
            #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "milliseconds of a page")]
            code.try_with_value(|code| tell(code, "watched", ms as i64));
        }
    };
    let looking = Interval::new(LOOK, move || {
        let seen = js::get(&document(), "hidden").as_bool() == Some(false);
        let plays = |video: web_sys::Element| js::get(&video, "paused").as_bool() == Some(false);
        if seen && document().query_selector(".room-picture video").ok().flatten().is_some_and(plays) {
            let so_far = watched.try_update_value(|ms| {
                *ms += f64::from(LOOK);
                *ms
            });
            if so_far.is_some_and(|ms| ms >= WATCHES) {
                say();
            }
        }
    });
    let leaving = EventListener::new(&window(), "pagehide", move |_| say());
    let kept = StoredValue::new_local(Some((looking, leaving)));
    on_cleanup(move || {
        say();
        kept.try_set_value(None);
    });
}

/// Keeps `now` true for as long as the page is open. `who`: `desk` for the host, who does not come in to his own room.
pub(super) fn follow<F: Fn() + Copy + 'static>(code: &Code, now: Now, again: Anew<F>, who: &'static str) {
    let kept: Kept = StoredValue::new_local(None);
    let code = StoredValue::new(code.to_string());
    listen((code, who), now, kept, again);
    // The line is looked after: it may have been cut while the phone was away.
    let back = EventListener::new(&window(), "online", move |_| listen((code, who), now, kept, again));
    let looking = Interval::new(LOOK, move || {
        let silent = kept.try_with_value(|k| k.as_ref().is_some_and(|h| js_sys::Date::now() - h.at > SILENT));
        if silent == Some(true) {
            listen((code, who), now, kept, again);
        }
    });
    let looks_after = StoredValue::new_local(Some((back, looking)));
    on_cleanup(move || {
        looks_after.try_set_value(None);
        if let Some(heard) = kept.try_update_value(Option::take).flatten() {
            heard.source.close();
        }
    });
}

fn listen(
    (code, who): (StoredValue<String>, &'static str),
    now: Now,
    kept: Kept,
    again: Anew<impl Fn() + Copy + 'static>,
) {
    let (Some(room), Some(after)) = (code.try_get_value(), now.lines.try_with_untracked(|l| l.seq)) else { return };
    let Ok(source) = EventSource::new(&format!("/events/room-{room}?after={after}&{who}")) else { return };
    let heard = {
        let source = source.clone();
        move |event: &web_sys::Event| {
            let text = event.dyn_ref::<MessageEvent>().and_then(|m| m.data().as_string());
            let Some(frame) = text.and_then(|t| serde_json::from_str::<Frame>(&t).ok()) else { return };
            kept.try_update_value(|k| {
                if let Some(heard) = k {
                    heard.at = js_sys::Date::now();
                }
            });
            let other =
                now.lines.try_with_untracked(|l| l.seq) != Some(frame.seq) || !frame.gone.is_empty() || frame.anew;
            let missing = other && now.lines.try_update(|lines| lines.hear(&frame)).unwrap_or(false);
            take(frame, code, now, again);
            if missing {
                source.close();
                later(0.0, move || listen((code, who), now, kept, again));
            }
        }
    };
    // What is closed for good (too many listen, another version starts) does not come back by itself.
    let lost = {
        let source = source.clone();
        move |_: &web_sys::Event| {
            if source.ready_state() == EventSource::CLOSED {
                later(REFUSED, move || listen((code, who), now, kept, again));
            }
        }
    };
    let listeners = [EventListener::new(&source, "message", heard), EventListener::new(&source, "error", lost)];
    let fresh = Heard { source: source.clone(), at: js_sys::Date::now(), _listeners: listeners };
    // The page may be gone by now. What listened before is let go later: this may run inside of it.
    match kept.try_update_value(|k| k.replace(fresh)) {
        Some(before) => {
            if let Some(before) = &before {
                before.source.close();
            }
            drop(Timeout::new(0, move || drop(before)).forget());
        }
        None => source.close(),
    }
}

/// Asks what I have in a draw, until it is answered.
fn ask_mine(draw: Code, now: Now, tries: u32) {
    later(0.0, move || {
        leptos::task::spawn_local(async move {
            match crate::draw::api::mine(draw.to_string()).await {
                Ok(Some(mine)) => {
                    now.draw.try_set(Some(mine));
                }
                Ok(None) => {}
                Err(_) if tries > 0 => ask_mine(draw, now, tries - 1),
                Err(_) => {}
            }
        });
    });
}

/// Asks how far my raised hand is, a moment later and once for all that has changed until then.
fn ask_hand(code: StoredValue<String>, now: Now, asks: StoredValue<bool>) {
    if asks.try_update_value(|asks| std::mem::replace(asks, true)) != Some(false) {
        return;
    }
    later(HAND, move || {
        asks.try_set_value(false);
        leptos::task::spawn_local(async move {
            let Some(room) = code.try_get_value() else { return };
            if let Ok(hand) = crate::live::api::hand(room).await {
                now.hand.try_set(hand);
            }
        });
    });
}

/// Asks what is in the bag, until it is answered.
fn ask_bag(code: StoredValue<String>, now: Now, tries: u32) {
    later(0.0, move || {
        leptos::task::spawn_local(async move {
            let Some(room) = code.try_get_value() else { return };
            match show(room).await {
                Ok(room) => {
                    now.bag.try_set(room.bag);
                }
                Err(_) if tries > 0 => ask_bag(code, now, tries - 1),
                Err(_) => {}
            }
        });
    });
}

/// What is true now.
fn take(frame: Frame, code: StoredValue<String>, now: Now, again: Anew<impl Fn() + Copy + 'static>) {
    let Some(facts) = frame.facts else { return };
    let Some(before) = now.facts.try_get_untracked() else { return };
    if before == facts {
        return;
    }
    if before.skus != facts.skus {
        now.bag.try_update(|bag| bag.iter_mut().for_each(|i| i.hear(&facts.skus)));
    }
    // What came of it is asked for when it is over: somebody may have joined at the last moment, and not know it yet.
    let over = facts.draw.as_ref().filter(|d| d.drawn).map(|d| d.code.clone());
    let was = before.draw.as_ref().filter(|d| d.drawn).map(|d| d.code.clone());
    if let Some(draw) = over.filter(|over| now.known && was.as_ref() != Some(over)) {
        ask_mine(draw, now, TRIES);
    }
    let raised = now.hand.try_with_untracked(Option::is_some) == Some(true);
    // Those who come behind me change nothing.
    let (was_hands, hands) = (&before.hands, &facts.hands);
    if raised && (hands.waiting < was_hands.waiting || hands.called != was_hands.called || hands.open != was_hands.open)
    {
        ask_hand(code, now, again.asks);
    }
    let other_picture = (again.shows)(before.state) != (again.shows)(facts.state);
    let other_bag = before.bag != facts.bag;
    now.facts.try_set(facts);
    if other_picture {
        later(0.0, move || {
            // Nobody looks any more.
            if now.facts.try_with_untracked(|_| ()).is_some() {
                (again.draw)();
            }
        });
    } else if other_bag {
        ask_bag(code, now, TRIES);
    }
}

/// Counts hearts as they are tapped, shows them at once, and tells them once a second. What a tap calls.
pub(super) fn hearts(code: String, risen: RwSignal<u32>) -> impl Fn() + Clone {
    let waiting = StoredValue::new(0_u32);
    let telling = StoredValue::new_local(None::<Interval>);
    on_cleanup(move || {
        telling.try_set_value(None);
    });
    move || {
        risen.try_update(|n| *n += 1);
        waiting.try_update_value(|n| *n = (*n + 1).min(MOST));
        if telling.try_with_value(Option::is_some) != Some(false) {
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
                // Not now: this runs inside of it.
                Timeout::new(0, move || drop(telling.try_set_value(None))).forget();
            }
        });
        telling.try_set_value(Some(tick));
    }
}
