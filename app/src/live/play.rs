//! Plays a room: hls.js where the browser takes media piece by piece, the browser itself where it plays lists.

use super::js::{call, get, known, make, object, set, text, wait};
use super::{api::along, room::Now};
use crate::site::Site;
use domain::live::{AlongView, Chapter, LINES, Line, LineView, State, clip};
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use js_sys::Promise;
use leptos::{html::Video, prelude::*};
use std::rc::Rc;
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

const NAME: &str = "Hls";
/// What was lost for good is begun anew after so long, ms.
const ANEW: u32 = 2_000;

/// What hls.js says of an error.
type Fault = Closure<dyn Fn(JsValue, JsValue)>;

/// The player's own object, and how it is let go.
struct Player {
    object: JsValue,
    _fault: Fault,
}

impl Drop for Player {
    fn drop(&mut self) {
        call(&self.object, "destroy", &[]);
    }
}

/// Settings that were measured: two seconds behind, without running after the end too fast.
fn settings(live: bool, at: i64) -> JsValue {
    let settings =
        object([("enableWorker", false.into()), ("lowLatencyMode", live.into()), ("backBufferLength", 10.into())]);
    if live {
        set(&settings, "maxLiveSyncPlaybackRate", 1.1);
        set(&settings, "liveSyncOnStallIncrease", 0.2);
    } else {
        #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "seconds of a show")]
        set(&settings, "startPosition", at as f64);
    }
    settings
}

/// Whether media can be given to the browser piece by piece.
fn takes_pieces() -> bool {
    known("MediaSource") || known("ManagedMediaSource")
}

/// Plays; where the browser wants to be asked first, its own controls are shown.
fn start(video: &HtmlVideoElement) {
    let Ok(playing) = video.play() else { return };
    let video = video.clone();
    leptos::task::spawn_local(async move {
        let playing: Promise = playing;
        if JsFuture::from(playing).await.is_err() && video.paused() && video.is_connected() {
            video.set_controls(true);
        }
    });
}

fn attach(video: &HtmlVideoElement, list: &str, live: bool, at: i64, again: Rc<dyn Fn()>) -> Option<Player> {
    let object = make(NAME, &[settings(live, at)])?;
    let of = object.clone();
    let fault = Fault::new(move |_: JsValue, said: JsValue| {
        if !get(&said, "fatal").is_truthy() {
            return;
        }
        if text(&said, "type") == "mediaError" {
            call(&of, "recoverMediaError", &[]);
        } else {
            let again = again.clone();
            Timeout::new(ANEW, move || again()).forget();
        }
    });
    call(&object, "on", &["hlsError".into(), fault.as_ref().clone()])?;
    call(&object, "loadSource", &[list.into()])?;
    call(&object, "attachMedia", &[video.into()])?;
    Some(Player { object, _fault: fault })
}

/// Loads the player once; what happens then, and when it does not come.
fn load(then: impl Fn() + 'static, otherwise: impl Fn() + 'static) {
    if known(NAME) {
        then();
        return;
    }
    let Ok(script) = document().create_element("script") else { return };
    let _ = script.set_attribute("src", &Site::get().asset("hls.js"));
    EventListener::once(&script, "load", move |_| then()).forget();
    EventListener::once(&script, "error", move |_| otherwise()).forget();
    if let Some(head) = document().head() {
        let _ = head.append_child(&script);
    }
}

/// Whether the browser shows a video apart from its page: in a window of its own, beside everything else.
pub(super) fn stands_apart(video: &HtmlVideoElement) -> bool {
    const MODE: &str = "picture-in-picture";
    get(&document(), "pictureInPictureEnabled").is_truthy()
        || call(video, "webkitSupportsPresentationMode", &[MODE.into()]).is_some_and(|may| may.is_truthy())
}

/// Shows it there, or here again.
pub(super) fn stand_apart(video: &HtmlVideoElement) {
    if get(&document(), "pictureInPictureEnabled").is_truthy() {
        let (of, name) = if get(&document(), "pictureInPictureElement").is_truthy() {
            (document().into(), "exitPictureInPicture")
        } else {
            (JsValue::from(video), "requestPictureInPicture")
        };
        leptos::task::spawn_local(async move {
            // Not before there is a picture: then nothing happens.
            let _ = wait(&of, name, &[]).await;
        });
        return;
    }
    let here = text(video, "webkitPresentationMode") == "inline";
    call(video, "webkitSetPresentationMode", &[if here { "picture-in-picture" } else { "inline" }.into()]);
}

/// What goes along with the picture.
pub(super) enum Along {
    /// What happens in a room, or happened.
    Room { live: bool, code: String, now: Now, chapters: Vec<Chapter> },
    /// Nothing: what was cut out of it is played.
    Clip,
}

/// The picture may have come to something else a moment later, ms.
const SOON: u32 = 200;

/// Shows what is explained when the picture has come to it.
fn explain_along(now: Now, moment: impl Fn() -> Option<f64> + Copy + 'static) {
    let explains = Memo::new(move |_| now.facts.with(|f| (f.explains, f.explains_at)));
    Effect::new(move |before: Option<()>| {
        // Asked for, not only followed: a memo that nobody has read follows nothing itself.
        let _ = explains.get();
        // What the page was made with stands there.
        if before.is_some() {
            explain(now, moment);
        }
    });
}

