//! What the preview picture of a shared thing shows. The page names it in its tags, and the edge draws it: both ask here.

use crate::{i18n::Texts, ui::team::team_size_in};
use domain::{
    Lang, Money,
    catalog::ProductView,
    group_buy::{InviteView, State},
    live::RoomView,
    post::PostView,
    share::{Card, Kind, escaped},
};

/// Faces on a card.
const FACES: usize = 5;

/// The card of a team, the same for everybody: for a stranger.
pub fn of_team(invite: &InviteView, lang: Lang) -> Card {
    let t = Texts(lang);
    let money = |n: i64| Money::new(n, invite.currency).exact();
    let team = &invite.team;
    let line = match (team.state, invite.terms.goal) {
        (State::Forming, _) if team.seats_taken >= team.size => t.standing_full().to_owned(),
        (State::Forming, Some(goal)) => t.invite_missing_amount(money((goal - team.amount).max(0))),
        (State::Forming, None) => t.invite_missing(team.missing()),
        (State::Succeeded, _) => t.standing_succeeded().to_owned(),
        (State::Failed, _) => t.standing_expired().to_owned(),
        (State::Cancelled, _) => t.standing_cancelled().to_owned(),
    };
    let initial = |name: &str| name.chars().take(1).collect::<String>();
    let open = if team.state == State::Forming && invite.terms.goal.is_none() { team.open_seats() } else { 0 };
    Card {
        title: invite.title.clone(),
        price: money(invite.price),
        beside: Some(t.team_alone_price(money(invite.single))),
        line: format!("{line} · {}", team_size_in(t, &invite.terms, invite.currency)),
        by: Some(t.invite_by(&invite.leader)),
        faces: team.faces.iter().take(FACES).map(|f| (initial(&f.name), f.tint)).collect(),
        open_seats: open.min(3),
        picture: invite.picture.clone(),
        brand: format!("{} · {}", t.brand(), t.tagline()),
    }
}

/// The card of a product.
pub fn of_product(product: &ProductView, lang: Lang) -> Card {
    let t = Texts(lang);
    let money = |n: i64| Money::new(n, product.currency).exact();
    let alone = product.price_range().0;
    let offer = product.offers.first();
    Card {
        title: product.title.clone(),
        price: money(offer.map_or(alone, |o| o.from())),
        beside: offer.map(|_| t.team_alone_price(money(alone))),
        line: offer.map_or_else(|| product.subtitle.clone(), |o| team_size_in(t, &o.terms, product.currency)),
        by: None,
        faces: Vec::new(),
        open_seats: 0,
        picture: product.pictures.first().cloned(),
        brand: format!("{} · {}", t.brand(), t.tagline()),
    }
}

/// The card of a post.
pub fn of_post(post: &PostView, lang: Lang) -> Card {
    let t = Texts(lang);
    Card {
        title: post.title.clone(),
        price: String::new(),
        beside: None,
        // That it is an ad goes with it wherever it is shown.
        line: if post.sponsored { t.post_sponsored_short().to_owned() } else { String::new() }
            + if post.sponsored { " · " } else { "" }
            + &post.body.split('\n').next().unwrap_or_default().chars().take(60).collect::<String>(),
        by: Some(t.share_post_by(&post.author.name)),
        faces: Vec::new(),
        open_seats: 0,
        picture: post.pictures.first().cloned(),
        brand: format!("{} · {}", t.brand(), t.tagline()),
    }
}

/// The card of a live room.
pub fn of_room(room: &RoomView, lang: Lang) -> Card {
    let t = Texts(lang);
    let first = room.bag.first();
    let state = t.live_state_named(room.facts.state.name());
    let things = i64::try_from(room.bag.len()).unwrap_or(0);
    Card {
        title: room.title.clone(),
        price: first.map_or(String::new(), |i| Money::new(i.lowest().0, i.currency).exact()),
        beside: None,
        line: if things > 0 { format!("{state} · {}", t.live_things(things)) } else { state.to_owned() },
        by: Some(t.share_room_by(&room.host)),
        faces: Vec::new(),
        open_seats: 0,
        picture: first.and_then(|i| i.picture.clone()),
        brand: format!("{} · {}", t.brand(), t.tagline()),
    }
}

/// Where a card is: a new state is a new address.
pub fn path(kind: Kind, object: &str, lang: Lang, card: &Card, shape: &str) -> String {
    format!("/card/{}/{}/{}-{}-{shape}.jpg", kind.name(), escaped(object), lang.tag(), card.mark())
}
