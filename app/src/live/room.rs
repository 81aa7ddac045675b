//! A live room: the picture, what is said, what is explained, what can be bought at its price. One address before, during and after it.

use crate::{
    draw::card::DrawCard,
    fail::Fail,
    live::{
        api::{Ban, Buy, Heart, Hush, Moderator, Pin, Remind, Say, show},
        drop::DropCard,
        fan::FanCard,
        hand::Hand,
        keep,
        poll::PollCard,
    },
    site::Site,
    ui::{
        Countdown, FormError, Head, Hidden, Icon, Picture, PostForm, Price, Sent, ShareForm, loaded, posts_to,
        problem_alert,
    },
};
use domain::{
    Code, Currency, Millis, Money,
    draw::MyDraw,
    live::{Chapter, Facts, ItemView, Line, LineView, Lines, MAX_SAID, MyHand, RoomView, Speaks, State, poll::MyVote},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Whoever has scrolled up so far reads what was said before, pixels.
const AWAY: i32 = -40;
const SAY: &str = "live/say";
const BUY: &str = "live/buy";

pub struct RoomPage {
    view: Resource<Result<RoomView, Fail>>,
}

impl RoomPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { view: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), show) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.view, move |room| view! { <Room room again={this.view} /> }.into_any())
    }
}

/// What changes while the room is looked at.
#[derive(Clone, Copy)]
pub struct Now {
    pub facts: RwSignal<Facts>,
    /// What is explained in the picture that is seen: its place in the bag.
    pub explained: RwSignal<Option<i64>>,
    pub lines: RwSignal<Lines>,
    pub bag: RwSignal<Vec<ItemView>>,
    /// What I have in the draw that is shown.
    pub draw: RwSignal<Option<MyDraw>>,
    /// What I said in the poll that is shown, and my raised hand.
    pub vote: RwSignal<Option<MyVote>>,
    pub hand: RwSignal<Option<MyHand>>,
    /// The last drop of coupons that I have one of.
    pub dropped: RwSignal<Option<Code>>,
    /// Somebody is logged in.
    pub known: bool,
    /// When the page was made, by the shop's clock and by this device's.
    made: (Millis, Millis),
}

impl Now {
    pub fn of(room: &RoomView) -> Self {
        Self {
            facts: RwSignal::new(room.facts.clone()),
            explained: RwSignal::new(room.facts.explains),
            lines: RwSignal::new(Lines { seq: room.seq, lines: room.lines.clone() }),
            bag: RwSignal::new(room.bag.clone()),
            draw: RwSignal::new(room.draw.clone()),
            vote: RwSignal::new(room.vote),
            hand: RwSignal::new(room.hand),
            dropped: RwSignal::new(room.facts.drop.as_ref().filter(|_| room.dropped).map(|d| d.code.clone())),
            known: room.known,
            made: (room.at, here()),
        }
    }

    /// The time by the shop's clock.
    pub fn time(self) -> Millis {
        self.made.0 + here() - self.made.1
    }

    /// The thing that is explained in it.
    fn item(self) -> Option<ItemView> {
        let place = self.explained.get()?;
        self.bag.with(|bag| bag.iter().find(|i| i.place == place).cloned())
    }
}

/// The time by this device's clock; it stands still where the page is only written.
fn here() -> Millis {
    #[cfg(feature = "hydrate")]
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
    return js_sys::Date::now() as Millis;
    #[cfg(not(feature = "hydrate"))]
    0
}

