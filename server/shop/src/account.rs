//! Accounts: register, prove who one is, change the password, second factor for staff.
//!
//! Invariants: only an argon2id hash of a password is kept; a known and an unknown name answer alike and after the same
//! work. Deliberately absent: sessions (`session`), limits on tries (the edge).

use crate::{Error, Result, Shop, args, db::Read, error::broken_row, search, session, totp};
use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::{Output, ParamsString, SaltString},
};
use domain::{
    Lang, Problem,
    account::{Handle, MeView, Password, Role, display_name},
    id::PersonId,
    search::{Kind, field},
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// A person as pages and checks need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub handle: String,
    pub display_name: String,
    pub role: Role,
}

impl From<Person> for MeView {
    fn from(p: Person) -> Self {
        Self { id: p.id, handle: p.handle, display_name: p.display_name, role: p.role }
    }
}

crate::row! {
    struct PersonRow {
        id: Uuid,
        handle: String,
        display_name: String,
        role: String,
        password_hash: String,
    }
}

impl PersonRow {
    fn person(self) -> Result<Person> {
        Ok(Person {
            id: PersonId(self.id),
            role: self.role.parse().map_err(|_| broken_row("person.role"))?,
            handle: self.handle,
            display_name: self.display_name,
        })
    }
}

/// argon2id m=19456 t=2 p=1 (OWASP password storage, first choice below 46 MiB).
fn params() -> Params {
    Params::new(19_456, 2, 1, None).unwrap_or_default()
}

/// Where argon2 works, 19 MiB for each that runs at the same time; kept, for a thread that takes them anew holds on to them.
type Desk = Vec<Block>;

/// What argon2id makes of a password, 32 bytes.
fn derive(desk: &mut Desk, params: Params, password: &[u8], salt: &[u8]) -> argon2::Result<[u8; 32]> {
    desk.resize(params.block_count(), Block::default());
    let mut out = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into_with_memory(password, salt, &mut out, desk)?;
    Ok(out)
}

/// The hash of a password as it is kept (PHC string format).
fn phc(desk: &mut Desk, password: &[u8], salt: &[u8]) -> Option<String> {
    let encoded = SaltString::encode_b64(salt).ok()?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params()).ok()?,
        salt: Some(encoded.as_salt()),
        hash: Some(Output::new(&derive(desk, params(), password, salt).ok()?).ok()?),
    };
    Some(hash.to_string())
}

/// Whether a password is the one of a kept hash.
fn matches(desk: &mut Desk, kept: &str, password: &[u8]) -> Option<bool> {
    let kept = PasswordHash::new(kept).ok().filter(|k| k.algorithm == Algorithm::Argon2id.ident())?;
    let mut salt = [0; 64];
    let salt = kept.salt?.decode_b64(&mut salt).ok()?;
    let made = derive(desk, Params::try_from(&kept).ok()?, password, salt).ok()?;
    // `Output` compares in constant time.
    Some(kept.hash? == Output::new(&made).ok()?)
}

fn slots(shop: &Shop) -> &'static Arc<Semaphore> {
    static SLOTS: OnceLock<Arc<Semaphore>> = OnceLock::new();
    SLOTS.get_or_init(|| Arc::new(Semaphore::new(shop.settings.password_slots)))
}

/// Runs argon2 off the async threads, a few at a time.
async fn hashing<T: Send + 'static>(shop: &Shop, work: impl FnOnce(&mut Desk) -> T + Send + 'static) -> Result<T> {
    static DESKS: Mutex<Vec<Desk>> = Mutex::new(Vec::new());
    let _slot = slots(shop).clone().acquire_owned().await.map_err(|_| Problem::internal())?;
    let at_a_desk = move || {
        let desks = || DESKS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut desk = desks().pop().unwrap_or_default();
        let done = work(&mut desk);
        desks().push(desk);
        done
    };
    tokio::task::spawn_blocking(at_a_desk).await.map_err(|_| Problem::internal().into())
}

async fn hash(shop: &Shop, password: Password) -> Result<String> {
    let salt: [u8; 16] = shop.rng.bytes();
    hashing(shop, move |desk| phc(desk, password.as_bytes(), &salt)).await?.ok_or_else(|| Problem::internal().into())
}

/// Somebody new. `password` is what was typed.
pub struct NewAccount {
    pub handle: String,
    pub display_name: String,
    pub password: String,
    pub role: Role,
}

