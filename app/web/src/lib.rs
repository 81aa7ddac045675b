//! The wasm entry: `hydrate()`, nothing else.

use app::{App, site};
use leptos::prelude::*;

/// Called by the page once the bundle is there.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    // Without what the server wrote into the page there is nothing to hydrate with; it then stays a plain page.
    if let Some(view) = site::from_page() {
        leptos::mount::hydrate_lazy(move || {
            site::Site::provide(view);
            view! { <App /> }
        });
    }
}
