//! WHIP ingest (RFC 9725): browsers and OBS send over WebRTC to one UDP port. The protocol is a library without IO; one task a sender.
//!
//! We are "lite" (RFC 8445, 2.5): we answer whoever knows the password of his session and never send anywhere first, so that what an
//! offer says of addresses is not even read.

use crate::{AudioConfig, Codec, Frame, Hub, Opening, Packager, Refused, TICKS, h264::Parameters, opus};
use bytes::Bytes;
use std::{
    collections::{HashMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig,
    change::SdpOffer,
    media::{Direction, Frequency, KeyframeRequestKind, MediaData, MediaKind, Mid},
    net::{Protocol, Receive},
};
use tokio::{
    net::UdpSocket,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};

/// Senders at the same time.
const MAX_SENDERS: usize = 64;
/// Of an offer, bytes.
pub const LONGEST: usize = 64 * 1024;
/// Until pictures can be sent.
const GREETING: Duration = Duration::from_secs(10);
/// Without a picture for so long, he is gone.
const SILENCE: Duration = Duration::from_secs(15);
/// Browsers send key pictures when they are asked.
const KEYS: Duration = Duration::from_secs(2);
/// Where sound is announced, pictures wait so long for it: a beginning that lacks it would have to be made anew.
const SOUND: Duration = Duration::from_millis(800);
/// What is late for so long is not waited for.
const LATE: Duration = Duration::from_millis(800);
/// Packets that a key picture may need.
const PACKETS: usize = 400;
/// Packets that wait to be read, of one sender.
const QUEUE: usize = 1024;
/// Addresses that one sender may come from: networks change while he walks.
const ADDRESSES: usize = 8;
const DATAGRAM: usize = 2048;
const TICK: Duration = Duration::from_millis(250);

/// Why an offer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    #[error("no offer that we understand")]
    Unreadable,
    #[error("no H.264 among what is offered")]
    Codec,
    #[error("as many send as may")]
    Full,
}

/// Why a sender was let go.
#[derive(Debug, thiserror::Error)]
enum Gone {
    #[error("said nothing in time")]
    Late,
    #[error("sent nothing for a while")]
    Silent,
    #[error("it was ended")]
    Ended,
    #[error(transparent)]
    Protocol(#[from] str0m::RtcError),
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// What was answered to an offer; `id` names what goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub id: String,
    pub sdp: String,
}

type Datagram = (SocketAddr, Bytes);

/// How a session is reached.
struct Reached {
    packets: mpsc::Sender<Datagram>,
    /// Its end: dropped, or sent.
    end: Option<oneshot::Sender<()>>,
}

#[derive(Default)]
struct Sessions {
    /// By our part of its name (ufrag), which is not guessed.
    named: HashMap<String, Reached>,
    /// By where it comes from, once it has shown its password from there.
    from: HashMap<SocketAddr, mpsc::Sender<Datagram>>,
}

struct Inside {
    socket: UdpSocket,
    /// Where senders are told to send to.
    public: SocketAddr,
    room: Arc<Semaphore>,
    sessions: Mutex<Sessions>,
}

/// Takes senders over WebRTC. Cheap to clone.
#[derive(Clone)]
pub struct Whip(Arc<Inside>);

/// Our part of the name in a STUN request (RFC 8489, 14.3), that whoever asks wants.
fn wanted(packet: &[u8]) -> Option<&str> {
    const USERNAME: u16 = 6;
    let (head, mut rest) = packet.split_first_chunk::<20>()?;
    let &[first, _, _, _, c0, c1, c2, c3, ..] = head;
    if first > 3 || [c0, c1, c2, c3] != [0x21, 0x12, 0xa4, 0x42] {
        return None;
    }
    while let Some((&[k0, k1, l0, l1], behind)) = rest.split_first_chunk::<4>() {
        let long = usize::from(u16::from_be_bytes([l0, l1]));
        let value = behind.get(..long)?;
        if u16::from_be_bytes([k0, k1]) == USERNAME {
            return std::str::from_utf8(value).ok()?.split(':').next();
        }
        rest = behind.get(long.next_multiple_of(4)..)?;
    }
    None
}

/// An offer without what it says of addresses: whoever sends shows where he is.
fn without_addresses(offer: &str) -> String {
    let keep = |line: &&str| !line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates");
    offer.lines().filter(keep).flat_map(|line| [line, "\r\n"]).collect()
}

impl Whip {
    /// Listens at `socket`, which senders reach at `public`.
    pub fn new(socket: UdpSocket, public: SocketAddr) -> Self {
        let room = Arc::new(Semaphore::new(MAX_SENDERS));
        Self(Arc::new(Inside { socket, public, room, sessions: Mutex::default() }))
    }

