# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults at every kernel operation of a claim and a release, for the scripts here. src/sys/fault.h
describes how a fault is armed.

A round is a generator: it works with one group, and yields a name and a condition where it has
to wait. Lab.together() runs many rounds side by side, since resets sleep and one group must not
wait for another. Each group is claimed by a process of its own that can be killed. After each
round the host must equal its earlier state, bit for bit. The number of operations is not known
in advance: N goes up until a claim or release ends before its Nth operation."""

import contextlib
import errno
import fcntl
import itertools
import os
import re
import signal
import struct
import subprocess
import sys
import time

FAULTS = "/run/lab/faults"
RUN = "/run/devgroups"
PCI = "/sys/bus/pci/devices"
GROUPS = {
    "nic0": "01:00.0",
    "igb": "02:00.0",
    "conv": "04:01.0",
    "nvme": "05:00.0",
    "edu": "08:00.0",
    "nic1": "09:00.0",
}
BUS_MASTER = 4  # in the command register
DEADLINE = 120  # seconds, of every wait; it measures nothing
POLL_MS = 40  # a poll takes the one processor from the process that it waits for

# The errors that a kernel call of a worker can return. The daemon handles some of them in their own
# way: EBUSY (in use), ENOENT and ENODEV (removed), ENOTTY and EINVAL (a reset that the device does
# not offer), EEXIST (a known id), EACCES (a driver that refuses to unbind).
ERRORS = (
    "EPERM ENOENT EINTR EIO ENXIO EAGAIN ENOMEM EACCES EBUSY EEXIST ENODEV EINVAL EMFILE ENOTTY "
    "ENOSPC EOPNOTSUPP ETIMEDOUT ECONNRESET"
).split()
# The call succeeds and reports one of these errors.
DONE = "EIO ENOMEM EBUSY ENODEV EINVAL ENOTTY ETIMEDOUT".split()
# After these errors the daemon believes that the device has no such reset, and rightly keeps the
# group dirty.
MAY_BE_DIRTY = {"ENOTTY", "EINVAL", "then-ENOTTY", "then-EINVAL"}

VFIO_SET_IOMMU, VFIO_GROUP_SET_CONTAINER, VFIO_TYPE1V2 = ord(";") << 8 | 102, ord(";") << 8 | 104, 3


# --- claimers: forked from a process that has loaded everything and has no bus connection yet
def _use(fds):
    """Uses the received descriptors as VFIO's documentation describes."""
    containers = [fd for kind, fd in fds if kind == "vfio-container"]
    for kind, fd in fds:
        if kind == "vfio-group":
            fcntl.ioctl(fd, VFIO_GROUP_SET_CONTAINER, struct.pack("i", containers[0]))
    if containers:
        fcntl.ioctl(containers[0], VFIO_SET_IOMMU, VFIO_TYPE1V2)


def _claim(manager, group, options):
    """Claims, and again where the user has used up its share of the daemon's time."""
    import dbus
    while True:
        try:
            return manager.Claim(group, dbus.Dictionary(options, signature="sv"), timeout=600)
        except dbus.DBusException as error:
            wait = re.search(r"Try again in (\d+) ms", error.get_dbus_message() or "")
            if not wait:
                raise
        time.sleep(int(wait[1]) / 1000)


