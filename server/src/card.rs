//! Preview pictures for chat apps: the thing, its price, where it stands, drawn by resvg with a font of our own.
//!
//! Some apps show the middle square of a wide card only, so everything that matters stands in it.

use crate::art::{self, Format, Scene};
use anyhow::{Context, Result};
use domain::share::{Card, wrapped};
use resvg::{
    tiny_skia::{FillRule, Mask, Path, PathBuilder, Pixmap, PixmapPaint, Transform},
    usvg::{self, fontdb},
};
use std::{
    fmt::Write as _,
    path::Path as FsPath,
    sync::{Arc, OnceLock},
};

/// The shapes of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 1200 x 630: what most apps show.
    Wide,
    /// 600 x 600: `WeChat` and QQ.
    Square,
}

impl Shape {
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "wide" => Some(Self::Wide),
            "square" => Some(Self::Square),
            _ => None,
        }
    }

    const fn size(self) -> (i32, i32) {
        match self {
            Self::Wide => (1200, 630),
            Self::Square => (600, 600),
        }
    }
}

fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    FONTS
        .get_or_init(|| {
            let mut all = fontdb::Database::new();
            all.load_font_data(crate::assets::FONT.to_vec());
            Arc::new(all)
        })
        .clone()
}

fn escaped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
        out
    })
}

/// A line of text in the middle of `x`.
fn line(svg: &mut String, (x, y): (i32, i32), size: i32, fill: &str, text: &str) {
    let _ = write!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" font-family=\"Noto Sans SC Medium\" font-size=\"{size}\" text-anchor=\"middle\" fill=\"{fill}\">{}</text>",
        escaped(text)
    );
}

const INK: &str = "#221a16";
const GREY: &str = "#6b5a50";
const PERSIMMON: &str = "#d93a20";

/// The colour of the picture, and the one that it goes over into: degrees.
fn hues(card: &Card) -> (i32, i32) {
    let placeholder = card.picture.as_ref().and_then(|p| p.placeholder.split(' ').next()?.strip_prefix("ph-"));
    let hue = placeholder.and_then(|n| n.parse::<i32>().ok()).map_or(20, |n| n * 30);
    (hue, (hue + 24) % 360)
}

/// The ground of a card.
fn sky(card: &Card, w: i32, h: i32) -> String {
    let (hue, far) = hues(card);
    format!(
        "<defs><linearGradient id=\"sky\" x1=\"0\" y1=\"0\" x2=\"1\" y2=\"1\"><stop offset=\"0\" stop-color=\"hsl({hue}, 78%, 94%)\"/><stop offset=\"1\" stop-color=\"hsl({far}, 62%, 82%)\"/></linearGradient></defs>\
         <rect width=\"{w}\" height=\"{h}\" fill=\"url(#sky)\"/>"
    )
}

/// The price in the middle with what stands beside it, by the room that each needs.
fn prices(svg: &mut String, card: &Card, mid: i32, y: i32) {
    let long = |s: &str, size: i32| {
        let cells: i32 = s.chars().map(|c| if c.is_ascii() { 11 } else { 20 }).sum();
        cells * size / 20
    };
    match &card.beside {
        None if card.price.is_empty() => {}
        None => line(svg, (mid, y), 60, PERSIMMON, &card.price),
        Some(beside) => {
            let (price, other) = (long(&card.price, 60), long(beside, 26));
            let start = mid - (price + 16 + other) / 2;
            line(svg, (start + price / 2, y), 60, PERSIMMON, &card.price);
            line(svg, (start + price + 16 + other / 2, y), 26, GREY, beside);
        }
    }
}

