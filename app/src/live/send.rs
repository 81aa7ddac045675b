//! Sends what the camera sees: over WebRTC where it gets through, as frames over a WebSocket where it does not.

use super::{
    camera::{Camera, Fault, Step, Way},
    js::{call, get, known, make, number, object, set, text, wait},
};
use gloo_timers::{
    callback::{Interval, Timeout},
    future::sleep,
};
use js_sys::{Array, Reflect, Uint8Array};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Bits a second that a phone sends.
const BITS: u32 = 2_000_000;
const SOUND_BITS: u32 = 64_000;
const SOUND_RATE: u32 = 48_000;
/// Samples that are taken at once.
const BLOCK: u32 = 2048;
/// Until WebRTC has got through, in steps of [`STEP`].
const TRIES: u32 = 60;
const STEP: Duration = Duration::from_millis(100);
/// From one picture to the next, and from one key picture to the next, ms.
const EVERY: u32 = 33;
const KEYS: f64 = 2_000.0;
/// Pictures wait so long for sound, ms.
const SOUND: f64 = 800.0;
/// Pictures that wait to be encoded, and bytes that wait to be sent, before some are left out.
const QUEUE: f64 = 2.0;
const WAITING: f64 = 1_000_000.0;
/// A line that takes nothing for so long is cut, ms.
const STUCK: f64 = 8_000.0;
/// What was lost is begun again after so long, ms: twice as long each time.
const AGAIN: u32 = 1_000;
const AT_MOST: u32 = 8_000;
/// A line that is cut may come back by itself within so long, ms.
const CUT: u32 = 4_000;
/// The socket says so when its key opens nothing any more, and when what came was not taken.
const NO_KEY: f64 = 4001.0;
const REFUSED: f64 = 4002.0;

type Heard = Closure<dyn FnMut(JsValue)>;

fn heard(then: impl FnMut(JsValue) + 'static) -> Heard {
    Closure::new(then)
}

/// Listens as long as it lives, before everybody else, and may say no.
struct Listens {
    to: JsValue,
    name: &'static str,
    then: Heard,
}

impl Listens {
    fn to(to: &JsValue, name: &'static str, then: impl FnMut(JsValue) + 'static) -> Self {
        let listens = Self { to: to.clone(), name, then: heard(then) };
        listens.says("addEventListener");
        listens
    }

    fn says(&self, how: &str) {
        call(&self.to, how, &[self.name.into(), self.then.as_ref().clone(), true.into()]);
    }
}

impl Drop for Listens {
    fn drop(&mut self) {
        self.says("removeEventListener");
    }
}

/// What is held as long as the camera is on.
#[derive(Default)]
pub(super) struct Held {
    stream: JsValue,
    link: Option<Link>,
    /// Grows with everything that is begun: what was begun before does nothing any more.
    turn: u32,
    /// Grows with every camera that is opened or closed.
    opened: u32,
    awake: JsValue,
    /// As long as something is sent, and as long as the camera is open.
    listens: Vec<Listens>,
    watches: Vec<Listens>,
    target: Option<Rc<Target>>,
    /// It has got through once since it was begun.
    through: bool,
    /// Which beginning was cut.
    lost: Option<u32>,
}

/// How it is sent.
struct Link {
    /// `RTCPeerConnection` or `WebSocket`.
    object: JsValue,
    /// Where a session over WebRTC is ended, and with which key.
    ends: Option<(String, String)>,
    /// What takes sound.
    tap: JsValue,
    /// What else must be closed.
    closes: Vec<JsValue>,
    _ticks: Option<Interval>,
    kept: Vec<Heard>,
}

impl Link {
    fn of(object: JsValue) -> Self {
        Self { object, ends: None, tap: JsValue::UNDEFINED, closes: Vec::new(), _ticks: None, kept: Vec::new() }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for name in ["onconnectionstatechange", "onclose"] {
            set(&self.object, name, JsValue::NULL);
        }
        if !self.tap.is_undefined() {
            set(&self.tap, "onaudioprocess", JsValue::NULL);
        }
        for object in self.closes.iter().chain([&self.object]) {
            call(object, "close", &[]);
        }
        if let Some((at, key)) = self.ends.take() {
            leptos::task::spawn_local(async move {
                over(&at, &key).await;
            });
        }
        // What calls may run inside of one of these now.
        let kept = std::mem::take(&mut self.kept);
        Timeout::new(0, move || drop(kept)).forget();
    }
}

/// Ends a session; whether somebody else had taken its place. None when nobody answers.
async fn over(at: &str, key: &str) -> Option<bool> {
    let ask = gloo_net::http::Request::delete(at).header("authorization", &format!("Bearer {key}"));
    ask.send().await.ok().map(|answer| answer.status() == 409)
}

