//! Backup and restore: the whole shop in one file, taken while writes go on, checked before anybody trusts it.
//!
//! The file is a zstd-compressed tar: `manifest.json` (SHA-256 of every member), then the database as `db/copy.rs` writes it
//! (below `database/`), the stored files (below `files/`) and what live rooms showed (below `live/`), if it is to come along.

use crate::{
    Db,
    db::{DbError, Engine, SQLITE_FILE, engine_of},
    verify,
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// Why a backup could not be written or trusted.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the folder {0} is not empty")]
    NotEmpty(PathBuf),
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    #[error("the restored shop breaks an invariant: {0}")]
    Violated(String),
    #[error("this is a backup of PostgreSQL: say with --database which empty database it goes into")]
    DatabaseNeeded,
}

type Result<T> = std::result::Result<T, BackupError>;

/// Writes a backup; answers its size in bytes. `data`: the data folder, whose stored files come along; `recordings`: with what live
/// rooms showed, which is most of all bytes.
///
/// # Errors
/// What the disk or the database says; nothing half-written is left under the name.
pub async fn backup(db: &Db, data: &Path, file: &Path, recordings: bool) -> Result<u64> {
    let parent = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let work = parent.join(format!(".backup-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    // On the disk of the files, so that a second name keeps each of them for as long as this takes.
    let held = data.join(format!("{HELD}{}-{}", std::process::id(), uuid::Uuid::now_v7().simple()));
    sweep(data);
    fs::create_dir_all(data)?;
    fs::create_dir(&held)?;
    let result = write(db, data, file, (&work, &held), recordings).await;
    let _ = fs::remove_dir_all(&work);
    let _ = fs::remove_dir_all(&held);
    result
}

/// What folders of second names are called.
const HELD: &str = ".backup-";
/// No backup takes so long.
const LEFT: Duration = Duration::from_hours(24);

/// Removes the second names that a backup which was killed has left: they would keep for ever what is deleted.
fn sweep(data: &Path) {
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        let old = entry.metadata().and_then(|m| m.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|a| a > LEFT));
        if old && entry.file_name().to_string_lossy().starts_with(HELD) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Every file below `from` with its name in the backup, each under a second name below `to` where the disk gives one. What is not
/// there any more is left out, and what is only half written.
fn hold(from: &Path, to: &Path, name: &str, found: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry?;
        let (path, held) = (entry.path(), to.join(entry.file_name()));
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if name.ends_with(".half") {
            continue;
        }
        // What a link leads to.
        match fs::metadata(&path) {
            Ok(of) if of.is_dir() => {
                hold(&path, &held, &name, found)?;
                continue;
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        }
        fs::create_dir_all(to)?;
        match fs::hard_link(&path, &held) {
            Ok(()) => found.insert(name, held),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // Another disk, or one without second names: it is read where it is.
            Err(_) => found.insert(name, path),
        };
    }
    Ok(())
}

async fn write(db: &Db, data: &Path, file: &Path, (work, held): (&Path, &Path), recordings: bool) -> Result<u64> {
    let copy = work.join("database");
    fs::create_dir_all(&copy)?;
    // First what is told of files, then the files: what is told of is there.
    db.copy_into(&copy).await?;
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(&copy)? {
        let entry = entry?;
        all.insert(format!("database/{}", entry.file_name().to_string_lossy()), entry.path());
    }
    for name in ["files", "live"].into_iter().filter(|name| recordings || *name != "live") {
        hold(&data.join(name), &held.join(name), name, &mut all)?;
    }
    let mut sums: BTreeMap<String, String> = BTreeMap::new();
    for (name, path) in &all {
        match File::open(path) {
            Ok(file) => {
                sums.insert(name.clone(), sum_of(file)?);
            }
            // A picture that is deleted meanwhile is in no backup of later.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !name.starts_with("database/") => {}
            Err(error) => return Err(error.into()),
        }
    }
    all.retain(|name, _| sums.contains_key(name));
    let manifest = serde_json::to_vec_pretty(&sums).unwrap_or_default();
    let part = work.join("part");
    {
        let packed = zstd::Encoder::new(File::create(&part)?, 3)?;
        let mut tar = tar::Builder::new(packed);
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(manifest.len()).unwrap_or(0));
        header.set_mode(0o600);
        header.set_cksum();
        tar.append_data(&mut header, "manifest.json", manifest.as_slice())?;
        for (name, path) in &all {
            tar.append_file(name, &mut File::open(path)?)?;
        }
        tar.into_inner()?.finish()?.sync_all()?;
    }
    fs::rename(&part, file)?;
    Ok(fs::metadata(file)?.len())
}

fn sum_of(mut from: impl io::Read) -> Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(buffer.get(..n).unwrap_or_default());
    }
}

/// Unpacks a backup into an empty folder, compares every sum, and runs every invariant on it. `database`: the empty
/// `PostgreSQL` database that a backup of one goes into.
///
/// # Errors
/// [`BackupError::NotEmpty`], [`BackupError::Damaged`], [`BackupError::Violated`], [`BackupError::DatabaseNeeded`]; then the
/// folder is left empty.
pub async fn restore(file: &Path, into: &Path, database: Option<&str>) -> Result<()> {
    if fs::read_dir(into).is_ok_and(|mut d| d.next().is_some()) {
        return Err(BackupError::NotEmpty(into.to_owned()));
    }
    fs::create_dir_all(into)?;
    let result = unpack(file, into, database).await;
    if result.is_err() {
        let _ = fs::remove_dir_all(into);
        let _ = fs::create_dir_all(into);
    }
    result
}

async fn unpack(file: &Path, into: &Path, database: Option<&str>) -> Result<()> {
    let damaged = |what: &str| BackupError::Damaged(what.to_owned());
    let mut tar = tar::Archive::new(zstd::Decoder::new(File::open(file)?)?);
    let mut sums: Option<BTreeMap<String, String>> = None;
    for entry in tar.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let Some(sums) = &mut sums else {
            if name != "manifest.json" {
                return Err(damaged("no manifest"));
            }
            let mut text = Vec::new();
            (&mut entry).take(1 << 24).read_to_end(&mut text)?;
            sums = Some(serde_json::from_slice(&text).map_err(|_| damaged("the manifest"))?);
            continue;
        };
        let expected = sums.remove(&name).ok_or_else(|| damaged(&name))?;
        // Names come from the manifest that we wrote; still, nothing leaves the folder.
        if !entry.unpack_in(into)? || sum_of(File::open(into.join(&name))?)? != expected {
            return Err(damaged(&name));
        }
    }
    if !sums.ok_or_else(|| damaged("empty"))?.is_empty() {
        return Err(damaged("files are missing"));
    }
    let copy = into.join("database");
    let db = match engine_of(&copy) {
        Engine::Sqlite => {
            let file = into.join(SQLITE_FILE);
            fs::rename(copy.join(SQLITE_FILE), &file)?;
            Db::open(&format!("sqlite:{}", file.display())).await?
        }
        Engine::Postgres => {
            let db = Db::open(database.ok_or(BackupError::DatabaseNeeded)?).await?;
            db.fill_from(&copy).await?;
            db
        }
    };
    fs::remove_dir_all(&copy)?;
    let broken = verify::run(&db).await.map_err(|e| damaged(&e.to_string()))?;
    db.close().await;
    match broken.first() {
        Some(v) => Err(BackupError::Violated(v.name.to_owned())),
        None => Ok(()),
    }
}
