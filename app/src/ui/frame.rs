//! The frame of a page: head, top bar, content, tab bar.

use crate::site::{Site, texts};
use leptos::prelude::*;

/// An icon of the sprite.
#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    let href = Site::get().asset(&format!("icons.svg#{name}"));
    view! { <svg class="icon" aria-hidden="true"><use href=href></use></svg> }
}

/// Title, description and preview tags. `path`: the canonical one. `image`: a path, 1080 wide.
///
/// The tags are for those who fetch a page without running it, so only the server writes them; in the browser a page that is
/// gone to changes the title. (The head is not hydrated, so the two sides may differ here.)
#[component]
pub fn Head(
    title: String,
    #[prop(optional, into)] description: Option<String>,
    #[prop(optional, into)] path: Option<String>,
    #[prop(optional, into)] image: Option<String>,
    #[prop(optional)] kind: Option<&'static str>,
    /// A price that previews show: minor units.
    #[prop(optional, into)]
    price: Option<domain::Money>,
    /// Personal pages are nobody's search result.
    #[prop(optional)]
    private: bool,
) -> impl IntoView {
    let t = texts();
    let full = if title == t.brand() {
        format!("{} · {}", t.brand(), t.tagline())
    } else {
        format!("{title} · {}", t.brand())
    };
    #[cfg(feature = "ssr")]
    if Site::get().first_head() {
        // They go to the head; what they leave in the body must be the same on both sides: nothing.
        let _ = tags::Tags { title, full, description, path, image, kind, price, private }.view().into_any().to_html();
    }
    #[cfg(not(feature = "ssr"))]
    {
        let _ = (description, path, image, kind, price, private);
        Effect::new(move |_| document().set_title(&full));
    }
}

#[cfg(feature = "ssr")]
mod tags {
    use crate::site::Site;
    use leptos::prelude::*;
    use leptos_meta::{Link, Meta, Title};

    pub(super) struct Tags {
        pub(super) title: String,
        pub(super) full: String,
        pub(super) description: Option<String>,
        pub(super) path: Option<String>,
        pub(super) image: Option<String>,
        pub(super) kind: Option<&'static str>,
        pub(super) price: Option<domain::Money>,
        pub(super) private: bool,
    }

