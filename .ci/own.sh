#!/usr/bin/env bash
# Compiled packages are shared by all checkouts of this machine, and cargo tells fresh from stale by times alone: a checkout
# that was built after this one, by other hands, would pass for ours. Whoever builds next makes the sources new.
set -euo pipefail
cd "$(dirname "$0")/.."
targets=${CARGO_TARGET_DIR:-target}
owner="$targets/checkout"
[ "$(cat "$owner" 2>/dev/null)" = "$PWD" ] && exit 0
mkdir -p "$targets"
find app server -type f -not -path '*/node_modules/*' -exec touch -c {} +
if [ -d "$targets/debug" ] || [ -d "$targets/release" ]; then
  # What other checkouts left of our own packages bears their path, is never used again and takes gigabytes.
  ours=(-p app -p domain -p live -p server -p shop -p web)
  rm -rf "$targets"/debug/incremental || true
  cargo clean --quiet "${ours[@]}" --target-dir "$targets" || true
  cargo clean --quiet "${ours[@]}" --target-dir "$targets" --release || true
fi
printf '%s\n' "$PWD" >"$owner"
