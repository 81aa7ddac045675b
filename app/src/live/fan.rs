//! How close somebody is to the host whose fans he has joined, what that is made of, and how one joins.

use crate::{
    live::{api::Fan, room::close_sheet},
    site::Site,
    ui::{FormError, Hidden, Icon, posts_to},
};
use domain::{
    live::fan::{
        BOUGHT, BROUGHT, Did, FADES, FanView, HEARTS, MOST_BOUGHT, MOST_BROUGHT, MOST_HEARTS, MOST_SAID, MOST_WATCHED,
        SAID, WATCHED,
    },
    time::MINUTE,
};
use leptos::prelude::*;

const SHEET: &str = ".room-draw.of-fan";
const PATH: &str = "live/fan";

#[component]
pub fn FanCard(code: String, host: String, fan: Option<FanView>, known: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let level = fan.map(|f| f.level);
    let called = level.map_or_else(|| t.fan_join().to_owned(), |level| t.fan_level(level));
    view! {
        <details class="room-draw of-fan" open=site.flash(PATH).is_some() data-testid="fan" data-level=level.map(|l| l.to_string()) on:keydown=|event| if event.key() == "Escape" { close_sheet(SHEET) }>
            <summary data-testid="fan-open"><Icon name="heart" />{called.clone()}</summary>
            <div class="room-sheet">
                <h2>{t.fan_title(host)}</h2>
                {fan.map(|fan| view! { <Has fan /> })}
                <h3>{if fan.is_some() { t.fan_today() } else { t.fan_counts() }}</h3>
                <Counts did={fan.map(|f| f.did)} />
                <p class="hint">{t.fan_fades(FADES)}</p>
                <FormError path=PATH />
                {if known {
                    view! {
                        <form method="post" action={posts_to::<Fan>()}>
                            <Hidden name="code" value=code />
                            <button type="submit" class=if fan.is_some() { "button wide" } else { "button primary wide" } name="on" value=if fan.is_some() { "0" } else { "1" } data-testid="fan-turn">
                                {if fan.is_some() { t.fan_leave() } else { t.fan_join() }}
                            </button>
                        </form>
                    }.into_any()
                } else {
                    view! { <a class="button primary wide" href=format!("/login?next=/live/{code}") rel="external" data-testid="fan-login">{t.fan_login()}</a> }.into_any()
                }}
            </div>
        </details>
    }
}

/// What he has, and how far the next level is.
#[component]
fn Has(fan: FanView) -> impl IntoView {
    let t = Site::get().texts();
    let FanView { level, points, from, next, .. } = fan;
    view! {
        <p class="room-prize"><b>{t.fan_level(level)}</b></p>
        <p data-testid="fan-points" data-points=points.to_string()>{match next {
            Some(next) => t.fan_next(level + 1, next - points, points),
            None => t.fan_last(points),
        }}</p>
        {next.map(|next| view! { <progress max=(next - from).to_string() value=(points - from).to_string() aria-label=t.fan_way()></progress> })}
    }
}

/// What counts, how much and how much of it a day; with what he has done today.
#[component]
fn Counts(did: Option<Did>) -> impl IntoView {
    let t = Site::get().texts();
    let has = did.map(|d| d.points());
    let did = did.unwrap_or_default();
    let rows = [
        ("watched", t.fan_watched(did.ms / MINUTE), t.fan_each_minute(WATCHED), MOST_WATCHED),
        ("said", t.fan_said(did.said), t.fan_each(SAID), MOST_SAID),
        ("hearts", t.fan_hearts(did.hearts), t.fan_each_ten(HEARTS), MOST_HEARTS),
        ("brought", t.fan_brought(did.brought), t.fan_each(BROUGHT), MOST_BROUGHT),
        ("bought", t.fan_bought(did.bought), t.fan_each(BOUGHT), MOST_BOUGHT),
    ];
    let named = [t.fan_of_watching(), t.fan_of_lines(), t.fan_of_hearts(), t.fan_of_links(), t.fan_of_orders()];
    view! {
        <dl class="fan-did">
            {rows.into_iter().zip(named).enumerate().map(|(i, ((name, what, each, most), named))| {
                let points = has.and_then(|has| has.get(i).copied());
                view! {
                    <div data-testid="fan-did" data-kind=name data-points=points.map(|p| p.to_string())>
                        <dt>{if points.is_some() { what } else { named.to_owned() }}<small>{each}</small></dt>
                        <dd>{points.map_or_else(|| t.fan_most(most), |points| t.fan_of(most, points))}</dd>
                    </div>
                }
            }).collect_view()}
        </dl>
    }
}
