/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Names the processes that have a device open, by a walk over /proc (process-walk.h). The walk can
 * take a while, so the daemon's main process never calls it.
 */

#include "base/macro.h"
#include "sys/sysfs.h"

/*
 * Names the processes that have one of the device nodes @paths open, at whatever place of their own
 * filesystem: "pid 812 (qemu-system-x86, uid 1000)", several joined by commas. Returns NULL if none
 * is found, or when out of memory. The caller frees it. Each process is a marked part (private.h).
 */
char *open_files_describe(const struct sysfs_root *root, char *const *paths) _must_check_;

/*
 * Does the same for VFIO devices that were opened through their group, and so have no node.
 * @members is a descriptor of the directory of the group's devices in sysfs. Where the kernel does
 * not report which device is open, every process with a VFIO device is named, and the text says so.
 */
char *open_files_describe_members(const struct sysfs_root *root, int members) _must_check_;