#[component]
fn Room(room: RoomView, again: Resource<Result<RoomView, Fail>>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let now = Now::of(&room);
    let (alive, bare) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move |_| alive.set(true));
    #[cfg(feature = "hydrate")]
    {
        let shows = |state: State| (state.sells(), state.is_open());
        let anew = super::follow::Anew { shows, draw: move || again.refetch(), asks: StoredValue::new(false) };
        if !room.removed {
            super::follow::follow(&room.code, now, anew, if room.mine { "desk" } else { "" });
        }
        if !room.mine && room.facts.state.is_open() {
            super::follow::watches(room.code.to_string());
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = again;
    #[cfg(feature = "ssr")]
    let image = {
        use crate::ui::preview;
        let card = preview::of_room(&room, site.lang());
        preview::path(domain::share::Kind::Room, room.code.as_str(), site.lang(), &card, "wide")
    };
    // What fetches previews does not run scripts.
    #[cfg(not(feature = "ssr"))]
    let image = String::new();
    let RoomView {
        code,
        title,
        host,
        handle,
        starts_at,
        shows,
        follows,
        fan,
        reminds,
        mine,
        removed,
        hosts,
        moderates,
        known,
        at,
        bag,
        chapters,
        ..
    } = room;
    let tint = domain::group_buy::tint(&host);
    let initial: String = host.chars().take(1).collect();
    let state = move || now.facts.with(|f| f.state);
    let first = state();
    let still = bag.first().and_then(|i| i.picture.as_ref()).map(|p| p.url(720, "jpg"));
    let (said, viewers) = (code.to_string(), move || now.facts.with(|f| f.viewers));
    let followed = format!("/live/{code}");
    let description = format!("{host} · {}", t.live_hint());
    view! {
        <Head title=title.clone() description=description path=format!("/live/{code}") image=image />
        <noscript inner_html=format!("<link rel=\"stylesheet\" href=\"{}\">", site.asset("plain.css"))></noscript>
        <a class="skip" href="#content">{t.skip_to_content()}</a>
        <main id="content" class="room" class:bare=move || bare.get() data-testid="room" data-state=move || state().name() data-alive=move || alive.get().then_some("yes")>
            <div class="room-picture" on:click=move |event| tap_heart(&event, state())>
                {if shows {
                    view! { <Screen code=code.to_string() still=still.clone() state=first now chapters title=title.clone() alive bare /> }.into_any()
                } else {
                    view! { <Lobby code=code.to_string() starts_at at state=first still=still.clone() reminds asks={!mine} /> }.into_any()
                }}
                {move || (state() == State::Paused).then(|| view! { <p class="room-away" role="status">{t.live_away()}</p> })}
            </div>
            <header class="room-top">
                <a class="room-host" href=format!("/u/{handle}")>
                    <span class=format!("face tint-{tint}") aria-hidden="true">{initial}</span>
                    <span><b>{host.clone()}</b><small>{move || t.live_hearts_count(t.count(now.facts.with(|f| f.hearts)))}</small></span>
                </a>
                {(!follows && !mine).then(|| view! {
                    <form method="post" action="/api/post/follow">
                        <Hidden name="handle" value=handle.clone() />
                        <Hidden name="next" value=followed />
                        <button type="submit" class="room-follow" name="on" value="1" data-testid="post-follow">{t.follow()}</button>
                    </form>
                })}
                {first.sells().then(|| view! { <span class="room-viewers" data-testid="viewer-count" data-count=move || viewers().to_string()><Icon name="users" />{move || t.count(viewers())}<span class="visually-hidden">{t.live_watching()}</span></span> })}
                {(!removed).then(|| view! { <ShareForm kind="room" object=code.to_string() testid="share-open" class="room-share" label=t.share_title()><Icon name="share-2" /></ShareForm> })}
                <a class="room-close to-end" href="/live" aria-label=t.live_close()><Icon name="x" /></a>
            </header>
            <div class="room-head">
                <h1 class="room-title">{title}</h1>
                {(!hosts).then(|| view! { <a class="room-report" href=format!("/report/room/{code}") rel="nofollow" aria-label=t.live_report() data-testid="room-report"><Icon name="flag" /></a> })}
            </div>
            {removed.then(|| view! { <p class="room-note" role="status" data-testid="room-removed">{if hosts { t.live_removed() } else { t.live_removed_for() }}" "{hosts.then(|| view! { <a href="/inbox">{t.live_removed_why()}</a> })}</p> })}
            <div class="room-pills">
                {(!hosts && (first != State::Ended || fan.is_some())).then(|| view! { <FanCard code=code.to_string() host=host.clone() fan known /> })}
                <DrawCard code=code.to_string() known mine host=host.clone() now />
                <DropCard code=code.to_string() known own=hosts now />
            </div>
            <div class="room-foot">
                {["live/hush", "live/ban", "live/pin", "live/vote", "live/raise", "live/lower"].map(|path| view! { <FormError path /> })}
                <PollCard code=code.to_string() own=hosts now />
                <keep::Pinned code=code.to_string() keeps=moderates next="room" now />
                <Bought now />
                <Chat code=said keeps={if mine { Keeps::All } else if moderates { Keeps::Helps } else { Keeps::Nothing }} now next="room" />
                <Pinned code=code.to_string() now />
                <FormError path=BUY />
                <FormError path="draw/join" />
                <FormError path="live/catch" />
                <Hand code=code.to_string() own=hosts now />
                <div class="room-bar">
                    <Bag code=code.to_string() now ended={first == State::Ended} />
                    <Speak code=code.to_string() known open={first.is_open()} limits={move || now.facts.with(|f| (f.slow, if moderates { Speaks::All } else { f.speaks }))} next="room" />
                    <Hearts code=code.to_string() />
                </div>
            </div>
        </main>
    }
}

/// The picture, while there is one. A browser without scripts plays the list itself, if it can.
#[component]
fn Screen(
    code: String,
    still: Option<String>,
    state: State,
    now: Now,
    chapters: Vec<Chapter>,
    title: String,
    alive: RwSignal<bool>,
    /// Whether the picture stands alone.
    bare: RwSignal<bool>,
) -> impl IntoView {
    let t = Site::get().texts();
    let query = use_query_map();
    let at = move || query.with(|q| q.get("at").and_then(|v| v.parse::<i64>().ok()).unwrap_or(0).max(0));
    let live = state != State::Ended;
    let list = format!("/hls/{code}/{}", if live { "index.m3u8" } else { "replay.m3u8" });
    let begin = untrack(at);
    let source = if live || begin == 0 { list.clone() } else { format!("{list}#t={begin}") };
    let video = NodeRef::<leptos::html::Video>::new();
    // Without scripts the browser's own controls do it.
    let (silent, still_stands) = (RwSignal::new(true), RwSignal::new(false));
    #[cfg(feature = "hydrate")]
    super::play::play(video, list, at, super::play::Along::Room { live, code, now, chapters });
    #[cfg(not(feature = "hydrate"))]
    let _ = (list, code, now, chapters);
    // What the video does, whoever made it do that.
    let told = move |_: leptos::ev::Event| {
        #[cfg(feature = "hydrate")]
        if let Some(video) = video.get_untracked() {
            silent.set(video.muted());
            still_stands.set(video.paused());
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (silent, still_stands);
    };
    let turn_sound = move |_| {
        #[cfg(feature = "hydrate")]
        if let Some(video) = video.get_untracked() {
            video.set_muted(!video.muted());
            if video.paused() {
                let _ = video.play();
            }
        }
    };
    let turn_still = move |_| {
        #[cfg(feature = "hydrate")]
        if let Some(video) = video.get_untracked() {
            if video.paused() {
                let _ = video.play();
            } else {
                let _ = video.pause();
            }
        }
    };
    let apart = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if let Some(video) = video.get() {
            apart.set(super::play::stands_apart(&video));
        }
    });
    let stand_apart = move |_| {
        #[cfg(feature = "hydrate")]
        if let Some(video) = video.get_untracked() {
            super::play::stand_apart(&video);
        }
    };
    let pressed = |on: bool| if on { "true" } else { "false" };
    view! {
        <video node_ref=video poster=still controls playsinline autoplay muted aria-label=title data-testid="live-video"
            on:volumechange=told on:play=told on:pause=told>
            <source src=source type="application/vnd.apple.mpegurl" />
        </video>
        <div class="room-turns" hidden=move || !alive.get() || !live>
            <button type="button" aria-pressed=move || pressed(!silent.get()) aria-label=t.live_sound() data-testid="room-sound" on:click=turn_sound>
                {move || if silent.get() { view! { <Icon name="volume-x" /> }.into_any() } else { view! { <Icon name="volume-2" /> }.into_any() }}
            </button>
            <button type="button" aria-pressed=move || pressed(still_stands.get()) aria-label=t.live_pause() data-testid="room-pause" on:click=turn_still>
                {move || if still_stands.get() { view! { <Icon name="play" /> }.into_any() } else { view! { <Icon name="pause" /> }.into_any() }}
            </button>
            {move || apart.get().then(|| view! { <button type="button" aria-label=t.live_apart() data-testid="room-apart" on:click=stand_apart><Icon name="picture-in-picture-2" /></button> })}
            <button type="button" aria-pressed=move || pressed(bare.get()) aria-label=t.live_bare() data-testid="room-bare" on:click=move |_| bare.update(|b| *b = !*b)><Icon name="expand" /></button>
        </div>
    }
}

