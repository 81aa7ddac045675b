//! How open pages hear what happens in a room.
//!
//! A line, a price, the host's hand: each is written first, and touches its room when it is committed; a tick later every page that
//! looks at it is handed the same text. What was missed is read from the last lines, which are held here; hearts and who looks are
//! counted here and written once a second. A touched room is told to the other nodes ([`crate::bus`]) after the commit, outside of any
//! transaction that somebody waits for.

use super::{
    count::{self, Counted},
    read,
};
use crate::{Result, Shop, args, db::Tx};
use domain::{
    Code, Millis,
    id::PersonId,
    live::{ALIVE, CATCH_UP, Facts, Frame, LINES, LineView, MAX_HEARTS, State, fan::Did},
    time::{MINUTE, SECOND},
};
use futures_util::{StreamExt, stream};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

/// What the nodes say it on: the node that says it, and the rooms.
const CHANNEL: &str = "tuanju_room";
/// Rooms in one of these.
const TOGETHER: usize = 400;
/// Changes within so long are told as one; with many who listen, within so much longer.
const TICK: Duration = Duration::from_millis(100);
const TICK_OF_MANY: Duration = Duration::from_millis(200);
const MANY: usize = 2_000;
/// What nobody tells of (stock, prices) is looked at so often.
const LOOK: Duration = Duration::from_secs(1);
/// Frames that a slow page may be behind before it begins anew.
const BEHIND: usize = 32;
/// Who looks is counted up to so many on a node.
const MOST_SEEN: usize = 100_000;
/// Rooms that are read side by side: one that waits holds up no other.
const SIDE_BY_SIDE: usize = 8;
/// Who looks is said to the other nodes so often.
const SAY: Millis = 5 * SECOND;
/// How long somebody has seen it play is told so often, and a little later.
const TOLD: Millis = 35 * SECOND;

/// What is handed to every page of a room.
#[derive(Clone, Debug)]
pub struct Told {
    pub seq: i64,
    pub text: Arc<str>,
}

#[derive(Default)]
struct Inside {
    /// The last lines.
    lines: VecDeque<LineView>,
    seq: i64,
    facts: Option<Facts>,
    hearts: i64,
    seen: HashMap<u128, Seen>,
    /// When somebody said last how long he has seen it play.
    told: HashMap<u128, Millis>,
    said_at: Millis,
    said: i64,
    counted: Counted,
    wrote_at: Millis,
    /// The last minute of which it is written how many looked.
    minute: Millis,
}

/// Somebody who listens.
struct Seen {
    at: Millis,
    since: Millis,
    /// He has come in while it was on.
    counted: bool,
}

impl Inside {
    /// What is counted is of the show: neither of the time before it, nor of those who see it again.
    fn sells(&self) -> bool {
        self.facts.as_ref().is_some_and(|f| f.state.sells())
    }
}

/// A room that pages of this process look at.
pub struct Room {
    code: Code,
    /// None when nothing is told any more.
    news: Mutex<Option<broadcast::Sender<Told>>>,
    inside: Mutex<Inside>,
    /// What was counted is being written.
    writing: AtomicBool,
}

/// The rooms that pages of this process look at.
#[derive(Default)]
pub struct Hub {
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    touched: Mutex<HashSet<String>>,
    /// Rooms that the other nodes are told of.
    others: Mutex<HashSet<String>>,
    node: OnceLock<Uuid>,
    bell: Notify,
    /// Nobody listens any more.
    closed: AtomicBool,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(frame: &Frame) -> Arc<str> {
    serde_json::to_string(frame).unwrap_or_default().into()
}

impl Room {
    /// What is told from now on; it ends when the process does.
    pub fn listen(&self) -> broadcast::Receiver<Told> {
        held(&self.news).as_ref().map_or_else(|| broadcast::channel(1).1, broadcast::Sender::subscribe)
    }

    fn listeners(&self) -> usize {
        held(&self.news).as_ref().map_or(0, broadcast::Sender::receiver_count)
    }

    /// What somebody has missed who knows of the lines up to `after`, and what is true now.
    pub fn since(&self, after: i64) -> Told {
        let inside = held(&self.inside);
        let first = inside.lines.front().map_or(inside.seq, |l| l.seq - 1);
        let anew = after < first || after > inside.seq;
        let most = usize::try_from(LINES).unwrap_or(usize::MAX);
        let from = if anew { inside.lines.len().saturating_sub(most) } else { 0 };
        let after = if anew { 0 } else { after };
        let frame = Frame {
            seq: inside.seq,
            lines: inside.lines.iter().skip(from).filter(|l| l.seq > after).cloned().collect(),
            // Whoever was away may show what has been taken away.
            gone: inside.lines.iter().filter(|l| l.gone).map(|l| l.seq).collect(),
            facts: inside.facts.clone(),
            anew,
        };
        Told { seq: inside.seq, text: text(&frame) }
    }