fn media() -> JsValue {
    get(&get(&window(), "navigator"), "mediaDevices")
}

fn tracks(stream: &JsValue, kind: &str) -> Vec<JsValue> {
    let name = if kind == "video" { "getVideoTracks" } else { "getAudioTracks" };
    call(stream, name, &[]).map(|found| Array::from(&found).to_vec()).unwrap_or_default()
}

fn stop(stream: &JsValue) {
    for track in tracks(stream, "video").into_iter().chain(tracks(stream, "audio")) {
        call(&track, "stop", &[]);
    }
}

/// What is asked of the camera: 720 lines, as the phone is held.
fn wishes(front: bool) -> JsValue {
    let ideal = |value: JsValue| object([("ideal", value)]);
    object([
        ("facingMode", if front { "user" } else { "environment" }.into()),
        ("width", ideal(1280.into())),
        ("height", ideal(720.into())),
        ("frameRate", object([("ideal", 30.into()), ("max", 30.into())])),
    ])
}

fn sound_wishes() -> JsValue {
    object([
        ("echoCancellation", true.into()),
        ("noiseSuppression", true.into()),
        ("autoGainControl", true.into()),
        ("channelCount", 1.into()),
    ])
}

fn why(error: &JsValue) -> Fault {
    match text(error, "name").as_str() {
        "NotAllowedError" | "SecurityError" => Fault::Denied,
        "NotFoundError" | "OverconstrainedError" => Fault::Missing,
        "NotReadableError" | "AbortError" => Fault::Busy,
        _ => Fault::Failed,
    }
}

/// The page may have been opened as another one, which must not use the camera: then this one is loaded anew, once.
fn shut_out() -> bool {
    let policy = get(&document(), "featurePolicy");
    call(&policy, "allowsFeature", &["camera".into()]).is_some_and(|may| may == JsValue::FALSE)
}

/// Whether this is the first time that this tab loads the page anew for its camera.
fn first_time() -> bool {
    const KEY: &str = "camera-anew";
    let kept = get(&window(), "sessionStorage");
    let was = call(&kept, "getItem", &[KEY.into()]);
    was.is_some_and(|was| was.is_null()) && call(&kept, "setItem", &[KEY.into(), "1".into()]).is_some()
}

/// Takes a stream as the camera's, unless the camera was closed or opened anew meanwhile: then it is stopped.
fn takes(camera: Camera, stream: &JsValue, opened: u32) -> bool {
    let taken = camera.held.try_update_value(|held| {
        let mine = held.opened == opened;
        if mine {
            held.stream.clone_from(stream);
        }
        mine
    });
    if taken != Some(true) {
        stop(stream);
        return false;
    }
    let muted = camera.muted.get_untracked();
    for track in tracks(stream, "audio") {
        set(&track, "enabled", !muted);
    }
    // What ends by itself (a call comes, a cable is pulled) is opened anew, or it is said.
    let all = tracks(stream, "video").into_iter().chain(tracks(stream, "audio"));
    let watches = all.map(|track| {
        Listens::to(&track, "ended", move |_| {
            Timeout::new(0, move || anew(camera)).forget();
        })
    });
    let watches: Vec<Listens> = watches.collect();
    camera.held.try_update_value(|held| held.watches = watches);
    camera.shows();
    true
}

fn is_dead(stream: &JsValue) -> bool {
    let pictures = tracks(stream, "video");
    let ended = |track: &JsValue| text(track, "readyState") == "ended";
    pictures.is_empty() || pictures.iter().chain(&tracks(stream, "audio")).any(ended)
}

/// What was open has ended by itself: opened again, and what is sent begins again with it.
fn anew(camera: Camera) {
    if !is_dead(&stream(camera)) {
        return;
    }
    let Some(opened) = camera.held.try_update_value(|held| {
        held.opened += 1;
        held.opened
    }) else {
        return;
    };
    leptos::task::spawn_local(async move {
        let asks = object([("video", wishes(camera.front.get_untracked())), ("audio", sound_wishes())]);
        match wait(&media(), "getUserMedia", &[asks]).await {
            Ok(stream) => {
                // He may have paused meanwhile, or begun to practise.
                if takes(camera, &stream, opened)
                    && let Some(Some(target)) = camera.held.try_with_value(|held| held.target.clone())
                {
                    begin(camera, target, AGAIN * 2);
                }
            }
            Err(error) => {
                if camera.held.try_with_value(|held| held.opened == opened) == Some(true) {
                    close(camera);
                    camera.fails(why(&error));
                }
            }
        }
    });
}

