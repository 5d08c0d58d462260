#!/bin/sh
# usage: bootstrap.sh run|bench|test [SCRIPT [ARGUMENTS...]]
#
# Makes a fresh clone ready, and then becomes `node SCRIPT ARGUMENTS` if there is a script. It needs a POSIX shell,
# Node and npm, nothing else: npm packages come from `npm ci`, Debian packages and native programs from
# scripts/setup.ts. When there is nothing to do it starts neither npm nor a second Node.
set -eu

purpose=$1
shift
cd "$(dirname "$0")/.."

die() {
  printf 'forkbench: %s\n' "$@" >&2
  exit 2
}

case $purpose in
  run | bench | test) ;;
  *) die "scripts/bootstrap.sh: \"$purpose\" is none of run, bench and test" ;;
esac

# --- Node -------------------------------------------------------------------------------------------------------
# The same range as "engines" in package.json, which npm only looks at when it installs.

command -v node >/dev/null 2>&1 || die 'node is not on PATH' 'install Node 20.19 or newer: https://nodejs.org'
version=$(node --version)
major=${version#v}
minor=${major#*.}
major=${major%%.*}
minor=${minor%%.*}
supported=no
case $major in
  20) [ "$minor" -lt 19 ] || supported=yes ;;
  22) [ "$minor" -lt 12 ] || supported=yes ;;
  *) [ "$major" -lt 24 ] || supported=yes ;;
esac
if [ $supported = no ]; then
  die "this is Node $version ($(command -v node)); needed is 20.19+, 22.12+ or 24+" \
    'install a newer one: https://nodejs.org'
fi

# --- npm packages -----------------------------------------------------------------------------------------------
# The stamp says for which lock file, and whether with development packages. `npm ci` removes it with node_modules.

npm_stamp=node_modules/.forkbench-lock
lock=$(sha256sum <package-lock.json)
lock=${lock%% *}
installed=
if [ -f $npm_stamp ]; then
  installed=$(cat $npm_stamp)
elif [ -e node_modules/.bin/vitest ]; then
  installed='unknown with-dev' # somebody ran npm by hand: don't take the development packages away
fi

install_packages() {
  command -v npm >/dev/null 2>&1 || die 'npm is not on PATH' 'install the npm that belongs to your Node'
  echo "forkbench: installing npm packages ($1)"
  npm ci "--$2=dev" --no-audit --no-fund --loglevel=error || exit $?
  echo "$3" >$npm_stamp
}

case "$purpose $installed" in
  "run $lock "* | "bench $lock "* | "test $lock with-dev") ;;
  "run "*" with-dev" | "bench "*" with-dev" | "test "*) install_packages 'to run and to test' include "$lock with-dev" ;;
  *) install_packages 'to run' omit "$lock without-dev" ;;
esac

# To explain itself a program needs no other.
case " $* " in
  *' --help '* | *' -h '*) exec node --import tsx "$@" ;;
esac

# --- Debian packages and native programs ------------------------------------------------------------------------
# scripts/setup.ts leaves a list of what it found; while all of that is there and make has nothing to do, it need
# not look again.

setup_stamp=build/setup-$purpose
set_up() {
  [ -f "$setup_stamp" ] || return 1
  [ "$setup_stamp" -nt scripts/setup/packages.ts ] || return 1
  while read -r file; do [ -e "$file" ] || return 1; done <"$setup_stamp"
  make --question >/dev/null 2>&1 || return 1
  [ "$purpose" != test ] || make --question BUILD=asan >/dev/null 2>&1
}

set_up || node --import tsx scripts/setup.ts --for "$purpose"

[ $# -eq 0 ] || exec node --import tsx "$@"