/// What is shown while there is no picture: when it begins, or that it is over.
#[component]
fn Lobby(
    code: String,
    starts_at: Option<i64>,
    at: i64,
    state: State,
    still: Option<String>,
    reminds: bool,
    /// Whether it can be asked for to be told.
    asks: bool,
) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    view! {
        {still.map(|src| view! { <img class="room-still" src=src alt="" /> })}
        <div class="room-lobby">
            {match (state, starts_at) {
                (State::Ended, _) => view! { <p>{t.live_over()}</p><p><a class="button" href="/live">{t.live_others()}</a></p> }.into_any(),
                (_, Some(starts)) if starts > at => view! {
                    <p>{t.live_begins()}</p>
                    <p class="room-clock"><Countdown deadline=starts now=at testid="room-countdown" /></p>
                    <p><time>{site.time(starts)}</time></p>
                }.into_any(),
                _ => view! { <p>{t.live_soon_now()}</p> }.into_any(),
            }}
            <FormError path="live/remind" />
            {(asks && state == State::Scheduled).then(|| view! {
                <form method="post" action={posts_to::<Remind>()}>
                    <Hidden name="code" value=code />
                    {reminds.then(|| view! { <p role="status">{t.live_reminds()}</p> })}
                    <button type="submit" class="button" name="on" value=if reminds { "0" } else { "1" } data-testid="room-remind" data-state=if reminds { "on" } else { "off" }>
                        <Icon name="bell" />{if reminds { t.live_remind_off() } else { t.live_remind() }}
                    </button>
                </form>
            })}
        </div>
    }
}

