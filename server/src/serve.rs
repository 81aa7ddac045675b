//! Serving: connections with limits in time and number, jobs beside them, an orderly end.

use crate::{
    House, HouseSettings, cli,
    config::{Common, Serve},
    edge::{media, operations},
    jobs,
    layers::rates::by_network,
    mail::Mailer,
    router,
};
use anyhow::{Context, Result};
use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use shop::{Clock, Settings};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc, watch},
};
use tower::ServiceExt;

const MAX_CONNECTIONS: usize = 4_096;
const MAX_PER_ADDRESS: usize = 64;
/// Of this process to itself: jobs and payments at once are fewer.
const MAX_OWN: usize = 256;
const HEADER_READ: Duration = Duration::from_secs(5);
const MAX_HEADERS: usize = 16 * 1024;
/// Requests in flight may take so long to end after the signal.
const FAREWELL: Duration = Duration::from_secs(15);

/// Opens the shop, serves it until a signal comes, and ends in order.
///
/// # Errors
/// What stops the shop from opening.
pub async fn run(common: Common, options: Serve, demo: bool) -> Result<()> {
    options.checked(demo)?;
    let temporary = if demo && common.said.is_none() {
        Some(tempfile::Builder::new().prefix("tuanju-demo-").tempdir()?)
    } else {
        None
    };
    let common = Common { data: temporary.as_ref().map_or(common.data.clone(), |t| t.path().to_owned()), ..common };
    std::fs::create_dir_all(&common.data)?;
    operations::recorder();
    let settings = Settings {
        webhook_secret: secret(&common, "webhook", options.webhook_secret.as_deref())?,
        live_secret: secret(&common, "live", options.live_secret.as_deref())?,
        utc_offset_minutes: options.utc_offset_minutes,
        platform_fee_bp: options.platform_fee_bp,
        commission_bp: options.commission_bp.min(options.platform_fee_bp),
        inviter_points: options.inviter_points,
        invited_points: options.invited_points,
        review_points: options.review_points,
        review_picture_points: options.review_picture_points,
        mail: options.mail.is_some(),
        host: host_of(&options.base()),
        ..Settings::default()
    };
    let clock = Clock::system(options.clock_offset.saturating_mul(1000));
    let listener = TcpListener::bind(options.addr).await.with_context(|| format!("listening on {}", options.addr))?;
    let addr = listener.local_addr()?;
    let inside = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listening for itself")?;
    let own_addr = inside.local_addr()?;
    let shop = if demo {
        cli::demo_shop(&common, clock, settings).await?
    } else {
        let shop = cli::open(&common, clock, settings).await?;
        cli::bring_up_to_date(&shop, &common).await?;
        shop
    };
    let base = options.base_url.clone().map_or_else(|| format!("http://{addr}"), |_| options.base());
    let local = addr.ip().is_loopback() && options.base_url.as_ref().is_none_or(|b| is_local(b));
    let secure = base.starts_with("https://") || local;
    let outside = outside(&options)?;
    let own = demo && outside.is_none();
    let rtmp = options.rtmp.or(own.then_some(SocketAddr::from((addr.ip(), 1935))));
    let rtmp = match rtmp {
        Some(at) => Some(crate::live::listen(at, demo).await?),
        None => None,
    };
    let rtmps = match (options.rtmps, options.tls_cert.clone(), options.tls_key.clone()) {
        (Some(at), Some(cert), Some(key)) => {
            let tls = ::live::Tls::open(cert, key).context("reading --tls-cert and --tls-key")?;
            Some((crate::live::listen(at, demo).await?, Arc::new(tls)))
        }
        _ => None,
    };
    let webrtc = match options.webrtc.or(own.then_some(SocketAddr::from((addr.ip(), 8189)))) {
        Some(at) => crate::live::listen_webrtc(at, options.webrtc_public, &host_of(&base), demo).await?,
        None => None,
    };
    let settings = HouseSettings {
        data: common.data.clone(),
        base_url: base.clone().into(),
        secure,
        demo,
        second_factor_off: options.second_factor_off,
        limits_off: options.limits_off,
        trusted_proxy: options.trusted_proxy.clone(),
        own_addr,
        sandbox: options.sandbox_url.clone().unwrap_or_else(|| format!("http://{own_addr}")).into(),
        unkept: OnceLock::new(),
        outside,
        mail: options.mail.as_ref().map(|url| Mailer::new(url, &options.mail_from)).transpose()?,
    };
    let (house, events) = House::with_streams(shop, settings);
    house.shop.kept.search.say(&own_synonyms(&common)?);
    let _ = house.shop.kept.create.set(crate::provider::create(house.settings.sandbox.clone()));
    if let Some(url) = &common.nats {
        anyhow::ensure!(common.database_url().starts_with("postgres"), "--nats is for nodes on one PostgreSQL");
        let nats = shop::bus::Nats::connect(url).await.context("--nats")?;
        let _ = house.shop.kept.bus.set(nats);
    }
    banner(&base, &common, demo, &house);
    shop::job::take_over(&house.shop).await?;
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::run(house.clone(), stopped));
    {
        let shop = house.shop.clone();
        tokio::spawn(async move { shop::group_buy::news::run(&shop).await });
    }
    {
        let shop = house.shop.clone();
        tokio::spawn(async move { shop::live::news::run(&shop).await });
    }
    let on = if demo { crate::demo::rooms::on(&house.shop).await? } else { None };
    if let Some(room) = on {
        // Its pictures come in a moment: nobody takes it for left.
        shop::live::fed(&house.shop, &room).await?;
        let _ = house.settings.unkept.set(room.clone());
        tokio::spawn(crate::live::show(house.clone(), room));
    }
    let (stop_keeping, keeping) = watch::channel(false);
    let keeper = tokio::spawn(crate::live::keep(house.clone(), events, keeping));
    let mut encoder = None;
    if let Some(listener) = rtmp {
        encoder = Some(format!("rtmp://{}:{}/live", host_of(&base), listener.local_addr()?.port()));
        tokio::spawn(crate::live::take(listener, house.clone(), None));
    }
    if let Some((listener, tls)) = rtmps {
        encoder = Some(format!("rtmps://{}:{}/live", host_of(&base), listener.local_addr()?.port()));
        tokio::spawn(crate::live::take(listener, house.clone(), Some(tls)));
    }
    let whip = webrtc.is_some();
    if let Some((socket, public)) = webrtc {
        let whip = ::live::whip::Whip::new(socket, public);
        let _ = house.whip.set(whip.clone());
        tokio::spawn(whip.serve());
    }
    let _ = house.shop.kept.encoder.set(crate::live::encoder(encoder, whip, &house));
    if house.settings.outside.is_some() {
        tokio::spawn(crate::outside::run(house.clone()));
    }
    if options.watch {
        let shop = house.shop.clone();
        tokio::spawn(async move { crate::watch::run(&shop).await });
    }
    crate::files::sweep(&house.settings.data);
    tokio::spawn(media::warm(house.clone()));
    let (close, closed) = watch::channel(false);
    let own = tokio::spawn({
        let house = house.clone();
        async move { answer_itself(inside, house, closed).await }
    });
    accept(listener, house.clone(), signal()).await;
    stop_keeping.send_replace(true);
    let _ = tokio::time::timeout(FAREWELL, keeper).await;
    stop.send_replace(true);
    house.bell.notify_one();
    let _ = tokio::time::timeout(FAREWELL, worker).await;
    close.send_replace(true);
    let _ = tokio::time::timeout(FAREWELL, own).await;
    house.shop.db.close().await;
    drop(temporary);
    Ok(())
}

