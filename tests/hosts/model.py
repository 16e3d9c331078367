# SPDX-License-Identifier: LGPL-2.1-or-later
"""A second opinion on IOMMU groups and resets.

The rules are read here again from the kernel, and not from our C: set_pcie_port_type() and
pci_for_each_dma_alias() (drivers/pci), pci_acs_enabled() and the functions that reset
(drivers/pci/pci.c, quirks.c), pci_device_group() (drivers/iommu/iommu.c), all of Linux 7.2. A host
is a list of functions with their configuration space. The functions get their groups one by one,
in the order in which the kernel scans, each from those that have one.

Older kernels lack some rules (SINCE). NextGrouping has the rules of a series of patches that is not
merged: "Fix incorrect iommu_groups with PCIe ACS", v3, https://patch.msgid.link/
0-v3-8827cc7fc4e0+23f-pcie_switch_groups_jgg@nvidia.com.

    check-hosts uses this to compare all recorded hosts and random ones with what the product says.
"""

import json
import re
from dataclasses import dataclass, field

NEXT = (99, 0)
NEWEST = (7, 2)
# The release of Linux that brought a rule, for those that are newer than Linux 5.4. "*": all models
# of the vendor that are endpoints of the root complex; "vmd": pci_real_dma_dev().
SINCE = {
    "*": (5, 8), "vmd": (5, 6), (0x14e4, 0x1750): (6, 0),
    (0x17cb, 0x0111): (7, 0), (0x17cb, 0x0120): (7, 0),
    (0x111d, 0x80b5): (7, 0), (0x111d, 0x8090): (7, 0),
    (0x6766, 0x3d40): (6, 12), (0x6766, 0x3d41): (6, 12),
    **{(0x8086, one): (5, 6) for one in (0x2954, 0x2955, 0x2956, 0x2958, 0x2959, 0x295a)},
}

PCI_BRIDGE, CARDBUS = 1, 2
ENDPOINT, LEGACY, ROOT_PORT, UPSTREAM, DOWNSTREAM, TO_PCI, FROM_PCI, RC_END, RC_EC = (
    0, 1, 4, 5, 6, 7, 8, 9, 10,
)
ACS_WANTED = 0x1d  # source validation, request and completion redirection, upstream forwarding
INTEL = 0x8086

# drivers/pci/quirks.c, as far as the hosts have the models; tests/check-quirks compares all.
# pci_quirk_mf_endpoint_acs(), pci_quirk_qcom_rp_acs()
FUNCTIONS_ISOLATE = {(INTEL, 0x10c9), (INTEL, 0x1521), (INTEL, 0x10fb), (0x14e4, 0x1750)}
PORTS_ISOLATE = {(0x17cb, 0x0111), (0x17cb, 0x0120)}
# pci_quirk_intel_pch_acs_ids[], and those of pci_quirk_intel_spt_pch_acs_match(), whose
# registers are 32 bits wide
PCH_PORTS = [range(0x1c10, 0x1c20), range(0x1e10, 0x1e20), range(0x8c10, 0x8c20),
             range(0x9c10, 0x9c1c), range(0x8d10, 0x8d1f)]
WIDE_PCH_PORTS = [range(0xa110, 0xa120), range(0xa167, 0xa16b),
                  range(0xa290, 0xa2a0), range(0xa2e7, 0xa2ef), range(0x9d10, 0x9d1c)]
# pci_quirk_amd_sb_acs(): multifunction devices on the root bus
AMD_SOUTHBRIDGE = {(0x1002, one) for one in (0x4385, 0x439c, 0x4383, 0x439d, 0x4384, 0x4399)}
# pci_disable_broken_acs_cap(): source validation does not work
BROKEN_VALIDATION = {(0x111d, 0x80b5), (0x111d, 0x8090)}
# quirk_dma_func0_alias(), quirk_dma_func1_alias()
ALIAS_FUNCTION_0 = {(0x1180, 0xe832), (0x1180, 0xe476), (0x6766, 0x3d40), (0x6766, 0x3d41)}
ALIAS_FUNCTION_1 = {(0x1b4b, 0x9230), (0x1b4b, 0x9172), (0x1b4b, 0x9128), (0x197b, 0x2392)}
# quirk_pex_vca_alias(): functions 0 to 4 of every slot
ALIAS_ALL_SLOTS = {(INTEL, 0x2954), (INTEL, 0x2955), (INTEL, 0x2956), (INTEL, 0x2958),
                   (INTEL, 0x2959), (INTEL, 0x295a)}
