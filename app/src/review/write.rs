//! Saying what one thinks of what arrived: a form for each line of an order.

use crate::{
    fail::Fail,
    review::api::{DropPicture, FollowUp, Write, to_write},
    site::Site,
    ui::{
        Area, Empty, FormError, Head, Hidden, Icon, Page, Picture, Stars, Submit, any_problem_alert, loaded, posts_to,
    },
};
use domain::review::{MAX_PICTURES, MAX_TEXT, MineView, TAGS, ToReviewLine, ToReviewView, WORTH};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const PATH: &str = "review/write";
const FOLLOW_UP: &str = "review/follow_up";
const DROP: &str = "review/drop_picture";

pub struct WriteReviewPage {
    order: Resource<Result<ToReviewView, Fail>>,
}

fn code() -> String {
    use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default()
}

impl WriteReviewPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/orders/{}/review", code())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { order: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), to_write) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        let back = format!("/orders/{}", code());
        loaded(this.order, move |view| {
            let (order, open) = (view.code.to_string(), view.until.is_ok());
            view! {
                <Head title=t.review_write_title().to_owned() private=true />
                <Page title=t.review_write_title().to_owned() back=back.clone() class="narrow">
                    <FormError path=PATH />
                    <FormError path=FOLLOW_UP />
                    <FormError path=DROP />
                    {match view.until {
                        Ok(until) => view! { <p class="hint">{t.review_until(site.time(until))}</p> }.into_any(),
                        Err(problem) => any_problem_alert(&problem).into_any(),
                    }}
                    {(open && view.rewards.text + view.rewards.picture > 0).then(|| view! {
                        <p class="hint" data-testid="review-worth">
                            {(view.rewards.text > 0).then(|| t.review_worth_text(WORTH, view.rewards.text))} " "
                            {(view.rewards.picture > 0).then(|| t.review_worth_picture(view.rewards.picture))} " "
                            {t.review_worth_rule()}
                        </p>
                    })}
                    {view.lines.is_empty().then(|| view! { <Empty text=t.review_nothing() next=t.orders_title() href="/orders" /> })}
                    {view.lines.into_iter().map(|line| view! { <Line line order=order.clone() open /> }).collect_view()}
                </Page>
            }
            .into_any()
        })
    }
}

/// A line: what was written of it, and the form to write it or to say it better.
#[component]
fn Line(line: ToReviewLine, order: String, open: bool) -> impl IntoView {
    let t = Site::get().texts();
    let mine = line.mine.clone();
    let open = open && mine.as_ref().is_none_or(|m| m.removed.is_none());
    let written = mine.is_some();
    let site = Site::get();
    let follow_up = mine.as_ref().filter(|m| open && m.follow_up.is_none()).map(|m| {
        let code = m.code.to_string();
        let refused = site.typed(FOLLOW_UP, "review") == Some(code.clone());
        let typed = site.typed(FOLLOW_UP, "text").filter(|_| refused).unwrap_or_default();
        (code, order.clone(), refused, typed)
    });
    let refused = site.typed(PATH, "position") == Some(line.position.to_string());
    view! {
        <section class="panel to-review" data-testid="to-review" data-state=if written { "written" } else { "open" }>
            <div class="line">
                <span class="line-picture"><Picture picture=line.picture.clone() alt=String::new() sizes="96px" /></span>
                <div class="line-text">
                    <a href=format!("/p/{}", line.slug)>{line.title.clone()}</a>
                    {(!line.choice.is_empty()).then(|| view! { <small>{line.choice.clone()}</small> })}
                    {mine.as_ref().map(|m| view! { <Stars stars=m.stars /> })}
                </div>
            </div>
            {mine.as_ref().map(|m| view! {
                <p class="said">{m.text.clone()}</p>
                {(m.earned > 0).then(|| view! { <p class="hint" data-testid="review-earned" data-points=m.earned>{t.review_earned(m.earned)}</p> })}
                {m.removed.clone().map(|case| view! { <p class="alert" data-testid="review-removed">{t.review_removed()} " " <a href=format!("/decisions/{case}")>{t.decision_link()}</a></p> })}
                <Shown mine=m.clone() order=order.clone() open />
                {m.answer.clone().map(|a| view! { <div class="answer"><b>{t.review_answer()}</b><p class="said">{a.text}</p></div> })}
                {m.follow_up.clone().map(|f| view! { <div class="follow-up"><b>{t.review_follow_up()}</b><p class="said">{f.text}</p></div> })}
                <p><a href=format!("/p/{}/reviews?at={}#r-{}", line.slug, m.code, m.code)>{t.review_see()}</a></p>
            })}
            {(open && !written).then(|| view! { <Form position=line.position order=order.clone() mine=None /> })}
            {(open && written).then(|| view! {
                <details open=refused>
                    <summary data-testid="review-change">{t.review_change()}</summary>
                    <Form position=line.position order=order.clone() mine=mine.clone() />
                </details>
            })}
            {follow_up.map(|(review, order, refused, typed)| view! {
                <details open=refused>
                    <summary data-testid="review-follow-up">{t.review_follow_up_add()}</summary>
                    <form class="form" method="post" action={posts_to::<FollowUp>()}>
                        <Hidden name="review" value=review />
                        <Hidden name="order" value=order />
                        <Area name="text" label=t.review_follow_up() value=typed maxlength=MAX_TEXT testid="follow-up-text" />
                        <Submit label=t.review_send().to_owned() testid="follow-up-send" />
                    </form>
                </details>
            })}
        </section>
    }
}

