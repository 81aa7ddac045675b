//! What a server function knows about its request, and what it may set on the answer.

use crate::{
    fail::Fail,
    site::{Flash, SiteView, Theme},
};
use domain::{Lang, Problem, access, id::VisitorId, share::Touches};
use http::{HeaderName, HeaderValue, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use shop::{
    Shop,
    account::Person,
    session::{self, Token, Viewer},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The visit, as the edge found it out.
#[derive(Clone)]
pub struct Visit {
    pub viewer: Option<Viewer>,
    pub lang: Lang,
    pub theme: Theme,
    pub flash: Option<Flash>,
    pub agent: String,
    /// Whether cookies may be `Secure` and carry the `__Host-` name.
    pub secure: bool,
    pub demo: bool,
    /// Demo only: operators need no second factor.
    pub second_factor_off: bool,
    pub assets: Arc<str>,
    pub base_url: Arc<str>,
    /// Scripts of this page carry it.
    pub nonce: Arc<str>,
    /// Whose browser this is, as nobody can read it; none for machines, previews and what is fetched ahead.
    pub eye: Option<u64>,
    /// Seconds until what this page looks for may be looked for again, when it was too often.
    pub wait: Option<i64>,
    /// A guest session that was opened during this request.
    opened: Arc<Mutex<Option<Viewer>>>,
}

/// What the edge hands over; the rest of [`Visit`] is its own.
pub struct NewVisit {
    pub viewer: Option<Viewer>,
    pub lang: Lang,
    pub theme: Theme,
    pub flash: Option<Flash>,
    pub agent: String,
    pub secure: bool,
    pub demo: bool,
    pub second_factor_off: bool,
    pub assets: Arc<str>,
    pub base_url: Arc<str>,
    pub nonce: Arc<str>,
    pub eye: Option<u64>,
}

impl From<NewVisit> for Visit {
    fn from(n: NewVisit) -> Self {
        Self {
            viewer: n.viewer,
            lang: n.lang,
            theme: n.theme,
            flash: n.flash,
            agent: n.agent,
            secure: n.secure,
            demo: n.demo,
            second_factor_off: n.second_factor_off,
            assets: n.assets,
            base_url: n.base_url,
            nonce: n.nonce,
            eye: n.eye,
            wait: None,
            opened: Arc::default(),
        }
    }
}

impl Visit {
    /// Whether this is somebody who may speak for the shop, and has shown his second factor.
    pub fn is_of_shop(&self) -> bool {
        let shown = self.second_factor_off || self.viewer.as_ref().is_some_and(|v| v.second_factor);
        self.viewer.as_ref().is_some_and(|v| access::Who::Staff.admits(v.role(), shown))
    }

    /// Whether this is somebody who may call a function.
    pub fn may(&self, path: &str) -> bool {
        let shown = self.second_factor_off || self.viewer.as_ref().is_some_and(|v| v.second_factor);
        let who = access::function_of(path).map(|f| f.who);
        self.viewer.as_ref().is_some_and(|v| who.is_some_and(|who| who.admits(v.role(), shown)))
    }

    /// What the page is told about the visit.
    pub fn site(&self, cart: i64, unread: i64, utc_offset_minutes: i64) -> SiteView {
        SiteView {
            lang: self.lang,
            theme: self.theme,
            me: self.viewer.as_ref().and_then(|v| v.person.clone()).map(Into::into),
            cart,
            unread,
            flash: self.flash.clone().map(|mut flash| {
                flash.problem.text = Some(crate::i18n::Texts(self.lang).any_problem(&flash.problem));
                flash
            }),
            demo: self.demo,
            personal: self.viewer.as_ref().is_some_and(|v| v.personal),
            assets: self.assets.to_string(),
            base_url: self.base_url.to_string(),
            utc_offset_minutes,
        }
    }

    /// Whose browser looks: one session is one; without a session, as nobody can read it. None for machines.
    pub fn looker(&self) -> Option<u128> {
        self.viewer.as_ref().map(|v| v.session.0.as_u128()).or_else(|| self.eye.map(u128::from))
    }

    /// Who is looking, if he has logged in.
    pub fn me(&self) -> Option<domain::id::PersonId> {
        self.viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| p.id)
    }

    pub const fn cookie_name(&self) -> &'static str {
        if self.secure { "__Host-sid" } else { "sid" }
    }
}

pub fn shop() -> Shop {
    let by = use_context::<Visit>().and_then(|v| v.me());
    expect_context::<Shop>().by(by)
}

pub fn visit() -> Visit {
    expect_context()
}

pub fn lang() -> Lang {
    visit().lang
}

/// The check that every server function starts with: the one table of who may call what.
///
/// # Errors
/// `login_needed`, `second_factor_needed`, `forbidden`; `internal` for a function without a row.
pub fn allow(path: &str) -> Result<Visit, Fail> {
    let visit = visit();
    let who = access::function_of(path).ok_or_else(Problem::internal)?.who;
    let role = visit.viewer.as_ref().map_or(domain::account::Role::Guest, Viewer::role);
    let shown = visit.second_factor_off || visit.viewer.as_ref().is_some_and(|v| v.second_factor);
    if who.admits(role, shown) {
        Ok(visit)
    } else if visit.viewer.as_ref().and_then(|v| v.person.as_ref()).is_none() {
        Err(Problem::login_needed().into())
    } else if who.admits(role, true) {
        Err(Problem::new(401, "second_factor_needed").into())
    } else {
        Err(Problem::forbidden().into())
    }
}

