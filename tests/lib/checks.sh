# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of tests that are shell scripts, in tests/lab/scripts and tests/integration. Each check
# prints one line: "ok NAME" or "not ok NAME: REASON".
#
# The script that sources it sets
#   daemon_dir       where the daemon's log and pid are: devgroupd.log, devgroupd.pid
#   daemon_command   the array of words that start the daemon
: "${daemon_dir:?}" "${daemon_command:?}"

failures=0
: "${patience:=1}" # a factor for all deadlines
exec {never}<> <(:) # nothing is ever read from it: sleeps without starting a program

ok() { printf 'ok %s\n' "$1"; }
not_ok() {
    failures=$((failures + 1))
    printf 'not ok %s: %s\n' "$1" "$2"
}

# check NAME COMMAND...: passes if the command succeeds. Its output is shown only if it fails.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$* exited $?: $output"; fi
}

# check_exit NAME STATUS COMMAND...: passes if the command exits with exactly this status. Leaves
# the command's output in $output.
check_exit() {
    local name=$1 wanted=$2 got=0
    shift 2
    output=$("$@" 2>&1) || got=$?
    if (( got == wanted )); then ok "$name";\
 else not_ok "$name" "$* exited $got, not $wanted: $output"; fi
}

# check_end NAME STATUS PID: waits for a process that this shell has started.
check_end() {
    local got=0
    wait "$3" 2>/dev/null || got=$?
    if (( got == $2 )); then ok "$1"; else not_ok "$1" "it exited $got, not $2"; fi
}

# check_text NAME PATTERN TEXT: passes if the text matches the extended regular expression.
check_text() {
    if [[ $3 =~ $2 ]]; then ok "$1"; else not_ok "$1" "no \"$2\" in: $3"; fi
}

# check_equal NAME WANTED GOT: passes if both texts are equal.
check_equal() {
    if [[ $2 == "$3" ]]; then ok "$1";\
 else not_ok "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3"))"; fi
}

# within SECONDS FUNCTION [ARG...]: repeats the function until it succeeds. SECONDS is a deadline,
# never a measure of speed. In the lab the function starts no program (tests/check-scripts): an
# emulated processor would do little else while it waits.
within() {
    local deadline=$((SECONDS + $1 * patience)) answer
    shift
    until "$@"; do
        (( SECONDS < deadline )) || return 1
        pause
    done
}
# Sleeps a moment. The lab has a function of its own.
pause() { read -rt 0.02 -u "$never" || :; }

exists() { [[ -e $1 ]]; }
is_gone() { [[ ! -e $1 ]]; }
# names PATH...: prints the names of those files that exist, separated by blanks.
names() {
    local path found=()
    for path; do
        [[ ! -e $path ]] || found+=("${path##*/}")
    done
    printf '%s\n' "${found[*]}"
}
# file_has FILE EXPRESSION: whether a line of the file matches the extended regular expression.
file_has() { grep -Eqs -- "$2" "$1"; }
# holder_in FILE: prints the process id that vfio-probe has printed as "holding PID".
holder_in() {
    local word pid
    while read -r word pid _; do
        [[ $word != holding ]] || printf '%s\n' "$pid"
    done <"$1"
}

# --- users and definitions ---
as() { setpriv --reuid "$1" --regid "$1" --init-groups -- "${@:2}"; }
# start_as USER FILE COMMAND...: starts a program in the background. Its output goes to the file,
# its pid is in $pid.
start_as() {
    setpriv --reuid "$1" --regid "$1" --init-groups -- "${@:3}" >"$2" 2>&1 </dev/null &
    pid=$!
}

# define JSON: writes the content of "groups" to 10-lab.json, or $definitions, and reloads, so that
# the definitions are in force when it returns. An error of a file is printed, and is no failure.
define() {
    [[ -d /etc/devgroups.d ]] || mkdir -p /etc/devgroups.d
    printf '{ "groups": { %s } }\n' "$1" >"/etc/devgroups.d/${definitions:-10-lab.json}"
    devgroupctl reload || (( $? == 1 ))
}

