//! Me: who I am here, and the way to everything of mine.

use crate::{
    account::api::Logout,
    site::Site,
    ui::{Head, Icon, Page, posts_to},
};
use domain::account::Role;
use leptos::prelude::*;

#[derive(Debug)]
pub struct MePage;

impl MePage {
    /// What the page asks for.
    pub fn data() -> Self {
        Self
    }

    /// What it shows.
    pub fn view(_this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        let me = site.me();
        let moderates = me.as_ref().is_some_and(|m| m.role.is_staff());
        let staff = me.as_ref().is_some_and(|m| matches!(m.role, Role::Staff | Role::Admin));
        let known = me.is_some();
        let page = me.as_ref().map(|m| format!("/u/{}", m.handle)).unwrap_or_default();
        let entry = |href: &'static str, icon: &'static str, label: &'static str| {
            view! {
                <li><a href=href><Icon name=icon /><span>{label}</span><Icon name="chevron-right" /></a></li>
            }
        };
        view! {
            <Head title=t.me_title().to_owned() private=true />
            <Page title=t.me_title().to_owned() tab="me">
                {match me {
                    Some(me) => view! {
                        <section class="profile">
                            <span class="avatar" aria-hidden="true">{me.display_name.chars().next().map(String::from)}</span>
                            <div><b>{me.display_name.clone()}</b><span>"@" {me.handle.clone()}</span></div>
                        </section>
                    }.into_any(),
                    None => view! {
                        <section class="empty">
                            <img class="seats" src=site.asset("icon.svg") alt="" width="96" height="96" />
                            <p><b>{t.me_guest()}</b></p>
                            <p>{t.me_guest_text()}</p>
                            <a class="button primary" href="/login?next=/me">{t.login_submit()}</a>
                            <a class="button" href="/register?next=/me">{t.login_to_register()}</a>
                        </section>
                    }.into_any(),
                }}
                <ul class="rows">
                    {known.then(|| view! {
                        <li><a href="/inbox" data-testid="inbox-link">
                            <Icon name="bell" />
                            <span>{t.inbox_title()} <b class="count" hidden=move || site.unread.get() == 0>{move || site.unread.get().min(99)}</b></span>
                            <Icon name="chevron-right" />
                        </a></li>
                        <li><a href=page data-testid="my-page"><Icon name="images" /><span>{t.me_page()}</span><Icon name="chevron-right" /></a></li>
                        {entry("/new", "square-pen", t.me_write())}
                        {entry("/orders", "package", t.me_orders())}
                        {entry("/coupons", "ticket-percent", t.coupon_title())}
                        {entry("/me/invited", "users", t.referral_title())}
                        {entry("/me/creator", "chart-column", t.creator_title())}
                        {entry("/taste", "sparkles", t.taste_title())}
                        {entry("/me/shares", "share-2", t.shares_title())}
                        {entry("/addresses", "map-pin", t.me_addresses())}
                    })}
                    {entry("/settings", "settings", t.me_settings())}
                    {moderates.then(|| entry("/admin/reports", "flag", t.me_reports()))}
                    {staff.then(|| entry("/admin", "store", t.me_admin()))}
                </ul>
                {known.then(|| view! {
                    <form method="post" action={posts_to::<Logout>()}>
                        <button type="submit" class="button wide" data-testid="logout">{t.logout()}</button>
                    </form>
                })}
            </Page>
        }
        .into_any()
    }
}
