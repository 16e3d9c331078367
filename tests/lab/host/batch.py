# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs several scripts in as few guests as they allow.

usage: batch.py --logs DIR [--script PATH:SECONDS:DAEMON]... -- SUPERVISE...

SUPERVISE is the command that runs one guest, up to "--timeout". Each guest runs lab-batch with the
scripts that are left. Prints a line "STATUS SECONDS NAME" for each script when it has ended; its
output goes into DIR/NAME. A script whose guest is lost fails, and the rest runs in a fresh guest.
"""

import argparse
import os
import secrets
import subprocess
import sys

BOOT_SECONDS = 60
LOST = 125


class Batch:
    def __init__(self, logs, scripts):
        self.logs = logs
        self.left = list(scripts)
        self.results = {}
        self.running = None
        self.log = None

    def close(self, status, seconds):
        name, self.running = self.running, None
        self.results[name] = status
        self.left = [word for word in self.left if name_of(word) != name]
        self.log.close()
        print(status, seconds, name, flush=True)

    def marked(self, words):
        """Follows one line of lab-batch."""
        if words[0] == "begin":
            self.running = words[1]
            self.log = open(os.path.join(self.logs, words[1]), "wb")  # noqa: SIM115
        elif words[0] == "end":
            self.close(int(words[2]), words[3])

    def guest(self, command):
        """Runs one guest with the scripts that are left. Returns whether any got a result."""
        mark = f"lab-batch-{secrets.token_hex(8)}"
        seconds = sum(float(word.rsplit(":", 2)[1]) + BOOT_SECONDS for word in self.left)
        before = len(self.results)
        rest = []
        with subprocess.Popen(
            [*command, f"--timeout={seconds:g}", "--", "lab-batch", mark, *self.left],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        ) as guest:
            for line in guest.stdout:
                if line.startswith(mark.encode()):
                    self.marked(line.decode().split()[1:])
                elif self.running:
                    self.log.write(line)
                else:
                    rest.append(line)
        if self.running:
            self.log.write(b"".join(rest))
            self.log.write(f"lab: the guest was lost, with status {guest.returncode}\n".encode())
            self.close(LOST, "0")
        elif len(self.results) == before:
            sys.stderr.buffer.write(b"".join(rest))
        return len(self.results) > before


def name_of(word):
    return os.path.basename(word.rsplit(":", 2)[0])


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--logs", required=True)
    parser.add_argument("--script", action="append", default=[])
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    os.makedirs(options.logs, exist_ok=True)
    batch = Batch(options.logs, options.script)
    while batch.left:
        if not batch.guest(options.command):
            print(LOST, 0, name_of(batch.left.pop(0)), flush=True)
            batch.results[None] = LOST
    return 0 if not any(batch.results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
