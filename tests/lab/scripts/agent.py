# SPDX-License-Identifier: LGPL-2.1-or-later
"""A polkit agent for one process, run as root: agent.py PID accept|refuse|hang.

Prints "ready", then each request."""

import sys

import dbus
import dbus.service
from client import until

AUTHORITY = "org.freedesktop.PolicyKit1"
OBJECT = "/org/devgroups/test/agent"


def start_time(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return int(stat.read().rsplit(")", 1)[1].split()[19])


class Agent(dbus.service.Object):
    def __init__(self, bus, authority, mode):
        super().__init__(bus, OBJECT)
        self.authority, self.mode = authority, mode

    @dbus.service.method(
        AUTHORITY + ".AuthenticationAgent",
        in_signature="sssa{ss}sa(sa{sv})",
        async_callbacks=("reply", "fail"),
    )
    def BeginAuthentication(self, action, message, icon, details, cookie, identities, reply, fail):
        print("asked", action, "|", message, flush=True)
        if self.mode == "hang":
            return
        if self.mode == "accept":
            self.authority.AuthenticationAgentResponse2(
                dbus.UInt32(0), cookie, identities[0], dbus_interface=AUTHORITY + ".Authority",
                reply_handler=reply, error_handler=fail)
            return
        reply()

    @dbus.service.method(AUTHORITY + ".AuthenticationAgent", in_signature="s")
    def CancelAuthentication(self, cookie):
        print("cancelled", flush=True)


pid, mode = int(sys.argv[1]), sys.argv[2]
bus = dbus.SystemBus()
authority = bus.get_object(AUTHORITY, "/org/freedesktop/PolicyKit1/Authority", introspect=False)
agent = Agent(bus, authority, mode)
subject = (
    "unix-process",
    dbus.Dictionary(
        {
            "pid": dbus.UInt32(pid),
            "start-time": dbus.UInt64(start_time(pid)),
            "uid": dbus.Int32(1000),
        },
        signature="sv",
    ),
)
authority.RegisterAuthenticationAgent(subject, "C", OBJECT, dbus_interface=AUTHORITY + ".Authority")
print("ready", flush=True)
until(lambda: False, 120)
