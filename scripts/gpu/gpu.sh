#!/bin/sh
# make gpu-check and make gpu-bench, from a checkout after `make` or from an unpacked `make bundle`:
#
#     sh scripts/gpu/gpu.sh check --seconds 600        also: bench; each answers --help
#
# Finds Lua (the bundle's, else LUA or lua5.4) and the CUDA libraries that circlet opens at run time,
# where the system's linker does not know them: CUDA's own folders, and those that Python packages
# such as torch bring along. Needs no more than a shell, the driver and those libraries.
# Ends with 0: all that could run passed; 1: something failed, or did not end in time; 2: wrong use;
# 77: no GPU (or a build without CUDA), so that nothing was checked.
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
root=${here%/scripts/gpu}

usage() {
  echo "usage: sh scripts/gpu/gpu.sh check|bench [flags, see --help]" >&2
  exit 2
}

case ${1-} in check | bench) ;; *) usage ;; esac
program=$1
shift

if [ -x "$root/bin/lua" ]; then
  lua=$root/bin/lua
else
  lua=${LUA:-lua5.4}
  command -v "$lua" >/dev/null 2>&1 || {
    echo "circlet: there is no $lua here: install it (make deps), or unpack the tarball of make bundle" >&2
    exit 2
  }
  export LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;${LUA_PATH:-;}" \
    LUA_CPATH="$root/build/?.so;${LUA_CPATH:-;}"
fi

# Folders that may hold the libraries, the nearest first. Python only looks for its packages; it
# loads none of them.
candidates() {
  for folder in ${CUDA_HOME:+"$CUDA_HOME/lib64" "$CUDA_HOME/lib"} /usr/local/cuda/lib64 \
    /usr/local/cuda-*/lib64 /usr/local/cuda*/targets/*/lib; do
    [ -d "$folder" ] && echo "$folder"
  done
  ${PYTHON:-python3} - 2>/dev/null <<'PYTHON'
import glob
import importlib.util
import sys

for name, inside in ("nvidia", "*/lib"), ("torch", "lib"):
    try:
        found = importlib.util.find_spec(name)
    except Exception:
        continue
    for folder in found.submodule_search_locations or () if found else ():
        print("\n".join(sorted(glob.glob(folder + "/" + inside))))
sys.exit(0)
PYTHON
}

# Whether the linker finds a library without help.
known() {
  for folder in $(printf %s "${LD_LIBRARY_PATH-}" | tr : ' '); do
    [ -e "$folder/$1" ] && return 0
  done
  { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -q "[[:space:]]$1 "
}

# PyTorch, where it is compared with, keeps the libraries that it would use without us.
export PEER_LD_LIBRARY_PATH="${LD_LIBRARY_PATH-}"
folders=
for library in libcublas.so.13 libcublasLt.so.13 libcudnn.so.9; do
  if known "$library"; then continue; fi
  found=
  for folder in ${folders:-$(candidates)}; do
    [ -z "$found" ] && [ -e "$folder/$library" ] && found=$folder
  done
  if [ -z "$found" ]; then
    for folder in $(candidates); do
      [ -z "$found" ] && [ -e "$folder/$library" ] && found=$folder
    done
  fi
  if [ -z "$found" ]; then
    echo "circlet: $library is nowhere here"
  else
    case " $folders " in *" $found "*) ;; *) folders="$folders $found" ;; esac
    echo "circlet: $library in $found"
  fi
done
for folder in $folders; do LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder; done
[ -n "${LD_LIBRARY_PATH-}" ] && export LD_LIBRARY_PATH
exec "$lua" "$here/$program.lua" "$@"
