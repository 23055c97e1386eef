#!/usr/bin/env bash
# Installs what TicketBottle needs to build, run and test on Debian 12 or later, or Ubuntu 24.04 or later. Safe to run twice.
#   packaging/setup-debian.sh [--run-only] [--fuzz] [--benchmark]
#     --run-only   without the tools that only the tests use
#     --fuzz       also clang 16 for the fuzz targets
#     --benchmark  also Google Benchmark
set -euo pipefail
cd "$(dirname "$0")/.."
deps="$PWD/build/deps"

tests=yes fuzz=no benchmark=no
for argument in "$@"; do
  case "$argument" in
    --run-only) tests=no ;;
    --fuzz) fuzz=yes ;;
    --benchmark) benchmark=yes ;;
    *) echo "setup-debian.sh: unknown option $argument (known: --run-only --fuzz --benchmark)" >&2; exit 2 ;;
  esac
done

command -v apt-get >/dev/null || {
  echo "setup-debian.sh: needs apt-get. Elsewhere install: a C++20 compiler, CMake >= 3.25, Ninja, Boost >= 1.81, OpenSSL 3, fmt, SQLite >= 3.35, libpq >= 14," \
       "MariaDB Connector/C >= 3.1, librdkafka >= 2.0, PoDoFo, qrcodegen (C++), doctest, the DejaVu fonts; for the tests also PostgreSQL, MariaDB, a Java 17 runtime, Maven, qpdf, poppler, zbar, Python 3 with cffi." >&2
  exit 1
}
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "setup-debian.sh: needs root or sudo to run: $*" >&2; exit 1
  fi
}
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -q "$@"; }
installed() { dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

packages=(g++ make cmake ninja-build ccache pkg-config git ca-certificates libssl-dev libfmt-dev libsqlite3-dev libpq-dev libmariadb-dev
          librdkafka-dev libqrcodegencpp-dev doctest-dev fonts-dejavu-core tzdata)
if [ "$tests" = yes ]; then
  packages+=(python3 python3-cffi qpdf poppler-utils zbar-tools openssl sqlite3 binutils procps
             postgresql pgbouncer mariadb-server  # tests/servers/ starts its own, on free ports
             default-jre-headless maven)          # a Kafka broker: tests/servers/kafka.sh
fi
if [ "$fuzz" = yes ]; then packages+=(clang-16 libclang-rt-16-dev); fi
if [ "$benchmark" = yes ]; then packages+=(libbenchmark-dev); fi

updated=no
update_once() { if [ "$updated" = no ]; then apt update; updated=yes; fi; }

# One Boost >= 1.81 for everything, where the distribution has it. Debian 12 has 1.74 as its default, which lacks Boost.JSON, and
# 1.81 beside it, with which libpodofo-dev cannot be installed: its headers then go into a private prefix.
if [ ! -e /var/lib/apt/lists/lock ] || ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then update_once; fi
boost_default=$(apt-cache policy libboost-dev | sed -n 's/^ *Candidate: \([0-9.]*\).*/\1/p')
if [ -z "$boost_default" ]; then update_once; boost_default=$(apt-cache policy libboost-dev | sed -n 's/^ *Candidate: \([0-9.]*\).*/\1/p'); fi
if dpkg --compare-versions "${boost_default:-0}" ge 1.81; then
  packages+=(libboost-dev libpodofo-dev)
  private_podofo=no
else
  packages+=(libboost1.81-dev libpodofo0.9.8)
  private_podofo=yes
fi

missing=()
for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
if [ ${#missing[@]} -gt 0 ]; then
  update_once
  if printf '%s\n' "${missing[@]}" | grep -qx postgresql && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    # The tests start servers of their own: the package shall not make and start one.
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  # Nor shall any other package start a service of its own (policy-rc.d is Debian's way to say so).
  quiet=no
  if [ "$tests" = yes ] && [ ! -e /usr/sbin/policy-rc.d ]; then
    quiet=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 755 /usr/sbin/policy-rc.d
  fi
  failed=0
  apt install -y --no-install-recommends "${missing[@]}" || failed=$?
  if [ "$quiet" = yes ]; then as_root rm -f /usr/sbin/policy-rc.d; fi
  [ "$failed" = 0 ] || exit "$failed"
fi

if [ "$private_podofo" = yes ] && [ ! -e "$deps/podofo/usr/include/podofo/podofo.h" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && { apt-get -q download libpodofo-dev 2>/dev/null || { update_once && apt-get -q download libpodofo-dev; }; })
  rm -rf "$deps/podofo" "$deps/podofo.part"
  mkdir -p "$deps/podofo.part"
  dpkg -x "$work"/libpodofo-dev_*.deb "$deps/podofo.part"
  mv "$deps/podofo.part" "$deps/podofo"
fi
echo "setup-debian.sh: everything is there"
