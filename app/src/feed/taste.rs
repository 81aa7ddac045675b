//! What the feed knows of me: to be seen, taken back piece by piece, and forgotten.

use super::why::LessRow;
use crate::{
    fail::Fail,
    feed::api::{Forget, Less, ShowBought, taste},
    site::Site,
    ui::{FormError, Head, Hidden, Page, PostForm, Sent, loaded, posts_to},
};
use domain::feed::TasteView;
use leptos::prelude::*;

/// The path of the function that agrees to being remembered; it belongs to the capability `account`.
const PERSONAL: &str = "/api/account/set_personal";

pub struct TastePage {
    taste: Resource<Result<TasteView, Fail>>,
    sent: Sent<Less>,
}

impl TastePage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/taste".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let sent = Sent::<Less>::nothing();
        let turned = sent.state.turned(&[]);
        Self { taste: Resource::new(move || turned.get(), |_| taste()), sent }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.taste, move |taste| {
            view! {
                <Head title=t.taste_title().to_owned() private=true />
                <Page title=t.taste_title().to_owned() back="/" tab="home" class="narrow">
                    <FormError path="feed/less" />
                    <FormError path="feed/forget" />
                    <FormError path="feed/show_bought" />
                    <FormError path="account/set_personal" />
                    <Taste taste sent=this.sent />
                </Page>
            }
            .into_any()
        })
    }
}

#[component]
fn Taste(taste: TasteView, sent: Sent<Less>) -> impl IntoView {
    let t = Site::get().texts();
    let TasteView { on, shows_bought, events, tags, less } = taste;
    let nothing = tags.is_empty();
    view! {
        <section class="panel" data-testid="personal" data-state=if on { "on" } else { "off" }>
            <h2>{t.personal_title()}</h2>
            <p class="hint">{t.personal_text()}</p>
            <p role="status">{if on { t.personal_is_on() } else { t.personal_is_off() }}</p>
            <form method="post" action=PERSONAL>
                <Hidden name="next" value="/taste" />
                <button type="submit" class=if on { "button wide" } else { "button primary wide" } name="on" value=if on { "0" } else { "1" } data-testid="personal-turn">
                    {if on { t.personal_off() } else { t.personal_on() }}
                </button>
            </form>
        </section>
        {on.then(|| view! {
            <section class="panel" data-testid="taste-tags">
                <h2>{t.taste_tags()}</h2>
                <p class="hint">{if nothing { t.taste_none() } else { t.taste_tags_hint() }}</p>
                <ul class="taste-tags">{tags.into_iter().map(|tag| (t.taste_tag_off(&tag.name), tag)).map(|(off, tag)| view! {
                    <li>
                        <PostForm sent>
                            <Hidden name="kind" value=tag.kind.name() />
                            <Hidden name="thing" value=tag.thing />
                            <button type="submit" name="on" value="1" data-testid="taste-tag" aria-label=off>
                                <span>{tag.name}</span><i class=format!("bar w{}", (tag.much / 5).clamp(1, 20)) aria-hidden="true"></i><b aria-hidden="true">"−"</b>
                            </button>
                        </PostForm>
                    </li>
                }).collect_view()}</ul>
            </section>
            {(!less.is_empty()).then(|| view! {
                <section class="panel">
                    <h2>{t.less_said()}</h2>
                    <ul class="rows">{less.into_iter().map(|l| view! { <LessRow sent less=l at=String::new() next="/taste".to_owned() /> }).collect_view()}</ul>
                </section>
            })}
            <section class="panel">
                <h2>{t.taste_events(events)}</h2>
                <p class="hint">{t.taste_events_hint()}</p>
                <form method="post" action={posts_to::<Forget>()}>
                    <button type="submit" class="button wide" data-testid="taste-forget">{t.taste_forget()}</button>
                </form>
            </section>
        })}
        <section class="panel" data-testid="bought" data-state=if shows_bought { "on" } else { "off" }>
            <h2>{t.bought_title()}</h2>
            <p class="hint">{t.bought_text()}</p>
            <form method="post" action={posts_to::<ShowBought>()}>
                <button type="submit" class="button wide" name="on" value=if shows_bought { "0" } else { "1" } data-testid="bought-turn">
                    {if shows_bought { t.bought_off() } else { t.bought_on() }}
                </button>
            </form>
        </section>
    }
}
