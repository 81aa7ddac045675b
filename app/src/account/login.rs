//! Log in. Whoever was asked to log in on the way comes back to the same step.

use crate::{
    account::api::Login,
    site::texts,
    ui::{Field, FormError, Head, Hidden, Page, Submit, encode, posts_to},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[derive(Debug)]
pub struct LoginPage;

impl LoginPage {
    /// What the page asks for.
    pub fn data() -> Self {
        Self
    }

    /// What it shows.
    pub fn view(_this: Self) -> AnyView {
        let t = texts();
        let next = use_query_map().with_untracked(|q| q.get("next")).unwrap_or_else(|| "/".to_owned());
        let register = format!("/register?next={}", encode(&next));
        let on_the_way = next != "/";
        view! {
            <Head title=t.login_title().to_owned() private=true />
            <Page title=t.login_title().to_owned() back="/" class="narrow">
                {on_the_way.then(|| view! { <p class="hint">{t.login_keeps()}</p> })}
                <form class="form" method="post" action={posts_to::<Login>()}>
                    <FormError path="account/login" />
                    <Hidden name="next" value=next />
                    <Field path="account/login" name="name" label=t.login_name() autocomplete="username" testid="login-name" required=true />
                    <Field path="account/login" name="password" kind="password" label=t.login_password() autocomplete="current-password" testid="login-password" required=true />
                    <Submit label=t.login_submit().to_owned() testid="login-submit" />
                </form>
                <p class="aside">{t.login_no_account()} " " <a href=register>{t.login_to_register()}</a></p>
                <p class="aside"><a href="/withdraw">{t.withdraw_title()}</a></p>
                {crate::site::Site::get().view().demo.then(|| view! {
                    <aside class="note"><b>{t.demo_accounts()}</b> <p>{t.demo_accounts_text()}</p></aside>
                })}
            </Page>
        }
        .into_any()
    }
}
