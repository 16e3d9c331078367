# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs one guest.

Starts QEMU, passes the script's output on, watches the heartbeat and the deadlines, and ends
everything. All traffic with the guest goes over virtio-serial ports. Their other ends are socket
pairs of this process:

    ctl    from the guest: stage NAME, warn TEXT, started, status N
    beat   from the guest: a line each second
    out    the script's standard output
    err    the script's standard error
    qmp    requests of lab-qmp and their answers
    tty    an interactive terminal, only with --shell
"""

import argparse
import ctypes
import fcntl
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import tty

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import initramfs  # noqa: E402
import often  # noqa: E402
from hardware import Hardware  # noqa: E402
from machines import MACHINES  # noqa: E402
from topology import Topology, TopologyError  # noqa: E402

EXIT_TIMEOUT, EXIT_FAILED = 124, 125
BOOT_SECONDS = 180  # from the start of QEMU to that of the script, ten times the usual
# Without a beat before the guest counts as stalled. The lab's own test does not wait so long.
SILENCE_SECONDS = float(os.environ.get("DEVGROUPS_LAB_SILENCE", "45"))
BUFFER = 1 << 16
PR_SET_PDEATHSIG = 1


def say(text):
    sys.stderr.write(f"lab: {text}\n")
    sys.stderr.flush()


class LabFailure(Exception):
    """A failure of the lab, not of the script."""

    retry = False


class Stalled(LabFailure):
    """The whole guest stood still, as emulated processors sometimes do on a busy machine."""

    retry = True


class Interrupted(Exception):
    def __init__(self, number):
        super().__init__(number)
        self.number = number


class Passage:
    """Passes bytes from a socket to a descriptor of this process, as fast as that accepts them."""

    def __init__(self, source, target):
        self.source = source
        self.target = target
        self.waiting = b""
        self.passed = 0
        self.open = True

    def wants_input(self):
        return self.open and len(self.waiting) < BUFFER

    def read(self):
        try:
            data = self.source.recv(BUFFER)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if not data:
            self.open = False
            return False
        self.waiting += data
        return True

    def write(self):
        try:
            # A pipe that polls writable has room for PIPE_BUF bytes, so the write does not block.
            count = os.write(self.target, self.waiting[: select.PIPE_BUF])
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            # The reader is gone. The script continues, because its status still counts.
            count = len(self.waiting)
        self.passed += count
        self.waiting = self.waiting[count:]


class Guest:
    """One boot."""

    def __init__(self, options, run, topology, initrd):
        self.options = options
        self.run = run
        self.topology = topology
        self.initrd = initrd
        self.console = os.path.join(run, "console.log")
        self.messages = os.path.join(run, "qemu.log")
        self.hardware = Hardware()
        self.ports = {}
        self.lines = {}
        self.process = None
        self.born = time.monotonic()
        self.started = None
        self.last_beat = None
        self.status = None
        self.stage = "the kernel"
        self.question_out = b""
        self.out = self.err = None

    def arguments(self, ends):
        options = self.options
        machine = MACHINES[self.topology.machine]
        command = list(options.qemu) + [
            "-no-user-config", "-display", "none", "-no-reboot", *machine.arguments,
            "-smp", options.smp, "-m", options.memory,
            # Without the network boot program that the firmware would run for each NIC.
            "-global", "e1000e.romfile=", "-global", "e1000.romfile=", "-global", "igb.romfile=",
            "-kernel", os.path.join(options.kernel_dir, "kernel"), "-initrd", self.initrd,
            "-append", " ".join(self.command_line()),
            "-serial", "file:" + self.console.replace(",", ",,"),
        ]
        command += options.accel
        # All of the lab's own devices are functions of one slot, which no topology uses.
        functions = iter(range(8))

        def slot():
            return f"{machine.slot}.{next(functions)},multifunction=on{machine.virtio}"

        command += ["-device", f"virtio-serial-pci,id=lab-serial,max_ports=8,{slot()}"]
        for number, name in enumerate(name for name in ends if name != "monitor"):
            command += ["-chardev", f"socket,id=lab-{name},fd={ends[name].fileno()}"]
            if name == "tty":
                device = f"virtconsole,bus=lab-serial.0,nr={number + 1},chardev=lab-{name}"
            else:
                device = (f"virtserialport,bus=lab-serial.0,nr={number + 1},chardev=lab-{name},"
                          f"name=lab.{name}")
            command += ["-device", device]
        shares = [("root", options.root, True), ("kernel", options.kernel_dir, True)]
        if options.root != "/":
            shares.append(("tree", options.tree, True))
        shares.append(("out", options.out, False))
        for tag, path, readonly in shares:
            path = path.replace(",", ",,")
            command += ["-fsdev", f"local,id=lab-{tag},path={path},security_model=none,"
                        "multidevs=remap" + ",readonly=on" * readonly,
                        "-device", f"virtio-9p-pci,fsdev=lab-{tag},mount_tag={tag},{slot()}"]
        command += ["-chardev", f"socket,id=lab-monitor,fd={ends['monitor'].fileno()}",
                    "-mon", "chardev=lab-monitor,mode=control"]
        if options.monitor:
            path = options.monitor.replace(",", ",,")
            command += ["-qmp", f"unix:{path},server=on,wait=off"]
        if self.topology.streams or self.topology.models:
            command += ["-dtb", self.device_tree(machine)]
        return command + self.topology.qemu()

    def device_tree(self, machine):
        """Writes QEMU's own device tree with streams for platform devices, and returns its path.

        The streams of PCI devices are in it already.
        """
        path = os.path.join(self.run, "tree.dtb")

        def tool(*command):
            return subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True).stdout.strip()

        try:
            tool(*self.options.qemu, "-display", "none", *machine.arguments,
                 "-machine", "dumpdtb=" + path.replace(",", ",,"),
                 "-smp", self.options.smp, "-m", self.options.memory)
            iommu, its = (tool("fdtget", path, node, "phandle")
                          for node in ("/smmuv3@9050000", "/intc@8000000/its@8080000"))
            for node, stream, msi in self.topology.streams:
                tool("fdtput", path, "/" + node, "iommus", iommu, str(stream))
                if msi:
                    tool("fdtput", path, "/" + node, "msi-parent", its, str(stream))
            for node, model in self.topology.models:
                tool("fdtput", "-t", "s", path, "/" + node, "compatible", model,
                     *tool("fdtget", path, "/" + node, "compatible").split())
        except subprocess.CalledProcessError as error:
            raise LabFailure(f"no device tree: {error}: {error.stderr}") from error
        return path

    def command_line(self):
        # On a busy machine an emulated timer can miss the kernel's short test at boot. The kernel
        # then panics, unless the command line skips the test.
        words = ["panic=-1", "loglevel=4", "no_timer_check", "mitigations=off",
                 "random.trust_cpu=on", "cryptomgr.notests"]
        words += MACHINES[self.topology.machine].command_line
        return words + self.topology.command_line() + self.options.append

    def start(self):
        names = ["ctl", "beat", "out", "err", "qmp"] + ["tty"] * self.options.shell + ["monitor"]
        ends = {}
        for name in names:
            ours, ends[name] = socket.socketpair()
            ours.setblocking(False)
            self.ports[name] = ours
            self.lines[name] = b""
        self.out = Passage(self.ports["out"], 1)
        self.err = Passage(self.ports["err"], 2)
        environment = dict(os.environ)
        if self.options.qemu_modules:
            environment["QEMU_MODULE_DIR"] = self.options.qemu_modules
        libc = ctypes.CDLL(None)
        parent = os.getpid()

        def child():
            # QEMU ends with this process, even after SIGKILL.
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])

        with open(self.messages, "wb") as messages:
            try:
                self.process = subprocess.Popen(
                    self.arguments(ends), stdin=subprocess.DEVNULL, stdout=messages,
                    stderr=messages, env=environment,
                    pass_fds=[end.fileno() for end in ends.values()], start_new_session=True,
                    preexec_fn=child)
            except OSError as error:
                raise LabFailure(f"cannot start QEMU: {error}") from error
        for end in ends.values():
            end.close()

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        for port in self.ports.values():
            port.close()
        if self.options.monitor:
            try:
                os.unlink(self.options.monitor)
            except OSError:
                pass

    # --- messages of the guest ---

    def take_lines(self, name, data):
        *lines, self.lines[name] = (self.lines[name] + data).split(b"\n")
        return lines

    def control(self, line):
        word, _, rest = line.decode(errors="replace").partition(" ")
        if word == "stage":
            self.stage = rest
            self.note(rest)
        elif word == "warn":
            say(f"warning: {rest}")
        elif word == "started":
            self.started = time.monotonic()
            self.stage = "the script"
            self.note("started")
        elif word == "status":
            self.status = int(rest)
            self.note("ended")

    def note(self, what):
        if self.options.times:
            say(f"{time.monotonic() - self.born:6.2f} s  {what:8}  "
                f"({self.processor_seconds():.2f} s of a processor)")

    def processor_seconds(self):
        """Returns what QEMU has used of the processors, which a busy machine changes less."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stream:
            fields = stream.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def answer(self, data):
        self.question_out += data

    def serve(self, name, events):
        port = self.ports[name]
        if events & select.POLLOUT:
            if name == "monitor":
                self.hardware.out = self.hardware.out[self.send(port, self.hardware.out):]
            elif name == "qmp":
                self.question_out = self.question_out[self.send(port, self.question_out):]
        if not events & ~select.POLLOUT:
            return True
        try:
            data = port.recv(BUFFER)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            data = b""
        if not data:
            return False
        if name == "monitor":
            self.hardware.received(data)
        elif name == "ctl":
            for line in self.take_lines(name, data):
                self.control(line)
        elif name == "beat":
            self.last_beat = time.monotonic()
        elif name == "qmp":
            for line in self.take_lines(name, data):
                self.hardware.question(line, self.answer)
        return True

    @staticmethod
    def send(port, data):
        try:
            return port.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return len(data)

    # --- the loop ---

    def watch(self, wakeup, terminal):
        """Serves the guest until its end. Returns the script's status."""
        passages = (self.out, self.err)
        alive = {name for name in self.ports if name not in ("out", "err", "tty")}
        while True:
            poll = select.poll()
            poll.register(wakeup, select.POLLIN)
            for name in alive:
                wants = select.POLLIN
                if name == "monitor" and self.hardware.out or name == "qmp" and self.question_out:
                    wants |= select.POLLOUT
                poll.register(self.ports[name], wants)
            for passage in passages:
                if passage.wants_input():
                    poll.register(passage.source, select.POLLIN)
                if passage.waiting:
                    poll.register(passage.target, select.POLLOUT)
            if terminal:
                terminal.register(poll)
            ready = dict(poll.poll(500))
            if wakeup in ready:
                raise Interrupted(os.read(wakeup, 1)[0])
            for passage in passages:
                if passage.open and passage.source.fileno() in ready:
                    passage.read()
                if passage.waiting and passage.target in ready:
                    passage.write()
            if terminal:
                terminal.serve(ready)
            for name in list(alive):
                number = self.ports[name].fileno()
                if number in ready and not self.serve(name, ready[number]):
                    alive.discard(name)
            if self.status is not None:
                self.drain(wakeup)
                return self.status
            if not alive or (self.process.poll() is not None and not ready):
                self.drain(wakeup)
                self.process.wait()
                raise LabFailure(self.why_gone())
            self.hardware.look()
            self.deadlines()

    def drain(self, wakeup):
        """Passes on the remaining output. The guest sends its status last, so all of it is here."""
        for passage in (self.out, self.err):
            while True:
                while passage.wants_input() and passage.read():
                    pass
                if not passage.waiting:
                    break
                poll = select.poll()
                poll.register(passage.target, select.POLLOUT)
                poll.register(wakeup, select.POLLIN)
                if wakeup in dict(poll.poll()):
                    raise Interrupted(os.read(wakeup, 1)[0])
                passage.write()

    def deadlines(self):
        now = time.monotonic()
        factor = self.options.slowness
        if self.last_beat and now - self.last_beat > SILENCE_SECONDS * factor:
            raise Stalled(f"the guest stalled: no heartbeat for {now - self.last_beat:.0f} s, "
                          f"during {self.stage}")
        if not self.started:
            if now - self.born > BOOT_SECONDS * factor:
                # Without a message of the kernel the firmware hangs, because it cannot place a
                # device. Another boot would hang as well.
                kind = Stalled if self.tail(1) else LabFailure
                raise kind(f"the guest did not reach the script in {now - self.born:.0f} s, "
                           f"it got to {self.stage}")
        elif self.options.timeout and now - self.started > self.options.timeout:
            if self.last_beat and now - self.last_beat > 10 * factor:
                raise Stalled("the guest stalled: no heartbeat for the last "
                              f"{now - self.last_beat:.0f} s of the script's time")
            raise TimeoutError

    def why_gone(self):
        if self.process.returncode not in (0, None) and self.process.returncode > 0:
            return f"QEMU failed with status {self.process.returncode}"
        if self.process.returncode and self.process.returncode < 0:
            return f"QEMU was ended by signal {-self.process.returncode}"
        text = self.tail(400)
        if any("Kernel panic" in line for line in text):
            return f"the guest's kernel panicked, during {self.stage}"
        reason = self.hardware.shutdown_reason()
        if reason == "guest-shutdown":
            return f"the guest was powered off from inside, during {self.stage}"
        if reason == "guest-reset":
            return f"the guest was rebooted from inside, during {self.stage}"
        return f"QEMU ended ({reason or 'no reason given'}), during {self.stage}"

    def tail(self, count):
        try:
            with open(self.console, "rb") as stream:
                stream.seek(0, os.SEEK_END)
                stream.seek(max(0, stream.tell() - 65536))
                lines = stream.read().decode(errors="replace").replace("\r", "").splitlines()
        except OSError:
            return []
        # The firmware clears the screen, which would clear the caller's terminal as well.
        return [re.sub(r"\x1b(\[[0-9;?=]*[A-Za-z]|c)", "", line) for line in lines[-count:]]

    def explain(self):
        console = self.tail(400)
        # The first line of a panic has the reason, so it must be among the lines shown.
        panic = next((number for number, line in enumerate(console) if "Kernel panic" in line),
                     None)
        console = console[-25:] if panic is None else console[max(0, panic - 5):panic + 20]
        for title, lines in (("QEMU", self.read_messages()), ("console", console)):
            for line in lines:
                sys.stderr.write(f"lab: {title}: {line}\n")

    def read_messages(self):
        try:
            with open(self.messages, errors="replace", encoding="utf-8") as stream:
                # The hubs of the NICs have no connection on purpose.
                return [line for line in stream.read().splitlines()
                        if "is not connected to host network" not in line][-15:]
        except OSError:
            return []