/// Opens the camera and shows what it sees.
pub(super) fn open(camera: Camera) {
    if media().is_undefined() {
        let secure = get(&window(), "isSecureContext").is_truthy();
        camera.fails(if secure { Fault::Inside } else { Fault::Insecure });
        return;
    }
    if shut_out() {
        if first_time() {
            call(&get(&window(), "location"), "reload", &[]);
        } else {
            camera.fails(Fault::Denied);
        }
        return;
    }
    camera.step.set(Step::Asking);
    let front = camera.front.get_untracked();
    let Some(opened) = camera.held.try_update_value(|held| {
        held.opened += 1;
        held.opened
    }) else {
        return;
    };
    leptos::task::spawn_local(async move {
        let asks = object([("video", wishes(front)), ("audio", sound_wishes())]);
        match wait(&media(), "getUserMedia", &[asks]).await {
            Ok(stream) => {
                if takes(camera, &stream, opened) {
                    camera.step.try_set(Step::Ready);
                }
            }
            Err(error) => camera.fails(why(&error)),
        }
    });
}

/// What the camera sees, for whoever shows it.
pub(super) fn stream(camera: Camera) -> JsValue {
    camera.held.try_with_value(|held| held.stream.clone()).unwrap_or_default()
}

/// The other camera. What is sent goes on with it.
pub(super) fn flip(camera: Camera) {
    // A track that is being joined would be left behind.
    if camera.turning.get_untracked() || !matches!(camera.step.get_untracked(), Step::Ready | Step::On) {
        return;
    }
    let front = !camera.front.get_untracked();
    let before = stream(camera);
    let Some(opened) = camera.held.try_update_value(|held| {
        held.opened += 1;
        held.watches.clear();
        held.opened
    }) else {
        return;
    };
    camera.turning.set(true);
    // Many phones open one camera at a time.
    for track in tracks(&before, "video") {
        call(&track, "stop", &[]);
    }
    leptos::task::spawn_local(async move {
        let turned = turn(&before, front).await;
        camera.turning.try_set(false);
        let (both, front) = match turned {
            Ok(turned) => turned,
            Err(fault) => {
                if camera.held.try_with_value(|held| held.opened == opened) == Some(true) {
                    close(camera);
                    camera.fails(fault);
                }
                return;
            }
        };
        if !takes(camera, &both, opened) {
            return;
        }
        camera.front.try_set(front);
        let senders = camera.held.try_with_value(|held| call(&held.link.as_ref()?.object, "getSenders", &[]));
        for sender in senders.flatten().map(|all| Array::from(&all).to_vec()).unwrap_or_default() {
            if text(&get(&sender, "track"), "kind") == "video"
                && let Some(track) = tracks(&both, "video").first()
            {
                let _ = wait(&sender, "replaceTrack", std::slice::from_ref(track)).await;
            }
        }
    });
}

/// A stream with the pictures of the other camera and the sound of before; the same camera again when there is no other.
async fn turn(before: &JsValue, front: bool) -> Result<(JsValue, bool), Fault> {
    let mut fault = Fault::Failed;
    // A phone may take a moment to let go of the one that was.
    for (front, after) in [(front, 0), (front, 400), (!front, 400)] {
        sleep(Duration::from_millis(after)).await;
        match wait(&media(), "getUserMedia", &[object([("video", wishes(front))])]).await {
            Ok(other) => {
                let all: Array = tracks(&other, "video").into_iter().chain(tracks(before, "audio")).collect();
                return make("MediaStream", &[all.into()]).map(|both| (both, front)).ok_or(Fault::Failed);
            }
            Err(error) => fault = why(&error),
        }
    }
    Err(fault)
}

/// Without sound, or with it again.
pub(super) fn mute(camera: Camera, muted: bool) {
    for track in tracks(&stream(camera), "audio") {
        set(&track, "enabled", !muted);
    }
}

/// Ends what is sent, and closes the camera.
pub(super) fn close(camera: Camera) {
    let held = camera.held.try_update_value(|held| {
        let (turn, opened) = (held.turn + 1, held.opened + 1);
        std::mem::replace(held, Held { turn, opened, ..Held::default() })
    });
    if let Some(held) = held {
        stop(&held.stream);
        call(&held.awake, "release", &[]);
        // This may run inside of one of them.
        let listens = (held.listens, held.watches);
        Timeout::new(0, move || drop(listens)).forget();
    }
    // What is off already changes nothing: a page that is drawn anew may still hold what looked at it.
    if camera.step.try_get_untracked().is_some_and(|step| step != Step::Off) {
        camera.step.set(Step::Off);
    }
}

