//! What the device can do with a link.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// Puts a text on the clipboard and says so for a moment; where there is none (plain http, old web views), the text is selected.
pub fn copy(text: &str, copied: RwSignal<bool>) {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard")).ok();
    let write = clipboard
        .filter(|c| c.is_object())
        .and_then(|c| Some((js_sys::Reflect::get(&c, &JsValue::from_str("writeText")).ok()?.dyn_into().ok()?, c)));
    let done = write
        .is_some_and(|(write, on): (js_sys::Function, JsValue)| write.call1(&on, &JsValue::from_str(text)).is_ok());
    if !done && let Some(field) = document().query_selector(".share-link").ok().flatten() {
        let select = js_sys::Reflect::get(&field, &JsValue::from_str("select")).ok();
        if let Some(select) = select.and_then(|s| s.dyn_into::<js_sys::Function>().ok()) {
            let _ = select.call0(&field);
        }
        return;
    }
    copied.set(true);
    Timeout::new(2_000, move || {
        copied.try_set(false);
    })
    .forget();
}

/// Opens the device's own sheet, if it has one.
pub fn share(text: &str, url: &str) {
    let navigator = window().navigator();
    let Some(share) = js_sys::Reflect::get(&navigator, &JsValue::from_str("share"))
        .ok()
        .and_then(|s| s.dyn_into::<js_sys::Function>().ok())
    else {
        return;
    };
    let data = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&data, &JsValue::from_str("text"), &JsValue::from_str(text));
    let _ = js_sys::Reflect::set(&data, &JsValue::from_str("url"), &JsValue::from_str(url));
    let _ = share.call1(&navigator, &data);
}

/// Whether the page is shown inside WeChat, which shares only by its own menu.
pub fn is_wechat() -> bool {
    window().navigator().user_agent().is_ok_and(|a| a.contains("MicroMessenger"))
}
