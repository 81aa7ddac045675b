//! The desk where a post is written: one form with everything in it, which each of its buttons saves.
//!
//! With wasm the text is kept as it is written, and each picture goes up by itself, with how far it is, and again if it broke.

use crate::{
    fail::Fail,
    post::api::composer,
    site::Site,
    ui::{Area, FormError, Head, Icon, Page, Picture, Price, loaded},
};
use domain::{
    catalog::PictureView,
    post::{ComposerView, MAX_BODY, MAX_PICTURES, MAX_PLACE, MAX_TITLE, Visibility},
};
use leptos::{html, prelude::*};
use leptos_router::{hooks::use_query_map, params::ParamsMap};

const PATH: &str = "post/keep";

pub struct ComposePage {
    desk: Resource<Result<ComposerView, Fail>>,
    query: Memo<ParamsMap>,
}

impl ComposePage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/new".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let asked = move || query.with(|q| ["post", "fresh", "q"].map(|name| q.get(name).unwrap_or_default()));
        Self { desk: Resource::new(asked, |[post, fresh, q]| composer(post, fresh, q)), query }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.desk, move |view| {
            let of = |name: &str| this.query.with(|q| q.get(name).unwrap_or_default());
            view! { <Desk view topic=of("topic") saved=!of("saved").is_empty() /> }.into_any()
        })
    }
}

#[component]
fn Desk(view: ComposerView, topic: String, saved: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let code = view.code.to_string();
    let title = if view.published { t.composer_edit() } else { t.composer_title() };
    let typed = move |name: &str, kept: &str| site.typed(PATH, name).unwrap_or_else(|| kept.to_owned());
    let body = if view.body.is_empty() && !topic.is_empty() { format!("#{topic} ") } else { view.body.clone() };
    let form = NodeRef::<html::Form>::new();
    let kept = RwSignal::new(saved);
    #[cfg(feature = "hydrate")]
    browser::keep_as_written(form, code.clone(), view.published, kept);
    let (published, drafts, topics) = (view.published, view.drafts.clone(), view.topics.clone());
    let back = if published { format!("/posts/{code}") } else { "/".to_owned() };
    view! {
        <Head title=title.to_owned() private=true />
        <Page title=title.to_owned() back=back class="narrow composer">
            <FormError path=PATH />
            <form node_ref=form class="form" method="post" action=format!("/upload/post/{code}") enctype="multipart/form-data">
                // Whoever presses enter in a field saves.
                <button type="submit" name="action" value="save" class="visually-hidden" tabindex="-1" aria-hidden="true"></button>
                <Tray pictures=view.pictures.clone() code=code.clone() />
                <label class="field">
                    <span>{t.composer_name()}</span>
                    <input type="text" name="title" value=typed("title", &view.title) maxlength=MAX_TITLE autocomplete="off" required=published
                        placeholder=t.composer_name_hint() data-testid="composer-title" />
                </label>
                <Area name="body" label=t.composer_body() value=typed("body", &body) maxlength=MAX_BODY testid="composer-body" />
                {(!topics.is_empty()).then(|| view! {
                    <ul class="tags composer-topics" aria-label=t.composer_topics()>
                        {topics.into_iter().map(|topic| view! { <li><Suggest name=topic.name form /> <small>{t.count(topic.posts)}</small></li> }).collect_view()}
                    </ul>
                })}
                <Products view=view.clone() />
                <label class="field">
                    <span>{t.composer_place()}</span>
                    <input type="text" name="place" value=typed("place", &view.place) maxlength=MAX_PLACE autocomplete="off" />
                </label>
                <label class="field">
                    <span>{t.composer_visibility()}</span>
                    <select name="visibility">
                        {Visibility::ALL.into_iter().map(|v| {
                            let label = match v {
                                Visibility::Public => t.visibility_public(),
                                Visibility::Followers => t.visibility_followers(),
                                Visibility::Private => t.visibility_private(),
                            };
                            view! { <option value=v.name() selected=v == view.visibility>{label}</option> }
                        }).collect_view()}
                    </select>
                </label>
                <label class="check">
                    <input type="checkbox" name="sponsored" value="1" checked=view.sponsored disabled=published && view.sponsored data-testid="composer-sponsored" />
                    <span>{t.composer_sponsored()}<small>{t.composer_sponsored_hint()}</small></span>
                </label>
                <p class="hint" role="status" aria-live="polite">{move || kept.get().then(|| t.composer_kept())}</p>
                <div class="actions">
                    {(!published).then(|| view! { <button type="submit" name="action" value="save" class="button" data-testid="composer-save">{t.composer_save()}</button> })}
                    <button type="submit" name="action" value="publish" class="button primary" data-testid="composer-publish">
                        {if published { t.composer_change() } else { t.composer_publish() }}
                    </button>
                </div>
            </form>
            {(!drafts.is_empty()).then(|| view! {
                <section class="panel">
                    <h2>{t.composer_drafts()}</h2>
                    <ul class="rows">
                        {drafts.into_iter().map(|d| {
                            let name = if d.title.is_empty() { t.composer_untitled().to_owned() } else { d.title };
                            view! { <li><a href=format!("/new?post={}", d.code) data-testid="composer-draft"><span>{name}</span><time>{site.time(d.at)}</time></a></li> }
                        }).collect_view()}
                    </ul>
                    <p><a href="/new?fresh=1">{t.composer_fresh()}</a></p>
                </section>
            })}
        </Page>
    }
}

