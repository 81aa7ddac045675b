//! RTMP within TLS: a certificate and its key from files, read anew when they have changed, so that one that was renewed needs no restart.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

/// Who we are, to encoders that ask.
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    read: Mutex<Read>,
}

/// What was read last.
struct Read {
    changed: [SystemTime; 2],
    looked: Instant,
    acceptor: TlsAcceptor,
}

/// Whether they have changed is looked at so often.
const LOOK: Duration = Duration::from_secs(1);

impl Tls {
    /// The chain of the certificate and the key, PEM.
    ///
    /// # Errors
    /// A file that is not there, or holds neither, or a key that is not of the certificate.
    pub fn open(cert: PathBuf, key: PathBuf) -> io::Result<Self> {
        let read = Read { changed: changed(&cert, &key)?, looked: Instant::now(), acceptor: read(&cert, &key)? };
        Ok(Self { cert, key, read: Mutex::new(read) })
    }

    /// What is in the files now; what was, when they cannot be read.
    fn acceptor(&self) -> TlsAcceptor {
        let mut held = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if held.looked.elapsed() >= LOOK {
            held.looked = Instant::now();
            let now = changed(&self.cert, &self.key).unwrap_or(held.changed);
            if now != held.changed {
                match read(&self.cert, &self.key) {
                    Ok(acceptor) => (held.changed, held.acceptor) = (now, acceptor),
                    // Half of it may be written.
                    Err(error) => tracing::warn!(%error, "reading the certificate anew"),
                }
            }
        }
        held.acceptor.clone()
    }

    /// Greets a sender.
    ///
    /// # Errors
    /// He says no TLS, or not what we do.
    pub async fn greet(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor().accept(stream).await
    }
}

fn changed(cert: &PathBuf, key: &PathBuf) -> io::Result<[SystemTime; 2]> {
    Ok([std::fs::metadata(cert)?.modified()?, std::fs::metadata(key)?.modified()?])
}

fn read(cert: &PathBuf, key: &PathBuf) -> io::Result<TlsAcceptor> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(chain, key))
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
