//! The product page.

use crate::{
    catalog::{
        api::product,
        sheet::{Mode, Sheet, path, terms},
    },
    fail::Fail,
    site::Site,
    ui::{
        CouponGot, CouponOffer, Empty, Head, Icon, Page, Picture, PostGrid, Price, ProductGrid, Review, ReviewSummary,
        Sent, TakeCoupon, TeamCards, clock, goes_on, loaded, post_of, takes_off, team_size,
    },
};
use domain::{
    Money,
    catalog::{ProductPageView, ProductView, Status},
    coupon::OfferView,
    group_buy,
    live::ClipCard,
    question::AskedView,
    review::{ReviewView, Summary},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

pub struct ProductPage {
    product: Resource<Result<ProductPageView, Fail>>,
    coupons: Taking,
}

/// What stands outside of what is loaded anew once a coupon is taken.
#[derive(Clone, Copy)]
struct Taking {
    take: Sent<TakeCoupon>,
    /// Whether the coupons are shown.
    opened: RwSignal<bool>,
}

impl ProductPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let slug = Memo::new(move |_| params.with(|p| p.get("slug").unwrap_or_default()));
        // What led here does not change what is shown.
        let from = move || query.with_untracked(|q| q.get("post").unwrap_or_default());
        let take = Sent::<TakeCoupon>::nothing();
        let taken = take.state.turned(&["coupon_each", "coupon_over", "not_found"]);
        let opened = RwSignal::new(Site::get().flash("coupon/take").is_some());
        Self {
            product: Resource::new(move || (slug.get(), taken.get()), move |(slug, _)| product(slug, from())),
            coupons: Taking { take, opened },
        }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let taking = this.coupons;
        loaded(this.product, move |page| view! { <Product page taking /> }.into_any())
    }
}

#[component]
fn Product(page: ProductPageView, taking: Taking) -> impl IntoView {
    let ProductPageView { product, related, together, summary, reviews, asked, posts, coupons, clips } = page;
    let site = Site::get();
    let t = site.texts();
    let page_path = format!("/p/{}", product.slug);
    let back = product.category.as_ref().map_or_else(|| "/shop".to_owned(), |c| format!("/c/{}", c.0));
    #[cfg(feature = "ssr")]
    let image = {
        use crate::ui::preview;
        let card = preview::of_product(&product, site.lang());
        preview::path(domain::share::Kind::Product, &product.slug, site.lang(), &card, "wide")
    };
    // What fetches previews does not run scripts.
    #[cfg(not(feature = "ssr"))]
    let image = String::new();
    let on_sale = product.status == Status::On;
    let data = json_ld(site, &product, &summary);
    let detail = product.detail.clone();
    let money = Money::new(product.price_range().0, product.currency);
    view! {
        <Head title=product.title.clone() description=product.subtitle.clone() path=page_path.clone() image=image kind="product" price=money />
        <Page title=String::new() back=back class="product" share=Some(("product", product.slug.clone()))>
            <script type="application/ld+json" inner_html=data></script>
            <Gallery product=product.clone() />
            <PriceBand product=product.clone() />
            <section class="panel">
                <h1 class="product-title" data-testid="product-title">{product.title.clone()}</h1>
                <p>{product.subtitle.clone()}</p>
                {(!detail.tags.is_empty()).then(|| view! {
                    <ul class="tags">{detail.tags.iter().cloned().map(|tag| view! { <li>{tag}</li> }).collect_view()}</ul>
                })}
                <p class="merchant"><Icon name="store" /> {t.merchant_by(&product.merchant.name)}</p>
            </section>
            {(on_sale && !coupons.is_empty()).then(|| view! { <Coupons coupons taking next=page_path.clone() /> })}
            {on_sale.then(|| product.offers.iter().cloned().map(|offer| view! { <Teams offer slug=product.slug.clone() currency=product.currency /> }).collect_view())}
            <details class="panel service">
                <summary><Icon name="shield-check" /> <span>{t.service_title()}</span></summary>
                <ul>
                    <li>{t.service_price()}</li>
                    <li>{t.service_hold()}</li>
                    <li>{t.service_refund()}</li>
                </ul>
            </details>
            {(!detail.attributes.is_empty()).then(|| view! {
                <section class="panel">
                    <h2>{t.product_details()}</h2>
                    <dl class="attributes">
                        {detail.attributes.iter().cloned().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()}
                    </dl>
                </section>
            })}
            {(!detail.body.is_empty()).then(|| view! {
                // Sanitised when it was saved (`shop::catalog::save_product`).
                <section class="panel prose"><h2>{t.product_about()}</h2><div inner_html=detail.body.clone()></div></section>
            })}
            {(!clips.is_empty()).then(|| view! { <Clips clips /> })}
            <Reviews slug=product.slug.clone() summary reviews />
            <Asked slug=product.slug.clone() asked />
            {(!posts.is_empty()).then(|| view! { <section class="related" data-testid="product-posts"><h2>{t.product_posts()}</h2><PostGrid posts /></section> })}
            {(!together.is_empty()).then(|| view! {
                <section class="related" data-testid="bought-with"><h2>{t.bought_with()}</h2><ProductGrid cards=together /></section>
            })}
            {(!related.is_empty()).then(|| view! {
                <section class="related" data-testid="related"><h2>{t.related()}</h2><ProductGrid cards=related /></section>
            })}
            {if on_sale { view! { <BuyBar product=product.clone() /> }.into_any() } else {
                view! { <Empty text=t.product_off() next=t.product_off_next() href="/shop" /> }.into_any()
            }}
        </Page>
    }
}