/// Whoever uses keys, or hears the page, reads on here: what he pressed is gone.
pub(super) fn reads_on(at: &'static str) {
    #[cfg(feature = "hydrate")]
    gloo_timers::callback::Timeout::new(0, move || {
        if let Ok(Some(place)) = document().query_selector(at) {
            let _ = wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlElement>(&place).focus();
        }
    })
    .forget();
    #[cfg(not(feature = "hydrate"))]
    let _ = at;
}

/// A sheet goes away, and whoever uses keys is where he opened it.
pub fn close_sheet(at: &'static str) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(sheet)) = document().query_selector(at) {
        let _ = sheet.remove_attribute("open");
        if let Ok(Some(summary)) = sheet.query_selector("summary") {
            let _ = wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlElement>(&summary).focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = at;
}

/// What whoever looks may do about lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    Nothing,
    /// As one who keeps order with the host: nothing against the host, nor against another like him.
    Helps,
    All,
}

/// What is said, the newest below.
#[component]
pub fn Chat(code: String, keeps: Keeps, now: Now, next: &'static str) -> impl IntoView {
    let t = Site::get().texts();
    let bag = now.bag;
    let chat = NodeRef::<leptos::html::Div>::new();
    // The last line that somebody saw who reads what was said before.
    let read = RwSignal::new(None::<i64>);
    let scrolled = move |_| {
        let away = chat.get_untracked().is_some_and(|chat| chat.scroll_top() < AWAY);
        if away != read.get_untracked().is_some() {
            read.set(away.then(|| now.lines.with_untracked(|l| l.seq)));
        }
    };
    let newer = Memo::new(move |_| read.get().map_or(0, |seq| now.lines.with(|l| l.seq) - seq));
    let down = move |_| {
        if let Some(chat) = chat.get_untracked() {
            chat.set_scroll_top(0);
            reads_on(".room-chat");
        }
    };
    view! {
        <div class="room-chat" role="log" aria-label=t.live_chat() tabindex="0" node_ref=chat on:scroll=scrolled data-seq=move || now.lines.with(|l| l.seq).to_string()>
            <ol>
                <For each=move || now.lines.with(|l| l.lines.clone()) key=|l| (l.seq, l.gone)
                    children={move |line| view! { <One line code=code.clone() keeps bag next /> }} />
            </ol>
        </div>
        <div class="room-newer" hidden=move || newer.get() <= 0>
            <button type="button" data-testid="chat-newer" data-count=move || newer.get().to_string() on:click=down><Icon name="arrow-down" />{move || t.live_newer(newer.get())}</button>
        </div>
    }
}

