#!/usr/bin/env bash
# kafka.sh - run a throw-away single-node Apache Kafka (KRaft) on loopback for tests.
#
#   kafka.sh start  DIR PORT [--secure SPORT] [-o broker.property=value]...
#   kafka.sh stop   DIR [PORT] [--wipe]
#   kafka.sh crash  DIR [PORT]                 SIGKILL the broker
#   kafka.sh status DIR [PORT]
#   kafka.sh jars                              fetch the jars, print their folder
#   kafka.sh run    CLASS [ARG]...             a class of those jars, for example
#                   org.apache.kafka.tools.TopicCommand --bootstrap-server ...
#
# DIR holds everything: data/, run/, log/, tls/.  start is idempotent; stop of a
# stopped broker succeeds.  PORT is a PLAINTEXT listener.  --secure adds a
# SASL_SSL listener on SPORT with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512; its CA
# certificate is DIR/tls/ca.crt and the server name is 127.0.0.1 or localhost.
# The controller listens on a free port that is chosen at each start.  A broker that
# was killed is let in again when its old session is over, here after 2.5 s.
#
# Environment:
#   KAFKA_VERSION         default 3.9.2 (4.0 to 4.2 work too; Java 17).  A client on
#                         librdkafka before 2.6.1 cannot use SCRAM with 4.x
#   KAFKA_JARS            folder for the jars, shared by all brokers
#                         (default ${XDG_CACHE_HOME:-~/.cache}/kafka-jars/VERSION)
#   KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD
#                         the one account, fixed when DIR is first made
#                         (default relay, relay-secret; no comma, quote,
#                         bracket or backslash)
#   KAFKA_HEAP            JVM heap (default 512m)
#   KAFKA_WAIT            seconds to wait for start or stop (default 60)
set -euo pipefail

KAFKA_VERSION=${KAFKA_VERSION:-3.9.2}
KAFKA_JARS=${KAFKA_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/kafka-jars/$KAFKA_VERSION}
KAFKA_SASL_USERNAME=${KAFKA_SASL_USERNAME:-relay}
KAFKA_SASL_PASSWORD=${KAFKA_SASL_PASSWORD:-relay-secret}
KAFKA_HEAP=${KAFKA_HEAP:-512m}
KAFKA_WAIT=${KAFKA_WAIT:-60}

