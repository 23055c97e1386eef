#!/usr/bin/env bash
# The first command: installs what is needed, builds the program, and shows the whole way of a payment on this machine.
#   bash examples/quickstart/run.sh [--stack embedded] [DIR]
#     DIR               a new or empty folder for what the demo makes; default ./ticketbottle-demo, or the next free number
#     --stack embedded  everything in one process and one folder: SQLite, topic log, folders for tickets and mails (the default)
set -euo pipefail
here=$PWD
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

usage() { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
wrong() { echo "run.sh: $1" >&2; usage >&2; exit 2; }

stack=embedded data=
while [ $# -gt 0 ]; do
  case "$1" in
    --help|-h) usage; exit 0 ;;
    --stack) [ $# -ge 2 ] || wrong "--stack needs a value"; stack=$2; shift ;;
    --stack=*) stack=${1#--stack=} ;;
    -*) wrong "unknown option $1" ;;
    *) [ -z "$data" ] || wrong "only one folder, not also $1"; data=$1 ;;
  esac
  shift
done
[ "$stack" = embedded ] || wrong "the stack $stack is not there (known: embedded)"
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

echo "== 3 of 3: the demo"
cd "$here"
"$build/bin/ticketbottle" demo ${data:+--data "$data"}
echo
echo "The program is $build/bin/ticketbottle; for the commands above:  PATH=\"$build/bin:\$PATH\""
