# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the guest's initramfs.

It holds busybox, the few modules that reach the root, the guest side of the lab, and the settings
of this run. The archive is cpio in the "newc" form, written here because that needs neither root
nor another program. It is not compressed: QEMU passes it at memory speed, while an emulated
processor unpacks slowly.
"""

import lzma
import os
import stat
import subprocess

# Modules that the first stage needs before it mounts the root. A module that is built in, or that
# the kernel does not have, is left out.
MODULES = ("virtio_pci", "virtio_console", "virtio_iommu", "9pnet_virtio", "9p", "overlay")


class Cpio:
    """A newc archive. A directory comes before its entries."""

    def __init__(self, stream):
        self.stream = stream
        self.inode = 0
        self.directories = set()

    def _entry(self, name, mode, data):
        self.inode += 1
        raw = os.fsencode(name) + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        self.stream.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def directory(self, name):
        parent = os.path.dirname(name)
        if parent and parent not in self.directories:
            self.directory(parent)
        if name not in self.directories:
            self.directories.add(name)
            self._entry(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o644):
        self.directory(os.path.dirname(name) or ".")
        self._entry(name, stat.S_IFREG | mode, data)

    def end(self):
        self._entry("TRAILER!!!", 0, b"")


def module_order(kernel, release):
    """Returns the paths of the modules to load, each after those it depends on."""
    tree = os.path.join(kernel, "usr/lib/modules", release)
    depends = {}
    try:
        with open(os.path.join(tree, "modules.dep"), encoding="utf-8") as lines:
            for line in lines:
                path, _, rest = line.partition(":")
                depends[path] = rest.split()
    except FileNotFoundError:
        return []
    by_name = {os.path.basename(path).split(".ko")[0].replace("-", "_"): path for path in depends}
    order = []

    def add(path):
        if path not in order:
            for other in reversed(depends[path]):
                add(other)
            order.append(path)

    for name in MODULES:
        if name in by_name:
            add(by_name[name])
    return [os.path.join(tree, path) for path in order]


def module_bytes(path):
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    with open(path, "rb") as stream:
        data = stream.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def add_tree(cpio, source, target):
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        if os.path.isdir(path):
            add_tree(cpio, path, f"{target}/{name}")
        elif not name.endswith("~"):
            with open(path, "rb") as stream:
                cpio.file(f"{target}/{name}", stream.read(),
                          0o755 if os.access(path, os.X_OK) else 0o644)


def write(path, kernel, release, busybox, guest, settings):
    """Writes the archive. @guest is the directory of the guest's programs, @settings its files."""
    with open(path, "wb") as stream:
        cpio = Cpio(stream)
        for name in ("dev", "proc", "sys", "new", "layers"):
            cpio.directory(name)
        with open(busybox, "rb") as program:
            cpio.file("bin/busybox", program.read(), 0o755)
        names = []
        for number, module in enumerate(module_order(kernel, release)):
            names.append(f"{number:02}-{os.path.basename(module).split('.ko')[0]}.ko")
            cpio.file(f"modules/{names[-1]}", module_bytes(module))
        cpio.file("modules/order", "".join(f"{name}\n" for name in names).encode())
        add_tree(cpio, guest, "lab/guest")
        for name, data in settings.items():
            cpio.file(f"lab/set/{name}", data)
        with open(os.path.join(guest, "first"), "rb") as program:
            cpio.file("init", program.read(), 0o755)
        cpio.end()
