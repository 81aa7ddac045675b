//! Objects of the browser that are spoken to by name: each of them would cost the first page a line of glue otherwise.

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

pub(super) fn get(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

pub(super) fn set(of: &JsValue, name: &str, value: impl Into<JsValue>) {
    let _ = Reflect::set(of, &name.into(), &value.into());
}

/// Calls a method; none when there is no such, or when it throws.
pub(super) fn call(of: &JsValue, name: &str, with: &[JsValue]) -> Option<JsValue> {
    let function: Function = get(of, name).dyn_into().ok()?;
    function.apply(of, &with.iter().collect::<Array>()).ok()
}

/// Calls a method and waits for what it promises.
pub(super) async fn wait(of: &JsValue, name: &str, with: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = get(of, name).dyn_into()?;
    let promised = function.apply(of, &with.iter().collect::<Array>())?;
    JsFuture::from(Promise::resolve(&promised)).await
}

/// Whether the browser has it.
pub(super) fn known(name: &str) -> bool {
    !get(&window(), name).is_undefined()
}

pub(super) fn make(class: &str, with: &[JsValue]) -> Option<JsValue> {
    let class: Function = get(&window(), class).dyn_into().ok()?;
    Reflect::construct(&class, &with.iter().collect::<Array>()).ok()
}

pub(super) fn object<const N: usize>(of: [(&str, JsValue); N]) -> JsValue {
    let made = Object::new();
    for (name, value) in of {
        set(&made, name, value);
    }
    made.into()
}

pub(super) fn text(of: &JsValue, name: &str) -> String {
    get(of, name).as_string().unwrap_or_default()
}

pub(super) fn number(of: &JsValue, name: &str) -> f64 {
    get(of, name).as_f64().unwrap_or_default()
}
