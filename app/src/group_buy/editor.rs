//! The editor of a campaign: what it will look like on a phone, and what it costs at most, stand beside what is typed.

use crate::{
    fail::Fail,
    group_buy::{
        api::{Create, editor},
        invite::percent,
    },
    site::Site,
    ui::{FormError, Head, Hidden, Page, Picture, PostForm, Price, Sent, Submit, any_problem_alert, loaded, team_size},
};
use domain::{
    Money,
    group_buy::{Draft, EditorView, Kind, typed::Form},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const PATH: &str = "group_buy/create";

pub struct EditorPage {
    product: Resource<Result<EditorView, Fail>>,
}

impl EditorPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/admin/campaigns/new?slug={}", use_query_map().with_untracked(|q| q.get("slug")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { product: Resource::new(move || query.with(|q| q.get("slug").unwrap_or_default()), editor) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.product, move |product| {
            view! {
                <Head title=t.campaign_new().to_owned() private=true />
                <Page title=t.campaign_new().to_owned() back="/admin/campaigns" tab="me" class="editor">
                    <Editor product />
                </Page>
            }
            .into_any()
        })
    }
}

/// What stands in the fields: what was typed into a refused form, or what one begins with.
fn begun(product: &EditorView) -> Form {
    let site = Site::get();
    let fresh = Form::new(product);
    let Some(flash) = site.flash(PATH) else { return fresh };
    let of = |name: &str| flash.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    Form {
        kind: of("kind"),
        size: of("size"),
        goal: of("goal"),
        hours: of("hours"),
        days: of("days"),
        units_each: of("units_each"),
        new_shoppers: !of("new_shoppers").is_empty(),
        sponsor_from: of("sponsor_from"),
        leader_off: of("leader_off"),
        steps: of("steps"),
        skus: fresh
            .skus
            .into_iter()
            .enumerate()
            .map(|(i, (sku, ..))| (sku, of(&format!("price[{i}]")), of(&format!("quota[{i}]"))))
            .collect(),
    }
}

