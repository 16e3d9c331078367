# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The guest's own /run, /dev, /proc and /sys hide those of the machine. If the script or its working
# directory is there, an overlay shows it again.

# graft_needed PATH...
graft_needed() {
    local path
    for path; do
        case $path/ in
            /run/lab/*|/proc/*|/sys/*) ;;
            /run/|/dev/|/dev/shm/) graft_entries "$path" ;;
            /run/*|/dev/*) graft "$path" ;;
        esac
    done
}

graft() {
    [[ -d /run/lab/machine$1 ]] && ! mountpoint -q "$1" || return 0
    local own
    own=/run/lab/graft/${1//\//.}
    mkdir -p "$1" "$own"
    mount -t tmpfs -o mode=755 graft "$own"
    mkdir -p "$own/lower" "$own/upper" "$own/work"
    mount --bind "/run/lab/machine$1" "$own/lower"
    mount -t overlay -o "lowerdir=$own/lower,upperdir=$own/upper,workdir=$own/work" graft "$1"
}

# Shows the entries of a directory that the guest has as well, except those that exist in the guest.
graft_entries() {
    local entry
    for entry in "/run/lab/machine$1"/*; do
        [[ ! -e $1/${entry##*/} ]] || continue
        if [[ -f $entry ]]; then
            cp -a "$entry" "$1/"
        elif [[ -d $entry ]]; then
            graft "$1/${entry##*/}"
        fi
    done
}
