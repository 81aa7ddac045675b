//! Pictures and product cards.

use crate::{site::texts, ui::Price};
use domain::catalog::{CardView, PictureView};
use leptos::prelude::*;

/// A picture at the sizes that we render, in WebP with JPEG behind; its place is kept before it arrives.
#[component]
pub fn Picture(
    picture: Option<PictureView>,
    alt: String,
    /// How wide it is shown, as the `sizes` attribute says it.
    sizes: &'static str,
    /// One of the first pictures of the page.
    #[prop(optional)]
    eager: bool,
) -> impl IntoView {
    match picture {
        None => view! { <span class="picture ph-0" role="img" aria-label=alt></span> }.into_any(),
        Some(p) => {
            let set = PictureView::WIDTHS.map(|w| format!("{} {w}w", p.url(w, "webp"))).join(", ");
            let (loading, priority) = if eager { (None, Some("high")) } else { (Some("lazy"), None) };
            let class = format!("picture {}", p.placeholder);
            view! {
                <picture class=class>
                    <source type="image/webp" srcset=set sizes=sizes />
                    <img
                        src=p.url(720, "jpg")
                        alt=alt
                        width=p.width
                        height=p.height
                        loading=loading
                        fetchpriority=priority
                        decoding="async"
                    />
                </picture>
            }
            .into_any()
        }
    }
}

/// A product in a list.
#[component]
pub fn ProductCard(card: CardView, #[prop(optional)] eager: bool) -> impl IntoView {
    let t = texts();
    let href = format!("/p/{}", card.slug);
    let class = if card.available { "card" } else { "card sold-out" };
    view! {
        <a class=class href=href data-testid="product-card">
            <Picture picture=card.picture.clone() alt=String::new() sizes="(min-width: 720px) 340px, 50vw" eager=eager />
            <span class="card-title">{card.title.clone()}</span>
            <span class="card-line">
                <Price amount=card.price_min currency=card.currency />
                {(card.price_max > card.price_min).then(|| view! { <span class="card-from">{t.price_from()}</span> })}
                {card.compare_at.map(|was| view! { <s class="was"><span class="visually-hidden">{t.was("")}</span>{domain::Money::new(was, card.currency).exact()}</s> })}
            </span>
            <span class="card-social">
                <span>{card.merchant.clone()}</span>
                {if !card.available {
                    Some(view! { <em>{t.sold_out()}</em> }.into_any())
                } else if card.sold > 0 {
                    Some(view! { <span>{t.sold_count(t.count(card.sold))}</span> }.into_any())
                } else { None }}
            </span>
        </a>
    }
    .into_any()
}

/// Cards in rows of equal height.
#[component]
pub fn ProductGrid(cards: Vec<CardView>) -> impl IntoView {
    view! {
        <ul class="grid">
            {cards.into_iter().enumerate().map(|(i, card)| view! { <li><ProductCard card eager=i < 2 /></li> }).collect_view()}
        </ul>
    }
}

/// How tall a card will be, in hundredths of its width: picture by its ratio, words by their lines.
fn height(card: &CardView) -> i64 {
    let ratio = card.picture.as_ref().map_or(100, |p| p.height * 100 / p.width.max(1));
    ratio + 52
}

/// Cards in two columns; each next card goes below the shorter one, so that rank order stays reading order.
#[component]
pub fn Waterfall(cards: Signal<Vec<CardView>>) -> impl IntoView {
    let columns = Memo::new(move |_| {
        let mut columns: [Vec<(usize, CardView)>; 2] = [Vec::new(), Vec::new()];
        let (mut left, mut right) = (0, 0);
        for (i, card) in cards.get().into_iter().enumerate() {
            let tall = height(&card);
            let [a, b] = &mut columns;
            if left <= right {
                left += tall;
                a.push((i, card));
            } else {
                right += tall;
                b.push((i, card));
            }
        }
        columns
    });
    let column = move |right: bool| {
        view! {
            <ul class="column">
                <For
                    each=move || { let [a, b] = columns.get(); if right { b } else { a } }
                    key=|(_, card)| card.id
                    children=move |(i, card)| view! { <li aria-posinset=i + 1><ProductCard card eager=i < 2 /></li> }
                />
            </ul>
        }
    };
    view! { <div class="waterfall" data-testid="feed">{column(false)}{column(true)}</div> }
}
