//! How the nodes of a shop tell each other that something has changed: by NOTIFY of their `PostgreSQL`, or by NATS. One alone tells nobody.
//!
//! What is said reaches whoever is there, or nobody, and it says only what is to be read anew. Whoever may have missed something hears that;
//! whoever could not say something says it again.

use crate::{Db, Error, args, db::Engine};
use futures_util::{StreamExt, future::BoxFuture};
use std::time::Duration;
use tokio::sync::watch;

/// A way between the nodes.
pub trait Bus: Send + Sync {
    /// Whether there may be others.
    fn has_others(&self) -> bool;

    /// Tells every node; never within a transaction, and never on the way of an answer. What failed is for the log, and to be told again.
    fn tell<'a>(&'a self, about: &'static str, said: &'a str) -> BoxFuture<'a, Result<(), String>>;

    /// Hears for as long as it is waited for, also what this node says itself: each text, and `None` when something may have been missed.
    fn hear<'a>(&'a self, about: &'static str, heard: &'a (dyn Fn(Option<&str>) + Send + Sync)) -> BoxFuture<'a, ()>;
}

/// By the database that they share.
impl Bus for Db {
    fn has_others(&self) -> bool {
        self.engine() == Engine::Postgres
    }

    fn tell<'a>(&'a self, about: &'static str, said: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            if self.engine() == Engine::Sqlite {
                return Ok(());
            }
            self.write((about, said.to_owned()), |tx, (about, said)| {
                Box::pin(async move {
                    tx.execute("SELECT pg_notify($1, $2)", args![*about, said.as_str()]).await?;
                    Ok::<_, Error>(())
                })
            })
            .await
            .map_err(|error| error.to_string())
        })
    }

    fn hear<'a>(&'a self, about: &'static str, heard: &'a (dyn Fn(Option<&str>) + Send + Sync)) -> BoxFuture<'a, ()> {
        Box::pin(Db::hear(self, about, heard))
    }
}

/// Whoever waits for a server that does not answer waits no longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// By a NATS server.
pub struct Nats {
    client: async_nats::Client,
    /// Change whenever the line is there again, and when what was said came too fast for this one.
    again: watch::Sender<u64>,
    late: watch::Sender<u64>,
}

impl Nats {
    /// Goes to a server: `nats://user:password@host:4222`, or `tls://`. One that is not there yet is tried again for ever.
    ///
    /// # Errors
    /// For an address that is none.
    pub async fn connect(url: &str) -> std::result::Result<Self, async_nats::ConnectError> {
        let (again, late) = (watch::Sender::new(0_u64), watch::Sender::new(0_u64));
        let (was_cut, was_late) = (again.clone(), late.clone());
        let options =
            async_nats::ConnectOptions::new().name("tuanju").retry_on_initial_connect().event_callback(move |event| {
                use async_nats::Event;
                match event {
                    Event::Connected => was_cut.send_modify(|n| *n = n.wrapping_add(1)),
                    Event::SlowConsumer(_) => was_late.send_modify(|n| *n = n.wrapping_add(1)),
                    _ => {}
                }
                if !matches!(event, Event::Connected) {
                    tracing::warn!(%event, "the way to the other nodes");
                }
                std::future::ready(())
            });
        Ok(Self { client: options.connect(url).await?, again, late })
    }

    /// Whether the server answers.
    pub async fn answers(&self) -> bool {
        tokio::time::timeout(PATIENCE, self.client.flush()).await.is_ok_and(|flushed| flushed.is_ok())
    }
}

impl Bus for Nats {
    fn has_others(&self) -> bool {
        true
    }

    fn tell<'a>(&'a self, about: &'static str, said: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let told = self.client.publish(about, said.to_owned().into());
            match tokio::time::timeout(PATIENCE, told).await {
                Ok(told) => told.map_err(|error| error.to_string()),
                Err(late) => Err(late.to_string()),
            }
        })
    }

    fn hear<'a>(&'a self, about: &'static str, heard: &'a (dyn Fn(Option<&str>) + Send + Sync)) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let (mut again, mut late) = (self.again.subscribe(), self.late.subscribe());
            loop {
                match self.client.subscribe(about).await {
                    Ok(mut said) => {
                        // From here on nothing is missed.
                        self.answers().await;
                        heard(None);
                        loop {
                            tokio::select! {
                                next = said.next() => match next {
                                    Some(next) => heard(std::str::from_utf8(&next.payload).ok().filter(|said| !said.is_empty())),
                                    None => break,
                                },
                                Ok(()) = late.changed() => {
                                    // Not with each that is dropped: what is read anew takes its time as well.
                                    tokio::time::sleep(Duration::from_secs(1)).await;
                                    late.mark_unchanged();
                                    heard(None);
                                }
                                Ok(()) = again.changed() => {
                                    self.answers().await;
                                    heard(None);
                                    // What this one could not say, the others have missed.
                                    let _ = self.tell(about, "").await;
                                }
                            }
                        }
                    }
                    Err(error) => tracing::warn!(%error, "listening to the other nodes"),
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        })
    }
}
