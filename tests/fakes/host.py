#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lays out a host below a directory: the files of sysfs, procfs and /dev that the daemon reads.

usage: host.py TREE [FILE]      reads words from FILE or standard input

Each line is one word and what it is about, as the method of the same name has it:

    nic 01:00.0 group=11 driver=e1000e iface=ens2

A value with commas is a list. docs/testing.md has the words. What a driver adds to its device
(interfaces, disks) is laid out as if no driver was bound: the fake kernel binds what the file
.kernel/boot lists, "BUS ADDRESS DRIVER" on each line.
"""

import inspect
import json
import os
import re
import shlex
import shutil
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
HOSTS = os.path.join(TOP, "tests", "hosts")
QUIRKS = os.path.join(TOP, "quirks.d")

# The drivers of the recorded hosts and of the words below. Those of VFIO are modules that nothing
# has loaded yet.
LOADABLE = {
    "vfio-pci": ["pci vfio-pci"],
    "vfio-platform": ["platform vfio-platform"],
    "vfio-amba": ["amba vfio-amba"],
    "mlx5_vfio_pci": ["pci mlx5_vfio_pci"],
}
ATTRIBUTES_OF_DRIVERS = ("bind", "unbind", "new_id", "remove_id", "uevent")
CLASSES = {
    "nic": 0x020000,
    "nvme": 0x010802,
    "gpu": 0x030000,
    "usb": 0x0C0330,
    "port": 0x060400,
    "bridge": 0x060400,
    "device": 0x00FF00,
}
# Devices of lab-default.json whose configuration space stands for that of a kind.
TEMPLATES = {
    "nic": "0000:01:00.0",
    "sriov": "0000:02:00.0",
    "port": "0000:00:03.0",
    "bridge": "0000:03:00.0",
    "nvme": "0000:05:00.0",
    "device": "0000:08:00.0",
}


def full(address):
    """Adds the domain to the address of a PCI function."""
    return address if address.count(":") > 1 else "0000:" + address


def recorded(name):
    with open(os.path.join(HOSTS, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


class Device:
    """One device before it is written."""

    def __init__(self, bus, address, group, driver, parent=None):
        self.bus, self.address, self.group, self.driver = bus, address, group, driver
        self.parent = parent  # address of the bridge above
        self.place = None  # below TREE, if no bridge says it
        self.drivers = [driver] if driver else []  # the host drivers that know it
        self.attributes = {}
        self.links = {}
        self.config = b""
        self.content = []  # (place in the device, links to it, its files)
        self.vfs = []

    def set_ids(self, vendor, device, subvendor=0, subdevice=0, code=0, revision=0):
        self.attributes.update(
            vendor=f"0x{vendor:04x}",
            device=f"0x{device:04x}",
            subsystem_vendor=f"0x{subvendor:04x}",
            subsystem_device=f"0x{subdevice:04x}",
            revision=f"0x{revision:02x}",
        )
        self.attributes["class"] = f"0x{code:06x}"
        self.attributes["modalias"] = (
            f"pci:v{vendor:08X}d{device:08X}sv{subvendor:08X}sd{subdevice:08X}"
            f"bc{code >> 16:02X}sc{code >> 8 & 255:02X}i{code & 255:02X}"
        )
        if len(self.config) >= 64:
            config = bytearray(self.config)
            config[0:4] = vendor.to_bytes(2, "little") + device.to_bytes(2, "little")
            config[8:12] = bytes([revision]) + code.to_bytes(3, "little")
            self.config = bytes(config)


class Host:
    """The words. Each method may be called from Python, or be a line of text."""

    def __init__(self, tree):
        self.tree = tree
        self.devices = {}
        self.release = "6.12.0-fake"
        self.features = ["group"]
        self.users = [("root", 0, [])]
        self.disks = 0
        self.mounts, self.swaps, self.unloaded = [], [], []
        self.modules = dict(LOADABLE)
        self.command_line = "quiet"

    # --- the machine ---

    def kernel(self, release, *features):
        """Has this release and features: group, cdev, iommufd."""
        self.release, self.features = release, list(features)

    def cmdline(self, *words):
        self.command_line = " ".join(words)

    def user(self, name, uid, groups=()):
        self.users.append((name, int(uid), list_of(groups)))

    def module(self, name, *drivers):
        """A module that nothing has loaded, with drivers such as "pci:foo"."""
        self.modules[name] = [driver.replace(":", " ") for driver in drivers]
        self.unloaded += [driver.rpartition(":")[2] for driver in drivers]

    # --- devices ---

    def recorded(self, name):
        """All devices of tests/hosts/NAME.json, with their groups and drivers."""
        for entry in recorded(name)["devices"]:
            self._add_recorded(entry)

    def port(self, address, group=None, driver="pcieport", below=None):
        self._pci("port", address, group, driver, below, 0x1B36, 0x000C)

    def bridge(self, address, group=None, driver=None, below=None):
        self._pci("bridge", address, group, driver, below, 0x1B36, 0x000E)

    def nic(self, address, group=None, driver=None, iface=None, below=None, **more):
        """A network card. vfs=N lets it make virtual functions."""
        vfs = int(more.pop("vfs", 0))
        ids = (0x8086, 0x10C9) if vfs else (0x8086, 0x10D3)
        kind = "sriov" if vfs else "nic"
        device = self._pci(kind, address, group, driver, below, *ids, **more)
        if iface:
            self._add_interface(device, iface)
        if vfs:
            self._add_vfs(device, vfs)

    def nvme(self, address, group=None, driver="nvme", disk=None, mount=None, below=None, **more):
        """A disk, which may be mounted."""
        device = self._pci("nvme", address, group, driver, below, 0x1B36, 0x0010, **more)
        name = disk or f"nvme{self.disks}n1"
        number = f"259:{self.disks}"
        self._add_disk(device, name, number)
        if mount:
            self.mounts.append((number, mount, "/dev/" + name))

    def device(self, address, group=None, driver=None, below=None, **more):
        """Any other function: class=030000 vendor=10de device=1234 reset=flr,bus."""
        self._pci("device", address, group, driver, below, 0x1234, 0x11E8, **more)

    def platform(self, name, group=None, driver=None, compatible=None):
        device = Device("platform", name, number_of(group), driver)
        device.place = "sys/devices/platform/" + name
        device.attributes["modalias"] = f"of:N{name}T(null)C{compatible}"
        if compatible:
            device.attributes["of_node/compatible"] = compatible + "\0"
        self._keep(device)

    def mdev(self, parent, *types):
        """Lets PARENT, a PCI function or a new virtual device, make TYPE:COUNT of each type."""
        device = self.devices.get(full(parent) if re.match(r"[0-9a-f]+:", parent) else parent)
        if not device:
            device = Device("", parent, None, None)
            device.place = f"sys/devices/virtual/{parent}/{parent}"
            self.devices[parent] = device
        for entry in types:
            name, _, count = entry.partition(":")
            base = "mdev_supported_types/" + name
            device.attributes.update(
                {
                    base + "/create": "",
                    base + "/name": name,
                    base + "/device_api": "vfio-pci",
                    base + "/available_instances": count or "1",
                    base + "/devices/": None,
                }
            )
        device.mdev_parent = True
        self.modules.setdefault("vfio_mdev", ["mdev vfio_mdev"])

    def mount(self, disk, point):
        """Mounts a disk of the host, by its name, or what is at MAJOR:MINOR."""
        self.mounts.append((disk, point, "/dev/" + disk))

    def swap(self, disk):
        self.swaps.append(disk)

    # --- parts of words ---

    def _keep(self, device):
        self.devices[device.address] = device
        return device

    def _template(self, kind):
        if not hasattr(self, "_templates"):
            self._templates = {x["address"]: x for x in recorded("lab-default")["devices"]}
        return self._templates[TEMPLATES.get(kind, TEMPLATES["device"])]

    def _port_above(self, address):
        """Finds the port whose bus this is, or makes one of its own IOMMU group."""
        bus = int(address.split(":")[1], 16)
        if bus == 0:
            return None
        for device in self.devices.values():
            if device.config[19:20] == bytes([bus]) and device.config[14] & 0x7F == 1:
                return device.address
        number = 0x10 + bus % 14
        port = full(f"00:{number:02x}.0")
        if port in self.devices:
            raise SystemExit(f"host.py: no port above {address}; say below=ADDRESS")
        self.port(port, group=900 + bus)
        self._set_bus(self.devices[port], bus)
        return port

    @staticmethod
    def _set_bus(port, bus):
        config = bytearray(port.config)
        config[18:21] = bytes([0, bus, bus])
        port.config = bytes(config)

    def _pci(self, kind, address, group, driver, below, vendor, model, **more):
        address = full(address)
        if below:
            parent = full(below)
            self._set_bus(self.devices[parent], int(address.split(":")[1], 16))
        else:
            parent = self._port_above(address)
        template = self._template(kind)
        device = Device("pci", address, number_of(group), driver, parent)
        size = int(template.get("config-size", 256))
        device.config = bytes.fromhex(template["config"]).ljust(size, b"\0")
        device.set_ids(
            int(more.pop("vendor", f"{vendor:x}"), 16),
            int(more.pop("device", f"{model:x}"), 16),
            int(more.pop("subvendor", "8086"), 16),
            int(more.pop("subdevice", "0"), 16),
            int(more.pop("class", f"{CLASSES.get(kind, 0x020000):x}"), 16),
        )
        device.attributes["resource"] = resource_text(template.get("resources", []))
        resets = list_of(more.pop("reset", "flr,bus" if kind not in ("port", "bridge") else ""))
        if resets:
            device.attributes.update(reset="", reset_method=" ".join(resets))
        device.drivers += list_of(more.pop("drivers", ""))
        if more:
            raise SystemExit(f"host.py: unknown {', '.join(more)} of {kind} {address}")
        return self._keep(device)

    def _add_recorded(self, entry):
        device = Device(
            entry["bus"],
            entry["address"],
            entry.get("iommu-group"),
            entry.get("driver"),
            entry.get("parent"),
        )
        device.place = "sys/" + entry["sysfs"] if "sysfs" in entry else None
        if device.bus == "pci":
            device.config = bytes.fromhex(entry.get("config", "")).ljust(
                int(entry.get("config-size", 0)), b"\0"
            )
            numbers = [int(entry.get(key, "0"), 16) for key in IDS]
            device.set_ids(*numbers)
            device.attributes["resource"] = resource_text(entry.get("resources", []))
        if "modalias" in entry:
            device.attributes["modalias"] = entry["modalias"]
        if not entry.get("no-reset") and device.bus == "pci":
            device.attributes.update(
                reset="", reset_method=" ".join(entry.get("reset-methods", []))
            )
        self._keep(device)
        for interface in entry.get("interfaces", []):
            kind, _, name = interface.partition("/")
            if kind == "net":
                self._add_interface(device, name)
            elif kind == "nvme":
                self._add_disk(device, name + "n1", f"259:{self.disks}")
        if entry.get("total-vfs"):
            self._add_vfs(device, entry["total-vfs"])

    @staticmethod
    def _add_interface(device, name):
        mac = "52:54:00:00:00:" + device.address[5:7]
        files = {"flags": "0x1002", "operstate": "down", "address": mac}
        device.content.append(("net/" + name, [f"sys/class/net/{name}"], files))

    def _add_disk(self, device, name, number):
        self.disks += 1
        controller = name.partition("n1")[0] if name.startswith("nvme") else name
        place = f"nvme/{controller}"
        files = {"address": device.address}
        device.content.append((place, [f"sys/class/nvme/{controller}"], files))
        links = [f"sys/class/block/{name}", f"sys/block/{name}", f"sys/dev/block/{number}"]
        files = {"dev": number, "size": "524288", "ro": "0", "holders/": None, "slaves/": None}
        device.content.append((f"{place}/{name}", links, files))

    def _add_vfs(self, pf, count):
        pf.attributes.update(
            sriov_totalvfs=str(count), sriov_numvfs="0", sriov_drivers_autoprobe="1"
        )
        bus = pf.address.rpartition(":")[0]
        for i in range(count):
            vf = Device("pci", f"{bus}:{0x10 + i // 4:02x}.{i % 4 * 2}", None, None, pf.parent)
            vf.group = 2000 + int(bus.rpartition(":")[2], 16) * 64 + i
            vf.config = bytes(256)
            config = bytearray(pf.config[:256])
            config[0:4] = b"\xff" * 4
            vf.config = bytes(config)
            vf.attributes = {k: v for k, v in pf.attributes.items() if "sriov" not in k}
            vf.attributes["device"] = "0x10ca"
            vf.attributes["resource"] = resource_text([])
            vf.drivers = ["igbvf"]
            pf.vfs.append(vf)

    # --- writing ---

    def _path(self, path):
        return os.path.join(self.tree, path)

    def _write(self, path, value, mode=0o644):
        path = self._path(path)
        if path.endswith("/"):
            os.makedirs(path, exist_ok=True)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = value if isinstance(value, bytes) else value.encode()
        if data and not isinstance(value, bytes) and not value.endswith(("\n", "\0")):
            data += b"\n"
        with open(path, "wb") as file:
            file.write(data)
        if mode != 0o644:
            os.chmod(path, mode)

    def _link(self, path, target):
        place = self._path(path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.symlink("../" * path.count("/") + target, place)

    def _node(self, path, major, minor, mode):
        """A device node: kernel.h says how one looks."""
        self._write(path, b"", mode)
        os.chmod(self._path(path), mode)
        os.utime(self._path(path), ns=(major * 10**9 + minor, major * 10**9 + minor))

    def _place(self, device):
        if device.place:
            return device.place
        if device.parent and device.parent in self.devices:
            above = self._place(self.devices[device.parent])
        else:
            above = "sys/devices/pci" + device.address.rpartition(":")[0]
        return f"{above}/{device.address}"

    def _write_content(self, device, driver):
        """What the driver adds to the device, as kernel-driver.c expects it."""
        base = f".kernel/devices/{device.address}"
        lines = []
        for place, links, files in device.content:
            for name, value in files.items():
                self._write(f"{base}/{driver}/{place}/{name}", value or "")
            lines.append(" ".join([place, *(links or ["-"])]))
        if lines:
            self._write(f"{base}/{driver}.links", "\n".join(lines))

    def _write_device(self, device, place, index):
        base = f".kernel/devices/{device.address}"
        self._write(base + "/index", str(index))
        self._write(base + "/drivers", "\n".join(device.drivers))
        if device.attributes.get("reset_method"):
            self._write(base + "/reset-methods", device.attributes["reset_method"])
        if device.driver:
            self._write_content(device, device.driver)
        attributes = {"uevent": ""}
        if device.bus:
            attributes["driver_override"] = "(null)"
        if device.bus == "pci":
            attributes.update(enable="0", power_state="D0", remove="", rescan="", numa_node="-1")
            attributes["power/control"] = "on"
        for name, value in {**attributes, **device.attributes}.items():
            self._write(f"{place}/{name}", value or "")
        if device.config:
            self._write(f"{place}/config", device.config)
        if device.bus:
            self._link(f"{place}/subsystem", f"sys/bus/{device.bus}")

    def _publish(self, device, place):
        """Links the device into its bus and group."""
        if device.bus:
            self._link(f"sys/bus/{device.bus}/devices/{device.address}", place)
        if getattr(device, "mdev_parent", False):
            self._link(f"sys/class/mdev_bus/{device.address}", place)
        if device.group is None:
            return
        group = f"sys/kernel/iommu_groups/{device.group}"
        self._link(f"{place}/iommu_group", group)
        self._link(f"{group}/devices/{device.address}", place)
        self._write(f"{group}/type", "DMA")
        self._write(
            f"{group}/reserved_regions", "0x00000000fee00000 0x00000000feefffff msi"
        )

    def _write_drivers(self):
        loaded = {}
        for device in self.devices.values():
            for driver in device.drivers:
                if driver not in self.unloaded:
                    loaded[(device.bus, driver)] = True
                self.modules.setdefault(driver, [f"{device.bus} {driver}"])
            for vf in device.vfs:
                for driver in vf.drivers:
                    self.modules.setdefault(driver, [f"pci {driver}"])
        if "vfio_mdev" in self.modules:
            loaded[("mdev", "vfio_mdev")] = True
        for bus, driver in loaded:
            for name in ATTRIBUTES_OF_DRIVERS:
                self._write(f"sys/bus/{bus}/drivers/{driver}/{name}", "")
        for name, lines in self.modules.items():
            self._write(f".kernel/modules/{name}", "\n".join(lines))

    def _write_machine(self):
        for bus in ("pci", "platform", "mdev"):
            self._write(f"sys/bus/{bus}/devices/", None)
            self._write(f"sys/bus/{bus}/drivers/", None)
            self._write(f"sys/bus/{bus}/drivers_probe", "")
            self._write(f"sys/bus/{bus}/drivers_autoprobe", "1")
        self._write("sys/bus/pci/rescan", "")
        self._write("sys/kernel/irq/24/chip_name", "IR-PCI-MSI")
        self._write("sys/module/vfio_pci/parameters/enable_sriov", "N")
        self._write("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N")
        self._write("proc/cmdline", self.command_line)
        self._write("proc/sys/kernel/osrelease", self.release)
        numbers = ["Character devices:", " 10 misc", "511 vfio"]
        if "cdev" in self.features:
            numbers.append("510 vfio-dev")
        self._write("proc/devices", "\n".join(numbers))
        self._write(f"lib/modules/{self.release}/modules.alias", "")
        self._write(f"lib/modules/{self.release}/kernel/drivers/vfio/", None)
        self._write(".kernel/config", " ".join(self.features))
        # Any user may have the kernel write here.
        self._write(".kernel/log", "", 0o666)
        for place in (".kernel/containers", ".kernel/clocks"):
            self._write(place + "/", None)
            os.chmod(self._path(place), 0o1777)
        self._write("dev/vfio/", None)
        for place in ("etc/devgroups.d", "run/devgroups.d", "usr/lib/devgroups.d"):
            self._write(place + "/", None)
        for place in ("etc/devgroups/quirks.d", "run/devgroups/quirks.d"):
            self._write(place + "/", None)
        shutil.copytree(QUIRKS, self._path("usr/lib/devgroups/quirks.d"))
        self._write("proc/", None)
        os.chmod(self._path("proc"), 0o1777)
        self._node("dev/vfio/vfio", 10, 196, 0o666)
        if "iommufd" in self.features:
            self._node("dev/iommu", 10, 127, 0o660)

    def _write_mounts(self):
        lines = ["21 1 0:1 / / rw - tmpfs none rw"]
        for number, (disk, point, source) in enumerate(self.mounts, 30):
            lines.append(f"{number} 21 {self._disk_number(disk)} / {point} rw - ext4 {source} rw")
        for place in ("proc/1/mountinfo", "proc/self/mountinfo"):
            self._write(place, "\n".join(lines))
        swaps = ["Filename Type Size Used Priority"]
        swaps += [f"/dev/{disk} partition 1000 0 -2" for disk in self.swaps]
        self._write("proc/swaps", "\n".join(swaps))

    def _disk_number(self, disk):
        for device in self.devices.values():
            for place, _, files in device.content:
                if place.endswith("/" + disk):
                    return files["dev"]
        return disk

    def _write_users(self):
        groups = {}
        lines = []
        for name, uid, extra in self.users:
            lines.append(f"{name}:x:{uid}:{uid}::/:/bin/sh")
            groups.setdefault(name, (uid, []))
            for group in extra:
                groups.setdefault(group, (600 + len(groups), []))[1].append(name)
        self._write("etc/passwd", "\n".join(lines))
        self._write(
            "etc/group",
            "\n".join(f"{name}:x:{gid}:{','.join(who)}" for name, (gid, who) in groups.items()),
        )

    def write(self):
        """Writes everything, and which drivers the fake kernel is to bind."""
        self._write_machine()
        self._write_mounts()
        self._write_users()
        self._write_drivers()
        index = 0
        for device in self.devices.values():
            place = self._place(device)
            self._write_device(device, place, index)
            self._publish(device, place)
            index += 1
            for i, vf in enumerate(device.vfs):
                kept = f".kernel/vfs/{device.address}/{i}"
                self._write_device(vf, kept + "/device", index)
                os.unlink(self._path(kept + "/device/subsystem"))
                self._write(kept + "/place", f"{vf.address} {vf.group}")
                index += 1
        lines = [f"{d.bus} {d.address} {d.driver}" for d in self.devices.values() if d.driver]
        self._write(".kernel/boot", "\n".join(lines))


IDS = ("vendor", "device", "subsystem-vendor", "subsystem-device", "class", "revision")


def list_of(value):
    return value.split(",") if isinstance(value, str) and value else list(value or ())


def number_of(value):
    return None if value in (None, "", "none") else int(value)


def resource_text(resources):
    rows = [tuple(int(x, 16) for x in row) for row in resources] + [(0, 0, 0)] * 7
    return "\n".join("0x%016x 0x%016x 0x%016x" % row for row in rows[: max(7, len(resources))])


def read_line(host, line):
    """Runs one line of text: a word, its subjects, and KEY=VALUE."""
    words = shlex.split(line, comments=True)
    if not words:
        return
    method = getattr(host, words[0].replace("-", "_"), None)
    if words[0].startswith("_") or words[0] == "write" or not inspect.ismethod(method):
        raise SystemExit(f"host.py: unknown word {words[0]}")
    positional = [word for word in words[1:] if "=" not in word or words[0] == "cmdline"]
    named = dict(word.split("=", 1) for word in words[1:] if word not in positional)
    try:
        method(*positional, **named)
    except TypeError as error:
        raise SystemExit(f"host.py: {line.strip()}: {error}") from None


def main():
    tree = sys.argv[1]
    host = Host(tree)
    with open(sys.argv[2], encoding="utf-8") if len(sys.argv) > 2 else sys.stdin as lines:
        for line in lines:
            read_line(host, line)
    host.write()


if __name__ == "__main__":
    main()
