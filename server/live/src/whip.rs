//! WHIP ingest (RFC 9725): browsers and OBS send over WebRTC to one UDP port. The protocol is a library without IO; one task a sender.
//!
//! We are "lite" (RFC 8445, 2.5): we answer whoever knows the password of his session and never send anywhere first, so that what an
//! offer says of addresses is not even read.

use crate::{AudioConfig, Codec, Frame, Guest, Hub, Opening, Packager, Refused, TICKS, h264::Parameters, opus};
use bytes::Bytes;
use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, SocketAddr},
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
    sync::{mpsc, oneshot},
};

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
/// And in all: whoever comes from more is not walking.
const PLACES: usize = 64;
/// Bytes that may arrive in [`MEASURED`], 12 Mbit/s; and without anything to show.
const MOST: usize = 15_000_000;
const MEASURED: Duration = Duration::from_secs(10);
const UNSHOWN: usize = 8 * 1024 * 1024;
/// Pictures that wait for sound.
const WAITING: usize = 120;
/// What a sender says of his clock counts as far as it is near to when things arrive, ticks.
const NEAR: i64 = 2 * TICKS;
/// A clock that stands before the year 2000 (us) says nothing.
const SET: i64 = 946_684_800_000_000;
/// Sessions whose place somebody else has taken that are remembered.
const REMEMBERED: usize = 256;
const DATAGRAM: usize = 2048;
const TICK: Duration = Duration::from_millis(250);

/// Why an offer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    #[error("no offer that we understand")]
    Unreadable,
    #[error("no H.264 among what is offered")]
    Codec,
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
    #[error("as many send as may")]
    Full,
    #[error("sends more than it shows")]
    Much,
    #[error("comes from too many places")]
    Everywhere,
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

/// What became of a session that is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Now,
    /// Somebody else has taken its place, or it was cut off.
    Replaced,
    Unknown,
}

type Datagram = (SocketAddr, Bytes);

/// How a session is reached.
struct Reached {
    packets: mpsc::Sender<Datagram>,
    /// Its end: dropped, or sent.
    end: Option<oneshot::Sender<()>>,
    room: String,
    /// Nothing has come yet.
    waits: bool,
}

#[derive(Default)]
struct Sessions {
    /// By our part of its name (ufrag), which is not guessed.
    named: HashMap<String, Reached>,
    /// By where it comes from, once it has shown its password from there.
    from: HashMap<SocketAddr, mpsc::Sender<Datagram>>,
    /// Whose place somebody else has taken, the last one last: they do not come back by themselves.
    replaced: VecDeque<(String, String)>,
}

struct Inside {
    socket: UdpSocket,
    /// The socket is of IPv6, and takes IPv4 as well.
    both: bool,
    /// Where senders are told to send to.
    public: SocketAddr,
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

/// An offer without what it says of addresses (whoever sends shows where he is), of turning pictures beside them (we hand on what is
/// in them), and of several sizes.
fn as_we_read(offer: &str) -> String {
    let keep = |line: &&str| {
        !line.starts_with("a=candidate:")
            && !line.starts_with("a=end-of-candidates")
            && !(line.starts_with("a=extmap:") && line.contains("video-orientation"))
            && !line.starts_with("a=simulcast:")
            && !line.starts_with("a=rid:")
    };
    offer.lines().filter(keep).flat_map(|line| [line, "\r\n"]).collect()
}

impl Whip {
    /// Listens at `socket`, which senders reach at `public`.
    pub fn new(socket: UdpSocket, public: SocketAddr) -> Self {
        let both = socket.local_addr().is_ok_and(|at| at.is_ipv6());
        Self(Arc::new(Inside { socket, both, public, sessions: Mutex::default() }))
    }

