//! The second factor of staff.

use crate::{
    account::api::{SecondFactor, demo_code},
    fail::Fail,
    site::texts,
    ui::{Field, FormError, Head, Hidden, Page, Submit, loaded, posts_to},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct FactorPage {
    code: Resource<Result<Option<String>, Fail>>,
}

impl FactorPage {
    /// What the page asks for.
    pub fn data() -> Self {
        Self { code: Resource::new(|| (), |()| demo_code()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        const PATH: &str = "account/second_factor";
        let t = texts();
        let next = use_query_map().with_untracked(|q| q.get("next")).unwrap_or_else(|| "/".to_owned());
        view! {
            <Head title=t.factor_title().to_owned() private=true />
            <Page title=t.factor_title().to_owned() back="/" class="narrow">
                <p class="hint">{t.factor_intro()}</p>
                <form class="form" method="post" action={posts_to::<SecondFactor>()}>
                    <FormError path=PATH />
                    <Hidden name="next" value=next />
                    <Field path=PATH name="code" label=t.factor_code() autocomplete="one-time-code" inputmode="numeric" maxlength=8 required=true testid="factor-code" />
                    <Submit label=t.factor_submit().to_owned() testid="factor-submit" />
                </form>
                {loaded(this.code, move |code| view! {
                    {code.map(|code| view! { <p class="note" data-testid="factor-demo" data-code=code.clone()>{t.factor_demo(&code)}</p> })}
                }.into_any())}
            </Page>
        }
        .into_any()
    }
}
