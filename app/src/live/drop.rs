//! Coupons that a host hands out: in his studio, and in the room to whoever is fastest.

use crate::{
    live::{
        api::{Catch, HandOut},
        room::{Now, close_sheet, reads_on},
    },
    site::Site,
    ui::{Countdown, Field, FormError, Hidden, Icon, PostForm, Sent, Submit, is_for, problem_alert, takes_off},
};
use domain::{
    coupon::{DROP_LASTS, DropFact, DropOffer},
    time::DAY,
};
use leptos::prelude::*;

const HAND_OUT: &str = "live/hand_out";
const SHEET: &str = ".room-draw.of-coupons";

/// What it is called after, in the language of the page.
fn named(fact: &DropFact) -> String {
    let lang = Site::get().lang();
    fact.of.get(lang.tag()).or_else(|| fact.of.values().next()).cloned().unwrap_or_default()
}

/// What the room hands out, if it does.
#[component]
pub fn DropCard(code: String, known: bool, own: bool, now: Now) -> impl IntoView {
    let room = StoredValue::new(code);
    let shown = Memo::new(move |_| now.facts.with(|f| f.drop.clone()));
    let which = Memo::new(move |_| shown.with(|d| d.as_ref().map(|d| (d.code.clone(), d.over))));
    // Another one is another sheet; of the same one only numbers change.
    move || {
        which.get()?;
        let fact = shown.get_untracked()?;
        Some(view! { <One fact shown room=room.get_value() known own now /> })
    }
}

#[component]
fn One(
    fact: DropFact,
    shown: Memo<Option<DropFact>>,
    room: String,
    known: bool,
    /// Whether whoever looks hands them out himself.
    own: bool,
    now: Now,
) -> impl IntoView {
    let t = Site::get().texts();
    let over = fact.over;
    let left = Memo::new(move |_| shown.with(|d| d.as_ref().map_or(0, |d| d.remains)));
    let of = StoredValue::new(fact.code.clone());
    let have = Memo::new(move |_| now.dropped.with(|d| d.as_ref() == Some(&of.get_value())));
    let state = move || match (have.get(), over, left.get()) {
        (true, ..) => "have",
        (_, true, _) => "over",
        (_, _, ..=0) => "gone",
        _ => "open",
    };
    let code = fact.code.to_string();
    let told = StoredValue::new((room, code.clone()));
    let words = takes_off(&fact.terms);
    let scope = is_for(&fact.terms, named(&fact));
    view! {
        <details class="room-draw of-coupons" data-testid="drop" data-state=state data-code=code on:keydown=|event| if event.key() == "Escape" { close_sheet(SHEET) }>
            <summary data-testid="drop-open">
                <Icon name="ticket-percent" /><span class="visually-hidden">{t.drop_title()}" "</span>
                {if over { view! { <b>{t.draw_over()}</b> }.into_any() } else { view! { <Countdown deadline={fact.closes_at} now={now.time()} testid="drop-clock" /> }.into_any() }}
            </summary>
            <div class="room-sheet" id="drop-sheet">
                <h2>{t.drop_title()}</h2>
                <p class="room-prize"><b>{words}</b></p>
                <p>{scope} <br /> <small>{t.coupon_good_days(fact.lasts / DAY)}</small></p>
                <p data-testid="drop-left" data-left=move || left.get().to_string()>{move || t.drop_left(left.get(), fact.quota)}</p>
                <div class="room-have" role="status" tabindex="-1" id="drop-have">
                    {move || match state() {
                        "have" => view! { <p class="notice">{t.drop_have()}</p> <p><a class="button" href="/coupons" target="_blank" data-testid="drop-mine">{t.drop_see()}</a></p> }.into_any(),
                        "over" => view! { <p class="note">{t.drop_over()}</p> }.into_any(),
                        "gone" => view! { <p class="note">{t.drop_none_left()}</p> }.into_any(),
                        _ if own => view! { <p class="hint">{t.drop_own()}</p> }.into_any(),
                        _ => ().into_any(),
                    }}
                </div>
                {move || (state() == "open" && !own).then(|| {
                    let (room, code) = told.get_value();
                    view! { <Take room code known now of={of.get_value()} /> }
                })}
            </div>
        </details>
    }
}

/// The button that takes one.
#[component]
fn Take(room: String, code: String, known: bool, now: Now, of: domain::Code) -> impl IntoView {
    let t = Site::get().texts();
    let sent = Sent::<Catch>::nothing();
    let of = StoredValue::new(of);
    Effect::new(move |_| {
        if sent.answer.get().is_some() {
            now.dropped.set(Some(of.get_value()));
            reads_on("#drop-have");
        }
    });
    view! {
        {move || sent.state.refused.get().map(|p| problem_alert(&p))}
        <PostForm sent login=true>
            <Hidden name="code" value=code />
            <Hidden name="room" value=room />
            <Submit label=if known { t.drop_catch().to_owned() } else { t.drop_login().to_owned() } testid="drop-catch" sending=sent.state />
        </PostForm>
    }
}

