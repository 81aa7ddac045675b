//! Sends what the camera sees: over WebRTC where it gets through, as frames over a WebSocket where it does not.

use super::{
    camera::{Camera, Fault, Step, Way},
    js::{call, get, known, make, number, object, set, text, wait},
};
use gloo_events::{EventListener, EventListenerOptions};
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

/// What is held as long as the camera is on.
#[derive(Default)]
pub(super) struct Held {
    stream: JsValue,
    link: Option<Link>,
    /// Grows with everything that is begun: what was begun before does nothing any more.
    turn: u32,
    awake: JsValue,
    listens: Vec<EventListener>,
}

/// How it is sent.
struct Link {
    /// `RTCPeerConnection` or `WebSocket`.
    object: JsValue,
    /// Where a session over WebRTC is ended.
    ends: Option<(String, String)>,
    /// What else must be closed.
    closes: Vec<JsValue>,
    _ticks: Option<Interval>,
    kept: Vec<Heard>,
}

impl Drop for Link {
    fn drop(&mut self) {
        for name in ["onconnectionstatechange", "onclose", "onopen"] {
            set(&self.object, name, JsValue::NULL);
        }
        for object in self.closes.iter().chain([&self.object]) {
            call(object, "close", &[]);
        }
        if let Some((at, key)) = self.ends.take() {
            leptos::task::spawn_local(async move {
                let ask = gloo_net::http::Request::delete(&at).header("authorization", &format!("Bearer {key}"));
                let _ = ask.send().await;
            });
        }
        // What calls may run inside of one of these now.
        let kept = std::mem::take(&mut self.kept);
        Timeout::new(0, move || drop(kept)).forget();
    }
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

/// The page may have been opened as another one, which must not use the camera: then this one is loaded anew.
fn shut_out() -> bool {
    let policy = get(&document(), "featurePolicy");
    call(&policy, "allowsFeature", &["camera".into()]).is_some_and(|may| may == JsValue::FALSE)
}

/// Opens the camera and shows what it sees.
pub(super) fn open(camera: Camera) {
    if media().is_undefined() {
        camera.fails(Fault::Insecure);
        return;
    }
    if shut_out() {
        let _ = window().location().reload();
        return;
    }
    camera.step.set(Step::Asking);
    let front = camera.front.get_untracked();
    leptos::task::spawn_local(async move {
        let asks = object([("video", wishes(front)), ("audio", sound_wishes())]);
        match wait(&media(), "getUserMedia", &[asks]).await {
            Ok(stream) => {
                // Gone meanwhile: the camera does not stay on.
                if camera.held.try_update_value(|held| held.stream = stream.clone()).is_none() {
                    stop(&stream);
                    return;
                }
                camera.shows();
                camera.step.set(Step::Ready);
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
    let front = !camera.front.get_untracked();
    let before = stream(camera);
    // Many phones open one camera at a time.
    for track in tracks(&before, "video") {
        call(&track, "stop", &[]);
    }
    leptos::task::spawn_local(async move {
        let ask = |front| object([("video", wishes(front))]);
        let (other, front) = match wait(&media(), "getUserMedia", &[ask(front)]).await {
            Ok(stream) => (stream, front),
            // There is no other: the one that was is opened again.
            Err(_) => match wait(&media(), "getUserMedia", &[ask(!front)]).await {
                Ok(stream) => (stream, !front),
                Err(error) => {
                    close(camera);
                    camera.fails(why(&error));
                    return;
                }
            },
        };
        let pictures = tracks(&other, "video");
        let all: Array = pictures.iter().cloned().chain(tracks(&before, "audio")).collect();
        let Some(both) = make("MediaStream", &[all.into()]) else { return };
        let sender = camera.held.try_update_value(|held| {
            held.stream = both;
            held.link.as_ref().map(|link| call(&link.object, "getSenders", &[]))
        });
        if sender.is_none() {
            stop(&other);
            return;
        }
        if let Some(Some(Some(senders))) = sender {
            for sender in Array::from(&senders) {
                if text(&get(&sender, "track"), "kind") == "video"
                    && let Some(track) = pictures.first()
                {
                    let _ = wait(&sender, "replaceTrack", &[track.clone()]).await;
                }
            }
        }
        camera.front.set(front);
        camera.shows();
    });
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
        held.turn += 1;
        let turn = held.turn;
        std::mem::replace(held, Held { turn, ..Held::default() })
    });
    if let Some(held) = held {
        stop(&held.stream);
        call(&held.awake, "release", &[]);
    }
    camera.step.try_set(Step::Off);
}

/// Ends what is sent; the camera stays open.
pub(super) fn pause(camera: Camera) {
    let link = camera.held.try_update_value(|held| {
        held.turn += 1;
        held.listens.clear();
        call(&held.awake, "release", &[]);
        held.link.take()
    });
    drop(link);
    camera.step.try_set(Step::Ready);
}

/// Begins to send.
pub(super) fn go(camera: Camera, room: String, key: String, whip: bool, practice: bool) {
    camera.practice.set(practice);
    let leaves = EventListener::new_with_options(
        &window(),
        "beforeunload",
        EventListenerOptions::enable_prevent_default(),
        |event| event.prevent_default(),
    );
    camera.held.try_update_value(|held| held.listens = vec![leaves]);
    leptos::task::spawn_local(async move {
        // The screen stays on, where the browser can.
        let lock = get(&get(&window(), "navigator"), "wakeLock");
        if let Ok(awake) = wait(&lock, "request", &["screen".into()]).await {
            camera.held.try_update_value(|held| held.awake = awake);
        }
    });
    begin(camera, Rc::new(Target { room, key, whip, practice }), AGAIN);
}

/// Where it is sent to.
struct Target {
    room: String,
    key: String,
    whip: bool,
    practice: bool,
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
        if target.whip && known("RTCPeerConnection") {
            found = over_webrtc(camera, &target, turn).await.map(|link| (link, Way::WebRtc));
        }
        if matches!(found, Err(None)) && !is_late(camera, turn) {
            found = over_socket(camera, &target, turn).await.map(|link| (link, Way::Socket));
        }
        if is_late(camera, turn) {
            return;
        }
        match found {
            Ok((link, way)) => {
                camera.held.try_update_value(|held| held.link = Some(link));
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

/// What was sent is cut: begun again in a moment.
fn lost(camera: Camera, target: Rc<Target>, turn: u32, wait: u32) {
    if is_late(camera, turn) {
        return;
    }
    camera.step.try_set(Step::Again);
    Timeout::new(wait, move || {
        if !is_late(camera, turn) {
            begin(camera, target, (wait * 2).min(AT_MOST));
        }
    })
    .forget();
}

/// A refusal that stays one.
fn refusal(status: u16) -> Option<Fault> {
    match status {
        401 => Some(Fault::Key),
        503 => Some(Fault::Full),
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
    let mut link = Link { object: connection.clone(), ends: None, closes: Vec::new(), _ticks: None, kept: Vec::new() };
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
        return Err(refusal(answer.status()));
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
    let said = if said.is_instance_of::<js_sys::ArrayBuffer>() {
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
    kept: &mut Vec<Heard>,
) -> Option<JsValue> {
    // The browser gives two arguments; ours take one: the second is asked of a function that binds both.
    let both = Closure::<dyn FnMut(JsValue, JsValue)>::new(move |chunk, said| out(chunk, said));
    let fails = heard(|_| ());
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
    let video = capture(camera).await;
    let mut now = size(&video);
    if !can("VideoEncoder", &picture_config(now)).await {
        return Err(Some(Fault::Old));
    }
    let aac = can("AudioEncoder", &sound_config("mp4a.40.2")).await;
    let sound = sound_config(if aac { "mp4a.40.2" } else { "opus" });

    let socket = joined(camera, target, turn).await?;
    let mut link = Link { object: socket.clone(), ends: None, closes: Vec::new(), _ticks: None, kept: Vec::new() };
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
    let ears = encoder("AudioEncoder", &sound, out, &mut link.kept).ok_or(None)?;
    link.closes.push(ears.clone());
    listen(camera, ears, &mut link).ok_or(None)?;

    let out = {
        let sends = sends.clone();
        move |chunk: JsValue, said: JsValue| {
            sends(description(1, &get(&said, "decoderConfig")));
            sends(message(if text(&chunk, "type") == "key" { 4 } else { 5 }, &chunk, 0.0));
        }
    };
    let eyes = encoder("VideoEncoder", &picture_config(now), out, &mut link.kept).ok_or(None)?;
    link.closes.push(eyes.clone());
    let (begun, mut keyed) = (at(), f64::MIN);
    let silent = tracks(&stream(camera), "audio").is_empty();
    let mut of = stream(camera);
    link._ticks = Some(Interval::new(EVERY, move || {
        let at = at();
        // The other camera was taken.
        let other = stream(camera);
        if !js_sys::Object::is(&other, &of) {
            of = other;
            set(&video, "srcObject", of.clone());
            call(&video, "play", &[]);
        }
        let waits = !silent && !heard_any.get() && at - begun < SOUND;
        let size = size(&video);
        if waits
            || size.0 < 2.0
            || number(&eyes, "encodeQueueSize") > QUEUE
            || number(&socket, "bufferedAmount") > WAITING
        {
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
async fn capture(camera: Camera) -> JsValue {
    let Ok(video) = document().create_element("video") else { return JsValue::UNDEFINED };
    let video: JsValue = video.into();
    set(&video, "muted", true);
    set(&video, "playsInline", true);
    set(&video, "srcObject", stream(camera));
    let _ = wait(&video, "play", &[]).await;
    video
}

/// A socket that has shown its key.
async fn joined(camera: Camera, target: &Rc<Target>, turn: u32) -> Result<JsValue, Option<Fault>> {
    const OPEN: f64 = 1.0;
    let location = window().location();
    let secure = location.protocol().is_ok_and(|p| p == "https:");
    let host = location.host().map_err(|_| None)?;
    let url = format!("{}://{host}{}", if secure { "wss" } else { "ws" }, target.at("send"));
    let socket = make("WebSocket", &[url.into()]).ok_or(None)?;
    for _ in 0..TRIES {
        let state = number(&socket, "readyState");
        if state == OPEN {
            call(&socket, "send", &[target.key.clone().into()]);
            return Ok(socket);
        }
        if state > OPEN || is_late(camera, turn) {
            break;
        }
        sleep(STEP).await;
    }
    call(&socket, "close", &[]);
    Err(None)
}

/// Gives what the microphone hears to an encoder.
fn listen(camera: Camera, ears: JsValue, link: &mut Link) -> Option<()> {
    let stream = stream(camera);
    if tracks(&stream, "audio").is_empty() {
        return Some(());
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
    link.kept.push(takes);
    call(&source, "connect", std::slice::from_ref(&tap))?;
    // It is only called when it leads somewhere; it says nothing.
    call(&tap, "connect", &[get(&context, "destination")])?;
    Some(())
}