die() { printf 'kafka.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,/^set -euo/{/^set -euo/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }

install_missing() {
  local -a want=()
  command -v java >/dev/null || want+=(default-jre-headless)
  if [ ! -f "$KAFKA_JARS/.complete" ]; then command -v mvn >/dev/null || want+=(maven); fi
  command -v openssl >/dev/null || want+=(openssl)
  [ ${#want[@]} -eq 0 ] && return 0
  local -a root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing: ${want[*]}"
    root=(sudo -n)
  fi
  root+=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  "${root[@]}" update -qq || true
  "${root[@]}" install -y -qq --no-install-recommends "${want[@]}" >/dev/null || die "cannot install: ${want[*]}"
}

fetch_jars() { # the broker has no launcher on Maven Central, only its jars
  [ -f "$KAFKA_JARS/.complete" ] && return 0
  mkdir -p "$KAFKA_JARS"
  (
    flock -w 600 8
    [ -f "$KAFKA_JARS/.complete" ] && exit 0
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    logging=''
    # Kafka 3 touches log4j 1 classes; nothing in its POM brings them.
    case $KAFKA_VERSION in 3.*) logging='<dependency><groupId>ch.qos.reload4j</groupId><artifactId>reload4j</artifactId><version>1.2.25</version></dependency>' ;; esac
    cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$KAFKA_VERSION</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$KAFKA_VERSION</version>
      <exclusions>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-api</artifactId></exclusion>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId></exclusion>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-transforms</artifactId></exclusion>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>connect-runtime</artifactId></exclusion>
      </exclusions></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
    $logging
  </dependencies>
</project>
POM
    mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
      -DoutputDirectory="$work/lib" >"$work/log" 2>&1 || { grep -v '^$' "$work/log" | head -n 20 >&2; exit 1; }
    # Another logging back end would make slf4j complain about two.
    rm -f "$work"/lib/slf4j-reload4j-*.jar "$work"/lib/log4j-slf4j-impl-*.jar
    rm -f "$KAFKA_JARS"/*.jar
    mv "$work"/lib/*.jar "$KAFKA_JARS/"
    touch "$KAFKA_JARS/.complete"
  ) 8>"$KAFKA_JARS/.lock" || die "cannot fetch the jars of Kafka $KAFKA_VERSION"
}

broker_pid() { # the live broker of this DIR, or fail
  local pid
  pid=$(cat "$DIR/run/kafka.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "$DIR/run/server.properties" || return 1
  echo "$pid"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() { # below the range that the kernel gives to outgoing connections
  local p
  while :; do
    p=$((20000 + RANDOM % 10000))
    port_taken $p || break
  done
  echo $p
}

ended() { # PID: gone, or a zombie whose every thread has let go of its sockets (a killed one has no cmdline long before that)
  [ -e "/proc/$1" ] || return 0
  [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" = Z ] &&
    [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -le 1 ]
}

wait_gone() { # SECONDS PID
  local end=$((SECONDS + $1))
  until ended "$2"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

make_tls() { # a CA and one server key pair, as PEM files that Kafka reads as they are
  local t=$DIR/tls
  if [ -s "$t/server.pem" ]; then return 0; fi
  mkdir -p "$t"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=test CA' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' \
    -keyout "$t/ca.key" -out "$t/ca.crt" 2>/dev/null
  openssl req -new -newkey rsa:2048 -nodes -subj '/CN=localhost' \
    -keyout "$t/server.key" -out "$t/server.csr" 2>/dev/null
  openssl x509 -req -in "$t/server.csr" -CA "$t/ca.crt" -CAkey "$t/ca.key" -CAcreateserial \
    -days 3650 -out "$t/server.crt" -extfile <(
      printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'
    ) 2>/dev/null
  (umask 077 && cat "$t/server.key" "$t/server.crt" >"$t/server.pem")
  chmod 600 "$t"/*.key
}

write_config() { # PORT CONTROLLER_PORT SPORT|'' EXTRA...
  local port=$1 cport=$2 sport=$3
  shift 3
  local listeners="PLAINTEXT://127.0.0.1:$port" user pass
  { read -r user && read -r pass; } <"$DIR/run/account"
  [ -z "$sport" ] || listeners+=",SASL_SSL://127.0.0.1:$sport"
  (
    umask 077
    cat >"$DIR/run/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$cport
controller.listener.names=CONTROLLER
listeners=$listeners,CONTROLLER://127.0.0.1:$cport
advertised.listeners=$listeners
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$DIR/data
num.partitions=4
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=400
broker.session.timeout.ms=2500
log.cleaner.dedupe.buffer.size=16777216
CONF
    [ -z "$sport" ] || cat >>"$DIR/run/server.properties" <<CONF
ssl.keystore.type=PEM
ssl.keystore.location=$DIR/tls/server.pem
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_$user="$pass";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
CONF
    [ $# -eq 0 ] || printf '%s\n' "$@" >>"$DIR/run/server.properties"
  )
}

format_storage() {
  local user pass id
  { read -r user && read -r pass; } <"$DIR/run/account"
  id=T$(head -c 16 /dev/urandom | base64 | tr -d '+/=\n' | cut -c1-20)A
  while [ ${#id} -lt 22 ]; do id+=A; done
  rm -rf "$DIR/data"
  mkdir -p "$DIR/data"
  java -Xshare:auto -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$KAFKA_JARS/*" \
    kafka.tools.StorageTool format -t "$id" -c "$DIR/run/server.properties" \
    --add-scram "SCRAM-SHA-256=[name=$user,password=$pass]" \
    --add-scram "SCRAM-SHA-512=[name=$user,password=$pass]" \
    >"$DIR/log/format.log" 2>&1 || { tail -n 20 "$DIR/log/format.log" >&2; rm -rf "$DIR/data"; die 'format failed'; }
}

cmd_start() {
  local sport='' arg
  local -a extra=()
  while [ $# -gt 0 ]; do
    arg=$1; shift
    case $arg in
      --secure) [ $# -gt 0 ] || usage; sport=$1; shift ;;
      -o) [ $# -gt 0 ] || usage; extra+=("$1"); shift ;;
      *) usage ;;
    esac
  done
  if broker_pid >/dev/null; then
    grep -q "^listeners=PLAINTEXT://127.0.0.1:${PORT}," "$DIR/run/server.properties" ||
      die "already running on another port; see $DIR/run/server.properties"
    echo "kafka: already running on 127.0.0.1:$PORT"
    return 0
  fi
  port_taken "$PORT" && die "port $PORT is taken by something else"
  if [ -n "$sport" ] && port_taken "$sport"; then die "port $sport is taken by something else"; fi
  install_missing
  fetch_jars
  mkdir -p "$DIR/run" "$DIR/log"
  [ -s "$DIR/run/account" ] ||
    (umask 077 && printf '%s\n%s\n' "$KAFKA_SASL_USERNAME" "$KAFKA_SASL_PASSWORD" >"$DIR/run/account")
  [ -z "$sport" ] || make_tls
  write_config "$PORT" "$(free_port)" "$sport" ${extra[@]+"${extra[@]}"}
  [ -f "$DIR/data/meta.properties" ] || format_storage

  local log=$DIR/log/kafka.log
  if [ -f "$log" ]; then mv -f "$log" "$log.1"; fi
  : >"$log"
  rm -f "$DIR/run/kafka.pid"
  # shellcheck disable=SC2016  # expanded by the inner shell
  setsid -f sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$DIR/run/kafka.pid" \
    java "-Djava.io.tmpdir=$DIR/run" -XX:-UsePerfData "-Xmx$KAFKA_HEAP" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -Djava.awt.headless=true \
    -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.logFile=System.err \
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS" \
    "-Dkafka.logs.dir=$DIR/log" -cp "$KAFKA_JARS/*" kafka.Kafka "$DIR/run/server.properties" \
    </dev/null >>"$log" 2>&1

  local end=$((SECONDS + KAFKA_WAIT))
  until grep -q 'Kafka Server started' "$log" && port_taken "$PORT"; do
    sleep 0.2
    if [ $SECONDS -ge $end ] || { [ -s "$DIR/run/kafka.pid" ] && ! broker_pid >/dev/null; }; then
      grep -E 'ERROR|FATAL|Exception' "$log" | head -n 20 >&2
      die "start failed; see $log"
    fi
  done
  echo "kafka: $KAFKA_VERSION listening on 127.0.0.1:$PORT${sport:+, SASL_SSL on 127.0.0.1:$sport (CA $DIR/tls/ca.crt)}"
}

cmd_stop() {
  local wipe=no pid
  [ "${1:-}" = --wipe ] && wipe=yes
  if pid=$(broker_pid); then
    # A broker whose data is about to go need not flush it.
    [ "$wipe" = yes ] || kill -TERM "$pid"
    if [ "$wipe" = yes ] || ! wait_gone "$KAFKA_WAIT" "$pid"; then
      kill -KILL "$pid"
      wait_gone 10 "$pid" || die "process $pid will not end"
    fi
    echo 'kafka: stopped'
  else
    echo 'kafka: not running'
  fi
  [ "$wipe" = no ] || rm -rf "$DIR/data" "$DIR/run" "$DIR/log" "$DIR/tls"
}

cmd_crash() {
  local pid
  pid=$(broker_pid) || die 'not running'
  kill -KILL "$pid"
  wait_gone 10 "$pid" || die "process $pid will not end"
  echo 'kafka: crashed'
}

[ $# -ge 1 ] || usage
VERB=$1; shift
case $VERB in
  jars) install_missing; fetch_jars; echo "$KAFKA_JARS"; exit 0 ;;
  run)
    [ $# -ge 1 ] || usage
    install_missing; fetch_jars
    exec java -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$KAFKA_JARS/*" "$@" ;;
esac
[ $# -ge 1 ] || usage
DIR=$(realpath -m -- "$1"); shift
PORT=
case ${1:-} in [0-9]*) PORT=$1; shift ;; esac
case $VERB in start | stop | crash) mkdir -p "$DIR"; exec 9>"$DIR/.lock"; flock -w 600 9 ;; esac
case $VERB in
  start) [ -n "$PORT" ] || usage; cmd_start "$@" 9>&- ;;
  stop) cmd_stop "$@" 9>&- ;;
  crash) cmd_crash 9>&- ;;
  status) if broker_pid >/dev/null; then grep '^listeners=' "$DIR/run/server.properties"; else echo stopped; exit 3; fi ;;
  *) usage ;;
esac
