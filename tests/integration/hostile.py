# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attacks by two users: bob, who may claim nothing, and alice, who may claim nic0 alone. While they
attack, carol claims and releases a group of hers in a loop. Each kind of attack is a test:

    attack("a label of 1 MiB", lambda me: me.claim("nic0", label="x" * 2**20), BAD)
    begin()
    run()     # as bob, then as alice, and ends the test

What an attack returns, or the name of the error that it gets, must match its last argument.
"""

import json
import os
import re
import signal
import subprocess
import time

import dbus
import harness
from harness import ERROR, NAME, ROOT, TREE, WORK, Client, check, close_all, sh, until

BUS, BUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
DENIED = re.escape(f"{BUS}.Error.AccessDenied")
BAD = re.escape(f"{ERROR}BadOption")
LIMIT = re.escape(f"{BUS}.Error.LimitsExceeded")
NONE = re.escape(ERROR) + "NoSuch(Group|Device)"
# An error of this interface, of the bus, or of the library that makes the call.
REFUSED = r"(org\.|library: ).*"
HARMLESS = r"(?s).*"
USERS = {"alice": 1000, "bob": 1001, "carol": 1002}
GROUPS = """
    "nic0": { "devices": ["0000:01:00.0"], "access": { "users": ["alice"] } },
    "disk": { "devices": ["0000:05:00.0"], "access": { "users": ["carol"] } },
    "igb0": { "devices": ["0000:02:00.0"] }"""
EMPTY = dbus.Dictionary({}, signature="sv")
# Characters that a terminal acts on, or shows in another place.
UNSAFE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

attacks = []
daemon = None


def attack(name, function, answer=REFUSED):
    attacks.append((name, function, answer))


def become(user):
    """Makes this process one of the user's, which the daemon sees in /proc."""
    os.symlink(f"/proc/{os.getpid()}", f"{TREE}/proc/{os.getpid()}")
    os.setgroups([])
    os.setresgid(USERS[user], USERS[user], USERS[user])
    os.setresuid(USERS[user], USERS[user], USERS[user])


def fork(user, work):
    """Starts work() in a process of the user's. Returns its pid, and a file with its result."""
    result, into = os.pipe()
    pid = os.fork()
    if pid:
        os.close(into)
        return pid, os.fdopen(result)
    try:
        become(user)
        answer = json.dumps(work())
    except BaseException as error:  # pylint: disable=broad-exception-caught
        answer = json.dumps([["the attacker's own program", f"{type(error).__name__}: {error}"]])
    os.write(into, answer.encode())
    os._exit(0)


def answer_of(function, client):
    """Returns what an attack returns, or the name of its error."""
    try:
        return str(function(client) or "")
    except dbus.DBusException as error:
        return error.get_dbus_name()
    except (ValueError, TypeError, OverflowError) as error:
        return f"library: {error}"


def attack_all():
    results = []
    for name, function, _ in attacks:
        client = Client()
        results.append([name, answer_of(function, client)])
        client.close()
    return results


# --- carol
def claim_in_a_loop():
    """Returns the number of claims, the longest in seconds, and the errors."""
    ended, times, errors = [], [], []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    client = Client()
    while not ended:
        began = time.monotonic()
        try:
            _, fds = client.claim("disk", wait=dbus.UInt64(60 * 10**6))
            times.append(time.monotonic() - began)
            close_all(fds)
            client.release("disk", wait=dbus.UInt64(60 * 10**6))
        except dbus.DBusException as error:
            if error.get_dbus_name() != f"{ERROR}NotHolder":  # the lease has ended already
                errors.append(str(error))
        time.sleep(0.1)
    return [len(times), max(times, default=0), errors]


# --- the proof
def daemon_pid():
    with open(f"{WORK}/devgroupd.pid", encoding="ascii") as file:
        return int(file.read())


