//! Open an account.

use crate::{
    account::api::Register,
    site::texts,
    ui::{Field, FormError, Head, Hidden, Page, Submit, encode, posts_to},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[derive(Debug)]
pub struct RegisterPage;

impl RegisterPage {
    /// What the page asks for.
    pub fn data() -> Self {
        Self
    }

    /// What it shows.
    pub fn view(_this: Self) -> AnyView {
        const PATH: &str = "account/register";
        let t = texts();
        let next = use_query_map().with_untracked(|q| q.get("next")).unwrap_or_else(|| "/".to_owned());
        let login = format!("/login?next={}", encode(&next));
        view! {
            <Head title=t.register_title().to_owned() private=true />
            <Page title=t.register_title().to_owned() back="/login" class="narrow">
                <form class="form" method="post" action={posts_to::<Register>()}>
                    <FormError path=PATH />
                    <Hidden name="next" value=next />
                    <Field path=PATH name="name" label=t.register_name() autocomplete="username" testid="register-name" maxlength=24 required=true />
                    <Field path=PATH name="display_name" label=t.register_display() autocomplete="nickname" maxlength=24 />
                    <Field path=PATH name="password" kind="password" label=t.register_password() autocomplete="new-password" testid="register-password" maxlength=128 required=true />
                    <Submit label=t.register_submit().to_owned() testid="register-submit" />
                </form>
                <p class="aside">{t.register_have_account()} " " <a href=login>{t.login_submit()}</a></p>
            </Page>
        }
        .into_any()
    }
}
