//! A sender pushes over RTMP what a file holds; what can be fetched is whole, in order, and the same pictures.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation
)]

use bytes::Bytes;
use live::{Event, Events, Hub, Opening, flv, rtmp};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Twelve seconds of the demo's loop.
static LOOP: &[u8] = include_bytes!("../../src/demo/loop.flv");

fn tags() -> Vec<(u8, u32, Bytes)> {
    let mut rest = flv::after_header(Bytes::from_static(LOOP));
    let mut out = Vec::new();
    while let Some((kind, ms, body, next)) = flv::tag(&rest) {
        out.push((kind, ms, body));
        rest = next;
    }
    out
}

struct Door;

impl rtmp::Door for Door {
    async fn open(&self, key: &str) -> Option<Opening> {
        (key == "ROOM_1_secret").then(|| Opening { room: "ROOM".to_owned(), next: 7, init: 2, key: 1 })
    }
}

/// A hub whose clock stands at a time that the test sets.
fn hub() -> (Hub, Events, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(1_800_000_000_000));
    let read = time.clone();
    let (hub, events) = Hub::new(move || read.load(Ordering::Relaxed));
    (hub, events, time)
}

async fn listen() -> (Hub, Events, std::net::SocketAddr) {
    let (hub, events, _) = hub();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(rtmp::serve(listener, hub.clone(), Arc::new(Door), (Arc::default(), |of| of), None));
    (hub, events, addr)
}

fn text(x: &str) -> Vec<u8> {
    [&[2][..], &(x.len() as u16).to_be_bytes(), x.as_bytes()].concat()
}

fn number(x: f64) -> Vec<u8> {
    [&[0][..], &x.to_be_bytes()].concat()
}

const CHUNK: usize = 1024;

/// A message in chunks.
fn chunks(channel: u8, kind: u8, ms: u32, body: &[u8], stream: u32) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (i, piece) in body.chunks(CHUNK).enumerate() {
        let mut chunk = Vec::new();
        if i == 0 {
            chunk.push(channel);
            chunk.extend(&ms.to_be_bytes()[1..]);
            chunk.extend(&(body.len() as u32).to_be_bytes()[1..]);
            chunk.push(kind);
            chunk.extend(stream.to_le_bytes());
        } else {
            chunk.push(0xc0 | channel);
        }
        chunk.extend(piece);
        out.push(chunk);
    }
    out
}

/// What a sender says until he may send, for a key.
fn greeting(key: &str) -> Vec<u8> {
    let mut out = vec![3];
    out.extend([7; 1536]);
    // The answer to what the server says: it is not compared.
    out.extend([7; 1536]);
    out.extend([2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0]);
    out.extend((CHUNK as u32).to_be_bytes());
    let mut object = vec![3];
    for (name, value) in [("app", "live"), ("tcUrl", "rtmp://127.0.0.1/live"), ("type", "nonprivate")] {
        object.extend((name.len() as u16).to_be_bytes());
        object.extend(name.as_bytes());
        object.extend(text(value));
    }
    object.extend([0, 0, 9]);
    let mut say = |body: Vec<u8>, stream| chunks(3, 20, 0, &body, stream).into_iter().for_each(|c| out.extend(c));
    say([text("connect"), number(1.), object].concat(), 0);
    say([text("createStream"), number(4.), vec![5]].concat(), 0);
    say([text("publish"), number(5.), vec![5], text(key), text("live")].concat(), 1);
    out
}

/// The media of the file as bytes on the wire; sound in its place, or between the chunks of the next picture.
fn media(interleaved: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    for (kind, ms, body) in tags() {
        match kind {
            8 if interleaved => waiting.extend(chunks(4, 8, ms, &body, 1)),
            8 => out.extend(chunks(4, 8, ms, &body, 1).concat()),
            9 => {
                let mut picture = chunks(6, 9, ms, &body, 1).into_iter();
                out.extend(picture.next().unwrap());
                out.extend(waiting.drain(..).flatten());
                out.extend(picture.flatten());
            }
            _ => {}
        }
    }
    out
}