/// Ends what is sent; the camera stays open.
pub(super) fn pause(camera: Camera) {
    let held = camera.held.try_update_value(|held| {
        held.turn += 1;
        held.target = None;
        call(&std::mem::take(&mut held.awake), "release", &[]);
        (held.link.take(), std::mem::take(&mut held.listens))
    });
    Timeout::new(0, move || drop(held)).forget();
    camera.step.try_set(Step::Ready);
}

/// Whether something is being sent, or is to be.
fn sends(camera: Camera) -> bool {
    camera.held.try_with_value(|held| held.target.is_some()) == Some(true)
}

/// The screen stays on, where the browser can; asked for again whenever the page comes back.
fn stay_awake(camera: Camera, turn: u32) {
    leptos::task::spawn_local(async move {
        let lock = get(&get(&window(), "navigator"), "wakeLock");
        if let Ok(awake) = wait(&lock, "request", &["screen".into()]).await {
            let late = camera.held.try_update_value(|held| {
                let late = held.target.is_none() || held.turn < turn;
                if !late {
                    held.awake = awake.clone();
                }
                late
            });
            if late != Some(false) {
                call(&awake, "release", &[]);
            }
        }
    });
}

/// Begins to send. `leave`: what is asked of whoever is about to leave the page meanwhile.
pub(super) fn go(camera: Camera, target: Target, leave: &'static str) {
    camera.practice.set(target.practice);
    let leaves = Listens::to(&window(), "beforeunload", move |event| {
        if sends(camera) {
            call(&event, "preventDefault", &[]);
            // Older browsers ask only then.
            set(&event, "returnValue", "leave");
        }
    });
    // A way out that loads nothing is asked of before anything else takes the tap.
    let goes = Listens::to(&document(), "click", move |event| {
        let link = call(&get(&event, "target"), "closest", &["a[href]".into()]).filter(|a| !a.is_null());
        let Some(link) = link.filter(|_| sends(camera)) else { return };
        // Another tab, something that is kept, a place on this page, and what asks by itself when it loads.
        let apart = ["ctrlKey", "metaKey", "shiftKey"].iter().any(|key| get(&event, key).is_truthy());
        let page = |of: &JsValue| (text(of, "pathname"), text(of, "search"), text(of, "host"));
        let stays = apart
            || text(&link, "target") == "_blank"
            || text(&link, "rel").contains("external")
            || call(&link, "hasAttribute", &["download".into()]).is_some_and(|has| has.is_truthy())
            || page(&link) == page(&get(&window(), "location"));
        if !stays && !call(&window(), "confirm", &[leave.into()]).is_none_or(|leaves| leaves.is_truthy()) {
            call(&event, "preventDefault", &[]);
            call(&event, "stopPropagation", &[]);
        }
    });
    let target = Rc::new(target);
    let turn = camera.held.try_update_value(|held| {
        held.target = Some(target.clone());
        held.through = false;
        held.turn
    });
    let Some(turn) = turn else { return };
    let back = Listens::to(&document(), "visibilitychange", move |_| {
        if get(&document(), "hidden").is_truthy() {
            return;
        }
        stay_awake(camera, turn);
        // A call may have taken the microphone.
        camera.held.try_with_value(|held| {
            for object in held.link.iter().flat_map(|link| &link.closes) {
                call(object, "resume", &[]);
            }
        });
        anew(camera);
    });
    camera.held.try_update_value(|held| held.listens = vec![leaves, goes, back]);
    stay_awake(camera, turn);
    begin(camera, target, AGAIN);
}

/// Where it is sent to.
pub(super) struct Target {
    pub room: String,
    pub key: String,
    pub whip: bool,
    pub practice: bool,
}

impl Target {
    fn at(&self, what: &str) -> String {
        format!("/{what}/{}{}", self.room, if self.practice { "?practice=true" } else { "" })
    }
}

/// Something was begun before this, or nobody is here any more.
fn is_late(camera: Camera, turn: u32) -> bool {
    camera.held.try_with_value(|held| held.turn != turn).unwrap_or(true)
}

