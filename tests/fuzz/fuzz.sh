#!/usr/bin/env bash
# fuzz.sh PROGRAM CORPUS: fuzzes for TKB_FUZZ_SECONDS (default 3) from the seeds; new inputs go to a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/found"
if ! "$1" -max_total_time="${TKB_FUZZ_SECONDS:-3}" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
     -artifact_prefix="$work/" "$work/found" "$2" >"$work/log" 2>&1; then
  tail -n 60 "$work/log"
  for crash in "$work"/crash-* "$work"/timeout-* "$work"/oom-* "$work"/leak-*; do
    if [ -e "$crash" ]; then echo "input (base64):"; base64 "$crash"; fi
  done
  exit 1
fi
grep -E 'stat::number_of_executed_units' "$work/log"
