#!/bin/sh
# What `make install` leaves, used as its users use it, and what `make uninstall` takes away again.
# Usage: install.sh MAKE, from the root of a tree that is built.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix=$folder/prefix
version=$(sed -n 's/^#define CIRCLET_VERSION *"\(.*\)"$/\1/p' core/circlet.h)

fail() { echo "$*"; exit 1; }
bare() { (cd / && env -i PATH=/usr/bin:/bin "$@"); }

mkdir -p "$prefix/share/lua/5.4/circlet" # somebody else's
echo "return 1" >"$prefix/share/lua/5.4/circlet/others.lua"
$1 install PREFIX="$prefix" >/dev/null

# The program and the module, whose place Lua does not know, from a folder without a tree.
[ "$(bare "$prefix/bin/circlet" --version)" = "circlet $version" ] || fail "circlet --version"
bare "$prefix/bin/circlet" study --help | grep -q reproduce || fail "circlet study --help"

# The library by pkg-config; what is linked asks for the interface's version, not for this release.
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
[ "$(pkg-config --modversion circlet)" = "$version" ] || fail "pkg-config --modversion"
gcc -std=c99 -Wall -Werror spec/abi/program.c -o "$folder/program" $(pkg-config --cflags --libs circlet) -lm
objdump -p "$folder/program" | grep -q 'NEEDED *libcirclet\.so\.[0-9]*$' || fail "the name of the library"
LD_LIBRARY_PATH=$prefix/lib "$folder/program" | grep -q '^self ' || fail "the program in C"
bare LUA_PATH="$prefix/share/lua/5.1/?.lua" luajit -e 'assert(require("circlet.ffi").circle_loss)'

# The man page, without a complaint of troff's; completion in the shells that are here.
complaints=$(MANROFFOPT=-ww man --warnings=w -l "$prefix/share/man/man1/circlet.1" 2>&1 >"$folder/page")
[ -z "$complaints" ] || fail "$complaints"
grep -q "circlet study" "$folder/page" && grep -q "circlet $version" "$folder/page" || fail "the man page"
[ "$(bash -c '. "$0"; COMP_WORDS=(circlet study re); COMP_CWORD=2; _circlet; echo "${COMPREPLY[@]}"' \
  "$prefix/share/bash-completion/completions/circlet")" = "report reproduce retry" ] || fail "completion in bash"
zsh=$prefix/share/zsh/site-functions fish=$prefix/share/fish/vendor_completions.d/circlet.fish
mkdir "$folder/files"
echo 'print(1)' >"$folder/files/some_script.lua"
completes() { # LINE PATTERN, which what zsh shows must fit
  (cd "$folder/files" && timeout 20 zsh -f "$tree/spec/check/completion.zsh" "$zsh" "$1" "*$2*") ||
    fail "completion in zsh: $1 does not show $2"
}
tree=$PWD
if command -v zsh >/dev/null; then
  completes "circlet st" "circlet study"
  completes "circlet study re" "report*reproduce*retry"
  completes "circlet study export --form" "--format"
  completes "circlet run some" "some_script.lua"
else
  echo "SKIPPED: completion in zsh, which is not here"
fi
offers() { # LINE WORDS, as fish finds them
  found=$(cd "$folder/files" && HOME=$folder fish --no-config -c "source '$fish'; complete -C '$1'" | cut -f1 | tr '\n' ' ')
  [ "$found" = "$2 " ] || fail "completion in fish: $1 offers $found"
}
if command -v fish >/dev/null; then
  offers "circlet st" "study"
  offers "circlet study re" "report reproduce retry"
  offers "circlet study export --format " "csv jsonl"
  offers "circlet run some" "some_script.lua"
else
  echo "SKIPPED: completion in fish, which is not here"
fi

# Taken away again, all but what is somebody else's.
$1 uninstall PREFIX="$prefix" >/dev/null
[ "$(find "$prefix" ! -type d)" = "$prefix/share/lua/5.4/circlet/others.lua" ] ||
  fail "uninstall: $(find "$prefix" ! -type d)"

# Into a folder from which a package is made: nothing outside of it, nothing that names it.
$1 install DESTDIR="$folder/root" PREFIX="$folder/usr" SHLIBDIR="$folder/usr/lib/triplet" >/dev/null
[ ! -e "$folder/usr" ] || fail "DESTDIR: files outside of it"
! grep -rl --exclude='*.so*' "$folder/root" "$folder/root" || fail "DESTDIR: files that name it"
grep -q "libdir=$folder/usr/lib/triplet$" "$folder/root$folder/usr/lib/triplet/pkgconfig/circlet.pc" || fail "SHLIBDIR"
$1 uninstall DESTDIR="$folder/root" PREFIX="$folder/usr" SHLIBDIR="$folder/usr/lib/triplet" >/dev/null
[ -z "$(find "$folder/root" ! -type d)" ] || fail "uninstall with DESTDIR"
