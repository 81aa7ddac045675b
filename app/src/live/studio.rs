//! A host's own page: where the encoder sends to, what is sold and explained, who says what, and the numbers.

use crate::{
    draw::desk::Drawing,
    fail::Fail,
    live::{
        api::{End, Explain, NewKey, Put, Slow, TakeOut, Ticker, studio},
        camera::{Camera, FromHere, ends},
        drop::Drops,
        hand::Queue,
        keep::{self, Kept, Order},
        numbers::{Numbers, Prompts},
        poll::Asking,
        room::{Chat, Keeps, Now, Speak},
    },
    site::Site,
    ui::{Field, FormError, Head, Hidden, Icon, Page, Picture, PostForm, Price, Sent, loaded, posts_to},
};
use domain::{
    coupon::DropOffer,
    live::{HandView, ItemView, NumbersView, ReceivedView, SLOW, Speaks, State, StudioView},
    time::MINUTE,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const PUT: &str = "live/put";

pub struct StudioPage {
    view: Resource<Result<StudioView, Fail>>,
    camera: Camera,
}

impl StudioPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/studio/{}", use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let camera = Camera::off();
        let last = StoredValue::new(None::<StudioView>);
        let ask = move |code: String| async move {
            match studio(code).await {
                Ok(view) => {
                    last.try_set_value(Some(view.clone()));
                    Ok(view)
                }
                // Whoever sends over a bad line keeps what he holds it with.
                Err(fail) => match last.try_get_value().flatten() {
                    Some(view) if camera.step.try_get_untracked().is_some_and(|s| s.sends()) => Ok(view),
                    _ => Err(fail),
                },
            }
        };
        Self { view: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), ask), camera }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.view, move |view| view! { <Studio view again={this.view} camera={this.camera} /> }.into_any())
    }
}

