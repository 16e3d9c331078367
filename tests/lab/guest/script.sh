# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs the script and tells the host how it ended. Needs $ctl and report.

# Its output goes through FIFOs and not straight to the ports, because a port can be opened only once and scripts open /dev/stderr.
script_run() {
    local status argv=() variables=() readers=() name child
    mapfile -d '' argv </run/lab/set/argv
    mapfile -d '' variables </run/lab/set/env
    for name in out err; do
        mkfifo -m 666 "/run/lab/$name.fifo"
        cat "/run/lab/$name.fifo" >"$(port_path "$name")" {ctl}>&- &
        readers+=($!)
    done
    report started
    # In a session of its own, as from a login; from here on nothing is open but the three.
    (
        exec {ctl}>&- </dev/null >/run/lab/out.fifo 2>/run/lab/err.fifo
        cd -- "$cwd" 2>/dev/null || cd /
        # Bash starts what runs in the background with interrupts ignored, which a script cannot undo.
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

# Waits until reader $1 has passed on all there is. It ends by itself when nobody has the FIFO open any more; where the script has left
# processes behind that do, it is done when it sleeps in read(2), which is system call 0.
drain() {
    local call idle=0
    while kill -0 "$1" 2>/dev/null; do
        read -r call _ <"/proc/$1/syscall" || break
        if [[ $call == 0 ]]; then idle=$((idle + 1)); else idle=0; fi
        (( idle < 2 )) || return 0
        sleep 0.02
    done 2>/dev/null
}
