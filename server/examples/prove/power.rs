//! Power cuts. The writes and syncs of a shop under mixed traffic are recorded; then disks are built as a cut leaves them: what
//! was synced is there, and of what was not, each write is there, missing, or torn. On every one the shop must open, its books
//! must be in order, and everything must be there that was acknowledged before the cut.
//!
//! The control takes no notice of syncs, as `synchronous=OFF` would have it; then acknowledged orders are missing.

use crate::{
    Options,
    driver::Shopper,
    stage::{Stage, key, shim, sku},
};
use anyhow::{Context, Result, bail, ensure};
use shop::{Db, Rng, args, verify};
use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const SHOPPERS: usize = 12;
const TRAFFIC: Duration = Duration::from_secs(10);
/// States looked at for each round.
const STATES: usize = 100;
const SECTOR: usize = 512;

/// One thing that was recorded (`disk.rs`), and what this proof writes between: what was acknowledged.
enum Event {
    Write {
        file: usize,
        offset: usize,
        data: Vec<u8>,
    },
    Sync {
        file: usize,
    },
    Cut {
        file: usize,
        length: usize,
    },
    /// The reference of a payment, and the state it must be in.
    Said {
        reference: String,
        state: &'static str,
    },
}

/// What an acknowledgement promises, as the byte it is recorded with.
const SAID: [(u8, &str); 3] = [(10, "created"), (11, "captured"), (12, "cancelled")];

/// # Errors
/// When a state does not open, its books are wrong, or something acknowledged is missing from it.
pub async fn rounds(options: &Options) -> Result<String> {
    ensure!(options.postgres.is_none(), "the writes of SQLite are recorded");
    let dir = tempfile::tempdir()?;
    let record = dir.path().join("record");
    let mut env = shim(options)?;
    env.push(("DISK_RECORD", record.display().to_string()));
    let stage = Stage::open(options, env).await?;
    let rng = Arc::new(Rng::from_seed(options.seed));
    let people = stage.people(&format!("power{}x", hex::encode(rng.bytes::<3>())), SHOPPERS).await?;
    let from = std::fs::metadata(&record)?.len();
    traffic(&people, &rng, &record).await?;
    drop(stage);

    let (events, start) = read(&record, usize::try_from(from)?)?;
    let states = STATES * usize::try_from(options.rounds)?;
    let mut cuts: Vec<usize> = (0..states)
        .map(|_| start + usize::try_from(u32::from_le_bytes(rng.bytes())).unwrap_or(0) % (events.len() - start))
        .collect();
    cuts.sort_unstable();
    let mut disk = Disk::default();
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut at, mut lost, mut unsynced) = (0, 0, 0);
    let checkpoints = events[start..].iter().filter(|e| matches!(e, Event::Sync { file: 0 })).count();
    for (number, cut) in cuts.iter().enumerate() {
        for event in &events[at..*cut] {
            match event {
                Event::Said { reference, state } => drop(said.insert(reference, state)),
                Event::Sync { .. } if options.control && at >= start => {}
                other => disk.take(other),
            }
        }
        at = *cut;
        lost += disk.pending.len();
        unsynced += usize::from(!disk.pending.is_empty());
        let folder = scratch()?;
        disk.after_a_cut(&rng, number, folder.path())?;
        check(folder.path(), &said).await.with_context(|| format!("state {number}, cut after event {cut}"))?;
    }
    ensure!(!said.is_empty() && unsynced > 0, "nothing was at stake");
    Ok(format!(
        "power on SQLite: {} writes and syncs ({checkpoints} syncs of checkpoints), {states} disks after a cut, {unsynced} of them with {} unsynced writes on average: all open, {} acknowledged answers all there, 0 violations",
        events.len() - start,
        lost / unsynced.max(1),
        said.len()
    ))
}

/// Buys, pays and cancels for a while; what is acknowledged is put into the record where it happened.
async fn traffic(people: &[Shopper], rng: &Arc<Rng>, record: &Path) -> Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for (who, shopper) in people.iter().enumerate() {
        let form = shopper.form(sku(u128::try_from(who)?)).await?;
        let (shopper, rng, stop, record) = (shopper.clone(), rng.clone(), stop.clone(), record.to_owned());
        tasks.push(tokio::spawn(async move {
            for turn in who.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let Some(reference) = shopper.order(&form, &key(&rng)).await? else { break };
                say(&record, &reference, 0)?;
                match turn % 3 {
                    0 => {
                        let form = format!("reference={reference}&action=pay");
                        let paid = shopper.post("payment/sandbox", form).await?;
                        if paid.location.starts_with("/orders/") && is_paid(&shopper, &paid.location).await? {
                            say(&record, &reference, 1)?;
                        }
                    }
                    1 => {
                        let code = shopper.code_of(&reference).await?;
                        let gone = shopper.post("order/cancel", format!("code={code}")).await?;
                        if gone.location == format!("/orders/{code}") {
                            say(&record, &reference, 2)?;
                        }
                    }
                    _ => {}
                }
            }
            anyhow::Ok(())
        }));
    }
    tokio::time::sleep(TRAFFIC).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await??;
    }
    Ok(())
}

async fn is_paid(shopper: &Shopper, order: &str) -> Result<bool> {
    Ok(shopper.get(order).await?.text.contains("data-testid=\"order-status\" data-state=\"paid\""))
}

