//! The queue: what waits for a decision, what was appealed, what is done.

use crate::{
    fail::Fail,
    moderation::{
        api::queue,
        decision::{kind, outcome},
    },
    site::Site,
    ui::{Empty, Head, Page, loaded},
};
use domain::moderation::{CaseCard, QueueView, Shelf};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct QueuePage {
    queue: Resource<Result<QueueView, Fail>>,
}

impl QueuePage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/reports".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let asked = move || query.with(|q| ["shelf", "after"].map(|name| q.get(name).unwrap_or_default()));
        Self { queue: Resource::new(asked, |[shelf, after]| queue(shelf, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        #[cfg(feature = "hydrate")]
        keys::of_queue();
        loaded(this.queue, move |view| {
            let QueueView { shelf, open, appealed, cases, next } = view;
            let none = cases.is_empty();
            let tab = |of: Shelf| {
                let (label, n) = match of {
                    Shelf::Open => (t.queue_open(), Some(open)),
                    Shelf::Appealed => (t.queue_appealed(), Some(appealed)),
                    Shelf::Done => (t.queue_done(), None),
                };
                let href = format!("/admin/reports?shelf={}", of.name());
                view! {
                    <li><a class="chip" href=href aria-current=(of == shelf).then_some("page") data-testid=format!("queue-{}", of.name())>
                        {match n.filter(|n| *n > 0) { Some(n) => format!("{label} {n}"), None => label.to_owned() }}
                    </a></li>
                }
            };
            let tabs = Shelf::ALL.iter().map(|s| tab(*s)).collect_view();
            view! {
                <Head title=t.queue_title().to_owned() private=true />
                <Page title=t.queue_title().to_owned() back="/me" tab="me" class="narrow queue">
                    <nav class="chips" aria-label=t.queue_title()><ul>{tabs}</ul></nav>
                    {none.then(|| view! { <Empty text=if shelf == Shelf::Done { t.queue_done_none() } else { t.queue_none() } next=t.numbers_title() href="/transparency" /> })}
                    <ul class="rows">{cases.into_iter().map(|c| view! { <Row card=c /> }).collect_view()}</ul>
                    {next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/reports?shelf={}&after={after}", shelf.name())>{t.feed_more()}</a></p> })}
                    <Keys text=t.queue_keys() />
                    <p class="hint"><a href="/transparency">{t.numbers_title()}</a></p>
                </Page>
            }
            .into_any()
        })
    }
}

/// What the keys do, and whether they do.
#[component]
pub(super) fn Keys(text: &'static str) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <p class="hint keys">
            {text}
            <label class="check"><input type="checkbox" id="keys" checked /><span>{t.desk_keys_on()}</span></label>
        </p>
    }
}

/// A case in a list.
#[component]
pub(super) fn Row(card: CaseCard) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let decided = outcome(site, card.decision, card.overturned);
    let urgent = card.reason.is_some_and(domain::moderation::Reason::is_urgent) && card.decision.is_none();
    view! {
        <li>
            <a href=format!("/admin/reports/{}", card.code) class="case-row" rel="external" data-testid="moderation-case" data-state=card.state.name()>
                <span class="case-said">{card.said}</span>
                <small>{kind(site, card.kind)}" · "{card.author}" · "<time>{site.time(card.at)}</time></small>
                <span class="case-why">
                    {(card.reports > 0).then(|| view! { <em class="chip quiet">{t.queue_reports(card.reports)}</em> })}
                    {card.reason.map(|r| view! { <em class=if urgent { "chip quiet urgent" } else { "chip quiet" }>{t.offense_named(r.name())}</em> })}
                    {card.caught.into_iter().map(|c| view! { <em class="chip quiet">{t.caught_named(c.name())}</em> }).collect_view()}
                    {decided.map(|d| view! { <em class="chip quiet">{d}</em> })}
                </span>
            </a>
        </li>
    }
}

/// What the keys do, where nothing is typed.
#[cfg(feature = "hydrate")]
pub(super) mod keys {
    use leptos::{ev, prelude::*};
    use wasm_bindgen::JsCast;
    use web_sys::{HtmlElement, HtmlInputElement};

    fn all(selector: &str) -> Vec<HtmlElement> {
        let Ok(found) = document().query_selector_all(selector) else { return Vec::new() };
        (0..found.length()).filter_map(|i| found.item(i)?.dyn_into().ok()).collect()
    }

    /// Listens until the page goes.
    fn on_key(act: impl Fn(&str) + 'static) {
        let handle = window_event_listener(ev::keydown, move |event| {
            let typing = event.target().and_then(|t| t.dyn_into::<HtmlElement>().ok()).is_some_and(|e| {
                e.closest("input:not([type=radio]):not([type=checkbox]), textarea, select").ok().flatten().is_some()
            });
            // Whoever speaks or steps through a page by keys of his own switches them off.
            let on = all("#keys").into_iter().any(|e| e.dyn_into::<HtmlInputElement>().is_ok_and(|e| e.checked()));
            let held = event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat();
            if on && !typing && !held {
                act(&event.key().to_lowercase());
            }
        });
        on_cleanup(move || handle.remove());
    }

    fn step(rows: &[HtmlElement], by: i32) {
        let here = document().active_element();
        let at = rows.iter().position(|r| here.as_ref().is_some_and(|h| r.is_same_node(Some(h))));
        let next = match (at, by) {
            (None, _) => 0,
            (Some(at), 1) => (at + 1).min(rows.len().saturating_sub(1)),
            (Some(at), _) => at.saturating_sub(1),
        };
        if let Some(row) = rows.get(next) {
            let _ = row.focus();
        }
    }

    pub(super) fn of_queue() {
        on_key(|key| match key {
            "j" => step(&all(".case-row"), 1),
            "k" => step(&all(".case-row"), -1),
            _ => {}
        });
    }

    pub(in crate::moderation) fn of_case() {
        on_key(|key| match key {
            "1" | "2" => {
                let choices = all("input[type=radio][name=decision], input[type=radio][name=verdict]");
                let nth = if key == "1" { 0 } else { 1 };
                if let Some(choice) = choices.get(nth).and_then(|c| c.clone().dyn_into::<HtmlInputElement>().ok()) {
                    choice.set_checked(true);
                    let _ = choice.focus();
                }
            }
            "n" => {
                if let Some(next) = all("[data-testid=desk-next]").first() {
                    next.click();
                }
            }
            _ => {}
        });
    }
}
