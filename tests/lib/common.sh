# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What tests/build, tests/all and tests/demo share. They set `top`; `me` is the name they speak under.

: "${top:?}" "${me:=${0##*/}}"

say() { printf '%s: %s\n' "$me" "$*" >&2; }
fail() { say "$*"; exit 1; }
usage_error() { say "$* (try --help)"; exit 2; }

# shellcheck source=../lab/lib/packages.sh
source "$top/tests/lab/lib/packages.sh"

# install_packages PROGRAM=PACKAGE...: need_packages for those who are not root too, where sudo lets them. A PROGRAM is a command or
# a file. A system that is not Debian's gets a list of what is missing and has to install it itself.
install_packages() {
    local pair missing=()
    for pair; do
        [[ -e ${pair%%=*} ]] || command -v "${pair%%=*}" >/dev/null || missing+=("$pair")
    done
    (( ${#missing[@]} )) || return 0
    if ! command -v apt-get >/dev/null; then
        fail "these are missing, install what has them: ${missing[*]%%=*}"
    elif [[ $EUID == 0 ]]; then
        need_packages "${missing[@]}"
    elif command -v sudo >/dev/null; then
        say "installing packages needs root, asking sudo"
        sudo "$BASH" -c 'set -euo pipefail; top=$1 me=$2; source "$1/tests/lib/common.sh"; need_packages "${@:3}"' \
            "$BASH" "$top" "$me" "${missing[@]}" || fail "cannot install ${missing[*]#*=}"
    else
        fail "these Debian packages are missing, and installing them needs root or sudo: ${missing[*]#*=}"
    fi
}

# What scripts use in the lab, whose guest has this machine's root. tests/lab/run itself installs what it runs on.
install_lab_packages() {
    local python=/usr/lib/python3/dist-packages
    install_packages busctl=systemd setpriv=util-linux pgrep=procps lspci=pciutils ip=iproute2 \
        mdadm=mdadm lvcreate=lvm2 mkfs.btrfs=btrfs-progs make-bcache=bcache-tools $python/dbus=python3-dbus $python/gi=python3-gi
}

# seconds_since T: "1.3", for T of $EPOCHREALTIME.
seconds_since() {
    local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
    local tenths=$(( (now - then) / 100000 ))
    printf '%d.%d\n' $(( tenths / 10 )) $(( tenths % 10 ))
}