class Terminal:
    """The caller's terminal on the guest's console, for --shell."""

    def __init__(self, port):
        self.port = port
        self.to_guest = b""
        self.to_user = b""
        self.eof = False
        self.saved = termios.tcgetattr(0) if os.isatty(0) else None
        if self.saved:
            tty.setraw(0)

    def register(self, poll):
        if not self.eof and len(self.to_guest) < BUFFER:
            poll.register(0, select.POLLIN)
        poll.register(self.port, select.POLLIN | (select.POLLOUT if self.to_guest else 0))

    def serve(self, ready):
        if 0 in ready:
            data = os.read(0, 4096)
            self.eof = not data
            self.to_guest += data or b"\x04"
        number = self.port.fileno()
        if ready.get(number, 0) & select.POLLOUT:
            self.to_guest = self.to_guest[Guest.send(self.port, self.to_guest):]
        if ready.get(number, 0) & select.POLLIN:
            try:
                os.write(1, self.port.recv(BUFFER))
            except OSError:
                pass

    def close(self):
        if self.saved:
            termios.tcsetattr(0, termios.TCSADRAIN, self.saved)


def parse():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add = parser.add_argument
    for name in ("work", "kernel-dir", "kernel", "topology", "topology-name", "library", "guest",
                 "busybox", "often", "out", "smp", "memory", "arch", "root", "tree", "init",
                 "daemon", "cwd", "script-dir"):
        add(f"--{name}", required=True)
    for name in ("project", "kmod", "watch", "monitor", "keep-log", "qemu-modules"):
        add(f"--{name}", default="")
    add("--timeout", type=float, required=True)
    add("--slowness", type=float, default=1)
    add("--qemu", action="append", required=True)
    add("--accel", action="append", default=[])
    add("--append", action="append", default=[])
    add("--shell", action="store_true")
    add("--times", action="store_true")
    add("command", nargs="+")
    return parser.parse_args()


