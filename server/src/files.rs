//! Pictures that somebody brought: checked, re-encoded to our own bytes, kept by a name of ours.

use crate::{
    art::{self, Format, Scene, encode, placeholder},
    edge::media,
    film::{self, Refused},
};
use domain::{catalog::PictureView, moderation::screen};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, imageops::FilterType};
use shop::catalog::NewPicture;
use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
    time::Duration,
};

/// Where forms with files are kept while they are read, below the data folder.
pub const INCOMING: &str = "incoming";
/// Bytes of one picture.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
const MAX_SIDE: u32 = 8_000;
const MAX_PIXELS: u64 = 24_000_000;
/// The largest side that is kept.
const KEPT: u32 = 1080;

/// The pictures of these names that stand in `dir`, taken over into the data folder.
pub fn pictures(dir: &Path, data: &Path, names: &[String]) -> Vec<NewPicture> {
    names
        .iter()
        .filter_map(|name| {
            take(&dir.join(name), data).inspect_err(|error| tracing::warn!(name, %error, "picture left out")).ok()
        })
        .collect()
}

fn take(path: &Path, data: &Path) -> anyhow::Result<NewPicture> {
    let size = fs::metadata(path)?.len();
    anyhow::ensure!(usize::try_from(size).is_ok_and(|n| n <= MAX_BYTES), "larger than 8 MB");
    let (kept, shape, _) = made_ours(&fs::read(path)?)?;
    // The same picture twice is one file.
    let name = <sha2::Sha256 as sha2::Digest>::digest(&kept);
    keep(data, &kept, shape, hex::encode(name).get(..32).unwrap_or_default())
}

/// Takes over a picture that somebody sent. `name`: 32 random hex digits.
///
/// # Errors
/// What is wrong with it, for the log.
pub fn upload(bytes: &[u8], data: &Path, name: &str) -> anyhow::Result<NewPicture> {
    anyhow::ensure!(bytes.len() <= MAX_BYTES, "larger than 8 MB");
    let (ours, shape, print) = made_ours(bytes)?;
    Ok(NewPicture { print, ..keep(data, &ours, shape, name)? })
}

fn kept(picture: &DynamicImage, data: &Path, name: &str) -> anyhow::Result<NewPicture> {
    let (ours, shape, print) = as_ours(picture)?;
    Ok(NewPicture { print, ..keep(data, &ours, shape, name)? })
}

/// Size, kind by its first bytes, dimensions, decoded within limits, turned upright, and encoded anew: our own bytes, with no
/// metadata of theirs.
fn made_ours(bytes: &[u8]) -> anyhow::Result<Ours> {
    let guessed = || -> anyhow::Result<_> {
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        let known = matches!(
            reader.format(),
            Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif)
        );
        anyhow::ensure!(known, "neither JPEG, PNG, WebP nor GIF");
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(128 * 1024 * 1024);
        reader.limits(limits);
        Ok(reader)
    };
    let (width, height) = guessed()?.into_dimensions()?;
    anyhow::ensure!(width.max(height) <= MAX_SIDE && width.min(height) > 0, "{width} x {height} pixels");
    anyhow::ensure!(u64::from(width) * u64::from(height) <= MAX_PIXELS, "more than 24 million pixels");
    let mut decoder = guessed()?.into_decoder()?;
    let upright = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(upright);
    let picture = if picture.width().max(picture.height()) > KEPT { picture.thumbnail(KEPT, KEPT) } else { picture };
    as_ours(&picture)
}

/// A picture as we keep it: bytes, size and hue, and print.
type Ours = (Vec<u8>, (u32, u32, i64), Option<i64>);

fn as_ours(picture: &DynamicImage) -> anyhow::Result<Ours> {
    let rgb = picture.to_rgb8();
    let (width, height) = rgb.dimensions();
    let small = picture.resize_exact(9, 8, FilterType::Triangle).to_luma8();
    // The bits as the database keeps them.
    let print = screen::print_of_picture(small.as_raw()).map(u64::cast_signed);
    Ok((encode(rgb.as_raw(), width, height, Format::Jpeg)?, (width, height, hue_of(&rgb)), print))
}

