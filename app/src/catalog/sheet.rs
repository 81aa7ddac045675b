//! The sheet in which one chooses options and quantity.
//!
//! It is a `<dialog open>` in the page as rendered, so it works as a plain form; the browser makes it modal.

use crate::{
    site::Site,
    ui::{AddToCart, FormError, Hidden, Icon, Picture, PostForm, Price, Sent, post_of},
};
use domain::{Code, catalog::ProductView, group_buy::OfferView};
use leptos::prelude::*;

/// What the sheet is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Cart,
    Single,
    /// A team of one's own, of a campaign.
    Open(Code),
    /// Somebody's team, of a campaign.
    Team(Code, Code),
}

impl Mode {
    /// What follows the choice ([`crate::ui::add_to_cart`]).
    fn then(&self) -> String {
        match self {
            Self::Cart => "stay".to_owned(),
            Self::Single => "checkout".to_owned(),
            Self::Open(campaign) => format!("open:{campaign}"),
            Self::Team(team, _) => format!("team:{team}"),
        }
    }

    const fn campaign(&self) -> Option<&Code> {
        match self {
            Self::Open(campaign) | Self::Team(_, campaign) => Some(campaign),
            _ => None,
        }
    }
}

#[component]
pub fn Sheet(mut product: ProductView, mode: Mode) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let offer = mode.campaign().and_then(|c| product.offers.iter().find(|o| o.code == *c)).cloned();
    if let Some(offer) = &offer {
        // What is not in the group-buy is not to be had here.
        for sku in &mut product.skus {
            let team = offer.price_of(sku.id);
            sku.available = sku.available.min(team.map_or(0, |p| p.free));
            sku.price = team.map_or(sku.price, |p| p.price);
        }
    }
    let first = product
        .skus
        .iter()
        .find(|s| s.available > 0)
        .or_else(|| product.skus.first())
        .map(|s| s.choice.clone())
        .unwrap_or_default();
    let typed = site.flash(PATH).map(|f| f.fields).unwrap_or_default();
    let typed_choice: Vec<u32> =
        typed.iter().filter(|(n, _)| n.starts_with("choice")).filter_map(|(_, v)| v.parse().ok()).collect();
    let choice = RwSignal::new(if typed_choice.len() == first.len() { typed_choice } else { first });
    let quantity =
        RwSignal::new(typed.iter().find(|(n, _)| n == "quantity").and_then(|(_, v)| v.parse().ok()).unwrap_or(1_i64));
    let product = StoredValue::new(product);
    let sku = Memo::new(move |_| product.with_value(|p| p.sku_of(&choice.get()).cloned()));
    let available = move || sku.get().map_or(0, |s| s.available);
    let post = leptos_router::hooks::use_query_map().with_untracked(post_of);
    let close = product.with_value(|p| path(&p.slug, "", &post));
    let add = Sent::<AddToCart>::nothing();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    #[cfg(feature = "hydrate")]
    modal(dialog, close.clone());
    let (currency, picture) = product.with_value(|p| (p.currency, p.pictures.first().cloned()));
    let to_checkout = mode != Mode::Cart;
    let label = match mode {
        Mode::Cart => t.add_to_cart(),
        Mode::Single => t.confirm_buy(),
        Mode::Open(_) => t.sheet_start_team(),
        Mode::Team(..) => t.sheet_join_team(),
    };
    // In the cart now: the badge counts, and the sheet says so.
    let added = move || !to_checkout && add.state.answers.get() > 0 && add.state.refused.with(Option::is_none);
    Effect::new(move |_| {
        if let Some(n) = add.answer.get()
            && !to_checkout
        {
            site.cart.set(n);
        }
    });
    view! {
        <a class="backdrop" href=close.clone() aria-label=t.close() tabindex="-1" data-noscroll=""></a>
        <dialog open class="sheet" node_ref=dialog aria-label=t.choose_options()>
            <PostForm sent=add>
                <div class="sheet-head">
                    <Picture picture=picture alt=String::new() sizes="96px" />
                    <div>
                        {move || sku.get().map(|s| view! { <Price amount=s.price currency=currency class="large" /> })}
                        <p class="hint">{move || match available() { 0 => t.sold_out().to_owned(), n if n <= 10 => t.only_left(n), _ => String::new() }}</p>
                        <p class="hint">{move || product.with_value(|p| p.choice_text(&choice.get()))}</p>
                    </div>
                    <a class="sheet-close" href=close.clone() aria-label=t.close() data-noscroll=""><Icon name="x" /></a>
                </div>
                <FormError path=PATH sending=add.state />
                <Hidden name="slug" value=product.with_value(|p| p.slug.clone()) />
                <Hidden name="then" value=mode.then() />
                {(!post.is_empty()).then(|| view! { <Hidden name="post" value=post.clone() /> })}
                {offer.map(|offer| view! { <p class="hint">{terms(&offer, currency)}</p> })}
                <Options product choice />
                <div class="sheet-row">
                    <span>{t.quantity()}</span>
                    <div class="stepper">
                        <button type="button" class="step js" aria-label=t.less() on:click=move |_| quantity.update(|q| *q = (*q - 1).max(1))><Icon name="minus" /></button>
                        <input type="number" name="quantity" inputmode="numeric" min="1" max="99" aria-label=t.quantity() data-testid="qty"
                            value=quantity.get_untracked() prop:value=move || quantity.get().to_string()
                            on:input=move |e| if let Ok(n) = event_target_value(&e).parse() { quantity.set(n) } />
                        <button type="button" class="step js" aria-label=t.more() on:click=move |_| quantity.update(|q| *q = (*q + 1).min(available().clamp(1, 99)))><Icon name="plus" /></button>
                    </div>
                </div>
                {move || added().then(|| view! {
                    <p class="notice" role="status">{t.added_to_cart()} " " <a href="/cart">{t.go_to_cart()}</a></p>
                })}
                <button type="submit" class="button primary wide" data-testid="confirm" disabled=move || add.state.pending.get() || available() == 0>
                    {label}
                </button>
            </PostForm>
        </dialog>
    }
}

