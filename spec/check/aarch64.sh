#!/bin/sh
# circlet cross-compiled for aarch64, and its specs under qemu's user emulation. Libraries, Lua and
# busted for aarch64 are unpacked into build/aarch64/root: nothing but the compiler and the emulator
# is installed. Usage: aarch64.sh MAKE [PATH ...], from the root of the tree, with the specs to run
# (2: skipped, with the reason on stderr). Without PATH: all folders whose code depends on the machine,
# but of the losses those specs alone that take minutes there, not half an hour.
set -eu
make=$1
shift
[ $# -gt 0 ] || set -- spec/base spec/tensor spec/ops spec/io spec/serialize spec/optim spec/nn spec/metric \
  spec/loss/circle_invariants_spec.lua spec/loss/circle_misuse_spec.lua spec/loss/circle_spec.lua \
  spec/loss/family_values_spec.lua spec/loss/filter_eps_spec.lua spec/loss/memory_budget_spec.lua \
  spec/loss/mutants_spec.lua spec/loss/proxy_anchor_spec.lua spec/loss/shared_options_spec.lua
triplet=aarch64-linux-gnu
build=build/aarch64
root=$PWD/$build/root
packages="lua5.4 liblua5.4-dev libopenblas-pthread-dev zlib1g-dev libpng-dev libjpeg-dev libgomp1 lua-argparse \
  lua-filesystem lua-luv lua-busted"

skip() { echo "$*" >&2; exit 2; }
command -v apt-get >/dev/null 2>&1 || skip "aarch64's libraries come from Debian's packages, and this is no Debian"

# apt, told that this is an aarch64 machine where nothing is installed. Its own sources and keys hold.
apt() {
  apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root \
    -o Dir::State="$PWD/$build/apt" -o Dir::State::status="$PWD/$build/apt/status" \
    -o Dir::Cache="$PWD/$build/apt" "$@"
}

if [ ! -e "$root/complete" ]; then
  rm -rf "$root" "$build/apt"
  mkdir -p "$root" "$build/apt/lists/partial" "$build/apt/archives/partial"
  : >"$build/apt/status"
  { apt update && apt install -y --no-install-recommends --download-only $packages; } >"$build/apt/log" 2>&1 ||
    skip "packages for arm64 cannot be had: $(grep '^[EW]:' "$build/apt/log" | head -n 1)"
  for package in "$build"/apt/archives/*.deb; do # but for folders that make would take for its own
    dpkg-deb --fsys-tarfile "$package" | tar -xf - -C "$root" --exclude='*.d'
  done
  find "$root" -lname '/*' | while read -r link; do ln -snf "$root$(readlink "$link")" "$link"; done
  rm -rf "$build/apt"
  touch "$root/complete"
fi

# The build's own warnings and results: CUDA has a check of its own.
blas=openblas-pthread
$make -j"$(nproc)" BUILD=$build CUDA=0 CC="$triplet-gcc --sysroot=$root" LUA_CFLAGS="-I$root/usr/include/lua5.4" \
  BLAS_CFLAGS="-I$root/usr/include/$triplet/$blas" BLAS_LIBS="-L$root/usr/lib/$triplet/$blas -lopenblas" \
  all >"$build/build.log" 2>&1 || { tail -n 40 "$build/build.log"; exit 1; }
"$triplet-objdump" -f "$build/circlet/core.so" | grep -q 'architecture: aarch64'

# Programs that specs start under the name of Lua are emulated, too.
mkdir -p "$build/bin"
cat >"$build/bin/lua5.4" <<END
#!/bin/sh
exec qemu-aarch64-static -L '$root' -E LD_LIBRARY_PATH='$root/usr/lib/$triplet/$blas' '$root/usr/bin/lua5.4' "\$@"
END
chmod +x "$build/bin/lua5.4"
export PATH="$PWD/$build/bin:$PATH"
share=$root/usr/share/lua/5.4
export LUA_PATH="$PWD/lua/?.lua;$PWD/lua/?/init.lua;$share/?.lua;$share/?/init.lua;./?.lua"
export LUA_CPATH="$PWD/$build/?.so;$root/usr/lib/$triplet/lua/5.4/?.so"
export CC="$triplet-gcc --sysroot=$root" # for what specs compile
# One thread: emulated ones wait for each other by turning.
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
lua5.4 -e 'print(require("circlet").config())'
lua5.4 -e 'assert(require("circlet").config().simd_best == "base")'
lua5.4 "$root/usr/bin/busted" --helper=spec/helper.lua --pattern=_spec --output=spec/output.lua "$@"