# quirk_fixed_dma_alias: Adaptec 3405 sends as 01.0
ALIAS_SLOT_1 = {(0x9005, 0x0285)}
VMD = {0x201d, 0x28c0, 0x467f, 0x4c3d, 0xa77f, 0x7d0b, 0xad0b, 0x9a0b, 0xb60b, 0xb06f, 0xb07f}


@dataclass(eq=False)
class Function:
    """One function, as the kernel has it after it was scanned."""
    domain: int
    bus: int
    devfn: int
    config: bytes
    vendor: int = 0
    device: int = 0
    above: "Function" = None  # the bridge above its bus
    physfn: "Function" = None
    owner: "Function" = None  # pci_real_dma_dev()
    type: int = None  # of PCI Express; None: conventional
    group: int = None
    scanned: list = field(default_factory=list)

    def __repr__(self):
        return f"{self.domain:04x}:{self.bus:02x}:{self.devfn >> 3:02x}.{self.devfn & 7}"

    def number(self, at, size):
        """Reads a number; None: it was not recorded."""
        data = self.config[at:at + size]
        return int.from_bytes(data, "little") if len(data) == size else None

    @property
    def header(self):
        return (self.number(0x0e, 1) or 0) & 0x7f

    @property
    def is_bridge(self):
        return self.header in (PCI_BRIDGE, CARDBUS)

    @property
    def multifunction(self):
        """pci_scan_slot() sets it for all functions above 0."""
        if self.physfn:
            return False
        return bool((self.number(0x0e, 1) or 0) & 0x80) or self.devfn & 7 != 0

    def capability(self, wanted):
        at = self.number(0x34, 1) if (self.number(6, 2) or 0) & 0x10 else 0
        for _ in range(48):
            at = (at or 0) & 0xfc
            if at < 0x40:
                return None
            if self.number(at, 1) == wanted:
                return at
            at = self.number(at + 1, 1)
        return None

    def extended(self, wanted):
        at = 0x100
        for _ in range(960):
            head = self.number(at, 4)
            if not head or head == 0xffffffff:
                return None
            if head & 0xffff == wanted:
                return at
            at = head >> 20 & 0xffc
            if at < 0x100:
                return None
        return None


# --- reading


def parse_lspci(text):
    """Returns the functions of a dump of "lspci -xxxx"."""
    functions, current, data = [], None, bytearray()

    def finish():
        if current:
            functions.append(Function(*current[:3], bytes(data), *current[3:]))
    for line in text.split("\n"):
        head = re.match(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7]) ", line)
        row = re.match(r"([0-9a-f]{2,3}): ((?:[0-9a-f]{2} ?)+)$", line)
        if row and current:
            if int(row[1], 16) == len(data):
                data += bytes.fromhex(row[2])
        elif head:
            finish()
            ids = re.findall(r"\b([0-9a-f]{4}):([0-9a-f]{4})\b", line[head.end():])
            current = [int(head[1] or "0", 16), int(head[2], 16),
                       int(head[3], 16) << 3 | int(head[4]),
                       *(int(word, 16) for word in (ids[-1] if ids else ("0", "0")))]
            data = bytearray()
    finish()
    for function in functions:
        if function.number(0, 2) not in (None, 0xffff):
            function.vendor, function.device = function.number(0, 2), function.number(2, 2)
    return functions


def parse_snapshot(text):
    """Returns the functions of a snapshot, and {address: its group in the kernel}."""
    functions, groups, virtual = [], {}, {}
    for device in json.loads(text)["devices"]:
        if device["bus"] != "pci":
            continue
        address = device["address"]
        domain, bus, slot, function = re.match(
            r"(\w+):(\w+):(\w+)\.(\w)", address).groups()
        functions.append(Function(
            int(domain, 16), int(bus, 16), int(slot, 16) << 3 | int(function),
            bytes.fromhex(device.get("config", "")).ljust(device.get("config-size", 0), b"\0"),
            int(device.get("vendor", "0"), 16),
            int(device.get("device", "0"), 16)))
        groups[address] = device.get("iommu-group")
        virtual[address] = device.get("physfn")
    found = {repr(one): one for one in functions}
    for function in functions:
        function.physfn = found.get(virtual[repr(function)])
    return functions, groups


