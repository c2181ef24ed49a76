#!/bin/sh
# `make bundle`: circlet with all that it runs on, in a tarball for machines where nothing can be
# installed. Usage: bundle.sh BUILD NAME PACKAGE ..., from the tree's root: makes BUILD/NAME.tar.gz
# from the modules built there, Debian's Lua, busted and the Lua packages named.
#
#     bin/          lua, lua5.4, busted, circlet: what a user starts
#     lua/ scripts/ spec/ build/ core/circlet.h     as in a checkout, so that all of it works alike
#     runtime/      the interpreter, Lua modules, shared libraries, and their licences
#
# Every shared library that a file in it needs comes along, except those of the C library: the
# machine's own glibc must be as new as the one here. What CUDA needs, circlet opens by itself.
set -eu
build=$1 name=$2
shift 2
stage=$build/bundle/$name
runtime=$stage/runtime

fail() { echo "circlet: $*" >&2; exit 1; }
command -v dpkg-query >/dev/null 2>&1 || fail "make bundle takes Lua and its modules from Debian's packages"

# The packages named and the Lua packages that those depend on.
closure() {
  seen=" " queue="$*"
  while [ "$queue" ]; do
    next=
    for package in $queue; do
      case $seen in *" $package "*) continue ;; esac
      seen="$seen$package "
      next="$next $(dpkg-query -W -f '${Depends}' "$package" | tr ',|' '\n\n' |
        sed -n 's/^ *\(lua-[a-z0-9.-]*\).*/\1/p' | tr '\n' ' ')"
    done
    queue=$(echo $next)
  done
  echo $seen
}

# The package that a file came from. Its path may lack /usr, as merged file systems have it.
owner() {
  path=$(readlink -f "$1")
  dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null || echo "unknown:"
}

# Where the libraries that a program or a library needs are, glibc's own left out.
needs() {
  ldd "$1" | awk -v of="$1" '
    $1 ~ /^(linux-vdso|.*\/ld-linux|lib(c|m|mvec|dl|rt|pthread|util|resolv|anl)\.so)/ { next }
    / not found/ { print of " needs " $1 ", which is not here" > "/dev/stderr"; bad = 1 }
    $2 == "=>" && $3 ~ /^\// { print $3 }
    END { exit bad }'
}

rm -rf "$build/bundle" "$build/$name.tar.gz"
mkdir -p "$stage/bin" "$stage/core" "$stage/build/circlet" "$runtime/bin" "$runtime/lib" \
  "$runtime/lua" "$runtime/doc" "$runtime/d3"
cp -R lua scripts spec README.md CHANGELOG.md LICENSE "$stage"
cp core/circlet.h "$stage/core"
cp scripts/package/bin/* "$stage/bin"
ln -s lua "$stage/bin/lua5.4"
cp "$build/libcirclet.so" "$stage/build"
cp "$build/circlet/core.so" "$stage/build/circlet"
cp -L "$(command -v lua5.4)" "$runtime/bin/lua5.4"
cp -L "$(command -v busted)" "$runtime/bin/busted"
cp -L /usr/share/nodejs/d3/dist/d3.min.js /usr/share/doc/node-d3/copyright "$runtime/d3"

# Lua modules; those in C are links to libraries beside them, of which only the target is wanted.
packages="lua5.4 node-d3 $(closure "$@")"
for package in $packages; do
  dpkg-query -L "$package" | while read -r file; do
    [ -f "$file" ] || continue
    case $file in
      */lua/5.4/*.lua | */lua/5.4/*.so) ;;
      *) continue ;;
    esac
    target=$runtime/lua/${file##*/lua/5.4/}
    mkdir -p "${target%/*}"
    cp -L "$file" "$target"
  done
done

# Shared libraries, under the names by which they are asked for.
modules=$(find "$stage" -type f '(' -name '*.so' -o -path "$runtime/bin/lua5.4" ')')
for module in $modules; do
  needs "$module" >"$build/bundle/needs" || exit 1
  while read -r file; do
    [ -e "$runtime/lib/${file##*/}" ] && continue
    cp -L "$file" "$runtime/lib/${file##*/}"
    packages="$packages $(owner "$file" | cut -d: -f1)"
  done <"$build/bundle/needs"
done

# Each file looks for its libraries in the bundle before anything else (DT_RPATH, which goes before
# LD_LIBRARY_PATH: on clusters that often names another OpenBLAS).
find "$stage" -type f '(' -name '*.so*' -o -path "$runtime/bin/lua5.4" ')' | while read -r file; do
  strip --strip-unneeded "$file"
  inside=${file#"$stage"/}
  up=$(echo "${inside%/*}" | sed 's|[^/][^/]*|..|g')
  patchelf --force-rpath --set-rpath "\$ORIGIN/$up/runtime/lib" "$file"
done

# Licences, and what came from where.
for package in $packages; do
  [ -e "$runtime/doc/$package" ] && continue
  cp -L "/usr/share/doc/$package/copyright" "$runtime/doc/$package" || fail "no licence of $package"
  dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' "$package"
done | sort -u >"$runtime/packages.txt"

glibc=$(find "$stage" -type f '(' -name '*.so*' -o -path "$runtime/bin/lua5.4" ')' | while read -r file; do
  objdump -T "$file" | grep -o 'GLIBC_[0-9.]*'
done | sort -uV | tail -n 1 | sed 's/GLIBC_//')
echo "glibc $glibc or newer is needed" >>"$runtime/packages.txt"
git rev-parse HEAD >"$runtime/revision" 2>/dev/null || rm -f "$runtime/revision"

# The same tree gives the same bytes.
when=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
tar -C "$build/bundle" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$when" \
  -cf - "$name" | gzip -9n >"$build/$name.tar.gz"
rm -rf "$build/bundle"
echo "$build/$name.tar.gz: $(du -h "$build/$name.tar.gz" | cut -f1), glibc $glibc or newer"
