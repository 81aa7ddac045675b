//! Going back finds the page where one left it.
//!
//! The browser would do this by itself, but the page that it goes back to is made a moment after it tried.

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// Tries of 50 ms until a page is as long as it was.
const TRIES: u32 = 40;

fn here() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Remembers where each page stood when it was left, and goes there again when somebody comes back.
pub fn remember() {
    let places: Rc<RefCell<HashMap<String, f64>>> = Rc::default();
    let noted = places.clone();
    // Before the router sees the click.
    let leaving =
        EventListener::new_with_options(&window(), "click", EventListenerOptions::run_in_capture_phase(), move |_| {
            noted.borrow_mut().insert(here(), window().scroll_y().unwrap_or(0.0));
        });
    let back = EventListener::new(&window(), "popstate", move |_| {
        let page = here();
        if let Some(y) = places.borrow().get(&page).copied().filter(|y| *y > 0.0) {
            go(page, y, TRIES);
        }
    });
    leaving.forget();
    back.forget();
}

fn go(page: String, y: f64, tries: u32) {
    Timeout::new(50, move || {
        let long_enough = document()
            .document_element()
            .is_some_and(|e| f64::from(e.scroll_height()) >= y + f64::from(e.client_height()));
        if here() != page {
        } else if long_enough {
            window().scroll_to_with_x_and_y(0.0, y);
        } else if tries > 0 {
            go(page, y, tries - 1);
        }
    })
    .forget();
}