/// Everything that is told until nobody sends any more.
async fn heard(events: &mut Events) -> Vec<Event> {
    let mut out = Vec::new();
    while let Ok(Some((room, event))) = tokio::time::timeout(Duration::from_secs(20), events.recv()).await {
        assert_eq!(room, "ROOM");
        let over = matches!(event, Event::Stopped);
        out.push(event);
        if over {
            return out;
        }
    }
    panic!("the sender did not end: {}", out.len())
}

/// Boxes of a file, by name.
fn boxes(bytes: &[u8]) -> Vec<(String, &[u8])> {
    let mut out = Vec::new();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        out.push((String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned(), &bytes[at + 8..at + size]));
        at += size;
    }
    assert_eq!(at, bytes.len(), "boxes end where the file does");
    out
}

/// Bytes of picture and sound in a segment.
fn inside(segment: &[u8]) -> Vec<u8> {
    boxes(segment).into_iter().filter(|(name, _)| name == "mdat").flat_map(|(_, b)| b.to_vec()).collect()
}

/// What was sent: how many bytes of picture and of sound.
fn sent() -> usize {
    tags()
        .iter()
        .filter(|(kind, _, body)| (*kind == 9 || *kind == 8) && body[1] == 1)
        .map(|(kind, _, body)| body.len() - if *kind == 9 { 5 } else { 2 })
        .sum()
}

async fn pushed(interleaved: bool) {
    let (hub, mut events, addr) = listen().await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(&greeting("ROOM_1_secret")).await.unwrap();
    stream.write_all(&media(interleaved)).await.unwrap();
    stream.shutdown().await.unwrap();
    let heard = heard(&mut events).await;
    assert!(matches!(heard[0], Event::Started));
    assert!(
        matches!(&heard[1], Event::Init { number: 3, bytes } if boxes(bytes).iter().map(|b| b.0.as_str()).eq(["ftyp", "moov"]))
    );
    let mut next = 7;
    let (mut all, mut time) = (0, 0);
    let mut kept = BTreeMap::new();
    for event in &heard[2..heard.len() - 1] {
        let Event::Segment { number, init, lasts, breaks, bytes, .. } = event else { panic!("{event:?}") };
        assert_eq!((*number, *init, *breaks), (next, 3, next == 7), "what was kept before goes on with another clock");
        next += 1;
        assert_eq!(
            hub.stream("ROOM").unwrap().segment(*number).as_ref(),
            Some(bytes),
            "what is told is what is fetched"
        );
        all += inside(bytes).len();
        time += lasts;
        kept.insert(*number, bytes.clone());
    }
    // Sound that came before the first picture has no place.
    let before = tags()
        .iter()
        .take_while(|(kind, _, body)| *kind != 9 || body[1] != 1)
        .filter(|(kind, _, body)| *kind == 8 && body[1] == 1)
        .map(|(_, _, body)| body.len() - 2)
        .sum::<usize>();
    let after = {
        // And sound that came after the last picture is shown with it, or is behind it: not more than a few frames.
        sent() - before - all
    };
    assert!(after < 2000, "{after} bytes of {} are missing", sent());
    assert!((11 * live::TICKS..13 * live::TICKS).contains(&time), "{time}");
    let stream = hub.stream("ROOM").unwrap();
    let playlist = String::from_utf8(stream.playlist(None).await.unwrap().to_vec()).unwrap();
    assert!(playlist.contains("#EXT-X-MEDIA-SEQUENCE:7\n"), "{playlist}");
    assert!(playlist.contains("init3.mp4") && !playlist.contains("ENDLIST") && playlist.contains("PRELOAD-HINT"));
    // Parts of a segment are the segment.
    let last = *kept.keys().last().unwrap();
    let mut parts = Vec::new();
    for i in 0.. {
        let Some(part) = stream.part(last, i).await else { break };
        parts.extend(part);
    }
    assert_eq!(Bytes::from(parts), kept[&last]);
    hub.end("ROOM");
    let playlist = String::from_utf8(stream.playlist(None).await.unwrap().to_vec()).unwrap();
    assert!(playlist.ends_with("#EXT-X-ENDLIST\n") && !playlist.contains("HINT"));
}