def _claim_and_hold(group, report, options):
    import dbus
    from client import NAME, ROOT
    uid = int(options.pop("uid", 0))
    os.setresuid(uid, uid, uid)
    try:
        bus = dbus.SystemBus(private=True)
        bus.set_exit_on_disconnect(False)
        manager = dbus.Interface(bus.get_object(NAME, ROOT, introspect=False), NAME + ".Manager")
        _, fds = _claim(manager, group, options)
        fds = [(str(kind), fd.take()) for kind, _, fd in fds]
    except dbus.DBusException as error:
        os.write(report, f"{error.get_dbus_name()}: {error.get_dbus_message()}".encode())
        os._exit(1)
    try:
        _use(fds)
    except OSError as error:
        os.write(report, f"useless: {error}".encode())
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
    """Forks a claimer for each line "GROUP REPORT-FIFO [OPTION=VALUE]"; answers with its pid."""
    import client  # noqa: F401  loads dbus
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with os.fdopen(requests) as lines:
        for line in lines:
            group, report, *options = line.split()
            pid = os.fork()
            if pid == 0:
                _claim_and_hold(
                    group,
                    os.open(report, os.O_WRONLY),
                    dict(option.split("=") for option in options),
                )
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
from gi.repository import GLib  # noqa: E402
from points import Points  # noqa: E402
from client import Client, check, error_of, failures, finish, settled, until  # noqa: E402,F401


def well_answered(reply):
    """Returns whether the claim succeeded or was refused with an error of the daemon."""
    return reply.startswith(("claimed", "org.devgroups1.Error."))


class Claim:
    """Like Claimer, but in this process: faster, and it cannot be killed."""

    def __init__(self, client, group, **options):
        self.group, self.reply, self.fds, self.closed = group, "", [], False
        client.manager.Claim(
            group,
            dbus.Dictionary(options, signature="sv"),
            timeout=600,
            reply_handler=self._claimed,
            error_handler=self._refused,
        )
        client.bus.flush()

    def _claimed(self, _, fds):
        self.fds = [(str(kind), fd.take()) for kind, _, fd in fds]
        if self.closed:
            self.close()
            return
        try:
            _use(self.fds)
            self.reply = "claimed\n"
        except OSError as error:
            self.reply = f"useless: {error}"

    def _refused(self, error):
        self.reply = f"{error.get_dbus_name()}: {error.get_dbus_message()}"

    def claimed(self):
        return self.reply.startswith("claimed")

    def answered(self):
        return bool(self.reply)

    def well_answered(self):
        return well_answered(self.reply)

    def drop(self):
        """Closes all descriptors except the lease."""
        for kind, fd in self.fds:
            if kind != "lease":
                os.close(fd)
        self.fds = [(kind, fd) for kind, fd in self.fds if kind == "lease"]
        self.reply += "dropped\n"

    def dropped(self):
        return "dropped" in self.reply

    def close(self):
        self.closed = True
        while self.fds:
            os.close(self.fds.pop()[1])


class Claimer:
    """A process that claims a group; .reply is empty, then "claimed\\\
    " or the refusal."""

    def __init__(self, group, **options):
        self.group, self.reply = group, ""
        path = f"/run/lab/claimer-{group}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        os.mkfifo(path)
        self.report = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        print(
            group,
            path,
            *(f"{key}={value}" for key, value in options.items()),
            file=_ask,
            flush=True,
        )
        self.pid = int(_answer.readline())

    def read_reply(self):
        with contextlib.suppress(BlockingIOError):
            self.reply += os.read(self.report, 4096).decode()
        return self.reply

    def claimed(self):
        return self.read_reply().startswith("claimed")

    def dropped(self):
        return "dropped" in self.read_reply()

    def answered(self):
        return bool(self.read_reply())

    def well_answered(self):
        return well_answered(self.reply)

    def drop(self):
        """Closes all descriptors except the lease."""
        os.kill(self.pid, signal.SIGUSR1)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self):
        self.kill()
        os.close(self.report)


# --- the parts of the host that a claim may change
def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        return errno.errorcode[error.errno]


def _config(device):
    """Returns command, BARs, windows, ROM and interrupt line: a reset clears them, and they are
    restored."""
    with open(f"{device}/config", "rb") as file:
        head = bytearray(file.read(64))
    if not os.path.exists(f"{device}/driver"):
        # the kernel wakes an idle device with the command register saved from its last driver
        head[4] &= ~BUS_MASTER
    is_bridge = head[0x0e] & 0x7f == 1  # its secondary status reports errors of other moments
    status = "" if is_bridge else head[0x1E:0x20].hex()
    return f"{head[4:6].hex()} {head[0x10:0x1e].hex()} {status} {head[0x20:0x40].hex()}"


