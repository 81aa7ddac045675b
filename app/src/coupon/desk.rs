//! The coupons of the shop: made, counted, stopped.

use crate::{
    coupon::api::{Create, Stop, desk},
    fail::Fail,
    site::Site,
    ui::{
        FormError, Head, Hidden, Page, PostForm, Sent, Submit, Ticket, any_problem_alert, loaded, posts_to, takes_off,
    },
};
use domain::{
    Currency, Money,
    coupon::{
        DeskPage, DeskView, Terms, Way,
        typed::{Form, Kind},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const CREATE: &str = "coupon/create";

pub struct CouponDeskPage {
    view: Resource<Result<DeskPage, Fail>>,
    new: New,
}

/// A new one, outside of what is loaded anew once it is made.
#[derive(Clone, Copy)]
struct New {
    create: Sent<Create>,
    form: RwSignal<Form>,
    /// Whether its fields are shown.
    opened: RwSignal<bool>,
}

impl CouponDeskPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/coupons".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let after = move || query.with(|q| q.get("after").unwrap_or_default());
        let new = New {
            create: Sent::nothing(),
            form: RwSignal::new(begun()),
            opened: RwSignal::new(Site::get().flash(CREATE).is_some()),
        };
        let made = new.create.state.turned(&[]);
        // What was made is in the list, and the next one begins anew.
        Effect::new(move |_| {
            if new.create.answer.get().is_some() {
                new.form.set(Form::default());
                new.opened.set(false);
            }
        });
        Self { view: Resource::new(move || (after(), made.get()), |(after, _)| desk(after)), new }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let new = this.new;
        loaded(this.view, move |view| {
            let DeskPage { coupons, next, merchants, key } = view;
            let none = coupons.is_empty();
            view! {
                <Head title=t.coupon_title().to_owned() private=true />
                <Page title=t.coupon_title().to_owned() back="/admin" tab="me" class="narrow">
                    <Make merchants key new />
                    <div role="status">{move || new.create.answer.get().is_some().then(|| view! { <p class="notice" data-testid="coupon-done">{t.coupon_made()}</p> })}</div>
                    <FormError path="coupon/stop" />
                    {none.then(|| view! { <p class="hint">{t.coupon_desk_none()}</p> })}
                    <ul class="tickets">{coupons.into_iter().map(|c| view! { <Made c /> }).collect_view()}</ul>
                    {next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/admin/coupons?after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// What stands in the fields: what was typed into a refused form, or what one begins with.
fn begun() -> Form {
    let Some(flash) = Site::get().flash(CREATE) else { return Form::default() };
    let of = |name: &str| flash.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    Form {
        kind: of("kind"),
        off: of("off"),
        most: of("most"),
        least: of("least"),
        currency: of("currency"),
        of: of("of"),
        product: of("product"),
        way: of("way"),
        word: of("word"),
        quota: of("quota"),
        each: of("each"),
        days: of("days"),
        lasts: of("lasts"),
    }
}

/// The form of a new one; what it costs at most stands below while it is typed.
#[component]
fn Make(merchants: Vec<(String, String)>, key: String, new: New) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let New { create, form, opened } = new;
    let refused = StoredValue::new(site.flash(CREATE).map(|f| f.problem));
    let wrong = move |name: &str| {
        let field = create.state.refused.with(|p| p.as_ref().map(|p| p.field.clone()));
        let field = field.unwrap_or_else(|| refused.with_value(|p| p.as_ref().and_then(|p| p.field.clone())));
        (field.as_deref() == Some(name)).then_some("true")
    };
    let stands = move |get: fn(&mut Form) -> &mut String| {
        form.track();
        form.try_update_untracked(|f| get(f).clone()).unwrap_or_default()
    };
    let text = move |name: &'static str, label: &'static str, mode: &'static str, get: fn(&mut Form) -> &mut String| {
        let value = untrack(|| stands(get));
        view! {
            <label class="field">
                <span>{label}</span>
                <input type="text" name=name value=value prop:value=move || stands(get) inputmode=mode autocomplete="off" data-testid=format!("coupon-{name}")
                    aria-invalid=move || wrong(name)
                    on:input=move |e| form.update(|f| *get(f) = event_target_value(&e)) />
            </label>
        }
    };
    let radio = move |name: &'static str,
                      value: &'static str,
                      label: &'static str,
                      get: fn(&mut Form) -> &mut String| {
        let chosen = untrack(|| stands(get)) == value;
        view! {
            <label class="radio">
                <input type="radio" name=name value=value checked=chosen prop:checked=move || stands(get) == value on:change=move |_| form.update(|f| *get(f) = value.to_owned()) />
                <span>{label}</span>
            </label>
        }
    };
    let select = move |name: &'static str,
                       label: &'static str,
                       options: Vec<(String, String)>,
                       get: fn(&mut Form) -> &mut String| {
        let chosen = untrack(|| stands(get));
        view! {
            <label class="field">
                <span>{label}</span>
                <select name=name data-testid=format!("coupon-{name}") prop:value=move || stands(get) aria-invalid=move || wrong(name)
                    on:change=move |e| form.update(|f| *get(f) = event_target_value(&e))>
                    {options.into_iter().map(|(value, words)| {
                        let selected = value == chosen;
                        view! { <option value=value selected=selected>{words}</option> }
                    }).collect_view()}
                </select>
            </label>
        }
    };
    let currencies = Currency::ALL.map(|c| (c.code().to_owned(), format!("{} {}", c.code(), c.symbol()))).to_vec();
    let mut whose = vec![(String::new(), t.coupon_of_all().to_owned())];
    whose.extend(merchants.into_iter().map(|(slug, name)| (slug, t.coupon_of_merchant(name))));
    let draft = Memo::new(move |_| form.with(Form::draft));
    let untouched = move || form.with(|f| *f == Form::default());
    view! {
        <details class="panel coupon-make" open=move || opened.get() on:toggle=move |event| {
            #[cfg(feature = "hydrate")]
            opened.set(event_target::<web_sys::HtmlDetailsElement>(&event).open());
            #[cfg(not(feature = "hydrate"))]
            let _ = event;
        }>
            <summary class="button primary" data-testid="coupon-make">{t.coupon_make()}</summary>
            <PostForm sent=create class="form">
                <Hidden name="key" value=key />
                <fieldset class="radio-list">
                    <legend>{t.coupon_kind()}</legend>
                    {radio("kind", Kind::Amount.name(), t.coupon_kind_amount(), |f| &mut f.kind)}
                    {radio("kind", Kind::Percent.name(), t.coupon_kind_percent(), |f| &mut f.kind)}
                </fieldset>
                <div class="pairs">
                    {text("off", t.coupon_off_label(), "decimal", |f| &mut f.off)}
                    {text("most", t.coupon_most_label(), "decimal", |f| &mut f.most)}
                    {text("least", t.coupon_least_label(), "decimal", |f| &mut f.least)}
                    {select("currency", t.coupon_currency(), currencies, |f| &mut f.currency)}
                </div>
                {select("of", t.coupon_of_label(), whose, |f| &mut f.of)}
                {text("product", t.coupon_product_label(), "text", |f| &mut f.product)}
                <fieldset class="radio-list">
                    <legend>{t.coupon_way()}</legend>
                    {radio("way", Way::Open.name(), t.coupon_way_open(), |f| &mut f.way)}
                    {radio("way", Way::Word.name(), t.coupon_way_word(), |f| &mut f.way)}
                    {radio("way", Way::Room.name(), t.coupon_way_room(), |f| &mut f.way)}
                </fieldset>
                {text("word", t.coupon_word_is(), "text", |f| &mut f.word)}
                <div class="pairs">
                    {text("quota", t.coupon_quota_label(), "numeric", |f| &mut f.quota)}
                    {text("each", t.coupon_each_label(), "numeric", |f| &mut f.each)}
                    {text("days", t.coupon_days_label(), "numeric", |f| &mut f.days)}
                    {text("lasts", t.coupon_lasts_label(), "numeric", |f| &mut f.lasts)}
                </div>
                <p class="hint">{t.coupon_make_hint()}</p>
                {move || match draft.get() {
                    Ok(draft) => {
                        let worst = Money::new(draft.worst_case(), draft.terms.currency);
                        view! { <p class="notice" data-testid="coupon-worst" data-amount=worst.amount data-currency=worst.currency.code()>{takes_off(&draft.terms)}" · "{pays(&draft.terms)}" · "{t.coupon_worst(worst.exact())}</p> }.into_any()
                    }
                    Err(_) if untouched() => ().into_any(),
                    Err(problem) => any_problem_alert(&problem).into_any(),
                }}
                <FormError path=CREATE sending=create.state />
                <Submit label=t.coupon_create().to_owned() testid="coupon-create" sending=create.state />
            </PostForm>
        </details>
    }
}

/// Who pays for it.
fn pays(terms: &Terms) -> &'static str {
    let t = Site::get().texts();
    if terms.is_platforms() { t.coupon_pays_shop() } else { t.coupon_pays_merchant() }
}

#[component]
fn Made(c: DeskView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let state = match (c.stopped, c.runs()) {
        (true, _) => "stopped",
        (_, false) => "ended",
        _ => "runs",
    };
    let stands = match state {
        "stopped" => t.coupon_stopped().to_owned(),
        "ended" => t.coupon_ended().to_owned(),
        _ => t.coupon_get_until(site.time(c.ends_at)),
    };
    let word = c.word.clone();
    let way = match (c.way, word) {
        (Way::Open, _) => t.coupon_way_open().to_owned(),
        (Way::Word, word) => t.coupon_word_says(word.unwrap_or_default()),
        (Way::Room, _) => t.coupon_way_room().to_owned(),
    };
    let currency = c.coupon.terms.currency;
    let worst = Money::new(c.worst_case(), currency).exact();
    let payer = pays(&c.coupon.terms);
    let code = c.coupon.code.to_string();
    view! {
        <Ticket coupon=c.coupon testid="coupon-made" state>
            <p><small>{way} " · " {t.coupon_each_has(c.each)} " · " {payer}</small></p>
            <p><small>{t.coupon_numbers(c.dropping, c.expired, c.free, c.locked, c.quota, c.remains, c.used)}</small></p>
            {(c.took > 0).then(|| view! { <p><small data-testid="coupon-took" data-amount=c.took data-currency=currency.code()>{t.coupon_took(Money::new(c.took, currency).exact())}</small></p> })}
            <div class="ticket-end">
                <small>{stands} " · " {t.coupon_worst(worst)}</small>
                {(state == "runs").then(|| view! {
                    <form method="post" action={posts_to::<Stop>()}>
                        <Hidden name="code" value=code />
                        <button type="submit" class="button small" data-testid="coupon-stop">{t.coupon_stop()}</button>
                    </form>
                })}
            </div>
        </Ticket>
    }
}
