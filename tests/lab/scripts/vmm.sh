# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Real QEMUs in the guest, as a user without any privilege. Sourced after common.sh.

# The one that the lab itself runs in (10, of backports), and Debian's own.
read -ra qemu_new <<<"$LAB_QEMU"
# shellcheck disable=SC2034 # used by the scripts
qemu_old=(/usr/bin/qemu-system-x86_64)
[[ ! ${LAB_QEMU_MODULES:-} ]] || export QEMU_MODULE_DIR=$LAB_QEMU_MODULES
# What lies below root's home here is root's own; in the guest, whose files nobody else sees, it may be read.
chmod a+x /root /root/.cache 2>/dev/null

# unprivileged COMMAND...: alice, without a capability and without a way to one.
unprivileged() {
    setpriv --reuid alice --regid alice --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"
}

# A machine that is made and does not start: devices are realized, nothing runs.
vm=(-accel tcg -machine q35 -m 64 -S -nodefaults -display none)

# query_pci SOCKET: the "vendor:device" of all PCI devices of the VM, one a line.
query_pci() {
    /usr/bin/python3 -I - "$1" <<'PYTHON'
import json, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
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

# vm_starts COMMAND...: in the background, as alice; $vm_log is what it says. True when it answers over QMP.
vm_starts() {
    vm_log=$work/vm.log
    rm -f "$work/alice/qmp"
    install -d -o alice "$work/alice"
    unprivileged "$@" -qmp "unix:$work/alice/qmp,server=on,wait=off" >"$vm_log" 2>&1 &
    vm_pid=$!
    within 60 vm_answers_or_ended && [[ -S $work/alice/qmp ]] && kill -0 $vm_pid 2>/dev/null
}
vm_answers_or_ended() { [[ -S $work/alice/qmp ]] || ! kill -0 $vm_pid 2>/dev/null; }

# vm_has IDS: among the VM's devices.
vm_has() { query_pci "$work/alice/qmp" 2>&1 | grep -q "^$1 "; }
# The QEMU, below devgroupctl where that started it.
vm_process() { pgrep -f -n "unix:$work/alice/qmp" ; }