/// The pictures in their order, and the way to more.
#[component]
fn Tray(pictures: Vec<PictureView>, code: String) -> impl IntoView {
    let t = Site::get().texts();
    let pictures = RwSignal::new(pictures);
    let most = usize::try_from(MAX_PICTURES).unwrap_or(9);
    let full = move || pictures.with(|p| p.len() >= most);
    let chosen = NodeRef::<html::Input>::new();
    #[cfg(feature = "hydrate")]
    let going = browser::send_as_chosen(chosen, code, pictures);
    #[cfg(not(feature = "hydrate"))]
    let going = {
        let _ = code;
        || ()
    };
    let button = move |action: &'static str, id: String, label: &'static str, icon: &'static str| {
        view! {
            <button type="submit" name="action" value=format!("{action}:{id}") aria-label=label data-testid=format!("picture-{action}")>
                <Icon name=icon />
            </button>
        }
    };
    view! {
        <fieldset class="tray" id="pictures">
            <legend>{t.composer_pictures()} " " <small>{move || format!("{}/{most}", pictures.with(Vec::len))}</small></legend>
            <ol>
                {move || {
                    let list = pictures.get();
                    let last = list.len().saturating_sub(1);
                    list.into_iter().enumerate().map(|(i, p)| {
                        let id = p.id.0.simple().to_string();
                        view! {
                            <li data-testid="composer-picture">
                                <Picture picture=Some(p) alt=t.picture_of(i + 1, "") sizes="120px" />
                                {(i == 0).then(|| view! { <em>{t.composer_cover()}</em> })}
                                <div class="tray-acts">
                                    {(i > 0).then(|| button("left", id.clone(), t.composer_left(), "chevron-left"))}
                                    {(i > 0).then(|| button("first", id.clone(), t.composer_first(), "star"))}
                                    {(i < last).then(|| button("right", id.clone(), t.composer_right(), "chevron-right"))}
                                    {button("away", id, t.composer_away(), "trash-2")}
                                </div>
                            </li>
                        }
                    }).collect_view()
                }}
                {going}
            </ol>
            <label class="pick-files" hidden=full>
                <Icon name="image-plus" />
                <span>{t.composer_add(most)}</span>
                <input node_ref=chosen type="file" name="picture" accept="image/jpeg,image/png,image/webp,image/gif" multiple data-testid="composer-file" />
            </label>
        </fieldset>
    }
}

/// A topic that goes into the text with a tap; without wasm it is there to be copied.
#[component]
fn Suggest(name: String, form: NodeRef<html::Form>) -> impl IntoView {
    let text = format!("#{name}");
    #[cfg(feature = "hydrate")]
    let tap = {
        let text = text.clone();
        move |_: leptos::ev::MouseEvent| browser::append(form, &text)
    };
    #[cfg(not(feature = "hydrate"))]
    let tap = {
        let _ = form;
        |_: leptos::ev::MouseEvent| ()
    };
    view! { <button type="button" on:click=tap>{text}</button> }
}

