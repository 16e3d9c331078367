# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends signals to one connection, as the user that runs it. Reads lines of JSON:
[destination, path, interface, member, signature, [values]]. Returns once the bus has them all."""

import json
import sys

import dbus
import dbus.lowlevel

bus = dbus.SystemBus()
for line in sys.stdin:
    destination, path, interface, member, signature, values = json.loads(line)
    message = dbus.lowlevel.SignalMessage(path, interface, member)
    message.set_destination(destination)
    message.append(signature=signature, *values)
    bus.send_message(message)
bus.get_unix_user(bus.get_unique_name())  # the bus handles the messages of a connection in order
