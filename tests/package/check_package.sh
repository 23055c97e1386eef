#!/usr/bin/env bash
# check_package.sh BUILD_DIR SOURCE_DIR: installs BUILD_DIR into a temporary prefix and builds a consumer of each component from it.
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED: $1"; }

podofo_option=()
podofo=$(sed -n 's/^PoDoFo_INCLUDE_DIR:PATH=\(.*\)\/include$/\1/p' "$build/CMakeCache.txt")
if [ -n "$podofo" ]; then podofo_option=("-DTICKETBOTTLE_PODOFO_PREFIX=$podofo"); fi

for consumer in "$source"/consumers/*.cpp; do
  component=$(basename "$consumer" .cpp)
  [ -e "$work/prefix/lib/cmake/ticketbottle/ticketbottle-$component.cmake" ] || continue
  mkdir -p "$work/$component"
  cp "$consumer" "$work/$component/main.cpp"
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(consumer CXX)\nfind_package(ticketbottle 0.1 REQUIRED COMPONENTS %s)\nadd_executable(consumer main.cpp)\ntarget_link_libraries(consumer PRIVATE ticketbottle::%s)\n' \
    "$component" "$component" >"$work/$component/CMakeLists.txt"
  if cmake -G Ninja -S "$work/$component" -B "$work/$component/build" -DCMAKE_PREFIX_PATH="$work/prefix" "${podofo_option[@]}" >"$work/log" 2>&1 &&
     cmake --build "$work/$component/build" >>"$work/log" 2>&1 && "$work/$component/build/consumer" >>"$work/log" 2>&1
  then ok "find_package component $component"
  else cat "$work/log"; bad "find_package component $component"
  fi
done

# Verifiers link OpenSSL's libcrypto and nothing else of anybody's.
if [ -e "$work/gateway/build/consumer" ]; then
  libraries=$(ldd "$work/gateway/build/consumer" | awk '{print $1}' | grep -Ev '^(linux-vdso|/lib64/ld-linux|lib(c|m|stdc\+\+|gcc_s|crypto|dl|pthread|z|zstd)\.so)' || true)
  if [ -z "$libraries" ]; then ok "a gateway consumer links OpenSSL only"; else bad "a gateway consumer links $libraries"; fi
fi

mkdir -p "$work/absent"
printf 'cmake_minimum_required(VERSION 3.25)\nproject(consumer CXX)\nfind_package(ticketbottle 0.1 REQUIRED COMPONENTS no_such_component)\n' >"$work/absent/CMakeLists.txt"
if cmake -S "$work/absent" -B "$work/absent/build" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1; then bad "an absent component is refused"
elif grep -q no_such_component "$work/log"; then ok "an absent component is refused by name"
else bad "an absent component is refused by name"
fi

export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig"
# shellcheck disable=SC2046
if c++ -std=c++20 "$source/consumers/gateway.cpp" -o "$work/by-pkg-config" $(pkg-config --cflags --libs ticketbottle-gateway) && "$work/by-pkg-config"
then ok "pkg-config component gateway"; else bad "pkg-config component gateway"; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