#[component]
fn One(line: LineView, code: String, keeps: Keeps, bag: RwSignal<Vec<ItemView>>, next: &'static str) -> AnyView {
    let t = Site::get().texts();
    let seq = line.seq.to_string();
    if line.kind != Line::Said {
        let (kind, slug, name) = (line.kind, line.text, line.name);
        let fair = matches!(kind, Line::Opens | Line::Drawn).then(|| format!("/fair/{slug}"));
        // What was put in just now has its name a moment later.
        let text = move || match kind {
            Line::Explains => {
                let title = bag.with(|b| b.iter().find(|i| i.slug == slug).map(|i| i.title.clone()));
                t.live_line_explains(title.unwrap_or_else(|| slug.clone()))
            }
            Line::Begun => t.live_line_begun().to_owned(),
            Line::Paused => t.live_line_paused().to_owned(),
            Line::Opens => t.live_line_opens().to_owned(),
            Line::Drawn => t.live_line_drawn().to_owned(),
            Line::Flash => {
                let title = bag.with(|b| b.iter().find(|i| i.slug == slug).map(|i| i.title.clone()));
                t.live_line_flash(title.unwrap_or_else(|| slug.clone()))
            }
            Line::Asks => t.live_line_asks(slug.clone()),
            Line::Asked => t.live_line_asked(slug.clone()),
            Line::Called => t.live_line_called(name.clone()),
            Line::Drops => t.live_line_drops().to_owned(),
            Line::Dropped => t.live_line_dropped().to_owned(),
            Line::Ended | Line::Said => t.live_line_ended().to_owned(),
        };
        return view! { <li class="room-line of-room" data-testid="room-line" data-kind=kind.name() data-seq=seq>{text}{fair.map(|href| view! { " "<a href=href target={(next == "studio").then_some("_blank")}>{t.draw_check()}</a> })}</li> }
            .into_any();
    }
    if line.gone {
        return view! { <li class="room-line gone" data-testid="chat-line" data-state="gone" data-seq=seq>{t.live_gone()}</li> }.into_any();
    }
    let of = (line.name.clone(), line.handle.clone());
    let own = Site::get().is_me(&line.handle);
    let may = match keeps {
        Keeps::Nothing => None,
        Keeps::Helps if !own && (line.host || line.moderator) => Some(May::Pin),
        Keeps::Helps | Keeps::All if own || line.host => Some(May::TakeAway),
        Keeps::Helps | Keeps::All => Some(May::All),
    };
    view! {
        <li class=if line.host { "room-line by-host" } else { "room-line" } data-testid="chat-line" data-state="said" data-seq=seq>
            <b>{line.name}</b>
            {line.host.then(|| view! { <em>{t.live_host()}</em> })}
            {line.moderator.then(|| view! { <em>{t.live_moderator()}</em> })}
            {(line.fan > 0).then(|| view! { <em class="of-fan" data-testid="line-fan" data-level=line.fan.to_string()>{t.fan_badge(line.fan)}</em> })}
            " "<span>{line.text}</span>
            {may.map(|may| view! { <HushForms code seq=line.seq of may next /> })}
        </li>
    }
    .into_any()
}

/// What can be done about a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    Pin,
    TakeAway,
    /// Also about whoever said it.
    All,
}

/// What whoever moderates does about a line.
#[component]
fn HushForms(
    code: String,
    seq: i64,
    /// Name and handle of whoever said it.
    of: (String, String),
    may: May,
    next: &'static str,
) -> impl IntoView {
    let t = Site::get().texts();
    let (name, handle) = of;
    let sent = Sent::<Hush>::nothing();
    let (pin, ban, keeper) = (Sent::<Pin>::nothing(), Sent::<Ban>::nothing(), Sent::<Moderator>::nothing());
    let code = StoredValue::new(code);
    let of_line = move || {
        view! {
            <Hidden name="code" value=code.get_value() />
            <Hidden name="seq" value=seq.to_string() />
            <Hidden name="next" value=next />
        }
    };
    let handle = StoredValue::new(handle);
    // At his desk a host sees at once who keeps order.
    if let Some(kept) = use_context::<keep::Kept>() {
        kept.heard(keeper.state);
        kept.heard(ban.state);
    }
    let of_person = move || {
        view! {
            <Hidden name="code" value=code.get_value() />
            <Hidden name="handle" value=handle.get_value() />
        }
    };
    view! {
        <details class="room-hush">
            <summary aria-label=format!("{} {name}", t.live_hush()) data-testid="line-hush"><Icon name="shield" /></summary>
            {move || [sent.state, pin.state, ban.state, keeper.state].map(|s| s.refused.get().map(|p| problem_alert(&p)))}
            <PostForm sent=pin>
                {of_line()}
                <button type="submit" data-testid="line-pin">{t.keep_pin()}</button>
            </PostForm>
            {(may != May::Pin).then(|| view! {
                <PostForm sent>
                    {of_line()}
                    <button type="submit" data-testid="line-gone">{t.live_take_away()}</button>
                </PostForm>
            })}
            {(may == May::All).then(|| view! {
                <PostForm sent>
                    {of_line()}
                    {[5_i64, 60, 0].map(|minutes| view! {
                        <button type="submit" name="minutes" value=minutes.to_string() data-testid="line-mute">{if minutes == 0 { t.live_mute_all().to_owned() } else { t.live_mute(minutes) }}</button>
                    })}
                </PostForm>
                <PostForm sent=ban>
                    {of_person()}
                    <Hidden name="next" value=next />
                    <button type="submit" name="on" value="1" data-testid="line-ban">{t.keep_ban()}</button>
                </PostForm>
            })}
            {(may == May::All && next == "studio").then(|| view! {
                <PostForm sent=keeper>
                    {of_person()}
                    <button type="submit" name="on" value="1" data-testid="line-moderator">{t.keep_appoint()}</button>
                </PostForm>
            })}
        </details>
    }
}