/// Everything but the picture; answers where that goes: left, top, size.
fn drawn(card: &Card, shape: Shape) -> (String, (i32, i32, i32)) {
    let (w, h) = shape.size();
    let (_, far) = hues(card);
    let mut svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\">{}", sky(card, w, h));
    let mid = w / 2;
    if shape == Shape::Wide {
        // A table with room on both sides of what matters.
        for (cx, cy) in [(120, 200), (1080, 430)] {
            let _ = write!(svg, "<g opacity=\"0.35\">");
            for (s, c) in [(0, -100), (87, -50), (87, 50), (0, 100), (-87, 50), (-87, -50)] {
                let _ =
                    write!(svg, "<circle cx=\"{}\" cy=\"{}\" r=\"32\" fill=\"hsl({far}, 60%, 64%)\"/>", cx + s, cy + c);
            }
            svg.push_str("</g>");
        }
        line(&mut svg, (140, 590), 26, GREY, card.brand.split(" · ").next().unwrap_or_default());
    }
    let _ = write!(
        svg,
        "<rect x=\"{}\" y=\"20\" width=\"{}\" height=\"{}\" rx=\"28\" fill=\"#fffdfb\"/>",
        mid - 300 + 12,
        600 - 24,
        h - 40
    );
    let (mut y, picture) = match (&card.by, shape) {
        (Some(by), Shape::Wide) => {
            line(&mut svg, (mid, 66), 28, GREY, &wrapped(by, 34, 1).concat());
            (318, (mid - 110, 84, 220))
        }
        (Some(by), Shape::Square) => {
            line(&mut svg, (mid, 64), 28, GREY, &wrapped(by, 34, 1).concat());
            (302, (mid - 100, 82, 200))
        }
        (None, Shape::Wide) => (348, (mid - 135, 48, 270)),
        (None, Shape::Square) => (358, (mid - 140, 44, 280)),
    };
    for part in wrapped(&card.title, 26, if card.faces.is_empty() { 2 } else { 1 }) {
        y += 40;
        line(&mut svg, (mid, y), 36, INK, &part);
    }
    y += 72;
    prices(&mut svg, card, mid, y);
    y += 46;
    line(&mut svg, (mid, y), 30, INK, &wrapped(&card.line, 34, 1).concat());
    faces(&mut svg, card, mid, y + 50);
    svg.push_str("</svg>");
    (svg, picture)
}

/// Who is in, and the seats that are free.
fn faces(svg: &mut String, card: &Card, mid: i32, y: i32) {
    let n = i32::try_from(card.faces.len()).unwrap_or(0) + i32::try_from(card.open_seats).unwrap_or(0);
    let mut x = mid - (n - 1) * 34;
    for (initial, tint) in &card.faces {
        let _ = write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"28\" fill=\"hsl({}, 62%, 86%)\"/>", tint * 30);
        line(svg, (x, y + 10), 28, INK, initial);
        x += 68;
    }
    for _ in 0..card.open_seats {
        let _ = write!(
            svg,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"26\" fill=\"none\" stroke=\"{PERSIMMON}\" stroke-width=\"3\" stroke-dasharray=\"8 6\"/>"
        );
        line(svg, (x, y + 10), 28, PERSIMMON, "?");
        x += 68;
    }
}

/// A poster of 750 x 1334 to save and to send as a picture: the thing, and a code to point a camera at. `qr`: an SVG path in a
/// square of 41; `say`: what stands beside it.
///
/// # Errors
/// What resvg says.
pub fn poster(card: &Card, qr: &str, say: &str, scene: Option<&Scene>, data: &FsPath) -> Result<Vec<u8>> {
    const W: i32 = 750;
    const H: i32 = 1334;
    let (_, hue) = hues(card);
    let mid = W / 2;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {W} {H}\">{}<rect x=\"30\" y=\"30\" width=\"690\" height=\"1274\" rx=\"40\" fill=\"#fffdfb\"/>",
        sky(card, W, H)
    );
    let mut y = 740;
    if let Some(by) = &card.by {
        line(&mut svg, (mid, y), 32, GREY, &wrapped(by, 36, 1).concat());
        y += 20;
    }
    for part in wrapped(&card.title, 30, 2) {
        y += 52;
        line(&mut svg, (mid, y), 42, INK, &part);
    }
    y += 86;
    prices(&mut svg, card, mid, y);
    y += 54;
    line(&mut svg, (mid, y), 34, INK, &wrapped(&card.line, 34, 1).concat());
    faces(&mut svg, card, mid, y + 54);
    let _ = write!(
        svg,
        "<g transform=\"translate(92 1082) scale(4.6)\"><rect width=\"41\" height=\"41\" fill=\"#fff\"/><path d=\"{qr}\" fill=\"{INK}\"/></g>"
    );
    line(&mut svg, (500, 1166), 32, INK, say);
    line(&mut svg, (500, 1216), 28, GREY, &wrapped(&card.brand, 26, 1).concat());
    let _ = write!(
        svg,
        "<rect x=\"320\" y=\"1246\" width=\"360\" height=\"8\" rx=\"4\" fill=\"hsl({hue}, 60%, 70%)\"/></svg>"
    );
    raster(&svg, (W, H), (70, 70, 610), scene, data)
}

