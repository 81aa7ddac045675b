//! A sender over WebRTC: what it offers, what it sends, and what everybody else sends to the same port.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use bytes::Bytes;
use live::{
    Event, Events, Frame, Guest, Hub, Opening, Places, flv,
    whip::{Declined, Ended, Whip},
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    media::{Direction, Frequency, MediaKind, MediaTime, Mid},
    net::{Protocol, Receive},
};
use tokio::net::UdpSocket;

static LOOP: &[u8] = include_bytes!("../../src/demo/loop.flv");
/// Sound of 20 ms: a packet that nobody decodes here.
const SOUND: [u8; 5] = [0xf8, 1, 2, 3, 4];

fn frames() -> Vec<Frame> {
    let mut rest = flv::after_header(Bytes::from_static(LOOP));
    let mut out = Vec::new();
    while let Some((kind, ms, body, next)) = flv::tag(&rest) {
        out.extend(flv::frame(kind, ms, &body));
        rest = next;
    }
    out
}

fn open() -> Opening {
    Opening { room: "ROOM".to_owned(), next: 0, init: 0, key: 1 }
}

fn guest() -> Guest {
    Places::default().come([127, 0, 0, 1].into()).unwrap()
}

async fn listen() -> (Whip, Hub, Events, SocketAddr) {
    let (hub, events) = Hub::new(|| 1_800_000_000_000);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    let whip = Whip::new(socket, at);
    tokio::spawn(whip.clone().serve());
    (whip, hub, events, at)
}

/// Whoever sends: as a browser does, without a word about where he is.
struct Sender {
    rtc: Rtc,
    socket: UdpSocket,
    video: Mid,
    audio: Option<Mid>,
    connected: bool,
    keys_asked: u32,
    /// Of so many packets one is lost; none when zero.
    loses: u32,
    sent: u32,
    /// What he is sent now is sent to another socket than at first.
    other: Option<UdpSocket>,
}

