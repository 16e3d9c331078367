# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Definitions for every part of the lab: exit statuses, messages, the cache.

# Exit statuses of `run` that are the lab's own and not the script's.
readonly LAB_EXIT_USAGE=2 LAB_EXIT_SKIPPED=77 LAB_EXIT_FAILED=125
export LAB_EXIT_USAGE LAB_EXIT_SKIPPED LAB_EXIT_FAILED

say() { printf 'lab: %s\n' "$*" >&2; }
fail() { say "$*"; exit "$LAB_EXIT_FAILED"; }
usage_error() { say "$* (try --help)"; exit "$LAB_EXIT_USAGE"; }

# Prints an absolute path and keeps its symbolic links, because the script must see the name it was
# called by.
absolute() {
    case $1 in
        /*) printf '%s\n' "$1" ;;
        *) printf '%s/%s\n' "${PWD%/}" "$1" ;;
    esac
}

# fill_once DIR FILLER [ARG...]: fills the cache directory once by "FILLER TEMPDIR ARG...". A lock
# keeps two runs apart. The directory gets its name at the end, so an interrupted fill leaves no
# partial one. Returns the status of the filler.
fill_once() {
    local target=$1 filler=$2 temp lock status=0
    shift 2
    [[ -d $target ]] && return 0
    mkdir -p "${target%/*}"
    exec {lock}>"$target.lock"
    flock "$lock"
    if [[ ! -d $target ]]; then
        rm -rf "$target".tmp.*
        temp=$target.tmp.$$
        mkdir -p "$temp"
        "$filler" "$temp" "$@" || status=$?
        if (( status )); then
            rm -rf "$temp"
            exec {lock}>&-
            return "$status"
        fi
        mv -T "$temp" "$target"
    fi
    exec {lock}>&-
}