    fn sessions<T>(&self, of: impl FnOnce(&mut Sessions) -> T) -> T {
        of(&mut self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers an offer; what is sent goes to `hub`. Whoever sends to the room now goes on until the new one's pictures can come.
    ///
    /// # Errors
    /// [`Declined`].
    pub fn answer(&self, offer: &str, hub: Hub, opening: Opening) -> Result<Answer, Declined> {
        let place = self.0.room.clone().try_acquire_owned().map_err(|_| Declined::Full)?;
        let offer = SdpOffer::from_sdp_string(&without_addresses(offer)).map_err(|_| Declined::Unreadable)?;
        let mut rtc = RtcConfig::new()
            .set_ice_lite(true)
            .clear_codecs()
            .enable_h264(true)
            .enable_opus(true, false)
            .set_reordering_size_video(PACKETS)
            .set_reordering_timeout_video(Some(LATE))
            .build(Instant::now());
        let candidate = Candidate::host(self.0.public, "udp").map_err(|_| Declined::Unreadable)?;
        rtc.add_local_candidate(candidate);
        let sdp = rtc.sdp_api().accept_offer(offer).map_err(|_| Declined::Unreadable)?.to_sdp_string();
        if !sdp.contains("H264/90000") {
            return Err(Declined::Codec);
        }
        let id = rtc.direct_api().local_ice_credentials().ufrag;
        let (packets, taken) = mpsc::channel(QUEUE);
        let (end, ended) = oneshot::channel();
        let reached = Reached { packets: packets.clone(), end: Some(end) };
        self.sessions(|s| s.named.insert(id.clone(), reached));
        let session = Session { whip: self.clone(), id: id.clone(), packets, from: VecDeque::new(), _place: place };
        tokio::spawn(session.run(rtc, (taken, ended), (hub, opening)));
        Ok(Answer { id, sdp })
    }

    /// Ends what was begun; false when there is no such.
    pub fn end(&self, id: &str) -> bool {
        self.sessions(|s| s.named.get_mut(id).and_then(|r| r.end.take())).is_some_and(|end| end.send(()).is_ok())
    }

    /// Brings what arrives to its session, for as long as the process runs.
    pub async fn serve(self) {
        let mut buffer = vec![0; DATAGRAM];
        loop {
            let (n, from) = match self.0.socket.recv_from(&mut buffer).await {
                Ok(received) => received,
                // What somebody before could not be sent to is told here.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => continue,
                Err(error) => {
                    tracing::warn!(%error, "receiving over UDP");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Some(packet) = buffer.get(..n) else { continue };
            let to = self.sessions(|s| match wanted(packet) {
                Some(name) => s.named.get(name).map(|r| r.packets.clone()),
                None => s.from.get(&from).cloned(),
            });
            if let Some(to) = to {
                // Whoever sends faster than he is read loses what he sends.
                let _ = to.try_send((from, Bytes::copy_from_slice(packet)));
            }
        }
    }
}

/// One sender.
struct Session {
    whip: Whip,
    id: String,
    packets: mpsc::Sender<Datagram>,
    /// Where he has come from, the last one last.
    from: VecDeque<SocketAddr>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.whip.sessions(|s| {
            s.named.remove(&self.id);
            for from in &self.from {
                if s.from.get(from).is_some_and(|to| to.same_channel(&self.packets)) {
                    s.from.remove(from);
                }
            }
        });
    }
}

impl Session {
    async fn run(mut self, rtc: Rtc, comes: (mpsc::Receiver<Datagram>, oneshot::Receiver<()>), goes: (Hub, Opening)) {
        if let Err(why) = self.take(rtc, comes, goes).await {
            tracing::info!(%why, "a sender over WebRTC was let go");
        }
    }

    async fn take(
        &mut self,
        mut rtc: Rtc,
        (mut taken, mut ended): (mpsc::Receiver<Datagram>, oneshot::Receiver<()>),
        (hub, opening): (Hub, Opening),
    ) -> Result<(), Gone> {
        let begun = Instant::now();
        let mut opening = Some(opening);
        let mut sent: Option<Sent> = None;
        let (mut video, mut sound) = (None, false);
        loop {
            let wait = match rtc.poll_output()? {
                Output::Transmit(packet) => {
                    // What is lost on the way is lost here as well.
                    let _ = self.whip.0.socket.send_to(&packet.contents, packet.destination).await;
                    continue;
                }
                Output::Event(event) => {
                    match event {
                        Event::IceConnectionStateChange(IceConnectionState::Disconnected) => return Ok(()),
                        Event::MediaAdded(added) => {
                            let comes = matches!(added.direction, Direction::RecvOnly | Direction::SendRecv);
                            match added.kind {
                                MediaKind::Video => video = video.or(comes.then_some(added.mid)),
                                MediaKind::Audio => sound |= comes,
                            }
                        }
                        Event::Connected => {
                            if let Some(opening) = opening.take() {
                                sent = Some(Sent::new(hub.publish(opening), sound));
                            }
                        }
                        Event::MediaData(data) => {
                            if let Some(sent) = &mut sent {
                                sent.take(data, video)?;
                            }
                        }
                        _ => {}
                    }
                    continue;
                }
                Output::Timeout(at) => at,
            };
            match &mut sent {
                None if begun.elapsed() > GREETING => return Err(Gone::Late),
                Some(sent) if sent.last.elapsed() > SILENCE => return Err(Gone::Silent),
                Some(sent) => {
                    if sent.wants_key() {
                        if let Some(mut writer) = video.and_then(|mid| rtc.writer(mid)) {
                            // Before his first packet nothing can be asked; it is asked again in a moment.
                            let _ = writer.request_keyframe(None, KeyframeRequestKind::Pli);
                        }
                        continue;
                    }
                }
                None => {}
            }
            let until = wait.min(Instant::now() + TICK);
            let packet = tokio::select! {
                _ = &mut ended => return Err(Gone::Ended),
                packet = taken.recv() => packet,
                () = tokio::time::sleep_until(until.into()) => None,
            };
            let now = Instant::now();
            let Some((from, bytes)) = packet else {
                rtc.handle_input(Input::Timeout(now))?;
                continue;
            };
            let Ok(contents) = (&*bytes).try_into() else { continue };
            let received = Receive { proto: Protocol::Udp, source: from, destination: self.whip.0.public, contents };
            let input = Input::Receive(now, received);
            if rtc.accepts(&input) {
                self.comes_from(from);
                rtc.handle_input(input)?;
            }
        }
    }

    /// He has shown that he is here.
    fn comes_from(&mut self, from: SocketAddr) {
        if self.from.contains(&from) {
            return;
        }
        self.from.push_back(from);
        let old = if self.from.len() > ADDRESSES { self.from.pop_front() } else { None };
        self.whip.sessions(|s| {
            if let Some(old) = old {
                s.from.remove(&old);
            }
            s.from.insert(from, self.packets.clone());
        });
    }
}

/// What one sender sends, made into frames.
struct Sent {
    packager: Packager,
    begun: Instant,
    /// The last picture, and when a key picture was asked for.
    last: Instant,
    asked: Option<Instant>,
    /// Something is lost: what follows cannot be shown until a key picture comes.
    broken: bool,
    parameters: Parameters,
    /// Sound is announced, and has come.
    sound: bool,
    heard: bool,
    /// What a stamp of theirs is off from ours, ticks.
    pictures: Option<i64>,
    sounds: Option<i64>,
    /// What the sender's clocks are apart, as he says himself (RFC 3550, 6.4.1): stamp of a picture less that of a sound of
    /// the same moment, ticks.
    apart: Apart,
}

/// When a stamp was, as the sender said last: us of his clock, and stamp in ticks.
#[derive(Clone, Copy, Default)]
struct Apart {
    picture: Option<(i64, i64)>,
    sound: Option<(i64, i64)>,
}

impl Apart {
    /// The stamp that a picture would bear at the moment of a sound.
    fn as_picture(&self, sound: i64) -> Option<i64> {
        let (picture_at, picture) = self.picture?;
        let (sound_at, heard) = self.sound?;
        Some(picture + (sound_at - picture_at).checked_mul(TICKS / 10_000)? / 100 + (sound - heard))
    }
}

/// The stamp in ticks.
fn stamp(time: str0m::media::MediaTime) -> i64 {
    i64::try_from(time.rebase(Frequency::NINETY_KHZ).numer()).unwrap_or(0)
}

impl Sent {
    fn new(packager: Packager, sound: bool) -> Self {
        let now = Instant::now();
        Self {
            packager,
            begun: now,
            last: now,
            asked: None,
            broken: false,
            parameters: Parameters::default(),
            sound,
            heard: false,
            pictures: None,
            sounds: None,
            apart: Apart::default(),
        }
    }

    /// Our time in ticks.
    fn now(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_micros()).unwrap_or(0) * (TICKS / 10_000) / 100
    }

    fn wants_key(&mut self) -> bool {
        let every = if self.broken { TICK } else { KEYS };
        let due = self.asked.is_none_or(|at| at.elapsed() > every);
        if due {
            self.asked = Some(Instant::now());
        }
        due
    }

    fn take(&mut self, data: MediaData, video: Option<Mid>) -> Result<(), Refused> {
        let said = data.last_sender_info.and_then(|info| {
            let at = info.ntp_time.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some((i64::try_from(at.as_micros()).ok()?, stamp(info.rtp_time)))
        });
        let time = stamp(data.time);
        if Some(data.mid) == video {
            self.apart.picture = said.or(self.apart.picture);
            self.picture(time, data.contiguous, &data.data)
        } else {
            self.apart.sound = said.or(self.apart.sound);
            self.hear(time, &data.data)
        }
    }

    fn picture(&mut self, time: i64, whole: bool, units: &[u8]) -> Result<(), Refused> {
        self.last = Instant::now();
        if self.sound && !self.heard && self.begun.elapsed() < SOUND {
            self.broken = true;
            return Ok(());
        }
        let (data, key) = self.parameters.picture(units);
        self.broken |= !whole;
        if key {
            self.broken = false;
        }
        if let Some(config) = self.parameters.fresh() {
            self.packager.push(Frame::VideoConfig(config))?;
        }
        if self.broken || data.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let at = time + *self.pictures.get_or_insert(now - time);
        self.packager.push(Frame::Video { at, shift: 0, key, data })
    }

    fn hear(&mut self, time: i64, packet: &[u8]) -> Result<(), Refused> {
        let Some(samples) = opus::samples(packet) else { return Ok(()) };
        if !self.heard {
            self.heard = true;
            // A description of our own: WebRTC always says two channels, and every decoder makes of it what it is.
            self.packager.push(Frame::AudioConfig(AudioConfig {
                codec: Codec::Opus,
                rate: opus::RATE,
                channels: 2,
            }))?;
        }
        let now = self.now();
        let by_arrival = time + *self.sounds.get_or_insert(now - time);
        let by_clock = self.apart.as_picture(time).zip(self.pictures).map(|(at, off)| at + off);
        let at = by_clock.unwrap_or(by_arrival);
        self.packager.push(Frame::Audio { at, samples, data: Bytes::copy_from_slice(packet) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_is_brought_to_whom_it_names() {
        let mut packet = vec![0, 1, 0, 16, 0x21, 0x12, 0xa4, 0x42];
        packet.extend([0; 12]);
        packet.extend([0x80, 0x22, 0, 1, b'x', 0, 0, 0, 0, 6, 0, 9]);
        packet.extend(b"ours:them\0\0\0");
        assert_eq!(wanted(&packet), Some("ours"));
        packet[0] = 0x80;
        assert_eq!(wanted(&packet), None, "sound and pictures name nobody");
    }

    #[test]
    fn addresses_of_an_offer_are_not_read() {
        let offer = "v=0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=mid:0\r\na=end-of-candidates\r\n";
        assert_eq!(without_addresses(offer), "v=0\r\na=mid:0\r\n");
    }

    #[test]
    fn sound_is_put_where_the_sender_says_it_belongs() {
        // At his second 10 a picture bore 900, at his second 12 a sound 5000: two seconds later a picture would bear 900 + 2 s.
        let apart = Apart { picture: Some((10_000_000, 900)), sound: Some((12_000_000, 5000)) };
        assert_eq!(apart.as_picture(5000 + TICKS), Some(900 + 3 * TICKS));
        assert_eq!(Apart { sound: None, ..apart }.as_picture(0), None);
    }

    proptest! {
        #[test]
        fn whatever_arrives_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200), stun in any::<bool>()) {
            let head = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
            let packet = if stun { [&head[..], &bytes].concat() } else { bytes };
            let _ = wanted(&packet);
        }
    }
}
