#!/bin/sh
# The commands of README.md, in a fresh clone in a fresh folder, one after the other, as somebody new
# would type them. Usage: readme.sh [PATTERN ...], from the root of the tree: patterns choose commands
# (README_FOLDER=FOLDER keeps the clone).
set -eu
folder=${README_FOLDER:-$(mktemp -d)}
[ "${README_FOLDER-}" ] || trap 'rm -rf "$folder"' EXIT
[ -d "$folder/circlet" ] || git clone -q . "$folder/circlet"
cd "$folder/circlet"
# A shell of somebody new has nothing of the make that started this.
env -u MAKE -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u LUA_PATH -u LUA_CPATH OMP_WAIT_POLICY=passive \
  lua5.4 spec/check/readme.lua "$folder" "$@"
