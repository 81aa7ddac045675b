//! Live pictures in this process: who may send, what is kept of what was sent, and the rooms that nobody sends to any more.

use crate::{House, layers::rates::by_network};
use anyhow::{Context, Result};
use domain::{Code, Millis, live::ReceivedView, time::SECOND};
use live::{Event, Events, Hub, Opening, rtmp};
use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::watch,
};

/// Segments of a room that are kept, of a second or more each: half a day. What comes then is shown, and not kept.
const MOST: u64 = 43_200;
/// What was not committed when the process ended has been shown all the same: its numbers are not used again.
const SKIPPED: i64 = 20;
/// Looked for so often: rooms that are over, and those that nobody feeds.
const LOOK: Duration = Duration::from_secs(1);
/// How often the name of the shop is looked up before it has no address.
const LOOKUPS: usize = 5;
/// A list of a room that nobody sends to is closed after so long.
const GRACE: Millis = 60 * SECOND;
/// Those who watch hear of the end before it is forgotten.
const FAREWELL: Millis = 30 * SECOND;

/// Where the pictures of a room are kept.
pub fn folder(data: &Path, room: &Code) -> PathBuf {
    data.join("live").join(room.as_str())
}

/// Whoever has the key of a room that is not over may send to it.
struct Door(House);

impl rtmp::Door for Door {
    async fn open(&self, key: &str) -> Option<Opening> {
        sender(&self.0, key).await.ok()?
    }
}

/// What a key opens, whichever way its pictures come; none when it opens nothing.
///
/// # Errors
/// What the database says.
pub async fn sender(house: &House, key: &str) -> Result<Option<Opening>> {
    if house.settings.outside.is_some() {
        // Pictures are taken elsewhere.
        return Ok(None);
    }
    match shop::live::opened_by(&house.shop, key).await? {
        Some(room) => Ok(Some(opening(house, &room).await?)),
        None => Ok(None),
    }
}

/// Where a room's stream goes on.
async fn opening(house: &House, room: &Code) -> Result<Opening> {
    let shop = &house.shop;
    let (mut next, mut init) = shop::live::next(shop, room).await?;
    if house.settings.unkept.get() == Some(room) {
        // Of what was shown before nothing is known.
        next = shop.clock.now() / SECOND;
        init = next % 1_000_000;
    } else if next > 0 && house.streams.stream(room.as_str()).is_none() {
        next += SKIPPED;
        init += 1;
    }
    let key = shop::live::key_now(shop, room).await?.context("the room is over")?;
    Ok(Opening { room: room.as_str().to_owned(), next: u64::try_from(next)?, init: u32::try_from(init)?, key })
}

/// Listens for encoders. A demo takes another port when its own is taken.
///
/// # Errors
/// The address is taken.
pub async fn listen(addr: SocketAddr, demo: bool) -> Result<TcpListener> {
    match TcpListener::bind(addr).await {
        Ok(listener) => Ok(listener),
        Err(_) if demo => Ok(TcpListener::bind((addr.ip(), 0)).await?),
        Err(error) => Err(error).with_context(|| format!("listening for encoders on {addr}")),
    }
}

