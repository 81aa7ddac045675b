//! Plays a room: hls.js where the browser takes media piece by piece, the browser itself where it plays lists.

use crate::site::Site;
use domain::live::{Facts, State};
use gloo_events::EventListener;
use js_sys::{Array, Function, Object, Reflect};
use leptos::{html::Video, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlVideoElement;

const NAME: &str = "Hls";

/// The player's own object, and how it is let go.
struct Player(JsValue);

fn call(of: &JsValue, name: &str, with: &[JsValue]) -> Option<JsValue> {
    let function: Function = Reflect::get(of, &name.into()).ok()?.dyn_into().ok()?;
    function.apply(of, &with.iter().collect::<Array>()).ok()
}

impl Drop for Player {
    fn drop(&mut self) {
        call(&self.0, "destroy", &[]);
    }
}

/// Settings that were measured: two seconds behind, without running after the end too fast.
fn settings(live: bool, at: i64) -> Object {
    let settings = Object::new();
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(&settings, &name.into(), &value);
    };
    set("enableWorker", false.into());
    set("lowLatencyMode", live.into());
    set("backBufferLength", 10.into());
    if live {
        set("maxLiveSyncPlaybackRate", 1.1.into());
        set("liveSyncOnStallIncrease", 0.2.into());
    } else {
        #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "seconds of a show")]
        set("startPosition", (at as f64).into());
    }
    settings
}

/// Whether media can be given to the browser piece by piece.
fn takes_pieces() -> bool {
    ["MediaSource", "ManagedMediaSource"]
        .into_iter()
        .any(|name| Reflect::get(&window(), &name.into()).is_ok_and(|v| !v.is_undefined()))
}

fn attach(video: &HtmlVideoElement, list: &str, live: bool, at: i64) -> Option<Player> {
    let class: Function = Reflect::get(&window(), &NAME.into()).ok()?.dyn_into().ok()?;
    let player = Reflect::construct(&class, &Array::of1(&settings(live, at))).ok()?;
    call(&player, "loadSource", &[list.into()])?;
    call(&player, "attachMedia", &[video.into()])?;
    Some(Player(player))
}

/// Loads the player once; what happens then.
fn load(then: impl Fn() + 'static) {
    if Reflect::get(&window(), &NAME.into()).is_ok_and(|v| !v.is_undefined()) {
        then();
        return;
    }
    let Ok(script) = document().create_element("script") else { return };
    let _ = script.set_attribute("src", &Site::get().asset("hls.js"));
    EventListener::once(&script, "load", move |_| then()).forget();
    if let Some(head) = document().head() {
        let _ = head.append_child(&script);
    }
}

/// Plays `list` for as long as the page is open; `at`: second that it begins with, and goes to when it changes.
pub(super) fn play(
    video: NodeRef<Video>,
    list: String,
    live: bool,
    at: impl Fn() -> i64 + Copy + Send + Sync + 'static,
    facts: RwSignal<Facts>,
) {
    let kept = StoredValue::new_local(None::<Player>);
    let start = StoredValue::new_local(None::<std::rc::Rc<dyn Fn()>>);
    on_cleanup(move || {
        kept.try_set_value(None);
    });
    Effect::new(move |_| {
        let Some(element) = video.get() else { return };
        let element: HtmlVideoElement = element;
        element.set_controls(!live);
        element.set_muted(true);
        if !takes_pieces() {
            // The list stands in the page; the browser plays it.
            let _ = element.play();
            return;
        }
        let list = list.clone();
        let begin = move || {
            kept.try_set_value(None);
            kept.try_set_value(attach(&element, &list, live, at()));
            let _ = element.play();
        };
        let begin = std::rc::Rc::new(begin);
        start.set_value(Some(begin.clone()));
        load(move || begin());
    });
    // Whoever sends again may have been away for so long that the list had ended.
    Effect::new(move |before: Option<State>| {
        let state = facts.with(|f| f.state);
        if before == Some(State::Paused)
            && state == State::Live
            && let Some(begin) = start.get_value()
        {
            begin();
        }
        state
    });
    Effect::new(move |before: Option<i64>| {
        let second = at();
        if before.is_some_and(|b| b != second)
            && let Some(video) = video.get_untracked()
        {
            #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "seconds of a show")]
            video.set_current_time(second as f64);
        }
        second
    });
}
