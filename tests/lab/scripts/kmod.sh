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