fn keep(data: &Path, bytes: &[u8], (width, height, hue): (u32, u32, i64), name: &str) -> anyhow::Result<NewPicture> {
    let name = format!("{name}.jpg");
    fs::create_dir_all(data.join("files"))?;
    let mut file = fs::File::create(data.join("files").join(&name))?;
    file.write_all(bytes)?;
    // A row that names it is durable, so it is as well.
    file.sync_all()?;
    let source = serde_json::to_string(&Scene::File { name, video: None })?;
    Ok(NewPicture { source, width: width.into(), height: height.into(), placeholder: placeholder(hue), print: None })
}

/// A part of a picture of this size, as a picture of its own. `part`: left, top, width and height. `name`: 32 random hex digits.
///
/// # Errors
/// What the disk says.
pub fn cut(
    source: &str,
    size: (i64, i64),
    data: &Path,
    name: &str,
    part: (i64, i64, i64, i64),
) -> anyhow::Result<NewPicture> {
    let side = |n: i64| u32::try_from(n);
    let picture = match serde_json::from_str(source)? {
        Scene::File { name: whole, .. } => {
            anyhow::ensure!(is_plain(&whole), "a stored file has a plain name");
            image::open(data.join("files").join(whole))?
        }
        scene => image::load_from_memory(&art::render(&scene, side(size.0)?, size, Format::Jpeg)?)?,
    };
    let picture = picture.crop_imm(side(part.0)?, side(part.1)?, side(part.2)?, side(part.3)?);
    kept(&picture, data, name)
}

/// Takes over a film that stands at `path`. `still`: a picture of it; one is drawn when there is none. `name`: 32 random hex digits.
///
/// # Errors
/// What is wrong with it; the still is the caller's then.
pub fn film(path: &Path, data: &Path, name: &str, still: Option<NewPicture>) -> Result<NewPicture, Refused> {
    let disk = |error: anyhow::Error| Refused::Disk(std::io::Error::other(error.to_string()));
    let film = film::clean(&mut fs::OpenOptions::new().read(true).write(true).open(path)?)?;
    let video = format!("{name}.{}", film.container.extension());
    fs::create_dir_all(data.join("files"))?;
    fs::rename(path, data.join("files").join(&video))?;
    let still = match still {
        Some(still) => still,
        None => drawn(data, name, (film.width, film.height)).map_err(|error| {
            let _ = fs::remove_file(data.join("files").join(&video));
            disk(error)
        })?,
    };
    let Ok(Scene::File { name: picture, .. }) = serde_json::from_str(&still.source) else {
        return Err(Refused::Form("no still"));
    };
    let source = serde_json::to_string(&Scene::File { name: picture, video: Some(video) });
    let placeholder = format!("{} {}", still.placeholder, PictureView::MOVES);
    Ok(NewPicture { source: source.map_err(|e| disk(e.into()))?, placeholder, ..still })
}

/// A still of a film that nobody brought a picture of: our mark, as high and wide as the film.
fn drawn(data: &Path, name: &str, (width, height): (u32, u32)) -> anyhow::Result<NewPicture> {
    let long = width.max(height).max(1);
    let side = |n: u32| (n * KEPT / long).max(1);
    let (width, height) = (side(width), side(height));
    let scene = Scene::Tile { hue: 20 };
    let bytes = art::render(&scene, width, (width.into(), height.into()), Format::Jpeg)?;
    keep(data, &bytes, (width, height, 20), name)
}

/// The hue of the mean colour, in degrees (HSL); a warm one for grey.
fn hue_of(rgb: &RgbImage) -> i64 {
    let n = i64::from(rgb.width()) * i64::from(rgb.height());
    let sum = rgb.pixels().fold([0_i64; 3], |s, p| {
        let [r, g, b] = p.0.map(i64::from);
        [s[0] + r, s[1] + g, s[2] + b]
    });
    let [r, g, b] = sum.map(|s| s / n.max(1));
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    let spread = high - low;
    if spread < 6 {
        return 30;
    }
    let turn = |from: i64, part: i64| from + 60 * part / spread;
    let hue = if high == r {
        turn(0, g - b)
    } else if high == g {
        turn(120, b - r)
    } else {
        turn(240, r - g)
    };
    hue.rem_euclid(360)
}

