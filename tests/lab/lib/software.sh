# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Other programs that single scripts test against. A script asks for one by --with, and is skipped
# if it is not available.

readonly SOFTWARE=(dpdk libvirt packages podman)

# software_need NAME
software_need() {
    [[ " ${SOFTWARE[*]} " == *" $1 "* ]] || usage_error "--with is one of: ${SOFTWARE[*]}"
    # in a subshell, because a failure there is no failure of the lab
    ("software_$1") || { say "skipped: $1 is not available here"; exit "$LAB_EXIT_SKIPPED"; }
    [[ $1 != dpdk ]] || export LAB_DPDK=$cache/dpdk
    [[ $1 != podman ]] || export LAB_PODMAN=$cache/podman
    [[ $1 != packages ]] || export LAB_PACKAGES=$top/build/packages
}

# The Debian packages of the last commit.
software_packages() {
    local commit
    commit=$(git -C "$top" rev-parse HEAD) || return 1
    [[ $(cat "$top/build/packages/.commit" 2>/dev/null) == "$commit" ]] ||
        "$top/tests/package" --nocheck deb >&2
}

# libvirt must be installed, because its paths are built in. The guest creates the user that its
# packages for hosts create. tests/all installs these packages before the first guest starts,
# because the guest's root is this machine's root.
libvirt_driver=$(echo /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so)
LIBVIRT_PACKAGES=(libvirtd=libvirt-daemon virsh=libvirt-clients xmllint=libxml2-utils
    dmidecode=dmidecode "$libvirt_driver=libvirt-daemon-driver-qemu")
software_libvirt() { need_packages "${LIBVIRT_PACKAGES[@]}"; }

# DPDK is unpacked in the cache, because its package would install two hundred others.
software_dpdk() {
    [[ -d $cache/dpdk ]] || say "fetching DPDK, once"
    fill_once "$cache/dpdk" dpdk_fill
}

dpdk_fill() {
    local dir=$1 suite=bookworm linked names
    apt_prepare "$dir/.apt" "$suite" || return 1
    # The libraries of its programs without those of its headers, and the drivers of the lab's NICs,
    # which are loaded by name.
    mapfile -t linked < <(private_apt "$dir/.apt" "$suite" \
        apt-cache show --no-all-versions dpdk-dev | sed -n 's/^Depends: //p' |
        grep -o 'librte-[a-z0-9-]*' | sort -u)
    (( ${#linked[@]} )) || return 1
    mapfile -t names < <(private_apt "$dir/.apt" "$suite" apt-cache depends --recurse --important \
        "${linked[@]}" librte-net-e1000-23 |
        grep -Ex -e 'librte-.*|ibverbs-providers' \
            -e 'lib(ibverbs1|nl-[a-z0-9-]*|numa1|fdt1|jansson4|bsd0|md0|elf1|pcap0.8|dbus-1-3)' |
        sort -u)
    unpack_packages "$dir" "$suite" dpdk-dev "${names[@]}"
}

# podman is unpacked as well, because its package would install a network of its own. Its rarer
# libraries come with it.
software_podman() {
    [[ -d $cache/podman ]] || say "fetching podman, once"
    fill_once "$cache/podman" podman_fill
}

podman_fill() {
    unpack_packages "$1" bookworm podman conmon crun libsubid4 libgpgme11 libassuan0 libyajl2 \
        libdevmapper1.02.1 libseccomp2
}
