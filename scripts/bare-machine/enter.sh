#!/bin/sh
# usage: enter.sh ROOT COMMAND...
#
# Becomes COMMAND in ROOT. Called as the first process of new mount and PID namespaces: what is mounted here is seen
# nowhere else and goes with them, so whoever removes ROOT afterwards removes only ROOT.
set -eu

root=$1
shift
mount --make-rprivate /
# A mount point, so that it can become "/" for good: in a chroot nobody may make a user namespace.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
cd "$root"
pivot_root . .
umount --lazy .
exec "$@"
