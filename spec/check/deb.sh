#!/bin/sh
# The package that `make deb` made: what it says of itself, and the program and the module from where
# it puts them, in a folder. Usage: deb.sh PACKAGE.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=$(sed -n 's/^#define CIRCLET_VERSION *"\(.*\)"$/\1/p' core/circlet.h)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)

fail() { echo "$*"; exit 1; }

[ "$(dpkg-deb -f "$1" Package Version | tr '\n' ' ')" = "Package: circlet Version: $version " ] || fail "its name"
for package in lua5.4 lua-luv libopenblas0 libpng16-16 libgomp1 libc6; do
  dpkg-deb -f "$1" Depends | grep -q "\b$package\b" || fail "does not depend on $package"
done
! dpkg-deb -f "$1" Depends | grep -q unknown || fail "unknown dependencies"
dpkg-deb -x "$1" "$folder"
(cd "$folder" && dpkg-deb --ctrl-tarfile "$OLDPWD/$1" | tar -xOf - ./md5sums | md5sum --quiet -c) || fail "sums"
[ "$(find "$folder" -type f ! -user root)" = "" ] || fail "files of somebody else"
for file in usr/bin/circlet usr/include/circlet.h "usr/lib/$triplet/libcirclet.so.$version" \
  "usr/lib/$triplet/pkgconfig/circlet.pc" "usr/lib/$triplet/lua/5.4/circlet/core.so" \
  usr/share/doc/circlet/copyright usr/share/man/man1/circlet.1.gz; do
  [ -s "$folder/$file" ] || fail "$file is not in it"
done
[ "$(env -i PATH=/usr/bin:/bin LUA_PATH="$folder/usr/share/lua/5.4/?.lua;$folder/usr/share/lua/5.4/?/init.lua;;" \
  LUA_CPATH="$folder/usr/lib/$triplet/lua/5.4/?.so;;" "$folder/usr/bin/circlet" --version)" = "circlet $version" ] ||
  fail "circlet --version"