def memory_of_daemon():
    """Returns the KiB that it uses, 0 with a sanitizer, which keeps what is freed for a while."""
    with open(f"/proc/{daemon}/maps", encoding="utf-8") as maps:
        if "libasan" in maps.read():
            return 0
    with open(f"/proc/{daemon}/status", encoding="utf-8") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def ctl(*words, user=None):
    """Returns the status and the output of devgroupctl."""
    command = ["devgroupctl", "--no-pager", "--no-ask-password", *words]
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        preexec_fn=(lambda: become(user)) if user else None,
    )
    return result.returncode, result.stdout.decode(errors="surrogateescape")


def is_clean(text):
    return not UNSAFE.search(text) and not re.search("[\ud800-\udfff]", text)


LISTINGS = (["list"], ["--json=short", "list"], ["status", "nic0"], ["status"], ["explain", "nic0"])


def check_listings(what, user=None):
    """Checks that all listings work, and have nothing that a terminal acts on."""
    for words in LISTINGS:
        status, text = ctl(*words, user=user)
        if status not in (0, 3) or not is_clean(text):
            check(f"{what}: devgroupctl {' '.join(words)}", False, f"exit {status}: {text!r}")
            return
    check(f"{what}: the listings work and are clean", True)


def check_unharmed(what):
    check(f"{what}: the daemon is the same", daemon_pid() == daemon)
    client = Client()
    for group in ("nic0", "igb0"):
        good = until(lambda group=group: client.state(group) == "available", 30)
        check(f"{what}: {group} is available", good, client.state(group))
    client.close()
    check_listings(what)
    memory = memory_of_daemon()
    check(f"{what}: the daemon has less than 64 MiB", memory < 64 * 1024, f"{memory} KiB")
    with open(f"{WORK}/devgroupd.log", encoding="utf-8", errors="surrogateescape") as log:
        lines = [line for line in log.read().splitlines() if not is_clean(line)]
        check(f"{what}: the log is clean", not lines, lines[:3])


def check_comes_back(user):
    """Checks that a daemon that is killed amid the attacks comes back, and gives back."""
    global daemon
    holder = Client()
    _, fds = holder.claim("nic0")
    pid, result = fork(user, attack_all)
    sh("stop_daemon -KILL; start_daemon")
    daemon = daemon_pid()
    close_all(fds)
    holder.close()
    result.read()
    os.waitpid(pid, 0)
    client = Client()
    good = until(lambda: client.state("nic0") == "available", 30)
    check(f"killed while {user} attacks, the daemon gives back", good, client.state("nic0"))
    check("and the device is with its host driver", sh("driver 01:00.0") == "e1000e")
    client.close()


def begin(options="", groups=GROUPS):
    """Starts everything. Skips the test where all users are one."""
    global daemon
    if os.environ.get("DEVGROUPS_ONE_USER"):
        print("this needs several users")
        raise SystemExit(77)
    harness.start(options)
    harness.define(groups)
    daemon = daemon_pid()


def run(killed=True, finally_do=None):
    """Runs the attacks as both users, then what is given, and ends the test."""
    carol, loop = fork("carol", claim_in_a_loop)
    for user in ("bob", "alice"):
        pid, result = fork(user, attack_all)
        results = json.load(result)
        os.waitpid(pid, 0)
        check(f"all attacks of {user} were made", len(results) == len(attacks), results[-1:])
        for (name, _, wanted), (_, got) in zip(attacks, results):
            check(f"{user}: {name}", re.fullmatch(wanted, got), got[:300])
        check_unharmed(f"after {user}")
    os.kill(carol, signal.SIGTERM)
    count, longest, errors = json.load(loop)
    os.waitpid(carol, 0)
    check("no claim of carol's failed", count and not errors, errors[:3])
    print(f"carol made {count} claims, the longest took {longest:.2f} s", flush=True)
    if finally_do:
        finally_do()
    if killed:
        check_comes_back("bob")
    harness.finish()
