# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Programs of others that single scripts test against. A script asks for them (--with), and is skipped where they cannot be had.

readonly SOFTWARE=(dpdk libvirt podman)

# software_need NAME
software_need() {
    [[ " ${SOFTWARE[*]} " == *" $1 "* ]] || usage_error "--with is one of: ${SOFTWARE[*]}"
    # in a shell of its own: what fails there is no failure of the lab
    ("software_$1") || { say "cannot have $1 here"; exit "$LAB_EXIT_SKIPPED"; }
    [[ $1 != dpdk ]] || export LAB_DPDK=$cache/dpdk
    [[ $1 != podman ]] || export LAB_PODMAN=$cache/podman
}

# Installed; it has its paths built in. The user that its packages for whole hosts make is made in the guest. tests/all installs
# these before the first guest runs, whose root this machine's is.
LIBVIRT_PACKAGES=(libvirtd=libvirt-daemon virsh=libvirt-clients xmllint=libxml2-utils dmidecode=dmidecode
    "$(echo /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so)=libvirt-daemon-driver-qemu")
software_libvirt() { need_packages "${LIBVIRT_PACKAGES[@]}"; }

# Unpacked in the cache: its package would install two hundred others.
software_dpdk() {
    [[ -d $cache/dpdk ]] || say "fetching DPDK, once"
    fill_once "$cache/dpdk" dpdk_fill
}

dpdk_fill() {
    local dir=$1 suite=bookworm linked names
    apt_prepare "$dir/.apt" "$suite" || return 1
    # What its programs are linked with, without what its headers want, and the drivers of the lab's NICs, which are loaded by name.
    mapfile -t linked < <(private_apt "$dir/.apt" "$suite" apt-cache show --no-all-versions dpdk-dev | sed -n 's/^Depends: //p' |
        grep -o 'librte-[a-z0-9-]*' | sort -u)
    (( ${#linked[@]} )) || return 1
    mapfile -t names < <(private_apt "$dir/.apt" "$suite" apt-cache depends --recurse --important "${linked[@]}" librte-net-e1000-23 |
        grep -Ex 'librte-.*|ibverbs-providers|lib(ibverbs1|nl-[a-z0-9-]*|numa1|fdt1|jansson4|bsd0|md0|elf1|pcap0.8|dbus-1-3)' | sort -u)
    unpack_packages "$dir" "$suite" dpdk-dev "${names[@]}"
}

# Unpacked as well: its package would install a network of its own. With the libraries that few others want.
software_podman() {
    [[ -d $cache/podman ]] || say "fetching podman, once"
    fill_once "$cache/podman" podman_fill
}

podman_fill() {
    unpack_packages "$1" bookworm podman conmon crun libsubid4 libgpgme11 libassuan0 libyajl2 libdevmapper1.02.1 libseccomp2
}
