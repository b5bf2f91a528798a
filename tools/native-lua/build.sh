#!/usr/bin/env bash
# Builds Lua 5.3 with the numbers of stock NodeMCU (int32, float32) from Debian's source package into build/native-lua.
# Needs gcc that can compile for 32 bits (gcc-multilib), apt-get and dpkg-source. Changes nothing outside build/.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/native-lua
[ -x "$out/lua" ] && [ -x "$out/luac" ] && exit 0

for tool in gcc apt-get dpkg-source; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 3; }
done
rm -rf "$out"
mkdir -p "$out/apt/lists/partial" "$out/apt/archives/partial" "$out/source"
echo 'int main(void) { return 0; }' >"$out/probe.c"
gcc -m32 -o "$out/probe" "$out/probe.c" 2>/dev/null || { echo "gcc cannot compile for 32 bits (gcc-multilib)" >&2; exit 3; }

# apt's own servers, asked for sources, with lists of our own: the machine's configuration stays as it is, and no root is needed.
sources=$out/apt/sources
mkdir -p "$sources"
for list in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  [ -f "$list" ] || continue
  case "$list" in
    *.sources) sed -E 's/^Types:.*/Types: deb-src/' "$list" >"$sources/source.sources" ;;
    *) sed -nE 's/^deb /deb-src /p' "$list" >"$sources/source.list" ;;
  esac
done
apt=(apt-get -qq -o Dir::State::lists="$out/apt/lists" -o Dir::Cache::archives="$out/apt/archives"
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$sources"
  -o Debug::NoLocking=1 -o APT::Sandbox::User= -o Acquire::Retries=2 -o Acquire::http::Timeout=20)
"${apt[@]}" update >&2
(cd "$out/source" && "${apt[@]}" source --download-only lua5.3 >&2 && dpkg-source --no-check -x lua5.3_*.dsc tree >/dev/null)

src=$out/source/tree/src
# Debian's own header for this sits in the library folder of the machine's architecture, where -m32 does not look.
echo '#define DEB_HOST_MULTIARCH "i386-linux-gnu"' >"$src/lua5.3-deb-multiarch.h"
flags=(-O2 -m32 -DLUA_32BITS -DLUA_USE_POSIX -I"$src")
mkdir -p "$out/objects"
(cd "$out/objects" && printf '%s\n' "$src"/*.c | xargs -P 4 -n 4 gcc "${flags[@]}" -c)
core=()
for object in "$out"/objects/*.o; do
  case "$object" in */lua.o | */luac.o) ;; *) core+=("$object") ;; esac
done
gcc -m32 -o "$out/luac" "$out/objects/luac.o" "${core[@]}" -lm
gcc -m32 -o "$out/lua.new" "$out/objects/lua.o" "${core[@]}" -lm
[ "$("$out/lua.new" -e 'print(math.maxinteger, 16777216.0 + 1 == 16777216.0)')" = "$(printf '2147483647\ttrue')" ] || { echo "the built Lua does not have int32 and float32" >&2; exit 1; }
mv "$out/lua.new" "$out/lua"
rm -rf "$out/apt" "$out/source" "$out/objects" "$out/probe" "$out/probe.c"
