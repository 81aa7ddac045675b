//! Live rooms of the demo: one that is on, one that is announced, one that can be seen again.

use crate::live::folder;
use anyhow::{Context, Result};
use bytes::Bytes;
use domain::{
    Code, Millis,
    account::Role,
    draw::{Ask, Kind, Prize},
    id::PersonId,
    time::{DAY, HOUR, MINUTE, SECOND},
};
use live::{Event, Frame, Hub, Opening, TICKS, flv};
use shop::{Clock, Shop, account, catalog, coupon, draw, live as rooms};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// A moving picture and a tone: made for this demo, H.264 and AAC.
static LOOP: &[u8] = include_bytes!("loop.flv");
/// How long it lasts, ticks; each thing is shown for four seconds.
pub const LENGTH: i64 = 12 * TICKS;
/// Turns of it that the replay holds.
const TURNS: i64 = 3;

/// What is sold, in the order in which the pictures show it, and what the room takes off.
const BAG: [(&str, &str); 3] =
    [("plateau-blueberries", "8"), ("breathable-road-running-shoes", "40"), ("blue-linen-midi-dress", "30")];

/// What the announced room will sell.
const SOON: [(&str, &str); 2] = [("two-door-tent", "60"), ("red-paper-lantern-lamp", "10")];

/// Its frames, in their order.
pub fn frames() -> Vec<Frame> {
    let mut rest = flv::after_header(Bytes::from_static(LOOP));
    let mut frames = Vec::new();
    while let Some((kind, ms, body, next)) = flv::tag(&rest) {
        frames.extend(flv::frame(kind, ms, &body));
        rest = next;
    }
    // Sound that goes on after the last picture would come after the first of the next turn.
    frames.retain(|f| stamp(f) < LENGTH);
    frames
}

/// When a frame is due, ticks.
pub const fn stamp(frame: &Frame) -> i64 {
    match frame {
        Frame::Video { at, .. } | Frame::Audio { at, .. } => *at,
        Frame::VideoConfig(_) | Frame::AudioConfig(_) => 0,
    }
}

/// The same frame, later.
pub fn moved(frame: &Frame, by: i64) -> Frame {
    match frame.clone() {
        Frame::Video { at, shift, key, data } => Frame::Video { at: at + by, shift, key, data },
        Frame::Audio { at, samples, data } => Frame::Audio { at: at + by, samples, data },
        config => config,
    }
}

fn at(shop: &Shop, now: Millis) -> Shop {
    Shop { clock: Clock::still(now), ..shop.clone() }
}

async fn person(shop: &Shop, handle: &str) -> Result<PersonId> {
    Ok(account::find(shop, handle).await?.with_context(|| format!("no {handle}"))?.id)
}

async fn says(shop: &Shop, room: &Code, start: Millis, lines: &[(&str, Millis, &str)]) -> Result<()> {
    for (who, after, text) in lines {
        let who = person(shop, who).await?;
        rooms::say(&at(shop, start + after), who, room, text).await?;
    }
    Ok(())
}

async fn bag(shop: &Shop, host: PersonId, room: &Code) -> Result<()> {
    for (slug, off) in BAG {
        rooms::put(shop, host, room, slug, off).await?;
    }
    Ok(())
}

/// The room that is on when the demo starts; its pictures are sent by the process itself. `data`: where pictures are kept.
pub async fn fill(shop: &Shop, data: &Path, start: Millis) -> Result<()> {
    let host = person(shop, "host").await?;
    again(shop, data, host, start - DAY).await?;
    let soon = rooms::open(shop, host, "周末露营清单：轻装出发", Some(start + 26 * HOUR)).await?;
    for (slug, off) in SOON {
        rooms::put(shop, host, &soon, slug, off).await?;
    }
    let room = rooms::open(&at(shop, start - 20 * MINUTE), host, "团团的晚间好物", None).await?;
    bag(shop, host, &room).await?;
    rooms::began(&at(shop, start - 18 * MINUTE), &room).await?;
    // Those whose level stands beside what they say.
    for who in ["mei", "kol"] {
        rooms::join_fans(&at(shop, start - 17 * MINUTE), person(shop, who).await?, &room, true).await?;
    }
    let lines = [
        ("mei", 0, "来啦，今天有蓝莓吗？"),
        ("host", 5 * SECOND, "有的，第一个就是，直播间价已经挂好了。"),
        ("ana", 20 * SECOND, "Do the shoes run small?"),
        ("host", 32 * SECOND, "They fit as usual. If you are between two sizes, take the larger one."),
        ("lei", 50 * SECOND, "连衣裙有 M 码吗"),
        ("kol", 70 * SECOND, "我上周买的蓝莓很新鲜，推荐"),
    ];
    says(shop, &room, start - 4 * MINUTE, &lines).await?;
    rooms::explain(&at(shop, start - 2 * MINUTE), host, &room, Some(1)).await?;
    // Its desk is in use: somebody keeps order, the sizes stand on top, and somebody wants to ask.
    rooms::moderator(shop, host, &room, "kol", true).await?;
    let sizes = rooms::say(&at(shop, start - 3 * MINUTE), host, &room, "尺码：鞋按平时的码，裙子偏大一码").await?;
    rooms::pin(shop, host, false, &room, Some(sizes)).await?;
    rooms::take_hands(shop, host, &room, true).await?;
    rooms::raise(&at(shop, start - MINUTE), person(shop, "lei").await?, &room, "想看看裙子的腰围").await?;
    // Open for as long as one may be, for whoever looks at the demo first.
    let first = catalog::product(shop, domain::Lang::En, BAG[0].0).await?.context("no blueberries")?;
    let sku = first.skus.first().context("no choice")?.id;
    let ask = Ask { minutes: 5, ..bag_of(2, Prize::Thing { sku, price: 1 }) };
    let draw = draw::open(shop, host, &room, ask).await?;
    let lei = person(shop, "lei").await?;
    draw::join(shop, lei, Role::Shopper, &draw, None).await?;
    let coupon = super::coupons::of_rooms(shop).await?;
    let handed = coupon::open(shop, host, &room, &coupon, 30, 10).await?;
    coupon::take_drop(shop, lei, &handed).await?;
    Ok(())
}

