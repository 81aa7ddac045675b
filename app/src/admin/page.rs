//! The back office page.

use crate::{
    admin::api::{OverviewView, Retry, SetStatus, overview},
    fail::Fail,
    site::Site,
    ui::{FormError, Head, Hidden, Page, loaded, posts_to},
};
use domain::catalog::Status;
use leptos::prelude::*;

pub struct AdminPage {
    overview: Resource<Result<OverviewView, Fail>>,
}

impl AdminPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        Self { overview: Resource::new(|| (), |()| overview()) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.overview, |o| {
            let t = Site::get().texts();
            let number = |label: &'static str, n: i64| view! { <div class="kpi"><b>{n}</b><span>{label}</span></div> };
            view! {
                <Head title=t.admin_title().to_owned() private=true />
                <Page title=t.admin_title().to_owned() back="/me" tab="me">
                    <FormError path="admin/set_status" />
                    <h2>{t.admin_overview()}</h2>
                    <div class="kpis">
                        {number(t.admin_orders_paid(), o.orders_paid)}
                        {number(t.admin_orders_waiting(), o.orders_waiting)}
                        {number(t.admin_jobs_waiting(), o.jobs_waiting)}
                        {number(t.admin_jobs_dead(), o.jobs_dead)}
                    </div>
                    {(!o.dead.is_empty()).then(|| view! {
                        <FormError path="admin/retry" />
                        <h2>{t.admin_jobs_dead()}</h2>
                        <ul class="rows">
                            {o.dead.into_iter().map(|job| view! {
                                <li class="session" data-testid="dead-job">
                                    <span><b>{job.kind}</b><small>{job.error}</small></span>
                                    <form method="post" action={posts_to::<Retry>()}>
                                        <Hidden name="id" value=job.id />
                                        <button type="submit" class="button small">{t.retry()}</button>
                                    </form>
                                </li>
                            }).collect_view()}
                        </ul>
                    })}
                    <p><a class="button primary wide" href="/admin/orders">{t.admin_orders()}</a></p>
                    <p><a class="button wide" href="/admin/cases">{t.admin_cases()}</a></p>
                    <p><a class="button wide" href="/admin/campaigns">{t.admin_campaigns()}</a></p>
                    <p><a class="button wide" href="/admin/coupons">{t.coupon_title()}</a></p>
                    <p><a class="button wide" href="/admin/challenges">{t.challenge_title()}</a></p>
                    <p><a class="button wide" href="/admin/referrals">{t.referral_desk()}</a></p>
                    <p><a class="button wide" href="/admin/reviews">{t.review_desk()}</a></p>
                    <p><a class="button wide" href="/admin/reports">{t.queue_title()}</a></p>
                    <p><a class="button wide" href="/admin/words">{t.words_title()}</a></p>
                    <p><a class="button wide" href="/admin/statement">{t.statement_title()}</a></p>
                    <p><a class="button wide" href="/admin/log" data-testid="admin-log">{t.log_title()}</a></p>
                    <h2>{t.admin_products()}</h2>
                    <ul class="rows">
                        {o.products.into_iter().map(|(slug, title, status)| {
                            let (to, label) = if status == Status::On { (Status::Off, t.admin_take_off()) } else { (Status::On, t.admin_put_on()) };
                            view! {
                                <li class="session" data-state=status.name()>
                                    <span><a href=format!("/p/{slug}")>{title}</a><small>{t.status_named(status.name())}</small></span>
                                    <form method="post" action={posts_to::<SetStatus>()}>
                                        <Hidden name="slug" value=slug />
                                        <Hidden name="status" value=to.name() />
                                        <button type="submit" class="button small">{label}</button>
                                    </form>
                                </li>
                            }
                        }).collect_view()}
                    </ul>
                </Page>
            }
            .into_any()
        })
    }
}
