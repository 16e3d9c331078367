# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: kmod-owner.py OWNER DEVICE

Reads the file OWNER of the device's group without a pause, while its driver is bound and
unbound."""

import os
import sys
import threading

ROUNDS = 12
FILE, DEVICE = sys.argv[1:]
DRIVER = os.path.realpath(f"/sys/bus/pci/devices/{DEVICE}/driver")


class Reader(threading.Thread):
    """Records each change of the file's content, with the action at the begin and at the end of
    the read."""

    def __init__(self):
        super().__init__()
        self.doing, self.over = "at rest, bound", False
        self.seen, self.reads = [], 0

    def run(self):
        while not self.over:
            before = self.doing
            with open(FILE, encoding="ascii") as stream:
                word = stream.read().strip()
            after = self.doing
            self.reads += 1
            if not self.seen or self.seen[-1] != (before, after, word):
                self.seen.append((before, after, word))


def write(path, value):
    with open(path, "w", encoding="ascii") as stream:
        stream.write(value)


def check(seen):
    """Returns the readings that are wrong, from those that lie within one action."""
    allowed = {
        "bound": (["kernel"],),
        "unbound": (["none"],),
        "bind": (["none"], ["none", "kernel"], ["kernel"]),
        "unbind": (["kernel"], ["kernel", "none"], ["none"]),
    }
    words, bad = {}, []
    for before, after, word in seen:
        if word == "user":
            bad.append(f"user while {before}")
        if before == after:
            list_ = words.setdefault(before, [])
            if not list_ or list_[-1] != word:
                list_.append(word)
    for doing, found in words.items():
        if found not in allowed[doing.split(", ")[1]]:
            bad.append(f"{doing}: {' '.join(found)}")
    return bad


def main():
    sys.setswitchinterval(0.0005)
    reader = Reader()
    reader.start()
    for number in range(ROUNDS):
        for doing, path, rest in (
            ("unbind", f"{DRIVER}/unbind", "unbound"),
            ("bind", f"{DRIVER}/bind", "bound"),
        ):
            reader.doing = f"{number}, {doing}"
            write(path, DEVICE)
            reader.doing = f"{number}, {rest}"
            reads = reader.reads
            while reader.reads < reads + 3:  # so that at least one read is at rest
                threading.Event().wait(0.001)
    reader.over = True
    reader.join()
    bad = check(reader.seen)
    print(f"{reader.reads} readings of {len(reader.seen)} kinds; wrong: {'; '.join(bad) or 'none'}")
    return bool(bad)


sys.exit(main())
