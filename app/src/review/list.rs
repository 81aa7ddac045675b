//! The reviews of a product.

use crate::{
    fail::Fail,
    review::api::{Vote, list},
    site::Site,
    ui::{Empty, FormError, Head, Hidden, Icon, Page, Review, ReviewSummary, goes_on, loaded, posts_to},
};
use domain::review::{Filter, ReviewsView};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

pub struct ReviewsPage {
    reviews: Resource<Result<ReviewsView, Fail>>,
}

impl ReviewsPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = move || {
            let of = |name: &str| query.with(|q| q.get(name).unwrap_or_default());
            (params.with(|p| p.get("slug").unwrap_or_default()), of("filter"), of("after"), of("at"))
        };
        Self { reviews: Resource::new(asked, |(slug, filter, after, at)| list(slug, filter, after, at)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.reviews, move |view| {
            let (product, here) = (goes_on(format!("/p/{}", view.slug)), format!("/p/{}/reviews", view.slug));
            let (none, any) = (view.reviews.is_empty(), view.summary.count() > 0);
            let (slug, chosen) = (view.slug.clone(), view.filter);
            let tabs: Vec<_> = Filter::ALL
                .into_iter()
                .map(|f| (f, f.count(&view.summary)))
                .filter(|(f, n)| *n > 0 || *f == chosen)
                .map(|(f, n)| {
                    let href = goes_on(format!("{here}?filter={}", f.name()));
                    let label = format!("{} {}", t.review_filter_named(f.name()), t.count(n));
                    view! { <li><a class="chip" href=href aria-current=(f == chosen).then_some("page")>{label}</a></li> }
                })
                .collect();
            let more = view.next.map(|after| goes_on(format!("{here}?filter={}&after={after}", chosen.name())));
            view! {
                <Head title=t.review_title_of(&view.title) path=here.clone() />
                <Page title=t.review_title().to_owned() back=product.clone() class="narrow">
                    <p><a href=product.clone()>{view.title.clone()}</a></p>
                    <FormError path="review/vote" />
                    {any.then(|| view! {
                        <section class="panel"><ReviewSummary summary=view.summary.clone() /></section>
                        <nav class="chips" aria-label=t.review_title()><ul>{tabs}</ul></nav>
                    })}
                    {none.then(|| if any {
                        view! { <Empty text=t.review_none_of_these() next=t.review_filter_all() href={goes_on(here.clone())} /> }
                    } else {
                        view! { <Empty text=t.review_none() next=t.review_none_next() href=product.clone() /> }
                    })}
                    <div class="reviews">
                        {view.reviews.into_iter().map(|review| {
                            let (code, slug) = (review.code.to_string(), slug.clone());
                            let (others, voted) = (!review.mine && !review.removed, review.voted);
                            let report = format!("/report/review/{code}");
                            view! {
                                <Review review>
                                    {others.then(move || view! {
                                        <div class="review-acts">
                                        <form method="post" action={posts_to::<Vote>()}>
                                            <Hidden name="review" value=code />
                                            <Hidden name="slug" value=slug />
                                            <Hidden name="filter" value=chosen.name() />
                                            <button type="submit" class="chip" name="helpful" value=if voted { "0" } else { "1" }
                                                data-testid="review-helpful" aria-pressed=if voted { "true" } else { "false" }>
                                                {t.review_helpful()}
                                            </button>
                                        </form>
                                        <a class="report" href=report rel="nofollow" aria-label=t.report_review() data-testid="review-report"><Icon name="flag" /></a>
                                        </div>
                                    })}
                                </Review>
                            }
                        }).collect_view()}
                    </div>
                    {more.map(|href| view! { <p class="feed-end"><a class="button" href=href>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}