impl Sender {
    async fn offers(config: RtcConfig, sound: bool) -> (Self, String, SdpPendingOffer) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        let mut changes = rtc.sdp_api();
        let video = changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
        let audio = sound.then(|| changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None));
        let (offer, pending) = changes.apply().unwrap();
        let sender =
            Self { rtc, socket, video, audio, connected: false, keys_asked: 0, loses: 0, sent: 0, other: None };
        (sender, offer.to_sdp_string(), pending)
    }

    fn answered(&mut self, pending: SdpPendingOffer, sdp: &str) {
        self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(sdp).unwrap()).unwrap();
    }

    /// Sends and takes what is due until then.
    async fn run(&mut self, until: Instant) {
        let mut buffer = vec![0; 2048];
        loop {
            let wait = match self.rtc.poll_output().unwrap() {
                Output::Transmit(packet) => {
                    self.sent += 1;
                    if self.loses == 0 || !self.sent.is_multiple_of(self.loses) {
                        let socket = self.other.as_ref().unwrap_or(&self.socket);
                        socket.send_to(&packet.contents, packet.destination).await.unwrap();
                    }
                    continue;
                }
                Output::Event(event) => {
                    match event {
                        str0m::Event::Connected => self.connected = true,
                        str0m::Event::KeyframeRequest(_) => self.keys_asked += 1,
                        _ => {}
                    }
                    continue;
                }
                Output::Timeout(at) => at,
            };
            if Instant::now() >= until {
                return;
            }
            let socket = self.other.as_ref().unwrap_or(&self.socket);
            let taken = tokio::time::timeout_at(wait.min(until).into(), socket.recv_from(&mut buffer)).await;
            let now = Instant::now();
            let input = match &taken {
                Ok(Ok((n, from))) => Input::Receive(
                    now,
                    Receive {
                        proto: Protocol::Udp,
                        source: *from,
                        destination: self.socket.local_addr().unwrap(),
                        contents: buffer[..*n].try_into().unwrap(),
                    },
                ),
                _ => Input::Timeout(now),
            };
            self.rtc.handle_input(input).unwrap();
        }
    }

    async fn connects(&mut self) {
        let begun = Instant::now();
        while !self.connected {
            assert!(begun.elapsed() < Duration::from_secs(8), "nobody answers");
            self.run(Instant::now() + Duration::from_millis(20)).await;
        }
    }

    fn write(&mut self, mid: Mid, time: MediaTime, data: Vec<u8>) {
        let writer = self.rtc.writer(mid).unwrap();
        let pt = writer.payload_params().next().unwrap().pt();
        writer.write(pt, Instant::now(), time, data).unwrap();
    }

    /// Pictures of the loop with marks between their units, as WebRTC carries them, in their time; sound every 20 ms. What was sent of
    /// both.
    async fn sends(&mut self, seconds: i64) -> (usize, usize) {
        let (mut config, mut pictures, mut sounds) = (Vec::new(), 0, 0);
        let begun = Instant::now();
        for frame in frames() {
            match frame {
                Frame::VideoConfig(bytes) => {
                    let long = usize::from(u16::from_be_bytes([bytes[6], bytes[7]]));
                    let behind = 8 + long + 1;
                    let other = usize::from(u16::from_be_bytes([bytes[behind], bytes[behind + 1]]));
                    for unit in [&bytes[8..8 + long], &bytes[behind + 2..behind + 2 + other]] {
                        config.extend([0, 0, 0, 1]);
                        config.extend(unit);
                    }
                }
                Frame::Video { at, key, data, .. } if at < seconds * live::TICKS => {
                    let due = begun + Duration::from_millis((at * 1000 / live::TICKS) as u64);
                    while let Some(mid) = self.audio
                        && sounds as u128 * 20 <= (due - begun).as_millis()
                    {
                        self.write(mid, MediaTime::new(sounds as u64 * 960, Frequency::FORTY_EIGHT_KHZ), SOUND.into());
                        sounds += 1;
                        self.run(Instant::now()).await;
                    }
                    let mut stream = if key { config.clone() } else { Vec::new() };
                    let mut rest = &data[..];
                    while rest.len() > 4 {
                        let long = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
                        stream.extend([0, 0, 0, 1]);
                        stream.extend(&rest[4..4 + long]);
                        rest = &rest[4 + long..];
                    }
                    self.write(self.video, MediaTime::new(at as u64, Frequency::NINETY_KHZ), stream);
                    pictures += 1;
                    self.run(due).await;
                }
                _ => {}
            }
        }
        self.run(Instant::now() + Duration::from_millis(500)).await;
        (pictures, sounds)
    }
}

fn h264() -> RtcConfig {
    RtcConfig::new().clear_codecs().enable_h264(true).enable_opus(true, false)
}

/// How many samples of each track a segment has, by its `trun` boxes in their order: picture, then sound.
fn samples(segment: &[u8]) -> (usize, usize) {
    let mut found = [0, 0];
    let mut at = 0;
    while at + 8 <= segment.len() {
        let long = u32::from_be_bytes(segment[at..at + 4].try_into().unwrap()) as usize;
        if &segment[at + 4..at + 8] == b"moof" {
            let moof = &segment[at..at + long];
            let truns: Vec<usize> = moof.windows(4).enumerate().filter(|(_, w)| w == b"trun").map(|(i, _)| i).collect();
            for (track, i) in truns.into_iter().enumerate() {
                found[track] += u32::from_be_bytes(moof[i + 8..i + 12].try_into().unwrap()) as usize;
            }
        }
        at += long;
    }
    (found[0], found[1])
}