#[component]
fn Studio(view: StudioView, again: Resource<Result<StudioView, Fail>>, camera: Camera) -> impl IntoView {
    let t = Site::get().texts();
    let StudioView {
        room,
        server,
        whip,
        camera: films,
        key,
        numbers,
        received,
        moderators,
        banned,
        words,
        hands,
        coupons,
    } = view;
    let now = Now::of(&room);
    #[cfg(feature = "hydrate")]
    {
        // Drawn anew only when it is over: until then the camera may be on, and forms be half filled in.
        let shows = |state: State| (state.is_open(), false);
        super::follow::follow(
            &room.code,
            now,
            super::follow::Anew { shows, draw: move || again.refetch(), asks: StoredValue::new(false) },
            "desk",
        );
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = again;
    let code = room.code.to_string();
    let read = Read {
        numbers: RwSignal::new(numbers),
        received: RwSignal::new(received),
        at: RwSignal::new(room.at),
        key: RwSignal::new(key),
        began: RwSignal::new(room.began_at),
        kept: Kept { moderators: RwSignal::new(moderators), banned: RwSignal::new(banned), asks: RwSignal::new(0) },
        hands: RwSignal::new(hands),
        coupons: RwSignal::new(coupons),
    };
    provide_context(read.kept);
    let Read { numbers, received, at, key, began, kept, hands, coupons } = read;
    #[cfg(feature = "hydrate")]
    watch(code.clone(), read, now);
    let state = move || now.facts.with(|f| f.state);
    ends(camera, move || state().is_open());
    let slow = Sent::<Slow>::nothing();
    let ticker = Sent::<Ticker>::nothing();
    let (slowed, told) = (code.clone(), code.clone());
    let tells = Memo::new(move |_| now.facts.with(|f| f.ticker));
    let open = room.facts.state.is_open();
    let ended = room.ended_at;
    let lasted = move || began.get().map(|began| t.studio_lasted((ended.unwrap_or(at.get()) - began) / MINUTE));
    view! {
        <Head title=t.studio_title().to_owned() private=true />
        <Page title=t.studio_title().to_owned() back="/live" tab="me" class="narrow studio">
            {["live/end", "live/hush", "live/pin"].map(|path| view! { <FormError path /> })}
            <section class="panel" data-testid="studio-state" data-state=move || state().name()>
                <h2>{room.title.clone()}</h2>
                <p>
                    <span class=move || if state() == State::Live { "room-badge on" } else { "room-badge" }>{move || t.live_state_named(state().name())}</span>
                    " "{lasted}
                </p>
                <p><a class="button small" href=format!("/live/{code}") target="_blank" data-testid="studio-room">{t.studio_room()}</a></p>
                {open.then(|| view! {
                    <details class="studio-end">
                        <summary class="button small">{t.studio_end()}</summary>
                        <form method="post" action={posts_to::<End>()} on:submit=move |_| ended_by_hand(camera)>
                            <Hidden name="code" value=code.clone() />
                            <p class="hint">{t.studio_end_hint()}</p>
                            <button type="submit" class="button danger" data-testid="studio-end">{t.studio_end()}</button>
                        </form>
                    </details>
                })}
            </section>
            <nav class="studio-jump" aria-label=t.studio_jump()>
                {[("bag", t.studio_bag()), ("draws", t.studio_draws()), ("drops", t.studio_drops()), ("ask", t.ask_title()), ("hands", t.hand_studio()), ("chat", t.live_chat()), ("order", t.keep_title()), ("numbers", t.studio_numbers())]
                    .into_iter()
                    .filter(|(id, _)| open || matches!(*id, "bag" | "chat" | "numbers"))
                    .map(|(id, words)| view! { <a class="chip" href=format!("#{id}")>{words}</a> })
                    .collect_view()}
            </nav>
            {open.then(|| view! {
                {films.then(|| view! { <FromHere camera begun={move || matches!(state(), State::Live | State::Paused)} code=code.clone() key whip health={move || view! { <Health received at camera=true /> }.into_any()} /> })}
                <Encoder code=code.clone() server whip key camera received at />
            })}
            <Prompts numbers />
            <Shelf code=code.clone() now open sells={move || state().sells()} />
            {open.then(|| view! {
                <Drawing code=code.clone() now sells={move || state().sells()} />
                <Drops code=code.clone() offers=coupons now sells={move || state().sells()} />
                <Asking code=code.clone() now sells={move || state().sells()} />
                <Queue code=code.clone() hands now />
            })}
            <section class="panel studio-chat" id="chat">
                <h2>{t.live_chat()}</h2>
                <FormError path="live/slow" sending=slow.state />
                <PostForm sent=slow class="chips">
                    <Hidden name="code" value=slowed />
                    {SLOW.map(|seconds| view! {
                        <button type="submit" class="chip" name="seconds" value=seconds.to_string() aria-pressed=move || if now.facts.with(|f| f.slow) == seconds { "true" } else { "false" } data-testid="studio-slow">
                            {if seconds == 0 { t.studio_slow_off().to_owned() } else { t.studio_slow(seconds) }}
                        </button>
                    })}
                </PostForm>
                <FormError path="live/ticker" sending=ticker.state />
                <PostForm sent=ticker class="chips">
                    <Hidden name="code" value=told />
                    <button type="submit" class="chip" name="on" value=move || if tells.get() { "0" } else { "1" } aria-pressed=move || if tells.get() { "true" } else { "false" } data-testid="studio-ticker">{t.studio_ticker()}</button>
                </PostForm>
                <keep::Pinned code=code.clone() keeps=true next="studio" now />
                <Chat code=code.clone() keeps={Keeps::All} now next="studio" />
                <Speak code=code.clone() known=true open limits={move || (0, Speaks::All)} next="studio" />
            </section>
            {open.then(|| view! { <Order code=code.clone() words kept now /> })}
            <Numbers numbers now />
        </Page>
    }
}

/// The host ends it himself: nobody asks him whether he wants to leave.
fn ended_by_hand(camera: Camera) {
    #[cfg(feature = "hydrate")]
    super::send::close(camera);
    #[cfg(not(feature = "hydrate"))]
    let _ = camera;
}

/// How pictures arrive, in words and in numbers.
#[component]
fn Health(
    received: RwSignal<Option<ReceivedView>>,
    at: RwSignal<i64>,
    /// Of the camera of this device: what is advised is another.
    #[prop(optional)]
    camera: bool,
) -> impl IntoView {
    let t = Site::get().texts();
    move || {
        received.get().map(|r| {
        let advice = r.advice(at.get());
        view! {
            <p class=if advice == "good" { "notice" } else { "alert" } data-testid="studio-health" data-state=advice>{if camera { t.camera_health_named(advice) } else { t.health_named(advice) }}</p>
            <p class="hint">{format!("{} × {} · {} kbit/s · {}.{:02} fps", r.width, r.height, r.bits / 1000, r.rate / 100, r.rate % 100)}</p>
        }
    })
    }
}

/// Where pictures are sent to, with what key, and how they arrive.
#[component]
fn Encoder(
    code: String,
    server: Option<String>,
    whip: bool,
    key: RwSignal<String>,
    camera: Camera,
    received: RwSignal<Option<ReceivedView>>,
    at: RwSignal<i64>,
) -> impl IntoView {
    let t = Site::get().texts();
    let renew = Sent::<NewKey>::nothing();
    let of = StoredValue::new(code.clone());
    // The new one is asked for as soon as there is one.
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<u32>| {
        let answers = renew.state.answers.get();
        if before.is_some_and(|b| b != answers) {
            leptos::task::spawn_local(async move {
                if let Ok(view) = studio(of.get_value()).await {
                    key.try_set(view.key);
                }
            });
        }
        answers
    });
    let none = server.is_none() && !whip;
    let over_webrtc = whip.then(|| {
        let at = format!("{}/whip/{code}", Site::get().absolute(""));
        view! { <label class="field"><span>{t.studio_whip()}</span><input type="text" readonly value=at data-testid="stream-whip" /></label> }
    });
    view! {
        <section class="panel">
            <h2>{t.studio_encoder()}</h2>
            {none.then(|| view! { <p class="hint">{t.studio_none()}</p> })}
            {server.is_some().then(|| view! { <p class="hint">{t.studio_encoder_hint()}</p> })}
            {server.map(|server| view! { <label class="field"><span>{t.studio_server()}</span><input type="text" readonly value=server data-testid="stream-server" /></label> })}
            {over_webrtc}
            {(!none).then(|| view! { <details class="studio-key">
                <summary class="button small" data-testid="stream-key-show">{t.studio_key_show()}</summary>
                <label class="field"><span>{t.studio_key()}</span><input type="text" readonly value=move || key.get() autocomplete="off" data-testid="stream-key" /></label>
                <FormError path="live/new_key" sending=renew.state />
                <PostForm sent=renew>
                    <Hidden name="code" value={of.get_value()} />
                    <p class="hint">{t.studio_key_hint()}</p>
                    <button type="submit" class="button small" data-testid="stream-key-new">{t.studio_key_new()}</button>
                </PostForm>
            </details> })}
            {move || (!camera.step.get().sends()).then(|| view! { <Health received at /> })}
        </section>
    }
}

