//! The list of live rooms: what is on, what is announced, what can be seen again.

use crate::{
    fail::Fail,
    live::api::{Open, list},
    site::Site,
    ui::{Empty, Field, FormError, Head, Icon, Page, Picture, Submit, loaded, posts_to},
};
use domain::live::{MAX_TITLE, RoomCard, RoomsView, State};
use leptos::prelude::*;

const OPEN: &str = "live/open";

pub struct RoomsPage {
    view: Resource<Result<RoomsView, Fail>>,
}

impl RoomsPage {
    /// What the page asks for.
    pub fn data() -> Self {
        Self { view: Resource::new(|| (), |()| list()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |RoomsView { now, soon, again, hosts, at: _ }| {
            let none = now.is_empty() && soon.is_empty() && again.is_empty();
            let shelf = move |title: &'static str, cards: Vec<RoomCard>, first: bool| {
                (!cards.is_empty()).then(|| {
                    view! {
                        <section class="rooms-shelf">
                            <h2>{title}</h2>
                            <ul class="rooms">{cards.into_iter().enumerate().map(|(i, card)| view! { <li><Card card eager={first && i == 0} /></li> }).collect_view()}</ul>
                        </section>
                    }
                })
            };
            view! {
                <Head title=t.live_title().to_owned() description=t.live_hint().to_owned() path="/live" />
                <Page title=t.live_title().to_owned() back="/" tab="home">
                    {hosts.then(|| view! { <New /> })}
                    {none.then(|| view! { <Empty text=t.live_none() next=t.cart_empty_next() href="/" /> })}
                    {shelf(t.live_now(), now, true)}
                    {shelf(t.live_soon(), soon, false)}
                    {shelf(t.live_again(), again, false)}
                </Page>
            }
            .into_any()
        })
    }
}

/// The form that opens a room.
#[component]
fn New() -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    view! {
        <details class="panel" open=site.flash(OPEN).is_some()>
            <summary class="button primary" data-testid="room-make">{t.live_open()}</summary>
            <FormError path=OPEN />
            // As a document of its own: only the studio's may ask for the camera.
            <form method="post" action={posts_to::<Open>()} class="form">
                <Field path=OPEN name="title" label=t.live_name() maxlength={u16::try_from(MAX_TITLE).unwrap_or(u16::MAX)} testid="room-title" required=true />
                <Field path=OPEN name="starts" kind="datetime-local" label=t.live_starts() testid="room-starts" />
                <p class="hint">{t.live_open_hint()}</p>
                <Submit label=t.live_open().to_owned() testid="room-open" />
            </form>
        </details>
    }
}

#[component]
fn Card(card: RoomCard, eager: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let on = matches!(card.state, State::Live | State::Paused);
    let said = match card.state {
        State::Live | State::Paused => t.live_viewers(t.count(card.viewers)),
        State::Scheduled => card.starts_at.map_or_else(|| t.live_unplanned().to_owned(), |at| site.time(at)),
        State::Ended => card.ended_at.map_or_else(String::new, |at| site.time(at)),
    };
    view! {
        <a class="room-card" href=format!("/live/{}", card.code) data-testid="live-card" data-state=card.state.name()>
            <Picture picture=card.picture alt=String::new() sizes="(min-width: 720px) 340px, 50vw" eager />
            <span class=if on { "room-badge on" } else { "room-badge" }>{on.then(|| view! { <i aria-hidden="true"></i> })}{t.live_state_named(card.state.name())}</span>
            <span class="room-card-text">
                <b>{card.title}</b>
                <span>{card.host}" · "{said}</span>
                <small>
                    {(card.hearts > 0).then(|| view! { <span><Icon name="heart" /><span class="visually-hidden">{t.live_hearts()}</span>" "{t.count(card.hearts)}</span> })}
                    {(card.things > 0).then(|| view! { <span>{t.live_things(card.things)}</span> })}
                </small>
            </span>
        </a>
    }
}
