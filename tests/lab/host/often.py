# SPDX-License-Identifier: LGPL-2.1-or-later
"""Archives of the files that guests open all the time.

A file of the machine's root costs a guest several requests to QEMU at each open, also if its
content is cached. Half of the time to start a program went there. So the initramfs has copies of
the files that nearly every script uses, in a layer above the root. often.list names them, and
says how. An archive stays in the cache until one of its files, or the list, has changed.
"""

import glob
import hashlib
import json
import os
import shlex
import stat
import struct
import subprocess

from cpio import Cpio

PROGRAM_DIRECTORIES = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB, DT_RPATH, DT_RUNPATH = 1, 5, 15, 29


class Elf:
    """What a 64-bit little-endian ELF file needs to be started: interpreter, libraries, paths."""

    def __init__(self, data):
        self.data = data
        self.interpreter = None
        self.needed = []
        self.paths = []
        self.is_valid = data[:6] == b"\x7fELF\x02\x01"
        if self.is_valid:
            self._read()

    def _read(self):
        start, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        loads, dynamic = [], None
        for number in range(count):
            kind, _, offset, address, _, length = struct.unpack_from(
                "<IIQQQQ", self.data, start + number * size)
            if kind == PT_LOAD:
                loads.append((address, offset, length))
            elif kind == PT_INTERP:
                self.interpreter = self.data[offset:offset + length].rstrip(b"\0").decode()
            elif kind == PT_DYNAMIC:
                dynamic = list(struct.iter_unpack("<QQ", self.data[offset:offset + length]))
        if dynamic:
            self._read_dynamic(dynamic, loads)

    def _read_dynamic(self, dynamic, loads):
        table = next((value for tag, value in dynamic if tag == DT_STRTAB), 0)
        table = next((table - address + offset for address, offset, length in loads
                      if address <= table < address + length), 0)
        for tag, value in dynamic:
            if tag in (DT_NEEDED, DT_RPATH, DT_RUNPATH):
                end = self.data.index(b"\0", table + value)
                text = self.data[table + value:end].decode()
                if tag == DT_NEEDED:
                    self.needed.append(text)
                else:
                    self.paths += text.split(":")


