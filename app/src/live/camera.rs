//! A host's own camera: what it sees, whether it is sent, and what stands in the way.

use crate::{site::Site, ui::Icon};
use leptos::{html::Video, prelude::*};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Off,
    /// The browser asks whether it may.
    Asking,
    /// It is open, and nothing is sent.
    Ready,
    Joining,
    On,
    /// What was sent is cut; it is begun again.
    Again,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Asking => "asking",
            Self::Ready => "ready",
            Self::Joining => "joining",
            Self::On => "on",
            Self::Again => "again",
        }
    }

    const fn is_open(self) -> bool {
        !matches!(self, Self::Off | Self::Asking)
    }

    pub const fn sends(self) -> bool {
        matches!(self, Self::Joining | Self::On | Self::Again)
    }
}

/// What stands in the way.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser meets them"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Denied,
    Missing,
    Busy,
    /// Browsers open cameras for pages over https only.
    Insecure,
    /// A browser inside of another app, that opens none.
    Inside,
    /// The browser makes nothing that we take.
    Old,
    Key,
    Full,
    Refused,
    Failed,
}

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Missing => "missing",
            Self::Busy => "busy",
            Self::Insecure => "insecure",
            Self::Inside => "inside",
            Self::Old => "old",
            Self::Key => "key",
            Self::Full => "full",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Which way it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    WebRtc,
    Socket,
}

/// The camera, for as long as the page is open: drawing a part of the page anew does not close it.
#[derive(Clone, Copy)]
pub struct Camera {
    pub step: RwSignal<Step>,
    pub way: RwSignal<Way>,
    pub practice: RwSignal<bool>,
    pub front: RwSignal<bool>,
    pub muted: RwSignal<bool>,
    /// The other camera is being opened.
    pub turning: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
    /// Grows when there is something else to see.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser shows it"))]
    shown: RwSignal<u32>,
    #[cfg(feature = "hydrate")]
    pub(super) held: StoredValue<super::send::Held, LocalStorage>,
}