#[tokio::test]
async fn pictures_and_sound_over_webrtc_can_be_fetched_and_key_pictures_are_asked_for() {
    let (whip, hub, mut events, _) = listen().await;
    let (mut sender, offer, pending) = Sender::offers(h264(), true).await;
    let answer = whip.answer(&offer, (hub.clone(), open()), guest()).unwrap();
    assert!(answer.sdp.contains("a=ice-lite"), "we never send first");
    sender.answered(pending, &answer.sdp);
    sender.connects().await;
    let (pictures, sounds) = sender.sends(5).await;
    assert!(sender.keys_asked >= 2, "{}", sender.keys_asked);
    assert_eq!(whip.end("ROOM", &answer.id), Ended::Now, "what goes on can be ended");
    assert_eq!(whip.end("ROOM", "nobody"), Ended::Unknown);
    let (mut shown, mut codecs) = ((0, 0), String::new());
    loop {
        let (room, event) = tokio::time::timeout(Duration::from_secs(5), events.recv()).await.unwrap().unwrap();
        assert_eq!(room, "ROOM");
        match event {
            Event::Segment { bytes, .. } => {
                let (a, b) = samples(&bytes);
                shown = (shown.0 + a, shown.1 + b);
                codecs = hub.stream("ROOM").unwrap().main().unwrap();
            }
            Event::Stopped => break,
            _ => {}
        }
    }
    assert!(codecs.contains("avc1.") && codecs.contains("opus"), "{codecs}");
    // Those that came before sound did are left out, up to the next key picture; nothing else is.
    assert!(shown.0 + 70 >= pictures && shown.0 <= pictures, "{} of {pictures} pictures", shown.0);
    assert!(shown.1 + 120 >= sounds && shown.1 <= sounds, "{} of {sounds} sounds", shown.1);
}

#[tokio::test]
async fn whoever_sends_goes_on_until_the_next_one_can_and_is_let_go_then() {
    let (whip, hub, mut events, _) = listen().await;
    let (mut first, offer, pending) = Sender::offers(h264(), false).await;
    let taken = whip.answer(&offer, (hub.clone(), open()), guest()).unwrap();
    first.answered(pending, &taken.sdp);
    first.connects().await;
    first.sends(2).await;
    // An offer that nothing follows takes nobody's place.
    let (_, offer, _) = Sender::offers(h264(), false).await;
    whip.answer(&offer, (hub.clone(), open()), guest()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut started = 0;
    while let Some((_, event)) = events.try_recv() {
        assert!(!matches!(event, Event::Stopped), "nobody is let go");
        started += u32::from(matches!(event, Event::Started));
    }
    assert_eq!(started, 1);
    let (mut second, offer, pending) = Sender::offers(h264(), false).await;
    second.answered(pending, &whip.answer(&offer, (hub.clone(), open()), guest()).unwrap().sdp);
    second.connects().await;
    second.sends(3).await;
    // The first one is let go, and told why when it asks.
    first.run(Instant::now() + Duration::from_millis(400)).await;
    assert_eq!(whip.end("ROOM", &taken.id), Ended::Replaced);
    let mut heard = Vec::new();
    while let Some((_, event)) = events.try_recv() {
        heard.push(event);
    }
    assert!(heard.iter().any(|e| matches!(e, Event::Started)));
    assert!(heard.iter().any(|e| matches!(e, Event::Segment { breaks: true, .. })), "the list goes on behind a break");
}

#[tokio::test]
async fn offers_that_cannot_be_shown_are_declined() {
    let (whip, hub, _events, _) = listen().await;
    for offer in ["", "v=0", "no offer\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"] {
        assert!(whip.answer(offer, (hub.clone(), open()), guest()).is_err(), "{offer}");
    }
    let other = RtcConfig::new().clear_codecs().enable_vp8(true).enable_opus(true, false);
    let (_, offer, _) = Sender::offers(other, true).await;
    assert_eq!(whip.answer(&offer, (hub.clone(), open()), guest()), Err(Declined::Codec));
    assert!(hub.stream("ROOM").is_none());
}

#[tokio::test]
async fn whatever_else_comes_to_the_port_disturbs_nobody_and_is_not_answered() {
    let (whip, hub, _events, at) = listen().await;
    let (mut sender, offer, pending) = Sender::offers(h264(), false).await;
    let answer = whip.answer(&offer, (hub.clone(), open()), guest()).unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut named = vec![0, 1, 0, 24, 0x21, 0x12, 0xa4, 0x42];
    named.extend([9; 12]);
    let name = format!("{}:them", answer.id);
    named.extend([0, 6, 0, name.len() as u8]);
    named.extend(name.as_bytes());
    named.resize(named.len().next_multiple_of(4), 0);
    let long = (named.len() - 20) as u16;
    named[2..4].copy_from_slice(&long.to_be_bytes());
    for round in 0..200_u32 {
        stranger.send_to(&named, at).await.unwrap();
        let noise: Vec<u8> =
            (0..round).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(round) >> 8) as u8).collect();
        stranger.send_to(&noise, at).await.unwrap();
        stranger.send_to(&[0x80, 96, 0, 1], at).await.unwrap();
    }
    let mut buffer = [0; 2048];
    let answered = tokio::time::timeout(Duration::from_millis(300), stranger.recv_from(&mut buffer)).await;
    assert!(answered.is_err(), "whoever knows no password is not answered");
    sender.answered(pending, &answer.sdp);
    sender.connects().await;
    sender.sends(3).await;
    assert!(hub.stream("ROOM").unwrap().health().at > 0, "and whoever does is shown");
}

