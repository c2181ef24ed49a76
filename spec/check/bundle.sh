#!/bin/sh
# The tarball of `make bundle` on a machine that has nothing but the C library, a shell and small
# tools: a folder with these alone becomes the root of the file system. The module is searched for
# what it took from outside of the bundle, then specs run (BUNDLE_SPECS chooses them). Usage:
# bundle.sh TARBALL (2: skipped, with the reason on stderr).
set -eu
tarball=$1

# The environment of a login on a bare machine.
bare() { env -i PATH=/usr/bin:/bin HOME=/nowhere OMP_WAIT_POLICY=passive "$@"; }

# Inside the bare root: the second half of this file.
if [ "$tarball" = inside ]; then
  cd "/opt/some place"/circlet-*
  bare bin/lua spec/check/bundle.lua "$PWD"
  cd / # the program finds its own place
  version=$(bare "$OLDPWD/bin/circlet" --version)
  [ "$version" = "$(bare "$OLDPWD/bin/lua" -e 'print(require("circlet")._VERSION)')" ]
  ln -s "$OLDPWD/bin/lua" /usr/bin/circlet-lua
  bare circlet-lua -e 'assert(require("circlet").randn(2, 3):size(2) == 3)'
  cd "$OLDPWD"
  bare timeout 1800 bin/busted --helper=spec/helper.lua --pattern=_spec --output=spec/output.lua ${BUNDLE_SPECS:-
    spec/base spec/bind spec/tensor spec/ops spec/loss spec/metric spec/nn spec/optim spec/io spec/serialize
    spec/study spec/commands spec/config_spec.lua spec/accumulate_spec.lua}
  exit
fi

unshare -rm true 2>/dev/null || { echo "no user namespaces here (unshare -rm)" >&2; exit 2; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/opt/some place" "$root/usr/bin" "$root/proc" "$root/dev" "$root/tmp"
ln -s usr/bin "$root/bin"
tar -xzf "$tarball" -C "$root/opt/some place"
for program in sh env cat chmod cp date dd find grep head kill ln ls mkdir mkfifo mv ps readlink rm sed seq sleep \
  sort stat tail timeout touch tr true uname wc; do
  file=/usr/bin/$program
  cp -L "$file" "$root/usr/bin"
  ldd "$file" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
    [ -e "$root$library" ] && continue
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
  done
done
for library in libm.so.6; do
  cp -L "$(ldconfig -p | sed -n "s/.* => \(.*$library\)$/\1/p" | head -n 1)" \
    "$root/lib/$(uname -m)-linux-gnu/$library"
done
cp "$0" "$root/tmp/bundle.sh"
unshare -rm sh -c "mount --rbind /proc '$root/proc' && mount --rbind /dev '$root/dev' && exec chroot '$root' /bin/sh /tmp/bundle.sh inside"
