//! The page of a team: where an invitation lands. One address for every state, and for everybody who looks; one next step.

use crate::{
    fail::Fail,
    group_buy::api::invite,
    site::Site,
    ui::{
        Countdown, Head, Icon, Page, Picture, Price, ShareForm, TeamCards, amount, bought_here, goes_on, loaded,
        team_size,
    },
};
#[cfg(feature = "ssr")]
use domain::share::Kind;
use domain::{
    Money,
    group_buy::{self, FaceView, InviteView, Standing, TeamView},
    time::HOUR,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct InvitePage {
    invite: Resource<Result<InviteView, Fail>>,
}

impl InvitePage {
    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { invite: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), invite) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let again = this.invite;
        loaded(this.invite, move |invite| view! { <Invite invite again /> }.into_any())
    }
}

#[component]
fn Invite(invite: InviteView, again: Resource<Result<InviteView, Fail>>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let team = RwSignal::new(invite.team.clone());
    let standing = RwSignal::new(invite.standing);
    #[cfg(feature = "hydrate")]
    super::live::follow(&invite, team, standing, move || again.refetch());
    #[cfg(not(feature = "hydrate"))]
    let _ = again;
    let currency = invite.currency;
    let money = move |n: i64| Money::new(n, currency).exact();
    let title = t.invite_by(&invite.leader);
    let price = Money::new(invite.price, currency);
    #[cfg(feature = "ssr")]
    let image = {
        use crate::ui::preview;
        preview::path(Kind::Team, invite.code.as_str(), site.lang(), &preview::of_team(&invite, site.lang()), "wide")
    };
    // What fetches previews does not run scripts.
    #[cfg(not(feature = "ssr"))]
    let image = String::new();
    // What a link says in a chat, in every state.
    let named = match invite.standing {
        Standing::Open | Standing::Own | Standing::Waiting | Standing::Holding if invite.terms.goal.is_some() => {
            format!("{title} · {}", invite.title)
        }
        Standing::Open | Standing::Own | Standing::Waiting | Standing::Holding => {
            t.share_text_team(&invite.leader, invite.team.missing(), price.exact(), &invite.title)
        }
        other => format!("{} · {}", t.standing_named(other.name()), invite.title),
    };
    let hint = t.standing_hint_named(invite.standing.name());
    let description = format!("{hint} {}", team_size(&invite.terms, currency));
    let saves = invite.single - invite.price;
    let path = format!("/g/{}", invite.code);
    let joy = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    super::live::rejoice(&invite, standing, joy);
    let view = StoredValue::new(invite);
    let headline = move || match standing.get() {
        Standing::Open | Standing::Waiting | Standing::Own | Standing::Holding => {
            let missing = view.with_value(|v| match v.terms.goal {
                Some(goal) => t.invite_missing_amount(money((goal - team.with(|t| t.amount)).max(0))),
                None => t.invite_missing(team.with(TeamView::missing)),
            });
            (t.standing_named(standing.get().name()), Some(missing))
        }
        other => (t.standing_named(other.name()), None),
    };
    view! {
        <Head title=named description=description path=path image=image kind="product" price=price />
        <Page title=String::new() back="/" class="narrow invite" share=Some(("team", view.with_value(|v| v.code.to_string())))>
            <section class="panel invite-head" data-testid="team-state" data-state=move || team.with(|t| t.state.name()) data-standing=move || standing.get().name()>
                {move || joy.get().then(|| view! { <Confetti /> })}
                <p class="invite-by">
                    <span class=view.with_value(|v| format!("face tint-{}", domain::group_buy::tint(&v.leader))) aria-hidden="true">{view.with_value(|v| v.leader.chars().take(1).collect::<String>())}</span>
                    <span>{title}</span>
                </p>
                <h1>
                    {move || headline().0}
                    {move || headline().1.map(|missing| view! { <b data-testid="team-left" data-left=team.with(TeamView::missing)>{missing}</b> })}
                </h1>
                <a class="invite-product" href=view.with_value(|v| goes_on(format!("/p/{}", v.slug)))>
                    <span class="invite-picture"><Picture picture=view.with_value(|v| v.picture.clone()) alt=String::new() sizes="112px" eager=true /></span>
                    <span class="invite-text">
                        <b>{view.with_value(|v| v.title.clone())}</b>
                        <span class="invite-prices">
                            <span data-testid="price-group" data-amount=price.amount data-currency=currency.code()><Price amount=price.amount currency class="large" /></span>
                            <s class="was" data-testid="price-single" data-amount=view.with_value(|v| v.single) data-currency=currency.code()>{t.team_alone_price(money(view.with_value(|v| v.single)))}</s>
                        </span>
                        {(saves > 0).then(|| view! { <span class="saves">{t.team_saves(money(saves))}</span> })}
                    </span>
                </a>
                <Seats team view />
                {move || matches!(standing.get(), Standing::Open | Standing::Waiting | Standing::Own | Standing::Full | Standing::Closing | Standing::Holding | Standing::NotEligible).then(|| {
                    let (deadline, now) = (team.with(|t| t.deadline), view.with_value(|v| v.now));
                    view! { <p class="invite-clock">{t.invite_ends()} " " <Countdown deadline now testid="team-countdown" /></p> }
                })}
                {move || view.with_value(|v| v.hold_until).filter(|_| standing.get() == Standing::Holding).map(|deadline| {
                    let now = view.with_value(|v| v.now);
                    view! { <p class="invite-clock">{t.invite_held()} " " <Countdown deadline now testid="hold-countdown" /></p> }
                })}
                {move || view! { <NextStep standing=standing.get() view /> }}
                <p class="hint">{move || t.standing_hint_named(standing.get().name())}</p>
                {move || team.with(|t| t.sponsored).gt(&0).then(|| view! { <p class="notice">{t.invite_seat_sponsored(team.with(|t| t.sponsored))}</p> })}
            </section>
            {(!view.with_value(|v| v.trail.is_empty())).then(|| view! {
                <section class="panel">
                    <h2>{t.invite_trail()}</h2>
                    <ol class="timeline" data-testid="team-refund">
                        {view.with_value(|v| v.trail.clone()).into_iter().rev().map(|e| view! {
                            <li data-kind=e.kind.clone()>
                                <b>{t.event_named(&e.kind)}</b>
                                {e.amount.map(|n| view! { " " {amount(n, currency)} })}
                                <time>{site.time(e.at)}</time>
                            </li>
                        }).collect_view()}
                    </ol>
                </section>
            })}
            <How view />
            {(!view.with_value(|v| v.others.is_empty()) && view.with_value(|v| !matches!(v.standing, Standing::Own | Standing::Waiting | Standing::Holding | Standing::Succeeded))).then(|| {
                let v = view.get_value();
                view! {
                    <section class="panel teams">
                        <h2>{t.invite_others()}</h2>
                        <TeamCards teams=v.others slug=v.slug campaign=v.campaign currency now=v.now />
                    </section>
                }
            })}
        </Page>
    }
}

