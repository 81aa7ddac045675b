//! Reviews that the shop has not answered.

use crate::{
    fail::Fail,
    review::api::{Answer, unanswered},
    site::Site,
    ui::{Area, Empty, FormError, Head, Hidden, Page, Review, Submit, loaded, posts_to},
};
use domain::review::{DeskReviewView, MAX_TEXT};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const PATH: &str = "review/answer";

pub struct UnansweredPage {
    reviews: Resource<Result<(Vec<DeskReviewView>, Option<String>), Fail>>,
}

impl UnansweredPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/reviews".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { reviews: Resource::new(move || query.with(|q| q.get("after").unwrap_or_default()), unanswered) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        loaded(this.reviews, move |(reviews, next)| {
            let none = reviews.is_empty();
            let typed = (site.typed(PATH, "review"), site.typed(PATH, "text").unwrap_or_default());
            view! {
                <Head title=t.review_desk().to_owned() private=true />
                <Page title=t.review_desk().to_owned() back="/admin" tab="me" class="narrow">
                    <FormError path=PATH />
                    {none.then(|| view! { <Empty text=t.review_desk_none() next=t.admin_title() href="/admin" /> })}
                    {reviews.into_iter().map(|r| {
                        let code = r.review.code.to_string();
                        let text = if typed.0.as_ref() == Some(&code) { typed.1.clone() } else { String::new() };
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
                    {next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/reviews?after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}
