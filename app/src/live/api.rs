//! Server functions of live rooms.

use crate::fail::Fail;
use domain::live::{AlongView, ClipView, MyHand, RoomView, RoomsView, StudioView, poll::MyVote};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    crate::request,
    domain::{Code, Problem},
};

#[cfg(feature = "ssr")]
fn code_of(code: &str) -> Result<Code, Fail> {
    Ok(code.parse().map_err(|_| Problem::not_found())?)
}

#[cfg(feature = "ssr")]
fn me(visit: &request::Visit) -> Option<(domain::id::PersonId, domain::account::Role)> {
    visit.viewer.as_ref().and_then(|v| v.person.as_ref()).map(|p| (p.id, p.role))
}

/// Where a host is: in his studio, or in the room.
#[cfg(feature = "ssr")]
fn back(next: &str, code: &Code) {
    let here = if next == "room" { format!("/live/{code}") } else { format!("/studio/{code}") };
    request::back_to(&here);
}

/// The rooms that are on, those that are announced, those that can be seen again.
///
/// # Errors
/// None of its own.
#[server(prefix = "/api", endpoint = "live/list", output = crate::fail::Answer)]
pub async fn list() -> Result<RoomsView, Fail> {
    let visit = request::allow("live/list")?;
    let me = me(&visit);
    Ok(shop::live::list(&request::shop(), visit.lang, me).await?)
}

/// What was said around a moment of a room that is over.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "live/along", output = crate::fail::Answer)]
pub async fn along(code: String, at: i64) -> Result<AlongView, Fail> {
    let visit = request::allow("live/along")?;
    let looker = (visit.me(), visit.may("moderation/desk"));
    Ok(shop::live::along(&request::shop(), looker, &code_of(&code)?, at).await?)
}

/// What was said of the thing at a place of a room's bag, to be seen on its own.
///
/// # Errors
/// `not_found`, also when nothing of it is kept.
#[server(prefix = "/api", endpoint = "live/clip", output = crate::fail::Answer)]
pub async fn clip(code: String, place: i64) -> Result<ClipView, Fail> {
    let visit = request::allow("live/clip")?;
    Ok(shop::live::clip(&request::shop(), visit.lang, &code_of(&code)?, place).await?)
}

/// A room.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "live/show", output = crate::fail::Answer)]
pub async fn show(code: String) -> Result<RoomView, Fail> {
    let visit = request::allow("live/show")?;
    let (shop, code) = (request::shop(), code_of(&code)?);
    let room = shop::live::show(
        &shop,
        visit.lang,
        shop::live::Looker { me: visit.me(), staff: visit.is_of_shop(), decides: visit.may("moderation/desk") },
        &code,
    )
    .await?;
    // Whoever cannot listen comes in, too; a host not to his own room.
    if let Some(who) = visit.looker().filter(|_| room.facts.state.is_open() && !room.mine) {
        shop.kept.rooms.enter(&shop, &code).await?.entered(who);
    }
    Ok(room)
}

/// My own room, with the key that it is sent to with.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "live/studio", output = crate::fail::Answer)]
pub async fn studio(code: String) -> Result<StudioView, Fail> {
    let (visit, me) = request::allow_person("live/studio")
        .inspect_err(|f| request::login_first(f, &format!("/studio/{}", request::escape(&code))))?;
    Ok(shop::live::studio(&request::shop(), visit.lang, me.id, &code_of(&code)?).await?)
}

/// Opens a room. `starts`: `2026-11-29T20:00` of the shop's clock, or nothing.
///
/// # Errors
/// `forbidden` for whoever hosts none, `room_time`, and those of [`shop::live::open`].
#[server(prefix = "/api", endpoint = "live/open", output = crate::fail::Answer)]
pub async fn open(#[server(default)] title: String, #[server(default)] starts: String) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/open").inspect_err(|f| request::login_first(f, "/live"))?;
    if !shop::live::may_host(me.role) {
        return Err(Problem::forbidden().into());
    }
    let shop = request::shop();
    let starts = starts.trim();
    let at = domain::live::starts(starts, shop.settings.utc_offset_minutes);
    if at.is_none() && !starts.is_empty() {
        return Err(Problem::new(422, "room_time").field("starts").into());
    }
    let code = shop::live::open(&shop, me.id, &title, at).await?;
    leptos_axum::redirect(&format!("/studio/{code}"));
    Ok(())
}

