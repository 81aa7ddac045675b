//! A client that vanishes at some byte of its order: the order is whole or not there at all, and the same form sent again
//! answers with the one order that there is.
//!
//! The control sends it again under another key, as a shop without keys would have it; then people have two orders.

use crate::{
    Options,
    driver::Shopper,
    stage::{Stage, key, sku},
};
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use shop::{Rng, args};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const SHOPPERS: usize = 8;

/// # Errors
/// When an order is there in part or twice, or the books are wrong.
pub async fn rounds(options: &Options) -> Result<String> {
    let stage = Stage::open(options, Vec::new()).await?;
    stage.stock_up().await?;
    let rng = Rng::from_seed(options.seed);
    let people = stage.people(&format!("gone{}x", hex::encode(rng.bytes::<3>())), SHOPPERS).await?;
    let rounds = usize::try_from(options.rounds)?;
    let all = "SELECT COUNT(*) AS n FROM orders";
    let before = stage.count(all, args![]).await?;
    let rng = &rng;
    let early = stream::iter(people.iter().enumerate())
        .map(|(who, shopper)| async move {
            let form = shopper.form(sku(u128::try_from(who)?)).await?;
            let mut early = 0;
            for _ in (who..rounds).step_by(SHOPPERS) {
                let first = key(rng);
                early += usize::from(vanish(shopper, &form, &first, rng).await?);
                let again = if options.control { key(rng) } else { first };
                shopper.order(&form, &again).await?.context("the order could not be placed again")?;
            }
            anyhow::Ok(early)
        })
        .buffer_unordered(SHOPPERS)
        .try_collect::<Vec<usize>>()
        .await?
        .into_iter()
        .sum::<usize>();
    stage.settled().await?;
    let made = stage.count(all, args![]).await? - before;
    ensure!(usize::try_from(made)? == rounds, "{rounds} people wanted one order each and have {made}");
    let halves =
        "SELECT COUNT(*) AS n FROM orders o WHERE NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id)
                  OR (SELECT COUNT(*) FROM payment p WHERE p.order_id = o.id) <> 1";
    ensure!(stage.count(halves, args![]).await? == 0, "an order is there in part");
    stage.verified()?;
    Ok(format!(
        "vanish on {}: {rounds} clients gone at a random byte ({early} before the last one was sent): each has exactly one order after sending it again, 0 violations",
        stage.name()
    ))
}

/// Sends a form up to some byte, or all of it and reads some of the answer, and is gone. `true` when the shop cannot have had
/// all of it.
async fn vanish(shopper: &Shopper, form: &str, key: &str, rng: &Rng) -> Result<bool> {
    let below = |n: usize| usize::try_from(u32::from_le_bytes(rng.bytes())).unwrap_or(0) % n;
    let body = format!("{form}&key={key}");
    let address = &shopper.web.address;
    let request = format!(
        "POST /api/order/place HTTP/1.1\r\nhost: {address}\r\naccept: text/html\r\nsec-fetch-site: same-origin\r\ncookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        shopper.cookie,
        body.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    // Half of them send everything.
    let upto = if below(2) == 0 { request.len() } else { below(request.len()) };
    stream.write_all(&request.as_bytes()[..upto]).await?;
    if upto == request.len() && below(2) == 0 {
        let mut some = vec![0; 1 + below(200)];
        let _ = stream.read(&mut some).await;
    }
    drop(stream);
    Ok(upto < request.len())
}
