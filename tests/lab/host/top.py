# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that every guest has in place of those of the machine's root: users, names.

They are in the initramfs, because each program that would make them in the guest takes time there.
"""

import os
import stat

USERS = {1000: "alice", 1001: "bob", 1002: "carol"}
MACHINE_ID = b"6c61620000004000800000000000000a\n"


def read_lines(root, path):
    try:
        with open(f"{root}{path}", encoding="utf-8", errors="surrogateescape") as lines:
            return [line.rstrip("\n").split(":") for line in lines]
    except OSError:
        return []


def join(lines):
    return "".join(":".join(fields) + "\n" for fields in lines).encode(errors="surrogateescape")


def others(lines):
    """Leaves out the machine's users or groups with a name or an id of the guest's."""
    return [fields for fields in lines if fields[0] not in USERS.values()
            and not (len(fields) > 2 and fields[2].isdigit() and int(fields[2]) in USERS)]


def passwd(root):
    lines = others(read_lines(root, "/etc/passwd"))
    for number, name in USERS.items():
        lines.append([name, "x", str(number), str(number), name.capitalize(), f"/home/{name}",
                      "/bin/bash"])
    return join(lines)


def group(root):
    """carol is in the group kvm, which is made if the machine has none."""
    lines = others(read_lines(root, "/etc/group"))
    if not any(fields[0] == "kvm" for fields in lines):
        taken = {fields[2] for fields in lines if len(fields) > 2}
        lines.append(["kvm", "x", next(str(number) for number in range(999, 0, -1)
                                       if str(number) not in taken), ""])
    for fields in lines:
        if fields[0] == "kvm":
            fields[3] = ",".join([*filter(None, fields[3].split(",")), "carol"])
    return join(lines + [[name, "x", str(number), ""] for number, name in USERS.items()])


def shadow(root):
    lines = [fields for fields in read_lines(root, "/etc/shadow")
             if fields[0] not in USERS.values()]
    return join(lines + [[name, "*", "19000", "0", "99999", "7", "", "", ""]
                         for name in USERS.values()])


def closed_directories(root, script_dir):
    """Returns the directories above the script that users cannot pass, such as /root."""
    path = os.path.realpath(script_dir) if script_dir and not root else "/"
    found = []
    while path != "/":
        if not os.stat(path).st_mode & stat.S_IXOTH:
            found.append(path)
        path = os.path.dirname(path)
    return found


class Top:
    """Writes the files into an archive, below @target."""

    def __init__(self, cpio, root, target):
        self.cpio = cpio
        self.root = "" if root == "/" else root
        self.target = target

    def directory(self, path, more=0):
        """Writes a directory of the root with the same owner and mode, which it hides."""
        if path != "/":
            self.directory(os.path.dirname(path))
        name = f"{self.target}{path}".rstrip("/")
        if name in self.cpio.directories:
            return
        try:
            status = os.stat(self.root + path)
            self.cpio.directory(name, stat.S_IMODE(status.st_mode) | more, status.st_uid,
                                status.st_gid)
        except FileNotFoundError:
            self.cpio.directory(name)

    def file(self, path, data):
        """Writes a file with the owner and the mode of the root's, which it hides."""
        self.directory(os.path.dirname(path))
        try:
            status = os.stat(self.root + path)
            self.cpio.file(f"{self.target}{path}", data, stat.S_IMODE(status.st_mode),
                           status.st_uid, status.st_gid)
        except FileNotFoundError:
            self.cpio.file(f"{self.target}{path}", data)

    def link(self, path, target):
        self.directory(os.path.dirname(path))
        self.cpio.link(f"{self.target}{path}", target)

    def write(self, script_dir):
        for path in sorted(closed_directories(self.root, script_dir)):
            self.directory(path, stat.S_IXOTH)
        self.file("/etc/passwd", passwd(self.root))
        self.file("/etc/group", group(self.root))
        self.file("/etc/shadow", shadow(self.root))
        self.file("/etc/hostname", b"lab\n")
        # The machine's own file may be empty or missing, and the bus does not start without it.
        self.file("/etc/machine-id", MACHINE_ID)
        if os.path.isdir(f"{self.root}/var/lib/dbus"):
            self.link("/var/lib/dbus/machine-id", "/etc/machine-id")
        self.link("/etc/mtab", "/proc/self/mounts")
        for number, name in USERS.items():
            self.directory("/home")
            self.cpio.directory(f"{self.target}/home/{name}", 0o755, number, number)