#[component]
fn Editor(product: EditorView) -> impl IntoView {
    let t = Site::get().texts();
    let sent = Sent::<Create>::nothing();
    let form = RwSignal::new(begun(&product));
    let text = move |name: &'static str, label: &'static str, mode: &'static str, get: fn(&mut Form) -> &mut String| {
        let value = form.try_update_untracked(|f| get(f).clone()).unwrap_or_default();
        view! {
            <label class="field">
                <span>{label}</span>
                <input type="text" name=name value=value inputmode=mode autocomplete="off" data-testid=format!("campaign-{name}")
                    on:input=move |e| form.update(|f| *get(f) = event_target_value(&e)) />
            </label>
        }
    };
    let kinds = [
        (Kind::Heads, t.campaign_kind_heads()),
        (Kind::Ladder, t.campaign_kind_ladder()),
        (Kind::Amount, t.campaign_kind_amount()),
    ];
    let chosen = form.with_untracked(|f| f.kind.clone());
    let fewer = form.with_untracked(|f| f.new_shoppers);
    let skus = product.skus.clone();
    let currency = product.currency;
    let slug = product.slug.clone();
    let key = product.key.clone();
    let product = StoredValue::new(product);
    let draft = Memo::new(move |_| product.with_value(|p| form.with(|f| f.draft(p, 0))));
    view! {
        <FormError path=PATH sending=sent.state />
        <div class="editor-sides">
            <PostForm sent class="form">
                <Hidden name="slug" value=slug />
                <Hidden name="key" value=key />
                <section class="panel form">
                    <h2>{product.with_value(|p| p.title.clone())}</h2>
                    <fieldset class="radio-list">
                        <legend>{t.campaign_kind()}</legend>
                        {kinds.map(|(kind, label)| view! {
                            <label class="radio">
                                <input type="radio" name="kind" value=kind.name() checked=chosen == kind.name()
                                    on:change=move |_| form.update(|f| f.kind = kind.name().to_owned()) />
                                <span>{label}</span>
                            </label>
                        }).collect_view()}
                    </fieldset>
                    <div class="pairs">
                        {text("size", t.campaign_seats(), "numeric", |f| &mut f.size)}
                        {text("hours", t.campaign_hours(), "numeric", |f| &mut f.hours)}
                        {text("days", t.campaign_days(), "numeric", |f| &mut f.days)}
                        {text("units_each", t.campaign_units_each(), "numeric", |f| &mut f.units_each)}
                        {text("goal", t.campaign_goal(), "decimal", |f| &mut f.goal)}
                        {text("leader_off", t.campaign_leader_off(), "decimal", |f| &mut f.leader_off)}
                    </div>
                    {text("steps", t.campaign_steps_label(), "text", |f| &mut f.steps)}
                    {text("sponsor_from", t.campaign_sponsor_from(), "numeric", |f| &mut f.sponsor_from)}
                    <label class="radio">
                        <input type="checkbox" name="new_shoppers" value="yes" checked=fewer
                            on:change=move |e| form.update(|f| f.new_shoppers = event_target_checked(&e)) />
                        <span>{t.campaign_new_only()}</span>
                    </label>
                </section>
                <section class="panel">
                    {skus.into_iter().enumerate().map(|(i, (sku, choice, single, ..))| {
                        let (price, quota) = form.with_untracked(|f| f.skus.get(i).map(|(_, p, q)| (p.clone(), q.clone())).unwrap_or_default());
                        view! {
                            <fieldset class="campaign-sku">
                                <legend>{choice} " · " {t.team_alone_price(Money::new(single, currency).exact())}</legend>
                                <input type="hidden" name=format!("sku[{i}]") value=sku.0.simple().to_string() />
                                <label class="field"><span>{t.campaign_price()}</span>
                                    <input type="text" inputmode="decimal" name=format!("price[{i}]") value=price autocomplete="off"
                                        on:input=move |e| form.update(|f| if let Some(s) = f.skus.get_mut(i) { s.1 = event_target_value(&e) }) /></label>
                                <label class="field"><span>{t.campaign_quota()}</span>
                                    <input type="text" inputmode="numeric" name=format!("quota[{i}]") value=quota autocomplete="off"
                                        on:input=move |e| form.update(|f| if let Some(s) = f.skus.get_mut(i) { s.2 = event_target_value(&e) }) /></label>
                            </fieldset>
                        }
                    }).collect_view()}
                </section>
                <Submit label=t.campaign_create().to_owned() testid="campaign-create" sending=sent.state />
            </PostForm>
            <aside class="phone" aria-label=t.campaign_preview()>
                <p class="hint">{t.campaign_preview()}</p>
                {move || match draft.get() {
                    Ok(draft) => product.with_value(|p| view! { <Preview draft=draft.clone() product=p.clone() /> }.into_any()),
                    Err(problem) => any_problem_alert(&problem).into_any(),
                }}
            </aside>
        </div>
    }
}

/// The campaign as a shopper meets it, and what it costs the shop at most.
#[component]
fn Preview(draft: Draft, product: EditorView) -> impl IntoView {
    let t = Site::get().texts();
    let currency = product.currency;
    let money = move |n: i64| Money::new(n, currency).exact();
    let worst = draft.worst_case();
    let cheapest = draft.skus.iter().min_by_key(|s| s.price).copied();
    let steps: Vec<String> = cheapest
        .map(|s| {
            let at = |heads| money(s.price - draft.terms.back(s.price, heads, false));
            draft.terms.steps.iter().map(|step| t.invite_step_price(step.heads, at(step.heads))).collect()
        })
        .unwrap_or_default();
    let perk = (draft.terms.leader_off_bp > 0).then(|| t.invite_perk(percent(draft.terms.leader_off_bp)));
    view! {
        <div class="panel phone-screen">
            <Picture picture=product.picture alt=String::new() sizes="240px" />
            <b>{product.title}</b>
            {cheapest.map(|s| view! {
                <p class="invite-prices"><Price amount=s.price currency class="large" /> <s class="was">{t.team_alone_price(money(s.single))}</s></p>
                <p class="saves">{t.team_saves(money(s.single - s.price))}</p>
            })}
            <p>{team_size(&draft.terms, currency)} " · " {t.group_each(draft.units_each)}</p>
            {(!steps.is_empty()).then(|| view! { <ul class="ladder">{steps.into_iter().map(|s| view! { <li>{s}</li> }).collect_view()}</ul> })}
            {perk.map(|p| view! { <p class="hint">{p}</p> })}
            {draft.new_shoppers.then(|| view! { <p class="hint">{t.group_new_only()}</p> })}
        </div>
        <p class="notice" data-testid="campaign-worst" data-amount=worst data-currency=currency.code()>{t.campaign_worst(money(worst))}</p>
    }
}
