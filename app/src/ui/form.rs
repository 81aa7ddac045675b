//! Forms: fields that keep what was typed, and the refusal above them.

use crate::{
    site::Site,
    ui::{Sending, html::Html},
};
use domain::Problem;
use leptos::prelude::*;

/// A refusal, as an alert that a screen reader announces and a script can read.
pub fn problem_alert(problem: &Problem) -> impl IntoView + use<> {
    let text = Site::get().texts().problem(problem);
    view! { <p class="alert" role="alert" data-code=problem.code.clone()>{text}</p> }
}

/// As [`problem_alert`], of a refusal that stands in what a page shows, or that the browser finds by itself.
pub fn any_problem_alert(problem: &Problem) -> impl IntoView + use<> {
    let text = Site::get().texts().any_problem(problem);
    view! { <p class="alert" role="alert" data-code=problem.code.clone()>{text}</p> }
}

/// The refusal of the form that calls `path`: from wasm, or left by a plain form post.
#[component]
pub fn FormError(path: &'static str, #[prop(optional)] sending: Option<Sending>) -> impl IntoView {
    let flash = Site::get().flash(path).map(|f| f.problem);
    move || {
        let problem = match sending {
            Some(s) if s.answers.get() > 0 => s.refused.get(),
            _ => flash.clone(),
        };
        problem.map(|p| problem_alert(&p))
    }
}

/// A labelled field. What was typed into a refused form stands in it again.
#[component]
pub fn Field(
    /// The function that the form calls, below `/api/`.
    path: &'static str,
    name: &'static str,
    label: &'static str,
    #[prop(optional)] value: String,
    #[prop(optional)] kind: Option<&'static str>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] testid: Option<&'static str>,
    #[prop(optional)] maxlength: Option<u16>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let site = Site::get();
    let kind = kind.unwrap_or("text");
    let value = if kind == "password" { String::new() } else { site.typed(path, name).unwrap_or(value) };
    let wrong = site.flash(path).is_some_and(|f| f.problem.field.as_deref() == Some(name));
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type=kind
                name=name
                value=value
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=maxlength
                required=required
                aria-invalid=wrong.then_some("true")
                data-testid=testid
            />
        </label>
    }
}

/// A labelled field of several lines.
#[component]
pub fn Area(
    name: &'static str,
    label: &'static str,
    value: String,
    maxlength: usize,
    #[prop(optional)] testid: Option<&'static str>,
) -> impl IntoView {
    // As text: the framework writes what stands in one unescaped.
    let mut area = Html::default();
    area.raw("<textarea rows=\"4\" name=\"").text(name).raw("\" maxlength=\"").text(&maxlength.to_string());
    area.raw("\" data-testid=\"").text(testid.unwrap_or_default()).raw("\">\n").text(&value).raw("</textarea>");
    view! {
        <label class="field">
            <span>{label}</span>
            <span class="area" inner_html=area.into_string()></span>
        </label>
    }
}

#[component]
pub fn Hidden(name: &'static str, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}

/// The button that sends a form; it waits while an answer is awaited.
#[component]
pub fn Submit(
    label: String,
    #[prop(optional)] testid: Option<&'static str>,
    #[prop(optional)] class: &'static str,
    #[prop(optional)] sending: Option<Sending>,
    #[prop(optional)] disabled: bool,
) -> impl IntoView {
    let class = if class.is_empty() { "button primary" } else { class };
    let busy = move || sending.is_some_and(|s| s.pending.get());
    view! {
        <button type="submit" class=class data-testid=testid disabled=move || disabled || busy() aria-busy=move || busy().then_some("true")>
            {label}
        </button>
    }
}

/// Where a plain form of this server function posts to.
pub const fn posts_to<F: server_fn::ServerFn>() -> &'static str {
    F::PATH
}
