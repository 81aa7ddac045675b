//! Pictures that the shop draws itself: objects on coloured gradients with a grounded shadow, hue by category.
//!
//! A [`Scene`] is kept as JSON with the picture; it is drawn by resvg when a size is asked for the first time. The objects are
//! Fluent Emoji (MIT), embedded by the build.

use crate::assets::ICONS;
use anyhow::{Context, Result};
use image::{ImageEncoder as _, codecs::avif::AvifEncoder};
use resvg::{tiny_skia, usvg};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, fmt::Write as _, path::Path, sync::OnceLock};

/// What a picture shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scene", rename_all = "snake_case")]
pub enum Scene {
    /// The object with its shadow.
    Hero { icon: String, hue: i64 },
    /// The object near by.
    Detail { icon: String, hue: i64 },
    /// The object again and again.
    Pattern { icon: String, hue: i64 },
    /// The object among others.
    Still { icon: String, more: Vec<String>, hue: i64 },
    /// Our mark, for a product that has no picture yet.
    Tile { hue: i64 },
    /// A picture that somebody brought, by its name among the stored files; or the still of a film, with the name of that.
    File {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        video: Option<String>,
    },
}

/// The file formats that the media edge answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Webp,
    Jpeg,
    /// Instead of WebP for whoever takes it; made in the background, of what somebody brought.
    Avif,
}

impl Format {
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension {
            "webp" => Some(Self::Webp),
            "jpg" => Some(Self::Jpeg),
            _ => None,
        }
    }

    pub const fn mime(self) -> &'static str {
        match self {
            Self::Webp => "image/webp",
            Self::Jpeg => "image/jpeg",
            Self::Avif => "image/avif",
        }
    }
}

/// The class of the colour that stands where a picture of this hue will be.
pub fn placeholder(hue: i64) -> String {
    format!("ph-{}", hue.rem_euclid(360) / 30)
}

fn icons() -> &'static HashMap<String, String> {
    static TABLE: OnceLock<HashMap<String, String>> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(ICONS).unwrap_or_default())
}

/// The body of an object, its ids made its own so that several can stand in one picture.
fn object(name: &str, prefix: &str) -> String {
    let body = icons().get(name).map_or("", String::as_str);
    body.replace("id=\"", &format!("id=\"{prefix}"))
        .replace("url(#", &format!("url(#{prefix}"))
        .replace("href=\"#", &format!("href=\"#{prefix}"))
}

/// An object at a place, `size` wide, turned by `turn` degrees, with its shadow on the ground.
fn place(svg: &mut String, name: &str, prefix: &str, (x, y): (i64, i64), size: i64, turn: i64) {
    let scale = f64::from(i32::try_from(size).unwrap_or(0)) / 32.0;
    let (middle, ground) = (x + size / 2, y + size * 95 / 100);
    let _ = write!(
        svg,
        "<ellipse cx=\"{middle}\" cy=\"{ground}\" rx=\"{}\" ry=\"{}\" fill=\"url(#shadow)\"/>",
        size * 46 / 100,
        size * 9 / 100
    );
    let _ = write!(
        svg,
        "<g transform=\"translate({x} {y}) rotate({turn} {half} {half}) scale({scale:.4})\">{}</g>",
        object(name, prefix),
        half = size / 2
    );
}