class Collection:
    """The files of one root that a list names, with all that they need to be opened."""

    def __init__(self, root):
        self.root = "" if root == "/" else root
        self.paths = {}  # a path below the root, and its status
        self.watched = {}  # directories whose entries the list includes
        self.libraries = self._library_directories()

    def _library_directories(self):
        found = ["/usr/lib", "/lib", "/usr/lib64", "/lib64"]
        for path in sorted(glob.glob(glob.escape(self.root) + "/etc/ld.so.conf.d/*.conf")):
            with open(path, encoding="utf-8") as lines:
                found += [line.strip() for line in lines if line.startswith("/")]
        return found

    def resolve(self, path):
        """Returns the path without symbolic links in its directories, below the root."""
        directory, name = os.path.split(os.path.normpath(path))
        if directory == "/":
            return "/" + name
        directory = self.resolve(directory)
        outside = self.root + directory
        if os.path.islink(outside):
            return self.resolve(os.path.join(os.path.dirname(directory), os.readlink(outside),
                                             name))
        return os.path.join(directory, name)

    def add(self, path):
        """Adds a file, a link with its target, or a whole directory. Returns whether it exists."""
        path = self.resolve(path)
        if path in self.paths:
            return True
        try:
            status = os.lstat(self.root + path)
        except OSError:
            return False
        if stat.S_ISDIR(status.st_mode):
            self.watched[path] = status
            for name in os.listdir(self.root + path):
                self.add(f"{path}/{name}")
        elif stat.S_ISLNK(status.st_mode):
            self.paths[path] = status
            self.add(os.path.join(os.path.dirname(path), os.readlink(self.root + path)))
        elif stat.S_ISREG(status.st_mode) and os.access(self.root + path, os.R_OK):
            # A copy would lose the capabilities of the file.
            if not any(name.startswith("security.") for name in os.listxattr(self.root + path)):
                self.paths[path] = status
                self._add_needed(path)
        return True

    def _add_needed(self, path):
        with open(self.root + path, "rb") as stream:
            if stream.read(4) != b"\x7fELF":
                return
            stream.seek(0)
            elf = Elf(stream.read())
        if elf.interpreter:
            self.add(elf.interpreter)
        own = [name.replace("$ORIGIN", os.path.dirname(path)) for name in elf.paths]
        for name in elf.needed:
            self.add_library(name, own)

    def add_library(self, name, first=()):
        return any(self.add(f"{directory}/{name}") for directory in [*first, *self.libraries])

    def add_program(self, name):
        for directory in PROGRAM_DIRECTORIES:
            if self.add(f"{directory}/{name}"):
                break

    def add_modules(self, names, release):
        """Adds kernel modules, the modules that they need, and the indexes."""
        tree = f"/usr/lib/modules/{release}"
        try:
            with open(f"{self.root}{tree}/modules.dep", encoding="utf-8") as lines:
                depends = dict(line.rstrip("\n").split(":", 1) for line in lines)
        except FileNotFoundError:
            return
        for path in glob.glob(f"{glob.escape(self.root + tree)}/modules.*.bin"):
            self.add(path[len(self.root):])
        for path in ("modules.softdep", "modules.builtin.modinfo"):
            self.add(f"{tree}/{path}")
        for path, needed in depends.items():
            if module_name(path) in names:
                for one in [path, *needed.split()]:
                    self.add(f"{tree}/{one}")

    def add_python(self, modules):
        """Adds the compiled files of the modules and of all that these import."""
        code = ("import importlib, sys\n"
                "for name in sys.argv[1:]:\n"
                "    try: importlib.import_module(name)\n"
                "    except ImportError: pass\n"
                "for module in list(sys.modules.values()):\n"
                "    for name in '__cached__', '__file__':\n"
                "        if isinstance(getattr(module, name, None), str):\n"
                "            print(getattr(module, name))\n"
                "            break\n")
        done = subprocess.run(["/usr/bin/python3", "-I", "-c", code, *modules], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        for path in done.stdout.split("\n"):
            # Not the source itself: its time has to be that of the machine.
            if path.startswith("/usr/") and not path.endswith(".py"):
                self.add(path)

    def read(self, lines, release):
        """Adds what a list names."""
        for line in lines:
            words = shlex.split(line, comments=True)
            if not words:
                continue
            kind, rest = words[0], words[1:]
            if kind == "modules":
                if release:
                    self.add_modules(set(rest), release)
            elif release:
                continue
            elif kind == "python":
                self.add_python(rest)
            else:
                add = {"programs": self.add_program, "libraries": self.add_library,
                       "files": self._add_pattern}[kind]
                for word in rest:
                    add(word)

    def _add_pattern(self, pattern):
        for path in glob.glob(glob.escape(self.root) + pattern):
            self.add(path[len(self.root):])

    def write(self, stream):
        cpio = Cpio(stream)
        for path in sorted(self.paths):
            self._write_directories(cpio, os.path.dirname(path))
            status = self.paths[path]
            target = f"often{path}"
            if stat.S_ISLNK(status.st_mode):
                cpio.link(target, os.readlink(self.root + path))
            else:
                with open(self.root + path, "rb") as source:
                    cpio.file(target, source.read(), stat.S_IMODE(status.st_mode),
                              status.st_uid, status.st_gid)
        cpio.end()

    def _write_directories(self, cpio, path):
        """Writes the directories with the modes of the root, which they would hide otherwise."""
        if f"often{path}" in cpio.directories:
            return
        if path != "/":
            self._write_directories(cpio, os.path.dirname(path))
        status = os.stat(self.root + path)
        cpio.directory(f"often{path}".rstrip("/"), stat.S_IMODE(status.st_mode), status.st_uid,
                       status.st_gid)

    def marks(self):
        """Returns what tells later whether a file has changed."""
        return {path: mark(status) for path, status in [*self.paths.items(),
                                                        *self.watched.items()]}


def mark(status):
    return [status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino]


def module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def is_current(archive, root):
    """Returns whether the archive still has the content of the files."""
    try:
        with open(f"{archive}.json", encoding="utf-8") as stream:
            marks = json.load(stream)
        prefix = "" if root == "/" else root
        return os.path.exists(archive) and all(
            mark(os.lstat(prefix + path)) == known for path, known in marks.items())
    except (OSError, ValueError):
        return False


def archive_of(cache, root, release=""):
    """Returns the path of an archive with the often used files of @root, made if needed.

    @root is the root of a guest, or the directory of a kernel of this @release.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    digest = hashlib.sha256(f"{root}\n{release}\n".encode())
    for name in ("often.py", "cpio.py", "often.list"):
        with open(os.path.join(here, name), "rb") as stream:
            digest.update(stream.read())
    os.makedirs(cache, exist_ok=True)
    archive = os.path.join(cache, digest.hexdigest()[:16])
    if is_current(archive, root):
        return archive
    collection = Collection(root)
    with open(os.path.join(here, "often.list"), encoding="utf-8") as lines:
        collection.read(lines, release)
    temporary = f"{archive}.{os.getpid()}"
    with open(temporary, "wb") as stream:
        collection.write(stream)
    with open(f"{temporary}.json", "w", encoding="utf-8") as stream:
        json.dump(collection.marks(), stream)
    os.replace(temporary, archive)
    os.replace(f"{temporary}.json", f"{archive}.json")
    return archive