def _node(path):
    node = os.stat(path)
    return (
        node.st_uid,
        node.st_gid,
        oct(node.st_mode),
        str({key: os.getxattr(path, key) for key in os.listxattr(path)}),
    )


def _iommu_group(name):
    try:
        return os.path.basename(os.readlink(f"{PCI}/{name}/iommu_group"))
    except FileNotFoundError:
        return None


def host_state():
    """Returns the state by device or IOMMU group, which leads to its group, and by attribute."""
    state = {}
    for name in os.listdir(PCI):
        device = f"{PCI}/{name}"
        with contextlib.suppress(OSError):
            state[name, "driver"] = os.path.basename(os.readlink(f"{device}/driver"))
        for attribute in (
            "driver_override",
            "reset_method",
            "sriov_numvfs",
            "sriov_drivers_autoprobe",
            "power/control",
            "d3cold_allowed",
        ):
            if os.path.exists(f"{device}/{attribute}"):
                state[name, attribute] = _read(f"{device}/{attribute}")
        state[name, "config"] = _config(device)
    for name in os.listdir("/dev/vfio"):
        if name != "devices":
            with contextlib.suppress(FileNotFoundError):  # a group at work may remove it
                state[name, "node"] = _node(f"/dev/vfio/{name}")
    for name in os.listdir("/dev/vfio/devices") if os.path.isdir("/dev/vfio/devices") else ():
        with contextlib.suppress(FileNotFoundError):
            device = os.path.basename(os.path.realpath(f"/sys/class/vfio-dev/{name}/device"))
            state[device, "own node"] = _node(f"/dev/vfio/devices/{name}")
    return state


