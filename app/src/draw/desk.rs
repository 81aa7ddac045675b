//! What a host draws and offers for a short while, in the studio.

use crate::{
    draw::{
        api::Open,
        card::{named, prize},
    },
    live::{
        api::Flash,
        room::{FlashNote, Now},
    },
    site::Site,
    ui::{Countdown, Field, FormError, Hidden, Icon, PostForm, Sent},
};
use domain::{
    draw::{Kind, LASTS, MAX_PHRASE},
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
    // What changes with every viewer redraws no form that somebody fills in.
    let (things, sells) = (Memo::new(move |_| now.bag.with(|b| !b.is_empty())), Memo::new(move |_| sells()));
    let flash = Memo::new(move |_| now.facts.with(|f| f.flash.as_ref().map(|f| f.place)));
    let (opens, offers) = (Sent::<Open>::nothing(), Sent::<Flash>::nothing());
    view! {
        <section class="panel studio-draws" id="draws">
            <h2>{t.studio_draws()}</h2>
            <FormError path=OPEN sending=opens.state />
            {move || {
                which.get()?;
                let fact = draw.get_untracked()?;
                let title = now.bag.with_untracked(|b| named(b, fact.thing.as_ref())).unwrap_or_default();
                Some(view! {
                    <p class="notice" data-testid="studio-draw" data-state=if fact.drawn { "drawn" } else { "open" } data-code=fact.code.to_string()>
                        <Icon name="gift" />" "{prize(&fact, &title)}" · "{move || t.draw_taking_part(joined())}
                        {(!fact.drawn).then(|| view! { " · " <Countdown deadline={fact.closes_at} now={now.time()} /> })}
                        " "<a href=format!("/fair/{}", fact.code) target="_blank">{t.draw_check()}</a>
                    </p>
                })
            }}
            {move || match (sells.get(), open.get()) {
                (false, _) => view! { <p class="hint">{t.studio_draws_hint()}</p> }.into_any(),
                (true, true) => ().into_any(),
                (true, false) => view! { <Forms code=code.get_value() now sent=opens /> }.into_any(),
            }}
            <FormError path=FLASH sending=offers.state />
            {move || match flash.get() {
                Some(place) => now.bag.with_untracked(|b| b.iter().find(|i| i.place == place).map(|i| (i.title.clone(), i.currency))).map(|(title, currency)| view! {
                    <p class="notice" data-testid="studio-flash">{title}" "<FlashNote place currency now /></p>
                }).into_any(),
                None => (sells.get() && things.get()).then(|| view! { <FlashForm code=code.get_value() now sent=offers /> }).into_any(),
            }}
        </section>
    }
}

/// A choice of a form; what was chosen in a refused one stays chosen.
fn choice(
    name: &'static str,
    testid: &'static str,
    label: &'static str,
    chosen: Option<String>,
    options: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static,
) -> impl IntoView {
    // Each of its own: what is chosen stays what it was when another one goes.
    let one = move |(value, words): (String, String)| {
        let selected = chosen.as_deref() == Some(value.as_str());
        view! { <option value=value selected=selected>{words}</option> }
    };
    let options = view! { <For each=options key=Clone::clone children=one /> };
    view! { <label class="field"><span>{label}</span><select name=name data-testid=testid>{options}</select></label> }
}

fn minutes(of: &[i64]) -> Vec<(String, String)> {
    let t = Site::get().texts();
    of.iter().map(|n| (n.to_string(), t.draw_minutes(*n))).collect()
}

