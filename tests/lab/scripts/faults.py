# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults at every kernel operation of a claim and a release, for the scripts here. src/daemon/fault.h says how one is armed.

Each group is claimed by a process of its own that can be killed; all groups are worked on at once, and after each round the host must be what it was,
bit for bit. Nobody counts the operations: N goes up until a claim or release is over before its Nth one."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time

FAULTS = "/run/lab/faults"
RUN = "/run/devgroups"
GROUPS = {"nic0": "01:00.0", "igb": "02:00.0", "conv": "04:01.0", "nvme": "05:00.0", "edu": "08:00.0", "nic1": "09:00.0"}
DEADLINE = 120  # of every wait; it measures nothing


# --- claimers: forked from a process that has loaded everything and is on no bus yet ---------------------------------
def _claim_and_hold(group, report, options):
    import dbus
    from client import NAME, ROOT
    try:
        bus = dbus.SystemBus(private=True)
        bus.set_exit_on_disconnect(False)
        manager = dbus.Interface(bus.get_object(NAME, ROOT, introspect=False), NAME + ".Manager")
        _, fds = manager.Claim(group, dbus.Dictionary(options, signature="sv"), timeout=600)
        fds = [(str(kind), fd.take()) for kind, _, fd in fds]
    except dbus.DBusException as error:
        os.write(report, f"{error.get_dbus_name()}: {error.get_dbus_message()}".encode())
        os._exit(1)

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    os.write(report, b"claimed\n")
    signal.sigwait({signal.SIGUSR1})
    for kind, fd in fds:
        if kind != "lease":
            os.close(fd)
    os.write(report, b"dropped\n")
    while True:
        signal.pause()


def _nursery(requests, answers):
    """Forks a claimer for each line it reads: "GROUP REPORT-FIFO [OPTION=VALUE]"; answers with its pid."""
    import client  # noqa: F401  loads dbus
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with os.fdopen(requests) as lines:
        for line in lines:
            group, report, *options = line.split()
            pid = os.fork()
            if pid == 0:
                _claim_and_hold(group, os.open(report, os.O_WRONLY), dict(option.split("=") for option in options))
            os.write(answers, f"{pid}\n".encode())
    os._exit(0)


def _start_nursery():
    asked, ask = os.pipe()
    answer, answered = os.pipe()
    if os.fork() == 0:
        os.close(ask)
        os.close(answer)
        _nursery(asked, answered)
    os.close(asked)
    os.close(answered)
    return os.fdopen(ask, "w"), os.fdopen(answer)


_ask, _answer = _start_nursery()
import dbus  # noqa: E402
from client import Client, check, error_of, failures, finish, until  # noqa: E402,F401


class Claimer:
    """A process that claims a group; .said is "claimed\\n" or what the claim was refused with, and empty until then."""

    def __init__(self, group, **options):
        self.group, self.said = group, ""
        path = f"/run/lab/claimer-{group}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        os.mkfifo(path)
        self.report = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        print(group, path, *(f"{key}={value}" for key, value in options.items()), file=_ask, flush=True)
        self.pid = int(_answer.readline())

    def hear(self):
        with contextlib.suppress(BlockingIOError):
            self.said += os.read(self.report, 4096).decode()
        return self.said

    def claimed(self):
        return self.hear().startswith("claimed")

    def dropped(self):
        return "dropped" in self.hear()

    def answered(self):
        return bool(self.hear())

    def drop(self):
        """Closes all but the lease."""
        os.kill(self.pid, signal.SIGUSR1)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self):
        self.kill()
        os.close(self.report)


# --- the host, as far as a claim may change it -----------------------------------------------------------------------
def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        return errno.errorcode[error.errno]


def host_state():
    state = {}
    for name in os.listdir("/sys/bus/pci/devices"):
        device = f"/sys/bus/pci/devices/{name}"
        with contextlib.suppress(OSError):
            state[name, "driver"] = os.path.basename(os.readlink(f"{device}/driver"))
        for attribute in ("driver_override", "reset_method", "sriov_numvfs", "sriov_drivers_autoprobe"):
            if os.path.exists(f"{device}/{attribute}"):
                state[name, attribute] = _read(f"{device}/{attribute}")
    for folder in ("/dev/vfio", "/dev/vfio/devices"):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            node = os.stat(f"{folder}/{name}")
            acl = {key: os.getxattr(f"{folder}/{name}", key) for key in os.listxattr(f"{folder}/{name}")}
            state[folder, name] = (node.st_uid, node.st_gid, oct(node.st_mode), str(acl))
    state["records"] = sorted(os.listdir(RUN))
    return state