def environment(options):
    """Returns the whole environment of the script. Other variables are not passed on."""
    variables = {name: value for name, value in os.environb.items()
                 if name == b"TERM" or name.startswith((b"LAB_", b"DEVGROUPS_"))}
    variables.update({
        b"LAB": b"1", b"LAB_KERNEL": os.fsencode(options.kernel),
        b"LAB_TOPOLOGY": os.fsencode(options.topology_name),
        b"LAB_OUT": b"/run/lab/out", b"LAB_DAEMON_LOG": b"/run/lab/devgroupd.log",
        b"HOME": b"/root", b"USER": b"root", b"LOGNAME": b"root", b"SHELL": b"/bin/bash",
        b"LANG": b"C.UTF-8",
        b"PATH": b"/run/lab/guest/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    })
    if options.shell and os.isatty(0):
        size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns, _, _ = struct.unpack("HHHH", size)
        variables.update({b"LAB_ROWS": b"%d" % rows, b"LAB_COLUMNS": b"%d" % columns})
    return b"".join(name + b"=" + value + b"\0" for name, value in variables.items())


def settings(options):
    found = {
        "argv": b"".join(os.fsencode(word) + b"\0" for word in options.command),
        "env": environment(options),
        "init": options.init.encode(),
        "daemon": options.daemon.encode(),
        "cwd": os.fsencode(options.cwd),
        "graft": b"\n".join(os.fsencode(os.path.realpath(path))
                            for path in (options.script_dir, options.cwd)
                            if path and os.path.realpath(path).startswith(("/run", "/dev"))),
        "slowness": str(max(1, round(options.slowness))).encode(),
    }
    if options.kmod:
        found["kmod"] = b""
    if options.root != "/":
        found["tree"] = os.fsencode(options.tree) + b"\n"
    return found


def sweep(runs):
    """Removes the directories of runs that were killed."""
    for name in os.listdir(runs):
        path = os.path.join(runs, name)
        try:
            lock = os.open(os.path.join(path, "lock"), os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


def run_directory(work):
    runs = os.path.join(work, "run")
    os.makedirs(runs, exist_ok=True)
    sweep(runs)
    run = tempfile.mkdtemp(dir=runs)
    lock = os.open(os.path.join(run, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    for number in range(4):
        with open(os.path.join(run, f"disk{number}.img"), "wb") as disk:
            disk.truncate(256 << 20)
    return run, lock


def keep_log(guest, path):
    if path:
        try:
            shutil.copyfile(guest.console, path)
        except OSError as error:
            say(f"cannot keep the console's log: {error}")


def one_boot(options, run, topology, initrd, wakeup):
    """Returns (status, whether to try again)."""
    guest = Guest(options, run, topology, initrd)
    terminal = None
    try:
        guest.start()
        if options.shell:
            terminal = Terminal(guest.ports["tty"])
        return guest.watch(wakeup, terminal), False
    except TimeoutError:
        guest.drain(wakeup)
        say(f"the script took longer than {options.timeout:g} s")
        return EXIT_TIMEOUT, False
    except LabFailure as failure:
        passed = bool(guest.out and (guest.out.passed or guest.err.passed
                                     or guest.out.waiting or guest.err.waiting))
        if terminal:
            terminal.close()
            terminal = None
        say(str(failure))
        guest.explain()
        return EXIT_FAILED, failure.retry and not passed and not options.shell
    finally:
        if terminal:
            terminal.close()
        guest.stop()
        keep_log(guest, options.keep_log)


def main():
    options = parse()
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    run, lock = run_directory(options.work)
    try:
        topology = Topology(options.topology, options.library, run)
        if topology.kernels and options.kernel not in topology.kernels:
            say(f"topology {options.topology_name} needs one of these kernels: "
                f"{' '.join(topology.kernels)}")
            return EXIT_FAILED
        if MACHINES[topology.machine].arch != options.arch:
            say(f"topology {options.topology_name} needs --arch {MACHINES[topology.machine].arch}")
            return EXIT_FAILED
        with open(os.path.join(options.kernel_dir, "release"), encoding="utf-8") as stream:
            release = stream.read().strip()
        initrd = os.path.join(run, "initrd")
        archives = [often.archive_of(options.often, options.root),
                    often.archive_of(options.often, options.kernel_dir, release)]
        initramfs.write(initrd, options, release, settings(options), archives)
        status, again = one_boot(options, run, topology, initrd, reader)
        if again:
            say("trying once more")
            status, _ = one_boot(options, run, topology, initrd, reader)
        return status
    except TopologyError as error:
        say(error)
        return EXIT_FAILED
    except OSError as error:
        say(error)
        return EXIT_FAILED
    except Interrupted as interruption:
        say(f"ended by {signal.Signals(interruption.number).name}")
        return 128 + interruption.number
    finally:
        shutil.rmtree(run, ignore_errors=True)
        os.close(lock)


if __name__ == "__main__":
    sys.exit(main())