/// The bag, with what is done to it.
#[component]
fn Shelf(code: String, now: Now, open: bool, sells: impl Fn() -> bool + Copy + Send + Sync + 'static) -> impl IntoView {
    let t = Site::get().texts();
    let of = StoredValue::new(code.clone());
    let (explain, put, out) = (Sent::<Explain>::nothing(), Sent::<Put>::nothing(), Sent::<TakeOut>::nothing());
    view! {
        <section class="panel" id="bag">
            <h2>{t.studio_bag()}</h2>
            <FormError path="live/explain" sending=explain.state />
            <FormError path="live/take_out" sending=out.state />
            <ol class="studio-bag">
                <For each=move || now.bag.get() key=|i| (i.place, i.off) children={move |item| view! { <Thing item code=of.get_value() now open sells explain out /> }} />
            </ol>
            {move || now.facts.with(|f| f.explains.is_some()).then(|| view! {
                <PostForm sent=explain>
                    <Hidden name="code" value=of.get_value() />
                    <button type="submit" class="button small" data-testid="explain-stop">{t.studio_explain_stop()}</button>
                </PostForm>
            })}
            {open.then(|| view! {
                <FormError path=PUT sending=put.state />
                <PostForm sent=put class="form" clear=true>
                    <Hidden name="code" value=code />
                    <Field path=PUT name="slug" label=t.studio_put_slug() testid="bag-slug" required=true />
                    <Field path=PUT name="off" label=t.studio_put_off() inputmode="decimal" testid="bag-off" />
                    <button type="submit" class="button primary" data-testid="bag-put">{t.studio_put()}</button>
                </PostForm>
            })}
        </section>
    }
}

