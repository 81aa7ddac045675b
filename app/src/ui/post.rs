//! Forms that are sent without leaving the page: plain forms to a server function, which wasm sends in the background.
//!
//! The browser carries no reader of the arguments: what the form holds goes out as it is, the same bytes that it would post by
//! itself.

use crate::fail::Fail;
use domain::Problem;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use server_fn::ServerFn;

/// Where a form stands that wasm sends.
#[derive(Clone, Copy)]
pub struct Sending {
    pub pending: RwSignal<bool>,
    /// How often an answer has come.
    pub answers: RwSignal<u32>,
    /// Why the last one was a refusal.
    pub refused: RwSignal<Option<Problem>>,
}

impl Sending {
    /// Changes when what the page shows may have changed: the form was taken, or refused as something had moved on (`moved`: the
    /// codes that say so). Any other refusal leaves the page, and what was typed into it, as it is.
    pub fn turned(self, moved: &'static [&'static str]) -> Memo<u32> {
        Memo::new(move |before: Option<&u32>| {
            let answers = self.answers.get();
            let stays = self.refused.with(|p| p.as_ref().is_some_and(|p| !moved.contains(&p.code.as_str())));
            if stays { before.copied().unwrap_or(0) } else { answers }
        })
    }
}

/// A form of the server function `F`, with the last answer that was no refusal.
pub struct Sent<F: ServerFn>
where
    F::Output: Send + Sync + 'static,
{
    pub state: Sending,
    pub answer: RwSignal<Option<F::Output>>,
}

impl<F: ServerFn> Clone for Sent<F>
where
    F::Output: Send + Sync + 'static,
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: ServerFn> Copy for Sent<F> where F::Output: Send + Sync + 'static {}

impl<F: ServerFn> Sent<F>
where
    F::Output: Send + Sync + 'static,
{
    /// Nothing sent yet.
    pub fn nothing() -> Self {
        let state = Sending { pending: RwSignal::new(false), answers: RwSignal::new(0), refused: RwSignal::new(None) };
        Self { state, answer: RwSignal::new(None) }
    }
}

/// A form that posts to `F`. While an answer is awaited it is not sent again.
#[component]
pub fn PostForm<F>(
    sent: Sent<F>,
    #[prop(optional)] class: &'static str,
    /// Whether the fields are emptied once what they held has arrived.
    #[prop(optional)]
    clear: bool,
    /// Whether somebody who must log in first is led there; where nothing was typed that would be lost.
    #[prop(optional)]
    login: bool,
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = Fail> + 'static,
    F::Output: DeserializeOwned + Send + Sync + 'static,
{
    #[cfg(feature = "hydrate")]
    let submit = {
        let navigate = leptos_router::hooks::use_navigate();
        move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            let Sending { pending, answers, refused } = sent.state;
            let Some((element, form)) = browser::content(&event) else { return };
            if pending.get_untracked() {
                return;
            }
            pending.set(true);
            let navigate = navigate.clone();
            leptos::task::spawn_local(async move {
                let answer = browser::send(F::PATH, form).await.and_then(|(body, to)| {
                    let value = serde_json::from_str(&body).map_err(|_| Problem::internal())?;
                    Ok((value, to))
                });
                // The page may be gone by now; then nobody waits for the answer.
                match answer {
                    Ok((value, to)) => {
                        refused.try_set(None);
                        sent.answer.try_set(Some(value));
                        if clear {
                            element.reset();
                        }
                        if let Some(to) = to {
                            // Back leads to where one was before, not to this page once more.
                            let replace = browser::here().as_deref() == Some(to.as_str());
                            navigate(&to, leptos_router::NavigateOptions { replace, ..Default::default() });
                        }
                    }
                    // Whoever must log in first comes back to this page.
                    Err(problem) if login && problem.code == "login_needed" => {
                        let next = crate::ui::encode(&browser::here().unwrap_or_default());
                        navigate(&format!("/login?next={next}"), leptos_router::NavigateOptions::default());
                    }
                    Err(problem) => {
                        refused.try_set(Some(problem));
                    }
                }
                pending.try_set(false);
                answers.try_update(|n| *n += 1);
            });
        }
    };
    #[cfg(not(feature = "hydrate"))]
    let submit = {
        let _ = (sent, clear, login);
        |_: leptos::ev::SubmitEvent| ()
    };
    view! { <form class=class method="post" action=F::PATH on:submit=submit>{children()}</form> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use domain::Problem;
    use gloo_net::http::Request;
    use wasm_bindgen::JsCast;
    use web_sys::{FormData, HtmlFormElement, SubmitEvent, UrlSearchParams};

    /// Path and query of the page.
    pub(super) fn here() -> Option<String> {
        let location = leptos::prelude::window().location();
        Some(location.pathname().ok()? + &location.search().ok()?)
    }

    /// What the form holds, with the button that sent it, as it would be posted.
    pub(super) fn content(event: &SubmitEvent) -> Option<(HtmlFormElement, UrlSearchParams)> {
        let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
        let fields = FormData::new_with_form(&form).ok()?;
        if let Some(button) = event.submitter()
            && let Some(name) = button.get_attribute("name")
        {
            let _ = fields.append_with_str(&name, &button.get_attribute("value").unwrap_or_default());
        }
        let content = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
        Some((form, content))
    }

    /// The answer's body, and where it wants the page to go.
    pub(super) async fn send(path: &str, form: UrlSearchParams) -> Result<(String, Option<String>), Problem> {
        let offline = |_| Problem::new(503, "offline");
        let answer = Request::post(path)
            .header("accept", "application/json")
            .body(form)
            .map_err(offline)?
            .send()
            .await
            .map_err(offline)?;
        let body = answer.text().await.map_err(offline)?;
        if !answer.ok() {
            return Err(serde_json::from_str(&body).unwrap_or_else(|_| Problem::internal()));
        }
        let to = answer.headers().get("location").filter(|to| to.starts_with('/'));
        Ok((body, to))
    }
}