/// The operator's words of one meaning: `synonyms.txt` in the data folder, if there is one.
fn own_synonyms(common: &Common) -> Result<String> {
    let path = common.data.join("synonyms.txt");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// The media server that takes live pictures in our place, if one does.
fn outside(options: &Serve) -> Result<Option<Arc<crate::outside::Outside>>> {
    let Some(kind) = options.media_server else { return Ok(None) };
    let said = |what: &Option<String>| what.clone().unwrap_or_default();
    let outside = crate::outside::Outside::new(
        kind,
        &said(&options.media_ingest),
        &said(&options.media_playback),
        &said(&options.media_api),
        &said(&options.media_secret),
    )?;
    Ok(Some(Arc::new(outside)))
}

/// The name of the host of an address, without its port.
fn host_of(base: &str) -> String {
    let host = base.split("://").nth(1).unwrap_or(base).split('/').next().unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned()
}

fn is_local(base: &str) -> bool {
    let host = base.split_once("://").map_or(base, |(_, h)| h);
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|l| host == *l || host.starts_with(&format!("{l}:")))
}

/// A secret: given, or made once and kept readable by the owner only.
fn secret(common: &Common, name: &str, given: Option<&str>) -> Result<Vec<u8>> {
    if let Some(given) = given {
        anyhow::ensure!(given.len() >= 16, "the {name} secret needs at least 16 characters");
        return Ok(given.as_bytes().to_vec());
    }
    let path = common.data.join(format!("{name}.secret"));
    if let Ok(kept) = std::fs::read(&path) {
        return Ok(kept);
    }
    let fresh = hex::encode(shop::Rng::from_machine().bytes::<32>());
    std::fs::write(&path, &fresh)?;
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(fresh.into_bytes())
}

