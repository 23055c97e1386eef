#!/usr/bin/env bash
# A throw-away MariaDB server on loopback, for tests and for the quick start.
#
#   mariadb.sh start  DIR PORT [--no-fsync] [--option=value]...
#   mariadb.sh stop   DIR [PORT] [--wipe]
#   mariadb.sh crash  DIR [PORT]              kill without a clean shutdown
#   mariadb.sh status DIR [PORT]
#
# DIR holds everything: data/, run/ (the socket, the process id), log/, tmp/. Start does nothing if the server runs already, starts the data that
# are there, and makes some only if there are none. Stopping a stopped server succeeds. Commits are synced to disk unless --no-fsync is
# given (each start decides anew); the binary log is on, with row images. Further --option=value arguments go to the server.
#
# The superuser is "root", by TCP from 127.0.0.1 and by the socket. Environment:
#   MARIADB_ROOT_PASSWORD  root's password (default empty), set when DIR is first made, and with it
#   MARIADB_DATABASE       a database (default test)
#   MARIADB_OS_USER        account that runs the server when this script runs as root (default mysql)
#   MARIADB_WAIT           seconds to wait for start or stop (default 60)
set -euo pipefail

MARIADB_OS_USER=${MARIADB_OS_USER:-mysql}
MARIADB_WAIT=${MARIADB_WAIT:-60}
MARIADB_ROOT_PASSWORD=${MARIADB_ROOT_PASSWORD:-}
MARIADB_DATABASE=${MARIADB_DATABASE:-test}
PATH=$PATH:/usr/sbin:/sbin

die() { printf 'mariadb.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,/^set -euo/{/^set -euo/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }

as_db() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && exec runuser -u "$MARIADB_OS_USER" -- "$@")
  else
    (cd / && exec "$@")
  fi
}

install_missing() {
  if command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null; then return 0; fi
  [ "$(id -u)" -eq 0 ] || die 'no mariadbd and not root, so it cannot be installed'
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -qq || true
  apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends mariadb-server >/dev/null
  command -v mariadbd >/dev/null || die 'still no mariadbd'
}

