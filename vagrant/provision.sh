#!/bin/sh
# usage: sh vagrant/provision.sh [send|build]
#
# Makes any Debian or Ubuntu host ready to be Tom or Jerry, with Vagrant or without. As root. What is there already stays
# as it is, and then nothing is fetched, so that it can be run again and works without a network. `send`: what programs
# and probes need that are sent here. `build` (the default) also has what compiles the programs here, which a host with
# another libc needs.
set -eu

# The same as in scripts/setup/packages.ts.
to_run='iproute2 net-tools strace iperf3 tcpdump'
to_build='g++ make libcli11-dev nlohmann-json3-dev liburing-dev'

die() {
  printf 'provision.sh: %s\n' "$@" >&2
  exit 2
}

case ${1:-build} in
  send) wanted=$to_run ;;
  build) wanted="$to_run $to_build" ;;
  *) die "\"$1\" is neither send nor build" ;;
esac

[ "$(id -u)" -eq 0 ] || die 'this user may not install packages' 'run it as root: sudo sh vagrant/provision.sh'
command -v apt-get >/dev/null || die 'there is no apt-get: this is neither Debian nor Ubuntu' "install by hand: $wanted"

missing=
for package in $wanted; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || state=
  [ "$state" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo 'provision.sh: everything is there'
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
echo "provision.sh: installing$missing"
apt-get -qq -o DPkg::Lock::Timeout=120 update
# The words of the list are package names. Services that packages bring would disturb what is measured.
# shellcheck disable=SC2086
apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $missing >/dev/null