/// Opens an account.
///
/// # Errors
/// `handle_form`, `handle_taken`, `name_form`, `password_short`, `password_long`, `password_same`.
pub async fn register(shop: &Shop, new: NewAccount) -> Result<Person> {
    let handle: Handle = new.handle.parse()?;
    let shown = if new.display_name.trim().is_empty() { handle.as_str() } else { &new.display_name };
    let shown = display_name(shown)?;
    let password: Password = new.password.parse()?;
    if new.password.eq_ignore_ascii_case(handle.as_str()) {
        return Err(Problem::new(422, "password_same").field("password").into());
    }
    let hash = hash(shop, password).await?;
    let now = shop.clock.now();
    let person = Person {
        id: PersonId(shop.rng.id(now)),
        handle: handle.as_str().to_owned(),
        display_name: shown,
        role: new.role,
    };
    let input = (person.clone(), hash, now);
    shop.db
        .write(input, |tx, (person, hash, now)| {
            Box::pin(async move {
                let inserted = tx
                    .execute(
                        "INSERT INTO person (id, handle, display_name, password_hash, role, created_at)
                         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                        args![
                            person.id,
                            person.handle.as_str(),
                            person.display_name.as_str(),
                            hash.as_str(),
                            person.role.name(),
                            *now
                        ],
                    )
                    .await?;
                if inserted == 0 {
                    return Err(Error::from(Problem::new(409, "handle_taken").field("name")));
                }
                search::changed(tx, Kind::Person, person.id.0).await
            })
        })
        .await?;
    Ok(person)
}

/// Who has this name and password.
///
/// # Errors
/// `login_wrong`, alike for unknown names, wrong passwords and banned accounts.
pub async fn authenticate(shop: &Shop, handle: &str, password: &str) -> Result<Person> {
    let wrong = || Error::from(Problem::new(401, "login_wrong").field("name"));
    let handle = handle.parse::<Handle>().map(|h| h.as_str().to_owned()).unwrap_or_default();
    let row: Option<PersonRow> = shop
        .db
        .fetch_optional(
            "SELECT id, handle, display_name, role, password_hash FROM person WHERE handle = $1 AND banned_at IS NULL",
            args![handle],
        )
        .await?;
    let stored = row.as_ref().map(|r| r.password_hash.clone());
    let given = password.as_bytes().to_vec();
    if given.len() > 1024 {
        return Err(wrong());
    }
    let right = hashing(shop, move |desk| verify(desk, stored.as_deref(), &given)).await?;
    match row {
        Some(row) if right => row.person(),
        _ => Err(wrong()),
    }
}

/// Compares with the stored hash, or does the same work for nobody.
fn verify(desk: &mut Desk, stored: Option<&str>, given: &[u8]) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = NOBODY.get_or_init(|| phc(desk, b"nobody", b"nobody at all 00").unwrap_or_default());
    let right = matches(desk, stored.unwrap_or(nobody), given).unwrap_or(false);
    right && stored.is_some()
}

/// Changes the password, and closes every other session.
///
/// # Errors
/// `login_wrong` when `old` is not the password; the form errors of the new one.
pub async fn change_password(shop: &Shop, me: &Person, keep: Uuid, old: &str, new: &str) -> Result<()> {
    let password: Password = new.parse()?;
    authenticate(shop, &me.handle, old).await.map_err(|e| match e {
        Error::Problem(p) if p.code == "login_wrong" => p.field("old").into(),
        other => other,
    })?;
    let hash = hash(shop, password).await?;
    shop.db
        .write((me.id, hash, keep), |tx, (id, hash, keep)| {
            Box::pin(async move {
                tx.execute("UPDATE person SET password_hash = $1 WHERE id = $2", args![hash.as_str(), *id]).await?;
                session::close_others(tx, *id, *keep).await
            })
        })
        .await
}

/// Sets a new password from the operator's shell and closes every session.
///
/// # Errors
/// `not_found` for an unknown name; the form errors.
pub async fn reset_password(shop: &Shop, handle: &str, new: &str) -> Result<()> {
    let password: Password = new.parse()?;
    let handle: Handle = handle.parse()?;
    let hash = hash(shop, password).await?;
    shop.db
        .write((handle, hash), |tx, (handle, hash)| {
            Box::pin(async move {
                crate::row! {
                    struct Id {
                        id: Uuid,
                    }
                }
                let row: Option<Id> =
                    tx.fetch_optional("SELECT id FROM person WHERE handle = $1", args![handle.as_str()]).await?;
                let id = PersonId(row.ok_or_else(Problem::not_found)?.id);
                tx.execute("UPDATE person SET password_hash = $1 WHERE id = $2", args![hash.as_str(), id]).await?;
                session::close_others(tx, id, Uuid::nil()).await
            })
        })
        .await
}

