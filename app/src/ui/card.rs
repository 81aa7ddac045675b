//! Pictures and product cards.

use crate::{
    i18n::Texts,
    site::texts,
    ui::{html::Html, posts::post_card},
};
use domain::{
    Money,
    catalog::{CardView, CategoryView, PageView, PictureView},
    feed::{Factor, Mark},
    post::PostCard,
};
use leptos::prelude::*;

/// Source and image of a picture at the sizes that we render, WebP with JPEG behind; its place is kept before it arrives.
/// `sizes`: how wide it is shown, as the attribute says it. `eager`: one of the first pictures of the page.
fn picture_inside(out: &mut Html, p: &PictureView, alt: &str, sizes: &'static str, eager: bool) {
    out.raw("<source type=\"image/webp\" srcset=\"");
    for (i, width) in PictureView::WIDTHS.into_iter().enumerate() {
        out.raw(if i == 0 { "" } else { ", " }).text(&p.url(width, "webp")).raw(" ").number(width).raw("w");
    }
    out.raw("\" sizes=\"").raw(sizes).raw("\"><img src=\"").text(&p.url(720, "jpg")).raw("\" alt=\"").text(alt);
    out.raw("\" width=\"").number(p.width).raw("\" height=\"").number(p.height);
    out.raw(if eager {
        "\" fetchpriority=\"high\" decoding=\"async\">"
    } else {
        "\" loading=\"lazy\" decoding=\"async\">"
    });
}

pub(super) fn picture(out: &mut Html, picture: Option<&PictureView>, sizes: &'static str, eager: bool) {
    match picture {
        None => {
            out.raw("<span class=\"picture ph-0\"></span>");
        }
        Some(p) => {
            out.raw("<picture class=\"picture ").text(&p.placeholder).raw("\">");
            picture_inside(out, p, "", sizes, eager);
            out.raw("</picture>");
        }
    }
}

/// A picture.
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
        // One that says nothing is no picture to whoever listens.
        None if alt.is_empty() => view! { <span class="picture ph-0"></span> }.into_any(),
        None => view! { <span class="picture ph-0" role="img" aria-label=alt></span> }.into_any(),
        Some(p) => {
            let mut inside = Html::default();
            picture_inside(&mut inside, &p, &alt, sizes, eager);
            view! { <picture class=format!("picture {}", p.placeholder) inner_html=inside.into_string()></picture> }
                .into_any()
        }
    }
}

/// A picture, or the film that it is the still of.
#[component]
pub fn Shown(picture: PictureView, alt: String, sizes: &'static str, #[prop(optional)] eager: bool) -> impl IntoView {
    if !picture.moves() {
        return view! { <Picture picture=Some(picture) alt sizes eager /> }.into_any();
    }
    let (still, film) = (picture.url(1080, "jpg"), picture.video());
    view! {
        <video src=film poster=still width=picture.width height=picture.height controls playsinline preload="metadata" aria-label=alt data-testid="video"></video>
    }
    .into_any()
}

/// A product in a list.
fn card(out: &mut Html, t: Texts, card: &CardView, eager: bool) {
    let price = |amount| Money::new(amount, card.currency);
    out.raw("<a class=\"card").raw(if card.available { "" } else { " sold-out" }).raw("\" href=\"/p/").text(&card.slug);
    out.raw("\" data-testid=\"product-card\">");
    picture(out, card.picture.as_ref(), "(min-width: 720px) 340px, 50vw", eager);
    let (whole, rest) = price(card.price_min).parts();
    out.raw("<span class=\"card-title\">").text(&card.title);
    out.raw("</span><span class=\"card-line\"><span class=\"price\" data-amount=\"").number(card.price_min);
    out.raw("\" data-currency=\"").text(card.currency.code()).raw("\"><small>").text(card.currency.symbol());
    out.raw("</small><b>").text(&whole).raw("</b><small>").text(&rest).raw("</small></span>");
    if card.price_max > card.price_min {
        out.raw("<span class=\"card-from\">").text(t.price_from()).raw("</span>");
    }
    if let Some(was) = card.compare_at {
        out.raw("<s class=\"was\"><span class=\"visually-hidden\">").text(&t.was("")).raw("</span>");
        out.text(&price(was).exact()).raw("</s>");
    }
    out.raw("</span><span class=\"card-social\"><span>").text(&card.merchant).raw("</span>");
    if !card.available {
        out.raw("<em>").text(t.sold_out()).raw("</em>");
    } else if card.sold > 0 {
        out.raw("<span>").text(&t.sold_count(t.count(card.sold))).raw("</span>");
    }
    out.raw("</span></a>");
}