/// The coupons that can be had for it, taken here.
#[component]
fn Coupons(coupons: Vec<OfferView>, taking: Taking, next: String) -> impl IntoView {
    let t = Site::get().texts();
    let Taking { take, opened } = taking;
    let chips = coupons.iter().map(|o| takes_off(&o.coupon.terms)).collect::<Vec<_>>();
    view! {
        <details class="panel product-coupons" open=move || opened.get() data-testid="product-coupons" on:toggle=move |event| {
            #[cfg(feature = "hydrate")]
            opened.set(event_target::<web_sys::HtmlDetailsElement>(&event).open());
            #[cfg(not(feature = "hydrate"))]
            let _ = event;
        }>
            <summary>
                <b>{t.coupon_title()}</b>
                <span>{chips.into_iter().map(|words| view! { <em>{words}</em> }).collect_view()}</span>
                <Icon name="chevron-down" />
            </summary>
            <CouponGot take />
            <ul class="tickets">{coupons.into_iter().map(|o| view! { <CouponOffer o take next=next.clone() /> }).collect_view()}</ul>
        </details>
    }
}

/// What was said of it in live rooms.
#[component]
fn Clips(clips: Vec<ClipCard>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    view! {
        <section class="panel clips" data-testid="product-clips">
            <h2>{t.live_clips()}</h2>
            <ul>
                {clips.into_iter().map(|c| view! {
                    <li>
                        <a href=format!("/live/{}/{}", c.code, c.place) data-testid="clip-card">
                            <span class="clip-play"><Icon name="play" /></span>
                            <span><b>{c.title}</b><small>{c.host}" · "{site.time(c.at)}" · "{clock(c.lasts)}</small></span>
                        </a>
                    </li>
                }).collect_view()}
            </ul>
        </section>
    }
}

/// What buyers say of it: all together, and the newest.
#[component]
fn Reviews(slug: String, summary: Summary, reviews: Vec<ReviewView>) -> impl IntoView {
    let t = Site::get().texts();
    let n = summary.count();
    if n == 0 {
        return view! { <section class="panel" data-testid="reviews"><h2>{t.review_title()}</h2><p class="hint">{t.review_none()}</p></section> }
            .into_any();
    }
    view! {
        <section class="panel reviews" data-testid="reviews">
            <h2>{t.review_title()}</h2>
            <ReviewSummary summary />
            {reviews.into_iter().map(|review| view! { <Review review /> }).collect_view()}
            <p><a class="button wide" href={goes_on(format!("/p/{slug}/reviews"))} data-testid="reviews-all">{t.review_all(n)}</a></p>
        </section>
    }
    .into_any()
}

