# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the scripts about the kernel module share, on top of common.sh.

# shellcheck disable=SC2154 # of common.sh
compare() { /usr/bin/python3 -I "$top/tests/lab/scripts/kmod-compare.py"; }
dir_of() { printf '/sys/devgroups/%s' "$(iommu_group "$1")"; }
member_of() { printf '%s/members/%s' "$(dir_of "$1")" "$(basename "$(pci_place "$1")")"; }
# said ADDRESS FILE: its lines in one
said() { tr '\n' ';' <"$(member_of "$1")/$2"; }
# members ADDRESS: all devices of its group, as the module has them; none where it is not there yet
members() { find "$(dir_of "$1")/members/" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort | paste -sd ' '; }
has_members() { [[ $(members "$1") == "$2" ]]; }
# module_groups, kernel_members ADDRESS: all groups as the module has them, and one's devices as the kernel has them
module_groups() { find /sys/devgroups -type l -printf '%f\n' | sort; }
kernel_members() { find "/sys/kernel/iommu_groups/$(iommu_group "$1")/devices/" -type l -printf '%f\n' | sort | paste -sd ' '; }
# kernel_reports: what the kernel has said that it says of mistakes
kernel_reports() { dmesg | grep -E 'WARNING|BUG:|Internal error|Call Trace|duplicate|refcount' | head; }
