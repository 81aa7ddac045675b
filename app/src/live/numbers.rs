//! What a host reads of his room: counts, what is worked out of them and how, what happened minute by minute, what each thing came to.

use crate::{
    live::room::Now,
    site::Site,
    ui::{Icon, amount, clock},
};
use domain::{
    Currency, Millis, Money,
    live::numbers::{NumbersView, Prompt, PromptView, ThingNumbers},
};
use leptos::prelude::*;

/// Thousandths as per cent.
fn percent(thousandths: i64) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// What the host is asked to look at.
#[component]
pub fn Prompts(numbers: RwSignal<NumbersView>) -> impl IntoView {
    let t = Site::get().texts();
    let prompts = Memo::new(move |_| numbers.with(|n| n.prompts.clone()));
    let words = move |p: PromptView| match p.what {
        Prompt::Falls => t.prompt_falls(p.n),
        Prompt::Idle => t.prompt_idle(p.n),
        Prompt::SoldOut => t.prompt_sold_out().to_owned(),
        Prompt::Quiet => t.prompt_quiet(p.n),
        Prompt::Hands => t.prompt_hands(p.n),
    };
    // Said when there is another one, and not with every minute that it lasts.
    let what = Memo::new(move |_| prompts.with(|p| p.iter().map(|p| p.what).collect::<Vec<_>>()));
    let said = move || {
        what.track();
        prompts.get_untracked().into_iter().map(words).collect::<Vec<_>>().join(" ")
    };
    view! {
        <p role="status" class="visually-hidden">{said}</p>
        {move || prompts.get().into_iter().map(|p| view! { <p class="alert studio-prompt" data-testid="studio-prompt" data-what=p.what.name()><Icon name="lightbulb" />" "{words(p)}</p> }).collect_view()}
    }
}

#[component]
pub fn Numbers(numbers: RwSignal<NumbersView>, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let one = |label: &'static str, testid: &'static str, of: fn(&NumbersView) -> i64| {
        let n = move || numbers.with(of);
        view! { <div><dt>{label}</dt><dd data-testid=testid data-count=move || n().to_string()>{move || t.count(n())}</dd></div> }
    };
    let worked = |label: &'static str, testid: &'static str, of: fn(&NumbersView) -> Option<String>| {
        view! { <div><dt>{label}</dt><dd data-testid=testid>{move || numbers.with(of).unwrap_or_else(|| "–".to_owned())}</dd></div> }
    };
    let money =
        move |label: &'static str, testid: &'static str, of: fn(&NumbersView, (Currency, i64)) -> Option<Money>| {
            move || {
                let sums = numbers.with(|n| n.sold.iter().filter_map(|s| of(n, *s)).collect::<Vec<_>>());
                sums.into_iter()
                .map(
                    |m| view! { <div><dt>{label}</dt><dd data-testid=testid>{amount(m.amount, m.currency)}</dd></div> },
                )
                .collect_view()
            }
        };
    let (viewers, hearts) = (move || now.facts.with(|f| f.viewers), move || now.facts.with(|f| f.hearts));
    view! {
        <section class="panel" id="numbers">
            <h2>{t.studio_numbers()}</h2>
            <dl class="studio-numbers">
                <div><dt>{t.live_watching()}</dt><dd data-testid="studio-viewers">{move || t.count(viewers())}</dd></div>
                {one(t.studio_peak(), "studio-peak", |n| n.peak)}
                {one(t.studio_mean(), "studio-mean", |n| n.mean)}
                {one(t.studio_unique(), "studio-unique", |n| n.unique)}
                {one(t.studio_entries(), "studio-entries", |n| n.entries)}
                {worked(t.studio_watch(), "studio-watch", |n| n.average_watch().map(clock))}
                <div><dt>{t.live_hearts()}</dt><dd data-testid="studio-hearts">{move || t.count(hearts())}</dd></div>
                {one(t.studio_lines(), "studio-lines", |n| n.lines)}
                {one(t.studio_follows(), "studio-follows", |n| n.follows)}
                {one(t.studio_clicks(), "studio-clicks", |n| n.clicks)}
                {worked(t.studio_ctr(), "studio-ctr", |n| n.ctr().map(percent))}
                {one(t.studio_orders(), "studio-orders", |n| n.orders)}
                {worked(t.studio_ctor(), "studio-ctor", |n| n.ctor().map(percent))}
                {money(t.studio_sold(), "studio-sold", |_, (currency, sold)| Some(Money::new(sold, currency)))}
                {money(t.studio_gpm(), "studio-gpm", NumbersView::gpm)}
                {money(t.studio_uv(), "studio-uv", NumbersView::uv)}
            </dl>
            <Curve numbers />
            <Things numbers now />
            <p class="hint">{t.studio_numbers_hint()}</p>
            <details>
                <summary class="button small" data-testid="studio-formulas">{t.studio_formulas()}</summary>
                <p class="hint">{t.studio_formula_viewers()}</p>
                <p class="hint">{t.studio_formula_money()}</p>
            </details>
        </section>
    }
}