/// Hands out coupons, as long as the room sells.
#[component]
pub fn Drops(
    code: String,
    offers: RwSignal<Vec<DropOffer>>,
    now: Now,
    sells: impl Fn() -> bool + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let t = Site::get().texts();
    let code = StoredValue::new(code);
    let sent = Sent::<HandOut>::nothing();
    let shown = Memo::new(move |_| now.facts.with(|f| f.drop.clone()));
    let which = Memo::new(move |_| shown.with(|d| d.as_ref().map(|d| (d.code.clone(), d.over))));
    let left = move || shown.with(|d| d.as_ref().map_or(0, |d| d.remains));
    let runs = Memo::new(move |_| shown.with(|d| d.as_ref().is_some_and(|d| !d.over)));
    // What is asked for anew every few seconds redraws no form that somebody fills in.
    let (sells, none) = (Memo::new(move |_| sells()), Memo::new(move |_| offers.with(Vec::is_empty)));
    view! {
        <section class="panel studio-draws" id="drops">
            <h2>{t.studio_drops()}</h2>
            <FormError path=HAND_OUT sending=sent.state />
            {move || {
                which.get()?;
                let fact = shown.get_untracked()?;
                let (over, quota) = (fact.over, fact.quota);
                Some(view! {
                    <p class="notice" data-testid="studio-drop" data-state=if over { "over" } else { "open" } data-code=fact.code.to_string()>
                        <Icon name="ticket-percent" />" "{takes_off(&fact.terms)}" · "{move || t.drop_left(left(), quota)}
                        {(!over).then(|| view! { " · " <Countdown deadline={fact.closes_at} now={now.time()} /> })}
                    </p>
                })
            }}
            {move || match (sells.get(), runs.get(), none.get()) {
                (false, ..) => view! { <p class="hint">{t.studio_drop_sells()}</p> }.into_any(),
                (true, true, _) => ().into_any(),
                (true, false, true) => view! { <p class="hint">{t.studio_drop_none()}</p> }.into_any(),
                (true, false, false) => view! { <Form code=code.get_value() offers sent /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Form(code: String, offers: RwSignal<Vec<DropOffer>>, sent: Sent<HandOut>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let (which, lasts) = (site.typed(HAND_OUT, "coupon"), site.typed(HAND_OUT, "minutes"));
    let open = site.flash(HAND_OUT).is_some();
    let coupons = Memo::new(move |_| offers.with(|o| o.iter().map(|o| o.coupon.code.to_string()).collect::<Vec<_>>()));
    // One that is chosen stays chosen when there are fewer of it.
    let words = move |code: &str| {
        offers.with(|offers| {
            let o = offers.iter().find(|o| o.coupon.code.as_str() == code)?;
            let terms = &o.coupon.terms;
            let scope = is_for(terms, o.coupon.of.clone());
            Some(format!("{} · {scope} · {}", takes_off(terms), t.coupon_remains(o.remains)))
        })
    };
    let minutes = DROP_LASTS.map(|n| (n.to_string(), t.draw_minutes(n)));
    view! {
        <details open=open>
            <summary class="button small" data-testid="drop-make"><Icon name="ticket-percent" />{t.studio_drop_begin()}</summary>
            <PostForm sent class="form">
                <Hidden name="code" value=code />
                <label class="field"><span>{t.studio_drop_which()}</span>
                    <select name="coupon" data-testid="drop-coupon">
                        <For each=move || coupons.get() key=Clone::clone children={move |code: String| {
                            let selected = which.as_deref() == Some(code.as_str());
                            let value = code.clone();
                            view! { <option value=value selected=selected>{move || words(&code)}</option> }
                        }} />
                    </select>
                </label>
                <Field path=HAND_OUT name="units" label=t.studio_drop_units() inputmode="numeric" testid="drop-units" required=true />
                <label class="field"><span>{t.draw_lasts()}</span>
                    <select name="minutes" data-testid="drop-minutes">
                        {minutes.into_iter().map(|(value, words)| {
                            let selected = lasts.as_deref() == Some(value.as_str());
                            view! { <option value=value selected=selected>{words}</option> }
                        }).collect_view()}
                    </select>
                </label>
                <p class="hint">{t.studio_drop_hint()}</p>
                <Submit label=t.studio_drop_begin().to_owned() testid="drop-begin" sending=sent.state />
            </PostForm>
        </details>
    }
}
