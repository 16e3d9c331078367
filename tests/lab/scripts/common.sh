# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Shared by the scripts here: each script sources it first and ends with "finish". The words for
# checks are those of tests/lib/checks.sh.
set -uo pipefail

top=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../.." && pwd -P)
probe=${DEVGROUPS_BUILD:-$top/build/default}/tests/lab/programs/vfio-probe
work=$(mktemp -d -t lab-script.XXXXXX)
chmod 755 "$work"
# shellcheck disable=SC2034 # checks.sh reads them
daemon_dir=/run/lab daemon_command=("${DEVGROUPD:-/usr/sbin/devgroupd}")
# shellcheck source=../../lib/checks.sh
source "$top/tests/lib/checks.sh"

finish() {
    local pid
    for pid in $(jobs -p); do kill -9 "$pid" 2>/dev/null; done
    if (( failures )); then
        printf -- '--- the daemon said\n'
        cat /run/lab/devgroupd.log 2>/dev/null || journalctl --no-pager -u devgroupd
    fi
    exit $((failures > 0))
}

# --- failing and hanging files of the kernel ---
# Every write to the file ends with ENOSPC.
break_file() { mount --bind /dev/full "$1"; }
# A process that opens the file to write sleeps until mend_file, or until a process reads
# $work/fifo.
hang_file() {
    [[ -p $work/fifo ]] || mkfifo "$work/fifo"
    mount --bind "$work/fifo" "$1"
}
# Detaches lazily, since a process that sleeps in the file keeps it busy.
mend_file() { umount -l "$1"; }
