//! The desk where a post is written: one form with everything in it, which each of its buttons saves.
//!
//! With wasm the text is kept as it is written, and each picture goes up by itself, with how far it is, and again if it broke.

use crate::{
    fail::Fail,
    post::{
        api::{Delete, composer},
        page::Quoted,
    },
    site::Site,
    ui::{Area, FormError, Head, Hidden, Icon, Page, Picture, Price, encode, loaded, percent, posts_to},
};
use domain::{
    catalog::PictureView,
    poll::{DAYS, Kind, MAX_OPTION, MAX_OPTIONS, PollDraft, Shows},
    post::{ComposerView, MAX_BODY, MAX_FILM_SECONDS, MAX_PICTURES, MAX_PLACE, MAX_TITLE, Visibility},
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
        let of = |name: &str| use_query_map().with_untracked(|q| q.get(name)).unwrap_or_default();
        let asked = ["post", "fresh", "topic"].map(|name| (name, of(name)));
        let asked: Vec<_> =
            asked.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{n}={}", encode(v))).collect();
        if asked.is_empty() { "/new".to_owned() } else { format!("/new?{}", asked.join("&")) }
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
    // What was typed into a refused form of this post.
    let refused = site.typed(PATH, "post").as_ref() == Some(&code);
    // Something in it should be changed, or looked at by somebody.
    let asked = refused && site.flash(PATH).is_some_and(|f| f.problem.code.starts_with("screen_"));
    let typed =
        move |name: &str, kept: &str| site.typed(PATH, name).filter(|_| refused).unwrap_or_else(|| kept.to_owned());
    let body = if view.body.is_empty() && !topic.is_empty() { format!("#{topic} ") } else { view.body.clone() };
    let form = NodeRef::<html::Form>::new();
    let kept = RwSignal::new(saved && !view.published);
    // Pictures are on their way: the form would go without them.
    let sending = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    {
        let me = site.me().map(|m| m.handle).unwrap_or_default();
        browser::keep_as_written(form, me, code.clone(), view.published, kept);
    }
    let (pending, earns) = (view.pending, view.commission_bp);
    let (published, drafts, topics) = (view.published, view.drafts.clone(), view.topics.clone());
    let back = if published { format!("/posts/{code}") } else { "/".to_owned() };
    view! {
        <Head title=title.to_owned() private=true />
        <Page title=title.to_owned() back=back class="narrow composer">
            <FormError path=PATH />
            {view.quotes.clone().map(|quotes| view! { <Quoted quotes /> })}
            {pending.then(|| view! { <p class="hint" role="status" data-testid="composer-pending">{t.composer_pending()}</p> })}
            <form node_ref=form class="form" method="post" action=format!("/upload/post/{code}") enctype="multipart/form-data">
                // Whoever presses enter in a field saves.
                <button type="submit" name="action" value=if published { "publish" } else { "enter" } class="visually-hidden" disabled=sending tabindex="-1" aria-hidden="true"></button>
                <Tray pictures=view.pictures.clone() code=code.clone() sending />
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
                <Products view=view.clone() sending />
                {(!published).then(|| view! { <PollFields poll=view.poll.clone() refused /> })}
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
                    <input type="checkbox" name="sponsored" value="1" checked=view.sponsored disabled=published && view.sponsored && !pending data-testid="composer-sponsored" />
                    <span>{t.composer_sponsored()}<small>{t.composer_sponsored_hint()} " " {(earns > 0).then(|| t.composer_earns(percent(earns)))}</small></span>
                </label>
                <p class="hint" role="status" aria-live="polite">{move || kept.get().then(|| t.composer_kept())}</p>
                {asked.then(|| view! {
                    <p class="insist">
                        <button type="submit" name="action" value="insist" class="button" disabled=sending data-testid="composer-insist">{t.composer_insist()}</button>
                        <small>{t.composer_insist_hint()}</small>
                    </p>
                })}
                <div class="actions">
                    {(!published).then(|| view! { <button type="submit" name="action" value="save" class="button" disabled=sending data-testid="composer-save">{t.composer_save()}</button> })}
                    <button type="submit" name="action" value="publish" class="button primary" disabled=sending data-testid="composer-publish">
                        {if published { t.composer_change() } else { t.composer_publish() }}
                    </button>
                </div>
                // The last field: with it all of the form has come.
                <Hidden name="whole" value="1" />
            </form>
            <section class="panel">
                {(!drafts.is_empty()).then(|| view! { <h2>{t.composer_drafts()}</h2> })}
                <ul class="rows drafts">
                    {drafts.into_iter().map(|d| {
                        let name = if d.title.is_empty() { t.composer_untitled().to_owned() } else { d.title };
                        view! {
                            <li>
                                <a href=format!("/new?post={}", d.code) rel="external" data-testid="composer-draft"><span>{name}</span><time>{site.time(d.at)}</time></a>
                                <form method="post" action={posts_to::<Delete>()}>
                                    <Hidden name="code" value=d.code.to_string() />
                                    <button type="submit" aria-label=t.composer_drop()><Icon name="trash-2" /></button>
                                </form>
                            </li>
                        }
                    }).collect_view()}
                </ul>
                <p><a href="/new?fresh=1" rel="external" data-testid="composer-fresh">{t.composer_fresh()}</a></p>
            </section>
        </Page>
    }
}

