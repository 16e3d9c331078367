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
# shellcheck disable=SC2034 # the machine may have ten times as much to do
patience=3
# shellcheck source=../../lib/checks.sh
source "$top/tests/lib/checks.sh"

# --- questions without programs ---
# ask WORD...: asks lab-watch, which lists the questions. Succeeds if its answer is "yes", and
# leaves the text of the answer in $answer.
ask() {
    local fd='' status='' IFS=$'\x1f'
    answer=''
    exec {fd}<>/dev/tcp/127.0.0.1/1
    printf '%s\n' "$*" >&"$fd"
    IFS=' ' read -r status answer <&"$fd"
    exec {fd}>&-
    [[ $status == yes ]]
}
# Sleeps until the daemon sends a signal on the bus, at most a tenth of a second.
pause() { ask pause 100; }
file_has() { local answer; ask grep "$2" "$1"; }
# kernel_said EXPRESSION: whether a line of the kernel's log matches.
kernel_said() { local answer; ask kernel "$1"; }
# count_in FILE EXPRESSION: prints the number of lines that match.
count_in() {
    local answer
    ask count "$2" "$1"
    printf '%d\n' "$answer"
}
bus_property() {
    local answer
    ask property org.devgroups1 "$1" "org.devgroups1.$2" "$3" && printf '%s\n' "$answer"
}
has_property() {
    local answer
    ask property org.devgroups1 "$1" "org.devgroups1.$2" "$3" && [[ $answer == "$4" ]]
}
daemon_answers() { local answer; ask ping; }
name_has_owner() { local answer; ask owner org.devgroups1; }
# is_asleep PID: whether the process is in an uninterruptible sleep.
is_asleep() { [[ $(<"/proc/$1/stat") == *') D '* ]]; }
is_on() {
    local place=/sys/bus/pci/devices/0000:$1/driver
    [[ $1 != *:*:* ]] || place=/sys/bus/pci/devices/$1/driver
    if [[ $2 == none ]]; then
        [[ ! -e $place ]]
    else
        [[ $place -ef /sys/bus/pci/drivers/$2 ]]
    fi
}

# give_back ADDRESS DRIVER: a device that the script has left with another driver, or with none, is
# on its host driver again.
give_back() {
    local place=/sys/bus/pci/devices/0000:$1
    [[ ! -e $place/driver ]] || echo "0000:$1" >"$place/driver/unbind"
    echo >"$place/driver_override"
    echo "0000:$1" >/sys/bus/pci/drivers_probe
    check "the host has $1 back" within 20 is_on "$1" "$2"
}

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
