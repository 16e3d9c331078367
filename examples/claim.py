#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""claim.py GROUP [COMMAND...]: claims a group over D-Bus, and runs COMMAND with its descriptors.

Prints the descriptors first. COMMAND needs no privilege and opens no path: all
descriptors come over the bus, and DEVGROUPS_FDS lists their numbers. The claim ends with the last
process that has them, however it ends. Needs python3-dbus.
"""

import json
import os
import subprocess
import sys

import dbus

NAME, ROOT = "org.devgroups1", "/org/devgroups1"


def claim(bus, group):
    """Claims @group and returns all descriptors of the claim: [(kind, name, number)]."""
    manager = dbus.Interface(bus.get_object(NAME, ROOT), NAME + ".Manager")
    # The daemon has deadlines of its own: binding a driver may take a while.
    lease, fds = manager.Claim(group, {"label": "claim.py"}, signature="sa{sv}", timeout=600)
    lease = bus.get_object(NAME, lease)
    total = lease.Get(NAME + ".Lease", "FdCount", dbus_interface=dbus.PROPERTIES_IFACE)
    # A message carries twelve at most; TakeFds returns the others.
    while len(fds) < total:
        fds += lease.TakeFds(dbus.UInt32(len(fds)), dbus_interface=NAME + ".Lease")
    return [(str(kind), str(name), fd.take()) for kind, name, fd in fds]


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: claim.py GROUP [COMMAND...]")
    group, command = sys.argv[1], sys.argv[2:]
    try:
        fds = claim(dbus.SystemBus(), group)
    except dbus.DBusException as error:
        sys.exit(f"claim.py: {error.get_dbus_message()}")
    for kind, name, fd in fds:
        print(f"{fd}: {kind} {name} ({os.readlink(f'/proc/self/fd/{fd}')})", flush=True)
    if not command:
        return 0
    numbers = [fd for _, _, fd in fds]
    listed = [{"fd": fd, "kind": kind, "name": name} for kind, name, fd in fds]
    environment = {**os.environ, "DEVGROUPS_FDS": json.dumps(listed)}
    return subprocess.run(command, pass_fds=numbers, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
