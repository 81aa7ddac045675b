//! Asking for money back: what, how many, why.

use crate::{
    after_sale::api::{Open, wish},
    fail::Fail,
    site::Site,
    ui::{Empty, FormError, Head, Hidden, Page, PostForm, Sent, Submit, amount, loaded},
};
use domain::after_sale::{Kind, REASONS, WishLine, WishView};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const PATH: &str = "after_sale/open";

pub struct WishPage {
    wish: Resource<Result<WishView, Fail>>,
}

fn code() -> String {
    use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default()
}

impl WishPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/orders/{}/return", code())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { wish: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), wish) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let back = format!("/orders/{}", code());
        view! {
            <Head title=t.wish_title().to_owned() private=true />
            <Page title=t.wish_title().to_owned() back=back class="narrow">
                {loaded(this.wish, move |view| {
                    let forms: Vec<_> = view.kinds.iter().map(|kind| form(*kind, &view)).collect();
                    if forms.iter().all(Option::is_none) {
                        return view! { <Empty text=t.wish_nothing() next=t.orders_title() href="/orders" /> }.into_any();
                    }
                    forms.into_iter().flatten().collect_view().into_any()
                })}
            </Page>
        }
        .into_any()
    }
}

/// The form for one kind of wish, if there is something to wish for.
fn form(kind: Kind, view: &WishView) -> Option<AnyView> {
    let t = Site::get().texts();
    if kind == Kind::PriceDrop {
        return price_drop(view);
    }
    let swaps = kind == Kind::Exchange;
    let units = move |l: &WishLine| match kind {
        Kind::Cancel => l.unsent,
        Kind::Exchange if l.swaps.is_empty() => 0,
        _ => l.sent,
    };
    let lines: Vec<WishLine> = view.lines.iter().filter(|l| units(l) > 0).cloned().collect();
    if lines.is_empty() {
        return None;
    }
    let (order, currency) = (view.order.to_string(), view.currency);
    // One key a kind: whoever sends a form twice opens one case.
    let key = format!("{}{}", view.key, kind.name());
    let sent = Sent::<Open>::nothing();
    let name = kind.name();
    let typed = Site::get().typed(PATH, "text").unwrap_or_default();
    Some(
        view! {
            <details class="panel wish" data-kind=name open=view.kinds.first() == Some(&kind)>
                <summary><b>{t.kind_named(name)}</b></summary>
                <p class="hint">{t.kind_hint_named(name)}</p>
                <PostForm sent class="form">
                    <FormError path=PATH sending=sent.state />
                    <Hidden name="code" value=order />
                    <Hidden name="kind" value=name />
                    <Hidden name="key" value=key />
                    {lines.into_iter().enumerate().map(|(i, line)| {
                        let n = units(&line);
                        let label = if line.choice.is_empty() { line.title.clone() } else { format!("{} · {}", line.title, line.choice) };
                        view! {
                            <label class="units">
                                <span>{label} " " <small>{line.merchant.clone()} " · " {amount(line.unit_price, currency)}</small></span>
                                <input type="hidden" name=format!("position[{i}]") value=line.position />
                                <input type="number" name=format!("quantity[{i}]") value=n min="0" max=n inputmode="numeric" data-testid="wish-quantity" />
                            </label>
                            {swaps.then(|| view! {
                                <label class="field">
                                    <span>{t.wish_swap()}</span>
                                    <select name=format!("swap[{i}]") data-testid="wish-swap">
                                        {line.swaps.iter().map(|(sku, choice)| {
                                            let name = if choice.is_empty() { line.title.clone() } else { choice.clone() };
                                            view! { <option value=sku.to_string()>{name}</option> }
                                        }).collect_view()}
                                    </select>
                                </label>
                            })}
                        }
                    }).collect_view()}
                    <label class="field">
                        <span>{t.wish_reason()}</span>
                        <select name="reason" data-testid="wish-reason">{REASONS.iter().map(|r| view! { <option value=*r>{t.reason_named(r)}</option> }).collect_view()}</select>
                    </label>
                    <label class="field">
                        <span>{t.wish_text()}</span>
                        <input type="text" name="text" value=typed maxlength="500" autocomplete="off" />
                    </label>
                    <Submit label=t.wish_submit().to_owned() testid="wish-submit" sending=sent.state />
                </PostForm>
            </details>
        }
        .into_any(),
    )
}

/// One button for each line whose price has fallen.
fn price_drop(view: &WishView) -> Option<AnyView> {
    let t = Site::get().texts();
    let lines: Vec<WishLine> = view.lines.iter().filter(|l| l.price_drop > 0).cloned().collect();
    if lines.is_empty() {
        return None;
    }
    let (order, currency, key) = (view.order.to_string(), view.currency, view.key.clone());
    let name = Kind::PriceDrop.name();
    let form = move |line: WishLine| {
        let sent = Sent::<Open>::nothing();
        let (order, key) = (order.clone(), format!("{key}pricedrop{}", line.position));
        let label = if line.choice.is_empty() { line.title } else { format!("{} · {}", line.title, line.choice) };
        view! {
            <PostForm sent class="form">
                <FormError path=PATH sending=sent.state />
                <Hidden name="code" value=order />
                <Hidden name="kind" value=name />
                <Hidden name="key" value=key />
                <Hidden name="position[0]" value=line.position.to_string() />
                <Hidden name="quantity[0]" value="1" />
                <p>{label} " " <b>{amount(line.price_drop, currency)}</b></p>
                <Submit label=t.wish_price_drop().to_owned() testid="wish-price-drop" sending=sent.state />
            </PostForm>
        }
    };
    Some(
        view! {
            <details class="panel wish" data-kind=name>
                <summary><b>{t.kind_named(name)}</b></summary>
                <p class="hint">{t.kind_hint_named(name)}</p>
                {lines.into_iter().map(form).collect_view()}
            </details>
        }
        .into_any(),
    )
}