    /// That there is nothing new behind a line.
    pub fn nothing(&self, seq: i64) -> Told {
        Told { seq, text: text(&Frame { seq, ..Frame::default() }) }
    }

    /// Somebody looks, and listens.
    pub fn seen(&self, who: u128, now: Millis) {
        let mut inside = held(&self.inside);
        let sells = inside.sells();
        if let Some(seen) = inside.seen.get_mut(&who) {
            seen.at = now;
            // Whoever waited for it to begin comes in when it does.
            if !sells || std::mem::replace(&mut seen.counted, true) {
                return;
            }
            seen.since = now;
        } else if inside.seen.len() < MOST_SEEN {
            inside.seen.insert(who, Seen { at: now, since: now, counted: sells });
        } else {
            return;
        }
        if sells {
            inside.counted.entered(who);
        }
    }

    /// Somebody has come in who may not listen: how long he stays is not known.
    pub fn entered(&self, who: u128) {
        let mut inside = held(&self.inside);
        if inside.sells() && !inside.seen.contains_key(&who) {
            inside.counted.entered(who);
        }
    }

    /// Somebody who looks says how long he has seen it play since he said so last; more than the time that has gone is not believed. He may
    /// listen on another node: then no more is than is told at once.
    /// `me`: who he is, when that is known.
    pub fn watched(&self, who: u128, me: Option<PersonId>, ms: Millis, now: Millis) {
        let mut inside = held(&self.inside);
        if !inside.sells() {
            return;
        }
        let since = inside.told.get(&who).copied().unwrap_or(now - TOLD);
        let since = inside.seen.get(&who).map_or(since, |seen| seen.since.max(since));
        let ms = ms.clamp(0, (now - since).max(0));
        if inside.told.len() < MOST_SEEN || inside.told.contains_key(&who) {
            inside.told.insert(who, now);
            inside.counted.watched(who, ms);
            if let Some(me) = me.filter(|_| ms > 0) {
                inside.counted.does(me, Did { ms, ..Did::default() });
            }
        }
    }

    /// Somebody who looks wants to see more of what has a place in the bag.
    pub fn clicked(&self, who: u128, place: i64) {
        let mut inside = held(&self.inside);
        if inside.sells() {
            inside.counted.clicked(who, place);
        }
    }

    /// Hearts of somebody who looks; `me`: who he is, when that is known.
    pub fn heart(&self, me: Option<PersonId>, many: i64) {
        let hearts = many.clamp(0, MAX_HEARTS);
        let mut inside = held(&self.inside);
        inside.hearts += hearts;
        if let Some(me) = me.filter(|_| hearts > 0 && inside.sells()) {
            inside.counted.does(me, Did { hearts, ..Did::default() });
        }
    }

    /// Writes what was counted; what could not be waits once more.
    async fn write(&self, shop: &Shop) {
        let counted = std::mem::take(&mut held(&self.inside).counted);
        if let Err((left, error)) = count::write(shop, &self.code, counted).await {
            tracing::warn!(room = self.code.as_str(), %error, "writing what was counted of a room");
            held(&self.inside).counted.back(left);
        }
    }

    fn idle(&self) -> bool {
        self.listeners() == 0 && {
            let inside = held(&self.inside);
            inside.hearts == 0 && inside.seen.is_empty() && inside.said == 0 && inside.counted.is_empty()
        }
    }
}

impl Hub {
    /// A room that somebody looks at who may; it is read when nobody did before.
    ///
    /// # Errors
    /// `not_found`, and what the database says.
    pub async fn enter(&self, shop: &Shop, code: &Code) -> Result<Arc<Room>> {
        if let Some(room) = held(&self.rooms).get(code.as_str()) {
            return Ok(room.clone());
        }
        read::is_there(shop, code).await?;
        let room = Arc::new(Room {
            code: code.clone(),
            news: Mutex::new((!self.closed.load(Ordering::Acquire)).then(|| broadcast::channel(BEHIND).0)),
            inside: Mutex::default(),
            writing: AtomicBool::new(false),
        });
        let lines = read::ring(shop, code).await?;
        let (_, _, facts) = read::facts(shop, code).await?;
        {
            let mut inside = held(&room.inside);
            inside.seq = lines.last().map_or(0, |l| l.seq);
            inside.lines = lines.into();
            inside.facts = Some(facts);
        }
        let room = held(&self.rooms).entry(code.as_str().to_owned()).or_insert(room).clone();
        // What came while it was read.
        self.touch(code.as_str());
        Ok(room)
    }

    /// Somebody has come in to a room that is held here.
    pub fn entered(&self, code: &Code, who: u128) {
        let room = held(&self.rooms).get(code.as_str()).cloned();
        if let Some(room) = room {
            room.entered(who);
        }
    }

