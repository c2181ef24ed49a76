#!/bin/sh
# `luarocks make` in a fresh copy of the tree, into a tree of rocks of its own, and the rock used from
# there. Usage: rock.sh, from the root of the tree. The rocks it depends on come from LuaRocks where
# that can be reached (ROCK_DEPENDENCIES=yes); otherwise Debian's packages stand in for them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
rocks=$folder/rocks
version=$(sed -n 's/^#define CIRCLET_VERSION *"\(.*\)"$/\1/p' core/circlet.h)

fail() { echo "$*"; exit 1; }

mkdir "$folder/tree"
git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - --ignore-failed-read 2>/dev/null |
  tar -xf - -C "$folder/tree"

if [ "${ROCK_DEPENDENCIES-no}" != yes ]; then
  echo "argparse, luafilesystem and luv are Debian's, not rocks (ROCK_DEPENDENCIES=yes takes rocks)"
  echo 'rocks_provided = { argparse = "1-1", luafilesystem = "1-1", luv = "1-1" }' >"$folder/config.lua"
  export LUAROCKS_CONFIG="$folder/config.lua"
fi
# The shell of a user has none of what this tree's make exports.
(cd "$folder/tree" && env -u LUA_PATH -u LUA_CPATH -u MAKE MAKEFLAGS="-j$(nproc)" CUDA="${CUDA-0}" \
  luarocks --lua-version 5.4 --tree "$rocks" make --deps-mode one) >"$folder/log" 2>&1 ||
  { tail -n 30 "$folder/log"; fail "luarocks make"; }

env -u LUA_CPATH -u LUA_PATH luarocks --lua-version 5.4 --tree "$rocks" show --mversion circlet |
  grep -qx "$version-1" || fail "the rock's version"
[ "$(cd / && env -i PATH=/usr/bin:/bin "$rocks/bin/circlet" --version)" = "circlet $version" ] ||
  fail "circlet --version"
(cd / && env -i PATH=/usr/bin:/bin LUA_PATH="$rocks/share/lua/5.4/?.lua;$rocks/share/lua/5.4/?/init.lua;;" \
  LUA_CPATH="$rocks/lib/lua/5.4/?.so;;" ROCKS="$rocks/" lua5.4 -e '
    local circlet = require "circlet"
    assert(package.searchpath("circlet.core", package.cpath):find(os.getenv "ROCKS", 1, true) == 1)
    local x, labels = circlet.randn(64, 8), circlet.LongTensor(64):random(1, 4)
    assert(circlet.circle_loss(x, labels) > 0 and circlet.nn.Linear and circlet.study)') || fail "the module"
(cd / && env -i PATH=/usr/bin:/bin LUA_PATH="$rocks/lib/luarocks/rocks-5.4/circlet/$version-1/share/lua/5.1/?.lua" \
  luajit -e 'assert(require("circlet.ffi").circle_loss)') || fail "the library in LuaJIT"

env -u LUA_CPATH -u LUA_PATH luarocks --lua-version 5.4 --tree "$rocks" remove circlet >/dev/null 2>&1 || fail "luarocks remove"
left=$(find "$rocks" -path '*circlet*' ! -type d)
[ -z "$left" ] || fail "left by luarocks remove: $left"