/// The field to say something; what was typed into a refused one stays.
#[component]
pub fn Speak(
    code: String,
    known: bool,
    open: bool,
    /// Seconds between two lines of whoever looks, and who may say something besides him.
    limits: impl Fn() -> (i64, Speaks) + Copy + Send + 'static,
    next: &'static str,
) -> AnyView {
    let site = Site::get();
    let t = site.texts();
    if !open {
        return view! { <span class="room-say"></span> }.into_any();
    }
    if !known {
        let login = format!("/login?next=/live/{code}");
        return view! { <a class="room-say login" href=login rel="external" data-testid="chat-login">{t.live_say_login()}</a> }.into_any();
    }
    let sent = Sent::<Say>::nothing();
    let hint = move || match limits() {
        (_, Speaks::Followers) => t.live_only_followers().to_owned(),
        (_, Speaks::Buyers) => t.live_only_buyers().to_owned(),
        (0, Speaks::All) => t.live_say_hint().to_owned(),
        (seconds, Speaks::All) => t.live_slow_hint(seconds),
    };
    view! {
        <div class="room-say">
            <FormError path=SAY sending=sent.state />
            <PostForm sent class="say" clear=true>
                <Hidden name="code" value=code />
                <Hidden name="next" value=next />
                <input type="text" name="text" value=site.typed(SAY, "text").unwrap_or_default() maxlength=MAX_SAID required autocomplete="off" enterkeyhint="send"
                    placeholder=hint aria-label=t.live_say_hint() data-testid="chat-input" />
                <button type="submit" aria-label=t.comment_send() data-testid="chat-send"><Icon name="send" /></button>
            </PostForm>
        </div>
    }
    .into_any()
}

/// A tap on the picture is a heart, too.
fn tap_heart(event: &leptos::ev::MouseEvent, state: State) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let on_picture = event.target().is_some_and(|at| at.dyn_ref::<web_sys::HtmlVideoElement>().is_some());
        if on_picture
            && state.sells()
            && let Ok(Some(heart)) = document().query_selector(".room-heart button")
        {
            heart.unchecked_ref::<web_sys::HtmlElement>().click();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, state);
}

/// A heart; with scripts, as many as one taps, told once a second.
#[component]
fn Hearts(code: String) -> impl IntoView {
    let t = Site::get().texts();
    let risen = RwSignal::new(0_u32);
    #[cfg(feature = "hydrate")]
    let tapped = super::follow::hearts(code.clone(), risen);
    let tap = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        tapped();
    };
    view! {
            <form method="post" action={posts_to::<Heart>()} class="room-heart" on:submit=tap>
                <Hidden name="code" value=code />
                <Hidden name="many" value="1" />
                <button type="submit" aria-label=t.live_heart() data-testid="heart"><Icon name="heart" /></button>
                <span class="room-risen" aria-hidden="true">
    <For each=move || risen.get().saturating_sub(6)..risen.get() key=|n| *n children=|n| view! { <i class=format!("rise-{}", n % 4)></i> } />
                </span>
            </form>
        }
}

/// Who has just bought what.
#[component]
fn Bought(now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let bought = Memo::new(move |_| now.facts.with(|f| f.bought.clone()));
    move || {
        let fact = bought.get()?;
        let title = now.bag.with_untracked(|b| b.iter().find(|i| i.place == fact.place).map(|i| i.title.clone()))?;
        Some(
            view! { <p class="room-bought" data-testid="room-bought" data-place=fact.place.to_string()><Icon name="shopping-bag" />{t.live_bought(fact.name, title)}</p> },
        )
    }
}

/// What is being explained, with what it costs here and how much of it there is.
#[component]
fn Pinned(code: String, now: Now) -> impl IntoView {
    let code = StoredValue::new(code);
    let item = Memo::new(move |_| now.item());
    let place = Memo::new(move |_| item.with(|i| i.as_ref().map(|i| i.place)));
    // Another thing is another card; of the same one only numbers change.
    move || {
        place.get().map(|_| {
            let first = item.get_untracked();
            first.map(|first| view! { <Card first item code=code.get_value() now /> })
        })
    }
}

