#!/usr/bin/env bash
# Builds and serves again whenever a source changes. Needs nothing but what `make build` installs.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/tools.sh build
sum() { find app server style public -type f -newer "$1" -not -path '*/target/*' | head -n 1; }
stamp=$(mktemp)
trap 'rm -f "$stamp"; kill %1 2>/dev/null || true' EXIT
while true; do
  touch "$stamp"
  if .ci/front.sh && cargo build -p server; then
    "${CARGO_TARGET_DIR:-target}/debug/tuanju" demo --addr "${ADDR:-127.0.0.1:3000}" &
  fi
  while [ -z "$(sum "$stamp")" ]; do sleep 1; done
  kill %1 2>/dev/null && wait %1 2>/dev/null || true
done
