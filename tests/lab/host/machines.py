# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machines of QEMU, with the settings that do not depend on a topology."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    arch: str
    arguments: tuple
    command_line: tuple
    slot: str  # the slot of the lab's own devices, which no topology uses
    virtio: str = ""  # more properties of these devices


MACHINES = {
    "q35": Machine(
        "amd64",
        # Without five levels of page tables, and with a kernel that copies eight bytes at a time:
        # QEMU emulates "rep movsb" byte by byte.
        ("-nodefaults", "-machine", "q35,kernel-irqchip=off", "-cpu", "max,-la57,-erms,-fsrm",
         "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"),
        # Devices of the chipset that no test uses, and whose modules take seconds to load.
        ("console=ttyS0", "modprobe.blacklist=ahci,i2c_i801,lpc_ich,iTCO_wdt"),
        "bus=pcie.0,addr=0x1e"),
    "virt": Machine(
        "arm64",
        ("-nodefaults", "-machine", "virt,gic-version=3,iommu=smmuv3", "-cpu", "cortex-a57"),
        ("console=ttyAMA0",), "bus=pcie.0,addr=0x1e"),
    # With -nodefaults powernv9 has no PCI host bridge. Each of its bridges has one slot, and there
    # is no I/O space.
    "powernv9": Machine(
        "ppc64le", ("-machine", "powernv9", "-nic", "none", "-vga", "none"),
        ("console=hvc0",), "bus=pcie.0,addr=0x0", ",disable-legacy=on"),
    "pseries": Machine(
        "ppc64le", ("-nodefaults", "-machine", "pseries", "-cpu", "power9"),
        ("console=hvc0",), "bus=pci.0,addr=0x1e"),
}
