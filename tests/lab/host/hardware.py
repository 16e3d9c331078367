# SPDX-License-Identifier: LGPL-2.1-or-later
"""The hardware of a running guest: speaks QMP with QEMU, and answers requests of `lab-qmp`."""

import base64
import json
import re
import time

# Words that QEMU reads as text although they may look like numbers.
TEXT = ("addr", "id", "bus", "driver", "mac", "serial", "romfile", "netdev", "drive")


def argument(name, text):
    if name in TEXT:
        return text
    if text in ("on", "true"):
        return True
    if text in ("off", "false"):
        return False
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return text


class Refused(Exception):
    """A request that is refused, with the text for the caller."""


class Hardware:
    """One QMP connection that never blocks.

    Bytes come in through received() and go out through self.out. An answer calls its callback.
    """

    def __init__(self):
        self.out = b'{"execute":"qmp_capabilities"}\n'
        self.partial = b""
        self.next_id = 0
        self.waiting = {}
        self.events = []
        self.patient = []

    def received(self, data):
        *lines, self.partial = (self.partial + data).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            message = json.loads(line)
            if "event" in message:
                self.events.append(message)
                self.look()
            elif message.get("id") in self.waiting:
                self.waiting.pop(message["id"])(message)

    def ask(self, command, arguments, callback):
        self.next_id += 1
        self.waiting[self.next_id] = callback
        message = {"execute": command, "id": self.next_id}
        if arguments:
            message["arguments"] = arguments
        self.out += json.dumps(message).encode() + b"\n"

    def shutdown_reason(self):
        for event in self.events:
            if event["event"] == "SHUTDOWN":
                return event.get("data", {}).get("reason")
        return None

    # A request of the guest is a line "REQUEST base64(WORD NUL WORD NUL ...)". Its answer is a line
    # "REQUEST STATUS base64(TEXT)".

    def question(self, line, answer):
        request, _, encoded = line.partition(b" ")

        def reply(status, text):
            answer(b"%s %d %s\n" % (request, status, base64.b64encode(text.encode())))

        try:
            words = base64.b64decode(encoded).decode().split("\0")[:-1]
            self._words(words, reply)
        except Refused as refusal:
            reply(1, f"lab-qmp: {refusal}\n")
        except ValueError as error:
            reply(1, f"lab-qmp: {error}\n")

    def _words(self, words, reply):
        if not words:
            raise Refused("no command given")
        if words[0] == "hmp":
            command = " ".join(words[1:])
            self.ask("human-monitor-command", {"command-line": command},
                     lambda m: self._hmp(m, reply))
            return
        if words[0] == "wait":
            if len(words) < 2:
                raise Refused("wait needs the name of an event")
            wanted = self._pairs(words[2:])
            seconds = wanted.pop("timeout", 30)
            self.patient.append((time.monotonic() + seconds, words[1], wanted, reply))
            self.look()
            return
        if words[0].lstrip().startswith("{"):
            message = json.loads(words[0])
            if not isinstance(message, dict) or "execute" not in message:
                raise Refused("a QMP command has the key \"execute\"")
            command, arguments = message["execute"], message.get("arguments")
        else:
            command, arguments = words[0], self._pairs(words[1:])
        self.ask(command, arguments,
                 lambda m: reply(int("error" in m),
                                 json.dumps({k: v for k, v in m.items() if k != "id"}) + "\n"))

    @staticmethod
    def _pairs(words):
        pairs = {}
        for word in words:
            name, equals, value = word.partition("=")
            if not equals:
                raise Refused(f"expected NAME=VALUE, not {word}")
            pairs[name] = argument(name, value)
        return pairs

    @staticmethod
    def _hmp(message, reply):
        """Replies with the text of the monitor. It has no status, so words tell an error."""
        if "error" in message:
            reply(1, json.dumps(message["error"]) + "\n")
            return
        text = message["return"].replace("\r\n", "\n")
        bad = re.match(r"(Error|error|unknown command|invalid|"
                       r".*: (expected|extraneous|unknown option|string expected))", text)
        reply(int(bool(bad)), text)

    def look(self):
        """Answers the requests whose event has come or whose time is up."""
        now = time.monotonic()
        for entry in list(self.patient):
            deadline, name, wanted, reply = entry
            for event in self.events:
                data = event.get("data", {})
                # QEMU names a device's id "device" in its events; both names are understood.
                known = {"id": data.get("device"), **data}
                if event["event"] == name and all(known.get(k) == v for k, v in wanted.items()):
                    self.patient.remove(entry)
                    self.events.remove(event)
                    reply(0, json.dumps(event) + "\n")
                    break
            else:
                if now > deadline:
                    self.patient.remove(entry)
                    reply(1, f"lab-qmp: no {name} came\n")

    def abandon(self):
        """Forgets all waiting requests, because the guest's side of the port was closed."""
        self.patient.clear()
