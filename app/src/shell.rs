//! The document around every page.

use crate::{
    App,
    request::{Visit, shop},
    site::Site,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// JSON that may stand inside a script element: `<` cannot end it.
pub fn json_in_html<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .unwrap_or_default()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// `<html>` with head and body. `cart`: units in the visitor's cart; `unread`: notices that he has not read. `chunks`: what this page needs of the browser bundle.
pub fn shell(visit: &Visit, cart: i64, unread: i64, chunks: &[String]) -> impl IntoView + use<> {
    let view = visit.site(cart, unread, shop().settings.utc_offset_minutes);
    let site_json = json_in_html(&view);
    let lang = view.lang.tag();
    let theme = view.theme.name();
    let assets = view.assets.clone();
    Site::provide(view);
    let chunks: Vec<String> = chunks.iter().map(|c| format!("'{c}'")).collect();
    // The page is whole without wasm, so what it shows comes first: the bundle is asked for, all files at once, when the page
    // has loaded and was painted, when somebody touches it, or after three seconds.
    let start = format!(
        "let on;const go=()=>{{if(on)return;on=1;for(const f of ['tuanju',{}])document.head.append(Object.assign(document.createElement('link'),\
         {{rel:'preload',as:'fetch',type:'application/wasm',crossOrigin:'anonymous',href:'{assets}/'+f+'.wasm'}}));\
         import('{assets}/tuanju.js').then(m=>m.default({{module_or_path:'{assets}/tuanju.wasm'}}).then(()=>m.hydrate()));\
         navigator.serviceWorker?.register('/sw.js').catch(()=>0)}};\
         const soon=()=>requestAnimationFrame(()=>setTimeout(go));\
         document.readyState=='complete'?soon():addEventListener('load',soon);addEventListener('pointerdown',go,{{once:true}});setTimeout(go,3e3)",
        chunks.join(",")
    );
    view! {
        <!DOCTYPE html>
        <html lang=lang data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
                <MetaTags />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#FFF9F5" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#14110F" media="(prefers-color-scheme: dark)" />
                <link rel="stylesheet" href=format!("{assets}/tuanju.css") />
                <link rel="icon" href=format!("{assets}/icon.svg") type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icon-180.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
            </head>
            <body>
                <App />
                <script type="application/json" id="site" inner_html=site_json></script>
                <script type="module" nonce=use_nonce()>{start}</script>
            </body>
        </html>
    }
}
