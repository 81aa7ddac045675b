#!/usr/bin/env bash
# Builds the front end into target/site: wasm (split by page), glue, style, icons, each also as brotli.
# TUANJU_SPLIT=0 builds it in one piece.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${TUANJU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tuanju}
version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
bindgen="$cache/wasm-bindgen-$version/bin/wasm-bindgen"
bin=end2end/node_modules/.bin
site=target/site
work=target/front
targets=${CARGO_TARGET_DIR:-target}
split=${TUANJU_SPLIT:-1}
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
mkdir -p "$site" "$work"

say "wasm"
RUSTFLAGS="--cfg erase_components -Clink-args=--emit-relocs" \
  cargo build -p web --target wasm32-unknown-unknown --profile wasm-release --target-dir "$targets/front"
built="$targets/front/wasm32-unknown-unknown/wasm-release/web.wasm"

sum=$(cat "$built" .ci/front.sh app/web/split/src/main.rs <(echo "$split $version") | sha256sum | cut -c1-32)
if [ "$(cat "$work/sum" 2>/dev/null)" != "$sum" ]; then
  rm -rf "$work/pkg" "$work/split"
  mkdir -p "$work/pkg" "$work/split"
  if [ "$split" = 1 ]; then
    say "split by page"
    cargo build -p split --release --quiet
    "$targets/release/split" "$built" "$work/split" tuanju
    input="$work/split/tuanju_split.wasm"
  else
    input=$built
  fi
  say "wasm-bindgen"
  "$bindgen" --target web --no-typescript --keep-lld-exports --no-demangle --out-dir "$work/pkg" --out-name tuanju "$input"
  mv "$work/pkg/tuanju_bg.wasm" "$work/pkg/tuanju.wasm"
  if [ "$split" = 1 ]; then
    find "$work/split" -maxdepth 1 -type f ! -name 'tuanju_split.wasm' -exec cp {} "$work/pkg/" \;
  fi
  say "wasm-opt"
  for file in "$work"/pkg/*.wasm; do
    $bin/wasm-opt -Oz "$file" -o "$file.small"
    mv "$file.small" "$file"
  done
  echo "$sum" >"$work/sum"
fi

say "style, icons, brotli"
rm -rf "$work/site"
mkdir -p "$work/site/pkg"
cp "$work"/pkg/* "$work/site/pkg/"
$bin/lightningcss --bundle --minify --targets '>= 0.25% and not dead, chrome >= 87, safari >= 14' style/main.css -o "$work/site/pkg/tuanju.css"
cp public/* "$work/site/pkg/"
# The player of live rooms (Apache-2.0), without its map.
sed "/^\/\/# sourceMappingURL/d" end2end/node_modules/hls.js/dist/hls.light.min.js >"$work/site/pkg/hls.js"
node .ci/icons.mjs "$work/site"
node .ci/fonts.mjs "$work/site/card.ttf" "$cache"
node .ci/pack.mjs "$work/site/pkg"
# Only what changed is touched, so that the server is not built again for nothing.
mkdir -p "$site/pkg"
node .ci/mirror.mjs "$work/site" "$site"