/// Changes the name that others see.
///
/// # Errors
/// `name_form`.
pub async fn rename(shop: &Shop, me: PersonId, name: &str) -> Result<()> {
    let name = display_name(name)?;
    shop.db
        .write((me, name), |tx, (me, name)| {
            Box::pin(async move {
                tx.execute("UPDATE person SET display_name = $1 WHERE id = $2", args![name.as_str(), *me]).await?;
                search::changed(tx, Kind::Person, me.0).await
            })
        })
        .await
}

/// Where my letters go, if I said so.
///
/// # Errors
/// What the database says.
pub async fn email(shop: &Shop, me: PersonId) -> Result<Option<String>> {
    crate::row! {
        struct Where {
            email: Option<String>,
        }
    }
    let row: Where = shop.db.fetch_one("SELECT email FROM person WHERE id = $1", args![me]).await?;
    Ok(row.email)
}

/// Says where letters go, and in which language they are written; nothing ends them.
///
/// # Errors
/// `email_form`.
pub async fn set_email(shop: &Shop, me: PersonId, lang: Lang, typed: &str) -> Result<()> {
    let email = domain::account::email_address(typed)?;
    shop.db
        .write((me, email, lang), |tx, (me, email, lang)| {
            Box::pin(async move {
                let lang = email.is_some().then(|| lang.tag().to_owned());
                tx.execute(
                    "UPDATE person SET email = $1, email_lang = $2 WHERE id = $3",
                    args![email.clone(), lang, *me],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

/// Gives somebody a new second factor; answers the secret, which is shown once.
///
/// # Errors
/// What the database says.
pub async fn set_second_factor(shop: &Shop, person: PersonId) -> Result<[u8; 20]> {
    let secret: [u8; 20] = shop.rng.bytes();
    shop.db
        .write((person, secret), |tx, (person, secret)| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE person SET totp_secret = $1, totp_last_step = 0 WHERE id = $2",
                    args![secret.as_slice(), *person],
                )
                .await?;
                Ok::<_, Error>(())
            })
        })
        .await?;
    Ok(secret)
}

crate::row! {
    struct FactorRow {
        totp_secret: Option<Vec<u8>>,
        totp_last_step: i64,
    }
}

/// Checks a code of the second factor and marks the session. A code works once.
///
/// # Errors
/// `second_factor_wrong`.
pub async fn second_factor(shop: &Shop, me: PersonId, session: Uuid, code: &str) -> Result<()> {
    let input = (me, session, code.to_owned(), shop.clock.now());
    shop.db
        .write(input, |tx, (me, session, code, now)| {
            Box::pin(async move {
                let wrong = || Error::from(Problem::new(401, "second_factor_wrong").field("code"));
                let row: Option<FactorRow> = tx
                    .fetch_optional("SELECT totp_secret, totp_last_step FROM person WHERE id = $1", args![*me])
                    .await?;
                let row = row.ok_or_else(wrong)?;
                let secret = row.totp_secret.ok_or_else(wrong)?;
                let step = totp::check(&secret, code, *now, row.totp_last_step).ok_or_else(wrong)?;
                let taken = tx
                    .execute(
                        "UPDATE person SET totp_last_step = $1 WHERE id = $2 AND totp_last_step < $1",
                        args![step, *me],
                    )
                    .await?;
                if taken == 0 {
                    return Err(wrong());
                }
                session::mark_second_factor(tx, *session).await
            })
        })
        .await
}

/// The current code of somebody's second factor. For the demo only, which shows it to whoever plays the operator.
///
/// # Errors
/// What the database says.
pub async fn demo_second_factor(shop: &Shop, me: PersonId) -> Result<Option<String>> {
    let row: Option<FactorRow> =
        shop.db.fetch_optional("SELECT totp_secret, totp_last_step FROM person WHERE id = $1", args![me]).await?;
    let step = totp::step(shop.clock.now());
    Ok(row.and_then(|r| {
        let next = step.max(r.totp_last_step + 1);
        r.totp_secret.map(|s| totp::code(&s, next))
    }))
}

/// What some people call themselves.
pub(crate) async fn names(shop: &Shop, people: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    crate::row! {
        struct Name {
            id: Uuid,
            display_name: String,
        }
    }
    let mut people = people.to_vec();
    people.sort_unstable();
    people.dedup();
    let mut found = HashMap::new();
    for batch in people.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Name> = shop
            .db
            .fetch_all(
                "SELECT id, display_name FROM person WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.id, r.display_name)));
    }
    Ok(found)
}

crate::row! {
    struct Face {
        id: Uuid,
        handle: String,
        display_name: String,
    }
}

/// Handle and name of some people.
///
/// # Errors
/// What the database says.
pub(crate) async fn faces(shop: &Shop, people: &[Uuid]) -> Result<HashMap<Uuid, (String, String)>> {
    let mut found = HashMap::new();
    for batch in people.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Face> = shop
            .db
            .fetch_all(
                "SELECT id, handle, display_name FROM person WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| (r.id, (r.handle, r.display_name))));
    }
    Ok(found)
}

/// What somebody may do.
///
/// # Errors
/// `not_found`.
pub(crate) async fn role(mut read: impl Read, who: PersonId) -> Result<Role> {
    crate::row! {
        struct Of {
            role: String,
        }
    }
    let rows: Vec<Of> = read.all("SELECT role FROM person WHERE id = $1 AND banned_at IS NULL", args![who]).await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    row.role.parse().map_err(|_| broken_row("person.role"))
}

/// When somebody's account was made.
///
/// # Errors
/// `not_found`.
pub(crate) async fn made_at(mut read: impl Read, who: PersonId) -> Result<domain::Millis> {
    crate::row! {
        struct Made {
            created_at: i64,
        }
    }
    let rows: Vec<Made> = read.all("SELECT created_at FROM person WHERE id = $1", args![who]).await?;
    Ok(rows.first().ok_or_else(Problem::not_found)?.created_at)
}

/// The people of some handles; those that nobody has are left out.
///
/// # Errors
/// What the database says.
pub(crate) async fn ids(mut read: impl Read, handles: &[String]) -> Result<Vec<PersonId>> {
    crate::row! {
        struct Id {
            id: Uuid,
        }
    }
    let mut found = Vec::new();
    for batch in handles.chunks(10) {
        let mut handles = batch.iter().map(String::as_str).chain(std::iter::repeat(""));
        let mut handle = || handles.next().unwrap_or_default();
        let rows: Vec<Id> = read
            .all(
                "SELECT id FROM person WHERE handle IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                args![
                    handle(),
                    handle(),
                    handle(),
                    handle(),
                    handle(),
                    handle(),
                    handle(),
                    handle(),
                    handle(),
                    handle()
                ],
            )
            .await?;
        found.extend(rows.into_iter().map(|r| PersonId(r.id)));
    }
    Ok(found)
}

/// Finds somebody by name.
///
/// # Errors
/// What the database says.
pub async fn find(shop: &Shop, handle: &str) -> Result<Option<Person>> {
    let row: Option<PersonRow> = shop
        .db
        .fetch_optional(
            "SELECT id, handle, display_name, role, password_hash FROM person WHERE handle = $1",
            args![handle],
        )
        .await?;
    row.map(PersonRow::person).transpose()
}

/// By what people are found; the shop's own people are nobody's to find.
pub(crate) async fn search_texts(shop: &Shop, people: &[Uuid]) -> Result<HashMap<Uuid, Vec<search::Text>>> {
    let mut found = HashMap::new();
    for batch in people.chunks(10) {
        let mut ids = batch.iter().copied().chain(std::iter::repeat(Uuid::nil()));
        let mut id = || ids.next().unwrap_or_default();
        let rows: Vec<Face> = shop
            .db
            .fetch_all(
                "SELECT id, handle, display_name FROM person WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                   AND banned_at IS NULL AND role IN ('shopper', 'creator', 'host')",
                args![id(), id(), id(), id(), id(), id(), id(), id(), id(), id()],
            )
            .await?;
        for row in rows {
            let texts = [row.display_name, row.handle].map(|text| search::Text::new(field::TITLE, text));
            found.insert(row.id, Vec::from(texts));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher, PasswordVerifier};

    #[test]
    fn a_kept_hash_is_what_any_argon2id_makes_and_takes() {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params());
        let salt = SaltString::encode_b64(b"sixteen of bytes").unwrap();
        let theirs = argon.hash_password(b"a long password", &salt).unwrap().to_string();
        let desk = &mut Desk::new();
        let ours = phc(desk, b"a long password", b"sixteen of bytes").unwrap();
        assert_eq!(ours, theirs);
        assert!(argon.verify_password(b"a long password", &PasswordHash::new(&ours).unwrap()).is_ok());
        assert_eq!(matches(desk, &theirs, b"a long password"), Some(true));
        assert_eq!(matches(desk, &theirs, b"a long passworD"), Some(false));
        assert_eq!(matches(desk, "nothing", b"a long password"), None);
    }
}
