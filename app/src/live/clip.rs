//! What was said of one thing in a live room, to be seen on its own.

use crate::{
    fail::Fail,
    live::api::clip,
    site::Site,
    ui::{Head, Icon, Picture, Price, clock, loaded},
};
use domain::{Money, live::ClipView};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub struct ClipPage {
    view: Resource<Result<ClipView, Fail>>,
}

impl ClipPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let named = move |name: &str| params.with(|p| p.get(name).unwrap_or_default());
        let of = move || (named("code"), named("place").parse().unwrap_or(0));
        Self { view: Resource::new(of, |(code, place)| clip(code, place)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        loaded(this.view, move |clip| view! { <Clip clip /> }.into_any())
    }
}

#[component]
fn Clip(clip: ClipView) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let ClipView { code, title, host, handle, on, item, at, lasts } = clip;
    let (price, alone) = item.lowest();
    let (left, currency, page) = (item.left(), item.currency, format!("/p/{}", item.slug));
    let room = match item.replay_at {
        Some(ms) => format!("/live/{code}?at={}", ms / 1000),
        None => format!("/live/{code}"),
    };
    let list = format!("/hls/{code}/clip{}.m3u8", item.place);
    let video = NodeRef::<leptos::html::Video>::new();
    #[cfg(feature = "hydrate")]
    super::play::play(video, list.clone(), || 0, super::play::Along::Clip);
    let still = item.picture.as_ref().map(|p| p.url(720, "jpg"));
    let tint = domain::group_buy::tint(&host);
    let initial: String = host.chars().take(1).collect();
    let about = format!("{} · {host} · {}", item.title, site.time(at));
    view! {
        <Head title=item.title.clone() description=about path=format!("/live/{code}/{}", item.place) />
        <noscript inner_html=format!("<link rel=\"stylesheet\" href=\"{}\">", site.asset("plain.css"))></noscript>
        <a class="skip" href="#content">{t.skip_to_content()}</a>
        <main id="content" class="room" data-testid="clip" data-state="ended">
            <div class="room-picture">
                <video node_ref=video poster=still controls playsinline autoplay muted aria-label=item.title.clone() data-testid="clip-video">
                    <source src=list type="application/vnd.apple.mpegurl" />
                </video>
            </div>
            <header class="room-top">
                <a class="room-host" href=format!("/u/{handle}")>
                    <span class=format!("face tint-{tint}") aria-hidden="true">{initial}</span>
                    <span><b>{host}</b><small>{site.time(at)}</small></span>
                </a>
                <span class="room-viewers" data-testid="clip-lasts" data-ms=lasts.to_string()><Icon name="play" />{clock(lasts)}</span>
                <a class="room-close to-end" href=page.clone() aria-label=t.live_clip_close()><Icon name="x" /></a>
            </header>
            <h1 class="room-title">{t.live_clip_of(item.title.clone())}</h1>
            <div class="room-foot">
                <div class="room-pinned" data-testid="clip-product" data-slug=item.slug>
                    <Picture picture=item.picture alt=String::new() sizes="72px" />
                    <span class="room-pinned-text">
                        <b>{item.title}</b>
                        <span><Price amount=price currency />{(alone > price).then(|| view! { <s class="was">{Money::new(alone, currency).exact()}</s> })}</span>
                        <small>{if left > 0 { t.live_left(left) } else { t.sold_out().to_owned() }}</small>
                    </span>
                    <a class="button primary" href={if on { room.clone() } else { page }} data-testid="clip-see">{if on { t.live_clip_buy() } else { t.live_see() }}</a>
                </div>
                <div class="room-bar of-clip">
                    <a class="room-say login" href=room data-testid="clip-room"><Icon name="play" />{if on { t.live_clip_on(title) } else { t.live_clip_whole(title) }}</a>
                </div>
            </div>
        </main>
    }
}
