//! A receipt to print or to keep: what was bought, what it cost, what was given back.

use crate::{
    fail::Fail,
    order::{api::show, part::Costs},
    site::Site,
    ui::{Empty, Head, Page, amount, loaded},
};
use domain::order::OrderView;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct ReceiptPage {
    order: Resource<Result<OrderView, Fail>>,
}

impl ReceiptPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/orders/{}/receipt", use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { order: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), show) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.order, move |view| {
            let back = format!("/orders/{}", view.code);
            let paid = view.paid_at();
            view! {
                <Head title=t.receipt_title().to_owned() private=true />
                <Page title=t.receipt_title().to_owned() back=back tab="orders" class="narrow">
                    {match paid {
                        Some(paid) => view! { <Receipt view paid /> }.into_any(),
                        None => view! { <Empty text=t.receipt_unpaid() next=t.orders_title() href="/orders" /> }.into_any(),
                    }}
                </Page>
            }
            .into_any()
        })
    }
}

#[component]
fn Receipt(view: OrderView, paid: domain::Millis) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let currency = view.price.currency;
    let total = view.price.total;
    let back = view.given_back();
    view! {
        <article class="panel receipt" data-testid="receipt">
            <header>
                <b>{t.brand()}</b>
                <dl class="costs">
                    <div><dt>{t.order_number()}</dt><dd><code>{view.code.to_string()}</code></dd></div>
                    <div><dt>{t.order_created()}</dt><dd>{site.time(view.created_at)}</dd></div>
                    <div><dt>{t.event_paid()}</dt><dd>{site.time(paid)}</dd></div>
                    <div><dt>{t.order_address()}</dt><dd>{view.address.recipient.clone()} ", " {view.address.one_line()}</dd></div>
                </dl>
            </header>
            <table>
                <thead><tr><th scope="col">{t.receipt_thing()}</th><th scope="col">{t.receipt_each()}</th><th scope="col">{t.receipt_sum()}</th></tr></thead>
                <tbody>
                    {view.lines.into_iter().map(|l| view! {
                        <tr>
                            <th scope="row">{l.title}<small>{[l.choice, l.merchant].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" · ")}</small></th>
                            <td>{amount(l.unit_price, currency)}" × "{l.quantity}</td>
                            <td>{amount(l.total, currency)}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
            <Costs price=view.price />
            {(back > 0).then(|| view! {
                <dl class="costs">
                    <div><dt>{t.event_refunded()}</dt><dd>{amount(-back, currency)}</dd></div>
                    <div class="sum"><dt>{t.receipt_left()}</dt><dd>{amount(total - back, currency)}</dd></div>
                </dl>
            })}
        </article>
        <p class="receipt-print">
            <button type="button" class="button wide" on:click=|_| print()>{t.receipt_print()}</button>
        </p>
        <noscript><p class="hint">{t.receipt_print_hint()}</p></noscript>
    }
}

/// Opens the browser's print window.
fn print() {
    #[cfg(feature = "hydrate")]
    let _ = window().print();
}