    fn sessions<T>(&self, of: impl FnOnce(&mut Sessions) -> T) -> T {
        of(&mut self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An address as our socket sends to it.
    fn as_sent(&self, to: SocketAddr) -> SocketAddr {
        match to.ip() {
            IpAddr::V4(v4) if self.0.both => SocketAddr::new(v4.to_ipv6_mapped().into(), to.port()),
            _ => to,
        }
    }

    /// Answers an offer; what is sent goes to `hub`. Whoever sends to the room now goes on until the new one's pictures can come.
    ///
    /// # Errors
    /// [`Declined`].
    pub fn answer(&self, offer: &str, (hub, opening): (Hub, Opening), guest: Guest) -> Result<Answer, Declined> {
        let offer = SdpOffer::from_sdp_string(&as_we_read(offer)).map_err(|_| Declined::Unreadable)?;
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
        let reached = Reached { packets: packets.clone(), end: Some(end), room: opening.room.clone(), waits: true };
        self.sessions(|s| {
            // One offer of a room is waited for: the last.
            for other in s.named.values_mut().filter(|r| r.waits && r.room == opening.room) {
                if let Some(end) = other.end.take() {
                    let _ = end.send(());
                }
            }
            s.named.insert(id.clone(), reached);
        });
        let session = Session {
            whip: self.clone(),
            id: id.clone(),
            room: opening.room.clone(),
            packets,
            from: VecDeque::new(),
            places: 0,
            guest,
        };
        tokio::spawn(session.run(rtc, (taken, ended), (hub, opening)));
        Ok(Answer { id, sdp })
    }

    /// Ends what was begun for a room.
    pub fn end(&self, room: &str, id: &str) -> Ended {
        self.sessions(|s| {
            if s.replaced.iter().any(|(r, i)| r == room && i == id) {
                return Ended::Replaced;
            }
            let end = s.named.get_mut(id).filter(|r| r.room == room).and_then(|r| r.end.take());
            if end.is_some_and(|end| end.send(()).is_ok()) { Ended::Now } else { Ended::Unknown }
        })
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
            // IPv4 is IPv4, also on a socket of both kinds.
            let from = SocketAddr::new(from.ip().to_canonical(), from.port());
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
    room: String,
    packets: mpsc::Sender<Datagram>,
    /// Where he has come from, the last one last; and from how many places in all.
    from: VecDeque<SocketAddr>,
    places: usize,
    guest: Guest,
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
    async fn run(
        mut self,
        mut rtc: Rtc,
        comes: (mpsc::Receiver<Datagram>, oneshot::Receiver<()>),
        goes: (Hub, Opening),
    ) {
        let why = self.take(&mut rtc, comes, goes).await;
        // He is told that it is over.
        let _ = rtc.close();
        while let Ok(Output::Transmit(_) | Output::Event(_)) = rtc.poll_output().inspect(|out| {
            if let Output::Transmit(packet) = out {
                let _ = self.whip.0.socket.try_send_to(&packet.contents, self.whip.as_sent(packet.destination));
            }
        }) {}
        if let Err(why) = why {
            if matches!(why, Gone::Refused(Refused::Replaced)) {
                self.whip.sessions(|s| {
                    s.replaced.push_back((self.room.clone(), self.id.clone()));
                    if s.replaced.len() > REMEMBERED {
                        s.replaced.pop_front();
                    }
                });
            }
            tracing::info!(%why, "a sender over WebRTC was let go");
        }
    }

    async fn take(
        &mut self,
        rtc: &mut Rtc,
        (mut taken, mut ended): (mpsc::Receiver<Datagram>, oneshot::Receiver<()>),
        (hub, opening): (Hub, Opening),
    ) -> Result<(), Gone> {
        let begun = Instant::now();
        let mut opening = Some(opening);
        let mut sent: Option<Sent> = None;
        let (mut video, mut sound) = (None, None);
        // Where pictures come from: a network may have changed before the protocol knows.
        let mut home = None;
        let (mut since, mut bytes, mut silent) = (begun, 0, 0);
        loop {
            let wait = match rtc.poll_output()? {
                Output::Transmit(packet) => {
                    let stun = packet.contents.first().is_some_and(|b| *b < 4);
                    let to = home.filter(|_| !stun).unwrap_or(packet.destination);
                    // What is lost on the way is lost here as well.
                    let _ = self.whip.0.socket.send_to(&packet.contents, self.whip.as_sent(to)).await;
                    continue;
                }
                Output::Event(event) => {
                    match event {
                        Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                            return Ok(());
                        }
                        Event::MediaAdded(added) => {
                            let comes = matches!(added.direction, Direction::RecvOnly | Direction::SendRecv);
                            match added.kind {
                                MediaKind::Video => video = video.or(comes.then_some(added.mid)),
                                MediaKind::Audio => sound = sound.or(comes.then_some(added.mid)),
                            }
                        }
                        Event::Connected => {
                            if let Some(opening) = opening.take() {
                                if !self.guest.sit() {
                                    return Err(Gone::Full);
                                }
                                self.whip.sessions(|s| s.named.get_mut(&self.id).map(|r| r.waits = false));
                                sent = Some(Sent::new(hub.publish(opening), sound.is_some()));
                            }
                        }
                        Event::MediaData(data) => {
                            if !data.data.is_empty() {
                                silent = 0;
                            }
                            if let Some(sent) = &mut sent {
                                sent.take(data, video, sound)?;
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
                Some(sent) if !sent.packager.holds() => return Err(Refused::Replaced.into()),
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
            let Some((from, packet)) = packet else {
                rtc.handle_input(Input::Timeout(now))?;
                continue;
            };
            let (long, stun) = (packet.len(), packet.first().is_some_and(|b| *b < 4));
            let Ok(contents) = (&*packet).try_into() else { continue };
            let received = Receive { proto: Protocol::Udp, source: from, destination: self.whip.0.public, contents };
            let input = Input::Receive(now, received);
            if rtc.accepts(&input) {
                if now - since > MEASURED {
                    (since, bytes) = (now, 0);
                }
                bytes += long;
                silent += long;
                if bytes > MOST || silent > UNSHOWN {
                    return Err(Gone::Much);
                }
                self.comes_from(from)?;
                if !stun {
                    home = Some(from);
                }
                rtc.handle_input(input)?;
            }
        }
    }

    /// He has shown that he is here.
    ///
    /// # Errors
    /// [`Gone::Everywhere`].
    fn comes_from(&mut self, from: SocketAddr) -> Result<(), Gone> {
        if self.from.back() == Some(&from) {
            return Ok(());
        }
        match self.from.iter().position(|f| *f == from) {
            // The one that is used is the last to be forgotten.
            Some(known) => {
                self.from.remove(known);
            }
            None => self.places += 1,
        }
        if self.places > PLACES {
            return Err(Gone::Everywhere);
        }
        self.from.push_back(from);
        let old = if self.from.len() > ADDRESSES { self.from.pop_front() } else { None };
        self.whip.sessions(|s| {
            if let Some(old) = old
                && s.from.get(&old).is_some_and(|to| to.same_channel(&self.packets))
            {
                s.from.remove(&old);
            }
            // Nobody takes the place of whoever is there.
            let held = s.from.entry(from).or_insert_with(|| self.packets.clone());
            if held.is_closed() {
                *held = self.packets.clone();
            }
        });
        Ok(())
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
    /// Sound is announced, and has come; pictures that wait for it.
    sound: bool,
    heard: bool,
    waiting: Vec<Frame>,
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

    /// Where a sound belongs: as the sender's clocks say, when that is near to when it arrived. `off`: what stamps of pictures are off
    /// from ours.
    fn place(&self, sound: i64, arrived: i64, off: Option<i64>) -> i64 {
        let said = self.as_picture(sound).zip(off).map(|(at, off)| at.saturating_add(off));
        said.filter(|at| at.abs_diff(arrived) < NEAR.unsigned_abs()).unwrap_or(arrived)
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
            waiting: Vec::new(),
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

    fn take(&mut self, data: MediaData, video: Option<Mid>, sound: Option<Mid>) -> Result<(), Refused> {
        let said = data.last_sender_info.and_then(|info| {
            let at = info.ntp_time.duration_since(std::time::UNIX_EPOCH).ok()?;
            let at = i64::try_from(at.as_micros()).ok().filter(|at| *at > SET)?;
            Some((at, stamp(info.rtp_time)))
        });
        let time = stamp(data.time);
        if Some(data.mid) == video {
            self.apart.picture = said.or(self.apart.picture);
            self.picture(time, data.contiguous, &data.data)
        } else if Some(data.mid) == sound {
            self.apart.sound = said.or(self.apart.sound);
            self.hear(time, &data.data)
        } else {
            Ok(())
        }
    }

    fn picture(&mut self, time: i64, whole: bool, units: &[u8]) -> Result<(), Refused> {
        let (data, key) = self.parameters.picture(units);
        self.broken |= !whole;
        if key {
            self.broken = false;
        }
        if self.broken || data.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let at = time + *self.pictures.get_or_insert(now - time);
        let picture = Frame::Video { at, shift: 0, key, data };
        if self.sound && !self.heard && self.begun.elapsed() < SOUND && self.waiting.len() < WAITING {
            self.waiting.push(picture);
            return Ok(());
        }
        self.let_in()?;
        self.show(picture)
    }

    /// What waited for sound waits no more.
    fn let_in(&mut self) -> Result<(), Refused> {
        for picture in std::mem::take(&mut self.waiting) {
            self.show(picture)?;
        }
        Ok(())
    }

    fn show(&mut self, picture: Frame) -> Result<(), Refused> {
        if let Some(config) = self.parameters.fresh() {
            self.packager.push(Frame::VideoConfig(config))?;
        }
        self.packager.push(picture)?;
        self.last = Instant::now();
        Ok(())
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
            self.let_in()?;
        }
        let now = self.now();
        let arrived = time + *self.sounds.get_or_insert(now - time);
        let at = self.apart.place(time, arrived, self.pictures);
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
    fn addresses_of_an_offer_are_not_read_and_pictures_come_as_they_are_shown() {
        let offer = "v=0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=mid:0\r\n\
                     a=extmap:13 urn:3gpp:video-orientation\r\na=end-of-candidates\r\n";
        assert_eq!(as_we_read(offer), "v=0\r\na=mid:0\r\n");
    }

    #[test]
    fn sound_is_put_where_the_sender_says_it_belongs() {
        // At his second 10 a picture bore 900, at his second 12 a sound 5000: two seconds later a picture would bear 900 + 2 s.
        let apart = Apart { picture: Some((10_000_000, 900)), sound: Some((12_000_000, 5000)) };
        assert_eq!(apart.as_picture(5000 + TICKS), Some(900 + 3 * TICKS));
        assert_eq!(Apart { sound: None, ..apart }.as_picture(0), None);
        // A clock that is far from when things arrive (it was never set, or has wrapped) is not believed.
        let said = 900 + 3 * TICKS + 50;
        assert_eq!(apart.place(5000 + TICKS, said + TICKS, Some(50)), said);
        assert_eq!(apart.place(5000 + TICKS, said + 3 * TICKS, Some(50)), said + 3 * TICKS);
        assert_eq!(apart.place(5000 + TICKS + (1 << 32), said, Some(50)), said);
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
