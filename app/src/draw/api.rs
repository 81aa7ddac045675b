//! Server functions of lucky bags and red packets.

use crate::fail::Fail;
use domain::draw::{DrawView, MyDraw};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    crate::request,
    domain::{
        Code, Problem,
        draw::{Ask, Prize},
    },
};

#[cfg(feature = "ssr")]
fn code_of(code: &str) -> Result<Code, Fail> {
    Ok(code.parse().map_err(|_| Problem::not_found())?)
}

/// A draw, with all that it takes to check it.
///
/// # Errors
/// `not_found`.
#[server(prefix = "/api", endpoint = "draw/show", output = crate::fail::Answer)]
pub async fn show(code: String) -> Result<DrawView, Fail> {
    let visit = request::allow("draw/show")?;
    Ok(shop::draw::show(&request::shop(), visit.lang, visit.me(), &code_of(&code)?).await?)
}

/// What I have in a draw.
///
/// # Errors
/// `login_needed`, `not_found`.
#[server(prefix = "/api", endpoint = "draw/mine", output = crate::fail::Answer)]
pub async fn mine(code: String) -> Result<Option<MyDraw>, Fail> {
    let (_, me) = request::allow_person("draw/mine")?;
    Ok(shop::draw::mine(&request::shop(), me.id, &code_of(&code)?).await?)
}

/// Takes part in a draw of a room. `ticket`: what is drawn from, as this browser chose it.
///
/// # Errors
/// `login_needed`, and those of [`shop::draw::join`].
#[server(prefix = "/api", endpoint = "draw/join", output = crate::fail::Answer)]
pub async fn join(
    code: String,
    #[server(default)] room: String,
    #[server(default)] ticket: String,
) -> Result<MyDraw, Fail> {
    let room = format!("/live/{}", code_of(&room)?);
    let (_, me) = request::allow_person("draw/join").inspect_err(|f| request::login_first(f, &room))?;
    let mine = shop::draw::join(&request::shop(), me.id, me.role, &code_of(&code)?, ticket.parse().ok()).await?;
    // Where the result stands, without scripts.
    request::back_to(&format!("{room}#draw-sheet"));
    Ok(mine)
}

/// Opens a draw in a room (`code`). `price` and `points` as people write them; with a `sku` the prize is one of it.
///
/// # Errors
/// `draw_price`, and those of [`shop::draw::open`].
#[expect(clippy::too_many_arguments, reason = "the fields of a form")]
#[server(prefix = "/api", endpoint = "draw/open", output = crate::fail::Answer)]
pub async fn open(
    code: String,
    kind: String,
    #[server(default)] prizes: String,
    #[server(default)] points: String,
    #[server(default)] sku: String,
    #[server(default)] price: String,
    #[server(default)] minutes: Option<i64>,
    #[server(default)] phrase: String,
    #[server(default)] follow: String,
) -> Result<(), Fail> {
    let (_, me) = request::allow_person("draw/open")?;
    let code = code_of(&code)?;
    let shop = request::shop();
    // What is no number is none that fits.
    let number = |typed: &str| typed.trim().parse().unwrap_or(0);
    let prize = if sku.is_empty() {
        Prize::Points(number(&points))
    } else {
        let sku = sku.parse().map_err(|_| Problem::bad_request())?;
        shop::draw::thing(&shop, sku, &price).await?
    };
    let ask = Ask {
        kind: kind.parse()?,
        prizes: number(&prizes),
        prize,
        minutes: minutes.unwrap_or(0),
        phrase,
        follow: !follow.is_empty(),
    };
    shop::draw::open(&shop, me.id, &code, ask).await?;
    request::back_to(&format!("/studio/{code}"));
    Ok(())
}