    fn touch(&self, code: &str) {
        if held(&self.rooms).contains_key(code) {
            held(&self.touched).insert(code.to_owned());
            self.bell.notify_one();
        }
    }

    /// Pages that listen.
    pub fn listeners(&self) -> usize {
        held(&self.rooms).values().map(|r| r.listeners()).sum()
    }

    /// Writes what was counted since it was written last.
    pub async fn write(&self, shop: &Shop) {
        let rooms: Vec<Arc<Room>> = held(&self.rooms).values().cloned().collect();
        for room in rooms {
            room.write(shop).await;
        }
    }

    /// Nothing is told any more: whoever listens hears the end.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for room in held(&self.rooms).values() {
            // Those who listen hold the room, too.
            held(&room.news).take();
        }
    }

    /// What this process is called among the others.
    pub(crate) fn node(&self, shop: &Shop) -> Uuid {
        *self.node.get_or_init(|| shop.rng.id(shop.clock.now()))
    }
}

/// Notes a change of a room; it is told when the transaction is committed.
pub(crate) fn changed(tx: &mut Tx, shop: &Shop, code: &Code) {
    let (kept, code) = (shop.kept.clone(), code.clone());
    let many = shop.bus().has_others();
    tx.after_commit(move || {
        kept.rooms.touch(code.as_str());
        if many {
            held(&kept.rooms.others).insert(code.as_str().to_owned());
            kept.rooms.bell.notify_one();
        }
    });
}

/// Tells the pages that look at rooms what happens in them, for as long as the process runs.
pub async fn run(shop: &Shop) {
    let hub = &shop.kept.rooms;
    let me = hub.node(shop).simple().to_string();
    let hears = |said: Option<&str>| match said.and_then(|s| s.split_once(' ')) {
        Some((node, rooms)) if node != me => rooms.split(' ').for_each(|code| hub.touch(code)),
        Some(_) => {}
        None => {
            let all: Vec<String> = held(&hub.rooms).keys().cloned().collect();
            all.iter().for_each(|code| hub.touch(code));
        }
    };
    tokio::join!(shop.bus().hear(CHANNEL, &hears), tell(shop));
}

async fn tell(shop: &Shop) {
    let hub = &shop.kept.rooms;
    let mut looked = tokio::time::Instant::now();
    loop {
        let rung = tokio::time::timeout(LOOK, hub.bell.notified()).await.is_ok();
        // What is looked at in its time is told at once; a burst is told as one.
        if rung {
            tokio::time::sleep(if hub.listeners() > MANY { TICK_OF_MANY } else { TICK }).await;
        }
        let touched = std::mem::take(&mut *held(&hub.touched));
        let all = looked.elapsed() >= LOOK;
        if all {
            looked = tokio::time::Instant::now();
        }
        let rooms: Vec<Arc<Room>> = held(&hub.rooms).values().cloned().collect();
        let due = rooms.into_iter().filter(|r| all || touched.contains(r.code.as_str()));
        stream::iter(due).for_each_concurrent(SIDE_BY_SIDE, |room| one(shop, room, all)).await;
        let others = std::mem::take(&mut *held(&hub.others));
        if !others.is_empty() {
            // Nobody here waits for what the others are told.
            let shop = shop.clone();
            tokio::spawn(async move {
                let (node, others) = (shop.kept.rooms.node(&shop).simple(), others.into_iter().collect::<Vec<_>>());
                for some in others.chunks(TOGETHER) {
                    // What is not told is looked for, a second later.
                    if let Err(error) = shop.bus().tell(CHANNEL, &format!("{node} {}", some.join(" "))).await {
                        tracing::warn!(error, "telling the other nodes of rooms");
                    }
                }
            });
        }
    }
}

/// Tells what is new in one room; one that nobody looks at any more is forgotten.
async fn one(shop: &Shop, room: Arc<Room>, all: bool) {
    let hub = &shop.kept.rooms;
    if let Err(error) = if all { look(shop, &room).await } else { hand(shop, &room).await } {
        tracing::warn!(room = room.code.as_str(), %error, "telling what happens in a room");
    }
    if all && room.idle() {
        let mut rooms = held(&hub.rooms);
        // Nobody has come in meanwhile: the table and this hold it.
        if Arc::strong_count(&room) <= 2 {
            rooms.remove(room.code.as_str());
        }
    }
}