/// Width and height of the curve, and as much as its top stays free for marks.
const WIDE: i64 = 300;
const HIGH: i64 = 72;
const TOP: i64 = 12;

/// How many looked minute by minute, with a mark where something began to be explained.
#[component]
fn Curve(numbers: RwSignal<NumbersView>) -> impl IntoView {
    let t = Site::get().texts();
    let drawn = Memo::new(move |_| numbers.with(|n| (n.moments.clone(), n.spans.clone())));
    move || {
        let (moments, spans) = drawn.get();
        let (first, last) = (moments.first()?.at, moments.last()?.at);
        if last <= first {
            return None;
        }
        let most = moments.iter().map(|m| m.viewers).max().unwrap_or(0).max(1);
        let x = |at: Millis| (at.clamp(first, last) - first) * WIDE / (last - first);
        let y = |viewers: i64| HIGH - viewers * (HIGH - TOP) / most;
        let points: Vec<String> = moments.iter().map(|m| format!("{},{}", x(m.at), y(m.viewers))).collect();
        let line = points.join(" ");
        let area = format!("0,{HIGH} {line} {WIDE},{HIGH}");
        let marks = spans.into_iter().map(|(from, _, place)| {
            let at = x(from);
            let near = if at > WIDE - 12 { at - 10 } else { at + 2 };
            view! { <line x1=at.to_string() x2=at.to_string() y1="0" y2=HIGH.to_string() /><text x=near.to_string() y="9">{place}</text> }
        });
        Some(view! {
            <svg class="studio-curve" viewBox=format!("0 0 {WIDE} {HIGH}") role="img" aria-label=t.studio_curve(most) data-testid="studio-curve" data-points=moments.len().to_string()>
                <polygon points=area />
                {marks.collect_view()}
                <polyline points=line />
            </svg>
            <p class="hint">{t.studio_curve(most)}</p>
        })
    }
}

/// What each thing of the bag came to.
#[component]
fn Things(numbers: RwSignal<NumbersView>, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let places = Memo::new(move |_| numbers.with(|n| n.things.iter().map(|t| t.place).collect::<Vec<_>>()));
    // The table stays where it is scrolled to: only what changes is written anew.
    let row = move |place: i64| {
        let thing = Memo::new(move |_| numbers.with(|n| n.things.iter().find(|t| t.place == place).cloned()));
        let title = Memo::new(move |_| now.bag.with(|b| b.iter().find(|i| i.place == place).map(|i| i.title.clone())));
        let of = move |read: fn(&ThingNumbers) -> i64| thing.with(|t| t.as_ref().map_or(0, read));
        view! {
            <tr data-testid="studio-thing" data-place=place.to_string() data-orders=move || of(|t| t.orders).to_string() data-clicks=move || of(|t| t.clicks).to_string()>
                <th scope="row"><b class="room-place">{place}</b>{move || title.get().unwrap_or_default()}</th>
                <td>{move || clock(of(|t| t.explained))}</td>
                <td>{move || of(|t| t.clicks)}</td>
                <td>{move || format!("{} ({})", of(|t| t.orders), of(|t| t.orders_then))}</td>
                <td>{move || thing.get().map(|t| amount(t.sold, t.currency))}</td>
            </tr>
        }
    };
    view! {
        <div hidden=move || places.with(Vec::is_empty)>
            <h3>{t.studio_by_thing()}</h3>
            <div class="studio-things" tabindex="0" role="region" aria-label=t.studio_by_thing()>
                <table>
                    <thead><tr>
                        <th scope="col">{t.studio_thing()}</th><th scope="col">{t.studio_explained()}</th><th scope="col">{t.studio_clicks()}</th>
                        <th scope="col">{t.studio_thing_orders()}</th><th scope="col">{t.studio_sold()}</th>
                    </tr></thead>
                    <tbody><For each=move || places.get() key=|place| *place children=row /></tbody>
                </table>
            </div>
        </div>
    }
}
