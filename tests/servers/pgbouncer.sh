#!/usr/bin/env bash
# A throw-away PgBouncer on loopback, pooling by transaction, in front of a server that tests/servers/postgres.sh started.
#
#   pgbouncer.sh start DIR PORT SERVER_PORT
#   pgbouncer.sh stop  DIR [--wipe]
#   pgbouncer.sh crash DIR              SIGKILL
#
# DIR holds everything. Environment: PGB_OS_USER, the account that runs it when this script runs as root (default postgres; it refuses
# root), PGB_WAIT, seconds to wait for start or stop (default 30).
set -euo pipefail

PGB_OS_USER=${PGB_OS_USER:-postgres}
PGB_WAIT=${PGB_WAIT:-30}

die() { printf 'pgbouncer.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,/^set -euo/{/^set -euo/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }

pid_of_running() {
  local pid
  pid=$(cat "$DIR/pgbouncer.pid" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "$DIR/pgbouncer.ini" || return 1
  echo "$pid"
}

cmd_start() {
  local server=$1
  if pid_of_running >/dev/null; then echo 'pgbouncer: already running'; return 0; fi
  local program
  program=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
  [ -x "$program" ] || die 'not installed (packaging/setup-debian.sh does it)'
  if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then die "port $PORT is taken by something else"; fi
  rm -f "$DIR/pgbouncer.pid"  # of one that was killed
  cat >"$DIR/pgbouncer.ini" <<CONF
[databases]
* = host=127.0.0.1 port=$server
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $PORT
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
server_reset_query_always = 1
ignore_startup_parameters = extra_float_digits,search_path
logfile = $DIR/pgbouncer.log
pidfile = $DIR/pgbouncer.pid
CONF
  local -a as=()
  if [ "$(id -u)" -eq 0 ]; then
    chown -R "$PGB_OS_USER" "$DIR"
    as=(runuser -u "$PGB_OS_USER" --)
  fi
  # auth_type=any lets each client in as the one user that its database entry names.
  sed -i "s/port=$server/port=$server user=postgres/" "$DIR/pgbouncer.ini"
  (cd / && "${as[@]}" "$program" -q -d "$DIR/pgbouncer.ini") </dev/null >"$DIR/start.log" 2>&1 || { cat "$DIR/start.log" >&2; die 'start failed'; }
  local end=$((SECONDS + PGB_WAIT))
  until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
    [ $SECONDS -lt $end ] || { tail -n 20 "$DIR/pgbouncer.log" >&2; die 'start failed'; }
    sleep 0.05
  done
  echo "pgbouncer: listening on 127.0.0.1:$PORT"
}

cmd_end() { # SIGNAL
  local pid
  pid=$(pid_of_running) || { echo 'pgbouncer: not running'; return 0; }
  kill "-$1" "$pid"
  local end=$((SECONDS + PGB_WAIT))
  while pid_of_running >/dev/null; do
    [ $SECONDS -lt $end ] || die "process $pid will not end"
    sleep 0.05
  done
  echo 'pgbouncer: stopped'
}

[ $# -ge 2 ] || usage
VERB=$1 DIR=$(realpath -m -- "$2"); shift 2
PORT=
case ${1:-} in [0-9]*) PORT=$1; shift ;; esac
mkdir -p "$DIR"
case $VERB in
  start) [ -n "$PORT" ] && [ $# -ge 1 ] || usage; cmd_start "$1" ;;
  stop) cmd_end INT; if [ "${1:-}" = --wipe ]; then rm -rf "$DIR"/pgbouncer.* "$DIR/start.log"; fi ;;
  crash) cmd_end KILL ;;
  *) usage ;;
esac