/// What is asked about it, and what those answer who have it.
#[component]
fn Asked(slug: String, asked: AskedView) -> impl IntoView {
    let t = Site::get().texts();
    let (none, n) = (asked.count == 0, asked.count);
    let all = if none { t.question_first().to_owned() } else { t.question_see(n) };
    view! {
        <section class="panel" data-testid="questions" data-count=n>
            <h2>{t.question_title()}</h2>
            {none.then(|| view! { <p class="hint">{t.question_none()}</p> })}
            {(!none).then(|| view! {
                <dl class="asked">
                    {asked.some.into_iter().map(|q| view! {
                        <div>
                            <dt><a href={goes_on(format!("/questions/{}", q.code))}>{q.text}</a></dt>
                            <dd>{q.answer.unwrap_or_else(|| t.question_unanswered().to_owned())}</dd>
                        </div>
                    }).collect_view()}
                </dl>
            })}
            <p><a class="button wide" href={goes_on(format!("/p/{slug}/questions"))} data-testid="questions-all">{all}</a></p>
        </section>
    }
}

/// The pictures, one screen each, swiped by the browser's own scroll snapping.
#[component]
fn Gallery(product: ProductView) -> impl IntoView {
    let t = Site::get().texts();
    let n = product.pictures.len();
    let title = product.title.clone();
    view! {
        <div class="gallery" role="group" aria-label=t.gallery() tabindex="0">
            {product.pictures.into_iter().enumerate().map(|(i, picture)| view! {
                <figure>
                    <Picture picture=Some(picture) alt=t.picture_of(i + 1, &title) sizes="(min-width: 720px) 640px, 100vw" eager=i == 0 />
                    <figcaption>{i + 1}"/"{n}</figcaption>
                </figure>
            }).collect_view()}
        </div>
    }
}

/// What it costs, what it cost, how many were sold.
#[component]
fn PriceBand(product: ProductView) -> impl IntoView {
    let t = Site::get().texts();
    let (low, high) = product.price_range();
    let was = product.skus.iter().find(|s| s.price == low).and_then(|s| s.compare_at);
    view! {
        <div class="price-band">
            {match product.offers.first().map(group_buy::OfferView::from) {
                Some(team) => view! {
                    <Price amount=team currency=product.currency class="large" />
                    <span class="tag-team">{t.group_price()}</span>
                    <span class="alone" data-testid="price-single" data-amount=low data-currency=product.currency.code()>{t.team_alone_price(Money::new(low, product.currency).exact())}</span>
                }.into_any(),
                None => view! {
                    <span data-testid="price-single" data-amount=low data-currency=product.currency.code()>
                        <Price amount=low currency=product.currency class="large" />
                    </span>
                }.into_any(),
            }}
            {(high > low).then(|| view! { <span>{t.price_from()}</span> })}
            {was.map(|was| view! { <s class="was" title=t.was_reason()>{Money::new(was, product.currency).exact()}</s> })}
            {(product.sold > 0).then(|| view! { <span class="sold">{t.sold_count(t.count(product.sold))}</span> })}
        </div>
    }
}

/// The bar at the bottom, and the sheet that its buttons open. What is open stands in the address, so the back button
/// closes it and a plain link opens it.
#[component]
fn BuyBar(product: ProductView) -> impl IntoView {
    let t = Site::get().texts();
    let query = use_query_map();
    let slug = product.slug.clone();
    let best = product.offers.first().cloned();
    let first = best.as_ref().map(|o| o.code.clone());
    let mode = Memo::new(move |_| {
        query.with(|q| {
            let code = |name| q.get(name).and_then(|c| c.parse::<domain::Code>().ok());
            match q.get("buy")?.as_str() {
                "single" => Some(Mode::Single),
                "cart" => Some(Mode::Cart),
                "group" => code("c").or(first.clone()).map(Mode::Open),
                "team" => Some(Mode::Team(code("team")?, code("c")?)),
                _ => None,
            }
        })
    });
    let currency = product.currency;
    let alone = Money::new(product.price_range().0, currency).exact();
    let sold_out = product.skus.iter().all(|s| s.available <= 0);
    let open = move |mode: &str| path(&slug, &format!("buy={mode}"), &query.with_untracked(post_of));
    view! {
        <div class="buy-bar">
            <a class="buy-icon" href="/cart" aria-label=t.tab_cart()>
                <Icon name="shopping-cart" />
                <span class="badge" hidden=move || Site::get().cart.get() == 0>{move || Site::get().cart.get().min(99)}</span>
            </a>
            {if sold_out {
                view! { <span class="button primary" aria-disabled="true">{t.sold_out()}</span> }.into_any()
            } else {
                view! {
                    {match best {
                        Some(offer) => {
                            let price = offer.from();
                            view! {
                                <a class="buy-icon" href=open("cart") data-testid="add-to-cart" data-noscroll="" aria-label=t.add_to_cart() title=t.add_to_cart()><Icon name="plus" /></a>
                                <a class="button two-line" href=open("single") data-testid="buy-single" data-noscroll="">
                                    <b>{alone}</b><small>{t.group_alone()}</small>
                                </a>
                                <a class="button primary two-line" href=open("group") data-testid="buy-group" data-noscroll="">
                                    <b data-testid="price-group" data-amount=price data-currency=currency.code()>{Money::new(price, currency).exact()}</b>
                                    <small>{t.group_start()}" · "{team_size(&offer.terms, currency)}</small>
                                </a>
                            }.into_any()
                        }
                        None => view! {
                            <a class="button" href=open("cart") data-testid="add-to-cart" data-noscroll="">{t.add_to_cart()}</a>
                            <a class="button primary" href=open("single") data-testid="buy-single" data-noscroll="">{t.buy_single()}</a>
                        }.into_any(),
                    }}
                }.into_any()
            }}
        </div>
        {move || mode.get().map(|mode| view! { <Sheet product=product.clone() mode /> })}
    }
}

