#!/usr/bin/env bash
# check_symbols.sh HEADER_FOLDER LIBRARY...: together the libraries export exactly the functions the headers declare TKB_API, and each nothing
# that does not begin with tkb_.
set -euo pipefail
headers=$1
shift
declared=$(cat "$headers"/*.h | tr '\n' ' ' | grep -oE 'TKB_API [^;(]*\(' | grep -oE 'tkb_[a-z0-9_]+\($' | tr -d '(' | sort -u)
exported=$(for library in "$@"; do nm -D --defined-only "$library"; done | awk '{print $NF}' | sed 's/@.*//' | sort -u)
foreign=$(printf '%s\n' "$exported" | grep -v '^tkb_' || true)
failed=0
if [ -n "$foreign" ]; then echo "exported but not tkb_*: $foreign"; failed=1; fi
if ! diff <(printf '%s\n' "$declared") <(printf '%s\n' "$exported"); then echo "declared (<) and exported (>) differ"; failed=1; fi
echo "$(printf '%s\n' "$declared" | wc -l) functions declared"
exit "$failed"
