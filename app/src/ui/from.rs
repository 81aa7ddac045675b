//! The post that led somebody here: it goes on with what he buys, over whichever pages he looks at before.

use domain::Code;
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

/// The post that led here; empty when none did.
pub fn post_of(query: &ParamsMap) -> String {
    query.get("post").filter(|p| p.parse::<Code>().is_ok()).unwrap_or_default()
}

/// A path within the shop that goes on with the post which led here.
pub fn goes_on(path: String) -> String {
    let post = use_query_map().with_untracked(post_of);
    if post.is_empty() {
        return path;
    }
    let glue = if path.contains('?') { '&' } else { '?' };
    format!("{path}{glue}post={post}")
}

/// What is bought, as an address of the checkout says it, with the post which led here.
pub fn bought_here(source: &str) -> String {
    let post = use_query_map().with_untracked(post_of).parse().ok();
    format!("/checkout?buy={}", domain::order::with_post(source, post.as_ref()))
}