fn explain(now: Now, moment: impl Fn() -> Option<f64> + Copy + 'static) {
    let Some((place, at)) = now.facts.try_with_untracked(|f| (f.explains, f.explains_at)) else { return };
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
    let seen = moment().filter(|seen| *seen > 0.0).map(|seen| seen as i64);
    let wait = clip::wait(at, seen, now.time());
    if wait > 0 {
        let wait = u32::try_from(wait).unwrap_or(SOON).max(SOON);
        Timeout::new(wait, move || explain(now, moment)).forget();
    } else if now.explained.try_get_untracked() != Some(place) {
        now.explained.try_set(place);
    }
}

/// Shows what was said and what was explained up to the moment that is seen. `moment`: that moment, ms; none as long as nothing is seen.
fn talk_along(code: String, now: Now, chapters: Vec<Chapter>, moment: impl Fn() -> Option<f64> + 'static) {
    const EVERY: u32 = 1_000;
    // What was drawn can be checked at every moment.
    let drawn = now.lines.with_untracked(|l| l.lines.iter().filter(|l| l.kind == Line::Drawn).cloned().collect());
    let drawn = StoredValue::<Vec<LineView>>::new(drawn);
    let known = StoredValue::new(None::<(i64, AlongView)>);
    let asks = StoredValue::new(false);
    let ticks = Interval::new(EVERY, move || {
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
        let Some(at) = moment().filter(|at| *at > 0.0).map(|at| at as i64) else { return };
        let explained = clip::explained(&chapters, at);
        if now.explained.try_get_untracked() != Some(explained) {
            now.explained.try_set(explained);
        }
        let holds = known.try_with_value(|k| k.as_ref().is_some_and(|(from, a)| (*from..=a.until).contains(&at)));
        if holds == Some(false) && asks.try_get_value() == Some(false) {
            asks.try_set_value(true);
            let code = code.clone();
            leptos::task::spawn_local(async move {
                if let Ok(view) = along(code, at).await {
                    known.try_set_value(Some((at, view)));
                }
                asks.try_set_value(false);
            });
        }
        let shown = known.try_with_value(|k| {
            let (from, view) = k.as_ref()?;
            (*from..=view.until).contains(&at).then(|| {
                let said: Vec<LineView> = view.lines.iter().filter(|l| l.at <= at).cloned().collect();
                let first = said.len().saturating_sub(usize::try_from(LINES).unwrap_or(usize::MAX));
                let mut said = said.get(first..).unwrap_or_default().to_vec();
                drawn.try_with_value(|drawn| said.extend(drawn.iter().filter(|d| d.at > at).cloned()));
                said
            })
        });
        if let Some(Some(shown)) = shown
            && now.lines.try_with_untracked(|l| l.lines != shown) == Some(true)
        {
            now.lines.try_update(|l| l.lines = shown);
        }
    });
    let kept = StoredValue::new_local(Some(ticks));
    on_cleanup(move || {
        kept.try_set_value(None);
    });
}

/// Plays `list` for as long as the page is open; `at`: second that it begins with, and goes to when it changes.
pub(super) fn play(
    video: NodeRef<Video>,
    list: String,
    at: impl Fn() -> i64 + Copy + Send + Sync + 'static,
    along: Along,
) {
    let live = matches!(along, Along::Room { live: true, .. });
    let kept = StoredValue::new_local(None::<Player>);
    let begin = StoredValue::new_local(None::<Rc<dyn Fn()>>);
    on_cleanup(move || {
        kept.try_set_value(None);
        begin.try_set_value(None);
    });
    Effect::new(move |_| {
        let Some(element) = video.get() else { return };
        let element: HtmlVideoElement = element;
        element.set_controls(!live);
        element.set_muted(true);
        let (list, shown) = (list.clone(), element.clone());
        let pieces = takes_pieces();
        let anew = move || {
            // The page may be gone by now, and what listens inside of the player runs yet.
            let Some(before) = kept.try_update_value(Option::take) else { return };
            Timeout::new(0, move || drop(before)).forget();
            if pieces {
                let again = move || {
                    if let Some(Some(begin)) = begin.try_get_value() {
                        begin();
                    }
                };
                kept.try_set_value(attach(&shown, &list, live, untrack(at), Rc::new(again)));
            } else {
                // The list stands in the page; the browser plays it.
                shown.load();
            }
            start(&shown);
        };
        let anew: Rc<dyn Fn()> = Rc::new(anew);
        begin.set_value(Some(anew.clone()));
        if pieces {
            load(move || anew(), move || element.set_controls(true));
        } else {
            start(&element);
        }
    });
    let moment = move || {
        let video = video.try_get_untracked()??;
        let of = |at: JsValue| call(&at, "getTime", &[])?.as_f64();
        let object = kept.try_with_value(|k| k.as_ref().map(|p| p.object.clone()))?;
        match object {
            Some(object) => of(get(&object, "playingDate")),
            None => Some(of(call(&video, "getStartDate", &[])?)? + video.current_time() * 1_000.0),
        }
    };
    match along {
        Along::Room { live: true, now, .. } => {
            explain_along(now, moment);
            // Whoever sends again may have been away for so long that the list had ended.
            Effect::new(move |before: Option<State>| {
                let state = now.facts.with(|f| f.state);
                if before == Some(State::Paused)
                    && state == State::Live
                    && let Some(begin) = begin.get_value()
                {
                    begin();
                }
                state
            });
        }
        Along::Room { code, now, chapters, .. } => talk_along(code, now, chapters, moment),
        Along::Clip => {}
    }
    Effect::new(move |before: Option<i64>| {
        let second = at();
        if before.is_some_and(|b| b != second)
            && let Some(video) = video.get_untracked()
        {
            #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "seconds of a show")]
            video.set_current_time(second as f64);
            start(&video);
        }
        second
    });
}
