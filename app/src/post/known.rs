//! People whom I may know, and whether I let myself be found.

use crate::{
    fail::Fail,
    post::api::{Follow, SetKnown, known},
    site::Site,
    ui::{FormError, Head, Hidden, Page, Sent, Toggle, loaded, posts_to},
};
use domain::{
    known::{KnownView, PersonView},
    post::Tally,
};
use leptos::prelude::*;

const SET: &str = "post/set_known";

pub struct KnownPage {
    view: Resource<Result<KnownView, Fail>>,
}

impl KnownPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/me/known".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        Self { view: Resource::new(|| (), |()| known()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |KnownView { on, people }| {
            let none = people.is_empty();
            view! {
                <Head title=t.known_title().to_owned() private=true />
                <Page title=t.known_title().to_owned() back="/settings" tab="me" class="narrow">
                    <FormError path=SET />
                    <FormError path="post/follow" />
                    <section class="panel" data-testid="known" data-state=if on { "on" } else { "off" }>
                        <p class="hint">{t.known_text()}</p>
                        <form method="post" action={posts_to::<SetKnown>()}>
                            <button type="submit" class=if on { "button wide" } else { "button primary wide" } name="on" value=if on { "0" } else { "1" } data-testid="known-turn">
                                {if on { t.known_off() } else { t.known_on() }}
                            </button>
                        </form>
                    </section>
                    {(on && none).then(|| view! { <p class="hint centred">{t.known_none()}</p> })}
                    <ul class="places">{people.into_iter().map(|person| view! { <Person person /> }).collect_view()}</ul>
                </Page>
            }
            .into_any()
        })
    }
}

#[component]
fn Person(person: PersonView) -> impl IntoView {
    let t = Site::get().texts();
    let PersonView { handle, name, teams, linked } = person;
    let tint = domain::group_buy::tint(&name);
    let initial: String = name.chars().take(1).collect();
    let why = [linked.then(|| t.known_linked().to_owned()), (teams > 0).then(|| t.known_teams(teams))];
    let why = why.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <li data-testid="known-person">
            <a href=format!("/u/{handle}")>
                <span class=format!("face tint-{tint}") aria-hidden="true">{initial}</span>
                <span><b>{name.clone()}</b><small>{why}</small></span>
            </a>
            <Toggle sent={Sent::<Follow>::nothing()} tally={Tally { n: 0, mine: false }} label=t.follow() done=t.following() testid="post-follow" about=name.clone() class="button small">
                <Hidden name="handle" value=handle />
                <Hidden name="next" value="/me/known" />
            </Toggle>
        </li>
    }
}
