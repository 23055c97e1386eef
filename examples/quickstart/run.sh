#!/usr/bin/env bash
# The first command: installs what is needed, builds the program, and shows the whole way of a payment on this machine.
#   bash examples/quickstart/run.sh [--stack STACK] [--keep-servers] [DIR]
#     DIR                     a new or empty folder for what the demo makes; default ./ticketbottle-demo, or the next free number
#     --stack embedded        everything in one process and one folder: SQLite, topic log, folders for tickets and mails (the default)
#     --stack postgres-kafka  payments and outbox in a PostgreSQL server, events in a Kafka broker: both real, on loopback, for this run
#     --stack cachao          a shop's orders in a MariaDB server, on loopback, for this run; paid by Stripe, webhook and EventBridge
#     --keep-servers          leave the servers running, and say how to stop them
set -euo pipefail
here=$PWD
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

usage() { sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
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
case $stack in embedded | postgres-kafka | cachao) ;; *) wrong "the stack $stack is not there (known: embedded, postgres-kafka, cachao)" ;; esac
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
started=()  # names of scripts, and of folders in $servers
stop_servers() {
  local name
  for name in ${started[@]+"${started[@]}"}; do bash "$scripts/$name.sh" stop "$servers/$name" --wipe; done
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
start_server() {  # NAME; its port is in $port
  port=$(free_port)
  started=("$1" ${started[@]+"${started[@]}"})
  bash "$scripts/$1.sh" start "$servers/$1" "$port"
}
start_servers() {
  servers=$(mktemp -d /tmp/ticketbottle-servers.XXXXXX)
  chmod 755 "$servers"  # the servers' accounts go through it
  trap stop_servers EXIT
  local port
  if [ "$stack" = cachao ]; then
    start_server mariadb
    export DB_HOST=127.0.0.1 DB_PORT=$port DB_NAME=test DB_USER=root DB_PASSWORD=
    return
  fi
  start_server postgres
  export DATABASE_URL="postgresql://postgres@127.0.0.1:$port/postgres"
  start_server kafka
  export KAFKA_BROKERS="127.0.0.1:$port"
}

echo "== 3 of 3: the demo"
cd "$here"
if [ "$stack" != embedded ]; then start_servers; fi
"$build/bin/ticketbottle" demo --stack "$stack" ${data:+--data "$data"}
echo
echo "The program is $build/bin/ticketbottle; for the commands above:  PATH=\"$build/bin:\$PATH\""
if [ -n "$servers" ]; then
  if [ "$keep" = yes ]; then
    trap - EXIT
    echo "The servers run on. To stop them and remove their data:"
    for name in "${started[@]}"; do echo "  bash '$scripts/$name.sh' stop '$servers/$name' --wipe"; done
    echo "  rm -r '$servers'"
  else
    echo "The servers of this run are stopped now; --keep-servers leaves them running."
  fi
fi
