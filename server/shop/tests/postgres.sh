#!/usr/bin/env bash
# A throw-away PostgreSQL for tests: prints its URL, serves until its standard input closes, leaves nothing behind.
# A line "restart" kills it and starts it again; it then says "restarted".
# Usage: postgres.sh [PORT]   (0 or nothing: any free port)
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb || true)")
[ -x "$bin/initdb" ] || { echo "postgres.sh: no initdb; install PostgreSQL" >&2; exit 1; }
port=${1:-0}
[ "$port" != 0 ] || port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# One whose shell was killed with its test cannot clean up after itself.
for left in "${TMPDIR:-/tmp}"/tuanju-postgres.*; do
  [ -n "$(find "$left" -maxdepth 0 -mmin +60 2>/dev/null)" ] && [ -e "$left/data/postmaster.pid" ] && ! kill -0 "$(head -n 1 "$left/data/postmaster.pid")" 2>/dev/null && rm -rf "$left" || true
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/tuanju-postgres.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  user=$(id -un postgres 2>/dev/null || echo nobody)
  chown "$user" "$dir"
  as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups)
fi
cd "$dir"
finish() { "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"; }
trap finish EXIT
"${as[@]}" "$bin/initdb" -D "$dir/data" -U tuanju --auth=trust --no-sync --encoding=UTF8 --locale=C >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/log" -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200" start >&2 || { cat "$dir/log" >&2; exit 1; }
echo "postgres://tuanju@127.0.0.1:$port/postgres"
# Until the test that started us is gone, however it ends.
while read -r order; do
  if [ "$order" = restart ]; then
    "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -s -m immediate -l "$dir/log" restart >&2 && echo restarted
  fi
done
