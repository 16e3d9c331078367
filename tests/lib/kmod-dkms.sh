#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: unshare --mount kmod-dkms.sh BUILD HEADERS VERSION: has DKMS install the module for the
# kernel of HEADERS, and remove it again. All that DKMS writes goes into memory and vanishes with
# the mount namespace.
set -euo pipefail

build=$1 headers=$2 version=$3
release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "$headers/include/generated/utsrelease.h")
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work"/{above,work,state}
mount -t overlay overlay -o "lowerdir=/usr/lib,upperdir=$work/above,workdir=$work/work" /usr/lib
mount --bind "$work/state" /var/lib/dkms
modules=/usr/lib/modules/$release
rm -rf "$modules"
mkdir -p "$modules/kernel"
ln -s "$headers" "$modules/build"
touch "$modules/modules.order" "$modules/modules.builtin"

make -s -C "$build" kmod-install-dkms DESTDIR="$work/root" prefix=/usr
grep -qx devgroups "$work/root/usr/lib/modules-load.d/devgroups.conf" || {
    printf 'it would not be loaded at boot\n'
    exit 1
}
run_dkms() { dkms "$1" --sourcetree "$work/root/usr/src" "${@:2}"; }
run_dkms install -m devgroups -v "$version" -k "$release"
[[ $(modinfo -k "$release" -F version devgroups) == "$version" ]] || {
    printf 'modprobe would not find it\n'
    exit 1
}
[[ $(modinfo -k "$release" -F vermagic devgroups) == "$release "* ]] || {
    printf 'it is for another kernel\n'
    exit 1
}
run_dkms remove "devgroups/$version" --all
make -s -C "$build" kmod-uninstall-dkms DESTDIR="$work/root" prefix=/usr
[[ -z $(find "$work/root" -type f) ]] || { printf 'sources stay\n'; exit 1; }
! modinfo -k "$release" devgroups 2>/dev/null || { printf 'it is still there\n'; exit 1; }