def difference(before, after):
    return {key: (before.get(key), after.get(key)) for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


class Lab:
    """The daemon with faults, and one client that looks on."""

    def __init__(self, groups=None, options=()):
        chosen = os.environ.get("LAB_FAULT_GROUPS", "").split()  # fewer, to try something out
        self.groups = dict(groups or {name: GROUPS[name] for name in chosen} or GROUPS)
        self.options = list(options)
        self.points = 0
        os.makedirs(FAULTS, exist_ok=True)
        os.makedirs("/etc/devgroups.d", exist_ok=True)
        with open("/etc/devgroups.d/10-lab.json", "w", encoding="utf-8") as out:
            out.write('{ "groups": { %s } }' % ", ".join(f'"{g}": {{ "devices": ["0000:{a}"], "accept": ["peer-to-peer"] }}' for g, a in self.groups.items()))
        for group in self.groups:
            os.mkfifo(f"{FAULTS}/{group}.fifo")
        subprocess.run(["modprobe", "vfio-pci"], check=True)
        self.log = open("/run/lab/devgroupd.log", "ab")
        self.daemon = None
        self.bus = dbus.SystemBus(private=True)
        self.client = None
        self.start()
        for group in self.groups:  # what the first claim of all loads and makes stays
            claimer = Claimer(group)
            self.wait("a first claim", claimer.answered)
            claimer.close()
        self.wait_free()
        self.before, self.fds_before = host_state(), self.daemon_fds()

    # --- the daemon
    def on_the_bus(self):
        return self.bus.name_has_owner("org.devgroups1")

    def start(self):
        self.daemon = subprocess.Popen([os.environ.get("DEVGROUPD", "/usr/sbin/devgroupd"), f"--fault-dir={FAULTS}", *self.options],
                                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        with open("/run/lab/devgroupd.pid", "w", encoding="utf-8") as out:
            print(self.daemon.pid, file=out)
        self.wait("the daemon is on the bus", self.on_the_bus)
        if self.client:
            self.client.close()
        self.client = Client()  # not before: the bus would start a daemon for it

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.wait()
        self.wait("the bus has noticed", lambda: not self.on_the_bus())

    def daemon_fds(self):
        # by what they are: sockets and pipes have other numbers each time
        names = []
        for fd in os.listdir(f"/proc/{self.daemon.pid}/fd"):
            with contextlib.suppress(OSError):
                names.append(os.readlink(f"/proc/{self.daemon.pid}/fd/{fd}").split(":")[0])
        return sorted(names)

    def children(self):
        return _read(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").split()

    def states(self):
        return {str(name): str(state) for name, state, _, _, _ in self.client.manager.ListGroups()}

    # --- waiting
    def wait(self, what, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end:
                check(what, False, f"not after {DEADLINE} s; {self.states() if self.on_the_bus() else 'no daemon'}")
                finish()
            time.sleep(0.01)

    def all_free(self):
        try:
            return all(state == "available" for state in self.states().values())
        except dbus.DBusException:  # it has just been killed
            return False

    def wait_free(self):
        self.wait("all groups are available", self.all_free)

    # --- faults
    def arm(self, group, verb, n, action):
        # at once, or a worker might read half of it
        with open(f"{FAULTS}/{group}.new", "w", encoding="utf-8") as out:
            out.write(f"{n} {action}\n")
        os.rename(f"{FAULTS}/{group}.new", f"{FAULTS}/{group}.{verb}")

    def disarm(self, group, verb):
        """True if the fault came."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{FAULTS}/{group}.{verb}")
            return False
        return True

    def paused(self, group):
        """The descriptor that lets it go on when it is closed, or None while it is not there."""
        try:
            return os.open(f"{FAULTS}/{group}.fifo", os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return None

    def clear_traces(self):
        for group in self.groups:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{FAULTS}/{group}.trace")

    def count(self, group, verb):
        """How many operations of this verb there were since the traces were cleared."""
        return sum(line.startswith(verb + " ") for line in _read(f"{FAULTS}/{group}.trace").splitlines())

    # --- rounds: each claims the groups and sees to it that nobody has them in the end
    def claim_all(self, groups, what):
        claimers = [Claimer(group) for group in groups]
        for claimer in claimers:
            self.wait(f"{what}: {claimer.group} is claimed", claimer.claimed)
        return claimers

    def close_all(self, claimers):
        for claimer in claimers:
            claimer.close()

    def claim_round(self, groups, what):
        """The claim may fail, but it is answered."""
        claimers = [Claimer(group) for group in groups]
        for claimer in claimers:
            self.wait(f"{what}: the claim of {claimer.group} is answered", claimer.answered)
        self.close_all(claimers)

    def release_round(self, groups, what):
        self.close_all(self.claim_all(groups, what))

    def wait_paused(self, groups, verb, otherwise, what):
        """Until each of them sleeps at its fault, or otherwise(group) holds. Closing what is returned lets them go on."""
        doors, waiting = [], set(groups)

        def all_there():
            for group in list(waiting):
                door = self.paused(group) if not os.path.exists(f"{FAULTS}/{group}.{verb}") else None
                if door is not None:
                    doors.append(door)
                if door is not None or otherwise(group):
                    waiting.discard(group)
            return not waiting

        self.wait(f"{what}: each is at its fault or done", all_there)
        return doors

    def pause_claims(self, groups, what):
        claimers = {group: Claimer(group) for group in groups}
        doors = self.wait_paused(groups, "claim", lambda group: claimers[group].answered(), what)
        return list(claimers.values()), doors

    def pause_releases(self, groups, what):
        """Somebody with leave to do so asks for the release of what nobody has open."""
        claimers = self.claim_all(groups, what)
        for claimer in claimers:
            claimer.drop()
        for claimer in claimers:
            self.wait(f"{what}: {claimer.group} is not open", claimer.dropped)
            self.client.manager.Release(claimer.group, dbus.Dictionary({}, signature="sv"), timeout=600,
                                        reply_handler=lambda: None, error_handler=lambda error: None)
        self.client.get("/org/devgroups1", "Manager", "Version")  # now it has the calls
        return claimers, self.wait_paused(groups, "release", lambda group: self.states()[group] == "available", what)

    def open_doors(self, doors):
        for door in doors:
            os.close(door)

    def restart(self, claimers, doors=()):
        """The daemon is killed while they sleep. Their processes end with it."""
        self.kill_daemon()
        self.open_doors(doors)
        self.start()
        self.close_all(claimers)

    def last_operations(self):
        """The number of the last operation of each group's claim."""
        self.clear_traces()
        self.release_round(self.groups, "a claim to count with")
        self.wait_free()
        counts = {group: self.count(group, "claim") for group in self.groups}
        self.clear_traces()
        return counts

    # --- the verdict
    def same(self, what):
        """The host is what it was; who is not, is named with what became of it."""
        self.wait_free()
        wrong = difference(self.before, host_state())
        if wrong:
            check(what, False, (wrong, {group: _read(f"{FAULTS}/{group}.trace").splitlines()[-12:] for group in self.groups}))
            finish()
        with contextlib.suppress(FileNotFoundError):
            self.wait(f"{what}: no worker is left", lambda: not self.children())
        self.wait(f"{what}: as many descriptors as before: {self.fds_before}, {self.daemon_fds()}",
                  lambda: self.daemon_fds() == self.fds_before)

    def small(self):
        """The groups of one device, which all take the same steps."""
        return [group for group in self.groups if group != "conv"]

    def sweep_errors(self, what, play, verb):
        """Every errno at every operation: in one small group each, so that all are done side by side."""
        names = "EPERM ENOENT EACCES EBUSY EEXIST ENODEV EINVAL EMFILE ENOSPC ENOMEM ETIMEDOUT then-EIO then-EBUSY then-ENODEV then-EINVAL".split()
        groups = self.small()
        for i in range(0, len(names), len(groups)):
            some = dict(zip(groups, names[i:]))
            self.sweep(f"{' '.join(some.values())} in {what}", play, verb, some, groups=list(some))

    def sweep(self, what, play, verb, action, groups=None):
        """play(groups that are left) runs one round, for N = 1, 2, ...; a group is done when its fault did not come."""
        left, n, points, started = list(groups or self.groups), 0, 0, time.monotonic()
        while left:
            n += 1
            for group in left:
                self.arm(group, verb, n, action if isinstance(action, str) else action[group])
            play(left, f"{what}, operation {n}")
            self.wait_free()
            came = [group for group in left if self.disarm(group, verb)]
            self.same(f"{what}, operation {n}")
            self.clear_traces()
            points += len(came)
            left = came
        self.points += points
        check(f"{what}: {points} points ({n - 1} in the longest, {time.monotonic() - started:.0f} s)", points > 0)

    def finish(self):
        print(self.points, "points in all", flush=True)
        finish()
