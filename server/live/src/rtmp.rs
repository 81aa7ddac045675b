//! RTMP ingest: OBS and every other encoder. The accept loop is ours, with its limits; the protocol is a library without IO.

use crate::{Guest, Hub, Opening, Packager, Places, Tls, flv};
use bytes::Bytes;
use rtmp_runtime::server::{ServerConfig, ServerEvent, ServerSession};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, timeout, timeout_at},
};

/// Until somebody says what he sends.
const GREETING: Duration = Duration::from_secs(10);
/// What he may have sent until then.
const GREETING_BYTES: usize = 64 * 1024;
/// Without a word for so long, he is gone.
const SILENCE: Duration = Duration::from_secs(15);
/// Whoever does not take our answers is let go.
const DEAF: Duration = Duration::from_secs(5);
/// Of messages that are not complete.
const IN_PROGRESS: usize = 4 * 1024 * 1024;
const READ: usize = 64 * 1024;

/// Who may send: the room that a key opens, and where its stream goes on.
pub trait Door: Send + Sync + 'static {
    fn open(&self, key: &str) -> impl Future<Output = Option<Opening>> + Send;
}

/// Why a sender was let go.
#[derive(Debug, thiserror::Error)]
enum Gone {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("said nothing in time")]
    Late,
    #[error("said too much before he said what he sends")]
    Talks,
    #[error("no RTMP: {0}")]
    Protocol(String),
    #[error("no key of ours")]
    Key,
    #[error("as many send as may")]
    Full,
    #[error(transparent)]
    Refused(#[from] crate::Refused),
}

/// Takes senders until it is dropped. `network`: what stands for an address where senders are counted. `tls`: they come within TLS (RTMPS).
pub async fn serve(
    listener: TcpListener,
    hub: Hub,
    door: Arc<impl Door>,
    (places, network): (Arc<Places>, fn(IpAddr) -> IpAddr),
    tls: Option<Arc<Tls>>,
) {
    loop {
        let (stream, peer): (_, SocketAddr) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accepting a sender");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(guest) = places.come(network(peer.ip())) else { continue };
        let (hub, door, tls) = (hub.clone(), door.clone(), tls.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let greeted = Instant::now() + GREETING;
            let sent = match tls {
                None => send(stream, &hub, &*door, (guest, greeted)).await,
                Some(tls) => match timeout_at(greeted, tls.greet(stream)).await {
                    Ok(Ok(stream)) => send(stream, &hub, &*door, (guest, greeted)).await,
                    Ok(Err(error)) => Err(error.into()),
                    Err(_) => Err(Gone::Late),
                },
            };
            // Never the key: only why.
            if let Err(why) = sent {
                tracing::info!(%why, "a sender was let go");
            }
        });
    }
}

/// One sender, from his first byte to his last. `greeted`: until when he must have said what he sends.
async fn send(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    hub: &Hub,
    door: &impl Door,
    (mut guest, greeted): (Guest, Instant),
) -> Result<(), Gone> {
    let mut session = ServerSession::new(ServerConfig::default().with_max_in_progress_bytes(IN_PROGRESS));
    let mut packager: Option<Packager> = None;
    let mut buffer = vec![0; READ];
    let mut said = 0;
    loop {
        let until = if packager.is_some() { Instant::now() + SILENCE } else { greeted };
        let n = timeout_at(until, stream.read(&mut buffer)).await.map_err(|_| Gone::Late)??;
        if n == 0 {
            return Ok(());
        }
        if packager.is_none() {
            said += n;
            if said > GREETING_BYTES {
                return Err(Gone::Talks);
            }
        }
        let read = buffer.get(..n).unwrap_or_default();
        let (answer, events) = session.handle_data(read).map_err(|e| Gone::Protocol(e.to_string()))?;
        // The key is asked before the answer says that it is good.
        for event in events {
            match event {
                ServerEvent::Publish { stream_key, .. } => {
                    let opening = door.open(&stream_key).await.ok_or(Gone::Key)?;
                    if packager.is_none() && !guest.sit() {
                        return Err(Gone::Full);
                    }
                    packager = Some(hub.publish(opening));
                }
                ServerEvent::Media { flv } => {
                    if let Some(packager) = &mut packager {
                        take(packager, Bytes::from(flv))?;
                    }
                }
                ServerEvent::Eof => return Ok(()),
                ServerEvent::Connected { .. } | ServerEvent::Unsupported { .. } | _ => {}
            }
        }
        if !answer.is_empty() {
            let answered = async {
                stream.write_all(&answer).await?;
                stream.flush().await
            };
            timeout(DEAF, answered).await.map_err(|_| Gone::Late)??;
        }
    }
}

fn take(packager: &mut Packager, bytes: Bytes) -> Result<(), Gone> {
    let mut rest = flv::after_header(bytes);
    while let Some((kind, ms, body, next)) = flv::tag(&rest) {
        if let Some(frame) = flv::frame(kind, ms, &body) {
            packager.push(frame)?;
        }
        rest = next;
    }
    Ok(())
}