/// Listens for those who send over WebRTC, and says where they reach us. A demo takes another port when its own is taken. `base`: the
/// host of the shop's address, which stands for ours when we listen on all of them. None when that says nothing: then WebRTC is off.
///
/// # Errors
/// The address is taken, or what is said of it is no address.
pub async fn listen_webrtc(
    addr: SocketAddr,
    public: Option<SocketAddr>,
    base: &str,
    demo: bool,
) -> Result<Option<(UdpSocket, SocketAddr)>> {
    let socket = match UdpSocket::bind(addr).await {
        Ok(socket) => socket,
        Err(_) if demo => UdpSocket::bind((addr.ip(), 0)).await?,
        Err(error) => return Err(error).with_context(|| format!("listening for WebRTC on {addr}")),
    };
    let own = socket.local_addr()?;
    if let Some(public) = public {
        anyhow::ensure!(!public.ip().is_unspecified() && public.port() != 0, "--webrtc-public {public} is no address");
        return Ok(Some((socket, public)));
    }
    if !own.ip().is_unspecified() {
        return Ok(Some((socket, own)));
    }
    let base = base.trim_matches(['[', ']']);
    let mut found: Vec<SocketAddr> = Vec::new();
    for _ in 0..LOOKUPS {
        match tokio::net::lookup_host((base, own.port())).await {
            Ok(all) => {
                found = all.collect();
                break;
            }
            // Names may be known a moment after we are.
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
    let local = base == "localhost" || base.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let fits = |at: &&SocketAddr| {
        (at.is_ipv4() || own.is_ipv6()) && !at.ip().is_unspecified() && (local || !at.ip().is_loopback())
    };
    // One address is said: IPv4 is reached from everywhere.
    let public = found.iter().filter(fits).min_by_key(|at| at.is_ipv6()).copied();
    if public.is_none() {
        tracing::warn!(base, "where WebRTC is reached is not known: say --webrtc-public; it stays off");
    }
    Ok(public.map(|public| (socket, public)))
}

/// What a host is told of his encoder. `server`: where it sends to by RTMP; `whip`: whether it may by WebRTC.
pub fn encoder(server: Option<String>, whip: bool, house: &House) -> shop::live::Encoder {
    let (streams, practice) = (house.streams.clone(), house.practice.clone());
    let received = move |room: &str| {
        let health = |hub: &Hub| hub.stream(room).map(|s| s.health()).filter(|h| h.at > 0);
        let health = [health(&streams), health(&practice)].into_iter().flatten().max_by_key(|h| h.at)?;
        Some(ReceivedView {
            width: i64::from(health.width),
            height: i64::from(health.height),
            bits: health.bits,
            rate: health.rate,
            keys: health.keys,
            at: health.at,
        })
    };
    let outside = house.settings.outside.as_ref();
    let server = outside.map(|o| o.ingest.clone()).or(server);
    shop::live::Encoder { server, whip, outside: outside.is_some(), received: Box::new(received) }
}

/// Takes encoders for as long as the process runs; with `tls`, those that speak it.
pub async fn take(listener: TcpListener, house: House, tls: Option<Arc<live::Tls>>) {
    let hub = house.streams.clone();
    let places = house.senders.clone();
    rtmp::serve(listener, hub, Arc::new(Door(house)), (places, by_network), tls).await;
}

/// Keeps what is sent, and what becomes of rooms with it, until `stop` changes; what was sent until then is kept.
pub async fn keep(house: House, mut events: Events, mut stop: watch::Receiver<bool>) {
    let mut keeper = Keeper { house, fed: HashSet::new(), left: HashMap::new(), over: HashMap::new() };
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        // What has happened comes before what is looked for: whoever has just come back is not taken for gone.
        tokio::select! {
            biased;
            _ = stop.changed() => break,
            event = events.recv() => match event {
                Some((room, event)) => keeper.take(&room, event).await,
                None => return,
            },
            _ = ticks.tick() => {
                if let Err(error) = keeper.look().await {
                    tracing::error!(%error, "looking after live rooms");
                }
            }
        }
    }
    for (room, _) in keeper.house.streams.rooms_here() {
        keeper.house.streams.cut(&room);
    }
    while let Some((room, event)) = events.try_recv() {
        keeper.take(&room, event).await;
    }
}

/// Removes the recordings that have been kept for as long as they must be.
///
/// # Errors
/// What the disk or the database says.
pub async fn sweep(house: &House) -> Result<()> {
    for room in shop::live::expired(&house.shop).await? {
        match tokio::fs::remove_dir_all(folder(&house.settings.data, &room)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => shop::live::forget(&house.shop, &room).await?,
        }
    }
    Ok(())
}

struct Keeper {
    house: House,
    /// Rooms that somebody sends to, here.
    fed: HashSet<String>,
    /// Since when nobody does.
    left: HashMap<String, Millis>,
    /// When they ended.
    over: HashMap<String, Millis>,
}

impl Keeper {
    async fn take(&mut self, name: &str, event: Event) {
        if let Err(error) = self.happened(name, event).await {
            tracing::error!(room = name, %error, "keeping live pictures");
        }
    }

    async fn happened(&mut self, name: &str, event: Event) -> Result<()> {
        let shop = self.house.shop.clone();
        let room: Code = name.parse()?;
        match event {
            Event::Started => {
                self.left.remove(name);
                self.fed.remove(name);
            }
            Event::Init { number, bytes } => {
                self.write(&room, &format!("init{number}.mp4"), &bytes).await?;
            }
            Event::Segment { number, init, lasts, at, breaks, bytes } => {
                // What is shown is told before what is kept, and told again when that failed.
                if !self.fed.contains(name) {
                    shop::live::began(&shop, &room).await?;
                    self.fed.insert(name.to_owned());
                }
                let segment = shop::live::Segment {
                    number: i64::try_from(number)?,
                    init: i64::from(init),
                    lasts,
                    at,
                    breaks,
                    bytes: i64::try_from(bytes.len())?,
                };
                let kept = if self.house.settings.unkept.get() == Some(&room) || number > MOST {
                    Ok(false)
                } else {
                    self.keep(&room, segment, &bytes).await.map(|()| true)
                };
                if !matches!(kept, Ok(true)) {
                    shop::live::fed(&shop, &room).await?;
                }
                kept?;
            }
            Event::Stopped => {
                self.fed.remove(name);
                self.left.insert(name.to_owned(), shop.clock.now());
                shop::live::stopped(&shop, &room).await?;
            }
        }
        Ok(())
    }

    async fn keep(&self, room: &Code, segment: shop::live::Segment, bytes: &[u8]) -> Result<()> {
        self.write(room, &format!("s{}.m4s", segment.number), bytes).await?;
        Ok(shop::live::kept(&self.house.shop, room, segment).await?)
    }

    async fn write(&self, room: &Code, name: &str, bytes: &[u8]) -> Result<()> {
        let folder = folder(&self.house.settings.data, room);
        tokio::fs::create_dir_all(&folder).await?;
        // Whole or not at all.
        let half = folder.join(format!("{name}.half"));
        tokio::fs::write(&half, bytes).await?;
        // On the disk before a row says so.
        tokio::fs::File::open(&half).await?.sync_data().await?;
        Ok(tokio::fs::rename(half, folder.join(name)).await?)
    }

    /// Rooms that were ended are cut off; lists that nobody adds to are closed; rooms whose sender is lost are paused.
    async fn look(&mut self) -> Result<()> {
        let shop = &self.house.shop;
        let hub: &Hub = &self.house.streams;
        let now = shop.clock.now();
        for (room, key) in hub.rooms_here() {
            let code: Code = room.parse()?;
            match shop::live::key_now(shop, &code).await? {
                // Whoever sends with an old key is let go.
                Some(now) if now != key && hub.is_sent_to(&room) => hub.cut(&room),
                Some(_) => {}
                None => {
                    if hub.stream(&room).is_some_and(|s| !s.is_over()) {
                        hub.end(&room);
                    }
                    let since = *self.over.entry(room.clone()).or_insert(now);
                    if now - since > FAREWELL {
                        hub.forget(&room);
                        self.over.remove(&room);
                        self.fed.remove(&room);
                        self.left.remove(&room);
                    }
                }
            }
        }
        let closed: Vec<String> =
            self.left.iter().filter(|(_, at)| now - **at > GRACE).map(|(r, _)| r.clone()).collect();
        for room in closed {
            hub.end(&room);
            self.left.remove(&room);
        }
        let practice = &self.house.practice;
        for (room, key) in practice.rooms_here() {
            let sends = practice.is_sent_to(&room);
            if sends && shop::live::key_now(shop, &room.parse()?).await? == Some(key) {
                continue;
            }
            if sends {
                practice.cut(&room);
            }
            // What was measured is said for a moment.
            if practice.stream(&room).is_none_or(|s| now - s.health().at > GRACE) {
                practice.forget(&room);
            }
        }
        for room in shop::live::pause_silent(shop).await? {
            // When pictures come again, it is on again.
            self.fed.remove(room.as_str());
        }
        Ok(())
    }
}

/// The demo's host: sends the same twelve seconds over and over, for as long as the process runs.
pub async fn show(house: House, room: Code) {
    if let Err(error) = shown(&house, &room).await {
        tracing::warn!(%error, "the demo's room has ended");
    }
}

async fn shown(house: &House, room: &Code) -> Result<()> {
    let frames = crate::demo::rooms::frames();
    let length = crate::demo::rooms::LENGTH;
    let mut packager = house.streams.publish(opening(house, room).await?);
    let begun = tokio::time::Instant::now();
    for turn in 0.. {
        for frame in &frames {
            let frame = crate::demo::rooms::moved(frame, turn * length);
            let at = crate::demo::rooms::stamp(&frame);
            let due = begun + Duration::from_millis(u64::try_from(at * 1000 / live::TICKS).unwrap_or(0));
            tokio::time::sleep_until(due).await;
            packager.push(frame)?;
        }
    }
    Ok(())
}