    /// A text for `<title>`, which leptos writes unescaped while it renders on the server.
    fn title_text(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    impl Tags {
        pub(super) fn view(self) -> impl IntoView {
            let site = Site::get();
            let t = site.texts();
            let Self { title, full, description, path, image, kind, price, private } = self;
            let description = description.filter(|d| !d.is_empty()).unwrap_or_else(|| t.site_description().to_owned());
            let url = path.map(|p| site.absolute(&p));
            let image = image.map(|i| site.absolute(&i));
            let large = image.is_some();
            view! {
                <Title text=title_text(&full) />
                <Meta name="description" content=description.clone() />
                {url.map(|url| view! {
                    <Link rel="canonical" href=url.clone() />
                    <Meta property="og:url" content=url />
                })}
                {private.then(|| view! { <Meta name="robots" content="noindex" /> })}
                <Meta property="og:type" content=kind.unwrap_or("website") />
                <Meta property="og:site_name" content=t.brand() />
                <Meta property="og:title" content=title.clone() />
                <Meta property="og:description" content=description.clone() />
                <Meta property="og:locale" content=site.lang().og() />
                {image.map(|image| {
                    // A card says its size, so that an app shows it large before it has fetched it.
                    let card = image.contains("/card/");
                    view! {
                        <Meta property="og:image" content=image.clone() />
                        {image.starts_with("https:").then(|| view! { <Meta property="og:image:secure_url" content=image.clone() /> })}
                        {card.then(|| view! {
                            <Meta property="og:image:type" content="image/jpeg" />
                            <Meta property="og:image:width" content="1200" />
                            <Meta property="og:image:height" content="630" />
                        })}
                        <Meta property="og:image:alt" content=title.clone() />
                        <Meta name="twitter:image" content=image.clone() />
                        <Link rel="image_src" href=if card { image.replace("-wide.jpg", "-square.jpg") } else { image } />
                    }
                })}
                {price.map(|price| view! {
                    <Meta property="product:price:amount" content=price.plain() />
                    <Meta property="product:price:currency" content=price.currency.code() />
                })}
                <Meta name="twitter:card" content=if large { "summary_large_image" } else { "summary" } />
                <Meta name="twitter:title" content=title />
                <Meta name="twitter:description" content=description />
            }
        }
    }
}

/// A page with a bar on top: where it leads back to, its name (a page without one has its heading in the content), home.
#[component]
pub fn Page(
    title: String,
    /// Where the arrow leads; none on pages of the tab bar.
    #[prop(optional, into)]
    back: Option<String>,
    #[prop(optional)] class: &'static str,
    /// Whether the tab bar stands below.
    #[prop(optional)]
    tab: Option<&'static str>,
    /// What can be sent from here: its kind, and its slug or code.
    #[prop(optional_no_strip)]
    share: Option<(&'static str, String)>,
    children: Children,
) -> impl IntoView {
    let t = texts();
    let class = format!("page {class}");
    view! {
        <a class="skip" href="#content">{t.skip_to_content()}</a>
        <header class="topbar">
            {back.map(|back| view! { <a class="topbar-back" href=back aria-label=t.back()><Icon name="chevron-left" /></a> })}
            {(!title.is_empty()).then(|| view! { <h1 class="topbar-title">{title}</h1> })}
            {share.map(|(kind, object)| view! {
                <ShareForm kind object testid="share-open" class="topbar-share" label=t.share_title()><Icon name="share-2" /></ShareForm>
            })}
            {tab.is_none().then(|| view! { <a class="topbar-end" href="/" aria-label=t.tab_home()><Icon name="house" /></a> })}
        </header>
        <main id="content" class=class>{children()}</main>
        {tab.map(|active| view! { <TabBar active /> })}
    }
}

/// Opens the sheet that sends a thing. A plain form on both paths: making the links is no matter of a moment's look.
#[component]
pub fn ShareForm(
    kind: &'static str,
    object: String,
    #[prop(optional)] testid: Option<&'static str>,
    #[prop(optional)] class: &'static str,
    /// What it is called where it shows no text.
    #[prop(optional)]
    label: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action="/api/share/open" class="share-form">
            <input type="hidden" name="kind" value=kind />
            <input type="hidden" name="object" value=object />
            <button type="submit" class=class aria-label=label data-testid=testid>{children()}</button>
        </form>
    }
}

/// Turns away from somebody (`to`: `mute`, `block`), or back (`none`). A plain form on both paths.
#[component]
pub fn TurnForm(
    handle: String,
    to: &'static str,
    next: String,
    label: &'static str,
    testid: &'static str,
) -> impl IntoView {
    view! {
        <form method="post" action="/api/moderation/turn">
            <input type="hidden" name="handle" value=handle />
            <input type="hidden" name="next" value=next />
            <button type="submit" class="button small" name="to" value=to data-testid=testid>{label}</button>
        </form>
    }
}

/// The five ways through the shop.
#[component]
pub fn TabBar(active: &'static str) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let tab = move |name: &'static str, href: &'static str, label: &'static str, icon: &'static str| {
        let current = (name == active).then_some("page");
        view! {
            <li>
                <a href=href aria-current=current>
                    <Icon name=icon />
                    <span>{label}</span>
                    {match name {
                        "cart" => Some(site.cart),
                        "me" => Some(site.unread),
                        _ => None,
                    }.map(|n| view! { <span class="badge" hidden=move || n.get() == 0>{move || n.get().min(99)}</span> })}
                </a>
            </li>
        }
    };
    view! {
        <nav class="tabbar" aria-label=t.nav_main()>
            <ul>
                {tab("home", "/", t.tab_home(), "house")}
                {tab("shop", "/shop", t.tab_shop(), "store")}
                {tab("cart", "/cart", t.tab_cart(), "shopping-cart")}
                {tab("orders", "/orders", t.tab_orders(), "package")}
                {tab("me", "/me", t.tab_me(), "circle-user")}
            </ul>
        </nav>
    }
}
