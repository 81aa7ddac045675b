//! How close somebody is to the host whom he follows, and what that is made of.

use crate::{live::room::close_sheet, site::Site, ui::Icon};
use domain::{
    live::fan::{
        BOUGHT, BROUGHT, FADES, FanView, HEARTS, MOST_BOUGHT, MOST_BROUGHT, MOST_HEARTS, MOST_SAID, MOST_WATCHED, SAID,
        WATCHED,
    },
    time::MINUTE,
};
use leptos::prelude::*;

const SHEET: &str = ".room-draw.of-fan";

#[component]
pub fn FanCard(fan: FanView, host: String) -> impl IntoView {
    let t = Site::get().texts();
    let FanView { level, points, next, did } = fan;
    let [watched, said, hearts, brought, bought] = did.points();
    let rows = [
        ("watched", t.fan_watched(did.ms / MINUTE), t.fan_each_minute(WATCHED), watched, MOST_WATCHED),
        ("said", t.fan_said(did.said), t.fan_each(SAID), said, MOST_SAID),
        ("hearts", t.fan_hearts(did.hearts), t.fan_each_ten(HEARTS), hearts, MOST_HEARTS),
        ("brought", t.fan_brought(did.brought), t.fan_each(BROUGHT), brought, MOST_BROUGHT),
        ("bought", t.fan_bought(did.bought), t.fan_each(BOUGHT), bought, MOST_BOUGHT),
    ];
    view! {
        <details class="room-draw of-fan" data-testid="fan" data-level=level.to_string() on:keydown=|event| if event.key() == "Escape" { close_sheet(SHEET) }>
            <summary data-testid="fan-open"><Icon name="heart" />{t.fan_level(level)}</summary>
            <div class="room-sheet">
                <h2>{t.fan_title(host)}</h2>
                <p class="room-prize"><b>{t.fan_level(level)}</b></p>
                <p data-testid="fan-points" data-points=points.to_string()>{match next {
                    Some(next) => t.fan_next(level + 1, next - points, points),
                    None => t.fan_last(points),
                }}</p>
                {next.map(|next| view! { <progress max=next.to_string() value=points.to_string() aria-label=t.fan_way()></progress> })}
                <h3>{t.fan_today()}</h3>
                <dl class="fan-did">
                    {rows.map(|(name, what, each, has, most)| view! {
                        <div data-testid="fan-did" data-kind=name data-points=has.to_string()>
                            <dt>{what}<small>{each}</small></dt>
                            <dd>{t.fan_of(most, has)}</dd>
                        </div>
                    }).collect_view()}
                </dl>
                <p class="hint">{t.fan_fades(FADES)}</p>
            </div>
        </details>
    }
}