# --- what the kernel knows after it has scanned


def link(functions):
    """Fills what follows from other functions: bridges, types, virtual functions, VMD."""
    functions.sort(key=lambda one: (one.domain, one.bus, one.devfn))
    bridges = [one for one in functions if one.header == PCI_BRIDGE]
    for one in functions:
        inner = [
            bridge for bridge in bridges
            if bridge.domain == one.domain and bridge.bus < bridge.number(0x19, 1) <= one.bus
            and one.bus <= bridge.number(0x1a, 1)
        ]
        one.above = max(inner, key=lambda bridge: bridge.number(0x19, 1), default=None)
    link_virtual(functions)
    for one in functions:
        at = one.capability(0x10)
        one.type = None if at is None else one.number(at + 2, 2) >> 4 & 15
        if one.physfn and one.type is None:
            one.type = one.physfn.type
    for one in functions:  # set_pcie_port_type(); bridges come before what is below them
        parent = one.above.type if one.above else None
        if one.type == DOWNSTREAM and parent in (ROOT_PORT, DOWNSTREAM, FROM_PCI):
            one.type = UPSTREAM
        elif one.type == UPSTREAM and parent == UPSTREAM:
            one.type = DOWNSTREAM
    link_vmd(functions)
    return functions


def link_virtual(functions):
    """The virtual functions are those at pci_iov_virtfn_bus() and _devfn()."""
    found = {(one.domain, one.bus, one.devfn): one for one in functions}
    for pf in functions:
        at = pf.extended(0x10)
        if at is None or not (pf.number(at + 8, 2) or 0) & 1:
            continue
        count, offset, stride = (pf.number(at + n, 2) or 0 for n in (0x10, 0x14, 0x16))
        for index in range(count):
            where = (pf.bus << 8 | pf.devfn) + offset + stride * index
            vf = found.get((pf.domain, where >> 8, where & 0xff))
            if vf and vf is not pf:
                vf.physfn, vf.above = pf, pf.above


def link_vmd(functions):
    """A controller makes the domains from 0x10000 on. Their bridges have memory of its windows
    (BARs 2 and 4); else they are in the order of the controllers."""
    controllers = [one for one in functions
                   if one.domain < 0x10000 and one.vendor == INTEL and one.device in VMD]
    domains = sorted({one.domain for one in functions if one.domain >= 0x10000})
    for place, domain in enumerate(domains):
        inside = [one for one in functions if one.domain == domain]
        owner = window_owner(controllers, inside)
        if not owner and len(controllers) == 1:
            owner = controllers[0]
        if not owner and len(controllers) == len(domains):
            owner = controllers[place]
        for one in inside:
            one.owner = owner


def window_owner(controllers, inside):
    for one in inside:
        base = (one.number(0x20, 2) or 0) & 0xfff0 if one.header == PCI_BRIDGE else 0
        windows = [
            (one.number(at, 8) & ~15, number)
            for number, one in enumerate(controllers) for at in (0x18, 0x20)
            if one.number(at, 8) and one.number(at, 8) & ~15 <= base << 16
        ]
        if base and windows:
            return controllers[max(windows)[1]]
    return None


# --- ACS


class Rules:
    """The version whose rules count. All below ask it."""
    version = NEWEST


def known(what):
    return SINCE.get(what, (0, 0)) <= Rules.version


def acs_flags(one):
    at = one.extended(0x0d)
    if at is None:
        return False
    control = 8 if is_pch_port(one, WIDE_PCH_PORTS) else 6
    wanted = ACS_WANTED & one.number(at + 4, 2)
    if (one.vendor, one.device) in BROKEN_VALIDATION and known((one.vendor, one.device)):
        wanted &= ~1
    return one.number(at + control, 2) & wanted == wanted


def is_pch_port(one, ranges):
    return (one.vendor == INTEL and one.type == ROOT_PORT
            and any(one.device in some for some in ranges))


