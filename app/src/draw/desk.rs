//! What a host draws and offers for a short while, in the studio.

use crate::{
    draw::{api::Open, card::prize},
    live::{api::Flash, room::Now},
    site::Site,
    ui::{Countdown, Field, FormError, Hidden, Icon, posts_to},
};
use domain::{
    draw::{Kind, LASTS},
    live::{FLASH_IN, FLASH_LASTS},
};
use leptos::prelude::*;

const OPEN: &str = "draw/open";
const FLASH: &str = "live/flash";

/// Draws and prices for a short while, as long as the room sells.
#[component]
pub fn Drawing(code: String, now: Now, sells: impl Fn() -> bool + Copy + Send + Sync + 'static) -> impl IntoView {
    let t = Site::get().texts();
    let code = StoredValue::new(code);
    let draw = Memo::new(move |_| now.facts.with(|f| f.draw.clone()));
    let which = Memo::new(move |_| draw.with(|d| d.as_ref().map(|d| (d.code.clone(), d.drawn))));
    let joined = move || draw.with(|d| d.as_ref().map_or(0, |d| d.joined));
    let open = Memo::new(move |_| draw.with(|d| d.as_ref().is_some_and(|d| !d.drawn)));
    let things = Memo::new(move |_| now.bag.with(|b| !b.is_empty()));
    view! {
        <section class="panel studio-draws">
            <h2>{t.studio_draws()}</h2>
            <FormError path=OPEN />
            {move || {
                which.get()?;
                let fact = draw.get_untracked()?;
                let slug = fact.thing.as_ref().map(|thing| thing.slug.clone()).unwrap_or_default();
                let title = now.bag.with_untracked(|b| b.iter().find(|i| i.slug == slug).map(|i| i.title.clone())).unwrap_or(slug);
                Some(view! {
                    <p class="notice" data-testid="studio-draw" data-state=if fact.drawn { "drawn" } else { "open" } data-code=fact.code.to_string()>
                        <Icon name="gift" />" "{prize(&fact, &title)}" · "{move || t.draw_taking_part(joined())}
                        {(!fact.drawn).then(|| view! { " · " <Countdown deadline={fact.closes_at} now={now.time()} /> })}
                        " "<a href=format!("/fair/{}", fact.code)>{t.draw_check()}</a>
                    </p>
                })
            }}
            {move || match (sells(), open.get()) {
                (false, _) => view! { <p class="hint">{t.studio_draws_hint()}</p> }.into_any(),
                (true, true) => ().into_any(),
                (true, false) => view! { <Forms code=code.get_value() now /> }.into_any(),
            }}
            <FormError path=FLASH />
            {move || (sells() && things.get() && now.facts.with(|f| f.flash.is_none())).then(|| view! { <FlashForm code=code.get_value() now /> })}
        </section>
    }
}

fn lasts(of: &'static [i64]) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <label class="field"><span>{t.draw_lasts()}</span>
            <select name="minutes">{of.iter().map(|n| view! { <option value=n.to_string()>{t.draw_minutes(*n)}</option> }).collect_view()}</select>
        </label>
    }
}

#[component]
fn Forms(code: String, now: Now) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let of = |kind: Kind| site.typed(OPEN, "kind").as_deref() == Some(kind.name());
    let choices = now.bag.with_untracked(|bag| {
        let of = |i: &domain::live::ItemView| {
            i.choices
                .iter()
                .map(|c| (c.sku.to_string(), format!("{}. {} {}", i.place, i.title, c.choice)))
                .collect::<Vec<_>>()
        };
        bag.iter().flat_map(of).collect::<Vec<_>>()
    });
    let again = code.clone();
    view! {
        <details open={of(Kind::Bag)}>
            <summary class="button small" data-testid="bag-make"><Icon name="gift" />{t.draw_bag()}</summary>
            <form method="post" action={posts_to::<Open>()} class="form">
                <Hidden name="code" value=code />
                <Hidden name="kind" value=Kind::Bag.name() />
                <Field path=OPEN name="prizes" label=t.draw_winners() inputmode="numeric" testid="draw-prizes" required=true />
                <Field path=OPEN name="points" label=t.draw_points_each() inputmode="numeric" testid="draw-points" />
                <label class="field"><span>{t.draw_or_thing()}</span>
                    <select name="sku" data-testid="draw-sku"><option value="">{t.draw_no_thing()}</option>{choices.into_iter().map(|(sku, words)| view! { <option value=sku>{words}</option> }).collect_view()}</select>
                </label>
                <Field path=OPEN name="price" label=t.draw_thing_price() inputmode="decimal" testid="draw-price" />
                {lasts(&LASTS)}
                <Field path=OPEN name="phrase" label=t.draw_phrase() testid="draw-phrase" />
                <label class="check"><input type="checkbox" name="follow" value="1" />{t.draw_follow()}</label>
                <p class="hint">{t.draw_bag_hint()}</p>
                <button type="submit" class="button primary" data-testid="draw-begin">{t.draw_begin()}</button>
            </form>
        </details>
        <details open={of(Kind::Packets)}>
            <summary class="button small" data-testid="packets-make"><Icon name="coins" />{t.draw_packets()}</summary>
            <form method="post" action={posts_to::<Open>()} class="form">
                <Hidden name="code" value=again />
                <Hidden name="kind" value=Kind::Packets.name() />
                <Field path=OPEN name="points" label=t.draw_points_all() inputmode="numeric" testid="packets-points" required=true />
                <Field path=OPEN name="prizes" label=t.draw_packets_many() inputmode="numeric" testid="packets-prizes" required=true />
                {lasts(&LASTS)}
                <p class="hint">{t.draw_packets_hint()}</p>
                <button type="submit" class="button primary" data-testid="packets-begin">{t.draw_begin()}</button>
            </form>
        </details>
    }
}

#[component]
fn FlashForm(code: String, now: Now) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let things = now.bag.with_untracked(|bag| bag.iter().map(|i| (i.place, i.title.clone())).collect::<Vec<_>>());
    let seconds = |n: i64| if n < 60 { t.flash_seconds(n) } else { t.draw_minutes(n / 60) };
    view! {
        <details open={site.flash(FLASH).is_some()}>
            <summary class="button small" data-testid="flash-make"><Icon name="zap" />{t.flash_title()}</summary>
            <form method="post" action={posts_to::<Flash>()} class="form">
                <Hidden name="code" value=code />
                <label class="field"><span>{t.flash_thing()}</span>
                    <select name="place" data-testid="flash-place">{things.into_iter().map(|(place, title)| view! { <option value=place.to_string()>{format!("{place}. {title}")}</option> }).collect_view()}</select>
                </label>
                <Field path=FLASH name="off" label=t.studio_put_off() inputmode="decimal" testid="flash-off" required=true />
                <Field path=FLASH name="units" label=t.flash_units() inputmode="numeric" testid="flash-units" required=true />
                <Field path=FLASH name="each" label=t.flash_each() inputmode="numeric" testid="flash-each" required=true />
                <label class="field"><span>{t.flash_begins()}</span>
                    <select name="starts_in" data-testid="flash-in">{FLASH_IN.map(|n| view! { <option value=n.to_string()>{seconds(n)}</option> })}</select>
                </label>
                {lasts(&FLASH_LASTS)}
                <p class="hint">{t.flash_hint()}</p>
                <button type="submit" class="button primary" data-testid="flash-begin">{t.flash_announce()}</button>
            </form>
        </details>
    }
}