/// Says something in a room.
///
/// # Errors
/// `login_needed`, and those of [`shop::live::say`].
#[server(prefix = "/api", endpoint = "live/say", output = crate::fail::Answer)]
pub async fn say(code: String, #[server(default)] text: String, #[server(default)] next: String) -> Result<(), Fail> {
    let code = code_of(&code)?;
    let (_, me) =
        request::allow_person("live/say").inspect_err(|f| request::login_first(f, &format!("/live/{code}")))?;
    shop::live::say(&request::shop(), me.id, &code, &text).await?;
    back(if next == "studio" { "studio" } else { "room" }, &code);
    Ok(())
}

/// Hearts, one or as many as somebody tapped within a second.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "live/heart", output = crate::fail::Answer)]
pub async fn heart(code: String, many: i64) -> Result<(), Fail> {
    let visit = request::allow("live/heart")?;
    let code = code_of(&code)?;
    let shop = request::shop();
    shop.kept.rooms.enter(&shop, &code).await?.heart(visit.me(), many);
    back("room", &code);
    Ok(())
}

/// Takes a line away, and silences whoever said it for `minutes` when there are any (0: for as long as there is a room).
///
/// # Errors
/// Those of [`shop::live::take_away`] and [`shop::live::mute`].
#[server(prefix = "/api", endpoint = "live/hush", output = crate::fail::Answer)]
pub async fn hush(
    code: String,
    seq: i64,
    #[server(default)] minutes: Option<i64>,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    let (visit, me) = request::allow_person("live/hush")?;
    let code = code_of(&code)?;
    let (shop, staff) = (request::shop(), visit.is_of_shop());
    match minutes {
        Some(minutes) => shop::live::mute(&shop, me.id, staff, &code, seq, minutes).await?,
        None => shop::live::take_away(&shop, me.id, staff, &code, seq).await?,
    }
    back(&next, &code);
    Ok(())
}

/// Explains what has a place in the bag; nothing any more without one.
///
/// # Errors
/// Those of [`shop::live::explain`].
#[server(prefix = "/api", endpoint = "live/explain", output = crate::fail::Answer)]
pub async fn explain(code: String, #[server(default)] place: Option<i64>) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/explain")?;
    let code = code_of(&code)?;
    shop::live::explain(&request::shop(), me.id, &code, place).await?;
    back("studio", &code);
    Ok(())
}

/// Puts a product into the bag. `slug`: or a link to its page. `off`: what is taken from its price, as people write money.
///
/// # Errors
/// Those of [`shop::live::put`].
#[server(prefix = "/api", endpoint = "live/put", output = crate::fail::Answer)]
pub async fn put(code: String, #[server(default)] slug: String, #[server(default)] off: String) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/put")?;
    let code = code_of(&code)?;
    let slug = slug.trim();
    let slug = slug.split_once("/p/").map_or(slug, |(_, rest)| rest);
    let slug = slug.split(['?', '#', '/']).next().unwrap_or_default();
    shop::live::put(&request::shop(), me.id, &code, slug, &off).await?;
    back("studio", &code);
    Ok(())
}

/// Takes something out of the bag.
///
/// # Errors
/// Those of [`shop::live::take_out`].
#[server(prefix = "/api", endpoint = "live/take_out", output = crate::fail::Answer)]
pub async fn take_out(code: String, place: i64) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/take_out")?;
    let code = code_of(&code)?;
    shop::live::take_out(&request::shop(), me.id, &code, place).await?;
    back("studio", &code);
    Ok(())
}

/// Another key for my room.
///
/// # Errors
/// Those of [`shop::live::new_key`].
#[server(prefix = "/api", endpoint = "live/new_key", output = crate::fail::Answer)]
pub async fn new_key(code: String) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/new_key")?;
    let code = code_of(&code)?;
    shop::live::new_key(&request::shop(), me.id, &code).await?;
    back("studio", &code);
    Ok(())
}

/// Seconds between two lines of one person.
///
/// # Errors
/// Those of [`shop::live::slow_down`].
#[server(prefix = "/api", endpoint = "live/slow", output = crate::fail::Answer)]
pub async fn slow(code: String, seconds: i64) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/slow")?;
    let code = code_of(&code)?;
    shop::live::slow_down(&request::shop(), me.id, &code, seconds).await?;
    back("studio", &code);
    Ok(())
}

