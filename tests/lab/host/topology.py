# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads topology files.

A line holds QEMU arguments, quoted as in a shell; # starts a comment. A line that does not begin
with a dash is a word of the lab:

    include FILE     the lines of another file, beside this one or else in the lab's own folder
    iommu NAME       intel (the default), amd, virtio or none; a "-device ...-iommu..." in the file
                     replaces it
    machine NAME     QEMU's machine, by default q35; see machines.py
    stream NODE ID   the IOMMU of a machine with a device tree knows the platform device NODE as ID;
                     with "msi" at the end the interrupt controller does as well
    model NODE NAME  the device tree names NODE as compatible with NAME first, then with its own
    append WORD...   more words for the kernel's command line
    kernels NAME...  the kernels on which this topology works, by default all

@RUN@ is the directory of the run, in which disk0.img ... disk3.img are empty disks of 256 MiB.
"""

import os
import re
import shlex

from machines import MACHINES

IOMMUS = {
    "intel": ["-device", "intel-iommu,intremap=on,caching-mode=on"],
    "amd": ["-device", "amd-iommu"],
    # In a slot that no topology uses. QEMU needs it before the devices behind it.
    "virtio": ["-device", "virtio-iommu-pci,addr=0x1d"],
    "none": [],
}
COMMAND_LINE = {
    "intel": ["intel_iommu=on", "iommu=nopt"],
    # With remapped interrupts the kernel finds no timer under TCG and panics.
    "amd": ["iommu=nopt", "intremap=off"],
    "virtio": ["iommu=nopt"],
    "none": [],
}


class TopologyError(Exception):
    pass


class Topology:
    def __init__(self, path, library, run):
        self.arguments = []
        self.append = []
        self.kernels = []
        self.streams = []
        self.models = []
        self.machine = "q35"
        self.iommu = None
        self.library = library
        self.run = run.replace(",", ",,")
        self._read(path, ())
        if self.iommu is None:
            own = any(re.match(r"[\w-]*iommu", word) for word in self.arguments)
            self.iommu = "none" if own or self.machine != "q35" else "intel"

    def _read(self, path, stack):
        if path in stack:
            raise TopologyError(f"{path}: includes itself")
        try:
            with open(path, encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    try:
                        self._line(shlex.split(line, comments=True), path, stack)
                    except ValueError as error:
                        raise TopologyError(f"{path}:{number}: {error}") from error
        except (OSError, UnicodeError) as error:
            raise TopologyError(f"{path}: {getattr(error, 'strerror', None) or error}") from error

    def _line(self, words, path, stack):
        if not words:
            return
        if words[0].startswith("-"):
            self.arguments += [word.replace("@RUN@", self.run) for word in words]
        elif words[0] == "include" and len(words) == 2:
            beside = os.path.join(os.path.dirname(path), words[1])
            other = beside if os.path.exists(beside) else os.path.join(self.library, words[1])
            self._read(other, stack + (path,))
        elif words[0] == "iommu" and len(words) == 2 and words[1] in IOMMUS:
            self.iommu = words[1]
        elif words[0] == "machine" and len(words) == 2 and words[1] in MACHINES:
            self.machine = words[1]
        elif words[0] == "stream" and len(words) in (3, 4) and words[3:] in ([], ["msi"]):
            self.streams.append((words[1], int(words[2], 0), len(words) == 4))
        elif words[0] == "model" and len(words) == 3:
            self.models.append(words[1:])
        elif words[0] == "append":
            self.append += words[1:]
        elif words[0] == "kernels" and len(words) > 1:
            self.kernels += words[1:]
        else:
            raise ValueError("expected a QEMU option that begins with '-', or include, iommu, "
                             "machine, stream, model, append, kernels, "
                             f"not: {' '.join(words)}")

    def qemu(self):
        return IOMMUS[self.iommu] + self.arguments

    def command_line(self):
        return COMMAND_LINE[self.iommu] + self.append
