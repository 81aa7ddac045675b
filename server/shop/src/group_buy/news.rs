//! How open pages hear that a team changed.
//!
//! A change touches the team's topic when it is committed: in this process on `SQLite`, on every node by NOTIFY in the same transaction on
//! `PostgreSQL`, or after it where the nodes have another way ([`crate::bus`]). [`run`] reads a touched team once, however many pages look at it, and hands all of them the same text.
//! What is handed is the whole state, so that a page that missed something, or came late, needs nothing else.

use super::read::public;
use crate::{
    Result, Shop, args,
    db::{Engine, Tx},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

/// What the nodes say it on: teams.
const CHANNEL: &str = "tuanju_team";
/// Teams in one of these.
const TOGETHER: usize = 400;
/// What the others could not be told is told again after so long.
const AGAIN: Duration = Duration::from_secs(1);
/// Changes within so long are told as one.
const GATHER: Duration = Duration::from_millis(50);

/// The teams that pages of this process look at.
#[derive(Default)]
pub struct Hub {
    topics: Mutex<HashMap<String, watch::Sender<Arc<str>>>>,
    touched: Mutex<HashSet<String>>,
    /// Teams that the other nodes are told of.
    others: Mutex<HashSet<String>>,
    bell: Notify,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// The news of a team from now on; the first value is empty until the team has been read.
    pub fn listen(&self, team: &str) -> watch::Receiver<Arc<str>> {
        let mut topics = held(&self.topics);
        let sender = topics.entry(team.to_owned()).or_insert_with(|| watch::Sender::new(Arc::from("")));
        let receiver = sender.subscribe();
        if sender.borrow().is_empty() {
            self.touch(team);
        }
        receiver
    }

    /// A team has changed. Nobody looks at most teams: then this costs nothing.
    pub fn touch(&self, team: &str) {
        held(&self.touched).insert(team.to_owned());
        self.bell.notify_one();
    }

    /// Every team that somebody looks at may have changed: after the way to the other nodes was cut.
    pub fn touch_all(&self) {
        let all: Vec<String> = held(&self.topics).keys().cloned().collect();
        held(&self.touched).extend(all);
        self.bell.notify_one();
    }

    /// Whether a page looks at a team; a topic that nobody looks at any more is forgotten.
    fn is_looked_at(&self, team: &str) -> bool {
        let mut topics = held(&self.topics);
        let looked_at = topics.get(team).is_some_and(|t| t.receiver_count() > 0);
        if !looked_at {
            topics.remove(team);
        }
        looked_at
    }

    fn hand(&self, team: &str, text: &str) {
        if let Some(topic) = held(&self.topics).get(team) {
            topic.send_if_modified(|was| {
                let fresh = **was != *text;
                if fresh {
                    *was = text.into();
                }
                fresh
            });
        }
    }

    /// Nothing is told any more: whoever listens hears the end.
    pub fn close(&self) {
        held(&self.topics).clear();
    }

    /// Pages that listen.
    pub fn listeners(&self) -> usize {
        held(&self.topics).values().map(watch::Sender::receiver_count).sum()
    }
}

/// Notes a change of a team; it is told when the transaction is committed.
pub(super) async fn changed(tx: &mut Tx, shop: &Shop, team: Uuid) -> Result<()> {
    crate::row! {
        struct Team {
            code: String,
        }
    }
    let row: Option<Team> = tx.fetch_optional("SELECT code FROM team WHERE id = $1", args![team]).await?;
    let Some(Team { code }) = row else { return Ok(()) };
    let by_bus = shop.kept.bus.get().is_some();
    if shop.db.engine() == Engine::Postgres && !by_bus {
        tx.execute("SELECT pg_notify($1, $2)", args![CHANNEL, code.as_str()]).await?;
    } else {
        let kept = shop.kept.clone();
        tx.after_commit(move || {
            if by_bus {
                held(&kept.teams.others).insert(code.clone());
            }
            kept.teams.touch(&code);
        });
    }
    Ok(())
}

/// Reads what was touched and hands it to the pages that look at it, for as long as the process runs.
pub async fn run(shop: &Shop) {
    let hub = &shop.kept.teams;
    let me = shop.kept.rooms.node(shop).simple().to_string();
    let hears = |said: Option<&str>| match said.map(|said| said.split_once(": ").unwrap_or(("", said))) {
        // Told in the transaction, by whichever node.
        Some(("", teams)) => teams.split(' ').for_each(|team| hub.touch(team)),
        Some((node, teams)) if node != me => teams.split(' ').for_each(|team| hub.touch(team)),
        Some(_) => {}
        None => hub.touch_all(),
    };
    tokio::join!(shop.bus().hear(CHANNEL, &hears), tell(shop));
}

async fn tell(shop: &Shop) {
    let hub = &shop.kept.teams;
    loop {
        hub.bell.notified().await;
        tokio::time::sleep(GATHER).await;
        let touched = std::mem::take(&mut *held(&hub.touched));
        let others: Vec<String> = std::mem::take(&mut *held(&hub.others)).into_iter().collect();
        if !others.is_empty() {
            // Nobody here waits for what the others are told.
            let shop = shop.clone();
            tokio::spawn(async move {
                let node = shop.kept.rooms.node(&shop).simple();
                for some in others.chunks(TOGETHER) {
                    if let Err(error) = shop.bus().tell(CHANNEL, &format!("{node}: {}", some.join(" "))).await {
                        tracing::warn!(error, "telling the other nodes of teams");
                        // Nobody looks after a team by himself.
                        tokio::time::sleep(AGAIN).await;
                        held(&shop.kept.teams.others).extend(some.iter().cloned());
                        shop.kept.teams.bell.notify_one();
                    }
                }
            });
        }
        for team in touched {
            if !hub.is_looked_at(&team) {
                continue;
            }
            match public(shop, &team).await {
                Ok(view) => hub.hand(&team, &serde_json::to_string(&view).unwrap_or_default()),
                Err(error) => tracing::warn!(team, %error, "reading a team for the pages that look at it"),
            }
        }
    }
}
