#!/usr/bin/env bash
# A throw-away PostgreSQL server on loopback, for tests and for the quick start.
#
#   postgres.sh start  DIR PORT [--no-fsync] [-c name=value]...
#   postgres.sh stop   DIR [PORT] [--wipe]
#   postgres.sh crash  DIR [PORT]              stop without a checkpoint
#   postgres.sh status DIR [PORT]
#   postgres.sh follow DIR PRIMARY_PORT        a stopped server becomes the primary's standby, with its data; start it then
#   postgres.sh promote DIR                    a standby becomes a primary
#
# DIR holds everything: data/, run/ (the socket), log/. Start does nothing if the server answers, starts a cluster that is there, and makes
# one only if there is none. Stopping a stopped server succeeds. fsync is on unless --no-fsync is given (each start decides anew).
# The superuser is "postgres", trusted from loopback. Environment:
#   PG_BINDIR   folder of initdb and pg_ctl (default: the newest of /usr/lib/postgresql/*/bin)
#   PG_OS_USER  account that runs the server when this script runs as root (default postgres; PostgreSQL refuses root)
#   PG_WAIT     seconds to wait for start or stop (default 60)
set -euo pipefail

newest() { printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1; }
PG_BINDIR=${PG_BINDIR:-$(newest)}
PG_OS_USER=${PG_OS_USER:-postgres}
PG_WAIT=${PG_WAIT:-60}

die() { printf 'postgres.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,/^set -euo/{/^set -euo/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }

as_pg() { # run a command as the server's account; never from an unreadable cwd
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && exec runuser -u "$PG_OS_USER" -- "$@")
  else
    (cd / && exec "$@")
  fi
}

install_missing() {
  [ -x "$PG_BINDIR/initdb" ] && return 0
  [ "$(id -u)" -eq 0 ] || die "no initdb in $PG_BINDIR and not root, so it cannot be installed"
  # Debian would otherwise create and try to start a cluster of its own.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -qq || true
  apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
    postgresql >/dev/null
  PG_BINDIR=$(newest)
  [ -x "$PG_BINDIR/initdb" ] || die "still no initdb in $PG_BINDIR"
}

running() { # the postmaster of this data folder is alive
  [ -s "$DATA/postmaster.pid" ] && as_pg "$PG_BINDIR/pg_ctl" -D "$DATA" status >/dev/null 2>&1
}

answers() { as_pg "$PG_BINDIR/pg_isready" -q -h 127.0.0.1 -p "$PORT" -t 2; }

port_of_running() { sed -n 4p "$DATA/postmaster.pid"; }

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

cmd_start() {
  local fsync=on arg
  local -a extra=()
  while [ $# -gt 0 ]; do
    arg=$1; shift
    case $arg in
      --no-fsync) fsync=off ;;
      -c) [ $# -gt 0 ] || usage; extra+=(-c "$1"); shift ;;
      *) usage ;;
    esac
  done
  install_missing
  mkdir -p "$DIR/run" "$DIR/log"
  if [ "$(id -u)" -eq 0 ]; then chown "$PG_OS_USER" "$DIR" "$DIR/run" "$DIR/log"; fi
  as_pg test -w "$DIR" || die "account $PG_OS_USER cannot reach $DIR (is a parent folder mode 700?)"

  if running; then
    [ "$(port_of_running)" = "$PORT" ] || die "already running on port $(port_of_running), not $PORT"
    answers || die "running but not answering; see $DIR/log/postgres.log"
    echo "postgres: already running on 127.0.0.1:$PORT"
    return 0
  fi
  port_taken "$PORT" && die "port $PORT is taken by something else"

  if [ ! -s "$DATA/PG_VERSION" ]; then
    rm -rf "$DATA"
    # initdb syncs the whole cluster; skip that, the cluster is disposable.
    as_pg "$PG_BINDIR/initdb" -D "$DATA" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
      --no-sync >"$DIR/log/initdb.log" 2>&1 || { cat "$DIR/log/initdb.log" >&2; die "initdb failed"; }
  fi

  # A UNIX socket path is limited to 107 bytes; without room for it, use TCP only.
  local sock="$DIR/run"
  if [ ${#sock} -gt 85 ]; then sock=''; fi
  as_pg "$PG_BINDIR/pg_ctl" -D "$DATA" -l "$DIR/log/postgres.log" -w -t "$PG_WAIT" -s start -o "$(
    printf "%q " -c port="$PORT" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories="$sock" -c fsync="$fsync" -c full_page_writes="$fsync" \
      -c wal_level=logical -c max_wal_senders=16 -c max_replication_slots=16 \
      -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=4GB \
      -c log_line_prefix='%m [%p] %a ' ${extra[@]+"${extra[@]}"}
  )" </dev/null >/dev/null 2>&1 || { tail -n 20 "$DIR/log/postgres.log" >&2; die "start failed"; }
  echo "postgres: listening on 127.0.0.1:$PORT (fsync=$fsync, wal_level=logical)"
}

cmd_stop() {
  local wipe=no
  [ "${1:-}" = --wipe ] && wipe=yes
  if [ -x "$PG_BINDIR/pg_ctl" ] && running; then
    # fast: roll back open transactions, drop connections, write a checkpoint.
    # A replication client that never acknowledges can hold that up: then crash.
    as_pg "$PG_BINDIR/pg_ctl" -D "$DATA" -m fast -w -t "$PG_WAIT" -s stop 2>/dev/null ||
      as_pg "$PG_BINDIR/pg_ctl" -D "$DATA" -m immediate -w -t "$PG_WAIT" -s stop
    echo 'postgres: stopped'
  else
    echo 'postgres: not running'
  fi
  [ "$wipe" = no ] || rm -rf "$DATA" "$DIR/run" "$DIR/log"
}

cmd_crash() { # every process quits at once; the next start runs recovery
  running || die 'not running'
  as_pg "$PG_BINDIR/pg_ctl" -D "$DATA" -m immediate -w -t "$PG_WAIT" -s stop
  echo 'postgres: crashed'
}

cmd_follow() { # PORT is the primary's
  if running; then die 'running: stop it first'; fi
  rm -rf "$DATA"
  as_pg "$PG_BINDIR/pg_basebackup" -h 127.0.0.1 -p "$PORT" -U postgres -D "$DATA" -R -X stream -c fast >"$DIR/log/basebackup.log" 2>&1 ||
    { cat "$DIR/log/basebackup.log" >&2; die 'base backup failed'; }
  echo "postgres: follows 127.0.0.1:$PORT when it is started"
}

cmd_promote() {
  running || die 'not running'
  as_pg "$PG_BINDIR/pg_ctl" -D "$DATA" -w -t "$PG_WAIT" -s promote
  echo 'postgres: promoted'
}

[ $# -ge 2 ] || usage
VERB=$1 DIR=$(realpath -m -- "$2"); shift 2
PORT=
case ${1:-} in [0-9]*) PORT=$1; shift ;; esac
DATA=$DIR/data
case $VERB in start | stop | crash | follow | promote) mkdir -p "$DIR"; exec 9>"$DIR/.lock"; flock -w 300 9 ;; esac
case $VERB in
  start) [ -n "$PORT" ] || usage; cmd_start "$@" 9>&- ;;
  stop) cmd_stop "$@" 9>&- ;;
  crash) cmd_crash 9>&- ;;
  follow) [ -n "$PORT" ] || usage; cmd_follow 9>&- ;;
  promote) cmd_promote 9>&- ;;
  status) if running; then echo "running on port $(port_of_running)"; else echo stopped; exit 3; fi ;;
  *) usage ;;
esac
