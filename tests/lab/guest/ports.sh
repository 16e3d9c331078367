# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The virtio-serial ports to the host, by name. ports_find reads sysfs, because udev makes its links
# later.
ports_find() {
    local port name
    mkdir -p /run/lab/port
    for port in /sys/class/virtio-ports/*/name; do
        [[ -e $port ]] || continue
        IFS= read -r name <"$port" || continue
        port=${port%/name}
        ln -sf "/dev/${port##*/}" "/run/lab/port/${name#lab.}"
    done
}
port_path() { printf '/run/lab/port/%s' "$1"; }