/// The page of a product with its sheet open, or without. `open`: what stands in the query for that.
pub fn path(slug: &str, open: &str, post: &str) -> String {
    let from = if post.is_empty() { String::new() } else { format!("post={post}") };
    let query: Vec<&str> = [open, &from].into_iter().filter(|q| !q.is_empty()).collect();
    if query.is_empty() { format!("/p/{slug}") } else { format!("/p/{slug}?{}", query.join("&")) }
}

/// What a group-buy is about, in a line.
pub fn terms(offer: &OfferView, currency: domain::Currency) -> String {
    let t = Site::get().texts();
    let mut parts = vec![crate::ui::team_size(&offer.terms, currency)];
    if offer.new_shoppers {
        parts.push(t.group_new_only().to_owned());
    }
    parts.push(t.group_each(offer.units_each));
    parts.join(" · ")
}

const PATH: &str = "cart/add";

/// The options: a row of choices each; what leads to nothing that is left is struck through.
#[component]
fn Options(product: StoredValue<ProductView>, choice: RwSignal<Vec<u32>>) -> impl IntoView {
    let options = product.with_value(|p| p.detail.options.clone());
    options
        .into_iter()
        .enumerate()
        .map(|(o, option)| {
            view! {
                <fieldset class="options">
                    <legend>{option.name}</legend>
                    {option.values.into_iter().zip(0_u32..).map(|(value, v)| {
                        let with = move || { let mut c = choice.get(); if let Some(slot) = c.get_mut(o) { *slot = v; } c };
                        let out = move || product.with_value(|p| p.sku_of(&with()).is_none_or(|s| s.available <= 0));
                        let chosen = move || choice.with(|c| c.get(o) == Some(&v));
                        view! {
                            <label class="option" class:out=out data-testid="sku-option">
                                <input type="radio" name=format!("choice[{o}]") value=v checked=chosen() prop:checked=chosen
                                    on:change=move |_| choice.set(with()) />
                                <span>{value}</span>
                            </label>
                        }
                    }).collect_view()}
                </fieldset>
            }
        })
        .collect_view()
}

/// Makes the open dialog modal: focus stays inside, Escape and the backdrop close it by going back to the product.
#[cfg(feature = "hydrate")]
fn modal(dialog: NodeRef<leptos::html::Dialog>, close: String) {
    let navigate = leptos_router::hooks::use_navigate();
    Effect::new(move |_| {
        let Some(element) = dialog.get() else { return };
        element.close();
        let _ = element.show_modal();
        let (navigate, close) = (navigate.clone(), close.clone());
        let leave = move || navigate(&close, leptos_router::NavigateOptions { scroll: false, ..Default::default() });
        let escaped = leave.clone();
        let own: web_sys::EventTarget = element.clone().into();
        let listeners = [
            gloo_events::EventListener::new(&element, "cancel", move |_| escaped()),
            // A click on the dialog itself, not on what is in it, hit the backdrop.
            gloo_events::EventListener::new(&element, "click", move |e| {
                if e.target().as_ref() == Some(&own) {
                    leave();
                }
            }),
        ];
        listeners.into_iter().for_each(gloo_events::EventListener::forget);
    });
}