/// Who is teaming up, and how to join or open a team.
#[component]
fn Teams(offer: group_buy::OfferView, slug: String, currency: domain::Currency) -> impl IntoView {
    let t = Site::get().texts();
    let post = use_query_map().with_untracked(post_of);
    let start = path(&slug, &format!("buy=group&c={}", offer.code), &post);
    let about = terms(&offer, currency);
    let price = offer.from();
    let people = if offer.people > 0 { t.group_people(offer.people) } else { t.group_nobody().to_owned() };
    view! {
        <section class="panel teams">
            <h2>{people}</h2>
            <TeamCards teams=offer.teams slug post campaign=offer.code currency now=offer.now />
            <p class="team-start">
                <span><b data-amount=price data-currency=currency.code()>{Money::new(price, currency).exact()}</b><small>{about}</small></span>
                <a class="button small" href=start data-testid="open-team" data-noscroll="">{t.group_start()}</a>
            </p>
        </section>
    }
}

/// schema.org Product, for search engines.
fn json_ld(site: Site, product: &ProductView, reviews: &Summary) -> String {
    let (low, high) = product.price_range();
    let price = |n| Money::new(n, product.currency).plain();
    let stock = if product.skus.iter().any(|s| s.available > 0) { "InStock" } else { "OutOfStock" };
    let text = |s: &str| {
        let mut out = String::from("\"");
        for c in s.chars() {
            match c {
                '"' | '\\' => {
                    out.push('\\');
                    out.push(c);
                }
                '<' => out.push_str("\\u003c"),
                c if c.is_control() => out.push(' '),
                c => out.push(c),
            }
        }
        out.push('"');
        out
    };
    let rating = reviews.tenths().map_or_else(String::new, |tenths| {
        let (whole, part, n) = (tenths / 10, tenths % 10, reviews.count());
        format!("\"aggregateRating\":{{\"@type\":\"AggregateRating\",\"ratingValue\":\"{whole}.{part}\",\"reviewCount\":{n}}},")
    });
    let images: Vec<String> = product.pictures.iter().map(|p| text(&site.absolute(&p.url(1080, "jpg")))).collect();
    format!(
        "{{\"@context\":\"https://schema.org\",\"@type\":\"Product\",\"name\":{},\"description\":{},\"image\":[{}],\"url\":{},{rating}\
         \"offers\":{{\"@type\":\"AggregateOffer\",\"priceCurrency\":{},\"lowPrice\":{},\"highPrice\":{},\"offerCount\":{},\"availability\":\"https://schema.org/{stock}\",\"seller\":{{\"@type\":\"Organization\",\"name\":{}}}}}}}",
        text(&product.title),
        text(&product.subtitle),
        images.join(","),
        text(&site.absolute(&format!("/p/{}", product.slug))),
        text(product.currency.code()),
        text(&price(low)),
        text(&price(high)),
        product.skus.len(),
        text(&product.merchant.name)
    )
}