fn bag_of(prizes: i64, prize: Prize) -> Ask {
    Ask { kind: Kind::Bag, prizes, prize, minutes: 1, phrase: String::new(), follow: false }
}

/// The room that is on in a demo, until somebody ends it.
///
/// # Errors
/// What the database says.
pub async fn on(shop: &Shop) -> Result<Option<Code>> {
    let list = rooms::list(shop, domain::Lang::En, None).await?;
    Ok(list.now.into_iter().find(|r| r.handle == "host").map(|r| r.code))
}

/// A room that was on yesterday: sent through the same packager as any other, with a clock of its own.
async fn again(shop: &Shop, data: &Path, host: PersonId, start: Millis) -> Result<()> {
    let room = rooms::open(&at(shop, start - HOUR), host, "早餐和跑步：一周回顾", None).await?;
    bag(shop, host, &room).await?;
    let time = Arc::new(AtomicI64::new(start));
    let read = time.clone();
    let (hub, mut events) = Hub::new(move || read.load(Ordering::Relaxed));
    let mut packager = hub.publish(Opening { room: room.as_str().to_owned(), next: 0, init: 0, key: 1 });
    for turn in 0..TURNS {
        for frame in frames() {
            let frame = moved(&frame, turn * LENGTH);
            time.store(start + stamp(&frame) * 1000 / TICKS, Ordering::Relaxed);
            packager.push(frame)?;
        }
    }
    drop(packager);
    let folder = folder(data, &room);
    std::fs::create_dir_all(&folder)?;
    while let Some((_, event)) = events.try_recv() {
        match event {
            Event::Init { number, bytes } => std::fs::write(folder.join(format!("init{number}.mp4")), &bytes)?,
            Event::Segment { number, init, lasts, at, breaks, bytes } => {
                std::fs::write(folder.join(format!("s{number}.m4s")), &bytes)?;
                let segment = rooms::Segment {
                    number: i64::try_from(number)?,
                    init: i64::from(init),
                    lasts,
                    at,
                    breaks,
                    bytes: i64::try_from(bytes.len())?,
                };
                rooms::kept(shop, &room, segment).await?;
            }
            Event::Started | Event::Stopped => {}
        }
    }
    rooms::began(&at(shop, start), &room).await?;
    for turn in 0..TURNS {
        for (place, after) in [(1, 0), (2, 4), (3, 8)] {
            let then = start + turn * LENGTH * 1000 / TICKS + after * SECOND;
            rooms::explain(&at(shop, then), host, &room, Some(place)).await?;
        }
    }
    says(shop, &room, start, &[("mei", 6 * SECOND, "鞋子轻不轻？"), ("host", 9 * SECOND, "很轻，一只两百克出头。")])
        .await?;
    let drawn = draw::open(&at(shop, start), host, &room, bag_of(2, Prize::Points(88))).await?;
    for who in ["mei", "lei", "ana", "kol", "demo-xiaolin"] {
        draw::join(&at(shop, start + 5 * SECOND), person(shop, who).await?, Role::Shopper, &drawn, None).await?;
    }
    rooms::end(&at(shop, start + TURNS * 12 * SECOND), host, false, &room).await?;
    draw::draw(&at(shop, start + MINUTE), &drawn).await?;
    Ok(())
}
