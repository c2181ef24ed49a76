#!/bin/sh
# `make deb`: a package for Debian and Ubuntu, from what `make install` puts below a folder. What it
# depends on is read from the files themselves (dpkg-shlibdeps), so that it fits the release that it
# is made on. Usage: deb.sh MAKE BUILD VERSION, from the root of a tree that is built.
set -eu
make=$1 build=$2 version=$3
work=$(mktemp -d) # not below build/, where make takes folders named x.d for its own
trap 'rm -rf "$work"' EXIT
root=$work/debian/circlet
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
arch=$(dpkg-architecture -qDEB_HOST_ARCH)

mkdir -p "$root/DEBIAN"
$make install BUILD="$build" DESTDIR="$root" PREFIX=/usr LIBDIR="/usr/lib/$triplet/lua/5.4" \
  SHLIBDIR="/usr/lib/$triplet" ZSHDIR=/usr/share/zsh/vendor-completions >/dev/null
find "$root" -name '*.so*' -type f -exec strip --strip-unneeded '{}' '+' -exec chmod 644 '{}' '+'

doc=$root/usr/share/doc/circlet
mv "$doc/LICENSE" "$doc/copyright"
gzip -9n "$doc/CHANGELOG.md" "$root/usr/share/man/man1/circlet.1"
mv "$doc/CHANGELOG.md.gz" "$doc/changelog.gz"

# What dpkg-shlibdeps wants to see of a source package.
printf 'Source: circlet\n\nPackage: circlet\nArchitecture: any\n' >"$work/debian/control"
libraries=$(cd "$work" && dpkg-shlibdeps -O $(find "$root" -name '*.so*' -type f) 2>"$work/shlibdeps.log" |
  sed -n 's/^shlibs:Depends=//p')
[ "$libraries" ] || { cat "$work/shlibdeps.log"; exit 1; }

cat >"$root/DEBIAN/control" <<END
Package: circlet
Version: $version
Architecture: $arch
Section: science
Priority: optional
Maintainer: ${DEBFULLNAME:-circlet} <${DEBEMAIL:-circlet@localhost}>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: lua5.4, lua-argparse, lua-filesystem, lua-luv, lua-readline, $libraries
Recommends: gnuplot-nox, node-d3
Suggests: dataset-fashion-mnist, luajit
Description: loss engine for metric learning, scripted in Lua
 Circle Loss and its relatives, forward and backward, in C, in memory that
 grows with the batch and not with its square; tensors, modules, optimisers,
 data sets, retrieval measures and studies of hyper-parameters around it, in
 the words of Torch7. For Lua 5.4, with a library for C and LuaJIT.
END
printf 'activate-noawait ldconfig\n' >"$root/DEBIAN/triggers"
(cd "$root" && find usr -type f -exec md5sum '{}' '+' >DEBIAN/md5sums)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)} \
  dpkg-deb --root-owner-group --build "$root" "$build/circlet_${version}_$arch.deb" >/dev/null
echo "$build/circlet_${version}_$arch.deb: $(du -h "$build/circlet_${version}_$arch.deb" | cut -f1)"