fn begin(camera: Camera, target: Rc<Target>, wait: u32) {
    let turn = camera.held.try_update_value(|held| {
        held.turn += 1;
        held.link = None;
        held.turn
    });
    let Some(turn) = turn else { return };
    let step = if wait == AGAIN { Step::Joining } else { Step::Again };
    camera.step.try_set(step);
    leptos::task::spawn_local(async move {
        let mut found = Err(None);
        let through = camera.held.try_with_value(|held| held.through).unwrap_or_default();
        if target.whip && known("RTCPeerConnection") {
            found = over_webrtc(camera, &target, turn).await.map(|link| (link, Way::WebRtc));
        }
        if matches!(found, Err(None)) && !is_late(camera, turn) {
            found = over_socket(camera, &target, turn).await.map(|link| (link, Way::Socket));
        }
        // What has got through once does so again: the line is bad, and not the browser.
        if through && matches!(found, Err(Some(Fault::Old | Fault::Full))) {
            found = Err(None);
        }
        if is_late(camera, turn) {
            return;
        }
        match found {
            Ok((link, way)) => {
                camera.held.try_update_value(|held| {
                    held.link = Some(link);
                    held.through = true;
                });
                camera.way.try_set(way);
                camera.step.try_set(Step::On);
            }
            // Nothing that another try would change.
            Err(Some(fault)) => {
                pause(camera);
                camera.fails(fault);
            }
            Err(None) => lost(camera, target, turn, wait),
        }
    });
}

/// What was sent is cut: begun again in a moment. Told twice of one beginning, it is once.
fn lost(camera: Camera, target: Rc<Target>, turn: u32, wait: u32) {
    let first = camera.held.try_update_value(|held| held.lost.replace(turn) != Some(turn));
    if first != Some(true) || is_late(camera, turn) {
        return;
    }
    camera.step.try_set(Step::Again);
    let ends = camera.held.try_update_value(|held| held.link.as_mut().and_then(|link| link.ends.take())).flatten();
    again(camera, target, turn, (wait, ends));
}

/// Begins again after a while, unless somebody else sends now: two would throw each other out for ever.
fn again(camera: Camera, target: Rc<Target>, turn: u32, (wait, ends): (u32, Option<(String, String)>)) {
    leptos::task::spawn_local(async move {
        let replaced = match &ends {
            Some((at, key)) => over(at, key).await,
            None => Some(false),
        };
        if replaced == Some(true) && !is_late(camera, turn) {
            pause(camera);
            camera.fails(Fault::Key);
            return;
        }
        sleep(Duration::from_millis(wait.into())).await;
        if is_late(camera, turn) {
            return;
        }
        let next = (wait * 2).min(AT_MOST);
        if replaced.is_none() {
            // There is no line at all.
            again(camera, target, turn, (next, ends));
        } else {
            begin(camera, target, next);
        }
    });
}

/// A refusal that stays one, by its code.
fn refusal(body: &str) -> Option<Fault> {
    match serde_json::from_str::<domain::Problem>(body).ok()?.code.as_str() {
        "stream_key" => Some(Fault::Key),
        "live_full" => Some(Fault::Full),
        _ => None,
    }
}

/// How H.264 is preferred: none when this browser does not send it.
fn pictures_of_ours() -> Option<JsValue> {
    let can = call(&get(&window(), "RTCRtpSender"), "getCapabilities", &["video".into()])?;
    let ours = |codec: &JsValue| text(codec, "mimeType").eq_ignore_ascii_case("video/h264");
    let found: Array = Array::from(&get(&can, "codecs")).iter().filter(ours).collect();
    (found.length() > 0).then(|| found.into())
}

/// # Errors
/// A fault that stays; none where another way may get through.
async fn over_webrtc(camera: Camera, target: &Rc<Target>, turn: u32) -> Result<Link, Option<Fault>> {
    let codecs = pictures_of_ours().ok_or(None)?;
    let connection = make("RTCPeerConnection", &[]).ok_or(None)?;
    let mut link = Link::of(connection.clone());
    let stream = stream(camera);
    let of = Array::of1(&stream);
    for track in tracks(&stream, "video").into_iter().chain(tracks(&stream, "audio")) {
        let video = text(&track, "kind") == "video";
        let encoding = object([("maxBitrate", if video { BITS } else { SOUND_BITS }.into())]);
        let how = object([
            ("direction", "sendonly".into()),
            ("streams", of.clone().into()),
            ("sendEncodings", Array::of1(&encoding).into()),
        ]);
        let way = call(&connection, "addTransceiver", &[track, how]).ok_or(None)?;
        if video {
            call(&way, "setCodecPreferences", std::slice::from_ref(&codecs));
        }
    }
    let offer = wait(&connection, "createOffer", &[]).await.map_err(|_| None)?;
    wait(&connection, "setLocalDescription", std::slice::from_ref(&offer)).await.map_err(|_| None)?;
    let answer = gloo_net::http::Request::post(&target.at("whip"))
        .header("authorization", &format!("Bearer {}", target.key))
        .header("content-type", "application/sdp")
        .body(text(&offer, "sdp"))
        .map_err(|_| None)?
        .send()
        .await
        .map_err(|_| None)?;
    if answer.status() != 201 {
        return Err(refusal(&answer.text().await.unwrap_or_default()));
    }
    link.ends = answer.headers().get("location").map(|at| (at, target.key.clone()));
    let sdp = answer.text().await.map_err(|_| None)?;
    let sdp = object([("type", "answer".into()), ("sdp", sdp.into())]);
    wait(&connection, "setRemoteDescription", &[sdp]).await.map_err(|_| None)?;
    for _ in 0..TRIES {
        match text(&connection, "connectionState").as_str() {
            "connected" => {
                let (of, target) = (connection.clone(), target.clone());
                let changes = heard(move |_| {
                    let cut = |of: &JsValue| text(of, "connectionState") != "connected";
                    let (of, target) = (of.clone(), target.clone());
                    if text(&of, "connectionState") == "failed" {
                        lost(camera, target, turn, AGAIN);
                    } else if cut(&of) {
                        camera.step.try_set(Step::Again);
                        Timeout::new(CUT, move || {
                            if cut(&of) {
                                lost(camera, target, turn, AGAIN);
                            }
                        })
                        .forget();
                    } else if !is_late(camera, turn) {
                        camera.step.try_set(Step::On);
                    }
                });
                set(&connection, "onconnectionstatechange", changes.as_ref().clone());
                link.kept.push(changes);
                return Ok(link);
            }
            "failed" | "closed" => break,
            _ => sleep(STEP).await,
        }
        if is_late(camera, turn) {
            break;
        }
    }
    Err(None)
}

