#!/usr/bin/env bash
# Installs what building and testing need, and skips what is there. Tools live in a cache outside the checkout.
# Usage: tools.sh build | test
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${TUANJU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tuanju}
mkdir -p "$cache"
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

if ! rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then
  say "rustup target wasm32-unknown-unknown"
  rustup target add wasm32-unknown-unknown
fi

version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
if [ ! -x "$cache/wasm-bindgen-$version/bin/wasm-bindgen" ]; then
  say "wasm-bindgen-cli $version (about four minutes, once)"
  CARGO_TARGET_DIR="$cache/tools-target" cargo install wasm-bindgen-cli --version "$version" --root "$cache/wasm-bindgen-$version" --quiet
  rm -rf "$cache/tools-target"
fi

have node || { echo "Node.js 20 or newer is needed: https://nodejs.org" >&2; exit 1; }
lock=$(sha256sum end2end/package-lock.json | cut -c1-16)
if [ "$(cat end2end/node_modules/.tuanju-lock 2>/dev/null)" != "$lock" ]; then
  say "npm packages"
  (cd end2end && npm ci --no-audit --no-fund --loglevel=error)
  echo "$lock" >end2end/node_modules/.tuanju-lock
fi

[ "${1:-build}" = test ] || exit 0

root=
[ "$(id -u)" = 0 ] || root=sudo
need=()
have chromium || have chromium-browser || need+=(chromium)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || have initdb || need+=(postgresql)
have ffmpeg || need+=(ffmpeg)
have nats-server || [ -x /usr/sbin/nats-server ] || need+=(nats-server)
have java || need+=(default-jre-headless)
fc-list 2>/dev/null | grep -qi 'cjk' || need+=(fonts-noto-cjk)
if [ ${#need[@]} -gt 0 ]; then
  say "system packages: ${need[*]}"
  have apt-get || { echo "please install: ${need[*]}" >&2; exit 1; }
  $root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends fontconfig "${need[@]}" >/dev/null
fi