/// Whether everybody sees that somebody has bought.
///
/// # Errors
/// `not_found` for a room that is not mine.
#[server(prefix = "/api", endpoint = "live/ticker", output = crate::fail::Answer)]
pub async fn ticker(code: String, on: i64) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/ticker")?;
    let code = code_of(&code)?;
    shop::live::show_orders(&request::shop(), me.id, &code, on != 0).await?;
    back("studio", &code);
    Ok(())
}

/// Somebody keeps order in all my rooms (`on`: 1), or no more (0).
///
/// # Errors
/// Those of [`shop::live::moderator`].
#[server(prefix = "/api", endpoint = "live/moderator", output = crate::fail::Answer)]
pub async fn moderator(code: String, #[server(default)] handle: String, on: i64) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/moderator")?;
    let code = code_of(&code)?;
    shop::live::moderator(&request::shop(), me.id, &code, &handle, on != 0).await?;
    back("studio", &code);
    Ok(())
}

/// Somebody takes no part in the rooms of the host any more (`on`: 1), or does again (0).
///
/// # Errors
/// Those of [`shop::live::ban`].
#[server(prefix = "/api", endpoint = "live/ban", output = crate::fail::Answer)]
pub async fn ban(
    code: String,
    #[server(default)] handle: String,
    on: i64,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    let (visit, me) = request::allow_person("live/ban")?;
    let code = code_of(&code)?;
    shop::live::ban(&request::shop(), me.id, visit.is_of_shop(), &code, &handle, on != 0).await?;
    back(&next, &code);
    Ok(())
}

/// A line stands on top for everybody; none any more without one.
///
/// # Errors
/// Those of [`shop::live::pin`].
#[server(prefix = "/api", endpoint = "live/pin", output = crate::fail::Answer)]
pub async fn pin(
    code: String,
    #[server(default)] seq: Option<i64>,
    #[server(default)] next: String,
) -> Result<(), Fail> {
    let (visit, me) = request::allow_person("live/pin")?;
    let code = code_of(&code)?;
    shop::live::pin(&request::shop(), me.id, visit.is_of_shop(), &code, seq).await?;
    back(&next, &code);
    Ok(())
}

/// Who may say something in my room: a name of `domain::live::Speaks`.
///
/// # Errors
/// `bad_request`, `not_found` for a room that is not mine.
#[server(prefix = "/api", endpoint = "live/speaks", output = crate::fail::Answer)]
pub async fn speaks(code: String, who: String) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/speaks")?;
    let code = code_of(&code)?;
    let who = who.parse().map_err(|_| Problem::bad_request())?;
    shop::live::speaks(&request::shop(), me.id, &code, who).await?;
    back("studio", &code);
    Ok(())
}

/// What is not said in my rooms, by lines or commas.
///
/// # Errors
/// Those of [`shop::live::words`].
#[server(prefix = "/api", endpoint = "live/words", output = crate::fail::Answer)]
pub async fn words(code: String, #[server(default)] words: String) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/words")?;
    let code = code_of(&code)?;
    shop::live::words(&request::shop(), me.id, &code, &words).await?;
    back("studio", &code);
    Ok(())
}

/// Asks everybody something. `right`: the place of the right answer, from 1; nothing for an open question.
///
/// # Errors
/// Those of [`domain::live::poll::Ask::new`] and [`shop::live::ask`].
#[expect(clippy::too_many_arguments, reason = "the fields of a form")]
#[server(prefix = "/api", endpoint = "live/ask", output = crate::fail::Answer)]
pub async fn ask(
    code: String,
    #[server(default)] question: String,
    #[server(default)] one: String,
    #[server(default)] two: String,
    #[server(default)] three: String,
    #[server(default)] four: String,
    #[server(default)] right: Option<usize>,
    #[server(default)] seconds: Option<i64>,
) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/ask")?;
    let code = code_of(&code)?;
    let right = right.and_then(|place| place.checked_sub(1));
    let ask = domain::live::poll::Ask::new(&question, &[one, two, three, four], right, seconds.unwrap_or(0))?;
    shop::live::ask(&request::shop(), me.id, &code, ask).await?;
    back("studio", &code);
    Ok(())
}

