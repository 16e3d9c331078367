# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes cpio archives in the "newc" form, the form of an initramfs."""

import os
import stat


class Cpio:
    """An archive. A directory comes before its entries."""

    def __init__(self, stream):
        self.stream = stream
        self.inode = 0
        self.directories = set()

    def _entry(self, name, mode, data, owner=(0, 0)):
        self.inode += 1
        raw = os.fsencode(name) + b"\0"
        fields = (self.inode, mode, *owner, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        self.stream.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def directory(self, name, mode=0o755, uid=0, gid=0):
        parent = os.path.dirname(name)
        if parent and parent not in self.directories:
            self.directory(parent)
        if name not in self.directories:
            self.directories.add(name)
            self._entry(name, stat.S_IFDIR | mode, b"", (uid, gid))

    def file(self, name, data, mode=0o644, uid=0, gid=0):
        self.directory(os.path.dirname(name) or ".")
        self._entry(name, stat.S_IFREG | mode, data, (uid, gid))

    def link(self, name, target):
        self.directory(os.path.dirname(name) or ".")
        self._entry(name, stat.S_IFLNK | 0o777, os.fsencode(target))

    def end(self):
        self._entry("TRAILER!!!", 0, b"")
