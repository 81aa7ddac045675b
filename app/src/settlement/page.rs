//! The statement: what is held in each currency and for whom, what each merchant is owed, and by which orders.

use crate::{
    fail::Fail,
    settlement::api::{PayOut, statement},
    site::Site,
    ui::{Empty, FormError, Head, Hidden, Page, PostForm, Sent, Submit, amount, loaded, percent},
};
use domain::{
    Money,
    commission::OwedView,
    settlement::{BooksView, SettledView, StandingView, StatementView},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub struct StatementPage {
    statement: Resource<Result<StatementView, Fail>>,
    pay: Sent<PayOut>,
}

impl StatementPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/statement".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let asked = move || query.with(|q| (q.get("merchant").unwrap_or_default(), q.get("after").unwrap_or_default()));
        let pay = Sent::<PayOut>::nothing();
        let asked = move || (asked(), pay.state.answers.get());
        Self { statement: Resource::new(asked, |((merchant, after), _)| statement(merchant, after)), pay }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let pay = this.pay;
        loaded(this.statement, move |view| {
            let StatementView { creators, books: sums, standings, merchant, settled, next } = view;
            let some = !creators.is_empty();
            let none = sums.is_empty();
            let chosen = standings.iter().find(|s| s.merchant == merchant).map(|s| s.name.clone());
            view! {
                <Head title=t.statement_title().to_owned() private=true />
                <Page title=t.statement_title().to_owned() back="/admin" tab="me" class="narrow">
                    {none.then(|| view! { <Empty text=t.statement_none() next=t.admin_title() href="/admin" /> })}
                    {sums.into_iter().map(books).collect_view()}
                    <FormError path="settlement/pay_out" sending=pay.state />
                    {some.then(|| view! { <h2>{t.statement_authors()}</h2> <p class="hint">{t.statement_authors_hint()}</p> })}
                    <ul class="rows">{creators.into_iter().map(|c| author(c, pay)).collect_view()}</ul>
                    {(!none).then(|| view! { <h2>{t.statement_merchants()}</h2> })}
                    <ul class="rows standings">{standings.into_iter().map(standing).collect_view()}</ul>
                    {chosen.map(|name| view! {
                        <h2>{t.statement_orders(&name)}</h2>
                        {settled.is_empty().then(|| view! { <p class="hint">{t.statement_orders_none()}</p> })}
                        {settled.into_iter().map(order).collect_view()}
                        {next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/statement?merchant={merchant}&after={after}")>{t.feed_more()}</a></p> })}
                    })}
                </Page>
            }
            .into_any()
        })
    }
}

fn books(b: BooksView) -> impl IntoView {
    let t = Site::get().texts();
    let row = |label: &'static str, n: i64| view! { <div class="part"><dt>{label}</dt><dd>{amount(n, b.currency)}</dd></div> };
    view! {
        <section class="panel" data-testid="books" data-currency=b.currency.code()>
            <dl class="costs">
                {row(t.statement_pending(), b.pending)}
                {row(t.statement_owed(), b.owed)}
                {row(t.statement_shoppers(), b.shoppers)}
                {(b.creators != 0).then(|| row(t.statement_creators(), b.creators))}
                {row(t.statement_fees(), b.fees)}
                <div class="sum"><dt>{t.statement_held()}</dt><dd>{amount(b.held, b.currency)}</dd></div>
            </dl>
        </section>
    }
}

/// An author to whom something is owed.
fn author(c: OwedView, pay: Sent<PayOut>) -> impl IntoView {
    let t = Site::get().texts();
    let sum = Money::new(c.amount, c.currency).exact();
    let handle = c.handle.clone();
    view! {
        <li class="session" data-testid="owed" data-handle=handle>
            <span><a href=format!("/u/{}", c.handle)>{c.name}</a> " " {amount(c.amount, c.currency)}</span>
            <PostForm sent=pay>
                <Hidden name="handle" value=c.handle />
                <Hidden name="currency" value=c.currency.code() />
                <Hidden name="amount" value=c.amount.to_string() />
                <Hidden name="key" value=c.key />
                <Submit label=t.statement_pay_out(sum) testid="pay-out" class="button small" sending=pay.state />
            </PostForm>
        </li>
    }
}

fn standing(s: StandingView) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <li>
            <a href=format!("/admin/statement?merchant={}", s.merchant) data-testid="standing" data-merchant=s.merchant.clone()>
                <b>{s.name}</b>
                <small>{t.statement_pending()} " " {amount(s.pending, s.currency)}</small>
                <span>{t.statement_owed()} " " <b>{amount(s.owed, s.currency)}</b></span>
            </a>
        </li>
    }
}

fn order(o: SettledView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let rate = percent(o.fee_bp);
    view! {
        <article class="panel" data-testid="settled" data-order=o.order.to_string()>
            <p><code>{o.order.to_string()}</code> " " <small class="hint">{site.time(o.at)}</small></p>
            <dl class="costs">
                <div><dt>{t.statement_earned()}</dt><dd>{amount(o.share.earned, o.currency)}</dd></div>
                {(o.share.refunded > 0).then(|| view! { <div><dt>{t.statement_refunded()}</dt><dd>{amount(-o.share.refunded, o.currency)}</dd></div> })}
                <div><dt>{t.statement_fee(&rate)}</dt><dd>{amount(-o.share.fee, o.currency)}</dd></div>
                {(o.subsidy > 0).then(|| view! { <div><dt>{t.statement_subsidy()}</dt><dd>{amount(o.subsidy, o.currency)}</dd></div> })}
                <div class="sum"><dt>{t.statement_net()}</dt><dd>{amount(o.share.net + o.subsidy, o.currency)}</dd></div>
            </dl>
        </article>
    }
}
