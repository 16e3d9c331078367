# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: unpack-kernel.py VMLINUZ VMLINUX: extracts the kernel from an x86 boot image.

QEMU starts such a file directly (PVH). The guest then unpacks nothing, which saves two and a half
seconds of each boot without KVM. The header of the image names the place of the packed part, see
Documentation/arch/x86/boot.rst of the kernel.
"""

import gzip
import lzma
import struct
import subprocess
import sys

SETUP_SECTORS, MAGIC, PAYLOAD_OFFSET = 0x1F1, 0x202, 0x248


def unpack(data):
    if data[MAGIC:MAGIC + 4] != b"HdrS":
        raise ValueError("not an x86 boot image")
    start, length = struct.unpack_from("<II", data, PAYLOAD_OFFSET)
    start += ((data[SETUP_SECTORS] or 4) + 1) * 512
    packed = data[start:start + length]
    if packed.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(packed)
    if packed.startswith(b"\x1f\x8b"):
        return gzip.decompress(packed[:-4])
    if packed.startswith(b"\x28\xb5\x2f\xfd"):
        # The size of the result follows the packed data, which zstd would refuse.
        return subprocess.run(["zstd", "-dcq"], input=packed[:-4], check=True,
                              stdout=subprocess.PIPE).stdout
    raise ValueError("packed in an unknown way")


def main():
    with open(sys.argv[1], "rb") as image:
        kernel = unpack(image.read())
    if not kernel.startswith(b"\x7fELF"):
        raise ValueError("there is no ELF file inside")
    with open(sys.argv[2], "wb") as output:
        output.write(kernel)


try:
    main()
except (ValueError, OSError, lzma.LZMAError, subprocess.CalledProcessError, struct.error) as error:
    sys.exit(f"lab: {sys.argv[1]}: {error}")
