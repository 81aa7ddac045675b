//! A draw in its room: how long it is open, what can be won, how likely that is, and what came of it.

use crate::{
    draw::api::Join,
    live::room::{Now, close_sheet},
    site::Site,
    ui::{Countdown, Hidden, Icon, PostForm, Sent, problem_alert},
};
use domain::{
    Money,
    draw::{DrawFact, Kind, MyDraw, PrizeFact},
    live::ItemView,
};
use leptos::prelude::*;

const SHEET: &str = ".room-draw:not(.of-coupons):not(.of-fan)";

/// The draw that the room shows, if there is one.
#[component]
pub fn DrawCard(code: String, known: bool, mine: bool, host: String, now: Now) -> impl IntoView {
    let room = StoredValue::new((code, host));
    let draw = Memo::new(move |_| now.facts.with(|f| f.draw.clone()));
    let which = Memo::new(move |_| draw.with(|d| d.as_ref().map(|d| (d.code.clone(), d.drawn))));
    // Another one is another sheet; of the same one only numbers change.
    move || {
        which.get()?;
        let fact = draw.get_untracked()?;
        let (code, host) = room.get_value();
        Some(view! { <One fact draw room=code host known mine now /> })
    }
}

/// What can be won, in words. `title`: of the thing.
pub fn prize(fact: &DrawFact, title: &str) -> String {
    let t = Site::get().texts();
    match (fact.kind, &fact.thing) {
        (Kind::Packets, _) => t.draw_prize_packets(fact.points, fact.prizes),
        (Kind::Bag, None) => t.draw_prize_points(fact.points, fact.prizes),
        (Kind::Bag, Some(thing)) => {
            t.draw_prize_thing(fact.prizes, Money::new(thing.price, thing.currency).exact(), title.to_owned())
        }
    }
}

/// What a prize is called, with the choice that it is.
pub fn named(bag: &[ItemView], thing: Option<&PrizeFact>) -> Option<String> {
    let thing = thing?;
    let item = bag.iter().find(|i| i.slug == thing.slug)?;
    let choice = item.choices.iter().find(|c| c.sku == thing.sku).map(|c| c.choice.as_str()).unwrap_or_default();
    Some(if choice.is_empty() { item.title.clone() } else { format!("{} · {choice}", item.title) })
}

#[component]
fn One(
    fact: DrawFact,
    draw: Memo<Option<DrawFact>>,
    room: String,
    host: String,
    known: bool,
    mine: bool,
    now: Now,
) -> impl IntoView {
    let t = Site::get().texts();
    let code = fact.code.to_string();
    let (kind, drawn, at) = (fact.kind, fact.drawn, now.time());
    let joined = Memo::new(move |_| draw.with(|d| d.as_ref().map_or(0, |d| d.joined)));
    let thing = fact.thing.clone();
    // What was put in just now has its name a moment later; what is taken out keeps the one that it had.
    let named = RwSignal::new(now.bag.with_untracked(|b| named(b, thing.as_ref())));
    Effect::new(move |_| {
        if let Some(name) = now.bag.with(|b| self::named(b, thing.as_ref())) {
            named.set(Some(name));
        }
    });
    let title = move || named.get().unwrap_or_default();
    let kept = StoredValue::new(fact.clone());
    let of_draw = StoredValue::new(fact.code.clone());
    let have = Memo::new(move |_| now.draw.get().filter(|m| m.draw == of_draw.get_value()));
    let name = if kind == Kind::Bag { t.draw_bag() } else { t.draw_packets() };
    let chance = move || match (kind, joined.get()) {
        (Kind::Bag, 0) => t.draw_nobody().to_owned(),
        (Kind::Bag, n) => t.draw_chance(n, kept.with_value(|f| f.prizes).min(n)),
        (Kind::Packets, n) => t.draw_packets_left(n, (kept.with_value(|f| f.prizes) - n).max(0)),
    };
    let (said, follows) = (fact.phrase.clone(), fact.follow);
    let state = move || match have.get() {
        Some(m) if m.won.is_some() => "won",
        Some(m) if m.drawn => "lost",
        Some(_) => "joined",
        None if drawn => "drawn",
        None => "open",
    };
    let ask = StoredValue::new((room, code.clone(), said.clone()));
    view! {
        <details class="room-draw" data-testid="draw" data-kind=kind.name() data-state=state on:keydown=|event| if event.key() == "Escape" { close_sheet(SHEET) }>
            <summary data-testid="draw-open">
                <Icon name="gift" /><span class="visually-hidden">{name}" "</span>
                {if drawn { view! { <b>{t.draw_over()}</b> }.into_any() } else { view! { <Countdown deadline={fact.closes_at} now=at testid="draw-clock" /> }.into_any() }}
            </summary>
            <div class="room-sheet" id="draw-sheet">
                <h2>{name}</h2>
                <p class="room-prize"><b>{move || kept.with_value(|f| prize(f, &title()))}</b></p>
                <p data-testid="draw-joined" data-count=move || joined.get().to_string()>{chance}</p>
                {(!said.is_empty()).then(|| view! { <p>{t.draw_says(said)}</p> })}
                {follows.then(|| view! { <p>{t.draw_follows(host)}</p> })}
                <div class="room-have" role="status" tabindex="-1" id="draw-have">{move || have.get().map(|mine| view! { <Have mine over=drawn kind /> })}</div>
                {move || match have.get() {
                    Some(_) => ().into_any(),
                    None if drawn => view! { <p class="notice">{t.draw_over_hint()}</p> }.into_any(),
                    None if mine => view! { <p class="hint">{t.draw_own()}</p> }.into_any(),
                    None => {
                        let (room, code, said) = ask.get_value();
                        view! { <Take room code kind says={!said.is_empty()} follows known now /> }.into_any()
                    }
                }}
                <p class="hint">{t.draw_fair()}" "<a href=format!("/fair/{code}") data-testid="draw-fair">{t.draw_check()}</a></p>
            </div>
        </details>
    }
}