/// Removes the file of a picture that came to nothing.
pub fn forget(data: &Path, picture: &NewPicture) {
    if let Ok(Scene::File { name, video }) = serde_json::from_str(&picture.source) {
        for file in std::iter::once(name).chain(video) {
            let _ = fs::remove_file(data.join("files").join(file));
        }
    }
}

/// Removes every size that was made of a picture, and with its source the picture itself. `picture`: its id and its source, which is
/// empty when only the sizes go.
///
/// # Errors
/// What the disk says.
pub fn forget_all(data: &Path, picture: &str) -> anyhow::Result<()> {
    let (id, source) = picture.split_once(' ').unwrap_or((picture, ""));
    anyhow::ensure!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "no id of a picture");
    for width in PictureView::WIDTHS {
        for kind in ["webp", "jpg"] {
            for prefix in ["", "case-"] {
                gone(&data.join("media").join(format!("{prefix}{id}-{width}.{kind}")))?;
            }
        }
        // The shorter form is nobody's by itself: it stays as long as its picture does.
        if !source.is_empty() {
            gone(&media::shorter(data, id, width))?;
        }
    }
    if let Ok(Scene::File { name, video }) = serde_json::from_str(source) {
        for file in std::iter::once(name).chain(video).filter(|f| is_plain(f)) {
            gone(&data.join("files").join(file))?;
        }
    }
    Ok(())
}

/// Whether this is the name of a stored file, and leads nowhere else.
pub fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}

/// Removes a file that may not be there.
fn gone(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A form is read for less than this.
const READ: Duration = Duration::from_secs(1200);

/// Removes what a process that was killed left of forms that it was reading.
pub fn sweep(data: &Path) {
    let old = |file: &fs::DirEntry| -> std::io::Result<bool> {
        Ok(file.metadata()?.modified()?.elapsed().is_ok_and(|a| a > READ))
    };
    for file in fs::read_dir(data.join(INCOMING)).into_iter().flatten().flatten() {
        if old(&file).unwrap_or(false) {
            let _ = fs::remove_file(file.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageEncoder, Rgb, codecs::jpeg::JpegEncoder};

    fn sample(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = RgbImage::from_fn(width, height, |x, _| Rgb([if x < width / 2 { 250 } else { 5 }, 9, 9]));
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn what_is_no_picture_or_too_large_a_one_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
            assert!(made_ours(&sample(format, 40, 30)).is_ok(), "{format:?}");
        }
        let png = sample(ImageFormat::Png, 40, 30);
        for wrong in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"PK\x03\x04", &png[..40]] {
            assert!(made_ours(wrong).is_err());
        }
        // A small file that would be large when decoded: the size in its header is enough.
        let mut bomb = png;
        bomb[16..24].copy_from_slice(&[0, 0, 0x1f, 0x40, 0, 0, 0x1f, 0x40]);
        assert!(made_ours(&bomb).is_err());
        assert!(made_ours(&sample(ImageFormat::Png, 8_001, 1)).is_err());
    }

    #[test]
    fn the_place_of_a_picture_has_its_colour_before_it_comes() {
        let of = |colour| hue_of(&RgbImage::from_pixel(9, 9, Rgb(colour)));
        assert_eq!([of([200, 0, 0]), of([0, 200, 0]), of([0, 0, 200]), of([200, 200, 0])], [0, 120, 240, 60]);
        assert_eq!(of([90, 90, 90]), 30);
    }

    #[test]
    fn metadata_is_gone_and_the_picture_stands_upright() {
        let picture = RgbImage::from_fn(40, 20, |x, _| Rgb([if x < 20 { 250 } else { 5 }, 9, 9]));
        // EXIF: orientation 6 (turn right), and where it was taken stands in for everything private.
        let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0HOME ADDRESS".to_vec();
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.write_image(picture.as_raw(), 40, 20, image::ExtendedColorType::Rgb8).unwrap();
        assert!(bytes.windows(4).any(|w| w == b"HOME"));
        let (ours, shape, _) = made_ours(&bytes).unwrap();
        assert_eq!((shape.0, shape.1), (20, 40));
        assert!(!ours.windows(4).any(|w| w == b"HOME" || w == b"Exif"));
        let again = image::load_from_memory(&ours).unwrap().to_rgb8();
        assert!(again.get_pixel(10, 5)[0] > 200 && again.get_pixel(10, 35)[0] < 60, "the left side is on top");
    }
}