impl Camera {
    /// A camera that is off.
    pub fn off() -> Self {
        let camera = Self {
            step: RwSignal::new(Step::Off),
            way: RwSignal::new(Way::WebRtc),
            practice: RwSignal::new(false),
            front: RwSignal::new(true),
            muted: RwSignal::new(false),
            turning: RwSignal::new(false),
            fault: RwSignal::new(None),
            shown: RwSignal::new(0),
            #[cfg(feature = "hydrate")]
            held: StoredValue::new_local(super::send::Held::default()),
        };
        #[cfg(feature = "hydrate")]
        on_cleanup(move || super::send::close(camera));
        camera
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn fails(self, fault: Fault) {
        self.fault.try_set(Some(fault));
        if self.step.try_get_untracked() == Some(Step::Asking) {
            self.step.set(Step::Off);
        }
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn shows(self) {
        self.fault.try_set(None);
        self.shown.try_update(|n| *n += 1);
    }
}

/// What is done about it: nothing where the page is only written.
#[derive(Clone, Copy)]
enum Act {
    Open,
    Go {
        #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser sends"))]
        practice: bool,
    },
    Pause,
    Close,
    Flip,
    Mute,
}

/// The camera in the studio. `key`: what the room is opened with; `whip`: whether WebRTC is taken; `health`: how it arrives, as long as
/// something is sent.
#[component]
pub fn FromHere(
    camera: Camera,
    /// Whether others wait for what is sent.
    begun: impl Fn() -> bool + Copy + Send + Sync + 'static,
    code: String,
    key: RwSignal<String>,
    whip: bool,
    health: impl Fn() -> AnyView + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let t = Site::get().texts();
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let seen = NodeRef::<Video>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        camera.shown.track();
        let Some(video) = seen.get() else { return };
        video.set_muted(true);
        super::js::set(&video, "srcObject", super::send::stream(camera));
        let _ = video.play();
    });
    let code = StoredValue::new(code);
    let act = move |act: Act| {
        #[cfg(feature = "hydrate")]
        {
            use super::send;
            camera.fault.set(None);
            match act {
                Act::Open => send::open(camera),
                Act::Go { practice } => {
                    let (room, key) = (code.get_value(), key.get_untracked());
                    send::go(camera, send::Target { room, key, whip, practice }, t.camera_leave());
                }
                Act::Pause => send::pause(camera),
                Act::Close => send::close(camera),
                Act::Flip => send::flip(camera),
                Act::Mute => {
                    camera.muted.update(|m| *m = !*m);
                    send::mute(camera, camera.muted.get_untracked());
                }
            }
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (act, code, key, whip);
    };
    // The button that was pressed is gone, and with it where somebody stood who uses no finger.
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<Step>| {
        let step = camera.step.get();
        if before.is_some_and(|b| b != step && b != Step::Again && step != Step::Again) {
            gloo_timers::callback::Timeout::new(50, || {
                use super::js::{call, get, text};
                let page = document();
                let button = call(&page, "querySelector", &["[data-testid=camera] [data-first]".into()]);
                if text(&get(&page, "activeElement"), "tagName") == "BODY"
                    && let Some(button) = button
                {
                    call(&button, "focus", &[]);
                }
            })
            .forget();
        }
        step
    });
    let step = move || camera.step.get();
    let open = Memo::new(move |_| camera.step.get().is_open());
    let named = move || match (step(), camera.practice.get()) {
        (Step::On, true) => t.camera_practising().to_owned(),
        (step, _) => t.camera_step_named(step.name()).to_owned(),
    };
    view! {
        <section class="panel studio-camera" data-testid="camera" data-state=move || step().name() data-alive=move || alive.get().then_some("true")
            data-way=move || (step() == Step::On).then(|| if camera.way.get() == Way::WebRtc { "webrtc" } else { "socket" })>
            <h2>{t.camera_title()}</h2>
            <noscript><p class="hint">{t.camera_no_scripts()}</p></noscript>
            {move || camera.fault.get().map(|f| view! { <p class="alert" role="alert" data-testid="camera-fault" data-code=f.name()>{t.camera_fault_named(f.name())}</p> })}
            {move || open.get().then(|| view! {
                <div class="camera-seen">
                    <video node_ref=seen class=move || if camera.front.get() { "mirrored" } else { "" } playsinline muted data-testid="camera-video" aria-label=t.camera_title()></video>
                    <span class=move || if step() == Step::On && !camera.practice.get() { "room-badge on" } else { "room-badge" } role="status">{named}</span>
                </div>
                <div class="camera-do">
                    <button type="button" class="button small" disabled=move || camera.turning.get() on:click=move |_| act(Act::Flip) data-testid="camera-flip"><Icon name="refresh-cw" />{t.camera_flip()}</button>
                    <button type="button" class="button small" aria-pressed=move || if camera.muted.get() { "true" } else { "false" } on:click=move |_| act(Act::Mute) data-testid="camera-mute">
                        {move || if camera.muted.get() { view! { <Icon name="mic-off" /> } } else { view! { <Icon name="mic" /> } }}{t.camera_mute()}
                    </button>
                </div>
            })}
            {move || alive.get().then(|| match step() {
                Step::Off | Step::Asking => view! {
                    <p class="hint">{t.camera_hint()}</p>
                    <button type="button" class="button primary" disabled={step() == Step::Asking} on:click=move |_| act(Act::Open) data-testid="camera-open" data-first=""><Icon name="video" />{if step() == Step::Asking { t.camera_step_named("asking") } else { t.camera_open() }}</button>
                }.into_any(),
                Step::Ready => view! {
                    <p class="hint">{if begun() { t.camera_paused_hint() } else { t.camera_ready_hint() }}</p>
                    <div class="camera-do">
                        <button type="button" class="button primary" on:click=move |_| act(Act::Go { practice: false }) data-testid="camera-go" data-first="">{t.camera_go()}</button>
                        <button type="button" class="button" on:click=move |_| act(Act::Go { practice: true }) data-testid="camera-practise">{t.camera_practise()}</button>
                        <button type="button" class="button" on:click=move |_| act(Act::Close) data-testid="camera-close">{t.camera_close()}</button>
                    </div>
                }.into_any(),
                step => view! {
                    {(step == Step::On).then(|| {
                        let socket = camera.way.get() == Way::Socket;
                        view! { <p class="hint">{if socket { t.camera_socket_hint() } else { t.camera_on_hint() }}</p> }
                    })}
                    {health()}
                    <div class="camera-do">
                        <button type="button" class="button" on:click=move |_| act(Act::Pause) data-testid="camera-pause" data-first="">{if camera.practice.get() { t.camera_practise_end() } else { t.camera_pause() }}</button>
                    </div>
                }.into_any(),
            })}
        </section>
    }
}

/// Closes it when the room is over.
pub fn ends(camera: Camera, open: impl Fn() -> bool + Copy + Send + Sync + 'static) {
    Effect::new(move |_| {
        if !open() {
            #[cfg(feature = "hydrate")]
            super::send::close(camera);
            #[cfg(not(feature = "hydrate"))]
            let _ = camera;
        }
    });
}
