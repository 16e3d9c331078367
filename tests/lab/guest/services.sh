# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts udev, the bus and the daemon in a few seconds, where systemd takes thirty.
source /run/lab/guest/devices.sh

services() {
    local bus
    static_nodes
    start_bus & bus=$!
    start_udev
    wait "$bus"
    report stage bus
    [[ $daemon != yes ]] || start_daemon
}

# On a Debian host this node exists from boot, and opening it loads the module vfio.
static_nodes() {
    mkdir -p /dev/vfio
    [[ -e /dev/vfio/vfio ]] || mknod -m 600 /dev/vfio/vfio c 10 196
}

start_udev() {
    /lib/systemd/systemd-udevd --daemon
    devices_replay
    report stage udev
}

start_bus() {
    mkdir -p /run/dbus
    dbus-daemon --system --fork || report warn "the system bus does not start"
}

# "busctl status" would not do: it needs data that a machine without a service manager lacks.
on_the_bus() {
    busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
        NameHasOwner s org.devgroups1 2>/dev/null |
        /run/lab/busybox grep -q true
}

# `busctl status` would not do: it needs the owner's credentials, which it does not always get.
bus_has() {
    [[ $(busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
        NameHasOwner s "$1" 2>/dev/null) == 'b true' ]]
}

start_daemon() {
    local deadline=$((SECONDS + 60 * slowness))
    if [[ ! -x /usr/sbin/devgroupd ]]; then
        report warn "/usr/sbin/devgroupd is not installed, the script runs without it"
        return
    fi
    (exec {ctl}>&-; exec /usr/sbin/devgroupd </dev/null >/run/lab/devgroupd.log 2>&1) &
    daemon_pid=$!
    printf '%s\n' "$daemon_pid" >/run/lab/devgroupd.pid
    until on_the_bus; do
        if ! kill -0 "$daemon_pid" 2>/dev/null || (( SECONDS > deadline )); then
            report warn "devgroupd did not come to the bus"
            /run/lab/busybox tail -n 20 /run/lab/devgroupd.log |
                while IFS= read -r line; do report warn "devgroupd: $line"; done
            return
        fi
        sleep 0.1
    done
    report stage daemon
}
