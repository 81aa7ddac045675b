//! Server functions of the address book.

use crate::fail::Fail;
use domain::{address::AddressView, id::AddressId};
use leptos::prelude::*;

/// My addresses.
///
/// # Errors
/// `login_needed`.
#[server(prefix = "/api", endpoint = "address/list", output = crate::fail::Answer)]
pub async fn list(next: String) -> Result<Vec<AddressView>, Fail> {
    use crate::request;
    let (_, me) = request::allow_person("address/list").inspect_err(|f| {
        request::login_first(
            f,
            &if next.is_empty() {
                "/addresses".to_owned()
            } else {
                format!("/addresses?next={}", request::escape(&next))
            },
        );
    })?;
    Ok(shop::address::list(&request::shop(), me.id).await?)
}

/// Adds an address, or changes one of mine (`id`), and goes to `next`.
///
/// # Errors
/// A form error that names its field, `address_limit`, `not_found`.
#[server(prefix = "/api", endpoint = "address/save", output = crate::fail::Answer)]
#[expect(clippy::too_many_arguments, reason = "one argument a form field")]
pub async fn save(
    #[server(default)] id: String,
    format: String,
    recipient: String,
    phone: String,
    province: String,
    #[server(default)] city: String,
    #[server(default)] district: String,
    line: String,
    #[server(default)] postcode: String,
    #[server(default)] make_default: String,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    use crate::request;
    use domain::address::Address;
    let (_, me) = request::allow_person("address/save")?;
    let id: Option<AddressId> =
        if id.is_empty() { None } else { Some(id.parse().map_err(|_| domain::Problem::bad_request())?) };
    let address = Address { format: format.parse()?, recipient, phone, province, city, district, line, postcode };
    let saved = shop::address::save(&request::shop(), me.id, id, &address, !make_default.is_empty()).await?;
    let next = if next.is_empty() { "/addresses" } else { request::local_path(&next) };
    let joint = if next.contains('?') { '&' } else { '?' };
    leptos_axum::redirect(&if next.starts_with("/checkout") {
        format!("{next}{joint}address={saved}")
    } else {
        next.to_owned()
    });
    Ok(())
}

/// Removes one of my addresses.
///
/// # Errors
/// `not_found` for one that is not mine.
#[server(prefix = "/api", endpoint = "address/remove", output = crate::fail::Answer)]
pub async fn remove(id: AddressId) -> Result<(), Fail> {
    use crate::request;
    let (_, me) = request::allow_person("address/remove")?;
    shop::address::remove(&request::shop(), me.id, id).await?;
    leptos_axum::redirect("/addresses");
    Ok(())
}