def difference(before, after):
    return {
        key: (before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


def kernel_faults():
    """Returns the lines of the kernel's log that report a mistake of the kernel itself."""
    log = subprocess.run(["dmesg"], check=False, capture_output=True).stdout.decode(
        errors="replace"
    )
    words = ("kernel BUG at", "BUG: ", "Oops: ", "list_del corruption", "list_add corruption")
    return [
        line
        for line in log.splitlines()
        if any(word in line for word in words) and "soft lockup" not in line
    ]


class Lab:
    """The daemon with faults, and one client that observes it."""

    def __init__(self, groups=None, options=(), keys="", claim_options=None, udev=True, stride=1):
        """keys: more JSON members for each definition. claim_options: options of every claim,
        and "uid" of the claimer. A round without udev is a quarter shorter. Sweeps advance by
        stride, or by $LAB_FAULT_STRIDE."""
        chosen = os.environ.get("LAB_FAULT_GROUPS", "").split()  # fewer groups, for an experiment
        self.groups = dict(groups or {name: GROUPS[name] for name in chosen} or GROUPS)
        self.options, self.claim_options = list(options), dict(claim_options or {})
        self.stride = int(os.environ.get("LAB_FAULT_STRIDE", stride))
        self.points = self.dirty = 0
        self.kept = Points()
        self.busy, self._states, self._asked_at = set(), None, 0
        GLib.timeout_add(POLL_MS, lambda: True)  # polls for changes that have no signal
        os.makedirs(FAULTS, exist_ok=True)
        os.makedirs("/etc/devgroups.d", exist_ok=True)
        with open("/etc/devgroups.d/10-lab.json", "w", encoding="utf-8") as out:
            out.write(
                '{ "groups": { %s } }'
                % ", ".join(
                    f'"{g}": {{ "devices": ["0000:{a}"], "accept": ["peer-to-peer"]{keys} }}'
                    for g, a in self.groups.items()
                )
            )
        for group in self.groups:
            os.mkfifo(f"{FAULTS}/{group}.fifo")
        subprocess.run(["modprobe", "vfio-pci"], check=True)
        self.has_udev = udev
        if not udev:
            subprocess.run(["udevadm", "settle"], check=True)
            subprocess.run(["udevadm", "control", "--exit"], check=True)
        self.owners = self._find_owners()
        self.log = open("/run/lab/devgroupd.log", "ab")
        self.daemon = self.client = None
        self.bus = dbus.SystemBus(private=True)
        self.start()
        self.first()
        self.before = host_state()
        # the daemon has a descriptor open while it examines a process
        self.quiet_before = settled(self._quiet_state)

    def first(self):
        """Claims each group once; modules and objects of the first claim stay."""
        self.together(self.claim_round(group, "a first claim") for group in self.groups)
        self.wait_free()

    def _find_owners(self):
        """Returns the group of each device and each IOMMU group."""
        owners = {}
        for group, address in self.groups.items():
            number = _iommu_group("0000:" + address)
            owners[number] = group
            owners.update({name: group for name in os.listdir(PCI) if _iommu_group(name) == number})
        return owners

    # --- the daemon
    def has_bus_name(self):
        return self.bus.name_has_owner("org.devgroups1")

    def start(self):
        self.daemon = subprocess.Popen(
            [
                os.environ.get("DEVGROUPD", "/usr/sbin/devgroupd"),
                f"--fault-dir={FAULTS}",
                *self.options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        with open("/run/lab/devgroupd.pid", "w", encoding="utf-8") as out:
            print(self.daemon.pid, file=out)
        self.wait("the daemon has its bus name", self.has_bus_name)
        if self.client:
            self.client.close()
        self.client = Client()  # only now: earlier, the bus would start a daemon for the call
        self.client.listen(self._forget_states, signal_name="PropertiesChanged")
        self._states = None

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.wait()
        self.wait("the bus has removed the daemon's name", lambda: not self.has_bus_name())

    def has_died(self):
        return self.daemon.poll() is not None

    def daemon_fds(self):
        # by target: sockets and pipes have new numbers each time
        names = []
        for fd in os.listdir(f"/proc/{self.daemon.pid}/fd"):
            with contextlib.suppress(OSError):
                names.append(os.readlink(f"/proc/{self.daemon.pid}/fd/{fd}").split(":")[0])
        return sorted(names)

    def workers(self):
        """Returns the ids of workers, without the process that looks at /proc for the daemon."""
        children = _read(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").split()
        return [pid for pid in children if _read(f"/proc/{pid}/comm") == "devgroupd-steps\n"]

    # --- waiting
    def _forget_states(self, *_, **__):
        self._states = None

    def states(self):
        """Returns the states at the last signal; a call is expensive."""
        if self._states is None or time.monotonic() > self._asked_at + 1:
            self._asked_at = time.monotonic()
            try:
                self._states = {
                    str(name): str(state)
                    for name, state, _, _, _ in self.client.manager.ListGroups()
                }
            except dbus.DBusException:  # the daemon has just been killed
                self._states = {}
        return self._states

    def state(self, group):
        return self.states().get(group, "no daemon")

    def blockers(self, group):
        """Returns the blockers for a message, or the reason why the daemon does not tell them."""
        try:
            return str(self.client.group(group, "Blockers"))
        except dbus.DBusException as error:
            return str(error)

    def is_free(self, group):
        return self.state(group) == "available"

    def together(self, rounds):
        """Runs the rounds side by side: each continues when its condition holds. Returns their
        results."""
        results, waiting, context = {}, [], GLib.MainContext.default()

        def advance(number, task):
            try:
                what, condition = next(task)
                waiting.append((number, task, what, condition, time.monotonic() + DEADLINE))
            except StopIteration as end:
                results[number] = end.value

        for number, task in enumerate(rounds):
            advance(number, task)
        while waiting:
            moved = False
            for entry in list(waiting):
                number, task, what, condition, end = entry
                if condition():
                    waiting.remove(entry)
                    moved = True
                    advance(number, task)
                elif time.monotonic() > end:
                    self.fail(what, f"not after {DEADLINE} s")
            if moved:
                self._states = None  # the rounds may have seen newer states than the last signal
            else:
                context.iteration(True)
            while context.iteration(False):
                pass
        return [results[number] for number in sorted(results)]

    def wait(self, what, condition):
        def task():
            yield what, condition
        self.together([task()])

    def fail(self, what, why):
        self._states = None
        for line in kernel_faults():
            print("kernel:", line, flush=True)
        check(
            what,
            False,
            (
                why,
                self.states() if self.client and self.has_bus_name() else "no daemon",
                {
                    group: _read(f"{FAULTS}/{group}.trace").splitlines()[-12:]
                    for group in self.groups
                },
            ),
        )
        finish()

    def wait_free(self):
        self.together(self.until_free(group, "all groups are available") for group in self.groups)

    # --- faults
    def arm(self, group, verb, n, action):
        # by rename, since a worker could read half a file
        with open(f"{FAULTS}/{group}.new", "w", encoding="utf-8") as out:
            out.write(f"{n} {action}\n")
        os.rename(f"{FAULTS}/{group}.new", f"{FAULTS}/{group}.{verb}")

    def disarm(self, group, verb):
        """Returns whether the fault occurred."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{FAULTS}/{group}.{verb}")
            return False
        return True

    def is_armed(self, group, verb):
        return os.path.exists(f"{FAULTS}/{group}.{verb}")

    def door(self, group):
        """Returns the descriptor whose close resumes the paused process; None while it is not
        paused."""
        try:
            return os.open(f"{FAULTS}/{group}.fifo", os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return None

    def clear_trace(self, group):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{FAULTS}/{group}.trace")

    def count(self, group, verb):
        """Returns the number of operations of this verb since the trace was cleared."""
        return sum(
            line.startswith(verb + " ") for line in _read(f"{FAULTS}/{group}.trace").splitlines()
        )

    # --- rounds, each with one group
    def new_claim(self, group):
        return (
            Claimer(group, **self.claim_options)
            if "uid" in self.claim_options
            else Claim(self.client, group, **self.claim_options)
        )

    def until_free(self, group, what, action=None):
        """Waits until the group is free, or resets it if it may be dirty after this action."""
        state = ""

        def is_settled():
            # kept: on a busy machine the next call may get no reply
            nonlocal state
            state = self.state(group)
            return state in ("available", "dirty")

        yield f"{what}: {group} is available or dirty", is_settled
        if state == "available":
            return
        if action not in MAY_BE_DIRTY:
            self.fail(f"{what}: {group} is not dirty", self.blockers(group))
        reply = []
        self.client.manager.Reset(
            group,
            dbus.Dictionary({}, signature="sv"),
            timeout=600,
            reply_handler=lambda: reply.append(""),
            error_handler=lambda error: reply.append(str(error)),
        )
        self.client.get("/org/devgroups1", "Manager", "Version")  # the daemon now has the call
        yield f"{what}: {group} has been reset", lambda: self.is_free(group)
        self.dirty += 1

    def claim(self, group, what, new=None):
        claimer = (new or self.new_claim)(group)
        yield f"{what}: {group} is claimed", claimer.claimed
        return claimer

    def claim_round(self, group, what):
        """Claims the group; the claim may fail, but it is answered."""
        claimer = self.new_claim(group)
        yield f"{what}: the claim of {group} is answered", claimer.answered
        if not claimer.well_answered():
            self.fail(f"{what}: the claim has a known answer", claimer.reply)
        claimer.close()

    def release_round(self, group, what):
        claimer = yield from self.claim(group, what)
        claimer.close()

    def pause(self, group, verb, otherwise, what):
        """Waits until the process is paused at its fault, or otherwise() holds: then the door
        is None."""
        door = None

        def is_paused_or_done():
            nonlocal door
            if not self.is_armed(group, verb):
                door = self.door(group)
            return door is not None or otherwise()

        yield f"{what}: {group} is paused at its fault or done", is_paused_or_done
        return door

    def pause_claim(self, group, what, new=None):
        """Returns the claimer and the door."""
        claimer = (new or self.new_claim)(group)
        return claimer, (yield from self.pause(group, "claim", claimer.answered, what))

    def pause_release(self, group, what, new=None):
        """Requests the release of a claimed group that no process has open."""
        claimer = yield from self.claim(group, what, new)
        claimer.drop()
        yield f"{what}: {group} has no open descriptors", claimer.dropped
        self.client.manager.Release(
            group,
            dbus.Dictionary({}, signature="sv"),
            timeout=600,
            reply_handler=lambda: None,
            error_handler=lambda error: None,
        )
        self.client.get("/org/devgroups1", "Manager", "Version")  # the daemon now has the call
        return claimer, (yield from self.pause(group, "release", lambda: self.is_free(group), what))

    def restart(self, paused=()):
        """Kills the daemon while its workers are paused; they end with it."""
        self.kill_daemon()
        for _, door in paused:
            if door is not None:
                os.close(door)
        self.start()
        for claimer, _ in paused:
            if claimer:
                claimer.close()

    def killed_in(self, pause):
        """For sweep_rounds(): kills the daemon when all groups are paused at their fault."""
        return lambda groups, what: self.restart(
            self.together(pause(group, what) for group in groups)
        )

    def last_operations(self):
        """Returns the number of the last operation of each group's claim."""
        for group in self.groups:
            self.clear_trace(group)
        self.together(
            self.release_round(group, "a claim to count its operations") for group in self.groups
        )
        self.wait_free()
        counts = {group: self.count(group, "claim") for group in self.groups}
        for group in self.groups:
            self.clear_trace(group)
        return counts

    # --- the host's state
    def same(self, what):
        """Fails unless the host is as before, apart from the groups that other rounds use now."""
        wrong = {
            key: values
            for key, values in difference(self.before, host_state()).items()
            if self.owners.get(key[0]) not in self.busy
        }
        records = [
            name
            for name in os.listdir(RUN)
            if name.endswith(".json") and name[:-5] not in self.busy
        ]
        if wrong or records:
            self.fail(what, (wrong, records))

    def _quiet_state(self):
        """Returns the state that is stable only while no round runs."""
        return {
            "files": sorted(os.listdir(RUN)),
            "descriptors": self.daemon_fds(),
            "workers": self.workers(),
            "processes": sorted(
                name
                for pid in os.listdir("/proc")
                if pid.isdigit()
                for name in [_read(f"/proc/{pid}/comm").strip()]
                if name.startswith(("devgroup", "modprobe"))
            ),
        }

    def quiet(self, what):
        state = {}

        def is_as_before():
            nonlocal state
            state = self._quiet_state()
            return state == self.quiet_before

        end = time.monotonic() + DEADLINE
        while not is_as_before():
            if time.monotonic() > end:
                self.fail(
                    f"{what}: files, descriptors and processes are as before",
                    difference(self.quiet_before, state),
                )
            time.sleep(0.02)
        self.same(what)

    def back(self, what):
        self.wait_free()
        self.quiet(what)

    # --- sweeps
    def small(self):
        """Returns the groups of one device, which all take the same steps."""
        return [group for group in self.groups if group != "conv"]

    def _points_of(self, group, jobs):
        """Runs the jobs (what, play, verb, action) of a group; from a list of actions each N
        has the next."""
        for what, play, verb, action in jobs:
            sweep, started = f"{what}, {group}", time.monotonic()
            if self.kept.has_ended(sweep):
                continue
            for n in itertools.count(self.kept.first(sweep, self.stride), self.stride):
                points = (n - 1) // self.stride
                if self.kept.is_left_out(sweep, n):
                    continue
                self.kept.begin(sweep, n)
                self.clear_trace(group)
                self.busy.add(group)
                fault = action if isinstance(action, str) else action[points % len(action)]
                self.arm(group, verb, n, fault)
                yield from play(group, f"{what}, {fault} at operation {n}")
                yield from self.until_free(group, f"{what}, {fault} at operation {n}", fault)
                self.busy.discard(group)
                occurred = self.disarm(group, verb)
                self.same(f"{what} of {group}, {fault} at operation {n}")
                if not occurred:
                    break
                self.kept.ok(sweep, n)
            self.kept.end(sweep)
            self._report(sweep, points, started)

    def sweep_many(self, jobs):
        """jobs[group] is a list of (what, play, verb, action); each group runs its list at its
        own pace. play(group, what) is a round, for N = 1, 2, ...; a job ends when its fault did
        not occur."""
        self.together(self._points_of(group, jobs[group]) for group in jobs)
        self.quiet("after the sweep")

    def _report(self, what, points, started):
        self.points += points
        check(f"{what}: {points} points ({time.monotonic() - started:.0f} s)", points > 0)

    def sweep(self, what, play, verb, action, groups=None):
        self.sweep_many({group: [(what, play, verb, action)] for group in groups or self.groups})

    def error_jobs(self, what, play, verb, errors, groups=None):
        """Returns jobs for every errno at every operation, spread over small groups that run
        side by side."""
        groups = groups or self.small()
        jobs = {group: [] for group in groups}
        for i, name in enumerate(errors):
            jobs[groups[i % len(groups)]].append((f"{name} in {what}", play, verb, name))
        return jobs

    def sweep_errors(self, what, play, verb, errors=None, groups=None):
        self.sweep_many(
            self.error_jobs(
                what, play, verb, errors or ERRORS + ["then-" + name for name in DONE], groups
            )
        )

    def sweep_rounds(self, what, play, verb, action, groups=None):
        """For faults that end the daemon and so affect all groups: play(remaining groups, what)
        runs one round for all of them. verb and action may be dictionaries, by group."""
        verb, action = [
            value if isinstance(value, dict) else dict.fromkeys(self.groups, value)
            for value in (verb, action)
        ]
        started = time.monotonic()
        sweeps = {group: f"{what}, {group}" for group in groups or self.groups}
        left = [group for group, sweep in sweeps.items() if not self.kept.has_ended(sweep)]
        if not left:
            return
        first = {group: self.kept.first(sweeps[group], self.stride) for group in left}
        points = {group: (first[group] - 1) // self.stride for group in left}
        n = min(first.values())
        while left:
            now = [
                group
                for group in left
                if n >= first[group] and not self.kept.is_left_out(sweeps[group], n)
            ]
            for group in now:
                self.kept.begin(sweeps[group], n)
                self.clear_trace(group)
                self.arm(group, verb[group], n, action[group])
            if now:
                self._round(f"{what}, operation {n}", play, now)
            for group in now:
                if self.disarm(group, verb[group]):
                    self.kept.ok(sweeps[group], n)
                    points[group] += 1
                else:
                    self.kept.end(sweeps[group])
                    left.remove(group)
            n += self.stride
        self._report(
            f"{what}, {' '.join(f'{group} {n}' for group, n in points.items())}",
            sum(points.values()),
            started,
        )

    def _round(self, what, play, groups):
        play(groups, what)
        self.together(self.until_free(group, what) for group in self.groups)
        self.quiet(what)

    def finish(self):
        if self.dirty:
            print(self.dirty, "times a group was dirty and was reset", flush=True)
        print(self.points, "points in all", flush=True)
        if not self.has_udev:
            self._restart_udev()
        finish()

    @staticmethod
    def _restart_udev():
        """Gives the next script of this guest its udev, and interfaces the names of before."""
        for command in (
            "/lib/systemd/systemd-udevd --daemon",
            "udevadm trigger --action=add --subsystem-match=net",
            "udevadm settle --timeout=60",
        ):
            subprocess.run(command.split(), check=True)
