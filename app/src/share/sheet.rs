//! The sheet that sends a thing: a text as people paste it, a link for every way, a code to point a camera at.

use crate::{
    fail::Fail,
    share::api::{Open, sheet},
    site::Site,
    ui::{FormError, Head, Hidden, Icon, Page, Picture, PostForm, Price, Sent, Submit, loaded},
};
use domain::{
    Money,
    group_buy::Standing,
    share::{Channel, Kind, SheetView},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const PATH: &str = "share/open";

pub struct SheetPage {
    sheet: Resource<Result<(SheetView, String), Fail>>,
    sent: Sent<Open>,
}

fn asked() -> (String, String) {
    use_params_map().with(|p| (p.get("kind").unwrap_or_default(), p.get("object").unwrap_or_default()))
}

impl SheetPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        let (kind, object) = use_params_map()
            .with_untracked(|p| (p.get("kind").unwrap_or_default(), p.get("object").unwrap_or_default()));
        format!("/share/{kind}/{object}")
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let sent = Sent::<Open>::nothing();
        let wanted = move || (asked(), sent.state.answers.get());
        Self { sheet: Resource::new(wanted, |((kind, object), _)| sheet(kind, object)), sent }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let sent = this.sent;
        loaded(this.sheet, move |(view, qr)| {
            let back = view.kind.path(&view.object);
            view! {
                <Head title=t.share_title().to_owned() private=true />
                <Page title=t.share_title().to_owned() back=back class="narrow share">
                    <FormError path=PATH sending=sent.state />
                    <section class="panel invite-product">
                        {(view.price.is_some() || view.picture.is_some()).then(|| view! { <span class="invite-picture"><Picture picture=view.picture.clone() alt=String::new() sizes="112px" /></span> })}
                        <span class="invite-text"><b>{view.title.clone()}</b> {view.price.map(|p| view! { <Price amount=p.amount currency=p.currency class="large" /> })}</span>
                    </section>
                    {(view.earns > 0).then(|| view! { <p class="hint earns">{t.share_earns(view.earns)} " " <a href="/me/invited">{t.referral_title()}</a></p> })}
                    {if view.links.is_empty() {
                        view! {
                            <PostForm sent>
                                <Hidden name="kind" value=view.kind.name() />
                                <Hidden name="object" value=view.object />
                                <Submit label=t.share_make().to_owned() testid="share-open" class="button primary wide" sending=sent.state />
                            </PostForm>
                        }
                        .into_any()
                    } else {
                        view! { <Ways view qr /> }.into_any()
                    }}
                </Page>
            }
            .into_any()
        })
    }
}

/// The text that goes with a link, as people paste it.
fn said(view: &SheetView) -> String {
    let t = Site::get().texts();
    let Some(price) = view.price.map(Money::exact) else {
        return if view.kind == Kind::Room { t.share_text_room(&view.title) } else { t.share_text_post(&view.title) };
    };
    match view.team {
        Some((Standing::Open | Standing::Own | Standing::Waiting | Standing::Holding, missing)) => {
            t.share_text_team(&view.by, missing, price, &view.title)
        }
        _ => t.share_text_product(price, &view.title),
    }
}

#[component]
fn Ways(view: SheetView, qr: String) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let text = said(&view);
    let url = |channel: Channel| {
        let link = view.links.iter().find(|l| l.channel == channel);
        link.map(|l| site.absolute(&format!("/s/{}", l.share))).unwrap_or_default()
    };
    let copied = RwSignal::new(false);
    let copy = url(Channel::Copy);
    let of_qr = view.links.iter().find(|l| l.channel == Channel::Qr).map(|l| l.share.to_string()).unwrap_or_default();
    let poster = format!("/card/poster/{of_qr}/{}.jpg", site.lang().tag());
    let system = url(Channel::System);
    #[cfg(feature = "hydrate")]
    let (to_copy, to_share) = {
        let (whole, text) = (format!("{text} {copy}"), text.clone());
        (move |_| super::device::copy(&whole, copied), move |_| super::device::share(&text, &system))
    };
    #[cfg(not(feature = "hydrate"))]
    let (to_copy, to_share) = {
        let _ = system;
        (|_: leptos::ev::MouseEvent| (), |_: leptos::ev::MouseEvent| ())
    };
    let ways = [
        (Channel::Whatsapp, "WhatsApp"),
        (Channel::Telegram, "Telegram"),
        (Channel::Line, "LINE"),
        (Channel::Sms, t.share_sms()),
    ];
    let in_chat = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| in_chat.set(super::device::is_wechat()));
    view! {
        {move || in_chat.get().then(|| view! { <p class="notice share-arrow">{t.share_wechat()}</p> })}
        <section class="panel form">
            <h2>{t.share_text_label()}</h2>
            <p class="share-text">{text.clone()}</p>
            <label class="field">
                <span>{t.share_link_label()}</span>
                <input type="text" readonly value=copy class="share-link" data-testid="share-link" />
            </label>
            <div class="actions">
                <button type="button" class="button primary js" data-testid="share-copy" on:click=to_copy>{move || if copied.get() { t.share_copied() } else { t.share_copy() }}</button>
                <button type="button" class="button js" data-testid="share-system" on:click=to_share>{t.share_system()}</button>
            </div>
            <ul class="share-ways">
                {ways.into_iter().filter_map(|(channel, name)| {
                    let href = channel.address(&text, &url(channel))?;
                    Some(view! { <li><a class="button" href=href rel="external noopener noreferrer" data-channel=channel.name()>{name}</a></li> })
                }).collect_view()}
            </ul>
        </section>
        <section class="panel share-qr">
            <p class="hint">{t.share_qr()}</p>
            <svg viewBox="0 0 41 41" role="img" aria-label=t.share_qr()><path d=qr></path></svg>
            <a class="button wide" href=poster rel="external" download="tuanju.jpg" data-testid="share-poster">{t.share_poster()}</a>
        </section>
        <p><a class="button wide" href="/me/shares"><Icon name="chart-no-axes-column" /> {t.shares_title()}</a></p>
    }
}
