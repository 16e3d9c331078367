/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Names the processes that have a device open, by a walk over /proc. The walk can take a while, so
 * the daemon's main process never does it.
 *
 * Users take turns (process-turns.h). One whose processes have too much open to look at all of it
 * within seconds is named like a process, if it may open the device; else it is left.
 */

#include <sys/types.h>

#include "base/macro.h"
#include "sys/sysfs.h"

/*
 * Names the processes that have one of the device nodes @paths open, at whatever place of their own
 * filesystem: "pid 812 (qemu-system-x86, uid 1000)", several joined by commas. Each process is a
 * marked part (private.h). @holder is a user who had the device, and may still have a descriptor
 * that it cannot open again; (uid_t)-1: none. *ret is NULL if none is found. The caller frees it.
 * 0 or negative errno.
 */
int open_files_describe(const struct sysfs_root *root, char *const *paths, uid_t holder,
			char **ret) _must_check_;

/*
 * Does the same for VFIO devices that were opened through their group, and so have no node.
 * @members is a descriptor of the directory of the group's devices in sysfs. Where the kernel does
 * not report which device is open, every process with a VFIO device is named, and the text says so.
 */
int open_files_describe_members(const struct sysfs_root *root, int members,
				char **ret) _must_check_;
