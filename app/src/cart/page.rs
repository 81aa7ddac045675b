//! The cart page.

use crate::{
    cart::api::{Change, show},
    fail::Fail,
    site::Site,
    ui::{Empty, FormError, Head, Hidden, Icon, Page, Picture, PostForm, Price, Sent, amount, loaded},
};
use domain::{
    Money,
    cart::{CartView, LineView},
};
use leptos::prelude::*;

pub struct CartPage {
    cart: Resource<Result<CartView, Fail>>,
    change: Sent<Change>,
}

impl CartPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let change = Sent::<Change>::nothing();
        // The answer of a change is the new cart: no second question.
        let cart = Resource::new(
            move || change.answer.get(),
            |changed| async move {
                match changed {
                    Some(cart) => Ok(cart),
                    None => show().await,
                }
            },
        );
        Self { cart, change }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        let CartPage { cart, change } = this;
        view! {
            <Head title=t.cart_title().to_owned() private=true />
            <Page title=t.cart_title().to_owned() tab="cart">
                <FormError path="cart/change" sending=change.state />
                {loaded(cart, move |view: CartView| {
                    site.cart.set(view.count());
                    if view.lines.is_empty() {
                        return view! { <Empty text=t.cart_empty() next=t.cart_empty_next() href="/" /> }.into_any();
                    }
                    let total = view.total();
                    view! {
                        <ul class="lines">{view.lines.into_iter().map(|line| view! { <Line line change /> }).collect_view()}</ul>
                        <div class="bottom-bar">
                            <p>
                                {t.cart_total()} " "
                                {total.map(|total| view! { <span data-testid="cart-total" data-amount=total.amount data-currency=total.currency.code()><Price amount=total.amount currency=total.currency /></span> })}
                                <small>{t.cart_total_note()}</small>
                            </p>
                            {match total {
                                Some(_) => view! { <a class="button primary" href="/checkout" data-testid="checkout">{t.cart_checkout()}</a> }.into_any(),
                                None => view! { <span class="button primary" aria-disabled="true">{t.cart_checkout()}</span> }.into_any(),
                            }}
                        </div>
                    }.into_any()
                })}
            </Page>
        }
        .into_any()
    }
}

/// A line: what, how many, what changed since.
#[component]
fn Line(line: LineView, change: Sent<Change>) -> impl IntoView {
    let t = Site::get().texts();
    let href = format!("/p/{}", line.slug);
    let written = |n: i64| Money::new(n, line.currency).exact();
    let sku = line.sku.to_string();
    let changed =
        (line.price != line.price_seen).then(|| t.cart_price_changed(written(line.price), written(line.price_seen)));
    let out = line.available <= 0;
    let few = !out && !line.fits();
    let max = line.available.clamp(1, 99);
    let set = |quantity: i64, label: &'static str, icon: &'static str, off: bool, sku: String| {
        view! {
            <PostForm sent=change>
                <Hidden name="sku" value=sku />
                <Hidden name="quantity" value=quantity.to_string() />
                <button type="submit" class="step" aria-label=label disabled=off><Icon name=icon /></button>
            </PostForm>
        }
    };
    view! {
        <li class="line" class:off=out data-testid="cart-line" data-quantity=line.quantity>
            <a href=href.clone() class="line-picture" tabindex="-1" aria-hidden="true"><Picture picture=line.picture.clone() alt=String::new() sizes="96px" /></a>
            <div class="line-text">
                <a href=href>{line.title.clone()}</a>
                {(!line.choice.is_empty()).then(|| view! { <small>{line.choice.clone()}</small> })}
                <small>{line.merchant.clone()}</small>
                {changed.map(|text| view! { <small class="changed" role="status">{text}</small> })}
                {few.then(|| view! { <small class="changed" role="status">{t.cart_few_left(line.available)}</small> })}
                {out.then(|| view! { <small class="changed" role="status">{t.sold_out()}</small> })}
                <div class="line-end">
                    {amount(line.price, line.currency)}
                    <div class="stepper" role="group" aria-label=t.quantity()>
                        {set(line.quantity - 1, if line.quantity == 1 { t.remove() } else { t.less() }, if line.quantity == 1 { "trash-2" } else { "minus" }, false, sku.clone())}
                        <output>{line.quantity}</output>
                        {set(line.quantity + 1, t.more(), "plus", line.quantity >= max, sku)}
                    </div>
                </div>
            </div>
        </li>
    }
}
