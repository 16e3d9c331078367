# SPDX-License-Identifier: LGPL-2.1-or-later
"""The groups in sysfs, as the kernel and as the module have them."""

import os

PCI, ROOT = "/sys/bus/pci/devices", "/sys/devgroups"
KERNEL = "/sys/kernel/iommu_groups"


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def group_of(address):
    return os.path.basename(os.readlink(f"{PCI}/0000:{address}/iommu_group"))


def groups(root):
    """Returns {group: devices} of the kernel or of the module; None for a group that goes."""
    below, found = "devices" if root == KERNEL else "members", {}
    for name in os.listdir(root):
        if name.isdigit():
            try:
                found[name] = sorted(os.listdir(f"{root}/{name}/{below}"))
            except OSError:
                found[name] = None
    return found


def agrees():
    """Returns whether the module has the kernel's groups, each with its devices."""
    try:
        own = groups(ROOT)
        return None not in own.values() and own == groups(KERNEL)
    except OSError:
        return False
