//! The shop's desk for reviews: those that wait for an answer, and those whose answer can be said better.

use crate::{
    fail::Fail,
    review::api::{Answer, desk},
    site::Site,
    ui::{Area, Empty, FormError, Head, Hidden, Page, Review, Submit, loaded, posts_to},
};
use domain::review::{DeskReviewView, MAX_TEXT};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

const PATH: &str = "review/answer";

pub struct ReviewDeskPage {
    reviews: Resource<Result<(Vec<DeskReviewView>, Option<String>), Fail>>,
    query: Memo<ParamsMap>,
}

impl ReviewDeskPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/reviews".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let asked = move || query.with(|q| ["answered", "after"].map(|name| q.get(name).unwrap_or_default()));
        Self { reviews: Resource::new(asked, |[answered, after]| desk(answered, after)), query }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        loaded(this.reviews, move |(reviews, next)| {
            let none = reviews.is_empty();
            let answered = this.query.with(|q| q.get("answered").is_some_and(|a| !a.is_empty()));
            let more = if answered { "answered=1&" } else { "" };
            let tab = |href: &'static str, label: &'static str, here: bool| {
                view! { <li><a class="chip" href=href aria-current=here.then_some("page")>{label}</a></li> }
            };
            let typed = (site.typed(PATH, "review"), site.typed(PATH, "text").unwrap_or_default());
            view! {
                <Head title=t.review_desk().to_owned() private=true />
                <Page title=t.review_desk().to_owned() back="/admin" tab="me" class="narrow">
                    <FormError path=PATH />
                    <nav class="chips" aria-label=t.review_desk()><ul>
                        {tab("/admin/reviews", t.review_desk_open(), !answered)}
                        {tab("/admin/reviews?answered=1", t.review_desk_answered(), answered)}
                    </ul></nav>
                    {(none && !answered).then(|| view! { <Empty text=t.review_desk_none() next=t.admin_title() href="/admin" /> })}
                    {reviews.into_iter().map(|r| {
                        let code = r.review.code.to_string();
                        let said = r.review.answer.as_ref().map(|a| a.text.clone()).unwrap_or_default();
                        let text = if typed.0.as_ref() == Some(&code) { typed.1.clone() } else { said };
                        view! {
                            <section class="panel">
                                <p><a href=format!("/p/{}/reviews", r.slug)>{r.title}</a></p>
                                <Review review=r.review>
                                    <form class="form" method="post" action={posts_to::<Answer>()}>
                                        <Hidden name="review" value=code />
                                        <Area name="text" label=t.review_answer() value=text maxlength=MAX_TEXT testid="answer-text" />
                                        <Submit label=t.review_answer_send().to_owned() testid="answer-send" />
                                    </form>
                                </Review>
                            </section>
                        }
                    }).collect_view()}
                    {next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/reviews?{more}after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}
