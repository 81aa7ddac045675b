//! Reviews as more than one page shows them.

use crate::{
    site::Site,
    ui::{Icon, Picture},
};
use domain::review::{LaterView, ReviewView, Summary};
use leptos::prelude::*;

/// Stars, full and empty, said in words to whoever listens.
#[component]
pub fn Stars(stars: i64) -> impl IntoView {
    let t = Site::get().texts();
    let full = usize::try_from(stars.clamp(0, 5)).unwrap_or(0);
    view! {
        <span class="stars" role="img" aria-label=t.review_stars_of(stars)>
            <b>{"★".repeat(full)}</b>{"★".repeat(5 - full)}
        </span>
    }
}

/// What all reviews of a product say: the mean, how they spread, and what was tapped.
#[component]
pub fn ReviewSummary(summary: Summary) -> impl IntoView {
    let t = Site::get().texts();
    let Some(tenths) = summary.tenths() else { return ().into_any() };
    let rows: Vec<(usize, i64)> = (1..=5).rev().map(|s| (s, summary.percent(s))).collect();
    view! {
        <div class="review-summary" data-testid="review-summary" data-count=summary.count() data-tenths=tenths>
            <p class="mean"><b>{tenths / 10}"."{tenths % 10}</b><small>{t.review_count(summary.count())}</small></p>
            <ul class="spread">
                {rows.into_iter().map(|(stars, percent)| view! {
                    <li>
                        <span>{stars}" ★"</span>
                        <progress max="100" value=percent aria-label=t.review_stars_of(i64::try_from(stars).unwrap_or(0))></progress>
                        <small>{percent}"%"</small>
                    </li>
                }).collect_view()}
            </ul>
        </div>
        {(!summary.tags.is_empty()).then(|| view! {
            <ul class="tags">
                {summary.tags.into_iter().map(|(tag, n)| view! { <li>{t.review_tag_named(&tag)} " " {t.count(n)}</li> }).collect_view()}
            </ul>
        })}
    }
    .into_any()
}

/// One review. `children`: what can be done with it.
#[component]
pub fn Review(review: ReviewView, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    if review.removed {
        return view! {
            <article class="review gone" id=format!("r-{}", review.code) data-testid="review" data-state="removed">
                <p class="hint">{t.review_gone()} " " <time>{site.time(review.at)}</time></p>
            </article>
        }
        .into_any();
    }
    let said = move |kind: &'static str, title: &'static str, later: Option<LaterView>| {
        later.map(|l| view! { <div class=kind><b>{title}</b> <small>{site.time(l.at)}</small><p class="said">{l.text}</p></div> })
    };
    let tint = domain::group_buy::tint(&review.author);
    let initial: String = review.author.chars().take(1).collect();
    view! {
        <article class="review" id=format!("r-{}", review.code) data-testid="review" data-stars=review.stars>
            <header>
                <span class=format!("face tint-{tint}") aria-hidden="true">{initial}</span>
                <span><b>{review.author}</b><small>{site.time(review.at)}{review.edited.then(|| view! { " · " {t.review_edited()} })}</small></span>
                <Stars stars=review.stars />
            </header>
            {(!review.choice.is_empty()).then(|| view! { <small class="choice">{review.choice}</small> })}
            {(!review.text.is_empty()).then(|| view! { <p class="said">{review.text}</p> })}
            {(!review.pictures.is_empty()).then(|| view! {
                <ul class="review-pictures">
                    {review.pictures.into_iter().zip(1_i64..).map(|(picture, n)| {
                        let whole = picture.url(1080, "jpg");
                        view! { <li><a href=whole rel="external" target="_blank"><Picture picture=Some(picture) alt=t.review_picture(n) sizes="96px" /></a></li> }
                    }).collect_view()}
                </ul>
            })}
            {(!review.tags.is_empty()).then(|| view! {
                <ul class="tags">{review.tags.into_iter().map(|tag| view! { <li>{t.review_tag_named(&tag)}</li> }).collect_view()}</ul>
            })}
            {said("follow-up", t.review_follow_up(), review.follow_up)}
            {said("answer", t.review_answer(), review.answer)}
            {review.rewarded.then(|| view! { <small class="rewarded">{t.review_rewarded()}</small> })}
            {(review.helpful > 0).then(|| view! { <small class="helpful"><Icon name="thumbs-up" /> " " {t.review_helpful_count(review.helpful)}</small> })}
            {children.map(|c| c())}
        </article>
    }
    .into_any()
}
