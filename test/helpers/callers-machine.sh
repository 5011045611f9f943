#!/bin/bash
# Owns the machine that the callers' tests run in: Debian's podman, containerd and Docker as the root, in namespaces of
# its own. It must be started inside tools/privileged, and keeps the host's files out of reach but for the given ones.
#   callers-machine.sh ROOT [SHOWN...]     ROOT: build/callers/root; SHOWN: folders that stay, read-only, at their paths

# Says "ready" when commands may enter, and ends, with all that runs in it, with its standard input.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
  exec unshare --mount --pid --fork --kill-child --net --ipc --uts --propagation private bash "$0" --inside "$@"
fi
lower=$2
shift 2

at=/run/machine
mkdir -p "$at"
mount -t tmpfs -o mode=755 tmpfs "$at"
mkdir "$at"/{upper,work,root}
mount -t overlay -o "lowerdir=$lower,upperdir=$at/upper,workdir=$at/work" overlay "$at/root"
for shown in "$@"; do
  mkdir -p "$at/root$shown"
  mount --bind "$shown" "$at/root$shown"
  mount -o remount,bind,ro "$at/root$shown"
done
cd "$at/root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
# Storage drivers refuse to lie on an overlay, and bind mounts into it want a file system that is not the host's.
for folder in run var/tmp var/lib/containers; do
  mkdir -p "$folder"
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done
mkdir run/lock run/host
pivot_root . run/host
umount -l run/host
rmdir run/host
echo machine >/proc/sys/kernel/hostname
ip link set lo up
echo ready
exec tini -- cat
