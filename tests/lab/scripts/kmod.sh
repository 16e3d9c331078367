# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Shared by the scripts about the kernel module, on top of common.sh.

# shellcheck disable=SC2154 # set by common.sh
sources_agree() { /usr/bin/python3 -I "$top/tests/lab/scripts/kmod-compare.py"; }
group_dir() { printf '/sys/devgroups/%s' "$(iommu_group "$1")"; }
member_dir() { printf '%s/members/%s' "$(group_dir "$1")" "$(basename "$(pci_place "$1")")"; }
# module_says ADDRESS FILE: prints the lines of the device's file in the module, joined into one.
module_says() { tr '\n' ';' <"$(member_dir "$1")/$2"; }
# members ADDRESS: prints all devices of its group as the module has them; nothing while the module
# does not have the group.
members() {
    find "$(group_dir "$1")/members/" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null |
        sort | paste -sd ' '
}
has_members() { [[ $(members "$1") == "$2" ]]; }
# module_groups: prints all groups as the module has them. kernel_members ADDRESS: prints the
# devices of its group as the kernel has them.
module_groups() { find /sys/devgroups -type l -printf '%f\n' | sort; }
kernel_members() {
    find "/sys/kernel/iommu_groups/$(iommu_group "$1")/devices/" -type l -printf '%f\n' | sort |
        paste -sd ' '
}
# kernel_reports: prints the lines of the kernel's log that report mistakes.
kernel_reports() {
    dmesg | grep -E 'WARNING|BUG:|Internal error|Call Trace|duplicate|refcount' | head
}
