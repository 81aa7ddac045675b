#!/usr/bin/env bash
# Every proof of `server/examples/prove` on every engine it is for, and its control, which must go red.
# Usage: prove.sh PROGRAM   (PROVE_LENGTH=long: as many rounds as anybody has patience for)
set -euo pipefail
long=0; [ "${PROVE_LENGTH:-}" != long ] || long=1
prove() { # PROOF SHORT LONG [options]
  local proof=$1 rounds=$2; [ $long = 0 ] || rounds=$3
  shift 3
  "$program" "$proof" target/release/tuanju --rounds "$rounds" "$@"
}
program=$1
postgres=(--postgres server/shop/tests/postgres.sh)
prove race 50 500
prove race 5 100 "${postgres[@]}" --nodes 2
prove race 1 1 --control
prove callback 100 1000
prove callback 20 200 "${postgres[@]}" --nodes 2
prove callback 3 3 --control
prove crash 50 1000
prove crash 5 100 "${postgres[@]}"
prove crash 5 5 --control
prove power 20 200
prove power 2 2 --control
prove outage 6 60
prove outage 4 40 "${postgres[@]}"
prove outage 1 1 --control
prove team 20 200
prove team 5 200 "${postgres[@]}" --nodes 2
prove team 1 1 --control
prove vanish 500 5000
prove vanish 100 1000 "${postgres[@]}"
prove vanish 40 40 --control