/// What a review shows, and the forms to show more or less.
#[component]
fn Shown(mine: MineView, order: String, open: bool) -> impl IntoView {
    let t = Site::get().texts();
    let MineView { code, pictures, .. } = mine;
    let (code, shown) = (code.to_string(), i64::try_from(pictures.len()).unwrap_or(0));
    let left = MAX_PICTURES - shown;
    let upload = format!("/upload/review/{code}");
    view! {
        {(shown > 0).then(|| view! {
            <ul class="review-pictures" data-testid="review-shown">
                {pictures.into_iter().zip(1_i64..).map(|(picture, n)| {
                    let (id, code, order) = (picture.id.to_string(), code.clone(), order.clone());
                    view! {
                        <li>
                            <Picture picture=Some(picture) alt=t.review_picture(n) sizes="96px" />
                            {open.then(|| view! {
                                <form method="post" action={posts_to::<DropPicture>()}>
                                    <Hidden name="review" value=code />
                                    <Hidden name="order" value=order />
                                    <Hidden name="picture" value=id />
                                    <button type="submit" class="picture-away" aria-label=t.review_picture_away(n) data-testid="review-picture-away"><Icon name="x" /></button>
                                </form>
                            })}
                        </li>
                    }
                }).collect_view()}
            </ul>
        })}
        {(open && left > 0).then(|| view! {
            <form class="form review-add" method="post" action=upload enctype="multipart/form-data">
                <label class="field">
                    <span>{t.review_pictures_add(left)}</span>
                    <input type="file" name="picture" accept="image/jpeg,image/png,image/webp,image/gif" multiple required data-testid="review-files" />
                </label>
                <button type="submit" class="button" data-testid="review-upload">{t.review_upload()}</button>
            </form>
        })}
    }
}

/// The form; what was typed into a refused one stands in it again.
#[component]
fn Form(position: i64, order: String, mine: Option<MineView>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let flash = site.flash(PATH).filter(|_| site.typed(PATH, "position") == Some(position.to_string()));
    let typed = flash.map(|f| f.fields);
    let field = |name: &str| {
        typed.as_ref().map(|f| f.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default())
    };
    let stars = field("stars").map_or_else(|| mine.as_ref().map_or(0, |m| m.stars), |s| s.parse().unwrap_or(0));
    // A text that did not fit into what comes back is no empty one.
    let text = site.typed(PATH, "text").filter(|_| typed.is_some());
    let text = text.unwrap_or_else(|| mine.as_ref().map(|m| m.text.clone()).unwrap_or_default());
    let anonymous = field("anonymous").map_or_else(|| mine.as_ref().is_some_and(|m| m.anonymous), |v| !v.is_empty());
    let tapped = |tag: &str| match &typed {
        Some(fields) => fields.iter().any(|(n, v)| n.starts_with("tag") && v == tag),
        None => mine.as_ref().is_some_and(|m| m.tags.iter().any(|x| x == tag)),
    };
    view! {
        <form class="form review-form" method="post" action={posts_to::<Write>()}>
            <Hidden name="code" value=order />
            <Hidden name="position" value=position.to_string() />
            <fieldset class="star-choice">
                <legend>{t.review_stars()}</legend>
                {(1..=5).map(|n| view! {
                    <label>
                        <input type="radio" name="stars" value=n checked=n == stars required data-testid=format!("stars-{n}") />
                        <span aria-hidden="true">"★"</span><span class="visually-hidden">{t.review_stars_of(n)}</span>
                    </label>
                }).collect_view()}
            </fieldset>
            <fieldset class="tag-choice">
                <legend>{t.review_tags()}</legend>
                {TAGS.iter().enumerate().map(|(i, tag)| view! {
                    <label><input type="checkbox" name=format!("tag[{i}]") value=*tag checked=tapped(tag) /> <span>{t.review_tag_named(tag)}</span></label>
                }).collect_view()}
            </fieldset>
            <Area name="text" label=t.review_text() value=text maxlength=MAX_TEXT testid="review-text" />
            <label class="check"><input type="checkbox" name="anonymous" value="1" checked=anonymous /> <span>{t.review_anonymous()}</span></label>
            <Submit label=t.review_send().to_owned() testid="review-send" />
        </form>
    }
}
