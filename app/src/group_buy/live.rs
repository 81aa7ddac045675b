//! An open page hears of its team: server-sent events, which the browser resumes by itself; where they do not come through,
//! it asks every few seconds.

use domain::group_buy::{InviteView, Standing, State, TeamView};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

/// Asks so often when nothing is heard, ms.
const POLL: u32 = 5_000;

/// Keeps `team` and `standing` true for as long as the page is open. `again`: loads the page's own part anew.
pub fn follow(
    invite: &InviteView,
    team: RwSignal<TeamView>,
    standing: RwSignal<Standing>,
    again: impl Fn() + Copy + 'static,
) {
    if invite.team.state != State::Forming {
        return;
    }
    let begun = js_sys::Date::now();
    let invite = StoredValue::new(invite.clone());
    let look = move || {
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "milliseconds since the page was opened"
        )]
        let passed = (js_sys::Date::now() - begun) as i64;
        let (Some(now), Some(fresh)) =
            (invite.try_with_value(|v| v.now + passed), team.try_with_untracked(Clone::clone))
        else {
            return;
        };
        let stands = invite.with_value(|v| v.stands(&fresh, now));
        if standing.get_untracked() != stands {
            standing.set(stands);
        }
    };
    let Ok(source) = EventSource::new(&format!("/events/team-{}", invite.with_value(|v| v.code.to_string()))) else {
        return;
    };
    let any = StoredValue::new_local(false);
    let heard = {
        let source = source.clone();
        move |event: &web_sys::Event| {
            let text = event.dyn_ref::<MessageEvent>().and_then(|m| m.data().as_string());
            let Some(fresh) = text.and_then(|t| serde_json::from_str::<TeamView>(&t).ok()) else { return };
            any.set_value(true);
            let over = fresh.state != State::Forming;
            // What is told at the start mostly says what the page shows already.
            let Some(changed) = team.try_with_untracked(|t| *t != fresh) else { return };
            if changed {
                team.set(fresh);
            }
            look();
            if over {
                // What became of my own seat and money is not for everybody's ears.
                source.close();
                again();
            }
        }
    };
    let listener = EventListener::new(&source, "message", heard);
    let ticking = {
        let source = source.clone();
        Interval::new(POLL, move || {
            look();
            let forming = team.try_with_untracked(|t| t.state == State::Forming) == Some(true);
            // Closed for good, or held back by something in between: what is there is told at once, so silence says it.
            let deaf = source.ready_state() == EventSource::CLOSED || !any.get_value();
            if forming && deaf {
                again();
            }
        })
    };
    let kept = StoredValue::new_local(Some((listener, ticking, source)));
    on_cleanup(move || {
        if let Some((_, _, source)) = kept.try_update_value(Option::take).flatten() {
            source.close();
        }
    });
}

/// Sets `joy` once, in this browser, when I see that a team of mine is complete.
pub fn rejoice(invite: &InviteView, standing: RwSignal<Standing>, joy: RwSignal<bool>) {
    if invite.order.is_none() {
        return;
    }
    let seen = format!("team-{}", invite.code);
    Effect::new(move |_| {
        if standing.get() != Standing::Succeeded {
            return;
        }
        // A browser that keeps nothing rejoices again.
        let kept = window().local_storage().ok().flatten();
        let before = kept.as_ref().is_some_and(|k| k.get_item(&seen).ok().flatten().is_some());
        if !before {
            if let Some(kept) = kept {
                let _ = kept.set_item(&seen, "1");
            }
            joy.set(true);
        }
    });
}
