//! What stood in view, was opened and read: told to the shop by the browser of whoever has agreed to that, and of nobody else.
//!
//! Once a second it looks for cards that have come and for a page that has changed; what it has seen goes out as a beacon, some things at a
//! time, and whatever is left when the page is hidden.

use domain::feed::{Did, Kind, MOST_TOLD, Told};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    Blob, BlobPropertyBag, Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit,
};

/// Half of a card in view for so long was seen, ms.
const SEEN_MS: f64 = 1_000.0;
/// Sent when so much waits, or so many seconds have passed.
const MANY: usize = 25;
const SECONDS: u32 = 8;

/// A thing, and where it stood.
type Card = (Kind, String, Option<String>);

#[derive(Default)]
struct Watch {
    waiting: Vec<Told>,
    /// Cards in view, and since when.
    in_view: HashMap<String, (Card, f64)>,
    /// The thing whose page is open, and since when.
    open: Option<(Card, f64)>,
    here: String,
    /// The card that was touched last.
    touched: Option<Card>,
    /// Places that were told of: whoever comes by again is not told of again.
    told: HashSet<String>,
    ticks: u32,
}

fn thing_of(path: &str) -> Option<(Kind, String)> {
    let (kind, name) = match path.strip_prefix("/p/") {
        Some(slug) => (Kind::Product, slug),
        None => (Kind::Post, path.strip_prefix("/posts/")?),
    };
    (!name.is_empty() && !name.contains('/')).then(|| (kind, name.split('?').next().unwrap_or(name).to_owned()))
}

/// What a card shows, and its place when it says why it stands there.
fn card_of(card: &Element) -> Option<Card> {
    let (kind, name) = thing_of(&card.get_attribute("href")?)?;
    let why = card.next_element_sibling().and_then(|why| why.get_attribute("href"));
    Some((kind, name, why.and_then(|why| why.strip_prefix("/why/").map(str::to_owned))))
}

fn key_of((kind, name, place): &Card) -> String {
    format!("{}{name} {}", kind.name(), place.as_deref().unwrap_or_default())
}

impl Watch {
    fn tell(&mut self, did: Did, (kind, name, place): Card, since: f64) {
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "milliseconds of a visit")]
        let ms = (js_sys::Date::now() - since) as i64;
        self.waiting.push(Told { did, kind, name, place, ms: ms.max(0) });
    }

    fn came(&mut self, entry: &IntersectionObserverEntry) {
        let Some(card) = card_of(&entry.target()) else { return };
        let key = key_of(&card);
        if entry.is_intersecting() {
            self.in_view.entry(key).or_insert_with(|| (card, js_sys::Date::now()));
        } else if let Some((card, since)) = self.in_view.remove(&key) {
            self.left(card, since);
        }
    }

    fn left(&mut self, card: Card, since: f64) {
        if js_sys::Date::now() - since >= SEEN_MS && self.told.insert(key_of(&card)) {
            self.tell(Did::Impression, card, since);
        }
    }

    /// The page may have changed since somebody looked.
    fn look_where(&mut self) {
        let path = window().location().pathname().unwrap_or_default();
        let here = js_sys::decode_uri_component(&path).map_or(path, String::from);
        if here != self.here {
            self.turn(&here);
        }
    }

    fn tick(&mut self, observer: &IntersectionObserver) {
        self.look_where();
        if let Ok(new) = document().query_selector_all("a.card:not([data-seen])") {
            for i in 0..new.length() {
                if let Some(card) = new.item(i).and_then(|n| n.dyn_into::<Element>().ok()) {
                    let _ = card.set_attribute("data-seen", "");
                    observer.observe(&card);
                }
            }
        }
        self.ticks += 1;
        if self.waiting.len() >= MANY || self.ticks >= SECONDS {
            self.send();
        }
    }

    /// Another page is open.
    fn turn(&mut self, here: &str) {
        self.leave();
        here.clone_into(&mut self.here);
        if let Some((kind, name)) = thing_of(here) {
            let place = self.touched.take().filter(|(k, n, _)| *k == kind && *n == name).and_then(|(.., place)| place);
            let card = (kind, name, place);
            self.tell(Did::Open, card.clone(), js_sys::Date::now());
            self.open = Some((card, js_sys::Date::now()));
        }
    }

    /// What was looked at is not any more.
    fn leave(&mut self) {
        for (card, since) in std::mem::take(&mut self.in_view).into_values() {
            self.left(card, since);
        }
        if let Some((card, since)) = self.open.take() {
            self.tell(Did::Dwell, card, since);
        }
    }

    /// Nobody looks for a while: what was seen so far is told, and counted on when somebody looks again.
    fn hide(&mut self) {
        self.look_where();
        let (in_view, open) = (self.in_view.clone(), self.open.clone());
        self.leave();
        self.send();
        (self.in_view, self.open) = (in_view, open);
    }

    fn show(&mut self) {
        let now = js_sys::Date::now();
        self.in_view.values_mut().for_each(|(_, since)| *since = now);
        if let Some((_, since)) = &mut self.open {
            *since = now;
        }
    }

    /// Nothing of it is told: it is to be forgotten.
    fn drop(&mut self) {
        self.waiting.clear();
        self.in_view.clear();
        self.open = None;
    }

    fn send(&mut self) {
        self.ticks = 0;
        while !self.waiting.is_empty() {
            let some: Vec<Told> = self.waiting.drain(..self.waiting.len().min(MOST_TOLD)).collect();
            let text = js_sys::Array::of1(&JsValue::from_str(&serde_json::to_string(&some).unwrap_or_default()));
            let kind = BlobPropertyBag::new();
            kind.set_type("application/json");
            if let Ok(body) = Blob::new_with_str_sequence_and_options(&text, &kind) {
                let _ = window().navigator().send_beacon_with_opt_blob("/seen", Some(&body));
            }
        }
    }
}

/// Watches for as long as the page lives.
pub fn watch() {
    let watch: Rc<RefCell<Watch>> = Rc::default();
    let at = watch.clone();
    let came = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
        for entry in entries.iter() {
            at.borrow_mut().came(entry.unchecked_ref());
        }
    });
    let options = IntersectionObserverInit::new();
    options.set_threshold(&JsValue::from_f64(0.5));
    let Ok(observer) = IntersectionObserver::new_with_options(came.as_ref().unchecked_ref(), &options) else { return };
    came.forget();
    let at = watch.clone();
    let touched = EventListener::new(&document(), "click", move |event| {
        let card =
            event.target().and_then(|t| t.dyn_into::<Element>().ok()).and_then(|e| e.closest("a.card").ok().flatten());
        if let Some(card) = card.as_ref().and_then(card_of) {
            at.borrow_mut().touched = Some(card);
        }
    });
    touched.forget();
    let at = watch.clone();
    let hidden = EventListener::new(&document(), "visibilitychange", move |_| {
        let mut watch = at.borrow_mut();
        if document().hidden() { watch.hide() } else { watch.show() }
    });
    hidden.forget();
    // Old browsers leave a page without hiding it first.
    let at = watch.clone();
    EventListener::new(&window(), "pagehide", move |_| at.borrow_mut().hide()).forget();
    let at = watch.clone();
    let forgets = EventListener::new(&document(), "submit", move |event| {
        let form = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let path = form.and_then(|f| f.get_attribute("action")).unwrap_or_default();
        if path.ends_with("/feed/forget") || path.ends_with("/account/set_personal") {
            at.borrow_mut().drop();
        }
    });
    forgets.forget();
    watch.borrow_mut().tick(&observer);
    Interval::new(1_000, move || watch.borrow_mut().tick(&observer)).forget();
}
