//! Whom I have muted or blocked.

use crate::{
    fail::Fail,
    moderation::api::averse,
    site::Site,
    ui::{Empty, FormError, Head, Page, TurnForm, loaded},
};
use domain::moderation::{AverseView, Aversion};
use leptos::prelude::*;

pub struct AversePage {
    people: Resource<Result<Vec<AverseView>, Fail>>,
}

impl AversePage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/me/averse".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        Self { people: Resource::new(|| (), |()| averse()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.people, move |people| {
            let none = people.is_empty();
            view! {
                <Head title=t.averse_title().to_owned() private=true />
                <Page title=t.averse_title().to_owned() back="/settings" tab="me" class="narrow">
                    <FormError path="moderation/turn" />
                    <p class="hint">{t.averse_hint()}</p>
                    {none.then(|| view! { <Empty text=t.averse_none() next=t.me_settings() href="/settings" /> })}
                    <ul class="rows">
                        {people.into_iter().map(|p| {
                            let (state, undo) = match p.kind {
                                Aversion::Mute => (t.averse_mute(), t.unmute()),
                                Aversion::Block => (t.averse_block(), t.unblock()),
                            };
                            view! {
                                <li class="session" data-testid="averse" data-state=p.kind.name()>
                                    <span><a href=format!("/u/{}", p.handle)>{p.name}</a><small>{state}</small></span>
                                    <TurnForm handle=p.handle to="none" next="/me/averse".to_owned() label=undo testid="turn-none" />
                                </li>
                            }
                        }).collect_view()}
                    </ul>
                </Page>
            }
            .into_any()
        })
    }
}
