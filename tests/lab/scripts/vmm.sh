# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts real QEMUs in the guest, as a user without any privilege. Sourced after common.sh.

# The QEMU in which the lab itself runs (10, from backports), and the one of Debian.
read -ra qemu_new <<<"$LAB_QEMU"
# shellcheck disable=SC2034 # used by the scripts
qemu_old=(/usr/bin/qemu-system-x86_64)
[[ ! ${LAB_QEMU_MODULES:-} ]] || export QEMU_MODULE_DIR=$LAB_QEMU_MODULES
# Root's home holds the QEMU and is closed to other users; the guest may open it, since its files
# are its own.
chmod a+x /root /root/.cache 2>/dev/null

# unprivileged COMMAND...: runs the command as alice, without capabilities or a way to gain them;
# locked memory is limited to $memlock bytes.
memlock=8388608
unprivileged() {
    prlimit --memlock="$memlock:$memlock" setpriv --reuid alice --regid alice --init-groups \
        --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
}

# A machine that is created and never starts: its devices are realized, and no code runs.
vm=(-accel tcg -machine q35 -m 64 -S -nodefaults -display none)

# query_pci SOCKET PID: prints the "vendor:device ID" of all PCI devices of the VM, one a line.
# Waits until the VM answers, as long as the process runs.
query_pci() {
    /usr/bin/python3 -I - "$@" <<'PYTHON'
import json, os, socket, sys, time
deadline = time.monotonic() + 60
while True:
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect(sys.argv[1])
        break
    except OSError:
        with open(f"/proc/{sys.argv[2]}/stat") as stat:
            if stat.read().rpartition(") ")[2][0] == "Z" or time.monotonic() > deadline:
                sys.exit("the VM does not answer")
        time.sleep(0.1)
stream = link.makefile("rw")

def call(command):
    stream.write(json.dumps({"execute": command}) + "\n")
    stream.flush()
    while True:
        answer = json.loads(stream.readline())
        if "return" in answer:
            return answer["return"]
        if "error" in answer:
            sys.exit(answer["error"]["desc"])

stream.readline()
call("qmp_capabilities")
for bus in call("query-pci"):
    for device in bus["devices"]:
        print("%04x:%04x" % (device["id"]["vendor"], device["id"]["device"]), device["qdev_id"])
PYTHON
}

# check_vm NAME COMMAND...: starts the command in the background as alice; passes if it answers over
# QMP. Its pid is in $vm_pid, and vm_devices prints its PCI devices, "vendor:device ID", one a line.
check_vm() {
    local name=$1
    shift
    rm -f "$work/alice/qmp"
    install -d -o alice "$work/alice"
    unprivileged "$@" -qmp "unix:$work/alice/qmp,server=on,wait=off" >"$work/vm.log" 2>&1 &
    vm_pid=$!
    query_pci "$work/alice/qmp" "$vm_pid" >"$work/vm.devices" 2>/dev/null
    if [[ -s $work/vm.devices ]]; then ok "$name"; else not_ok "$name" "$(<"$work/vm.log")"; fi
}
vm_devices() { cat "$work/vm.devices"; }
vm_has() { file_has "$work/vm.devices" "^$1 "; }
# Prints the pid of the QEMU itself, also where devgroupctl started it.
vm_process() { pgrep -n -f "unix:$work/alice/qmp"; }

# kill_vm: sends SIGKILL to the QEMU; returns the exit status of the command of check_vm.
kill_vm() {
    kill -9 "$(vm_process)"
    wait "$vm_pid" 2>/dev/null
}