/// Cards in rows of equal height.
#[component]
pub fn ProductGrid(cards: Vec<CardView>) -> impl IntoView {
    let (t, mut inside) = (texts(), Html::default());
    for (i, each) in cards.iter().enumerate() {
        inside.raw("<li>");
        card(&mut inside, t, each, i < 2);
        inside.raw("</li>");
    }
    view! { <ul class="grid" inner_html=inside.into_string()></ul> }
}

/// Ways into the shop, each with its picture.
#[component]
pub fn CategoryGrid(list: Vec<CategoryView>) -> impl IntoView {
    let (t, mut inside) = (texts(), Html::default());
    inside.raw("<ul>");
    for category in list.iter().filter(|c| c.picture.is_some()).take(10) {
        inside.raw("<li><a href=\"/c/").text(&category.slug).raw("\">");
        picture(&mut inside, category.picture.as_ref(), "64px", true);
        inside.raw("<span>").text(&category.name).raw("</span></a></li>");
    }
    inside.raw("</ul>");
    view! { <nav class="icon-grid" aria-label=t.shop_title() inner_html=inside.into_string()></nav> }
}

/// The picture of a post is shown 3 to 4; its title stands in a square when it has none.
const fn post_tall(post: &PostCard) -> i64 {
    if post.picture.is_some() { 133 } else { 100 }
}

/// How tall the line below a card is, in hundredths of its width.
const WHY: i64 = 25;

/// Why a card stands in somebody's feed, in a few words.
fn why_text(t: Texts, factor: Factor, because: Option<&str>) -> String {
    match (factor, because) {
        (Factor::Followed, Some(who)) => t.why_followed(who),
        (Factor::Friends, Some(who)) => t.why_friends(who),
        (Factor::Beside, Some(what)) => t.why_beside(what),
        (Factor::Interest, Some(what)) => t.why_interest(what),
        (Factor::Near, _) => t.why_near().to_owned(),
        (Factor::Hot, _) => t.why_hot().to_owned(),
        (Factor::Explore, _) => t.why_explore().to_owned(),
        (Factor::Fresh, _) => t.why_fresh().to_owned(),
        _ => t.because_named(factor.name()).to_owned(),
    }
}

/// Two columns of cards; each next card goes below the shorter one, so that rank order stays reading order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// How tall each is, in hundredths of its width.
    heights: [i64; 2],
    cards: i64,
}

impl Columns {
    /// The list items that come to the end of the left and the right column: a post after every third thing, the rest of the posts
    /// behind the things.
    pub fn place(&mut self, t: Texts, page: &PageView) -> [String; 2] {
        let mut columns = [Html::default(), Html::default()];
        let mut posts = page.posts.iter();
        if let Some(marks) = &page.marks {
            let mut cards = page.cards.iter();
            for mark in &marks.places {
                self.put_marked(&mut columns, t, &marks.page, mark, &mut cards, &mut posts);
            }
            return columns.map(Html::into_string);
        }
        for (i, each) in page.cards.iter().enumerate() {
            let tall = each.picture.as_ref().map_or(100, |p| p.height * 100 / p.width.max(1));
            self.put(&mut columns, tall, |out, eager| card(out, t, each, eager));
            if i % 3 == 2
                && let Some(post) = posts.next()
            {
                self.put(&mut columns, post_tall(post), |out, eager| post_card(out, t, post, eager));
            }
        }
        for post in posts {
            self.put(&mut columns, post_tall(post), |out, eager| post_card(out, t, post, eager));
        }
        columns.map(Html::into_string)
    }