/// A message: its kind, a stamp in us, and what is encoded.
fn message(kind: u8, chunk: &JsValue, shift: f64) -> Option<JsValue> {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "us of a page")]
    let at = (number(chunk, "timestamp") + shift) as i64;
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes of a picture"
    )]
    let long = number(chunk, "byteLength") as u32;
    let all = Uint8Array::new_with_length(long + 9);
    let mut head = [kind; 9];
    let (_, stamp) = head.split_at_mut(1);
    stamp.copy_from_slice(&at.to_le_bytes());
    all.subarray(0, 9).copy_from(&head);
    call(chunk, "copyTo", &[all.subarray(9, long + 9).into()])?;
    Some(all.into())
}

/// How pictures or sound are described, behind its kind.
fn description(kind: u8, of: &JsValue) -> Option<JsValue> {
    let said = get(of, "description");
    if said.is_undefined() {
        return None;
    }
    let said = if get(&said, "buffer").is_undefined() {
        Uint8Array::new(&said)
    } else {
        let (at, long) = (get(&said, "byteOffset"), get(&said, "byteLength"));
        let class: js_sys::Function = get(&window(), "Uint8Array").dyn_into().ok()?;
        Reflect::construct(&class, &Array::of3(&get(&said, "buffer"), &at, &long)).ok()?.unchecked_into()
    };
    let all = Uint8Array::new_with_length(said.length() + 1);
    all.subarray(0, 1).copy_from(&[kind]);
    all.set(&said, 1);
    Some(all.into())
}

/// An encoder that takes `config`, and calls `out` with a chunk and what is said of it.
fn encoder(
    class: &str,
    config: &JsValue,
    mut out: impl FnMut(JsValue, JsValue) + 'static,
    fails: impl Fn() + Clone + 'static,
    kept: &mut Vec<Heard>,
) -> Option<JsValue> {
    // The browser gives two arguments; ours take one: the second is asked of a function that binds both.
    let both = Closure::<dyn FnMut(JsValue, JsValue)>::new(move |chunk, said| out(chunk, said));
    // What has failed encodes no more.
    let fails = heard(move |_| {
        Timeout::new(0, fails.clone()).forget();
    });
    let how = object([("output", both.into_js_value()), ("error", fails.as_ref().clone())]);
    kept.push(fails);
    let made = make(class, &[how])?;
    call(&made, "configure", std::slice::from_ref(config))?;
    Some(made)
}

async fn can(class: &str, config: &JsValue) -> bool {
    let class = get(&window(), class);
    let said = wait(&class, "isConfigSupported", std::slice::from_ref(config)).await;
    said.is_ok_and(|said| get(&said, "supported").is_truthy())
}

/// Size of pictures, even, as the camera gives them now.
fn size(video: &JsValue) -> (f64, f64) {
    let even = |n: f64| (n / 2.0).floor() * 2.0;
    (even(number(video, "videoWidth")), even(number(video, "videoHeight")))
}