def acs_enabled(one):
    model = (one.vendor, one.device)
    if model in FUNCTIONS_ISOLATE and known(model) or is_pch_port(one, PCH_PORTS):
        return True
    if model in PORTS_ISOLATE and known(model):  # pci_quirk_qcom_rp_acs()
        return True
    if model in AMD_SOUTHBRIDGE and one.multifunction and not one.above:
        return True
    if one.vendor == INTEL and one.type == RC_END and known("*"):  # pci_quirk_rciep_acs()
        return True
    if one.type is None or one.type in (TO_PCI, FROM_PCI, RC_EC):
        return False
    if one.type in (ROOT_PORT, DOWNSTREAM):
        return acs_flags(one)
    return acs_flags(one) if one.multifunction else True


def acs_path_enabled(one):
    while one:
        if not acs_enabled(one):
            return False
        one = one.above
    return True


# --- groups


def is_alias(one, other):
    """Whether one uses the address of the other, on the same bus."""
    if one.physfn or (one.domain, one.bus) != (other.domain, other.bus) or one is other:
        return False
    model, same_slot = (one.vendor, one.device), one.devfn >> 3 == other.devfn >> 3
    if not known(model):
        return False
    if model in ALIAS_FUNCTION_0:
        return same_slot and other.devfn & 7 == 0
    if model in ALIAS_FUNCTION_1:
        return same_slot and other.devfn & 7 == 1
    if model in ALIAS_SLOT_1:
        return other.devfn == 1 << 3
    return model in ALIAS_ALL_SLOTS and other.devfn & 7 < 5


class Grouping:
    def __init__(self, functions):
        self.functions, self.next = functions, 0
        self.by_bus = {}
        for one in functions:
            self.by_bus.setdefault((one.domain, one.bus), []).append(one)
        for one in self.in_scan_order():
            self.add(one)

    def in_scan_order(self):
        """All of a bus, then what is below each of its bridges; VMD probes last."""
        def scan(above, domain):
            here = [one for one in self.functions if one.above is above and one.domain == domain]
            yield from here
            for one in here:
                if one.is_bridge:
                    yield from scan(one, domain)
        for domain in sorted({one.domain for one in self.functions}):
            yield from scan(None, domain)

    def add(self, one):
        if one.owner and not known("vmd"):
            return
        group = self.find(one)
        if group is None:
            group, self.next = self.next, self.next + 1
        one.group = group

    def find(self, one):
        real = one.owner or one
        if real.group is not None:
            return real.group
        top = real
        for bridge in self.bridges(real):  # pci_for_each_dma_alias()
            if bridge.type in (ROOT_PORT, UPSTREAM, DOWNSTREAM):
                continue
            top = bridge
            if bridge.group is not None:
                return bridge.group
        for bridge in self.bridges(top):
            if acs_path_enabled(bridge):
                break
            top = bridge
            if bridge.group is not None:
                return bridge.group
        seen = set()
        group = self.alias_group(top, seen)
        return self.function_group(top, seen) if group is None else group

    @staticmethod
    def bridges(one):
        while one.above:
            one = one.above
            yield one

    def alias_group(self, one, seen):
        if one.devfn in seen:
            return None
        seen.add(one.devfn)
        if one.group is not None:
            return one.group
        for other in self.by_bus[one.domain, one.bus]:
            if not (is_alias(one, other) or is_alias(other, one)):
                continue
            group = self.alias_group(other, seen)
            if group is None:
                group = self.function_group(other, seen)
            if group is not None:
                return group
        return None

    def function_group(self, one, seen):
        if not one.multifunction or acs_enabled(one):
            return None
        for other in self.by_bus[one.domain, one.bus]:
            if other is one or other.devfn >> 3 != one.devfn >> 3 or acs_enabled(other):
                continue
            group = self.alias_group(other, seen)
            if group is not None:
                return group
        return None


# Bridges that hide their PCI Express: quirk_use_pcie_bridge_dma_alias()
HIDDEN_EXPRESS = {(0x1b21, 0x1080), (0x10e3, 0x8113), (0x1283, 0x8892), (0x1283, 0x8893),
                  (INTEL, 0x244e)}