    /// A card that says below it why it stands there.
    fn put_marked<'a>(
        &mut self,
        columns: &mut [Html; 2],
        t: Texts,
        page: &str,
        mark: &Mark,
        cards: &mut impl Iterator<Item = &'a CardView>,
        posts: &mut impl Iterator<Item = &'a PostCard>,
    ) {
        let why = |out: &mut Html| {
            let because = mark.because.as_deref();
            out.raw("<a class=\"why\" data-testid=\"why-this\" rel=\"nofollow\" data-factor=\"")
                .text(mark.factor.name());
            out.raw("\" href=\"/why/").text(page).raw(".").number(mark.place);
            out.raw("\"><span class=\"visually-hidden\">").text(t.why_title()).raw(": </span><span>");
            out.text(&why_text(t, mark.factor, because)).raw("</span></a>");
        };
        if mark.post {
            let Some(post) = posts.next() else { return };
            self.put(columns, post_tall(post) + WHY, |out, eager| {
                post_card(out, t, post, eager);
                why(out);
            });
        } else {
            let Some(each) = cards.next() else { return };
            let tall = each.picture.as_ref().map_or(100, |p| p.height * 100 / p.width.max(1));
            self.put(columns, tall + WHY, |out, eager| {
                card(out, t, each, eager);
                why(out);
            });
        }
    }

    /// `tall`: how tall its picture is, in hundredths of its width.
    fn put(&mut self, columns: &mut [Html; 2], tall: i64, write: impl FnOnce(&mut Html, bool)) {
        let ([left, right], [a, b]) = (columns, &mut self.heights);
        let (column, height) = if a <= b { (left, a) } else { (right, b) };
        // Picture by its ratio, words by their lines.
        *height += tall + 52;
        self.cards += 1;
        column.raw("<li aria-posinset=\"").number(self.cards).raw("\">");
        write(column, self.cards <= 2);
        column.raw("</li>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Lang, id::ProductId};

    fn a_card(title: &str) -> CardView {
        CardView {
            id: "00000000000000000000000000000000".parse::<ProductId>().unwrap(),
            slug: "a".to_owned(),
            title: title.to_owned(),
            picture: None,
            price_min: 3990,
            price_max: 4990,
            compare_at: None,
            currency: Currency::Cny,
            merchant: "</a><script>".to_owned(),
            sold: 12_345,
            available: true,
        }
    }

    #[test]
    fn what_a_merchant_writes_stays_text() {
        let mut out = Html::default();
        card(&mut out, Texts(Lang::En), &a_card("</span><script>alert(1)</script>"), false);
        let html = out.into_string();
        assert!(!html.contains("<script>") && html.contains("&lt;/span&gt;&lt;script&gt;"), "{html}");
        assert!(html.contains("data-amount=\"3990\" data-currency=\"CNY\"") && html.contains("12.3K"), "{html}");
    }

    #[test]
    fn cards_go_below_the_shorter_column_across_pages() {
        let (mut at_once, mut paged) = (Columns::default(), Columns::default());
        let page = |cards: std::ops::Range<i64>| PageView {
            cards: cards.map(|i| a_card(&i.to_string())).collect(),
            ..PageView::default()
        };
        let whole = at_once.place(Texts(Lang::En), &page(0..7));
        let first = paged.place(Texts(Lang::En), &page(0..3));
        let rest = paged.place(Texts(Lang::En), &page(3..7));
        assert_eq!(whole, [0, 1].map(|i| format!("{}{}", first[i], rest[i])));
        assert!(at_once.heights[0].abs_diff(at_once.heights[1]) <= 152);
    }
}