/// Appends an acknowledgement in one call, so that it stands between the writes as it happened.
fn say(record: &Path, reference: &str, what: usize) -> Result<()> {
    let mut bytes = vec![SAID[what].0, 0];
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(u32::try_from(reference.len())?.to_le_bytes());
    bytes.extend(reference.as_bytes());
    OpenOptions::new().append(true).open(record)?.write_all(&bytes)?;
    Ok(())
}

/// The events of a record, and the number of the first one behind byte `from`.
fn read(record: &Path, from: usize) -> Result<(Vec<Event>, usize)> {
    let bytes = std::fs::read(record)?;
    let (mut at, mut events, mut start) = (0, Vec::new(), 0);
    while at + 14 <= bytes.len() {
        if at < from {
            start = events.len() + 1;
        }
        let (kind, file) = (bytes[at], usize::from(bytes[at + 1]));
        let offset = usize::try_from(u64::from_le_bytes(bytes[at + 2..at + 10].try_into()?))?;
        let length = usize::try_from(u32::from_le_bytes(bytes[at + 10..at + 14].try_into()?))?;
        let data = bytes.get(at + 14..at + 14 + length).context("the record ends in the middle")?.to_vec();
        at += 14 + length;
        events.push(match kind {
            1 => Event::Write { file, offset, data },
            2 => Event::Sync { file },
            3 => Event::Cut { file, length: offset },
            said => {
                let (_, state) = SAID.into_iter().find(|(byte, _)| *byte == said).context("an unknown event")?;
                Event::Said { reference: String::from_utf8(data)?, state }
            }
        });
    }
    ensure!(start > 0 && start < events.len(), "nothing was recorded");
    Ok((events, start))
}

/// The database and its log: what is surely on the disk, and what was written after the last sync.
#[derive(Default)]
struct Disk<'e> {
    synced: [Vec<u8>; 2],
    pending: Vec<&'e Event>,
}

impl<'e> Disk<'e> {
    fn take(&mut self, event: &'e Event) {
        match event {
            Event::Sync { file: synced } => {
                let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition(|e| matches!(e, Event::Write { file, .. } | Event::Cut { file, .. } if file == synced));
                for event in now {
                    apply(&mut self.synced, event, |_| true);
                }
                self.pending = later;
            }
            other => self.pending.push(other),
        }
    }

    /// One disk as a cut may leave it: of the unsynced writes none, all, or each whole, missing or torn.
    fn after_a_cut(&self, rng: &Rng, number: usize, folder: &Path) -> Result<()> {
        let mut files = self.synced.clone();
        for event in &self.pending {
            let fate = match number % 4 {
                0 => 0,
                1 => 1,
                _ => rng.bytes::<1>()[0] % 3,
            };
            match fate {
                0 => {}
                1 => apply(&mut files, event, |_| true),
                _ => apply(&mut files, event, |_| rng.bytes::<1>()[0] % 2 == 0),
            }
        }
        for (name, bytes) in ["tuanju.db", "tuanju.db-wal"].iter().zip(&files) {
            std::fs::write(folder.join(name), bytes)?;
        }
        Ok(())
    }
}

/// Writes those sectors of an event that `arrives` says.
fn apply(files: &mut [Vec<u8>; 2], event: &Event, mut arrives: impl FnMut(usize) -> bool) {
    match event {
        Event::Write { file, offset, data } => {
            let target = &mut files[*file];
            if target.len() < offset + data.len() {
                target.resize(offset + data.len(), 0);
            }
            for (sector, piece) in data.chunks(SECTOR).enumerate() {
                if arrives(sector) {
                    let at = offset + sector * SECTOR;
                    target[at..at + piece.len()].copy_from_slice(piece);
                }
            }
        }
        Event::Cut { file, length } => {
            if arrives(0) {
                files[*file].truncate(*length);
            }
        }
        Event::Sync { .. } | Event::Said { .. } => {}
    }
}

/// In memory where there is a place for that: thousands of disks are built.
fn scratch() -> Result<tempfile::TempDir> {
    let memory = PathBuf::from("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
}

shop::row! {
    struct Known {
        provider_ref: String,
        payment: String,
        of_order: String,
    }
}

async fn check(folder: &Path, said: &BTreeMap<&str, &str>) -> Result<()> {
    let db = Db::open(&format!("sqlite:{}", folder.join("tuanju.db").display())).await?;
    let broken = verify::run(&db).await.map_err(|e| anyhow::anyhow!("{}", e.code()))?;
    if let Some(v) = broken.first() {
        bail!("{}: {:?}", v.name, v.rows);
    }
    let all = "SELECT p.provider_ref, p.state AS payment, o.state AS of_order FROM payment p JOIN orders o ON o.id = p.order_id";
    let known: BTreeMap<String, (String, String)> =
        db.scan::<Known>(all, args![]).await?.into_iter().map(|k| (k.provider_ref, (k.payment, k.of_order))).collect();
    for (reference, state) in said {
        let (payment, order) =
            known.get(*reference).with_context(|| format!("{reference} was acknowledged and is lost"))?;
        let fits = match *state {
            "captured" => payment == "captured",
            "cancelled" => order == "cancelled",
            _ => true,
        };
        ensure!(fits, "{reference} was acknowledged as {state} and is {order}, {payment}");
    }
    db.close().await;
    Ok(())
}
