//! Posts as more than one page shows them, and the button that is on or off.

use crate::{
    fail::Fail,
    i18n::Texts,
    site::texts,
    ui::{Icon, PostForm, Sent, card::picture, html::Html},
};
use domain::post::{Part, PostCard, Tally, parts};
use leptos::prelude::*;
use server_fn::ServerFn;

/// A text whose topics and people lead to their pages. Everything else in it is text.
pub fn said_html(text: &str) -> String {
    let mut out = Html::default();
    for part in parts(text) {
        match part {
            Part::Text(text) => out.text(text),
            Part::Topic(whole, name) => out.raw("<a href=\"/t/").text(name).raw("\">").text(whole).raw("</a>"),
            Part::Mention(whole, name) => {
                out.raw("<a href=\"/u/").text(&name.to_ascii_lowercase()).raw("\">").text(whole).raw("</a>")
            }
        };
    }
    out.into_string()
}

/// A post in a list.
pub fn post_card(out: &mut Html, t: Texts, post: &PostCard, eager: bool) {
    out.raw("<a class=\"card post-card\" href=\"/posts/").text(post.code.as_str()).raw("\" data-testid=\"post-card\">");
    match &post.picture {
        Some(_) => picture(out, post.picture.as_ref(), "(min-width: 720px) 340px, 50vw", eager),
        None => {
            out.raw("<span class=\"quote\" aria-hidden=\"true\">").text(&post.title).raw("</span>");
        }
    }
    out.raw("<span class=\"card-title\">").text(&post.title).raw("</span><span class=\"card-social\"><span>");
    if post.sponsored {
        out.raw("<em class=\"flag\">").text(t.post_sponsored_short()).raw("</em> ");
    }
    out.text(&post.author).raw("</span>");
    if post.likes > 0 {
        out.raw("<span>♥ ").text(&t.count(post.likes)).raw("</span>");
    }
    out.raw("</span></a>");
}

/// Posts in rows.
#[component]
pub fn PostGrid(
    posts: Vec<PostCard>,
    /// Whether they are what the page is about, and so come first.
    #[prop(optional)]
    eager: bool,
) -> impl IntoView {
    let (t, mut inside) = (texts(), Html::default());
    for (i, post) in posts.iter().enumerate() {
        inside.raw("<li>");
        post_card(&mut inside, t, post, eager && i < 2);
        inside.raw("</li>");
    }
    view! { <ul class="grid posts" inner_html=inside.into_string()></ul> }
}

/// A button that does something or undoes it. It shows the answer before it has come, and what is when it was refused.
#[component]
pub fn Toggle<F>(
    sent: Sent<F>,
    tally: Tally,
    /// What it does.
    label: &'static str,
    /// What it says when that was done; its icon and the number otherwise.
    #[prop(optional)]
    done: Option<&'static str>,
    #[prop(optional)] icon: Option<&'static str>,
    testid: &'static str,
    /// Whom or what it is about, where there are several.
    #[prop(optional)]
    about: Option<String>,
    #[prop(optional)] class: &'static str,
    children: Children,
) -> impl IntoView
where
    F: ServerFn<Error = Fail, Output = Tally> + 'static,
{
    let t = texts();
    let known = move || sent.answer.get().unwrap_or(tally);
    let now = move || {
        let known = known();
        if sent.state.pending.get() {
            Tally { n: known.n + if known.mine { -1 } else { 1 }, mine: !known.mine }
        } else {
            known
        }
    };
    let class = format!("toggle {class}");
    view! {
        <PostForm sent class="toggle-form" login=true>
            {children()}
            <button type="submit" class=class name="on" value=move || if known().mine { "0" } else { "1" } data-testid=testid
                aria-pressed=move || if now().mine { "true" } else { "false" }>
                {match (icon, done) {
                    (Some(icon), _) => view! { <Icon name=icon /><span class="visually-hidden">{label}</span><span>{move || t.count(now().n)}</span> }.into_any(),
                    (None, done) => view! { <span>{move || if now().mine { done.unwrap_or(label) } else { label }}</span>{about.map(|about| view! { <span class="visually-hidden">" "{about}</span> })} }.into_any(),
                }}
            </button>
            {move || sent.state.refused.get().map(|p| crate::ui::problem_alert(&p))}
        </PostForm>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays_text() {
        let html = said_html("<script>alert(1)</script> #团聚 & @mei \"quoted\" #\"><img>");
        assert!(!html.contains("<script>") && !html.contains("<img>"), "{html}");
        assert!(
            html.contains("<a href=\"/t/团聚\">#团聚</a>") && html.contains("<a href=\"/u/mei\">@mei</a>"),
            "{html}"
        );
    }
}