server_pid() { # the live mariadbd of this data folder, or fail
  local pid
  pid=$(cat "$DIR/run/mariadbd.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "--datadir=$DATA" || return 1
  echo "$pid"
}

port_of_running() { tr '\0' '\n' <"/proc/$1/cmdline" | sed -n 's/^--port=//p'; }

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# It greets whoever connects. An open port alone is not enough: it is there before the server is.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT" && IFS= read -r -n 1 -t 5 _ <&3) 2>/dev/null; }

wait_gone() {
  local end=$((SECONDS + MARIADB_WAIT))
  while server_pid >/dev/null; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

initialise() {
  rm -rf "$DATA"
  as_db mkdir "$DATA"
  as_db mariadb-install-db --no-defaults --datadir="$DATA" --tmpdir="$DIR/tmp" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve >"$DIR/log/install.log" 2>&1 ||
    { tail -n 20 "$DIR/log/install.log" >&2; rm -rf "$DATA"; die 'mariadb-install-db failed'; }
  # Read once, before the server takes connections.
  local pw=${MARIADB_ROOT_PASSWORD//\\/\\\\}
  pw=${pw//\'/\'\'}
  cat >"$DIR/run/init.sql" <<SQL
CREATE DATABASE IF NOT EXISTS \`$MARIADB_DATABASE\`;
CREATE OR REPLACE USER root@localhost IDENTIFIED BY '$pw';
CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '$pw';
GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION;
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
SQL
  if [ "$(id -u)" -eq 0 ]; then chown "$MARIADB_OS_USER" "$DIR/run/init.sql"; fi
}

cmd_start() {
  local flush=1 sync=1 pid arg
  local -a extra=()
  for arg in "$@"; do
    case $arg in
      --no-fsync) flush=2 sync=0 ;;  # what is committed outlives a crash of the server, not one of the machine
      --?*) extra+=("$arg") ;;
      *) usage ;;
    esac
  done
  install_missing
  # A folder for temporary tables of its own: a server that starts removes those of every other in the same folder.
  mkdir -p "$DIR/run" "$DIR/log" "$DIR/tmp"
  if [ "$(id -u)" -eq 0 ]; then chown "$MARIADB_OS_USER" "$DIR" "$DIR/run" "$DIR/log" "$DIR/tmp"; fi
  as_db test -w "$DIR" || die "account $MARIADB_OS_USER cannot reach $DIR (is a parent folder mode 700?)"

  if pid=$(server_pid); then
    [ "$(port_of_running "$pid")" = "$PORT" ] || die "already running on port $(port_of_running "$pid"), not $PORT"
    echo "mariadb: already running on 127.0.0.1:$PORT"
    return 0
  fi
  port_taken "$PORT" && die "port $PORT is taken by something else"

  if [ ! -f "$DATA/mysql/global_priv.MAD" ]; then initialise; fi
  local -a init=()
  if [ -f "$DIR/run/init.sql" ]; then init=("--init-file=$DIR/run/init.sql"); fi
  # A UNIX socket path is limited to 107 bytes.
  local sock="$DIR/run/mariadbd.sock"
  if [ ${#sock} -gt 105 ]; then sock="$(mktemp -u -p /tmp mariadb.XXXXXXXX.sock)"; fi
  if [ -f "$DIR/log/mariadb.log" ]; then mv -f "$DIR/log/mariadb.log" "$DIR/log/mariadb.log.1"; fi
  as_db setsid -f mariadbd --no-defaults --datadir="$DATA" --tmpdir="$DIR/tmp" --port="$PORT" --bind-address=127.0.0.1 \
    --socket="$sock" --pid-file="$DIR/run/mariadbd.pid" --log-error="$DIR/log/mariadb.log" \
    --skip-name-resolve --character-set-server=utf8mb4 --innodb-buffer-pool-size=256M \
    --innodb-flush-log-at-trx-commit=$flush --sync-binlog=$sync \
    --server-id=1 --log-bin=binlog --binlog-format=ROW --binlog-row-image=FULL \
    ${init[@]+"${init[@]}"} ${extra[@]+"${extra[@]}"} </dev/null >>"$DIR/log/mariadb.log" 2>&1

  local end=$((SECONDS + MARIADB_WAIT))
  until pid=$(server_pid) && answers; do
    if [ $SECONDS -ge $end ] || grep -q 'Aborting' "$DIR/log/mariadb.log"; then
      tail -n 20 "$DIR/log/mariadb.log" >&2
      die 'start failed'
    fi
    sleep 0.1
  done
  rm -f "$DIR/run/init.sql"
  echo "mariadb: listening on 127.0.0.1:$PORT (flush-at-commit=$flush, binlog=row)"
}

cmd_stop() {
  local wipe=no pid
  [ "${1:-}" = --wipe ] && wipe=yes
  if pid=$(server_pid); then
    kill -TERM "$pid"
    wait_gone || { kill -KILL "$pid"; wait_gone || die "process $pid will not end"; }
    echo 'mariadb: stopped'
  else
    echo 'mariadb: not running'
  fi
  [ "$wipe" = no ] || rm -rf "$DATA" "$DIR/run" "$DIR/log" "$DIR/tmp"
}

cmd_crash() {
  local pid
  pid=$(server_pid) || die 'not running'
  kill -KILL "$pid"
  wait_gone || die "process $pid will not end"
  echo 'mariadb: crashed'
}

[ $# -ge 2 ] || usage
VERB=$1 DIR=$(realpath -m -- "$2"); shift 2
PORT=
case ${1:-} in [0-9]*) PORT=$1; shift ;; esac
DATA=$DIR/data
case $VERB in start | stop | crash) mkdir -p "$DIR"; exec 9>"$DIR/.lock"; flock -w 300 9 ;; esac
case $VERB in
  start) [ -n "$PORT" ] || usage; cmd_start "$@" 9>&- ;;
  stop) cmd_stop "$@" 9>&- ;;
  crash) cmd_crash 9>&- ;;
  status) if pid=$(server_pid); then echo "running on port $(port_of_running "$pid")"; else echo stopped; exit 3; fi ;;
  *) usage ;;
esac
