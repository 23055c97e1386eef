#!/usr/bin/env bash
# Runs a Python program with an interpreter that has cffi.
set -euo pipefail
for python in python3 /usr/bin/python3; do
  if env -u LD_PRELOAD "$python" -c 'import cffi' 2>/dev/null; then exec "$python" "$@"; fi
done
echo "no Python 3 with cffi: install python3-cffi" >&2
exit 1
