# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Has udev load and bind the host drivers, as at the boot of a Debian host.

devices_replay() {
    # "change", the default action, loads no modules. Only devices that tests see are replayed.
    # Devices that the modules create later send their own events.
    udevadm trigger --action=add --subsystem-match=pci
    udevadm settle --timeout=60
    wait_nvme
}

# The nvme driver probes in the background, and udev does not wait for it.
wait_nvme() {
    local state file tries=0
    for file in /sys/class/nvme/*/state; do
        [[ -e $file ]] || continue
        while (( tries++ < 50 )); do
            IFS= read -r state <"$file" || break
            [[ $state == live ]] && break
            sleep 0.1
        done
    done
}