fn picture_config((width, height): (f64, f64)) -> JsValue {
    // Level 3.1 up to 1280 by 720, 4.0 above.
    let codec = if width * height > 1280.0 * 720.0 { "avc1.42E028" } else { "avc1.42E01F" };
    object([
        ("codec", codec.into()),
        ("width", width.into()),
        ("height", height.into()),
        ("bitrate", BITS.into()),
        ("framerate", 30.into()),
        ("latencyMode", "realtime".into()),
        ("avc", object([("format", "avc".into())])),
    ])
}

fn sound_config(codec: &str) -> JsValue {
    object([
        ("codec", codec.into()),
        ("sampleRate", SOUND_RATE.into()),
        ("numberOfChannels", 1.into()),
        ("bitrate", SOUND_BITS.into()),
    ])
}

/// # Errors
/// A fault that stays; none where it may get through later.
async fn over_socket(camera: Camera, target: &Rc<Target>, turn: u32) -> Result<Link, Option<Fault>> {
    if !known("VideoEncoder") || !known("AudioEncoder") {
        return Err(Some(Fault::Old));
    }
    let video = capture(camera);
    let mut now = size(&video);
    for _ in 0..TRIES {
        if now.0 > 0.0 {
            break;
        }
        sleep(STEP).await;
        now = size(&video);
    }
    if now.0 == 0.0 {
        return Err(None);
    }
    if !can("VideoEncoder", &picture_config(now)).await {
        return Err(Some(Fault::Old));
    }
    let aac = can("AudioEncoder", &sound_config("mp4a.40.2")).await;
    let sound = sound_config(if aac { "mp4a.40.2" } else { "opus" });

    let socket = joined(camera, target, turn).await?;
    let mut link = Link::of(socket.clone());
    let closed = {
        let target = target.clone();
        heard(move |event| {
            let code = number(&event, "code");
            if is_late(camera, turn) {
            } else if code == NO_KEY || code == REFUSED {
                pause(camera);
                camera.fails(if code == NO_KEY { Fault::Key } else { Fault::Refused });
            } else {
                lost(camera, target.clone(), turn, AGAIN);
            }
        })
    };
    set(&socket, "onclose", closed.as_ref().clone());
    link.kept.push(closed);

    let sends = {
        let socket = socket.clone();
        move |message: Option<JsValue>| {
            if let Some(message) = message {
                call(&socket, "send", &[message]);
            }
        }
    };
    // Sound says of itself how it is made before pictures begin.
    let heard_any = Rc::new(Cell::new(false));
    let out = {
        let (sends, heard_any) = (sends.clone(), heard_any.clone());
        move |chunk: JsValue, said: JsValue| {
            let config = get(&said, "decoderConfig");
            if aac {
                sends(description(2, &config));
            } else if !heard_any.get() {
                sends(Some(Uint8Array::from(&[3_u8, 1][..]).into()));
            }
            heard_any.set(true);
            sends(message(6, &chunk, 0.0));
        }
    };
    let cut = {
        let target = target.clone();
        move || lost(camera, target.clone(), turn, AGAIN)
    };
    let ears = encoder("AudioEncoder", &sound, out, cut.clone(), &mut link.kept).ok_or(None)?;
    link.closes.push(ears.clone());
    // Where sound cannot be taken, pictures go on without.
    let silent = listen(camera, ears, &mut link).is_none();

    let out = {
        let sends = sends.clone();
        move |chunk: JsValue, said: JsValue| {
            sends(description(1, &get(&said, "decoderConfig")));
            sends(message(if text(&chunk, "type") == "key" { 4 } else { 5 }, &chunk, 0.0));
        }
    };
    let eyes = encoder("VideoEncoder", &picture_config(now), out, cut.clone(), &mut link.kept).ok_or(None)?;
    link.closes.push(eyes.clone());
    let (begun, mut keyed) = (at(), f64::MIN);
    let mut stuck = None;
    let mut of = stream(camera);
    link._ticks = Some(Interval::new(EVERY, move || {
        let at = at();
        // The other camera was taken.
        let other = stream(camera);
        if other != of {
            of = other;
            set(&video, "srcObject", of.clone());
            call(&video, "play", &[]);
        }
        if number(&socket, "bufferedAmount") < WAITING {
            stuck = None;
        } else if at - *stuck.get_or_insert(at) > STUCK {
            let cut = cut.clone();
            Timeout::new(0, cut).forget();
            return;
        }
        let waits = !silent && !heard_any.get() && at - begun < SOUND;
        let size = size(&video);
        if waits || size.0 < 2.0 || number(&eyes, "encodeQueueSize") > QUEUE || stuck.is_some() {
            return;
        }
        let stamp = object([("timestamp", (at * 1_000.0).into())]);
        let Some(frame) = make("VideoFrame", &[video.clone(), stamp]) else { return };
        if size != now {
            now = size;
            keyed = f64::MIN;
            call(&eyes, "configure", &[picture_config(size)]);
        }
        let key = at - keyed >= KEYS;
        if key {
            keyed = at;
        }
        call(&eyes, "encode", &[frame.clone(), object([("keyFrame", key.into())])]);
        call(&frame, "close", &[]);
    }));
    Ok(link)
}

