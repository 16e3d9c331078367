# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs the script and reports its status to the host. Needs $ctl and report.

# The output goes through FIFOs, not straight to the ports: a port can be opened only once, and
# scripts open /dev/stderr.
script_run() {
    local status argv=() variables=() readers=() name child
    mapfile -d '' argv </run/lab/set/argv
    mapfile -d '' variables </run/lab/set/env
    for name in out err; do
        /run/lab/busybox cat "/run/lab/$name.fifo" >"/run/lab/port/$name" {ctl}>&- &
        readers+=($!)
    done
    [[ ! -e /run/lab/watch ]] || /run/lab/watch </dev/null {ctl}>&- &
    report started
    # Runs in a session of its own, as after a login, with only three open descriptors.
    (
        exec {ctl}>&- </dev/null >/run/lab/out.fifo 2>/run/lab/err.fifo
        cd -- "$cwd" 2>/dev/null || cd /
        # Bash ignores interrupts in background jobs, which a script cannot undo.
        exec env -i --default-signal "${variables[@]}" setsid -- "${argv[@]}"
    ) &
    child=$!
    wait "$child"
    status=$?
    for child in "${readers[@]}"; do
        drain "$child"
    done
    report status "$status"
}

# Waits until reader $1 has passed on all output. The reader ends after the last close of the FIFO.
# If the script has left processes that hold it open, the reader is done when it sleeps in read(2),
# which is system call 0.
drain() {
    local call idle=0
    while kill -0 "$1" 2>/dev/null; do
        read -r call _ <"/proc/$1/syscall" || break
        if [[ $call == 0 ]]; then idle=$((idle + 1)); else idle=0; fi
        (( idle < 2 )) || return 0
        sleep 0.02
    done 2>/dev/null
}
