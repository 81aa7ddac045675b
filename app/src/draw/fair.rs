//! The page where anybody checks a draw: with scripts the browser computes it anew from what is told.

use crate::{
    draw::{api::show, card::Have},
    fail::Fail,
    site::Site,
    ui::{Countdown, Head, Icon, Page, Picture, Price, loaded},
};
use domain::{
    Money,
    draw::{DrawView, EntryView, Kind, Verdict},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// Winners that have a line of their own.
const SHOWN: usize = 100;

pub struct FairPage {
    view: Resource<Result<DrawView, Fail>>,
}

impl FairPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { view: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), show) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.view, move |view| view! { <Fair view again={this.view} /> }.into_any())
    }
}

#[component]
fn Fair(view: DrawView, again: Resource<Result<DrawView, Fail>>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let name = if view.kind == Kind::Bag { t.draw_bag() } else { t.draw_packets() };
    let title = format!("{name} · {}", view.room_title);
    let said = match (&view.kind, &view.thing) {
        (Kind::Packets, _) => t.draw_prize_packets(view.points, view.prizes),
        (Kind::Bag, None) => t.draw_prize_points(view.points, view.prizes),
        (Kind::Bag, Some(thing)) => {
            t.draw_prize_thing(view.prizes, Money::new(thing.price, thing.currency).exact(), thing.title.clone())
        }
    };
    let drawn = view.drawn_at.is_some();
    #[cfg(feature = "hydrate")]
    if !drawn {
        // A moment after it closes.
        let wait = u32::try_from((view.closes_at - view.at).max(0) + 2_000).unwrap_or(u32::MAX);
        let waits = StoredValue::new_local(Some(gloo_timers::callback::Timeout::new(wait, move || again.refetch())));
        on_cleanup(move || drop(waits.try_update_value(Option::take)));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = again;
    let (mine, kind, number) = (view.mine.clone(), view.kind, view.mine.as_ref().map(|m| m.number));
    let state = if drawn { "drawn" } else { "open" };
    view! {
        <Head title=title path=format!("/fair/{}", view.code) private=true />
        <Page title=t.fair_title().to_owned() back={if view.room_title.is_empty() { "/live".to_owned() } else { format!("/live/{}", view.room) }} class="narrow fair">
            <section class="panel" data-testid="fair" data-state=state data-kind=kind.name()>
                <h2>{name}{(!view.room_title.is_empty()).then(|| view! { " · "<a href=format!("/live/{}", view.room)>{view.room_title.clone()}</a> })}</h2>
                {view.thing.clone().map(|thing| view! {
                    <p class="fair-thing"><Picture picture=thing.picture alt=String::new() sizes="72px" /><a href=format!("/p/{}", thing.slug)>{thing.title}</a>" "<Price amount={thing.price} currency={thing.currency} /><s class="was">{Money::new(thing.alone, thing.currency).exact()}</s></p>
                })}
                <p><b>{said}</b></p>
                <p>{t.draw_taking_part(view.joined)}</p>
                <p class="hint">{t.fair_times(site.time(view.closes_at), site.time(view.opened_at))}</p>
                {mine.map(|mine| view! { <Have mine over=drawn kind /> })}
            </section>
            {if drawn {
                view! { <Checked view=view.clone() /> }.into_any()
            } else {
                view! { <section class="panel"><p>{t.fair_waits()}</p><p class="room-clock"><Countdown deadline={view.closes_at} now={view.at} /></p><p><a href=format!("/fair/{}", view.code) rel="external">{t.fair_again()}</a></p></section> }.into_any()
            }}
            <section class="panel fair-by-hand">
                <h2>{t.fair_how()}</h2>
                <p>{if kind == Kind::Bag { t.fair_how_bag() } else { t.fair_how_packets() }}</p>
                <dl>
                    <dt>{t.fair_commitment()}</dt><dd><code data-testid="fair-commitment">{view.commitment.clone()}</code></dd>
                    {drawn.then(|| view! { <dt>{t.fair_seed()}</dt><dd><code data-testid="fair-seed">{view.seed.clone()}</code></dd> })}
                </dl>
                {drawn.then(|| view! {
                    <details>
                        <summary>{t.fair_by_hand()}</summary>
                        <p class="hint">{t.fair_by_hand_hint()}</p>
                        <pre tabindex="0" role="region" aria-label=t.fair_by_hand()>{format!("printf %s {} | xxd -r -p | sha256sum\n", view.seed)}{match kind {
                            Kind::Bag => format!("printf %s TICKET | openssl dgst -sha256 -mac HMAC -macopt hexkey:{}", view.seed),
                            Kind::Packets => format!("printf %s 'packet 1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:{}", view.seed),
                        }}</pre>
                    </details>
                })}
                <p class="hint">{t.fair_limits()}</p>
            </section>
            {drawn.then(|| view! { <Numbers view number /> })}
        </Page>
    }
}

/// What came of checking it: by the shop, and then by this browser itself.
#[component]
fn Checked(view: DrawView) -> impl IntoView {
    let t = Site::get().texts();
    let verdict = RwSignal::new(view.check());
    let by_browser = RwSignal::new(false);
    Effect::new(move |_| {
        verdict.set(view.check());
        by_browser.set(true);
    });
    let one = move |label: &'static str, of: fn(&Verdict) -> bool, testid: &'static str| {
        let holds = move || verdict.get().as_ref().is_some_and(of);
        view! {
            <li data-testid=testid data-state=move || if holds() { "holds" } else { "fails" } class:wrong=move || !holds()>
                {move || if holds() { view! { <Icon name="check" /> }.into_any() } else { view! { <Icon name="x" /> }.into_any() }}
                <span>{label}</span><span class="visually-hidden">{move || if holds() { t.fair_holds() } else { t.fair_fails() }}</span>
            </li>
        }
    };
    let whole = move || verdict.get().is_some_and(Verdict::holds);
    view! {
        <section class="panel fair-verdict" data-testid="fair-verdict" data-state=move || if whole() { "holds" } else { "fails" } data-by=move || if by_browser.get() { "browser" } else { "shop" }>
            <h2>{move || if whole() { t.fair_right() } else { t.fair_wrong() }}</h2>
            <ul>
                {one(t.fair_seed_holds(), |v| v.seed, "fair-seed-holds")}
                {one(t.fair_numbers_hold(), |v| v.numbers, "fair-numbers-hold")}
                {one(t.fair_prizes_hold(), |v| v.prizes, "fair-prizes-hold")}
            </ul>
            <p class="hint" role="status">{move || if by_browser.get() { t.fair_by_browser() } else { t.fair_by_shop() }}</p>
        </section>
    }
}

/// Who won what, and every number that took part.
#[component]
fn Numbers(view: DrawView, number: Option<i64>) -> impl IntoView {
    let t = Site::get().texts();
    let kind = view.kind;
    let mut won: Vec<_> = view.entries.iter().filter(|e| e.won.is_some()).cloned().collect();
    if kind == Kind::Bag {
        won.sort_by_key(|e| e.won);
    }
    let line = |e: &EntryView| match e.won {
        Some(won) => format!("{}\t{}\t{won}\n", e.number, e.ticket),
        None => format!("{}\t{}\n", e.number, e.ticket),
    };
    let all: String = view.entries.iter().map(line).collect();
    let none = won.is_empty();
    let more = i64::try_from(won.len().saturating_sub(SHOWN)).unwrap_or(0);
    won.truncate(SHOWN);
    view! {
        <section class="panel">
            <h2>{if kind == Kind::Bag { t.fair_winners() } else { t.fair_packets() }}</h2>
            {none.then(|| view! { <p class="hint">{t.draw_nobody()}</p> })}
            <ol class="fair-won">
                {won.into_iter().map(|e| view! {
                    <li data-testid="fair-won" data-number=e.number.to_string() class:mine={number == Some(e.number)}>
                        <b>{t.fair_number(e.number)}</b>" "<span>{e.name}</span>" "<code>{e.ticket}</code>
                        {(kind == Kind::Packets).then(|| view! { <span class="points-sum">{t.points_sum(e.won.unwrap_or(0))}</span> })}
                    </li>
                }).collect_view()}
            </ol>
            {(more > 0).then(|| view! { <p class="hint">{t.fair_more(more)}</p> })}
            <details>
                <summary>{t.fair_all()}</summary>
                <pre tabindex="0" role="region" aria-label=t.draw_numbers() data-testid="fair-all">{all}</pre>
            </details>
        </section>
    }
}
