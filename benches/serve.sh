#!/usr/bin/env bash
# How fast `fleetscope serve` starts, and how much memory it holds while it watches the simulated
# fleet and nobody asks anything. Usage: benches/serve.sh BINARY [SECONDS]
set -euo pipefail
binary=$1
idle=${2:-180}
folder=$(mktemp -d)
fleet=
server=
cleanup() {
  [ -z "$fleet" ] || kill "$fleet" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
millis() { date +%s%3N; }

"$binary" sim --listen "127.0.0.1:$(free_port)" >"$folder/sim" &
fleet=$!
until grep -qs 'clusters add train' "$folder/sim"; do sleep 0.1; done

for round in 1 2 3; do
  port=$(free_port)
  begun=$(millis)
  FLEETSCOPE_SERVER__SHUTDOWN_LEAVE=0s "$binary" serve --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$((port + 1))" --data-dir "$folder/data" 2>>"$folder/log" &
  server=$!
  until curl -sf "http://127.0.0.1:$((port + 1))/readyz" >/dev/null; do sleep 0.005; done
  echo "start $round: ready after $(($(millis) - begun)) ms"
  if [ "$round" != 3 ]; then
    kill "$server" && wait "$server" || true
  fi
done

export FLEETSCOPE_URL="http://127.0.0.1:$port" FLEETSCOPE_TOKEN
FLEETSCOPE_TOKEN=$(grep -oE 'fls_[A-Za-z0-9_-]+' "$folder/log" | head -1)
grep -oE 'clusters add .*' "$folder/sim" | while read -r line; do
  # shellcheck disable=SC2086 # the line is a command's arguments
  "$binary" $line >/dev/null
done
echo "registered: $("$binary" clusters list | tail -n +2 | wc -l) clusters; watching for $idle s"
sleep "$idle"
awk '/VmRSS|VmHWM/ { print $1, $2 / 1024 " MiB" }' "/proc/$server/status"
awk -v s="$idle" -v hz="$(getconf CLK_TCK)" '{ printf "CPU %.2f %% of a core\n", ($14 + $15) / hz / s * 100 }' "/proc/$server/stat"