/// What the post can show: what was chosen, what I bought, what was looked for.
#[component]
fn Products(view: ComposerView) -> impl IntoView {
    let t = Site::get().texts();
    let none = view.products.is_empty();
    let open = !view.q.is_empty() || view.products.iter().any(|p| p.chosen);
    view! {
        <details class="picks" id="products" open=open>
            <summary data-testid="composer-products">{t.composer_products()}</summary>
            <ul>
                {view.products.into_iter().map(|p| view! {
                    <li>
                        <label>
                            <input type="checkbox" name="product" value=p.card.slug checked=p.chosen data-testid="composer-product" />
                            <Picture picture=p.card.picture alt=String::new() sizes="48px" />
                            <span class="shown-text">
                                <span>{p.card.title}</span>
                                <span><Price amount=p.card.price_min currency=p.card.currency />
                                    {p.bought.then(|| view! { <em class="bought">{t.post_bought()}</em> })}
                                </span>
                            </span>
                        </label>
                    </li>
                }).collect_view()}
            </ul>
            {none.then(|| view! { <p class="hint">{t.composer_products_none()}</p> })}
            <div class="find">
                <input type="search" name="q" value=view.q maxlength="60" placeholder=t.composer_find_hint() aria-label=t.composer_find_hint() data-testid="composer-find" />
                <button type="submit" name="action" value="find" class="button">{t.composer_find()}</button>
            </div>
        </details>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::{
        post::api::{composer, keep},
        site::texts,
    };
    use domain::catalog::PictureView;
    use gloo_timers::callback::Timeout;
    use leptos::{html, prelude::*, task::spawn_local};
    use std::{cell::RefCell, rc::Rc};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};

    /// After the last key, ms.
    const REST: u32 = 1_500;

    fn field(form: &web_sys::HtmlFormElement, name: &str) -> String {
        web_sys::FormData::new_with_form(form).ok().and_then(|f| f.get(name).as_string()).unwrap_or_default()
    }

    /// Keeps the text of a draft on the server as it is written. A published post changes when its author says so.
    pub(super) fn keep_as_written(form: NodeRef<html::Form>, code: String, published: bool, kept: RwSignal<bool>) {
        if published {
            return;
        }
        let waiting = StoredValue::new_local(None::<Timeout>);
        Effect::new(move |_| {
            let Some(form) = form.get() else { return };
            let (code, element) = (code.clone(), form.clone());
            let heard = gloo_events::EventListener::new(&form, "input", move |event| {
                let of = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
                let name = of.and_then(|e| e.get_attribute("name")).unwrap_or_default();
                if !["title", "body", "place"].contains(&name.as_str()) {
                    return;
                }
                kept.set(false);
                let (code, element) = (code.clone(), element.clone());
                waiting.set_value(Some(Timeout::new(REST, move || {
                    let [title, body, place] = ["title", "body", "place"].map(|name| field(&element, name));
                    let Ok(code) = code.parse() else { return };
                    spawn_local(async move {
                        // What could not be kept now is sent with the form.
                        if keep(code, title, body, place).await.is_ok() {
                            kept.try_set(true);
                        }
                    });
                })));
            });
            heard.forget();
        });
    }

    /// Puts a topic behind the text.
    pub(super) fn append(form: NodeRef<html::Form>, text: &str) {
        let area = form.get_untracked().and_then(|f| f.query_selector("textarea").ok().flatten());
        let Some(area) = area.and_then(|a| a.dyn_into::<web_sys::HtmlTextAreaElement>().ok()) else { return };
        let (before, space) =
            (area.value(), if area.value().ends_with([' ', '\n']) || area.value().is_empty() { "" } else { " " });
        area.set_value(&format!("{before}{space}{text} "));
        if let (Ok(event), Ok(())) = (event(), area.focus()) {
            let _ = area.dispatch_event(&event);
        }
    }

    fn event() -> Result<web_sys::Event, JsValue> {
        let init = web_sys::EventInit::new();
        init.set_bubbles(true);
        web_sys::Event::new_with_event_init_dict("input", &init)
    }

    /// A picture on its way.
    #[derive(Clone)]
    struct Going {
        nth: u32,
        name: String,
        file: web_sys::File,
        /// Of a hundred.
        done: RwSignal<u32>,
        /// The code of the refusal.
        failed: RwSignal<Option<String>>,
    }

    /// Sends each picture by itself as soon as it is chosen, one after the other; what is on its way is shown with how far it is.
    pub(super) fn send_as_chosen(
        chosen: NodeRef<html::Input>,
        code: String,
        pictures: RwSignal<Vec<PictureView>>,
    ) -> impl Fn() -> AnyView + Clone {
        let going = RwSignal::new_local(Vec::<Going>::new());
        let next = StoredValue::new(0_u32);
        let busy = StoredValue::new(false);
        let address = format!("/upload/post/{code}");
        let send = move || {
            if busy.get_value() {
                return;
            }
            busy.set_value(true);
            let (address, code) = (address.clone(), code.clone());
            spawn_local(async move {
                loop {
                    let one =
                        going.with_untracked(|g| g.iter().find(|one| one.failed.get_untracked().is_none()).cloned());
                    let Some(one) = one else { break };
                    match put(&address, &one).await {
                        Ok(()) => {
                            going.update(|g| g.retain(|other| other.nth != one.nth));
                            if let Ok(desk) = composer(code.clone(), String::new(), String::new()).await {
                                pictures.set(desk.pictures);
                            }
                        }
                        Err(code) => one.failed.set(Some(code)),
                    }
                }
                busy.set_value(false);
            });
        };
        let again = StoredValue::new_local(send.clone());
        Effect::new(move |_| {
            let Some(input) = chosen.get() else { return };
            let (element, send) = (input.clone(), send.clone());
            gloo_events::EventListener::new(&input, "change", move |_| {
                let Some(files) = element.files() else { return };
                for i in 0..files.length() {
                    let Some(file) = files.get(i) else { continue };
                    let nth = next.get_value();
                    next.set_value(nth + 1);
                    going.update(|g| {
                        g.push(Going {
                            nth,
                            name: file.name(),
                            file,
                            done: RwSignal::new(0),
                            failed: RwSignal::new(None),
                        });
                    });
                }
                // The form does not bring them a second time.
                element.set_value("");
                send();
            })
            .forget();
        });
        move || {
            let t = texts();
            going
                .get()
                .into_iter()
                .map(|one| {
                    let nth = one.nth;
                    let retry = move |_: leptos::ev::MouseEvent| {
                        one.failed.set(None);
                        one.done.set(0);
                        again.with_value(|send| send());
                    };
                    let drop = move |_: leptos::ev::MouseEvent| going.update(|g| g.retain(|other| other.nth != nth));
                    view! {
                        <li class="going" data-testid="composer-going">
                            <span>{one.name.clone()}</span>
                            {move || match one.failed.get() {
                                None => view! { <progress max="100" value=move || one.done.get() aria-label=t.composer_sending()></progress> }.into_any(),
                                Some(code) => view! {
                                    <small role="alert" data-code=code.clone()>{t.problem(&domain::Problem::new(422, &code).number(8))}</small>
                                    <button type="button" class="button small" on:click=retry data-testid="composer-retry">{t.retry()}</button>
                                    <button type="button" class="button small" on:click=drop>{t.composer_away()}</button>
                                }.into_any(),
                            }}
                        </li>
                    }
                })
                .collect_view()
                .into_any()
        }
    }

    /// Sends one picture; the code of the refusal when it is refused.
    async fn put(address: &str, one: &Going) -> Result<(), String> {
        let offline = |_: JsValue| "offline".to_owned();
        let form = web_sys::FormData::new().map_err(offline)?;
        form.append_with_str("action", "add").map_err(offline)?;
        form.append_with_blob_and_filename("picture", &one.file, &one.name).map_err(offline)?;
        let call = web_sys::XmlHttpRequest::new().map_err(offline)?;
        call.open("POST", address).map_err(offline)?;
        call.set_request_header("accept", "application/json").map_err(offline)?;
        let done = one.done;
        let far = Closure::<dyn Fn(web_sys::ProgressEvent)>::new(move |event: web_sys::ProgressEvent| {
            if event.total() > 0.0 {
                done.try_set(percent(event.loaded(), event.total()));
            }
        });
        if let Ok(up) = call.upload() {
            up.set_onprogress(Some(far.as_ref().unchecked_ref()));
        }
        let ended = Rc::new(RefCell::new(None::<Closure<dyn Fn()>>));
        let (waits, other) = (ended.clone(), call.clone());
        let whole = js_sys::Promise::new(&mut move |resolve, _| {
            let over = Closure::<dyn Fn()>::new(move || drop(resolve.call0(&JsValue::NULL)));
            other.set_onloadend(Some(over.as_ref().unchecked_ref()));
            *waits.borrow_mut() = Some(over);
        });
        call.send_with_opt_form_data(Some(&form)).map_err(offline)?;
        let _ = wasm_bindgen_futures::JsFuture::from(whole).await;
        drop(ended);
        let status = call.status().unwrap_or(0);
        if (200..300).contains(&status) {
            return Ok(());
        }
        let text = call.response_text().ok().flatten().unwrap_or_default();
        let problem = serde_json::from_str::<domain::Problem>(&text).ok();
        Err(problem.map_or_else(|| "offline".to_owned(), |p| p.code))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "a share of a hundred"
    )]
    fn percent(part: f64, whole: f64) -> u32 {
        (part * 100.0 / whole).clamp(0.0, 100.0) as u32
    }
}
