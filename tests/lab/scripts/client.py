# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of the bus interface for the scripts here: calls, descriptors, signals and checks."""

import os
import subprocess
import sys
import time

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

NAME = "org.devgroups1"
ROOT = "/org/devgroups1"
ERROR = NAME + ".Error."

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
failures = 0


def check(name, good, why=""):
    """Prints one line, in the format of the shell scripts."""
    global failures
    if good:
        print("ok", name, flush=True)
    else:
        failures += 1
        print(f"not ok {name}: {why}", flush=True)


def kernel_log():
    """Returns the end of the kernel's log, with the stacks of all tasks blocked in the kernel."""
    with open("/proc/sysrq-trigger", "w", encoding="ascii") as trigger:
        trigger.write("w")
    log = subprocess.run(["dmesg"], check=False, stdout=subprocess.PIPE).stdout.decode(
        errors="replace"
    )
    return "\n".join(["--- the kernel said", *log.splitlines()[-100:]])


def finish():
    if failures:
        print(kernel_log())
        print("--- the daemon said")
        print(open("/run/lab/devgroupd.log", encoding="utf-8").read(), flush=True)
    sys.exit(failures > 0)


def until(condition, seconds=60):
    """Runs the main loop until the condition holds; the time is a deadline, not a measure.

    Between two looks at the condition it sleeps until a message comes, but at most 50 ms, and only
    then: on the one emulated processor it would keep the others from their work.
    """
    context = GLib.MainContext.default()
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        timer = GLib.timeout_source_new(50)
        timer.set_callback(lambda *_: False)
        timer.attach(context)
        context.iteration(True)
        while context.iteration(False):
            pass
        timer.destroy()
    return True


def settled(read_state, seconds=60):
    """Returns the state once it was the same ten times in a row; at the deadline, the last one."""
    seen = []

    def is_settled():
        seen.append(read_state())
        return len(seen) >= 10 and all(one == seen[-1] for one in seen[-10:])

    check("the daemon is idle", until(is_settled, seconds), seen[-3:])
    return seen[-1]


class Client:
    """A connection of its own to the system bus."""

    def __init__(self):
        self.bus = dbus.SystemBus(private=True)
        self.bus.set_exit_on_disconnect(False)
        self.manager = self.interface(ROOT, "Manager")

    def interface(self, path, name):
        return dbus.Interface(self.bus.get_object(NAME, path, introspect=False), f"{NAME}.{name}")

    def get(self, path, interface, name):
        properties = dbus.Interface(
            self.bus.get_object(NAME, path, introspect=False), dbus.PROPERTIES_IFACE
        )
        return properties.Get(f"{NAME}.{interface}", name)

    def group(self, name, what):
        return self.get(self.manager.GetGroup(name), "Group", what)

    def state(self, name):
        return str(self.group(name, "State"))

    def claim(self, name, **options):
        """Returns the lease's path and [(kind, name, fd)]; the caller owns the descriptors."""
        lease, fds = self.manager.Claim(name, dbus.Dictionary(options, signature="sv"), timeout=120)
        return str(lease), take(fds)

    def take_rest(self, lease, fds):
        """Takes the descriptors that did not fit into the reply; returns the number of all."""
        total = int(self.get(lease, "Lease", "FdCount"))
        while len(fds) < total:
            fds += take(self.interface(lease, "Lease").TakeFds(dbus.UInt32(len(fds))))
        return total

    def release(self, name, **options):
        self.manager.Release(name, dbus.Dictionary(options, signature="sv"), timeout=120)

    def listen(self, handler, **match):
        self.bus.add_signal_receiver(
            handler, bus_name=NAME, path_keyword="path", member_keyword="member", **match
        )

    def close(self):
        self.bus.close()


def take(fds):
    return [(str(kind), str(name), fd.take()) for kind, name, fd in fds]


def close_all(fds):
    for _, _, fd in fds:
        os.close(fd)


def error_of(call, *arguments, **options):
    """Returns the D-Bus error name of the call and its text; ("", "") if the call succeeds."""
    try:
        call(*arguments, **options)
    except dbus.DBusException as error:
        return error.get_dbus_name(), error.get_dbus_message()
    return "", ""


def give_back(address, driver):
    """Puts a device that the script has left with another driver, or with none, back on its host
    driver, for the next script of this guest. Without a host driver, @driver is None."""
    place = f"/sys/bus/pci/devices/0000:{address}"
    for file, text in (
        (f"{place}/driver/unbind", f"0000:{address}"),
        (f"{place}/driver_override", "\n"),
        ("/sys/bus/pci/drivers_probe", f"0000:{address}"),
    ):
        if os.path.exists(file):
            with open(file, "w", encoding="ascii") as out:
                out.write(text)
    link = f"{place}/driver"
    name = driver or "driver"  # as of the link that does not exist
    check(
        f"the host has {address} back",
        until(lambda: os.path.basename(os.path.realpath(link)) == name),
    )
