# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A root of Debian 13 with its own compiler and the kernel headers of its backports. Debian 12
# cannot build against these headers, because their tools need a newer libc. The root stays in the
# cache. Inside it only /proc of the machine is visible.

readonly TRIXIE_SUITE=trixie

trixie_sources() {
    local suite
    for suite in "$TRIXIE_SUITE" "$TRIXIE_SUITE-backports"; do
        printf 'deb %s %s main\n' "$(debian_mirror)" "$suite"
    done
}

# in_trixie DIR COMMAND...: runs COMMAND in the root DIR, in a mount namespace, so that no mount
# remains. The kernel's tools need /proc.
in_trixie() {
    local dir=$1
    shift
    # shellcheck disable=SC2016 # expanded inside
    unshare --mount --pid --fork --kill-child "$BASH" -ec \
        'mount -t proc proc "$1/proc"; exec chroot "$@"' "$BASH" "$dir" "$@"
}

# Installs the newest headers of backports, and the tools to build with them.
trixie_fill() {
    local dir=$1
    debootstrap --variant=minbase "$TRIXIE_SUITE" "$dir" "$(debian_mirror)" || return 1
    trixie_sources >"$dir/etc/apt/sources.list"
    in_trixie "$dir" apt-get -qq update || return 1
    in_trixie "$dir" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
        --no-install-recommends \
        -t "$TRIXIE_SUITE-backports" linux-headers-amd64 gcc make || return 1
    in_trixie "$dir" apt-get clean || return 1
    rm -rf "${dir:?}/var/lib/apt/lists" "$dir/usr/share/doc" "$dir/usr/share/locale"
}
