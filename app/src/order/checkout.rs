//! Checkout: address, delivery, note, total, place the order.

use crate::{
    fail::Fail,
    order::{
        api::{Place, checkout},
        coupons::{CHOOSE, Coupons},
        part::{Costs, Earners, Thing},
    },
    site::Site,
    ui::{
        Countdown, Empty, FormError, Head, Hidden, Page, PostForm, Price, Sent, Submit, TakeWord, amount,
        any_problem_alert, encode, problem_alert, team_size,
    },
};
use domain::{coupon::Class, group_buy::Otherwise, order::CheckoutView, shipping::Method};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    params::ParamsMap,
};

pub struct CheckoutPage {
    view: Resource<Result<CheckoutView, Fail>>,
    sent: Forms,
}

/// What stands outside of what is loaded anew when the delivery changes: what was typed stays.
#[derive(Clone, Copy)]
struct Forms {
    place: Sent<Place>,
    word: Sent<TakeWord>,
    note: RwSignal<String>,
    /// Whether the choice of coupons is shown.
    opened: RwSignal<bool>,
}

/// What the page is asked for by, besides what is bought.
const CHOICES: [&str; 4] = ["address", "method", "product_coupon", "coupon"];

const PATH: &str = "order/place";

/// The address of the page with what `get` says of each choice.
fn with(query: &ParamsMap, get: impl Fn(&str) -> String) -> String {
    let chosen = CHOICES.map(|name| (name, get(name)));
    let said = chosen.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("&{name}={value}"));
    format!("/checkout?buy={}{}", query.get("buy").unwrap_or_default(), said.collect::<String>())
}

impl CheckoutPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        use_query_map().with_untracked(|q| with(q, |name| q.get(name).unwrap_or_default()))
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        let (place, word) = (Sent::<Place>::nothing(), Sent::<TakeWord>::nothing());
        // Whoever has one more coupon uses it, if it is better.
        let typed = word.state.turned(&[]);
        let asked = move || {
            let refused = place.state.refused.with(Option::is_some).then(|| place.state.answers.get());
            query.with(|q| {
                let get = |name| q.get(name).unwrap_or_default();
                // Without wasm the refused form says what was chosen.
                (get("buy"), CHOICES.map(get), refused, typed.get())
            })
        };
        // A refusal (the total changed, somebody was faster) loads what is true now.
        let view = Resource::new(asked, |(buy, [address, method, product_coupon, coupon], ..)| {
            checkout(buy, address, method, product_coupon, coupon)
        });
        let note = RwSignal::new(Site::get().typed(PATH, "note").unwrap_or_default());
        let opened = RwSignal::new(Site::get().flash("coupon/word").is_some());
        Self { view, sent: Forms { place, word, note, opened } }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let CheckoutPage { view, sent } = this;
        let query = use_query_map();
        let buy = query.with_untracked(|q| q.get("buy")).unwrap_or_default();
        let back = if buy.is_empty() || buy == "cart" { "/cart" } else { "/shop" };
        view! {
            <Head title=t.checkout_title().to_owned() private=true />
            <Page title=t.checkout_title().to_owned() back=back class="narrow with-bar">
                <FormError path=PATH sending=sent.place.state />
                <Transition fallback=|| view! { <crate::ui::Loading /> }>
                    {move || {
                        let buy = query.with(|q| q.get("buy")).unwrap_or_default();
                        Suspend::new(async move {
                            match view.await {
                                Ok(view) => view! { <Checkout view buy sent /> }.into_any(),
                                Err(fail) if fail.0.code == "cart_empty" => view! { <Empty text=t.cart_empty() next=t.cart_empty_next() href="/" /> }.into_any(),
                                Err(fail) if fail.0.code == "login_needed" => ().into_any(),
                                Err(fail) => problem_alert(&fail.0).into_any(),
                            }
                        })
                    }}
                </Transition>
            </Page>
        }
        .into_any()
    }
}