#[component]
fn Card(first: ItemView, item: Memo<Option<ItemView>>, code: String, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let sent = Sent::<Buy>::nothing();
    let (place, currency) = (first.place, first.currency);
    let one = if let [only] = first.choices.as_slice() { Some(only.sku.to_string()) } else { None };
    let known = StoredValue::new(first.clone());
    let code = StoredValue::new(code);
    let (ended, page) = (now.facts.with_untracked(|f| !f.state.is_open()), format!("/p/{}", first.slug));
    let what = move || item.get().filter(|i| i.place == place).unwrap_or_else(|| known.get_value());
    let left = Memo::new(move |_| what().left());
    let lowest = Memo::new(move |_| what().lowest());
    view! {
        {move || sent.state.refused.get().map(|p| problem_alert(&p))}
        <div class="room-pinned" data-testid="pinned-product" data-place=place.to_string() data-slug=first.slug>
            <Picture picture=first.picture alt=String::new() sizes="72px" />
            <span class="room-pinned-text">
                <em>{t.live_explaining()}</em>
                <b>{first.title}</b>
                {move || {
                    let (price, alone) = lowest.get();
                    view! { <span><Price amount=price currency />{(alone > price).then(|| view! { <s class="was">{Money::new(alone, currency).exact()}</s> })}</span> }
                }}
                <FlashNote place currency now />
                <small data-testid="pinned-left" data-left=move || left.get().to_string()>{move || if left.get() > 0 { t.live_left(left.get()) } else { t.sold_out().to_owned() }}</small>
            </span>
            {move || match (left.get() > 0, one.clone()) {
                _ if ended => view! { <a class="button primary" href=page.clone() data-testid="pinned-see">{t.live_see()}</a> }.into_any(),
                (false, _) => view! { <span class="button" aria-disabled="true">{t.sold_out()}</span> }.into_any(),
                (true, Some(sku)) => view! {
                    <PostForm sent login=true>
                        <Hidden name="code" value=code.get_value() />
                        <input type="hidden" name="sku" value=move || format!("{sku}:{}", lowest.get().0) />
                        <button type="submit" class="button primary" data-testid="pinned-buy">{t.live_buy()}</button>
                    </PostForm>
                }.into_any(),
                (true, None) => view! { <a class="button primary" href=format!("#bag-{place}") data-testid="pinned-buy" on:click=move |event| { clicked(&code.get_value(), place); open_bag(&event, place); }>{t.live_buy()}</a> }.into_any(),
            }}
        </div>
    }
}

/// A price for a short while: that it comes, or how long and for how many it is on.
#[component]
pub fn FlashNote(place: i64, currency: Currency, now: Now) -> impl IntoView {
    let t = Site::get().texts();
    let flash = Memo::new(move |_| now.facts.with(|f| f.flash.clone().filter(|f| f.place == place)));
    move || {
        flash.get().map(|f| {
            let at = now.time();
            if f.left <= 0 {
                return view! { <span class="room-flash" data-testid="flash" data-state="gone">{t.flash_gone()}</span> }.into_any();
            }
            let (state, said, deadline) = if f.on {
                ("on", t.flash_on(f.each, f.left), f.ends_at)
            } else {
                ("soon", t.flash_soon(Money::new(f.off, currency).exact()), f.starts_at)
            };
            view! { <span class="room-flash" data-testid="flash" data-state=state data-left=f.left.to_string()><Icon name="zap" />{said}" "<Countdown deadline now=at /></span> }.into_any()
        })
    }
}

/// Somebody wants to see more of a thing.
fn clicked(code: &str, place: i64) {
    #[cfg(feature = "hydrate")]
    super::follow::tell(code, "clicked", place);
    #[cfg(not(feature = "hydrate"))]
    let _ = (code, place);
}

