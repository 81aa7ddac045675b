//! Why something stood in my feed, and how to see less of it.

use crate::{
    fail::Fail,
    feed::api::{Less, why},
    site::Site,
    ui::{FormError, Head, Hidden, Icon, Page, Picture, PostForm, Sent, loaded},
};
use domain::feed::{LessView, WhyFactor, WhyView};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct WhyPage {
    why: Resource<Result<WhyView, Fail>>,
    place: Memo<String>,
    sent: Sent<Less>,
}

impl WhyPage {
    /// Where whoever logs in first comes back to: the page is gone by then.
    pub fn here() -> String {
        "/".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let place = Memo::new(move |_| params.with(|p| p.get("place").unwrap_or_default()));
        let sent = Sent::<Less>::nothing();
        let turned = sent.state.turned(&[]);
        Self { why: Resource::new(move || (place.get(), turned.get()), |(place, _)| why(place)), place, sent }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.why, move |why| {
            let WhyView { title, href, picture, factors, less, .. } = why;
            let most = factors.iter().map(|f| stretch(f.times)).max().unwrap_or(1).max(1);
            let place = this.place.get_untracked();
            view! {
                <Head title=t.why_title().to_owned() private=true />
                <Page title=t.why_title().to_owned() back="/" tab="home" class="narrow">
                    <FormError path="feed/less" />
                    <a class="why-thing panel" href=href>
                        <Picture picture=picture alt=String::new() sizes="72px" />
                        <span>{title}</span>
                        <Icon name="chevron-right" />
                    </a>
                    <section class="panel" data-testid="why-factors">
                        <h2>{t.why_factors()}</h2>
                        <p class="hint">{t.why_hint()}</p>
                        <ol class="why-factors">{factors.into_iter().map(|f| factor(f, most)).collect_view()}</ol>
                    </section>
                    <section class="panel">
                        <h2>{t.less_title()}</h2>
                        <ul class="rows">{less.into_iter().map(|l| view! { <LessRow sent=this.sent less=l at=place.clone() next=format!("/why/{place}") /> }).collect_view()}</ul>
                        <p><a class="button wide" href="/taste">{t.taste_title()}</a></p>
                    </section>
                </Page>
            }
            .into_any()
        })
    }
}

/// How far a factor moves the score, either way: its number of halves or doubles, in tenths.
fn stretch(times: i64) -> i64 {
    let (mut far, mut left) = (0, if times >= 100 { times } else { 10_000 / times.max(1) });
    while left > 107 {
        left = left * 100 / 107;
        far += 1;
    }
    far
}

fn factor(f: WhyFactor, most: i64) -> impl IntoView {
    let t = Site::get().texts();
    let text = t.because_named(f.factor.name());
    let times = format!("×{}.{:02}", f.times / 100, f.times % 100);
    let class = if f.times >= 100 { "for" } else { "against" };
    // Twenty steps of width: styles may not stand in the page.
    let width = format!("bar w{}", (stretch(f.times) * 20 / most).clamp(1, 20));
    view! {
        <li class=class data-factor=f.factor.name() data-times=f.times>
            <span>{text}{f.because.map(|b| view! { <small>{b}</small> })}</span>
            <b>{times}</b>
            <i class=width aria-hidden="true"></i>
        </li>
    }
}

/// Something that one can see less of, with its button.
#[component]
pub fn LessRow(sent: Sent<Less>, less: LessView, at: String, next: String) -> impl IntoView {
    let t = Site::get().texts();
    let LessView { kind, thing, name, on } = less;
    let label = if on { t.less_undo_named(&name) } else { t.less_do_named(&name) };
    view! {
        <li class="session" data-testid="less" data-state=if on { "on" } else { "off" }>
            <span>{name}<small>{t.less_kind_named(kind.name())}</small></span>
            <PostForm sent>
                <Hidden name="kind" value=kind.name() />
                <Hidden name="thing" value=thing />
                <Hidden name="at" value=at />
                <Hidden name="next" value=next />
                <button type="submit" class="button" name="on" value=if on { "0" } else { "1" } aria-label=label data-testid="less-turn">{if on { t.less_undo() } else { t.less_do() }}</button>
            </PostForm>
        </li>
    }
}
