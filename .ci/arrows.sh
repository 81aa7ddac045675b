#!/usr/bin/env bash
# The arrows between the rooms: who may know whom. Each line fails when it is broken.
set -euo pipefail
cd "$(dirname "$0")/.."
fail=0
never() { # package features words...
  local package=$1 features=$2
  shift 2
  local tree
  tree=$(cargo tree -q -p "$package" $features -e normal --prefix none 2>/dev/null | awk '{print $1}' | sort -u)
  for word in "$@"; do
    if grep -qx "$word" <<<"$tree"; then
      echo "arrow broken: $package $features knows $word" >&2
      fail=1
    fi
  done
}
never domain "" shop app server sqlx tokio axum leptos rand
never live "" app server shop sqlx axum leptos
never shop "" app server axum leptos leptos_axum hyper
never app "--features hydrate --target wasm32-unknown-unknown" shop server sqlx tokio axum hyper
never web "--target wasm32-unknown-unknown" shop server sqlx tokio axum hyper
# In app a capability does not import a sibling: what two share is in ui or domain.
for dir in account address after_sale admin cart catalog challenge coupon creator feed group_buy inbox live look moderation order payment post question referral review search settlement share; do
  others=$(printf '%s\n' account address after_sale admin cart catalog challenge coupon creator feed group_buy inbox live look moderation order payment post question referral review search settlement share | grep -vx "$dir" | paste -sd '|')
  if grep -rnE "crate::($others)(::|\b)" "app/src/$dir" "app/src/$dir.rs"; then
    echo "arrow broken: app/$dir imports a sibling" >&2
    fail=1
  fi
done
# leptos writes these two unescaped on the server: only our wrappers may use them.
if grep -rnE '<(textarea|Title)\b' app/src --include='*.rs' | grep -vE 'app/src/ui/(frame|form).rs'; then
  echo "arrow broken: <Title> or <textarea> outside of its escaping wrapper" >&2
  fail=1
fi
# SQL is literal: nothing puts statements together at run time.
if grep -rn 'AssertSqlSafe' server/shop/src app/src server/src; then
  echo "arrow broken: SQL made at run time" >&2
  fail=1
fi
[ "$fail" = 0 ] && echo "arrows: all point the right way"
exit "$fail"
