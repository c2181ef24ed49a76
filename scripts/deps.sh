#!/bin/sh
# Installs the Debian or Ubuntu packages named on the command line that are missing, and says so.
# Elsewhere it says what to install. Does nothing when nothing is missing.
set -eu

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "circlet: not a Debian or Ubuntu system; please install the equivalents of: $*"
  exit 0
fi

missing=""
for package in "$@"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || {
    echo "circlet: as root, run: apt-get install$missing"
    exit 1
  }
  sudo=sudo
fi
echo "circlet: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo apt-get install -y -q --no-install-recommends $missing </dev/null