/// The button that takes part.
#[component]
fn Take(room: String, code: String, kind: Kind, says: bool, follows: bool, known: bool, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let sent = Sent::<Join>::nothing();
    Effect::new(move |_| {
        if let Some(mine) = sent.answer.get() {
            now.draw.set(Some(mine));
            heard();
        }
    });
    // Chosen here, so that nobody else did.
    let ticket = RwSignal::new(String::new());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| ticket.set(own_ticket()));
    let label = match (kind, says, follows) {
        (Kind::Packets, false, false) => t.draw_open_one(),
        (_, true, true) => t.draw_join_both(),
        (_, true, false) => t.draw_join_says(),
        (_, false, true) => t.draw_join_follows(),
        (Kind::Bag, false, false) => t.draw_join(),
    };
    view! {
        {move || sent.state.refused.get().map(|p| problem_alert(&p))}
        <PostForm sent login=true>
            <Hidden name="code" value=code />
            <Hidden name="room" value=room />
            <input type="hidden" name="ticket" value=move || ticket.get() />
            <button type="submit" class="button primary" data-testid="lottery-join">{if known { label } else { t.draw_login() }}</button>
        </PostForm>
    }
}

/// What came of taking part is where one reads on: the button is gone.
fn heard() {
    #[cfg(feature = "hydrate")]
    gloo_timers::callback::Timeout::new(0, || {
        if let Some(have) = document().get_element_by_id("draw-have") {
            let _ = wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlElement>(&have).focus();
        }
    })
    .forget();
}

/// A ticket from the random numbers of the browser.
#[cfg(feature = "hydrate")]
fn own_ticket() -> String {
    let mut bytes = [0; 16];
    // Where there are none, the shop chooses.
    match window().crypto().map(|crypto| crypto.get_random_values_with_u8_array(&mut bytes)) {
        Ok(Ok(_)) => domain::Code::from_bits(u128::from_le_bytes(bytes)).to_string(),
        _ => String::new(),
    }
}

/// What somebody has who takes part. `over`: the page knows that it is drawn, though what came of it may still be asked for.
#[component]
pub fn Have(mine: MyDraw, over: bool, kind: Kind) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let (state, text) = match (mine.won, kind) {
        (Some(points), Kind::Packets) => ("won", t.draw_got(points)),
        (Some(_), Kind::Bag) => ("won", t.draw_won(mine.number)),
        (None, _) if mine.drawn => ("lost", t.draw_lost(mine.number)),
        (None, _) if over => ("joined", t.draw_looking().to_owned()),
        (None, _) => ("joined", t.draw_joined(mine.number)),
    };
    let (waits, won, ticket) = (state == "joined", state == "won", mine.ticket);
    let gone = won && kind == Kind::Bag && mine.thing && mine.claim.is_none();
    view! {
        <p class="notice" data-testid="lottery-result" data-state=state data-number=mine.number.to_string() data-won=mine.won.map(|n| n.to_string())>{text}</p>
        <p class="hint" data-testid="draw-ticket" data-ticket=ticket.clone()><code>{t.draw_ticket(&ticket)}</code>{waits.then(|| view! { <br />{t.draw_ticket_note()} })}</p>
        {gone.then(|| view! { <p class="hint">{t.draw_gone()}</p> })}
        {mine.claim.map(|(source, until)| view! {
            <p><a class="button primary" href=format!("/checkout?buy={source}") data-testid="draw-claim">{t.draw_claim()}</a></p>
            <p class="hint">{t.draw_claim_until(site.time(until))}</p>
        })}
    }
}