#[component]
fn Thing(
    item: ItemView,
    code: String,
    now: Now,
    open: bool,
    sells: impl Fn() -> bool + Copy + Send + Sync + 'static,
    explain: Sent<Explain>,
    out: Sent<TakeOut>,
) -> impl IntoView {
    let t = Site::get().texts();
    let (place, currency) = (item.place, item.currency);
    let known = StoredValue::new((item.lowest().0, item.left()));
    let what = Memo::new(move |_| {
        let found = now.bag.with(|b| b.iter().find(|i| i.place == place).map(|i| (i.lowest().0, i.left())));
        found.unwrap_or_else(|| known.get_value())
    });
    let explained = move || now.facts.with(|f| f.explains == Some(place));
    let (told, title) = (StoredValue::new(code.clone()), StoredValue::new(item.title.clone()));
    let cut = code;
    view! {
        <li data-testid="studio-item" data-place=place.to_string() data-state=move || if explained() { "explained" } else { "waiting" }>
            <b class="room-place">{place}</b>
            <Picture picture=item.picture alt=String::new() sizes="72px" />
            <span class="room-pinned-text"><b>{item.title.clone()}</b>{move || view! { <span><Price amount={what.get().0} currency />" "<small>{t.live_left(what.get().1)}</small></span> }}</span>
            <div class="studio-do">
            {move || (sells() && !explained()).then(|| view! {
                <PostForm sent=explain>
                    <Hidden name="code" value=told.get_value() />
                    <button type="submit" class="button primary small" name="place" value=place.to_string() data-testid="explain">{t.studio_explain()}<span class="visually-hidden">" "{title.get_value()}</span></button>
                </PostForm>
            })}
            {move || explained().then(|| view! { <em class="chip quiet">{t.live_explaining()}</em> })}
            {open.then(|| view! {
                <PostForm sent=out>
                    <Hidden name="code" value=cut />
                    <button type="submit" class="button small" name="place" value=place.to_string() aria-label=format!("{} {}", t.studio_take_out(), title.get_value()) data-testid="bag-out"><Icon name="trash-2" /></button>
                </PostForm>
            })}
            </div>
        </li>
    }
}

/// What is asked for again, for as long as the page is open.
#[derive(Clone, Copy)]
struct Read {
    numbers: RwSignal<NumbersView>,
    received: RwSignal<Option<ReceivedView>>,
    at: RwSignal<i64>,
    key: RwSignal<String>,
    began: RwSignal<Option<i64>>,
    kept: Kept,
    hands: RwSignal<Vec<HandView>>,
    coupons: RwSignal<Vec<DropOffer>>,
}

#[cfg(feature = "hydrate")]
impl Read {
    async fn again(self, code: String) {
        let Ok(view) = studio(code).await else { return };
        self.numbers.try_set(view.numbers);
        self.received.try_set(view.received);
        self.at.try_set(view.room.at);
        self.began.try_set(view.room.began_at);
        self.hands.try_set(view.hands);
        self.coupons.try_set(view.coupons);
        self.kept.moderators.try_set(view.moderators);
        self.kept.banned.try_set(view.banned);
        if self.key.try_get_untracked().is_some_and(|k| k != view.key) {
            self.key.try_set(view.key);
        }
    }
}

/// Asks again how the pictures arrive, what was sold and who waits, for as long as the page is open.
#[cfg(feature = "hydrate")]
fn watch(code: String, read: Read, now: Now) {
    const EVERY: u32 = 5_000;
    const SOON: u32 = 700;
    let again = code.clone();
    let ticks = gloo_timers::callback::Interval::new(EVERY, move || {
        leptos::task::spawn_local(read.again(code.clone()));
    });
    // Who raises his hand is there a moment later, and whatever is done about somebody; many who do so at once are asked for once.
    let hands = Memo::new(move |_| now.facts.with(|f| f.hands.clone()));
    let waits = StoredValue::new_local(None::<gloo_timers::callback::Timeout>);
    Effect::new(move |before: Option<()>| {
        hands.track();
        read.kept.asks.track();
        if before.is_some() && waits.try_with_value(Option::is_none) == Some(true) {
            let (again, asked) = (again.clone(), hands.get_untracked());
            let soon = gloo_timers::callback::Timeout::new(SOON, move || {
                leptos::task::spawn_local(async move {
                    read.again(again).await;
                    // Not before it is answered: what comes late would stand last.
                    waits.try_set_value(None);
                    if hands.try_get_untracked().is_some_and(|h| h != asked) {
                        read.kept.asks.try_update(|n| *n += 1);
                    }
                });
            });
            waits.try_set_value(Some(soon));
        }
    });
    let kept = StoredValue::new_local(Some(ticks));
    on_cleanup(move || {
        kept.try_set_value(None);
        waits.try_set_value(None);
    });
}