fn ground(svg: &mut String, width: i64, height: i64, hue: i64) {
    let far = (hue + 24) % 360;
    let _ = write!(
        svg,
        "<defs><linearGradient id=\"sky\" x1=\"0\" y1=\"0\" x2=\"0.6\" y2=\"1\"><stop offset=\"0\" stop-color=\"hsl({hue}, 78%, 94%)\"/><stop offset=\"1\" stop-color=\"hsl({far}, 62%, 80%)\"/></linearGradient>\
         <radialGradient id=\"glow\"><stop offset=\"0\" stop-color=\"#fff\" stop-opacity=\"0.75\"/><stop offset=\"1\" stop-color=\"#fff\" stop-opacity=\"0\"/></radialGradient>\
         <radialGradient id=\"shadow\"><stop offset=\"0\" stop-color=\"hsl({hue}, 45%, 22%)\" stop-opacity=\"0.42\"/><stop offset=\"1\" stop-color=\"hsl({hue}, 45%, 22%)\" stop-opacity=\"0\"/></radialGradient></defs>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"url(#sky)\"/>\
         <rect y=\"{floor}\" width=\"{width}\" height=\"{deep}\" fill=\"hsl({far}, 52%, 74%)\" fill-opacity=\"0.45\"/>\
         <ellipse cx=\"{cx}\" cy=\"{cy}\" rx=\"{rx}\" ry=\"{rx}\" fill=\"url(#glow)\"/>",
        floor = height * 70 / 100,
        deep = height * 30 / 100,
        cx = width * 42 / 100,
        cy = height * 40 / 100,
        rx = width * 48 / 100,
    );
}

/// How much is drawn around what is shown: resvg cannot filter an object that the canvas cuts.
const fn margin(scene: &Scene, width: i64) -> i64 {
    match scene {
        Scene::Detail { .. } => width / 2,
        Scene::Pattern { .. } => width * 3 / 8,
        _ => 0,
    }
}

/// The scene as SVG, `width` x `height` units and the margin.
fn draw(scene: &Scene, width: i64, height: i64) -> String {
    let m = margin(scene, width);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"{0} {0} {1} {2}\">",
        -m,
        width + 2 * m,
        height + 2 * m
    );
    let centred = |size: i64| ((width - size) / 2, (height - size) / 2 - height / 50);
    match scene {
        Scene::Hero { icon, hue } => {
            ground(&mut svg, width, height, *hue);
            let size = width * 64 / 100;
            place(&mut svg, icon, "a", centred(size), size, 0);
        }
        Scene::Detail { icon, hue } => {
            ground(&mut svg, width, height, (hue + 340) % 360);
            let size = width * 150 / 100;
            place(&mut svg, icon, "a", (-width * 14 / 100, -height * 4 / 100), size, -12);
        }
        Scene::Pattern { icon, hue } => {
            ground(&mut svg, width, height, *hue);
            let step = width / 4;
            let size = step * 66 / 100;
            let _ = write!(svg, "<defs><g id=\"one\">{}</g></defs>", object(icon, "a"));
            let scale = f64::from(i32::try_from(size).unwrap_or(0)) / 32.0;
            for row in 0..=height / step {
                for column in -1..=4 {
                    let x = column * step + if row % 2 == 0 { step / 6 } else { step * 2 / 3 };
                    let turn = (row * 31 + column * 47).rem_euclid(50) - 25;
                    let _ = write!(
                        svg,
                        "<use xlink:href=\"#one\" transform=\"translate({x} {}) rotate({turn} {half} {half}) scale({scale:.4})\"/>",
                        row * step + step / 6,
                        half = size / 2
                    );
                }
            }
        }
        Scene::Still { icon, more, hue } => {
            ground(&mut svg, width, height, (hue + 16) % 360);
            let floor = height * 82 / 100;
            let spots = [(4, 34), (64, 36), (36, 26), (74, 24)];
            for (i, (name, (x, size))) in more.iter().zip(spots).enumerate() {
                let size = width * size / 100;
                let back = if i < 2 { height * 14 / 100 } else { -height * 2 / 100 };
                place(&mut svg, name, &format!("m{i}"), (width * x / 100, floor - size - back), size, 0);
            }
            let size = width * 50 / 100;
            place(&mut svg, icon, "a", ((width - size) / 2, floor - size + height * 4 / 100), size, 0);
        }
        Scene::Tile { hue } => {
            ground(&mut svg, width, height, *hue);
            seats(&mut svg, width / 2, height * 47 / 100, width * 24 / 100, *hue);
        }
        Scene::File { .. } => {}
    }
    svg.push_str("</svg>");
    svg
}

/// The ring of six seats, five filled, the sixth open.
fn seats(svg: &mut String, cx: i64, cy: i64, r: i64, hue: i64) {
    // Sines and cosines of the six seats, in thousandths, clockwise from the top.
    for (i, (s, c)) in
        [(0, -1000), (866, -500), (866, 500), (0, 1000), (-866, 500), (-866, -500)].into_iter().enumerate()
    {
        let (x, y) = (cx + r * s / 1000, cy + r * c / 1000);
        let size = r * 30 / 100;
        let look = if i == 1 {
            format!("fill=\"none\" stroke=\"hsl({hue}, 60%, 45%)\" stroke-width=\"{}\"", r / 14)
        } else {
            format!("fill=\"hsl({hue}, 60%, 52%)\"")
        };
        let _ = write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{size}\" {look}/>");
    }
}

