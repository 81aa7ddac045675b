//! Build tool: `split INPUT.wasm OUTDIR NAME` cuts the browser bundle along its lazy routes.
//!
//! Writes `OUTDIR/NAME_split.wasm` (what wasm-bindgen then reads), one wasm file a chunk, the glue that loads chunks,
//! and `__wasm_split_manifest.json`, which names the chunks of each page so that the server can preload them.

use anyhow::{Context, Result, bail};
use std::{fs, path::Path};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, dir, name] = args.as_slice() else {
        bail!("usage: split INPUT.wasm OUTDIR NAME");
    };
    let dir = Path::new(dir);
    fs::create_dir_all(dir)?;
    let bytes = fs::read(input).with_context(|| format!("reading {input}"))?;
    let main_out = dir.join(format!("{name}_split.wasm"));
    let main_module = format!("./{name}.js");
    let mut options = wasm_split_cli_support::Options::new(&bytes);
    options.output_dir = dir;
    options.main_out_path = &main_out;
    options.main_module = &main_module;
    options.link_name = "./__wasm_split.______________________.js";
    options.verbose = false;
    let output = match wasm_split_cli_support::transform(options) {
        Ok(output) => output,
        Err(error) => bail!("splitting {input}: {error:?}"),
    };
    let manifest = serde_json::to_string_pretty(&output.prefetch_map)?;
    fs::write(dir.join("__wasm_split_manifest.json"), manifest)?;
    println!("{} chunks", output.split_modules.len());
    Ok(())
}
