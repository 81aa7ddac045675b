//! Embeds the built front end (`target/site`, or `TUANJU_SITE`): every file under a path that names the hash of all of them.
//!
//! Without a front end the server still compiles, for checks and tests of its own; it then says so at the start.

use sha2::{Digest, Sha256};
use std::{env, fmt::Write as _, fs, path::PathBuf};

fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed=TUANJU_SITE");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let site = env::var("TUANJU_SITE").map_or_else(|_| root.join("../target/site"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", site.display());
    let mut names: Vec<String> = fs::read_dir(site.join("pkg"))
        .map(|dir| {
            dir.flatten().filter_map(|e| e.file_name().into_string().ok()).filter(|n| !n.ends_with(".br")).collect()
        })
        .unwrap_or_default();
    names.sort();
    let mut hash = Sha256::new();
    let mut files = String::new();
    for name in &names {
        let path = site.join("pkg").join(name).canonicalize()?;
        println!("cargo::rerun-if-changed={}", path.display());
        hash.update(name.as_bytes());
        hash.update(fs::read(&path)?);
        let packed = site.join("pkg").join(format!("{name}.br"));
        let br = if packed.exists() {
            format!("Some(include_bytes!({:?}))", packed.canonicalize()?)
        } else {
            "None".to_owned()
        };
        writeln!(
            files,
            "Asset {{ name: {name:?}, mime: {:?}, raw: include_bytes!({path:?}), br: {br} }},",
            mime(name)
        )?;
    }
    let hash = hex::encode(hash.finalize());
    let short = hash.get(..12).unwrap_or_default();
    let icons = site.join("fluent.json");
    println!("cargo::rerun-if-changed={}", icons.display());
    let icons = if icons.exists() { format!("include_str!({:?})", icons.canonicalize()?) } else { "\"{}\"".to_owned() };
    // Without a front end there is none; cards have no text then.
    let font = site.join("card.ttf");
    println!("cargo::rerun-if-changed={}", font.display());
    let font = if font.exists() { format!("include_bytes!({:?})", font.canonicalize()?) } else { "&[]".to_owned() };
    let code = format!(
        "/// Names the state of all assets.\npub const ROOT: &str = \"/pkg/{short}\";\n/// The drawn objects of pictures: name to SVG body, 32 x 32.\npub const ICONS: &str = {icons};\n/// The font of preview pictures.\npub static FONT: &[u8] = {font};\npub static FILES: &[Asset] = &[\n{files}];\n"
    );
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("assets.rs"), code)?;
    Ok(())
}