#[tokio::test]
async fn every_byte_that_is_sent_can_be_fetched() {
    pushed(false).await;
}

#[tokio::test]
async fn sound_between_the_chunks_of_a_picture_is_not_lost() {
    pushed(true).await;
}

#[tokio::test]
async fn whoever_has_no_key_is_let_go_and_nothing_of_him_is_shown() {
    let (hub, _events, addr) = listen().await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(&greeting("ROOM_1_wrong")).await.unwrap();
    let mut all = Vec::new();
    tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut all)).await.unwrap().ok();
    assert!(hub.stream("ROOM").is_none());
    assert!(!String::from_utf8_lossy(&all).contains("Publish.Start"), "nobody said that it is good");
}

#[tokio::test]
async fn a_sender_that_comes_again_goes_on_with_another_place_in_the_same_list() {
    let (hub, mut events, _) = hub();
    let frames: Vec<_> = tags().iter().filter_map(|(k, ms, b)| flv::frame(*k, *ms, b)).collect();
    let open = || Opening { room: "ROOM".to_owned(), next: 0, init: 0, key: 1 };
    let mut first = hub.publish(open());
    frames.iter().for_each(|f| first.push(f.clone()).unwrap());
    // Another with the same key comes before the first has gone.
    let mut second = hub.publish(open());
    assert_eq!(first.push(frames[0].clone()), Err(live::Refused::Replaced));
    drop(first);
    frames.iter().for_each(|f| second.push(f.clone()).unwrap());
    drop(second);
    let mut numbers = Vec::new();
    let mut breaks = 0;
    let mut inits = 0;
    for event in heard(&mut events).await {
        match event {
            Event::Segment { number, breaks: b, .. } => {
                numbers.push(number);
                breaks += i32::from(b);
            }
            Event::Init { .. } => inits += 1,
            _ => {}
        }
    }
    assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "{numbers:?}");
    assert_eq!((breaks, inits), (1, 1), "one break, the same beginning");
    let playlist = String::from_utf8(hub.stream("ROOM").unwrap().playlist(None).await.unwrap().to_vec()).unwrap();
    assert!(playlist.contains("#EXT-X-DISCONTINUITY\n"), "{playlist}");
}