#[component]
fn Checkout(view: CheckoutView, buy: String, sent: Forms) -> impl IntoView {
    let t = Site::get().texts();
    let Forms { place, word, note, opened } = sent;
    let chosen = view.address;
    let method = view.method;
    let currency = view.lines.first().map_or(domain::Currency::Cny, |l| l.currency);
    let (navigate, query) = (use_navigate(), use_query_map());
    // The same page with other choices.
    let anew = move |other: &[(&str, &str)]| {
        query.with_untracked(|q| {
            with(q, |name| {
                let to = other.iter().find(|(choice, _)| *choice == name).map(|(_, to)| (*to).to_owned());
                to.or_else(|| q.get(name)).unwrap_or_default()
            })
        })
    };
    // The new address comes behind it.
    let add_address = format!("/addresses?next={}#form", encode(&anew(&[("address", ""), ("method", method.name())])));
    let here = anew(&[]);
    let go = move |link: &str| {
        navigate(link, NavigateOptions { replace: true, scroll: false, ..Default::default() });
    };
    let choose = {
        let go = go.clone();
        move |choice: &'static str, to: String| go(&anew(&[(choice, &to)]))
    };
    // Whoever has one more coupon gets the best of them, whatever was chosen before.
    let best = anew(&[("product_coupon", ""), ("coupon", "")]);
    Effect::new({
        let best = best.clone();
        move |before: Option<()>| {
            if word.answer.get().is_some() && before.is_some() {
                go(&best);
            }
        }
    });
    // What somebody clicked before the answer came is not what is so.
    #[cfg(feature = "hydrate")]
    Effect::new(|_| {
        if let Some(form) = document().get_element_by_id(CHOOSE) {
            wasm_bindgen::JsCast::unchecked_ref::<web_sys::HtmlFormElement>(&form).reset();
        }
    });
    let address_text = chosen.map(|a| a.to_string()).unwrap_or_default();
    let by_address = choose.clone();
    let by_method = {
        let choose = choose.clone();
        move |m: Method| choose("method", m.name().to_owned())
    };
    let none = view.addresses.is_empty();
    view! {
        <form class="panel" method="get" action="/checkout" id=CHOOSE>
            <Hidden name="buy" value=buy.clone() />
            <fieldset class="radio-list">
                <legend>{t.checkout_address()}</legend>
                {none.then(|| view! { <p class="hint">{t.checkout_no_address()}</p> })}
                {view.addresses.into_iter().map(|a| {
                    let by_address = by_address.clone();
                    let id = a.id.to_string();
                    let to = id.clone();
                    view! {
                        <label class="radio" data-testid="address">
                            <input type="radio" name="address" value=id checked=Some(a.id) == chosen on:change=move |_| by_address("address", to.clone()) />
                            <span><b>{a.address.recipient.clone()}</b> " " {a.address.masked_phone()} <br /> {a.address.one_line()}</span>
                        </label>
                    }
                }).collect_view()}
                <a class="button small" href=add_address data-testid="add-address">{t.checkout_add_address()}</a>
            </fieldset>
            <fieldset class="radio-list">
                <legend>{t.checkout_method()}</legend>
                {view.methods.into_iter().map(|(m, fee, (from, to))| {
                    let by_method = by_method.clone();
                    let label = match m { Method::Standard => t.method_standard(), Method::Express => t.method_express() };
                    view! {
                        <label class="radio">
                            <input type="radio" name="method" value=m.name() checked=m == method on:change=move |_| by_method(m) />
                            <span><b>{label}</b> " " <small>{t.method_days(from, to)}</small></span>
                            {if fee == 0 { view! { <span class="radio-end">{t.free()}</span> }.into_any() } else { view! { <span class="radio-end">{amount(fee, currency)}</span> }.into_any() }}
                        </label>
                    }
                }).collect_view()}
            </fieldset>
            <noscript><button type="submit" class="button">{t.checkout_change_address()}</button></noscript>
        </form>
        {view.seat.as_ref().map(|seat| {
            let title = if seat.team.is_some() { t.checkout_team_join() } else { t.checkout_team_open() };
            view! {
                <section class="panel team-note">
                    <h2>{title}" · "{team_size(&seat.terms, currency)}</h2>
                    <p>{(seat.terms.goal.is_none()).then(|| t.checkout_team_missing(seat.missing))} " " {t.invite_ends()} " " <Countdown deadline=seat.deadline now=seat.now testid="team-countdown" /></p>
                </section>
            }
        })}
        <section class="panel">
            <ul class="lines">
                {view.lines.into_iter().zip(view.off).map(|(l, off)| view! {
                    <Thing title=l.title choice=l.choice picture=l.picture unit_price=l.price quantity=l.quantity currency=l.currency off />
                }).collect_view()}
            </ul>
        </section>
        <Coupons choices=view.coupons.clone() currency choose picked={query.with_untracked(|q| ["product_coupon", "coupon"].map(|name| q.get(name).is_some_and(|v| !v.is_empty())))} word next=format!("{best}#coupons") opened />
        {match view.price {
            Err(problem) => {
                // What the form was refused for stands above already.
                let said = place.state.refused.with_untracked(|r| r.as_ref().is_some_and(|p| p.code == problem.code))
                    || Site::get().flash(PATH).is_some_and(|f| f.problem.code == problem.code);
                let again = problem.code == "read_only";
                view! {
                    {(!said).then(|| any_problem_alert(&problem))}
                    {again.then(|| view! { <p><a class="button wide" href=here rel="external">{t.retry()}</a></p> })}
                }
                .into_any()
            }
            Ok(price) => {
                let total = price.total;
                let seat = view.seat.is_some();
                let joins = view.seat.is_some_and(|s| s.team.is_some());
                let wanted = Site::get().typed(PATH, "otherwise");
                let answered = Site::get().typed(PATH, "inviter");
                let invitation = view.invitation;
                let earners = view.earners;
                // What takes something off, and nothing that was not shown.
                let coupons = view.coupons;
                let taken = move |class: Class| {
                    let of = coupons.iter().find(|c| c.takes.is_some() && c.coupon.terms.class() == class);
                    of.map(|c| c.grant.to_string()).unwrap_or_default()
                };
                view! {
                    <PostForm sent=place>
                        <Hidden name="buy" value=if buy.is_empty() { "cart".to_owned() } else { buy } />
                        <Hidden name="address" value=address_text />
                        <Hidden name="method" value=method.name() />
                        <Hidden name="key" value=view.key />
                        <Hidden name="total" value=total.to_string() />
                        <Hidden name="product_coupon" value=taken(Class::Product) />
                        <Hidden name="coupon" value=taken(Class::Shop) />
                        <section class="panel form">
                            <label class="field">
                                <span>{t.checkout_note()}</span>
                                <input type="text" name="note" maxlength="200" autocomplete="off" value=note.get_untracked() prop:value=move || note.get() on:input=move |e| note.set(event_target_value(&e)) />
                            </label>
                            {joins.then(|| view! {
                                <fieldset class="radio-list">
                                    <legend>{t.checkout_otherwise()}</legend>
                                    {Otherwise::ALL.iter().map(|o| {
                                        let chosen = wanted.as_deref().unwrap_or("refund") == o.name();
                                        view! {
                                            <label class="radio">
                                                <input type="radio" name="otherwise" value=o.name() checked=chosen />
                                                <span>{t.otherwise_named(o.name())}</span>
                                            </label>
                                        }
                                    }).collect_view()}
                                </fieldset>
                            })}
                            {invitation.map(|i| {
                                let declined = answered.as_deref() == Some("decline");
                                let choice = |value: &'static str, label: String, checked: bool| view! {
                                    <label class="radio">
                                        <input type="radio" name="inviter" value=value checked=checked />
                                        <span>{label}</span>
                                    </label>
                                };
                                view! {
                                    <fieldset class="radio-list" data-testid="invitation">
                                        <legend>{t.checkout_invited(&i.by)}</legend>
                                        <Hidden name="invitation" value=i.shown.to_string() />
                                        {choice("accept", t.checkout_invited_accept(i.shown.terms.invited, i.shown.terms.inviter), !declined)}
                                        {choice("decline", t.checkout_invited_decline().to_owned(), declined)}
                                    </fieldset>
                                }
                            })}
                            <Costs price />
                            <Earners earners currency beside=true />
                            <p class="hint">{if seat { t.checkout_seat_hint() } else { t.checkout_hold_hint() }}</p>
                        </section>
                        <div class="bottom-bar">
                            <p>{t.checkout_total()} " " <Price amount=total currency=currency class="large" /></p>
                            <Submit label=t.checkout_place().to_owned() testid="place-order" sending=place.state disabled=none />
                        </div>
                    </PostForm>
                }.into_any()
            }
        }}
    }
}