/// Says something in the poll of a room: the place of an answer.
///
/// # Errors
/// `login_needed`, and those of [`shop::live::vote`].
#[server(prefix = "/api", endpoint = "live/vote", output = crate::fail::Answer)]
pub async fn vote(code: String, number: i64, place: i64) -> Result<MyVote, Fail> {
    let code = code_of(&code)?;
    let (_, me) =
        request::allow_person("live/vote").inspect_err(|f| request::login_first(f, &format!("/live/{code}")))?;
    let vote = shop::live::vote(&request::shop(), me.id, &code, MyVote { number, place }).await?;
    back("room", &code);
    Ok(vote)
}

/// Whether hands may be raised in my room (`on`: 1), or not (0).
///
/// # Errors
/// Those of [`shop::live::take_hands`].
#[server(prefix = "/api", endpoint = "live/take_hands", output = crate::fail::Answer)]
pub async fn take_hands(code: String, on: i64) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/take_hands")?;
    let code = code_of(&code)?;
    shop::live::take_hands(&request::shop(), me.id, &code, on != 0).await?;
    back("studio", &code);
    Ok(())
}

/// Raises my hand. `words`: what it is about.
///
/// # Errors
/// `login_needed`, and those of [`shop::live::raise`].
#[server(prefix = "/api", endpoint = "live/raise", output = crate::fail::Answer)]
pub async fn raise(code: String, #[server(default)] words: String) -> Result<Option<MyHand>, Fail> {
    let code = code_of(&code)?;
    let (_, me) =
        request::allow_person("live/raise").inspect_err(|f| request::login_first(f, &format!("/live/{code}")))?;
    let shop = request::shop();
    shop::live::raise(&shop, me.id, &code, &words).await?;
    let hand = shop::live::hand(&shop, me.id, &code).await?;
    back("room", &code);
    Ok(hand)
}

/// My hand goes down.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "live/lower", output = crate::fail::Answer)]
pub async fn lower(code: String) -> Result<Option<MyHand>, Fail> {
    let (_, me) = request::allow_person("live/lower")?;
    let code = code_of(&code)?;
    shop::live::lower(&request::shop(), me.id, &code).await?;
    back("room", &code);
    Ok(None)
}

/// My raised hand.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "live/hand", output = crate::fail::Answer)]
pub async fn hand(code: String) -> Result<Option<MyHand>, Fail> {
    let (_, me) = request::allow_person("live/hand")?;
    Ok(shop::live::hand(&request::shop(), me.id, &code_of(&code)?).await?)
}

/// Calls somebody who has raised his hand; without a handle nobody is called any more.
///
/// # Errors
/// Those of [`shop::live::call`].
#[server(prefix = "/api", endpoint = "live/call", output = crate::fail::Answer)]
pub async fn call(code: String, #[server(default)] handle: String) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/call")?;
    let code = code_of(&code)?;
    let handle = Some(handle.as_str()).filter(|h| !h.is_empty());
    shop::live::call(&request::shop(), me.id, &code, handle).await?;
    back("studio", &code);
    Ok(())
}

/// Hands out so many of a coupon in a room, for so many minutes.
///
/// # Errors
/// Those of [`shop::coupon::open`].
#[server(prefix = "/api", endpoint = "live/hand_out", output = crate::fail::Answer)]
pub async fn hand_out(
    code: String,
    #[server(default)] coupon: String,
    #[server(default)] units: String,
    minutes: i64,
) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/hand_out")?;
    let code = code_of(&code)?;
    // What is no number is none that fits.
    let units = units.trim().parse().unwrap_or(0);
    shop::coupon::open(&request::shop(), me.id, &code, &code_of(&coupon)?, units, minutes).await?;
    back("studio", &code);
    Ok(())
}

/// Takes one of the coupons (`code` of what is handed out) of a room.
///
/// # Errors
/// `login_needed`, and those of [`shop::coupon::take_drop`].
#[server(prefix = "/api", endpoint = "live/catch", output = crate::fail::Answer)]
pub async fn catch(code: String, #[server(default)] room: String) -> Result<(), Fail> {
    let room = code_of(&room)?;
    let (_, me) =
        request::allow_person("live/catch").inspect_err(|f| request::login_first(f, &format!("/live/{room}")))?;
    shop::coupon::take_drop(&request::shop(), me.id, &code_of(&code)?).await?;
    // Where it stands, without scripts.
    request::back_to(&format!("/live/{room}#drop-sheet"));
    Ok(())
}

