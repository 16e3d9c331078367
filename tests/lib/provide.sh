# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What groups of tests wait for: the build with gcc, and what a machine lacks on which nothing is
# cached. That is fetched in the background from the first second on, one after another; a kernel
# that must be built is a group of its own. Each has a file $DEVGROUPS_PROVIDED/NEED when it is
# there, or cannot be had; then the file holds the reason.
#
#   build-NAME      build/default for gcc, build/asan for sanitizers
#   kernel-NAME     a kernel of the lab, with QEMU
#   arch-NAME       emulator, kernel and root of another architecture
#   with-NAME       the programs of another project
#   trixie          the root of Debian 13, for check/kmod

# In the order in which they are fetched: most tests wait for the first ones.
readonly FETCHED=(kernel-6.1 kernel-6.12 with-dpdk with-podman trixie arch-arm64 arch-ppc64le)
# Without these the lab cannot run at all, so the run fails.
readonly ESSENTIAL=(kernel-6.1 kernel-6.12)

# Returns whether the need is in the cache.
is_cached() {
    local name=${1#*-}
    case $1 in
        kernel-*) [[ " $lab_unfetched $lab_unbuilt " != *" $name "* ]] ;;
        arch-*) [[ -d $cache/kernels/$name-plain && $(compgen -G "$cache/roots/$name-*/") ]] ;;
        with-*) [[ -d $cache/$name ]] ;;
        trixie) [[ -d $cache/trixie ]] ;;
    esac
}

# Sets missing: what the selected groups need and the cache lacks, in the order in which it comes.
# Marks all other needs, except the build, which is a group.
find_missing() {
    local need kernel
    missing=()
    for need in "${FETCHED[@]}"; do
        [[ $DEVGROUPS_FETCH == no ]] || ! is_needed "$need" || is_cached "$need" ||
            missing+=("$need")
    done
    for kernel in $lab_unbuilt; do
        ! is_needed "kernel-$kernel" || missing+=("kernel-$kernel")
    done
    while IFS= read -r need; do
        need=${need#\?}
        [[ $need == build-* || " ${missing[*]} " == *" $need "* ]] || mark "$need" ''
    done < <(cat /dev/null "$DEVGROUPS_GROUPS"/*.needs)
}

# mark NEED REASON: it is there, or cannot be had for this reason.
mark() {
    printf '%s' "$2" >"$DEVGROUPS_PROVIDED/.$1.$BASHPID"
    mv "$DEVGROUPS_PROVIDED/.$1.$BASHPID" "$DEVGROUPS_PROVIDED/$1"
}

# --- for run-group ---
# Prints the seconds until the deadline of the run, 0 if that has passed, or nothing without one.
seconds_left() {
    local left
    [[ $DEVGROUPS_DEADLINE ]] || return 0
    left=$(( DEVGROUPS_DEADLINE - EPOCHSECONDS ))
    printf '%d\n' $(( left > 0 ? left : 0 ))
}

# Runs a command until the deadline at most. Its last line is the reason then.
until_deadline() {
    local left status=0
    left=$(seconds_left)
    [[ $left ]] || { "$@"; return; }
    if (( left )); then
        timeout --kill-after=20 "$left" "$@" || status=$?
        (( status == 124 || status == 137 )) || return "$status"
    fi
    printf 'not ready %s\n' "$DEVGROUPS_DEADLINE_TEXT"
    return "$SKIPPED"
}

# This process provides the need.
promise() { printf '%d\n' "$$" >"$DEVGROUPS_PROVIDED/.$1.pid"; }

# Returns whether the process that would have provided the need has ended without it.
is_broken() {
    local pid
    pid=$(cat "$DEVGROUPS_PROVIDED/.$1.pid" 2>/dev/null) || return 1
    [[ $pid && ! -e /proc/$pid && ! -e $DEVGROUPS_PROVIDED/$1 ]]
}

# Waits until the need is there. Sets reason if it cannot be had. A build has no deadline.
wait_for() {
    local need=$1
    until [[ -e $DEVGROUPS_PROVIDED/$need ]]; do
        if is_broken "$need"; then
            reason="what provides $need has ended without a result"
            return
        fi
        if [[ $need != build-* && $(seconds_left) == 0 ]]; then
            reason="$need was not ready $DEVGROUPS_DEADLINE_TEXT"
            return
        fi
        sleep 0.5
    done
    reason=$(<"$DEVGROUPS_PROVIDED/$need")
}

# Prints the command that fetches a need.
fetch_command() {
    local name=${1#*-}
    case $1 in
        kernel-*) printf '%s\0' "$top/tests/lab/run" --fetch --kernel "$name" ;;
        arch-*) printf '%s\0' "$top/tests/lab/run" --fetch --arch "$name" ;;
        with-*) printf '%s\0' "$top/tests/lab/run" --fetch --with "$name" ;;
        trixie) printf '%s\0' "$top/tests/check-kmod" --fetch ;;
    esac
}

# provide_as NAME NEED: runs the command of the need as this test, and marks the need.
provide_as() {
    local name=$1 need=$2 command status=0 began=$EPOCHREALTIME
    mapfile -d '' command < <(fetch_command "$need")
    until_deadline "${command[@]}" >"$log" 2>&1 </dev/null || status=$?
    # A run without a part that cannot be had is a good run, unless nothing works without it. A
    # kernel whose sources do not compile is a failure of this tree.
    if [[ $status != 0 && " ${ESSENTIAL[*]} " != *" $need "* ]] &&
        ! grep -q 'does not build' "$log"; then
        status=$SKIPPED
    fi
    report "$name" "$status" "$(seconds_since "$began")" "$log"
    if (( status )); then
        mark "$need" "$need cannot be had: $(tail -n 1 "$log")"
    else
        mark "$need" ''
    fi
}

# provide NEED...: fetches one after another.
provide() {
    local need
    for need; do promise "$need"; done
    for need; do provide_as "fetch/$need" "$need"; done
}
