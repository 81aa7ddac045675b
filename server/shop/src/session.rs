//! Sessions: who is looking, from which browser.
//!
//! Invariants: only the SHA-256 of a token is kept; a login makes a new token and ends the old session; logout, password
//! change and ban end sessions at once. A guest has a session too, as soon as there is something to keep.

use crate::{Error, Result, Shop, account::Person, args, cart, consent::Purpose, db::Tx, error::broken_row};
use domain::{
    Millis, Problem,
    account::{Role, SessionView},
    id::{PersonId, SessionId, VisitorId},
    time::{DAY, MINUTE},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A session ends so long after it was last used.
pub const IDLE: Millis = 30 * DAY;

/// `seen_at` is written at most so often.
const SEEN_STEP: Millis = 10 * MINUTE;

/// Who is looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub session: SessionId,
    pub visitor: VisitorId,
    pub person: Option<Person>,
    pub second_factor: bool,
    /// Whether he has agreed that it is remembered what he looks at.
    pub personal: bool,
    seen_at: Millis,
}

impl Viewer {
    pub fn role(&self) -> Role {
        self.person.as_ref().map_or(Role::Guest, |p| p.role)
    }

    /// Who owns the cart: the person, or the visitor before login.
    pub fn owner(&self) -> Uuid {
        self.person.as_ref().map_or(self.visitor.0, |p| p.id.0)
    }
}

/// What the browser keeps: 32 random bytes, as 64 hex digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn new(shop: &Shop) -> Self {
        Self(hex::encode(shop.rng.bytes::<32>()))
    }

    /// A token as it came from a cookie; anything that is not one finds no session.
    pub fn from_cookie(text: &str) -> Option<Self> {
        (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

crate::row! {
    struct ViewerRow {
        id: Uuid,
        visitor_id: Uuid,
        second_factor: bool,
        seen_at: i64,
        person_id: Option<Uuid>,
        handle: Option<String>,
        display_name: Option<String>,
        role: Option<String>,
        personal: bool,
    }
}

/// Who holds this token, if the session is alive.
///
/// # Errors
/// What the database says.
#[tracing::instrument(level = "debug", skip_all, name = "session")]
pub async fn find(shop: &Shop, token: &Token) -> Result<Option<Viewer>> {
    let now = shop.clock.now();
    let row: Option<ViewerRow> = shop
        .db
        .fetch_optional(
            "SELECT s.id, s.visitor_id, s.second_factor, s.seen_at, p.id AS person_id, p.handle, p.display_name, p.role,
                    EXISTS (SELECT 1 FROM consent c WHERE c.person_id = s.person_id AND c.purpose = 'personal' AND c.withdrawn_at IS NULL AND c.version = $3) AS personal
             FROM session s LEFT JOIN person p ON p.id = s.person_id
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND p.banned_at IS NULL",
            args![token.hash().as_slice(), now, Purpose::Personal.version()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let person = match (row.person_id, row.handle, row.display_name, row.role) {
        (Some(id), Some(handle), Some(display_name), Some(role)) => Some(Person {
            id: PersonId(id),
            handle,
            display_name,
            role: role.parse().map_err(|_| broken_row("person.role"))?,
        }),
        _ => None,
    };
    Ok(Some(Viewer {
        session: SessionId(row.id),
        visitor: VisitorId(row.visitor_id),
        person,
        second_factor: row.second_factor,
        seen_at: row.seen_at,
        personal: row.personal,
    }))
}

/// Whether it is time to note that the session is in use.
pub fn wants_touch(shop: &Shop, viewer: &Viewer) -> bool {
    shop.clock.now() - viewer.seen_at > SEEN_STEP
}

/// Notes that the session is in use, and lets it live on.
///
/// # Errors
/// What the database says.
pub async fn touch(shop: &Shop, session: SessionId) -> Result<()> {
    shop.db
        .write((session, shop.clock.now()), |tx, (session, now)| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE session SET seen_at = $1, expires_at = $2 WHERE id = $3",
                    args![*now, *now + IDLE, *session],
                )
                .await?;
                Ok(())
            })
        })
        .await
}

struct NewSession {
    id: SessionId,
    hash: Vec<u8>,
    person: Option<PersonId>,
    visitor: VisitorId,
    agent: String,
    second_factor: bool,
    now: Millis,
}

async fn insert(tx: &mut Tx, new: &NewSession) -> Result<()> {
    tx.execute(
        "INSERT INTO session (id, token_hash, person_id, visitor_id, agent, second_factor, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        args![
            new.id,
            new.hash.as_slice(),
            new.person.map(|p| p.0),
            new.visitor,
            new.agent.as_str(),
            new.second_factor,
            new.now,
            new.now + IDLE
        ],
    )
    .await?;
    Ok(())
}