/// As [`allow`], for functions that only people with an account may call.
///
/// # Errors
/// As [`allow`].
pub fn allow_person(path: &str) -> Result<(Visit, Person), Fail> {
    let visit = allow(path)?;
    let person = visit.viewer.as_ref().and_then(|v| v.person.clone()).ok_or_else(Problem::login_needed)?;
    Ok((visit, person))
}

/// For pages: whoever is not logged in is sent to the login, and comes back to `next`.
pub fn login_first(fail: &Fail, next: &str) {
    match fail.0.code.as_str() {
        "login_needed" => leptos_axum::redirect(&format!("/login?next={}", escape(next))),
        "second_factor_needed" => leptos_axum::redirect(&format!("/login/factor?next={}", escape(next))),
        _ => {}
    }
}

/// Percent-encodes a path for use inside a query.
pub fn escape(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// Leads a form that was sent without wasm back to a page; with it, the page stays as it is.
pub fn back_to(page: &str) {
    let parts = use_context::<http::request::Parts>();
    let said = parts.as_ref().and_then(|p| p.headers.get(header::ACCEPT)).and_then(|v| v.to_str().ok());
    if said.is_some_and(|v| v.contains("text/html")) {
        leptos_axum::redirect(page);
    }
}

/// A path of our own to go to after something; anything else becomes `/`.
pub fn local_path(next: &str) -> &str {
    let fine = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\n', '\r', '\t'])
        && next.len() < 1000
        && next.is_ascii();
    if fine { next } else { "/" }
}

/// Whose cart it is; a guest gets a session, as now there is something to keep.
///
/// # Errors
/// What the database says, as `internal`.
pub async fn owner() -> Result<domain::id::Owner, Fail> {
    let visit = visit();
    if let Some(viewer) = &visit.viewer {
        return Ok(viewer.owner());
    }
    let shop = shop();
    let (token, viewer) = session::open_guest(&shop, &visit.agent).await.map_err(Fail::from)?;
    set_session(&visit, Some(&token));
    let owner = viewer.owner();
    *visit.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(viewer);
    Ok(owner)
}

/// Gives the browser a session, or takes it away.
pub fn set_session(visit: &Visit, token: Option<&Token>) {
    let flags = if visit.secure { "; Secure" } else { "" };
    let name = visit.cookie_name();
    let cookie = match token {
        Some(token) => format!(
            "{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{flags}",
            token.as_str(),
            session::IDLE / 1000
        ),
        None => format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{flags}"),
    };
    append_header(header::SET_COOKIE, &cookie);
}

/// The cookie that a shared link leaves.
fn touch() -> Option<String> {
    let parts = use_context::<http::request::Parts>()?;
    let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|c| c.split(';')).filter_map(|p| p.trim().split_once('='));
    pairs.find(|(name, _)| *name == "touch").map(|(_, value)| value.to_owned())
}

/// The links that brought this browser here.
pub fn touches() -> Touches {
    touch().and_then(|t| t.split_once('.').map(|(_, touches)| Touches::read(touches))).unwrap_or_default()
}

/// The mark of this browser, which keeps the links that brought it here; it gets one when it has none.
pub fn browser() -> VisitorId {
    if let Some(known) = marked() {
        return known;
    }
    let shop = shop();
    let fresh = VisitorId(shop.rng.id(shop.clock.now()));
    let flags = if visit().secure { "; Secure" } else { "" };
    let cookie = domain::share::browser_cookie(&fresh.0.simple().to_string(), &Touches::default());
    append_header(header::SET_COOKIE, &format!("{cookie}{flags}"));
    fresh
}

/// The mark of this browser, if it has one.
pub fn marked() -> Option<VisitorId> {
    touch()?.split_once('.').and_then(|(mark, _)| mark.parse().ok())
}

/// A QR code of a text as an SVG path in a square of 41, with its quiet zone. Longer texts than fit make none.
pub fn qr(text: &str) -> String {
    use std::fmt::Write as _;
    let Ok(code) = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium) else { return String::new() };
    let edge = (41 - code.size()) / 2;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + edge, y + edge);
        }
    }
    if edge < 0 { String::new() } else { path }
}

/// Remembers a choice of how things look for a year.
pub fn set_choice(visit: &Visit, name: &str, value: &str) {
    let flags = if visit.secure { "; Secure" } else { "" };
    append_header(header::SET_COOKIE, &format!("{name}={value}; Path=/; SameSite=Lax; Max-Age=31536000{flags}"));
}

fn append_header(name: HeaderName, value: &str) {
    if let (Some(options), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        options.append_header(name, value);
    }
}

/// Sets the status of the page that is being rendered.
pub fn set_status(status: u16) {
    if let (Some(options), Ok(status)) = (use_context::<ResponseOptions>(), http::StatusCode::from_u16(status)) {
        options.set_status(status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_our_own_are_gone_to() {
        for bad in ["https://evil.test/", "//evil.test", "/\\evil.test", "evil", "/a\nSet-Cookie: x", ""] {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
        assert_eq!(local_path("/checkout?buy=1:2"), "/checkout?buy=1:2");
    }
}
