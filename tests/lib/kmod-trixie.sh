# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A root of Debian 13 with its own compiler and the headers of the kernel in its backports, which nothing of Debian 12 can build
# against: their tools want a newer libc. It stays in the cache. Nothing of the machine but /proc is seen from inside.

readonly TRIXIE_SUITE=trixie

trixie_sources() {
    local suite
    for suite in "$TRIXIE_SUITE" "$TRIXIE_SUITE-backports"; do
        printf 'deb %s %s main\n' "$(debian_mirror)" "$suite"
    done
}

# in_trixie DIR COMMAND...: a mount namespace of its own, so that nothing stays mounted. The kernel's tools look into /proc.
in_trixie() {
    local dir=$1
    shift
    # shellcheck disable=SC2016 # expanded inside
    unshare --mount --pid --fork --kill-child "$BASH" -ec 'mount -t proc proc "$1/proc"; exec chroot "$@"' "$BASH" "$dir" "$@"
}

# The headers that are newest in backports, and what builds with them.
trixie_fill() {
    local dir=$1
    debootstrap --variant=minbase "$TRIXIE_SUITE" "$dir" "$(debian_mirror)" || return 1
    trixie_sources >"$dir/etc/apt/sources.list"
    in_trixie "$dir" apt-get -qq update || return 1
    in_trixie "$dir" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        -t "$TRIXIE_SUITE-backports" linux-headers-amd64 gcc make || return 1
    in_trixie "$dir" apt-get clean || return 1
    rm -rf "${dir:?}/var/lib/apt/lists" "$dir/usr/share/doc" "$dir/usr/share/locale"
}