class NextGrouping(Grouping):
    """Works bus by bus: the first that does not isolate makes a group of all below it."""
    def __init__(self, functions):
        self.widens = set()  # groups with BUS_DATA_PCI_NON_ISOLATED
        super().__init__(functions)

    def find(self, one):
        if one.owner:
            return one.owner.group
        pf = one.physfn or one
        bridge = pf.above
        if bridge and bridge.group in self.widens:
            return bridge.group
        answer = self.bus_isolated(pf) if bridge else "isolated"
        if answer == "isolated":
            return self.reachable_group(one)
        if answer == "bridge":
            self.widens.add(bridge.group)
            return bridge.group
        beside = [other.group for other in self.by_bus[one.domain, one.bus]
                  if other.group is not None]
        group = beside[0] if beside else self.next
        self.widens.add(group)
        return group

    def bus_isolated(self, one):
        """pci_bus_isolated()"""
        bridge, kind = one.above, one.above.type
        if kind is None:
            over = bridge.above
            hides = (over and over.type not in (None, TO_PCI)
                     and (bridge.vendor, bridge.device) in HIDDEN_EXPRESS)
            kind = TO_PCI if hides else None
        if kind == ROOT_PORT:
            lets = bridge.extended(0x0d) is not None and not acs_enabled(bridge)
            return "bridge" if lets else "isolated"
        if kind == DOWNSTREAM:
            return "isolated"
        if kind == UPSTREAM:
            return self.switch_isolated(self.by_bus[one.domain, one.bus])
        if kind == TO_PCI:
            return "bridge" if has_mmio(bridge) else "bus"
        return "bridge"

    @staticmethod
    def switch_isolated(ports):
        for port in ports:
            if port.type != DOWNSTREAM or any(is_alias(port, one) for one in ports):
                return "bridge"
            if not acs_enabled(port):
                return "bus"
        return "isolated"

    def reachable_group(self, one):
        """pci_get_function_group(), pci_reachable_set()"""
        beside, reached = self.by_bus[one.domain, one.bus], [one]
        for start in reached:
            reached += [other for other in beside if other not in reached
                        and same_group(start, other)]
        if len(reached) == 1:
            return None
        for other in sorted(reached, key=lambda other: other.devfn):
            if other.group is not None:
                self.widens.add(other.group)
                return other.group
        self.widens.add(self.next)
        return self.next

    def add(self, one):
        super().add(one)
        self.next = max(self.next, one.group + 1)


def has_mmio(bridge):
    bars = [bridge.number(at, 4) or 0 for at in (0x10, 0x14)]
    rom = bridge.number(0x38, 4) or 0
    return any(bar & ~15 and not bar & 1 for bar in bars) or rom >> 11 != 0


def same_group(one, other):
    """pci_devs_are_same_group()"""
    if is_alias(one, other) or is_alias(other, one):
        return True
    if one.physfn or other.physfn or one.devfn >> 3 != other.devfn >> 3:
        return False
    if one.multifunction != other.multifunction:
        return True
    return one.multifunction and any(
        each.extended(0x0d) is not None and not acs_enabled(each) for each in (one, other))


def groups(functions, version=NEWEST):
    """Returns the groups by the rules of a version, each a sorted list of addresses."""
    for one in functions:
        one.group = None
    Rules.version = version
    if version == NEXT:
        NextGrouping(functions)
    else:
        Grouping(functions)
    Rules.version = NEWEST
    found = {}
    for one in functions:
        found.setdefault(repr(one) if one.group is None else one.group, []).append(repr(one))
    return sorted(found.values())


# --- resets


def below(functions, bridge):
    first, last = bridge.number(0x19, 1), bridge.number(0x1a, 1)
    return [one for one in functions if one.domain == bridge.domain and first <= one.bus <= last]


def resets(functions, one):
    """Returns {method: the other functions that it reaches} of an endpoint."""
    found = {}
    virtual = [other for other in functions if other.physfn is one]
    at = one.capability(0x10)
    if at is not None and one.number(at + 4, 4) & 1 << 28:
        found["flr"] = virtual
    at = one.capability(0x13)
    if at is not None and one.number(at + 3, 1) & 3 == 3:
        found["af_flr"] = virtual
    at = one.capability(0x01)
    if at is not None and not one.number(at + 4, 2) & 8:
        found["pm"] = virtual
    if one.above and one.above.header == PCI_BRIDGE and not one.physfn:
        beside = [other for other in functions
                  if (other.domain, other.bus) == (one.domain, one.bus) and other is not one]
        if not beside:
            found["bus"] = [o for o in below(functions, one.above) if o is not one]
    return {method: sorted(map(repr, reached)) for method, reached in found.items()}