/// Renders SVG of our own making. It never reads a file or an address: pictures inside it are refused.
pub fn rasterise(svg: &str, width: u32) -> Result<tiny_skia::Pixmap> {
    let mut options = usvg::Options::default();
    options.image_href_resolver.resolve_string = Box::new(|_: &str, _: &usvg::Options<'_>| None);
    let tree = usvg::Tree::from_str(svg, &options).context("reading our own SVG")?;
    let scale = f32::from(u16::try_from(width).unwrap_or(u16::MAX)) / tree.size().width();
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most some thousand pixels"
    )]
    let height = (tree.size().height() * scale).round() as u32;
    let mut pixmap = tiny_skia::Pixmap::new(width, height.max(1)).context("no memory for a picture")?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// Draws a scene. `width`: pixels wanted; `shape`: width and height of the picture.
pub fn render(scene: &Scene, width: u32, shape: (i64, i64), format: Format) -> Result<Vec<u8>> {
    let m = u32::try_from(i64::from(width) * margin(scene, shape.0) / shape.0.max(1))?;
    let height = u32::try_from(i64::from(width) * shape.1 / shape.0.max(1))?;
    let pixmap = rasterise(&draw(scene, shape.0, shape.1), width + 2 * m)?;
    let whole = tiny_skia::IntRect::from_xywh(i32::try_from(m)?, i32::try_from(m)?, width, height)
        .context("an empty picture")?;
    let pixmap = pixmap.clone_rect(whole).context("the margin is not there")?;
    let rgb: Vec<u8> = pixmap.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    encode(&rgb, width, height, format)
}

/// A scene in a square, cut to it; `data`: the shop's folder, for pictures that somebody brought.
pub fn square(scene: &Scene, size: u32, data: &Path) -> Result<tiny_skia::Pixmap> {
    if let Scene::File { name, .. } = scene {
        anyhow::ensure!(crate::files::is_plain(name), "a stored file has a plain name");
        let picture = image::open(data.join("files").join(name))?;
        let rgba = picture.resize_to_fill(size, size, image::imageops::FilterType::Triangle).to_rgb8();
        let mut pixmap = tiny_skia::Pixmap::new(size, size).context("no memory for a picture")?;
        for (to, from) in pixmap.pixels_mut().iter_mut().zip(rgba.pixels()) {
            *to = tiny_skia::ColorU8::from_rgba(from.0[0], from.0[1], from.0[2], 255).premultiply();
        }
        return Ok(pixmap);
    }
    let m = u32::try_from(i64::from(size) * margin(scene, 1080) / 1080)?;
    let pixmap = rasterise(&draw(scene, 1080, 1080), size + 2 * m)?;
    let whole = tiny_skia::IntRect::from_xywh(i32::try_from(m)?, i32::try_from(m)?, size, size).context("no size")?;
    pixmap.clone_rect(whole).context("the margin is not there")
}

/// Encodes RGB pixels.
pub fn encode(rgb: &[u8], width: u32, height: u32, format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Avif => {
            let mut out = Vec::new();
            AvifEncoder::new_with_speed_quality(&mut out, 8, 62).with_num_threads(Some(1)).write_image(
                rgb,
                width,
                height,
                image::ExtendedColorType::Rgb8,
            )?;
            Ok(out)
        }
        Format::Webp => Ok(webp::Encoder::from_rgb(rgb, width, height).encode(78.0).to_vec()),
        Format::Jpeg => {
            let mut out = Vec::new();
            image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 82).encode(
                rgb,
                width,
                height,
                image::ExtendedColorType::Rgb8,
            )?;
            Ok(out)
        }
    }
}

/// Our icon as PNG, `width` pixels, on paper.
pub fn icon_png(width: u32) -> Result<Vec<u8>> {
    let svg = crate::assets::find("icon.svg").and_then(|a| std::str::from_utf8(a.raw).ok()).context("no icon")?;
    let pixmap = rasterise(svg, width)?;
    Ok(pixmap.encode_png()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_is_drawn_at_its_shape() {
        for scene in [
            Scene::Tile { hue: 20 },
            Scene::Hero { icon: "blueberries".into(), hue: 250 },
            Scene::Pattern { icon: "blueberries".into(), hue: 250 },
            Scene::Still { icon: "blueberries".into(), more: vec!["basket".into()], hue: 250 },
        ] {
            let jpeg = render(&scene, 360, (1080, 1350), Format::Jpeg).unwrap();
            let size = image::ImageReader::new(std::io::Cursor::new(jpeg))
                .with_guessed_format()
                .unwrap()
                .into_dimensions()
                .unwrap();
            assert_eq!(size, (360, 450));
        }
    }
}
