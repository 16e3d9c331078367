# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares causes and resets of the kernel module with those that the daemon derives from
configuration space, for every device of the host. Each difference must be in KNOWN, with its
reason."""

import json
import os
import subprocess
import sys
import tempfile
import time

# (key of the device, cause with the module, cause without): reason
KNOWN = {}
FIELDS = ("source", "isolation", "reset-scope")


def explain(path, key):
    text = subprocess.run(
        ["devgroupctl", "explain", "--json=short", f"--host={path}", key],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    found = json.loads(text)
    found.pop("source", None)
    return found


def without_module(snapshot):
    bare = json.loads(json.dumps(snapshot))
    bare.pop("kernel-module", None)
    for device in bare["devices"]:
        for field in FIELDS:
            device.pop(field, None)
    return bare


def order(value):
    """Sorts all lists: the order of causes has no meaning."""
    if isinstance(value, dict):
        return {name: order(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((order(item) for item in value), key=json.dumps)
    return value


def one_of_each_group(devices):
    """Returns a device of each IOMMU group: explain has all devices of the group."""
    chosen = {}
    for device in devices:
        chosen[device["iommu-group"]] = device
    return chosen.values()


def compare():
    """Returns (whether all is as expected, the lines to print)."""
    snapshot = json.loads(
        subprocess.run(["devgroupctl", "snapshot"], check=True, stdout=subprocess.PIPE).stdout
    )
    grouped = [device for device in snapshot["devices"] if device.get("iommu-group") is not None]
    missing = [device["address"] for device in grouped if device.get("source") != "kernel-module"]
    lines = [
        "not ok the module lacks " + " ".join(missing)
        if missing
        else f"ok the module has all {len(grouped)} devices"
    ]
    different = 0
    with tempfile.TemporaryDirectory() as work:
        paths = []
        for name, host in (("with", snapshot), ("without", without_module(snapshot))):
            paths.append(os.path.join(work, name + ".json"))
            with open(paths[-1], "w", encoding="utf-8") as stream:
                json.dump(host, stream)
        for device in one_of_each_group(grouped):
            key = (
                device["address"]
                if device["bus"] == "pci"
                else f"{device['bus']}:{device['address']}"
            )
            reported, derived = (order(explain(path, key)) for path in paths)
            if reported != derived and key not in KNOWN:
                different += 1
                lines.append(
                    f"not ok {key}: with the module\n{json.dumps(reported, indent=1)}\n"
                    f"without\n{json.dumps(derived, indent=1)}"
                )
    if not different:
        lines.append(f"ok module and daemon agree on {len(grouped)} devices")
    return not different and not missing, lines


def main():
    """Repeats the comparison until it is as expected, for as many seconds as the argument says."""
    deadline = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 0)
    while True:
        agree, lines = compare()
        if agree or time.monotonic() > deadline:
            print("\n".join(lines))
            return not agree
        time.sleep(0.5)


sys.exit(main())