fn banner(base: &str, common: &Common, demo: bool, house: &House) {
    let mut lines = vec![format!("Tuanju {}  {base}", env!("CARGO_PKG_VERSION"))];
    if demo {
        let names: Vec<&str> = crate::demo::PEOPLE.iter().map(|(name, ..)| *name).collect();
        lines.push(format!("demo accounts  {}   password {}", names.join(" "), crate::demo::PASSWORD));
    }
    lines.push(format!("data  {}", common.data.display()));
    let database = common.database_url();
    let shown = if database.starts_with("postgres") { "PostgreSQL".to_owned() } else { database };
    lines.push(format!("database  {shown}"));
    if common.nats.is_some() {
        lines.push("nodes  NATS".to_owned());
    }
    if !house.settings.secure {
        lines.push("WARNING: plain http on a public name: sessions travel unprotected".to_owned());
    }
    if crate::assets::FILES.is_empty() {
        lines.push("WARNING: built without the front end (use `make build`): pages have no style".to_owned());
    }
    let width = lines.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    println!("╭─{}─╮", "─".repeat(width));
    for line in lines {
        println!("│ {line}{} │", " ".repeat(width - line.chars().count()));
    }
    println!("╰─{}─╯", "─".repeat(width));
}

/// Until somebody asks this process to end.
pub async fn signal() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut s) => {
                s.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

/// Counts the connections of an address while it lives.
struct Seat {
    table: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Seat {
    fn take(table: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr) -> Option<Self> {
        let mut map = table.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = map.entry(address).or_insert(0);
        if *taken >= MAX_PER_ADDRESS {
            return None;
        }
        *taken += 1;
        drop(map);
        Some(Self { table: table.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut map = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = map.get_mut(&self.address) {
            *taken -= 1;
            if *taken == 0 {
                map.remove(&self.address);
            }
        }
    }
}

/// The next connection of a listener.
async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // Out of file descriptors, most likely: breathe, do not spin.
                tracing::warn!(%error, "accepting");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Those who are served, and are asked to go when it is time.
struct Guests {
    leave: watch::Sender<bool>,
    here: mpsc::Sender<()>,
    gone: mpsc::Receiver<()>,
}

impl Guests {
    fn new() -> Self {
        let (here, gone) = mpsc::channel(1);
        Self { leave: watch::channel(false).0, here, gone }
    }

    /// Requests in flight end, and nobody begins another one.
    async fn go(mut self) {
        self.leave.send_replace(true);
        drop(self.here);
        let _ = self.gone.recv().await;
    }
}

/// What is kept for as long as somebody is connected, also by what his connection was turned into.
#[derive(Clone)]
pub struct Kept(#[expect(dead_code, reason = "held, and let go")] Arc<dyn Send + Sync>);

/// Serves one connection; `kept` is let go with it.
fn connect(guests: &Guests, app: &Router, (stream, peer): (TcpStream, SocketAddr), kept: impl Send + Sync + 'static) {
    let _ = stream.set_nodelay(true);
    let kept = Kept(Arc::new(kept));
    let given = kept.clone();
    let service = app.clone().map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(given.clone());
        request.map(axum::body::Body::new)
    });
    // With upgrades: some send pictures over a WebSocket.
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ)
        .max_buf_size(MAX_HEADERS.max(8192))
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let (mut leave, here) = (guests.leave.subscribe(), guests.here.clone());
    tokio::spawn(async move {
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            _ = connection.as_mut() => true,
            _ = leave.wait_for(|leave| *leave) => false,
        };
        if !ended {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
        drop((kept, here));
    });
}

/// Answers what this process asks of itself until it is told to stop. One connection more than it may have waits.
async fn answer_itself(listener: TcpListener, house: House, mut stop: watch::Receiver<bool>) {
    let app = router::own(house);
    let guests = Guests::new();
    let room = Arc::new(Semaphore::new(MAX_OWN));
    let accepting = async {
        while let Ok(place) = room.clone().acquire_owned().await {
            connect(&guests, &app, next(&listener).await, place);
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = stop.changed() => {}
    }
    guests.go().await;
}

/// Accepts connections until `stop`; then lets requests in flight end.
async fn accept(listener: TcpListener, house: House, stop: impl Future<Output = ()>) {
    let limits_off = house.settings.limits_off;
    let proxies = house.settings.trusted_proxy.clone();
    let (shop, teams, leaving) = (house.shop.clone(), house.shop.kept.clone(), house.leaving.clone());
    let app = router::router(house);
    let guests = Guests::new();
    let room = Arc::new(Semaphore::new(if limits_off { Semaphore::MAX_PERMITS } else { MAX_CONNECTIONS }));
    let table: Arc<Mutex<HashMap<IpAddr, usize>>> = Arc::default();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = next(&listener) => accepted,
            () = &mut stop => break,
        };
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        // A load driver on this machine is one address with many connections.
        // So is a proxy of ours, which counts its own.
        let many = limits_off || proxies.contains(&peer.ip().to_canonical());
        let seat = if many { None } else { Some(Seat::take(&table, by_network(peer.ip()))) };
        if matches!(seat, Some(None)) {
            continue;
        }
        connect(&guests, &app, (stream, peer), (place, seat));
    }
    drop(listener);
    // Whoever sends pictures comes back when there is somebody again.
    leaving.send_replace(true);
    // Pages that listen would listen for ever.
    teams.teams.close();
    teams.rooms.close();
    let _ = tokio::time::timeout(FAREWELL, guests.go()).await;
    let _ = tokio::time::timeout(FAREWELL, teams.rooms.write(&shop)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A server that answers everything with "ok".
    async fn open() -> (Guests, SocketAddr) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let guests = Guests::new();
        let here = Guests { leave: guests.leave.clone(), here: guests.here.clone(), gone: mpsc::channel(1).1 };
        tokio::spawn(async move {
            let app = Router::new().fallback(|| async { "ok" });
            loop {
                connect(&here, &app, next(&listener).await, ());
            }
        });
        (guests, at)
    }

    #[tokio::test]
    async fn whoever_says_nothing_or_half_of_it_is_let_go_in_time() {
        let (_guests, at) = open().await;
        for said in ["", "P", "GET / HTTP/1.1\r\nhost: x"] {
            let mut silent = TcpStream::connect(at).await.unwrap();
            silent.write_all(said.as_bytes()).await.unwrap();
            let mut heard = Vec::new();
            let ended =
                tokio::time::timeout(HEADER_READ + Duration::from_secs(1), silent.read_to_end(&mut heard)).await;
            assert!(ended.is_ok(), "{said:?} is still there");
        }
    }

    #[tokio::test]
    async fn those_who_are_here_are_asked_to_go_and_are_waited_for() {
        let (guests, at) = open().await;
        let mut idle = TcpStream::connect(at).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut heard = [0; 1024];
        assert!(idle.read(&mut heard).await.unwrap() > 0);
        guests.leave.send_replace(true);
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(2), idle.read_to_end(&mut rest)).await.unwrap().unwrap();
    }
}
