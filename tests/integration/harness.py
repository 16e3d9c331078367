# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host for tests in Python: the words of common.sh, which a shell runs, and those of client.py.

    from harness import Client, check, finish, sh, start

    start(options="--max-leases=3")      # after host(), if the devices of the lab do not fit
    define('"nic0": { "devices": ["0000:01:00.0"] }')
    sh("fault unbind 01:00.0 EBUSY")
    ...
    finish()
"""

import atexit
import os
import shlex
import subprocess
import sys
import traceback

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TREE = os.environ["DEVGROUPS_FAKE_ROOT"]
WORK = os.path.dirname(TREE)
os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={WORK}/bus"
sys.path.insert(0, os.path.join(TOP, "tests", "lab", "scripts"))
import client  # noqa: E402
from client import (  # noqa: E402, F401
    ERROR, NAME, ROOT, Client, check, close_all, error_of, settled, take, until,
)


class Shell:
    """One shell for the whole test, so that what one command starts is there for the next."""

    def __init__(self):
        status, self.into = os.pipe()
        self.status = os.fdopen(status)
        self.process = subprocess.Popen(
            ["bash", "-s", f"{HERE}/test"], stdin=subprocess.PIPE, text=True, pass_fds=[self.into],
        )
        self.run(f"source {shlex.quote(HERE)}/common.sh")
        atexit.register(self.end)

    def run(self, text):
        """Returns the exit status and the output of commands."""
        self.process.stdin.write(
            f'{{ {text}\n}} >"{WORK}/.output" 2>&1 </dev/null\nprintf "%d\\n" $? >&{self.into}\n'
        )
        self.process.stdin.flush()
        line = self.status.readline()
        with open(f"{WORK}/.output", encoding="utf-8", errors="replace") as file:
            output = file.read()
        if not line:
            print(output)
            raise SystemExit(self.process.wait())
        return int(line), output

    def end(self):
        """Ends what the shell has started. Returns its exit status, and what it printed."""
        if self.process.poll() is not None:
            return 0, ""
        os.close(self.into)
        self.process.stdin.write(f'finish >"{WORK}/.output" 2>&1\n')
        self.process.stdin.close()
        status = self.process.wait()
        with open(f"{WORK}/.output", encoding="utf-8", errors="replace") as file:
            return status, file.read()


shell = Shell()


def sh(text):
    """Runs commands, with all words of common.sh. Returns their output; a failure is one."""
    status, output = shell.run(text)
    if status:
        check(f"the shell runs: {text}", False, f"exit {status}: {output}")
    return output.rstrip("\n")


def succeeds(text):
    """Returns whether commands succeed."""
    return shell.run(text)[0] == 0


def host(words):
    sh(f"host <<'HOST'\n{words}\nHOST")


def start(options=""):
    """Starts the bus, polkit and the daemon."""
    status, output = shell.run(f"start {options}")
    check("everything starts", status == 0 and "not ok" not in output, output)


def define(groups):
    sh(f"define {shlex.quote(groups)}")


def print_log():
    print("--- the daemon said")
    with open(f"{WORK}/devgroupd.log", encoding="utf-8", errors="replace") as log:
        print(log.read(), flush=True)


def on_exception(*what):
    """Prints an exception that ends the test, and what the daemon has to do with it."""
    traceback.print_exception(*what)
    print_log()


sys.excepthook = on_exception


def finish():
    """Ends everything and exits: with 1 if a check has failed, in this program or in the shell."""
    status, output = shell.end()
    if status and not client.failures:
        print(output)
    elif client.failures:
        print_log()
    sys.exit(bool(status or client.failures))
