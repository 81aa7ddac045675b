//! My addresses, and the form for one.

use crate::{
    address::api::{Remove, Save, list},
    fail::Fail,
    site::Site,
    ui::{Field, FormError, Head, Hidden, Page, Submit, loaded, posts_to},
};
use domain::address::{Address, AddressView, Format};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct AddressesPage {
    list: Resource<Result<Vec<AddressView>, Fail>>,
}

impl AddressesPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/addresses".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { list: Resource::new(move || query.with(|q| q.get("next").unwrap_or_default()), list) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let query = use_query_map();
        view! {
            <Head title=t.addresses_title().to_owned() private=true />
            <Page title=t.addresses_title().to_owned() back="/me" class="narrow">
                {loaded(this.list, move |list| {
                    let edited = query.with(|q| q.get("edit")).and_then(|id| list.iter().find(|a| a.id.to_string() == id).cloned());
                    let next = query.with(|q| q.get("next")).unwrap_or_default();
                    view! {
                        {list.is_empty().then(|| view! { <p class="hint">{t.addresses_empty()}</p> })}
                        <ul class="rows">{list.into_iter().map(row).collect_view()}</ul>
                        <AddressForm edited next />
                    }.into_any()
                })}
            </Page>
        }
        .into_any()
    }
}

fn row(a: AddressView) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <li class="address" data-testid="address">
            <p>
                <b>{a.address.recipient.clone()}</b> " " {a.address.masked_phone()}
                {a.is_default.then(|| view! { " " <em>{t.address_default()}</em> })}
                <br />
                {a.address.one_line()}
            </p>
            <div class="actions">
                <a class="button small" href=format!("/addresses?edit={}", a.id)>{t.edit()}</a>
                <form method="post" action={posts_to::<Remove>()}>
                    <Hidden name="id" value=a.id.to_string() />
                    <button type="submit" class="button small">{t.remove()}</button>
                </form>
            </div>
        </li>
    }
}

/// The form for a new address, or for a change of one.
#[component]
fn AddressForm(edited: Option<AddressView>, next: String) -> impl IntoView {
    const PATH: &str = "address/save";
    let site = Site::get();
    let t = site.texts();
    let (id, a) = edited.map_or_else(|| (String::new(), Address::default()), |e| (e.id.to_string(), e.address));
    let heading = if id.is_empty() { t.address_new() } else { t.edit() };
    let format = site.typed(PATH, "format").and_then(|f| f.parse().ok()).unwrap_or(a.format);
    view! {
        <section class="panel" id="form">
            <h2>{heading}</h2>
            <form class="form" method="post" action={posts_to::<Save>()}>
                <FormError path=PATH />
                <Hidden name="id" value=id />
                <Hidden name="next" value=next />
                <label class="field">
                    <span>{t.address_format()}</span>
                    <select name="format" autocomplete="country">
                        {Format::ALL.map(|f| {
                            let label = match f { Format::Cn => t.format_cn(), Format::Tw => t.format_tw(), Format::Hk => t.format_hk(), Format::Generic => t.format_generic() };
                            view! { <option value=f.name() selected=f == format>{label}</option> }
                        }).collect_view()}
                    </select>
                </label>
                <Field path=PATH name="recipient" label=t.address_recipient() value=a.recipient autocomplete="name" maxlength=40 required=true />
                <Field path=PATH name="phone" kind="tel" label=t.address_phone() value=a.phone autocomplete="tel" maxlength=20 required=true />
                <Field path=PATH name="province" label=t.address_province() value=a.province autocomplete="address-level1" maxlength=40 required=true />
                <Field path=PATH name="city" label=t.address_city() value=a.city autocomplete="address-level2" maxlength=40 />
                <Field path=PATH name="district" label=t.address_district() value=a.district autocomplete="address-level3" maxlength=40 />
                <Field path=PATH name="line" label=t.address_line() value=a.line autocomplete="address-line1" maxlength=120 required=true />
                <Field path=PATH name="postcode" label=t.address_postcode() value=a.postcode autocomplete="postal-code" maxlength=12 />
                <label class="check"><input type="checkbox" name="make_default" value="1" /> <span>{t.address_make_default()}</span></label>
                <Submit label=t.save().to_owned() testid="address-save" />
            </form>
        </section>
    }
}
