# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: plain-modules.py DIR: unpacks the kernel modules below DIR and removes their signatures.

An emulated processor takes a second of each boot to unpack them, and another to check the
signatures. The code of the modules stays as it is. A signature is at the end of the file: its
bytes, twelve bytes that hold its length, and a mark (struct module_signature of the kernel,
include/linux/module_signature.h).
"""

import lzma
import os
import struct
import subprocess
import sys

MARK = b"~Module signature appended~\n"


def unpacked(path):
    with open(path, "rb") as stream:
        data = stream.read()
    if path.endswith(".xz"):
        return lzma.decompress(data)
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq"], input=data, check=True,
                              stdout=subprocess.PIPE).stdout
    return data


def unsigned(data):
    if not data.endswith(MARK):
        return data
    end = len(data) - len(MARK)
    length, = struct.unpack_from(">I", data, end - 4)
    return data[:end - 12 - length]


def main():
    for directory, _, names in os.walk(sys.argv[1]):
        for name in names:
            if not name.endswith((".ko", ".ko.xz", ".ko.zst")):
                continue
            path = os.path.join(directory, name)
            plain = path[:path.index(".ko")] + ".ko"
            with open(plain + ".new", "wb") as stream:
                stream.write(unsigned(unpacked(path)))
            os.rename(plain + ".new", plain)
            if path != plain:
                os.unlink(path)


main()
