# SPDX-License-Identifier: LGPL-2.1-or-later
"""For the script "facts".

    facts.py ask FILE             run by devgroupctl run: writes the kernel's answers to FILE
    facts.py compare SNAP FILE    compares the answers with the snapshot's facts of the device
    facts.py sysfs SNAP           compares the snapshot's reserved regions and sizes with sysfs
"""
import array
import fcntl
import json
import os
import struct
import sys

SET_IOMMU, SET_CONTAINER, GET_DEVICE_FD, GET_REGION_INFO, GET_INFO = (
    0x3B00 + n for n in (102, 104, 106, 108, 112))
TYPE1V2, CAP_RANGES, CAP_AVAIL, REGION_MMAP = 3, 1, 3, 4


def caps(data, at):
    while at:
        name, _, following = struct.unpack_from("=HHI", data, at)
        yield name, at
        at = following


def ask_container(container):
    data = array.array("B", bytes(65536))
    struct.pack_into("=I", data, 0, len(data))
    fcntl.ioctl(container, GET_INFO, data, True)
    _, _, sizes, first, _ = struct.unpack_from("=IIQII", data)
    answers = {"page-sizes": [1 << bit for bit in range(64) if sizes >> bit & 1], "windows": []}
    for name, at in caps(data, first):
        if name == CAP_RANGES:
            count = struct.unpack_from("=I", data, at + 8)[0]
            answers["windows"] = [
                struct.unpack_from("=QQ", data, at + 16 + 16 * i) for i in range(count)
            ]
        elif name == CAP_AVAIL:
            answers["entries"] = struct.unpack_from("=I", data, at + 8)[0]
    return answers


def ask_regions(device):
    regions = {}
    for index in range(7):
        data = array.array("B", struct.pack("=IIIIQQ", 32, 0, index, 0, 0, 0))
        try:
            fcntl.ioctl(device, GET_REGION_INFO, data, True)
        except OSError:
            continue
        _, flags, _, _, size, _ = struct.unpack("=IIIIQQ", data.tobytes())
        if size:
            regions["rom" if index == 6 else f"bar{index}"] = {
                "size": size,
                "mmap": bool(flags & REGION_MMAP),
            }
    return regions


def ask(path):
    fds = {fd["kind"]: fd for fd in json.loads(os.environ["DEVGROUPS_FDS"])}
    group, container = fds["vfio-group"]["fd"], fds["vfio-container"]["fd"]
    address = os.listdir(f"/sys/kernel/iommu_groups/{fds['vfio-group']['name']}/devices")[0]
    fcntl.ioctl(group, SET_CONTAINER, array.array("i", [container]))
    fcntl.ioctl(container, SET_IOMMU, TYPE1V2)
    answers = ask_container(container)
    device = fcntl.ioctl(group, GET_DEVICE_FD, array.array("B", address.encode() + b"\0"))
    answers.update(address=address, regions=ask_regions(device))
    with open(path, "w", encoding="utf-8") as out:
        json.dump(answers, out)


def facts_of(snapshot):
    with open(snapshot, encoding="utf-8") as file:
        return {d["address"]: d for d in json.load(file)["devices"]}


def same(what, facts, answers):
    if facts != answers:
        sys.exit(f"{what}: the daemon has {facts}, the kernel has {answers}")


def compare(snapshot, path):
    with open(path, encoding="utf-8") as file:
        answers = json.load(file)
    facts = facts_of(snapshot)[answers["address"]]["facts"]
    dma = facts["dma"]
    same(
        "windows",
        [[int(w["first"], 16), int(w["last"], 16)] for w in dma["windows"]],
        answers["windows"],
    )
    same("page sizes", dma["page-sizes"], answers["page-sizes"])
    same("entries", dma.get("entries"), answers.get("entries"))
    reported = {
        r["name"]: {"size": int(r["size"], 16), "mmap": r["map"] != "no"}
        for r in facts["mmio"]["regions"]
    }
    same("regions", reported, answers["regions"])


def sysfs(snapshot):
    for address, device in facts_of(snapshot).items():
        place = f"/sys/bus/pci/devices/{address}"
        if device.get("header-type") or "facts" not in device:
            continue
        with open(f"{place}/resource", encoding="ascii") as file:
            words = [[int(word, 16) for word in line.split()] for line in file]
        sizes = [end - start + 1 for start, end, flags in words[:7] if flags & 0x300 and end]
        same(
            f"{address} sizes",
            [int(r["size"], 16) for r in device["facts"]["mmio"]["regions"]],
            sizes,
        )
        if not os.path.exists(f"{place}/iommu_group"):
            continue
        with open(f"{place}/iommu_group/reserved_regions", encoding="ascii") as file:
            lines = [line.split() for line in file]
        reported = [
            [int(r["first"], 16), int(r["last"], 16), r["type"]]
            for r in device["facts"]["dma"]["reserved"]
        ]
        same(
            f"{address} reserved",
            reported,
            [[int(a, 16), int(b, 16), kind] for a, b, kind in lines],
        )


if __name__ == "__main__":
    {"ask": ask, "compare": compare, "sysfs": sysfs}[sys.argv[1]](*sys.argv[2:])