/// ms since the page was opened.
fn at() -> f64 {
    call(&get(&window(), "performance"), "now", &[]).and_then(|now| now.as_f64()).unwrap_or_default()
}

/// What the camera sees, played where pictures are taken from.
fn capture(camera: Camera) -> JsValue {
    let Ok(video) = document().create_element("video") else { return JsValue::UNDEFINED };
    let video: JsValue = video.into();
    set(&video, "muted", true);
    set(&video, "playsInline", true);
    set(&video, "srcObject", stream(camera));
    call(&video, "play", &[]);
    video
}

/// A socket that is open.
async fn joined(camera: Camera, target: &Rc<Target>, turn: u32) -> Result<JsValue, Option<Fault>> {
    const OPEN: f64 = 1.0;
    let location = get(&window(), "location");
    let (secure, host) = (text(&location, "protocol") == "https:", text(&location, "host"));
    let url = format!("{}://{host}{}", if secure { "wss" } else { "ws" }, target.at("send"));
    // The key beside the name of what is spoken: an address would be written down.
    let asks = Array::of2(&"tuanju".into(), &target.key.as_str().into());
    let socket = make("WebSocket", &[url.into(), asks.into()]).ok_or(None)?;
    // A refusal is said as soon as it is open.
    let code = Rc::new(Cell::new(0.0));
    let said = code.clone();
    let closed = heard(move |event| said.set(number(&event, "code")));
    set(&socket, "onclose", closed.as_ref().clone());
    let mut open = 0;
    for _ in 0..TRIES {
        let state = number(&socket, "readyState");
        // It has been open for a moment, and nothing was said.
        if state == OPEN {
            open += 1;
        }
        if open > 3 {
            return Ok(socket);
        }
        if state > OPEN || is_late(camera, turn) {
            break;
        }
        sleep(STEP).await;
    }
    for _ in 0..3 {
        if code.get() > 0.0 {
            break;
        }
        sleep(STEP).await;
    }
    set(&socket, "onclose", JsValue::NULL);
    call(&socket, "close", &[]);
    let said = code.get();
    Err(if said == NO_KEY {
        Some(Fault::Key)
    } else if said == REFUSED {
        Some(Fault::Refused)
    } else {
        None
    })
}

/// Gives what the microphone hears to an encoder.
fn listen(camera: Camera, ears: JsValue, link: &mut Link) -> Option<()> {
    let stream = stream(camera);
    if tracks(&stream, "audio").is_empty() {
        return None;
    }
    let class = if known("AudioContext") { "AudioContext" } else { "webkitAudioContext" };
    let context = make(class, &[object([("sampleRate", SOUND_RATE.into())])])?;
    link.closes.push(context.clone());
    call(&context, "resume", &[]);
    let source = call(&context, "createMediaStreamSource", &[stream])?;
    // Deprecated, and everywhere; its follower needs a script of its own beside the page.
    let tap = call(&context, "createScriptProcessor", &[BLOCK.into(), 1.into(), 1.into()])?;
    let mut next: Option<f64> = None;
    let takes = heard(move |event| {
        let Some(samples) = call(&get(&event, "inputBuffer"), "getChannelData", &[0.into()]) else { return };
        let long = f64::from(BLOCK) * 1_000_000.0 / f64::from(SOUND_RATE);
        let now = at() * 1_000.0 - long;
        // Counted, as long as the count is right: the page is called when it has time.
        let stamp = next.filter(|next| (next - now).abs() < 200_000.0).unwrap_or(now);
        next = Some(stamp + long);
        let how = object([
            ("format", "f32-planar".into()),
            ("sampleRate", SOUND_RATE.into()),
            ("numberOfFrames", BLOCK.into()),
            ("numberOfChannels", 1.into()),
            ("timestamp", stamp.into()),
            ("data", samples),
        ]);
        if let Some(data) = make("AudioData", &[how]) {
            call(&ears, "encode", std::slice::from_ref(&data));
            call(&data, "close", &[]);
        }
    });
    set(&tap, "onaudioprocess", takes.as_ref().clone());
    link.tap = tap.clone();
    link.kept.push(takes);
    call(&source, "connect", std::slice::from_ref(&tap))?;
    // It is only called when it leads somewhere; it says nothing.
    call(&tap, "connect", &[get(&context, "destination")])?;
    Some(())
}