/// With scripts the link to a thing opens the bag at it; without, browsers open what holds the place that a link leads to.
fn open_bag(event: &leptos::ev::MouseEvent, place: i64) {
    #[cfg(feature = "hydrate")]
    {
        event.prevent_default();
        let Some(bag) = document().get_element_by_id("bag") else { return };
        let _ = bag.set_attribute("open", "");
        if let Some(item) = document().get_element_by_id(&format!("bag-{place}")) {
            item.scroll_into_view();
            if let Ok(Some(first)) = item.query_selector("input, a, button") {
                let _ = wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlElement>(&first).focus();
            }
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, place);
}

/// The sheet goes away, and whoever uses keys is where he opened it.
fn close_bag() {
    #[cfg(feature = "hydrate")]
    if let Some(bag) = document().get_element_by_id("bag") {
        let _ = bag.remove_attribute("open");
        if let Ok(Some(summary)) = bag.query_selector("summary") {
            let _ = wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlElement>(&summary).focus();
        }
    }
}

/// Everything that the room sells, in a sheet above the picture.
#[component]
fn Bag(code: String, now: Now, ended: bool) -> impl IntoView {
    let t = Site::get().texts();
    let code = StoredValue::new(code);
    let count = move || now.bag.with(|b| i64::try_from(b.len()).unwrap_or(0));
    view! {
        <details class="room-bag" id="bag" data-testid="bag" on:keydown=|event| if event.key() == "Escape" { close_bag() }>
            <summary aria-label=move || t.live_bag(count()) data-testid="bag-open"><Icon name="shopping-bag" /><b>{count}</b></summary>
            <div class="room-sheet">
                <h2>{move || t.live_bag(count())}</h2>
                <p class="hint">{if ended { t.live_bag_over() } else { t.live_bag_hint() }}</p>
                <ol>
                    <For each=move || now.bag.get() key=|i| (i.place, i.off, i.choices.len())
                        children={move |item| view! { <Item item code=code.get_value() now ended /> }} />
                </ol>
            </div>
        </details>
    }
}

#[component]
fn Item(item: ItemView, code: String, now: Now, ended: bool) -> impl IntoView {
    let t = Site::get().texts();
    let (place, currency) = (item.place, item.currency);
    let explained = move || now.explained.get() == Some(place);
    let exact = move |n: i64| Money::new(n, currency).exact();
    // What is chosen here stays chosen when a price or the stock changes.
    let known = StoredValue::new(item.clone());
    let what = Memo::new(move |_| {
        let found = now.bag.with(|bag| bag.iter().find(|i| i.place == place).cloned());
        found.unwrap_or_else(|| known.get_value())
    });
    let (lowest, left) = (move || what.with(ItemView::lowest), move || what.with(ItemView::left));
    let seek = match item.replay_at.filter(|_| ended) {
        Some(ms) => Some(format!("/live/{code}?at={}", ms / 1000)),
        None => item.clip.then(|| format!("/live/{code}/{place}")),
    };
    let first = item.choices.iter().find(|c| c.left > 0).map(|c| c.sku);
    let choices: Vec<_> = item.choices.iter().map(|c| (c.sku, c.choice.clone())).collect();
    let choices = StoredValue::new(choices);
    let sent = Sent::<Buy>::nothing();
    let (code, can) = (StoredValue::new(code), Memo::new(move |_| left() > 0));
    let fact = move |sku| what.with(|i| i.choices.iter().find(|c| c.sku == sku).map_or((0, 0), |c| (c.price, c.left)));
    let choose = move || {
        let choices = choices.get_value();
        match choices.as_slice() {
            [(sku, _)] => {
                let sku = *sku;
                view! { <input type="hidden" name="sku" value=move || format!("{sku}:{}", fact(sku).0) /> }.into_any()
            }
            _ => {
                let options = choices.into_iter().map(|(sku, words)| {
                    let out = move || fact(sku).1 <= 0;
                    view! {
                        <label class="option" class:out=out>
                            <input type="radio" name="sku" value=move || format!("{sku}:{}", fact(sku).0) checked={first == Some(sku)} />
                            <span>{words}<small>{move || exact(fact(sku).0)}</small></span>
                        </label>
                    }
                });
                let options = options.collect_view();
                view! { <fieldset class="options"><legend class="visually-hidden">{t.live_choose()}</legend>{options}</fieldset> }.into_any()
            }
        }
    };
    view! {
        <li class="room-item" data-testid="bag-item" data-place=place.to_string() data-slug=item.slug.clone() id=format!("bag-{place}")>
            <span class="room-item-head">
                <b class="room-place">{place}</b>
                <Picture picture=item.picture.clone() alt=String::new() sizes="88px" />
                <span class="room-pinned-text">
                    <a href=format!("/p/{}", item.slug) on:click=move |_| clicked(&code.get_value(), place)>{item.title.clone()}</a>
                    {move || explained().then(|| view! { <em>{t.live_explaining()}</em> })}
                    <FlashNote place currency now />
                    {move || {
                        let (price, alone) = lowest();
                        view! { <span data-testid="bag-price" data-amount=price.to_string()><Price amount=price currency />{(alone > price).then(|| view! { <s class="was">{exact(alone)}</s> })}</span> }
                    }}
                    <small>{move || if can.get() { t.live_left(left()) } else { t.sold_out().to_owned() }}</small>
                    {seek.map(|href| view! { <a class="chip" href=href data-testid="bag-replay" on:click=|_| close_bag()><Icon name="play" />{t.live_replay_of()}</a> })}
                </span>
            </span>
            {move || sent.state.refused.get().map(|p| problem_alert(&p))}
            {move || (can.get() && !ended).then(|| view! {
                <PostForm sent class="room-choose" login=true>
                    <Hidden name="code" value=code.get_value() />
                    {choose()}
                    <button type="submit" class="button primary" data-testid="bag-buy">{t.live_buy()}</button>
                </PostForm>
            })}
        </li>
    }
}