fn rounded(left: i32, top: i32, size: i32, radius: f32) -> Option<Path> {
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "some hundred pixels")]
    let (l, t, s) = (left as f32, top as f32, size as f32);
    let mut path = PathBuilder::new();
    path.move_to(l + radius, t);
    path.line_to(l + s - radius, t);
    path.quad_to(l + s, t, l + s, t + radius);
    path.line_to(l + s, t + s - radius);
    path.quad_to(l + s, t + s, l + s - radius, t + s);
    path.line_to(l + radius, t + s);
    path.quad_to(l, t + s, l, t + s - radius);
    path.line_to(l, t + radius);
    path.quad_to(l, t, l + radius, t);
    path.close();
    path.finish()
}

/// The card as JPEG. `scene`: what its picture is drawn from; `data`: the shop's folder.
///
/// # Errors
/// What resvg says.
pub fn draw(card: &Card, shape: Shape, scene: Option<&Scene>, data: &FsPath) -> Result<Vec<u8>> {
    let (svg, picture) = drawn(card, shape);
    raster(&svg, shape.size(), picture, scene, data)
}

/// SVG of ours as JPEG, with the picture in its place.
fn raster(
    svg: &str,
    (w, h): (i32, i32),
    (left, top, size): (i32, i32, i32),
    scene: Option<&Scene>,
    data: &FsPath,
) -> Result<Vec<u8>> {
    let mut options = usvg::Options { fontdb: fonts(), ..usvg::Options::default() };
    options.image_href_resolver.resolve_string = Box::new(|_: &str, _: &usvg::Options<'_>| None);
    let tree = usvg::Tree::from_str(svg, &options).context("reading our own SVG")?;
    let (width, height) = (u32::try_from(w)?, u32::try_from(h)?);
    let mut pixmap = Pixmap::new(width, height).context("no memory for a picture")?;
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    if let Some(scene) = scene {
        let picture = art::square(scene, u32::try_from(size)?, data)?;
        let mut mask = Mask::new(width, height).context("no memory for a mask")?;
        let path = rounded(left, top, size, 24.0).context("a corner")?;
        mask.fill_path(&path, FillRule::Winding, true, Transform::identity());
        pixmap.draw_pixmap(left, top, picture.as_ref(), &PixmapPaint::default(), Transform::identity(), Some(&mask));
    }
    let rgb: Vec<u8> = pixmap.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    art::encode(&rgb, width, height, Format::Jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(by: bool) -> Card {
        Card {
            title: "高原蓝莓 带霜现摘，一口气吃完的那种 </text><script>".into(),
            price: "¥42.90".into(),
            beside: Some("单买 ¥49.90".into()),
            line: "还差 1 人 · 2人团".into(),
            by: by.then(|| "小美 邀你一起拼".into()),
            faces: if by { vec![("小".into(), 3)] } else { Vec::new() },
            open_seats: i64::from(by),
            picture: None,
            brand: "团聚 · 一起".into(),
        }
    }

    #[test]
    fn a_card_of_every_shape_is_drawn_at_its_size_and_small_enough_for_chat_apps() {
        let scene = Scene::Hero { icon: "blueberries".into(), hue: 250 };
        for (shape, by) in [(Shape::Wide, true), (Shape::Wide, false), (Shape::Square, true), (Shape::Square, false)] {
            let jpeg = draw(&card(by), shape, Some(&scene), FsPath::new(".")).unwrap();
            assert!(jpeg.len() < 300 * 1024, "{} bytes", jpeg.len());
            let size = image::ImageReader::new(std::io::Cursor::new(jpeg))
                .with_guessed_format()
                .unwrap()
                .into_dimensions()
                .unwrap();
            assert_eq!((i32::try_from(size.0).unwrap(), i32::try_from(size.1).unwrap()), shape.size());
        }
    }

    fn written(c: char) -> Vec<u8> {
        let options = usvg::Options { fontdb: fonts(), ..usvg::Options::default() };
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\"><text x=\"4\" y=\"36\" font-family=\"Noto Sans SC Medium\" font-size=\"32\">{c}</text></svg>"
        );
        let tree = usvg::Tree::from_str(&svg, &options).unwrap();
        let mut pixmap = Pixmap::new(48, 48).unwrap();
        resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
        pixmap.data().to_vec()
    }

    #[test]
    fn the_font_writes_both_kinds_of_chinese_and_latin() {
        // Without a front end there is no font (plain `cargo test` on a fresh checkout); `make test` builds one before.
        if crate::assets::FONT.is_empty() {
            return;
        }
        let nothing = written('\u{e000}');
        for c in "团聚團聚拼单揪團蓝莓¥€éß，。『』".chars() {
            let ink = written(c);
            assert!(ink != nothing && ink.iter().any(|b| *b > 0), "{c}");
        }
    }
}