#[tokio::test]
async fn what_is_lost_on_the_way_is_sent_again_and_a_change_of_network_costs_little() {
    let (whip, hub, mut events, _) = listen().await;
    let (mut sender, offer, pending) = Sender::offers(h264(), false).await;
    let answer = whip.answer(&offer, (hub.clone(), open()), guest()).unwrap();
    sender.answered(pending, &answer.sdp);
    sender.connects().await;
    sender.loses = 20;
    let (first, _) = sender.sends(3).await;
    sender.loses = 0;
    // Another port, as behind another router: he says so with his next request, and goes on.
    sender.other = Some(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    sender.run(Instant::now() + Duration::from_secs(3)).await;
    let asked = sender.keys_asked;
    sender.run(Instant::now() + Duration::from_secs(3)).await;
    assert!(sender.keys_asked > asked, "he is heard of where he is now");
    assert_eq!(whip.end("ROOM", &answer.id), Ended::Now);
    let mut shown = 0;
    loop {
        let (_, event) = tokio::time::timeout(Duration::from_secs(5), events.recv()).await.unwrap().unwrap();
        match event {
            Event::Segment { bytes, .. } => shown += samples(&bytes).0,
            Event::Stopped => break,
            _ => {}
        }
    }
    assert!(shown * 10 >= first * 8, "{shown} of {first} though one packet of twenty was lost");
}

#[tokio::test]
async fn whoever_is_cut_off_is_let_go_though_he_sends_nothing_that_can_be_shown() {
    let (whip, hub, _events, _) = listen().await;
    let (mut sender, offer, pending) = Sender::offers(h264(), false).await;
    let answer = whip.answer(&offer, (hub.clone(), open()), guest()).unwrap();
    assert!(!answer.sdp.contains("video-orientation"), "nobody would turn the pictures");
    sender.answered(pending, &answer.sdp);
    sender.connects().await;
    sender.run(Instant::now() + Duration::from_millis(300)).await;
    assert!(hub.is_sent_to("ROOM"));
    hub.cut("ROOM");
    sender.run(Instant::now() + Duration::from_secs(1)).await;
    assert_eq!(whip.end("ROOM", &answer.id), Ended::Replaced);
    assert!(!hub.is_sent_to("ROOM"));
}

#[tokio::test]
async fn of_one_room_one_offer_is_waited_for() {
    let (whip, hub, _events, _) = listen().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (_, offer, _) = Sender::offers(h264(), false).await;
        ids.push(whip.answer(&offer, (hub.clone(), open()), guest()).unwrap().id);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!([0, 1, 2].map(|i: usize| whip.end("ROOM", &ids[i])), [Ended::Unknown, Ended::Unknown, Ended::Now]);
    assert_eq!(whip.end("OTHER", &ids[2]), Ended::Unknown);
}
