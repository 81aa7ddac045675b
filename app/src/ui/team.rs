//! Teams, as more than one page shows them.

use crate::{i18n::Texts, site::Site, ui::Countdown};
use domain::{
    Code, Currency, Millis, Money,
    group_buy::{Kind, TeamCardView, Terms},
};
use leptos::prelude::*;

/// "Team of 3", and what the other kinds are.
pub fn team_size(terms: &Terms, currency: Currency) -> String {
    team_size_in(Site::get().texts(), terms, currency)
}

/// As [`team_size`], in a language.
pub fn team_size_in(t: Texts, terms: &Terms, currency: Currency) -> String {
    match terms.kind {
        Kind::Heads => t.group_heads(terms.size),
        Kind::Ladder => t.group_ladder(terms.size),
        Kind::Amount => t.group_amount(Money::new(terms.goal.unwrap_or(0), currency).exact()),
    }
}

/// Teams that somebody can join, each with one tap.
#[component]
pub fn TeamCards(
    teams: Vec<TeamCardView>,
    /// Where the product is.
    slug: String,
    /// The post that led there.
    #[prop(optional)]
    post: String,
    campaign: Code,
    currency: Currency,
    now: Millis,
) -> impl IntoView {
    let t = Site::get().texts();
    let from = if post.is_empty() { post } else { format!("&post={post}") };
    view! {
        <ul class="team-cards">
            {teams.into_iter().map(|team| {
                let join = format!("/p/{slug}?buy=team&team={}&c={campaign}{from}", team.code);
                let left = match team.amount_left {
                    Some(amount) => t.team_left_amount(Money::new(amount, currency).exact()),
                    None => t.team_left_n(team.seats_left),
                };
                let initial: String = team.leader.chars().take(1).collect();
                view! {
                    <li>
                        <a class="team-who" href=format!("/g/{}{}", team.code, from.replacen('&', "?", 1))>
                            <span class=format!("face tint-{}", team.tint) aria-hidden="true">{initial}</span>
                            <span>{team.leader}</span>
                        </a>
                        <span class="team-left"><b data-testid="team-left" data-left=team.seats_left>{left}</b> <Countdown deadline=team.deadline now testid="team-countdown" /></span>
                        <a class="button small primary" href=join data-testid="team-join" data-noscroll="">{t.team_join()}</a>
                    </li>
                }
            }).collect_view()}
        </ul>
    }
}