/// The pictures in their order, and the way to more.
#[component]
fn Tray(pictures: Vec<PictureView>, code: String, sending: RwSignal<bool>) -> impl IntoView {
    let t = Site::get().texts();
    let pictures = RwSignal::new(pictures);
    let most = usize::try_from(MAX_PICTURES).unwrap_or(9);
    let full = move || pictures.with(|p| p.len() >= most);
    let filmed = move || full() || pictures.with(|p| p.iter().any(PictureView::moves));
    let (chosen, film) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    #[cfg(feature = "hydrate")]
    let going = browser::send_as_chosen([(chosen, false), (film, true)], code, pictures, sending);
    #[cfg(not(feature = "hydrate"))]
    let going = {
        let _ = code;
        || ()
    };
    let button = move |action: &'static str, (id, nth): (String, usize), label: &'static str, icon: &'static str| {
        view! {
            <button type="submit" class=action name="action" value=format!("{action}:{id}") aria-label=format!("{label} {nth}") disabled=sending data-testid=format!("picture-{action}")>
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
                        let (id, moves) = ((p.id.0.simple().to_string(), i + 1), p.moves());
                        view! {
                            <li data-testid="composer-picture">
                                <Picture picture=Some(p) alt=t.composer_picture(i + 1) sizes="120px" />
                                {(i == 0).then(|| view! { <em>{t.composer_cover()}</em> })}
                                <div class="tray-acts">
                                    {(i > 0).then(|| button("left", id.clone(), t.composer_left(), "chevron-left"))}
                                    {(i > 0).then(|| button("first", id.clone(), t.composer_first(), "star"))}
                                    {(i < last).then(|| button("right", id.clone(), t.composer_right(), "chevron-right"))}
                                    {(!moves).then(|| button("shape", id.clone(), t.cut_title(), "crop"))}
                                    {button("away", id, t.composer_away(), "x")}
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
            <label class="pick-files" hidden=filmed>
                <Icon name="video" />
                <span>{t.composer_add_video(MAX_FILM_SECONDS)}</span>
                <input node_ref=film type="file" name="video" accept="video/mp4,video/webm,video/quicktime" data-testid="composer-video" />
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
fn Products(view: ComposerView, sending: RwSignal<bool>) -> impl IntoView {
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
                <input type="search" name="q" value=view.q maxlength="60" enterkeyhint="search" placeholder=t.composer_find_hint() aria-label=t.composer_find_hint() data-testid="composer-find" />
                <button type="submit" name="action" value="find" class="button" disabled=sending>{t.composer_find()}</button>
            </div>
        </details>
    }
}

/// What the post asks: part of a draft, and as it is once the post is shown.
#[component]
fn PollFields(poll: Option<PollDraft>, refused: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let typed = |name: &str, kept: String| site.typed(PATH, name).filter(|_| refused).unwrap_or(kept);
    let of = poll.clone();
    let kind = typed("poll", of.as_ref().map_or_else(String::new, |p| p.kind.name().to_owned()));
    let shows = typed("poll_shows", of.as_ref().map_or(Shows::Voted, |p| p.shows).name().to_owned());
    let days = typed("poll_days", of.as_ref().map_or(3, |p| p.days).to_string());
    let right = typed("poll_right", of.as_ref().and_then(|p| p.right).map_or_else(String::new, |r| r.to_string()));
    let kept = of.map(|p| p.options).unwrap_or_default();
    let options: Vec<String> =
        (0..MAX_OPTIONS).map(|i| typed(&format!("option{i}"), kept.get(i).cloned().unwrap_or_default())).collect();
    let (chosen, open) = (kind.clone(), !kind.is_empty());
    view! {
        <details class="picks poll-fields" id="poll" open=open>
            <summary data-testid="composer-poll">{t.poll_add()}</summary>
            <label class="field">
                <span>{t.poll_how()}</span>
                <select name="poll" data-testid="poll-kind">
                    <option value="" selected=kind.is_empty()>{t.poll_none()}</option>
                    {Kind::ALL.iter().map(|k| view! { <option value=k.name() selected={k.name() == chosen}>{t.poll_kind_named(k.name())}</option> }).collect_view()}
                </select>
            </label>
            <ol class="poll-options">
                {options.into_iter().enumerate().map(|(i, text)| view! {
                    <li>
                        <input type="text" name=format!("option{i}") value=text maxlength=MAX_OPTION autocomplete="off" aria-label=t.poll_option(i + 1) placeholder=t.poll_option(i + 1) data-testid="poll-option" />
                        <label class="check"><input type="radio" name="poll_right" value=i checked={right == i.to_string()} /><span>{t.poll_right()}</span></label>
                    </li>
                }).collect_view()}
            </ol>
            <label class="field">
                <span>{t.poll_days()}</span>
                <select name="poll_days">
                    {DAYS.into_iter().map(|d| view! { <option value=d selected={days == d.to_string()}>{t.poll_day(d)}</option> }).collect_view()}
                </select>
            </label>
            <label class="field">
                <span>{t.poll_ask_shows()}</span>
                <select name="poll_shows" data-testid="poll-shows">
                    {Shows::ALL.iter().map(|s| view! { <option value=s.name() selected={s.name() == shows}>{t.poll_shows_named(s.name())}</option> }).collect_view()}
                </select>
            </label>
            <p class="hint">{t.poll_fixed()}</p>
        </details>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::{
        post::api::{composer, keep},
        site::texts,
    };
    use domain::{Problem, catalog::PictureView, post::MAX_FILM_MB};
    use gloo_events::EventListener;
    use gloo_timers::callback::Timeout;
    use leptos::{html, prelude::*, task::spawn_local};
    use std::{cell::RefCell, rc::Rc};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};

    /// What is typed is kept at the latest so many ms after its first key.
    const REST: u32 = 1_500;

    fn field(form: &web_sys::HtmlFormElement, name: &str) -> String {
        web_sys::FormData::new_with_form(form).ok().and_then(|f| f.get(name).as_string()).unwrap_or_default()
    }

    const FIELDS: [&str; 3] = ["title", "body", "place"];
    type Texts = [String; 3];

    fn texts_of(form: &web_sys::HtmlFormElement) -> Texts {
        FIELDS.map(|name| field(form, name))
    }

    /// The server takes away what stands around a text.
    fn same(one: &Texts, other: &Texts) -> bool {
        one.iter().zip(other).all(|(a, b)| a.trim() == b.trim())
    }

    /// The texts that the server put into the form.
    fn given(form: &web_sys::HtmlFormElement) -> Texts {
        FIELDS.map(|name| {
            let element = form.query_selector(&format!("[name={name}]")).ok().flatten();
            let text = element.and_then(|e| match e.dyn_into::<web_sys::HtmlInputElement>() {
                Ok(input) => Some(input.default_value()),
                Err(other) => {
                    Some(other.dyn_into::<web_sys::HtmlTextAreaElement>().ok()?.default_value().unwrap_or_default())
                }
            });
            text.unwrap_or_default()
        })
    }

    /// What was written on this device and is not known to have arrived: an entry for each person and post.
    mod device {
        use super::Texts;
        use leptos::prelude::window;

        fn store() -> Option<web_sys::Storage> {
            window().local_storage().ok().flatten()
        }

        fn key(me: &str, code: &str) -> String {
            format!("draft:{me}:{code}")
        }

        pub(super) struct Kept {
            /// It went with its form; whether it arrived is not known.
            pub(super) sent: bool,
            /// What the server had when it was written.
            pub(super) base: Texts,
            pub(super) texts: Texts,
        }

        pub(super) fn write(me: &str, code: &str, kept: &Kept) {
            if let (Some(store), Ok(text)) = (store(), serde_json::to_string(&(kept.sent, &kept.base, &kept.texts))) {
                let _ = store.set_item(&key(me, code), &text);
            }
        }

        pub(super) fn forget(me: &str, code: &str) {
            if let Some(store) = store() {
                let _ = store.remove_item(&key(me, code));
            }
        }

        pub(super) fn read(me: &str, code: &str) -> Option<Kept> {
            let text = store()?.get_item(&key(me, code)).ok().flatten()?;
            let (sent, base, texts) = serde_json::from_str(&text).ok()?;
            Some(Kept { sent, base, texts })
        }

        /// A post of which the server had nothing when it was written, and its code.
        pub(super) fn orphan(me: &str) -> Option<(String, Kept)> {
            let store = store()?;
            let prefix = key(me, "");
            let codes = (0..store.length().unwrap_or(0)).filter_map(|i| store.key(i).ok().flatten());
            let mut codes = codes.filter_map(|k| k.strip_prefix(&prefix).map(str::to_owned));
            codes.find_map(|code| {
                let kept = read(me, &code)?;
                kept.base.iter().all(String::is_empty).then_some((code, kept))
            })
        }
    }

    /// Puts texts into the form.
    fn restore(form: &web_sys::HtmlFormElement, texts: &Texts) {
        for (name, text) in FIELDS.into_iter().zip(texts) {
            let Ok(Some(element)) = form.query_selector(&format!("[name={name}]")) else { continue };
            if field(form, name) == *text {
                continue;
            }
            if let Some(input) = element.dyn_ref::<web_sys::HtmlInputElement>() {
                input.set_value(text);
            } else if let Some(area) = element.dyn_ref::<web_sys::HtmlTextAreaElement>() {
                area.set_value(text);
            }
            written(&element);
        }
    }

    /// Says that something was written into a field.
    fn written(element: &web_sys::EventTarget) {
        let init = web_sys::EventInit::new();
        init.set_bubbles(true);
        if let Ok(event) = web_sys::Event::new_with_event_init_dict("input", &init) {
            let _ = element.dispatch_event(&event);
        }
    }

    /// Puts what this device has into the form: what was written for this post and the server has not seen; on an empty desk, a post
    /// of which nothing arrived.
    fn recover(me: &str, code: &str, form: &web_sys::HtmlFormElement) {
        let server = given(form);
        if let Some(kept) = device::read(me, code) {
            // Written on elsewhere since, or arrived: what the server has counts.
            if same(&kept.texts, &server) || !same(&kept.base, &server) {
                device::forget(me, code);
            } else {
                restore(form, &kept.texts);
            }
            return;
        }
        let plain = window().location().search().is_ok_and(|s| s.is_empty());
        if !plain || !server.iter().all(String::is_empty) {
            return;
        }
        let Some((old, kept)) = device::orphan(me) else { return };
        if !kept.sent {
            device::forget(me, &old);
            return restore(form, &kept.texts);
        }
        let (me, form) = (me.to_owned(), form.clone());
        spawn_local(async move {
            let Ok(desk) = composer(old.clone(), String::new(), String::new()).await else { return };
            device::forget(&me, &old);
            let arrived = [desk.title, desk.body, desk.place].iter().any(|t| !t.is_empty());
            if !arrived && texts_of(&form).iter().all(String::is_empty) {
                restore(&form, &kept.texts);
            }
        });
    }

    /// Keeps the text of a draft as it is written: on the device at once, and on the server, one call after the other. A published
    /// post changes when its author says so.
    pub(super) fn keep_as_written(
        form: NodeRef<html::Form>,
        me: String,
        code: String,
        published: bool,
        kept: RwSignal<bool>,
    ) {
        if published {
            return;
        }
        let waiting = StoredValue::new_local(None::<Timeout>);
        let heard = StoredValue::new_local(Vec::<EventListener>::new());
        // What the server has.
        let base = StoredValue::new(Texts::default());
        // Typed again while it is being kept.
        let (busy, again) = (StoredValue::new(false), StoredValue::new(false));
        Effect::new(move |_| {
            let Some(form) = form.get() else { return };
            base.set_value(given(&form));
            let (code, element, me) = (code.clone(), form.clone(), me.clone());
            let on_device = {
                let (code, element, me) = (code.clone(), form.clone(), me.clone());
                move |sent: bool| {
                    let entry = device::Kept { sent, base: base.get_value(), texts: texts_of(&element) };
                    if entry.base != entry.texts {
                        device::write(&me, &code, &entry);
                    }
                }
            };
            let going = on_device.clone();
            let submit = EventListener::new(&form, "submit", move |_| going(true));
            let input = {
                let (me, code) = (me.clone(), code.clone());
                EventListener::new(&form, "input", move |event| {
                    let of = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
                    let name = of.and_then(|e| e.get_attribute("name")).unwrap_or_default();
                    if !FIELDS.contains(&name.as_str()) {
                        return;
                    }
                    on_device(false);
                    kept.try_set(false);
                    again.try_set_value(true);
                    if waiting.try_with_value(Option::is_some) != Some(false) {
                        return;
                    }
                    let (code, element, me) = (code.clone(), element.clone(), me.clone());
                    waiting.set_value(Some(Timeout::new(REST, move || {
                        waiting.try_set_value(None);
                        if busy.try_get_value() == Some(false) {
                            busy.set_value(true);
                            spawn_local(save(me, code, element, Keeping { kept, busy, again, base }));
                        }
                    })));
                })
            };
            heard.set_value(vec![submit, input]);
            recover(&me, &code, &form);
        });
    }

    /// How far the keeping of a draft is.
    #[derive(Clone, Copy)]
    struct Keeping {
        kept: RwSignal<bool>,
        busy: StoredValue<bool>,
        again: StoredValue<bool>,
        base: StoredValue<Texts>,
    }

    /// Keeps what stands in the form, and once more if something was typed meanwhile.
    async fn save(me: String, code: String, form: web_sys::HtmlFormElement, keeping: Keeping) {
        let Keeping { kept, busy, again, base } = keeping;
        let Ok(public) = code.parse::<domain::Code>() else { return };
        while again.try_get_value() == Some(true) {
            again.try_set_value(false);
            let texts = texts_of(&form);
            let [title, body, place] = texts.clone();
            // What could not be kept now is sent with the form.
            if keep(public.clone(), title, body, place).await.is_err() {
                break;
            }
            base.try_set_value(texts);
            if again.try_get_value() == Some(false) {
                device::forget(&me, &code);
                kept.try_set(true);
                // A reload finds this draft, and not an empty desk.
                if let Ok(history) = window().history() {
                    let _ = history.replace_state_with_url(
                        &history.state().unwrap_or(JsValue::NULL),
                        "",
                        Some(&format!("/new?post={code}")),
                    );
                }
            }
        }
        busy.try_set_value(false);
    }

    /// Puts a topic behind the text.
    pub(super) fn append(form: NodeRef<html::Form>, text: &str) {
        let area = form.get_untracked().and_then(|f| f.query_selector("textarea").ok().flatten());
        let Some(area) = area.and_then(|a| a.dyn_into::<web_sys::HtmlTextAreaElement>().ok()) else { return };
        let before = area.value();
        let space = if before.is_empty() || before.ends_with([' ', '\n']) { "" } else { " " };
        area.set_value(&format!("{before}{space}{text} "));
        let _ = area.focus();
        written(&area);
    }

    /// A picture on its way.
    #[derive(Clone)]
    struct Going {
        nth: u32,
        name: String,
        file: web_sys::File,
        film: bool,
        /// Of a hundred.
        done: RwSignal<u32>,
        failed: RwSignal<Option<Problem>>,
    }

    /// Sends each picture by itself as soon as it is chosen, one after the other; what is on its way is shown with how far it is.
    pub(super) fn send_as_chosen(
        chosen: [(NodeRef<html::Input>, bool); 2],
        code: String,
        pictures: RwSignal<Vec<PictureView>>,
        sending: RwSignal<bool>,
    ) -> impl Fn() -> AnyView + Clone {
        let going = RwSignal::new_local(Vec::<Going>::new());
        let next = StoredValue::new(0_u32);
        let heard = StoredValue::new_local(Vec::<EventListener>::new());
        let send = move || {
            // It is disposed of with the page; nothing is sent then.
            if sending.try_get_untracked() != Some(false) {
                return;
            }
            sending.set(true);
            let code = code.clone();
            spawn_local(async move {
                let waits = |g: &Vec<Going>| g.iter().find(|one| one.failed.try_get_untracked() == Some(None)).cloned();
                while let Some(one) = going.try_with_untracked(waits).flatten() {
                    match put(&format!("/upload/post/{code}"), &one).await {
                        Ok(()) => {
                            going.try_update(|g| g.retain(|other| other.nth != one.nth));
                            if let Ok(desk) = composer(code.clone(), String::new(), String::new()).await {
                                pictures.try_set(desk.pictures);
                            }
                        }
                        Err(problem) => {
                            one.failed.try_set(Some(problem));
                        }
                    }
                }
                sending.try_set(false);
            });
        };
        let again = StoredValue::new_local(send.clone());
        for (chosen, film) in chosen {
            let send = send.clone();
            Effect::new(move |_| {
                let Some(input) = chosen.get() else { return };
                let (element, send) = (input.clone(), send.clone());
                let take = move || {
                    let Some(files) = element.files().filter(|f| f.length() > 0) else { return };
                    for file in (0..files.length()).filter_map(|i| files.get(i)) {
                        let nth = next.try_get_value().unwrap_or(0);
                        next.try_set_value(nth + 1);
                        going.try_update(|g| {
                            g.push(Going {
                                nth,
                                name: file.name(),
                                file,
                                film,
                                done: RwSignal::new(0),
                                failed: RwSignal::new(None),
                            });
                        });
                    }
                    // The form does not bring them a second time.
                    element.set_value("");
                    send();
                };
                // What was chosen before this ran.
                take();
                heard.update_value(|all| all.push(EventListener::new(&input, "change", move |_| take())));
            });
        }
        move || {
            let t = texts();
            let list = going.get();
            list.into_iter()
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
                                Some(problem) => view! {
                                    <small role="alert" data-code=problem.code.clone()>{t.any_problem(&problem)}</small>
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

    /// Waits until one of these happens, or for some seconds.
    async fn until(target: &web_sys::EventTarget, events: [&str; 2]) {
        const PATIENCE: i32 = 4_000;
        let first = js_sys::Promise::new(&mut |resolve, _| {
            for event in events {
                let _ = target.add_event_listener_with_callback(event, &resolve);
            }
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, PATIENCE);
        });
        let _ = wasm_bindgen_futures::JsFuture::from(first).await;
    }

    /// A frame from near the beginning of a film, as a picture; none where this browser cannot show it.
    async fn still(file: &web_sys::File) -> Option<web_sys::Blob> {
        let address = web_sys::Url::create_object_url_with_blob(file).ok()?;
        let video: web_sys::HtmlVideoElement = document().create_element("video").ok()?.dyn_into().ok()?;
        let blob = frame(&video, &address).await;
        let _ = video.remove_attribute("src");
        video.load();
        let _ = web_sys::Url::revoke_object_url(&address);
        blob
    }

    async fn frame(video: &web_sys::HtmlVideoElement, address: &str) -> Option<web_sys::Blob> {
        /// There is a frame to be drawn.
        const HAVE_CURRENT_DATA: u16 = 2;
        /// The longer side of the picture, in pixels.
        const SIDE: f64 = 1080.0;
        video.set_muted(true);
        video.set_preload("auto");
        let _ = video.set_attribute("playsinline", "");
        video.set_src(address);
        until(video, ["loadeddata", "error"]).await;
        let (width, height) = (f64::from(video.video_width()), f64::from(video.video_height()));
        if width < 1.0 || height < 1.0 || video.ready_state() < HAVE_CURRENT_DATA {
            return None;
        }
        video.set_current_time(0.4);
        until(video, ["seeked", "error"]).await;
        let scale = (SIDE / width.max(height)).min(1.0);
        let (width, height) = ((width * scale).max(1.0), (height * scale).max(1.0));
        let canvas: web_sys::HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
        canvas.set_width(whole(width));
        canvas.set_height(whole(height));
        let paper: web_sys::CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        paper.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, width, height).ok()?;
        let made = js_sys::Promise::new(&mut |resolve, _| {
            let _ = canvas.to_blob_with_type(&resolve, "image/jpeg");
        });
        wasm_bindgen_futures::JsFuture::from(made).await.ok()?.dyn_into().ok()
    }

    /// Sends one picture; why not, when it is refused.
    async fn put(address: &str, one: &Going) -> Result<(), Problem> {
        let offline = || Problem::new(503, "offline");
        let lost = |_: JsValue| offline();
        let form = web_sys::FormData::new().map_err(lost)?;
        form.append_with_str("action", "add").map_err(lost)?;
        if one.film {
            #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a few million bytes")]
            let most = (MAX_FILM_MB << 20) as f64;
            if one.file.size() > most {
                return Err(Problem::new(413, "video_large").number(MAX_FILM_MB));
            }
            if let Some(still) = still(&one.file).await {
                form.append_with_blob_and_filename("still", &still, "still.jpg").map_err(lost)?;
            }
            form.append_with_blob_and_filename("video", &one.file, &one.name).map_err(lost)?;
        } else {
            form.append_with_blob_and_filename("picture", &one.file, &one.name).map_err(lost)?;
        }
        let call = web_sys::XmlHttpRequest::new().map_err(lost)?;
        call.open("POST", address).map_err(lost)?;
        call.set_request_header("accept", "application/json").map_err(lost)?;
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
        call.send_with_opt_form_data(Some(&form)).map_err(lost)?;
        let _ = wasm_bindgen_futures::JsFuture::from(whole).await;
        drop(ended);
        if (200..300).contains(&call.status().unwrap_or(0)) {
            return Ok(());
        }
        let text = call.response_text().ok().flatten().unwrap_or_default();
        Err(serde_json::from_str(&text).unwrap_or_else(|_| offline()))
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

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::as_conversions, reason = "a few pixels")]
    fn whole(n: f64) -> u32 {
        n.clamp(1.0, 4096.0) as u32
    }
}
