# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Shared by the tests here: each test sources it first and ends with "finish". The words for checks
# are those of tests/lib/checks.sh; docs/testing.md describes all others.
#
# tests/integration/run has made the directory $work, and has loaded the fake kernel into this shell
# and all that it starts. So the host of the test is at /sys, /dev/vfio, /etc/devgroups.d, ...: the
# files below $tree.
set -uo pipefail
: "${DEVGROUPS_FAKE_ROOT:?start it with tests/integration/run}"

top=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd -P)
programs=$DEVGROUPS_PROGRAMS
tree=$DEVGROUPS_FAKE_ROOT work=${DEVGROUPS_FAKE_ROOT%/*}
# shellcheck disable=SC2034 # for the tests
probe=$programs/vfio-probe
bus_address=unix:path=$work/bus
export DBUS_SYSTEM_BUS_ADDRESS=$bus_address
# shellcheck disable=SC2034 # checks.sh reads them
daemon_dir=$work
daemon_command=("$programs/devgroupd" "--root=$tree" "--bus-address=$bus_address")
# shellcheck source=../lib/checks.sh
source "$top/tests/lib/checks.sh"
services=() # pids that finish ends

skip() { printf '%s\n' "$*"; exit 77; }

# --- starting ---
# Lays out the host in the words of standard input.
host() {
    env -u LD_PRELOAD python3 "$top/tests/fakes/host.py" "$tree" || exit
    "$programs/fake-kernel" boot || exit
}

# The host that most tests use: the devices of the lab, and its users.
lab_host() {
    host <<'HOST'
recorded lab-default
user alice 1000
user bob 1001
user carol 1002 groups=kvm
HOST
}

# A bus with the rules that the project installs, or with those in $bus_policy.
start_bus() {
    local policy=${bus_policy:-$top/dbus/org.devgroups1.conf}
    sed "s|@bus@|$work/bus|; s|@policy@|$policy|" "$top/tests/fakes/bus.conf" >"$work/bus.conf"
    env -u DEVGROUPS_FAKE_PATHS dbus-daemon --nofork --nopidfile --nosyslog \
        --config-file="$work/bus.conf" </dev/null >>"$work/bus.log" 2>&1 &
    services+=("$!")
    disown
    within 20 test -S "$work/bus" || not_ok 'the bus starts' "$(<"$work/bus.log")"
}

# polkit ANSWER...: sets the answer to all further questions, each argument a line of the file that
# tests/fakes/polkit.c describes.
polkit() {
    printf '%s\n' "$@" >"$work/polkit/.answer"
    mv "$work/polkit/.answer" "$work/polkit/answer"
}
questions() { cat "$work/polkit/questions"; }
forget_questions() { : >"$work/polkit/questions"; }
start_polkit() {
    mkdir -p "$work/polkit"
    : >>"$work/polkit/questions"
    [[ -e $work/polkit/answer ]] || polkit deny
    env -u LD_PRELOAD "$programs/polkit" "$bus_address" "$work/polkit" \
        </dev/null >>"$work/bus.log" 2>&1 &
    polkit_pid=$!
    services+=("$polkit_pid")
    disown
    within 20 has_owner org.freedesktop.PolicyKit1
}
# A logind that hands out inhibitors; inhibitors prints what it has done (tests/fakes/logind.c).
start_logind() {
    mkdir -p "$work/logind"
    : >>"$work/logind/inhibitors"
    env -u LD_PRELOAD "$programs/logind" "$bus_address" "$work/logind" \
        </dev/null >>"$work/bus.log" 2>&1 &
    logind_pid=$!
    services+=("$logind_pid")
    disown
    within 20 has_owner org.freedesktop.login1
}
inhibitors() { cat "$work/logind/inhibitors" 2>/dev/null; }
has_owner() {
    busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
        GetNameOwner s "$1" >/dev/null 2>&1
}

# start [OPTION...]: the bus, polkit and the daemon with these options.
start() {
    [[ -e $tree/.kernel ]] || lab_host
    start_bus
    start_polkit
    start_daemon "$@" || not_ok 'the daemon starts' "$(<"$work/devgroupd.log")"
}

# claims USER GROUP [LABEL]: starts a claim that waits in line for a minute. Its answer goes to
# $work/USER, and outcome prints it.
claims() {
    # A user may not be able to reach the tree of the project.
    install -m 644 "$top/tests/lab/scripts/"{claimer,client}.py "$work/"
    start_as "$1" "$work/$1" python3 "$work/claimer.py" "${@:2}"
    check "$1 claims $2" within 20 grep -q asked "$work/$1"
}
has_outcome() { [[ $(<"$work/$1") == *$'\n'* ]]; }
outcome() {
    within 20 has_outcome "$1"
    sed -n 2p "$work/$1"
}

# --- the fake kernel ---
# kernel ACT...: what a person or another program does to the host. A shell's own echo and printf
# cannot write to sysfs here.
#   kernel bind DEVICE DRIVER | unbind DEVICE | remove DEVICE | rescan
#   kernel modprobe NAME | rmmod NAME
#   kernel advance SECONDS | speed N: the clock of the daemon and of devgroupctl
#   kernel write PATH VALUE | uevent DEVICE ACTION [KEY=VALUE...]
kernel() {
    local place=sys/bus/pci fake=$programs/fake-kernel
    case $1 in
        bind) "$fake" write "$place/drivers/$3/bind" "$(pci_name "$2")" ;;
        unbind) "$fake" write "$place/drivers/$(driver "$2")/unbind" "$(pci_name "$2")" ;;
        remove) "$fake" write "$place/devices/$(pci_name "$2")/remove" 1 ;;
        rescan) "$fake" write "$place/rescan" 1 ;;
        uevent) "$fake" write "$place/devices/$(pci_name "$2")/uevent" "${*:3}" ;;
        write) "$fake" write "${2#/}" "$3" ;;
        advance)
            # All that has happened so far comes before the jump: the daemon has set its timers once
            # it has answered twice, since it handles what is pending in order.
            daemon_answers && daemon_answers
            "$fake" advance "$2" ;;
        *) "$fake" "$@" ;;
    esac
}
pci_name() { if [[ $1 == *:*:* ]]; then printf '%s' "$1"; else printf '0000:%s' "$1"; fi; }
kernel_log() { cat "$tree/.kernel/log"; }

# fault OPERATION DEVICE WHAT...: makes an operation fail or hang (tests/fakes/kernel-fault.c), such
# as: fault unbind 01:00.0 EBUSY. mend takes it back.
fault() {
    local about=$2
    [[ $about != [0-9a-f][0-9a-f]:* ]] || about=0000:$about
    mkdir -p "$tree/.faults"
    printf '%s\n' "${*:3}" >"$work/.fault"
    mv "$work/.fault" "$tree/.faults/$1 $about"
}
mend() {
    local about=$2
    [[ $about != [0-9a-f][0-9a-f]:* ]] || about=0000:$about
    rm -f "$tree/.faults/$1 $about"
}

# The same for every write to one file: break_file fails with ENOSPC, hang_file sleeps until
# mend_file, or until a process reads $work/fifo.
break_file() { fault write "$(stat -Lc %i "$1")" ENOSPC; }
hang_file() {
    [[ -p $work/fifo ]] || mkfifo "$work/fifo"
    fault write "$(stat -Lc %i "$1")" hang
    { : >"$work/fifo"; mend_file "$1"; } &
    disown
}
mend_file() { mend write "$(stat -Lc %i "$1")"; }
modprobe() { kernel modprobe "${@: -1}"; }
rmmod() { kernel rmmod "${@: -1}"; }

# show_process PID: lets the daemon see the process in /proc.
show_process() { ln -sfn "/proc/$1" "$tree/proc/$1"; }

finish() {
    local pid stray
    stray=$(find "$tree/sys/bus" \( -name bind -o -name unbind \) -size +0 2>/dev/null)
    [[ ! $stray ]] || not_ok 'writes to sysfs reach the kernel' "use \"kernel write\": $stray"
    if [[ -e $work/devgroupd.pid ]] && ! has_ended "$(daemon_pid)"; then
        stop_daemon -TERM || not_ok 'the daemon ends on SIGTERM' "it runs after 20 s"
    fi
    for pid in $(jobs -p) "${services[@]}"; do kill -9 "$pid" 2>/dev/null; done
    wait 2>/dev/null
    if (( failures )); then
        printf -- '--- the daemon said\n'
        cat "$work/devgroupd.log"
    fi
    exit $((failures > 0))
}