/// Ends a room for good.
///
/// # Errors
/// `not_found` for a room that is not mine.
#[server(prefix = "/api", endpoint = "live/end", output = crate::fail::Answer)]
pub async fn end(code: String) -> Result<(), Fail> {
    let (visit, me) = request::allow_person("live/end")?;
    let code = code_of(&code)?;
    shop::live::end(&request::shop(), me.id, visit.is_of_shop(), &code).await?;
    leptos_axum::redirect(&format!("/live/{code}"));
    Ok(())
}

/// I am to be told when a room begins (`on`: 1), or not any more (0).
///
/// # Errors
/// `login_needed`, and those of [`shop::live::remind`].
#[server(prefix = "/api", endpoint = "live/remind", output = crate::fail::Answer)]
pub async fn remind(code: String, on: i64) -> Result<(), Fail> {
    let code = code_of(&code)?;
    let (_, me) =
        request::allow_person("live/remind").inspect_err(|f| request::login_first(f, &format!("/live/{code}")))?;
    shop::live::remind(&request::shop(), me.id, &code, on == 1).await?;
    back("room", &code);
    Ok(())
}

/// I join the fans of a room's host (`on`: 1), or leave them (0).
///
/// # Errors
/// `login_needed`, and those of [`shop::live::join_fans`].
#[server(prefix = "/api", endpoint = "live/fan", output = crate::fail::Answer)]
pub async fn fan(code: String, on: i64) -> Result<(), Fail> {
    let code = code_of(&code)?;
    let (_, me) =
        request::allow_person("live/fan").inspect_err(|f| request::login_first(f, &format!("/live/{code}")))?;
    shop::live::join_fans(&request::shop(), me.id, &code, on == 1).await?;
    back("room", &code);
    Ok(())
}

/// Announces a price for a short while. `off`: what is taken from the price, as people write money.
///
/// # Errors
/// Those of [`shop::live::flash`].
#[expect(clippy::too_many_arguments, reason = "the fields of a form")]
#[server(prefix = "/api", endpoint = "live/flash", output = crate::fail::Answer)]
pub async fn flash(
    code: String,
    #[server(default)] place: Option<i64>,
    #[server(default)] off: String,
    #[server(default)] units: String,
    #[server(default)] each: String,
    #[server(default)] starts_in: Option<i64>,
    #[server(default)] minutes: Option<i64>,
) -> Result<(), Fail> {
    let (_, me) = request::allow_person("live/flash")?;
    let code = code_of(&code)?;
    // What is no number is none that fits.
    let number = |typed: &str| typed.trim().parse().unwrap_or(0);
    let ask = shop::live::Flash {
        place: place.unwrap_or(0),
        off,
        units: number(&units),
        each: number(&each),
        starts_in: starts_in.unwrap_or(0),
        minutes: minutes.unwrap_or(0),
    };
    shop::live::flash(&request::shop(), me.id, &code, ask).await?;
    back("studio", &code);
    Ok(())
}

/// Takes the room's price of a choice, and goes to the checkout with it. `sku`: with `:` and the price that was shown, minor units, no more than
/// which is taken.
///
/// # Errors
/// `login_needed`, and those of [`shop::live::promise`].
#[server(prefix = "/api", endpoint = "live/buy", output = crate::fail::Answer)]
pub async fn buy(code: String, sku: String, #[server(default)] quantity: Option<i64>) -> Result<(), Fail> {
    let code = code_of(&code)?;
    let (visit, me) =
        request::allow_person("live/buy").inspect_err(|f| request::login_first(f, &format!("/live/{code}")))?;
    let (sku, shown) = sku.split_once(':').map_or((sku.as_str(), None), |(sku, shown)| (sku, shown.parse().ok()));
    let wish = (sku.parse().map_err(|_| Problem::bad_request())?, quantity.unwrap_or(1));
    let shop = request::shop();
    let source = shop::live::promise(&shop, me.id, &code, wish, shown).await?;
    if let (Some(who), Some(place)) = (visit.looker(), shop::live::place(&shop, &code, wish.0).await?) {
        shop.kept.rooms.enter(&shop, &code).await?.clicked(who, place);
    }
    leptos_axum::redirect(&format!("/checkout?buy={}", source.written()));
    Ok(())
}