# --- state of the host ---
# An address of PCI domain 0 may be written without the domain.
pci_place() {
    if [[ $1 == *:*:* ]]; then
        printf '/sys/bus/pci/devices/%s' "$1"
    else
        printf '/sys/bus/pci/devices/0000:%s' "$1"
    fi
}
# Prints the name of the directory that a link points to, or none.
link_name() {
    (cd -P "$1" 2>/dev/null && printf '%s\n' "${PWD##*/}") || printf 'none\n'
}
driver() { link_name "$(pci_place "$1")/driver"; }
iommu_group() { link_name "$(pci_place "$1")/iommu_group"; }
is_on() { [[ $(driver "$1") == "$2" ]]; }
# bus_property PATH INTERFACE NAME: prints a property in the form of busctl. The lab has a function
# of its own.
bus_property() {
    busctl --system get-property org.devgroups1 "$1" "org.devgroups1.$2" "$3" 2>/dev/null
}
# has_property PATH INTERFACE NAME VALUE
has_property() { [[ $(bus_property "${@:1:3}") == "$4" ]]; }
state() {
    local value
    value=$(bus_property "/org/devgroups1/group/$1" Group State)
    value=${value#s \"}
    printf '%s\n' "${value%\"}"
}
has_state() { has_property "/org/devgroups1/group/$1" Group State "s \"$2\""; }
is_available() { has_state "$1" available; }
# has_blocker GROUP PATTERN: whether a code or a text of the group's blockers matches.
has_blocker() {
    # shellcheck disable=SC2053 # a pattern is meant
    [[ $(bus_property "/org/devgroups1/group/$1" Group Blockers) == *$2* ]]
}
# problem_is EXPRESSION, no_problem: about the daemon's list of problems.
problem_is() { [[ $(bus_property /org/devgroups1 Manager Problems) =~ $1 ]]; }
no_problem() { [[ $(bus_property /org/devgroups1 Manager Problems) == a*' 0' ]]; }
# device_object ADDRESS: prints the path of the object of a device in PCI domain 0.
device_object() {
    local name=${1/:/_3a}
    printf '/org/devgroups1/device/pci_3a0000_3a%s' "${name/./_2e}"
}

# Prints everything on the host that a claim may change, for a comparison with an earlier state.
# Devices that no test uses are included: they must not change either.
host_state() {
    # Starts few processes: under emulation each costs a twentieth of a second.
    find /sys/bus/pci/devices/*/ -maxdepth 1 -name driver -printf '%p %l\n'
    grep -H '' /sys/bus/pci/devices/*/{driver_override,reset_method,sriov_numvfs} 2>/dev/null
    find /dev/vfio -mindepth 1 ! -name vfio -printf '%p %u:%g %m\n' 2>/dev/null | sort
    ls /run/devgroups
}

# listens PID: succeeds once this devgroupctl monitor receives all further events. It sleeps in
# poll(2) only after it has subscribed.
listens() { [[ $(<"/proc/$1/wchan") =~ e(p_)?poll ]]; }
# start_monitor FILE: starts a monitor that writes its events to the file. Its pid is in $monitor.
start_monitor() {
    devgroupctl monitor --json=short >>"$1" 2>&1 &
    monitor=$!
    check 'a monitor listens' within 60 listens "$monitor"
}

daemon_pid() {
    local pid
    read -r pid <"$daemon_dir/devgroupd.pid" && printf '%s\n' "$pid"
}
daemon_fds() {
    local links
    links=("/proc/$(daemon_pid)/fd"/*)
    printf '%d\n' "${#links[@]}"
}
# Prints the ids of the daemon's workers. A process that looks at /proc for it comes and goes.
daemon_workers() {
    local pid listed child name workers=()
    pid=$(daemon_pid)
    read -ra listed <"/proc/$pid/task/$pid/children"
    for child in "${listed[@]}"; do
        read -r name 2>/dev/null <"/proc/$child/comm" || continue
        [[ $name != devgroupd-steps ]] || workers+=("$child")
    done
    printf '%s\n' "${workers[*]}"
}
# The lab has a function of its own.
daemon_answers() {
    busctl --system call org.devgroups1 /org/devgroups1 org.freedesktop.DBus.Peer Ping \
        >/dev/null 2>&1
}

# shellcheck disable=SC2120 # the arguments are those of the tests
# start_daemon [OPTION...]: starts the daemon. Its output is added to the log.
start_daemon() {
    "${daemon_command[@]}" "$@" </dev/null >>"$daemon_dir/devgroupd.log" 2>&1 &
    printf '%s\n' $! >"$daemon_dir/devgroupd.pid"
    disown
    within 20 daemon_answers
}

# has_ended PID: also if its parent has not taken notice yet.
has_ended() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    [[ ${stat##*) } == Z* ]]
}

# stop_daemon [SIGNAL]: ends the daemon with the signal, SIGTERM by default.
stop_daemon() {
    local pid
    pid=$(daemon_pid)
    kill "${1:--TERM}" "$pid"
    within 20 has_ended "$pid"
}
