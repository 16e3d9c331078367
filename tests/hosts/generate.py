# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes random hosts as dumps of "lspci -xxxx": switches, bridges, multifunction devices, virtual
functions, VMD, aliases, ACS bits and wrong port types, in combinations that no machine has."""

import model

# Dumps that do not show what decides their groups, and kernels with other rules (partitionable
# endpoints, groups of platform devices, other IOMMUs).
PARTIAL = {"no-root.lspci", "part.lspci", "cut-off.lspci", "lab-bridges-verbose.lspci",
           "iommu-off.lspci"}
OTHER_RULES = {"lab-pseries.json", "lab-virtio-iommu.json", "lab-arm64-platform.json"}

BRIDGES = [(0x8086, 0x1901)] * 9 + [(0x8086, 0x244e)]
MODELS = [(0x8086, 0x15f3), (0x10de, 0x2684), (0x1022, 0x1483), (0x144d, 0xa80a), (0x15b3, 0x1017)]
ALIASES = [(0x1b4b, 0x9230), (0x1180, 0xe832), (0x8086, 0x2954), (0x8086, 0x2958), (0x197b, 0x2392)]
ISOLATING = [(0x8086, 0x10c9), (0x8086, 0x1521)]
FREE_SLOTS = [slot for slot in range(1, 31) if slot != 0x0e]  # the others are for host()
ACS = [None, (0x1d, 0x1d), (0x1d, 0x1d), (0x5f, 0x1d), (0x1d, 0x0d), (0x0d, 0x0d), (0x00, 0x00),
       (0x1d, 0x00), (0x5f, 0x5f)]


def config(random, kind, ids, header=0, multifunction=False, buses=None, acs=None, sriov=None):
    """Returns configuration space. @kind: the type of PCI Express, or None."""
    data = bytearray(4096 if kind is not None else 256)

    def put(at, size, value):
        data[at:at + size] = value.to_bytes(size, "little")
    put(0, 2, ids[0])
    put(2, 2, ids[1])
    put(4, 4, 0x00100006)
    put(9, 3, 0x060400 if header else random.choice([0x020000, 0x030000, 0x010802, 0x0c0330]))
    data[0x0e] = header | (0x80 if multifunction else 0)
    if buses:
        data[0x18:0x1b] = bytes(buses)
        put(0x10, 4, random.choice([0, 0, 0, 0, 0xf7d00000, 0xe001]))  # memory of its own, or ports
    chain = []
    if random.random() < 0.7:
        chain.append((0x01, [(2, 2, 3), (4, 2, random.choice([0, 8]))]))
    if kind is not None:
        chain.append((0x10, [(2, 2, 2 | kind << 4), (4, 4, random.choice([0, 1 << 28]))]))
    elif random.random() < 0.3:
        chain.append((0x13, [(3, 1, random.choice([0, 1, 3]))]))
    if not chain:
        data[6] = 0
    for i, (ident, fields) in enumerate(chain):
        at = 0x40 + 0x40 * i
        data[0x34 if i == 0 else at - 0x40 + 1] = at
        data[at] = ident
        for offset, size, value in fields:
            put(at + offset, size, value)
    extended = []
    if acs:
        extended.append((0x0d, [(4, 2, acs[0]), (6, 2, acs[1])]))
    if sriov:
        count, offset, stride = sriov
        extended.append((0x10, [(8, 2, 1), (0x0c, 2, count), (0x0e, 2, count), (0x10, 2, count),
                                (0x14, 2, offset), (0x16, 2, stride), (0x1a, 2, 0x1889)]))
    for i, (ident, fields) in enumerate(extended if kind is not None else []):
        at = 0x100 + 0x80 * i
        after = at + 0x80 if i + 1 < len(extended) else 0
        put(at, 4, ident | 1 << 16 | after << 20)
        for offset, size, value in fields:
            put(at + offset, size, value)
    return bytes(data)


class Host:
    def __init__(self, random):
        self.random, self.functions, self.bus = random, [], 0

    def add(self, domain, bus, devfn, **fields):
        self.functions.append((domain, bus, devfn, config(self.random, **fields)))

    def chance(self, share):
        return self.random.random() < share

    def acs(self):
        return self.random.choice(ACS)

    def devices(self, domain, bus, express, depth):
        """Fills a bus below a bridge, or a root bus (express None)."""
        slots = [0]
        if not express:
            slots = sorted(self.random.sample(FREE_SLOTS, self.random.randint(1, 4)))
        for slot in slots:
            count = self.random.choice([1, 1, 1, 2, 3]) if express is not False else 1
            several = count > 1 and self.chance(0.9)
            ids = self.ids()
            for function in range(count):
                self.function(domain, bus, slot << 3 | function, express, depth, several, ids)

    def ids(self):
        kind = self.random.random()
        if kind < 0.1:
            return self.random.choice(ALIASES)
        return self.random.choice(ISOLATING if kind < 0.15 else MODELS)

    def function(self, domain, bus, devfn, express, depth, several, ids):
        room = self.bus < 220 and depth < 6
        if room and self.chance(0.7 if express is None else 0.3 if express is False else 0.45):
            self.bridge(domain, bus, devfn, express, depth, several)
            return
        if express is None:
            kind = self.random.choice([None, model.RC_END, model.RC_END])
        elif express:
            kind = self.random.choice([model.ENDPOINT, model.ENDPOINT, model.LEGACY])
        else:
            kind = None
        sriov = None
        if kind == model.ENDPOINT and devfn & 7 == 0 and not several and self.chance(0.15):
            sriov = (self.random.randint(1, 4), 0x10, self.random.choice([1, 2]))
            for index in range(sriov[0]):
                where = (bus << 8 | devfn) + sriov[1] + sriov[2] * index
                self.add(domain, where >> 8, where & 0xff, kind=model.ENDPOINT,
                         ids=(0xffff, 0xffff))
        self.add(domain, bus, devfn, kind=kind, ids=ids, multifunction=several,
                 acs=self.acs() if kind is not None else None, sriov=sriov)

    def bridge(self, domain, bus, devfn, express, depth, several):
        self.bus += 1
        first = self.bus
        if express is None:
            kind = self.random.choice([model.ROOT_PORT] * 6 + [None, model.FROM_PCI])
        elif express:
            kind = self.random.choice([model.UPSTREAM] * 4 + [model.TO_PCI, model.TO_PCI])
        else:
            kind = self.random.choice([None, None, model.FROM_PCI])
        place = len(self.functions)
        if kind == model.UPSTREAM:
            self.switch(domain, first, depth + 1)
        else:
            self.devices(domain, first, kind in (model.ROOT_PORT, model.FROM_PCI), depth + 1)
        if kind == model.UPSTREAM and self.chance(0.1):
            kind = model.DOWNSTREAM  # it says so, and is wrong
        buses = (bus, first, self.bus)
        self.functions.insert(place, (domain, bus, devfn, config(
            self.random, kind, self.random.choice(BRIDGES), 1, several, buses,
            self.acs() if kind is not None else None)))

    def switch(self, domain, bus, depth):
        several = self.chance(0.15)  # ports that are functions of one device
        for port in range(self.random.randint(1, 4)):
            self.bus += 1
            first, place = self.bus, len(self.functions)
            devfn = port if several else port << 3
            self.devices(domain, first, True, depth + 1)
            kind = model.UPSTREAM if self.chance(0.05) else model.DOWNSTREAM
            self.functions.insert(place, (domain, bus, devfn, config(
                self.random, kind, (0x10b5, 0x8747), 1, several,
                (bus, first, self.bus), self.acs())))

    def text(self):
        lines = []
        for domain, bus, devfn, data in sorted(self.functions):
            vendor, device = data[0] | data[1] << 8, data[2] | data[3] << 8
            lines.append(f"{domain:04x}:{bus:02x}:{devfn >> 3:02x}.{devfn & 7} Device "
                         f"[{data[11]:02x}{data[10]:02x}]: X [{vendor:04x}:{device:04x}]")
            size = max(0x200 if len(data) > 256 else 0x100, 0x100)
            lines += [f"{at:02x}: {data[at:at + 16].hex(' ')}" for at in range(0, size, 16)]
            lines.append("")
        return "\n".join(lines)


def host(random):
    """Returns the dump of a random host."""
    made = Host(random)
    made.add(0, 0, 0, kind=None, ids=(0x8086, 0x3ec2))
    # An IOMMU is on, which one port with ACS shows.
    made.add(0, 0, 0xf8, kind=model.ROOT_PORT, ids=(0x8086, 0x1901), header=1,
             buses=(0, 0xff, 0xff), acs=(0x1d, 0x1d))
    made.devices(0, 0, None, 0)
    if random.random() < 0.15:
        made.add(0, 0, 0x70, kind=model.RC_END, ids=(0x8086, 0x9a0b))
        made.bus = 0
        made.devices(0x10000, 0, None, 2)
    return made.text()