/// The one thing to do now.
#[component]
fn NextStep(standing: Standing, view: StoredValue<InviteView>) -> impl IntoView {
    let t = Site::get().texts();
    view.with_value(|v| {
        let order = v.order.as_ref().map(|o| format!("/orders/{o}"));
        let product = format!("/p/{}", v.slug);
        let open = goes_on(format!("{product}?buy=group&c={}", v.campaign));
        let go = |href: String, label: String, testid: &'static str| {
            view! { <a class="button primary wide" href=href data-testid=testid>{label}</a> }.into_any()
        };
        match standing {
            Standing::Open => {
                let href = match v.sku {
                    Some(sku) => bought_here(&format!("team:{}:{}:1", v.code, sku.0.simple())),
                    None => goes_on(format!("{product}?buy=team&team={}&c={}", v.code, v.campaign)),
                };
                go(href, t.invite_join(Money::new(v.price, v.currency).exact()), "team-join")
            }
            Standing::Holding => go(order.unwrap_or_else(|| goes_on(product)), t.invite_pay().to_owned(), "team-pay"),
            Standing::Own | Standing::Waiting => view! {
                <ShareForm kind="team" object=v.code.to_string() testid="team-invite" class="button primary wide">{t.invite_friends()}</ShareForm>
            }
            .into_any(),
            Standing::Succeeded => match order {
                Some(order) => go(order, t.invite_my_order().to_owned(), "team-order"),
                None if v.running => go(open, t.invite_open_own().to_owned(), "open-team"),
                None => go(goes_on(product), t.invite_product().to_owned(), "team-product"),
            },
            Standing::Full | Standing::Closing | Standing::Expired | Standing::Cancelled if v.running => {
                go(open, t.invite_open_own().to_owned(), "open-team")
            }
            _ => go(goes_on(product), t.invite_product().to_owned(), "team-product"),
        }
    })
}