#[tokio::test]
async fn whoever_waits_for_a_part_gets_it_when_it_is_there_and_nobody_waits_for_what_is_far() {
    let (hub, _events, _) = hub();
    let frames: Vec<_> = tags().iter().filter_map(|(k, ms, b)| flv::frame(*k, *ms, b)).collect();
    let mut sender = hub.publish(Opening { room: "ROOM".to_owned(), next: 0, init: 0, key: 1 });
    let half = frames.len() / 2;
    frames[..half].iter().for_each(|f| sender.push(f.clone()).unwrap());
    let stream = hub.stream("ROOM").unwrap();
    let list = String::from_utf8(stream.playlist(None).await.unwrap().to_vec()).unwrap();
    let hint = list.lines().find_map(|l| l.strip_prefix("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p")).unwrap();
    let (number, part) = hint.trim_end_matches(".m4s\"").split_once('.').unwrap();
    let (number, part): (u64, usize) = (number.parse().unwrap(), part.parse().unwrap());
    assert!(stream.playlist(Some(live::Wanted { number: number + 9, part: None })).await.is_none());
    assert!(stream.part(number + 3, 0).await.is_none());
    let waiting = tokio::spawn({
        let stream = stream.clone();
        async move {
            (stream.part(number, part).await, stream.playlist(Some(live::Wanted { number, part: Some(part) })).await)
        }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    frames[half..].iter().for_each(|f| sender.push(f.clone()).unwrap());
    let (bytes, list) = waiting.await.unwrap();
    assert!(bytes.is_some_and(|b| !b.is_empty()));
    assert!(String::from_utf8(list.unwrap().to_vec()).unwrap().contains(&format!("p{number}.{part}.m4s\"")));
}

#[tokio::test]
async fn a_stream_without_key_pictures_or_too_much_of_it_is_refused() {
    let (hub, _events, _) = hub();
    let frames: Vec<_> = tags().iter().filter_map(|(k, ms, b)| flv::frame(*k, *ms, b)).collect();
    let config = frames.iter().find(|f| matches!(f, live::Frame::VideoConfig(_))).unwrap().clone();
    let picture =
        |at: i64, key, bytes: usize| live::Frame::Video { at, shift: 0, key, data: Bytes::from(vec![0; bytes]) };
    let open = || Opening { room: "ROOM".to_owned(), next: 0, init: 0, key: 1 };
    let mut sender = hub.publish(open());
    sender.push(config.clone()).unwrap();
    let until = (0..1000).find_map(|i| sender.push(picture(i * 3600, i == 0, 100)).err());
    assert_eq!(until, Some(live::Refused::Keyless));
    let mut sender = hub.publish(open());
    sender.push(config).unwrap();
    let until = (0..1000).find_map(|i| sender.push(picture(i * 3600, i % 25 == 0, 90_000)).err());
    assert_eq!(until, Some(live::Refused::TooMuch));
    // Whatever its stamps say, and with nothing but sound.
    let mut sender = hub.publish(open());
    sender.push(frames.iter().find(|f| matches!(f, live::Frame::VideoConfig(_))).unwrap().clone()).unwrap();
    let until = (0..100_000).find_map(|_| sender.push(picture(0, true, 10)).err());
    assert_eq!(until, Some(live::Refused::Keyless));
    let mut sender = hub.publish(open());
    for config in frames.iter().filter(|f| matches!(f, live::Frame::VideoConfig(_) | live::Frame::AudioConfig(_))) {
        sender.push(config.clone()).unwrap();
    }
    sender.push(picture(0, true, 10)).unwrap();
    let sound = |i: i64| live::Frame::Audio { at: i * 2000, samples: 1024, data: Bytes::from_static(b"sound") };
    let until = (0..100_000).find_map(|i| sender.push(sound(i)).err());
    assert_eq!(until, Some(live::Refused::Keyless));
    let mut sender = hub.publish(open());
    sender.push(live::Frame::VideoConfig(Bytes::from_static(b"nothing at all"))).unwrap();
    assert_eq!(sender.push(picture(0, true, 100)), Err(live::Refused::Unknown));
}

/// Sends bytes in pieces; what the hub shows afterwards must be whole.
async fn cut(bytes: Vec<u8>, pieces: Vec<usize>) {
    let (hub, mut events, addr) = listen().await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let mut rest = &bytes[..];
    for piece in pieces {
        let (now, later) = rest.split_at(piece.min(rest.len()));
        rest = later;
        if stream.write_all(now).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let _ = stream.write_all(rest).await;
    let _ = stream.shutdown().await;
    let mut all = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut all))
        .await
        .expect("it is answered, or let go")
        .ok();
    if hub.stream("ROOM").is_some() {
        for event in heard(&mut events).await {
            if let Event::Segment { bytes, .. } = event {
                boxes(&bytes);
            }
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_stream_that_is_cut_anywhere_ends_in_order(end in 0usize..220_000, pieces in proptest::collection::vec(1usize..5000, 0..40)) {
        let mut bytes = greeting("ROOM_1_secret");
        bytes.extend(media(true));
        bytes.truncate(end);
        runtime().block_on(cut(bytes, pieces));
    }

    #[test]
    fn whatever_is_sent_is_answered_or_let_go(noise in proptest::collection::vec(any::<u8>(), 0..6000), at in 0usize..9000) {
        let mut bytes = greeting("ROOM_1_secret");
        bytes.truncate(at);
        bytes.extend(noise);
        runtime().block_on(cut(bytes, Vec::new()));
    }

    #[test]
    fn frames_with_any_stamps_make_whole_segments_with_numbers_in_a_row(
        stamps in proptest::collection::vec((any::<u32>(), 0u32..200, any::<bool>(), any::<bool>()), 1..200)
    ) {
        let (hub, mut events, _) = hub();
        let frames: Vec<_> = tags().iter().filter_map(|(k, ms, b)| flv::frame(*k, *ms, b)).collect();
        let mut sender = hub.publish(Opening { room: "ROOM".to_owned(), next: 0, init: 0, key: 1 });
        for config in frames.iter().filter(|f| matches!(f, live::Frame::VideoConfig(_) | live::Frame::AudioConfig(_))) {
            sender.push(config.clone()).unwrap();
        }
        let mut at = 0;
        for (jump, step, key, wild) in stamps {
            at = if wild { i64::from(jump) * 90 } else { at + i64::from(step) * 90 };
            if sender.push(live::Frame::Video { at, shift: 0, key, data: Bytes::from_static(b"picture") }).is_err() {
                break;
            }
            let _ = sender.push(live::Frame::Audio { at, samples: 1024, data: Bytes::from_static(b"sound") });
        }
        drop(sender);
        let mut next = 0;
        while let Some((_, event)) = events.try_recv() {
            if let Event::Segment { number, bytes, lasts, .. } = event {
                prop_assert_eq!(number, next);
                next += 1;
                prop_assert!(lasts > 0);
                boxes(&bytes);
            }
        }
    }
}

fn tls_files(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// Trusts whoever answers: of a test.
#[derive(Debug)]
struct Trusting;

mod trusting {
    use super::Trusting;
    use tokio_rustls::rustls::{
        DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        pki_types::{CertificateDer, ServerName, UnixTime},
    };

    impl ServerCertVerifier for Trusting {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519, SignatureScheme::RSA_PSS_SHA256]
        }
    }
}

#[tokio::test]
async fn within_tls_the_same_is_taken_and_without_it_nothing_is() {
    use tokio_rustls::{
        TlsConnector,
        rustls::{ClientConfig, crypto::ring, pki_types::ServerName},
    };
    let (hub, mut events, _) = hub();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    assert!(live::Tls::open(cert.clone(), key.clone()).is_err(), "there is none");
    std::fs::copy(tls_files("cert.pem"), &cert).unwrap();
    std::fs::copy(tls_files("key.pem"), &key).unwrap();
    let tls = Arc::new(live::Tls::open(cert.clone(), key).unwrap());
    tokio::spawn(rtmp::serve(listener, hub.clone(), Arc::new(Door), (Arc::default(), |of| of), Some(tls)));
    // Half a certificate, as it is being renewed: what was holds.
    std::fs::write(&cert, "-----BEGIN CERTIFICATE-----").unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    let mut plain = TcpStream::connect(addr).await.unwrap();
    plain.write_all(&greeting("ROOM_1_secret")).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), plain.read_to_end(&mut answer)).await.unwrap();
    assert!(!hub.is_sent_to("ROOM"));

    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(addr).await.unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(&greeting("ROOM_1_secret")).await.unwrap();
    stream.write_all(&media(false)).await.unwrap();
    stream.flush().await.unwrap();
    let mut segments = 0;
    while segments < 5 {
        let (room, event) = tokio::time::timeout(Duration::from_secs(10), events.recv()).await.unwrap().unwrap();
        assert_eq!(room, "ROOM");
        segments += usize::from(matches!(event, Event::Segment { .. }));
    }
}
