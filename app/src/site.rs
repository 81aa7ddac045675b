//! What differs from visit to visit, and what every page knows: language, theme, who is looking.
//!
//! The server writes it into the page as JSON; the browser reads it before it hydrates, so both render the same.

use crate::i18n::Texts;
use domain::{Lang, Problem, account::MeView};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Light, dark, or as the device says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }
}

/// A form that was sent without wasm and refused: why, and what was typed. Passwords never come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// The function that refused, below `/api/`.
    pub path: String,
    pub problem: Problem,
    pub fields: Vec<(String, String)>,
}

/// The visit, as pages see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteView {
    pub lang: Lang,
    pub theme: Theme,
    pub me: Option<MeView>,
    /// Units in the cart.
    pub cart: i64,
    /// Notices in the inbox that are not read.
    pub unread: i64,
    pub flash: Option<Flash>,
    pub demo: bool,
    /// Whether he has agreed that it is remembered what he looks at.
    pub personal: bool,
    /// Where hashed assets are: `/pkg/HASH`.
    pub assets: String,
    /// Scheme and host, for addresses that leave the page.
    pub base_url: String,
    /// Minutes east of UTC that times are written in.
    pub utc_offset_minutes: i64,
}

/// The visit in the context of every page.
#[derive(Clone, Copy)]
pub struct Site {
    view: StoredValue<SiteView>,
    pub cart: RwSignal<i64>,
    pub unread: RwSignal<i64>,
    /// The head of this page is written.
    #[cfg(feature = "ssr")]
    headed: StoredValue<bool>,
}

impl Site {
    pub fn provide(view: SiteView) {
        provide_context(Self {
            cart: RwSignal::new(view.cart),
            unread: RwSignal::new(view.unread),
            view: StoredValue::new(view),
            #[cfg(feature = "ssr")]
            headed: StoredValue::new(false),
        });
    }

    /// Whether nobody has written the head of this page yet: parts of a page may be rendered more than once.
    #[cfg(feature = "ssr")]
    pub fn first_head(self) -> bool {
        self.headed.try_update_value(|done| !std::mem::replace(done, true)).unwrap_or(false)
    }

    pub fn get() -> Self {
        expect_context()
    }

    pub fn view(self) -> SiteView {
        self.view.get_value()
    }

    pub fn lang(self) -> Lang {
        self.view.with_value(|v| v.lang)
    }

    pub fn texts(self) -> Texts {
        Texts(self.lang())
    }

    pub fn me(self) -> Option<MeView> {
        self.view.with_value(|v| v.me.clone())
    }

    /// What a refused form of this function left behind.
    pub fn flash(self, path: &str) -> Option<Flash> {
        self.view.with_value(|v| v.flash.clone().filter(|f| f.path == path))
    }

    /// What was typed into a field of a refused form.
    pub fn typed(self, path: &str, field: &str) -> Option<String> {
        self.flash(path)?.fields.into_iter().find(|(name, _)| name == field).map(|(_, value)| value)
    }

    /// Whether somebody is whoever looks.
    pub fn is_me(self, handle: &str) -> bool {
        self.view.with_value(|v| v.me.as_ref().is_some_and(|me| me.handle == handle))
    }

    pub fn asset(self, name: &str) -> String {
        self.view.with_value(|v| format!("{}/{name}", v.assets))
    }

    pub fn absolute(self, path: &str) -> String {
        self.view.with_value(|v| format!("{}{path}", v.base_url))
    }

    pub fn time(self, at: domain::Millis) -> String {
        domain::time::written(at, self.view.with_value(|v| v.utc_offset_minutes))
    }
}

/// The texts of the visit's language.
pub fn texts() -> Texts {
    Site::get().texts()
}

/// Reads what the server wrote into the page.
#[cfg(feature = "hydrate")]
pub fn from_page() -> Option<SiteView> {
    let text = document().get_element_by_id("site")?.text_content()?;
    serde_json::from_str(&text).ok()
}
