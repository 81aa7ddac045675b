//! Pictures that somebody brought: checked, re-encoded to our own bytes, kept by a name of ours.

use crate::art::{Format, Scene, encode, placeholder};
use image::{ImageReader, Limits};
use shop::catalog::NewPicture;
use std::{fs, io::Cursor, path::Path};

const MAX_BYTES: u64 = 8 * 1024 * 1024;
const MAX_SIDE: u32 = 8_000;
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
    anyhow::ensure!(fs::metadata(path)?.len() <= MAX_BYTES, "larger than 8 MB");
    let bytes = fs::read(path)?;
    let mut reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(128 * 1024 * 1024);
    reader.limits(limits);
    let picture = reader.decode()?;
    let picture = if picture.width().max(picture.height()) > KEPT { picture.thumbnail(KEPT, KEPT) } else { picture };
    let rgb = picture.to_rgb8();
    let (width, height) = rgb.dimensions();
    // Our own bytes: no metadata of theirs is left.
    let kept = encode(rgb.as_raw(), width, height, Format::Jpeg)?;
    let name =
        format!("{}.jpg", hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&kept)).get(..32).unwrap_or_default());
    fs::create_dir_all(data.join("files"))?;
    fs::write(data.join("files").join(&name), &kept)?;
    let source = serde_json::to_string(&Scene::File { name })?;
    Ok(NewPicture { source, width: width.into(), height: height.into(), placeholder: placeholder(30) })
}
