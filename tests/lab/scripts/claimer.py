# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends one claim as the user that runs it: claimer.py GROUP [LABEL].

Prints "asked" once the daemon has the call and works on it, then "claimed" or the error's name and
text. The claim waits in line and asks for no password; its lease ends with this process."""

import sys

import dbus
from client import Client, until

client = Client()
options = dbus.Dictionary({"wait": dbus.UInt64(60 * 10**6)}, signature="sv")
if len(sys.argv) > 2:
    options["label"] = sys.argv[2]
answers = []
client.manager.Claim(
    sys.argv[1],
    options,
    timeout=120,
    reply_handler=lambda *_: answers.append("claimed"),
    error_handler=lambda error: answers.append(
        f"{error.get_dbus_name()}: {error.get_dbus_message()}"
    ),
)
# The daemon handles the calls of a connection in their order.
client.get("/org/devgroups1", "Manager", "Version")
print("asked", flush=True)
until(lambda: answers, 120)
print(answers[0] if answers else "no answer", flush=True)
