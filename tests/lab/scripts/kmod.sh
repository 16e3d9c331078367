# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Shared by the scripts about the kernel module, on top of common.sh.

# shellcheck disable=SC2154 # set by common.sh
# sources_agree [SECONDS]: waits so long for it.
sources_agree() { /usr/bin/python3 -I "$top/tests/lab/scripts/kmod-compare.py" "$@"; }
group_dir() { printf '/sys/devgroups/%s' "$(iommu_group "$1")"; }
member_dir() {
    local place
    place=$(pci_place "$1")
    printf '%s/members/%s' "$(group_dir "$1")" "${place##*/}"
}
# module_says ADDRESS FILE: prints the lines of the device's file in the module, joined into one.
module_says() {
    local lines
    mapfile -t lines <"$(member_dir "$1")/$2"
    (( ! ${#lines[@]} )) || printf '%s;' "${lines[@]}"
}
# members ADDRESS: prints all devices of its group as the module has them; nothing while the module
# does not have the group.
members() { names "$(group_dir "$1")/members"/*; }
has_members() { [[ $(members "$1") == "$2" ]]; }
# module_groups: prints all groups as the module has them. kernel_members ADDRESS: prints the
# devices of its group as the kernel has them.
module_groups() { find /sys/devgroups -type l -printf '%f\n' | sort; }
kernel_members() { names "/sys/kernel/iommu_groups/$(iommu_group "$1")/devices"/*; }
# kernel_reports: prints the lines of the kernel's log that report mistakes.
kernel_reports() {
    dmesg | grep -E 'WARNING|BUG:|Internal error|Call Trace|duplicate|refcount' | head
}
