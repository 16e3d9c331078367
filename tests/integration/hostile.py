# SPDX-License-Identifier: LGPL-2.1-or-later
"""Attacks by two users: bob, who may claim nothing, and alice, who may claim nic0 alone. While they
attack, carol claims and releases a group of hers in a loop. Each kind of attack is a test:

    attack("a label of 1 MiB", lambda me: me.claim("nic0", label="x" * 2**20), BAD)
    begin()
    run()     # as bob, then as alice, and ends the test

What an attack returns, or the name of the error that it gets, must match its last argument.
"""

import ctypes
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

PR_SET_DUMPABLE = 4
libc = ctypes.CDLL(None)
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
    libc.prctl(PR_SET_DUMPABLE, 1)  # as a program that the user has started


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


def is_over_budget(error):
    """Tells whether a call was refused because the user has called too much in the last second."""
    return "share of the daemon's time" in error.get_dbus_message()


def answer_of(function, client, seconds=20):
    """Returns what an attack returns, or the name of its error. Repeats one that was refused for
    the number of calls before it."""
    end = time.monotonic() + seconds
    while True:
        try:
            return str(function(client) or "")
        except dbus.DBusException as error:
            if not is_over_budget(error) or time.monotonic() > end:
                return error.get_dbus_name()
        except (ValueError, TypeError, OverflowError) as error:
            return f"library: {error}"
        time.sleep(0.05)


def attack_all():
    results = []
    for name, function, _ in attacks:
        client = Client()
        results.append([name, answer_of(function, client)])
        client.close()
    return results


# --- carol
GONE = re.compile(
    rf"{re.escape(BUS)}\.Error\.(NoReply|ServiceUnknown|NameHasNoOwner|UnknownObject)"
)


def claim_once(out):
    """Claims, writes a line "BEGIN SECONDS", and releases."""
    began = time.monotonic()
    client = Client()  # addresses the daemon of this moment
    try:
        _, fds = client.claim("disk", wait=dbus.UInt64(60 * 10**6))
        os.write(out, f"{began} {time.monotonic() - began}\n".encode())
        close_all(fds)
        client.release("disk", wait=dbus.UInt64(60 * 10**6))
    finally:
        client.close()


def claim_in_a_loop(out, restarts):
    """Returns the errors. @restarts: the daemon is killed in between, which is none."""
    ended, errors = [], []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    while not ended:
        try:
            claim_once(out)
        except dbus.DBusException as error:
            name = error.get_dbus_name()
            # the lease may have ended before the release
            if name != f"{ERROR}NotHolder" and not (restarts and GONE.fullmatch(name)):
                errors.append(str(error))
        time.sleep(0.1)
    return errors


class Carol:
    """Carol's claims before the attacks, and during them. Her times are printed; they depend on the
    machine, so only the number of claims and their errors decide."""

    def __init__(self, restarts=False):
        self.path = f"{WORK}/.carol"
        out = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.pid, self.result = fork("carol", lambda: claim_in_a_loop(out, restarts))
        os.close(out)
        check("carol claims at rest", until(lambda: len(self.claims()) >= 5, 60))
        self.attacked = time.monotonic()

    def claims(self):
        """Returns [(begin, seconds), ...]."""
        with open(self.path, encoding="ascii") as file:
            return [tuple(map(float, line.split())) for line in file if line.endswith("\n")]

    def wait_for_more(self):
        """Returns whether she makes another claim: one was not the last."""
        count = len(self.claims())
        return until(lambda: len(self.claims()) > count, 60)

    def end(self):
        check("carol still claims", self.wait_for_more())
        os.kill(self.pid, signal.SIGTERM)
        errors = json.load(self.result)
        os.waitpid(self.pid, 0)
        check("no claim of carol's failed", not errors, errors[:3])
        rest = [seconds for began, seconds in self.claims() if began < self.attacked]
        during = [seconds for began, seconds in self.claims() if began >= self.attacked]
        late = sum(seconds > max(rest) + 1 for seconds in during)
        print(f"carol: {len(rest)} claims at rest, at most {max(rest):.2f} s; {len(during)} during "
              f"the attacks, at most {max(during):.2f} s, {late} over a second longer", flush=True)


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


# --- kill -9 of the daemon
AT_ONCE = 24


def repeat(function, fds):
    """Makes one attack again and again, each time as a new connection. Has no part in a lease."""
    def work():
        close_all(fds)
        while True:
            try:
                client = Client()
                answer_of(function, client, 0)
                client.close()
            except dbus.DBusException:  # the bus refuses another connection
                pass
            time.sleep(0.05)
    return work


def restart_amid(user, some):
    """Kills the daemon while the user makes some attacks, each from a process of its own."""
    global daemon
    holder = Client()
    _, fds = holder.claim("nic0", wait=dbus.UInt64(60 * 10**6))
    children = [fork(user, repeat(function, fds)) for _, function, _ in some]
    sh("stop_daemon -KILL; start_daemon")
    daemon = daemon_pid()
    looker = Client()  # it addresses the daemon of this moment
    state = looker.state("nic0")
    looker.close()
    close_all(fds)
    holder.close()
    sh("stop_daemon -KILL; start_daemon")
    daemon = daemon_pid()
    for pid, result in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        result.close()
    looker = Client()
    free = until(lambda: looker.state("nic0") == "available", 60)
    good = state == "claimed" and free and sh("driver 01:00.0") == "e1000e"
    why = f"{state}, then {looker.state('nic0')} with {sh('driver 01:00.0')}"
    looker.close()
    return good, why


def check_comes_back(user):
    """Kills the daemon twice amid each of the attacks: it keeps the lease of a holder that lives,
    and gives back after one that has ended."""
    for first in range(0, len(attacks), AT_ONCE):
        some = attacks[first:first + AT_ONCE]
        good, why = restart_amid(user, some)
        names = ", ".join(name for name, _, _ in some[:3])
        check(f"killed while {user} makes {len(some)} attacks ({names}...), the daemon gives back",
              good, why)


def begin(options="", groups=GROUPS):
    """Starts everything. Skips the test where all users are one."""
    global daemon
    if os.environ.get("DEVGROUPS_ONE_USER"):
        print("this needs several users")
        raise SystemExit(77)
    harness.start(options)
    harness.define(groups)
    daemon = daemon_pid()


def run(killed=("bob", "alice"), finally_do=None):
    """Runs the attacks as both users, then what is given, and ends the test. @killed: the users
    during whose attacks the daemon is killed."""
    carol = Carol()
    for user in ("bob", "alice"):
        pid, result = fork(user, attack_all)
        results = json.load(result)
        os.waitpid(pid, 0)
        check(f"all attacks of {user} were made", len(results) == len(attacks), results[-1:])
        for (name, _, wanted), (_, got) in zip(attacks, results):
            check(f"{user}: {name}", re.fullmatch(wanted, got), got[:300])
        check(f"carol claims while {user} attacks", carol.wait_for_more())
        check_unharmed(f"after {user}")
    carol.end()
    if finally_do:
        finally_do()
    for user in killed:
        check_comes_back(user)
    harness.finish()
