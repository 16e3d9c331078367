# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the guest's initramfs.

It holds busybox, the few modules that reach the root, the guest side of the lab, and the settings
of this run. It also holds the layers of the root that are in memory: the project, and the files
that guests open all the time (often.py). It is not compressed: QEMU passes it at memory speed,
while an emulated processor unpacks slowly.
"""

import lzma
import os
import shutil
import stat
import subprocess

from cpio import Cpio
from often import module_name
from top import Top

# Modules that the first stage needs before it mounts the root. For the last ones the kernel would
# start modprobe, one after another, when nvme is loaded. A module that is built in, or that the
# kernel does not have, is left out.
MODULES = ("virtio_pci", "virtio_console", "virtio_iommu", "9pnet_virtio", "9p", "overlay",
           "crct10dif_pclmul", "crct10dif_generic", "crc64_rocksoft_generic")


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
    by_name = {module_name(path): path for path in depends}
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
    """Adds a directory of files of the lab."""
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        if os.path.isdir(path):
            add_tree(cpio, path, f"{target}/{name}")
        elif not name.endswith("~"):
            with open(path, "rb") as stream:
                cpio.file(f"{target}/{name}", stream.read(),
                          0o755 if os.access(path, os.X_OK) else 0o644)


def add_layer(cpio, source, target):
    """Adds a directory with the modes of its entries, all owned by root."""
    cpio.directory(target)
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        status = os.lstat(path)
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISDIR(status.st_mode):
            cpio.directory(f"{target}/{name}", mode)
            add_layer(cpio, path, f"{target}/{name}")
        elif stat.S_ISLNK(status.st_mode):
            cpio.link(f"{target}/{name}", os.readlink(path))
        else:
            with open(path, "rb") as stream:
                cpio.file(f"{target}/{name}", stream.read(), mode)


def write(path, options, release, settings, archives):
    """Writes the initramfs of a run.

    @release is that of the kernel, @settings are files of the guest, @archives are archives to
    append.
    """
    with open(path, "wb") as stream:
        cpio = Cpio(stream)
        for name in ("dev", "proc", "sys", "new", "layers", "often"):
            cpio.directory(name)
        for name, source in (("bin/busybox", options.busybox), ("lab/watch", options.watch),
                             ("init", os.path.join(options.guest, "first"))):
            if source:
                with open(source, "rb") as program:
                    cpio.file(name, program.read(), 0o755)
        names = []
        for number, module in enumerate(module_order(options.kernel_dir, release)):
            names.append(f"{number:02}-{module_name(module)}.ko")
            cpio.file(f"modules/{names[-1]}", module_bytes(module))
        cpio.file("modules/order", "".join(f"{name}\n" for name in names).encode())
        add_tree(cpio, options.guest, "lab/guest")
        for name, data in settings.items():
            cpio.file(f"lab/set/{name}", data)
        for name in ("project", "kmod"):
            if getattr(options, name):
                add_layer(cpio, getattr(options, name), f"layers/{name}")
        Top(cpio, options.root, "top").write(options.script_dir)
        cpio.end()
        for archive in archives:
            with open(archive, "rb") as source:
                shutil.copyfileobj(source, stream, 1 << 20)