#[component]
fn Forms(code: String, now: Now, sent: Sent<Open>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let refused = Kind::ALL.iter().copied().find(|k| site.typed(OPEN, "kind").as_deref() == Some(k.name()));
    let of = move |kind: Kind| refused == Some(kind);
    // Both forms have fields of one name: what was typed into one is not for the other.
    let typed = move |kind: Kind, name: &str| if of(kind) { site.typed(OPEN, name) } else { None };
    // What is put in meanwhile can be chosen, and nothing that was typed is lost.
    let things = Memo::new(move |_| {
        let mut things = vec![(String::new(), t.draw_no_thing().to_owned())];
        now.bag.with(|bag| {
            for item in bag {
                let words = |choice: &str| format!("{}. {} {choice}", item.place, item.title);
                things.extend(item.choices.iter().map(|c| (c.sku.to_string(), words(&c.choice))));
            }
        });
        things
    });
    let again = code.clone();
    let number = move |kind: Kind, name: &'static str, label: &'static str, testid: &'static str, required: bool| {
        let value = typed(kind, name).unwrap_or_default();
        let wrong = of(kind) && site.flash(OPEN).is_some_and(|f| f.problem.field.as_deref() == Some(name));
        view! {
            <label class="field"><span>{label}</span>
                <input type="text" name=name value=value inputmode="decimal" required=required aria-invalid=wrong.then_some("true") data-testid=testid />
            </label>
        }
    };
    let follows = typed(Kind::Bag, "follow").is_some();
    let says = typed(Kind::Bag, "phrase").unwrap_or_default();
    let (bag_open, packets_open) = (of(Kind::Bag), of(Kind::Packets));
    let bag = (typed(Kind::Bag, "sku"), typed(Kind::Bag, "minutes"));
    let packets = typed(Kind::Packets, "minutes");
    view! {
        <details open=bag_open>
            <summary class="button small" data-testid="bag-make"><Icon name="gift" />{t.draw_bag()}</summary>
            <PostForm sent class="form">
                <Hidden name="code" value=code />
                <Hidden name="kind" value={Kind::Bag.name()} />
                {number(Kind::Bag, "prizes", t.draw_winners(), "draw-prizes", true)}
                {number(Kind::Bag, "points", t.draw_points_each(), "draw-points", false)}
                {choice("sku", "draw-sku", t.draw_or_thing(), bag.0, move || things.get())}
                {number(Kind::Bag, "price", t.draw_thing_price(), "draw-price", false)}
                {choice("minutes", "draw-minutes", t.draw_lasts(), bag.1, || minutes(&LASTS))}
                <label class="field"><span>{t.draw_phrase()}</span><input type="text" name="phrase" value=says maxlength=MAX_PHRASE data-testid="draw-phrase" /></label>
                <label class="check"><input type="checkbox" name="follow" value="1" checked=follows />{t.draw_follow()}</label>
                <p class="hint">{t.draw_bag_hint()}</p>
                <button type="submit" class="button primary" data-testid="draw-begin">{t.draw_begin()}</button>
            </PostForm>
        </details>
        <details open=packets_open>
            <summary class="button small" data-testid="packets-make"><Icon name="coins" />{t.draw_packets()}</summary>
            <PostForm sent class="form">
                <Hidden name="code" value=again />
                <Hidden name="kind" value={Kind::Packets.name()} />
                {number(Kind::Packets, "points", t.draw_points_all(), "packets-points", true)}
                {number(Kind::Packets, "prizes", t.draw_packets_many(), "packets-prizes", true)}
                {choice("minutes", "packets-minutes", t.draw_lasts(), packets, || minutes(&LASTS))}
                <p class="hint">{t.draw_packets_hint()}</p>
                <button type="submit" class="button primary" data-testid="packets-begin">{t.draw_begin()}</button>
            </PostForm>
        </details>
    }
}

#[component]
fn FlashForm(code: String, now: Now, sent: Sent<Flash>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let things = Memo::new(move |_| {
        now.bag.with(|bag| {
            bag.iter().map(|i| (i.place.to_string(), format!("{}. {}", i.place, i.title))).collect::<Vec<_>>()
        })
    });
    let begins =
        FLASH_IN.iter().map(|n| (n.to_string(), if *n < 60 { t.flash_seconds(*n) } else { t.draw_minutes(n / 60) }));
    let begins: Vec<_> = begins.collect();
    let typed = |name: &str| site.typed(FLASH, name);
    let (place, starts, lasts) = (typed("place"), typed("starts_in"), typed("minutes"));
    let open = site.flash(FLASH).is_some();
    view! {
        <details open=open>
            <summary class="button small" data-testid="flash-make"><Icon name="zap" />{t.flash_title()}</summary>
            <PostForm sent class="form">
                <Hidden name="code" value=code />
                {choice("place", "flash-place", t.flash_thing(), place, move || things.get())}
                <Field path=FLASH name="off" label=t.flash_put_off() inputmode="decimal" testid="flash-off" required=true />
                <Field path=FLASH name="units" label=t.flash_units() inputmode="numeric" testid="flash-units" required=true />
                <Field path=FLASH name="each" label=t.flash_each() inputmode="numeric" testid="flash-each" required=true />
                {choice("starts_in", "flash-in", t.flash_begins(), starts, move || begins.clone())}
                {choice("minutes", "flash-minutes", t.draw_lasts(), lasts, || minutes(&FLASH_LASTS))}
                <p class="hint">{t.flash_hint()}</p>
                <button type="submit" class="button primary" data-testid="flash-begin">{t.flash_announce()}</button>
            </PostForm>
        </details>
    }
}
