#!/usr/bin/env bash
# All tests on a fresh machine: installs what is missing, builds and tests. Needs no server and leaves nothing running.
#   tests/run.sh             everything: minimal, fuzz targets (briefly), dev (ASan + UBSan), then release
#   tests/run.sh PRESET...   only these: minimal fuzz dev tsan release
# Environment: JOBS (parallel jobs, default: all cores), TKB_SLOW=1 (long forms: 1,000 kills), TKB_FUZZ_SECONDS (per target, default 3).
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(minimal fuzz dev release)

mkdir -p build
bash packaging/setup-debian.sh --fuzz
for preset in "${presets[@]}"; do
  echo "== $preset: configure and build"
  started=$SECONDS
  cmake --preset "$preset" >"build/configure-$preset.log" 2>&1 || { cat "build/configure-$preset.log"; exit 1; }
  grep '^-- TicketBottle' "build/configure-$preset.log" || true
  cmake --build "build/$preset" --parallel "$jobs" >"build/build-$preset.log" 2>&1 || { tail -n 60 "build/build-$preset.log"; exit 1; }
  echo "== $preset: built in $((SECONDS - started)) s, testing"
  # Most of them wait for servers most of their time, so more at once than there are cores.
  ctest --test-dir "build/$preset" --output-on-failure --parallel "$((jobs * 3))" --no-tests=error
done
