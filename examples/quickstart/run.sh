#!/usr/bin/env bash
# The first command: installs what is needed, builds the program, and shows the whole way of a payment on this machine.
#   bash examples/quickstart/run.sh [--stack STACK] [--keep-servers] [DIR]
#     DIR                     a new or empty folder for what the demo makes; default ./ticketbottle-demo, or the next free number
#     --stack embedded        everything in one process and one folder: SQLite, topic log, folders for tickets and mails (the default)
#     --stack postgres-kafka  payments and outbox in a PostgreSQL server, events in a Kafka broker: both real, on loopback, for this run
#     --keep-servers          leave those two running, and say how to stop them
set -euo pipefail
here=$PWD
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
wrong() { echo "run.sh: $1" >&2; usage >&2; exit 2; }

stack=embedded data='' keep=no
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h) usage; exit 0 ;;
    --stack) [ $# -ge 2 ] || wrong "--stack needs a value"; stack=$2; shift ;;
    --stack=*) stack=${1#--stack=} ;;
    --keep-servers) keep=yes ;;
    -*) wrong "unknown option $1" ;;
    *) [ -z "$data" ] || wrong "only one folder, not also $1"; data=$1 ;;
  esac
  shift
done
case $stack in embedded | postgres-kafka) ;; *) wrong "the stack $stack is not there (known: embedded, postgres-kafka)" ;; esac
if [ -n "$data" ] && [ -e "$data" ] && { [ ! -d "$data" ] || [ -n "$(ls -A "$data")" ]; }; then
  wrong "$data is there and not empty: name a new folder"
fi

cd "$source_dir"
mkdir -p build
echo "== 1 of 3: what the build needs (packaging/setup-debian.sh --run-only)"
bash packaging/setup-debian.sh --run-only

build="$source_dir/build/quickstart"
echo "== 2 of 3: building the program in $build (a few minutes the first time)"
cmake --preset release -B "$build" -DTICKETBOTTLE_WITH_TESTS=OFF -DTICKETBOTTLE_WITH_CAPI=OFF -DTICKETBOTTLE_WITH_BENCHMARKS=OFF \
      -DTICKETBOTTLE_WARNINGS_AS_ERRORS=OFF >"$source_dir/build/quickstart-cmake.log" 2>&1 || {
  cat "$source_dir/build/quickstart-cmake.log" >&2
  exit 1
}
cmake --build "$build" --target ticketbottle

servers=
scripts="$source_dir/tests/servers"
stop_servers() {
  bash "$scripts/kafka.sh" stop "$servers/kafka" --wipe
  bash "$scripts/postgres.sh" stop "$servers/postgres" --wipe
  rm -rf "$servers"
}
free_port() {  # below the range that the kernel gives to outgoing connections
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}
start_servers() {
  servers=$(mktemp -d /tmp/ticketbottle-servers.XXXXXX)
  chmod 755 "$servers"  # the account postgres goes through it
  trap stop_servers EXIT
  local postgres_port kafka_port
  postgres_port=$(free_port)
  bash "$scripts/postgres.sh" start "$servers/postgres" "$postgres_port"
  kafka_port=$(free_port)
  bash "$scripts/kafka.sh" start "$servers/kafka" "$kafka_port"
  export DATABASE_URL="postgresql://postgres@127.0.0.1:$postgres_port/postgres" KAFKA_BROKERS="127.0.0.1:$kafka_port"
}

echo "== 3 of 3: the demo"
cd "$here"
if [ "$stack" = postgres-kafka ]; then start_servers; fi
"$build/bin/ticketbottle" demo --stack "$stack" ${data:+--data "$data"}
echo
echo "The program is $build/bin/ticketbottle; for the commands above:  PATH=\"$build/bin:\$PATH\""
if [ -n "$servers" ]; then
  if [ "$keep" = yes ]; then
    trap - EXIT
    echo "The servers run on. To stop them and remove their data:"
    echo "  bash '$scripts/kafka.sh' stop '$servers/kafka' --wipe; bash '$scripts/postgres.sh' stop '$servers/postgres' --wipe; rm -r '$servers'"
  else
    echo "The servers of this run are stopped now; --keep-servers leaves them running."
  fi
fi
