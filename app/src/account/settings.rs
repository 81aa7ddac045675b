//! Settings: language, appearance, name, password, sessions.

use crate::{
    account::api::{ChangePassword, Rename, RevokeSession, SetEmail, SetPersonal, email, personal, sessions},
    fail::Fail,
    site::{Site, Theme},
    ui::{Field, FormError, Head, Hidden, Page, Submit, loaded, posts_to},
};
use domain::{Lang, account::SessionView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct SettingsPage {
    sessions: Option<Resource<Result<Vec<SessionView>, Fail>>>,
    email: Option<Resource<Result<String, Fail>>>,
    personal: Option<Resource<Result<bool, Fail>>>,
}

/// The path of the function that remembers a choice; it belongs to the capability `look`.
const CHOOSE: &str = "/api/look/choose";

impl SettingsPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let known = Site::get().me().is_some();
        Self {
            sessions: known.then(|| Resource::new(|| (), |()| sessions())),
            email: known.then(|| Resource::new(|| (), |()| email())),
            personal: known.then(|| Resource::new(|| (), |()| personal())),
        }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        let saved = use_query_map().with_untracked(|q| q.get("saved").is_some());
        view! {
            <Head title=t.settings_title().to_owned() private=true />
            <Page title=t.settings_title().to_owned() back="/me" tab="me" class="narrow">
                {saved.then(|| view! { <p class="notice" role="status">{t.settings_saved()}</p> })}
                <section class="panel">
                    <h2>{t.settings_language()}</h2>
                    <form class="choices" method="post" action=CHOOSE data-testid="lang-switch">
                        <Hidden name="next" value="/settings" />
                        {Lang::ALL.map(|l| view! {
                            <button type="submit" name="lang" value=l.tag() class="chip" lang=l.tag() aria-pressed=(l == site.lang()).to_string()>{l.name()}</button>
                        }).collect_view()}
                    </form>
                </section>
                <section class="panel">
                    <h2>{t.settings_theme()}</h2>
                    <form class="choices" method="post" action=CHOOSE data-testid="theme-switch">
                        <Hidden name="next" value="/settings" />
                        {Theme::ALL.map(|theme| {
                            let label = match theme { Theme::Auto => t.theme_auto(), Theme::Light => t.theme_light(), Theme::Dark => t.theme_dark() };
                            view! {
                                <button type="submit" name="theme" value=theme.name() class="chip" aria-pressed=(theme == site.view().theme).to_string()>{label}</button>
                            }
                        }).collect_view()}
                    </form>
                </section>
                {site.me().map(|me| view! {
                    <section class="panel">
                        <h2>{t.settings_profile()}</h2>
                        <form class="form" method="post" action={posts_to::<Rename>()}>
                            <FormError path="account/rename" />
                            <Field path="account/rename" name="display_name" label=t.settings_display() value=me.display_name maxlength=24 required=true />
                            <Submit label=t.save().to_owned() />
                        </form>
                    </section>
                    <section class="panel">
                        <h2>{t.settings_password()}</h2>
                        <form class="form" method="post" action={posts_to::<ChangePassword>()}>
                            <FormError path="account/change_password" />
                            // For password managers, which keep a password under its name.
                            <input type="text" autocomplete="username" value=me.handle readonly hidden />
                            <Field path="account/change_password" name="old" kind="password" label=t.settings_old_password() autocomplete="current-password" required=true />
                            <Field path="account/change_password" name="new" kind="password" label=t.settings_new_password() autocomplete="new-password" maxlength=128 required=true />
                            <Submit label=t.save().to_owned() />
                        </form>
                    </section>
                })}
                {this.email.map(|email| view! {
                    <section class="panel">
                        <h2>{t.settings_mail()}</h2>
                        {loaded(email, move |email| view! {
                            <form class="form" method="post" action={posts_to::<SetEmail>()}>
                                <FormError path="account/set_email" />
                                <p class="hint">{t.settings_mail_hint()}</p>
                                <Field path="account/set_email" name="email" kind="email" label=t.settings_email() value=email autocomplete="email" maxlength=254 testid="email" />
                                <Submit label=t.save().to_owned() />
                            </form>
                        }.into_any())}
                    </section>
                })}
                {this.personal.map(|personal| view! {
                    <section class="panel" id="personal">
                        <h2>{t.personal_title()}</h2>
                        <FormError path="account/set_personal" />
                        {loaded(personal, move |on| view! {
                            <form class="form" method="post" action={posts_to::<SetPersonal>()} data-testid="personal" data-state=if on { "on" } else { "off" }>
                                <p class="hint">{t.personal_text()}</p>
                                <p>{if on { t.personal_is_on() } else { t.personal_is_off() }}</p>
                                <button type="submit" class="button wide" name="on" value=if on { "0" } else { "1" }>{if on { t.personal_off() } else { t.personal_on() }}</button>
                                <a class="button wide" href="/taste">{t.taste_title()}</a>
                            </form>
                        }.into_any())}
                    </section>
                })}
                {site.me().map(|_| view! { <p><a class="button wide" href="/me/averse">{t.settings_averse()}</a></p> <p><a class="button wide" href="/me/known">{t.known_title()}</a></p> })}
                <p class="hint"><a href="/transparency">{t.numbers_title()}</a></p>
                {this.sessions.map(|list| view! {
                    <section class="panel">
                        <h2>{t.settings_sessions()}</h2>
                        {loaded(list, move |list| view! {
                            <ul class="rows">{list.into_iter().map(|s| session_row(site, s)).collect_view()}</ul>
                        }.into_any())}
                    </section>
                })}
            </Page>
        }
        .into_any()
    }
}

fn session_row(site: Site, session: SessionView) -> impl IntoView {
    let t = site.texts();
    let name = if session.agent.is_empty() { t.unknown_device().to_owned() } else { session.agent };
    view! {
        <li class="session">
            <span><b>{name}</b><small>{t.settings_seen(site.time(session.seen_at))}</small></span>
            {if session.current {
                view! { <em>{t.settings_this_device()}</em> }.into_any()
            } else {
                view! {
                    <form method="post" action={posts_to::<RevokeSession>()}>
                        <Hidden name="session" value=session.id.to_string() />
                        <button type="submit" class="button small">{t.settings_revoke()}</button>
                    </form>
                }.into_any()
            }}
        </li>
    }
}
