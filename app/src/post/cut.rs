//! Cutting a picture of a post: a shape and a place, shown as they are chosen, without a script.

use crate::{
    fail::Fail,
    post::api::composer,
    site::Site,
    ui::{FormError, Head, Page, Picture, any_problem_alert, loaded},
};
use domain::{
    Problem,
    catalog::PictureView,
    post::{
        ComposerView,
        cut::{PLACES, Shape},
    },
};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

pub struct CutPage {
    desk: Resource<Result<ComposerView, Fail>>,
    query: Memo<ParamsMap>,
}

fn asked(query: &ParamsMap, name: &str) -> String {
    query.get(name).unwrap_or_default()
}

impl CutPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        use_query_map().with_untracked(|q| {
            let of = |name: &str| crate::ui::encode(&asked(q, name));
            format!("/new/cut?post={}&picture={}", of("post"), of("picture"))
        })
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let post = move || query.with(|q| asked(q, "post"));
        Self { desk: Resource::new(post, |post| composer(post, String::new(), String::new())), query }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.desk, move |view| {
            let picture = this.query.with(|q| asked(q, "picture"));
            let is_it = |p: &(usize, PictureView)| p.1.id.0.simple().to_string() == picture && !p.1.moves();
            match view.pictures.into_iter().enumerate().find(is_it) {
                Some((i, picture)) => view! { <Cut post=view.code.to_string() picture nth=i + 1 /> }.into_any(),
                None => {
                    #[cfg(feature = "ssr")]
                    crate::request::set_status(404);
                    let t = Site::get().texts();
                    view! {
                        <Head title=t.cut_title().to_owned() private=true />
                        <Page title=t.cut_title().to_owned() back=format!("/new?post={}#pictures", view.code) class="narrow">
                            {any_problem_alert(&Problem::not_found())}
                        </Page>
                    }
                    .into_any()
                }
            }
        })
    }
}

#[component]
fn Cut(post: String, picture: PictureView, nth: usize) -> impl IntoView {
    let t = Site::get().texts();
    let id = picture.id.0.simple().to_string();
    let back = format!("/new?post={post}#pictures");
    view! {
        <Head title=t.cut_title().to_owned() private=true />
        <Page title=t.cut_title().to_owned() back=back.clone() class="narrow cutting">
            <FormError path="post/keep" />
            <form class="form" method="post" action=format!("/upload/post/{post}") enctype="multipart/form-data">
                <div class="cut-view"><Picture picture=Some(picture) alt=t.composer_picture(nth) sizes="(min-width: 720px) 640px, 100vw" eager=true /></div>
                <fieldset class="chips">
                    <legend>{t.cut_shape()}</legend>
                    {Shape::ALL.iter().map(|s| view! {
                        <label class="chip"><input type="radio" name="shape" value=s.name() checked={*s == Shape::Portrait} data-testid="cut-shape" />{t.cut_shape_named(s.name())}</label>
                    }).collect_view()}
                </fieldset>
                <fieldset class="chips">
                    <legend>{t.cut_place()}</legend>
                    {PLACES.into_iter().enumerate().map(|(i, place)| view! {
                        <label class="chip"><input type="radio" name="place_of_cut" value=place checked={place == 50} data-testid="cut-place" /><span class="visually-hidden">{t.cut_place_of(i + 1)}</span><i class=format!("at-{place}") aria-hidden="true"></i></label>
                    }).collect_view()}
                </fieldset>
                <div class="actions">
                    <a class="button" href=back rel="external">{t.cut_leave()}</a>
                    <button type="submit" class="button primary" name="action" value=format!("cut:{id}") data-testid="cut-do">{t.cut_title()}</button>
                </div>
            </form>
        </Page>
    }
}