/// Everybody in the team, and the seats that are free. Of a large team the first ones and a count.
#[component]
fn Seats(team: RwSignal<TeamView>, view: StoredValue<InviteView>) -> impl IntoView {
    const SHOWN: usize = 9;
    let t = Site::get().texts();
    let mine = view.with_value(|v| v.my_seat_no);
    let by_amount = view.with_value(|v| v.terms.kind == group_buy::Kind::Amount);
    let seat = move |face: &FaceView| {
        let (state, hint) = if face.paid { ("paid", "") } else { ("held", t.invite_seat_held()) };
        let name = if Some(face.seat_no) == mine { t.invite_you().to_owned() } else { face.name.clone() };
        let initial: String = face.name.chars().take(1).collect();
        view! {
            <li class="seat" data-testid="team-seat" data-state=state title=hint>
                <span class=format!("face tint-{}", face.tint) aria-hidden="true">{initial}</span>
                {face.leader.then(|| view! { <span class="crown" title=t.invite_leader()><Icon name="crown" /></span> })}
                <small>{name}</small>
            </li>
        }
        .into_any()
    };
    let empty = move |state: &'static str| {
        view! {
            <li class="seat" data-testid="team-seat" data-state=state>
                <span class="face" aria-hidden="true">{if state == "open" { "?" } else { "✓" }}</span>
                <small>{if state == "open" { t.invite_seat_open() } else { t.brand() }}</small>
            </li>
        }
        .into_any()
    };
    move || {
        team.with(|team| {
            let ended = team.ended_at.is_some();
            let open = if ended || by_amount { 0 } else { usize::try_from(team.open_seats()).unwrap_or(0) };
            let sponsored = usize::try_from(team.sponsored).unwrap_or(0);
            let mut all: Vec<AnyView> = team.faces.iter().map(seat).collect();
            all.extend((0..sponsored).map(|_| empty("sponsored")));
            all.extend((0..open).map(|_| empty("open")));
            let more = all.len().saturating_sub(SHOWN + 1);
            let shown = if more > 0 { SHOWN } else { all.len() };
            all.truncate(shown);
            view! {
                <ul class="seats-row" aria-label=t.invite_seats()>
                    {all}
                    {(more > 0).then(|| view! { <li class="seat more"><span class="face">"+"{more + 1}</span></li> })}
                </ul>
            }
        })
    }
}

/// How it works, and what is promised.
#[component]
fn How(view: StoredValue<InviteView>) -> impl IntoView {
    let t = Site::get().texts();
    view.with_value(|v| {
        let money = |n: i64| Money::new(n, v.currency).exact();
        let second = match v.terms.kind {
            group_buy::Kind::Heads => t.invite_step_2().to_owned(),
            group_buy::Kind::Ladder => t.invite_step_2_ladder().to_owned(),
            group_buy::Kind::Amount => t.invite_step_2_amount(money(v.terms.goal.unwrap_or(0))),
        };
        let hours = (v.open_for + HOUR / 2) / HOUR;
        let steps: Vec<String> =
            v.terms.steps.iter().map(|s| t.invite_step_price(s.heads, money(v.price - v.terms.back(v.price, s.heads, false)))).collect();
        let perk = (v.terms.leader_off_bp > 0).then(|| t.invite_perk(percent(v.terms.leader_off_bp)));
        view! {
            <section class="panel how">
                <h2>{t.invite_how()}</h2>
                <ol>
                    <li>{t.invite_step_1()}</li>
                    <li>{second}</li>
                    <li>{t.invite_step_3()}</li>
                </ol>
                {(!steps.is_empty()).then(|| view! { <ul class="ladder">{steps.into_iter().map(|s| view! { <li>{s}</li> }).collect_view()}</ul> })}
                {perk.map(|perk| view! { <p class="hint">{perk}</p> })}
                <p class="promise"><Icon name="shield-check" /> <span>{t.invite_promise(hours)}</span></p>
            </section>
        }
    })
}

/// Basis points as people write percentages: 12.5.
pub fn percent(bp: i64) -> String {
    if bp % 100 == 0 { (bp / 100).to_string() } else { format!("{}.{}", bp / 100, (bp % 100) / 10) }
}

/// Once, when somebody first sees that his team is complete. Nothing of it moves for people who want no motion.
#[component]
fn Confetti() -> impl IntoView {
    view! { <div class="confetti" aria-hidden="true">{(0..14).map(|_| view! { <i></i> }).collect_view()}</div> }
}