/// Opens a session for somebody without an account. `agent`: what the browser calls itself.
///
/// # Errors
/// What the database says.
pub async fn open_guest(shop: &Shop, agent: &str) -> Result<(Token, Viewer)> {
    let now = shop.clock.now();
    let token = Token::new(shop);
    let visitor = VisitorId(shop.rng.id(now));
    let new = NewSession {
        id: SessionId(shop.rng.id(now)),
        hash: token.hash(),
        person: None,
        visitor,
        agent: agent_name(agent),
        second_factor: false,
        now,
    };
    let viewer = Viewer { session: new.id, visitor, person: None, second_factor: false, personal: false, seen_at: now };
    shop.db.write(new, |tx, new| Box::pin(insert(tx, new))).await?;
    Ok((token, viewer))
}

/// Opens a session for somebody who has proved who he is. The old session ends; what the guest had in the cart comes along.
///
/// # Errors
/// What the database says.
pub async fn log_in(
    shop: &Shop,
    person: &Person,
    old: Option<&Viewer>,
    agent: &str,
    second_factor: bool,
) -> Result<Token> {
    let now = shop.clock.now();
    let token = Token::new(shop);
    let visitor = old.map_or_else(|| VisitorId(shop.rng.id(now)), |v| v.visitor);
    let new = NewSession {
        id: SessionId(shop.rng.id(now)),
        hash: token.hash(),
        person: Some(person.id),
        visitor,
        agent: agent_name(agent),
        second_factor,
        now,
    };
    let guest = old.filter(|v| v.person.is_none()).map(|v| v.visitor);
    let input = (new, old.map(|v| v.session), guest, person.id, now);
    shop.db
        .write(input, |tx, (new, old, guest, person, now)| {
            Box::pin(async move {
                if let Some(old) = old {
                    tx.execute("DELETE FROM session WHERE id = $1", args![*old]).await?;
                }
                insert(tx, new).await?;
                if let Some(guest) = guest {
                    cart::take_over(tx, guest.0, person.0, *now).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    Ok(token)
}

/// Ends one of my sessions.
///
/// # Errors
/// `not_found` for one that is not mine.
pub async fn close(shop: &Shop, me: PersonId, session: SessionId) -> Result<()> {
    shop.db
        .write((me, session), |tx, (me, session)| {
            Box::pin(async move {
                let gone =
                    tx.execute("DELETE FROM session WHERE id = $1 AND person_id = $2", args![*session, *me]).await?;
                if gone == 0 { Err(Problem::not_found().into()) } else { Ok(()) }
            })
        })
        .await
}

/// Ends the session that is looking.
///
/// # Errors
/// What the database says.
pub async fn log_out(shop: &Shop, viewer: &Viewer) -> Result<()> {
    shop.db
        .write(viewer.session, |tx, session| {
            Box::pin(async move {
                tx.execute("DELETE FROM session WHERE id = $1", args![*session]).await?;
                Ok(())
            })
        })
        .await
}

pub(crate) async fn close_others(tx: &mut Tx, person: PersonId, keep: Uuid) -> Result<()> {
    tx.execute("DELETE FROM session WHERE person_id = $1 AND id <> $2", args![person, keep]).await?;
    Ok(())
}

pub(crate) async fn mark_second_factor(tx: &mut Tx, session: Uuid) -> Result<()> {
    tx.execute("UPDATE session SET second_factor = $1 WHERE id = $2", args![true, session]).await?;
    Ok(())
}

crate::row! {
    struct SessionRow {
        id: Uuid,
        agent: String,
        created_at: i64,
        seen_at: i64,
    }
}

/// My sessions, the one in use first, then the latest.
///
/// # Errors
/// What the database says.
pub async fn list(shop: &Shop, me: PersonId, current: SessionId) -> Result<Vec<SessionView>> {
    let rows: Vec<SessionRow> = shop
        .db
        .fetch_all(
            "SELECT id, agent, created_at, seen_at FROM session WHERE person_id = $1 AND expires_at > $2 ORDER BY seen_at DESC LIMIT 50",
            args![me, shop.clock.now()],
        )
        .await?;
    let mut views: Vec<SessionView> = rows
        .into_iter()
        .map(|r| SessionView {
            current: r.id == current.0,
            id: SessionId(r.id),
            agent: r.agent,
            created_at: r.created_at,
            seen_at: r.seen_at,
        })
        .collect();
    views.sort_by_key(|v| !v.current);
    Ok(views)
}

/// Sweeps out sessions that have ended.
///
/// # Errors
/// What the database says.
pub async fn sweep(shop: &Shop) -> Result<u64> {
    shop.db
        .write(shop.clock.now(), |tx, now| {
            Box::pin(async move { Ok(tx.execute("DELETE FROM session WHERE expires_at <= $1", args![*now]).await?) })
        })
        .await
}

/// "Chrome, Android" out of a User-Agent: enough to know one's own device by.
fn agent_name(agent: &str) -> String {
    let pick =
        |names: &[(&'static str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, n)| *n);
    let browser = pick(&[
        ("MicroMessenger", "WeChat"),
        ("Line/", "LINE"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = pick(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    [browser, system].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn devices_are_named_as_their_owners_know_them() {
        let wechat = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile MicroMessenger/8.0.47";
        assert_eq!(super::agent_name(wechat), "WeChat, Android");
        assert_eq!(super::agent_name("curl/8"), "");
    }
}