/// Writes what was counted, and tells what is new.
async fn look(shop: &Shop, room: &Arc<Room>) -> Result<()> {
    let now = shop.clock.now();
    let (hearts, say, counts, minute) = {
        let mut inside = held(&room.inside);
        inside.seen.retain(|_, seen| seen.at > now - ALIVE);
        inside.told.retain(|_, at| *at > now - 2 * TOLD);
        let viewers = i64::try_from(inside.seen.len()).unwrap_or(i64::MAX);
        let due = viewers != inside.said || (viewers > 0 && now - inside.said_at >= SAY);
        if due {
            (inside.said, inside.said_at) = (viewers, now);
        }
        let minute = now - now.rem_euclid(MINUTE);
        let fresh = minute != inside.minute && inside.facts.as_ref().is_some_and(|f| f.state == State::Live);
        if fresh {
            inside.minute = minute;
        }
        let counts = !inside.counted.is_empty() && now - inside.wrote_at >= SAY;
        if counts {
            inside.wrote_at = now;
        }
        (std::mem::take(&mut inside.hearts), due.then_some(viewers), counts, fresh)
    };
    if counts && !room.writing.swap(true, Ordering::AcqRel) {
        let (shop, room) = (shop.clone(), room.clone());
        // Nobody who looks waits for what is only counted.
        tokio::spawn(async move {
            room.write(&shop).await;
            room.writing.store(false, Ordering::Release);
        });
    }
    if hearts > 0 || say.is_some() {
        let input = (room.code.clone(), shop.kept.rooms.node(shop), hearts, say, now);
        let wrote = shop.db.write(input, |tx, (code, node, hearts, say, now)| {
            Box::pin(async move {
                if *hearts > 0 {
                    tx.execute("UPDATE room SET hearts = hearts + $1 WHERE code = $2", args![*hearts, code.as_str()])
                        .await?;
                }
                if let Some(viewers) = say {
                    tx.execute(
                        "INSERT INTO room_node (room_id, node, viewers, at) SELECT id, $1, $2, $3 FROM room WHERE code = $4
                         ON CONFLICT (room_id, node) DO UPDATE SET viewers = excluded.viewers, at = excluded.at",
                        args![*node, *viewers, *now, code.as_str()],
                    )
                    .await?;
                    tx.execute(
                        "UPDATE room SET peak = (SELECT SUM(n.viewers) FROM room_node n WHERE n.room_id = room.id AND n.at > $1)
                         WHERE code = $2 AND state = 'live' AND peak < (SELECT SUM(n.viewers) FROM room_node n WHERE n.room_id = room.id AND n.at > $1)",
                        args![*now - ALIVE, code.as_str()],
                    )
                    .await?;
                }
                Ok::<_, crate::Error>(())
            })
        });
        if let Err(error) = wrote.await {
            tracing::warn!(room = room.code.as_str(), %error, "counting who looks at a room");
            // Counted once more, and said once more.
            let mut inside = held(&room.inside);
            inside.hearts += hearts;
            inside.said_at = 0;
        }
    }
    if minute && let Err(error) = count::moment(shop, &room.code, now).await {
        tracing::warn!(room = room.code.as_str(), %error, "writing how many look at a room");
    }
    // What is over changes only when somebody says so.
    if hearts == 0 && held(&room.inside).facts.as_ref().is_some_and(|f| f.state == State::Ended) {
        return Ok(());
    }
    hand(shop, room).await
}

/// Tells what is new to the pages that look at a room.
async fn hand(shop: &Shop, room: &Room) -> Result<()> {
    let (seq, oldest) = {
        let inside = held(&room.inside);
        (inside.seq, inside.lines.front().map_or(0, |l| l.seq))
    };
    let lines = read::newer(shop, &room.code, seq).await?;
    let gone = read::gone(shop, &room.code, oldest).await?;
    let (_, _, facts) = read::facts(shop, &room.code).await?;
    let mut inside = held(&room.inside);
    // More came at once than is caught up on.
    let anew = lines.first().is_some_and(|l| l.seq > seq + 1);
    if anew {
        inside.lines.clear();
    }
    inside.seq = lines.last().map_or(seq, |l| l.seq);
    inside.lines.extend(lines.iter().cloned());
    let most = usize::try_from(CATCH_UP).unwrap_or(usize::MAX);
    while inside.lines.len() > most {
        inside.lines.pop_front();
    }
    let mut fresh = Vec::new();
    for line in inside.lines.iter_mut().filter(|l| !l.gone && gone.contains(&l.seq)) {
        line.gone = true;
        line.text = String::new();
        fresh.push(line.seq);
    }
    let facts = (inside.facts.as_ref() != Some(&facts)).then_some(facts);
    if facts.is_some() {
        inside.facts.clone_from(&facts);
    }
    if !lines.is_empty() || !fresh.is_empty() || facts.is_some() {
        let frame = Frame { seq: inside.seq, lines, gone: fresh, facts, anew };
        if let Some(news) = &*held(&room.news) {
            let _ = news.send(Told { seq: frame.seq, text: text(&frame) });
        }
    }
    Ok(())
}
